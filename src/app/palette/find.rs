//! What the palette finds for what is typed, the best first.

use std::sync::Arc;

use super::fit::{Fit, Found};
use super::settings::{jumps, sets, values};
use super::{App, Chosen, Line};
use crate::app::actions::Action;
use crate::lesson::verbs::Verb;
use crate::session::messages::Entry;
use crate::text::{Language, Text};

impl App {
    /// The commands, settings, values and runs that hold every word that was typed. Those that nearly do are listed only
    /// where there is no other.
    pub(super) fn found(&self, typed: &str, ctx: &egui::Context) -> Vec<Line> {
        let (text, params) = (self.text, &self.draft.params);
        let verb = Verb::parse(typed).ok();
        let mut found = commands(typed, text, ctx);
        if !typed.trim().is_empty() {
            // What is a verb sets its parameter already.
            if verb.is_none() {
                found.extend(sets(typed, params, text));
            }
            found.extend(jumps(typed, params, text));
            found.extend(values(typed, params, text));
            found.extend(self.kept_runs(typed));
        }
        let verb = verb.map(|verb| Line {
            name: verb.to_string(),
            chosen: Chosen::Verb(verb),
            aside: String::new(),
            meaning: String::new(),
        });
        // What was typed with all its words is done as it stands.
        verb.into_iter().chain(best_first(found)).collect()
    }

    /// The runs that are kept, the newest first.
    fn kept_runs(&self, typed: &str) -> Found {
        let text = self.text;
        let open = text.runs.open;
        let line = |entry: &Arc<Entry>| {
            let run = &entry.summary;
            let name = format!("{}{}{}", open.name, text.colon, entry.title());
            let words = Language::ALL.map(|language| language.text().runs.open.name).join(" ");
            let known = format!("{words} {} {} {}", run.id, run.note, text.word(entry.task()));
            let fit = Fit::of(typed, &name, &known)?;
            let aside = text.plurals.epochs.of(run.epochs);
            Some((fit, Line { chosen: Chosen::Open(run.id.clone()), name, aside, meaning: open.meaning.into() }))
        };
        let others = |entry: &&Arc<Entry>| {
            entry.summary.deleted.is_none() && self.runs.current.as_ref() != Some(&entry.summary.id)
        };
        self.runs.entries.iter().rev().filter(others).filter_map(line).collect()
    }
}

/// The best ones first.
fn best_first(mut found: Found) -> impl Iterator<Item = Line> {
    if found.iter().any(|(fit, _)| *fit < Fit::Nearly) {
        found.retain(|(fit, _)| *fit < Fit::Nearly);
    }
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, line)| line)
}

/// The commands whose name, key of lessons or key of the keyboard was typed.
fn commands(typed: &str, text: &Text, ctx: &egui::Context) -> Found {
    let all = Action::all().into_iter().filter(|action| *action != Action::Palette);
    let line = |action: Action| {
        let (name, keys) = (action.name(text), action.keys_shown(ctx));
        let names = Language::ALL.map(|language| action.name(language.text())).join(" ");
        let fit = Fit::of(typed, &name, &format!("{names} {} {keys}", action.key()))?;
        Some((fit, Line { chosen: Chosen::Action(action), name, aside: keys, meaning: action.meaning(text).into() }))
    };
    all.filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PRESETS;
    use crate::text::{EN, ZH};
    use crate::views::ViewKind;

    fn found(typed: &str, text: &Text) -> Vec<Action> {
        let lines = best_first(commands(typed, text, &egui::Context::default()));
        let action = |line: Line| if let Chosen::Action(action) = line.chosen { Some(action) } else { None };
        lines.filter_map(action).collect()
    }

    #[test]
    fn commands_are_found_by_any_of_their_words_and_exact_beginnings_come_first() {
        assert_eq!(found("proj", &EN).first(), Some(&Action::Projector));
        assert_eq!(found("stress 50", &EN).len(), 1);
        assert!(found("chip", &EN).contains(&Action::NewChip));
        assert!(found("no such thing", &EN).is_empty());
        assert_eq!(found("", &EN).len(), Action::all().len() - 1);
    }

    #[test]
    fn each_language_finds_the_words_of_the_other() {
        assert_eq!(found("projector", &ZH).first(), Some(&Action::Projector));
        assert_eq!(found("投影", &EN).first(), Some(&Action::Projector));
        assert_eq!(found("views: chip map", &ZH).first(), Some(&Action::Show(ViewKind::ChipMap)));
        assert_eq!(found("english", &ZH).first(), Some(&Action::Language(Language::English)));
        assert_eq!(found("chinese", &EN).first(), Some(&Action::Language(Language::Chinese)));
    }

    #[test]
    fn presets_are_found_by_the_name_that_the_command_line_has_for_them_and_commands_by_their_keys() {
        for text in [&EN, &ZH] {
            for (k, preset) in PRESETS.iter().enumerate() {
                assert!(found(preset.key, text).contains(&Action::Preset(k)), "{}", preset.key);
            }
            assert!(found("ctrl+shift+s", text).contains(&Action::SaveCheckpoint));
            assert_eq!(found("f9", text), [Action::Projector]);
        }
    }

    #[test]
    fn one_wrong_letter_in_a_word_is_forgiven_and_two_are_not() {
        assert_eq!(found("projctor", &EN), [Action::Projector]);
        assert!(found("calibrte", &EN).contains(&Action::Calibrate));
        assert!(found("pallette", &EN).is_empty(), "the palette does not list itself");
        assert!(found("prxjxtor", &EN).is_empty());
        assert!(found("chop", &EN).contains(&Action::NewChip));
        assert!(!found("chip", &EN).contains(&Action::Projector), "no guesses where something fits");
    }
}
