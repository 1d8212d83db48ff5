//! Settings as they are set, refused, planned and taken back.

use super::*;
use crate::params::TaskKind;

/// A draft with a step for each of these strengths of the mismatch, one a second.
fn with_sigmas(sigmas: &[f64]) -> Draft {
    let mut draft = Draft::new(Params::default());
    draft.record(0.0, None);
    for (k, &sigma) in sigmas.iter().enumerate() {
        set(&mut draft, sigma, 1.0 + k as f64);
    }
    draft
}

fn set(draft: &mut Draft, sigma: f64, time: f64) {
    draft.params.chip.sigma = sigma;
    assert_eq!(draft.changes().map(|told| told.chip.sigma), Some(sigma));
    draft.record(time, None);
}

/// The strength of the mismatch that the controls show, in %.
fn percent(draft: &Draft) -> i32 {
    (100.0 * draft.params.chip.sigma).round() as i32
}

#[test]
fn undo_goes_back_one_step_at_a_time_and_redo_forth() {
    let mut draft = with_sigmas(&[0.3, 0.4]);
    let usual = percent(&Draft::new(Params::default()));
    let went: Vec<i32> = [Draft::undo, Draft::undo, Draft::undo, Draft::redo, Draft::redo, Draft::redo]
        .iter()
        .map(|step| {
            assert!(!step(&mut draft), "no run was put away");
            percent(&draft)
        })
        .collect();
    assert_eq!(went, [30, usual, usual, 30, 40, 40]);
    assert!(draft.changes().is_none(), "the end is what the session knows");
}

#[test]
fn the_first_click_of_a_double_click_is_no_step() {
    let usual = Params::default().chip.sigma;
    let mut draft = with_sigmas(&[0.6, 0.45]);
    draft.params.chip.sigma = usual;
    draft.record(2.2, Some(0.3));
    draft.undo();
    assert_eq!(percent(&draft), 60);
    draft.redo();
    assert!((draft.params.chip.sigma - usual).abs() < 1e-12);
}

#[test]
fn what_is_refused_is_no_step_and_the_truth_is_followed_once() {
    let mut draft = with_sigmas(&[0.3, 0.4]);
    let mut in_force = Params::default();
    in_force.chip.sigma = 0.3;
    let stale = Params::default();
    draft.refused(&stale, false, 1);
    assert_eq!(draft.params, stale, "as far as is known");
    draft.follow(&stale, false);
    draft.follow(&in_force, false);
    assert_eq!(draft.params, in_force);
    draft.follow(&stale, false);
    assert_eq!(draft.params, in_force, "from then on the controls lead");
    assert!(draft.changes().is_none());
    draft.undo();
    assert_eq!(draft.params, stale, "the step before");
}

#[test]
fn what_was_set_after_a_refusal_is_kept() {
    let mut draft = with_sigmas(&[0.3]);
    draft.refused(&Params::default(), false, 1);
    set(&mut draft, 0.7, 5.0);
    draft.follow(&Params::default(), false);
    assert_eq!(percent(&draft), 70);
}

#[test]
fn a_planned_change_is_shown_and_what_was_set_meanwhile_is_kept() {
    let mut draft = with_sigmas(&[]);
    draft.params.learning.seed = 9;
    draft.params.chip.sigma = 0.6;
    let mut in_force = Params::default();
    in_force.chip.sigma = 0.1;
    in_force.chip.sigma_threshold = Some(0.2);
    draft.planned(&in_force, &Change::parse("sigma=10", "test").expect("a change"));
    assert_eq!((percent(&draft), draft.params.chip.sigma_threshold), (60, Some(0.2)));
    let told = draft.changes().expect("what was set");
    assert_eq!((percent(&draft), told.learning.seed), (60, 9));
}

#[test]
fn a_restart_is_taken_back_with_its_run_and_what_waited_for_it_waits_again() {
    let mut draft = with_sigmas(&[]);
    let first = draft.params.clone();
    draft.params.network.hidden += 1;
    draft.changes();
    draft.record(1.0, None);
    assert_eq!(draft.waiting(&first).map(|spec| spec.key).collect::<Vec<_>>(), ["hidden"]);
    assert!(!draft.is_of_run(&first));
    let second = draft.params.clone();
    draft.begin(&second, false, 1, true);
    draft.record(2.0, None);
    assert!(draft.is_of_run(&second));

    assert!(draft.undo(), "the run comes back");
    assert!(draft.changes().is_none(), "and is told nothing before");
    draft.went_back(&first, false);
    assert_eq!(draft.params, second);
    assert!(draft.waiting(&first).next().is_some());
    assert!(!draft.undo());
    assert_eq!(draft.params, first);
}

#[test]
fn a_run_that_goes_on_from_its_past_brings_its_settings() {
    let mut draft = with_sigmas(&[0.4]);
    draft.went_back(&Params::default(), false);
    assert_eq!(draft.params, Params::default());
    assert!(draft.changes().is_none());
}

#[test]
fn a_restart_whose_run_is_gone_is_passed_over() {
    let mut draft = with_sigmas(&[0.4]);
    let params = draft.params.clone();
    for generation in 1..3 {
        draft.begin(&params, false, generation, true);
        draft.record(2.0 + generation as f64, None);
    }
    assert!(draft.undo(), "the last one is put away");
    draft.went_back(&params, false);
    assert!(!draft.undo());
    assert_eq!(draft.params, Params::default(), "and the one before is gone");
}

