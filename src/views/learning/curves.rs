//! The curves of a lane: thin and bold, smoothed, left behind, and the moment on display.

use std::sync::Arc;

use crate::params::Lane;
use crate::session::messages::{Fall, LaneCurves, Scores};
use crate::views::figure::{Key, Panel, Shape};
use crate::views::{Seen, ViewContext, theme};

/// Points of a curve.
type Points = Vec<[f64; 2]>;

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

/// The points of a curve on the test split in the parts between falls, and the ways into and out of each fall: level to
/// the moment of the change, then straight down. They are lines of their own, because a line with a vertical piece
/// between two others is drawn as a wedge.
fn in_parts(test: &[[f64; 2]], falls: &[[f64; 2]]) -> (Vec<Points>, Vec<Points>) {
    let (mut parts, mut ways, mut rest) = (Vec::new(), Vec::new(), test);
    let mut last: Option<[f64; 2]> = None;
    for &fall in falls {
        // After the epoch that ended at this moment.
        let (before, after) = rest.split_at(rest.partition_point(|p| p[0] <= fall[0]));
        if let (Some(from), Some(first)) = (last, before.first()) {
            ways.push(vec![from, *first]);
        }
        if let Some(&end) = before.last().or(last.as_ref()) {
            let edge = [fall[0], end[1]];
            ways.extend((end[0] < fall[0]).then(|| vec![end, edge]));
            ways.push(vec![edge, fall]);
        }
        parts.push(before.to_vec());
        (rest, last) = (after, Some(fall));
    }
    if let (Some(from), Some(first)) = (last, rest.first()) {
        ways.push(vec![from, *first]);
    }
    parts.push(rest.to_vec());
    parts.retain(|part| !part.is_empty());
    (parts, ways)
}

/// What a lane reached right after changes of the chip, as points of a curve.
fn falls(falls: &[Fall], lane: Lane, height: fn(&Scores) -> f64) -> Points {
    let of_lane = |fall: &Fall| fall.scores.iter().find(|(l, _)| *l == lane).map(|(_, s)| [fall.epochs, height(s)]);
    falls.iter().filter_map(of_lane).collect()
}

/// The way back from the last fall in words, at the place where it begins.
pub(super) fn add_recovery(panel: &mut Panel, seen: &Seen<'_>) {
    let (snapshot, text) = (seen.snapshot, seen.text);
    let (Some(lane), Some(recovery)) = (snapshot.params.learning.learner(), snapshot.recovery) else { return };
    let Some(&at) = falls(&snapshot.falls, lane, |s| 100.0 * s.accuracy).last() else { return };
    let lost = 100.0 * (recovery.worst - recovery.before);
    if at[0] <= 0.0 || lost > -1.0 {
        return;
    }
    let way = recovery
        .epochs
        .map(|n| format!("{comma}{} {}", text.recovered.name, text.plurals.epochs.of(n), comma = text.comma));
    let words = format!("−{:.0} {}{}", -lost, text.points, way.unwrap_or_default());
    panel.label(words, at, egui::Align2::LEFT_TOP, theme::lane_color(lane, seen.visuals));
}

/// What guessing reaches, where there are classes; returns its entry of the legend.
pub(super) fn add_chance(panel: &mut Panel, seen: &Seen<'_>) -> Option<Key> {
    let classes = seen.snapshot.sample.as_ref().map_or(0, |sample| sample.class_names.len());
    if classes < 2 {
        return None;
    }
    let (chance, shape, color) = (100.0 / classes as f64, Shape::Dotted(1.0), theme::ghost(seen.visuals));
    let name = format!("{} {chance:.0} %", seen.text.chance);
    panel.rule(&name, chance, true, color, shape);
    Some(Key::new(shape, name, color))
}

/// The values of all lanes at the epoch that the pointer is at, one a line.
pub(super) fn values_at(
    context: &ViewContext<'_>,
    points: fn(&LaneCurves) -> &Arc<Points>,
    shown: fn(f64) -> String,
) -> impl Fn(f64, f64) -> Option<String> + use<> {
    let (text, axis) = (context.text, context.text.epochs_axis);
    let lanes: Vec<_> = context.snapshot.curves.iter().map(|c| (text.lane(c.lane).name, points(c).clone())).collect();
    move |x, _| {
        let mut lines = vec![format!("{axis} {x:.1}")];
        for (name, points) in &lanes {
            lines.extend(nearest(points, x).map(|y| format!("{name} {}", shown(y))));
        }
        (lines.len() > 1).then(|| lines.join("\n"))
    }
}

/// The value of the point of a curve that is next to `x`; before and after the curve there is none.
fn nearest(points: &[[f64; 2]], x: f64) -> Option<f64> {
    /// Half an epoch.
    const BEYOND: f64 = 0.5;
    let ends = points.first()?[0] - BEYOND..=points.last()?[0] + BEYOND;
    let after = points.partition_point(|p| p[0] < x);
    let near = &points[after.saturating_sub(1)..(after + 1).min(points.len())];
    let near = if ends.contains(&x) { near } else { &[] };
    near.iter().min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs())).map(|p| p[1])
}

/// The curves of one lane.
pub(super) struct Curve<'a> {
    seen: &'a Seen<'a>,
    lane: Lane,
    name: &'static str,
    color: egui::Color32,
    height: fn(&Scores) -> f64,
}

