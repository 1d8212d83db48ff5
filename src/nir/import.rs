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

use std::collections::BTreeSet;
use std::path::Path;

use ndarray::Array2;

use super::file::{self, node_place};
use super::graph::{Array, Graph, Node, Spiking};
use crate::error::{Error, Result};
use crate::host::network::Network;
use crate::params::{Kind, Params, Recurrence, find};

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

/// A population of neurons in the terms of the file.
struct Population<'a> {
    name: &'a str,
    n: usize,
    tau_mem: f64,
    tau_syn: Option<f64>,
    /// What a weight is multiplied by, one a neuron, before time and unit of voltage are considered.
    drive: Vec<f64>,
    v_leak: &'a Array,
    spiking: Option<&'a Spiking>,
}

/// The graph as it is walked.
struct Walk<'a> {
    graph: &'a Graph,
    path: &'a Path,
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
    let dt = wanted.dt.or(graph.number("dt")).unwrap_or(USUAL_DT);
    if !(dt.is_finite() && dt > 0.0) {
        return Err(walk.wrong("metadata", format!("`dt` is {dt}; expected the step in seconds")));
    }
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

    let mut notes = Vec::new();
    let input_weights = walk.weights(w_input, None, hidden.n)?;
    let recurrent_weights = w_recurrent.map(|name| walk.weights(name, Some(hidden.n), hidden.n)).transpose()?;
    let readout_weights = walk.weights(w_readout, Some(hidden.n), readout.n)?;
    walk.check_shape(input, input_weights.ncols())?;
    walk.check_shape(output, readout.n)?;

    let mut params = base.clone();
    params.hidden = u32::try_from(hidden.n).unwrap_or(u32::MAX);
    check_range(&walk, hidden_name, &params, "hidden")?;
    params.recurrence = match (&recurrent_weights, base.recurrence) {
        (None, _) => Recurrence::None,
        (Some(_), Recurrence::Frozen) => Recurrence::Frozen,
        (Some(_), _) => Recurrence::Trained,
    };
    let tau_syn = walk.adopt_times(&hidden, &readout, wanted, &mut params, &mut notes)?;
    let unit = walk.adopt_potentials(&hidden, &mut params)?;
    params.refractory = match (graph.number("refractory"), graph.number("dt")) {
        (Some(time), Some(_)) => time,
        _ => 0.0,
    };
    check_range(&walk, hidden_name, &params, "refractory")?;

    // The voltage of a readout counts in the unit of its own threshold, or else in that of the hidden neurons.
    let readout_unit: Vec<f64> = (0..readout.n)
        .map(|k| readout.spiking.map_or(unit[0], |s| s.v_threshold.at(k) - readout.v_leak.at(k)))
        .collect();
    if let Some(bad) = readout_unit.iter().find(|unit| !(**unit > 0.0 && unit.is_finite())) {
        return Err(walk.at(readout_name, format!("threshold minus leak is {bad}; it must be above zero")));
    }
    if readout.spiking.is_some() {
        notes.push(format!(
            "the readout `{readout_name}` spikes in the file; the readout of the chip does not, its voltage is read instead"
        ));
    }
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
        let field =
            if key == "weight_full_scale" { &mut params.weight_full_scale } else { &mut params.readout_full_scale };
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

impl<'a> Walk<'a> {
    fn wrong(&self, place: &str, why: impl Into<String>) -> Error {
        Error::Malformed { path: self.path.into(), place: Some(place.to_owned()), why: why.into() }
    }

    /// An error at a node.
    fn at(&self, name: &str, why: impl Into<String>) -> Error {
        self.wrong(&node_place(name), why)
    }

    fn kind(&self, name: &str) -> &str {
        self.graph.node(name).map_or("nothing", Node::kind)
    }

