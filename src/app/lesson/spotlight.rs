//! Points at things: the rest is dimmed, with a ring and an arrow. It takes no click, neither in the hole nor beside it.

use egui::{Color32, Context, Id, LayerId, Order, Painter, Pos2, Rect, Shape, Stroke, StrokeKind};

use super::super::App;
use crate::views::{anchors, theme};

/// Width of the ring, in points.
const RING: f32 = 3.0;
/// Length of the head of the arrow, in points.
const HEAD: f32 = 14.0;
/// What lies outside is that dark.
const DIMMED: u8 = 102;

impl App {
    /// Points at what the step is about, until it is done.
    pub(in crate::app) fn spotlight_ui(&mut self, ctx: &Context) {
        let Some(lesson) = &mut self.lesson else { return };
        let over = lesson.spot_is_off || (lesson.player.is_done() && lesson.player.step().done.is_some());
        let names: &[String] = if over { &[] } else { &lesson.player.step().spot };
        anchors::want(ctx, names);
        let places: Vec<Rect> = names.iter().filter_map(|name| anchors::place(ctx, name)).collect();
        if places.is_empty() {
            return;
        }
        let used = ctx.input(|i| i.pointer.any_pressed().then(|| i.pointer.interact_pos()).flatten());
        if used.is_some_and(|at| places.iter().any(|place| place.contains(at))) {
            lesson.spot_is_off = true;
            return;
        }
        let card = anchors::place(ctx, CARD);
        point_at(ctx, &places, card);
    }
}

/// The card, which is never dimmed.
pub(super) const CARD: &str = "lesson";

fn point_at(ctx: &Context, places: &[Rect], card: Option<Rect>) {
    let painter =
        Painter::new(ctx.clone(), LayerId::new(Order::Foreground, Id::unique("spotlight")), ctx.content_rect());
    let holes: Vec<Rect> = places.iter().map(|place| place.expand(4.0)).chain(card).collect();
    // The first screen has no card, and stays as bright as it is.
    for rect in around(ctx.content_rect(), &holes).into_iter().filter(|_| card.is_some()) {
        painter.rect_filled(rect, 0.0, Color32::from_black_alpha(DIMMED));
    }
    let stroke = Stroke::new(RING, theme::spot());
    for place in places {
        let ring = place.expand(5.0);
        painter.rect_stroke(ring, 6.0, stroke, StrokeKind::Outside);
        if let Some(card) = card {
            let to = nearest(ring, card.center());
            let from = nearest(card, to);
            if from.distance(to) > 24.0 {
                arrow(&painter, from, to, stroke);
            }
        }
    }
}

/// A line with a head of its own size, whatever its length.
fn arrow(painter: &Painter, from: Pos2, to: Pos2, stroke: Stroke) {
    let along = (to - from).normalized();
    let (neck, across) = (to - HEAD * along, 0.5 * HEAD * along.rot90());
    painter.line_segment([from, neck], stroke);
    painter.add(Shape::convex_polygon(vec![to, neck + across, neck - across], stroke.color, Stroke::NONE));
}

/// The point of a rectangle that is nearest to another point.
fn nearest(rect: Rect, to: Pos2) -> Pos2 {
    egui::pos2(to.x.clamp(rect.left(), rect.right()), to.y.clamp(rect.top(), rect.bottom()))
}

/// What is left of an area around holes, as rectangles that do not overlap.
fn around(area: Rect, holes: &[Rect]) -> Vec<Rect> {
    let cuts = |edges: fn(&Rect) -> [f32; 2], [low, high]: [f32; 2]| {
        let mut cuts: Vec<f32> = holes.iter().flat_map(edges).map(|x| x.clamp(low, high)).chain([low, high]).collect();
        cuts.sort_by(f32::total_cmp);
        cuts
    };
    let xs = cuts(|r| [r.left(), r.right()], [area.left(), area.right()]);
    let ys = cuts(|r| [r.top(), r.bottom()], [area.top(), area.bottom()]);
    let cells = ys.windows(2).flat_map(|y| xs.windows(2).map(move |x| (x, y)));
    let rects = cells.map(|(x, y)| Rect::from_min_max(egui::pos2(x[0], y[0]), egui::pos2(x[1], y[1])));
    rects.filter(|rect| rect.is_positive() && !holes.iter().any(|hole| hole.contains(rect.center()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dimmed_is_the_area_without_the_holes() {
        let rect = |x: f32, y: f32, w: f32, h: f32| Rect::from_min_size(egui::pos2(x, y), egui::vec2(w, h));
        let area = rect(0.0, 0.0, 100.0, 80.0);
        let holes = [rect(10.0, 10.0, 20.0, 20.0), rect(60.0, 40.0, 60.0, 10.0)];
        let dimmed = around(area, &holes);
        let total: f32 = dimmed.iter().map(Rect::area).sum();
        // 8000 − 400 − the part of the second hole that lies inside, 40 × 10.
        assert!((total - 7200.0).abs() < 1e-3, "{total}");
        assert!(
            dimmed.iter().all(|r| holes.iter().all(|h| !h.shrink(0.1).intersects(*r) || h.intersect(*r).area() < 1e-3))
        );
    }
}
