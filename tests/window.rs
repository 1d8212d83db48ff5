//! The real window, driven by the names that a screen reader would say.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use misfit::app::{App, Layout, Memory, Settings};
use misfit::params::{LaneKind, PARAMS, Params};
use misfit::text::{EN, Language, ZH};

type Window = Harness<'static, App>;

fn small() -> Params {
    Params { hidden: 20, epochs: 1000, threads: 1, ..Params::default() }
}

fn open(params: Params) -> Window {
    open_with_size(params, [1280.0, 800.0])
}

fn open_with_size(params: Params, size: [f32; 2]) -> Window {
    Harness::builder()
        .with_size(size)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, params, Settings::default()).expect("a worker"))
}

/// Draws frames until `condition`; the time limit only ends a hanging test.
fn until(window: &mut Window, what: &str, condition: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !condition(window.state()) {
        assert!(start.elapsed() < Duration::from_mins(1), "never happened: {what}");
        window.step();
        std::thread::sleep(Duration::from_millis(4));
    }
}

fn click(window: &mut Window, label: &str) {
    window.get_by_role_and_label(Role::Button, label).click();
    window.step();
    window.step();
}

/// Pauses, and waits until everything that was under way has arrived.
fn pause(window: &mut Window) {
    until(window, "learning", |app| app.snapshot().running && app.snapshot().batch > 0);
    click(window, EN.pause.name);
    until(window, "paused", |app| !app.snapshot().running);
    settle(window);
}

fn settle(window: &mut Window) {
    std::thread::sleep(Duration::from_millis(600));
    window.run_steps(6);
}

fn position(app: &App) -> (u64, usize, usize) {
    (app.snapshot().generation, app.snapshot().epoch, app.snapshot().batch)
}

/// Standard deviation of the actual membrane time constants, relative to their nominal value.
fn spread(app: &App) -> f64 {
    let tau = &app.snapshot().chip.spreads[0];
    let n = tau.actual.len() as f64;
    let mean = tau.actual.iter().sum::<f64>() / n;
    (tau.actual.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / n).sqrt() / tau.nominal
}

#[test]
fn pause_step_and_run() {
    let mut window = open(small());
    pause(&mut window);
    let before = position(window.state());
    settle(&mut window);
    assert_eq!(position(window.state()), before, "paused means no further batch");
    click(&mut window, EN.step.name);
    until(&mut window, "one more batch", |app| position(app) != before);
    settle(&mut window);
    let (generation, epoch, batch) = before;
    let after = if batch == window.state().snapshot().batches {
        (generation, epoch + 1, 1)
    } else {
        (generation, epoch, batch + 1)
    };
    assert_eq!(position(window.state()), after);
    assert!(!window.state().snapshot().running);
    click(&mut window, EN.run.name);
    until(&mut window, "learning again", |app| app.snapshot().running && position(app) > after);
}

#[test]
fn a_paused_window_asks_for_no_frame() {
    let mut window = open(small());
    pause(&mut window);
    window.remove_cursor();
    settle(&mut window);
    settle(&mut window);
    let viewport = &window.output().viewport_output[&egui::ViewportId::ROOT];
    assert_eq!(viewport.repaint_delay, Duration::MAX, "{:?}", window.ctx.repaint_causes());
    assert!(!window.ctx.has_requested_repaint(), "{:?}", window.ctx.repaint_causes());
}

#[test]
fn the_window_draws_on_while_the_worker_is_busy_for_long() {
    // One batch of the whole training split takes far longer than these frames.
    let params = Params { hidden: 512, batch: 4096, substeps: 32, threads: 1, ..Params::default() };
    let mut window = open(params);
    let mut times: Vec<Duration> = (0..30)
        .map(|_| {
            let start = Instant::now();
            window.step();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    assert!(times[15] < Duration::from_millis(100), "{times:?}");
    // Not dropped: that would wait for the end of the batch.
    std::mem::forget(window);
}

#[test]
fn the_window_draws_and_obeys_while_the_worker_is_stuck() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().running && app.snapshot().sample.is_some());
    window.state_mut().stall(Duration::from_mins(1));
    window.step();
    std::thread::sleep(Duration::from_millis(100));
    window.step();
    let stuck = position(window.state());
    let mut times = Vec::new();
    for k in 0..40 {
        let start = Instant::now();
        // More commands than its queue holds: none may make the window wait.
        for _ in 0..10 {
            window.state_mut().stall(Duration::ZERO);
        }
        if k == 20 {
            window.get_by_role_and_label(Role::Button, EN.new_chip.name).click();
        }
        window.step();
        times.push(start.elapsed());
    }
    assert_eq!(position(window.state()), stuck, "the worker was stuck all the time");
    assert_eq!(window.state().params().chip, small().chip + 1, "the controls answer");
    times.sort();
    assert!(times[20] < Duration::from_millis(250), "a frame takes {:?}", times[20]);
    let start = Instant::now();
    drop(window);
    assert!(start.elapsed() < Duration::from_secs(5), "a stuck worker must not keep the window from closing");
}

