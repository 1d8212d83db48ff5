//! The real window, driven by the names that a screen reader would say.

mod audience;
mod chip;
mod files;
mod learning;
mod lessons;
#[path = "../common/python.rs"]
mod python;
mod settings;
mod shell;
mod story;
mod tasks;

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use misfit::app::{App, Layout, Memory, Settings};
use misfit::params::{Lane, PARAMS, Params};
use misfit::text::{EN, Language, ZH};

type Window = Harness<'static, App>;

fn small() -> Params {
    Params::default().with(|p| (p.network.hidden, p.learning.epochs, p.learning.threads) = (20, 1000, 1))
}

fn open(params: Params) -> Window {
    open_with_size(params, [1280.0, 800.0])
}

fn open_with_size(params: Params, size: [f32; 2]) -> Window {
    open_with(params, Settings::default(), size)
}

fn open_with(params: Params, settings: Settings, size: [f32; 2]) -> Window {
    Harness::builder()
        .with_size(size)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, params, settings).expect("a session"))
}

/// Draws frames until `condition`; the time limit only ends a hanging test.
fn until(window: &mut Window, what: &str, condition: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !condition(window.state()) {
        assert!(start.elapsed() < Duration::from_mins(2), "never happened: {what}");
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
