//! Experiments as a whole: bookkeeping, determinism, lanes, and what happens when numbers explode.

use super::*;
use crate::host::Host;
use crate::host::network::Network;
use crate::params::{PARAMS, Recurrence, TakesEffect, TaskKind, Value, find};

/// A Yin-Yang experiment that takes moments: `n` training and 90 test samples.
fn small(n: usize, change: impl FnOnce(&mut Params)) -> Experiment {
    let mut params = Params::for_task(TaskKind::YinYang).with(|p| {
        p.network.hidden = 20;
        p.learning.batch = 32;
        p.learning.epochs = 3;
        p.learning.threads = 1;
    });
    change(&mut params);
    let mut data = Dataset::new(&params).unwrap();
    data.train.truncate(n);
    data.test.truncate(90);
    Experiment::with_data(&params, data).unwrap()
}

/// Everything an experiment reports, without the time it took.
fn reports(mut experiment: Experiment) -> Vec<Step> {
    let mut steps = Vec::new();
    while !experiment.is_finished() {
        let mut step = experiment.step().unwrap();
        step.reports.iter_mut().for_each(|r| r.seconds = 0.0);
        step.epoch_done.iter_mut().flatten().for_each(|r| r.seconds = 0.0);
        steps.push(step);
    }
    steps
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let noisy = |p: &mut Params| (p.chip.jitter_input, p.chip.jitter_spike, p.learning.batch) = (0.5e-6, 0.5e-6, 50);
    let reference = reports(small(140, noisy));
    assert_eq!(reports(small(140, noisy)), reference);
    let on = |threads| move |p: &mut Params| (noisy(p), p.learning.threads = threads).1;
    for threads in [2, 4] {
        assert_eq!(reports(small(140, on(threads))), reference, "{threads} threads");
    }
}

#[test]
fn a_stop_ends_a_pass_over_the_test_split_and_the_batch_can_be_done_again() {
    let undisturbed = reports(small(100, |_| {}));
    let mut experiment = small(100, |_| {});
    let stop = Stop::default();
    experiment.heed(std::slice::from_ref(&stop));
    let batches = undisturbed.iter().position(|step| step.epoch_done.is_some()).unwrap();
    (0..batches).for_each(|_| drop(experiment.step().unwrap()));
    let before = experiment.checkpoint();
    stop.request();
    assert_eq!(experiment.evaluate(Lane::Ideal), None);
    assert_eq!(experiment.step().err(), Some(Error::Interrupted));
    assert_eq!(experiment.checkpoint(), before, "the run can be kept and go on from here");
    stop.clear();
    assert_eq!(reports(experiment), undisturbed[batches..]);
}

#[test]
fn another_seed_and_another_chip_give_other_numbers_where_they_should() {
    let lane = |steps: &[Step], lane: Lane| {
        steps.iter().flat_map(|s| s.reports.clone()).filter(|r| r.lane == lane).collect::<Vec<_>>()
    };
    let reference = reports(small(100, |_| {}));
    let other_seed = reports(small(100, |p| p.learning.seed = 2));
    let other_chip = reports(small(100, |p| p.chip.number = 2));
    for kind in Lane::WITH_HOST {
        assert_ne!(lane(&reference, kind), lane(&other_seed, kind), "{}", kind.name());
        let same = lane(&reference, kind) == lane(&other_chip, kind);
        assert_eq!(same, kind == Lane::Ideal, "only the ideal twin knows no chip number: {}", kind.name());
    }
}

