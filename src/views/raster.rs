//! All spikes of the sample on display, and how they differ from those of the ideal twin.

use std::sync::Arc;

use egui::Ui;
use egui_plot::{HLine, MarkerShape, PlotPoint, Points};

use super::axes::{marks_at, names_axis};
use super::figure::{Figure, Shape};
use super::focus::Focus;
use super::legend::{Mark, legend_ui};
use super::ticks::{Drawn, Ticks};
use super::traces::{cursor_lines, origin, point, scope_ui, time_plot, trace_of};
use super::{Scene, adds, head_ui, live_ui, nothing_ui, plot_id, pointed, theme};
use crate::params::LaneKind;
use crate::text::Text;
use crate::units::Unit;
use crate::worker::messages::{GridSpike, LaneTrace, SampleView, Snapshot};

/// Rows left free between populations.
const GAP: f64 = 6.0;

/// How the hidden neurons are ordered, from below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    #[default]
    Number,
    Rate,
    FirstSpike,
    Threshold,
}

#[derive(Default)]
pub(super) struct RasterView {
    order: Order,
    /// What was laid out last: spikes change a few times a second, frames many.
    laid_out: Option<Layout>,
    /// Counts layouts.
    edition: u64,
    drawn: Drawn,
}

/// Where every spike is drawn.
struct Layout {
    sample: Arc<SampleView>,
    lane: LaneKind,
    order: Order,
    /// The row of each hidden neuron.
    rows: Vec<usize>,
    inputs: Vec<PlotPoint>,
    same: Vec<PlotPoint>,
    shifted: Vec<PlotPoint>,
    extra: Vec<PlotPoint>,
    missed: Vec<PlotPoint>,
    peaks: Vec<[f64; 2]>,
}

impl Layout {
    fn new(sample: &Arc<SampleView>, trace: &LaneTrace, order: Order, tau_mem: f64) -> Self {
        let us = |s: f64| Unit::Microseconds.shown_from_si(s);
        let dt = sample.grid.dt_chip;
        let rows = ranks(trace, order);
        let hidden_base = sample.n_inputs as f64 + GAP;
        let readout_base = hidden_base + trace.v_hidden.ncols() as f64 + GAP;
        let place = |s: &GridSpike| {
            let row = rows.get(usize::from(s.neuron)).copied().unwrap_or(usize::from(s.neuron));
            PlotPoint::new(us((f64::from(s.step) + 1.0) * dt), hidden_base + row as f64)
        };
        let places = |spikes: &[GridSpike]| spikes.iter().map(place).collect();
        let twin = sample.twin.as_ref().filter(|t| t.lane == trace.lane);
        let compared = match twin {
            Some(twin) => {
                let steps = |time: f64| (time / dt).round().max(1.0) as u16;
                compare(&trace.spikes, &twin.spikes, steps(sample.grid.dt_host()), steps(tau_mem))
            }
            None => Compared { same: trace.spikes.clone(), ..Compared::default() },
        };
        let peaks = (0..trace.v_readout.ncols()).map(|o| {
            let column = trace.v_readout.column(o);
            let best = column.iter().enumerate().fold(0, |b, (k, v)| if *v > column[b] { k } else { b });
            [us((best as f64 + 1.0) * dt), readout_base + o as f64 * 2.0]
        });
        Self {
            lane: trace.lane,
            order,
            inputs: sample.input.iter().map(|(t, u)| PlotPoint::new(us(f64::from(t)), f64::from(u))).collect(),
            same: places(&compared.same),
            shifted: places(&compared.shifted),
            extra: places(&compared.extra),
            missed: places(&compared.missed),
            peaks: peaks.collect(),
            rows,
            sample: Arc::clone(sample),
        }
    }
}

