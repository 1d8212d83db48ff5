//! Membrane voltages of hidden neurons in the sample on display.

use super::figure::screen::Plot;
use super::figure::{Figure, Key, Panel, Shape};
use super::legend::legend_ui;
use super::oscilloscope::{
    column, cursor_lines, origin, own_run_title, own_run_ui, point, readout_ui, scope_ui, time_figure, trace_of, us,
};
use super::selection::Selection;
use super::{Seen, View, ViewContext, head_ui, lane_ui, nothing_ui, theme};
use crate::params::Lane;
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
        self.room = (((ui.available_height() - AROUND) / LOWEST) as usize).clamp(1, SHOWN);
        let figure = self.figure(&context.seen(selection, ui.visuals()));
        head_ui(ui, "membranes head", |ui| {
            self.head_ui(ui, context, selection, &sample, n);
            legend_ui(ui, &figure.as_ref().map(|figure| figure.panels[0].keys()).unwrap_or_default());
        });
        let (Some(figure), Some(trace)) = (figure, trace_of(&sample, selection)) else { return nothing_ui(ui, text) };
        let first = self.neurons(selection, trace, twin_of(&sample, trace)).first().copied();
        if let Some(first) = first.filter(|first| sample.madc.as_ref().is_some_and(|m| m.neuron != *first)) {
            context.commands.push(ViewRequest::Madc(first));
        }
        let origin = origin(&sample, selection);
        let plot = Plot::new(&figure.panels[0], "membranes", context.snapshot);
        let shown = plot.show(ui, text, |plot_ui| cursor_lines(plot_ui, selection, origin));
        let lsb = context.snapshot.params.network.lsb_per_unit();
        let told = first.map(|k| (format!("{} {k}", text.neuron), &trace.v_hidden, k, sample.grid.dt_chip, lsb));
        readout_ui(ui, text, selection, &shown, origin, told);
        own_run_ui(ui, text, &shown);
        point(ui, selection, &shown);
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, sample) = (seen.text, seen.snapshot.sample.as_ref()?);
        let trace = trace_of(sample, seen.selection)?;
        let twin = twin_of(sample, trace);
        let title = own_run_title(text, text.membranes.title, trace.lane);
        let mut figure = time_figure(&title, seen, sample);
        let neurons = self.neurons(seen.selection, trace, twin);
        let panel = figure.last();
        panel.of = text.neuron.into();
        panel.y.reach = vec![1.2, -SPACING * (neurons.len().max(1) as f64 - 1.0) - 0.6];
        // One neuron has an axis of its own; several share a bar that says how much a threshold is.
        let is_alone = neurons.len() == 1;
        if is_alone {
            panel.y.name = format!("{} {}: {}", text.neuron, neurons[0], panel.y.name);
        } else {
            let names = (0..).zip(&neurons).map(|(row, k)| (-SPACING * f64::from(row), format!("{} {k}", text.neuron)));
            panel.y.words = names.collect();
        }
        let (color, ghost) = (theme::lane_color(trace.lane, seen.visuals), theme::ghost(seen.visuals));
        panel.legend = vec![
            Key::new(Shape::Line(2.0), text.analog, color),
            Key::new(Shape::Dots(2.5), reader(text, trace.lane), color),
            Key::new(Shape::Dashed(1.5), text.twin, ghost),
            Key::new(Shape::Dotted(1.0), text.threshold, theme::alarm(seen.visuals)),
            Key::new(Shape::Triangles(5.0), text.spikes, color),
        ];
        if !is_alone {
            let ink = seen.visuals.text_color();
            let (name, end) = (format!("1 {}", panel.y.parts().1), us(sample.grid.duration()) * 1.012);
            panel.legend.push(Key::new(Shape::Line(3.0), &name, ink));
            panel.add(name, ink, Shape::Line(3.0), vec![[end, 0.0], [end, 1.0]]).quiet();
        }
        let spikes = spike_times(trace, &neurons, sample.grid.dt_chip);
        for (row, (&neuron, spikes)) in neurons.iter().zip(&spikes).enumerate() {
            Row { seen, sample, trace, twin, neuron, zero: -SPACING * row as f64, is_alone }.add(panel, spikes);
        }
        Some(figure)
    }
}

/// Who reads the converter in a lane.
fn reader(text: &Text, lane: Lane) -> &'static str {
    if lane == Lane::OnChip { text.samples_on_chip } else { text.samples }
}

