//! The Python that tests compare with.

use std::process::Command;
use std::sync::OnceLock;

/// A Python that can import NumPy, or `None` if these tests are to be skipped.
pub fn python() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    if std::env::var_os("MISFIT_SKIP_PYTHON").is_some() {
        return None;
    }
    let has_numpy = |python: &&str| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    };
    let found = FOUND.get_or_init(|| ["python3", "/usr/bin/python3"].into_iter().find(has_numpy));
    assert!(
        found.is_some(),
        "neither python3 nor /usr/bin/python3 can import numpy; install it (Debian: apt-get install python3-numpy, \
         elsewhere: pip install numpy), or set MISFIT_SKIP_PYTHON=1 to skip the tests that need it"
    );
    *found
}
