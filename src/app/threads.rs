//! The threads behind the window.

use crate::base::error::Result;
use crate::protocol::Protocol;
use crate::session::SessionThread;
use crate::session::batch_thread::BatchThread;
use crate::session::messages::Command;
use crate::session::store_thread::StoreThread;
use crate::store::Store;

/// One learns, one computes many runs, one keeps runs. Each takes what is for it and reports by its mailbox.
pub(super) struct Threads {
    pub(super) session: SessionThread,
    pub(super) batch: BatchThread,
    /// Dropped after the session, whose last words it writes.
    pub(super) store: StoreThread,
    /// Commands that a full queue sent back.
    held: Vec<Command>,
}

impl Threads {
    /// Starts them with a run, learning at once if `running`; runs are kept in what `store` opens, and `ctx` is drawn
    /// anew whenever one of them has something to say.
    pub(super) fn start(
        ctx: &egui::Context,
        protocol: Protocol,
        running: bool,
        store: impl FnOnce() -> Result<Option<Store>> + Send + 'static,
    ) -> Result<Self> {
        let waker = || {
            let ctx = ctx.clone();
            move || ctx.request_repaint()
        };
        let store = StoreThread::start(store, waker())?;
        let session = SessionThread::start_keeping(protocol, running, store.recorder(), waker())?;
        Ok(Self { session, batch: BatchThread::new(waker()), store, held: Vec::new() })
    }

    /// Sends commands in their order, after those that could not be sent before.
    pub(super) fn send(&mut self, commands: Vec<Command>) {
        let mut waiting = std::mem::take(&mut self.held).into_iter().chain(commands);
        while let Some(command) = waiting.next() {
            if let Err(command) = self.route(command) {
                // The queue is full: keep the order and try again in the next frame.
                self.held = std::iter::once(command).chain(waiting).collect();
                return;
            }
        }
    }

    /// Whether commands wait for room in a queue.
    pub(super) fn holds_back(&self) -> bool {
        !self.held.is_empty()
    }

    /// Gives a command to its recipient; a full queue gives it back.
    fn route(&mut self, command: Command) -> std::result::Result<(), Command> {
        match command {
            Command::Store(command) => self.store.send(command).map_err(Command::Store),
            Command::Session(command) => self.session.send(command).map_err(Command::Session),
            Command::Batch(command) => {
                self.batch.send(command);
                Ok(())
            }
        }
    }
}
