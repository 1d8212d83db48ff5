//! The forward pass: events in, voltages and spikes out, one sample after the other in parallel.

use ndarray::Array2;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Chip;
use super::admission::Admitted;
use super::membrane::State;
use crate::lanes::Lanes;
use crate::recording::Recording;
use crate::rng::{self, NoiseLanes};
use crate::spikes::{GridSpike, SpikeTrain};

/// The analog truth of one sample, for views and tests only.
#[derive(Debug, Clone, PartialEq)]
pub struct XRay {
    /// Hidden membranes at the end of every chip step, `[chip step, neuron]`.
    pub v_hidden: Array2<f32>,
    /// Readout membranes at the end of every chip step, `[chip step, neuron]`.
    pub v_readout: Array2<f32>,
    /// The recording of the same run.
    pub recording: Recording,
}

/// Buffers of one worker thread.
#[derive(Default)]
pub(super) struct Workspace {
    hidden: State,
    readout: State,
    events: Admitted,
    /// Hidden neurons that spiked in the last step, and those whose spikes arrive in this one.
    spiking: Vec<u16>,
    arriving: Vec<u16>,
    /// Delayed hidden spikes as `(chip step of delivery, neuron)`, unsorted.
    delayed: Vec<(usize, u16)>,
    /// Voltages on their way to codes, hidden and readout.
    scratch: [Lanes<f32>; 2],
    cadc_noise: [NoiseLanes; 2],
    spike_noise: NoiseLanes,
}

/// Where the codes of one sample go.
pub(super) struct Output<'a> {
    pub(super) hidden_cadc: &'a mut [u8],
    pub(super) readout_cadc: &'a mut [u8],
    pub(super) spikes: &'a mut Vec<GridSpike>,
    pub(super) lost: &'a mut u32,
    /// Hidden neurons that the event router ignores, ascending.
    pub(super) dropped: &'a [u16],
}

impl<'a> Output<'a> {
    /// The only sample of a recording.
    pub(super) fn only(recording: &'a mut Recording, dropped: &'a [u16]) -> Self {
        Self {
            hidden_cadc: &mut recording.hidden_cadc,
            readout_cadc: &mut recording.readout_cadc,
            spikes: &mut recording.hidden_spikes[0],
            lost: &mut recording.lost_events[0],
            dropped,
        }
    }
}

/// Somebody who looks at the membranes while they move, without touching them.
pub(super) trait Observer {
    /// Events of `step` have arrived; the membranes are about to follow their flow.
    fn before_flow(&mut self, _step: usize, _hidden: &State, _readout: &State) {}
    /// Membranes at the end of `step`, after reset.
    fn after_step(&mut self, _step: usize, _v_hidden: &[f32], _v_readout: &[f32]) {}
}

/// Keeps all voltages at the end of every step.
struct Voltages {
    v_hidden: Array2<f32>,
    v_readout: Array2<f32>,
}

impl Observer for Voltages {
    fn after_step(&mut self, step: usize, v_hidden: &[f32], v_readout: &[f32]) {
        self.v_hidden.row_mut(step).iter_mut().zip(v_hidden).for_each(|(to, from)| *to = *from);
        self.v_readout.row_mut(step).iter_mut().zip(v_readout).for_each(|(to, from)| *to = *from);
    }
}

impl Chip {
    /// Runs a batch of samples from rest. `trial` numbers the run and decides its noise.
    pub fn run(&self, inputs: &[&SpikeTrain], trial: u64) -> Recording {
        let mut recording = Recording::new(self.grid, self.shape.n_hidden, self.shape.n_readout);
        self.run_into(inputs, trial, &mut recording);
        recording
    }

    /// As [`Self::run`], into an existing recording, so that nothing is allocated.
    pub fn run_into(&self, inputs: &[&SpikeTrain], trial: u64, recording: &mut Recording) {
        self.run_dropping(inputs, trial, 0.0, recording);
    }

