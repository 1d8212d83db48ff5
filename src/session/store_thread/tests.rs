use super::*;
use crate::params::{Lane, Params};
use crate::protocol::{Change, Protocol, When};
use crate::session::SessionThread;
use crate::session::messages::{CHANGES, Current, EngineCommand, Opened, Snapshot, ViewRequest, What};
use crate::store::{Checkpoint, Record, State, Update};
use crate::training::metrics::EpochReport;

fn small() -> Params {
    Params::default().with(|p| {
        p.network.hidden = 8;
        p.network.substeps = 1;
        p.learning.batch = 32;
        p.task.train_samples = 128;
        p.learning.threads = 1;
        p.learning.epochs = 1000;
        p.learning.lanes = vec![Lane::InTheLoop];
    })
}

struct Bench {
    session: SessionThread,
    store_thread: StoreThread,
    snapshot: Arc<Snapshot>,
    view: Arc<RunsView>,
    events: Vec<RunEvent>,
}

impl Bench {
    fn new(folder: &std::path::Path, params: &Params, running: bool) -> Self {
        let folder = folder.to_path_buf();
        let store_thread = StoreThread::start(move || Store::at(&folder).map(Some), || {}).unwrap();
        let session = SessionThread::start_keeping(params.clone(), running, store_thread.recorder(), || {}).unwrap();
        Self {
            session,
            store_thread,
            snapshot: Arc::new(Snapshot::empty(params)),
            view: Arc::default(),
            events: Vec::new(),
        }
    }

