//! The floor plan: neurons in two rows of 256 circuits, their synapses above and below.

mod description;
mod plan;
mod processors;
mod synapses;

use std::sync::Arc;

use egui::{Color32, Pos2, Rect, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, pos2, vec2};

use super::figure::Figure;
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, combo_ui, head_ui, lane_ui, nothing_ui, theme};
use crate::params::Lane;
use crate::session::messages::{ByHand, ChipView, LaneWeights, Snapshot, WeightsView};
use crate::text::{Text, ViewText};
use plan::Plan;
use synapses::{array, neuron_at, norm};

/// Circuits in one of the two rows.
const ROW: usize = 256;
/// Circuits in one quadrant.
const QUADRANT: usize = 128;
/// Width of the colours with their numbers, in points.
const BAR: f32 = 72.0;
/// Synapse rows of a circuit; two for each signed input.
const SYNAPSES: usize = 256;
/// What colours the neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coloured {
    /// The z-score of one parameter, by its place.
    Z(usize),
    /// What each neuron got of it, in its unit.
    Actual(usize),
    Rate,
    Norm,
    Change,
}

/// What the pointer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    Select,
    Kill,
    Heal,
}

pub(super) struct ChipMap {
    coloured: Coloured,
    tool: Tool,
    /// The synapse array and what it was made from.
    texture: Option<(TextureHandle, Arc<WeightsView>, Lane, bool)>,
    /// The neuron that was damaged or healed last, so that a drag does it once.
    last: Option<usize>,
    /// Where the pointer was in the frame before, while it is pressed.
    brush: Option<Pos2>,
}

impl Default for ChipMap {
    fn default() -> Self {
        Self { coloured: Coloured::Z(3), tool: Tool::Select, texture: None, last: None, brush: None }
    }
}

impl View for ChipMap {
    fn text(text: &Text) -> ViewText {
        text.device.chip_map
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, snapshot) = (context.text, context.snapshot);
        let chip = snapshot.chip.of(selection.lane);
        if chip.sites.is_empty() {
            return nothing_ui(ui, text);
        }
        let values = self.values(snapshot, selection.lane);
        let scale = self.scale(&values);
        head_ui(ui, "chip map head", |ui| {
            self.coloured_ui(ui, chip, text);
            self.scale_ui(ui, chip, scale, text);
            lane_ui(ui, text, selection, &snapshot.params.learning.lanes);
            if let Some(own) = &chip.processors {
                processors::memory_ui(ui, own, text);
            }
            for (tool, named) in
                [(Tool::Select, text.device.select), (Tool::Kill, text.device.kill), (Tool::Heal, text.device.heal)]
            {
                ui.selectable_value(&mut self.tool, tool, named.name).on_hover_text(named.meaning);
            }
        });
        let area = ui.available_rect_before_wrap().shrink(1.0);
        if area.width() < 20.0 || area.height() < 20.0 {
            return;
        }
        let (_, response) = ui.allocate_exact_size(area.size(), Sense::click_and_drag());
        let plan = Plan::new(area);
        let visuals = ui.visuals().clone();
        let painter = ui.painter_at(area);
        if let (Some(weights), Some(all)) = (weights_of(snapshot, selection.lane), &snapshot.weights) {
            let texture = self.synapses(ui, chip, all, weights);
            for (half, rect) in plan.synapses.iter().enumerate() {
                let uv = Rect::from_min_max(pos2(0.0, half as f32 * 0.5), pos2(1.0, half as f32 * 0.5 + 0.5));
                painter.image(texture, *rect, uv, Color32::WHITE);
            }
        }
        let mut mesh = egui::Mesh::default();
        for strip in plan.neurons {
            mesh.add_colored_rect(strip, theme::unused(&visuals));
        }
        for (neuron, &site) in chip.sites.iter().enumerate() {
            let value = values.get(neuron).copied().flatten();
            mesh.add_colored_rect(plan.site(site), self.color(value, scale, &visuals));
        }
        painter.add(mesh);
        if let Some(own) = &chip.processors {
            processors::traces_ui(&painter, &plan, own, &visuals);
        }
        for rect in plan.quadrants() {
            painter.rect_stroke(rect, 0.0, Stroke::new(1.0, theme::ghost(&visuals)), StrokeKind::Outside);
        }
        for (neuron, &site) in chip.sites.iter().enumerate() {
            let rect = plan.site(site);
            if chip.silent.get(neuron).copied().unwrap_or(false) {
                let stroke = Stroke::new(1.5, theme::alarm(&visuals));
                painter.line_segment([rect.left_top(), rect.right_bottom()], stroke);
                painter.line_segment([rect.right_top(), rect.left_bottom()], stroke);
            }
            if neuron < chip.n_hidden && selection.neurons().contains(&neuron) {
                let stroke = Stroke::new(2.0, theme::selected(&visuals));
                painter.rect_stroke(rect.expand(1.0), 0.0, stroke, StrokeKind::Outside);
            }
        }
        let pointed = response.hover_pos().and_then(|at| plan.circuit_at(at));
        let neuron = pointed.and_then(|circuit| neuron_at(chip, circuit));
        if self.tool == Tool::Select {
            if let Some(neuron) = neuron.filter(|n| *n < chip.n_hidden && response.clicked()) {
                selection.select(neuron, adds(ui));
            }
        } else {
            self.brush_ui(ui, &response, &plan, chip, &mut context.commands.by_hand);
        }
        if let Some(circuit) = pointed {
            response.on_hover_ui_at_pointer(|ui| tooltip_ui(ui, context, selection.lane, circuit, neuron));
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        Some(self.plan_figure(seen)).filter(|_| !seen.snapshot.chip.of(seen.selection.lane).sites.is_empty())
    }
}

