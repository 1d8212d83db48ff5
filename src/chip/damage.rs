//! What breaks: silent neurons, stuck synapses, dead rows and channels, warmth and age.
//!
//! Damage is a strength, like mismatch: which parts break first is frozen in the chip
//! number, and a larger share breaks those and more. So a slider grows the same damage,
//! and zero heals it.

use std::ops::Range;

use ndarray::Array2;

use super::layout::{SYNAPSE_ROWS, Site};
use crate::base::rng;
use crate::params::ChipSetup;

/// Relative change of time constants, and change of thresholds in leak-to-threshold distances, per kelvin.
pub const TEMPERATURE_COEFFICIENT: f64 = 0.004;
/// The parameter `drift` says how far a chip wanders in that many batches.
pub const DRIFT_BATCHES: f64 = 1000.0;

/// Which parts of a placed network are broken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Damage {
    /// Hidden neurons that never spike.
    pub silent: Vec<bool>,
    /// Hidden neurons whose readout channel always reads 0.
    pub dead_adc: Vec<bool>,
    /// Input channels that send nothing.
    pub dead_inputs: Vec<bool>,
}

impl Damage {
    /// The damage of a chip with `n_inputs` channels and hidden neurons at `sites`.
    pub fn new(params: &ChipSetup, n_inputs: usize, sites: &[Site]) -> Self {
        let of_sites = |name: &str, share: f64| {
            let last = sites.last().map_or(0, |s| s.circuits().end);
            let broken = broken(params.chip.number, name, last, share);
            sites.iter().map(|s| broken[usize::from(s.first)]).collect()
        };
        Self {
            silent: of_sites("silent", params.chip.silent_neurons),
            dead_adc: of_sites("deaf", params.chip.dead_channels),
            dead_inputs: broken(params.chip.number, "dead inputs", n_inputs, params.chip.dead_inputs),
        }
    }
}

impl Damage {
    /// The hidden circuits are trace circuits: they never spike, and have a share of dead channels of their own.
    pub(super) fn become_traces(&mut self, params: &ChipSetup, sites: &[Site]) {
        self.silent.fill(true);
        let last = sites.last().map_or(0, |s| s.circuits().end);
        let dead = broken(params.chip.number, "dead traces", last, params.chip.dead_traces);
        for (dead_adc, site) in self.dead_adc.iter_mut().zip(sites) {
            *dead_adc |= dead[usize::from(site.first)];
        }
    }

    /// Neurons that were broken or mended by hand, whatever the share says; `None` leaves a neuron to the share.
    pub fn override_silent(&mut self, overrides: &[Option<bool>]) {
        for (silent, own) in self.silent.iter_mut().zip(overrides) {
            *silent = own.unwrap_or(*silent);
        }
    }
}

/// What the lists of neurons silenced and mended by hand say of each of `n_hidden`; numbers beyond are ignored.
pub fn hands(params: &ChipSetup, n_hidden: usize) -> Vec<Option<bool>> {
    let mut hands = vec![None; n_hidden];
    for (list, silent) in [(&params.chip.mended, false), (&params.chip.silenced, true)] {
        for &neuron in list {
            if let Some(own) = hands.get_mut(neuron as usize) {
                *own = Some(silent);
            }
        }
    }
    hands
}

/// Which of `n` parts are broken: each with that probability, by its own draw.
fn broken(chip: u32, name: &str, n: usize, share: f64) -> Vec<bool> {
    rng::uniforms(u64::from(chip), name, n).into_iter().map(|u| f64::from(u) < share).collect()
}

/// Codes that stuck synapses hold whatever is written, `[pre, post]`, one array for each sign; NaN where a synapse works.
///
/// The signed inputs `inputs` of the neurons at `sites` are meant.
pub fn stuck_codes(params: &ChipSetup, inputs: &Range<usize>, sites: &[Site]) -> Option<[Array2<f32>; 2]> {
    if params.chip.stuck_synapses <= 0.0 {
        return None;
    }
    let n = sites.last().map_or(0, |s| s.circuits().end) * SYNAPSE_ROWS;
    let seed = u64::from(params.chip.number);
    let (draw, held) = (rng::uniforms(seed, "stuck", n), rng::uniforms(seed, "stuck code", n));
    let max = params.network.code_max() as f32;
    Some([0, 1].map(|inhibitory| {
        Array2::from_shape_fn((inputs.len(), sites.len()), |(pre, post)| {
            let (circuit, row) = sites[post].synapse(inputs.start + pre);
            let index = circuit * SYNAPSE_ROWS + row + inhibitory;
            let stuck = f64::from(draw[index]) < params.chip.stuck_synapses;
            if stuck { (held[index] * (max + 1.0)).floor().min(max) } else { f32::NAN }
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_damage_includes_less_and_has_the_share_asked_for() {
        let n = 20_000;
        let (few, many) = (broken(3, "x", n, 0.1), broken(3, "x", n, 0.4));
        assert!(few.iter().zip(&many).all(|(f, m)| !f | m));
        let share = |b: &[bool]| b.iter().filter(|b| **b).count() as f64 / n as f64;
        // Five standard errors of a binomial share.
        assert!((share(&few) - 0.1).abs() < 0.011 && (share(&many) - 0.4).abs() < 0.018);
        assert!(broken(3, "x", n, 0.0).iter().all(|b| !b));
        assert!(broken(3, "x", n, 1.0).iter().all(|b| *b));
    }
}
