//! Runs that are kept: their experiments, curves and checkpoints.
//!
//! A store is a folder, and a run is a folder in it ([`RunFolder`]). What a sweep writes is what a store holds.

mod check;
pub mod checkpoint;
mod clock;
mod fall;
mod folder;
mod found;
pub mod query;
mod record;
mod run_folder;
mod writer;

pub use check::{Checked, Damage};
pub use checkpoint::Checkpoint;
pub use clock::{Millis, now, utc};
pub use fall::{Fall, add_fall};
pub use folder::{DELETED_FOR, FOLDER_VARIABLE, Imported, Store, purge_before};
pub use found::find;
pub(crate) use record::append;
pub use record::{Changed, Ending, Epoch, MOST_EPOCHS, Record, State, Summary};
pub use run_folder::{FORMAT as RUN_FORMAT, RunFolder, Update};
pub use writer::{RunUpdate, RunWriter, Written};
