//! What a sample costs: where the energy goes, and who else takes how much.

mod compared;

use egui::{RichText, Ui};

use super::figure::{Figure, Shape};
use super::selection::Selection;
use super::{Seen, View, ViewContext, lane_ui, nothing_ui, theme, whole_ui};
use crate::session::messages::energy::format::{factor, published, quantity};
use crate::session::messages::energy::{
    Band, Boundary, Compared, Line, Method, Missing, Mode, NeuroBench, Part, Report, Row, row,
};
use crate::session::messages::{CostView, ViewRequest};
use crate::text::{CostText, Named, Text, ViewText};
use compared::{compared_ui, known_color, name_of, tip};

/// Wider views have published systems beside the account, in points.
const WIDE: f32 = 760.0;

/// What is shown.
pub(super) struct EnergyPane {
    mode: Mode,
    boundary: Boundary,
    asked: Asked,
}

impl Default for EnergyPane {
    fn default() -> Self {
        Self { mode: Mode::Inference, boundary: Boundary::Chip, asked: Asked::default() }
    }
}

/// Whether the session was asked for the account of a lane of a run.
#[derive(Default)]
pub(super) struct Asked(Option<(u64, crate::params::Lane)>);

impl Asked {
    /// Asks once for each run and lane.
    pub(super) fn ask(&mut self, context: &mut ViewContext<'_>, selection: &Selection) {
        let wanted = Some((context.snapshot.generation, selection.lane));
        if self.0 != wanted {
            self.0 = wanted;
            context.commands.push(ViewRequest::Cost(selection.lane));
        }
    }
}

impl View for EnergyPane {
    fn text(text: &Text) -> ViewText {
        text.cost.energy
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        self.asked.ask(context, selection);
        let (text, cost) = (context.text, &context.text.cost);
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &context.snapshot.params.learning.lanes);
            for (mode, named) in [Mode::Inference, Mode::Training].into_iter().zip(cost.modes) {
                ui.selectable_value(&mut self.mode, mode, named.name).on_hover_text(named.meaning);
            }
            ui.separator();
            for (boundary, named) in Boundary::ALL.into_iter().zip(cost.boundaries) {
                ui.selectable_value(&mut self.boundary, boundary, named.name).on_hover_text(named.meaning);
            }
        });
        let Some(view) = context.snapshot.cost.clone() else { return nothing_ui(ui, text) };
        let wide = ui.available_width() >= WIDE;
        if wide {
            let width = (0.42 * ui.available_width()).min(460.0);
            let left = egui::Panel::left(ui.scope_id().with("account")).exact_size(width).resizable(false);
            left.show_separator_line(false).show(ui, |ui| {
                egui::ScrollArea::vertical().id_salt("account").auto_shrink(false).show(ui, |ui| {
                    self.account_ui(ui, context, &view);
                });
            });
        }
        egui::ScrollArea::vertical().id_salt("published").auto_shrink(false).show(ui, |ui| {
            if !wide {
                self.account_ui(ui, context, &view);
                ui.add_space(6.0);
            }
            compared_ui(ui, text, &view.report, self.mode, self.boundary);
        });
    }

    /// Every system that is shown, one mark each, and the parts of the account.
    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (view, cost) = (snapshot.cost.as_ref()?, &text.cost);
        let (report, account) = (&view.report, view.report.account(self.mode));
        let title =
            [cost.energy.title, text.colon, &report.network.shape(), text.comma, cost.modes[self.mode as usize].name]
                .concat();
        let mut figure = Figure::new(&title, cost.system, cost.energy_axis);
        let entries = report.compared(self.mode);
        let panel = figure.last();
        let named = |(k, entry): (usize, &Compared)| (k as f64, name_of(report, entry.who, text));
        panel.x.words = entries.iter().enumerate().map(named).collect();
        (panel.x.named, panel.y.log) = (true, true);
        for (k, known) in cost.known.iter().enumerate() {
            let of_kind = entries.iter().enumerate().filter(|(_, entry)| entry.known as usize == k);
            let points: Vec<[f64; 2]> = of_kind.map(|(n, entry)| [n as f64, 1e6 * entry.energy.middle()]).collect();
            if !points.is_empty() {
                figure.add(known.name, known_color(k, visuals), Shape::Dots(3.0), points);
            }
        }
        // What the screen tells on hovering stands in the file.
        let heads = std::iter::once(cost.system).chain(cost.account_heads).map(str::to_owned).collect();
        let row_of = |name: String, energy: Band, known: &str, source: String| {
            let [low, high] = [energy.low, energy.high].map(|joules| (1e6 * joules).to_string());
            vec![name, low, high, known.to_owned(), source.replace('\n', "; ")]
        };
        let lines = account.lines.iter().map(|line| {
            let figures: Vec<String> = sources(line.part).iter().map(|id| source(row(id), cost)).collect();
            row_of(cost.parts[line.part as usize].name.to_owned(), line.energy, "", figures.join("; "))
        });
        let systems = entries.iter().map(|entry| {
            let known = cost.known[entry.known as usize].name;
            row_of(name_of(report, entry.who, text), entry.energy, known, tip(report, entry, cost))
        });
        figure.table(cost.energy.title, heads, lines.chain(systems).collect());
        figure.tell(cost.methods[method(report.price.method)].name, &quantity(report.price.core_second, "W"), "");
        for (name, value) in NeuroBench::NAMES.into_iter().zip(report.metrics.values()) {
            figure.tell(name, &value, "");
        }
        Some(figure)
    }
}

