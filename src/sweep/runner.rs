//! Computes the runs of a sweep side by side, keeps each in a record, and goes on from the records that are there.
//!
//! # Early stopping
//!
//! The median rule (D. Golovin et al. 2017, *Google Vizier: a service for black-box optimization*, section 3.2.2,
//! doi:10.1145/3097983.3098043): a run is stopped after epoch s if the best test accuracy that it has reached by
//! then is strictly worse than the median, over all runs that are done, of their mean accuracy up to epoch s.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::table::{STOPPED_EARLY, TAG};
use super::{Outcome, Plan, Point, Table};
use crate::base::error::{Error, Result};
use crate::params::Lane;
use crate::protocol::file;
use crate::run::{Event, Flow, Observer, Run, Stop};
use crate::store::{Ending, Epoch, Record, RunFolder, Store, Update, find};
use crate::training::metrics::EpochReport;

/// Runs that have to be done before the median says anything.
const FEWEST_FOR_A_MEDIAN: usize = 3;

/// How far a sweep is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// Runs done, those of earlier sittings included.
    pub done: usize,
    /// All runs.
    pub total: usize,
    /// Time until all are done, as far as can be told.
    pub to_go: Option<Duration>,
    /// What was done so far.
    pub table: Table,
    /// Title of the run that was done last.
    pub last: String,
}

/// Everything that the threads share.
struct Board<'a> {
    plan: &'a Plan,
    folder: &'a Path,
    /// Threads are worth more when each has a run of its own.
    alone: bool,
    progress: Mutex<Progress>,
    /// Test accuracies epoch by epoch of the runs that are done.
    curves: Mutex<Vec<Vec<f64>>>,
    /// Epochs computed in this sitting, and those left at its beginning.
    epochs: AtomicUsize,
    epochs_left: usize,
    start: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked has left numbers that are whole: each lock protects single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Computes all runs that have no record in `folder` yet, `at_once` side by side, and tells after every epoch and run.
