//! What is measured, per batch and per epoch.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::params::Lane;

/// One lane's share of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchReport {
    /// The lane.
    pub lane: Lane,
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

/// One lane's result of one epoch. Written, it has no number of the epoch: that stands once for all lanes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, counted from 1.
    #[serde(skip)]
    pub epoch: usize,
    /// The lane.
    #[serde(serialize_with = "lane_name", deserialize_with = "lane_of_name")]
    pub lane: Lane,
    /// Mean loss over the batches of the epoch, measured while learning.
    #[serde(deserialize_with = "number")]
    pub train_loss: f64,
    /// Accuracy over the batches of the epoch, 0…1, measured while learning.
    #[serde(deserialize_with = "number")]
    pub train_accuracy: f64,
    /// Mean loss on the test split after the epoch.
    #[serde(deserialize_with = "number")]
    pub test_loss: f64,
    /// Accuracy on the test split after the epoch, 0…1.
    #[serde(deserialize_with = "number")]
    pub test_accuracy: f64,
    /// Mean number of hidden spikes per test sample.
    #[serde(deserialize_with = "number")]
    pub hidden_spikes: f64,
    /// Input events that the link could not carry during the epoch.
    #[serde(default)]
    pub lost_events: u64,
    /// Share of the test samples in which no readout rises above where it began, 0…1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flat: f64,
    /// Time the lane took for epoch and evaluation, s.
    #[serde(deserialize_with = "number")]
    pub seconds: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// From this share of flat samples on a lane is in the trap.
const TRAPPED: f64 = 0.25;

impl EpochReport {
    /// What the lane reached on the test split.
    pub fn scores(&self) -> Scores {
        Scores { loss: self.test_loss, accuracy: self.test_accuracy, hidden_spikes: self.hidden_spikes }
    }

    /// Whether the lane learns by a readout that hardly ever rises: no gradient tells it how to go on.
    pub fn is_trapped(&self) -> bool {
        self.lane.source() == self.lane && self.flat >= TRAPPED && !self.is_silent()
    }

    /// Whether the lane learns and no hidden neuron spikes, so that nothing reaches the readout.
    pub fn is_silent(&self) -> bool {
        self.lane.source() == self.lane && self.hidden_spikes == 0.0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn lane_name<S: Serializer>(lane: &Lane, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(lane.name())
}

pub(crate) fn lane_of_name<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Lane, D::Error> {
    let name = String::deserialize(from)?;
    Lane::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no lane `{name}`")))
}

/// JSON has no NaN: it is written as null.
fn number<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Results of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// Mean loss.
    #[serde(deserialize_with = "number")]
    pub loss: f64,
    /// Share of right answers, 0…1.
    #[serde(deserialize_with = "number")]
    pub accuracy: f64,
    /// Mean number of hidden spikes per sample.
    #[serde(deserialize_with = "number")]
    pub hidden_spikes: f64,
}

/// How far an accuracy may stay below the one before a disturbance and still count as recovered.
pub const RECOVERED_WITHIN: f64 = 0.01;

/// What became of a lane after the chip was disturbed: other faults, damage, another chip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery {
    /// Last epoch before the disturbance.
    pub epoch: usize,
    /// Test accuracy after that epoch.
    pub before: f64,
    /// Smallest test accuracy seen since.
    pub worst: f64,
    /// Epochs until the accuracy was within one point of before; `None` while it is not.
    pub epochs: Option<usize>,
}

impl Recovery {
    /// Starts to watch after `epoch`, which ended with the accuracy `before`.
    pub fn new(epoch: usize, before: f64) -> Self {
        Self { epoch, before, worst: before, epochs: None }
    }

    /// Takes note of the test accuracy right after the disturbance, before anything is learnt.
    pub fn fell_to(&mut self, accuracy: f64) {
        self.worst = self.worst.min(accuracy);
    }

    /// Takes note of the test accuracy after a later epoch.
    pub fn observe(&mut self, epoch: usize, accuracy: f64) {
        self.worst = self.worst.min(accuracy);
        if self.epochs.is_none() && accuracy >= self.before - RECOVERED_WITHIN {
            self.epochs = Some(epoch.saturating_sub(self.epoch));
        }
    }
}

/// Means over batches, weighted by their size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Running {
    samples: f64,
    loss: f64,
    accuracy: f64,
    hidden_spikes: f64,
    lost_events: u64,
}

impl Running {
    /// Adds a batch.
    pub fn add(&mut self, report: &BatchReport) {
        let n = report.samples as f64;
        self.samples += n;
        self.loss += n * report.loss;
        self.accuracy += n * report.accuracy;
        self.hidden_spikes += n * report.hidden_spikes;
        self.lost_events += report.lost_events;
    }

    /// The sums: samples, and loss, accuracy and hidden spikes times samples; and the events lost.
    pub fn sums(&self) -> ([f64; 4], u64) {
        ([self.samples, self.loss, self.accuracy, self.hidden_spikes], self.lost_events)
    }

    /// From what [`Self::sums`] gave.
    pub fn from_sums([samples, loss, accuracy, hidden_spikes]: [f64; 4], lost_events: u64) -> Self {
        Self { samples, loss, accuracy, hidden_spikes, lost_events }
    }

    /// Mean loss so far.
    pub fn loss(&self) -> f64 {
        self.loss / self.samples.max(1.0)
    }

    /// Mean accuracy so far.
    pub fn accuracy(&self) -> f64 {
        self.accuracy / self.samples.max(1.0)
    }

    /// Input events lost so far.
    pub fn lost_events(&self) -> u64 {
        self.lost_events
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_counts_epochs_until_within_one_point_of_before() {
        let mut recovery = Recovery::new(10, 0.96);
        for (epoch, accuracy) in [(11, 0.60), (12, 0.90), (13, 0.951), (14, 0.70)] {
            recovery.observe(epoch, accuracy);
        }
        assert_eq!(recovery.epochs, Some(3), "0.951 is the first within a point of 0.96");
        assert!((recovery.worst - 0.60).abs() < 1e-12);
    }

    #[test]
    fn means_are_weighted_by_batch_size() {
        let report = |samples, accuracy| BatchReport {
            lane: Lane::Ideal,
            samples,
            loss: accuracy,
            accuracy,
            hidden_spikes: 0.0,
            lost_events: 0,
            seconds: 0.0,
        };
        let mut running = Running::default();
        running.add(&report(30, 1.0));
        running.add(&report(10, 0.0));
        assert!((running.accuracy() - 0.75).abs() < 1e-12);
    }
}
