//! The command palette: any command, setting or run by whatever of its name somebody remembers, in any language.

mod find;
mod fit;
mod settings;

use egui::{Key, Modifiers};

use super::App;
use super::actions::Action;
use crate::lesson::verbs::Verb;
use crate::params::{ParamSpec, Value};
use crate::session::messages::{Command, RunCommand};

/// Commands that the palette lists at once.
const MOST_LISTED: usize = 12;

/// The open palette: what was typed, and which of the commands found is marked.
#[derive(Default)]
pub(super) struct Palette {
    typed: String,
    marked: usize,
}

/// What is chosen in it.
#[derive(Debug, Clone, PartialEq)]
enum Chosen {
    Action(Action),
    /// A verb with what belongs to it, such as `run_to 10` or `set sigma 30`.
    Verb(Verb),
    /// A setting takes a value.
    Set(&'static ParamSpec, Value),
    /// The panel shows a setting.
    Jump(&'static ParamSpec),
    /// A run that is kept is opened, by its id.
    Open(String),
}

/// A line of the palette.
struct Line {
    chosen: Chosen,
    name: String,
    /// At the right of it: keys, or the value that is in force.
    aside: String,
    meaning: String,
}

impl App {
    /// Shows the palette if it is open, and does what is chosen in it.
    pub(super) fn palette_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        let Some(mut palette) = self.palette.take() else { return };
        let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let (up, down) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown));
        let enter = pressed(Key::Enter);
        let mut chosen = None;
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
            let found = self.found(&palette.typed, ctx);
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
            for (k, line) in found.into_iter().take(MOST_LISTED).enumerate() {
                let button = egui::Button::selectable(k == palette.marked, line.name)
                    .shortcut_text(line.aside)
                    .truncate()
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                if ui.add(button).on_hover_text(line.meaning).clicked() || (enter && k == palette.marked) {
                    chosen = Some(line.chosen);
                }
            }
        });
        match chosen {
            Some(chosen) => self.carry_out(chosen, ctx),
            None if modal.backdrop_response.clicked() => {}
            None => self.palette = Some(palette),
        }
    }

    fn carry_out(&mut self, chosen: Chosen, ctx: &egui::Context) {
        match chosen {
            Chosen::Action(action) => self.perform(action, ctx),
            Chosen::Verb(verb) => self.do_verb(&verb, ctx),
            Chosen::Set(spec, value) => {
                (spec.set)(&mut self.draft.params, value);
                if spec.key == "task" {
                    self.draft.adopt_task();
                }
            }
            Chosen::Jump(spec) => {
                self.open_instrument();
                self.settings.controls = true;
                self.text.param(spec).label.clone_into(&mut self.filter);
            }
            Chosen::Open(run) => self.commands.push(Command::Store(RunCommand::Open(run))),
        }
        ctx.request_repaint();
    }
}
