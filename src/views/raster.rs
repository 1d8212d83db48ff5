//! All spikes of the sample on display, and how they differ from those of the ideal twin.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use egui::{Color32, Ui, Visuals};

use super::figure::screen::Plot;
use super::figure::{Figure, Key, Shape};
use super::legend::legend_ui;
use super::oscilloscope::{
    cursor_lines, origin, own_run_title, own_run_ui, point, readout_ui, scope_ui, time_figure, trace_of,
};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, head_ui, nothing_ui, theme};
use crate::base::units::Unit;
use crate::params::Lane;
use crate::session::messages::{Compared, GridSpike, LaneTrace, SampleView};
use crate::text::{DeviceText, Named, Text, ViewText};

/// In a narrower view the colour alone tells the lane, in points.
const NARROW: f32 = 300.0;
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
    laid_out: RefCell<Option<Rc<Layout>>>,
}

/// Spikes of one kind: where they are drawn, and the numbers of their neurons.
#[derive(Default)]
struct Placed {
    points: Arc<Vec<[f64; 2]>>,
    numbers: Arc<Vec<usize>>,
}

/// Where every spike is drawn.
struct Layout {
    sample: Arc<SampleView>,
    lane: Lane,
    order: Order,
    /// The row of each hidden neuron.
    rows: Vec<usize>,
    /// The lowest rows of the hidden and of the readout neurons, and the row above the highest one.
    bases: [f64; 3],
    inputs: Placed,
    same: Placed,
    shifted: Placed,
    extra: Placed,
    missed: Placed,
    peaks: Vec<[f64; 2]>,
}

impl Layout {
    fn new(sample: &Arc<SampleView>, trace: &LaneTrace, order: Order) -> Self {
        let us = |s: f64| Unit::Microseconds.shown_from_si(s);
        let grid = sample.grid;
        let rows = ranks(trace, order);
        let hidden = sample.n_inputs as f64 + GAP;
        let readout = hidden + trace.v_hidden.ncols() as f64 + GAP;
        let place = |s: &GridSpike| {
            let row = rows.get(usize::from(s.neuron)).copied().unwrap_or(usize::from(s.neuron));
            [us(grid.time_of(s.step as usize)), hidden + row as f64]
        };
        let places = |spikes: &[GridSpike]| Placed {
            points: Arc::new(spikes.iter().map(place).collect()),
            numbers: Arc::new(spikes.iter().map(|s| usize::from(s.neuron)).collect()),
        };
        let compared = compared(sample, trace);
        let of = |part: fn(&Compared) -> &Vec<GridSpike>| compared.map_or_else(Placed::default, |c| places(part(c)));
        // A chip that shows no analog voltages has no rows of them.
        let shown = if trace.v_readout.is_empty() { 0 } else { trace.v_readout.ncols() };
        let peaks = (0..shown).map(|o| {
            let column = trace.v_readout.column(o);
            let best = column.iter().enumerate().fold(0, |b, (k, v)| if *v > column[b] { k } else { b });
            [us(grid.time_of(best)), readout + o as f64 * 2.0]
        });
        Self {
            lane: trace.lane,
            order,
            bases: [hidden, readout, readout + 2.0 * trace.v_readout.ncols() as f64],
            inputs: Placed {
                points: Arc::new(sample.input.iter().map(|(t, u)| [us(f64::from(t)), f64::from(u)]).collect()),
                numbers: Arc::new(sample.input.iter().map(|(_, u)| usize::from(u)).collect()),
            },
            same: if compared.is_some() { of(|c| &c.same) } else { places(&trace.spikes) },
            shifted: of(|c| &c.shifted),
            extra: of(|c| &c.extra),
            missed: of(|c| &c.missed),
            peaks: peaks.collect(),
            rows,
            sample: Arc::clone(sample),
        }
    }

    /// Hidden spikes by what became of them in comparison with the twin.
    fn kinds(&self, text: &DeviceText, visuals: &Visuals) -> [Kind<'_>; 4] {
        [
            (&self.missed, text.missed, theme::twin(visuals)),
            (&self.same, text.matched, theme::lane_color(self.lane, visuals)),
            (&self.shifted, text.shifted, theme::shifted(visuals)),
            (&self.extra, text.extra, theme::alarm(visuals)),
        ]
    }

    /// What the marks mean, and how many there are.
    fn legend(&self, text: &Text, visuals: &Visuals, compared: bool) -> Vec<Key> {
        let tick = |name: &str, n: usize, color| Key::new(Shape::Ticks, format!("{name} {n}"), color);
        let mut keys = if compared {
            let kinds = self.kinds(&text.device, visuals);
            kinds.map(|(placed, named, color)| tick(named.name, placed.numbers.len(), color)).to_vec()
        } else {
            vec![tick(text.spikes, self.same.numbers.len(), theme::lane_color(self.lane, visuals))]
        };
        keys.push(Key::new(Shape::Diamonds(3.5), text.peak, theme::alarm(visuals)));
        keys
    }
}

/// Spikes of one kind, what they are called, and their colour.
type Kind<'a> = (&'a Placed, Named, Color32);

impl View for RasterView {
    fn text(text: &Text) -> ViewText {
        text.raster
    }

