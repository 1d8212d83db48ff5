//! The chip against closed forms, independent integrations and its own invariances.

use rand::RngExt as _;

use super::*;
use crate::base::rng;
use crate::params::Params;
use crate::params::{Distribution, PARAMS, Value};
use crate::recording::Recording;
use crate::spikes::SpikeTrain;

/// A chip without faults and noise.
fn ideal() -> Params {
    Params::default().ideal_twin()
}

fn chip(
    params: &Params,
    shape: Shape,
    input: impl Fn(usize, usize) -> i8,
    readout: impl Fn(usize, usize) -> i8,
) -> Chip {
    let mut chip = Chip::new(&params.for_chip(), shape).unwrap();
    chip.write_weights(&Codes {
        input: Array2::from_shape_fn((shape.n_inputs, shape.n_hidden), |(pre, post)| input(pre, post)),
        recurrent: Array2::zeros((0, shape.n_hidden)),
        readout: Array2::from_shape_fn((shape.n_hidden, shape.n_readout), |(pre, post)| readout(pre, post)),
    });
    chip
}

fn shape(n_inputs: usize, n_hidden: usize, n_readout: usize) -> Shape {
    Shape { n_inputs, n_hidden, n_readout, recurrent: false }
}

fn train(events: &[(f64, u16)]) -> SpikeTrain {
    SpikeTrain::from_events(events.iter().map(|&(t, unit)| (t as f32, unit)).collect())
}

/// Random events in the first `within` seconds.
fn random_train(seed: u64, n_inputs: usize, n: usize, within: f64) -> SpikeTrain {
    let mut rng = rng::stream(seed, "test events");
    train(&(0..n).map(|_| (rng.random::<f64>() * within, rng.random_range(0..n_inputs) as u16)).collect::<Vec<_>>())
}

/// A code that looks random, from −63 to 63.
fn scrambled(seed: u64, pre: usize, post: usize) -> i8 {
    ((rng::mix(seed, (pre * 1000 + post) as u64) >> 20) % 127) as i8 - 63
}

/// Response of a membrane to one spike, textbook form: Rotter & Diesmann 1999, section 3.1,
/// with the current charging a capacitor of nominal time constant `tau_c`.
fn psp(t: f64, tau_mem: f64, tau_syn: f64, tau_c: f64) -> f64 {
    if t <= 0.0 {
        0.0
    } else if (tau_mem / tau_syn - 1.0).abs() < 1e-6 {
        t / tau_c * (-t / tau_mem).exp()
    } else {
        tau_mem * tau_syn / (tau_c * (tau_syn - tau_mem)) * ((-t / tau_syn).exp() - (-t / tau_mem).exp())
    }
}

