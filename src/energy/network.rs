//! What is counted of a network, by the sample.

use super::Band;
use super::neurobench::{Counter, NeuroBench};
use crate::params::Lane;
use crate::training::Experiment;

/// Most test samples that are counted.
pub const MOST_SAMPLES: usize = 1024;

/// A network and what it does in one sample, SI units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// Input channels.
    pub inputs: usize,
    /// Hidden neurons.
    pub hidden: usize,
    /// Readout neurons.
    pub readout: usize,
    /// Whether hidden neurons reach each other.
    pub recurrent: bool,
    /// Emulated time, s.
    pub duration: f64,
    /// Readings of every voltage.
    pub readings: f64,
    /// Input events.
    pub input_events: f64,
    /// Hidden spikes.
    pub hidden_spikes: f64,
    /// Samples between two writes of the weights.
    pub batch: usize,
    /// Time of the chip's own processors for a sample of training, s; `None` where a host learns.
    pub processor: Option<Band>,
}

impl Network {
    /// Signed weights.
    pub fn weights(&self) -> f64 {
        let recurrent = if self.recurrent { self.hidden } else { 0 };
        ((self.inputs + recurrent + self.readout) * self.hidden) as f64
    }

    /// Products of a dense network of the same shape without recurrence.
    pub fn macs(&self) -> f64 {
        ((self.inputs + self.readout) * self.hidden) as f64
    }

    /// The shape in words: `256-246-10`.
    pub fn shape(&self) -> String {
        format!("{}-{}-{}", self.inputs, self.hidden, self.readout)
    }

    /// Counts a lane of an experiment as it stands, over at most `most` test samples, which see the noise of the last
    /// evaluation. `None` where the experiment has no such lane.
    pub fn of(experiment: &Experiment, lane: Lane, most: usize) -> Option<(Self, NeuroBench)> {
        let (params, data) = (experiment.params(), experiment.data());
        let chip = experiment.chip_of(lane)?;
        let (codes, grid) = (chip.codes(), chip.grid());
        let mut counter = Counter::new(codes, grid);
        experiment.watch_test_split(lane, most, |sample, seen| {
            counter.add(&sample.spikes, &seen.recording.hidden_spikes[0], &seen.v_hidden.view());
        })?;
        let [input_events, hidden_spikes] = counter.events_and_spikes();
        let network = Self {
            inputs: codes.input.nrows(),
            hidden: codes.input.ncols(),
            readout: codes.readout.ncols(),
            recurrent: !codes.recurrent.is_empty(),
            duration: grid.duration(),
            readings: grid.n_host as f64,
            input_events,
            hidden_spikes,
            processor: experiment.round(lane).and_then(|round| round.processor).map(|processor| Band {
                low: processor.band[0] * processor.seconds,
                high: processor.band[1] * processor.seconds,
            }),
            batch: (params.learning.batch as usize).min(data.train.len()).max(1),
        };
        Some((network, counter.metrics()))
    }
}
