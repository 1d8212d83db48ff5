//! What colours mean: a bar of them with numbers, name and unit.

use egui::Color32;

use crate::views::axes;

/// Colours of a bar.
const STEPS: u32 = 32;
/// Codes outside of this share of all have the colour of the end of the range.
const IN_USE: f64 = 0.995;
/// The range of codes in use is a multiple of this, so that it does not change with every batch.
const CODES: f64 = 4.0;

/// The colours of a quantity from one value to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// What is coloured, with its unit.
    pub name: String,
    /// The values at both ends.
    pub ends: [f64; 2],
    /// From the first end to the other.
    pub colors: Vec<Color32>,
    /// Whether values below and above the ends have the colours of the ends.
    pub beyond: [bool; 2],
}

impl Scale {
    /// The colours of all values from `low` to `high`.
    pub(in crate::views) fn new(name: &str, [low, high]: [f64; 2], color: impl Fn(f64) -> Color32) -> Self {
        let at = |k: u32| color(low + (high - low) * f64::from(k) / f64::from(STEPS - 1));
        Self { name: name.into(), ends: [low, high], colors: (0..STEPS).map(at).collect(), beyond: [false; 2] }
    }

    /// Says at the ends that some of these values are beyond.
    pub(in crate::views) fn of(self, values: impl Iterator<Item = f64>) -> Self {
        let [low, high] = self.ends;
        let far = values.fold([false; 2], |[below, above], v| [below || v < low, above || v > high]);
        Self { beyond: far, ..self }
    }

    /// Numbers along a bar of that length that are at least `apart` from one another, the ends among them: where, as a
    /// part of the length, and what.
    pub(in crate::views) fn marks(&self, length: f64, apart: f64) -> Vec<(f64, String)> {
        let [low, high] = self.ends;
        let range = high - low;
        if !(range > 0.0 && range.is_finite()) {
            return vec![(0.0, rounded(low, 1.0))];
        }
        let step = axes::nice(range * apart / length.max(apart));
        let part = |value: f64| (value - low) / range;
        let near = 0.9 * apart / length.max(1.0);
        let whole = (low / step).ceil()..=(high / step).floor();
        let inner = (0..=(whole.end() - whole.start()).clamp(-1.0, 99.0) as i64)
            .map(|k| (whole.start() + k as f64) * step)
            .filter(|value| part(*value) > near && part(*value) < 1.0 - near);
        let [below, above] = self.beyond.map(|beyond| if beyond { ["≤ ", "≥ "] } else { [""; 2] });
        let first = (0.0, format!("{}{}", below[0], rounded(low, range)));
        let last = (1.0, format!("{}{}", above[1], rounded(high, range)));
        let inner = inner.map(|value| (part(value), rounded(value, range)));
        std::iter::once(first).chain(inner).chain([last]).collect()
    }
}

/// A number with as many digits as tell places of the range apart.
fn rounded(value: f64, range: f64) -> String {
    let decimals = (2.0 - range.abs().max(1e-9).log10()).floor().clamp(0.0, 9.0) as usize;
    let words = format!("{:.decimals$}", value + 0.0);
    let words = if words.contains('.') { words.trim_end_matches('0').trim_end_matches('.') } else { &words };
    if words == "-0" { "0".into() } else { words.into() }
}

/// How far codes go, but for a few: the colours end there. Never more than `most`.
pub(in crate::views) fn range_in_use(codes: impl Iterator<Item = i16>, most: i32) -> f64 {
    let mut sizes: Vec<u16> = codes.map(i16::unsigned_abs).collect();
    sizes.sort_unstable();
    let k = (sizes.len() as f64 * IN_USE) as usize;
    let size = sizes.get(k.min(sizes.len().saturating_sub(1))).copied().unwrap_or(0);
    ((f64::from(size) / CODES).ceil() * CODES).clamp(CODES, f64::from(most.max(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(ends: [f64; 2], length: f64) -> Vec<String> {
        let scale = Scale::new("", ends, |_| Color32::BLACK);
        scale.marks(length, 20.0).into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn a_bar_says_both_ends_and_round_numbers_between_as_far_as_there_is_room() {
        assert_eq!(marks([0.0, 100.0], 120.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(marks([-24.0, 24.0], 100.0), ["-24", "-10", "0", "10", "24"]);
        assert_eq!(marks([-2.5, 2.5], 30.0), ["-2.5", "2.5"]);
        assert_eq!(marks([0.0, 1.0], 5.0), ["0", "1"]);
        assert_eq!(marks([3.0, 3.0], 50.0), ["3"]);
    }

    #[test]
    fn values_that_are_beyond_the_colours_are_told_at_their_end() {
        let scale = Scale::new("", [-8.0, 8.0], |_| Color32::BLACK).of([-3.0, 9.0].into_iter());
        let marks = scale.marks(20.0, 20.0);
        assert_eq!(marks, [(0.0, "-8".to_owned()), (1.0, "≥ 8".to_owned())]);
    }

    #[test]
    fn the_range_in_use_leaves_out_few_codes_and_never_ends_before_the_first_step() {
        let is = |codes: &[i16], most: f64| (range_in_use(codes.iter().copied(), 63) - most).abs() < 1e-9;
        let codes: Vec<i16> = (0..1000).map(|k| if k < 3 { 63 } else { k % 22 }).collect();
        assert!(is(&codes, 24.0));
        assert!(is(&[63, -63], 63.0), "no code is larger");
        assert!(is(&[0; 9], 4.0) && is(&[], 4.0));
    }
}
