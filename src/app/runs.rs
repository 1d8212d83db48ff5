//! The window's side of keeping runs.

use std::path::Path;

use super::App;
use crate::store::checkpoint;
use crate::worker::messages::{Command, Opened, RunCommand, RunEvent};

impl App {
    /// Sends a command to whom it is for.
    pub(super) fn pass_on(&mut self, command: Command) -> Result<(), Command> {
        match command {
            Command::Runs(command) => {
                match &command {
                    RunCommand::Pin(run, on) => self.settings.pin(run, *on),
                    RunCommand::UnpinAll => self.settings.pinned.clear(),
                    _ => {}
                }
                self.keeper.send(command).map_err(Command::Runs)
            }
            command => self.worker.send(command),
        }
    }

    /// What was pinned when the window was left is pinned again, as far as it is in this store.
    pub(super) fn pin_again(&mut self) {
        let again = |run: &String| Command::Runs(RunCommand::Pin(run.clone(), true));
        self.commands.extend(self.settings.pinned.iter().map(again));
    }

    /// Takes what the keeper has to say.
    pub(super) fn receive_runs(&mut self) {
        let (view, events) = self.keeper.take();
        if let Some(view) = view {
            let (before, now) = (self.runs.problem.as_ref(), view.problem.as_ref());
            // Said once when it begins; the view of runs says it as long as it lasts.
            let news = now.filter(|now| before != Some(now));
            let notice = news.map(|problem| format!("{}: {}", self.text.runs.not_kept, self.text.error(problem)));
            self.runs = view;
            if let Some(notice) = notice {
                self.notify(notice, true);
            }
        }
        for event in events {
            match event {
                RunEvent::Recovered(run) => self.recovered = Some(run),
                RunEvent::Opened(opened) => self.open_run(*opened),
                RunEvent::Saved(path) => self.notify(format!("{} {}", self.text.saved, path.display()), false),
                RunEvent::Refused(error) => self.notify(self.text.error(&error), true),
            }
        }
    }

    fn open_run(&mut self, opened: Opened) {
        self.notices.clear();
        self.recovered = None;
        self.params = opened.params.clone();
        self.sent = self.params.clone();
        self.commands.push(Command::Resume(Box::new(opened)));
    }

    /// Asks the keeper to read a checkpoint file.
    pub(super) fn open_checkpoint(&mut self, path: &Path) {
        self.commands.push(Command::Runs(RunCommand::OpenFile(path.to_path_buf())));
    }

    /// A run that was cut off is offered once; it stays in the list of runs either way.
    pub(super) fn recovered_ui(&mut self, ui: &mut egui::Ui) {
        let Some(run) = &self.recovered else { return };
        let text = self.text;
        let name = if run.name.is_empty() { &run.id } else { &run.name };
        let words = format!("{} {name}, {} {:.1}", text.runs.recovered, text.epoch, run.checkpoint.unwrap_or(0.0));
        let id = run.id.clone();
        ui.horizontal_wrapped(|ui| {
            if ui.small_button(text.dismiss).clicked() {
                self.recovered = None;
            }
            ui.strong(words);
            if ui.button(text.runs.open.name).on_hover_text(text.runs.open.meaning).clicked() {
                self.commands.push(Command::Runs(RunCommand::Open(id)));
            }
        });
    }
}

/// Whether a file is a checkpoint by its name.
pub(super) fn is_checkpoint(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(checkpoint::EXTENSION))
}
