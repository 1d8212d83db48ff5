//! The floor plan: neurons in two rows of 256 circuits, their synapses above and below.

mod colours;
mod description;
mod plan;
mod processors;
mod synapses;
mod tooltip;

use std::sync::Arc;

use egui::{Color32, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, vec2};

use super::figure::Figure;
use super::figure::screen::{draw_scales, room_for};
use super::legend::legend_ui;
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, head_ui, lane_ui, nothing_ui, theme};
use crate::params::Lane;
use crate::session::messages::{ByHand, ChipView, LaneWeights, Snapshot, WeightsView};
use crate::text::{Text, ViewText};
use colours::{Coloured, Colours, keys, reach, synapse_scale};
use plan::Plan;
use synapses::{array, neuron_at, rows_in_use};

/// Circuits in one of the two rows.
const ROW: usize = 256;
/// Circuits in one quadrant.
const QUADRANT: usize = 128;
/// Synapse rows of a circuit; two for each signed input.
const SYNAPSES: usize = 256;
/// Height of the line that says what the marks are, in points.
const KEYS: f32 = 18.0;
/// A tooltip leaves the neurons around the pointer free, in points.
const BELOW: f32 = 28.0;

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
        head_ui(ui, "chip map head", |ui| {
            self.coloured.choice_ui(ui, chip, text);
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
        let visuals = ui.visuals().clone();
        let colours = Colours::new(self.coloured, snapshot, selection.lane, &visuals);
        let weights = weights_of(snapshot, selection.lane).zip(snapshot.weights.as_ref());
        let neurons = colours.scale(chip, text);
        let synapses = weights.map(|(w, all)| synapse_scale(reach(w, all.code_max), w, text, &visuals));
        let scales: Vec<_> = std::iter::once(&neurons).chain(&synapses).collect();
        let all = ui.available_rect_before_wrap().shrink(1.0);
        let beside = room_for(&scales, all.width());
        let below = if all.height() > 8.0 * KEYS { KEYS } else { 0.0 };
        let area = Rect::from_min_max(all.min, all.max - vec2(beside, below));
        if area.width() < 20.0 || area.height() < 20.0 {
            return;
        }
        let (_, response) = ui.allocate_exact_size(area.size(), Sense::click_and_drag());
        let plan = Plan::new(area, weights.map_or([SYNAPSES; 2], |(w, _)| rows_in_use(chip, w)));
        let painter = ui.painter_at(all);
        if let Some((weights, all)) = weights {
            let texture = self.synapses(ui, chip, all, weights);
            for (rect, uv) in plan.images() {
                painter.image(texture, rect, uv, Color32::WHITE);
            }
        }
        draw_neurons(&painter, &plan, chip, &colours, selection);
        plan.names_ui(&painter, text, &visuals);
        if beside > 0.0 {
            let bars = Rect::from_min_size(area.right_top(), vec2(beside, area.height()));
            draw_scales(&painter, bars, &scales, &visuals);
        }
        if below > 0.0 {
            let line = Rect::from_min_size(area.left_bottom() + vec2(0.0, 2.0), vec2(all.width(), below - 2.0));
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(line));
            ui.horizontal(|ui| legend_ui(ui, &keys(chip, &colours, text, &visuals)));
        }
        let at = response.hover_pos();
        let pointed = at.and_then(|at| plan.circuit_at(at));
        let neuron = pointed.and_then(|circuit| neuron_at(chip, circuit));
        if let Some(neuron) = neuron {
            plan.point_at(&painter, chip.sites[neuron], theme::selected(&visuals));
        }
        if self.tool == Tool::Select {
            if let Some(neuron) = neuron.filter(|n| *n < chip.n_hidden && response.clicked()) {
                selection.select(neuron, adds(ui));
            }
        } else {
            self.brush_ui(ui, &response, &plan, chip, &mut context.commands.by_hand);
        }
        if let (Some(circuit), Some(at)) = (pointed, at) {
            let tip = egui::Tooltip::for_enabled(&response).at_pointer().gap(BELOW);
            tip.show(|ui| tooltip::tooltip_ui(ui, context, selection.lane, circuit, plan.row_at(at)));
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        Some(self.plan_figure(seen)).filter(|_| !seen.snapshot.chip.of(seen.selection.lane).sites.is_empty())
    }
}

/// Every neuron in its colour; silent ones are crossed out, selected ones have a ring.
fn draw_neurons(painter: &Painter, plan: &Plan, chip: &ChipView, colours: &Colours<'_>, selection: &Selection) {
    let visuals = colours.visuals();
    let mut mesh = egui::Mesh::default();
    for strip in plan.strips() {
        mesh.add_colored_rect(strip, theme::unused(visuals));
    }
    for (neuron, &site) in chip.sites.iter().enumerate() {
        let color = colours.of(neuron);
        plan.site(site).for_each(|rect| mesh.add_colored_rect(rect, color));
    }
    painter.add(mesh);
    if let Some(own) = &chip.processors {
        processors::traces_ui(painter, plan, own, visuals);
    }
    for (neuron, &site) in chip.sites.iter().enumerate() {
        let silent = chip.silent.get(neuron).copied().unwrap_or(false);
        let selected = neuron < chip.n_hidden && selection.neurons().contains(&neuron);
        for rect in plan.site(site) {
            if silent {
                let stroke = Stroke::new(1.5, theme::alarm(visuals));
                painter.line_segment([rect.left_top(), rect.right_bottom()], stroke);
                painter.line_segment([rect.right_top(), rect.left_bottom()], stroke);
            }
            if selected {
                let stroke = Stroke::new(2.0, theme::selected(visuals));
                painter.rect_stroke(rect.expand(1.0), 0.0, stroke, StrokeKind::Outside);
            }
        }
    }
}

impl ChipMap {
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
        let image = array(chip, weights, reach(weights, all.code_max), ui.visuals());
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

/// The codes of a lane, or of any lane there is.
pub(super) fn weights_of(snapshot: &Snapshot, lane: Lane) -> Option<&LaneWeights> {
    let lanes = &snapshot.weights.as_ref()?.lanes;
    lanes.iter().find(|w| w.lane == lane).or(lanes.last())
}
