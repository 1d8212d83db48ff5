//! A study in the background of the window, beside the same one in the terminal.

use misfit::run::Stop;
use std::time::{Duration, Instant};

use misfit::params::{Lane, Params, TaskKind};
use misfit::study::{Outcome, catalogue, report, runner, table};
use misfit::worker::Worker;
use misfit::worker::messages::{BatchCommand, Event, StudyRequest, StudyView};

fn small() -> Params {
    Params::default().with(|p| (p.network.hidden, p.learning.epochs, p.learning.threads) = (20, 1000, 1))
}

#[test]
fn a_study_that_was_cancelled_goes_on_and_ends_with_the_table_of_the_terminal() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let lanes = vec![Lane::InTheLoop];
    let base = Params::default().with(|p| {
        p.network.hidden = 12;
        p.learning.epochs = 2;
        p.task.train_samples = 256;
        p.learning.batch = 64;
        p.learning.lanes = lanes;
        p.learning.threads = 1;
    });
    let request = StudyRequest { tasks: Vec::new(), base, seeds: 2, schedule: Vec::new() };
    let worker = Worker::start(small(), false, || {}).unwrap();
    let start = || {
        let (request, folder) = (Box::new(request.clone()), folders[0].path().to_path_buf());
        worker.batch(BatchCommand::StartStudy { name: "weight-bits", request, folder });
    };
    let wait = |condition: &dyn Fn(&StudyView) -> bool| {
        let start = Instant::now();
        loop {
            if let Some(view) = worker.study().filter(|view| condition(view)) {
                return view;
            }
            assert!(start.elapsed() < Duration::from_mins(2), "the study never came so far");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    let file = folders[0].path().join("weight-bits.jsonl");
    start();
    wait(&|_| std::fs::read_to_string(&file).is_ok_and(|text| text.contains('\n')));
    worker.batch(BatchCommand::StopStudy);
    let cancelled = wait(&|view| !view.running);
    assert!((1..12).contains(&cancelled.progress.done), "{} of 12", cancelled.progress.done);
    assert_eq!((cancelled.error.is_none(), cancelled.progress.total), (true, 12));
    let kept = std::fs::read_to_string(&file).unwrap();
    start();
    let done = wait(&|view| !view.running && view.progress.done == 12);
    assert!(done.error.is_none());
    let all = std::fs::read_to_string(&file).unwrap();
    assert!(all.starts_with(&kept) && all.lines().count() == 12, "what was kept is not computed again");

    let study = catalogue::study("weight-bits", &request).unwrap();
    let other = folders[1].path().join("weight-bits.jsonl");
    let results = runner::run(&study, &other, 1, &Stop::default(), &|_| {}).unwrap();
    let outcomes: Vec<Outcome> = results.into_iter().flatten().collect();
    assert_eq!(*done.progress.table, table::Table::of(&study, &outcomes));
    let written = std::fs::read_to_string(folders[0].path().join("weight-bits.md")).unwrap();
    assert_eq!(written, report::markdown(&study, &outcomes));
    assert_eq!(done.progress.charts[0].curves[0].points.len(), 6, "one to six bits");
}

#[test]
fn a_study_that_does_not_exist_or_has_no_data_is_answered_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let worker = Worker::start(small(), false, || {}).unwrap();
    let start = |name: &'static str, base: Params| {
        let request = Box::new(StudyRequest { tasks: vec![base.clone()], base, seeds: 1, schedule: Vec::new() });
        worker.batch(BatchCommand::StartStudy { name, request, folder: folder.path().to_path_buf() });
    };
    start("table2", small());
    let refused = worker.take().1.into_iter().find_map(|event| match event {
        Event::Refused(error) => Some(error.to_string()),
        _ => None,
    });
    assert!(refused.is_some_and(|why| why.contains("table1")));
    let data = folder.path().join("nothing_here").display().to_string();
    start("table1", Params::for_task(TaskKind::Mnist).with(|p| p.task.data = data));
    let begun = Instant::now();
    let failed = loop {
        if let Some(view) = worker.study().filter(|view| !view.running) {
            break view;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "the study never ended");
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(failed.error.as_ref().is_some_and(|why| why.to_string().contains("nothing_here")), "{:?}", failed.error);
}
