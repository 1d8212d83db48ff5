//! A sweep in the background, beside the experiment that learns.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Shared;
use super::messages::SweepView;
use crate::error::{Error, Result};
use crate::sweep::{Plan, Progress, Table, run};

/// Shortest time between two pictures of a sweep.
const SHOW_EVERY: Duration = Duration::from_millis(150);

/// The threads of one sweep. Dropping it cancels the sweep and waits for the batches under way.
pub(super) struct Background {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a sweep on all cores but one, so that the window and the experiment keep theirs.
    pub(super) fn start(shared: &Arc<Shared>, plan: Plan, folder: PathBuf) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (theirs, cancelled) = (Arc::clone(shared), Arc::clone(&stop));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let work = move || {
            let plan = Arc::new(plan);
            let show = |progress: Progress, running: bool, error: Option<Error>| {
                let view = SweepView { plan: Arc::clone(&plan), folder: folder.clone(), progress, running, error };
                theirs.with_outbox(|outbox| outbox.sweep = Some(Arc::new(view)));
                (theirs.wake)();
            };
            show(Progress { table: Table::empty(&plan), ..Progress::default() }, true, None);
            let shown = std::sync::Mutex::new(Instant::now());
            let done = run(&plan, &folder, cores.saturating_sub(1).max(1), &cancelled, &|progress| {
                // Whoever finds the lock taken has nothing newer to say.
                let Ok(mut last) = shown.try_lock() else { return };
                if last.elapsed() >= SHOW_EVERY {
                    *last = Instant::now();
                    show(progress.clone(), true, None);
                }
            });
            match done {
                Ok(progress) => show(progress, false, None),
                Err(error) => {
                    let before = theirs.with_outbox(|outbox| outbox.sweep.clone());
                    let progress = before.map(|view| view.progress.clone()).unwrap_or_default();
                    show(progress, false, Some(error));
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("sweep".into())
            .spawn(work)
            .map_err(|why| Error::System(format!("cannot start the thread of the sweep: {why}")))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Asks it to end; what is half done is thrown away.
    pub(super) fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the sweep ended with a panic");
        }
    }
}
