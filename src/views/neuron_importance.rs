//! Hidden neurons by what changes when they are silent.

use egui::{RichText, Ui};

use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, combo_ui, lane_ui, nothing_ui, theme};
use crate::session::messages::{ByHand, ChipView, ImportanceView, ViewRequest};
use crate::text::{Text, ViewText};

/// How the rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    /// Those first whose silence lowers the loss most.
    #[default]
    Importance,
    /// Those first that are furthest off in any parameter.
    Fault,
    Number,
}

#[derive(Default)]
pub(super) struct NeuronImportanceView {
    order: Order,
}

impl View for NeuronImportanceView {
    fn text(text: &Text) -> ViewText {
        text.device.culprits
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, snapshot) = (context.text, context.snapshot);
        let (chip, device) = (&snapshot.chip, &text.device);
        if chip.n_hidden == 0 || chip.spreads.is_empty() {
            return nothing_ui(ui, text);
        }
        let importance = snapshot.importance.as_deref();
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &snapshot.params.learning.lanes);
            if ui.button(device.measure.name).on_hover_text(device.measure.meaning).clicked() {
                context.commands.push(ViewRequest::StudyHarm(selection.lane));
            }
            let names = [
                (Order::Importance, device.harm_loss.name),
                (Order::Fault, device.worst_fault.name),
                (Order::Number, device.by_number),
            ];
            let shown = names.iter().find(|(order, _)| *order == self.order).map_or("", |(_, name)| name);
            combo_ui(ui, "culprits order", device.sort, 110.0, shown, |ui| {
                for (order, name) in names {
                    ui.selectable_value(&mut self.order, order, name);
                }
            });
        });
        state_ui(ui, text, importance);
        selected_ui(ui, context, selection);
        let rows = self.rows(chip, importance);
        let height = ui.text_style_height(&egui::TextStyle::Body) + 4.0;
        egui::ScrollArea::both().auto_shrink([false, false]).show_rows(ui, height, rows.len(), |ui, range| {
            egui::Grid::new("culprits").num_columns(5).striped(true).min_col_width(54.0).show(ui, |ui| {
                let [loss, accuracy] = device.harm_columns;
                for (head, meaning) in [
                    (text.neuron, ""),
                    (loss, device.harm_loss.meaning),
                    (accuracy, device.harm_accuracy.meaning),
                    (device.worst_fault.name, device.worst_fault.meaning),
                    ("", ""),
                ] {
                    let head = ui.add(egui::Label::new(RichText::new(head).small().weak()).extend());
                    if !meaning.is_empty() {
                        head.on_hover_text(meaning);
                    }
                }
                ui.end_row();
                for &neuron in &rows[range] {
                    row_ui(ui, context, selection, neuron, importance);
                    ui.end_row();
                }
            });
        });
    }

    /// What was measured as dots, and the table as it is sorted.
    fn figure(&self, &Seen { snapshot, text, selection, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (importance, chip, device) = (snapshot.importance.as_ref()?, &snapshot.chip, &text.device);
        let title = format!("{}{}{}", device.culprits.title, text.colon, said(text, importance));
        let mut figure = Figure::new(&title, text.neuron, text.export.harm_axis);
        let points: Vec<[f64; 2]> =
            importance.importances.iter().enumerate().map(|(k, h)| [k as f64, h.loss]).collect();
        let (panel, color) = (figure.last(), theme::lane_color(importance.lane, visuals));
        let numbers: Vec<usize> = (0..points.len()).collect();
        (panel.of, panel.x.decimals) = (text.neuron.into(), Some(0));
        panel.add(text.lane(importance.lane).name, color, Shape::Dots(2.5), points).numbered(numbers);
        panel.ring(device.selected, selection.neurons(), theme::selected(visuals), 5.0);
        let rows = self.rows(chip, Some(importance)).into_iter().map(|neuron| {
            let measured = importance.importances.get(neuron);
            let of = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
            let (loss, accuracy) = (of(measured.map(|h| h.loss)), of(measured.map(|h| 100.0 * h.accuracy)));
            let fault =
                worst(chip, neuron).map_or_else(String::new, |(k, z)| fault(text.word(chip.spreads[k].symbol), z));
            let dead = if chip.silent.get(neuron) == Some(&true) { device.silent } else { "" };
            vec![neuron.to_string(), loss, accuracy, fault, dead.to_owned()]
        });
        let [loss, accuracy] = device.harm_columns;
        let heads = [text.neuron, loss, accuracy, device.worst_fault.name, device.silent].map(str::to_owned);
        figure.table(device.culprits.title, heads.to_vec(), rows.collect());
        Some(figure)
    }
}

