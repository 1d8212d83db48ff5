//! A sweep: what to vary, how far it is, and what came of it.

mod pictures;

use egui::{DragValue, Ui};

use super::batch::BatchPane;
use super::figure::Figure;
use super::selection::Selection;
use super::{Seen, View, ViewContext, nothing_until_ui};
use crate::params::{Kind, PARAMS, ParamSpec, find};
use crate::session::messages::{Chart, Grid, Plan, Snapshot, SweepAxis};
use crate::text::{Text, ViewText};
use pictures::{add_cells, heat_figure, heat_ui, parallel_figure, parallel_ui};

/// One parameter as chosen in the view, in units of the edge.
struct Choice {
    key: Option<&'static str>,
    from: f64,
    to: f64,
    steps: usize,
    logarithmic: bool,
}

/// How results are drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Picture {
    Heat,
    Lines,
    Parallel,
}

pub(super) struct SweepView {
    choices: [Choice; 3],
    seeds: u32,
    epochs: u32,
    early: bool,
    folder: String,
    picture: Picture,
    batch: BatchPane,
}

impl Default for SweepView {
    fn default() -> Self {
        let choice = |key, from, to, steps| Choice { key, from, to, steps, logarithmic: false };
        Self {
            choices: [
                choice(Some("sigma"), 0.0, 50.0, 6),
                choice(Some("hidden"), 32.0, 128.0, 3),
                choice(None, 0.0, 1.0, 2),
            ],
            seeds: 2,
            epochs: 8,
            early: false,
            folder: "misfit-sweep".into(),
            picture: Picture::Heat,
            batch: BatchPane::default(),
        }
    }
}

/// Parameters that can be varied over a range.
fn numeric() -> impl Iterator<Item = &'static ParamSpec> {
    let numbers = |s: &&ParamSpec| matches!(s.kind, Kind::Number { .. } | Kind::Spread { .. } | Kind::Integer { .. });
    PARAMS.iter().filter(numbers).filter(|s| !matches!(s.key, "seed" | "threads" | "epochs"))
}

/// Where a parameter may go, in units of the edge.
fn limits(spec: &ParamSpec) -> [f64; 2] {
    let shown = |si: f64| spec.unit.shown_from_si(si);
    match spec.kind {
        Kind::Number { min, max } => [shown(min), shown(max)],
        Kind::Spread { max, .. } => [0.0, shown(max)],
        Kind::Integer { min, max } => [f64::from(min), f64::from(max)],
        _ => [0.0, 1.0],
    }
}

/// In a lower view the form folds once there are results, in points.
const TALL: f32 = 360.0;
/// A narrower view has the range of a parameter below it, in points.
const WIDE: f32 = 520.0;

impl View for SweepView {
    fn text(text: &Text) -> ViewText {
        text.sweep.view
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, _: &mut Selection) {
        let text = context.text;
        let (busy, shown) = (context.batches.is_busy(), context.batches.sweep.as_deref());
        if shown.is_some() && ui.available_height() < TALL {
            // Where there is no room for both, what came out comes first.
            let folded = egui::CollapsingHeader::new(text.sweep.settings).id_salt("sweep form");
            folded.show(ui, |ui| self.form_ui(ui, text, busy));
        } else {
            self.form_ui(ui, text, busy);
        }
        ui.horizontal_wrapped(|ui| {
            if BatchPane::run_ui(ui, context, shown, "") {
                let plan = self.plan(context.snapshot);
                self.batch.start(context, plan, self.folder.trim().into());
            }
        });
        self.batch.problems_ui(ui, text, shown);
        let Some(sweep) = shown else { return nothing_until_ui(ui, text, text.sweep.start) };
        ui.horizontal_wrapped(|ui| {
            for (picture, named) in
                [Picture::Heat, Picture::Lines, Picture::Parallel].into_iter().zip(text.sweep.pictures)
            {
                ui.selectable_value(&mut self.picture, picture, named);
            }
            ui.weak(format!("{}{colon}{}", text.lane(sweep.plan.lane).name, text.now, colon = text.colon));
        });
        match self.picture {
            Picture::Heat => {
                if let Some(figure) = heat_figure(sweep, text, ui.visuals()) {
                    heat_ui(ui, context, sweep, &figure);
                }
            }
            Picture::Lines => {
                for chart in Chart::of(&sweep.plan, &sweep.progress.table) {
                    self.batch.chart_ui(ui, context, "sweep lines", &sweep.plan, &chart);
                }
            }
            Picture::Parallel => parallel_ui(ui, text, sweep),
        }
    }

