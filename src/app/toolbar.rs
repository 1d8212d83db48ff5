//! The buttons on top, the score of every lane, and notices.

use super::actions::Action;
use super::{App, Settings};
use crate::params::Lane;
use crate::session::messages::{EngineCommand, RECOVERED_WITHIN, Snapshot};
use crate::text::Named;
use crate::views::param_ui::double_clicked;
use crate::views::theme;

/// Width of the button that is Run or Pause.
const RUN_WIDTH: f32 = 52.0;
/// A toolbar that is narrower leaves out what can be spared, in points.
const NARROW: f32 = 940.0;
/// Height of the line below a score, in points.
const CAPTION: f32 = 13.0;
/// Height of the distance to the ideal lane, in points.
const GAP: f32 = 15.0;
/// For how many epochs it is said that the lane in the loop has recovered.
const SHOWN_FOR: usize = 5;
/// A lane that is that many points below the ideal one is in trouble.
const ALARMING_GAP: f64 = 2.0;

impl App {
    pub(super) fn toolbar_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.horizontal_wrapped(|ui| {
            self.menu_ui(ui);
            ui.separator();
            let button = |ui: &mut egui::Ui, named: Named| ui.button(named.name).on_hover_text(named.meaning).clicked();
            // Run and Pause take the same room, so that the buttons beside them stay where they are.
            let wide = |ui: &mut egui::Ui, named: Named| {
                let button = egui::Button::new(named.name).min_size(egui::vec2(RUN_WIDTH, 0.0));
                ui.add(button).on_hover_text(named.meaning).clicked()
            };
            if self.snapshot.failure.is_some() {
                if ui.button(text.start_again).clicked() {
                    self.restart();
                }
            } else if self.snapshot.running {
                if wide(ui, text.pause) {
                    self.commands.push(EngineCommand::Pause);
                }
            } else if wide(ui, if self.snapshot.chip_failed { text.try_again } else { text.run }) {
                self.commands.push(EngineCommand::Run);
            }
            if button(ui, text.step) {
                self.commands.push(EngineCommand::StepBatch);
            }
            if button(ui, text.reset) {
                self.restart();
            }
            ui.separator();
            if button(ui, text.new_chip) {
                self.draft.params.chip.number = self.draft.params.chip.number.wrapping_add(1);
            }
            if self.draft.calibrated && !is_narrow(ui) {
                let badge = ui.small_button(format!("{} ×", text.is_calibrated));
                if badge.on_hover_text(text.uncalibrate.name).clicked() {
                    self.draft.calibrated = false;
                }
            }
            if button(ui, text.new_weights) {
                self.perform(Action::NewWeights, &ui.ctx().clone());
            }
            ui.separator();
            self.speed_ui(ui);
            ui.separator();
            self.status_ui(ui);
        });
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
        ui.spacing_mut().slider_width = if is_narrow(ui) { 44.0 } else { 80.0 };
        let response = ui.add(slider).on_hover_text(text.speed.meaning);
        if double_clicked(ui, &response) {
            self.settings.batches_per_second = Settings::default().batches_per_second;
        }
        if self.settings.batches_per_second.to_bits() != before.to_bits() {
            self.commands.push(EngineCommand::SetPace(self.settings.pace()));
        }
    }

    fn status_ui(&self, ui: &mut egui::Ui) {
        let (text, s) = (self.text, &self.snapshot);
        if let Some((done, total)) = self.session.loading() {
            ui.spinner();
            ui.label(format!("{} {done} {} {total}", text.loading, text.of));
            if ui.button(text.stop.name).on_hover_text(text.stop.meaning).clicked() {
                self.session.stop_loading();
            }
            return;
        }
        if s.batches == 0 && s.failure.is_none() && s.sample.is_none() {
            ui.spinner();
            ui.label(text.loading);
            return;
        }
        // Who goes on after the planned epochs does not read "epoch 44 of 40".
        let planned = s.params.learning.epochs as usize;
        let of = if s.epoch <= planned { format!(" {} {planned}", text.of) } else { String::new() };
        let progress = format!("{} {}{of}, {} {}/{}", text.epoch, s.epoch, text.batch, s.batch, s.batches);
        ui.add(egui::Label::new(progress).extend());
        if s.running {
            // In a narrow window it would wrap into a second line and move everything below.
            if !is_narrow(ui) {
                ui.weak(format!("{:.0} {}", s.batches_per_second, text.batches_per_second));
            }
        } else {
            ui.strong(text.paused);
        }
        if s.lost_events > 0 {
            let lost = text.plurals.events_lost.of(s.lost_events as usize);
            ui.colored_label(theme::alarm(ui.visuals()), lost).on_hover_text(text.lost_events.meaning);
        }
        match way_back(s) {
            Some(WayBack::To(accuracy)) => {
                let words = format!("{} {:.1} %", text.recovering.name, 100.0 * accuracy);
                ui.weak(words).on_hover_text(text.recovering.meaning);
            }
            Some(WayBack::Took(epochs)) => {
                let words = format!("{} {}", text.recovered.name, text.plurals.epochs.of(epochs));
                ui.weak(words).on_hover_text(text.recovered.meaning);
            }
            None => {}
        }
    }

    /// One card a lane: name, test accuracy of this moment, what the lane is.
    pub(super) fn scores_ui(&self, ui: &mut egui::Ui) {
        let lanes = &self.snapshot.params.learning.lanes;
        ui.columns(lanes.len(), |columns| {
            for (ui, &lane) in columns.iter_mut().zip(lanes) {
                let named = self.text.lane(lane);
                let color = theme::lane_color(lane, ui.visuals());
                ui.horizontal(|ui| {
                    ui.colored_label(color, egui::RichText::new(named.name).strong().size(17.0));
                    let score = self.score(lane);
                    let shown = score.map_or_else(|| "–".to_owned(), |a| format!("{:.1} %", 100.0 * a));
                    let number = egui::RichText::new(shown).strong().size(22.0).color(color);
                    ui.label(number).on_hover_text(self.text.dialogs.score);
                    if self.snapshot.is_remeasured() {
                        let named = self.text.remeasured;
                        ui.label(egui::RichText::new(named.name).italics()).on_hover_text(named.meaning);
                    }
                    self.gap_ui(ui, lane);
                });
                let short = self.text.lanes_short[lane as usize];
                let s = &self.snapshot;
                let state =
                    if s.chip.is_calibrated() { format!(", {}", self.text.is_calibrated) } else { String::new() };
                let of_chip = |words: &str| match lane {
                    Lane::Ideal => words.to_owned(),
                    _ => format!("{words} ({} {}{state})", self.text.chip, s.params.chip.number),
                };
                let captions = [of_chip(named.meaning), named.meaning.to_owned(), of_chip(short), short.to_owned()];
                let caption = egui::RichText::new(fitting(ui, captions, CAPTION)).size(CAPTION);
                ui.add(egui::Label::new(caption).truncate()).on_hover_text(named.meaning);
            }
        });
    }
}

