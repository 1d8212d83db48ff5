use super::*;
use crate::params::{LaneKind, Params};
use crate::store::{Ending, LaneEpoch, Record, State};

fn epoch(n: usize) -> Epoch {
    let lane = LaneEpoch {
        lane: LaneKind::InTheLoop,
        train_loss: 1.0 / n as f64,
        train_accuracy: 0.1 + 0.2,
        test_loss: 0.5,
        test_accuracy: 0.9 - 0.5 / n as f64,
        hidden_spikes: 40.0,
        lost_events: 0,
        seconds: 1.0,
    };
    Epoch { epoch: n, lanes: vec![lane] }
}

fn run(name: &str) -> Record {
    let mut record = Record::new(&Params::default().with(|p| p.chip.number = 3), "train");
    record.summary.name = name.into();
    record
}

fn put(store: &Store, record: &mut Record, epochs: std::ops::RangeInclusive<usize>) {
    let new: Vec<Epoch> = epochs.map(epoch).collect();
    for e in &new {
        record.append(e.clone());
    }
    let update = Update { summary: Some(record.summary.clone()), epochs: new, checkpoint: None, by: None };
    store.put(&record.summary.id, &update).unwrap();
}

#[test]
fn a_run_is_found_again_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(&folder.path().join("new/er")).unwrap();
    let mut record = run("first");
    put(&store, &mut record, 1..=3);
    assert_eq!(store.get(&record.summary.id).unwrap().unwrap(), record);
    put(&store, &mut record, 2..=2);
    assert_eq!(store.get(&record.summary.id).unwrap().unwrap().epochs, [epoch(1), epoch(2)], "a resumption");
    record.finish(Ending::Finished);
    put(&store, &mut record, 3..=4);
    let again = Store::at(&folder.path().join("new/er")).unwrap();
    assert_eq!(again.list().unwrap(), [record.summary.clone()]);
    assert_eq!(again.get(&record.summary.id).unwrap().unwrap(), record);
    assert_eq!(again.get("nobody").unwrap(), None);
    assert_eq!(again.resolve("first").unwrap(), record.summary);
    assert_eq!(again.resolve(&record.summary.id[..18]).unwrap(), record.summary);
    assert!(again.resolve("2").unwrap_err().to_string().contains("no run `2`"));
    assert!(again.put("nobody", &Update::default()).unwrap_err().to_string().contains("no run"));
}

#[test]
fn what_the_user_changes_meanwhile_is_not_overwritten_by_training() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("");
    put(&store, &mut record, 1..=1);
    let id = record.summary.id.clone();
    store
        .edit(&id, |s| (s.starred, s.name, s.note, s.deleted) = (true, "mine".into(), "good".into(), Some(5)))
        .unwrap();
    put(&store, &mut record, 2..=2);
    let kept = store.get(&id).unwrap().unwrap().summary;
    assert_eq!((kept.starred, kept.name.as_str(), kept.note.as_str(), kept.deleted), (true, "mine", "good", Some(5)));
    assert_eq!(kept.epochs, 2);
}

#[test]
fn deleted_runs_can_be_had_back_until_they_are_purged() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut records = [run("old"), run("new"), run("kept")];
    for record in &mut records {
        put(&store, record, 1..=2);
        store.put(&record.summary.id, &Update { checkpoint: Some((2.0, vec![7; 5000])), ..Update::default() }).unwrap();
    }
    store.edit(&records[0].summary.id, |s| s.deleted = Some(100)).unwrap();
    store.edit(&records[1].summary.id, |s| s.deleted = Some(200)).unwrap();
    assert_eq!(store.purge(150).unwrap(), 1);
    assert_eq!(store.purge(150).unwrap(), 0);
    assert_eq!(store.get(&records[0].summary.id).unwrap(), None);
    let back = store.edit(&records[1].summary.id, |s| s.deleted = None).unwrap();
    assert_eq!((back.deleted, back.name.as_str()), (None, "new"));
    assert_eq!(store.get(&records[1].summary.id).unwrap().unwrap().epochs, [epoch(1), epoch(2)]);
    assert!(store.checkpoint(&records[0].summary.id).unwrap().is_none());
    // The bytes of the others are no checkpoint, and it is said which.
    let error = store.checkpoint(&records[2].summary.id).unwrap_err().to_string();
    assert!(error.contains("runs.redb") && error.contains("not a checkpoint"), "{error}");
}