#[test]
fn epochs_count_their_batches_and_the_last_one_may_be_short() {
    let steps = reports(small(100, |_| {}));
    // 100 samples in batches of 32: 32, 32, 32, 4.
    assert_eq!(steps.len(), 3 * 4);
    for (k, step) in steps.iter().enumerate() {
        assert_eq!((step.epoch, step.batch, step.batches), (k / 4 + 1, k % 4 + 1, 4));
        assert_eq!(step.epoch_done.is_some(), step.batch == 4);
        assert_eq!(step.reports.iter().map(|r| r.lane).collect::<Vec<_>>(), Lane::WITH_HOST);
        for report in &step.reports {
            assert_eq!(report.samples, if step.batch == 4 { 4 } else { 32 });
            assert!((0.0..=1.0).contains(&report.accuracy) && report.loss > 0.0 && report.hidden_spikes > 0.0);
        }
        for done in step.epoch_done.iter().flatten() {
            assert_eq!(done.epoch, step.epoch);
            // The epoch's training loss is the mean over samples, not over batches.
            let own = steps.iter().filter(|s| s.epoch == step.epoch).flat_map(|s| &s.reports);
            let sum: f64 = own.filter(|r| r.lane == done.lane).map(|r| r.loss * r.samples as f64).sum();
            assert!((done.train_loss - sum / 100.0).abs() < 1e-9);
        }
    }
}

#[test]
fn every_sample_is_seen_once_an_epoch_and_in_another_order_in_the_next() {
    let mut experiment = small(100, |p| p.learning.lanes = vec![Lane::Ideal]);
    let mut orders = Vec::new();
    for _ in 0..2 {
        let order = experiment.order.clone();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        orders.push(order);
        while experiment.step().unwrap().epoch_done.is_none() {}
    }
    assert_ne!(orders[0], orders[1]);
}

#[test]
fn a_change_of_batch_size_within_an_epoch_neither_loses_nor_repeats_samples() {
    let mut experiment = small(100, |p| p.learning.lanes = vec![Lane::Ideal]);
    let mut seen = experiment.step().unwrap().reports[0].samples;
    experiment.set_params(&experiment.params().clone().with(|p| p.learning.batch = 11)).unwrap();
    loop {
        let step = experiment.step().unwrap();
        seen += step.reports[0].samples;
        assert_eq!(step.batches, 1 + 7, "32, then seven batches of 11 (the last one of 2)");
        if step.epoch_done.is_some() {
            break;
        }
    }
    assert_eq!(seen, 100);
    // A batch larger than the data is all of it.
    experiment.set_params(&experiment.params().clone().with(|p| p.learning.batch = 4096)).unwrap();
    let step = experiment.step().unwrap();
    assert_eq!((step.reports[0].samples, step.batches, step.epoch_done.is_some()), (100, 1, true));
}

#[test]
fn any_lanes_can_run_alone_and_report_what_they_report_together() {
    let all = reports(small(70, |_| {}));
    for lanes in [
        vec![Lane::Ideal],
        vec![Lane::Transferred],
        vec![Lane::InTheLoop],
        vec![Lane::Ideal, Lane::InTheLoop],
        vec![Lane::Transferred, Lane::InTheLoop],
    ] {
        let wanted = lanes.clone();
        let alone = reports(small(70, move |p| p.learning.lanes = wanted));
        assert_eq!(alone.len(), all.len());
        for (alone, all) in alone.iter().zip(&all) {
            let expected: Vec<_> = all.reports.iter().filter(|r| lanes.contains(&r.lane)).cloned().collect();
            assert_eq!(alone.reports, expected);
            let expected = all
                .epoch_done
                .as_ref()
                .map(|done| done.iter().filter(|r| lanes.contains(&r.lane)).copied().collect::<Vec<_>>());
            assert_eq!(alone.epoch_done, expected, "{lanes:?}");
        }
    }
}

#[test]
fn on_a_perfect_chip_all_lanes_are_the_same() {
    let perfect = |p: &mut Params| *p = p.ideal_twin().with(|p| p.learning.lanes = Lane::WITH_HOST.to_vec());
    for step in reports(small(100, perfect)) {
        if let Some(done) = &step.epoch_done {
            for other in &done[1..] {
                assert_eq!(other.test_loss.to_bits(), done[0].test_loss.to_bits(), "{}", other.lane.name());
                assert_eq!(other.test_accuracy.to_bits(), done[0].test_accuracy.to_bits());
            }
        }
        let (ideal, in_the_loop) = (&step.reports[0], &step.reports[2]);
        assert_eq!(ideal.loss.to_bits(), in_the_loop.loss.to_bits());
    }
    // And that is not because nothing is measured: on the default chip they differ.
    let last = reports(small(100, |_| {})).pop().unwrap().epoch_done.unwrap();
    assert!((last[1].test_loss - last[0].test_loss).abs() > 1e-3);
}

