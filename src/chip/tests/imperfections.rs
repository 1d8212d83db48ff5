//! Every imperfection has a test that fails if its strength is ignored.

use super::*;
use crate::params::find;

// ---------------------------------------------------------------- imperfections

/// A strength that must show.
fn strong(key: &str) -> f64 {
    match key {
        "jitter_input" | "jitter_spike" => 3e-6,
        "synaptic_saturation" => 1.0,
        "event_rate_limit" => 1e6,
        "temperature" => 20.0,
        _ => 0.3,
    }
}

#[test]
fn every_imperfection_changes_the_recording() {
    let network = |params: &Params| {
        chip(params, shape(20, 30, 4), |pre, post| scrambled(7, pre, post), |pre, post| scrambled(8, pre, post))
    };
    let inputs: Vec<SpikeTrain> = (0..8).map(|k| random_train(k, 20, 60, 30e-6)).collect();
    let inputs: Vec<&SpikeTrain> = inputs.iter().collect();
    let base = ideal().with(|p| p.network.weight_full_scale = 4.0);
    let recording = network(&base).run(&inputs, 1);
    assert!(recording.spikes_per_sample() > 50.0);
    let keys: Vec<&str> = PARAMS.iter().filter(|s| s.is_imperfection()).map(|s| s.key).collect();
    assert!(keys.len() >= 19, "{keys:?}");
    for key in keys {
        let mut params = base.clone();
        // Mending needs something to mend, and trace circuits are no part of this recording.
        if matches!(key, "mended" | "dead_traces") {
            continue;
        }
        let value = if key == "silenced" { Value::Integers((0..30).collect()) } else { Value::Number(strong(key)) };
        (find(key).unwrap().set)(&mut params, value);
        assert_ne!(params, base);
        let mut other = network(&params);
        // Drift needs time; without drift a chip does not age.
        other.grow_older(1000.0);
        let other = other.run(&inputs, 1);
        assert!(other != recording, "{key} has no effect");
    }
}

#[test]
fn neurons_named_as_silenced_or_mended_are_so_whatever_the_share_says_and_others_do_not_exist() {
    let spiking = |params: Params| {
        let network =
            chip(&params, shape(20, 30, 4), |pre, post| scrambled(7, pre, post), |pre, post| scrambled(8, pre, post));
        let input = random_train(1, 20, 60, 30e-6);
        let recording = network.run(&[&input], 1);
        recording.hidden_spikes[0].iter().map(|s| s.neuron).collect::<std::collections::BTreeSet<_>>()
    };
    let base = ideal().with(|p| p.network.weight_full_scale = 4.0);
    let all = spiking(base.clone());
    let some: Vec<u32> = all.iter().step_by(2).map(|n| u32::from(*n)).collect();
    let named = |n: &u16| some.contains(&u32::from(*n));
    assert!(some.len() > 5 && all.len() > some.len());
    let silenced = spiking(base.clone().with(|p| p.chip.silenced = [some.clone(), vec![300]].concat()));
    assert!(silenced.iter().all(|n| !named(n)) && !silenced.is_empty());
    let mended =
        spiking(base.with(|p| (p.chip.silent_neurons, p.chip.mended) = (1.0, [some.clone(), vec![300]].concat())));
    assert!(mended.iter().all(named) && !mended.is_empty());
}

type Get = fn(&ActualNeuron) -> f64;

