//! The studies: which question, how far it is, and what the answer looks like.

use std::collections::BTreeSet;

use egui::{RichText, Ui};
use egui_plot::{Line, MarkerShape, Points};

use super::axes::{x_axis, y_axis};
use super::figure::{Figure, Shape};
use super::legend::{Item, Mark, legend_ui};
use super::selection::Selection;
use super::sweep::{param_name, point_named, progress_ui};
use super::{
    Seen, View, ViewContext, live_ui, nothing_until_ui, plot, plot_id, pointed, pointed_name, theme, whole_ui,
    with_room,
};
use crate::params::{Lane, find};
use crate::text::{Text, ViewText};
use crate::worker::messages::{
    BatchCommand, Chart, ChartAxis, Curve, STUDIES, Snapshot, Statistic, StudyRequest, StudyRow, StudyTable,
    StudyView as Shown, study_of,
};

/// What is asked for, and how answers are shown.
pub(super) struct StudiesPane {
    /// Its place in the list.
    study: usize,
    seeds: u32,
    folder: String,
    /// 0 for the table, or one more than the place of a chart.
    picture: usize,
    /// The study that the picture was chosen for.
    of: &'static str,
    /// Curves that are not shown, by their names.
    hidden: BTreeSet<String>,
    /// Why the last one could not be started.
    problem: Option<String>,
}

