//! From a NIR graph to weights and settings for the chip.
//!
//! The chip computes one kind of network: inputs, one hidden population of spiking neurons that may reach
//! itself, and a readout. Everything else is refused by the name of the node.
//!
//! ```text
//! w = W · w_in · dt/τ_syn · r / (v_threshold − v_leak)     behind a synapse (CubaLIF, CubaLI)
//! w = W · r · dt/τ · τ/τ_s / (v_threshold − v_leak)        without one (LIF, LI): the same charge, spread
//!                                                          over the shortest synaptic time τ_s of the chip
//! ```
//!
//! Potentials count from the leak in leak-to-threshold distances, so neurons may differ in either; their time
//! constants and relative reset may not, because the chip is asked for one value for all.

mod walk;

use std::path::Path;

use ndarray::Array2;

use super::file;
use super::graph::{Graph, Node};
use crate::base::error::Result;
use crate::host::network::Network;
use crate::params::{Kind, Params, Recurrence, find};
use walk::{Population, Walk};

/// The step that simulators without one of their own take for a NIR file, s; that of the NIR paper.
pub const USUAL_DT: f64 = 1e-4;
/// How much faster than biology the chip is, for files with biological time constants (BrainScaleS-2).
pub const USUAL_SPEED_UP: f64 = 1000.0;
/// Relative differences that come from single precision.
const SAME: f64 = 1e-4;

/// What the file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wanted {
    /// Seconds, in the time of the file, for which a 1 stands for a spike; else the file's own, or [`USUAL_DT`].
    pub dt: Option<f64>,
    /// Seconds of the file per second of hardware; else 1 if that fits the chip, or [`USUAL_SPEED_UP`].
    pub speed_up: Option<f64>,
}

/// A network that fits the chip.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The settings that were asked for, with those of the network: sizes, recurrence, time constants, reset.
    pub params: Params,
    /// Its weights.
    pub network: Network,
    /// What changed on the way, in sentences.
    pub notes: Vec<String>,
}

/// Reads a network; `base` gives all settings that it does not bring.
///
/// # Errors
/// As [`file::read`], and names the node that the chip has no equal for.
pub fn import(path: &Path, base: &Params, wanted: Wanted) -> Result<Imported> {
    fit(&file::read(path)?, path, base, wanted)
}

/// Turns a graph into a network; `path` is for messages.
///
/// # Errors
/// Names the node that the chip has no equal for.
pub fn fit(graph: &Graph, path: &Path, base: &Params, wanted: Wanted) -> Result<Imported> {
    let walk = Walk { graph, path };
    walk.check_edges()?;
    if graph.text("form") == Some("actual") {
        let why = "this file holds the actual neurons of a chip, each with its faults; write the nominal form to bring it back";
        return Err(walk.wrong("metadata", why));
    }
    let input = walk.only("Input")?;
    let output = walk.only("Output")?;
    let (w_input, hidden_name) = walk.projection(input)?;
    let mut notes = Vec::new();
    let dt = step(&walk, wanted, &mut notes)?;
    let hidden = walk.population(hidden_name, w_input, dt)?;
    if hidden.spiking.is_none() {
        let why = format!("{} does not spike; the hidden neurons of the chip do", walk.kind(hidden_name));
        return Err(walk.at(hidden_name, why));
    }
    let (mut w_recurrent, mut onward) = (None, Vec::new());
    for next in walk.after(hidden_name) {
        match walk.graph.node(next) {
            Some(Node::Weights { .. }) if walk.after(next) == [hidden_name] => {
                if w_recurrent.replace(next).is_some() {
                    return Err(walk.at(next, "a second recurrent connection; one is all the chip has"));
                }
            }
            _ => onward.push(next),
        }
    }
    let [w_readout] = onward[..] else {
        return Err(walk.at(hidden_name, format!("expected one way on to the readout, got {}", onward.len())));
    };
    let (w_readout, readout_name) = walk.projection_from(hidden_name, w_readout)?;
    let readout = walk.population(readout_name, w_readout, dt)?;
    if walk.after(readout_name) != [output] {
        let next = walk.after(readout_name).first().map_or("nowhere", |next| *next).to_owned();
        let why = format!("expected the output next, got `{next}`; the chip has one hidden population and a readout");
        return Err(walk.at(readout_name, why));
    }
    walk.check_all_used(&[input, output, w_input, hidden_name, w_readout, readout_name], w_recurrent)?;

    let input_weights = walk.weights(w_input, None, hidden.n)?;
    let recurrent_weights = w_recurrent.map(|name| walk.weights(name, Some(hidden.n), hidden.n)).transpose()?;
    let readout_weights = walk.weights(w_readout, Some(hidden.n), readout.n)?;
    walk.check_shape(input, input_weights.ncols())?;
    walk.check_shape(output, readout.n)?;

    let mut params = base.clone();
    params.network.hidden = u32::try_from(hidden.n).unwrap_or(u32::MAX);
    check_range(&walk, hidden_name, &params, "hidden")?;
    params.network.recurrence = match (&recurrent_weights, base.network.recurrence) {
        (None, _) => Recurrence::None,
        (Some(_), Recurrence::Frozen) => Recurrence::Frozen,
        (Some(_), _) => Recurrence::Trained,
    };
    let speed_up = walk.adopt_times(&hidden, &readout, wanted, &mut params, &mut notes)?;
    let tau_syn = params.network.tau_syn * speed_up;
    let unit = walk.adopt_potentials(&hidden, &mut params)?;
    let refractory = graph.number("refractory").map_err(|why| walk.wrong("metadata", why))?;
    params.network.refractory = refractory.unwrap_or(0.0) / speed_up;
    check_range(&walk, hidden_name, &params, "refractory")?;

    let readout_unit = readout_unit(&walk, readout_name, &readout, unit[0], &mut notes)?;
    let scaled = |weights: &Array2<f64>, to: &Population<'_>, unit: &[f64]| {
        let charge = if to.tau_syn.is_some() { 1.0 } else { to.tau_mem / tau_syn };
        Array2::from_shape_fn((weights.ncols(), weights.nrows()), |(pre, post)| {
            (weights[[post, pre]] * to.drive[post] * charge / unit[post]) as f32
        })
    };
    let network = Network {
        input: scaled(&input_weights, &hidden, &unit),
        recurrent: recurrent_weights
            .map_or_else(|| Array2::zeros((0, hidden.n)), |weights| scaled(&weights, &hidden, &unit)),
        readout: scaled(&readout_weights, &readout, &readout_unit),
    };
    if !network.is_finite() {
        return Err(walk.at(hidden_name, "its weights are not finite in units of the chip"));
    }
    adopt_scales(&walk, [w_input, w_readout], &network, &mut params, &mut notes)?;
    params.check()?;
    Ok(Imported { params, network, notes })
}