fn moments(xs: &[f64]) -> (f64, f64) {
    let n = xs.len() as f64;
    let mean = xs.iter().sum::<f64>() / n;
    (mean, (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Time of the first spike of each hidden neuron, s.
fn first_spikes(chip: &Chip, recording: &Recording, n_hidden: usize) -> Vec<Option<f64>> {
    let mut first = vec![None; n_hidden];
    for spike in &recording.hidden_spikes[0] {
        let time = (f64::from(spike.step) + 1.0) * chip.grid().dt_chip;
        first[usize::from(spike.neuron)].get_or_insert(time);
    }
    first
}

// ---------------------------------------------------------------- membrane and synapse

#[test]
fn membranes_end_at_the_rails_and_where_there_are_none_they_go_on() {
    // Every input spikes into all neurons, half of them upward and half downward; the readout is driven down.
    let events: Vec<(f64, u16)> = (0..40).map(|k| (f64::from(k) * 1e-6, (k % 4) as u16)).collect();
    let seen = |rails: f64| {
        let params = ideal().with(|p| p.chip.rails = rails);
        let up_or_down = |_: usize, post: usize| if post.is_multiple_of(2) { 63 } else { -63 };
        let chip = chip(&params, shape(4, 6, 2), up_or_down, |_, _| -63);
        chip.xray(&train(&events), 1, 0)
    };
    let lowest = |v: &Array2<f32>| v.iter().copied().fold(f32::INFINITY, f32::min);
    // Code −8, with the leak at code 80 and 70 codes to the threshold: (−8 − 80) / 70.
    let rail = -88.0 / 70.0;
    let (free, held) = (seen(0.0), seen(8.0));
    for (free, held) in [(&free.v_hidden, &held.v_hidden), (&free.v_readout, &held.v_readout)] {
        assert!(lowest(free) < 2.0 * rail, "{}", lowest(free));
        assert!((lowest(held) - rail).abs() < 1e-6, "{}", lowest(held));
    }
    assert_eq!(seen(1000.0).v_hidden.map(|v| v.max(rail)), free.v_hidden.map(|v| v.max(rail)), "no spike is moved");
}

#[test]
fn one_input_spike_gives_the_closed_form_response_at_every_chip_step() {
    for (tau_mem, tau_syn) in [(6e-6, 6e-6), (10e-6, 5e-6), (0.5e-6, 30e-6), (60e-6, 0.3e-6), (6e-6, 5.999e-6)] {
        for substeps in [1, 2, 8] {
            let params = ideal()
                .with(|p| (p.network.substeps, p.network.tau_mem, p.network.tau_syn) = (substeps, tau_mem, tau_syn));
            let chip = chip(&params, shape(1, 2, 1), |_, post| [20, -41][post], |_, _| 0);
            let dt = chip.grid().dt_chip;
            let onset = 3.0 * 1.7e-6;
            let xray = chip.xray(&train(&[(onset, 0)]), 1, 0);
            for (step, v) in xray.v_hidden.outer_iter().enumerate() {
                let t = (step + 1) as f64 * dt - onset;
                for (neuron, code) in [(0, 20.0), (1, -41.0)] {
                    let weight = code / 63.0 * params.network.weight_full_scale;
                    // By hand for equal time constants: w (t/τ) e^(−t/τ).
                    let expected = weight * psp(t, tau_mem, tau_syn, tau_mem);
                    let got = f64::from(v[neuron]);
                    assert!((got - expected).abs() < 1e-5, "{tau_mem} {tau_syn} step {step}: {got} {expected}");
                }
            }
            assert!(xray.recording.hidden_spikes[0].is_empty());
        }
    }
}

/// Forward Euler in the order of norse's `lif_feed_forward_step`: jump, voltage, current.
/// The input adds `weight` to the current at every `refine`-th step. Returns the voltage after every step.
fn euler(dt: f64, [tau_mem, tau_syn]: [f64; 2], weight: f64, threshold: f64, steps: usize, refine: usize) -> Vec<f64> {
    let (mut v, mut i) = (0.0, 0.0);
    (0..steps)
        .map(|step| {
            i += if step % refine == 0 { weight } else { 0.0 };
            v += dt / tau_mem * (i - v);
            i -= dt / tau_syn * i;
            if v > threshold {
                v = 0.0;
            }
            v
        })
        .collect()
}

/// norse `functional/test/test_lif.py`, `test_lif_feed_forward_step`.
const NORSE: [f64; 9] = [0.1, 0.27, 0.487, 0.7335, 0.9963, 0.0, 0.3951, 0.7717, 0.0];

#[test]
fn an_euler_integration_that_reproduces_the_norse_trace_converges_to_the_chip() {
    for (got, expected) in euler(1e-3, [1e-2, 5e-3], 1.0, 1.0, 9, 1).iter().zip(NORSE) {
        assert!((got - expected).abs() < 1e-4, "the golden trace pins the reference: {got} {expected}");
    }
    // The same circuit in hardware time, with an input every µs that keeps it below threshold.
    let params = ideal().with(|p| {
        p.network.tau_mem = 10e-6;
        p.network.tau_syn = 5e-6;
        p.network.cadc_interval = 1e-6;
        p.network.substeps = 1;
        p.network.weight_full_scale = 0.15;
    });
    let chip = chip(&params, shape(1, 1, 1), |_, _| 63, |_, _| 0);
    let xray = chip.xray(&train(&(0..40).map(|k| (f64::from(k) * 1e-6, 0)).collect::<Vec<_>>()), 1, 0);
    let worst = |refine: usize| {
        let trace = euler(1e-6 / refine as f64, [10e-6, 5e-6], 0.15, 1.0, 40 * refine, refine);
        (0..40).map(|k| (trace[(k + 1) * refine - 1] - f64::from(xray.v_hidden[[k, 0]])).abs()).fold(0.0, f64::max)
    };
    let errors = [8, 16, 32, 64, 128].map(worst);
    for pair in errors.windows(2) {
        assert!((pair[1] / pair[0] - 0.5).abs() < 0.05, "first order in dt: {errors:?}");
    }
    assert!(errors[4] < 1e-3 && xray.v_hidden[[39, 0]] > 0.5, "{errors:?}");
}

/// Runge–Kutta of fourth order on dv/dt and both di/dt of `neuron.rs`, without reset.
struct Reference<'a> {
    neuron: &'a ActualNeuron,
    tau_c: f64,
    v: f64,
    exc: f64,
    inh: f64,
}

impl Reference<'_> {
    fn slope(&self, [v, exc, inh]: [f64; 3]) -> [f64; 3] {
        let n = self.neuron;
        [(n.v_leak - v) / n.tau_mem + (exc + inh) / self.tau_c, -exc / n.tau_syn_exc, -inh / n.tau_syn_inh]
    }

    fn step(&mut self, dt: f64) {
        let y = [self.v, self.exc, self.inh];
        let along = |k: [f64; 3], h: f64| [y[0] + h * k[0], y[1] + h * k[1], y[2] + h * k[2]];
        let k1 = self.slope(y);
        let k2 = self.slope(along(k1, dt / 2.0));
        let k3 = self.slope(along(k2, dt / 2.0));
        let k4 = self.slope(along(k3, dt));
        let mean = |q: usize| (k1[q] + 2.0 * k2[q] + 2.0 * k3[q] + k4[q]) / 6.0;
        (self.v, self.exc, self.inh) = (y[0] + dt * mean(0), y[1] + dt * mean(1), y[2] + dt * mean(2));
    }
}

const N_IN: usize = 16;
const N_HIDDEN: usize = 128;

/// 48 chips with 128 neurons each: nominal time constants at the corners of their ranges, σ 0 and 50 %.
fn zoo() -> impl Iterator<Item = (Params, Chip, SpikeTrain)> {
    let corners = [(6e-6, 6e-6), (0.5e-6, 30e-6), (60e-6, 0.3e-6), (0.5e-6, 0.3e-6), (60e-6, 30e-6), (10e-6, 5e-6)];
    corners.into_iter().flat_map(|(tau_mem, tau_syn)| {
        (0..8u32).map(move |number| {
            let sigma = if number == 0 { 0.0 } else { 0.5 };
            let params = ideal().with(|p| {
                p.network.tau_mem = tau_mem;
                p.network.tau_syn = tau_syn;
                p.chip.sigma = sigma;
                p.chip.number = number;
            });
            // Strong enough that a good part of the neurons fires: scaled by the peak of a single response.
            let peak = crate::neuron::psp_peak(tau_mem, tau_syn);
            let params = params.with(|p| p.network.weight_full_scale = 0.4 / peak);
            let seed = u64::from(number);
            let chip = chip(&params, shape(N_IN, N_HIDDEN, 2), |pre, post| scrambled(seed, pre, post), |_, _| 9);
            (params, chip, random_train(seed, N_IN, 40, 38e-6))
        })
    })
}

#[test]
fn thousands_of_mismatched_membranes_follow_the_closed_form_until_they_spike() {
    let (mut compared, mut all) = (0, 0);
    for (params, chip, input) in zoo() {
        let grid = chip.grid();
        let xray = chip.xray(&input, 1, 0);
        let first = first_spikes(&chip, &xray.recording, N_HIDDEN);
        for (neuron, actual) in chip.actual().0.iter().enumerate() {
            all += grid.n_chip();
            let end = first[neuron].map_or(grid.n_chip(), |t| (t / grid.dt_chip).round() as usize - 1);
            for step in 0..end {
                let now = (step + 1) as f64 * grid.dt_chip;
                let expected = input.iter().fold(actual.v_leak, |v, (time, unit)| {
                    let weight = f64::from(chip.effective_weights().0[[usize::from(unit), neuron]]);
                    let tau_syn = if weight > 0.0 { actual.tau_syn_exc } else { actual.tau_syn_inh };
                    let onset = (f64::from(time) / grid.dt_chip).round() * grid.dt_chip;
                    v + weight * psp(now - onset, actual.tau_mem, tau_syn, params.network.tau_mem)
                });
                let got = f64::from(xray.v_hidden[[step, neuron]]);
                let bound = 1e-4 * expected.abs().max(1.0);
                assert!((got - expected).abs() < bound, "{actual:?} step {step}: {got} {expected}");
                compared += 1;
            }
        }
    }
    assert!(compared > all / 3 && compared > 50_000, "only {compared} of {all} values were below threshold");
}

#[test]
fn first_spikes_come_within_one_chip_step_of_a_fine_independent_simulation() {
    const FINE: usize = 64;
    // Closer to threshold than this is left to rounding; so are crossings that are over before the chip looks.
    const MARGIN: f64 = 1e-4;
    let (mut grazing, mut fired, mut all) = (0, 0, 0);
    for (params, chip, input) in zoo() {
        let grid = chip.grid();
        let recording = chip.run(&[&input], 1);
        let first = first_spikes(&chip, &recording, N_HIDDEN);
        for (neuron, actual) in chip.actual().0.iter().enumerate() {
            let mut model =
                Reference { neuron: actual, tau_c: params.network.tau_mem, v: actual.v_leak, exc: 0.0, inh: 0.0 };
            let threshold = actual.v_threshold;
            let mut crossed = (model.v >= threshold).then_some(0.0);
            let mut doubtful = false;
            'run: for step in 0..grid.n_chip() {
                for (_, unit) in input.iter().filter(|e| grid.chip_step(f64::from(e.0)) == Some(step)) {
                    let weight = f64::from(chip.effective_weights().0[[usize::from(unit), neuron]]);
                    *if weight > 0.0 { &mut model.exc } else { &mut model.inh } += weight;
                }
                for fine in 0..FINE {
                    model.step(grid.dt_chip / FINE as f64);
                    doubtful |= crossed.is_none() && (model.v - threshold).abs() < MARGIN;
                    if model.v >= threshold {
                        crossed.get_or_insert((step as f64 + (fine + 1) as f64 / FINE as f64) * grid.dt_chip);
                    }
                }
                if crossed.is_some() {
                    doubtful = (model.v - threshold).abs() < MARGIN || model.v < threshold;
                    break 'run;
                }
            }
            all += 1;
            if doubtful {
                grazing += 1;
                continue;
            }
            match (crossed, first[neuron]) {
                (None, None) => {}
                (Some(expected), Some(got)) => {
                    fired += 1;
                    let late = got - expected;
                    let fine = grid.dt_chip / FINE as f64;
                    assert!(late > -1.01 * fine && late < grid.dt_chip + fine, "{actual:?}: {got} {expected}");
                }
                (expected, got) => panic!("{actual:?}: fine simulation {expected:?}, chip {got:?}"),
            }
        }
    }
    assert!(all > 6000 && fired > 1500 && fired < all - 500, "{fired} of {all} fired: nothing was compared");
    assert!(grazing * 50 < all, "{grazing} of {all} neurons were excluded");
}

