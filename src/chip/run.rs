//! The forward pass: events in, voltages and spikes out, one sample after the other in parallel.

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use super::Chip;
use super::membrane::State;
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
    /// Input events as `(chip step, channel)`.
    input: Vec<(u32, u16)>,
    spiking: Vec<u16>,
    /// Delayed hidden spikes as `(chip step of delivery, neuron)`, unsorted.
    delayed: Vec<(usize, u16)>,
    scratch: Vec<f32>,
    cadc_noise: [NoiseLanes; 2],
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
        let mut out = Output {
            hidden_cadc: &mut recording.hidden_cadc,
            readout_cadc: &mut recording.readout_cadc,
            spikes: &mut recording.hidden_spikes[0],
            lost: &mut recording.lost_events[0],
            dropped: &[],
        };
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

    /// Puts the input events on the chip's grid, with jitter and within the bandwidth of the link.
    #[inline(always)]
    pub(super) fn admit(&self, input: &SpikeTrain, seed: u64, events: &mut Vec<(u32, u16)>) -> u32 {
        events.clear();
        let jitter = self.params.jitter_input;
        let mut noise = (jitter > 0.0).then(|| rng::stream(seed, "input jitter"));
        for (time, unit) in input.iter() {
            let late = noise.as_mut().map_or(0.0, |rng| jitter * rng::normal(rng));
            // Channels beyond the network and those with a dead row driver send nothing.
            let works = self.damage.dead_inputs.get(usize::from(unit)) == Some(&false);
            if works && let Some(step) = self.grid.chip_step((f64::from(time) + late).max(0.0)) {
                events.push((step as u32, unit));
            }
        }
        if noise.is_some() {
            events.sort_by_key(|event| event.0);
        }
        if self.events_per_step == usize::MAX {
            return 0;
        }
        let before = events.len();
        let (mut step, mut carried) = (u32::MAX, 0);
        events.retain(|event| {
            carried = if event.0 == step { carried + 1 } else { 1 };
            step = event.0;
            carried <= self.events_per_step
        });
        (before - events.len()) as u32
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

    /// The body of [`Self::run_sample`], compiled once for every set of vector instructions.
    #[inline(always)]
    fn run_sample_here(
        &self,
        space: &mut Workspace,
        input: &SpikeTrain,
        seed: u64,
        shift: &[f32],
        out: &mut Output<'_>,
        mut observer: Option<&mut dyn Observer>,
    ) {
        let Workspace { hidden, readout, input: events, spiking, delayed, scratch, cadc_noise } = space;
        let (n_hidden, n_readout) = (self.shape.n_hidden, self.shape.n_readout);
        self.hidden.membranes.rest(hidden, rng::mix(seed, 1));
        self.readout.membranes.rest(readout, rng::mix(seed, 2));
        if self.hidden.cadc.is_noisy() {
            cadc_noise[0].reseed(n_hidden, rng::mix(seed, 3));
            cadc_noise[1].reseed(n_readout, rng::mix(seed, 4));
        }
        *out.lost = self.admit(input, rng::mix(seed, 5), events);
        out.spikes.clear();
        spiking.clear();
        delayed.clear();
        let jitter = self.params.jitter_spike;
        let mut late = (jitter > 0.0).then(|| rng::stream(rng::mix(seed, 6), "spike jitter"));

        let (w_input, w_readout, w_recurrent) = (rows(&self.w_input), rows(&self.w_readout), rows(&self.w_recurrent));
        let mut pending = events.iter().peekable();
        for step in 0..self.grid.n_chip() {
            while let Some(&(_, unit)) = pending.next_if(|event| event.0 as usize <= step) {
                self.hidden.membranes.receive(hidden, &w_input[usize::from(unit) * n_hidden..][..n_hidden]);
            }
            let mut deliver = |neuron: u16| {
                self.readout.membranes.receive(readout, &w_readout[usize::from(neuron) * n_readout..][..n_readout]);
                if self.shape.recurrent {
                    self.hidden.membranes.receive(hidden, &w_recurrent[usize::from(neuron) * n_hidden..][..n_hidden]);
                }
                out.spikes.push(GridSpike { step: (step as u16).wrapping_sub(1), neuron });
            };
            if let Some(rng) = &mut late {
                delayed.extend(spiking.iter().map(|&neuron| {
                    let delay = (jitter * rng::normal(rng)).abs() / self.grid.dt_chip;
                    (step + delay.round() as usize, neuron)
                }));
                delayed.retain(|&(due, neuron)| {
                    if due == step {
                        deliver(neuron);
                    }
                    due != step
                });
            } else {
                spiking.iter().copied().for_each(&mut deliver);
            }

            if let Some(observer) = &mut observer {
                observer.before_flow(step, hidden, readout);
            }
            self.hidden.membranes.flow(hidden);
            self.hidden.membranes.fire(hidden, shift, spiking);
            if !out.dropped.is_empty() {
                spiking.retain(|neuron| out.dropped.binary_search(neuron).is_err());
            }
            self.readout.membranes.flow(readout);

            if (step + 1).is_multiple_of(self.grid.substeps) {
                let host = step / self.grid.substeps;
                let codes = &mut out.hidden_cadc[host * n_hidden..][..n_hidden];
                self.hidden.cadc.sample(&hidden.v, codes, scratch, &mut cadc_noise[0]);
                let codes = &mut out.readout_cadc[host * n_readout..][..n_readout];
                self.readout.cadc.sample(&readout.v, codes, scratch, &mut cadc_noise[1]);
            }
            if let Some(observer) = &mut observer {
                observer.after_step(step, &hidden.v, &readout.v);
            }
        }
        // Spikes of the last step reach nobody but are still observed; those that jitter carries
        // beyond the end of the sample are not.
        let last = (self.grid.n_chip() - 1) as u16;
        out.spikes.extend(spiking.iter().map(|&neuron| GridSpike { step: last, neuron }));
    }
}

/// The arguments of [`Chip::run_sample_here`], for dispatch to the instructions of the machine.
struct OneSample<'a, 'o> {
    chip: &'a Chip,
    space: &'a mut Workspace,
    input: &'a SpikeTrain,
    seed: u64,
    shift: &'a [f32],
    out: &'a mut Output<'o>,
    observer: Option<&'a mut dyn Observer>,
}

impl NullaryFnOnce for OneSample<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { chip, space, input, seed, shift, out, observer } = self;
        chip.run_sample_here(space, input, seed, shift, out, observer);
    }
}

/// All elements, row by row.
fn rows(weights: &Array2<f32>) -> &[f32] {
    weights.as_slice().expect("weights are built in standard layout")
}
