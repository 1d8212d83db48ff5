//! The real window with a store of runs, driven by the names that a screen reader would say.

#[path = "common/list_of_runs.rs"]
mod list_of_runs;

use std::path::Path;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use list_of_runs::{Window, shown, small, until};
use misfit::app::{App, Memory, Screen, Settings};
use misfit::params::{Lane, Params, TaskKind};
use misfit::store::{Checkpoint, Ending, Record, State, Store, Update};
use misfit::text::EN;
use misfit::training::Experiment;
use misfit::views::ViewKind;

/// The accuracy beside the list of runs, and nothing else.
fn open(store: &Path) -> Window {
    list_of_runs::open(store, 800.0, Settings { controls: false, ..Settings::default() })
}

fn click(window: &mut Window, role: Role, label: &str) {
    window.get_by_role_and_label(role, label).click();
    window.step();
    window.step();
}

/// A run of two epochs that is over.
fn kept(store: &Store, name: &str, seed: u32) -> String {
    kept_with(store, name, small().with(|p| p.learning.seed = seed))
}

/// The same with any settings.
fn kept_with(store: &Store, name: &str, params: Params) -> String {
    let params = params.with(|p| p.learning.epochs = 2);
    let mut experiment = Experiment::new(&params).expect("an experiment");
    let mut record = Record::new(&params, "train");
    record.summary.name = name.into();
    while !experiment.is_finished() {
        record.append_epoch(&experiment.step().expect("a step").epoch_done.unwrap_or_default());
    }
    record.finish(Ending::Finished);
    let id = record.summary.id.clone();
    let epochs = record.epochs.clone();
    let checkpoint = Checkpoint {
        state: experiment.checkpoint(),
        run: Some(id.clone()),
        epochs: epochs.clone(),
        falls: Vec::new(),
        protocol: experiment.params().clone().into(),
    };
    let update = Update { summary: Some(record.summary), epochs, checkpoint: Some((2.0, checkpoint.encode())) };
    store.put(&id, &update).expect("room");
    id
}

#[test]
fn runs_are_pinned_starred_deleted_and_brought_back_with_the_mouse() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    let ids = [kept(&store, "first", 1), kept(&store, "second", 2)];
    let mut window = open(folder.path());
    until(&mut window, "the list", |w| shown(w, &["first"]) && shown(w, &["second"]));
    // The run of the window itself stands above them as soon as there is something to keep; no click may miss its row.
    until(&mut window, "its own run", |w| shown(w, &[EN.runs.this_one]));
    for name in ["first", "second"] {
        click(&mut window, Role::CheckBox, &format!("{} {name}", EN.runs.pin.name));
    }
    // Two seeds of one setting are one group, and the only difference.
    until(&mut window, "the curves", |w| shown(w, &["A first ×2"]) || shown(w, &["A second ×2"]));
    until(&mut window, "the differences", |w| shown(w, &[EN.runs.differences.name]) && shown(w, &["Seed"]));
    let on_disk = |change: &dyn Fn(&Store) -> bool| {
        let start = Instant::now();
        while !change(&store) {
            assert!(start.elapsed() < Duration::from_secs(20), "never written");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let summary = |store: &Store, k: usize| store.summary(&ids[k]).expect("a store").expect("the run");
    click(&mut window, Role::Button, &format!("{} first", EN.runs.star.name));
    on_disk(&|store| summary(store, 0).starred);
    click(&mut window, Role::Button, "second");
    click(&mut window, Role::Button, EN.runs.delete.name);
    on_disk(&|store| summary(store, 1).deleted.is_some());
    until(&mut window, "undo", |w| {
        shown(w, &[EN.runs.was_deleted]) && w.query_by_role_and_label(Role::Button, "second").is_none()
    });
    window.get_all_by_role_and_label(Role::Button, EN.runs.undelete).next().expect("undo").click();
    window.run_steps(2);
    on_disk(&|store| summary(store, 1).deleted.is_none());
    until(&mut window, "back again", |w| w.query_by_role_and_label(Role::Button, "second").is_some());
}

#[test]
fn pinned_runs_of_another_task_are_not_drawn_and_the_list_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    kept(&store, "first", 1);
    let other = Params::for_task(TaskKind::YinYang).with(|p| {
        (p.network.hidden, p.task.train_samples, p.learning.threads) = (8, 128, 1);
    });
    kept_with(&store, "other", other);
    let mut window = open(folder.path());
    until(&mut window, "the list", |w| shown(w, &["first"]) && shown(w, &[EN.runs.this_one]));
    for name in ["first", "other"] {
        click(&mut window, Role::CheckBox, &format!("{} {name}", EN.runs.pin.name));
    }
    until(&mut window, "why one is not drawn", |w| shown(w, &["B", EN.runs.other_task]));
    assert!(shown(&window, &["A first"]) && !shown(&window, &["B other"]), "the legend beside the list");
}

