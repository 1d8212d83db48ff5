//! Calibration: the host measures every neuron through the readout and sets its trims.
//!
//! Nothing here looks inside the chip: it uses recordings, spikes, and the codes that a known
//! reference voltage gives. What is measured, and in this order:
//!
//! | parameter | how |
//! |---|---|
//! | readout channel | two reference voltages give offset and gain |
//! | leak | mean code at rest, thresholds out of reach |
//! | threshold | the leak at which the neuron begins to fire steadily by itself, by bisection |
//! | reset | mean code right after a spike of a neuron that fires by itself |
//! | τ_mem | between two spontaneous spikes, `ln(V_leak − V)` falls with slope `−1/τ_mem` |
//! | τ_syn | shape of the response to one spike, with τ_mem known; both signs |
//!
//! A neuron that fires by itself has its leak above threshold; no synaptic current is involved.

mod spread;

use ndarray::Array2;

use crate::base::rng;
use crate::chip::Chip;
use crate::neuron::Propagators;
use crate::params::Params;
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::SpikeTrain;
pub use spread::sigmas;
use spread::spreads;

/// Identical runs that are averaged.
const REPEATS: usize = 48;
/// Duration of one run, s.
const DURATION: f64 = 200e-6;
/// How far above its threshold a leak is put to make a neuron fire by itself, membrane units.
const OVERDRIVE: f64 = 0.45;
/// How far below the nominal reset a neuron starts from when τ_mem is measured, membrane units.
const DEPTH: f64 = 0.5;
/// Intervals between spikes of at most this many (t_ref + this · τ_mem) count as steady firing.
const STEADY: f64 = 4.0;
/// Response to one spike that is used for τ_syn, membrane units at the nominal peak.
const RESPONSE: f64 = 0.5;
/// When that spike arrives, s.
const ARRIVAL: f64 = 5e-6;

/// Spread of one parameter over all neurons before and after, trimmed of 5 % at both ends.
#[derive(Debug, Clone, PartialEq)]
pub struct TrimmedSpread {
    /// The parameter.
    pub name: &'static str,
    /// Standard deviation before, in % of nominal or of the leak-to-threshold distance.
    pub before: f64,
    /// Standard deviation after.
    pub after: f64,
    /// Largest ratio after/before that calix accepts for the real chip.
    pub limit: f64,
}

/// What a calibration did.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Trims of every neuron, hidden first.
    pub trims: Vec<Trims>,
    /// Spreads as the chip's actual parameters have them, without neurons that never spike: the X-ray's verdict on the
    /// host's work.
    pub spreads: Vec<TrimmedSpread>,
    /// Hidden neurons that never sent a spike: their thresholds cannot be measured and stay as they were.
    pub mute: usize,
}

/// Measures all neurons of `chip` and returns the trims that bring them near nominal.
///
/// `seed` decides the noise of the measurements. The chip itself is not changed. Returns `None`
/// when `keep_going` says no, which is asked before every run of the chip.
pub fn calibrate(chip: &Chip, params: &Params, seed: u64, keep_going: &dyn Fn() -> bool) -> Option<Calibration> {
    let mut bench = Bench::new(chip, params, seed, keep_going);
    bench.readout_channels();
    // Twice, because trims interact: time constants set how steadily a neuron fires.
    for _ in 0..2 {
        for step in [Bench::leak, Bench::threshold, Bench::reset, Bench::tau_mem, Bench::tau_syn] {
            if !keep_going() {
                return None;
            }
            step(&mut bench);
        }
    }
    if !keep_going() {
        return None;
    }
    for ((trims, before), _) in
        bench.trims.iter_mut().zip(chip.trims()).zip(&bench.has_fired).filter(|(_, fired)| !**fired)
    {
        trims.threshold = before.threshold;
    }
    let mute = bench.has_fired.iter().take(chip.placement().hidden.len()).filter(|fired| !**fired).count();
    let mut calibrated = chip.clone();
    calibrated.write_trims(&bench.trims);
    let before = spreads(&chip.untrimmed(), params);
    let after = spreads(&calibrated, params);
    let spreads = before
        .into_iter()
        .zip(after)
        .map(|((name, limit, before), (_, _, after))| TrimmedSpread { name, before, after, limit })
        .collect();
    Some(Calibration { trims: bench.trims, spreads, mute })
}