impl ChipMap {
    fn coloured_ui(&mut self, ui: &mut Ui, chip: &ChipView, text: &Text) {
        let device = &text.device;
        let name = |coloured| coloured_name(coloured, chip, text);
        combo_ui(ui, "chip map colour", device.colour, 120.0, name(self.coloured), |ui| {
            for k in 0..chip.spreads.len() {
                let label = |kind: &str| format!("{}: {kind}", name(Coloured::Z(k)));
                ui.selectable_value(&mut self.coloured, Coloured::Z(k), label(device.z_score.name))
                    .on_hover_text(device.z_score.meaning);
                ui.selectable_value(&mut self.coloured, Coloured::Actual(k), label(device.as_it_is));
            }
            for (coloured, named) in [
                (Coloured::Rate, device.rate),
                (Coloured::Norm, device.weight_norm),
                (Coloured::Change, device.weight_change),
            ] {
                ui.selectable_value(&mut self.coloured, coloured, named.name).on_hover_text(named.meaning);
            }
        });
    }

    /// The values at both ends of the colours.
    fn scale(&self, values: &[Option<f64>]) -> [f64; 2] {
        match self.coloured {
            Coloured::Z(_) => [-largest(values), largest(values)],
            Coloured::Actual(_) => inner(values),
            _ => [0.0, largest(values)],
        }
    }

    /// The colours with their numbers.
    fn scale_ui(&self, ui: &mut Ui, chip: &ChipView, [low, high]: [f64; 2], text: &Text) {
        let (sign, unit) = match self.coloured {
            Coloured::Z(_) => (true, ""),
            Coloured::Actual(k) => (false, chip.spreads.get(k).map_or("", |s| s.unit)),
            _ => (false, ""),
        };
        let number = |x: f64| if sign { format!("{x:+.1}") } else { format!("{x:.1}{unit}") };
        // In one piece, so that it stays together when the line breaks.
        let font = egui::TextStyle::Small.resolve(ui.style());
        let color = ui.visuals().text_color();
        let kind = if sign { format!("{} ", text.device.z_score.name) } else { String::new() };
        let left = ui.painter().layout_no_wrap(format!("{kind}{}", number(low)), font.clone(), color);
        let right = ui.painter().layout_no_wrap(number(high), font, color);
        let size = vec2(left.size().x + right.size().x + BAR + 8.0, ui.spacing().interact_size.y);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let at = |x: f32, galley: &egui::Galley| pos2(x, rect.center().y - galley.size().y / 2.0);
        let bar = Rect::from_center_size(
            pos2(rect.left() + left.size().x + 4.0 + BAR / 2.0, rect.center().y),
            vec2(BAR, 10.0),
        );
        let mut mesh = egui::Mesh::default();
        for k in 0..30u8 {
            let part = f64::from(k) / 29.0;
            let from = pos2(bar.left() + f32::from(k) * BAR / 30.0, bar.top());
            let fill = self.color(Some(low + part * (high - low)), [low, high], ui.visuals());
            mesh.add_colored_rect(Rect::from_min_size(from, vec2(BAR / 30.0, bar.height())), fill);
        }
        ui.painter().add(mesh);
        let (from, to) = (at(rect.left(), &left), at(bar.right() + 4.0, &right));
        ui.painter().galley(from, left, color);
        ui.painter().galley(to, right, color);
    }

