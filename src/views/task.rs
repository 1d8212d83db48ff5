//! The sample on display and what each lane answers.

use std::sync::Arc;

use egui::{Color32, Rect, Stroke, Ui, pos2, vec2};

use super::answers::{Answer, rows_ui};
use super::figure::{Cells, Figure, Key, Scale, Shape};
use super::legend::legend_ui;
use super::selection::Selection;
use super::{Seen, View, ViewContext, class_name, head_ui, nothing_ui, theme, whole_ui};
use crate::params::Lane;
use crate::session::messages::{DecisionMap, LaneTrace, Picture, SampleView, ViewRequest};
use crate::text::{Text, ViewText};

/// Narrower views have arrows instead of words on their buttons, in points.
const NARROW: f32 = 330.0;

/// The sample on display and what each lane answers.
#[derive(Default)]
pub(super) struct TaskView;

impl View for TaskView {
    fn text(text: &Text) -> ViewText {
        text.task
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        head_ui(ui, "task head", |ui| sample_ui(ui, context, &sample, &mut selection.advance));
        match (sample.picture, &context.snapshot.decision_map) {
            (Picture::Plane, Some(map)) => maps_ui(ui, context, &sample, map),
            (Picture::Image { rows, columns }, _) => {
                let available = ui.available_rect_before_wrap();
                let side = available.height().min(available.width() * 0.34).max(40.0);
                let area = Rect::from_min_size(available.min, vec2(side, side));
                image(ui, area, &sample.pixels, rows, columns);
                let answers = Rect::from_min_max(pos2(area.right() + 10.0, available.top()), available.max);
                answers_ui(ui, context, &sample, answers);
            }
            (Picture::Sound, _) => {
                let available = ui.available_rect_before_wrap();
                let area = Rect::from_min_size(available.min, vec2(available.width() * 0.34, available.height()));
                heard(ui, area, &sample);
                let answers = Rect::from_min_max(pos2(area.right() + 10.0, available.top()), available.max);
                answers_ui(ui, context, &sample, answers);
            }
            (Picture::Plane, None) => {
                let area = ui.available_rect_before_wrap();
                answers_ui(ui, context, &sample, area);
            }
        }
    }

    /// What was shown, what every lane answers, and the scores of all classes.
    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let sample = snapshot.sample.as_ref()?;
        let export = &text.export;
        let mut figure = Figure { title: text.task.title.into(), ..Figure::default() };
        match (sample.picture, &snapshot.decision_map) {
            (Picture::Image { rows, columns }, _) => {
                add_picture(&mut figure, text, text.sample, &sample.pixels, [rows, columns], visuals);
            }
            (Picture::Sound, _) => add_heard(&mut figure, sample, text, visuals),
            (Picture::Plane, map) => {
                for (lane, classes) in map.iter().flat_map(|map| &map.lanes).filter(|(_, classes)| !classes.is_empty())
                {
                    let side = map.as_ref().map_or(1, |map| map.side);
                    add_map(&mut figure, text.lane(*lane).name, sample, classes, side, text, visuals);
                }
                for (name, at) in [export.x, export.y].into_iter().zip(&sample.pixels) {
                    figure.tell(name, at, "");
                }
            }
        }
        match (&sample.name, sample.label) {
            (Some(name), _) => figure.tell(text.sample, name, ""),
            (None, label) => {
                figure.tell(text.sample, &sample.index, "");
                figure.tell(text.label, &label.map_or("", |label| class_name(sample, label)), "");
            }
        }
        let answers: Vec<_> = sample.lanes.iter().map(|l| (l.lane, l.scores.as_slice(), l.answer)).collect();
        add_answers(&mut figure, text, &sample.class_names, &answers, visuals);
        // Maps of all lanes need the whole width.
        figure.stacked = figure.panels.len() > 2;
        Some(figure)
    }
}

/// Which sample, and whether it changes by itself.
fn sample_ui(ui: &mut Ui, context: &mut ViewContext<'_>, sample: &SampleView, advance: &mut bool) {
    let text = context.text;
    let narrow = ui.clip_rect().width() < NARROW;
    let step = |ui: &mut Ui, arrow: &str, name: &str| {
        let button = ui.button(if narrow { arrow } else { name });
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
        button.on_hover_text(name).clicked()
    };
    let count = sample.count.max(1);
    if step(ui, "<", text.previous) {
        *advance = false;
        context.commands.push(ViewRequest::ShowSample((sample.index + count - 1) % count));
    }
    if step(ui, ">", text.next) {
        *advance = false;
        context.commands.push(ViewRequest::ShowSample(sample.index + 1));
    }
    let named = text.auto_advance;
    ui.checkbox(advance, named.name).on_hover_text(named.meaning);
    match (&sample.name, sample.label) {
        (Some(name), _) => whole_ui(ui, name),
        (None, label) => {
            let label = label.map_or("", |label| class_name(sample, label));
            whole_ui(ui, format!("{} {}{comma}{} {label}", text.sample, sample.index, text.label, comma = text.comma))
        }
    };
}

