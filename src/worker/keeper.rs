//! The thread that keeps runs: all reading and writing of the store and of checkpoint files happens here.
//!
//! The thread that learns hands it epochs and checkpoints and never waits; the window asks for lists, curves and
//! changes. What the window sees is a [`RunsView`], replaced as a whole.

mod opening;
mod pinned;
mod recorder;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select};

use super::messages::{MOST_PINNED, RunCommand, RunEdit, RunEvent, RunsView};
use crate::base::error::{Error, Result};
use crate::store::query::{Entry, differing};
use crate::store::{self, Epoch, RunFolder, Store, Update};
use pinned::groups;
use recorder::Note;
pub use recorder::Recorder;

/// Notes of the thread that learns that may wait; it keeps what follows, as one note.
const NOTES: usize = 4;
/// Commands of the window that may wait.
const COMMANDS: usize = 64;
/// The store is looked at that often for what other programs did, and what could not be written is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the keeper has to say, behind one short lock.
#[derive(Default)]
struct Outbox {
    view: Option<Arc<RunsView>>,
    events: Vec<RunEvent>,
}

/// Handle of the thread that keeps runs. Dropping it writes what is left and stops the thread.
pub struct Keeper {
    commands: Option<Sender<RunCommand>>,
    notes: Option<Sender<Note>>,
    outbox: Arc<Mutex<Outbox>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread, which opens the store with `open`; an error is shown, and nothing is kept.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        open: impl FnOnce() -> Result<Option<Store>> + Send + 'static,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        let (commands, command_inbox) = crossbeam_channel::bounded(COMMANDS);
        let (notes, note_inbox) = crossbeam_channel::bounded(NOTES);
        let outbox = Arc::<Mutex<Outbox>>::default();
        let theirs = Arc::clone(&outbox);
        let body = move || {
            let mut shelf = Shelf::new(theirs, Box::new(wake));
            shelf.open(open());
            shelf.run(&command_inbox, &note_inbox);
        };
        let thread = std::thread::Builder::new()
            .name("keeper".into())
            .spawn(body)
            .map_err(|why| Error::System(format!("cannot start the thread that keeps runs: {why}")))?;
        Ok(Self { commands: Some(commands), notes: Some(notes), outbox, thread: Some(thread) })
    }

    /// What the thread that learns is given.
    pub fn recorder(&self) -> Option<Recorder> {
        self.notes.clone().map(Recorder::new)
    }

    /// Sends a command without ever waiting.
    ///
    /// # Errors
    /// The command itself, to be sent again.
    pub fn send(&self, command: RunCommand) -> Result<(), RunCommand> {
        let Some(commands) = &self.commands else { return Err(command) };
        commands.try_send(command).map_err(crossbeam_channel::TrySendError::into_inner)
    }

    /// Takes the newest view, if there is a new one, and all events.
    pub fn take(&self) -> (Option<Arc<RunsView>>, Vec<RunEvent>) {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        (outbox.view.take(), std::mem::take(&mut outbox.events))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Closed channels end the thread, after it has written what waits in them.
        (self.commands, self.notes) = (None, None);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread that keeps runs ended with a panic");
        }
    }
}

/// The thread's own.
struct Shelf {
    store: Option<Store>,
    /// The runs that this program has in hand.
    held: BTreeMap<String, RunFolder>,
    /// What keeps runs from being kept, as far as is known.
    problem: Option<Error>,
    outbox: Arc<Mutex<Outbox>>,
    wake: Box<dyn Fn() + Send + Sync>,
    entries: BTreeMap<String, Arc<Entry>>,
    /// What could not be written yet, by run.
    waiting: BTreeMap<String, Update>,
    pinned: Vec<String>,
    /// The curves of the pinned runs.
    records: BTreeMap<String, Vec<Epoch>>,
    current: Option<String>,
    /// Counts views.
    version: u64,
}

