//! Which programs are alive: each holds a lock on a file of its own, which the system lets go however it ends.
//!
//! A run names the program that has it in hand. As long as the lock of that one holds, no other adds to the run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::clock;
use crate::base::error::{Error, Result};

/// The mark of a program that runs. Dropping it says that it does no longer.
#[derive(Debug)]
pub struct Session {
    name: String,
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Session {
    /// Marks this program in the folder of a store.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let name = clock::new_id(clock::now());
        let path = path_of(folder, &name);
        let failed = |why: &std::io::Error| Error::file("write", &path, why);
        std::fs::create_dir_all(folder.join("live")).map_err(|why| failed(&why))?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|why| failed(&why))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(why)) => return Err(failed(&why)),
            Err(TryLockError::WouldBlock) => return Err(Error::System(format!("{} is taken", path.display()))),
        }
        // Only to be told to people; the lock is what counts.
        drop(file.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { name, path, _file: file })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_file(&self.path) {
            log::debug!("{}: {why}", self.path.display());
        }
    }
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join("live").join(format!("{name}.lock"))
}

/// Whether the program that called itself so still runs.
pub(super) fn is_alive(folder: &Path, name: &str) -> bool {
    let path = path_of(folder, name);
    let Ok(file) = File::open(&path) else { return false };
    match file.try_lock_shared() {
        // Locked. Or there are no locks here, and nobody can tell: rather take no run away from whoever has it.
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
        Ok(()) => {
            // Nobody will ask again for a program that is gone.
            drop(std::fs::remove_file(&path));
            false
        }
    }
}

/// The process that called itself so, where the file of its lock can be read.
pub(super) fn process(folder: &Path, name: &str) -> Option<u32> {
    std::fs::read_to_string(path_of(folder, name)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_until_it_is_dropped_and_an_abandoned_mark_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::start(folder.path()).unwrap();
        let name = session.name().to_owned();
        assert!(is_alive(folder.path(), &name));
        #[cfg(unix)]
        assert_eq!(process(folder.path(), &name), Some(std::process::id()));
        drop(session);
        assert!(!is_alive(folder.path(), &name));
        std::fs::write(path_of(folder.path(), "gone"), b"").unwrap();
        assert!(!is_alive(folder.path(), "gone") && !path_of(folder.path(), "gone").exists());
    }
}