#[test]
fn every_spread_has_the_size_asked_for() {
    // All at once with different sizes, so that no spread can stand in for another.
    let params = ideal().with(|p| {
        p.chip.sigma_tau_mem = Some(0.11);
        p.chip.sigma_tau_syn = Some(0.19);
        p.chip.sigma_threshold = Some(0.07);
        p.chip.sigma_leak = Some(0.23);
        p.chip.sigma_reset = Some(0.16);
        p.chip.sigma_gain = Some(0.13);
        p.chip.sigma_refractory = Some(0.27);
        p.chip.sigma_cadc_offset = Some(0.05);
        p.chip.sigma_cadc_gain = Some(0.03);
    });
    let neurons: Vec<ActualNeuron> = (0..40)
        .flat_map(|number| {
            let chip =
                Chip::new(&params.clone().with(|p| p.chip.number = number).for_chip(), shape(1, 508, 1)).unwrap();
            chip.actual().0.to_vec()
        })
        .collect();
    // Relative bound: 20,320 draws have a standard error of 0.5 %; the gains of 160 quadrants one of about 4 %.
    let table: [(&str, Get, f64, f64); 11] = [
        ("tau_mem", |n| (n.tau_mem / 6e-6).ln(), 0.11, 0.03),
        ("tau_syn exc", |n| (n.tau_syn_exc / 6e-6).ln(), 0.19, 0.03),
        ("tau_syn inh", |n| (n.tau_syn_inh / 6e-6).ln(), 0.19, 0.03),
        ("threshold", |n| n.v_threshold - 1.0, 0.07, 0.03),
        ("leak", |n| n.v_leak, 0.23, 0.03),
        ("reset", |n| n.v_reset, 0.16, 0.03),
        ("gain exc", |n| n.gain_exc.ln(), 0.13, 0.15),
        ("gain inh", |n| n.gain_inh.ln(), 0.13, 0.15),
        ("refractory", |n| (n.refractory / 2e-6).ln(), 0.27, 0.03),
        ("cadc offset", |n| n.cadc_offset, 0.05 * 70.0, 0.03),
        ("cadc gain", |n| n.cadc_gain.ln(), 0.03, 0.03),
    ];
    for (name, get, sigma, bound) in table {
        let (mean, sd) = moments(&neurons.iter().map(get).collect::<Vec<_>>());
        assert!((sd / sigma - 1.0).abs() < bound, "{name}: {sd} instead of {sigma}");
        assert!(mean.abs() < 0.2 * sigma, "{name}: mean {mean}");
    }
}

#[test]
fn normal_spreads_are_linear_and_never_fall_below_a_fifth() {
    let params = ideal().with(|p| (p.chip.sigma_tau_mem, p.chip.distribution) = (Some(0.5), Distribution::Normal));
    let factors = |params: &Params| {
        let chip = Chip::new(&params.for_chip(), shape(1, 508, 1)).unwrap();
        chip.actual().0.iter().map(|n| n.tau_mem / 6e-6).collect::<Vec<_>>()
    };
    let normal = factors(&params);
    let lognormal = factors(&params.with(|p| p.chip.distribution = Distribution::Lognormal));
    let mut floored = 0;
    for (normal, lognormal) in normal.iter().zip(lognormal) {
        // The same draw z: lognormal exp(σ z), normal max(1 + σ z, 0.2).
        let expected = (1.0 + lognormal.ln()).max(0.2);
        assert!((normal - expected).abs() < 1e-9);
        floored += usize::from((normal - 0.2).abs() < 1e-12);
    }
    // P(z < −1.6) = 5.5 % of 508.
    assert!((10..60).contains(&floored), "{floored}");
}

#[test]
fn single_synapses_drivers_and_gains_each_spread_the_weights_in_their_own_pattern() {
    let (n_in, n_hidden) = (128, 128);
    let log_factors = |params: &Params| {
        let chip = chip(params, shape(n_in, n_hidden, 1), |_, _| 63, |_, _| 0);
        chip.effective_weights().0.mapv(|w| (f64::from(w) / params.network.weight_full_scale).ln())
    };
    let sd = |xs: Vec<f64>| moments(&xs).1;
    let weight = log_factors(&ideal().with(|p| p.chip.sigma_weight = Some(0.1)));
    assert!((sd(weight.iter().copied().collect()) - 0.1).abs() < 0.003);
    let rows = weight.mean_axis(ndarray::Axis(1)).unwrap();
    assert!(sd(rows.to_vec()) < 0.02, "single synapses have nothing in common along a row");

    let driver = log_factors(&ideal().with(|p| p.chip.sigma_driver = Some(0.1)));
    for row in driver.outer_iter() {
        assert!(row.iter().all(|x| (x - row[0]).abs() < 1e-6), "a driver is common to its row");
    }
    assert!((sd(driver.column(0).to_vec()) - 0.1).abs() < 0.03);

    let gain = ideal().with(|p| p.chip.sigma_gain = Some(0.1));
    let chip = Chip::new(&gain.for_chip(), shape(n_in, n_hidden, 1)).unwrap();
    let actual: Vec<f64> = chip.actual().0.iter().map(|n| n.gain_exc.ln()).collect();
    for (neuron, column) in log_factors(&gain).columns().into_iter().enumerate() {
        assert!(column.iter().all(|x| (x - actual[neuron]).abs() < 1e-6), "a gain is common to its neuron");
    }
}