#[test]
fn the_past_is_looked_at_branched_from_and_new_weights_are_taken_back() {
    let params = Params { batch: 200, ..small() };
    let mut window = open(params);
    until(&mut window, "five epochs", |app| app.snapshot().timeline.epochs.len() > 5);
    pause(&mut window);
    assert!(window.query_by_label(EN.lab.branch.name).is_none(), "live views have nothing to branch from");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    until(&mut window, "the past", |app| app.snapshot().looking_at.is_some());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    let last = *window.state().snapshot().timeline.epochs.last().unwrap();
    until(&mut window, "the moment before", |app| app.snapshot().looking_at == Some(last - 1));
    let words = format!("{} {}", EN.lab.looking_at, last - 1);
    until(&mut window, "a settled frame", |app| app.snapshot().weights.is_some());
    window.run_steps(3);
    assert!(window.query_by_label(&words).is_some(), "it is said what is looked at");
    click(&mut window, EN.lab.live.name);
    until(&mut window, "the present", |app| app.snapshot().looking_at.is_none());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    until(&mut window, "the past again", |app| app.snapshot().looking_at == Some(last));
    window.run_steps(2);
    click(&mut window, EN.lab.branch.name);
    until(&mut window, "learning on", |app| app.snapshot().looking_at.is_none() && app.snapshot().epoch > last);
    pause(&mut window);

    let before = position(window.state());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::W));
    until(&mut window, "new weights", |app| app.snapshot().put_away.is_some() && app.snapshot().params.seed == 2);
    pause(&mut window);
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::Z));
    until(&mut window, "the run before", |app| app.snapshot().params.seed == 1);
    settle(&mut window);
    let after = position(window.state());
    assert_eq!((after.1, after.2), (before.1, before.2));
    assert_eq!(window.state().params().seed, 1);
}

#[test]
fn reset_and_new_weights_begin_anew() {
    let mut window = open(small());
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    let generation = window.state().snapshot().generation;
    click(&mut window, EN.reset.name);
    until(&mut window, "restart", |app| app.snapshot().generation > generation);
    assert_eq!(window.state().snapshot().epoch, 1);
    assert_eq!(*window.state().snapshot().params, small());
    click(&mut window, EN.new_weights.name);
    until(&mut window, "other weights", |app| app.snapshot().generation > generation + 1);
    assert_eq!(window.state().snapshot().params.seed, small().seed + 1);
    assert_eq!(window.state().snapshot().params.chip, small().chip);
}

#[test]
fn a_new_chip_has_other_faults_and_learning_goes_on() {
    let mut window = open(small());
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    let generation = window.state().snapshot().generation;
    let faults = window.state().snapshot().chip.spreads.clone();
    click(&mut window, EN.new_chip.name);
    until(&mut window, "next chip", |app| app.snapshot().chip.number == small().chip + 1);
    let snapshot = window.state().snapshot();
    assert_eq!((snapshot.generation, snapshot.running), (generation, true));
    assert!(snapshot.epoch > 1 && snapshot.chip.spreads != faults);
}

#[test]
fn the_mismatch_slider_can_be_set_and_dragged() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = spread(window.state());
    let slider = |window: &Window| window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").rect();
    window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").set_value_accesskit(60.0);
    window.step();
    assert!((window.state().params().sigma - 0.6).abs() < 1e-9, "{}", window.state().params().sigma);
    until(&mut window, "a worse chip", |app| spread(app) > 1.5 * before);
    let rect = slider(&window);
    let at = |x: f32| egui::pos2(rect.left() + x, rect.center().y);
    window.drag_at(at(55.0));
    window.step();
    window.hover_at(at(1.0));
    window.step();
    window.drop_at(at(1.0));
    window.step();
    assert!(window.state().params().sigma < 0.05, "{}", window.state().params().sigma);
    until(&mut window, "a better chip", |app| spread(app) < 0.5 * before);
}

