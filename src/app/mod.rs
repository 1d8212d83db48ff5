//! The window: `logic` receives, `ui` draws, and neither ever waits for the worker.

mod actions;
mod controls;
mod dialogs;
mod layout;
mod menu;
mod runs;
mod settings;
mod take_away;
mod timeline;
mod toolbar;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::util::undoer::Undoer;

use crate::error::Result;
use crate::params::{Later, PARAMS, Params, Preset, TakesEffect, assign};
use crate::store::Store;
use crate::text::Text;
use crate::views::{Scene, Views};
use crate::worker::Worker;
use crate::worker::keeper::Keeper;
use crate::worker::messages::{Command, Event, RunsView, Snapshot, Summary, TrimmedSpread};
pub use layout::Layout;
pub use settings::{Memory, Settings};

/// The sample on display changes that often while learning.
const ADVANCE_EVERY: Duration = Duration::from_secs(3);
/// Notices kept until dismissed; older ones go first.
const MOST_NOTICES: usize = 5;
/// How much larger everything is in projector mode.
const PROJECTOR_ZOOM: f32 = 1.35;

/// Everything the window holds.
pub struct App {
    worker: Worker,
    /// Dropped after the worker, whose last words it writes.
    keeper: Keeper,
    snapshot: Arc<Snapshot>,
    runs: Arc<RunsView>,
    /// A run that was cut off and can go on.
    recovered: Option<Box<Summary>>,
    /// What the controls show.
    params: Params,
    /// What the worker was last told.
    sent: Params,
    settings: Settings,
    memory: Memory,
    history: Undoer<Undoable>,
    /// The seed before new weights were asked for, as long as that is what a restart was for.
    renewed: Option<u32>,
    text: &'static Text,
    views: Views,
    tree: egui_tiles::Tree<crate::views::ViewKind>,
    /// How the views were arranged before projector mode.
    unprojected: Option<egui_tiles::Tree<crate::views::ViewKind>>,
    dialogs: dialogs::Dialogs,
    palette: Option<menu::Palette>,
    keys_open: bool,
    gallery_open: bool,
    /// What the chosen preset changes while it runs, and the generation of snapshots before it began.
    later: (u64, &'static [Later]),
    /// A view whose picture was asked for, and how many frames it is given to come to the front.
    pictured: Option<(crate::views::ViewKind, u8)>,
    /// A picture of the window that is being written.
    picture: Option<crossbeam_channel::Receiver<Result<std::path::PathBuf>>>,
    notices: Vec<Notice>,
    /// Commands of this frame, and those a full queue sent back.
    commands: Vec<Command>,
    advanced: Instant,
}

/// What undo takes back: everything that was set, nothing that was computed.
#[derive(Clone, PartialEq)]
struct Undoable {
    params: Params,
    theme: egui::ThemePreference,
    batches_per_second: f32,
    language: String,
    projector: bool,
}

/// Something the user has to know until it is dismissed.
struct Notice {
    text: String,
    alarming: bool,
}

impl App {
    /// Starts the worker with `params`, learning at once; the window forgets its settings when it closes.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(ctx: &egui::Context, params: Params, settings: Settings) -> Result<Self> {
        Self::with_memory(ctx, params, settings, Memory::none())
    }

