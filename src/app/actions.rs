//! Everything that can be done, once: menu, palette, keyboard and the list of keys are made from it.

use super::layout::Layout;
use crate::lesson::names;
use crate::protocol::PRESETS;
use crate::session::messages::Form;
use crate::text::{Language, Named, Text};
use crate::views::ViewKind;

/// One thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    RunOrPause,
    Step,
    Reset,
    NewChip,
    NewWeights,
    Calibrate,
    Uncalibrate,
    Heal,
    Undo,
    Redo,
    PreviousSample,
    NextSample,
    EarlierMoment,
    LaterMoment,
    Live,
    Branch,
    TakeBack,
    Open,
    Save,
    SaveCheckpoint,
    CopyCommand,
    WindowPng,
    AllFigures,
    OpenFolder,
    ExportNir(Form),
    LoadNir,
    Record,
    Figure(ViewKind, Written),
    Layout(Layout),
    ResetLayout,
    Show(ViewKind),
    Controls,
    Theme(egui::ThemePreference),
    Language(Language),
    Projector,
    FullScreen,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    /// By its place in [`PRESETS`].
    Preset(usize),
    ClearSelection,
    Palette,
    Gallery,
    TakeAway,
    Notices,
    ReduceMotion,
    Keys,
    Story,
    Instrument,
    Lessons,
    Handbook,
    WhatIsThis,
    CopyStep,
    Presenter,
    OwnSlider,
}

/// What a figure is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Svg,
    Png,
    Csv,
}

/// The themes in the order of their names in the texts.
pub(super) const THEMES: [egui::ThemePreference; 3] =
    [egui::ThemePreference::System, egui::ThemePreference::Light, egui::ThemePreference::Dark];

