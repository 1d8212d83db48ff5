//! All parameters, grouped, made from their descriptions.

use super::App;
use super::actions::Action;
use crate::params::{PARAMS, TakesEffect};
use crate::protocol::PRESETS;
use crate::session::messages::EngineCommand;
use crate::views::param_ui::param_ui;

/// Groups in the order in which a newcomer needs them.
const GROUPS: [&str; 8] =
    ["Mismatch", "Learning", "On-chip learning", "Damage", "Noise", "Neurons", "Network", "Experiment"];

impl App {
    pub(super) fn controls_ui(&mut self, ui: &mut egui::Ui) {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().slider_width = 84.0;
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
                        let task = self.draft.params.task.kind;
                        let changed = param_ui(ui, spec, &mut self.draft.params, self.text);
                        if changed && spec.takes_effect == TakesEffect::OnRestart && self.draft.params.task.kind != task
                        {
                            let chosen = self.draft.params.task.kind;
                            self.draft.params.adopt_task(chosen);
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
            let current = PRESETS.iter().filter(|preset| !preset.is_experiment()).find(|preset| {
                let mut applied = self.draft.params.clone();
                preset.apply(&mut applied);
                applied == self.draft.params
            });
            let shown = current.map_or(text.no_preset, |preset| text.preset(preset).label);
            let combo = egui::ComboBox::from_id_salt("preset").width(150.0).selected_text(shown).show_ui(ui, |ui| {
                for preset in PRESETS.iter().filter(|preset| !preset.is_experiment()) {
                    let words = text.preset(preset);
                    let chosen = current.is_some_and(|c| c.key == preset.key);
                    if ui.selectable_label(chosen, words.label).on_hover_text(words.help).clicked() {
                        preset.apply(&mut self.draft.params);
                    }
                }
            });
            combo.response.on_hover_text(text.presets.meaning).widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, text.presets.name);
                info.current_text_value = Some(shown.to_owned());
                info
            });
            if ui.button(text.calibrate.name).on_hover_text(text.calibrate.meaning).clicked() {
                self.commands.push(EngineCommand::Calibrate);
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