impl NeuronImportanceView {
    fn rows(&self, chip: &ChipView, importance: Option<&ImportanceView>) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..chip.n_hidden).collect();
        let measured = |k: usize| importance.and_then(|h| h.importances.get(k)).map_or(f64::INFINITY, |h| h.loss);
        let fault = |k: usize| worst(chip, k).map_or(0.0, |(_, z)| z.abs());
        match self.order {
            Order::Importance => rows.sort_by(|a, b| measured(*a).total_cmp(&measured(*b)).then(a.cmp(b))),
            Order::Fault => rows.sort_by(|a, b| fault(*b).total_cmp(&fault(*a)).then(a.cmp(b))),
            Order::Number => {}
        }
        rows
    }
}

fn state_ui(ui: &mut Ui, text: &Text, importance: Option<&ImportanceView>) {
    let device = &text.device;
    let Some(importance) = importance else {
        ui.horizontal(|ui| ui.label(RichText::new(device.no_colour).small().weak()));
        return;
    };
    let words = said(text, importance);
    // In one line, so that the table stays where it is when the measurement ends.
    ui.horizontal(|ui| {
        if importance.importances.len() < importance.n {
            let part = importance.importances.len() as f32 / importance.n.max(1) as f32;
            let words = format!("{} {}/{}", device.measuring, importance.importances.len(), importance.n);
            ui.add(egui::ProgressBar::new(part).text(words).desired_width(120.0).desired_height(14.0));
        }
        ui.add(egui::Label::new(RichText::new(words).small()).truncate());
    });
}

/// Of which weights the measurement is, on which samples, and what they reach with all neurons.
fn said(text: &Text, importance: &ImportanceView) -> String {
    let samples = (text.probes.first_samples)(importance.samples);
    let baseline = importance.baseline;
    format!(
        "{}{comma}{} {:.1}{comma}{}",
        text.lane(importance.lane).name,
        text.probes.frozen_at,
        importance.epochs,
        (text.device.baseline)(baseline.loss, 100.0 * baseline.accuracy, &samples),
        comma = text.comma
    )
}

/// Whether silence of a neuron raises the accuracy by more than two standard errors of the sample, and lowers the loss.
fn does_harm(importance: &ImportanceView, neuron: usize) -> bool {
    let Some(own) = importance.importances.get(neuron) else { return false };
    let right = importance.baseline.accuracy;
    let error = (right * (1.0 - right) / importance.samples.max(1) as f64).sqrt();
    own.loss < 0.0 && own.accuracy > 2.0 * error
}

/// A parameter and how many spreads of the chip a neuron is off in it.
fn fault(symbol: &str, z: f64) -> String {
    format!("{symbol} z {z:+.1}")
}

/// The z-scores of the neuron that was selected last, and what can be done with it.
fn selected_ui(ui: &mut Ui, context: &mut ViewContext<'_>, selection: &Selection) {
    let (text, chip) = (context.text, &context.snapshot.chip);
    let Some(&neuron) = selection.neurons().last() else {
        // As high as what will stand here, so that the rows do not move below the pointer.
        ui.horizontal(|ui| ui.weak(text.device.none_selected));
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.strong(format!("{} {neuron}", text.neuron));
        let dead = chip.silent.get(neuron).copied().unwrap_or(false);
        let named = if dead { text.device.heal } else { text.device.kill };
        if ui.button(named.name).on_hover_text(named.meaning).clicked() {
            context.commands.by_hand.push(ByHand { neuron: neuron as u32, silent: !dead });
        }
        for spread in &chip.spreads {
            if let Some(z) = spread.z(neuron) {
                let words = RichText::new(fault(text.word(spread.symbol), z)).small();
                let color = if z.abs() > 2.0 { theme::alarm(ui.visuals()) } else { ui.visuals().text_color() };
                ui.colored_label(color, words).on_hover_text(text.word(spread.label));
            }
        }
    });
}

