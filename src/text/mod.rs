//! Every string a person reads in the window, in one place and in every language.
//!
//! A language is one value of [`Text`]; a string that is missing does not compile.
//! Labels and help of parameters stand in [`crate::params::PARAMS`] in English, and in one table
//! a language here otherwise; a test reads both.

mod ask;
mod counts;
mod en;
mod errors;
mod lab;
mod take;
mod zh;
mod zh_params;

pub use ask::AskText;
pub use counts::{Counted, Counts};
pub use en::EN;
pub use lab::LabText;
pub use take::TakeText;
pub use zh::ZH;

use crate::params::{Lane, ParamSpec};
use crate::protocol::Preset;

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

/// What the buttons, menus and dialogs around the views say.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct ShellText {
    pub menu: Named,
    pub undo: Named,
    pub redo: Named,
    pub views: Named,
    pub layouts: &'static str,
    pub demo: Named,
    pub explore: Named,
    pub train: Named,
    pub reset_layout: Named,
    pub themes: [&'static str; 3],
    pub language: &'static str,
    pub projector: Named,
    pub shortcuts: Named,
    pub palette: Named,
    pub palette_hint: &'static str,
    pub no_command: &'static str,
    pub controls: Named,
    pub full_screen: Named,
    pub zoom_in: &'static str,
    pub zoom_out: &'static str,
    pub zoom_reset: &'static str,
    pub window_png: Named,
    pub figure_csv: Named,
    pub figure_svg: Named,
    pub figure_of: &'static str,
    pub folder: Named,
    pub copy_command: Named,
    pub copied: &'static str,
    pub settings_broken: &'static str,
    pub settings_newer: &'static str,
    pub close: &'static str,
    pub previous_sample: &'static str,
    pub next_sample: &'static str,
    pub live: Named,
    pub figures: Named,
    pub export_nir: [Named; 2],
    pub load_nir: Named,
    pub loaded: &'static str,
    pub gallery: Named,
    pub gallery_start: &'static str,
}

/// What the views on circuits, weights and the loop say.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct DeviceText {
    pub chip_map: ViewText,
    pub weights: ViewText,
    pub mismatch: ViewText,
    pub compensation: ViewText,
    pub rounds: ViewText,
    pub confusion: ViewText,
    pub draw: ViewText,
    pub culprits: ViewText,
    pub colour: &'static str,
    pub z_score: Named,
    pub as_it_is: &'static str,
    pub rate: Named,
    pub weight_norm: Named,
    pub weight_change: Named,
    pub no_colour: &'static str,
    pub per_neuron: &'static str,
    pub circuit: &'static str,
    pub unused: &'static str,
    pub readout_neuron: &'static str,
    pub silent: &'static str,
    pub select: Named,
    pub kill: Named,
    pub heal: Named,
    pub clear_selection: Named,
    pub none_selected: &'static str,
    pub selected: &'static str,
    pub input_weights: &'static str,
    pub recurrent_weights: &'static str,
    pub readout_weights: &'static str,
    pub codes: Named,
    pub change: Named,
    pub saturated: Named,
    pub code_axis: &'static str,
    pub count_axis: &'static str,
    pub quantity: &'static str,
    pub actual: &'static str,
    pub before_calibration: &'static str,
    pub spread: &'static str,
    pub mean: &'static str,
    pub fault: &'static str,
    pub response: &'static str,
    pub mean_input: Named,
    pub size_input: Named,
    pub size_output: Named,
    pub response_axis: &'static str,
    pub correlation: Named,
    pub needs_two_lanes: &'static str,
    pub steps: [Named; 5],
    pub host: &'static str,
    pub down: &'static str,
    pub up: &'static str,
    pub weight_codes: &'static str,
    pub input_events: &'static str,
    pub samples_up: &'static str,
    pub spikes_up: &'static str,
    pub this_machine: Named,
    pub real_chip: Named,
    pub energy: Named,
    pub rows_right: &'static str,
    pub columns_answer: &'static str,
    pub taken_for: &'static str,
    pub count: &'static str,
    pub share: &'static str,
    pub draw_here: &'static str,
    pub network_sees: &'static str,
    pub answers_here: &'static str,
    pub answer_so_far: &'static str,
    pub clear: &'static str,
    pub no_picture: &'static str,
    pub measure: Named,
    pub measuring: &'static str,
    pub harm_columns: [&'static str; 2],
    pub harm_loss: Named,
    pub harm_accuracy: Named,
    pub worst_fault: Named,
    pub baseline: &'static str,
    pub sort: &'static str,
    pub by_number: &'static str,
    pub by_rate: &'static str,
    pub by_first_spike: &'static str,
    pub by_parameter: &'static str,
    pub matched: Named,
    pub shifted: Named,
    pub extra: Named,
    pub missed: Named,
    pub cursor: Named,
    pub changes: Named,
    pub smooth: &'static str,
    pub damage_done: &'static str,
    pub healed: &'static str,
}

/// What is said about runs that are kept.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct RunsText {
    pub view: ViewText,
    pub filter: Named,
    pub starred: Named,
    pub deleted: Named,
    pub pin: Named,
    pub star: Named,
    pub name: &'static str,
    pub note: &'static str,
    pub task: &'static str,
    pub state: &'static str,
    pub epochs: Named,
    pub accuracy: Named,
    pub started: Named,
    /// Running, finished, stopped, interrupted, failed.
    pub states: [&'static str; 5],
    pub this_one: &'static str,
    pub open: Named,
    pub delete: Named,
    pub undelete: &'static str,
    pub was_deleted: &'static str,
    pub unpin: Named,
    pub differences: Named,
    pub no_difference: &'static str,
    pub most_pinned: &'static str,
    pub median: &'static str,
    pub pinned_lane: Named,
    pub none_kept: &'static str,
    pub not_kept: &'static str,
    pub recovered: &'static str,
    pub save_checkpoint: Named,
    pub checkpoint_files: &'static str,
}

