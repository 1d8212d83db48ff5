//! Membrane voltages of hidden and readout neurons in the sample on display.

use egui_plot::{HLine, Line, LineStyle, MarkerShape, Points, VLine};
use ndarray::Array2;

use super::axes::{marks_at, names_axis, one_two_five_from, x_axis_from, y_axis};
use super::detail::Detail;
use super::figure::{Figure, Shape};
use super::focus::Focus;
use super::legend::{Mark, legend_ui};
use super::{Scene, class_name, head_ui, lane_ui, live_ui, nothing_ui, plot, plot_id, pointed, pointed_name, theme};
use crate::text::Text;
use crate::time::TimeGrid;
use crate::units::Unit;
use crate::worker::messages::{Command, LaneTrace, SampleView, Snapshot};

/// Hidden neurons shown at once when none is selected.
const SHOWN: usize = 4;
/// Distance between the zero lines of stacked traces, in membrane units.
const SPACING: f64 = 2.4;
/// Voltages further out are cut, so that one neuron does not cover its neighbours.
const REACH: f64 = 1.1;

/// Which neurons are looked at while none is selected.
pub(super) struct TraceView {
    first: usize,
    /// Show those that differ most from the twin instead of consecutive ones.
    most_different: bool,
}

impl Default for TraceView {
    fn default() -> Self {
        Self { first: 0, most_different: true }
    }
}

impl TraceView {
    /// The selected neurons, or those that the view chooses itself.
    fn neurons(&self, focus: &Focus, trace: &LaneTrace, twin: Option<&LaneTrace>) -> Vec<usize> {
        let n = trace.v_hidden.ncols();
        let chosen: Vec<usize> = focus.neurons().iter().copied().filter(|k| *k < n).collect();
        match twin {
            _ if !chosen.is_empty() => chosen,
            Some(twin) if self.most_different => most_different(trace, twin),
            _ => (self.first..(self.first + SHOWN).min(n)).collect(),
        }
    }

    /// Which lane, which neurons, where the cursor is.
    fn head_ui(&mut self, ui: &mut egui::Ui, scene: &Scene<'_>, focus: &mut Focus, sample: &SampleView, n: usize) {
        let text = scene.text;
        lane_ui(ui, text, focus, &scene.snapshot.params.lanes);
        if focus.neurons().is_empty() {
            ui.checkbox(&mut self.most_different, text.most_different.name).on_hover_text(text.most_different.meaning);
            let last = n.saturating_sub(SHOWN);
            self.first = self.first.min(last);
            if !self.most_different {
                ui.add(egui::Slider::new(&mut self.first, 0..=last).text(text.first_neuron.name))
                    .on_hover_text(text.first_neuron.meaning);
            }
        } else {
            ui.label(format!("{} {}", focus.neurons().len(), text.device.selected));
            let clear = text.device.clear_selection;
            if ui.button(clear.name).on_hover_text(clear.meaning).clicked() {
                focus.clear();
            }
        }
        scope_ui(ui, text, focus, sample);
        if let Some(trace) = trace_of(sample, focus) {
            let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
            if let Some(&first) = self.neurons(focus, trace, twin).first() {
                let name = format!("{} {first}", text.neuron);
                volts_ui(ui, text, focus, &name, &trace.v_hidden, first, sample.grid.dt_chip);
            }
        }
    }