impl Default for StudiesPane {
    fn default() -> Self {
        // What most come for; folder and seeds are those of the terminal.
        Self {
            study: 1,
            seeds: 3,
            folder: "results".into(),
            picture: 1,
            of: "",
            hidden: BTreeSet::new(),
            problem: None,
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
        let running = context.snapshot.study.as_ref().is_some_and(|study| study.running);
        ui.add_enabled_ui(!running, |ui| self.choice_ui(ui, text));
        ui.horizontal_wrapped(|ui| self.run_ui(ui, context, running));
        if let Some(problem) = &self.problem {
            ui.colored_label(theme::alarm(ui.visuals()), problem);
        }
        let Some(shown) = context.snapshot.study.clone() else { return nothing_until_ui(ui, text, text.studies.start) };
        if let Some(error) = &shown.error {
            ui.colored_label(theme::alarm(ui.visuals()), text.error(error));
        }
        if self.of != shown.name {
            // A study that has curves begins with them.
            (self.of, self.picture) = (shown.name, 1);
        }
        self.picture = self.picture.min(shown.progress.charts.len());
        ui.horizontal_wrapped(|ui| {
            ui.selectable_value(&mut self.picture, 0, text.studies.table);
            for (k, chart) in shown.progress.charts.iter().enumerate() {
                let name = format!("{} {}", text.studies.against, axis_name(chart.x, text));
                ui.selectable_value(&mut self.picture, k + 1, name);
            }
            if shown.name != self.name() {
                // The answer is to another question than the one that is chosen above.
                ui.weak(question(shown.name, text));
            }
        });
        match self.picture.checked_sub(1).and_then(|k| shown.progress.charts.get(k)) {
            Some(chart) => chart_ui(ui, context, shown.name, chart, &mut self.hidden),
            None => table_ui(ui, text, &shown.progress.table),
        }
    }

    fn figure(&self, &Seen { snapshot, text, .. }: &Seen<'_>) -> Option<Figure> {
        self.shown_figure(snapshot, text)
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
            let label = ui.label(text.studies.folder.name);
            let field = egui::TextEdit::singleline(&mut self.folder).desired_width(110.0);
            ui.add(field).labelled_by(label.id).on_hover_text(text.studies.folder.meaning);
        });
    }

    /// Start or cancel, what would run, and how far it is.
    fn run_ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, running: bool) {
        let text = context.text;
        if running {
            if ui.button(text.studies.cancel.name).on_hover_text(text.studies.cancel.meaning).clicked() {
                context.commands.push(BatchCommand::StopStudy);
            }
        } else {
            if ui.button(text.studies.start.name).on_hover_text(text.studies.start.meaning).clicked() {
                self.start(context);
            }
            ui.weak(self.plan(context.snapshot, text));
        }
        if let Some(shown) = &context.snapshot.study {
            let p = &shown.progress;
            progress_ui(ui, text, [p.done, p.total], p.to_go.filter(|_| running));
            if running && !p.last.is_empty() {
                ui.add(egui::Label::new(RichText::new(point_named(&p.last, text)).weak()).truncate());
            }
        }
    }

    fn name(&self) -> &'static str {
        STUDIES.get(self.study).map_or("", |(name, _)| name)
    }

    fn start(&mut self, context: &mut ViewContext<'_>) {
        let request = request(context.snapshot, self.seeds);
        self.problem = study_of(self.name(), &request).err().map(|error| context.text.error(&error));
        if self.problem.is_none() {
            let folder = std::path::PathBuf::from(self.folder.trim());
            context.commands.push(BatchCommand::StartStudy { name: self.name(), request: Box::new(request), folder });
        }
    }

    /// What would be computed: task, data, epochs and runs.
    fn plan(&self, snapshot: &Snapshot, text: &Text) -> String {
        let runs = study_of(self.name(), &request(snapshot, 1)).map_or(0, |study| study.jobs.len());
        let params = &snapshot.params;
        let mut words = text.word(params.task.kind.name()).to_owned();
        if params.task.kind.needs_data() && !params.task.data.is_empty() {
            words = format!("{words} ({})", params.task.data);
        }
        let epochs = find("epochs").map_or("", |spec| text.param(spec).label);
        format!("{words}, {epochs} {}, {}", params.learning.epochs, text.plurals.runs.of(runs * self.seeds as usize))
    }

    /// The chart on display, or the test accuracies of the table where there is none.
    fn shown_figure(&self, snapshot: &Snapshot, text: &Text) -> Option<Figure> {
        let shown: &Shown = snapshot.study.as_ref()?;
        let title = format!("{}: {}", text.studies.view.title, question(shown.name, text));
        let (charts, paper) = (&shown.progress.charts, theme::paper());
        // Before anything was chosen, and beside a table, the first chart says the same.
        let place = if self.of == shown.name { self.picture.saturating_sub(1) } else { 0 };
        let Some(chart) = charts.get(place) else { return Some(table_figure(&title, &shown.progress.table, text)) };
        let mut figure = Figure::new(&title, &axis_name(chart.x, text), text.accuracy_axis);
        for curve in &chart.curves {
            let (name, color) = (curve_name(curve, text), theme::rgb(theme::lane_color(curve.lane, &paper)));
            let shape = match curve.lane {
                Lane::InTheLoop => Shape::Line(1.5),
                Lane::Ideal | Lane::Transferred | Lane::OnChip => Shape::Dashed(1.5),
            };
            figure.add(&name, color, shape, means(curve));
            let washed = theme::rgb(theme::washed(theme::lane_color(curve.lane, &paper)));
            for spread in spreads(curve) {
                figure.add("", washed, Shape::Line(3.0), spread.to_vec());
            }
        }
        Some(figure)
    }
}

/// A question about the experiment in force.
fn request(snapshot: &Snapshot, seeds: u32) -> StudyRequest {
    let base = (*snapshot.params).clone();
    StudyRequest { tasks: vec![base.clone()], base, seeds, schedule: Vec::new() }
}

/// The question of the study of that name.
fn question(name: &str, text: &Text) -> &'static str {
    let place = STUDIES.iter().position(|(known, _)| *known == name);
    place.and_then(|k| text.studies.studies.get(k)).map_or("", |named| named.meaning)
}

fn axis_name(x: ChartAxis, text: &Text) -> String {
    match x {
        ChartAxis::Param(key) => param_name(key, text),
        ChartAxis::HiddenSpikes => text.studies.hidden_spikes.into(),
        ChartAxis::SilentNeurons => text.studies.silent.into(),
        ChartAxis::DecisionTime => text.studies.decision_time.into(),
    }
}

/// The name of a setting: that of the parameter, if it is one.
fn setting_name<'a>(name: &'a str, text: &Text) -> &'a str {
    find(name).map_or_else(|| text.studies.word(name), |spec| text.param(spec).label)
}

