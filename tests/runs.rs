//! Runs that are kept: the real binary is stopped, killed and starved of disk space, and nothing is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/program.rs"]
mod program;

use misfit::store::Store;
use program::{SMALL, command, events, of_epoch, text};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn misfit(store: &Path, arguments: &[&str]) -> Output {
    command(store, arguments).output().unwrap()
}

fn train(store: &Path, more: &[&str]) -> Output {
    misfit(store, &[&["train", "--json"], &SMALL[..], more].concat())
}

#[test]
fn a_run_that_goes_on_from_a_file_or_from_the_store_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let [store, file] = ["store", "run.misfit"].map(|name| folder.path().join(name));
    let at = ["--at", "1:silent_neurons=20", "--at", "3:sigma=50"];
    let whole = events(&train(&folder.path().join("other"), &[&["--epochs", "5"][..], &at].concat()));
    let path = file.to_str().unwrap();
    let first = events(&train(&store, &[&["--epochs", "2", "--checkpoint", path][..], &at].concat()));
    let saved: Vec<&Value> = first.iter().filter(|e| e["event"] == "checkpoint").collect();
    assert_eq!((saved.len(), &saved[0]["file"]), (2, &Value::from(path)), "one an epoch");
    let kept = &first.last().unwrap()["kept"];
    assert_eq!((&kept["run"], &kept["epochs"]), (&saved[0]["run"], &2.into()));
    let run = saved[0]["run"].as_str().unwrap();
    // From the run first, which then goes on; after that the file would take it back, so it begins a run of its own.
    for from in [run, path] {
        // The plan of `--at` is in the checkpoint.
        let rest = misfit(&store, &["train", "--json", "--resume", from, "--epochs", "5", "--threads", "2"]);
        let rest = events(&rest);
        assert!(rest.iter().all(|e| e["event"] != "epoch" || e["epoch"].as_u64().unwrap() > 2), "{from}");
        for epoch in 3..=5 {
            assert_eq!(of_epoch(&rest, epoch), of_epoch(&whole, epoch), "{from}, epoch {epoch}");
        }
    }
    let kept = Store::at(&store).unwrap().list().unwrap();
    assert_eq!(kept.iter().map(|run| run.epochs).collect::<Vec<_>>(), [5, 5]);
    assert_eq!((kept[0].id.as_str(), kept[1].tags["from"].as_str()), (run, format!("{run}, epoch 2").as_str()));
    // What the lanes fell to by a change is kept, and goes on with the run.
    assert_eq!(
        kept[0].falls.iter().map(|fall| (fall.epochs, fall.scores.len())).collect::<Vec<_>>(),
        [(1.0, 3), (3.0, 3)]
    );
    assert_eq!(kept[0].falls, kept[1].falls);
    let shown = text(&misfit(&store, &["runs", "show", run]));
    let reached = format!("reached   epoch 3.00: ideal {:.2} %", 100.0 * kept[0].falls[1].scores[0].1.accuracy);
    assert!(shown.contains(&reached), "{reached} in {shown}");
    let error = misfit(&store, &["train", "--resume", path, "--set", "hidden=6"]);
    let error = String::from_utf8(error.stderr).unwrap();
    assert!(error.contains("--resume cannot change hidden") && !error.contains("panicked"), "{error}");
    let error = misfit(&store, &["train", "--resume", "no_such.misfit"]);
    assert!(String::from_utf8(error.stderr).unwrap().contains("no_such.misfit"));
}

/// The reader is written from the description of the safetensors format, or is its own library.
#[test]
fn other_programs_read_a_checkpoint_and_find_weights_that_make_its_codes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.misfit");
    train(&folder.path().join("store"), &["--epochs", "2", "--checkpoint", path.to_str().unwrap()]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/checkpoint.py");
    let output = Command::new("python3").arg(script).arg(&path).output();
    let Ok(output) = output.inspect_err(|why| println!("SKIPPED: python3: {why}")) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("No module named 'numpy'") {
        println!("SKIPPED: no numpy");
        return;
    }
    assert!(output.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("arrays read with"));
}

