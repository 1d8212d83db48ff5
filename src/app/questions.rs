//! What the window asks before it acts: a path where no dialog can be shown, whether another file may go, and whether
//! to close when something would be lost. Learning goes on meanwhile.

use std::path::{Path, PathBuf};

use egui::Key;

use super::App;
use super::dialogs::Purpose;
use crate::text::Text;

/// Width of a question, in points.
const WIDTH: f32 = 460.0;

/// The question that is open.
enum Question {
    /// Where the file is.
    Path { purpose: Purpose, typed: String },
    /// Whether a file may be replaced, and what was typed if it was.
    Replace { purpose: Purpose, path: PathBuf, typed: Option<String> },
    /// Whether to close the window although the run is lost.
    Close,
}

/// What is asked, and what was answered.
#[derive(Default)]
pub(super) struct Questions {
    open: Option<Question>,
    /// The user wants to close the window, whatever is lost.
    closes: bool,
}

impl Questions {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

/// What the user said in this frame.
enum Said {
    Nothing,
    Yes,
    No,
    /// Write a checkpoint instead of closing.
    Keep,
}

/// Lets the window close without a question, when a signal asks for it and nobody may be there to answer.
pub fn close_without_asking(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(asked_by_signal(), true));
    ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    ctx.request_repaint();
}

fn asked_by_signal() -> egui::Id {
    egui::Id::unique("closed by a signal")
}

impl App {
    /// Asks for a path, because no dialog can be shown.
    pub(super) fn ask_for_path(&mut self, purpose: Purpose) {
        let folder = Some(self.dialogs.folder.clone()).filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        let typed = folder.join(purpose.usual_name()).display().to_string();
        self.questions.open = Some(Question::Path { purpose, typed });
    }

    /// Writes a file, after a question if there is one of that name.
    pub(super) fn write_to(&mut self, purpose: Purpose, path: PathBuf) {
        self.write_typed(purpose, path, None);
    }

    fn write_typed(&mut self, purpose: Purpose, path: PathBuf, typed: Option<String>) {
        if path.is_file() {
            self.questions.open = Some(Question::Replace { purpose, path, typed });
        } else {
            self.act(purpose, &path);
        }
    }

    /// Leaves everything as it is; a path that was typed can be mended.
    pub(super) fn cancel_question(&mut self) {
        self.questions.open = match self.questions.open.take() {
            Some(Question::Replace { purpose, typed: Some(typed), .. }) => Some(Question::Path { purpose, typed }),
            _ => None,
        };
    }

    /// Keeps the window open until it is known that what would be lost may be lost.
    pub(super) fn keep_open_if_needed(&mut self, ctx: &egui::Context) {
        let by_signal = ctx.data(|data| data.get_temp(asked_by_signal())).unwrap_or(false);
        if self.questions.closes || by_signal || !ctx.input(|i| i.viewport().close_requested()) {
            return;
        }
        let s = &self.snapshot;
        let would_be_lost = self.runs.problem.is_some() && (s.epoch > 1 || s.batch > 0);
        if would_be_lost {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.questions.open = Some(Question::Close);
        }
    }

    /// The question that is open, on top of everything.
    pub(super) fn question_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        let Some(question) = &mut self.questions.open else { return };
        let why = self.runs.problem.as_ref().map(|error| text.error(error));
        let modal = egui::Modal::new(egui::Id::unique("question")).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 40.0));
            match question {
                Question::Path { purpose, typed } => path_ui(ui, *purpose, typed, text),
                Question::Replace { path, .. } => replace_ui(ui, path, text),
                Question::Close => close_ui(ui, why.as_deref(), text),
            }
        });
        match modal.inner {
            Said::Nothing => {}
            Said::No => self.cancel_question(),
            Said::Keep => {
                self.questions.open = None;
                self.ask_for(Purpose::Checkpoint, ctx);
            }
            Said::Yes => match self.questions.open.take() {
                Some(Question::Path { purpose, typed }) => {
                    let path = complete(&typed, purpose);
                    if purpose.writes() {
                        self.write_typed(purpose, path, Some(typed));
                    } else {
                        self.act(purpose, &path);
                    }
                }
                Some(Question::Replace { purpose, path, .. }) => self.act(purpose, &path),
                Some(Question::Close) => {
                    self.questions.closes = true;
                    ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                }
                None => {}
            },
        }
    }
}

