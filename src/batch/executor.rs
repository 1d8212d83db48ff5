//! Computes the runs of a plan side by side, keeps each in a record, and goes on from the records that are there.
//!
//! # Early stopping
//!
//! The median rule (D. Golovin et al. 2017, *Google Vizier: a service for black-box optimization*, section 3.2.2,
//! doi:10.1145/3097983.3098043): a run is stopped after epoch s if the best test accuracy that it has reached by
//! then is strictly worse than the median, over all runs that are done, of their mean accuracy up to epoch s.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::table::STOPPED_EARLY;
use super::{Outcome, Plan, Table};
use crate::base::error::{Error, Result};
use crate::base::files::rename;
use crate::params::Lane;
use crate::protocol::file;
use crate::run::{Event, Flow, Observer, Run, Stop};
use crate::store::{Ending, Epoch, Record, RunFolder, Store, Summary, Update};
use crate::training::metrics::EpochReport;

/// Runs that have to be done before the median says anything.
const FEWEST_FOR_A_MEDIAN: usize = 3;

/// How far a plan is. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// Runs done, those of earlier sittings included. A run that another sitting may yet finish, for example when its
    /// data are there, is not done.
    pub done: usize,
    /// All runs.
    pub total: usize,
    /// Time until all are done, as far as can be told.
    pub to_go: Option<Duration>,
    /// What came of it so far.
    pub table: Arc<Table>,
    /// Title of the run that was done last.
    pub last: String,
}

/// Is told how far the plan is after every epoch, and with its outcome after every run.
type Tell<'a> = &'a (dyn Fn(&Progress, Option<&Outcome>) + Sync);

/// Everything that the threads share.
struct Board<'a> {
    plan: &'a Plan,
    store: Store,
    stop: &'a Stop,
    tell: Tell<'a>,
    /// Threads are worth more when each has a run of its own.
    side_by_side: bool,
    progress: Mutex<Progress>,
    /// Test accuracies epoch by epoch of the runs that are done.
    curves: Mutex<Vec<Vec<f64>>>,
    /// Epochs computed in this sitting, and those left at its beginning.
    epochs: AtomicUsize,
    epochs_left: usize,
    start: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves numbers that are whole: each lock protects single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Computes all runs that have no record in `folder` yet, `at_once` side by side, and writes `NAME.md` and `NAME.csv`
/// there. A run that diverges, does not fit or lacks its data is entered as failed, and the others go on.
///
/// # Errors
/// When records or tables cannot be read or written.
pub fn run(plan: &Plan, folder: &Path, at_once: usize, stop: &Stop, tell: Tell<'_>) -> Result<Progress> {
    let progress = compute(plan, (0..plan.runs()).collect(), folder, at_once, stop, tell)?;
    progress.table.write(plan, folder)?;
    Ok(progress)
}

/// Computes one run, counted from 1, and writes its record; for machines that share a plan.
///
/// # Errors
/// As [`run`], and when there is no such run or it was stopped.
pub fn run_one(plan: &Plan, number: usize, folder: &Path, stop: &Stop) -> Result<Outcome> {
    if number == 0 || number > plan.runs() {
        return Err(Error::BadValue {
            place: "--run".into(),
            key: "run".into(),
            expected: format!("a run from 1 to {}", plan.runs()),
            got: number.to_string(),
        });
    }
    let progress = compute(plan, vec![number - 1], folder, 1, stop, &|_, _| {})?;
    let outcome = progress.table.cells.iter().flatten().next().cloned();
    outcome.ok_or_else(|| Error::System("the run was stopped".into()))
}

