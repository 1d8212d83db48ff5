//! Colours and strokes, defined once. The only place where a colour has numbers.
//!
//! Lanes use the Okabe–Ito palette, which colour-blind readers can tell apart, and a line
//! style each, so that colour never stands alone.

#![expect(clippy::disallowed_methods, reason = "this is where colours are defined")]

use egui::{Color32, Visuals};
use egui_plot::LineStyle;

use super::legend::Mark;
use crate::params::LaneKind;

/// Height of the smallest text, in points.
pub(super) const SMALL: f32 = 11.5;

/// Sizes and distances that hold in both themes.
pub fn set_up(ctx: &egui::Context) {
    ctx.all_styles_mut(|style| {
        // egui's smallest text is 9 points high; nobody in the second row reads that.
        style.text_styles.insert(egui::TextStyle::Small, egui::FontId::proportional(SMALL));
    });
}

/// The colour of a lane, legible on the theme in force.
pub fn lane_color(lane: LaneKind, visuals: &Visuals) -> Color32 {
    match (lane, visuals.dark_mode) {
        (LaneKind::Ideal, true) => Color32::from_rgb(0, 190, 140),
        (LaneKind::Ideal, false) => Color32::from_rgb(0, 130, 95),
        (LaneKind::Transferred, true) => Color32::from_rgb(240, 130, 50),
        (LaneKind::Transferred, false) => Color32::from_rgb(200, 85, 0),
        (LaneKind::InTheLoop, true) => Color32::from_rgb(86, 180, 233),
        (LaneKind::InTheLoop, false) => Color32::from_rgb(0, 105, 170),
    }
}

/// The line style of a lane.
pub fn lane_style(lane: LaneKind) -> LineStyle {
    match lane {
        LaneKind::Ideal => LineStyle::dashed_dense(),
        LaneKind::Transferred => LineStyle::dotted_dense(),
        LaneKind::InTheLoop => LineStyle::Solid,
    }
}

/// The line style of a lane in a legend.
pub(super) fn lane_mark(lane: LaneKind) -> Mark {
    match lane {
        LaneKind::Ideal => Mark::Dashed,
        LaneKind::Transferred => Mark::Dotted,
        LaneKind::InTheLoop => Mark::Line,
    }
}

/// The colour of class `k`: Okabe–Ito, then repeated darker.
pub fn class_color(k: usize, visuals: &Visuals) -> Color32 {
    const COLORS: [[u8; 3]; 10] = [
        [230, 159, 0],
        [86, 180, 233],
        [0, 158, 115],
        [213, 94, 0],
        [0, 114, 178],
        [204, 121, 167],
        [150, 140, 40],
        [120, 94, 240],
        [150, 150, 150],
        [170, 68, 85],
    ];
    let [r, g, b] = COLORS[k % COLORS.len()];
    if visuals.dark_mode { Color32::from_rgb(r, g, b) } else { darker(r, g, b) }
}

fn darker(r: u8, g: u8, b: u8) -> Color32 {
    let d = |c: u8| (f32::from(c) * 0.8) as u8;
    Color32::from_rgb(d(r), d(g), d(b))
}

/// A colour for maps: the class colour, washed out so that points on top stay visible.
pub fn map_color(k: usize, visuals: &Visuals) -> Color32 {
    class_color(k, visuals).gamma_multiply(0.55)
}

/// Threshold lines, the ideal twin and other things that help without being data.
pub fn ghost(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(150) } else { Color32::from_gray(110) }
}

/// Spikes of the ideal twin: they have to be seen next to those of the lane.
pub fn twin(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(235, 200, 90) } else { Color32::from_rgb(150, 95, 0) }
}

/// Input spikes and other secondary marks.
pub fn muted(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(175) } else { Color32::from_gray(85) }
}

/// Something went wrong.
pub fn alarm(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(255, 140, 110) } else { Color32::from_rgb(180, 40, 10) }
}

/// A pixel of an image task, 0 paper … 1 ink.
pub fn ink(level: f32, visuals: &Visuals) -> Color32 {
    let level = level.clamp(0.0, 1.0);
    let gray = if visuals.dark_mode { 25.0 + 225.0 * level } else { 245.0 - 225.0 * level };
    Color32::from_gray(gray as u8)
}