    fn figure(&self, &Seen { batches, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let sweep = batches.sweep.as_deref()?;
        let mut figure = match self.picture {
            Picture::Heat => heat_figure(sweep, text, visuals)?,
            Picture::Parallel => parallel_figure(sweep, text)?,
            Picture::Lines => {
                let charts = Chart::of(&sweep.plan, &sweep.progress.table);
                let drawn = |chart| self.batch.chart_figure(text.sweep.view.title, &sweep.plan, chart, text, visuals);
                let mut all = charts.iter().map(drawn);
                let first = all.next()?;
                let panels = first.panels.into_iter().chain(all.flat_map(|figure| figure.panels)).collect();
                Figure { title: first.title, panels, ..Figure::default() }
            }
        };
        add_cells(&mut figure, sweep, text);
        Some(figure)
    }
}

impl SweepView {
    /// What is varied, how often, and where it goes.
    fn form_ui(&mut self, ui: &mut Ui, text: &Text, busy: bool) {
        ui.add_enabled_ui(!busy, |ui| {
            if ui.available_width() >= WIDE {
                egui::Grid::new("sweep form").num_columns(5).spacing([10.0, 4.0]).show(ui, |ui| {
                    for k in 0..self.choices.len() {
                        self.choice_ui(ui, k, text);
                        self.range_ui(ui, k, text);
                        ui.end_row();
                    }
                });
            } else {
                // The range stands below its parameter.
                for k in 0..self.choices.len() {
                    self.choice_ui(ui, k, text);
                    if self.choices[k].key.is_some() {
                        ui.horizontal(|ui| {
                            ui.add_space(10.0);
                            self.range_ui(ui, k, text);
                        });
                    }
                }
            }
            ui.horizontal(|ui| self.settings_ui(ui, text));
            ui.horizontal(|ui| {
                let name = ui.label(text.sweep.folder.name);
                let field = egui::TextEdit::singleline(&mut self.folder).desired_width(150.0);
                ui.add(field).labelled_by(name.id).on_hover_text(text.sweep.folder.meaning);
            });
        });
    }

    /// One parameter.
    fn choice_ui(&mut self, ui: &mut Ui, k: usize, text: &Text) {
        let choice = &mut self.choices[k];
        let before = choice.key;
        let name = before.and_then(find).map_or(text.sweep.none, |spec| text.param(spec).label);
        let combo = egui::ComboBox::from_id_salt(("sweep axis", k)).width(150.0).selected_text(name);
        let combo = combo.show_ui(ui, |ui| {
            if k > 0 {
                ui.selectable_value(&mut choice.key, None, text.sweep.none);
            }
            for spec in numeric() {
                ui.selectable_value(&mut choice.key, Some(spec.key), text.param(spec).label);
            }
        });
        combo.response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, text.sweep.parameter);
            info.current_text_value = Some(name.to_owned());
            info
        });
        if let Some(spec) = choice.key.and_then(find).filter(|_| choice.key != before) {
            [choice.from, choice.to] = limits(spec);
        }
    }

    /// The range of one parameter, if there is one.
    fn range_ui(&mut self, ui: &mut Ui, k: usize, text: &Text) {
        let choice = &mut self.choices[k];
        let Some(spec) = choice.key.and_then(find) else { return };
        let [low, high] = limits(spec);
        for (label, value) in [(text.sweep.from, &mut choice.from), (text.sweep.to, &mut choice.to)] {
            ui.horizontal(|ui| {
                let name = ui.label(label);
                let field = DragValue::new(value).range(low..=high).speed((high - low) / 400.0);
                ui.add(field.suffix(spec.unit.suffix())).labelled_by(name.id);
            });
        }
        ui.horizontal(|ui| {
            let name = ui.label(text.sweep.steps);
            ui.add(DragValue::new(&mut choice.steps).range(1..=50)).labelled_by(name.id);
        });
        ui.checkbox(&mut choice.logarithmic, text.sweep.ratios.name).on_hover_text(text.sweep.ratios.meaning);
    }

    fn settings_ui(&mut self, ui: &mut Ui, text: &Text) {
        for (label, value, most) in
            [(text.sweep.seeds, &mut self.seeds, 100), (text.epochs_axis, &mut self.epochs, 10_000)]
        {
            let name = ui.label(label);
            ui.add(DragValue::new(value).range(1..=most)).labelled_by(name.id);
        }
        ui.checkbox(&mut self.early, text.sweep.early.name).on_hover_text(text.sweep.early.meaning);
    }

    /// The plan that the controls describe, around the experiment in force.
    fn plan(&self, snapshot: &Snapshot) -> crate::Result<Plan> {
        let mut grid = Grid::around(&*snapshot.params);
        grid.base.params.learning.epochs = self.epochs;
        grid.seeds = (0..self.seeds).map(|k| snapshot.params.learning.seed.wrapping_add(k)).collect();
        grid.stop_early = self.early;
        for (c, key) in self.choices.iter().filter_map(|c| Some((c, c.key?))) {
            grid.axes.push(SweepAxis::range(key, c.from, c.to, c.steps, c.logarithmic, "sweep")?);
        }
        grid.plan()
    }
}
