//! Plots as all views have them.

use super::{axes, theme};
use crate::text::Text;

/// A plot that fills its view but for room for half of the last number below it, follows the data until the user pans
/// or zooms, and leaves the wheel to them.
pub(super) fn plot<'a>(ui: &egui::Ui, id: &'static str, generation: u64) -> egui_plot::Plot<'a> {
    let [x_apart, y_apart] = [axes::apart_across(ui), axes::apart_upward(ui)];
    egui_plot::Plot::new(id)
        .width((ui.available_width() - LAST_NUMBER).max(1.0))
        .id(plot_id(id, generation))
        .allow_boxed_zoom(true)
        // A plain turn of the wheel must not push the data out of sight.
        .allow_scroll([true, false])
        .set_margin_fraction(MARGIN)
        .auto_bounds(true)
        .min_size(egui::Vec2::splat(SMALLEST))
        .grid_spacing(egui::Rangef::new(axes::GRID, FULL_GRID))
        .grid_color(theme::grid(ui.visuals()))
        .x_grid_spacer(move |input| axes::one_two_five(&input, x_apart))
        .y_grid_spacer(move |input| axes::one_two_five(&input, y_apart))
}

/// Distance of grid lines from which on they have their whole strength, in points.
const FULL_GRID: f32 = 40.0;
/// Width and height of the smallest plot, in points.
const SMALLEST: f32 = 16.0;
/// Room between the data and the ends of the axes, as a share of their range.
pub(super) const MARGIN: egui::Vec2 = egui::vec2(0.01, 0.05);
/// Room on the right of a plot, in points.
pub(super) const LAST_NUMBER: f32 = 12.0;

/// The id of a plot of that experiment.
pub(super) fn plot_id(id: &'static str, generation: u64) -> egui::Id {
    egui::Id::unique((id, generation))
}

/// Offers to follow the data again, in the corner of a plot that was panned or zoomed.
pub(super) fn live_ui(ui: &mut egui::Ui, text: &Text, id: egui::Id, plot: egui::Rect) {
    let Some(mut memory) = egui_plot::PlotMemory::load(ui.ctx(), id) else { return };
    if memory.auto_bounds.all() || plot.width() < 80.0 {
        return;
    }
    let live = text.shell.live;
    let corner = egui::Rect::from_min_size(plot.right_top() + egui::vec2(-64.0, 4.0), egui::vec2(60.0, 20.0));
    let button = ui.put(corner, egui::Button::new(live.name).small());
    if button.on_hover_text(live.meaning).clicked() {
        memory.auto_bounds = egui::Vec2b::TRUE;
        memory.store(ui.ctx(), id);
    }
}

/// Points that egui may plot: finite ones only.
pub(super) fn finite(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    points.iter().copied().filter(|p| p[0].is_finite() && p[1].is_finite()).collect()
}
