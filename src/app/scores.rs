//! One card a lane: its score, large enough for the last row, what its faults cost, and how it recovers.

use egui::{Align, Color32, Frame, Layout, Margin, Rect, RichText, Ui, vec2};

use super::App;
use super::toolbar::elided;
use crate::params::Lane;
use crate::session::messages::{RECOVERED_WITHIN, Snapshot};
use crate::views::anchors;
use crate::views::theme::{self, icons};

/// Height of what is said beside a score, in points.
const BESIDE: f32 = 0.6 * theme::SCORE;
/// For how many epochs it is said that the lane in the loop has recovered.
const SHOWN_FOR: usize = 5;
/// A lane that is that many points below the ideal one is in trouble.
const ALARMING_GAP: f64 = 2.0;
/// A score that drops by that much at once is a fall, 0…1.
const FALL: f64 = 0.02;
/// Smaller steps of a score are made at once, 0…1.
const STEP: f64 = 0.005;
/// Duration of the flash after a fall, s.
const FLASH: f64 = 0.6;

impl App {
    pub(super) fn scores_ui(&mut self, ui: &mut Ui) {
        let lanes = self.drawn().params.learning.lanes.clone();
        let gap = ui.spacing().item_spacing.x;
        ui.columns(lanes.len().max(1), |columns| {
            for (ui, &lane) in columns.iter_mut().zip(&lanes) {
                ui.spacing_mut().item_spacing = vec2(gap, 0.0);
                let inner = Margin { left: 12, right: 8, top: 4, bottom: 4 };
                let fill = ui.visuals().extreme_bg_color;
                let card = Frame::new().fill(fill).corner_radius(theme::RADIUS).inner_margin(inner);
                let rect = card.show(ui, |ui| self.card_ui(ui, lane)).response.rect;
                let color = theme::lane_color(lane, ui.visuals());
                let bar = Rect::from_min_size(rect.min, vec2(0.5 * theme::UNIT, rect.height()));
                ui.painter().rect_filled(bar, theme::RADIUS, color);
                anchors::mark(ui, format!("card.{}", lane.name()), rect);
                self.flash_ui(ui, lane, rect);
            }
        });
    }

    fn card_ui(&mut self, ui: &mut Ui, lane: Lane) {
        let (text, named) = (self.text, self.text.lane(lane));
        let color = theme::lane_color(lane, ui.visuals());
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(theme::strong(named.name).color(color));
            let learns = self.snapshot.params.learning.learner() == Some(lane);
            // What was then cannot be taken back.
            if learns && self.snapshot.looking_at.is_some() {
                if self.snapshot.chip.is_calibrated() {
                    ui.label(RichText::new(text.is_calibrated).small());
                }
            } else if learns && self.draft.calibrated {
                let badge = ui.small_button(format!("{} ×", text.is_calibrated));
                if badge.on_hover_text(text.uncalibrate.name).clicked() {
                    self.draft.calibrated = false;
                }
            }
            let chip = match &*self.snapshot.chip {
                foreign if foreign.is_foreign => foreign.name.clone(),
                _ => format!("{} {}", text.chip, self.snapshot.params.chip.number),
            };
            let is_told = lane != Lane::Ideal && !chip.is_empty();
            let [open, close] = text.brackets;
            let of_chip = |words: &str| if is_told { format!("{words}{open}{chip}{close}") } else { words.into() };
            let short = text.lanes_short[lane as usize];
            let captions = [of_chip(named.meaning), named.meaning.to_owned(), of_chip(short), short.to_owned()];
            let caption = fitting(ui, captions, &egui::FontId::proportional(theme::SMALL));
            elided(ui, RichText::new(caption).small().weak()).on_hover_text(named.meaning);
        });
        ui.horizontal(|ui| {
            let score = self.shown_score(ui.ctx(), lane);
            let shown = score.map_or_else(|| "–".to_owned(), |a| format!("{:.1} %", 100.0 * a));
            let number = RichText::new(shown).font(theme::strong_font(theme::SCORE)).color(color);
            ui.label(number).on_hover_text(text.dialogs.score);
            if self.snapshot.is_remeasured(lane) {
                let named = text.remeasured;
                ui.label(RichText::new(named.name).small().italics()).on_hover_text(named.meaning);
            }
            // From the right, so that the badge stands still while the gap changes its length.
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if self.snapshot.params.learning.learner() == Some(lane) {
                    self.way_back_ui(ui);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.gap_ui(ui, lane));
            });
        });
    }

    fn score(&self, lane: Lane) -> Option<f64> {
        self.snapshot.accuracy(lane).filter(|score| score.is_finite())
    }

    /// A score on its way to where it is, so that all numbers made from it move together.
    fn shown_score(&self, ctx: &egui::Context, lane: Lane) -> Option<f64> {
        self.score(lane).map(|score| theme::eased(ctx, egui::Id::unique(("shown score", lane)), score, STEP))
    }

    /// What the faults cost: the distance to the ideal lane in points of accuracy.
    fn gap_ui(&self, ui: &mut Ui, lane: Lane) {
        let text = self.text;
        let shown = match (self.shown_score(ui.ctx(), lane), self.shown_score(ui.ctx(), Lane::Ideal)) {
            (Some(score), Some(ideal)) if lane != Lane::Ideal => {
                let points = 100.0 * (score - ideal);
                let alarming = points < -ALARMING_GAP;
                let font = if alarming { theme::strong_font(BESIDE) } else { egui::FontId::proportional(BESIDE) };
                let long = format!("{} {}", signed(points), text.points_against_ideal);
                // Beside a long way back there is room for neither.
                let room = [long, signed(points), String::new()];
                let words = RichText::new(fitting(ui, room, &font)).font(font);
                if alarming { words.color(theme::alarm(ui.visuals())) } else { words }
            }
            (Some(_), _) => RichText::new(text.now).weak(),
            (None, _) => return,
        };
        elided(ui, shown).on_hover_text(text.points_against_ideal);
    }

    /// A badge on the lane that learns: how far its score fell, and how it comes back.
    fn way_back_ui(&self, ui: &mut Ui) {
        let text = self.text;
        let Some(back) = way_back(&self.snapshot) else { return };
        let lost = self.snapshot.recovery.map_or(0.0, |recovery| 100.0 * (recovery.worst - recovery.before));
        let fall = if lost <= -1.0 { format!("{} −{:.0}  ", icons::FALL, -lost) } else { String::new() };
        let (sign, long, short, meaning, color) = match back {
            WayBack::To(accuracy) => {
                let goal = format!("{:.1} %", 100.0 * accuracy);
                let color = theme::alarm(ui.visuals());
                ("", format!("{} {goal}", text.recovering.name), format!("→ {goal}"), text.recovering.meaning, color)
            }
            WayBack::Fell => ("", String::new(), String::new(), text.recovering.meaning, theme::alarm(ui.visuals())),
            WayBack::Took(epochs) => {
                let epochs = text.plurals.epochs.of(epochs);
                let color = theme::lane_color(Lane::InTheLoop, ui.visuals());
                (icons::CHECK, format!("{} {epochs}", text.recovered.name), epochs, text.recovered.meaning, color)
            }
        };
        let font = theme::strong_font(BESIDE);
        let room = [&long, &short].map(|words| format!("{fall}{sign} {words}"));
        let words = RichText::new(fitting(ui, room, &font)).font(font).color(color);
        elided(ui, words).on_hover_text(meaning);
    }

    /// A score that falls flashes once.
    fn flash_ui(&self, ui: &Ui, lane: Lane, card: Rect) {
        let Some(score) = self.score(lane) else { return };
        let (id, now) = (egui::Id::unique(("score", lane)), ui.input(|i| i.time));
        let (last, fell) = ui.data(|data| data.get_temp(id)).unwrap_or((score, f64::NEG_INFINITY));
        let fell = if score < last - FALL { now } else { fell };
        ui.data_mut(|data| data.insert_temp(id, (score, fell)));
        let left = 1.0 - (now - fell) / FLASH;
        if left > 0.0 && ui.style().animation_time > 0.0 {
            let color = theme::alarm(ui.visuals()).gamma_multiply(0.4 * left as f32);
            ui.painter().rect_filled(card, theme::RADIUS, color);
            ui.ctx().request_repaint();
        }
    }
}

