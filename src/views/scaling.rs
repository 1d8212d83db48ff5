//! What must cross, and how fast chip and machine are, against the number of hidden neurons.

use std::collections::BTreeMap;

use egui::{RichText, Ui};
use egui_plot::{HLine, Line, LineStyle, Points, VLine};

use super::axes::{decades, from_log, x_axis, y_axis};
use super::energy::{Asked, source};
use super::figure::{Figure, Shape};
use super::legend::{Item, Mark, legend_ui};
use super::selection::Selection;
use super::{Seen, View, ViewContext, lane_ui, live_ui, nothing_ui, plot, plot_id, pointed, pointed_name, theme};
use crate::session::messages::energy::format::{factor, published, two_digits};
use crate::session::messages::energy::scaling::{Sent, bits_per_second, neurons_that_fill, overtaken_at, simulated};
use crate::session::messages::energy::{About, Band, Mode, Report, about, row};
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
    /// Emulated seconds in a second of this machine, by the numbers of hidden neurons that were run here.
    timed: BTreeMap<usize, f64>,
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

/// A curve over hidden neurons, both as logarithms.
fn curve(of: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    places().map(|x| [x, of(10f64.powf(x)).log10()]).filter(|p| p[1].is_finite()).collect()
}

/// Gbit/s of what is sent.
fn traffic(report: &Report, sent: Sent, a_link_per_chip: bool) -> impl Fn(f64) -> f64 {
    let network = report.network;
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
        if let Some(timed) = timed(report) {
            self.timed.insert(report.network.hidden, timed);
        }
        let words = if self.speed { self.crossing(report, cost) } else { Some(filling(report, cost)) };
        if let Some(words) = words {
            ui.add(egui::Label::new(RichText::new(words).small()).wrap());
        }
        if self.speed {
            self.speed_ui(ui, context, report);
        } else {
            self.traffic_ui(ui, context, report);
        }
    }

    fn figure(&self, &Seen { snapshot, text, .. }: &Seen<'_>) -> Option<Figure> {
        let (view, cost, paper) = (snapshot.cost.as_ref()?, &text.cost, theme::paper());
        let report = &view.report;
        let plain = |curve: Vec<[f64; 2]>| curve.into_iter().map(|[x, y]| [10f64.powf(x), 10f64.powf(y)]).collect();
        let title = format!("{}: {}", cost.scaling.title, report.network.shape());
        let axis = if self.speed { cost.speed_axis } else { cost.traffic_axis };
        let mut figure = Figure::new(&title, cost.neurons_axis, axis);
        if self.speed {
            for (name, curve, k) in self.speeds(report, cost) {
                figure.add(name, theme::rgb(theme::class_color(k, &paper)), Shape::Dashed(1.5), plain(curve));
            }
        } else {
            for (k, sent) in Sent::ALL.into_iter().enumerate() {
                let line = plain(curve(traffic(report, sent, self.a_link_per_chip)));
                figure.add(cost.sent[k].name, theme::rgb(theme::class_color(k, &paper)), Shape::Dashed(1.5), line);
            }
        }
        Some(figure)
    }
}

/// How many neurons fill the link.
fn filling(report: &Report, cost: &CostText) -> String {
    let link = row("gbe");
    let neurons = neurons_that_fill(&report.network, link.value.low);
    (cost.fills)(&format!("{neurons:.0}"), &format!("{} ({})", cost.word(link.name), published(link.value, link.unit)))
}

impl ScalingPane {
    /// From how many neurons on the chip is faster than this machine.
    fn crossing(&self, report: &Report, cost: &CostText) -> Option<String> {
        let timed = *self.timed.get(&report.network.hidden)?;
        let wall = report.account(Mode::Training).wall;
        let emulated = report.network.duration;
        let at = |wall: f64| overtaken_at(&report.network, timed, emulated, wall);
        let clock = Band { low: at(wall.low), high: at(wall.high) };
        Some((cost.overtakes)(&two_digits(at(emulated)), &factor(clock)))
    }

    /// The lines of speed: the chip's emulated time, the chip by the clock, and this machine.
    fn speeds(&self, report: &Report, cost: &CostText) -> Vec<(String, Vec<[f64; 2]>, usize)> {
        let account = report.account(Mode::Training);
        let clock = account.emulated / account.wall.middle();
        let mut lines = vec![
            (cost.chip_alone.to_owned(), curve(|_| 1.0), 1),
            (format!("{} ({})", cost.chip_by_clock, cost.estimate), curve(|_| clock), 4),
        ];
        if let Some(timed) = self.timed.get(&report.network.hidden) {
            let machine = curve(|neurons| simulated(&report.network, Band::exactly(*timed), neurons).low);
            lines.push((cost.machine.to_owned(), machine, 3));
        }
        lines
    }

