//! From a lane of an experiment to a NIR graph.

use ndarray::Array2;

use super::graph::{Array, Graph, Meta, Node, Spiking};
use crate::base::error::{Error, Result};
use crate::base::time::TimeGrid;
use crate::chip::Chip;
use crate::chip::mismatch::ActualNeuron;
use crate::host::network::Network;
use crate::params::{Lane, Params};
use crate::training::Experiment;

/// Which neurons and weights are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What was asked for: nominal neurons, and the weight that every code stands for.
    Nominal,
    /// What the chip made of it: every neuron as it is, and effective analog weights.
    Actual,
}

impl Form {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Nominal, Self::Actual];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["nominal", "actual"];

    /// The name as typed.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The network of a lane, for simulators that go in steps of the chip's `dt`; `substeps` of them make a
/// readout interval, those of the experiment if nothing else is wanted.
///
/// # Errors
/// When the experiment does not run that lane.
pub fn export(experiment: &Experiment, lane: Lane, form: Form, substeps: Option<usize>) -> Result<Graph> {
    let chip = quiet_chip(experiment, lane, form, substeps)?;
    if chip.setup().readout_spikes {
        return Err(no_first_spike("writing a network"));
    }
    let mut graph = match form {
        Form::Nominal => nominal(experiment.params(), &effective(&chip), chip.grid()),
        Form::Actual => actual(experiment.params(), &chip),
    };
    let p = experiment.params();
    let text = |text: &str| Meta::Text(text.to_owned());
    graph.metadata = vec![
        ("software".into(), text(concat!("Misfit ", env!("CARGO_PKG_VERSION")))),
        ("form".into(), text(form.name())),
        ("lane".into(), text(lane.name())),
        ("epochs".into(), Meta::Number(experiment.epoch() as f64 - 1.0)),
        ("dt".into(), Meta::Number(chip.grid().dt_chip)),
        ("duration".into(), Meta::Number(chip.grid().duration())),
        ("refractory".into(), Meta::Number(p.network.refractory)),
        ("units".into(), text(UNITS)),
        ("experiment".into(), text(&crate::protocol::file::format(&p.into()))),
    ];
    if form == Form::Actual {
        let refractory = chip.actual().0.iter().map(|n| n.refractory).collect();
        graph.metadata.push(("hidden_refractory".into(), Meta::Numbers(refractory)));
    }
    Ok(graph)
}

/// What the numbers mean, for whoever opens the file.
const UNITS: &str = "Time in seconds of hardware time. Potentials in nominal leak-to-threshold distances (leak 0, \
                     threshold 1). A spike is a 1 during one step of dt seconds; with another step multiply w_in of \
                     CubaLIF and CubaLI, and r of the LI named *_exc and *_inh, by dt/dt_new. After a spike a \
                     membrane is held at reset for refractory seconds, rounded to steps (one value a neuron in \
                     hidden_refractory if they differ), which NIR has no field for. The class is the largest maximum of the readout.";

/// Files in which nothing stands about thresholds of a readout cannot hold one that spikes.
pub(in crate::exchange) fn no_first_spike(place: &str) -> Error {
    Error::BadValue {
        place: place.into(),
        key: "decoding".into(),
        expected: "max_over_time or mean_over_time: the file says nothing of a readout that spikes".into(),
        got: "first_spike".into(),
    }
}

/// The chip that a lane is evaluated on, with its weights and without anything random; for the nominal form
/// the ideal twin with the same weights.
pub(super) fn quiet_chip(experiment: &Experiment, lane: Lane, form: Form, substeps: Option<usize>) -> Result<Chip> {
    let Some(chip) = experiment.chip_of(lane) else {
        if experiment.codes(lane).is_some() {
            return Err(Error::ShowsNothing { lane: lane.name() });
        }
        let names: Vec<&str> = experiment.params().learning.lanes.iter().map(|l| l.name()).collect();
        return Err(Error::BadValue {
            place: "writing a network".into(),
            key: "lane".into(),
            expected: format!("one of the lanes of the experiment: {}", names.join(", ")),
            got: lane.name().into(),
        });
    };
    let substeps = substeps.unwrap_or(chip.grid().substeps);
    Ok(chip.quiet(substeps, form == Form::Nominal))
}

/// The analog weights on a chip.
fn effective(chip: &Chip) -> Network {
    let (input, readout) = chip.effective_weights();
    Network { input: input.clone(), recurrent: chip.effective_recurrent().clone(), readout: readout.clone() }
}

/// `[post, pre]`, as NIR has it, from `[pre, post]`; `sign` keeps the positive or the negative ones only.
fn weights(pre_post: &Array2<f32>, sign: Option<f32>) -> Node {
    let kept = |w: f32| if sign.is_some_and(|sign| w * sign <= 0.0) { 0.0 } else { f64::from(w) };
    let (pre, post) = pre_post.dim();
    let data = pre_post.t().iter().map(|&w| kept(w)).collect();
    Node::Weights { weight: Array { shape: vec![post, pre], data }, bias: None }
}

