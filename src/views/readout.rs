//! Voltages of the readout neurons in the sample on display.

use egui_plot::{Line, LineStyle};

use super::axes::y_axis;
use super::detail::Detail;
use super::figure::{Figure, Shape};
use super::legend::{Item, Mark, legend_ui};
use super::oscilloscope::{
    column, cursor_lines, origin, point, readout_ui, scope_ui, time_plot, trace_of, whole_column,
};
use super::selection::Selection;
use super::{
    Seen, View, ViewContext, class_name, head_ui, lane_ui, live_ui, nothing_ui, plot_id, pointed, pointed_name, theme,
};
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
        let origin = origin(&sample, selection);
        let Some(trace) = trace_of(&sample, selection) else { return nothing_ui(ui, text) };
        let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
        let visuals = ui.visuals().clone();
        let mut items: Vec<Item> = (sample.class_names.iter().enumerate())
            .map(|(class, name)| Item::new(Mark::Line, name, theme::class_color(class, &visuals)))
            .collect();
        if twin.is_some() {
            items.push(Item::new(Mark::Dashed, text.twin, theme::ghost(&visuals)));
        }
        head_ui(ui, "readout legend", |ui| legend_ui(ui, &items));
        let shown = time_plot(ui, "readout", context, &sample.grid, origin)
            .custom_y_axes(vec![y_axis(ui, text.voltage_axis)])
            .label_formatter(move |at| {
                let p = pointed(at);
                Some(format!("{}{:.2} µs\n{:.3}", pointed_name(at), p.x - origin, p.y))
            })
            .show(ui, |plot_ui| {
                let detail = Detail::of(plot_ui);
                cursor_lines(plot_ui, selection, origin);
                for (class, name) in sample.class_names.iter().enumerate() {
                    let right = Some(class) == sample.label;
                    let color = theme::class_color(class, &visuals);
                    let read = column(detail, &trace.readout_samples, class, sample.grid.dt_host(), |v| v);
                    plot_ui.line(
                        Line::new(name, read).color(color).width(if right { 4.0 } else { 1.5 }).id(("read", class)),
                    );
                    if let Some(twin) = twin.filter(|_| right) {
                        let ghost = column(detail.dashed(), &twin.readout_samples, class, sample.grid.dt_host(), |v| v);
                        let line = Line::new(text.twin, ghost).color(theme::ghost(&visuals));
                        plot_ui.line(line.style(LineStyle::dashed_dense()).width(2.0).id("twin"));
                    }
                }
            });
        let told = sample.label.map(|right| {
            let name = format!("{} {}", text.class, class_name(&sample, right));
            (name, &trace.readout_samples, right, sample.grid.dt_host())
        });
        readout_ui(ui, text, selection, &shown, origin, told);
        point(ui, selection, &shown);
        live_ui(ui, text, plot_id("readout", context.snapshot.generation), *shown.transform.frame());
    }

    fn figure(&self, &Seen { snapshot, text, selection, .. }: &Seen<'_>) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let trace = trace_of(sample, selection)?;
        let title = format!("{} ({})", text.readout.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.time_axis, text.voltage_axis);
        for (class, name) in sample.class_names.iter().enumerate() {
            let color = theme::rgb(theme::class_color(class, &theme::paper()));
            let read = whole_column(&trace.readout_samples, class, sample.grid.dt_host());
            figure.add(name, color, Shape::Line(if Some(class) == sample.label { 3.0 } else { 1.2 }), read);
        }
        Some(figure)
    }
}