    pub(super) fn membranes_ui(&mut self, ui: &mut egui::Ui, scene: &mut Scene<'_>, focus: &mut Focus) {
        let text = scene.text;
        let Some(sample) = scene.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Some(n) = sample.lanes.first().map(|l| l.v_hidden.ncols()) else { return nothing_ui(ui, text) };
        let visuals = ui.visuals().clone();
        let ghost = theme::ghost(&visuals);
        // The second head is asked for at the same height, so that both break or neither does.
        let low = ui.available_height() < 150.0;
        head_ui(ui, "membranes head", |ui| self.head_ui(ui, scene, focus, &sample, n));
        head_ui(ui, "membranes legend", |ui| {
            if low {
                return;
            }
            let color = trace_of(&sample, focus).map_or(ghost, |trace| theme::lane_color(trace.lane, &visuals));
            let entries = [
                (Mark::Line, text.analog, color),
                (Mark::Dots, text.samples, color),
                (Mark::Dashed, text.twin, ghost),
                (Mark::Dotted, text.threshold, theme::alarm(&visuals)),
                (Mark::Triangle, text.spikes, color),
            ];
            legend_ui(ui, &entries);
        });
        let Some(trace) = trace_of(&sample, focus) else { return nothing_ui(ui, text) };
        let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
        let neurons = self.neurons(focus, trace, twin);
        if let Some(&first) = neurons.first()
            && sample.madc.as_ref().is_some_and(|m| m.neuron != first)
        {
            scene.commands.push(Command::Madc(first));
        }
        let color = theme::lane_color(trace.lane, &visuals);
        let zeros: Vec<f64> = (0..neurons.len()).map(|row| -SPACING * row as f64).collect();
        let names = zeros.iter().zip(&neurons).map(|(&zero, k)| (zero, format!("{} {k}", text.neuron))).collect();
        let spikes = spike_times(trace, &neurons, sample.grid.dt_chip);
        let origin = origin(&sample, focus);
        let shown = time_plot("membranes", scene, &sample.grid, origin)
            .custom_y_axes(vec![names_axis(names)])
            .y_grid_spacer(move |input| marks_at(&input, &zeros, SPACING))
            .include_y(1.2)
            .include_y(-SPACING * (neurons.len().max(1) as f64 - 1.0) - 0.6)
            .label_formatter(move |at| Some(format!("{}{:.2} µs", pointed_name(at), pointed(at).x - origin)))
            .show(ui, |plot_ui| {
                let detail = Detail::of(plot_ui);
                cursor_lines(plot_ui, focus, origin);
                for (row, &neuron) in neurons.iter().enumerate() {
                    let zero = -SPACING * row as f64;
                    let lifted = |v: f64| zero + v.clamp(-REACH, 1.0 + REACH);
                    let threshold = f64::from(trace.thresholds.get(neuron).copied().unwrap_or(1.0));
                    plot_ui.hline(
                        HLine::new(text.threshold, lifted(threshold))
                            .color(theme::alarm(&visuals))
                            .style(LineStyle::dotted_dense())
                            .width(1.0)
                            .id(("threshold", row))
                            .allow_hover(false),
                    );
                    if let Some(twin) = twin {
                        let points = column(detail.dashed(), &twin.v_hidden, neuron, sample.grid.dt_chip, lifted);
                        let ghost_line = Line::new(text.twin, points)
                            .color(ghost)
                            .style(LineStyle::dashed_dense())
                            .id(("twin", row));
                        plot_ui.line(ghost_line.allow_hover(false));
                    }
                    // The MADC sees the upstroke of a spike that the chip's own steps jump over.
                    let fast = sample.madc.as_ref().filter(|m| m.lane == trace.lane && m.neuron == neuron);
                    let analog = match fast {
                        Some(madc) => {
                            let at = |k: usize| [us(madc.samples[k][0]), lifted(madc.samples[k][1])];
                            detail.points(madc.samples.len(), at)
                        }
                        None => column(detail, &trace.v_hidden, neuron, sample.grid.dt_chip, lifted),
                    };
                    let name = if fast.is_some() { text.madc } else { text.analog };
                    plot_ui.line(Line::new(name, analog).color(color).width(2.0).id(("analog", row)));
                    let read = column(detail.dots(), &trace.hidden_samples, neuron, sample.grid.dt_host(), lifted);
                    plot_ui.points(
                        Points::new(text.samples, read).color(color).radius(2.5).id(("read", row)).allow_hover(false),
                    );
                    let spikes = detail.dots().points(spikes[row].len(), |k| [spikes[row][k], zero + 1.3]);
                    plot_ui.points(
                        Points::new(text.spikes, spikes)
                            .shape(MarkerShape::Down)
                            .color(color)
                            .radius(5.0)
                            .id(("spikes", row))
                            .allow_hover(false),
                    );
                }
            });
        point(ui, focus, &shown);
        live_ui(ui, text, plot_id("membranes", scene.snapshot.generation), *shown.transform.frame());
    }

