//! A population of membranes, structure of arrays, advanced by exact propagators.

use std::ops::Range;

use pulp::Simd;
use pulp::bytemuck::{self, Pod};
use wide::f32x16;

use super::mismatch::ActualNeuron;
use crate::base::rng::noise::{PAIR, SHARERS, gain_and_zero, seeded};
use crate::neuron::Propagators;
use crate::simd::{AlignedVec, BLOCK};

/// What one chip step needs to know of a neuron, by its place in [`Membranes::constants`].
mod constant {
    /// Decay of the membrane.
    pub const MEMBRANE: usize = 0;
    /// What the leak adds, and what centres the noise.
    pub const DRIFT: usize = 1;
    /// Decay of the currents.
    pub const EXC: usize = 2;
    pub const INH: usize = 3;
    /// What a current adds to the membrane.
    pub const FROM_EXC: usize = 4;
    pub const FROM_INH: usize = 5;
    /// Factor on the noise, in the form of `gain_and_zero`.
    pub const NOISE: usize = 6;
    pub const RESET: usize = 7;
    /// From the chip step of a spike to the first in which the membrane moves again.
    pub const PAUSE: usize = 8;
    /// How many there are.
    pub const N: usize = 9;
}

/// What one chip step does to each neuron of a population; one entry a neuron in every array.
#[derive(Debug, Clone, Default)]
pub struct Membranes {
    /// All [`constant`]s of the first [`BLOCK`] neurons, one array each, then those of the next:
    /// a kernel has fewer addresses to keep than there are constants.
    constants: Vec<[f32x16; constant::N]>,
    noise: Vec<f32>,
    noisy: bool,
    v_leak: AlignedVec<f32>,
    v_threshold: AlignedVec<f32>,
    refractory_steps: Vec<f32>,
    saturation: f32,
    rails: [f32; 2],
}

/// What changes of a neuron from step to step, by its place in [`State`].
pub(super) mod cell {
    /// Membrane voltage, in leak-to-threshold distances.
    pub const V: usize = 0;
    /// Excitatory current, at least 0, in units of the weight, as it was when the last events had arrived.
    pub const EXC: usize = 1;
    /// Inhibitory current, at most 0 but for rounding, likewise.
    pub const INH: usize = 2;
    /// Number of the chip step from which on the membrane is not held at reset.
    pub const UNTIL: usize = 3;
    /// The threshold of this run.
    pub const THRESHOLD: usize = 4;
    /// How many there are.
    pub const N: usize = 5;
}

/// Where the membranes of a population are: all cells of the first [`BLOCK`] neurons, then those of the next.
#[derive(Debug, Clone, Default)]
pub struct State {
    blocks: Vec<[f32x16; cell::N]>,
    /// The words of the generators of noise, which go from block to block of [`SHARERS`].
    generators: Vec<[f32x16; 2 * PAIR]>,
}

impl State {
    /// Some blocks as vectors: so many of each cell as fill a block. And the generator of their noise, word by word.
    #[inline(always)]
    pub(super) fn vectors_mut<V: Pod, W: Pod>(&mut self, blocks: Range<usize>) -> (&mut [V], &mut [W]) {
        let generator = &mut self.generators[blocks.start / SHARERS];
        (bytemuck::cast_slice_mut(&mut self.blocks[blocks]), bytemuck::cast_slice_mut(generator))
    }

    /// One cell of every neuron.
    pub(super) fn copy(&self, cell: usize, to: &mut AlignedVec<f32>) {
        for (to, block) in to.chunks_mut(BLOCK).zip(&self.blocks) {
            to.copy_from_slice(&block[cell].as_array()[..to.len()]);
        }
    }
}

/// A population as the flow of a chip step finds it, one entry a neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    /// Membrane voltages, in leak-to-threshold distances.
    pub(super) v: &'a [f32],
    /// Excitatory currents, at least 0, in units of the weight.
    pub(super) exc: &'a [f32],
    /// Inhibitory currents, at most 0 but for rounding, in units of the weight.
    pub(super) inh: &'a [f32],
    /// Number of the chip step from which on a membrane is not held at reset; empty where none ever is.
    pub(super) until: &'a [f32],
}

