//! All parameters, grouped, made from their descriptions.

use super::App;
use super::actions::Action;
use crate::params::PARAMS;
use crate::protocol::PRESETS;
use crate::views::param_ui::param_ui;

/// Groups in the order in which a newcomer needs them.
const GROUPS: [&str; 8] =
    ["Mismatch", "Learning", "On-chip learning", "Damage", "Noise", "Neurons", "Network", "Experiment"];

impl App {
    pub(super) fn controls_ui(&mut self, ui: &mut egui::Ui) {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().slider_width = 84.0;
            let offer = self.offer_at();
            for group in GROUPS {
                let open = self.settings.open_groups.iter().any(|name| name == group);
                let header = egui::CollapsingHeader::new(self.text.word(group)).id_salt(group).default_open(open);
                let shown = header.show(ui, |ui| {
                    match group {
                        "Mismatch" => self.chip_actions_ui(ui),
                        "Damage" => self.heal_ui(ui),
                        "Experiment" => self.files_ui(ui),
                        _ => {}
                    }
                    for spec in PARAMS.iter().filter(|s| s.group == group) {
                        if param_ui(ui, spec, &mut self.draft.params, self.text) && spec.key == "task" {
                            self.draft.adopt_task();
                        }
                        if offer.is_some_and(|offer| offer.key == spec.key) {
                            ui.horizontal_wrapped(|ui| self.restart_offer_ui(ui));
                        } else {
                            // What follows must keep its ids, or a field that is typed into would lose the focus.
                            ui.skip_ahead_auto_ids(1);
                        }
                    }
                });
                if shown.header_response.clicked() {
                    // The click has turned it round already, or will have when the frame is over.
                    self.settings.open_groups.retain(|name| name != group);
                    if !open {
                        self.settings.open_groups.push(group.to_owned());
                    }
                }
            }
        });
    }
}

impl App {
    /// Named sets of imperfections, and calibration.
    fn chip_actions_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.horizontal(|ui| {
            let calibrated = self.draft.calibrated;
            let current = PRESETS.iter().filter(|preset| !preset.is_experiment() && !calibrated).find(|preset| {
                let mut applied = self.draft.params.clone();
                preset.apply(&mut applied);
                applied == self.draft.params
            });
            let other = if calibrated { text.calibrated_chip } else { text.no_preset };
            let shown = current.map_or(other, |preset| text.preset(preset).label);
            let combo = egui::ComboBox::from_id_salt("preset").width(150.0).selected_text(shown).show_ui(ui, |ui| {
                for preset in PRESETS.iter().filter(|preset| !preset.is_experiment()) {
                    let words = text.preset(preset);
                    let chosen = current.is_some_and(|c| c.key == preset.key);
                    if ui.selectable_label(chosen, words.label).on_hover_text(words.help).clicked() {
                        self.choose(preset);
                    }
                }
            });
            combo.response.on_hover_text(text.presets.meaning).widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, text.presets.name);
                info.current_text_value = Some(shown.to_owned());
                info
            });
            if ui.button(text.calibrate.name).on_hover_text(text.calibrate.meaning).clicked() {
                self.draft.calibrate();
            }
        });
    }

    /// Sets all damage back to none.
    fn heal_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        if ui.button(text.heal.name).on_hover_text(text.heal.meaning).clicked() {
            self.perform(Action::Heal, &ui.ctx().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_in_a_group_that_is_shown() {
        for spec in PARAMS {
            assert!(GROUPS.contains(&spec.group), "{} is in the unknown group {}", spec.key, spec.group);
        }
    }
}