#[test]
fn every_control_has_a_name_with_all_groups_open() {
    // High enough that nothing has to be scrolled to. The harness panics at an input without a name.
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    for group in ["Damage", "Noise", "Neurons", "Network", "Experiment"] {
        window.get_by_label(group).click();
        window.run_steps(3);
    }
    for spec in PARAMS.iter().filter(|s| s.key != "lanes") {
        let said = |label: &str| window.query_all_by_label_contains(label).next().is_some();
        assert!(said(spec.label) || (!spec.symbol.is_empty() && said(spec.symbol)), "{} is not shown", spec.key);
    }
    for lane in LaneKind::ALL {
        window.get_by_role_and_label(Role::CheckBox, lane.name());
    }
}

#[test]
fn what_needs_a_restart_waits_for_it() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Network").click();
    window.run_steps(3);
    let generation = window.state().snapshot().generation;
    let set_hidden = |window: &mut Window, n: f64| {
        window.get_by_role_and_label(Role::Slider, "Hidden neurons").set_value_accesskit(n);
        window.step();
        window.step();
    };
    assert!(window.query_by_label(EN.apply_restart).is_none());
    set_hidden(&mut window, 30.0);
    assert_eq!(window.state().params().hidden, 30);
    settle(&mut window);
    assert_eq!((window.state().snapshot().generation, window.state().snapshot().params.hidden), (generation, 20));
    click(&mut window, EN.discard);
    assert_eq!(window.state().params().hidden, 20);
    window.run_steps(2);
    assert!(window.query_by_label(EN.apply_restart).is_none());
    set_hidden(&mut window, 31.0);
    click(&mut window, EN.apply_restart);
    until(&mut window, "31 neurons", |app| app.snapshot().params.hidden == 31);
    assert!(window.state().snapshot().generation > generation);
    assert_eq!(window.state().snapshot().chip.n_hidden, 31);
    window.run_steps(2);
    assert!(window.query_by_label(EN.apply_restart).is_none());
}

#[test]
fn the_notice_that_a_restart_is_needed_does_not_interrupt_typing() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Network").click();
    window.run_steps(3);
    let field = |window: &Window| window.get_by_role_and_label(Role::SpinButton, "Hidden neurons").rect();
    let slider = field(&window);
    // Slow frames: the notice is there between the digits.
    window.get_by_role_and_label(Role::SpinButton, "Hidden neurons").click();
    window.run_steps(3);
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.run_steps(2);
    for digit in ["3", "1"] {
        window.event(egui::Event::Text(digit.to_owned()));
        window.run_steps(3);
        assert!(window.query_by_label(EN.apply_restart).is_some());
    }
    window.key_press(egui::Key::Enter);
    window.run_steps(3);
    assert_eq!(window.state().params().hidden, 31);
    assert_eq!(field(&window), slider, "the controls stay where they are");
}

#[test]
fn a_failed_experiment_says_why_and_can_be_started_again() {
    let mut window = open(Params { threshold: 60.0, ..small() });
    until(&mut window, "failure", |app| app.snapshot().failure.is_some());
    window.run_steps(2);
    assert!(window.query_all_by_label_contains("threshold").next().is_some());
    click(&mut window, EN.start_again);
    until(&mut window, "the same failure", |app| app.snapshot().generation > 1 && app.snapshot().failure.is_some());
}

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
    assert!(window.state().params().data.contains("R r"), "{}", window.state().params().data);
    assert_eq!((position(window.state()), window.state().snapshot().running), (before, false));
}

#[test]
fn the_theme_can_be_chosen() {
    let mut window = open(small());
    for (name, dark) in [("Light", false), ("Dark", true)] {
        click(&mut window, EN.shell.menu.name);
        window.get_by_role_and_label(Role::RadioButton, name).click();
        window.run_steps(3);
        assert_eq!(window.ctx.global_style().visuals.dark_mode, dark, "{name}");
    }
}

const UNDO: (egui::Modifiers, egui::Key) = (egui::Modifiers::COMMAND, egui::Key::Z);

