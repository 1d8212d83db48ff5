//! Membrane voltages of hidden neurons in the sample on display.

use egui_plot::{HLine, Line, LineStyle, MarkerShape, PlotUi, Points};

use super::axes::{marks_at, names_axis};
use super::detail::Detail;
use super::figure::{Figure, Shape};
use super::legend::{Item, Mark, legend_ui};
use super::oscilloscope::{
    column, cursor_lines, origin, point, readout_ui, scope_ui, time_plot, trace_of, us, whole_column,
};
use super::selection::Selection;
use super::{Seen, View, ViewContext, head_ui, lane_ui, live_ui, nothing_ui, plot_id, pointed, pointed_name, theme};
use crate::session::messages::{LaneTrace, SampleView, ViewRequest};
use crate::text::{Text, ViewText};

/// Hidden neurons shown at once when none is selected, and fewer where they would lie on top of one another.
const SHOWN: usize = 4;
/// Height that one of them needs, in points.
const LOWEST: f32 = 28.0;
/// Height of what stands above and below the traces, in points.
const AROUND: f32 = 64.0;
/// Distance between the zero lines of stacked traces, in membrane units.
const SPACING: f64 = 2.4;
/// Voltages further out are cut, so that no neuron reaches into the band of its neighbours.
const REACH: f64 = 0.65;

/// Which neurons are looked at while none is selected.
pub(super) struct TraceView {
    first: usize,
    /// Show those that differ most from the twin instead of consecutive ones.
    most_different: bool,
    /// How many of them there is room for.
    room: usize,
}

impl Default for TraceView {
    fn default() -> Self {
        Self { first: 0, most_different: true, room: SHOWN }
    }
}

impl View for TraceView {
    fn text(text: &Text) -> ViewText {
        text.membranes
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Some(n) = sample.lanes.first().map(|l| l.v_hidden.ncols()) else { return nothing_ui(ui, text) };
        let visuals = ui.visuals().clone();
        let ghost = theme::ghost(&visuals);
        self.room = (((ui.available_height() - AROUND) / LOWEST) as usize).clamp(1, SHOWN);
        head_ui(ui, "membranes head", |ui| {
            self.head_ui(ui, context, selection, &sample, n);
            let color = trace_of(&sample, selection).map_or(ghost, |trace| theme::lane_color(trace.lane, &visuals));
            let items = [
                Item::new(Mark::Line, text.analog, color),
                Item::new(Mark::Dots, text.samples, color),
                Item::new(Mark::Dashed, text.twin, ghost),
                Item::new(Mark::Dotted, text.threshold, theme::alarm(&visuals)),
                Item::new(Mark::Triangle, text.spikes, color),
            ];
            legend_ui(ui, &items);
        });
        let Some(trace) = trace_of(&sample, selection) else { return nothing_ui(ui, text) };
        let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
        let neurons = self.neurons(selection, trace, twin);
        if let Some(&first) = neurons.first()
            && sample.madc.as_ref().is_some_and(|m| m.neuron != first)
        {
            context.commands.push(ViewRequest::Madc(first));
        }
        let zeros: Vec<f64> = (0..neurons.len()).map(|row| -SPACING * row as f64).collect();
        let names = zeros.iter().zip(&neurons).map(|(&zero, k)| (zero, format!("{} {k}", text.neuron))).collect();
        let spikes = spike_times(trace, &neurons, sample.grid.dt_chip);
        let rows = Rows { text, sample: &sample, trace, twin };
        let origin = origin(&sample, selection);
        let shown = time_plot(ui, "membranes", context, &sample.grid, origin)
            .custom_y_axes(vec![names_axis(names)])
            .y_grid_spacer(move |input| marks_at(&input, &zeros, SPACING))
            .include_y(1.2)
            .include_y(-SPACING * (neurons.len().max(1) as f64 - 1.0) - 0.6)
            .label_formatter(move |at| Some(format!("{}{:.2} µs", pointed_name(at), pointed(at).x - origin)))
            .show(ui, |plot_ui| {
                cursor_lines(plot_ui, selection, origin);
                for (row, (&neuron, spikes)) in neurons.iter().zip(&spikes).enumerate() {
                    rows.draw(plot_ui, row, neuron, spikes);
                }
            });
        let told = neurons.first().map(|&k| (format!("{} {k}", text.neuron), &trace.v_hidden, k, sample.grid.dt_chip));
        readout_ui(ui, text, selection, &shown, origin, told);
        point(ui, selection, &shown);
        live_ui(ui, text, plot_id("membranes", context.snapshot.generation), *shown.transform.frame());
    }

