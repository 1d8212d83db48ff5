//! What a run leaves behind as it learns.

use std::sync::Arc;

use super::super::curves::BoundedCurve;
use super::super::messages::{Change, Checkpoint, EpochReport, Fall, LaneCurves, Scores, What};
use super::super::moments::Moments;
use super::changes::done;
use crate::params::Lane;
use crate::protocol::When;
use crate::store::add_fall;
use crate::training::{Experiment, Step, StepStats};

/// Changes kept; older ones go first.
pub(super) const MOST_CHANGES: usize = 300;

/// Curves, changes and moments of one run.
#[derive(Default)]
pub(super) struct Trail {
    pub(super) curves: [Curves; Lane::ALL.len()],
    /// Cosines of hidden and readout weights.
    pub(super) gradient: [BoundedCurve; 2],
    pub(super) changes: Arc<Vec<Change>>,
    /// What the lanes reached right after the chip was changed, and before anything was learnt.
    pub(super) falls: Arc<Vec<Fall>>,
    pub(super) moments: Moments,
}

impl Trail {
    /// Moments take that many bytes at most.
    pub(super) fn with_room(most: usize) -> Self {
        Self { moments: Moments::with_room(most), ..Self::default() }
    }

    /// What was kept of a run: curves, changes and falls up to a checkpoint. Moments are that checkpoint and the one
    /// before it, as far as they lie between epochs.
    pub(super) fn kept(most: usize, last: &Checkpoint, before: Option<&Checkpoint>, samples: usize) -> Self {
        let mut trail = Self::with_room(most);
        for epoch in &last.epochs {
            trail.add_epoch(epoch.epoch, &epoch.lanes);
        }
        for (epochs, what) in done(&last.protocol, position(last), samples) {
            trail.note(epochs, what);
        }
        trail.falls = Arc::new(last.falls.clone());
        let between = |checkpoint: &&Checkpoint| checkpoint.state.batch == 0;
        for moment in before.filter(|before| leads_to(before, last)).into_iter().chain([last]).filter(between) {
            let reached = last.epochs.iter().find(|epoch| epoch.epoch == moment.epoch());
            let scores = reached.map(|epoch| epoch.lanes.iter().map(|lane| (lane.lane, lane.scores())).collect());
            trail.moments.add(moment.epoch(), scores.unwrap_or_default(), Vec::new(), moment.state.clone());
        }
        trail
    }

    /// What the lanes did in a batch after so many epochs.
    pub(super) fn add_batch(&mut self, epochs: f64, step: &Step, rounds: &[(Lane, StepStats)]) {
        for report in &step.reports {
            let curves = &mut self.curves[report.lane as usize];
            curves.batch_loss.push(epochs, report.loss);
            curves.batch_accuracy.push(epochs, 100.0 * report.accuracy);
        }
        for (lane, round) in rounds {
            let curves = &mut self.curves[*lane as usize];
            if let Some(updates) = round.updates {
                curves.updates.push(epochs, updates as f64 / round.samples.max(1) as f64);
            }
            if let Some(alignment) = round.alignment.filter(|cosine| cosine.is_finite()) {
                curves.alignment.push(epochs, alignment);
            }
        }
    }

    /// What the lanes reached at the end of an epoch.
    pub(super) fn add_epoch(&mut self, epoch: usize, reports: &[EpochReport]) {
        for report in reports {
            self.curves[report.lane as usize].add(epoch as f64, report);
        }
    }

    /// The state at the end of an epoch, and now and then the angle of the gradient there.
    pub(super) fn add_moment(&mut self, epoch: usize, scores: Vec<(Lane, Scores)>, experiment: &Experiment) {
        if is_measured(epoch)
            && let Some(alignment) = experiment.gradient_alignment(Lane::InTheLoop)
        {
            for (curve, cosine) in self.gradient.iter_mut().zip([alignment.hidden, alignment.readout]) {
                if let Some(cosine) = cosine {
                    curve.push(epoch as f64, cosine);
                }
            }
        }
        self.moments.add(epoch, scores, experiment.rounds(), experiment.checkpoint());
    }

