//! What a step of training takes, and what crosses between chip and host.

use std::time::Instant;

use crate::params::{Decoding, Gradient, Lane, LearningParams, Params};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;

/// What one round of the loop took and moved.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepStats {
    /// Time of run, loss, gradient, update and write, s.
    pub seconds: [f64; 5],
    /// Samples in the batch.
    pub samples: usize,
    /// Weight codes written.
    pub codes: usize,
    /// Input events sent.
    pub input_events: usize,
    /// Voltage samples read.
    pub voltages: usize,
    /// Hidden spikes read.
    pub spikes: usize,
    /// Labels sent to the chip.
    pub labels: usize,
    /// Hardware time of one sample, s.
    pub duration: f64,
    /// Samples that changed a weight, and codes that changed, where the chip teaches itself.
    pub updates: Option<usize>,
    /// Codes that changed, each time that they did, where the chip teaches itself.
    pub flips: Option<usize>,
    /// Cosine between the weights that errors go back through and the readout weights, where the chip teaches itself.
    pub alignment: Option<f64>,
    /// What that costs its processors.
    pub processor: Option<Processor>,
}

/// What a batch costs the processors of a chip that teaches itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Processor {
    /// Memory in use, and there, bytes.
    pub memory: [usize; 2],
    /// Time for a sample, s: an estimate, and the ends of the band in which it may lie.
    pub seconds: f64,
    /// From here to there, as factors on the estimate.
    pub band: [f64; 2],
}

impl StepStats {
    /// Bytes of an event on the link: 16 bits of address and 8 of time (libhaldls, `SpikeFromChip`).
    pub const EVENT: usize = 3;
    /// Bytes of a signed weight: two synapses, one of each sign.
    pub const WEIGHT: usize = 2;
    /// Bytes of a voltage sample, and of a label.
    pub const BYTE: usize = 1;

    /// Payload that went up from the chip, bytes.
    pub fn bytes_up(&self) -> usize {
        self.voltages * Self::BYTE + self.spikes * Self::EVENT
    }

    /// Payload that a lane with so many hidden spikes in a sample sends up for it, bytes: nothing where the chip teaches
    /// itself. `None` where data or the spikes of a readout decide.
    pub fn bytes_up_of(params: &Params, lane: Lane, spikes: f64) -> Option<f64> {
        if lane == Lane::OnChip {
            return Some(0.0);
        }
        if params.learning.decoding == Decoding::FirstSpike {
            return None;
        }
        let (steps, hidden) = (params.network.grid().n_host, params.network.hidden as usize);
        let voltages = Self::voltages_read(&params.learning, steps * hidden, steps * params.task.kind.classes()?);
        Some((voltages * Self::BYTE) as f64 + spikes * Self::EVENT as f64)
    }

    /// Payload that went down to the chip, bytes.
    pub fn bytes_down(&self) -> usize {
        self.codes * Self::WEIGHT + self.input_events * Self::EVENT + self.labels * Self::BYTE
    }

    /// How many of the voltage samples the host needs to learn from.
    pub fn voltages_read(learning: &LearningParams, of_hidden: usize, of_readout: usize) -> usize {
        let hidden = if learning.gradient == Gradient::Surrogate { of_hidden } else { 0 };
        let readout = if learning.decoding == Decoding::FirstSpike { 0 } else { of_readout };
        hidden + readout
    }

    /// What a round of the loop took and moved: of the recording, what the host's gradient needs.
    pub(super) fn new(
        learning: &LearningParams,
        inputs: &[&SpikeTrain],
        recording: &Recording,
        codes: &Codes,
        clock: &StepTimer,
    ) -> Self {
        Self {
            seconds: clock.laps,
            samples: inputs.len(),
            codes: codes.input.len() + codes.recurrent.len() + codes.readout.len(),
            input_events: inputs.iter().map(|train| train.len()).sum(),
            voltages: Self::voltages_read(learning, recording.hidden_cadc.len(), recording.readout_cadc.len()),
            spikes: recording.hidden_spikes.iter().chain(&recording.readout_spikes).map(Vec::len).sum(),
            duration: recording.grid.duration(),
            ..Self::default()
        }
    }
}

/// Times the five steps of a round.
pub(super) struct StepTimer {
    last: Instant,
    lap: usize,
    laps: [f64; 5],
}

impl StepTimer {
    pub(super) fn start() -> Self {
        Self { last: Instant::now(), lap: 0, laps: [0.0; 5] }
    }

    pub(super) fn lap(&mut self) {
        let now = Instant::now();
        if let Some(lap) = self.laps.get_mut(self.lap) {
            *lap = now.duration_since(self.last).as_secs_f64();
        }
        (self.last, self.lap) = (now, self.lap + 1);
    }
}