    /// As [`Self::new`], and the settings outlive the window in `memory`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn with_memory(ctx: &egui::Context, params: Params, settings: Settings, memory: Memory) -> Result<Self> {
        Self::with_store(ctx, params, settings, memory, || Ok(None))
    }

    /// As [`Self::with_memory`], and runs are kept in what `store` opens, on a thread of its own.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn with_store(
        ctx: &egui::Context,
        params: Params,
        settings: Settings,
        memory: Memory,
        store: impl FnOnce() -> Result<Option<Store>> + Send + 'static,
    ) -> Result<Self> {
        crate::views::theme::set_up(ctx);
        let waker = ctx.clone();
        let keeper = Keeper::start(store, move || waker.request_repaint())?;
        let waker = ctx.clone();
        let recorder = keeper.recorder();
        let worker = Worker::start_keeping(params.clone(), true, recorder, move || waker.request_repaint())?;
        let mut app = Self {
            keeper,
            runs: Arc::default(),
            recovered: None,
            snapshot: Arc::new(Snapshot::empty(&params)),
            sent: params.clone(),
            params,
            text: settings.language().text(),
            views: Views::default(),
            tree: settings.tree.clone().unwrap_or_else(|| {
                let layout = settings.layout;
                if settings.projector { layout.projector_tree() } else { layout.tree() }
            }),
            unprojected: None,
            dialogs: dialogs::Dialogs::default(),
            palette: None,
            keys_open: false,
            gallery_open: false,
            later: (0, &[]),
            pictured: None,
            picture: None,
            notices: Vec::new(),
            commands: vec![Command::SetPace(settings.pace())],
            advanced: Instant::now(),
            history: Undoer::default(),
            renewed: None,
            settings,
            memory,
            worker,
        };
        app.dress(ctx);
        app.pin_again();
        match app.memory.problem {
            Some(settings::Problem::Broken(_)) => app.notify(app.text.shell.settings_broken.into(), true),
            Some(settings::Problem::Newer) => app.notify(app.text.shell.settings_newer.into(), false),
            None => {}
        }
        Ok(app)
    }

    /// Puts theme, size and language of the settings into force.
    fn dress(&mut self, ctx: &egui::Context) {
        let theme = if self.settings.projector { egui::ThemePreference::Light } else { self.settings.theme };
        ctx.set_theme(theme);
        ctx.set_zoom_factor(self.settings.zoom);
        self.text = self.settings.language().text();
    }

    /// The newest snapshot, for tests.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Keeps the worker from doing anything for a while, for tests.
    #[doc(hidden)]
    pub fn stall(&mut self, time: Duration) {
        self.commands.push(Command::Stall(time));
    }

    /// Sends a command as a view would, for tests.
    #[doc(hidden)]
    pub fn command(&mut self, command: Command) {
        self.commands.push(command);
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
        let sweep = self.worker.sweep();
        if let Some(sweep) = sweep
            && self.snapshot.sweep.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, &sweep))
        {
            self.snapshot = Arc::new(Snapshot { sweep: Some(sweep), ..(*self.snapshot).clone() });
        }
        if let Some(study) = self.worker.study()
            && self.snapshot.study.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, &study))
        {
            self.snapshot = Arc::new(Snapshot { study: Some(study), ..(*self.snapshot).clone() });
        }
        for event in events {
            let (text, alarming) = match event {
                Event::Finished { epochs } => (format!("{} {epochs}: {}", self.text.epoch, self.text.finished), false),
                Event::Calibrated(spreads) => (self.calibrated(&spreads), false),
                Event::Saved(path) => (format!("{} {}", self.text.saved, path.display()), false),
                Event::Loaded { params, notes } => {
                    self.params = *params;
                    self.sent = self.params.clone();
                    (format!("{}. {}", self.text.shell.loaded, notes.join("; ")), false)
                }
                Event::NotSaved(error) => {
                    (format!("{}: {}", self.text.take.not_written, self.text.error(&error)), true)
                }
                Event::Failed(error) => (format!("{}: {}", self.text.failed, self.text.error(&error)), true),
                Event::WentBack(params) => {
                    self.params = (*params).clone();
                    self.sent = *params;
                    continue;
                }
                Event::Refused(error) => {
                    // The controls go back to what is in force, so that they never lie.
                    self.params = (*self.snapshot.params).clone();
                    self.sent = self.params.clone();
                    (format!("{}: {}", self.text.refused, self.text.error(&error)), true)
                }
            };
            self.notify(text, alarming);
        }
        self.receive_runs();
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
            spreads.iter().map(|s| format!("{} {:.1} … {:.1} %", self.text.word(s.name), s.before, s.after)).collect();
        format!("{}: {}", self.text.calibrated, parts.join(", "))
    }

    fn notify(&mut self, text: String, alarming: bool) {
        // What went well needs no more than one line; what went wrong stays until it is dismissed.
        self.notices.retain(|n| n.text != text && (n.alarming || alarming));
        self.notices.push(Notice { text, alarming });
        if self.notices.len() > MOST_NOTICES {
            self.notices.remove(0);
        }
    }

    /// Sends what the controls say, and everything the views asked for.
    fn send(&mut self) {
        // What the pointer breaks and mends is a setting like any other: it is undone, saved and sent as one.
        for command in std::mem::take(&mut self.commands) {
            match command {
                Command::Damage { neuron, kill } => self.params.lay_hands(neuron as u32, kill),
                // A view may ask for another experiment; the controls then show that one.
                Command::Restart(params) => {
                    self.params = (*params).clone();
                    self.sent = self.params.clone();
                    self.commands.push(Command::Restart(params));
                }
                other => self.commands.push(other),
            }
        }
        self.params.change_chip(&self.sent);
        if self.params != self.sent {
            self.commands.push(Command::SetParams(Box::new(self.params.clone())));
            self.sent = self.params.clone();
        }
        let mut waiting = std::mem::take(&mut self.commands).into_iter();
        for command in waiting.by_ref() {
            if let Err(command) = self.pass_on(command) {
                // The queue is full: keep the order and try again in the next frame.
                self.commands.push(command);
                self.commands.extend(waiting);
                break;
            }
        }
    }

    /// Applies a preset; a whole experiment begins anew.
    fn choose(&mut self, preset: &'static Preset) {
        preset.apply(&mut self.params);
        if preset.is_experiment() {
            self.restart();
            self.later = (self.snapshot.generation, preset.later);
        }
    }

    /// Makes the changes of a preset whose time has come.
    fn change_later(&mut self) {
        let (before, later) = self.later;
        if let Some(((epoch, key, value), rest)) = later.split_first()
            && self.snapshot.generation > before
            && self.snapshot.epoch > *epoch
        {
            self.later.1 = rest;
            match assign(&mut self.params, key, value, key) {
                Ok(()) => self.notify(format!("{} {epoch}: {key} = {value}", self.text.epoch), false),
                Err(error) => self.notify(self.text.error(&error), true),
            }
        }
    }

    fn restart(&mut self) {
        self.later.1 = &[];
        self.renewed = None;
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
            .map(|s| self.text.param(s).label)
            .collect()
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive();
        self.change_later();
        self.receive_files(ctx);
        self.receive_picture();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.keyboard(&ctx);
        self.overlays_ui(&ctx);
        egui::Panel::top("toolbar").show(ui, |ui| self.toolbar_ui(ui));
        egui::Panel::top("scores").show(ui, |ui| self.scores_ui(ui));
        self.notices_ui(ui);
        self.timeline_ui(ui);
        if self.settings.controls {
            let width = self.settings.controls_width;
            let panel = egui::Panel::left("controls").default_size(width).show(ui, |ui| self.controls_ui(ui));
            self.settings.controls_width = panel.response.rect.width();
        }
        egui::CentralPanel::default().show(ui, |ui| self.tiles_ui(ui));
        self.picture_view(&ctx);
        self.send();
        self.record(&ctx);
        if !self.commands.is_empty() {
            // Only when the worker's queue was full.
            ui.ctx().request_repaint_after(Duration::from_millis(20));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.memory.write(&self.settings);
    }
}