#[test]
fn a_long_list_of_silenced_neurons_leaves_the_other_runs_in_sight() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    let large = |from: u32, to: u32| small().with(|p| (p.network.hidden, p.chip.silenced) = (64, (from..to).collect()));
    kept_with(&store, "first", large(0, 60));
    kept_with(&store, "second", large(20, 60));
    let mut window = open(folder.path());
    window.set_size(egui::vec2(1280.0, 800.0));
    until(&mut window, "the list", |w| shown(w, &["first"]) && shown(w, &[EN.runs.this_one]));
    for name in ["first", "second"] {
        click(&mut window, Role::CheckBox, &format!("{} {name}", EN.runs.pin.name));
    }
    until(&mut window, "the differences", |w| shown(w, &[EN.runs.differences.name]) && shown(w, &["0,1,2,", "…"]));
    assert!(!shown(&window, &["0,1,2,", "58,59"]), "the whole list is in the tooltip");
    let second = window.query_all_by_label("B").last().expect("the second run").rect();
    assert!(second.right() < 1280.0, "{second:?}");
}

#[test]
fn what_was_pinned_is_pinned_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    let ids = [kept(&store, "first", 1), kept(&store, "second", 2), kept(&store, "third", 3)];
    let memory = folder.path().join("window.json");
    let start = || -> Window {
        let (folder, memory) = (folder.path().to_path_buf(), memory.clone());
        Harness::builder().with_size([1500.0, 800.0]).build_eframe(move |cc| {
            let (memory, settings) = Memory::at(&memory);
            let views = vec![ViewKind::Learning, ViewKind::Loss, ViewKind::Runs];
            let tree = egui_tiles::Tree::new_horizontal(egui::Id::unique("views"), views);
            let settings = Settings { tree: Some(tree), controls: false, screen: Screen::Instrument, ..settings };
            let open = move || Store::at(&folder).map(Some);
            App::with_store(&cc.egui_ctx, small(), settings, memory, open).expect("a session")
        })
    };
    let pin = |name: &str| format!("{} {name}", EN.runs.pin.name);
    let mut window = start();
    until(&mut window, "the list", |w| shown(w, &["first"]) && shown(w, &["third"]));
    // No click may miss its row when that of the window's own run comes in above.
    until(&mut window, "its own run", |w| shown(w, &[EN.runs.this_one]));
    for name in ["third", "first", "second"] {
        click(&mut window, Role::CheckBox, &pin(name));
    }
    until(&mut window, "three pins", |w| shown(w, &["×3"]));
    click(&mut window, Role::CheckBox, &pin("second"));
    until(&mut window, "two pins", |w| shown(w, &["×2"]));
    drop(window);
    let mut window = start();
    // Two seeds of one setting are one group, in both heads, in the order in which they were pinned.
    until(&mut window, "pinned again", |w| w.query_all_by_label("A third ×2").count() >= 2);
    drop(window);
    assert_eq!(Memory::at(&memory).1.pinned, [ids[2].clone(), ids[0].clone()]);
    // A window on another store shows none of them and keeps them in mind.
    let other = tempfile::tempdir().expect("a folder");
    let place = other.path().to_path_buf();
    let (remembered, settings) = Memory::at(&memory);
    let mut window: Window = Harness::builder().build_eframe(move |cc| {
        let open = move || Store::at(&place).map(Some);
        App::with_store(&cc.egui_ctx, small(), settings, remembered, open).expect("a session")
    });
    until(&mut window, "learning", |w| w.state().snapshot().epoch > 2);
    drop(window);
    assert_eq!(Memory::at(&memory).1.pinned.len(), 2);
}

