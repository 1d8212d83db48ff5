//! Voltages of the readout neurons in the sample on display.

use super::figure::screen::Plot;
use super::figure::{Figure, Shape};
use super::legend::legend_ui;
use super::oscilloscope::{column, cursor_lines, origin, point, readout_ui, scope_ui, time_figure, trace_of};
use super::selection::Selection;
use super::{Seen, View, ViewContext, class_name, head_ui, lane_ui, nothing_ui, theme};
use crate::text::{Text, ViewText};

/// Voltages of the readout neurons.
#[derive(Default)]
pub(super) struct Readout;

impl View for Readout {
    fn text(text: &Text) -> ViewText {
        text.readout
    }

    /// Voltages of the readout neurons; the right one is bold.
    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        head_ui(ui, "readout head", |ui| {
            lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
            match (&sample.name, sample.label) {
                (Some(name), _) => drop(ui.label(name)),
                (None, Some(label)) => drop(ui.label(format!("{} {}", text.label, class_name(&sample, label)))),
                (None, None) => {}
            }
            scope_ui(ui, text, selection, &sample);
        });
        let Some(trace) = trace_of(&sample, selection) else { return nothing_ui(ui, text) };
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return nothing_ui(ui, text) };
        let (panel, origin) = (&figure.panels[0], origin(&sample, selection));
        head_ui(ui, "readout legend", |ui| legend_ui(ui, &panel.keys()));
        let plot = Plot::new(panel, "readout", context.snapshot);
        let shown = plot.show(ui, text, |plot_ui| cursor_lines(plot_ui, selection, origin));
        let lsb = context.snapshot.params.network.lsb_per_unit();
        let told = sample.label.map(|right| {
            let name = format!("{} {}", text.class, class_name(&sample, right));
            (name, &trace.readout_samples, right, sample.grid.dt_host(), lsb)
        });
        readout_ui(ui, text, selection, &shown, origin, told);
        point(ui, selection, &shown);
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, sample) = (seen.text, seen.snapshot.sample.as_ref()?);
        let trace = trace_of(sample, seen.selection)?;
        let title = format!("{} ({})", text.readout.title, text.lane(trace.lane).name);
        let mut figure = time_figure(&title, seen, sample);
        let (panel, dt) = (figure.last(), sample.grid.dt_host());
        panel.of = text.class.into();
        for (class, name) in sample.class_names.iter().enumerate() {
            let width = if Some(class) == sample.label { 4.0 } else { 1.5 };
            let read = column(&trace.readout_samples, class, dt);
            panel.add(name, theme::class_color(class, seen.visuals), Shape::Line(width), read).of(class);
        }
        if let (Some(twin), Some(right)) = (sample.twin.as_ref().filter(|t| t.lane == trace.lane), sample.label) {
            let ghost = column(&twin.readout_samples, right, dt);
            panel.add(text.twin, theme::ghost(seen.visuals), Shape::Dashed(2.0), ghost).of(right);
        }
        Some(figure)
    }
}