#[test]
fn a_positive_and_a_negative_code_use_different_synapses_of_a_row_pair() {
    let params = ideal()
        .with(|p| (p.chip.sigma_weight, p.chip.sigma_driver, p.chip.sigma_gain) = (Some(0.2), Some(0.1), Some(0.1)));
    let weights = |code: i8| {
        let chip = chip(&params, shape(8, 16, 1), |_, _| code, |_, _| 0);
        chip.effective_weights().0.clone()
    };
    let (plus, minus, half) = (weights(40), weights(-40), weights(20));
    assert!(plus.iter().all(|w| *w > 0.0) && minus.iter().all(|w| *w < 0.0));
    let differ = plus.iter().zip(&minus).filter(|(p, m)| ((*p + *m) / *p).abs() > 0.01).count();
    assert!(differ > 8 * 16 * 9 / 10, "{differ}");
    for (plus, half) in plus.iter().zip(&half) {
        assert!((plus - 2.0 * half).abs() < 1e-6, "the code only scales its synapse");
    }
    // The largest code of an ideal chip is the full scale, whatever the number of bits.
    for (weight_bits, largest) in [(6, 63), (4, 15), (1, 1)] {
        let params = ideal().with(|p| p.network.weight_bits = weight_bits);
        let chip = chip(&params, shape(1, 2, 1), |_, post| [largest, -largest][post], |_, _| largest);
        let (input, readout) = chip.effective_weights();
        for (got, expected) in [
            (input[[0, 0]], params.network.weight_full_scale),
            (input[[0, 1]], -params.network.weight_full_scale),
            (readout[[0, 0]], params.network.readout_full_scale),
        ] {
            assert!((f64::from(got) - expected).abs() < 1e-6, "{weight_bits} bits: {got}");
        }
    }
}

#[test]
fn a_resting_membrane_has_the_noise_asked_for_whatever_the_step() {
    for (tau_mem, substeps) in [(6e-6, 2), (6e-6, 8), (0.5e-6, 1), (30e-6, 2)] {
        let params = ideal().with(|p| {
            p.chip.noise_membrane = 0.1;
            p.network.tau_mem = tau_mem;
            p.network.substeps = substeps;
            p.network.duration = 1000e-6;
        });
        let xray = chip(&params, shape(1, 200, 1), |_, _| 0, |_, _| 0).xray(&train(&[]), 5, 0);
        // From ten time constants on it is stationary; at 10 standard deviations nothing fires.
        let dt = 1.7e-6 / f64::from(substeps);
        let from = (10.0 * tau_mem / dt) as usize;
        let v: Vec<f64> = xray.v_hidden.slice(ndarray::s![from.., ..]).iter().map(|v| f64::from(*v)).collect();
        let (mean, sd) = moments(&v);
        assert!((sd - 0.1).abs() < 0.004 && mean.abs() < 0.01, "τ {tau_mem}, {substeps}: mean {mean}, sd {sd}");
        // An Ornstein-Uhlenbeck process decays in its autocorrelation with τ_mem: e^(−dt/τ) after one step.
        let pairs = xray.v_hidden.slice(ndarray::s![from.., ..]);
        let n = pairs.nrows() - 1;
        let product: f64 = (0..n).map(|k| f64::from((&pairs.row(k) * &pairs.row(k + 1)).sum())).sum();
        let lag = product / (n * 200) as f64 / (sd * sd);
        assert!((lag - (-dt / tau_mem).exp()).abs() < 0.02, "τ {tau_mem}, {substeps}: {lag}");
    }
}

