use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::executor::is_hopeless;
use super::*;
use crate::base::error::Error;
use crate::params::{Lane, Params, TaskKind};
use crate::run::Stop;
use crate::store;
use crate::training::Experiment;

fn small() -> Params {
    let lanes = vec![Lane::Ideal, Lane::InTheLoop];
    Params::for_task(TaskKind::YinYang).with(|p| {
        p.network.hidden = 12;
        p.learning.epochs = 2;
        p.task.train_samples = 256;
        p.learning.lanes = lanes;
    })
}

fn list(key: &str, values: &[&str]) -> Axis {
    Axis::list(key, &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>(), "test").unwrap()
}

fn grid(axes: Vec<Axis>) -> Grid {
    Grid { name: "two by two".into(), axes, seeds: vec![5, 3], ..Grid::around(small()) }
}

/// Two values of two parameters and two seeds.
fn plan() -> Plan {
    grid(vec![list("sigma", &["0", "40"]), list("batch", &["16", "64"])]).plan().unwrap()
}

fn never() -> Stop {
    Stop::default()
}

/// Digits with three sizes of the network, each probed with no neuron silent and with every neuron silent.
fn study() -> Plan {
    let cell = |hidden: u32| Cell {
        at: vec![("hidden", hidden.to_string())],
        protocol: Params::for_task(TaskKind::Digits)
            .with(|p| {
                p.network.hidden = hidden;
                (p.learning.epochs, p.learning.batch) = (1, 200);
                p.learning.lanes = vec![Lane::InTheLoop];
            })
            .into(),
        probe: Probe::Silence(&[0.0, 1.0]),
        published: None,
    };
    let cells = [8, 12, 16].map(cell).into();
    Plan { name: "test".into(), axes: Vec::new(), cells, seeds: vec![1], lane: Lane::InTheLoop, stop_early: false }
}

#[test]
fn every_cell_equals_the_same_run_made_alone_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan();
    let done = run(&plan, folder.path(), 3, &never(), &|_, _| {}).unwrap();
    assert_eq!((done.done, done.total), (8, 8));
    for (k, sigma, batch) in [(0, 0.0, 16), (1, 0.0, 64), (2, 0.4, 16), (3, 0.4, 64)] {
        let cell = &done.table.cells[k];
        assert_eq!(cell.iter().map(|o| o.seed).collect::<Vec<_>>(), [5, 3]);
        for outcome in cell {
            let params =
                small().with(|p| (p.chip.sigma, p.learning.batch, p.learning.seed) = (sigma, batch, outcome.seed));
            let mut experiment = Experiment::new(&params).unwrap();
            let mut last = Vec::new();
            while !experiment.is_finished() {
                last = experiment.step().unwrap().epoch_done.unwrap_or(last);
            }
            for report in last {
                let lane = outcome.lane(report.lane).unwrap();
                assert_eq!(lane.test_accuracy.to_bits(), report.test_accuracy.to_bits());
                assert_eq!(lane.test_loss.to_bits(), report.test_loss.to_bits(), "{params:?}");
            }
        }
    }
    // The records are those that `misfit runs import` takes.
    let (records, errors) = store::find(folder.path()).unwrap();
    assert!(records.len() == 8 && errors.is_empty());
    assert!(records.iter().all(|r| r.summary.tags["sweep"] == "two by two" && r.summary.tags.contains_key("sigma")));
    // The mismatch is nothing to the ideal lane.
    let lane = |k: usize, lane: Lane| done.table.cells[k][0].lane(lane);
    assert_eq!(lane(0, Lane::Ideal), lane(2, Lane::Ideal));
    assert_ne!(lane(0, Lane::InTheLoop), lane(2, Lane::InTheLoop));
}

