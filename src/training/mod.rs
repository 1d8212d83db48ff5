//! One experiment: several networks side by side on the same data in the same order.
//!
//! The whole subject is the five lines of `Learner::step`:
//!
//! ```text
//! recording = chip.run_dropping(batch)                 analog, mismatched, forward; dropout if asked for
//! loss      = host.loss(recording, labels)             on digitised voltages
//! gradients = host.backward(batch, recording, loss)    surrogate, nominal parameters
//! host.apply(gradients)                                optimiser on float weights
//! chip.write_weights(host.codes())                     6-bit, signed row pairs
//! ```

pub mod batch_dump;
pub mod calibration;
pub mod checkpoint;
mod gradient_alignment;
mod look;
pub mod metrics;
mod monte_carlo;
mod noise_stream;
pub mod study;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rand::seq::SliceRandom as _;
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::base::threads::awake;
use crate::chip::Chip;
use crate::chip::layout::Shape;
use crate::host::Host;
use crate::host::loss::Loss;
pub use crate::host::loss::{answers_over_time, argmax};
use crate::host::network::Network;
use crate::params::{Lane, PARAMS, Params, Recurrence, TakesEffect};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use crate::task::{Dataset, Sample};
use calibration::{Calibration, calibrate};
pub use gradient_alignment::GradientAlignment;
pub use look::LaneXRay;
use metrics::{BatchReport, EpochReport, Recovery, Running};
pub use monte_carlo::{MonteCarlo, Repeats};
use study::Round;

/// A chip and the host that trains it.
struct Learner {
    chip: Chip,
    host: Host,
    recording: Recording,
    /// Its chip is given the weights of another lane; its host only reads.
    shares_weights: bool,
    /// Time spent since the epoch began, s.
    seconds: f64,
    /// What the last round took and moved.
    round: Round,
    /// The codes before the first round.
    first_codes: Codes,
}

impl Learner {
    fn new(params: &Params, data: &Dataset) -> Result<Self> {
        let shape = shape(params, data);
        let mut chip = Chip::new(&params.for_chip(), shape)?;
        let host = Host::new(&params.for_host(), shape.n_inputs, shape.n_readout);
        let first_codes = host.codes();
        chip.write_weights(&first_codes);
        let recording = Recording::new(chip.grid(), shape.n_hidden, shape.n_readout);
        Ok(Self { chip, host, recording, shares_weights: false, seconds: 0.0, round: Round::default(), first_codes })
    }

    /// One round of the loop.
    fn step(&mut self, batch: &Batch<'_>, trial: u64, dropout: f64) -> Result<Loss, &'static str> {
        let mut clock = study::Stopwatch::start();
        self.chip.run_dropping(&batch.inputs, trial, dropout, &mut self.recording);
        clock.lap();
        let loss = self.host.loss(&self.recording, &batch.labels);
        clock.lap();
        let gradients = self.host.backward(&batch.inputs, &self.recording, &loss);
        if !loss.mean.is_finite() {
            return Err("the loss");
        }
        if !gradients.is_finite() {
            return Err("the gradient");
        }
        clock.lap();
        self.host.apply(&gradients);
        if !self.host.network().is_finite() {
            return Err("a weight");
        }
        clock.lap();
        let codes = self.host.codes();
        self.chip.write_weights(&codes);
        clock.lap();
        self.round = Round::new(&batch.inputs, &self.recording, &codes, &clock);
        Ok(loss)
    }

    /// Rebuilds what depends on what changed, and nothing else.
    fn set_params(&mut self, params: &Params) {
        let (host, chip) = (params.for_host(), params.for_chip());
        let recoded = host.network != self.host.params().network;
        if host != *self.host.params() {
            self.host.set_params(&host);
        }
        if chip != *self.chip.setup() {
            self.chip.set_params(&chip);
        }
        if recoded && !self.shares_weights {
            // Another number of bits makes other codes of the same weights.
            self.chip.write_weights(&self.host.codes());
        }
    }
}

/// Inputs and labels of one batch.
struct Batch<'a> {
    inputs: Vec<&'a SpikeTrain>,
    labels: Vec<u16>,
}

/// Training samples as augmentation shows them this time; `None` where they stay as they are.
fn augmented(params: &Params, data: &Dataset, chosen: &[usize], seed: u64) -> Vec<Option<SpikeTrain>> {
    chosen.par_iter().map(|&k| data.augmented(params, k, seed)).collect()
}

impl<'a> Batch<'a> {
    fn new(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let (inputs, labels) = samples.map(|s| (&s.spikes, s.label)).unzip();
        Self { inputs, labels }
    }
}

fn shape(params: &Params, data: &Dataset) -> Shape {
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
}

