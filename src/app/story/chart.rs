//! Right answers over rounds of learning: one curve a network, with its name and number at its end.

use egui::{Align2, FontId, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2};

use super::super::App;
use super::super::lesson::epochs;
use crate::params::Lane;
use crate::session::messages::{Snapshot, What};
use crate::text::Text;
use crate::views::{anchors, theme};

/// Guessing one of ten.
const GUESSING: f64 = 10.0;
/// Rounds that have room from the start.
const FIRST_ROUNDS: f64 = 12.0;
/// Room for names at the right, in points.
const NAMES: f32 = 150.0;
/// Room for one name with its number, in points.
const NAME: f32 = 48.0;

/// From rounds and percent to the screen.
struct Axes {
    area: Rect,
    rounds: f64,
}

impl Axes {
    fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        let (x, y) = ((x / self.rounds) as f32, (y / 100.0) as f32);
        pos2(self.area.left() + x * self.area.width(), self.area.bottom() - y * self.area.height())
    }
}

impl App {
    /// The chart in the middle of the first screen.
    pub(super) fn story_chart_ui(&mut self, ui: &mut Ui) {
        let lanes = self.story_lanes(&ui.ctx().clone());
        let (text, snapshot) = (self.text, self.drawn());
        let name = ui.label(text.lessons.right_answers);
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, described(&snapshot, text)));
        anchors::mark(ui, "view.learning", rect.union(name.rect));
        let area = Rect::from_min_max(rect.min + egui::vec2(30.0, 8.0), rect.max - egui::vec2(NAMES, 26.0));
        if !area.is_positive() {
            return;
        }
        let axes = Axes { area, rounds: (epochs(&self.snapshot) + 2.0).max(FIRST_ROUNDS) };
        let painter = ui.painter_at(rect);
        frame(&painter, &axes, ui, text);
        changes(&painter, &axes, ui, &snapshot, text);
        let mut ends = Vec::new();
        for (lane, share) in lanes {
            let Some(points) = curve(&snapshot, lane, share) else { continue };
            let (color, style) = (theme::lane_color(lane, ui.visuals()), lane);
            let places: Vec<Pos2> = points.iter().map(|p| axes.at(*p)).collect();
            line(&painter, &places, Stroke::new(2.5, color), style);
            if let Some([_, last]) = points.last() {
                let whole = share >= 1.0;
                let now = snapshot.accuracy(lane).filter(|_| whole).map_or(*last, |a| 100.0 * a);
                ends.push((axes.at([0.0, now]).y, lane, now));
            }
        }
        names(&painter, &axes, ui, ends, text);
    }
}

/// Axes, and the line of guessing.
fn frame(painter: &Painter, axes: &Axes, ui: &Ui, text: &Text) {
    let (weak, font) = (ui.visuals().weak_text_color(), FontId::proportional(12.0));
    let thin = Stroke::new(1.0, theme::unused(ui.visuals()));
    for percent in [0.0, 50.0, 100.0] {
        let left = axes.at([0.0, percent]);
        painter.line_segment([left, pos2(axes.area.right(), left.y)], thin);
        painter.text(left - egui::vec2(4.0, 0.0), Align2::RIGHT_CENTER, format!("{percent:.0}"), font.clone(), weak);
    }
    let guess = axes.at([0.0, GUESSING]);
    let ghost = theme::ghost(ui.visuals());
    let ends = [guess, pos2(axes.area.right(), guess.y)];
    painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, ghost), 6.0, 4.0));
    let words = format!("{} 10 %", text.lessons.guessing);
    // At the far end: the curves begin here.
    painter.text(ends[1] + egui::vec2(0.0, 2.0), Align2::RIGHT_TOP, words, font.clone(), ghost);
    let foot = pos2(axes.area.right(), axes.area.bottom() + 6.0);
    painter.text(foot, Align2::RIGHT_TOP, text.lessons.rounds, font, weak);
}

