//! The window: `logic` receives, `ui` draws, and neither ever waits for the session.

mod act;
mod actions;
mod arrangement;
mod controls;
mod dialogs;
mod draft;
mod handbook;
mod keys;
mod layout;
mod lesson;
mod menu;
mod notices;
mod own_controls;
mod palette;
mod projector;
mod questions;
mod receive;
mod runs;
mod scores;
mod settings;
mod shell;
mod story;
mod take_away;
mod threads;
mod timeline;
mod toolbar;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::error::Result;
use crate::lesson::Library;
use crate::params::{Lane, Params};
use crate::protocol::{Preset, Protocol};
use crate::session::messages::{
    BatchesView, ByHand, Command, EngineCommand, Entry, Outbox, RunsView, SessionCommand, Snapshot, ViewRequest,
};
use crate::store::Store;
use crate::text::Text;
use crate::views::Views;
use arrangement::Arrangement;
use draft::Draft;
pub use layout::Layout;
use notices::{Notice, Notices};
pub use questions::close_without_asking;
pub use settings::{Memory, Screen, Settings};
use threads::Threads;

/// Everything the window holds.
pub struct App {
    threads: Threads,
    snapshot: Arc<Snapshot>,
    runs: Arc<RunsView>,
    batches: Arc<BatchesView>,
    /// A run that was cut off and can go on.
    recovered: Option<Box<Entry>>,
    draft: Draft,
    /// What the settings in the panel are filtered by.
    filter: String,
    settings: Settings,
    memory: Memory,
    text: &'static Text,
    views: Views,
    arranged: Arrangement,
    dialogs: dialogs::Dialogs,
    questions: questions::Questions,
    palette: Option<palette::Palette>,
    /// The lesson that is open, or the story of the first screen.
    lesson: Option<Box<lesson::Running>>,
    library: Library,
    /// A lesson file that was dropped on the window.
    dropped_lesson: Option<std::path::PathBuf>,
    story: story::Story,
    handbook: handbook::Handbook,
    presenter: lesson::Presenter,
    maker: own_controls::Maker,
    /// The lane that the session compares with its twin.
    twin: Lane,
    windows: Windows,
    taking: take_away::Taking,
    /// What the session says is not shown.
    stands_still: bool,
    notices: Notices,
    /// The size that the height of the window asked for last, in projector mode.
    followed: Option<f32>,
    /// Commands of this frame.
    commands: Outbox,
    advanced: Instant,
}

/// Which of the windows within the window are open.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each window is open or not by itself")]
struct Windows {
    keys: bool,
    gallery: bool,
    take_away: bool,
    said: bool,
    lessons: bool,
}

