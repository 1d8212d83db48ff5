//! Everything that can be done, once: menu, palette, keyboard and the list of keys are made from it.

use super::App;
use super::dialogs::Purpose;
use super::layout::Layout;
use super::notices::Notice;
use crate::params::PARAMS;
use crate::protocol::{PRESETS, command_line};
use crate::text::{Language, Text};
use crate::views::ViewKind;
use crate::worker::messages::{EngineCommand, Form, ViewRequest};

/// One thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    RunOrPause,
    Step,
    Reset,
    NewChip,
    NewWeights,
    Calibrate,
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
    ExportNir(Form),
    LoadNir,
    Record,
    Png(ViewKind),
    Csv(ViewKind),
    Svg(ViewKind),
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
    Keys,
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
        all.extend(Form::ALL.map(Self::ExportNir));
        all.extend([Self::LoadNir, Self::Record]);
        all.extend(ViewKind::ALL.map(Self::Csv));
        all.extend(ViewKind::ALL.map(Self::Svg));
        all.extend(ViewKind::ALL.map(Self::Png));
        all.extend([Self::Palette, Self::Gallery, Self::TakeAway, Self::Keys]);
        all
    }

    /// What it is called.
    pub(super) fn name(self, text: &Text) -> String {
        let shell = &text.shell;
        match self {
            Self::RunOrPause => format!("{} / {}", text.run.name, text.pause.name),
            Self::Step => text.step.name.into(),
            Self::Reset => text.reset.name.into(),
            Self::NewChip => text.new_chip.name.into(),
            Self::NewWeights => text.new_weights.name.into(),
            Self::Calibrate => text.calibrate.name.into(),
            Self::Heal => text.heal.name.into(),
            Self::Undo => shell.undo.name.into(),
            Self::Redo => shell.redo.name.into(),
            Self::PreviousSample => shell.previous_sample.into(),
            Self::NextSample => shell.next_sample.into(),
            Self::EarlierMoment => text.time_machine.earlier.into(),
            Self::LaterMoment => text.time_machine.later.into(),
            Self::Live => text.time_machine.live.name.into(),
            Self::Branch => text.time_machine.branch.name.into(),
            Self::TakeBack => text.time_machine.take_back.name.into(),
            Self::Open => text.open.name.into(),
            Self::Save => text.save.name.into(),
            Self::SaveCheckpoint => text.runs.save_checkpoint.name.into(),
            Self::CopyCommand => shell.copy_command.name.into(),
            Self::WindowPng => shell.window_png.name.into(),
            Self::ExportNir(form) => shell.export_nir[form as usize].name.into(),
            Self::LoadNir => shell.load_nir.name.into(),
            Self::Record => text.export.record.name.into(),
            Self::Png(kind) => format!("{}: {}", text.export.figure_png.name, kind.text(text).title),
            Self::Csv(kind) => format!("{}: {}", shell.figure_csv.name, kind.text(text).title),
            Self::Svg(kind) => format!("{}: {}", shell.figure_svg.name, kind.text(text).title),
            Self::Layout(layout) => format!("{}: {}", shell.layouts, layout.text(text).name),
            Self::ResetLayout => shell.reset_layout.name.into(),
            Self::Show(kind) => format!("{}: {}", shell.views.name, kind.text(text).title),
            Self::Controls => shell.controls.name.into(),
            Self::Theme(theme) => format!("{}: {}", text.theme, theme_name(theme, text)),
            Self::Language(language) => format!("{}: {}", shell.language, language.own_name()),
            Self::Projector => shell.projector.name.into(),
            Self::FullScreen => shell.full_screen.name.into(),
            Self::ZoomIn => shell.zoom_in.into(),
            Self::ZoomOut => shell.zoom_out.into(),
            Self::ZoomReset => shell.zoom_reset.into(),
            Self::Preset(k) => format!("{}: {}", text.presets.name, text.preset(&PRESETS[k]).label),
            Self::ClearSelection => text.device.clear_selection.name.into(),
            Self::Palette => shell.palette.name.into(),
            Self::Gallery => shell.gallery.name.into(),
            Self::TakeAway => shell.figures.name.into(),
            Self::Keys => shell.shortcuts.name.into(),
        }
    }

    /// What it does, if the name does not say it all.
    pub(super) fn meaning(self, text: &Text) -> &'static str {
        let shell = &text.shell;
        match self {
            Self::RunOrPause => text.run.meaning,
            Self::Step => text.step.meaning,
            Self::Reset => text.reset.meaning,
            Self::NewChip => text.new_chip.meaning,
            Self::NewWeights => text.new_weights.meaning,
            Self::Calibrate => text.calibrate.meaning,
            Self::Heal => text.heal.meaning,
            Self::Undo => shell.undo.meaning,
            Self::Redo => shell.redo.meaning,
            Self::EarlierMoment | Self::LaterMoment => text.time_machine.moment.meaning,
            Self::Live => text.time_machine.live.meaning,
            Self::Branch => text.time_machine.branch.meaning,
            Self::TakeBack => text.time_machine.take_back.meaning,
            Self::Open => text.open.meaning,
            Self::Save => text.save.meaning,
            Self::SaveCheckpoint => text.runs.save_checkpoint.meaning,
            Self::CopyCommand => shell.copy_command.meaning,
            Self::WindowPng => shell.window_png.meaning,
            Self::ExportNir(form) => shell.export_nir[form as usize].meaning,
            Self::LoadNir => shell.load_nir.meaning,
            Self::Record => text.export.record.meaning,
            Self::Png(_) => text.export.figure_png.meaning,
            Self::Csv(_) => shell.figure_csv.meaning,
            Self::Svg(_) => shell.figure_svg.meaning,
            Self::Layout(layout) => layout.text(text).meaning,
            Self::ResetLayout => shell.reset_layout.meaning,
            Self::Show(kind) => kind.text(text).help,
            Self::Controls => shell.controls.meaning,
            Self::Projector => shell.projector.meaning,
            Self::FullScreen => shell.full_screen.meaning,
            Self::Preset(k) => text.preset(&PRESETS[k]).help,
            Self::ClearSelection => text.device.clear_selection.meaning,
            Self::Palette => shell.palette.meaning,
            Self::Gallery => shell.gallery.meaning,
            Self::TakeAway => shell.figures.meaning,
            Self::Keys => shell.shortcuts.meaning,
            _ => "",
        }
    }
}