fn curve_name(curve: &Curve, text: &Text) -> String {
    let lane = text.lane(curve.lane).name;
    match &curve.variant {
        Some((name, value)) if name == "variant" => format!("{lane}, {}", text.studies.word(value)),
        Some((name, value)) => format!("{lane}, {} {}", setting_name(name, text), text.studies.word(value)),
        None => lane.to_owned(),
    }
}

/// Mean accuracy in % over x.
fn means(curve: &Curve) -> Vec<[f64; 2]> {
    let all: Vec<[f64; 2]> = curve.points.iter().map(|(x, y)| [*x, 100.0 * y.mean]).collect();
    super::finite(&all)
}

/// One standard deviation up and down at every x, in %; none where there is a single seed.
fn spreads(curve: &Curve) -> impl Iterator<Item = [[f64; 2]; 2]> {
    let ends = |(x, y): &(f64, Statistic)| [[*x, 100.0 * (y.mean - y.sd)], [*x, 100.0 * (y.mean + y.sd)]];
    let several = curve.points.iter().filter(|(_, y)| y.n > 1 && y.sd > 0.0);
    several.map(ends).filter(|ends| ends.iter().flatten().all(|v| v.is_finite()))
}

fn chart_ui(ui: &mut Ui, context: &ViewContext<'_>, study: &'static str, chart: &Chart, hidden: &mut BTreeSet<String>) {
    let (text, generation, visuals) = (context.text, context.snapshot.generation, ui.visuals().clone());
    // Another question is another plot, with bounds of its own.
    let id = match chart.x {
        ChartAxis::Param("cadc_bits") => "study of readout bits",
        _ => study,
    };
    let mut variants: Vec<&Option<(String, String)>> = chart.curves.iter().map(|curve| &curve.variant).collect();
    variants.dedup();
    let marks = [
        (MarkerShape::Circle, Mark::Dots),
        (MarkerShape::Square, Mark::Tick),
        (MarkerShape::Down, Mark::Triangle),
        (MarkerShape::Diamond, Mark::Diamond),
    ];
    let place = |curve: &Curve| variants.iter().position(|v| **v == curve.variant).unwrap_or(0) % marks.len();
    ui.horizontal_wrapped(|ui| {
        let item = |curve: &Curve| {
            let name = curve_name(curve, text);
            let mark = if variants.len() > 1 { marks[place(curve)].1 } else { theme::lane_mark(curve.lane) };
            let on = !hidden.contains(&name);
            Item::new(mark, name, theme::lane_color(curve.lane, &visuals)).toggled(on)
        };
        let items: Vec<Item> = chart.curves.iter().map(item).collect();
        if let Some(curve) = legend_ui(ui, &items).and_then(|k| chart.curves.get(k)) {
            let name = curve_name(curve, text);
            if !hidden.remove(&name) {
                hidden.insert(name);
            }
        }
    });
    let all: Vec<[f64; 2]> = chart.curves.iter().flat_map(means).collect();
    let shown = with_room(plot(ui, id, generation), &all)
        .custom_x_axes(vec![x_axis(ui, axis_name(chart.x, text))])
        .custom_y_axes(vec![y_axis(ui, text.accuracy_axis)])
        .label_formatter(|at| Some(format!("{}{:.4}\n{:.2} %", pointed_name(at), pointed(at).x, pointed(at).y)))
        .show(ui, |plot_ui| {
            for (k, curve) in chart.curves.iter().enumerate() {
                let (color, name) = (theme::lane_color(curve.lane, &visuals), curve_name(curve, text));
                if hidden.contains(&name) {
                    continue;
                }
                for (n, spread) in spreads(curve).enumerate() {
                    let bar = Line::new(name.clone(), spread.to_vec()).color(color).width(1.0).allow_hover(false);
                    plot_ui.line(bar.id(("spread", k, n)));
                }
                let line = Line::new(name.clone(), means(curve)).color(color).width(1.5);
                plot_ui.line(line.style(theme::lane_style(curve.lane)).id(("mean", k)));
                let points = Points::new(name, means(curve)).color(color).radius(3.5).shape(marks[place(curve)].0);
                plot_ui.points(points.id(("points", k)));
            }
        });
    live_ui(ui, text, plot_id(id, generation), shown.response.rect);
}

