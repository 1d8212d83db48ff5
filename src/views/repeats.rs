//! The same sample again and again: what stays is the chip, what changes is noise.

use egui::Ui;
use egui_plot::Points;

use super::axes::{x_axis, y_axis};
use super::figure::{Figure, Shape, with_unit};
use super::selection::Selection;
use super::{
    Seen, View, ViewContext, adds, lane_ui, live_ui, nothing_until_ui, plot, plot_id, pointed, theme, whole_ui,
    with_room,
};
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
            whole_ui(ui, format!("{}, {} {}:", text.lane(view.lane).name, view.runs, probes.n_repeats));
            let spreads =
                [(probes.between_neurons, shown.between_neurons()), (probes.between_trials, shown.between_runs())];
            for (named, sd) in spreads {
                let words = format!("{} σ {}", named.name, number(sd));
                whole_ui(ui, egui::RichText::new(words).strong()).on_hover_text(named.meaning);
            }
        });
        let visuals = ui.visuals().clone();
        let color = theme::lane_color(view.lane, &visuals);
        let points = points_of(shown);
        let neuron = text.neuron;
        // Counts have no unit.
        let unit = if self.quantity == 1 { " µs" } else { "" };
        let places = points.clone();
        let (id, generation) =
            (["repeats spikes", "repeats first", "repeats voltage"][self.quantity], context.snapshot.generation);
        let [mean, sd] = self.axes(text);
        let all: Vec<[f64; 2]> = points.iter().map(|(_, p)| *p).collect();
        let plotted = with_room(plot(ui, id, generation), &all)
            .custom_x_axes(vec![x_axis(ui, &mean)])
            .custom_y_axes(vec![y_axis(ui, &sd)])
            .include_y(0.0)
            .label_formatter(move |at| {
                let p = pointed(at);
                let (k, [mean, sd]) = places.iter().find(|(k, _)| nearest(&places, p.x, p.y) == Some(*k))?;
                Some(format!("{neuron} {k}\n{mean:.3} ± {sd:.3}{unit}"))
            })
            .show(ui, |plot_ui| {
                plot_ui.points(Points::new(text.hidden, all).color(color).radius(3.0).id("neurons"));
                let chosen = points.iter().filter(|(k, _)| selection.neurons().contains(k)).map(|(_, p)| *p);
                let chosen = Points::new("", chosen.collect::<Vec<_>>()).color(theme::selected(&visuals)).radius(5.0);
                plot_ui.points(chosen.id("selected").allow_hover(false));
            });
        if plotted.response.clicked()
            && let Some(at) = plotted.response.interact_pointer_pos()
        {
            let at = plotted.transform.value_from_position(at);
            if let Some(neuron) = nearest(&points, at.x, at.y) {
                selection.select(neuron, adds(ui));
            }
        }
        live_ui(ui, text, plot_id(id, generation), *plotted.transform.frame());
    }

    fn figure(&self, &Seen { snapshot, text, .. }: &Seen<'_>) -> Option<Figure> {
        let view: &RepeatsView = snapshot.repeats.as_ref()?;
        let shown = &view.quantities[self.quantity];
        let (probes, name) = (&text.probes, names(text)[self.quantity]);
        let title = format!(
            "{}: {name} ({}, {} {}), {} {}, {} {}",
            probes.repeats.title,
            text.lane(view.lane).name,
            view.runs,
            probes.n_repeats,
            probes.between_neurons.name,
            number(shown.between_neurons()),
            probes.between_trials.name,
            number(shown.between_runs()),
        );
        let [mean, sd] = self.axes(text);
        let mut figure = Figure::new(&title, &mean, &sd);
        let color = theme::rgb(theme::lane_color(view.lane, &theme::paper()));
        figure.add(text.hidden, color, Shape::Dots(2.5), points_of(shown).into_iter().map(|(_, p)| p).collect());
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

/// The neuron next to a place, measured in units of the extent of all.
fn nearest(points: &[(usize, [f64; 2])], x: f64, y: f64) -> Option<usize> {
    let extent = |axis: usize| {
        let (low, high) =
            points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (_, p)| (l.min(p[axis]), h.max(p[axis])));
        (high - low).max(1e-12)
    };
    let (width, height) = (extent(0), extent(1));
    let distance = |p: &[f64; 2]| ((p[0] - x) / width).powi(2) + ((p[1] - y) / height).powi(2);
    points.iter().min_by(|a, b| distance(&a.1).total_cmp(&distance(&b.1))).map(|(k, _)| *k)
}
