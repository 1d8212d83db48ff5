//! All parameters, grouped, made from their descriptions.

use super::App;
use super::actions::Action;
use crate::params::{Kind, PARAMS, ParamSpec, Value, find};
use crate::protocol::PRESETS;
use crate::views::param_ui::param_ui;
use crate::views::theme::{self, icons};

/// Groups in the order in which a newcomer needs them.
const GROUPS: [&str; 8] =
    ["Experiment", "Mismatch", "Learning", "On-chip learning", "Damage", "Noise", "Neurons", "Network"];
/// The settings that tell the story.
pub(super) const SIMPLE: [&str; 7] =
    ["task", "chip", "sigma", "silent_neurons", "learning_rate", "surrogate_slope", "hidden"];
/// The name under which the open spreads are remembered.
const EACH: &str = "Per parameter";

impl App {
    pub(super) fn controls_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.add_space(0.5 * theme::UNIT);
        ui.horizontal(|ui| {
            for (simple, named) in [(true, text.shell.simple), (false, text.shell.all)] {
                ui.selectable_value(&mut self.settings.simple, simple, named.name).on_hover_text(named.meaning);
            }
            let hint = format!("{} {}", icons::FIND, text.shell.find_setting);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if self.filter.is_empty() {
                    // The field must keep its id, or it would lose the focus with the first letter.
                    ui.skip_ahead_auto_ids(1);
                } else {
                    let clear = ui.add(egui::Button::new(icons::CLOSE).frame(false));
                    if icons::named(ui, clear, text.shell.all_settings, false).clicked() {
                        self.filter.clear();
                    }
                }
                let field = egui::TextEdit::singleline(&mut self.filter).hint_text(hint).desired_width(f32::INFINITY);
                let field = ui.add(field);
                field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &self.filter, text.shell.find_setting));
            });
        });
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            // Names and bars stay clear of the scroll bar.
            ui.set_max_width(ui.available_width() - theme::UNIT);
            let wanted = self.filter.trim().to_lowercase();
            if !wanted.is_empty() {
                let said = |s: &ParamSpec| format!("{} {} {}", text.param(s).label, s.label, s.key).to_lowercase();
                for spec in PARAMS.iter().filter(|s| wanted.split_whitespace().all(|word| said(s).contains(word))) {
                    self.setting_ui(ui, spec);
                }
            } else if self.settings.simple {
                self.own_controls_ui(ui);
                self.chip_actions_ui(ui);
                for spec in SIMPLE.iter().filter_map(|key| find(key)) {
                    self.setting_ui(ui, spec);
                }
                self.heal_ui(ui);
                self.own_slider_button_ui(ui);
            } else {
                self.own_controls_ui(ui);
                for group in GROUPS {
                    self.group_ui(ui, group);
                }
                self.own_slider_button_ui(ui);
            }
        });
    }

    fn group_ui(&mut self, ui: &mut egui::Ui, group: &'static str) {
        let title = theme::strong(self.text.word(group));
        self.foldable_ui(ui, group, title, |app, ui| {
            match group {
                "Mismatch" => app.chip_actions_ui(ui),
                "Damage" => app.heal_ui(ui),
                "Experiment" => app.files_ui(ui),
                _ => {}
            }
            let of_group = || PARAMS.iter().filter(move |s| s.group == group);
            let is_spread = |s: &&ParamSpec| matches!(s.kind, Kind::Spread { .. });
            of_group().filter(|s| !is_spread(s)).for_each(|spec| app.setting_ui(ui, spec));
            if of_group().any(|s| is_spread(&s)) {
                let title = app.text.shell.each_spread.into();
                app.foldable_ui(ui, EACH, title, |app, ui| {
                    of_group().filter(is_spread).for_each(|spec| app.setting_ui(ui, spec));
                });
            }
        });
    }

    /// A part that can be folded; what is open is remembered.
    fn foldable_ui(
        &mut self,
        ui: &mut egui::Ui,
        name: &'static str,
        title: egui::RichText,
        add: impl FnOnce(&mut Self, &mut egui::Ui),
    ) {
        let open = self.settings.open_groups.iter().any(|known| known == name);
        let header = egui::CollapsingHeader::new(title).id_salt(name).default_open(open);
        let shown = header.show_unindented(ui, |ui| add(self, ui));
        if shown.header_response.clicked() {
            // The click has turned it round already, or will have when the frame is over.
            self.settings.open_groups.retain(|known| known != name);
            if !open {
                self.settings.open_groups.push(name.to_owned());
            }
        }
    }

    fn setting_ui(&mut self, ui: &mut egui::Ui, spec: &'static ParamSpec) {
        if param_ui(ui, spec, &mut self.draft.params, self.text) && spec.key == "task" {
            self.draft.adopt_task();
        }
        if spec.key == "sigma" {
            self.own_spreads_ui(ui);
        }
        self.left_ui(ui, spec);
        if self.offer_at().is_some_and(|offer| offer.key == spec.key) {
            ui.horizontal_wrapped(|ui| self.restart_offer_ui(ui));
        } else {
            // What follows must keep its ids, or a field that is typed into would lose the focus.
            ui.skip_ahead_auto_ids(1);
        }
    }

    /// What a calibration has left of a spread that is set.
    fn left_ui(&self, ui: &mut egui::Ui, spec: &ParamSpec) {
        let left = self.snapshot.chip.left.iter().find(|(key, _)| *key == spec.key);
        let Some((_, sigma)) = left.filter(|_| self.snapshot.looking_at.is_none()) else {
            return ui.skip_ahead_auto_ids(1);
        };
        ui.horizontal(|ui| {
            ui.add_space(theme::UNIT);
            let words = format!("{}{}{sigma:.1} %", self.text.shell.left.name, self.text.colon);
            ui.label(egui::RichText::new(words).small().weak()).on_hover_text(self.text.shell.left.meaning);
        });
    }

    /// How many spreads the global slider has lost, and a way to give them back to it.
    fn own_spreads_ui(&mut self, ui: &mut egui::Ui) {
        let (text, params) = (self.text, &mut self.draft.params);
        let own: Vec<&ParamSpec> = PARAMS
            .iter()
            .filter(|s| matches!((s.kind, (s.get)(params)), (Kind::Spread { .. }, Value::Number(_))))
            .collect();
        if own.is_empty() {
            return ui.skip_ahead_auto_ids(1);
        }
        ui.horizontal_wrapped(|ui| {
            ui.label(egui::RichText::new(text.plurals.own_spreads.of(own.len())).weak());
            if ui.link(text.shell.follow.name).on_hover_text(text.shell.follow.meaning).clicked() {
                for spec in own {
                    (spec.set)(params, Value::Auto);
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
        for key in SIMPLE {
            assert!(find(key).is_some(), "{key} is no setting");
        }
    }
}
