//! The buttons on top, the score of every lane, and notices.

use super::{App, Settings};
use crate::params::LaneKind;
use crate::text::Named;
use crate::views::theme;
use crate::worker::messages::Command;

impl App {
    pub(super) fn toolbar_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.horizontal_wrapped(|ui| {
            let button = |ui: &mut egui::Ui, named: Named| ui.button(named.name).on_hover_text(named.meaning).clicked();
            if self.snapshot.failure.is_some() {
                if ui.button(text.start_again).clicked() {
                    self.restart();
                }
            } else if self.snapshot.running {
                if button(ui, text.pause) {
                    self.commands.push(Command::Pause);
                }
            } else if button(ui, text.run) {
                self.commands.push(Command::Run);
            }
            if button(ui, text.step) {
                self.commands.push(Command::StepBatch);
            }
            if button(ui, text.reset) {
                self.restart();
            }
            ui.separator();
            if button(ui, text.new_chip) {
                self.params.chip = self.params.chip.wrapping_add(1);
            }
            if button(ui, text.new_weights) {
                self.params.seed = self.params.seed.wrapping_add(1);
                self.restart();
            }
            ui.separator();
            self.speed_ui(ui);
            ui.separator();
            egui::ComboBox::from_label(text.theme).width(64.0).selected_text(theme_name(self.settings.theme)).show_ui(
                ui,
                |ui| {
                    for theme in
                        [egui::ThemePreference::System, egui::ThemePreference::Light, egui::ThemePreference::Dark]
                    {
                        if ui.selectable_value(&mut self.settings.theme, theme, theme_name(theme)).changed() {
                            ui.ctx().set_theme(theme);
                        }
                    }
                },
            );
            ui.separator();
            self.status_ui(ui);
        });
        self.notices_ui(ui);
    }

    fn speed_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        let before = self.settings.batches_per_second;
        let (full, unit) = (text.full_speed, text.batches_per_second);
        let slider =
            egui::Slider::new(&mut self.settings.batches_per_second, 1.0..=Settings::FULL_SPEED)
                .logarithmic(true)
                .custom_formatter(move |x, _| {
                    if x >= f64::from(Settings::FULL_SPEED) { full.into() } else { format!("{x:.0} {unit}") }
                })
                .text(text.speed.name);
        let response = ui.add(slider).on_hover_text(text.speed.meaning);
        if response.double_clicked() {
            self.settings.batches_per_second = Settings::default().batches_per_second;
        }
        if self.settings.batches_per_second.to_bits() != before.to_bits() {
            self.commands.push(Command::SetPace(self.settings.pace()));
        }
    }

    fn status_ui(&self, ui: &mut egui::Ui) {
        let (text, s) = (self.text, &self.snapshot);
        if s.batches == 0 && s.failure.is_none() && s.sample.is_none() {
            ui.spinner();
            ui.label(text.loading);
            return;
        }
        let progress = format!(
            "{} {} {} {}, {} {}/{}",
            text.epoch, s.epoch, text.of, s.params.epochs, text.batch, s.batch, s.batches
        );
        ui.label(progress);
        if s.running {
            ui.weak(format!("{:.0} {}", s.batches_per_second, text.batches_per_second));
        } else {
            ui.strong(text.paused);
        }
    }

    fn notices_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        let mut dismissed = None;
        for (k, notice) in self.notices.iter().enumerate() {
            ui.horizontal_wrapped(|ui| {
                if ui.small_button(text.dismiss).clicked() {
                    dismissed = Some(k);
                }
                if notice.alarming {
                    ui.colored_label(theme::alarm(ui.visuals()), &notice.text);
                } else {
                    ui.label(&notice.text);
                }
            });
        }
        if let Some(k) = dismissed {
            self.notices.remove(k);
        }
        let pending = self.pending_restart();
        if !pending.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.strong(text.needs_restart.name).on_hover_text(text.needs_restart.meaning);
                ui.label(pending.join(", "));
                if ui.button(text.apply_restart).clicked() {
                    self.restart();
                }
                if ui.button(text.discard).clicked() {
                    self.params = (*self.snapshot.params).clone();
                }
            });
        }
    }

    /// One card a lane: name, test accuracy of this moment, what the lane is.
    pub(super) fn scores_ui(&self, ui: &mut egui::Ui) {
        ui.columns(LaneKind::ALL.len(), |columns| {
            for (ui, lane) in columns.iter_mut().zip(LaneKind::ALL) {
                let named = self.text.lane(lane);
                let color = theme::lane_color(lane, ui.visuals());
                ui.horizontal(|ui| {
                    ui.colored_label(color, egui::RichText::new(named.name).strong().size(17.0));
                    let score = self.snapshot.accuracy(lane);
                    let shown = score.map_or_else(|| "–".to_owned(), |a| format!("{:.1} %", 100.0 * a));
                    let number = egui::RichText::new(shown).strong().size(22.0).color(color);
                    ui.label(number).on_hover_text(self.text.now);
                });
                let caption = if lane == LaneKind::Ideal {
                    named.meaning.to_owned()
                } else {
                    format!("{} ({} {})", named.meaning, self.text.chip, self.snapshot.params.chip)
                };
                ui.add(egui::Label::new(egui::RichText::new(caption).size(12.0)).truncate());
            }
        });
    }
}

fn theme_name(theme: egui::ThemePreference) -> &'static str {
    match theme {
        egui::ThemePreference::System => "System",
        egui::ThemePreference::Light => "Light",
        egui::ThemePreference::Dark => "Dark",
    }
}
