//! Surfaces, text, distances and corners of both themes: one step of surface between panel and plot in place of lines,
//! one accent for what is active, one radius, distances of eight points or parts of them.

#![expect(clippy::disallowed_methods, reason = "this is where colours are defined")]

use egui::style::{WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, Visuals, vec2};

/// The distance that others are multiples or halves of, in points.
pub const UNIT: f32 = 8.0;
/// Radius of the corners of buttons, cards and windows, in points.
pub const RADIUS: u8 = 4;
/// Duration of what moves, s.
pub const MOTION: f32 = 0.15;

/// The colours of a theme that are not data.
pub(super) struct Surfaces {
    /// Panels, toolbars, heads of views.
    pub(super) panel: Color32,
    /// Plots and fields to type into.
    pub(super) plot: Color32,
    /// Windows, menus and tooltips.
    pub(super) window: Color32,
    pub(super) text: Color32,
    /// Titles and what is active.
    pub(super) strong: Color32,
    /// Units, captions, what explains.
    pub(super) weak: Color32,
    pub(super) grid: Color32,
    /// Buttons at rest, under the pointer and pressed.
    buttons: [Color32; 3],
    /// What is chosen.
    accent: Color32,
    /// Words and marks on the accent.
    pub(super) on_accent: Color32,
    /// Words that can be clicked.
    link: Color32,
}

impl Surfaces {
    pub(super) fn of(dark: bool) -> Self {
        let gray = Color32::from_gray;
        if dark {
            Self {
                panel: Color32::from_rgb(30, 31, 34),
                plot: Color32::from_rgb(22, 23, 25),
                window: Color32::from_rgb(38, 39, 43),
                text: gray(222),
                strong: gray(250),
                weak: gray(160),
                grid: Color32::from_rgb(48, 50, 54),
                buttons: [Color32::from_rgb(50, 52, 57), Color32::from_rgb(64, 66, 72), Color32::from_rgb(78, 80, 88)],
                accent: Color32::from_rgb(58, 84, 148),
                on_accent: Color32::WHITE,
                link: Color32::from_rgb(120, 180, 255),
            }
        } else {
            Self {
                panel: Color32::from_rgb(243, 244, 246),
                plot: Color32::WHITE,
                window: gray(252),
                text: gray(32),
                strong: Color32::BLACK,
                weak: gray(90),
                grid: gray(217),
                buttons: [
                    Color32::from_rgb(226, 228, 232),
                    Color32::from_rgb(212, 215, 221),
                    Color32::from_rgb(196, 200, 208),
                ],
                accent: Color32::from_rgb(190, 208, 246),
                on_accent: Color32::from_rgb(16, 30, 70),
                link: Color32::from_rgb(0, 90, 180),
            }
        }
    }

    fn visuals(&self, usual: Visuals) -> Visuals {
        let line = Stroke::new(1.0, self.grid);
        let widget = |usual: WidgetVisuals, fill: Color32, edge: Stroke, words: Color32| WidgetVisuals {
            weak_bg_fill: fill,
            bg_fill: fill,
            bg_stroke: edge,
            fg_stroke: Stroke::new(usual.fg_stroke.width.min(1.5), words),
            corner_radius: CornerRadius::same(RADIUS),
            expansion: 0.0,
        };
        let Widgets { noninteractive, inactive, hovered, active, open } = usual.widgets;
        let [rest, under, pressed] = self.buttons;
        let shadow = |usual: Shadow| Shadow { offset: [0, 4], blur: 16, ..usual };
        Visuals {
            widgets: Widgets {
                noninteractive: widget(noninteractive, self.panel, line, self.text),
                inactive: widget(inactive, rest, Stroke::NONE, self.text),
                hovered: widget(hovered, under, Stroke::new(1.0, self.weak), self.strong),
                active: widget(active, pressed, Stroke::new(1.0, self.weak), self.strong),
                open: widget(open, under, line, self.strong),
            },
            selection: egui::style::Selection { bg_fill: self.accent, stroke: Stroke::new(1.0, self.on_accent) },
            weak_text_color: Some(self.weak),
            hyperlink_color: self.link,
            extreme_bg_color: self.plot,
            text_edit_bg_color: Some(self.plot),
            code_bg_color: self.plot,
            panel_fill: self.panel,
            window_fill: self.window,
            window_stroke: line,
            window_corner_radius: CornerRadius::same(RADIUS),
            menu_corner_radius: CornerRadius::same(RADIUS),
            window_shadow: shadow(usual.window_shadow),
            popup_shadow: shadow(usual.popup_shadow),
            slider_trailing_fill: true,
            handle_shape: egui::style::HandleShape::Rect { aspect_ratio: 0.4 },
            indent_has_left_vline: false,
            ..usual
        }
    }
}

/// Visuals of the dark theme.
pub fn dark() -> Visuals {
    Surfaces::of(true).visuals(Visuals::dark())
}

/// Visuals of the light theme.
pub fn light() -> Visuals {
    Surfaces::of(false).visuals(Visuals::light())
}