    /// Looks again and again; the time limit only ends a hanging test.
    fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            let (snapshot, _) = self.session.take();
            self.snapshot = snapshot.unwrap_or_else(|| Arc::clone(&self.snapshot));
            let (view, events) = self.store_thread.take();
            self.view = view.unwrap_or_else(|| Arc::clone(&self.view));
            self.events.extend(events);
            if condition(self) {
                return;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "never happened: {what}: {:?}", self.events);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn opened(&mut self) -> Opened {
        self.until("a run that is opened", |b| b.events.iter().any(|e| matches!(e, RunEvent::Opened(_))));
        let at = self.events.iter().position(|e| matches!(e, RunEvent::Opened(_))).unwrap();
        match self.events.remove(at) {
            RunEvent::Opened(opened) => *opened,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_run_of_the_window_is_kept_to_its_last_batch_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(folder.path(), &small(), true);
    bench.until("three epochs", |b| b.snapshot.epoch > 3);
    bench.session.send(EngineCommand::Pause).unwrap();
    bench.until("paused", |b| !b.snapshot.running);
    let (epoch, batch) = (bench.snapshot.epoch, bench.snapshot.batch);
    drop(bench);
    let store = Store::at(folder.path()).unwrap();
    let runs = store.list().unwrap();
    assert_eq!(runs.len(), 1);
    let id = runs[0].id.clone();
    let record = store.get(&id).unwrap().unwrap();
    assert_eq!((record.summary.state, record.summary.origin.as_str()), (State::Stopped, "window"));
    assert!(record.epochs.iter().map(|e| e.epoch).eq(1..=record.summary.epochs), "every epoch once");
    let (checkpoint, damage) = store.checkpoint(&id).unwrap().unwrap();
    assert_eq!(damage, None);
    let at = (checkpoint.state.epoch, checkpoint.state.batch);
    assert!(at == (epoch, batch) || at == (epoch + 1, 0), "{at:?}, paused at {epoch}, {batch}");

    let mut bench = Bench::new(folder.path(), &small(), false);
    bench.store_thread.send(RunCommand::Open(id.clone())).unwrap();
    let opened = bench.opened();
    assert_eq!(opened.run.as_ref().map(|run| &run.id), Some(&id));
    bench.session.send(EngineCommand::Resume(Box::new(opened))).unwrap();
    bench.until("resumed", |b| b.snapshot.generation > 1);
    assert_eq!((bench.snapshot.epoch, bench.snapshot.batch, bench.snapshot.running), (epoch, batch, false));
    assert_eq!(bench.snapshot.curves[0].test_accuracy.len(), record.epochs.len(), "its curves are back");
    assert_eq!(bench.snapshot.record.as_ref().map(|run| (&run.id, run.epochs)), Some((&id, record.summary.epochs)));
    assert_eq!(Store::at(folder.path()).unwrap().list().unwrap().len(), 1, "looking changes nothing");
    bench.session.send(EngineCommand::Run).unwrap();
    bench.until("two more epochs", |b| b.snapshot.epoch > epoch + 2);
    drop(bench);
    let after = store.list().unwrap();
    assert_eq!(after.len(), 1, "still the same run");
    assert!(after[0].epochs > record.summary.epochs);
    // What was learnt in two sittings is what is learnt in one.
    let mut whole = crate::training::Experiment::new(&small()).unwrap();
    let (last, _) = store.checkpoint(&id).unwrap().unwrap();
    while (whole.epoch(), whole.checkpoint().batch) != (last.state.epoch, last.state.batch) {
        whole.step().unwrap();
    }
    assert_eq!(whole.checkpoint().learners[0].teacher, last.state.learners[0].teacher);
}

#[test]
fn an_opened_run_has_the_changes_falls_and_moments_that_it_was_left_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(folder.path(), &small(), false);
    let params = small().with(|p| (p.learning.epochs, p.learning.learning_rate_decay) = (4, 0.9));
    let mut protocol = Protocol::new(params.clone());
    protocol.add(When { epoch: 2, batch: 1 }, Change::parse("sigma=60", "test").unwrap());
    bench.session.send(EngineCommand::Prepare(Box::new(protocol))).unwrap();
    let rests =
        |epochs: usize| move |b: &Bench| !b.snapshot.running && b.snapshot.timeline.epochs.last() == Some(&epochs);
    bench.session.send(EngineCommand::RunTo(1)).unwrap();
    bench.until("an epoch", rests(1));
    let hand = params.with(|p| p.chip.silenced = vec![3, 5]);
    bench.session.send(EngineCommand::SetParams(Box::new(hand))).unwrap();
    bench.until("a fall by hand", |b| b.snapshot.falls.len() == 2);
    // One epoch beyond the plan, and a batch.
    bench.session.send(EngineCommand::RunTo(5)).unwrap();
    bench.until("the end of the plan and an epoch", rests(5));
    bench.session.send(EngineCommand::StepBatch).unwrap();
    bench.until("a batch", |b| b.snapshot.epoch == 6);
    let left = Arc::clone(&bench.snapshot);
    assert_eq!(left.falls.iter().map(|fall| fall.epochs).collect::<Vec<_>>(), [0.0, 1.0, 2.25]);
    let whats: Vec<_> = left.changes.iter().map(|change| (change.epochs, &change.what)).collect();
    assert!(matches!(
        whats[..],
        [
            (1.0, What::Killed(3)),
            (1.0, What::Killed(5)),
            (2.25, What::Parameter { key: "sigma", .. }),
            (4.0, What::PlanDone)
        ]
    ));
    drop(bench);

    let store = Store::at(folder.path()).unwrap();
    let summary = store.list().unwrap().pop().unwrap();
    assert_eq!(summary.falls, *left.falls, "the summary tells them, too");
    let mut bench = Bench::new(folder.path(), &small(), false);
    bench.store_thread.send(RunCommand::Open(summary.id)).unwrap();
    let opened = Box::new(bench.opened());
    bench.session.send(EngineCommand::Resume(opened)).unwrap();
    bench.until("opened", |b| b.snapshot.generation > 1);
    let back = Arc::clone(&bench.snapshot);
    assert_eq!((&back.falls, &back.changes), (&left.falls, &left.changes));
    // It rests in an epoch; the moment that is left is the end of the one before.
    assert_eq!(back.timeline.epochs, [5]);
    assert_eq!(back.timeline.scores[0], left.timeline.scores[5]);
    bench.session.send(ViewRequest::LookAt(Some(5))).unwrap();
    bench.until("a look back", |b| b.snapshot.looking_at == Some(5));
    let reached = bench.snapshot.examined[0].scores;
    assert_eq!(reached, left.timeline.scores[5][0].1, "the moment is what it was, to the last bit");
}

#[test]
fn a_run_that_was_cut_off_is_offered_at_the_next_start_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut experiment = crate::training::Experiment::new(&small()).unwrap();
    experiment.step().unwrap();
    let record = Record::new(small(), "window");
    let id = record.summary.id.clone();
    let checkpoint = Checkpoint {
        state: experiment.checkpoint(),
        run: Some(id.clone()),
        epochs: Vec::new(),
        falls: Vec::new(),
        protocol: small().into(),
    };
    let update =
        Update { summary: Some(record.summary), epochs: Vec::new(), checkpoint: Some((0.25, checkpoint.encode())) };
    store.put(&id, &update).unwrap();
    for offered in [true, false] {
        let mut bench = Bench::new(folder.path(), &small(), false);
        bench.until("the list", |b| b.view.version > 0 && !b.view.entries.is_empty());
        let recovered = |e: &RunEvent| matches!(e, RunEvent::Recovered(run) if run.id == id);
        assert_eq!(bench.events.iter().any(recovered), offered);
        assert_eq!(bench.view.entry(&id).unwrap().summary.state, State::Interrupted);
    }
}

