//! A picture of one's own, classified by every lane while it is drawn.

use egui::{Pos2, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::answers::{Answer, rows_ui};
use super::figure::Figure;
use super::selection::Selection;
use super::task::{add_answers, add_picture, image};
use super::{Seen, View, ViewContext, centered_ui, elided, nothing_ui, theme};
use crate::session::messages::{Drawing, Picture, ViewRequest};
use crate::text::{Text, ViewText};

/// Finer pixels per pixel of the task and axis: the digits of the data set were counted from blocks of 4 × 4.
const FINE: usize = 4;
/// Half the width of the pen, in parts of the height of the picture, after scaling.
const PEN: f32 = 0.09;
/// Points of all strokes together; more are not taken.
const MOST_POINTS: usize = 4000;

#[derive(Default)]
pub(super) struct DrawView {
    /// Strokes in coordinates of the canvas, 0…1 from the upper left.
    strokes: Vec<Vec<[f32; 2]>>,
    /// Whether a stroke is being drawn.
    down: bool,
    /// What was last sent to be classified.
    sent: Vec<f32>,
}

impl View for DrawView {
    fn text(text: &Text) -> ViewText {
        text.device.draw
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, _: &mut Selection) {
        let text = context.text;
        let Some(sample) = context.snapshot.sample.clone() else { return nothing_ui(ui, text) };
        let Picture::Image { rows, columns } = sample.picture else {
            return centered_ui(ui, text.device.no_picture);
        };
        if rows * columns == 0 {
            return nothing_ui(ui, text);
        }
        if ui.button(text.device.clear).clicked() {
            self.strokes.clear();
        }
        let area = ui.available_rect_before_wrap();
        let side = area.height().min(area.width() * 0.3);
        let (font, color) = (egui::TextStyle::Small.resolve(ui.style()), ui.visuals().text_color());
        let caption = ui.painter().layout(text.device.network_sees.to_owned(), font, color, side.max(24.0));
        let side = side.min(area.height() - caption.size().y - 1.0).max(24.0);
        let canvas = Rect::from_min_size(area.min, vec2(side, side));
        self.canvas_ui(ui, canvas, text.device.draw_here);
        let pixels = rasterise(&self.strokes, rows, columns);
        let seen = Rect::from_min_size(canvas.right_top() + vec2(8.0, 0.0), vec2(side, side));
        image(ui, seen, &pixels, rows, columns);
        let below = pos2(seen.left(), seen.bottom() + 1.0);
        ui.painter().galley(below, caption, ui.visuals().text_color());
        if pixels != self.sent {
            self.sent.clone_from(&pixels);
            let empty = self.strokes.is_empty();
            context.commands.push(ViewRequest::Classify(if empty { Vec::new() } else { pixels }));
        }
        let room = Rect::from_min_max(pos2(seen.right() + 12.0, area.top()), area.max);
        if room.width() < 30.0 {
            return;
        }
        if let Some(drawing) = context.snapshot.drawing.clone().filter(|_| !self.strokes.is_empty()) {
            answers_ui(ui, context, &drawing, &sample.class_names, room);
        } else {
            let place = egui::UiBuilder::new().max_rect(room);
            ui.scope_builder(place, |ui| ui.add(egui::Label::new(RichText::new(text.device.answers_here).weak())));
        }
    }

    /// The picture that was drawn and what every lane makes of it, as numbers.
    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (drawing, sample) = (snapshot.drawing.as_ref()?, snapshot.sample.as_ref()?);
        let Picture::Image { rows, columns } = sample.picture else { return None };
        let mut figure = Figure { title: text.device.draw.title.into(), ..Figure::default() };
        add_picture(&mut figure, text, text.device.network_sees, &drawing.pixels, [rows, columns], visuals);
        let answers: Vec<_> =
            drawing.lanes.iter().map(|(lane, scores, answer)| (*lane, scores.as_slice(), *answer)).collect();
        add_answers(&mut figure, text, &sample.class_names, &answers, visuals);
        Some(figure)
    }
}

impl DrawView {
    fn canvas_ui(&mut self, ui: &mut Ui, canvas: Rect, hint: &str) {
        let response = ui.allocate_rect(canvas, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, hint));
        let down = response.is_pointer_button_down_on();
        if down && let Some(at) = response.interact_pointer_pos() {
            let place = (at - canvas.min) / canvas.size();
            let point = [place.x.clamp(0.0, 1.0), place.y.clamp(0.0, 1.0)];
            if !self.down {
                self.strokes.push(Vec::new());
            }
            let points: usize = self.strokes.iter().map(Vec::len).sum();
            if let Some(stroke) = self.strokes.last_mut()
                && stroke.last() != Some(&point)
                && points < MOST_POINTS
            {
                stroke.push(point);
            }
        }
        self.down = down;
        let visuals = ui.visuals();
        let painter = ui.painter_at(canvas);
        painter.rect(
            canvas,
            0.0,
            theme::ink(0.0, visuals),
            Stroke::new(1.0, theme::ghost(visuals)),
            StrokeKind::Inside,
        );
        if self.strokes.is_empty() {
            let font = egui::TextStyle::Body.resolve(ui.style());
            let words = elided(&painter, hint, font, theme::ghost(visuals), canvas.width() - 6.0);
            painter.galley(canvas.center() - words.size() / 2.0, words, theme::ghost(visuals));
        }
        let pen = Stroke::new(2.0 * PEN * canvas.height(), theme::ink(1.0, visuals));
        for stroke in &self.strokes {
            let points: Vec<Pos2> = stroke.iter().map(|p| canvas.min + vec2(p[0], p[1]) * canvas.size()).collect();
            for &end in points.first().into_iter().chain(points.last()) {
                painter.circle_filled(end, pen.width / 2.0, pen.color);
            }
            painter.add(Shape::line(points, pen));
        }
    }
}

