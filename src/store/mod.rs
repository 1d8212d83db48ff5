//! Runs that are kept: their experiments, curves and checkpoints.
//!
//! A [`Record`] is one run. Programs that compute many write one file each ([`RecordFile`]); `misfit runs import`
//! collects them.

mod clock;
mod record;
mod run_file;

pub use clock::{Millis, now, utc};
pub use record::{Changed, Ending, Epoch, LaneEpoch, Record, State, Summary};
pub use run_file::{FORMAT as RUN_FORMAT, RecordFile, SUFFIX, find};