    fn figure(&self, &Seen { snapshot, text, selection, .. }: &Seen<'_>) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let trace = trace_of(sample, selection)?;
        let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
        let title = format!("{} ({})", text.membranes.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.time_axis, text.voltage_axis);
        let paper = theme::paper();
        for (row, neuron) in self.neurons(selection, trace, twin).into_iter().enumerate() {
            let (color, name) = (theme::class_color(row, &paper), format!("{} {neuron}", text.neuron));
            let analog = whole_column(&trace.v_hidden, neuron, sample.grid.dt_chip);
            figure.add(&name, theme::rgb(color), Shape::Line(1.5), analog);
            if let Some(twin) = twin {
                let ghost = whole_column(&twin.v_hidden, neuron, sample.grid.dt_chip);
                let name = format!("{name}, {}", text.twin);
                figure.add(name, theme::rgb(theme::washed(color)), Shape::Dashed(1.0), ghost);
            }
        }
        Some(figure)
    }
}

impl TraceView {
    /// The selected neurons, or those that the view chooses itself.
    fn neurons(&self, selection: &Selection, trace: &LaneTrace, twin: Option<&LaneTrace>) -> Vec<usize> {
        let n = trace.v_hidden.ncols();
        let chosen: Vec<usize> = selection.neurons().iter().copied().filter(|k| *k < n).collect();
        match twin {
            _ if !chosen.is_empty() => chosen,
            Some(twin) if self.most_different => most_different(trace, twin, self.room),
            _ => (self.first..(self.first + self.room).min(n)).collect(),
        }
    }

    /// Which lane, which neurons, where the cursor is.
    fn head_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &ViewContext<'_>,
        selection: &mut Selection,
        sample: &SampleView,
        n: usize,
    ) {
        let text = context.text;
        lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
        if selection.neurons().is_empty() {
            ui.checkbox(&mut self.most_different, text.most_different.name).on_hover_text(text.most_different.meaning);
            let last = n.saturating_sub(self.room);
            self.first = self.first.min(last);
            if !self.most_different {
                ui.add(egui::Slider::new(&mut self.first, 0..=last).text(text.first_neuron.name))
                    .on_hover_text(text.first_neuron.meaning);
            }
        } else {
            ui.label(format!("{} {}", selection.neurons().len(), text.device.selected));
            let clear = text.device.clear_selection;
            if ui.button(clear.name).on_hover_text(clear.meaning).clicked() {
                selection.clear();
            }
        }
        scope_ui(ui, text, selection, sample);
    }
}
/// Neurons above one another.
struct Rows<'a> {
    text: &'a Text,
    sample: &'a SampleView,
    trace: &'a LaneTrace,
    twin: Option<&'a LaneTrace>,
}

