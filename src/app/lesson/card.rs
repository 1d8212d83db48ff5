//! The card of the lesson at the right edge: text, question, controls, and the way on.

mod ask;

use egui::{Align, Key, Layout, Modifiers, RichText, Ui};

use super::super::App;
use super::super::actions::Action;
use super::{Running, now, spotlight};
use crate::lesson::condition::Facts;
use crate::lesson::words::{Piece, Words};
use crate::lesson::{Control, Given, Guess, Shown};
use crate::params::{Value, find};
use crate::session::messages::EngineCommand;
use crate::text::{Language, LessonsText};
use crate::views::{anchors, param_ui::param_ui, theme};
use ask::ask_ui;

/// Width of the card, in points.
const WIDTH: f32 = 300.0;
/// Width of a button with a short name, in points.
const SHORTEST: f32 = 54.0;
/// Time between two sentences for screen readers, s.
const SPOKEN_EVERY: f64 = 10.0;

/// What the card was asked for in this frame.
enum Wanted {
    Back,
    Next,
    Leave,
}

impl App {
    /// The card, if a lesson is open. Has to be drawn before the panels in the middle.
    pub(in crate::app) fn lesson_card_ui(&mut self, ui: &mut Ui) {
        if !self.is_in_lesson() {
            return;
        }
        let ctx = ui.ctx().clone();
        let panel = egui::Panel::right("lesson").exact_size(WIDTH).resizable(false);
        let shown = panel.show(ui, |ui| egui::ScrollArea::vertical().show(ui, |ui| self.step_ui(ui)).inner);
        anchors::mark(ui, spotlight::CARD, shown.response.rect);
        match shown.inner {
            Some(Wanted::Back) => self.step_by(-1, &ctx),
            Some(Wanted::Next) => self.step_by(1, &ctx),
            Some(Wanted::Leave) => self.leave_lesson(),
            None => {}
        }
    }

    /// The step before or the next one; beyond the last one is the end.
    pub(super) fn step_by(&mut self, by: isize, ctx: &egui::Context) {
        let Some(lesson) = &self.lesson else { return };
        let next = lesson.player.place().saturating_add_signed(by);
        if by > 0 && lesson.player.is_last() { self.leave_lesson() } else { self.go_to_step(next, ctx) }
    }