impl RasterView {
    /// Inputs below, hidden neurons above, and on top when each readout was highest.
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, focus: &mut Focus) {
        let text = scene.text;
        let Some(sample) = scene.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Some(trace) = trace_of(&sample, focus) else { return nothing_ui(ui, text) };
        let visuals = ui.visuals().clone();
        let color = theme::lane_color(trace.lane, &visuals);
        let (n_inputs, n_hidden) = (sample.n_inputs as f64, trace.v_hidden.ncols() as f64);
        let hidden_base = n_inputs + GAP;
        let readout_base = hidden_base + n_hidden + GAP;
        let top = readout_base + 2.0 * trace.v_readout.ncols() as f64;
        let layout = match self.laid_out.take() {
            Some(old) if Arc::ptr_eq(&old.sample, &sample) && old.lane == trace.lane && old.order == self.order => old,
            _ => {
                self.edition += 1;
                Layout::new(&sample, trace, self.order, scene.snapshot.params.tau_mem)
            }
        };
        let device = &text.device;
        let kinds = [
            (&layout.missed, device.missed, theme::twin(&visuals), Mark::Tick),
            (&layout.same, device.matched, color, Mark::Tick),
            (&layout.shifted, device.shifted, theme::shifted(&visuals), Mark::Tick),
            (&layout.extra, device.extra, theme::alarm(&visuals), Mark::Tick),
        ];
        head_ui(ui, "raster head", |ui| {
            ui.colored_label(color, text.lane(trace.lane).name);
            self.order_ui(ui, text);
            let compared = sample.twin.as_ref().is_some_and(|t| t.lane == trace.lane);
            for (points, named, color, mark) in kinds.iter().skip(usize::from(!compared)) {
                let name = if compared { named.name } else { text.spikes };
                legend_ui(ui, &[(*mark, &format!("{name} {}", points.len()), *color)]);
                if !compared {
                    break;
                }
            }
            legend_ui(ui, &[(Mark::Diamond, text.peak, theme::alarm(&visuals))]);
            scope_ui(ui, text, focus, &sample);
        });
        let centers = [n_inputs / 2.0, hidden_base + n_hidden / 2.0, f64::midpoint(readout_base, top)];
        let names = centers.into_iter().zip([text.inputs, text.hidden, text.readout_rows].map(str::to_owned)).collect();
        let words = (text.inputs, text.hidden, text.peak, text.class);
        let neuron_in: Vec<usize> = inverse(&layout.rows);
        let of_row = neuron_in.clone();
        let origin = origin(&sample, focus);
        let shown = time_plot("raster", scene, &sample.grid, origin)
            .custom_y_axes(vec![names_axis(names)])
            .y_grid_spacer(move |input| marks_at(&input, &centers, top))
            .include_y(0.0)
            .include_y(top)
            .show_grid([true, false])
            .label_formatter(move |at| {
                let p = pointed(at);
                let row = (p.y - hidden_base).round().max(0.0) as usize;
                let place = if p.y < n_inputs {
                    format!("{} {:.0}", words.0, p.y)
                } else if let Some(neuron) = of_row.get(row).filter(|_| p.y < hidden_base + n_hidden) {
                    format!("{} {neuron}", words.1)
                } else {
                    format!("{}, {} {:.0}", words.2, words.3, ((p.y - readout_base) / 2.0).max(0.0))
                };
                Some(format!("{:.2} µs\n{place}", p.x - origin))
            })
            .show(ui, |plot_ui| {
                for y in [hidden_base - GAP / 2.0, readout_base - GAP / 2.0] {
                    let line = HLine::new("", y).color(theme::ghost(&visuals).gamma_multiply(0.4)).width(1.0);
                    plot_ui.hline(line.id(("gap", y.to_bits())).allow_hover(false));
                }
                for &neuron in focus.neurons() {
                    if let Some(&row) = layout.rows.get(neuron) {
                        let line = HLine::new("", hidden_base + row as f64).color(theme::selected(&visuals));
                        let line = line.width(1.0).id(("selected", neuron)).allow_hover(false);
                        plot_ui.hline(line);
                    }
                }
                cursor_lines(plot_ui, focus, origin);
                let mut layers = vec![(layout.inputs.as_slice(), theme::muted(&visuals))];
                layers.extend(kinds.iter().map(|(points, _, color, _)| (points.as_slice(), *color)));
                plot_ui.add(Ticks::new(text.spikes, layers, self.edition, &self.drawn));
                let peaks: Vec<[f64; 2]> = layout.peaks.clone();
                let marks = Points::new(text.peak, peaks).shape(MarkerShape::Diamond).radius(3.5);
                plot_ui.points(marks.color(theme::alarm(&visuals)).id("peaks"));
            });
        point(ui, focus, &shown);
        if shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let row = (shown.transform.value_from_position(at).y - hidden_base).round();
            if row >= 0.0
                && let Some(&neuron) = neuron_in.get(row as usize)
            {
                focus.select(neuron, adds(ui));
            }
        }
        live_ui(ui, text, plot_id("raster", scene.snapshot.generation), *shown.transform.frame());
        self.laid_out = Some(layout);
    }

    fn order_ui(&mut self, ui: &mut Ui, text: &Text) {
        let device = &text.device;
        let names = [
            (Order::Number, device.by_number),
            (Order::Rate, device.by_rate),
            (Order::FirstSpike, device.by_first_spike),
            (Order::Threshold, device.by_parameter),
        ];
        let shown = names.iter().find(|(order, _)| *order == self.order).map_or("", |(_, name)| name);
        let combo = egui::ComboBox::from_id_salt("raster order").width(96.0).selected_text(shown);
        let inner = combo.show_ui(ui, |ui| {
            for (order, name) in names {
                ui.selectable_value(&mut self.order, order, name);
            }
        });
        inner.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, device.sort));
    }

    pub(super) fn figure(&self, snapshot: &Snapshot, text: &Text, focus: &Focus) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let trace = trace_of(sample, focus)?;
        let layout = Layout::new(sample, trace, self.order, snapshot.params.tau_mem);
        let (paper, device) = (theme::paper(), &text.device);
        let title = format!("{} ({})", text.raster.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.time_axis, text.neuron);
        for (name, points, color) in [
            (text.inputs, &layout.inputs, theme::muted(&paper)),
            (device.missed.name, &layout.missed, theme::twin(&paper)),
            (device.matched.name, &layout.same, theme::lane_color(trace.lane, &paper)),
            (device.shifted.name, &layout.shifted, theme::shifted(&paper)),
            (device.extra.name, &layout.extra, theme::alarm(&paper)),
        ] {
            figure.add(name, theme::rgb(color), Shape::Ticks, points.iter().map(|p| [p.x, p.y]).collect());
        }
        Some(figure)
    }
}