#[test]
fn only_one_window_goes_on_with_a_run_until_it_lets_it_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(folder.path(), &small(), true);
    bench.until("two epochs", |b| b.snapshot.epoch > 2);
    drop(bench);
    let store = Store::at(folder.path()).unwrap();
    let id = store.list().unwrap()[0].id.clone();
    let mut first = Bench::new(folder.path(), &small(), false);
    let mut second = Bench::new(folder.path(), &small(), false);
    first.store_thread.send(RunCommand::Open(id.clone())).unwrap();
    let opened = first.opened();
    assert!(opened.run.is_some());
    let refused = |b: &Bench| {
        b.events.iter().any(|e| {
            matches!(e, RunEvent::Refused(why @ Error::InUse { run, .. }) if *run == id
            && why.to_string().contains("another Misfit"))
        })
    };
    second.store_thread.send(RunCommand::Open(id.clone())).unwrap();
    second.until("refused", refused);
    // Looked at is as good as learnt on; what begins anew lets it go.
    first.session.send(EngineCommand::Resume(Box::new(opened))).unwrap();
    first.until("resumed", |b| b.snapshot.generation > 1);
    first.session.send(EngineCommand::Run).unwrap();
    first.until("an epoch more", |b| b.snapshot.running && b.snapshot.epoch > 4);
    second.events.clear();
    second.store_thread.send(RunCommand::Open(id.clone())).unwrap();
    second.until("refused again", refused);
    for (at, epoch) in [(3, 1), (4, 1)] {
        // Once the run is put away, to be taken back; after the second time it is let go.
        first.session.send(EngineCommand::Restart(Box::new(small().with(|p| p.learning.seed = 9).into()))).unwrap();
        first.until("anew", |b| b.snapshot.generation == at && b.snapshot.epoch > epoch);
    }
    let start = Instant::now();
    while store.is_held(&id) {
        assert!(start.elapsed() < Duration::from_mins(1), "it is never let go");
        std::thread::sleep(Duration::from_millis(10));
    }
    second.events.clear();
    second.store_thread.send(RunCommand::Open(id.clone())).unwrap();
    assert_eq!(second.opened().run.map(|run| run.id), Some(id));
}

#[test]
fn a_run_that_is_taken_back_goes_on_in_its_own_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(folder.path(), &small(), true);
    let on_screen = |b: &Bench| b.snapshot.record.clone().unwrap();
    bench.until("three epochs", |b| b.snapshot.epoch > 3);
    let first = on_screen(&bench);
    assert_eq!(first.last[0].epoch, first.epochs);
    bench.session.send(EngineCommand::Restart(Box::new(small().with(|p| p.learning.seed = 2).into()))).unwrap();
    bench.until("new weights", |b| b.snapshot.generation == 2 && b.snapshot.epoch > 2);
    assert_ne!(on_screen(&bench).id, first.id);
    bench.session.send(EngineCommand::TakeBack).unwrap();
    bench.until("taken back", |b| b.snapshot.generation == 3);
    assert_eq!(on_screen(&bench).id, first.id, "the list marks the run on screen before anything is written");
    let epoch = bench.snapshot.epoch;
    assert!(epoch > 2 && !bench.snapshot.running);
    bench.session.send(EngineCommand::Run).unwrap();
    bench.until("two more epochs", |b| b.snapshot.epoch > epoch + 2);
    drop(bench);
    let store = Store::at(folder.path()).unwrap();
    let runs = store.list().unwrap();
    assert_eq!(
        runs.iter().map(|run| run.params().unwrap().learning.seed).collect::<Vec<_>>(),
        [1, 2],
        "two runs, not three"
    );
    let record = store.get(&runs[0].id).unwrap().unwrap();
    assert!(record.summary.epochs > epoch && record.epochs.iter().map(|e| e.epoch).eq(1..=record.summary.epochs));
    let (checkpoint, _) = store.checkpoint(&runs[0].id).unwrap().unwrap();
    let mut whole = crate::training::Experiment::new(&small()).unwrap();
    while (whole.epoch(), whole.checkpoint().batch) != (checkpoint.state.epoch, checkpoint.state.batch) {
        whole.step().unwrap();
    }
    assert_eq!(whole.checkpoint().learners[0].teacher, checkpoint.state.learners[0].teacher);
}