/// A training run that is under way: an epoch is in the store.
fn under_way(store: &Path, more: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let arguments = [&["train", "--json", "--every", "1"][..], more].concat();
    let mut child = command(store, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"checkpoint\"") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended");
    }
    (child, said)
}

#[test]
fn only_one_program_goes_on_with_a_run_and_the_other_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let [store, file] = ["store", "run.misfit"].map(|name| folder.path().join(name));
    let path = file.to_str().unwrap();
    let first = events(&train(&store, &["--epochs", "2", "--checkpoint", path]));
    let id = first.iter().find(|e| e["event"] == "checkpoint").unwrap()["run"].as_str().unwrap().to_owned();
    let (mut owner, said) = under_way(&store, &["--resume", &id, "--epochs", "100000", "--checkpoint", path]);
    for from in [id.as_str(), path] {
        // More epochs than the owner can have gone through: with fewer there would be nothing to do.
        let refused = misfit(&store, &["train", "--resume", from, "--epochs", "1000000"]);
        let why = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success(), "{from}: both add to it");
        assert!(why.contains(&format!("run {id} is in the hands of another Misfit")), "{why}");
        #[cfg(unix)]
        assert!(why.contains(&format!("process {}", owner.id())), "{why}");
    }
    // Read on, or it would wait.
    let reader =
        std::thread::Builder::new().name("reader".into()).spawn(move || said.lines().map_while(Result::ok).count());
    // Whoever changes a setting begins a run of its own.
    let other = misfit(&store, &["train", "--json", "--resume", path, "--epochs", "3", "--set", "sigma=50"]);
    assert!(events(&other).iter().any(|e| e["event"] == "done"));
    let kept = Store::at(&store).unwrap();
    assert_eq!(kept.list().unwrap().len(), 2);
    // Nobody has to unlock what a killed program had.
    owner.kill().unwrap();
    owner.wait().unwrap();
    reader.unwrap().join().unwrap();
    for race in 0..3 {
        let go_on = || {
            let arguments = ["train", "--json", "--every", "1", "--resume", &id, "--epochs", "100000"];
            command(&store, &arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut both = [go_on(), go_on()];
        let start = Instant::now();
        let loser = loop {
            let gone: Vec<usize> = (0..2).filter(|&k| both[k].try_wait().unwrap().is_some()).collect();
            assert!(gone.len() < 2, "race {race}: nobody goes on");
            if let Some(&k) = gone.first() {
                break k;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "race {race}: both go on");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut why = String::new();
        both[loser].stderr.take().unwrap().read_to_string(&mut why).unwrap();
        assert!(why.contains("in the hands of another Misfit"), "race {race}: {why}");
        std::thread::sleep(Duration::from_millis(100));
        assert!(both[1 - loser].try_wait().unwrap().is_none(), "race {race}");
        both[1 - loser].kill().unwrap();
        both[1 - loser].wait().unwrap();
    }
    let record = kept.get(&id).unwrap().unwrap();
    let (last, whole) = (record.summary.epochs, folder.path().join("whole"));
    assert!(record.epochs.iter().map(|e| e.epoch).eq(1..=last));
    let whole = events(&train(&whole, &["--epochs", &last.to_string()]));
    for lane in of_epoch(&whole, last as u64) {
        let name = lane["lane"].as_str().unwrap();
        let own = record.summary.last.iter().find(|l| l.lane.name() == name).unwrap();
        assert_eq!(Some(own.test_loss), lane["test_loss"].as_f64(), "{name} after {last} epochs in six sittings");
    }
}

#[test]
fn a_network_is_exported_from_a_checkpoint_or_a_run_as_if_it_had_just_been_trained() {
    let folder = tempfile::tempdir().unwrap();
    let [store, file, fresh, kept] = ["store", "run.misfit", "fresh.nir", "kept.nir"].map(|n| folder.path().join(n));
    let [path, out, other] = [&file, &kept, &fresh].map(|path| path.to_str().unwrap());
    let settings = ["--set", "hidden=5", "--set", "substeps=1", "--set", "train_samples=128", "--epochs", "2"];
    let said = misfit(&store, &[&["train", "--json", "--checkpoint", path][..], &settings].concat());
    let said = events(&said);
    let run = said.iter().find(|e| e["event"] == "checkpoint").unwrap()["run"].as_str().unwrap();
    for (lane, form) in [("ideal", "nominal"), ("in_the_loop", "actual")] {
        let wanted = ["--lane", lane, "--form", form];
        text(&misfit(&store, &[&["nir", "export", "--out", other][..], &wanted, &settings].concat()));
        let trained = misfit::exchange::nir::file::read(&fresh).unwrap();
        for from in [path, run] {
            text(&misfit(&store, &[&["nir", "export", "--from", from, "--out", out][..], &wanted].concat()));
            let written = misfit::exchange::nir::file::read(&kept).unwrap();
            assert!(written.nodes == trained.nodes && written.edges == trained.edges, "{lane} from {from}");
            assert_eq!((written.text("lane"), written.number("epochs")), (Some(lane), Ok(Some(2.0))));
        }
    }
    // Without a word it is the lane in the loop.
    text(&misfit(&store, &["nir", "export", "--from", run, "--out", out]));
    assert_eq!(misfit::exchange::nir::file::read(&kept).unwrap().text("lane"), Some("in_the_loop"));
    let refused = |more: &[&str]| {
        let output = misfit(&store, &[&["nir", "export", "--out", out][..], more].concat());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    for (more, expected) in [
        (&["--from", run, "--set", "hidden=6"][..], "--from cannot change hidden"),
        (&["--from", run, "--task", "yin_yang"], "--task cannot go with it"),
        (&["--from", "no_such.misfit"], "no_such.misfit"),
        (&["--from", "nobody"], "no run `nobody`"),
        (&["--from", run, "--calibrate"], "--calibrate"),
    ] {
        let why = refused(more);
        assert!(why.contains(expected), "{more:?}: {why}");
    }
}

#[test]
#[cfg(unix)]
fn on_a_full_disk_training_goes_on_and_what_was_kept_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    // No file may grow beyond the limit, in units of 512 bytes; a write that would fails as on a full disk.
    let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
    let limited = |kib: u32| {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", &(2 * kib).to_string(), env!("CARGO_BIN_EXE_misfit")]);
        command.args(["train", "--epochs", "12", "--every", "1", "--set", "hidden=256", "--set", "train_samples=64"]);
        command.env("MISFIT_STORE", &store).stdin(Stdio::null()).output().unwrap()
    };
    let output = limited(300);
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{warning}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("after 12 epochs"), "{warning}");
    assert!(warning.contains("store") && warning.contains("not kept"), "{warning}");
    assert_eq!(warning.matches("not kept").count(), 1, "once is enough: {warning}");
    let kept = Store::at(&store).unwrap();
    for run in kept.list().unwrap() {
        let record = kept.get(&run.id).unwrap().unwrap();
        assert_eq!(record.epochs.len(), run.epochs, "all of a transaction or nothing");
    }
    // With room again everything is kept, in the same store.
    let output = limited(100_000);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("not kept"));
    let all = kept.list().unwrap();
    assert_eq!(all.last().unwrap().epochs, 12);
}

