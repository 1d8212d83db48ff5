//! The store on the disk: a folder with one folder a run, named by its id. See [`super::RunFolder`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::clock::{self, Millis};
use super::found;
use super::record::{Record, State, Summary};
use super::run_folder::{self, CHECKPOINT, RunFolder, SUMMARY, Update, no_such_run};
use super::{Checkpoint, checkpoint};
use crate::base::error::{Error, Result};
use crate::base::files;

/// The environment variable that names another folder, or `none` to keep nothing.
pub const FOLDER_VARIABLE: &str = "MISFIT_STORE";
/// How the names of folders begin that are being removed.
const GONE: &str = ".gone-";
/// A file that was changed that short a time ago may change again without its time telling.
const YOUNG: Duration = Duration::from_secs(2);

/// Where runs are kept. Cheap to make; holds no file open.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    /// Summaries by id, with the time of their files.
    known: Arc<Mutex<BTreeMap<String, (SystemTime, Summary)>>>,
}

/// What became of runs that were imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Runs that are new in the store.
    pub new: usize,
    /// Runs that were there with fewer epochs, or not yet finished.
    pub updated: usize,
    /// Runs that were there already.
    pub known: usize,
}

impl Store {
    /// The store in `folder`, or in the one that `MISFIT_STORE` names, or in the user's data folder; `None` when
    /// `MISFIT_STORE` is `none`.
    ///
    /// # Errors
    /// As [`Self::at`], and when the system names no data folder.
    pub fn open(folder: Option<&Path>) -> Result<Option<Self>> {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(folder) = folder.map(Path::to_path_buf).or(named) {
            return if folder.as_os_str() == "none" { Ok(None) } else { Self::at(&folder).map(Some) };
        }
        let folders = directories::ProjectDirs::from("", "", "misfit").ok_or_else(|| {
            Error::System("the system names no folder for data of programs; name one with --store DIR".into())
        })?;
        Self::at(&folders.data_dir().join("runs")).map(Some)
    }

