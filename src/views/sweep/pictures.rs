//! What came of a sweep: as a map and on parallel axes.

use std::sync::Arc;

use egui::{Align2, Sense, Stroke, Ui, pos2, vec2};

use crate::session::messages::{BatchView, EngineCommand};
use crate::text::Text;
use crate::views::batch::{param_name, setting_named};
use crate::views::figure::screen::matrix_ui;
use crate::views::figure::{Cells, Figure, Scale, Shape};
use crate::views::{ViewContext, elided, theme};

/// Mean accuracy in % over the seeds of every cell, by its place; `None` where nothing is done.
fn accuracies(sweep: &BatchView) -> impl Iterator<Item = Option<f64>> {
    let table = &sweep.progress.table;
    let mean = |cell| table.accuracy(cell, sweep.plan.lane).map(|s| 100.0 * s.mean).filter(|mean| mean.is_finite());
    (0..table.cells.len()).map(mean)
}

/// Mean accuracy in % over seeds and over all further axes, by the values of the first two; `None` where nothing is done.
fn matrix(sweep: &BatchView) -> (usize, usize, Vec<Option<f64>>) {
    let n = |k: usize| sweep.plan.axes.get(k).map_or(1, |axis| axis.values.len());
    let (rows, columns) = (n(0), n(1));
    let mut sums = vec![(0.0, 0usize); rows * columns];
    for (cell, mean) in accuracies(sweep).enumerate() {
        // The last axis runs fastest, so those beyond the second are within.
        if let (Some(mean), Some(sum)) = (mean, sums.get_mut(cell / n(2))) {
            *sum = (sum.0 + mean, sum.1 + 1);
        }
    }
    (rows, columns, sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / n as f64)).collect())
}

/// Smallest and largest of the values that are there.
fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let (low, high) = values.filter(|x| x.is_finite()).fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(x), h.max(x)));
    (low <= high).then_some([low, high])
}

fn share([low, high]: [f64; 2], x: f64) -> f64 {
    if high > low { (x - low) / (high - low) } else { 0.5 }
}

/// The name of an axis with its unit.
fn axis_name(sweep: &BatchView, k: usize, text: &Text) -> String {
    sweep.plan.axes.get(k).map_or_else(String::new, |axis| param_name(axis.key, text))
}

/// One cell a value of the first two parameters; a click opens the experiment of that cell.
pub(super) fn heat_ui(ui: &mut Ui, context: &mut ViewContext<'_>, sweep: &BatchView, figure: &Figure) {
    let text = context.text;
    let Some((response, row, column)) = matrix_ui(ui, &figure.panels[0]) else { return };
    let (_, columns, _) = matrix(sweep);
    // The first of the further values stands for all.
    let cell = (row * columns + column) * sweep.plan.axes.get(2).map_or(1, |axis| axis.values.len());
    if response.clicked() {
        context.commands.push(EngineCommand::Restart(Box::new(sweep.plan.protocol(cell))));
    }
    let seeds = sweep.progress.table.cells.get(cell).into_iter().flatten().map(|o| {
        let shown = o.lane(sweep.plan.lane).map_or_else(
            || o.failed.clone().unwrap_or_default(),
            |l| format!("{:.2} %{}", 100.0 * l.test_accuracy, if o.stopped_early { text.sweep.stopped } else { "" }),
        );
        format!("\n{} {}{colon}{shown}", text.sweep.seed, o.seed, colon = text.colon)
    });
    let at = sweep.plan.cell(cell).at.iter().map(|(key, value)| setting_named(key, value, text));
    let at = at.collect::<Vec<_>>().join(text.comma);
    let tip = format!("{at}{}\n{}", seeds.collect::<String>(), text.sweep.open);
    response.on_hover_text_at_pointer(tip);
}

/// The number that a value of an axis stands for, or its place.
fn number(value: &str, place: usize) -> f64 {
    value.parse().unwrap_or(place as f64)
}

/// One upright axis a parameter and one for the accuracy; a line for every cell, coloured by its accuracy.
pub(super) fn parallel_ui(ui: &mut Ui, text: &Text, sweep: &BatchView) {
    let area = ui.available_rect_before_wrap().shrink2(vec2(56.0, 4.0));
    ui.allocate_rect(ui.available_rect_before_wrap(), Sense::hover());
    if area.height() < 60.0 || area.width() < 80.0 {
        return;
    }
    let n = sweep.plan.axes.len();
    // Names and the highest values above the axes, the lowest ones below.
    let (top, bottom) = (area.top() + 34.0, area.bottom() - 18.0);
    let (painter, visuals) = (ui.painter().clone(), ui.visuals().clone());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let x = |k: usize| area.left() + area.width() * k as f32 / n.max(1) as f32;
    let y = |share: f64| bottom - (bottom - top) * share as f32;
    let numbers = |k: usize| -> Vec<f64> {
        sweep.plan.axes[k].values.iter().enumerate().map(|(place, value)| number(value, place)).collect()
    };
    let columns: Vec<(Vec<f64>, [f64; 2])> = (0..n)
        .map(|k| {
            let values = numbers(k);
            let range = extent(values.iter().copied()).unwrap_or([0.0, 1.0]);
            (values, range)
        })
        .collect();
    let range = extent(accuracies(sweep).flatten()).unwrap_or([0.0, 100.0]);
    for (cell, accuracy) in accuracies(sweep).enumerate().filter_map(|(cell, a)| Some((cell, a?))) {
        let mut points: Vec<egui::Pos2> = columns
            .iter()
            .enumerate()
            .map(|(k, (values, range))| pos2(x(k), y(share(*range, values[sweep.plan.place(cell, k)]))))
            .collect();
        points.push(pos2(x(n), y(share(range, accuracy))));
        // The ends of the scale are close to the background, the dark one here and the light one there.
        let shade = 0.75 * share(range, accuracy) + if visuals.dark_mode { 0.25 } else { 0.0 };
        painter.line(points, Stroke::new(1.8, theme::sequential(shade)));
    }
    let line = Stroke::new(1.0, visuals.weak_text_color());
    let mut axes: Vec<(String, [f64; 2])> =
        columns.iter().enumerate().map(|(k, (_, range))| (axis_name(sweep, k, text), *range)).collect();
    axes.push((text.accuracy_axis.to_owned(), range));
    for (k, (name, [low, high])) in axes.into_iter().enumerate() {
        painter.line_segment([pos2(x(k), top), pos2(x(k), bottom)], line);
        let words = elided(&painter, &name, font.clone(), visuals.text_color(), area.width() / n.max(1) as f32 - 8.0);
        // Without the margins of the view the outer names would be cut.
        let left = (x(k) - words.size().x / 2.0).clamp(area.left() - 54.0, area.right() + 54.0 - words.size().x);
        painter.galley(pos2(left, area.top()), words, visuals.text_color());
        for (value, at, align) in
            [(low, pos2(x(k), bottom + 2.0), Align2::CENTER_TOP), (high, pos2(x(k), top - 2.0), Align2::CENTER_BOTTOM)]
        {
            let words = if k < n { value.to_string() } else { format!("{value:.1}") };
            painter.text(at, align, words, font.clone(), visuals.text_color());
        }
    }
}

