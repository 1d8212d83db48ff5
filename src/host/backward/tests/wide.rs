//! Networks that do not fit in the cache of a core go back in tiles.

use super::*;

const N_WIDE: usize = 203;

#[test]
fn the_gradient_of_a_wide_network_over_a_long_time_is_the_mean_of_those_of_single_samples() {
    for decoding in Decoding::OF_VOLTAGES {
        let params = Params::default()
            .with(|p| (p.network.duration, p.learning.burst_penalty, p.learning.decoding) = (700e-6, 0.05, decoding));
        let mut rng = rng::stream(3, "wide");
        let mut draw = |n, m| Array2::from_shape_simple_fn((n, m), || (0.3 * rng::normal(&mut rng)) as f32);
        let network =
            Network { input: draw(N_IN, N_WIDE), readout: draw(N_WIDE, N_OUT), recurrent: Array2::zeros((0, N_WIDE)) };
        let (inputs, saturating_pack, labels) = arbitrary_recording(&params, 5, 20);
        let mut rng = rng::stream(4, "wide");
        let mut recording = Recording::new(saturating_pack.grid, N_WIDE, N_OUT);
        recording.resize(20);
        recording.hidden_cadc.iter_mut().for_each(|code| *code = rng.random_range(40..200));
        recording.readout_cadc.clone_from(&saturating_pack.readout_cadc);
        for (spikes, few) in recording.hidden_spikes.iter_mut().zip(&saturating_pack.hidden_spikes) {
            *spikes = few.iter().map(|s| GridSpike { neuron: s.neuron * 22 + s.step % 22, ..*s }).collect();
        }
        let mut host = Host::with_network(&params.for_host(), network);
        let loss = host.loss(&recording, &labels);
        let whole = host.backward(&inputs.iter().collect::<Vec<_>>(), &recording, &loss);

        let mut mean = Gradients::zeros(host.network());
        for (k, input) in inputs.iter().enumerate() {
            let mut one = Recording::new(recording.grid, N_WIDE, N_OUT);
            one.resize(1);
            one.hidden_cadc.copy_from_slice(recording.hidden_of(k));
            one.readout_cadc.copy_from_slice(recording.readout_of(k));
            one.hidden_spikes[0].clone_from(&recording.hidden_spikes[k]);
            let loss = host.loss(&one, &labels[k..=k]);
            let gradient = host.backward(&[input], &one, &loss);
            mean.input += &(gradient.input / 20.0);
            mean.readout += &(gradient.readout / 20.0);
        }
        for (whole, mean) in [(&whole.input, &mean.input), (&whole.readout, &mean.readout)] {
            let largest = mean.iter().fold(0.0, |a: f32, x| a.max(x.abs()));
            assert!(largest > 1e-4, "there is something to compare");
            for (a, b) in whole.iter().zip(mean) {
                assert!((a - b).abs() < 1e-4 * largest, "{decoding:?}: {a} {b}");
            }
        }
    }
}