/// What was done to the chip, as marks over the curves.
fn changes(painter: &Painter, axes: &Axes, ui: &Ui, snapshot: &Snapshot, text: &Text) {
    let ghost = theme::ghost(ui.visuals());
    for change in snapshot.changes.iter() {
        let name = match &change.what {
            What::Parameter { key: "chip", .. } => text.new_chip.name.to_owned(),
            What::Parameter { key: "silent_neurons", to, .. } => format!("{to} {}", text.device.silent),
            What::Parameter { key: "sigma", to, .. } => format!("σ {to}"),
            _ => continue,
        };
        let top = axes.at([change.epochs, 100.0]);
        painter.line_segment([top, axes.at([change.epochs, 0.0])], Stroke::new(1.0, ghost));
        let at = pos2(top.x + 3.0, axes.at([0.0, 22.0]).y);
        painter.text(at, Align2::LEFT_CENTER, name, FontId::proportional(12.0), ghost);
    }
}

/// Accuracy after every round, with what was left right after a change, up to a share of all.
fn curve(snapshot: &Snapshot, lane: Lane, share: f64) -> Option<Vec<[f64; 2]>> {
    let curve = snapshot.curves.iter().find(|curve| curve.lane == lane)?;
    let mut points: Vec<[f64; 2]> = curve.test_accuracy.to_vec();
    for fall in snapshot.falls.iter() {
        let own = fall.scores.iter().find(|(l, _)| *l == lane).map(|(_, scores)| 100.0 * scores.accuracy);
        if let Some(accuracy) = own {
            let place = points.partition_point(|p| p[0] <= fall.epochs);
            points.insert(place, [fall.epochs, accuracy]);
        }
    }
    let last = points.last()?[0];
    points.retain(|p| p[0] <= share * last);
    Some(points)
}

/// A line in the style of a lane.
fn line(painter: &Painter, places: &[Pos2], stroke: Stroke, lane: Lane) {
    let shapes = match lane {
        Lane::InTheLoop => vec![Shape::line(places.to_vec(), stroke)],
        Lane::Transferred => Shape::dotted_line(places, stroke.color, 6.0, 1.8),
        Lane::Ideal => Shape::dashed_line(places, stroke, 8.0, 4.0),
        Lane::OnChip => Shape::dashed_line(places, stroke, 14.0, 5.0),
    };
    painter.extend(shapes);
}

/// Name and number at the end of each curve, moved apart where they would lie on each other.
fn names(painter: &Painter, axes: &Axes, ui: &Ui, mut ends: Vec<(f32, Lane, f64)>, text: &Text) {
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f32::NEG_INFINITY;
    for end in &mut ends {
        end.0 = end.0.max(lowest);
        lowest = end.0 + NAME;
    }
    // If that pushed the last one out of the area, all move up.
    let over = (lowest - NAME - axes.area.bottom()).max(0.0);
    for (y, lane, percent) in ends {
        let color = theme::lane_color(lane, ui.visuals());
        let left = axes.area.right() + 8.0;
        let at = |dy: f32| pos2(left, y - over + dy);
        let words = format!("{percent:.1} %");
        painter.text(at(-2.0), Align2::LEFT_CENTER, words, FontId::proportional(19.0), color);
        let name = text.lessons.plain[lane as usize];
        painter.text(at(15.0), Align2::LEFT_CENTER, name, FontId::proportional(12.5), color);
        let small = FontId::proportional(theme::SMALL);
        let weak = ui.visuals().weak_text_color();
        painter.text(at(28.0), Align2::LEFT_CENTER, text.lane(lane).name, small, weak);
    }
}

/// The chart in one sentence.
fn described(snapshot: &Snapshot, text: &Text) -> String {
    let lanes = snapshot
        .examined
        .iter()
        .map(|seen| format!("{} {:.1} %", text.lessons.plain[seen.lane as usize], 100.0 * seen.scores.accuracy));
    let lanes: Vec<String> = lanes.collect();
    format!("{}: {}", text.lessons.right_answers, lanes.join(", "))
}
