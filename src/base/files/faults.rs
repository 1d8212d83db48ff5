//! Changes of files that fail on purpose, in this thread.

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
