//! Accuracy and loss of all lanes over the epochs.

mod curves;
mod figures;
mod legend;

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};
use egui_plot::{Line, PlotResponse, VLine};

use super::axes::{LOG_APART, decades, from_log, x_axis, y_axis};
use super::detail::Detail;
use super::figure::Figure;
use super::legend::{Item, Mark};
use super::selection::Selection;
use super::{
    Seen, View, ViewContext, live_ui, nothing_ui, options_ui, plot, plot_id, pointed, pointed_name, runs, theme,
};
use crate::params::{Lane, find};
use crate::session::messages::{Change, LaneCurves, Scores, Snapshot, What};
use crate::text::{Text, ViewText};
use curves::{chance, draw, draw_chance, draw_left, draw_moment, draw_recovery, smoothed, values_at};
use figures::loss_figure;

/// Changes that follow one another faster share a line, in epochs; each keeps its foot.
const LINES_APART: f64 = 1.0;

/// Smallest loss on the logarithmic axis; zero has no logarithm.
const FLOOR: f64 = 1e-6;

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

/// A curve with its name and its colour.
type Named = (&'static str, egui::Color32, Arc<Vec<[f64; 2]>>);

/// Curves over the epochs that need no legend of kinds.
struct Others {
    name: &'static str,
    axis: &'static str,
    curves: Vec<Named>,
}

impl Others {
    fn new(what: Shown, snapshot: &Snapshot, text: &Text, visuals: &egui::Visuals) -> Self {
        let probes = &text.probes;
        match what {
            Shown::Accuracy | Shown::Spikes => {
                let curve = |c: &LaneCurves| {
                    (text.lane(c.lane).name, theme::lane_color(c.lane, visuals), Arc::clone(&c.hidden_spikes))
                };
                let curves = snapshot.curves.iter().map(curve).collect();
                Self { name: probes.spikes.name, axis: probes.spikes_axis, curves }
            }
            Shown::Gradient => {
                let colors = [theme::lane_color(Lane::InTheLoop, visuals), theme::shifted(visuals)];
                // Weights into hidden and into readout neurons.
                let names = [text.hidden, text.readout_rows];
                let both = names.into_iter().zip(colors).zip(&snapshot.gradient);
                let curves = both.map(|((name, color), points)| (name, color, Arc::clone(points))).collect();
                Self { name: probes.gradient_alignment.name, axis: probes.cosine_axis, curves }
            }
            Shown::Rule => {
                let own = snapshot.curves.iter().filter(|c| c.lane == Lane::OnChip);
                let curve = |c: &LaneCurves| {
                    let color = theme::lane_color(c.lane, visuals);
                    [
                        (probes.updates, color, Arc::clone(&c.updates)),
                        (probes.feedback, theme::shifted(visuals), Arc::clone(&c.alignment)),
                    ]
                };
                Self { name: probes.rule.name, axis: probes.rule_axis, curves: own.flat_map(curve).collect() }
            }
        }
    }
}

/// How curves over epochs are shown, in both views.
pub(super) struct Curves {
    /// Whether changes are marked.
    changes: bool,
    hidden: BTreeSet<Lane>,
    /// The lane of the pinned runs that is shown.
    pinned: Lane,
}

impl Default for Curves {
    fn default() -> Self {
        Self { changes: true, hidden: BTreeSet::new(), pinned: Lane::InTheLoop }
    }
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
        let shared = &mut selection.curves;
        let text = context.text;
        if context.snapshot.curves.iter().all(|c| c.batch_accuracy.is_empty() && c.test_accuracy.is_empty()) {
            return nothing_ui(ui, text);
        }
        let muted = theme::muted(ui.visuals());
        let accuracy = self.what == Shown::Accuracy;
        let items = if matches!(self.what, Shown::Gradient | Shown::Rule) {
            let others = Others::new(self.what, context.snapshot, text, ui.visuals());
            others.curves.iter().map(|(name, color, _)| Item::new(Mark::Line, *name, *color)).collect()
        } else {
            let mut kinds = vec![Item::new(Mark::Line, text.test, muted), Item::new(Mark::Thin, text.batches, muted)];
            let chance = chance(context.snapshot).map(|chance| format!("{} {chance:.0} %", text.chance));
            kinds.extend(chance.map(|chance| Item::new(Mark::Dotted, chance, theme::ghost(ui.visuals()))));
            shared.items(ui, context, if accuracy { &kinds } else { &[] }, accuracy)
        };
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
            options_ui(ui, text, |ui| shared.options_ui(ui, context, &items, accuracy));
        });
        if self.what != Shown::Accuracy {
            return self.other_ui(ui, context, shared, &items);
        }
        let (id, generation) = ("accuracy", context.snapshot.generation);
        let shown = plot(ui, id, generation)
            .custom_x_axes(vec![x_axis(ui, text.epochs_axis)])
            .custom_y_axes(vec![y_axis(ui, text.accuracy_axis)])
            .include_y(0.0)
            .include_y(100.0)
            .include_x(0.0)
            .include_x(1.0)
            .label_formatter(values_at(context, |curves| &curves.test_accuracy, |y| format!("{y:.1} %")))
            .show(ui, |plot_ui| {
                draw_chance(plot_ui, context);
                shared.draw_changes(plot_ui, context);
                runs::draw_pinned(plot_ui, context, shared.pinned, |group| &group.accuracy, |y| y);
                for curves in shared.shown(context.snapshot) {
                    draw_left(plot_ui, context, curves.lane, &curves.left_accuracy, |y| y);
                    let height = |scores: &Scores| 100.0 * scores.accuracy;
                    draw(plot_ui, context, curves, &curves.batch_accuracy, &curves.test_accuracy, height, |y| y);
                    draw_moment(plot_ui, context, curves.lane, height);
                }
                draw_recovery(plot_ui, context);
            });
        shared.changes_ui(ui, context, &shown);
        let curves = |c: &LaneCurves| [c.test_accuracy.clone(), c.batch_accuracy.clone()];
        shared.inside_ui(ui, context, &shown, &items, curves, |y| y);
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        Some(self.shown_figure(seen))
    }
}

