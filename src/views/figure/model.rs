//! The description of a figure.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Align2, Color32};

use super::series::{Series, Shape};
use super::{Cells, Scale};
use crate::text::comma_after;
use crate::views::theme;

/// The smallest value on a logarithmic axis; zero has no logarithm.
const FLOOR: f64 = 1e-6;

/// A line across or upward through the whole panel: a threshold, a nominal value, a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it is.
    pub name: String,
    /// Where it is.
    pub at: f64,
    /// Whether it is a value of y, so that the line is level.
    pub level: bool,
    /// Its colour.
    pub color: Color32,
    /// A line of some kind.
    pub shape: Shape,
    /// What happened there.
    pub note: String,
}

/// Words at a place of the panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// `[x, y]`.
    pub at: [f64; 2],
    /// What stands there.
    pub words: String,
    /// Their colour.
    pub color: Color32,
    /// Which corner of the words is at the place.
    pub anchor: Align2,
    /// Height of the letters, in points.
    pub size: f32,
}

impl Label {
    /// Height of its letters at a place of the screen or the paper, so that it stays apart from those of the other words
    /// above and below it.
    pub(super) fn letters(&self, [x, y]: [f64; 2], others: impl Iterator<Item = [f64; 2]>) -> f32 {
        /// Words further to the side are no neighbours.
        const NEAR: f64 = 40.0;
        let near = others.filter(|at| (at[0] - x).abs() < NEAR).map(|at| (at[1] - y).abs()).filter(|d| *d > 0.0);
        let apart = near.fold(f64::INFINITY, f64::min);
        (0.95 * apart).max(4.0).min(f64::from(self.size)) as f32
    }
}

/// An axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    /// With its unit.
    pub name: String,
    /// Whether it is logarithmic.
    pub log: bool,
    /// What its numbers count from.
    pub origin: f64,
    /// Values that are always in sight.
    pub reach: Vec<f64>,
    /// Words in place of numbers, and where they stand.
    pub words: Vec<(f64, String)>,
    /// Whether the words are what the values mean, and not only names of places.
    pub named: bool,
    /// Whether it runs downward.
    pub down: bool,
    /// Decimals of a value in a tooltip, where it is not as its size has it: none of numbers of things.
    pub decimals: Option<usize>,
}

impl Axis {
    /// The word at a value, or at the nearest whole one: bars of one place stand side by side.
    pub(in crate::views) fn word(&self, value: f64) -> Option<&str> {
        let near = |(at, _): &&(f64, String)| (at - value).abs() < 0.5;
        self.words.iter().filter(|_| self.named).find(near).map(|(_, word)| word.as_str())
    }

    /// A value as it is drawn.
    pub(in crate::views) fn shown(&self, value: f64) -> f64 {
        if self.log { value.max(FLOOR).log10() } else { value }
    }

    /// The inverse of [`Self::shown`].
    pub(in crate::views) fn value(&self, shown: f64) -> f64 {
        if self.log { 10f64.powf(shown) } else { shown }
    }

    /// Name and unit.
    pub(in crate::views) fn parts(&self) -> (&str, &str) {
        self.name.rsplit_once([',', '，']).map_or((&self.name, ""), |(name, unit)| (name, unit.trim()))
    }

    /// A value with the unit of the axis, for a tooltip.
    pub(in crate::views) fn said(&self, value: f64) -> String {
        if let Some(word) = self.word(value) {
            return word.to_owned();
        }
        let (name, unit) = self.parts();
        let value = value - self.origin;
        let by_size = if value.abs() >= 100.0 {
            1
        } else if value.abs() >= 10.0 {
            2
        } else {
            3
        };
        let decimals = self.decimals.unwrap_or(by_size);
        format!("{name} {value:.decimals$} {unit}").trim_end().to_owned()
    }
}

/// An entry of a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// How what it stands for is drawn.
    pub shape: Shape,
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub color: Color32,
    /// Whether what it stands for is shown; `None` when it cannot be hidden.
    pub on: Option<bool>,
}

