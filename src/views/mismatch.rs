//! How one parameter is distributed over the neurons.

use egui::Ui;
use egui_plot::{Bar, BarChart, VLine};

use super::axes::{x_axis, y_axis};
use super::figure::{Figure, Shape, with_unit};
use super::legend::{Item, Mark, legend_ui};
use super::selection::Selection;
use super::{Seen, View, ViewContext, combo_ui, live_ui, nothing_ui, plot, plot_id, pointed, theme, whole_ui};
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
        let (text, chip) = (context.text, &context.snapshot.chip);
        if chip.spreads.is_empty() {
            return nothing_ui(ui, text);
        }
        self.parameter = self.parameter.min(chip.spreads.len() - 1);
        let visuals = ui.visuals().clone();
        let (now, before) = (theme::lane_color(selection.lane, &visuals), theme::ghost(&visuals));
        ui.horizontal_wrapped(|ui| {
            parameter_ui(ui, chip, text, &mut self.parameter, "mismatch parameter");
            let spread = &chip.spreads[self.parameter];
            let mut items = vec![
                Item::new(Mark::Tick, text.device.actual, now),
                Item::new(Mark::Dashed, text.nominal, visuals.text_color()),
            ];
            if !spread.before.is_empty() {
                items.push(Item::new(Mark::Tick, text.device.before_calibration, before));
            }
            legend_ui(ui, &items);
        });
        let spread = &chip.spreads[self.parameter];
        let Some(bins) = Bins::new(spread) else { return nothing_ui(ui, text) };
        ui.horizontal_wrapped(|ui| {
            let small = |words: String| egui::RichText::new(words).small();
            let line = |values: &[f64]| {
                let (mean, sd) = moments(values);
                format!("{} {mean:.2}{u}, {} {sd:.2}{u}", text.device.mean, text.device.spread, u = spread.unit)
            };
            whole_ui(ui, small(format!("{}: {}", text.device.actual, line(&spread.actual))));
            if !spread.before.is_empty() {
                whole_ui(ui, small(format!("{}: {}", text.device.before_calibration, line(&spread.before))));
            }
        });
        let chart = |values: &[f64], name: &'static str, color: egui::Color32| {
            let bars = bins.count(values).into_iter().map(|[x, n]| Bar::new(x, n).width(bins.width)).collect();
            BarChart::new(name, bars).color(color.gamma_multiply(0.55)).allow_hover(false).id(name)
        };
        let (unit, neurons) = (spread.unit, text.plurals.neurons);
        let (columns, width) = (bins.count(&spread.actual), bins.width);
        let (id, generation) = ("mismatch", context.snapshot.generation);
        let shown = plot(ui, id, generation)
            .custom_x_axes(vec![x_axis(ui, with_unit(text.word(spread.label), spread.unit))])
            .custom_y_axes(vec![y_axis(ui, text.export.neurons)])
            .label_formatter(move |at| {
                // What the column holds, wherever in it the pointer is.
                let x = pointed(at).x;
                let here = columns.iter().find(|c| (c[0] - x).abs() <= width / 2.0)?;
                let ends = [here[0] - width / 2.0, here[0] + width / 2.0];
                Some(format!("{:.2} … {:.2}{unit}\n{}", ends[0], ends[1], neurons.of(here[1] as usize)))
            })
            .show(ui, |plot_ui| {
                if !spread.before.is_empty() {
                    plot_ui.bar_chart(chart(&spread.before, text.device.before_calibration, before));
                }
                plot_ui.bar_chart(chart(&spread.actual, text.device.actual, now));
                let nominal = VLine::new(text.nominal, spread.nominal).color(visuals.text_color()).width(1.5);
                plot_ui.vline(nominal.style(egui_plot::LineStyle::dashed_dense()).allow_hover(false));
                for &neuron in selection.neurons() {
                    if let Some(&x) = spread.actual.get(neuron).filter(|x| x.is_finite()) {
                        let line = VLine::new("", x).color(theme::selected(&visuals)).width(2.0);
                        plot_ui.vline(line.id(("selected", neuron)).allow_hover(false));
                    }
                }
            });
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
    }

    fn figure(&self, &Seen { snapshot, text, .. }: &Seen<'_>) -> Option<Figure> {
        let spread = snapshot.chip.spreads.get(self.parameter)?;
        let bins = Bins::new(spread)?;
        let label = text.word(spread.label);
        let x = with_unit(label, spread.unit);
        let mut figure = Figure::new(&format!("{}: {label}", text.device.mismatch.title), &x, text.export.neurons);
        let paper = theme::paper();
        for (values, name, color) in [
            (&spread.before, text.device.before_calibration, theme::ghost(&paper)),
            (&spread.actual, text.device.actual, theme::muted(&paper)),
        ] {
            if !values.is_empty() {
                figure.add(name, theme::rgb(color), Shape::Bars(bins.width), bins.count(values));
            }
        }
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
