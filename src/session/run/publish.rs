//! What the window gets to see, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Shared;
use super::super::curves::BoundedCurve;
use super::super::looks::sample_view;
use super::super::messages::{Current, Event, SampleView, Snapshot};
use super::Session;
use super::chips::ChipsJob;
use super::due::Due;
use super::inspector::{Looked, SHARE_OF_LOOKS};
use super::learning::News;
use crate::run::Run;
use crate::training::Experiment;

/// Shortest time between two snapshots while learning.
const PUBLISH_EVERY: Duration = Duration::from_millis(33);

/// The way to the window.
pub(super) struct Publisher<'a> {
    pub(super) shared: &'a Shared,
    /// The next snapshot.
    pub(super) due: Due,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self { shared, due: Due::every(PUBLISH_EVERY) }
    }
}

impl Session<'_> {
    /// Says what must not be lost.
    pub(super) fn tell(&self, event: Event) {
        self.publisher.shared.mailbox.tell(event);
    }

    /// Everything that the window shows is out of date.
    pub(super) fn all_stale(&mut self) {
        self.inspector.all_stale();
        self.publisher.due.mark();
    }

    /// Makes what the views ask for, and publishes a snapshot when there is something new and the last one is old
    /// enough.
    pub(super) fn publish_if_due(&mut self) {
        if self.inspector.is_disturbed
            && let Some(run) = &mut self.engine.run
        {
            let mut news = News::default();
            // What interrupted a chip that computes is done first; then it is measured again. No observer fails.
            drop(run.measure_fall(&mut [&mut news, &mut self.recorder]));
            if let Some(fallen) = news.fallen {
                self.fell_to(fallen);
            }
        }
        let evaluated = self.inspector.evaluate(self.engine.experiment());
        let examined = self.examined();
        let shown = self.history.shown(self.engine.run.as_ref());
        if self.inspector.refresh(shown, &examined) || evaluated {
            self.publisher.due.mark();
        }
        if self.publisher.due.is_due(Instant::now()) {
            let snapshot = self.snapshot();
            self.publisher.shared.mailbox.publish(snapshot);
            self.publisher.due.made();
            if self.inspector.looked.as_ref().is_some_and(|looked| looked.stale) {
                self.publisher.due.mark();
            }
        }
    }

    /// The sample on display. A chip that Misfit did not make may be slow: it is not looked at all the time.
    fn sample(&mut self) -> Option<Arc<SampleView>> {
        let shown = self.history.shown(self.engine.run.as_ref())?;
        let inspector = &mut self.inspector;
        let is_foreign = shown.is_on_a_foreign_chip();
        let heard = inspector.heard.as_ref().map(|(name, _)| name.clone());
        let moment = self.history.looking.as_ref().map(|looking| looking.epoch);
        let asked = (self.engine.generation, moment, inspector.sample, heard);
        let begun = Instant::now();
        if let Some(looked) = inspector.looked.as_ref().filter(|looked| is_foreign && looked.asked == asked)
            && (!looked.stale || begun < looked.next)
        {
            return looked.view.clone();
        }
        let view = sample_view(shown, inspector.sample, (inspector.twin, inspector.madc), inspector.heard.as_ref())
            .map(Arc::new);
        let next = begun + SHARE_OF_LOOKS * begun.elapsed();
        inspector.looked = is_foreign.then(|| Looked { asked, stale: false, next, view: view.clone() });
        view
    }

    /// What there is to see now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let timeline = self.history.trail.moments.timeline();
        let sample = self.sample();
        let (engine, history, inspector) = (&self.engine, &self.history, &self.inspector);
        let trail = &history.trail;
        let curves = engine.params.learning.lanes.iter().map(|&lane| trail.curves[lane as usize].view(lane));
        Snapshot {
            generation: engine.generation,
            params: Arc::new(engine.params.clone()),
            protocol: Arc::new(engine.run.as_ref().map_or_else(|| engine.params.clone().into(), Run::repeated)),
            running: engine.running,
            failure: engine.failure.clone(),
            chip_failed: engine.chip_failure.is_some(),
            epoch: engine.position.epoch,
            batch: engine.position.batch,
            batches: engine.position.batches,
            batches_per_second: if engine.running { engine.pacer.speed } else { 0.0 },
            curves: curves.collect(),
            lost_events: engine.lost_events,
            recovery: engine.experiment().and_then(|e| e.recovery(e.params().learning.learner()?)),
            calibrated: engine.experiment().is_some_and(Experiment::is_calibrated),
            chip: Arc::clone(history.looking.as_ref().map_or(&inspector.chip, |looking| &looking.chip)),
            sample,
            decision_map: inspector.map.clone(),
            weights: inspector.weights.clone(),
            examined: self.examined(),
            rounds: match &history.looking {
                Some(looking) => looking.rounds.clone(),
                None => engine.experiment().map(Experiment::rounds).unwrap_or_default(),
            },
            drawing: inspector.drawing.clone(),
            cost: inspector.costs.view.clone(),
            importance: inspector.importance.clone(),
            changes: Arc::clone(&trail.changes),
            falls: Arc::clone(&trail.falls),
            chips: inspector.chips.as_ref().map(ChipsJob::view),
            repeats: inspector.repeats.clone(),
            bench: inspector.bench.clone(),
            gradient: trail.gradient.each_ref().map(BoundedCurve::points),
            timeline,
            looking_at: history.looking.as_ref().map(|looking| looking.epoch),
            put_away: history.put_away.as_ref().map(|run| run.position.whole()),
            record: self.recorder.as_ref().and_then(|own| own.record()).map(|record| Current::new(&record.summary)),
        }
    }
}
