//! Writing runs to a store, and trying again what could not be written.

use std::collections::BTreeMap;

use super::record::append;
use super::{Checkpoint, Epoch, RunFolder, State, Store, Summary, Update};
use crate::base::error::{Error, Result};

/// What is new about a run in progress.
#[derive(Debug, Clone)]
pub struct RunUpdate {
    /// The run as it stands.
    pub summary: Summary,
    /// Epochs that are new, or that came again.
    pub epochs: Vec<Epoch>,
    /// Epochs learnt, and a checkpoint.
    pub checkpoint: Option<(f64, Checkpoint)>,
}

impl RunUpdate {
    /// Whether the run can go on from the last of these epochs, or is over.
    pub fn is_complete(&self) -> bool {
        self.checkpoint.is_some() || self.summary.state != State::Running
    }
}

/// What came of an attempt to write.
#[derive(Debug, Default)]
pub struct Written {
    /// The runs that are in the store now as they were handed over.
    pub runs: Vec<String>,
    /// Why the others are not.
    pub trouble: Option<Error>,
    /// A run whose folder was gone, and which was begun again with all its epochs.
    pub gone: Option<Error>,
}

/// Writes the runs of this program, and keeps other programs from adding to them.
#[derive(Debug)]
pub struct RunWriter {
    store: Store,
    held: BTreeMap<String, RunFolder>,
    /// What could not be written yet, by run.
    waiting: BTreeMap<String, Update>,
}

