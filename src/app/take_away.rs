//! Figures and pictures, each with the settings and seeds that made it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::App;
use super::actions::{Action, Written};
use super::notices::Notice;
use crate::base::error::{Error, Result};
use crate::base::files::{create_folder, write_atomically};
use crate::protocol::file;
use crate::session::messages::Form;
use crate::text::Text;
use crate::views::ViewKind;
use crate::views::figure::{Figure, encoded, picture};

/// Frames until menu, palette and tooltips are gone from the window whose picture is taken.
const SETTLES: u8 = 3;
/// Files of one name that may lie in the folder before a new one is refused.
const MOST_FILES: usize = 10_000;
/// The folder of all views at once.
const ALL: &str = "misfit-figures";

/// Room in the window to take away from for what stands below the views, in points.
const BELOW_VIEWS: f32 = 250.0;

/// What is on its way out of the window.
pub(super) struct Taking {
    /// How many frames the window is given to stand still until its picture is taken, if one was asked for.
    pictured: Option<u8>,
    /// Where threads say what they have written.
    written: (Done, crossbeam_channel::Receiver<Result<PathBuf>>),
}

impl Default for Taking {
    fn default() -> Self {
        Self { pictured: None, written: crossbeam_channel::unbounded() }
    }
}

impl Taking {
    /// Takes a picture of the window as soon as it stands still.
    pub(super) fn picture(&mut self) {
        self.pictured = Some(SETTLES);
    }
}

impl Written {
    const ALL: [Self; 3] = [Self::Svg, Self::Png, Self::Csv];

    fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Csv => "csv",
        }
    }

    fn bytes(self, figure: &Figure, notes: &str) -> Result<Vec<u8>> {
        match self {
            Self::Svg => Ok(figure.svg(notes).into_bytes()),
            Self::Png => picture(&figure.svg(notes), notes),
            Self::Csv => Ok(figure.csv(notes).into_bytes()),
        }
    }
}

impl App {
    fn figure(&self, kind: ViewKind) -> Option<Figure> {
        self.views.figure(kind, &self.snapshot, &self.runs, &self.batches, self.text)
    }

    /// Writes what a view shows.
    pub(super) fn write_figure(&mut self, kind: ViewKind, form: Written, ctx: &egui::Context) {
        let Some(figure) = self.figure(kind) else {
            return self.notify(Notice::NothingIn(vec![kind]));
        };
        let (name, notes) = (figure_name(kind, self.text), self.notes());
        self.write(ctx, move |folder| write_new(folder, &name, form.ending(), &form.bytes(&figure, &notes)?));
    }

    /// Writes every view that shows something, in all forms, into a new folder.
    pub(super) fn write_all_figures(&mut self, ctx: &egui::Context) {
        let notes = self.notes();
        let figures: Vec<_> = ViewKind::ALL
            .into_iter()
            .filter_map(|kind| Some((figure_name(kind, self.text), self.figure(kind)?)))
            .collect();
        let is_left = |kind: &ViewKind| figures.iter().all(|(name, _)| *name != figure_name(*kind, self.text));
        let left: Vec<_> = ViewKind::ALL.into_iter().filter(is_left).collect();
        if !left.is_empty() {
            self.notify(Notice::NothingIn(left));
        }
        self.write(ctx, move |folder| {
            let folder = free_path(folder, ALL, "")?;
            for (name, figure) in &figures {
                for form in Written::ALL {
                    write_new(&folder, name, form.ending(), &form.bytes(figure, &notes)?)?;
                }
            }
            Ok(folder)
        });
    }

    /// Takes the picture of the window that was asked for, as soon as everything stands still.
    pub(super) fn take_picture(&mut self, ctx: &egui::Context) {
        let Some(frames) = self.taking.pictured else { return };
        ctx.request_repaint();
        self.taking.pictured = frames.checked_sub(1);
        if frames > 0 {
            return;
        }
        let (folder, notes, done, waker) = (self.folder(), self.notes(), self.taking.written.0.clone(), ctx.clone());
        ctx.request_screenshot(move |image: Arc<egui::ColorImage>| {
            in_background(done, waker, move || write_new(&folder, "misfit-window", "png", &png(&image, &notes)?));
        });
    }

