//! Finding and comparing runs.

use std::cmp::Ordering;

use super::record::{Changed, Epoch, Summary};
use crate::params::{Lane, PARAMS, ParamSpec, Params};
use crate::protocol::{PRESETS, PresetKind, Protocol, When};
use crate::training::metrics::EpochReport;

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// When the run began.
    #[default]
    Started,
    /// Its name, or its id where it has none.
    Name,
    /// The task.
    Task,
    /// Test accuracy of the lane in the loop, or else of another one.
    Accuracy,
    /// Epochs done.
    Epochs,
    /// How it stands.
    State,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Started, Self::Name, Self::Task, Self::Accuracy, Self::Epochs, Self::State];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["started", "name", "task", "accuracy", "epochs", "state"];
}

/// A run with its parameters, read once.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The run.
    pub summary: Summary,
    /// Its parameters; `None` when a version with other ones wrote them.
    pub params: Option<Params>,
    /// What tells it from other runs where it has no name.
    told: String,
    /// What was done to it and is planned, as typed.
    done: Vec<String>,
}

/// Settings that are told of a run without a name, at most.
const MOST_TOLD: usize = 4;

/// The preset with which a run began, or the settings in which it differs from those of its task, as typed.
fn told(params: &Params) -> String {
    let of_the_machine = |key: &str| matches!(key, "threads" | "data" | "task" | "lanes" | "epochs");
    let differ = |from: &Params| {
        let from = from.clone();
        let all = PARAMS.iter().filter(|spec| !of_the_machine(spec.key));
        all.filter(move |spec| (spec.get)(params) != (spec.get)(&from))
    };
    let value = |spec: &ParamSpec| format!("{}={}", spec.key, spec.format(&(spec.get)(params)));
    let kind = params.task.kind;
    let own: Vec<&ParamSpec> = differ(&Params::for_task(kind)).collect();
    let presets = PRESETS.iter().filter(|preset| preset.kind == PresetKind::Experiment(kind)).filter_map(|preset| {
        let mut from = params.clone();
        preset.apply(&mut from);
        let rest: Vec<&ParamSpec> = differ(&from).collect();
        let is_of = rest.len() < own.len() && rest.iter().all(|spec| spec.key == "seed");
        is_of.then_some((from.learning.lanes != params.learning.lanes, preset.key, rest))
    });
    // Presets can differ in their lanes alone.
    let preset = presets.min_by_key(|(other_lanes, ..)| *other_lanes);
    let (_, begin, rest) = preset.unwrap_or((false, kind.name(), own));
    let mut words: Vec<String> = rest.iter().take(MOST_TOLD).map(|spec| value(spec)).collect();
    words.insert(0, begin.to_owned());
    if rest.len() > MOST_TOLD {
        words.push("…".to_owned());
    }
    words.join(" ")
}

/// What was done to a run and is planned: first what the protocol has with which it began, then what else was done.
fn done(summary: &Summary, protocol: &Protocol) -> Vec<String> {
    let end = When::after(protocol.params.learning.epochs as usize);
    let then = |changed: &Changed| When {
        epoch: changed.epochs.floor() as usize,
        // Which batch it was is not known; the first one stands for all.
        batch: usize::from(changed.epochs.fract() > 0.0),
    };
    // The learning rate of a run that goes on beyond its plan stays as it is then; nobody has set it.
    let is_rate = |when: When, what: &str| {
        when == end && matches!(what.split('=').next(), Some("learning_rate" | "learning_rate_decay"))
    };
    let planned: Vec<(When, String)> =
        protocol.schedule().iter().map(|timed| (timed.when, timed.change.to_string())).collect();
    let is_planned = |changed: &Changed| {
        let then = then(changed);
        let is_then = |when: &When| (when.epoch, when.batch > 0) == (then.epoch, then.batch > 0);
        planned.iter().any(|(when, what)| is_then(when) && *what == changed.what)
    };
    let by_plan =
        planned.iter().filter(|(when, what)| !is_rate(*when, what)).map(|(when, what)| format!("{when}:{what}"));
    let others =
        summary.changes.iter().filter(|changed| !is_rate(then(changed), &changed.what) && !is_planned(changed));
    by_plan.chain(others.map(|changed| format!("{:.2}:{}", changed.epochs, changed.what))).collect()
}

impl Entry {
    /// Reads the protocol of a run.
    pub fn new(summary: Summary) -> Self {
        let protocol = summary.protocol().ok();
        let done = protocol.as_ref().map(|protocol| done(&summary, protocol)).unwrap_or_default();
        let params = protocol.map(|protocol| protocol.params);
        let mut told = params.as_ref().map_or_else(|| summary.id.clone(), told);
        if summary.calibrated {
            told.push_str(" calibrated");
        }
        Self { summary, params, told, done }
    }

    /// What was done to the run and is planned, as typed.
    pub fn done(&self) -> String {
        self.done.join(", ")
    }

