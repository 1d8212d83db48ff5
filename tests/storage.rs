//! What disks and files can do to a run, in the window and in the terminal: a clear message with the name of the file,
//! and nothing is lost.
//!
//! A full and a read-only disk are small file systems in memory, which only root can mount; others skip those tests
//! and have folders without permissions instead.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was skipped is told")]

#[path = "common/list_of_runs.rs"]
mod list_of_runs;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use list_of_runs::{Window, shown, small, until};
use misfit::app::Settings;
use misfit::exchange::nir::{Array, Node, file};
use misfit::store::{Checkpoint, Store};
use misfit::text::EN;
use misfit::training::Experiment;

/// A file system in memory, gone with its value.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None`, and a note, where nothing can be mounted.
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = Self { folder };
        let mounted = disk.mount(&["-t", "tmpfs", "-o", &format!("size={size},mode=755"), "tmpfs"]);
        if !mounted {
            println!("SKIPPED: only root can mount a small disk");
        }
        mounted.then_some(disk)
    }

    fn mount(&self, words: &[&str]) -> bool {
        let output = Command::new("mount").args(words).arg(self.path()).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn make_read_only(&self) {
        assert!(self.mount(&["-o", "remount,ro"]));
    }

    /// Leaves no room.
    fn fill(&self) {
        let full = std::fs::write(self.path().join("ballast"), vec![7u8; 64 << 20]).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, whatever is still open; what is not mounted fails quietly.
        drop(Command::new("umount").arg("-l").arg(self.path()).stderr(Stdio::null()).status());
    }
}

fn misfit(store: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
    command.args(arguments).env("MISFIT_STORE", store).stdin(Stdio::null()).output().unwrap()
}

fn train(store: &Path, more: &[&str]) -> Output {
    let small = ["train", "--set", "hidden=8", "--set", "substeps=1", "--set", "train_samples=128", "--epochs", "3"];
    misfit(store, &[&small[..], more].concat())
}

/// What it complained about; `done` says whether it did its work nevertheless.
#[track_caller]
fn complaint(output: &Output, done: bool) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), done, "{text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[track_caller]
fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// The list of runs, with the settings and the field for a path open at the side.
fn window(store: &Path) -> Window {
    list_of_runs::open(store, 3200.0, Settings { open_groups: vec!["Experiment".to_owned()], ..Settings::default() })
}

/// A message with all these words, while learning goes on.
#[track_caller]
fn until_told(window: &mut Window, words: &[&str]) {
    until(window, &format!("{words:?}"), |w| shown(w, words));
    let before = window.state().snapshot().epoch;
    until(window, "learning on", |w| w.state().snapshot().epoch > before && w.state().snapshot().running);
}

/// Types a path over what stands in the field, presses a button, and agrees that a file is replaced.
fn act(window: &mut Window, path: &Path, button: &str) {
    let (role, name) = (Role::TextInput, EN.path.name);
    window.get_by_role_and_label(role, name).focus();
    window.step();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.step();
    window.get_by_role_and_label(role, name).type_text(&path.display().to_string());
    window.run_steps(2);
    window.get_by_label(button).click();
    window.run_steps(2);
    if button == EN.save_path && path.exists() {
        until(window, "the question", |w| shown(w, &[EN.dialogs.replace.name]));
        window.get_by_label(EN.dialogs.replace.name).click();
        window.run_steps(2);
    }
}

/// A checkpoint and an experiment as files.
fn files(folder: &Path) -> [PathBuf; 2] {
    let [checkpoint, experiment] = ["it.misfit", "it.toml"].map(|name| folder.join(name));
    let state = Experiment::new(&small()).unwrap().checkpoint();
    Checkpoint { state, run: None, epochs: Vec::new(), falls: Vec::new(), protocol: small().into() }
        .write(&checkpoint)
        .unwrap();
    misfit::protocol::file::save(&small().into(), &experiment).unwrap();
    [checkpoint, experiment]
}