#[test]
fn a_sweep_that_is_cancelled_and_resumed_gives_the_same_table() {
    let whole = tempfile::tempdir().unwrap();
    let plan = plan();
    let expected = run(&plan, whole.path(), 2, &never(), &|_, _| {}).unwrap().table;
    let folder = tempfile::tempdir().unwrap();
    for after in [1, 4, 9] {
        // Cancelled after so many messages; what is half done then is thrown away.
        let (stop, told) = (never(), AtomicUsize::new(0));
        let part = run(&plan, folder.path(), 2, &stop, &|_, _| {
            if told.fetch_add(1, Ordering::Relaxed) >= after {
                stop.request();
            }
        });
        let part = part.unwrap();
        assert!(part.done < 8, "cancelled after {after} messages and yet complete");
        let (records, _) = store::find(folder.path()).unwrap();
        assert_eq!(records.len(), part.done, "only whole runs are kept");
    }
    let computed = AtomicUsize::new(0);
    let before = store::find(folder.path()).unwrap().0.len();
    let resumed = run(&plan, folder.path(), 2, &never(), &|p, _| {
        computed.fetch_max(p.done, Ordering::Relaxed);
    });
    assert_eq!(resumed.unwrap().table, expected);
    assert!(before > 0 && store::find(folder.path()).unwrap().0.len() == 8, "nothing was computed twice");
    // A third time there is nothing to do.
    let again = run(&plan, folder.path(), 2, &never(), &|p, _| assert_eq!(p.done, 8)).unwrap();
    assert_eq!(again.table, expected);
}

#[test]
fn machines_that_share_a_sweep_fill_the_same_table() {
    let (together, apart) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = grid(vec![list("sigma", &["0", "40"])]).plan().unwrap();
    let expected = run(&plan, together.path(), 1, &never(), &|_, _| {}).unwrap().table;
    for index in [3, 1, 4, 2, 2] {
        run_one(&plan, index, apart.path(), &never()).unwrap();
    }
    assert_eq!(store::find(apart.path()).unwrap().0.len(), 4, "a run that is there is not computed again");
    let collected = run(&plan, apart.path(), 1, &never(), &|p, _| assert_eq!(p.done, 4)).unwrap();
    assert_eq!(collected.table, expected);
    assert!(run_one(&plan, 5, apart.path(), &never()).unwrap_err().to_string().contains("1 to 4"));
}

#[test]
fn a_network_that_does_not_fit_is_a_result_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Grid { seeds: vec![1], ..grid(vec![list("hidden", &["12", "512"])]) }.plan().unwrap();
    let done = run(&plan, folder.path(), 2, &never(), &|_, _| {}).unwrap();
    assert!(done.table.cells[0][0].failed.is_none());
    assert!(done.table.cells[1][0].failed.as_ref().unwrap().contains("hidden"));
    assert_eq!((done.done, done.table.accuracy(1, Lane::InTheLoop)), (2, None));
    assert!(
        done.table
            .failures(&plan)
            .eq([format!("hidden 512, seed 1: {}", done.table.cells[1][0].failed.as_ref().unwrap())])
    );
}

/// Golovin et al. 2017: strictly below the median of the running means of the runs that are done.
#[test]
fn the_median_rule_stops_a_run_below_the_median_of_the_running_means() {
    let done = [vec![0.2, 0.4, 0.9], vec![0.3, 0.5, 0.7], vec![0.6, 0.8, 0.9], vec![0.1]];
    // Means up to epoch 2: 0.3, 0.4, 0.7; the fourth run did not get there.
    assert!(is_hopeless(&[0.39, 0.1], &done) && !is_hopeless(&[0.40001, 0.1], &done), "the best so far counts");
    // Up to epoch 1 all four: 0.1, 0.2, 0.3, 0.6, median 0.25.
    assert!(is_hopeless(&[0.2499], &done) && !is_hopeless(&[0.25], &done), "strictly worse");
    assert!(!is_hopeless(&[0.0, 0.0, 0.0, 0.0], &done), "no run got as far");
    assert!(!is_hopeless(&[], &done) && !is_hopeless(&[0.0], &done[..2]));
}

#[test]
fn runs_without_hope_are_stopped_early_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let axis = list("learning_rate", &["0.005", "0.006", "0.007", "0.000001"]);
    let base = small().with(|p| (p.learning.epochs, p.network.hidden, p.task.train_samples) = (4, 30, 1000));
    let grid = Grid { axes: vec![axis], seeds: vec![1], stop_early: true, ..Grid::around(base) };
    let plan = grid.plan().unwrap();
    let done = run(&plan, folder.path(), 1, &never(), &|_, _| {}).unwrap();
    let last = &done.table.cells[3][0];
    assert!(last.stopped_early && last.epochs < 4, "{last:?}");
    assert!(done.table.cells[..3].iter().all(|c| !c[0].stopped_early));
    // A sweep that does not stop early wants that run whole.
    let patient = run(&Plan { stop_early: false, ..plan }, folder.path(), 1, &never(), &|_, _| {}).unwrap();
    assert_eq!(patient.table.cells[3][0].epochs, 4);
}