/// A grey-level image, row by row from the top.
pub(super) fn image(ui: &Ui, area: Rect, pixels: &[f32], rows: usize, columns: usize) {
    let painter = ui.painter_at(area);
    let size = vec2(area.width() / columns as f32, area.height() / rows as f32);
    for (k, &level) in pixels.iter().enumerate().take(rows * columns) {
        let min = area.min + vec2((k % columns) as f32 * size.x, (k / columns) as f32 * size.y);
        painter.rect_filled(Rect::from_min_size(min, size), 0.0, theme::ink(level, ui.visuals()));
    }
    painter.rect_stroke(area, 0.0, Stroke::new(1.0, theme::ghost(ui.visuals())), egui::StrokeKind::Inside);
}

/// What the ear sends: a dot a spike, time to the right, high tones at the top.
fn heard(ui: &Ui, area: Rect, sample: &SampleView) {
    let painter = ui.painter_at(area);
    let seconds = sample.grid.n_host as f32 * sample.grid.dt_host() as f32;
    let size = vec2(1.5, (area.height() / sample.n_inputs.max(1) as f32).clamp(1.0, 3.0));
    let colour = theme::ink(1.0, ui.visuals());
    for (time, unit) in sample.input.iter() {
        let x = area.left() + area.width() * time / seconds;
        // Channels are numbered from high tones to low ones.
        let y = area.top() + area.height() * (f32::from(unit) + 0.5) / sample.n_inputs.max(1) as f32;
        painter.rect_filled(Rect::from_center_size(pos2(x, y), size), 0.0, colour);
    }
    painter.rect_stroke(area, 0.0, Stroke::new(1.0, theme::ghost(ui.visuals())), egui::StrokeKind::Inside);
}

/// What every lane answers to the sample, and would have answered at any earlier time.
fn answers_ui(ui: &mut Ui, context: &ViewContext<'_>, sample: &SampleView, area: Rect) {
    let params = &context.snapshot.params;
    let answer = |lane: &LaneTrace| Answer {
        lane: lane.lane,
        scores: lane.scores.clone(),
        class: lane.answer,
        over_time: lane.answers_over_time(&sample.grid, params.decoding_of(lane.lane)),
    };
    let answers: Vec<Answer> = sample.lanes.iter().map(answer).collect();
    rows_ui(ui, context.text, &sample.class_names, sample.label, &answers, sample.grid.dt_host(), area);
}

