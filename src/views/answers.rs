//! What every lane answers: a name, a strip over time, and a bar a class above names that all lanes share.

use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::theme;
use crate::base::units::Unit;
use crate::params::Lane;
use crate::text::Text;

/// Height of the line of class names, in points.
const NAMES: f32 = 15.0;
/// Rows that are lower have their words beside the bars instead of above them.
const LOW: f32 = 27.0;
/// Height of the words above the bars.
const WORDS: f32 = 18.0;
/// Height of the strip of answers over time.
const STRIP: f32 = 7.0;
/// Width of words and verdict that stand beside the bars or the strip, at most.
const BESIDE: f32 = 0.62;

/// Distance of words, in points.
const APART: f32 = 7.0;

/// What one lane answers.
pub(super) struct Answer {
    pub(super) lane: Lane,
    pub(super) scores: Vec<f32>,
    pub(super) class: usize,
    /// What it would have answered after each readout interval; empty if nobody knows.
    pub(super) over_time: Vec<Option<usize>>,
}

/// What all lanes are asked: names of the classes, and the right one if it is known.
#[derive(Clone, Copy)]
struct Asked<'a> {
    text: &'a Text,
    names: &'a [String],
    label: Option<usize>,
    /// Between two answers over time, in seconds.
    dt: f64,
}

/// A row a lane, `dt` seconds between two answers over time. The right class, if there is one, is framed.
pub(super) fn rows_ui(
    ui: &mut Ui,
    text: &Text,
    names: &[String],
    label: Option<usize>,
    answers: &[Answer],
    dt: f64,
    area: Rect,
) {
    let classes = answers.iter().map(|a| a.scores.len()).max().unwrap_or(0);
    if classes == 0 || area.width() < 30.0 || area.height() < 12.0 {
        return;
    }
    let font = egui::TextStyle::Small.resolve(ui.style());
    let widest = |font: &FontId| {
        let width = |name: &String| ui.painter().layout_no_wrap(name.clone(), font.clone(), Color32::WHITE).size().x;
        names.iter().map(width).fold(0.0, f32::max)
    };
    let rows = answers.len() as f32;
    let beside = (area.height() - NAMES) / rows < LOW;
    // Where the names of the classes would have no room, colours alone tell the lanes apart.
    let full = words_width(ui, text, names, answers, true);
    let brief = beside && area.width() - full < (widest(&font) + 1.0) * classes as f32;
    let width = if brief { words_width(ui, text, names, answers, false) } else { full };
    let bars_left = if beside { area.left() + width.min(area.width() * BESIDE) } else { area.left() };
    let slot = (area.right() - bars_left) / classes as f32;
    // Names that would run into each other are left to the tooltip.
    let named = widest(&font) + 1.0 <= slot && area.height() >= NAMES + 8.0 * rows;
    let all = Rect::from_min_max(area.min, pos2(area.right(), area.bottom() - if named { NAMES } else { 0.0 }));
    let height = all.height() / rows;
    let asked = Asked { text, names, label, dt };
    for (k, answer) in answers.iter().enumerate() {
        let row = Rect::from_min_size(all.min + vec2(0.0, k as f32 * height), vec2(all.width(), height - 3.0));
        let words = if beside { row.height() } else { WORDS };
        let line = Rect::from_min_size(row.min, vec2(if beside { bars_left - row.left() } else { row.width() }, words));
        words_ui(ui, asked, answer, brief, line);
        let top = if beside { row.top() } else { row.top() + WORDS };
        bars_ui(ui, asked, answer, Rect::from_min_max(pos2(bars_left, top), row.max));
    }
    if named {
        for class in 0..classes {
            let at = pos2(bars_left + (class as f32 + 0.5) * slot, area.bottom());
            let name = names.get(class).map_or("?", String::as_str);
            ui.painter().text(at, Align2::CENTER_BOTTOM, name, font.clone(), ui.visuals().text_color());
        }
    }
}

/// Width of the longest line of words.
fn words_width(ui: &Ui, text: &Text, names: &[String], answers: &[Answer], lanes: bool) -> f32 {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let wide = |words: String| ui.painter().layout_no_wrap(words, font.clone(), Color32::WHITE).size().x;
    let verdict = wide(text.right.to_owned()).max(wide(text.wrong.to_owned()));
    let width = |a: &Answer| {
        let class = names.get(a.class).map_or("?", String::as_str);
        let lane = if lanes { wide(text.lane(a.lane).name.to_owned()) + APART } else { 0.0 };
        lane + wide(class.to_owned()) + verdict + 2.0 * APART
    };
    answers.iter().map(width).fold(0.0, f32::max)
}

