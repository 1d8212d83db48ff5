//! Texts that are read up to a limit, and files that are written whole or not at all.

use std::io::{Read as _, Write as _};
use std::path::Path;

use super::error::{Error, Result};

/// Reads a text of at most `most` bytes, from a pipe too. A byte order mark in front is left out.
///
/// # Errors
/// When the file cannot be read, is larger, or is not UTF-8; names the file, the line, and what to do.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
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
            let line = why.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = format!("expected UTF-8, got the byte 0x{:02x}; save the file as UTF-8", why.as_bytes()[at]);
            malformed(Some(format!("line {line}")), why)
        }
    }
}

/// Writes a file next to its target and renames it.
///
/// # Errors
/// Names the file and the reason.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |why: std::io::Error| Error::file("write", path, &why);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other file: what the umask leaves, not only for the owner.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|why| Error::file("write", path, &why.error))?;
    // The new name is on the disk only when the folder is; where folders cannot be opened there is nothing to do.
    if let Ok(folder) = std::fs::File::open(folder) {
        drop(folder.sync_all());
    }
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
}
