//! The runs that are kept: to find, mark, compare and open.

mod pinned;

use egui::{Key, RichText, Ui};

use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, nothing_ui, theme};
use crate::params::Lane;
use crate::text::{Named, RunsText, Text, ViewText};
use crate::worker::messages::{Command, Entry, MOST_PINNED, RunCommand, RunEdit, RunsView, Sort, State, utc};
pub(super) use pinned::{add_pinned, draw_pinned, pinned_items, pinned_lane_ui};

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
    for_version: u64,
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
            let words = format!("{}: {}", text.not_kept, context.text.error(problem));
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
            egui::ScrollArea::both()
                .auto_shrink([false, false])
                .max_height((height * share).max(60.0))
                .show(ui, |ui| self.table_ui(ui, context));
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
    fn figure(&self, &Seen { runs, text, .. }: &Seen<'_>) -> Option<Figure> {
        let mut listed = Self { filter: self.filter.clone(), ..Self::default() };
        (listed.sort, listed.ascending, listed.starred, listed.deleted) =
            (self.sort, self.ascending, self.starred, self.deleted);
        listed.collect(runs);
        let entries: Vec<&Entry> =
            listed.shown.rows.iter().filter_map(|&k| runs.entries.get(k).map(|e| &**e)).collect();
        let mut figure = Figure::new(text.runs.view.title, text.export.run, text.accuracy_axis);
        figure.names = entries.iter().map(|e| e.title().to_owned()).collect();
        for lane in Lane::ALL {
            let reached = entries.iter().enumerate();
            let points = reached.filter_map(|(k, e)| Some([k as f64, 100.0 * e.summary.accuracy(lane)?]));
            let color = theme::rgb(theme::lane_color(lane, &theme::paper()));
            figure.add(text.lane(lane).name, color, Shape::Dots(3.0), points.filter(|p| p[1].is_finite()).collect());
        }
        Some(figure)
    }
}