/// The row of every hidden neuron, from below.
fn ranks(trace: &LaneTrace, order: Order) -> Vec<usize> {
    let n = trace.v_hidden.ncols();
    let mut count = vec![0u32; n];
    let mut first = vec![u16::MAX; n];
    for spike in &trace.spikes {
        let neuron = usize::from(spike.neuron);
        if neuron < n {
            count[neuron] += 1;
            first[neuron] = first[neuron].min(spike.step);
        }
    }
    let threshold = |k: usize| trace.thresholds.get(k).copied().unwrap_or(f32::INFINITY);
    let mut ordered: Vec<usize> = (0..n).collect();
    match order {
        Order::Number => {}
        Order::Rate => ordered.sort_by_key(|&k| (count[k], k)),
        Order::FirstSpike => ordered.sort_by_key(|&k| (std::cmp::Reverse(first[k]), k)),
        Order::Threshold => ordered.sort_by(|&a, &b| threshold(a).total_cmp(&threshold(b)).then(a.cmp(&b))),
    }
    inverse(&ordered)
}

/// The inverse of a permutation.
fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut out = vec![0; permutation.len()];
    for (place, &value) in permutation.iter().enumerate() {
        out[value] = place;
    }
    out
}

/// Spikes of the chip and of its ideal twin, told apart.
#[derive(Debug, Default, PartialEq)]
struct Compared {
    /// Spikes of the chip that the twin has too, within the readout interval.
    same: Vec<GridSpike>,
    /// Spikes of the chip that the twin has too, but further away.
    shifted: Vec<GridSpike>,
    /// Spikes of the chip alone.
    extra: Vec<GridSpike>,
    /// Spikes of the twin alone.
    missed: Vec<GridSpike>,
}

/// Pairs the spikes of every neuron with those of the twin, nearest first, each once; `same` and `near` in chip steps.
fn compare(own: &[GridSpike], twin: &[GridSpike], same: u16, near: u16) -> Compared {
    let (own, twin) = (by_neuron(own), by_neuron(twin));
    let mut out = Compared::default();
    let (mut from, mut twin_from) = (0, 0);
    while from < own.len() || twin_from < twin.len() {
        let neuron = own.get(from).into_iter().chain(twin.get(twin_from)).map(|s| s.neuron).min().unwrap_or_default();
        let end = from + own[from..].iter().take_while(|s| s.neuron == neuron).count();
        let twin_end = twin_from + twin[twin_from..].iter().take_while(|s| s.neuron == neuron).count();
        pair(&own[from..end], &twin[twin_from..twin_end], same, near, &mut out);
        (from, twin_from) = (end, twin_end);
    }
    out
}

/// Ordered by neuron, then by time. What is in order of time already, as from the chip, is not sorted again.
fn by_neuron(spikes: &[GridSpike]) -> Vec<GridSpike> {
    let mut next = vec![0usize; spikes.iter().map(|s| usize::from(s.neuron) + 1).max().unwrap_or(0)];
    for spike in spikes {
        next[usize::from(spike.neuron)] += 1;
    }
    let mut start = 0;
    for place in &mut next {
        start += std::mem::replace(place, start);
    }
    let mut sorted = spikes.to_vec();
    for spike in spikes {
        let place = &mut next[usize::from(spike.neuron)];
        sorted[*place] = *spike;
        *place += 1;
    }
    if !sorted.is_sorted_by_key(|s| (s.neuron, s.step)) {
        sorted.sort_by_key(|s| (s.neuron, s.step));
    }
    sorted
}

