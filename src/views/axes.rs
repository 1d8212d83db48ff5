//! Where numbers, words and grid lines stand on the axes of a plot.

use std::ops::RangeInclusive;

use egui::{Color32, Rangef, RichText, TextStyle, Ui};
use egui_plot::{AxisHints, GridInput, GridMark};

/// Numbers that an axis should have at most, if there is room.
const WANTED: f32 = 8.0;
/// Grid lines at most, however far someone zooms out.
const MOST_MARKS: i64 = 400;

/// Smallest distance of grid lines of egui_plot, in points: what the base step of a grid stands for.
pub(super) const GRID: f32 = 8.0;
/// Distance of two numbers on a logarithmic axis from which on both are written, in points.
pub(super) const LOG_APART: Rangef = Rangef { min: 15.0, max: 15.1 };

/// Smallest distance of two numbers on the x axis of a plot that takes what is left of `ui`, in points.
pub(super) fn apart_across(ui: &Ui) -> f32 {
    (ui.available_width() / WANTED).clamp(36.0, 80.0)
}

/// The same on the y axis.
pub(super) fn apart_upward(ui: &Ui) -> f32 {
    (ui.available_height() / WANTED).clamp(16.0, 40.0)
}

/// Numbers that are closer are left out, those that are not are written in full.
fn from(apart: f32) -> Rangef {
    Rangef { min: 0.98 * apart, max: 0.981 * apart }
}

/// Height of the numbers and the label below a plot, in points.
pub(super) const X_AXIS: f32 = 38.0;

/// An x axis with a label and as many numbers as fit.
pub(super) fn x_axis<'a>(ui: &Ui, label: impl AsRef<str>) -> AxisHints<'a> {
    AxisHints::new_x().label(fitted(ui, label.as_ref())).label_spacing(from(apart_across(ui))).formatter(number)
}

/// An x axis whose numbers count from `origin`.
pub(super) fn x_axis_from<'a>(ui: &Ui, label: &str, origin: f64) -> AxisHints<'a> {
    let from_origin = move |mark: GridMark, range: &RangeInclusive<f64>| {
        number(GridMark { value: mark.value - origin, ..mark }, range)
    };
    x_axis(ui, label).formatter(from_origin)
}

/// A label in letters that are small enough for the width, and cut where even those are too many.
fn fitted(ui: &Ui, label: &str) -> RichText {
    let room = ui.available_width();
    let width = |label: &str, style: TextStyle| {
        let font = style.resolve(ui.style());
        ui.painter().layout_no_wrap(label.to_owned(), font, Color32::WHITE).size().x
    };
    if width(label, TextStyle::Body) <= room {
        return RichText::new(label);
    }
    let mut short = label.to_owned();
    while width(&short, TextStyle::Small) > room && short.chars().count() > 2 {
        short = short.chars().take(short.chars().count() - 2).chain(['…']).collect();
    }
    RichText::new(short).small()
}

/// As [`one_two_five`], for numbers that count from `origin`.
pub(super) fn one_two_five_from(input: &GridInput, apart: f32, origin: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let mut marks = one_two_five(&GridInput { bounds: (low - origin, high - origin), ..*input }, apart);
    for mark in &mut marks {
        mark.value += origin;
    }
    marks
}

/// A y axis with a label and as many numbers as fit. A label that is longer than the axis lies above the plot instead.
pub(super) fn y_axis<'a>(ui: &mut Ui, label: &str, height: f32) -> AxisHints<'a> {
    let axis = AxisHints::new_y().label_spacing(from(apart_upward(ui))).formatter(number);
    let font = TextStyle::Body.resolve(ui.style());
    let length = ui.painter().layout_no_wrap(label.to_owned(), font, Color32::WHITE).size().x;
    if length <= height - X_AXIS + 8.0 {
        return axis.label(label);
    }
    ui.add(egui::Label::new(RichText::new(label).small()).truncate());
    axis
}

/// Numbers at 1, 2 or 5 times a power of ten, as close as they may be with `apart` points between them, and finer lines
/// without numbers in between.
pub(super) fn one_two_five(input: &GridInput, apart: f32) -> Vec<GridMark> {
    let least = input.base_step_size * f64::from(apart / GRID);
    let (low, high) = input.bounds;
    let coarse = nice(least);
    // Between 0 and 2 lies 1; everything else is divided by five.
    let parts = if coarse.log10().rem_euclid(1.0) > 0.2 && coarse.log10().rem_euclid(1.0) < 0.4 { 2 } else { 5 };
    let fine = coarse / parts as f64;
    let (first, last) = ((low / fine - 1e-9).ceil(), (high / fine + 1e-9).floor());
    if !(first.is_finite() && last.is_finite()) || last - first > MOST_MARKS as f64 {
        return Vec::new();
    }
    (first as i64..=last as i64)
        .map(|k| GridMark { value: k as f64 * fine, step_size: if k % parts == 0 { coarse } else { fine } })
        .collect()
}