    /// What the lanes reach after a change of the chip.
    pub(super) fn add_fall(&mut self, fall: Fall) {
        add_fall(Arc::make_mut(&mut self.falls), fall);
    }

    /// Ends at that epoch.
    pub(super) fn cut(&mut self, epoch: usize) {
        self.moments.forget_after(epoch);
        self.curves.iter_mut().for_each(|curves| curves.cut(epoch as f64));
        self.gradient.iter_mut().for_each(|curve| drop(curve.cut(epoch as f64)));
        Arc::make_mut(&mut self.changes).retain(|change| change.epochs <= epoch as f64);
        Arc::make_mut(&mut self.falls).retain(|fall| fall.epochs <= epoch as f64);
    }

    /// Remembers what was done after so many epochs; several steps of one drag are one change.
    pub(super) fn note(&mut self, epochs: f64, what: What) {
        let changes = Arc::make_mut(&mut self.changes);
        if let (
            Some(Change { epochs: then, what: What::Parameter { key: last, to: end, .. } }),
            What::Parameter { key, to, .. },
        ) = (changes.last_mut(), &what)
            && last == key
            && epochs - *then < 1.0
        {
            end.clone_from(to);
            return;
        }
        changes.push(Change { epochs, what });
        if changes.len() > MOST_CHANGES {
            changes.remove(0);
        }
    }
}

/// How far the run of a checkpoint is.
fn position(checkpoint: &Checkpoint) -> When {
    When { epoch: checkpoint.epoch(), batch: checkpoint.state.batch }
}

/// Whether a checkpoint is an earlier moment of what another one is of.
fn leads_to(earlier: &Checkpoint, later: &Checkpoint) -> bool {
    let then = position(earlier);
    let done = |of: &Checkpoint| {
        let schedule = of.protocol.schedule();
        schedule[..schedule.len() - of.protocol.planned_after(then).len()].to_vec()
    };
    then < position(later) && earlier.state.data == later.state.data && done(earlier) == done(later)
}

/// Curves of one lane as they grow.
#[derive(Default)]
pub(super) struct Curves {
    pub(super) batch_loss: BoundedCurve,
    pub(super) batch_accuracy: BoundedCurve,
    pub(super) test_loss: BoundedCurve,
    pub(super) test_accuracy: BoundedCurve,
    pub(super) hidden_spikes: BoundedCurve,
    updates: BoundedCurve,
    alignment: BoundedCurve,
    left_accuracy: Arc<Vec<[f64; 2]>>,
    left_loss: Arc<Vec<[f64; 2]>>,
}

impl Curves {
    /// Ends at that epoch; what came after stays as what was left behind.
    fn cut(&mut self, x: f64) {
        let Self { batch_loss, batch_accuracy, hidden_spikes, updates, alignment, .. } = self;
        for curve in [batch_loss, batch_accuracy, hidden_spikes, updates, alignment] {
            curve.cut(x);
        }
        self.left_accuracy = Arc::new(self.test_accuracy.cut(x));
        self.left_loss = Arc::new(self.test_loss.cut(x));
    }

    /// The result of an epoch.
    fn add(&mut self, x: f64, r: &EpochReport) {
        self.test_loss.push(x, r.test_loss);
        self.test_accuracy.push(x, 100.0 * r.test_accuracy);
        self.hidden_spikes.push(x, r.hidden_spikes);
    }

    /// As the window sees them.
    pub(super) fn view(&self, lane: Lane) -> LaneCurves {
        LaneCurves {
            lane,
            batch_loss: self.batch_loss.points(),
            batch_accuracy: self.batch_accuracy.points(),
            test_loss: self.test_loss.points(),
            test_accuracy: self.test_accuracy.points(),
            hidden_spikes: self.hidden_spikes.points(),
            updates: self.updates.points(),
            alignment: self.alignment.points(),
            left_accuracy: Arc::clone(&self.left_accuracy),
            left_loss: Arc::clone(&self.left_loss),
        }
    }
}

/// Whether the gradient is measured after that epoch: always in the beginning, later 32 times while their number doubles.
fn is_measured(epoch: usize) -> bool {
    epoch.is_multiple_of(1 << epoch.max(1).ilog2().saturating_sub(5))
}
