//! Long work beside the experiment that learns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::run::Stop;

/// Shortest time between two pictures of such work.
pub(super) const SHOW_EVERY: Duration = Duration::from_millis(150);

/// A thread with work of its own. Dropping it cancels the work and waits for the batches under way.
pub(super) struct Background {
    name: &'static str,
    stop: Stop,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the work, which ends soon after what it is given has become true. What it returns says that it has
    /// ended: whoever hears that may start anew.
    pub(super) fn start<L: FnOnce()>(
        name: &'static str,
        work: impl FnOnce(&Stop) -> L + Send + 'static,
    ) -> Result<Self> {
        let (stop, done) = (Stop::default(), Arc::new(AtomicBool::new(false)));
        let (cancelled, ended) = (stop.clone(), Arc::clone(&done));
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                let say = work(&cancelled);
                ended.store(true, Ordering::Release);
                say();
            })
            .map_err(|why| Error::System(format!("cannot start the thread of the {name}: {why}")))?;
        Ok(Self { name, stop, done, thread: Some(thread) })
    }

    /// Asks it to end; what is half done is thrown away.
    pub(super) fn cancel(&self) {
        self.stop.request();
    }

    pub(super) fn is_running(&self) -> bool {
        let there = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        there && !self.done.load(Ordering::Acquire)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the {} ended with a panic", self.name);
        }
    }
}

/// How many runs are computed side by side: all cores but one, so that the window and the experiment keep theirs.
pub(super) fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1)
}
