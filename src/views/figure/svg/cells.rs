//! Matrices with their colours, and tables.

use std::fmt::Write as _;

use egui::Color32;

use super::{Area, LEAST_NAMED, LETTERS, LINE, MOST_ROWS, Sheet, WIDTH, escaped, hex, label, shortened, width_of};
use crate::views::figure::model::Table;
use crate::views::figure::{Cells, Scale};

/// All cells of a colour in one path, in units of cells.
pub(super) fn draw_cells(out: &mut String, sheet: &Sheet<'_>, cells: &Cells) {
    let [x, y] = cells.ends();
    let (Some([left, from]), Some([right, to])) = (sheet.at([x[0], y[0]]), sheet.at([x[1], y[1]])) else { return };
    let size = [(right - left) / cells.columns as f64, (to - from) / cells.rows().max(1) as f64];
    let mut paths: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for (row, colors) in cells.colors.chunks(cells.columns).enumerate() {
        let mut column = 0;
        for run in colors.chunk_by(|a, b| a == b) {
            let path = paths.entry(hex(run[0])).or_default();
            let _ = write!(path, "M{column} {row}h{n}v1h-{n}z", n = run.len());
            column += run.len();
        }
    }
    let _ = writeln!(
        out,
        "<g shape-rendering=\"crispEdges\" transform=\"translate({left:.2} {from:.2}) scale({:.4} {:.4})\"><title>{}</title>",
        size[0],
        size[1],
        escaped(&cells.name)
    );
    for (color, path) in paths {
        let _ = writeln!(out, "<path fill=\"{color}\" d=\"{path}\"/>");
    }
    out.push_str("</g>\n");
    if !cells.written || size[0].abs() < 2.0 * LEAST_NAMED || size[1].abs() < LEAST_NAMED {
        return;
    }
    for (k, (value, color)) in cells.values.iter().zip(&cells.colors).enumerate().filter(|(_, (v, _))| v.is_finite()) {
        let (row, column) = ((k / cells.columns) as f64, (k % cells.columns) as f64);
        let ink = if light(*color) { "#000" } else { "#fff" };
        let [x, y] = [left + (column + 0.5) * size[0], from + (row + 0.5) * size[1] + 4.0];
        out.push_str(&label(x, y, "middle", &format!(" fill=\"{ink}\""), &brief(*value)));
    }
}

/// What the colours of the cells mean, above one another, each with numbers and its name.
pub(super) fn draw_scales(out: &mut String, scales: &[&Scale], beside: &Area) {
    let n = scales.len().max(1) as f64;
    let room = beside.height() / n;
    for (k, scale) in scales.iter().enumerate() {
        let gap = if scales.len() > 1 { 8.0 } else { 0.0 };
        let top = beside.top + k as f64 * room + if k > 0 { gap } else { 0.0 };
        let bottom = beside.top + (k as f64 + 1.0) * room - if k + 1 < scales.len() { gap } else { 0.0 };
        let (x, height) = (beside.right + 12.0, (bottom - top).max(1.0));
        let step = height / scale.colors.len().max(1) as f64;
        for (k, color) in scale.colors.iter().enumerate() {
            let size = format!("width=\"12\" height=\"{:.2}\"", step + 0.3);
            let y = bottom - (k as f64 + 1.0) * step;
            let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.2}\" {size} fill=\"{}\"/>", hex(*color));
        }
        for (part, words) in scale.marks(height, 2.0 * LINE) {
            // The numbers at the ends stay beside the bar.
            let y = (bottom - part * height + 4.0).clamp(top + 10.0, bottom);
            out.push_str(&label(x + 16.0, y, "start", "", &words));
        }
        let (x, middle) = (x + 66.0, f64::midpoint(top, bottom));
        let size = (LETTERS * height / width_of(&scale.name).max(1.0)).clamp(7.0, LETTERS);
        let turn = format!(" class=\"scale\" font-size=\"{size:.1}\" transform=\"rotate(-90 {x:.1} {middle:.1})\"");
        out.push_str(&label(x, middle, "middle", &turn, &scale.name));
    }
}

pub(super) fn draw_table(out: &mut String, table: &Table, y: &mut f64) {
    let rows = || std::iter::once(&table.heads).chain(table.rows.iter().take(MOST_ROWS));
    let columns = table.heads.len();
    let widths: Vec<f64> = (0..columns)
        .map(|k| rows().filter_map(|row| row.get(k)).map(|cell| width_of(&shortened(cell))).fold(24.0, f64::max) + 14.0)
        .collect();
    let scale = ((WIDTH - 24.0) / widths.iter().sum::<f64>()).min(1.0);
    for (k, row) in rows().enumerate() {
        let style = format!(" font-size=\"{:.1}\"{}", 13.0 * scale, if k == 0 { " font-weight=\"bold\"" } else { "" });
        let mut x = 12.0;
        for (cell, width) in row.iter().zip(&widths) {
            out.push_str(&label(x, *y, "start", &style, &shortened(cell)));
            x += width * scale;
        }
        *y += LINE;
    }
    if table.rows.len() > MOST_ROWS {
        out.push_str(&label(12.0, *y, "start", "", &format!("… {}", table.rows.len())));
    }
    *y += LINE;
}

/// Whether black is better read on it than white.
fn light(color: Color32) -> bool {
    let paper = u32::from(255 - color.a());
    let [r, g, b] = [color.r(), color.g(), color.b()].map(|c| u32::from(c) + paper);
    r + 2 * g + b > 510
}

/// A number in a cell.
fn brief(v: f64) -> String {
    if v.fract() == 0.0 { format!("{v:.0}") } else { format!("{v:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_cells_are_black_on_light_and_white_on_dark() {
        assert!(light(Color32::TRANSPARENT) && !light(Color32::from_black_alpha(255)));
        assert_eq!([3.0, 2.25].map(brief), ["3", "2.2"]);
    }
}
