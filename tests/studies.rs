//! A study in the background of the window, beside the same one in the terminal.

use std::time::{Duration, Instant};

use misfit::batch::paper::{Request, plan};
use misfit::batch::{Chart, Plan, run};
use misfit::params::{Lane, Params, TaskKind};
use misfit::run::Stop;
use misfit::session::batch_thread::BatchThread;
use misfit::session::messages::{BatchCommand, BatchView};

fn small() -> Params {
    Params::default().with(|p| (p.network.hidden, p.learning.epochs, p.learning.threads) = (20, 1000, 1))
}

fn start(batches: &mut BatchThread, plan: &Plan, folder: &std::path::Path) {
    batches.send(BatchCommand::Start { plan: Box::new(plan.clone()), folder: folder.to_path_buf() });
}

fn wait(batches: &BatchThread, condition: impl Fn(&BatchView) -> bool) -> std::sync::Arc<BatchView> {
    let start = Instant::now();
    loop {
        let study = batches.take().0.and_then(|shown| shown.study.clone());
        if let Some(view) = study.filter(|view| condition(view)) {
            return view;
        }
        assert!(start.elapsed() < Duration::from_mins(2), "the study never came so far");
        std::thread::sleep(Duration::from_millis(2));
    }
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
    let plan = plan("weight-bits", &Request::around(base, 2)).unwrap();
    let mut batches = BatchThread::new(|| {});
    start(&mut batches, &plan, folders[0].path());
    wait(&batches, |view| view.progress.done > 0);
    batches.send(BatchCommand::Stop);
    let cancelled = wait(&batches, |view| !view.running);
    assert!((1..12).contains(&cancelled.progress.done), "{} of 12", cancelled.progress.done);
    assert_eq!((cancelled.error.is_none(), cancelled.progress.total), (true, 12));
    let kept = || misfit::store::find(folders[0].path()).unwrap().0;
    let before = kept();
    start(&mut batches, &plan, folders[0].path());
    let done = wait(&batches, |view| !view.running && view.progress.done == 12);
    assert!(done.error.is_none());
    let after = kept();
    assert!(after.len() == 12 && before.iter().all(|run| after.contains(run)), "what was kept is not computed again");

    let terminal = run(&plan, folders[1].path(), 1, &Stop::default(), &|_, _| {}).unwrap();
    assert_eq!(done.progress.table, terminal.table);
    for name in ["weight-bits.md", "weight-bits.csv"] {
        let [window, terminal] = folders.each_ref().map(|folder| std::fs::read(folder.path().join(name)).unwrap());
        assert!(window == terminal, "{name}");
    }
    assert_eq!(Chart::of(&plan, &done.progress.table)[0].curves[0].points.len(), 6, "one to six bits");
}

#[test]
fn a_study_without_its_data_ends_with_the_reason_in_every_cell_and_one_at_work_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut batches = BatchThread::new(|| {});
    let data = folder.path().join("nothing_here").display().to_string();
    let mnist = Params::for_task(TaskKind::Mnist).with(|p| p.task.data = data);
    start(&mut batches, &plan("table1", &Request::around(mnist, 1)).unwrap(), folder.path());
    let failed = wait(&batches, |view| !view.running);
    let why: Vec<String> = failed.progress.table.failures(&failed.plan).collect();
    assert_eq!((why.len(), failed.progress.done, failed.progress.total), (2, 0, 2));
    assert!(why.iter().all(|why| why.contains("nothing_here")), "{why:?}");

    start(&mut batches, &plan("weight-bits", &Request::around(small(), 1)).unwrap(), folder.path());
    start(&mut batches, &plan("sparsity", &Request::around(small(), 1)).unwrap(), folder.path());
    batches.send(BatchCommand::Stop);
    assert_eq!(wait(&batches, |view| !view.running && view.plan.name != "table1").plan.name, "weight-bits");
}
