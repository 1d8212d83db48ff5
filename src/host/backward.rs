//! Backward through time on the nominal model, with the recording injected.
//!
//! The host's model, on its own grid with nominal propagators α, β, κ:
//!
//! ```text
//! i[n] = β i[n−1] + Σ_j W_j x_j[n] + Σ_h R_h z_h[n−1]          j[n] = β j[n−1] + Σ_h U_h z_h[n−1]
//! v[n] = α v[n−1] + κ i[n]                                     u[n] = α u[n−1] + κ j[n]
//! z[n] = [spike in step n]                                     L = L(u)
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
//! ∂L/∂R_h = Σ_n z_h[n] λi[n+1]
//! δz_h[n] = Σ_o U_ho λj_o[n+1] + Σ_k R_hk λi_k[n+1] + 2 ρ_b c_h / N_h + 2 ρ_r max(0, Σ_k c_k − θ_r)
//! ```
//!
//! where `c_h` counts the spikes of neuron h in the sample. The last two terms come from the
//! penalties on bursts, `ρ_b / N_h · Σ_h c_h²` (Cramer et al. 2022, eq. 6), and on activity,
//! `ρ_r max(0, Σ_h c_h − θ_r)²` (the same, for speech). A neuron that dropout ignores in a sample
//! has `δz_h = 0` there: its spikes reach nobody.
//!
//! `Σ_o U_ho λj_o[n]` is itself a solution of the readout's adjoint, driven by
//! `Σ_o U_ho ∂L/∂u_o[n]`. A loss that touches each readout at one time injects only
//! `n_readout` times, so a feed-forward network needs no product of matrices in any step.
//! `Σ_k R_hk λi_k[n+1]` has no such short cut: recurrent networks go back through time with all
//! samples of a partial sum side by side, one product of matrices a step.
//!
//! Weight gradients are sums over presynaptic events: one row addition an event.
//! Samples are independent; partial sums have a fixed size and a fixed order, so the
//! result has the same bits on any number of threads.

mod adjoints;

use ndarray::Array2;
use ndarray::linalg::general_mat_mul;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use adjoints::Adjoints;

use super::loss::Loss;
use super::network::Network;
use super::volts_from_codes;
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
    /// Hidden to hidden; no rows without recurrence.
    pub recurrent: Array2<f32>,
    /// Hidden to readout.
    pub readout: Array2<f32>,
}

impl Gradients {
    /// Zeros in the shape of `network`.
    pub fn zeros(network: &Network) -> Self {
        let [input, recurrent, readout] =
            [&network.input, &network.recurrent, &network.readout].map(|weights| Array2::zeros(weights.dim()));
        Self { input, recurrent, readout }
    }

    /// Whether all entries are finite.
    pub fn is_finite(&self) -> bool {
        [&self.input, &self.recurrent, &self.readout].into_iter().flatten().all(|g| g.is_finite())
    }

    fn reset(&mut self, network: &Network) {
        let fits = self.input.dim() == network.input.dim()
            && self.recurrent.dim() == network.recurrent.dim()
            && self.readout.dim() == network.readout.dim();
        if fits {
            for gradient in [&mut self.input, &mut self.recurrent, &mut self.readout] {
                gradient.fill(0.0);
            }
        } else {
            *self = Self::zeros(network);
        }
    }

    fn add(&mut self, other: &Self) {
        self.input += &other.input;
        self.recurrent += &other.recurrent;
        self.readout += &other.readout;
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
    /// Hidden neurons that dropout ignores in this sample; they have no entry in `z`.
    pub dropped: Vec<u16>,
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
        self.dropped.clone_from(&recording.dropped[sample]);
    }
}

/// An input event on the host's grid: it belongs to the step in which it can first be felt.
fn host_event(grid: &TimeGrid, time: f32, unit: u16) -> Option<(u16, u16)> {
    grid.chip_step(f64::from(time)).map(|step| (grid.host_step(step) as u16, unit))
}

