//! How far every circuit is from what was asked for.

use egui_plot::{HoverPosition, Points, VLine};

use super::axes::{marks_at, room_for_names, x_axis};
use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, finite, live_ui, nothing_ui, plot, plot_id, theme};
use crate::session::messages::Spread;
use crate::text::{Text, ViewText};

/// Vertical room that the dots of one parameter take, in rows.
const THICKNESS: f64 = 0.62;
/// The axis reaches at least that far, in %.
const LEAST: f64 = 10.0;
/// Height of the letters of names in rows: their lines overlap, what is drawn of them does not.
const LETTERS: f32 = 0.95;
/// Share of the dots that lie within the axis; the others stand at its ends.
const WITHIN: f64 = 0.99;

/// Nominal against actual parameters.
#[derive(Default)]
pub(super) struct Faults;

impl View for Faults {
    fn text(text: &Text) -> ViewText {
        text.faults
    }

    /// One row a parameter, one dot a neuron, the nominal value as a line in the middle.
    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, chip) = (context.text, &context.snapshot.chip);
        if chip.spreads.is_empty() {
            return nothing_ui(ui, text);
        }
        let distance = context.snapshot.params.network.lsb_per_unit();
        let rows = chip.spreads.len();
        let places: Vec<f64> = (0..rows).rev().map(|k| k as f64).collect();
        let names = places.iter().copied().zip(chip.spreads.iter().map(|s| text.word(s.symbol))).collect::<Vec<_>>();
        let spreads: Vec<Spread> = chip.spreads.clone();
        let labels: Vec<&'static str> = chip.spreads.iter().map(|s| text.word(s.label)).collect();
        let all: Vec<Vec<[f64; 2]>> = chip
            .spreads
            .iter()
            .enumerate()
            .map(|(row, s)| dots(s, &s.actual, (rows - 1 - row) as f64, distance))
            .collect();
        // The axis is that of the chip without trims, or a calibrated one would look as bad as before.
        let reach = reach(&chip.spreads.iter().map(|s| dots(s, s.untrimmed(), 0.0, distance)).collect::<Vec<_>>());
        let names_of = labels.clone();
        let (neuron, nominal) = (text.neuron, text.nominal);
        let tooltip = move |at: &HoverPosition<'_>| {
            let HoverPosition::NearDataPoint { plot_name, index, .. } = at else { return None };
            let (spread, name) = spreads.iter().zip(&labels).find(|(_, label)| **label == *plot_name)?;
            let (actual, u) = (spread.actual.get(*index)?, spread.unit);
            Some(format!("{}\n{neuron} {index}: {actual:.2}{u}\n{nominal} {:.2}{u}", name, spread.nominal))
        };
        let visuals = ui.visuals().clone();
        let (id, generation) = ("faults", context.snapshot.generation);
        let widest = names.iter().map(|(_, name)| name_width(ui, name)).fold(0.0, f32::max);
        let shown = plot(ui, id, generation)
            .custom_x_axes(vec![x_axis(ui, text.deviation_axis)])
            .custom_y_axes(vec![room_for_names(widest)])
            .y_grid_spacer(move |input| marks_at(&input, &places, 1.0))
            .include_x(-1.04 * reach)
            .include_x(1.04 * reach)
            .include_y(-0.5)
            .include_y(rows as f64 - 0.5)
            .label_formatter(tooltip)
            .show(ui, |plot_ui| {
                plot_ui
                    .vline(VLine::new(text.nominal, 0.0).color(theme::ghost(&visuals)).width(1.5).allow_hover(false));
                for (row, (spread, dots)) in context.snapshot.chip.spreads.iter().zip(&all).enumerate() {
                    let color = theme::class_color(row, &visuals).gamma_multiply(0.8);
                    let held: Vec<[f64; 2]> =
                        finite(dots).into_iter().map(|p| [p[0].clamp(-reach, reach), p[1]]).collect();
                    plot_ui.points(Points::new(names_of[row], held).color(color).radius(1.7).id(spread.symbol));
                    for side in [-1.0, 1.0] {
                        let beyond = dots.iter().filter(|p| side * p[0] > reach).count();
                        if beyond > 0 {
                            beyond_ui(plot_ui, [side * reach, (rows - 1 - row) as f64], beyond, text);
                        }
                    }
                    let chosen: Vec<[f64; 2]> =
                        selection.neurons().iter().filter_map(|n| dots.get(*n)).copied().collect();
                    let chosen =
                        finite(&chosen).into_iter().map(|p| [p[0].clamp(-reach, reach), p[1]]).collect::<Vec<_>>();
                    let marks = Points::new("", chosen).color(theme::selected(&visuals)).radius(4.0).filled(false);
                    plot_ui.points(marks.id(("selected", row)).allow_hover(false));
                }
            });
        for (place, name) in names {
            name_ui(ui, &shown, place, name);
        }
        if shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let near = |p: &[f64; 2]| {
                let held = egui_plot::PlotPoint::new(p[0].clamp(-reach, reach), p[1]);
                shown.transform.position_from_point(&held).distance(at)
            };
            let hits = all.iter().flat_map(|row| row.iter().enumerate()).map(|(k, p)| (k, near(p)));
            let nearest = hits.filter(|(_, d)| *d < REACH).min_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((neuron, _)) = nearest.filter(|(k, _)| *k < context.snapshot.chip.n_hidden) {
                selection.select(neuron, adds(ui));
            }
        }
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
    }

    fn figure(&self, &Seen { snapshot, text, .. }: &Seen<'_>) -> Option<Figure> {
        let spreads = &snapshot.chip.spreads;
        let distance = snapshot.params.network.lsb_per_unit();
        let mut figure = Figure::new(text.faults.title, text.deviation_axis, text.device.quantity);
        for (row, spread) in spreads.iter().enumerate() {
            let color = theme::rgb(theme::class_color(row, &theme::paper()));
            let dots = dots(spread, &spread.actual, (spreads.len() - 1 - row) as f64, distance);
            figure.add(text.word(spread.symbol), color, Shape::Dots(1.2), finite(&dots));
        }
        Some(figure)
    }
}

