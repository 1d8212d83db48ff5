//! The first screen at four moments, untouched, for readers who see nothing else of the program.
//!
//! What it tells is computed live, with the seed of its preset. The moments are those of the narration, which waits for
//! what is learnt and not for the clock.

use std::path::Path;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use misfit::app::{App, Screen, Settings};
use misfit::params::{Lane, Params};
use misfit::session::messages::{EngineCommand, Pace, ViewRequest};
use misfit::text::Language;

use crate::stored::Picture;
use crate::words::{cut, on_top, words};
use crate::{DESKS, PROJECTED, Shared, compare, compare_with};

/// Frames a second on the clock of the window.
const FRAMES: usize = 60;
/// After so many seconds of the narration; the step that is told then, the epochs learnt, and the frames for which it has
/// been told.
const MOMENTS: [(usize, &str, usize, usize); 4] = [
    (16, "learn", 10, 0),
    (30, "reveal", 10, FRAMES),
    (50, "loop", 20, 8 * FRAMES),
    (110, "your_turn", 34, 12 * FRAMES),
];

/// What it looks like to other readers: the language, the theme, the size of the window, and whether it is projected.
const READERS: [(Language, egui::Theme, [f32; 2], bool); 8] = [
    (Language::English, egui::Theme::Light, SMALL, false),
    (Language::Chinese, egui::Theme::Light, SMALL, false),
    (Language::Chinese, egui::Theme::Light, DESKS[0], false),
    (Language::English, egui::Theme::Dark, DESKS[0], false),
    (Language::English, egui::Theme::Light, PROJECTED, true),
    (Language::Chinese, egui::Theme::Light, PROJECTED, true),
    (Language::English, egui::Theme::Light, DESKS[1], false),
    (Language::Chinese, egui::Theme::Dark, DESKS[1], false),
];
/// The smallest window that it is made for.
const SMALL: [f32; 2] = [1024.0, 700.0];

/// Names of the pictures for other readers.
pub fn names() -> impl Iterator<Item = String> {
    MOMENTS.iter().flat_map(|moment| READERS.iter().map(move |reader| name(moment.0, reader)))
}

fn name(moment: usize, (language, theme, size, projector): &(Language, egui::Theme, [f32; 2], bool)) -> String {
    let place = if *projector { "projector".to_owned() } else { size[0].to_string() };
    let theme = if *theme == egui::Theme::Dark { "-dark" } else { "" };
    format!("story-{moment}-{}-{place}{theme}", language.code()).to_lowercase()
}

fn open(shared: &Shared) -> Harness<'static, App> {
    let settings = Settings {
        screen: Screen::Story,
        language: Language::English.code().to_owned(),
        theme: egui::ThemePreference::Light,
        ..Settings::default()
    };
    let builder = Harness::builder().with_size([1280.0, 800.0]).with_theme(egui::Theme::Light);
    let builder = builder.with_step_dt(1.0 / FRAMES as f32).renderer(shared.clone());
    builder.build_eframe(move |cc| App::new(&cc.egui_ctx, Params::default(), settings).expect("a session"))
}

