//! The window's side of keeping runs.

use std::path::Path;
use std::sync::Arc;

use super::App;
use super::notices::{Notice, card_ui, dismiss_ui};
use crate::session::messages::{Command, EngineCommand, Entry, Opened, RunCommand, RunEvent};
use crate::store::checkpoint;
use crate::views::theme;

impl App {
    /// Remembers what a command pins.
    pub(super) fn remember_pins(&mut self, command: &Command) {
        match command {
            Command::Store(RunCommand::Pin(run, on)) => self.settings.pin(run, *on),
            Command::Store(RunCommand::UnpinAll) => self.settings.pinned.clear(),
            _ => {}
        }
    }

    /// What was pinned when the window was left is pinned again, as far as it is in this store.
    pub(super) fn pin_again(&mut self) {
        let again = |run: &String| Command::Store(RunCommand::Pin(run.clone(), true));
        self.commands.commands.extend(self.settings.pinned.iter().map(again));
    }

    /// Takes what the store thread reports.
    pub(super) fn receive_runs(&mut self) {
        let (view, events) = self.threads.store.take();
        self.follow_run();
        if let Some(view) = view {
            let before = std::mem::replace(&mut self.runs, view);
            self.follow_run();
            // Said once when it begins, and no longer than it lasts.
            if self.runs.problem != before.problem {
                self.notices.retain(|notice| !matches!(notice, Notice::NotKept(_)));
                if let Some(problem) = self.runs.problem.clone() {
                    self.notify(Notice::NotKept(problem));
                }
            }
            // A run that was deleted, or that is learnt on already, is not offered.
            let runs = &self.runs;
            self.recovered.take_if(|offered| {
                let run = &offered.summary;
                let deleted = runs.entry(&run.id).is_some_and(|entry| entry.summary.deleted.is_some());
                deleted || runs.current.as_ref() == Some(&run.id)
            });
        }
        for event in events {
            match event {
                RunEvent::Recovered(run) => self.recovered = Some(Box::new(Entry::new(*run))),
                RunEvent::Opened(opened) => self.open_run(*opened),
                RunEvent::Saved(path) => self.notify(Notice::saved(path)),
                RunEvent::Refused(error) => self.notify(Notice::Wrong(error)),
            }
        }
    }

    /// The list says of the run on screen what the scores say; the store is written later.
    fn follow_run(&mut self) {
        let current = self.snapshot.record.as_ref();
        if self.runs.is_behind(current) {
            Arc::make_mut(&mut self.runs).follow(current);
        }
    }

    fn open_run(&mut self, opened: Opened) {
        self.notices.clear();
        self.recovered = None;
        match &opened.checkpoint {
            Some(checkpoint) => self.begin_run(&checkpoint.state.params, checkpoint.state.is_calibrated()),
            None => self.begin_run(&opened.protocol.params, opened.protocol.calibrates_first()),
        }
        self.commands.push(EngineCommand::Resume(Box::new(opened)));
    }

    /// Asks the store thread to read a checkpoint file.
    pub(super) fn open_checkpoint(&mut self, path: &Path) {
        self.commands.push(Command::Store(RunCommand::OpenFile(path.to_path_buf())));
    }

    /// A run that was cut off is offered once; it stays in the list of runs either way.
    pub(super) fn recovered_ui(&mut self, ui: &mut egui::Ui) {
        let Some(run) = &self.recovered else { return };
        let text = self.text;
        let words = format!(
            "{} {}{comma}{} {:.1}",
            text.runs.recovered,
            run.title(),
            text.epoch,
            run.summary.checkpoint.unwrap_or(0.0),
            comma = text.comma
        );
        let id = run.summary.id.clone();
        let accent = ui.visuals().selection.bg_fill;
        card_ui(ui, Some(accent), |ui| {
            if dismiss_ui(ui, text) {
                self.recovered = None;
            }
            ui.label(theme::strong(words));
            if ui.button(text.runs.open.name).on_hover_text(text.runs.open.meaning).clicked() {
                self.commands.push(Command::Store(RunCommand::Open(id)));
            }
        });
    }
}

/// Whether a file is a checkpoint by its name.
pub(super) fn is_checkpoint(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(checkpoint::EXTENSION))
}
