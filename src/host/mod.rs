//! The host computer: it sees spikes and codes, thinks in an ideal model, and writes better weights.
//!
//! ```text
//! loss      = host.loss(recording, labels)             on digitised voltages
//! gradients = host.backward(inputs, recording, loss)   surrogate or EventProp, nominal parameters
//! host.apply(gradients)                                Adam on float weights
//! chip.write_weights(host.codes())                     6 bit and a sign
//! ```
//!
//! This module never imports the chip: what the host knows of it is a
//! [`Recording`] and the nominal parameters, which every chip shares.

pub mod backward;
pub mod decoder;
mod event_prop;
pub mod gradients;
pub mod loss;
pub mod network;
pub mod optimizer;
pub mod surrogate;

use crate::base::time::TimeGrid;
use crate::neuron::Propagators;
use crate::params::{Gradient, HostParams, Recurrence};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use gradients::{Gradients, Workspaces};
use loss::Loss;
use network::Network;
use optimizer::Adam;

/// Float weights, an ideal model, and an optimiser.
#[derive(Debug, Clone)]
pub struct Host {
    params: HostParams,
    grid: TimeGrid,
    propagators: Propagators,
    network: Network,
    adam: Adam,
    epoch: u32,
    workspaces: Workspaces,
}

/// What a host has learnt, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HostState {
    /// Float weights.
    pub network: Network,
    /// Adam's running mean of the gradient of every weight.
    pub first: Network,
    /// Adam's running mean of its square.
    pub second: Network,
    /// Updates so far.
    pub steps: u32,
    /// Epochs so far, for the decay of the learning rate.
    pub epoch: u32,
}

impl Host {
    /// A host with freshly drawn weights for `n_inputs`–`hidden`–`n_readout`.
    pub fn new(params: &HostParams, n_inputs: usize, n_readout: usize) -> Self {
        let network = Network::new(params, n_inputs, params.network.hidden as usize, n_readout);
        Self::with_network(params, network)
    }

    /// A host that starts from given weights.
    pub fn with_network(params: &HostParams, network: Network) -> Self {
        let grid = params.network.grid();
        Self {
            propagators: nominal(params, &grid),
            adam: Adam::new(&network),
            params: params.clone(),
            grid,
            network,
            epoch: 0,
            workspaces: Workspaces::default(),
        }
    }

    /// Takes over weights from elsewhere, clipped to what codes can express, with a fresh optimiser.
    pub fn load(&mut self, network: Network) {
        self.network = network;
        self.network.clamp(&self.params);
        self.adam = Adam::new(&self.network);
    }

    /// What this host is told.
    pub fn params(&self) -> &HostParams {
        &self.params
    }

    /// Changes settings that take effect at once.
    pub fn set_params(&mut self, params: &HostParams) {
        self.params = params.clone();
        self.propagators = nominal(params, &self.grid);
    }

    /// Class scores and loss of a recording, from digitised readout voltages alone.
    pub fn loss(&self, recording: &Recording, labels: &[u16]) -> Loss {
        loss::loss(&self.params, recording, labels)
    }

    /// Gradient of the loss with respect to all weights, on the nominal model: backward through time with the recorded
    /// spikes and voltages injected, or from the times of the recorded spikes alone.
    pub fn backward(&mut self, inputs: &[&SpikeTrain], recording: &Recording, loss: &Loss) -> Gradients {
        let (params, network, spaces) = (&self.params, &self.network, &mut self.workspaces);
        match params.learning.gradient {
            Gradient::Surrogate => {
                let graph = backward::Graph::new(params, self.propagators, network);
                backward::backward(graph, spaces, inputs, recording, loss)
            }
            Gradient::EventProp => event_prop::event_prop(params, network, spaces, inputs, recording, loss),
        }
    }

    /// One step of the optimiser; weights stay within what codes can express, and frozen ones where they are.
    pub fn apply(&mut self, gradients: &Gradients) {
        let rate = self.learning_rate();
        let plastic = self.params.network.recurrence == Recurrence::Trained;
        self.adam.step(&mut self.network, gradients, rate, plastic);
        self.network.clamp(&self.params);
    }

    /// The learning rate after the decay of the epochs so far.
    pub fn learning_rate(&self) -> f64 {
        self.params.learning.learning_rate * self.params.learning.learning_rate_decay.powi(self.epoch as i32)
    }

    /// Tells the schedule that an epoch is over.
    pub fn end_epoch(&mut self) {
        self.epoch += 1;
    }

    /// The weights as the codes that the chip understands.
    pub fn codes(&self) -> Codes {
        self.network.codes(&self.params)
    }

    /// What it has learnt, and where it stands.
    pub fn state(&self) -> HostState {
        let (first, second, steps) = self.adam.state();
        HostState { network: self.network.clone(), first, second, steps, epoch: self.epoch }
    }

    /// Goes on from a state of a host with the same parameters and shape.
    pub fn restore(&mut self, state: &HostState) {
        self.network.clone_from(&state.network);
        self.adam = Adam::from_state(&state.first, &state.second, state.steps);
        self.epoch = state.epoch;
    }

    /// The float weights.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

/// The propagators of the nominal neuron over one host step.
fn nominal(params: &HostParams, grid: &TimeGrid) -> Propagators {
    Propagators::new(grid.dt_host(), params.network.tau_mem, params.network.tau_syn, params.network.tau_mem)
}

/// Membrane units from codes, `n` neurons a row: `(code − baseline) / lsb_per_unit`.
///
/// The baseline is the nominal leak or, with baseline subtraction, the first sample of each trace.
pub(crate) fn volts_from_codes(params: &HostParams, codes: &[u8], n: usize, v: &mut [f32]) {
    for (row, of_step) in v.chunks_exact_mut(n).zip(codes.chunks_exact(n)) {
        volts(params, &codes[..n], of_step, row);
    }
}

/// As [`volts_from_codes`], of one step; `first` are the codes of the first.
pub(crate) fn volts(params: &HostParams, first: &[u8], codes: &[u8], v: &mut [f32]) {
    let per_lsb = (1.0 / params.network.lsb_per_unit()) as f32;
    let leak = params.network.leak as f32;
    let n = v.len();
    let (first, codes) = (&first[..n], &codes[..n]);
    if params.learning.baseline_subtraction {
        for k in 0..n {
            v[k] = (f32::from(codes[k]) - f32::from(first[k])) * per_lsb;
        }
    } else {
        for k in 0..n {
            v[k] = (f32::from(codes[k]) - leak) * per_lsb;
        }
    }
}