/// The smallest of 1, 2, 5, 10, … times a power of ten that is not below `x`.
pub(super) fn nice(x: f64) -> f64 {
    let power = 10f64.powf(x.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|&step| step >= x * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A number with as many decimals as its step needs.
fn number(mark: GridMark, _range: &RangeInclusive<f64>) -> String {
    let decimals = (-mark.step_size.log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
    format!("{:.decimals$}", mark.value + 0.0)
}

/// Lines at 1, 2 and 5 times every power of ten, for values that are shown as their logarithm.
pub(super) fn decades(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = (input.bounds.0.floor().max(-20.0) as i32, input.bounds.1.ceil().min(20.0) as i32);
    let decade = |k: i32| [(1.0f64, 1.0), (2.0, 0.3), (5.0, 0.3)].map(|(m, step)| (f64::from(k) + m.log10(), step));
    let inside = |mark: &GridMark| (input.bounds.0..=input.bounds.1).contains(&mark.value);
    (low..=high).flat_map(decade).map(|(value, step_size)| GridMark { value, step_size }).filter(inside).collect()
}

/// The number whose logarithm is `log`, without needless digits.
pub(super) fn from_log(log: f64) -> String {
    let decimals = (-log - 1e-9).ceil().clamp(0.0, 9.0) as usize;
    format!("{:.decimals$}", 10f64.powf(log))
}

/// The same, in thousands and millions: 500, 2k, 1M.
pub(super) fn thousands(log: f64) -> String {
    let (unit, less) = [("M", 6.0), ("k", 3.0)].into_iter().find(|(_, at)| log > at - 0.01).unwrap_or(("", 0.0));
    format!("{}{unit}", from_log(log - less))
}

/// A y axis that only keeps room for names of that width, in points.
pub(super) fn room_for_names<'a>(width: f32) -> AxisHints<'a> {
    AxisHints::new_y().min_thickness(width + 10.0).formatter(|_, _| String::new())
}

/// Marks at those of these places that are in sight, `apart` from one another.
pub(super) fn marks_at(input: &GridInput, places: &[f64], apart: f64) -> Vec<GridMark> {
    let inside = |value: &f64| (input.bounds.0..=input.bounds.1).contains(value);
    places.iter().copied().filter(inside).map(|value| GridMark { value, step_size: apart }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(low: f64, high: f64) -> Vec<String> {
        let marks = one_two_five(&GridInput { bounds: (low, high), base_step_size: (high - low) / 6.0 }, GRID);
        let coarse = marks.iter().map(|m| m.step_size).fold(0.0, f64::max);
        marks.into_iter().filter(|m| m.step_size >= coarse).map(|m| number(m, &(low..=high))).collect()
    }

    #[test]
    fn numbers_are_round_and_neither_too_few_nor_too_many() {
        assert_eq!(numbers(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(numbers(0.0, 9.0), ["0", "2", "4", "6", "8"]);
        assert_eq!(numbers(0.0, 40.0), ["0", "10", "20", "30", "40"]);
        assert_eq!(numbers(-75.0, 75.0), ["-50", "0", "50"]);
        for range in [[0.0, 0.0], [f64::NAN, 1.0], [-1e300, 1e300], [5.0, 5.0 + 1e-18], [f64::NEG_INFINITY, 0.0]] {
            assert!(numbers(range[0], range[1]).len() < 30, "{range:?}");
        }
    }

    #[test]
    fn a_narrow_axis_has_fewer_numbers_rather_than_none() {
        // 100 units over 175 points, as on a small screen: grid lines at 8 points are 4.57 units apart.
        let input = GridInput { bounds: (-50.0, 50.0), base_step_size: 100.0 / 175.0 * f64::from(GRID) };
        let coarse = one_two_five(&input, 36.0).iter().map(|m| m.step_size).fold(0.0, f64::max);
        assert!((coarse - 50.0).abs() < 1e-9, "{coarse}");
        assert!(coarse / 100.0 * 175.0 >= 36.0);
    }

    #[test]
    fn decades_are_named_without_needless_digits() {
        let marks = decades(&GridInput { bounds: (-1.5, 0.2), base_step_size: 0.1 });
        let names: Vec<String> = marks.iter().map(|m| from_log(m.value)).collect();
        assert_eq!(names, ["0.05", "0.1", "0.2", "0.5", "1"]);
    }
}
