//! A batch for other programs: one batch of a lane as a NumPy archive, with all that is needed to compute it again elsewhere.
//!
//! The arrays are described in [`ARRAYS`], once: that list is this documentation, the help of
//! `misfit record`, and what the archive is checked against. Voltages and weights are in membrane
//! units (nominal leak 0, nominal threshold 1), times in seconds unless an axis counts steps.
//!
//! # How to compute it again
//!
//! The chip, from `k = 0`, with `v = v_leak` and no current at the start. In chip step `k`:
//!
//! ```text
//! 1  an event admitted in step k adds w = effective_input[channel, ·] to the hidden currents,
//!    w > 0 to i_exc, w < 0 to i_inh; a spike that the recording has in step k − 1 does the same
//!    to the readout with effective_readout, and to the hidden currents with effective_recurrent if
//!    that has rows; |i| is limited to synaptic_saturation unless that is 0
//! 2  over dt_chip:  dv/dt = −(v − v_leak)/tau_mem + (i_exc + i_inh)/nominal_tau_mem
//!                   di/dt = −i/tau_syn                    (exc and inh each with their own)
//! 3  v += noise_v[k]
//! 4  hidden only: v := v_reset while held;  else if v ≥ v_threshold + threshold_shift:
//!    spike, v := v_reset, held for the next refractory_steps steps
//! 5  the result is v[k]; after the last chip step of host step n:
//!    code = clip(round((leak + lsb_per_unit · v) · cadc_gain + cadc_offset + noise_cadc[n]), 0, 255)
//! ```
//!
//! Halves round to even; with fewer bits the code is rounded in units of `cadc_step` instead and the largest
//! is `256 − cadc_step`. Broken parts do not follow the rules: `hidden_silent` neurons never spike and
//! `hidden_deaf` ones read 0; the effective weights already hold what stuck synapses add.
//! With spike jitter, a spike stands in the recording not in the step in which its
//! neuron crossed the threshold but in the later one before it was delivered; those that were still on
//! their way when the sample ended are missing.
//!
//! There is no dropout in a recording, whatever `dropout` is in training. Arrays of recurrent weights have
//! no rows (axis `recurrent`) in a feed-forward network and one for every hidden neuron otherwise;
//! `gradient_recurrent` is the derivative also where the weights are frozen.
//!
//! The host, from codes, recorded spikes and the events *sent*: equations in [`crate::host::loss`] and
//! [`crate::host::backward`], with α, β and κ of [`crate::neuron`] for `dt_chip · substeps`,
//! `nominal_tau_mem` and `nominal_tau_syn`.
//!
//! `tests/reference/recompute.py` does all of it in NumPy and compares.

mod arrays;

use std::io::Cursor;
use std::path::Path;

use ndarray::{Array1, ArrayView, ArrayView1, ArrayView2, ArrayView3, Axis, Dimension, aview0, aview1};
use ndarray_npy::{NpzWriter, WritableElement};

use super::experiment_json;
use super::nir::export::no_first_spike;

use crate::base::error::{Error, Result};
use crate::base::time::TimeGrid;
use crate::energy::Counter;
use crate::params::{Decoding, Lane};
use crate::probes::batch_dump::{ActualNeuron, BatchDump};
use crate::probes::on_chip_dump::OnChipDump;
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::training::Experiment;
pub use arrays::{ARRAYS, ArrayDoc, ON_CHIP_ARRAYS, help, markdown};

/// Records the first `samples` training samples of a lane and writes them to `path`.
///
/// # Errors
/// Those of [`Experiment::dump`], and [`Error::File`] when the file cannot be written.
pub fn write(experiment: &Experiment, lane: Lane, samples: usize, path: &Path) -> Result<()> {
    let bytes = match lane {
        Lane::OnChip => on_chip_bytes(&experiment.dump_on_chip(samples)?)?,
        _ if experiment.params().decoding_of(lane) == Decoding::FirstSpike => {
            return Err(no_first_spike("writing a batch"));
        }
        Lane::Ideal | Lane::Transferred | Lane::InTheLoop => bytes(&experiment.dump(lane, samples)?)?,
    };
    crate::base::files::write_atomically(path, &bytes)
}