#[test]
fn a_store_that_cannot_be_used_is_named_and_training_goes_on_without() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let output = train(&file, &["--epochs", "1"]);
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let done: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((said.lines().count(), &done["epochs"], &done["kept"]), (4, &1.into(), &Value::Null));
    assert!(!output.status.success() && warning.contains("--no-store"), "{warning}");
    assert!(warning.contains("this run is not kept") && warning.contains(file.to_str().unwrap()), "{warning}");
    // But a file that was asked for by name must be written.
    let output = train(&folder.path().join("store"), &["--epochs", "1", "--checkpoint", "/no/such/folder/x.misfit"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/folder/x.misfit"));
}

#[test]
fn what_is_not_there_is_an_error_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let [nowhere, store, records] = ["nowhere", "store", "records"].map(|name| folder.path().join(name));
    let failed = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_misfit")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap()
    };
    let path = nowhere.to_str().unwrap();
    // `--store` is understood on both sides of the subcommand.
    for arguments in [["runs", "--store", path, "list"], ["runs", "list", "--store", path]] {
        let told = failed(&arguments);
        assert!(told.contains("nowhere") && told.contains("no runs are kept"), "{told}");
    }
    assert!(!nowhere.exists());
    std::fs::create_dir(&records).unwrap();
    std::fs::create_dir(records.join("x")).unwrap();
    std::fs::write(records.join("x/summary.json"), "{\"misfit_run\": 1, \"half").unwrap();
    let told = failed(&["runs", "import", records.to_str().unwrap(), "--store", store.to_str().unwrap()]);
    assert!(told.contains("summary.json"), "{told}");
    // A file that is cut off says so once, in our own words.
    train(&store, &["--epochs", "1"]);
    let id = Store::at(&store).unwrap().list().unwrap()[0].id.clone();
    let file = store.join(&id).join("summary.json");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let told = failed(&["runs", "show", &id, "--store", store.to_str().unwrap()]);
    assert!(told.contains("summary.json") && !told.contains("panicked"), "{told}");
    // What comes after the last epoch waits, and that is said.
    let output = train(&folder.path().join("other"), &["--epochs", "1", "--at", "2:sigma=50"]);
    let warning = String::from_utf8_lossy(&output.stderr);
    assert!(warning.starts_with("misfit: --at 2:sigma=50") && warning.contains("last epoch, 1"), "{warning}");
}

