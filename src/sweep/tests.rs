use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::runner::{is_hopeless, run_one};
use super::*;
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

/// Two values of two parameters and two seeds.
fn plan() -> Plan {
    let list = |key: &str, values: &[&str]| {
        Axis::list(key, &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>(), "test").unwrap()
    };
    Plan {
        name: "two by two".into(),
        axes: vec![list("sigma", &["0", "40"]), list("batch", &["16", "64"])],
        seeds: vec![5, 3],
        ..Plan::around(&small())
    }
}

fn never() -> Stop {
    Stop::default()
}

#[test]
fn every_cell_equals_the_same_run_made_alone_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan();
    let done = run(&plan, folder.path(), 3, &never(), &|_| {}).unwrap();
    assert_eq!((done.done, done.total), (8, 8));
    for (k, sigma, batch) in [(0, 0.0, 16), (1, 0.0, 64), (2, 0.4, 16), (3, 0.4, 64)] {
        let cell = &done.table.cells[k];
        assert_eq!(cell.outcomes.iter().map(|o| o.seed).collect::<Vec<_>>(), [5, 3]);
        for outcome in &cell.outcomes {
            let params =
                small().with(|p| (p.chip.sigma, p.learning.batch, p.learning.seed) = (sigma, batch, outcome.seed));
            let mut experiment = Experiment::new(&params).unwrap();
            let mut last = Vec::new();
            while !experiment.is_finished() {
                last = experiment.step().unwrap().epoch_done.unwrap_or(last);
            }
            for report in last {
                assert_eq!(outcome.of_lane(report.lane).map(f64::to_bits), Some(report.test_accuracy.to_bits()));
                let loss = outcome.loss.iter().find(|(lane, _)| *lane == report.lane).unwrap().1;
                assert_eq!(loss.to_bits(), report.test_loss.to_bits(), "{params:?}");
            }
        }
    }
    // The records are those that `misfit runs import` takes.
    let (records, errors) = store::find(folder.path()).unwrap();
    assert!(records.len() == 8 && errors.is_empty());
    assert!(records.iter().all(|r| r.summary.tags["sweep"] == "two by two" && r.summary.tags.contains_key("sigma")));
    // The mismatch is nothing to the ideal lane.
    let ideal = |k: usize| done.table.cells[k].outcomes[0].of_lane(Lane::Ideal);
    assert_eq!(ideal(0), ideal(2));
    assert_ne!(done.table.cells[0].outcomes[0].loss[1], done.table.cells[2].outcomes[0].loss[1]);
}

