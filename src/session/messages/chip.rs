//! What the views show of the chip, of many chips, and of what its neurons are worth.

use crate::params::Lane;
use crate::probes::Importance;

/// Nominal and actual parameters of all neurons in use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChipView {
    /// Serial number.
    pub number: u32,
    /// One entry a parameter.
    pub spreads: Vec<Spread>,
    /// How many of the neurons are hidden; readout neurons follow.
    pub n_hidden: usize,
    /// First circuit and number of merged circuits of every neuron, hidden first.
    pub sites: Vec<(u16, u16)>,
    /// Circuits on the chip.
    pub circuits: usize,
    /// Hidden neurons that never spike.
    pub silent: Vec<bool>,
    /// The same chip with the network that teaches itself, which sits elsewhere on it.
    pub self_taught: Option<Box<Self>>,
    /// What the processors of that chip use besides.
    pub processors: Option<Processors>,
    /// Whether Misfit did not make the chip, so that it shows no more than it wants to.
    pub is_foreign: bool,
    /// Key of the parameter and σ of what a calibration has left of the mismatch, trimmed of 5 % at both ends, in % of
    /// nominal or of the leak-to-threshold distance; empty if the chip is not calibrated.
    pub left: Vec<(&'static str, f64)>,
    /// What a foreign chip calls itself, once it has; empty for others.
    pub name: String,
}

impl ChipView {
    /// Whether trims bring the circuits nearer to nominal.
    pub fn is_calibrated(&self) -> bool {
        !self.left.is_empty()
    }

    /// The circuits as the network of a lane uses them.
    pub fn of(&self, lane: Lane) -> &Self {
        self.self_taught.as_deref().filter(|_| lane == Lane::OnChip).unwrap_or(self)
    }
}

/// What the two processors of a chip use that teaches itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Processors {
    /// Circuit of every trace, its input, and whether its channel is dead.
    pub traces: Vec<(usize, usize, bool)>,
    /// Inputs whose weights have fractions in idle rows.
    pub fraction_rows: usize,
    /// What each processor holds in its memory, bytes.
    pub memory: Vec<(&'static str, usize)>,
    /// All of it, bytes.
    pub most_memory: usize,
}

impl Processors {
    /// The input of the trace circuit there, and whether its channel is dead.
    pub fn trace_at(&self, circuit: usize) -> Option<(usize, bool)> {
        self.traces.iter().find(|trace| trace.0 == circuit).map(|&(_, input, dead)| (input, dead))
    }
}

/// Key, symbol and name of every parameter that is measured on all circuits.
pub const MEASURED: [(&str, &str, &str); 9] = [
    ("tau_mem", "τ_mem", "Membrane time constant"),
    ("tau_syn_exc", "τ_syn exc", "Synaptic time constant, excitatory"),
    ("tau_syn_inh", "τ_syn inh", "Synaptic time constant, inhibitory"),
    ("threshold", "θ", "Threshold"),
    ("leak", "V_leak", "Leak potential"),
    ("reset", "V_reset", "Reset potential"),
    ("gain_exc", "gain exc", "Excitatory gain"),
    ("gain_inh", "gain inh", "Inhibitory gain"),
    ("cadc_offset", "ADC offset", "Readout offset"),
];

/// One parameter on all circuits, in units of the edge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    /// The parameter's symbol.
    pub symbol: &'static str,
    /// The parameter's name.
    pub label: &'static str,
    /// Unit suffix.
    pub unit: &'static str,
    /// What was asked for.
    pub nominal: f64,
    /// What each neuron got.
    pub actual: Vec<f64>,
    /// What each neuron would have without its trims; empty if the chip is not calibrated.
    pub before: Vec<f64>,
}

impl Spread {
    /// The unit of potentials: times the distance from leak to threshold.
    pub const THRESHOLDS: &str = " × threshold";

    /// Whether the parameter is a potential.
    pub fn is_potential(&self) -> bool {
        self.unit == Self::THRESHOLDS
    }

    /// What a deviation is a share of: the nominal value, or the `distance` from leak to threshold, in LSB, for
    /// potentials and offsets.
    pub fn whole(&self, distance: f64) -> f64 {
        match self.unit.trim() {
            "LSB" => distance,
            _ if self.is_potential() => 1.0,
            _ => self.nominal,
        }
    }

    /// How far a neuron is off, in units of the root mean square over all neurons without trims, so that a calibrated
    /// chip has small ones; 0 where nothing is off.
    pub fn z(&self, neuron: usize) -> Option<f64> {
        let off = self.actual.get(neuron)? - self.nominal;
        let rms = self.rms();
        Some(if rms > 0.0 { off / rms } else { 0.0 }).filter(|z| z.is_finite())
    }

    /// What each neuron has without trims.
    pub fn untrimmed(&self) -> &[f64] {
        if self.before.is_empty() { &self.actual } else { &self.before }
    }

    /// Root mean square deviation from what was asked for, without trims.
    fn rms(&self) -> f64 {
        let values = self.untrimmed();
        let n = values.len().max(1) as f64;
        (values.iter().map(|a| (a - self.nominal).powi(2)).sum::<f64>() / n).sqrt()
    }
}

/// The harm of the hidden neurons of one lane, measured on a frozen copy.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportanceView {
    /// The lane.
    pub lane: Lane,
    /// Loss and accuracy with all neurons.
    pub baseline: Importance,
    /// The neurons measured so far, in order.
    pub importances: Vec<Importance>,
    /// Hidden neurons in all.
    pub n: usize,
    /// Test samples in use.
    pub samples: usize,
    /// Epochs learnt when the copy was made.
    pub epochs: f64,
}

/// The same weights on many chips.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChipsView {
    /// The lane whose weights they are.
    pub lane: Option<Lane>,
    /// Epochs learnt when the copy was made.
    pub epochs: f64,
    /// Global mismatch then, as a share.
    pub sigma: f64,
    /// The chip in use then.
    pub chip: u32,
    /// Test samples in use.
    pub samples: usize,
    /// The chips, in the order in which they are tried.
    pub chips: Vec<u32>,
    /// Test accuracy, 0…1, of those tried so far at that mismatch.
    pub accuracy: Vec<f64>,
    /// Strengths of the global mismatch, as shares, ascending.
    pub sigmas: Vec<f64>,
    /// Test accuracy at each of them, of the chips tried so far.
    pub curve: Vec<Vec<f64>>,
    /// Whether it goes on.
    pub running: bool,
}

impl ChipsView {
    /// Trials made, and trials to make.
    pub fn progress(&self) -> (usize, usize) {
        let done = self.accuracy.len() + self.curve.iter().map(Vec::len).sum::<usize>();
        (done, self.chips.len() * (1 + self.sigmas.len()))
    }
}

/// Share of the accuracies that reach the target; `None` without any.
pub fn yield_of(accuracy: &[f64], target: f64) -> Option<f64> {
    let good = accuracy.iter().filter(|a| **a >= target).count();
    (!accuracy.is_empty()).then(|| good as f64 / accuracy.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibrated_neuron_is_measured_by_the_spread_that_the_chip_was_made_with() {
        let made = Spread { nominal: 10.0, actual: vec![12.0, 8.0, 12.0, 8.0], ..Spread::default() };
        assert_eq!(made.z(0), Some(1.0));
        let calibrated = Spread { actual: vec![10.5, 10.0, 9.0, 10.0], before: made.actual.clone(), ..made };
        assert_eq!([0, 1, 2].map(|k| calibrated.z(k)), [Some(0.25), Some(0.0), Some(-0.5)]);
    }
}
