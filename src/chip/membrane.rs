//! A population of membranes, structure of arrays, advanced by exact propagators.

use pulp::{Simd, bytemuck};
use wide::f32x16;

use super::mismatch::ActualNeuron;
use crate::lanes::{BLOCK, Lanes, Rows, bits};
use crate::neuron::Propagators;
use crate::rng::{NoiseLanes, VectorDraw, gain_and_shift};

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
    /// Which neurons fire in this step: one bit each, the first lowest.
    firing: Vec<[u16; 4]>,
    /// The thresholds of this run.
    threshold: Lanes<f32>,
    noise: NoiseLanes,
}

impl State {
    /// Whether a membrane is held at reset during chip step `step`.
    pub fn is_held(&self, neuron: usize, step: usize) -> bool {
        self.until[neuron] > step as f32
    }

    /// Excitatory (at least 0) and inhibitory (at most 0) current of a neuron.
    pub fn currents(&self, neuron: usize) -> [f32; 2] {
        [self.i_exc[neuron], self.i_inh[neuron]]
    }
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

    /// Puts all membranes to rest and starts their noise anew.
    ///
    /// `shift` is added to every threshold: what the noise of this run made of it. Neurons beyond its end
    /// keep theirs.
    #[inline(always)]
    pub fn rest(&self, state: &mut State, shift: &[f32], seed: u64) {
        let n = self.v_leak.len();
        state.v.clone_from(&self.v_leak);
        for zero in [&mut state.i_exc, &mut state.i_inh, &mut state.until] {
            zero.reset(n);
        }
        state.threshold.clone_from(&self.v_threshold);
        state.threshold.iter_mut().zip(shift).for_each(|(threshold, shift)| *threshold += shift);
        if self.noisy {
            state.noise.reseed(n, seed);
        }
    }

    /// Delivers the presynaptic events of one step: each adds its row of signed effective `weights`,
    /// one entry a neuron, to the currents.
    ///
    /// Positive weights make the excitatory current, negative ones the inhibitory current. Currents saturate
    /// after every event; as each moves them away from 0 only, it is enough to look once, after the last.
    #[inline(always)]
    pub fn receive<S: Simd>(&self, simd: S, state: &mut State, weights: &Rows, events: &[u16]) {
        if events.is_empty() {
            return;
        }
        if S::REGISTER_COUNT >= 32 {
            self.receive_blocks::<S, 8>(simd, state, weights, events);
        } else {
            self.receive_blocks::<S, 4>(simd, state, weights, events);
        }
    }

    /// As [`Self::receive`], with the sums of `N` vectors in registers.
    #[inline(always)]
    fn receive_blocks<S: Simd, const N: usize>(&self, s: S, state: &mut State, weights: &Rows, events: &[u16]) {
        let zero = s.splat_f32s(0.0);
        let (most, least) = (s.splat_f32s(self.saturation), s.splat_f32s(-self.saturation));
        let n = state.v.vectors::<S::f32s>().len();
        let (exc, inh) = (&mut state.i_exc.vectors_mut::<S::f32s>()[..n], &mut state.i_inh.vectors_mut()[..n]);
        let mut settle = |k: usize, [positive, all]: [S::f32s; 2]| {
            exc[k] = s.min_f32s(s.add_f32s(exc[k], positive), most);
            // What is not positive is negative; rounding must not make it more than nothing.
            let negative = s.min_f32s(s.sub_f32s(all, positive), zero);
            inh[k] = s.max_f32s(s.add_f32s(inh[k], negative), least);
        };
        let mut first = 0;
        while first + N <= n {
            let mut sums = [[zero; 2]; N];
            for &event in events {
                let row = &weights.vectors::<S::f32s>(usize::from(event))[first..][..N];
                for (sum, &w) in sums.iter_mut().zip(row) {
                    sum[0] = s.add_f32s(sum[0], s.max_f32s(w, zero));
                    sum[1] = s.add_f32s(sum[1], w);
                }
            }
            for (k, &sum) in sums.iter().enumerate() {
                settle(first + k, sum);
            }
            first += N;
        }
        for k in first..n {
            let mut sum = [zero; 2];
            for &event in events {
                let w = weights.vectors::<S::f32s>(usize::from(event))[k];
                sum = [s.add_f32s(sum[0], s.max_f32s(w, zero)), s.add_f32s(sum[1], w)];
            }
            settle(k, sum);
        }
    }