#[test]
fn runs_are_listed_named_compared_deleted_exported_and_collected() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    for seed in ["1", "2"] {
        train(&store, &["--epochs", "2", "--seed", seed]);
    }
    let list = |more: &[&str]| events(&misfit(&store, &[&["runs", "list", "--json"][..], more].concat()));
    let all = list(&[]);
    let ids: Vec<&str> = all.iter().map(|run| run["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for run in &all {
        assert_eq!((&run["state"], &run["epochs"], &run["task"]), (&"finished".into(), &2.into(), &"digits".into()));
        assert_eq!(run["last"].as_array().unwrap().len(), 3);
    }
    text(&misfit(&store, &["runs", "rename", ids[0], "Before lunch"]));
    text(&misfit(&store, &["runs", "note", "Before lunch", "the good one"]));
    text(&misfit(&store, &["runs", "star", ids[0]]));
    assert_eq!(list(&["--starred"])[0]["note"], "the good one");
    assert_eq!(list(&["--filter", "seed=2"])[0]["id"], ids[1]);
    assert_eq!(list(&["--sort", "name"])[0]["name"], "Before lunch", "before `digits …`, as which the other is told");
    let table = text(&misfit(&store, &["runs", "compare", "Before lunch", ids[1]]));
    let rows: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rows, ["Before", "seed", "ideal", "transferred", "in_the_loop"], "{table}");
    let shown = text(&misfit(&store, &["runs", "show", "Before lunch"]));
    assert!(shown.contains("the good one") && shown.contains("seed = 1") && shown.contains("--resume"), "{shown}");

    text(&misfit(&store, &["runs", "delete", ids[0], ids[1]]));
    assert!(list(&[]).is_empty() && list(&["--deleted"]).len() == 2);
    text(&misfit(&store, &["runs", "undelete", ids[0]]));
    assert_eq!(list(&[])[0]["name"], "Before lunch");

    let out = folder.path().join("out");
    let said = text(&misfit(&store, &["runs", "export", ids[0], "--out", out.to_str().unwrap()]));
    assert_eq!(Path::new(said.trim()), out.join(ids[0]));
    let exported = |name: &str| out.join(ids[0]).join(name).display().to_string();
    let other = folder.path().join("other");
    let imported = events(&misfit(&other, &["runs", "import", out.to_str().unwrap(), "--json"]));
    assert_eq!((&imported[0]["new"], &imported[0]["left_out"]), (&1.into(), &0.into()));
    let again = events(&misfit(&other, &["runs", "import", out.to_str().unwrap(), "--json"]));
    assert_eq!(again[0]["known"], 1);
    let record = Store::at(&other).unwrap().get(ids[0]).unwrap().unwrap();
    assert_eq!(record.epochs, Store::at(&store).unwrap().get(ids[0]).unwrap().unwrap().epochs);
    // What was exported runs: the experiment, and the checkpoint.
    let toml = exported("experiment.toml");
    assert_eq!(misfit::protocol::file::load(Path::new(&toml)).unwrap().params.network.hidden, 5);
    let checkpoint = exported("checkpoint.safetensors");
    assert!(misfit(&other, &["train", "--resume", &checkpoint, "--epochs", "3"]).status.success());

    text(&misfit(&store, &["runs", "purge", "--all"]));
    assert!(list(&["--deleted"]).is_empty() && list(&[]).len() == 1);
    let error = misfit(&store, &["runs", "show", "nobody"]);
    assert!(!error.status.success() && String::from_utf8_lossy(&error.stderr).contains("no run `nobody`"));
}

