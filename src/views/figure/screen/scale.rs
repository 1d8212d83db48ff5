//! Bars of colours with numbers, name and unit, beside what they explain.

use egui::{Align2, Color32, FontId, Painter, Rect, pos2, vec2};

use crate::views::figure::Scale;
use crate::views::{elided, theme};

/// Room that bars need at the right of a plot, in points.
pub(in crate::views) const SCALES: f32 = 72.0;
/// Plots that are narrower keep all their width.
const NARROW: f32 = 200.0;
/// Width of a bar.
const BAR: f32 = 10.0;
/// Distance of a bar from the plot, and of its numbers from the bar.
const APART: f32 = 6.0;
/// Distance of two numbers.
const NUMBERS: f32 = 24.0;
/// A bar that is lower says nothing.
const LEAST: f32 = 24.0;

/// The room that bars take of a plot of that width.
pub(in crate::views) fn room_for(scales: &[&Scale], width: f32) -> f32 {
    if scales.is_empty() || width < NARROW { 0.0 } else { SCALES }
}

/// The bars above one another within `area`.
pub(in crate::views) fn draw_scales(painter: &Painter, area: Rect, scales: &[&Scale], visuals: &egui::Visuals) {
    let each = area.height() / scales.len().max(1) as f32;
    for (k, scale) in scales.iter().enumerate() {
        let top = area.top() + k as f32 * each + if k > 0 { APART } else { 0.0 };
        let bottom = area.top() + (k as f32 + 1.0) * each - if k + 1 < scales.len() { APART } else { 0.0 };
        if bottom - top >= LEAST {
            let place = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), bottom));
            draw_scale(painter, place, scale, visuals);
        }
    }
}

fn draw_scale(painter: &Painter, area: Rect, scale: &Scale, visuals: &egui::Visuals) {
    let bar = Rect::from_min_size(area.min + vec2(APART, 0.0), vec2(BAR, area.height()));
    let step = bar.height() / scale.colors.len().max(1) as f32;
    let mut mesh = egui::Mesh::default();
    for (k, color) in scale.colors.iter().enumerate() {
        let from = pos2(bar.left(), bar.bottom() - (k as f32 + 1.0) * step);
        mesh.add_colored_rect(Rect::from_min_size(from, vec2(BAR, step)), *color);
    }
    painter.add(mesh);
    let font = FontId::proportional(theme::SMALL);
    let marks = scale.marks(f64::from(bar.height()), f64::from(NUMBERS));
    for (part, words) in marks {
        let y = bar.bottom() - part as f32 * bar.height();
        // The numbers at the ends stay beside the bar.
        let anchor = match part {
            0.0 => Align2::LEFT_BOTTOM,
            1.0 => Align2::LEFT_TOP,
            _ => Align2::LEFT_CENTER,
        };
        painter.text(pos2(bar.right() + 0.5 * APART, y), anchor, words, font.clone(), visuals.text_color());
    }
    // Upward, as the name of an axis.
    let width = |name: &str| painter.layout_no_wrap(name.to_owned(), font.clone(), Color32::PLACEHOLDER).size().x;
    let name = if width(&scale.name) <= bar.height() { &scale.name } else { without_unit(&scale.name) };
    let name = elided(painter, name, font, Color32::PLACEHOLDER, bar.height());
    let at = pos2(area.right() - name.size().y, bar.center().y + name.size().x / 2.0);
    let name = egui::epaint::TextShape::new(at, name, visuals.weak_text_color());
    painter.add(name.with_angle(-std::f32::consts::FRAC_PI_2));
}

/// The name alone.
fn without_unit(name: &str) -> &str {
    name.rsplit_once([',', '，']).map_or(name, |(name, _)| name)
}
