//! How one parameter is distributed over the neurons.

use egui::Ui;

use super::figure::screen::Plot;
use super::figure::{Figure, Shape, with_unit};
use super::legend::legend_ui;
use super::selection::Selection;
use super::voltage::unit_of;
use super::{Seen, View, ViewContext, combo_ui, head_ui, is_low, nothing_ui, theme, whole_ui};
use crate::session::messages::{ChipView, Spread};
use crate::text::{Text, ViewText};

/// Columns of the histogram.
const BINS: usize = 30;

#[derive(Default)]
pub(super) struct MismatchView {
    parameter: usize,
}

impl View for MismatchView {
    fn text(text: &Text) -> ViewText {
        text.device.mismatch
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, chip) = (context.text, &*context.snapshot.chip);
        if chip.spreads.is_empty() {
            return nothing_ui(ui, text);
        }
        self.parameter = self.parameter.min(chip.spreads.len() - 1);
        let figure = self.figure(&context.seen(selection, ui.visuals()));
        // In a low tile the plot comes first, and the numbers stand in its tooltip.
        let is_flat = is_low(ui);
        head_ui(ui, "mismatch head", |ui| {
            parameter_ui(ui, chip, text, &mut self.parameter, "mismatch parameter");
            legend_ui(ui, &figure.as_ref().map(|figure| figure.panels[0].keys()).unwrap_or_default());
        });
        let Some(figure) = figure else { return nothing_ui(ui, text) };
        let facts = || figure.facts.iter().map(|f| format!("{}{}{} {}", f.name, text.colon, f.value, f.unit));
        if !is_flat {
            ui.horizontal_wrapped(|ui| {
                for fact in facts() {
                    whole_ui(ui, egui::RichText::new(fact).small());
                }
            });
        }
        let shown = Plot::new(&figure.panels[0], "mismatch", context.snapshot).show(ui, text, |_| {});
        if is_flat {
            shown.response.on_hover_text(facts().collect::<Vec<_>>().join("\n"));
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, visuals) = (seen.text, seen.visuals);
        let spread = seen.snapshot.chip.spreads.get(self.parameter)?;
        let bins = Bins::new(spread)?;
        let label = text.word(spread.label);
        let unit = unit_of(spread, text, &seen.snapshot.params.network);
        let x = with_unit(label, &unit);
        let mut figure = Figure::new(
            &format!("{}{colon}{label}", text.device.mismatch.title, colon = text.colon),
            &x,
            text.export.neurons,
        );
        let lane = theme::lane_color(seen.selection.lane, visuals);
        for (values, name, color) in [
            (&spread.before, text.device.before_calibration, theme::ghost(visuals)),
            (&spread.actual, text.device.actual, lane),
        ] {
            if !values.is_empty() {
                figure.add(name, color.gamma_multiply(0.55), Shape::Bars(bins.width), bins.count(values));
                let (mean, sd) = moments(values);
                let words =
                    format!("{} {mean:.3}{comma}{} {sd:.3}", text.device.mean, text.device.spread, comma = text.comma);
                figure.tell(name, &words, &unit);
            }
        }
        let panel = figure.last();
        panel.y.decimals = Some(0);
        panel.rule(text.nominal, spread.nominal, false, visuals.text_color(), Shape::Dashed(1.5));
        for &neuron in seen.selection.neurons() {
            if let Some(&at) = spread.actual.get(neuron).filter(|x| x.is_finite()) {
                let name = format!("{} {neuron}", text.neuron);
                panel.rule(name, at, false, theme::selected(visuals), Shape::Line(2.0));
            }
        }
        let before = Some(text.device.before_calibration).filter(|_| !spread.before.is_empty());
        let heads = [text.device.actual].into_iter().chain(before).map(|name| with_unit(name, spread.unit));
        let rows = spread.actual.iter().enumerate().map(|(k, actual)| {
            let before = spread.before.get(k).map(f64::to_string);
            [k.to_string(), actual.to_string()].into_iter().chain(before).collect()
        });
        let heads = [text.neuron.to_owned()].into_iter().chain(heads).collect();
        figure.table(label, heads, rows.collect());
        Some(figure)
    }
}

/// A choice among the measured parameters.
pub(super) fn parameter_ui(ui: &mut Ui, chip: &ChipView, text: &Text, chosen: &mut usize, salt: &str) {
    let name = |k: usize| chip.spreads.get(k).map_or("", |s| text.word(s.label));
    combo_ui(ui, salt, text.device.quantity, 150.0, name(*chosen), |ui| {
        for k in 0..chip.spreads.len() {
            ui.selectable_value(chosen, k, name(k));
        }
    });
}

/// Mean and standard deviation of what is finite.
pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let finite = || values.iter().copied().filter(|x| x.is_finite());
    let n = finite().count() as f64;
    let mean = finite().sum::<f64>() / n.max(1.0);
    (mean, (finite().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
}

/// Columns that hold the values of now and of before.
struct Bins {
    low: f64,
    width: f64,
}

impl Bins {
    /// `None` when there is nothing to count.
    fn new(spread: &Spread) -> Option<Self> {
        let all = || spread.actual.iter().chain(&spread.before).copied().filter(|x| x.is_finite());
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low > high {
            return None;
        }
        // Without any spread there is one column, as wide as a hundredth of the value.
        let width = ((high - low) / BINS as f64).max(0.01 * high.abs().max(low.abs())).max(1e-6);
        Some(Self { low: low - width / 2.0, width })
    }

    /// `[middle, count]` of every column that is not empty.
    fn count(&self, values: &[f64]) -> Vec<[f64; 2]> {
        let mut counts = std::collections::BTreeMap::new();
        for x in values.iter().filter(|x| x.is_finite()) {
            *counts.entry(((x - self.low) / self.width).floor() as i64).or_insert(0.0) += 1.0;
        }
        counts.into_iter().map(|(k, n)| [self.low + (k as f64 + 0.5) * self.width, n]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_in_a_column_that_holds_it() {
        let actual: Vec<f64> = (0..500).map(|k| f64::from(k * k % 97)).chain([f64::NAN]).collect();
        let spread = Spread { actual, before: vec![-50.0, 200.0], ..Spread::default() };
        let bins = Bins::new(&spread).expect("values");
        let counts = bins.count(&spread.actual);
        assert!((counts.iter().map(|c| c[1]).sum::<f64>() - 500.0).abs() < 1e-9);
        for x in spread.actual.iter().filter(|x| x.is_finite()) {
            assert!(counts.iter().any(|c| (c[0] - x).abs() <= bins.width / 2.0 + 1e-9), "{x}");
        }
        assert!(Bins::new(&Spread::default()).is_none());
        let same = Spread { actual: vec![6.0; 9], ..Spread::default() };
        assert_eq!(Bins::new(&same).map(|b| b.count(&same.actual).len()), Some(1));
    }

    #[test]
    fn moments_are_those_of_the_textbook_and_leave_out_what_is_no_number() {
        let (mean, sd) = moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, f64::INFINITY]);
        assert!((mean - 5.0).abs() < 1e-12 && (sd - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
    }
}
