//! Files that are written whole or not at all.

use std::io::Write as _;
use std::path::Path;

use super::error::{Error, Result};

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
