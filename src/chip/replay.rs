//! The randomness of a run, drawn again: what a [`Recording`](crate::recording::Recording) was made with.
//!
//! Noise is a function of `(trial, sample)` alone, so the kernel needs no hook to
//! tell what it drew: the same streams are drawn a second time here. Every value is the
//! number that [`Chip::run`] added, up to the rounding of the addition.

use ndarray::Array2;

use super::Chip;
use super::admission::Admitted;
use crate::rng;
use crate::rng::noise::NoiseLanes;
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
        let (n_chip, n_host) = (self.grid.n_chip(), self.grid.n_host);
        let mut admitted = Admitted::default();
        self.admit(input, rng::mix(seed, 5), &mut admitted);
        // The numbers name the streams as `Chip::run_sample` does.
        Replay {
            admitted: admitted.iter().collect(),
            v_hidden: draw_again(n_chip, self.hidden.membranes.noise(), rng::mix(seed, 1)),
            v_readout: draw_again(n_chip, self.readout.membranes.noise(), rng::mix(seed, 2)),
            cadc_hidden: draw_again(n_host, self.hidden.cadc.noise(), rng::mix(seed, 3)),
            cadc_readout: draw_again(n_host, self.readout.cadc.noise(), rng::mix(seed, 4)),
        }
    }
}

/// `steps` rows of noise of strength `scale`, `[step, neuron]`.
fn draw_again(steps: usize, scale: &[f32], seed: u64) -> Array2<f32> {
    let mut noise = Array2::zeros((steps, scale.len()));
    let mut lanes = NoiseLanes::default();
    lanes.reseed(scale.len(), seed);
    if scale.iter().any(|&s| s > 0.0) {
        for mut row in noise.rows_mut() {
            lanes.add_scaled(row.as_slice_mut().expect("rows are contiguous"), scale);
        }
    }
    noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::Shape;
    use crate::params::Params;

    /// Without weights a membrane is an Ornstein-Uhlenbeck process around its leak, driven by its noise alone.
    #[test]
    fn the_noise_drawn_again_is_the_noise_that_moved_the_membranes_and_the_codes() {
        let params =
            Params { noise_membrane: 0.05, noise_readout: 0.03, sigma_threshold: Some(0.0), ..Params::default() };
        let chip = Chip::new(&params, Shape { n_inputs: 3, n_hidden: 20, n_readout: 4, recurrent: false }).unwrap();
        let input = SpikeTrain::default();
        let (seen, replay) = (chip.xray(&input, 9, 2), chip.replay(&input, 9, 2));
        let (n_host, substeps, dt) = (chip.grid().n_host, chip.grid().substeps, chip.grid().dt_chip);
        for (k, neuron) in chip.actual().1.iter().enumerate() {
            let mut v = neuron.v_leak;
            for step in 0..chip.grid().n_chip() {
                v = neuron.v_leak
                    + (v - neuron.v_leak) * (-dt / neuron.tau_mem).exp()
                    + f64::from(replay.v_readout[[step, k]]);
                assert!((v - f64::from(seen.v_readout[[step, k]])).abs() < 1e-5);
            }
            for host in 0..n_host {
                let v = f64::from(seen.v_readout[[(host + 1) * substeps - 1, k]]);
                let x = (80.0 + 70.0 * v) * neuron.cadc_gain
                    + neuron.cadc_offset
                    + f64::from(replay.cadc_readout[[host, k]]);
                let code = f64::from(seen.recording.readout_cadc[host * 4 + k]);
                assert!((x.clamp(0.0, 255.0) - code).abs() < 0.5 + 1e-3, "{x} {code}");
            }
        }
        assert!(replay.v_hidden.iter().any(|&x| x != 0.0) && replay.cadc_hidden.iter().any(|&x| x != 0.0));
    }

    #[test]
    fn without_noise_nothing_is_added_and_all_events_are_admitted() {
        let shape = Shape { n_inputs: 3, n_hidden: 5, n_readout: 2, recurrent: false };
        let chip = Chip::new(&Params::default().ideal_twin(), shape).unwrap();
        let input = SpikeTrain::from_events(vec![(1.7e-6, 2), (3.4e-6, 0)]);
        let replay = chip.replay(&input, 1, 0);
        assert_eq!(replay.admitted, [(2, 2), (4, 0)]);
        assert!(replay.v_hidden.iter().chain(&replay.cadc_readout).all(|&x| x == 0.0));
    }
}