/// Lines of the grid of a plot.
pub fn grid(visuals: &Visuals) -> Color32 {
    Surfaces::of(visuals.dark_mode).grid
}

/// Distances in both themes.
pub(super) fn spacing(style: &mut Style) {
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(UNIT, 0.5 * UNIT);
    spacing.button_padding = vec2(0.75 * UNIT, 0.25 * UNIT);
    spacing.window_margin = Margin::same(12);
    spacing.menu_margin = Margin::same(8);
    spacing.indent = 2.0 * UNIT;
    style.animation_time = MOTION;
}

#[cfg(test)]
mod tests {
    use super::super::{alarm, ghost, lane_color, muted, selected, shifted, twin};
    use super::*;
    use crate::params::Lane;

    /// Red, green and blue, proportional to light: the transfer function of sRGB, IEC 61966-2-1.
    fn linear(color: Color32) -> [f64; 3] {
        [color.r(), color.g(), color.b()].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Contrast as WCAG 2.2 defines it, 1…21.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let light = |color| linear(color).iter().zip([0.2126, 0.7152, 0.0722]).map(|(c, part)| c * part).sum::<f64>();
        let (a, b) = (light(a) + 0.05, light(b) + 0.05);
        a.max(b) / a.min(b)
    }

    type Matrix = [[f64; 3]; 3];

    fn times(matrix: &Matrix, v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(v).map(|(m, x)| m * x).sum())
    }

    /// CIE 1976 L*a*b* under D65, of light through the eyes that `sight` stands for.
    fn seen(color: Color32, sight: &Matrix) -> [f64; 3] {
        const XYZ: Matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let light = times(sight, linear(color)).map(|x| x.clamp(0.0, 1.0));
        let [x, y, z] = times(&XYZ, light);
        let f = |x: f64| if x > 0.008_856 { x.cbrt() } else { 7.787 * x + 16.0 / 116.0 };
        let [x, y, z] = [f(x / 0.9505), f(y), f(z / 1.089)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        // WCAG 2.2: black on white has 21 : 1; #767676 is the lightest grey with 4.5 : 1 on white.
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
        assert!((4.5..4.6).contains(&contrast(Color32::from_gray(0x76), Color32::WHITE)));
        assert!(contrast(Color32::from_gray(0x77), Color32::WHITE) < 4.5);
    }

    #[test]
    fn weak_text_is_legible_everywhere_and_marks_stand_out_from_plots_in_both_themes() {
        for visuals in [dark(), light()] {
            let theme = Surfaces::of(visuals.dark_mode);
            for surface in [theme.panel, theme.plot, theme.window] {
                assert!(contrast(visuals.weak_text_color(), surface) >= 4.5);
                assert!(contrast(visuals.text_color(), surface) >= 7.0);
                assert!(contrast(alarm(&visuals), surface) >= 4.5);
                assert!(contrast(visuals.hyperlink_color, surface) >= 4.5);
                for lane in Lane::ALL {
                    assert!(contrast(lane_color(lane, &visuals), surface) >= 3.0, "{lane:?} on {surface:?}");
                }
            }
            for mark in [ghost, muted, twin, shifted, selected] {
                assert!(contrast(mark(&visuals), theme.plot) >= 3.0);
            }
            assert!(contrast(visuals.selection.stroke.color, visuals.selection.bg_fill) >= 4.5);
        }
    }

    #[test]
    fn the_grid_is_there_without_competing_with_data_and_a_plot_is_one_step_off_its_panel() {
        for visuals in [dark(), light()] {
            let theme = Surfaces::of(visuals.dark_mode);
            let lines = contrast(grid(&visuals), theme.plot);
            assert!((1.3..1.5).contains(&lines), "{lines}");
            let step = contrast(theme.panel, theme.plot);
            assert!((1.05..1.2).contains(&step), "{step}");
        }
    }

    /// What is left of colours without one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1.
    #[test]
    fn lanes_are_told_apart_by_colour_blind_eyes_and_by_their_lines() {
        const USUAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        const PROTAN: Matrix = [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ];
        const DEUTAN: Matrix =
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];
        const TRITAN: Matrix = [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ];
        for visuals in [dark(), light()] {
            for (sight, least) in [(USUAL, 40.0), (PROTAN, 20.0), (DEUTAN, 20.0), (TRITAN, 10.0)] {
                for (k, a) in Lane::ALL.into_iter().enumerate() {
                    for b in Lane::ALL.into_iter().take(k) {
                        let (p, q) = (seen(lane_color(a, &visuals), &sight), seen(lane_color(b, &visuals), &sight));
                        let apart = p.iter().zip(q).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
                        assert!(apart >= least, "{a:?} and {b:?}: {apart:.1}");
                    }
                }
            }
        }
        let styles = Lane::ALL.map(|lane| super::super::lane_shape(lane, 2.0));
        assert!(styles.iter().enumerate().all(|(k, style)| !styles[..k].contains(style)));
    }
}
