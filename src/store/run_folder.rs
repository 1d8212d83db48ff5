//! One run as a folder of plain files, and the lock that gives it to one program at a time.
//!
//! | file | content |
//! |---|---|
//! | `experiment.toml` | the experiment file of the run as it began |
//! | `epochs.jsonl` | one [`Epoch`] a line, all lanes |
//! | `checkpoint.safetensors` | the last checkpoint (see [`super::checkpoint`]) |
//! | `checkpoint.previous.safetensors` | the one before it |
//! | `summary.json` | [`Summary`] without the experiment, with the version of the format |
//! | `lock` | locked by the program that adds to the run; holds the process number |
//! | `summary.lock` | locked for the moment in which `summary.json` is replaced |
//!
//! Epochs are written first, then the checkpoint, then the summary. The summary is what counts: epochs after those that
//! it names are not part of the run yet, and are computed again with the same bits.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::record::{Epoch, MOST_EPOCHS, Record, Summary, append};
use crate::base::error::{Error, Result};
use crate::base::files::{self, write_atomically};

/// Version of the format that this program writes.
pub const FORMAT: u64 = 1;
/// The key of the version in `summary.json`.
pub(super) const VERSION: &str = "misfit_run";
pub(super) const SUMMARY: &str = "summary.json";
pub(super) const EXPERIMENT: &str = "experiment.toml";
pub(super) const EPOCHS: &str = "epochs.jsonl";
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";
/// Letters of an id at most.
const MOST_ID: usize = 64;
/// Largest text of a run, bytes.
pub(super) const MOST_TEXT: u64 = 64 << 20;
const LOCK: &str = "lock";
const SUMMARY_LOCK: &str = "summary.lock";

/// What a program that trains adds to a run.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The run as it stands. Name, note, star and deletion are the user's and are not taken from here.
    pub summary: Option<Summary>,
    /// Epochs that are new, or that came again.
    pub epochs: Vec<Epoch>,
    /// Epochs learnt, and the bytes of a checkpoint.
    pub checkpoint: Option<(f64, Vec<u8>)>,
}

/// A run that this program holds. Dropping it lets the run go.
#[derive(Debug)]
pub struct RunFolder {
    id: String,
    path: PathBuf,
    lock: File,
    /// The folder was made for this run, and nothing of it is there yet.
    new: bool,
    /// There is something of the run in the folder.
    begun: bool,
    /// The last epoch in the file, the lines, and the bytes that are whole; `None` when the file has to be read.
    tail: Option<(usize, usize, u64)>,
}

