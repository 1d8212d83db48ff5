//! What is saved of a run, and when.

use std::time::{Duration, Instant};

use super::{Event, Flow, Observer, Run};
use crate::base::error::{Error, Result};
use crate::protocol::{Change, Protocol};
use crate::store::{Changed, Checkpoint, Ending, Epoch, Fall, Record, RunUpdate, State, Summary, add_fall, append};
use crate::training::Identity;
use crate::training::metrics::EpochReport;

/// Shortest time between two checkpoints at the ends of epochs.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// Time after which a checkpoint is made in the middle of an epoch.
const SAVE_WITHIN: Duration = Duration::from_secs(20);
/// Changes kept of a run; older ones go first.
const MOST_CHANGES: usize = 300;

/// Where a [`Recorder`] hands what is to be saved.
pub trait Sink {
    /// Takes an update, or gives it back when there is no room for it now.
    fn offer(&mut self, update: RunUpdate) -> Option<RunUpdate>;

    /// Lets other programs have a run; `false` when there is no room for this message now.
    fn release(&mut self, run: &str) -> bool;
}

/// Records the run in progress, and says when it is saved. Follows a run as an [`Observer`].
pub struct Recorder<S> {
    sink: S,
    /// Epochs between two checkpoints; without it time decides.
    every: Option<u32>,
    record: Option<Record>,
    /// The run that was put away and can be taken back.
    put_away: Option<Record>,
    /// Runs that are let go, until the sink knows.
    released: Vec<String>,
    /// Epochs of the run so far that the store does not have.
    inherited: Vec<Epoch>,
    /// Something of this run was sent.
    touched: bool,
    /// What the sink has not taken yet of the runs before.
    before: Vec<RunUpdate>,
    /// What is new since; it goes with the next checkpoint, so that a run that is killed can go on from the last epoch
    /// that is listed.
    pending: Option<RunUpdate>,
    saved: Instant,
    /// Batches were learnt since the last checkpoint.
    unsaved: bool,
}

