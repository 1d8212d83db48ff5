//! Backward through time on the nominal model, with the recording injected.
//!
//! The host's model, on its own grid with nominal propagators α, β, κ:
//!
//! ```text
//! i[n] = β i[n−1] + Σ_j W_j x_j[n]          j[n] = β j[n−1] + Σ_h U_h z_h[n−1]
//! v[n] = α v[n−1] + κ i[n]                  u[n] = α u[n−1] + κ j[n]
//! z[n] = [spike in step n]                  L = L(u)
//! ```
//!
//! Injection (Cramer et al. 2022, eqs. 4–5): wherever a *value* is needed, the measured
//! one is taken, `f(v_measured, v) := v_measured`; the *derivative* goes to the model,
//! `∂f/∂v = 1`. So `v` and `z` below come from the chip, and the adjoints obey the
//! nominal model without reset:
//!
//! ```text
//! λu[n] = ∂L/∂u[n] + α λu[n+1]              λv[n] = σ'(v[n]) δz[n] + α λv[n+1]
//! λj[n] = κ λu[n] + β λj[n+1]               λi[n] = κ λv[n] + β λi[n+1]
//! ∂L/∂U_h = Σ_n z_h[n] λj[n+1]              ∂L/∂W_j = Σ_n x_j[n] λi[n]
//! δz_h[n] = Σ_o U_ho λj_o[n+1] + 2 ρ_b c_h / N_h       (c_h: spikes of neuron h in the sample)
//! ```
//!
//! `Σ_o U_ho λj_o[n]` is itself a solution of the readout's adjoint, driven by
//! `Σ_o U_ho ∂L/∂u_o[n]`. A loss that touches each readout at one time injects only
//! `n_readout` times, so no product of matrices is needed in any step.
//!
//! Weight gradients are sums over presynaptic events: one row addition an event.
//! Samples are independent; partial sums have a fixed size and a fixed order, so the
//! result has the same bits on any number of threads.

use ndarray::Array2;
use rayon::prelude::*;

use super::loss::Loss;
use super::network::Network;
use super::{surrogate, volts_from_codes};
use crate::neuron::Propagators;
use crate::params::{Decoding, Params};
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::time::TimeGrid;

/// Samples that share one partial sum. Fixed, because the order of additions decides the last bits.
const SAMPLES_PER_PARTIAL: usize = 16;

/// Derivatives of the mean loss with respect to all weights, `[pre, post]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gradients {
    /// Input to hidden.
    pub input: Array2<f32>,
    /// Hidden to readout.
    pub readout: Array2<f32>,
}

impl Gradients {
    /// Whether all entries are finite.
    pub fn is_finite(&self) -> bool {
        self.input.iter().chain(&self.readout).all(|g| g.is_finite())
    }

    fn reset(&mut self, network: &Network) {
        if self.input.dim() == network.input.dim() && self.readout.dim() == network.readout.dim() {
            self.input.fill(0.0);
            self.readout.fill(0.0);
        } else {
            self.input = Array2::zeros(network.input.dim());
            self.readout = Array2::zeros(network.readout.dim());
        }
    }
}

/// Buffers that live from batch to batch.
#[derive(Debug, Clone, Default)]
pub struct Workspaces {
    partials: Vec<Gradients>,
}

/// The model that gradients flow through: nominal parameters and the float weights.
#[derive(Debug, Clone, Copy)]
pub struct Graph<'a> {
    params: &'a Params,
    propagators: Propagators,
    network: &'a Network,
}

impl<'a> Graph<'a> {
    /// The graph of `network` with the given propagators over one host step.
    pub fn new(params: &'a Params, propagators: Propagators, network: &'a Network) -> Self {
        Self { params, propagators, network }
    }
}

/// What the graph of one sample is evaluated at, on the host's grid.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Hidden membrane voltages, `[host step, neuron]`, in membrane units.
    pub v: Vec<f32>,
    /// Hidden spikes as `(host step, neuron, amplitude)` in order of steps; amplitude 1 for real spikes.
    pub z: Vec<(u16, u16, f32)>,
    /// Input events as `(host step, channel)` in order of steps.
    pub x: Vec<(u16, u16)>,
}

