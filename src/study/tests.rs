use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::runner::{Progress, finished, run};
use super::*;
use crate::params::TaskKind;
use crate::run::Stop;

fn study() -> Study {
    let job = |hidden: u32| Job {
        at: vec![("hidden", hidden.to_string())],
        params: Params::for_task(TaskKind::Digits).with(|p| {
            p.network.hidden = hidden;
            (p.learning.epochs, p.learning.batch) = (1, 200);
            p.learning.lanes = vec![Lane::InTheLoop];
        }),
        schedule: Vec::new(),
        probe: Probe::Silence(&[0.0, 1.0]),
    };
    Study { name: "test", question: "does it go on?", jobs: vec![job(8), job(12), job(16)] }
}

#[test]
fn a_study_goes_on_where_it_was_stopped_and_computes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep").join("test.jsonl");
    let study = study();
    let stop = Stop::default();
    // Stopped after the first run.
    let first = run(&study, &file, 1, &stop, &|progress| {
        if matches!(progress, Progress::Finished { .. }) {
            stop.request();
        }
    })
    .unwrap();
    assert!(first[0].is_some() && first[1].is_none() && first[2].is_none());
    // As a power cut would leave it: half a line at the end.
    let mut text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1);
    text.push_str("{\"study\":\"test\",\"at\":[[\"hid");
    std::fs::write(&file, &text).unwrap();
    stop.clear();
    let computed = AtomicUsize::new(0);
    let order = Mutex::new(Vec::new());
    let all = run(&study, &file, 2, &stop, &|progress| {
        if let Progress::Finished { job, done, total, .. } = progress {
            computed.fetch_add(1, Ordering::Relaxed);
            order.lock().unwrap().push((job.at[0].1.clone(), done, total));
        }
    })
    .unwrap();
    assert_eq!(computed.load(Ordering::Relaxed), 2, "the first run is not computed again");
    assert!(order.lock().unwrap().iter().all(|(_, done, total)| *done >= 2 && *total == 3));
    assert_eq!(all[0], first[0]);
    assert_eq!(finished(&file).unwrap().len(), 3);
    // Side by side or one after the other: the same numbers.
    let alone = folder.path().join("alone.jsonl");
    let again = run(&study, &alone, 1, &stop, &|_| {}).unwrap();
    for (a, b) in all.iter().zip(&again) {
        let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
        assert_eq!((&a.at, &a.lanes), (&b.at, &b.lanes));
    }
}

#[test]
fn with_all_hidden_neurons_silent_only_chance_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut study = study();
    study.jobs.truncate(1);
    // Enough to have learned something: next to a coin toss, noise decides.
    study.jobs[0].params =
        study.jobs[0].params.clone().with(|p| (p.network.hidden, p.learning.epochs, p.learning.batch) = (60, 3, 50));
    let results = run(&study, &folder.path().join("r.jsonl"), 1, &Stop::default(), &|_| {}).unwrap();
    let lane = &results[0].as_ref().unwrap().lanes[0];
    assert!(lane.test_accuracy > 0.5, "{}", lane.test_accuracy);
    assert!(
        (lane.probed[0].1 - lane.test_accuracy).abs() < 0.05,
        "nobody silent: {} {:?}",
        lane.test_accuracy,
        lane.probed
    );
    assert!(lane.probed[1].1 < 0.2, "ten classes, nothing to go by: {:?}", lane.probed);
}

#[test]
fn a_file_of_something_else_is_refused_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "shopping\nlist\n\n").unwrap();
    let text = finished(&file).unwrap_err().to_string();
    assert!(text.contains("notes.txt") && text.contains("line 1"), "{text}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "shopping\nlist\n\n", "and left alone");
}

#[test]
fn an_outcome_survives_the_way_through_the_file() {
    let outcome = Outcome {
        at: vec![("sigma".into(), "30 %".into())],
        seed: 3,
        lanes: vec![LaneOutcome {
            lane: Lane::InTheLoop,
            train_accuracy: 0.999,
            test_accuracy: 0.972,
            hidden_spikes: 20.5,
            probed: vec![("8.5 µs".into(), 0.97)],
        }],
        failed: None,
        seconds: 1.5,
        experiment: experiment_json(&Params::default()),
    };
    let line = outcome.to_json("test").to_string();
    assert_eq!(Outcome::from_json(&serde_json::from_str(&line).unwrap()), Some(outcome));
}

#[test]
fn a_diverging_run_is_a_failed_cell_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("r.jsonl");
    let mut study = study();
    // The loss of such scores is infinite.
    study.jobs[1].params.learning.readout_scale = f64::MAX;
    for _ in 0..2 {
        let results = run(&study, &file, 2, &Stop::default(), &|_| {}).unwrap();
        let failed: Vec<bool> = results.iter().map(|r| r.as_ref().unwrap().failed.is_some()).collect();
        assert_eq!(failed, [false, true, false]);
        let why = results[1].as_ref().unwrap().failed.as_ref().unwrap();
        assert!(why.contains("in_the_loop") && why.contains("loss"), "{why}");
        assert!(results[1].as_ref().unwrap().lanes.is_empty() && results[2].as_ref().unwrap().lanes.len() == 1);
    }
    let lines = std::fs::read_to_string(&file).unwrap().lines().count();
    assert_eq!(lines, 3, "the failure is kept, and nothing is computed twice");
    let outcomes: Vec<Outcome> = finished(&file).unwrap();
    assert!(report::markdown(&study, &outcomes).contains("12"), "the table has a row for it");
}