#[test]
fn only_what_takes_effect_at_once_is_adopted_and_the_rest_is_named() {
    let mut experiment = small(64, |_| {});
    let before = experiment.params().clone();
    let wanted = before.clone().with(|p| {
        p.chip.sigma = 0.5;
        p.learning.learning_rate = 1e-3;
        p.chip.number = 5;
        p.network.hidden = 33;
        p.learning.seed = 9;
    });
    let mut keys = experiment.needs_restart(&wanted);
    keys.sort_unstable();
    assert_eq!(keys, ["hidden", "seed"]);
    experiment.set_params(&wanted).unwrap();
    assert_eq!(
        *experiment.params(),
        wanted.clone().with(|p| (p.network.hidden, p.learning.seed) = (before.network.hidden, before.learning.seed))
    );
    assert_eq!(experiment.needs_restart(&wanted).len(), 2, "still waiting");
    // The chip now is what a chip built with these parameters is.
    let fresh = small(64, |p| (p.chip.sigma, p.chip.number) = (0.5, 5));
    assert_eq!(experiment.chip().unwrap().actual(), fresh.chip().unwrap().actual());
    // The ideal twin stays ideal.
    let ideal = experiment.chip_of(Lane::Ideal).unwrap();
    assert!(ideal.actual().0.iter().all(|n| (n.v_threshold - 1.0).abs() < 1e-12));
    experiment.step().unwrap();
}

#[test]
fn contradictory_parameters_are_refused_and_change_nothing() {
    let mut experiment = small(64, |_| {});
    let before = experiment.params().clone();
    assert!(
        experiment.set_params(&before.clone().with(|p| (p.chip.sigma, p.network.threshold) = (0.4, 60.0))).is_err()
    );
    assert_eq!(*experiment.params(), before);
    assert!(Experiment::new(&before.with(|p| p.learning.lanes = vec![])).is_err());
}

#[test]
fn each_parameter_that_takes_effect_at_once_can_be_moved_while_learning() {
    let mut experiment = small(64, |p| p.learning.batch = 64);
    for spec in PARAMS.iter().filter(|s| s.takes_effect == TakesEffect::AtOnce) {
        let mut params = experiment.params().clone().with(|p| p.learning.epochs = 1_000_000);
        let text = match spec.key {
            "decoding" => "mean_over_time",
            // EventProp is tested for itself.
            "gradient" => "surrogate",
            "wake_up" => "0.5",
            "dropout" => "30",
            "distribution" => "normal",
            "baseline_subtraction" => "false",
            "leak" | "reset" => "90",
            "threshold" => "140",
            // `mended`: not the neuron that was silenced just before.
            "weight_bits" | "cadc_bits" | "mended" => "4",
            "learning_rate_decay" | "on_chip_decay" => "0.9",
            "on_chip_feedback" => "random",
            "on_chip_rounding" => "nearest",
            "on_chip_activity" => "0.02",
            _ => "3",
        };
        let text = if matches!(spec.key, "learning_rate" | "readout_penalty" | "burst_penalty" | "activity_penalty") {
            "0.01"
        } else {
            text
        };
        crate::params::assign(&mut params, spec.key, text, "test").unwrap();
        experiment.set_params(&params).unwrap();
        assert_eq!((spec.get)(experiment.params()), (spec.get)(&params), "{}", spec.key);
        experiment.step().unwrap_or_else(|why| panic!("{}: {why}", spec.key));
    }
}

