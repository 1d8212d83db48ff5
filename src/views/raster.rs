//! All spikes of the sample on display, and how they differ from those of the ideal twin.

use std::sync::Arc;

use egui::{Color32, Ui, Visuals};
use egui_plot::{HLine, MarkerShape, PlotUi, Points};

use super::axes::{marks_at, names_axis};
use super::figure::{Figure, Shape};
use super::legend::{Item, Mark, legend_ui};
use super::oscilloscope::{cursor_lines, origin, point, readout_ui, scope_ui, time_plot, trace_of};
use super::selection::Selection;
use super::ticks::{Drawn, Ticks};
use super::{Seen, View, ViewContext, adds, head_ui, live_ui, nothing_ui, plot_id, pointed, theme};
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
    laid_out: Option<Layout>,
    /// Counts layouts.
    edition: u64,
    drawn: Drawn,
}

/// Where every spike is drawn.
struct Layout {
    sample: Arc<SampleView>,
    lane: Lane,
    order: Order,
    /// The row of each hidden neuron.
    rows: Vec<usize>,
    inputs: Vec<[f32; 2]>,
    same: Vec<[f32; 2]>,
    shifted: Vec<[f32; 2]>,
    extra: Vec<[f32; 2]>,
    missed: Vec<[f32; 2]>,
    peaks: Vec<[f64; 2]>,
}

impl Layout {
    fn new(sample: &Arc<SampleView>, trace: &LaneTrace, order: Order) -> Self {
        let us = |s: f64| Unit::Microseconds.shown_from_si(s);
        let grid = sample.grid;
        let rows = ranks(trace, order);
        let [hidden_base, readout_base] = bases(sample, trace);
        let place = |s: &GridSpike| {
            let row = rows.get(usize::from(s.neuron)).copied().unwrap_or(usize::from(s.neuron));
            [us(grid.time_of(s.step as usize)) as f32, (hidden_base + row as f64) as f32]
        };
        let places = |spikes: &[GridSpike]| spikes.iter().map(place).collect();
        let compared = compared(sample, trace);
        let of = |part: fn(&Compared) -> &Vec<GridSpike>| compared.map_or_else(Vec::new, |c| places(part(c)));
        // A chip that shows no analog voltages has no rows of them.
        let shown = if trace.v_readout.is_empty() { 0 } else { trace.v_readout.ncols() };
        let peaks = (0..shown).map(|o| {
            let column = trace.v_readout.column(o);
            let best = column.iter().enumerate().fold(0, |b, (k, v)| if *v > column[b] { k } else { b });
            [us(grid.time_of(best)), readout_base + o as f64 * 2.0]
        });
        Self {
            lane: trace.lane,
            order,
            inputs: sample.input.iter().map(|(t, u)| [us(f64::from(t)) as f32, f32::from(u)]).collect(),
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
    fn legend(&self, text: &Text, visuals: &Visuals, compared: bool) -> Vec<Item> {
        let tick = |name: &str, n: usize, color| Item::new(Mark::Tick, format!("{name} {n}"), color);
        let mut items = if compared {
            let kinds = self.kinds(&text.device, visuals);
            kinds.map(|(points, named, color)| tick(named.name, points.len(), color)).to_vec()
        } else {
            vec![tick(text.spikes, self.same.len(), theme::lane_color(self.lane, visuals))]
        };
        items.push(Item::new(Mark::Diamond, text.peak, theme::alarm(visuals)));
        items
    }
}

/// Where spikes of one kind are drawn, what they are called, and their colour.
type Kind<'a> = (&'a [[f32; 2]], Named, Color32);

/// The lowest rows of the hidden and of the readout neurons.
fn bases(sample: &SampleView, trace: &LaneTrace) -> [f64; 2] {
    let hidden = sample.n_inputs as f64 + GAP;
    [hidden, hidden + trace.v_hidden.ncols() as f64 + GAP]
}

/// Thin lines across, at these heights.
fn draw_rows(plot_ui: &mut PlotUi<'_>, rows: &[f64], color: Color32) {
    for &y in rows {
        plot_ui.hline(HLine::new("", y).color(color).width(1.0).id(("row", y.to_bits())).allow_hover(false));
    }
}

impl View for RasterView {
    fn text(text: &Text) -> ViewText {
        text.raster
    }

