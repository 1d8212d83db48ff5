//! Computes the runs of a study on all cores, and remembers those that are done.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value as Json;

use super::{Job, Outcome, Study};
use crate::base::error::{Error, Result};
use crate::protocol::Protocol;
use crate::run::{Event, Flow, Observer, Run, Stop};
use crate::store::Ending;
use crate::training::metrics::EpochReport;

/// What a study tells while it runs.
pub enum Progress<'a> {
    /// Before anything is computed: what earlier sittings have left, in the order of the jobs.
    Begun {
        /// `None` for what is still to be computed.
        known: &'a [Option<Outcome>],
    },
    /// So many of a job's epochs are done.
    Epoch {
        /// The job.
        job: &'a Job,
        /// Epochs done over all jobs, those of earlier sittings included.
        done: usize,
        /// Epochs of all jobs.
        total: usize,
    },
    /// A job is finished and kept.
    Finished {
        /// The job.
        job: &'a Job,
        /// Its result.
        outcome: &'a Outcome,
        /// Jobs finished, those of earlier sittings included.
        done: usize,
        /// All jobs.
        total: usize,
    },
}

/// Runs every job that is not yet in `file`, `at_once` of them side by side, and returns all
/// results in the order of the jobs; `None` stands for those that were not reached.
///
/// # Errors
/// When the file cannot be read or written, or when a run fails; what was finished stays in the file.
///
/// # Panics
/// When another thread of the same study has panicked.
pub fn run(
    study: &Study,
    file: &Path,
    at_once: usize,
    stop: &Stop,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<Option<Outcome>>> {
    let known = finished(file)?;
    let mut results: Vec<Option<Outcome>> =
        study.jobs.iter().map(|job| known.iter().find(|o| o.answers(job)).cloned()).collect();
    progress(Progress::Begun { known: &results });
    let waiting: Vec<usize> = (0..results.len()).filter(|&k| results[k].is_none()).collect();
    if waiting.is_empty() {
        return Ok(results);
    }
    let log = Mutex::new(Log::open(file)?);
    let total_epochs: usize = study.jobs.iter().map(|job| job.params.learning.epochs as usize).sum();
    let epochs_left: usize = waiting.iter().map(|&k| study.jobs[k].params.learning.epochs as usize).sum();
    let epochs = AtomicUsize::new(total_epochs - epochs_left);
    let done = AtomicUsize::new(results.len() - waiting.len());
    let next = AtomicUsize::new(0);
    let new: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::new());
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let at_once = at_once.clamp(1, waiting.len());
    let work = || {
        while !stop.is_requested() && failure.lock().expect("no panic").is_none() {
            let Some(&k) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            let job = &study.jobs[k];
            // Threads are worth more when each has a run of its own.
            let mut protocol = job.protocol();
            if at_once > 1 {
                protocol.params.learning.threads = 1;
            }
            let after_epoch = || {
                let done = epochs.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress::Epoch { job, done, total: total_epochs });
            };
            let result = one(job, protocol, stop, &after_epoch).and_then(|outcome| {
                let Some(outcome) = outcome else { return Ok(()) };
                log.lock().expect("no panic").add(&outcome.to_json(study.name))?;
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress::Finished { job, outcome: &outcome, done, total: study.jobs.len() });
                new.lock().expect("no panic").push((k, outcome));
                Ok(())
            });
            if let Err(error) = result {
                failure.lock().expect("no panic").get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..at_once {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failure.into_inner().expect("no panic") {
        return Err(error);
    }
    for (k, outcome) in new.into_inner().expect("no panic") {
        results[k] = Some(outcome);
    }
    Ok(results)
}

/// One run; `None` when it was stopped.
fn one(job: &Job, protocol: Protocol, stop: &Stop, after_epoch: &dyn Fn()) -> Result<Option<Outcome>> {
    let start = Instant::now();
    let mut last = Last { reports: Vec::new(), after_epoch };
    let mut run = match Run::begin(protocol) {
        Ok(run) => run,
        Err(error @ Error::DoesNotFit { .. }) => return Ok(Some(Outcome::failure(job, &error, 0.0))),
        Err(error) => return Err(error),
    };
    let seconds = || start.elapsed().as_secs_f64();
    match run.drive(stop, &mut [&mut last]) {
        Ending::Finished => {
            let mut experiment = run.into_experiment();
            Outcome::measure(job, &last.reports, &mut experiment, seconds()).map(Some)
        }
        Ending::Stopped => Ok(None),
        // That is a result, and no reason to give up the others.
        Ending::Failed(error @ Error::Diverged { .. }) => Ok(Some(Outcome::failure(job, &error, seconds()))),
        Ending::Failed(error) => Err(error),
    }
}

/// The reports of the last epoch.
struct Last<'a> {
    reports: Vec<EpochReport>,
    after_epoch: &'a dyn Fn(),
}

impl Observer for Last<'_> {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        if let Event::Epoch(reports) = event {
            self.reports = reports.to_vec();
            (self.after_epoch)();
        }
        Ok(Flow::GoOn)
    }
}

/// The results that a file holds. A last line that was cut off is left out; it will be computed again.
///
/// # Errors
/// When the file exists but cannot be read, or holds something else.
pub fn finished(file: &Path) -> Result<Vec<Outcome>> {
    let reader = match File::open(file) {
        Ok(f) => BufReader::new(f),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(Error::file("read", file, &why)),
    };
    let lines: Vec<String> = reader
        .split(b'\n')
        .map(|l| l.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        .collect::<Result<_, std::io::Error>>()
        .map_err(|why| Error::file("read", file, &why))?;
    let mut outcomes = Vec::new();
    for (k, line) in lines.iter().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        match serde_json::from_str::<Json>(line).ok().as_ref().and_then(Outcome::from_json) {
            Some(outcome) => outcomes.push(outcome),
            None if k + 1 == lines.len() => log::warn!("{}: the last line is incomplete", file.display()),
            None => {
                return Err(Error::Malformed {
                    path: file.into(),
                    place: Some(format!("line {}", k + 1)),
                    why: "expected the result of a run as one JSON object; name another folder, or delete the file to start over".into(),
                });
            }
        }
    }
    Ok(outcomes)
}

/// The file of finished runs, one JSON object a line.
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Opens for adding. A last line without its end is cut off first.
    fn open(path: &Path) -> Result<Self> {
        let fail = |action, why: std::io::Error| Error::file(action, path, &why);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|why| fail("create the folder of", why))?;
        }
        let complete = match std::fs::read(path) {
            Ok(bytes) => bytes.iter().rposition(|b| *b == b'\n').map_or(0, |k| k + 1),
            Err(_) => 0,
        };
        let open = OpenOptions::new().create(true).append(true).open(path);
        let file = open.map_err(|why| fail("write", why))?;
        file.set_len(complete as u64).map_err(|why| fail("write", why))?;
        Ok(Self { path: path.into(), file })
    }

    /// Adds a line and waits until it is on the disk.
    fn add(&mut self, line: &Json) -> Result<()> {
        let mut text = line.to_string();
        text.push('\n');
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|why| Error::file("write", &self.path, &why))
    }
}
