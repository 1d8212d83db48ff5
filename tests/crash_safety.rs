//! The real program killed at random moments of a run, of a sweep and of a save.
//!
//! ```text
//! cargo test --test crash_safety                                 # a few kills each
//! cargo test --test crash_safety -- --ignored --nocapture        # a hundred each, some minutes
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the counts are what it is for")]

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use misfit::base::rng;
use misfit::params::{Lane, Params};
use misfit::protocol::file;
use misfit::session::SessionThread;
use misfit::session::messages::{RunCommand, RunEvent};
use misfit::session::store_thread::StoreThread;
use misfit::store::{Checkpoint, State, Store, find};
use misfit::training::Experiment;
use program::{SMALL, command, events, of_epoch, text};
use serde_json::Value;

/// Kills in the usual tests, and in those that are asked for.
const FEW: u64 = 5;
const MANY: u64 = 100;

fn misfit(store: &Path, arguments: &[&str]) -> Output {
    command(store, arguments).output().unwrap()
}

/// A program and what it has said so far.
struct Victim {
    child: Child,
    said: JoinHandle<Vec<String>>,
}

impl Victim {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let said = std::thread::Builder::new().name("reader".into());
        let said = said.spawn(move || lines.lines().map_while(Result::ok).collect()).unwrap();
        Self { child, said }
    }

    /// Kills it after a while; all that it said, and whether it was still there to be killed.
    fn kill(mut self, after: Duration) -> (Vec<String>, bool) {
        std::thread::sleep(after);
        let killed = self.child.try_wait().unwrap().is_none();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.said.join().unwrap(), killed)
    }

    /// All that it says until it ends by itself.
    fn end(mut self) -> Vec<String> {
        assert!(self.child.wait().unwrap().success());
        self.said.join().unwrap()
    }
}

/// A moment that nobody knows beforehand, ms.
fn moment(kill: u64, kind: u64, least: u64, range: u64) -> Duration {
    Duration::from_millis(least + rng::mix(kill, kind) % range)
}

/// Files that a write which was cut off has left; they have names of their own and nobody reads them.
fn left_over(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(".tmp")).count()
}

/// Kills a training run at random moments, goes on with it every time, and looks after every kill at what is there.
fn a_run_survives(kills: u64) {
    let folder = tempfile::tempdir().unwrap();
    let [store, file] = ["store", "run.misfit"].map(|name| folder.path().join(name));
    let path = file.to_str().unwrap().to_owned();
    let mut run: Option<String> = None;
    let (mut last, mut saved) = (0.0, 0.0f64);
    for kill in 0..kills {
        let mut arguments = vec!["train", "--json", "--epochs", "100000", "--checkpoint", &path];
        arguments.extend(SMALL);
        if let Some(run) = &run {
            // By turns from the file and from the store.
            let from = if kill % 2 == 0 { run.as_str() } else { path.as_str() };
            arguments = vec!["train", "--json", "--checkpoint", &path, "--resume", from];
        }
        let (said, killed) = Victim::start(command(&store, &arguments)).kill(moment(kill, 77, 40, 400));
        assert!(killed, "kill {kill}: it ended by itself");
        // Only whole lines: one that was cut off has not been said.
        let mut said = said.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(said) = said.rfind(|e| e["event"] == "checkpoint") {
            saved = said["epochs"].as_f64().unwrap();
            run = Some(said["run"].as_str().expect("the store keeps it").to_owned());
        }
        if saved == 0.0 {
            continue;
        }
        assert!(saved >= last, "kill {kill}: {saved} epochs after {last}");
        last = saved;
        let (checkpoint, damage) = Checkpoint::read_or_previous(&file).unwrap();
        assert!(damage.is_none(), "kill {kill}: {damage:?}");
        assert!(checkpoint.epoch() as f64 >= saved, "kill {kill}: {} in the file, {saved} said", checkpoint.epoch());
        let kept = Store::at(&store).unwrap();
        let id = run.as_deref().unwrap();
        let record = kept.get(id).unwrap().expect("the run");
        assert!(record.summary.epochs as f64 >= saved, "kill {kill}: {} kept", record.summary.epochs);
        let numbers: Vec<usize> = record.epochs.iter().map(|e| e.epoch).collect();
        assert!(numbers.iter().copied().eq(1..=record.summary.epochs), "kill {kill}: no epoch is missing");
        let (checkpoint, damage) = kept.checkpoint(id).unwrap().expect("a checkpoint");
        assert!(damage.is_none() && checkpoint.epoch() as f64 >= saved, "kill {kill}");
        let listed = events(&misfit(&store, &["runs", "list", "--json"]));
        assert_eq!((listed.len(), &listed[0]["id"], &listed[0]["state"]), (1, &id.into(), &"interrupted".into()));
        // What is listed is there from now on, too.
        last = last.max(listed[0]["checkpoint"].as_f64().unwrap());
        saved = last;
    }
    let id = run.expect("something was saved between the kills");
    assert!(last > 3.0, "only {last} epochs in {kills} kills");
    // One more sitting of known length, and the whole in one go: the same bits.
    let n = last as u64 + 20;
    let epochs = n.to_string();
    let rest = events(&misfit(&store, &["train", "--json", "--resume", &id, "--epochs", &epochs]));
    let whole = [&["train", "--json", "--epochs", &epochs][..], &SMALL].concat();
    let whole = events(&misfit(&folder.path().join("other"), &whole));
    assert_eq!(of_epoch(&rest, n), of_epoch(&whole, n));
    let runs = Store::at(&store).unwrap().list().unwrap();
    assert_eq!(runs.len(), 1, "all sittings are one run");
    assert_eq!((runs[0].id.as_str(), runs[0].epochs as u64), (id.as_str(), n));
    let cut = left_over(folder.path());
    println!("a run: {kills} kills, {cut} of them inside a write, {last} epochs, the same bits after {n}");
}