impl App {
    /// Keeps what undo needs and what outlives the window.
    fn record(&mut self, ctx: &egui::Context) {
        // A drag or a number that is being typed is one change, made when it ends.
        if !ctx.input(|i| i.pointer.any_down()) && !ctx.text_edit_focused() {
            let now = self.undoable();
            self.history.feed_state(ctx.input(|i| i.time), &now);
            self.history.add_undo(&now);
        }
        self.settings.zoom = ctx.zoom_factor();
        if let Some(size) = ctx.input(|i| i.viewport().inner_rect.map(|rect| rect.size() * self.settings.zoom))
            && size.min_elem() > 0.0
        {
            self.settings.window = size.into();
        }
        let usual = self.usual_tree();
        let arranged = (self.tree != usual).then(|| self.tree.clone());
        if self.settings.tree != arranged {
            self.settings.tree = arranged;
        }
        if let Some(wait) = self.memory.observe(&self.settings) {
            ctx.request_repaint_after(wait);
        }
    }

    /// Turns projector mode on or off: everything larger, so the controls make room, and the demo has
    /// an arrangement in two rows. The keys bring the controls back at any time.
    fn project(&mut self, on: bool) {
        if on == self.settings.projector {
            return;
        }
        self.settings.projector = on;
        self.settings.zoom = if on { PROJECTOR_ZOOM } else { 1.0 };
        self.settings.controls = !on;
        if self.settings.layout == Layout::Demo {
            let next = self.unprojected.take().filter(|_| !on).unwrap_or_else(|| self.usual_tree());
            let before = std::mem::replace(&mut self.tree, next);
            if on {
                layout::keep_open(&mut self.tree, &before, &Layout::Demo.tree());
                self.unprojected = Some(before);
            }
        }
    }

