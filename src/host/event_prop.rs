//! EventProp: the exact gradient of the spiking dynamics, from the times of spikes alone (Wunderlich & Pehle 2021,
//! doi:10.1038/s41598-021-91786-z; on this chip Pehle et al. 2023, arXiv:2302.07141).
//!
//! The host's model between events, with thresholds of 1 and a synaptic current `i` that a spike changes by `W`:
//!
//! ```text
//! τ_mem dv/dt = −v + i        τ_syn di/dt = −i        v ≥ 1 at t_k: v := v_reset until t_k' = t_k + τ_ref
//! ```
//!
//! `p` and `q`, the derivatives of the loss with respect to `v(t)` and `i(t)`, go backward in time by the
//! transposed propagators over the time Δ between two events, which is exact:
//!
//! ```text
//! p(t) = α(Δ) p(t + Δ)        q(t) = β(Δ) q(t + Δ) + κ(Δ) p(t + Δ)        ∂L/∂W = Σ q at its events
//! ```
//!
//! A membrane that is raised by δv reaches its threshold earlier by `δv / v̇`. What that changes is the beginning of
//! the next way to threshold, and when the spike arrives at its targets `m`, through weights `w_m`:
//!
//! ```text
//! p⁻ = ( p(t_k') (i(t_k') − v_reset) + Σ_m w_m (p_m − q_m τ_mem/τ_syn) ) / s + ρ      s = max(i⁻(t_k) − 1, s_min)
//! ```
//!
//! `s` is the slope of the membrane at its spike, in thresholds per τ_mem. On a chip that is not the model it may be
//! anything, so it has a least value. `p` is 0 while a membrane is held. Spikes of a step of the chip leave at its end,
//! before what arrives there acts.
//!
//! # What enters
//!
//! Into the `p` of a readout that integrates the error enters at the time of the maximum, or at each sample of the mean.
//! A readout that spikes has a jump at its first spike, at `t_o`, and nothing behind it counts:
//!
//! ```text
//! p⁻ = −τ_mem ∂L/∂t_o / s
//! ```
//!
//! # What it cannot see
//!
//! The number of spikes has no derivative with respect to their times. So ρ, the derivative of the penalties with
//! respect to a spike, is put on each of them, as Nowotny et al. (2025, doi:10.1088/2634-4386/ada852) do. And a neuron
//! without a spike has no gradient: one that is silent in the whole batch is pushed by `ρ_w` times the mean number of
//! events in a sample of each of its inputs, and the right readout of a sample in which it is silent likewise (in the spirit of Göltz et al. 2021, doi:10.1038/s42256-021-00388-x).

mod history;

use std::cell::RefCell;

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use history::{Happens, History};

use super::gradients::{Gradients, Partial, Penalties, Workspaces, gradients, shares};
use super::loss::Loss;
use super::network::Network;
use crate::neuron::Propagators;
use crate::params::{Decoding, HostParams, NetworkParams};
use crate::recording::Recording;
use crate::simd::AlignedVec;
use crate::spikes::SpikeTrain;

/// A hidden spike on the way back.
#[derive(Debug, Clone, Copy, Default)]
struct Jump {
    /// Slope of the membrane before the spike, in thresholds per τ_mem.
    slope: f32,
    /// Slope with which it leaves the reset potential.
    start: f32,
    /// What it brings, times τ_mem, when the spike comes earlier.
    gain: f32,
}

/// The model that all samples go back through.
struct Model<'a> {
    network: &'a Network,
    penalties: Penalties,
    /// Whether the readout has thresholds.
    readout_spikes: bool,
    /// Ticks for which a membrane is held after a spike.
    held: u32,
    reset: f32,
    least_slope: f32,
    tau_mem: f64,
    tau_syn: f64,
    /// s.
    tick: f64,
}

impl<'a> Model<'a> {
    /// `tick` in seconds, `batch` samples in the mean.
    fn new(params: &HostParams, network: &'a Network, tick: f64, batch: usize) -> Self {
        let NetworkParams { tau_mem, tau_syn, refractory, .. } = params.network;
        Self {
            network,
            penalties: Penalties::new(params, batch),
            readout_spikes: params.learning.decoding == Decoding::FirstSpike,
            held: (refractory / tick).round() as u32,
            reset: params.network.reset_in_units() as f32,
            least_slope: params.learning.least_slope as f32,
            tau_mem,
            tau_syn,
            tick,
        }
    }

    fn tau_ratio(&self) -> f32 {
        (self.tau_mem / self.tau_syn) as f32
    }

    /// α, β and κ over some ticks.
    fn propagators(&self, ticks: u32) -> [f32; 3] {
        let Propagators { membrane, current, membrane_from_current } =
            Propagators::new(f64::from(ticks) * self.tick, self.tau_mem, self.tau_syn, self.tau_mem);
        [membrane, current, membrane_from_current].map(|x| x as f32)
    }
}

/// Derivatives of the loss with respect to voltages and currents of a population.
#[derive(Debug, Clone, Default)]
struct Adjoint {
    p: AlignedVec<f32>,
    q: AlignedVec<f32>,
}

