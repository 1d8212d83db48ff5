//! The adjoint against finite differences of a network in continuous time, which finds its spikes by itself.

use rand::RngExt as _;

use super::*;
use crate::base::rng;
use crate::base::time::TimeGrid;
use crate::host::Host;
use crate::params::{Gradient, Params, Recurrence};
use crate::spikes::GridSpike;

const N_IN: usize = 6;
const N_HIDDEN: usize = 8;
const N_OUT: usize = 3;
/// Times at which the readout is sampled, s.
const SAMPLES: [f64; 8] = [5e-6, 10e-6, 15e-6, 20e-6, 25e-6, 30e-6, 35e-6, END];
/// Duration of a sample, s.
const END: f64 = 40e-6;
/// Fine enough that ticks stand for continuous time, s.
const TICK: f64 = 1e-13;

/// Membranes with thresholds, in continuous time: textbook exponentials, and crossings by bisection.
struct Continuous<'a> {
    params: &'a Params,
    inputs: &'a [(f64, usize)],
    label: usize,
    recurrent: bool,
}

/// Spikes as `(time in s, neuron)`, in order, the voltages of the readout, `[sample, readout]`, and when each of its
/// neurons spikes first if it has a threshold.
struct Course {
    spikes: Vec<(f64, usize)>,
    u: Vec<f64>,
    first: Vec<Option<f64>>,
}

impl Continuous<'_> {
    /// Membrane after `t` seconds, from its value and its current: the solution of `τ_m v' = −v + i`, `τ_s i' = −i`.
    fn flow(&self, v: f64, i: f64, t: f64) -> f64 {
        let (m, s) = (self.params.network.tau_mem, self.params.network.tau_syn);
        let response = if m.to_bits() == s.to_bits() {
            t / m * (-t / m).exp()
        } else {
            s / (s - m) * ((-t / s).exp() - (-t / m).exp())
        };
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
        let end = END;
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
            } else if now.to_bits() == next_input.to_bits()
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
        let first = (0..N_OUT).map(|o| {
            let bounds: Vec<f64> = spikes.iter().map(|(t, _)| *t).chain([end]).collect();
            bounds.windows(2).find_map(|span| {
                let before = spikes.iter().filter(|(at, _)| *at <= span[0]);
                let i = before.map(|&(at, h)| readout[h * N_OUT + o] * (-(span[0] - at) / p.tau_syn).exp()).sum();
                Some(span[0] + self.crossing(voltage(span[0], o), i, span[1] - span[0])?)
            })
        });
        let first = first.collect();
        let u = SAMPLES.iter().flat_map(|&t| (0..N_OUT).map(move |o| (t, o))).map(|(t, o)| voltage(t, o)).collect();
        Course { spikes, u, first }
    }

    /// What is decoded from the readout, the maximum from the samples of `peak`.
    fn scores(&self, course: &Course, peak: &[usize]) -> Vec<f64> {
        let decoded = |o: usize| match self.params.learning.decoding {
            Decoding::Max => course.u[peak[o] * N_OUT + o],
            Decoding::Mean => course.u.iter().skip(o).step_by(N_OUT).sum::<f64>() / SAMPLES.len() as f64,
            Decoding::FirstSpike => course.first[o].map_or(0.0, |t| (END - t) / self.params.network.tau_syn),
        };
        (0..N_OUT).map(decoded).collect()
    }

    /// Cross entropy; for first spikes with the term that keeps the right one early (Göltz et al. 2021).
    fn loss(&self, course: &Course, peak: &[usize]) -> f64 {
        let scale = self.params.learning.readout_scale;
        let scores = self.scores(course, peak);
        scores.iter().map(|u| (scale * u).exp()).sum::<f64>().ln() - scale * scores[self.label] + self.late(&scores)
    }

    /// `ρ_a exp(t_label / τ_syn)`.
    fn late(&self, scores: &[f64]) -> f64 {
        let p = self.params;
        match p.learning.decoding {
            Decoding::FirstSpike => p.learning.readout_penalty * (END / p.network.tau_syn - scores[self.label]).exp(),
            _ => 0.0,
        }
    }

    /// Its derivative with respect to what is decoded.
    fn error(&self, course: &Course, peak: &[usize]) -> Vec<f64> {
        let scale = self.params.learning.readout_scale;
        let scores = self.scores(course, peak);
        let total: f64 = scores.iter().map(|u| (scale * u).exp()).sum();
        let of = |o: usize| {
            let target = f64::from(u8::from(o == self.label));
            scale * ((scale * scores[o]).exp() / total - target) - target * self.late(&scores)
        };
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
        readout: if params.learning.decoding == Decoding::FirstSpike {
            draw(N_HIDDEN, N_OUT, 0.6, 0.5)
        } else {
            draw(N_HIDDEN, N_OUT, 0.0, 0.3)
        },
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
        Decoding::FirstSpike => {
            let ratio = params.network.tau_mem / params.network.tau_syn;
            let spikes =
                (0..N_OUT).filter_map(|o| Some((ticks(course.first[o]?), o as u16, (error[o] * ratio) as f32)));
            spikes.collect()
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
            let seen = |course: &Course| course.first.iter().map(Option::is_some).collect::<Vec<_>>();
            assert_eq!(seen(&other), seen(&course), "a decision has come or gone: choose another seed");
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

/// Recordings of a chip that is not the model: spikes anywhere.
fn arbitrary(params: &Params, seed: u64) -> (Vec<SpikeTrain>, Recording, Vec<u16>) {
    let mut rng = rng::stream(seed, "recording");
    let grid = TimeGrid::new(40e-6, 1.7e-6, 4);
    let n_samples = 40;
    let mut recording = Recording::new(grid, N_HIDDEN, N_OUT);
    recording.resize(n_samples);
    let mut spikes = |n: usize, neurons: u16| {
        let mut spikes: Vec<GridSpike> = (0..n)
            .map(|_| GridSpike {
                step: rng.random_range(0..grid.n_chip() as u16),
                neuron: rng.random_range(0..neurons),
            })
            .collect();
        spikes.sort_unstable();
        spikes.dedup();
        spikes
    };
    for sample in 0..n_samples {
        // The last hidden neuron never spikes.
        recording.hidden_spikes[sample] = spikes(30, N_HIDDEN as u16 - 1);
        if params.learning.decoding == Decoding::FirstSpike {
            recording.readout_spikes[sample] = spikes(2, N_OUT as u16);
        }
    }
    let mut events = |_| {
        let event = |_| (rng.random_range(0.0..42e-6f32), rng.random_range(0..N_IN as u16 + 1));
        SpikeTrain::from_events((0..20).map(event).collect())
    };
    let inputs: Vec<SpikeTrain> = (0..n_samples).map(&mut events).collect();
    let mut rng = rng::stream(seed, "codes");
    recording.hidden_cadc.fill_with(|| rng.random_range(60..170));
    recording.readout_cadc.fill_with(|| rng.random_range(60..170));
    let labels = (0..n_samples as u16).map(|k| k % N_OUT as u16).collect();
    (inputs, recording, labels)
}

fn gradient(params: &Params, recording: &Recording, inputs: &[SpikeTrain], labels: &[u16]) -> Gradients {
    let mut host = Host::new(&params.clone().with(|p| p.network.hidden = N_HIDDEN as u32).for_host(), N_IN, N_OUT);
    let loss = host.loss(recording, labels);
    host.backward(&inputs.iter().collect::<Vec<_>>(), recording, &loss)
}

#[test]
fn whatever_a_chip_does_the_gradient_is_finite_and_the_same_on_any_number_of_threads() {
    for recurrence in [Recurrence::None, Recurrence::Trained] {
        for decoding in Decoding::ALL {
            let params = Params::default().with(|p| {
                (p.learning.gradient, p.learning.decoding) = (Gradient::EventProp, decoding);
                (p.learning.burst_penalty, p.network.recurrence) = (0.01, recurrence);
            });
            let (inputs, recording, labels) = arbitrary(&params, 3);
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| gradient(&params, &recording, &inputs, &labels))
            };
            let one = on(1);
            assert!(one.is_finite() && one.input.iter().filter(|g| g.abs() > 1e-6).count() > N_IN, "{decoding:?}");
            assert_eq!(one, on(3), "{decoding:?}");
        }
    }
}