    /// Whether another run is the same setting with other seeds, and the same was done to it.
    pub fn is_a_repeat_of(&self, other: &Self) -> bool {
        let settings = self.params.as_ref().zip(other.params.as_ref());
        settings.is_some_and(|(a, b)| same_setting(a, b)) && self.done == other.done
    }

    /// The name; where there is none, the preset or the settings that tell it from other runs.
    pub fn title(&self) -> &str {
        if self.summary.name.is_empty() { &self.told } else { &self.summary.name }
    }

    /// The task, or nothing.
    pub fn task(&self) -> &'static str {
        self.params.as_ref().map_or("", |p| p.task.kind.name())
    }

    /// Whether every word is met: `key=value` by a parameter, a label or a lane's name, any other word by a part of
    /// name, note, id, task, state or origin.
    pub fn matches(&self, words: &str) -> bool {
        words.split_whitespace().all(|word| self.matches_word(&word.to_lowercase()))
    }

    fn matches_word(&self, word: &str) -> bool {
        let s = &self.summary;
        if let Some((key, wanted)) = word.split_once('=') {
            if s.tags.iter().any(|(k, v)| k.to_lowercase() == key && v.to_lowercase() == wanted) {
                return true;
            }
            let spec = PARAMS.iter().find(|spec| spec.key == key);
            let (Some(spec), Some(params)) = (spec, &self.params) else { return false };
            let found = (spec.get)(params);
            return match spec.parse(wanted, "filter") {
                Ok(wanted) => spec.format(&found) == spec.format(&wanted),
                Err(_) => spec.format(&found) == wanted,
            };
        }
        let held = |text: &str| text.to_lowercase().contains(word);
        held(&s.name)
            || held(&s.note)
            || held(&s.id)
            || held(self.task())
            || held(s.state.name())
            || held(&s.origin)
            || s.tags.iter().any(|(k, v)| held(k) || held(v))
    }

    /// The order of two runs, the smaller, earlier or worse one first.
    pub fn compare(&self, other: &Self, sort: Sort) -> Ordering {
        let number = |e: &Self| e.summary.headline().unwrap_or(-1.0);
        let order = match sort {
            Sort::Started => Ordering::Equal,
            Sort::Name => self.title().to_lowercase().cmp(&other.title().to_lowercase()),
            Sort::Task => self.task().cmp(other.task()),
            Sort::Accuracy => number(self).total_cmp(&number(other)),
            Sort::Epochs => self.summary.epochs.cmp(&other.summary.epochs),
            Sort::State => self.summary.state.cmp(&other.summary.state),
        };
        order
            .then(self.summary.started.cmp(&other.summary.started))
            .then_with(|| self.summary.id.cmp(&other.summary.id))
    }
}

/// The parameters in which experiments differ, with the value of each one as typed at the edge; "–" where an
/// experiment cannot be read.
pub fn differing(runs: &[Option<&Params>]) -> Vec<(&'static ParamSpec, Vec<String>)> {
    let value = |spec: &ParamSpec, params: Option<&Params>| {
        params.map_or_else(|| "–".to_owned(), |p| spec.format(&(spec.get)(p)))
    };
    PARAMS
        .iter()
        // Neither decides what comes out.
        .filter(|spec| spec.key != "threads")
        .map(|spec| (spec, runs.iter().map(|&params| value(spec, params)).collect::<Vec<_>>()))
        .filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect()
}

/// Whether two runs are the same setting with other seeds (those of the network, or the number of the chip).
fn same_setting(a: &Params, b: &Params) -> bool {
    differing(&[Some(a), Some(b)]).iter().all(|(spec, _)| matches!(spec.key, "seed" | "chip" | "epochs"))
}

