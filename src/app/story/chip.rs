//! The chip of the first screen: one dot a neuron, as large as it is off.

use egui::{Sense, Stroke, Ui};

use super::super::App;
use crate::params::{Lane, NetworkParams, Params};
use crate::session::messages::{ChipView, SampleView};
use crate::views::{anchors, theme, voltage};

/// Neurons that are off by that share of what was asked for have the largest dots.
const LARGEST: f64 = 0.9;
/// The smallest dot, as a share of the largest.
const SMALLEST: f32 = 0.22;

impl App {
    /// The dots. One that is pointed at says what it is.
    pub(super) fn story_chip_ui(&mut self, ui: &mut Ui) {
        let (text, snapshot) = (self.text, self.drawn());
        let chip = &snapshot.chip;
        ui.add_space(4.0);
        let name = ui.label(format!("{} {}", text.lessons.simulated_chip, chip.number));
        let columns = (chip.n_hidden as f64).sqrt().ceil().max(1.0) as usize;
        let rows = chip.n_hidden.div_ceil(columns).max(1);
        let room = egui::vec2(ui.available_width(), (ui.available_height() - 44.0).max(40.0));
        let cell = (room.x / columns as f32).min(room.y / rows as f32);
        let (rect, response) = ui.allocate_exact_size(egui::vec2(room.x, cell * rows as f32), Sense::hover());
        let fired = fired(snapshot.sample.as_deref(), chip.n_hidden);
        let (lit, dark) = (theme::lane_color(Lane::InTheLoop, ui.visuals()), theme::muted(ui.visuals()));
        let place = |k: usize| {
            let corner = egui::vec2((k % columns) as f32 + 0.5, (k / columns) as f32 + 0.5);
            rect.min + corner * cell
        };
        for (k, fires) in fired.into_iter().enumerate() {
            let radius = cell
                * 0.48
                * (SMALLEST + (1.0 - SMALLEST) * (off(chip, k, &snapshot.params) / LARGEST).min(1.0) as f32);
            let center = place(k);
            if chip.silent.get(k).copied().unwrap_or_default() {
                let r = cell * 0.2;
                let stroke = Stroke::new(1.5, theme::alarm(ui.visuals()));
                ui.painter().line_segment([center - egui::vec2(r, r), center + egui::vec2(r, r)], stroke);
                ui.painter().line_segment([center + egui::vec2(r, -r), center + egui::vec2(-r, r)], stroke);
            } else {
                ui.painter().circle_filled(
                    center,
                    radius.max(1.0),
                    if fires { lit } else { dark.gamma_multiply(0.55) },
                );
            }
        }
        if let Some(at) = response.hover_pos() {
            let d = (at - rect.min) / cell;
            let k = d.y.max(0.0) as usize * columns + (d.x.max(0.0) as usize).min(columns - 1);
            if k < chip.n_hidden {
                response.on_hover_text(about(chip, k, text, &snapshot.params.network));
            }
        }
        let legend = ui.add(egui::Label::new(egui::RichText::new(text.lessons.size_is).small()).wrap());
        anchors::mark(ui, "view.chip_map", name.rect.union(rect).union(legend.rect));
    }
}

/// Which hidden neurons fire at the sample on display, in the network taught on the chip, or else in the last one.
fn fired(sample: Option<&SampleView>, n: usize) -> Vec<bool> {
    let mut fired = vec![false; n];
    let lanes = sample.map_or(&[][..], |sample| &sample.lanes);
    let trace = lanes.iter().find(|trace| trace.lane == Lane::InTheLoop).or(lanes.last());
    for spike in trace.into_iter().flat_map(|trace| &trace.spikes) {
        if let Some(fires) = fired.get_mut(usize::from(spike.neuron)) {
            *fires = true;
        }
    }
    fired
}

/// How far a neuron is off: root mean square over its parameters, each as a share of what was asked for; of voltages as
/// a share of the distance from leak to threshold.
fn off(chip: &ChipView, neuron: usize, params: &Params) -> f64 {
    let shares = chip.spreads.iter().filter_map(|spread| {
        let off = spread.actual.get(neuron)? - spread.nominal;
        Some((off / spread.whole(params.network.lsb_per_unit())).powi(2)).filter(|x| x.is_finite())
    });
    let squares: Vec<f64> = shares.collect();
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
}

/// A neuron in words.
fn about(chip: &ChipView, neuron: usize, text: &crate::text::Text, network: &NetworkParams) -> String {
    let mut lines = vec![format!("{} {neuron}", text.neuron)];
    for spread in chip.spreads.iter().take(4) {
        let Some(actual) = spread.actual.get(neuron) else { continue };
        let [actual, nominal] = [*actual, spread.nominal].map(|x| voltage::value(spread, x, text, network));
        let [open, close] = text.brackets;
        lines.push(format!("{} {actual}{open}{} {nominal}{close}", spread.symbol, text.nominal));
    }
    lines.join("\n")
}
