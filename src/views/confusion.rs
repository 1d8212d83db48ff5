//! Which class is taken for which, over the whole test split.

use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use ndarray::Array2;

use super::figure::{Cells, Figure};
use super::selection::Selection;
use super::{Seen, View, ViewContext, lane_ui, nothing_ui, theme, whole_ui};
use crate::session::messages::{Evaluation, Snapshot};
use crate::text::{Text, ViewText};

/// What is taken for what.
#[derive(Default)]
pub(super) struct Confusion;

impl View for Confusion {
    fn text(text: &Text) -> ViewText {
        text.device.confusion
    }

    fn is_plot() -> bool {
        false
    }

    /// One row a right class, one column an answer; shades are shares of the row.
    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, snapshot) = (context.text, context.snapshot);
        let Some(seen) = examination(snapshot, selection) else { return nothing_ui(ui, text) };
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &snapshot.params.learning.lanes);
            ui.label(format!("{:.1} %", 100.0 * seen.scores.accuracy));
            if let Some((right, answer, n)) = worst(&seen.confusion) {
                let (right, answer) = (name(snapshot, right), name(snapshot, answer));
                let words = format!("{right} {} {answer}: {n}", text.device.taken_for);
                whole_ui(ui, egui::RichText::new(words).weak());
            }
        });
        let n = seen.confusion.nrows();
        let area = ui.available_rect_before_wrap().shrink(2.0);
        // The frame is drawn around the cells.
        let room = area.size() - vec2(1.0, 1.0);
        let font = egui::TextStyle::Small.resolve(ui.style());
        let margin = vec2(34.0, 33.0);
        let cell = ((room.x - margin.x) / n.max(1) as f32).min((room.y - margin.y) / n.max(1) as f32 * 1.8);
        let size = vec2(cell, ((room.y - margin.y) / n.max(1) as f32).min(cell));
        if n == 0 || size.min_elem() < 2.0 {
            return;
        }
        let (_, response) = ui.allocate_exact_size(area.size(), Sense::hover());
        let (painter, visuals) = (ui.painter_at(area), ui.visuals().clone());
        let origin = area.min + margin;
        let place = |right: usize, answer: usize| {
            Rect::from_min_size(origin + vec2(answer as f32 * size.x, right as f32 * size.y), size)
        };
        let color = theme::lane_color(seen.lane, &visuals);
        for ((right, answer), count) in seen.confusion.indexed_iter() {
            let share = share(&seen.confusion, right, *count);
            let rect = place(right, answer);
            let fill = if right == answer { color } else { theme::alarm(&visuals) };
            painter.rect_filled(rect.shrink(0.5), 0.0, fill.gamma_multiply(0.06 + 0.94 * (share as f32).sqrt()));
            if *count > 0 && size.y > 12.0 && size.x > 20.0 {
                let ink = if share > 0.3 { visuals.extreme_bg_color } else { visuals.text_color() };
                painter.text(rect.center(), Align2::CENTER_CENTER, count.to_string(), font.clone(), ink);
            }
        }
        for class in 0..n {
            let (column, row) = (place(0, class), place(class, 0));
            let words = |at, align| painter.text(at, align, name(snapshot, class), font.clone(), visuals.text_color());
            words(pos2(column.center().x, column.top() - 3.0), Align2::CENTER_BOTTOM);
            words(pos2(row.left() - 4.0, row.center().y), Align2::RIGHT_CENTER);
        }
        let all = place(0, 0).union(place(n - 1, n - 1));
        painter.rect_stroke(all, 0.0, Stroke::new(1.0, theme::ghost(&visuals)), StrokeKind::Outside);
        let above = pos2(all.center().x, area.top());
        painter.text(above, Align2::CENTER_TOP, text.device.columns_answer, font.clone(), visuals.weak_text_color());
        painter.text(area.min, Align2::LEFT_TOP, text.device.rows_right, font, visuals.weak_text_color());
        if let Some(at) = response.hover_pos().filter(|at| all.contains(*at)) {
            let cell = (at - all.min) / size;
            let (right, answer) = ((cell.y as usize).min(n - 1), (cell.x as usize).min(n - 1));
            let count = seen.confusion[[right, answer]];
            response.on_hover_text_at_pointer(format!(
                "{} {}\n{} {}\n{}, {:.1} % {}",
                text.device.rows_right,
                name(snapshot, right),
                text.device.columns_answer,
                name(snapshot, answer),
                text.plurals.samples.of(count as usize),
                100.0 * share(&seen.confusion, right, count),
                text.device.share
            ));
        }
    }

    fn figure(&self, &Seen { snapshot, text, selection, .. }: &Seen<'_>) -> Option<Figure> {
        let seen = examination(snapshot, selection)?;
        let device = &text.device;
        let title = format!("{} ({})", device.confusion.title, text.lane(seen.lane).name);
        let mut figure = Figure::new(&title, device.columns_answer, device.rows_right);
        figure.of_cells("", "", device.count);
        let names = snapshot.sample.as_ref().map_or_else(Vec::new, |sample| sample.class_names.clone());
        (figure.matrix.rows, figure.matrix.columns) = (names.clone(), names);
        let shades = seen.confusion.indexed_iter().map(|((right, _), n)| share(&seen.confusion, right, *n));
        figure.cells.push(Cells {
            name: text.lane(seen.lane).name.into(),
            columns: seen.confusion.ncols(),
            values: seen.confusion.iter().map(|n| f64::from(*n)).collect(),
            colors: shades.map(|s| theme::rgb(theme::sequential(s))).collect(),
        });
        Some(figure)
    }
}

fn examination<'a>(snapshot: &'a Snapshot, selection: &Selection) -> Option<&'a Evaluation> {
    snapshot.examination(selection.lane).or(snapshot.examined.last())
}

fn name(snapshot: &Snapshot, class: usize) -> String {
    let named = snapshot.sample.as_ref().and_then(|s| s.class_names.get(class));
    named.cloned().unwrap_or_else(|| class.to_string())
}

fn share(confusion: &Array2<u32>, right: usize, count: u32) -> f64 {
    f64::from(count) / f64::from(confusion.row(right).sum().max(1))
}

/// The most frequent mistake: right class, answer, how often.
fn worst(confusion: &Array2<u32>) -> Option<(usize, usize, u32)> {
    confusion
        .indexed_iter()
        .filter(|((right, answer), n)| right != answer && **n > 0)
        .max_by_key(|(at, n)| (**n, std::cmp::Reverse(*at)))
        .map(|((right, answer), n)| (right, answer, *n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_mistake_is_off_the_diagonal_and_shares_are_of_the_right_class() {
        let confusion = ndarray::array![[90u32, 3, 7], [0, 50, 0], [8, 1, 1]];
        assert_eq!(worst(&confusion), Some((2, 0, 8)));
        assert!((share(&confusion, 2, 8) - 0.8).abs() < 1e-12);
        assert_eq!(worst(&ndarray::array![[5u32, 0], [0, 5]]), None);
        assert!(share(&Array2::zeros((2, 2)), 0, 0).abs() < 1e-12);
    }
}