/// The median of the curves of several runs: at every epoch over those that have got so far.
pub fn median(curves: &[Vec<[f64; 2]>]) -> Vec<[f64; 2]> {
    let mut epochs: Vec<f64> = curves.iter().flatten().map(|p| p[0]).filter(|x| x.is_finite()).collect();
    epochs.sort_by(f64::total_cmp);
    epochs.dedup();
    let at = |x: f64| {
        let mut values: Vec<f64> = curves
            .iter()
            .filter_map(|curve| curve.iter().find(|p| p[0].total_cmp(&x).is_eq()))
            .map(|p| p[1])
            .filter(|y| y.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        (n > 0).then(|| [x, f64::midpoint(values[(n - 1) / 2], values[n / 2])])
    };
    epochs.into_iter().filter_map(at).collect()
}

/// A number of a lane of a record over the epochs.
pub fn curve(epochs: &[Epoch], lane: Lane, number: fn(&EpochReport) -> f64) -> Vec<[f64; 2]> {
    let point = |e: &Epoch| {
        let of_lane = e.lanes.iter().find(|l| l.lane == lane)?;
        Some([e.epoch as f64, number(of_lane)])
    };
    epochs.iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TaskKind;
    use crate::protocol::Timed;
    use crate::store::Record;

    fn entry(params: &Params, change: impl FnOnce(&mut Summary)) -> Entry {
        let mut summary = Record::new(params, "train").summary;
        change(&mut summary);
        Entry::new(summary)
    }

    #[test]
    fn runs_are_found_by_words_and_by_the_values_of_their_parameters() {
        let params = Params::for_task(TaskKind::YinYang).with(|p| p.chip.sigma = 0.3);
        let run = entry(&params, |s| {
            s.name = "Before lunch".into();
            s.tags.insert("sweep".into(), "Noise".into());
        });
        for words in
            ["", "lunch", "LUNCH before", "yin", "sigma=30", "sigma=30.0 train", "sweep=noise", "task=yin_yang"]
        {
            assert!(run.matches(words), "{words}");
        }
        for words in ["dinner", "sigma=3", "sigma=30 dinner", "sigma=", "xyzzy=1", "sigma_tau_mem=30"] {
            assert!(!run.matches(words), "{words}");
        }
    }

    #[test]
    fn a_run_without_a_name_is_told_by_its_preset_or_by_what_differs() {
        let told = |params: &Params| entry(params, |_| {}).title().to_owned();
        assert_eq!(told(&Params::default()), "digits");
        let own = Params::default().with(|p| (p.chip.sigma, p.learning.learning_rate) = (0.53, 0.05));
        assert_eq!(told(&own), "digits learning_rate=0.05 sigma=53");
        for key in ["story_loop", "story_damage", "too_much", "hxtorch_yin_yang"] {
            let mut params = Params::default();
            crate::protocol::preset(key).unwrap().apply(&mut params);
            assert_eq!(told(&params), key);
            assert_eq!(told(&params.with(|p| p.learning.seed = 7)), format!("{key} seed=7"));
        }
        assert_eq!(entry(&own, |s| s.name = "mine".into()).title(), "mine");
    }

    #[test]
    fn exactly_the_settings_that_differ_are_named() {
        let a = Params::default();
        let b = a.clone().with(|p| (p.learning.seed, p.chip.sigma_leak, p.learning.threads) = (2, Some(0.3), 1));
        let table: Vec<(&str, Vec<String>)> =
            differing(&[Some(&a), Some(&b)]).into_iter().map(|(spec, values)| (spec.key, values)).collect();
        assert_eq!(
            table,
            [("seed", vec!["1".into(), "2".into()]), ("sigma_leak", vec!["auto".into(), "30".to_owned()])]
        );
        assert!(differing(&[Some(&a), Some(&a)]).is_empty());
        assert!(
            !same_setting(&a, &b) && same_setting(&a, &a.clone().with(|p| (p.learning.seed, p.chip.number) = (9, 4)))
        );
    }

    #[test]
    fn runs_to_which_something_else_was_done_are_no_repeats_of_one_setting() {
        let at = |epochs: f64, what: &str| Changed { epochs, what: what.into() };
        let params = Params::default().with(|p| p.learning.epochs = 20);
        let run = |seed: u32, planned: &[&str], changes: &[Changed]| {
            let mut protocol = Protocol::new(params.clone().with(|p| p.learning.seed = seed));
            for text in planned {
                let Timed { when, change } = Timed::parse(text, "test").unwrap();
                protocol.add(when, change);
            }
            let mut summary = Record::new(protocol, "window").summary;
            summary.changes = changes.to_vec();
            Entry::new(summary)
        };
        let plain = run(1, &[], &[]);
        assert!(plain.is_a_repeat_of(&run(2, &[], &[])));
        // A run that goes on beyond its plan keeps its rate, which is nothing that was done to it.
        let beyond = [at(20.0, "learning_rate=0.001"), at(20.0, "learning_rate_decay=1")];
        assert!(plain.is_a_repeat_of(&run(2, &[], &beyond)));
        for other in [
            run(2, &[], &[at(5.0, "sigma=40")]),
            run(2, &["5:sigma=40"], &[]),
            run(2, &["5:branch=9"], &[]),
            run(2, &[], &[at(5.0, "learning_rate=0.001")]),
        ] {
            assert!(!plain.is_a_repeat_of(&other), "{}", other.done());
            assert!(other.is_a_repeat_of(&other));
        }
        // What was planned is the same before and after it was done.
        let planned = ["5:sigma=40", "7+3:calibrate"];
        let over = run(1, &planned, &[at(5.0, "sigma=40"), at(7.25, "calibrate")]);
        assert!(over.is_a_repeat_of(&run(2, &planned, &[])));
        assert_eq!(over.done(), "5:sigma=40, 7+3:calibrate");
    }

    #[test]
    fn the_median_is_taken_over_those_that_have_got_so_far() {
        let curves = [
            vec![[1.0, 50.0], [2.0, 60.0], [3.0, 90.0]],
            vec![[1.0, 10.0], [2.0, f64::NAN]],
            vec![[1.0, 70.0], [2.0, 80.0]],
        ];
        assert_eq!(median(&curves), [[1.0, 50.0], [2.0, 70.0], [3.0, 90.0]]);
        assert_eq!(median(&[]), Vec::<[f64; 2]>::new());
    }
}