impl RunWriter {
    /// A writer for the runs of a store.
    pub fn new(store: Store) -> Self {
        Self { store, held: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes the run of a checkpoint, to go on with it from there; `None` when what goes on has to be a run of its
    /// own: there is no such run, it would lose epochs, it is being learnt here, or it cannot be written.
    ///
    /// # Errors
    /// [`Error::InUse`] when another program has it.
    pub fn claim(&mut self, from: &Checkpoint) -> Result<Option<Summary>> {
        let Some(id) = from.run.as_deref().filter(|id| matches!(self.store.summary(id), Ok(Some(_)))) else {
            return Ok(None);
        };
        let own = self.held.remove(id);
        let is_own = own.is_some();
        // A program that holds the run may be ahead of the checkpoint by now, and is reported all the same.
        let claimed = own.map_or_else(|| self.store.claim(id), Ok).and_then(|held| Ok((held.summary()?, held)));
        let (run, held) = match claimed {
            Ok(claimed) => claimed,
            Err(error @ Error::InUse { .. }) => return Err(error),
            Err(error) => {
                log::warn!("a run of its own goes on: {error}");
                return Ok(None);
            }
        };
        let run = run.filter(|run| !(is_own && run.state == State::Running) && run.may_go_on_from(from.epoch()));
        if is_own || run.is_some() {
            self.held.insert(id.to_owned(), held);
        }
        Ok(run)
    }

    /// Lets other programs have a run.
    pub fn release(&mut self, id: &str) {
        self.held.remove(id);
    }

    /// Takes what is new about a run, and writes all that waits.
    pub fn put(&mut self, update: RunUpdate) -> Written {
        let RunUpdate { summary, epochs, checkpoint } = update;
        let waiting = self.waiting.entry(summary.id.clone()).or_default();
        waiting.summary = Some(summary);
        for epoch in epochs {
            append(&mut waiting.epochs, epoch);
        }
        if let Some((at, checkpoint)) = checkpoint {
            waiting.checkpoint = Some((at, checkpoint.encode()));
        }
        self.retry()
    }

    /// Writes what waits; what cannot be written waits on.
    pub fn retry(&mut self) -> Written {
        let mut written = Written::default();
        for id in self.waiting.keys().cloned().collect::<Vec<_>>() {
            match self.write(&id, &mut written) {
                Ok(()) => {
                    self.waiting.remove(&id);
                    written.runs.push(id);
                }
                // That is no trouble to other runs.
                Err(error @ Error::InUse { .. }) => written.trouble = Some(error),
                Err(error) => {
                    written.trouble = Some(error);
                    break;
                }
            }
        }
        written
    }

    fn write(&mut self, id: &str, written: &mut Written) -> Result<()> {
        let Some(update) = self.waiting.get_mut(id) else { return Ok(()) };
        if let Some(held) = self.held.get_mut(id) {
            let gone = match held.put(update) {
                Err(error @ Error::RunGone { .. }) => error,
                other => return other,
            };
            // Only a checkpoint knows the epochs that were written before.
            let Some((_, bytes)) = &update.checkpoint else { return Err(gone) };
            update.epochs = Checkpoint::decode(bytes, held.path())?.epochs;
            self.held.remove(id);
            written.gone = Some(gone);
        }
        let mut held = self.store.create(id)?;
        held.put(update)?;
        // It stays locked when it is over, because it can go on.
        self.held.insert(id.to_owned(), held);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Lane, Params};
    use crate::store::Record;
    use crate::training::Experiment;
    use crate::training::metrics::EpochReport;

    #[test]
    fn what_is_deleted_of_a_run_is_reported_and_comes_back_with_the_next_checkpoint() {
        let params = Params::default().with(|p| (p.network.hidden, p.task.train_samples) = (2, 16));
        let state = Experiment::new(&params).expect("an experiment").checkpoint();
        for lost in ["", "epochs.jsonl"] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut writer = RunWriter::new(Store::at(folder.path()).expect("a store"));
            let mut record = Record::new(&params, "train");
            let id = record.summary.id.clone();
            let mut put = |record: &mut Record, n: usize, saved: bool| {
                let scores = |lane| EpochReport {
                    epoch: n,
                    lane,
                    train_loss: f64::NAN,
                    train_accuracy: 0.5,
                    test_loss: 1.0 / n as f64,
                    test_accuracy: 0.1 + 0.2,
                    hidden_spikes: 0.0,
                    lost_events: 0,
                    flat: 0.0,
                    seconds: 1.0,
                };
                record.append_epoch(&Lane::ALL.map(scores));
                let epochs = record.epochs.last().cloned().into_iter().collect();
                let (epochs_so_far, protocol) = (record.epochs.clone(), params.clone().into());
                let checkpoint =
                    Checkpoint { state: state.clone(), run: None, epochs: epochs_so_far, falls: Vec::new(), protocol };
                let checkpoint = saved.then_some((n as f64, checkpoint));
                writer.put(RunUpdate { summary: record.summary.clone(), epochs, checkpoint })
            };
            for n in 1..=3 {
                assert!(put(&mut record, n, true).runs.contains(&id));
            }
            let path = folder.path().join(&id).join(lost);
            if lost.is_empty() {
                std::fs::remove_dir_all(&path).expect("removed");
            } else {
                std::fs::remove_file(&path).expect("removed");
                assert!(put(&mut record, 4, false).trouble.is_some(), "the end of the file was known");
            }
            let written = put(&mut record, 5, false);
            assert!(matches!(written.trouble, Some(Error::RunGone { .. })) && written.runs.is_empty(), "{lost}");
            let written = put(&mut record, 6, true);
            assert!(matches!(written.gone, Some(Error::RunGone { .. })) && written.trouble.is_none(), "{lost}");
            assert!(put(&mut record, 7, true).gone.is_none());
            let found = Store::at(folder.path()).expect("a store").get(&id).expect("readable").expect("the run");
            let numbers = |record: &Record| record.epochs.iter().map(|e| e.epoch).collect::<Vec<_>>();
            assert_eq!(numbers(&found), numbers(&record));
            assert_eq!(found.epochs[1].lanes[0].test_loss.to_bits(), 0.5f64.to_bits());
            assert!(found.epochs[1].lanes[0].train_loss.is_nan(), "JSON has no NaN");
        }
    }
}