#[test]
fn readout_noise_reaches_the_codes_of_hidden_and_readout_neurons() {
    let params = ideal().with(|p| (p.chip.noise_readout, p.network.duration) = (0.05, 400e-6));
    let recording = chip(&params, shape(1, 100, 40), |_, _| 0, |_, _| 0).run(&[&train(&[])], 5);
    // 5 % of 70 LSB; rounding adds a variance of 1/12.
    let expected = (3.5f64.powi(2) + 1.0 / 12.0).sqrt();
    for codes in [&recording.hidden_cadc, &recording.readout_cadc] {
        let (mean, sd) = moments(&codes.iter().map(|c| f64::from(*c)).collect::<Vec<_>>());
        assert!((sd - expected).abs() < 0.12 && (mean - 80.0).abs() < 0.15, "mean {mean} sd {sd}");
    }
}

/// Abramowitz & Stegun 7.1.26, |error| < 1.5e-7.
fn normal_cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs() / 2f64.sqrt());
    let poly =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let erf = 1.0 - poly * (-x * x / 2.0).exp();
    0.5 * (1.0 + if x < 0.0 { -erf } else { erf })
}

#[test]
fn threshold_noise_makes_spikes_as_likely_as_the_normal_distribution_says() {
    let (n, trials, sigma) = (40, 500, 0.1);
    let params = ideal()
        .with(|p| (p.chip.noise_threshold, p.network.refractory, p.network.weight_full_scale) = (sigma, 32e-6, 3.5));
    // PSPs that peak between 0.82 and 1.19 of the threshold.
    let network = |params: &Params| chip(params, shape(1, n, 1), |_, post| 40 + (post % 20) as i8, |_, _| 0);
    let chip = network(&params);
    let input = train(&[(0.0, 0)]);
    let mut counts = vec![0; n];
    for trial in 0..trials {
        // All samples of a run share its thresholds.
        let recording = chip.run(&[&input, &input], trial);
        assert_eq!(recording.hidden_spikes[0], recording.hidden_spikes[1]);
        recording.hidden_spikes[0].iter().for_each(|s| counts[usize::from(s.neuron)] += 1);
    }
    for (neuron, count) in counts.iter().enumerate() {
        // The largest of the values (t/τ) e^(−t/τ) w on the chip's grid.
        let weight = (40 + neuron % 20) as f64 / 63.0 * 3.5;
        let peak = (1..48).map(|k| weight * psp(f64::from(k) * 0.85e-6, 6e-6, 6e-6, 6e-6)).fold(0.0, f64::max);
        let expected = normal_cdf((peak - 1.0) / sigma);
        let share = f64::from(*count) / trials as f64;
        // Four standard errors of 500 trials, and 0.02 for the bounded normal of the generator.
        assert!((share - expected).abs() < 0.11, "neuron {neuron}, peak {peak}: {share} instead of {expected}");
    }
}

#[test]
fn input_jitter_moves_the_onset_of_the_response_by_the_spread_asked_for() {
    let params = ideal().with(|p| (p.chip.jitter_input, p.network.substeps) = (3e-6, 8));
    let chip = chip(&params, shape(1, 1, 1), |_, _| 20, |_, _| 0);
    let dt = chip.grid().dt_chip;
    let input = train(&[(20e-6, 0)]);
    let onsets: Vec<f64> = (0..800)
        .map(|sample| {
            let xray = chip.xray(&input, 1, sample);
            xray.v_hidden.column(0).iter().position(|v| *v != 0.0).unwrap() as f64 * dt
        })
        .collect();
    let (mean, sd) = moments(&onsets);
    // Standard errors: 0.11 µs and 0.075 µs.
    assert!((mean - 20e-6).abs() < 0.45e-6 && (sd - 3e-6).abs() < 0.3e-6, "mean {mean} sd {sd}");
}