impl<'a> Curve<'a> {
    /// Curves of what `height` is of all scores.
    pub(super) fn new(seen: &'a Seen<'a>, lane: Lane, height: fn(&Scores) -> f64) -> Self {
        Self { seen, lane, name: seen.text.lane(lane).name, color: theme::lane_color(lane, seen.visuals), height }
    }

    /// The batches, thin.
    pub(super) fn add_batches(&self, panel: &mut Panel, points: &Arc<Points>) {
        let name = format!("{}{comma}{}", self.name, self.seen.text.batches, comma = self.seen.text.comma);
        panel.add(name, self.color.gamma_multiply(0.35), Shape::Line(1.0), Arc::clone(points)).quiet();
    }

    /// The batches, smoothed.
    pub(super) fn add_smooth(&self, panel: &mut Panel, points: &[[f64; 2]]) {
        let name = format!("{}{comma}{}", self.name, self.seen.text.device.smooth, comma = self.seen.text.comma);
        panel.add(name, self.color.gamma_multiply(0.75), Shape::Line(1.5), smoothed(points)).quiet();
    }

    /// The test split, with a hollow mark for what is no end of an epoch.
    pub(super) fn add_test(&self, panel: &mut Panel, points: &Arc<Points>) {
        let name = format!("{}{comma}{}", self.name, self.seen.text.test, comma = self.seen.text.comma);
        let shape = theme::lane_shape(self.lane, 2.5);
        // Dots stand where it was measured, as long as they can be told apart. They repeat the points of the curve.
        if points.len() <= FEW {
            panel.add("", self.color, Shape::Dots(2.5), Arc::clone(points)).quiet();
        }
        let falls = falls(&self.seen.snapshot.falls, self.lane, self.height);
        if falls.is_empty() {
            panel.add(name, self.color, shape, Arc::clone(points));
            return;
        }
        let (parts, ways) = in_parts(points, &falls);
        for part in parts {
            panel.add(&name, self.color, shape, part);
        }
        for way in ways {
            // Without a name it is no measurement.
            panel.add("", self.color, shape, way).quiet();
        }
        let fallen: Points = falls.into_iter().filter(|p| p[0] > 0.0).collect();
        panel.add(
            format!("{}{comma}{}", self.name, self.seen.text.after_changes, comma = self.seen.text.comma),
            self.color,
            Shape::Rings(4.0),
            fallen,
        );
    }

    /// What was left behind when the run went on from a moment before.
    pub(super) fn add_left(&self, panel: &mut Panel, points: &Arc<Points>) {
        let name = format!("{}{comma}{}", self.name, self.seen.text.time_machine.left, comma = self.seen.text.comma);
        panel.add(name, self.color.gamma_multiply(0.35), Shape::Line(2.0), Arc::clone(points));
    }

    /// Where the moment on display lies on the curve.
    pub(super) fn add_moment(&self, panel: &mut Panel) {
        let (snapshot, name) = (self.seen.snapshot, self.seen.text.time_machine.looking_at);
        let Some(epoch) = snapshot.looking_at else { return };
        if panel.rules.iter().all(|rule| rule.name != name) {
            let color = theme::selected(self.seen.visuals);
            panel.rule(name, epoch as f64, false, color, Shape::Line(1.5));
        }
        let place = snapshot.timeline.epochs.binary_search(&epoch).ok().and_then(|k| snapshot.timeline.scores.get(k));
        let reached = place.and_then(|scores| scores.iter().find(|(l, _)| *l == self.lane));
        if let Some(y) = reached.map(|(_, scores)| (self.height)(scores)).filter(|y| y.is_finite()) {
            panel.add("", self.color, Shape::Dots(5.0), vec![[epoch as f64, y]]).quiet();
        }
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
        let at = [0.5, 1.4, 1.6, 2.9, 3.1, 4.5].map(|x| nearest(&points, x));
        assert_eq!(at, [50.0, 50.0, 90.0, 90.0, 80.0, 80.0].map(Some));
        assert_eq!([0.4, 4.6, 9.0, f64::NAN].map(|x| nearest(&points, x)), [None; 4], "there is no such epoch yet");
        assert_eq!(nearest(&[], 1.0), None);
    }

    #[test]
    fn a_curve_falls_where_the_chip_was_changed_and_goes_on_from_there() {
        let test = [[1.0, 50.0], [2.0, 90.0], [3.0, 80.0]];
        let falls = [[0.0, 10.0], [2.0, 40.0], [2.5, 30.0]];
        let (parts, ways) = in_parts(&test, &falls);
        assert_eq!(parts, [vec![[1.0, 50.0], [2.0, 90.0]], vec![[3.0, 80.0]]]);
        let expected = [
            [[0.0, 10.0], [1.0, 50.0]],
            [[2.0, 90.0], [2.0, 40.0]],
            [[2.0, 40.0], [2.5, 40.0]],
            [[2.5, 40.0], [2.5, 30.0]],
            [[2.5, 30.0], [3.0, 80.0]],
        ];
        assert_eq!(ways, expected);
        let within = in_parts(&[[3.0, 93.0]], &[[3.48, 31.6]]).1;
        assert_eq!(within, [[[3.0, 93.0], [3.48, 93.0]], [[3.48, 93.0], [3.48, 31.6]]], "a step, and no slope");
        assert_eq!(in_parts(&test, &[]), (vec![test.to_vec()], Vec::new()));
    }
}
