//! The threads behind the window: the one that learns, the one that computes many runs, and the one that keeps runs.
//!
//! Commands go in through a bounded channel. Out come, by a mailbox for each, the newest view ([`Snapshot`],
//! [`messages::BatchesView`], [`messages::RunsView`]) and events. Neither side ever waits for the other. The threads
//! know no window: each is given a function to call when there is something new.

pub mod batch_thread;
mod curves;
mod looks;
mod mailbox;
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
use mailbox::Mailbox;
use messages::{Event, SessionCommand, Snapshot};
use store_thread::Recorder;

/// Commands that may wait; a window sends a few per frame.
const QUEUE: usize = 256;
/// Shared by both sides.
struct Shared {
    mailbox: Mailbox<Snapshot, Event>,
    /// Files read so far of how many, while data are loaded.
    loading: Mutex<Option<(usize, usize)>>,
    stop: Stop,
    /// A command waits that shall not wait for a chip that computes.
    interrupt: Stop,
    /// Loading data is to be given up.
    cancel: AtomicBool,
}

impl Shared {
    fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            mailbox: Mailbox::new(wake),
            loading: Mutex::default(),
            stop: Stop::default(),
            interrupt: Stop::default(),
            cancel: AtomicBool::new(false),
        }
    }

    /// How far the loading of data is; the window is woken for every hundredth of it.
    fn loading(&self, progress: Option<(usize, usize)>) {
        *self.loading.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        if progress.is_none_or(|(done, total)| done.is_multiple_of((total / 100).max(1))) {
            self.mailbox.wake();
        }
    }
}

/// Handle of the thread that learns. Dropping it stops the thread.
pub struct SessionThread {
    commands: Option<Sender<SessionCommand>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
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
        let shared = Arc::new(Shared::new(wake));
        let theirs = Arc::clone(&shared);
        let protocol = protocol.into();
        let thread = std::thread::Builder::new()
            .name("trainer".into())
            .spawn(move || run::run(&theirs, &inbox, protocol, running, recorder))
            .map_err(|why| Error::System(format!("cannot start the learning thread: {why}")))?;
        Ok(Self { commands: Some(commands), shared, thread: Some(thread) })
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

    /// Takes the newest snapshot, if there is a new one, and all events.
    pub fn take(&self) -> (Option<Arc<Snapshot>>, Vec<Event>) {
        self.shared.mailbox.take()
    }

    /// Files read so far of how many, while data are loaded.
    pub fn loading(&self) -> Option<(usize, usize)> {
        *self.shared.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up loading data; the experiment that was running goes on.
    pub fn stop_loading(&self) {
        self.shared.cancel.store(true, Ordering::Relaxed);
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
