//! What the thread that learns tells the one that keeps, without ever waiting.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use crate::params::Params;
use crate::store::{Changed, Checkpoint, Ending, Epoch, Record, State, Summary};
use crate::training::Experiment;
use crate::training::metrics::EpochReport;

/// Shortest time between two checkpoints at the ends of epochs.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// Time after which a checkpoint is made in the middle of an epoch.
const SAVE_WITHIN: Duration = Duration::from_secs(20);

/// One message to the keeper.
pub(super) enum Note {
    /// What is new about the run in progress.
    Run(Box<RunUpdate>),
    /// A checkpoint for a file of the user's.
    File(PathBuf, Box<Checkpoint>),
}

pub(super) struct RunUpdate {
    pub(super) summary: Summary,
    pub(super) epochs: Vec<Epoch>,
    pub(super) checkpoint: Option<(f64, Checkpoint)>,
}

/// Keeps the run that the worker has in hand.
pub struct Recorder {
    notes: Sender<Note>,
    session: Option<String>,
    record: Option<Record>,
    /// What the keeper has not taken yet; the run before may still be on its way.
    before: Vec<RunUpdate>,
    pending: Option<RunUpdate>,
    saved: Instant,
    /// Batches were learnt since the last checkpoint.
    unsaved: bool,
}

impl Recorder {
    pub(super) fn new(notes: Sender<Note>, session: Option<String>) -> Self {
        Self { notes, session, record: None, before: Vec::new(), pending: None, saved: Instant::now(), unsaved: false }
    }

    /// A run begins, or goes on: with what is known of it, and with its curves.
    pub fn begin(&mut self, params: &Params, goes_on: Option<Summary>, epochs: &[Epoch], from: Option<&str>) {
        let mut record = Record::new(params, "window");
        if let Some(summary) = goes_on {
            record.summary = Summary { state: State::Running, ..summary };
        } else if let Some(from) = from {
            record.summary.tags.insert("from".into(), from.into());
        }
        record.summary.session.clone_from(&self.session);
        epochs.iter().for_each(|epoch| record.append(epoch.clone()));
        self.before.extend(self.pending.take());
        if !epochs.is_empty() {
            self.pending =
                Some(RunUpdate { summary: record.summary.clone(), epochs: epochs.to_vec(), checkpoint: None });
        }
        self.record = Some(record);
        (self.saved, self.unsaved) = (Instant::now(), false);
        // Nothing is written before something was learnt: a run that is looked at only stays as it is.
        if let Some(pending) = &mut self.pending {
            pending.summary.state = State::Running;
        }
    }

    /// A batch was learnt.
    pub fn batch(&mut self, experiment: &Experiment) {
        self.unsaved = true;
        if self.saved.elapsed() >= SAVE_WITHIN {
            self.save(experiment);
        }
    }

    /// An epoch is done.
    pub fn epoch(&mut self, experiment: &Experiment, reports: &[EpochReport]) {
        let Some(record) = &mut self.record else { return };
        record.summary.state = State::Running;
        record.summary.session.clone_from(&self.session);
        record.append_epoch(reports);
        let update = self.pending.get_or_insert_with(|| RunUpdate {
            summary: record.summary.clone(),
            epochs: Vec::new(),
            checkpoint: None,
        });
        update.epochs.extend(Epoch::new(reports));
        update.summary.clone_from(&record.summary);
        if self.saved.elapsed() >= SAVE_EVERY || record.summary.epochs == 1 {
            self.save(experiment);
        }
        self.flush();
    }

    /// Something was changed while learning.
    pub fn changed(&mut self, epochs: f64, what: String) {
        const MOST: usize = 300;
        let Some(record) = &mut self.record else { return };
        let changes = &mut record.summary.changes;
        changes.push(Changed { epochs, what });
        if changes.len() > MOST {
            changes.remove(0);
        }
        self.unsaved = true;
    }

    /// Makes a checkpoint now.
    pub fn save(&mut self, experiment: &Experiment) {
        let Some(checkpoint) = self.checkpoint(experiment) else { return };
        let Some(record) = &self.record else { return };
        let at = experiment.epochs_learnt();
        let update = self.pending.get_or_insert_with(|| RunUpdate {
            summary: record.summary.clone(),
            epochs: Vec::new(),
            checkpoint: None,
        });
        update.summary.clone_from(&record.summary);
        update.checkpoint = Some((at, checkpoint));
        (self.saved, self.unsaved) = (Instant::now(), false);
        self.flush();
    }

    /// Hands a checkpoint over to be written to a file; whether it was taken.
    pub fn save_to(&mut self, path: PathBuf, experiment: &Experiment) -> bool {
        let Some(checkpoint) = self.checkpoint(experiment) else { return false };
        self.notes.try_send(Note::File(path, Box::new(checkpoint))).is_ok()
    }

    fn checkpoint(&self, experiment: &Experiment) -> Option<Checkpoint> {
        let record = self.record.as_ref()?;
        let (run, epochs) = (Some(record.summary.id.clone()), record.epochs.clone());
        Some(Checkpoint { state: experiment.checkpoint(), run, epochs, at: Vec::new() })
    }

    /// The run is over, or given up for another one; without an experiment it went wrong.
    pub fn end(&mut self, experiment: Option<&Experiment>, ending: Ending) {
        let Some(record) = &mut self.record else { return };
        if record.summary.state == State::Finished && !self.unsaved {
            return;
        }
        let learnt = record.summary.epochs > 0 || self.unsaved;
        record.finish(ending);
        if !learnt {
            return;
        }
        if let (Some(experiment), true) = (experiment, self.unsaved) {
            self.save(experiment);
        } else if let Some(pending) = &mut self.pending {
            pending.summary.clone_from(&record.summary);
        } else {
            self.pending = Some(RunUpdate { summary: record.summary.clone(), epochs: Vec::new(), checkpoint: None });
        }
        self.flush();
    }

    /// Whether something waits for the keeper.
    pub fn waits(&self) -> bool {
        !self.before.is_empty() || self.pending.is_some()
    }

    /// Hands over what the keeper takes now.
    pub fn flush(&mut self) {
        while !self.before.is_empty() {
            let update = self.before.remove(0);
            if let Some(update) = self.try_send(update) {
                self.before.insert(0, update);
                return;
            }
        }
        if let Some(update) = self.pending.take() {
            self.pending = self.try_send(update);
        }
    }

    /// `None` when it was taken; nobody wants it when the keeper is gone.
    fn try_send(&self, update: RunUpdate) -> Option<RunUpdate> {
        match self.notes.try_send(Note::Run(Box::new(update))) {
            Err(TrySendError::Full(Note::Run(update))) => Some(*update),
            _ => None,
        }
    }

    /// Hands over everything, waiting for the keeper: only when the worker ends.
    pub fn flush_all(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        for update in std::mem::take(&mut self.before).into_iter().chain(self.pending.take()) {
            if self.notes.send_timeout(Note::Run(Box::new(update)), PATIENCE).is_err() {
                log::warn!("the last batches of a run could not be kept in time");
            }
        }
    }
}