    pub(super) fn membranes_figure(&self, snapshot: &Snapshot, text: &Text, focus: &Focus) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let trace = trace_of(sample, focus)?;
        let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
        let title = format!("{} ({})", text.membranes.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.time_axis, text.voltage_axis);
        let paper = theme::paper();
        for (row, neuron) in self.neurons(focus, trace, twin).into_iter().enumerate() {
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

/// Voltages of the readout neurons; the right one is bold.
pub(super) fn readout_ui(ui: &mut egui::Ui, scene: &mut Scene<'_>, focus: &mut Focus) {
    let text = scene.text;
    let Some(sample) = scene.snapshot.sample.clone() else { return nothing_ui(ui, text) };
    ui.horizontal_wrapped(|ui| {
        lane_ui(ui, text, focus, &scene.snapshot.params.lanes);
        match (&sample.name, sample.label) {
            (Some(name), _) => drop(ui.label(name)),
            (None, Some(label)) => drop(ui.label(format!("{} {}", text.label, class_name(&sample, label)))),
            (None, None) => {}
        }
        scope_ui(ui, text, focus, &sample);
        if let (Some(trace), Some(right)) = (trace_of(&sample, focus), sample.label) {
            let name = format!("{} {}", text.class, class_name(&sample, right));
            volts_ui(ui, text, focus, &name, &trace.readout_samples, right, sample.grid.dt_host());
        }
    });
    let origin = origin(&sample, focus);
    let Some(trace) = trace_of(&sample, focus) else { return nothing_ui(ui, text) };
    let twin = sample.twin.as_ref().filter(|twin| twin.lane == trace.lane);
    let visuals = ui.visuals().clone();
    ui.horizontal_wrapped(|ui| {
        for (class, name) in sample.class_names.iter().enumerate() {
            legend_ui(ui, &[(Mark::Line, name, theme::class_color(class, &visuals))]);
        }
        if twin.is_some() {
            legend_ui(ui, &[(Mark::Dashed, text.twin, theme::ghost(&visuals))]);
        }
    });
    let shown = time_plot("readout", scene, &sample.grid, origin)
        .custom_y_axes(vec![y_axis(text.voltage_axis)])
        .label_formatter(move |at| {
            let p = pointed(at);
            Some(format!("{}{:.2} µs\n{:.3}", pointed_name(at), p.x - origin, p.y))
        })
        .show(ui, |plot_ui| {
            let detail = Detail::of(plot_ui);
            cursor_lines(plot_ui, focus, origin);
            for (class, name) in sample.class_names.iter().enumerate() {
                let right = Some(class) == sample.label;
                let color = theme::class_color(class, &visuals);
                let read = column(detail, &trace.readout_samples, class, sample.grid.dt_host(), |v| v);
                plot_ui
                    .line(Line::new(name, read).color(color).width(if right { 4.0 } else { 1.5 }).id(("read", class)));
                if let Some(twin) = twin.filter(|_| right) {
                    let ghost = column(detail.dashed(), &twin.readout_samples, class, sample.grid.dt_host(), |v| v);
                    let line = Line::new(text.twin, ghost).color(theme::ghost(&visuals));
                    plot_ui.line(line.style(LineStyle::dashed_dense()).width(2.0).id("twin"));
                }
            }
        });
    point(ui, focus, &shown);
    live_ui(ui, text, plot_id("readout", scene.snapshot.generation), *shown.transform.frame());
}

pub(super) fn readout_figure(snapshot: &Snapshot, text: &Text, focus: &Focus) -> Option<Figure> {
    let sample = snapshot.sample.as_ref()?;
    let trace = trace_of(sample, focus)?;
    let title = format!("{} ({})", text.readout.title, text.lane(trace.lane).name);
    let mut figure = Figure::new(&title, text.time_axis, text.voltage_axis);
    for (class, name) in sample.class_names.iter().enumerate() {
        let color = theme::rgb(theme::class_color(class, &theme::paper()));
        let read = whole_column(&trace.readout_samples, class, sample.grid.dt_host());
        figure.add(name, color, Shape::Line(if Some(class) == sample.label { 3.0 } else { 1.2 }), read);
    }
    Some(figure)
}

/// The trace of the lane in focus, or of the last one there is.
pub(super) fn trace_of<'a>(sample: &'a SampleView, focus: &Focus) -> Option<&'a LaneTrace> {
    sample.lanes.iter().find(|l| l.lane == focus.lane).or(sample.lanes.last())
}