const SWEEP: &str = "[sweep]\nname = \"grid\"\nseeds = 2\n[axes]\nsigma = [0, 20, 40]\nhidden = [5, 8]\n\
                     [experiment]\nepochs = 6\ntrain_samples = 256\nsubsteps = 1\n";

/// Kills a sweep at random moments and goes on with it, and begins another one when it is done, until it was killed so
/// often.
fn a_sweep_survives(kills: u64) {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("grid.toml");
    std::fs::write(&plan, SWEEP).unwrap();
    let sweep = |out: &Path| {
        let words = ["sweep", plan.to_str().unwrap(), "--jobs", "2", "--out", out.to_str().unwrap()];
        command(&folder.path().join("store"), &words)
    };
    let whole = folder.path().join("whole");
    let said_whole = text(&sweep(&whole).output().unwrap());
    let expected = std::fs::read_to_string(whole.join("grid.csv")).unwrap();
    let table = |said: &str| said.lines().filter(|line| line.starts_with('|')).map(str::to_owned).collect::<Vec<_>>();
    let by_name = |out: &Path| {
        let (records, errors) = find(out).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        records
    };
    let undisturbed = by_name(&whole);
    let (mut killed, mut done, mut cut, mut halves) = (0, 0, 0, 0);
    let mut sitting = 0;
    while killed < kills {
        let out = folder.path().join(format!("sweep-{done}"));
        let mut reported = BTreeSet::new();
        loop {
            sitting += 1;
            let victim = Victim::start(sweep(&out));
            let (said, was_killed) =
                if killed < kills { victim.kill(moment(sitting, 78, 20, 500)) } else { (victim.end(), false) };
            reported.extend(said.iter().filter_map(|line| {
                let (count, said) = line.split_once("  ")?;
                let (title, _) = said.split_once(":  ")?;
                count.ends_with("/12").then(|| title.to_owned())
            }));
            if !was_killed {
                assert_eq!(table(&said.join("\n")), table(&said_whole), "the table of an undisturbed sweep");
                break;
            }
            killed += 1;
            if !out.exists() {
                continue;
            }
            let records = by_name(&out);
            halves += records.iter().filter(|r| r.summary.state == State::Interrupted).count();
            for title in &reported {
                // `sigma 20, hidden 5, seed 1`
                let (point, seed) = title.rsplit_once(", seed ").unwrap();
                let is_it = |r: &&misfit::store::Record| {
                    r.summary.name == format!("grid: {point}")
                        && r.summary.params().unwrap().learning.seed.to_string() == seed
                };
                let here = records.iter().filter(|r| r.summary.state == State::Finished).find(is_it);
                let here = here.unwrap_or_else(|| panic!("kill {killed}: {title} was said to be done"));
                let there = undisturbed.iter().find(is_it).unwrap();
                let numbers = |r: &misfit::store::Record| -> Vec<[u64; 4]> {
                    let lanes = r.epochs.iter().flat_map(|e| &e.lanes);
                    let four = |l: &misfit::training::metrics::EpochReport| {
                        [l.train_loss, l.test_loss, l.train_accuracy, l.test_accuracy].map(f64::to_bits)
                    };
                    lanes.map(four).collect()
                };
                assert_eq!(numbers(here), numbers(there), "{title}");
            }
        }
        assert_eq!(std::fs::read_to_string(out.join("grid.csv")).unwrap(), expected);
        let records = by_name(&out);
        let finished = records.iter().filter(|r| r.summary.state == State::Finished).count();
        assert_eq!(finished, 12, "every run once");
        #[cfg(unix)]
        assert_eq!(records.len(), 12, "no half run is left");
        cut += left_over(&out);
        done += 1;
    }
    println!(
        "a sweep: {killed} kills in {done} sweeps, {halves} half runs found, {cut} kills inside a write, equal tables"
    );
}

