//! What colours the neurons and their synapses.

use egui::{Color32, Ui};

use super::synapses::norm;
use super::weights_of;
use crate::params::{Lane, NetworkParams};
use crate::session::messages::{ChipView, LaneWeights, Snapshot};
use crate::text::Text;
use crate::views::figure::{Key, Scale, Shape, range_in_use, with_unit};
use crate::views::voltage::unit_of;
use crate::views::{combo_ui, theme};

/// What colours the neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coloured {
    /// The z-score of one parameter, by its place.
    Z(usize),
    /// What each neuron got of it, in its unit.
    Actual(usize),
    Rate,
    Norm,
    Change,
}

impl Coloured {
    /// A choice of it.
    pub(super) fn choice_ui(&mut self, ui: &mut Ui, chip: &ChipView, text: &Text) {
        let device = &text.device;
        combo_ui(ui, "chip map colour", device.colour, 120.0, self.name(chip, text), |ui| {
            for k in 0..chip.spreads.len() {
                let label = |kind: &str| format!("{}{}{kind}", Self::Z(k).name(chip, text), text.colon);
                ui.selectable_value(self, Self::Z(k), label(device.z_score.name)).on_hover_text(device.z_score.meaning);
                ui.selectable_value(self, Self::Actual(k), label(device.as_it_is));
            }
            for (coloured, named) in
                [(Self::Rate, device.rate), (Self::Norm, device.weight_norm), (Self::Change, device.weight_change)]
            {
                ui.selectable_value(self, coloured, named.name).on_hover_text(named.meaning);
            }
        });
    }

    /// What it is called.
    fn name(self, chip: &ChipView, text: &Text) -> &'static str {
        let device = &text.device;
        match self {
            Self::Z(k) | Self::Actual(k) => chip.spreads.get(k).map_or("", |s| text.word(s.label)),
            Self::Rate => device.rate.name,
            Self::Norm => device.weight_norm.name,
            Self::Change => device.weight_change.name,
        }
    }

    /// The same with its unit.
    pub(super) fn named(self, chip: &ChipView, text: &Text, network: &NetworkParams) -> String {
        let unit = match self {
            Self::Z(_) => text.device.z_score.name.to_owned(),
            Self::Actual(k) => chip.spreads.get(k).map_or_else(String::new, |s| unit_of(s, text, network)),
            Self::Rate => text.device.rate_unit.to_owned(),
            Self::Norm | Self::Change => text.device.per_neuron.to_owned(),
        };
        with_unit(self.name(chip, text), &unit)
    }

    /// The values at both ends of the colours.
    fn ends(self, values: &[Option<f64>]) -> [f64; 2] {
        match self {
            // Never narrower than the spread that the chip was made with, so that a calibrated one looks calm.
            Self::Z(_) => [-1.0, 1.0].map(|side| side * largest(values).max(1.0)),
            Self::Actual(_) => inner(values),
            _ => [0.0, largest(values)],
        }
    }

    /// One value a neuron, hidden first; `None` where there is none.
    fn values(self, snapshot: &Snapshot, lane: Lane) -> Vec<Option<f64>> {
        let chip = snapshot.chip.of(lane);
        let n = chip.sites.len();
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        match self {
            Self::Z(k) => (0..n).map(|i| chip.spreads.get(k).and_then(|s| s.z(i))).collect(),
            Self::Actual(k) => {
                let actual = chip.spreads.get(k).map(|s| s.actual.as_slice()).unwrap_or_default();
                (0..n).map(|i| actual.get(i).copied().and_then(finite)).collect()
            }
            Self::Rate => {
                let rates = snapshot.examination(lane).map(|e| e.rates.as_slice()).unwrap_or_default();
                (0..n).map(|i| rates.get(i).copied().map(f64::from).and_then(finite)).collect()
            }
            Self::Norm | Self::Change => {
                let Some(weights) = weights_of(snapshot, lane) else { return vec![None; n] };
                (0..n).map(|i| norm(weights, i, self == Self::Change)).collect()
            }
        }
    }
}

/// The neurons with their values, and what the colours are.
pub(super) struct Colours<'a> {
    coloured: Coloured,
    pub(super) values: Vec<Option<f64>>,
    ends: [f64; 2],
    network: &'a NetworkParams,
    visuals: &'a egui::Visuals,
}

impl<'a> Colours<'a> {
    pub(super) fn new(coloured: Coloured, snapshot: &'a Snapshot, lane: Lane, visuals: &'a egui::Visuals) -> Self {
        let values = coloured.values(snapshot, lane);
        Self { coloured, ends: coloured.ends(&values), values, network: &snapshot.params.network, visuals }
    }

    /// The theme that the colours are of.
    pub(super) fn visuals(&self) -> &egui::Visuals {
        self.visuals
    }

