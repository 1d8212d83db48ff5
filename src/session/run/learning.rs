//! One batch after the other, and what becomes of each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::looks::chip_view;
use super::super::messages::{EpochReport, Event, What};
use super::Session;
use super::changes::{changed as changed_params, rate_that_stays, trims};
use super::engine::Position;
use crate::base::error::{Error, Result};
use crate::params::Lane;
use crate::protocol::Timed;
use crate::run::{self, Flow, Observer, Run};
use crate::store::Ending;
use crate::training::{Evaluation, Experiment, Step, scores};

impl Session<'_> {
    /// Learns a batch, if it is time for one.
    pub(super) fn learn(&mut self) {
        if self.engine.wait(Instant::now()) != Some(Duration::ZERO) {
            return;
        }
        if self.inspector.is_disturbed {
            // The fall is measured before anything is learnt.
            self.publish_if_due();
        }
        let Some(run) = &mut self.engine.run else { return };
        let single_step = std::mem::take(&mut self.engine.single_step);
        let mut news = News::default();
        match run.advance(&self.publisher.shared.stop, &mut [&mut news, &mut self.recorder]) {
            Ok(_) => {
                self.changed_by_plan(news.changed);
                if let Some(step) = news.step {
                    self.learnt(step);
                }
                if let Some(fallen) = news.fallen {
                    self.fell_to(fallen);
                }
            }
            // What interrupted the batch is done first; the batch is as if it had not begun.
            Err(Error::Interrupted) => {
                self.engine.single_step = single_step;
                self.publisher.shared.interrupt.clear();
            }
            Err(error @ Error::Chip { .. }) => self.chip_failed(error),
            Err(error) => {
                self.look_back_from_failure();
                self.engine.failed = self.engine.run.take().map(|run| run.protocol().clone());
                self.fail(error);
            }
        }
    }

    /// The run is what it was before the batch, and can be tried again.
    fn chip_failed(&mut self, error: Error) {
        self.engine.running = false;
        if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.engine.run) {
            recorder.rest(run);
        }
        self.publisher.due.mark();
        if self.engine.chip_failure.as_ref() != Some(&error) {
            self.engine.chip_failure = Some(error.clone());
            self.tell(Event::Failed(error));
        }
    }

    /// Tells of a chip that failed while a view looked at it, and of its neurons once it has introduced itself.
    pub(super) fn watch_the_chip(&mut self) {
        let is_new = self.inspector.chip.is_foreign && !self.engine.introduced;
        let introduced = self.engine.experiment().filter(|e| is_new && e.chip_identity().is_some());
        if let Some(view) = introduced.map(chip_view) {
            self.inspector.chip = Arc::new(view);
            self.engine.introduced = true;
            self.publisher.due.mark();
        }
        let failure = self.engine.experiment().and_then(Experiment::chip_failure);
        if let Some(error) = failure.filter(|error| self.engine.chip_failure.as_ref() != Some(error)) {
            self.chip_failed(error);
        }
    }

    /// Shows what the protocol of the run has just done.
    fn changed_by_plan(&mut self, changed: Vec<Timed>) {
        for timed in changed {
            let Some(run) = &self.engine.run else { return };
            let before = std::mem::replace(&mut self.engine.params, run.params().clone());
            self.inspector.chip = Arc::new(chip_view(run.experiment()));
            let epochs = timed.when.epochs(run.experiment().batches_per_epoch());
            for what in trims(&timed.change).into_iter().chain(changed_params(&before, &self.engine.params)) {
                self.note_at(epochs, what);
            }
            self.tell(Event::Changed(Box::new(self.engine.params.clone()), timed));
        }
    }

    /// Remembers beside the curves what the lanes reach after a change, and shows it.
    pub(super) fn fell_to(&mut self, fallen: Vec<Evaluation>) {
        if let Some(run) = &self.engine.run {
            self.history.trail.add_fall(run.fall(&fallen));
        }
        self.inspector.is_disturbed = false;
        self.inspector.examined(fallen);
        self.publisher.due.mark();
    }

    /// Keeps what a batch brought.
    pub(super) fn learnt(&mut self, step: Step) {
        let position = Position { epoch: step.epoch, batch: step.batch, batches: step.batches };
        self.engine.position = position;
        let rounds = self.engine.experiment().map(Experiment::rounds).unwrap_or_default();
        self.history.trail.add_batch(position.epochs(), &step, &rounds);
        if let Some(report) = step.reports.iter().find(|report| report.lane == Lane::InTheLoop) {
            self.engine.lost_events = report.lost_events;
        }
        self.engine.pacer.stepped();
        self.inspector.costs.learnt();
        // The past stays as it was while learning goes on.
        if self.history.looking.is_some() {
            self.publisher.due.mark();
        } else {
            self.all_stale();
        }
        if let Some(reports) = step.epoch_done {
            self.finished_epoch(step.epoch, &reports, step.examined);
        }
    }

    /// Stops learning, and keeps what was learnt.
    pub(super) fn pause(&mut self) {
        self.engine.running = false;
        self.inspector.costs.pause();
        if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.engine.run) {
            recorder.rest(run);
        }
    }

    fn finished_epoch(&mut self, epoch: usize, reports: &[EpochReport], examined: Vec<Evaluation>) {
        let stuck = reports.iter().find(|report| report.is_trapped() || report.is_silent());
        let was = std::mem::replace(&mut self.engine.is_stuck, stuck.is_some());
        if let Some(report) = stuck.filter(|_| !was) {
            let lane = report.lane;
            self.tell(if report.is_silent() {
                Event::Silent(lane)
            } else {
                Event::Trapped { lane, flat: report.flat }
            });
        }
        self.history.trail.add_epoch(epoch, reports);
        if let Some(experiment) = self.engine.run.as_ref().map(Run::experiment) {
            self.history.trail.add_moment(epoch, scores(&examined), experiment);
        }
        self.inspector.examined(examined);
        if self.engine.pause_after.take_if(|pause| epoch >= *pause).is_some() {
            self.pause();
        }
        if epoch == self.engine.params.learning.epochs as usize {
            self.plan_is_done(epoch);
        }
    }

    /// All planned epochs are learnt, and learning goes on. So that later changes heal as well as earlier ones, the
    /// learning rate stays as it is from now on: a change of the run like any other.
    fn plan_is_done(&mut self, epoch: usize) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end(self.engine.run.as_ref(), Ending::Finished);
        }
        self.history.trail.note(self.engine.position.epochs(), What::PlanDone);
        let Some(run) = &mut self.engine.run else { return };
        let changes = rate_that_stays(run.params());
        if run.change(&changes, &self.publisher.shared.stop, &mut [&mut self.recorder]).is_ok() {
            self.engine.params = run.params().clone();
            let when = run.position();
            for change in changes {
                self.tell(Event::Changed(Box::new(self.engine.params.clone()), Timed { when, change }));
            }
        }
        self.tell(Event::Finished { epochs: epoch });
    }
}

/// What one batch brought, or a measurement after a change.
#[derive(Default)]
pub(super) struct News {
    step: Option<Step>,
    changed: Vec<Timed>,
    pub(super) fallen: Option<Vec<Evaluation>>,
}

impl Observer for News {
    fn on(&mut self, _: &Run, event: &run::Event<'_>) -> Result<Flow> {
        match event {
            run::Event::Batch(step) => self.step = Some((*step).clone()),
            run::Event::Changed(timed) => self.changed.push((*timed).clone()),
            run::Event::Fell(fallen) => self.fallen = Some(fallen.to_vec()),
            run::Event::Calibrated(_) | run::Event::Epoch(_) | run::Event::Ended(_) => {}
        }
        Ok(Flow::GoOn)
    }
}