    fn speed_ui(&self, ui: &mut Ui, context: &ViewContext<'_>, report: &Report) {
        let (text, cost, visuals) = (context.text, &context.text.cost, ui.visuals().clone());
        let lines = self.speeds(report, cost);
        let color = |k: usize| theme::class_color(k, &visuals);
        let items: Vec<Item> =
            lines.iter().map(|(name, _, k)| Item::new(Mark::Dashed, name.clone(), color(*k))).collect();
        ui.horizontal_wrapped(|ui| legend_ui(ui, &items));
        let (id, generation) = ("scaling speed", context.snapshot.generation);
        let shown = log_plot(ui, id, generation, cost.neurons_axis, cost.speed_axis).show(ui, |plot_ui| {
            systems(plot_ui, &visuals);
            for (name, curve, k) in &lines {
                let line = Line::new(name.clone(), curve.clone()).color(color(*k)).style(LineStyle::dashed_dense());
                plot_ui.line(line.width(2.0).id(("speed", *k)));
            }
            let dots: Vec<[f64; 2]> = self.timed.iter().map(|(n, s)| [(*n as f64).log10(), s.log10()]).collect();
            plot_ui.points(Points::new(cost.machine, dots).color(color(3)).radius(4.0).id("timed"));
        });
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
    }

    fn traffic_ui(&self, ui: &mut Ui, context: &ViewContext<'_>, report: &Report) {
        let (text, cost, visuals) = (context.text, &context.text.cost, ui.visuals().clone());
        let color = |k: usize| theme::class_color(k, &visuals);
        let item = |k: usize| Item::new(Mark::Dashed, cost.sent[k].name, color(k));
        ui.horizontal_wrapped(|ui| legend_ui(ui, &[item(0), item(1), item(2), item(3)]));
        let (id, generation) = ("scaling traffic", context.snapshot.generation);
        let shown = log_plot(ui, id, generation, cost.neurons_axis, cost.traffic_axis).show(ui, |plot_ui| {
            systems(plot_ui, &visuals);
            for (k, link) in about(About::Link).enumerate() {
                let name = format!("{}\n{}", link.name, source(link, cost));
                let line = HLine::new(name, (1e-9 * link.value.low).log10()).color(theme::ghost(&visuals)).width(1.0);
                plot_ui.hline(line.style(LineStyle::dotted_dense()).id(link.id));
                // Words of neighbours stand at different ends, or they would lie on top of one another.
                let left = k % 2 == 1;
                let at = [FROM_TO[usize::from(!left)], (1e-9 * link.value.low).log10()];
                let words = RichText::new(cost.word(link.name)).small().color(theme::muted(&visuals));
                let label = egui_plot::Text::new(link.id, at.into(), words).anchor(if left {
                    egui::Align2::LEFT_BOTTOM
                } else {
                    egui::Align2::RIGHT_BOTTOM
                });
                plot_ui.text(label.allow_hover(false));
            }
            let here = (report.network.hidden as f64).log10();
            for (k, sent) in Sent::ALL.into_iter().enumerate() {
                let of = traffic(report, sent, self.a_link_per_chip);
                let dot = [here, of(report.network.hidden as f64).log10()];
                let line = Line::new(cost.sent[k].name, curve(of)).color(color(k)).style(LineStyle::dashed_dense());
                plot_ui.line(line.width(2.0).id(("sent", k)));
                plot_ui.points(Points::new(cost.sent[k].name, vec![dot]).color(color(k)).radius(4.0).id(("run", k)));
            }
        });
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
    }
}

/// A plot of which both axes are logarithms.
fn log_plot<'a>(ui: &mut Ui, id: &'static str, generation: u64, x: &str, y: &str) -> egui_plot::Plot<'a> {
    let label = move |at: &egui_plot::HoverPosition<'_>| {
        let p = pointed(at);
        let [n, value] = [p.x, p.y].map(|log| two_digits(10f64.powf(log)));
        Some(format!("{}{n}\n{value}", pointed_name(at)))
    };
    plot(ui, id, generation)
        .custom_x_axes(vec![x_axis(ui, x).formatter(|mark, _| thousands(mark.value))])
        .custom_y_axes(vec![y_axis(ui, y).formatter(|mark, _| from_log(mark.value))])
        .x_grid_spacer(|input| decades(&input))
        .y_grid_spacer(|input| decades(&input))
        .include_x(FROM_TO[0])
        .include_x(FROM_TO[1])
        .label_formatter(label)
}

/// A number of neurons whose logarithm is `log`: 500, 2k, 1M.
fn thousands(log: f64) -> String {
    let (unit, less) = [("M", 6.0), ("k", 3.0)].into_iter().find(|(_, at)| log > at - 0.01).unwrap_or(("", 0.0));
    format!("{}{unit}", from_log(log - less))
}

/// Upright lines at the sizes of systems.
fn systems(plot_ui: &mut egui_plot::PlotUi<'_>, visuals: &egui::Visuals) {
    for system in about(About::Neurons) {
        let line = VLine::new(format!("{}: {}", system.name, system.source), system.value.low.log10());
        plot_ui.vline(line.color(theme::ghost(visuals)).width(1.0).style(LineStyle::dotted_dense()).id(system.id));
    }
}
