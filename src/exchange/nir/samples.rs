//! The test split as other simulators need it to be compared with: input events, and what Misfit makes of them.

use std::io::Cursor;
use std::path::Path;

use ndarray::{Array2, Array3, ArrayView1, Axis};
use ndarray_npy::{NpzWriter, WriteNpzError};
use rayon::prelude::*;

use super::export::{Form, quiet_chip};
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::params::Lane;
use crate::training::Experiment;

/// Steps times readouts of all samples together, as a limit on memory: 1 GiB of single precision.
const LARGEST: usize = 1 << 28;

/// Test samples, run without noise on the chip that [`super::export()`] writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Chip step, s.
    pub dt: f64,
    /// Chip steps of a sample.
    pub steps: usize,
    /// Chip steps from one sample of the converter to the next.
    pub substeps: usize,
    /// Right class of each sample.
    pub labels: Vec<i32>,
    /// Class that the host answers from what the converter gave it.
    pub answers: Vec<i32>,
    /// Input events as sample, chip step at whose beginning they act, channel.
    pub events: Vec<[i32; 3]>,
    /// Hidden spikes as sample, chip step at whose end they were emitted, neuron.
    pub spikes: Vec<[i32; 3]>,
    /// Readout membranes at the end of every chip step, `[sample, chip step, readout]`.
    pub v_readout: Array3<f32>,
}

/// Runs the first `count` test samples, or all.
///
/// # Errors
/// When the experiment does not run that lane, or the result would need more than 1 GiB.
pub fn run(
    experiment: &Experiment,
    lane: Lane,
    form: Form,
    substeps: Option<usize>,
    count: Option<usize>,
) -> Result<Samples> {
    let chip = quiet_chip(experiment, lane, form, substeps)?;
    let grid = chip.grid();
    let test = &experiment.data().test;
    let test = &test[..count.unwrap_or(test.len()).min(test.len())];
    let n_readout = chip.actual().1.len();
    if test.len().saturating_mul(grid.n_chip() * n_readout) > LARGEST {
        let most = LARGEST / (grid.n_chip() * n_readout);
        return Err(Error::BadValue {
            place: "writing samples".into(),
            key: "count".into(),
            expected: format!("at most {most} samples of {} steps and {n_readout} readouts", grid.n_chip()),
            got: test.len().to_string(),
        });
    }
    let looks: Vec<_> = test.par_iter().enumerate().map(|(k, sample)| chip.xray(&sample.spikes, 0, k)).collect();
    let mut samples = Samples {
        dt: grid.dt_chip,
        steps: grid.n_chip(),
        substeps: grid.substeps,
        labels: test.iter().map(|s| i32::from(s.label)).collect(),
        answers: Vec::with_capacity(test.len()),
        events: Vec::new(),
        spikes: Vec::new(),
        v_readout: Array3::zeros((test.len(), grid.n_chip(), n_readout)),
    };
    let dead = &chip.damage().dead_inputs;
    for (k, (sample, look)) in test.iter().zip(looks).enumerate() {
        let sent = sample.spikes.iter().filter(|(_, channel)| dead.get(usize::from(*channel)) == Some(&false));
        samples.events.extend(sent.filter_map(|(time, channel)| {
            Some([k as i32, grid.chip_step(f64::from(time))? as i32, i32::from(channel)])
        }));
        let spikes = &look.recording.hidden_spikes[0];
        samples.spikes.extend(spikes.iter().map(|s| [k as i32, i32::from(s.step), i32::from(s.neuron)]));
        let answer = experiment.answer_of(lane, &look.recording).unwrap_or_default();
        samples.answers.push(i32::from(answer));
        samples.v_readout.index_axis_mut(Axis(0), k).assign(&look.v_readout);
    }
    Ok(samples)
}

/// Writes them as a NumPy archive with one array a field.
///
/// # Errors
/// Names the file and the reason.
pub fn write(samples: &Samples, path: &Path) -> Result<()> {
    let bytes = bytes(samples).map_err(|why| Error::System(format!("cannot write {}: {why}", path.display())))?;
    write_atomically(path, &bytes)
}

fn bytes(samples: &Samples) -> std::result::Result<Vec<u8>, WriteNpzError> {
    let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    let rows = |events: &[[i32; 3]]| Array2::from_shape_fn((events.len(), 3), |(row, column)| events[row][column]);
    npz.add_array("dt", &ndarray::aview0(&samples.dt))?;
    npz.add_array("steps", &ndarray::aview0(&(samples.steps as i64)))?;
    npz.add_array("substeps", &ndarray::aview0(&(samples.substeps as i64)))?;
    npz.add_array("labels", &ArrayView1::from(&samples.labels))?;
    npz.add_array("answers", &ArrayView1::from(&samples.answers))?;
    npz.add_array("events", &rows(&samples.events))?;
    npz.add_array("spikes", &rows(&samples.spikes))?;
    npz.add_array("v_readout", &samples.v_readout)?;
    npz.finish().map(Cursor::into_inner)
}
