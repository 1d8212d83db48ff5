//! The curves of a lane: thin and bold, smoothed, left behind, and the moment on display.

use egui_plot::{Line, Points, VLine};

use crate::params::Lane;
use crate::session::messages::{LaneCurves, Scores};
use crate::views::detail::Detail;
use crate::views::{ViewContext, theme};

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

pub(super) fn draw(
    plot_ui: &mut egui_plot::PlotUi<'_>,
    context: &ViewContext<'_>,
    curves: &LaneCurves,
    batches: &[[f64; 2]],
    test: &[[f64; 2]],
    shown: impl Fn(f64) -> f64,
) {
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
    let solid = theme::lane_style(curves.lane) == egui_plot::LineStyle::Solid;
    let bold = if solid { detail } else { detail.dashed() }.line(test, &shown);
    plot_ui.line(Line::new(name, bold).color(color).width(2.5).style(theme::lane_style(curves.lane)).id(name));
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
}
