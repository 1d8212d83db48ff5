//! The curves of a lane: thin and bold, smoothed, left behind, and the moment on display.

use std::sync::Arc;

use egui_plot::{Line, Points, VLine};

use crate::params::Lane;
use crate::session::messages::{Fall, LaneCurves, Scores, Snapshot};
use crate::views::detail::Detail;
use crate::views::{ViewContext, pointed, theme};

/// Points of a curve that each have a dot.
const FEW: usize = 60;
/// Time constant of the smoothed curve, in epochs.
const SMOOTH: f64 = 0.3;

/// An exponential average over epochs, whatever the distance of the points.
pub(super) fn smoothed(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut last: Option<[f64; 2]> = None;
    points
        .iter()
        .filter(|p| p[0].is_finite() && p[1].is_finite())
        .map(|&[x, y]| {
            let next = last.map_or([x, y], |[x0, y0]| {
                let keep = (-(x - x0).max(0.0) / SMOOTH).exp();
                [x, keep * y0 + (1.0 - keep) * y]
            });
            last = Some(next);
            next
        })
        .collect()
}

/// The points of a curve on the test split in parts: up to a fall, the fall itself, and what follows. Each is a line of
/// its own, because a line with a vertical piece between two others is drawn as a wedge.
fn in_parts(test: &[[f64; 2]], falls: impl Iterator<Item = [f64; 2]>) -> Vec<Vec<[f64; 2]>> {
    let (mut parts, mut rest, mut from) = (Vec::new(), test, None);
    for fall in falls {
        // After the epoch that ended at this moment.
        let (before, after) = rest.split_at(rest.partition_point(|p| p[0] <= fall[0]));
        let part: Vec<[f64; 2]> = from.into_iter().chain(before.iter().copied()).collect();
        parts.extend(part.last().map(|&end| vec![end, fall]));
        parts.push(part);
        (rest, from) = (after, Some(fall));
    }
    parts.push(from.into_iter().chain(rest.iter().copied()).collect());
    parts
}

/// What a lane reached right after changes of the chip, as points of a curve.
pub(super) fn falls(falls: &[Fall], lane: Lane, height: fn(&Scores) -> f64) -> impl Iterator<Item = [f64; 2]> + '_ {
    let of_lane =
        move |fall: &Fall| fall.scores.iter().find(|(l, _)| *l == lane).map(|(_, s)| [fall.epochs, height(s)]);
    falls.iter().filter_map(of_lane)
}

/// The way back from the last fall in words, at the place where it begins.
pub(super) fn draw_recovery(plot_ui: &mut egui_plot::PlotUi<'_>, context: &ViewContext<'_>) {
    let (snapshot, text) = (context.snapshot, context.text);
    let (Some(lane), Some(recovery)) = (snapshot.params.learning.learner(), snapshot.recovery) else { return };
    let Some(fall) = falls(&snapshot.falls, lane, |s| 100.0 * s.accuracy).last() else { return };
    let lost = 100.0 * (recovery.worst - recovery.before);
    if fall[0] <= 0.0 || lost > -1.0 {
        return;
    }
    let color = theme::lane_color(lane, &plot_ui.ctx().global_style().visuals);
    let way = recovery.epochs.map(|n| format!(", {} {}", text.recovered.name, text.plurals.epochs.of(n)));
    let words = format!(" −{:.0} {}{}", -lost, text.points, way.unwrap_or_default());
    // To the right of the fall, or as far to the left as the words need.
    let font = egui::FontId::proportional(theme::SMALL);
    let width = plot_ui.ctx().fonts_mut(|fonts| fonts.layout_no_wrap(words.clone(), font, color).size().x);
    let frame = *plot_ui.transform().frame();
    let at = plot_ui.screen_from_plot(egui_plot::PlotPoint::new(fall[0], fall[1]));
    let left = at.x.min(frame.right() - width - 2.0).max(frame.left());
    let place = plot_ui.plot_from_screen(egui::pos2(left, at.y));
    let words = egui::RichText::new(words).size(theme::SMALL);
    plot_ui.text(egui_plot::Text::new("", place, words).anchor(egui::Align2::LEFT_TOP).color(color).id("recovery"));
}

