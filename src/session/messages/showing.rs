//! A snapshot in which lanes are held back.

use std::sync::Arc;

use super::{DecisionMap, Drawing, SampleView, Snapshot, WeightsView};
use crate::params::Lane;

impl Snapshot {
    /// As it would be if only these lanes were computed. All are: what is held back is shown later with its past.
    #[must_use]
    pub fn showing(&self, lanes: &[Lane]) -> Self {
        let mut shown = self.clone();
        let is_shown = |lane: Lane| lanes.contains(&lane);
        let mut params = (*shown.params).clone();
        params.learning.lanes.retain(|lane| is_shown(*lane));
        shown.params = Arc::new(params);
        shown.curves.retain(|curve| is_shown(curve.lane));
        shown.rounds.retain(|(lane, _)| is_shown(*lane));
        shown.examined = Arc::new(self.examined.iter().filter(|e| is_shown(e.lane)).cloned().collect());
        shown.falls = Arc::new(
            self.falls
                .iter()
                .cloned()
                .map(|mut fall| {
                    fall.scores.retain(|(lane, _)| is_shown(*lane));
                    fall
                })
                .collect(),
        );
        shown.sample = self.sample.as_deref().map(|sample| {
            let lanes = sample.lanes.iter().filter(|trace| is_shown(trace.lane)).cloned().collect();
            let twin = sample.twin.clone().filter(|twin| is_shown(twin.lane));
            let compared = sample.compared.clone().filter(|_| twin.is_some());
            Arc::new(SampleView { lanes, twin, compared, ..sample.clone() })
        });
        shown.decision_map = self.decision_map.as_deref().map(|map| {
            let lanes = map.lanes.iter().filter(|(lane, _)| is_shown(*lane)).cloned().collect();
            Arc::new(DecisionMap { lanes, ..map.clone() })
        });
        shown.weights = self.weights.as_deref().map(|weights| {
            let lanes = weights.lanes.iter().filter(|lane| is_shown(lane.lane)).cloned().collect();
            Arc::new(WeightsView { lanes, ..weights.clone() })
        });
        shown.drawing = self.drawing.as_deref().map(|drawing| {
            let lanes = drawing.lanes.iter().filter(|(lane, ..)| is_shown(*lane)).cloned().collect();
            Arc::new(Drawing { lanes, ..drawing.clone() })
        });
        shown
    }
}
