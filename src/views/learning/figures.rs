//! The curves as numbers to take away.

use super::curves::falls;
use super::{Accuracy, Others, Shown};
use crate::params::Lane;
use crate::session::messages::{LaneCurves, Scores};
use crate::views::figure::{Figure, Shape};
use crate::views::{Seen, runs, theme};

/// Which curves of a lane a figure holds: those of the batches, of the test split, and what was left behind.
type Three = fn(&LaneCurves) -> [&Vec<[f64; 2]>; 3];

impl Accuracy {
    /// What is shown, as numbers.
    pub(super) fn shown_figure(&self, seen: &Seen<'_>) -> Figure {
        if self.what == Shown::Accuracy {
            return accuracy_figure(seen);
        }
        let others = Others::new(self.what, seen.snapshot, seen.text, &theme::paper());
        let mut figure = Figure::new(others.name, seen.text.epochs_axis, others.axis);
        for (name, color, points) in others.curves {
            figure.add(name, theme::rgb(color), Shape::Line(2.0), points.to_vec());
        }
        figure
    }
}

fn accuracy_figure(seen: &Seen<'_>) -> Figure {
    let mut figure = Figure::new(seen.text.learning.title, seen.text.epochs_axis, seen.text.accuracy_axis);
    add_curves(&mut figure, seen, |c| [&c.batch_accuracy, &c.test_accuracy, &c.left_accuracy], |s| 100.0 * s.accuracy);
    runs::add_pinned(&mut figure, seen.runs, seen.selection.curves.pinned, |group| &group.accuracy, seen.text);
    figure
}

/// The loss, as numbers.
pub(super) fn loss_figure(seen: &Seen<'_>) -> Figure {
    let mut figure = Figure::new(seen.text.loss.title, seen.text.epochs_axis, seen.text.loss_axis);
    add_curves(&mut figure, seen, |c| [&c.batch_loss, &c.test_loss, &c.left_loss], |s| s.loss);
    runs::add_pinned(&mut figure, seen.runs, seen.selection.curves.pinned, |group| &group.loss, seen.text);
    figure
}

fn add_curves(figure: &mut Figure, seen: &Seen<'_>, three: Three, height: fn(&Scores) -> f64) {
    let (text, paper) = (seen.text, theme::paper());
    for curves in &seen.snapshot.curves {
        let color = theme::lane_color(curves.lane, &paper);
        let name = text.lane(curves.lane).name;
        let [batches, test, left] = three(curves);
        let thin = theme::rgb(theme::washed(color));
        figure.add(format!("{name}, {}", text.batches), thin, Shape::Line(0.7), batches.clone());
        let shape = if curves.lane == Lane::InTheLoop { Shape::Line(2.0) } else { Shape::Dashed(2.0) };
        figure.add(format!("{name}, {}", text.test), theme::rgb(color), shape, test.clone());
        let fallen: Vec<[f64; 2]> = falls(&seen.snapshot.falls, curves.lane, height).collect();
        if !fallen.is_empty() {
            figure.add(format!("{name}, {}", text.after_changes), theme::rgb(color), Shape::Dots(3.0), fallen);
        }
        if !left.is_empty() {
            figure.add(format!("{name}, {}", text.time_machine.left), thin, Shape::Dashed(1.5), left.clone());
        }
    }
}
