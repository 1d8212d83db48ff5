//! What a chip that teaches itself uses besides its network.

use egui::{Painter, RichText, Stroke, Ui};

use super::plan::Plan;
use crate::session::messages::Processors;
use crate::text::Text;
use crate::views::theme;

/// Width of the bar of the memory, in points.
const BAR: f32 = 64.0;

/// How full the memory of a processor is, and with what.
pub(super) fn memory_ui(ui: &mut Ui, own: &Processors, text: &Text) {
    let used: usize = own.memory.iter().map(|(_, bytes)| bytes).sum();
    let named = text.device.processor_memory;
    ui.small(named.name);
    let share = used as f32 / own.most_memory.max(1) as f32;
    let kib = |bytes: usize| format!("{:.1}", bytes as f64 / 1024.0);
    let bar = egui::ProgressBar::new(share).desired_width(BAR).desired_height(8.0).corner_radius(2.0);
    ui.add(bar).on_hover_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label(named.meaning);
        egui::Grid::new("memory of a processor").num_columns(2).show(ui, |ui| {
            for (what, bytes) in own.memory.iter().filter(|(_, bytes)| *bytes > 0) {
                ui.label(text.word(what));
                ui.label(format!("{bytes} B"));
                ui.end_row();
            }
        });
    });
    ui.label(RichText::new(format!("{} / {} KiB", kib(used), kib(own.most_memory))).small());
}

/// Trace circuits are thin strokes between the neurons; those with a dead channel stand out.
pub(super) fn traces_ui(painter: &Painter, plan: &Plan, own: &Processors, visuals: &egui::Visuals) {
    for &(circuit, _, dead) in &own.traces {
        let Some(site) = plan.site((circuit as u16, 1)).next() else { continue };
        let color = if dead { theme::alarm(visuals) } else { theme::trace(visuals) };
        // A circuit is a few points wide, so a line from end to end is all that can be seen of it.
        painter.line_segment([site.center_top(), site.center_bottom()], Stroke::new(site.width().min(1.5), color));
        if dead {
            painter.circle_filled(site.center(), 2.5, color);
        }
    }
}
