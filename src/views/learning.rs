//! Accuracy and loss of all lanes over the epochs.

mod curves;
mod legend;

use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};
use egui_plot::PlotResponse;

use super::figure::{Figure, Key, Panel, Shape};
use super::selection::{Curves, Selection};
use super::{Seen, View, ViewContext, nothing_ui, options_ui, runs, theme};
use crate::params::{Lane, find};
use crate::session::messages::{Change, LaneCurves, Snapshot, What};
use crate::text::{Text, ViewText};
use curves::{Curve, values_at};

/// Changes that follow one another faster share a line, in epochs; each keeps its foot.
const LINES_APART: f64 = 1.0;

/// What the view of accuracy shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shown {
    #[default]
    Accuracy,
    Gradient,
    Spikes,
    /// What the rule of a chip does that teaches itself.
    Rule,
}

/// Accuracy, spikes and the angle of the gradient.
#[derive(Default)]
pub(super) struct Accuracy {
    what: Shown,
}

impl View for Accuracy {
    fn text(text: &Text) -> ViewText {
        text.learning
    }

    /// Accuracy on the test split, bold, over that of the batches, thin.
    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        if context.snapshot.curves.iter().all(|c| c.batch_accuracy.is_empty() && c.test_accuracy.is_empty()) {
            return nothing_ui(ui, text);
        }
        let figure = self.figure(&context.seen(selection, ui.visuals()));
        let shared = &mut selection.curves;
        ui.horizontal(|ui| {
            let probes = &text.probes;
            let has_rule = context.snapshot.params.learning.lanes.contains(&Lane::OnChip);
            for (what, named) in [
                (Shown::Accuracy, probes.accuracy),
                (Shown::Gradient, probes.gradient),
                (Shown::Spikes, probes.spikes),
                (Shown::Rule, probes.rule),
            ] {
                if what != Shown::Rule || has_rule {
                    ui.selectable_value(&mut self.what, what, named.name).on_hover_text(named.meaning);
                }
            }
            options_ui(ui, text, |ui| shared.options_ui(ui, context, figure.as_ref(), self.what == Shown::Accuracy));
        });
        let id = match self.what {
            Shown::Accuracy => "accuracy",
            Shown::Gradient => "gradient",
            Shown::Spikes => "spikes",
            Shown::Rule => "rule",
        };
        let values = values_at(context, |curves| &curves.test_accuracy, |y| format!("{y:.1} %"));
        shared.plot_ui(ui, context, id, figure, (self.what == Shown::Accuracy).then_some(values));
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, probes) = (seen.text, &seen.text.probes);
        let (title, axis) = match self.what {
            Shown::Accuracy => (text.learning.title, text.accuracy_axis),
            Shown::Gradient => (probes.gradient_alignment.name, probes.cosine_axis),
            Shown::Spikes => (probes.spikes.name, probes.spikes_axis),
            Shown::Rule => (probes.rule.name, probes.rule_axis),
        };
        let mut figure = Figure::new(title, text.epochs_axis, axis);
        let panel = figure.last();
        panel.x.reach = vec![0.0, 1.0];
        let shared = &seen.selection.curves;
        shared.add_changes(panel, seen);
        match self.what {
            Shown::Accuracy => {
                panel.y.reach = vec![0.0, 100.0];
                runs::add_pinned(panel, seen, shared.pinned, |group| &group.accuracy);
                let guessing = curves::add_chance(panel, seen);
                shared.add_legend(panel, seen, guessing.as_slice());
                for curves in shared.shown(seen.snapshot) {
                    let curve = Curve::new(seen, curves.lane, |s| 100.0 * s.accuracy);
                    curve.add_left(panel, &curves.left_accuracy);
                    curve.add_batches(panel, &curves.batch_accuracy);
                    curve.add_test(panel, &curves.test_accuracy);
                    curve.add_moment(panel);
                }
                curves::add_recovery(panel, seen);
            }
            Shown::Gradient => {
                panel.y.reach = vec![0.0, 1.0];
                let colors = [theme::lane_color(Lane::InTheLoop, seen.visuals), theme::shifted(seen.visuals)];
                let named = [text.hidden, text.readout_rows].into_iter().zip(colors);
                for (points, (name, color)) in seen.snapshot.gradient.iter().zip(named) {
                    panel.add(name, color, Shape::Line(2.0), points.clone());
                }
            }
            Shown::Rule => {
                panel.y.reach = vec![0.0, 1.0];
                for curves in seen.snapshot.curves.iter().filter(|c| c.lane == Lane::OnChip) {
                    let color = theme::lane_color(curves.lane, seen.visuals);
                    panel.add(probes.updates, color, Shape::Line(2.0), curves.updates.clone());
                    let color = theme::shifted(seen.visuals);
                    panel.add(probes.feedback, color, Shape::Line(2.0), curves.alignment.clone());
                }
            }
            Shown::Spikes => {
                panel.y.reach = vec![0.0, 1.0];
                panel.legend = shared.lanes(seen);
                for curves in shared.shown(seen.snapshot) {
                    let color = theme::lane_color(curves.lane, seen.visuals);
                    let points = curves.hidden_spikes.clone();
                    panel.add(text.lane(curves.lane).name, color, theme::lane_shape(curves.lane, 2.0), points);
                    Curve::new(seen, curves.lane, |s| s.hidden_spikes).add_moment(panel);
                }
            }
        }
        Some(figure)
    }
}

/// The loss, linear or logarithmic.
pub(super) struct Loss {
    logarithmic: bool,
}

impl Default for Loss {
    fn default() -> Self {
        Self { logarithmic: true }
    }
}

