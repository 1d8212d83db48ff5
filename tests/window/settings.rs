//! Settings: set, dragged, typed, taken back and remembered.

use egui_kittest::kittest::NodeT as _;

use super::*;

#[test]
fn the_mismatch_slider_can_be_set_and_dragged() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = spread(window.state());
    let slider = |window: &Window| window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").rect();
    window.get_by_role_and_label(Role::Slider, "Global mismatch, σ").set_value_accesskit(60.0);
    window.step();
    assert!((window.state().params().chip.sigma - 0.6).abs() < 1e-9, "{}", window.state().params().chip.sigma);
    until(&mut window, "a worse chip", |app| spread(app) > 1.5 * before);
    let rect = slider(&window);
    let at = |x: f32| egui::pos2(rect.left() + x, rect.center().y);
    window.drag_at(at(55.0));
    window.step();
    window.hover_at(at(1.0));
    window.step();
    window.drop_at(at(1.0));
    window.step();
    assert!(window.state().params().chip.sigma < 0.05, "{}", window.state().params().chip.sigma);
    until(&mut window, "a better chip", |app| spread(app) < 0.5 * before);
}

#[test]
fn every_control_has_a_name_with_all_groups_open() {
    // High enough that nothing has to be scrolled to. The harness panics at an input without a name.
    let mut window = open_with_size(small(), [1280.0, 3600.0]);
    for group in ["On-chip learning", "Damage", "Noise", "Neurons", "Network", "Experiment", EN.shell.each_spread] {
        window.get_by_label(group).click();
        window.run_steps(3);
    }
    for spec in PARAMS.iter().filter(|s| s.key != "lanes") {
        let said = |label: &str| window.query_all_by_label_contains(label).next().is_some();
        assert!(said(spec.label) || (!spec.symbol.is_empty() && said(spec.symbol)), "{} is not shown", spec.key);
    }
    for lane in Lane::ALL {
        window.get_by_role_and_label(Role::CheckBox, EN.word(lane.name()));
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
    assert_eq!(window.state().params().network.hidden, 30);
    settle(&mut window);
    assert_eq!(
        (window.state().snapshot().generation, window.state().snapshot().params.network.hidden),
        (generation, 20)
    );
    click(&mut window, EN.discard);
    assert_eq!(window.state().params().network.hidden, 20);
    window.run_steps(2);
    assert!(window.query_by_label(EN.apply_restart).is_none());
    set_hidden(&mut window, 31.0);
    click(&mut window, EN.apply_restart);
    until(&mut window, "31 neurons", |app| app.snapshot().params.network.hidden == 31);
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
    assert_eq!(window.state().params().network.hidden, 31);
    assert_eq!(field(&window), slider, "the controls stay where they are");
}

#[test]
fn the_theme_can_be_chosen() {
    let mut window = open(small());
    for (name, dark) in [("Light", false), ("Dark", true)] {
        click(&mut window, EN.shell.menu.name);
        window.get_by_label(EN.shell.appearance).click();
        window.run_steps(3);
        window.get_by_role_and_label(Role::RadioButton, name).click();
        window.run_steps(3);
        assert_eq!(window.ctx.global_style().visuals.dark_mode, dark, "{name}");
    }
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
    assert!(after.chip.sigma > before.chip.sigma + 0.2, "{}", after.chip.sigma);
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before, "one step takes the whole drag back");
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before, "there was nothing before");
    redo(&mut window);
    assert_eq!(*window.state().params(), after);
    until(&mut window, "the session follows", |app| {
        (app.snapshot().params.chip.sigma - after.chip.sigma).abs() < 1e-12
    });
}

#[test]
fn a_preset_is_taken_back_and_how_the_window_looks_is_left_alone() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = window.state().params().clone();
    command(&mut window, "stress 50");
    assert!((window.state().params().chip.sigma_threshold.unwrap_or_default() - 0.5).abs() < 1e-9);
    command(&mut window, "light");
    command(&mut window, "简体");
    assert!(window.query_by_label(ZH.new_chip.name).is_some());
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), before, "the newest step is the preset");
    assert!(window.query_by_label(ZH.new_chip.name).is_some(), "the language stays");
    assert!(!window.ctx.global_style().visuals.dark_mode, "and so does the theme");
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::Y));
    assert!(window.state().params().chip.sigma_threshold.is_some(), "the preset is back");
}

#[test]
fn undo_is_left_to_a_field_that_is_typed_into() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    command(&mut window, "new chip");
    let chip = window.state().params().chip.number;
    window.get_by_role_and_label(Role::TextInput, "Data folder").focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, "Data folder").type_text("abc");
    window.run_steps(2);
    press(&mut window, UNDO);
    assert_eq!(window.state().params().chip.number, chip, "the chip stays");
}

