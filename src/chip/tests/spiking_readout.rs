//! A readout with thresholds.

use super::*;
use crate::params::{Decoding, Gradient};

const N: usize = 12;

fn deciding(params: Params) -> Params {
    params.with(|p| (p.learning.decoding, p.learning.gradient) = (Decoding::FirstSpike, Gradient::EventProp))
}

fn input_code(pre: usize, post: usize) -> i8 {
    scrambled(3, pre, post).saturating_add(20).min(63)
}

fn readout_code(pre: usize, post: usize) -> i8 {
    scrambled(5, pre, post).saturating_add(30).min(63)
}

/// What reaches a readout as hidden spikes reaches a hidden population as input events: both are the same circuits.
#[test]
fn a_readout_that_spikes_does_what_hidden_neurons_do_with_the_same_events() {
    let params = ideal().with(|p| p.network.readout_full_scale = p.network.weight_full_scale);
    let two_layers = chip(&deciding(params.clone()), shape(6, N, 4), input_code, readout_code);
    let second = chip(&params, shape(N, 4, 1), readout_code, |_, _| 0);
    let grid = two_layers.grid();
    let mut all = 0;
    for seed in 0..20 {
        let recording = two_layers.run(&[&random_train(seed, 6, 40, 30e-6)], 1);
        // A spike arrives when its step is over.
        let events: Vec<(f64, u16)> = recording.hidden_spikes[0]
            .iter()
            .map(|spike| (grid.time_of(usize::from(spike.step)), spike.neuron))
            .filter(|(t, _)| *t < grid.duration() - 0.5 * grid.dt_chip)
            .collect();
        let alone = second.run(&[&train(&events)], 1);
        assert_eq!(recording.readout_spikes[0], alone.hidden_spikes[0], "seed {seed}");
        assert_eq!(recording.readout_of(0), alone.hidden_of(0), "seed {seed}");
        all += recording.readout_spikes[0].len();
    }
    assert!(all > 40, "{all} spikes");
}

#[test]
fn samples_of_a_batch_with_every_imperfection_are_those_of_single_runs_and_of_the_replay() {
    let params = deciding(Params::default()).with(|p| p.chip.jitter_spike = 1e-6);
    let chip = chip(&params, shape(6, N, 20), input_code, readout_code);
    let inputs: Vec<SpikeTrain> = (0..5).map(|seed| random_train(seed, 6, 40, 30e-6)).collect();
    let batch = chip.run(&inputs.iter().collect::<Vec<_>>(), 3);
    assert!(batch.readout_spikes.iter().all(|spikes| !spikes.is_empty() && spikes.is_sorted_by_key(|s| s.step)));
    for (sample, input) in inputs.iter().enumerate() {
        let seen = chip.xray(input, 3, sample);
        assert_eq!(seen.recording.readout_spikes[0], batch.readout_spikes[sample]);
        assert_eq!(seen.recording.readout_of(0), batch.readout_of(sample));
        // What lies between the code and the analog voltage is the replayed noise.
        let replay = chip.replay(input, 3, sample);
        let (_, readout) = chip.actual();
        for (host, codes) in seen.recording.readout_of(0).chunks_exact(20).enumerate() {
            for (k, neuron) in readout.iter().enumerate() {
                let v = f64::from(seen.v_readout[[(host + 1) * chip.grid().substeps - 1, k]]);
                let noise = f64::from(replay.cadc_readout[[host, k]]);
                let x = (80.0 + 70.0 * v) * neuron.cadc_gain + neuron.cadc_offset + noise;
                assert!((x.clamp(0.0, 255.0) - f64::from(codes[k])).abs() < 0.5 + 1e-3, "{x} {}", codes[k]);
            }
        }
    }
}

#[test]
fn a_readout_that_integrates_sends_no_spikes() {
    let chip = chip(&ideal(), shape(6, N, 4), input_code, readout_code);
    let recording = chip.run(&[&random_train(1, 6, 40, 30e-6)], 1);
    assert!(recording.readout_spikes[0].is_empty() && !recording.hidden_spikes[0].is_empty());
}
