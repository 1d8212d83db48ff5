//! The menu, the command palette and the list of keys: three ways to the same commands.

use egui::{Key, Modifiers, Ui};

use super::App;
use super::actions::{Action, THEMES, theme_name};
use super::layout::Layout;
use crate::params::PRESETS;
use crate::text::{Language, Text};
use crate::views::ViewKind;
use crate::worker::messages::Form;

/// Commands that the palette lists at once.
const MOST_LISTED: usize = 12;

/// The open palette: what was typed, and which of the commands found is marked.
#[derive(Default)]
pub(super) struct Palette {
    typed: String,
    marked: usize,
}

/// What came of one frame of the palette.
enum Chosen {
    Nothing,
    Closed,
    Action(Action),
}

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
            for action in [Action::Open, Action::SaveCheckpoint] {
                entry(ui, action, text, &mut chosen);
            }
            ui.menu_button(text.shell.figures.name, |ui| {
                entry(ui, Action::CopyCommand, text, &mut chosen);
                entry(ui, Action::WindowPng, text, &mut chosen);
                ui.separator();
                for action in
                    [Action::ExportNir(Form::Nominal), Action::ExportNir(Form::Actual), Action::LoadNir, Action::Record]
                {
                    entry(ui, action, text, &mut chosen);
                }
                ui.separator();
                for kind in ViewKind::ALL {
                    ui.horizontal(|ui| {
                        for action in [Action::Csv(kind), Action::Svg(kind), Action::Png(kind)] {
                            entry(ui, action, text, &mut chosen);
                        }
                    });
                }
            })
            .response
            .on_hover_text(text.shell.figures.meaning);
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
        match self.palette_ui(ctx) {
            Chosen::Nothing => {}
            Chosen::Closed => self.palette = None,
            Chosen::Action(action) => {
                self.palette = None;
                self.perform(action, ctx);
            }
        }
        self.gallery_ui(ctx);
        let text = self.text;
        let mut open = self.keys_open;
        egui::Window::new(text.shell.shortcuts.name)
            .id(egui::Id::unique("keys"))
            .open(&mut open)
            .collapsible(false)
            .vscroll(true)
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
        self.keys_open = open;
    }

    /// Experiments that are worth seeing, each with a sentence of why and a button.
    fn gallery_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        let mut open = self.gallery_open;
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
                        for (epoch, key, value) in preset.later {
                            ui.weak(format!("{} {epoch}: {key} = {value}", text.epoch));
                        }
                    });
                    ui.label(words.help);
                    ui.add_space(6.0);
                }
            });
        self.gallery_open = open;
        if let Some(k) = chosen {
            self.gallery_open = false;
            self.perform(Action::Preset(k), ctx);
        }
    }

    fn palette_ui(&mut self, ctx: &egui::Context) -> Chosen {
        let text = self.text;
        let Some(palette) = &mut self.palette else { return Chosen::Nothing };
        let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let (up, down) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown));
        let (enter, escape) = (pressed(Key::Enter), pressed(Key::Escape));
        if escape {
            return Chosen::Closed;
        }
        let mut chosen = Chosen::Nothing;
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
            let found = find(&palette.typed, text);
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
            for (k, action) in found.iter().take(MOST_LISTED).enumerate() {
                let button = egui::Button::selectable(k == palette.marked, action.name(text))
                    .shortcut_text(action.keys_shown(ctx))
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                if ui.add(button).on_hover_text(action.meaning(text)).clicked() || (enter && k == palette.marked) {
                    chosen = Chosen::Action(*action);
                }
            }
        });
        if matches!(chosen, Chosen::Nothing) && modal.backdrop_response.clicked() {
            return Chosen::Closed;
        }
        chosen
    }
}

/// The commands whose names hold every word that was typed, those that begin with it first.
fn find(typed: &str, text: &Text) -> Vec<Action> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut found: Vec<(bool, Action)> = Action::all()
        .into_iter()
        .filter(|action| *action != Action::Palette)
        .filter_map(|action| {
            let name = action.name(text).to_lowercase();
            words.iter().all(|word| name.contains(word)).then(|| (!name.starts_with(typed.trim()), action))
        })
        .collect();
    found.sort_by_key(|(later, _)| *later);
    found.into_iter().map(|(_, action)| action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::EN;

    #[test]
    fn commands_are_found_by_any_of_their_words_and_exact_beginnings_come_first() {
        assert_eq!(find("proj", &EN).first(), Some(&Action::Projector));
        assert_eq!(find("stress 50", &EN).len(), 1);
        assert!(find("chip", &EN).contains(&Action::NewChip));
        assert!(find("no such thing", &EN).is_empty());
        assert_eq!(find("", &EN).len(), Action::all().len() - 1);
    }
}