impl Membranes {
    /// Propagators for the given neurons and chip step (s).
    ///
    /// `tau_c` is the nominal membrane time constant (s); `noise` the standard deviation of a
    /// resting membrane; `saturation` the largest synaptic current, 0 for none; `rails` the lowest and the highest
    /// voltage, in membrane units.
    pub fn new(neurons: &[ActualNeuron], dt: f64, tau_c: f64, noise: f64, saturation: f64, rails: [f64; 2]) -> Self {
        let list = |f: &dyn Fn(&ActualNeuron) -> f64| neurons.iter().map(|n| f(n) as f32).collect::<Vec<f32>>();
        let exc = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_exc, tau_c);
        let inh = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_inh, tau_c);
        // Exact step of an Ornstein-Uhlenbeck process with stationary sd `noise`.
        let step_noise = |n: &ActualNeuron| noise * (-(-2.0 * dt / n.tau_mem).exp_m1()).sqrt();
        let noise_and_leak = |n: &ActualNeuron| {
            let (gain, zero) = gain_and_zero(step_noise(n) as f32, n.v_leak * -(-dt / n.tau_mem).exp_m1());
            [f64::from(gain), f64::from(zero)]
        };
        let refractory = |n: &ActualNeuron| (n.refractory / dt).round();
        let constants: [&dyn Fn(&ActualNeuron) -> f64; constant::N] = [
            &|n| exc(n).membrane,
            &|n| noise_and_leak(n)[1],
            &|n| exc(n).current,
            &|n| inh(n).current,
            &|n| exc(n).membrane_from_current,
            &|n| inh(n).membrane_from_current,
            &|n| noise_and_leak(n)[0],
            &|n| n.v_reset,
            &|n| refractory(n) + 1.0,
        ];
        let block = |neurons: &[ActualNeuron]| {
            constants.map(|of| {
                let mut values = [0.0; BLOCK];
                values.iter_mut().zip(neurons).for_each(|(value, neuron)| *value = of(neuron) as f32);
                f32x16::from(values)
            })
        };
        Self {
            constants: neurons.chunks(BLOCK).map(block).collect(),
            noise: list(&step_noise),
            noisy: noise > 0.0,
            v_leak: AlignedVec::new(&list(&|n| n.v_leak)),
            v_threshold: AlignedVec::padded_with(&list(&|n| n.v_threshold), f32::INFINITY),
            refractory_steps: list(&refractory),
            saturation: if saturation > 0.0 { saturation as f32 } else { f32::INFINITY },
            rails: rails.map(|rail| rail as f32),
        }
    }

    /// Makes neurons unable to spike.
    pub fn silence(&mut self, silent: &[bool]) {
        for (threshold, _) in self.v_threshold.iter_mut().zip(silent).filter(|(_, silent)| **silent) {
            *threshold = f32::INFINITY;
        }
    }

    /// Standard deviation of the noise that one chip step adds, one a neuron.
    pub fn noise(&self) -> &[f32] {
        &self.noise
    }

    /// Chip steps for which each neuron is held at reset after a spike.
    pub fn refractory_steps(&self) -> &[f32] {
        &self.refractory_steps
    }

    /// Puts the membranes of some blocks of neurons to rest and starts their noise anew.
    ///
    /// `shift` is added to every threshold: what the noise of this run made of it. Neurons beyond its end
    /// keep theirs.
    #[inline(always)]
    pub fn rest(&self, state: &mut State, blocks: &Range<usize>, shift: &[f32], seed: u64) {
        state.blocks.resize(self.constants.len(), [f32x16::ZERO; cell::N]);
        for k in blocks.clone() {
            let lanes = k * BLOCK..(k + 1) * BLOCK;
            let of = |lanes: &[f32]| bytemuck::pod_read_unaligned(bytemuck::cast_slice(lanes));
            let mut threshold = [0.0; BLOCK];
            threshold.copy_from_slice(&self.v_threshold.whole()[lanes.clone()]);
            threshold.iter_mut().zip(shift.iter().skip(lanes.start)).for_each(|(threshold, shift)| *threshold += shift);
            let block = &mut state.blocks[k];
            block[cell::V] = of(&self.v_leak.whole()[lanes.clone()]);
            [block[cell::EXC], block[cell::INH], block[cell::UNTIL]] = [f32x16::ZERO; 3];
            block[cell::THRESHOLD] = of(&threshold);
        }
        state.generators.resize(self.constants.len().div_ceil(SHARERS), [f32x16::ZERO; 2 * PAIR]);
        for k in blocks.start / SHARERS..blocks.end.div_ceil(SHARERS) {
            state.generators[k] = bytemuck::cast(seeded(seed, k * BLOCK));
        }
    }

    /// Number of neurons.
    pub(super) fn len(&self) -> usize {
        self.v_leak.len()
    }

    /// Whether membranes draw noise.
    pub(super) fn is_noisy(&self) -> bool {
        self.noisy
    }

    /// Largest excitatory and least inhibitory current.
    #[inline(always)]
    pub(super) fn bounds<S: Simd>(&self, s: S) -> [S::f32s; 2] {
        [s.splat_f32s(self.saturation), s.splat_f32s(-self.saturation)]
    }

    /// Lowest and highest voltage, where there are any.
    #[inline(always)]
    pub(super) fn rails<S: Simd>(&self, s: S) -> Option<[S::f32s; 2]> {
        self.rails[1].is_finite().then(|| self.rails.map(|rail| s.splat_f32s(rail)))
    }

    /// What some blocks of neurons need to flow, for [`Constants::of`].
    #[inline(always)]
    pub(super) fn vectors<V: Pod>(&self, blocks: Range<usize>) -> &[V] {
        bytemuck::cast_slice(&self.constants[blocks])
    }

    /// Leak potentials of vector number `k`.
    #[inline(always)]
    pub(super) fn v_leak<S: Simd>(&self, k: usize) -> S::f32s {
        self.v_leak.vectors()[k]
    }
}

