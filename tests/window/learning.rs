//! Learning, and what is done to the chip meanwhile.

use super::*;

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
    let params = Params::default().with(|p| {
        p.network.hidden = 512;
        p.learning.batch = 4096;
        p.network.substeps = 32;
        p.learning.threads = 1;
    });
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
    assert_eq!(position(window.state()), stuck, "the session was stuck all the time");
    assert_eq!(window.state().params().chip.number, small().chip.number + 1, "the controls answer");
    times.sort();
    assert!(times[20] < Duration::from_millis(250), "a frame takes {:?}", times[20]);
    let start = Instant::now();
    drop(window);
    assert!(start.elapsed() < Duration::from_secs(5), "a stuck session must not keep the window from closing");
}

#[test]
fn the_past_is_looked_at_branched_from_and_new_weights_are_taken_back() {
    let params = small().with(|p| p.learning.batch = 200);
    let mut window = open(params);
    until(&mut window, "five epochs", |app| app.snapshot().timeline.epochs.len() > 5);
    pause(&mut window);
    assert!(window.query_by_label(EN.time_machine.branch.name).is_none(), "live views have nothing to branch from");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    until(&mut window, "the past", |app| app.snapshot().looking_at.is_some());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    let last = *window.state().snapshot().timeline.epochs.last().unwrap();
    until(&mut window, "the moment before", |app| app.snapshot().looking_at == Some(last - 1));
    let words = format!("{} {}", EN.time_machine.looking_at, last - 1);
    until(&mut window, "a settled frame", |app| app.snapshot().weights.is_some());
    window.run_steps(3);
    assert!(window.query_by_label(&words).is_some(), "it is said what is looked at");
    click(&mut window, EN.time_machine.live.name);
    until(&mut window, "the present", |app| app.snapshot().looking_at.is_none());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::OpenBracket));
    until(&mut window, "the past again", |app| app.snapshot().looking_at == Some(last));
    window.run_steps(2);
    click(&mut window, EN.time_machine.branch.name);
    until(&mut window, "learning on", |app| app.snapshot().looking_at.is_none() && app.snapshot().epoch > last);
    pause(&mut window);

    let before = position(window.state());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::W));
    until(&mut window, "new weights", |app| {
        app.snapshot().put_away.is_some() && app.snapshot().params.learning.seed == 2
    });
    pause(&mut window);
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::Z));
    until(&mut window, "the run before", |app| app.snapshot().params.learning.seed == 1);
    settle(&mut window);
    let after = position(window.state());
    assert_eq!((after.1, after.2), (before.1, before.2));
    assert_eq!(window.state().params().learning.seed, 1);
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
    assert_eq!(window.state().snapshot().params.learning.seed, small().learning.seed + 1);
    assert_eq!(window.state().snapshot().params.chip.number, small().chip.number);
}

#[test]
fn a_new_chip_has_other_faults_and_learning_goes_on() {
    let mut window = open(small());
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    let generation = window.state().snapshot().generation;
    let faults = window.state().snapshot().chip.spreads.clone();
    click(&mut window, EN.new_chip.name);
    until(&mut window, "next chip", |app| app.snapshot().chip.number == small().chip.number + 1);
    let snapshot = window.state().snapshot();
    assert_eq!((snapshot.generation, snapshot.running), (generation, true));
    assert!(snapshot.epoch > 1 && snapshot.chip.spreads != faults);
}

#[test]
fn a_failed_experiment_says_why_and_can_be_started_again() {
    let mut window = open(small().with(|p| p.network.threshold = 60.0));
    until(&mut window, "failure", |app| app.snapshot().failure.is_some());
    window.run_steps(2);
    assert!(window.query_all_by_label_contains("threshold").next().is_some());
    click(&mut window, EN.start_again);
    until(&mut window, "the same failure", |app| app.snapshot().generation > 1 && app.snapshot().failure.is_some());
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
    assert_eq!(what, misfit::session::messages::What::Killed(killed));
    // It is a setting like any other: saved with the experiment, taken back, and made again.
    assert_eq!(window.state().params().chip.silenced, [killed as u32]);
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
    assert_eq!(drawing.lanes.len(), Lane::WITH_HOST.len());
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
    until(&mut window, "all neurons", |app| {
        app.snapshot().importance.as_ref().is_some_and(|h| h.importances.len() == 20)
    });
    assert!(window.state().snapshot().running);
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
    until(&mut window, "damage", |app| app.snapshot().params.chip.silent_neurons > 0.49);
    window.get_by_label(EN.heal.name).click();
    until(&mut window, "health", |app| app.snapshot().params.chip.silent_neurons < 1e-9);
    assert_eq!(window.state().snapshot().generation, generation, "nothing of this restarts the run");
}

#[test]
fn a_copied_command_says_what_was_done_to_the_run_and_when() {
    let mut window = open(small());
    pause(&mut window);
    let (_, epoch, batch) = position(window.state());
    let batches = window.state().snapshot().batches;
    window.get_by_label(EN.calibrate.name).click();
    until(&mut window, "calibrated", |app| !app.snapshot().changes.is_empty());
    command(&mut window, "new chip");
    until(&mut window, "another chip", |app| app.snapshot().params.chip.number == 2);
    settle(&mut window);
    // The notice says what was copied.
    command(&mut window, "copy as command");
    let when = if batch == batches { epoch.to_string() } else { format!("{}+{batch}", epoch - 1) };
    let told = |words: &str| window.query_all_by_label_contains(words).next().is_some();
    assert!(told(&format!("--at {when}:calibrate")) && told(&format!("--at {when}:chip=2")), "{when}");
    assert!(told("--set hidden=20") && !told("--set chip"));
}

#[test]
fn a_window_that_opens_with_a_preset_has_its_schedule() {
    let story = misfit::protocol::preset("story_damage").expect("a preset");
    let mut protocol = story.on(misfit::protocol::Protocol::new(small())).expect("a protocol");
    (protocol.params.network.hidden, protocol.params.task.train_samples) = (10, 128);
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_eframe(move |cc| App::new(&cc.egui_ctx, protocol, Settings::default()).expect("a session"));
    until(&mut window, "damage", |app| app.snapshot().params.chip.silent_neurons > 0.79);
    until(&mut window, "the controls follow", |app| app.params().chip.silent_neurons > 0.79);
    assert!(window.state().snapshot().epoch >= 10);
}