fn press(window: &mut Window, (modifiers, key): (egui::Modifiers, egui::Key)) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

fn redo(window: &mut Window) {
    press(window, (egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::Z));
}

/// Finds a command by its name in the palette and carries it out.
fn command(window: &mut Window, words: &str) {
    press(window, (egui::Modifiers::COMMAND, egui::Key::K));
    window.event(egui::Event::Text(words.to_owned()));
    window.run_steps(2);
    press(window, (egui::Modifiers::NONE, egui::Key::Enter));
    window.run_steps(2);
}

#[test]
fn one_drag_is_one_step_back_and_one_step_forth() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = window.state().params().clone();
    let rect = window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").rect();
    let at = |x: f32| egui::pos2(rect.left() + x, rect.center().y);
    window.drag_at(at(30.0));
    window.step();
    for x in [40.0, 45.0, 50.0, 55.0] {
        window.hover_at(at(x));
        window.step();
    }
    window.drop_at(at(55.0));
    window.run_steps(2);
    let after = window.state().params().clone();
    assert!(after.sigma > before.sigma + 0.2, "{}", after.sigma);
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before, "one step takes the whole drag back");
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before, "there was nothing before");
    redo(&mut window);
    assert_eq!(*window.state().params(), after);
    until(&mut window, "the worker follows", |app| (app.snapshot().params.sigma - after.sigma).abs() < 1e-12);
}

#[test]
fn every_setting_can_be_taken_back_also_a_preset_a_theme_and_a_language() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = window.state().params().clone();
    command(&mut window, "stress 50");
    assert!((window.state().params().sigma_threshold.unwrap_or_default() - 0.5).abs() < 1e-9);
    command(&mut window, "light");
    assert!(!window.ctx.global_style().visuals.dark_mode);
    command(&mut window, "简体");
    assert!(window.query_by_label(ZH.new_chip.name).is_some());
    press(&mut window, UNDO);
    assert!(window.query_by_label(EN.new_chip.name).is_some(), "English again");
    press(&mut window, UNDO);
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before);
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::Y));
    assert!(window.state().params().sigma_threshold.is_some(), "the preset is back");
}

#[test]
fn undo_is_left_to_a_field_that_is_typed_into() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    command(&mut window, "new chip");
    let chip = window.state().params().chip;
    window.get_by_role_and_label(Role::TextInput, "Data folder").focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, "Data folder").type_text("abc");
    window.run_steps(2);
    press(&mut window, UNDO);
    assert_eq!(window.state().params().chip, chip, "the chip stays");
}

#[test]
fn a_double_click_on_a_slider_brings_the_default_back() {
    // Frames short enough for two clicks to be one double click.
    let mut window: Window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_step_dt(0.02)
        .build_eframe(|cc| App::new(&cc.egui_ctx, small(), Settings::default()).expect("a worker"));
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").set_value_accesskit(60.0);
    window.run_steps(2);
    let at = window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").rect();
    let at = egui::pos2(at.left() + 45.0, at.center().y);
    for _ in 0..2 {
        window.drag_at(at);
        window.step();
        window.drop_at(at);
        window.step();
    }
    assert!(
        (window.state().params().sigma - Params::default().sigma).abs() < 1e-12,
        "{}",
        window.state().params().sigma
    );
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
fn what_was_chosen_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("window.json");
    let start = |path: std::path::PathBuf| -> Window {
        Harness::builder().with_size([1280.0, 800.0]).build_eframe(move |cc| {
            let (memory, settings) = Memory::at(&path);
            App::with_memory(&cc.egui_ctx, small(), settings, memory).expect("a worker")
        })
    };
    let mut window = start(path.clone());
    window.run_steps(2);
    command(&mut window, "简体");
    window.get_by_label(ZH.word("Learning")).click();
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F4));
    drop(window);
    let mut window = start(path.clone());
    window.run_steps(3);
    window.get_by_label(ZH.new_chip.name);
    window.get_by_label(ZH.device.confusion.title);
    let settings = Memory::at(&path).1;
    assert_eq!((settings.layout, settings.language.as_str()), (Layout::Train, "zh-Hans"));
    assert_eq!(settings.open_groups, ["Mismatch"]);
    drop(window);

    std::fs::write(&path, "{ this is not JSON").expect("a file");
    let mut window = start(path);
    window.run_steps(3);
    window.get_by_label(EN.shell.settings_broken);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
}

