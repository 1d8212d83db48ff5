//! The adjoint against finite differences of a network in continuous time, which finds its spikes by itself.

use rand::RngExt as _;

use super::*;
use crate::base::rng;
use crate::base::time::TimeGrid;
use crate::host::Host;
use crate::params::{Gradient, Params};
use crate::spikes::GridSpike;

const N_IN: usize = 6;
const N_HIDDEN: usize = 8;
const N_OUT: usize = 3;
/// Times at which the readout is sampled, s.
const SAMPLES: [f64; 8] = [5e-6, 10e-6, 15e-6, 20e-6, 25e-6, 30e-6, 35e-6, 40e-6];
/// Fine enough that ticks stand for continuous time, s.
const TICK: f64 = 1e-13;

/// Membranes with thresholds, in continuous time: textbook exponentials, and crossings by bisection.
struct Continuous<'a> {
    params: &'a Params,
    inputs: &'a [(f64, usize)],
    label: usize,
    recurrent: bool,
}

/// Spikes as `(time in s, neuron)`, in order, and the voltages of the readout, `[sample, readout]`.
struct Course {
    spikes: Vec<(f64, usize)>,
    u: Vec<f64>,
}

impl Continuous<'_> {
    /// Membrane after `t` seconds, from its value and its current: the solution of `τ_m v' = −v + i`, `τ_s i' = −i`.
    fn flow(&self, v: f64, i: f64, t: f64) -> f64 {
        let (m, s) = (self.params.network.tau_mem, self.params.network.tau_syn);
        let response =
            if m == s { t / m * (-t / m).exp() } else { s / (s - m) * ((-t / s).exp() - (-t / m).exp()) };
        v * (-t / m).exp() + i * response
    }

    /// When a membrane next reaches the threshold within `span` seconds.
    fn crossing(&self, v: f64, i: f64, span: f64) -> Option<f64> {
        let steps = (span / 5e-9).ceil() as usize;
        let at = |k: usize| span * k as f64 / steps as f64;
        let k = (1..=steps).find(|&k| self.flow(v, i, at(k)) >= 1.0)?;
        let (mut below, mut above) = (at(k - 1), at(k));
        for _ in 0..80 {
            let middle = f64::midpoint(below, above);
            if self.flow(v, i, middle) >= 1.0 { above = middle } else { below = middle }
        }
        Some(above)
    }

    /// `weights` holds the input, the recurrent and the readout weights in a row.
    fn run(&self, weights: &[f64]) -> Course {
        let (input, rest) = weights.split_at(N_IN * N_HIDDEN);
        let (recurrent, readout) = rest.split_at(if self.recurrent { N_HIDDEN * N_HIDDEN } else { 0 });
        let p = &self.params.network;
        let (mut v, mut i, mut held) = ([0.0; N_HIDDEN], [0.0; N_HIDDEN], [0.0; N_HIDDEN]);
        let (mut now, mut spikes, mut inputs) = (0.0, Vec::new(), self.inputs);
        let end = SAMPLES[SAMPLES.len() - 1];
        while now < end {
            let next_input = inputs.first().map_or(end, |&(t, _)| t);
            // No membrane may be let go between two events.
            let next = held.iter().filter(|&&t| t > now).fold(next_input, |a, &b| a.min(b)).min(end);
            let crossings = (0..N_HIDDEN).filter(|&h| held[h] <= now);
            let crossings = crossings.filter_map(|h| Some((now + self.crossing(v[h], i[h], next - now)?, h)));
            let first = crossings.min_by(|a, b| a.0.total_cmp(&b.0));
            let until = first.map_or(next, |(t, _)| t);
            for h in 0..N_HIDDEN {
                if held[h] <= now {
                    v[h] = self.flow(v[h], i[h], until - now);
                }
                i[h] *= (-(until - now) / p.tau_syn).exp();
            }
            now = until;
            if let Some((t, h)) = first {
                spikes.push((t, h));
                (v[h], held[h]) = (p.reset_in_units(), t + p.refractory);
                for (target, i) in i.iter_mut().enumerate().filter(|_| self.recurrent) {
                    *i += recurrent[h * N_HIDDEN + target];
                }
            } else if now == next_input
                && let Some((&(_, channel), rest)) = inputs.split_first()
            {
                inputs = rest;
                for (h, i) in i.iter_mut().enumerate() {
                    *i += input[channel * N_HIDDEN + h];
                }
            }
        }
        let voltage = |t: f64, o: usize| {
            let before = spikes.iter().filter(|(at, _)| *at < t);
            before.map(|&(at, h)| readout[h * N_OUT + o] * self.flow(0.0, 1.0, t - at)).sum()
        };
        let u = SAMPLES.iter().flat_map(|&t| (0..N_OUT).map(move |o| (t, o))).map(|(t, o)| voltage(t, o)).collect();
        Course { spikes, u }
    }

    /// What is decoded from the readout, the maximum from the samples of `peak`.
    fn scores(&self, course: &Course, peak: &[usize]) -> Vec<f64> {
        let decoded = |o: usize| match self.params.learning.decoding {
            Decoding::Max => course.u[peak[o] * N_OUT + o],
            Decoding::Mean => course.u.iter().skip(o).step_by(N_OUT).sum::<f64>() / SAMPLES.len() as f64,
        };
        (0..N_OUT).map(decoded).collect()
    }

    /// Cross entropy.
    fn loss(&self, course: &Course, peak: &[usize]) -> f64 {
        let scale = self.params.learning.readout_scale;
        let scores = self.scores(course, peak);
        scores.iter().map(|u| (scale * u).exp()).sum::<f64>().ln() - scale * scores[self.label]
    }

    /// Its derivative with respect to what is decoded.
    fn error(&self, course: &Course, peak: &[usize]) -> Vec<f64> {
        let scale = self.params.learning.readout_scale;
        let scores = self.scores(course, peak);
        let total: f64 = scores.iter().map(|u| (scale * u).exp()).sum();
        let of = |o: usize| scale * ((scale * scores[o]).exp() / total - f64::from(u8::from(o == self.label)));
        (0..N_OUT).map(of).collect()
    }
}