#[test]
fn ranges_are_even_or_in_even_ratios_and_whole_where_numbers_are_whole() {
    let values = |key: &str, from: f64, to: f64, steps: usize, log: bool| {
        Axis::range(key, from, to, steps, log, "test").map(|axis| axis.values.join(" "))
    };
    assert_eq!(values("sigma", 0.0, 50.0, 3, false).unwrap(), "0 25 50");
    assert_eq!(values("learning_rate", 0.001, 0.1, 3, true).unwrap(), "0.001 0.01 0.1");
    assert_eq!(values("hidden", 10.0, 100.0, 3, true).unwrap(), "10 32 100");
    assert_eq!(values("weight_bits", 1.0, 3.0, 5, false).unwrap(), "1 2 3", "each once");
    assert_eq!(values("sigma", 30.0, 30.0, 1, false).unwrap(), "30");
    for (key, from, to, steps, log, expected) in [
        ("sigma", 0.0, 50.0, 3, true, "logarithmic"),
        ("sigma", 0.0, 500.0, 3, false, "0 to 100"),
        ("sigma", 0.0, f64::NAN, 3, false, "NaN"),
        ("task", 0.0, 1.0, 2, false, "list"),
        ("seed", 1.0, 2.0, 2, false, "seeds"),
        ("sigmaa", 1.0, 2.0, 2, false, "did you mean"),
    ] {
        let text = values(key, from, to, steps, log).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_sweep_is_read_from_its_file() {
    let text = "[sweep]\nseeds = 3\nlane = \"transferred\"\nstop_early = true\npreset = \"stress_30\"\n\n\
                [axes]\nsigma_threshold = { from = 0, to = 50, steps = 2 }\ntask = [\"digits\", \"yin_yang\"]\n\n\
                [experiment]\nepochs = 7\nhidden = 33";
    let plan = file::parse(text, Path::new("folder/mine.toml")).unwrap();
    assert_eq!((plan.name.as_str(), plan.seeds.as_slice(), plan.lane), ("mine", &[1, 2, 3][..], Lane::Transferred));
    assert_eq!(plan.runs(), 12);
    let p = plan.protocol(3).params;
    // What the file fixes holds for every task; what it does not comes with the task.
    assert_eq!(
        (p.task.kind, p.network.hidden, p.learning.epochs, p.learning.batch, p.learning.seed),
        (TaskKind::YinYang, 33, 7, 50, 1)
    );
    assert_eq!((p.chip.sigma_threshold, p.chip.sigma_tau_mem), (Some(0.5), Some(0.3)));
    assert_eq!(
        (plan.place(3, 0), plan.place(3, 1), plan.title(3)),
        (1, 1, "sigma_threshold 50, task yin_yang, seed 1".into())
    );
    assert_eq!(plan.protocol(11).params.learning.seed, 3);
}

#[test]
fn the_schedule_of_a_preset_is_part_of_every_run_of_a_sweep() {
    let text = "[sweep]\npreset = \"story_damage\"\n[axes]\nsigma = [10, 20]\n[experiment]\nepochs = 12";
    let plan = file::parse(text, Path::new("s.toml")).unwrap();
    for protocol in (0..plan.runs()).map(|run| plan.protocol(run)) {
        let said: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
        assert_eq!((said, protocol.params.learning.epochs), (vec!["10:silent_neurons=80".to_owned()], 12));
    }
}

#[test]
fn mistakes_in_the_file_of_a_sweep_are_named_with_line_and_column() {
    let axes = "[axes]\nsigma = [1]\n";
    for (text, expected) in [
        ("[axes]\nsigmatau = [1]", "line 2, column 1"),
        ("[axes]\nsigma = [1, 200]", "line 2, column 9: `sigma` wants"),
        ("[axes]\nsigma = 3", "line 2, column 9"),
        ("[axes]\nsigma = { from = 1, to = 2 }", "steps"),
        ("[axes]\nsigma = { from = 1, to = 2, steps = 2, by = 3 }", "by"),
        ("[axes]\nsigma = { from = 1, to = 2, steps = 2.5 }", "2.5"),
        ("[axes]\nsigma = []", "1 to 1000 values, got 0"),
        ("[sweep]\nseeds = 0\n[axes]\nsigma = [1]", "line 2, column 9: `seeds`"),
        ("[sweep]\nseed = 1", "line 2, column 1: `sweep` wants"),
        ("[sweep]\nlane = \"best\"", "ideal, transferred, in_the_loop"),
        ("[sweep]\npreset = \"best\"", "stress_50"),
        ("[sweep]\nname = \"a/b\"\n[axes]\nsigma = [1]", "`name` wants"),
        ("[sweep]\nname = \"..\"\n[axes]\nsigma = [1]", "not only dots"),
        ("[sweep]\nname = \" . \"\n[axes]\nsigma = [1]", "not only dots"),
        ("[experiment]\nepochs = 0", "line 2, column 10"),
        ("[axis]\nsigma = [1]", "[axes]"),
        ("sigma = [1]", "[axes]"),
        ("[experiment]\nepochs = 3", "1 to 3 parameters"),
        ("[axes]\nsigma = [1]\nhidden = [2]\nbatch = [3]\nleak = [80]", "1 to 3 parameters"),
        ("[axes]\nthreshold = [70, 150]", "threshold 70"),
        ("[axes", "line 1"),
    ] {
        let error = file::parse(text, Path::new("s.toml")).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    file::parse(axes, Path::new("s.toml")).unwrap();
    let lanes = format!("[sweep]\nlane = \"ideal\"\n{axes}[experiment]\nlanes = [\"in_the_loop\"]");
    assert!(file::parse(&lanes, Path::new("s.toml")).unwrap_err().to_string().contains("`lane` wants"));
}

#[test]
fn a_name_has_at_most_64_letters_and_a_list_at_most_1000_values_each_once() {
    let named = |name: String| Grid { name, ..grid(vec![list("sigma", &["0"])]) }.plan().map(|plan| plan.runs());
    assert_eq!(named("ä".repeat(64)).unwrap(), 2);
    assert!(named("ä".repeat(65)).unwrap_err().to_string().contains("at most 64"));
    let values = |n: u32| Axis::list("hidden", &(1..=n).map(|k| (k % 300 + 1).to_string()).collect::<Vec<_>>(), "test");
    assert_eq!(values(1000).unwrap().values.len(), 300);
    assert!(values(1001).unwrap_err().to_string().contains("1 to 1000 values, got 1001"));
}

#[test]
fn a_study_goes_on_where_it_was_stopped_and_computes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (at, plan, stop) = (folder.path().join("deep").join("test"), study(), never());
    // Stopped after the first run.
    let first = run(&plan, &at, 1, &stop, &|_, finished| finished.into_iter().for_each(|_| stop.request())).unwrap();
    assert_eq!((first.done, first.table.cells.iter().map(Vec::len).collect::<Vec<_>>()), (1, vec![1, 0, 0]));
    let (computed, titles) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let all = run(&plan, &at, 2, &never(), &|progress, finished| {
        if finished.is_some() {
            computed.fetch_add(1, Ordering::Relaxed);
            titles.lock().unwrap().push((progress.last.clone(), progress.done));
        }
    })
    .unwrap();
    assert_eq!(computed.load(Ordering::Relaxed), 2, "the first run is not computed again");
    let mut titles = titles.into_inner().unwrap();
    titles.sort();
    assert_eq!(
        titles.iter().map(|(title, _)| title.as_str()).collect::<Vec<_>>(),
        ["hidden 12, seed 1", "hidden 16, seed 1"]
    );
    assert_eq!(titles.iter().map(|(_, done)| done).sum::<usize>(), 2 + 3);
    // Side by side or one after the other, from records or from memory: the same numbers.
    let alone = run(&plan, &folder.path().join("alone"), 1, &never(), &|_, _| {}).unwrap();
    assert_eq!(alone.table, all.table);
    assert_eq!(run(&plan, &at, 1, &never(), &|_, _| {}).unwrap().table, all.table);
    // What was probed is part of the record like any run has it.
    let (records, _) = store::find(&at).unwrap();
    assert!(
        records.len() == 3
            && records
                .iter()
                .all(|r| r.summary.tags["study"] == "test"
                    && r.summary.measures.len() == 2 + crate::energy::MEASURES.len())
    );
    // 24 readings of 1.7 µs at 0.2 W, and no unit of energy a spike.
    let energy = all.table.cost(0, Lane::InTheLoop, "chip_energy").unwrap();
    assert!((energy.mean - 24.0 * 1.7e-6 * 0.2).abs() < 1e-12, "{energy:?}");
    let table = std::fs::read_to_string(at.join("test.csv")).unwrap();
    assert!(table.starts_with("hidden,seed,lane,epochs,") && table.lines().count() == 4, "{table}");
    assert_eq!(std::fs::read_to_string(at.join("test.md")).unwrap(), all.table.markdown(&plan));
}

#[test]
fn a_probe_that_changes_nothing_finds_the_accuracy_of_the_table_and_silence_leaves_chance() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = study();
    plan.cells.truncate(1);
    // Enough to have learned something: next to a coin toss, noise decides.
    let p = &mut plan.cells[0].protocol.params;
    (p.network.hidden, p.learning.epochs, p.learning.batch) = (60, 3, 50);
    let done = run(&plan, folder.path(), 1, &never(), &|_, _| {}).unwrap();
    let lane = &done.table.cells[0][0].lanes[0];
    assert!(lane.test_accuracy > 0.5, "{}", lane.test_accuracy);
    let names: Vec<&str> = lane.probed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["0 % silent", "100 % silent"]);
    assert_eq!(lane.probed[0].1.to_bits(), lane.test_accuracy.to_bits(), "one number for one network");
    assert!(lane.probed[1].1 < 0.2, "ten classes, nothing to go by: {:?}", lane.probed);
}

