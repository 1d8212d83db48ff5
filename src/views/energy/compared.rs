//! Who takes how much: a line a system, all on one logarithmic axis.

use egui::{Align2, Color32, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, Visuals, pos2, vec2};

use super::super::{elided, theme};
use super::source;
use crate::session::messages::energy::format::{published, quantity};
use crate::session::messages::energy::{Boundary, Compared, Known, Mode, Report, Who};
use crate::text::{CostText, Text};

/// Height of a line, in points.
const LINE: f32 = 17.0;
/// Height of the axis below, in points.
const AXIS: f32 = 18.0;
/// Width of the energies, in points.
const NUMBER: f32 = 86.0;
/// Radius of a mark, in points.
const MARK: f32 = 4.0;

/// The colour of what is known in that way.
pub(super) fn known_color(known: usize, visuals: &Visuals) -> Color32 {
    if known == Known::Measured as usize { theme::selected(visuals) } else { theme::muted(visuals) }
}

/// What an entry is called.
pub(super) fn name_of(report: &Report, who: Who, text: &Text) -> String {
    let (cost, colon, comma) = (&text.cost, text.colon, text.comma);
    match who {
        Who::Published(row) => {
            let right = row.accuracy.map_or_else(String::new, |a| format!("{comma}{a} %"));
            let node = row.node.map_or_else(String::new, |nm| format!("{comma}{nm} nm"));
            format!("{}{right}{node}", cost.word(row.name))
        }
        Who::ScaledFrom(row) => format!("{}{comma}{} {}", cost.word(row.name), cost.scaled_to, report.network.shape()),
        Who::Own(boundary) => format!("{}{colon}{}", cost.this_network, cost.boundaries[boundary as usize].name),
        Who::Simulation => cost.simulation.name.to_owned(),
        Who::Opponent(batch) => format!("{}{comma}{} {batch}", cost.opponent.name, cost.batch),
    }
}

/// All that is known of an entry.
pub(super) fn tip(report: &Report, entry: &Compared, cost: &CostText) -> String {
    let known = cost.known[entry.known as usize];
    let account = |boundary: Boundary| cost.boundaries[boundary as usize].meaning;
    let method = cost.methods[super::method(report.price.method)];
    let energy = quantity(entry.energy, "J");
    let own = match entry.who {
        Who::Published(row) => return source(row, cost),
        Who::ScaledFrom(row) => format!("{energy}\n{}\n\n{}", known.meaning, source(row, cost)),
        Who::Own(boundary) => format!("{energy}\n{}", account(boundary)),
        Who::Simulation => {
            format!("{energy}, {} {}\n{}\n{}", cost.batch, report.network.batch, cost.simulation.meaning, method.name)
        }
        Who::Opponent(batch) => format!("{energy}, {} {batch}\n{}\n{}", cost.batch, cost.opponent.meaning, method.name),
    };
    let right = entry.accuracy.map_or_else(String::new, |a| format!("\n{a:.1} % {}", cost.right));
    format!("{own}{right}\n{}: {}", known.name, known.meaning)
}

