//! The menu, the gallery and the list of keys.

use egui::Ui;

use super::App;
use super::actions::{Action, THEMES, theme_name};
use super::layout::Layout;
use crate::protocol::PRESETS;
use crate::text::{Language, Text};
use crate::views::theme::{self, icons};
use crate::views::{ViewKind, anchors};

/// An entry of the menu with its keys; sets `chosen` when it is clicked.
fn entry(ui: &mut Ui, action: Action, text: &Text, chosen: &mut Option<Action>) {
    let button = egui::Button::new(action.name(text)).shortcut_text(action.keys_shown(ui.ctx()));
    if ui.add(button).on_hover_text(action.meaning(text)).clicked() {
        *chosen = Some(action);
    }
}

/// Lines of a column of the menu.
const LONGEST: usize = 10;

/// A column of the menu; one that is higher than the window scrolls.
fn column_ui(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.menu_button(name, |ui| {
        let most = ui.ctx().content_rect().height() - 6.0 * theme::UNIT;
        egui::ScrollArea::vertical().max_height(most).show(ui, add);
    });
}

impl App {
    /// One menu with everything that has no button of its own, in columns that are never longer than ten lines.
    pub(super) fn menu_ui(&mut self, ui: &mut Ui) {
        let text = self.text;
        let mut chosen = None;
        let width = ui.max_rect().width();
        let button = egui::Button::new(icons::label(icons::MENU, text.shell.menu.name, width > 500.0));
        let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
            let mut entries = |ui: &mut Ui, actions: &[Action]| {
                for &action in actions {
                    entry(ui, action, text, &mut chosen);
                }
            };
            entries(ui, &[Action::Story, Action::Lessons, Action::Gallery]);
            ui.separator();
            entries(ui, &[Action::Undo, Action::Redo]);
            ui.separator();
            column_ui(ui, text.shell.files, |ui| {
                use Action::{CopyCommand, LoadNir, Open, Save, SaveCheckpoint, TakeAway, WindowPng};
                entries(ui, &[Open, LoadNir, Save, SaveCheckpoint, TakeAway, WindowPng, CopyCommand]);
            });
            let open = |kind| self.arranged.tree.tiles.find_pane(&kind).is_some();
            let mut shown = None;
            column_ui(ui, text.shell.views.name, |ui| {
                ui.horizontal_top(|ui| {
                    for column in ViewKind::ALL.chunks(LONGEST) {
                        ui.vertical(|ui| {
                            for &kind in column {
                                let button = egui::Button::selectable(open(kind), kind.text(text).title);
                                if ui.add(button).on_hover_text(kind.text(text).help).clicked() {
                                    shown = Some(Action::Show(kind));
                                }
                            }
                        });
                    }
                });
            });
            column_ui(ui, text.shell.layouts, |ui| {
                entries(ui, &Layout::ALL.map(Action::Layout));
                entries(ui, &[Action::ResetLayout, Action::Controls]);
                entries(ui, &[Action::ZoomIn, Action::ZoomOut, Action::ZoomReset]);
            });
            column_ui(ui, text.shell.appearance, |ui| {
                let language =
                    Language::ALL.map(|l| (self.settings.language() == l, l.own_name(), Action::Language(l)));
                let theme = THEMES.map(|t| (self.settings.theme == t, theme_name(t, text), Action::Theme(t)));
                for (on, name, action) in language.into_iter().chain(theme) {
                    if ui.radio(on, name).clicked() {
                        shown = Some(action);
                    }
                }
                let named = text.shell.reduce_motion;
                let mut reduced = self.settings.reduce_motion;
                if ui.checkbox(&mut reduced, named.name).on_hover_text(named.meaning).changed() {
                    shown = Some(Action::ReduceMotion);
                }
                entries(ui, &[Action::Projector, Action::FullScreen]);
            });
            column_ui(ui, text.shell.help, |ui| {
                use Action::{CopyStep, Handbook, Keys, Notices, Palette, Presenter, WhatIsThis};
                entries(ui, &[Handbook, WhatIsThis, Keys, Palette, Notices, Presenter, CopyStep]);
            });
            chosen = chosen.or(shown);
        });
        anchors::mark(ui, "menu", response.rect);
        if let Some(action) = chosen {
            self.perform(action, &ui.ctx().clone());
        }
        icons::named(ui, response, text.shell.menu, true);
    }

    /// The palette and the list of keys, on top of everything.
    pub(super) fn overlays_ui(&mut self, ctx: &egui::Context) {
        self.palette_ui(ctx);
        self.question_ui(ctx);
        self.gallery_ui(ctx);
        self.take_away_ui(ctx);
        self.said_ui(ctx);
        self.notices_ui(ctx);
        self.lessons_ui(ctx);
        self.maker_ui(ctx);
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
