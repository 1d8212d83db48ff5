//! Keys, menus, languages and sizes.

use super::*;

#[test]
fn keys_do_what_the_buttons_do() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.key_press(egui::Key::Space);
    until(&mut window, "paused", |app| !app.snapshot().running);
    settle(&mut window);
    let before = position(window.state());
    window.key_press(egui::Key::ArrowRight);
    until(&mut window, "one more batch", |app| position(app) != before);
    window.key_press(egui::Key::R);
    until(&mut window, "restart", |app| app.snapshot().generation > before.0 && app.snapshot().running);
}

#[test]
fn keys_are_left_to_a_field_that_is_typed_into() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    pause(&mut window);
    let before = position(window.state());
    window.get_by_role_and_label(Role::TextInput, "Data folder").focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, "Data folder").type_text("R r");
    window.step();
    window.key_press(egui::Key::R);
    window.key_press(egui::Key::Space);
    window.key_press(egui::Key::ArrowRight);
    settle(&mut window);
    assert!(window.state().params().task.data.contains("R r"), "{}", window.state().params().task.data);
    assert_eq!((position(window.state()), window.state().snapshot().running), (before, false));
}

#[test]
fn both_languages_are_complete_in_every_layout_and_theme_and_switch_while_learning() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    for language in Language::ALL {
        command(&mut window, language.own_name());
        let text = language.text();
        window.get_by_label(text.new_chip.name);
        window.get_by_label(text.word("Mismatch"));
        for layout in [egui::Key::F2, egui::Key::F3, egui::Key::F4] {
            press(&mut window, (egui::Modifiers::NONE, layout));
            window.run_steps(3);
        }
        window.get_by_label(text.device.confusion.title);
    }
    let generation = window.state().snapshot().generation;
    assert_eq!(generation, 1, "nothing of this restarts the run");
}

#[test]
fn projector_mode_is_one_key_larger_and_light_and_one_key_back() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    command(&mut window, "dark");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F9));
    window.run_steps(2);
    assert!(window.ctx.zoom_factor() > 1.2 && !window.ctx.global_style().visuals.dark_mode);
    assert!(window.query_by_label("Mismatch").is_none(), "the controls make room");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F9));
    window.run_steps(2);
    assert!((window.ctx.zoom_factor() - 1.0).abs() < 1e-6 && window.ctx.global_style().visuals.dark_mode);
    assert!(window.query_all_by_label("Mismatch").next().is_some(), "the controls are back");
}

#[test]
fn a_question_mark_lists_the_keys() {
    let mut window = open(small());
    window.step();
    assert!(window.query_by_label("Ctrl+Z").is_none() && window.query_by_label("Space").is_none());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Questionmark));
    window.run_steps(3);
    window.get_by_label("Space");
    window.get_by_label(EN.shell.undo.name);
}

#[test]
fn every_view_can_be_opened_by_name_and_closed_layouts_come_back() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    for kind in misfit::views::ViewKind::ALL {
        let title = kind.text(&EN).title;
        command(&mut window, &format!("views: {}", title.to_lowercase()));
        assert!(window.query_all_by_label(title).next().is_some(), "{title}");
    }
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F5));
    window.run_steps(2);
    assert!(window.query_by_label(EN.device.rounds.title).is_none(), "the layout is as it was");
}

#[test]
fn the_window_is_drawn_at_its_smallest_and_on_a_projector() {
    for size in [[900.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0], [320.0, 200.0]] {
        let mut window = open_with_size(small(), size);
        until(&mut window, "scores", |app| !app.snapshot().examined.is_empty());
        window.run_steps(3);
    }
    // One row of buttons even in the smallest window and the longer language.
    for language in Language::ALL {
        let text = language.text();
        let settings = Settings { language: language.code().into(), ..Settings::default() };
        let mut window = open_with(small(), settings, [900.0, 600.0]);
        until(&mut window, "scores", |app| !app.snapshot().examined.is_empty());
        window.run_steps(2);
        let top = window.get_by_label(text.shell.menu.name).rect();
        let last = window.get_by_label(text.new_weights.name).rect();
        assert!((top.center().y - last.center().y).abs() < 4.0, "{language:?}: {top:?} {last:?}");
    }
}

const ESCAPE: (egui::Modifiers, egui::Key) = (egui::Modifiers::NONE, egui::Key::Escape);

