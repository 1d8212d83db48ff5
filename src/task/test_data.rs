//! Where tests find real data that do not belong to the project.

use std::path::PathBuf;

/// A folder of `MISFIT_TEST_DATA`, or of `../shared/data` beside the project; says so and gives `None` without it.
pub(super) fn folder(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("MISFIT_TEST_DATA").map_or_else(beside, PathBuf::from).join(name);
    let found = folder.is_dir().then(|| folder.clone());
    if found.is_none() {
        println!("SKIPPED: there is no {}; set MISFIT_TEST_DATA to the folder that holds `{name}`", folder.display());
    }
    found
}