/// The [`constant`]s of a vector of neurons.
pub(super) struct Constants<S: Simd> {
    pub(super) membrane: S::f32s,
    pub(super) drift: S::f32s,
    exc: S::f32s,
    inh: S::f32s,
    from_exc: S::f32s,
    from_inh: S::f32s,
    /// Factor on the noise.
    pub(super) noise: S::f32s,
    pub(super) reset: S::f32s,
    pub(super) pause: S::f32s,
}

impl<S: Simd> Constants<S> {
    /// Those of vector number `k` of some blocks.
    #[inline(always)]
    pub(super) fn of(blocks: &[S::f32s], k: usize) -> Self {
        let per_block = BLOCK / S::F32_LANES;
        let first = k / per_block * constant::N * per_block + k % per_block;
        Self {
            membrane: blocks[first + constant::MEMBRANE * per_block],
            drift: blocks[first + constant::DRIFT * per_block],
            exc: blocks[first + constant::EXC * per_block],
            inh: blocks[first + constant::INH * per_block],
            from_exc: blocks[first + constant::FROM_EXC * per_block],
            from_inh: blocks[first + constant::FROM_INH * per_block],
            noise: blocks[first + constant::NOISE * per_block],
            reset: blocks[first + constant::RESET * per_block],
            pause: blocks[first + constant::PAUSE * per_block],
        }
    }

    /// What the excitatory and inhibitory currents of the last step are now, with the sums over the events of this
    /// one, positive weights and all.
    #[inline(always)]
    pub(super) fn settled(
        &self,
        s: S,
        [exc, inh]: [S::f32s; 2],
        [positive, all]: [S::f32s; 2],
        [most, least]: [S::f32s; 2],
    ) -> [S::f32s; 2] {
        // What is not positive is negative, but for the rounding of both sums.
        let negative = s.sub_f32s(all, positive);
        let exc = s.mul_add_f32s(exc, self.exc, positive);
        let inh = s.mul_add_f32s(inh, self.inh, negative);
        [s.min_f32s(exc, most), s.max_f32s(inh, least)]
    }

    /// As [`Self::settled`], without events.
    #[inline(always)]
    pub(super) fn decayed(&self, s: S, [exc, inh]: [S::f32s; 2]) -> [S::f32s; 2] {
        [s.mul_f32s(exc, self.exc), s.mul_f32s(inh, self.inh)]
    }

    /// What a step adds to what is left of the voltages, with what the leak and the noise add.
    #[inline(always)]
    pub(super) fn drive(&self, s: S, [exc, inh]: [S::f32s; 2], leak: S::f32s) -> S::f32s {
        s.mul_add_f32s(self.from_inh, inh, s.mul_add_f32s(self.from_exc, exc, leak))
    }
}

/// A voltage between the lowest and the highest one.
#[inline(always)]
pub(super) fn within<S: Simd>(s: S, v: S::f32s, [lowest, highest]: [S::f32s; 2]) -> S::f32s {
    s.min_f32s(s.max_f32s(v, lowest), highest)
}

/// What the sums of positive weights and of all weights become by one more event.
#[inline(always)]
pub(super) fn added<S: Simd>(s: S, [positive, all]: [S::f32s; 2], weight: S::f32s) -> [S::f32s; 2] {
    [s.add_f32s(positive, s.max_f32s(weight, s.splat_f32s(0.0))), s.add_f32s(all, weight)]
}