impl RunFolder {
    /// Locks the run in this folder; the folder is made if need be.
    ///
    /// # Errors
    /// [`Error::InUse`] when another program has it, or when the folder cannot be written.
    pub(super) fn lock(path: &Path, id: &str) -> Result<Self> {
        let new = !path.exists();
        files::create_folder(path)?;
        let place = path.join(LOCK);
        let mut lock = files::open_lock(&place)?;
        let mut tries = 1;
        let mut locked = lock.try_lock();
        // A program that only asks holds the lock for a moment.
        while matches!(locked, Err(TryLockError::WouldBlock)) && tries < 5 {
            std::thread::sleep(std::time::Duration::from_millis(10));
            locked = lock.try_lock();
            tries += 1;
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse { run: id.to_owned(), process: process(path) });
            }
            Err(TryLockError::Error(why)) => return Err(Error::file("write", &place, &why)),
        }
        // Only to be told to people; the lock is what counts.
        drop(lock.set_len(0).and_then(|()| lock.write_all(std::process::id().to_string().as_bytes())));
        let begun = path.join(SUMMARY).exists();
        Ok(Self { id: id.to_owned(), path: path.to_path_buf(), lock, new, begun, tail: None })
    }

    /// The name of the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run as it stands on the disk; `None` before the first [`Self::put`].
    ///
    /// # Errors
    /// When it cannot be read, or a newer program wrote it; names the file.
    pub fn summary(&self) -> Result<Option<Summary>> {
        read_summary(&self.path)
    }

    /// Adds to the run, or begins it. When this returns an error, what was there before is still there.
    ///
    /// # Errors
    /// When the disk is full, the folder read-only, or a file of a newer format; names the file. [`Error::RunGone`]
    /// when the folder, or epochs in it, were moved or deleted meanwhile.
    pub fn put(&mut self, update: &Update) -> Result<()> {
        let before = self.summary()?;
        if self.begun && before.is_none() {
            return Err(Error::RunGone { path: self.path.clone() });
        }
        let Some(mut summary) = update.summary.clone().or_else(|| before.clone()) else {
            return Err(no_such_run(&self.id));
        };
        if before.is_none() {
            write_atomically(&self.path.join(EXPERIMENT), summary.experiment.as_bytes())?;
        }
        self.append(&update.epochs, before.as_ref().map_or(0, |run| run.epochs))?;
        if let (None, Some(last)) = (&update.summary, update.epochs.last()) {
            (summary.epochs, summary.last) = (last.epoch, last.lanes.clone());
        }
        summary.checkpoint = before.as_ref().and_then(|run| run.checkpoint);
        if let Some((at, bytes)) = &update.checkpoint {
            self.save_checkpoint(bytes)?;
            summary.checkpoint = Some(*at);
        }
        change_summary(&self.path, |before| {
            if let Some(before) = before {
                // Those belong to the user, and may have changed meanwhile.
                (summary.name, summary.note) = (before.name, before.note);
                (summary.starred, summary.deleted) = (before.starred, before.deleted);
            }
            Ok(summary)
        })?;
        (self.new, self.begun) = (false, true);
        Ok(())
    }

    /// Adds epochs to the file and waits until they are on the disk.
    fn append(&mut self, new: &[Epoch], listed: usize) -> Result<()> {
        let Some(first) = new.first() else { return Ok(()) };
        let place = self.path.join(EPOCHS);
        match self.tail {
            Some((last, lines, length)) if last < first.epoch && lines + new.len() <= 2 * MOST_EPOCHS => {
                let text = lines_of(new);
                // Until it is written, nothing is known of the end of the file.
                self.tail = None;
                files::append(&place, length, text.as_bytes())?;
                self.tail = Some((last_of(new), lines + new.len(), length + text.len() as u64));
            }
            _ => {
                let mut all = read_epochs(&self.path, listed)?;
                if last_of(&all) < listed.min(first.epoch - 1) {
                    return Err(Error::RunGone { path: place });
                }
                for epoch in new {
                    append(&mut all, epoch.clone());
                }
                let text = lines_of(&all);
                write_atomically(&place, text.as_bytes())?;
                self.tail = Some((last_of(&all), all.len(), text.len() as u64));
            }
        }
        Ok(())
    }

    /// The new checkpoint takes the place of the last one, which takes the place of the one before it.
    fn save_checkpoint(&self, bytes: &[u8]) -> Result<()> {
        let place = self.path.join(CHECKPOINT);
        let next = self.path.join("checkpoint.next.safetensors");
        write_atomically(&next, bytes)?;
        if place.exists() {
            files::rename(&place, &super::checkpoint::previous(&place))?;
        }
        files::rename(&next, &place)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // An empty file says that the run was let go in peace; a killed program leaves its number.
        drop(self.lock.set_len(0));
        // Of a run that could not be written nothing is left behind.
        if self.new {
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

fn last_of(epochs: &[Epoch]) -> usize {
    epochs.last().map_or(0, |e| e.epoch)
}

pub(super) fn lines_of(epochs: &[Epoch]) -> String {
    epochs.iter().flat_map(|epoch| [serde_json::json!(epoch).to_string(), "\n".to_owned()]).collect()
}

pub(super) fn no_such_run(word: &str) -> Error {
    Error::System(format!("there is no run `{word}`; `misfit runs` lists them all"))
}

/// The process that holds the run, where that can be read.
pub(super) fn process(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path.join(LOCK)).ok()?.trim().parse().ok()
}

/// Whether a program that is alive holds the run.
pub(super) fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path.join(LOCK)) else { return false };
    // Where there are no locks it cannot be told: rather no run is taken away.
    file.try_lock_shared().is_err()
}

/// Whether a word can be the name of a run.
pub(super) fn is_id(word: &str) -> bool {
    (1..=MOST_ID).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Whether this is the folder of a run whose program is gone since yesterday and had written nothing but the experiment.
pub(super) fn is_left_empty(path: &Path) -> bool {
    let Ok(about) = std::fs::metadata(path.join(LOCK)) else { return false };
    let is_old = about.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > files::OLD));
    let is_empty = |entries: std::fs::ReadDir| {
        let names = entries.flatten().map(|entry| entry.file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .all(|name| matches!(name.as_str(), LOCK | SUMMARY_LOCK | EXPERIMENT) || name.starts_with(files::TEMPORARY))
    };
    is_old && !is_locked(path) && std::fs::read_dir(path).is_ok_and(is_empty)
}

/// Whether a program was killed while it held the run.
pub(super) fn was_killed(path: &Path) -> bool {
    !is_locked(path) && process(path).is_some()
}

