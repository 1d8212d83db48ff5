//! Somebody else's chip in the window: it fails, it is tried again, and it shows only what it wants to.

use std::path::Path;

use super::python::python;
use super::*;

/// A window on Yin-Yang with a chip that is a script of this repository.
fn with_chip(script: &str, arguments: &str) -> Option<Window> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let command = format!("{} '{}' {arguments}", python()?, script.display());
    let params = Params::for_task(misfit::params::TaskKind::YinYang).with(|p| {
        (p.network.hidden, p.learning.epochs, p.learning.threads) = (20, 1000, 1);
        (p.chip.chip_program, p.task.train_samples) = (command, 500);
    });
    Some(open_with_size(params, [1280.0, 1000.0]))
}

#[test]
fn a_chip_that_dies_says_its_last_words_and_a_button_tries_it_again_from_where_it_failed() {
    // The evaluation before the first batch takes eight runs, a decision map as many, and each batch two: it dies after
    // some batches, and after it was tried again, too.
    let Some(mut window) = with_chip("tests/chips/misbehaving.py", "dies 60") else { return };
    until(&mut window, "the failure", |app| app.snapshot().chip_failed);
    let before = position(window.state());
    assert!(!window.state().snapshot().running);
    settle(&mut window);
    assert!(window.query_all_by_label_contains("the bench is on fire").next().is_some(), "its last words");
    assert!(window.query_by_label(EN.run.name).is_none());
    click(&mut window, EN.try_again.name);
    until(&mut window, "it goes on and fails again", |app| app.snapshot().chip_failed && position(app) > before);
}

#[test]
fn views_that_look_inside_say_that_this_chip_shows_nothing() {
    let Some(mut window) = with_chip("assets/chips/numpy_lif.py", "--spread 0 --spikes-only") else { return };
    // The lane in the loop reads voltages: that is refused with a reason.
    until(&mut window, "the refusal", |app| app.snapshot().chip_failed);
    settle(&mut window);
    assert!(window.query_all_by_label_contains("only spikes").next().is_some());
    assert!(window.state().snapshot().chip.is_foreign);
    command(&mut window, "views: culprits");
    window.run_steps(4);
    assert!(window.query_all_by_label_contains(EN.shows_nothing).next().is_some());
}
