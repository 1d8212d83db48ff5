//! The first screen: a digit, what three networks answer, one curve each, one chip, and a story that tells itself.
//!
//! The run is the one that the instrument shows. Lanes are held back until the story comes to them, never computed
//! for the picture.

mod chart;
mod chip;

use std::time::Duration;

use egui::{Align, Key, Layout, RichText, Ui};

use super::App;
use super::actions::Action;
use super::lesson::{Running, epochs};
use crate::lesson::Library;
use crate::params::Lane;
use crate::session::messages::SampleView;
use crate::views::{anchors, theme};

/// Size of the sentence that tells the story, in points.
const SENTENCE: f32 = 19.0;
/// A story at rest begins again after that time where nobody is at the controls, s.
const REST: f64 = 20.0;
/// And after that long without any input where somebody was, s.
const SILENCE: f64 = 180.0;
/// What stands for the first screen as a whole.
const ABOUT: &str = "action.story";
/// The strength of mismatch of a chip as it is made, %.
const AS_MADE: f64 = 20.0;
/// Time in which a network that learnt unseen is drawn from its first round, s.
const CATCHES_UP: f64 = 6.0;

/// What the first screen remembers from frame to frame.
#[derive(Default)]
pub(super) struct Story {
    /// Since when each lane is shown, s.
    shown_since: [Option<f64>; Lane::ALL.len()],
    /// Begins again by itself, for open days.
    pub(super) kiosk: bool,
    /// When something was pressed or moved last, s.
    touched: f64,
    /// When all was told, s.
    told_since: Option<f64>,
}

/// When the story begins again by itself, s: a while after all is told or something was touched, or after a long silence
/// where somebody has ended it; never while it is being told.
fn begins_again(is_open: bool, told_since: Option<f64>, touched: f64) -> Option<f64> {
    match (is_open, told_since) {
        (true, Some(told)) => Some(told.max(touched) + REST),
        (true, None) => None,
        (false, _) => Some(touched + SILENCE),
    }
}

impl App {
    /// Whether the first screen is shown; lessons come before it.
    pub(super) fn is_in_story(&self) -> bool {
        self.settings.screen == super::settings::Screen::Story && !self.is_in_lesson()
    }

    /// Lets the story begin again by itself, for open days.
    pub fn set_kiosk(&mut self, kiosk: bool) {
        self.story.kiosk = kiosk;
    }

    /// The step that the story has come to, by its id, for tests.
    #[doc(hidden)]
    pub fn story_step(&self) -> Option<&str> {
        self.lesson.as_ref().map(|lesson| lesson.player.step().id.as_str())
    }

    /// Begins the story, and with it a new run.
    pub(super) fn begin_story(&mut self, ctx: &egui::Context) {
        match Library::built_in().whole("story") {
            Ok(lesson) => {
                self.lesson = Some(Box::new(Running::new(lesson, &self.draft.params)));
                self.story.shown_since = Default::default();
                self.story.told_since = None;
                self.go_to_step(0, ctx);
            }
            Err(error) => log::error!("{error}"),
        }
    }

    /// Ends the story where it is; the run stays as it is.
    pub(super) fn end_story(&mut self) {
        if !self.is_in_lesson() {
            self.lesson = None;
        }
    }

    /// Whether all of the story is told.
    fn is_told(&self) -> bool {
        self.lesson.as_ref().is_none_or(|lesson| lesson.player.is_last() && lesson.player.is_done())
    }

