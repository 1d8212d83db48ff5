//! Which class is taken for which, over the whole test split.

use std::sync::Arc;

use egui::{Color32, Ui};
use ndarray::Array2;

use super::figure::screen::matrix_ui;
use super::figure::{Cells, Figure, Scale, with_unit};
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
                let words = format!("{right} {} {answer}{colon}{n}", text.device.taken_for, colon = text.colon);
                whole_ui(ui, egui::RichText::new(words).weak());
            }
        });
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return };
        let Some((response, right, answer)) = matrix_ui(ui, &figure.panels[0]) else { return };
        let Some(&count) = seen.confusion.get([right, answer]) else { return };
        response.on_hover_text_at_pointer(format!(
            "{} {}\n{} {}\n{}{comma}{:.1} % {}",
            text.device.rows_right,
            name(snapshot, right),
            text.device.columns_answer,
            name(snapshot, answer),
            text.plurals.samples.of(count as usize),
            100.0 * share(&seen.confusion, right, count),
            text.device.share,
            comma = text.comma
        ));
    }

    fn figure(&self, &Seen { snapshot, text, selection, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let seen = examination(snapshot, selection)?;
        let device = &text.device;
        let lane = text.lane(seen.lane).name;
        let mut figure =
            Figure::new(&format!("{} ({lane})", device.confusion.title), device.columns_answer, device.rows_right);
        let (panel, n) = (figure.last(), seen.confusion.nrows());
        let words: Vec<(f64, String)> = (0..n).map(|k| (k as f64 + 0.5, name(snapshot, k))).collect();
        for axis in [&mut panel.x, &mut panel.y] {
            (axis.words, axis.named) = (words.clone(), true);
        }
        panel.y.down = true;
        let right_color = theme::lane_color(seen.lane, visuals);
        let shade =
            |fill: Color32| move |percent: f64| fill.gamma_multiply(0.06 + 0.94 * (percent as f32 / 100.0).sqrt());
        let color = |((right, answer), count): ((usize, usize), &u32)| {
            let fill = if right == answer { right_color } else { theme::alarm(visuals) };
            shade(fill)(100.0 * share(&seen.confusion, right, *count))
        };
        let colors = seen.confusion.indexed_iter().map(color).collect();
        let bar = |named: &str, fill: Color32| {
            Scale::new(&with_unit(named, &format!("% {}", device.share)), [0.0, 100.0], shade(fill))
        };
        let bars = [bar(text.right, right_color), bar(text.wrong, theme::alarm(visuals))];
        let values = seen.confusion.iter().map(|n| f64::from(*n)).collect();
        let cells = Cells::new(lane, device.count, n, values, |_| right_color);
        panel.cells.push(Arc::new(Cells { colors, written: true, scales: bars.to_vec(), ..cells }));
        figure.tell(text.accuracy_axis, &format!("{:.2}", 100.0 * seen.scores.accuracy), "");
        if let Some((right, answer, n)) = worst(&seen.confusion) {
            figure.tell(format!("{} {} {}", name(snapshot, right), device.taken_for, name(snapshot, answer)), &n, "");
        }
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
