//! Keeping what `misfit train` computes: in the store, and in a checkpoint file if one is asked for.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::say;
use crate::base::error::{Error, Result};
use crate::run::{Event, Flow, Observer, Run};
use crate::store::{Changed, Checkpoint, Ending, Epoch, Record, RunFolder, State, Store, Summary, Update};
use crate::training::metrics::EpochReport;

/// The store is written that often at most, unless the rhythm is set by `--every`.
const KEEP_EVERY: Duration = Duration::from_secs(1);

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

    /// The store, for those who can do nothing without one.
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
    /// Epochs between two checkpoints; without it one an epoch in the file, and one a second at most in the store.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub every: Option<u32>,
}

impl Observer for Keeper {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        match event {
            Event::Changed(timed) => {
                let (epochs, what) = (run.experiment().epochs_learnt(), timed.change.to_string());
                self.record.summary.changes.push(Changed { epochs, what });
            }
            Event::Epoch(reports) => self.epoch(run, reports)?,
            Event::Ended(ending) => self.finish(run, (*ending).clone())?,
            Event::Calibrated(_) | Event::Batch(_) => {}
        }
        Ok(Flow::GoOn)
    }
}

/// A run that is being kept. Whatever goes wrong here is told, and training goes on.
pub(super) struct Keeper {
    store: Option<Store>,
    /// The run in the store, once there is anything of it.
    run: Option<RunFolder>,
    record: Record,
    /// Epochs that are not in the store yet.
    pending: Vec<Epoch>,
    args: CheckpointArgs,
    written: Option<Instant>,
    /// Checkpoints are announced on stdout.
    json: bool,
    /// What went wrong with the store was told.
    told: bool,
}

impl Keeper {
    /// A run that begins now or goes on from a checkpoint; the flag says that it is the same run.
    ///
    /// # Errors
    /// When another program has the run in hand that would go on.
    pub(super) fn new(
        store: &StoreArgs,
        checkpoint: &CheckpointArgs,
        run: &Run,
        from: Option<(&Checkpoint, bool)>,
        json: bool,
    ) -> Result<Self> {
        let store = store.open();
        let mut keeper = Self {
            store: None,
            run: None,
            record: Record::new(run.protocol(), "train"),
            pending: Vec::new(),
            args: checkpoint.clone(),
            written: None,
            json,
            told: false,
        };
        match store {
            Ok(store) => keeper.store = store,
            Err(error) => log::warn!("this run is not kept: {error}"),
        }
        if let Some((from, goes_on)) = from {
            keeper.go_on(from, goes_on)?;
        }
        Ok(keeper)
    }

    /// Takes up the run of a checkpoint, if it may be added to; otherwise the new run begins with its curves.
    fn go_on(&mut self, from: &Checkpoint, goes_on: bool) -> Result<()> {
        let known = if goes_on { self.claim(from)? } else { None };
        let summary = &mut self.record.summary;
        match known {
            Some(known) => *summary = Summary { state: State::Running, finished: None, error: None, ..known },
            _ => {
                if let Some(id) = &from.run {
                    summary.tags.insert("from".into(), format!("{id}, epoch {}", from.epoch()));
                }
            }
        }
        for epoch in &from.epochs {
            self.pending.push(epoch.clone());
            self.record.append(epoch.clone());
        }
        Ok(())
    }

    /// Takes the run of a checkpoint in hand, if it is in the store and loses nothing.
    fn claim(&mut self, from: &Checkpoint) -> Result<Option<Summary>> {
        let Some((store, id)) = self.store.as_ref().zip(from.run.as_ref()) else { return Ok(None) };
        let fits = |run: &Summary| run.may_go_on_from(from.epoch());
        if !matches!(store.summary(id), Ok(Some(_))) {
            return Ok(None);
        }
        // Whoever has it in hand may be ahead of the checkpoint by now, and is to be told of all the same.
        let claimed = store.claim(id).and_then(|held| Ok((held.summary()?.filter(fits), held)));
        match claimed {
            Ok((Some(run), held)) => {
                self.run = Some(held);
                Ok(Some(run))
            }
            Ok((None, _)) => Ok(None),
            Err(error @ Error::InUse { .. }) => Err(error),
            Err(error) => {
                log::warn!("this run begins anew in the store: {error}");
                Ok(None)
            }
        }
    }

