//! Populations that do not fit in the cache of a core go through the chip in tiles.

use super::*;

#[test]
fn tiles_of_a_wide_population_are_parts_of_the_whole() {
    // The codes of the second are written tile by tile.
    for n_hidden in [1201, 2101] {
        are_parts_of_the_whole(n_hidden);
    }
}

fn are_parts_of_the_whole(n: usize) {
    let params = Params::default().with(|p| p.network.hidden = n as u32);
    let shape = Shape { n_inputs: 40, n_hidden: n, n_readout: 5, recurrent: false };
    let mut chip = Chip::with_circuits(&params.for_chip(), shape, 4096).unwrap();
    let mut rng = rng::stream(1, "wide");
    let mut codes = |n, m| Array2::from_shape_simple_fn((n, m), || rng.random_range(-30..50));
    chip.write_weights(&Codes { input: codes(40, n), recurrent: Array2::zeros((0, n)), readout: codes(n, 5) });
    let inputs: Vec<SpikeTrain> = (0..19)
        .map(|sample: u16| {
            let event = |k: u16| (f32::from(k) * 0.4e-6, (k * 7 + sample) % 40);
            SpikeTrain::from_events((0..60).map(event).collect())
        })
        .collect();
    let trains: Vec<&SpikeTrain> = inputs.iter().collect();
    for jitter_spike in [0.0, 0.5e-6] {
        chip.set_params(&params.clone().with(|p| p.chip.jitter_spike = jitter_spike).for_chip());
        let batch = chip.run(&trains, 3);
        assert!(batch.spikes_per_sample() > 100.0, "something happens: {}", batch.spikes_per_sample());
        for (sample, input) in inputs.iter().enumerate() {
            let whole = chip.xray(input, 3, sample).recording;
            assert!(batch.hidden_spikes[sample].is_sorted_by_key(|s| s.step));
            assert_eq!(whole, one(&batch, sample), "sample {sample}");
        }
    }
}

/// One sample of a recording.
fn one(recording: &Recording, sample: usize) -> Recording {
    Recording {
        n_samples: 1,
        hidden_cadc: recording.hidden_of(sample).to_vec(),
        readout_cadc: recording.readout_of(sample).to_vec(),
        hidden_spikes: vec![recording.hidden_spikes[sample].clone()],
        readout_spikes: vec![recording.readout_spikes[sample].clone()],
        lost_events: vec![recording.lost_events[sample]],
        dropped: vec![Vec::new()],
        ..recording.clone()
    }
}
