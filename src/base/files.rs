//! Texts that are read up to a limit, and files that are written whole or not at all.

#[cfg(test)]
pub mod faults;
#[cfg(all(test, unix))]
mod writing_tests;

use std::fs::{File, OpenOptions};
use std::io::{Error as IoError, ErrorKind, Read as _, Result as IoResult, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{Error, Result};

/// How the names of files begin that are not whole yet.
pub const TEMPORARY: &str = ".tmp-misfit-";
/// Files that are not whole are litter of an interrupted program when they are that old.
pub const OLD: Duration = Duration::from_hours(24);

/// Reads a text of at most `most` bytes, from a pipe too. A byte order mark in front is left out.
///
/// # Errors
/// When the file cannot be read, is larger, or is not UTF-8; names the file, the line, and what to do.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    opened.map_err(|why| Error::file("read", path, &why))?;
    let malformed = |place, why| Err(Error::Malformed { path: path.into(), place, why });
    if bytes.len() as u64 > most {
        return malformed(None, format!("expected a text of at most {} KiB, got more", most >> 10));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return malformed(None, "expected UTF-8, got UTF-16; save the file as UTF-8".into());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(why) => {
            let at = why.utf8_error().valid_up_to();
            let line = why.as_bytes()[..at].split(|byte| *byte == b'\n').count();
            let why = format!("expected UTF-8, got the byte 0x{:02x}; save the file as UTF-8", why.as_bytes()[at]);
            malformed(Some(format!("line {line}")), why)
        }
    }
}

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
            return Err(IoError::new(ErrorKind::PermissionDenied, "Permission denied: the file is read-only"));
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
    let file = builder.tempfile_in(folder).map_err(|why| {
        // `tempfile` adds its own path, which tells nobody anything.
        IoError::new(why.kind(), why.to_string().split(" at path ").next().unwrap_or_default().to_owned())
    })?;
    write(file.as_file(), bytes)?;
    sync(file.as_file())?;
    step()?;
    file.persist(path).map_err(|why| why.error)?;
    // The new name is on the disk only when the folder is; where folders cannot be opened there is nothing to do.
    if let Ok(folder) = File::open(folder)
        && let Err(why) = sync(&folder)
        && !matches!(why.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
    {
        return Err(why);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> std::result::Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_text(file.path(), 64).map_err(|why| why.to_string())
    }

    #[test]
    fn texts_of_other_encodings_are_refused_with_the_line_and_a_way_out() {
        assert_eq!(read("\u{feff}ü".as_bytes()).unwrap(), "ü");
        assert_eq!(read(&[b'a'; 64]).unwrap().len(), 64);
        // "epochs = 1" and a comment in UTF-16 and in Latin-1.
        for (bytes, words) in [
            (&b"\xff\xfee\0p\0o\0c\0h\0s\0"[..], ["UTF-16", "save the file as UTF-8"]),
            (b"epochs = 1\n# gr\xfc\xdfe\n", ["line 2: expected UTF-8, got the byte 0xfc", "save the file as UTF-8"]),
            (&[b'a'; 65], ["at most 0 KiB", "got more"]),
        ] {
            let why = read(bytes).unwrap_err();
            assert!(words.iter().all(|word| why.contains(word)), "{why}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_end_is_refused_and_not_read_for_ever() {
        assert!(read_text(Path::new("/dev/zero"), 1 << 20).unwrap_err().to_string().contains("at most 1024 KiB"));
    }

    #[test]
    fn whatever_step_of_a_write_fails_the_file_is_the_old_or_the_new_one_and_the_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for dead in [false, true] {
            let mut at = 1;
            loop {
                std::fs::write(&path, "old").unwrap();
                faults::inject(at, dead);
                let written = write_atomically(&path, b"new");
                let steps = faults::end();
                let now = std::fs::read(&path).unwrap();
                if at > steps {
                    assert!(written.is_ok() && now == b"new");
                    break;
                }
                assert!(written.is_err() && [&b"old"[..], b"new"].contains(&now.as_slice()), "step {at} of {steps}");
                // No half-written file stays beside it.
                assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "step {at} of {steps}");
                at += 1;
            }
            assert!(at > 5, "a file is made, written, synced, renamed, and its folder is synced");
        }
    }

    #[test]
    fn a_write_that_failed_names_the_file_and_not_the_temporary_one_beside_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let why = write_atomically(&file.path().join("inside"), b"").unwrap_err().to_string();
        assert!(why.contains("inside") && !why.contains(TEMPORARY), "{why}");
    }
}