/// The unit in which the voltage of each readout neuron counts: its own threshold above its leak, or else that of the
/// hidden neurons.
fn readout_unit(
    walk: &Walk<'_>,
    name: &str,
    readout: &Population<'_>,
    of_hidden: f64,
    notes: &mut Vec<String>,
) -> Result<Vec<f64>> {
    // A threshold that is never reached is none.
    let spiking = readout.spiking.filter(|s| s.v_threshold.data.iter().any(|threshold| threshold.is_finite()));
    let unit: Vec<f64> =
        (0..readout.n).map(|k| spiking.map_or(of_hidden, |s| s.v_threshold.at(k) - readout.v_leak.at(k))).collect();
    if let Some(bad) = unit.iter().find(|unit| !(**unit > 0.0 && unit.is_finite())) {
        return Err(walk.at(name, format!("threshold minus leak is {bad}; it must be above zero")));
    }
    if spiking.is_some() {
        notes.push(format!(
            "the readout `{name}` spikes in the file; the readout of the chip does not, its voltage is read instead"
        ));
    }
    Ok(unit)
}

/// The seconds for which a 1 stands for a spike, and a note that says where they come from.
fn step(walk: &Walk<'_>, wanted: Wanted, notes: &mut Vec<String>) -> Result<f64> {
    let own = walk.graph.number("dt").map_err(|why| walk.wrong("metadata", why));
    let (dt, source) = match (wanted.dt, own) {
        (Some(dt), _) => (dt, "as asked for"),
        (None, own) => {
            own?.map_or((USUAL_DT, "the usual step, as the file names none"), |dt| (dt, "the step in the file"))
        }
    };
    if !(dt.is_finite() && dt > 0.0) {
        return Err(walk.wrong("metadata", format!("`dt` is {dt}; expected the step in seconds")));
    }
    notes.push(format!("a 1 is a spike for {dt:e} s: {source}"));
    Ok(dt)
}

/// Makes the scale of the codes large enough for the largest weight.
fn adopt_scales(
    walk: &Walk<'_>,
    [input, readout]: [&str; 2],
    network: &Network,
    params: &mut Params,
    notes: &mut Vec<String>,
) -> Result<()> {
    let largest = |weights: &Array2<f32>| weights.iter().fold(0.0f64, |most, w| most.max(f64::from(w.abs())));
    for (key, needed, place) in [
        ("weight_full_scale", largest(&network.input).max(largest(&network.recurrent)), input),
        ("readout_full_scale", largest(&network.readout), readout),
    ] {
        let field = if key == "weight_full_scale" {
            &mut params.network.weight_full_scale
        } else {
            &mut params.network.readout_full_scale
        };
        // A hair above the largest code is still that code.
        if needed > *field * 1.000_001 {
            *field = needed;
            notes.push(format!("`{key}` is {needed:.3}, for the largest weight of `{place}`"));
        }
        check_range(walk, place, params, key)?;
    }
    Ok(())
}

