//! Looking at a moment of the past, going on from it, and taking a restart back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Shared;
use super::curves::BoundedCurve;
use super::looks::chip_view;
use super::messages::{Change, ChipView, Event, Scores, WeightsView, What};
use super::moments::{MOST_BYTES, Moments};
use super::run::{ALL_STALE, Curves, Session};
use super::store_thread::Recorder;
use crate::base::error::{Error, Result};
use crate::export::npz;
use crate::params::{Lane, Params};
use crate::run::Run;
use crate::training::Experiment;

/// A moment of the past that all views show.
pub(super) struct Looking {
    /// Epochs learnt by then.
    pub(super) epoch: usize,
    pub(super) experiment: Experiment,
    pub(super) chip: Arc<ChipView>,
}

/// A run that a restart has put away.
pub(super) struct PutAway {
    params: Params,
    run: Run,
    last_epoch: usize,
    position: (usize, usize, usize),
    curves: [Curves; Lane::ALL.len()],
    now: Vec<(Lane, Scores)>,
    chip: Arc<ChipView>,
    weights: Option<Arc<WeightsView>>,
    changes: Arc<Vec<Change>>,
    moments: Moments,
    gradient: [BoundedCurve; 2],
}

impl PutAway {
    /// Epochs learnt.
    pub(super) fn epochs(&self) -> usize {
        self.position.0 - usize::from(self.position.1 < self.position.2)
    }
}

impl Session {
    /// The experiment that the views show: now, or a moment of the past.
    pub(super) fn shown(&self) -> Option<&Experiment> {
        self.looking.as_ref().map(|looking| &looking.experiment).or(self.experiment())
    }

    /// Writes a batch with the weights that the views show, as `misfit record` does: as many samples as a batch
    /// has, or as fit.
    pub(super) fn record(&self, path: PathBuf, lane: Lane, shared: &Shared) {
        let Some(experiment) = self.shown() else { return };
        let mut samples = experiment.params().learning.batch as usize;
        while samples > 1 && experiment.check_dump(lane, samples).is_err() {
            samples /= 2;
        }
        shared.tell(match npz::write(experiment, lane, samples, &path) {
            Ok(()) => Event::Saved(path),
            Err(error) => Event::NotSaved(error),
        });
    }

    /// All views show the present again.
    pub(super) fn show_live(&mut self) {
        self.requested_epoch = None;
        if self.run.is_none() {
            // After a failure there is no present, and without the last good moment no way back.
            return;
        }
        if self.looking.take().is_some() {
            self.study = None;
            self.all_anew();
        }
    }

    /// Everything that the views show is computed before they show anything else: no picture mixes two moments.
    fn all_anew(&mut self) {
        self.stale = ALL_STALE;
        let long_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap_or_else(Instant::now);
        (self.published, self.evaluated, self.mapped, self.weighed) = (long_ago, long_ago, long_ago, long_ago);
    }

    /// Shows the moment that was asked for last.
    pub(super) fn look(&mut self, shared: &Shared) {
        let Some(epoch) = self.requested_epoch.take() else { return };
        match self.moment(epoch) {
            Ok(Some(looking)) => {
                self.looking = Some(looking);
                self.study = None;
                self.all_anew();
            }
            Ok(None) => {}
            Err(error) => shared.tell(Event::Refused(error)),
        }
    }

    /// The moment nearest to the end of `epoch`, unless it is on display already.
    fn moment(&self, epoch: usize) -> Result<Option<Looking>> {
        let (Some(moment), Some(base)) = (self.moments.nearest(epoch), self.shown()) else { return Ok(None) };
        if self.looking.as_ref().is_some_and(|looking| looking.epoch == moment.epoch) {
            return Ok(None);
        }
        let experiment = base.as_evaluated_at(&moment.state)?;
        let chip = Arc::new(chip_view(&experiment, &ChipView::default()));
        Ok(Some(Looking { epoch: moment.epoch, experiment, chip }))
    }

    /// After a failure the last good moment is there to look at and to go on from.
    pub(super) fn look_back_from_failure(&mut self) {
        let last = self.moments.last().map(|moment| moment.epoch);
        if let Some(Ok(Some(looking))) = last.map(|epoch| self.moment(epoch)) {
            self.looking = Some(looking);
            self.all_anew();
        }
    }