impl Adjoint {
    fn reset(&mut self, n: usize) {
        self.p.reset(n);
        self.q.reset(n);
    }

    #[inline(always)]
    fn go_back(&mut self, [alpha, beta, kappa]: [f32; 3]) {
        for (p, q) in self.p.whole_mut().iter_mut().zip(self.q.whole_mut()) {
            *q = beta * *q + kappa * *p;
            *p *= alpha;
        }
    }

    /// What it brings, times τ_mem, when a spike that arrives through these weights comes earlier.
    #[inline(always)]
    fn gain_of_haste(&self, weights: &[f32], tau_ratio: f32) -> f32 {
        let terms = weights.iter().zip(self.p.iter().zip(&*self.q));
        terms.map(|(w, (p, q))| w * (p - q * tau_ratio)).sum()
    }
}

/// Buffers of one worker thread.
#[derive(Default)]
struct Space {
    history: History,
    /// Tick, what happens there, and the number of it.
    moments: Vec<(u32, Happens, u32)>,
    jumps: Vec<Jump>,
    /// Number of the last spike so far of each neuron, counted from 1.
    last: Vec<u32>,
    /// Synaptic currents of the hidden neurons, and of the readout if it spikes.
    currents: AlignedVec<f32>,
    readout_currents: AlignedVec<f32>,
    penalty: AlignedVec<f32>,
    hidden: Adjoint,
    readout: Adjoint,
}

thread_local! {
    /// Kept from batch to batch.
    static SPACE: RefCell<Space> = RefCell::default();
}

/// Gradient of a whole batch.
pub(super) fn event_prop(
    params: &HostParams,
    network: &Network,
    spaces: &mut Workspaces,
    inputs: &[&SpikeTrain],
    recording: &Recording,
    loss: &Loss,
) -> Gradients {
    let model = Model::new(params, network, recording.grid.dt_chip, inputs.len());
    let shares = shares(inputs.len(), false);
    spaces.partials.resize_with(shares.len(), Partial::default);
    spaces.partials.par_iter_mut().zip(shares).for_each(|(partial, samples)| {
        partial.reset(network);
        SPACE.with_borrow_mut(|space| {
            for sample in samples {
                space.history.observe(&model, inputs[sample], recording, loss, sample);
                Arch::new().dispatch(Sample { model: &model, space, partial });
            }
        });
    });
    let mut gradients = gradients(&spaces.partials);
    let strength = params.learning.wake_up as f32;
    wake(strength, &mut gradients, inputs, recording);
    if model.readout_spikes {
        wake_readout(strength, &mut gradients, recording, loss);
    }
    gradients
}

/// Pushes the input weights of the neurons that were silent in the whole batch.
fn wake(strength: f32, gradients: &mut Gradients, inputs: &[&SpikeTrain], recording: &Recording) {
    let mut is_silent = vec![true; recording.n_hidden];
    for spike in recording.hidden_spikes.iter().flatten() {
        is_silent[usize::from(spike.neuron)] = false;
    }
    if strength <= 0.0 || !is_silent.contains(&true) {
        return;
    }
    let mut events = vec![0u32; gradients.input.nrows()];
    for (_, unit) in inputs.iter().flat_map(|train| train.iter()) {
        if let Some(count) = events.get_mut(usize::from(unit)) {
            *count += 1;
        }
    }
    for (count, mut row) in events.into_iter().zip(gradients.input.rows_mut()) {
        let push = strength * count as f32 / inputs.len() as f32;
        row.iter_mut().zip(&is_silent).filter(|(_, silent)| **silent).for_each(|(gradient, _)| *gradient -= push);
    }
}

/// Pushes the weights to the right readout of samples in which it was silent, from each neuron by its spikes.
fn wake_readout(strength: f32, gradients: &mut Gradients, recording: &Recording, loss: &Loss) {
    let push = strength / recording.n_samples.max(1) as f32;
    for (sample, errors) in loss.error.chunks_exact(recording.n_readout.max(1)).enumerate() {
        // Only the right one has something to gain.
        let first = recording.first_spikes(sample);
        let silent = (0..errors.len()).filter(|&o| first[o].is_none() && errors[o] < 0.0);
        for o in silent {
            for spike in &recording.hidden_spikes[sample] {
                gradients.readout[[usize::from(spike.neuron), o]] -= push;
            }
        }
    }
}

/// A sample on its way back; the body is compiled once for every set of vector instructions.
struct Sample<'a> {
    model: &'a Model<'a>,
    space: &'a mut Space,
    partial: &'a mut Partial,
}

impl NullaryFnOnce for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { model, space, partial } = self;
        space.list(model);
        space.forward(model);
        space.backward(model, partial);
    }
}

