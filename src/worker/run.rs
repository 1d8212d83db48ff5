//! What the worker does all day.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::Shared;
use super::chips::ChipsJob;
use super::curves::BoundedCurve;
use super::looks::chip_view;
use super::messages::{
    Change, ChipView, DecisionMap, Drawing, EpochReport, Event, Examination, HarmView, Opened, Pace, RepeatsView,
    Scores, SessionCommand, WeightsView, What,
};
use super::moments::{MOST_BYTES, Moments};
use super::past::{Looking, PutAway};
use super::store_thread::Recorder;
use crate::base::error::{Error, Result};
use crate::params::{Lane, Params};
use crate::protocol::Protocol;
use crate::run::Run;
use crate::spikes::SpikeTrain;
use crate::store::Ending;
use crate::task::Dataset;
use crate::training::Experiment;
use crate::training::study::HarmStudy;

/// Shortest time between two snapshots while learning.
const PUBLISH_EVERY: Duration = Duration::from_millis(33);
/// Shortest time between two evaluations of the test split outside epoch ends.
const EVALUATE_EVERY: Duration = Duration::from_millis(250);
/// Shortest time between two decision maps.
const MAP_EVERY: Duration = Duration::from_millis(500);
/// Shortest time between two looks at all weights.
const WEIGHTS_EVERY: Duration = Duration::from_millis(200);
/// Time between two looks at the chips that are tried in the background.
const CHIPS_EVERY: Duration = Duration::from_millis(100);
/// What the store calls runs of the window.
const ORIGIN: &str = "window";
/// Changes kept; older ones go first.
const MOST_CHANGES: usize = 300;
/// A pause before the store thread is offered again what it had no room for.
const STORE_BUSY: Duration = Duration::from_millis(50);

/// The thread's body: returns when asked to stop or when the window is gone.
pub(super) fn run(
    shared: &Shared,
    inbox: &Receiver<SessionCommand>,
    protocol: Protocol,
    running: bool,
    recorder: Option<Recorder>,
) {
    let mut session = Session::new(protocol.params.clone(), running);
    session.recorder = recorder;
    session.restart(protocol, shared);
    work(&mut session, shared, inbox);
    if let Some(mut recorder) = session.recorder {
        recorder.end(session.run.as_ref(), Ending::Stopped);
        recorder.flush_all();
    }
}