impl Evaluation {
    /// Fills in what the chip recorded.
    ///
    /// Channels that the network does not have are ignored, as the chip ignores them.
    fn inject(&mut self, graph: &Graph<'_>, input: &SpikeTrain, recording: &Recording, sample: usize) {
        let (params, n_inputs) = (graph.params, graph.network.input.nrows());
        let grid = &recording.grid;
        self.v.resize(grid.n_host * recording.n_hidden, 0.0);
        volts_from_codes(params, recording.hidden_of(sample), recording.n_hidden, &mut self.v);
        self.z.clear();
        self.z.extend(
            recording.hidden_spikes[sample].iter().map(|s| (grid.host_step(usize::from(s.step)) as u16, s.neuron, 1.0)),
        );
        self.x.clear();
        let known = input.iter().filter(|(_, unit)| usize::from(*unit) < n_inputs);
        self.x.extend(known.filter_map(|(t, unit)| host_event(grid, t, unit)));
    }
}

/// An input event on the host's grid: it belongs to the step in which it can first be felt.
fn host_event(grid: &TimeGrid, time: f32, unit: u16) -> Option<(u16, u16)> {
    grid.chip_step(f64::from(time)).map(|step| (grid.host_step(step) as u16, unit))
}

/// The error of one sample: where and when it enters the readout.
#[derive(Debug, Clone, Copy)]
pub struct SampleError<'a> {
    /// ∂L/∂score, one a readout.
    pub error: &'a [f32],
    /// Host step of the maximum, one a readout.
    pub peak: &'a [u16],
    /// How scores came from voltages.
    pub decoding: Decoding,
}

/// Adjoint variables of one sample.
#[derive(Debug, Clone, Default)]
struct Adjoints {
    /// λu and λj of the readout.
    readout_v: Vec<f32>,
    readout_i: Vec<f32>,
    /// `Σ_o U_ho λu_o` and `Σ_o U_ho λj_o`.
    projected_v: Vec<f32>,
    projected_i: Vec<f32>,
    /// `Σ_o U_ho ∂L/∂score_o`, for losses that act at every step.
    drive: Vec<f32>,
    burst: Vec<f32>,
    hidden_v: Vec<f32>,
    hidden_i: Vec<f32>,
}

/// Gradient of a whole batch.
pub(super) fn backward(
    graph: &Graph<'_>,
    spaces: &mut Workspaces,
    inputs: &[&SpikeTrain],
    recording: &Recording,
    loss: &Loss,
) -> Gradients {
    let n = recording.n_readout;
    let n_partials = inputs.len().div_ceil(SAMPLES_PER_PARTIAL);
    spaces.partials.resize_with(n_partials.max(1), Gradients::default);
    spaces.partials.par_iter_mut().enumerate().for_each_init(
        || (Evaluation::default(), Adjoints::default()),
        |(evaluation, adjoints), (k, partial)| {
            partial.reset(graph.network);
            let first = k * SAMPLES_PER_PARTIAL;
            for sample in first..(first + SAMPLES_PER_PARTIAL).min(inputs.len()) {
                evaluation.inject(graph, inputs[sample], recording, sample);
                let error = SampleError {
                    error: &loss.error[sample * n..][..n],
                    peak: &loss.peak[sample * n..][..n],
                    decoding: loss.decoding,
                };
                let burst_weight = graph.params.burst_penalty / inputs.len() as f64;
                graph.sample(evaluation, &error, burst_weight as f32, adjoints, partial);
            }
        },
    );
    let mut sum = spaces.partials[0].clone();
    for partial in &spaces.partials[1..] {
        sum.input += &partial.input;
        sum.readout += &partial.readout;
    }
    sum
}

