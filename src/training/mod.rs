//! One experiment: several networks side by side on the same data in the same order.
//!
//! The whole subject is the five lines of one round of the loop (`lane/with_host.rs`):
//!
//! ```text
//! recording = chip.run_dropping(batch)                 analog, mismatched, forward; dropout if asked for
//! loss      = host.loss(recording, labels)             on digitised voltages
//! gradients = host.backward(batch, recording, loss)    surrogate or EventProp, nominal parameters
//! host.apply(gradients)                                optimiser on float weights
//! chip.write_weights(host.codes())                     6-bit, signed row pairs
//! ```

pub mod calibration;
mod changes;
pub mod checkpoint;
pub(crate) mod device;
mod evaluate;
pub(crate) mod lane;
mod learner_state;
pub mod metrics;
pub(crate) mod noise_stream;
mod step_stats;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rand::seq::SliceRandom as _;
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::base::stop::Stop;
use crate::base::threads::awake;
use crate::chip::layout::Shape;
pub use crate::foreign::Identity;
use crate::foreign::messages::Faults;
pub use crate::host::loss::{answers_over_time, argmax, first_answers};
use crate::params::{Lane, Params, Recurrence};
use crate::spikes::SpikeTrain;
use crate::task::{Dataset, Sample};
pub use evaluate::{Evaluation, scores};
use lane::{LaneRun, NotLearnt};
use metrics::{BatchReport, EpochReport, Running};
pub use step_stats::{Processor, StepStats};

/// Inputs and labels of one batch.
pub(crate) struct Batch<'a> {
    pub(crate) inputs: Vec<&'a SpikeTrain>,
    pub(crate) labels: Vec<u16>,
}

/// Training samples as augmentation shows them this time; `None` where they stay as they are.
fn augmented(params: &Params, data: &Dataset, chosen: &[usize], seed: u64) -> Vec<Option<SpikeTrain>> {
    chosen.par_iter().map(|&k| data.augmented(params, k, seed)).collect()
}

impl<'a> Batch<'a> {
    pub(crate) fn new(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let (inputs, labels) = samples.map(|s| (&s.spikes, s.label)).unzip();
        Self { inputs, labels }
    }
}

pub(crate) fn shape(params: &Params, data: &Dataset) -> Shape {
    Shape {
        n_inputs: data.n_inputs,
        n_hidden: params.network.hidden as usize,
        n_readout: data.n_classes(),
        recurrent: params.network.recurrence != Recurrence::None,
    }
}

/// What one call of [`Experiment::step`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Epoch the batch belonged to, counted from 1.
    pub epoch: usize,
    /// Batch within the epoch, counted from 1.
    pub batch: usize,
    /// Batches in an epoch at the current batch size.
    pub batches: usize,
    /// What happened in each lane.
    pub reports: Vec<BatchReport>,
    /// Present when the batch was the last of its epoch: one report a lane.
    pub epoch_done: Option<Vec<EpochReport>>,
    /// What these reports say of the test split, whole; empty when `epoch_done` is absent.
    pub examined: Vec<Evaluation>,
}

/// A running experiment. Deterministic: parameters in, numbers out.
pub struct Experiment {
    pub(crate) params: Params,
    /// Shared with the same experiment at other moments.
    pub(crate) data: Arc<Dataset>,
    pub(crate) pool: Arc<rayon::ThreadPool>,
    /// Those that are shown and those that others take their weights from, in the order of [`Lane::ALL`].
    pub(crate) lanes: Vec<LaneRun>,
    order: Vec<usize>,
    /// Samples of `order` used up in this epoch.
    position: usize,
    pub(crate) epoch: usize,
    batch: usize,
    running: [Running; Lane::ALL.len()],
    /// Of the data, once somebody has asked for it.
    fingerprint: OnceLock<u64>,
    /// What ends the waiting for a chip.
    stops: Vec<Stop>,
}

impl Experiment {
    /// Builds data, chips and hosts.
    ///
    /// # Errors
    /// When parameters contradict one another, data cannot be read, or the network does not fit.
    pub fn new(params: &Params) -> Result<Self> {
        params.check()?;
        Self::with_data(params, Dataset::new(params)?)
    }

