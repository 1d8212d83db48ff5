//! A study in the background, beside the experiment that learns.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::Shared;
use super::background::{Background, SHOW_EVERY, at_once};
use super::messages::{StudyProgress, StudyView};
use crate::base::error::{Error, Result};
use crate::run::Stop;
use crate::study::catalogue::{Request, study};
use crate::study::runner::{self, Progress};
use crate::study::table::{Chart, Table};
use crate::study::{Job, Outcome, Study, report};

/// Starts the study of that name.
pub(super) fn start(shared: &Arc<Shared>, name: &str, request: &Request, folder: PathBuf) -> Result<Background> {
    let study = study(name, request)?;
    for job in &study.jobs {
        job.params.check()?;
    }
    let theirs = Arc::clone(shared);
    Background::start("study", move |cancelled| {
        let (name, results) = (study.name, folder.clone());
        let show = move |progress: StudyProgress, running: bool, error: Option<Error>| {
            let view = StudyView { name, folder: folder.clone(), progress, running, error };
            theirs.with_outbox(|outbox| outbox.study = Some(Arc::new(view)));
            (theirs.wake)();
        };
        let board = Mutex::new(Board::new(&study));
        let error = compute(&study, &results, cancelled, &board, &|progress| show(progress, true, None)).err();
        let progress = board.into_inner().unwrap_or_else(PoisonError::into_inner).progress();
        move || show(progress, false, error)
    })
}

/// Computes what is missing and writes the same files as the terminal does.
fn compute(
    study: &Study,
    folder: &Path,
    stop: &Stop,
    board: &Mutex<Board<'_>>,
    show: &(dyn Fn(StudyProgress) + Sync),
) -> Result<()> {
    let lock = || board.lock().unwrap_or_else(PoisonError::into_inner);
    show(lock().progress());
    let file = folder.join(format!("{}.jsonl", study.name));
    let results = runner::run(study, &file, at_once(), stop, &|progress| {
        let mut board = lock();
        board.enter(&progress);
        if board.shown.elapsed() >= SHOW_EVERY || matches!(progress, Progress::Begun { .. }) {
            board.shown = Instant::now();
            show(board.progress());
        }
    })?;
    let outcomes: Vec<Outcome> = results.into_iter().flatten().collect();
    report::write(study, &outcomes, folder)
}

/// What is known while a study runs.
struct Board<'a> {
    study: &'a Study,
    /// In the order of the jobs.
    outcomes: Vec<Option<Outcome>>,
    /// The table and its charts, made anew when a run is done.
    table: Arc<Table>,
    charts: Arc<Vec<Chart>>,
    last: String,
    /// Epochs done at the beginning of this sitting, now, and of all jobs.
    epochs: [usize; 3],
    start: Instant,
    shown: Instant,
}

impl<'a> Board<'a> {
    fn new(study: &'a Study) -> Self {
        Self {
            study,
            outcomes: vec![None; study.jobs.len()],
            table: Arc::default(),
            charts: Arc::default(),
            last: String::new(),
            epochs: [0, 0, study.jobs.iter().map(|job| job.params.learning.epochs as usize).sum()],
            start: Instant::now(),
            shown: Instant::now(),
        }
    }

    fn enter(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Begun { known } => {
                self.outcomes = known.to_vec();
                let jobs = self.study.jobs.iter().zip(*known).filter(|(_, known)| known.is_some());
                let done: usize = jobs.map(|(job, _)| job.params.learning.epochs as usize).sum();
                (self.epochs[0], self.epochs[1]) = (done, done);
                self.start = Instant::now();
                self.tabulate();
            }
            // Threads may overtake one another on their way here.
            Progress::Epoch { done, .. } => self.epochs[1] = self.epochs[1].max(*done),
            Progress::Finished { job, outcome, .. } => {
                if let Some(k) = self.place(job) {
                    self.outcomes[k] = Some((*outcome).clone());
                }
                self.last = job.title();
                self.tabulate();
            }
        }
    }

    fn place(&self, job: &Job) -> Option<usize> {
        self.study.jobs.iter().position(|known| std::ptr::eq(known, job))
    }

    fn tabulate(&mut self) {
        let outcomes: Vec<Outcome> = self.outcomes.iter().flatten().cloned().collect();
        let table = Table::of(self.study, &outcomes);
        self.charts = Arc::new(Chart::of(self.study, &table));
        self.table = Arc::new(table);
    }

    fn progress(&self) -> StudyProgress {
        let [before, done, total] = self.epochs;
        let (today, left) = (done - before, total.saturating_sub(done));
        StudyProgress {
            done: self.outcomes.iter().flatten().count(),
            total: self.outcomes.len(),
            to_go: (today > 0).then(|| self.start.elapsed().mul_f64(left as f64 / today as f64)),
            table: Arc::clone(&self.table),
            charts: Arc::clone(&self.charts),
            last: self.last.clone(),
        }
    }
}