#[test]
#[cfg(unix)]
fn a_store_that_is_moved_away_meanwhile_is_told_and_the_run_is_written_again_from_its_first_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let (child, mut said) = under_way(&store, &[&["--epochs", "400"][..], &SMALL].concat());
    std::fs::rename(&store, folder.path().join("elsewhere")).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("was moved or deleted").count(), 1, "{told}");
    let kept = Store::at(&store).unwrap();
    let record = kept.get(&kept.list().unwrap()[0].id).unwrap().unwrap();
    assert!(record.epochs.iter().map(|e| e.epoch).eq(1..=400), "every epoch is there");
    assert!(rest.contains(&format!("\"kept\":{{\"run\":\"{}\",\"epochs\":400}}", record.summary.id)));
}

#[test]
fn a_store_is_checked_and_what_is_damaged_is_named_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    train(&store, &["--epochs", "3", "--every", "1"]);
    train(&store, &["--epochs", "1"]);
    let id = Store::at(&store).unwrap().list().unwrap()[0].id.clone();
    assert!(text(&misfit(&store, &["runs", "check"])).contains("2 runs, 0 of them damaged"));
    let file = store.join(&id).join("checkpoint.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let output = misfit(&store, &["runs", "check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains(&id) && said.contains("checkpoint.safetensors") && said.contains("2 runs, 1 of them damaged")
    );
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("--repair"));
    let repaired = events(&misfit(&store, &["runs", "check", "--repair", "--json"]));
    assert!(
        repaired[0]["damage"].as_array().unwrap().len() == 2 && repaired[1]["damage"].as_array().unwrap().is_empty()
    );
    assert!(text(&misfit(&store, &["runs", "check"])).contains("2 runs, 0 of them damaged"));
    // The third epoch is learnt again, with the same bits.
    let last = Store::at(&store).unwrap().get(&id).unwrap().unwrap().summary.last;
    let rest = events(&misfit(&store, &["train", "--json", "--resume", &id, "--epochs", "3"]));
    for (lane, again) in last.iter().zip(of_epoch(&rest, 3)) {
        assert_eq!(
            (Some(lane.test_loss), lane.lane.name()),
            (again["test_loss"].as_f64(), again["lane"].as_str().unwrap())
        );
    }
}

#[cfg(unix)]
#[test]
fn a_study_that_is_stopped_is_no_success_and_goes_on_to_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let study = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
        command.args(["reproduce", "weight-bits", "--seeds", "2", "--jobs", "1", "--epochs", "100"]).args(SMALL);
        command.args(["--lanes", "in_the_loop", "--out"]).arg(folder.path());
        command
    };
    let mut child = study().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("seed 1")));
    assert!(begun.is_some(), "a run is done");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("runs are missing") && told.contains("goes on from here"), "{told}");
    let whole = study().output().unwrap();
    assert!(whole.status.success() && text(&whole).contains("1 and a sign"), "{whole:?}");
}
