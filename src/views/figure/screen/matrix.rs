//! A matrix that fills its view, with words beside its rows and below its columns.

use egui::{Align2, Color32, FontId, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{draw_scales, room_for};
use crate::views::elided;
use crate::views::figure::{Axis, Panel};
use crate::views::theme;

/// Height of a line of small letters, in points.
const LINE: f32 = 16.0;
/// The names of rows take no more of the width than that.
const MOST_BESIDE: f32 = 0.3;

/// The first matrix of a panel. Returns the row and the column below the pointer.
pub(in crate::views) fn matrix_ui(ui: &mut Ui, panel: &Panel) -> Option<(Response, usize, usize)> {
    let cells = panel.cells.first()?;
    let (rows, columns) = (cells.rows(), cells.columns);
    let scales = panel.scales();
    let all = ui.available_rect_before_wrap().shrink(2.0);
    let bars = room_for(&scales, all.width());
    let area = all.with_max_x(all.right() - bars);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let measure = ui.painter().clone();
    let width = |word: &str| measure.layout_no_wrap(word.to_owned(), font.clone(), Color32::WHITE).size().x;
    let widest = |axis: &Axis| axis.words.iter().map(|(_, word)| width(word)).fold(0.0, f32::max);
    let beside = (widest(&panel.y) + 6.0).min(area.width() * MOST_BESIDE);
    let place = Rect::from_min_max(area.min + vec2(beside, LINE), area.max - vec2(1.0, 2.0 * LINE));
    if place.width() < 4.0 || place.height() < 4.0 || cells.colors.is_empty() {
        return None;
    }
    let size = vec2(place.width() / columns as f32, place.height() / rows as f32);
    let (_, response) = ui.allocate_exact_size(all.size(), Sense::click());
    let (painter, visuals) = (ui.painter_at(all), ui.visuals().clone());
    for (k, color) in cells.colors.iter().enumerate() {
        let at = place.min + vec2((k % columns) as f32, (k / columns) as f32) * size;
        let rect = Rect::from_min_size(at, size);
        painter.rect_filled(rect.shrink(0.5), 0.0, *color);
        let value = cells.values.get(k).filter(|v| cells.written && v.is_finite());
        if let Some(value) = value.filter(|_| size.x > 24.0 && size.y > 12.0) {
            let words = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") };
            painter.text(rect.center(), Align2::CENTER_CENTER, words, font.clone(), ink(*color, &visuals));
        }
    }
    painter.rect_stroke(place, 0.0, Stroke::new(1.0, theme::ghost(&visuals)), StrokeKind::Outside);
    if bars > 0.0 {
        draw_scales(&painter, Rect::from_min_size(place.right_top(), vec2(bars, place.height())), &scales, &visuals);
    }
    let words = Words { painter: &painter, font: font.clone(), color: visuals.text_color() };
    if size.y >= 0.75 * LINE {
        for (at, word) in &panel.y.words {
            words.right(word, pos2(place.left() - 4.0, place.top() + *at as f32 * size.y), beside - 4.0);
        }
    }
    // Names that would run into each other: only some of them.
    let every = ((widest(&panel.x) + 6.0) / size.x).ceil().max(1.0) as usize;
    for (at, word) in panel.x.words.iter().step_by(every) {
        let x = place.left() + *at as f32 * size.x;
        words.middle(word, pos2(x, place.bottom() + 2.0), size.x * every as f32);
    }
    words.middle(&panel.x.name, pos2(place.center().x, area.bottom() - LINE), area.width());
    let above = elided(&painter, &panel.y.name, words.font.clone(), words.color, area.width());
    painter.galley(area.min, above, words.color);
    let at = response.hover_pos().filter(|at| place.contains(*at)).map(|at| (at - place.min) / size)?;
    Some((response, (at.y as usize).min(rows - 1), (at.x as usize).min(columns - 1)))
}

/// Black or white, whichever is better read on a colour over the background of the theme.
fn ink(color: Color32, visuals: &egui::Visuals) -> Color32 {
    let seen = visuals.panel_fill.blend(color);
    let light = u32::from(seen.r()) + 2 * u32::from(seen.g()) + u32::from(seen.b()) > 510;
    if light { Color32::BLACK } else { Color32::WHITE }
}

/// Words beside the matrix, cut where there is no room.
struct Words<'a> {
    painter: &'a egui::Painter,
    font: FontId,
    color: Color32,
}

impl Words<'_> {
    /// Left of a place.
    fn right(&self, word: &str, at: egui::Pos2, room: f32) {
        let galley = elided(self.painter, word, self.font.clone(), self.color, room);
        self.painter.galley(at - vec2(galley.size().x, galley.size().y / 2.0), galley, self.color);
    }

    /// Below a place.
    fn middle(&self, word: &str, at: egui::Pos2, room: f32) {
        let galley = elided(self.painter, word, self.font.clone(), self.color, room);
        self.painter.galley(at - vec2(galley.size().x / 2.0, 0.0), galley, self.color);
    }
}
