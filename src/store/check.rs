//! Looking a store over: what is damaged, and saving what can be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Store;
use super::checkpoint::{Checkpoint, previous};
use super::record::{Epoch, Record, State, Summary};
use super::run_folder::{self, CHECKPOINT, EPOCHS, EXPERIMENT, RunFolder, SUMMARY};
use crate::base::error::{Error, Result};
use crate::base::files::{rename, write_atomically};
use crate::protocol::{Protocol, file};

/// What was found about one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The name of its folder.
    pub run: String,
    /// What is wrong with it, if anything.
    pub damage: Vec<Damage>,
    /// Another program adds to it now, so it was not looked at.
    pub is_in_use: bool,
}

/// Something that is wrong with a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Damage {
    /// The file, and what is wrong.
    pub what: String,
    /// What a repair does about it; `None` when it is beyond repair, and stays as it is.
    pub remedy: Option<String>,
}

impl Store {
    /// Looks at every run and, with `repair`, saves what can be read: a damaged file is set aside, and what it held is
    /// taken from the other files of the run. Runs are in order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read, or a repair not be written; names the file.
    pub fn check(&self, repair: bool) -> Result<Vec<Checked>> {
        let failed = |why: std::io::Error| Error::file("read", self.folder(), &why);
        let mut runs = Vec::new();
        for entry in std::fs::read_dir(self.folder()).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, id) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if run_folder::is_id(&id) && [SUMMARY, EPOCHS, CHECKPOINT].iter().any(|name| path.join(name).exists()) {
                runs.push((id, path));
            }
        }
        runs.sort();
        runs.into_iter().map(|(id, path)| Inspection::of(id, path, repair)).collect()
    }
}

/// One run that is being looked at.
struct Inspection {
    id: String,
    path: PathBuf,
    repair: bool,
    damage: Vec<Damage>,
}

impl Inspection {
    fn of(id: String, path: PathBuf, repair: bool) -> Result<Checked> {
        let held = if repair { RunFolder::lock(&path, &id).map(Some) } else { Ok(None) };
        let is_in_use = run_folder::is_locked(&path) && !matches!(held, Ok(Some(_)));
        if is_in_use {
            return Ok(Checked { run: id, damage: Vec::new(), is_in_use });
        }
        let _held = held?;
        let mut inspection = Self { id, path, repair, damage: Vec::new() };
        inspection.look()?;
        Ok(Checked { run: inspection.id, damage: inspection.damage, is_in_use: false })
    }

    fn look(&mut self) -> Result<()> {
        if let Some(why) = run_folder::newer(&self.path) {
            let what = format!("{}: {why}", self.path.join(SUMMARY).display());
            self.damage.push(Damage { what, remedy: None });
            return Ok(());
        }
        let checkpoint = self.checkpoint()?;
        let Some(protocol) = self.experiment(checkpoint.as_ref())? else { return Ok(()) };
        let epochs = self.epochs(checkpoint.as_ref())?;
        self.summary(&protocol, &epochs, checkpoint.as_ref())
    }

    /// Takes note of a damage, and mends it if that is wanted.
    fn found(&mut self, what: String, remedy: String, mend: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        self.damage.push(Damage { what, remedy: Some(remedy) });
        if self.repair { mend(&self.path) } else { Ok(()) }
    }

    /// The last checkpoint that is whole.
    fn checkpoint(&mut self) -> Result<Option<Checkpoint>> {
        let place = self.path.join(CHECKPOINT);
        let [last, before] = [&place, &previous(&place)].map(|path| path.exists().then(|| Checkpoint::read(path)));
        match (last, before) {
            (Some(Ok(last)), Some(Err(error))) => {
                let remedy = "it is set aside; the last one is whole".to_owned();
                self.found(error.to_string(), remedy, |_| set_aside(&previous(&place)))?;
                Ok(Some(last))
            }
            (Some(Ok(last)), _) => Ok(Some(last)),
            (Some(Err(error)), Some(Ok(before))) => {
                let remedy = format!("the checkpoint before it, after epoch {}, takes its place", before.epoch());
                self.found(error.to_string(), remedy, |_| {
                    set_aside(&place)?;
                    rename(&previous(&place), &place)
                })?;
                Ok(Some(before))
            }
            (Some(Err(error)), before) => {
                let remedy = "it is set aside, and the run cannot be gone on with".to_owned();
                self.found(error.to_string(), remedy, |_| {
                    set_aside(&place)?;
                    if before.is_some() { set_aside(&previous(&place)) } else { Ok(()) }
                })?;
                Ok(None)
            }
            // A program was killed between two renames.
            (None, Some(Ok(before))) => Ok(Some(before)),
            (None, _) => Ok(None),
        }
    }

