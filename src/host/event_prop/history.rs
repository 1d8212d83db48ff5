//! What happened in a sample, in whole ticks of time.

use super::Model;
use crate::host::loss::Loss;
use crate::params::Decoding;
use crate::recording::Recording;
use crate::spikes::SpikeTrain;

/// What happened in a sample, in ticks.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// Input events: tick and channel.
    pub(super) inputs: Vec<(u32, u16)>,
    /// Hidden spikes: tick and neuron.
    pub(super) spikes: Vec<(u32, u16)>,
    /// Where the error enters the readout: tick, readout, and how much. Where the readout spikes, still to be divided by
    /// the slope of the membrane.
    pub(super) errors: Vec<(u32, u16, f32)>,
}

impl History {
    /// Takes it from what was recorded; a tick is a step of the chip.
    pub(super) fn observe(
        &mut self,
        model: &Model<'_>,
        input: &SpikeTrain,
        recording: &Recording,
        loss: &Loss,
        sample: usize,
    ) {
        let (grid, n_inputs) = (&recording.grid, model.network.input.nrows());
        let known = input.iter().filter(|(_, unit)| usize::from(*unit) < n_inputs);
        self.inputs.clear();
        self.inputs.extend(known.filter_map(|(t, unit)| Some((grid.chip_step(f64::from(t))? as u32, unit))));
        // A spike is at the end of its step.
        self.spikes.clear();
        self.spikes.extend(recording.hidden_spikes[sample].iter().map(|s| (u32::from(s.step) + 1, s.neuron)));
        let n = recording.n_readout;
        let (error, peak) = (&loss.error[sample * n..][..n], &loss.peak[sample * n..][..n]);
        let read = |host: usize| ((host + 1) * grid.substeps) as u32;
        self.errors.clear();
        match loss.decoding {
            Decoding::Max => {
                let each = (0..).zip(error.iter().zip(peak));
                self.errors.extend(each.map(|(o, (&error, &peak))| (read(usize::from(peak)), o, error)));
            }
            Decoding::Mean => {
                let share = 1.0 / grid.n_host as f32;
                for host in 0..grid.n_host {
                    self.errors.extend((0..).zip(error).map(|(o, &error)| (read(host), o, error * share)));
                }
            }
            Decoding::FirstSpike => {
                let each = (0..).zip(error.iter().zip(recording.first_spikes(sample)));
                let ratio = model.tau_ratio();
                self.errors
                    .extend(each.filter_map(|(o, (&error, first))| Some((u32::from(first?) + 1, o, error * ratio))));
            }
        }
    }
}

/// What happens at a tick, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happens {
    /// A readout is read, or spikes for the first time.
    Read,
    /// A membrane is let go, because its neuron is seen to spike again although the model would still hold it.
    ForcedRelease,
    /// A hidden neuron spikes.
    Spike,
    /// An input event acts.
    Input,
    /// A hidden spike acts.
    Arrival,
    /// A membrane is let go.
    Release,
}
