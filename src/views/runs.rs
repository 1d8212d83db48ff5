//! The runs that are kept: to find, mark, compare and open.

mod pinned;
mod table;

use egui::{Key, RichText, Ui};

use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, nothing_ui, theme};
use crate::params::Lane;
use crate::session::messages::{Command, Entry, RunCommand, RunEdit, RunsView, Sort, utc};
use crate::text::{Text, ViewText};
pub(super) use pinned::{add_pinned, pinned_keys, pinned_lane_ui};

/// What the list shows, and of which run the details.
#[derive(Default)]
pub(super) struct RunsPane {
    filter: String,
    sort: Sort,
    /// Smallest, earliest or worst first.
    ascending: bool,
    starred: bool,
    deleted: bool,
    /// The run whose details are shown, by its id.
    selected: Option<String>,
    /// Name and note as they are typed, and whose they are.
    typed: (String, String, String),
    /// The run that was deleted last.
    undo: Option<String>,
    shown: Shown,
}

/// The places of the runs that are listed, made anew when something changes.
#[derive(Default)]
struct Shown {
    for_version: (u64, u64),
    filter: String,
    by: (Sort, bool, bool, bool),
    rows: Vec<usize>,
}

impl View for RunsPane {
    fn text(text: &Text) -> ViewText {
        text.runs.view
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, _: &mut Selection) {
        let (text, runs) = (&context.text.runs, context.runs);
        if let Some(problem) = &runs.problem {
            let words = format!("{}{colon}{}", text.not_kept, context.text.error(problem), colon = context.text.colon);
            ui.add(egui::Label::new(RichText::new(words).color(theme::alarm(ui.visuals()))).wrap());
        }
        if runs.entries.is_empty() {
            if !runs.keeps && runs.problem.is_none() && runs.version > 0 {
                ui.weak(text.none_kept);
            }
            return nothing_ui(ui, context.text);
        }
        self.head_ui(ui, context);
        self.collect(runs);
        let height = ui.available_height();
        let details = self.selected.is_some();
        let compared = runs.pinned.len() > 1;
        let share = if details || compared { 0.55 } else { 1.0 };
        ui.push_id("list", |ui| {
            let area = egui::ScrollArea::horizontal().auto_shrink([false, false]);
            area.max_height((height * share).max(60.0)).show(ui, |ui| self.table_ui(ui, context));
        });
        if details || compared {
            ui.separator();
            egui::ScrollArea::both().id_salt("below").auto_shrink([false, false]).show(ui, |ui| {
                self.details_ui(ui, context);
                if compared {
                    pinned::differences_ui(ui, context);
                }
            });
        }
    }

    /// The runs that are listed, in their order, with what each lane reached.
    /// The list as it is shown: accuracies as dots, and the table.
    fn figure(&self, &Seen { runs, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let mut listed = Self { filter: self.filter.clone(), ..Self::default() };
        (listed.sort, listed.ascending, listed.starred, listed.deleted) =
            (self.sort, self.ascending, self.starred, self.deleted);
        listed.collect(runs);
        let entries: Vec<&Entry> =
            listed.shown.rows.iter().filter_map(|&k| runs.entries.get(k).map(|e| &**e)).collect();
        let mut figure = Figure::new(text.runs.view.title, text.export.run, text.accuracy_axis);
        let panel = figure.last();
        panel.x.words = entries.iter().enumerate().map(|(k, e)| (k as f64, e.title().to_owned())).collect();
        panel.x.named = true;
        for lane in Lane::ALL {
            let reached = entries.iter().enumerate();
            let points = reached.filter_map(|(k, e)| Some([k as f64, 100.0 * e.summary.accuracy(lane)?]));
            let points: Vec<_> = points.filter(|p| p[1].is_finite()).collect();
            panel.add(text.lane(lane).name, theme::lane_color(lane, visuals), Shape::Dots(3.0), points);
        }
        let t = &text.runs;
        let lanes = Lane::ALL.map(|lane| format!("{}, %", text.lane(lane).name));
        let heads =
            [t.name, t.task, t.epochs.name, t.state, t.started.name].map(str::to_owned).into_iter().chain(lanes);
        let rows = entries.iter().map(|entry| {
            let s = &entry.summary;
            let reached = |lane| s.accuracy(lane).map_or_else(String::new, |a| (100.0 * a).to_string());
            let task = entry.params.as_ref().map_or("", |p| text.word(p.task.kind.name()));
            let state = t.states[s.state as usize];
            let words = [entry.title(), task, &s.epochs.to_string(), state, &utc(s.started)].map(str::to_owned);
            words.into_iter().chain(Lane::ALL.map(reached)).collect()
        });
        figure.table(t.view.title, heads.collect(), rows.collect());
        Some(figure)
    }
}

impl RunsPane {
    /// Filters and sorts, when anything has changed.
    fn collect(&mut self, runs: &RunsView) {
        let by = (self.sort, self.ascending, self.starred, self.deleted);
        let known = &self.shown;
        let version = (runs.version, runs.followed);
        if known.for_version == version && runs.version > 0 && known.filter == self.filter && known.by == by {
            return;
        }
        let fits = |e: &Entry| {
            e.summary.deleted.is_some() == self.deleted
                && (e.summary.starred || !self.starred)
                && e.matches(&self.filter)
        };
        let mut rows: Vec<usize> = (0..runs.entries.len()).filter(|&k| fits(&runs.entries[k])).collect();
        rows.sort_by(|&a, &b| runs.entries[a].compare(&runs.entries[b], self.sort));
        if !self.ascending {
            rows.reverse();
        }
        self.shown = Shown { for_version: version, filter: self.filter.clone(), by, rows };
    }

