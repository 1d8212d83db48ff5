//! What a step of training takes, and what crosses between chip and host.

use std::time::Instant;

use crate::params::{Gradient, LearningParams};
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

    /// Payload that went down to the chip, bytes.
    pub fn bytes_down(&self) -> usize {
        self.codes * Self::WEIGHT + self.input_events * Self::EVENT + self.labels * Self::BYTE
    }

    /// What a round of the loop took and moved: of the recording, what the host's gradient needs.
    pub(super) fn new(
        learning: &LearningParams,
        inputs: &[&SpikeTrain],
        recording: &Recording,
        codes: &Codes,
        clock: &StepTimer,
    ) -> Self {
        let of_hidden = match learning.gradient {
            Gradient::Surrogate => recording.hidden_cadc.len(),
            Gradient::EventProp => 0,
        };
        Self {
            seconds: clock.laps,
            samples: inputs.len(),
            codes: codes.input.len() + codes.recurrent.len() + codes.readout.len(),
            input_events: inputs.iter().map(|train| train.len()).sum(),
            voltages: of_hidden + recording.readout_cadc.len(),
            spikes: recording.hidden_spikes.iter().map(Vec::len).sum(),
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
