//! One batch after the other, and what becomes of each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Shared;
use super::super::looks::chip_view;
use super::super::messages::What;
use super::super::messages::{Event, HarmView, Pace, Scores};
use super::changes::changed as changed_params;
use super::{ALL_STALE, Session};
use crate::base::error::Result;
use crate::params::Lane;
use crate::protocol::{Change, Timed};
use crate::run::{self, Flow, Observer, Run};
use crate::store::Ending;
use crate::training::Step;

/// Time constant of the displayed speed, s.
const SPEED_MEMORY: f64 = 1.0;

impl Session {
    /// One neuron of a study that is under way.
    pub(super) fn study(&mut self) {
        let (Some(study), Some(experiment)) =
            (&mut self.study, self.looking.as_ref().map(|l| &l.experiment).or(self.run.as_ref().map(Run::experiment)))
        else {
            return;
        };
        experiment.advance(study);
        self.harm = study.baseline().map(|baseline| {
            Arc::new(HarmView {
                lane: study.lane(),
                baseline,
                harms: study.harms().to_vec(),
                n: study.len(),
                samples: study.samples(),
                epochs: self.studied_at,
            })
        });
        if study.is_done() {
            self.study = None;
        }
        self.stale.snapshot = true;
    }

    pub(super) fn learn(&mut self, shared: &Shared) {
        if !self.learns() || Instant::now() < self.next_batch {
            return;
        }
        let Some(run) = &mut self.run else { return };
        self.single_step = false;
        let mut news = News::default();
        match run.advance(&shared.stop, &mut [&mut news, &mut self.recorder]) {
            Ok(_) => {
                self.changed_by_plan(news.changed, shared);
                if let Some(step) = news.step {
                    self.learnt(step, shared);
                }
            }
            Err(error) => {
                self.look_back_from_failure();
                self.failed = self.run.take().map(|run| run.protocol().clone());
                self.fail(error, shared);
            }
        }
    }

    /// Shows what the protocol of the run has just done.
    fn changed_by_plan(&mut self, changed: Vec<Timed>, shared: &Shared) {
        for timed in changed {
            let Some(run) = &self.run else { return };
            let before = std::mem::replace(&mut self.params, run.params().clone());
            self.chip = Arc::new(chip_view(run.experiment(), &self.chip));
            if timed.change == Change::Calibrate {
                self.note(What::Calibrated);
            }
            for what in changed_params(&before, &self.params) {
                self.note(what);
            }
            shared.tell(Event::Changed(Box::new(self.params.clone()), timed));
        }
    }

    pub(super) fn learnt(&mut self, step: Step, shared: &Shared) {
        let x = step.epoch as f64 - 1.0 + step.batch as f64 / step.batches as f64;
        for report in &step.reports {
            let curves = &mut self.curves[report.lane as usize];
            if report.lane == Lane::InTheLoop {
                self.lost_events = report.lost_events;
            }
            curves.batch_loss.push(x, report.loss);
            curves.batch_accuracy.push(x, 100.0 * report.accuracy);
        }
        self.position = (step.epoch, step.batch, step.batches);
        if let Some(reports) = step.epoch_done {
            let mut now = Vec::new();
            for r in reports {
                self.curves[r.lane as usize].add(x, &r);
                let scores = Scores { loss: r.test_loss, accuracy: r.test_accuracy, hidden_spikes: r.hidden_spikes };
                now.push((r.lane, scores));
            }
            if let Some(experiment) = self.run.as_ref().map(Run::experiment) {
                if is_measured(step.epoch)
                    && let Some(gradient_alignment) = experiment.gradient_alignment(Lane::InTheLoop)
                {
                    for (curve, cosine) in
                        self.gradient.iter_mut().zip([gradient_alignment.hidden, gradient_alignment.readout])
                    {
                        if let Some(cosine) = cosine {
                            curve.push(x, cosine);
                        }
                    }
                }
                self.moments.add(step.epoch, now.clone(), experiment.checkpoint());
            }
            if self.looking.is_none() {
                self.now = now;
            }
            self.evaluated = Instant::now();
            if self.running && step.epoch >= self.last_epoch {
                self.running = false;
                if let Some(recorder) = &mut self.recorder {
                    recorder.end(self.run.as_ref(), Ending::Finished);
                }
                shared.tell(Event::Finished { epochs: step.epoch });
            }
        }
        let now = Instant::now();
        let interval = now.duration_since(self.last_step).as_secs_f64();
        let keep = (-interval / SPEED_MEMORY).exp();
        self.speed = keep * self.speed + (1.0 - keep) / interval.max(1e-6);
        self.last_step = now;
        if let Pace::BatchesPerSecond(rate) = self.pace {
            let interval = Duration::from_secs_f64(1.0 / f64::from(rate.max(0.1)));
            // Keep the rhythm, but never try to catch up after a pause.
            self.next_batch = (self.next_batch + interval).max(now);
        }
        // The past stays as it was while learning goes on.
        if self.looking.is_some() { self.stale.snapshot = true } else { self.stale = ALL_STALE }
    }
}

/// What one batch brought.
#[derive(Default)]
struct News {
    step: Option<Step>,
    changed: Vec<Timed>,
}

impl Observer for News {
    fn on(&mut self, _: &Run, event: &run::Event<'_>) -> Result<Flow> {
        match event {
            run::Event::Batch(step) => self.step = Some((*step).clone()),
            run::Event::Changed(timed) => self.changed.push((*timed).clone()),
            run::Event::Calibrated(_) | run::Event::Epoch(_) | run::Event::Ended(_) => {}
        }
        Ok(Flow::GoOn)
    }
}

/// Whether the gradient is measured after that epoch: always in the beginning, later 32 times while their number doubles.
fn is_measured(epoch: usize) -> bool {
    epoch.is_multiple_of(1 << epoch.max(1).ilog2().saturating_sub(5))
}