    /// Forgets what came after the moment on display and goes on from there, with the settings of then.
    pub(super) fn branch(&mut self, shared: &Shared) {
        let Some(looking) = &self.looking else { return };
        let Some(moment) = self.moments.nearest(looking.epoch) else { return };
        let (epoch, state) = (moment.epoch, Arc::clone(&moment.state));
        let was = self.epochs().ceil() as usize;
        // After a failure the run is gone, and what is looked at is the last good moment of it.
        let run = match (&self.run, &self.failed) {
            (Some(run), _) => run.back_at(&state),
            (None, Some(protocol)) => looking.experiment.at(&state).map(|e| Run::branched(e, protocol.clone(), was)),
            (None, None) => return,
        };
        let run = match run {
            Ok(run) => run,
            Err(error) => return shared.tell(Event::Refused(error)),
        };
        if let Some(recorder) = &mut self.recorder {
            recorder.branch(run.protocol(), self.run.as_ref(), epoch);
        }
        let experiment = run.experiment();
        self.now.clone_from(&moment.scores);
        self.moments.forget_after(epoch);
        self.curves.iter_mut().for_each(|curves| curves.cut(epoch as f64));
        self.gradient.iter_mut().for_each(|curve| drop(curve.cut(epoch as f64)));
        Arc::make_mut(&mut self.changes).retain(|change| change.epochs <= epoch as f64);
        let batches = experiment.batches_per_epoch();
        self.position = if epoch == 0 { (1, 0, batches) } else { (epoch, batches, batches) };
        self.params = experiment.params().clone();
        if epoch >= self.last_epoch {
            self.last_epoch = epoch + self.params.learning.epochs as usize;
        }
        self.chip = Arc::new(chip_view(experiment, &ChipView::default()));
        self.run = Some(run);
        self.failure = None;
        self.running = true;
        self.show_live();
        self.note(What::Branched(was));
        shared.tell(Event::WentBack(Box::new(self.params.clone())));
        self.stale = ALL_STALE;
    }

    /// Keeps the run in progress for [`Self::take_back`], if it has learnt anything.
    pub(super) fn put_away(&mut self) {
        let Some(run) = self.run.take() else { return };
        if self.position.1 == 0 {
            // Nothing would be lost; what was put away before stays.
            self.run = Some(run);
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.put_away(&run);
        }
        // From now on there are two runs with moments, and they share the memory.
        self.moments.limit(MOST_BYTES / 2);
        self.put_away = Some(Box::new(PutAway {
            params: self.params.clone(),
            run,
            last_epoch: self.last_epoch,
            position: self.position,
            curves: std::mem::take(&mut self.curves),
            now: std::mem::take(&mut self.now),
            chip: Arc::clone(&self.chip),
            weights: self.weights.take(),
            changes: std::mem::take(&mut self.changes),
            moments: std::mem::take(&mut self.moments),
            gradient: std::mem::take(&mut self.gradient),
        }));
    }

    /// Brings back the run that was put away, and puts away the present one.
    pub(super) fn take_back(&mut self, shared: &Shared) {
        let Some(run) = self.put_away.take() else {
            return shared.tell(Event::Refused(Error::NothingToTakeBack));
        };
        let record = self.recorder.as_mut().and_then(Recorder::away);
        self.put_away();
        let run = *run;
        self.begin(run.params, Ok(run.run), shared);
        if let Some(recorder) = &mut self.recorder {
            recorder.take_back(record);
        }
        (self.last_epoch, self.position) = (run.last_epoch, run.position);
        (self.curves, self.now, self.chip, self.weights) = (run.curves, run.now, run.chip, run.weights);
        (self.changes, self.moments, self.gradient) = (run.changes, run.moments, run.gradient);
        self.moments.limit(if self.put_away.is_some() { MOST_BYTES / 2 } else { MOST_BYTES });
        self.running = false;
        shared.tell(Event::WentBack(Box::new(self.params.clone())));
        self.stale = ALL_STALE;
    }
}