/// Mean and deviation in %; a single value has no deviation, and what is none is a dash.
fn percent(value: Option<Statistic>) -> String {
    match value {
        Some(s) if s.mean.is_finite() && s.n > 1 => format!("{:.2} ± {:.2}", 100.0 * s.mean, 100.0 * s.sd),
        Some(s) if s.mean.is_finite() => format!("{:.2}", 100.0 * s.mean),
        _ => "–".into(),
    }
}

/// A row a setting, and below it what the probes found.
fn table_ui(ui: &mut Ui, text: &Text, table: &StudyTable) {
    let Some(first) = table.rows.first() else { return };
    egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        ui.weak(text.studies.accuracy_in_percent);
        egui::Grid::new("study table").striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
            for (name, _) in &first.at {
                ui.strong(setting_name(name, text));
            }
            ui.strong(text.sweep.seeds);
            for &lane in &table.lanes {
                for part in [text.studies.train, text.studies.test] {
                    ui.label(RichText::new(format!("{}, {part}", text.lane(lane).name)).strong());
                }
            }
            ui.strong(text.studies.hidden_spikes);
            if table.with_published {
                ui.strong(text.studies.software);
                ui.strong(text.studies.chip);
            }
            ui.end_row();
            for row in &table.rows {
                row_ui(ui, text, table, row);
            }
        });
        if table.with_published {
            ui.weak(text.studies.published.name).on_hover_text(text.studies.published.meaning);
        }
        for (k, row) in table.rows.iter().enumerate().filter(|(_, row)| !row.probed.is_empty()) {
            ui.add_space(8.0);
            ui.label(title(row, text));
            egui::Grid::new(("study probes", k)).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
                ui.label("");
                for &lane in &table.lanes {
                    ui.strong(text.lane(lane).name);
                }
                ui.end_row();
                for probed in &row.probed {
                    ui.label(&probed.name);
                    for value in &probed.lanes {
                        ui.label(percent(*value));
                    }
                    ui.end_row();
                }
            });
        }
    });
}

fn row_ui(ui: &mut Ui, text: &Text, table: &StudyTable, row: &StudyRow) {
    for (_, value) in &row.at {
        ui.label(text.studies.word(value));
    }
    ui.label(row.seeds.to_string());
    for lane in &row.lanes {
        ui.label(percent(lane.map(|l| l.train)));
        ui.label(percent(lane.map(|l| l.test)));
    }
    let spiking = row.lanes.iter().rev().flatten().next().map(|l| l.hidden_spikes.mean).filter(|mean| mean.is_finite());
    ui.label(spiking.map_or_else(|| "–".into(), |mean| format!("{mean:.1}")));
    if table.with_published {
        for k in 0..2 {
            ui.label(row.published.map_or_else(|| "–".into(), |p| format!("{:.1} ± {:.1}", p[k].0, p[k].1)));
        }
    }
    ui.end_row();
}

/// Where a row stands, in one line.
fn title(row: &StudyRow, text: &Text) -> String {
    let at = row.at.iter().map(|(name, value)| format!("{} {}", setting_name(name, text), text.studies.word(value)));
    at.collect::<Vec<_>>().join(", ")
}

/// Settings that are no numbers side by side, numbered from 1.
fn table_figure(title_of_all: &str, table: &StudyTable, text: &Text) -> Figure {
    let mut figure = Figure::new(title_of_all, text.studies.setting, text.accuracy_axis);
    for (k, row) in table.rows.iter().enumerate() {
        for of_lane in row.lanes.iter().flatten().filter(|l| l.test.mean.is_finite()) {
            let name = format!("{}, {}", title(row, text), text.lane(of_lane.lane).name);
            let color = theme::rgb(theme::lane_color(of_lane.lane, &theme::paper()));
            figure.add(name, color, Shape::Dots(4.0), vec![[(k + 1) as f64, 100.0 * of_lane.test.mean]]);
        }
    }
    figure
}