impl<S: Sink> Recorder<S> {
    /// A recorder of no run yet; `every` is the number of epochs between two checkpoints, if that is fixed.
    pub fn new(sink: S, every: Option<u32>) -> Self {
        Self {
            sink,
            every,
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

    /// Where the updates go.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The run in progress as it stands.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// A run of `origin` begins, or goes on: with what is known of it, and with its curves and falls. Nothing is written
    /// before something is learnt, so a run that is only looked at stays as it is.
    pub fn begin(
        &mut self,
        protocol: &Protocol,
        origin: &str,
        goes_on: Option<Summary>,
        (epochs, falls): (&[Epoch], &[Fall]),
        from: Option<&str>,
    ) {
        let mut record = Record::new(protocol, origin);
        if let Some(summary) = goes_on {
            record.summary = Summary { state: State::Running, finished: None, error: None, ..summary };
        } else {
            record.summary.tags.extend(from.map(|from| ("from".to_owned(), from.to_owned())));
        }
        record.summary.falls = falls.to_vec();
        let stored = record.summary.epochs;
        self.inherited = epochs.iter().filter(|e| e.epoch > stored).cloned().collect();
        for epoch in epochs {
            record.append(epoch.clone());
        }
        self.take_up(record);
    }

    /// A run branches off from the one in progress after `epoch` epochs; that one stays as it was.
    pub fn branch(&mut self, protocol: &Protocol, run: Option<&Run>, epoch: usize) {
        self.end(run, Ending::Stopped);
        let (mut epochs, mut falls, mut origin, mut from) = (Vec::new(), Vec::new(), String::new(), None);
        if let Some(record) = &self.record {
            epochs.extend(record.epochs.iter().filter(|e| e.epoch <= epoch).cloned());
            falls.extend(record.summary.falls.iter().filter(|fall| fall.epochs <= epoch as f64).cloned());
            origin.clone_from(&record.summary.origin);
            from = Some(format!("{}, epoch {epoch}", record.summary.id));
        }
        self.begin(protocol, &origin, None, (&epochs, &falls), from.as_deref());
    }

    /// Another run is in progress; the one before is let go, unless it was put away.
    fn take_up(&mut self, record: Record) {
        self.before.extend(self.pending.take());
        if let Some(before) = self.record.replace(record) {
            self.let_go(&before.summary);
        }
        (self.saved, self.unsaved, self.touched) = (Instant::now(), false, false);
    }

    /// Others may have the run, if it is neither in progress nor put away here.
    fn let_go(&mut self, run: &Summary) {
        if [&self.record, &self.put_away].into_iter().flatten().all(|own| own.summary.id != run.id) {
            self.released.push(run.id.clone());
        }
    }

    /// The run is over for now, but [`Self::take_back`] goes on with it.
    pub fn put_away(&mut self, run: &Run) {
        self.end(Some(run), Ending::Stopped);
        if let Some(before) = std::mem::replace(&mut self.put_away, self.record.clone()) {
            self.let_go(&before.summary);
        }
    }

    /// Goes on with the run that was put away; the present one has been put away in its place.
    pub fn take_back(&mut self, run: Option<Record>) {
        let Some(record) = run else { return };
        self.inherited.clear();
        self.take_up(record);
    }

    /// Takes out the run that was put away, for [`Self::take_back`].
    pub fn away(&mut self) -> Option<Record> {
        self.put_away.take()
    }

    /// A run that was opened is not gone on with.
    pub fn decline(&mut self, run: &Summary) {
        self.let_go(run);
    }

    /// What is to be sent next, with the run as it stands.
    fn update(&mut self) -> Option<&mut RunUpdate> {
        let summary = &self.record.as_ref()?.summary;
        let epochs = std::mem::take(&mut self.inherited);
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
        if self.every.is_none() && self.saved.elapsed() >= SAVE_WITHIN {
            self.save(run);
        }
    }

    /// An epoch is done.
    pub fn epoch(&mut self, run: &Run, reports: &[EpochReport]) {
        let (Some(record), Some(epoch)) = (&mut self.record, Epoch::new(reports)) else { return };
        let summary = &mut record.summary;
        // A run that goes on after the planned epochs is running again.
        (summary.state, summary.finished) = (State::Running, None);
        summary.calibrated = run.experiment().is_calibrated();
        record.append_epoch(reports);
        let due = match self.every {
            Some(every) => epoch.epoch.is_multiple_of(every as usize),
            None => !self.touched || self.saved.elapsed() >= SAVE_EVERY,
        };
        self.unsaved = true;
        if let Some(update) = self.update() {
            append(&mut update.epochs, epoch);
        }
        if due {
            self.save(run);
        }
    }

    /// Learning pauses.
    pub fn rest(&mut self, run: &Run) {
        if self.unsaved {
            self.save(run);
        }
    }

    /// Something was changed while learning. At one moment the last value of a parameter counts.
    pub fn changed(&mut self, epochs: f64, change: &Change) {
        let Some(record) = &mut self.record else { return };
        let changes = &mut record.summary.changes;
        let is_replaced = |last: &mut Changed| {
            let is_now = last.epochs.total_cmp(&epochs).is_eq();
            is_now && Change::parse(&last.what, "").is_ok_and(|earlier| change.replaces(&earlier))
        };
        changes.pop_if(is_replaced);
        changes.push(Changed { epochs, what: change.to_string() });
        if changes.len() > MOST_CHANGES {
            changes.remove(0);
        }
        self.unsaved = true;
    }

    /// What the lanes reach after a change, and before anything is learnt, was measured.
    pub fn fell(&mut self, fall: Fall) {
        let Some(record) = &mut self.record else { return };
        self.unsaved |= fall.epochs > 0.0;
        add_fall(&mut record.summary.falls, fall);
    }

    /// Makes a checkpoint now.
    fn save(&mut self, run: &Run) {
        if let Some(record) = &mut self.record {
            let chip = run.experiment().chip_identity();
            record.summary.tags.extend(chip.iter().flat_map(Identity::tags));
            record.summary.experiment = crate::protocol::file::format(run.protocol());
        }
        let (Some(checkpoint), at) = (self.checkpoint(run), run.experiment().epochs_learnt()) else { return };
        if let Some(update) = self.update() {
            update.checkpoint = Some((at, checkpoint));
        }
        (self.saved, self.unsaved) = (Instant::now(), false);
        self.flush();
    }

    /// A checkpoint of the run in progress; `None` when there is none.
    pub fn checkpoint(&self, of: &Run) -> Option<Checkpoint> {
        let record = self.record.as_ref()?;
        let Record { summary, epochs } = record.clone();
        let (run, falls) = (Some(summary.id), summary.falls);
        Some(Checkpoint { state: of.checkpoint(), run, epochs, falls, protocol: of.protocol().clone() })
    }

    /// The run is over, or given up for another one; `None` when it went wrong and cannot be gone on with.
    pub fn end(&mut self, run: Option<&Run>, ending: Ending) {
        let Some(record) = &mut self.record else { return };
        // It was said before, or nothing was learnt since it was opened.
        if !self.unsaved && (record.summary.state != State::Running || self.pending.is_none() && !self.touched) {
            return;
        }
        if let (Some(run), Ending::Finished) = (run, &ending) {
            record.summary.measures = crate::energy::measures(run.experiment());
        }
        record.finish(ending);
        match run {
            Some(run) if self.unsaved => self.save(run),
            _ => drop(self.update()),
        }
        self.flush();
    }

    /// Epochs in memory: of the run, and of what waits for the sink.
    #[cfg(test)]
    pub fn epochs_held(&self) -> usize {
        let waiting = self.before.iter().chain(&self.pending).map(|update| update.epochs.len());
        self.record.as_ref().map_or(0, |record| record.epochs.len()) + waiting.sum::<usize>()
    }

    /// Whether something waits for the sink.
    pub fn waits(&self) -> bool {
        !self.before.is_empty()
            || self.pending.as_ref().is_some_and(RunUpdate::is_complete)
            || !self.released.is_empty()
    }

    /// Hands over what the sink takes now.
    pub fn flush(&mut self) {
        while !self.before.is_empty() {
            let update = self.before.remove(0);
            if let Some(update) = self.sink.offer(update) {
                return self.before.insert(0, update);
            }
        }
        if let Some(update) = self.pending.take_if(|update| update.is_complete()) {
            self.pending = self.sink.offer(update);
        }
        // What was learnt last in them has been handed over by now.
        while let Some(id) = self.released.pop() {
            if !self.sink.release(&id) {
                return self.released.push(id);
            }
        }
    }

    /// All that the sink has not taken yet.
    pub fn take_waiting(&mut self) -> Vec<RunUpdate> {
        self.before.drain(..).chain(self.pending.take()).collect()
    }
}

impl<S: Sink> Observer for Recorder<S> {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        match event {
            Event::Changed(timed) => self.changed(run.experiment().epochs_learnt(), &timed.change),
            Event::Batch(step) if step.epoch_done.is_none() => self.batch(run),
            Event::Epoch(reports) => self.epoch(run, reports),
            Event::Ended(ending) => {
                // A run that had nothing left to learn is over now, too.
                self.unsaved |= !self.touched;
                // A network that diverged is nothing to go on from; the last good checkpoint stays. What a chip did
                // wrong has not reached the network.
                let is_spoilt = matches!(ending, Ending::Failed(error) if !matches!(error, Error::Chip { .. }));
                self.end((!is_spoilt).then_some(run), (*ending).clone());
            }
            Event::Fell(fallen) => self.fell(run.fall(fallen)),
            Event::Batch(_) | Event::Calibrated(_) => {}
        }
        Ok(Flow::GoOn)
    }
}