    /// As [`Self::new`], with data that were built before from the same parameters.
    ///
    /// # Errors
    /// When parameters contradict one another or the network does not fit.
    pub fn with_data(params: &Params, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        params.check()?;
        let data = data.into();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(params.learning.threads as usize)
            .thread_name(|k| format!("engine-{k}"))
            .build()
            .map_err(|why| Error::System(format!("cannot start the engine's threads: {why}; set `threads` lower")))?;
        let experiment = Self::with_pool(params, data, Arc::new(pool))?;
        experiment.revive();
        Ok(experiment)
    }

    /// As [`Self::with_data`], on threads that are there already.
    fn with_pool(params: &Params, data: Arc<Dataset>, pool: Arc<rayon::ThreadPool>) -> Result<Self> {
        params.check()?;
        let mut experiment = Self {
            params: params.clone(),
            lanes: lane::all(params, &data)?,
            order: (0..data.train.len()).collect(),
            data,
            pool,
            position: 0,
            epoch: 1,
            batch: 0,
            running: Default::default(),
            fingerprint: OnceLock::new(),
            stops: Vec::new(),
        };
        experiment.shuffle();
        Ok(experiment)
    }

    /// Waits for foreign chips no longer than until one of these asks for the end. At the first one a pass over the
    /// test split ends too.
    pub fn heed(&mut self, stops: &[Stop]) {
        self.stops = stops.to_vec();
        for lane in &mut self.lanes {
            lane.teacher.device_mut().heed(stops);
        }
    }

    /// Why a chip cannot be used, if that is so.
    pub fn chip_failure(&self) -> Option<Error> {
        self.lanes.iter().find_map(|lane| lane.device().failure())
    }

    /// After a failure chips are tried again.
    pub fn revive(&self) {
        self.lanes.iter().for_each(|lane| lane.device().revive());
    }

    /// What a chip that Misfit did not make says of itself, once it has run.
    pub fn chip_identity(&self) -> Option<Identity> {
        self.lanes.iter().find_map(|lane| lane.device().identity())
    }

    /// What the neurons of such a chip really are, as far as it says: by key, one number a neuron, hidden first.
    pub fn foreign_faults(&self) -> Option<Faults> {
        self.lanes.iter().find(|lane| lane.chip().is_none())?.device().faults()
    }

    /// Whether a lane runs on a chip that Misfit did not make.
    pub fn is_on_a_foreign_chip(&self) -> bool {
        self.lanes.iter().any(|lane| lane.chip().is_none())
    }

    /// The parameters in force.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The data.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The data, for a thread of its own.
    pub(crate) fn shared_data(&self) -> Arc<Dataset> {
        Arc::clone(&self.data)
    }

    /// Threads that it computes on.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// The epoch in progress, counted from 1.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Batches learnt of that epoch.
    pub fn batches_done(&self) -> usize {
        self.batch
    }

    /// Whether all epochs of the plan are done.
    pub fn is_finished(&self) -> bool {
        self.epoch > self.params.learning.epochs as usize
    }

    /// One batch in every lane, and the evaluation when it was the last of its epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`] names the epoch and the quantity. When a chip that Misfit did not make goes wrong, or what
    /// [`Self::heed`] was told to asks for the end, the experiment is what it was before the batch, and the batch can be
    /// tried again.
    pub fn step(&mut self) -> Result<Step> {
        let pool = Arc::clone(&self.pool);
        let ends_epoch = self.position + self.params.learning.batch as usize >= self.order.len();
        let before = (ends_epoch || self.is_on_a_foreign_chip()).then(|| self.checkpoint());
        let step = awake(&pool, || self.step_here());
        if let (Err(Error::Chip { .. } | Error::Interrupted), Some(before)) = (&step, &before) {
            self.return_to(before)?;
        }
        step
    }