impl Rows<'_> {
    /// The voltages of a neuron in that row from above, and its spikes, in µs.
    fn draw(&self, plot_ui: &mut PlotUi<'_>, row: usize, neuron: usize, spikes: &[f64]) {
        let Self { text, sample, trace, twin } = self;
        let visuals = plot_ui.ctx().global_style().visuals.clone();
        let (color, detail) = (theme::lane_color(trace.lane, &visuals), Detail::of(plot_ui));
        let zero = -SPACING * row as f64;
        let lifted = |v: f64| zero + v.clamp(-REACH, 1.0 + REACH);
        let threshold = lifted(f64::from(trace.thresholds.get(neuron).copied().unwrap_or(1.0)));
        let threshold = HLine::new(text.threshold, threshold).color(theme::alarm(&visuals)).width(1.0);
        let threshold = threshold.style(LineStyle::dotted_dense()).id(("threshold", row));
        plot_ui.hline(threshold.allow_hover(false));
        if let Some(twin) = twin {
            let points = column(detail.dashed(), &twin.v_hidden, neuron, sample.grid.dt_chip, lifted);
            let line = Line::new(text.twin, points).color(theme::ghost(&visuals)).style(LineStyle::dashed_dense());
            plot_ui.line(line.id(("twin", row)).allow_hover(false));
        }
        // The MADC sees the upstroke of a spike that the chip's own steps jump over.
        let fast = sample.madc.as_ref().filter(|m| m.lane == trace.lane && m.neuron == neuron);
        let (name, analog) = match fast {
            Some(madc) => {
                let at = |k: usize| [us(madc.samples[k][0]), lifted(madc.samples[k][1])];
                (text.madc, detail.points(madc.samples.len(), at))
            }
            None => (text.analog, column(detail, &trace.v_hidden, neuron, sample.grid.dt_chip, lifted)),
        };
        plot_ui.line(Line::new(name, analog).color(color).width(2.0).id(("analog", row)));
        let read = column(detail.dots(), &trace.hidden_samples, neuron, sample.grid.dt_host(), lifted);
        let read = Points::new(text.samples, read).color(color).radius(2.5).id(("read", row));
        plot_ui.points(read.allow_hover(false));
        let spikes = detail.dots().points(spikes.len(), |k| [spikes[k], zero + 1.3]);
        let spikes = Points::new(text.spikes, spikes).shape(MarkerShape::Down).color(color).radius(5.0);
        plot_ui.points(spikes.id(("spikes", row)).allow_hover(false));
    }
}

/// When each of the neurons spiked, in µs.
fn spike_times(trace: &LaneTrace, neurons: &[usize], dt: f64) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); neurons.len()];
    for spike in &trace.spikes {
        if let Some(row) = neurons.iter().position(|n| *n == usize::from(spike.neuron)) {
            times[row].push(us((f64::from(spike.step) + 1.0) * dt));
        }
    }
    times
}

/// The `wanted` neurons whose analog voltages differ most from the twin's, in order of their numbers.
///
/// The measure is the mean squared difference over the sample; NaN counts as no difference.
fn most_different(trace: &LaneTrace, twin: &LaneTrace, wanted: usize) -> Vec<usize> {
    let n = trace.v_hidden.ncols().min(twin.v_hidden.ncols());
    let mut differences = vec![0.0f32; n];
    for (own, ideal) in trace.v_hidden.rows().into_iter().zip(twin.v_hidden.rows()) {
        for ((sum, a), b) in differences.iter_mut().zip(own).zip(ideal) {
            let d = (a - b).powi(2);
            *sum += if d.is_finite() { d } else { 0.0 };
        }
    }
    let mut ranked: Vec<(f32, usize)> = differences.into_iter().zip(0..).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = ranked.into_iter().take(wanted).map(|(_, k)| k).collect();
    chosen.sort_unstable();
    chosen
}
#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::params::Lane;

    fn trace(v: Array2<f32>) -> LaneTrace {
        LaneTrace {
            lane: Lane::InTheLoop,
            v_readout: Array2::zeros((2, 1)),
            hidden_samples: v.clone(),
            readout_samples: Array2::zeros((2, 1)),
            readout_spikes: Vec::new(),
            spikes: Vec::new(),
            thresholds: vec![1.0; v.ncols()],
            v_hidden: v,
            scores: vec![0.0],
            answer: 0,
        }
    }

    #[test]
    fn the_most_different_neurons_are_found_and_nan_does_not_win() {
        let mut v = Array2::zeros((2, 8));
        v[[0, 3]] = 1.0;
        v[[1, 6]] = -2.0;
        v[[0, 1]] = f32::NAN;
        v[[0, 5]] = 0.5;
        v[[0, 7]] = 0.4;
        assert_eq!(most_different(&trace(v), &trace(Array2::zeros((2, 8))), 4), [3, 5, 6, 7]);
    }
}
