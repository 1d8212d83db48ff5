//! What the window asks for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Shared;
use super::super::looks::{chip_view, drawing};
use super::super::messages::{EngineCommand, Event, SessionCommand, TrimmedSpread, ViewRequest, What};
use super::changes::changed;
use super::{ALL_STALE, Session};
use crate::base::error::Result;
use crate::nir::{self, Wanted};
use crate::params::Params;
use crate::protocol::Change;
use crate::run::{self, Flow, Observer, Run};

impl Session {
    /// Does what the window asks for.
    pub(super) fn obey(&mut self, command: SessionCommand, shared: &Shared) {
        match command {
            SessionCommand::Engine(command) => self.control(command, shared),
            SessionCommand::View(request) => self.show(request, shared),
        }
        self.stale.snapshot = true;
    }

    fn control(&mut self, command: EngineCommand, shared: &Shared) {
        use EngineCommand as C;
        if matches!(command, C::SetParams(_) | C::Calibrate | C::StepBatch) {
            // What is done to the chip is to be seen at once.
            self.show_live();
        }
        match command {
            C::Run => {
                self.running = self.run.is_some();
                if let Some(experiment) = self.run.as_ref().map(Run::experiment)
                    && experiment.epoch() > self.last_epoch
                {
                    self.last_epoch = experiment.epoch() - 1 + self.params.learning.epochs as usize;
                }
                self.next_batch = Instant::now();
            }
            C::Pause => {
                self.running = false;
                if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.run) {
                    recorder.rest(run);
                }
            }
            C::StepBatch => {
                self.running = false;
                self.single_step = self.run.is_some();
                self.next_batch = Instant::now();
            }
            C::SetParams(params) => self.set_params(*params, shared),
            C::Restart(protocol) => {
                self.running = true;
                self.restart(*protocol, shared);
            }
            C::Calibrate => self.calibrate(shared),
            C::SetPace(pace) => {
                self.pace = pace;
                self.next_batch = Instant::now();
            }
            C::ExportNir { path, lane, form } => self.export(path, lane, form, shared),
            C::Record { path, lane } => self.record(path, lane, shared),
            C::LoadNir { path, params } => match nir::import(&path, &params, Wanted::default()) {
                Ok(imported) => self.load(imported, shared),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            C::Branch => self.branch(shared),
            C::TakeBack => self.take_back(shared),
            C::Stall(time) => stall(time, shared),
            C::Resume(opened) => self.resume(*opened, shared),
            C::SaveCheckpoint(path) => self.save_checkpoint(path, shared),
        }
    }

    fn show(&mut self, request: ViewRequest, shared: &Shared) {
        match request {
            ViewRequest::Madc(neuron) => self.madc = neuron,
            ViewRequest::ShowSample(index) => {
                self.sample = index;
                self.heard = None;
            }
            ViewRequest::Hear(path) => match self.hear(&path) {
                Ok(heard) => self.heard = Some(heard),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            ViewRequest::Classify(pixels) => {
                self.picture = pixels;
                self.drawing = self.shown().and_then(|e| drawing(e, &self.picture)).map(Arc::new);
            }
            ViewRequest::StudyHarm(lane) => {
                self.study = self.shown().and_then(|e| e.harm_study(lane));
                self.studied_at = self.looking.as_ref().map_or(self.epochs(), |looking| looking.epoch as f64);
            }
            ViewRequest::LookAt(Some(epoch)) => self.requested_epoch = Some(epoch),
            ViewRequest::LookAt(None) => self.show_live(),
            ViewRequest::TryChips(lane, n) => self.try_chips(lane, n, shared),
            ViewRequest::StopChips => {
                if let Some(job) = &self.chips {
                    job.stop();
                }
            }
            ViewRequest::Repeat(lane, n) => self.repeat(lane, n),
        }
    }

    /// Adopts settings that act at once. Without a run they wait for the next one.
    fn set_params(&mut self, params: Params, shared: &Shared) {
        let Some(run) = &mut self.run else {
            self.params = params;
            return;
        };
        let changes = Change::between(run.params(), &params);
        if let Err(error) = run.change(&changes, &shared.stop, &mut [&mut self.recorder]) {
            return shared.tell(Event::Refused(error));
        }
        let now = run.params().clone();
        if now.learning.epochs != self.params.learning.epochs {
            self.last_epoch = now.learning.epochs as usize;
        }
        self.chip = Arc::new(chip_view(run.experiment(), &self.chip));
        self.stale = ALL_STALE;
        let before = std::mem::replace(&mut self.params, now);
        for what in changed(&before, &self.params) {
            self.note(what);
        }
    }

    /// Calibrates the chip, and shows its spreads before and after.
    fn calibrate(&mut self, shared: &Shared) {
        let Some(run) = &mut self.run else { return };
        let mut spreads = Spreads::default();
        if let Err(error) = run.change(&[Change::Calibrate], &shared.stop, &mut [&mut spreads, &mut self.recorder]) {
            return shared.tell(Event::Refused(error));
        }
        let Some(spreads) = spreads.0 else { return };
        let before = Arc::clone(&self.chip);
        let mut after = chip_view(run.experiment(), &before);
        for (spread, old) in after.spreads.iter_mut().zip(&before.spreads) {
            spread.before = if old.before.is_empty() { old.actual.clone() } else { old.before.clone() };
        }
        self.chip = Arc::new(after);
        self.stale = ALL_STALE;
        self.note(What::Calibrated);
        shared.tell(Event::Calibrated(spreads));
    }
}

/// Does nothing for a while, as a batch that takes forever would; for tests of the window.
fn stall(time: Duration, shared: &Shared) {
    let end = Instant::now() + time;
    while Instant::now() < end && !shared.stop.is_requested() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The spreads before and after a calibration.
#[derive(Default)]
struct Spreads(Option<Vec<TrimmedSpread>>);

impl Observer for Spreads {
    fn on(&mut self, _: &Run, event: &run::Event<'_>) -> Result<Flow> {
        if let run::Event::Calibrated(calibration) = event {
            self.0 = Some(calibration.spreads.clone());
        }
        Ok(Flow::GoOn)
    }
}