#[test]
fn many_programs_write_one_store_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    Store::at(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for k in 0..6 {
            let folder = folder.path();
            // A store of its own for each, as for programs of their own.
            scope.spawn(move || {
                let store = Store::at(folder).unwrap();
                let mut record = run(&format!("run {k}"));
                (1..=8).for_each(|n| put(&store, &mut record, n..=n));
            });
        }
    });
    let store = Store::at(folder.path()).unwrap();
    let all = store.list().unwrap();
    assert_eq!(all.len(), 6);
    for summary in all {
        let expected: Vec<Epoch> = (1..=8).map(epoch).collect();
        assert_eq!(store.get(&summary.id).unwrap().unwrap().epochs, expected);
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone_and_both_versions_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let database = Database::open(store.file()).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(ABOUT).unwrap().insert("schema", 7).unwrap();
    txn.commit().unwrap();
    drop(database);
    let before = std::fs::read(store.file()).unwrap();
    for error in [
        Store::at(folder.path()).unwrap_err(),
        store.list().unwrap_err(),
        store.put("x", &Update { summary: Some(run("x").summary), ..Update::default() }).unwrap_err(),
    ] {
        let text = error.to_string();
        for part in ["runs.redb", "version 7", "knows 1", "--store"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert!(std::fs::read(store.file()).unwrap() == before, "not a byte has changed");
}

#[test]
fn a_store_that_is_cut_off_or_no_store_is_named_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("first");
    put(&store, &mut record, 1..=20);
    let bytes = std::fs::read(store.file()).unwrap();
    let opened = |bytes: &[u8]| {
        std::fs::write(store.file(), bytes).unwrap();
        Store::at(folder.path()).and_then(|store| store.list())
    };
    for end in [1, 17, 100, 511, 4096, 5000, 8192, 20_000, bytes.len() / 2, bytes.len() - 4096] {
        match opened(&bytes[..end]) {
            // What is missing may have been empty.
            Ok(runs) => assert!(runs.len() <= 1, "cut at {end}"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("runs.redb") && text.contains("--store"), "cut at {end}: {text}");
            }
        }
    }
    let error = opened(b"These are the notes of somebody else, and far longer than a magic number.").unwrap_err();
    assert!(error.to_string().contains("runs.redb"), "{error}");
    assert_eq!(opened(&bytes).unwrap().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::at(&file.join("store")).unwrap_err().to_string();
    assert!(error.contains("runs.redb") && error.contains("cannot create"), "{error}");
}

#[test]
fn a_run_is_abandoned_when_its_program_is_gone_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let session = store.session().unwrap();
    let mut record = run("alive");
    record.summary.session = Some(session.name().to_owned());
    put(&store, &mut record, 1..=1);
    assert_eq!(store.abandoned().unwrap(), []);
    drop(session);
    let found = store.abandoned().unwrap();
    assert_eq!((found.len(), found[0].state), (1, State::Interrupted));
    assert_eq!(store.abandoned().unwrap(), [], "once is enough");
    // Whoever takes it in hand is the only one, and as good as learning when killed.
    let (first, second) = (store.session().unwrap(), store.session().unwrap());
    let id = record.summary.id.as_str();
    store.claim(id, &first).unwrap();
    store.claim(id, &first).unwrap();
    let refused = Err(Error::InUse { run: id.to_owned(), process: Some(std::process::id()).filter(|_| cfg!(unix)) });
    assert_eq!(store.claim(id, &second).map(drop), refused);
    let update = |by: &Session| Update { by: Some(by.name().to_owned()), epochs: vec![epoch(2)], ..Update::default() };
    assert_eq!(store.put(id, &update(&second)), refused);
    store.put(id, &update(&first)).unwrap();
    assert_eq!(store.abandoned().unwrap(), []);
    drop(first);
    assert_eq!(store.abandoned().unwrap().len(), 1, "it is offered again");
    store.claim(id, &second).unwrap();
    store.release(id, "somebody else").unwrap();
    assert_eq!(store.summary(id).unwrap().unwrap().session.as_deref(), Some(second.name()));
    store.release(id, second.name()).unwrap();
    drop(second);
    assert_eq!(store.abandoned().unwrap(), [], "it was let go in peace");
}

#[test]
fn imported_runs_are_added_once_and_replaced_only_by_one_that_knows_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("swept");
    (1..=2).for_each(|n| record.append(epoch(n)));
    let count = |new, updated, known| Imported { new, updated, known };
    assert_eq!(store.import(std::slice::from_ref(&record)).unwrap(), count(1, 0, 0));
    assert_eq!(store.import(std::slice::from_ref(&record)).unwrap(), count(0, 0, 1));
    store.edit(&record.summary.id, |s| s.name = "mine".into()).unwrap();
    let mut more = record.clone();
    more.append(epoch(3));
    more.finish(Ending::Finished);
    assert_eq!(store.import(&[more.clone(), run("other")]).unwrap(), count(1, 1, 0));
    assert_eq!(store.import(&[record]).unwrap(), count(0, 0, 1), "an older copy");
    let kept = store.get(&more.summary.id).unwrap().unwrap();
    assert_eq!((kept.epochs.len(), kept.summary.name.as_str()), (3, "mine"));
}
