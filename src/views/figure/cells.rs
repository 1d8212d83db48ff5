//! Matrices of coloured cells.

use egui::Color32;

use super::Scale;

/// A matrix of coloured cells, row by row from the first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// In the table.
    pub name: String,
    /// What the cells hold, with its unit; empty where they are a picture whose numbers stand elsewhere.
    pub value: String,
    /// Cells in a row.
    pub columns: usize,
    /// What each cell stands for.
    pub values: Vec<f64>,
    /// The colour of each cell.
    pub colors: Vec<Color32>,
    /// Where the first cell begins, in units of the axes.
    pub origin: [f64; 2],
    /// Size of a cell in units of the axes.
    pub size: [f64; 2],
    /// Whether the values stand in the cells.
    pub written: bool,
    /// What the colours mean.
    pub scales: Vec<Scale>,
}

impl Cells {
    /// Cells of size 1; the colours are those of `color`.
    pub(in crate::views) fn new(
        name: &str,
        value: &str,
        columns: usize,
        values: Vec<f64>,
        color: impl Fn(f64) -> Color32,
    ) -> Self {
        let colors = values.iter().map(|v| color(*v)).collect();
        Self { values, value: value.into(), ..Self::picture(name, columns, colors, [0.0; 2], [1.0; 2]) }
    }

    /// Colours without numbers.
    pub(in crate::views) fn picture(
        name: &str,
        columns: usize,
        colors: Vec<Color32>,
        origin: [f64; 2],
        size: [f64; 2],
    ) -> Self {
        let (name, value, values) = (name.into(), String::new(), Vec::new());
        Self { name, value, columns: columns.max(1), values, colors, origin, size, written: false, scales: Vec::new() }
    }

    /// With a bar of colours beside it.
    pub(in crate::views) fn scaled(mut self, scale: Scale) -> Self {
        self.scales.push(scale);
        self
    }

    /// Rows, the last of which may be short.
    pub(in crate::views) fn rows(&self) -> usize {
        self.colors.len().div_ceil(self.columns.max(1))
    }

    /// Where the matrix begins and ends, `[x, y]`.
    pub(in crate::views) fn ends(&self) -> [[f64; 2]; 2] {
        let n = [self.columns, self.rows()];
        [0, 1].map(|k| [self.origin[k], self.origin[k] + n[k] as f64 * self.size[k]])
    }
}