#[test]
fn a_number_that_is_not_finite_stops_training_with_lane_epoch_and_quantity() {
    // Codes of 6 bits cannot explode, so the weights of the host are broken by hand.
    let broken = |break_it: fn(&mut Network), lane: Lane| {
        let mut experiment = small(64, |_| {});
        while experiment.step().unwrap().epoch_done.is_none() {}
        let params = if lane == Lane::Ideal { experiment.params.ideal_twin() } else { experiment.params.clone() };
        let mut network = experiment.host(lane).network().clone();
        break_it(&mut network);
        let host = experiment.lane_mut(lane).unwrap().teacher.host_mut().unwrap();
        *host = Host::with_network(&params.for_host(), network);
        experiment.step()
    };
    let expected = |lane: Lane, quantity| Err(Error::Diverged { lane: lane.name(), epoch: 2, quantity });
    // A route that is not a number spoils the gradient, an input weight only itself.
    for lane in [Lane::Ideal, Lane::InTheLoop] {
        assert_eq!(broken(|n| n.readout[[3, 1]] = f32::NAN, lane), expected(lane, "the gradient"));
        assert_eq!(broken(|n| n.input[[3, 1]] = f32::NAN, lane), expected(lane, "a weight"));
    }
    let text = broken(|n| n.readout[[0, 0]] = f32::NAN, Lane::Ideal).unwrap_err().to_string();
    assert!(text.contains("ideal") && text.contains("epoch 2") && text.contains("gradient"), "{text}");
}

#[test]
fn absurd_but_allowed_learning_rates_do_not_spread_nonsense() {
    for step in reports(small(64, |p| {
        (p.learning.learning_rate, p.learning.readout_scale, p.learning.epochs) = (1.0, 100.0, 3);
    })) {
        assert!(step.reports.iter().all(|r| r.loss.is_finite()));
    }
}

#[test]
fn the_learning_rate_decays_once_an_epoch() {
    let mut experiment = small(64, |p| (p.learning.learning_rate, p.learning.learning_rate_decay) = (4e-3, 0.5));
    let rate = |e: &Experiment| e.host(Lane::InTheLoop).learning_rate();
    for expected in [4e-3, 2e-3, 1e-3] {
        assert!((rate(&experiment) - expected).abs() < 1e-15);
        while experiment.step().unwrap().epoch_done.is_none() {}
    }
}

#[test]
fn transferred_weights_are_those_of_the_ideal_lane_at_every_moment() {
    let mut experiment = small(64, |_| {});
    for _ in 0..4 {
        experiment.step().unwrap();
        assert_eq!(experiment.codes(Lane::Transferred), experiment.codes(Lane::Ideal));
        assert_ne!(experiment.codes(Lane::InTheLoop), experiment.codes(Lane::Ideal));
        // And the chip of the lane really holds them, so that its batches are reported with them.
        let chip = experiment.chip_of(Lane::Transferred).unwrap();
        let mut fresh = chip.clone();
        fresh.write_weights(&experiment.codes(Lane::Ideal).unwrap());
        assert_eq!(chip.effective_weights(), fresh.effective_weights());
    }
}

#[test]
fn the_x_ray_gives_the_answer_that_belongs_to_its_own_recording() {
    let mut experiment = small(200, |_| {});
    while experiment.step().unwrap().epoch_done.is_none() {}
    let sample = experiment.data().test[3].spikes.clone();
    for lane in Lane::WITH_HOST {
        let seen = experiment.xray(lane, &sample).unwrap();
        // Largest digitised voltage of each readout after the first hidden spike, found anew.
        let first = seen.xray.recording.hidden_spikes[0][0].step as usize / 2 + 1;
        for (class, score) in seen.scores.iter().enumerate() {
            let column = seen.readout_samples.column(class);
            let largest = column.iter().skip(first).copied().fold(f32::MIN, f32::max);
            assert!((largest - score).abs() < 1e-6, "{}", lane.name());
        }
        assert!(seen.scores.iter().all(|s| *s <= seen.scores[seen.answer]));
    }
    // Without noise the X-ray and the classifier agree to the last bit.
    let quiet = experiment.classify(Lane::Ideal, &[&sample]).unwrap();
    assert_eq!(quiet[0], experiment.xray(Lane::Ideal, &sample).unwrap().scores);
}