impl App {
    fn score(&self, lane: Lane) -> Option<f64> {
        self.snapshot.accuracy(lane).filter(|score| score.is_finite())
    }

    /// What the faults cost: the distance to the ideal lane in points of accuracy.
    fn gap_ui(&self, ui: &mut egui::Ui, lane: Lane) {
        let text = self.text;
        let shown = match (self.score(lane), self.score(Lane::Ideal)) {
            (Some(_), _) if lane == Lane::Ideal => egui::RichText::new(text.now).weak(),
            (Some(score), Some(ideal)) => {
                let points = 100.0 * (score - ideal);
                let long = format!("{} {}", signed(points), text.points_against_ideal);
                let words = egui::RichText::new(fitting(ui, [long, signed(points)], GAP)).size(GAP);
                if points < -ALARMING_GAP { words.strong().color(theme::alarm(ui.visuals())) } else { words }
            }
            (Some(_), None) => egui::RichText::new(text.now).weak(),
            (None, _) => return,
        };
        ui.add(egui::Label::new(shown).truncate()).on_hover_text(text.points_against_ideal);
    }
}

/// How the lane in the loop fares after its chip was disturbed.
#[derive(Debug, PartialEq)]
enum WayBack {
    /// On the way to that accuracy, 0…1.
    To(f64),
    /// Back after that many epochs.
    Took(usize),
}