/// Computes those of the runs that are not done.
fn compute(
    plan: &Plan,
    runs: Vec<usize>,
    folder: &Path,
    at_once: usize,
    stop: &Stop,
    tell: Tell<'_>,
) -> Result<Progress> {
    let (store, total) = (Store::at(folder)?, runs.len());
    let (mut table, mut curves) = (Table::empty(plan), Vec::new());
    let waiting = remaining(plan, &store, runs, &mut table, &mut curves)?;
    let at_once = at_once.clamp(1, waiting.len().max(1));
    let progress =
        Progress { done: total - waiting.len(), total, table: Arc::new(table), to_go: None, last: String::new() };
    let board = Board {
        plan,
        store,
        stop,
        tell,
        side_by_side: at_once > 1,
        progress: Mutex::new(progress),
        curves: Mutex::new(curves),
        epochs: AtomicUsize::new(0),
        epochs_left: waiting.iter().map(|&run| plan.cell(run).protocol.params.learning.epochs as usize).sum(),
        start: Instant::now(),
    };
    tell(&lock(&board.progress).clone(), None);
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let work = || {
        while !stop.is_requested() && lock(&failure).is_none() {
            let Some(&run) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if let Err(error) = board.one(run) {
                lock(&failure).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for k in 1..at_once {
            let named = std::thread::Builder::new().name(format!("batch-{k}"));
            if let Err(why) = named.spawn_scoped(scope, work) {
                log::warn!("a thread for runs could not be started: {why}");
            }
        }
        work();
    });
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(board.progress.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Enters what the records in the store say and returns the runs that have none.
fn remaining(
    plan: &Plan,
    store: &Store,
    mut runs: Vec<usize>,
    table: &mut Table,
    curves: &mut Vec<Vec<f64>>,
) -> Result<Vec<usize>> {
    let records = store.list()?;
    let mut known: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.tags.get(plan.origin()) == Some(&plan.name)) {
        known.entry(&record.experiment).or_default().push(record);
    }
    let mut failure = None;
    runs.retain(|&run| {
        let (experiment, tags) = (file::format(&plan.protocol(run)), plan.tags(run));
        let ours = |record: &&&Summary| tags.iter().all(|(key, value)| record.tags.get(key) == Some(value));
        for record in known.get(experiment.as_str()).into_iter().flatten().filter(ours) {
            let told = match Outcome::of(record, plan.seed(run)) {
                // What was stopped early would be computed to the end by a plan that does not stop early.
                Some(outcome) if outcome.stopped_early && !plan.stop_early => Ok(()),
                Some(outcome) => {
                    if plan.stop_early && !outcome.stopped_early {
                        curves.push(curve(store, &record.id, plan.lane));
                    }
                    table.enter(plan, run, outcome);
                    return false;
                }
                // Half a run whose program was killed is computed again, with the same bits.
                None => store.claim(&record.id).and_then(remove),
            };
            match told {
                Err(Error::InUse { .. }) | Ok(()) => {}
                Err(error) => failure = Some(error),
            }
        }
        true
    });
    failure.map_or(Ok(runs), Err)
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
    rename(&path, &away)?;
    drop(held);
    std::fs::remove_dir_all(&away).map_err(failed)
}

/// Test accuracy of a lane of a run that is kept, epoch by epoch.
fn curve(store: &Store, id: &str, lane: Lane) -> Vec<f64> {
    let epochs = store.get(id).ok().flatten().map(|record| record.epochs).unwrap_or_default();
    let of_lane = |epoch: &Epoch| epoch.lanes.iter().find(|l| l.lane == lane).map(|l| l.test_accuracy);
    epochs.iter().filter_map(of_lane).collect()
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
    so_far: Vec<f64>,
    hopeless: bool,
    /// The record could not be written.
    unkept: Option<Error>,
}

impl Observer for Follower<'_, '_> {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        let Event::Epoch(reports) = event else { return Ok(Flow::GoOn) };
        let board = self.board;
        self.record.append_epoch(reports);
        self.unkept = keep(self.held, self.record, reports).err();
        let own = reports.iter().find(|r| r.lane == board.plan.lane);
        self.so_far.extend(own.map(|r| r.test_accuracy));
        self.hopeless = board.plan.stop_early && !run.is_finished() && is_hopeless(&self.so_far, &lock(&board.curves));
        board.epochs.fetch_add(1, Ordering::Relaxed);
        (board.tell)(&board.progress(|_| {}), None);
        Ok(if self.hopeless || self.unkept.is_some() { Flow::Stop } else { Flow::GoOn })
    }
}

impl Board<'_> {
    /// One run; it leaves no record when it was cancelled, or when another sitting may come further.
    fn one(&self, run: usize) -> Result<()> {
        let plan = self.plan;
        let mut record = Record::new(plan.protocol(run), plan.origin());
        record.summary.name = format!("{}: {}", plan.name, plan.cell(run).title());
        record.summary.tags = plan.tags(run);
        let mut held = self.store.create(&record.summary.id)?;
        keep(&mut held, &record, &[])?;
        let mut follower = Follower {
            board: self,
            held: &mut held,
            record: &mut record,
            so_far: Vec::new(),
            hopeless: false,
            unkept: None,
        };
        let ending = self.learn(run, &mut follower);
        let Follower { so_far, hopeless, unkept, .. } = follower;
        if let Some(error) = unkept {
            return Err(error);
        }
        if ending == Ending::Stopped && !hopeless {
            // Half a run is of no use: it will be computed again, with the same bits.
            return remove(held);
        }
        let planned = plan.cell(run).protocol.params.learning.epochs as usize;
        self.epochs.fetch_add(planned.saturating_sub(record.summary.epochs), Ordering::Relaxed);
        let is_final = match &ending {
            Ending::Failed(why) => matches!(why, Error::Diverged { .. } | Error::DoesNotFit { .. }),
            Ending::Finished | Ending::Stopped => true,
        };
        if hopeless {
            record.summary.tags.insert(STOPPED_EARLY.into(), so_far.len().to_string());
        } else if ending == Ending::Finished {
            lock(&self.curves).push(so_far);
        }
        record.finish(ending);
        if is_final {
            keep(&mut held, &record, &[])?;
        } else {
            remove(held)?;
        }
        if let Some(outcome) = Outcome::of(&record.summary, plan.seed(run)) {
            let progress = self.progress(|progress| {
                progress.done += usize::from(is_final);
                progress.last = plan.title(run);
                Arc::make_mut(&mut progress.table).enter(plan, run, outcome.clone());
            });
            (self.tell)(&progress, Some(&outcome));
        }
        Ok(())
    }

    /// Learns to the end and measures what the cell asks for.
    fn learn(&self, run: usize, follower: &mut Follower<'_, '_>) -> Ending {
        let mut protocol = self.plan.protocol(run);
        if self.side_by_side {
            protocol.params.learning.threads = 1;
        }
        let begun = Run::begin(protocol).map(|mut learning| (learning.drive(self.stop, &mut [follower]), learning));
        let measured = begun.and_then(|(ending, learning)| {
            if ending == Ending::Finished {
                let mut experiment = learning.into_experiment();
                // The probe may change the chip.
                let mut measures = crate::energy::measures(&experiment);
                measures.extend(self.plan.cell(run).probe.measure(&mut experiment)?);
                follower.record.summary.measures = measures;
            }
            Ok(ending)
        });
        measured.unwrap_or_else(Ending::Failed)
    }

    /// How far it is after a change.
    fn progress(&self, change: impl FnOnce(&mut Progress)) -> Progress {
        let done = self.epochs.load(Ordering::Relaxed);
        let left = self.epochs_left.saturating_sub(done);
        let mut progress = lock(&self.progress);
        change(&mut progress);
        progress.to_go = (done > 0).then(|| self.start.elapsed().mul_f64(left as f64 / done as f64));
        progress.clone()
    }
}