/// Whether a parameter that the network brings lies in the range that the chip has.
fn check_range(walk: &Walk<'_>, name: &str, params: &Params, key: &str) -> Result<()> {
    let Some(spec) = find(key) else { return Ok(()) };
    let value = (spec.get)(params);
    spec.check(&value, name).map_err(|_| {
        let why = format!("`{key}` would be {}; the chip offers {}", spec.format(&value), spec.expected());
        walk.at(name, why)
    })
}

impl Walk<'_> {
    /// Puts the time constants into the settings and returns the seconds of the file per second of the chip.
    fn adopt_times(
        &self,
        hidden: &Population<'_>,
        readout: &Population<'_>,
        wanted: Wanted,
        params: &mut Params,
        notes: &mut Vec<String>,
    ) -> Result<f64> {
        let same = |a: f64, b: f64| (a - b).abs() <= SAME * b;
        if !same(readout.tau_mem, hidden.tau_mem) {
            let why = format!(
                "its membrane time constant is {:e} s, that of `{}` {:e} s; the chip is asked for one value",
                readout.tau_mem, hidden.name, hidden.tau_mem
            );
            return Err(self.at(readout.name, why));
        }
        match (readout.tau_syn, hidden.tau_syn) {
            (Some(a), Some(b)) if !same(a, b) => {
                let why = format!("its synaptic time constant is {a:e} s, that of `{}` {b:e} s", hidden.name);
                return Err(self.at(readout.name, format!("{why}; the chip is asked for one value")));
            }
            (a, b) if a.is_some() != b.is_some() => {
                let why = format!(
                    "`{}` and this differ in whether they have a synapse; on the chip all have one",
                    hidden.name
                );
                return Err(self.at(readout.name, why));
            }
            _ => {}
        }
        let limits = |key: &str| match find(key).map(|spec| spec.kind) {
            Some(Kind::Number { min, max }) => (min, max),
            _ => (0.0, f64::MAX),
        };
        let within = |key: &str, value: f64| {
            let (min, max) = limits(key);
            (min * (1.0 - SAME)..=max * (1.0 + SAME)).contains(&value)
        };
        let fits = |speed_up: f64| {
            within("tau_mem", hidden.tau_mem / speed_up)
                && hidden.tau_syn.is_none_or(|tau| within("tau_syn", tau / speed_up))
        };
        let speed_up = wanted.speed_up.unwrap_or(if fits(1.0) { 1.0 } else { USUAL_SPEED_UP });
        params.network.tau_mem = hidden.tau_mem / speed_up;
        params.network.tau_syn = hidden.tau_syn.map_or(limits("tau_syn").0, |tau| tau / speed_up);
        for (key, field) in [("tau_mem", &mut params.network.tau_mem), ("tau_syn", &mut params.network.tau_syn)] {
            if within(key, *field) {
                let (min, max) = limits(key);
                *field = field.clamp(min, max);
            }
        }
        check_range(self, hidden.name, params, "tau_mem")?;
        check_range(self, hidden.name, params, "tau_syn")?;
        if !same(speed_up, 1.0) {
            notes.push(format!("time runs {speed_up} times faster than in the file"));
        }
        if hidden.tau_syn.is_none() {
            notes.push(format!(
                "`{}` and `{}` have no synapse; the chip spreads the same charge over its shortest synaptic time, {:.1} µs",
                hidden.name,
                readout.name,
                1e6 * params.network.tau_syn
            ));
        }
        Ok(speed_up)
    }

    /// Puts the reset into the settings and returns the leak-to-threshold distance of every hidden neuron.
    fn adopt_potentials(&self, hidden: &Population<'_>, params: &mut Params) -> Result<Vec<f64>> {
        let Some(spiking) = hidden.spiking else { return Err(self.at(hidden.name, "does not spike")) };
        let unit: Vec<f64> = (0..hidden.n).map(|k| spiking.v_threshold.at(k) - hidden.v_leak.at(k)).collect();
        if let Some(bad) = unit.iter().find(|unit| !(**unit > 0.0 && unit.is_finite())) {
            return Err(self.at(hidden.name, format!("threshold minus leak is {bad}; it must be above zero")));
        }
        let resets: Vec<f64> = (0..hidden.n).map(|k| (spiking.v_reset.at(k) - hidden.v_leak.at(k)) / unit[k]).collect();
        if resets.iter().any(|reset| (reset - resets[0]).abs() > SAME) {
            let why = "the reset, counted from the leak to the threshold, differs between neurons; the chip is asked for one value";
            return Err(self.at(hidden.name, why));
        }
        let reset = params.network.leak + resets.first().copied().unwrap_or(0.0) * params.network.lsb_per_unit();
        // To the resolution of a setting, so that what was written comes back as it was.
        params.network.reset = (reset * 1e6).round() / 1e6;
        check_range(self, hidden.name, params, "reset")?;
        Ok(unit)
    }
}
