//! The command palette: any command by whatever of its name somebody remembers, in any language.

use egui::{Key, Modifiers};
use strsim::levenshtein;

use super::App;
use super::actions::Action;
use crate::lesson::verbs::Verb;
use crate::text::{Language, Text};

/// Commands that the palette lists at once.
const MOST_LISTED: usize = 12;
/// Words of at least that many letters may have a letter wrong.
const LONG_WORD: usize = 4;

/// The open palette: what was typed, and which of the commands found is marked.
#[derive(Default)]
pub(super) struct Palette {
    typed: String,
    marked: usize,
}

/// What is chosen in it.
enum Chosen {
    Action(Action),
    /// A verb with what belongs to it, such as `run_to 10` or `set sigma 30`.
    Verb(Verb),
}

impl App {
    /// Shows the palette if it is open, and does what is chosen in it.
    pub(super) fn palette_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        let Some(palette) = &mut self.palette else { return };
        let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let (up, down) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown));
        let enter = pressed(Key::Enter);
        let mut chosen = None;
        let verb = Verb::parse(&palette.typed).ok();
        let area = egui::Modal::default_area(egui::Id::unique("palette"))
            .anchor(egui::Align2::CENTER_TOP, egui::vec2(0.0, 60.0));
        let modal = egui::Modal::new(egui::Id::unique("palette")).area(area).show(ctx, |ui| {
            ui.set_width(440.0);
            let field = egui::TextEdit::singleline(&mut palette.typed)
                .hint_text(text.shell.palette_hint)
                .desired_width(f32::INFINITY);
            let field = ui.add(field);
            field.widget_info(|| egui::WidgetInfo::text_edit(true, "", palette.typed.clone(), text.shell.palette.name));
            field.request_focus();
            if field.changed() {
                palette.marked = 0;
            }
            // What was typed with all its words is done as it stands.
            let mut found: Vec<Chosen> = verb.into_iter().map(Chosen::Verb).collect();
            found.extend(find(&palette.typed, text, ctx).into_iter().map(Chosen::Action));
            if found.is_empty() {
                ui.weak(text.shell.no_command);
            }
            let last = found.len().min(MOST_LISTED).saturating_sub(1);
            palette.marked = match (up, down) {
                (true, _) => palette.marked.saturating_sub(1),
                (_, true) => palette.marked + 1,
                _ => palette.marked,
            }
            .min(last);
            for (k, entry) in found.into_iter().take(MOST_LISTED).enumerate() {
                let (name, keys, meaning) = match &entry {
                    Chosen::Action(action) => (action.name(text), action.keys_shown(ctx), action.meaning(text)),
                    Chosen::Verb(verb) => (verb.to_string(), String::new(), ""),
                };
                let button = egui::Button::selectable(k == palette.marked, name)
                    .shortcut_text(keys)
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                if ui.add(button).on_hover_text(meaning).clicked() || (enter && k == palette.marked) {
                    chosen = Some(entry);
                }
            }
        });
        if chosen.is_some() || modal.backdrop_response.clicked() {
            self.palette = None;
        }
        match chosen {
            Some(Chosen::Action(action)) => self.perform(action, ctx),
            Some(Chosen::Verb(verb)) => self.do_verb(&verb, ctx),
            None => {}
        }
    }
}

/// How well a command fits to what was typed; better ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The name begins with it.
    Begins,
    /// All words stand in the name.
    Named,
    /// All words stand in the name in another language, or in what it is called in files and on the command line.
    Known,
    /// All words do, if one letter of each is taken for wrong.
    Nearly,
}

/// The commands that hold every word that was typed, the best ones first. Those that nearly do are listed only where
/// there is no other.
fn find(typed: &str, text: &Text, ctx: &egui::Context) -> Vec<Action> {
    let typed = typed.trim().to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut found: Vec<(Fit, Action)> = Action::all()
        .into_iter()
        .filter(|action| *action != Action::Palette)
        .filter_map(|action| Some((fit(action, &typed, &words, text, ctx)?, action)))
        .collect();
    if found.iter().any(|(fit, _)| *fit < Fit::Nearly) {
        found.retain(|(fit, _)| *fit < Fit::Nearly);
    }
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, action)| action).collect()
}

fn fit(action: Action, typed: &str, words: &[&str], text: &Text, ctx: &egui::Context) -> Option<Fit> {
    let name = action.name(text).to_lowercase();
    if name.starts_with(typed) {
        return Some(Fit::Begins);
    }
    if words.iter().all(|word| name.contains(word)) {
        return Some(Fit::Named);
    }
    let known = format!("{} {} {}", other_names(action), action.key(), action.keys_shown(ctx)).to_lowercase();
    let known = format!("{name} {known}");
    if words.iter().all(|word| known.contains(word)) {
        return Some(Fit::Known);
    }
    let nearly = words.iter().all(|word| known.contains(word) || known.split_whitespace().any(|k| is_near(word, k)));
    nearly.then_some(Fit::Nearly)
}

/// The name in every language.
fn other_names(action: Action) -> String {
    Language::ALL.map(|language| action.name(language.text())).join(" ")
}

/// Whether a word is the beginning of another one but for one letter.
fn is_near(typed: &str, known: &str) -> bool {
    let n = typed.chars().count();
    let beginning = |n: usize| known.chars().take(n).collect::<String>();
    n >= LONG_WORD && (n - 1..=n + 1).any(|n| levenshtein(typed, &beginning(n)) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PRESETS;
    use crate::text::{EN, ZH};
    use crate::views::ViewKind;

    fn found(typed: &str, text: &Text) -> Vec<Action> {
        find(typed, text, &egui::Context::default())
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