/// The place of a method in the list of its words.
fn method(method: Method) -> usize {
    match method {
        Method::Package => 0,
        Method::Battery => 1,
        Method::Estimate(Missing::None) => 2,
        Method::Estimate(Missing::Refused) => 3,
        Method::Estimate(Missing::Unread) => 4,
    }
}

/// Where a figure comes from, and what it contains.
pub(super) fn source(row: &Row, cost: &CostText) -> String {
    let node = row.node.map_or_else(String::new, |nm| format!("{} {nm} nm\n", cost.node));
    format!(
        "{}: {}\n{}\n{node}{}, {}\n{}: {}",
        cost.word(row.name),
        published(row.value, row.unit),
        cost.word(row.inside),
        cost.word(row.evidence.words()),
        cost.word(row.share.words()),
        cost.word(row.tag.words()),
        row.source,
    )
}

/// The figures that a line is made with.
fn sources(part: Part) -> &'static [&'static str] {
    match part {
        Part::ChipAtWork => &["chip_power"],
        Part::ChipWaiting => &["chip_power", "wait", "link"],
        Part::Board => &["system_power", "wait", "link"],
        Part::Link => &["ethernet"],
        Part::Host => &["core_power"],
    }
}

impl EnergyPane {
    fn account_ui(&self, ui: &mut Ui, context: &mut ViewContext<'_>, view: &CostView) {
        let (text, cost, report) = (context.text, &context.text.cost, &view.report);
        let account = report.account(self.mode);
        let right = report.accuracy.map_or_else(String::new, |a| format!(", {:.1} % {}", 100.0 * a, cost.right));
        ui.strong(format!("{}{right}", report.network.shape()));
        let longest = account.lines.iter().map(|line| line.energy.high).fold(1e-12, f64::max);
        for line in &account.lines {
            self.line_ui(ui, text, report, line, longest);
        }
        let total = account.total(self.boundary);
        let sign = if self.boundary == Boundary::Chip && total.is_exact() { "" } else { "~" };
        ui.strong(format!("{}{}{sign}{}", cost.total, text.colon, quantity(total, "J")));
        ui.add(egui::Label::new(RichText::new((cost.biology)(&factor(account.speed_up()))).small()).wrap())
            .on_hover_text(format!("{}\n\n{}", source(row("decision"), cost), source(row("wall"), cost)));
        ui.add_space(4.0);
        claim_ui(ui, text, view);
        ui.add_space(4.0);
        metrics_ui(ui, cost, report);
        ui.add_space(4.0);
        meter_ui(ui, context, view);
    }

    /// A bar as long as the part is large, and how it comes about.
    fn line_ui(&self, ui: &mut Ui, text: &Text, report: &Report, line: &Line, longest: f64) {
        let (cost, colon) = (&text.cost, text.colon);
        let named = cost.parts[line.part as usize];
        let inside = line.part.boundary().is_some_and(|own| own <= self.boundary);
        let unknown = line.part == Part::Host && report.round.is_none();
        let unit = if line.part == Part::Link { ["bit", "J/bit"] } else { ["s", "W"] };
        let sign = if line.is_estimate { "~" } else { "" };
        let words = if unknown {
            format!("{}{colon}{}", named.name, cost.no_time.name)
        } else {
            format!("{}{colon}{sign}{}", named.name, quantity(line.energy, "J"))
        };
        let how = format!("{} × {}", quantity(line.amount, unit[0]), quantity(line.of, unit[1]));
        let added = if line.part.boundary().is_none() { format!("  ({})", cost.not_added) } else { String::new() };
        let response = ui.vertical(|ui| {
            let color = ui.visuals().text_color().gamma_multiply(if inside { 1.0 } else { 0.6 });
            ui.horizontal_wrapped(|ui| {
                whole_ui(ui, RichText::new(words).color(color));
                if !unknown {
                    whole_ui(ui, RichText::new(format!("{how}{added}")).small().color(color));
                }
            });
            let (bar, _) = ui.allocate_exact_size(egui::vec2(ui.available_width() - 8.0, 3.0), egui::Sense::hover());
            let share = |x: f64| bar.left() + (x / longest).clamp(0.0, 1.0) as f32 * bar.width();
            let color = theme::lane_color(report.lane, ui.visuals()).gamma_multiply(if inside { 1.0 } else { 0.4 });
            let until = |x: f64| egui::Rect::from_min_max(bar.min, egui::pos2(share(x), bar.bottom()));
            ui.painter().rect_filled(until(line.energy.high), 1.0, color.gamma_multiply(0.45));
            ui.painter().rect_filled(until(line.energy.low), 1.0, color);
        });
        let figures: Vec<String> = sources(line.part).iter().map(|id| source(row(id), cost)).collect();
        response.response.on_hover_text(format!("{}\n\n{}", named.meaning, figures.join("\n\n")));
    }
}