/// The archive of a chip that teaches itself in memory.
///
/// # Errors
/// [`Error::System`] when it cannot be built.
pub fn on_chip_bytes(dump: &OnChipDump) -> Result<Vec<u8>> {
    let mut npz = Archive { writer: NpzWriter::new_compressed(Cursor::new(Vec::new())), arrays: ON_CHIP_ARRAYS };
    npz.add("params_json", &aview1(experiment_json(&dump.params).to_string().as_bytes()))?;
    npz.number("epoch", dump.before.epoch as i32)?;
    npz.number("substeps", dump.recording.grid.substeps as i32)?;
    npz.number("lsb_per_unit", dump.params.network.lsb_per_unit())?;
    npz.labels(&dump.labels)?;
    npz.sent(&dump.inputs, dump.before.input.nrows(), dump.recording.grid)?;
    npz.recording(&dump.recording)?;
    npz.add("traces", &dump.traces.view())?;
    npz.add("feedback", &dump.feedback.view())?;
    for (when, state) in [("before", &dump.before), ("after", &dump.after)] {
        npz.add(&format!("fine_input_{when}"), &state.input.view())?;
        npz.add(&format!("fine_readout_{when}"), &state.readout.view())?;
        let registers: Array1<i32> = state.registers.iter().map(|r| i32::from(*r)).collect();
        npz.add(&format!("registers_{when}"), &registers.view())?;
    }
    npz.finish()
}

/// The archive in memory.
///
/// # Errors
/// [`Error::System`] when it cannot be built.
pub fn bytes(take: &BatchDump) -> Result<Vec<u8>> {
    let mut npz = Archive { writer: NpzWriter::new_compressed(Cursor::new(Vec::new())), arrays: ARRAYS };
    write_scalars(&mut npz, take)?;
    write_neurons(&mut npz, take)?;
    write_weights(&mut npz, take)?;
    write_chip(&mut npz, take)?;
    write_host(&mut npz, take)?;
    npz.finish()
}

fn unwritable(name: &str, why: &ndarray_npy::WriteNpzError) -> Error {
    Error::System(format!("cannot put {name} into the archive: {why}"))
}

/// A type that NumPy has.
trait Element: WritableElement {
    const DTYPE: &'static str;
}