/// A field for a path with what it is for.
fn path_ui(ui: &mut egui::Ui, purpose: Purpose, typed: &mut String, text: &Text) -> Said {
    let (title, yes) = match purpose {
        Purpose::Open => (text.open, text.dialogs.open),
        Purpose::Data => (text.open_data, text.dialogs.open),
        Purpose::LoadNir => (text.shell.load_nir, text.dialogs.open),
        Purpose::Save => (text.save, text.dialogs.save),
        Purpose::Checkpoint => (text.runs.save_checkpoint, text.dialogs.save),
        Purpose::ExportNir(form) => (text.shell.export_nir[form as usize], text.dialogs.save),
        Purpose::Record => (text.export.record, text.dialogs.save),
    };
    ui.heading(title.name.trim_end_matches('…'));
    let label = ui.label(text.dialogs.no_dialog);
    let field = ui.add(egui::TextEdit::singleline(typed).desired_width(f32::INFINITY)).labelled_by(label.id);
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if !field.has_focus() && !enter && ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    let named = !typed.trim().is_empty();
    ui.add_space(6.0);
    let said = answers_ui(ui, text.dialogs.cancel, |ui| ui.add_enabled(named, egui::Button::new(yes)).clicked());
    if enter && named { Said::Yes } else { said }
}

fn replace_ui(ui: &mut egui::Ui, path: &Path, text: &Text) -> Said {
    let replace = text.dialogs.replace;
    ui.heading(text.dialogs.exists);
    ui.add(egui::Label::new(path.display().to_string()).wrap());
    ui.add_space(6.0);
    answers_ui(ui, text.dialogs.cancel, |ui| ui.button(replace.name).on_hover_text(replace.meaning).clicked())
}

fn close_ui(ui: &mut egui::Ui, why: Option<&str>, text: &Text) -> Said {
    let (quit, keep) = (text.dialogs.quit, text.runs.save_checkpoint);
    ui.heading(text.dialogs.lost);
    if let Some(why) = why {
        ui.label(format!("{}{colon}{why}", text.runs.not_kept, colon = text.colon));
    }
    ui.add_space(6.0);
    let mut saves = false;
    let said = answers_ui(ui, text.dialogs.stay, |ui| {
        saves = ui.button(keep.name).on_hover_text(keep.meaning).clicked();
        ui.button(quit.name).on_hover_text(quit.meaning).clicked()
    });
    if saves { Said::Keep } else { said }
}

/// The buttons below a question.
fn answers_ui(ui: &mut egui::Ui, no: &str, yes: impl FnOnce(&mut egui::Ui) -> bool) -> Said {
    let answer = ui.horizontal(|ui| match (yes(ui), ui.button(no).clicked()) {
        (true, _) => Said::Yes,
        (_, true) => Said::No,
        _ => Said::Nothing,
    });
    answer.inner
}

/// The path that was meant: from the home folder if it begins with `~`, and with the usual ending if it has none.
fn complete(typed: &str, purpose: Purpose) -> PathBuf {
    let typed = typed.trim();
    let home = || directories::UserDirs::new().map(|folders| folders.home_dir().to_path_buf());
    let path = match typed.strip_prefix('~') {
        Some("") => home().unwrap_or_default(),
        Some(rest) if rest.starts_with(['/', '\\']) => home().unwrap_or_default().join(&rest[1..]),
        _ => PathBuf::from(typed),
    };
    match (path.extension(), Path::new(&purpose.usual_name()).extension()) {
        (None, Some(usual)) if path.file_name().is_some() && !path.is_dir() => path.with_extension(usual),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::messages::Form;

    #[test]
    fn a_typed_path_gets_the_usual_ending_if_it_has_none() {
        assert_eq!(complete(" /a/b ", Purpose::Save), Path::new("/a/b.toml"));
        assert_eq!(complete("/a/b.txt", Purpose::Save), Path::new("/a/b.txt"));
        assert_eq!(complete("net", Purpose::ExportNir(Form::Actual)), Path::new("net.nir"));
        assert_eq!(complete("batch", Purpose::Record), Path::new("batch.npz"));
        assert_eq!(complete("/a/b", Purpose::Open), Path::new("/a/b"), "what is opened is called what it is called");
        assert_eq!(complete("/a/b", Purpose::Data), Path::new("/a/b"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        assert_eq!(complete(&path, Purpose::Save), folder.path(), "a folder is no file without an ending");
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = directories::UserDirs::new().expect("a home").home_dir().to_path_buf();
        assert_eq!(complete("~/x.toml", Purpose::Open), home.join("x.toml"));
        assert_eq!(complete("~", Purpose::Data), home);
        assert_eq!(complete("~x", Purpose::Data), Path::new("~x"), "no other homes");
    }
}
