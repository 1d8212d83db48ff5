//! What conditions and texts of lessons are told of the window.

use super::super::App;
use crate::lesson::condition::Facts;
use crate::params::PARAMS;
use crate::session::messages::Snapshot;

/// Epochs learnt, with the part of the one in progress.
pub(in crate::app) fn epochs(s: &Snapshot) -> f64 {
    if s.batches == 0 { 0.0 } else { s.epoch as f64 - 1.0 + s.batch as f64 / s.batches as f64 }
}

impl App {
    /// What is to be seen now.
    pub(in crate::app) fn facts(&self, now: f64) -> Facts {
        let s = &self.snapshot;
        let front =
            self.arranged.tree.active_tiles().into_iter().filter_map(|id| self.arranged.tree.tiles.get_pane(&id));
        let mut facts = Facts {
            lanes: s
                .examined
                .iter()
                .map(|seen| (seen.lane, [100.0 * seen.scores.accuracy, seen.scores.loss, seen.scores.hidden_spikes]))
                .collect(),
            epochs: epochs(s),
            batches_per_epoch: s.batches,
            running: s.running,
            params: (*s.params).clone(),
            silenced: s.chip.silent.iter().filter(|silent| **silent).count(),
            recovery: s.recovery.map(|r| (100.0 * r.worst, r.epochs)),
            answers: s.sample.iter().flat_map(|x| x.lanes.iter().map(|lane| (lane.lane, lane.answer))).collect(),
            label: s.sample.as_ref().and_then(|sample| sample.label),
            sample: s.sample.as_ref().map_or(0, |sample| sample.index),
            selected: self.views.selected().len(),
            drawn: s.drawing.is_some(),
            bench: s.bench.clone(),
            views: front.map(|kind| kind.key()).collect(),
            ..Facts::default()
        };
        if let Some(lesson) = &self.lesson {
            let (before, after) = (&lesson.entered_with, &self.draft.params);
            let moved = PARAMS.iter().filter(|spec| (spec.get)(before) != (spec.get)(after));
            facts.changed = moved.map(|spec| spec.key.to_owned()).collect();
            let own = lesson.player.lesson.controls.iter();
            let own = own.filter(|c| c.sets.iter().any(|spec| facts.changed.iter().any(|key| key == spec.key)));
            let own: Vec<String> = own.map(|control| control.id.clone()).collect();
            facts.changed.extend(own);
            lesson.player.complete(&mut facts, now);
        }
        facts
    }
}