/// Name, answer, right or wrong, and beside them the answers over time if there is room.
fn words_ui(ui: &mut Ui, asked: Asked<'_>, answer: &Answer, brief: bool, line: Rect) {
    let Asked { text, names, label, .. } = asked;
    let (named, visuals) = (text.lane(answer.lane), ui.visuals().clone());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let body = egui::TextStyle::Body.resolve(ui.style());
    let font = if line.height() < 15.0 { small } else { body };
    let class = names.get(answer.class).map_or("?", String::as_str);
    let verdict = label.map(|label| {
        if label == answer.class { (text.right, visuals.text_color()) } else { (text.wrong, theme::alarm(&visuals)) }
    });
    let lane = theme::lane_color(answer.lane, &visuals);
    let painter = ui.painter_at(line);
    let mut x = line.left();
    for (words, color) in [
        (!brief).then_some((named.name, lane)),
        Some((class, if brief { lane } else { visuals.strong_text_color() })),
        verdict,
    ]
    .into_iter()
    .flatten()
    {
        let drawn = painter.text(pos2(x, line.center().y), Align2::LEFT_CENTER, words, font.clone(), color);
        x = drawn.right() + APART;
    }
    let said = format!("{} {class} {}", named.name, verdict.map_or("", |v| v.0));
    let response =
        ui.allocate_rect(Rect::from_min_max(line.min, pos2(x.min(line.right()), line.bottom())), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, said.trim()));
    response.on_hover_text(text.explained(named));
    let strip = Rect::from_min_max(
        pos2(x + 4.0, line.center().y - STRIP / 2.0),
        pos2(line.right(), line.center().y + STRIP / 2.0),
    );
    if strip.width() > 30.0 && !answer.over_time.is_empty() {
        strip_ui(ui, asked, answer, strip);
    }
}

/// The answers over time: strong where the answer would be right, or where nobody knows what is right.
fn strip_ui(ui: &mut Ui, asked: Asked<'_>, answer: &Answer, strip: Rect) {
    let Asked { text, names, label, dt } = asked;
    let visuals = ui.visuals().clone();
    let step = strip.width() / answer.over_time.len() as f32;
    let mut mesh = egui::Mesh::default();
    for (k, class) in answer.over_time.iter().enumerate() {
        let color = match class {
            None => theme::unused(&visuals),
            Some(class) if label.is_none_or(|label| label == *class) => theme::lane_color(answer.lane, &visuals),
            Some(_) => theme::alarm(&visuals).gamma_multiply(0.45),
        };
        let left = strip.left() + k as f32 * step;
        mesh.add_colored_rect(Rect::from_min_max(pos2(left, strip.top()), pos2(left + step, strip.bottom())), color);
    }
    ui.painter().add(mesh);
    let response = ui.allocate_rect(strip, Sense::hover());
    if let Some(at) = response.hover_pos() {
        let k = (((at.x - strip.left()) / step) as usize).min(answer.over_time.len() - 1);
        let class = answer.over_time[k].and_then(|class| names.get(class)).map_or("–", String::as_str);
        let time = Unit::Microseconds.shown_from_si((k + 1) as f64 * dt);
        response.on_hover_text_at_pointer(format!("{time:.1} µs\n{} {class}", text.device.answer_so_far));
    }
}

/// One bar a class: the answer strong, the right one framed.
fn bars_ui(ui: &mut Ui, asked: Asked<'_>, answer: &Answer, bars: Rect) {
    let Asked { text, names, label, .. } = asked;
    if bars.height() < 3.0 || bars.width() < 10.0 {
        return;
    }
    let visuals = ui.visuals().clone();
    let color = theme::lane_color(answer.lane, &visuals);
    let response = ui.allocate_rect(bars, Sense::hover());
    let scores: Vec<f32> = answer.scores.iter().map(|s| if s.is_finite() { *s } else { 0.0 }).collect();
    let top = scores.iter().fold(1e-6f32, |a, &b| a.max(b));
    let bottom = scores.iter().fold(0.0f32, |a, &b| a.min(b));
    let width = bars.width() / scores.len().max(1) as f32;
    let y = |s: f32| bars.bottom() - (s - bottom) / (top - bottom) * bars.height();
    for (class, &score) in scores.iter().enumerate() {
        let x = bars.left() + class as f32 * width;
        let id = ui.scope_id().with(("score", answer.lane, class));
        let part = theme::eased(ui.ctx(), id, f64::from((score - bottom) / (top - bottom)), 0.01) as f32;
        let end = bars.bottom() - part * bars.height();
        let bar = Rect::from_two_pos(pos2(x + 1.5, y(0.0)), pos2(x + width - 1.5, end));
        let strength = if class == answer.class { 1.0 } else { 0.4 };
        ui.painter().rect_filled(bar, 1.0, color.gamma_multiply(strength));
        if Some(class) == label {
            let frame = Rect::from_min_max(pos2(x + 0.5, bars.top()), pos2(x + width - 0.5, bars.bottom()));
            ui.painter().rect_stroke(frame, 1.0, Stroke::new(1.5, visuals.text_color()), StrokeKind::Inside);
        }
    }
    if let Some(pointer) = response.hover_pos() {
        let class = (((pointer.x - bars.left()) / width) as usize).min(scores.len().saturating_sub(1));
        if let Some(score) = answer.scores.get(class) {
            let name = names.get(class).map_or("?", String::as_str);
            response.on_hover_text_at_pointer(format!("{} {name}{colon}{score:.3}", text.class, colon = text.colon));
        }
    }
}
