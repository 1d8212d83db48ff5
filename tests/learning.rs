//! The scientific claim: a network on a faulty chip learns to be as good as an ideal one.
//!
//! Cramer et al. 2022 (PNAS, doi:10.1073/pnas.2109194119): in-the-loop learning
//! "self-corrects for device mismatch". The short tests run in seconds; those that take
//! minutes are run with `cargo test --release --test learning -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use misfit::params::{Lane, Params, Recurrence, TaskKind};
use misfit::training::Experiment;

/// Test accuracies after the last epoch, in the order of the lanes.
fn accuracies(params: &Params) -> Vec<f64> {
    let mut experiment = Experiment::new(params).unwrap();
    let mut last = Vec::new();
    while !experiment.is_finished() {
        if let Some(done) = experiment.step().unwrap().epoch_done {
            assert_eq!(done.iter().map(|r| r.lane).collect::<Vec<_>>(), params.learning.lanes);
            last = done.iter().map(|r| r.test_accuracy).collect();
        }
    }
    assert_eq!(last.len(), params.learning.lanes.len());
    last
}

#[test]
fn yin_yang_in_the_loop_beats_the_transferred_weights_on_the_uncalibrated_chip() {
    let params = Params::for_task(TaskKind::YinYang).with(|p| (p.learning.epochs, p.network.hidden) = (8, 60));
    let all = accuracies(&params);
    let [ideal, transferred, in_the_loop] = all[..] else { panic!("three lanes") };
    // hxtorch's example test asks for 84 % after 5 epochs with 120 neurons.
    assert!(ideal > 0.84, "{all:?}");
    assert!(in_the_loop > 0.80, "{all:?}");
    assert!(in_the_loop > transferred + 0.15, "the loop heals: {all:?}");
}

#[test]
fn digits_learn_in_the_loop_what_the_ideal_chip_learns() {
    let params = Params::for_task(TaskKind::Digits).with(|p| {
        p.learning.epochs = 12;
        p.network.hidden = 120;
        p.chip.sigma = 0.0;
        p.chip.sigma_tau_mem = Some(0.3);
        p.chip.sigma_tau_syn = Some(0.3);
        p.chip.sigma_threshold = Some(0.3);
    });
    let all = accuracies(&params);
    let [ideal, transferred, in_the_loop] = all[..] else { panic!("three lanes") };
    assert!(ideal > 0.90, "{all:?}");
    assert!(in_the_loop > ideal - 0.04, "{all:?}");
    assert!(in_the_loop > transferred + 0.05, "{all:?}");
}

#[test]
fn a_recurrent_network_learns_digits_in_the_loop() {
    let params = Params::for_task(TaskKind::Digits).with(|p| {
        p.learning.epochs = 8;
        p.network.hidden = 100;
        p.network.recurrence = Recurrence::Trained;
        p.learning.lanes = vec![Lane::InTheLoop];
    });
    let all = accuracies(&params);
    assert!(all[0] > 0.90, "{all:?}");
}

fn mean_over_seeds(params: &Params) -> Vec<f64> {
    let runs: Vec<Vec<f64>> = (1..=5)
        .map(|seed| accuracies(&params.clone().with(|p| (p.learning.seed, p.chip.number) = (seed, seed))))
        .collect();
    (0..params.learning.lanes.len()).map(|lane| runs.iter().map(|run| run[lane]).sum::<f64>() / 5.0).collect()
}

fn two_lanes(task: TaskKind) -> Params {
    Params::for_task(task).with(|p| p.learning.lanes = vec![Lane::Ideal, Lane::InTheLoop])
}

#[test]
#[ignore = "minutes"]
fn digits_reach_the_goal_on_five_seeds_and_two_kinds_of_chip() {
    let uncalibrated = two_lanes(TaskKind::Digits);
    let strong = uncalibrated.clone().with(|p| {
        p.chip.sigma = 0.0;
        p.chip.sigma_tau_mem = Some(0.3);
        p.chip.sigma_tau_syn = Some(0.3);
        p.chip.sigma_threshold = Some(0.3);
    });
    for (name, params) in [("uncalibrated", uncalibrated), ("σ 30 %", strong)] {
        let mean = mean_over_seeds(&params);
        println!("digits, {name}: ideal {:.4}, in the loop {:.4}", mean[0], mean[1]);
        assert!(mean[0] >= 0.96, "{name}: {mean:?}");
        assert!(mean[1] >= mean[0] - 0.01, "{name}: {mean:?}");
    }
}

#[test]
#[ignore = "minutes"]
fn yin_yang_reaches_the_goal_on_five_seeds() {
    let mean = mean_over_seeds(&two_lanes(TaskKind::YinYang));
    println!("yin_yang: ideal {:.4}, in the loop {:.4}", mean[0], mean[1]);
    assert!(mean[0] >= 0.96, "{mean:?}");
    assert!(mean[1] >= 0.94, "{mean:?}");
}
