//! The forward pass: events in, voltages and spikes out, samples in parallel.

use std::cell::RefCell;

use ndarray::Array2;
use rayon::prelude::*;

use super::Chip;
use super::output::{Observer, Output, Which};
use super::pass::{Pass, Workspace};
use crate::base::rng;
use crate::base::rng::noise::{NoiseLanes, Of};
use crate::recording::Recording;
use crate::simd::BLOCK;
use crate::simd::isa::dispatch;
use crate::spikes::SpikeTrain;

/// Blocks of hidden neurons that go through a sample together: their weights from a few hundred inputs fit in
/// the cache of a core.
const TILE: usize = 32;
/// Samples that go through a tile of a population one after the other, while its weights are there.
const SAMPLES_PER_TILE: usize = 16;

thread_local! {
    /// The buffers of an engine's thread, kept from run to run.
    static SPACE: RefCell<Workspace> = RefCell::default();
}

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

/// Keeps all voltages at the end of every step.
struct Voltages {
    v_hidden: Array2<f32>,
    v_readout: Array2<f32>,
}

impl Observer for Voltages {
    fn after_step(&mut self, of: Which, step: usize, v: &[f32]) {
        let kept = match of {
            Which::Hidden => &mut self.v_hidden,
            Which::Readout => &mut self.v_readout,
        };
        kept.row_mut(step).iter_mut().zip(v).for_each(|(to, from)| *to = *from);
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
        self.run_as_routed(inputs, trial, recording);
    }

    /// As [`Self::run_dropping`], into a recording that has the right number of samples and says already which neurons
    /// the event router ignores.
    pub fn run_as_routed(&self, inputs: &[&SpikeTrain], trial: u64, recording: &mut Recording) {
        let shift = self.threshold_shift(trial);
        let n_host = self.grid.n_host;
        let blocks = self.shape.n_hidden.div_ceil(BLOCK);
        // What feeds back must go through the chip as a whole.
        let is_tiled = !self.shape.recurrent && blocks > TILE;
        let (tile, group) = if is_tiled { (TILE, SAMPLES_PER_TILE) } else { (blocks, 1) };
        recording
            .hidden_cadc
            .par_chunks_mut(group * n_host * self.shape.n_hidden)
            .zip(recording.readout_cadc.par_chunks_mut(group * n_host * self.shape.n_readout))
            .zip(recording.hidden_spikes.par_chunks_mut(group))
            .zip(recording.readout_spikes.par_chunks_mut(group))
            .zip(recording.lost_events.par_chunks_mut(group))
            .zip(recording.dropped.par_chunks(group))
            .zip(inputs.par_chunks(group))
            .enumerate()
            .for_each(|(k, chunks)| {
                let ((((((hidden_cadc, readout_cadc), spikes), readout_spikes), lost), dropped), inputs) = chunks;
                let out = &mut Output { hidden_cadc, readout_cadc, spikes, readout_spikes, lost, dropped };
                let numbers = [trial, (k * group) as u64];
                SPACE.with_borrow_mut(|space| {
                    let (chip, shift, observer) = (self, &shift, None);
                    dispatch(Pass { chip, space, inputs, numbers, shift, tile, out, observer });
                });
            });
    }

    /// Runs one sample on the thread of the caller and writes what is read to place `slot` of `recording`.
    ///
    /// `numbers` are those of the run and of the sample in it, which decide the noise; `shift` is the
    /// [threshold shift](Self::threshold_shift) of the run.
    pub(super) fn run_sample(
        &self,
        input: &SpikeTrain,
        numbers: [u64; 2],
        shift: &[f32],
        recording: &mut Recording,
        slot: usize,
    ) {
        let n_host = self.grid.n_host;
        let (hidden, readout) = (n_host * self.shape.n_hidden, n_host * self.shape.n_readout);
        let out = &mut Output {
            hidden_cadc: &mut recording.hidden_cadc[slot * hidden..][..hidden],
            readout_cadc: &mut recording.readout_cadc[slot * readout..][..readout],
            spikes: &mut recording.hidden_spikes[slot..=slot],
            readout_spikes: &mut recording.readout_spikes[slot..=slot],
            lost: &mut recording.lost_events[slot..=slot],
            dropped: &recording.dropped[slot..=slot],
        };
        let tile = self.shape.n_hidden.div_ceil(BLOCK);
        SPACE.with_borrow_mut(|space| {
            dispatch(Pass { chip: self, space, inputs: &[input], numbers, shift, tile, out, observer: None });
        });
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
        self.watch(input, trial, sample, &mut recording, &mut voltages);
        XRay { v_hidden: voltages.v_hidden, v_readout: voltages.v_readout, recording }
    }

    /// What the batch-to-batch noise of run number `trial` adds to every threshold: of hidden neurons, and behind them
    /// of the readout if it spikes.
    pub fn threshold_shift(&self, trial: u64) -> Vec<f32> {
        let of_readout = if self.params.readout_spikes { self.shape.n_readout } else { 0 };
        let mut shift = vec![0.0; self.shape.n_hidden + of_readout];
        if self.params.chip.noise_threshold > 0.0 {
            let mut lanes = NoiseLanes::default();
            lanes.reseed(shift.len(), rng::mix(trial, u64::MAX));
            lanes.step();
            let scale = vec![self.params.chip.noise_threshold as f32; shift.len()];
            lanes.add_scaled(Of::Membrane, &mut shift, &scale);
        }
        shift
    }

    /// Runs one sample while somebody looks.
    pub(super) fn watch(
        &self,
        input: &SpikeTrain,
        trial: u64,
        sample: usize,
        recording: &mut Recording,
        observer: &mut dyn Observer,
    ) {
        let shift = self.threshold_shift(trial);
        dispatch(Pass {
            chip: self,
            space: &mut Workspace::default(),
            inputs: &[input],
            numbers: [trial, sample as u64],
            shift: &shift,
            tile: self.shape.n_hidden.div_ceil(BLOCK),
            out: &mut Output::all(recording),
            observer: Some(observer),
        });
    }
}
