//! Files that are written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{Error as IoError, ErrorKind, Result as IoResult, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{Error, Result};

/// How the names of files begin that are not whole yet.
pub const TEMPORARY: &str = ".tmp-misfit-";
/// Files that are not whole are litter of an interrupted program when they are that old.
pub const OLD: Duration = Duration::from_hours(24);

/// Writes a file next to its target and renames it. Links are followed; what is no regular file (a pipe, a device, the
/// standard output) is written straight into; a read-only file is refused.
///
/// # Errors
/// Names the file and the reason.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |why: IoError| Error::file("write", path, &why);
    match target(path).map_err(failed)? {
        Some(file) => replace(&file, bytes).map_err(failed),
        None => OpenOptions::new().append(true).open(path).and_then(|mut to| to.write_all(bytes)).map_err(failed),
    }
}

/// The regular file at a path, there already or not, behind all links; `None` when something else is there.
///
/// # Errors
/// When the file is read-only, or links lead in a circle.
pub fn target(path: &Path) -> IoResult<Option<PathBuf>> {
    const MOST_LINKS: usize = 40;
    if let Ok(about) = std::fs::metadata(path) {
        if !about.is_file() && !about.is_dir() {
            return Ok(None);
        }
        // Where it has no effect, as for root and with renaming, it still says what the user wants.
        if about.is_file() && about.permissions().readonly() {
            return Err(IoError::new(ErrorKind::PermissionDenied, "the file is read-only"));
        }
    }
    let mut file = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Ok(next) = std::fs::read_link(&file) else { return Ok(Some(file)) };
        // Such links name open files of a process, not places.
        if ["/proc", "/dev/fd"].iter().any(|open| file.starts_with(open)) {
            return Ok(None);
        }
        file = file.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(IoError::other("too many links, or links in a circle"))
}

fn replace(path: &Path, bytes: &[u8]) -> IoResult<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other file: what the umask leaves, not only for the owner.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    step()?;
    let file = builder.tempfile_in(folder)?;
    write(file.as_file(), bytes)?;
    sync(file.as_file())?;
    step()?;
    file.persist(path).map_err(|why| why.error)?;
    // The new name is on the disk only when the folder is; where folders cannot be opened there is nothing to do.
    if let Ok(folder) = File::open(folder) {
        drop(folder.sync_all());
    }
    remove_litter(folder);
    Ok(())
}

/// Whether a program that was interrupted has left this file long ago.
pub fn is_litter(file: &std::fs::DirEntry) -> bool {
    let age = || file.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
    file.file_name().to_string_lossy().starts_with(TEMPORARY) && age().is_some_and(|age| age > OLD)
}

fn remove_litter(folder: &Path) {
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_litter) {
        drop(std::fs::remove_file(file.path()));
    }
}

/// Adds to a file of which `length` bytes are good, and waits until it is on the disk. Those bytes stay, whatever
/// happens.
///
/// # Errors
/// Names the file and the reason.
pub fn append(path: &Path, length: u64, bytes: &[u8]) -> Result<()> {
    let failed = |why: IoError| Error::file("write", path, &why);
    let file = step().and_then(|()| OpenOptions::new().append(true).open(path)).map_err(failed)?;
    let written = file.set_len(length).and_then(|()| write(&file, bytes)).and_then(|()| sync(&file));
    written.map_err(|why| {
        drop(step().and_then(|()| file.set_len(length)));
        failed(why)
    })
}

/// Makes a folder and those above it.
///
/// # Errors
/// Names the folder and the reason.
pub fn create_folder(path: &Path) -> Result<()> {
    let created = step().and_then(|()| std::fs::create_dir_all(path));
    created.map_err(|why| Error::file("create the folder", path, &why))
}

/// Opens a file to be locked, and makes it if need be.
///
/// # Errors
/// Names the file and the reason.
pub fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let mut open = || options.read(true).write(true).create(true).truncate(false).open(path);
    step().and_then(|()| open()).map_err(|why| Error::file("write", path, &why))
}

