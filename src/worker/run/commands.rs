//! What the window asks for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::super::Shared;
use super::super::looks::{chip_view, drawing};
use super::super::messages::{Command, Event, What};
use super::changes::changed;
use super::{ALL_STALE, Session};
use crate::nir::{self, Wanted};

impl Session {
    pub(super) fn obey(&mut self, command: Command, shared: &Shared) {
        use Command::{StartStudy, StartSweep, StopStudy, StopSweep};
        if matches!(command, Command::SetParams(_) | Command::Calibrate | Command::Damage { .. } | Command::StepBatch) {
            // Whoever acts on the chip wants to see it answer.
            self.look_live();
        }
        match command {
            Command::Run => {
                self.running = self.experiment.is_some();
                if let Some(experiment) = &self.experiment
                    && experiment.epoch() > self.last_epoch
                {
                    self.last_epoch = experiment.epoch() - 1 + self.params.learning.epochs as usize;
                }
                self.next_batch = Instant::now();
            }
            Command::Pause => {
                self.running = false;
                if let (Some(recorder), Some(experiment)) = (&mut self.recorder, &self.experiment) {
                    recorder.rest(experiment);
                }
            }
            Command::StepBatch => {
                self.running = false;
                self.single_step = self.experiment.is_some();
                self.next_batch = Instant::now();
            }
            Command::SetParams(params) => match &mut self.experiment {
                Some(experiment) => match experiment.set_params(&params) {
                    Ok(()) => {
                        let changed = changed(&self.params, experiment.params());
                        if experiment.params().learning.epochs != self.params.learning.epochs {
                            self.last_epoch = experiment.params().learning.epochs as usize;
                        }
                        self.params = experiment.params().clone();
                        self.chip = Arc::new(chip_view(experiment, &self.chip));
                        self.stale = ALL_STALE;
                        for what in changed {
                            self.note(what);
                        }
                    }
                    Err(error) => shared.tell(Event::Refused(error)),
                },
                None => self.params = *params,
            },
            Command::Restart(params) => {
                self.running = true;
                self.restart(*params, shared);
            }
            Command::Madc(neuron) => self.madc = neuron,
            Command::Calibrate => {
                if let Some(experiment) = &mut self.experiment
                    && let Some(result) = experiment.calibrate(&|| !shared.stop.load(Ordering::Relaxed))
                {
                    let before = Arc::clone(&self.chip);
                    let mut after = chip_view(experiment, &before);
                    for (spread, old) in after.spreads.iter_mut().zip(&before.spreads) {
                        spread.before = if old.before.is_empty() { old.actual.clone() } else { old.before.clone() };
                    }
                    self.chip = Arc::new(after);
                    self.stale = ALL_STALE;
                    self.note(What::Calibrated);
                    shared.tell(Event::Calibrated(result.spreads));
                }
            }
            Command::ShowSample(index) => {
                self.sample = index;
                self.heard = None;
            }
            Command::Hear(path) => match self.hear(&path) {
                Ok(heard) => self.heard = Some(heard),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            Command::SetPace(pace) => {
                self.pace = pace;
                self.next_batch = Instant::now();
            }
            Command::Damage { neuron, kill } => {
                if let Some(experiment) = &mut self.experiment {
                    experiment.damage(neuron, kill);
                    self.params = experiment.params().clone();
                    self.chip = Arc::new(chip_view(experiment, &self.chip));
                    self.stale = ALL_STALE;
                    self.note(if kill { What::Killed(neuron) } else { What::Healed(neuron) });
                }
            }
            // The handle of this thread has seen to sweeps and studies, and runs go to the keeper.
            StartSweep { .. } | StopSweep | StartStudy { .. } | StopStudy | Command::Runs(_) => {}
            Command::ExportNir { path, lane, form } => self.export(path, lane, form, shared),
            Command::Record { path, lane } => self.record(path, lane, shared),
            Command::LoadNir { path, params } => match nir::import(&path, &params, Wanted::default()) {
                Ok(imported) => self.load(imported, shared),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            Command::Classify(pixels) => {
                self.picture = pixels;
                self.drawing = self.shown().and_then(|e| drawing(e, &self.picture)).map(Arc::new);
            }
            Command::Resume(opened) => self.resume(*opened, shared),
            Command::SaveCheckpoint(path) => self.save_checkpoint(path, shared),
            command => self.explore(&command, shared),
        }
        self.stale.snapshot = true;
    }
}
