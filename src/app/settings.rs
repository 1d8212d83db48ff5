//! How the window looks and behaves, apart from the experiment, and how that is remembered.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::layout::{self, Layout};
use super::own_controls::OwnControl;
use crate::base::error::{Error, Result};
use crate::base::files::{create_folder, read_text, rename, write_atomically};
use crate::session::messages::Pace;
use crate::text::Language;
use crate::views::ViewKind;

/// Version of the file. A file with a larger number was written by a newer program.
const FORMAT: u64 = 1;
/// A change is written that long after it, so that a drag is written once.
const WRITE_AFTER: Duration = Duration::from_secs(2);
/// A file of settings is never larger than this.
const MOST_BYTES: u64 = 1 << 20;

/// The two faces of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Screen {
    /// Three networks, one chip, a few controls, and a story that tells itself.
    Story,
    /// Everything.
    #[default]
    Instrument,
}

/// Choices of the person in front of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// Light, dark, or what the system says.
    pub theme: egui::ThemePreference,
    /// Batches per second at most; [`Settings::FULL_SPEED`] for no limit.
    pub batches_per_second: f32,
    /// The language of the window, by its code.
    pub language: String,
    /// Larger text and a light theme, for an audience.
    pub projector: bool,
    /// Whether nothing moves by itself but what is measured.
    pub reduce_motion: bool,
    /// Whether the panel has only the settings that tell the story.
    pub simple: bool,
    /// How much larger than usual everything is drawn.
    pub zoom: f32,
    /// Inner size of the window in points, before the zoom.
    pub window: [f32; 2],
    /// Whether the settings panel is shown.
    pub controls: bool,
    /// Its width in points.
    pub controls_width: f32,
    /// The groups of parameters that are open.
    pub open_groups: Vec<String>,
    /// The face of the window that was shown last.
    pub screen: Screen,
    /// Ids of the lessons that were gone through to the end.
    pub lessons_done: Vec<String>,
    /// Sliders of one's own.
    pub own_controls: Vec<OwnControl>,
    /// The layout that was chosen last.
    pub layout: Layout,
    /// How the views are arranged now, if it differs from the layout.
    pub tree: Option<egui_tiles::Tree<ViewKind>>,
    /// Where figures are written; empty for the working directory.
    pub figures: String,
    /// Runs whose curves are shown, by their ids, in the order in which they were pinned.
    pub pinned: Vec<String>,
}

impl Settings {
    /// The far end of the speed slider: as fast as the machine can.
    pub const FULL_SPEED: f32 = 1000.0;

    /// Pins remembered; those of runs in other stores are among them.
    const MOST_PINNED: usize = 32;

    /// Lessons remembered.
    const MOST_LESSONS: usize = 200;

    /// Remembers that a lesson was gone through to the end.
    pub(super) fn finish_lesson(&mut self, id: &str) {
        if !self.lessons_done.iter().any(|done| done == id) && self.lessons_done.len() < Self::MOST_LESSONS {
            self.lessons_done.push(id.to_owned());
        }
    }

    /// Remembers that a run is pinned, or no more.
    pub(super) fn pin(&mut self, run: &str, on: bool) {
        self.pinned.retain(|known| known != run);
        if on {
            self.pinned.push(run.to_owned());
        }
        let most = self.pinned.len().saturating_sub(Self::MOST_PINNED);
        self.pinned.drain(..most);
    }

    /// Chooses the face for this start: that of a layout that is named, the instrument for an experiment that is named,
    /// and otherwise the one that was left.
    pub fn begin_with(&mut self, layout: Option<&str>, named: bool, kiosk: bool) {
        let layouts = Layout::ALL.into_iter().zip(crate::lesson::names::LAYOUTS);
        let chosen = layout.and_then(|layout| layouts.clone().find(|(_, key)| **key == layout));
        if kiosk || layout == Some("story") {
            self.screen = Screen::Story;
        } else if let Some((layout, _)) = chosen {
            (self.screen, self.layout, self.tree) = (Screen::Instrument, layout, None);
        } else if named {
            self.screen = Screen::Instrument;
        }
    }