    fn color(&self, value: Option<f64>, [low, high]: [f64; 2], visuals: &egui::Visuals) -> Color32 {
        match (value, self.coloured) {
            (None, _) => theme::ghost(visuals).gamma_multiply(0.5),
            (Some(value), Coloured::Z(_)) => theme::diverging(value / high, visuals),
            (Some(value), _) => theme::sequential((value - low) / (high - low).max(1e-12)),
        }
    }

    /// One value a neuron, hidden first; `None` where there is none.
    fn values(&self, snapshot: &Snapshot, lane: Lane) -> Vec<Option<f64>> {
        let chip = snapshot.chip.of(lane);
        let n = chip.sites.len();
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        match self.coloured {
            Coloured::Z(k) => (0..n).map(|i| chip.spreads.get(k).and_then(|s| s.z(i))).collect(),
            Coloured::Actual(k) => {
                let actual = chip.spreads.get(k).map(|s| s.actual.as_slice()).unwrap_or_default();
                (0..n).map(|i| actual.get(i).copied().and_then(finite)).collect()
            }
            Coloured::Rate => {
                let rates = snapshot.examination(lane).map(|e| e.rates.as_slice()).unwrap_or_default();
                (0..n).map(|i| rates.get(i).copied().map(f64::from).and_then(finite)).collect()
            }
            Coloured::Norm | Coloured::Change => {
                let Some(weights) = weights_of(snapshot, lane) else { return vec![None; n] };
                let change = self.coloured == Coloured::Change;
                (0..n).map(|i| norm(weights, i, change)).collect()
            }
        }
    }

    /// The array of synapses as a texture: 256 columns, the upper half above the lower one.
    fn synapses(&mut self, ui: &Ui, chip: &ChipView, all: &Arc<WeightsView>, weights: &LaneWeights) -> egui::TextureId {
        let dark = ui.visuals().dark_mode;
        // The codes are replaced as a whole, so it is enough to compare where they are.
        if let Some((texture, from, lane, was_dark)) = &self.texture
            && Arc::ptr_eq(from, all)
            && (*lane, *was_dark) == (weights.lane, dark)
        {
            return texture.id();
        }
        let image = array(chip, weights, all.code_max.max(1), ui.visuals());
        let texture = match self.texture.take() {
            Some((mut texture, ..)) => {
                texture.set(image, TextureOptions::NEAREST);
                texture
            }
            None => ui.ctx().load_texture("synapses", image, TextureOptions::NEAREST),
        };
        let id = texture.id();
        self.texture = Some((texture, Arc::clone(all), weights.lane, dark));
        id
    }

    /// Breaks or mends every neuron under the stroke: a quick pointer jumps over many from one frame to the next.
    fn brush_ui(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        plan: &Plan,
        chip: &ChipView,
        by_hand: &mut Vec<ByHand>,
    ) {
        let at = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on());
        let Some(at) = at else { return (self.last, self.brush) = (None, None) };
        let between = ui.input(|i| {
            let moved =
                i.events.iter().filter_map(|e| if let egui::Event::PointerMoved(at) = e { Some(*at) } else { None });
            moved.collect::<Vec<_>>()
        });
        // What was moved before the button went down is no part of the stroke.
        let path: Vec<Pos2> = match self.brush {
            Some(from) => [from].into_iter().chain(between).chain([at]).collect(),
            None => vec![at],
        };
        self.brush = Some(at);
        for circuit in plan.circuits_along(&path) {
            let neuron = neuron_at(chip, circuit).filter(|n| *n < chip.n_hidden);
            if let Some(neuron) = neuron.filter(|n| self.last != Some(*n)) {
                self.last = Some(neuron);
                by_hand.push(ByHand { neuron: neuron as u32, silent: self.tool == Tool::Kill });
            }
        }
    }
}

