//! A population of membranes, structure of arrays, advanced by exact propagators.

use super::mismatch::ActualNeuron;
use crate::neuron::Propagators;
use crate::rng::NoiseLanes;

/// What one chip step does to each neuron of a population; one entry a neuron in every array.
#[derive(Debug, Clone, Default)]
pub struct Membranes {
    membrane: Vec<f32>,
    drift: Vec<f32>,
    current_exc: Vec<f32>,
    current_inh: Vec<f32>,
    from_exc: Vec<f32>,
    from_inh: Vec<f32>,
    noise: Vec<f32>,
    noisy: bool,
    v_leak: Vec<f32>,
    v_reset: Vec<f32>,
    v_threshold: Vec<f32>,
    refractory_steps: Vec<f32>,
    saturation: f32,
}

/// Where the membranes of a population are.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Membrane voltages, in leak-to-threshold distances.
    pub v: Vec<f32>,
    /// Excitatory currents, at least 0, in units of the weight.
    i_exc: Vec<f32>,
    /// Inhibitory currents, at most 0, in units of the weight.
    i_inh: Vec<f32>,
    /// Chip steps that a membrane is still held at reset.
    hold: Vec<f32>,
    fired: Vec<u8>,
    noise: NoiseLanes,
}

impl State {
    /// Whether a membrane is held at reset during the coming step.
    pub fn is_held(&self, neuron: usize) -> bool {
        self.hold[neuron] > 0.0
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
        let each = |f: &dyn Fn(&ActualNeuron) -> f64| neurons.iter().map(|n| f(n) as f32).collect::<Vec<f32>>();
        let exc = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_exc, tau_c);
        let inh = |n: &ActualNeuron| Propagators::new(dt, n.tau_mem, n.tau_syn_inh, tau_c);
        Self {
            membrane: each(&|n| exc(n).membrane),
            drift: each(&|n| n.v_leak * -(-dt / n.tau_mem).exp_m1()),
            current_exc: each(&|n| exc(n).current),
            current_inh: each(&|n| inh(n).current),
            from_exc: each(&|n| exc(n).membrane_from_current),
            from_inh: each(&|n| inh(n).membrane_from_current),
            // Exact step of an Ornstein-Uhlenbeck process with stationary sd `noise`.
            noise: each(&|n| noise * (-(-2.0 * dt / n.tau_mem).exp_m1()).sqrt()),
            noisy: noise > 0.0,
            v_leak: each(&|n| n.v_leak),
            v_reset: each(&|n| n.v_reset),
            v_threshold: each(&|n| n.v_threshold),
            refractory_steps: each(&|n| (n.refractory / dt).round()),
            saturation: if saturation > 0.0 { saturation as f32 } else { f32::INFINITY },
        }
    }

    /// Makes neurons unable to spike.
    pub fn silence(&mut self, silent: &[bool]) {
        for (threshold, _) in self.v_threshold.iter_mut().zip(silent).filter(|(_, silent)| **silent) {
            *threshold = f32::INFINITY;
        }
    }

    /// Number of neurons.
    fn len(&self) -> usize {
        self.v_leak.len()
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
    pub fn rest(&self, state: &mut State, seed: u64) {
        state.v.clone_from(&self.v_leak);
        for current in [&mut state.i_exc, &mut state.i_inh, &mut state.hold] {
            current.clear();
            current.resize(self.len(), 0.0);
        }
        state.fired.clear();
        state.fired.resize(self.len(), 0);
        if self.noisy {
            state.noise.reseed(self.len(), seed);
        }
    }

    /// Delivers one presynaptic event: `weights` holds one signed effective weight a neuron.
    #[inline(always)]
    pub fn receive(&self, state: &mut State, weights: &[f32]) {
        let n = weights.len();
        let (exc, inh) = (&mut state.i_exc[..n], &mut state.i_inh[..n]);
        if self.saturation.is_finite() {
            for k in 0..n {
                exc[k] = lesser(exc[k] + greater(weights[k], 0.0), self.saturation);
                inh[k] = greater(inh[k] + lesser(weights[k], 0.0), -self.saturation);
            }
        } else {
            for k in 0..n {
                exc[k] += greater(weights[k], 0.0);
                inh[k] += lesser(weights[k], 0.0);
            }
        }
    }

    /// Advances all membranes by one chip step, without threshold.
    #[inline(always)]
    pub fn flow(&self, state: &mut State) {
        let n = self.len();
        let (v, exc, inh) = (&mut state.v[..n], &mut state.i_exc[..n], &mut state.i_inh[..n]);
        let (membrane, drift) = (&self.membrane[..n], &self.drift[..n]);
        let (current_exc, current_inh) = (&self.current_exc[..n], &self.current_inh[..n]);
        let (from_exc, from_inh) = (&self.from_exc[..n], &self.from_inh[..n]);
        for k in 0..n {
            v[k] = v[k] * membrane[k] + drift[k] + from_exc[k] * exc[k] + from_inh[k] * inh[k];
            exc[k] *= current_exc[k];
            inh[k] *= current_inh[k];
        }
        if self.noisy {
            state.noise.add_scaled(v, &self.noise);
        }
    }

    /// Holds refractory membranes, resets those that crossed the threshold, and lists them in `spikes`.
    ///
    /// `shift` is added to every threshold: what the noise of this run made of it.
    #[inline(always)]
    pub fn fire(&self, state: &mut State, shift: &[f32], spikes: &mut Vec<u16>) {
        let n = self.len();
        let (v, hold, fired) = (&mut state.v[..n], &mut state.hold[..n], &mut state.fired[..n]);
        let (threshold, reset) = (&self.v_threshold[..n], &self.v_reset[..n]);
        let (refractory, shift) = (&self.refractory_steps[..n], &shift[..n]);
        let mut any = 0;
        for k in 0..n {
            let held = hold[k] > 0.0;
            let above = v[k] >= threshold[k] + shift[k];
            let fires = !held & above;
            v[k] = if held | fires { reset[k] } else { v[k] };
            hold[k] = if fires { refractory[k] } else { (hold[k] - 1.0).max(0.0) };
            fired[k] = u8::from(fires);
            any |= fired[k];
        }
        spikes.clear();
        if any != 0 {
            // Few fire in any step: skip the others sixteen at a time.
            for (block, fired) in fired.chunks(16).enumerate() {
                if fired.iter().fold(0, |any, fired| any | fired) == 0 {
                    continue;
                }
                for (k, _) in fired.iter().enumerate().filter(|(_, fired)| **fired != 0) {
                    spikes.push((16 * block + k) as u16);
                }
            }
        }
    }
}

/// The larger of two numbers. Unlike [`f32::max`] it does not ask for NaN, which makes it one instruction.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller of two numbers, as [`greater`].
#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}
