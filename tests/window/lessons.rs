//! Lessons, the first screen and the handbook.

use egui_kittest::kittest::NodeT as _;
use misfit::app::Screen;
use misfit::lesson::{Guess, Kind, Lesson, Library};

use super::*;

pub(super) fn first_screen(language: Language, size: [f32; 2]) -> Window {
    let settings = Settings { screen: Screen::Story, language: language.code().to_owned(), ..Settings::default() };
    let mut window = open_with(Params::default().with(|p| p.learning.threads = 1), settings, size);
    until(&mut window, "an experiment", |app| app.snapshot().sample.is_some());
    window.run_steps(3);
    window
}

/// Names of everything that can be operated, and all words that can be read.
fn on_screen(window: &Window) -> (Vec<String>, usize) {
    let (mut controls, mut words) = (Vec::new(), 0);
    for node in window.root().children_recursive() {
        let node = node.accesskit_node();
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        let is_control = matches!(
            node.role(),
            Role::Button | Role::Slider | Role::CheckBox | Role::ComboBox | Role::TextInput | Role::SpinButton
        );
        if is_control {
            controls.push(name.clone());
        }
        if is_control || node.role() == Role::Label {
            words += name.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
        }
    }
    (controls, words)
}

/// Presses and lets go at that place.
pub(super) fn click_at(window: &mut Window, at: egui::Pos2) {
    for pressed in [true, false] {
        window.event(egui::Event::PointerMoved(at));
        window.event(egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        window.step();
    }
}

#[test]
fn the_first_screen_has_at_most_eight_controls_and_seventy_words_in_every_size() {
    for size in [[1280.0, 800.0], [1024.0, 700.0], [948.0, 533.0]] {
        let mut window = first_screen(Language::English, size);
        let (controls, words) = on_screen(&window);
        assert!((6..=8).contains(&controls.len()), "{controls:?}");
        assert!((20..=70).contains(&words), "{words} words");
        window.key_press(egui::Key::Escape);
        window.run_steps(3);
        assert!(on_screen(&window).1 <= 70, "{} words after the story", on_screen(&window).1);
    }
    let mut window = first_screen(Language::Chinese, [1024.0, 700.0]);
    window.run_steps(2);
    assert!(on_screen(&window).0.len() <= 8);
}

#[test]
fn any_key_ends_the_story_and_the_instrument_shows_the_same_run() {
    let mut window = first_screen(Language::English, [1280.0, 800.0]);
    until(&mut window, "the story has begun to learn", |app| app.snapshot().batch > 2);
    let generation = window.state().snapshot().generation;
    click(&mut window, EN.lessons.instrument.name);
    window.run_steps(3);
    window.get_by_label(EN.new_weights.name);
    let app = window.state();
    assert_eq!(app.snapshot().generation, generation);
    assert!(app.snapshot().batch > 2 || app.snapshot().epoch > 1, "and the same moment");
    assert!((app.params().chip.sigma - 0.4).abs() < 1e-9, "with the chip of the story");
}

/// A lesson in a file of a teacher's own, whose network is small.
fn own_lesson() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.toml");
    let text = include_str!("../fixtures/four_steps.toml").replace("sigma = 20", "sigma = 20, hidden = 20");
    std::fs::write(&path, text).expect("a file");
    (folder, path)
}

#[test]
fn leaving_a_lesson_gives_back_run_settings_and_undo() {
    let mut window = open(small());
    pause(&mut window);
    command(&mut window, "set sigma 33");
    settle(&mut window);
    let (before, place) = (window.state().params().clone(), position(window.state()));
    let (_folder, path) = own_lesson();
    let ctx = window.ctx.clone();
    window.state_mut().open_lesson_file(&path, &ctx);
    until(&mut window, "the lesson learns", |app| app.snapshot().generation > place.0 && app.snapshot().epoch >= 3);
    assert_eq!(window.state().params().network.hidden, 20);
    assert!((window.state().params().chip.sigma - 0.2).abs() < 1e-9);
    press(&mut window, (egui::Modifiers::NONE, egui::Key::PageDown));
    window.get_by_label("2 / 4");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Num2));
    window.get_by_label(EN.lessons.right);
    press(&mut window, (egui::Modifiers::NONE, egui::Key::PageDown));
    until(&mut window, "half of them are silent", |app| app.snapshot().chip.silent.iter().any(|s| *s));
    click(&mut window, EN.lessons.leave.name);
    until(&mut window, "the run is back", |app| {
        app.snapshot().params.network.hidden == 20 && app.snapshot().chip.silent.iter().all(|s| !s)
    });
    settle(&mut window);
    let app = window.state();
    assert_eq!(*app.params(), before);
    assert_eq!((app.snapshot().epoch, app.snapshot().batch), (place.1, place.2));
    assert!((app.snapshot().params.chip.sigma - 0.33).abs() < 1e-9);
    press(&mut window, UNDO);
    assert!((window.state().params().chip.sigma - 0.2).abs() < 1e-9, "the last change before the lesson");
}

