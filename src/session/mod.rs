//! The thread that learns, and the outbox through which the window sees it.
//!
//! Commands go in through a bounded channel. Out come a [`Snapshot`], which the session
//! overwrites so that a slow window neither stalls learning nor sees an old picture, and
//! [`Event`]s, which are kept until taken. Neither side ever waits for the other. The
//! session knows no window: it is given a function to call when there is something new.

mod batch;
mod curves;
mod looks;
pub mod messages;
mod moments;
mod run;
pub mod store_thread;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError};

use crate::base::error::{Error, Result};
use crate::protocol::Protocol;
use crate::run::Stop;
use batch::Job;
use messages::{BatchCommand, BatchView, Event, SessionCommand, Snapshot};
use store_thread::Recorder;

/// Commands that may wait; a window sends a few per frame.
const QUEUE: usize = 256;
/// Events that may wait; older ones are dropped first.
const MOST_EVENTS: usize = 64;

/// What the session has to say, behind one short lock.
#[derive(Default)]
struct Outbox {
    snapshot: Option<Arc<Snapshot>>,
    events: Vec<Event>,
    /// Files read so far of how many, while data are loaded.
    loading: Option<(usize, usize)>,
    /// The last sweep, as far as it is.
    sweep: Option<Arc<BatchView>>,
    /// The last study, as far as it is.
    study: Option<Arc<BatchView>>,
}

/// Shared by both sides.
struct Shared {
    outbox: Mutex<Outbox>,
    stop: Stop,
    /// A command waits that shall not wait for a chip that computes.
    interrupt: Stop,
    /// Loading data is to be given up.
    cancel: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn publish(&self, snapshot: Snapshot) {
        self.with_outbox(|outbox| outbox.snapshot = Some(Arc::new(snapshot)));
        (self.wake)();
    }

    /// How far the loading of data is; the window is woken for every hundredth of it.
    fn loading(&self, progress: Option<(usize, usize)>) {
        self.with_outbox(|outbox| outbox.loading = progress);
        if progress.is_none_or(|(done, total)| done.is_multiple_of((total / 100).max(1))) {
            (self.wake)();
        }
    }

    fn tell(&self, event: Event) {
        self.with_outbox(|outbox| {
            if outbox.events.len() >= MOST_EVENTS {
                outbox.events.remove(0);
            }
            outbox.events.push(event);
        });
        (self.wake)();
    }

    fn with_outbox<R>(&self, f: impl FnOnce(&mut Outbox) -> R) -> R {
        // The lock protects two assignments; a panic between them leaves nothing half done.
        f(&mut self.outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Handle of the thread that learns. Dropping it stops the thread.
pub struct SessionThread {
    commands: Option<Sender<SessionCommand>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// The runs in the background that were started last.
    batch: Mutex<Option<Job>>,
}

impl SessionThread {
    /// Starts the thread; it builds the experiment and begins to learn if `running`.
    ///
    /// `wake` is called whenever there is something new, from the session's thread.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        protocol: impl Into<Protocol>,
        running: bool,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::start_keeping(protocol, running, None, wake)
    }

    /// As [`Self::start`], and the runs are kept by `recorder`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start_keeping(
        protocol: impl Into<Protocol>,
        running: bool,
        recorder: Option<Recorder>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        let (commands, inbox) = crossbeam_channel::bounded(QUEUE);
        let shared = Arc::new(Shared {
            outbox: Mutex::default(),
            stop: Stop::default(),
            interrupt: Stop::default(),
            cancel: AtomicBool::new(false),
            wake: Box::new(wake),
        });
        let theirs = Arc::clone(&shared);
        let protocol = protocol.into();
        let thread = std::thread::Builder::new()
            .name("trainer".into())
            .spawn(move || run::run(&theirs, &inbox, protocol, running, recorder))
            .map_err(|why| Error::System(format!("cannot start the learning thread: {why}")))?;
        Ok(Self { commands: Some(commands), shared, thread: Some(thread), batch: Mutex::default() })
    }

    /// Sends a command to the session thread without ever waiting. Returns it when the queue is full or the thread is
    /// gone.
    ///
    /// # Errors
    /// The command itself, to be sent again.
    pub fn send(&self, command: impl Into<SessionCommand>) -> Result<(), SessionCommand> {
        let command = command.into();
        let Some(commands) = &self.commands else { return Err(command) };
        let is_urgent = matches!(command, SessionCommand::Engine(_));
        commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(command) | TrySendError::Disconnected(command) => command,
        })?;
        if is_urgent {
            self.shared.interrupt.request();
        }
        Ok(())
    }

    /// Starts or cancels many runs, which have threads of their own. What is at work already goes on instead.
    pub fn batch(&self, command: BatchCommand) {
        let mut slot = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        let running = slot.as_ref().filter(|work| work.is_running());
        match (command, running) {
            (BatchCommand::Start { plan, folder }, None) => {
                // Its last words before the first ones of what follows.
                *slot = None;
                match Job::start(&self.shared, *plan, folder) {
                    Ok(started) => *slot = Some(started),
                    Err(error) => self.shared.tell(Event::Refused(error)),
                }
            }
            (BatchCommand::Stop, Some(work)) => work.cancel(),
            (BatchCommand::Start { .. }, Some(_)) | (BatchCommand::Stop, None) => {}
        }
    }

    /// The last sweep, as far as it is.
    pub fn sweep(&self) -> Option<Arc<BatchView>> {
        self.shared.with_outbox(|outbox| outbox.sweep.clone())
    }

    /// The last study, as far as it is.
    pub fn study(&self) -> Option<Arc<BatchView>> {
        self.shared.with_outbox(|outbox| outbox.study.clone())
    }

    /// Takes the newest snapshot, if there is a new one, and all events.
    pub fn take(&self) -> (Option<Arc<Snapshot>>, Vec<Event>) {
        self.shared.with_outbox(|outbox| (outbox.snapshot.take(), std::mem::take(&mut outbox.events)))
    }

    /// Files read so far of how many, while data are loaded.
    pub fn loading(&self) -> Option<(usize, usize)> {
        self.shared.with_outbox(|outbox| outbox.loading)
    }

    /// Gives up loading data; the experiment that was running goes on.
    pub fn stop_loading(&self) {
        self.shared.cancel.store(true, Ordering::Relaxed);
    }

    /// Whether the thread is still there.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for SessionThread {
    fn drop(&mut self) {
        self.shared.stop.request();
        // Closing the channel wakes a paused session.
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the learning thread ended with a panic");
        }
    }
}

#[cfg(test)]
mod tests;