fn answers_ui(ui: &mut Ui, context: &ViewContext<'_>, drawing: &Drawing, names: &[String], area: Rect) {
    let answer = |(lane, scores, class): &(_, Vec<f32>, usize)| Answer {
        lane: *lane,
        scores: scores.clone(),
        class: *class,
        over_time: Vec::new(),
    };
    let answers: Vec<Answer> = drawing.lanes.iter().map(answer).collect();
    rows_ui(ui, context.text, names, None, &answers, 0.0, area);
}

/// The strokes as grey levels of the task: centred, scaled to fill the picture, drawn with a pen of constant
/// width on finer pixels, and counted block by block.
fn rasterise(strokes: &[Vec<[f32; 2]>], rows: usize, columns: usize) -> Vec<f32> {
    let points = || strokes.iter().flatten().filter(|p| p[0].is_finite() && p[1].is_finite());
    let mut out = vec![0.0; rows * columns];
    if points().next().is_none() {
        return out;
    }
    let bounds =
        |axis: usize| points().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[axis]), h.max(p[axis])));
    let (x, y) = (bounds(0), bounds(1));
    // A dot or a thin stroke is not blown up beyond recognition.
    let extent = (x.1 - x.0).max(y.1 - y.0).max(0.2);
    let (cx, cy) = (f32::midpoint(x.0, x.1), f32::midpoint(y.0, y.1));
    let scale = (1.0 - 2.0 * PEN) / extent;
    let moved = |p: &[f32; 2]| [0.5 + (p[0] - cx) * scale, 0.5 + (p[1] - cy) * scale];
    let segments: Vec<([f32; 2], [f32; 2])> = strokes
        .iter()
        .flat_map(|stroke| {
            let ends = stroke.iter().skip(1).chain(stroke.last());
            stroke.iter().zip(ends).map(|(a, b)| (moved(a), moved(b))).collect::<Vec<_>>()
        })
        .collect();
    let (fine_rows, fine_columns) = (rows * FINE, columns * FINE);
    for row in 0..fine_rows {
        for column in 0..fine_columns {
            let at = [(column as f32 + 0.5) / fine_columns as f32, (row as f32 + 0.5) / fine_rows as f32];
            if segments.iter().any(|(a, b)| distance(at, *a, *b) <= PEN) {
                out[row / FINE * columns + column / FINE] += 1.0 / (FINE * FINE) as f32;
            }
        }
    }
    out
}

/// Distance of a point from a segment.
fn distance(p: [f32; 2], a: [f32; 2], b: [f32; 2]) -> f32 {
    let (ab, ap) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let length = ab[0] * ab[0] + ab[1] * ab[1];
    let t = if length > 0.0 { ((ap[0] * ab[0] + ap[1] * ab[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ap[0] - t * ab[0]).hypot(ap[1] - t * ab[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_stroke_in_a_corner_becomes_a_bar_from_top_to_bottom_in_the_middle() {
        let stroke: Vec<[f32; 2]> = (0..20u8).map(|k| [0.1, 0.05 + f32::from(k) * 0.02]).collect();
        let pixels = rasterise(&[stroke], 8, 8);
        for row in 0..8 {
            let line = &pixels[8 * row..8 * row + 8];
            assert!(line[3] > 0.2 && line[4] > 0.2, "row {row}: {line:?}");
            assert!(line[..3].iter().chain(&line[5..]).all(|p| *p < 1e-6), "row {row}: {line:?}");
        }
        assert!(pixels.iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn nothing_drawn_is_white_and_a_dot_stays_a_dot() {
        assert!(rasterise(&[], 8, 8).iter().all(|p| *p == 0.0));
        assert!(rasterise(&[vec![[f32::NAN, 0.5]]], 8, 8).iter().all(|p| *p == 0.0));
        let dot: f32 = rasterise(&[vec![[0.9, 0.9]]], 8, 8).iter().sum();
        // π PEN² of the picture, in pixels; the fine grid is coarse, so within a third.
        let expected = std::f32::consts::PI * PEN * PEN * 64.0;
        assert!((dot - expected).abs() < 0.34 * expected, "{dot} against {expected}");
    }

    #[test]
    fn distances_are_to_the_nearest_point_of_the_segment() {
        let d = |p| distance(p, [0.0, 0.0], [4.0, 0.0]);
        assert!((d([2.0, 3.0]) - 3.0).abs() < 1e-6);
        assert!((d([7.0, 4.0]) - 5.0).abs() < 1e-6);
        assert!((distance([3.0, 4.0], [0.0, 0.0], [0.0, 0.0]) - 5.0).abs() < 1e-6);
    }
}
