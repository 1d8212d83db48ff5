//! The store on the disk: one [redb](https://docs.rs/redb) file, opened for each transaction only.
//!
//! redb locks its file for one program at a time. A store that stayed open would shut out every other Misfit, so it is
//! opened, used and closed again within milliseconds, and whoever finds it taken tries again for a while. Two windows,
//! a training run in the terminal and `misfit runs` can so share one store, and between two transactions the file is
//! whole and at rest.
//!
//! | table | key | value |
//! |---|---|---|
//! | `about` | `schema` | version of this layout |
//! | `runs` | id | [`Summary`] as JSON |
//! | `epochs` | id, epoch | [`Epoch`] as JSON |
//! | `checkpoints` | id, count | file of [`super::checkpoint`]; the last two of a run |

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redb::{Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _, TableDefinition};
use redb::{ReadableTable as _, WriteTransaction};

use super::checkpoint::Checkpoint;
use super::clock::{self, Millis};
use super::record::{Epoch, Record, State, Summary};
use super::session::{self, Session};
use crate::error::{Error, Result};

/// Version of the layout that this program writes.
pub const SCHEMA: u64 = 1;
/// The environment variable that names another folder, or `none` to keep nothing.
pub const FOLDER_VARIABLE: &str = "MISFIT_STORE";
/// How long to wait for another Misfit to finish its transaction.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memory for pages, bytes: enough for a few checkpoints.
const CACHE: usize = 32 << 20;
/// Checkpoints kept of a run that is not finished.
const CHECKPOINTS: u64 = 2;

const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const RUNS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("runs");
const EPOCHS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("epochs");
const CHECKPOINT: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("checkpoints");