    /// The colour of a neuron.
    pub(super) fn of(&self, neuron: usize) -> Color32 {
        self.color(self.values.get(neuron).copied().flatten())
    }

    fn color(&self, value: Option<f64>) -> Color32 {
        let [low, high] = self.ends;
        match (value, self.coloured) {
            (None, _) => unknown(self.visuals),
            (Some(value), Coloured::Z(_)) => theme::diverging(value / high, self.visuals),
            (Some(value), _) => theme::sequential((value - low) / (high - low).max(1e-12)),
        }
    }

    /// The bar beside the map.
    pub(super) fn scale(&self, chip: &ChipView, text: &Text) -> Scale {
        let scale =
            Scale::new(&self.coloured.named(chip, text, self.network), self.ends, |value| self.color(Some(value)));
        scale.of(self.values.iter().copied().flatten())
    }
}

/// Neurons without a value: those of the readout have no threshold, for instance.
fn unknown(visuals: &egui::Visuals) -> Color32 {
    theme::ghost(visuals).gamma_multiply(0.5)
}

/// How far the codes of the synapses go.
pub(super) fn reach(weights: &LaneWeights, most: i32) -> f64 {
    let now = &weights.now;
    let all = now.input.iter().chain(&now.recurrent).chain(&now.readout);
    range_in_use(all.map(|code| i16::from(*code)), most)
}

/// The bar of the synapses.
pub(super) fn synapse_scale(reach: f64, weights: &LaneWeights, text: &Text, visuals: &egui::Visuals) -> Scale {
    let now = &weights.now;
    let all = now.input.iter().chain(&now.recurrent).chain(&now.readout);
    let name = with_unit(text.export.synapses, text.device.code_axis);
    Scale::new(&name, [-reach, reach], |v| theme::diverging(v / reach, visuals)).of(all.map(|code| f64::from(*code)))
}

/// What the grey boxes and the marks are.
pub(super) fn keys(chip: &ChipView, colours: &Colours<'_>, text: &Text, visuals: &egui::Visuals) -> Vec<Key> {
    let device = &text.device;
    let mut keys = vec![Key::new(Shape::Bars(1.0), device.unused, theme::unused(visuals))];
    if colours.values.iter().any(Option::is_none) {
        keys.push(Key::new(Shape::Bars(1.0), device.without_value, unknown(visuals)));
    }
    if chip.silent.contains(&true) {
        keys.push(Key::new(Shape::Crosses(5.0), device.silent, theme::alarm(visuals)));
    }
    if chip.processors.is_some() {
        keys.push(Key::new(Shape::Squares(1.5), device.trace_circuit, theme::trace(visuals)));
    }
    keys
}

/// The largest magnitude without the outer 2 %, so that one neuron does not hide all others; at least a little.
fn largest(values: &[Option<f64>]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().flatten().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let k = (sizes.len() as f64 * 0.98) as usize;
    sizes.get(k.min(sizes.len().saturating_sub(1))).copied().unwrap_or(1.0).max(1e-3)
}

/// The smallest and the largest without the outer 2 %, never the same.
fn inner(values: &[Option<f64>]) -> [f64; 2] {
    let mut all: Vec<f64> = values.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all.get(((all.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
    let (low, high) = (at(0.01).unwrap_or(0.0), at(0.99).unwrap_or(1.0));
    if high > low { [low, high] } else { [low - 1.0, low + 1.0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A calibration that leaves a tenth of the mismatch.
    #[test]
    fn z_scores_of_a_calibrated_chip_have_the_scale_of_the_chip_as_it_was_made() {
        let left: Vec<Option<f64>> = (0..100).map(|k| Some(f64::from(k - 50) / 500.0)).collect();
        let [low, high] = Coloured::Z(0).ends(&left);
        assert!((low + 1.0).abs() < 1e-12 && (high - 1.0).abs() < 1e-12, "{low} to {high}");
        let made: Vec<Option<f64>> = left.iter().map(|z| z.map(|z| 25.0 * z)).collect();
        assert!(Coloured::Z(0).ends(&made)[1] > 2.0);
    }

    #[test]
    fn one_wild_value_does_not_set_the_scale() {
        let mut values: Vec<Option<f64>> = (0..100).map(|k| Some(f64::from(k) / 100.0)).collect();
        values.push(Some(1e6));
        assert!(largest(&values) < 1.01);
        assert!((largest(&[]) - 1.0).abs() < 1e-12);
        let [low, high] = inner(&values);
        assert!((0.0..0.02).contains(&low) && (0.97..1.0).contains(&high), "{low} to {high}");
        let same = inner(&[Some(6.0); 9]);
        assert!(same[0] < 6.0 && same[1] > 6.0 && inner(&[])[0] < inner(&[])[1]);
    }
}