    fn head_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>) {
        let text = &context.text.runs;
        ui.horizontal_wrapped(|ui| {
            let label = ui.label(text.filter.name);
            let field = egui::TextEdit::singleline(&mut self.filter).desired_width(150.0);
            ui.add(field).labelled_by(label.id).on_hover_text(text.filter.meaning);
            ui.checkbox(&mut self.starred, text.starred.name).on_hover_text(text.starred.meaning);
            ui.checkbox(&mut self.deleted, text.deleted.name).on_hover_text(text.deleted.meaning);
            let n = context.runs.pinned.len();
            if n > 0 {
                let words = format!("{} ({n})", text.unpin.name);
                if ui.button(words).on_hover_text(text.unpin.meaning).clicked() {
                    context.commands.push(Command::Store(RunCommand::UnpinAll));
                }
                pinned::not_drawn_ui(ui, context);
            }
            let Some(id) = self.undo.clone() else { return };
            let Some(entry) = context.runs.entry(&id).filter(|e| e.summary.deleted.is_some()) else { return };
            ui.separator();
            ui.label(format!("{} {}", text.was_deleted, entry.title()));
            if ui.button(text.undelete).clicked() {
                context.commands.push(edit(&id, RunEdit::Deleted(false)));
                self.undo = None;
            }
        });
    }

    /// Name, note and what can be done with the run that is selected.
    fn details_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>) {
        let text = &context.text.runs;
        let Some(entry) = self.selected.as_ref().and_then(|id| context.runs.entry(id)) else {
            self.selected = None;
            return;
        };
        let s = &entry.summary;
        if self.typed.0 != s.id {
            self.typed = (s.id.clone(), s.name.clone(), s.note.clone());
        }
        ui.horizontal_wrapped(|ui| {
            let label = ui.label(text.name);
            let field = egui::TextEdit::singleline(&mut self.typed.1).hint_text(&s.id).desired_width(180.0);
            let field = ui.add(field).labelled_by(label.id);
            let enter = ui.input(|i| i.key_pressed(Key::Enter));
            if field.lost_focus() && (enter || !ui.input(|i| i.key_pressed(Key::Escape))) && self.typed.1 != s.name {
                context.commands.push(edit(&s.id, RunEdit::Name(self.typed.1.trim().to_owned())));
            }
            if ui.button(text.open.name).on_hover_text(text.open.meaning).clicked() {
                context.commands.push(Command::Store(RunCommand::Open(s.id.clone())));
            }
            if s.deleted.is_some() {
                if ui.button(text.undelete).clicked() {
                    context.commands.push(edit(&s.id, RunEdit::Deleted(false)));
                }
            } else if ui.button(text.delete.name).on_hover_text(text.delete.meaning).clicked() {
                context.commands.push(edit(&s.id, RunEdit::Deleted(true)));
                self.undo = Some(s.id.clone());
            }
        });
        ui.horizontal_wrapped(|ui| {
            let label = ui.label(text.note);
            let field = egui::TextEdit::multiline(&mut self.typed.2).desired_rows(1).desired_width(360.0);
            if ui.add(field).labelled_by(label.id).lost_focus() && self.typed.2 != s.note {
                context.commands.push(edit(&s.id, RunEdit::Note(self.typed.2.clone())));
            }
        });
        ui.weak(format!("{}  {} UTC", s.id, utc(s.started)));
        if let Some(error) = &s.error {
            ui.colored_label(theme::alarm(ui.visuals()), error);
        }
        for (key, value) in &s.tags {
            ui.weak(format!("{key}: {value}"));
        }
    }
}

/// The lane whose accuracy stands for a run: the same order as that of its headline.
fn headline_lane(entry: &Entry) -> Option<Lane> {
    Lane::ALL.into_iter().rev().find(|lane| entry.summary.accuracy(*lane).is_some())
}

fn edit(id: &str, change: RunEdit) -> Command {
    Command::Store(RunCommand::Edit(id.to_owned(), change))
}