#[test]
fn spike_times_converge_to_the_exact_crossing_as_the_chip_step_halves() {
    let n = 100;
    let base = ideal().with(|p| p.network.weight_full_scale = 12.0);
    // Weights from 3.6 up: the response w (t/τ) e^(−t/τ) stays above 1 for longer than a host step.
    let code = |post: usize| 19 + (post % 45) as i8;
    let exact = |weight: f64| {
        let (mut low, mut high) = (0.0, 6e-6);
        for _ in 0..60 {
            let middle: f64 = 0.5 * (low + high);
            let v = weight * middle / 6e-6 * (-middle / 6e-6).exp();
            *if v < 1.0 { &mut low } else { &mut high } = middle;
        }
        high
    };
    let onset = 1.7e-6;
    let mut means = Vec::new();
    for substeps in [1, 2, 4, 8, 16, 32, 64] {
        let chip =
            chip(&base.clone().with(|p| p.network.substeps = substeps), shape(1, n, 1), |_, post| code(post), |_, _| 0);
        let dt = chip.grid().dt_chip;
        let first = first_spikes(&chip, &chip.run(&[&train(&[(onset, 0)])], 1), n);
        let errors: Vec<f64> =
            (0..n).map(|post| first[post].unwrap() - onset - exact(f64::from(code(post)) / 63.0 * 12.0)).collect();
        for error in &errors {
            assert!(*error > -1e-10 && *error < dt + 1e-10, "{substeps} substeps: {error} of {dt}");
        }
        means.push(errors.iter().sum::<f64>() / n as f64);
    }
    for pair in means.windows(2) {
        assert!(pair[1] < 0.75 * pair[0], "the mean delay halves: {means:?}");
    }
    assert!(means[6] < means[0] / 30.0, "{means:?}");
}