#[test]
fn a_recovered_run_is_offered_opened_paused_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    let id = kept(&store, "cut off", 5);
    // As a program that was killed leaves it.
    store.edit(&id, |run| (run.state, run.finished) = (State::Running, None)).expect("room");
    let mut window = open(folder.path());
    let offer = format!("{} cut off, {} 2.0", EN.runs.recovered, EN.epoch);
    until(&mut window, "the offer", |w| shown(w, &[&offer]));
    // A card finds its place in the frames after the first.
    window.run_steps(4);
    click(&mut window, Role::Button, EN.runs.open.name);
    until(&mut window, "the run", |w| w.state().snapshot().generation > 1);
    let snapshot = window.state().snapshot();
    assert_eq!((snapshot.params.learning.seed, snapshot.epoch, snapshot.running), (5, 2, false));
    assert_eq!(snapshot.curves[0].test_accuracy.len(), 2);
    assert_eq!(*window.state().params(), small().with(|p| (p.learning.seed, p.learning.epochs) = (5, 2)));
    assert!(!shown(&window, &[&offer]), "it is offered once");
    // The row of the run on screen says so at once.
    let said = |window: &Window, words: &str| window.query_all_by_label(words).count();
    let interrupted = EN.runs.states[State::Interrupted as usize];
    assert_eq!((said(&window, EN.runs.this_one), said(&window, interrupted)), (1, 0));
    click(&mut window, Role::Button, EN.run.name);
    until(&mut window, "learning on", |w| w.state().snapshot().epoch > 2 && w.state().snapshot().running);
}

#[test]
fn an_opened_run_that_rests_in_an_epoch_says_when_its_first_moment_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path()).expect("a store");
    let mut experiment = Experiment::new(&small()).expect("an experiment");
    experiment.step().expect("a step");
    let mut record = Record::new(small(), "train");
    record.summary.name = "begun".into();
    record.finish(Ending::Stopped);
    let run = Some(record.summary.id.clone());
    let (state, protocol) = (experiment.checkpoint(), small().into());
    let checkpoint = Checkpoint { state, run, epochs: Vec::new(), falls: Vec::new(), protocol };
    let id = record.summary.id.clone();
    let update =
        Update { summary: Some(record.summary), epochs: Vec::new(), checkpoint: Some((0.5, checkpoint.encode())) };
    store.put(&id, &update).expect("room");
    let mut window = open(folder.path());
    until(&mut window, "the list", |w| shown(w, &["begun"]) && shown(w, &[EN.runs.this_one]));
    assert!(!shown(&window, &[EN.time_machine.none]), "the window's own run has moments");
    click(&mut window, Role::Button, "begun");
    click(&mut window, Role::Button, EN.runs.open.name);
    until(&mut window, "the run", |w| w.state().snapshot().generation > 1);
    assert!(window.state().snapshot().batch > 0 && shown(&window, &[EN.time_machine.none]));
    click(&mut window, Role::Button, EN.run.name);
    until(&mut window, "a moment", |w| !shown(w, &[EN.time_machine.none]));
    assert_eq!(window.state().snapshot().timeline.epochs[0], 1);
}

#[test]
fn a_store_that_cannot_be_used_is_told_and_the_window_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, b"something else entirely").expect("a file");
    let mut window = open(&file);
    until(&mut window, "the notice", |w| shown(w, &[EN.runs.not_kept]) && shown(w, &[file.to_str().expect("text")]));
    until(&mut window, "learning", |w| w.state().snapshot().epoch > 2);
}

/// What `misfit train` says of the default experiment with seed 1, by epoch: accuracy on the test split by lane, %.
fn in_the_terminal(epochs: usize) -> Vec<Vec<(String, f64)>> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_misfit"));
    command.args(["train", "--json", "--seed", "1", "--epochs", &epochs.to_string()]).env("MISFIT_STORE", "none");
    let output = command.output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut by_epoch = vec![Vec::new(); epochs];
    for line in String::from_utf8(output.stdout).expect("text").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("an object");
        if line["event"] == "epoch" {
            let (epoch, accuracy) = (line["epoch"].as_u64().expect("a number"), line["test_accuracy"].as_f64());
            let lane = line["lane"].as_str().expect("a name").to_owned();
            by_epoch[epoch as usize - 1].push((lane, 100.0 * accuracy.expect("a number")));
        }
    }
    by_epoch
}