/// One node a population, all neurons the same.
fn nominal(p: &Params, network: &Network, grid: TimeGrid) -> Graph {
    let (n_inputs, n_hidden) = network.input.dim();
    let n_readout = network.readout.ncols();
    let cuba = |n: usize, spiking| Node::Cuba {
        tau_mem: Array::constant(n, p.network.tau_mem),
        tau_syn: Array::constant(n, p.network.tau_syn),
        r: Array::constant(n, 1.0),
        v_leak: Array::constant(n, 0.0),
        w_in: Array::constant(n, p.network.tau_syn / grid.dt_chip),
        spiking,
    };
    let spiking = Spiking {
        v_threshold: Array::constant(n_hidden, 1.0),
        v_reset: Array::constant(n_hidden, p.network.reset_in_units()),
    };
    let mut graph = Graph::default();
    graph.put("input", Node::Input { shape: vec![n_inputs] });
    graph.put("w_input", weights(&network.input, None));
    graph.put("hidden", cuba(n_hidden, Some(spiking)));
    graph.put("w_readout", weights(&network.readout, None));
    graph.put("readout", cuba(n_readout, None));
    graph.put("output", Node::Output { shape: vec![n_readout] });
    for (from, to) in [
        ("input", "w_input"),
        ("w_input", "hidden"),
        ("hidden", "w_readout"),
        ("w_readout", "readout"),
        ("readout", "output"),
    ] {
        graph.join(from, to);
    }
    if network.recurrent.nrows() > 0 {
        graph.put("w_recurrent", weights(&network.recurrent, None));
        graph.join("hidden", "w_recurrent");
        graph.join("w_recurrent", "hidden");
    }
    graph
}

/// Every neuron as it is; currents of either sign in an integrator of their own.
fn actual(p: &Params, chip: &Chip) -> Graph {
    let mut network = effective(chip);
    let (n_inputs, n_readout) = (network.input.nrows(), network.readout.ncols());
    for (mut row, _) in network.input.outer_iter_mut().zip(&chip.damage().dead_inputs).filter(|(_, dead)| **dead) {
        row.fill(0.0);
    }
    let (hidden, readout) = chip.actual();
    let each =
        |neurons: &[ActualNeuron], f: &dyn Fn(&ActualNeuron) -> f64| Array::vector(neurons.iter().map(f).collect());
    let dt = chip.grid().dt_chip;
    let synapse = |neurons: &[ActualNeuron], tau: fn(&ActualNeuron) -> f64| Node::Leaky {
        tau: each(neurons, &tau),
        r: each(neurons, &|n| tau(n) / dt),
        v_leak: Array::constant(neurons.len(), 0.0),
        spiking: None,
    };
    let membrane = |neurons: &[ActualNeuron], spiking| Node::Leaky {
        tau: each(neurons, &|n| n.tau_mem),
        // A current charges the same capacitance on every circuit, whatever its leak conductance.
        r: each(neurons, &|n| n.tau_mem / p.network.tau_mem),
        v_leak: each(neurons, &|n| n.v_leak),
        spiking,
    };
    let silent = &chip.damage().silent;
    let v_threshold = hidden.iter().zip(silent).map(|(n, &silent)| if silent { f64::INFINITY } else { n.v_threshold });
    let spiking = Spiking { v_threshold: Array::vector(v_threshold.collect()), v_reset: each(hidden, &|n| n.v_reset) };
    let mut graph = Graph::default();
    graph.put("input", Node::Input { shape: vec![n_inputs] });
    graph.put("hidden", membrane(hidden, Some(spiking)));
    graph.put("readout", membrane(readout, None));
    graph.put("output", Node::Output { shape: vec![n_readout] });
    graph.join("readout", "output");
    for (suffix, sign, tau) in
        [("exc", 1.0, (|n| n.tau_syn_exc) as fn(&ActualNeuron) -> f64), ("inh", -1.0, |n: &ActualNeuron| n.tau_syn_inh)]
    {
        let mut project = |from: &str, weight: &str, matrix: &Array2<f32>, to: &str| {
            let (weight, current) = (format!("{weight}_{suffix}"), format!("{to}_{suffix}"));
            graph.put(&weight, weights(matrix, Some(sign)));
            graph.join(from, &weight);
            graph.join(&weight, &current);
        };
        project("input", "w_input", &network.input, "hidden");
        project("hidden", "w_readout", &network.readout, "readout");
        if network.recurrent.nrows() > 0 {
            project("hidden", "w_recurrent", &network.recurrent, "hidden");
        }
        for (to, neurons) in [("hidden", hidden), ("readout", readout)] {
            let current = format!("{to}_{suffix}");
            graph.put(&current, synapse(neurons, tau));
            graph.join(&current, to);
        }
    }
    graph
}
