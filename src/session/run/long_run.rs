//! A day of training: a million epochs through everything that grows with them.

use super::trail::{Curves, MOST_CHANGES};
use super::*;
use crate::params::{Lane, TaskKind};
use crate::session::messages::EpochReport;
use crate::session::moments::MOST_BYTES;
use crate::session::store_thread::StoreThread;
use crate::store::{MOST_EPOCHS, Store};
use crate::training::Step;

fn tiny() -> Params {
    Params::for_task(TaskKind::YinYang).with(|p| {
        p.network.hidden = 2;
        p.learning.batch = 64;
        p.task.train_samples = 64;
        p.network.substeps = 1;
        p.network.cadc_interval = 4e-6;
        p.learning.threads = 1;
        p.learning.lanes = vec![Lane::InTheLoop];
    })
}

/// Points of all curves of all lanes, and of the gradient.
fn points(session: &Session<'_>) -> usize {
    let of = |c: &Curves| {
        let all = [&c.batch_loss, &c.batch_accuracy, &c.test_loss, &c.test_accuracy, &c.hidden_spikes];
        all.map(|curve| curve.points().len()).iter().sum::<usize>()
    };
    session.history.trail.curves.iter().map(of).sum::<usize>()
        + session.history.trail.gradient.each_ref().map(|c| c.points().len()).iter().sum::<usize>()
}

#[test]
fn a_hundred_thousand_epochs_are_kept_in_the_memory_of_some_thousand() {
    keep(100_000);
}

/// Takes two minutes on a busy machine of two cores, and 90 MB on the disk in the end.
#[test]
#[ignore = "takes a minute or two"]
fn a_million_epochs_are_kept_in_the_memory_of_some_thousand() {
    keep(1_000_000);
}

/// The batch is computed once; what follows from it is done after every epoch exactly as after any other batch.
fn keep(last: usize) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_path_buf();
    let store_thread = StoreThread::start(move || Store::at(&at).map(Some), || {}).unwrap();
    let shared = Shared::new(|| {});
    let mut session = Session::new(tiny(), false, &shared);
    session.recorder = store_thread.recorder();
    session.restart(tiny().into());
    let mut learn = || session.engine.run.as_mut().unwrap().experiment_mut().step().unwrap();
    let first = std::iter::repeat_with(&mut learn).find(|step| step.epoch_done.is_some()).unwrap();
    let reports = first.epoch_done.clone().unwrap();
    let mut early = 0;
    for epoch in 1..=last {
        let reports: Vec<EpochReport> = reports.iter().map(|r| EpochReport { epoch, ..*r }).collect();
        let (recorder, run) = (session.recorder.as_mut().unwrap(), session.engine.run.as_ref().unwrap());
        recorder.epoch(run, &reports);
        let epoch_done = Some(reports);
        session.learnt(Step { epoch, epoch_done, ..first.clone() });
        if epoch.is_multiple_of(199) {
            session.note(What::Killed(epoch));
        }
        if epoch == 20_000 {
            early = points(&session);
        }
    }
    // One more than is left after thinning, and fewer than twice as many.
    assert!(early > 0 && points(&session) < 2 * early, "{} points after {early}", points(&session));
    let snapshot = session.snapshot();
    let timeline = &snapshot.timeline;
    assert!(timeline.epochs.len() <= 1000 && timeline.bytes <= MOST_BYTES);
    assert_eq!((timeline.epochs[0], timeline.epochs.last()), (0, Some(&last)));
    assert_eq!(session.history.trail.changes.len(), MOST_CHANGES);
    assert!(session.recorder.as_ref().unwrap().epochs_held() <= 2 * (MOST_EPOCHS + 2));

    // What was put away and what is in hand share the memory of one run.
    session.restart(tiny().with(|p| p.learning.seed = 2).into());
    assert!(session.history.put_away.is_some());
    assert_eq!(session.snapshot().timeline.most_bytes, MOST_BYTES / 2);
    session.take_back();
    assert_eq!(session.snapshot().timeline.epochs.last(), Some(&last));

    let mut recorder = session.recorder.take().unwrap();
    recorder.flush_all();
    drop((recorder, session, store_thread));
    let store = Store::at(folder.path()).unwrap();
    let runs = store.list().unwrap();
    let long = runs.iter().find(|run| run.epochs == last).expect("the long run");
    let kept = store.get(&long.id).unwrap().unwrap().epochs;
    assert!((MOST_EPOCHS / 2..=MOST_EPOCHS + 2).contains(&kept.len()), "{} epochs in the store", kept.len());
    assert_eq!((kept[0].epoch, kept.last().unwrap().epoch), (1, last));
    let (checkpoint, damage) = store.checkpoint(&long.id).unwrap().expect("a checkpoint");
    assert!(checkpoint.epochs.len() <= MOST_EPOCHS + 2 && damage.is_none());
    // Kept as a whole, a million epochs would be some 200 MB, and as much again in each of two checkpoints.
    let files = std::fs::read_dir(store.folder().join(&long.id)).unwrap();
    let size: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(size < 192 << 20, "{size} bytes on the disk");
}