/// A fixed sequence that looks random (Knuth's multiplier).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn place(&mut self) -> egui::Pos2 {
        egui::pos2(self.below(1280) as f32, self.below(800) as f32)
    }
}

/// Clicks anywhere, and now and then drags, scrolls or presses a key, as somebody who does not know what to do. Ends when
/// that has left the lesson.
fn fumble(window: &mut Window, dice: &mut Dice, times: usize) {
    const KEYS: [egui::Key; 8] = [
        egui::Key::Num1,
        egui::Key::Num3,
        egui::Key::PageDown,
        egui::Key::PageUp,
        egui::Key::Space,
        egui::Key::Enter,
        egui::Key::Tab,
        egui::Key::V,
    ];
    for _ in 0..times {
        if window.query_by_role_and_label(Role::Button, EN.lessons.leave.name).is_none() {
            return;
        }
        match dice.below(12) {
            0 => {
                window.drag_at(dice.place());
                window.step();
                window.hover_at(dice.place());
                window.step();
                window.drop_at(dice.place());
                window.step();
            }
            1 => {
                let delta = egui::vec2(0.0, dice.below(400) as f32 - 200.0);
                window.hover_at(dice.place());
                window.event(egui::Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta,
                    phase: egui::TouchPhase::Move,
                    modifiers: egui::Modifiers::NONE,
                    source: egui::MouseWheelSource::Unknown,
                });
                window.step();
            }
            2 => press(window, (egui::Modifiers::NONE, KEYS[dice.below(KEYS.len() as u64) as usize])),
            _ => click_at(window, dice.place()),
        }
    }
}

/// Closes what lies over the window, and leaves the lesson unless the clicks have left it themselves.
fn leave(window: &mut Window) {
    for _ in 0..4 {
        press(window, (egui::Modifiers::NONE, egui::Key::Escape));
    }
    while window.query_by_role_and_label(Role::Button, EN.lessons.leave.name).is_some() {
        click(window, EN.lessons.leave.name);
    }
    settle(window);
}

#[test]
fn clicks_anywhere_within_a_lesson_do_no_harm_to_the_run_that_waits() {
    let mut window = open(small());
    pause(&mut window);
    let before = window.state().params().clone();
    let (_folder, path) = own_lesson();
    let ctx = window.ctx.clone();
    window.state_mut().open_lesson_file(&path, &ctx);
    window.run_steps(4);
    let mut dice = Dice(1);
    for _ in 0..150 {
        let at = egui::pos2(dice.below(1280) as f32, 60.0 + dice.below(740) as f32);
        click_at(&mut window, at);
    }
    leave(&mut window);
    assert_eq!(window.state().params().chip.sigma.to_bits(), before.chip.sigma.to_bits());
    assert_eq!(window.state().params().network.hidden, before.network.hidden);
}

/// As many things done as a hand does in an hour, one a second, in every lesson and from every step of it.
#[test]
#[ignore = "minutes"]
fn an_hour_of_fumbling_in_all_lessons_panics_nowhere_and_leaving_gives_everything_back() {
    const IN_ALL: usize = 3600;
    let library = Library::built_in();
    let ids: Vec<String> =
        library.lessons.iter().filter_map(|l| l.lesson.as_ref().ok()).map(|l| l.id.clone()).collect();
    let mut dice = Dice(2);
    for id in ids.iter().filter(|id| *id != "story") {
        let lesson = library.whole(id).expect("a lesson");
        let times = IN_ALL / (ids.len() - 1) / lesson.steps.len();
        for step in 0..lesson.steps.len() {
            let mut window = open(small());
            pause(&mut window);
            command(&mut window, "set sigma 33");
            settle(&mut window);
            let (before, place) = (window.state().params().clone(), position(window.state()));
            press(&mut window, (egui::Modifiers::NONE, egui::Key::F8));
            click(&mut window, &lesson.title.said(Language::English, None));
            for _ in 0..step {
                press(&mut window, (egui::Modifiers::NONE, egui::Key::PageDown));
            }
            fumble(&mut window, &mut dice, times);
            leave(&mut window);
            println!("{id}, step {}: {times} times", step + 1);
            assert_eq!(*window.state().params(), before, "{id}, step {}", step + 1);
            assert_eq!((window.state().snapshot().epoch, window.state().snapshot().batch), (place.1, place.2));
            press(&mut window, UNDO);
            assert!((window.state().params().chip.sigma - 0.2).abs() < 1e-9, "{id}: undo of before the lesson");
        }
    }
}