    /// Inputs below, hidden neurons above, and on top when each readout was highest.
    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Some(trace) = trace_of(&sample, selection) else { return nothing_ui(ui, text) };
        let color = theme::lane_color(trace.lane, ui.visuals());
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return nothing_ui(ui, text) };
        let panel = &figure.panels[0];
        head_ui(ui, "raster head", |ui| {
            if ui.clip_rect().width() > NARROW {
                ui.colored_label(color, text.lane(trace.lane).name);
            }
            self.order_ui(ui, text);
            scope_ui(ui, text, selection, &sample);
            legend_ui(ui, &panel.keys());
        });
        let layout = self.layout(&sample, trace);
        let [hidden, readout, _] = layout.bases;
        let neurons = inverse(&layout.rows);
        let origin = origin(&sample, selection);
        let hover = |x: f64, y: f64| {
            let row = (y - hidden).round().max(0.0) as usize;
            let place = if y < sample.n_inputs as f64 {
                format!("{} {y:.0}", text.inputs)
            } else if let Some(neuron) = neurons.get(row) {
                format!("{} {neuron}", text.hidden)
            } else {
                format!("{}{comma}{} {:.0}", text.peak, text.class, ((y - readout) / 2.0).max(0.0), comma = text.comma)
            };
            Some(format!("{:.2} µs\n{place}", x - origin))
        };
        let plot = Plot::new(panel, "raster", context.snapshot).hover(hover);
        let shown = plot.show(ui, text, |plot_ui| cursor_lines(plot_ui, selection, origin));
        readout_ui(ui, text, selection, &shown, origin, None);
        own_run_ui(ui, text, &shown);
        point(ui, selection, &shown);
        if shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let row = (shown.transform.value_from_position(at).y - hidden).round();
            if let Some(&neuron) = neurons.get(row as usize).filter(|_| row >= 0.0) {
                selection.select(neuron, adds(ui));
            }
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, visuals) = (seen.text, seen.visuals);
        let sample = seen.snapshot.sample.as_ref()?;
        let trace = trace_of(sample, seen.selection)?;
        let layout = self.layout(sample, trace);
        let title = own_run_title(text, text.raster.title, trace.lane);
        let mut figure = time_figure(&title, seen, sample);
        figure.last().y.name = text.export.row.into();
        let (panel, [hidden, readout, top]) = (figure.last(), layout.bases);
        panel.of = text.neuron.into();
        let middles = [sample.n_inputs as f64 / 2.0, f64::midpoint(hidden, readout - GAP), f64::midpoint(readout, top)];
        panel.y.words =
            middles.into_iter().zip([text.inputs, text.hidden, text.readout_rows].map(str::to_owned)).collect();
        panel.y.reach = vec![0.0, top];
        panel.legend = layout.legend(text, visuals, compared(sample, trace).is_some());
        for row in [hidden - GAP / 2.0, readout - GAP / 2.0] {
            panel.rule("", row, true, theme::ghost(visuals).gamma_multiply(0.4), Shape::Line(1.0));
        }
        for &neuron in seen.selection.neurons() {
            if let Some(&row) = layout.rows.get(neuron) {
                let name = format!("{}{comma}{} {neuron}", text.device.selected, text.neuron, comma = text.comma);
                panel.rule(name, hidden + row as f64, true, theme::selected(visuals), Shape::Line(1.0));
            }
        }
        let mut add = |name: &str, placed: &Placed, color| {
            let series = panel.add(name, color, Shape::Ticks, Arc::clone(&placed.points));
            series.numbered(Arc::clone(&placed.numbers));
        };
        add(text.inputs, &layout.inputs, theme::muted(visuals));
        for (placed, named, color) in layout.kinds(&text.device, visuals) {
            add(named.name, placed, color);
        }
        let peaks = panel.add(text.peak, theme::alarm(visuals), Shape::Diamonds(3.5), layout.peaks.clone());
        peaks.numbered((0..layout.peaks.len()).collect::<Vec<_>>());
        Some(figure)
    }
}

impl RasterView {
    /// Where the spikes of a trace are, as it was laid out last if it is the same.
    fn layout(&self, sample: &Arc<SampleView>, trace: &LaneTrace) -> Rc<Layout> {
        let mut last = self.laid_out.borrow_mut();
        let same =
            |old: &Rc<Layout>| Arc::ptr_eq(&old.sample, sample) && (old.lane, old.order) == (trace.lane, self.order);
        let layout = last.take().filter(same).unwrap_or_else(|| Rc::new(Layout::new(sample, trace, self.order)));
        Rc::clone(last.insert(layout))
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
        let combo = egui::ComboBox::from_id_salt("raster order").width(84.0).selected_text(shown);
        let inner = combo.show_ui(ui, |ui| {
            for (order, name) in names {
                ui.selectable_value(&mut self.order, order, name);
            }
        });
        inner.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, device.sort));
    }
}

/// The spikes of a lane against those of its ideal twin, if it is that lane that has one.
fn compared<'a>(sample: &'a SampleView, trace: &LaneTrace) -> Option<&'a Compared> {
    sample.compared.as_ref().filter(|_| sample.twin.as_ref().is_some_and(|twin| twin.lane == trace.lane))
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

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn spikes(list: &[(u16, u16)]) -> Vec<GridSpike> {
        list.iter().map(|&(step, neuron)| GridSpike { step, neuron }).collect()
    }

    #[test]
    fn rows_follow_number_rate_first_spike_or_threshold() {
        let trace = LaneTrace {
            lane: Lane::InTheLoop,
            v_hidden: Array2::zeros((2, 4)),
            v_readout: Array2::zeros((2, 1)),
            hidden_samples: Array2::zeros((1, 4)),
            readout_samples: Array2::zeros((1, 1)),
            readout_spikes: Vec::new(),
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
