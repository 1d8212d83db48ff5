//! Misfit without a screen: chips, hosts, learning, runs, and the session behind the window.
//!
//! The crate `misfit` shows these rooms again; its documentation says how they belong together, and who may import
//! whom.

pub mod base;
pub mod batch;
pub mod chip;
pub mod ear;
pub mod energy;
pub mod exchange;
pub mod foreign;
pub mod host;
pub mod neuron;
pub mod params;
pub mod probes;
pub mod protocol;
pub mod recording;
pub mod run;
pub mod session;
pub mod simd;
pub mod spikes;
pub mod store;
pub mod task;
pub mod training;

pub use base::error::{Error, Result};