impl Space {
    /// Lists all that happens in order of time.
    #[inline(always)]
    fn list(&mut self, model: &Model<'_>) {
        let Self { history: History { inputs, spikes, errors }, moments, last, .. } = self;
        moments.clear();
        moments.extend(errors.iter().zip(0..).map(|(&(tick, ..), k)| (tick, Happens::Read, k)));
        moments.extend(inputs.iter().zip(0..).map(|(&(tick, _), k)| (tick, Happens::Input, k)));
        last.clear();
        last.resize(model.network.readout.nrows(), 0);
        // From the last to the first, so that the spike after each is known.
        for (k, &(tick, neuron)) in (0..spikes.len() as u32).zip(&*spikes).rev() {
            let next = std::mem::replace(&mut last[usize::from(neuron)], k + 1);
            moments.push((tick, Happens::Spike, k));
            moments.push((tick, Happens::Arrival, k));
            let release = tick + model.held;
            moments.push(match next.checked_sub(1).map(|next| spikes[next as usize].0) {
                Some(next) if next <= release => (next, Happens::ForcedRelease, k),
                _ => (release, Happens::Release, k),
            });
        }
        moments.sort_unstable();
    }

    /// The slopes of the membranes where they spike and where they are let go, from the currents of the model.
    #[inline(always)]
    fn forward(&mut self, model: &Model<'_>) {
        let Self { history, moments, jumps, currents, readout_currents, .. } = self;
        let (n_hidden, n_readout) = model.network.readout.dim();
        currents.reset(n_hidden);
        readout_currents.reset(n_readout);
        jumps.clear();
        jumps.resize(history.spikes.len(), Jump::default());
        let mut now = 0;
        for &(tick, happens, k) in &*moments {
            if tick > now {
                let [_, decay, _] = model.propagators(tick - now);
                currents.whole_mut().iter_mut().for_each(|i| *i *= decay);
                readout_currents.whole_mut().iter_mut().for_each(|i| *i *= decay);
                now = tick;
            }
            let k = k as usize;
            match happens {
                Happens::Read => {
                    let (_, o, error) = &mut history.errors[k];
                    if model.readout_spikes {
                        *error /= (readout_currents[usize::from(*o)] - 1.0).max(model.least_slope);
                    }
                }
                Happens::Input => add(currents, row(&model.network.input, history.inputs[k].1)),
                Happens::Arrival => {
                    if !model.network.recurrent.is_empty() {
                        add(currents, row(&model.network.recurrent, history.spikes[k].1));
                    }
                    if model.readout_spikes {
                        add(readout_currents, row(&model.network.readout, history.spikes[k].1));
                    }
                }
                Happens::Spike => {
                    let i = currents[usize::from(history.spikes[k].1)];
                    jumps[k].slope = (i - 1.0).max(model.least_slope);
                }
                Happens::Release | Happens::ForcedRelease => {
                    jumps[k].start = currents[usize::from(history.spikes[k].1)] - model.reset;
                }
            }
        }
    }

    /// Follows the errors back, and adds what they meet to the gradients.
    #[inline(always)]
    fn backward(&mut self, model: &Model<'_>, partial: &mut Partial) {
        let Self { history, moments, jumps, penalty, hidden, readout, .. } = self;
        let (n_hidden, n_readout) = model.network.readout.dim();
        hidden.reset(n_hidden);
        readout.reset(n_readout);
        penalty.reset(n_hidden);
        model.penalties.add(history.spikes.iter().map(|&(_, neuron)| (neuron, 1.0)), penalty);
        let tau_ratio = model.tau_ratio();
        let is_recurrent = !model.network.recurrent.is_empty();
        let mut now = u32::MAX;
        for &(tick, happens, k) in moments.iter().rev() {
            if tick < now {
                if now < u32::MAX {
                    let propagators = model.propagators(now - tick);
                    hidden.go_back(propagators);
                    readout.go_back(propagators);
                }
                now = tick;
            }
            let k = k as usize;
            match happens {
                Happens::Read => {
                    let (_, o, error) = history.errors[k];
                    readout.p[usize::from(o)] += error;
                }
                Happens::Input => {
                    add(partial.input.row_mut(usize::from(history.inputs[k].1)), &hidden.q);
                }
                Happens::Release | Happens::ForcedRelease => {
                    let p = &mut hidden.p[usize::from(history.spikes[k].1)];
                    jumps[k].gain += std::mem::take(p) * jumps[k].start;
                }
                Happens::Arrival => {
                    let neuron = usize::from(history.spikes[k].1);
                    add(partial.readout.row_mut(neuron), &readout.q);
                    jumps[k].gain += readout.gain_of_haste(row(&model.network.readout, history.spikes[k].1), tau_ratio);
                    if is_recurrent {
                        add(partial.recurrent.row_mut(neuron), &hidden.q);
                        jumps[k].gain +=
                            hidden.gain_of_haste(row(&model.network.recurrent, history.spikes[k].1), tau_ratio);
                    }
                }
                Happens::Spike => {
                    let neuron = usize::from(history.spikes[k].1);
                    hidden.p[neuron] = jumps[k].gain / jumps[k].slope + penalty[neuron];
                }
            }
        }
    }
}

/// What one presynaptic event reaches.
#[inline(always)]
fn row(weights: &Array2<f32>, pre: u16) -> &[f32] {
    let n = weights.ncols();
    &weights.as_slice().expect("weights are built in standard layout")[usize::from(pre) * n..][..n]
}

/// Adds numbers to others.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

#[cfg(test)]
mod tests;