    /// Inputs below, hidden neurons above, and on top when each readout was highest.
    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Some(trace) = trace_of(&sample, selection) else { return nothing_ui(ui, text) };
        let visuals = ui.visuals().clone();
        let color = theme::lane_color(trace.lane, &visuals);
        let (n_inputs, n_hidden) = (sample.n_inputs as f64, trace.v_hidden.ncols() as f64);
        let [hidden_base, readout_base] = bases(&sample, trace);
        let top = readout_base + 2.0 * trace.v_readout.ncols() as f64;
        let layout = match self.laid_out.take() {
            Some(old) if Arc::ptr_eq(&old.sample, &sample) && old.lane == trace.lane && old.order == self.order => old,
            _ => {
                self.edition += 1;
                Layout::new(&sample, trace, self.order)
            }
        };
        let kinds = layout.kinds(&text.device, &visuals);
        head_ui(ui, "raster head", |ui| {
            if ui.clip_rect().width() > NARROW {
                ui.colored_label(color, text.lane(trace.lane).name);
            }
            self.order_ui(ui, text);
            scope_ui(ui, text, selection, &sample);
            legend_ui(ui, &layout.legend(text, &visuals, compared(&sample, trace).is_some()));
        });
        let centers = [n_inputs / 2.0, hidden_base + n_hidden / 2.0, f64::midpoint(readout_base, top)];
        let names = centers.into_iter().zip([text.inputs, text.hidden, text.readout_rows].map(str::to_owned)).collect();
        let words = [text.inputs, text.hidden, text.peak, text.class];
        let neuron_in: Vec<usize> = inverse(&layout.rows);
        let of_row = neuron_in.clone();
        let origin = origin(&sample, selection);
        let shown = time_plot(ui, "raster", context, &sample.grid, origin)
            .custom_y_axes(vec![names_axis(names)])
            .y_grid_spacer(move |input| marks_at(&input, &centers, top))
            .include_y(0.0)
            .include_y(top)
            .show_grid([true, false])
            .label_formatter(move |at| {
                let p = pointed(at);
                let row = (p.y - hidden_base).round().max(0.0) as usize;
                let place = if p.y < n_inputs {
                    format!("{} {:.0}", words[0], p.y)
                } else if let Some(neuron) = of_row.get(row).filter(|_| p.y < hidden_base + n_hidden) {
                    format!("{} {neuron}", words[1])
                } else {
                    format!("{}, {} {:.0}", words[2], words[3], ((p.y - readout_base) / 2.0).max(0.0))
                };
                Some(format!("{:.2} µs\n{place}", p.x - origin))
            })
            .show(ui, |plot_ui| {
                draw_rows(
                    plot_ui,
                    &[hidden_base - GAP / 2.0, readout_base - GAP / 2.0],
                    theme::ghost(&visuals).gamma_multiply(0.4),
                );
                let rows = selection.neurons().iter().filter_map(|&neuron| layout.rows.get(neuron));
                let chosen: Vec<f64> = rows.map(|&row| hidden_base + row as f64).collect();
                draw_rows(plot_ui, &chosen, theme::selected(&visuals));
                cursor_lines(plot_ui, selection, origin);
                let mut layers = vec![(layout.inputs.as_slice(), theme::muted(&visuals))];
                layers.extend(kinds.iter().map(|(points, _, color)| (*points, *color)));
                plot_ui.add(Ticks::new(text.spikes, layers, self.edition, &self.drawn));
                let peaks: Vec<[f64; 2]> = layout.peaks.clone();
                let marks = Points::new(text.peak, peaks).shape(MarkerShape::Diamond).radius(3.5);
                plot_ui.points(marks.color(theme::alarm(&visuals)).id("peaks"));
            });
        readout_ui(ui, text, selection, &shown, origin, None);
        point(ui, selection, &shown);
        if shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let row = (shown.transform.value_from_position(at).y - hidden_base).round();
            if let Some(&neuron) = neuron_in.get(row as usize).filter(|_| row >= 0.0) {
                selection.select(neuron, adds(ui));
            }
        }
        live_ui(ui, text, plot_id("raster", context.snapshot.generation), *shown.transform.frame());
        self.laid_out = Some(layout);
    }

    fn figure(&self, &Seen { snapshot, text, selection, .. }: &Seen<'_>) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let trace = trace_of(sample, selection)?;
        let layout = Layout::new(sample, trace, self.order);
        let paper = theme::paper();
        let title = format!("{} ({})", text.raster.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.time_axis, text.neuron);
        let mut add = |name: &str, points: &[[f32; 2]], color| {
            figure.add(name, theme::rgb(color), Shape::Ticks, points.iter().map(|p| p.map(f64::from)).collect());
        };
        add(text.inputs, &layout.inputs, theme::muted(&paper));
        for (points, named, color) in layout.kinds(&text.device, &paper) {
            add(named.name, points, color);
        }
        Some(figure)
    }
}

impl RasterView {
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