impl View for Loss {
    fn text(text: &Text) -> ViewText {
        text.loss
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let text = context.text;
        if context.snapshot.curves.iter().all(|c| c.batch_loss.is_empty() && c.test_loss.is_empty()) {
            return nothing_ui(ui, text);
        }
        let figure = self.figure(&context.seen(selection, ui.visuals()));
        let shared = &mut selection.curves;
        ui.horizontal(|ui| {
            ui.checkbox(&mut self.logarithmic, text.logarithmic.name).on_hover_text(text.logarithmic.meaning);
            options_ui(ui, text, |ui| shared.options_ui(ui, context, figure.as_ref(), true));
        });
        // What was panned in one scale is nowhere in the other.
        let logarithmic = figure.as_ref().is_some_and(|f| f.panels[0].y.log);
        let values = values_at(context, |curves| &curves.test_loss, |y| format!("{y:.4}"));
        shared.plot_ui(ui, context, if logarithmic { "loss log" } else { "loss" }, figure, Some(values));
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, shared) = (seen.text, &seen.selection.curves);
        let mut figure = Figure::new(text.loss.title, text.epochs_axis, text.loss_axis);
        let panel = figure.last();
        panel.y.log = self.logarithmic;
        panel.x.reach = vec![0.0, 1.0];
        shared.add_changes(panel, seen);
        runs::add_pinned(panel, seen, shared.pinned, |group| &group.loss);
        let smooth = theme::muted(seen.visuals).gamma_multiply(0.75);
        shared.add_legend(panel, seen, &[Key::new(Shape::Line(1.5), text.device.smooth, smooth)]);
        for curves in shared.shown(seen.snapshot) {
            let curve = Curve::new(seen, curves.lane, |s| s.loss);
            curve.add_left(panel, &curves.left_loss);
            curve.add_moment(panel);
            curve.add_batches(panel, &curves.batch_loss);
            curve.add_test(panel, &curves.test_loss);
            curve.add_smooth(panel, &curves.batch_loss);
        }
        Some(figure)
    }
}

impl Curves {
    fn shown<'a>(&self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a LaneCurves> {
        snapshot.curves.iter().filter(|c| !self.hidden.contains(&c.lane))
    }

    /// An entry of the legend for every lane.
    fn lanes(&self, seen: &Seen<'_>) -> Vec<Key> {
        let key = |lane: Lane| {
            let (name, color) = (seen.text.lane(lane).name, theme::lane_color(lane, seen.visuals));
            Key::new(theme::lane_shape(lane, 2.0), name, color).toggled(!self.hidden.contains(&lane))
        };
        seen.snapshot.curves.iter().map(|c| key(c.lane)).collect()
    }

    /// The lanes, how their curves on both splits are drawn, `more` kinds of curves, and the pinned runs.
    fn add_legend(&self, panel: &mut Panel, seen: &Seen<'_>, more: &[Key]) {
        let muted = theme::muted(seen.visuals);
        let kinds = [(2.5, seen.text.test, 1.0), (1.0, seen.text.batches, 0.6)];
        panel.legend = self.lanes(seen);
        panel.legend.extend(kinds.map(|(w, name, part)| Key::new(Shape::Line(w), name, muted.gamma_multiply(part))));
        panel.legend.extend_from_slice(more);
        panel.legend.extend(runs::pinned_keys(seen));
    }

    fn add_changes(&self, panel: &mut Panel, seen: &Seen<'_>) {
        if !self.changes {
            return;
        }
        let color = theme::ghost(seen.visuals).gamma_multiply(0.6);
        let mut last = f64::NEG_INFINITY;
        for change in seen.snapshot.changes.iter().filter(|c| c.epochs.is_finite()) {
            // A stroke over many neurons is many changes; their lines would make a fence before the curves.
            let apart = change.epochs - last >= LINES_APART;
            last = if apart { change.epochs } else { last };
            let shape = Shape::Line(if apart { 1.0 } else { 0.0 });
            let rule = panel.rule(seen.text.device.changes.name, change.epochs, false, color, shape);
            rule.note = what(change, seen.text);
        }
    }
}

/// A foot for every line with a note, with what happened there.
fn feet_ui(ui: &Ui, panel: &Panel, plot: &PlotResponse<()>) {
    let frame = *plot.transform.frame();
    for (k, rule) in panel.rules.iter().enumerate().filter(|(_, rule)| !rule.note.is_empty()) {
        let x = plot.transform.position_from_point_x(rule.at);
        if !frame.x_range().contains(x) {
            continue;
        }
        let foot = Rect::from_center_size(pos2(x, frame.bottom() - 5.0), vec2(9.0, 9.0));
        let tip = [foot.left_bottom(), foot.right_bottom(), foot.center_top()];
        let color = theme::ghost(ui.visuals());
        ui.painter().add(egui::Shape::convex_polygon(tip.to_vec(), color, Stroke::NONE));
        ui.interact(foot, ui.scope_id().with(("foot", k)), Sense::hover()).on_hover_text(&rule.note);
    }
}

/// A change in words.
fn what(change: &Change, text: &Text) -> String {
    match &change.what {
        What::Parameter { key, from, to } => {
            let label = find(key).map_or(*key, |spec| text.param(spec).label);
            format!("{label}{colon}{from} … {to}", colon = text.colon)
        }
        What::PlanDone => text.plan_done.to_owned(),
        What::Calibrated => text.calibrate.name.to_owned(),
        What::Uncalibrated => text.uncalibrate.name.to_owned(),
        What::Killed(neuron) => format!("{} {neuron}", text.device.damage_done),
        What::Healed(neuron) => format!("{} {neuron}", text.device.healed),
        What::Branched(was) => format!("{}{colon}{was}", text.time_machine.branched, colon = text.colon),
    }
}