    fn step_ui(&mut self, ui: &mut Ui) -> Option<Wanted> {
        let ctx = ui.ctx().clone();
        let (text, now) = (self.text, now(&ctx));
        let (words, language) = (&text.lessons, text.language);
        let facts = self.facts(now);
        let Some(lesson) = &mut self.lesson else { return None };
        let (place, count) = (lesson.player.place(), lesson.player.lesson.steps.len());
        let step = lesson.player.step().clone();
        let title = if step.title.is_empty() { &lesson.player.lesson.title } else { &step.title };
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.heading(title.said(language, None));
            ui.weak(format!("{} / {count}", place + 1));
        });
        if let Some(why) = &lesson.broken {
            ui.colored_label(theme::alarm(ui.visuals()), why);
        }
        ui.add_space(4.0);
        let mut asked = None;
        words_ui(ui, &step.text, language, &facts, &mut asked);
        if let Some(ask) = &step.ask {
            ui.add_space(8.0);
            let again = ask_ui(ui, (ask, self.presenter.votes()), lesson, &facts, language);
            if again {
                self.presenter.votes.again();
            }
        }
        if lesson.player.is_done() && !step.why.is_empty() && !lesson.player.is_asking() {
            ui.add_space(8.0);
            ui.group(|ui| words_ui(ui, &step.why, language, &facts, &mut asked));
        }
        if lesson.player.shows_hint(now) {
            ui.add_space(8.0);
            words_ui(ui, &step.hint, language, &facts, &mut asked);
        }
        let peeks = ctx.input(|i| i.key_down(Key::N) && i.modifiers.is_none()) && !ctx.text_edit_focused();
        if peeks && !step.notes.is_empty() {
            ui.add_space(8.0);
            ui.separator();
            words_ui(ui, &step.notes, language, &facts, &mut asked);
        }
        ui.add_space(8.0);
        let standing = standing(lesson, &facts, language);
        live_ui(ui, lesson.spoken.told(&standing, now), &standing);
        if step.shown != Shown::All {
            self.lesson_controls_ui(ui);
        }
        if let Some(term) = asked {
            self.handbook.show(&term);
        }
        self.buttons_ui(ui, words)
    }

    /// Back, Next, Leave. *Next* is never locked; what is not done is only said.
    fn buttons_ui(&self, ui: &mut Ui, words: &LessonsText) -> Option<Wanted> {
        let player = &self.lesson.as_ref()?.player;
        let mut wanted = None;
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if ui.add_enabled(player.place() > 0, egui::Button::new(words.back)).clicked() {
                wanted = Some(Wanted::Back);
            }
            let next = if player.is_last() { words.finish } else { words.next };
            let next = egui::Button::new(theme::strong(next));
            if ui.add(next).clicked() {
                wanted = Some(Wanted::Next);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button(words.leave.name).on_hover_text(words.leave.meaning).clicked() {
                    wanted = Some(Wanted::Leave);
                }
            });
        });
        if let Some(done) = &player.step().done
            && !player.is_done()
        {
            ui.weak(if player.is_asking() { words.answer_first } else { words.not_yet }).on_hover_text(&done.text);
        }
        wanted
    }

    /// The controls that the step shows.
    fn lesson_controls_ui(&mut self, ui: &mut Ui) {
        let Some(lesson) = &self.lesson else { return };
        let Shown::Some(keys) = lesson.player.step().shown.clone() else { return };
        let controls = lesson.player.lesson.controls.clone();
        let ctx = ui.ctx().clone();
        ui.separator();
        let actions: Vec<Action> = keys.iter().filter_map(|key| Action::from_key(key)).collect();
        ui.horizontal_wrapped(|ui| actions.iter().for_each(|action| self.action_button_ui(ui, *action, &ctx)));
        for key in &keys {
            let own = key.strip_prefix("control.").and_then(|id| controls.iter().find(|control| control.id == id));
            if let Some(control) = own {
                self.own_control_ui(ui, control);
            } else if let Some(spec) = find(key) {
                param_ui(ui, spec, &mut self.draft.params, self.text);
            } else if key == "speed" {
                self.speed_ui(ui);
            }
        }
        self.lesson_waiting_ui(ui);
    }

    /// A button for an action; *Run* goes on to where the lesson wanted to.
    pub(in crate::app) fn action_button_ui(&mut self, ui: &mut Ui, action: Action, ctx: &egui::Context) {
        let text = self.text;
        let named = match action {
            Action::RunOrPause if self.snapshot.running => text.pause,
            Action::RunOrPause => text.run,
            Action::Reset => text.reset,
            other => crate::text::Named { name: "", meaning: other.meaning(text) },
        };
        let name = if named.name.is_empty() { action.name(text) } else { named.name.to_owned() };
        // Run and Pause are as wide as each other, so that what stands beside them stays where it is.
        let button = ui.add(egui::Button::new(name).min_size(egui::vec2(SHORTEST, 0.0))).on_hover_text(named.meaning);
        anchors::mark(ui, format!("action.{}", action.key()), button.rect);
        if button.clicked() {
            self.perform(action, ctx);
        }
    }

    /// A slider that drives several parameters.
    pub(in crate::app) fn own_control_ui(&mut self, ui: &mut Ui, control: &Control) {
        let Some(first) = control.sets.first() else { return };
        let si = match (first.get)(&self.draft.params) {
            Value::Number(si) => si,
            _ => first.automatic(&self.draft.params).unwrap_or_default(),
        };
        let mut value = first.unit.shown_from_si(si);
        ui.label(control.label.said(self.text.language, None));
        let suffix = if control.unit.is_empty() { String::new() } else { format!(" {}", control.unit) };
        let slider = egui::Slider::new(&mut value, control.from..=control.to)
            .logarithmic(control.logarithmic)
            .suffix(suffix)
            // A value beyond the ends is shown, and stays until the slider is moved.
            .clamping(egui::SliderClamping::Edits)
            .max_decimals(4);
        let response = ui.add(slider);
        anchors::mark(ui, format!("control.{}", control.id), response.rect);
        if response.changed() {
            for spec in &control.sets {
                let value = Value::Number(spec.unit.si_from_shown(value));
                if spec.check(&value, &control.id).is_ok() {
                    (spec.set)(&mut self.draft.params, value);
                }
            }
        }
    }

    /// What waits for a restart, with a button.
    fn lesson_waiting_ui(&mut self, ui: &mut Ui) {
        let waits = self.draft.waiting(&self.snapshot.params).next().is_some();
        if waits && ui.button(self.text.apply_restart).clicked() {
            self.prepare(self.draft.protocol());
        }
    }

    /// The keys of a lesson. Returns whether a key was one of them.
    pub(in crate::app) fn lesson_keys(&mut self, ctx: &egui::Context) {
        if !self.is_in_lesson() || ctx.text_edit_focused() || self.palette.is_some() || self.questions.is_open() {
            return;
        }
        let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if pressed(Key::PageDown) {
            self.step_by(1, ctx);
        } else if pressed(Key::PageUp) {
            self.step_by(-1, ctx);
        }
        let Some(lesson) = &mut self.lesson else { return };
        if pressed(Key::B) {
            lesson.blank = !lesson.blank;
        }
        if !lesson.spot_is_off && !lesson.player.step().spot.is_empty() && pressed(Key::Escape) {
            lesson.spot_is_off = true;
        }
        let options = match lesson.player.step().ask.as_ref().map(|ask| &ask.answer) {
            Some(Guess::Choice(options)) if lesson.player.is_asking() => options.len(),
            _ => 0,
        };
        if options > 0 && self.presenter.on && pressed(Key::V) {
            self.presenter.votes.again();
        }
        for (k, key) in
            [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].into_iter().enumerate().take(options + 1)
        {
            if options > 0 && pressed(key) {
                if self.presenter.on {
                    self.presenter.votes.add(k);
                } else {
                    lesson.player.answer(if k == options { Given::Unknown } else { Given::Choice(k) });
                }
            }
        }
    }

    /// A black screen over everything, so that the audience looks at the presenter.
    pub(in crate::app) fn blank_ui(&self, ctx: &egui::Context) {
        if self.lesson.as_ref().is_some_and(|lesson| lesson.blank) {
            let layer = egui::LayerId::new(egui::Order::Debug, egui::Id::unique("blank"));
            egui::Painter::new(ctx.clone(), layer, ctx.content_rect()).rect_filled(
                ctx.content_rect(),
                0.0,
                egui::Color32::BLACK,
            );
        }
    }

    /// Lets the network learn on; within a lesson as far as that wanted to.
    pub(in crate::app) fn run(&mut self) {
        let to = self.lesson.as_ref().and_then(|lesson| lesson.learns_to());
        self.commands.push(to.map_or(EngineCommand::Run, EngineCommand::RunTo));
    }
}