#[test]
fn a_sweep_that_is_cancelled_and_resumed_gives_the_same_table() {
    let whole = tempfile::tempdir().unwrap();
    let plan = plan();
    let expected = run(&plan, whole.path(), 2, &never(), &|_| {}).unwrap().table;
    let folder = tempfile::tempdir().unwrap();
    for after in [1, 4, 9] {
        // Cancelled after so many messages; what is half done then is thrown away.
        let (stop, told) = (never(), AtomicUsize::new(0));
        let part = run(&plan, folder.path(), 2, &stop, &|_| {
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
    let resumed = run(&plan, folder.path(), 2, &never(), &|p| {
        computed.fetch_max(p.done, Ordering::Relaxed);
    });
    assert_eq!(resumed.unwrap().table, expected);
    assert!(before > 0 && store::find(folder.path()).unwrap().0.len() == 8, "nothing was computed twice");
    // A third time there is nothing to do.
    let again = run(&plan, folder.path(), 2, &never(), &|p| assert_eq!(p.done, 8)).unwrap();
    assert_eq!(again.table, expected);
}

#[test]
fn machines_that_share_a_sweep_fill_the_same_table() {
    let (together, apart) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = Plan { axes: plan().axes[..1].to_vec(), ..plan() };
    let expected = run(&plan, together.path(), 1, &never(), &|_| {}).unwrap().table;
    for index in [3, 1, 4, 2, 2] {
        run_one(&plan, index, apart.path(), &never()).unwrap();
    }
    assert_eq!(store::find(apart.path()).unwrap().0.len(), 4, "a run that is there is not computed again");
    let collected = run(&plan, apart.path(), 1, &never(), &|p| assert_eq!(p.done, 4)).unwrap();
    assert_eq!(collected.table, expected);
    assert!(run_one(&plan, 5, apart.path(), &never()).unwrap_err().to_string().contains("1 to 4"));
}

#[test]
fn a_network_that_does_not_fit_is_a_result_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let axis = Axis::list("hidden", &["12".into(), "512".into()], "test").unwrap();
    let plan = Plan { axes: vec![axis], seeds: vec![1], ..plan() };
    let done = run(&plan, folder.path(), 2, &never(), &|_| {}).unwrap();
    assert!(done.table.cells[0].outcomes[0].failed.is_none());
    assert!(done.table.cells[1].outcomes[0].failed.as_ref().unwrap().contains("hidden"));
    assert_eq!(done.table.cells[1].accuracy(Lane::InTheLoop), None);
}

/// Golovin et al. 2017: strictly below the median of the running means of the runs that are done.
#[test]
fn the_median_rule_stops_whoever_is_below_the_median_of_the_running_means() {
    let done = [vec![0.2, 0.4, 0.9], vec![0.3, 0.5, 0.7], vec![0.6, 0.8, 0.9], vec![0.1]];
    // Means up to epoch 2: 0.3, 0.4, 0.7; the fourth run did not get there.
    assert!(is_hopeless(&[0.39, 0.1], &done) && !is_hopeless(&[0.40001, 0.1], &done), "the best so far counts");
    // Up to epoch 1 all four: 0.1, 0.2, 0.3, 0.6, median 0.25.
    assert!(is_hopeless(&[0.2499], &done) && !is_hopeless(&[0.25], &done), "strictly worse");
    assert!(!is_hopeless(&[0.0, 0.0, 0.0, 0.0], &done), "nobody got as far");
    assert!(!is_hopeless(&[], &done) && !is_hopeless(&[0.0], &done[..2]));
}

#[test]
fn runs_without_hope_are_stopped_early_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<String> = ["0.005", "0.006", "0.007", "0.000001"].map(str::to_owned).to_vec();
    let axis = Axis::list("learning_rate", &values, "test").unwrap();
    let base = small().with(|p| (p.learning.epochs, p.network.hidden, p.task.train_samples) = (4, 30, 1000));
    let plan = Plan { axes: vec![axis], seeds: vec![1], stop_early: true, ..Plan::around(&base) };
    let done = run(&plan, folder.path(), 1, &never(), &|_| {}).unwrap();
    let last = &done.table.cells[3].outcomes[0];
    assert!(last.stopped_early && last.epochs < 4, "{last:?}");
    assert!(done.table.cells[..3].iter().all(|c| !c.outcomes[0].stopped_early));
    // A sweep that does not stop early wants that run whole.
    let patient = run(&Plan { stop_early: false, ..plan }, folder.path(), 1, &never(), &|_| {}).unwrap();
    assert_eq!(patient.table.cells[3].outcomes[0].epochs, 4);
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
    let points = plan.points().unwrap();
    assert_eq!(points.len(), 12);
    let p = &points[3].params;
    // What the file fixes holds for every task; what it does not comes with the task.
    assert_eq!(
        (p.task.kind, p.network.hidden, p.learning.epochs, p.learning.batch, p.learning.seed),
        (TaskKind::YinYang, 33, 7, 50, 1)
    );
    assert_eq!((p.chip.sigma_threshold, p.chip.sigma_tau_mem), (Some(0.5), Some(0.3)));
    assert_eq!(points[11].params.learning.seed, 3);
}

#[test]
fn the_schedule_of_a_preset_is_part_of_every_run_of_a_sweep() {
    let text = "[sweep]\npreset = \"story_damage\"\n[axes]\nsigma = [10, 20]\n[experiment]\nepochs = 12";
    let plan = file::parse(text, Path::new("s.toml")).unwrap();
    for point in plan.points().unwrap() {
        let protocol = plan.protocol(&point, true);
        let said: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
        assert_eq!((said, protocol.params.learning.epochs), (vec!["10:silent_neurons=70".to_owned()], 12));
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
        ("[axes]\nsigma = []", "empty"),
        ("[sweep]\nseeds = 0\n[axes]\nsigma = [1]", "line 2, column 9: `seeds`"),
        ("[sweep]\nseed = 1", "line 2, column 1: `sweep` wants"),
        ("[sweep]\nlane = \"best\"", "ideal, transferred, in_the_loop"),
        ("[sweep]\npreset = \"best\"", "stress_50"),
        ("[sweep]\nname = \"a/b\"\n[axes]\nsigma = [1]", "`name` wants"),
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
