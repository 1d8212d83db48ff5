//! All spikes of the sample on display.

use std::ops::RangeInclusive;

use egui::epaint::{Mesh, Shape};
use egui::{Color32, Ui};
use egui_plot::{
    HLine, MarkerShape, PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotTransform, Points,
};

use super::axes::{marks_at, names_axis};
use super::legend::{Mark, legend_ui};
use super::traces::time_plot;
use super::{Scene, nothing_ui, pointed, theme};
use crate::params::LaneKind;
use crate::units::Unit;
use crate::worker::messages::LaneTrace;

/// Rows left free between populations.
const GAP: f64 = 6.0;

/// Inputs below, hidden neurons above, and on top when each readout was highest.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, lane: LaneKind) {
    let text = scene.text;
    let Some(sample) = scene.snapshot.sample.clone() else { return nothing_ui(ui, text) };
    let Some(trace) = sample.lanes.iter().find(|l| l.lane == lane).or(sample.lanes.last()) else {
        return nothing_ui(ui, text);
    };
    let visuals = ui.visuals().clone();
    let us = |s: f64| Unit::Microseconds.shown_from_si(s);
    let dt = sample.grid.dt_chip;
    let hidden_base = sample.n_inputs as f64 + GAP;
    let readout_base = hidden_base + trace.v_hidden.ncols() as f64 + GAP;
    let hidden = |t: &LaneTrace| -> Vec<[f64; 2]> {
        t.spikes.iter().map(|s| [us((f64::from(s.step) + 1.0) * dt), hidden_base + f64::from(s.neuron)]).collect()
    };
    let inputs = sample.input.iter().map(|(t, u)| [us(f64::from(t)), f64::from(u)]).collect();
    let peaks: Vec<[f64; 2]> = (0..trace.v_readout.ncols())
        .map(|o| {
            let column = trace.v_readout.column(o);
            let best = column.iter().enumerate().fold(0, |b, (k, v)| if *v > column[b] { k } else { b });
            [us((best as f64 + 1.0) * dt), readout_base + o as f64 * 2.0]
        })
        .collect();
    let top = readout_base + 2.0 * trace.v_readout.ncols() as f64;
    let color = theme::lane_color(trace.lane, &visuals);
    let n_inputs = sample.n_inputs as f64;
    let n_hidden = trace.v_hidden.ncols() as f64;
    let words = (text.inputs, text.hidden, text.peak, text.class);
    let twin = sample.twin.as_ref().filter(|t| t.lane == trace.lane);
    ui.horizontal_wrapped(|ui| {
        ui.colored_label(color, text.lane(trace.lane).name);
        legend_ui(ui, &[(Mark::Tick, text.spikes, color)]);
        if twin.is_some() {
            legend_ui(ui, &[(Mark::Tick, text.twin, theme::twin(&visuals))]);
        }
        legend_ui(ui, &[(Mark::Diamond, text.peak, theme::alarm(&visuals))]);
    });
    let centers = [n_inputs / 2.0, hidden_base + n_hidden / 2.0, f64::midpoint(readout_base, top)];
    let names = centers.into_iter().zip([text.inputs, text.hidden, text.readout_rows].map(str::to_owned)).collect();
    time_plot("raster", scene, &sample.grid)
        .custom_y_axes(vec![names_axis(names)])
        .y_grid_spacer(move |input| marks_at(&input, &centers, top))
        .include_y(0.0)
        .include_y(top)
        .show_grid([true, false])
        .label_formatter(move |at| {
            let p = pointed(at);
            let place = if p.y < n_inputs {
                format!("{} {:.0}", words.0, p.y)
            } else if p.y < hidden_base + n_hidden {
                format!("{} {:.0}", words.1, (p.y - hidden_base).max(0.0))
            } else {
                format!("{}, {} {:.0}", words.2, words.3, ((p.y - readout_base) / 2.0).max(0.0))
            };
            Some(format!("{:.2} µs\n{place}", p.x))
        })
        .show(ui, |plot_ui| {
            for y in [hidden_base - GAP / 2.0, readout_base - GAP / 2.0] {
                let line = HLine::new("", y).color(theme::ghost(&visuals).gamma_multiply(0.4)).width(1.0);
                plot_ui.hline(line.id(("gap", y.to_bits())).allow_hover(false));
            }
            // Below the lane's own: only what was moved or missed stays visible.
            if let Some(twin) = twin {
                plot_ui.add(Ticks::new(text.twin, hidden(twin), theme::twin(&visuals)));
            }
            plot_ui.add(Ticks::new(text.inputs, inputs, theme::muted(&visuals)));
            plot_ui.add(Ticks::new(text.hidden, hidden(trace), color));
            let marks = Points::new(text.peak, peaks).shape(MarkerShape::Diamond).radius(3.5);
            plot_ui.points(marks.color(theme::alarm(&visuals)).id("peaks"));
        });
}

/// Spikes as one mesh of small upright rectangles: thousands cost one shape.
struct Ticks {
    base: PlotItemBase,
    points: Vec<PlotPoint>,
    color: Color32,
}

impl Ticks {
    fn new(name: &str, points: Vec<[f64; 2]>, color: Color32) -> Self {
        let points = points.into_iter().filter(|p| p[0].is_finite() && p[1].is_finite()).map(PlotPoint::from).collect();
        Self { base: PlotItemBase::new(name.into()), points, color }
    }
}

impl PlotItem for Ticks {
    fn shapes(&self, _ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let rows = (transform.position_from_point(&PlotPoint::new(0.0, 0.0)).y
            - transform.position_from_point(&PlotPoint::new(0.0, 1.0)).y)
            .abs();
        let half = egui::vec2(1.0, (0.45 * rows).clamp(1.5, 6.0));
        let mut mesh = Mesh::default();
        let frame = transform.frame().expand(2.0);
        let mut quad = |min: egui::Pos2, max: egui::Pos2| {
            mesh.add_colored_rect(egui::Rect::from_min_max(min, max), self.color);
        };
        for point in &self.points {
            let at = transform.position_from_point(point);
            if !frame.contains(at) {
                continue;
            }
            quad(at - half, at + half);
        }
        shapes.push(Shape::mesh(mesh));
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.color
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::Points(&self.points)
    }

    fn bounds(&self) -> PlotBounds {
        let mut bounds = PlotBounds::NOTHING;
        for point in &self.points {
            bounds.extend_with(point);
        }
        bounds
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}