    /// As [`Self::run_into`], with an event router that ignores a share `dropout` of the hidden neurons.
    ///
    /// Which ones is decided for every sample anew ([`Recording::drop_neurons`]). They compute, spike
    /// and are read as ever, but their spikes reach nobody and are not recorded.
    pub fn run_dropping(&self, inputs: &[&SpikeTrain], trial: u64, dropout: f64, recording: &mut Recording) {
        recording.resize(inputs.len());
        recording.drop_neurons(dropout, trial);
        let shift = self.threshold_shift(trial);
        let n_host = self.grid.n_host;
        recording
            .hidden_cadc
            .par_chunks_mut(n_host * self.shape.n_hidden)
            .zip(recording.readout_cadc.par_chunks_mut(n_host * self.shape.n_readout))
            .zip(recording.hidden_spikes.par_iter_mut())
            .zip(recording.lost_events.par_iter_mut())
            .zip(recording.dropped.par_iter())
            .zip(inputs.par_iter())
            .enumerate()
            .for_each_init(
                Workspace::default,
                |space, (sample, (((((hidden, readout), spikes), lost), dropped), input))| {
                    let mut out = Output { hidden_cadc: hidden, readout_cadc: readout, spikes, lost, dropped };
                    self.run_sample(space, input, rng::mix(trial, sample as u64), &shift, &mut out, None);
                },
            );
    }

    /// Runs one sample and keeps the analog voltages. For views and tests.
    ///
    /// `(trial, sample)` decides the noise: it is the run that sample number `sample`
    /// of `run(…, trial)` went through.
    pub fn xray(&self, input: &SpikeTrain, trial: u64, sample: usize) -> XRay {
        let mut recording = Recording::new(self.grid, self.shape.n_hidden, self.shape.n_readout);
        recording.resize(1);
        let n = self.grid.n_chip();
        let mut voltages = Voltages {
            v_hidden: Array2::zeros((n, self.shape.n_hidden)),
            v_readout: Array2::zeros((n, self.shape.n_readout)),
        };
        let mut out = Output::only(&mut recording, &[]);
        let shift = self.threshold_shift(trial);
        let seed = rng::mix(trial, sample as u64);
        self.run_sample(&mut Workspace::default(), input, seed, &shift, &mut out, Some(&mut voltages));
        XRay { v_hidden: voltages.v_hidden, v_readout: voltages.v_readout, recording }
    }

    /// What the batch-to-batch noise of run number `trial` adds to every hidden threshold.
    pub fn threshold_shift(&self, trial: u64) -> Vec<f32> {
        let mut shift = vec![0.0; self.shape.n_hidden];
        if self.params.noise_threshold > 0.0 {
            let mut lanes = NoiseLanes::default();
            lanes.reseed(shift.len(), rng::mix(trial, u64::MAX));
            lanes.add_scaled(&mut shift, &vec![self.params.noise_threshold as f32; self.shape.n_hidden]);
        }
        shift
    }

    pub(super) fn run_sample<'a>(
        &'a self,
        space: &'a mut Workspace,
        input: &'a SpikeTrain,
        seed: u64,
        shift: &'a [f32],
        out: &'a mut Output<'_>,
        observer: Option<&'a mut dyn Observer>,
    ) {
        Arch::new().dispatch(OneSample { chip: self, space, input, seed, shift, out, observer });
    }
}

/// One sample on its way through the chip; the body is compiled once for every set of vector instructions.
struct OneSample<'a, 'o> {
    chip: &'a Chip,
    space: &'a mut Workspace,
    input: &'a SpikeTrain,
    seed: u64,
    shift: &'a [f32],
    out: &'a mut Output<'o>,
    observer: Option<&'a mut dyn Observer>,
}

