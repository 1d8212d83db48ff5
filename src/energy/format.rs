//! Quantities in words, with no more digits than are known.

use super::Band;

const PREFIXES: [(&str, f64); 9] =
    [("p", 1e-12), ("n", 1e-9), ("µ", 1e-6), ("m", 1e-3), ("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)];

/// The prefix of a unit in which `x` is at least one, if there is such a prefix.
fn prefix(x: f64) -> (&'static str, f64) {
    let fits = |(_, scale): &&(&str, f64)| x.abs() >= 0.9995 * scale;
    PREFIXES.iter().rev().find(fits).copied().unwrap_or(if x == 0.0 { ("", 1.0) } else { PREFIXES[0] })
}

/// Two digits that count.
pub fn two_digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".into() } else { "–".into() };
    }
    let decimals = 1 - x.abs().log10().floor() as i32;
    let unit = 10f64.powi(decimals);
    let rounded = (x * unit).round() / unit;
    // Rounding up may have added a digit.
    let decimals = (1 - rounded.abs().log10().floor() as i32).max(0) as usize;
    format!("{rounded:.decimals$}")
}

/// A band as its two ends.
fn ends(band: Band, digits: impl Fn(f64) -> String) -> String {
    let (low, high) = (digits(band.low), digits(band.high));
    if low == high { low } else { format!("{low}…{high}") }
}

/// What was worked out, with two digits: `8.0 µJ`, `490…780 µJ`.
pub fn quantity(band: Band, unit: &str) -> String {
    let (prefix, scale) = prefix(band.high);
    format!("{} {prefix}{unit}", ends(band, |x| two_digits(x / scale)))
}

/// A published figure with the digits that it was published with: `18.56 µJ`.
pub fn published(band: Band, unit: &str) -> String {
    let (prefix, scale) = prefix(band.high);
    let digits = |x: f64| {
        let tidy = format!("{:.9}", x / scale);
        tidy.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    format!("{} {prefix}{unit}", ends(band, digits)).trim_end().to_owned()
}

/// A factor with two digits: `0.55…2.8`.
pub fn factor(band: Band) -> String {
    ends(band, two_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_count_and_published_figures_keep_theirs() {
        let of = |x: f64| quantity(Band::exactly(x), "J");
        assert_eq!([8.0e-6, 2.36e-6, 224e-6, 0.0, 5.6].map(of), ["8.0 µJ", "2.4 µJ", "220 µJ", "0 J", "5.6 J"]);
        assert_eq!(of(0.999_9e-3), "1.0 mJ");
        assert_eq!(quantity(Band { low: 486e-6, high: 783e-6 }, "J"), "490…780 µJ");
        assert_eq!(published(Band::exactly(18.56e-6), "J"), "18.56 µJ");
        assert_eq!(published(Band { low: 100e-6, high: 140e-6 }, "J"), "100…140 µJ");
        assert_eq!(published(Band::exactly(0.36e-6), "J"), "360 nJ");
        assert_eq!(factor(Band { low: 0.553, high: 2.77 }), "0.55…2.8");
        assert_eq!(two_digits(f64::NAN), "–");
    }
}
