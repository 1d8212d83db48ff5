//! SI inside; µs, %, LSB at the edge.
//!
//! Every conversion between what is computed with and what is shown or typed
//! goes through [`Unit`].

/// How a quantity is shown and typed. Inside the program it is always SI, and a share is a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A pure number.
    None,
    /// Seconds inside, microseconds of hardware time at the edge.
    Microseconds,
    /// A fraction inside, percent of the nominal value at the edge.
    PercentOfNominal,
    /// A fraction of the leak-to-threshold distance inside, percent of it at the edge.
    PercentOfThresholdDistance,
    /// Least significant bits of the 8-bit readout.
    Lsb,
    /// Hertz inside, million events per second at the edge.
    MillionEventsPerSecond,
    /// A fraction inside, percent at the edge.
    Percent,
    /// Degrees of rotation.
    Degrees,
    /// A difference of temperature.
    Kelvin,
}

impl Unit {
    /// Number at the edge per SI number inside.
    pub fn per_si(self) -> f64 {
        match self {
            Self::Microseconds => 1e6,
            Self::PercentOfNominal | Self::PercentOfThresholdDistance | Self::Percent => 100.0,
            Self::MillionEventsPerSecond => 1e-6,
            Self::None | Self::Lsb | Self::Degrees | Self::Kelvin => 1.0,
        }
    }

    /// Short suffix that follows the number, with its leading space; empty for pure numbers.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Microseconds => " µs",
            Self::PercentOfNominal | Self::PercentOfThresholdDistance | Self::Percent => " %",
            Self::Lsb => " LSB",
            Self::MillionEventsPerSecond => " MEvent/s",
            Self::Degrees => "°",
            Self::Kelvin => " K",
        }
    }

    /// The unit in words, for tables and tooltips.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Microseconds => "µs of hardware time",
            Self::PercentOfNominal => "% of the nominal value",
            Self::PercentOfThresholdDistance => "% of the leak-to-threshold distance",
            Self::Lsb => "LSB of the 8-bit readout",
            Self::MillionEventsPerSecond => "million events per second",
            Self::Percent => "%",
            Self::Degrees => "degrees",
            Self::Kelvin => "kelvin",
        }
    }

    /// From the number inside to the number at the edge.
    pub fn shown_from_si(self, si: f64) -> f64 {
        tidy(si * self.per_si())
    }

    /// As [`Self::shown_from_si`], with as many digits as [`Self::si_from_shown`] needs to give the same bits.
    pub fn exactly_from_si(self, si: f64) -> f64 {
        let exact = si * self.per_si();
        let candidates = [tidy(exact), exact, exact.next_up(), exact.next_down()];
        candidates.into_iter().find(|shown| self.si_from_shown(*shown).to_bits() == si.to_bits()).unwrap_or(exact)
    }

    /// From the number at the edge to the number inside.
    pub fn si_from_shown(self, shown: f64) -> f64 {
        shown / self.per_si()
    }
}

/// Rounds away the last bits that a change of unit leaves behind (6.000000000000001 → 6).
fn tidy(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let magnitude = 10f64.powi(11 - x.abs().log10().floor() as i32);
    let rounded = (x * magnitude).round() / magnitude;
    if rounded.is_finite() { rounded } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_the_way_to_the_edge_and_back() {
        for unit in [Unit::None, Unit::Microseconds, Unit::PercentOfNominal, Unit::MillionEventsPerSecond] {
            for si in [0.0, 6e-6, 1.7e-6, 0.3, 125e6, -0.125] {
                let back = unit.si_from_shown(unit.shown_from_si(si));
                assert!((back - si).abs() <= 1e-11 * si.abs(), "{unit:?} {si} {back}");
            }
        }
    }

    #[test]
    fn six_microseconds_read_as_six() {
        assert_eq!(Unit::Microseconds.shown_from_si(6e-6).to_string(), "6");
        assert_eq!(Unit::Microseconds.shown_from_si(1.7e-6).to_string(), "1.7");
    }
}
