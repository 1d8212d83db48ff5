//! Many runs in the background, beside the run that learns.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::mailbox::Mailbox;
use super::messages::{BatchCommand, BatchView, BatchesView};
use crate::base::error::{Error, Result};
use crate::batch::{Plan, Progress, Table, run};
use crate::run::Stop;

/// Shortest time between two pictures of them.
const SHOW_EVERY: Duration = Duration::from_millis(150);

/// Computes many runs in the background, one plan after the other. Dropping it cancels the plan at work.
pub struct BatchThread {
    shared: Arc<Shared>,
    /// The plan that was started last.
    job: Option<Job>,
}

/// Shared with the thread of a plan.
struct Shared {
    mailbox: Mailbox<BatchesView, Error>,
    /// What is shown.
    shown: Mutex<BatchesView>,
}

impl BatchThread {
    /// Nothing is computed yet; `wake` is called whenever there is something new, from the thread of a plan.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { mailbox: Mailbox::new(wake), shown: Mutex::default() }), job: None }
    }

    /// Starts or cancels many runs. What is at work already goes on instead.
    pub fn send(&mut self, command: BatchCommand) {
        let running = self.job.as_ref().filter(|job| job.is_running());
        match (command, running) {
            (BatchCommand::Start { plan, folder }, None) => {
                // Its last words before the first ones of what follows.
                self.job = None;
                match Job::start(&self.shared, *plan, folder) {
                    Ok(started) => self.job = Some(started),
                    Err(error) => self.shared.mailbox.tell(error),
                }
            }
            (BatchCommand::Stop, Some(job)) => job.cancel(),
            (BatchCommand::Start { .. }, Some(_)) | (BatchCommand::Stop, None) => {}
        }
    }

    /// Takes the newest view, if there is a new one, and why plans could not be started.
    pub fn take(&self) -> (Option<Arc<BatchesView>>, Vec<Error>) {
        self.shared.mailbox.take()
    }
}

/// A plan that is computed on a thread of its own. Dropping it cancels the plan and waits for the batches under way.
struct Job {
    stop: Stop,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    fn start(shared: &Arc<Shared>, plan: Plan, folder: PathBuf) -> Result<Self> {
        let (stop, ended) = (Stop::default(), Arc::new(AtomicBool::new(false)));
        let (shared, cancelled, over) = (Arc::clone(shared), stop.clone(), Arc::clone(&ended));
        let thread = std::thread::Builder::new()
            .name("batch".into())
            .spawn(move || compute(&shared, &Arc::new(plan), &folder, &cancelled, &over))
            .map_err(|why| Error::System(format!("cannot start the thread for many runs: {why}")))?;
        Ok(Self { stop, ended, thread: Some(thread) })
    }

    /// Asks it to end; what is half done is thrown away.
    fn cancel(&self) {
        self.stop.request();
    }

    fn is_running(&self) -> bool {
        let there = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        there && !self.ended.load(Ordering::Acquire)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("many runs ended with a panic");
        }
    }
}

/// Computes a plan on all cores but one, so that the window and the run that learns keep theirs, and shows how far it is.
fn compute(shared: &Shared, plan: &Arc<Plan>, folder: &Path, stop: &Stop, over: &AtomicBool) {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
    let show = |progress: Progress, running: bool, error: Option<Error>| {
        let view = BatchView { plan: Arc::clone(plan), progress, running, error };
        let shown = {
            let mut shown = shared.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let place = if plan.axes.is_empty() { &mut shown.study } else { &mut shown.sweep };
            *place = Some(Arc::new(view));
            shown.clone()
        };
        shared.mailbox.publish(shown);
    };
    let first = Progress { total: plan.runs(), table: Arc::new(Table::empty(plan)), ..Progress::default() };
    show(first.clone(), true, None);
    let latest = Mutex::new((first, None::<Instant>));
    let done = run(plan, folder, at_once, stop, &|progress, _| {
        // A thread that finds the lock taken has nothing newer to say.
        let Ok(mut latest) = latest.try_lock() else { return };
        latest.0 = progress.clone();
        if latest.1.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
            latest.1 = Some(Instant::now());
            show(progress.clone(), true, None);
        }
    });
    let (progress, error) = match done {
        Ok(progress) => (progress, None),
        Err(error) => (latest.into_inner().unwrap_or_else(PoisonError::into_inner).0, Some(error)),
    };
    // When the window hears that it has ended, the next one may start.
    over.store(true, Ordering::Release);
    show(progress, false, error);
}