#[test]
fn a_run_that_branches_off_from_the_past_leaves_the_one_before_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(folder.path(), &small().with(|p| p.learning.epochs = 4), true);
    bench.until("the end of the plan", |b| b.snapshot.timeline.epochs.len() > 4);
    bench.session.send(EngineCommand::Pause).unwrap();
    bench.until("a pause", |b| !b.snapshot.running);
    bench.session.send(ViewRequest::LookAt(Some(2))).unwrap();
    bench.until("a look at the past", |b| b.snapshot.looking_at == Some(2));
    bench.session.send(EngineCommand::Branch).unwrap();
    bench.until("an epoch of the branch", |b| b.snapshot.looking_at.is_none() && b.snapshot.epoch > 3);
    drop(bench);
    let store = Store::at(folder.path()).unwrap();
    let runs = store.list().unwrap();
    assert_eq!(runs.len(), 2);
    let (before, branch) = match &runs[..] {
        [a, b] if a.tags.contains_key("from") => (b, a),
        [a, b] => (a, b),
        _ => unreachable!(),
    };
    assert!(before.epochs >= 4, "{before:?}");
    assert_eq!(branch.tags["from"], format!("{}, epoch 2", before.id));
    let record = store.get(&branch.id).unwrap().unwrap();
    assert!(record.epochs.len() > 2 && record.epochs.iter().map(|e| e.epoch).eq(1..=record.summary.epochs));
    assert_eq!(record.epochs[..2], store.get(&before.id).unwrap().unwrap().epochs[..2]);
    assert!(store.checkpoint(&before.id).unwrap().is_some(), "the run before can still be gone on with");
}

#[test]
fn a_network_from_a_file_begins_a_run_of_its_own_and_the_one_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.nir");
    let mut bench = Bench::new(folder.path(), &small(), true);
    bench.until("three epochs", |b| b.snapshot.epoch > 3);
    let export = EngineCommand::ExportNir {
        path: file.clone(),
        lane: Lane::InTheLoop,
        form: crate::session::messages::Form::Nominal,
    };
    bench.session.send(export).unwrap();
    bench.session.send(EngineCommand::LoadNir { path: file, params: Box::new(small()) }).unwrap();
    bench.until("the network", |b| b.snapshot.generation == 2);
    bench.session.send(EngineCommand::Run).unwrap();
    bench.until("two epochs", |b| b.snapshot.epoch > 2);
    drop(bench);
    let runs = Store::at(folder.path()).unwrap().list().unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs[0].epochs >= 3, "{} epochs are left of the run before", runs[0].epochs);
    assert_eq!(runs[1].tags["from"], "a network from a file");
}

#[test]
fn the_list_says_of_the_run_on_screen_what_is_known_and_of_others_what_is_kept() {
    let [kept, on_screen] = ["kept", "on_screen"].map(|name| {
        let mut record = Record::new(small(), "window");
        name.clone_into(&mut record.summary.id);
        record
    });
    let entries = [&kept, &on_screen].map(|record| Arc::new(Entry::new(record.summary.clone()))).to_vec();
    let mut view = RunsView { entries, ..RunsView::default() };
    let known = Current { id: on_screen.summary.id.clone(), epochs: 7, last: Vec::new() };
    assert!(view.is_behind(Some(&known)) && !view.is_behind(None));
    view.follow(Some(&known));
    assert!(!view.is_behind(Some(&known)) && view.followed == 1);
    assert_eq!(view.entries.iter().map(|entry| entry.summary.epochs).collect::<Vec<_>>(), [0, 7]);
    assert_eq!(view.current.as_ref(), Some(&known.id));
    // A run of which nothing is written is not listed, and no other one is marked in its place.
    let new = Current { id: "new".into(), ..known };
    view.follow(Some(&new));
    assert!(!view.is_behind(Some(&new)) && view.current == Some(new.id));
}

