//! How far every circuit is from what was asked for.

use super::figure::screen::{Plot, clicked_number};
use super::figure::{Figure, Panel, Shape};
use super::selection::Selection;
use super::voltage::unit_of;
use super::{Seen, View, ViewContext, adds, nothing_ui, theme};
use crate::session::messages::Spread;
use crate::text::{Text, ViewText};

/// Vertical room that the dots of one parameter take, in rows.
const THICKNESS: f64 = 0.62;
/// The axis reaches at least that far, in %.
const LEAST: f64 = 10.0;
/// Room beside the dots for the number of those that are farther out, as a share of the axis.
const MARGIN: f64 = 0.2;
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
        let text = context.text;
        let figure = self.figure(&context.seen(selection, ui.visuals())).filter(|figure| !figure.is_empty());
        let Some(figure) = figure else { return nothing_ui(ui, text) };
        let panel = &figure.panels[0];
        let shown = Plot::new(panel, "faults", context.snapshot).show(ui, text, |_| {});
        if let Some(neuron) = clicked_number(&shown, panel).filter(|k| *k < context.snapshot.chip.n_hidden) {
            selection.select(neuron, adds(ui));
        }
    }

    fn figure(&self, &Seen { snapshot, text, selection, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let spreads = &snapshot.chip.spreads;
        let network = &snapshot.params.network;
        let scale = network.lsb_per_unit();
        let row = |k: usize| (spreads.len() - 1 - k) as f64;
        // The axis is that of the chip without trims, or a calibrated one would look as bad as before.
        let reach = reach(spreads.iter().flat_map(|s| deviations(s, s.untrimmed(), scale)));
        let mut figure = Figure::new(text.faults.title, text.deviation_axis, text.device.quantity);
        let panel = figure.last();
        panel.of = text.neuron.into();
        panel.x.reach = [-1.0, 1.0].map(|side| side * (1.0 + MARGIN) * reach).to_vec();
        panel.y.reach = vec![-0.5, spreads.len() as f64 - 0.5];
        panel.y.words = spreads.iter().enumerate().map(|(k, s)| (row(k), text.word(s.symbol).to_owned())).collect();
        panel.y.named = true;
        panel.rule(text.nominal, 0.0, false, theme::ghost(visuals), Shape::Line(1.5));
        for (k, spread) in spreads.iter().enumerate() {
            let dots: Vec<[f64; 2]> = deviations(spread, &spread.actual, scale).map(|d| [d, row(k)]).collect();
            let (color, numbers) =
                (theme::class_color(k, visuals).gamma_multiply(0.8), (0..dots.len()).collect::<Vec<_>>());
            let series = panel.add(text.word(spread.label), color, Shape::Dots(1.7), dots);
            series.numbered(numbers).fanned(reach, THICKNESS);
            panel.ring("", selection.neurons(), theme::selected(visuals), 4.0);
        }
        add_beyond(panel, spreads, [reach, scale], text, theme::muted(visuals));
        let value = |x: Option<&f64>| x.map_or_else(String::new, f64::to_string);
        let e = &text.export;
        let heads =
            [text.neuron, e.parameter, text.nominal, text.device.actual, text.device.before_calibration, e.unit];
        let rows = spreads.iter().flat_map(|s| {
            (0..s.actual.len()).map(move |k| {
                let (actual, before) = (value(s.actual.get(k)), value(s.before.get(k)));
                let (label, unit) = (text.word(s.label).to_owned(), unit_of(s, text, network));
                vec![k.to_string(), label, s.nominal.to_string(), actual, before, unit]
            })
        });
        figure.table(text.faults.title, heads.map(str::to_owned).to_vec(), rows.collect());
        Some(figure)
    }
}

/// How many dots are held at either end, because they are farther out: numbers beside the rows, below a line that says
/// what they are.
fn add_beyond(panel: &mut Panel, spreads: &[Spread], [reach, scale]: [f64; 2], text: &Text, color: egui::Color32) {
    let rows = spreads.len() as f64;
    for (side, anchor) in [(-1.0, egui::Align2::RIGHT_CENTER), (1.0, egui::Align2::LEFT_CENTER)] {
        let beyond = |s: &Spread| deviations(s, &s.actual, scale).filter(|d| side * d > reach).count();
        let counts: Vec<usize> = spreads.iter().map(beyond).collect();
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        for (k, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            panel.label(n.to_string(), [side * reach, rows - 1.0 - k as f64], anchor, color);
        }
        let words = if side < 0.0 { format!("← {}", text.beyond) } else { format!("{} →", text.beyond) };
        panel.label(words, [side * (1.0 + MARGIN) * reach, rows], anchor, color);
        panel.y.reach = vec![-0.5, rows + 0.5];
    }
}

/// How far almost all dots reach, in %.
fn reach(all: impl Iterator<Item = f64>) -> f64 {
    let mut sizes: Vec<f64> = all.map(f64::abs).filter(|d| d.is_finite()).collect();
    sizes.sort_by(f64::total_cmp);
    let k = (sizes.len() as f64 * WITHIN) as usize;
    sizes.get(k.min(sizes.len().saturating_sub(1))).copied().unwrap_or(LEAST).max(LEAST)
}

/// Deviation in % of the nominal value, or of the leak-to-threshold distance for potentials and offsets.
fn deviations(spread: &Spread, values: &[f64], distance: f64) -> impl Iterator<Item = f64> {
    let whole = spread.whole(distance);
    values.iter().map(move |a| 100.0 * (a - spread.nominal) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_that_is_wildly_off_does_not_squeeze_the_others() {
        let dots = || (0..200).map(|k| f64::from(k % 40) - 20.0);
        assert!((reach(dots().chain([9000.0, f64::NAN])) - 20.0).abs() < 1e-9);
        assert!((reach(std::iter::empty()) - LEAST).abs() < 1e-9);
    }

    #[test]
    fn numbers_of_dots_beyond_the_axis_stand_outside_of_it_and_below_what_they_are() {
        let spread = |actual: Vec<f64>| Spread { unit: " µs", nominal: 1.0, actual, ..Spread::default() };
        let spreads = [spread(vec![1.0, 3.0, 4.0]), spread(vec![1.1])];
        let mut panel = Panel::default();
        add_beyond(&mut panel, &spreads, [50.0, 70.0], &crate::text::EN, egui::Color32::WHITE);
        let said: Vec<_> = panel.labels.iter().map(|l| (l.words.as_str(), l.at, l.anchor)).collect();
        let right = egui::Align2::LEFT_CENTER;
        assert_eq!(said, [("2", [50.0, 1.0], right), ("beyond →", [60.0, 2.0], right)]);
    }

    #[test]
    fn deviations_are_relative_to_the_nominal_value_or_to_the_threshold_distance() {
        let tau = Spread { unit: " µs", nominal: 6.0, actual: vec![6.6, 5.4], ..Spread::default() };
        let got: Vec<f64> = deviations(&tau, &tau.actual, 70.0).collect();
        assert!((got[0] - 10.0).abs() < 1e-9 && (got[1] + 10.0).abs() < 1e-9);
        let leak = Spread { unit: " × threshold", nominal: 0.0, actual: vec![0.1], ..Spread::default() };
        let offset = Spread { unit: " LSB", nominal: 0.0, actual: vec![7.0], ..Spread::default() };
        for spread in [leak, offset] {
            assert!((deviations(&spread, &spread.actual, 70.0).next().expect("one") - 10.0).abs() < 1e-9);
        }
    }
}
