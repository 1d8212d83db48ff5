//! Keeping what `misfit train` computes: in the store, and in a checkpoint file if one is asked for.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::say;
use crate::base::error::{Error, Result};
use crate::run::{Event, Flow, Observer, Recorder, Run, Sink};
use crate::store::{Checkpoint, RunUpdate, RunWriter, Store, Summary};
use crate::training::metrics::EpochReport;

/// Where runs are kept.
#[derive(Debug, Clone, Default, Args)]
pub struct StoreArgs {
    /// Folder in which runs are kept; without it the one that the environment variable MISFIT_STORE names (`none` for none), or the user's data folder.
    #[arg(long, value_name = "DIR", conflicts_with = "no_store")]
    pub store: Option<PathBuf>,
    /// Keep nothing of this run.
    #[arg(long)]
    pub no_store: bool,
}

impl StoreArgs {
    /// The store, or `None` when nothing is to be kept.
    ///
    /// # Errors
    /// When the store cannot be used; names the file.
    pub fn open(&self) -> Result<Option<Store>> {
        if self.no_store { Ok(None) } else { Store::open(self.store.as_deref()) }
    }

    /// The store, for commands that can do nothing without one.
    ///
    /// # Errors
    /// As [`Self::open`], and when there is to be none.
    pub fn must_open(&self) -> Result<Store> {
        let none = || Error::System("no runs are kept: --no-store or MISFIT_STORE says so".into());
        self.open()?.ok_or_else(none)
    }
}

/// When and where checkpoints are written.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckpointArgs {
    /// Write a checkpoint to this file, from which the run can go on with the same bits.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Epochs between two checkpoints; without it one an epoch in the file, and one every two seconds in the store.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub every: Option<u32>,
}

impl Observer for Keeper {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        self.recorder.on(run, event)?;
        self.recorder.sink().failure.take().map_or(Ok(Flow::GoOn), Err)
    }
}

/// What `misfit train` saves: the run in the store, and the checkpoint file that was asked for.
pub(super) struct Keeper {
    recorder: Recorder<Files>,
}

/// Writes at once.
struct Files {
    /// A store was asked for, whether it can be used or not.
    wanted: bool,
    writer: Option<RunWriter>,
    file: Option<PathBuf>,
    /// Checkpoints are announced on stdout.
    announced: bool,
    /// Why the store does not have all of the run.
    trouble: Option<Error>,
    /// The checkpoint file cannot be written.
    failure: Option<Error>,
}

impl Keeper {
    /// For a run that begins now or goes on from a checkpoint; the flag says that it is the same run.
    ///
    /// # Errors
    /// When another program has the run that would go on.
    pub(super) fn new(
        store: &StoreArgs,
        checkpoint: &CheckpointArgs,
        run: &Run,
        from: Option<(&Checkpoint, bool)>,
        json: bool,
    ) -> Result<Self> {
        let (wanted, writer, trouble) = match store.open() {
            Ok(store) => (store.is_some(), store.map(RunWriter::new), None),
            Err(error) => {
                log::warn!("this run is not kept: {error}");
                (true, None, Some(error))
            }
        };
        let announced = json && (checkpoint.checkpoint.is_some() || checkpoint.every.is_some());
        let file = checkpoint.checkpoint.clone();
        let every = checkpoint.every.or_else(|| file.is_some().then_some(1));
        let mut files = Files { wanted, writer, file, announced, trouble, failure: None };
        let (mut known, mut tag, mut past) = (None, None, (&[][..], &[][..]));
        if let Some((from, is_same)) = from {
            known = files.writer.as_mut().filter(|_| is_same).map_or(Ok(None), |writer| writer.claim(from))?;
            tag = from.run.as_ref().map(|id| format!("{id}, epoch {}", from.epoch()));
            past = (&from.epochs, &from.falls);
        }
        let mut recorder = Recorder::new(files, every);
        recorder.begin(run.protocol(), "train", known, past, tag.as_deref());
        Ok(Self { recorder })
    }

    /// The last epoch so far.
    pub(super) fn last(&self) -> Vec<EpochReport> {
        let record = self.recorder.record();
        record.and_then(|record| record.epochs.last()).map_or_else(Vec::new, |epoch| epoch.lanes.clone())
    }

    /// What the store has of the run, read again: `None` when it has nothing, or nothing was to be kept.
    ///
    /// # Errors
    /// When it does not have all of the run, beside what it has.
    pub(super) fn kept(&mut self) -> (Option<Summary>, Result<()>) {
        let Some(Summary { id, epochs, state, .. }) = self.recorder.record().map(|record| record.summary.clone())
        else {
            return (None, Ok(()));
        };
        let files = self.recorder.sink();
        if !files.wanted {
            return (None, Ok(()));
        }
        let found = files.writer.as_ref().map_or(Ok(None), |writer| writer.store().summary(&id));
        let (found, trouble) = match found {
            Ok(found) => (found, files.trouble.take()),
            Err(error) => (None, Some(error)),
        };
        if found.as_ref().is_some_and(|run| (run.epochs, run.state) == (epochs, state)) {
            return (found, Ok(()));
        }
        let why = trouble.map_or_else(String::new, |error| format!(": {error}"));
        let what = match &found {
            Some(run) => format!("the store has run {id} up to epoch {} only{why}", run.epochs),
            None => format!("the store has nothing of this run{why}; --no-store does without"),
        };
        (found, Err(Error::System(what)))
    }
}

impl Sink for Files {
    fn offer(&mut self, mut update: RunUpdate) -> Option<RunUpdate> {
        let saved = update.checkpoint.as_ref().map(|(epochs, _)| *epochs);
        if let (Some(path), Some((_, checkpoint))) = (&self.file, &mut update.checkpoint) {
            if self.writer.is_none() {
                checkpoint.run = None;
            }
            // The file first: a run in the store is never ahead of it.
            self.failure = checkpoint.write(path).err();
            if self.failure.is_some() {
                update.checkpoint = None;
            }
        }
        let id = update.summary.id.clone();
        let kept = self.keep(update);
        if let Some(epochs) = saved.filter(|_| self.announced && self.failure.is_none()) {
            let file = self.file.as_ref().map(|path| path.display().to_string());
            let run = kept.then_some(id);
            say(&json!({"event": "checkpoint", "epochs": epochs, "file": file, "run": run}).to_string());
        }
        None
    }

    fn release(&mut self, run: &str) -> bool {
        if let Some(writer) = &mut self.writer {
            writer.release(run);
        }
        true
    }
}

impl Files {
    /// Adds what is new to the store; whether it is there now. Trouble is told once, and training goes on.
    fn keep(&mut self, update: RunUpdate) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        let written = writer.put(update);
        if let Some(error) = written.gone {
            log::warn!("{error}");
        }
        if let Some(error) = &written.trouble
            && self.trouble.is_none()
        {
            log::warn!("training goes on, but this run is not kept now: {error}");
        }
        self.trouble = written.trouble.or(self.trouble.take());
        !written.runs.is_empty()
    }
}
