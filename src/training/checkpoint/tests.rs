use super::*;
use crate::params::{Recurrence, TaskKind};
use crate::training::metrics::EpochReport;

fn small() -> Params {
    Params::default().with(|p| {
        p.network.hidden = 12;
        p.network.substeps = 1;
        p.learning.epochs = 4;
        p.learning.batch = 100;
        p.task.train_samples = 450;
        p.learning.threads = 1;
    })
}

/// All that a run says but the time it took, to the bit.
fn bits(r: &EpochReport) -> (usize, Lane, [u64; 5], u64) {
    let numbers = [r.train_loss, r.train_accuracy, r.test_loss, r.test_accuracy, r.hidden_spikes];
    (r.epoch, r.lane, numbers.map(f64::to_bits), r.lost_events)
}

/// What a user may do while the network learns, after the `k`-th batch.
type Hand = fn(&mut Experiment, usize);

fn step(experiment: &mut Experiment, k: usize, hand: Hand, told: &mut Vec<(usize, Lane, [u64; 5], u64)>) {
    let step = experiment.step().unwrap();
    for r in &step.reports {
        told.push((step.batch, r.lane, [r.loss.to_bits(), r.accuracy.to_bits(), r.hidden_spikes.to_bits(), 0, 0], 0));
    }
    told.extend(step.epoch_done.iter().flatten().map(bits));
    hand(experiment, k);
}

/// Learns `n` batches at a stretch, and with a stop after each of `stops`.
fn resumed_equals_uninterrupted(params: &Params, n: usize, stops: &[usize], hand: Hand) {
    let mut whole = Experiment::new(params).unwrap();
    let mut expected = Vec::new();
    (0..n).for_each(|k| step(&mut whole, k, hand, &mut expected));
    let mut parts = Experiment::new(params).unwrap();
    let mut told = Vec::new();
    for k in 0..n {
        step(&mut parts, k, hand, &mut told);
        if stops.contains(&k) {
            parts = Experiment::resume(&parts.checkpoint()).unwrap();
        }
    }
    assert_eq!(told, expected);
    let (mut a, mut b) = (parts.checkpoint(), whole.checkpoint());
    for state in [&mut a, &mut b] {
        state.learners.iter_mut().for_each(|t| t.seconds = 0.0);
    }
    assert_eq!(a, b);
    for lane in Lane::WITH_HOST {
        assert_eq!(parts.evaluate(lane), whole.evaluate(lane), "{lane:?}");
        assert_eq!(parts.first_codes(lane), whole.first_codes(lane), "{lane:?}");
    }
}

#[test]
fn a_resumed_run_has_the_same_bits_as_one_that_was_never_stopped() {
    // Five batches an epoch: in the middle of one, at its end, twice in a row, and before its last batch.
    resumed_equals_uninterrupted(&small(), 13, &[1, 4, 6, 7, 8], |_, _| {});
}

#[test]
fn trims_hands_noise_drift_and_moved_sliders_survive_a_stop() {
    let params = small().with(|p| {
        p.chip.drift = 0.3;
        p.chip.noise_membrane = 0.02;
        p.chip.noise_threshold = 0.02;
        p.chip.jitter_spike = 1e-6;
        p.chip.stuck_synapses = 0.05;
        p.learning.dropout = 0.2;
        p.task.rotation = 0.1;
    });
    resumed_equals_uninterrupted(&params, 12, &[0, 2, 3, 4, 6, 9], |experiment, k| match k {
        0 => assert!(experiment.calibrate(&|| true).unwrap().is_some()),
        1 => experiment.damage(3, true),
        3 => experiment.damage(5, false),
        // A slider leaves numbers that no text of twelve digits holds.
        5 => {
            let moved =
                experiment.params().clone().with(|p| (p.chip.sigma, p.network.tau_mem) = (0.1 + 0.2 / 3.0, 7e-6 / 1.1));
            experiment.set_params(&moved).unwrap();
        }
        _ => {}
    });
}

#[test]
fn recurrent_networks_and_single_lanes_go_on_as_well() {
    let params =
        small().with(|p| (p.network.recurrence, p.learning.lanes) = (Recurrence::Trained, vec![Lane::Transferred]));
    resumed_equals_uninterrupted(&params, 7, &[2, 4], |_, _| {});
    let yin_yang = Params::for_task(TaskKind::YinYang)
        .with(|p| (p.network.hidden, p.learning.batch, p.learning.threads) = (20, 1000, 1));
    resumed_equals_uninterrupted(&yin_yang.with(|p| p.learning.lanes = vec![Lane::InTheLoop]), 7, &[1, 4], |_, _| {});
}

#[test]
fn a_checkpoint_of_other_data_or_of_another_network_is_refused_with_the_reason() {
    let mut experiment = Experiment::new(&small()).unwrap();
    experiment.step().unwrap();
    let good = experiment.checkpoint();
    let refused = |change: &dyn Fn(&mut Checkpoint), expected: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        let error = Experiment::resume(&bad).err().expect("an error").to_string();
        assert!(error.contains(expected), "{error}");
    };
    refused(&|c| c.data ^= 1, "other data");
    refused(&|c| c.params.learning.seed += 1, "other data");
    refused(&|c| c.params.network.hidden += 1, "another shape");
    refused(&|c| c.params.learning.lanes = vec![Lane::Ideal], "the lanes");
    refused(&|c| c.position = 1 << 40, "cannot be");
    refused(&|c| c.learners[0].trims.truncate(3), "the trims");
    refused(&|c| c.params.network.threshold = 0.0, "threshold");
}