pub(super) fn draw(
    plot_ui: &mut egui_plot::PlotUi<'_>,
    context: &ViewContext<'_>,
    curves: &LaneCurves,
    batches: &[[f64; 2]],
    test: &[[f64; 2]],
    height: fn(&Scores) -> f64,
    shown: impl Fn(f64) -> f64,
) {
    let reached: Vec<[f64; 2]> = falls(&context.snapshot.falls, curves.lane, height).collect();
    let visuals = &plot_ui.ctx().global_style().visuals;
    let color = theme::lane_color(curves.lane, visuals);
    let name = context.text.lane(curves.lane).name;
    let detail = Detail::of(plot_ui);
    // Without a name it stays out of the legend.
    let thin = Line::new("", detail.line(batches, &shown))
        .color(color.gamma_multiply(0.35))
        .width(1.0)
        .id(format!("{name} batches"))
        .allow_hover(false);
    plot_ui.line(thin);
    let style = theme::lane_style(curves.lane);
    let detail = if style == egui_plot::LineStyle::Solid { detail } else { detail.dashed() };
    for (k, part) in in_parts(test, reached.iter().copied()).iter().enumerate() {
        let line = Line::new(name, detail.line(part, &shown)).color(color).width(2.5).style(style);
        plot_ui.line(line.id((name, k)));
    }
    // Dots stand where it was measured, as long as they can be told apart.
    if test.len() <= FEW {
        let measured: Vec<[f64; 2]> = test.iter().map(|p| [p[0], shown(p[1])]).collect();
        plot_ui.points(Points::new(name, measured).color(color).radius(2.5).id((name, "measured")).allow_hover(false));
    }
    // What is no end of an epoch has a hollow mark.
    let marks: Vec<[f64; 2]> = reached.iter().filter(|p| p[0] > 0.0).map(|p| [p[0], shown(p[1])]).collect();
    if !marks.is_empty() {
        let marks = Points::new(name, marks).color(color).radius(4.0).filled(false);
        plot_ui.points(marks.id(format!("{name} falls")));
    }
}

/// What guessing reaches, in %; `None` where there are no classes.
pub(super) fn chance(snapshot: &Snapshot) -> Option<f64> {
    let classes = snapshot.sample.as_ref().map_or(0, |sample| sample.class_names.len());
    (classes > 1).then(|| 100.0 / classes as f64)
}

pub(super) fn draw_chance(plot_ui: &mut egui_plot::PlotUi<'_>, context: &ViewContext<'_>) {
    let Some(chance) = chance(context.snapshot) else { return };
    let color = theme::ghost(&plot_ui.ctx().global_style().visuals);
    let line = egui_plot::HLine::new("", chance).color(color).width(1.0).style(egui_plot::LineStyle::dotted_dense());
    plot_ui.hline(line.id("chance").allow_hover(false));
}

/// The values of all lanes at the epoch that the pointer is at, one a line.
pub(super) fn values_at(
    context: &ViewContext<'_>,
    points: fn(&LaneCurves) -> &Arc<Vec<[f64; 2]>>,
    shown: fn(f64) -> String,
) -> impl Fn(&egui_plot::HoverPosition<'_>) -> Option<String> + use<> {
    let (text, axis) = (context.text, context.text.epochs_axis);
    let lanes: Vec<_> = context.snapshot.curves.iter().map(|c| (text.lane(c.lane).name, points(c).clone())).collect();
    move |at| {
        let x = pointed(at).x;
        let mut lines = vec![format!("{axis} {x:.1}")];
        for (name, points) in &lanes {
            lines.extend(nearest(points, x).map(|y| format!("{name} {}", shown(y))));
        }
        Some(lines.join("\n"))
    }
}

/// The value of the point of a curve that is next to `x`.
fn nearest(points: &[[f64; 2]], x: f64) -> Option<f64> {
    let after = points.partition_point(|p| p[0] < x);
    let near = &points[after.saturating_sub(1)..(after + 1).min(points.len())];
    near.iter().min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs())).map(|p| p[1])
}