/// A text with bold words, live values, and terms that can be clicked.
pub(in crate::app) fn words_ui(
    ui: &mut Ui,
    words: &Words,
    language: Language,
    facts: &Facts,
    asked: &mut Option<String>,
) {
    let (pieces, other) = words.pieces(language);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for piece in pieces {
            match piece {
                Piece::Plain(text) if other => drop(ui.label(RichText::new(text).italics())),
                Piece::Plain(text) => drop(ui.label(text)),
                Piece::Bold(text) => drop(ui.label(theme::strong(text))),
                Piece::Live(key) => drop(ui.label(theme::strong(key.shown(facts.value(key))))),
                Piece::Term(text) => {
                    if term_ui(ui, text).clicked() {
                        *asked = Some(text.clone());
                    }
                }
            }
        }
    });
}

/// A word with dots below it, which the handbook explains.
pub(in crate::app) fn term_ui(ui: &mut Ui, word: &str) -> egui::Response {
    let response = ui.add(egui::Label::new(word).sense(egui::Sense::click()));
    let (rect, color) = (response.rect, ui.visuals().weak_text_color());
    let line = [rect.left_bottom(), rect.right_bottom()];
    ui.painter().extend(egui::Shape::dotted_line(&line, color, 3.0, 0.8));
    let response = response.on_hover_cursor(egui::CursorIcon::Help);
    match crate::lesson::terms::find(word) {
        Some(entry) => response.on_hover_text(&entry.short[language_of(ui) as usize]),
        None => response,
    }
}

/// The language in force, as the window left it in the context.
fn language_of(ui: &Ui) -> Language {
    ui.data(|data| data.get_temp(egui::Id::unique("language"))).unwrap_or_default()
}

/// How it stands, in one sentence, for those who do not see the plots.
fn standing(lesson: &Running, facts: &Facts, language: Language) -> String {
    let text = language.text();
    let state = if facts.running { text.lessons.learning } else { text.paused };
    let shown = lesson.player.step().lanes.clone();
    let lanes = facts.lanes.iter().filter(|(lane, _)| shown.as_ref().is_none_or(|shown| shown.contains(lane)));
    let lanes = lanes.map(|(lane, [accuracy, ..])| format!("{} {accuracy:.1} %", text.lane(*lane).name));
    lanes.chain([state.to_owned()]).collect::<Vec<_>>().join(", ")
}

/// A sentence as screen readers were told it last: they are not interrupted by every number.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    words: String,
    since: f64,
}

impl Spoken {
    /// What is told now, s: the sentence of a while ago, or the present one when what it ends with has changed.
    fn told(&mut self, words: &str, now: f64) -> &str {
        let state = |words: &str| words.rsplit(", ").next().map(str::to_owned);
        if now - self.since >= SPOKEN_EVERY || state(&self.words) != state(words) {
            *self = Self { words: words.to_owned(), since: now };
        }
        &self.words
    }
}

/// A small line that screen readers read again when what they are told changes.
fn live_ui(ui: &mut Ui, told: &str, words: &str) {
    let response = ui.label(RichText::new(words).small().weak());
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_live(egui::accesskit::Live::Polite);
        node.set_value(told);
    });
}
