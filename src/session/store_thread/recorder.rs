//! The session's end: it hands over what is new and never waits.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use super::Message;
use crate::run::{self, Run, Sink};
use crate::store::RunUpdate;

/// Records the run of the session, for the store thread to write.
pub type Recorder = run::Recorder<ToStore>;

/// The session's end of the channel of messages.
pub struct ToStore(pub(super) Sender<Message>);

impl Sink for ToStore {
    fn offer(&mut self, update: RunUpdate) -> Option<RunUpdate> {
        match self.0.try_send(Message::Run(Box::new(update))) {
            Err(TrySendError::Full(Message::Run(update))) => Some(*update),
            // Without a store thread there is no use in waiting.
            _ => None,
        }
    }

    fn release(&mut self, run: &str) -> bool {
        !matches!(self.0.try_send(Message::Release(run.to_owned())), Err(TrySendError::Full(_)))
    }
}

impl Recorder {
    /// Hands a checkpoint over to be written to a file; whether it was taken.
    pub fn save_to(&mut self, path: PathBuf, run: &Run) -> bool {
        let checkpoint = self.checkpoint(run).map(Box::new);
        checkpoint.is_some_and(|checkpoint| self.sink().0.try_send(Message::File(path, checkpoint)).is_ok())
    }

    /// Hands over everything, waiting for the store thread: only when the session ends.
    pub fn flush_all(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        for update in self.take_waiting() {
            if self.sink().0.send_timeout(Message::Run(Box::new(update)), PATIENCE).is_err() {
                log::warn!("the last batches of a run could not be saved in time");
            }
        }
    }
}