/// Until told to stop, or until the window is gone.
fn work(session: &mut Session, shared: &Shared, inbox: &Receiver<SessionCommand>) {
    while !shared.stop.is_requested() {
        match inbox.recv_timeout(session.patience()) {
            Ok(command) => {
                session.obey(command, shared);
                // The last of many waiting commands wins, so look at all of them before learning on.
                while let Ok(command) = inbox.try_recv() {
                    session.obey(command, shared);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        session.learn(shared);
        session.study();
        session.look(shared);
        if session.chips.as_mut().is_some_and(ChipsJob::has_news) {
            session.stale.snapshot = true;
        }
        session.publish_if_due(shared);
        if let Some(recorder) = &mut session.recorder {
            recorder.flush();
        }
    }
}

/// Data, chips and hosts; the window is told how far it is and may stop it, which gives `None`.
fn build(protocol: Protocol, shared: &Shared) -> Result<Option<Run>> {
    load(&protocol.params, shared)?.map(|data| Run::with_data(protocol, data)).transpose()
}

/// The data; the window is told how far it is and may stop it, which gives `None`.
fn load(params: &Params, shared: &Shared) -> Result<Option<Dataset>> {
    params.check()?;
    shared.cancel.store(false, Ordering::Relaxed);
    let stopped = || shared.stop.is_requested() || shared.cancel.load(Ordering::Relaxed);
    let data = Dataset::load(params, &|done, total| {
        shared.loading(Some((done, total)));
        if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    shared.loading(None);
    data
}

/// Curves of one lane as they grow.
#[derive(Default)]
pub(super) struct Curves {
    batch_loss: BoundedCurve,
    batch_accuracy: BoundedCurve,
    test_loss: BoundedCurve,
    test_accuracy: BoundedCurve,
    hidden_spikes: BoundedCurve,
    left_accuracy: Arc<Vec<[f64; 2]>>,
    left_loss: Arc<Vec<[f64; 2]>>,
}

impl Curves {
    /// Ends at that epoch; what came after stays as what was left behind.
    pub(super) fn cut(&mut self, x: f64) {
        for curve in [&mut self.batch_loss, &mut self.batch_accuracy, &mut self.hidden_spikes] {
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
}

mod changes;
mod commands;
#[cfg(test)]
mod day;
mod files;
mod learning;
mod publish;

pub(super) struct Session {
    pub(super) params: Params,
    pub(super) run: Option<Run>,
    /// The protocol of a run that went wrong.
    pub(super) failed: Option<Protocol>,
    /// Keeps the run, if runs are kept.
    pub(super) recorder: Option<Recorder>,
    pub(super) failure: Option<Error>,
    pub(super) generation: u64,
    pub(super) running: bool,
    pub(super) single_step: bool,
    /// Learning pauses when this epoch is reached.
    pub(super) last_epoch: usize,
    pub(super) pace: Pace,
    pub(super) next_batch: Instant,
    pub(super) position: (usize, usize, usize),
    pub(super) speed: f64,
    pub(super) last_step: Instant,
    pub(super) curves: [Curves; Lane::ALL.len()],
    pub(super) now: Vec<(Lane, Scores)>,
    pub(super) lost_events: u64,
    pub(super) chip: Arc<ChipView>,
    pub(super) sample: usize,
    /// A sound of the user's, shown in place of a test sample: its name and the input it makes.
    pub(super) heard: Option<(String, SpikeTrain)>,
    /// The neuron that the MADC records.
    pub(super) madc: usize,
    pub(super) map: Option<Arc<DecisionMap>>,
    pub(super) weights: Option<Arc<WeightsView>>,
    pub(super) examined: Arc<Vec<Examination>>,
    /// The picture that was drawn.
    pub(super) picture: Vec<f32>,
    pub(super) drawing: Option<Arc<Drawing>>,
    pub(super) study: Option<HarmStudy>,
    pub(super) harm: Option<Arc<HarmView>>,
    /// Epochs learnt when the study began.
    pub(super) studied_at: f64,
    pub(super) changes: Arc<Vec<Change>>,
    /// Something changed since the last snapshot, evaluation, map.
    pub(super) stale: Stale,
    pub(super) published: Instant,
    pub(super) evaluated: Instant,
    pub(super) mapped: Instant,
    pub(super) weighed: Instant,
    pub(super) moments: Moments,
    /// The past that all views show.
    pub(super) looking: Option<Looking>,
    /// The moment that the window wants to see; it is built when there is time.
    pub(super) requested_epoch: Option<usize>,
    /// The weights on many chips, under way or done.
    pub(super) chips: Option<ChipsJob>,
    pub(super) repeats: Option<Arc<RepeatsView>>,
    /// Cosines of hidden and readout weights.
    pub(super) gradient: [BoundedCurve; 2],
    /// The run before the last restart.
    pub(super) put_away: Option<Box<PutAway>>,
}

#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one flag a thing that can be out of date")]
pub(super) struct Stale {
    snapshot: bool,
    scores: bool,
    map: bool,
    weights: bool,
}

pub(super) const ALL_STALE: Stale = Stale { snapshot: true, scores: true, map: true, weights: true };

impl Session {
    fn new(params: Params, running: bool) -> Self {
        let long_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap_or_else(Instant::now);
        Self {
            params,
            run: None,
            failed: None,
            recorder: None,
            failure: None,
            generation: 0,
            running,
            single_step: false,
            last_epoch: 0,
            pace: Pace::Full,
            next_batch: Instant::now(),
            position: (1, 0, 0),
            speed: 0.0,
            last_step: long_ago,
            curves: Default::default(),
            now: Vec::new(),
            lost_events: 0,
            chip: Arc::default(),
            sample: 0,
            heard: None,
            madc: 0,
            map: None,
            weights: None,
            examined: Arc::default(),
            picture: Vec::new(),
            drawing: None,
            study: None,
            harm: None,
            studied_at: 0.0,
            changes: Arc::default(),
            stale: ALL_STALE,
            published: long_ago,
            evaluated: long_ago,
            mapped: long_ago,
            weighed: long_ago,
            moments: Moments::default(),
            looking: None,
            requested_epoch: None,
            chips: None,
            repeats: None,
            gradient: Default::default(),
            put_away: None,
        }
    }

    /// How long to wait for commands before doing something else.
    fn patience(&self) -> Duration {
        let now = Instant::now();
        if self.study.is_some() {
            return Duration::ZERO;
        }
        if self.requested_epoch.is_some() {
            return Duration::ZERO;
        }
        let patience = self.patience_without_chips(now);
        // Chips are tried elsewhere; here it is only looked how far that is.
        if self.chips.as_ref().is_some_and(ChipsJob::is_running) { patience.min(CHIPS_EVERY) } else { patience }
    }

    fn patience_without_chips(&self, now: Instant) -> Duration {
        if self.learns() {
            return self.next_batch.saturating_duration_since(now);
        }
        if self.recorder.as_ref().is_some_and(Recorder::waits) {
            return STORE_BUSY;
        }
        let due = |stale: bool, last: Instant, every: Duration| {
            if stale { (last + every).saturating_duration_since(now) } else { Duration::from_hours(1) }
        };
        due(self.stale.snapshot, self.published, PUBLISH_EVERY)
            .min(due(self.stale.scores, self.evaluated, EVALUATE_EVERY))
            .min(due(self.stale.map && self.has_map(), self.mapped, MAP_EVERY))
            .min(due(self.stale.weights && self.shown().is_some(), self.weighed, WEIGHTS_EVERY))
    }

    fn learns(&self) -> bool {
        (self.running || self.single_step) && self.run.is_some()
    }

    fn has_map(&self) -> bool {
        self.shown().is_some_and(|e| e.data().point(e.params(), 0.5, 0.5).is_some())
    }

    /// Begins anew with `params`. A running experiment goes on when they cannot be used.
    fn restart(&mut self, protocol: Protocol, shared: &Shared) {
        let params = protocol.params.clone();
        let run = match build(protocol, shared) {
            Ok(Some(run)) => Ok(run),
            Ok(None) => Err(Error::LoadingStopped),
            Err(error) => Err(error),
        };
        if let (Err(error), Some(_)) = (&run, &self.run) {
            shared.tell(Event::Refused(error.clone()));
            return;
        }
        self.put_away();
        self.begin(params, run, shared);
        if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.run) {
            recorder.begin(run.protocol(), ORIGIN, None, &[], None);
        }
    }

    /// Goes on where a checkpoint left off, paused. A running experiment goes on when it cannot be used.
    fn resume(&mut self, opened: Opened, shared: &Shared) {
        let Some(checkpoint) = opened.checkpoint else { return self.restart(opened.protocol, shared) };
        let resumed = load(&checkpoint.state.params, shared).and_then(|data| {
            let data = data.ok_or(Error::LoadingStopped)?;
            Experiment::resume_with_data(&checkpoint.state, data)
                .map(|experiment| Run::going_on(experiment, opened.protocol.clone()))
        });
        let run = match resumed {
            Ok(run) => run,
            Err(error) => {
                if let (Some(recorder), Some(run)) = (&mut self.recorder, &opened.run) {
                    recorder.decline(run);
                }
                return shared.tell(Event::Refused(error));
            }
        };
        let experiment = run.experiment();
        let (learnt, batches) = (experiment.epochs_learnt(), experiment.batches_per_epoch());
        self.running = false;
        self.put_away();
        self.begin(checkpoint.state.params.clone(), Ok(run), shared);
        for epoch in &checkpoint.epochs {
            for lane in &epoch.lanes {
                self.curves[lane.lane as usize].add(epoch.epoch as f64, lane);
            }
        }
        let state = &checkpoint.state;
        self.position = match (state.epoch, state.batch) {
            (epoch, 0) if epoch > 1 => (epoch - 1, batches, batches),
            (epoch, batch) => (epoch, batch, batches),
        };
        if let Some(recorder) = &mut self.recorder {
            let from = checkpoint.run.as_ref().map(|id| format!("{id}, epoch {learnt:.2}"));
            recorder.begin(&opened.protocol, ORIGIN, opened.run, &checkpoint.epochs, from.as_deref());
        }
    }

    /// Forgets the experiment before, and takes the new one or the reason why there is none.
    pub(super) fn begin(&mut self, params: Params, run: Result<Run>, shared: &Shared) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end(self.run.as_ref(), Ending::Stopped);
        }
        self.params = params;
        self.generation += 1;
        (self.run, self.failed) = (None, None);
        self.heard = None;
        self.curves = Default::default();
        self.now.clear();
        self.map = None;
        (self.weights, self.drawing, self.study, self.harm) = (None, None, None, None);
        self.examined = Arc::default();
        self.changes = Arc::default();
        let room = if self.put_away.is_some() { MOST_BYTES / 2 } else { MOST_BYTES };
        (self.moments, self.looking, self.requested_epoch) = (Moments::with_room(room), None, None);
        (self.chips, self.repeats, self.gradient) = (None, None, Default::default());
        self.position = (1, 0, 0);
        self.last_epoch = self.params.learning.epochs as usize;
        match run {
            Ok(run) => {
                self.chip = Arc::new(chip_view(run.experiment(), &ChipView::default()));
                self.failure = None;
                let state = run.checkpoint();
                if state.batch == 0 {
                    self.moments.add(state.epoch - 1, Vec::new(), state);
                }
                self.run = Some(run);
            }
            Err(error) => self.fail(error, shared),
        }
        self.stale = ALL_STALE;
    }

    pub(super) fn fail(&mut self, error: Error, shared: &Shared) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end(None, Ending::Failed(error.clone()));
        }
        self.running = false;
        self.failure = Some(error.clone());
        self.stale.snapshot = true;
        shared.tell(Event::Failed(error));
    }

    /// The experiment in progress.
    pub(super) fn experiment(&self) -> Option<&Experiment> {
        self.run.as_ref().map(Run::experiment)
    }

    /// Epochs learnt so far, with the part of the one in progress.
    pub(super) fn epochs(&self) -> f64 {
        let (epoch, batch, batches) = self.position;
        epoch as f64 - 1.0 + batch as f64 / batches.max(1) as f64
    }

    /// Remembers what the user did; several steps of one drag are one change.
    pub(super) fn note(&mut self, what: What) {
        let epochs = self.epochs();
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