    fn after(&self, name: &str) -> Vec<&'a str> {
        self.graph.edges.iter().filter(|(from, _)| from == name).map(|(_, to)| to.as_str()).collect()
    }

    fn before(&self, name: &str) -> Vec<&'a str> {
        self.graph.edges.iter().filter(|(_, to)| to == name).map(|(from, _)| from.as_str()).collect()
    }

    /// Every edge leads from one node to another, and only once.
    fn check_edges(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (from, to) in &self.graph.edges {
            for name in [from, to] {
                if self.graph.node(name).is_none() {
                    return Err(self.wrong("edges", format!("`{from}` to `{to}`: there is no node `{name}`")));
                }
            }
            if !seen.insert((from, to)) {
                return Err(self.wrong("edges", format!("`{from}` to `{to}` is there twice")));
            }
        }
        for (name, node) in &self.graph.nodes {
            if let Node::Other(kind) = node {
                let why = format!(
                    "{kind} has no equal on the chip, which knows Linear, Affine without bias, CubaLIF, CubaLI, LIF and LI"
                );
                return Err(self.at(name, why));
            }
        }
        self.check_cycles()
    }

    /// The only cycle allowed is a neuron that reaches itself through one set of weights.
    fn check_cycles(&self) -> Result<()> {
        let is_weights = |name: &str| matches!(self.graph.node(name), Some(Node::Weights { .. }));
        let allowed = |from: &str, to: &str| {
            (is_weights(from) && self.before(from) == [to]) || (is_weights(to) && self.after(to) == [from])
        };
        let mut edges: Vec<(&str, &str)> = self
            .graph
            .edges
            .iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .filter(|(from, to)| {
                let back = self.graph.edges.iter().any(|(f, t)| f == to && t == from);
                !(back && from != to && allowed(from, to))
            })
            .collect();
        // An edge from where nothing leads to, or to where nothing leads on, is on no cycle; take such edges away.
        loop {
            let reached: BTreeSet<&str> = edges.iter().map(|(_, to)| *to).collect();
            let left: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
            let before = edges.len();
            edges.retain(|(from, to)| reached.contains(from) && left.contains(to));
            if edges.len() == before {
                break;
            }
        }
        let around: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
        let Some(first) = around.first() else { return Ok(()) };
        let names: Vec<String> = around.iter().take(8).map(|name| format!("`{name}`")).collect();
        let why = format!(
            "there is a cycle through {}; the chip knows one: hidden neurons that reach each other through one Linear",
            names.join(", ")
        );
        Err(self.at(first, why))
    }

    /// The only node of a kind.
    fn only(&self, kind: &str) -> Result<&'a str> {
        let all: Vec<&str> =
            self.graph.nodes.iter().filter(|(_, node)| node.kind() == kind).map(|(name, _)| name.as_str()).collect();
        match all[..] {
            [name] => Ok(name),
            [] => Err(self.wrong("nodes", format!("there is no {kind}"))),
            [_, second, ..] => Err(self.at(second, format!("a second {kind}; expected one"))),
        }
    }

    /// The weights after a node and the population that they lead to.
    fn projection(&self, from: &'a str) -> Result<(&'a str, &'a str)> {
        match self.after(from)[..] {
            [weights] => self.projection_from(from, weights),
            [] => Err(self.at(from, "leads nowhere")),
            [_, second, ..] => Err(self.at(second, format!("a second way on from `{from}`; expected one"))),
        }
    }

    fn projection_from(&self, from: &'a str, weights: &'a str) -> Result<(&'a str, &'a str)> {
        if !matches!(self.graph.node(weights), Some(Node::Weights { .. })) {
            let why =
                format!("expected Linear or Affine between `{from}` and the next neurons, got {}", self.kind(weights));
            return Err(self.at(weights, why));
        }
        match self.after(weights)[..] {
            [to] if matches!(self.graph.node(to), Some(Node::Cuba { .. } | Node::Leaky { .. })) => Ok((weights, to)),
            [to] => Err(self.at(to, format!("expected neurons after `{weights}`, got {}", self.kind(to)))),
            [] => Err(self.at(weights, "leads nowhere")),
            [_, second, ..] => Err(self.at(second, format!("a second way on from `{weights}`; expected one"))),
        }
    }

    fn check_all_used(&self, used: &[&str], recurrent: Option<&str>) -> Result<()> {
        let spare = self.graph.nodes.iter().find(|(name, _)| !used.contains(&name.as_str()) && recurrent != Some(name));
        if let Some((name, node)) = spare {
            let why = format!("{} is on no way from the input through hidden neurons to the output", node.kind());
            return Err(self.at(name, why));
        }
        let edges = used.len() - 1 + 2 * usize::from(recurrent.is_some());
        if self.graph.edges.len() != edges {
            let why = format!(
                "expected {edges}, got {}: there is a short cut that the chip does not have",
                self.graph.edges.len()
            );
            return Err(self.wrong("edges", why));
        }
        Ok(())
    }

    /// A matrix `[post, pre]` with the numbers of neurons that it connects.
    fn weights(&self, name: &str, n_pre: Option<usize>, n_post: usize) -> Result<Array2<f64>> {
        let Some(Node::Weights { weight, bias }) = self.graph.node(name) else {
            return Err(self.at(name, "is not a set of weights"));
        };
        let fits = weight.shape.len() == 2 && weight.shape[0] == n_post && n_pre.is_none_or(|n| weight.shape[1] == n);
        if !fits || weight.shape[1] == 0 {
            let pre = n_pre.map_or("inputs".to_owned(), |n| n.to_string());
            let why = format!("`weight` has the shape {:?}; expected [{n_post}, {pre}]", weight.shape);
            return Err(self.at(name, why));
        }
        if let Some(bias) = bias {
            if bias.data.len() != n_post {
                return Err(self.at(name, format!("`bias` has the shape {:?}; expected [{n_post}]", bias.shape)));
            }
            if bias.data.iter().any(|b| *b != 0.0) {
                return Err(self.at(name, "`bias` is not zero; the chip has no bias, train without"));
            }
        }
        Array2::from_shape_vec((weight.shape[0], weight.shape[1]), weight.data.clone())
            .map_err(|why| self.at(name, format!("`weight` makes no matrix: {why}")))
    }

    fn check_shape(&self, name: &str, n: usize) -> Result<()> {
        match self.graph.node(name) {
            Some(Node::Input { shape } | Node::Output { shape }) if *shape != [n] => {
                Err(self.at(name, format!("the shape is {shape:?}, but what it is joined to has [{n}]")))
            }
            _ => Ok(()),
        }
    }

    /// Neurons with one set of time constants.
    fn population(&self, name: &'a str, weights: &str, dt: f64) -> Result<Population<'a>> {
        let Some(node) = self.graph.node(name) else { return Err(self.at(name, "is not there")) };
        // A single number stands for all neurons; how many there are then only the weights say.
        let n = node.arrays().iter().map(|(_, array)| array.data.len()).max().unwrap_or(0);
        let n = match self.graph.node(weights) {
            Some(Node::Weights { weight, .. }) if n == 1 => weight.shape.first().copied().unwrap_or(n),
            _ => n,
        };
        for (key, array) in node.arrays() {
            let fits = array.shape == [n] || (array.data.len() == 1 && array.shape.len() <= 1);
            if !fits {
                return Err(self.at(name, format!("`{key}` has the shape {:?}; expected [{n}]", array.shape)));
            }
        }
        let one = |key: &str, array: &Array| {
            let value = array.shared(SAME).ok_or_else(|| {
                let (lo, hi) = array.data.iter().fold((f64::MAX, f64::MIN), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
                self.at(
                    name,
                    format!("`{key}` differs between neurons ({lo:e} to {hi:e} s); the chip is asked for one value"),
                )
            })?;
            if value > 0.0 {
                Ok(value)
            } else {
                Err(self.at(name, format!("`{key}` is {value} s; expected more than 0")))
            }
        };
        Ok(match node {
            Node::Cuba { tau_mem, tau_syn, r, v_leak, w_in, spiking } => {
                let syn = one("tau_syn", tau_syn)?;
                let drive = (0..n).map(|k| w_in.at(k) * dt / syn * r.at(k)).collect();
                let tau_mem = one("tau_mem", tau_mem)?;
                Population { name, n, tau_mem, tau_syn: Some(syn), drive, v_leak, spiking: spiking.as_ref() }
            }
            Node::Leaky { tau, r, v_leak, spiking } => {
                let tau_mem = one("tau", tau)?;
                let drive = (0..n).map(|k| r.at(k) * dt / tau_mem).collect();
                Population { name, n, tau_mem, tau_syn: None, drive, v_leak, spiking: spiking.as_ref() }
            }
            _ => return Err(self.at(name, "is not a population of neurons")),
        })
    }

    /// Puts the time constants into the settings and returns the synaptic one in the time of the file.
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
        params.tau_mem = hidden.tau_mem / speed_up;
        params.tau_syn = hidden.tau_syn.map_or(limits("tau_syn").0, |tau| tau / speed_up);
        for (key, field) in [("tau_mem", &mut params.tau_mem), ("tau_syn", &mut params.tau_syn)] {
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
                1e6 * params.tau_syn
            ));
        }
        Ok(params.tau_syn * speed_up)
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
        let reset = params.leak + resets.first().copied().unwrap_or(0.0) * params.lsb_per_unit();
        // To the resolution of a setting, so that what was written comes back as it was.
        params.reset = (reset * 1e6).round() / 1e6;
        check_range(self, hidden.name, params, "reset")?;
        Ok(unit)
    }
}