/// How much the penalties on hidden spikes of one sample weigh in the loss of the batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Penalties {
    /// ρ_b over the batch size.
    pub burst: f32,
    /// ρ_r over the batch size.
    pub activity: f32,
    /// θ_r, spikes.
    pub limit: f32,
}

impl Penalties {
    fn new(params: &Params, batch: usize) -> Self {
        Self {
            burst: (params.burst_penalty / batch as f64) as f32,
            activity: (params.activity_penalty / batch as f64) as f32,
            limit: params.activity_limit as f32,
        }
    }
}

/// The error of one sample: where and when it enters the readout.
#[derive(Debug, Clone, Copy)]
pub struct SampleError<'a> {
    /// Derivative of the loss with respect to the decoded voltage, one a readout.
    pub error: &'a [f32],
    /// Host step of the maximum, one a readout.
    pub peak: &'a [u16],
    /// How scores came from voltages.
    pub decoding: Decoding,
}

/// Buffers of one worker thread.
#[derive(Debug, Clone, Default)]
struct Space {
    evaluations: Vec<Evaluation>,
    adjoints: Vec<Adjoints>,
    /// λi of the hidden population at the step after, `[sample, neuron]`.
    hidden_i: Array2<f32>,
    /// `Σ_k R_hk λi_k` of the same step, `[sample, neuron]`.
    feedback: Array2<f32>,
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
    let penalties = Penalties::new(graph.params, inputs.len());
    // Without recurrence samples have nothing to share, and one at a time stays in the cache.
    let side_by_side = if graph.network.recurrent.is_empty() { 1 } else { SAMPLES_PER_PARTIAL };
    spaces.partials.resize_with(n_partials.max(1), Gradients::default);
    spaces.partials.par_iter_mut().enumerate().for_each_init(Space::default, |space, (k, partial)| {
        partial.reset(graph.network);
        let first = k * SAMPLES_PER_PARTIAL;
        let samples: Vec<usize> = (first..(first + SAMPLES_PER_PARTIAL).min(inputs.len())).collect();
        for group in samples.chunks(side_by_side) {
            space.evaluations.resize_with(group.len(), Evaluation::default);
            for (evaluation, &sample) in space.evaluations.iter_mut().zip(group) {
                evaluation.inject(graph, inputs[sample], recording, sample);
            }
            let error = |&sample: &usize| SampleError {
                error: &loss.error[sample * n..][..n],
                peak: &loss.peak[sample * n..][..n],
                decoding: loss.decoding,
            };
            let errors: Vec<SampleError<'_>> = group.iter().map(error).collect();
            graph.group(&errors, &penalties, space, partial);
        }
    });
    let mut sum = spaces.partials[0].clone();
    spaces.partials[1..].iter().for_each(|partial| sum.add(partial));
    sum
}