#[test]
fn spike_jitter_delays_spikes_by_half_a_normal_draw_for_readout_and_host_alike() {
    let sigma = 3e-6;
    let base =
        ideal().with(|p| (p.network.weight_full_scale, p.network.refractory, p.network.substeps) = (5.0, 32e-6, 8));
    let network = |params: &Params| chip(params, shape(1, 1, 1), |_, _| 63, |_, _| 10);
    let input = train(&[(0.0, 0)]);
    let emitted = network(&base).run(&[&input], 1).hidden_spikes[0][0].step;
    let chip = network(&base.with(|p| p.chip.jitter_spike = sigma));
    let dt = chip.grid().dt_chip;
    let delays: Vec<f64> = (0..800)
        .map(|sample| {
            let xray = chip.xray(&input, 1, sample);
            let spikes = &xray.recording.hidden_spikes[0];
            assert_eq!(spikes.len(), 1);
            let onset = xray.v_readout.column(0).iter().position(|v| *v != 0.0).unwrap();
            assert_eq!(onset, usize::from(spikes[0].step) + 1, "what the host sees is what the readout got");
            f64::from(spikes[0].step - emitted) * dt
        })
        .collect();
    // Half-normal distribution: mean σ √(2/π), sd σ √(1 − 2/π).
    let (mean, sd) = moments(&delays);
    let pi = std::f64::consts::PI;
    assert!((mean - sigma * (2.0 / pi).sqrt()).abs() < 0.3e-6, "{mean}");
    assert!((sd - sigma * (1.0 - 2.0 / pi).sqrt()).abs() < 0.25e-6, "{sd}");
}

#[test]
fn a_saturated_synapse_answers_to_many_spikes_as_to_the_largest_current() {
    let params = ideal().with(|p| p.chip.synaptic_saturation = 1.5);
    let chip = chip(&params, shape(10, 2, 1), |_, post| [21, -21][post], |_, _| 0);
    // Ten simultaneous spikes of weight 1 carry a current of 10, of which 1.5 remain.
    let xray = chip.xray(&train(&(0..10).map(|k| (0.0, k)).collect::<Vec<_>>()), 1, 0);
    for (step, v) in xray.v_hidden.outer_iter().enumerate() {
        let expected = 1.5 * psp((step + 1) as f64 * 0.85e-6, 6e-6, 6e-6, 6e-6);
        assert!((f64::from(v[0]) - expected).abs() < 1e-5 && (f64::from(v[1]) + expected).abs() < 1e-5, "step {step}");
    }
}

#[test]
fn the_link_carries_so_many_events_a_step_and_counts_the_others() {
    // 4 MEvent/s over chip steps of 0.85 µs: three a step.
    let params = ideal().with(|p| p.chip.event_rate_limit = 4e6);
    let network = |params: &Params| chip(params, shape(10, 1, 1), |pre, _| pre as i8, |_, _| 0);
    let crowd = (0..10).map(|k| (8.5e-6, k)).chain([(17e-6, 4), (17e-6, 5)]).collect::<Vec<_>>();
    let survivors = train(&[(8.5e-6, 0), (8.5e-6, 1), (8.5e-6, 2), (17e-6, 4), (17e-6, 5)]);
    let limited = network(&params).xray(&train(&crowd), 1, 0);
    assert_eq!(limited.recording.lost_events, [7]);
    let free = network(&ideal()).xray(&survivors, 1, 0);
    assert_eq!(free.recording.lost_events, [0]);
    assert_eq!(limited.v_hidden, free.v_hidden);
    // An event a second: the first of a sample.
    let slow = network(&ideal().with(|p| p.chip.event_rate_limit = 1.0));
    assert_eq!(slow.run(&[&train(&crowd), &survivors], 1).lost_events, [11, 4]);
}