/// The measuring set-up. What it knows of the chip came through the readout.
struct Bench<'a> {
    chip: Chip,
    keep_going: &'a dyn Fn() -> bool,
    /// Nominal parameters and timing of the measurements.
    params: Params,
    trims: Vec<Trims>,
    /// Which neurons have ever sent a spike.
    has_fired: Vec<bool>,
    /// Gain of each readout channel, measured.
    gain: Vec<f64>,
    /// τ_mem of each neuron, measured, s.
    tau_mem: Vec<f64>,
    seed: u64,
    runs: u64,
}

impl<'a> Bench<'a> {
    fn new(chip: &Chip, params: &Params, seed: u64, keep_going: &'a dyn Fn() -> bool) -> Self {
        let params = params.clone().with(|p| {
            p.network.duration = DURATION; // Two row pairs of the input channel carry one sign each; the weight is set per measurement.
            p.network.weight_full_scale =
                2.0 * RESPONSE / crate::neuron::psp_peak(params.network.tau_mem, params.network.tau_syn); // What is broken or cut off cannot be measured, and only hides what can.
            p.chip.event_rate_limit = 0.0;
            p.chip.dead_inputs = 0.0;
        });
        let trims = chip.trims().to_vec();
        let n = trims.len();
        Self {
            keep_going,
            chip: chip.test_bench(&params.for_chip()),
            has_fired: vec![false; n],
            gain: vec![1.0; n],
            tau_mem: vec![params.network.tau_mem; n],
            params,
            trims,
            seed,
            runs: 0,
        }
    }

    fn len(&self) -> usize {
        self.trims.len()
    }

    fn write_trims(&mut self, trims: &[Trims]) {
        // The bench has one idle readout neuron, which keeps the neutral trims.
        let mut all = trims.to_vec();
        all.push(Trims::default());
        self.chip.write_trims(&all);
    }

    fn trial(&mut self) -> u64 {
        self.runs += 1;
        rng::mix(self.seed, self.runs)
    }

    /// Runs [`REPEATS`] samples of `input` with other trims than the best ones so far.
    fn run_with(&mut self, trims: &[Trims], input: &SpikeTrain) -> Recording {
        self.write_trims(trims);
        let trial = self.trial();
        // Whoever has been told to stop measures nothing; the result is thrown away.
        let repeats = if (self.keep_going)() { REPEATS } else { 1 };
        self.chip.run(&vec![input; repeats], trial)
    }

    /// Membrane units from a code, with the measured gain of the channel.
    fn volts(&self, neuron: usize, code: f64) -> f64 {
        (code / self.gain[neuron] - self.params.network.leak) / self.params.network.lsb_per_unit()
    }

    /// Mean voltage of every neuron in every host step, `[step, neuron]`.
    fn mean_trace(&self, recording: &Recording) -> Array2<f64> {
        let n = self.len();
        let mut mean = Array2::zeros((recording.grid.n_host, n));
        for sample in 0..recording.n_samples {
            for (k, &code) in recording.hidden_of(sample).iter().enumerate() {
                mean[[k / n, k % n]] += f64::from(code) / recording.n_samples as f64;
            }
        }
        Array2::from_shape_fn(mean.dim(), |(step, k)| self.volts(k, mean[[step, k]]))
    }

    /// Offset and gain of every channel from two reference voltages.
    fn readout_channels(&mut self) {
        let levels = [-0.5f32, 1.5];
        let mut means = [vec![0.0; self.len()], vec![0.0; self.len()]];
        self.write_trims(&self.trims.clone());
        for (mean, level) in means.iter_mut().zip(levels) {
            for _ in 0..4 * REPEATS {
                let trial = self.trial();
                for (m, code) in mean.iter_mut().zip(self.chip.read_reference(level, trial)) {
                    *m += f64::from(code) / (4 * REPEATS) as f64;
                }
            }
        }
        let (lsb, leak) = (self.params.network.lsb_per_unit(), self.params.network.leak);
        let [low, high] = means;
        for (k, (low, high)) in low.into_iter().zip(high).enumerate() {
            self.gain[k] = (high - low) / (f64::from(levels[1] - levels[0]) * lsb);
            let offset = low - self.gain[k] * (leak + f64::from(levels[0]) * lsb);
            self.trims[k].cadc_offset -= offset.round() as i16;
        }
    }