/// What colours the neurons.
fn coloured_name(coloured: Coloured, chip: &ChipView, text: &Text) -> &'static str {
    let device = &text.device;
    match coloured {
        Coloured::Z(k) | Coloured::Actual(k) => chip.spreads.get(k).map_or("", |s| text.word(s.label)),
        Coloured::Rate => device.rate.name,
        Coloured::Norm => device.weight_norm.name,
        Coloured::Change => device.weight_change.name,
    }
}

/// The codes of a lane, or of any lane there is.
pub(super) fn weights_of(snapshot: &Snapshot, lane: Lane) -> Option<&LaneWeights> {
    let lanes = &snapshot.weights.as_ref()?.lanes;
    lanes.iter().find(|w| w.lane == lane).or(lanes.last())
}

/// The largest magnitude without the outer 2 %, so that one neuron does not hide all others; at least a little.
fn largest(values: &[Option<f64>]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().flatten().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let k = (sizes.len() as f64 * 0.98) as usize;
    sizes.get(k.min(sizes.len().saturating_sub(1))).copied().unwrap_or(1.0).max(1e-3)
}

/// The smallest and the largest without the outer 2 %, never the same.
fn inner(values: &[Option<f64>]) -> [f64; 2] {
    let mut all: Vec<f64> = values.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all.get(((all.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
    let (low, high) = (at(0.01).unwrap_or(0.0), at(0.99).unwrap_or(1.0));
    if high > low { [low, high] } else { [low - 1.0, low + 1.0] }
}

fn tooltip_ui(ui: &mut Ui, context: &ViewContext<'_>, lane: Lane, circuit: usize, neuron: Option<usize>) {
    let (text, snapshot) = (context.text, context.snapshot);
    let chip = snapshot.chip.of(lane);
    let Some(neuron) = neuron else {
        let trace = chip.processors.as_ref().and_then(|own| own.trace_at(circuit));
        let what = trace.map_or(text.device.unused.into(), |(input, dead)| {
            let dead = if dead { text.device.dead_trace } else { "" };
            format!("{} {input}{dead}", text.device.trace_circuit)
        });
        ui.label(format!("{} {circuit}: {what}", text.device.circuit));
        return;
    };
    let name = if neuron < chip.n_hidden {
        format!("{} {neuron}", text.neuron)
    } else {
        format!("{} {}", text.device.readout_neuron, neuron - chip.n_hidden)
    };
    ui.strong(format!("{name} ({} {circuit})", text.device.circuit));
    if chip.silent.get(neuron).copied().unwrap_or(false) {
        ui.colored_label(theme::alarm(ui.visuals()), text.device.silent);
    }
    egui::Grid::new("chip map tooltip").num_columns(3).show(ui, |ui| {
        for spread in &chip.spreads {
            if let (Some(actual), Some(z)) = (spread.actual.get(neuron), spread.z(neuron)) {
                ui.label(text.word(spread.label));
                ui.label(format!("{actual:.2}{}", spread.unit));
                ui.label(format!("z {z:+.1}"));
                ui.end_row();
            }
        }
        let rate = snapshot.examination(lane).and_then(|e| e.rates.get(neuron));
        if let Some(rate) = rate {
            ui.label(text.device.rate.name);
            ui.label(format!("{rate:.2}"));
            ui.end_row();
        }
        for (named, change) in [(text.device.weight_norm, false), (text.device.weight_change, true)] {
            if let Some(norm) = weights_of(snapshot, lane).and_then(|weights| norm(weights, neuron, change)) {
                ui.label(named.name);
                ui.label(format!("{norm:.1}"));
                ui.end_row();
            }
        }
    });
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_value_does_not_set_the_scale() {
        let mut values: Vec<Option<f64>> = (0..100).map(|k| Some(f64::from(k) / 100.0)).collect();
        values.push(Some(1e6));
        assert!(largest(&values) < 1.01);
        assert!((largest(&[]) - 1.0).abs() < 1e-12);
        let [low, high] = inner(&values);
        assert!((0.0..0.02).contains(&low) && (0.97..1.0).contains(&high), "{low} to {high}");
        let same = inner(&[Some(6.0); 9]);
        assert!(same[0] < 6.0 && same[1] > 6.0 && inner(&[])[0] < inner(&[])[1]);
    }
}