impl Key {
    /// An entry that cannot be hidden.
    pub(in crate::views) fn new(shape: Shape, name: impl Into<String>, color: Color32) -> Self {
        Self { shape, name: name.into(), color, on: None }
    }

    /// A click shows and hides what it stands for.
    pub(in crate::views) fn toggled(self, on: bool) -> Self {
        Self { on: Some(on), ..self }
    }
}

/// Axes with what is drawn on them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// Above it, where there are several.
    pub name: String,
    /// The x axis.
    pub x: Axis,
    /// The y axis.
    pub y: Axis,
    /// What the points are numbered by.
    pub of: String,
    /// Matrices, below everything else.
    pub cells: Vec<Arc<Cells>>,
    /// Curves and points, later ones on top.
    pub series: Vec<Series>,
    /// Lines through the panel.
    pub rules: Vec<Rule>,
    /// Words in the panel.
    pub labels: Vec<Label>,
    /// What the marks mean; where it is empty, the series say it themselves.
    pub legend: Vec<Key>,
    /// Whether both axes have the same scale.
    pub square: bool,
}

impl Panel {
    /// Adds a series.
    pub(in crate::views) fn add(
        &mut self,
        name: impl Into<String>,
        color: Color32,
        shape: Shape,
        points: impl Into<Arc<Vec<[f64; 2]>>>,
    ) -> &mut Series {
        self.series.push(Series::new(name.into(), color, shape, points.into()));
        let last = self.series.len() - 1;
        &mut self.series[last]
    }

    /// Adds a line through the panel, level or upright.
    pub(in crate::views) fn rule(
        &mut self,
        name: impl Into<String>,
        at: f64,
        level: bool,
        color: Color32,
        shape: Shape,
    ) -> &mut Rule {
        self.rules.push(Rule { name: name.into(), at, level, color, shape, note: String::new() });
        let last = self.rules.len() - 1;
        &mut self.rules[last]
    }

    /// Adds small words with that corner at a place.
    pub(in crate::views) fn label(
        &mut self,
        words: impl Into<String>,
        at: [f64; 2],
        anchor: Align2,
        color: Color32,
    ) -> &mut Label {
        self.labels.push(Label { at, words: words.into(), color, anchor, size: theme::SMALL });
        let last = self.labels.len() - 1;
        &mut self.labels[last]
    }

    /// Rings around those of the points of the last series that are chosen.
    pub(in crate::views) fn ring(&mut self, name: &str, chosen: &[usize], color: Color32, radius: f32) {
        let Some(last) = self.series.last() else { return };
        let found = (0..last.points.len()).filter_map(|k| Some((last.number(k)?, last.place(k))));
        let (numbers, points): (Vec<_>, Vec<_>) = found.filter(|(n, _)| chosen.contains(n)).unzip();
        if !points.is_empty() {
            self.add(name, color, Shape::Rings(radius), points).numbered(numbers).quiet();
        }
    }

    /// What the marks mean: the legend, or one entry for every name where there are several.
    pub(in crate::views) fn keys(&self) -> Vec<Key> {
        // Rows that are named need no second name.
        if !self.legend.is_empty() || self.y.named {
            return self.legend.clone();
        }
        let mut known = BTreeSet::new();
        let series = self.series.iter().filter(|s| !s.points.is_empty()).map(|s| (s.shape, &s.name, s.color));
        let rules = self.rules.iter().map(|r| (r.shape, &r.name, r.color));
        let named = series.chain(rules).filter(|(_, name, _)| !name.is_empty() && known.insert(name.as_str()));
        let keys: Vec<Key> = named.map(|(shape, name, color)| Key::new(shape, name, color)).collect();
        if keys.len() > 1 { keys } else { Vec::new() }
    }

