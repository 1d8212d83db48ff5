//! What is measured, per batch and per epoch.

use crate::params::LaneKind;

/// One lane's share of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchReport {
    /// The lane.
    pub lane: LaneKind,
    /// Samples in the batch.
    pub samples: usize,
    /// Mean loss.
    pub loss: f64,
    /// Share of right answers, 0…1.
    pub accuracy: f64,
    /// Mean number of hidden spikes per sample.
    pub hidden_spikes: f64,
    /// Input events that the link could not carry.
    pub lost_events: u64,
    /// Time it took, s.
    pub seconds: f64,
}

/// One lane's result of one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// The lane.
    pub lane: LaneKind,
    /// Mean loss over the batches of the epoch, measured while learning.
    pub train_loss: f64,
    /// Accuracy over the batches of the epoch, 0…1, measured while learning.
    pub train_accuracy: f64,
    /// Mean loss on the test split after the epoch.
    pub test_loss: f64,
    /// Accuracy on the test split after the epoch, 0…1.
    pub test_accuracy: f64,
    /// Mean number of hidden spikes per test sample.
    pub hidden_spikes: f64,
    /// Time the lane took for epoch and evaluation, s.
    pub seconds: f64,
}

/// Results of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// Mean loss.
    pub loss: f64,
    /// Share of right answers, 0…1.
    pub accuracy: f64,
    /// Mean number of hidden spikes per sample.
    pub hidden_spikes: f64,
}

/// Means over batches, weighted by their size.
#[derive(Debug, Clone, Copy, Default)]
pub struct Running {
    samples: f64,
    loss: f64,
    accuracy: f64,
    hidden_spikes: f64,
}

impl Running {
    /// Adds a batch.
    pub fn add(&mut self, report: &BatchReport) {
        let n = report.samples as f64;
        self.samples += n;
        self.loss += n * report.loss;
        self.accuracy += n * report.accuracy;
        self.hidden_spikes += n * report.hidden_spikes;
    }

    /// Mean loss so far.
    pub fn loss(&self) -> f64 {
        self.loss / self.samples.max(1.0)
    }

    /// Mean accuracy so far.
    pub fn accuracy(&self) -> f64 {
        self.accuracy / self.samples.max(1.0)
    }

    /// All means so far.
    pub fn scores(&self) -> Scores {
        Scores {
            loss: self.loss(),
            accuracy: self.accuracy(),
            hidden_spikes: self.hidden_spikes / self.samples.max(1.0),
        }
    }
}
