//! The past of the run in hand, and the run before: to look at, to go on from, and to take back.

use std::sync::Arc;

use super::super::looks::chip_view;
use super::super::messages::{ChipView, Evaluation, Event, WeightsView, What};
use super::super::moments::MOST_BYTES;
use super::super::store_thread::Recorder;
use super::Session;
use super::engine::Position;
use super::trail::Trail;
use crate::base::error::{Error, Result};
use crate::params::{Lane, Params};
use crate::run::Run;
use crate::training::{Experiment, StepStats};

/// What is known of the past.
#[derive(Default)]
pub(super) struct History {
    /// What the run in hand has left behind.
    pub(super) trail: Trail,
    /// The past that all views show.
    pub(super) looking: Option<Looking>,
    /// The moment that the window wants to see; it is built when there is time.
    pub(super) requested: Option<usize>,
    /// The run before the last restart.
    pub(super) put_away: Option<Box<PutAway>>,
}

/// A moment of the past that all views show.
pub(super) struct Looking {
    /// Epochs learnt by then.
    pub(super) epoch: usize,
    pub(super) experiment: Experiment,
    pub(super) chip: Arc<ChipView>,
    /// What the last round of every lane took and moved then.
    pub(super) rounds: Vec<(Lane, StepStats)>,
    /// What the lanes did on the test split then.
    pub(super) examined: Arc<Vec<Evaluation>>,
}

/// A run that a restart has put away.
pub(super) struct PutAway {
    params: Params,
    run: Run,
    pub(super) position: Position,
    trail: Trail,
    examined: Arc<Vec<Evaluation>>,
    chip: Arc<ChipView>,
    weights: Option<Arc<WeightsView>>,
}

impl History {
    /// Another run is in hand; two runs with moments share the memory.
    pub(super) fn begin(&mut self) {
        (self.trail, self.looking, self.requested) = (Trail::with_room(self.room()), None, None);
    }

    /// Memory that the moments of the run in hand may take.
    pub(super) fn room(&self) -> usize {
        if self.put_away.is_some() { MOST_BYTES / 2 } else { MOST_BYTES }
    }

    /// The experiment that the views show: now, or a moment of the past.
    pub(super) fn shown<'a>(&'a self, run: Option<&'a Run>) -> Option<&'a Experiment> {
        self.looking.as_ref().map(|looking| &looking.experiment).or(run.map(Run::experiment))
    }

    /// The moment nearest to the end of `epoch`, unless it is on display already.
    fn moment(&self, epoch: usize, run: Option<&Run>) -> Result<Option<Looking>> {
        let (Some(moment), Some(base)) = (self.trail.moments.nearest(epoch), self.shown(run)) else { return Ok(None) };
        if self.looking.as_ref().is_some_and(|looking| looking.epoch == moment.epoch) {
            return Ok(None);
        }
        let experiment = base.at(&moment.state)?;
        let (chip, examined) = (Arc::new(chip_view(&experiment)), Arc::new(experiment.examine_all()));
        Ok(Some(Looking { epoch: moment.epoch, experiment, chip, rounds: moment.rounds.clone(), examined }))
    }
}

