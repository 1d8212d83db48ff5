//! Figures and pictures, each with the settings and seeds that made it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::App;
use super::actions::Action;
use super::notices::Notice;
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::protocol::file;
use crate::session::messages::Form;
use crate::text::Text;
use crate::views::ViewKind;

/// Frames until a view that was brought to the front stands still, and menu and tooltips are gone.
pub(super) const SETTLES: u8 = 3;
/// Files of one name that may lie in the folder before a new one is refused.
const MOST_FILES: usize = 10_000;

/// Room in the window to take away from for what stands below the views, in points.
const BELOW_VIEWS: f32 = 220.0;

impl App {
    /// Writes the numbers of a view, or a drawing of it.
    pub(super) fn write_figure(&mut self, kind: ViewKind, drawing: bool) {
        let Some(figure) = self.views.figure(kind, &self.snapshot, &self.runs, self.text) else {
            self.notify(Notice::NothingIn(kind));
            return;
        };
        let notes = self.notes();
        let (content, ending) = if drawing { (figure.svg(&notes), "svg") } else { (figure.csv(&notes), "csv") };
        let written = free_path(Path::new(&self.settings.figures), &figure_name(kind, self.text), ending)
            .and_then(|path| write_atomically(&path, content.as_bytes()).map(|()| path));
        self.say_written(written);
    }

    /// Takes the picture that was asked for, as soon as everything stands still. It is written on a thread, so that no
    /// frame waits for the disk.
    pub(super) fn take_picture(&mut self, ctx: &egui::Context) {
        let Some((kind, frames)) = self.pictured else { return };
        ctx.request_repaint();
        if frames > 0 {
            self.pictured = Some((kind, frames - 1));
            return;
        }
        self.pictured = None;
        let Some(kind) = kind else { return self.take_picture_of(ctx, "misfit-window".into(), None) };
        let place = self.tree.tiles.find_pane(&kind).and_then(|id| self.tree.tiles.rect(id));
        match place {
            Some(place) => {
                let name = figure_name(kind, self.text);
                self.take_picture_of(ctx, name, Some(place * ctx.pixels_per_point()));
            }
            None => self.notify(Notice::NothingIn(kind)),
        }
    }

    /// `part` is in pixels.
    fn take_picture_of(&mut self, ctx: &egui::Context, name: String, part: Option<egui::Rect>) {
        let (sender, answer) = crossbeam_channel::bounded(1);
        let (folder, notes, waker) = (self.settings.figures.clone(), self.notes(), ctx.clone());
        let write = move |image: Arc<egui::ColorImage>| {
            let spawned = std::thread::Builder::new().name("picture".into()).spawn(move || {
                let image = part.map_or_else(|| (*image).clone(), |part| cut_out(&image, part));
                let written = png(&image, &notes).and_then(|bytes| {
                    let path = free_path(Path::new(&folder), &name, "png")?;
                    write_atomically(&path, &bytes).map(|()| path)
                });
                // The window may be gone by now.
                drop(sender.send(written));
                waker.request_repaint();
            });
            if let Err(why) = spawned {
                log::warn!("cannot start a thread for the picture: {why}");
            }
        };
        ctx.request_screenshot(write);
        self.picture = Some(answer);
    }

    /// Says where a picture was written.
    pub(super) fn receive_picture(&mut self) {
        if let Some(written) = self.picture.as_ref().and_then(|answer| answer.try_recv().ok()) {
            self.picture = None;
            self.say_written(written);
        }
    }

    fn say_written(&mut self, written: Result<PathBuf>) {
        match written {
            Ok(path) => self.notify(Notice::saved(path)),
            Err(error) => self.notify(Notice::Wrong(error)),
        }
    }

    /// Everything that can be taken away: the view in use first, then all others in rows, and the experiment.
    pub(super) fn take_away_ui(&mut self, ctx: &egui::Context) {
        let (text, mut open, mut chosen) = (self.text, self.windows.take_away, None);
        // It is not in the picture that was asked for in it.
        if self.pictured.is_some() {
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
                        let others = ViewKind::ALL.into_iter().filter(|kind| *kind != self.in_use);
                        for kind in [self.in_use].into_iter().chain(others) {
                            view_row_ui(ui, kind, kind == self.in_use, text, &mut chosen);
                        }
                    });
                });
                ui.separator();
                actions_ui(ui, &[Action::WindowPng], text, &mut chosen);
                self.folder_ui(ui);
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

/// A view and what it can be taken away as.
fn view_row_ui(ui: &mut egui::Ui, kind: ViewKind, in_use: bool, text: &Text, chosen: &mut Option<Action>) {
    let view = kind.text(text);
    let title = egui::RichText::new(view.title);
    let title = ui.label(if in_use { title.strong() } else { title });
    title.on_hover_text(if in_use { text.dialogs.in_use } else { view.help });
    let forms = [
        (text.shell.figure_svg, Action::Svg(kind)),
        (text.export.figure_png, Action::Png(kind)),
        (text.shell.figure_csv, Action::Csv(kind)),
    ];
    for (named, action) in forms {
        let button = ui.button(named.name).on_hover_text(named.meaning);
        // For whoever cannot see in which row it stands.
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

/// The part of a picture that lies within a rectangle of pixels.
fn cut_out(image: &egui::ColorImage, part: egui::Rect) -> egui::ColorImage {
    let end = |at: f32, most: usize| (at.max(0.0) as usize).min(most);
    let (x, y) = (end(part.left(), image.width()), end(part.top(), image.height()));
    let (right, bottom) = (end(part.right(), image.width()), end(part.bottom(), image.height()));
    image.region_by_pixels([x, y], [right.saturating_sub(x), bottom.saturating_sub(y)])
}

/// A path in `folder` that no file has yet: the name, or the name with a number.
fn free_path(folder: &Path, name: &str, ending: &str) -> Result<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::create_dir_all(folder).map_err(|why| Error::file("create the folder", folder, &why))?;
    let path = |k: usize| {
        let number = if k == 0 { String::new() } else { format!("-{}", k + 1) };
        folder.join(format!("{name}{number}.{ending}"))
    };
    (0..MOST_FILES).map(path).find(|path| !path.exists()).ok_or_else(|| {
        Error::System(format!("{} holds {MOST_FILES} files named {name}; choose another folder", folder.display()))
    })
}

/// A picture as PNG, with `notes` as its comment.
fn png(image: &egui::ColorImage, notes: &str) -> Result<Vec<u8>> {
    let failed = |why: png::EncodingError| Error::System(format!("the picture could not be written: {why}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width() as u32, image.height() as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_itxt_chunk("Comment".into(), notes.into()).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(image.as_raw()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
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
    fn a_picture_of_a_view_is_the_part_of_the_window_that_the_view_takes() {
        let mut image = egui::ColorImage::filled([4, 3], egui::Color32::WHITE);
        image.pixels[4 + 2] = egui::Color32::BLACK;
        let part = cut_out(&image, egui::Rect::from_min_max(egui::pos2(1.0, 1.0), egui::pos2(3.0, 9.0)));
        assert_eq!(part.size, [2, 2]);
        assert_eq!(part.pixels[1], egui::Color32::BLACK);
        let outside = egui::Rect::from_min_max(egui::pos2(8.0, 8.0), egui::pos2(9.0, 9.0));
        assert_eq!(cut_out(&image, outside).size, [0, 0]);
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
