//! The studies: which question, how far it is, and what the answer looks like.

use egui::{RichText, Ui};

use super::batch::{BatchPane, axis_name, setting_name};
use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, nothing_until_ui, theme, whole_ui};
use crate::params::find;
use crate::session::messages::energy::MEASURES;
use crate::session::messages::{
    Chart, ChartAxis, Column, Plan, STUDIES, Snapshot, StudyRequest, Table, percent, study_of,
};
use crate::text::{Text, ViewText};

/// What is asked for, and how answers are shown.
pub(super) struct StudiesPane {
    /// Its place in the list.
    study: usize,
    seeds: u32,
    folder: String,
    /// 0 for the table, or one more than the place of a chart.
    picture: usize,
    /// The study that the picture was chosen for.
    of: String,
    batch: BatchPane,
}

impl Default for StudiesPane {
    fn default() -> Self {
        // What most come for; folder and seeds are those of the terminal.
        Self {
            study: 1,
            seeds: 3,
            folder: "results".into(),
            picture: 1,
            of: String::new(),
            batch: BatchPane::default(),
        }
    }
}

impl View for StudiesPane {
    fn text(text: &Text) -> ViewText {
        text.studies.view
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, _: &mut Selection) {
        let text = context.text;
        let (busy, shown) = (context.batches.is_busy(), context.batches.study.as_deref());
        ui.add_enabled_ui(!busy, |ui| self.choice_ui(ui, text));
        ui.horizontal_wrapped(|ui| {
            let planned = self.plan(context.snapshot, text);
            if BatchPane::run_ui(ui, context, shown, &planned) {
                let plan = study_of(self.name(), &StudyRequest::around(&*context.snapshot.params, self.seeds));
                let folder = std::path::Path::new(self.folder.trim()).join(self.name());
                self.batch.start(context, plan, folder);
            }
        });
        self.batch.problems_ui(ui, text, shown);
        let Some(shown) = shown else { return nothing_until_ui(ui, text, text.sweep.start) };
        let (plan, table) = (&shown.plan, &shown.progress.table);
        let charts = Chart::of(plan, table);
        if self.of != plan.name {
            // A study that has curves begins with them.
            (self.of, self.picture) = (plan.name.clone(), 1);
        }
        self.picture = self.picture.min(charts.len());
        ui.horizontal_wrapped(|ui| {
            ui.selectable_value(&mut self.picture, 0, text.studies.table);
            for (k, chart) in charts.iter().enumerate() {
                let name = format!("{} {}", text.studies.against, axis_name(chart.x, text));
                ui.selectable_value(&mut self.picture, k + 1, name);
            }
            if plan.name != self.name() {
                // The answer is to another question than the one that is chosen above.
                ui.weak(question(&plan.name, text));
            }
        });
        match self.picture.checked_sub(1).and_then(|k| charts.get(k)) {
            Some(chart) => {
                // Another question is another plot, with bounds of its own.
                let id = match chart.x {
                    ChartAxis::Param("cadc_bits") => "study of readout bits",
                    _ => STUDIES.iter().find(|(name, _)| *name == plan.name).map_or("study", |(name, _)| name),
                };
                self.batch.chart_ui(ui, context, id, plan, chart);
            }
            None => table_ui(ui, text, plan, table),
        }
    }

    /// The chart on display, or the test accuracies of the table where there is none; and the table.
    fn figure(&self, &Seen { batches, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let shown = batches.study.as_deref()?;
        let (plan, table) = (&shown.plan, &shown.progress.table);
        let title = format!("{}{colon}{}", text.studies.view.title, question(&plan.name, text), colon = text.colon);
        // Before anything was chosen the first chart is the one that will be shown.
        let place = if self.of == plan.name { self.picture.checked_sub(1) } else { Some(0) };
        let charts = Chart::of(plan, table);
        let chart = place.and_then(|place| charts.get(place));
        let mut figure = match chart {
            Some(chart) => self.batch.chart_figure(&title, plan, chart, text, visuals),
            None => table_figure(&title, plan, table, text, visuals),
        };
        if !figure.is_empty() {
            let columns = table.columns(plan);
            let row = |cell: usize| {
                columns.iter().map(|c| text.studies.word(&table.value(plan, cell, *c)).to_owned()).collect()
            };
            let rows = (0..table.cells.len()).map(row).collect();
            let heads = columns.iter().map(|column| heading(*column, text)).collect();
            figure.table(text.studies.accuracy_in_percent, heads, rows).drawn = chart.is_none();
        }
        Some(figure)
    }
}

impl StudiesPane {
    /// Which study, with how many seeds, and where to.
    fn choice_ui(&mut self, ui: &mut Ui, text: &Text) {
        let studies = &text.studies.studies;
        let name = studies.get(self.study).map_or("", |named| named.name);
        ui.horizontal_wrapped(|ui| {
            let combo = egui::ComboBox::from_id_salt("study").width(140.0).selected_text(name);
            let combo = combo.show_ui(ui, |ui| {
                for (k, named) in studies.iter().enumerate() {
                    ui.selectable_value(&mut self.study, k, named.name).on_hover_text(named.meaning);
                }
            });
            combo.response.widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, text.studies.study);
                info.current_text_value = Some(name.to_owned());
                info
            });
            whole_ui(ui, RichText::new(studies.get(self.study).map_or("", |named| named.meaning)).strong());
        });
        ui.horizontal(|ui| {
            let label = ui.label(text.sweep.seeds);
            ui.add(egui::DragValue::new(&mut self.seeds).range(1..=100)).labelled_by(label.id);
            let label = ui.label(text.sweep.folder.name);
            let field = egui::TextEdit::singleline(&mut self.folder).desired_width(110.0);
            ui.add(field).labelled_by(label.id).on_hover_text(text.sweep.folder.meaning);
        });
    }

    fn name(&self) -> &'static str {
        STUDIES.get(self.study).map_or("", |(name, _)| name)
    }

    /// What would be computed: task, data, epochs and runs.
    fn plan(&self, snapshot: &Snapshot, text: &Text) -> String {
        let request = StudyRequest::around(&*snapshot.params, self.seeds);
        let runs = study_of(self.name(), &request).map_or(0, |plan| plan.runs());
        let params = &snapshot.params;
        let mut words = text.word(params.task.kind.name()).to_owned();
        if params.task.kind.needs_data() && !params.task.data.is_empty() {
            words = format!("{words} ({})", params.task.data);
        }
        let epochs = find("epochs").map_or("", |spec| text.param(spec).label);
        format!(
            "{words}{comma}{epochs} {}{comma}{}",
            params.learning.epochs,
            text.plurals.runs.of(runs),
            comma = text.comma
        )
    }
}