#[test]
fn the_keys_that_need_a_restart_are_those_that_build_network_or_data_anew() {
    let experiment = small(64, |_| {});
    for (key, text, expected) in [
        ("hidden", "21", true),
        ("recurrence", "frozen", true),
        ("dropout", "20", false),
        ("task", "digits", true),
        ("duration", "50", true),
        ("substeps", "3", true),
        ("lanes", "ideal", true),
        ("threads", "2", true),
        ("weight_full_scale", "5", true),
        ("sigma", "7", false),
        ("chip", "7", false),
        ("epochs", "7", false),
        ("batch", "7", false),
        ("tau_mem", "7", false),
        ("noise_membrane", "7", false),
    ] {
        let mut params = experiment.params().clone();
        let spec = find(key).unwrap();
        (spec.set)(&mut params, spec.parse(text, "test").unwrap());
        assert_ne!((spec.get)(&params), (spec.get)(experiment.params()), "{key} must differ to be tested");
        let keys = experiment.needs_restart(&params);
        assert_eq!(keys == [key], expected, "{key}: {keys:?}");
        assert!(expected || keys.is_empty());
        assert!(!matches!((spec.get)(&params), Value::Auto));
    }
}

#[test]
fn the_twin_of_a_lane_is_the_same_whether_the_ideal_lane_runs_or_not() {
    let params = Params::default().with(|p| (p.network.hidden, p.learning.threads) = (16, 1));
    let alone = Experiment::new(&params.clone().with(|p| p.learning.lanes = vec![Lane::InTheLoop])).unwrap();
    let together = Experiment::new(&params).unwrap();
    let input = &alone.data().test[0].spikes;
    let twin = alone.xray_on_ideal_twin(Lane::InTheLoop, input).unwrap();
    assert_eq!(Some(&twin), together.xray_on_ideal_twin(Lane::InTheLoop, input).as_ref());
    assert_ne!(Some(twin), alone.xray(Lane::InTheLoop, input), "the chip under test is another one");
}

/// Recurrence and dropout, with all that is random.
fn recurrent(p: &mut Params) {
    (p.network.recurrence, p.learning.dropout, p.learning.init_recurrent) = (Recurrence::Trained, 0.3, 2.0);
    (p.chip.jitter_input, p.chip.jitter_spike, p.learning.batch) = (0.5e-6, 0.5e-6, 50);
    (p.learning.activity_penalty, p.learning.activity_limit) = (1e-4, 20.0);
}

#[test]
fn a_recurrent_network_with_dropout_gives_the_same_bits_on_any_number_of_threads() {
    let reference = reports(small(140, recurrent));
    assert_ne!(reference, reports(small(140, |p| (recurrent(p), p.network.recurrence = Recurrence::None).1)));
    assert_ne!(reference, reports(small(140, |p| (recurrent(p), p.learning.dropout = 0.0).1)));
    for threads in [2, 4] {
        let on = |p: &mut Params| (recurrent(p), p.learning.threads = threads).1;
        assert_eq!(reports(small(140, on)), reference, "{threads} threads");
    }
}

#[test]
fn on_a_perfect_chip_all_lanes_are_the_same_with_recurrence_and_dropout_too() {
    let perfect = |p: &mut Params| {
        recurrent(p);
        *p = p.ideal_twin().with(|p| p.learning.lanes = Lane::WITH_HOST.to_vec());
    };
    for step in reports(small(100, perfect)) {
        for other in step.epoch_done.iter().flat_map(|done| &done[1..]) {
            let ideal = &step.epoch_done.as_ref().unwrap()[0];
            assert_eq!(other.test_loss.to_bits(), ideal.test_loss.to_bits(), "{}", other.lane.name());
        }
        assert_eq!(step.reports[0].loss.to_bits(), step.reports[2].loss.to_bits());
    }
}