#[test]
fn pinned_runs_are_grouped_by_setting_and_an_edit_shows_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut ids = Vec::new();
    for (seed, sigma, changed) in [(1, 0.2, false), (2, 0.2, false), (1, 0.4, false), (3, 0.2, true)] {
        let params = small().with(|p| (p.learning.seed, p.chip.sigma, p.learning.epochs) = (seed, sigma, 1));
        let mut experiment = crate::training::Experiment::new(&params).unwrap();
        let mut record = Record::new(&params, "sweep");
        while !experiment.is_finished() {
            record.append_epoch(&experiment.step().unwrap().epoch_done.unwrap_or_default());
        }
        if changed {
            record.summary.changes.push(crate::store::Changed { epochs: 0.5, what: "sigma=30".into() });
        }
        ids.push(record.summary.id.clone());
        let update = Update { summary: Some(record.summary), epochs: record.epochs, checkpoint: None };
        store.put(&ids[ids.len() - 1], &update).unwrap();
    }
    let mut bench = Bench::new(folder.path(), &small(), false);
    for id in &ids {
        bench.store_thread.send(RunCommand::Pin(id.clone(), true)).unwrap();
    }
    bench.until("four pinned", |b| b.view.groups.len() == 3);
    let view = Arc::clone(&bench.view);
    let members: Vec<&[usize]> = view.groups.iter().map(|g| g.runs.as_slice()).collect();
    assert_eq!(members, [&[0, 1][..], &[2], &[3]], "a run that was changed on the way is no repeat of the others");
    let keys: Vec<&str> = view.differing.iter().map(|d| d.0).collect();
    assert_eq!(keys, ["seed", "sigma", CHANGES]);
    assert_eq!(view.differing[2].1, ["–", "–", "–", "0.50:sigma=30"]);
    let lane = Lane::InTheLoop as usize;
    let records: Vec<Record> = ids[..2].iter().map(|id| store.get(id).unwrap().unwrap()).collect();
    let mean =
        |number: fn(&EpochReport) -> f64| records.iter().map(|r| number(&r.epochs[0].lanes[0])).sum::<f64>() / 2.0;
    let group = &view.groups[0];
    for (curves, mean) in [(&group.accuracy, mean(|l| 100.0 * l.test_accuracy)), (&group.loss, mean(|l| l.test_loss))] {
        assert_eq!((curves.runs[lane].len(), curves.median[lane].len()), (2, 1));
        assert!((curves.median[lane][0][1] - mean).abs() < 1e-9, "the median of two is their mean");
    }
    assert!(view.groups[1].loss.median[lane].is_empty() && view.groups[1].loss.runs[lane][0].len() == 1);

    bench.store_thread.send(RunCommand::Edit(ids[2].clone(), RunEdit::Name("mine".into()))).unwrap();
    bench.until("the name", |b| b.view.entry(&ids[2]).is_some_and(|e| e.summary.name == "mine"));
    bench.store_thread.send(RunCommand::Edit(ids[2].clone(), RunEdit::Deleted(true))).unwrap();
    bench.until("unpinned", |b| b.view.pinned.len() == 3);
    // Another program names a run: seen without asking.
    store.edit(&ids[0], |run| run.starred = true).unwrap();
    bench.until("the star", |b| b.view.entry(&ids[0]).is_some_and(|e| e.summary.starred));
}

#[test]
fn without_a_store_learning_goes_on_and_a_checkpoint_file_can_be_written_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (file, path) = (folder.path().join("file"), folder.path().join("run.misfit"));
    std::fs::write(&file, b"").unwrap();
    let mut bench = Bench::new(&file, &small(), true);
    bench.until("a problem", |b| b.view.problem.is_some());
    assert!(bench.view.problem.as_ref().unwrap().to_string().contains("file"));
    bench.until("an epoch", |b| b.snapshot.epoch > 1);
    bench.session.send(EngineCommand::SaveCheckpoint(path.clone())).unwrap();
    bench.until("saved", |b| b.events.contains(&RunEvent::Saved(path.clone())));
    bench.store_thread.send(RunCommand::OpenFile(path)).unwrap();
    let opened = bench.opened();
    assert!(opened.run.is_none() && opened.checkpoint.as_ref().unwrap().epoch() >= 1);
    bench.session.send(EngineCommand::SaveCheckpoint("/no/such/folder/x.misfit".into())).unwrap();
    bench.until("refused", |b| {
        b.events.iter().any(|e| matches!(e, RunEvent::Refused(why) if why.to_string().contains("/no/such/folder")))
    });
}