/// A line a system, from the least energy to the most.
pub(super) fn compared_ui(ui: &mut Ui, text: &Text, report: &Report, mode: Mode, boundary: Boundary) {
    let (cost, visuals) = (&text.cost, ui.visuals().clone());
    let entries = report.compared(mode);
    let data = match (mode, report.is_speech) {
        (Mode::Training, _) => cost.other_training,
        (Mode::Inference, true) => cost.other_words,
        (Mode::Inference, false) => cost.other_data,
    };
    ui.add(egui::Label::new(egui::RichText::new(data).small()).wrap());
    legend_ui(ui, cost);
    let size = vec2((ui.available_width() - 4.0).max(120.0), LINE * entries.len() as f32 + AXIS);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter_at(area);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let names = (0.42 * area.width()).clamp(90.0, 250.0);
    let axis = Rect::from_min_max(
        pos2(area.left() + names + 6.0, area.top()),
        pos2(area.right() - NUMBER, area.bottom() - AXIS),
    );
    let ends = entries
        .iter()
        .filter(|e| e.energy.low > 0.0)
        .fold([f64::INFINITY, 0.0f64], |[low, high], e| [low.min(e.energy.low), high.max(e.energy.high)]);
    let [low, high] = [ends[0].log10().floor(), ends[1].log10().ceil().max(ends[0].log10().floor() + 1.0)];
    let across = |joule: f64| {
        let part = (joule.max(1e-15).log10() - low) / (high - low);
        axis.left() + part.clamp(0.0, 1.0) as f32 * axis.width()
    };
    axis_ui(&painter, axis, [low, high], &small, &visuals);
    let chosen = theme::lane_color(report.lane, &visuals);
    for (k, entry) in entries.iter().enumerate() {
        let middle = area.top() + LINE * (k as f32 + 0.5);
        let line = Rect::from_center_size(pos2(area.center().x, middle), vec2(area.width(), LINE));
        let (here, strong) = match entry.who {
            Who::Own(own) => (true, own == boundary),
            Who::Simulation | Who::Opponent(_) => (true, true),
            _ => (false, true),
        };
        let color = if here { chosen } else { known_color(entry.known as usize, &visuals) };
        let color = if strong { color } else { color.gamma_multiply(0.55) };
        let words = elided(&painter, &name_of(report, entry.who, text), small.clone(), color, names);
        painter.galley(pos2(area.left(), middle - words.size().y / 2.0), words, color);
        painter.hline(axis.x_range(), middle, Stroke::new(0.5, theme::unused(&visuals)));
        let [from, to] = [across(entry.energy.low), across(entry.energy.high)];
        if to - from > 2.0 {
            painter.line_segment([pos2(from, middle), pos2(to, middle)], Stroke::new(3.0, color.gamma_multiply(0.6)));
        }
        painter.add(mark(entry.known, pos2(across(entry.energy.middle()), middle), color));
        let number = match entry.who {
            Who::Published(_) => published(entry.energy, "J"),
            _ => quantity(entry.energy, "J"),
        };
        painter.text(pos2(area.right(), middle), Align2::RIGHT_CENTER, number, small.clone(), color);
        if response.hover_pos().is_some_and(|at| line.contains(at)) {
            response.clone().on_hover_text_at_pointer(tip(report, entry, cost));
        }
    }
    let said = entries.iter().map(|e| format!("{} {}", name_of(report, e.who, text), quantity(e.energy, "J")));
    let said = said.collect::<Vec<_>>().join(", ");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
}

/// A line and a number for every power of ten, as many numbers as fit.
fn axis_ui(painter: &Painter, axis: Rect, [low, high]: [f64; 2], font: &egui::FontId, visuals: &Visuals) {
    let decades = (high - low) as usize;
    let width = axis.width() / decades.max(1) as f32;
    let every = (52.0 / width.max(1.0)).ceil().max(1.0) as usize;
    for k in 0..=decades {
        let x = axis.left() + width * k as f32;
        painter.vline(x, axis.y_range(), Stroke::new(1.0, theme::unused(visuals)));
        if k % every == 0 {
            let joule = 10f64.powf(low + k as f64);
            let words = published(crate::session::messages::energy::Band::exactly(joule), "J");
            let at = pos2(x, axis.bottom() + 2.0);
            painter.text(at, Align2::CENTER_TOP, words, font.clone(), theme::muted(visuals));
        }
    }
}

/// The shape says how an energy is known.
fn mark(known: Known, at: Pos2, color: Color32) -> Shape {
    let line = Stroke::new(1.5, color);
    let corners = |points: [[f32; 2]; 4]| points.map(|[x, y]| at + MARK * vec2(x, y)).to_vec();
    let diamond = corners([[0.0, -1.2], [1.2, 0.0], [0.0, 1.2], [-1.2, 0.0]]);
    let square = corners([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
    match known {
        Known::Measured => Shape::circle_filled(at, MARK, color),
        Known::Unclear => Shape::circle_filled(at, 0.6 * MARK, color),
        Known::Dynamic => Shape::circle_stroke(at, MARK, line),
        Known::Simulated => Shape::closed_line(diamond, line),
        Known::Scaled => Shape::closed_line(square, line),
        Known::Estimated => Shape::line_segment([at - vec2(0.0, MARK), at + vec2(0.0, MARK)], Stroke::new(3.0, color)),
    }
}

/// What the shapes say.
fn legend_ui(ui: &mut Ui, cost: &CostText) {
    const ALL: [Known; 6] =
        [Known::Measured, Known::Unclear, Known::Dynamic, Known::Simulated, Known::Scaled, Known::Estimated];
    ui.horizontal_wrapped(|ui| {
        for known in ALL {
            let (named, font) = (cost.known[known as usize], egui::TextStyle::Small.resolve(ui.style()));
            let color = ui.visuals().text_color();
            let words = ui.painter().layout_no_wrap(named.name.to_owned(), font, color);
            let (rect, response) = ui.allocate_exact_size(vec2(16.0 + words.size().x, words.size().y), Sense::hover());
            let shown = known_color(known as usize, ui.visuals());
            ui.painter().add(mark(known, pos2(rect.left() + 6.0, rect.center().y), shown));
            ui.painter().galley(pos2(rect.left() + 14.0, rect.top()), words, color);
            response.on_hover_text(named.meaning);
        }
    });
}