fn row_ui(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    selection: &mut Selection,
    neuron: usize,
    importance: Option<&ImportanceView>,
) {
    let (text, chip) = (context.text, &context.snapshot.chip);
    let chosen = selection.neurons().contains(&neuron);
    if ui.selectable_label(chosen, format!("{neuron}")).clicked() {
        selection.select(neuron, adds(ui));
    }
    if let Some((all, own)) = importance.and_then(|all| Some((all, all.importances.get(neuron)?))) {
        let bad = does_harm(all, neuron);
        let color = if bad { theme::alarm(ui.visuals()) } else { ui.visuals().text_color() };
        ui.colored_label(color, format!("{:+.4}", own.loss));
        ui.colored_label(color, format!("{:+.1}", 100.0 * own.accuracy));
    } else {
        ui.weak("–");
        ui.weak("–");
    }
    match worst(chip, neuron) {
        Some((k, z)) => ui.label(fault(text.word(chip.spreads[k].symbol), z)),
        None => ui.weak("–"),
    };
    if chip.silent.get(neuron).copied().unwrap_or(false) {
        ui.colored_label(theme::alarm(ui.visuals()), text.device.silent);
    } else {
        ui.label("");
    }
}

/// The parameter in which a neuron is furthest off, and how far.
fn worst(chip: &ChipView, neuron: usize) -> Option<(usize, f64)> {
    let scores = chip.spreads.iter().enumerate().filter_map(|(k, s)| Some((k, s.z(neuron)?)));
    scores.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Lane;
    use crate::session::messages::{Importance, Spread};

    fn of_a_hundred_and_twenty_eight(importances: Vec<Importance>) -> ImportanceView {
        let baseline = Importance { loss: 0.229, accuracy: 0.898 };
        ImportanceView { lane: Lane::InTheLoop, baseline, importances, n: 4, samples: 128, epochs: 45.1 }
    }

    /// √(0.898 · 0.102 / 128) = 2.7 %: six samples more of 128 are no more than chance, seven are.
    #[test]
    fn what_the_sample_cannot_resolve_is_no_harm() {
        let more = |n: f64, loss: f64| Importance { loss, accuracy: n / 128.0 };
        let view =
            of_a_hundred_and_twenty_eight(vec![more(1.0, -0.01), more(6.0, -0.1), more(7.0, -0.1), more(9.0, 0.1)]);
        assert_eq!([0, 1, 2, 3, 4].map(|k| does_harm(&view, k)), [false, false, true, false, false]);
    }

    #[test]
    fn what_is_measured_is_said_with_its_weights_its_samples_and_its_units() {
        let view = of_a_hundred_and_twenty_eight(Vec::new());
        let expected = "In the loop, weights of epoch 45.1, all neurons: loss 0.229 nats, 89.8 % of the first 128 test \
                        samples, with a noise of its own";
        assert_eq!(said(&crate::text::EN, &view), expected);
    }

    #[test]
    fn the_neuron_whose_silence_helps_most_comes_first_and_those_not_measured_last() {
        let importances = [0.3, -0.5, 0.0].map(|loss| Importance { loss, accuracy: 0.0 }).to_vec();
        let view = ImportanceView {
            lane: Lane::InTheLoop,
            baseline: Importance::default(),
            importances,
            n: 4,
            samples: 9,
            epochs: 1.0,
        };
        let spread = |actual: Vec<f64>| Spread { nominal: 1.0, actual, ..Spread::default() };
        let chip = ChipView {
            n_hidden: 4,
            spreads: vec![spread(vec![1.0, 1.1, 0.9, 1.0]), spread(vec![1.5, 1.0, 1.0, 1.0])],
            ..ChipView::default()
        };
        let rows = |order| NeuronImportanceView { order }.rows(&chip, Some(&view));
        assert_eq!(rows(Order::Importance), [1, 2, 0, 3]);
        assert_eq!(rows(Order::Fault), [0, 1, 2, 3]);
        assert_eq!(worst(&chip, 0).map(|w| w.0), Some(1));
        assert_eq!(worst(&chip, 2).map(|w| w.1 < 0.0), Some(true));
        assert_eq!(worst(&chip, 9), None);
    }
}
