use super::*;
use crate::base::files::faults;
use crate::params::{Lane, Params};
use crate::store::{Ending, Epoch};
use crate::training::metrics::EpochReport;

fn epoch(n: usize) -> Epoch {
    let lane = EpochReport {
        epoch: n,
        lane: Lane::InTheLoop,
        train_loss: 1.0 / n as f64,
        train_accuracy: 0.1 + 0.2,
        test_loss: 0.5,
        test_accuracy: 0.9 - 0.5 / n as f64,
        hidden_spikes: 40.0,
        lost_events: 0,
        flat: 0.0,
        seconds: 1.0,
    };
    Epoch { epoch: n, lanes: vec![lane] }
}

fn run(name: &str) -> Record {
    let mut record = Record::new(Params::default().with(|p| p.chip.number = 3), "train");
    record.summary.name = name.into();
    record
}

fn put(store: &Store, record: &mut Record, epochs: std::ops::RangeInclusive<usize>) {
    let new: Vec<Epoch> = epochs.map(epoch).collect();
    for e in &new {
        record.append(e.clone());
    }
    let update = Update { summary: Some(record.summary.clone()), epochs: new, checkpoint: None };
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
    assert!(error.contains("checkpoint.safetensors") && error.contains("not a checkpoint"), "{error}");
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
fn a_run_of_a_newer_version_is_left_alone_and_both_versions_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("newer");
    put(&store, &mut record, 1..=1);
    let id = record.summary.id.as_str();
    let file = folder.path().join(id).join(SUMMARY);
    let text = std::fs::read_to_string(&file).unwrap().replace("\"misfit_run\": 1", "\"misfit_run\": 7");
    std::fs::write(&file, &text).unwrap();
    for error in [
        store.summary(id).unwrap_err(),
        store.get(id).unwrap_err(),
        store.resolve(id).unwrap_err(),
        store.edit(id, |run| run.starred = true).unwrap_err(),
        store.put(id, &Update { summary: Some(record.summary.clone()), ..Update::default() }).unwrap_err(),
    ] {
        let text = error.to_string();
        for part in [SUMMARY, "version 7", "knows 1", "--store"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert_eq!(store.list().unwrap(), []);
    assert!(std::fs::read_to_string(&file).unwrap() == text, "not a byte has changed");
}

#[test]
fn epochs_cut_off_anywhere_read_up_to_the_last_whole_line_and_go_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("torn");
    put(&store, &mut record, 1..=3);
    let id = &record.summary.id.clone();
    let file = folder.path().join(id).join("epochs.jsonl");
    let whole = std::fs::read(&file).unwrap();
    for end in 0..=whole.len() {
        std::fs::write(&file, &whole[..end]).unwrap();
        let lines = whole[..end].split(|b| *b == b'\n').count() - 1;
        assert_eq!(store.get(id).unwrap().unwrap().epochs, record.epochs[..lines], "cut at {end}");
    }
    std::fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    let mut held = store.claim(id).unwrap();
    for n in [3, 4] {
        record.append(epoch(n));
        let summary = Some(record.summary.clone());
        held.put(&Update { summary, epochs: vec![epoch(n)], checkpoint: None }).unwrap();
    }
    assert_eq!(store.get(id).unwrap().unwrap(), record);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 4);
}

/// Prints the time; run it with `--ignored --nocapture`.
#[test]
#[ignore = "it makes 5,000 folders"]
fn five_thousand_runs_are_listed_in_half_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("model");
    put(&store, &mut record, 1..=1);
    let model = folder.path().join(&record.summary.id);
    let text = std::fs::read_to_string(model.join(SUMMARY)).unwrap();
    for k in 1..5000 {
        let id = format!("run-{k}");
        let path = folder.path().join(&id);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(SUMMARY), text.replace(&record.summary.id, &id)).unwrap();
        std::fs::copy(model.join("experiment.toml"), path.join("experiment.toml")).unwrap();
    }
    std::thread::sleep(YOUNG);
    for time in ["first", "again"] {
        let start = std::time::Instant::now();
        assert_eq!(store.list().unwrap().len(), 5000);
        println!("{time}: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(500));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::at(&file.join("store")).unwrap_err().to_string();
    assert!(error.contains("store") && error.contains("cannot create"), "{error}");
}

#[test]
fn a_run_is_abandoned_when_its_program_is_gone_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("alive");
    put(&store, &mut record, 1..=1);
    let id = record.summary.id.as_str();
    let mut first = store.claim(id).unwrap();
    assert_eq!(store.abandoned().unwrap(), []);
    let update = Update { epochs: vec![epoch(2)], ..Update::default() };
    let process = Some(std::process::id()).filter(|_| cfg!(unix));
    let refused = Err(Error::InUse { run: id.to_owned(), process });
    assert_eq!(store.claim(id).map(drop), refused);
    assert_eq!(store.put(id, &update), refused);
    first.put(&update).unwrap();
    drop(first);
    let found = store.abandoned().unwrap();
    assert_eq!((found.len(), found[0].state, found[0].epochs), (1, State::Interrupted, 2));
    assert_eq!(store.abandoned().unwrap(), [], "once is enough");
    // A program that was killed while it held the run leaves its number.
    std::fs::write(folder.path().join(id).join("lock"), "1").unwrap();
    assert_eq!(store.abandoned().unwrap().len(), 1, "it is offered again");
    drop(store.claim(id).unwrap());
    assert_eq!(store.abandoned().unwrap(), [], "it was let go in peace");
}