#[test]
fn a_run_that_was_put_away_is_taken_back_and_an_older_one_is_gone() {
    let mut runs = Runs::default();
    runs.begin(1, true);
    runs.begin(2, true);
    assert_eq!((runs.current, runs.away), (2, Some(1)));
    assert!(runs.go_to(1), "the last one is there");
    assert_eq!((runs.current, runs.away), (1, Some(2)));
    assert!(!runs.go_to(0), "the first one is gone");
    assert!(!runs.go_to(1));
    assert!(runs.go_to(2), "and forth again");
    assert_eq!((runs.current, runs.away), (2, Some(1)));
}

#[test]
fn a_run_that_learnt_nothing_is_not_put_away() {
    let mut runs = Runs::default();
    runs.begin(1, true);
    runs.begin(2, false);
    assert_eq!((runs.current, runs.away), (2, Some(0)));
    assert!(!runs.go_to(1) && runs.go_to(0));
}

/// What the session is told after a frame: its parameters, and whether to calibrate.
fn frame(draft: &mut Draft, time: f64) -> (bool, Option<bool>) {
    let told = (draft.changes().is_some(), draft.calibration());
    draft.record(time, None);
    told
}

#[test]
fn a_calibration_is_taken_back_and_made_again_like_any_setting() {
    let mut draft = with_sigmas(&[]);
    draft.calibrate();
    assert_eq!(frame(&mut draft, 1.0), (false, Some(true)));
    assert_eq!(frame(&mut draft, 2.0), (false, None), "it is told once");
    draft.calibrate();
    assert_eq!(frame(&mut draft, 3.0), (false, Some(true)), "a calibrated chip can be calibrated anew");
    draft.undo();
    assert!(!draft.calibrated);
    assert_eq!(frame(&mut draft, 4.0), (false, Some(false)));
    draft.redo();
    assert_eq!(frame(&mut draft, 5.0), (false, Some(true)));
}

#[test]
fn another_chip_comes_without_trims_and_undo_brings_the_chip_back_with_them() {
    let mut draft = with_sigmas(&[]);
    draft.calibrate();
    frame(&mut draft, 1.0);
    draft.params.chip.number += 1;
    assert_eq!(frame(&mut draft, 2.0), (true, None), "nothing is left to take back");
    assert!(!draft.calibrated);
    draft.undo();
    assert_eq!(frame(&mut draft, 3.0), (true, Some(true)), "the old chip is calibrated again");
}

#[test]
fn a_calibration_that_is_refused_planned_or_brought_back_is_what_the_controls_show() {
    let mut draft = with_sigmas(&[]);
    let params = draft.params.clone();
    draft.calibrate();
    frame(&mut draft, 1.0);
    draft.refused(&params, false, 1);
    assert!(!draft.calibrated && draft.calibration().is_none());
    draft.undo();
    assert!(!draft.calibrated && draft.calibration().is_none(), "what was refused is no step");
    for (change, calibrated) in [("calibrate", true), ("sigma=20", true), ("chip=2", false), ("calibrate", true)] {
        draft.planned(&params, &Change::parse(change, "test").expect("a change"));
        assert_eq!((draft.calibrated, draft.calibration()), (calibrated, None), "{change}");
    }
    draft.went_back(&params, false);
    assert_eq!((draft.calibrated, draft.calibration()), (false, None));
}

#[test]
fn a_run_that_begins_on_a_calibrated_chip_calibrates_it_first_if_there_is_one() {
    let mut draft = with_sigmas(&[]);
    draft.calibrate();
    assert!(draft.protocol().calibrates_first() && Draft::new(draft.protocol()).calibrated);
    draft.params.learning.lanes = vec![crate::params::Lane::Ideal];
    assert!(!draft.protocol().calibrates_first());
}

#[test]
fn what_another_task_brings_waits_for_it_and_the_chip_does_not() {
    let mut draft = with_sigmas(&[]);
    let digits = draft.params.clone();
    draft.params.task.kind = TaskKind::YinYang;
    draft.adopt_task();
    assert_eq!((draft.params.learning.batch, draft.params.learning.epochs), (50, 60));
    draft.params.learning.learning_rate = 0.05;
    assert!(draft.changes().is_none(), "the run on the digits goes on as it was");
    let waiting: Vec<&str> = draft.waiting(&digits).map(|spec| spec.key).collect();
    for key in ["task", "batch", "epochs", "hidden", "readout_penalty", "learning_rate"] {
        assert!(waiting.contains(&key), "{key} is not among {waiting:?}");
    }
    draft.params.chip.sigma = 0.4;
    let told = draft.changes().expect("the chip on the table is another one");
    assert_eq!(told, digits.clone().with(|p| p.chip.sigma = 0.4));

    // The task of the run brings back what is in force, the chip stays.
    draft.params.task.kind = TaskKind::Digits;
    draft.adopt_task();
    assert_eq!(draft.params, told);
    assert!(draft.changes().is_none() && draft.waiting(&told).next().is_none());

    draft.params.task.kind = TaskKind::YinYang;
    draft.adopt_task();
    let begun = draft.params.clone();
    draft.begin(&begun, false, 1, true);
    draft.params.learning.batch = 20;
    assert_eq!(draft.changes().map(|told| told.learning.batch), Some(20), "nothing waits any more");
}