    /// Smallest and largest values that are drawn, `[x, y]`; what is no number is not.
    pub(in crate::views) fn extent(&self) -> [Option<[f64; 2]>; 2] {
        let mut ends = [None; 2];
        let mut take = |axis: usize, value: f64| {
            if value.is_finite() {
                let [low, high]: [f64; 2] = ends[axis].unwrap_or([value; 2]);
                ends[axis] = Some([low.min(value), high.max(value)]);
            }
        };
        for series in &self.series {
            let half = if let Shape::Bars(width) = series.shape { width / 2.0 } else { 0.0 };
            for k in 0..series.points.len() {
                let [x, y] = series.place(k);
                if x.is_finite() && y.is_finite() {
                    take(0, x - half);
                    take(0, x + half);
                    take(1, y);
                }
            }
            if half > 0.0 {
                take(1, 0.0);
            }
        }
        for cells in &self.cells {
            let [x, y] = cells.ends();
            for k in 0..2 {
                take(0, x[k]);
                take(1, y[k]);
            }
        }
        self.rules.iter().for_each(|rule| take(usize::from(rule.level), rule.at));
        self.x.reach.iter().for_each(|x| take(0, *x));
        self.y.reach.iter().for_each(|y| take(1, *y));
        ends
    }

    /// What the colours of its matrices mean.
    pub(in crate::views) fn scales(&self) -> Vec<&Scale> {
        self.cells.iter().flat_map(|cells| &cells.scales).collect()
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.points.is_empty()) && self.cells.iter().all(|c| c.colors.is_empty())
    }
}

/// A number or a word that stands by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Number or word.
    pub value: String,
    /// Unit, if it has one.
    pub unit: String,
}

/// Rows of numbers and words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What it holds.
    pub name: String,
    /// What stands in its columns, with units.
    pub heads: Vec<String>,
    /// One after the other.
    pub rows: Vec<Vec<String>>,
    /// Whether the view itself shows it as a table. What is only written with the numbers is not drawn.
    pub drawn: bool,
}

/// What a view shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// Above the plot.
    pub title: String,
    /// Side by side, or above one another.
    pub panels: Vec<Panel>,
    /// Whether the panels stand above one another.
    pub stacked: bool,
    /// Below the plot.
    pub facts: Vec<Fact>,
    /// Raw values, and what is shown as a table.
    pub tables: Vec<Table>,
}

/// The name of an axis with its unit, if it has one.
pub(in crate::views) fn with_unit(name: &str, unit: &str) -> String {
    if unit.trim().is_empty() { name.into() } else { format!("{name}{}{}", comma_after(name), unit.trim()) }
}

impl Figure {
    /// A figure with one empty panel.
    pub(in crate::views) fn new(title: &str, x: &str, y: &str) -> Self {
        let mut figure = Self { title: title.into(), ..Self::default() };
        figure.panel(x, y);
        figure
    }

    /// Adds a panel.
    pub(in crate::views) fn panel(&mut self, x: &str, y: &str) -> &mut Panel {
        let axis = |name: &str| Axis { name: name.into(), ..Axis::default() };
        self.panels.push(Panel { x: axis(x), y: axis(y), ..Panel::default() });
        self.last()
    }

    /// The panel that was added last.
    pub(in crate::views) fn last(&mut self) -> &mut Panel {
        if self.panels.is_empty() {
            self.panels.push(Panel::default());
        }
        let last = self.panels.len() - 1;
        &mut self.panels[last]
    }

    /// Adds a series to the last panel.
    pub(in crate::views) fn add(
        &mut self,
        name: impl Into<String>,
        color: Color32,
        shape: Shape,
        points: impl Into<Arc<Vec<[f64; 2]>>>,
    ) -> &mut Series {
        self.last().add(name, color, shape, points)
    }

    /// Adds a number or a word that stands by itself.
    pub(in crate::views) fn tell(&mut self, name: impl Into<String>, value: &impl ToString, unit: &str) {
        self.facts.push(Fact { name: name.into(), value: value.to_string(), unit: unit.trim().into() });
    }

    /// Adds a table that is written with the numbers.
    pub(in crate::views) fn table(&mut self, name: &str, heads: Vec<String>, rows: Vec<Vec<String>>) -> &mut Table {
        self.tables.push(Table { name: name.into(), heads, rows, drawn: false });
        let last = self.tables.len() - 1;
        &mut self.tables[last]
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.panels.iter().all(Panel::is_empty) && self.tables.iter().all(|t| t.rows.is_empty())
    }
}