/// Where runs are kept. Cheap to make; holds no file open.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// What a program that trains has to add to a run.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The run as it stands. Name, note, star and deletion are the user's and are not taken from here.
    pub summary: Option<Summary>,
    /// Epochs that are new, or that came again.
    pub epochs: Vec<Epoch>,
    /// Epochs learnt, and the bytes of a checkpoint.
    pub checkpoint: Option<(f64, Vec<u8>)>,
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
        Self::at(folders.data_dir()).map(Some)
    }

    /// The store in `folder`, which is made if need be.
    ///
    /// # Errors
    /// When the folder cannot be written, the file is none of Misfit's, or a newer Misfit wrote it; names the file.
    pub fn at(folder: &Path) -> Result<Self> {
        let store = Self { folder: folder.to_path_buf() };
        let file = store.file();
        std::fs::create_dir_all(folder).map_err(|why| Error::file("create the folder of", &file, &why))?;
        if !file.exists() {
            store.create()?;
        }
        store.read(|_| Ok(()))?;
        Ok(store)
    }

    /// The file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("runs.redb")
    }

    /// Marks this program as alive, for [`Summary::session`].
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn session(&self) -> Result<Session> {
        Session::start(&self.folder)
    }

    /// Makes an empty store beside its place and moves it there, so that there is never half of one.
    fn create(&self) -> Result<()> {
        let file = self.file();
        let failed = |why: std::io::Error| Error::file("write", &file, &why);
        let new = tempfile::Builder::new().prefix("new-").tempfile_in(&self.folder).map_err(failed)?;
        let place = new.into_temp_path();
        let database =
            Database::builder().set_cache_size(CACHE).create(&place).map_err(|why| self.fault(&why.into()))?;
        self.within(&database, |txn| {
            txn.open_table(ABOUT)?.insert("schema", SCHEMA)?;
            drop((txn.open_table(RUNS)?, txn.open_table(EPOCHS)?, txn.open_table(CHECKPOINT)?));
            Ok(())
        })?;
        drop(database);
        match place.persist_noclobber(&file) {
            Ok(()) => Ok(()),
            // Another Misfit was faster.
            Err(_) if file.exists() => Ok(()),
            Err(why) => Err(failed(why.error)),
        }
    }

    /// Opens the file, again and again while another Misfit has it.
    fn patiently<D>(&self, open: impl Fn() -> std::result::Result<D, DatabaseError>) -> Result<D, redb::Error> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            match open() {
                Err(DatabaseError::DatabaseAlreadyOpen) if start.elapsed() < PATIENCE => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                other => return other.map_err(redb::Error::from),
            }
        }
    }

    /// Runs `work` on the database; whatever a damaged file does to redb becomes an error.
    fn guarded<R>(&self, work: impl FnOnce() -> Result<R, Trouble>) -> Result<R> {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(Trouble::Ours(error))) => Err(error),
            Ok(Err(Trouble::Redb(why))) => Err(self.fault(&why)),
            Err(_) => Err(self.damaged("it contradicts itself")),
        }
    }

    fn read<R>(&self, work: impl FnOnce(&ReadTransaction) -> Result<R, Trouble>) -> Result<R> {
        let file = self.file();
        self.guarded(|| {
            // Readers do not shut each other out. A store that was not closed has to be repaired first.
            let reader = self.patiently(|| ReadOnlyDatabase::open(&file));
            if let Ok(database) = reader {
                let txn = database.begin_read().map_err(redb::Error::from)?;
                self.check_schema(&txn)?;
                return work(&txn);
            }
            let database = self.patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
            let txn = database.begin_read().map_err(redb::Error::from)?;
            self.check_schema(&txn)?;
            work(&txn)
        })
    }

    fn write<R>(&self, work: impl FnOnce(&WriteTransaction) -> Result<R, Trouble>) -> Result<R> {
        let file = self.file();
        if !file.exists() {
            // Somebody took it away while we ran.
            std::fs::create_dir_all(&self.folder).map_err(|why| Error::file("create the folder of", &file, &why))?;
            self.create()?;
        }
        self.guarded(|| {
            // Opening it to write changes it already, so look first whether it may be touched at all.
            if let Ok(reader) = self.patiently(|| ReadOnlyDatabase::open(&file)) {
                self.check_schema(&reader.begin_read().map_err(redb::Error::from)?)?;
            }
            let database = self.patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
            self.check_schema(&database.begin_read().map_err(redb::Error::from)?)?;
            self.within(&database, work).map_err(Trouble::Ours)
        })
    }

    /// One transaction, all of it or nothing.
    fn within<R>(&self, database: &Database, work: impl FnOnce(&WriteTransaction) -> Result<R, Trouble>) -> Result<R> {
        let run = || -> Result<R, Trouble> {
            let mut txn = database.begin_write().map_err(redb::Error::from)?;
            // Whoever is killed here leaves a file that opens at once.
            txn.set_quick_repair(true);
            let result = work(&txn)?;
            txn.commit().map_err(redb::Error::from)?;
            Ok(result)
        };
        run().map_err(|why| match why {
            Trouble::Ours(error) => error,
            Trouble::Redb(why) => self.fault(&why),
        })
    }

    fn check_schema(&self, txn: &ReadTransaction) -> Result<(), Trouble> {
        let about = txn.open_table(ABOUT)?;
        let found = about.get("schema")?.map_or(0, |v| v.value());
        if found == SCHEMA {
            return Ok(());
        }
        let why = format!(
            "the store has version {found}, but this Misfit knows {SCHEMA}; use a newer Misfit, or another folder with \
             --store DIR"
        );
        Err(Trouble::Ours(Error::Malformed { path: self.file(), place: None, why }))
    }

    fn damaged(&self, why: &str) -> Error {
        let why = format!(
            "the store of runs is damaged ({why}); move it away to begin a new one, or use another folder with --store DIR"
        );
        Error::Malformed { path: self.file(), place: None, why }
    }

    fn fault(&self, why: &redb::Error) -> Error {
        match why {
            redb::Error::Io(why) => match why.kind() {
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                    self.damaged("it is cut off, or no store")
                }
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    Error::file("write", self.file(), why)
                }
                _ => Error::file("use", self.file(), why),
            },
            redb::Error::DatabaseAlreadyOpen => Error::System(format!(
                "{}: another program has held the store of runs for {} s; end it, or use another folder with --store DIR",
                self.file().display(),
                PATIENCE.as_secs()
            )),
            redb::Error::UpgradeRequired(_) => self.damaged("another version of redb wrote it"),
            other => self.damaged(&other.to_string()),
        }
    }

    fn parse<'a, T: serde::Deserialize<'a>>(&self, bytes: &'a [u8], what: &str) -> Result<T, Trouble> {
        serde_json::from_slice(bytes).map_err(|why| Trouble::Ours(self.damaged(&format!("{what}: {why}"))))
    }
}

