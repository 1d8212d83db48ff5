//! What must cross, and how fast chip and machine are, against the number of hidden neurons.

use egui::{RichText, Ui};

use super::energy::{Asked, source};
use super::figure::screen::Plot;
use super::figure::{Figure, Panel, Shape};
use super::legend::legend_ui;
use super::selection::Selection;
use super::{Seen, View, ViewContext, lane_ui, nothing_ui, theme};
use crate::session::messages::energy::format::{factor, published, two_digits};
use crate::session::messages::energy::scaling::{Sent, bits_per_second, neurons_that_fill, overtaken_at, simulated};
use crate::session::messages::energy::{About, Band, Mode, Network, Report, about, row};
use crate::session::messages::{CostView, ViewRequest};
use crate::text::{CostText, Text, ViewText};

/// From here to there, as logarithms of hidden neurons.
const FROM_TO: [f64; 2] = [2.408, 6.02];
/// Points of a line.
const POINTS: usize = 60;

/// What is shown.
#[derive(Default)]
pub(super) struct ScalingPane {
    speed: bool,
    a_link_per_chip: bool,
    asked: Asked,
}

/// Emulated seconds in a second of the round that was timed last, run step alone.
fn timed(report: &Report) -> Option<f64> {
    let round = report.round.filter(|round| round.seconds[0] > 0.0)?;
    Some(round.samples as f64 * report.network.duration / round.seconds[0])
}

/// Logarithms of hidden neurons.
fn places() -> impl Iterator<Item = f64> {
    let [from, to] = FROM_TO;
    (0..=POINTS).map(move |k| from + (to - from) * k as f64 / POINTS as f64)
}

/// A curve over hidden neurons.
fn curve(of: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    let at = |x: f64| [10f64.powf(x), of(10f64.powf(x))];
    places().map(at).filter(|p| p[1].is_finite() && p[1] > 0.0).collect()
}

/// Gbit/s of what a network sends.
fn traffic(network: Network, sent: Sent, a_link_per_chip: bool) -> impl Fn(f64) -> f64 {
    move |neurons| 1e-9 * bits_per_second(&network, sent, neurons, a_link_per_chip)
}

impl View for ScalingPane {
    fn text(text: &Text) -> ViewText {
        text.cost.scaling
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        self.asked.ask(context, selection);
        let (text, cost) = (context.text, &context.text.cost);
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
            for (speed, named) in [(false, cost.traffic), (true, cost.speed)] {
                ui.selectable_value(&mut self.speed, speed, named.name).on_hover_text(named.meaning);
            }
            if !self.speed {
                ui.separator();
                for (each, named) in [(false, cost.one_link), (true, cost.link_per_chip)] {
                    ui.selectable_value(&mut self.a_link_per_chip, each, named.name).on_hover_text(named.meaning);
                }
            }
        });
        let Some(view) = context.snapshot.cost.clone() else { return nothing_ui(ui, text) };
        let report = &view.report;
        let words = if self.speed { crossing(&view, cost) } else { Some(filling(report, cost)) };
        ui.horizontal(|ui| {
            let idle = !context.snapshot.running && !view.sizing;
            let button = ui.add_enabled(idle, egui::Button::new(cost.other_sizes.name).small());
            let meaning = cost.other_sizes.meaning;
            if button.on_hover_text(meaning).on_disabled_hover_text(meaning).clicked() {
                context.commands.push(ViewRequest::RunSizes);
            }
            let drawn = about(About::Link).chain(about(About::Neurons));
            let sources: Vec<String> = drawn.map(|row| source(row, cost)).collect();
            let words = egui::Label::new(RichText::new(words.unwrap_or_default()).small()).wrap();
            ui.add(words).on_hover_text(sources.join("\n\n"));
        });
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return };
        let panel = &figure.panels[0];
        ui.horizontal_wrapped(|ui| legend_ui(ui, &panel.keys()));
        let id = if self.speed { "scaling speed" } else { "scaling traffic" };
        Plot::new(panel, id, context.snapshot).show(ui, text, |_| {});
    }

    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (view, cost) = (snapshot.cost.as_ref()?, &text.cost);
        let report = &view.report;
        let title = format!("{}{colon}{}", cost.scaling.title, report.network.shape(), colon = text.colon);
        let axis = if self.speed { cost.speed_axis } else { cost.traffic_axis };
        let mut figure = Figure::new(&title, cost.neurons_axis, axis);
        let panel = figure.last();
        (panel.x.log, panel.y.log) = (true, true);
        panel.x.reach = FROM_TO.map(|x| 10f64.powf(x)).to_vec();
        for system in about(About::Neurons) {
            let color = theme::ghost(visuals);
            let rule = panel.rule(cost.word(system.name), system.value.low, false, color, Shape::Dotted(1.0));
            system.source.clone_into(&mut rule.note);
        }
        if self.speed {
            add_speeds(panel, view, cost, visuals);
        } else {
            self.add_traffic(panel, view, cost, visuals);
        }
        // Lines through the plot are named where they are, upright ones at their feet.
        let [_, low] = panel.extent();
        for system in about(About::Neurons) {
            let foot = [system.value.low, low.map_or(1.0, |ends| ends[0])];
            panel.label(cost.word(system.name), foot, egui::Align2::LEFT_BOTTOM, theme::muted(visuals));
        }
        panel.legend = panel.keys();
        panel.legend.retain(|key| !panel.rules.iter().any(|rule| rule.name == key.name));
        Some(figure)
    }
}