/// How the lane in the loop fares after its chip was disturbed.
#[derive(Debug, PartialEq)]
enum WayBack {
    /// Below where it was, and nothing is learnt.
    Fell,
    /// On the way to that accuracy, 0…1.
    To(f64),
    /// Back after that many epochs.
    Took(usize),
}

/// What there is to say about the way back: nothing as soon as it is over or the cause was taken back, and nothing about
/// one that was over long ago.
fn way_back(s: &Snapshot) -> Option<WayBack> {
    let recovery = s.recovery?;
    if let Some(epochs) = recovery.epochs {
        return (s.epoch <= recovery.epoch + epochs + SHOWN_FOR).then_some(WayBack::Took(epochs));
    }
    let below = s.accuracy(s.params.learning.learner()?).is_some_and(|now| now < recovery.before - RECOVERED_WITHIN);
    let back = if s.running { WayBack::To(recovery.before) } else { WayBack::Fell };
    (s.looking_at.is_none() && below).then_some(back)
}

/// The first of these words that fits into the line, or else the last.
fn fitting<const N: usize>(ui: &Ui, words: [String; N], font: &egui::FontId) -> String {
    let room = ui.available_width();
    let width = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), Color32::WHITE).size().x;
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
    use crate::session::messages::{Evaluation, Recovery, Scores};

    /// In epoch 12, ten epochs after which the chip was disturbed.
    fn disturbed(accuracy: f64) -> Snapshot {
        let mut snapshot = Snapshot::empty(&Params::default());
        let scores = Scores { loss: 0.5, accuracy, hidden_spikes: 1.0 };
        let (confusion, rates) = (ndarray::Array2::zeros((2, 2)), Vec::new());
        let seen = Evaluation { lane: Lane::InTheLoop, scores, confusion, rates, flat: 0.0 };
        (snapshot.running, snapshot.epoch, snapshot.examined) = (true, 12, vec![seen].into());
        snapshot.recovery = Some(Recovery { epoch: 10, before: 0.96, worst: 0.6, epochs: None });
        snapshot
    }

    #[test]
    fn the_way_back_is_told_while_it_lasts_and_not_when_it_is_over_or_given_up() {
        assert_eq!(way_back(&disturbed(0.7)), Some(WayBack::To(0.96)));
        assert_eq!(way_back(&disturbed(0.955)), None, "the cause was taken back, or it is there already");
        assert_eq!(way_back(&Snapshot { running: false, ..disturbed(0.7) }), Some(WayBack::Fell), "nothing is learnt");
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
