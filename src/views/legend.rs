//! A legend beside the plot instead of on top of the data.

use egui::{Color32, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::figure::{Key, Shape};

/// Room for a mark.
const SWATCH: Vec2 = vec2(18.0, 12.0);

/// One entry after the other, as many to a line as there is room for. Where there is only one line, those that do not
/// fit wait behind a button. Returns the place of an entry that was clicked to show or hide it.
pub(super) fn legend_ui(ui: &mut Ui, items: &[Key]) -> Option<usize> {
    let fit = if ui.layout().main_wrap() { items.len() } else { fitting(ui, items) };
    let mut clicked = None;
    for (k, item) in items.iter().enumerate().take(fit) {
        if item_ui(ui, item) {
            clicked = Some(k);
        }
    }
    if fit < items.len() { clicked.or(behind_ui(ui, items, fit)) } else { clicked }
}

/// The entries above one another on top of a plot, so that it has its whole height: where `hidden` says that a box
/// hides least. Where there is no room or all places hide too much, they wait behind a button.
/// Returns the place of an entry that was clicked to show or hide it.
pub(super) fn legend_inside_ui(ui: &mut Ui, plot: Rect, items: &[Key], hidden: impl Fn(Rect) -> f32) -> Option<usize> {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let width = |item: &Key| ui.painter().layout_no_wrap(item.name.clone(), font.clone(), item.color).size().x;
    let widest = items.iter().map(width).fold(0.0, f32::max);
    let line = ui.text_style_height(&egui::TextStyle::Small).max(SWATCH.y);
    let size = vec2(SWATCH.x + 4.0 + widest, items.len() as f32 * line) + Vec2::splat(2.0 * INSIDE);
    if items.is_empty() || plot.width() < 3.0 * BUTTON || plot.height() < 2.0 * BUTTON {
        return None;
    }
    let id = ui.scope_id().with("legend");
    let last: Option<usize> = ui.data(|data| data.get_temp(id)).flatten();
    let fits = size.x < 0.5 * plot.width() && size.y < 0.6 * plot.height();
    let places = sides(plot, size);
    // It stays where it is until it hides as much as a curve that passes below it, and comes back where it hides half.
    let stays = last.filter(|k| fits && hidden(places[*k]) <= size.x);
    let place = stays.or_else(|| least(&places, &hidden).filter(|k| fits && hidden(places[*k]) <= 0.5 * size.x));
    ui.data_mut(|data| data.insert_temp(id, place));
    let Some(place) = place.map(|k| places[k]) else {
        let places = sides(plot, vec2(BUTTON, line + INSIDE));
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(places[least(&places, &hidden)?]));
        return behind_ui(&mut ui, items, 0);
    };
    ui.painter().rect_filled(place, super::theme::RADIUS, ui.visuals().extreme_bg_color.gamma_multiply(0.85));
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(place.shrink(INSIDE)));
    ui.spacing_mut().item_spacing.y = 0.0;
    list_ui(&mut ui, items)
}

/// The places of a box of that size at the sides of a plot.
fn sides(plot: Rect, size: Vec2) -> [Rect; 6] {
    use egui::Align2 as A;
    [A::RIGHT_BOTTOM, A::RIGHT_TOP, A::RIGHT_CENTER, A::LEFT_TOP, A::LEFT_BOTTOM, A::LEFT_CENTER]
        .map(|align| align.align_size_within_rect(size, plot.shrink(INSIDE)))
}

/// Which of the places hides least.
fn least(places: &[Rect; 6], hidden: impl Fn(Rect) -> f32) -> Option<usize> {
    (0..places.len()).min_by(|a, b| hidden(places[*a]).total_cmp(&hidden(places[*b])))
}

/// A button with the entries from the `fit`th one on behind it.
fn behind_ui(ui: &mut Ui, items: &[Key], fit: usize) -> Option<usize> {
    let more = ui.menu_button("…", |ui| list_ui(ui, &items[fit..]));
    let names: Vec<&str> = items[fit..].iter().map(|item| item.name.as_str()).collect();
    more.response.on_hover_text(names.join(", "));
    more.inner.flatten().map(|k| fit + k)
}

/// The entries above one another. Returns the place of one that was clicked to show or hide it.
pub(super) fn list_ui(ui: &mut Ui, items: &[Key]) -> Option<usize> {
    let mut clicked = None;
    for (k, item) in items.iter().enumerate() {
        if item_ui(ui, item) {
            clicked = Some(k);
        }
    }
    clicked
}

/// Width of the button that entries wait behind, in points.
const BUTTON: f32 = 28.0;
/// Room around a legend in a plot, in points.
const INSIDE: f32 = 6.0;

