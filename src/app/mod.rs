//! The window: `logic` receives, `ui` draws, and neither ever waits for the worker.

mod controls;
mod dialogs;
mod layout;
mod settings;
mod toolbar;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::params::{PARAMS, Params, TakesEffect};
use crate::text::{EN, Text};
use crate::views::{Scene, Views};
use crate::worker::Worker;
use crate::worker::messages::{Command, Event, Snapshot, TrimmedSpread};
pub use settings::Settings;

/// The sample on display changes that often while learning.
const ADVANCE_EVERY: Duration = Duration::from_secs(3);
/// Notices kept until dismissed; older ones go first.
const MOST_NOTICES: usize = 5;

/// Everything the window holds.
pub struct App {
    worker: Worker,
    snapshot: Arc<Snapshot>,
    /// What the controls show.
    params: Params,
    /// What the worker was last told.
    sent: Params,
    settings: Settings,
    text: &'static Text,
    views: Views,
    tree: egui_tiles::Tree<crate::views::ViewKind>,
    dialogs: dialogs::Dialogs,
    notices: Vec<Notice>,
    /// Commands of this frame, and those a full queue sent back.
    commands: Vec<Command>,
    advanced: Instant,
}

/// Something the user has to know until it is dismissed.
struct Notice {
    text: String,
    alarming: bool,
}

impl App {
    /// Starts the worker with `params`, learning at once.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(ctx: &egui::Context, params: Params, settings: Settings) -> Result<Self> {
        ctx.set_theme(settings.theme);
        crate::views::theme::set_up(ctx);
        let waker = ctx.clone();
        let worker = Worker::start(params.clone(), true, move || waker.request_repaint())?;
        Ok(Self {
            snapshot: Arc::new(Snapshot::empty(&params)),
            sent: params.clone(),
            params,
            settings,
            text: &EN,
            views: Views::default(),
            tree: layout::default_tree(),
            dialogs: dialogs::Dialogs::default(),
            notices: Vec::new(),
            commands: vec![Command::SetPace(settings.pace())],
            advanced: Instant::now(),
            worker,
        })
    }

    /// The newest snapshot, for tests.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What the controls show, for tests.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Takes what the worker has to say.
    fn receive(&mut self) {
        let (snapshot, events) = self.worker.take();
        if let Some(snapshot) = snapshot {
            self.snapshot = snapshot;
        }
        for event in events {
            let (text, alarming) = match event {
                Event::Finished { epochs } => (format!("{} {epochs}: {}", self.text.epoch, self.text.finished), false),
                Event::Calibrated(spreads) => (self.calibrated(&spreads), false),
                Event::Failed(error) => (format!("{}: {error}", self.text.failed), true),
                Event::Refused(error) => {
                    // The controls go back to what is in force, so that they never lie.
                    self.params = (*self.snapshot.params).clone();
                    self.sent = self.params.clone();
                    (format!("{}: {error}", self.text.refused), true)
                }
            };
            self.notify(text, alarming);
        }
        if self.snapshot.running && self.views.advances() && self.advanced.elapsed() >= ADVANCE_EVERY {
            self.advanced = Instant::now();
            if let Some(sample) = &self.snapshot.sample {
                self.commands.push(Command::ShowSample(sample.index + 1));
            }
        }
    }

    /// How far a calibration shrank the spreads, in one line.
    fn calibrated(&self, spreads: &[TrimmedSpread]) -> String {
        let parts: Vec<String> =
            spreads.iter().map(|s| format!("{} {:.1} to {:.1} %", s.name, s.before, s.after)).collect();
        format!("{}: {}", self.text.calibrated, parts.join(", "))
    }

    fn notify(&mut self, text: String, alarming: bool) {
        self.notices.retain(|n| n.text != text);
        self.notices.push(Notice { text, alarming });
        if self.notices.len() > MOST_NOTICES {
            self.notices.remove(0);
        }
    }

    /// Sends what the controls say, and everything the views asked for.
    fn send(&mut self) {
        if self.params != self.sent {
            self.commands.push(Command::SetParams(Box::new(self.params.clone())));
            self.sent = self.params.clone();
        }
        let mut waiting = std::mem::take(&mut self.commands).into_iter();
        for command in waiting.by_ref() {
            if let Err(command) = self.worker.send(command) {
                // The queue is full: keep the order and try again in the next frame.
                self.commands.push(command);
                self.commands.extend(waiting);
                break;
            }
        }
    }

    fn restart(&mut self) {
        self.notices.clear();
        self.sent = self.params.clone();
        self.commands.push(Command::Restart(Box::new(self.params.clone())));
    }

    /// Settings of the controls that wait for a restart.
    fn pending_restart(&self) -> Vec<&'static str> {
        PARAMS
            .iter()
            .filter(|s| s.takes_effect == TakesEffect::OnRestart)
            .filter(|s| (s.get)(&self.params) != (s.get)(&self.snapshot.params))
            .map(|s| s.label)
            .collect()
    }

    fn keyboard(&mut self, ctx: &egui::Context) {
        if ctx.egui_wants_keyboard_input() {
            return;
        }
        let pressed = |key| ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, key));
        if pressed(egui::Key::Space) {
            self.commands.push(if self.snapshot.running { Command::Pause } else { Command::Run });
        }
        if pressed(egui::Key::ArrowRight) {
            self.commands.push(Command::StepBatch);
        }
        if pressed(egui::Key::R) {
            self.restart();
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive();
        self.receive_files(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.keyboard(&ui.ctx().clone());
        egui::Panel::top("toolbar").show(ui, |ui| self.toolbar_ui(ui));
        egui::Panel::top("scores").show(ui, |ui| self.scores_ui(ui));
        self.notices_ui(ui);
        egui::Panel::left("controls").default_size(312.0).show(ui, |ui| self.controls_ui(ui));
        egui::CentralPanel::default().show(ui, |ui| self.tiles_ui(ui));
        self.send();
        if !self.commands.is_empty() {
            // Only when the worker's queue was full.
            ui.ctx().request_repaint_after(Duration::from_millis(20));
        }
    }
}

impl App {
    fn tiles_ui(&mut self, ui: &mut egui::Ui) {
        let mut behavior = layout::Tiles {
            views: &mut self.views,
            scene: Scene { snapshot: &self.snapshot, text: self.text, commands: &mut self.commands },
        };
        self.tree.ui(&mut behavior, ui);
    }
}