#[test]
fn after_a_spike_the_membrane_is_held_at_reset_for_the_refractory_time() {
    for (refractory, substeps) in [(0.0, 2), (0.3e-6, 2), (1.4e-6, 2), (2e-6, 2), (2e-6, 8), (7.7e-6, 4)] {
        let params = ideal().with(|p| {
            p.network.refractory = refractory;
            p.network.substeps = substeps;
            p.network.reset = 60.0;
            p.network.weight_full_scale = 100.0;
        });
        let chip = chip(&params, shape(1, 3, 1), |_, post| [63, 9, 4][post], |_, _| 0);
        // calix ranges in LSB: leak 80, threshold 150, so a reset of 60 lies 2/7 below the leak.
        let reset = -20.0f32 / 70.0;
        let hold = (refractory / chip.grid().dt_chip).round() as usize;
        let xray = chip.xray(&train(&[(0.0, 0), (9e-6, 0), (18e-6, 0)]), 1, 0);
        let spikes = &xray.recording.hidden_spikes[0];
        let mut gaps = 0;
        for neuron in 0..3 {
            let steps: Vec<usize> = spikes.iter().filter(|s| s.neuron == neuron).map(|s| usize::from(s.step)).collect();
            for pair in steps.windows(2) {
                assert!(pair[1] > pair[0] + hold, "t_ref {refractory}: spikes at {pair:?}, hold {hold}");
                let at = |step: usize| xray.v_hidden[[step, usize::from(neuron)]];
                for step in pair[0]..=pair[0] + hold {
                    assert!((at(step) - reset).abs() < 1e-6, "step {step} of {pair:?}: {}", at(step));
                }
                if pair[0] + hold + 1 < pair[1] {
                    assert!((at(pair[0] + hold + 1) - reset).abs() > 1e-3, "released too late");
                }
                gaps += 1;
            }
        }
        assert!(gaps > 3, "t_ref {refractory}: only {gaps} intervals");
        // With so strong an input the shortest interval is the refractory time and one step.
        let strong: Vec<u16> = spikes.iter().filter(|s| s.neuron == 0).map(|s| s.step).collect();
        let shortest = strong.windows(2).map(|w| usize::from(w[1] - w[0])).min().unwrap();
        assert_eq!(shortest, hold + 1, "t_ref {refractory}, {substeps} substeps");
    }
}

