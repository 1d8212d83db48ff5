//! Accuracy and loss of all lanes over the epochs.

use egui_plot::Line;

use super::axes::{decades, from_log, x_axis, y_axis};
use super::legend::{Mark, legend_ui};
use super::{Scene, finite, nothing_ui, plot, pointed, pointed_name, theme};
use crate::worker::messages::LaneCurves;

/// Accuracy on the test split, bold, over that of the batches, thin.
pub(super) fn accuracy_ui(ui: &mut egui::Ui, scene: &mut Scene<'_>) {
    let text = scene.text;
    if scene.snapshot.curves.iter().all(|c| c.batch_accuracy.is_empty()) {
        return nothing_ui(ui, text);
    }
    let hover = format!("{} ", text.epochs_axis);
    ui.horizontal_wrapped(|ui| lanes_legend_ui(ui, scene));
    plot("accuracy", scene.snapshot.generation)
        .custom_x_axes(vec![x_axis(text.epochs_axis)])
        .custom_y_axes(vec![y_axis(text.accuracy_axis)])
        .include_y(0.0)
        .include_y(100.0)
        .include_x(0.0)
        .include_x(1.0)
        .label_formatter(move |at| {
            let p = pointed(at);
            Some(format!("{}{hover}{:.2}\n{:.1} %", pointed_name(at), p.x, p.y))
        })
        .show(ui, |plot_ui| {
            for curves in &scene.snapshot.curves {
                draw(plot_ui, scene, curves, &curves.batch_accuracy, &curves.test_accuracy, |y| y);
            }
        });
}

/// The loss, linear or logarithmic.
pub(super) struct LossView {
    logarithmic: bool,
}

impl Default for LossView {
    fn default() -> Self {
        Self { logarithmic: true }
    }
}

/// Smallest loss on the logarithmic axis; zero has no logarithm.
const FLOOR: f64 = 1e-6;

impl LossView {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, scene: &mut Scene<'_>) {
        let text = scene.text;
        if scene.snapshot.curves.iter().all(|c| c.batch_loss.is_empty()) {
            return nothing_ui(ui, text);
        }
        ui.horizontal_wrapped(|ui| {
            ui.checkbox(&mut self.logarithmic, text.logarithmic.name).on_hover_text(text.logarithmic.meaning);
            lanes_legend_ui(ui, scene);
        });
        let log = self.logarithmic;
        let shown = move |y: f64| if log { y.max(FLOOR).log10() } else { y };
        let back = move |y: f64| if log { 10f64.powf(y) } else { y };
        let hover = format!("{} ", text.epochs_axis);
        let axis = y_axis(text.loss_axis);
        let axis = if log { axis.formatter(|mark, _| from_log(mark.value)) } else { axis };
        let mut plot = plot(if log { "loss log" } else { "loss" }, scene.snapshot.generation);
        if log {
            plot = plot.y_grid_spacer(|input| decades(&input));
        }
        plot.custom_y_axes(vec![axis])
            .custom_x_axes(vec![x_axis(text.epochs_axis)])
            .include_x(0.0)
            .include_x(1.0)
            .label_formatter(move |at| {
                let p = pointed(at);
                Some(format!("{}{hover}{:.2}\n{:.4}", pointed_name(at), p.x, back(p.y)))
            })
            .show(ui, |plot_ui| {
                for curves in &scene.snapshot.curves {
                    draw(plot_ui, scene, curves, &curves.batch_loss, &curves.test_loss, shown);
                }
            });
    }
}

fn lanes_legend_ui(ui: &mut egui::Ui, scene: &Scene<'_>) {
    for curves in &scene.snapshot.curves {
        let (lane, color) = (curves.lane, theme::lane_color(curves.lane, ui.visuals()));
        legend_ui(ui, &[(theme::lane_mark(lane), scene.text.lane(lane).name, color)]);
    }
    let muted = theme::muted(ui.visuals());
    legend_ui(ui, &[(Mark::Line, scene.text.test, muted), (Mark::Thin, scene.text.batches, muted)]);
}

fn draw(
    plot_ui: &mut egui_plot::PlotUi<'_>,
    scene: &Scene<'_>,
    curves: &LaneCurves,
    batches: &[[f64; 2]],
    test: &[[f64; 2]],
    shown: impl Fn(f64) -> f64,
) {
    let visuals = &plot_ui.ctx().global_style().visuals;
    let color = theme::lane_color(curves.lane, visuals);
    let name = scene.text.lane(curves.lane).name;
    let points = |raw: &[[f64; 2]]| finite(&raw.iter().map(|p| [p[0], shown(p[1])]).collect::<Vec<_>>());
    // Without a name it stays out of the legend.
    let thin = Line::new("", points(batches))
        .color(color.gamma_multiply(0.35))
        .width(1.0)
        .id(format!("{name} batches"))
        .allow_hover(false);
    plot_ui.line(thin);
    plot_ui.line(Line::new(name, points(test)).color(color).width(2.5).style(theme::lane_style(curves.lane)).id(name));
}
