//! Everything of a run that the next batch depends on, so that it can go on elsewhere with the same bits.
//!
//! What is not here is drawn anew from the parameters: the faults of the chip from its number, the data and their
//! split from the seed, the order of an epoch from seed and epoch, the noise of a run from seed, epoch and batch
//! (see [`crate::base::rng`]). So epoch and batch are the whole state of all random numbers.

use std::sync::{Arc, OnceLock};

use super::Experiment;
use super::lane::LaneRun;
pub use super::learner_state::{LearnerState, TeacherState};
use super::metrics::Running;
use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::params::{Lane, Params};
use crate::recording::{Codes, Trims};
use crate::task::Dataset;

/// A run between two batches.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The parameters in force.
    pub params: Params,
    /// [`fingerprint`] of the data.
    pub data: u64,
    /// The epoch in progress, counted from 1.
    pub epoch: usize,
    /// Batches done in it.
    pub batch: usize,
    /// Training samples used up in it.
    pub position: usize,
    /// Sums over the epoch so far, one entry a lane of [`Lane::ALL`].
    pub running: [Running; Lane::ALL.len()],
    /// Chips and hosts; that of `ideal` is there too when only `transferred` was asked for.
    pub learners: Vec<LearnerState>,
}

impl Checkpoint {
    /// Whether the chip had been calibrated.
    pub fn is_calibrated(&self) -> bool {
        self.learners.iter().flat_map(|lane| &lane.trims).any(|trims| *trims != Trims::default())
    }

    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        let codes = |c: &Codes| c.input.len() + c.recurrent.len() + c.readout.len();
        let of = |t: &LearnerState| {
            t.teacher.bytes() + codes(&t.codes) + codes(&t.first_codes) + t.trims.len() * 16 + t.overrides.len()
        };
        self.learners.iter().map(of).sum::<usize>() + size_of::<Self>()
    }

    /// Epochs learnt, with the part of the one in progress by the number of samples.
    pub fn epochs(&self, samples: usize) -> f64 {
        self.epoch as f64 - 1.0 + self.position as f64 / samples.max(1) as f64
    }
}

impl Experiment {
    /// Everything that the next batch depends on.
    pub fn checkpoint(&self) -> Checkpoint {
        let learners = self.lanes.iter().map(LaneRun::state).collect();
        Checkpoint {
            params: self.params.clone(),
            data: *self.fingerprint.get_or_init(|| fingerprint(&self.data)),
            epoch: self.epoch,
            batch: self.batch,
            position: self.position,
            running: self.running,
            learners,
        }
    }

    /// Batches in an epoch at the current batch size.
    pub fn batches_per_epoch(&self) -> usize {
        self.order.len().div_ceil((self.params.learning.batch as usize).max(1))
    }

    /// Epochs learnt, with the part of the one in progress.
    pub fn epochs_learnt(&self) -> f64 {
        self.epoch as f64 - 1.0 + self.position as f64 / self.order.len().max(1) as f64
    }

    /// An experiment that goes on where another one was, with the same bits.
    ///
    /// # Errors
    /// When the data cannot be read or are others now, or when the checkpoint contradicts its own parameters.
    pub fn resume(checkpoint: &Checkpoint) -> Result<Self> {
        checkpoint.params.check()?;
        Self::resume_with_data(checkpoint, Dataset::new(&checkpoint.params)?)
    }

    /// As [`Self::resume`], with data that were built before from the same parameters.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub fn resume_with_data(checkpoint: &Checkpoint, data: Dataset) -> Result<Self> {
        let found = fingerprint(&data);
        if found != checkpoint.data {
            let from =
                if checkpoint.params.task.data.is_empty() { "this version of the program" } else { "the data folder" };
            return Err(bad(format!(
                "the run learnt from other data than {from} gives now (fingerprint {:016x}, now {found:016x}); put the \
                 data of then back to go on",
                checkpoint.data
            )));
        }
        let mut experiment = Self::with_data(&checkpoint.params, data)?;
        experiment.fingerprint = OnceLock::from(found);
        experiment.adopt(checkpoint)
    }

    /// This experiment at another moment: a second one on the same data and threads. It goes on from there
    /// with the same bits.
    ///
    /// # Errors
    /// When the checkpoint is of other data, or contradicts its own parameters.
    pub fn at(&self, checkpoint: &Checkpoint) -> Result<Self> {
        if *self.fingerprint.get_or_init(|| fingerprint(&self.data)) != checkpoint.data {
            return Err(bad("the checkpoint is of other data".into()));
        }
        let mut other = Self::with_pool(&checkpoint.params, Arc::clone(&self.data), Arc::clone(&self.pool))?;
        other.fingerprint = OnceLock::from(checkpoint.data);
        other.heed(&self.stops);
        other.adopt(checkpoint)
    }

    fn adopt(mut self, checkpoint: &Checkpoint) -> Result<Self> {
        self.return_to(checkpoint)?;
        Ok(self)
    }

    /// Becomes what the checkpoint says; the parameters are its own already.
    pub(super) fn return_to(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let n = self.order.len();
        if checkpoint.epoch == 0 || checkpoint.position >= n.max(1) {
            return Err(bad(format!("epoch {}, sample {} of {n} cannot be", checkpoint.epoch, checkpoint.position)));
        }
        if !self.lanes.iter().map(|lane| lane.lane).eq(checkpoint.learners.iter().map(|t| t.lane)) {
            return Err(bad("it does not hold the lanes that its parameters name".into()));
        }
        for (own, state) in self.lanes.iter_mut().zip(&checkpoint.learners) {
            own.restore(state).map_err(|what| {
                bad(format!("{what} of the lane `{}` have another shape than its network", state.lane.name()))
            })?;
        }
        self.epoch = checkpoint.epoch;
        self.batch = checkpoint.batch;
        self.shuffle();
        self.position = checkpoint.position;
        self.running = checkpoint.running;
        Ok(())
    }
}

fn bad(why: String) -> Error {
    Error::Inconsistent { keys: "checkpoint".into(), why }
}

/// A number that other data would hardly share: a chain of [`rng::mix`] over labels and spikes of all samples.
pub fn fingerprint(data: &Dataset) -> u64 {
    let mut sum = rng::mix(data.n_inputs as u64, data.class_names.len() as u64);
    for sample in data.train.iter().chain(&data.test) {
        sum = rng::mix(sum, (sample.spikes.len() as u64) << 16 | u64::from(sample.label));
        for (time, unit) in sample.spikes.iter() {
            sum = rng::mix(sum, u64::from(time.to_bits()) << 16 | u64::from(unit));
        }
    }
    rng::mix(sum, data.train.len() as u64)
}

#[cfg(test)]
mod tests;