    /// Mean voltage at rest of every neuron, with thresholds out of reach.
    fn resting(&mut self) -> Vec<f64> {
        let mut trims = self.trims.clone();
        for t in &mut trims {
            t.threshold = Trims::MAX;
        }
        let recording = self.run_with(&trims, &SpikeTrain::default());
        let trace = self.mean_trace(&recording);
        (0..self.len()).map(|k| trace.column(k).mean().unwrap_or(0.0)).collect()
    }

    fn leak(&mut self) {
        let measured = self.resting();
        for (trims, v) in self.trims.iter_mut().zip(measured) {
            trims.leak = Trims::shifted(trims.leak, -v);
        }
    }

    /// The lowest leak code at which each neuron fires steadily.
    fn firing_leak(&mut self) -> Vec<u16> {
        let steady = DURATION / (self.params.network.refractory + STEADY * self.params.network.tau_mem);
        let (mut low, mut high) = (vec![0u16; self.len()], vec![Trims::MAX; self.len()]);
        while low.iter().zip(&high).any(|(l, h)| h - l > 1) && (self.keep_going)() {
            let middle: Vec<u16> = low.iter().zip(&high).map(|(l, h)| u16::midpoint(*l, *h)).collect();
            let mut trims = self.trims.clone();
            for (t, &leak) in trims.iter_mut().zip(&middle) {
                t.leak = leak;
            }
            let recording = self.run_with(&trims, &SpikeTrain::default());
            let mut counts = vec![0.0; self.len()];
            for spike in recording.hidden_spikes.iter().flatten() {
                counts[usize::from(spike.neuron)] += 1.0 / REPEATS as f64;
                self.has_fired[usize::from(spike.neuron)] = true;
            }
            for k in 0..self.len() {
                if counts[k] >= steady { high[k] = middle[k] } else { low[k] = middle[k] }
            }
        }
        high
    }

    fn threshold(&mut self) {
        let resting = self.resting();
        let firing = self.firing_leak();
        for k in 0..self.len() {
            let at_rest = Trims::potential(self.trims[k].leak);
            let measured = resting[k] + Trims::potential(firing[k]) - at_rest;
            self.trims[k].threshold = Trims::shifted(self.trims[k].threshold, 1.0 - measured);
        }
    }

    /// Makes all neurons fire by themselves from `depth` below their reset.
    fn free_running(&mut self, depth: f64) -> (Vec<f64>, Recording) {
        let resting = self.resting();
        let mut trims = self.trims.clone();
        let mut leaks = Vec::with_capacity(trims.len());
        for (t, rest) in trims.iter_mut().zip(resting) {
            let before = Trims::potential(t.leak);
            t.leak = Trims::shifted(t.leak, 1.0 + OVERDRIVE - rest);
            leaks.push(rest + Trims::potential(t.leak) - before);
            t.reset = Trims::shifted(t.reset, -depth);
        }
        let recording = self.run_with(&trims, &SpikeTrain::default());
        (leaks, recording)
    }

    /// Calls `each(neuron, seconds since its last spike, voltage)` for every readout sample after a spike.
    fn since_spikes(&self, recording: &Recording, mut each: impl FnMut(usize, f64, f64)) {
        let (n, grid) = (self.len(), recording.grid);
        for sample in 0..recording.n_samples {
            let mut last = vec![f64::NAN; n];
            let mut spikes = recording.hidden_spikes[sample].iter().peekable();
            for (host, row) in recording.hidden_of(sample).chunks_exact(n).enumerate() {
                let now = (host as f64 + 1.0) * grid.dt_host();
                while let Some(s) = spikes.next_if(|s| (f64::from(s.step) + 0.5) * grid.dt_chip < now) {
                    last[usize::from(s.neuron)] = (f64::from(s.step) + 1.0) * grid.dt_chip;
                }
                for (k, &code) in row.iter().enumerate() {
                    if last[k].is_finite() {
                        each(k, now - last[k], self.volts(k, f64::from(code)));
                    }
                }
            }
        }
    }