impl Shelf {
    fn new(outbox: Arc<Mutex<Outbox>>, wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            store: None,
            held: BTreeMap::new(),
            problem: None,
            outbox,
            wake,
            entries: BTreeMap::new(),
            waiting: BTreeMap::new(),
            pinned: Vec::new(),
            records: BTreeMap::new(),
            current: None,
            version: 0,
        }
    }

    fn open(&mut self, store: Result<Option<Store>>) {
        match store {
            Ok(store) => self.store = store,
            Err(error) => self.problem = Some(error),
        }
    }

    fn run(&mut self, commands: &Receiver<RunCommand>, notes: &Receiver<Note>) {
        self.begin();
        let (mut commands_open, mut notes_open) = (true, true);
        let mut looked = Instant::now();
        let never = crossbeam_channel::never();
        let closed = crossbeam_channel::never();
        while commands_open || notes_open {
            let wait = LOOK_EVERY.saturating_sub(looked.elapsed());
            select! {
                recv(if commands_open { commands } else { &never }) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => commands_open = false,
                },
                recv(if notes_open { notes } else { &closed }) -> note => match note {
                    Ok(note) => self.note(note),
                    Err(_) => notes_open = false,
                },
                default(wait) => {
                    looked = Instant::now();
                    self.retry();
                    self.look();
                }
            }
        }
        // The last try; whoever cannot write now has been told.
        self.retry();
        self.held.clear();
    }

    /// What an earlier start has left: deleted runs that are long gone, and a run that was cut off.
    fn begin(&mut self) {
        let Some(store) = self.store.clone() else { return self.publish() };
        let abandoned = store.purge(store::purge_before()).and_then(|_| store.abandoned());
        self.look();
        match abandoned {
            Ok(found) => {
                if let Some(run) = found.into_iter().rev().find(|run| run.checkpoint.is_some()) {
                    self.tell(RunEvent::Recovered(Box::new(run)));
                }
            }
            Err(error) => self.trouble(error),
        }
        self.publish();
    }

    fn tell(&self, event: RunEvent) {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).events.push(event);
        (self.wake)();
    }

    fn trouble(&mut self, error: Error) {
        if self.problem.as_ref() != Some(&error) {
            self.problem = Some(error);
            self.publish();
        }
    }

    /// Reads the list anew if any program has written the store.
    fn look(&mut self) {
        let Some(store) = &self.store else { return };
        match store.list() {
            Ok(all) => {
                let mut entries = BTreeMap::new();
                for summary in all {
                    // Parameters are read once only.
                    let known = self.entries.get(&summary.id).filter(|e| e.summary == summary).cloned();
                    let entry = known.unwrap_or_else(|| Arc::new(Entry::new(summary)));
                    entries.insert(entry.summary.id.clone(), entry);
                }
                if entries != self.entries {
                    self.entries = entries;
                    self.fetch();
                    self.publish();
                }
            }
            Err(error) => self.trouble(error),
        }
    }

    /// Reads one run anew.
    fn refresh(&mut self, id: &str) {
        let Some(store) = &self.store else { return };
        match store.summary(id) {
            Ok(Some(summary)) => {
                self.entries.insert(id.to_owned(), Arc::new(Entry::new(summary)));
            }
            Ok(None) => {
                self.entries.remove(id);
            }
            Err(error) => return self.trouble(error),
        }
        if self.pinned.iter().any(|p| p == id) {
            self.fetch();
        }
        self.publish();
    }

    /// Reads the curves of pinned runs that have grown.
    fn fetch(&mut self) {
        let Some(store) = &self.store else { return };
        let entries = &self.entries;
        self.pinned.retain(|id| entries.get(id).is_some_and(|e| e.summary.deleted.is_none()));
        let pinned = &self.pinned;
        self.records.retain(|id, _| pinned.contains(id));
        for id in pinned {
            let epochs = entries.get(id).map_or(0, |e| e.summary.epochs);
            if self.records.get(id).is_none_or(|known| known.last().map_or(0, |e| e.epoch) != epochs) {
                match store.get(id) {
                    Ok(record) => {
                        self.records.insert(id.clone(), record.map(|r| r.epochs).unwrap_or_default());
                    }
                    Err(error) => self.problem = Some(error),
                }
            }
        }
    }

    fn publish(&mut self) {
        self.version += 1;
        let pinned: Vec<&Entry> = self.pinned.iter().filter_map(|id| self.entries.get(id)).map(|e| &**e).collect();
        let params: Vec<_> = pinned.iter().map(|e| e.params.as_ref()).collect();
        let view = RunsView {
            version: self.version,
            keeps: self.store.is_some(),
            problem: self.problem.clone(),
            entries: self.entries.values().cloned().collect(),
            pinned: self.pinned.clone(),
            groups: groups(&pinned, &self.records),
            differing: differing(&params).into_iter().map(|(spec, values)| (spec.key, values)).collect(),
            current: self.current.clone(),
        };
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).view = Some(Arc::new(view));
        (self.wake)();
    }

    /// Takes what the thread that learns has to say.
    fn note(&mut self, note: Note) {
        match note {
            Note::Run(update) => {
                let update = *update;
                if self.store.is_none() {
                    return;
                }
                let id = update.summary.id.clone();
                self.current = Some(id.clone());
                let checkpoint = update.checkpoint.map(|(at, checkpoint)| (at, checkpoint.encode()));
                let waiting = self.waiting.entry(id).or_default();
                waiting.summary = Some(update.summary);
                for epoch in update.epochs {
                    store::append(&mut waiting.epochs, epoch);
                }
                waiting.checkpoint = checkpoint.or(waiting.checkpoint.take());
                self.retry();
            }
            Note::Release(id) => {
                self.held.remove(&id);
            }
            Note::File(path, checkpoint) => {
                let event = match checkpoint.write(&path) {
                    Ok(()) => RunEvent::Saved(path),
                    Err(error) => RunEvent::Refused(error),
                };
                self.tell(event);
            }
        }
    }

    /// Writes what waits; what cannot be written waits on.
    fn retry(&mut self) {
        let Some(store) = self.store.clone().filter(|_| !self.waiting.is_empty()) else { return };
        let mut trouble = None;
        for id in self.waiting.keys().cloned().collect::<Vec<_>>() {
            let Some(update) = self.waiting.get(&id) else { continue };
            // It stays in hand when it is over, because it can go on.
            let held = match self.held.remove(&id) {
                Some(held) => Ok(held),
                None => store.create(&id),
            };
            match held.and_then(|held| self.held.entry(id.clone()).or_insert(held).put(update)) {
                Ok(()) => {
                    self.waiting.remove(&id);
                    self.problem = None;
                    self.refresh(&id);
                }
                // That is no trouble to other runs.
                Err(error @ Error::InUse { .. }) => trouble = Some(error),
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        if let Some(error) = trouble {
            self.trouble(error);
        }
    }

    fn obey(&mut self, command: RunCommand) {
        match command {
            RunCommand::Edit(id, edit) => {
                let Some(store) = &self.store else { return };
                let result = store.edit(&id, |run| match edit {
                    RunEdit::Name(name) => run.name = name,
                    RunEdit::Note(note) => run.note = note,
                    RunEdit::Star(star) => run.starred = star,
                    RunEdit::Deleted(deleted) => run.deleted = deleted.then(store::now),
                });
                match result {
                    Ok(_) => {
                        self.fetch();
                        self.refresh(&id);
                    }
                    Err(error) => self.tell(RunEvent::Refused(error)),
                }
            }
            RunCommand::Pin(id, on) => {
                self.pinned.retain(|pinned| *pinned != id);
                if on && self.pinned.len() < MOST_PINNED {
                    self.pinned.push(id);
                }
                self.fetch();
                self.publish();
            }
            RunCommand::UnpinAll => {
                self.pinned.clear();
                self.fetch();
                self.publish();
            }
            RunCommand::Open(id) => {
                let event = match self.open_run(&id) {
                    Ok(opened) => RunEvent::Opened(Box::new(opened)),
                    Err(error) => RunEvent::Refused(error),
                };
                self.tell(event);
            }
            RunCommand::OpenFile(path) => {
                let event = match self.open_file(&path) {
                    Ok(opened) => RunEvent::Opened(Box::new(opened)),
                    Err(error) => RunEvent::Refused(error),
                };
                self.tell(event);
            }
        }
    }
}

#[cfg(test)]
mod tests;
