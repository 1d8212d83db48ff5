//! Single parameters by their names.

use strsim::levenshtein;

use super::value::{Kind, ParamSpec, Value};
use super::{PARAMS, Params};
use crate::base::error::{Error, Result};

impl ParamSpec {
    /// What "auto" amounts to at the moment, in SI; `None` for parameters that have no "auto".
    pub fn automatic(&self, params: &Params) -> Option<f64> {
        let Kind::Spread { share, follows, .. } = self.kind else { return None };
        let leader = follows.and_then(find).map(|spec| (spec.get)(params));
        Some(if let Some(Value::Number(own)) = leader { own } else { share * params.chip.sigma })
    }
}

/// The parameter with that key.
pub fn find(key: &str) -> Option<&'static ParamSpec> {
    PARAMS.iter().find(|spec| spec.key == key)
}

/// The parameter with that key, or an error that suggests the nearest one.
///
/// # Errors
/// [`Error::UnknownParameter`].
pub fn describe(key: &str, place: &str) -> Result<&'static ParamSpec> {
    find(key).ok_or_else(|| {
        let key: String = key.chars().take(60).collect();
        let nearest = PARAMS.iter().map(|spec| (levenshtein(&key, spec.key), spec.key)).min();
        let suggestion = nearest.filter(|(distance, _)| *distance <= 3).map(|(_, key)| key);
        Error::UnknownParameter { place: place.into(), key, suggestion }
    })
}

/// Checks a value and writes it.
///
/// # Errors
/// [`Error::BadValue`]; `params` is then unchanged.
pub fn set_checked(params: &mut Params, spec: &ParamSpec, value: &Value, place: &str) -> Result<()> {
    spec.check(value, place)?;
    (spec.set)(params, value.clone());
    Ok(())
}

/// Splits `key=value`.
///
/// # Errors
/// [`Error::NotAnAssignment`].
pub fn parse_assignment(text: &str) -> Result<(&str, &str)> {
    text.split_once('=')
        .map(|(key, value)| (key.trim(), value))
        .ok_or_else(|| Error::NotAnAssignment { got: text.into() })
}

/// Writes one parameter from texts as typed at the edge.
///
/// # Errors
/// [`Error::UnknownParameter`] or [`Error::BadValue`]; `params` is then unchanged.
pub fn assign(params: &mut Params, key: &str, text: &str, place: &str) -> Result<()> {
    let spec = describe(key, place)?;
    let value = spec.parse(text, place)?;
    set_checked(params, spec, &value, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Result<Params> {
        let mut params = Params::default();
        let (key, value) = parse_assignment(text)?;
        assign(&mut params, key, value, "--set")?;
        Ok(params)
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "typed values must arrive exactly")]
    fn typed_values_are_in_the_units_of_the_edge() {
        assert!((set("tau_mem=10").unwrap().network.tau_mem - 10e-6).abs() < 1e-18);
        assert_eq!(set("sigma=30").unwrap().chip.sigma, 0.3);
        assert_eq!(set("sigma_tau_mem=30").unwrap().chip.sigma_tau_mem, Some(0.3));
        assert_eq!(set("sigma_tau_mem=auto").unwrap().chip.sigma_tau_mem, None);
        assert_eq!(set("hidden=64").unwrap().network.hidden, 64);
        assert_eq!(set("lanes=ideal,in_the_loop").unwrap().learning.lanes.len(), 2);
        assert_eq!(set("silenced=7, 3,7").unwrap().chip.silenced, [3, 7]);
        assert!(set("silenced=").unwrap().chip.silenced.is_empty());
        assert_eq!(set(" hidden = 64 ").unwrap().network.hidden, 64);
        assert_eq!(set("data= a folder ").unwrap().task.data, " a folder ", "that is another folder than `a folder`");
    }

    #[test]
    fn nonsense_is_refused_with_key_range_and_place() {
        for text in [
            "sigma=NaN",
            "sigma=inf",
            "sigma=",
            "sigma=-1",
            "sigma=1000",
            "sigma=1e300",
            "tau_mem=-6",
            "hidden=2.5",
            "hidden=many",
            "lanes=",
            "lanes=all",
            "task=chess",
            "baseline_subtraction=perhaps",
            "batch=0",
            "silenced=3,many",
            "silenced=-1",
            "silenced=3,512",
        ] {
            let error = set(text).unwrap_err().to_string();
            let key = text.split('=').next().unwrap();
            assert!(error.contains(key) && error.contains("--set") && error.contains("wants"), "{text}: {error}");
        }
    }

    #[test]
    fn a_misspelt_key_gets_a_suggestion() {
        let error = set("sigma_taumem=30").unwrap_err().to_string();
        assert!(error.contains("did you mean `sigma_tau_mem`"), "{error}");
        assert!(set("xyzzy_plugh=1").unwrap_err().to_string().contains("misfit params"));
        assert!(matches!(set("sigma"), Err(Error::NotAnAssignment { .. })));
    }

    #[test]
    fn long_garbage_is_cut_in_messages() {
        let text = format!("hidden={}", "9".repeat(5000));
        assert!(set(&text).unwrap_err().to_string().len() < 300);
    }
}
