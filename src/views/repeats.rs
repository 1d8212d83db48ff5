//! The same sample again and again: what stays is the chip, what changes is noise.

use egui::Ui;

use super::figure::screen::{Plot, clicked_number};
use super::figure::{Figure, Shape, with_unit};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, lane_ui, nothing_until_ui, theme, whole_ui};
use crate::session::messages::{Repeated, RepeatsView, ViewRequest};
use crate::text::{Text, ViewText};

/// What is asked for, and which quantity is shown.
pub(super) struct RepeatsPane {
    runs: usize,
    quantity: usize,
}

impl Default for RepeatsPane {
    fn default() -> Self {
        Self { runs: 32, quantity: 2 }
    }
}

impl View for RepeatsPane {
    fn text(text: &Text) -> ViewText {
        text.probes.repeats
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, probes) = (context.text, &context.text.probes);
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
            let drag = egui::DragValue::new(&mut self.runs).range(2..=256).suffix(format!(" {}", probes.n_repeats));
            ui.add(drag);
            if ui.button(probes.repeat.name).on_hover_text(probes.repeat.meaning).clicked() {
                context.commands.push(ViewRequest::Repeat(selection.lane, self.runs));
            }
            for (k, name) in names(text).into_iter().enumerate() {
                ui.selectable_value(&mut self.quantity, k, name);
            }
        });
        let Some(view) = context.snapshot.repeats.clone() else { return nothing_until_ui(ui, text, probes.repeat) };
        let shown = &view.quantities[self.quantity];
        ui.horizontal_wrapped(|ui| {
            whole_ui(ui, format!("{}{}", told(&view, text), text.colon.trim_end()));
            let spreads =
                [(probes.between_neurons, shown.between_neurons()), (probes.between_trials, shown.between_runs())];
            let unit = text.export.repeated[self.quantity];
            for (named, sd) in spreads {
                let words = format!("{} σ {} {unit}", named.name, number(sd));
                whole_ui(ui, egui::RichText::new(words).strong()).on_hover_text(named.meaning);
            }
        });
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return };
        let id = ["repeats spikes", "repeats first", "repeats voltage"][self.quantity];
        let plotted = Plot::new(&figure.panels[0], id, context.snapshot).show(ui, text, |_| {});
        if let Some(neuron) = clicked_number(&plotted, &figure.panels[0]) {
            selection.select(neuron, adds(ui));
        }
    }

    fn figure(&self, &Seen { snapshot, text, selection, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let view: &RepeatsView = snapshot.repeats.as_ref()?;
        let shown = &view.quantities[self.quantity];
        let (probes, name) = (&text.probes, names(text)[self.quantity]);
        let [open, close] = text.brackets;
        let title = format!("{}{}{name}{open}{}{close}", probes.repeats.title, text.colon, told(view, text));
        let [mean, sd] = self.axes(text);
        let mut figure = Figure::new(&title, &mean, &sd);
        let (numbers, points): (Vec<_>, Vec<_>) = points_of(shown).into_iter().unzip();
        let panel = figure.last();
        (panel.of, panel.y.reach) = (text.neuron.into(), vec![0.0]);
        panel.add(text.hidden, theme::lane_color(view.lane, visuals), Shape::Dots(3.0), points).numbered(numbers);
        panel.ring(text.device.selected, selection.neurons(), theme::selected(visuals), 5.0);
        for (named, sd) in
            [(probes.between_neurons, shown.between_neurons()), (probes.between_trials, shown.between_runs())]
        {
            figure.tell(format!("σ, {}", named.name), &number(sd), text.export.repeated[self.quantity]);
        }
        Some(figure)
    }
}

impl RepeatsPane {
    /// Names of the axes with the unit of what is shown.
    fn axes(&self, text: &Text) -> [String; 2] {
        [text.probes.mean_axis, text.probes.trial_sd_axis]
            .map(|name| with_unit(name, text.export.repeated[self.quantity]))
    }
}

fn names(text: &Text) -> [&'static str; 3] {
    [text.probes.spike_count, text.probes.first_spike, text.probes.mean_voltage]
}

/// What is not defined is not a number on paper either.
fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:.3}") } else { "–".to_owned() }
}

/// Every neuron whose mean and spread are defined.
fn points_of(shown: &Repeated) -> Vec<(usize, [f64; 2])> {
    let all = shown.mean.iter().zip(&shown.sd).map(|(mean, sd)| [*mean, *sd]).enumerate();
    all.filter(|(_, p)| p[0].is_finite() && p[1].is_finite()).collect()
}

/// What was run, how often, and with which weights.
fn told(view: &RepeatsView, text: &Text) -> String {
    let sample = match &view.sample {
        Ok(place) => format!("{} {place}", text.sample),
        Err(name) => name.clone(),
    };
    let runs = format!("{} {}", view.runs, text.probes.n_repeats);
    let weights = format!("{} {:.1}", text.probes.frozen_at, view.epochs);
    [text.lane(view.lane).name, &sample, &runs, &weights].join(text.comma)
}
