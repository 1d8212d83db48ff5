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
//! `n_readout` times, so a feed-forward network needs no product of matrices in any step, and every neuron
//! goes back through the whole sample by itself.
//! `Σ_k R_hk λi_k[n+1]` has no such short cut: recurrent networks go back through time with all
//! samples of a partial sum side by side, one product of matrices a step.
//!
//! Weight gradients are sums over presynaptic events: one row addition an event.
//! Samples are independent; partial sums have a fixed size and a fixed order, so the
//! result has the same bits on any number of threads.

mod adjoints;
mod events;
mod feedback;
mod feedforward;

use std::cell::RefCell;

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};
use rayon::prelude::*;

use adjoints::Adjoints;
use events::Events;
use feedback::Feedback;
use feedforward::Sweep;

use super::gradients::{Gradients, Partial, Penalties, Workspaces, gradients, shares};
use super::loss::Loss;
use super::network::Network;
use crate::neuron::Propagators;
use crate::params::{Decoding, HostParams};
use crate::recording::Recording;
use crate::simd::{AlignedMatrix, first};
use crate::spikes::SpikeTrain;

/// The model that gradients flow through: nominal parameters and the float weights.
#[derive(Debug, Clone, Copy)]
pub struct Graph<'a> {
    params: &'a HostParams,
    propagators: Propagators,
    network: &'a Network,
}

impl<'a> Graph<'a> {
    /// The graph of `network` with the given propagators over one host step.
    pub fn new(params: &'a HostParams, propagators: Propagators, network: &'a Network) -> Self {
        Self { params, propagators, network }
    }
}

/// What the graph of one sample is evaluated at, on the host's grid. The host takes it from a recording;
/// anything else can be put in its place.
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

/// The hidden voltages of one sample, `[host step, neuron]`.
#[derive(Debug, Clone, Copy)]
enum Voltages<'a> {
    /// As the CADC saw them.
    Codes(&'a [u8]),
    /// In membrane units.
    Exact(&'a [f32]),
}

impl Voltages<'_> {
    /// β (v − θ), with β the slope of the surrogate, per unit of what was measured.
    fn scale(&self, params: &HostParams) -> f32 {
        match self {
            Self::Codes(_) => (params.learning.surrogate_slope / params.network.lsb_per_unit()) as f32,
            Self::Exact(_) => params.learning.surrogate_slope as f32,
        }
    }
}

/// One sample on its way back.
#[derive(Debug, Clone, Copy)]
struct Evidence<'a> {
    voltages: Voltages<'a>,
    error: SampleError<'a>,
}

/// What all samples of a batch go back through.
struct Model<'a> {
    graph: Graph<'a>,
    penalties: Penalties,
    /// Readout weights by readout, `[readout, hidden]`.
    to_readout: AlignedMatrix,
    /// Present with recurrence.
    feedback: Option<Feedback>,
    /// Host steps of a sample.
    n_steps: usize,
    /// Decay of the membranes over a host step, decay of the currents, and what a current adds to a membrane.
    propagators: [f32; 3],
}

impl<'a> Model<'a> {
    fn new(graph: Graph<'a>, penalties: Penalties, n_steps: usize) -> Self {
        let network = graph.network;
        let (n_hidden, n_readout) = network.readout.dim();
        let mut to_readout = AlignedMatrix::zeros(n_readout, n_hidden);
        for (o, column) in network.readout.columns().into_iter().enumerate() {
            to_readout.row_mut(o).iter_mut().zip(column).for_each(|(to, &from)| *to = from);
        }
        let feedback = (!network.recurrent.is_empty()).then(|| Feedback::new(&network.recurrent));
        let Propagators { membrane, current, membrane_from_current } = graph.propagators;
        let propagators = [membrane, current, membrane_from_current].map(|x| x as f32);
        Self { graph, penalties, to_readout, feedback, n_steps, propagators }
    }
}

