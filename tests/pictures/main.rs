//! Pictures of every view and every layout, drawn without a graphics card.
//!
//! ```text
//! cargo test --test pictures                        # compares, and looks for words that are cut or lie on others
//! UPDATE_PICTURES=1 cargo test --test pictures      # writes all pictures anew
//! ```
//!
//! The snapshot is always the same, the clock stands still, and nothing is learnt, so the pictures are the same on every
//! machine. A picture that differs is written beside those of the sources, into `target/pictures`.

mod moving;
mod paper;
mod soft;
mod stored;
mod story;

#[expect(dead_code, reason = "the views have more snapshots than are drawn here")]
#[path = "../views/stage.rs"]
mod stage;
#[path = "../views/words.rs"]
mod words;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use egui_kittest::{Harness, TestRenderer};
use misfit::app::{App, Layout, Screen, Settings};
use misfit::params::Params;
use misfit::session::messages::{ChipView, MEASURED, Snapshot, Spread};
use misfit::text::{EN, Language, Text, ZH};
use misfit::views::{ViewKind, Views};
use soft::Soft;
use stored::Picture;
use words::{cut, on_top, words};

/// Windows on a laptop and on a large screen.
const DESKS: [[f32; 2]; 2] = [[1280.0, 800.0], [1920.0, 1080.0]];
/// A window that fills a screen of 3,840 pixels with letters of the usual size: the most room that there is.
const WALL: [f32; 2] = [3840.0, 2160.0];

/// A window for an audience, in points of its large letters.
const PROJECTED: [f32; 2] = [960.0, 540.0];

/// Share of the pixels that may differ: a line of another version of the mathematics library, or colours for which the
/// 256 of a kept picture have no room.
const TOLERANCE: f64 = 0.001;
/// Pixels that may differ in one tile, so that no word can go: each letter of a score has more.
const MOST_IN_A_TILE: usize = 48;
/// All pictures together, in bytes.
const MOST: u64 = 4_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/stored")
}

fn updates() -> bool {
    std::env::var_os("UPDATE_PICTURES").is_some()
}

/// Little work for the session that is behind the window although nothing of it is shown.
fn params() -> Params {
    Params::default().with(|p| (p.network.hidden, p.learning.threads) = (20, 1))
}

/// What is shown: always the same, and paused, because what learns moves.
fn snapshot() -> Snapshot {
    let Snapshot { params, protocol, .. } = Snapshot::empty(&params());
    let normal = stage::normal();
    // Every fault that a chip has, each spread in a way of its own.
    let spread = |(k, (_, symbol, label)): (usize, &(&str, &'static str, &'static str))| {
        // Potentials are told in thresholds.
        let (unit, nominal, scale) =
            if (3..=5).contains(&k) { (" × threshold", 4.0 - k as f64, 0.01) } else { (" LSB", 100.0, 1.0) };
        let off = |neuron: usize, part: f64| part * ((neuron * (2 * k + 3)) % 23) as f64 - 11.0 * part;
        let around = |part: f64| (0..23).map(|neuron| nominal + scale * off(neuron, part)).collect();
        Spread { symbol, label, unit, nominal, actual: around(1.0 + k as f64), before: around(3.0) }
    };
    let chip = ChipView { spreads: MEASURED.iter().enumerate().map(spread).collect(), ..(*normal.chip).clone() };
    let chip = Arc::new(chip);
    Snapshot { params, protocol, chip, running: false, batches_per_second: 0.0, looking_at: None, ..normal }
}

/// The renderer of a window, which its textures go to.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Soft>>);

impl TestRenderer for Shared {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.borrow_mut().update(delta);
    }
}

impl Shared {
    /// Draws frames until everything is in its place.
    fn draw<State>(&self, harness: &mut Harness<'_, State>) -> Picture {
        harness.run_steps(8);
        let (size, pixels) = self.0.borrow().render(&harness.ctx, harness.output().shapes.clone());
        Picture::halved(size, &pixels)
    }
}

