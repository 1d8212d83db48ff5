//! What the thread that learns tells the one that keeps, without ever waiting.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use crate::protocol::Protocol;
use crate::run::Run;
use crate::store::{Changed, Checkpoint, Ending, Epoch, Record, State, Summary, append};
use crate::training::metrics::EpochReport;

/// Shortest time between two checkpoints at the ends of epochs.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// Time after which a checkpoint is made in the middle of an epoch.
const SAVE_WITHIN: Duration = Duration::from_secs(20);

/// One message to the keeper.
pub(super) enum Note {
    /// What is new about the run in progress.
    Run(Box<RunUpdate>),
    /// A run is in the hands of this program no more.
    Release(String),
    /// A checkpoint for a file of the user's.
    File(PathBuf, Box<Checkpoint>),
}

pub(super) struct RunUpdate {
    pub(super) summary: Summary,
    pub(super) epochs: Vec<Epoch>,
    pub(super) checkpoint: Option<(f64, Checkpoint)>,
}

impl RunUpdate {
    /// Whether the run can go on from the last of these epochs, or is over.
    fn is_complete(&self) -> bool {
        self.checkpoint.is_some() || self.summary.state != State::Running
    }
}

/// Keeps the run that the worker has in hand.
pub struct Recorder {
    notes: Sender<Note>,
    record: Option<Record>,
    /// The run that was put away and can be taken back.
    put_away: Option<Record>,
    /// Runs that are no more in hand, until the keeper knows.
    released: Vec<String>,
    /// Epochs of the run that this one branched off from.
    inherited: Vec<Epoch>,
    /// Something of this run was sent.
    touched: bool,
    /// What the keeper has not taken yet; the run before may still be on its way.
    before: Vec<RunUpdate>,
    /// What is new since; it goes with the next checkpoint, so that a run that is killed can go on from the last epoch
    /// that is listed.
    pending: Option<RunUpdate>,
    saved: Instant,
    /// Batches were learnt since the last checkpoint.
    unsaved: bool,
}

impl Recorder {
    pub(super) fn new(notes: Sender<Note>) -> Self {
        Self {
            notes,
            record: None,
            put_away: None,
            released: Vec::new(),
            inherited: Vec::new(),
            touched: false,
            before: Vec::new(),
            pending: None,
            saved: Instant::now(),
            unsaved: false,
        }
    }

    /// A run begins, or goes on: with what is known of it, and with its curves. Nothing is written before something is
    /// learnt, so a run that is only looked at stays as it is.
    pub fn begin(&mut self, protocol: &Protocol, goes_on: Option<Summary>, epochs: &[Epoch], from: Option<&str>) {
        let mut record = Record::new(protocol, "window");
        self.inherited.clear();
        if let Some(summary) = goes_on {
            record.summary = Summary { state: State::Running, ..summary };
        } else {
            self.inherited = epochs.to_vec();
            record.summary.tags.extend(from.map(|from| ("from".to_owned(), from.to_owned())));
        }
        for epoch in epochs {
            record.append(epoch.clone());
        }
        self.take_up(record);
        (self.saved, self.unsaved, self.touched) = (Instant::now(), false, false);
    }

    /// A run branches off from the one in hand after `epoch` epochs; that one stays as it was.
    pub fn branch(&mut self, protocol: &Protocol, run: Option<&Run>, epoch: usize) {
        self.end(run, Ending::Stopped);
        let (mut epochs, mut from) = (Vec::new(), None);
        if let Some(record) = &self.record {
            epochs.extend(record.epochs.iter().filter(|e| e.epoch <= epoch).cloned());
            from = Some(format!("{}, epoch {epoch}", record.summary.id));
        }
        self.begin(protocol, None, &epochs, from.as_deref());
    }

    /// Another run is in hand; the one before is let go, unless it was put away.
    fn take_up(&mut self, record: Record) {
        self.before.extend(self.pending.take());
        let before = self.record.replace(record);
        self.let_go(before);
    }

    /// Others may have the run, if this program has it neither in hand nor put away.
    fn let_go(&mut self, run: Option<Record>) {
        let Some(id) = run.map(|run| run.summary.id) else { return };
        if [&self.record, &self.put_away].into_iter().flatten().all(|run| run.summary.id != id) {
            self.released.push(id);
        }
    }

    /// The run is over for now, but [`Self::take_back`] goes on with it.
    pub fn put_away(&mut self, run: &Run) {
        self.end(Some(run), Ending::Stopped);
        let before = std::mem::replace(&mut self.put_away, self.record.clone());
        self.let_go(before);
    }

    /// Goes on with the run that was put away; the present one has been put away in its place.
    pub fn take_back(&mut self, run: Option<Record>) {
        let Some(record) = run else { return };
        self.inherited.clear();
        self.take_up(record);
        (self.saved, self.unsaved, self.touched) = (Instant::now(), false, false);
    }