/// How many neurons fill the link.
fn filling(report: &Report, cost: &CostText) -> String {
    let link = row("gbe");
    let neurons = neurons_that_fill(&report.network, link.value.low);
    (cost.fills)(&format!("{neurons:.0}"), &format!("{} ({})", cost.word(link.name), published(link.value, link.unit)))
}

/// The network that tells how fast this machine is, and its emulated seconds in a second: the largest that was run on
/// request, or the one that learns, which shares the machine with other lanes.
fn machine(view: &CostView) -> Option<(Network, f64)> {
    let live = view.report.network;
    let largest = view.sizes.last().map(|ran| (Network { hidden: ran.hidden, ..live }, ran.speed));
    largest.or_else(|| Some((live, timed(&view.report)?)))
}

/// From how many neurons on the chip is faster than this machine.
fn crossing(view: &CostView, cost: &CostText) -> Option<String> {
    let (network, timed) = machine(view)?;
    let wall = view.report.account(Mode::Training).wall;
    let emulated = network.duration;
    let at = |wall: f64| overtaken_at(&network, timed, emulated, wall);
    let clock = Band { low: at(wall.low), high: at(wall.high) };
    Some((cost.overtakes)(&two_digits(at(emulated)), &factor(clock)))
}

/// The lines of speed: the chip's emulated time, the chip by the clock, and this machine.
fn speeds(view: &CostView, cost: &CostText) -> Vec<(String, Vec<[f64; 2]>, usize)> {
    let account = view.report.account(Mode::Training);
    let clock = account.emulated / account.wall.middle();
    let mut lines = vec![
        (cost.chip_alone.to_owned(), curve(|_| 1.0), 1),
        (format!("{} ({})", cost.chip_by_clock, cost.estimate), curve(|_| clock), 4),
    ];
    if let Some((network, timed)) = machine(view) {
        let machine = curve(|neurons| simulated(&network, Band::exactly(timed), neurons).low);
        lines.push((cost.machine.to_owned(), machine, 3));
    }
    lines
}

/// Lines, and a dot for every size that was run here.
fn add_speeds(panel: &mut Panel, view: &CostView, cost: &CostText, visuals: &egui::Visuals) {
    for (name, curve, k) in speeds(view, cost) {
        panel.add(name, theme::class_color(k, visuals), Shape::Dashed(2.0), curve);
    }
    let live = timed(&view.report).map(|timed| [view.report.network.hidden as f64, timed]);
    let dots: Vec<[f64; 2]> = view.sizes.iter().map(|ran| [ran.hidden as f64, ran.speed]).chain(live).collect();
    panel.add(cost.machine, theme::class_color(3, visuals), Shape::Dots(4.0), dots);
}

impl ScalingPane {
    fn add_traffic(&self, panel: &mut Panel, view: &CostView, cost: &CostText, visuals: &egui::Visuals) {
        for (k, link) in about(About::Link).enumerate() {
            let (name, at) = (cost.word(link.name), 1e-9 * link.value.low);
            let rule = panel.rule(name, at, true, theme::ghost(visuals), Shape::Dotted(1.0));
            link.source.clone_into(&mut rule.note);
            // Words of neighbours stand at different ends, or they would lie on top of one another.
            let (end, anchor) = [(1, egui::Align2::RIGHT_BOTTOM), (0, egui::Align2::LEFT_BOTTOM)][k % 2];
            panel.label(name, [10f64.powf(FROM_TO[end]), at], anchor, theme::muted(visuals));
        }
        let live = view.report.network;
        let others = view.sizes.iter().map(|ran| Network { hidden: ran.hidden, hidden_spikes: ran.spikes, ..live });
        let run: Vec<Network> = others.chain([live]).collect();
        for (k, sent) in Sent::ALL.into_iter().enumerate() {
            let of = |network: Network| traffic(network, sent, self.a_link_per_chip);
            let dots = run.iter().map(|network| [network.hidden as f64, of(*network)(network.hidden as f64)]);
            let color = theme::class_color(k, visuals);
            panel.add(cost.sent[k].name, color, Shape::Dashed(2.0), curve(of(live)));
            panel.add(cost.sent[k].name, color, Shape::Dots(4.0), dots.collect::<Vec<_>>()).quiet();
        }
    }
}
