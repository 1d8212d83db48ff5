//! Voltages as all views say them: times the distance from leak to threshold, with what that is for the converter.

use super::Seen;
use crate::params::NetworkParams;
use crate::session::messages::Spread;
use crate::text::Text;

/// Name and unit of an axis of voltages.
pub(super) fn volts(seen: &Seen<'_>) -> String {
    format!("{} ({:.0} LSB)", seen.text.voltage_axis, seen.snapshot.params.network.lsb_per_unit())
}

/// The unit of a parameter.
pub(super) fn unit_of(spread: &Spread, text: &Text, network: &NetworkParams) -> String {
    if spread.is_potential() {
        format!("{} ({:.0} LSB)", text.export.repeated[2], network.lsb_per_unit())
    } else {
        spread.unit.trim().to_owned()
    }
}

/// A voltage above the leak in words, with its sign where it is a difference.
pub(super) fn said(v: f64, is_difference: bool, text: &Text, lsb: f64) -> String {
    let sign = if is_difference && v >= 0.0 { "+" } else { "" };
    format!("{sign}{v:.3} {} ({sign}{:.0} LSB)", text.export.repeated[2], v * lsb)
}

/// What a neuron got of a parameter, with its unit.
pub fn value(spread: &Spread, actual: f64, text: &Text, network: &NetworkParams) -> String {
    if spread.is_potential() {
        said(actual, false, text, network.lsb_per_unit())
    } else {
        format!("{actual:.2}{}", spread.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use crate::text::{EN, ZH};

    #[test]
    fn potentials_are_in_thresholds_with_the_codes_in_brackets_and_other_parameters_in_their_units() {
        let network = Params::default().network;
        let threshold = Spread { unit: " × threshold", nominal: 1.0, ..Spread::default() };
        assert_eq!(unit_of(&threshold, &EN, &network), "× threshold (70 LSB)");
        assert_eq!(unit_of(&threshold, &ZH, &network), "× 阈值 (70 LSB)");
        assert_eq!(value(&threshold, 0.9, &EN, &network), "0.900 × threshold (63 LSB)");
        assert_eq!(said(0.1, true, &EN, 70.0), "+0.100 × threshold (+7 LSB)");
        assert_eq!(said(-2.473, false, &EN, 70.0), "-2.473 × threshold (-173 LSB)");
        let offset = Spread { unit: " LSB", ..Spread::default() };
        assert_eq!(
            (unit_of(&offset, &EN, &network), value(&offset, -3.5, &EN, &network)),
            ("LSB".into(), "-3.50 LSB".into())
        );
    }
}