#[test]
fn a_hidden_spike_reaches_the_readout_at_the_beginning_of_the_next_step() {
    let params = ideal().with(|p| p.network.weight_full_scale = 30.0);
    let chip = chip(&params, shape(1, 1, 1), |_, _| 63, |_, _| 21);
    let xray = chip.xray(&train(&[(0.0, 0)]), 1, 0);
    let weight = 21.0 / 63.0 * params.network.readout_full_scale;
    let spikes = &xray.recording.hidden_spikes[0];
    assert!(spikes.len() > 2);
    for (step, v) in xray.v_readout.column(0).iter().enumerate() {
        let expected: f64 = spikes
            .iter()
            .map(|s| weight * psp((step as f64 - f64::from(s.step)) * chip.grid().dt_chip, 6e-6, 6e-6, 6e-6))
            .sum();
        assert!((f64::from(*v) - expected).abs() < 1e-4, "step {step}: {v} {expected}");
    }
}

// ---------------------------------------------------------------- invariances

#[test]
fn permuting_the_input_channels_of_an_ideal_chip_changes_nothing() {
    let n_in = 40;
    let params = ideal().with(|p| p.network.weight_full_scale = 3.0);
    // One event a chip step, so that even the order of additions stays the same.
    let channel = |k: usize| (k * 17) % n_in;
    let permuted = |channel: usize| (channel * 7 + 3) % n_in;
    let events = |map: &dyn Fn(usize) -> usize| {
        train(&(0..40).map(|k| (k as f64 * 0.85e-6, map(channel(k)) as u16)).collect::<Vec<_>>())
    };
    let plain =
        chip(&params, shape(n_in, 50, 3), |pre, post| scrambled(1, pre, post), |pre, post| scrambled(2, pre, post));
    let mut codes = plain.codes.clone();
    for pre in 0..n_in {
        codes.input.row_mut(permuted(pre)).assign(&plain.codes.input.row(pre));
    }
    let mut other = plain.clone();
    other.write_weights(&codes);
    assert_ne!(codes, plain.codes);
    let recording = plain.run(&[&events(&|c| c)], 1);
    assert!(recording.hidden_spikes[0].len() > 20);
    assert_eq!(recording, other.run(&[&events(&permuted)], 1));
}