    /// The chosen layout as nobody has changed it.
    pub(super) fn usual_tree(&self) -> egui_tiles::Tree<ViewKind> {
        if self.projector { self.layout.projector_tree() } else { self.layout.tree() }
    }

    /// The speed as the session understands it.
    pub fn pace(&self) -> Pace {
        if self.batches_per_second >= Self::FULL_SPEED {
            Pace::Full
        } else {
            Pace::BatchesPerSecond(self.batches_per_second)
        }
    }

    /// The language, English if the code is unknown.
    pub fn language(&self) -> Language {
        Language::from_code(&self.language).unwrap_or_default()
    }

    /// What the file at `path` says, and what of it is not used; the defaults in the language of the system if there is
    /// none.
    fn read(path: &Path) -> std::result::Result<(Self, Option<Problem>), Problem> {
        let broken = |why: String| Problem::Broken(why);
        let text = match read_text(path, MOST_BYTES) {
            Err(Error::File { kind: std::io::ErrorKind::NotFound, .. }) => {
                // The first start.
                return Ok((Self { screen: Screen::Story, ..Self::of_system() }, None));
            }
            text => text.map_err(|why| broken(why.to_string()))?,
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|why| broken(why.to_string()))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => {}
            Some(newer) if newer > FORMAT => return Err(Problem::Newer),
            _ => return Err(broken("no `format`".into())),
        }
        let settings: Self = serde_json::from_value(value).map_err(|why| broken(why.to_string()))?;
        let (has_layout, settings) = (settings.tree.is_some(), settings.sane());
        let lost = has_layout && settings.tree.is_none();
        Ok((settings, lost.then(|| broken("no window can have its layout".into()))))
    }

    /// Those of a first start: the language and the motion of the system, and few controls.
    fn of_system() -> Self {
        let language = system_language().code().to_owned();
        Self { language, reduce_motion: system_reduces_motion(), simple: true, ..Self::default() }
    }

    /// Numbers that a window can live with, whatever stood in the file.
    fn sane(mut self) -> Self {
        let usual = Self::default();
        let within = |x: f32, low: f32, high: f32, usual: f32| if x.is_finite() { x.clamp(low, high) } else { usual };
        self.batches_per_second = within(self.batches_per_second, 1.0, Self::FULL_SPEED, usual.batches_per_second);
        self.zoom = within(self.zoom, 0.5, 4.0, usual.zoom);
        self.controls_width = within(self.controls_width, 200.0, 600.0, usual.controls_width);
        for (size, usual) in self.window.iter_mut().zip(usual.window) {
            *size = within(*size, 320.0, 8192.0, usual);
        }
        self.tree = self.tree.as_ref().and_then(layout::restored);
        self.pinned.truncate(Self::MOST_PINNED);
        self.lessons_done.truncate(Self::MOST_LESSONS);
        self.own_controls.retain(OwnControl::is_sane);
        self.own_controls.truncate(OwnControl::MOST);
        self
    }

    fn write(&self, path: &Path) -> Result<()> {
        let mut value = serde_json::to_value(self).map_err(|why| Error::System(why.to_string()))?;
        value["format"] = FORMAT.into();
        let folder = path.parent().unwrap_or(Path::new("."));
        create_folder(folder)?;
        write_atomically(path, format!("{value:#}\n").as_bytes())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: egui::ThemePreference::System,
            // Slow enough to see the loop heal, fast enough to be done within a minute.
            batches_per_second: 20.0,
            language: Language::English.code().to_owned(),
            projector: false,
            reduce_motion: false,
            simple: false,
            zoom: 1.0,
            window: [1280.0, 800.0],
            controls: true,
            controls_width: 340.0,
            // The others are one click away.
            open_groups: vec!["Mismatch".to_owned(), "Learning".to_owned()],
            screen: Screen::Instrument,
            lessons_done: Vec::new(),
            own_controls: Vec::new(),
            layout: Layout::Demo,
            tree: None,
            figures: String::new(),
            pinned: Vec::new(),
        }
    }
}