/// Gradient of a whole batch.
pub(super) fn backward(
    graph: Graph<'_>,
    spaces: &mut Workspaces,
    inputs: &[&SpikeTrain],
    recording: &Recording,
    loss: &Loss,
) -> Gradients {
    let model = Model::new(graph, Penalties::new(graph.params, inputs.len()), recording.grid.n_host);
    let n = recording.n_readout;
    let evidence = |sample: usize| Evidence {
        voltages: Voltages::Codes(recording.hidden_of(sample)),
        error: SampleError {
            error: &loss.error[sample * n..][..n],
            peak: &loss.peak[sample * n..][..n],
            decoding: loss.decoding,
        },
    };
    let shares = shares(inputs.len(), model.feedback.is_some());
    spaces.partials.resize_with(shares.len(), Partial::default);
    spaces.partials.par_iter_mut().zip(shares).for_each(|(partial, samples)| {
        SPACE.with_borrow_mut(|space| {
            for (events, sample) in first(&mut space.events, samples.len()).iter_mut().zip(samples.clone()) {
                Arch::new().dispatch(Observe { events, model: &model, input: inputs[sample], recording, sample });
            }
            let evidence: Vec<Evidence<'_>> = samples.map(evidence).collect();
            Arch::new().dispatch(Group { model: &model, evidence: &evidence, space, partial });
        });
    });
    gradients(&spaces.partials)
}

impl Graph<'_> {
    /// Gradient of one evaluated sample, for tests and for anyone who injects something else.
    pub fn gradient_of(&self, evaluation: &Evaluation, error: &SampleError<'_>, penalties: &Penalties) -> Gradients {
        let model = Model::new(*self, *penalties, evaluation.v.len() / self.network.readout.nrows());
        let mut events = Events::default();
        events.assume(evaluation);
        let mut space = Space { events: vec![events], ..Space::default() };
        let evidence = [Evidence { voltages: Voltages::Exact(&evaluation.v), error: *error }];
        let mut partial = Partial::default();
        Arch::new().dispatch(Group { model: &model, evidence: &evidence, space: &mut space, partial: &mut partial });
        gradients(&[partial])
    }
}

/// Buffers of one worker thread.
#[derive(Default)]
struct Space {
    /// Of each sample.
    events: Vec<Events>,
    /// Without recurrence.
    sweep: Sweep,
    /// With recurrence, of each sample.
    adjoints: Vec<Adjoints>,
    /// `Σ_k R_hk λi_k` at the step after, `[sample, neuron]`.
    fed_back: AlignedMatrix,
}

thread_local! {
    /// Kept from batch to batch.
    static SPACE: RefCell<Space> = RefCell::default();
}

/// Takes the events of one sample from a recording, with the instructions of the machine.
struct Observe<'a> {
    events: &'a mut Events,
    model: &'a Model<'a>,
    input: &'a SpikeTrain,
    recording: &'a Recording,
    sample: usize,
}

impl NullaryFnOnce for Observe<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.events.observe(self.model, self.input, self.recording, self.sample);
    }
}

/// A few samples on their way back; the body is compiled once for every set of vector instructions.
struct Group<'a> {
    model: &'a Model<'a>,
    evidence: &'a [Evidence<'a>],
    space: &'a mut Space,
    partial: &'a mut Partial,
}

impl WithSimd for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { model, evidence, space: Space { events, sweep, adjoints, fed_back }, partial } = self;
        let Some(feedback) = &model.feedback else {
            return sweep.group(simd, model, evidence, &events[..evidence.len()], partial);
        };
        partial.reset(model.graph.network);
        let adjoints = first(adjoints, evidence.len());
        for ((a, events), evidence) in adjoints.iter_mut().zip(&*events).zip(evidence) {
            a.start(model, events, evidence);
        }
        if fed_back.dim() != (evidence.len(), feedback.len()) {
            fed_back.reset(evidence.len(), feedback.len());
        }
        for host in (0..model.n_steps).rev() {
            feedback.product(simd, adjoints, fed_back);
            for (k, ((a, events), evidence)) in adjoints.iter_mut().zip(&*events).zip(evidence).enumerate() {
                // All adjoints still belong to the step after, where spikes of this step arrive.
                a.take_spikes(simd, host, events, partial);
                a.step_back(simd, host, model, evidence, fed_back.vectors(k));
                a.take_inputs(simd, host, events, partial);
            }
        }
    }
}

#[cfg(test)]
mod tests;