    /// The experiment of the run; `None` when it is lost.
    fn experiment(&mut self, checkpoint: Option<&Checkpoint>) -> Result<Option<Protocol>> {
        let place = self.path.join(EXPERIMENT);
        let error = match file::load(&place) {
            Ok(protocol) => return Ok(Some(protocol)),
            Err(error) => error,
        };
        let Some(checkpoint) = checkpoint else {
            self.damage.push(Damage { what: error.to_string(), remedy: None });
            return Ok(None);
        };
        let protocol = checkpoint.protocol.clone();
        self.found(error.to_string(), "it is written again from the checkpoint".into(), |_| {
            if place.exists() {
                set_aside(&place)?;
            }
            write_atomically(&place, file::format(&protocol).as_bytes())
        })?;
        Ok(Some(protocol))
    }

    /// All epochs that can be read, in their file or in the checkpoint.
    fn epochs(&mut self, checkpoint: Option<&Checkpoint>) -> Result<Vec<Epoch>> {
        let place = self.path.join(EPOCHS);
        let bytes = if place.exists() {
            std::fs::read(&place).map_err(|why| Error::file("read", &place, &why))?
        } else {
            Vec::new()
        };
        let (mut epochs, mut bad) = (BTreeMap::new(), Vec::new());
        for (k, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
            match serde_json::from_slice::<Epoch>(line) {
                Ok(epoch) if line.ends_with(b"\n") => drop(epochs.insert(epoch.epoch, epoch)),
                _ => bad.push(k + 1),
            }
        }
        let first_of = |lines: &[usize]| lines.first().copied().unwrap_or(0);
        for epoch in checkpoint.iter().flat_map(|checkpoint| &checkpoint.epochs) {
            epochs.entry(epoch.epoch).or_insert_with(|| epoch.clone());
        }
        let epochs: Vec<Epoch> = epochs.into_values().collect();
        if !bad.is_empty() {
            let what = format!("{}: {} lines are no epochs, line {} first", place.display(), bad.len(), first_of(&bad));
            let remedy = format!("the file is written again with the {} epochs that can be read", epochs.len());
            self.found(what, remedy, |_| {
                set_aside(&place)?;
                write_atomically(&place, run_folder::lines_of(&epochs).as_bytes())
            })?;
        }
        Ok(epochs)
    }

    /// The summary, which says no more than the other files hold.
    fn summary(&mut self, protocol: &Protocol, epochs: &[Epoch], checkpoint: Option<&Checkpoint>) -> Result<()> {
        let place = self.path.join(SUMMARY);
        let saved = checkpoint.map(|checkpoint| checkpoint.epoch() as f64);
        let why = match run_folder::read_bare_summary(&self.path) {
            Ok(Some(summary)) => return self.compare(&summary, epochs, saved),
            Ok(None) => format!("{}: it is missing", place.display()),
            Err(error) => error.to_string(),
        };
        let mut record = Record::new(protocol.clone(), "check");
        for epoch in epochs {
            record.append(epoch.clone());
        }
        record.summary.falls = checkpoint.map(|checkpoint| checkpoint.falls.clone()).unwrap_or_default();
        let summary = Summary { id: self.id.clone(), state: State::Interrupted, checkpoint: saved, ..record.summary };
        self.found(why, "it is written again, without name, note and times".into(), |path| {
            if place.exists() {
                set_aside(&place)?;
            }
            run_folder::change_summary(path, |_| Ok(summary)).map(drop)
        })
    }

    /// Whether the other files hold what the summary lists.
    fn compare(&mut self, summary: &Summary, epochs: &[Epoch], saved: Option<f64>) -> Result<()> {
        let place = self.path.join(SUMMARY);
        if summary.id != self.id {
            let what = format!("{}: it holds the run {}, not that of its folder", place.display(), summary.id);
            self.damage.push(Damage { what, remedy: None });
            return Ok(());
        }
        let mut mended = summary.clone();
        let listed = epochs.iter().rfind(|epoch| epoch.epoch <= summary.epochs);
        let last = listed.map_or(0, |epoch| epoch.epoch);
        if last < summary.epochs {
            (mended.epochs, mended.last) = (last, listed.map(|epoch| epoch.lanes.clone()).unwrap_or_default());
        }
        // A checkpoint in the middle of an epoch counts the part of it, too; one that is ahead is as good.
        if summary.checkpoint.is_some_and(|at| saved.is_none_or(|saved| saved < at.floor())) {
            mended.checkpoint = saved;
        }
        if mended == *summary {
            return Ok(());
        }
        let name = |at: Option<f64>| at.map_or("none".to_owned(), |at| format!("after epoch {at}"));
        let state = |run: &Summary| format!("{} epochs, checkpoint {}", run.epochs, name(run.checkpoint));
        let what = format!("{}: it lists {}", place.display(), state(summary));
        let remedy = format!("it lists what is there: {}", state(&mended));
        self.found(what, remedy, |path| run_folder::change_summary(path, |_| Ok(mended)).map(drop))
    }
}

/// Gives a damaged file another name: `summary.json` becomes `summary.damaged.json`.
fn set_aside(path: &Path) -> Result<()> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    rename(path, &path.with_file_name(format!("{stem}.damaged.{extension}")))
}

#[cfg(test)]
mod tests;
