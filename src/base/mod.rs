//! Foundations that every other module may use: errors, units, clocks, random streams, files and threads.

pub mod error;
pub mod files;
pub mod hdf5;
pub mod rng;
pub mod threads;
pub mod time;
pub mod units;