/// As [`compare`], for the spikes of one neuron in order of time.
fn pair(own: &[GridSpike], twin: &[GridSpike], same: u16, near: u16, out: &mut Compared) {
    // Distance, own and other spike in one number each: they are sorted for every neuron whenever the sample changes.
    let mut candidates: Vec<u64> = Vec::new();
    for (a, spike) in own.iter().enumerate() {
        let first = twin.partition_point(|t| t.step < spike.step.saturating_sub(near));
        for (b, other) in
            twin.iter().enumerate().skip(first).take_while(|(_, t)| t.step <= spike.step.saturating_add(near))
        {
            candidates.push(u64::from(spike.step.abs_diff(other.step)) << 48 | (a as u64) << 24 | b as u64);
        }
    }
    candidates.sort_unstable();
    let (mut own_free, mut twin_free) = (vec![true; own.len()], vec![true; twin.len()]);
    for candidate in candidates {
        let (distance, a, b) =
            ((candidate >> 48) as u16, (candidate >> 24 & 0xff_ffff) as usize, (candidate & 0xff_ffff) as usize);
        if own_free[a] && twin_free[b] {
            (own_free[a], twin_free[b]) = (false, false);
            if distance <= same { out.same.push(own[a]) } else { out.shifted.push(own[a]) }
        }
    }
    out.extra.extend(own.iter().zip(own_free).filter(|(_, free)| *free).map(|(s, _)| *s));
    out.missed.extend(twin.iter().zip(twin_free).filter(|(_, free)| *free).map(|(s, _)| *s));
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn spikes(list: &[(u16, u16)]) -> Vec<GridSpike> {
        list.iter().map(|&(step, neuron)| GridSpike { step, neuron }).collect()
    }

    #[test]
    fn spikes_are_the_same_shifted_extra_or_missed_and_each_is_used_once() {
        // Neuron 0: the same. 1: late by 3. 2: none in the twin. 3: only in the twin. 4: two against one, the nearer wins.
        let own = spikes(&[(10, 0), (13, 1), (7, 2), (20, 4), (24, 4)]);
        let twin = spikes(&[(10, 0), (10, 1), (9, 3), (23, 4)]);
        let compared = compare(&own, &twin, 1, 5);
        assert_eq!(compared.same, spikes(&[(10, 0), (24, 4)]));
        assert_eq!(compared.shifted, spikes(&[(13, 1)]));
        assert_eq!(compared.extra, spikes(&[(7, 2), (20, 4)]));
        assert_eq!(compared.missed, spikes(&[(9, 3)]));
        let alone = compare(&own, &own, 0, 0);
        assert_eq!((alone.same.len(), alone.missed.len()), (5, 0));
        assert_eq!(compare(&[], &twin, 1, 5).missed.len(), 4);
        let far = compare(&spikes(&[(u16::MAX, 0)]), &spikes(&[(0, 0)]), 1, 5);
        assert_eq!((far.extra.len(), far.missed.len()), (1, 1));
    }

    #[test]
    fn rows_follow_number_rate_first_spike_or_threshold() {
        let trace = LaneTrace {
            lane: LaneKind::InTheLoop,
            v_hidden: Array2::zeros((2, 4)),
            v_readout: Array2::zeros((2, 1)),
            hidden_samples: Array2::zeros((1, 4)),
            readout_samples: Array2::zeros((1, 1)),
            spikes: spikes(&[(5, 0), (6, 0), (1, 2), (7, 2), (8, 2), (3, 3)]),
            thresholds: vec![1.2, 0.8, 1.0, 1.1],
            scores: vec![0.0],
            answer: 0,
        };
        assert_eq!(ranks(&trace, Order::Number), [0, 1, 2, 3]);
        // Neuron 2 spikes most and stands on top, neuron 1 never and stands below.
        assert_eq!(ranks(&trace, Order::Rate), [2, 0, 3, 1]);
        assert_eq!(ranks(&trace, Order::FirstSpike), [1, 0, 3, 2]);
        assert_eq!(ranks(&trace, Order::Threshold), [3, 0, 1, 2]);
        assert_eq!(inverse(&inverse(&[2, 0, 3, 1])), [2, 0, 3, 1]);
    }
}