/// The decision map of every lane side by side, with the sample as a cross.
fn maps_ui(ui: &mut Ui, context: &ViewContext<'_>, sample: &SampleView, map: &DecisionMap) {
    let visuals = ui.visuals().clone();
    let classes = sample.class_names.iter().enumerate();
    let items: Vec<Key> =
        classes.map(|(k, name)| Key::new(Shape::Ticks, name, theme::map_color(k, &visuals))).collect();
    head_ui(ui, "classes", |ui| legend_ui(ui, &items));
    let area = ui.available_rect_before_wrap();
    let n = map.lanes.len().max(1) as f32;
    let caption = 34.0;
    let side = ((area.width() - 8.0 * (n - 1.0)) / n).min(area.height() - caption).max(20.0);
    for (k, (lane, classes)) in map.lanes.iter().enumerate() {
        let min = area.min + vec2(k as f32 * (side + 8.0), 0.0);
        let square = Rect::from_min_size(min, vec2(side, side));
        let colors: Vec<Color32> = classes.iter().map(|&c| theme::map_color(usize::from(c), ui.visuals())).collect();
        let cell = side / map.side as f32;
        let painter = ui.painter_at(square);
        let mut mesh = egui::Mesh::default();
        for (index, color) in colors.iter().enumerate() {
            let (x, y) = ((index % map.side) as f32, (index / map.side) as f32);
            let corner = pos2(square.left() + x * cell, square.bottom() - (y + 1.0) * cell);
            mesh.add_colored_rect(Rect::from_min_size(corner, vec2(cell, cell)), *color);
        }
        painter.add(mesh);
        painter.circle_stroke(square.center(), side / 2.0, Stroke::new(1.5, ui.visuals().text_color()));
        for dx in [0.25, 0.75] {
            let dot = pos2(square.left() + side * dx, square.center().y);
            painter.circle_stroke(dot, side * 0.1, Stroke::new(1.0, theme::ghost(ui.visuals())));
        }
        if let [x, y] = sample.pixels[..] {
            let at = pos2(square.left() + x * side, square.bottom() - y * side);
            let stroke = Stroke::new(2.0, ui.visuals().strong_text_color());
            painter.line_segment([at - vec2(5.0, 0.0), at + vec2(5.0, 0.0)], stroke);
            painter.line_segment([at - vec2(0.0, 5.0), at + vec2(0.0, 5.0)], stroke);
        }
        let below = Rect::from_min_size(square.left_bottom() + vec2(0.0, 2.0), vec2(side, caption - 2.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(below), |ui| {
            let named = context.text.lane(*lane);
            let color = theme::lane_color(*lane, ui.visuals());
            ui.colored_label(color, egui::RichText::new(named.name).strong()).on_hover_text(named.meaning);
            if let Some(trace) = sample.lanes.iter().find(|t| t.lane == *lane) {
                let right = Some(trace.answer) == sample.label;
                let verdict = if right { context.text.right } else { context.text.wrong };
                ui.small(format!("{}{colon}{verdict}", class_name(sample, trace.answer), colon = context.text.colon));
            }
        });
    }
}

/// The scores of every lane as bars side by side, and its answer.
pub(super) fn add_answers(
    figure: &mut Figure,
    text: &Text,
    names: &[String],
    lanes: &[(Lane, &[f32], usize)],
    visuals: &egui::Visuals,
) {
    let panel = figure.panel(text.class, text.export.score_axis);
    panel.x.words = names.iter().enumerate().map(|(k, name)| (k as f64, name.clone())).collect();
    panel.x.named = true;
    let width = 0.8 / lanes.len().max(1) as f64;
    for (k, &(lane, scores, answer)) in lanes.iter().enumerate() {
        let named = text.lane(lane).name;
        let color = theme::lane_color(lane, visuals);
        let beside = (k as f64 - (lanes.len() as f64 - 1.0) / 2.0) * width;
        let points = scores.iter().enumerate().map(|(class, score)| [class as f64 + beside, f64::from(*score)]);
        // The answer is strong, as in the window.
        let strength = |class: usize| color.gamma_multiply(if class == answer { 1.0 } else { 0.4 });
        let colors = (0..scores.len()).map(strength).collect();
        figure.add(named, color, Shape::Bars(width), points.collect::<Vec<_>>()).colored(colors);
        figure.tell(named, &names.get(answer).map_or("?", String::as_str), "");
    }
}

/// A grey-level image; nothing if there are fewer pixels than it should have.
pub(super) fn add_picture(
    figure: &mut Figure,
    text: &Text,
    name: &str,
    pixels: &[f32],
    [rows, columns]: [usize; 2],
    visuals: &egui::Visuals,
) {
    let Some(pixels) = pixels.get(..rows * columns).filter(|p| !p.is_empty()) else { return };
    let export = &text.export;
    let panel = figure.panel(export.pixel_column, export.pixel_row);
    (panel.square, panel.y.down, panel.name) = (true, true, name.into());
    let values = pixels.iter().map(|p| f64::from(*p)).collect();
    panel.cells.push(Arc::new(Cells::new(name, export.grey, columns, values, |p| theme::ink(p as f32, visuals))));
}

/// Events of every channel in some intervals of time, high tones at the top.
fn add_heard(figure: &mut Figure, sample: &SampleView, text: &Text, visuals: &egui::Visuals) {
    const MOST_COLUMNS: usize = 100;
    let (columns, rows) = (sample.grid.n_host.min(MOST_COLUMNS), sample.n_inputs);
    let seconds = sample.grid.n_host as f64 * sample.grid.dt_host();
    let mut values = vec![0.0; columns * rows];
    for (time, unit) in sample.input.iter() {
        let column = (f64::from(time) / seconds * columns as f64) as usize;
        if let Some(cell) = values.get_mut(usize::from(unit) * columns + column.min(columns.saturating_sub(1))) {
            *cell += 1.0;
        }
    }
    if values.is_empty() {
        return;
    }
    let most = values.iter().copied().fold(1.0, f64::max);
    let color = |v: f64| theme::ink((v / most) as f32, visuals);
    let cells = Cells::new(text.inputs, text.export.events, columns, values, color);
    let cells = cells.scaled(Scale::new(text.export.events, [0.0, most], color));
    let panel = figure.panel(text.time_axis, text.export.channel);
    panel.y.down = true;
    panel.cells.push(Arc::new(Cells { size: [1e6 * seconds / columns as f64, 1.0], ..cells }));
}

/// A decision map over the plane, with the sample as a cross.
fn add_map(
    figure: &mut Figure,
    name: &str,
    sample: &SampleView,
    classes: &[u8],
    side: usize,
    text: &Text,
    visuals: &egui::Visuals,
) {
    let side = side.max(1);
    let panel = figure.panel(text.export.x, text.export.y);
    (panel.square, panel.name) = (true, name.into());
    let values = classes.iter().map(|c| f64::from(*c)).collect();
    let cells = Cells::new(name, text.class, side, values, |c| theme::map_color(c as usize, visuals));
    panel.cells.push(Arc::new(Cells { size: [1.0 / side as f64; 2], ..cells }));
    if let [x, y] = sample.pixels[..] {
        let at = vec![[f64::from(x), f64::from(y)]];
        panel.add(text.sample, theme::selected(visuals), Shape::Crosses(5.0), at);
    }
    let class = |(k, name): (usize, &String)| Key::new(Shape::Ticks, name, theme::map_color(k, visuals));
    panel.legend = sample.class_names.iter().enumerate().map(class).collect();
}
