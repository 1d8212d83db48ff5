//! A population of membranes, structure of arrays, advanced by exact propagators.

use std::ops::Range;

use pulp::{Simd, bytemuck};
use wide::f32x16;

use super::mismatch::ActualNeuron;
use crate::lanes::{BLOCK, Lanes, Rows, bits};
use crate::neuron::Propagators;
use crate::rng::noise::{ByteSums, NoiseLanes, VectorDraw, gain_and_shift};

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
    /// Factor on the noise, in the form of `gain_and_shift`.
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
    v_leak: Lanes<f32>,
    v_threshold: Lanes<f32>,
    refractory_steps: Vec<f32>,
    saturation: f32,
}

/// Where the membranes of a population are.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Membrane voltages, in leak-to-threshold distances.
    pub v: Lanes<f32>,
    /// Excitatory currents, at least 0, in units of the weight.
    i_exc: Lanes<f32>,
    /// Inhibitory currents, at most 0, in units of the weight.
    i_inh: Lanes<f32>,
    /// Number of the chip step from which on a membrane is not held at reset.
    until: Lanes<f32>,
    /// The thresholds of this run.
    threshold: Lanes<f32>,
    noise: NoiseLanes,
}

impl State {
    /// The population as the flow of a chip step finds it.
    pub(super) fn before_flow(&self) -> Before<'_> {
        Before { v: &self.v, exc: &self.i_exc, inh: &self.i_inh, until: &self.until }
    }
}

/// A population as the flow of a chip step finds it, one entry a neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    /// Membrane voltages, in leak-to-threshold distances.
    pub(super) v: &'a [f32],
    /// Excitatory currents, at least 0, in units of the weight.
    pub(super) exc: &'a [f32],
    /// Inhibitory currents, at most 0, in units of the weight.
    pub(super) inh: &'a [f32],
    /// Number of the chip step from which on a membrane is not held at reset; empty where none ever is.
    pub(super) until: &'a [f32],
}