    /// As [`Self::step`], on the threads of the caller.
    fn step_here(&mut self) -> Result<Step> {
        let size = (self.params.learning.batch as usize).min(self.order.len());
        let end = (self.position + size).min(self.order.len());
        self.batch += 1;
        let trial = rng::mix(u64::from(self.params.learning.seed), (self.epoch as u64) << 32 | self.batch as u64);
        let chosen = self.order[self.position..end].to_vec();
        let data = Arc::clone(&self.data);
        let changed = augmented(&self.params, &data, &chosen, trial);
        let shown = chosen.iter().zip(&changed).map(|(&k, changed)| {
            let sample = &data.train[k];
            (changed.as_ref().unwrap_or(&sample.spikes), sample.label)
        });
        let (inputs, labels) = shown.unzip();
        let batch = Batch { inputs, labels };
        // The trial decides which neurons are dropped, so they are the same in all lanes.
        let dropout = self.params.learning.dropout;
        let mut reports = Vec::new();
        for report in self.learn(&batch, trial, dropout)? {
            if self.params.learning.lanes.contains(&report.lane) {
                self.running[report.lane as usize].add(&report);
                reports.push(report);
            }
        }
        let mut step = Step {
            epoch: self.epoch,
            batch: self.batch,
            batches: self.batch + (self.order.len() - end).div_ceil(size),
            reports,
            epoch_done: None,
            examined: Vec::new(),
        };
        self.position = end;
        if end == self.order.len() {
            let (reports, examined) = self.finish_epoch()?;
            (step.epoch_done, step.examined) = (Some(reports), examined);
        }
        Ok(step)
    }

    /// One batch in every lane, and what each reports, in the order of the lanes.
    ///
    /// Lanes that share a batch among threads follow one another. Those that learn sample by sample run beside them.
    fn learn(&mut self, batch: &Batch<'_>, trial: u64, dropout: f64) -> Result<Vec<BatchReport>> {
        let epoch = self.epoch;
        let one_after_another = |lanes: &mut [&mut LaneRun]| {
            let mut reports = Vec::with_capacity(lanes.len());
            for k in 0..lanes.len() {
                let (before, rest) = lanes.split_at_mut(k);
                let lane = &mut *rest[0];
                lane.take_weights(before.iter().map(|other| &**other));
                let name = lane.lane.name();
                let learnt = lane.learn(batch, trial, dropout);
                reports.push(learnt.map_err(|why| match why {
                    NotLearnt::Diverged(quantity) => Error::Diverged { lane: name, epoch, quantity },
                    NotLearnt::Chip(error) => error,
                })?);
            }
            Ok(reports)
        };
        let lanes = self.lanes.iter_mut();
        let (mut alone, mut shared): (Vec<_>, Vec<_>) = lanes.partition(|lane| lane.teacher.is_sequential());
        if alone.is_empty() {
            return one_after_another(&mut shared);
        }
        let each =
            || alone.par_iter_mut().map(|lane| one_after_another(&mut [&mut **lane])).collect::<Result<Vec<_>>>();
        let (shared, alone) = rayon::join(|| one_after_another(&mut shared), each);
        let mut reports = shared?;
        reports.extend(alone?.into_iter().flatten());
        reports.sort_by_key(|report| report.lane as usize);
        Ok(reports)
    }

    fn finish_epoch(&mut self) -> Result<(Vec<EpochReport>, Vec<Evaluation>)> {
        let (mut reports, mut all) = (Vec::new(), Vec::new());
        for lane in self.params.learning.lanes.clone() {
            let start = Instant::now();
            let seen = self.examined(lane)?;
            let test = seen.scores;
            let diverged = Error::Diverged { lane: lane.name(), epoch: self.epoch, quantity: "the test loss" };
            if !test.loss.is_finite() {
                return Err(diverged);
            }
            let running = std::mem::take(&mut self.running[lane as usize]);
            let spent = self.lane(lane).map_or(0.0, |lane| lane.seconds);
            let epoch = self.epoch;
            if let Some(own) = self.lanes.iter_mut().find(|own| own.lane == lane) {
                own.observe(epoch, test.accuracy);
            }
            reports.push(EpochReport {
                epoch: self.epoch,
                lane,
                train_loss: running.loss(),
                train_accuracy: running.accuracy(),
                test_loss: test.loss,
                test_accuracy: test.accuracy,
                hidden_spikes: test.hidden_spikes,
                lost_events: running.lost_events(),
                flat: seen.flat,
                seconds: spent + start.elapsed().as_secs_f64(),
            });
            all.push(seen);
        }
        for lane in &mut self.lanes {
            lane.teacher.end_epoch(self.batch as f64);
            lane.seconds = 0.0;
        }
        self.epoch += 1;
        self.batch = 0;
        self.position = 0;
        self.shuffle();
        Ok((reports, all))
    }

    /// A fresh order for the epoch, from seed and epoch alone.
    fn shuffle(&mut self) {
        self.order.sort_unstable();
        let seed = rng::mix(u64::from(self.params.learning.seed), self.epoch as u64);
        self.order.shuffle(&mut rng::stream(seed, "order"));
    }
}

#[cfg(test)]
mod tests;
