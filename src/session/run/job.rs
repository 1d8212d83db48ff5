//! Something that is computed beside the run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::error::{Error, Result};

/// What a thread of its own computes, as far as it is. Dropping it ends the thread after what it has in hand.
pub(super) struct Job<T> {
    shared: Arc<Mutex<T>>,
    stop: Arc<AtomicBool>,
    /// Progress when the window was told last.
    told: Option<usize>,
}

impl<T: Clone + Send + 'static> Job<T> {
    /// Starts the thread, with what is known before it has done anything.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn start(
        name: &str,
        first: T,
        work: impl FnOnce(&Mutex<T>, &AtomicBool) + Send + 'static,
    ) -> Result<Self> {
        let (shared, stop) = (Arc::new(Mutex::new(first)), Arc::new(AtomicBool::new(false)));
        let (theirs, stopped) = (Arc::clone(&shared), Arc::clone(&stop));
        let spawned = std::thread::Builder::new().name(name.into()).spawn(move || work(&theirs, &stopped));
        spawned.map_err(|why| Error::System(format!("cannot start a thread for the {name}: {why}")))?;
        Ok(Self { shared, stop, told: None })
    }

    pub(super) fn now(&self) -> T {
        lock(&self.shared).clone()
    }

    /// Progress when the window was told last; `None` before it was told anything.
    pub(super) fn told(&self) -> Option<usize> {
        self.told
    }

    /// Whether the window was told of another progress; now it is told of this one.
    pub(super) fn has_news(&mut self, progress: usize) -> bool {
        self.told.replace(progress) != Some(progress)
    }
}

impl<T> Job<T> {
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The lock protects single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