/// What can stop a transaction.
enum Trouble {
    Ours(Error),
    Redb(redb::Error),
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(why: E) -> Self {
        Self::Redb(why.into())
    }
}

impl Store {
    /// All runs, deleted ones too, in order of time. A run that makes no sense is left out, and told to the log.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn list(&self) -> Result<Vec<Summary>> {
        self.read(|txn| {
            let mut all = Vec::new();
            for entry in txn.open_table(RUNS)?.iter()? {
                let (id, bytes) = entry?;
                match serde_json::from_slice(bytes.value()) {
                    Ok(summary) => all.push(summary),
                    Err(why) => log::warn!("{}: run {}: {why}", self.file().display(), id.value()),
                }
            }
            Ok(all)
        })
    }

    /// One run without its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn summary(&self, id: &str) -> Result<Option<Summary>> {
        self.read(|txn| {
            let bytes = txn.open_table(RUNS)?.get(id)?;
            bytes.map(|b| self.parse(b.value(), id)).transpose()
        })
    }

    /// Whether a checkpoint of that many epochs may add to a run: nobody else does, and nothing that is there would be
    /// lost. Otherwise it begins a run of its own.
    pub fn may_go_on(&self, run: &Summary, epochs: usize) -> bool {
        // What was cut off is computed again with the same bits.
        let cut_off = matches!(run.state, State::Running | State::Interrupted);
        !self.is_live(run) && (cut_off || run.epochs <= epochs)
    }

    /// One run with its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn get(&self, id: &str) -> Result<Option<Record>> {
        self.read(|txn| {
            let Some(bytes) = txn.open_table(RUNS)?.get(id)? else { return Ok(None) };
            let summary = self.parse(bytes.value(), id)?;
            let mut epochs = Vec::new();
            for entry in txn.open_table(EPOCHS)?.range((id, 0)..=(id, u64::MAX))? {
                epochs.push(self.parse(entry?.1.value(), id)?);
            }
            Ok(Some(Record { summary, epochs }))
        })
    }

    /// The last checkpoint of a run that is whole; `None` when there is none. What is wrong with a later one is told.
    ///
    /// # Errors
    /// When the store cannot be read, or when no checkpoint of the run is whole.
    pub fn checkpoint(&self, id: &str) -> Result<Option<(Checkpoint, Option<Error>)>> {
        let found: Vec<Vec<u8>> = self.read(|txn| {
            let table = txn.open_table(CHECKPOINT)?;
            let entries = table.range((id, 0)..=(id, u64::MAX))?.rev();
            entries.map(|entry| Ok(entry?.1.value().to_vec())).collect()
        })?;
        let mut damage = None;
        let place = self.file().join(format!("checkpoint of {id}"));
        for bytes in &found {
            match Checkpoint::decode(bytes, &place) {
                Ok(checkpoint) => return Ok(Some((checkpoint, damage))),
                Err(error) => damage = damage.or(Some(error)),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// Adds to a run, or begins it; all of it is on the disk when this returns, or nothing.
    ///
    /// # Errors
    /// When the disk is full, the folder read-only, or the file taken or damaged; names the file.
    pub fn put(&self, id: &str, update: &Update) -> Result<()> {
        self.write(|txn| {
            let mut runs = txn.open_table(RUNS)?;
            let before: Option<Summary> = runs.get(id)?.map(|b| self.parse(b.value(), id)).transpose()?;
            let Some(mut summary) = update.summary.clone().or_else(|| before.clone()) else {
                return Err(Trouble::Ours(no_such_run(id)));
            };
            if let Some(before) = before {
                // Those belong to the user, who may have changed them meanwhile.
                summary.starred = before.starred;
                summary.deleted = before.deleted;
                summary.name = before.name;
                summary.note = before.note;
                summary.checkpoint = before.checkpoint;
            }
            let mut epochs = txn.open_table(EPOCHS)?;
            if let Some(first) = update.epochs.first() {
                let later: Vec<u64> = epochs
                    .range((id, first.epoch as u64)..=(id, u64::MAX))?
                    .map(|entry| Ok(entry?.0.value().1))
                    .collect::<Result<_, redb::StorageError>>()?;
                for epoch in later {
                    epochs.remove((id, epoch))?;
                }
            }
            for epoch in &update.epochs {
                epochs.insert((id, epoch.epoch as u64), json(epoch).as_slice())?;
                if update.summary.is_none() {
                    (summary.epochs, summary.last) = (epoch.epoch, epoch.lanes.clone());
                }
            }
            let mut checkpoints = txn.open_table(CHECKPOINT)?;
            if let Some((at, bytes)) = &update.checkpoint {
                let last = checkpoints.range((id, 0)..=(id, u64::MAX))?.next_back().transpose()?;
                let next = last.map_or(0, |(key, _)| key.value().1 + 1);
                checkpoints.insert((id, next), bytes.as_slice())?;
                let keep = if summary.state == State::Finished { 1 } else { CHECKPOINTS };
                let old: Vec<u64> = checkpoints
                    .range((id, 0)..(id, (next + 1).saturating_sub(keep)))?
                    .map(|entry| Ok(entry?.0.value().1))
                    .collect::<Result<_, redb::StorageError>>()?;
                for count in old {
                    checkpoints.remove((id, count))?;
                }
                summary.checkpoint = Some(*at);
            }
            runs.insert(id, json(&summary).as_slice())?;
            Ok(())
        })
    }

    /// Changes what belongs to the user: name, note, star; returns the run as it is then.
    ///
    /// # Errors
    /// When there is no such run, or the store cannot be written.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Summary)) -> Result<Summary> {
        self.write(|txn| {
            let mut runs = txn.open_table(RUNS)?;
            let before = runs.get(id)?.map(|b| self.parse(b.value(), id)).transpose()?;
            let mut summary: Summary = before.ok_or_else(|| Trouble::Ours(no_such_run(id)))?;
            change(&mut summary);
            summary.id = id.to_owned();
            runs.insert(id, json(&summary).as_slice())?;
            Ok(summary)
        })
    }

    /// Adds runs that were computed elsewhere. Those that are there already are replaced only by one that knows more.
    ///
    /// # Errors
    /// When the store cannot be written; nothing has then been added.
    pub fn import(&self, records: &[Record]) -> Result<Imported> {
        self.write(|txn| {
            let mut imported = Imported::default();
            let (mut runs, mut epochs) = (txn.open_table(RUNS)?, txn.open_table(EPOCHS)?);
            for record in records {
                let mut summary = record.summary.clone();
                let id = summary.id.clone();
                let before: Option<Summary> = runs.get(id.as_str())?.map(|b| self.parse(b.value(), &id)).transpose()?;
                if let Some(before) = before {
                    let more =
                        (summary.epochs, summary.finished.is_some()) > (before.epochs, before.finished.is_some());
                    if !more {
                        imported.known += 1;
                        continue;
                    }
                    imported.updated += 1;
                    summary = Summary {
                        name: before.name,
                        note: before.note,
                        starred: before.starred,
                        deleted: before.deleted,
                        checkpoint: before.checkpoint,
                        ..summary
                    };
                } else {
                    imported.new += 1;
                }
                for epoch in &record.epochs {
                    epochs.insert((id.as_str(), epoch.epoch as u64), json(epoch).as_slice())?;
                }
                runs.insert(id.as_str(), json(&summary).as_slice())?;
            }
            Ok(imported)
        })
    }

    /// Takes runs that were deleted before `before` off the disk for good; returns how many.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn purge(&self, before: Millis) -> Result<usize> {
        let gone: Vec<String> = self
            .list()?
            .into_iter()
            .filter(|run| run.deleted.is_some_and(|at| at < before))
            .map(|run| run.id)
            .collect();
        if gone.is_empty() {
            return Ok(0);
        }
        self.write(|txn| {
            let (mut runs, mut epochs) = (txn.open_table(RUNS)?, txn.open_table(EPOCHS)?);
            let mut checkpoints = txn.open_table(CHECKPOINT)?;
            for id in &gone {
                let id = id.as_str();
                runs.remove(id)?;
                epochs.retain_in((id, 0)..=(id, u64::MAX), |_, _| false)?;
                checkpoints.retain_in((id, 0)..=(id, u64::MAX), |_, _| false)?;
            }
            Ok(())
        })?;
        let file = self.file();
        self.guarded(|| {
            let mut database = self.patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
            database.compact().map_err(redb::Error::from)?;
            Ok(())
        })?;
        Ok(gone.len())
    }

    /// Marks runs as interrupted whose programs are gone without a word; returns them, the latest last.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn abandoned(&self) -> Result<Vec<Summary>> {
        let mut found: Vec<Summary> = self.list()?.into_iter().filter(|run| !self.is_live(run)).collect();
        found.retain(|run| run.state == State::Running);
        found
            .iter()
            .map(|run| {
                self.edit(&run.id, |run| {
                    // Whoever has gone on with it meanwhile keeps it.
                    if run.state == State::Running && !self.is_live(run) {
                        run.state = State::Interrupted;
                        run.session = None;
                    }
                })
            })
            .collect()
    }

    /// Whether a program that is alive has this run in hand.
    pub fn is_live(&self, run: &Summary) -> bool {
        run.state == State::Running && run.session.as_deref().is_some_and(|name| session::is_alive(&self.folder, name))
    }

    /// The run that is meant: by its id, the beginning or the end of it, or its name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn resolve(&self, word: &str) -> Result<Summary> {
        let mut all = self.list()?;
        if let Some(k) = all.iter().position(|run| run.id == word) {
            return Ok(all.swap_remove(k));
        }
        let matches = |run: &Summary| {
            run.name == word || (word.len() >= 3 && (run.id.starts_with(word) || run.id.ends_with(word)))
        };
        let mut found: Vec<Summary> = all.into_iter().filter(matches).collect();
        // A run that was deleted is meant only if no other is.
        if found.iter().any(|run| run.deleted.is_none()) {
            found.retain(|run| run.deleted.is_none());
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(no_such_run(word)),
            n => Err(Error::System(format!("{n} runs are called or begin with `{word}`; give the whole id"))),
        }
    }
}

fn no_such_run(word: &str) -> Error {
    Error::System(format!("there is no run `{word}`; `misfit runs` lists them all"))
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("maps with text keys")
}

/// That long a deleted run can be had back, at least.
pub const DELETED_FOR: Millis = 30 * 24 * 3600 * 1000;

/// The moment before which deleted runs are purged.
pub fn purge_before() -> Millis {
    clock::now().saturating_sub(DELETED_FOR)
}

#[cfg(test)]
mod tests;
