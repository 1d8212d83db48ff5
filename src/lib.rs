//! Misfit: watch a mismatched analog spiking network learn to fit.
pub mod chip;
pub mod cli;
pub mod error;
pub mod experiment_file;
pub mod host;
pub mod neuron;
pub mod params;
pub mod recording;
pub mod rng;
pub mod spikes;
pub mod task;
pub mod time;
pub mod training;
pub mod units;
pub mod worker;
pub use error::{Error, Result};
