//! Sweeps: the same experiment at every point of a grid of one to three parameters, with several seeds.
//!
//! A [`Plan`] says which runs there are, [`runner::run`] computes them on free cores and writes one record a run
//! (the files that `misfit runs import` takes), and a [`Table`] is what those records say. A sweep that was
//! stopped goes on from its records. Runs are independent and deterministic, so neither the number of threads
//! nor an interruption changes a digit; only early stopping depends on which runs were done first.

pub mod file;
pub mod runner;
pub mod table;

#[cfg(test)]
mod tests;

use crate::base::error::{Error, Result};
use crate::params::{Kind, Lane, ParamSpec, Params, TaskKind, describe};
use crate::protocol::{Protocol, Timed};

pub use runner::{Progress, run};
pub use table::{Cell, Outcome, Table};

/// Parameters of a sweep.
pub const MOST_AXES: usize = 3;
/// Runs of a sweep.
pub const MOST_RUNS: usize = 100_000;

/// One parameter and the values that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Key of the parameter.
    pub key: &'static str,
    /// Its values as typed at the edge.
    pub values: Vec<String>,
}

impl Axis {
    /// Values from a list.
    ///
    /// # Errors
    /// When the key is unknown, a value is out of range, or the list is empty.
    pub fn list(key: &str, values: &[String], place: &str) -> Result<Self> {
        let spec = sweepable(key, place)?;
        let mut kept: Vec<String> = Vec::new();
        for value in values {
            let value = spec.format(&spec.parse(value, place)?);
            if !kept.contains(&value) {
                kept.push(value);
            }
        }
        if kept.is_empty() {
            return Err(spec.bad_value("an empty list", place));
        }
        Ok(Self { key: spec.key, values: kept })
    }

    /// `steps` values between two limits in the unit of the edge, both included; evenly spaced, or in even ratios.
    ///
    /// # Errors
    /// When the parameter is no number, a limit is out of range, or a ratio begins at zero.
    pub fn range(key: &str, from: f64, to: f64, steps: usize, logarithmic: bool, place: &str) -> Result<Self> {
        let spec = sweepable(key, place)?;
        let whole = matches!(spec.kind, Kind::Integer { .. });
        if !whole && !matches!(spec.kind, Kind::Number { .. } | Kind::Spread { .. }) {
            return Err(spec.bad_value("a range; give a list", place));
        }
        let fits = from.is_finite() && to.is_finite() && (1..=1000).contains(&steps);
        if !fits || (logarithmic && (from <= 0.0 || to <= 0.0)) {
            let got = format!("{steps} steps from {from} to {to}{}", if logarithmic { ", logarithmic" } else { "" });
            return Err(spec.bad_value(&got, place));
        }
        let value = |k: usize| {
            let share = if steps == 1 { 0.0 } else { k as f64 / (steps - 1) as f64 };
            let x = if logarithmic { from * (to / from).powf(share) } else { from + (to - from) * share };
            if whole { x.round() } else { readable(x) }
        };
        let values: Vec<String> = (0..steps).map(|k| value(k).to_string()).collect();
        Self::list(key, &values, place)
    }
}

/// Six significant digits: what a person would type.
fn readable(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// The parameter, if it can take several values one after the other.
fn sweepable(key: &str, place: &str) -> Result<&'static ParamSpec> {
    let spec = describe(key, place)?;
    let refused = match spec.key {
        "seed" => Some("to be an axis; seeds have a list of their own"),
        "threads" => Some("to be an axis; it changes no result"),
        _ if matches!(spec.kind, Kind::Text | Kind::Choices(_) | Kind::Integers { .. }) => Some("to be an axis"),
        _ => None,
    };
    refused.map_or(Ok(spec), |why| Err(spec.bad_value(why, place)))
}

/// What is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it is called: tag of its records and name of its folder.
    pub name: String,
    /// The settings of every run, but for axes and seed.
    pub base: Params,
    /// What happens in every run, and when.
    pub schedule: Vec<Timed>,
    /// Settings that hold even where an axis chooses another task: key, value, place for messages.
    pub fixed: Vec<(String, String, String)>,
    /// One to three parameters.
    pub axes: Vec<Axis>,
    /// Every point is computed with each of them.
    pub seeds: Vec<u32>,
    /// The lane that is shown and by which runs are stopped early.
    pub lane: Lane,
    /// Whether hopeless runs are stopped early by the median rule.
    pub stop_early: bool,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Which value of each axis.
    pub at: Vec<usize>,
    /// What is computed; its seed stands in it.
    pub params: Params,
}