#[test]
fn the_link_carries_as_much_whatever_the_step_of_the_chip() {
    // More events than the link carries, one every 10 ns: of 30 µs at 2 MEvent/s, 60 get through.
    let crowd = train(&(0..3000u16).map(|k| (1e-8 * f64::from(k), k % 10)).collect::<Vec<_>>());
    for substeps in [1, 2, 4, 16, 64] {
        let params = ideal().with(|p| (p.chip.event_rate_limit, p.network.substeps) = (2e6, substeps));
        let chip = chip(&params, shape(10, 1, 1), |_, _| 0, |_, _| 0);
        let carried = 3000 - chip.run(&[&crowd], 1).lost_events[0];
        // The first and the last step are counted whole, and an idle link is free for one event.
        let step = 2e6 * params.network.grid().dt_chip;
        assert!((f64::from(carried) - 60.0).abs() <= step + 1.0, "{substeps} steps: {carried}");
    }
}

#[test]
fn fewer_readout_bits_coarsen_every_code_to_a_multiple_of_the_step() {
    let network =
        |params: &Params| chip(params, shape(20, 30, 4), |pre, post| scrambled(7, pre, post), |_, post| 9 * post as i8);
    let input = random_train(3, 20, 60, 30e-6);
    let fine = network(&ideal()).run(&[&input], 1);
    for cadc_bits in [2, 4, 6] {
        let step = 1u8 << (8 - cadc_bits);
        let coarse = network(&ideal().with(|p| p.network.cadc_bits = cadc_bits)).run(&[&input], 1);
        assert_eq!(coarse.hidden_spikes, fine.hidden_spikes, "the chip itself does not care");
        for (coarse, fine) in coarse.hidden_cadc.iter().zip(&fine.hidden_cadc) {
            assert_eq!(coarse % step, 0);
            let clipped = i32::from(*fine).min(256 - i32::from(step));
            assert!((i32::from(*coarse) - clipped).abs() <= i32::from(step) / 2 + 1, "{coarse} {fine}");
        }
    }
}

// ---------------------------------------------------------------- damage

#[test]
fn silent_neurons_never_spike_and_the_others_go_on_as_before() {
    let network = |params: &Params| {
        chip(params, shape(20, 200, 4), |pre, post| scrambled(7, pre, post), |pre, post| scrambled(8, pre, post))
    };
    let input = random_train(1, 20, 80, 30e-6);
    let base = ideal().with(|p| p.network.weight_full_scale = 6.0);
    let before = network(&base).run(&[&input], 1);
    let hurt = network(&base.clone().with(|p| p.chip.silent_neurons = 0.3));
    let after = hurt.run(&[&input], 1);
    let silent = &hurt.damage.silent;
    let share = silent.iter().filter(|s| **s).count() as f64 / 200.0;
    assert!((share - 0.3).abs() < 5.0 * (0.3f64 * 0.7 / 200.0).sqrt(), "{share}");
    let expected: Vec<_> = before.hidden_spikes[0].iter().copied().filter(|s| !silent[usize::from(s.neuron)]).collect();
    assert_eq!(after.hidden_spikes[0], expected);
    assert!(expected.len() < before.hidden_spikes[0].len());
}

#[test]
fn dead_rows_send_nothing_and_dead_channels_read_zero() {
    let network = |params: &Params| {
        chip(params, shape(40, 100, 4), |pre, post| scrambled(7, pre, post), |pre, post| scrambled(8, pre, post))
    };
    let input = random_train(1, 40, 80, 30e-6);
    let hurt = network(&ideal().with(|p| p.chip.dead_inputs = 0.5));
    let dead = &hurt.damage.dead_inputs;
    let rest =
        train(&input.iter().filter(|e| !dead[usize::from(e.1)]).map(|e| (f64::from(e.0), e.1)).collect::<Vec<_>>());
    assert!(rest.len() < input.len());
    assert_eq!(hurt.run(&[&input], 1), network(&ideal()).run(&[&rest], 1));

    let hurt = network(&ideal().with(|p| p.chip.dead_channels = 0.5));
    let (codes, whole) = (hurt.run(&[&input], 1), network(&ideal()).run(&[&input], 1));
    for (k, (code, before)) in codes.hidden_of(0).iter().zip(whole.hidden_of(0)).enumerate() {
        assert_eq!(*code, if hurt.damage.dead_adc[k % 100] { 0 } else { *before });
    }
    assert_eq!(codes.hidden_spikes, whole.hidden_spikes, "a dead channel does not disturb the neuron");
}