/// The heat map.
pub(super) fn heat_figure(sweep: &BatchView, text: &Text, visuals: &egui::Visuals) -> Option<Figure> {
    let (_, columns, values) = matrix(sweep);
    let range = extent(values.iter().flatten().copied())?;
    let x = if sweep.plan.axes.len() > 1 { axis_name(sweep, 1, text) } else { text.lane(sweep.plan.lane).name.into() };
    let title = format!("{}{colon}{}", text.sweep.view.title, text.lane(sweep.plan.lane).name, colon = text.colon);
    let mut figure = Figure::new(&title, &x, &axis_name(sweep, 0, text));
    let panel = figure.last();
    for (k, axis) in [&mut panel.y, &mut panel.x].into_iter().enumerate() {
        let values = sweep.plan.axes.get(k).map(|axis| axis.values.as_slice()).unwrap_or_default();
        axis.words = values.iter().enumerate().map(|(k, value)| (k as f64 + 0.5, value.clone())).collect();
        axis.named = true;
    }
    panel.y.down = true;
    let values = values.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    let color = |v: f64| if v.is_finite() { theme::sequential(share(range, v)) } else { theme::unused(visuals) };
    let cells = Cells::new(text.accuracy_axis, text.accuracy_axis, columns, values, color);
    let cells = cells.scaled(Scale::new(text.accuracy_axis, range, color));
    panel.cells.push(Arc::new(Cells { written: true, ..cells }));
    Some(figure)
}

/// One upright axis a parameter and one for the accuracy, each from its smallest to its largest value.
pub(super) fn parallel_figure(sweep: &BatchView, text: &Text) -> Option<Figure> {
    let range = extent(accuracies(sweep).flatten())?;
    let mut figure = Figure::new(text.sweep.view.title, text.sweep.parameter, text.export.share_of_range);
    let panel = figure.last();
    let axes = &sweep.plan.axes;
    let numbers = |k: usize| axes[k].values.iter().enumerate().map(|(place, value)| number(value, place));
    let mut ends: Vec<[f64; 2]> = (0..axes.len()).map(|k| extent(numbers(k)).unwrap_or([0.0, 1.0])).collect();
    ends.push(range);
    let names = (0..axes.len()).map(|k| axis_name(sweep, k, text)).chain([text.accuracy_axis.to_owned()]);
    let named = |(k, (name, [low, high])): (usize, (String, &[f64; 2]))| {
        (k as f64, format!("{name}{colon}{low} … {high}", colon = text.colon))
    };
    panel.x.words = names.zip(&ends).enumerate().map(named).collect();
    for (cell, accuracy) in accuracies(sweep).enumerate().filter_map(|(cell, a)| Some((cell, a?))) {
        let place = |k: usize| share(ends[k], numbers(k).nth(sweep.plan.place(cell, k)).unwrap_or(f64::NAN));
        let mut points: Vec<[f64; 2]> = (0..axes.len()).map(|k| [k as f64, place(k)]).collect();
        points.push([axes.len() as f64, share(range, accuracy)]);
        // The light end of the scale does not show on paper. The table below has the numbers.
        panel.add("", theme::sequential(0.75 * share(range, accuracy)), Shape::Line(1.8), points);
    }
    for k in 0..ends.len() {
        panel.rule("", k as f64, false, theme::ghost(&theme::paper()), Shape::Line(1.0));
    }
    Some(figure)
}

/// Every cell with its settings and the mean accuracy over its seeds.
pub(super) fn add_cells(figure: &mut Figure, sweep: &BatchView, text: &Text) {
    let names = (0..sweep.plan.axes.len()).map(|k| axis_name(sweep, k, text));
    let heads = names.chain([text.accuracy_axis.to_owned()]).collect();
    let row = |(cell, accuracy): (usize, Option<f64>)| {
        let at = sweep.plan.cell(cell).at.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        Some(at.into_iter().chain([accuracy?.to_string()]).collect())
    };
    let rows = accuracies(sweep).enumerate().filter_map(row).collect();
    figure.table(text.sweep.view.title, heads, rows);
}
