//! Runs that are kept: their experiments, curves and checkpoints.
//!
//! A [`Record`] is one run. Programs that compute many write one file each ([`RecordFile`]); `misfit runs import`
//! collects them.

pub mod checkpoint;
mod clock;
mod database;
pub mod query;
mod record;
mod run_file;
mod session;

pub use checkpoint::Checkpoint;
pub use clock::{Millis, now, utc};
pub use database::{DELETED_FOR, FOLDER_VARIABLE, Imported, SCHEMA, Store, Update, purge_before};
pub(crate) use record::append;
pub use record::{Changed, Ending, Epoch, LaneEpoch, MOST_EPOCHS, Record, State, Summary};
pub use run_file::{FORMAT as RUN_FORMAT, RecordFile, SUFFIX, find};
pub use session::Session;
