//! A legend beside the plot instead of on top of the data.

use egui::{Color32, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

/// Room for a mark.
const SWATCH: Vec2 = vec2(18.0, 12.0);

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Line,
    Thin,
    Dashed,
    Dotted,
    Dots,
    Triangle,
    Tick,
    Diamond,
}

/// One entry after the other, as many to a line as there is room for.
pub(super) fn legend_ui(ui: &mut Ui, entries: &[(Mark, &str, Color32)]) {
    for &(mark, name, color) in entries {
        let response = entry_ui(ui, mark, name, color, Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
    }
}

/// An entry that shows and hides what it stands for. Returns whether that changed.
pub(super) fn legend_toggle_ui(ui: &mut Ui, mark: Mark, name: &str, color: Color32, on: &mut bool) -> bool {
    let faded = if *on { color } else { color.gamma_multiply(0.25) };
    let response = entry_ui(ui, mark, name, faded, Sense::click()).on_hover_cursor(egui::CursorIcon::PointingHand);
    if response.clicked() {
        *on = !*on;
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, *on, name));
    response.clicked()
}

/// A mark and its name in one piece, so that they stay together when the line breaks.
fn entry_ui(ui: &mut Ui, mark: Mark, name: &str, color: Color32, sense: Sense) -> egui::Response {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let words = ui.painter().layout_no_wrap(name.to_owned(), font, ui.visuals().text_color());
    let size = vec2(SWATCH.x + 4.0 + words.size().x, words.size().y.max(SWATCH.y));
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let (left, right) = rect.split_left_right_at_x(rect.left() + SWATCH.x);
    ui.painter().extend(swatch(mark, left.shrink2(vec2(0.0, (left.height() - SWATCH.y) / 2.0)), color));
    let at = pos2(right.left() + 4.0, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, ui.visuals().text_color());
    response
}

fn swatch(mark: Mark, rect: Rect, color: Color32) -> Vec<Shape> {
    let (middle, stroke) = (rect.center(), Stroke::new(2.0, color));
    let ends = [rect.left_center(), rect.right_center()];
    let square = |half: f32| Rect::from_center_size(middle, vec2(2.0 * half, 2.0 * half));
    let down = |h: f32| vec![middle + vec2(-h, -h), middle + vec2(h, -h), middle + vec2(0.0, h)];
    match mark {
        Mark::Line => vec![Shape::line_segment(ends, stroke)],
        Mark::Thin => vec![Shape::line_segment(ends, Stroke::new(1.0, color.gamma_multiply(0.6)))],
        Mark::Dashed => Shape::dashed_line(&ends, stroke, 5.0, 2.0),
        Mark::Dotted => Shape::dotted_line(&ends, color, 3.0, 1.0),
        Mark::Dots => [0.2, 0.8]
            .into_iter()
            .map(|t| Shape::circle_filled(pos2(rect.left() + t * rect.width(), middle.y), 2.5, color))
            .collect(),
        Mark::Triangle => vec![Shape::convex_polygon(down(4.0), color, Stroke::NONE)],
        Mark::Tick => vec![Shape::rect_filled(square(2.5), 0.0, color)],
        Mark::Diamond => {
            let corners = [vec2(0.0, -4.0), vec2(4.0, 0.0), vec2(0.0, 4.0), vec2(-4.0, 0.0)].map(|d| middle + d);
            vec![Shape::convex_polygon(corners.to_vec(), color, Stroke::NONE)]
        }
    }
}