/// What the view of sweeps says.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct SweepText {
    pub view: ViewText,
    pub none: &'static str,
    pub settings: &'static str,
    pub parameter: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub steps: &'static str,
    pub seeds: &'static str,
    pub seed: &'static str,
    pub ratios: Named,
    pub early: Named,
    pub folder: Named,
    pub start: Named,
    pub cancel: Named,
    pub runs: &'static str,
    pub to_go: &'static str,
    pub pictures: [&'static str; 3],
    pub stopped: &'static str,
    pub open: &'static str,
}

/// What the view of studies says.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct StudiesText {
    pub view: ViewText,
    pub study: &'static str,
    /// A name and the question, in the order in which studies are listed.
    pub studies: [Named; 7],
    pub folder: Named,
    pub start: Named,
    pub cancel: Named,
    pub table: &'static str,
    pub against: &'static str,
    pub train: &'static str,
    pub test: &'static str,
    pub accuracy_in_percent: &'static str,
    pub software: &'static str,
    pub chip: &'static str,
    pub published: Named,
    pub hidden_spikes: &'static str,
    pub silent: &'static str,
    pub decision_time: &'static str,
    pub setting: &'static str,
    /// Names and values of settings that are no parameters, as they stand in files, and as they are shown.
    pub words: &'static [(&'static str, &'static str)],
}

impl StudiesText {
    /// A name or value of a setting.
    pub fn word<'a>(&self, written: &'a str) -> &'a str {
        self.words.iter().find(|(known, _)| *known == written).map_or(written, |(_, shown)| shown)
    }
}

/// All strings of the window in one language.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct Text {
    pub language: Language,
    pub tables: Tables,
    pub shell: ShellText,
    pub device: DeviceText,
    pub lab: LabText,
    pub take: TakeText,
    pub ask: AskText,
    pub counts: Counts,
    pub runs: RunsText,
    pub sweep: SweepText,
    pub studies: StudiesText,
    pub run: Named,
    pub pause: Named,
    pub step: Named,
    pub reset: Named,
    pub new_chip: Named,
    pub new_weights: Named,
    pub calibrate: Named,
    pub calibrated: &'static str,
    pub presets: Named,
    pub no_preset: &'static str,
    pub heal: Named,
    pub open: Named,
    pub open_data: Named,
    pub save: Named,
    pub stop: Named,
    pub path: Named,
    pub open_path: &'static str,
    pub save_path: &'static str,
    pub saved: &'static str,
    pub experiment_files: &'static str,
    pub lost_events: Named,
    pub recovering: Named,
    pub recovered: Named,
    pub start_again: &'static str,
    pub speed: Named,
    pub full_speed: &'static str,
    pub batches_per_second: &'static str,
    pub theme: &'static str,
    pub epoch: &'static str,
    pub of: &'static str,
    pub batch: &'static str,
    pub chip: &'static str,
    pub loading: &'static str,
    pub finished: &'static str,
    pub paused: &'static str,
    pub refused: &'static str,
    pub failed: &'static str,
    pub dismiss: &'static str,
    pub needs_restart: Named,
    pub apply_restart: &'static str,
    pub discard: &'static str,
    pub takes_restart: &'static str,
    pub auto: Named,
    pub double_click: &'static str,
    pub range: &'static str,
    pub source: &'static str,
    pub lanes: [Named; Lane::ALL.len()],
    /// What the lanes are, where there is little room.
    pub lanes_short: [&'static str; Lane::ALL.len()],
    pub gestures: &'static str,
    pub no_data: &'static str,
    pub now: &'static str,
    pub points_against_ideal: &'static str,
    pub learning: ViewText,
    pub loss: ViewText,
    pub membranes: ViewText,
    pub readout: ViewText,
    pub raster: ViewText,
    pub faults: ViewText,
    pub task: ViewText,
    pub test: &'static str,
    pub batches: &'static str,
    pub epochs_axis: &'static str,
    pub accuracy_axis: &'static str,
    pub loss_axis: &'static str,
    pub voltage_axis: &'static str,
    pub time_axis: &'static str,
    pub deviation_axis: &'static str,
    pub logarithmic: Named,
    pub lane: &'static str,
    pub neuron: &'static str,
    pub first_neuron: Named,
    pub most_different: Named,
    pub twin: &'static str,
    pub threshold: &'static str,
    pub analog: &'static str,
    pub madc: &'static str,
    pub samples: &'static str,
    pub spikes: &'static str,
    pub inputs: &'static str,
    pub hidden: &'static str,
    pub readout_rows: &'static str,
    pub peak: &'static str,
    pub class: &'static str,
    pub label: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub auto_advance: Named,
    pub sample: &'static str,
    pub right: &'static str,
    pub wrong: &'static str,
    pub nominal: &'static str,
}

impl Text {
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

    #[test]
    fn no_string_of_the_second_language_was_forgotten_in_english() {
        // What stays as it is: names, numbers and units.
        let fields = |text: &Text| -> Vec<String> {
            format!("{text:#?}").lines().filter_map(|l| l.split_once(": \"").map(|(_, s)| s.to_owned())).collect()
        };
        let (english, chinese) = (fields(&EN), fields(&ZH));
        let words = |text: &str| text.chars().filter(char::is_ascii_alphabetic).count();
        let same = english.iter().filter(|s| words(s) > 4 && chinese.contains(s)).collect::<Vec<_>>();
        assert!(same.is_empty(), "{same:?}");
    }
}