    fn reset(&mut self) {
        // A long refractory time keeps the membrane at reset for several samples.
        let own = self.params.clone();
        let long = own.clone().with(|p| p.network.refractory = 12.0 * own.network.cadc_interval);
        self.chip.set_params(&long.for_chip());
        let (_, recording) = self.free_running(0.0);
        self.chip.set_params(&own.for_chip());
        let (mut sum, mut count) = (vec![0.0; self.len()], vec![0.0; self.len()]);
        self.since_spikes(&recording, |k, t, v| {
            if t < 4.0 * own.network.cadc_interval {
                sum[k] += v;
                count[k] += 1.0;
            }
        });
        let target = own.network.reset_in_units();
        for k in 0..self.len() {
            if count[k] > 0.0 {
                self.trims[k].reset = Trims::shifted(self.trims[k].reset, target - sum[k] / count[k]);
            }
        }
    }

    fn tau_mem(&mut self) {
        let (leaks, recording) = self.free_running(DEPTH);
        let start = self.params.network.reset_in_units() - DEPTH;
        // Sums of a straight-line fit of ln(leak − v) over time, per neuron: n, t, y, tt, ty.
        let mut sums = vec![[0.0f64; 5]; self.len()];
        self.since_spikes(&recording, |k, t, v| {
            // Neither held at reset nor so near to threshold that noise decides.
            if v > start + 0.25 && v < 0.95 && leaks[k] > v {
                let y = (leaks[k] - v).ln();
                for (s, x) in sums[k].iter_mut().zip([1.0, t, y, t * t, t * y]) {
                    *s += x;
                }
            }
        });
        for (k, [n, t, y, tt, ty]) in sums.into_iter().enumerate() {
            let slope = (n * ty - t * y) / (n * tt - t * t);
            let tau = -1.0 / slope;
            if n > 20.0 && tau.is_finite() && tau > 0.0 {
                let code = Trims::scaled(self.trims[k].tau_mem, self.params.network.tau_mem / tau);
                self.tau_mem[k] = tau * Trims::tau(code) / Trims::tau(self.trims[k].tau_mem);
                self.trims[k].tau_mem = code;
            }
        }
    }

    fn tau_syn(&mut self) {
        for sign in [1, -1] {
            let n = self.len();
            let half = (self.params.network.code_max() / 2) as i8 * sign;
            self.chip.write_weights(&Codes {
                input: Array2::from_elem((1, n), half),
                recurrent: Array2::zeros((0, n)),
                readout: Array2::zeros((n, 1)),
            });
            let recording = self.run_with(&self.trims.clone(), &SpikeTrain::from_events(vec![(ARRIVAL as f32, 0)]));
            let trace = self.mean_trace(&recording);
            let grid = recording.grid;
            let arrival = grid.chip_step(ARRIVAL).unwrap_or(0) as f64 * grid.dt_chip;
            for k in 0..n {
                let points: Vec<(f64, f64)> = trace
                    .column(k)
                    .iter()
                    .enumerate()
                    .map(|(step, v)| (grid.host_time_of(step) - arrival, *v))
                    .filter(|p| p.0 < 12.0 * self.params.network.tau_mem)
                    .collect();
                let tau = fit_tau_syn(&points, self.tau_mem[k], self.params.network.tau_syn);
                let factor = self.params.network.tau_syn / tau;
                let trims = &mut self.trims[k];
                let code = if sign > 0 { &mut trims.tau_syn_exc } else { &mut trims.tau_syn_inh };
                *code = Trims::scaled(*code, factor);
            }
        }
    }
}

/// The τ_syn whose response fits `(seconds since arrival, voltage)` best; amplitude and rest are free.
fn fit_tau_syn(points: &[(f64, f64)], tau_mem: f64, nominal: f64) -> f64 {
    let misfit = |tau_syn: f64| {
        // Linear least squares of v = a + b ε(t).
        let [mut n, mut e, mut v, mut ee, mut ev, mut vv] = [0.0f64; 6];
        for &(t, y) in points {
            let x = if t > 0.0 { Propagators::new(t, tau_mem, tau_syn, tau_mem).membrane_from_current } else { 0.0 };
            (n, e, v, ee, ev, vv) = (n + 1.0, e + x, v + y, ee + x * x, ev + x * y, vv + y * y);
        }
        let (see, sev, svv) = (ee - e * e / n, ev - e * v / n, vv - v * v / n);
        svv - sev * sev / see.max(1e-30)
    };
    // Golden-section search over the logarithm, a factor of five either way.
    let (mut low, mut high) = ((nominal / 5.0).ln(), (nominal * 5.0).ln());
    let golden = 0.618_033_988_749_895;
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if misfit(a.exp()) < misfit(b.exp()) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests;
