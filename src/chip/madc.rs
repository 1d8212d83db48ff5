//! The MADC: one chosen membrane, fast, without the coarse steps of the CADC.
//!
//! On BrainScaleS-2 it takes 30 million samples a second. Between the chip's steps the
//! voltage is the exact flow from the state at the beginning of the step, so samples are
//! as precise as the membrane itself; membrane noise enters at the ends of steps.

use super::Chip;
use super::membrane::Before;
use super::mismatch::ActualNeuron;
use super::output::{Observer, Which};
use crate::neuron::Propagators;
use crate::recording::Recording;
use crate::spikes::SpikeTrain;

/// Samples per second of hardware time.
pub const MADC_RATE: f64 = 30e6;

/// Samples one membrane between the chip's steps.
struct Madc {
    neuron: usize,
    /// Neurons from this number on are readout neurons.
    n_hidden: usize,
    actual: ActualNeuron,
    tau_c: f64,
    dt_chip: f64,
    samples: Vec<[f64; 2]>,
}

impl Observer for Madc {
    fn before_flow(&mut self, of: Which, step: usize, membranes: &Before<'_>) {
        let (mine, k) = if self.neuron < self.n_hidden {
            (Which::Hidden, self.neuron)
        } else {
            (Which::Readout, self.neuron - self.n_hidden)
        };
        if of != mine {
            return;
        }
        let start = step as f64 * self.dt_chip;
        let first = (start * MADC_RATE + 1e-6).floor() as u64 + 1;
        let last = ((start + self.dt_chip) * MADC_RATE + 1e-6).floor() as u64;
        let a = &self.actual;
        let is_held = membranes.until.get(k).is_some_and(|&until| until > step as f32);
        for j in first..=last {
            let time = j as f64 / MADC_RATE;
            let v = if is_held {
                a.v_reset
            } else {
                let exc = Propagators::new(time - start, a.tau_mem, a.tau_syn_exc, self.tau_c);
                let inh = Propagators::new(time - start, a.tau_mem, a.tau_syn_inh, self.tau_c);
                a.v_leak
                    + (f64::from(membranes.v[k]) - a.v_leak) * exc.membrane
                    + exc.membrane_from_current * f64::from(membranes.exc[k])
                    + inh.membrane_from_current * f64::from(membranes.inh[k])
            };
            self.samples.push([time, v]);
        }
    }
}

impl Chip {
    /// Records one membrane at [`MADC_RATE`]: `[seconds, membrane units]` in order of time.
    ///
    /// Neurons are numbered hidden first, then readout. `(trial, sample)` decides the noise, as
    /// in [`Self::xray`]. `None` when there is no such neuron.
    pub fn madc(&self, input: &SpikeTrain, trial: u64, sample: usize, neuron: usize) -> Option<Vec<[f64; 2]>> {
        let actual = *self.hidden_actual.iter().chain(&self.readout_actual).nth(neuron)?;
        let mut madc = Madc {
            neuron,
            n_hidden: self.shape.n_hidden,
            actual,
            tau_c: self.params.network.tau_mem,
            dt_chip: self.grid.dt_chip,
            samples: Vec::new(),
        };
        let mut recording = Recording::new(self.grid, self.shape.n_hidden, self.shape.n_readout);
        recording.resize(1);
        self.watch(input, trial, sample, &mut recording, &mut madc);
        Some(madc.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::Shape;
    use crate::neuron::psp_peak;
    use crate::params::Params;
    use crate::recording::Codes;
    use ndarray::Array2;

    fn chip(params: &Params, code: i8) -> Chip {
        let mut chip =
            Chip::new(&params.for_chip(), Shape { n_inputs: 1, n_hidden: 2, n_readout: 1, recurrent: false }).unwrap();
        chip.write_weights(&Codes {
            input: Array2::from_elem((1, 2), code),
            recurrent: Array2::zeros((0, 2)),
            readout: Array2::from_elem((2, 1), 30),
        });
        chip
    }

    /// Closed form of the response to one spike for equal time constants: `w (t/τ) exp(−t/τ)`.
    #[test]
    fn thirty_million_samples_a_second_lie_on_the_closed_form() {
        let params = Params::default().ideal_twin().with(|p| p.network.tau_syn = 6e-6);
        let chip = chip(&params, 30);
        let input = SpikeTrain::from_events(vec![(5.1e-6, 0)]);
        let samples = chip.madc(&input, 1, 0, 0).unwrap();
        let duration = chip.grid().duration();
        assert!((samples.len() as f64 - duration * MADC_RATE).abs() <= 1.0, "{}", samples.len());
        let weight = 30.0 / 63.0 * params.network.weight_full_scale;
        let arrival = 6.0 * 0.85e-6;
        for [time, v] in &samples {
            let t = (time - arrival).max(0.0);
            let expected = weight * (t / 6e-6) * (-t / 6e-6).exp();
            assert!((v - expected).abs() < 1e-5, "{time}: {v} {expected}");
        }
        let peak = samples.iter().map(|s| s[1]).fold(0.0, f64::max);
        assert!((peak - weight * psp_peak(6e-6, 6e-6)).abs() < 1e-4);
    }

    #[test]
    fn it_meets_the_analog_truth_at_every_chip_step_and_sees_what_the_cadc_misses() {
        let params = Params::default()
            .with(|p| (p.network.substeps, p.network.cadc_interval, p.chip.noise_membrane) = (1, 1e-6, 0.0));
        let chip = chip(&params, 63);
        let input = SpikeTrain::from_events(vec![(5e-6, 0), (5e-6, 0), (6e-6, 0)]);
        let (xray, samples) = (chip.xray(&input, 1, 0), chip.madc(&input, 1, 0, 1).unwrap());
        assert!(!xray.recording.hidden_spikes[0].is_empty(), "the neuron must spike for this test");
        for (step, v) in xray.v_hidden.column(1).iter().enumerate() {
            // 30 samples a step; the one at its end is before reset.
            let fast = samples[30 * (step + 1) - 1];
            assert!((fast[0] - (step as f64 + 1.0) * 1e-6).abs() < 1e-12);
            let spiked = xray.recording.hidden_spikes[0].iter().any(|s| usize::from(s.step) == step && s.neuron == 1);
            if spiked {
                assert!(fast[1] >= chip.actual().0[1].v_threshold - 0.05);
            } else {
                assert!((fast[1] - f64::from(*v)).abs() < 1e-4, "step {step}: {} {v}", fast[1]);
            }
        }
        assert!(chip.madc(&input, 1, 0, 3).is_none());
    }
}
