//! What came of a sweep: as a map and on parallel axes.

use egui::{Align2, Color32, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::session::messages::{BatchView, EngineCommand, Snapshot};
use crate::text::Text;
use crate::views::batch::{param_name, setting_named};
use crate::views::figure::{Cells, Figure};
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
pub(super) fn heat_ui(ui: &mut Ui, context: &mut ViewContext<'_>, sweep: &BatchView) {
    let text = context.text;
    let (rows, columns, values) = matrix(sweep);
    let area = ui.available_rect_before_wrap().shrink(2.0);
    let (margin, above) = (vec2(64.0, 34.0), 17.0);
    let size = vec2((area.width() - margin.x) / columns as f32, (area.height() - margin.y - above) / rows as f32);
    if size.min_elem() < 3.0 {
        return;
    }
    let response = ui.allocate_rect(area, Sense::click());
    let (painter, visuals) = (ui.painter_at(area), ui.visuals().clone());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let origin = area.min + vec2(margin.x, above);
    let place = |row: usize, column: usize| {
        Rect::from_min_size(origin + vec2(column as f32 * size.x, row as f32 * size.y), size)
    };
    let range = extent(values.iter().flatten().copied()).unwrap_or([0.0, 100.0]);
    for row in 0..rows {
        for column in 0..columns {
            let rect = place(row, column).shrink(0.5);
            let Some(value) = values[row * columns + column] else {
                painter.rect_filled(rect, 0.0, theme::unused(&visuals));
                continue;
            };
            let fill = theme::sequential(share(range, value));
            painter.rect_filled(rect, 0.0, fill);
            if size.x > 30.0 && size.y > 13.0 {
                let light = u32::from(fill.r()) + 2 * u32::from(fill.g()) + u32::from(fill.b()) > 510;
                let ink = if light { Color32::BLACK } else { Color32::WHITE };
                painter.text(rect.center(), Align2::CENTER_CENTER, format!("{value:.1}"), font.clone(), ink);
            }
        }
    }
    let words = |at, align, what: &str| painter.text(at, align, what, font.clone(), visuals.text_color());
    let value = |k: usize, n: usize| sweep.plan.axes.get(k).map_or("", |axis| axis.values[n].as_str());
    if size.y > 9.0 {
        for row in 0..rows {
            words(pos2(origin.x - 4.0, place(row, 0).center().y), Align2::RIGHT_CENTER, value(0, row));
        }
    }
    for column in (0..columns).filter(|k| size.x > 26.0 || k % 5 == 0) {
        words(pos2(place(0, column).center().x, area.bottom() - 18.0), Align2::CENTER_BOTTOM, value(1, column));
    }
    words(
        pos2(origin.x + (area.right() - origin.x) / 2.0, area.bottom()),
        Align2::CENTER_BOTTOM,
        &axis_name(sweep, 1, text),
    );
    words(area.left_top(), Align2::LEFT_TOP, &axis_name(sweep, 0, text));
    let Some(at) = response.hover_pos().map(|at| (at - origin) / size).filter(|at| at.x >= 0.0 && at.y >= 0.0) else {
        return;
    };
    let (row, column) = (at.y as usize, at.x as usize);
    if row >= rows || column >= columns {
        return;
    }
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
        format!("\n{} {}: {shown}", text.sweep.seed, o.seed)
    });
    let at = sweep.plan.cell(cell).at.iter().map(|(key, value)| setting_named(key, value, text));
    let at = at.collect::<Vec<_>>().join(", ");
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

/// The heat map as numbers.
pub(in crate::views) fn figure(snapshot: &Snapshot, text: &Text) -> Option<Figure> {
    let sweep = snapshot.sweep.as_ref()?;
    let (_, columns, values) = matrix(sweep);
    let range = extent(values.iter().flatten().copied())?;
    let x = if sweep.plan.axes.len() > 1 { axis_name(sweep, 1, text) } else { text.lane(sweep.plan.lane).name.into() };
    let mut figure = Figure::new(text.sweep.view.title, &x, &axis_name(sweep, 0, text));
    figure.of_cells("", "", text.accuracy_axis);
    let values_of = |k: usize| sweep.plan.axes.get(k).map_or_else(Vec::new, |axis| axis.values.clone());
    (figure.matrix.rows, figure.matrix.columns) = (values_of(0), values_of(1));
    figure.cells.push(Cells {
        name: text.accuracy_axis.into(),
        columns,
        values: values.iter().map(|v| v.unwrap_or(f64::NAN)).collect(),
        colors: values.iter().map(|v| theme::rgb(theme::sequential(share(range, v.unwrap_or(range[0]))))).collect(),
    });
    Some(figure)
}