#[test]
fn frozen_recurrent_weights_stay_and_trained_ones_move_with_all_the_others() {
    for recurrence in [Recurrence::Trained, Recurrence::Frozen] {
        let mut experiment = small(100, |p| (recurrent(p), p.network.recurrence = recurrence).1);
        let network = |e: &Experiment| e.host(Lane::InTheLoop).network().clone();
        let before = network(&experiment);
        while experiment.step().unwrap().epoch_done.is_none() {}
        let after = network(&experiment);
        assert_eq!(before.recurrent == after.recurrent, recurrence == Recurrence::Frozen);
        assert!(before.input != after.input && before.readout != after.readout);
        // Frozen or not, the chip has them, and errors flow back through them.
        let chip = experiment.chip_of(Lane::InTheLoop).unwrap();
        assert!(chip.effective_recurrent().iter().any(|w| w.abs() > 0.1));
        assert!(experiment.dump(Lane::InTheLoop, 8).unwrap().gradients.recurrent.iter().any(|g| g.abs() > 1e-5));
    }
}

#[test]
fn dropout_is_for_training_only() {
    let mut experiment = small(100, |p| (recurrent(p), p.learning.dropout = 0.0).1);
    experiment.step().unwrap();
    let input = experiment.data().test[1].spikes.clone();
    let look = |e: &Experiment| {
        let scores = e.evaluate(Lane::InTheLoop).unwrap();
        (scores, e.xray(Lane::InTheLoop, &input), e.classify(Lane::InTheLoop, &[&input]))
    };
    let before = look(&experiment);
    let spikes = experiment.step().unwrap().reports.iter().map(|r| r.hidden_spikes).sum::<f64>();
    let mut dropping = small(100, |p| (recurrent(p), p.learning.dropout = 0.0).1);
    dropping.step().unwrap();
    dropping.set_params(&dropping.params().clone().with(|p| p.learning.dropout = 0.6)).unwrap();
    assert_eq!(look(&dropping), before);
    // The lanes ignore the same neurons, and what is ignored is not counted.
    let fewer = dropping.step().unwrap().reports.iter().map(|r| r.hidden_spikes).sum::<f64>();
    assert!(fewer < 0.6 * spikes, "{fewer} of {spikes}");
    let dropped = |lane: Lane| dropping.lane(lane).unwrap().recording.dropped.clone();
    assert_eq!(dropped(Lane::Ideal), dropped(Lane::InTheLoop));
    assert_eq!(dropped(Lane::Ideal), dropped(Lane::Transferred));
}

#[test]
fn a_recurrent_network_is_seen_through_every_window() {
    let mut experiment = small(100, |p| *p = p.clone().with(|p| p.network.recurrence = Recurrence::Trained));
    experiment.step().unwrap();
    let input = experiment.data().test[0].spikes.clone();
    for lane in Lane::WITH_HOST {
        let seen = experiment.xray(lane, &input).unwrap();
        assert!(experiment.xray_on_ideal_twin(lane, &input).is_some() && seen.answer < 3);
        let madc = experiment.madc(lane, &input, 4).unwrap();
        assert!(madc.iter().all(|s| s[1].is_finite()) && !madc.is_empty());
    }
    let quiet = experiment.classify(Lane::Ideal, &[&input]).unwrap();
    assert_eq!(quiet[0], experiment.xray(Lane::Ideal, &input).unwrap().scores);
    assert!(experiment.calibrate(&|| true).unwrap().is_some());
    experiment.step().unwrap();
    let fits = Params::for_task(TaskKind::YinYang)
        .with(|p| (p.network.hidden, p.network.recurrence) = (250, Recurrence::Trained));
    let text = Experiment::new(&fits).err().unwrap().to_string();
    assert!(text.contains("`hidden` to at most") && text.contains("`recurrence` to none"), "{text}");
}