#[test]
fn imported_runs_are_added_once_and_replaced_only_by_one_that_knows_more() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [store, from] = [&folder, &elsewhere].map(|f| Store::at(f.path()).unwrap());
    let mut record = run("swept");
    put(&from, &mut record, 1..=2);
    let count = |new, updated, known| Imported { new, updated, known };
    let import = || store.import(elsewhere.path()).unwrap().0;
    assert_eq!(import(), count(1, 0, 0));
    assert_eq!(import(), count(0, 0, 1));
    store.edit(&record.summary.id, |s| s.name = "mine".into()).unwrap();
    record.finish(Ending::Finished);
    put(&from, &mut record, 3..=3);
    put(&from, &mut run("other"), 1..=1);
    assert_eq!(import(), count(1, 1, 0));
    let kept = store.get(&record.summary.id).unwrap().unwrap();
    assert_eq!((kept.epochs.len(), kept.summary.name.as_str()), (3, "mine"));
    put(&store, &mut record, 4..=4);
    assert_eq!(import(), count(0, 0, 2), "an older copy");
}

/// What was reported as saved of a run: epochs, and the epoch of the checkpoint.
#[derive(Debug, Default)]
struct Reported {
    epochs: usize,
    checkpoint: f64,
    starred: bool,
}

/// Learns up to eight epochs of a run with a checkpoint every second one, and marks it; what was said to be done.
fn keep_as_far_as_possible(store: &Store, record: &mut Record, checkpoint: &[u8]) -> Reported {
    let mut reported = Reported::default();
    let mut writer = None;
    let mut pending = Vec::new();
    for n in 1..=8 {
        record.append(epoch(n));
        pending.push(epoch(n));
        let saved = (n % 2 == 0).then(|| (n as f64, checkpoint.to_vec()));
        let update = Update { summary: Some(record.summary.clone()), epochs: pending.clone(), checkpoint: saved };
        let held = match writer.take() {
            Some(held) => Ok(held),
            None => store.create(&record.summary.id),
        };
        if held.and_then(|held| writer.insert(held).put(&update)).is_ok() {
            reported.epochs = n;
            reported.checkpoint = update.checkpoint.map_or(reported.checkpoint, |(at, _)| at);
            pending.clear();
        }
        if n == 5 {
            reported.starred = store.edit(&record.summary.id, |run| run.starred = true).is_ok();
        }
    }
    reported
}

