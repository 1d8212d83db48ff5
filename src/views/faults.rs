//! How far every circuit is from what was asked for.

use egui_plot::{HoverPosition, Points, VLine};

use super::axes::{marks_at, names_axis, x_axis};
use super::{Scene, finite, nothing_ui, plot, theme};
use crate::worker::messages::Spread;

/// Vertical room that the dots of one parameter take, in rows.
const THICKNESS: f64 = 0.62;

/// One row a parameter, one dot a neuron, the nominal value as a line in the middle.
pub(super) fn ui(ui: &mut egui::Ui, scene: &mut Scene<'_>) {
    let (text, chip) = (scene.text, &scene.snapshot.chip);
    if chip.spreads.is_empty() {
        return nothing_ui(ui, text);
    }
    let distance = scene.snapshot.params.lsb_per_unit();
    let rows = chip.spreads.len();
    let places: Vec<f64> = (0..rows).rev().map(|k| k as f64).collect();
    let names = places.iter().copied().zip(chip.spreads.iter().map(|s| s.symbol.to_owned())).collect();
    let spreads: Vec<Spread> = chip.spreads.clone();
    let (neuron, nominal) = (text.neuron, text.nominal);
    let tooltip = move |at: &HoverPosition<'_>| {
        let HoverPosition::NearDataPoint { plot_name, index, .. } = at else { return None };
        let spread = spreads.iter().find(|s| s.label == *plot_name)?;
        let (actual, u) = (spread.actual.get(*index)?, spread.unit);
        Some(format!("{}\n{neuron} {index}: {actual:.2}{u}\n{nominal} {:.2}{u}", spread.label, spread.nominal))
    };
    let visuals = ui.visuals().clone();
    plot("faults", scene.snapshot.generation)
        .custom_x_axes(vec![x_axis(text.deviation_axis)])
        .custom_y_axes(vec![names_axis(names)])
        .y_grid_spacer(move |input| marks_at(&input, &places, 1.0))
        .include_x(-60.0)
        .include_x(60.0)
        .include_y(-0.5)
        .include_y(rows as f64 - 0.5)
        .label_formatter(tooltip)
        .show(ui, |plot_ui| {
            plot_ui.vline(VLine::new(text.nominal, 0.0).color(theme::ghost(&visuals)).width(1.5).allow_hover(false));
            for (row, spread) in scene.snapshot.chip.spreads.iter().enumerate() {
                let y = (rows - 1 - row) as f64;
                let dots = finite(&dots(spread, y, distance));
                let color = theme::class_color(row, &visuals).gamma_multiply(0.8);
                plot_ui.points(Points::new(spread.label, dots).color(color).radius(1.7).id(spread.symbol));
            }
        });
}

/// Deviation in % of the nominal value, or of the leak-to-threshold distance for potentials and offsets.
fn dots(spread: &Spread, y: f64, distance: f64) -> Vec<[f64; 2]> {
    let scale = if spread.unit.trim() == "LSB" { distance } else { spread.nominal };
    let n = spread.actual.len().max(2) as f64 - 1.0;
    spread
        .actual
        .iter()
        .enumerate()
        .map(|(k, a)| [100.0 * (a - spread.nominal) / scale, y + THICKNESS * (k as f64 / n - 0.5)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_relative_to_the_nominal_value_or_to_the_threshold_distance() {
        let tau = Spread { unit: " µs", nominal: 6.0, actual: vec![6.6, 5.4], ..Spread::default() };
        let got = dots(&tau, 0.0, 70.0);
        assert!((got[0][0] - 10.0).abs() < 1e-9 && (got[1][0] + 10.0).abs() < 1e-9);
        let leak = Spread { unit: " LSB", nominal: 80.0, actual: vec![87.0], ..Spread::default() };
        assert!((dots(&leak, 0.0, 70.0)[0][0] - 10.0).abs() < 1e-9);
    }
}