impl RunsPane {
    /// Filters and sorts, when anything has changed.
    fn collect(&mut self, runs: &RunsView) {
        let by = (self.sort, self.ascending, self.starred, self.deleted);
        let known = &self.shown;
        if known.for_version == runs.version && runs.version > 0 && known.filter == self.filter && known.by == by {
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
        self.shown = Shown { for_version: runs.version, filter: self.filter.clone(), by, rows };
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

    fn table_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>) {
        let text = &context.text.runs;
        let height = ui.spacing().interact_size.y;
        let rows = std::mem::take(&mut self.shown.rows);
        // One lane for all that are listed is named once, above them.
        let listed = || rows.iter().filter_map(|&k| headline_lane(context.runs.entries.get(k)?));
        let common = listed().next().filter(|first| listed().all(|lane| lane == *first));
        let lane = common.map_or(text.accuracy.name, |lane| context.text.lane(lane).name);
        let lane = format!("{lane}, %");
        let widths = columns(ui.available_width(), ui.spacing().item_spacing.x);
        ui.horizontal(|ui| {
            for (k, width) in widths.into_iter().enumerate() {
                cell(ui, width, |ui| self.heading_ui(ui, text, &lane, k));
            }
        });
        // Only what is in sight is laid out, so that thousands of runs cost no more than ten.
        let view = ui.clip_rect();
        let top = ui.cursor().top();
        let spacing = ui.spacing().item_spacing.y;
        let row_height = height + spacing;
        let first = (((view.top() - top) / row_height).floor().max(0.0) as usize).min(rows.len());
        let last = (((view.bottom() - top) / row_height).ceil().max(0.0) as usize).min(rows.len());
        ui.add_space(first as f32 * row_height);
        for &k in &rows[first..last] {
            let Some(entry) = context.runs.entries.get(k) else { continue };
            ui.push_id(&entry.summary.id, |ui| {
                ui.horizontal(|ui| self.row_ui(ui, context, entry, &widths));
            });
        }
        ui.add_space((rows.len() - last) as f32 * row_height);
        self.shown.rows = rows;
    }

    fn heading_ui(&mut self, ui: &mut Ui, text: &RunsText, lane: &str, column: usize) {
        let (named, sort) = match column {
            0 => (text.pin, None),
            1 => return drop(star_ui(ui, true, egui::Sense::hover()).on_hover_text(text.star.meaning)),
            2 => (Named { name: text.name, meaning: "" }, Some(Sort::Name)),
            3 => (Named { name: text.task, meaning: "" }, Some(Sort::Task)),
            4 => (Named { meaning: text.accuracy.meaning, name: "" }, Some(Sort::Accuracy)),
            5 => (text.epochs, Some(Sort::Epochs)),
            6 => (Named { name: text.state, meaning: "" }, Some(Sort::State)),
            _ => (text.started, Some(Sort::Started)),
        };
        let Some(sort) = sort else {
            ui.label(RichText::new(named.name).small().weak()).on_hover_text(named.meaning);
            return;
        };
        let chosen = self.sort == sort;
        let words = RichText::new(if column == 4 { lane } else { named.name }).small();
        let heading = egui::Button::new(if chosen { words.strong() } else { words.weak() }).frame(false);
        let response = ui.add(heading);
        if chosen {
            arrow(ui, &response.rect, self.ascending);
        }
        let response = if named.meaning.is_empty() { response } else { response.on_hover_text(named.meaning) };
        if response.clicked() {
            // Names are read from A, everything else from the largest or latest.
            let usual = matches!(sort, Sort::Name | Sort::Task | Sort::State);
            self.ascending = if self.sort == sort { !self.ascending } else { usual };
            self.sort = sort;
        }
    }

    fn row_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, entry: &Entry, widths: &[f32; 8]) {
        let (text, runs, s) = (&context.text.runs, context.runs, &entry.summary);
        let place = runs.pinned.iter().position(|id| *id == s.id);
        cell(ui, widths[0], |ui| {
            let mut pinned = place.is_some();
            let group = place.and_then(|k| runs.groups.iter().position(|g| g.runs.contains(&k)));
            let letter = group.map_or_else(
                || RichText::new(" "),
                |g| RichText::new(pinned::letter(g)).strong().color(theme::pinned_color(g, ui.visuals())),
            );
            let room = pinned || runs.pinned.len() < MOST_PINNED;
            let button = ui.add_enabled(room, egui::Checkbox::new(&mut pinned, letter));
            button.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::Role::CheckBox,
                    room,
                    place.is_some(),
                    format!("{} {}", text.pin.name, entry.title()),
                )
            });
            let button = button.on_hover_text(text.pin.meaning).on_disabled_hover_text(text.most_pinned);
            if button.changed() {
                context.commands.push(Command::Store(RunCommand::Pin(s.id.clone(), pinned)));
            }
        });
        cell(ui, widths[1], |ui| {
            let response = star_ui(ui, s.starred, egui::Sense::click()).on_hover_text(text.star.meaning);
            response.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::Role::Button,
                    true,
                    s.starred,
                    format!("{} {}", text.star.name, entry.title()),
                )
            });
            if response.clicked() {
                context.commands.push(edit(&s.id, RunEdit::Star(!s.starred)));
            }
        });
        cell(ui, widths[2], |ui| {
            let chosen = self.selected.as_ref() == Some(&s.id);
            let name = egui::Button::selectable(chosen, entry.short_title()).truncate();
            let hover = if s.note.is_empty() { s.id.clone() } else { format!("{}\n{}", s.id, s.note) };
            if ui.add(name).on_hover_text(hover).clicked() {
                self.selected = (!chosen).then(|| s.id.clone());
            }
        });
        cell(ui, widths[3], |ui| {
            let task = entry.params.as_ref().map_or("–", |p| context.text.word(p.task.kind.name()));
            ui.add(egui::Label::new(task).truncate());
        });
        let accuracy = s.headline().filter(|a| a.is_finite());
        cell(ui, widths[4], |ui| {
            let words = RichText::new(accuracy.map_or_else(|| "–".into(), |a| format!("{:.1}", 100.0 * a)));
            let Some(lane) = headline_lane(entry) else { return ui.label(words) };
            let shown = ui.label(words.color(theme::lane_color(lane, ui.visuals())));
            shown.on_hover_text(format!("{}: {}", context.text.lane(lane).name, context.text.lane(lane).meaning))
        });
        cell(ui, widths[5], |ui| ui.label(s.epochs.to_string()));
        cell(ui, widths[6], |ui| {
            let words = if runs.current.as_ref() == Some(&s.id) { text.this_one } else { state_words(text, s.state) };
            let label = if s.state == State::Failed {
                RichText::new(words).color(theme::alarm(ui.visuals()))
            } else {
                RichText::new(words)
            };
            let shown = ui.add(egui::Label::new(label).truncate());
            if let Some(error) = &s.error {
                shown.on_hover_text(error);
            }
        });
        let started = utc(s.started);
        cell(ui, widths[7], |ui| ui.weak(&started[5..16]).on_hover_text(text.started.meaning));
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

