//! The randomness of a run, drawn again: what a [`Recording`](crate::recording::Recording) was made with.
//!
//! Noise is a function of `(trial, sample)` alone, so the kernel needs no hook to
//! tell what it drew: the same streams are drawn a second time here. Every value is the
//! number that [`Chip::run`] added, up to the rounding of the addition.

use ndarray::Array2;

use super::admission::Admitted;
use super::pass::stream;
use super::{Chip, Population};
use crate::base::rng;
use crate::base::rng::noise::{NoiseLanes, Of};
use crate::spikes::SpikeTrain;

/// Everything random that went into one sample of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Input events as `(chip step, channel)` that reached the chip: after jitter, within the bandwidth.
    pub admitted: Vec<(u32, u16)>,
    /// Added to the hidden membranes after the flow of each chip step, `[chip step, neuron]`, membrane units.
    pub v_hidden: Array2<f32>,
    /// Added to the readout membranes after the flow of each chip step, `[chip step, neuron]`, membrane units.
    pub v_readout: Array2<f32>,
    /// Added to the hidden conversions, after gain and offset, `[host step, neuron]`, LSB.
    pub cadc_hidden: Array2<f32>,
    /// Added to the readout conversions, after gain and offset, `[host step, neuron]`, LSB.
    pub cadc_readout: Array2<f32>,
}

impl Chip {
    /// What was random when sample number `sample` of `run(…, trial)` went through. For exports and tests.
    pub fn replay(&self, input: &SpikeTrain, trial: u64, sample: usize) -> Replay {
        let seed = rng::mix(trial, sample as u64);
        let mut admitted = Admitted::default();
        self.admit(input, rng::mix(seed, stream::INPUT), &mut admitted);
        let mut lanes = NoiseLanes::default();
        lanes.reseed_shared(self.shape.n_hidden, rng::mix(seed, stream::HIDDEN));
        let [v_hidden, cadc_hidden] = self.draw_again(&self.hidden, &mut lanes);
        let (n_readout, of_readout) = (self.shape.n_readout, rng::mix(seed, stream::READOUT));
        if self.params.readout_spikes {
            lanes.reseed_shared(n_readout, of_readout);
        } else {
            lanes.reseed(n_readout, of_readout);
        }
        let [v_readout, cadc_readout] = self.draw_again(&self.readout, &mut lanes);
        Replay { admitted: admitted.iter().collect(), v_hidden, v_readout, cadc_hidden, cadc_readout }
    }

    /// Noise of the membranes in every chip step and of the conversions in every host step, `[step, neuron]`.
    fn draw_again(&self, population: &Population, lanes: &mut NoiseLanes) -> [Array2<f32>; 2] {
        let (of_membranes, of_conversions) = (population.membranes.noise(), population.cadc.noise());
        let n = of_membranes.len();
        let mut noise = [Array2::zeros((self.grid.n_chip(), n)), Array2::zeros((self.grid.n_host, n))];
        for step in 0..self.grid.n_chip() {
            lanes.step();
            let mut add = |of: Of, row: usize, scale: &[f32]| {
                let mut row = noise[of as usize].row_mut(row);
                lanes.add_scaled(of, row.as_slice_mut().expect("rows are contiguous"), scale);
            };
            add(Of::Membrane, step, of_membranes);
            if (step + 1).is_multiple_of(self.grid.substeps) {
                add(Of::Conversion, step / self.grid.substeps, of_conversions);
            }
        }
        noise
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::noise::SHARERS;
    use crate::chip::layout::Shape;
    use crate::chip::mismatch::ActualNeuron;
    use crate::params::Params;
    use crate::simd::BLOCK;

    /// Without weights a membrane is an Ornstein-Uhlenbeck process around its leak, driven by its noise alone.
    #[test]
    fn the_noise_drawn_again_is_the_noise_that_moved_the_membranes_and_the_codes() {
        let params = Params::default()
            .with(|p| (p.chip.noise_membrane, p.chip.noise_readout, p.chip.sigma_threshold) = (0.05, 0.03, Some(0.0)));
        // More neurons than share generators.
        let n_hidden = SHARERS * BLOCK + 20;
        let chip =
            Chip::new(&params.for_chip(), Shape { n_inputs: 3, n_hidden, n_readout: 20, recurrent: false }).unwrap();
        let input = SpikeTrain::default();
        let (seen, replay) = (chip.xray(&input, 9, 2), chip.replay(&input, 9, 2));
        let (hidden, readout) = chip.actual();
        let recording = &seen.recording;
        assert!(recording.hidden_spikes[0].is_empty(), "nobody is reset");
        explains(&chip, hidden, &seen.v_hidden, &recording.hidden_cadc, &replay.v_hidden, &replay.cadc_hidden);
        explains(&chip, readout, &seen.v_readout, &recording.readout_cadc, &replay.v_readout, &replay.cadc_readout);
    }

    /// Checks that the noise makes the voltages and the codes of these neurons what they are.
    fn explains(
        chip: &Chip,
        neurons: &[ActualNeuron],
        v_seen: &Array2<f32>,
        codes: &[u8],
        v_noise: &Array2<f32>,
        cadc_noise: &Array2<f32>,
    ) {
        let (n_host, substeps, dt) = (chip.grid().n_host, chip.grid().substeps, chip.grid().dt_chip);
        for (k, neuron) in neurons.iter().enumerate() {
            let mut v = neuron.v_leak;
            for step in 0..chip.grid().n_chip() {
                v = neuron.v_leak + (v - neuron.v_leak) * (-dt / neuron.tau_mem).exp() + f64::from(v_noise[[step, k]]);
                assert!((v - f64::from(v_seen[[step, k]])).abs() < 1e-5);
            }
            for host in 0..n_host {
                let v = f64::from(v_seen[[(host + 1) * substeps - 1, k]]);
                let x = (80.0 + 70.0 * v) * neuron.cadc_gain + neuron.cadc_offset + f64::from(cadc_noise[[host, k]]);
                let code = f64::from(codes[host * neurons.len() + k]);
                assert!((x.clamp(0.0, 255.0) - code).abs() < 0.5 + 1e-3, "{x} {code}");
            }
        }
        // One draw of some 370 is 0.
        let silent = |noise: &Array2<f32>| noise.iter().filter(|&&x| x == 0.0).count();
        assert!([v_noise, cadc_noise].iter().all(|noise| silent(noise) < noise.len() / 100));
    }

    #[test]
    fn without_noise_nothing_is_added_and_all_events_are_admitted() {
        let shape = Shape { n_inputs: 3, n_hidden: 5, n_readout: 2, recurrent: false };
        let chip = Chip::new(&Params::default().ideal_twin().for_chip(), shape).unwrap();
        let input = SpikeTrain::from_events(vec![(1.7e-6, 2), (3.4e-6, 0)]);
        let replay = chip.replay(&input, 1, 0);
        assert_eq!(replay.admitted, [(2, 2), (4, 0)]);
        assert!(replay.v_hidden.iter().chain(&replay.cadc_readout).all(|&x| x == 0.0));
    }
}