/// Gives a file another name.
///
/// # Errors
/// Names the new file and the reason.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    step().and_then(|()| std::fs::rename(from, to)).map_err(|why| Error::file("write", to, &why))
}

fn write(mut file: &File, bytes: &[u8]) -> IoResult<()> {
    if let Err(why) = step() {
        // As on a full disk: a part of it is there.
        file.write_all(&bytes[..bytes.len() / 2])?;
        return Err(why);
    }
    file.write_all(bytes)
}

fn sync(file: &File) -> IoResult<()> {
    step()?;
    file.sync_all()
}

/// Before every change of a file: where tests let it fail.
#[cfg(test)]
fn step() -> IoResult<()> {
    faults::step()
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "it fails in tests")]
fn step() -> IoResult<()> {
    Ok(())
}

/// Changes of files that fail on purpose, in this thread.
#[cfg(test)]
pub mod faults {
    use std::cell::Cell;

    thread_local! {
        /// Changes so far, the one that fails, and whether all after it fail, too.
        static PLAN: Cell<(usize, usize, bool)> = const { Cell::new((0, usize::MAX, false)) };
    }

    /// Lets the change number `at`, counted from 1, fail as on a full disk; with `dead` all later ones, too, as if the
    /// program had been killed there.
    pub fn inject(at: usize, dead: bool) {
        PLAN.set((0, at, dead));
    }

    /// Ends it; returns the number of changes since [`inject`].
    pub fn end() -> usize {
        PLAN.replace((0, usize::MAX, false)).0
    }

    pub(super) fn step() -> std::io::Result<()> {
        let (count, at, dead) = PLAN.get();
        PLAN.set((count + 1, at, dead));
        let fails = count + 1 == at || dead && count + 1 > at;
        if fails { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).expect("a text")
    }

    #[test]
    fn links_are_followed_to_the_end_and_stay_links_also_where_the_file_is_not_there_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("deep")).expect("a folder");
        std::fs::write(at("deep/real"), "old").expect("a file");
        for (link, to) in [("deep/link", "real"), ("first", "deep/link"), ("dangling", "deep/new")] {
            symlink(to, at(link)).expect("a link");
        }
        write_atomically(&at("first"), b"one").expect("written");
        write_atomically(&at("dangling"), b"two").expect("written");
        assert_eq!((text(&at("deep/real")), text(&at("deep/new"))), ("one".to_owned(), "two".to_owned()));
        for link in ["first", "deep/link", "dangling"] {
            assert!(at(link).is_symlink(), "{link}");
        }
        symlink("circle", at("circle")).expect("a link");
        let why = write_atomically(&at("circle"), b"").expect_err("a circle").to_string();
        assert!(why.contains("circle") && why.contains("links"), "{why}");
    }

    #[test]
    fn a_pipe_is_written_into_and_a_read_only_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::Builder::new().spawn(move || text(&pipe)).expect("a thread")
        };
        write_atomically(&pipe, b"through").expect("written");
        assert_eq!(reader.join().expect("a reader"), "through");
        assert!(std::fs::symlink_metadata(&pipe).expect("it is there").file_type().is_fifo());
        write_atomically(Path::new("/dev/null"), b"gone").expect("written");

        let file = folder.path().join("file");
        std::fs::write(&file, "mine").expect("a file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).expect("read-only");
        let why = write_atomically(&file, b"theirs").expect_err("read-only").to_string();
        assert!(why.contains("file") && why.contains("read-only"), "{why}");
        assert_eq!(text(&file), "mine");
    }

    #[test]
    fn what_a_killed_program_has_left_is_removed_a_day_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = |name: &str, hours: u64| {
            let path = folder.path().join(name);
            let file = File::create(&path).expect("a file");
            let then = std::time::SystemTime::now() - Duration::from_hours(hours);
            file.set_modified(then).expect("a time");
            path
        };
        let litter = old(".tmp-misfit-1", 25);
        let others = [old(".tmp-misfit-2", 23), old(".tmpother", 100), old("data", 100)];
        write_atomically(&folder.path().join("new"), b"").expect("written");
        assert!(!litter.exists() && others.iter().all(|path| path.exists()));
    }
}
