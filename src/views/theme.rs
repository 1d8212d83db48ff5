//! Colours and strokes, defined once. The only place where a colour has numbers.
//!
//! Lanes use the Okabe–Ito palette, which colour-blind readers can tell apart, and a line
//! style each, so that colour never stands alone.

#![expect(clippy::disallowed_methods, reason = "this is where colours are defined")]

use egui::{Color32, Visuals};

use super::figure::Shape;
use crate::params::Lane;

mod fonts;
pub mod icons;
mod motion;
mod surfaces;

pub(super) use fonts::letters;
pub use fonts::{BODY, SCORE, SMALL, set_up, strong, strong_font};
pub use motion::eased;
pub use surfaces::{MOTION, RADIUS, UNIT, dark, grid, light};

/// The colour of a lane, legible on the theme in force.
pub fn lane_color(lane: Lane, visuals: &Visuals) -> Color32 {
    match (lane, visuals.dark_mode) {
        (Lane::Ideal, true) => Color32::from_rgb(0, 190, 140),
        (Lane::Ideal, false) => Color32::from_rgb(0, 130, 95),
        (Lane::Transferred, true) => Color32::from_rgb(240, 130, 50),
        (Lane::Transferred, false) => Color32::from_rgb(200, 85, 0),
        (Lane::InTheLoop, true) => Color32::from_rgb(86, 180, 233),
        (Lane::InTheLoop, false) => Color32::from_rgb(0, 105, 170),
        (Lane::OnChip, true) => Color32::from_rgb(205, 85, 165),
        (Lane::OnChip, false) => Color32::from_rgb(110, 0, 90),
    }
}

/// How the curves of a lane are drawn, with that width.
pub(super) fn lane_shape(lane: Lane, width: f32) -> Shape {
    match lane {
        Lane::Ideal => Shape::Dashed(width),
        Lane::Transferred => Shape::Dotted(width),
        Lane::InTheLoop => Shape::Line(width),
        Lane::OnChip => Shape::Loose(width),
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

/// The colour of the `k`-th group of pinned runs: none of those that lanes have (after Tol's and Wong's palettes for
/// colour-blind readers).
pub(super) fn pinned_color(k: usize, visuals: &Visuals) -> Color32 {
    const COLORS: [[u8; 3]; 8] = [
        [240, 228, 66],
        [204, 121, 167],
        [120, 94, 240],
        [221, 204, 119],
        [170, 68, 85],
        [200, 150, 255],
        [150, 140, 40],
        [255, 170, 187],
    ];
    let [r, g, b] = COLORS[k % COLORS.len()];
    // Bright ones do not show on white.
    let dark = |c: u8| (f32::from(c) * 0.6) as u8;
    if visuals.dark_mode { Color32::from_rgb(r, g, b) } else { Color32::from_rgb(dark(r), dark(g), dark(b)) }
}

/// How the curve of the `k`-th group of pinned runs is drawn; its letter tells it apart as well.
pub(super) fn pinned_shape(k: usize, width: f32) -> Shape {
    [Shape::Line(width), Shape::Loose(width), Shape::Dotted(width), Shape::Dashed(width)][k % 4]
}

/// Threshold lines, the ideal twin and other things that help without being data.
pub fn ghost(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(150) } else { Color32::from_gray(110) }
}

/// Spikes of the ideal twin: they have to be seen next to those of the lane.
pub fn twin(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(235, 200, 90) } else { Color32::from_rgb(150, 95, 0) }
}

/// Spikes that came at another time than in the ideal twin.
pub fn shifted(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(204, 121, 200) } else { Color32::from_rgb(150, 50, 140) }
}

/// Input spikes and other secondary marks.
pub fn muted(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(175) } else { Color32::from_gray(85) }
}

/// The ring around what is pointed at, on a dimmed screen.
pub fn spot() -> Color32 {
    Color32::from_rgb(255, 205, 70)
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

/// The theme of drawings on white paper.
pub(super) fn paper() -> Visuals {
    light()
}

/// A weight that cannot grow any further, in either direction.
pub fn saturated(positive: bool, visuals: &Visuals) -> Color32 {
    match (positive, visuals.dark_mode) {
        (true, true) => Color32::from_rgb(255, 225, 120),
        (true, false) => Color32::from_rgb(130, 50, 0),
        (false, true) => Color32::from_rgb(160, 225, 255),
        (false, false) => Color32::from_rgb(0, 40, 120),
    }
}

/// From blue (−1) over the neutral colour of the theme (0) to orange (+1): told apart also by colour-blind readers.
pub fn diverging(t: f64, visuals: &Visuals) -> Color32 {
    let neutral = if visuals.dark_mode { [45.0, 45.0, 48.0] } else { [245.0, 245.0, 245.0] };
    let end = if t < 0.0 { [40.0, 130.0, 220.0] } else { [235.0, 120.0, 20.0] };
    // The root keeps small deviations visible.
    let t = if t.is_finite() { t.abs().min(1.0).sqrt() } else { 0.0 };
    let [r, g, b] = [0, 1, 2].map(|k| (neutral[k] + t * (end[k] - neutral[k])) as u8);
    Color32::from_rgb(r, g, b)
}

/// From dark violet (0) to yellow (1), after viridis; grey for what is not a number.
pub fn sequential(t: f64) -> Color32 {
    const STOPS: [[f64; 3]; 5] =
        [[68.0, 1.0, 84.0], [59.0, 82.0, 139.0], [33.0, 145.0, 140.0], [94.0, 201.0, 98.0], [253.0, 231.0, 37.0]];
    if !t.is_finite() {
        return Color32::from_gray(128);
    }
    let place = t.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let (k, part) = ((place as usize).min(STOPS.len() - 2), place - place.floor().min((STOPS.len() - 2) as f64));
    let [r, g, b] = [0, 1, 2].map(|c| (STOPS[k][c] + part * (STOPS[k + 1][c] - STOPS[k][c])) as u8);
    Color32::from_rgb(r, g, b)
}

/// What is there but not in use.
pub fn unused(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(38) } else { Color32::from_gray(228) }
}

/// A circuit that follows an input for the rule of the chip.
pub fn trace(visuals: &Visuals) -> Color32 {
    lane_color(Lane::OnChip, visuals)
}

/// The fraction of a weight, −1 … 1, quieter than a weight.
pub fn fraction(t: f64, visuals: &Visuals) -> Color32 {
    unused(visuals).lerp_to_gamma(trace(visuals), (0.15 + 0.5 * t.abs().min(1.0)) as f32)
}

/// A selected neuron.
pub fn selected(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(255, 255, 255) } else { Color32::from_rgb(0, 0, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_scales_run_from_end_to_end_and_take_anything() {
        assert_eq!(sequential(0.0), Color32::from_rgb(68, 1, 84));
        assert_eq!(sequential(1.0), Color32::from_rgb(253, 231, 37));
        assert_eq!(sequential(0.5), Color32::from_rgb(33, 145, 140));
        assert_eq!(sequential(f64::NAN), Color32::from_gray(128));
        let (dark, light) = (Visuals::dark(), Visuals::light());
        assert_eq!(diverging(-9.0, &dark), diverging(-1.0, &light));
        assert_ne!(diverging(0.0, &dark), diverging(0.0, &light));
        assert_eq!(diverging(f64::NAN, &dark), diverging(0.0, &dark));
    }
}