/// A running experiment. Deterministic: parameters in, numbers out.
pub struct Experiment {
    params: Params,
    /// Shared with the same experiment at other moments.
    data: Arc<Dataset>,
    pool: Arc<rayon::ThreadPool>,
    ideal: Option<Learner>,
    in_the_loop: Option<Learner>,
    transferred: Option<Learner>,
    order: Vec<usize>,
    /// Samples of `order` used up in this epoch.
    position: usize,
    epoch: usize,
    batch: usize,
    running: [Running; Lane::ALL.len()],
    /// Test accuracy of the lane in the loop after the last epoch.
    last_accuracy: Option<f64>,
    recovery: Option<Recovery>,
    /// Of the data, once somebody has asked for it.
    fingerprint: OnceLock<u64>,
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
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(params.learning.threads as usize)
            .thread_name(|k| format!("engine-{k}"))
            .build()
            .map_err(|why| Error::System(format!("cannot start the engine's threads: {why}; set `threads` lower")))?;
        Self::with_pool(params, data.into(), Arc::new(pool))
    }

    /// As [`Self::with_data`], on threads that are there already.
    fn with_pool(params: &Params, data: Arc<Dataset>, pool: Arc<rayon::ThreadPool>) -> Result<Self> {
        params.check()?;
        let has = |lane| params.learning.lanes.contains(&lane);
        let learner = |wanted: bool, params: &Params| wanted.then(|| Learner::new(params, &data)).transpose();
        let ideal = learner(has(Lane::Ideal) || has(Lane::Transferred), &params.ideal_twin())?;
        let in_the_loop = learner(has(Lane::InTheLoop), params)?;
        let mut transferred = learner(has(Lane::Transferred), params)?;
        if let Some(transferred) = &mut transferred {
            transferred.shares_weights = true;
        }
        let mut experiment = Self {
            params: params.clone(),
            order: (0..data.train.len()).collect(),
            data,
            pool,
            ideal,
            in_the_loop,
            transferred,
            position: 0,
            epoch: 1,
            batch: 0,
            running: Default::default(),
            last_accuracy: None,
            recovery: None,
            fingerprint: OnceLock::new(),
        };
        experiment.shuffle();
        Ok(experiment)
    }

    /// The parameters in force.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The data.
    pub fn data(&self) -> &Dataset {
        &self.data
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

    /// The keys in which `params` differ from those in force and that need a restart.
    pub fn needs_restart(&self, params: &Params) -> Vec<&'static str> {
        PARAMS
            .iter()
            .filter(|s| s.takes_effect == TakesEffect::OnRestart && (s.get)(&self.params) != (s.get)(params))
            .map(|s| s.key)
            .collect()
    }

    /// Adopts everything that takes effect at once; the rest waits for a new experiment.
    ///
    /// # Errors
    /// When parameters contradict one another; nothing has then changed.
    pub fn set_params(&mut self, params: &Params) -> Result<()> {
        params.check()?;
        let mut next = self.params.clone();
        for spec in PARAMS.iter().filter(|s| s.takes_effect == TakesEffect::AtOnce) {
            (spec.set)(&mut next, (spec.get)(params));
        }
        next.chip.change_number(&self.params.chip);
        if next == self.params {
            return Ok(());
        }
        if let Some(ideal) = &mut self.ideal {
            ideal.set_params(&next.ideal_twin());
        }
        for learner in [&mut self.in_the_loop, &mut self.transferred].into_iter().flatten() {
            learner.set_params(&next);
        }
        let disturbed = PARAMS
            .iter()
            .filter(|s| s.is_imperfection() || s.key == "chip")
            .any(|s| (s.get)(&self.params) != (s.get)(&next));
        self.params = next;
        if disturbed {
            self.disturbed();
        }
        Ok(())
    }

    /// The chip is not what it was: watch how the lane in the loop recovers.
    fn disturbed(&mut self) {
        if let Some(before) = self.last_accuracy {
            self.recovery = Some(Recovery::new(self.epoch - 1, before));
        }
    }

    /// Calibrates the chip through its readout and writes the trims; `None` when there is no chip
    /// or `keep_going` said no.
    pub fn calibrate(&mut self, keep_going: &dyn Fn() -> bool) -> Option<Calibration> {
        let chip = &self.in_the_loop.as_ref().or(self.transferred.as_ref())?.chip;
        let seed = rng::mix(u64::from(self.params.learning.seed), 0xca11);
        let result = calibrate(chip, &self.params, seed, keep_going)?;
        for learner in [&mut self.in_the_loop, &mut self.transferred].into_iter().flatten() {
            learner.chip.write_trims(&result.trims);
        }
        Some(result)
    }

    /// Puts weights from elsewhere into every lane that has its own; the optimiser forgets what it knew.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] when they do not have the shape of the network; nothing has then changed.
    pub fn load_weights(&mut self, network: &Network) -> Result<()> {
        for learner in [&self.ideal, &self.in_the_loop].into_iter().flatten() {
            let own = learner.host.network();
            let shape = |n: &Network| [n.input.dim(), n.recurrent.dim(), n.readout.dim()];
            if shape(own) != shape(network) {
                let ([(n_inputs, n_hidden), (recurrent, _), (_, n_readout)], mine) = (shape(network), shape(own));
                let why = format!(
                    "the weights are those of {n_inputs}-{n_hidden}-{n_readout} neurons{}, and this experiment has \
                     {}-{}-{}{}; choose another task or `recurrence`",
                    if recurrent > 0 { " with recurrence" } else { "" },
                    mine[0].0,
                    mine[0].1,
                    mine[2].1,
                    if mine[1].0 > 0 { " with recurrence" } else { "" },
                );
                return Err(Error::DoesNotFit { why });
            }
        }
        for learner in [&mut self.ideal, &mut self.in_the_loop].into_iter().flatten() {
            learner.host.load(network.clone());
            learner.first_codes = learner.host.codes();
            learner.chip.write_weights(&learner.first_codes);
        }
        Ok(())
    }

    /// What became of the lane in the loop since its chip was last disturbed.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// One batch in every lane, and the evaluation when it was the last of its epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`] names the epoch and the quantity.
    pub fn step(&mut self) -> Result<Step> {
        let pool = Arc::clone(&self.pool);
        awake(&pool, || self.step_here())
    }

    /// As [`Self::step`], on the threads of the caller.
    fn step_here(&mut self) -> Result<Step> {
        let size = (self.params.learning.batch as usize).min(self.order.len());
        let end = (self.position + size).min(self.order.len());
        self.batch += 1;
        let trial = rng::mix(u64::from(self.params.learning.seed), (self.epoch as u64) << 32 | self.batch as u64);
        let chosen = self.order[self.position..end].to_vec();
        let changed = augmented(&self.params, &self.data, &chosen, trial);
        let shown = chosen.iter().zip(&changed).map(|(&k, changed)| {
            let sample = &self.data.train[k];
            (changed.as_ref().unwrap_or(&sample.spikes), sample.label)
        });
        let (inputs, labels) = shown.unzip();
        let batch = Batch { inputs, labels };
        // The trial decides which neurons are dropped, so they are the same in all lanes.
        let dropout = self.params.learning.dropout;
        let mut reports = Vec::new();
        for lane in Lane::ALL {
            let start = Instant::now();
            let diverged = |quantity| Error::Diverged { lane: lane.name(), epoch: self.epoch, quantity };
            let (loss, recording) = match lane {
                Lane::Ideal | Lane::InTheLoop => {
                    let learner = if lane == Lane::Ideal { &mut self.ideal } else { &mut self.in_the_loop };
                    let Some(learner) = learner else { continue };
                    let loss = learner.step(&batch, trial, dropout).map_err(diverged)?;
                    learner.seconds += start.elapsed().as_secs_f64();
                    (loss, &learner.recording)
                }
                Lane::Transferred => {
                    let (Some(ideal), Some(own)) = (&self.ideal, &mut self.transferred) else { continue };
                    own.chip.write_weights(&ideal.host.codes());
                    own.chip.run_dropping(&batch.inputs, trial, dropout, &mut own.recording);
                    let loss = own.host.loss(&own.recording, &batch.labels);
                    own.seconds += start.elapsed().as_secs_f64();
                    (loss, &own.recording)
                }
            };
            if !self.params.learning.lanes.contains(&lane) {
                continue;
            }
            let report = BatchReport {
                lane,
                samples: batch.labels.len(),
                loss: loss.mean,
                accuracy: loss.accuracy(),
                hidden_spikes: recording.spikes_per_sample(),
                lost_events: recording.lost_events.iter().map(|&n| u64::from(n)).sum(),
                seconds: start.elapsed().as_secs_f64(),
            };
            self.running[lane as usize].add(&report);
            reports.push(report);
        }
        let mut step = Step {
            epoch: self.epoch,
            batch: self.batch,
            batches: self.batch + (self.order.len() - end).div_ceil(size),
            reports,
            epoch_done: None,
        };
        self.position = end;
        if end == self.order.len() {
            step.epoch_done = Some(self.finish_epoch()?);
        }
        Ok(step)
    }

    fn finish_epoch(&mut self) -> Result<Vec<EpochReport>> {
        let mut reports = Vec::new();
        for lane in self.params.learning.lanes.clone() {
            let start = Instant::now();
            let test = self.evaluate(lane).unwrap_or_default();
            let diverged = Error::Diverged { lane: lane.name(), epoch: self.epoch, quantity: "the test loss" };
            if !test.loss.is_finite() {
                return Err(diverged);
            }
            let running = std::mem::take(&mut self.running[lane as usize]);
            let spent = self.learner(lane).map_or(0.0, |t| t.seconds);
            if lane == Lane::InTheLoop {
                if let Some(recovery) = &mut self.recovery {
                    recovery.observe(self.epoch, test.accuracy);
                }
                self.last_accuracy = Some(test.accuracy);
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
                seconds: spent + start.elapsed().as_secs_f64(),
            });
        }
        for learner in [&mut self.ideal, &mut self.in_the_loop, &mut self.transferred].into_iter().flatten() {
            learner.chip.grow_older(self.batch as f64);
            learner.host.end_epoch();
            learner.seconds = 0.0;
        }
        self.epoch += 1;
        self.batch = 0;
        self.position = 0;
        self.shuffle();
        Ok(reports)
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