#[test]
fn a_neuron_is_damaged_and_healed_on_the_map_and_the_change_is_marked() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.sites.is_empty());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F3));
    window.run_steps(3);
    window.get_by_label(EN.device.kill.name).click();
    window.run_steps(3);
    // The first circuit of the upper row, on the left edge of the map.
    let tools = window.get_by_label(EN.device.kill.name).rect();
    let left = window.get_by_label(EN.device.chip_map.title).rect().left();
    let mut killed = None;
    for y in 0..40u8 {
        let at = egui::pos2(left + 8.0, tools.bottom() + 20.0 + 5.0 * f32::from(y));
        window.hover_at(at);
        window.step();
        window.drag_at(at);
        window.step();
        window.drop_at(at);
        window.run_steps(2);
        std::thread::sleep(Duration::from_millis(20));
        window.step();
        killed = window.state().snapshot().chip.silent.iter().position(|s| *s);
        if killed.is_some() {
            break;
        }
    }
    let killed = killed.expect("a silent neuron");
    let what = window.state().snapshot().changes.last().expect("a mark").what.clone();
    assert_eq!(what, misfit::worker::messages::What::Killed(killed));
    // It is a setting like any other: saved with the experiment, taken back, and made again.
    assert_eq!(window.state().params().silenced, [killed as u32]);
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::Z));
    until(&mut window, "the neuron mended", |app| app.snapshot().chip.silent.iter().all(|s| !s));
    redo(&mut window);
    until(&mut window, "the neuron broken again", |app| app.snapshot().chip.silent[killed]);
    command(&mut window, "heal");
    until(&mut window, "health", |app| app.snapshot().chip.silent.iter().all(|s| !s));
}

#[test]
fn a_drawn_digit_is_classified_by_every_lane() {
    let mut window = open(small());
    until(&mut window, "a sample", |app| app.snapshot().sample.is_some());
    command(&mut window, "views: draw");
    window.run_steps(3);
    let canvas = window.get_by_label(EN.device.draw_here).rect();
    let at = |x: f32, y: f32| canvas.min + egui::vec2(x * canvas.width(), y * canvas.height());
    window.drag_at(at(0.5, 0.1));
    window.step();
    for k in 2..=9u8 {
        window.hover_at(at(0.5, f32::from(k) / 10.0));
        window.step();
    }
    window.drop_at(at(0.5, 0.9));
    window.run_steps(2);
    until(&mut window, "answers", |app| app.snapshot().drawing.as_ref().is_some_and(|d| d.pixels[3] > 0.2));
    let drawing = window.state().snapshot().drawing.clone().expect("answers");
    assert_eq!(drawing.lanes.len(), LaneKind::ALL.len());
    assert!(drawing.lanes.iter().all(|(_, scores, answer)| scores.len() == 10 && *answer < 10));
    click(&mut window, EN.device.clear);
    until(&mut window, "nothing", |app| app.snapshot().drawing.is_none());
}

#[test]
fn the_harm_of_every_neuron_is_measured_while_learning_goes_on() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    command(&mut window, "views: culprits");
    click(&mut window, EN.device.measure.name);
    until(&mut window, "all neurons", |app| app.snapshot().harm.as_ref().is_some_and(|h| h.harms.len() == 20));
    assert!(window.state().snapshot().running);
}

#[test]
fn a_figure_is_written_with_the_settings_that_made_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let figures = folder.path().display().to_string();
    let mut window: Window = Harness::builder().with_size([1280.0, 800.0]).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, small(), Settings { figures, ..Settings::default() }).expect("a worker")
    });
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    command(&mut window, "csv: accuracy");
    command(&mut window, "svg: spikes");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let csv = read("misfit-learning.csv");
    assert!(csv.contains("# hidden = 20") && csv.contains("# seed = 1"), "{csv}");
    let numbers = csv.lines().filter(|l| l.contains(EN.lanes[0].name)).count();
    assert!(numbers > 5, "{csv}");
    assert!(read("misfit-raster.svg").contains("hidden = 20"));
}