/// When time zero is, in µs since the sample began: the first input spike, if that is the trigger.
pub(super) fn origin(sample: &SampleView, focus: &Focus) -> f64 {
    let first = sample.input.iter().map(|(t, _)| us(f64::from(t))).filter(|t| t.is_finite()).reduce(f64::min);
    first.filter(|_| focus.trigger).unwrap_or(0.0)
}

/// The trigger, where the cursor is, and how far from the mark.
pub(super) fn scope_ui(ui: &mut egui::Ui, text: &Text, focus: &mut Focus, sample: &SampleView) {
    let trigger = text.lab.trigger;
    ui.toggle_value(&mut focus.trigger, trigger.name).on_hover_text(trigger.meaning);
    if focus.trigger && sample.input.is_empty() {
        ui.weak(text.lab.no_stimulus);
    }
    let Some(cursor) = focus.cursor() else { return };
    let at = cursor - origin(sample, focus);
    let words = match focus.mark {
        Some(mark) => format!("{} {at:.2} µs, Δt {:+.2} µs", text.device.cursor.name, cursor - mark),
        None => format!("{} {at:.2} µs", text.device.cursor.name),
    };
    ui.weak(words).on_hover_text(text.device.cursor.meaning);
}

/// The voltage of one neuron at the cursor, and how far from that at the mark.
fn volts_ui(ui: &mut egui::Ui, text: &Text, focus: &Focus, name: &str, v: &Array2<f32>, neuron: usize, dt: f64) {
    let at = |time: f64| volts_at(v, neuron, dt, time);
    let Some(now) = focus.cursor().and_then(at) else { return };
    let words = match focus.mark.and_then(at) {
        Some(then) => format!("{name}: V {now:.3}, ΔV {:+.3}", now - then),
        None => format!("{name}: V {now:.3}"),
    };
    ui.weak(words).on_hover_text(text.voltage_axis);
}

/// The voltage of a neuron at a time in µs: that of the step which ends next; sample `k` is the end of step `k`.
fn volts_at(v: &Array2<f32>, neuron: usize, dt: f64, time: f64) -> Option<f32> {
    let step = (time / us(dt)).ceil() - 1.0;
    if !(step > -1.5 && step < v.nrows() as f64) {
        return None;
    }
    v.get((step.max(0.0) as usize, neuron)).copied().filter(|v| v.is_finite())
}

/// The common cursor and the mark that measuring begins at.
pub(super) fn cursor_lines(plot_ui: &mut egui_plot::PlotUi<'_>, focus: &Focus, origin: f64) {
    let visuals = plot_ui.ctx().global_style().visuals.clone();
    for (name, at, color) in [
        ("cursor", focus.cursor(), theme::muted(&visuals)),
        ("mark", focus.mark, theme::twin(&visuals)),
        ("trigger", focus.trigger.then_some(origin), theme::shifted(&visuals)),
    ] {
        if let Some(at) = at {
            plot_ui.vline(VLine::new("", at).color(color).width(1.0).id(name).allow_hover(false));
        }
    }
}

