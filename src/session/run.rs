//! What the session does all day.

mod aside;
mod changes;
mod chips;
mod commands;
mod costs;
mod due;
mod engine;
mod files;
mod history;
mod inspector;
mod job;
mod learning;
#[cfg(test)]
mod long_run;
mod publish;
mod trail;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::Shared;
use super::looks::chip_view;
use super::messages::{Event, Opened, SessionCommand, What};
use super::store_thread::Recorder;
use crate::base::error::{Error, Result};
use crate::params::Params;
use crate::protocol::Protocol;
use crate::run::Run;
use crate::store::Ending;
use crate::task::Dataset;
use crate::training::Experiment;
use aside::Aside;
use engine::{Engine, Position};
use history::History;
use inspector::Inspector;
use publish::Publisher;
use trail::Trail;

/// What the store calls runs of the window.
const ORIGIN: &str = "window";
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
    let mut session = Session::new(protocol.params.clone(), running, shared);
    session.recorder = recorder;
    session.restart(protocol);
    work(&mut session, inbox);
    session.bring_back();
    if let Some(mut recorder) = session.recorder {
        recorder.end(session.engine.run.as_ref(), Ending::Stopped);
        recorder.flush_all();
    }
}

/// Until told to stop, or until the window is gone.
fn work(session: &mut Session<'_>, inbox: &Receiver<SessionCommand>) {
    while !session.publisher.shared.stop.is_requested() {
        match inbox.recv_timeout(session.patience()) {
            Ok(command) => {
                session.obey(command);
                // The last of many waiting commands wins, so look at all of them before learning on.
                while let Ok(command) = inbox.try_recv() {
                    session.obey(command);
                }
                session.publisher.shared.interrupt.clear();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        session.learn();
        session.look();
        session.publish_if_due();
        session.watch_the_chip();
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

/// One run that a person drives, with its past and what the views ask of it.
struct Session<'a> {
    engine: Engine,
    history: History,
    inspector: Inspector,
    publisher: Publisher<'a>,
    /// Keeps the run, if runs are kept.
    recorder: Option<Recorder>,
    /// The run that waits until this one is left.
    aside: Option<Box<Aside>>,
}

impl<'a> Session<'a> {
    fn new(params: Params, running: bool, shared: &'a Shared) -> Self {
        Self {
            engine: Engine::new(params, running),
            history: History::default(),
            inspector: Inspector::default(),
            publisher: Publisher::new(shared),
            recorder: None,
            aside: None,
        }
    }

    /// How long to wait for commands before doing something else.
    fn patience(&self) -> Duration {
        if self.history.requested.is_some() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let store = self.recorder.as_ref().is_some_and(Recorder::waits).then_some(STORE_BUSY);
        let views = self.inspector.wait(now, self.engine.experiment(), self.shown());
        let waits = [self.engine.wait(now), store, views, self.publisher.due.wait(now)];
        waits.into_iter().flatten().min().unwrap_or(Duration::from_hours(1))
    }

    /// Begins anew with `params`. A running experiment goes on when they cannot be used.
    fn restart(&mut self, protocol: Protocol) {
        let params = protocol.params.clone();
        let run = build(protocol, self.publisher.shared).and_then(|run| run.ok_or(Error::LoadingStopped));
        if let (Err(error), Some(_)) = (&run, &self.engine.run) {
            self.tell(Event::Refused(error.clone()));
            return;
        }
        self.put_away();
        self.begin(params, run);
        if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.engine.run) {
            recorder.begin(run.protocol(), ORIGIN, None, (&[], &[]), None);
        }
    }

    /// Goes on where a checkpoint left off, paused. A running experiment goes on when it cannot be used.
    fn resume(&mut self, opened: Opened) {
        let Some(checkpoint) = opened.checkpoint else { return self.restart(opened.protocol) };
        let resumed = load(&checkpoint.state.params, self.publisher.shared).and_then(|data| {
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
                return self.tell(Event::Refused(error));
            }
        };
        let experiment = run.experiment();
        let (learnt, batches) = (experiment.epochs_learnt(), experiment.batches_per_epoch());
        let samples = experiment.data().train.len();
        self.engine.running = false;
        self.put_away();
        self.begin(checkpoint.state.params.clone(), Ok(run));
        self.history.trail = Trail::kept(self.history.room(), &checkpoint, opened.before.as_ref(), samples);
        let state = &checkpoint.state;
        self.engine.position = match (state.epoch, state.batch) {
            (epoch, 0) => Position::after(epoch.saturating_sub(1), batches),
            (epoch, batch) => Position { epoch, batch, batches },
        };
        if let Some(recorder) = &mut self.recorder {
            let from = checkpoint.run.as_ref().map(|id| format!("{id}, epoch {learnt:.2}"));
            let past = (&checkpoint.epochs[..], &checkpoint.falls[..]);
            recorder.begin(&opened.protocol, ORIGIN, opened.run, past, from.as_deref());
        }
    }

    /// Forgets the experiment before, and takes the new one or the reason why there is none.
    fn begin(&mut self, params: Params, run: Result<Run>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end(self.engine.run.as_ref(), Ending::Stopped);
        }
        self.history.begin();
        self.inspector.begin();
        self.engine.generation += 1;
        self.engine.position = Position::START;
        self.engine.is_stuck = false;
        self.engine.params = params;
        (self.engine.run, self.engine.failed) = (None, None);
        (self.engine.chip_failure, self.engine.introduced) = (None, false);
        match run {
            Ok(mut run) => {
                self.heed(&mut run);
                self.inspector.chip = Arc::new(chip_view(run.experiment()));
                self.engine.failure = None;
                let state = run.checkpoint();
                if state.epoch == 1 && state.batch == 0 {
                    // Curves begin before anything is learnt.
                    self.inspector.is_disturbed = true;
                }
                if state.batch == 0 {
                    self.history.trail.moments.add(state.epoch - 1, Vec::new(), Vec::new(), state);
                }
                self.engine.run = Some(run);
            }
            Err(error) => self.fail(error),
        }
        self.all_stale();
    }

    /// Commands and the end do not wait for a chip that computes.
    fn heed(&self, run: &mut Run) {
        let shared = self.publisher.shared;
        run.experiment_mut().heed(&[shared.stop.clone(), shared.interrupt.clone()]);
    }

    fn fail(&mut self, error: Error) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end(None, Ending::Failed(error.clone()));
        }
        self.engine.running = false;
        self.engine.failure = Some(error.clone());
        self.publisher.due.mark();
        self.tell(Event::Failed(error));
    }

    /// Remembers what the user did now.
    fn note(&mut self, what: What) {
        self.note_at(self.engine.position.epochs(), what);
    }

    /// Remembers what was done after so many epochs.
    fn note_at(&mut self, epochs: f64, what: What) {
        if what.changes_scores() {
            self.inspector.is_disturbed = true;
        }
        // A run at its planned end learns on, so that it can recover.
        if what.disturbs() && self.engine.is_at_the_end() {
            self.engine.go_on();
        }
        self.history.trail.note(epochs, what);
    }
}
