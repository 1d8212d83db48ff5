//! What the views of sweeps and studies have in common: start, progress, what went wrong, and curves.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::{Button, RichText, Ui};

use super::figure::screen::Plot;
use super::figure::{Figure, Key, Panel, Shape, with_unit};
use super::legend::legend_ui;
use super::{ViewContext, head_ui, theme};
use crate::params::find;
use crate::session::messages::{BatchCommand, BatchView, Chart, ChartAxis, Curve, Plan, Statistic, Variant};
use crate::text::Text;

/// Failures that are shown; the table of the terminal has them all.
const MOST_FAILURES: usize = 3;

/// What is asked of the background, and how answers are drawn.
#[derive(Default)]
pub(super) struct BatchPane {
    /// Curves that are not shown, by their names.
    hidden: BTreeSet<String>,
    /// Why the last plan could not be started.
    problem: Option<String>,
}

impl BatchPane {
    /// Starts a plan, or says why there is none.
    pub(super) fn start(&mut self, context: &mut ViewContext<'_>, plan: crate::Result<Plan>, folder: PathBuf) {
        self.problem = plan.as_ref().err().map(|error| context.text.error(error));
        if let Ok(plan) = plan {
            context.commands.push(BatchCommand::Start { plan: Box::new(plan), folder });
        }
    }

    /// Start or cancel, what would run, and how far it is; returns whether a start was asked for.
    pub(super) fn run_ui(ui: &mut Ui, context: &mut ViewContext<'_>, shown: Option<&BatchView>, planned: &str) -> bool {
        let (text, mut started) = (context.text, false);
        let (start, cancel) = (text.sweep.start, text.sweep.cancel);
        let running = shown.is_some_and(|shown| shown.running);
        if running {
            if ui.button(cancel.name).on_hover_text(cancel.meaning).clicked() {
                context.commands.push(BatchCommand::Stop);
            }
        } else {
            let button = ui.add_enabled(!context.batches.is_busy(), Button::new(start.name));
            started = button.on_hover_text(start.meaning).on_disabled_hover_text(text.sweep.busy).clicked();
            if !planned.is_empty() {
                ui.weak(planned);
            }
        }
        if let Some(p) = shown.map(|shown| &shown.progress) {
            let to_go = p.to_go.filter(|_| running).map_or_else(String::new, |left| {
                let seconds = left.as_secs();
                let shown = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) };
                format!("{comma}{} {shown}", text.sweep.to_go, comma = text.comma)
            });
            let words = format!("{} / {}{to_go}", p.done, text.plurals.runs.of(p.total));
            let share = p.done as f32 / p.total.max(1) as f32;
            ui.add(egui::ProgressBar::new(share).desired_width(220.0).text(words));
            if running && !p.last.is_empty() {
                ui.add(egui::Label::new(RichText::new(point_named(&p.last, text)).weak()).truncate());
            }
        }
        started
    }

    /// Why nothing was started, why the plan ended, and which runs failed.
    pub(super) fn problems_ui(&self, ui: &mut Ui, text: &Text, shown: Option<&BatchView>) {
        let ended = shown.and_then(|shown| shown.error.as_ref()).map(|error| text.error(error));
        let failures = shown.into_iter().flat_map(|shown| shown.progress.table.failures(&shown.plan));
        let failures = failures.take(MOST_FAILURES).map(|failure| point_named(&failure, text));
        for problem in self.problem.clone().into_iter().chain(ended).chain(failures) {
            ui.colored_label(theme::alarm(ui.visuals()), problem);
        }
    }

    /// The curves of a chart, by name in the legend.
    pub(super) fn chart_ui(
        &mut self,
        ui: &mut Ui,
        context: &ViewContext<'_>,
        id: &'static str,
        plan: &Plan,
        chart: &Chart,
    ) {
        let figure = self.chart_figure("", plan, chart, context.text, ui.visuals());
        let panel = &figure.panels[0];
        let clicked = head_ui(ui, "batch legend", |ui| legend_ui(ui, &panel.keys()));
        if let Some(name) = clicked.map(|k| panel.keys()[k].name.clone())
            && !self.hidden.remove(&name)
        {
            self.hidden.insert(name);
        }
        Plot::new(panel, id, context.snapshot).show(ui, context.text, |_| {});
    }

    /// A chart: the mean over the seeds as a line with marks, and one standard deviation up and down at every mark.
    pub(super) fn chart_figure(
        &self,
        title: &str,
        plan: &Plan,
        chart: &Chart,
        text: &Text,
        visuals: &egui::Visuals,
    ) -> Figure {
        let mut figure = Figure::new(title, &axis_name(chart.x, text), text.accuracy_axis);
        let panel = figure.last();
        let keys = keys(plan, chart, text, visuals);
        for ((key, mark), curve) in
            keys.iter().zip(&chart.curves).filter(|((key, _), _)| !self.hidden.contains(&key.name))
        {
            add_curve(panel, key, *mark, curve, text);
        }
        let key = |(key, _): (Key, Shape)| key.clone().toggled(!self.hidden.contains(&key.name));
        panel.legend = keys.into_iter().map(key).collect();
        figure
    }
}

