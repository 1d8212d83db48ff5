//! Foundations that every other module may use: errors, units, clocks, random streams, files, threads and their end.

pub mod error;
pub mod files;
pub mod hdf5;
pub mod rng;
pub mod stop;
pub mod threads;
pub mod time;
pub mod units;
