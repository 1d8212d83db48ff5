//! The slider through the epochs of a run.

use super::App;
use super::actions::Action;
use super::toolbar::elided;
use crate::session::messages::ViewRequest;
use crate::views::anchors;
use crate::views::theme::{self, icons};

impl App {
    /// The moments that can be looked at, and what can be done with the one on display.
    pub(super) fn timeline_ui(&mut self, ui: &mut egui::Ui) {
        let panel = egui::Panel::bottom("timeline");
        let shown = panel.show(ui, |ui| ui.horizontal(|ui| self.timeline_row_ui(ui)));
        anchors::mark(ui, "timeline", shown.response.rect);
    }

    fn timeline_row_ui(&mut self, ui: &mut egui::Ui) {
        let (text, machine) = (self.text, &self.text.time_machine);
        let (epochs, looking_at) = (&self.snapshot.timeline.epochs, self.snapshot.looking_at);
        // The place after the last moment is the present.
        let live = epochs.len();
        let mut place = looking_at.map_or(live, |epoch| epochs.partition_point(|e| *e < epoch).min(live));
        let shown = |place: f64| match epochs.get(place as usize) {
            Some(epoch) => format!("{} {epoch}", text.epoch),
            None => text.shell.live.name.to_owned(),
        };
        ui.spacing_mut().slider_width = (ui.available_width() * 0.4).clamp(120.0, 600.0);
        let slider = egui::Slider::new(&mut place, 0..=live).text(machine.moment.name);
        let slider = slider.custom_formatter(|place, _| shown(place)).custom_parser(|typed| {
            let epoch: usize = typed.trim().parse().ok()?;
            Some(epochs.partition_point(|e| *e < epoch).min(live) as f64)
        });
        let response = ui.add_enabled(!epochs.is_empty(), slider).on_hover_text(machine.moment.meaning);
        let wanted = response.changed().then(|| epochs.get(place).copied());
        let mut done = None;
        if let Some(epoch) = looking_at {
            let words = format!("{} {epoch}", machine.looking_at);
            ui.label(theme::strong(words).color(theme::selected(ui.visuals())));
            for (action, named) in [(Action::Live, machine.live), (Action::Branch, machine.branch)] {
                if ui.button(named.name).on_hover_text(named.meaning).clicked() {
                    done = Some(action);
                }
            }
        }
        if icons::button(ui, icons::BELL, text.shell.notices, false).clicked() {
            done = Some(Action::Notices);
        }
        if let Some(epochs) = self.snapshot.put_away {
            if ui.button(machine.take_back.name).on_hover_text(machine.take_back.meaning).clicked() {
                done = Some(Action::TakeBack);
            }
            let epochs = text.plurals.epochs.of(epochs);
            ui.weak(format!("{}{colon}{epochs}", machine.put_away, colon = text.colon));
        }
        let timeline = &self.snapshot.timeline;
        let mb = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        let moments = if live > 0 { text.plurals.moments.of(live) } else { machine.none.to_owned() };
        let memory = format!(
            "{moments}{comma}{:.1} / {:.0} MB",
            mb(timeline.bytes),
            mb(timeline.most_bytes),
            comma = text.comma
        );
        elided(ui, egui::RichText::new(memory).weak()).on_hover_text(machine.sparser);
        if let Some(wanted) = wanted {
            self.commands.push(ViewRequest::LookAt(wanted));
        }
        if let Some(action) = done {
            self.perform(action, &ui.ctx().clone());
        }
    }

    /// Looks at an earlier or a later moment; later than the last one is live.
    pub(super) fn move_moment(&mut self, by: isize) {
        let epochs = &self.snapshot.timeline.epochs;
        let place = self.snapshot.looking_at.map_or(epochs.len(), |epoch| epochs.partition_point(|e| *e < epoch));
        let epoch = epochs.get(place.saturating_add_signed(by).min(epochs.len())).copied();
        if !epochs.is_empty() {
            self.commands.push(ViewRequest::LookAt(epoch));
        }
    }
}
