//! The store thread: all reading and writing of the store and of checkpoint files happens here.
//!
//! The session hands it epochs and checkpoints and never waits; the window asks for lists, curves and changes. What the
//! window sees is a [`RunsView`], replaced as a whole.

mod opening;
mod pinned;
mod recorder;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select};

use super::mailbox::Mailbox;
use super::messages::{MOST_PINNED, RunCommand, RunEdit, RunEvent, RunsView};
use crate::base::error::{Error, Result};
use crate::store::query::Entry;
use crate::store::{self, Checkpoint, Epoch, RunUpdate, RunWriter, Store, Written};
use pinned::{differences, groups};
pub use recorder::Recorder;
use recorder::ToStore;

/// Messages of the session that may wait; its recorder keeps what follows, as one update.
const MESSAGES: usize = 4;
/// Commands of the window that may wait.
const COMMANDS: usize = 64;
/// The store is looked at that often for what other programs did, and what could not be written is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// One message of the session.
enum Message {
    /// What is new about the run in progress.
    Run(Box<RunUpdate>),
    /// This program does not add to a run any more.
    Release(String),
    /// A checkpoint for a file of the user's.
    File(PathBuf, Box<Checkpoint>),
}

/// Handle of the store thread. Dropping it writes what is left and stops the thread.
pub struct StoreThread {
    commands: Option<Sender<RunCommand>>,
    messages: Option<Sender<Message>>,
    mailbox: Arc<Mailbox<RunsView, RunEvent>>,
    thread: Option<JoinHandle<()>>,
}

impl StoreThread {
    /// Starts the thread, which opens the store with `open`; an error is shown, and nothing is kept.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        open: impl FnOnce() -> Result<Option<Store>> + Send + 'static,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        let (commands, command_inbox) = crossbeam_channel::bounded(COMMANDS);
        let (messages, message_inbox) = crossbeam_channel::bounded(MESSAGES);
        let mailbox = Arc::new(Mailbox::new(wake));
        let theirs = Arc::clone(&mailbox);
        let body = move || {
            let mut body = Body::new(theirs);
            body.open(open());
            body.run(&command_inbox, &message_inbox);
        };
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(body)
            .map_err(|why| Error::System(format!("cannot start the store thread: {why}")))?;
        Ok(Self { commands: Some(commands), messages: Some(messages), mailbox, thread: Some(thread) })
    }

    /// A recorder for the session.
    pub fn recorder(&self) -> Option<Recorder> {
        self.messages.clone().map(|messages| Recorder::new(ToStore(messages), None))
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
        self.mailbox.take()
    }
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        // Closed channels end the thread, after it has written what waits in them.
        (self.commands, self.messages) = (None, None);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the store thread ended with a panic");
        }
    }
}

/// What the thread itself works with.
struct Body {
    writer: Option<RunWriter>,
    /// Why runs cannot be written, as far as is known.
    problem: Option<Error>,
    mailbox: Arc<Mailbox<RunsView, RunEvent>>,
    entries: BTreeMap<String, Arc<Entry>>,
    pinned: Vec<String>,
    /// The curves of the pinned runs.
    records: BTreeMap<String, Vec<Epoch>>,
    /// Counts views.
    version: u64,
}

impl Body {
    fn new(mailbox: Arc<Mailbox<RunsView, RunEvent>>) -> Self {
        Self {
            writer: None,
            problem: None,
            mailbox,
            entries: BTreeMap::new(),
            pinned: Vec::new(),
            records: BTreeMap::new(),
            version: 0,
        }
    }

    fn open(&mut self, store: Result<Option<Store>>) {
        match store {
            Ok(store) => self.writer = store.map(RunWriter::new),
            Err(error) => self.problem = Some(error),
        }
    }

    fn store(&self) -> Option<&Store> {
        self.writer.as_ref().map(RunWriter::store)
    }