#[test]
fn the_window_is_drawn_at_its_smallest_and_on_a_projector() {
    for size in [[900.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0], [320.0, 200.0]] {
        let mut window = open_with_size(small(), size);
        until(&mut window, "scores", |app| !app.snapshot().now.is_empty());
        window.run_steps(3);
    }
    // One row of buttons even in the smallest window and the longer language.
    for language in Language::ALL {
        let text = language.text();
        let settings = Settings { language: language.code().into(), ..Settings::default() };
        let mut window: Window = Harness::builder()
            .with_size([900.0, 600.0])
            .build_eframe(move |cc| App::new(&cc.egui_ctx, small(), settings).expect("a worker"));
        until(&mut window, "scores", |app| !app.snapshot().now.is_empty());
        window.run_steps(2);
        let top = window.get_by_label(text.shell.menu.name).rect();
        let last = window.get_by_label(text.new_weights.name).rect();
        assert!((top.center().y - last.center().y).abs() < 4.0, "{language:?}: {top:?} {last:?}");
    }
}

#[test]
fn a_preset_a_calibration_and_healing_change_the_chip_while_learning_goes_on() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = spread(window.state());
    let generation = window.state().snapshot().generation;
    window.get_by_label(EN.calibrate.name).click();
    until(&mut window, "a calibrated chip", |app| spread(app) < 0.5 * before);
    window.get_by_role_and_label(Role::ComboBox, EN.presets.name).click();
    window.run_steps(3);
    window.get_by_label("Stress 50 %").click();
    until(&mut window, "a much worse chip", |app| spread(app) > 2.0 * before);

    window.get_by_label("Damage").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Slider, "Silent neurons").set_value_accesskit(50.0);
    window.step();
    until(&mut window, "damage", |app| app.snapshot().params.silent_neurons > 0.49);
    window.get_by_label(EN.heal.name).click();
    until(&mut window, "health", |app| app.snapshot().params.silent_neurons < 1e-9);
    assert_eq!(window.state().snapshot().generation, generation, "nothing of this restarts the run");
}

#[test]
fn an_experiment_is_saved_and_opened_by_a_typed_path_and_nonsense_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::TextInput, EN.path.name).focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, EN.path.name).type_text(&path.display().to_string());
    window.run_steps(3);
    window.get_by_label(EN.save_path).click();
    window.run_steps(3);
    let saved = misfit::experiment_file::load(&path).expect("the file that was saved");
    assert_eq!(saved.hidden, small().hidden);

    let other = misfit::experiment_file::format(&Params { hidden: 21, ..small() });
    std::fs::write(&path, other).expect("the file");
    window.get_by_label(EN.open_path).click();
    until(&mut window, "the other experiment", |app| app.snapshot().params.hidden == 21);

    std::fs::write(&path, "sigma = 10\nhidden = many").expect("the file");
    window.get_by_label(EN.open_path).click();
    window.run_steps(3);
    assert!(window.query_all_by_label_contains("line 2").next().is_some(), "the place of the mistake is shown");
    assert_eq!(window.state().params().hidden, 21, "the running experiment goes on");
}

#[test]
fn a_recording_is_written_by_a_typed_path_and_a_place_that_cannot_be_written_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("batch.npz");
    // Nobody can make a folder inside of a file.
    let bad = good.join("batch.npz");
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    pause(&mut window);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    let lines = |window: &Window, words: &str| window.query_all_by_label_contains(words).count();
    for (path, says) in [(&good, EN.saved), (&bad, EN.take.not_written)] {
        let typed = window.get_by_role_and_label(Role::TextInput, EN.path.name).value().unwrap_or_default();
        window.get_by_role_and_label(Role::TextInput, EN.path.name).focus();
        window.step();
        for _ in typed.chars() {
            window.key_press(egui::Key::Backspace);
        }
        window.run_steps(3);
        window.get_by_role_and_label(Role::TextInput, EN.path.name).type_text(&path.display().to_string());
        window.run_steps(3);
        window.get_by_label(EN.save_path).click();
        let start = Instant::now();
        while lines(&window, says) == 0 {
            assert!(start.elapsed() < Duration::from_mins(1), "nothing was said about {}", path.display());
            window.step();
            std::thread::sleep(Duration::from_millis(4));
        }
    }
    let bytes = std::fs::read(&good).expect("the recording");
    assert_eq!(&bytes[..2], b"PK", "an archive");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is left behind");
    assert_eq!(window.state().params().hidden, 20, "the controls are as they were");
}
