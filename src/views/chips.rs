//! The same weights on many chips: each one, and all of them against the strength of their faults.

use egui::{Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, vec2};

use super::figure::screen::Plot;
use super::figure::{Figure, Key, Shape};
use super::legend::legend_ui;
use super::selection::Selection;
use super::{Seen, View, ViewContext, lane_ui, nothing_until_ui, theme};
use crate::session::messages::{ChipsView, ViewRequest, yield_of};
use crate::text::{Text, ViewText};

/// Side of the square that stands for one chip, in points.
const DIE: f32 = 24.0;

/// What is asked for.
pub(super) struct ChipsPane {
    n: usize,
    /// In %.
    target: f64,
    sweep: bool,
}

impl Default for ChipsPane {
    fn default() -> Self {
        Self { n: 24, target: 90.0, sweep: true }
    }
}

impl View for ChipsPane {
    fn text(text: &Text) -> ViewText {
        text.probes.chips
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, probes) = (context.text, &context.text.probes);
        let view = context.snapshot.chips.clone();
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
            let drag = egui::DragValue::new(&mut self.n).range(2..=256).suffix(format!(" {}", probes.n_chips.name));
            ui.add(drag).on_hover_text(probes.n_chips.meaning);
            if view.as_ref().is_some_and(|view| view.running) {
                if ui.button(text.stop.name).clicked() {
                    context.commands.push(ViewRequest::StopChips);
                }
            } else if ui.button(probes.try_chips.name).on_hover_text(probes.try_chips.meaning).clicked() {
                context.commands.push(ViewRequest::TryChips(selection.lane, self.n));
            }
            let target = egui::DragValue::new(&mut self.target).range(0.0..=100.0).max_decimals(1);
            let target = target.prefix(format!("{} ", probes.target.name)).suffix(" %");
            ui.add(target).on_hover_text(probes.target.meaning);
            for (sweep, named) in [(false, probes.fan), (true, probes.against_sigma)] {
                ui.selectable_value(&mut self.sweep, sweep, named.name).on_hover_text(named.meaning);
            }
        });
        let Some(view) = view.filter(|view| !view.accuracy.is_empty()) else {
            return nothing_until_ui(ui, text, probes.try_chips);
        };
        let (done, all) = view.progress();
        ui.horizontal_wrapped(|ui| {
            if view.running {
                ui.add(egui::ProgressBar::new(done as f32 / all.max(1) as f32).desired_width(80.0));
            }
            ui.label(self.summary(&view, text));
        });
        let borders = borders(ui.visuals());
        if !self.sweep {
            self.dice_ui(ui, &view, context.snapshot.params.chip.number, borders);
        }
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return };
        let panel = &figure.panels[0];
        ui.horizontal_wrapped(|ui| {
            let mut keys = panel.keys();
            if !self.sweep {
                let named = [probes.reaches_target, probes.misses_target].into_iter().zip(borders);
                keys.extend(named.map(|(name, color)| Key::new(Shape::Rings(4.0), name, color)));
            }
            legend_ui(ui, &keys)
        });
        let id = if self.sweep { "chips against sigma" } else { "chips" };
        Plot::new(panel, id, context.snapshot).show(ui, text, |_| {});
    }

    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (view, probes) = (snapshot.chips.as_ref().filter(|view| !view.accuracy.is_empty())?, &text.probes);
        let color = view.lane.map_or(theme::muted(visuals), |lane| theme::lane_color(lane, visuals));
        let title = format!("{}{colon}{}", probes.chips.title, self.summary(view, text), colon = text.colon);
        let [x, y] =
            if self.sweep { [probes.sigma_axis, probes.share_axis] } else { [probes.chip_axis, text.accuracy_axis] };
        let mut figure = Figure::new(&title, x, y);
        let panel = figure.last();
        panel.of = text.chip.into();
        panel.y.reach = vec![0.0, 100.0];
        let here = theme::selected(visuals);
        if self.sweep {
            // What is in force may be stronger than what was tried.
            let in_force = 100.0 * snapshot.params.chip.sigma;
            panel.x.reach = vec![0.0, (100.0 * view.sigmas.last().copied().unwrap_or(0.5)).max(1.04 * in_force)];
            for (k, &chip) in view.chips.iter().enumerate() {
                let each =
                    panel.add(probes.each_chip, color.gamma_multiply(0.3), Shape::Line(1.0), chip_curve(view, k));
                each.of(chip as usize).quiet();
            }
            panel.add((probes.mean_of_chips)(view.chips.len()), color, Shape::Line(2.5), mean_curve(view));
            let share = yield_curve(view, self.target / 100.0);
            panel.add((probes.yield_at)(self.target), theme::shifted(visuals), Shape::Dashed(2.0), share);
            panel.rule((probes.sigma_in_force)(in_force), in_force, false, here, Shape::Line(1.5));
        } else {
            let number = snapshot.params.chip.number;
            panel.x.decimals = Some(0);
            panel.x.reach = vec![0.0, view.chips.len() as f64 + 1.0];
            let target = format!("{} {} %", probes.target.name, self.target);
            panel.rule(target, self.target, true, theme::alarm(visuals), Shape::Dashed(1.0));
            panel.rule((probes.chip_in_use)(number), f64::from(number), false, here, Shape::Line(1.0));
            panel.add(probes.each_chip, color, Shape::Dots(4.0), fan_points(view));
        }
        Some(figure)
    }
}