/// Draws frames until that step has been told for so long and so many epochs are learnt.
fn until(window: &mut Harness<'_, App>, (_, step, epochs, frames): (usize, &str, usize, usize)) {
    let (start, mut told) = (Instant::now(), 0);
    loop {
        // The narration learns at a pace for people.
        window.state_mut().command(EngineCommand::SetPace(Pace::Full));
        window.step();
        let (app, s) = (window.state(), window.state().snapshot());
        told += usize::from(app.story_step() == Some(step));
        let learnt = s.epoch.saturating_sub(usize::from(s.batch < s.batches || s.batches == 0));
        if told > frames && learnt >= epochs && !s.running && app.story_step() == Some(step) {
            return;
        }
        assert!(start.elapsed() < Duration::from_mins(30), "the story never comes to {step}");
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// Shows the first test digit that software reads, and that the copy does not wherever the copy is shown: which one is
/// on display otherwise hangs on how fast the machine learns.
fn show_digit(window: &mut Harness<'_, App>, copy_is_shown: bool) {
    for index in 0..40 {
        window.state_mut().command(ViewRequest::ShowSample(index));
        let is_here = |app: &App| app.snapshot().sample.as_ref().is_some_and(|sample| sample.index == index);
        while !is_here(window.state()) {
            // Frames are the time of the story, which is not to go on meanwhile.
            std::thread::sleep(Duration::from_millis(100));
            window.step();
        }
        let sample = window.state().snapshot().sample.clone().expect("a sample");
        let is_right = |lane| sample.lanes.iter().any(|l| l.lane == lane && Some(l.answer) == sample.label);
        if is_right(Lane::Ideal) && (!copy_is_shown || !is_right(Lane::Transferred)) {
            return;
        }
    }
    panic!("the copy reads every digit");
}

#[test]
fn the_first_screen_tells_its_story_without_a_click_and_looks_as_readers_are_shown_it() {
    let (shared, mut differ) = (Shared::default(), Vec::new());
    let figures = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/handbook/figures");
    let mut window = open(&shared);
    for moment in MOMENTS {
        until(&mut window, moment);
        let percent = |lane| 100.0 * window.state().snapshot().accuracy(lane).unwrap_or_default();
        let [ideal, copied, taught] = Lane::WITH_HOST.map(percent);
        show_digit(&mut window, moment.0 > 16);
        match moment.0 {
            16 => assert!(ideal > 90.0, "software learns to read: {ideal}"),
            30 => assert!(copied < 60.0 && ideal - copied > 35.0, "nobody misses that the copy fails: {copied}"),
            50 => assert!(taught > 90.0, "the third has healed: {taught}"),
            _ => assert!(taught > 85.0, "half of it is dead, and the others have taken over: {taught}"),
        }
        let picture = shared.whole(&mut window);
        compare_with(&figures.join(format!("story-{}.png", moment.0)), &picture, &mut differ);
        shared.for_others(&mut window, moment.0, &mut differ);
    }
    window.remove_cursor();
    // On a busy machine the session's last words come late.
    let rests = |window: &mut Harness<'_, App>| {
        std::thread::sleep(Duration::from_millis(200));
        window.run_steps(3 * FRAMES);
        window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay == Duration::MAX
    };
    assert!((0..10).any(|_| rests(&mut window)), "at rest: {:?}", window.ctx.repaint_causes());
    assert!(differ.is_empty(), "{differ:#?}");
}

impl Shared {
    /// The same moment as other readers see it. The clock stands still meanwhile.
    fn for_others(&self, window: &mut Harness<'_, App>, moment: usize, differ: &mut Vec<String>) {
        window.input_mut().time = Some(window.ctx.input(|i| i.time));
        let dress = |window: &mut Harness<'_, App>, language, theme, size: [f32; 2], projector| {
            let ctx = window.ctx.clone();
            window.state_mut().dress_for(language, theme, projector, &ctx);
            // Letters that follow the height of the window change its size in points.
            window.set_size(size.into()).run_steps(2);
            window.set_size(size.into()).run_steps(4);
        };
        for reader in &READERS {
            let (language, theme, size, projector) = *reader;
            dress(window, language, theme, size, projector);
            let name = name(moment, reader);
            let said = words(&window.output().shapes);
            differ.extend(cut(&said).map(|(what, beyond)| format!("{name}: {what:?} is cut by {beyond:.0}")));
            differ.extend(on_top(&said).iter().map(|(what, other, _)| format!("{name}: {what:?} lies on {other:?}")));
            compare(&name, &self.draw(window), differ);
        }
        dress(window, Language::English, egui::Theme::Light, DESKS[0], false);
        window.input_mut().time = None;
    }

    /// As it is seen on the screen, when everything is in its place.
    fn whole<State>(&self, harness: &mut Harness<'_, State>) -> Picture {
        harness.run_steps(4);
        let (size, pixels) = self.0.borrow().render(&harness.ctx, harness.output().shapes.clone());
        Picture { size, pixels }
    }
}
