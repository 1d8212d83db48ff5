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

mod runs;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use redb::WriteTransaction;
use redb::{Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _, TableDefinition};

use super::clock::{self, Millis};
use super::record::{Epoch, Summary};
use super::session::Session;
use crate::base::error::{Error, Result};

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
    /// The program that adds this, by [`Session::name`]; a run that another one has in hand is left alone.
    pub by: Option<String>,
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
        Self::file_in(&self.folder)
    }

    /// The file of a store in `folder`, whether there is one or not.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join("runs.redb")
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
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any other file: what the umask leaves, not only for the owner.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let new = builder.prefix("new-").tempfile_in(&self.folder).map_err(failed)?;
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

    /// Opens a file, again and again while another Misfit has it.
    fn patiently<D>(open: impl Fn() -> std::result::Result<D, DatabaseError>) -> Result<D, redb::Error> {
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
        match without_a_word(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))) {
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
            let reader = Self::patiently(|| ReadOnlyDatabase::open(&file));
            if let Ok(database) = reader {
                let txn = database.begin_read().map_err(redb::Error::from)?;
                self.check_schema(&txn)?;
                return work(&txn);
            }
            let database = Self::patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
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
            if let Ok(reader) = Self::patiently(|| ReadOnlyDatabase::open(&file)) {
                self.check_schema(&reader.begin_read().map_err(redb::Error::from)?)?;
            }
            let database = Self::patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
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

thread_local! {
    /// Whether a panic of this thread is an error that will be told in words of our own.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does something whose panics are nobody's business; those of all others are told as ever.
fn without_a_word<R>(work: impl FnOnce() -> R) -> R {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                tell(panic);
            }
        }));
    });
    let before = IS_GUARDED.replace(true);
    let result = work();
    IS_GUARDED.set(before);
    result
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(why: E) -> Self {
        Self::Redb(why.into())
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