#[test]
fn a_full_disk_is_told_and_what_stood_on_it_stays() {
    let Some(disk) = Disk::new("4m") else { return };
    let [checkpoint, experiment] = files(disk.path());
    train(disk.path(), &[]);
    let before = Store::at(disk.path()).unwrap().list().unwrap();
    assert_eq!(before.len(), 1);
    let [old_checkpoint, old_experiment] = [&checkpoint, &experiment].map(|path| std::fs::read(path).unwrap());
    disk.fill();

    let text = complaint(&train(disk.path(), &[]), false);
    assert_says(&text, &["not kept", "the store has nothing of this run", disk.path().to_str().unwrap()]);
    assert_eq!(Store::at(disk.path()).unwrap().list().unwrap(), before);
    let elsewhere = tempfile::tempdir().unwrap();
    let path = checkpoint.to_str().unwrap();
    let text = complaint(&train(elsewhere.path(), &["--checkpoint", path]), false);
    assert_says(&text, &["cannot write", path, "No space left"]);

    let mut window = window(disk.path());
    until_told(&mut window, &[EN.runs.not_kept, disk.path().to_str().unwrap()]);
    for path in [&checkpoint, &experiment] {
        act(&mut window, path, EN.save_path);
        until_told(&mut window, &["cannot write", path.to_str().unwrap(), "No space left"]);
    }
    drop(window);
    for (path, old) in [(&checkpoint, old_checkpoint), (&experiment, old_experiment)] {
        assert!(std::fs::read(path).unwrap() == old, "{} is the old one, whole", path.display());
    }
    // With room again everything is as it was, and there is room for more.
    std::fs::remove_file(disk.path().join("ballast")).unwrap();
    let kept = Store::at(disk.path()).unwrap();
    assert_eq!(kept.list().unwrap()[0], before[0]);
    complaint(&train(disk.path(), &[]), true);
    assert_eq!(kept.list().unwrap().last().unwrap().epochs, 3);
}

#[test]
fn the_last_line_of_a_run_tells_how_far_it_is_in_a_store_that_became_full() {
    let long = "train --epochs 300 --lanes ideal --threads 1 --set hidden=8 --set substeps=1 --set train_samples=128";
    let long: Vec<&str> = long.split(' ').collect();
    for size in ["8k", "44k", "52k", "64k", "1m"] {
        let Some(disk) = Disk::new(size) else { return };
        let output = misfit(disk.path(), &long);
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let runs = Store::at(disk.path()).unwrap().list().unwrap();
        let line = said.lines().rfind(|line| line.starts_with("kept as run"));
        match &runs[..] {
            [] => assert!(line.is_none() && told.contains("the store has nothing of this run"), "{size}: {said}{told}"),
            [run] if run.epochs == 300 => assert_eq!(line, Some(format!("kept as run {}", run.id).as_str()), "{size}"),
            [run] => {
                let part = format!("kept as run {}, up to epoch {}", run.id, run.epochs);
                assert_eq!(line, Some(part.as_str()), "{size}");
                assert!(told.contains(&format!("up to epoch {} only", run.epochs)), "{size}: {told}");
            }
            _ => panic!("{size}: {runs:?}"),
        }
        let whole = runs.iter().any(|run| run.epochs == 300);
        assert_eq!(output.status.success(), whole, "{size}: {told}");
        assert_eq!((whole, runs.is_empty()), (size == "1m", size == "8k"), "{size}");
    }
}

#[test]
fn a_disk_that_fills_up_while_the_window_learns_costs_nothing_once_there_is_room() {
    let Some(disk) = Disk::new("4m") else { return };
    let mut window = window(disk.path());
    let kept = Store::at(disk.path()).unwrap();
    until(&mut window, "something kept", |_| kept.list().unwrap().first().is_some_and(|run| run.epochs > 1));
    disk.fill();
    until_told(&mut window, &[EN.runs.not_kept, disk.path().to_str().unwrap()]);
    let epoch = window.state().snapshot().epoch;
    until(&mut window, "learning on", |w| w.state().snapshot().epoch > epoch + 5);
    std::fs::remove_file(disk.path().join("ballast")).unwrap();
    until(&mut window, "all of it", |_| kept.list().unwrap()[0].epochs > epoch + 5);
    drop(window);
    let record = kept.get(&kept.list().unwrap()[0].id).unwrap().unwrap();
    assert!(record.epochs.iter().map(|e| e.epoch).eq(1..=record.summary.epochs), "no epoch is missing");
}