fn add_curve(panel: &mut Panel, key: &Key, mark: Shape, curve: &Curve, text: &Text) {
    let (name, color) = (key.name.as_str(), key.color);
    for spread in spreads(curve) {
        panel
            .add(
                format!("{name}{comma}{}", text.export.one_sd, comma = text.comma),
                color,
                Shape::Line(1.0),
                spread.to_vec(),
            )
            .quiet();
    }
    let means = means(curve);
    panel.add(name, color, theme::lane_shape(curve.lane, 1.5), means.clone());
    // The marks stand on points of the line, which the table has already.
    panel.add("", color, mark, means).quiet();
}

/// How the curves look, and their marks: those of a study have the colours of their lanes and a mark a variant, those of
/// a sweep are of one lane and have a colour each.
fn keys(plan: &Plan, chart: &Chart, text: &Text, visuals: &egui::Visuals) -> Vec<(Key, Shape)> {
    let marks = [Shape::Dots(3.5), Shape::Squares(3.5), Shape::Triangles(3.5), Shape::Diamonds(3.5)];
    let mut variants: Vec<&Variant> = chart.curves.iter().map(|curve| &curve.variant).collect();
    variants.dedup();
    let one = |(k, curve): (usize, &Curve)| {
        let name = curve_name(plan, curve, text);
        if !plan.axes.is_empty() {
            return (Key::new(Shape::Line(2.0), name, theme::class_color(k % 10, visuals)), marks[0]);
        }
        let mark = marks[variants.iter().position(|v| **v == curve.variant).unwrap_or(0) % marks.len()];
        let shape = if variants.len() > 1 { mark } else { theme::lane_shape(curve.lane, 2.0) };
        (Key::new(shape, name, theme::lane_color(curve.lane, visuals)), mark)
    };
    chart.curves.iter().enumerate().map(one).collect()
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

pub(super) fn axis_name(x: ChartAxis, text: &Text) -> String {
    match x {
        ChartAxis::Param(key) => param_name(key, text),
        ChartAxis::HiddenSpikes => text.studies.hidden_spikes.into(),
        ChartAxis::SilentNeurons => text.studies.silent.into(),
        ChartAxis::DecisionTime => text.studies.decision_time.into(),
        ChartAxis::ChipEnergy => text.studies.chip_energy.into(),
    }
}

/// A study tells its curves apart by lane and variant, a sweep by the values of its other parameters.
fn curve_name(plan: &Plan, curve: &Curve, text: &Text) -> String {
    let lane = text.lane(curve.lane).name.to_owned();
    let variant = curve.variant.iter().map(|(name, value)| setting_named(name, value, text));
    let lane = Some(lane).filter(|_| plan.axes.is_empty() || curve.variant.is_empty());
    lane.into_iter().chain(variant).collect::<Vec<_>>().join(text.comma)
}

/// The name of a parameter with its unit.
pub(super) fn param_name(key: &str, text: &Text) -> String {
    find(key).map_or_else(String::new, |spec| with_unit(text.param(spec).label, text.word(spec.unit.suffix())))
}

/// The name of a setting: that of the parameter, if it is one.
pub(super) fn setting_name<'a>(name: &'a str, text: &Text) -> &'a str {
    find(name).map_or_else(|| text.studies.word(name), |spec| text.param(spec).label)
}

/// A setting by its name, with its unit unless it has one. The variant of a study names itself.
pub(super) fn setting_named(name: &str, value: &str, text: &Text) -> String {
    let shown = text.studies.word(value);
    match find(name) {
        _ if name == "variant" => shown.to_owned(),
        Some(spec) if value.parse::<f64>().is_ok() => {
            format!("{} {shown}{}", text.param(spec).label, text.word(spec.unit.suffix()))
        }
        _ => format!("{} {shown}", setting_name(name, text)),
    }
}

/// A place in a plan as a record has it, `key value, key value`, in words.
pub(super) fn point_named(title: &str, text: &Text) -> String {
    let part = |part: &str| match part.split_once(' ') {
        Some((key, value)) if find(key).is_some() => setting_named(key, value, text),
        _ => part.to_owned(),
    };
    title.split(", ").map(part).collect::<Vec<_>>().join(text.comma).replacen(": ", text.colon, 1)
}