    /// Name of the run, as `misfit runs` lists it.
    pub(super) fn id(&self) -> Option<&str> {
        self.store.as_ref().map(|_| self.record.summary.id.as_str())
    }

    /// The last epoch so far.
    pub(super) fn last(&self) -> Vec<EpochReport> {
        let of = |e: &Epoch| e.lanes.iter().map(|l| l.report(e.epoch)).collect();
        self.record.epochs.last().map_or_else(Vec::new, of)
    }

    /// An epoch is done.
    ///
    /// # Errors
    /// When the checkpoint file that was asked for cannot be written.
    fn epoch(&mut self, run: &Run, reports: &[EpochReport]) -> Result<()> {
        self.record.append_epoch(reports);
        self.pending.extend(Epoch::new(reports));
        let epoch = reports.first().map_or(0, |r| r.epoch);
        let due = |every: u32| epoch.is_multiple_of(every as usize);
        let rhythm = self.args.every.or_else(|| self.args.checkpoint.is_some().then_some(1));
        match rhythm {
            Some(every) if due(every) => self.save(run, true),
            None if self.written.is_none_or(|at| at.elapsed() >= KEEP_EVERY) => self.save(run, false),
            _ => Ok(()),
        }
    }

    /// The run is over.
    ///
    /// # Errors
    /// As [`Self::epoch`].
    fn finish(&mut self, run: &Run, ending: Ending) -> Result<()> {
        // A network that diverged is nothing to go on from; the last good checkpoint stays.
        let failed = matches!(ending, Ending::Failed(_));
        self.record.finish(ending);
        if failed {
            self.keep(None);
            return Ok(());
        }
        let announced = self.args.checkpoint.is_some() || self.args.every.is_some();
        self.save(run, announced)
    }

    fn save(&mut self, run: &Run, announced: bool) -> Result<()> {
        if self.store.is_none() && self.args.checkpoint.is_none() {
            return Ok(());
        }
        self.record.summary.experiment = crate::protocol::file::format(run.protocol());
        let checkpoint = Checkpoint {
            state: run.checkpoint(),
            run: self.id().map(str::to_owned),
            epochs: self.record.epochs.clone(),
            protocol: run.protocol().clone(),
        };
        let epochs = run.experiment().epochs_learnt();
        // The file first: a run in the store is never ahead of it.
        if let Some(path) = &self.args.checkpoint {
            checkpoint.write(path)?;
        }
        let kept = self.keep(self.store.is_some().then(|| (epochs, checkpoint.encode())));
        if announced && self.json {
            let file = self.args.checkpoint.as_ref().map(|path| path.display().to_string());
            let run = kept.then(|| self.record.summary.id.clone());
            say(&json!({"event": "checkpoint", "epochs": epochs, "file": file, "run": run}).to_string());
        }
        Ok(())
    }

    /// Adds what is new to the store; whether it is there now.
    fn keep(&mut self, checkpoint: Option<(f64, Vec<u8>)>) -> bool {
        let Some(store) = &self.store else { return false };
        let update = Update {
            summary: Some(self.record.summary.clone()),
            epochs: std::mem::take(&mut self.pending),
            checkpoint,
        };
        self.written = Some(Instant::now());
        let held = match self.run.take() {
            Some(held) => Ok(held),
            None => store.create(&self.record.summary.id),
        };
        match held.and_then(|held| self.run.insert(held).put(&update)) {
            Ok(()) => true,
            Err(error) => {
                // They are tried again with the next ones.
                self.pending = update.epochs;
                if !std::mem::replace(&mut self.told, true) {
                    log::warn!("training goes on, but this run is not kept now: {error}");
                }
                false
            }
        }
    }
}