    /// Takes out the run that was put away, for [`Self::take_back`].
    pub fn away(&mut self) -> Option<Record> {
        self.put_away.take()
    }

    /// A run that was opened is not gone on with.
    pub fn decline(&mut self, run: &Summary) {
        if [&self.record, &self.put_away].into_iter().flatten().all(|own| own.summary.id != run.id) {
            self.released.push(run.id.clone());
        }
    }

    /// What is to be sent next, with the run as it stands.
    fn update(&mut self) -> Option<&mut RunUpdate> {
        let record = self.record.as_ref()?;
        let epochs = std::mem::take(&mut self.inherited);
        let summary = &record.summary;
        self.touched = true;
        // A summary holds up to some hundred changes: it is copied once an epoch, not twice.
        match &mut self.pending {
            Some(update) => update.summary.clone_from(summary),
            pending => *pending = Some(RunUpdate { summary: summary.clone(), epochs, checkpoint: None }),
        }
        self.pending.as_mut()
    }

    /// A batch was learnt.
    pub fn batch(&mut self, run: &Run) {
        self.unsaved = true;
        if self.saved.elapsed() >= SAVE_WITHIN {
            self.save(run);
        }
    }

    /// An epoch is done.
    pub fn epoch(&mut self, run: &Run, reports: &[EpochReport]) {
        let Some(record) = &mut self.record else { return };
        let summary = &mut record.summary;
        // Whoever goes on after the planned epochs is running again.
        (summary.state, summary.finished) = (State::Running, None);
        record.append_epoch(reports);
        let first = record.epochs.len() == 1;
        self.unsaved = true;
        if let (Some(update), Some(epoch)) = (self.update(), Epoch::new(reports)) {
            append(&mut update.epochs, epoch);
        }
        if first || self.saved.elapsed() >= SAVE_EVERY {
            self.save(run);
        }
    }

    /// Learning pauses.
    pub fn rest(&mut self, run: &Run) {
        if self.unsaved {
            self.save(run);
        }
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
    pub fn save(&mut self, run: &Run) {
        if let Some(record) = &mut self.record {
            record.summary.experiment = crate::protocol::file::format(run.protocol());
        }
        let (Some(checkpoint), at) = (self.checkpoint(run), run.experiment().epochs_learnt()) else { return };
        if let Some(update) = self.update() {
            update.checkpoint = Some((at, checkpoint));
        }
        (self.saved, self.unsaved) = (Instant::now(), false);
        self.flush();
    }

    /// Hands a checkpoint over to be written to a file; whether it was taken.
    pub fn save_to(&mut self, path: PathBuf, run: &Run) -> bool {
        let Some(checkpoint) = self.checkpoint(run) else { return false };
        self.notes.try_send(Note::File(path, Box::new(checkpoint))).is_ok()
    }

    fn checkpoint(&self, of: &Run) -> Option<Checkpoint> {
        let record = self.record.as_ref()?;
        let (run, epochs) = (Some(record.summary.id.clone()), record.epochs.clone());
        Some(Checkpoint { state: of.checkpoint(), run, epochs, protocol: of.protocol().clone() })
    }

    /// The run is over, or given up for another one; without an experiment it went wrong.
    pub fn end(&mut self, run: Option<&Run>, ending: Ending) {
        let Some(record) = &mut self.record else { return };
        // It was said before, or nothing was learnt since it was opened.
        if !self.unsaved && (record.summary.state != State::Running || self.pending.is_none() && !self.touched) {
            return;
        }
        record.finish(ending);
        match run {
            Some(run) if self.unsaved => self.save(run),
            _ => drop(self.update()),
        }
        self.flush();
    }

    /// Epochs in memory: of the run, and of what waits for the keeper.
    #[cfg(test)]
    pub fn epochs_held(&self) -> usize {
        let waiting = self.before.iter().chain(&self.pending).map(|update| update.epochs.len());
        self.record.as_ref().map_or(0, |record| record.epochs.len()) + waiting.sum::<usize>()
    }

    /// Whether something waits for the keeper.
    pub fn waits(&self) -> bool {
        !self.before.is_empty()
            || self.pending.as_ref().is_some_and(RunUpdate::is_complete)
            || !self.released.is_empty()
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
        if let Some(update) = self.pending.take_if(|update| update.is_complete()) {
            self.pending = self.try_send(update);
        }
        // What was learnt last in them has been handed over by now.
        while let Some(id) = self.released.pop() {
            if let Err(TrySendError::Full(Note::Release(id))) = self.notes.try_send(Note::Release(id)) {
                self.released.push(id);
                return;
            }
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
