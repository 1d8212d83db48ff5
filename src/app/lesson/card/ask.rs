//! The question of a step.

use egui::Ui;

use super::super::Running;
use super::super::presenter::Votes;
use crate::lesson::condition::Facts;
use crate::lesson::{Ask, Given, Guess};
use crate::text::Language;
use crate::views::theme;

/// The question, and once it is answered what was right and why; what was predicted stays beside the result. Returns
/// whether the show of hands begins anew.
pub(super) fn ask_ui(
    ui: &mut Ui,
    (ask, votes): (&Ask, Option<&Votes>),
    lesson: &mut Running,
    facts: &Facts,
    language: Language,
) -> bool {
    let text = &language.text().lessons;
    let mut again = false;
    ui.label(theme::strong(ask.question.said(language, Some(facts))));
    match (&ask.answer, lesson.player.given()) {
        (Guess::Choice(options), None) => {
            for (k, option) in options.iter().enumerate() {
                let words = format!("{}  {}", k + 1, option.text.said(language, Some(facts)));
                if ui.add(egui::Button::new(words).wrap().min_size(egui::vec2(ui.available_width(), 0.0))).clicked() {
                    lesson.player.answer(Given::Choice(k));
                }
                if let Some(votes) = votes {
                    votes.bars_ui(ui, text, k);
                }
            }
            if ui.button(format!("{}  {}", options.len() + 1, text.do_not_know)).clicked() {
                lesson.player.answer(Given::Unknown);
            }
            if let Some(votes) = votes {
                votes.bars_ui(ui, text, options.len());
                again = ui.button(text.vote_again.name).on_hover_text(text.vote_again.meaning).clicked();
            }
        }
        (Guess::Number(_), None) => {
            ui.horizontal(|ui| {
                ui.add(egui::DragValue::new(&mut lesson.guess).range(0.0..=100.0).max_decimals(0));
                if ui.button(text.my_guess).clicked() {
                    lesson.player.answer(Given::Number(lesson.guess));
                }
                if ui.button(text.do_not_know).clicked() {
                    lesson.player.answer(Given::Unknown);
                }
            });
        }
        (Guess::Choice(options), Some(given)) => {
            for (k, option) in options.iter().enumerate() {
                let chosen = given == Given::Choice(k);
                if !chosen && !option.right {
                    continue;
                }
                let sign = if option.right { text.right } else { text.wrong };
                let yours = if chosen { text.you_said } else { "" };
                ui.label(format!("{yours} {}", option.text.said(language, Some(facts))).trim());
                ui.label(theme::strong(sign));
                ui.label(option.because.said(language, Some(facts)));
                if let Some(votes) = votes {
                    votes.bars_ui(ui, text, k);
                }
            }
        }
        (Guess::Number(number), Some(given)) => {
            let value = facts.value(&number.of);
            if let (Given::Number(guess), Some(value)) = (given, value) {
                let sign = if (guess - value).abs() <= number.within { text.right } else { text.not_quite };
                ui.label(format!("{} {guess:.0}", text.you_said));
                ui.label(theme::strong(sign));
            }
            ui.label(format!("{}: {}", text.it_is, number.of.shown(value)));
        }
    }
    again
}
