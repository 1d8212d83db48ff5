//! Many runs: what is computed, and what came of it.
//!
//! A [`Plan`] is a name and a list of [`Cell`]s, each of which is run with every seed. [`Grid`] makes one from one to
//! three parameters and their values, as the file of a sweep says; [`paper`] has those that answer the questions of
//! the paper. [`run`] computes a plan side by side on free cores and keeps every run as the store does, with what a
//! [`Probe`] measured. A plan that was stopped goes on from the runs that are kept. A [`Table`] is what those runs say,
//! and a [`Chart`] draws it.
//!
//! Runs are independent and deterministic, so neither the number of threads nor an interruption changes a digit; only
//! early stopping depends on which runs were done first.

mod chart;
mod executor;
pub mod file;
mod grid;
pub mod paper;
mod plan;
mod table;

#[cfg(test)]
mod tests;

pub use chart::{Chart, ChartAxis, Curve, Variant};
pub use executor::{Progress, run, run_one};
pub use grid::{Grid, MOST_AXES, MOST_RUNS, MOST_VALUES};
pub use plan::{Axis, Cell, Plan, Probe};
pub use table::{Column, LaneOutcome, Outcome, Statistic, Table, percent};