#[test]
fn headline_curve_list_tables_and_terminal_say_the_same_numbers_at_every_epoch_end() {
    const EPOCHS: usize = 3;
    let folder = tempfile::tempdir().expect("a folder");
    let figures = folder.path().join("figures");
    std::fs::create_dir(&figures).expect("a folder");
    let (store, figures_there) = (folder.path().join("runs"), figures.display().to_string());
    let mut window: Window = Harness::builder().with_size([1500.0, 800.0]).build_eframe(move |cc| {
        let views = vec![ViewKind::Learning, ViewKind::Runs];
        let tree = egui_tiles::Tree::new_horizontal(egui::Id::unique("views"), views);
        let screen = Screen::Instrument;
        let settings =
            Settings { tree: Some(tree), controls: false, screen, figures: figures_there, ..Settings::default() };
        let params = misfit::params::Params::default().with(|p| p.learning.seed = 1);
        App::with_store(&cc.egui_ctx, params, settings, Memory::none(), move || Store::at(&store).map(Some))
            .expect("a session")
    });
    let say = |window: &mut Window, words: &str| {
        window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
        window.run_steps(2);
        window.event(egui::Event::Text(words.to_owned()));
        window.run_steps(2);
        window.key_press(egui::Key::Enter);
        window.run_steps(3);
    };
    until(&mut window, "learning", |w| w.state().snapshot().batch > 0);
    say(&mut window, EN.pause.name);
    until(&mut window, "a pause", |w| !w.state().snapshot().running);
    let first = window.state().snapshot().epoch + 1;
    let terminal = in_the_terminal(first + EPOCHS - 1);
    for epoch in first..first + EPOCHS {
        say(&mut window, &format!("run_to {epoch}"));
        until(&mut window, "the end of the epoch", |w| {
            let s = w.state().snapshot();
            let ends = |points: &[[f64; 2]]| points.last().is_some_and(|point| (point[0] - epoch as f64).abs() < 0.5);
            !s.running && s.curves.len() == 3 && s.curves.iter().all(|curve| ends(&curve.test_accuracy))
        });
        let csv = figures.join("misfit-accuracy.csv");
        drop(std::fs::remove_file(&csv));
        say(&mut window, "csv: accuracy");
        until(&mut window, "the table", |_| csv.exists());
        let table = std::fs::read_to_string(&csv).expect("the table");
        for (lane, accuracy) in &terminal[epoch - 1] {
            let lane = Lane::from_name(lane).expect("a lane");
            let said = format!("{accuracy:.1} %");
            let snapshot = window.state().snapshot().clone();
            let curve = snapshot.curves.iter().find(|curve| curve.lane == lane).expect("a curve");
            let last = curve.test_accuracy.last().expect("a point");
            assert_eq!(last.map(f64::to_bits), [epoch as f64, *accuracy].map(f64::to_bits), "the curve of {lane:?}");
            assert_eq!(snapshot.accuracy(lane).map(|a| 100.0 * a), Some(*accuracy), "{lane:?}");
            assert!(shown(&window, &[said.as_str()]), "the headline of {lane:?}: {said} after epoch {epoch}");
            let cell = accuracy.to_string();
            let is_row = |line: &&str| line.contains(&cell);
            assert!(table.lines().any(|line| is_row(&line)), "{lane:?}, epoch {epoch}: {cell} in\n{table}");
            let confusion = &snapshot.examination(lane).expect("the lane").confusion;
            let right = 100.0 * f64::from(confusion.diag().sum()) / f64::from(confusion.sum());
            assert!((right - accuracy).abs() < 1e-9, "the confusions of {lane:?}: {right} and {accuracy}");
        }
        // In the list stands the lane in the loop: the run is listed once it is written, and from then on at once.
        if epoch == first {
            until(&mut window, "the row of the run", |w| shown(w, &[EN.runs.this_one]));
        }
        let (_, learner) = terminal[epoch - 1].iter().find(|(lane, _)| lane == "in_the_loop").expect("the lane");
        for said in [format!("{learner:.1}"), epoch.to_string()] {
            assert!(window.query_all_by_label(&said).next().is_some(), "{said} in the row after epoch {epoch}");
        }
    }
}
