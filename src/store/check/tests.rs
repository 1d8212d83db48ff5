use super::*;
use crate::params::{Lane, Params};
use crate::store::{Ending, Update};
use crate::training::Experiment;

/// A store with one finished run of four epochs, and checkpoints after the third and the fourth.
fn store(folder: &Path) -> (Store, Record) {
    let params = Params::default().with(|p| {
        (p.network.hidden, p.network.substeps, p.task.train_samples, p.learning.batch) = (4, 1, 32, 32);
        (p.learning.epochs, p.learning.threads, p.learning.lanes) = (4, 1, vec![Lane::InTheLoop]);
    });
    let store = Store::at(folder).expect("a store");
    let mut experiment = Experiment::new(&params).expect("an experiment");
    let mut record = Record::new(&params, "train");
    record.summary.name = "mine".into();
    let mut held = store.create(&record.summary.id).expect("a run");
    while !experiment.is_finished() {
        let reports = experiment.step().expect("a batch").epoch_done.expect("an epoch of one batch");
        record.append_epoch(&reports);
        if record.summary.epochs == 4 {
            record.finish(Ending::Finished);
        }
        let checkpoint = Checkpoint {
            state: experiment.checkpoint(),
            run: None,
            epochs: record.epochs.clone(),
            falls: Vec::new(),
            protocol: params.clone().into(),
        };
        let checkpoint = Some((record.summary.epochs as f64, checkpoint.encode()));
        record.summary.checkpoint = checkpoint.as_ref().map(|(at, _)| *at);
        let epochs = record.epochs.last().cloned().into_iter().collect();
        held.put(&Update { summary: Some(record.summary.clone()), epochs, checkpoint }).expect("written");
    }
    (store, record)
}

/// The words of what was found of the only run, and whether all of it can be repaired.
fn found(store: &Store, repair: bool) -> (Vec<String>, bool) {
    let checked = store.check(repair).expect("a store that can be read");
    assert_eq!(checked.len(), 1);
    let damage = &checked[0].damage;
    (damage.iter().map(|damage| damage.what.clone()).collect(), damage.iter().all(|damage| damage.remedy.is_some()))
}

/// Damages the run; a look says so and changes nothing, a repair saves what is left, and the next look finds nothing.
#[track_caller]
fn repaired(words: &[&str], damage: impl FnOnce(&Path)) -> (tempfile::TempDir, Record, Store, Record) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, record) = store(folder.path());
    assert_eq!(found(&store, false).0, [""; 0]);
    let path = folder.path().join(&record.summary.id);
    damage(&path);
    let files = || -> Vec<(PathBuf, Vec<u8>)> {
        let mut all: Vec<PathBuf> =
            std::fs::read_dir(&path).expect("a run").map(|e| e.expect("a file").path()).collect();
        all.sort();
        all.into_iter().map(|file| (file.clone(), std::fs::read(file).expect("bytes"))).collect()
    };
    let before = files();
    let (said, can_be) = found(&store, false);
    for word in words {
        assert!(said.iter().any(|what| what.contains(word)), "{word}: {said:?}");
    }
    assert!(can_be, "{said:?}");
    assert!(files() == before, "a look changes nothing");
    assert_eq!(found(&store, true).0, said);
    assert_eq!(found(&store, false).0, [""; 0], "after the repair");
    let after = store.get(&record.summary.id).expect("a run that can be read").expect("the run");
    (folder, record, store, after)
}

fn cut(file: &Path) {
    let bytes = std::fs::read(file).expect("a file");
    std::fs::write(file, &bytes[..bytes.len() - 7]).expect("written");
}

#[test]
fn a_broken_checkpoint_gives_way_to_the_one_before_it() {
    let (_folder, record, store, after) =
        repaired(&["checkpoint.safetensors", "lists"], |run| cut(&run.join(CHECKPOINT)));
    let (checkpoint, damage) = store.checkpoint(&record.summary.id).expect("one is whole").expect("a checkpoint");
    assert_eq!((checkpoint.epoch(), damage), (3, None));
    assert_eq!(after, Record { summary: Summary { checkpoint: Some(3.0), ..record.summary }, epochs: record.epochs });
}

#[test]
fn without_any_whole_checkpoint_the_curves_are_left() {
    let (_folder, record, store, after) = repaired(&["checkpoint.safetensors"], |run| {
        cut(&run.join(CHECKPOINT));
        cut(&previous(&run.join(CHECKPOINT)));
    });
    assert_eq!(store.checkpoint(&record.summary.id).expect("no damage"), None);
    assert_eq!((after.epochs, after.summary.checkpoint), (record.epochs, None));
}

#[test]
fn a_broken_last_line_is_cut_off_and_what_it_held_comes_from_the_checkpoint() {
    let (_folder, record, _, after) = repaired(&["epochs.jsonl", "line 4"], |run| cut(&run.join(EPOCHS)));
    assert_eq!(after, record);
}

#[test]
fn lines_that_are_no_epochs_cost_only_themselves_where_no_checkpoint_knows_them() {
    let (_folder, record, _, after) = repaired(&["epochs.jsonl", "2 lines", "line 2", "lists 4 epochs"], |run| {
        std::fs::remove_file(run.join(CHECKPOINT)).expect("removed");
        std::fs::remove_file(previous(&run.join(CHECKPOINT))).expect("removed");
        let text = std::fs::read_to_string(run.join(EPOCHS)).expect("lines");
        let lines: Vec<&str> = text.lines().collect();
        std::fs::write(run.join(EPOCHS), format!("{}\n\0\0\0\n{}\n{{\n", lines[0], lines[2])).expect("written");
    });
    assert_eq!(after.epochs, [record.epochs[0].clone(), record.epochs[2].clone()]);
    assert_eq!((after.summary.epochs, &after.summary.last), (3, &record.epochs[2].lanes));
}

#[test]
fn a_summary_or_an_experiment_that_is_lost_is_written_again_from_the_other_files() {
    let (_folder, record, _, after) = repaired(&["summary.json"], |run| cut(&run.join(SUMMARY)));
    assert_eq!((after.epochs, after.summary.checkpoint), (record.epochs, Some(4.0)));
    assert_eq!((after.summary.state, after.summary.experiment), (State::Interrupted, record.summary.experiment));

    let (_folder, record, _, after) = repaired(&["experiment.toml"], |run| {
        std::fs::remove_file(run.join(EXPERIMENT)).expect("removed");
    });
    assert_eq!(after, record, "the name is not lost");
}

#[test]
fn what_is_beyond_repair_is_named_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, record) = store(folder.path());
    let run = folder.path().join(&record.summary.id);
    let text = std::fs::read_to_string(run.join(SUMMARY)).expect("a summary");
    let newer = text.replace("\"misfit_run\": 1", "\"misfit_run\": 7");
    std::fs::write(run.join(SUMMARY), &newer).expect("written");
    let (said, can_be) = found(&store, true);
    assert!(said.len() == 1 && said[0].contains("version 7") && !can_be, "{said:?}");
    assert_eq!(std::fs::read_to_string(run.join(SUMMARY)).expect("a summary"), newer);

    std::fs::write(run.join(SUMMARY), text).expect("written");
    let held = store.claim(&record.summary.id).expect("the run");
    let checked = store.check(true).expect("a store that can be read");
    assert!(checked[0].is_in_use && checked[0].damage.is_empty());
    drop(held);
}