#[test]
fn a_file_that_breaks_while_it_is_edited_keeps_the_lesson_and_says_where_it_is_wrong() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let (_folder, path) = own_lesson();
    let ctx = window.ctx.clone();
    window.state_mut().open_lesson_file(&path, &ctx);
    window.run_steps(3);
    window.get_by_label("1 / 4");
    let whole = std::fs::read_to_string(&path).expect("the file");
    std::fs::write(&path, whole.replacen("epochs >= 3", "epoch >= 3", 1)).expect("a file");
    let broken = |window: &Window| window.query_all_by_label_contains("line 22").next().is_some();
    let start = Instant::now();
    while !broken(&window) {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing is said about the file");
        window.step();
        std::thread::sleep(Duration::from_millis(20));
    }
    window.get_by_label("1 / 4");
    std::fs::write(&path, whole.replacen("Half a chip", "Half a chip, again", 1)).expect("a file");
    while window.query_by_label("Half a chip, again").is_none() {
        assert!(start.elapsed() < Duration::from_secs(40), "the mended file is not read");
        window.step();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!broken(&window));
}

#[test]
fn the_handbook_finds_a_word_by_search_and_what_is_this_explains_what_is_clicked() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F1));
    window.get_by_role_and_label(Role::TextInput, EN.lessons.search).focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, EN.lessons.search).type_text("CADC");
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "CADC").click();
    window.run_steps(3);
    assert!(window.query_all_by_label_contains("every 1.7 µs").next().is_some());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F1));
    press(&mut window, (egui::Modifiers::SHIFT, egui::Key::F1));
    // The middle of the window is the view Accuracy.
    let at = egui::pos2(560.0, 250.0);
    click_at(&mut window, at);
    window.run_steps(3);
    let help = EN.learning.help.split('.').next().unwrap_or_default();
    assert!(window.query_all_by_label_contains(help).next().is_some(), "{help}");
}

/// Presses Tab until the focus is on a button of that name, and then the space bar.
fn tab_to(window: &mut Window, name: &str) {
    for _ in 0..160 {
        let focused = |node: &egui_kittest::Node<'_>| node.accesskit_node().is_focused();
        let node = window.root().children_recursive().find(focused);
        let found = node.is_some_and(|node| node.accesskit_node().label().as_deref() == Some(name));
        if found {
            return press(window, (egui::Modifiers::NONE, egui::Key::Space));
        }
        window.key_press(egui::Key::Tab);
        window.step();
    }
    panic!("Tab never comes to {name}");
}

/// Goes through all steps of the lesson that is open: answers with the number keys, does what a pupil would do by typing
/// it into the palette, and turns the page.
fn finish_by_keys(window: &mut Window, lesson: &Lesson) {
    let n = lesson.steps.len();
    for (k, step) in lesson.steps.iter().enumerate() {
        window.get_by_label(&format!("{} / {n}", k + 1));
        match step.ask.as_ref().map(|ask| &ask.answer) {
            Some(Guess::Choice(options)) => {
                let right = options.iter().position(|option| option.right).expect("a right answer");
                let keys = [egui::Key::Num1, egui::Key::Num2, egui::Key::Num3, egui::Key::Num4];
                press(window, (egui::Modifiers::NONE, keys[right]));
                window.get_by_label(EN.lessons.right);
            }
            Some(Guess::Number(_)) => {
                tab_to(window, EN.lessons.my_guess);
                assert!(window.query_all_by_label_contains(EN.lessons.it_is).next().is_some(), "it is answered");
            }
            None => {}
        }
        for verb in &step.tries {
            command(window, &verb.to_string());
        }
        press(window, (egui::Modifiers::NONE, egui::Key::PageDown));
    }
    assert!(window.query_by_label(EN.lessons.leave.name).is_none(), "the last page is the end");
}

#[test]
fn every_lesson_is_begun_and_finished_from_the_keyboard_alone() {
    let mut window = open(small());
    pause(&mut window);
    let library = Library::built_in();
    let all = library.lessons.iter().filter_map(|listed| listed.lesson.as_ref().ok());
    let ids: Vec<&str> = all.filter(|lesson| lesson.kind == Kind::Lesson).map(|lesson| lesson.id.as_str()).collect();
    assert_eq!(ids.len(), 8);
    for id in ids {
        let lesson = library.whole(id).expect("a lesson");
        press(&mut window, (egui::Modifiers::NONE, egui::Key::F8));
        tab_to(&mut window, &lesson.title.said(Language::English, None));
        window.run_steps(2);
        finish_by_keys(&mut window, &lesson);
    }
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F8));
    window.run_steps(2);
    assert_eq!(window.query_all_by_label(EN.lessons.done).count(), 8, "all of them have their tick");
}
