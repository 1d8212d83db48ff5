//! What the window gets to see, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Shared;
use super::super::chips::ChipsJob;
use super::super::curves::BoundedCurve;
use super::super::looks::{decision_map, drawing, sample_view, weights_view};
use super::super::messages::{Examination, LaneCurves, Snapshot};
use super::{EVALUATE_EVERY, MAP_EVERY, PUBLISH_EVERY, Session, WEIGHTS_EVERY};
use crate::params::Lane;
use crate::run::Run;

impl Session {
    /// Publishes a snapshot when there is something new and the last one is old enough.
    pub(super) fn publish_if_due(&mut self, shared: &Shared) {
        let now = Instant::now();
        let due = |stale: bool, last: Instant, every: Duration| stale && now.duration_since(last) >= every;
        if let Some(experiment) =
            self.looking.as_ref().map(|l| &l.experiment).or(self.run.as_ref().map(Run::experiment))
        {
            if due(self.stale.scores, self.evaluated, EVALUATE_EVERY) {
                let lanes = experiment.params().learning.lanes.clone();
                let examined: Vec<Examination> =
                    lanes.into_iter().filter_map(|lane| experiment.examine(lane)).collect();
                self.now = examined.iter().map(|e| (e.lane, e.scores)).collect();
                self.examined = Arc::new(examined);
                self.drawing = drawing(experiment, &self.picture).map(Arc::new);
                self.evaluated = Instant::now();
                self.stale.scores = false;
                self.stale.snapshot = true;
            }
            if due(self.stale.map, self.mapped, MAP_EVERY) {
                self.map = decision_map(experiment).map(Arc::new);
                self.mapped = Instant::now();
                self.stale.map = false;
                self.stale.snapshot = true;
            }
        }
        if let Some(experiment) = self.shown()
            && due(self.stale.weights, self.weighed, WEIGHTS_EVERY)
        {
            self.weights = Some(Arc::new(weights_view(experiment)));
            self.weighed = Instant::now();
            self.stale.weights = false;
            self.stale.snapshot = true;
        }
        if due(self.stale.snapshot, self.published, PUBLISH_EVERY) {
            shared.publish(self.snapshot());
            self.published = Instant::now();
            self.stale.snapshot = false;
        }
    }

    /// What there is to see now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let curves = self.params.learning.lanes.iter().map(|&lane| {
            let c = &self.curves[lane as usize];
            LaneCurves {
                lane,
                batch_loss: c.batch_loss.points(),
                batch_accuracy: c.batch_accuracy.points(),
                test_loss: c.test_loss.points(),
                test_accuracy: c.test_accuracy.points(),
                hidden_spikes: c.hidden_spikes.points(),
                left_accuracy: Arc::clone(&c.left_accuracy),
                left_loss: Arc::clone(&c.left_loss),
            }
        });
        let (epoch, batch, batches) = self.position;
        Snapshot {
            generation: self.generation,
            params: Arc::new(self.params.clone()),
            protocol: Arc::new(self.run.as_ref().map_or_else(|| self.params.clone().into(), Run::repeated)),
            running: self.running,
            failure: self.failure.clone(),
            epoch,
            batch,
            batches,
            batches_per_second: if self.running { self.speed } else { 0.0 },
            curves: curves.collect(),
            now: self.now.clone(),
            lost_events: self.lost_events,
            recovery: self
                .experiment()
                .and_then(|e| [Lane::InTheLoop, Lane::OnChip].into_iter().find_map(|lane| e.recovery(lane))),
            chip: Arc::clone(self.looking.as_ref().map_or(&self.chip, |looking| &looking.chip)),
            sample: self
                .shown()
                .and_then(|e| sample_view(e, self.sample, self.madc, self.heard.as_ref()))
                .map(Arc::new),
            decision_map: self.map.clone(),
            weights: self.weights.clone(),
            examined: Arc::clone(&self.examined),
            round: self.experiment().and_then(|e| e.round(Lane::InTheLoop)),
            drawing: self.drawing.clone(),
            harm: self.harm.clone(),
            changes: Arc::clone(&self.changes),
            sweep: None,
            study: None,
            chips: self.chips.as_ref().map(ChipsJob::view),
            repeats: self.repeats.clone(),
            gradient: self.gradient.each_ref().map(BoundedCurve::points),
            timeline: self.moments.timeline(),
            looking_at: self.looking.as_ref().map(|looking| looking.epoch),
            put_away: self.put_away.as_ref().map(|run| run.epochs()),
        }
    }
}
