//! Matrices of coloured cells.

use egui::Color32;

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
    /// The values at both ends of the colours, and the colours from one to the other.
    pub scale: Option<([f64; 2], Vec<Color32>)>,
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
        Self { name, value, columns: columns.max(1), values, colors, origin, size, written: false, scale: None }
    }

    /// With a bar of colours from `low` to `high`.
    pub(in crate::views) fn scaled(self, [low, high]: [f64; 2], color: impl Fn(f64) -> Color32) -> Self {
        const STEPS: u32 = 32;
        let at = |k: u32| color(low + (high - low) * f64::from(k) / f64::from(STEPS - 1));
        Self { scale: Some(([low, high], (0..STEPS).map(at).collect())), ..self }
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