#[test]
fn the_same_trial_has_the_same_bits_and_another_trial_other_noise() {
    let params = Params::default().with(|p| (p.chip.jitter_input, p.chip.jitter_spike) = (1e-6, 1e-6));
    let chip =
        chip(&params, shape(20, 30, 4), |pre, post| scrambled(3, pre, post), |pre, post| scrambled(4, pre, post));
    let inputs: Vec<SpikeTrain> = (0..20).map(|k| random_train(k, 20, 40, 30e-6)).collect();
    let inputs: Vec<&SpikeTrain> = inputs.iter().collect();
    let recording = chip.run(&inputs, 7);
    assert_eq!(recording, chip.run(&inputs, 7));
    let other = chip.run(&inputs, 8);
    assert_ne!(recording.hidden_cadc, other.hidden_cadc);
    assert_ne!(recording.hidden_spikes, other.hidden_spikes);
    assert!(recording.spikes_per_sample() > 5.0);
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(recording, pool.install(|| chip.run(&inputs, 7)), "{threads} threads");
    }
    // Two samples with the same input in one run see different noise.
    let twins = chip.run(&[inputs[0], inputs[0]], 7);
    assert_ne!(twins.hidden_of(0), twins.hidden_of(1));
    // The X-ray of a sample is the run that this sample went through.
    for sample in [0, 5, 19] {
        let xray = chip.xray(inputs[sample], 7, sample).recording;
        assert_eq!(xray.hidden_of(0), recording.hidden_of(sample));
        assert_eq!(xray.readout_of(0), recording.readout_of(sample));
        assert_eq!(xray.hidden_spikes[0], recording.hidden_spikes[sample]);
    }
}

#[test]
fn a_recording_that_is_used_again_holds_nothing_of_the_last_batch() {
    let params = Params::default().with(|p| p.chip.event_rate_limit = 2e6);
    let chip =
        chip(&params, shape(20, 30, 4), |pre, post| scrambled(3, pre, post), |pre, post| scrambled(4, pre, post));
    let inputs: Vec<SpikeTrain> = (0..9).map(|k| random_train(k, 20, 60, 30e-6)).collect();
    let inputs: Vec<&SpikeTrain> = inputs.iter().collect();
    let mut recording = Recording::new(chip.grid(), 30, 4);
    chip.run_into(&inputs, 1, &mut recording);
    chip.run_into(&inputs[3..6], 2, &mut recording);
    assert_eq!(recording, chip.run(&inputs[3..6], 2));
}

#[test]
fn a_chip_with_all_strengths_at_zero_is_the_ideal_twin_whatever_its_number() {
    let mut zero = Params::default().with(|p| p.chip.sigma = 0.4);
    for spec in PARAMS.iter().filter(|s| s.is_imperfection() && s.key != "sigma") {
        (spec.set)(&mut zero, Value::Number(0.0));
    }
    let network = |params: &Params| {
        chip(params, shape(20, 30, 4), |pre, post| scrambled(5, pre, post), |pre, post| scrambled(6, pre, post))
    };
    let input = random_train(1, 20, 60, 30e-6);
    let twin = network(&Params::default().ideal_twin());
    let recording = twin.run(&[&input], 1);
    assert!(recording.hidden_spikes[0].len() > 10);
    for number in [1, 2, 77] {
        let chip = network(&zero.clone().with(|p| p.chip.number = number));
        assert_eq!(chip.actual(), twin.actual());
        assert_eq!(recording, chip.run(&[&input], number.into()));
    }
}

#[test]
fn changing_parameters_of_a_chip_equals_building_it_anew() {
    let network = |params: &Params| {
        chip(params, shape(20, 30, 4), |pre, post| scrambled(5, pre, post), |pre, post| scrambled(6, pre, post))
    };
    let input = random_train(1, 20, 60, 30e-6);
    let next = Params::default().with(|p| {
        p.chip.number = 9;
        p.chip.sigma = 0.35;
        p.network.tau_mem = 9e-6;
        p.chip.event_rate_limit = 3e6;
        p.network.cadc_bits = 6;
    });
    let mut moved = network(&Params::default());
    moved.set_params(&next.for_chip());
    let fresh = network(&next);
    assert_eq!(moved.actual(), fresh.actual());
    assert_eq!(moved.run(&[&input], 3), fresh.run(&[&input], 3));
    assert_ne!(moved.run(&[&input], 3), network(&Params::default()).run(&[&input], 3));
}

mod imperfections;
mod recurrence;
mod spiking_readout;
mod wide;
