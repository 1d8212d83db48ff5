//! File dialogs that never block: each runs on its own thread and answers through a channel.
//!
//! Where the system has no dialog, rfd answers as if the user had cancelled. So it is found out before whether there
//! can be one, and an answer that comes sooner than anybody can cancel counts as none. The path is then typed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use super::App;
use super::notices::Notice;
use super::runs::is_checkpoint;
use crate::lesson::file::is_lesson;
use crate::params::Lane;
use crate::protocol::{self, Found, file};
use crate::session::messages::{EngineCommand, Form, ViewRequest};
use crate::store::checkpoint;
use crate::text::Text;

/// Ending of NumPy archives.
const RECORDING: &str = "npz";
/// Ending of networks for other simulators.
const NETWORK: &str = "nir";

/// Nobody cancels a dialog that soon after it was asked for.
const TOO_SOON: Duration = Duration::from_millis(400);

/// What a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Open,
    Save,
    /// A file for the weights and everything else that goes on with the same bits.
    Checkpoint,
    /// A folder with the user's own data.
    Data,
    /// Where a network is to be written.
    ExportNir(Form),
    /// A network to begin with.
    LoadNir,
    /// Where a batch is to be written.
    Record,
}

impl Purpose {
    /// Whether a file is written.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Save | Self::Checkpoint | Self::ExportNir(_) | Self::Record)
    }

    /// What the file is called if nobody says otherwise; empty for a file that must exist.
    pub(super) fn usual_name(self) -> String {
        match self {
            Self::Open | Self::Data | Self::LoadNir => String::new(),
            Self::Save => "experiment.toml".into(),
            Self::Checkpoint => format!("run.{}", checkpoint::EXTENSION),
            Self::ExportNir(_) => format!("network.{NETWORK}"),
            Self::Record => format!("recording.{RECORDING}"),
        }
    }
}

/// Whether the system can show dialogs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Available {
    /// As far as is known.
    #[default]
    Perhaps,
    /// One did not open.
    No,
}

/// What came of a dialog.
enum Answer {
    Chosen(Purpose, PathBuf),
    /// None could be opened.
    NoDialog(Purpose),
}

/// The dialog that is open, if any, and the path as typed.
#[derive(Default)]
pub(super) struct Dialogs {
    answer: Option<(Purpose, Instant, Receiver<Option<PathBuf>>)>,
    available: Available,
    path: String,
    /// Where the last file was.
    pub(super) folder: PathBuf,
}

/// Whether rfd can show a dialog at all: on Linux and its like by a portal on the session bus, or by zenity.
fn can_be_shown() -> bool {
    if cfg!(any(target_os = "windows", target_os = "macos")) {
        return true;
    }
    let zenity = || std::env::split_paths(&std::env::var_os("PATH")?).any(|f| f.join("zenity").is_file()).then_some(());
    let bus = || {
        let named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
        let usual = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|f| Path::new(&f).join("bus").exists());
        named || usual
    };
    zenity().is_some() || bus()
}

impl Dialogs {
    /// Shows a dialog unless one is open already.
    fn ask(&mut self, purpose: Purpose, text: &Text, ctx: &egui::Context) -> std::io::Result<()> {
        if self.answer.is_some() {
            return Ok(());
        }
        let (sender, answer) = bounded(1);
        let (ctx, name, checkpoints) = (ctx.clone(), text.experiment_files, text.runs.checkpoint_files);
        std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let dialog = rfd::FileDialog::new().add_filter(name, &["toml"]);
            let networks = rfd::FileDialog::new().add_filter("NIR", &[NETWORK]);
            let chosen = match purpose {
                Purpose::Open => dialog.add_filter(checkpoints, &[checkpoint::EXTENSION]).pick_file(),
                Purpose::Checkpoint => rfd::FileDialog::new()
                    .add_filter(checkpoints, &[checkpoint::EXTENSION])
                    .set_file_name(purpose.usual_name())
                    .save_file(),
                Purpose::Data => rfd::FileDialog::new().pick_folder(),
                Purpose::ExportNir(_) => networks.set_file_name(purpose.usual_name()).save_file(),
                Purpose::LoadNir => networks.pick_file(),
                Purpose::Record => rfd::FileDialog::new()
                    .add_filter("NumPy", &[RECORDING])
                    .set_file_name(purpose.usual_name())
                    .save_file(),
                Purpose::Save => dialog.set_file_name(purpose.usual_name()).save_file(),
            };
            // The window may be gone by now; then nobody wants to know.
            drop(sender.send(chosen));
            ctx.request_repaint();
        })?;
        self.answer = Some((purpose, Instant::now(), answer));
        Ok(())
    }

    /// What the user chose, once.
    fn answered(&mut self) -> Option<Answer> {
        let (purpose, asked, answer) = self.answer.as_ref()?;
        let (purpose, soon) = (*purpose, asked.elapsed() < TOO_SOON);
        let chosen = match answer.try_recv() {
            Err(crossbeam_channel::TryRecvError::Empty) => return None,
            chosen => chosen.ok().flatten(),
        };
        self.answer = None;
        match chosen {
            Some(path) => Some(Answer::Chosen(purpose, path)),
            None if soon => {
                self.available = Available::No;
                Some(Answer::NoDialog(purpose))
            }
            None => None,
        }
    }
}