impl Session<'_> {
    /// The experiment that the views show: now, or a moment of the past.
    pub(super) fn shown(&self) -> Option<&Experiment> {
        self.history.shown(self.engine.run.as_ref())
    }

    /// What the lanes of that experiment do on the test split.
    pub(super) fn examined(&self) -> Arc<Vec<Evaluation>> {
        Arc::clone(self.history.looking.as_ref().map_or(&self.inspector.examined, |looking| &looking.examined))
    }

    /// Epochs learnt by the experiment that the views show.
    pub(super) fn shown_epochs(&self) -> f64 {
        self.history.looking.as_ref().map_or(self.engine.position.epochs(), |looking| looking.epoch as f64)
    }

    /// All views show the present again.
    pub(super) fn show_live(&mut self) {
        self.history.requested = None;
        // After a failure there is no present, and without the last good moment no way back.
        if self.engine.run.is_some() && self.history.looking.is_some() {
            self.show(None);
        }
    }

    /// Shows the moment that was asked for last.
    pub(super) fn look(&mut self) {
        let Some(epoch) = self.history.requested.take() else { return };
        match self.history.moment(epoch, self.engine.run.as_ref()) {
            Ok(Some(looking)) => self.show(Some(looking)),
            Ok(None) => {}
            Err(error) => self.tell(Event::Refused(error)),
        }
    }

    /// After a failure the last good moment is there to look at and to go on from.
    pub(super) fn look_back_from_failure(&mut self) {
        let last = self.history.trail.moments.last().map(|moment| moment.epoch);
        if let Some(Ok(Some(looking))) = last.map(|epoch| self.history.moment(epoch, self.engine.run.as_ref())) {
            self.show(Some(looking));
        }
    }

    /// Everything that the views show is computed before they show anything else: no picture mixes two moments.
    fn show(&mut self, looking: Option<Looking>) {
        self.history.looking = looking;
        self.inspector.all_at_once();
        self.publisher.due.at_once();
    }

    /// Forgets what came after the moment on display and goes on from there, with the settings of then.
    pub(super) fn branch(&mut self) {
        let Some(looking) = &self.history.looking else { return };
        let Some(moment) = self.history.trail.moments.nearest(looking.epoch) else { return };
        let (epoch, state, examined) = (moment.epoch, Arc::clone(&moment.state), Arc::clone(&looking.examined));
        let was = self.engine.position.epochs().ceil() as usize;
        // After a failure the run is gone, and what is looked at is the last good moment of it.
        let run = match (&self.engine.run, &self.engine.failed) {
            (Some(run), _) => run.back_at(&state),
            (None, Some(protocol)) => looking.experiment.at(&state).map(|e| Run::branched(e, protocol.clone(), was)),
            (None, None) => return,
        };
        let mut run = match run {
            Ok(run) => run,
            Err(error) => return self.tell(Event::Refused(error)),
        };
        self.heed(&mut run);
        if let Some(recorder) = &mut self.recorder {
            recorder.branch(run.protocol(), self.engine.run.as_ref(), epoch);
        }
        let experiment = run.experiment();
        self.inspector.examined = examined;
        self.inspector.chip = Arc::new(chip_view(experiment));
        self.history.trail.cut(epoch);
        self.engine.position = Position::after(epoch, experiment.batches_per_epoch());
        self.engine.params = experiment.params().clone();
        self.engine.run = Some(run);
        self.engine.failure = None;
        self.engine.running = true;
        self.show_live();
        self.note(What::Branched(was));
        self.went_back();
    }

    /// Keeps the run in progress for [`Self::take_back`], if it has learnt anything.
    pub(super) fn put_away(&mut self) {
        if self.engine.position.batch == 0 {
            // Nothing would be lost; what was put away before stays.
            return;
        }
        let Some(run) = self.engine.run.take() else { return };
        if let Some(recorder) = &mut self.recorder {
            recorder.put_away(&run);
        }
        let mut trail = std::mem::take(&mut self.history.trail);
        trail.moments.limit(MOST_BYTES / 2);
        self.history.put_away = Some(Box::new(PutAway {
            params: self.engine.params.clone(),
            run,
            position: self.engine.position,
            trail,
            examined: std::mem::take(&mut self.inspector.examined),
            chip: Arc::clone(&self.inspector.chip),
            weights: self.inspector.weights.take(),
        }));
    }

    /// Brings back the run that was put away, and puts away the present one.
    pub(super) fn take_back(&mut self) {
        let Some(run) = self.history.put_away.take() else {
            return self.tell(Event::Refused(Error::NothingToTakeBack));
        };
        let record = self.recorder.as_mut().and_then(Recorder::away);
        self.put_away();
        let run = *run;
        self.begin(run.params, Ok(run.run));
        if let Some(recorder) = &mut self.recorder {
            recorder.take_back(record);
        }
        self.engine.position = run.position;
        let inspector = &mut self.inspector;
        (inspector.examined, inspector.chip, inspector.weights) = (run.examined, run.chip, run.weights);
        self.history.trail = run.trail;
        self.history.trail.moments.limit(self.history.room());
        self.engine.running = false;
        self.went_back();
    }

    /// Says that the run is back with these settings.
    fn went_back(&mut self) {
        let calibrated = self.engine.experiment().is_some_and(Experiment::is_calibrated);
        self.tell(Event::WentBack { params: Box::new(self.engine.params.clone()), calibrated });
        self.all_stale();
    }
}