#[test]
fn a_double_click_on_a_slider_brings_the_default_back() {
    // Frames short enough for two clicks to be one double click.
    let mut window: Window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_step_dt(0.02)
        .build_eframe(|cc| App::new(&cc.egui_ctx, small(), Settings::default()).expect("a session"));
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
    let sigma = |window: &Window| window.state().params().chip.sigma;
    assert!((sigma(&window) - Params::default().chip.sigma).abs() < 1e-12, "{}", sigma(&window));
    press(&mut window, UNDO);
    assert!(
        (sigma(&window) - 0.6).abs() < 1e-9,
        "one step: where the first click has put it is none, {}",
        sigma(&window)
    );
    redo(&mut window);
    assert!((sigma(&window) - Params::default().chip.sigma).abs() < 1e-12, "{}", sigma(&window));

    // As well if both clicks come within a frame, so that the first one moves nothing.
    press(&mut window, UNDO);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        window.input_mut().events.push(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    window.run_steps(2);
    assert!((sigma(&window) - Params::default().chip.sigma).abs() < 1e-12, "{}", sigma(&window));
    press(&mut window, UNDO);
    assert!((sigma(&window) - 0.6).abs() < 1e-9, "what was there before, {}", sigma(&window));
}

#[test]
fn what_was_chosen_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("window.json");
    let start = |path: std::path::PathBuf| -> Window {
        Harness::builder().with_size([1280.0, 800.0]).build_eframe(move |cc| {
            let (memory, settings) = Memory::at(&path);
            App::with_memory(&cc.egui_ctx, small(), settings, memory).expect("a session")
        })
    };
    let mut window = start(path.clone());
    window.run_steps(2);
    command(&mut window, "简体");
    // A first start tells a story, and the instrument begins with few settings.
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F4));
    click(&mut window, ZH.shell.all.name);
    window.get_by_label(ZH.word("Learning")).click();
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F4));
    drop(window);
    let mut window = start(path.clone());
    window.run_steps(3);
    window.get_by_label(ZH.new_chip.name);
    window.get_by_label(ZH.device.confusion.title);
    let settings = Memory::at(&path).1;
    assert_eq!((settings.layout, settings.language.as_str()), (Layout::Train, "zh-Hans"));
    assert!(!settings.simple);
    assert_eq!(settings.open_groups, ["Mismatch"]);
    drop(window);

    std::fs::write(&path, "{ this is not JSON").expect("a file");
    let mut window = start(path);
    window.run_steps(3);
    window.get_by_label_contains(EN.shell.settings_broken);
    window.get_by_label_contains("window.broken.json");
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
}

#[test]
fn a_number_that_is_typed_is_exact_and_one_step() {
    let mut window = open(small());
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let before = window.state().params().chip.sigma;
    window.get_by_role_and_label(Role::SpinButton, "Global mismatch, σ").click();
    window.run_steps(3);
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::A));
    for letter in ["3", "7", ".", "2", "5"] {
        window.event(egui::Event::Text(letter.to_owned()));
        window.run_steps(2);
    }
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Enter));
    window.run_steps(2);
    let sigma = |window: &Window| window.state().params().chip.sigma;
    assert!((sigma(&window) - 0.3725).abs() < 1e-12, "{}", sigma(&window));
    press(&mut window, UNDO);
    assert!((sigma(&window) - before).abs() < 1e-12, "{}", sigma(&window));
}

#[test]
fn a_reset_is_taken_back_with_the_run_and_older_steps_stay_as_they_were() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let first = window.state().params().clone();
    command(&mut window, "stress 50");
    let stressed = window.state().params().clone();
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1 && app.snapshot().params.as_ref() == &stressed);
    pause(&mut window);
    let before = position(window.state());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::R));
    until(&mut window, "the reset", |app| app.snapshot().generation > before.0 && app.snapshot().batch > 0);
    assert_eq!(window.state().snapshot().epoch, 1);

    press(&mut window, UNDO);
    until(&mut window, "the run before", |app| app.snapshot().epoch == before.1);
    settle(&mut window);
    let after = position(window.state());
    assert_eq!((after.1, after.2), (before.1, before.2), "with all that it had learnt");
    assert_eq!(*window.state().params(), stressed, "no setting was changed by the reset, and none by taking it back");
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), first, "the step before is the preset");
    redo(&mut window);
    assert_eq!(*window.state().params(), stressed);
    redo(&mut window);
    until(&mut window, "the reset again", |app| app.snapshot().epoch == 1);
    assert_eq!(*window.state().params(), stressed);
}