/// The language that the system speaks, as far as the window speaks it.
fn system_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if locale.is_some_and(|l| l.starts_with("zh")) { Language::Chinese } else { Language::English }
}

/// Whether the desktop asks programs not to move: the key that GNOME and those after it have for that.
fn system_reduces_motion() -> bool {
    let asked = ["get", "org.gnome.desktop.interface", "enable-animations"];
    let answer = std::process::Command::new("gsettings").args(asked).stderr(std::process::Stdio::null()).output();
    answer.is_ok_and(|answer| answer.stdout.starts_with(b"false"))
}

/// Why the file of an earlier start is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// It makes no sense.
    Broken(String),
    /// It was written by a newer program.
    Newer,
}

/// Where a file that makes no sense is kept.
fn set_aside(path: &Path) -> PathBuf {
    path.with_extension("broken.json")
}

/// The file in which the settings of the window outlive it.
#[derive(Debug)]
pub struct Memory {
    /// `None` when nothing is to be written.
    path: Option<PathBuf>,
    written: Settings,
    changed: Option<Instant>,
    pub(super) problem: Option<Problem>,
}

impl Memory {
    /// The file in the user's configuration folder, and what it says. Never fails: whatever is wrong with
    /// the file, the window starts with the usual settings and says so.
    pub fn of_user() -> (Self, Settings) {
        match directories::ProjectDirs::from("", "", "misfit") {
            Some(folders) => Self::at(&folders.config_dir().join("window.json")),
            None => (Self::none(), Settings::default()),
        }
    }

    /// As [`Self::of_user`], with the file at `path`.
    pub fn at(path: &Path) -> (Self, Settings) {
        let (settings, problem) = match Settings::read(path) {
            Ok(read) => read,
            Err(problem) => (Settings::of_system(), Some(problem)),
        };
        // What is put aside is written again.
        let written = if problem.is_some() { Settings::default() } else { settings.clone() };
        let mut keep = Some(path.to_owned());
        match &problem {
            // Kept for whoever wants to repair it.
            Some(Problem::Broken(why)) => {
                log::warn!("{}: {why}", path.display());
                let aside = set_aside(path);
                if let Err(why) = rename(path, &aside) {
                    log::warn!("{why}");
                }
            }
            Some(Problem::Newer) => keep = None,
            None => {}
        }
        (Self { path: keep, written, changed: None, problem }, settings)
    }

    /// The folder of the file, where lessons of the user's own may be.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    /// Where the file is kept that makes no sense.
    pub(super) fn aside(&self) -> PathBuf {
        self.path.as_deref().map(set_aside).unwrap_or_default()
    }

    /// Remembers nothing.
    pub fn none() -> Self {
        Self { path: None, written: Settings::default(), changed: None, problem: None }
    }

    /// Writes settings that have been as they are for a while; returns how long to wait for that.
    pub(super) fn observe(&mut self, settings: &Settings) -> Option<Duration> {
        if self.path.is_none() || *settings == self.written {
            self.changed = None;
            return None;
        }
        let changed = *self.changed.get_or_insert_with(Instant::now);
        let waited = changed.elapsed();
        if waited < WRITE_AFTER {
            return Some(WRITE_AFTER.saturating_sub(waited) + Duration::from_millis(20));
        }
        self.write(settings);
        None
    }

