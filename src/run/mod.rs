//! One run: a protocol carried out, batch after batch.
//!
//! [`Run::advance`] learns one batch, for the window; [`Run::drive`] learns to the end, for everything else. Both make
//! the changes of the protocol at the same moments, so every way in computes the same bits. What else happens with a
//! run (a record, a checkpoint file, a progress bar, lines of JSON, an early stop) is an [`Observer`].

mod recorder;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::base::error::{Error, Result};
pub use crate::base::stop::Stop;
use crate::params::{Lane, Params};
use crate::protocol::{Change, Protocol, Timed, When};
use crate::store::{Ending, Fall};
use crate::task::Dataset;
use crate::training::calibration::Calibration;
use crate::training::checkpoint::Checkpoint;
use crate::training::metrics::EpochReport;
use crate::training::{Evaluation, Experiment, Step, scores};
pub use recorder::{Recorder, Sink};

/// What an observer is told.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Something was done to the run; the parameters are in force.
    Changed(&'a Timed),
    /// The chip was calibrated.
    Calibrated(&'a Calibration),
    /// A change disturbed the chip of a lane that had learnt something: what every lane reaches before it learns on. In
    /// the window it is also what they reach before the first epoch.
    Fell(&'a [Evaluation]),
    /// A batch was learnt, and the changes of that moment are made.
    Batch(&'a Step),
    /// The batch was the last of its epoch: one report a lane.
    Epoch(&'a [EpochReport]),
    /// The run is over.
    Ended(&'a Ending),
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    GoOn,
    /// It ends here, as if stopped by hand.
    Stop,
}

/// Follows a run.
pub trait Observer {
    /// Takes note of an event of the run, and says whether it goes on.
    ///
    /// # Errors
    /// What the observer cannot do ends the run.
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow>;
}

/// The observers of a run, in the order in which they are told.
pub type Observers<'a, 'b> = &'a mut [&'b mut dyn Observer];

/// A protocol that is being carried out.
pub struct Run {
    experiment: Experiment,
    protocol: Protocol,
    /// The changes of the very first moment are made.
    begun: bool,
}

impl Run {
    /// A run that begins, on data that it reads.
    ///
    /// # Errors
    /// When the protocol makes no sense, data cannot be read, or the network does not fit.
    pub fn begin(protocol: Protocol) -> Result<Self> {
        protocol.check()?;
        let data = Dataset::new(&protocol.params)?;
        Self::with_data(protocol, data)
    }

    /// A run that begins, on data that were built before from the same parameters.
    ///
    /// # Errors
    /// When the protocol makes no sense or the network does not fit.
    pub fn with_data(protocol: Protocol, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        protocol.check()?;
        let experiment = Experiment::with_data(&protocol.params, data)?;
        Ok(Self { experiment, protocol, begun: false })
    }

    /// A run that goes on where a checkpoint was made.
    pub fn going_on(experiment: Experiment, protocol: Protocol) -> Self {
        Self { experiment, protocol, begun: true }
    }

    /// Chips, hosts and data.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The same, for what neither learns nor changes parameters.
    pub fn experiment_mut(&mut self) -> &mut Experiment {
        &mut self.experiment
    }

    /// The experiment, when the run is over.
    pub fn into_experiment(self) -> Experiment {
        self.experiment
    }

    /// The parameters in force.
    pub fn params(&self) -> &Params {
        self.experiment.params()
    }

    /// What the run started from, what was done to it, and what is planned.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// The protocol that repeats what was learnt so far: whole epochs beyond the plan are part of it.
    pub fn repeated(&self) -> Protocol {
        let mut protocol = self.protocol.clone();
        let When { epoch, batch } = self.position();
        let learnt = u32::try_from(epoch + usize::from(batch > 0)).unwrap_or(u32::MAX);
        if learnt > self.params().learning.epochs {
            protocol.params.learning.epochs = learnt;
        }
        protocol
    }

    /// How far it is.
    pub fn position(&self) -> When {
        When { epoch: self.experiment.epoch() - 1, batch: self.experiment.batches_done() }
    }

    /// What the lanes reach now, after a change, as it is kept.
    pub fn fall(&self, fallen: &[Evaluation]) -> Fall {
        Fall { epochs: self.position().epochs(self.experiment.batches_per_epoch()), scores: scores(fallen) }
    }

    /// Whether all planned epochs are learnt.
    pub fn is_finished(&self) -> bool {
        self.experiment.is_finished()
    }

    /// Everything that the next batch depends on.
    pub fn checkpoint(&self) -> Checkpoint {
        self.experiment.checkpoint()
    }

    /// Makes the changes of the very first moment, if they are not made yet.
    ///
    /// # Errors
    /// When a change makes no sense, or an observer fails.
    pub fn start(&mut self, stop: &Stop, observers: Observers<'_, '_>) -> Result<Flow> {
        if self.begun {
            return Ok(Flow::GoOn);
        }
        let flow = self.make_due_changes(stop, observers)?;
        self.begun = true;
        Ok(flow)
    }

    /// Learns one batch, and makes the changes that are due then.
    ///
    /// # Errors
    /// When the network diverges, a change makes no sense, or an observer fails.
    pub fn advance(&mut self, stop: &Stop, observers: Observers<'_, '_>) -> Result<Flow> {
        if self.start(stop, observers)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        let step = self.experiment.step()?;
        let mut flow = self.make_due_changes(stop, observers)?;
        flow = flow.and(self.tell(observers, &Event::Batch(&step))?);
        if let Some(reports) = &step.epoch_done {
            flow = flow.and(self.tell(observers, &Event::Epoch(reports))?);
        }
        Ok(flow)
    }

    /// Learns until all planned epochs are done, the end is asked for, an observer ends it, or something goes wrong.
    pub fn drive(&mut self, stop: &Stop, observers: Observers<'_, '_>) -> Ending {
        self.experiment.heed(std::slice::from_ref(stop));
        let ending = self.learn(stop, observers);
        // What is measured afterwards is no part of what was to end.
        self.experiment.heed(&[]);
        match self.tell(observers, &Event::Ended(&ending)) {
            Ok(_) => ending,
            Err(error) => Ending::Failed(error),
        }
    }

    fn learn(&mut self, stop: &Stop, observers: Observers<'_, '_>) -> Ending {
        while !self.is_finished() {
            if stop.is_requested() {
                return Ending::Stopped;
            }
            match self.advance(stop, observers) {
                Ok(Flow::GoOn) => {}
                Ok(Flow::Stop) => return Ending::Stopped,
                Err(Error::Interrupted) if stop.is_requested() => return Ending::Stopped,
                Err(error) => return Ending::Failed(error),
            }
        }
        Ending::Finished
    }

    /// Does something to the run now, and takes it into the protocol.
    ///
    /// # Errors
    /// When the parameters would contradict one another; nothing has then changed.
    pub fn change(&mut self, changes: &[Change], stop: &Stop, observers: Observers<'_, '_>) -> Result<()> {
        // What is planned for the very first moment comes before what a hand does then.
        self.start(stop, observers)?;
        let when = self.position();
        let timed: Vec<Timed> = changes.iter().map(|change| Timed { when, change: change.clone() }).collect();
        self.make(&timed, stop, observers)?;
        for change in changes {
            self.protocol.record(when, change.clone());
        }
        Ok(())
    }

    /// This run at a checkpoint of its own, to go on from there: what was planned or done later is forgotten.
    ///
    /// # Errors
    /// When the checkpoint is of other data.
    pub fn back_at(&self, to: &Checkpoint) -> Result<Self> {
        let When { epoch, batch } = self.position();
        Ok(Self::branched(self.experiment.at(to)?, self.protocol.clone(), epoch + usize::from(batch > 0)))
    }

    /// A run that goes on from an earlier moment of itself, after it had learnt `left` epochs.
    pub fn branched(experiment: Experiment, protocol: Protocol, left: usize) -> Self {
        let mut run = Self::going_on(experiment, protocol);
        let when = run.position();
        run.protocol.forget_after(when);
        run.protocol.record(when, Change::Branch { left });
        run
    }

    /// Measures what every lane reaches after a change, before it learns on, and tells it. What is interrupted is not
    /// told; it can be measured again.
    ///
    /// # Errors
    /// When an observer fails.
    pub fn measure_fall(&mut self, observers: Observers<'_, '_>) -> Result<Flow> {
        let fallen = self.experiment.measure_fall();
        if self.experiment.chip_failure().is_none() && !self.experiment.are_all(&fallen) {
            return Ok(Flow::GoOn);
        }
        self.tell(observers, &Event::Fell(&fallen))
    }

    /// Makes the changes that the protocol has for this moment.
    fn make_due_changes(&mut self, stop: &Stop, observers: Observers<'_, '_>) -> Result<Flow> {
        let now = self.position();
        let due: Vec<Timed> = self.protocol.schedule().iter().filter(|timed| timed.when == now).cloned().collect();
        let mut flow = self.make(&due, stop, observers)?;
        // Only a lane that has learnt something can have lost it.
        let has_learnt = Lane::ALL.into_iter().any(|lane| self.experiment.recovery(lane).is_some());
        if has_learnt && due.iter().any(|timed| timed.change.disturbs()) {
            flow = flow.and(self.measure_fall(observers)?);
        }
        Ok(flow)
    }

    /// Makes changes in their order. Parameters between two changes of the trims change together.
    fn make(&mut self, changes: &[Timed], stop: &Stop, observers: Observers<'_, '_>) -> Result<Flow> {
        let mut flow = Flow::GoOn;
        for group in changes.chunk_by(|a, b| !a.change.sets_trims() && !b.change.sets_trims()) {
            let mut params = self.params().clone();
            for Timed { change, .. } in group {
                change.apply(&mut params);
            }
            self.experiment.set_params(&params)?;
            for timed in group {
                match timed.change {
                    Change::Calibrate => match self.experiment.calibrate(&|| !stop.is_requested())? {
                        Some(calibration) => flow = flow.and(self.tell(observers, &Event::Calibrated(&calibration))?),
                        None if stop.is_requested() => return Ok(Flow::Stop),
                        None => return Err(Error::NothingToCalibrate),
                    },
                    Change::Uncalibrate => self.experiment.uncalibrate(),
                    _ => {}
                }
                flow = flow.and(self.tell(observers, &Event::Changed(timed))?);
            }
        }
        Ok(flow)
    }

    fn tell(&self, observers: Observers<'_, '_>, event: &Event<'_>) -> Result<Flow> {
        observers.iter_mut().try_fold(Flow::GoOn, |flow, observer| Ok(flow.and(observer.on(self, event)?)))
    }
}

impl<O: Observer> Observer for Option<O> {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        self.as_mut().map_or(Ok(Flow::GoOn), |observer| observer.on(run, event))
    }
}

impl Flow {
    /// Goes on only if both do.
    fn and(self, other: Self) -> Self {
        if self == Self::Stop { self } else { other }
    }
}