    /// Advances all membranes by chip step `step`: their flow, their noise, and with `SPIKING` the threshold.
    ///
    /// Refractory membranes are held, those that crossed the threshold are reset and listed in `spikes`.
    #[inline(always)]
    pub fn advance<S: Simd, const SPIKING: bool>(
        &self,
        simd: S,
        state: &mut State,
        step: usize,
        spikes: &mut Vec<u16>,
    ) {
        if self.noisy {
            self.advance_with::<S, SPIKING, true>(simd, state, step, spikes);
        } else {
            self.advance_with::<S, SPIKING, false>(simd, state, step, spikes);
        }
    }

    #[inline(always)]
    fn advance_with<S: Simd, const SPIKING: bool, const NOISY: bool>(
        &self,
        s: S,
        state: &mut State,
        step: usize,
        spikes: &mut Vec<u16>,
    ) {
        let draw = VectorDraw::new(s);
        let now = s.splat_f32s(step as f32);
        let State { v, i_exc, i_inh, until, firing, threshold, noise } = state;
        let v: &mut [S::f32s] = v.vectors_mut();
        let n = v.len();
        let (exc, inh) = (&mut i_exc.vectors_mut::<S::f32s>()[..n], &mut i_inh.vectors_mut::<S::f32s>()[..n]);
        let until = &mut until.vectors_mut::<S::f32s>()[..n];
        let threshold = &threshold.vectors::<S::f32s>()[..n];
        let noise: &mut [S::u32s] = if NOISY { &mut noise.vectors_mut()[..n] } else { &mut [] };
        // As many vectors as one constant of a block of neurons fills.
        let per_block = BLOCK / S::F32_LANES;
        let constants: &[S::f32s] = bytemuck::cast_slice(&self.constants);
        let blocks = constants.chunks_exact(constant::N * per_block);
        if SPIKING {
            firing.resize(blocks.len().div_ceil(4), [0; 4]);
        }
        let firing_blocks = firing.as_flattened_mut();
        for (block, constants) in blocks.enumerate() {
            let mut fires = 0;
            for part in 0..per_block {
                let k = block * per_block + part;
                let of = |constant: usize| constants[constant * per_block + part];
                let mut x = s.mul_add_f32s(v[k], of(constant::MEMBRANE), of(constant::DRIFT));
                x = s.mul_add_f32s(of(constant::FROM_EXC), exc[k], x);
                x = s.mul_add_f32s(of(constant::FROM_INH), inh[k], x);
                exc[k] = s.mul_f32s(exc[k], of(constant::EXC));
                inh[k] = s.mul_f32s(inh[k], of(constant::INH));
                if NOISY {
                    x = s.mul_add_f32s(draw.draw(&mut noise[k]), of(constant::NOISE), x);
                }
                if SPIKING {
                    // No branch: nobody can guess when a neuron fires, and a wrong guess costs more than the work.
                    let held = s.greater_than_f32s(until[k], now);
                    let above = s.greater_than_or_equal_f32s(x, threshold[k]);
                    x = s.select_f32s(above, of(constant::RESET), s.select_f32s(held, of(constant::RESET), x));
                    // A membrane at reset does not fire, whatever its threshold.
                    let anew = s.select_f32s(held, until[k], s.add_f32s(now, of(constant::PAUSE)));
                    until[k] = s.select_f32s(above, anew, until[k]);
                    fires |= (bits(s, above) & !bits(s, held)) << (part * S::F32_LANES);
                }
                v[k] = x;
            }
            if SPIKING {
                firing_blocks[block] = fires as u16;
            }
        }
        if SPIKING {
            list(firing, spikes);
        }
    }
}

/// Lists the neurons that fire, ascending.
#[inline(always)]
fn list(firing: &[[u16; 4]], spikes: &mut Vec<u16>) {
    spikes.clear();
    for (k, blocks) in firing.iter().enumerate() {
        let mut word: u64 = bytemuck::cast(blocks.map(u16::to_le));
        word = u64::from_le(word);
        while word != 0 {
            spikes.push((4 * BLOCK * k) as u16 + word.trailing_zeros() as u16);
            word &= word - 1;
        }
    }
}