    /// Any click or key ends the story; the space bar plays it again when all is told.
    pub(super) fn story_input(&mut self, ctx: &egui::Context) {
        if !self.is_in_story() {
            return;
        }
        let time = ctx.input(|i| i.time);
        let (pressed, key) = ctx.input(|i| {
            let key = i.events.iter().find_map(|event| match event {
                egui::Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => Some(*key),
                _ => None,
            });
            (i.pointer.any_pressed(), key)
        });
        if pressed || key.is_some() || ctx.input(|i| i.pointer.is_moving()) {
            self.story.touched = time;
        }
        let plays_again = key == Some(Key::Space) && self.lesson.is_some() && self.is_told();
        if plays_again {
            ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Space));
            return self.begin_story(ctx);
        }
        if pressed || key.is_some() {
            self.end_story();
        }
        if self.story.kiosk {
            let is_open = self.lesson.is_some();
            if is_open && self.is_told() {
                self.story.told_since.get_or_insert(time);
            }
            if let Some(at) = begins_again(is_open, self.story.told_since, self.story.touched) {
                if time >= at {
                    self.story.touched = time;
                    return self.begin_story(ctx);
                }
                ctx.request_repaint_after(Duration::from_secs_f64((at - time).max(0.1)));
            }
        }
    }

    /// The whole screen.
    pub(super) fn story_ui(&mut self, ui: &mut Ui) {
        let narrow = ui.available_width() < 1000.0;
        egui::Panel::top("story title").show(ui, |ui| self.story_title_ui(ui));
        egui::Panel::bottom("story controls").show(ui, |ui| self.story_controls_ui(ui));
        egui::Panel::bottom("story sentence").show(ui, |ui| self.story_sentence_ui(ui));
        let (left, right) = if narrow { (150.0, 210.0) } else { (190.0, 270.0) };
        egui::Panel::left("story sample").exact_size(left).resizable(false).show(ui, |ui| self.story_sample_ui(ui));
        egui::Panel::right("story chip").exact_size(right).resizable(false).show(ui, |ui| self.story_chip_ui(ui));
        egui::CentralPanel::default().show(ui, |ui| self.story_chart_ui(ui));
    }

    fn story_title_ui(&mut self, ui: &mut Ui) {
        let (text, ctx) = (self.text, ui.ctx().clone());
        ui.add_space(2.0);
        ui.horizontal(|ui| {
            self.menu_ui(ui);
            let title = ui.label(theme::strong("Misfit").size(18.0));
            anchors::mark(ui, ABOUT, title.rect);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for (action, named) in
                    [(Action::Instrument, text.lessons.instrument), (Action::Lessons, text.lessons.lessons)]
                {
                    let button = ui.button(named.name).on_hover_text(named.meaning);
                    anchors::mark(ui, format!("action.{}", action.key()), button.rect);
                    if button.clicked() {
                        self.perform(action, &ctx);
                    }
                }
            });
        });
        ui.add_space(2.0);
    }

    /// The sentence, large enough to be read from a distance, in a place of fixed height.
    fn story_sentence_ui(&self, ui: &mut Ui) {
        let text = self.text;
        let facts = self.facts(0.0);
        let (sentence, more) = if let Some(lesson) = &self.lesson {
            let more = if self.is_told() { text.lessons.again } else { "" };
            (lesson.player.step().text.said(text.language, Some(&facts)), more)
        } else {
            let lesson = Library::built_in().whole("story").ok();
            let last = lesson.and_then(|lesson| lesson.steps.last().map(|step| step.text.said(text.language, None)));
            (last.unwrap_or_default(), "")
        };
        ui.allocate_ui_with_layout(
            egui::vec2(ui.available_width(), 2.0 * SENTENCE + 14.0),
            Layout::top_down(Align::Center),
            |ui| {
                // The chart keeps its height whatever is said.
                ui.set_min_height(ui.available_height());
                ui.add_space(6.0);
                ui.add(egui::Label::new(theme::strong(sentence).size(SENTENCE)).wrap());
                if !more.is_empty() {
                    ui.weak(more);
                }
                anchors::mark(ui, ABOUT, ui.min_rect());
            },
        );
    }

    fn story_controls_ui(&mut self, ui: &mut Ui) {
        let (text, ctx) = (self.text, ui.ctx().clone());
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            self.action_button_ui(ui, Action::RunOrPause, &ctx);
            let start = ui.button(text.lessons.start_over).on_hover_text(text.reset.meaning);
            anchors::mark(ui, "action.restart", start.rect);
            if start.clicked() {
                self.restart();
            }
            ui.separator();
            self.story_sigma_ui(ui);
            ui.separator();
            self.action_button_ui(ui, Action::NewChip, &ctx);
            let broken = self.draft.params.chip.silent_neurons > 0.0;
            let name = if broken { text.lessons.mend } else { text.lessons.break_some.name };
            let button = ui.button(name).on_hover_text(text.lessons.break_some.meaning);
            anchors::mark(ui, "story.break", button.rect);
            if button.clicked() {
                self.draft.params.chip.silent_neurons = if broken { 0.0 } else { 0.5 };
            }
        });
        // Room for the mark below the slider, and for the ring around it.
        ui.add_space(22.0);
    }

    /// The one slider: how far all circuits are off, with a mark where a chip is as it was made.
    fn story_sigma_ui(&mut self, ui: &mut Ui) {
        let text = self.text;
        let mut percent = 100.0 * self.draft.params.chip.sigma;
        let name = ui.label(text.lessons.how_wrong);
        ui.spacing_mut().slider_width = (ui.available_width() - 300.0).clamp(100.0, 320.0);
        let slider = ui.add(egui::Slider::new(&mut percent, 0.0..=100.0).show_value(false));
        slider.widget_info(|| egui::WidgetInfo::slider(true, percent, text.lessons.how_wrong));
        let handle = slider.rect.height() / 2.0;
        let x = egui::lerp(slider.rect.left() + handle..=slider.rect.right() - handle, (AS_MADE / 100.0) as f32);
        let tick = [egui::pos2(x, slider.rect.bottom() - 3.0), egui::pos2(x, slider.rect.bottom() + 3.0)];
        ui.painter().line_segment(tick, egui::Stroke::new(1.5, theme::ghost(ui.visuals())));
        let mark = ui.painter().text(
            egui::pos2(x, slider.rect.bottom() + 2.0),
            egui::Align2::CENTER_TOP,
            text.lessons.as_made,
            egui::FontId::proportional(theme::SMALL),
            ui.visuals().weak_text_color(),
        );
        if slider.changed() {
            self.draft.params.chip.sigma = percent / 100.0;
        }
        let value = ui.label(theme::strong(format!("σ {percent:.0} %")));
        anchors::mark(ui, "param.sigma", name.rect.union(value.rect).union(mark));
    }

    /// The digit, and what each network that is shown says it is.
    fn story_sample_ui(&mut self, ui: &mut Ui) {
        let (text, snapshot) = (self.text, self.drawn());
        let Some(sample) = &snapshot.sample else { return };
        let of_class = |class: usize| sample.class_names.get(class).map_or("", String::as_str);
        ui.add_space(4.0);
        let name = ui.label(format!("{} {}", text.lessons.test_digit, sample.label.map_or("", of_class)));
        let side = ui.available_width().min(ui.available_height() * 0.42);
        let (rect, _) = ui.allocate_exact_size(egui::vec2(side, side), egui::Sense::hover());
        pixels(ui, rect, sample);
        anchors::mark(ui, "view.task", name.rect.union(rect));
        ui.add_space(8.0);
        for lane in Lane::WITH_HOST {
            let color = theme::lane_color(lane, ui.visuals());
            let trace = sample.lanes.iter().find(|trace| trace.lane == lane);
            let row = ui.horizontal(|ui| {
                let named = text.lessons.plain_short[lane as usize];
                ui.add(egui::Label::new(RichText::new(named).color(color)).truncate())
                    .on_hover_text(text.lane(lane).meaning);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let Some(trace) = trace else { return drop(ui.strong("?")) };
                    mark_ui(ui, sample.label == Some(trace.answer));
                    ui.label(theme::strong(of_class(trace.answer)).size(20.0).color(color));
                });
            });
            anchors::mark(ui, format!("card.{}", lane.name()), row.response.rect);
        }
    }

    /// The lanes whose curves are drawn, with the share of each that is.
    fn story_lanes(&mut self, ctx: &egui::Context) -> Vec<(Lane, f64)> {
        let now = ctx.input(|i| i.time);
        let shown = self.drawn();
        let told = self.lesson.is_some();
        let learnt = epochs(&self.snapshot);
        let mut lanes = Vec::new();
        for curve in &shown.curves {
            let since = *self.story.shown_since[curve.lane as usize].get_or_insert(now);
            let catches_up = told && curve.lane == Lane::InTheLoop && learnt > 1.0;
            let share = if catches_up { ((now - since) / CATCHES_UP).min(1.0) } else { 1.0 };
            if share < 1.0 {
                ctx.request_repaint_after(Duration::from_millis(33));
            }
            lanes.push((curve.lane, share));
        }
        lanes
    }
}