/// Moves the common cursor to the pointer; a click sets the mark there, and takes it away where it stands.
pub(super) fn point(ui: &egui::Ui, focus: &mut Focus, plot: &egui_plot::PlotResponse<()>) {
    let Some(at) = plot.response.hover_pos() else { return };
    let time = plot.transform.value_from_position(at).x;
    if focus.cursor().is_none_or(|was| (was - time).abs() > 1e-9) {
        // The other views have been drawn already or show what was before.
        ui.ctx().request_repaint();
    }
    focus.point(time);
    if plot.response.clicked() {
        let near = focus.mark.is_some_and(|mark| (plot.transform.position_from_point_x(mark) - at.x).abs() < 6.0);
        focus.mark = if near { None } else { Some(time).filter(|t| t.is_finite()) };
    }
}

fn us(seconds: f64) -> f64 {
    Unit::Microseconds.shown_from_si(seconds)
}

/// A plot over the duration of one sample.
pub(super) fn time_plot<'a>(id: &'static str, scene: &Scene<'_>, grid: &TimeGrid, origin: f64) -> egui_plot::Plot<'a> {
    plot(id, scene.snapshot.generation)
        .custom_x_axes(vec![x_axis_from(scene.text.time_axis, origin)])
        .x_grid_spacer(move |input| one_two_five_from(&input, origin))
        .include_x(0.0)
        .include_x(us(grid.duration()))
}

/// One neuron's column as a curve over µs, as far as the plot can show it; sample `k` belongs to the end of step `k`.
fn column(detail: Detail, v: &Array2<f32>, neuron: usize, dt: f64, shown: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    if neuron >= v.ncols() {
        return Vec::new();
    }
    let column = v.column(neuron);
    detail.points(column.len(), |k| [us((k as f64 + 1.0) * dt), shown(f64::from(column[k]))])
}

/// As [`column`], with all points.
fn whole_column(v: &Array2<f32>, neuron: usize, dt: f64) -> Vec<[f64; 2]> {
    column(Detail::WHOLE, v, neuron, dt, |v| v)
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

/// The neurons whose analog voltages differ most from the twin's, in order of their numbers.
///
/// The measure is the mean squared difference over the sample; NaN counts as no difference.
fn most_different(trace: &LaneTrace, twin: &LaneTrace) -> Vec<usize> {
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
    let mut chosen: Vec<usize> = ranked.into_iter().take(SHOWN).map(|(_, k)| k).collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::LaneKind;

    fn trace(v: Array2<f32>) -> LaneTrace {
        LaneTrace {
            lane: LaneKind::InTheLoop,
            v_readout: Array2::zeros((2, 1)),
            hidden_samples: v.clone(),
            readout_samples: Array2::zeros((2, 1)),
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
        assert_eq!(most_different(&trace(v), &trace(Array2::zeros((2, 8)))), [3, 5, 6, 7]);
    }

    #[test]
    fn voltages_are_read_at_the_end_of_the_step_and_nowhere_else() {
        let v = ndarray::array![[0.5f32], [f32::NAN], [1.5]];
        assert_eq!([0.0, 0.3, 1.0, 2.5, 3.0].map(|t| volts_at(&v, 0, 1e-6, t)), [0.5, 0.5, 0.5, 1.5, 1.5].map(Some));
        assert_eq!([-2.0, 1.5, 3.1, f64::NAN].map(|t| volts_at(&v, 0, 1e-6, t)), [None; 4]);
        assert_eq!(volts_at(&v, 7, 1e-6, 1.0), None);
    }

    #[test]
    fn columns_are_in_microseconds_at_the_end_of_each_step_and_finite() {
        let v = ndarray::array![[0.5f32], [f32::NAN], [1.5]];
        assert_eq!(column(Detail::WHOLE, &v, 0, 1e-6, |v| 2.0 * v), [[1.0, 1.0], [3.0, 3.0]]);
        assert!(whole_column(&v, 9, 1e-6).is_empty());
    }
}
