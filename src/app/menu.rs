//! The menu, the gallery and the list of keys.

use egui::Ui;

use super::App;
use super::actions::{Action, THEMES, theme_name};
use super::layout::Layout;
use crate::protocol::PRESETS;
use crate::text::{Language, Text};
use crate::views::ViewKind;

/// An entry of the menu with its keys; sets `chosen` when it is clicked.
fn entry(ui: &mut Ui, action: Action, text: &Text, chosen: &mut Option<Action>) {
    let button = egui::Button::new(action.name(text)).shortcut_text(action.keys_shown(ui.ctx()));
    if ui.add(button).on_hover_text(action.meaning(text)).clicked() {
        *chosen = Some(action);
    }
}

impl App {
    /// One menu with everything that has no button of its own.
    pub(super) fn menu_ui(&mut self, ui: &mut Ui) {
        let text = self.text;
        let mut chosen = None;
        let menu = ui.menu_button(text.shell.menu.name, |ui| {
            for action in [Action::Undo, Action::Redo] {
                entry(ui, action, text, &mut chosen);
            }
            ui.separator();
            ui.menu_button(text.shell.views.name, |ui| {
                for kind in ViewKind::ALL {
                    let button = egui::Button::new(kind.text(text).title);
                    if ui.add(button).on_hover_text(kind.text(text).help).clicked() {
                        chosen = Some(Action::Show(kind));
                    }
                }
            });
            for layout in Layout::ALL {
                entry(ui, Action::Layout(layout), text, &mut chosen);
            }
            entry(ui, Action::ResetLayout, text, &mut chosen);
            entry(ui, Action::Controls, text, &mut chosen);
            ui.separator();
            for action in [Action::Open, Action::LoadNir, Action::Save, Action::SaveCheckpoint, Action::TakeAway] {
                entry(ui, action, text, &mut chosen);
            }
            ui.separator();
            for language in Language::ALL {
                if ui.radio(self.settings.language() == language, language.own_name()).clicked() {
                    chosen = Some(Action::Language(language));
                }
            }
            ui.separator();
            for theme in THEMES {
                if ui.radio(self.settings.theme == theme, theme_name(theme, text)).clicked() {
                    chosen = Some(Action::Theme(theme));
                }
            }
            for action in [Action::Projector, Action::FullScreen] {
                entry(ui, action, text, &mut chosen);
            }
            ui.separator();
            for action in [Action::Palette, Action::Gallery, Action::Keys] {
                entry(ui, action, text, &mut chosen);
            }
        });
        menu.response.on_hover_text(text.shell.menu.meaning);
        if let Some(action) = chosen {
            self.perform(action, &ui.ctx().clone());
        }
    }

    /// The palette and the list of keys, on top of everything.
    pub(super) fn overlays_ui(&mut self, ctx: &egui::Context) {
        self.palette_ui(ctx);
        self.question_ui(ctx);
        self.gallery_ui(ctx);
        self.take_away_ui(ctx);
        let text = self.text;
        let mut open = self.windows.keys;
        egui::Window::new(text.shell.shortcuts.name)
            .id(egui::Id::unique("keys"))
            .open(&mut open)
            .collapsible(false)
            .vscroll(true)
            .default_size(egui::vec2(340.0, 620.0))
            .default_pos(egui::pos2(360.0, 60.0))
            .show(ctx, |ui| {
                egui::Grid::new("keys").num_columns(2).striped(true).show(ui, |ui| {
                    for action in Action::all().into_iter().filter(|action| !action.keys().is_empty()) {
                        ui.label(action.name(text)).on_hover_text(action.meaning(text));
                        ui.monospace(action.keys_shown(ctx));
                        ui.end_row();
                    }
                });
                ui.weak(text.gestures);
                ui.weak(text.double_click);
            });
        self.windows.keys = open;
    }

    /// Experiments that are worth seeing, each with a sentence of why and a button.
    fn gallery_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        let mut open = self.windows.gallery;
        let mut chosen = None;
        egui::Window::new(text.shell.gallery.name)
            .id(egui::Id::unique("gallery"))
            .open(&mut open)
            .collapsible(false)
            .vscroll(true)
            .default_size(egui::vec2(480.0, 560.0))
            .default_pos(egui::pos2(360.0, 60.0))
            .show(ctx, |ui| {
                for (k, preset) in PRESETS.iter().enumerate().filter(|(_, preset)| preset.is_experiment()) {
                    let words = text.preset(preset);
                    ui.horizontal(|ui| {
                        if ui.button(words.label).on_hover_text(text.shell.gallery_start).clicked() {
                            chosen = Some(k);
                        }
                        for at in preset.at {
                            ui.weak(format!("{} {}", text.epoch, at.replace(':', ": ").replace('=', " = ")));
                        }
                    });
                    ui.label(words.help);
                    ui.add_space(6.0);
                }
            });
        self.windows.gallery = open;
        if let Some(k) = chosen {
            self.windows.gallery = false;
            self.perform(Action::Preset(k), ctx);
        }
    }
}