    /// The store in `folder`, which is made if need be.
    ///
    /// # Errors
    /// When the folder can be neither made nor read; names it.
    pub fn at(folder: &Path) -> Result<Self> {
        files::create_folder(folder)?;
        std::fs::read_dir(folder).map_err(|why| Error::file("read", folder, &why))?;
        Ok(Self { folder: folder.to_path_buf(), known: Arc::default() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// All runs, deleted ones too, in order of time. A run that makes no sense is left out, and told to the log.
    ///
    /// # Errors
    /// When the folder cannot be read; names it.
    pub fn list(&self) -> Result<Vec<Summary>> {
        let failed = |why: std::io::Error| Error::file("read", &self.folder, &why);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *known);
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let id = entry.file_name().to_string_lossy().into_owned();
            if id.starts_with('.') {
                continue;
            }
            let path = entry.path();
            let changed = std::fs::metadata(path.join(SUMMARY)).and_then(|about| about.modified());
            let Ok(changed) = changed else { continue };
            let summary = match before.get(&id) {
                Some((at, summary)) if *at == changed => summary.clone(),
                _ => match run_folder::read_summary(&path) {
                    Ok(Some(summary)) if summary.id == id => summary,
                    Ok(Some(summary)) => {
                        log::warn!("{}: it holds the run {}", path.display(), summary.id);
                        continue;
                    }
                    Ok(None) => continue,
                    Err(error) => {
                        log::warn!("{error}");
                        continue;
                    }
                },
            };
            if changed.elapsed().is_ok_and(|age| age > YOUNG) {
                known.insert(id, (changed, summary.clone()));
            }
            all.push(summary);
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }

    /// One run without its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the run cannot be read; names the file.
    pub fn summary(&self, id: &str) -> Result<Option<Summary>> {
        run_folder::read_summary(&self.path(id))
    }

    /// One run with its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the run cannot be read; names the file.
    pub fn get(&self, id: &str) -> Result<Option<Record>> {
        run_folder::read_record(&self.path(id))
    }

    /// Begins a run, which nothing is written of before the first [`RunFolder::put`].
    ///
    /// # Errors
    /// When the folder cannot be written, or another program has the run.
    pub fn create(&self, id: &str) -> Result<RunFolder> {
        RunFolder::lock(&self.path(id), id)
    }

    /// Locks a run: no other program can add to it until the value is dropped, or the program gone, however that ended.
    ///
    /// # Errors
    /// [`Error::InUse`] when another program has it, when there is no such run, or when it cannot be written.
    pub fn claim(&self, id: &str) -> Result<RunFolder> {
        if self.summary(id)?.is_none() {
            return Err(no_such_run(id));
        }
        self.create(id)
    }

    /// Adds to a run that no program holds, or begins it.
    ///
    /// # Errors
    /// As [`Self::claim`] and [`RunFolder::put`].
    pub fn put(&self, id: &str, update: &Update) -> Result<()> {
        if update.summary.is_none() { self.claim(id)? } else { self.create(id)? }.put(update)
    }

    /// The last checkpoint of a run that is whole; `None` when there is none. What is wrong with a later one is told.
    ///
    /// # Errors
    /// When no checkpoint of the run is whole.
    pub fn checkpoint(&self, id: &str) -> Result<Option<(Checkpoint, Option<Error>)>> {
        let path = self.path(id).join(CHECKPOINT);
        if !path.exists() && !checkpoint::previous(&path).exists() {
            return Ok(None);
        }
        if !path.exists() {
            // The program was killed between two renames; the one before is what the summary names.
            return Checkpoint::read(&checkpoint::previous(&path)).map(|found| Some((found, None)));
        }
        Checkpoint::read_or_previous(&path).map(Some)
    }

    /// The checkpoint that the last one of a run replaced, if there is one and it is whole.
    pub fn checkpoint_before(&self, id: &str) -> Option<Checkpoint> {
        Checkpoint::read(&checkpoint::previous(&self.path(id).join(CHECKPOINT))).ok()
    }

    /// Changes what belongs to the user: name, note, star; returns the run as it is then.
    ///
    /// # Errors
    /// When there is no such run, or it cannot be written.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Summary)) -> Result<Summary> {
        let path = self.path(id);
        if !path.join(SUMMARY).exists() {
            return Err(no_such_run(id));
        }
        run_folder::change_summary(&path, |before| {
            let mut summary = before.ok_or_else(|| no_such_run(id))?;
            change(&mut summary);
            id.clone_into(&mut summary.id);
            Ok(summary)
        })
    }

    /// Adds the runs in a folder and the folders in it, with their checkpoints. Those that are there already are replaced
    /// only by one that knows more. Returns what could not be read, too.
    ///
    /// # Errors
    /// When the folder cannot be read or the store not be written.
    pub fn import(&self, folder: &Path) -> Result<(Imported, Vec<Error>)> {
        let (found, mut errors) = found::find_folders(folder)?;
        let mut imported = Imported::default();
        for (from, record) in found {
            let summary = record.summary;
            let more = |before: &Summary| {
                (summary.epochs, summary.finished.is_some()) > (before.epochs, before.finished.is_some())
            };
            match self.summary(&summary.id)? {
                Some(before) if !more(&before) => {
                    imported.known += 1;
                    continue;
                }
                Some(_) => imported.updated += 1,
                None => imported.new += 1,
            }
            let place = from.join(CHECKPOINT);
            let checkpoint = match (summary.checkpoint, place.exists()) {
                (Some(at), true) => {
                    let bytes = std::fs::read(&place).map_err(|why| Error::file("read", &place, &why))?;
                    // What is damaged is told; the curves are kept all the same.
                    match Checkpoint::decode(&bytes, &place) {
                        Ok(_) => Some((at, bytes)),
                        Err(error) => {
                            errors.push(error);
                            None
                        }
                    }
                }
                _ => None,
            };
            let id = summary.id.clone();
            let summary = Summary { deleted: None, checkpoint: None, ..summary };
            self.put(&id, &Update { summary: Some(summary), epochs: record.epochs, checkpoint })?;
        }
        Ok((imported, errors))
    }

    /// Copies the folder of a run into another one; returns where it is then.
    ///
    /// # Errors
    /// When there is no such run, or it cannot be read or written; names the file.
    pub fn export(&self, id: &str, to: &Path) -> Result<PathBuf> {
        Self::at(to)?.import(&self.path(id))?;
        Ok(to.join(id))
    }

    /// Takes runs that were deleted before `before` off the disk for good; returns how many. What killed programs have
    /// left goes, too.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn purge(&self, before: Millis) -> Result<usize> {
        self.remove_litter()?;
        let mut gone = 0;
        for run in self.list()?.into_iter().filter(|run| run.deleted.is_some_and(|at| at < before)) {
            let held = match self.claim(&run.id) {
                Err(Error::InUse { .. }) => continue,
                other => other?,
            };
            // Out of sight in one step, so that there is never half a run.
            let away = self.folder.join(format!("{GONE}{}", run.id));
            files::rename(held.path(), &away)?;
            drop(held);
            std::fs::remove_dir_all(&away).map_err(|why| Error::file("remove", &away, &why))?;
            gone += 1;
        }
        Ok(gone)
    }

