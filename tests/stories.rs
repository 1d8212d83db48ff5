//! The experiments of the gallery are what their sentences say they are.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

use serde_json::Value;

/// Trains a preset and returns the lines of `misfit train --json`.
fn tell(preset: &str, more: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_misfit"))
        .args(["train", "--no-store", "--json", "--preset", preset])
        .args(more)
        .output()
        .expect("misfit runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Test accuracy of a lane after the last epoch, in %.
fn accuracy(lines: &[Value], lane: &str) -> f64 {
    let lanes = lines.last().expect("the end")["final"].as_array().expect("lanes");
    let own = lanes.iter().find(|l| l["lane"] == lane).unwrap_or_else(|| panic!("no {lane}"));
    100.0 * own["test_accuracy"].as_f64().expect("a number")
}

#[test]
fn transferred_weights_fail_where_software_is_right() {
    for seed in ["1", "2"] {
        let lines = tell("story_transfer", &["--seed", seed]);
        let (ideal, transferred) = (accuracy(&lines, "ideal"), accuracy(&lines, "transferred"));
        assert!(ideal > 90.0, "\"right on 9 of 10 digits\": {ideal}");
        // Guessing is 10 %.
        assert!(transferred < 30.0, "\"guesses\": {transferred}");
    }
}

#[test]
fn the_loop_heals_the_chip_on_which_the_transferred_weights_fail() {
    let lines = tell("story_loop", &[]);
    let [ideal, transferred, healed] = ["ideal", "transferred", "in_the_loop"].map(|lane| accuracy(&lines, lane));
    assert!(ideal - transferred > 60.0, "{ideal} against {transferred}");
    assert!(ideal - healed < 5.0, "\"almost like the ideal one\": {ideal} against {healed}");
}

#[test]
fn the_damaged_chip_recovers_within_a_few_epochs() {
    let lines = tell("story_damage", &[]);
    let recovery = &lines.last().expect("the end")["recovery"];
    let number = |key: &str| recovery[key].as_f64().unwrap_or_else(|| panic!("{key} of {recovery}"));
    assert!((number("epoch") - 10.0).abs() < f64::EPSILON);
    let fall = 100.0 * (number("before") - number("worst"));
    assert!(fall > 3.0, "\"drops at once\", even after an epoch of learning: {fall} points");
    assert!(number("epochs") <= 8.0, "\"within a few epochs\": {recovery}");
}

#[test]
fn what_the_gallery_calls_bad_is_bad() {
    let wild = tell("wild_learning_rate", &["--epochs", "3"]);
    assert!(accuracy(&wild, "ideal") < 85.0, "\"in software and on the chip alike\"");
    let firing = tell("all_fire", &["--epochs", "5"]);
    assert!(accuracy(&firing, "ideal") < 85.0, "\"even the ideal network learns slowly\"");
    let much = tell("too_much", &["--epochs", "8"]);
    let gap = |lines: &[Value]| accuracy(lines, "ideal") - accuracy(lines, "in_the_loop");
    assert!(gap(&much) > 10.0, "\"far below the ideal\": {}", gap(&much));
    let calibrated = tell("too_much", &["--epochs", "8", "--calibrate"]);
    assert!(gap(&calibrated) < 0.5 * gap(&much), "\"most of it comes back\": {}", gap(&calibrated));
}