/// Widths of pin, star, name, task, accuracy, epochs, state and start, in points.
const COLUMNS: [f32; 8] = [36.0, 18.0, 112.0, 58.0, 82.0, 50.0, 78.0, 82.0];
/// Most that the name takes of what is left, in points.
const LONG_NAME: f32 = 260.0;

/// The widths of the columns in a list of that width: names take what is left, and where there is not enough, first
/// the start is left out, which the details tell too, and then task, epochs and state.
fn columns(width: f32, spacing: f32) -> [f32; 8] {
    let mut columns = COLUMNS;
    let taken = |columns: &[f32; 8]| columns.iter().filter(|w| **w > 0.0).map(|w| w + spacing).sum::<f32>();
    for spared in [7, 3, 5, 6] {
        if taken(&columns) > width {
            columns[spared] = 0.0;
        }
    }
    columns[2] = (columns[2] + width - taken(&columns)).clamp(COLUMNS[2], LONG_NAME);
    columns
}

/// A cell of fixed width, so that the columns stand below each other however long the words are.
fn cell<R>(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui) -> R) {
    if width <= 0.0 {
        return;
    }
    let size = egui::vec2(width, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_size(size);
        ui.set_max_width(width);
        add(ui);
    });
}

/// A star, filled or not; no font that is shipped has one.
fn star_ui(ui: &mut Ui, filled: bool, sense: egui::Sense) -> egui::Response {
    const POINTS: usize = 10;
    let (rect, response) = ui.allocate_exact_size(egui::vec2(16.0, 16.0), sense);
    let visuals = ui.style().interact(&response);
    let corner = |k: usize| {
        let angle = std::f32::consts::TAU * k as f32 / POINTS as f32;
        rect.center() + (if k.is_multiple_of(2) { 7.0 } else { 3.0 }) * egui::vec2(angle.sin(), -angle.cos())
    };
    let corners: Vec<egui::Pos2> = (0..POINTS).map(corner).collect();
    if filled {
        // A star is not convex, but every corner sees its middle.
        let color = theme::class_color(0, ui.visuals());
        let mut mesh = egui::Mesh::default();
        mesh.colored_vertex(rect.center(), color);
        for &at in &corners {
            mesh.colored_vertex(at, color);
        }
        let n = POINTS as u32;
        for k in 0..n {
            mesh.add_triangle(0, 1 + k, 1 + (k + 1) % n);
        }
        ui.painter().add(mesh);
    } else {
        let stroke = egui::Stroke::new(1.0, visuals.fg_stroke.color.gamma_multiply(0.6));
        ui.painter().add(egui::Shape::closed_line(corners, stroke));
    }
    response
}

/// Which way a column is sorted, beside its heading.
fn arrow(ui: &Ui, heading: &egui::Rect, up: bool) {
    let at = heading.right_center() + egui::vec2(6.0, 0.0);
    let h = if up { -3.0 } else { 3.0 };
    let corners = vec![at + egui::vec2(-3.5, -h), at + egui::vec2(3.5, -h), at + egui::vec2(0.0, h)];
    let color = ui.visuals().text_color();
    ui.painter().add(egui::Shape::convex_polygon(corners, color, egui::Stroke::NONE));
}

fn edit(id: &str, change: RunEdit) -> Command {
    Command::Store(RunCommand::Edit(id.to_owned(), change))
}

fn state_words(text: &RunsText, state: State) -> &'static str {
    text.states[state as usize]
}
