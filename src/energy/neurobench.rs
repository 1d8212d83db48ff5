//! The metrics of NeuroBench, counted exactly as its package does.
//!
//! *The neurobench framework for benchmarking neuromorphic computing algorithms and systems*, Nature Communications 2025,
//! arXiv:2304.04640; the definitions are those of the package `neurobench` 2.3.0. A script beside the
//! other frameworks compares the two.

use serde_json::{Value as Json, json};

use crate::base::time::TimeGrid;
use crate::recording::Codes;
use crate::spikes::{GridSpike, SpikeTrain};
use ndarray::{Array2, ArrayView2};

/// What NeuroBench says of a network. Most values change with the number of steps, which belongs to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuroBench {
    /// Bytes of all weights, zeros included: one a code.
    pub footprint: f64,
    /// Share of the weights that are zero.
    pub connection_sparsity: f64,
    /// Share of zeros among the outputs of hidden neurons, over all steps.
    pub activation_sparsity: f64,
    /// Pairs of input and weight, zeros included, over all steps of a sample.
    pub dense: f64,
    /// Pairs of a spike and a weight that is not zero, a sample.
    pub effective_acs: f64,
    /// The same of inputs that are neither 0 nor 1: there are none.
    pub effective_macs: f64,
    /// Hidden membranes that moved, summed over the steps of a sample; in the first step all of them.
    pub membrane_updates: f64,
    /// Steps of a sample.
    pub steps: f64,
    /// Steps a second of emulated time.
    pub execution_rate: f64,
}

impl NeuroBench {
    /// The names of [`Self::values`] in files.
    pub const NAMES: [&'static str; 9] = [
        "footprint",
        "connection_sparsity",
        "activation_sparsity",
        "dense",
        "effective_acs",
        "effective_macs",
        "membrane_updates",
        "steps",
        "execution_rate",
    ];

    /// All values, in the order of [`Self::NAMES`].
    pub fn values(&self) -> [f64; 9] {
        [
            self.footprint,
            self.connection_sparsity,
            self.activation_sparsity,
            self.dense,
            self.effective_acs,
            self.effective_macs,
            self.membrane_updates,
            self.steps,
            self.execution_rate,
        ]
    }

    /// Names and values.
    pub fn json(&self) -> Json {
        Self::NAMES.into_iter().zip(self.values()).map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }
}

/// Counts samples one after the other.
#[derive(Debug, Clone)]
pub struct Counter {
    grid: TimeGrid,
    /// Weights that are not zero, by the input or hidden neuron that they come from.
    fan_out: [Vec<f64>; 2],
    weights: f64,
    zeros: f64,
    n_hidden: f64,
    samples: f64,
    events: f64,
    spikes: f64,
    operations: f64,
    moved: f64,
}

impl Counter {
    /// Begins to count a network with these codes.
    pub fn new(codes: &Codes, grid: TimeGrid) -> Self {
        let all = [&codes.input, &codes.recurrent, &codes.readout];
        let weights: usize = all.iter().map(|c| c.len()).sum();
        let zeros: usize = all.iter().map(|c| c.iter().filter(|code| **code == 0).count()).sum();
        let rows = |c: &Array2<i8>| -> Vec<f64> {
            c.rows().into_iter().map(|row| row.iter().filter(|code| **code != 0).count() as f64).collect()
        };
        let mut hidden = rows(&codes.readout);
        for (own, recurrent) in hidden.iter_mut().zip(rows(&codes.recurrent)) {
            *own += recurrent;
        }
        Self {
            grid,
            fan_out: [rows(&codes.input), hidden],
            weights: weights as f64,
            zeros: zeros as f64,
            n_hidden: codes.readout.nrows() as f64,
            samples: 0.0,
            events: 0.0,
            spikes: 0.0,
            operations: 0.0,
            moved: 0.0,
        }
    }

    /// Counts a sample: its input, the spikes of hidden neurons, and their membranes at the end of every step,
    /// `[chip step, neuron]`. Events of one channel in one step are one input that is not zero.
    pub fn add(&mut self, input: &SpikeTrain, spikes: &[GridSpike], membranes: &ArrayView2<'_, f32>) {
        let step = |(time, unit): (f32, u16)| Some((self.grid.chip_step(f64::from(time))?, unit));
        let mut inputs: Vec<(usize, u16)> = input.iter().filter_map(step).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let [from_inputs, from_hidden] = &self.fan_out;
        let reached = |fan_out: &[f64], unit: u16| fan_out.get(usize::from(unit)).copied().unwrap_or(0.0);
        self.operations += inputs.iter().map(|(_, unit)| reached(from_inputs, *unit)).sum::<f64>();
        self.operations += spikes.iter().map(|spike| reached(from_hidden, spike.neuron)).sum::<f64>();
        self.events += input.len() as f64;
        self.spikes += spikes.len() as f64;
        let later = membranes.rows().into_iter().zip(membranes.rows().into_iter().skip(1));
        let moved: usize =
            later.map(|(a, b)| a.iter().zip(b).filter(|(a, b)| a.to_bits() != b.to_bits()).count()).sum();
        self.moved += moved as f64 + self.n_hidden;
        self.samples += 1.0;
    }

    /// Input events and hidden spikes of a sample.
    pub fn events_and_spikes(&self) -> [f64; 2] {
        [self.events, self.spikes].map(|count| count / self.samples.max(1.0))
    }

    /// The metrics over all samples so far.
    pub fn metrics(&self) -> NeuroBench {
        let (n, steps) = (self.samples.max(1.0), self.grid.n_chip() as f64);
        NeuroBench {
            footprint: self.weights,
            connection_sparsity: self.zeros / self.weights,
            activation_sparsity: 1.0 - self.spikes / (n * self.n_hidden * steps),
            dense: self.weights * steps,
            effective_acs: self.operations / n,
            effective_macs: 0.0,
            membrane_updates: self.moved / n,
            steps,
            execution_rate: 1.0 / self.grid.dt_chip,
        }
    }
}