impl App {
    /// Starts the session with `params`, learning at once; the window forgets its settings when it closes.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(ctx: &egui::Context, protocol: impl Into<Protocol>, settings: Settings) -> Result<Self> {
        Self::with_memory(ctx, protocol, settings, Memory::none())
    }

    /// As [`Self::new`], and the settings outlive the window in `memory`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn with_memory(
        ctx: &egui::Context,
        protocol: impl Into<Protocol>,
        settings: Settings,
        memory: Memory,
    ) -> Result<Self> {
        Self::with_store(ctx, protocol, settings, memory, || Ok(None))
    }

    /// As [`Self::with_memory`], and runs are kept in what `store` opens, on a thread of its own.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn with_store(
        ctx: &egui::Context,
        protocol: impl Into<Protocol>,
        settings: Settings,
        memory: Memory,
        store: impl FnOnce() -> Result<Option<Store>> + Send + 'static,
    ) -> Result<Self> {
        crate::views::theme::set_up(ctx);
        let protocol = protocol.into();
        let (params, draft) = (protocol.params.clone(), Draft::new(&protocol));
        // The story begins its run by itself.
        let running = settings.screen == Screen::Instrument;
        let mut app = Self {
            threads: Threads::start(ctx, protocol, running, store)?,
            runs: Arc::default(),
            batches: Arc::default(),
            recovered: None,
            snapshot: Arc::new(Snapshot::empty(&params)),
            draft,
            filter: String::new(),
            text: settings.language().text(),
            views: Views::default(),
            arranged: Arrangement::new(settings.tree.clone().unwrap_or_else(|| settings.usual_tree())),
            dialogs: dialogs::Dialogs::default(),
            questions: questions::Questions::default(),
            palette: None,
            lesson: None,
            library: Self::library_with(memory.folder().map(|folder| folder.join("lessons"))),
            dropped_lesson: None,
            story: story::Story::default(),
            handbook: handbook::Handbook::default(),
            presenter: lesson::Presenter::default(),
            maker: own_controls::Maker::default(),
            twin: Lane::InTheLoop,
            windows: Windows::default(),
            taking: take_away::Taking::default(),
            stands_still: false,
            notices: Notices::default(),
            followed: None,
            commands: Outbox::default(),
            advanced: Instant::now(),
            settings,
            memory,
        };
        app.dress(ctx);
        app.commands.push(EngineCommand::SetPace(app.settings.pace()));
        app.pin_again();
        if app.settings.screen == Screen::Story {
            app.begin_story(ctx);
        }
        match app.memory.problem {
            Some(settings::Problem::Broken(_)) => app.notify(Notice::SettingsBroken(app.memory.aside())),
            Some(settings::Problem::Newer) => app.notify(Notice::SettingsNewer),
            None => {}
        }
        Ok(app)
    }

    /// The newest snapshot, for tests.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is computed beside the run, for tests.
    pub fn batches(&self) -> &BatchesView {
        &self.batches
    }

    /// Keeps the session from doing anything for a while, for tests.
    #[doc(hidden)]
    pub fn stall(&mut self, time: Duration) {
        self.commands.push(EngineCommand::Stall(time));
    }

    /// Sends a command as a view would, for tests.
    #[doc(hidden)]
    pub fn command(&mut self, command: impl Into<Command>) {
        self.commands.push(command);
    }

    /// Shows a snapshot and runs from now on, whatever the session says, for pictures.
    #[doc(hidden)]
    pub fn stand_still(&mut self, snapshot: Snapshot, runs: RunsView, batches: BatchesView) {
        self.commands.push(EngineCommand::Pause);
        (self.snapshot, self.runs, self.batches) = (Arc::new(snapshot), Arc::new(runs), Arc::new(batches));
        self.stands_still = true;
    }

    /// What the controls show, for tests.
    pub fn params(&self) -> &Params {
        &self.draft.params
    }

    /// Sends what the controls say, and everything the views asked for.
    fn send(&mut self) {
        if !self.commands.by_hand.is_empty() {
            self.did("silence");
        }
        if self.views.lane() != self.twin {
            self.twin = self.views.lane();
            self.commands.push(ViewRequest::Twin(self.twin));
        }
        // What the pointer breaks and mends is a setting like any other: it is undone, saved and sent as one.
        for ByHand { neuron, silent } in std::mem::take(&mut self.commands.by_hand) {
            self.draft.params.chip.override_neuron(neuron, silent);
        }
        let asked = std::mem::take(&mut self.commands.commands);
        for command in &asked {
            // A view may ask for another experiment; the controls then show that one.
            if let Command::Session(SessionCommand::Engine(
                EngineCommand::Restart(protocol) | EngineCommand::Prepare(protocol),
            )) = command
            {
                self.begin_run(&protocol.params, protocol.calibrates_first());
            }
        }
        self.commands.commands = asked;
        let another_chip = self.draft.is_of_another_chip();
        if let Some(params) = self.draft.changes() {
            self.commands.push(EngineCommand::SetParams(Box::new(params)));
        }
        if let Some(calibrated) = self.draft.calibration() {
            self.commands.push(if calibrated { EngineCommand::Calibrate } else { EngineCommand::Uncalibrate });
        }
        self.forget_what_ends(another_chip);
        let commands = std::mem::take(&mut self.commands.commands);
        for command in &commands {
            self.remember_pins(command);
        }
        self.threads.send(commands);
    }

    /// Applies a preset; a whole experiment begins anew.
    fn choose(&mut self, preset: &'static Preset) {
        match preset.on(Protocol::new(self.draft.params.clone())) {
            Ok(protocol) if preset.is_experiment() => self.restart_with(protocol),
            // It says how far the chip is off, which no calibration makes untrue.
            Ok(protocol) => (self.draft.params, self.draft.calibrated) = (protocol.params, false),
            Err(error) => self.notify(Notice::Wrong(error)),
        }
    }

    /// Begins anew with what the controls say.
    fn restart(&mut self) {
        self.restart_with(self.draft.protocol());
    }

    /// Begins anew with a protocol; the controls show its parameters.
    fn restart_with(&mut self, protocol: Protocol) {
        self.notices.clear();
        self.commands.push(EngineCommand::Restart(Box::new(protocol)));
    }

    /// What a person means by *this experiment*: the run on screen with all that was done to it, or, where settings
    /// wait for a restart, the run that would begin.
    fn protocol(&self) -> Protocol {
        if self.draft.is_of_run(&self.snapshot.params) {
            (*self.snapshot.protocol).clone()
        } else {
            self.draft.protocol()
        }
    }

    /// A run begins with these settings.
    fn begin_run(&mut self, params: &Params, calibrated: bool) {
        let s = &self.snapshot;
        self.draft.begin(params, calibrated, s.generation, s.epoch > 1 || s.batch > 0);
    }

    /// Keeps what undo needs.
    fn record(&mut self, ctx: &egui::Context) {
        // A drag or a number that is being typed is one change, made when it ends.
        if ctx.input(|i| i.pointer.any_down()) || ctx.text_edit_focused() {
            return;
        }
        let delay = ctx.options(|o| o.input_options.max_double_click_delay);
        let double = ctx.input(|i| i.pointer.button_double_clicked(egui::PointerButton::Primary));
        self.draft.record(ctx.input(|i| i.time), double.then_some(delay));
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if !self.stands_still {
            self.receive();
        }
        self.receive_files(ctx);
        self.receive_written();
        self.keep_open_if_needed(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.follow_height(&ctx);
        self.story_input(&ctx);
        self.lesson_keys(&ctx);
        self.keyboard(&ctx);
        self.lesson_tick(&ctx);
        self.overlays_ui(&ctx);
        if self.is_in_story() {
            self.story_ui(ui);
        } else {
            self.instrument_ui(ui);
        }
        self.spotlight_ui(&ctx);
        self.handbook_ui(&ctx);
        self.blank_ui(&ctx);
        self.presenter_ui(&ctx);
        self.take_picture(&ctx);
        self.send();
        self.record(&ctx);
        self.remember(&ctx);
        if self.threads.holds_back() {
            ui.ctx().request_repaint_after(Duration::from_millis(20));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.leave_lesson();
        self.memory.write(&self.settings);
    }
}
