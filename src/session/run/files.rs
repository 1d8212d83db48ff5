//! Networks, recordings and checkpoints that come from files or go there.

use std::path::PathBuf;

use super::super::messages::Event;
use super::{ORIGIN, Session, build};
use crate::base::error::{Error, Result};
use crate::exchange::nir::{self, Imported};
use crate::exchange::npz;
use crate::params::Lane;

impl Session<'_> {
    /// Writes the network of a lane for other simulators.
    pub(super) fn export(&self, path: PathBuf, lane: Lane, form: nir::Form) {
        let Some(experiment) = self.engine.experiment() else { return };
        let written = nir::export(experiment, lane, form, None).and_then(|graph| nir::file::write(&graph, &path));
        self.wrote(written, path);
    }

    /// Begins anew with a network from elsewhere. A running experiment goes on when it cannot be used.
    pub(super) fn load(&mut self, imported: Imported) {
        let built = build(imported.params.clone().into(), self.publisher.shared).and_then(|run| {
            let mut run = run.ok_or(Error::LoadingStopped)?;
            run.experiment_mut().load_weights(&imported.network)?;
            Ok(run)
        });
        match built {
            Ok(run) => {
                self.put_away();
                self.begin(imported.params.clone(), Ok(run));
                if let Some(recorder) = &mut self.recorder {
                    recorder.begin(
                        &self.engine.params.clone().into(),
                        ORIGIN,
                        None,
                        (&[], &[]),
                        Some("a network from a file"),
                    );
                }
                self.tell(Event::Loaded { params: Box::new(imported.params), notes: imported.notes });
            }
            Err(error) => self.tell(Event::Refused(error)),
        }
    }

    /// Writes a batch with the weights that the views show, as `misfit record` does: as many samples as a batch
    /// has, or as fit.
    pub(super) fn record(&self, path: PathBuf, lane: Lane) {
        let Some(experiment) = self.shown() else { return };
        let mut samples = experiment.params().learning.batch as usize;
        while samples > 1 && experiment.check_dump(lane, samples).is_err() {
            samples /= 2;
        }
        self.wrote(npz::write(experiment, lane, samples, &path), path);
    }

    fn wrote(&self, written: Result<()>, path: PathBuf) {
        self.tell(match written {
            Ok(()) => Event::Saved(path),
            Err(error) => Event::NotSaved(error),
        });
    }

    /// Writes everything that the next batch depends on.
    pub(super) fn save_checkpoint(&mut self, path: PathBuf) {
        let (Some(run), Some(recorder)) = (&self.engine.run, &mut self.recorder) else { return };
        if !recorder.save_to(path, run) {
            self.tell(Event::Refused(Error::DiskBusy));
        }
    }
}