impl Graph<'_> {
    /// Gradient of one evaluated sample, for tests and for anyone who injects something else.
    pub fn gradient_of(&self, evaluation: &Evaluation, error: &SampleError<'_>, penalties: &Penalties) -> Gradients {
        let mut gradients = Gradients::zeros(self.network);
        let mut space = Space { evaluations: vec![evaluation.clone()], ..Space::default() };
        self.group(&[*error], penalties, &mut space, &mut gradients);
        gradients
    }

    /// Adds the gradients of the evaluated samples of `space` to `out`.
    fn group(&self, errors: &[SampleError<'_>], penalties: &Penalties, space: &mut Space, out: &mut Gradients) {
        Arch::new().dispatch(Group { graph: self, errors, penalties, space, out });
    }

    /// The body of [`Self::group`], compiled once for every set of vector instructions.
    #[inline(always)]
    fn group_here(&self, errors: &[SampleError<'_>], penalties: &Penalties, space: &mut Space, out: &mut Gradients) {
        let (n_hidden, n_readout) = self.network.readout.dim();
        let n_steps = space.evaluations[0].v.len() / n_hidden;
        let recurrent = !self.network.recurrent.is_empty();
        let u = self.network.readout.as_slice().expect("standard layout");
        space.adjoints.resize_with(errors.len(), Adjoints::default);
        for (a, (evaluation, error)) in space.adjoints.iter_mut().zip(space.evaluations.iter().zip(errors)) {
            a.start(n_hidden, n_readout, evaluation);
            a.penalise(evaluation, penalties);
            if error.decoding == Decoding::Mean {
                a.drive_every_step(u, error.error, n_steps);
            }
        }
        if recurrent && space.hidden_i.dim() != (errors.len(), n_hidden) {
            space.hidden_i = Array2::zeros((errors.len(), n_hidden));
            space.feedback = Array2::zeros((errors.len(), n_hidden));
        }
        for step in (0..n_steps).rev() {
            if recurrent {
                for (to, a) in space.hidden_i.rows_mut().into_iter().zip(&space.adjoints) {
                    to.into_slice().expect("rows are contiguous").copy_from_slice(a.hidden_current());
                }
                general_mat_mul(1.0, &space.hidden_i, &self.network.recurrent.t(), 0.0, &mut space.feedback);
            }
            let samples = space.adjoints.iter_mut().zip(&space.evaluations).zip(errors).enumerate();
            for (k, ((a, evaluation), error)) in samples {
                let feedback = recurrent.then(|| space.feedback.row(k));
                let feedback = feedback.as_ref().map(|row| row.as_slice().expect("rows are contiguous"));
                self.sample_step(step, a, evaluation, error, feedback, out);
            }
        }
    }

    /// One sample back from `step + 1` to `step`; `feedback` is what its spikes of this step did to the hidden
    /// population in the next.
    #[inline(always)]
    fn sample_step(
        &self,
        step: usize,
        a: &mut Adjoints,
        evaluation: &Evaluation,
        error: &SampleError<'_>,
        feedback: Option<&[f32]>,
        out: &mut Gradients,
    ) {
        let (n_hidden, n_readout) = self.network.readout.dim();
        let (alpha, beta) = (self.propagators.membrane as f32, self.propagators.current as f32);
        let kappa = self.propagators.membrane_from_current as f32;
        let slope = self.params.surrogate_slope as f32;
        let u = self.network.readout.as_slice().expect("standard layout");
        let d_input = out.input.as_slice_mut().expect("standard layout");
        let d_recurrent = out.recurrent.as_slice_mut().expect("standard layout");
        let d_readout = out.readout.as_slice_mut().expect("standard layout");
        // Here all adjoints still belong to step + 1, where spikes of this step arrive.
        while let Some((neuron, amplitude)) = a.next_spike(evaluation, step) {
            add_scaled(&mut d_readout[neuron * n_readout..][..n_readout], amplitude, a.readout_current());
            if feedback.is_some() {
                add_scaled(&mut d_recurrent[neuron * n_hidden..][..n_hidden], amplitude, a.hidden_current());
            }
        }
        a.hidden_step(&evaluation.v[step * n_hidden..][..n_hidden], feedback, [alpha, beta, kappa], slope);
        a.silence(&evaluation.dropped);
        while let Some(channel) = a.next_input(evaluation, step) {
            let row = &mut d_input[channel * n_hidden..][..n_hidden];
            for (g, l) in row.iter_mut().zip(a.hidden_current()) {
                *g += l;
            }
        }
        a.readout_step(step, u, error, [alpha, beta, kappa], evaluation.v.len() / n_hidden);
    }
}

/// The arguments of [`Graph::group_here`], for dispatch to the instructions of the machine.
struct Group<'a, 'g> {
    graph: &'a Graph<'g>,
    errors: &'a [SampleError<'a>],
    penalties: &'a Penalties,
    space: &'a mut Space,
    out: &'a mut Gradients,
}

impl NullaryFnOnce for Group<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.graph.group_here(self.errors, self.penalties, self.space, self.out);
    }
}

#[inline(always)]
fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

#[cfg(test)]
mod tests;