impl Accuracy {
    /// Angle of the gradient, spikes, or what the rule of the chip does.
    fn other_ui(&self, ui: &mut Ui, context: &ViewContext<'_>, shared: &mut Curves, items: &[Item]) {
        let (text, snapshot) = (context.text, context.snapshot);
        let others = Others::new(self.what, snapshot, text, ui.visuals());
        if others.curves.iter().all(|(_, _, points)| points.is_empty()) {
            return nothing_ui(ui, text);
        }
        let by_lane = self.what == Shown::Spikes;
        let id = match self.what {
            Shown::Accuracy | Shown::Spikes => "spikes",
            Shown::Gradient => "gradient",
            Shown::Rule => "rule",
        };
        let hover = format!("{} ", text.epochs_axis);
        let shown = plot(ui, id, snapshot.generation)
            .custom_x_axes(vec![x_axis(ui, text.epochs_axis)])
            .custom_y_axes(vec![y_axis(ui, others.axis)])
            .include_x(0.0)
            .include_x(1.0)
            .include_y(0.0)
            .include_y(1.0)
            .label_formatter(move |at| {
                let p = pointed(at);
                Some(format!("{}{hover}{:.2}\n{:.3}", pointed_name(at), p.x, p.y))
            })
            .show(ui, |plot_ui| {
                shared.draw_changes(plot_ui, context);
                let detail = Detail::of(plot_ui);
                let hidden = |name: &str| by_lane && shared.hidden.iter().any(|lane| text.lane(*lane).name == name);
                for (name, color, points) in others.curves.iter().filter(|(name, ..)| !hidden(name)) {
                    plot_ui.line(Line::new(*name, detail.line(points, |y| y)).color(*color).width(2.0).id(*name));
                }
                if by_lane {
                    for curves in shared.shown(snapshot) {
                        draw_moment(plot_ui, context, curves.lane, |scores| scores.hidden_spikes);
                    }
                }
            });
        shared.changes_ui(ui, context, &shown);
        shared.inside_ui(ui, context, &shown, items, |c| [c.hidden_spikes.clone(), Arc::default()], |y| y);
        live_ui(ui, text, plot_id(id, snapshot.generation), *shown.transform.frame());
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
        let shared = &mut selection.curves;
        let text = context.text;
        if context.snapshot.curves.iter().all(|c| c.batch_loss.is_empty() && c.test_loss.is_empty()) {
            return nothing_ui(ui, text);
        }
        let muted = theme::muted(ui.visuals());
        let kinds = [
            Item::new(Mark::Line, text.test, muted),
            Item::new(Mark::Thin, text.batches, muted),
            Item::new(Mark::Line, text.device.smooth, muted.gamma_multiply(0.75)),
        ];
        let items = shared.items(ui, context, &kinds, true);
        ui.horizontal(|ui| {
            ui.checkbox(&mut self.logarithmic, text.logarithmic.name).on_hover_text(text.logarithmic.meaning);
            options_ui(ui, text, |ui| shared.options_ui(ui, context, &items, true));
        });
        let log = self.logarithmic;
        let shown = move |y: f64| if log { y.max(FLOOR).log10() } else { y };
        let axis = y_axis(ui, text.loss_axis);
        let axis = if log { axis.label_spacing(LOG_APART).formatter(|mark, _| from_log(mark.value)) } else { axis };
        let (id, generation) = (if log { "loss log" } else { "loss" }, context.snapshot.generation);
        let mut plot = plot(ui, id, generation);
        if log {
            plot = plot.y_grid_spacer(|input| decades(&input));
        }
        let response = plot
            .custom_y_axes(vec![axis])
            .custom_x_axes(vec![x_axis(ui, text.epochs_axis)])
            .include_x(0.0)
            .include_x(1.0)
            .label_formatter(values_at(context, |curves| &curves.test_loss, |y| format!("{y:.4}")))
            .show(ui, |plot_ui| {
                shared.draw_changes(plot_ui, context);
                runs::draw_pinned(plot_ui, context, shared.pinned, |group| &group.loss, shown);
                for curves in shared.shown(context.snapshot) {
                    draw_left(plot_ui, context, curves.lane, &curves.left_loss, shown);
                    draw_moment(plot_ui, context, curves.lane, |scores| shown(scores.loss));
                    draw(plot_ui, context, curves, &curves.batch_loss, &curves.test_loss, |s| s.loss, shown);
                    let color = theme::lane_color(curves.lane, &plot_ui.ctx().global_style().visuals);
                    let smooth = smoothed(&curves.batch_loss);
                    let points = Detail::of(plot_ui).line(&smooth, shown);
                    let line = Line::new("", points).color(color.gamma_multiply(0.75)).width(1.5);
                    plot_ui.line(line.id(("smooth", curves.lane)).allow_hover(false));
                }
            });
        shared.changes_ui(ui, context, &response);
        let curves = |c: &LaneCurves| [c.test_loss.clone(), c.batch_loss.clone()];
        shared.inside_ui(ui, context, &response, &items, curves, shown);
        live_ui(ui, text, plot_id(id, generation), *response.transform.frame());
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        Some(loss_figure(seen))
    }
}

