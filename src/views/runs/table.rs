//! The list of runs as a table.

use egui::{RichText, Ui};
use egui_extras::{Column as TableColumn, TableBuilder};

use super::{RunsPane, edit, headline_lane, pinned};
use crate::session::messages::{Command, Entry, MOST_PINNED, RunCommand, RunEdit, Sort, State, utc};
use crate::text::RunsText;
use crate::views::{ViewContext, theme};

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Pin,
    Star,
    Name,
    Task,
    Accuracy,
    Epochs,
    State,
    Started,
}

/// The columns with their widths, in points; the name takes what is left.
const COLUMNS: [(Column, f32); 8] = [
    (Column::Pin, 36.0),
    (Column::Star, 18.0),
    (Column::Name, 112.0),
    (Column::Task, 58.0),
    (Column::Accuracy, 82.0),
    (Column::Epochs, 50.0),
    (Column::State, 78.0),
    (Column::Started, 82.0),
];
/// Most that the name takes of what is left, in points.
const LONG_NAME: f32 = 260.0;

/// The columns of a list of that width. Where there is not enough room, first the start is left out, which the details
/// tell too, and then task, epochs and state.
fn columns(width: f32, spacing: f32) -> Vec<(Column, f32)> {
    let mut columns = COLUMNS.to_vec();
    for spared in [Column::Started, Column::Task, Column::Epochs, Column::State] {
        if columns.iter().map(|(_, width)| width + spacing).sum::<f32>() > width {
            columns.retain(|(column, _)| *column != spared);
        }
    }
    columns
}