fn view(kind: ViewKind, text: &'static Text, theme: egui::Theme) -> Picture {
    let shared = Shared::default();
    let builder = Harness::builder().renderer(shared.clone());
    let mut harness = stage::on_stage(builder, text, kind, &snapshot(), theme, [640.0, 420.0]);
    shared.draw(&mut harness)
}

/// A window in one of its forms.
#[derive(Clone, Copy)]
struct Form {
    layout: Layout,
    language: Language,
    theme: egui::ThemePreference,
    size: [f32; 2],
    projector: bool,
}

impl Form {
    /// Every layout in both languages: at two sizes in both themes, on a wall, and for an audience.
    fn all() -> Vec<Self> {
        let languages = Layout::ALL.into_iter().flat_map(|layout| Language::ALL.map(|language| (layout, language)));
        let forms = |(layout, language)| {
            let form = move |theme, size, projector| Self { layout, language, theme, size, projector };
            let themes = [egui::ThemePreference::Dark, egui::ThemePreference::Light];
            let desks = themes.into_iter().flat_map(move |theme| DESKS.map(|size| form(theme, size, false)));
            // Projectors have one theme.
            let audience = form(egui::ThemePreference::Light, PROJECTED, true);
            desks.chain([form(egui::ThemePreference::Dark, WALL, false), audience])
        };
        languages.flat_map(forms).collect()
    }

    fn name(&self) -> String {
        let Self { layout, language, theme, size, projector } = self;
        let place = if *projector { "projector".to_owned() } else { format!("{}-{theme:?}", size[0]) };
        format!("window-{layout:?}-{}-{place}", language.code()).to_lowercase()
    }

    fn open(&self, shared: &Shared) -> Harness<'static, App> {
        let settings = Settings {
            layout: self.layout,
            language: self.language.code().to_owned(),
            theme: self.theme,
            projector: self.projector,
            // As the key of the mode leaves it.
            controls: !self.projector,
            screen: Screen::Instrument,
            ..Settings::default()
        };
        let theme = if self.theme == egui::ThemePreference::Light { egui::Theme::Light } else { egui::Theme::Dark };
        let builder = Harness::builder().with_size(self.size).with_theme(theme).renderer(shared.clone());
        let mut window = builder.build_eframe(move |cc| {
            let mut app = App::new(&cc.egui_ctx, params(), settings).expect("a session");
            app.stand_still(snapshot(), stage::runs(), stage::batches());
            app
        });
        // Letters that follow the height of the window change its size in points.
        window.run_steps(2);
        window.set_size(self.size.into());
        window
    }
}

/// What a view takes away as a drawing.
fn drawing(kind: ViewKind, text: &Text) -> String {
    let figure = Views::default().figure(kind, &snapshot(), &stage::runs(), &stage::batches(), text);
    figure.unwrap_or_else(|| panic!("{kind:?} has nothing to take away")).svg("the snapshot of the tests")
}

/// The page of the handbook with every view in the window, and beside it what is taken away of it.
fn page() -> String {
    let mut page = String::from(
        "# Figures\n\nEvery view says what it shows once. The window, the drawing (SVG), the picture (PNG) and the table (CSV) \
         are made from that: the same marks, names, units, scales, thresholds and changes. \
         Numbers of neurons and raw values are in the table, settings and seeds in every file.\n\n\
         Below, every view of one snapshot: left as it stands in the window, right as it is taken away. \
         `UPDATE_PICTURES=1 cargo test --test pictures` makes them anew.\n",
    );
    for kind in ViewKind::ALL {
        let (text, name) = (kind.text(&EN), format!("{kind:?}").to_lowercase());
        let window = format!("<img src=\"../../tests/pictures/stored/view-{name}.png\" width=\"45%\">");
        let taken = format!("<img src=\"figures/{name}.svg\" width=\"50%\">");
        page.extend(["\n## ", text.title, "\n\n", text.help, "\n\n", &window, " ", &taken, "\n"]);
    }
    page
}

/// The lines of a text that are kept, or writes them.
fn keep(path: &Path, text: &str, differ: &mut Vec<String>) {
    if updates() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        return std::fs::write(path, text).expect("it is written");
    }
    if std::fs::read_to_string(path).ok().as_deref() != Some(text) {
        differ.push(format!("{} is not what is made now", path.display()));
    }
}