    /// Says where files were written.
    pub(super) fn receive_written(&mut self) {
        while let Ok(written) = self.taking.written.1.try_recv() {
            match written {
                Ok(path) => self.notify(Notice::saved(path)),
                Err(error) => self.notify(Notice::Wrong(error)),
            }
        }
    }

    /// Drawing and writing take longer than a frame may.
    fn write(&self, ctx: &egui::Context, job: impl FnOnce(&Path) -> Result<PathBuf> + Send + 'static) {
        let folder = self.folder();
        in_background(self.taking.written.0.clone(), ctx.clone(), move || job(&folder));
    }

    /// Where figures are written, by its whole path.
    pub(super) fn folder(&self) -> PathBuf {
        let typed = Path::new(self.settings.figures.trim());
        let folder = if typed.as_os_str().is_empty() { Path::new(".") } else { typed };
        std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())
    }

    /// Everything that can be taken away: all views in rows that stay where they are, and the experiment.
    pub(super) fn take_away_ui(&mut self, ctx: &egui::Context) {
        let (text, mut open, mut chosen) = (self.text, self.windows.take_away, None);
        // It is not in the picture that was asked for in it.
        if self.taking.pictured.is_some() {
            return;
        }
        egui::Window::new(text.shell.figures.name)
            .id(egui::Id::unique("take away"))
            .open(&mut open)
            .collapsible(false)
            .default_pos(egui::pos2(360.0, 60.0))
            .default_width(500.0)
            .show(ctx, |ui| {
                let room = ui.ctx().content_rect().height() - ui.cursor().top() - BELOW_VIEWS;
                let list = egui::ScrollArea::vertical().auto_shrink([false, true]).max_height(room.clamp(90.0, 340.0));
                list.show(ui, |ui| {
                    egui::Grid::new("views to take away").num_columns(4).striped(true).show(ui, |ui| {
                        for kind in ViewKind::ALL {
                            view_row_ui(ui, kind, kind == self.arranged.in_use, text, &mut chosen);
                        }
                    });
                });
                ui.separator();
                actions_ui(ui, &[Action::AllFigures, Action::WindowPng], text, &mut chosen);
                self.folder_ui(ui);
                ui.horizontal(|ui| {
                    let folder = self.folder().display().to_string();
                    actions_ui(ui, &[Action::OpenFolder], text, &mut chosen);
                    ui.add(egui::Label::new(&folder).truncate()).on_hover_text(&folder);
                });
                ui.separator();
                let [nominal, actual] = Form::ALL.map(Action::ExportNir);
                for row in
                    [[Action::Save, Action::SaveCheckpoint, Action::CopyCommand], [Action::Record, nominal, actual]]
                {
                    actions_ui(ui, &row, text, &mut chosen);
                }
            });
        self.windows.take_away = open;
        if let Some(action) = chosen {
            self.perform(action, ctx);
        }
    }

    /// All settings and seeds in the form of an experiment file, and how far learning is.
    fn notes(&self) -> String {
        let s = &self.snapshot;
        format!("epoch {}, batch {} of {}\n{}", s.epoch, s.batch, s.batches, file::format(&s.protocol))
    }
}

/// Where threads say what they have written.
type Done = crossbeam_channel::Sender<Result<PathBuf>>;

/// Does a job on a thread of its own and tells what came of it.
fn in_background(done: Done, waker: egui::Context, job: impl FnOnce() -> Result<PathBuf> + Send + 'static) {
    let spawned = std::thread::Builder::new().name("figures".into()).spawn(move || {
        // The window may be gone by now.
        drop(done.send(job()));
        waker.request_repaint();
    });
    if let Err(why) = spawned {
        log::warn!("cannot start a thread for figures: {why}");
    }
}