/// The name of a theme.
pub(super) fn theme_name(theme: egui::ThemePreference, text: &Text) -> &'static str {
    THEMES.iter().zip(text.shell.themes).find(|(known, _)| **known == theme).map_or("", |(_, name)| name)
}

impl App {
    /// Does one thing.
    pub(super) fn perform(&mut self, action: Action, ctx: &egui::Context) {
        match action {
            Action::RunOrPause => {
                self.commands.push(if self.snapshot.running { EngineCommand::Pause } else { EngineCommand::Run });
            }
            Action::Step => self.commands.push(EngineCommand::StepBatch),
            Action::Reset => self.restart(),
            Action::NewChip => self.params.chip.number = self.params.chip.number.wrapping_add(1),
            Action::NewWeights => {
                self.params.learning.seed = self.params.learning.seed.wrapping_add(1);
                self.restart();
            }
            Action::Calibrate => self.commands.push(EngineCommand::Calibrate),
            Action::Heal => {
                for spec in PARAMS.iter().filter(|s| s.group == "Damage") {
                    (spec.set)(&mut self.params, spec.default_value());
                }
            }
            Action::Undo => self.undo(ctx),
            Action::Redo => self.redo(ctx),
            Action::PreviousSample | Action::NextSample => {
                if let Some(sample) = &self.snapshot.sample {
                    let step = if action == Action::NextSample { 1 } else { sample.count.saturating_sub(1) };
                    self.commands.push(ViewRequest::ShowSample((sample.index + step) % sample.count.max(1)));
                    self.views.hold_sample();
                }
            }
            Action::EarlierMoment => self.move_moment(-1),
            Action::LaterMoment => self.move_moment(1),
            Action::Live => self.commands.push(ViewRequest::LookAt(None)),
            Action::Branch => self.commands.push(EngineCommand::Branch),
            Action::TakeBack => self.take_back(),
            Action::Open => self.ask_for(Purpose::Open, ctx),
            Action::Save => self.ask_for(Purpose::Save, ctx),
            Action::SaveCheckpoint => self.ask_for(Purpose::Checkpoint, ctx),
            Action::CopyCommand => {
                let command = command_line(&self.protocol());
                ctx.copy_text(command.clone());
                self.notify(Notice::Copied(command));
            }
            Action::WindowPng => self.pictured = Some((None, super::take_away::SETTLES)),
            Action::ExportNir(form) => self.ask_for(Purpose::ExportNir(form), ctx),
            Action::LoadNir => self.ask_for(Purpose::LoadNir, ctx),
            Action::Record => self.ask_for(Purpose::Record, ctx),
            Action::Png(kind) => {
                self.show_view(kind);
                self.pictured = Some((Some(kind), super::take_away::SETTLES));
            }
            Action::Csv(kind) => self.write_figure(kind, false),
            Action::Svg(kind) => self.write_figure(kind, true),
            Action::Layout(layout) => {
                self.settings.layout = layout;
                self.unprojected = None;
                self.tree = self.usual_tree();
            }
            Action::ResetLayout => self.tree = self.usual_tree(),
            Action::Show(kind) => self.show_view(kind),
            Action::Controls => self.settings.controls = !self.settings.controls,
            Action::Theme(theme) => {
                self.settings.theme = theme;
                self.project(false);
                self.dress(ctx);
            }
            Action::Language(language) => {
                language.code().clone_into(&mut self.settings.language);
                self.dress(ctx);
            }
            Action::Projector => {
                self.project(!self.settings.projector);
                self.dress(ctx);
            }
            Action::FullScreen => {
                let full = ctx.input(|i| i.viewport().fullscreen.unwrap_or(false));
                ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(!full));
            }
            Action::ZoomIn => egui::gui_zoom::zoom_in(ctx),
            Action::ZoomOut => egui::gui_zoom::zoom_out(ctx),
            Action::ZoomReset => ctx.set_zoom_factor(1.0),
            Action::Preset(k) => self.choose(&PRESETS[k]),
            Action::ClearSelection => self.views.clear_selection(),
            Action::Palette => self.palette = Some(super::palette::Palette::default()),
            Action::Gallery => self.windows.gallery = !self.windows.gallery,
            Action::TakeAway => self.windows.take_away = !self.windows.take_away,
            Action::Keys => self.windows.keys = !self.windows.keys,
        }
        ctx.request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
