//! The curves as numbers to take away.

use super::{Curves, Shown, gradient_colors, gradient_names};
use crate::params::Lane;
use crate::text::Text;
use crate::views::figure::{Figure, Shape};
use crate::views::{runs, theme};
use crate::worker::messages::{LaneCurves, RunsView, Snapshot};

/// Which curves of a lane a figure holds: those of the batches, of the test split, and what was left behind.
type Three = fn(&LaneCurves) -> [&Vec<[f64; 2]>; 3];

impl Curves {
    /// What is shown, as numbers.
    pub(in crate::views) fn figure(&self, snapshot: &Snapshot, runs: &RunsView, text: &Text) -> Figure {
        let (probes, paper) = (&text.probes, theme::paper());
        match self.what {
            Shown::Accuracy => self.accuracy_figure(snapshot, runs, text),
            Shown::Gradient => {
                let mut figure = Figure::new(probes.gradient_alignment.name, text.epochs_axis, probes.cosine_axis);
                let named = gradient_names(text).into_iter().zip(gradient_colors(&paper));
                for (points, (name, color)) in snapshot.gradient.iter().zip(named) {
                    figure.add(name, theme::rgb(color), Shape::Line(2.0), points.to_vec());
                }
                figure
            }
            Shown::Spikes => {
                let mut figure = Figure::new(probes.spikes.name, text.epochs_axis, probes.spikes_axis);
                for curves in &snapshot.curves {
                    let color = theme::rgb(theme::lane_color(curves.lane, &paper));
                    let points = curves.hidden_spikes.to_vec();
                    figure.add(text.lane(curves.lane).name, color, Shape::Line(2.0), points);
                }
                figure
            }
        }
    }

    fn accuracy_figure(&self, snapshot: &Snapshot, runs: &RunsView, text: &Text) -> Figure {
        let figure = Figure::new(text.learning.title, text.epochs_axis, text.accuracy_axis);
        let three: Three = |c| [&c.batch_accuracy, &c.test_accuracy, &c.left_accuracy];
        let mut figure = curves_figure(figure, snapshot, text, three);
        runs::add_pinned(&mut figure, runs, self.pinned, |group| &group.accuracy, text);
        figure
    }

    /// The loss, as numbers.
    pub(in crate::views) fn loss_figure(&self, snapshot: &Snapshot, runs: &RunsView, text: &Text) -> Figure {
        let figure = Figure::new(text.loss.title, text.epochs_axis, text.loss_axis);
        let three: Three = |c| [&c.batch_loss, &c.test_loss, &c.left_loss];
        let mut figure = curves_figure(figure, snapshot, text, three);
        runs::add_pinned(&mut figure, runs, self.pinned, |group| &group.loss, text);
        figure
    }
}

fn curves_figure(mut figure: Figure, snapshot: &Snapshot, text: &Text, three: Three) -> Figure {
    let paper = theme::paper();
    for curves in &snapshot.curves {
        let color = theme::lane_color(curves.lane, &paper);
        let name = text.lane(curves.lane).name;
        let [batches, test, left] = three(curves);
        let thin = theme::rgb(theme::washed(color));
        figure.add(format!("{name}, {}", text.batches), thin, Shape::Line(0.7), batches.clone());
        let shape = if curves.lane == Lane::InTheLoop { Shape::Line(2.0) } else { Shape::Dashed(2.0) };
        figure.add(format!("{name}, {}", text.test), theme::rgb(color), shape, test.clone());
        if !left.is_empty() {
            figure.add(format!("{name}, {}", text.time_machine.left), thin, Shape::Dashed(1.5), left.clone());
        }
    }
    figure
}
