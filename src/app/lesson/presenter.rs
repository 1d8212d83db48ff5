//! For a presenter: notes in a window of their own, show of hands, and the last command in a corner.

use std::time::{Duration, Instant};

use egui::{Align2, Context, Key, Modifiers, RichText, Ui, ViewportBuilder, ViewportId};

use super::super::App;
use super::super::actions::Action;
use super::now;
use crate::lesson::Guess;
use crate::lesson::condition::Facts;
use crate::text::{LessonsText, Text};

/// For so long the last command is shown.
const SHOWN_FOR: Duration = Duration::from_secs(2);

/// Answers of one question, the last one of which is that one does not know.
const ANSWERS: usize = 5;
/// Length of the bar of all hands, in points.
const BAR: f32 = 150.0;

/// A show of hands, and the one before the talk.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::app) struct Votes {
    before: Option<[u32; ANSWERS]>,
    now: [u32; ANSWERS],
}

impl Votes {
    /// One hand more for an answer.
    pub(super) fn add(&mut self, answer: usize) {
        if let Some(hands) = self.now.get_mut(answer) {
            *hands += 1;
        }
    }

    /// Keeps the vote and counts anew; without a hand there is nothing to keep.
    pub(super) fn again(&mut self) {
        if self.now.iter().sum::<u32>() > 0 {
            self.before = Some(std::mem::take(&mut self.now));
        }
    }

    /// Percentage of the hands for one of the answers in the last vote that has any.
    fn share(&self, answers: impl Iterator<Item = usize>) -> Option<f64> {
        let vote = [Some(self.now), self.before].into_iter().flatten().find(|vote| vote.iter().sum::<u32>() > 0)?;
        let of = answers.filter_map(|answer| vote.get(answer)).sum::<u32>();
        Some(100.0 * f64::from(of) / f64::from(vote.iter().sum::<u32>()))
    }

    /// The hands for an answer as bars: the first vote pale, the present one full.
    pub(super) fn bars_ui(&self, ui: &mut Ui, text: &LessonsText, answer: usize) {
        let votes = [self.before, Some(self.now)].into_iter().zip(text.votes);
        for (vote, name) in votes.filter_map(|(vote, name)| Some((vote?, name))) {
            let (hands, all) = (vote[answer.min(ANSWERS - 1)], vote.iter().sum::<u32>().max(1));
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(BAR, 10.0), egui::Sense::hover());
                let bar = egui::Rect::from_min_size(rect.min, egui::vec2(BAR * hands as f32 / all as f32, 10.0));
                let color = crate::views::theme::selected(ui.visuals());
                let is_before = self.before == Some(vote) && name == text.votes[0];
                ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
                ui.painter().rect_filled(bar, 2.0, if is_before { color.gamma_multiply(0.45) } else { color });
                let when = if self.before.is_some() { name } else { "" };
                ui.label(format!("{when} {hands} {}", text.hands).trim());
            });
        }
    }
}

/// What helps a presenter.
#[derive(Default)]
pub(in crate::app) struct Presenter {
    /// Notes have a window of their own, keys count hands, commands are shown.
    pub(in crate::app) on: bool,
    /// What was done last, and when.
    last: Option<(String, Instant)>,
    /// The show of hands of this step.
    pub(super) votes: Votes,
    /// The step that they belong to.
    step: usize,
    /// When the lesson began, s.
    began: f64,
}

impl Presenter {
    /// The show of hands, while there is one.
    pub(super) fn votes(&self) -> Option<&Votes> {
        self.on.then_some(&self.votes)
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
            (self.presenter.step, self.presenter.votes) = (lesson.player.place(), Votes::default());
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
        if let Some(Guess::Choice(options)) = player.step().ask.as_ref().map(|ask| &ask.answer) {
            let right = options.iter().enumerate().filter(|(_, option)| option.right).map(|(k, _)| k);
            if let Some(share) = self.presenter.votes.share(right) {
                ui.strong(format!("{share:.0} % {}", text.lessons.discuss));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_vote_stays_beside_the_second_and_the_share_is_that_of_the_last_one_with_hands() {
        let mut votes = Votes::default();
        votes.again();
        assert_eq!((votes.before, votes.share([1].into_iter())), (None, None), "nobody has voted");
        for answer in [0, 1, 1, 4] {
            votes.add(answer);
        }
        assert_eq!(votes.share([1].into_iter()), Some(50.0));
        votes.again();
        assert_eq!(votes.share([1].into_iter()), Some(50.0), "until hands are raised again");
        for answer in [1, 1, 1, 0] {
            votes.add(answer);
        }
        assert_eq!((votes.before, votes.now), (Some([1, 2, 0, 0, 1]), [1, 3, 0, 0, 0]));
        assert_eq!(votes.share([1].into_iter()), Some(75.0));
    }
}
