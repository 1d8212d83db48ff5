//! Runs and checkpoints that are opened to go on from.

use std::path::Path;

use super::super::messages::{Opened, RunEvent};
use super::Shelf;
use crate::base::error::{Error, Result};
use crate::store::{Checkpoint, Record, State, Summary};

impl Shelf {
    /// A run with its last checkpoint, or with its experiment alone if it has none.
    pub(super) fn open_run(&mut self, id: &str) -> Result<Opened> {
        let gone = || Error::System(format!("run {id} is gone"));
        let store = self.store.clone().ok_or_else(gone)?;
        let record = store.get(id)?.ok_or_else(gone)?;
        let protocol = record.summary.protocol()?;
        Ok(match store.checkpoint(id)? {
            Some((checkpoint, damage)) => {
                if let Some(error) = damage {
                    self.tell(RunEvent::Refused(error));
                }
                Opened {
                    run: self.claim(&record, &checkpoint)?,
                    protocol: checkpoint.protocol.clone(),
                    checkpoint: Some(checkpoint),
                }
            }
            None => Opened { run: None, protocol, checkpoint: None },
        })
    }

    /// The run to go on with, taken in hand; `None` when what goes on has to be a run of its own.
    ///
    /// # Errors
    /// When another program has it in hand, or the store cannot be written.
    fn claim(&mut self, record: &Record, checkpoint: &Checkpoint) -> Result<Option<Summary>> {
        let Some(store) = &self.store else { return Ok(None) };
        let id = record.summary.id.as_str();
        let before = self.held.remove(id);
        let is_ours = before.is_some();
        let learns_now = |run: &Summary| is_ours && run.state == State::Running;
        // Who looks back at the run that this window learns begins another one.
        let fits = |run: &Summary| !learns_now(run) && run.may_go_on_from(checkpoint.epoch());
        if !fits(&record.summary) {
            self.held.extend(before.map(|held| (id.to_owned(), held)));
            return Ok(None);
        }
        let held = match before.map_or_else(|| store.claim(id), Ok) {
            Ok(held) => held,
            Err(error @ Error::InUse { .. }) => return Err(error),
            Err(error) => {
                // What can be read can be looked at and learnt on, kept or not.
                log::warn!("{error}");
                return Ok(None);
            }
        };
        let Some(run) = held.summary()?.filter(|run| fits(run)) else { return Ok(None) };
        self.held.insert(id.to_owned(), held);
        Ok(Some(Summary { state: State::Running, finished: None, error: None, ..run }))
    }

    pub(super) fn open_file(&mut self, path: &Path) -> Result<Opened> {
        let (checkpoint, damage) = Checkpoint::read_or_previous(path)?;
        if let Some(error) = damage {
            self.tell(RunEvent::Refused(error));
        }
        let record = match (&self.store, &checkpoint.run) {
            (Some(store), Some(id)) => store.get(id)?,
            _ => None,
        };
        let run = match record.map_or(Ok(None), |record| self.claim(&record, &checkpoint)) {
            // A file is the user's own; what goes on from it is a run of its own then.
            Err(Error::InUse { .. }) => None,
            other => other?,
        };
        Ok(Opened { run, protocol: checkpoint.protocol.clone(), checkpoint: Some(checkpoint) })
    }
}