/// How many dots are held at the edge, because they are farther out.
fn beyond_ui(plot_ui: &mut egui_plot::PlotUi<'_>, [x, y]: [f64; 2], count: usize, text: &Text) {
    let (words, anchor) = if x < 0.0 {
        (format!("← {count} {}", text.beyond), egui::Align2::LEFT_BOTTOM)
    } else {
        (format!("{count} {} →", text.beyond), egui::Align2::RIGHT_BOTTOM)
    };
    let color = theme::muted(&plot_ui.ctx().global_style().visuals);
    let place = egui_plot::PlotPoint::new(x, y);
    let words = egui::RichText::new(words).size(0.8 * theme::SMALL);
    plot_ui.text(egui_plot::Text::new("", place, words).anchor(anchor).color(color).id(("beyond", x < 0.0, y as i64)));
}

/// The name of a row beside it, in letters that leave its neighbours alone.
fn name_ui(ui: &egui::Ui, plot: &egui_plot::PlotResponse<()>, place: f64, name: &str) {
    let frame = *plot.transform.frame();
    let at = egui::pos2(frame.left() - 5.0, plot.transform.position_from_point_y(place));
    if frame.y_range().contains(at.y) {
        let row = plot.transform.dpos_dvalue_y().abs() as f32;
        let font = egui::FontId::proportional(theme::SMALL.min(LETTERS * row).max(1.0));
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, name, font, ui.visuals().text_color());
    }
}

fn name_width(ui: &egui::Ui, name: &str) -> f32 {
    let font = egui::FontId::proportional(theme::SMALL);
    ui.painter().layout_no_wrap(name.to_owned(), font, egui::Color32::WHITE).size().x
}

/// Clicks select the nearest dot within that many points of the screen.
const REACH: f32 = 12.0;

/// How far almost all dots reach, in %.
fn reach(all: &[Vec<[f64; 2]>]) -> f64 {
    let mut sizes: Vec<f64> = all.iter().flatten().map(|p| p[0].abs()).filter(|d| d.is_finite()).collect();
    sizes.sort_by(f64::total_cmp);
    let k = (sizes.len() as f64 * WITHIN) as usize;
    sizes.get(k.min(sizes.len().saturating_sub(1))).copied().unwrap_or(LEAST).max(LEAST)
}

/// Deviation in % of the nominal value, or of the leak-to-threshold distance for potentials and offsets.
fn dots(spread: &Spread, values: &[f64], y: f64, distance: f64) -> Vec<[f64; 2]> {
    let scale = if spread.unit.trim() == "LSB" { distance } else { spread.nominal };
    let n = values.len().max(2) as f64 - 1.0;
    values
        .iter()
        .enumerate()
        .map(|(k, a)| [100.0 * (a - spread.nominal) / scale, y + THICKNESS * (k as f64 / n - 0.5)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_that_is_wildly_off_does_not_squeeze_the_others() {
        let mut dots: Vec<[f64; 2]> = (0..200).map(|k| [f64::from(k % 40) - 20.0, 0.0]).collect();
        dots.push([9000.0, 0.0]);
        dots.push([f64::NAN, 0.0]);
        assert!((reach(&[dots]) - 20.0).abs() < 1e-9);
        assert!((reach(&[]) - LEAST).abs() < 1e-9);
    }

    #[test]
    fn deviations_are_relative_to_the_nominal_value_or_to_the_threshold_distance() {
        let tau = Spread { unit: " µs", nominal: 6.0, actual: vec![6.6, 5.4], ..Spread::default() };
        let got = dots(&tau, &tau.actual, 0.0, 70.0);
        assert!((got[0][0] - 10.0).abs() < 1e-9 && (got[1][0] + 10.0).abs() < 1e-9);
        let leak = Spread { unit: " LSB", nominal: 80.0, actual: vec![87.0], ..Spread::default() };
        assert!((dots(&leak, &leak.actual, 0.0, 70.0)[0][0] - 10.0).abs() < 1e-9);
    }
}
