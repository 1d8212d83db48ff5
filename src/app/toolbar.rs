//! The buttons on top, in one row that never wraps: where there is no room, words make way for icons and tooltips.

use super::actions::Action;
use super::{App, Settings};
use crate::session::messages::EngineCommand;
use crate::text::Named;
use crate::views::anchors;
use crate::views::param_ui::double_clicked;
use crate::views::theme::{self, icons};

/// Width of the button that is Run or Pause, in points.
const RUN_WIDTH: f32 = 76.0;
/// A toolbar that is narrower has icons in place of words, in points.
const WORDS: f32 = 1000.0;
/// A toolbar that is narrower leaves out what can be spared, in points.
const NARROW: f32 = 940.0;
/// Height of the row, in points.
const HEIGHT: f32 = 24.0;

impl App {
    pub(super) fn toolbar_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.horizontal(|ui| {
            ui.set_min_height(HEIGHT);
            let words = ui.max_rect().width() >= WORDS;
            self.menu_ui(ui);
            ui.separator();
            self.run_ui(ui, words);
            if icons::button(ui, icons::STEP, text.step, words).clicked() {
                self.commands.push(EngineCommand::StepBatch);
            }
            if icons::button(ui, icons::RESET, text.reset, words).clicked() {
                self.restart();
            }
            ui.separator();
            if icons::button(ui, icons::CHIP, text.new_chip, words).clicked() {
                self.perform(Action::NewChip, &ui.ctx().clone());
            }
            if icons::button(ui, icons::DICE, text.new_weights, words).clicked() {
                self.perform(Action::NewWeights, &ui.ctx().clone());
            }
            ui.separator();
            self.speed_ui(ui);
            ui.separator();
            self.status_ui(ui);
        });
    }

    /// Run and Pause take the same room, so that the buttons beside them stay where they are.
    fn run_ui(&mut self, ui: &mut egui::Ui, words: bool) {
        let (text, s) = (self.text, &self.snapshot);
        let (icon, named) = match (&s.failure, s.running) {
            (Some(_), _) => (icons::RESET, Named { name: text.start_again, meaning: "" }),
            (None, true) => (icons::PAUSE, text.pause),
            (None, false) if s.chip_failed => (icons::RESET, text.try_again),
            (None, false) => (icons::PLAY, text.run),
        };
        let chosen = ui.visuals().selection;
        let shown = egui::RichText::new(icons::label(icon, named.name, words)).color(chosen.stroke.color);
        let width = if words { RUN_WIDTH } else { 0.0 };
        let button = egui::Button::new(shown).fill(chosen.bg_fill).min_size(egui::vec2(width, 0.0));
        let response = ui.add(button);
        if icons::named(ui, response, named, words).clicked() {
            match (s.failure.is_some(), s.running) {
                (true, _) => self.restart(),
                (false, true) => self.commands.push(EngineCommand::Pause),
                (false, false) => self.run(),
            }
        }
    }

    pub(super) fn speed_ui(&mut self, ui: &mut egui::Ui) {
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
        ui.spacing_mut().slider_width = if ui.max_rect().width() < NARROW { 44.0 } else { 80.0 };
        let response = ui.add(slider).on_hover_text(text.speed.meaning);
        anchors::mark(ui, "speed", response.rect);
        if double_clicked(ui, &response) {
            self.settings.batches_per_second = Settings::default().batches_per_second;
        }
        if self.settings.batches_per_second.to_bits() != before.to_bits() {
            self.commands.push(EngineCommand::SetPace(self.settings.pace()));
        }
    }

    fn status_ui(&self, ui: &mut egui::Ui) {
        let (text, s) = (self.text, &self.snapshot);
        if let Some((done, total)) = self.threads.session.loading() {
            ui.spinner();
            if ui.button(text.stop.name).on_hover_text(text.stop.meaning).clicked() {
                self.threads.session.stop_loading();
            }
            elided(ui, format!("{} {done} {} {total}", text.loading, text.of));
            return;
        }
        if s.batches == 0 && s.failure.is_none() && s.sample.is_none() {
            ui.spinner();
            elided(ui, text.loading);
            return;
        }
        if !s.running {
            ui.label(theme::strong(text.paused));
        }
        if s.lost_events > 0 {
            let lost = text.plurals.events_lost.of(s.lost_events as usize);
            ui.colored_label(theme::alarm(ui.visuals()), lost).on_hover_text(text.lost_events.meaning);
        }
        // After the planned epochs it is not "epoch 44 of 40".
        let planned = s.params.learning.epochs as usize;
        let of = if s.epoch <= planned { format!(" {} {planned}", text.of) } else { String::new() };
        let rate = if s.running {
            format!("{comma}{:.0} {}", s.batches_per_second, text.batches_per_second, comma = text.comma)
        } else {
            String::new()
        };
        elided(
            ui,
            format!(
                "{} {}{of}{comma}{} {}/{}{rate}",
                text.epoch,
                s.epoch,
                text.batch,
                s.batch,
                s.batches,
                comma = text.comma
            ),
        );
    }
}

/// Words in what is left of the row, cut where there is no more room; the whole is in the tooltip then.
pub(super) fn elided(ui: &mut egui::Ui, words: impl Into<egui::WidgetText>) -> egui::Response {
    ui.add(egui::Label::new(words).truncate())
}