/// How many entries fit into what is in sight of the line, with room for the button if it is not all of them.
fn fitting(ui: &Ui, items: &[Key]) -> usize {
    let room = ui.clip_rect().right() - ui.cursor().left();
    let gap = ui.spacing().item_spacing.x;
    let font = egui::TextStyle::Small.resolve(ui.style());
    let width = |item: &Key| {
        let words = ui.painter().layout_no_wrap(item.name.clone(), font.clone(), item.color);
        SWATCH.x + 4.0 + words.size().x + gap
    };
    let ends: Vec<f32> = items
        .iter()
        .scan(0.0, |end, item| {
            *end += width(item);
            Some(*end)
        })
        .collect();
    if ends.last().is_none_or(|end| *end <= room) {
        return items.len();
    }
    ends.iter().take_while(|end| **end + BUTTON <= room).count()
}

/// Whether it was clicked.
fn item_ui(ui: &mut Ui, item: &Key) -> bool {
    let Some(on) = item.on else {
        let response = entry_ui(ui, item.shape, &item.name, item.color, Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &item.name));
        return false;
    };
    let color = if on { item.color } else { item.color.gamma_multiply(0.25) };
    let response = entry_ui(ui, item.shape, &item.name, color, Sense::click());
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, &item.name));
    response.clicked()
}

/// A mark and its name in one piece, so that they stay together when the line breaks.
fn entry_ui(ui: &mut Ui, shape: Shape, name: &str, color: Color32, sense: Sense) -> egui::Response {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let words = ui.painter().layout_no_wrap(name.to_owned(), font, ui.visuals().text_color());
    let size = vec2(SWATCH.x + 4.0 + words.size().x, words.size().y.max(SWATCH.y));
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let (left, right) = rect.split_left_right_at_x(rect.left() + SWATCH.x);
    let place = left.shrink2(vec2(0.0, (left.height() - SWATCH.y) / 2.0));
    ui.painter().extend(swatch(shape, place, color));
    if matches!(shape, Shape::Bars(_)) {
        // Pale colours need an edge.
        let edge = Stroke::new(0.5, super::theme::muted(ui.visuals()));
        ui.painter().rect_stroke(boxed(place), 0.0, edge, egui::StrokeKind::Inside);
    }
    let at = pos2(right.left() + 4.0, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, ui.visuals().text_color());
    response
}

/// The box that stands for bars and areas.
fn boxed(swatch: Rect) -> Rect {
    Rect::from_center_size(swatch.center(), Vec2::splat(9.0))
}

fn swatch(shape: Shape, rect: Rect, color: Color32) -> Vec<egui::Shape> {
    let (middle, ends) = (rect.center(), [rect.left_center(), rect.right_center()]);
    let polygon = |corners: &[Vec2]| {
        vec![egui::Shape::convex_polygon(corners.iter().map(|d| middle + *d).collect(), color, Stroke::NONE)]
    };
    match shape {
        Shape::Line(width) => vec![egui::Shape::line_segment(ends, Stroke::new(width.clamp(1.0, 3.0), color))],
        Shape::Dashed(_) => egui::Shape::dashed_line(&ends, Stroke::new(2.0, color), 5.0, 2.0),
        Shape::Loose(_) => egui::Shape::dashed_line(&ends, Stroke::new(2.0, color), 7.0, 4.0),
        Shape::Dotted(_) => egui::Shape::dotted_line(&ends, color, 3.0, 1.0),
        Shape::Dots(_) => [0.2, 0.8]
            .into_iter()
            .map(|t| egui::Shape::circle_filled(pos2(rect.left() + t * rect.width(), middle.y), 2.5, color))
            .collect(),
        Shape::Rings(_) => vec![egui::Shape::circle_stroke(middle, 3.5, Stroke::new(1.5, color))],
        Shape::Crosses(_) => [vec2(4.0, 0.0), vec2(0.0, 4.0)]
            .map(|d| egui::Shape::line_segment([middle - d, middle + d], Stroke::new(2.0, color)))
            .to_vec(),
        Shape::Triangles(_) => polygon(&[vec2(-4.0, -4.0), vec2(4.0, -4.0), vec2(0.0, 4.0)]),
        Shape::Bars(_) => vec![egui::Shape::rect_filled(boxed(rect), 0.0, color)],
        Shape::Squares(_) | Shape::Ticks => {
            vec![egui::Shape::rect_filled(Rect::from_center_size(middle, Vec2::splat(5.0)), 0.0, color)]
        }
        Shape::Diamonds(_) => polygon(&[vec2(0.0, -4.0), vec2(4.0, 0.0), vec2(0.0, 4.0), vec2(-4.0, 0.0)]),
    }
}