/// Every write, sync, rename, lock and new folder in turn: that one alone, and all from there on.
#[test]
fn whatever_change_of_a_file_fails_nothing_that_was_reported_as_saved_is_lost() {
    let params = Params::default().with(|p| (p.network.hidden, p.task.train_samples) = (2, 16));
    let state = crate::training::Experiment::new(&params).unwrap().checkpoint();
    let checkpoint =
        Checkpoint { state, run: None, epochs: Vec::new(), falls: Vec::new(), protocol: params.into() }.encode();
    for dead in [false, true] {
        let mut at = 1;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::at(folder.path()).unwrap();
            let mut record = run("frail");
            faults::inject(at, dead);
            let reported = keep_as_far_as_possible(&store, &mut record, &checkpoint);
            let changes = faults::end();
            let place = format!("change {at} of {changes}, dead: {dead}: {reported:?}");

            // The next start reads the store, as far as it was said to be written.
            let store = Store::at(folder.path()).unwrap();
            store.purge(0).unwrap();
            store.abandoned().unwrap();
            let id = &record.summary.id.clone();
            let found = store.get(id).unwrap();
            assert_eq!(store.list().unwrap().len(), usize::from(found.is_some()), "{place}");
            let (epochs, starred) = found.as_ref().map_or((0, false), |r| (r.epochs.len(), r.summary.starred));
            assert!(epochs >= reported.epochs && (starred || !reported.starred), "{place}: {epochs} epochs");
            if let Some(found) = &found {
                assert!(found.epochs.iter().map(|e| e.epoch).eq(1..=found.summary.epochs), "{place}");
            }
            let whole = store.checkpoint(id).unwrap();
            let saved = found.and_then(|r| r.summary.checkpoint).unwrap_or(0.0);
            assert!(saved >= reported.checkpoint, "{place}: a checkpoint after {saved}");
            assert!(whole.is_some() || reported.checkpoint == 0.0, "{place}");
            assert!(whole.is_none_or(|(_, damage)| damage.is_none()), "{place}");

            // With room again the run goes on to its end.
            record.append(epoch(9));
            let update = Update {
                summary: Some(record.summary.clone()),
                epochs: record.epochs.clone(),
                checkpoint: Some((9.0, checkpoint.clone())),
            };
            store.put(id, &update).unwrap();
            let after = store.get(id).unwrap().unwrap();
            assert_eq!((after.epochs, after.summary.checkpoint), (record.epochs, Some(9.0)), "{place}");
            if at > changes {
                assert_eq!((reported.epochs, reported.checkpoint, reported.starred), (8, 8.0, true), "nothing failed");
                assert!(changes > 60, "only {changes} changes of files");
                break;
            }
            at += 1;
        }
    }
}

#[test]
fn what_killed_programs_have_left_is_removed_a_day_later_and_runs_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let mut record = run("kept");
    put(&store, &mut record, 1..=1);
    let then = SystemTime::now() - Duration::from_hours(25);
    let make = |name: &str, files: &[&str]| {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        for file in files {
            std::fs::File::create(path.join(file)).unwrap().set_modified(then).unwrap();
        }
        path
    };
    let left = [make(".gone-x", &["epochs.jsonl"]), make("empty", &["lock", "experiment.toml", ".tmp-misfit-1"])];
    let stay = [make("foreign", &["data"]), make("begun", &["lock", "checkpoint.safetensors"])];
    store.purge(0).unwrap();
    assert!(left.iter().all(|path| !path.exists()) && stay.iter().all(|path| path.exists()));
    assert_eq!(store.list().unwrap(), [record.summary]);
}

#[test]
fn runs_of_editors_and_of_early_versions_are_imported_and_what_is_broken_is_named() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, other) = (Store::at(folder.path()).unwrap(), Store::at(elsewhere.path()).unwrap());
    let [mut marked, mut cut, mut damaged] = ["marked", "cut", "damaged"].map(run);
    for record in [&mut marked, &mut cut, &mut damaged] {
        put(&other, record, 1..=3);
    }
    let place = |record: &Record, name: &str| elsewhere.path().join(&record.summary.id).join(name);
    // Some editors put a mark in front of every text.
    for name in ["summary.json", "epochs.jsonl", "experiment.toml"] {
        let text = std::fs::read_to_string(place(&marked, name)).unwrap();
        std::fs::write(place(&marked, name), format!("\u{feff}{text}")).unwrap();
    }
    std::fs::remove_file(place(&cut, "summary.json")).unwrap();
    other.edit(&damaged.summary.id, |summary| summary.checkpoint = Some(3.0)).unwrap();
    std::fs::write(place(&damaged, "checkpoint.safetensors"), b"destroyed").unwrap();
    // One file, as early versions exported a run.
    let early = Summary { id: "20261130-022620906-c80356".into(), ..marked.summary.clone() };
    let lines: Vec<String> = (1..=3).map(|n| serde_json::json!(epoch(n)).to_string()).collect();
    let head = serde_json::json!({"misfit_run": 1, "run": early});
    let text = format!("\u{feff}{head}\n{}\n", lines.join("\n"));
    std::fs::write(elsewhere.path().join("early.run.jsonl"), text).unwrap();

    let (n, errors) = store.import(elsewhere.path()).unwrap();
    assert_eq!((n.new, n.updated, n.known), (3, 0, 0));
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().any(|why| why.contains(&cut.summary.id) && why.contains("summary.json")), "{errors:?}");
    assert!(errors.iter().any(|why| why.contains(&damaged.summary.id) && why.contains("checkpoint")), "{errors:?}");
    for id in [&marked.summary.id, &early.id] {
        assert_eq!(store.get(id).unwrap().unwrap().epochs, [epoch(1), epoch(2), epoch(3)]);
    }
    assert_eq!(store.summary(&damaged.summary.id).unwrap().unwrap().checkpoint, None);
}
