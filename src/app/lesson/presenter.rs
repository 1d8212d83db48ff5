//! For a presenter: notes in a window of their own, show of hands, and the last command in a corner.

use std::time::{Duration, Instant};

use egui::{Align2, Context, Key, Modifiers, RichText, Ui, ViewportBuilder, ViewportId};

use super::super::App;
use super::super::actions::Action;
use super::now;
use crate::lesson::condition::Facts;
use crate::text::Text;

/// For so long the last command is shown.
const SHOWN_FOR: Duration = Duration::from_secs(2);

/// What helps a presenter.
#[derive(Default)]
pub(in crate::app) struct Presenter {
    /// Notes have a window of their own, keys count hands, commands are shown.
    pub(in crate::app) on: bool,
    /// What was done last, and when.
    last: Option<(String, Instant)>,
    /// Hands for each option of the question of this step.
    pub(super) hands: [u32; 5],
    /// The step that they belong to.
    step: usize,
    /// When the lesson began, s.
    began: f64,
}

impl Presenter {
    /// Hands for each option, while they are counted.
    pub(super) fn hands(&self) -> Option<[u32; 5]> {
        self.on.then_some(self.hands)
    }
}

impl App {
    /// Takes note of a command, to be shown in the corner.
    pub(in crate::app) fn show_command(&mut self, action: Action) {
        if self.presenter.on {
            self.presenter.last = Some((action.name(self.text), Instant::now()));
        }
    }

    /// Notes in a window of their own; the last command in a corner.
    pub(in crate::app) fn presenter_ui(&mut self, ctx: &Context) {
        if !self.presenter.on {
            return;
        }
        if let Some((name, at)) = &self.presenter.last
            && at.elapsed() < SHOWN_FOR
        {
            let area = egui::Area::new(egui::Id::unique("last command")).order(egui::Order::Foreground);
            area.anchor(Align2::LEFT_BOTTOM, [12.0, -12.0]).interactable(false).show(ctx, |ui| {
                egui::Frame::popup(ui.style()).show(ui, |ui| ui.heading(name));
            });
            ctx.request_repaint_after(SHOWN_FOR.saturating_sub(at.elapsed()));
        }
        let (text, time) = (self.text, now(ctx));
        let Some(lesson) = &self.lesson else { return };
        // The clock begins with the first step.
        if self.presenter.began <= 0.0 || (lesson.player.place() == 0 && self.presenter.step != 0) {
            self.presenter.began = time;
        }
        if lesson.player.place() != self.presenter.step {
            (self.presenter.step, self.presenter.hands) = (lesson.player.place(), [0; 5]);
        }
        let facts = self.facts(time);
        let builder =
            ViewportBuilder::default().with_title(text.lessons.presenter.name).with_inner_size([520.0, 420.0]);
        let (closed, by) = ctx.show_viewport_immediate(ViewportId::from_hash_of("presenter"), builder, |ui, _| {
            egui::CentralPanel::default().show(ui, |ui| self.notes_ui(ui, text, &facts, time));
            let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            let by = isize::from(pressed(Key::PageDown)) - isize::from(pressed(Key::PageUp));
            (ui.input(|i| i.viewport().close_requested()), by)
        });
        if by != 0 {
            self.step_by(by, ctx);
        }
        self.presenter.on &= !closed;
    }

    /// Notes, what is expected, what comes next, and planned against actual time.
    fn notes_ui(&self, ui: &mut Ui, text: &Text, facts: &Facts, time: f64) {
        let Some(lesson) = &self.lesson else { return };
        let (player, language) = (&lesson.player, text.language);
        let steps = &player.lesson.steps;
        let planned: f64 = steps[..=player.place()].iter().map(|step| step.seconds).sum();
        let clock = |seconds: f64| format!("{}:{:02}", seconds as u64 / 60, seconds as u64 % 60);
        ui.heading(player.lesson.title.said(language, None));
        ui.label(format!(
            "{} / {}   {} / {}",
            player.place() + 1,
            steps.len(),
            clock(time - self.presenter.began),
            clock(planned)
        ));
        ui.separator();
        ui.label(RichText::new(player.step().notes.said(language, Some(facts))).size(18.0));
        for condition in &player.step().expect {
            let values: Vec<String> = condition.keys().into_iter().map(|key| key.shown(facts.value(key))).collect();
            ui.weak(format!("{}: {}  ({})", text.lessons.expected, condition.text, values.join(", ")));
        }
        if let Some(next) = steps.get(player.place() + 1) {
            ui.separator();
            ui.weak(format!("{}: {}", text.lessons.next, next.text.said(language, None)));
        }
    }
}