fn ticks(seconds: f64) -> u32 {
    (seconds / TICK).round() as u32
}

/// Weights in a row.
fn flat(arrays: [&Array2<f32>; 3]) -> Vec<f64> {
    arrays.into_iter().flatten().map(|&w| f64::from(w)).collect()
}

/// The gradient by hand and by central differences, all weights in a row, and the number of spikes.
fn both(params: &Params, recurrent: bool, seed: u64) -> (Vec<f64>, Vec<f64>, usize) {
    let mut rng = rng::stream(seed, "test");
    let mut draw = |n: usize, m: usize, mean: f64, sd: f64| {
        Array2::from_shape_simple_fn((n, m), || (mean + sd * rng::normal(&mut rng)) as f32)
    };
    let network = Network {
        input: draw(N_IN, N_HIDDEN, 1.2, 1.5),
        recurrent: draw(if recurrent { N_HIDDEN } else { 0 }, N_HIDDEN, 0.0, 0.5),
        readout: draw(N_HIDDEN, N_OUT, 0.0, 0.3),
    };
    let mut inputs: Vec<(f64, usize)> =
        (0..24).map(|_| (rng.random_range(0.0..30e-6), rng.random_range(0..N_IN))).collect();
    inputs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let model = Continuous { params, inputs: &inputs, label: 1, recurrent };
    let weights = flat([&network.input, &network.recurrent, &network.readout]);
    let course = model.run(&weights);
    let peak: Vec<usize> = (0..N_OUT)
        .map(|o| (0..SAMPLES.len()).max_by(|&a, &b| course.u[a * N_OUT + o].total_cmp(&course.u[b * N_OUT + o])))
        .map(Option::unwrap)
        .collect();

    let error = model.error(&course, &peak);
    let enters = |sample: usize, o: usize, share: f64| (ticks(SAMPLES[sample]), o as u16, (error[o] * share) as f32);
    let errors = match params.learning.decoding {
        Decoding::Max => (0..N_OUT).map(|o| enters(peak[o], o, 1.0)).collect(),
        Decoding::Mean => {
            let share = 1.0 / SAMPLES.len() as f64;
            (0..SAMPLES.len()).flat_map(|k| (0..N_OUT).map(move |o| (k, o))).map(|(k, o)| enters(k, o, share)).collect()
        }
    };
    let listed = |events: &[(f64, usize)]| events.iter().map(|&(t, unit)| (ticks(t), unit as u16)).collect();
    let history = History { inputs: listed(&inputs), spikes: listed(&course.spikes), errors };
    let host = params.for_host();
    let adjoint = Model::new(&host, &network, TICK, 1);
    let (mut space, mut partial) = (Space { history, ..Space::default() }, Partial::default());
    partial.reset(&network);
    Arch::new().dispatch(Sample { model: &adjoint, space: &mut space, partial: &mut partial });
    let by_hand = gradients(&[partial]);

    let difference = |k: usize| {
        let shifted = |h: f64| {
            let mut weights = weights.clone();
            weights[k] += h;
            let other = model.run(&weights);
            assert_eq!(other.spikes.len(), course.spikes.len(), "a spike has come or gone: choose another seed");
            model.loss(&other, &peak)
        };
        (shifted(1e-6) - shifted(-1e-6)) / 2e-6
    };
    let differences = (0..weights.len()).map(difference).collect();
    (flat([&by_hand.input, &by_hand.recurrent, &by_hand.readout]), differences, course.spikes.len())
}

/// Cosine of the angle between two vectors, and the ratio of their lengths.
fn compared(a: &[f64], b: &[f64]) -> (f64, f64) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(a, a).sqrt(), dot(b, b).sqrt());
    (dot(a, b) / lengths.0 / lengths.1, lengths.0 / lengths.1)
}

#[test]
fn the_gradient_is_the_finite_difference_of_the_loss_of_a_network_in_continuous_time() {
    for recurrent in [false, true] {
        for decoding in Decoding::ALL {
            for (tau_syn, reset, refractory) in [(6e-6, 80.0, 2e-6), (4e-6, 60.0, 1e-6)] {
                for seed in 1..4 {
                    let params = Params::default().with(|p| {
                        (p.learning.decoding, p.learning.least_slope) = (decoding, 1e-3);
                        (p.network.tau_syn, p.network.reset, p.network.refractory) = (tau_syn, reset, refractory);
                    });
                    let (by_hand, differences, spikes) = both(&params, recurrent, seed);
                    let place = format!("{decoding:?}, recurrent: {recurrent}, {tau_syn} s, seed {seed}");
                    assert!(spikes >= 10, "{place}: {spikes} spikes");
                    // The readout weights have the larger derivatives: compared alone they would hide the others.
                    let hidden = by_hand.len() - N_HIDDEN * N_OUT;
                    for (part, range) in [("hidden", 0..hidden), ("readout", hidden..by_hand.len())] {
                        let (cosine, ratio) = compared(&by_hand[range.clone()], &differences[range]);
                        eprintln!("{place} {part} {spikes}: {cosine} {ratio}");
                        assert!(cosine > 0.999 && (ratio - 1.0).abs() < 0.01, "{place}, {part}: {cosine} {ratio}");
                    }
                }
            }
        }
    }
}