/// The ideal twin of that lane, if it has one.
fn twin_of<'a>(sample: &'a SampleView, trace: &LaneTrace) -> Option<&'a LaneTrace> {
    sample.twin.as_ref().filter(|twin| twin.lane == trace.lane)
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

/// One neuron above or below others.
struct Row<'a> {
    seen: &'a Seen<'a>,
    sample: &'a SampleView,
    trace: &'a LaneTrace,
    twin: Option<&'a LaneTrace>,
    neuron: usize,
    /// Where its voltage is zero.
    zero: f64,
    /// Whether there are no others to keep clear of.
    is_alone: bool,
}

impl Row<'_> {
    /// Its voltages, its threshold, and its spikes, in µs.
    fn add(&self, panel: &mut Panel, spikes: &[f64]) {
        let Self { seen, sample, trace, twin, neuron, zero, is_alone } = *self;
        let reach = if is_alone { f64::INFINITY } else { REACH };
        let (text, color) = (seen.text, theme::lane_color(trace.lane, seen.visuals));
        let mut add = |kind: &str, color, shape, points: Vec<[f64; 2]>, above: f64| {
            let name = format!("{} {neuron}{comma}{kind}", text.neuron, comma = text.comma);
            let series = panel.add(name, color, shape, points);
            series.of(neuron).raised(zero + above, -reach, 1.0 + reach);
            series.quiet = ![text.analog, text.madc].contains(&kind);
        };
        let threshold = f64::from(trace.thresholds.get(neuron).copied().unwrap_or(1.0));
        let ends = [0.0, us(sample.grid.duration())].map(|t| [t, threshold]);
        add(text.threshold, theme::alarm(seen.visuals), Shape::Dotted(1.0), ends.to_vec(), 0.0);
        if let Some(twin) = twin {
            let points = column(&twin.v_hidden, neuron, sample.grid.dt_chip);
            add(text.twin, theme::ghost(seen.visuals), Shape::Dashed(1.5), points, 0.0);
        }
        // The MADC sees the upstroke of a spike that the chip's own steps jump over.
        let fast = sample.madc.as_ref().filter(|m| m.lane == trace.lane && m.neuron == neuron);
        let (name, analog) = match fast {
            Some(madc) => (text.madc, madc.samples.iter().map(|[t, v]| [us(*t), *v]).collect()),
            None => (text.analog, column(&trace.v_hidden, neuron, sample.grid.dt_chip)),
        };
        let cut = beyond(&analog, [-reach, 1.0 + reach]);
        add(name, color, Shape::Line(2.0), analog, 0.0);
        let read = column(&trace.hidden_samples, neuron, sample.grid.dt_host());
        add(reader(text, trace.lane), color, Shape::Dots(2.5), read, 0.0);
        // A spike is where the voltage reaches the threshold; its mark stands above it.
        add(text.spikes, color, Shape::Triangles(5.0), spikes.iter().map(|t| [*t, threshold]).collect(), 0.3);
        // A trace that is cut says so at the edge of its band, with how far it goes.
        let edges = [("↓", -reach, egui::Align2::LEFT_BOTTOM), ("↑", 1.0 + reach, egui::Align2::LEFT_TOP)];
        for ([time, v], (arrow, edge, anchor)) in cut.into_iter().zip(edges).filter_map(|(at, edge)| Some((at?, edge)))
        {
            panel.label(format!("{arrow} {v:.2}"), [time, zero + edge], anchor, seen.visuals.text_color());
        }
    }
}

/// The lowest and the highest point of a curve, where they are beyond the ends of its band.
fn beyond(curve: &[[f64; 2]], [low, high]: [f64; 2]) -> [Option<[f64; 2]>; 2] {
    let by_height = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
    let (lowest, highest) = (curve.iter().min_by(by_height), curve.iter().max_by(by_height));
    [lowest.filter(|p| p[1] < low).copied(), highest.filter(|p| p[1] > high).copied()]
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
    fn a_trace_that_leaves_its_band_is_marked_where_it_is_furthest_out() {
        let curve = [[1.0, 0.5], [2.0, -0.9], [3.0, -2.47], [4.0, 1.2]];
        assert_eq!(beyond(&curve, [-0.65, 1.65]), [Some([3.0, -2.47]), None]);
        assert_eq!(beyond(&curve, [-3.0, 1.1]), [None, Some([4.0, 1.2])]);
        assert_eq!(beyond(&curve, [f64::NEG_INFINITY, f64::INFINITY]), [None; 2], "a neuron alone has the whole axis");
        assert_eq!(beyond(&[], [0.0, 1.0]), [None; 2]);
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