impl WithSimd for OneSample<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { chip, space, input, seed, shift, out, mut observer } = self;
        let Workspace { hidden, readout, events, spiking, arriving, delayed, scratch, cadc_noise, spike_noise } = space;
        let (n_hidden, n_readout) = (chip.shape.n_hidden, chip.shape.n_readout);
        chip.hidden.membranes.rest(hidden, shift, rng::mix(seed, 1));
        chip.readout.membranes.rest(readout, &[], rng::mix(seed, 2));
        if chip.hidden.cadc.is_noisy() {
            cadc_noise[0].reseed(n_hidden, rng::mix(seed, 3));
            cadc_noise[1].reseed(n_readout, rng::mix(seed, 4));
        }
        *out.lost = chip.admit(input, rng::mix(seed, 5), events);
        out.spikes.clear();
        spiking.clear();
        delayed.clear();
        let jitter = chip.params.jitter_spike;
        let jitter_steps = jitter / chip.grid.dt_chip;
        if jitter > 0.0 {
            spike_noise.reseed(n_hidden, rng::mix(seed, 6));
        }

        for step in 0..chip.grid.n_chip() {
            chip.hidden.membranes.receive(simd, hidden, chip.to_hidden.rows(), events.of_step(step));
            if jitter > 0.0 {
                // Plain loops: closures are not compiled for the instructions of the machine.
                for &neuron in &*spiking {
                    let delay = jitter_steps * f64::from(spike_noise.next(usize::from(neuron)).abs());
                    delayed.push((step + (delay + 0.5) as usize, neuron));
                }
                arriving.clear();
                let mut waiting = 0;
                for k in 0..delayed.len() {
                    if delayed[k].0 == step {
                        arriving.push(delayed[k].1);
                    } else {
                        delayed[waiting] = delayed[k];
                        waiting += 1;
                    }
                }
                delayed.truncate(waiting);
            } else {
                std::mem::swap(spiking, arriving);
            }
            chip.readout.membranes.receive(simd, readout, chip.to_readout.rows(), arriving);
            if chip.shape.recurrent {
                chip.hidden.membranes.receive(simd, hidden, chip.among_hidden.rows(), arriving);
            }
            let emitted = (step as u16).wrapping_sub(1);
            for &neuron in &*arriving {
                out.spikes.push(GridSpike { step: emitted, neuron });
            }

            if let Some(observer) = &mut observer {
                observer.before_flow(step, hidden, readout);
            }
            chip.hidden.membranes.advance::<S, true>(simd, hidden, step, spiking);
            if !out.dropped.is_empty() {
                spiking.retain(|neuron| out.dropped.binary_search(neuron).is_err());
            }
            chip.readout.membranes.advance::<S, false>(simd, readout, step, &mut Vec::new());

            if (step + 1).is_multiple_of(chip.grid.substeps) {
                let host = step / chip.grid.substeps;
                let (codes, voltages) = (&mut out.hidden_cadc[host * n_hidden..], &mut scratch[0]);
                chip.hidden.cadc.sample_with(simd, &hidden.v, codes, voltages, &mut cadc_noise[0]);
                let (codes, voltages) = (&mut out.readout_cadc[host * n_readout..], &mut scratch[1]);
                chip.readout.cadc.sample_with(simd, &readout.v, codes, voltages, &mut cadc_noise[1]);
            }
            if let Some(observer) = &mut observer {
                observer.after_step(step, &hidden.v, &readout.v);
            }
        }
        // Spikes of the last step reach nobody but are still observed; those that jitter carries
        // beyond the end of the sample are not.
        let last = (chip.grid.n_chip() - 1) as u16;
        out.spikes.extend(spiking.iter().map(|&neuron| GridSpike { step: last, neuron }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::Shape;
    use crate::host::Host;
    use crate::params::{Params, Recurrence};

    /// One sample with every imperfection, with the given vector instructions.
    fn with<S: Simd>(simd: S, chip: &Chip, input: &SpikeTrain) -> Recording {
        let mut recording = Recording::new(chip.grid(), chip.shape.n_hidden, chip.shape.n_readout);
        recording.resize(1);
        let mut out = Output::only(&mut recording, &[3, 7]);
        let (mut space, shift) = (Workspace::default(), chip.threshold_shift(1));
        let sample =
            OneSample { chip, space: &mut space, input, seed: 5, shift: &shift, out: &mut out, observer: None };
        simd.vectorize(sample);
        recording
    }

    #[test]
    fn every_set_of_vector_instructions_gives_the_same_bits() {
        let params = Params {
            recurrence: Recurrence::Trained,
            jitter_input: 0.3e-6,
            jitter_spike: 0.3e-6,
            synaptic_saturation: 20.0,
            ..Params::default()
        };
        let shape = Shape { n_inputs: 12, n_hidden: 37, n_readout: 5, recurrent: true };
        let mut chip = Chip::new(&params, shape).unwrap();
        let strong = Params { hidden: 37, init_hidden: 6.0, init_recurrent: 2.0, ..params };
        chip.write_weights(&Host::new(&strong, 12, 5).codes());
        let input = SpikeTrain::from_events((0..60).map(|k| (k as f32 * 0.5e-6, (k * 7 % 12) as u16)).collect());
        let plain = with(pulp::Scalar::new(), &chip, &input);
        assert!(plain.hidden_spikes[0].len() > 20, "something happens");
        #[cfg(target_arch = "x86_64")]
        {
            let v3 = pulp::x86::V3::try_new().map(|simd| with(simd, &chip, &input));
            let v4 = pulp::x86::V4::try_new().map(|simd| with(simd, &chip, &input));
            for (name, vectors) in [("AVX2", v3), ("AVX-512", v4)] {
                match vectors {
                    Some(recording) => assert_eq!(recording, plain, "{name}"),
                    None => println!("{name} is not there to be tested"),
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(simd) = pulp::aarch64::Neon::try_new() {
            assert_eq!(with(simd, &chip, &input), plain, "NEON");
        }
    }
}