    /// Removes runs whose purge was interrupted, and folders that were made for runs of which nothing was written.
    fn remove_litter(&self) -> Result<()> {
        let failed = |why: std::io::Error| Error::file("read", &self.folder, &why);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_gone = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(GONE));
            if is_gone || run_folder::is_left_empty(&path) {
                std::fs::remove_dir_all(&path).map_err(|why| Error::file("remove", &path, &why))?;
            }
        }
        Ok(())
    }

    /// Marks runs as interrupted whose programs are gone without a word, also when those held them but had not
    /// learnt yet; returns them, the latest last.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn abandoned(&self) -> Result<Vec<Summary>> {
        let mut found = Vec::new();
        for run in self.list()? {
            let path = self.path(&run.id);
            let cut_off = match run.state {
                State::Running => !run_folder::is_locked(&path),
                State::Interrupted => run_folder::was_killed(&path),
                _ => false,
            };
            if !cut_off {
                continue;
            }
            // A program that has gone on with it meanwhile keeps it.
            match self.claim(&run.id) {
                Ok(_held) => found.push(self.edit(&run.id, |run| run.state = State::Interrupted)?),
                Err(Error::InUse { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Whether a program that is alive learns this run.
    pub fn is_live(&self, run: &Summary) -> bool {
        run.state == State::Running && self.is_held(&run.id)
    }

    /// Whether a program that is alive holds this run.
    pub fn is_held(&self, id: &str) -> bool {
        run_folder::is_locked(&self.path(id))
    }

    /// The run that is meant: by its id, the beginning or the end of it, or its name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn resolve(&self, word: &str) -> Result<Summary> {
        let mut found = self.resolve_all(&[word])?;
        found.pop().ok_or_else(|| no_such_run(word))
    }

    /// As [`Self::resolve`], for several words; reads the list once at most.
    ///
    /// # Errors
    /// When one of them means no run, or more than one.
    pub fn resolve_all(&self, words: &[impl AsRef<str>]) -> Result<Vec<Summary>> {
        let mut all = None;
        let resolve = |word: &str| {
            // A whole id says what is wrong with its run, where a list leaves it out.
            if run_folder::is_id(word)
                && let Some(run) = self.summary(word)?
            {
                return Ok(run);
            }
            if all.is_none() {
                all = Some(self.list()?);
            }
            meant(all.as_deref().unwrap_or_default(), word)
        };
        words.iter().map(AsRef::as_ref).map(resolve).collect()
    }
}

/// The run of a list that a word means.
fn meant(all: &[Summary], word: &str) -> Result<Summary> {
    let matches =
        |run: &&Summary| run.name == word || (word.len() >= 3 && (run.id.starts_with(word) || run.id.ends_with(word)));
    let mut found: Vec<&Summary> = all.iter().filter(matches).collect();
    // A run that was deleted is meant only if no other is.
    if found.iter().any(|run| run.deleted.is_none()) {
        found.retain(|run| run.deleted.is_none());
    }
    match found[..] {
        [run] => Ok(run.clone()),
        [] => Err(no_such_run(word)),
        _ => Err(Error::System(format!("{} runs are called or begin with `{word}`; give the whole id", found.len()))),
    }
}

/// That long a deleted run can be had back, at least.
pub const DELETED_FOR: Millis = 30 * 24 * 3600 * 1000;

/// The moment before which deleted runs are purged.
pub fn purge_before() -> Millis {
    clock::now().saturating_sub(DELETED_FOR)
}

#[cfg(test)]
mod tests;