#[test]
fn a_reset_that_cannot_be_taken_back_is_passed_over() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let first = window.state().params().clone();
    command(&mut window, "stress 50");
    for _ in 0..2 {
        let generation = window.state().snapshot().generation;
        press(&mut window, (egui::Modifiers::NONE, egui::Key::R));
        until(&mut window, "a reset", |app| app.snapshot().generation > generation && app.snapshot().batch > 0);
    }
    // Only the last run is put away; the one before it is gone.
    let generation = window.state().snapshot().generation;
    press(&mut window, UNDO);
    until(&mut window, "the run before", |app| app.snapshot().generation > generation);
    assert!(window.state().params().chip.sigma_threshold.is_some());
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), first, "nothing else is left to take back but the preset");
}

#[test]
fn settings_that_a_restart_adopted_wait_for_it_again_when_it_is_taken_back() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Network").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Slider, "Hidden neurons").set_value_accesskit(30.0);
    window.run_steps(2);
    click(&mut window, EN.apply_restart);
    until(&mut window, "30 neurons", |app| app.snapshot().params.network.hidden == 30);
    press(&mut window, UNDO);
    until(&mut window, "20 neurons", |app| app.snapshot().params.network.hidden == 20);
    window.run_steps(3);
    assert_eq!(window.state().params().network.hidden, 30, "the setting is a step of its own");
    window.get_by_label(EN.apply_restart);
    press(&mut window, UNDO);
    assert_eq!(window.state().params().network.hidden, 20);
}

#[test]
fn what_is_refused_is_no_step() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let first = window.state().params().clone();
    command(&mut window, "stress 50");
    let stressed = window.state().params().clone();
    let nowhere =
        stressed.clone().with(|p| (p.task.data, p.task.kind) = ("/nowhere".into(), misfit::params::TaskKind::Mnist));
    window.state_mut().command(misfit::session::messages::EngineCommand::Restart(Box::new(nowhere.into())));
    window.step();
    let start = Instant::now();
    while window.query_all_by_label_contains(EN.refused).next().is_none() {
        assert!(start.elapsed() < Duration::from_mins(1), "it is not refused");
        window.step();
    }
    until(&mut window, "what is in force", |app| *app.params() == stressed);
    press(&mut window, UNDO);
    assert_eq!(*window.state().params(), first);
}

#[test]
fn a_calibration_is_seen_and_taken_back() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "a chip", |app| !app.snapshot().chip.spreads.is_empty());
    let made = spread(window.state());
    let badge = format!("{} ×", EN.is_calibrated);
    assert!(window.query_by_label(&badge).is_none());
    window.get_by_label(EN.calibrate.name).click();
    let calibrated = |app: &App| app.snapshot().calibrated && spread(app) < 0.5 * made;
    let as_made = |app: &App| !app.snapshot().calibrated && (spread(app) - made).abs() < 1e-9;
    until(&mut window, "a calibrated chip", calibrated);
    window.run_steps(2);
    let preset = window.get_by_role_and_label(Role::ComboBox, EN.presets.name).accesskit_node().value();
    assert_eq!(preset.as_deref(), Some(EN.calibrated_chip));
    window.get_by_label(&badge);

    press(&mut window, UNDO);
    until(&mut window, "the chip as it was made", as_made);
    window.run_steps(2);
    assert!(window.query_by_label(&badge).is_none());
    redo(&mut window);
    until(&mut window, "a calibrated chip again", calibrated);
    click(&mut window, &badge);
    until(&mut window, "the chip as it was made again", as_made);
}

#[test]
fn another_task_waits_with_all_that_it_brings_and_the_restart_is_offered_below_it() {
    let mut window = open_with_size(small(), [1280.0, 1600.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let before = window.state().snapshot().params.clone();
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::ComboBox, "Task").click();
    window.run_steps(3);
    window.get_by_label(EN.word("yin_yang")).click();
    window.run_steps(3);
    assert_eq!(window.state().params().learning.batch, 50);
    settle(&mut window);
    assert_eq!(window.state().snapshot().params, before, "the run goes on with its own settings");
    let task = window.get_by_role_and_label(Role::ComboBox, "Task").rect();
    let offer = window.get_by_label(EN.apply_restart).rect();
    assert!((0.0..40.0).contains(&(offer.top() - task.bottom())), "{task:?} {offer:?}");
    click(&mut window, EN.apply_restart);
    until(&mut window, "the other task", |app| app.snapshot().params.task.kind == misfit::params::TaskKind::YinYang);
    assert_eq!(window.state().snapshot().params.learning.batch, 50);
    window.run_steps(2);
    assert!(window.query_by_label(EN.apply_restart).is_none());
}