/// What the saver is told: the folder and the number to begin with.
const SAVER: &str = "MISFIT_TEST_SAVER";

/// Not a test of its own: the process that is killed while it saves one file after the other.
#[test]
#[ignore = "it is started by the tests that kill it"]
fn saver() {
    let Ok(told) = std::env::var(SAVER) else { return };
    let (folder, first) = told.rsplit_once('|').unwrap();
    let [experiment, checkpoint] = ["it.toml", "it.misfit"].map(|name| Path::new(folder).join(name));
    let mut params = network();
    let state = Experiment::new(&params).unwrap().checkpoint();
    for k in first.parse::<u32>().unwrap().. {
        params.chip.number = k;
        file::save(&params.clone().into(), &experiment).unwrap();
        println!("saved experiment {k}");
        let (run, epochs) = (Some(k.to_string()), Vec::new());
        Checkpoint { state: state.clone(), run, epochs, falls: Vec::new(), protocol: params.clone().into() }
            .write(&checkpoint)
            .unwrap();
        println!("saved checkpoint {k}");
    }
}

/// Large enough that a file takes a while.
fn network() -> Params {
    Params::default()
        .with(|p| (p.network.hidden, p.task.train_samples, p.learning.lanes) = (256, 64, vec![Lane::InTheLoop]))
}

fn a_save_survives(kills: u64) {
    let folder = tempfile::tempdir().unwrap();
    let [experiment, checkpoint] = ["it.toml", "it.misfit"].map(|name| folder.path().join(name));
    let mut saved = [0u32; 2];
    let mut saves = 0;
    for kill in 0..kills {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["saver", "--exact", "--ignored", "--nocapture"]).stdin(Stdio::null()).stderr(Stdio::null());
        command.env(SAVER, format!("{}|{}", folder.path().display(), saved[0].max(saved[1]) + 1));
        let (said, killed) = Victim::start(command).kill(moment(kill, 79, 60, 300));
        assert!(killed, "kill {kill}: it ended by itself: {said:?}");
        for line in said {
            // The name of the test may stand before the first of them.
            let Some((_, what)) = line.split_once("saved ") else { continue };
            saves += 1;
            match what.split_once(' ') {
                Some(("experiment", k)) => saved[0] = k.parse().unwrap(),
                Some(("checkpoint", k)) => saved[1] = k.parse().unwrap(),
                _ => panic!("{line}"),
            }
        }
        if experiment.exists() {
            let found = file::load(&experiment).unwrap().params;
            assert!(
                (saved[0]..=saved[0] + 1).contains(&found.chip.number),
                "kill {kill}: {} after {}",
                found.chip.number,
                saved[0]
            );
            assert_eq!(found, network().with(|p| p.chip.number = found.chip.number));
            saved[0] = found.chip.number;
        }
        if checkpoint.exists() {
            let (found, damage) = Checkpoint::read_or_previous(&checkpoint).unwrap();
            let k: u32 = found.run.unwrap().parse().unwrap();
            assert!(damage.is_none(), "kill {kill}: {damage:?}");
            // The experiment of the next number is saved before its checkpoint.
            assert!((saved[1]..=saved[0].max(saved[1] + 1)).contains(&k), "kill {kill}: {k} after {}", saved[1]);
            saved[1] = k;
        } else {
            assert_eq!(saved[1], 0, "kill {kill}: it was said to be there");
        }
    }
    assert!(saves > 2 * kills, "only {saves} saves in {kills} kills");
    println!(
        "a save: {kills} kills in {saves} saves, {} of them inside a write, every file whole",
        left_over(folder.path())
    );
}

/// What the learner is told: the folder of the store.
const LEARNER: &str = "MISFIT_TEST_LEARNER";

fn in_the_window() -> Params {
    Params::default().with(|p| {
        p.network.hidden = 8;
        p.network.substeps = 1;
        p.task.train_samples = 128;
        p.learning.threads = 1;
        p.learning.epochs = 1_000_000;
        p.learning.lanes = vec![Lane::InTheLoop];
    })
}

