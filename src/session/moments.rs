//! Moments of the past, to look at and to go on from, in bounded memory.

use std::sync::Arc;

use super::messages::{Scores, Timeline};
use crate::params::Lane;
use crate::training::StepStats;
use crate::training::checkpoint::Checkpoint;

/// Memory that all moments may take, in bytes: those of the run in hand and those of the run that was put away.
pub(super) const MOST_BYTES: usize = 128 << 20;
/// Moments of one run, however small they are.
const MOST_MOMENTS: usize = 1000;

/// The end of one epoch.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// Epochs learnt by then.
    pub(super) epoch: usize,
    /// What every lane reached; empty before the first epoch.
    pub(super) scores: Vec<(Lane, Scores)>,
    /// What the last round of every lane took and moved.
    pub(super) rounds: Vec<(Lane, StepStats)>,
    /// Everything that the next batch depends on.
    pub(super) state: Arc<Checkpoint>,
    bytes: usize,
}

/// The moments of one run, in order.
///
/// Once memory is full, the moment goes whose loss is felt least: the one with the smallest gap between its
/// neighbours, measured by its age. So recent epochs are all there, and older ones get sparser and sparser;
/// which ones are kept depends on nothing but the number of epochs.
#[derive(Debug)]
pub(super) struct Moments {
    kept: Vec<Moment>,
    bytes: usize,
    most: usize,
    /// What the window was told last, unless there is something new.
    told: Option<Arc<Timeline>>,
}

impl Default for Moments {
    fn default() -> Self {
        Self::with_room(MOST_BYTES)
    }
}

impl Moments {
    /// No more than that many bytes.
    pub(super) fn with_room(most: usize) -> Self {
        Self { kept: Vec::new(), bytes: 0, most, told: None }
    }

    /// Keeps the moment at the end of `epoch`; the newest one is kept whatever it takes.
    pub(super) fn add(
        &mut self,
        epoch: usize,
        scores: Vec<(Lane, Scores)>,
        rounds: Vec<(Lane, StepStats)>,
        state: Checkpoint,
    ) {
        self.forget_after(epoch.saturating_sub(1));
        let bytes = state.bytes();
        self.told = None;
        self.bytes += bytes;
        self.kept.push(Moment { epoch, scores, rounds, state: Arc::new(state), bytes });
        self.thin_out();
    }

    /// Takes no more than that many bytes from now on.
    pub(super) fn limit(&mut self, most: usize) {
        (self.most, self.told) = (most, None);
        self.thin_out();
    }

    fn thin_out(&mut self) {
        while (self.bytes > self.most && self.kept.len() > 1) || self.kept.len() > MOST_MOMENTS {
            let moment = self.kept.remove(self.least_missed());
            self.bytes -= moment.bytes;
        }
    }

    /// The place of the moment to forget next; the first and the last one only if there are no others.
    fn least_missed(&self) -> usize {
        let now = self.kept.last().map_or(0, |m| m.epoch);
        let felt = |k: &usize| {
            let gap = self.kept[k + 1].epoch - self.kept[k - 1].epoch;
            gap as f64 / (now - self.kept[*k].epoch) as f64
        };
        (1..self.kept.len() - 1).min_by(|a, b| felt(a).total_cmp(&felt(b))).unwrap_or(0)
    }

    /// Forgets what lies after the end of `epoch`.
    pub(super) fn forget_after(&mut self, epoch: usize) {
        let end = self.kept.partition_point(|m| m.epoch <= epoch);
        self.told = None;
        self.bytes -= self.kept.drain(end..).map(|m| m.bytes).sum::<usize>();
    }

    /// The last moment that is not after the end of `epoch`, or else the first one.
    pub(super) fn nearest(&self, epoch: usize) -> Option<&Moment> {
        let end = self.kept.partition_point(|m| m.epoch <= epoch);
        self.kept.get(end.saturating_sub(1))
    }

    /// The newest moment.
    pub(super) fn last(&self) -> Option<&Moment> {
        self.kept.last()
    }

    /// What the window is told.
    pub(super) fn timeline(&mut self) -> Arc<Timeline> {
        let told = self.told.get_or_insert_with(|| {
            let epochs = self.kept.iter().map(|m| m.epoch).collect();
            let scores = self.kept.iter().map(|m| m.scores.clone()).collect();
            Arc::new(Timeline { epochs, scores, bytes: self.bytes, most_bytes: self.most })
        });
        Arc::clone(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use crate::training::Experiment;

    fn state() -> Checkpoint {
        let params = Params::for_task(crate::params::TaskKind::YinYang)
            .with(|p| (p.network.hidden, p.learning.threads) = (2, 1));
        Experiment::new(&params).unwrap().checkpoint()
    }

    #[test]
    fn recent_moments_are_all_there_older_ones_get_sparser_and_memory_stays_bounded() {
        let state = state();
        let room = 64 * state.bytes();
        let mut moments = Moments::with_room(room);
        for epoch in 0..=5_000 {
            moments.add(epoch, Vec::new(), Vec::new(), state.clone());
            assert!(moments.timeline().bytes <= room);
        }
        let epochs = moments.timeline().epochs.clone();
        assert_eq!((epochs[0], epochs[epochs.len() - 1], epochs.len()), (0, 5_000, 64));
        assert!(epochs.ends_with(&[4_996, 4_997, 4_998, 4_999, 5_000]), "{epochs:?}");
        // Wherever one looks, the next moment is not far in comparison with the age.
        for pair in epochs.windows(2) {
            let (gap, age) = (pair[1] - pair[0], 5_000 - pair[0]);
            assert!(gap as f64 <= 1.0 + 0.35 * age as f64, "{pair:?} of {epochs:?}");
        }
        assert_eq!(moments.nearest(4_998).unwrap().epoch, 4_998);
        assert_eq!(moments.nearest(1).unwrap().epoch, 0);
        moments.forget_after(4_000);
        assert!(moments.last().unwrap().epoch <= 4_000);
        assert_eq!(moments.timeline().bytes, moments.kept.len() * state.bytes());
    }

    #[test]
    fn less_room_makes_older_moments_sparser_at_once() {
        let state = state();
        let mut moments = Moments::with_room(64 * state.bytes());
        (0..=64).for_each(|epoch| moments.add(epoch, Vec::new(), Vec::new(), state.clone()));
        moments.limit(16 * state.bytes());
        let told = moments.timeline();
        assert_eq!((told.epochs.len(), told.bytes, told.most_bytes), (16, 16 * state.bytes(), 16 * state.bytes()));
        assert_eq!((told.epochs[0], told.epochs[15]), (0, 64));
    }

    #[test]
    fn a_moment_larger_than_the_room_is_still_kept_alone() {
        let mut moments = Moments::with_room(1);
        for epoch in 0..3 {
            moments.add(epoch, Vec::new(), Vec::new(), state());
        }
        assert_eq!(moments.timeline().epochs, [2]);
    }
}