impl RunsPane {
    pub(super) fn table_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>) {
        let text = &context.text.runs;
        let height = ui.spacing().interact_size.y;
        let rows = std::mem::take(&mut self.shown.rows);
        // One lane for all that are listed is named once, above them.
        let listed = || rows.iter().filter_map(|&k| headline_lane(context.runs.entries.get(k)?));
        let common = listed().next().filter(|first| listed().all(|lane| lane == *first));
        let lane = common.map_or(text.accuracy.name, |lane| context.text.lane(lane).name);
        let lane = format!("{lane}{}%", context.text.comma);
        let columns = columns(ui.available_width(), ui.spacing().item_spacing.x);
        let room = ui.available_height() - height - ui.spacing().item_spacing.y;
        let mut table = TableBuilder::new(ui)
            .striped(false)
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .min_scrolled_height(0.0)
            .max_scroll_height(room.max(0.0));
        for &(column, width) in &columns {
            table = table.column(match column {
                Column::Name => TableColumn::remainder().range(width..=LONG_NAME).clip(true),
                _ => TableColumn::exact(width),
            });
        }
        let table = table.auto_shrink([false, false]).header(height, |mut header| {
            for &(column, _) in &columns {
                header.col(|ui| self.heading_ui(ui, text, &lane, column));
            }
        });
        table.body(|body| {
            body.rows(height, rows.len(), |mut row| {
                let Some(entry) = context.runs.entries.get(rows[row.index()]) else { return };
                for &(column, _) in &columns {
                    row.col(|ui| drop(ui.push_id(&entry.summary.id, |ui| self.cell_ui(ui, context, entry, column))));
                }
            });
        });
        self.shown.rows = rows;
    }

    fn heading_ui(&mut self, ui: &mut Ui, text: &RunsText, lane: &str, column: Column) {
        let (name, meaning, sort) = match column {
            Column::Pin => {
                ui.label(RichText::new(text.pin.name).small().weak()).on_hover_text(text.pin.meaning);
                return;
            }
            Column::Star => return drop(star_ui(ui, true, egui::Sense::hover()).on_hover_text(text.star.meaning)),
            Column::Name => (text.name, "", Sort::Name),
            Column::Task => (text.task, "", Sort::Task),
            Column::Accuracy => (lane, text.accuracy.meaning, Sort::Accuracy),
            Column::Epochs => (text.epochs.name, text.epochs.meaning, Sort::Epochs),
            Column::State => (text.state, "", Sort::State),
            Column::Started => (text.started.name, text.started.meaning, Sort::Started),
        };
        let chosen = self.sort == sort;
        let words = RichText::new(name).small();
        let heading = egui::Button::new(if chosen { words.strong() } else { words.weak() }).frame(false);
        let response = ui.add(heading);
        if chosen {
            arrow(ui, &response.rect, self.ascending);
        }
        let response = if meaning.is_empty() { response } else { response.on_hover_text(meaning) };
        if response.clicked() {
            // Names are read from A, everything else from the largest or latest.
            let usual = matches!(sort, Sort::Name | Sort::Task | Sort::State);
            self.ascending = if chosen { !self.ascending } else { usual };
            self.sort = sort;
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, entry: &Entry, column: Column) {
        let (text, s) = (&context.text.runs, &entry.summary);
        match column {
            Column::Pin => pin_ui(ui, context, entry),
            Column::Star => {
                let response = star_ui(ui, s.starred, egui::Sense::click()).on_hover_text(text.star.meaning);
                let name = format!("{} {}", text.star.name, entry.title());
                response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, s.starred, &name));
                if response.clicked() {
                    context.commands.push(edit(&s.id, RunEdit::Star(!s.starred)));
                }
            }
            Column::Name => {
                let chosen = self.selected.as_ref() == Some(&s.id);
                let name = egui::Button::selectable(chosen, entry.title()).truncate();
                let hover = if s.note.is_empty() { s.id.clone() } else { format!("{}\n{}", s.id, s.note) };
                if ui.add(name).on_hover_text(hover).clicked() {
                    self.selected = (!chosen).then(|| s.id.clone());
                }
            }
            Column::Task => {
                let task = entry.params.as_ref().map_or("–", |p| context.text.word(p.task.kind.name()));
                ui.add(egui::Label::new(task).truncate());
            }
            Column::Accuracy => {
                let accuracy = s.headline().filter(|a| a.is_finite());
                let words = RichText::new(accuracy.map_or_else(|| "–".into(), |a| format!("{:.1}", 100.0 * a)));
                let Some(lane) = headline_lane(entry) else { return drop(ui.label(words)) };
                let (named, color) = (context.text.lane(lane), theme::lane_color(lane, ui.visuals()));
                ui.label(words.color(color)).on_hover_text(context.text.explained(named));
            }
            Column::Epochs => drop(ui.label(s.epochs.to_string())),
            Column::State => {
                let current = context.runs.current.as_ref() == Some(&s.id);
                let words = RichText::new(if current { text.this_one } else { text.states[s.state as usize] });
                let failed = s.state == State::Failed;
                let label = if failed { words.color(theme::alarm(ui.visuals())) } else { words };
                let shown = ui.add(egui::Label::new(label).truncate());
                if let Some(error) = &s.error {
                    shown.on_hover_text(error);
                }
            }
            Column::Started => drop(ui.weak(&utc(s.started)[5..16]).on_hover_text(text.started.meaning)),
        }
    }
}

/// Whether the curve of a run is shown, and the letter of its group.
fn pin_ui(ui: &mut Ui, context: &mut ViewContext<'_>, entry: &Entry) {
    let (text, runs, id) = (&context.text.runs, context.runs, &entry.summary.id);
    let place = runs.pinned.iter().position(|pinned| pinned == id);
    let mut pinned = place.is_some();
    let group = place.and_then(|k| runs.groups.iter().position(|g| g.runs.contains(&k)));
    let letter = group.map_or_else(
        || RichText::new(" "),
        |g| RichText::new(pinned::letter(g)).strong().color(theme::pinned_color(g, ui.visuals())),
    );
    let room = pinned || runs.pinned.len() < MOST_PINNED;
    let button = ui.add_enabled(room, egui::Checkbox::new(&mut pinned, letter));
    let name = format!("{} {}", text.pin.name, entry.title());
    button.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, room, place.is_some(), &name));
    let is_drawn = group.is_none_or(|g| !pinned::is_of_another_task(runs, &runs.groups[g], context.snapshot));
    let meaning = if is_drawn { text.pin.meaning } else { text.other_task };
    let button = button.on_hover_text(meaning).on_disabled_hover_text(text.most_pinned);
    if button.changed() {
        context.commands.push(Command::Store(RunCommand::Pin(id.clone(), pinned)));
    }
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