/// Compares a picture with the one that is kept, or keeps it.
fn compare(name: &str, picture: &Picture, differ: &mut Vec<String>) {
    compare_with(&folder().join(format!("{name}.png")), picture, differ);
}

/// The same with a picture in any place.
fn compare_with(path: &Path, picture: &Picture, differ: &mut Vec<String>) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if updates() {
        return picture.write(path);
    }
    let Some(kept) = Picture::read(path) else { return differ.push(format!("{name} is not kept")) };
    let difference = kept.difference(picture);
    let tile = kept.worst_tile(picture);
    if difference > TOLERANCE || tile > MOST_IN_A_TILE {
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        picture.write(&beside);
        let (share, beside) = (100.0 * difference, beside.display());
        differ.push(format!("{name}: {share:.2} % of the pixels, {tile} in one tile, see {beside}"));
    }
}

#[test]
fn every_view_looks_as_it_did() {
    let mut differ = Vec::new();
    for kind in ViewKind::ALL {
        compare(&format!("view-{kind:?}").to_lowercase(), &view(kind, &EN, egui::Theme::Dark), &mut differ);
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn the_handbook_shows_every_view_beside_what_is_taken_away_of_it() {
    let (mut differ, handbook) = (Vec::new(), Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/handbook"));
    keep(&handbook.join("figures.md"), &page(), &mut differ);
    for kind in ViewKind::ALL {
        let name = format!("figures/{kind:?}.svg").to_lowercase();
        keep(&handbook.join(name), &drawing(kind, &EN), &mut differ);
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn every_layout_looks_as_it_did_in_both_themes_and_languages_and_for_an_audience() {
    let mut differ = Vec::new();
    for form in Form::all() {
        let shared = Shared::default();
        compare(&form.name(), &shared.draw(&mut form.open(&shared)), &mut differ);
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn no_words_of_any_layout_are_cut_or_lie_on_top_of_others() {
    let mut wrong = Vec::new();
    for form in Form::all() {
        let mut window = form.open(&Shared::default());
        window.run_steps(8);
        let said = words(&window.output().shapes);
        let cut = cut(&said).map(|(what, beyond)| format!("{}: {what:?} is cut by {beyond:.0}", form.name()));
        let on_top = on_top(&said);
        let over =
            on_top.iter().map(|(what, other, size)| format!("{}: {what:?} on {other:?} by {size:.0?}", form.name()));
        wrong.extend(cut.chain(over));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_words_of_any_drawing_leave_the_paper_or_lie_on_top_of_others() {
    let mut wrong = Vec::new();
    for (kind, text) in ViewKind::ALL.into_iter().flat_map(|kind| [(kind, &EN), (kind, &ZH)]) {
        let said = paper::words(&drawing(kind, text));
        assert!(said.len() > 3, "{kind:?}: {said:?}");
        let outside = said.iter().filter(|(_, place, paper)| !paper.expand(1.0).contains_rect(*place));
        wrong.extend(outside.map(|(what, ..)| format!("{kind:?}: {what:?} leaves the paper")));
        let on_top = on_top(&said);
        wrong.extend(on_top.iter().map(|(what, other, size)| format!("{kind:?}: {what:?} on {other:?} by {size:.0?}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pictures_are_small_and_each_of_them_is_compared() {
    let kept: Vec<_> = std::fs::read_dir(folder()).expect("the pictures").map(|entry| entry.expect("a file")).collect();
    let bytes: u64 = kept.iter().map(|entry| entry.metadata().expect("its size").len()).sum();
    assert!(bytes < MOST, "{bytes} bytes");
    let views = ViewKind::ALL.map(|kind| format!("view-{kind:?}").to_lowercase());
    let known: BTreeSet<String> =
        views.into_iter().chain(Form::all().iter().map(Form::name)).chain(story::names()).collect();
    let names = kept.iter().map(|entry| entry.file_name().to_string_lossy().trim_end_matches(".png").to_owned());
    assert_eq!(names.collect::<BTreeSet<_>>(), known, "pictures of views that are no more");
}
