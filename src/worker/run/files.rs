//! Networks, sounds and checkpoints that come from files or go there.

use std::path::{Path, PathBuf};

use super::super::Shared;
use super::super::messages::Event;
use super::{ORIGIN, Session, build};
use crate::base::error::{Error, Result};
use crate::nir::{self, Imported};
use crate::params::Lane;
use crate::spikes::SpikeTrain;
use crate::task::{speech, wav};

impl Session {
    /// Writes the network of a lane for other simulators.
    pub(super) fn export(&self, path: PathBuf, lane: Lane, form: nir::Form, shared: &Shared) {
        let Some(experiment) = self.experiment() else { return };
        let written = nir::export(experiment, lane, form, None).and_then(|graph| nir::file::write(&graph, &path));
        shared.tell(match written {
            Ok(()) => Event::Saved(path),
            Err(error) => Event::NotSaved(error),
        });
    }

    /// Begins anew with a network from elsewhere. A running experiment goes on when it cannot be used.
    pub(super) fn load(&mut self, imported: Imported, shared: &Shared) {
        let built = build(imported.params.clone().into(), shared).and_then(|run| {
            let mut run = run.ok_or(Error::LoadingStopped)?;
            run.experiment_mut().load_weights(&imported.network)?;
            Ok(run)
        });
        match built {
            Ok(run) => {
                self.put_away();
                self.begin(imported.params.clone(), Ok(run), shared);
                if let Some(recorder) = &mut self.recorder {
                    recorder.begin(&self.params.clone().into(), ORIGIN, None, &[], Some("a network from a file"));
                }
                shared.tell(Event::Loaded { params: Box::new(imported.params), notes: imported.notes });
            }
            Err(error) => shared.tell(Event::Refused(error)),
        }
    }

    /// A sound of the user's as the task's own words are heard.
    pub(super) fn hear(&self, path: &Path) -> Result<(String, SpikeTrain)> {
        let spikes = speech::ear()?.listen(&wav::read(path, wav::LONGEST_WORD)?, 1);
        let input = self.experiment().and_then(|e| e.data().sound(e.params(), &spikes));
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match input {
            Some(input) => Ok((name, input)),
            None => Err(Error::System(format!("{name} is a sound: choose a task of spoken words to hear it"))),
        }
    }

    pub(super) fn save_checkpoint(&mut self, path: PathBuf, shared: &Shared) {
        let (Some(run), Some(recorder)) = (&self.run, &mut self.recorder) else { return };
        if !recorder.save_to(path, run) {
            shared.tell(Event::Refused(Error::DiskBusy));
        }
    }
}