#[test]
fn speakers_not_heard_in_training_have_the_accuracy_of_the_table_where_the_test_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let base = Params::for_task(TaskKind::Spoken).with(|p| {
        (p.network.hidden, p.learning.epochs, p.task.train_samples) = (12, 1, 100);
        p.learning.lanes = vec![Lane::InTheLoop];
    });
    let mut plan = paper::plan("table1", &paper::Request::around(base, 1)).unwrap();
    plan.cells.truncate(1);
    let done = run(&plan, folder.path(), 1, &never(), &|_, _| {}).unwrap();
    let lane = &done.table.cells[0][0].lanes[0];
    let (name, accuracy) = &lane.probed[0];
    assert_eq!((name.as_str(), accuracy.to_bits()), ("speakers not heard in training", lane.test_accuracy.to_bits()));
    assert!(lane.probed.len() > 2, "and every single one");
}

#[test]
fn a_diverging_run_is_a_failed_cell_that_is_not_computed_again_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = study();
    // The loss of such scores is infinite.
    plan.cells[1].protocol.params.learning.readout_scale = f64::MAX;
    for computed in [3, 0] {
        let told = AtomicUsize::new(0);
        let done = run(&plan, folder.path(), 2, &never(), &|_, finished| {
            told.fetch_add(usize::from(finished.is_some()), Ordering::Relaxed);
        });
        let done = done.unwrap();
        assert_eq!((told.load(Ordering::Relaxed), done.done), (computed, 3));
        let failed: Vec<bool> = done.table.cells.iter().map(|cell| cell[0].failed.is_some()).collect();
        assert_eq!(failed, [false, true, false]);
        let why = done.table.cells[1][0].failed.as_ref().unwrap();
        assert!(why.contains("in_the_loop") && why.contains("loss"), "{why}");
        assert!(done.table.cells[1][0].lanes.is_empty() && done.table.cells[2][0].lanes.len() == 1);
        assert!(done.table.markdown(&plan).contains("| 12 "), "the table has a row for it");
    }
}

#[test]
fn a_run_without_its_data_fails_alone_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = study();
    let missing = folder.path().join("nothing_here").display().to_string();
    plan.cells[1].protocol = Params::for_task(TaskKind::Mnist).with(|p| p.task.data = missing).into();
    for computed in [3, 1] {
        let told = AtomicUsize::new(0);
        let done = run(&plan, folder.path(), 1, &never(), &|_, finished| {
            told.fetch_add(usize::from(finished.is_some()), Ordering::Relaxed);
        });
        let done = done.unwrap();
        assert_eq!((told.load(Ordering::Relaxed), done.done, done.total), (computed, 2, 3));
        assert!(done.table.failures(&plan).all(|why| why.contains("nothing_here") && why.starts_with("hidden 12")));
        assert_eq!(store::find(folder.path()).unwrap().0.len(), 2);
    }
}

#[test]
fn records_that_cannot_be_written_end_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "shopping list").unwrap();
    let why = run(&study(), &file, 1, &never(), &|_, _| {}).unwrap_err();
    assert!(matches!(&why, Error::File { .. }) && why.to_string().contains("notes.txt"), "{why}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "shopping list", "and left alone");
}