/// The question of the study of that name.
fn question(name: &str, text: &Text) -> &'static str {
    let place = STUDIES.iter().position(|(known, _)| *known == name);
    place.and_then(|k| text.studies.studies.get(k)).map_or("", |named| named.meaning)
}

/// A row a setting, and below it what the probes found.
fn table_ui(ui: &mut Ui, text: &Text, plan: &Plan, table: &Table) {
    let columns = table.columns(plan);
    egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        ui.weak(text.studies.accuracy_in_percent);
        egui::Grid::new("study table").striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
            for column in &columns {
                ui.strong(heading(*column, text));
            }
            ui.end_row();
            for cell in 0..table.cells.len() {
                for column in &columns {
                    ui.label(text.studies.word(&table.value(plan, cell, *column)));
                }
                ui.end_row();
            }
        });
        if columns.contains(&Column::Published(0)) {
            ui.weak(text.studies.published.name).on_hover_text(text.studies.published.meaning);
        }
        for cell in (0..table.cells.len()).filter(|&cell| !table.probes(cell).is_empty()) {
            ui.add_space(8.0);
            ui.label(title(plan, cell, text));
            egui::Grid::new(("study probes", cell)).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
                ui.label("");
                for lane in table.lanes() {
                    ui.strong(text.lane(lane).name);
                }
                ui.end_row();
                for name in table.probes(cell) {
                    ui.label(name);
                    for lane in table.lanes() {
                        ui.label(percent(table.probed(cell, lane, name)));
                    }
                    ui.end_row();
                }
            });
        }
    });
}

fn heading(column: Column, text: &Text) -> String {
    match column {
        Column::At(name) => setting_name(name, text).into(),
        Column::Runs => text.sweep.seeds.into(),
        Column::Train(lane) => format!("{}{comma}{}", text.lane(lane).name, text.studies.train, comma = text.comma),
        Column::Test(lane) => format!("{}{comma}{}", text.lane(lane).name, text.studies.test, comma = text.comma),
        Column::HiddenSpikes => text.studies.hidden_spikes.into(),
        Column::BytesUp => text.studies.bytes_up.into(),
        Column::Cost(name) if name == MEASURES[0] => text.studies.chip_energy.into(),
        Column::Cost(_) => text.studies.operations.into(),
        Column::Published(k) => [text.studies.software, text.studies.chip][k].into(),
    }
}

/// Where a cell stands, in one line.
fn title(plan: &Plan, cell: usize, text: &Text) -> String {
    let at = plan.cells[cell]
        .at
        .iter()
        .map(|(name, value)| format!("{} {}", setting_name(name, text), text.studies.word(value)));
    at.collect::<Vec<_>>().join(text.comma)
}

/// Settings that are no numbers side by side, numbered from 1.
fn table_figure(title_of_all: &str, plan: &Plan, table: &Table, text: &Text, visuals: &egui::Visuals) -> Figure {
    let mut figure = Figure::new(title_of_all, text.studies.setting, text.accuracy_axis);
    for cell in 0..table.cells.len() {
        for lane in table.lanes() {
            let Some(mean) = table.accuracy(cell, lane).map(|s| s.mean).filter(|mean| mean.is_finite()) else {
                continue;
            };
            let name = format!("{}{comma}{}", title(plan, cell, text), text.lane(lane).name, comma = text.comma);
            let color = theme::lane_color(lane, visuals);
            figure.add(name, color, Shape::Dots(4.0), vec![[(cell + 1) as f64, 100.0 * mean]]);
        }
    }
    figure
}
