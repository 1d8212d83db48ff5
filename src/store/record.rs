//! What is kept of a run: its experiment, its curves and how it ended.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::clock::{self, Millis};
use super::fall::Fall;
use crate::base::error::{Error, Result};
use crate::params::{Lane, Params};
use crate::protocol::{Protocol, file};
use crate::training::metrics::EpochReport;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is learning, or its program has been killed (see [`super::Store::abandoned`]).
    Running,
    /// All planned epochs are done.
    Finished,
    /// The user ended it before.
    Stopped,
    /// It was cut off: its program is gone and did not say why.
    Interrupted,
    /// It went wrong; [`Summary::error`] says how.
    Failed,
}

impl State {
    /// The name as written and exported.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

/// All lanes of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenEpoch")]
pub struct Epoch {
    /// Which one, counted from 1.
    pub epoch: usize,
    /// One entry a lane.
    pub lanes: Vec<EpochReport>,
}

/// As it is read: the lanes do not know their epoch yet.
#[derive(Deserialize)]
struct WrittenEpoch {
    epoch: usize,
    lanes: Vec<EpochReport>,
}

impl From<WrittenEpoch> for Epoch {
    fn from(WrittenEpoch { epoch, mut lanes }: WrittenEpoch) -> Self {
        for lane in &mut lanes {
            lane.epoch = epoch;
        }
        Self { epoch, lanes }
    }
}

impl Epoch {
    /// From the reports of one epoch; `None` when there are none.
    pub fn new(reports: &[EpochReport]) -> Option<Self> {
        Some(Self { epoch: reports.first()?.epoch, lanes: reports.to_vec() })
    }
}

/// Epochs of one run that are kept, about: of a longer run every second one, then every fourth, and so on, always with
/// the first and the last one.
pub const MOST_EPOCHS: usize = 10_000;

/// Whether an epoch is kept of a run that is `last` epochs long. What is not kept is not kept of a longer run either.
fn is_kept(epoch: usize, last: usize) -> bool {
    epoch == 1 || epoch == last || epoch.is_multiple_of(stride(last))
}

/// Every how manyth epoch is kept of a run that is `last` epochs long.
fn stride(last: usize) -> usize {
    last.div_ceil(MOST_EPOCHS).next_power_of_two()
}

/// Adds an epoch to those before it, of which it replaces what is not earlier, and thins them out.
pub(crate) fn append(epochs: &mut Vec<Epoch>, epoch: Epoch) {
    epochs.truncate(epochs.partition_point(|e| e.epoch < epoch.epoch));
    let (before, now) = (epochs.last().map_or(0, |e| e.epoch), epoch.epoch);
    if stride(before) == stride(now) {
        // Only the last one may have been kept for being the last.
        epochs.pop_if(|e| !is_kept(e.epoch, now));
    } else {
        epochs.retain(|e| is_kept(e.epoch, now));
    }
    epochs.push(epoch);
}

/// Something that was changed while a run learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Epochs learnt by then.
    pub epochs: f64,
    /// In words: `sigma=30`, `calibrated`, `neuron 7 killed`.
    pub what: String,
}

/// All of a run but its curves and checkpoints: what a list shows. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Unique, and in order of time: `20261123-033347123-7f3a2b`.
    pub id: String,
    /// What the user calls it.
    #[serde(default)]
    pub name: String,
    /// What the user says about it.
    #[serde(default)]
    pub note: String,
    /// Marked by the user.
    #[serde(default)]
    pub starred: bool,
    /// The experiment file of the run as it began; seeds and chip number stand in it.
    #[serde(default)]
    pub experiment: String,
    /// What ran it: `window`, `train`, `sweep`.
    #[serde(default)]
    pub origin: String,
    /// Free labels, such as the name of a sweep and the values of its point.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Numbers measured after training, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
    /// What was changed on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Changed>,
    /// What the lanes fell to by that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub falls: Vec<Fall>,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    #[serde(default)]
    pub finished: Option<Millis>,
    /// How it stands.
    pub state: State,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Epochs done.
    #[serde(default)]
    pub epochs: usize,
    /// Whether the chip was calibrated at the last epoch.
    #[serde(default)]
    pub calibrated: bool,
    /// The numbers of the last epoch, one entry a lane.
    #[serde(default)]
    pub last: Vec<EpochReport>,
    /// Epochs learnt at the last checkpoint in the store, with the part of the one in progress.
    #[serde(default)]
    pub checkpoint: Option<f64>,
    /// When it was deleted; it can be had back until it is purged.
    #[serde(default)]
    pub deleted: Option<Millis>,
}

impl Summary {
    /// Whether a checkpoint of so many whole epochs can be gone on from in this very run, because nothing that was kept
    /// of it would be lost. Otherwise it begins a run of its own.
    pub fn may_go_on_from(&self, epochs: usize) -> bool {
        // The curves of a run that was cut off may reach further than its last checkpoint; what lies between is
        // computed again with the same bits.
        let cut_off = matches!(self.state, State::Running | State::Interrupted);
        let saved = self.checkpoint.map_or(0, |at| at.floor() as usize);
        self.epochs <= epochs || cut_off && saved <= epochs
    }

    /// What the run started from, and what was done to it.
    ///
    /// # Errors
    /// When it was written by a version with other parameters.
    pub fn protocol(&self) -> Result<Protocol> {
        file::parse(&self.experiment, Path::new(&format!("run {}", self.id)))
    }