/// Not a test of its own: the threads behind a window, which go on with what was recovered and tell what the list of
/// runs tells.
#[test]
#[ignore = "it is started by the tests that kill it"]
fn learner() {
    let Ok(folder) = std::env::var(LEARNER) else { return };
    let open = move || Store::at(Path::new(&folder)).map(Some);
    let store_thread = StoreThread::start(open, || {}).unwrap();
    let session = SessionThread::start_keeping(in_the_window(), false, store_thread.recorder(), || {}).unwrap();
    let (mut recovered, mut listed) = (None, None);
    while listed.is_none() {
        let (view, events) = store_thread.take();
        recovered = recovered.or(events.into_iter().find_map(|event| match event {
            RunEvent::Recovered(run) => Some(run.id),
            _ => None,
        }));
        listed = view.map(|view| view.entries.len());
        std::thread::sleep(Duration::from_millis(2));
    }
    if let Some(run) = recovered {
        store_thread.send(RunCommand::Open(run)).unwrap();
        let opened = loop {
            match store_thread.take().1.into_iter().next() {
                Some(RunEvent::Opened(opened)) => break opened,
                Some(other) => panic!("{other:?}"),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        assert!(opened.run.is_some(), "it goes on in its own record");
        session.send(misfit::session::messages::EngineCommand::Resume(opened)).unwrap();
    }
    session.send(misfit::session::messages::EngineCommand::Run).unwrap();
    loop {
        if let Some(view) = store_thread.take().0
            && let Some(entry) = view.entries.last()
        {
            println!("listed {} {}", entry.summary.id, entry.summary.epochs);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn a_window_survives(kills: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (mut id, mut epochs) = (String::new(), 0usize);
    for kill in 0..kills {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["learner", "--exact", "--ignored", "--nocapture"]).stdin(Stdio::null()).stderr(Stdio::null());
        command.env(LEARNER, folder.path());
        // It saves every two seconds.
        let (said, killed) = Victim::start(command).kill(moment(kill, 80, 300, 4000));
        assert!(killed, "kill {kill}: it ended by itself: {said:?}");
        for line in said {
            let Some((_, what)) = line.split_once("listed ") else { continue };
            let (run, number) = what.split_once(' ').unwrap();
            assert!(id.is_empty() || id == run, "kill {kill}: another run");
            run.clone_into(&mut id);
            let number: usize = number.parse().unwrap();
            assert!(number >= epochs, "kill {kill}: {number} epochs are listed after {epochs}");
            epochs = number;
        }
        if epochs == 0 {
            continue;
        }
        let store = Store::at(folder.path()).unwrap();
        let record = store.get(&id).unwrap().expect("the run");
        assert!(record.epochs.iter().map(|e| e.epoch).eq(1..=record.summary.epochs), "kill {kill}");
        assert!(record.summary.epochs >= epochs, "kill {kill}: {} of {epochs} epochs", record.summary.epochs);
        let (checkpoint, damage) = store.checkpoint(&id).unwrap().expect("a checkpoint");
        assert_eq!(damage, None, "kill {kill}");
        assert_eq!(checkpoint.epoch(), record.summary.epochs, "kill {kill}: it goes on from the last epoch listed");
        epochs = record.summary.epochs;
    }
    let store = Store::at(folder.path()).unwrap();
    assert_eq!(store.list().unwrap().len(), 1, "all sittings are one run");
    let (checkpoint, _) = store.checkpoint(&id).unwrap().unwrap();
    let mut whole = Experiment::new(&in_the_window()).unwrap();
    while (whole.epoch(), whole.checkpoint().batch) != (checkpoint.state.epoch, checkpoint.state.batch) {
        whole.step().unwrap();
    }
    assert!(epochs > 3);
    assert_eq!(whole.checkpoint().learners[0].teacher, checkpoint.state.learners[0].teacher);
    println!("a run of the window: {kills} kills, {epochs} epochs, the same bits as in one sitting");
}

#[test]
fn nothing_that_was_reported_as_saved_is_lost_when_a_run_is_killed() {
    a_run_survives(FEW);
}

#[test]
fn what_the_list_of_runs_shows_is_there_when_the_window_is_killed() {
    a_window_survives(FEW - 2);
}

#[test]
#[ignore = "minutes"]
fn a_hundred_kills_of_a_window() {
    a_window_survives(MANY);
}

#[test]
fn a_sweep_that_is_killed_goes_on_to_the_same_table() {
    a_sweep_survives(FEW);
}

#[test]
fn a_save_that_is_killed_leaves_the_old_or_the_new_file() {
    a_save_survives(FEW);
}

#[test]
#[ignore = "a minute"]
fn a_hundred_kills_of_a_run() {
    a_run_survives(MANY);
}

#[test]
#[ignore = "a minute"]
fn a_hundred_kills_of_a_sweep() {
    a_sweep_survives(MANY);
}

#[test]
#[ignore = "a minute"]
fn a_hundred_kills_of_a_save() {
    a_save_survives(MANY);
}