impl App {
    /// Takes files that were chosen in a dialog or dropped on the window.
    pub(super) fn receive_files(&mut self, ctx: &egui::Context) {
        match self.dialogs.answered() {
            Some(Answer::Chosen(purpose, path)) => {
                self.dialogs.path = path.display().to_string();
                // The dialog has asked before another file goes.
                self.act(purpose, &path);
            }
            Some(Answer::NoDialog(purpose)) => self.ask_for_path(purpose),
            None => {}
        }
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_path_buf()));
        if let Some(path) = dropped {
            self.act(Purpose::Open, &path);
        }
    }

    /// Shows the dialog for a file.
    pub(super) fn ask_for(&mut self, purpose: Purpose, ctx: &egui::Context) {
        if self.dialogs.available == Available::No || !can_be_shown() {
            return self.ask_for_path(purpose);
        }
        if let Err(why) = self.dialogs.ask(purpose, self.text, ctx) {
            log::warn!("cannot start a thread for a dialog: {why}");
            self.ask_for_path(purpose);
        }
    }

    /// Behaves as where no dialog can be shown, for tests.
    #[doc(hidden)]
    pub fn without_file_dialogs(&mut self) {
        self.dialogs.available = Available::No;
    }

    /// Open and save an experiment: by dialog, or by a typed path.
    pub(super) fn files_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        ui.horizontal(|ui| {
            for (named, purpose) in
                [(text.open, Purpose::Open), (text.open_data, Purpose::Data), (text.save, Purpose::Save)]
            {
                let enabled = self.dialogs.answer.is_none();
                let button = ui.add_enabled(enabled, egui::Button::new(named.name)).on_hover_text(named.meaning);
                if button.clicked() {
                    self.ask_for(purpose, ui.ctx());
                }
            }
        });
        let label = ui.label(text.path.name);
        let field =
            ui.text_edit_singleline(&mut self.dialogs.path).labelled_by(label.id).on_hover_text(text.path.meaning);
        let typed = PathBuf::from(self.dialogs.path.trim());
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        ui.horizontal(|ui| {
            let named = !typed.as_os_str().is_empty();
            if ui.add_enabled(named, egui::Button::new(text.open_path)).clicked() || (enter && named) {
                self.act(Purpose::Open, &typed);
            }
            if ui.add_enabled(named, egui::Button::new(text.save_path)).clicked() {
                self.write_to(Purpose::Save, typed.clone());
            }
        });
        self.folder_ui(ui);
    }

    /// Where figures are written.
    pub(super) fn folder_ui(&mut self, ui: &mut egui::Ui) {
        let folder = self.text.shell.folder;
        let label = ui.label(folder.name);
        ui.text_edit_singleline(&mut self.settings.figures).labelled_by(label.id).on_hover_text(folder.meaning);
    }

    /// Begins anew with a network from another simulator.
    fn load_network(&mut self, path: &Path) {
        self.notices.clear();
        self.commands
            .push(EngineCommand::LoadNir { path: path.to_path_buf(), params: Box::new(self.draft.params.clone()) });
    }

    /// A file that does not make sense is named with the place in it; the running experiment goes on.
    pub(super) fn act(&mut self, purpose: Purpose, path: &Path) {
        if let Some(folder) = path.parent() {
            self.dialogs.folder = folder.to_path_buf();
        }
        match purpose {
            Purpose::Open if is_checkpoint(path) => self.open_checkpoint(path),
            Purpose::Checkpoint => self.commands.push(EngineCommand::SaveCheckpoint(path.to_path_buf())),
            Purpose::Save if is_checkpoint(path) => {
                self.commands.push(EngineCommand::SaveCheckpoint(path.to_path_buf()));
            }
            Purpose::Save if has_ending(path, NETWORK) => self.act(Purpose::ExportNir(Form::Nominal), path),
            Purpose::Save if has_ending(path, RECORDING) => self.act(Purpose::Record, path),
            Purpose::ExportNir(_) | Purpose::Record => {
                let lanes = &self.snapshot.params.learning.lanes;
                let loop_or_first = lanes.iter().find(|lane| **lane == Lane::InTheLoop).or(lanes.first());
                let (Some(&lane), path) = (loop_or_first, path.to_path_buf()) else { return };
                self.commands.push(match purpose {
                    Purpose::ExportNir(form) => EngineCommand::ExportNir { path, lane, form },
                    _ => EngineCommand::Record { path, lane },
                });
            }
            Purpose::LoadNir => self.load_network(path),
            Purpose::Open | Purpose::Data => match protocol::recognise(path) {
                Found::Network => self.load_network(path),
                Found::Sound => {
                    // Or the next test sample would take its place within seconds.
                    self.views.hold_sample();
                    self.commands.push(ViewRequest::Hear(path.to_path_buf()));
                }
                Found::Data(task, folder) => {
                    self.draft.params.adopt_task(task);
                    self.draft.params.task.data = folder.display().to_string();
                    self.restart();
                }
                Found::Experiment if is_lesson(path) => self.dropped_lesson = Some(path.to_path_buf()),
                Found::Experiment => match file::load(path) {
                    Ok(protocol) => self.restart_with(protocol),
                    Err(error) => self.notify(Notice::Wrong(error)),
                },
            },
            Purpose::Save => match file::save(&self.protocol(), path) {
                Ok(()) => self.notify(Notice::saved(path.to_path_buf())),
                Err(error) => self.notify(Notice::Wrong(error)),
            },
        }
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}