    /// Writes settings that differ from what stands in the file.
    pub(super) fn write(&mut self, settings: &Settings) {
        let Some(path) = &self.path else { return };
        if *settings == self.written {
            return;
        }
        if let Err(error) = settings.write(path) {
            // Once is enough: a full disk does not become emptier by trying in every frame.
            log::warn!("{error}");
        }
        self.written = settings.clone();
        self.changed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("window.json");
        std::fs::write(&path, text).expect("a file");
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read_again_with_the_layout() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sub").join("window.json");
        let (mut memory, first) = Memory::at(&path);
        assert_eq!((first.layout, memory.problem.clone()), (Layout::Demo, None));
        let settings = Settings {
            theme: egui::ThemePreference::Light,
            language: "zh-Hans".into(),
            projector: true,
            window: [1920.0, 1080.0],
            open_groups: vec!["Noise".into()],
            layout: Layout::Train,
            own_controls: vec![OwnControl {
                label: "Out of tune".into(),
                sets: vec!["sigma_tau_mem".into(), "sigma_threshold".into()],
                ..OwnControl::default()
            }],
            tree: Some(Layout::Explore.tree()),
            ..Settings::default()
        };
        memory.write(&settings);
        assert_eq!(Memory::at(&path).1, settings);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_kept_aside_and_the_usual_settings_are_used() {
        for text in ["", "{", "[]", "{\"format\": 1, \"theme\": 7}", "{\"format\": \"one\"}", "\u{0}\u{1}"] {
            let (folder, path) = file(text);
            let (memory, settings) = Memory::at(&path);
            assert_eq!(settings, Settings::of_system(), "{text}");
            assert!(matches!(memory.problem, Some(Problem::Broken(_))), "{text}");
            let kept = std::fs::read_to_string(folder.path().join("window.broken.json")).expect("the old file");
            assert_eq!(kept, text);
        }
    }

    #[test]
    fn a_newer_file_is_neither_used_nor_overwritten() {
        let text = "{\"format\": 2, \"theme\": \"Light\", \"holograms\": true}";
        let (_folder, path) = file(text);
        let (mut memory, settings) = Memory::at(&path);
        assert_eq!((settings, memory.problem.clone()), (Settings::of_system(), Some(Problem::Newer)));
        memory.write(&Settings { projector: true, ..Settings::default() });
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), text);
    }

    #[test]
    fn numbers_and_layouts_that_no_window_can_have_are_replaced() {
        let mut value =
            serde_json::to_value(Settings { tree: Some(Layout::Demo.tree()), ..Settings::default() }).expect("a value");
        value["format"] = 1.into();
        value["window"] = serde_json::json!([-5.0, 1e30]);
        value["zoom"] = serde_json::json!(1e9);
        value["batches_per_second"] = serde_json::json!(-3.0);
        // A tile that contains itself would be laid out for ever.
        let root = value["tree"]["root"].as_u64().expect("a root");
        let key = root.to_string();
        value["tree"]["tiles"]["tiles"][&key]["Container"]["Linear"]["children"] = serde_json::json!([root]);
        let (_folder, path) = file(&value.to_string());
        let (memory, settings) = Memory::at(&path);
        assert!(matches!(memory.problem, Some(Problem::Broken(_))) && memory.aside().exists() && !path.exists());
        assert_eq!((settings.window, settings.zoom, settings.tree), ([320.0, 8192.0], 4.0, None));
        assert!(settings.batches_per_second >= 1.0);
    }

    /// Two files that ended the program at every start: one asked for all memory, one for a plot without a width.
    #[test]
    fn layouts_that_no_window_can_have_are_put_aside_and_said_and_the_rest_is_used() {
        for grid in [
            r#"{"children": [1, 2], "layout": {"Columns": 9223372036854775808}, "col_shares": [], "row_shares": []}"#,
            r#"{"children": [1, 2], "layout": "Auto", "col_shares": [1e308], "row_shares": []}"#,
        ] {
            let panes = r#""1": {"Pane": "Learning"}, "2": {"Pane": "Loss"}"#;
            let tiles = format!(r#"{panes}, "3": {{"Container": {{"Grid": {grid}}}}}"#);
            let tiles = format!(r#"{{"next_tile_id": 9, "tiles": {{{tiles}}}, "invisible": []}}"#);
            let tree = format!(r#"{{"id": 1, "root": 3, "tiles": {tiles}, "height": null, "width": null}}"#);
            let (_folder, path) = file(&format!(r#"{{"format": 1, "zoom": 2.0, "tree": {tree}}}"#));
            let (memory, settings) = Memory::at(&path);
            assert!(matches!(memory.problem, Some(Problem::Broken(_))) && memory.aside().exists());
            assert_eq!((settings.tree, settings.zoom), (None, 2.0));
        }
    }
}