#[test]
fn stuck_synapses_keep_their_weight_whatever_is_written() {
    let mut params = ideal().with(|p| p.chip.stuck_synapses = 1.0);
    let with = |params: &Params, code: i8| chip(params, shape(30, 40, 4), |_, _| code, |_, _| code);
    let (a, b) = (with(&params, 0), with(&params, 63));
    assert_eq!(a.effective_weights(), b.effective_weights());
    // An excitatory and an inhibitory code of 0…63 each, uniform: mean 0, variance 2 (64² − 1)/12 codes².
    let per_code = params.network.weight_full_scale / 63.0;
    let codes: Vec<f64> = a.effective_weights().0.iter().map(|w| f64::from(*w) / per_code).collect();
    let (mean, sd) = moments(&codes);
    let expected = (2.0 * 4095.0f64 / 12.0).sqrt();
    assert!(mean.abs() < 5.0 * expected / 1200f64.sqrt() && (sd / expected - 1.0).abs() < 0.1, "{mean} {sd}");

    params.chip.stuck_synapses = 0.2;
    let (ideal, hurt) = (with(&ideal(), 40), with(&params, 40));
    let weights = hurt.effective_weights().0.iter().zip(ideal.effective_weights().0);
    let changed = weights.filter(|(a, b)| (*a - *b).abs() > 1e-6).count() as f64 / 1200.0;
    // Either synapse of the pair may be stuck: 1 − 0.8², less the few that hold the right value by chance.
    assert!((changed - 0.36).abs() < 0.07, "{changed}");
}

#[test]
fn warmth_moves_all_time_constants_and_thresholds_by_the_stated_coefficient() {
    let network = |params: &Params| chip(params, shape(4, 30, 2), |_, _| 10, |_, _| 10);
    let (cold, warm) = (network(&Params::default()), network(&Params::default().with(|p| p.chip.temperature = 25.0)));
    for (c, w) in cold.actual().0.iter().zip(warm.actual().0) {
        assert!((w.tau_mem / c.tau_mem - 0.1f64.exp()).abs() < 1e-9);
        assert!((w.tau_syn_inh / c.tau_syn_inh - 0.1f64.exp()).abs() < 1e-9);
        assert!((w.v_threshold - c.v_threshold - 0.1).abs() < 1e-9);
        assert!((w.v_leak - c.v_leak).abs() < 1e-12);
    }
}

#[test]
fn a_drifting_chip_wanders_in_proportion_to_its_age_and_a_sound_one_stays() {
    let mut drifting = chip(&ideal().with(|p| p.chip.drift = 0.1), shape(4, 500, 2), |_, _| 10, |_, _| 10);
    assert!(drifting.actual().0.iter().all(|n| (n.v_threshold - 1.0).abs() < 1e-12), "a new chip has not drifted");
    drifting.grow_older(400.0);
    drifting.grow_older(600.0);
    let after: Vec<f64> = drifting.actual().0.iter().map(|n| n.v_threshold - 1.0).collect();
    let (mean, sd) = moments(&after);
    // 500 neurons: five standard errors.
    assert!(mean.abs() < 0.023 && (sd - 0.1).abs() < 0.016, "{mean} {sd}");
    drifting.grow_older(1000.0);
    for (twice, once) in drifting.actual().0.iter().zip(&after) {
        assert!((twice.v_threshold - 1.0 - 2.0 * once).abs() < 1e-9);
    }
    let mut sound = chip(&Params::default(), shape(4, 30, 2), |_, _| 10, |_, _| 10);
    let before = sound.actual().0.to_vec();
    sound.grow_older(1e6);
    assert_eq!(before, sound.actual().0);
}
