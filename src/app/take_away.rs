//! Figures and pictures, each with the settings and seeds that made it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::App;
use crate::error::{Error, Result};
use crate::experiment_file::{self, write_atomically};
use crate::views::ViewKind;

/// Frames until a view that was brought to the front stands still, and menu and tooltips are gone.
pub(super) const SETTLES: u8 = 3;
/// Files of one name that may lie in the folder before a new one is refused.
const MOST_FILES: usize = 10_000;

impl App {
    /// Writes the numbers of a view, or a drawing of it.
    pub(super) fn write_figure(&mut self, kind: ViewKind, drawing: bool) {
        let Some(figure) = self.views.figure(kind, &self.snapshot, &self.runs, self.text) else {
            self.notify(format!("{}: {}", kind.text(self.text).title, self.text.no_data), false);
            return;
        };
        let notes = self.notes();
        let (content, ending) = if drawing { (figure.svg(&notes), "svg") } else { (figure.csv(&notes), "csv") };
        let written = free_path(Path::new(&self.settings.figures), &figure_name(kind), ending)
            .and_then(|path| write_atomically(&path, content.as_bytes()).map(|()| path));
        self.say_written(written);
    }

    /// Asks for a picture of the whole window; it is written on a thread, so that no frame waits for the disk.
    pub(super) fn take_picture(&mut self, ctx: &egui::Context) {
        self.take_picture_of(ctx, "misfit-window".into(), None);
    }

    /// Takes the picture of a view that was asked for, as soon as it stands still.
    pub(super) fn picture_view(&mut self, ctx: &egui::Context) {
        let Some((kind, frames)) = self.pictured else { return };
        ctx.request_repaint();
        if frames > 0 {
            self.pictured = Some((kind, frames - 1));
            return;
        }
        self.pictured = None;
        let place = self.tree.tiles.find_pane(&kind).and_then(|id| self.tree.tiles.rect(id));
        match place {
            Some(place) => self.take_picture_of(ctx, figure_name(kind), Some(place * ctx.pixels_per_point())),
            None => self.notify(format!("{}: {}", kind.text(self.text).title, self.text.no_data), false),
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
            Ok(path) => self.notify(format!("{} {}", self.text.saved, path.display()), false),
            Err(error) => self.notify(self.text.error(&error), true),
        }
    }

    /// All settings and seeds in the form of an experiment file, and how far learning is.
    fn notes(&self) -> String {
        let s = &self.snapshot;
        format!("epoch {}, batch {} of {}\n{}", s.epoch, s.batch, s.batches, experiment_file::format(&s.params))
    }
}

/// Name of the files with what a view shows, without number and ending.
fn figure_name(kind: ViewKind) -> String {
    format!("misfit-{}", format!("{kind:?}").to_lowercase())
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