    fn run(&mut self, commands: &Receiver<RunCommand>, messages: &Receiver<Message>) {
        self.begin();
        let (mut commands_open, mut messages_open) = (true, true);
        let mut looked = Instant::now();
        let never = crossbeam_channel::never();
        let closed = crossbeam_channel::never();
        while commands_open || messages_open {
            let wait = LOOK_EVERY.saturating_sub(looked.elapsed());
            select! {
                recv(if commands_open { commands } else { &never }) -> command => match command {
                    Ok(command) => self.handle(command),
                    Err(_) => commands_open = false,
                },
                recv(if messages_open { messages } else { &closed }) -> message => match message {
                    Ok(message) => self.receive(message),
                    Err(_) => messages_open = false,
                },
                default(wait) => {
                    looked = Instant::now();
                    self.retry();
                    self.look();
                }
            }
        }
        // The last try; what cannot be written now has been reported.
        self.retry();
    }

    /// What an earlier start has left: deleted runs that are long gone, and a run that was cut off.
    fn begin(&mut self) {
        let Some(store) = self.store().cloned() else { return self.publish() };
        let abandoned = store.purge(store::purge_before()).and_then(|_| store.abandoned());
        // Whoever has the first list knows of the run that was cut off.
        match abandoned {
            Ok(found) => {
                if let Some(run) = found.into_iter().rev().find(|run| run.checkpoint.is_some()) {
                    self.tell(RunEvent::Recovered(Box::new(run)));
                }
            }
            Err(error) => self.report_problem(error),
        }
        self.look();
        self.publish();
    }

    fn tell(&self, event: RunEvent) {
        self.mailbox.tell(event);
    }

    fn report_problem(&mut self, error: Error) {
        if self.problem.as_ref() != Some(&error) {
            self.problem = Some(error);
            self.publish();
        }
    }

    /// Reads the list anew if any program has written the store.
    fn look(&mut self) {
        let Some(store) = self.store() else { return };
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
            Err(error) => self.report_problem(error),
        }
    }

    /// Reads one run anew.
    fn refresh(&mut self, id: &str) {
        let Some(store) = self.store() else { return };
        match store.summary(id) {
            Ok(Some(summary)) => {
                self.entries.insert(id.to_owned(), Arc::new(Entry::new(summary)));
            }
            Ok(None) => {
                self.entries.remove(id);
            }
            Err(error) => return self.report_problem(error),
        }
        if self.pinned.iter().any(|p| p == id) {
            self.fetch();
        }
        self.publish();
    }

    /// Reads the curves of pinned runs that have grown.
    fn fetch(&mut self) {
        let Some(store) = self.writer.as_ref().map(RunWriter::store) else { return };
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
        self.mailbox.publish(RunsView {
            version: self.version,
            keeps: self.writer.is_some(),
            problem: self.problem.clone(),
            entries: self.entries.values().cloned().collect(),
            pinned: self.pinned.clone(),
            groups: groups(&pinned, &self.records),
            differing: differences(&pinned),
            current: None,
            followed: 0,
        });
    }

    /// Takes a message of the session.
    fn receive(&mut self, message: Message) {
        match message {
            Message::Run(update) => {
                let Some(writer) = &mut self.writer else { return };
                let written = writer.put(*update);
                self.report(written);
            }
            Message::Release(id) => {
                if let Some(writer) = &mut self.writer {
                    writer.release(&id);
                }
            }
            Message::File(path, checkpoint) => {
                let event = match checkpoint.write(&path) {
                    Ok(()) => RunEvent::Saved(path),
                    Err(error) => RunEvent::Refused(error),
                };
                self.tell(event);
            }
        }
    }

    /// Writes what waits.
    fn retry(&mut self) {
        if let Some(written) = self.writer.as_mut().map(RunWriter::retry) {
            self.report(written);
        }
    }

    /// Shows what came of an attempt to write.
    fn report(&mut self, written: Written) {
        if let Some(error) = written.gone {
            self.tell(RunEvent::Refused(error));
        }
        for id in written.runs {
            self.problem = None;
            self.refresh(&id);
        }
        if let Some(error) = written.trouble {
            self.report_problem(error);
        }
    }

    fn handle(&mut self, command: RunCommand) {
        match command {
            RunCommand::Edit(id, edit) => {
                let Some(store) = self.store() else { return };
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
