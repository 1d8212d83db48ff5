//! What happened in a sample, on the host's grid.

use super::{Evaluation, Model, Penalties, Voltages};
use crate::host::surrogate;
use crate::params::HostParams;
use crate::recording::Recording;
use crate::simd::{self, AlignedVec};
use crate::spikes::SpikeTrain;

/// Hidden spikes and input events of one sample.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    /// Spikes as `(host step, neuron, amplitude)`, ascending.
    pub(super) spikes: Vec<(u32, u16, f32)>,
    /// Host step of every input event, ascending, and its channel.
    pub(super) input_steps: Vec<u32>,
    pub(super) input_units: Vec<u16>,
    /// Hidden neurons that dropout ignores.
    dropped: Vec<u16>,
}

impl Events {
    /// Takes spikes and input events from what was recorded.
    #[inline(always)]
    pub(super) fn observe(&mut self, model: &Model<'_>, input: &SpikeTrain, recording: &Recording, sample: usize) {
        let substeps = recording.grid.substeps as u32;
        let host_step = |chip_step: u32| if substeps == 1 { chip_step } else { chip_step / substeps };
        self.spikes.clear();
        self.spikes
            .extend(recording.hidden_spikes[sample].iter().map(|s| (host_step(u32::from(s.step)), s.neuron, 1.0)));
        self.dropped.clone_from(&recording.dropped[sample]);
        // An event belongs to the step in which it can first be felt.
        let n_chip = recording.grid.n_chip() as f64;
        self.input_steps.clear();
        self.input_steps.resize(input.len(), 0);
        for (step, &time) in self.input_steps.iter_mut().zip(&input.times) {
            let nearest = recording.grid.nearest_step(f64::from(time));
            let is_within = nearest >= 0.0 && nearest < n_chip;
            *step = simd::word(if is_within { nearest } else { f64::from(u32::MAX) });
        }
        self.input_units.clone_from(&input.units);
        // Channels that the network does not have are ignored, as the chip ignores them.
        let known = model.graph.network.input.nrows();
        let mut outside = 0;
        for (&step, &unit) in self.input_steps.iter().zip(&self.input_units) {
            outside += u32::from(step == u32::MAX) + u32::from(usize::from(unit) >= known);
        }
        if outside > 0 {
            let mut kept = 0;
            for k in 0..self.input_steps.len() {
                let (step, unit) = (self.input_steps[k], self.input_units[k]);
                if step != u32::MAX && usize::from(unit) < known {
                    (self.input_steps[kept], self.input_units[kept]) = (step, unit);
                    kept += 1;
                }
            }
            self.input_steps.truncate(kept);
            self.input_units.truncate(kept);
        }
        if substeps > 1 {
            for step in &mut self.input_steps {
                *step /= substeps;
            }
        }
    }

    /// Takes spikes and input events as given.
    pub(super) fn assume(&mut self, evaluation: &Evaluation) {
        self.spikes = evaluation.z.iter().map(|&(step, neuron, z)| (u32::from(step), neuron, z)).collect();
        (self.input_steps, self.input_units) = evaluation.x.iter().map(|&(step, unit)| (u32::from(step), unit)).unzip();
        self.dropped.clone_from(&evaluation.dropped);
    }

    /// Derivative of the `penalties` with respect to any spike of each neuron, and 0 for neurons that dropout
    /// ignores, 1 for all others.
    pub(super) fn penalise(&self, penalties: &Penalties, penalty: &mut AlignedVec<f32>, heard: &mut AlignedVec<f32>) {
        heard.fill(1.0);
        penalties.add(self.spikes.iter().map(|&(_, neuron, amplitude)| (neuron, amplitude)), penalty);
        for &neuron in &self.dropped {
            (heard[usize::from(neuron)], penalty[usize::from(neuron)]) = (0.0, 0.0);
        }
    }
}

/// Where the measured value 0 lies on the surrogate: β (v − θ) there, one a neuron.
#[inline(always)]
pub(super) fn centre(params: &HostParams, voltages: &Voltages<'_>, centre: &mut AlignedVec<f32>) {
    let per_lsb = 1.0 / params.network.lsb_per_unit();
    let offset =
        |zero: f64| (-params.learning.surrogate_slope * (zero * per_lsb + f64::from(surrogate::THRESHOLD))) as f32;
    match voltages {
        Voltages::Codes(codes) if params.learning.baseline_subtraction => {
            centre.iter_mut().zip(*codes).for_each(|(o, &code)| *o = offset(f64::from(code)));
        }
        Voltages::Codes(_) => centre.fill(offset(params.network.leak)),
        Voltages::Exact(_) => centre.fill(offset(0.0)),
    }
}
