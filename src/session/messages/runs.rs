//! What the window and the thread that keeps runs say to each other.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::error::Error;
use crate::params::Lane;
use crate::protocol::Protocol;
pub use crate::store::query::{Entry, Sort};
pub use crate::store::{Checkpoint, State, Summary, utc};
use crate::training::metrics::EpochReport;

/// From the window to the thread that keeps runs.
#[derive(Debug, Clone, PartialEq)]
pub enum RunCommand {
    /// Change what belongs to the user.
    Edit(String, RunEdit),
    /// Show the curve of a run, or do so no more.
    Pin(String, bool),
    /// Show the curve of no run any more.
    UnpinAll,
    /// Read a run and its last checkpoint.
    Open(String),
    /// Read a checkpoint file.
    OpenFile(PathBuf),
}

/// What a user says about a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEdit {
    /// Its name.
    Name(String),
    /// A note.
    Note(String),
    /// Whether it has a star.
    Star(bool),
    /// Whether it is deleted; it can be had back.
    Deleted(bool),
}

/// From the thread that keeps runs to the window: what must not be lost.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// A run that was cut off when its program ended, and that can go on.
    Recovered(Box<Summary>),
    /// A run or a checkpoint file has been read.
    Opened(Box<Opened>),
    /// A checkpoint file is written.
    Saved(PathBuf),
    /// Something was not done, and why.
    Refused(Error),
}

/// A run that was read, to be worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The run to add to; `None` for one of its own.
    pub run: Option<Summary>,
    /// What it does.
    pub protocol: Protocol,
    /// Where to go on; `None` to begin anew.
    pub checkpoint: Option<Checkpoint>,
    /// The checkpoint before that, as far as there is one: a moment to look at.
    pub before: Option<Checkpoint>,
}

/// The key of what was done to runs, in the table of their differences beside those of parameters.
pub const CHANGES: &str = "changes";

/// Runs that can be pinned.
pub const MOST_PINNED: usize = 8;

/// The runs that are kept, as the window shows them. Immutable, replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunsView {
    /// Counts views, so that lists are made anew only when something changed.
    pub version: u64,
    /// Whether there is a store at all.
    pub keeps: bool,
    /// Why runs are not kept at the moment.
    pub problem: Option<Error>,
    /// All runs in order of time, deleted ones too.
    pub entries: Vec<Arc<Entry>>,
    /// Ids of the runs whose curves are shown.
    pub pinned: Vec<String>,
    /// The same, those that differ in seeds only together.
    pub groups: Vec<PinnedGroup>,
    /// The parameters in which pinned runs differ, by key, and [`CHANGES`] where other things were done to them, with a
    /// value for each.
    pub differing: Vec<(&'static str, Vec<String>)>,
    /// The run on screen; the store does not say that.
    pub current: Option<String>,
    /// Counts what [`Self::follow`] has changed.
    pub followed: u64,
}

/// The run on screen as its recorder knows it; the store has it a little later.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// Its id.
    pub id: String,
    /// Epochs done.
    pub epochs: usize,
    /// The numbers of the last one, one entry a lane.
    pub last: Vec<EpochReport>,
}

impl RunsView {
    /// Whether something else is known of the run on screen than stands here.
    pub fn is_behind(&self, current: Option<&Current>) -> bool {
        self.current.as_ref() != current.map(|run| &run.id)
            || current.is_some_and(|run| self.entry(&run.id).is_some_and(|entry| !run.is_told_by(&entry.summary)))
    }

    /// Shows the run on screen as it is known, as far as it is listed.
    pub fn follow(&mut self, current: Option<&Current>) {
        self.current = current.map(|run| run.id.clone());
        self.followed += 1;
        let Some(run) = current else { return };
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.summary.id == run.id) {
            let entry = Arc::make_mut(entry);
            entry.summary.epochs = run.epochs;
            entry.summary.last.clone_from(&run.last);
        }
    }

    /// The run of that id.
    pub fn entry(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entries.binary_search_by(|e| e.summary.id.as_str().cmp(id)).ok().map(|k| &self.entries[k])
    }
}

impl Current {
    /// A run that is recorded.
    pub fn new(summary: &Summary) -> Self {
        Self { id: summary.id.clone(), epochs: summary.epochs, last: summary.last.clone() }
    }

    fn is_told_by(&self, summary: &Summary) -> bool {
        // A loss can be none, which no number is equal to.
        let accuracies =
            |last: &[EpochReport]| last.iter().map(|lane| lane.test_accuracy.to_bits()).collect::<Vec<_>>();
        summary.epochs == self.epochs && accuracies(&summary.last) == accuracies(&self.last)
    }
}

/// Pinned runs that differ in nothing but seeds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PinnedGroup {
    /// By their places in [`RunsView::pinned`].
    pub runs: Vec<usize>,
    /// Test accuracy, `[epoch, %]`.
    pub accuracy: PinnedCurves,
    /// Test loss, `[epoch, loss]`.
    pub loss: PinnedCurves,
}

/// One quantity of a group of pinned runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PinnedCurves {
    /// A curve for each lane and run.
    pub runs: [Vec<Vec<[f64; 2]>>; Lane::ALL.len()],
    /// The median over the runs, of each lane; empty for a single run.
    pub median: [Vec<[f64; 2]>; Lane::ALL.len()],
}