impl Plan {
    /// A plan around an experiment, without axes yet.
    pub fn around(base: &Params) -> Self {
        let lane = [Lane::InTheLoop, Lane::Transferred, Lane::Ideal];
        let lane = lane.into_iter().find(|lane| base.learning.lanes.contains(lane)).unwrap_or(Lane::InTheLoop);
        Self {
            name: "sweep".into(),
            base: base.clone(),
            schedule: Vec::new(),
            fixed: Vec::new(),
            axes: Vec::new(),
            seeds: vec![1, 2],
            lane,
            stop_early: false,
        }
    }

    /// Values of all axes together.
    pub fn cells(&self) -> usize {
        self.axes.iter().fold(1, |product, axis| product.saturating_mul(axis.values.len()))
    }

    /// Which value of each axis belongs to cell `k`; the last axis runs fastest.
    pub fn cell(&self, mut k: usize) -> Vec<usize> {
        let mut at = vec![0; self.axes.len()];
        for (index, axis) in at.iter_mut().zip(&self.axes).rev() {
            (*index, k) = (k % axis.values.len(), k / axis.values.len());
        }
        at
    }

    /// All runs: every cell with the first seed, then every cell with the second, so that a sweep that is stopped
    /// early is still a sweep.
    ///
    /// # Errors
    /// When there are no axes or too many, too many runs, no seeds, or a point contradicts itself.
    pub fn points(&self) -> Result<Vec<Point>> {
        let bad = |key: &str, expected: String, got: String| {
            Err(Error::BadValue { place: format!("sweep {}", self.name), key: key.into(), expected, got })
        };
        if !(1..=MOST_AXES).contains(&self.axes.len()) {
            return bad("axes", format!("1 to {MOST_AXES} parameters"), self.axes.len().to_string());
        }
        if let Some(twice) = (1..self.axes.len()).find(|&k| self.axes[..k].iter().any(|a| a.key == self.axes[k].key)) {
            return bad("axes", "every parameter once".into(), format!("{} twice", self.axes[twice].key));
        }
        let runs = self.cells().saturating_mul(self.seeds.len());
        if runs == 0 || runs > MOST_RUNS {
            return bad("seeds", format!("1 to {MOST_RUNS} runs in all"), runs.to_string());
        }
        if !self.name.chars().all(|c| c.is_alphanumeric() || "-_ .".contains(c)) || self.name.trim().is_empty() {
            return bad("name", "letters, digits, spaces, dots and dashes".into(), self.name.clone());
        }
        let mut points = Vec::with_capacity(runs);
        for &seed in &self.seeds {
            for k in 0..self.cells() {
                let at = self.cell(k);
                points.push(Point { params: self.params(&at, seed)?, at });
            }
        }
        Ok(points)
    }

    /// What is carried out at a point, on its own threads if it runs `alone`.
    pub(super) fn protocol(&self, point: &Point, alone: bool) -> Protocol {
        let mut protocol = Protocol::new(point.params.clone());
        if !alone {
            protocol.params.learning.threads = 1;
        }
        for Timed { when, change } in &self.schedule {
            protocol.add(*when, change.clone());
        }
        protocol
    }

    /// The experiment at one point.
    ///
    /// # Errors
    /// When its values contradict each other; names the point.
    pub fn params(&self, at: &[usize], seed: u32) -> Result<Params> {
        let mut params = self.base.clone();
        let chosen = || self.axes.iter().zip(at).map(|(axis, &k)| (axis.key, axis.values[k].as_str()));
        for (_, task) in chosen().filter(|(key, _)| *key == "task") {
            let known = TaskKind::NAMES.iter().position(|name| *name == task).unwrap_or(0);
            params.adopt_task(TaskKind::ALL[known]);
            for (key, value, place) in self.fixed.iter().filter(|(key, ..)| key != "task") {
                crate::params::assign(&mut params, key, value, place)?;
            }
        }
        let place = format!("sweep {}", self.name);
        for (key, value) in chosen().filter(|(key, _)| *key != "task") {
            crate::params::assign(&mut params, key, value, &place)?;
        }
        params.learning.seed = seed;
        if !params.learning.lanes.contains(&self.lane) {
            let names: Vec<&str> = params.learning.lanes.iter().map(|lane| lane.name()).collect();
            return Err(Error::BadValue {
                place,
                key: "lane".into(),
                expected: format!("one of the lanes of the experiment: {}", names.join(", ")),
                got: self.lane.name().into(),
            });
        }
        params.check().map_err(|why| Error::Malformed {
            path: place.into(),
            place: Some(self.title(at)),
            why: why.to_string(),
        })?;
        Ok(params)
    }

    /// Where a point lies, in one line: `sigma 30, hidden 64`.
    pub fn title(&self, at: &[usize]) -> String {
        let parts: Vec<String> =
            self.axes.iter().zip(at).map(|(axis, &k)| format!("{} {}", axis.key, axis.values[k])).collect();
        parts.join(", ")
    }
}