    /// The chosen layout as nobody has changed it.
    fn usual_tree(&self) -> egui_tiles::Tree<crate::views::ViewKind> {
        let layout = self.settings.layout;
        if self.settings.projector { layout.projector_tree() } else { layout.tree() }
    }

    fn undoable(&self) -> Undoable {
        Undoable {
            params: self.params.clone(),
            theme: self.settings.theme,
            batches_per_second: self.settings.batches_per_second,
            language: self.settings.language.clone(),
            projector: self.settings.projector,
        }
    }

    fn undo(&mut self, ctx: &egui::Context) {
        let now = self.undoable();
        if let Some(before) = self.history.undo(&now).cloned() {
            let seed = before.params.seed;
            let renewed = self.renewed.filter(|was| *was == seed && seed != self.params.seed);
            self.adopt(before, ctx);
            if renewed.is_some() {
                // New weights are taken back with all that was learnt before them.
                self.renewed = None;
                self.commands.push(Command::TakeBack);
                self.sent = self.params.clone();
            }
        }
    }

    fn redo(&mut self, ctx: &egui::Context) {
        let now = self.undoable();
        if let Some(after) = self.history.redo(&now).cloned() {
            self.adopt(after, ctx);
        }
    }

    fn adopt(&mut self, state: Undoable, ctx: &egui::Context) {
        self.params = state.params;
        self.project(state.projector);
        if state.batches_per_second.to_bits() != self.settings.batches_per_second.to_bits() {
            self.settings.batches_per_second = state.batches_per_second;
            self.commands.push(Command::SetPace(self.settings.pace()));
        }
        self.settings.theme = state.theme;
        self.settings.language = state.language;
        self.dress(ctx);
    }

    fn tiles_ui(&mut self, ui: &mut egui::Ui) {
        let mut behavior = layout::Tiles {
            views: &mut self.views,
            scene: Scene { snapshot: &self.snapshot, runs: &self.runs, text: self.text, commands: &mut self.commands },
        };
        self.tree.ui(&mut behavior, ui);
        if self.snapshot.looking_at.is_some() {
            // Nobody may take the past for the present.
            let stroke = egui::Stroke::new(3.0, crate::views::theme::selected(ui.visuals()));
            ui.painter().rect_stroke(ui.min_rect(), 0.0, stroke, egui::StrokeKind::Inside);
        }
    }
}
