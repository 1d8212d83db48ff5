//! Every string a person reads in the window, in one place and in every language.
//!
//! A file holds the texts of a screen, each stated once with all languages beside each other by `texts!`.
//! A language is one value of [`Text`]; a text that lacks a language does not compile.
//! Labels and help of parameters stand in [`crate::params::PARAMS`] in English. Other languages have a table
//! with the same keys here; a test fails when one of the two has a key that the other lacks.

#[macro_use]
mod macros;

mod batches;
mod circuits;
mod common;
mod cost;
mod device;
mod dialogs;
mod errors;
mod export;
mod lessons;
mod plurals;
mod probes;
mod runs;
mod shell;
mod time_machine;
mod zh_params;

pub use batches::{StudiesText, SweepText};
pub use circuits::CircuitsText;
pub use common::Text;
pub use cost::CostText;
pub use device::DeviceText;
pub use dialogs::DialogText;
pub use export::ExportText;
pub use lessons::LessonsText;
pub use plurals::{Counted, Plurals};
pub use probes::ProbesText;
pub use runs::RunsText;
pub use shell::ShellText;
pub use time_machine::TimeMachineText;

use crate::params::{Lane, ParamSpec};
use crate::protocol::Preset;

/// All texts in English.
pub static EN: Text = Text::EN;
/// All texts in simplified Chinese.
pub static ZH: Text = Text::ZH;

/// A language that the window speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The name of the language in the language itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The code of the language in files (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// The language of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// All its strings.
    pub fn text(self) -> &'static Text {
        match self {
            Self::English => &EN,
            Self::Chinese => &ZH,
        }
    }
}

/// A title and two sentences: what you see, and what to try.
#[derive(Debug, Clone, Copy)]
pub struct ViewText {
    /// On the tab.
    pub title: &'static str,
    /// In the tooltip of the question mark.
    pub help: &'static str,
}

/// A name and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// On buttons and in legends.
    pub name: &'static str,
    /// In tooltips and captions.
    pub meaning: &'static str,
}

impl Named {
    /// A name and what it means.
    const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning }
    }
}

/// Label and help of one parameter, or of one preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Name on screen.
    pub label: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// One entry of a table of translations: key, label, help.
type Entry = (&'static str, &'static str, &'static str);

/// What a language says about things that are described in English elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Tables {
    params: &'static [Entry],
    presets: &'static [Entry],
    /// Groups of parameters, words of choices, names of measured quantities: English, translated.
    words: &'static [(&'static str, &'static str)],
}

impl Tables {
    /// In English parameters and presets speak for themselves; choices are written as one says them, and not as one
    /// types them.
    const EN: Self = Self {
        params: &[],
        presets: &[],
        words: &[
            ("yin_yang", "Yin-Yang"),
            ("mnist", "MNIST"),
            ("fashion_mnist", "Fashion-MNIST"),
            ("shd", "SHD"),
            ("in_the_loop", "in the loop"),
            ("on_chip", "on chip"),
            ("max_over_time", "max over time"),
            ("mean_over_time", "mean over time"),
            ("first_spike", "first spike"),
            ("event_prop", "EventProp"),
            ("binned_70", "binned to 70"),
            ("every_ninth", "every ninth"),
        ],
    };
    const ZH: Self = Self { params: zh_params::PARAMS, presets: zh_params::PRESETS, words: zh_params::WORDS };
}

impl Text {
    /// A name and what it means, in a line.
    pub fn explained(&self, named: Named) -> String {
        format!("{}{}{}", named.name, self.colon, named.meaning)
    }

    /// Name and meaning of a lane.
    pub fn lane(&self, lane: Lane) -> Named {
        self.lanes[lane as usize]
    }

    /// Label and help of a parameter; in English where there is no translation.
    pub fn param(&self, spec: &ParamSpec) -> Described {
        described(self.tables.params, spec.key, Described { label: spec.label, help: spec.help })
    }

    /// Label and help of a preset; in English where there is no translation.
    pub fn preset(&self, preset: &Preset) -> Described {
        described(self.tables.presets, preset.key, Described { label: preset.label, help: preset.help })
    }

    /// A group of parameters, a word of a choice, a symbol, a unit, or the name of a measured quantity.
    pub fn word(&self, english: &'static str) -> &'static str {
        self.tables.words.iter().find(|(key, _)| *key == english).map_or(english, |(_, word)| word)
    }
}

/// Whether the last character is a Chinese one, after which signs are as wide as it is.
fn ends_in_chinese(words: &str) -> bool {
    words
        .chars()
        .next_back()
        .is_some_and(|c| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c))
}

/// The colon after a name, for those who know no language.
pub fn colon_after(name: &str) -> &'static str {
    if ends_in_chinese(name) { ZH.colon } else { EN.colon }
}

/// The comma after a name, for those who know no language.
pub fn comma_after(name: &str) -> &'static str {
    if ends_in_chinese(name) { ZH.comma } else { EN.comma }
}

fn described(table: &[Entry], key: &str, english: Described) -> Described {
    table.iter().find(|entry| entry.0 == key).map_or(english, |&(_, label, help)| Described { label, help })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Kind, PARAMS};
    use crate::protocol::PRESETS;

    #[test]
    fn every_parameter_preset_group_and_choice_is_translated_and_no_translation_is_left_over() {
        let tables = ZH.tables;
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for spec in PARAMS {
            let Described { label, help } = ZH.param(spec);
            assert!(chinese(label) && chinese(help), "{} has no Chinese label and help", spec.key);
            assert!(chinese(ZH.word(spec.group)), "the group {} has no Chinese name", spec.group);
            if let Kind::Choice(words) | Kind::Choices(words) = spec.kind {
                for word in words {
                    assert!(chinese(ZH.word(word)), "{word} of {} has no Chinese name", spec.key);
                }
            }
        }
        for preset in PRESETS {
            let Described { label, help } = ZH.preset(preset);
            assert!(chinese(help) && label != preset.label, "{} is not translated", preset.key);
        }
        assert_eq!(tables.params.len(), PARAMS.len(), "a translation of a parameter that is gone");
        assert_eq!(tables.presets.len(), PRESETS.len(), "a translation of a preset that is gone");
    }

    #[test]
    fn english_says_what_the_table_of_parameters_says() {
        for spec in PARAMS {
            assert_eq!(EN.param(spec), Described { label: spec.label, help: spec.help });
            assert_eq!(EN.word(spec.group), spec.group);
            if let Kind::Choice(words) | Kind::Choices(words) = spec.kind {
                assert!(words.iter().all(|word| !EN.word(word).contains('_')), "{words:?} are to be read");
            }
        }
    }

    #[test]
    fn a_language_is_found_by_its_code() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
            assert_eq!(language.text().language, language);
        }
        assert_eq!(Language::from_code("tlh"), None);
    }
}