/// The factors of the claim, each with both sides.
fn claim_ui(ui: &mut Ui, text: &Text, view: &CostView) {
    let (cost, comma) = (&text.cost, text.comma);
    let report = &view.report;
    let chip = report.account(Mode::Inference).total(Boundary::Chip);
    ui.strong(cost.claim.name).on_hover_text(cost.claim.meaning);
    let mut line = |factor: String, named: Named, more: String| {
        ui.horizontal_wrapped(|ui| {
            whole_ui(ui, RichText::new(format!("× {factor}")).strong());
            ui.add(egui::Label::new(RichText::new(format!("{}{more}", named.name)).small()).wrap());
        })
        .response
        .on_hover_text(named.meaning);
    };
    line("~1000".into(), cost.quoted, String::new());
    let estimate = if report.price.method.is_estimate() { format!(" ({})", cost.estimate) } else { String::new() };
    if let Some(energy) = report.simulation() {
        line(
            factor(energy.over(chip)),
            cost.simulation,
            format!("{comma}{} {}{estimate}", cost.batch, report.network.batch),
        );
    }
    if let Some((opponent, energies)) = report.opponent.zip(report.opponent()) {
        for (timing, energy) in opponent.timings.iter().zip(energies) {
            let right = 100.0 * opponent.accuracy;
            let more = format!("{comma}{} {}{comma}{right:.1} % {}{estimate}", cost.batch, timing.batch, cost.right);
            line(factor(energy.over(chip)), cost.opponent, more);
        }
    } else {
        let (done, all) = view.training;
        line("?".into(), cost.opponent, format!("{comma}{} {done}/{all}", cost.in_training));
    }
    if !report.is_speech {
        let engine = row("dnn_engine");
        let more = engine.accuracy.map_or_else(String::new, |a| format!("{comma}{a} % {}", cost.right));
        let named = Named { name: cost.digital, meaning: engine.source };
        line(factor(engine.value.over(chip)), named, more);
    }
}

fn metrics_ui(ui: &mut Ui, cost: &CostText, report: &Report) {
    ui.strong(cost.metrics.name).on_hover_text(cost.metrics.meaning);
    ui.horizontal_wrapped(|ui| {
        for (name, value) in cost.metric_names.into_iter().zip(report.metrics.values()) {
            whole_ui(ui, RichText::new(format!("{name} {}", count(value))).small()).on_hover_text(cost.metrics.meaning);
        }
    });
}

/// A count without decimals and with its thousands apart, a share with four.
fn count(x: f64) -> String {
    if x <= 1.0 && x > 0.0 {
        return format!("{x:.4}");
    }
    super::rounds::grouped(x.round() as usize)
}

fn meter_ui(ui: &mut Ui, context: &mut ViewContext<'_>, view: &CostView) {
    let (cost, price) = (&context.text.cost, view.report.price);
    let named = cost.methods[method(price.method)];
    let text = context.text;
    let mut words = format!("{}{}{} {}", named.name, text.colon, quantity(price.core_second, "W"), cost.per_core);
    if let Some(net) = price.net {
        words = format!("{words}{}{} {}", text.comma, quantity(Band::exactly(net), "W"), cost.net);
    }
    if price.others_busy() {
        words = format!("{words}; {}", cost.others_busy);
    }
    let tip = format!("{}\n\n{}", named.meaning, source(row("core_power"), cost));
    ui.add(egui::Label::new(RichText::new(words).small()).wrap()).on_hover_text(tip);
    if view.can_rest && !context.snapshot.running {
        let button = ui.add_enabled(!view.resting, egui::Button::new(cost.rest.name).small());
        if button.on_hover_text(cost.rest.meaning).clicked() {
            context.commands.push(ViewRequest::MeasureRest);
        }
    }
}