/// What was left behind when the run went on from a moment before.
pub(super) fn draw_left(
    plot_ui: &mut egui_plot::PlotUi<'_>,
    context: &ViewContext<'_>,
    lane: Lane,
    left: &[[f64; 2]],
    shown: impl Fn(f64) -> f64,
) {
    let color = theme::lane_color(lane, &plot_ui.ctx().global_style().visuals).gamma_multiply(0.35);
    let line = Line::new(context.text.time_machine.left, Detail::of(plot_ui).line(left, shown)).color(color).width(2.0);
    plot_ui.line(line.id(("left", lane)));
}

/// Where the moment on display lies on a curve.
pub(super) fn draw_moment(
    plot_ui: &mut egui_plot::PlotUi<'_>,
    context: &ViewContext<'_>,
    lane: Lane,
    height: impl Fn(&Scores) -> f64,
) {
    let (snapshot, visuals) = (context.snapshot, &plot_ui.ctx().global_style().visuals);
    let Some(epoch) = snapshot.looking_at else { return };
    let (now, color) = (theme::selected(visuals), theme::lane_color(lane, visuals));
    plot_ui.vline(VLine::new("", epoch as f64).color(now).width(1.5).id("moment").allow_hover(false));
    let place = snapshot.timeline.epochs.binary_search(&epoch).ok().and_then(|k| snapshot.timeline.scores.get(k));
    let reached = place.and_then(|scores| scores.iter().find(|(l, _)| *l == lane)).map(|(_, scores)| height(scores));
    if let Some(y) = reached.filter(|y| y.is_finite()) {
        let mark = Points::new("", vec![[epoch as f64, y]]).color(color).radius(5.0).id(("moment", lane));
        plot_ui.points(mark.allow_hover(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of a first-order low pass to a step is 1 − exp(−x/τ), at whatever points it is looked at.
    #[test]
    fn smoothing_is_a_low_pass_in_epochs_whatever_the_distance_of_the_points() {
        for step in [0.01, 0.05, 0.2] {
            let n = (1.2 / step) as usize;
            let points: Vec<[f64; 2]> = (0..=n).map(|k| [k as f64 * step, if k == 0 { 0.0 } else { 1.0 }]).collect();
            for [x, y] in smoothed(&points) {
                assert!((y - (1.0 - (-x / SMOOTH).exp())).abs() < 1e-12, "step {step}: {y} at {x}");
            }
        }
        assert_eq!(smoothed(&[[0.0, f64::NAN], [1.0, 2.0]]), [[1.0, 2.0]]);
    }

    #[test]
    fn the_value_at_a_place_is_that_of_the_nearest_point() {
        let points = [[1.0, 50.0], [2.0, 90.0], [4.0, 80.0]];
        let at = [0.0, 1.4, 1.6, 2.9, 3.1, 9.0].map(|x| nearest(&points, x));
        assert_eq!(at, [50.0, 50.0, 90.0, 90.0, 80.0, 80.0].map(Some));
        assert_eq!(nearest(&[], 1.0), None);
    }

    #[test]
    fn a_curve_falls_where_the_chip_was_changed_and_goes_on_from_there() {
        let test = [[1.0, 50.0], [2.0, 90.0], [3.0, 80.0]];
        let falls = [[0.0, 10.0], [2.0, 40.0], [2.5, 30.0]];
        let parts = in_parts(&test, falls.into_iter());
        let expected: [&[[f64; 2]]; 6] = [
            &[],
            &[[2.0, 90.0], [2.0, 40.0]],
            &[[0.0, 10.0], [1.0, 50.0], [2.0, 90.0]],
            &[[2.0, 40.0], [2.5, 30.0]],
            &[[2.0, 40.0]],
            &[[2.5, 30.0], [3.0, 80.0]],
        ];
        assert_eq!(parts, expected);
        assert_eq!(in_parts(&test, std::iter::empty()), [test.to_vec()]);
    }
}
