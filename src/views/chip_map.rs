//! The floor plan: neurons in two rows of 256 circuits, their synapses above and below.

use std::sync::Arc;

use egui::{Color32, ColorImage, Pos2, Rect, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, pos2, vec2};
use ndarray::Array2;

use super::figure::{Cells, Figure};
use super::focus::Focus;
use super::{Scene, adds, lane_ui, nothing_ui, theme};
use crate::params::LaneKind;
use crate::text::Text;
use crate::worker::messages::{ChipView, Codes, Command, LaneWeights, Snapshot, WeightsView};

/// Circuits in one of the two rows.
const ROW: usize = 256;
/// Circuits in one quadrant.
const QUADRANT: usize = 128;
/// Synapse rows of a circuit; two for each signed input.
const SYNAPSES: usize = 256;
/// Share of the height that the neurons take.
const NEURONS: f32 = 0.24;
/// Room between halves and around the map.
const GAP: f32 = 3.0;

/// What colours the neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coloured {
    /// The z-score of one parameter, by its place.
    Z(usize),
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
    texture: Option<(TextureHandle, Arc<WeightsView>, LaneKind, bool)>,
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

impl ChipMap {
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, focus: &mut Focus) {
        let (text, snapshot) = (scene.text, scene.snapshot);
        let chip = &snapshot.chip;
        if chip.sites.is_empty() {
            return nothing_ui(ui, text);
        }
        ui.horizontal_wrapped(|ui| {
            self.coloured_ui(ui, chip, text);
            lane_ui(ui, text, focus, &snapshot.params.lanes);
            for (tool, named) in
                [(Tool::Select, text.device.select), (Tool::Kill, text.device.kill), (Tool::Heal, text.device.heal)]
            {
                ui.selectable_value(&mut self.tool, tool, named.name).on_hover_text(named.meaning);
            }
        });
        let values = self.values(snapshot, focus.lane);
        let scale = largest(&values);
        self.scale_ui(ui, scale, text);
        let area = ui.available_rect_before_wrap().shrink(1.0);
        if area.width() < 20.0 || area.height() < 20.0 {
            return;
        }
        let (_, response) = ui.allocate_exact_size(area.size(), Sense::click_and_drag());
        let plan = Plan::new(area);
        let visuals = ui.visuals().clone();
        let painter = ui.painter_at(area);
        if let (Some(weights), Some(all)) = (weights_of(snapshot, focus.lane), &snapshot.weights) {
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
            if neuron < chip.n_hidden && focus.neurons().contains(&neuron) {
                let stroke = Stroke::new(2.0, theme::selected(&visuals));
                painter.rect_stroke(rect.expand(1.0), 0.0, stroke, StrokeKind::Outside);
            }
        }
        let pointed = response.hover_pos().and_then(|at| plan.circuit_at(at));
        let neuron = pointed.and_then(|circuit| neuron_at(chip, circuit));
        if self.tool == Tool::Select {
            if let Some(neuron) = neuron.filter(|n| *n < chip.n_hidden && response.clicked()) {
                focus.select(neuron, adds(ui));
            }
        } else {
            self.brush_ui(ui, &response, &plan, scene);
        }
        if let Some(circuit) = pointed {
            response.on_hover_ui_at_pointer(|ui| tooltip_ui(ui, scene, focus.lane, circuit, neuron));
        }
    }

    fn coloured_ui(&mut self, ui: &mut Ui, chip: &ChipView, text: &Text) {
        let device = &text.device;
        let name = |coloured| coloured_name(coloured, chip, text);
        let combo = egui::ComboBox::from_label(device.colour).width(120.0).selected_text(name(self.coloured));
        combo.show_ui(ui, |ui| {
            for k in 0..chip.spreads.len() {
                ui.selectable_value(&mut self.coloured, Coloured::Z(k), name(Coloured::Z(k)))
                    .on_hover_text(device.z_score.meaning);
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

    /// The colours with their numbers.
    fn scale_ui(&self, ui: &mut Ui, scale: f64, text: &Text) {
        let z = matches!(self.coloured, Coloured::Z(_));
        ui.horizontal(|ui| {
            ui.small(if z { text.device.z_score.name } else { "" });
            ui.small(if z { format!("−{scale:.1}") } else { "0".into() });
            let (rect, _) = ui.allocate_exact_size(vec2(90.0, 10.0), Sense::hover());
            let mut mesh = egui::Mesh::default();
            for k in 0..30u8 {
                let part = f64::from(k) / 29.0;
                let value = if z { (2.0 * part - 1.0) * scale } else { part * scale };
                let left = rect.left() + f32::from(k) * 3.0;
                let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(3.0, rect.height()));
                mesh.add_colored_rect(cell, self.color(Some(value), scale, ui.visuals()));
            }
            ui.painter().add(mesh);
            ui.small(format!("{}{scale:.1}", if z { "+" } else { "" }));
        });
    }

    fn color(&self, value: Option<f64>, scale: f64, visuals: &egui::Visuals) -> Color32 {
        match (value, self.coloured) {
            (None, _) => theme::ghost(visuals).gamma_multiply(0.5),
            (Some(value), Coloured::Z(_)) => theme::diverging(value / scale, visuals),
            (Some(value), _) => theme::sequential(value / scale),
        }
    }

    /// One value a neuron, hidden first; `None` where there is none.
    fn values(&self, snapshot: &Snapshot, lane: LaneKind) -> Vec<Option<f64>> {
        let n = snapshot.chip.sites.len();
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        match self.coloured {
            Coloured::Z(k) => (0..n).map(|i| snapshot.chip.spreads.get(k).and_then(|s| s.z(i))).collect(),
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
    fn brush_ui(&mut self, ui: &Ui, response: &egui::Response, plan: &Plan, scene: &mut Scene<'_>) {
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
        let chip = &scene.snapshot.chip;
        for circuit in plan.circuits_along(&path) {
            let neuron = neuron_at(chip, circuit).filter(|n| *n < chip.n_hidden);
            if let Some(neuron) = neuron.filter(|n| self.last != Some(*n)) {
                self.last = Some(neuron);
                scene.commands.push(Command::Damage { neuron, kill: self.tool == Tool::Kill });
            }
        }
    }

    pub(super) fn figure(&self, snapshot: &Snapshot, text: &Text, focus: &Focus) -> Option<Figure> {
        let (chip, paper) = (&snapshot.chip, theme::paper());
        let values = self.values(snapshot, focus.lane);
        let scale = largest(&values);
        let of = |circuit: usize| neuron_at(chip, circuit).and_then(|n| values.get(n).copied().flatten());
        let mut figure = Figure::new(text.device.chip_map.title, text.device.circuit, text.take.row_of_chip);
        let name = coloured_name(self.coloured, chip, text);
        let unit =
            if matches!(self.coloured, Coloured::Z(_)) { text.device.z_score.name } else { text.device.per_neuron };
        figure.of_cells("", "", &format!("{name}, {unit}"));
        figure.cells.push(Cells {
            name: String::new(),
            columns: ROW,
            values: (0..chip.circuits).map(|c| of(c).unwrap_or(f64::NAN)).collect(),
            colors: (0..chip.circuits).map(|c| theme::rgb(self.color(of(c), scale, &paper))).collect(),
        });
        Some(figure).filter(|_| !chip.sites.is_empty())
    }
}

/// What colours the neurons.
fn coloured_name(coloured: Coloured, chip: &ChipView, text: &Text) -> &'static str {
    let device = &text.device;
    match coloured {
        Coloured::Z(k) => chip.spreads.get(k).map_or("", |s| text.word(s.label)),
        Coloured::Rate => device.rate.name,
        Coloured::Norm => device.weight_norm.name,
        Coloured::Change => device.weight_change.name,
    }
}

/// The codes of a lane, or of any lane there is.
pub(super) fn weights_of(snapshot: &Snapshot, lane: LaneKind) -> Option<&LaneWeights> {
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

/// The codes into a neuron in the order of its signed inputs: for a hidden one inputs, then hidden neurons.
fn codes_into(codes: &Codes, n_hidden: usize, neuron: usize) -> impl Iterator<Item = i8> {
    let column = |codes: &Array2<i8>, k: usize| {
        if k < codes.ncols() { codes.column(k).to_vec() } else { Vec::new() }
    };
    let (first, then) = match neuron.checked_sub(n_hidden) {
        None => (column(&codes.input, neuron), column(&codes.recurrent, neuron)),
        Some(readout) => (column(&codes.readout, readout), Vec::new()),
    };
    first.into_iter().chain(then)
}

/// Root of the sum of squares of the codes into a neuron, or of their changes.
fn norm(weights: &LaneWeights, neuron: usize, change: bool) -> Option<f64> {
    let n_hidden = weights.now.input.ncols();
    let now: Vec<i8> = codes_into(&weights.now, n_hidden, neuron).collect();
    let mut first = codes_into(&weights.first, n_hidden, neuron);
    let square = |code: i8| {
        let before = if change { first.next().map_or(0.0, f64::from) } else { 0.0 };
        (f64::from(code) - before).powi(2)
    };
    (!now.is_empty()).then(|| now.into_iter().map(square).sum::<f64>().sqrt())
}

/// The neuron that a circuit belongs to.
fn neuron_at(chip: &ChipView, circuit: usize) -> Option<usize> {
    chip.sites
        .iter()
        .position(|&(first, merged)| (usize::from(first)..usize::from(first) + usize::from(merged)).contains(&circuit))
}

/// Every synapse as a pixel. Signed input `k` of a neuron sits in the row pair `k mod 128` of its
/// circuit `k div 128`; of the pair one row excites, the other inhibits.
fn array(chip: &ChipView, weights: &LaneWeights, max: i32, visuals: &egui::Visuals) -> ColorImage {
    let mut pixels = vec![theme::unused(visuals); ROW * 2 * SYNAPSES];
    let quiet = theme::diverging(0.0, visuals);
    for (neuron, &(first, merged)) in chip.sites.iter().enumerate() {
        for (input, code) in codes_into(&weights.now, chip.n_hidden, neuron).enumerate() {
            let (offset, pair) = (input / (SYNAPSES / 2), input % (SYNAPSES / 2));
            let circuit = usize::from(first) + offset;
            if offset >= usize::from(merged) || circuit >= 2 * ROW {
                continue;
            }
            let colour = theme::diverging(f64::from(code) / f64::from(max), visuals);
            for inhibitory in [false, true] {
                let row = 2 * pair + usize::from(inhibitory);
                // The lower half hangs from its neurons, so it is drawn from them downward; the upper one upward.
                let y = if circuit < ROW { SYNAPSES - 1 - row } else { SYNAPSES + row };
                let active = (code < 0) == inhibitory && code != 0;
                pixels[y * ROW + circuit % ROW] = if active { colour } else { quiet };
            }
        }
    }
    ColorImage::new([ROW, 2 * SYNAPSES], pixels)
}

/// Where things are on the screen.
struct Plan {
    synapses: [Rect; 2],
    neurons: [Rect; 2],
}

impl Plan {
    fn new(area: Rect) -> Self {
        let height = (area.height() - GAP) / 2.0;
        let strip = (height * NEURONS * 0.5).max(6.0);
        let half = |top: f32| Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
        let (upper, lower) = (half(area.top()), half(area.top() + height + GAP));
        Self {
            synapses: [
                Rect::from_min_max(upper.min, pos2(upper.right(), upper.bottom() - strip)),
                Rect::from_min_max(pos2(lower.left(), lower.top() + strip), lower.max),
            ],
            neurons: [
                Rect::from_min_max(pos2(upper.left(), upper.bottom() - strip), upper.max),
                Rect::from_min_max(lower.min, pos2(lower.right(), lower.top() + strip)),
            ],
        }
    }

    fn site(&self, (first, merged): (u16, u16)) -> Rect {
        let (first, merged) = (usize::from(first), f32::from(merged));
        let strip = self.neurons[(first / ROW).min(1)];
        let width = strip.width() / ROW as f32;
        let left = strip.left() + (first % ROW) as f32 * width;
        let gap = (0.15 * width).min(0.5);
        Rect::from_min_max(pos2(left, strip.top()), pos2(left + merged * width - gap, strip.bottom()))
    }

    fn quadrants(&self) -> Vec<Rect> {
        let half = |strip: Rect, synapses: Rect| {
            let both = strip.union(synapses);
            let middle = both.left() + both.width() * QUADRANT as f32 / ROW as f32;
            [
                Rect::from_min_max(both.min, pos2(middle - 1.0, both.bottom())),
                Rect::from_min_max(pos2(middle + 1.0, both.top()), both.max),
            ]
        };
        (0..2).flat_map(|k| half(self.neurons[k], self.synapses[k])).collect()
    }

    /// The circuit under the pointer: its neuron, or one of its synapses.
    fn circuit_at(&self, at: Pos2) -> Option<usize> {
        (0..2).find_map(|half| {
            let column = self.neurons[half].union(self.synapses[half]);
            let place = (at.x - column.left()) / column.width() * ROW as f32;
            column.contains(at).then(|| half * ROW + (place as usize).min(ROW - 1))
        })
    }

    /// The circuits below a path, in its order, none of them twice in a row.
    fn circuits_along(&self, path: &[Pos2]) -> Vec<usize> {
        let step = (self.neurons[0].width() / ROW as f32 / 2.0).max(0.25);
        let mut found: Vec<usize> = path.first().and_then(|at| self.circuit_at(*at)).into_iter().collect();
        for ends in path.windows(2) {
            let way = ends[1] - ends[0];
            let steps = (way.length() / step).ceil().clamp(1.0, 1e5) as usize;
            for k in 1..=steps {
                let circuit = self.circuit_at(ends[0] + way * (k as f32 / steps as f32));
                found.extend(circuit.filter(|c| found.last() != Some(c)));
            }
        }
        found
    }
}

fn tooltip_ui(ui: &mut Ui, scene: &Scene<'_>, lane: LaneKind, circuit: usize, neuron: Option<usize>) {
    let (text, snapshot) = (scene.text, scene.snapshot);
    let chip = &snapshot.chip;
    let Some(neuron) = neuron else {
        ui.label(format!("{} {circuit}: {}", text.device.circuit, text.device.unused));
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
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_in_one_leap_passes_over_every_circuit_between_its_ends() {
        let plan = Plan::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 600.0)));
        let row = plan.neurons[0];
        let ends = [pos2(row.left() + 0.1, row.center().y), pos2(row.right() - 0.1, row.center().y)];
        assert!(plan.circuits_along(&ends).into_iter().eq(0..ROW));
        assert!(plan.circuits_along(&[ends[1], ends[0]]).into_iter().eq((0..ROW).rev()));
        assert_eq!(plan.circuits_along(&[ends[0], ends[0]]), [0]);
        assert!(plan.circuits_along(&[pos2(-9.0, -9.0)]).is_empty() && plan.circuits_along(&[]).is_empty());
    }

    #[test]
    fn every_circuit_is_found_under_the_pointer_where_it_is_drawn() {
        let plan = Plan::new(Rect::from_min_size(pos2(10.0, 20.0), vec2(777.0, 333.0)));
        for circuit in 0..2 * ROW {
            assert_eq!(plan.circuit_at(plan.site((circuit as u16, 1)).center()), Some(circuit));
        }
        assert_eq!(plan.circuit_at(pos2(0.0, 0.0)), None);
    }

    #[test]
    fn inputs_beyond_the_rows_of_a_circuit_go_to_the_next_one_and_signs_to_their_own_rows() {
        // 130 inputs: the last two go to the second of the merged circuits.
        let mut input = Array2::zeros((130, 1));
        (input[[0, 0]], input[[1, 0]], input[[129, 0]]) = (63, -63, 5);
        let codes = Codes { input, ..Codes::default() };
        let weights = LaneWeights { lane: LaneKind::InTheLoop, now: codes.clone(), first: codes };
        let chip = ChipView { n_hidden: 1, sites: vec![(0, 2)], circuits: 512, ..ChipView::default() };
        let visuals = egui::Visuals::dark();
        let image = array(&chip, &weights, 63, &visuals);
        let at = |circuit: usize, row: usize| image.pixels[(SYNAPSES - 1 - row) * ROW + circuit];
        assert_eq!(at(0, 0), theme::diverging(1.0, &visuals), "input 0 excites in row 0");
        assert_eq!(at(0, 1), theme::diverging(0.0, &visuals));
        assert_eq!(at(0, 2), theme::diverging(0.0, &visuals));
        assert_eq!(at(0, 3), theme::diverging(-1.0, &visuals), "input 1 inhibits in row 3");
        assert_eq!(at(1, 2), theme::diverging(5.0 / 63.0, &visuals), "input 129 is the second of circuit 1");
        assert_eq!(at(2, 0), theme::unused(&visuals));
    }

    #[test]
    fn norms_are_euclidean_and_changes_are_against_the_start() {
        let codes = |a: i8, b: i8| Codes {
            input: ndarray::array![[a], [0]],
            recurrent: ndarray::array![[b]],
            readout: ndarray::array![[a]],
        };
        let weights = LaneWeights { lane: LaneKind::Ideal, now: codes(3, -4), first: codes(0, -4) };
        assert_eq!(norm(&weights, 0, false), Some(5.0));
        assert_eq!(norm(&weights, 0, true), Some(3.0));
        assert_eq!(norm(&weights, 1, false), Some(3.0), "the readout neuron");
        assert_eq!(norm(&weights, 2, false), None);
    }

    #[test]
    fn one_wild_value_does_not_set_the_scale() {
        let mut values: Vec<Option<f64>> = (0..100).map(|k| Some(f64::from(k) / 100.0)).collect();
        values.push(Some(1e6));
        assert!(largest(&values) < 1.01);
        assert!((largest(&[]) - 1.0).abs() < 1e-12);
    }
}