impl Curves {
    fn shown<'a>(&self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a LaneCurves> {
        snapshot.curves.iter().filter(|c| !self.hidden.contains(&c.lane))
    }

    fn changes_box_ui(&mut self, ui: &mut Ui, context: &ViewContext<'_>) {
        if !context.snapshot.changes.is_empty() {
            let named = context.text.device.changes;
            ui.checkbox(&mut self.changes, named.name).on_hover_text(named.meaning);
        }
    }

    fn draw_changes(&self, plot_ui: &mut egui_plot::PlotUi<'_>, context: &ViewContext<'_>) {
        if !self.changes {
            return;
        }
        let color = theme::ghost(&plot_ui.ctx().global_style().visuals).gamma_multiply(0.6);
        let mut last = f64::NEG_INFINITY;
        for (k, change) in context.snapshot.changes.iter().enumerate().filter(|(_, c)| c.epochs.is_finite()) {
            // A stroke over many neurons is many changes; their lines would make a fence before the curves.
            if change.epochs - last < LINES_APART {
                continue;
            }
            last = change.epochs;
            let line = VLine::new("", change.epochs).color(color).width(1.0);
            plot_ui.vline(line.id(("change", k)).allow_hover(false));
        }
    }

    /// A foot for every line, with what was changed there.
    fn changes_ui(&self, ui: &mut Ui, context: &ViewContext<'_>, plot: &PlotResponse<()>) {
        if !self.changes {
            return;
        }
        let frame = *plot.transform.frame();
        for (k, change) in context.snapshot.changes.iter().enumerate().filter(|(_, c)| c.epochs.is_finite()) {
            let x = plot.transform.position_from_point_x(change.epochs);
            if !frame.x_range().contains(x) {
                continue;
            }
            let foot = Rect::from_center_size(pos2(x, frame.bottom() - 5.0), vec2(9.0, 9.0));
            let color = theme::ghost(ui.visuals());
            let tip = [foot.left_bottom(), foot.right_bottom(), foot.center_top()];
            ui.painter().add(egui::Shape::convex_polygon(tip.to_vec(), color, Stroke::NONE));
            ui.interact(foot, ui.scope_id().with(("foot", k)), Sense::hover())
                .on_hover_text(what(change, context.text));
        }
    }
}

/// A change in words.
fn what(change: &Change, text: &Text) -> String {
    match &change.what {
        What::Parameter { key, from, to } => {
            let label = find(key).map_or(*key, |spec| text.param(spec).label);
            format!("{label}: {from} … {to}")
        }
        What::PlanDone => text.plan_done.to_owned(),
        What::Calibrated => text.calibrate.name.to_owned(),
        What::Uncalibrated => text.uncalibrate.name.to_owned(),
        What::Killed(neuron) => format!("{} {neuron}", text.device.damage_done),
        What::Healed(neuron) => format!("{} {neuron}", text.device.healed),
        What::Branched(was) => format!("{}: {was}", text.time_machine.branched),
    }
}