impl ChipsPane {
    /// What was measured, on which samples, and its yield, mean and worst chip in words.
    fn summary(&self, view: &ChipsView, text: &Text) -> String {
        let probes = &text.probes;
        let n = view.accuracy.len() as f64;
        let mean = 100.0 * view.accuracy.iter().sum::<f64>() / n.max(1.0);
        let low = 100.0 * view.accuracy.iter().copied().fold(f64::INFINITY, f64::min);
        let lane = view.lane.map_or("", |lane| text.lane(lane).name);
        let share = 100.0 * yield_of(&view.accuracy, self.target / 100.0).unwrap_or(0.0);
        format!(
            "{lane}{comma}{} {:.1}{comma}σ {:.0} %{comma}{}{colon}{} {share:.0} %{comma}{} {mean:.1} %{comma}{} {low:.1} %",
            probes.frozen_at,
            view.epochs,
            100.0 * view.sigma,
            (probes.first_samples)(view.samples),
            probes.yield_name.name.to_lowercase(),
            (probes.mean_of_chips)(view.accuracy.len()),
            probes.lowest,
            comma = text.comma,
            colon = text.colon
        )
    }

    /// One square a chip, with its number and the border of those that reach the target or of those that do not; that
    /// of the chip in use is thick.
    fn dice_ui(&self, ui: &mut Ui, view: &ChipsView, in_use: u32, [reaches, misses]: [Color32; 2]) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
            for (chip, accuracy) in view.chips.iter().zip(&view.accuracy) {
                let (place, response) = ui.allocate_exact_size(vec2(DIE, DIE), Sense::hover());
                let fill = theme::sequential(*accuracy);
                let good = 100.0 * accuracy >= self.target;
                let border = if good { reaches } else { misses };
                let width = if *chip == in_use { 3.0 } else { 1.0 };
                let die = Rect::from_center_size(place.center(), vec2(DIE - 2.0, DIE - 2.0));
                let painter = ui.painter();
                painter.rect(die, CornerRadius::same(3), fill, Stroke::new(width, border), StrokeKind::Inside);
                let ink = if luminance(fill) > 0.5 { Color32::BLACK } else { Color32::WHITE };
                let font = egui::FontId::proportional(11.0);
                painter.text(die.center(), egui::Align2::CENTER_CENTER, chip.to_string(), font, ink);
                response.on_hover_text(format!("{chip}: {:.1} %", 100.0 * accuracy));
            }
        });
    }
}

/// Borders of chips that reach the target, and of those that do not.
fn borders(visuals: &egui::Visuals) -> [Color32; 2] {
    [visuals.strong_text_color(), theme::alarm(visuals)]
}

fn luminance(color: Color32) -> f32 {
    (0.299 * f32::from(color.r()) + 0.587 * f32::from(color.g()) + 0.114 * f32::from(color.b())) / 255.0
}

/// `[number, %]` of every chip tried at the mismatch in use.
fn fan_points(view: &ChipsView) -> Vec<[f64; 2]> {
    let points = view.chips.iter().zip(&view.accuracy).map(|(chip, a)| [f64::from(*chip), 100.0 * a]);
    points.filter(|p| p[1].is_finite()).collect()
}

/// `[σ in %, what `of` makes of the accuracies there]`, as far as there are any.
fn over_sigma(view: &ChipsView, of: impl Fn(&[f64]) -> Option<f64>) -> Vec<[f64; 2]> {
    let points = view.sigmas.iter().zip(&view.curve).filter_map(|(s, a)| Some([100.0 * s, 100.0 * of(a)?]));
    points.filter(|p| p[0].is_finite() && p[1].is_finite()).collect()
}

fn chip_curve(view: &ChipsView, chip: usize) -> Vec<[f64; 2]> {
    over_sigma(view, |accuracy| accuracy.get(chip).copied())
}

/// Of strengths at which all chips were tried, so that every point is the mean of the same chips.
fn mean_curve(view: &ChipsView) -> Vec<[f64; 2]> {
    let n = view.chips.len();
    over_sigma(view, |accuracy| (accuracy.len() == n).then(|| accuracy.iter().sum::<f64>() / n as f64))
}

fn yield_curve(view: &ChipsView, target: f64) -> Vec<[f64; 2]> {
    let n = view.chips.len();
    over_sigma(view, |accuracy| yield_of(accuracy, target).filter(|_| accuracy.len() == n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::figure::Axis;

    #[test]
    fn a_chip_has_a_whole_number() {
        let axis = Axis { name: "Chip number".into(), decimals: Some(0), ..Axis::default() };
        assert_eq!(axis.said(1.0), "Chip number 1");
        assert_eq!(Axis { decimals: None, ..axis }.said(1.0), "Chip number 1.000");
    }

    #[test]
    fn yield_and_mean_count_strengths_at_which_every_chip_was_tried() {
        let view = ChipsView {
            chips: vec![1, 2, 3, 4],
            sigmas: vec![0.0, 0.1, 0.2],
            curve: vec![vec![0.9, 0.9, 0.9, 0.9], vec![0.9, 0.5, 0.92, 0.89], vec![0.1]],
            ..ChipsView::default()
        };
        assert_eq!(yield_curve(&view, 0.9), [[0.0, 100.0], [10.0, 50.0]]);
        assert_eq!(mean_curve(&view).len(), 2);
        assert!((mean_curve(&view)[1][1] - 80.25).abs() < 1e-9);
        assert_eq!(chip_curve(&view, 0), [[0.0, 90.0], [10.0, 90.0], [20.0, 10.0]]);
        assert_eq!(chip_curve(&view, 1).len(), 2);
        assert_eq!(yield_of(&[], 0.5), None);
    }
}