impl Action {
    /// All of them, in the order of the palette.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![
            Self::RunOrPause,
            Self::Step,
            Self::Reset,
            Self::NewChip,
            Self::NewWeights,
            Self::Calibrate,
            Self::Uncalibrate,
            Self::Heal,
            Self::Undo,
            Self::Redo,
            Self::PreviousSample,
            Self::NextSample,
            Self::EarlierMoment,
            Self::LaterMoment,
            Self::Live,
            Self::Branch,
            Self::TakeBack,
            Self::ClearSelection,
        ];
        all.extend((0..PRESETS.len()).map(Self::Preset));
        all.extend(ViewKind::ALL.map(Self::Show));
        all.extend(Layout::ALL.map(Self::Layout));
        all.extend([Self::ResetLayout, Self::Controls, Self::Projector, Self::FullScreen]);
        all.extend(THEMES.map(Self::Theme));
        all.extend(Language::ALL.map(Self::Language));
        all.extend([Self::ZoomIn, Self::ZoomOut, Self::ZoomReset]);
        all.extend([Self::Open, Self::Save, Self::SaveCheckpoint, Self::CopyCommand, Self::WindowPng]);
        all.extend([Self::AllFigures, Self::OpenFolder]);
        all.extend(Form::ALL.map(Self::ExportNir));
        all.extend([Self::LoadNir, Self::Record]);
        for form in [Written::Csv, Written::Svg, Written::Png] {
            all.extend(ViewKind::ALL.map(|kind| Self::Figure(kind, form)));
        }
        all.extend([Self::Palette, Self::Gallery, Self::TakeAway, Self::Notices]);
        all.extend([Self::ReduceMotion, Self::Keys]);
        all.extend([Self::Story, Self::Instrument, Self::Lessons, Self::Handbook, Self::WhatIsThis, Self::CopyStep]);
        all.extend([Self::Presenter, Self::OwnSlider]);
        all
    }

    /// What it is called in lessons, in the palette and as an anchor.
    pub(super) fn key(self) -> String {
        match self {
            Self::RunOrPause => "run".to_owned(),
            Self::Reset => "restart".to_owned(),
            Self::Preset(k) => format!("preset {}", PRESETS[k].key),
            other => names::key_of(other),
        }
    }

    /// The action of that key.
    pub(super) fn from_key(key: &str) -> Option<Self> {
        Self::all().into_iter().find(|action| action.key() == key)
    }

    /// What it is called.
    pub(super) fn name(self, text: &Text) -> String {
        self.words(text).0
    }

    /// What it does; empty if the name says it all.
    pub(super) fn meaning(self, text: &Text) -> &'static str {
        self.words(text).1
    }

    /// Name and meaning.
    fn words(self, text: &Text) -> (String, &'static str) {
        let (shell, machine) = (&text.shell, &text.time_machine);
        let plain = |named: Named| (named.name.to_owned(), named.meaning);
        let one_of =
            |all: &str, one: &str, meaning: &'static str| (format!("{all}{colon}{one}", colon = text.colon), meaning);
        let figure = |form: Named, kind: ViewKind| one_of(form.name, kind.text(text).title, form.meaning);
        match self {
            Self::RunOrPause => (format!("{} / {}", text.run.name, text.pause.name), text.run.meaning),
            Self::Step => plain(text.step),
            Self::Reset => plain(text.reset),
            Self::NewChip => plain(text.new_chip),
            Self::NewWeights => plain(text.new_weights),
            Self::Calibrate => plain(text.calibrate),
            Self::Uncalibrate => plain(text.uncalibrate),
            Self::Heal => plain(text.heal),
            Self::Undo => plain(shell.undo),
            Self::Redo => plain(shell.redo),
            Self::PreviousSample => (shell.previous_sample.to_owned(), ""),
            Self::NextSample => (shell.next_sample.to_owned(), ""),
            Self::EarlierMoment => (machine.earlier.to_owned(), machine.moment.meaning),
            Self::LaterMoment => (machine.later.to_owned(), machine.moment.meaning),
            Self::Live => plain(machine.live),
            Self::Branch => plain(machine.branch),
            Self::TakeBack => plain(machine.take_back),
            Self::Open => plain(text.open),
            Self::Save => plain(text.save),
            Self::SaveCheckpoint => plain(text.runs.save_checkpoint),
            Self::CopyCommand => plain(shell.copy_command),
            Self::WindowPng => plain(shell.window_png),
            Self::ExportNir(form) => plain(shell.export_nir[form as usize]),
            Self::LoadNir => plain(shell.load_nir),
            Self::Record => plain(text.export.record),
            Self::AllFigures => plain(text.export.all_figures),
            Self::OpenFolder => plain(text.export.open_folder),
            Self::Figure(kind, Written::Png) => figure(text.export.figure_png, kind),
            Self::Figure(kind, Written::Csv) => figure(shell.figure_csv, kind),
            Self::Figure(kind, Written::Svg) => figure(shell.figure_svg, kind),
            Self::Layout(layout) => one_of(shell.layouts, layout.text(text).name, layout.text(text).meaning),
            Self::ResetLayout => plain(shell.reset_layout),
            Self::Show(kind) => one_of(shell.views.name, kind.text(text).title, kind.text(text).help),
            Self::Controls => plain(shell.controls),
            Self::Theme(theme) => one_of(text.theme, theme_name(theme, text), ""),
            Self::Language(language) => one_of(shell.language, language.own_name(), ""),
            Self::Projector => plain(shell.projector),
            Self::FullScreen => plain(shell.full_screen),
            Self::ZoomIn => (shell.zoom_in.to_owned(), ""),
            Self::ZoomOut => (shell.zoom_out.to_owned(), ""),
            Self::ZoomReset => (shell.zoom_reset.to_owned(), ""),
            Self::Preset(k) => {
                let preset = text.preset(&PRESETS[k]);
                one_of(text.presets.name, preset.label, preset.help)
            }
            Self::ClearSelection => plain(text.device.clear_selection),
            Self::Palette => plain(shell.palette),
            Self::Gallery => plain(shell.gallery),
            Self::TakeAway => plain(shell.figures),
            Self::Notices => plain(shell.notices),
            Self::ReduceMotion => plain(shell.reduce_motion),
            Self::Keys => plain(shell.shortcuts),
            Self::Story => plain(text.lessons.story),
            Self::Instrument => plain(text.lessons.instrument),
            Self::Lessons => plain(text.lessons.lessons),
            Self::Handbook => plain(text.lessons.handbook),
            Self::WhatIsThis => plain(text.lessons.what_is_this),
            Self::CopyStep => plain(text.lessons.copy_step),
            Self::Presenter => plain(text.lessons.presenter),
            Self::OwnSlider => plain(text.lessons.own_slider),
        }
    }
}

/// The name of a theme.
pub(super) fn theme_name(theme: egui::ThemePreference, text: &Text) -> &'static str {
    THEMES.iter().zip(text.shell.themes).find(|(known, _)| **known == theme).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_a_key_of_its_own_and_lessons_know_the_layouts_and_actions_that_there_are() {
        for action in Action::all() {
            assert_eq!(Action::from_key(&action.key()), Some(action));
        }
        assert_eq!(Action::Show(ViewKind::ChipMap).key(), "show chip_map");
        for layout in names::LAYOUTS {
            assert!(Action::from_key(&format!("layout {layout}")).is_some(), "{layout}");
        }
        for key in names::ACTIONS {
            assert!(Action::from_key(key).is_some(), "{key}");
        }
    }

    #[test]
    fn every_command_has_a_name_of_its_own_in_every_language() {
        for language in Language::ALL {
            let text = language.text();
            let mut names: Vec<String> = Action::all().into_iter().map(|a| a.name(text)).collect();
            let n = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), n);
            assert!(names.iter().all(|name| !name.trim().is_empty()));
        }
    }
}
