//! The same experiment at every point of a grid of one to three parameters.

use std::collections::BTreeSet;

use super::{Axis, Cell, Plan, Probe};
use crate::base::error::{Error, Result};
use crate::params::{Kind, Lane, ParamSpec, Params, TaskKind, assign, describe};
use crate::protocol::Protocol;

/// Parameters of a sweep.
pub const MOST_AXES: usize = 3;
/// Values of a parameter.
pub const MOST_VALUES: usize = 1000;
/// Runs of a sweep.
pub const MOST_RUNS: usize = 100_000;
/// Letters of a name.
const LONGEST_NAME: usize = 64;

impl Axis {
    /// Values from a list.
    ///
    /// # Errors
    /// When the key is unknown, a value is out of range, or the list is empty or too long.
    pub fn list(key: &str, values: &[String], place: &str) -> Result<Self> {
        let spec = sweepable(key, place)?;
        if !(1..=MOST_VALUES).contains(&values.len()) {
            return Err(Error::BadValue {
                place: place.into(),
                key: spec.key.into(),
                expected: format!("1 to {MOST_VALUES} values"),
                got: values.len().to_string(),
            });
        }
        let mut kept = values.iter().map(|v| Ok(spec.format(&spec.parse(v, place)?))).collect::<Result<Vec<_>>>()?;
        let mut seen = BTreeSet::new();
        kept.retain(|value| seen.insert(value.clone()));
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
        let fits = from.is_finite() && to.is_finite() && (1..=MOST_VALUES).contains(&steps);
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

/// A sweep as it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// See [`Plan::name`].
    pub name: String,
    /// What every run does, but for axes and seed.
    pub base: Protocol,
    /// Settings that hold even where an axis chooses another task: key, value, place for messages.
    pub fixed: Vec<(String, String, String)>,
    /// One to three parameters.
    pub axes: Vec<Axis>,
    /// See [`Plan::seeds`].
    pub seeds: Vec<u32>,
    /// See [`Plan::lane`]; without it, the lane nearest to the chip.
    pub lane: Option<Lane>,
    /// See [`Plan::stop_early`].
    pub stop_early: bool,
}

impl Grid {
    /// A grid around a run, without axes yet.
    pub fn around(base: impl Into<Protocol>) -> Self {
        Self {
            name: "sweep".into(),
            base: base.into(),
            fixed: Vec::new(),
            axes: Vec::new(),
            seeds: vec![1, 2],
            lane: None,
            stop_early: false,
        }
    }

    fn place(&self) -> String {
        format!("sweep {}", self.name)
    }

    /// The cells of the grid.
    ///
    /// # Errors
    /// When there are no axes or too many, too many runs, no seeds, or a point contradicts itself.
    pub fn plan(self) -> Result<Plan> {
        let bad = |key: &str, expected: String, got: String| {
            Err(Error::BadValue { place: self.place(), key: key.into(), expected, got })
        };
        let axes = &self.axes;
        if !(1..=MOST_AXES).contains(&axes.len()) {
            return bad("axes", format!("1 to {MOST_AXES} parameters"), axes.len().to_string());
        }
        if let Some(twice) = (1..axes.len()).find(|&k| axes[..k].iter().any(|a| a.key == axes[k].key)) {
            return bad("axes", "every parameter once".into(), format!("{} twice", axes[twice].key));
        }
        let cells = axes.iter().fold(1usize, |product, axis| product.saturating_mul(axis.values.len()));
        let runs = cells.saturating_mul(self.seeds.len());
        if runs == 0 || runs > MOST_RUNS {
            return bad("seeds", format!("1 to {MOST_RUNS} runs in all"), runs.to_string());
        }
        let fits = self.name.chars().all(|c| c.is_alphanumeric() || "-_ .".contains(c));
        if !fits || self.name.trim_matches([' ', '.']).is_empty() || self.name.chars().count() > LONGEST_NAME {
            let expected =
                format!("at most {LONGEST_NAME} letters, digits, spaces, dots and dashes, and not only dots");
            return bad("name", expected, self.name.clone());
        }
        let lanes = &self.base.params.learning.lanes;
        let nearest = [Lane::InTheLoop, Lane::Transferred, Lane::Ideal].into_iter().find(|lane| lanes.contains(lane));
        let lane = self.lane.or(nearest).unwrap_or(Lane::InTheLoop);
        let mut plan = Plan {
            name: self.name.clone(),
            axes: self.axes.clone(),
            cells: Vec::with_capacity(cells),
            seeds: self.seeds.clone(),
            lane,
            stop_early: self.stop_early,
        };
        for k in 0..cells {
            let value = |(axis, of): (usize, &Axis)| (of.key, of.values[plan.place(k, axis)].clone());
            let cell = self.cell(axes.iter().enumerate().map(value).collect(), lane)?;
            plan.cells.push(cell);
        }
        Ok(plan)
    }

    /// The experiment at one point.
    fn cell(&self, at: Vec<(&'static str, String)>, lane: Lane) -> Result<Cell> {
        let (mut protocol, place) = (self.base.clone(), self.place());
        let params: &mut Params = &mut protocol.params;
        for (_, task) in at.iter().filter(|(key, _)| *key == "task") {
            let known = TaskKind::NAMES.iter().position(|name| name == task).unwrap_or(0);
            params.adopt_task(TaskKind::ALL[known]);
            for (key, value, place) in self.fixed.iter().filter(|(key, ..)| key != "task") {
                assign(params, key, value, place)?;
            }
        }
        for (key, value) in at.iter().filter(|(key, _)| *key != "task") {
            assign(params, key, value, &place)?;
        }
        if !params.learning.lanes.contains(&lane) {
            let names: Vec<&str> = params.learning.lanes.iter().map(|lane| lane.name()).collect();
            return Err(Error::BadValue {
                place,
                key: "lane".into(),
                expected: format!("one of the lanes of the experiment: {}", names.join(", ")),
                got: lane.name().into(),
            });
        }
        let checked = protocol.check();
        let cell = Cell { at, protocol, probe: Probe::Nothing, published: None };
        checked.map_err(|why| Error::Malformed {
            path: place.into(),
            place: Some(cell.title()),
            why: why.to_string(),
        })?;
        Ok(cell)
    }
}