#[test]
fn escape_closes_what_lies_on_top_and_one_thing_at_a_time() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    // What each of the windows says and nobody else does.
    let gallery = |window: &Window| window.query_by_label("Story: damage and recovery").is_some();
    let keys = |window: &Window| window.query_by_label("Ctrl+Z").is_some();
    let take_away = |window: &Window| window.query_by_label("SVG: Accuracy").is_some();
    let all = |window: &Window| [gallery(window), keys(window), take_away(window)];
    for key in [egui::Key::F6, egui::Key::F7, egui::Key::Questionmark] {
        press(&mut window, (egui::Modifiers::NONE, key));
        window.run_steps(2);
    }
    assert_eq!(all(&window), [true; 3]);
    // The palette and a menu lie above all of them.
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::K));
    // It stands in the list of keys, too.
    let palette = |window: &Window| window.query_all_by_label_contains("Run / Pause").count() == 2;
    assert!(palette(&window));
    press(&mut window, ESCAPE);
    assert!(!palette(&window));
    click(&mut window, EN.shell.menu.name);
    assert!(window.query_by_label(EN.shell.appearance).is_some());
    press(&mut window, ESCAPE);
    window.run_steps(2);
    assert_eq!(all(&window), [true; 3], "only the menu is closed");
    for left in [[true, false, true], [true, false, false], [false; 3]] {
        press(&mut window, ESCAPE);
        window.run_steps(2);
        assert_eq!(all(&window), left);
    }
}

#[test]
fn notices_are_said_in_the_language_that_is_spoken_now() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    command(&mut window, "copy as command");
    window.state_mut().command(misfit::session::messages::EngineCommand::LoadNir {
        path: "/nowhere/network.nir".into(),
        params: Box::new(small()),
    });
    let told = |window: &Window, words: &str| window.query_all_by_label_contains(words).next().is_some();
    let start = Instant::now();
    while !told(&window, EN.refused) {
        assert!(start.elapsed() < Duration::from_mins(1), "nothing is said about the network");
        window.step();
    }
    assert!(told(&window, EN.shell.copied) && told(&window, "/nowhere"));
    command(&mut window, "简体");
    assert!(told(&window, ZH.shell.copied) && told(&window, ZH.refused) && told(&window, "/nowhere"));
    assert!(!told(&window, EN.shell.copied) && !told(&window, EN.refused));
}

#[test]
fn what_was_said_about_settings_and_a_finished_run_goes_when_it_is_over() {
    let mut window = open(small().with(|p| p.learning.epochs = 1));
    let told = |window: &Window, words: &str| window.query_all_by_label_contains(words).next().is_some();
    let start = Instant::now();
    while !told(&window, EN.finished) {
        assert!(start.elapsed() < Duration::from_mins(1), "the end is not told");
        window.step();
    }
    assert!(window.state().snapshot().running, "it learns on");
    pause(&mut window);
    click(&mut window, EN.run.name);
    assert!(!told(&window, EN.finished), "that is long ago");
}

#[test]
fn the_tab_of_a_view_that_is_opened_is_in_sight_however_many_there_are() {
    let mut views = misfit::views::ViewKind::ALL.to_vec();
    let last = views.pop().expect("a view");
    let tree = egui_tiles::Tree::new_tabs(egui::Id::unique("views"), views.clone());
    let settings = Settings { tree: Some(tree), controls: false, ..Settings::default() };
    let mut window = open_with(small(), settings, [900.0, 600.0]);
    window.run_steps(3);
    for kind in [last, views[0], views[9], views[18], views[1]] {
        let title = kind.text(&EN).title;
        command(&mut window, &format!("views: {}", title.to_lowercase()));
        window.run_steps(6);
        let bar = window.get_by_label(EN.shell.menu.name).rect().left()..900.0;
        let tab = window.query_all_by_label(title).map(|tab| tab.rect()).min_by(|a, b| a.top().total_cmp(&b.top()));
        let tab = tab.expect(title);
        assert!(bar.start <= tab.left() && tab.right() <= bar.end, "the tab of {title} is at {tab:?}");
    }
}

#[test]
fn either_language_finds_commands_by_the_words_of_the_other_and_by_the_keys_of_presets() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    command(&mut window, "chinese");
    window.get_by_label(ZH.new_chip.name);
    command(&mut window, "chip map");
    assert!(window.query_all_by_label(ZH.device.chip_map.title).next().is_some());
    command(&mut window, "stress_50");
    assert!((window.state().params().chip.sigma_threshold.unwrap_or_default() - 0.5).abs() < 1e-9);
    command(&mut window, "english");
    window.get_by_label(EN.new_chip.name);
}

#[test]
fn what_is_typed_within_the_frame_that_opens_the_palette_does_nothing_else() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    for (modifiers, key) in [(egui::Modifiers::COMMAND, egui::Key::K), (egui::Modifiers::NONE, egui::Key::W)] {
        let (physical_key, repeat) = (None, false);
        window.input_mut().events.push(egui::Event::Key { key, physical_key, pressed: true, repeat, modifiers });
    }
    window.run_steps(2);
    assert_eq!(window.state().params().learning.seed, small().learning.seed, "no new weights");
    assert!(window.query_all_by_label_contains("Run / Pause").next().is_some(), "the palette is open");
}