impl Graph<'_> {
    /// Gradient of one evaluated sample, for tests and for anyone who injects something else.
    pub fn gradient_of(&self, evaluation: &Evaluation, error: &SampleError<'_>, burst_weight: f32) -> Gradients {
        let mut gradients = Gradients::default();
        gradients.reset(self.network);
        self.sample(evaluation, error, burst_weight, &mut Adjoints::default(), &mut gradients);
        gradients
    }

    /// Adds the gradient of one sample to `out`.
    fn sample(
        &self,
        evaluation: &Evaluation,
        error: &SampleError<'_>,
        burst_weight: f32,
        a: &mut Adjoints,
        out: &mut Gradients,
    ) {
        let (n_hidden, n_readout) = self.network.readout.dim();
        let n_steps = evaluation.v.len() / n_hidden;
        let (alpha, beta) = (self.propagators.membrane as f32, self.propagators.current as f32);
        let kappa = self.propagators.membrane_from_current as f32;
        let slope = self.params.surrogate_slope as f32;
        let u = self.network.readout.as_slice().expect("standard layout");
        let d_input = out.input.as_slice_mut().expect("standard layout");
        let d_readout = out.readout.as_slice_mut().expect("standard layout");
        a.start(n_hidden, n_readout);
        a.burst(evaluation, burst_weight);
        let every_step = error.decoding == Decoding::Mean;
        let share = 1.0 / n_steps as f32;
        if every_step {
            for (drive, row) in a.drive.iter_mut().zip(u.chunks_exact(n_readout)) {
                *drive = row.iter().zip(error.error).map(|(u, e)| u * e * share).sum();
            }
        }
        let (mut z, mut x) = (evaluation.z.iter().rev().peekable(), evaluation.x.iter().rev().peekable());
        for step in (0..n_steps).rev() {
            // Here the readout adjoints still belong to step + 1, where spikes of this step arrive.
            while let Some(&(_, neuron, amplitude)) = z.next_if(|e| usize::from(e.0) == step) {
                let row = &mut d_readout[usize::from(neuron) * n_readout..][..n_readout];
                row.iter_mut().zip(&a.readout_i).for_each(|(g, l)| *g += amplitude * l);
            }
            a.hidden_step(&evaluation.v[step * n_hidden..][..n_hidden], [alpha, beta, kappa], slope);
            while let Some(&(_, channel)) = x.next_if(|e| usize::from(e.0) == step) {
                let row = &mut d_input[usize::from(channel) * n_hidden..][..n_hidden];
                row.iter_mut().zip(&a.hidden_i).for_each(|(g, l)| *g += l);
            }
            // Readout adjoints of this step.
            a.decay_readout_voltage(alpha);
            for o in 0..n_readout {
                if every_step {
                    a.readout_v[o] += error.error[o] * share;
                } else if usize::from(error.peak[o]) == step {
                    a.readout_v[o] += error.error[o];
                    for (p, row) in a.projected_v.iter_mut().zip(u.chunks_exact(n_readout)) {
                        *p += row[o] * error.error[o];
                    }
                }
            }
            if every_step {
                a.projected_v.iter_mut().zip(&a.drive).for_each(|(p, d)| *p += d);
            }
            a.readout_current(beta, kappa);
        }
    }
}

impl Adjoints {
    fn start(&mut self, n_hidden: usize, n_readout: usize) {
        for (buffer, n) in [
            (&mut self.readout_v, n_readout),
            (&mut self.readout_i, n_readout),
            (&mut self.projected_v, n_hidden),
            (&mut self.projected_i, n_hidden),
            (&mut self.drive, n_hidden),
            (&mut self.burst, n_hidden),
            (&mut self.hidden_v, n_hidden),
            (&mut self.hidden_i, n_hidden),
        ] {
            buffer.clear();
            buffer.resize(n, 0.0);
        }
    }

    /// Derivative of `ρ_b / N_h · Σ_h c_h²` with respect to every spike of neuron h.
    fn burst(&mut self, evaluation: &Evaluation, weight: f32) {
        if weight > 0.0 {
            let each = 2.0 * weight / self.burst.len() as f32;
            for &(_, neuron, amplitude) in &evaluation.z {
                self.burst[usize::from(neuron)] += each * amplitude;
            }
        }
    }

    /// λv and λi of the hidden population at one step.
    fn hidden_step(&mut self, v: &[f32], [alpha, beta, kappa]: [f32; 3], slope: f32) {
        let n = v.len();
        let (projected, burst) = (&self.projected_i[..n], &self.burst[..n]);
        let (hidden_v, hidden_i) = (&mut self.hidden_v[..n], &mut self.hidden_i[..n]);
        for k in 0..n {
            let delta = projected[k] + burst[k];
            hidden_v[k] = alpha * hidden_v[k] + surrogate::derivative(v[k], slope) * delta;
            hidden_i[k] = beta * hidden_i[k] + kappa * hidden_v[k];
        }
    }

    fn decay_readout_voltage(&mut self, alpha: f32) {
        self.readout_v.iter_mut().for_each(|l| *l *= alpha);
        self.projected_v.iter_mut().for_each(|l| *l *= alpha);
    }

    fn readout_current(&mut self, beta: f32, kappa: f32) {
        let step = |current: &mut [f32], voltage: &[f32]| {
            current.iter_mut().zip(voltage).for_each(|(i, v)| *i = beta * *i + kappa * v);
        };
        step(&mut self.readout_i, &self.readout_v);
        step(&mut self.projected_i, &self.projected_v);
    }
}

#[cfg(test)]
mod tests;