impl Membranes {
    /// Propagators for the given neurons and chip step (s).
    ///
    /// `tau_c` is the nominal membrane time constant (s); `noise` the standard deviation of a
    /// resting membrane; `saturation` the largest synaptic current, 0 for none.
    pub fn new(neurons: &[ActualNeuron], dt: f64, tau_c: f64, noise: f64, saturation: f64) -> Self {
        let list = |f: &dyn Fn(&ActualNeuron) -> f64| neurons.iter().map(|n| f(n) as f32).collect::<Vec<f32>>();
        let exc = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_exc, tau_c);
        let inh = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_inh, tau_c);
        // Exact step of an Ornstein-Uhlenbeck process with stationary sd `noise`.
        let step_noise = |n: &ActualNeuron| noise * (-(-2.0 * dt / n.tau_mem).exp_m1()).sqrt();
        let shift = |n: &ActualNeuron| f64::from(gain_and_shift(step_noise(n) as f32).1);
        let refractory = |n: &ActualNeuron| (n.refractory / dt).round();
        let constants: [&dyn Fn(&ActualNeuron) -> f64; constant::N] = [
            &|n| exc(n).membrane,
            &|n| n.v_leak * -(-dt / n.tau_mem).exp_m1() + shift(n),
            &|n| exc(n).current,
            &|n| inh(n).current,
            &|n| exc(n).membrane_from_current,
            &|n| inh(n).membrane_from_current,
            &|n| f64::from(gain_and_shift(step_noise(n) as f32).0),
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
            v_leak: Lanes::new(&list(&|n| n.v_leak)),
            v_threshold: Lanes::padded_with(&list(&|n| n.v_threshold), f32::INFINITY),
            refractory_steps: list(&refractory),
            saturation: if saturation > 0.0 { saturation as f32 } else { f32::INFINITY },
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
        let n = self.v_leak.len();
        for lanes in [&mut state.v, &mut state.i_exc, &mut state.i_inh, &mut state.until, &mut state.threshold] {
            if lanes.len() != n {
                lanes.reset(n);
            }
        }
        let all = blocks.start * BLOCK..blocks.end * BLOCK;
        state.v.whole_mut()[all.clone()].copy_from_slice(&self.v_leak.whole()[all.clone()]);
        for zero in [&mut state.i_exc, &mut state.i_inh, &mut state.until] {
            zero.whole_mut()[all.clone()].fill(0.0);
        }
        let threshold = &mut state.threshold.whole_mut()[all.clone()];
        threshold.copy_from_slice(&self.v_threshold.whole()[all.clone()]);
        threshold.iter_mut().zip(shift.iter().skip(all.start)).for_each(|(threshold, shift)| *threshold += shift);
        if self.noisy {
            state.noise.reseed_some(n, &all, seed);
        }
    }

    /// Delivers the presynaptic events of one step: each adds its row of signed effective `weights`,
    /// one entry a neuron, to the currents of some blocks of neurons.
    ///
    /// Positive weights make the excitatory current, negative ones the inhibitory current. Currents saturate
    /// after every event; as each moves them away from 0 only, it is enough to look once, after the last.
    #[inline(always)]
    pub fn receive<S: Simd>(&self, simd: S, state: &mut State, blocks: &Range<usize>, weights: &Rows, events: &[u16]) {
        if events.is_empty() {
            return;
        }
        if S::REGISTER_COUNT >= 32 {
            self.receive_vectors::<S, 8>(simd, state, blocks, weights, events);
        } else {
            self.receive_vectors::<S, 4>(simd, state, blocks, weights, events);
        }
    }

    /// As [`Self::receive`], with the sums of `N` vectors in registers.
    #[inline(always)]
    fn receive_vectors<S: Simd, const N: usize>(
        &self,
        s: S,
        state: &mut State,
        blocks: &Range<usize>,
        weights: &Rows,
        events: &[u16],
    ) {
        let zero = s.splat_f32s(0.0);
        let bounds = self.bounds(s);
        let per_block = BLOCK / S::F32_LANES;
        let (mut first, n) = (blocks.start * per_block, blocks.end * per_block);
        let (exc, inh) = (&mut state.i_exc.vectors_mut::<S::f32s>()[..n], &mut state.i_inh.vectors_mut()[..n]);
        while first + N <= n {
            let mut sums = [[zero; 2]; N];
            for &event in events {
                let row = &weights.vectors::<S::f32s>(usize::from(event))[first..][..N];
                for (sum, &w) in sums.iter_mut().zip(row) {
                    *sum = added(s, *sum, w);
                }
            }
            for (k, &sum) in sums.iter().enumerate() {
                let k = first + k;
                [exc[k], inh[k]] = settled(s, [exc[k], inh[k]], sum, bounds);
            }
            first += N;
        }
        for k in first..n {
            let mut sum = [zero; 2];
            for &event in events {
                sum = added(s, sum, weights.vectors::<S::f32s>(usize::from(event))[k]);
            }
            [exc[k], inh[k]] = settled(s, [exc[k], inh[k]], sum, bounds);
        }
    }

    /// Advances some blocks of membranes by chip step `step`: their flow, their noise, the threshold.
    ///
    /// Refractory membranes are held, those that crossed the threshold are reset and get a bit in `firing`, which
    /// has one entry a block, the first neuron lowest.
    #[inline(always)]
    pub fn advance<S: Simd, B: ByteSums<S>>(
        &self,
        simd: S,
        draw: &VectorDraw<S, B>,
        state: &mut State,
        blocks: &Range<usize>,
        step: usize,
        firing: &mut [u16],
    ) {
        if self.noisy {
            self.advance_with::<S, B, true>(simd, draw, state, blocks, step, firing);
        } else {
            self.advance_with::<S, B, false>(simd, draw, state, blocks, step, firing);
        }
    }

    #[inline(always)]
    fn advance_with<S: Simd, B: ByteSums<S>, const NOISY: bool>(
        &self,
        s: S,
        draw: &VectorDraw<S, B>,
        state: &mut State,
        blocks: &Range<usize>,
        step: usize,
        firing: &mut [u16],
    ) {
        let now = s.splat_f32s(step as f32);
        let State { v, i_exc, i_inh, until, threshold, noise } = state;
        // As many vectors as one constant of a block of neurons fills.
        let per_block = BLOCK / S::F32_LANES;
        let (first, n) = (blocks.start * per_block, blocks.len() * per_block);
        let v = &mut v.vectors_mut::<S::f32s>()[first..][..n];
        let exc = &mut i_exc.vectors_mut::<S::f32s>()[first..][..n];
        let inh = &mut i_inh.vectors_mut::<S::f32s>()[first..][..n];
        let until = &mut until.vectors_mut::<S::f32s>()[first..][..n];
        let threshold = &threshold.vectors::<S::f32s>()[first..][..n];
        let noise: &mut [S::u32s] = if NOISY { &mut noise.vectors_mut()[first..][..n] } else { &mut [] };
        let constants: &[S::f32s] = bytemuck::cast_slice(&self.constants[blocks.clone()]);
        let blocks = constants.chunks_exact(constant::N * per_block).zip(firing);
        for (block, (constants, firing)) in blocks.enumerate() {
            let mut fires = 0;
            for part in 0..per_block {
                let k = block * per_block + part;
                let of = |constant: usize| constants[constant * per_block + part];
                let constants = Constants::<S>::new(of);
                let mut x;
                [x, exc[k], inh[k]] = flow(s, &constants, [v[k], exc[k], inh[k]]);
                if NOISY {
                    x = s.mul_add_f32s(draw.draw(&mut noise[k]), constants.noise, x);
                }
                // No branch: nobody can guess when a neuron fires, and a wrong guess costs more than the work.
                // A membrane at reset does not fire, whatever its threshold.
                let free = s.less_than_or_equal_f32s(until[k], now);
                let fire = s.and_m32s(s.greater_than_or_equal_f32s(x, threshold[k]), free);
                v[k] = s.select_f32s(fire, of(constant::RESET), s.select_f32s(free, x, of(constant::RESET)));
                until[k] = s.select_f32s(fire, s.add_f32s(now, of(constant::PAUSE)), until[k]);
                fires |= bits(s, fire) << (part * S::F32_LANES);
            }
            *firing = fires as u16;
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

    /// What vector number `k` needs to flow.
    #[inline(always)]
    pub(super) fn constants<S: Simd>(&self, k: usize) -> Constants<S> {
        let per_block = BLOCK / S::F32_LANES;
        let block: &[S::f32s] = bytemuck::cast_slice(&self.constants[k / per_block]);
        Constants::new(|constant| block[constant * per_block + k % per_block])
    }

    /// Leak potentials of vector number `k`.
    #[inline(always)]
    pub(super) fn v_leak<S: Simd>(&self, k: usize) -> S::f32s {
        self.v_leak.vectors()[k]
    }
}

/// The [`constant`]s of a vector of neurons that their flow needs.
pub(super) struct Constants<S: Simd> {
    membrane: S::f32s,
    drift: S::f32s,
    exc: S::f32s,
    inh: S::f32s,
    from_exc: S::f32s,
    from_inh: S::f32s,
    /// Factor on the noise.
    pub(super) noise: S::f32s,
}

impl<S: Simd> Constants<S> {
    #[inline(always)]
    fn new(of: impl Fn(usize) -> S::f32s) -> Self {
        Self {
            membrane: of(constant::MEMBRANE),
            drift: of(constant::DRIFT),
            exc: of(constant::EXC),
            inh: of(constant::INH),
            from_exc: of(constant::FROM_EXC),
            from_inh: of(constant::FROM_INH),
            noise: of(constant::NOISE),
        }
    }
}

/// Voltages and both currents of a vector of neurons one chip step later, without noise.
#[inline(always)]
pub(super) fn flow<S: Simd>(s: S, c: &Constants<S>, [v, exc, inh]: [S::f32s; 3]) -> [S::f32s; 3] {
    let mut x = s.mul_add_f32s(v, c.membrane, c.drift);
    x = s.mul_add_f32s(c.from_exc, exc, x);
    x = s.mul_add_f32s(c.from_inh, inh, x);
    [x, s.mul_f32s(exc, c.exc), s.mul_f32s(inh, c.inh)]
}

/// What the currents of a vector of neurons become by one more event.
#[inline(always)]
pub(super) fn added<S: Simd>(s: S, [positive, all]: [S::f32s; 2], weight: S::f32s) -> [S::f32s; 2] {
    [s.add_f32s(positive, s.max_f32s(weight, s.splat_f32s(0.0))), s.add_f32s(all, weight)]
}

/// Excitatory and inhibitory currents after the sums over the events of a step, positive weights and all.
#[inline(always)]
pub(super) fn settled<S: Simd>(
    s: S,
    [exc, inh]: [S::f32s; 2],
    [positive, all]: [S::f32s; 2],
    [most, least]: [S::f32s; 2],
) -> [S::f32s; 2] {
    // What is not positive is negative; rounding must not make it more than nothing.
    let negative = s.min_f32s(s.sub_f32s(all, positive), s.splat_f32s(0.0));
    [s.min_f32s(s.add_f32s(exc, positive), most), s.max_f32s(s.add_f32s(inh, negative), least)]
}