///
/// # Errors
/// When the plan makes no sense, or records cannot be read or written. A run that diverges is entered as failed.
pub fn run(
    plan: &Plan,
    folder: &Path,
    at_once: usize,
    stop: &Stop,
    tell: &(dyn Fn(&Progress) + Sync),
) -> Result<Progress> {
    let points = plan.points()?;
    std::fs::create_dir_all(folder).map_err(|why| Error::file("create the folder", folder, &why))?;
    let mut table = Table::empty(plan);
    let mut curves = Vec::new();
    let waiting = remaining(plan, folder, points, &mut table, &mut curves)?;
    let total = plan.cells() * plan.seeds.len();
    let board = Board {
        plan,
        folder,
        alone: at_once <= 1,
        progress: Mutex::new(Progress { done: total - waiting.len(), total, table, ..Progress::default() }),
        curves: Mutex::new(curves),
        epochs: AtomicUsize::new(0),
        epochs_left: waiting.iter().map(|point| point.params.learning.epochs as usize).sum(),
        start: Instant::now(),
    };
    tell(&lock(&board.progress).clone());
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let work = || {
        while !stop.is_requested() && lock(&failure).is_none() {
            let Some(point) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if let Err(error) = board.one(point, stop, tell) {
                lock(&failure).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for k in 1..at_once.clamp(1, waiting.len().max(1)) {
            let named = std::thread::Builder::new().name(format!("sweep-{k}"));
            if let Err(why) = named.spawn_scoped(scope, work) {
                log::warn!("a thread of the sweep could not be started: {why}");
            }
        }
        work();
    });
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(board.progress.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Computes one run and writes its record; for machines that share a sweep.
///
/// # Errors
/// As [`run`], and when there is no such run.
pub fn run_one(plan: &Plan, index: usize, folder: &Path, stop: &Stop) -> Result<Outcome> {
    let mut points = plan.points()?;
    if index == 0 || index > points.len() {
        return Err(Error::BadValue {
            place: "--run".into(),
            key: "run".into(),
            expected: format!("a run from 1 to {}", points.len()),
            got: index.to_string(),
        });
    }
    let point = points.swap_remove(index - 1);
    let mut table = Table::empty(plan);
    let known = remaining(plan, folder, vec![point.clone()], &mut table, &mut Vec::new());
    // Nobody else's results are at hand, so there is no median to stop by.
    let alone = Plan { stop_early: false, ..plan.clone() };
    let waiting = if folder.exists() { known? } else { vec![point.clone()] };
    if !waiting.is_empty() {
        let board = Board {
            plan: &alone,
            folder,
            alone: true,
            progress: Mutex::new(Progress { table, ..Progress::default() }),
            curves: Mutex::default(),
            epochs: AtomicUsize::new(0),
            epochs_left: 0,
            start: Instant::now(),
        };
        board.one(&point, stop, &|_| {})?;
        table = lock(&board.progress).table.clone();
    }
    let outcome = table.cells.iter().flat_map(|cell| &cell.outcomes).next();
    outcome.cloned().ok_or_else(|| Error::System("the run was stopped".into()))
}

/// Enters what the records in the folder say and returns the points that have none.
fn remaining(
    plan: &Plan,
    folder: &Path,
    points: Vec<Point>,
    table: &mut Table,
    curves: &mut Vec<Vec<f64>>,
) -> Result<Vec<Point>> {
    let (records, errors) = find(folder)?;
    for error in errors {
        log::warn!("{error}");
    }
    let ours: Vec<(&Record, &str)> = records
        .iter()
        .filter(|record| record.summary.tags.get(TAG) == Some(&plan.name))
        .map(|record| (record, record.summary.experiment.as_str()))
        .collect();
    let mut waiting = Vec::new();
    for point in points {
        let experiment = file::format(&plan.protocol(&point, true));
        let done = ours.iter().filter(|(_, text)| *text == experiment).find_map(|(record, _)| {
            // What was stopped early would be computed to the end by a sweep that does not stop early.
            let outcome = Outcome::of(record, point.params.learning.seed)?;
            (plan.stop_early || !outcome.stopped_early).then_some((record, outcome))
        });
        if let Some((record, outcome)) = done {
            curves.push(curve(record, plan.lane));
            table.enter(plan, &point, outcome);
        } else {
            // Half a run whose program was killed is computed again, with the same bits.
            for (record, _) in ours.iter().filter(|(_, text)| *text == experiment) {
                if Outcome::of(record, point.params.learning.seed).is_none() {
                    match Store::at(folder)?.claim(&record.summary.id) {
                        Ok(held) => remove(held)?,
                        Err(error) => log::debug!("{error}"),
                    }
                }
            }
            waiting.push(point);
        }
    }
    Ok(waiting)
}

/// Writes the run as it stands, with the epoch that is new.
fn keep(held: &mut RunFolder, record: &Record, reports: &[EpochReport]) -> Result<()> {
    let epochs = Epoch::new(reports).into_iter().collect();
    held.put(&Update { summary: Some(record.summary.clone()), epochs, checkpoint: None })
}

/// Takes a run away: out of sight in one step, so that there is never half of one.
fn remove(held: RunFolder) -> Result<()> {
    let path = held.path().to_path_buf();
    let away = path.with_file_name(format!(".gone-{}", held.id()));
    let failed = |why: std::io::Error| Error::file("remove", &path, &why);
    std::fs::rename(&path, &away).map_err(failed)?;
    drop(held);
    std::fs::remove_dir_all(&away).map_err(failed)
}

/// Test accuracy of a lane, epoch by epoch.
fn curve(record: &Record, lane: Lane) -> Vec<f64> {
    let of_lane = |lanes: &[EpochReport]| lanes.iter().find(|l| l.lane == lane).map(|l| l.test_accuracy);
    record.epochs.iter().filter_map(|epoch| of_lane(&epoch.lanes)).collect()
}

/// Whether the median rule stops a run with these accuracies, given those of the runs that are done.
pub fn is_hopeless(so_far: &[f64], done: &[Vec<f64>]) -> bool {
    let s = so_far.len();
    let mut means: Vec<f64> =
        done.iter().filter(|c| c.len() >= s).map(|c| c[..s].iter().sum::<f64>() / s as f64).collect();
    if s == 0 || means.len() < FEWEST_FOR_A_MEDIAN {
        return false;
    }
    means.sort_by(f64::total_cmp);
    let middle = means.len() / 2;
    let median =
        if means.len().is_multiple_of(2) { f64::midpoint(means[middle - 1], means[middle]) } else { means[middle] };
    let best = so_far.iter().fold(f64::MIN, |best, x| best.max(*x));
    best < median
}

/// Enters every epoch of one run, and ends it where the median rule says so.
struct Follower<'a, 'b> {
    board: &'a Board<'b>,
    held: &'a mut RunFolder,
    record: &'a mut Record,
    tell: &'a (dyn Fn(&Progress) + Sync),
    so_far: Vec<f64>,
    hopeless: bool,
}

impl Observer for Follower<'_, '_> {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        let Event::Epoch(reports) = event else { return Ok(Flow::GoOn) };
        let board = self.board;
        self.record.append_epoch(reports);
        keep(self.held, self.record, reports)?;
        let own = reports.iter().find(|r| r.lane == board.plan.lane);
        self.so_far.extend(own.map(|r| r.test_accuracy));
        self.hopeless = board.plan.stop_early && !run.is_finished() && is_hopeless(&self.so_far, &lock(&board.curves));
        board.epochs.fetch_add(1, Ordering::Relaxed);
        (self.tell)(&board.progress(None));
        Ok(if self.hopeless { Flow::Stop } else { Flow::GoOn })
    }
}

impl Board<'_> {
    /// One run; it leaves no record when it was cancelled.
    fn one(&self, point: &Point, stop: &Stop, tell: &(dyn Fn(&Progress) + Sync)) -> Result<()> {
        let plan = self.plan;
        let mut record = Record::new(plan.protocol(point, true), "sweep");
        record.summary.name = format!("{}: {}", plan.name, plan.title(&point.at));
        record.summary.tags.insert(TAG.into(), plan.name.clone());
        for (axis, &k) in plan.axes.iter().zip(&point.at) {
            record.summary.tags.insert(axis.key.into(), axis.values[k].clone());
        }
        let mut held = Store::at(self.folder)?.create(&record.summary.id)?;
        keep(&mut held, &record, &[])?;
        let mut follower =
            Follower { board: self, held: &mut held, record: &mut record, tell, so_far: Vec::new(), hopeless: false };
        let ending = match Run::begin(plan.protocol(point, self.alone)) {
            Ok(mut run) => run.drive(stop, &mut [&mut follower]),
            // Without data nothing can be computed at any point; a network that does not fit is a result.
            Err(error @ Error::DoesNotFit { .. }) => Ending::Failed(error),
            Err(error) => return Err(error),
        };
        let Follower { so_far, hopeless, .. } = follower;
        if ending == Ending::Stopped && !hopeless {
            // Half a run is of no use: it will be computed again, with the same bits.
            return remove(held);
        }
        if hopeless {
            record.summary.tags.insert(STOPPED_EARLY.into(), so_far.len().to_string());
            let skipped = point.params.learning.epochs as usize - so_far.len();
            self.epochs.fetch_add(skipped, Ordering::Relaxed);
        }
        record.finish(ending);
        keep(&mut held, &record, &[])?;
        if !hopeless {
            lock(&self.curves).push(so_far);
        }
        if let Some(outcome) = Outcome::of(&record, point.params.learning.seed) {
            tell(&self.progress(Some((point, outcome))));
        }
        Ok(())
    }

    /// How far it is, after entering a result if there is one.
    fn progress(&self, result: Option<(&Point, Outcome)>) -> Progress {
        let done = self.epochs.load(Ordering::Relaxed);
        let mut progress = lock(&self.progress);
        if let Some((point, outcome)) = result {
            progress.done += 1;
            progress.last = format!("{}, seed {}", self.plan.title(&point.at), outcome.seed);
            progress.table.enter(self.plan, point, outcome);
        }
        let left = self.epochs_left.saturating_sub(done);
        progress.to_go = (done > 0).then(|| self.start.elapsed().mul_f64(left as f64 / done as f64));
        progress.clone()
    }
}