/// A tick or a cross, drawn, because not every font has them.
fn mark_ui(ui: &mut Ui, right: bool) {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), egui::Sense::hover());
    let stroke = |color| egui::Stroke::new(2.0, color);
    let at = |x: f32, y: f32| rect.min + egui::vec2(x, y);
    if right {
        let stroke = stroke(ui.visuals().text_color());
        ui.painter().line(vec![at(2.0, 8.0), at(6.0, 12.0), at(13.0, 2.0)], stroke);
    } else {
        let stroke = stroke(theme::alarm(ui.visuals()));
        ui.painter().line_segment([at(2.0, 2.0), at(12.0, 12.0)], stroke);
        ui.painter().line_segment([at(12.0, 2.0), at(2.0, 12.0)], stroke);
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, if right { "✓" } else { "×" }));
}

/// The picture of a sample.
fn pixels(ui: &Ui, rect: egui::Rect, sample: &SampleView) {
    let side = (sample.pixels.len() as f64).sqrt().round() as usize;
    if side == 0 || side * side != sample.pixels.len() {
        return;
    }
    let cell = rect.width() / side as f32;
    for (k, level) in sample.pixels.iter().enumerate() {
        let corner = rect.min + egui::vec2((k % side) as f32, (k / side) as f32) * cell;
        let square = egui::Rect::from_min_size(corner, egui::vec2(cell, cell));
        ui.painter().rect_filled(square, 0.0, theme::ink(*level, ui.visuals()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_stays_for_a_while_and_whoever_touches_it_has_longer() {
        assert_eq!(begins_again(true, None, 0.0), None, "while it is being told");
        assert_eq!(begins_again(true, Some(110.0), 0.0), Some(110.0 + REST), "nobody has touched it since it began");
        assert_eq!(begins_again(true, Some(110.0), 120.0), Some(120.0 + REST));
        assert_eq!(begins_again(false, None, 50.0), Some(50.0 + SILENCE), "somebody has ended it");
    }
}