#[test]
fn the_voltages_of_hidden_neurons_are_not_read_nor_those_of_a_readout_that_spikes() {
    for (gradient_of, decoding, readout_counts, hidden_counts) in [
        (Gradient::Surrogate, Decoding::Max, true, true),
        (Gradient::EventProp, Decoding::Max, true, false),
        (Gradient::EventProp, Decoding::Mean, true, false),
        (Gradient::EventProp, Decoding::FirstSpike, false, false),
    ] {
        let params = Params::default().with(|p| (p.learning.gradient, p.learning.decoding) = (gradient_of, decoding));
        let (inputs, recording, labels) = arbitrary(&params, 5);
        let plain = gradient(&params, &recording, &inputs, &labels);
        let mut other = recording.clone();
        other.hidden_cadc.iter_mut().for_each(|code| *code ^= 0x25);
        assert_eq!(gradient(&params, &other, &inputs, &labels) != plain, hidden_counts, "{decoding:?}");
        other.hidden_cadc.clone_from(&recording.hidden_cadc);
        other.readout_cadc.iter_mut().for_each(|code| *code ^= 0x25);
        assert_eq!(gradient(&params, &other, &inputs, &labels) != plain, readout_counts, "{decoding:?}");
    }
}

#[test]
fn a_neuron_that_is_silent_in_the_whole_batch_is_pushed_by_its_inputs_and_no_other_is() {
    let params = Params::default().with(|p| (p.learning.gradient, p.learning.wake_up) = (Gradient::EventProp, 0.0));
    let (inputs, recording, labels) = arbitrary(&params, 7);
    let plain = gradient(&params, &recording, &inputs, &labels);
    let pushed = gradient(&params.with(|p| p.learning.wake_up = 0.3), &recording, &inputs, &labels);
    let mut events = [0.0f32; N_IN];
    for (_, unit) in inputs.iter().flat_map(SpikeTrain::iter).filter(|(_, unit)| usize::from(*unit) < N_IN) {
        events[usize::from(unit)] += 1.0;
    }
    for (channel, events) in events.into_iter().enumerate() {
        for neuron in 0..N_HIDDEN {
            let push = plain.input[[channel, neuron]] - pushed.input[[channel, neuron]];
            let expected = if neuron == N_HIDDEN - 1 { 0.3 * events / inputs.len() as f32 } else { 0.0 };
            assert!((push - expected).abs() < 1e-6, "{channel} {neuron}: {push} {expected}");
        }
    }
}