/// A store and files that can be read and not written: `None`, and a note, where that cannot be had.
fn read_only(make: impl FnOnce(&Path)) -> Option<(Option<Disk>, PathBuf)> {
    if let Some(disk) = Disk::new("8m") {
        make(disk.path());
        disk.make_read_only();
        let folder = disk.path().to_path_buf();
        return Some((Some(disk), folder));
    }
    // The folder stays, because nothing in it can be removed.
    let folder = tempfile::tempdir().unwrap().keep();
    make(&folder);
    for entry in std::fs::read_dir(&folder).unwrap() {
        std::fs::set_permissions(entry.unwrap().path(), std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let obeyed = std::fs::write(folder.join("probe"), b"").is_err();
    if !obeyed {
        println!("SKIPPED: nothing is read-only here");
    }
    obeyed.then_some((None, folder))
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_what_is_in_it_can_be_read() {
    let Some((_disk, folder)) = read_only(|folder| {
        files(folder);
        train(folder, &[]);
    }) else {
        return;
    };
    let why = ["Read-only file system", "Permission denied"];
    let denied = |text: &str| assert!(why.iter().any(|w| text.contains(w)), "{text}");
    let output = train(&folder, &[]);
    let text = complaint(&output, false);
    assert_says(&text, &["not kept", "the store has nothing of this run", folder.to_str().unwrap()]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("kept as run"));
    denied(&text);
    let listed = misfit(&folder, &["runs", "list"]);
    assert_says(&String::from_utf8_lossy(&listed.stdout), &["digits", "finished"]);
    let run = Store::at(&folder).unwrap().list().unwrap().remove(0);
    let id = run.id.clone();
    let text = complaint(&misfit(&folder, &["runs", "star", &id]), false);
    assert_says(&text, &[folder.to_str().unwrap()]);
    denied(&text);
    let elsewhere = tempfile::tempdir().unwrap();
    let path = folder.join("it.misfit");
    let text = complaint(&train(elsewhere.path(), &["--checkpoint", path.to_str().unwrap()]), false);
    assert_says(&text, &["cannot write", path.to_str().unwrap()]);
    denied(&text);
    // It can be gone on from elsewhere.
    complaint(&misfit(elsewhere.path(), &["train", "--resume", path.to_str().unwrap(), "--epochs", "2"]), true);

    let mut window = window(&folder);
    until_told(&mut window, &[EN.runs.not_kept, folder.to_str().unwrap()]);
    let path = folder.join("it.toml");
    act(&mut window, &path, EN.save_path);
    until_told(&mut window, &["cannot write", path.to_str().unwrap()]);
    // A run that is there can be opened and learnt on.
    let name = misfit::store::query::Entry::new(run).title().to_owned();
    window.get_by_role_and_label(Role::Button, &name).click();
    window.run_steps(2);
    window.get_by_role_and_label(Role::Button, EN.runs.open.name).click();
    until(&mut window, "the run", |w| w.state().snapshot().generation > 1);
    assert_eq!((window.state().snapshot().epoch, window.state().snapshot().params.learning.epochs), (3, 3));
    window.get_by_role_and_label(Role::Button, EN.run.name).click();
    until(&mut window, "learning on", |w| w.state().snapshot().epoch > 3);
}

/// As root, who may write anywhere, a program of somebody else's.
#[test]
fn a_folder_of_somebody_else_is_named_in_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let probe = folder.path().join("probe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
    command.args(["train", "--set", "hidden=8", "--set", "train_samples=64", "--epochs", "1"]);
    if std::fs::write(&probe, b"").is_ok() {
        const NOBODY: u32 = 65_534;
        std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
    }
    let output = command.env("MISFIT_STORE", folder.path()).stdin(Stdio::null()).output();
    let Ok(output) = output.inspect_err(|why| println!("SKIPPED: somebody else cannot run it: {why}")) else { return };
    let text = complaint(&output, false);
    assert_says(&text, &["not kept", folder.path().to_str().unwrap(), "Permission denied"]);
}

#[test]
fn a_run_of_a_newer_misfit_is_named_with_what_to_do_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    complaint(&train(folder.path(), &[]), true);
    let id = Store::at(folder.path()).unwrap().list().unwrap()[0].id.clone();
    let file = folder.path().join(&id).join("summary.json");
    let before = std::fs::read_to_string(&file).unwrap().replace("\"misfit_run\": 1", "\"misfit_run\": 7");
    std::fs::write(&file, &before).unwrap();
    let words = ["summary.json", "version 7", "newer Misfit", "--store DIR"];
    for arguments in [&["runs", "show", &id][..], &["runs", "star", &id], &["train", "--resume", &id, "--epochs", "9"]]
    {
        assert_says(&complaint(&misfit(folder.path(), arguments), false), &words);
    }
    assert_says(&complaint(&misfit(folder.path(), &["runs", "list"]), true), &words);
    complaint(&train(folder.path(), &[]), true);
    assert_eq!(Store::at(folder.path()).unwrap().list().unwrap().len(), 1, "runs of its own are kept");
    assert!(std::fs::read_to_string(&file).unwrap() == before, "not a byte has changed");
}

#[test]
fn files_of_a_newer_misfit_and_half_written_ones_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let [checkpoint, experiment] = files(folder.path());
    let whole = std::fs::read(&checkpoint).unwrap();
    let text = std::fs::read_to_string(&experiment).unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    std::fs::create_dir(folder.path().join("newer")).unwrap();
    let newer_run = at("newer/summary.json", b"{\"misfit_run\": 9}");
    let cases: [(PathBuf, &str, &[&str]); 4] = [
        (at("half.misfit", &whole[..whole.len() / 2]), "--resume", &["half.misfit", "cut off", "another one"]),
        (at("begun.misfit", &whole[..20]), "--resume", &["begun.misfit", "cut off"]),
        (at("half.toml", &text.as_bytes()[..text.find("= ").unwrap() + 2]), "--experiment", &["half.toml", "line 2"]),
        (
            at("newer.toml", text.replace("format = 3", "format = 9").as_bytes()),
            "--experiment",
            &["newer.toml", "9", "newer Misfit"],
        ),
    ];
    let store = folder.path().join("store");
    let mut window = window(&store);
    for (path, flag, words) in &cases {
        let text = complaint(&misfit(&store, &["train", flag, path.to_str().unwrap(), "--epochs", "1"]), false);
        assert_says(&text, words);
        act(&mut window, path, EN.open_path);
        until_told(&mut window, words);
    }
    assert_eq!(*window.state().params(), small(), "what was set before is in force");
    drop(window);
    let imported = misfit(&store, &["runs", "import", folder.path().to_str().unwrap()]);
    let said = format!("{}{}", String::from_utf8_lossy(&imported.stdout), String::from_utf8_lossy(&imported.stderr));
    assert_says(&said, &[newer_run.to_str().unwrap(), "newer Misfit"]);
    // With the one before it beside it, a damaged checkpoint costs one save.
    let path = at("run.misfit", &whole[..whole.len() / 2]);
    at("run.previous.misfit", &whole);
    let text = complaint(&misfit(&store, &["train", "--resume", path.to_str().unwrap(), "--epochs", "1"]), true);
    assert_says(&text, &["run.misfit", "the checkpoint before it"]);
}

#[test]
fn networks_with_a_cycle_or_with_shapes_that_disagree_are_refused_by_the_name_of_the_node() {
    let fixture = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nir").join(name);
    let folder = tempfile::tempdir().unwrap();
    let mut graph = file::read(&fixture("cuba.nir")).unwrap();
    let (_, node) = graph.nodes.iter_mut().find(|(name, _)| name == "fc2").unwrap();
    *node = Node::Weights { weight: Array { shape: vec![2, 3], data: vec![0.5; 6] }, bias: None };
    let odd = folder.path().join("odd.nir");
    file::write(&graph, &odd).unwrap();
    let half = folder.path().join("half.nir");
    let bytes = std::fs::read(fixture("cuba.nir")).unwrap();
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let cases: [(PathBuf, &[&str]); 3] = [
        (fixture("refused_cycle.nir"), &["refused_cycle.nir", "cycle", "`back`"]),
        (odd, &["odd.nir", "`fc2`", "[2, 3]", "[2, 4]"]),
        (half, &["half.nir"]),
    ];
    let store = folder.path().join("store");
    let mut window = window(&store);
    for (path, words) in &cases {
        assert_says(&complaint(&misfit(&store, &["nir", "import", path.to_str().unwrap()]), false), words);
        act(&mut window, path, EN.open_path);
        until_told(&mut window, words);
    }
}

#[test]
fn two_windows_and_a_training_run_share_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut windows = vec![window(folder.path()), window(folder.path())];
    for window in &mut windows {
        until(window, "learning", |w| w.state().snapshot().epoch > 3);
    }
    assert_eq!(complaint(&train(folder.path(), &[]), true), "");
    for window in &mut windows {
        // Each sees the runs of all three.
        until(window, "three runs", |w| w.query_all_by_label_contains(EN.runs.pin.name).count() >= 3);
        assert!(!shown(window, &[EN.runs.not_kept]));
    }
    drop(windows);
    let kept = Store::at(folder.path()).unwrap();
    let runs = kept.list().unwrap();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let record = kept.get(&run.id).unwrap().unwrap();
        assert!(run.epochs >= 3 && record.epochs.iter().map(|e| e.epoch).eq(1..=run.epochs), "{run:?}");
    }
}
