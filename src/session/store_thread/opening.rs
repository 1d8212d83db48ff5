//! Runs and checkpoints that are opened to go on from.

use std::path::Path;

use super::super::messages::{Opened, RunEvent};
use super::Body;
use crate::base::error::{Error, Result};
use crate::store::{Checkpoint, Summary};

impl Body {
    /// A run with its last checkpoint, or with its experiment alone if it has none.
    pub(super) fn open_run(&mut self, id: &str) -> Result<Opened> {
        let gone = || Error::System(format!("run {id} is gone"));
        let store = self.store().ok_or_else(gone)?;
        let protocol = store.summary(id)?.ok_or_else(gone)?.protocol()?;
        let Some((mut checkpoint, damage)) = store.checkpoint(id)? else {
            return Ok(Opened { run: None, protocol, checkpoint: None, before: None });
        };
        if let Some(error) = damage {
            self.tell(RunEvent::Refused(error));
        }
        checkpoint.run = Some(id.to_owned());
        let before = store.checkpoint_before(id);
        let run = self.claim(&checkpoint)?;
        Ok(Opened { run, protocol: checkpoint.protocol.clone(), checkpoint: Some(checkpoint), before })
    }

    /// A checkpoint file of the user's.
    pub(super) fn open_file(&mut self, path: &Path) -> Result<Opened> {
        let (checkpoint, damage) = Checkpoint::read_or_previous(path)?;
        if let Some(error) = damage {
            self.tell(RunEvent::Refused(error));
        }
        let run = match self.claim(&checkpoint) {
            // A file is the user's own; what goes on from it is a run of its own then.
            Err(Error::InUse { .. }) => None,
            other => other?,
        };
        Ok(Opened { run, protocol: checkpoint.protocol.clone(), checkpoint: Some(checkpoint), before: None })
    }

    fn claim(&mut self, from: &Checkpoint) -> Result<Option<Summary>> {
        self.writer.as_mut().map_or(Ok(None), |writer| writer.claim(from))
    }
}