/// What there is to say about the way back: nothing as soon as it is over or given up, which it is when the cause was
/// taken back or nothing is learnt any more, and nothing about one that was over long ago.
fn way_back(s: &Snapshot) -> Option<WayBack> {
    let recovery = s.recovery?;
    if let Some(epochs) = recovery.epochs {
        return (s.epoch <= recovery.epoch + epochs + SHOWN_FOR).then_some(WayBack::Took(epochs));
    }
    let below = s.accuracy(s.params.learning.learner()?).is_some_and(|now| now < recovery.before - RECOVERED_WITHIN);
    (s.running && s.looking_at.is_none() && below).then_some(WayBack::To(recovery.before))
}

/// Whether everything in the toolbar has to move together to stay in one line.
fn is_narrow(ui: &egui::Ui) -> bool {
    ui.max_rect().width() < NARROW
}

/// The first of these words that fits into the line, or else the last.
fn fitting<const N: usize>(ui: &egui::Ui, words: [String; N], size: f32) -> String {
    let room = ui.available_width();
    let font = egui::FontId::proportional(size);
    let width =
        |words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), egui::Color32::WHITE).size().x;
    let mut last = String::new();
    for candidate in words {
        if width(&candidate) <= room {
            return candidate;
        }
        last = candidate;
    }
    last
}

/// A number with its sign and one decimal; never "−0.0".
fn signed(points: f64) -> String {
    let tenths = (10.0 * points).round() / 10.0;
    let sign = if tenths < 0.0 {
        "−"
    } else if tenths > 0.0 {
        "+"
    } else {
        "±"
    };
    format!("{sign}{:.1}", tenths.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use crate::session::messages::{Recovery, Scores};

    /// In epoch 12, ten epochs after which the chip was disturbed.
    fn disturbed(accuracy: f64) -> Snapshot {
        let mut snapshot = Snapshot::empty(&Params::default());
        let scores = Scores { loss: 0.5, accuracy, hidden_spikes: 1.0 };
        (snapshot.running, snapshot.epoch, snapshot.now) = (true, 12, vec![(Lane::InTheLoop, scores)]);
        snapshot.recovery = Some(Recovery { epoch: 10, before: 0.96, worst: 0.6, epochs: None });
        snapshot
    }

    #[test]
    fn the_way_back_is_told_while_it_lasts_and_not_when_it_is_over_or_given_up() {
        assert_eq!(way_back(&disturbed(0.7)), Some(WayBack::To(0.96)));
        assert_eq!(way_back(&disturbed(0.955)), None, "the cause was taken back, or it is there already");
        assert_eq!(way_back(&Snapshot { running: false, ..disturbed(0.7) }), None, "nothing is learnt");
        assert_eq!(way_back(&Snapshot { looking_at: Some(3), ..disturbed(0.7) }), None, "the scores are of the past");
        let recovered = Some(Recovery { epochs: Some(3), ..disturbed(0.7).recovery.expect("one") });
        assert_eq!(way_back(&Snapshot { recovery: recovered, ..disturbed(0.96) }), Some(WayBack::Took(3)));
        assert_eq!(way_back(&Snapshot { recovery: recovered, epoch: 30, ..disturbed(0.96) }), None, "old news");
    }

    #[test]
    fn gaps_carry_their_sign_and_zero_has_none() {
        assert_eq!([-8.13, 0.62, -0.04, 0.0].map(signed), ["−8.1", "+0.6", "±0.0", "±0.0"]);
    }
}
