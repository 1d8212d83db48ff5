//! Points that belong together, and how they are drawn.

use std::sync::Arc;

use egui::Color32;

/// How the points of a series are drawn. Widths and radii are in points of the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Joined by a line of that width.
    Line(f32),
    /// Joined by a line with short gaps.
    Dashed(f32),
    /// Joined by a line with long gaps.
    Loose(f32),
    /// Joined by a dotted line.
    Dotted(f32),
    /// Discs of that radius.
    Dots(f32),
    /// Circles of that radius.
    Rings(f32),
    /// Squares.
    Squares(f32),
    /// Triangles that point down.
    Triangles(f32),
    /// Squares that stand on a corner.
    Diamonds(f32),
    /// Crosses.
    Crosses(f32),
    /// Short upright strokes, one row high.
    Ticks,
    /// Columns of that width in units of the x axis.
    Bars(f64),
}

impl Shape {
    /// Whether the points are joined.
    pub(in crate::views) fn is_line(self) -> bool {
        matches!(self, Self::Line(_) | Self::Dashed(_) | Self::Loose(_) | Self::Dotted(_))
    }
}

/// What the points of a series are numbered by, for example the neurons they belong to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::views) enum Numbers {
    /// Nothing.
    #[default]
    None,
    /// All points belong to this one.
    All(usize),
    /// One number a point.
    Each(Arc<Vec<usize>>),
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In legend, tooltip and table.
    pub name: String,
    /// Its colour.
    pub color: Color32,
    /// How it is drawn.
    pub shape: Shape,
    /// `[x, y]` in the units of the axes, as the table has them.
    pub points: Arc<Vec<[f64; 2]>>,
    pub(in crate::views) numbers: Numbers,
    /// Colours of the points, where each has its own.
    pub(in crate::views) colors: Vec<Color32>,
    /// Values beyond are drawn at these ends, `[x, y]`.
    held: [[f64; 2]; 2],
    /// Drawn that much higher: curves of several neurons stand above one another.
    raised: f64,
    /// The points are spread over that height around their own, so that those of one row do not cover each other.
    fanned: f64,
    /// It explains others and is not pointed at.
    pub(in crate::views) quiet: bool,
}

impl Series {
    /// Points as they are, without numbers.
    pub(super) fn new(name: String, color: Color32, shape: Shape, points: Arc<Vec<[f64; 2]>>) -> Self {
        let (numbers, colors) = (Numbers::None, Vec::new());
        let held = [[f64::NEG_INFINITY, f64::INFINITY]; 2];
        Self { name, color, shape, points, numbers, colors, held, raised: 0.0, fanned: 0.0, quiet: false }
    }

    /// All points belong to the thing of that number.
    pub(in crate::views) fn of(&mut self, number: usize) -> &mut Self {
        self.numbers = Numbers::All(number);
        self
    }

    /// The numbers of the things that the points stand for.
    pub(in crate::views) fn numbered(&mut self, numbers: impl Into<Arc<Vec<usize>>>) -> &mut Self {
        self.numbers = Numbers::Each(numbers.into());
        self
    }

    /// One colour a point.
    pub(in crate::views) fn colored(&mut self, colors: Vec<Color32>) -> &mut Self {
        self.colors = colors;
        self
    }

    /// Drawn at `low` or `high` where it is beyond, and then raised.
    pub(in crate::views) fn raised(&mut self, by: f64, low: f64, high: f64) -> &mut Self {
        (self.raised, self.held[1]) = (by, [low, high]);
        self
    }

    /// Drawn no further from x = 0 than `reach`, and spread over the height of `fanned`.
    pub(in crate::views) fn fanned(&mut self, reach: f64, fanned: f64) -> &mut Self {
        (self.held[0], self.fanned) = ([-reach, reach], fanned);
        self
    }

    /// It explains others and is not pointed at.
    pub(in crate::views) fn quiet(&mut self) -> &mut Self {
        self.quiet = true;
        self
    }

    /// The number of point `k`.
    pub(in crate::views) fn number(&self, k: usize) -> Option<usize> {
        match &self.numbers {
            Numbers::None => None,
            Numbers::All(number) => Some(*number),
            Numbers::Each(numbers) => numbers.get(k).copied(),
        }
    }

    /// Whether every point stands for a thing of its own.
    pub(in crate::views) fn is_numbered(&self) -> bool {
        matches!(self.numbers, Numbers::Each(_))
    }

    /// How much higher it is drawn.
    pub(in crate::views) fn raised_by(&self) -> f64 {
        self.raised
    }

    /// Where point `k` is drawn, in the units of the axes.
    pub(in crate::views) fn place(&self, k: usize) -> [f64; 2] {
        let [x, y] = self.points[k];
        let [across, upward] = self.held;
        let part = k as f64 / (self.points.len().max(2) - 1) as f64 - 0.5;
        let fanned = if self.fanned > 0.0 { self.fanned * part } else { 0.0 };
        [x.clamp(across[0], across[1]), y.clamp(upward[0], upward[1]) + self.raised + fanned]
    }
}
