//! A sweep in the background, beside the experiment that learns.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::Shared;
use super::background::{Background, SHOW_EVERY, at_once};
use super::messages::SweepView;
use crate::base::error::{Error, Result};
use crate::sweep::{Plan, Progress, Table, run};

/// Starts a sweep.
pub(super) fn start(shared: &Arc<Shared>, plan: Plan, folder: PathBuf) -> Result<Background> {
    let (theirs, before) = (Arc::clone(shared), Arc::clone(shared));
    Background::start("sweep", move |cancelled| {
        let plan = Arc::new(plan);
        let (around, records) = (Arc::clone(&plan), folder.clone());
        let show = move |progress: Progress, running: bool, error: Option<Error>| {
            let view = SweepView { plan: Arc::clone(&around), folder: folder.clone(), progress, running, error };
            theirs.with_outbox(|outbox| outbox.sweep = Some(Arc::new(view)));
            (theirs.wake)();
        };
        show(Progress { table: Table::empty(&plan), ..Progress::default() }, true, None);
        let shown = std::sync::Mutex::new(Instant::now());
        let done = run(&plan, &records, at_once(), cancelled, &|progress| {
            // Whoever finds the lock taken has nothing newer to say.
            let Ok(mut last) = shown.try_lock() else { return };
            if last.elapsed() >= SHOW_EVERY {
                *last = Instant::now();
                show(progress.clone(), true, None);
            }
        });
        let (progress, error) = match done {
            Ok(progress) => (progress, None),
            Err(error) => {
                let before = before.with_outbox(|outbox| outbox.sweep.clone());
                (before.map(|view| view.progress.clone()).unwrap_or_default(), Some(error))
            }
        };
        move || show(progress, false, error)
    })
}