macro_rules! elements {
    ($($rust:ty: $numpy:literal),*) => { $(impl Element for $rust { const DTYPE: &'static str = $numpy; })* };
}
elements!(u8: "uint8", i8: "int8", i16: "int16", i32: "int32", u64: "uint64", f32: "float32", f64: "float64");

/// The archive being written.
struct Archive {
    writer: NpzWriter<Cursor<Vec<u8>>>,
    /// What may stand in it.
    arrays: &'static [ArrayDoc],
}

impl Archive {
    /// Adds an array; its name, type and number of axes must be described.
    fn add<T: Element, D: Dimension>(&mut self, name: &str, array: &ArrayView<'_, T, D>) -> Result<()> {
        debug_assert!(
            self.arrays.iter().any(|a| a.name == name && a.dtype == T::DTYPE && a.axes().count() == array.ndim()),
            "{name} ({}, {} axes) is not described so",
            T::DTYPE,
            array.ndim()
        );
        self.writer.add_array(name, array).map_err(|why| unwritable(name, &why))
    }

    fn number<T: Element + Copy>(&mut self, name: &str, value: T) -> Result<()> {
        self.add(name, &aview0(&value))
    }

    fn finish(self) -> Result<Vec<u8>> {
        self.writer.finish().map(Cursor::into_inner).map_err(|why| unwritable("the end", &why))
    }

    fn labels(&mut self, labels: &[u16]) -> Result<()> {
        self.add("labels", &labels.iter().map(|&l| i32::from(l)).collect::<Array1<i32>>().view())
    }

    /// Input events as they were sent.
    fn sent(&mut self, inputs: &[SpikeTrain], n_inputs: usize, grid: TimeGrid) -> Result<()> {
        let sent = inputs.iter().enumerate().flat_map(|(k, input)| {
            let ours = input.iter().filter(move |(_, channel)| usize::from(*channel) < n_inputs);
            ours.filter_map(move |(time, channel)| {
                let step = grid.chip_step(f64::from(time))?;
                Some([k as i32, step as i32, i32::from(channel)])
            })
        });
        self.events("events_sent", sent)
    }

    /// Codes and spikes.
    fn recording(&mut self, recording: &Recording) -> Result<()> {
        let codes = |codes, n| {
            let shape = (recording.n_samples, recording.grid.n_host, n);
            ArrayView3::from_shape(shape, codes).expect("one code a step and neuron")
        };
        self.add("cadc_hidden", &codes(&recording.hidden_cadc[..], recording.n_hidden))?;
        self.add("cadc_readout", &codes(&recording.readout_cadc[..], recording.n_readout))?;
        let spikes = recording.hidden_spikes.iter().enumerate().flat_map(|(k, spikes)| {
            spikes.iter().map(move |spike| [k as i32, i32::from(spike.step), i32::from(spike.neuron)])
        });
        self.events("spikes", spikes)
    }

    /// Adds `(sample, step, unit)` triples.
    fn events(&mut self, name: &str, events: impl Iterator<Item = [i32; 3]>) -> Result<()> {
        let rows: Vec<[i32; 3]> = events.collect();
        self.add(name, &ndarray::aview2(&rows))
    }
}

fn write_scalars(npz: &mut Archive, take: &BatchDump) -> Result<()> {
    let (p, grid) = (&take.params, take.recording.grid);
    npz.add("params_json", &aview1(experiment_json(p).to_string().as_bytes()))?;
    npz.number("trial", take.trial)?;
    npz.number("dt_chip", grid.dt_chip)?;
    npz.number("substeps", grid.substeps as i32)?;
    npz.number("nominal_tau_mem", p.network.tau_mem)?;
    npz.number("nominal_tau_syn", p.network.tau_syn)?;
    npz.number("leak", p.network.leak)?;
    npz.number("lsb_per_unit", p.network.lsb_per_unit())?;
    npz.number("cadc_step", 1i32 << (8 - p.network.cadc_bits))?;
    npz.number("synaptic_saturation", p.chip.synaptic_saturation)?;
    npz.number("rails", p.chip.rails)?;
    npz.number("surrogate_slope", p.learning.surrogate_slope)?;
    npz.number("readout_scale", p.learning.readout_scale)?;
    npz.number("readout_penalty", p.learning.readout_penalty)?;
    npz.number("burst_penalty", p.learning.burst_penalty)?;
    npz.number("activity_penalty", p.learning.activity_penalty)?;
    npz.number("activity_limit", p.learning.activity_limit)?;
    npz.number("weight_per_code_input", p.network.weight_full_scale / f64::from(p.network.code_max()))?;
    npz.number("weight_per_code_readout", p.network.readout_full_scale / f64::from(p.network.code_max()))
}

fn write_neurons(npz: &mut Archive, take: &BatchDump) -> Result<()> {
    let each = |neurons: &[ActualNeuron], f: fn(&ActualNeuron) -> f64| neurons.iter().map(f).collect::<Array1<f64>>();
    let hidden = |f| each(&take.hidden, f);
    let readout = |f| each(&take.readout, f);
    npz.add("hidden_tau_mem", &hidden(|n| n.tau_mem).view())?;
    npz.add("hidden_tau_syn_exc", &hidden(|n| n.tau_syn_exc).view())?;
    npz.add("hidden_tau_syn_inh", &hidden(|n| n.tau_syn_inh).view())?;
    npz.add("hidden_v_leak", &hidden(|n| n.v_leak).view())?;
    npz.add("hidden_v_reset", &hidden(|n| n.v_reset).view())?;
    npz.add("hidden_v_threshold", &hidden(|n| n.v_threshold).view())?;
    npz.add("hidden_threshold_shift", &aview1(&take.threshold_shift))?;
    let steps: Vec<i32> = take.refractory_steps.iter().map(|&steps| steps as i32).collect();
    npz.add("hidden_refractory_steps", &aview1(&steps))?;
    npz.add("hidden_gain_exc", &hidden(|n| n.gain_exc).view())?;
    npz.add("hidden_gain_inh", &hidden(|n| n.gain_inh).view())?;
    npz.add("hidden_cadc_offset", &hidden(|n| n.cadc_offset).view())?;
    npz.add("hidden_cadc_gain", &hidden(|n| n.cadc_gain).view())?;
    let flags = |broken: &[bool]| broken.iter().map(|&b| u8::from(b)).collect::<Array1<u8>>();
    npz.add("hidden_silent", &flags(&take.damage.silent).view())?;
    npz.add("hidden_deaf", &flags(&take.damage.dead_adc).view())?;
    npz.add("input_dead", &flags(&take.damage.dead_inputs).view())?;
    npz.add("readout_tau_mem", &readout(|n| n.tau_mem).view())?;
    npz.add("readout_tau_syn_exc", &readout(|n| n.tau_syn_exc).view())?;
    npz.add("readout_tau_syn_inh", &readout(|n| n.tau_syn_inh).view())?;
    npz.add("readout_v_leak", &readout(|n| n.v_leak).view())?;
    npz.add("readout_gain_exc", &readout(|n| n.gain_exc).view())?;
    npz.add("readout_gain_inh", &readout(|n| n.gain_inh).view())?;
    npz.add("readout_cadc_offset", &readout(|n| n.cadc_offset).view())?;
    npz.add("readout_cadc_gain", &readout(|n| n.cadc_gain).view())
}

fn write_weights(npz: &mut Archive, take: &BatchDump) -> Result<()> {
    npz.add("weights_input", &take.weights.input.view())?;
    npz.add("weights_recurrent", &take.weights.recurrent.view())?;
    npz.add("weights_readout", &take.weights.readout.view())?;
    npz.add("codes_input", &take.codes.input.view())?;
    npz.add("codes_recurrent", &take.codes.recurrent.view())?;
    npz.add("codes_readout", &take.codes.readout.view())?;
    npz.add("effective_input", &take.effective.input.view())?;
    npz.add("effective_recurrent", &take.effective.recurrent.view())?;
    npz.add("effective_readout", &take.effective.readout.view())
}

fn write_chip(npz: &mut Archive, take: &BatchDump) -> Result<()> {
    let (recording, grid) = (&take.recording, take.recording.grid);
    npz.labels(&take.labels)?;
    npz.sent(&take.inputs, take.weights.input.nrows(), grid)?;
    let admitted = take.replays.iter().enumerate().flat_map(|(k, replay)| {
        replay.admitted.iter().map(move |&(step, channel)| [k as i32, step as i32, i32::from(channel)])
    });
    npz.events("events_admitted", admitted)?;
    for (name, noise) in [
        ("noise_v_hidden", take.replays.iter().map(|r| r.v_hidden.view()).collect::<Vec<ArrayView2<'_, f32>>>()),
        ("noise_v_readout", take.replays.iter().map(|r| r.v_readout.view()).collect()),
        ("noise_cadc_hidden", take.replays.iter().map(|r| r.cadc_hidden.view()).collect()),
        ("noise_cadc_readout", take.replays.iter().map(|r| r.cadc_readout.view()).collect()),
    ] {
        let stacked = ndarray::stack(Axis(0), &noise).expect("samples have the same shape and there is one");
        npz.add(name, &stacked.view())?;
    }
    npz.add("v_hidden", &take.v_hidden.view())?;
    npz.add("v_readout", &take.v_readout.view())?;
    npz.recording(recording)
}

fn write_host(npz: &mut Archive, take: &BatchDump) -> Result<()> {
    npz.add("traces_readout", &take.traces.view())?;
    let shape = (take.recording.n_samples, take.recording.n_readout);
    let scores = ArrayView2::from_shape(shape, &take.loss.scores).expect("one score a sample and readout");
    npz.add("scores", &scores)?;
    npz.add("loss", &ArrayView1::from(&take.loss.per_sample))?;
    npz.add("gradient_input", &take.gradients.input.view())?;
    npz.add("gradient_recurrent", &take.gradients.recurrent.view())?;
    npz.add("gradient_readout", &take.gradients.readout.view())?;
    let mut counter = Counter::new(&take.codes, take.recording.grid);
    for (k, input) in take.inputs.iter().enumerate() {
        counter.add(input, &take.recording.hidden_spikes[k], &take.v_hidden.index_axis(Axis(0), k));
    }
    npz.add("neurobench", &aview1(&counter.metrics().values()))
}

#[cfg(test)]
mod tests;