    /// The parameters that the run started from.
    ///
    /// # Errors
    /// As [`Self::protocol`].
    pub fn params(&self) -> Result<Params> {
        self.protocol().map(|protocol| protocol.params)
    }

    /// Test accuracy of a lane after the last epoch, 0…1.
    pub fn accuracy(&self, lane: Lane) -> Option<f64> {
        self.last.iter().find(|l| l.lane == lane).map(|l| l.test_accuracy)
    }

    /// The best test accuracy of those lanes that ran on the chip, or else of the ideal one.
    pub fn headline(&self) -> Option<f64> {
        [Lane::InTheLoop, Lane::Transferred, Lane::Ideal].into_iter().find_map(|lane| self.accuracy(lane))
    }
}

/// A run with its curves.
///
/// ```
/// # use misfit_engine::{params::Params, store::{Ending, Record, Store, Update}, training::Experiment};
/// # fn main() -> misfit_engine::Result<()> {
/// let params = Params::default().with(|p| (p.network.hidden, p.learning.epochs, p.task.train_samples) = (8, 1, 64));
/// let mut experiment = Experiment::new(&params)?;
/// let mut record = Record::new(&params, "sweep");
/// while !experiment.is_finished() {
///     if let Some(reports) = experiment.step()?.epoch_done {
///         record.append_epoch(&reports);
///     }
/// }
/// record.finish(Ending::Finished);
/// # let folder = tempfile::tempdir().expect("a folder");
/// let store = Store::at(folder.path())?;
/// let (summary, epochs) = (Some(record.summary.clone()), record.epochs.clone());
/// store.put(&record.summary.id, &Update { summary, epochs, checkpoint: None })?;
/// assert_eq!(store.get(&record.summary.id)?, Some(record));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// All but the curves.
    pub summary: Summary,
    /// In order, one entry an epoch; of long runs only some, see [`MOST_EPOCHS`].
    pub epochs: Vec<Epoch>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All planned epochs are done.
    Finished,
    /// The user ended it.
    Stopped,
    /// It went wrong.
    Failed(Error),
}

impl Record {
    /// A run that begins now; `origin` says what runs it.
    pub fn new(protocol: impl Into<Protocol>, origin: &str) -> Self {
        let now = clock::now();
        let summary = Summary {
            id: clock::new_id(now),
            name: String::new(),
            note: String::new(),
            starred: false,
            experiment: file::format(&protocol.into()),
            origin: origin.into(),
            tags: BTreeMap::new(),
            measures: BTreeMap::new(),
            calibrated: false,
            changes: Vec::new(),
            falls: Vec::new(),
            started: now,
            finished: None,
            state: State::Running,
            error: None,
            epochs: 0,
            last: Vec::new(),
            checkpoint: None,
            deleted: None,
        };
        Self { summary, epochs: Vec::new() }
    }

    /// Adds the reports of one epoch, one a lane. An epoch that is there already, as after a resumption, is replaced
    /// together with all that followed it.
    pub fn append_epoch(&mut self, reports: &[EpochReport]) {
        if let Some(epoch) = Epoch::new(reports) {
            self.append(epoch);
        }
    }

    /// As [`Self::append_epoch`], from an epoch that was kept before.
    pub fn append(&mut self, epoch: Epoch) {
        self.summary.epochs = epoch.epoch;
        self.summary.last.clone_from(&epoch.lanes);
        append(&mut self.epochs, epoch);
    }

    /// Says that the run is over.
    pub fn finish(&mut self, ending: Ending) {
        self.summary.finish(ending);
    }
}

impl Summary {
    /// As [`Record::finish`].
    pub(super) fn finish(&mut self, ending: Ending) {
        self.finished = Some(clock::now());
        self.error = None;
        self.state = match ending {
            Ending::Finished => State::Finished,
            Ending::Stopped => State::Stopped,
            Ending::Failed(error) => {
                self.error = Some(error.to_string());
                State::Failed
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epochs_of_a_run_however_long_are_bounded_evenly_spread_and_end_with_the_last() {
        let mut epochs = Vec::new();
        for epoch in 1..=1_000_000 {
            append(&mut epochs, Epoch { epoch, lanes: Vec::new() });
            assert!(epochs.len() <= MOST_EPOCHS + 2);
            assert_eq!(epochs.last().map(|e| e.epoch), Some(epoch));
        }
        assert!(epochs.len() > MOST_EPOCHS / 2, "{}", epochs.len());
        assert_eq!(epochs[0].epoch, 1);
        // A million in ten thousand: every 128th, the power of two above a hundred.
        assert!(epochs[1..epochs.len() - 1].iter().all(|e| e.epoch % 128 == 0));
        assert!(epochs.windows(2).all(|w| w[1].epoch - w[0].epoch <= 128));
        // As after a resumption.
        append(&mut epochs, Epoch { epoch: 7_001, lanes: Vec::new() });
        assert_eq!(epochs.iter().rev().take(2).map(|e| e.epoch).collect::<Vec<_>>(), [7_001, 6_912]);
    }

    #[test]
    fn a_run_of_the_usual_length_keeps_every_epoch() {
        let mut epochs = Vec::new();
        (1..=MOST_EPOCHS).for_each(|epoch| append(&mut epochs, Epoch { epoch, lanes: Vec::new() }));
        assert!(epochs.iter().map(|e| e.epoch).eq(1..=MOST_EPOCHS));
    }
}