/// Reads, changes and replaces the summary, with other programs kept out for that moment.
pub(super) fn change_summary(path: &Path, change: impl FnOnce(Option<Summary>) -> Result<Summary>) -> Result<Summary> {
    let place = path.join(SUMMARY_LOCK);
    let guard = files::open_lock(&place)?;
    guard.lock().map_err(|why| Error::file("write", &place, &why))?;
    let summary = change(read_summary(path)?)?;
    let mut value = serde_json::json!(summary);
    if let Json::Object(map) = &mut value {
        map.remove("experiment");
        map.shift_insert(0, VERSION.into(), FORMAT.into());
        map.insert("program".into(), concat!("misfit ", env!("CARGO_PKG_VERSION")).into());
    }
    write_atomically(&path.join(SUMMARY), format!("{value:#}\n").as_bytes())?;
    Ok(summary)
}

/// The summary of the run in a folder; `None` when there is none.
pub(super) fn read_summary(path: &Path) -> Result<Option<Summary>> {
    let Some(mut summary) = read_bare_summary(path)? else { return Ok(None) };
    let place = path.join(EXPERIMENT);
    summary.experiment = files::read_text(&place, MOST_TEXT)?;
    Ok(Some(summary))
}

/// The same without the experiment.
pub(super) fn read_bare_summary(path: &Path) -> Result<Option<Summary>> {
    let place = path.join(SUMMARY);
    let bad = |why: String| Error::Malformed { path: place.clone(), place: None, why };
    let text = match files::read_text(&place, MOST_TEXT) {
        Err(Error::File { kind: ErrorKind::NotFound | ErrorKind::NotADirectory, .. }) => return Ok(None),
        text => text?,
    };
    let value: Json = serde_json::from_str(&text).map_err(|why| bad(format!("expected the run as JSON: {why}")))?;
    match value.get(VERSION).and_then(Json::as_u64) {
        Some(1..=FORMAT) => {}
        Some(newer) => return Err(bad(newer_version(newer))),
        None => return Err(bad(format!("expected `{VERSION}`, the format of the run"))),
    }
    summary_of(value).map(Some).map_err(bad)
}

/// A summary from its JSON.
///
/// # Errors
/// What makes no sense in it.
pub(super) fn summary_of(value: Json) -> std::result::Result<Summary, String> {
    let mut summary: Summary =
        serde_json::from_value(value).map_err(|why| format!("this does not describe a run: {why}"))?;
    summary.last.iter_mut().for_each(|lane| lane.epoch = summary.epochs);
    if !is_id(&summary.id) {
        return Err(format!("`id` wants letters, digits, - and _, {MOST_ID} of them at most"));
    }
    Ok(summary)
}

fn newer_version(newer: u64) -> String {
    format!(
        "the run has version {newer}, but this Misfit knows {FORMAT}; use a newer Misfit, or another folder with --store \
         DIR"
    )
}

/// What is said of a run that a newer program wrote; `None` for all others.
pub(super) fn newer(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path.join(SUMMARY)).ok()?;
    let value: Json = serde_json::from_slice(&bytes).ok()?;
    value.get(VERSION)?.as_u64().filter(|version| *version > FORMAT).map(newer_version)
}

/// An epoch from a line of a file.
///
/// # Errors
/// Names the file, the line, and what was expected.
pub(super) fn epoch_of(line: &[u8], path: &Path, number: usize) -> Result<Epoch> {
    serde_json::from_slice(line).map_err(|why| Error::Malformed {
        path: path.into(),
        place: Some(format!("line {number}")),
        why: format!("expected the numbers of an epoch: {why}"),
    })
}

/// The epochs of the run in a folder up to the last that is listed; a last line that is cut off is left out.
pub(super) fn read_epochs(path: &Path, listed: usize) -> Result<Vec<Epoch>> {
    let place = path.join(EPOCHS);
    let bytes = match std::fs::read(&place) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(Error::file("read", &place, &why)),
    };
    let mut epochs = Vec::new();
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    for (k, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        if line.last() != Some(&b'\n') {
            break;
        }
        let epoch = epoch_of(line, &place, k + 1)?;
        if epoch.epoch <= listed {
            append(&mut epochs, epoch);
        }
    }
    Ok(epochs)
}

/// The run in a folder with its curves.
pub(super) fn read_record(path: &Path) -> Result<Option<Record>> {
    let Some(summary) = read_summary(path)? else { return Ok(None) };
    let epochs = read_epochs(path, summary.epochs)?;
    Ok(Some(Record { summary, epochs }))
}