/// A view and what it can be taken away as.
fn view_row_ui(ui: &mut egui::Ui, kind: ViewKind, in_use: bool, text: &Text, chosen: &mut Option<Action>) {
    let view = kind.text(text);
    let title = egui::RichText::new(view.title);
    let title = ui.label(if in_use { title.strong() } else { title });
    title.on_hover_text(if in_use { text.dialogs.in_use } else { view.help });
    let named = [text.shell.figure_svg, text.export.figure_png, text.shell.figure_csv];
    for (named, form) in named.into_iter().zip(Written::ALL) {
        let action = Action::Figure(kind, form);
        let button = ui.button(named.name).on_hover_text(named.meaning);
        // A reader of the screen does not know the row.
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, action.name(text)));
        if button.clicked() {
            *chosen = Some(action);
        }
    }
    ui.end_row();
}

/// Buttons that do something; sets `chosen` when one is clicked.
fn actions_ui(ui: &mut egui::Ui, actions: &[Action], text: &Text, chosen: &mut Option<Action>) {
    ui.horizontal_wrapped(|ui| {
        for &action in actions {
            if ui.button(action.name(text)).on_hover_text(action.meaning(text)).clicked() {
                *chosen = Some(action);
            }
        }
    });
}

/// Name of the files with what a view shows, as the view is called on its tab, without number and ending.
fn figure_name(kind: ViewKind, text: &Text) -> String {
    let title = kind.text(text).title.to_lowercase();
    let words: Vec<&str> = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("misfit-{}", words.join("-"))
}

/// Writes a file that was not there before.
fn write_new(folder: &Path, name: &str, ending: &str, bytes: &[u8]) -> Result<PathBuf> {
    /// Two threads must not find the same name free.
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = free_path(folder, name, ending)?;
    write_atomically(&path, bytes).map(|()| path)
}

/// A path in `folder` that no file has yet: the name, or the name with a number; without an ending for a folder.
fn free_path(folder: &Path, name: &str, ending: &str) -> Result<PathBuf> {
    create_folder(folder)?;
    let dot = if ending.is_empty() { "" } else { "." };
    let path = |k: usize| {
        let number = if k == 0 { String::new() } else { format!("-{}", k + 1) };
        folder.join(format!("{name}{number}{dot}{ending}"))
    };
    (0..MOST_FILES).map(path).find(|path| !path.exists()).ok_or_else(|| {
        Error::System(format!("{} holds {MOST_FILES} files named {name}; choose another folder", folder.display()))
    })
}

/// A picture of the window as PNG, with `notes` as its comment.
fn png(image: &egui::ColorImage, notes: &str) -> Result<Vec<u8>> {
    let size = image.size.map(|side| side as u32);
    encoded(size, png::ColorType::Rgba, image.as_raw(), notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_what_the_tab_of_the_view_says() {
        assert_eq!(figure_name(ViewKind::Learning, &crate::text::EN), "misfit-accuracy");
        assert_eq!(figure_name(ViewKind::Faults, &crate::text::EN), "misfit-faults-of-the-chip");
        assert_eq!(figure_name(ViewKind::Weights, &crate::text::ZH), "misfit-权重");
        for language in crate::text::Language::ALL {
            let mut names: Vec<String> = ViewKind::ALL.map(|kind| figure_name(kind, language.text())).to_vec();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), ViewKind::ALL.len(), "every view has a name of its own");
        }
    }

    #[test]
    fn no_file_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("new");
        for expected in ["a.csv", "a-2.csv", "a-3.csv"] {
            let path = free_path(&inside, "a", "csv").expect("a path");
            assert_eq!(path, inside.join(expected));
            std::fs::write(&path, "x").expect("a file");
        }
        assert_eq!(free_path(&inside, "a", "svg").expect("a path"), inside.join("a.svg"));
    }

    #[test]
    fn a_picture_is_read_back_as_it_was_with_its_notes() {
        let mut image = egui::ColorImage::filled([3, 2], egui::Color32::WHITE);
        image.pixels[4] = egui::Color32::BLACK;
        let bytes = png(&image, "seed = 1\nµ").expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a header");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("a frame");
        assert_eq!(pixels, image.as_raw());
        let comment = &reader.info().utf8_text[0];
        assert_eq!((comment.keyword.as_str(), comment.get_text().expect("text").as_str()), ("Comment", "seed = 1\nµ"));
    }
}
