//! The program as scripts see it: the real binary, its output and its exit status.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use misfit::store::{Checkpoint, State, Store};
use serde_json::Value;

fn misfit(arguments: &[&str]) -> Output {
    // Nothing of a test is kept among the user's runs.
    let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
    command.args(arguments).env("MISFIT_STORE", "none").stdin(Stdio::null()).output().unwrap()
}

/// Every line of stdout as JSON; anything else on stdout fails.
fn events(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const TRAIN: [&str; 8] = ["train", "--json", "--epochs", "2", "--set", "hidden=60", "--set", "substeps=1"];

/// Output of a short training run with further arguments.
fn train(more: &[&str]) -> Output {
    misfit(&[&TRAIN[..], more].concat())
}

/// Takes out every `seconds`, which no two runs share.
fn without_seconds(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // What the machine takes, in time and by its meter, is not of the experiment.
            for key in
                ["seconds", "wall_seconds", "parts_joule", "within_joule", "meter", "simulation_joule", "relu_twin"]
            {
                map.remove(key);
            }
            map.values_mut().for_each(without_seconds);
        }
        Value::Array(items) => items.iter_mut().for_each(without_seconds),
        _ => {}
    }
}

#[test]
#[cfg(unix)]
fn a_folder_that_is_not_named_in_utf8_is_refused_with_what_to_do() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = std::ffi::OsStr::from_bytes(b"/tmp/d\xe4ten");
    let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
    let output = command.args(["train", "--task", "mnist", "--data"]).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("--data") && said.contains("rename the folder"), "{said}");
}

#[test]
fn training_prints_an_event_per_epoch_and_lane_and_the_whole_experiment_at_the_end() {
    let lines = events(&train(&[]));
    assert_eq!(lines.len(), 2 * 3 + 1);
    let documented = [
        "event",
        "epoch",
        "lane",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "hidden_spikes",
        "seconds",
    ];
    let lanes = ["ideal", "transferred", "in_the_loop"];
    for (k, line) in lines[..6].iter().enumerate() {
        // Where readouts stay flat, their share is told behind the rest.
        let told: Vec<&str> = keys(line).into_iter().filter(|key| *key != "flat_samples").collect();
        assert_eq!(told, documented);
        assert_eq!(line["event"], "epoch");
        assert_eq!(line["epoch"], k / 3 + 1);
        assert_eq!(line["lane"], lanes[k % 3]);
        for key in ["train_accuracy", "test_accuracy"] {
            assert!((0.0..=1.0).contains(&line[key].as_f64().unwrap()), "{line}");
        }
        for key in ["train_loss", "test_loss", "hidden_spikes", "seconds"] {
            assert!(line[key].as_f64().unwrap() > 0.0, "{line}");
        }
    }
    let done = &lines[6];
    assert_eq!(
        keys(done),
        [
            "event",
            "epochs",
            "interrupted",
            "error",
            "seconds",
            "kept",
            "recovery",
            "cost",
            "final",
            "experiment",
            "chip"
        ]
    );
    assert_eq!((&done["event"], &done["epochs"]), (&Value::from("done"), &Value::from(2)));
    assert_eq!((&done["interrupted"], &done["error"]), (&Value::from(false), &Value::Null));
    assert_eq!(done["final"].as_array().unwrap()[..], lines[3..6], "the last epoch once more");
    // It learned something: ten classes, so chance is 10 %.
    assert!(done["final"][0]["test_accuracy"].as_f64().unwrap() > 0.3, "{done}");

    // The experiment is complete, in the units of the edge, and an experiment file of these values is the same one.
    let experiment = done["experiment"].as_object().unwrap();
    assert_eq!(experiment["format"], misfit::protocol::file::FORMAT);
    assert_eq!((&experiment["hidden"], &experiment["epochs"]), (&Value::from(60), &Value::from(2)));
    assert_eq!(experiment["sigma"].as_f64(), Some(20.0));
    assert_eq!(experiment["tau_mem"].as_f64(), Some(6.0));
    assert_eq!(experiment["sigma_tau_mem"], "auto");
    for spec in misfit::params::PARAMS {
        assert!(experiment.contains_key(spec.key), "{} is missing", spec.key);
    }
    let toml: String = experiment.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.toml");
    std::fs::write(&path, toml).unwrap();
    let mut again = events(&misfit(&["train", "--json", "--experiment", path.to_str().unwrap()]));
    let mut lines = lines;
    lines.iter_mut().chain(&mut again).for_each(without_seconds);
    assert_eq!(again, lines);
}

#[test]
fn the_number_of_threads_changes_nothing_but_the_time() {
    let run = |threads: &str| {
        let mut lines = events(&train(&["--threads", threads, "--seed", "5"]));
        for line in &mut lines {
            without_seconds(line);
            if let Some(experiment) = line.get_mut("experiment") {
                assert_eq!(experiment.as_object_mut().unwrap().remove("threads").unwrap().to_string(), threads);
            }
        }
        lines
    };
    let one = run("1");
    assert_eq!(run("2"), one);
    let mut other = events(&train(&["--seed", "6"]));
    other.iter_mut().for_each(without_seconds);
    assert_ne!(other[0], one[0], "another seed is another run");
}

#[test]
fn one_experiment_file_gives_the_same_bits_in_every_process_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for (task, more) in [("digits", "recurrence = \"trained\"\ndropout = 20\n"), ("yin_yang", "jitter_input = 0.5\n")] {
        let file = folder.path().join(format!("{task}.toml"));
        let text = format!("task = \"{task}\"\nhidden = 24\nepochs = 2\ntrain_samples = 300\ndrift = 5\n{more}");
        std::fs::write(&file, text).unwrap();
        let bits = |threads: &str| {
            let path = folder.path().join(format!("{task}-{threads}.misfit"));
            let [experiment, checkpoint] = [&file, &path].map(|p| p.to_str().unwrap());
            let words =
                ["train", "--json", "--experiment", experiment, "--checkpoint", checkpoint, "--threads", threads];
            events(&misfit(&words));
            // Weights, codes, moments of the optimiser, trims; not who computed it and how long it took.
            let mut found = Checkpoint::read(&path).unwrap();
            (found.run, found.epochs) = (None, Vec::new());
            (found.state.params.learning.threads, found.protocol.params.learning.threads) = (0, 0);
            found.encode()
        };
        let one = bits("1");
        for threads in ["2", "3", "7"] {
            assert!(bits(threads) == one, "{task} on {threads} threads");
        }
    }
}

#[test]
fn lanes_can_be_chosen_and_the_task_brings_its_defaults() {
    let arguments =
        ["train", "--json", "--task", "yin_yang", "--lanes", "in_the_loop", "--epochs", "1", "--set", "hidden=10"];
    let lines = events(&misfit(&arguments));
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["lane"], "in_the_loop");
    // hxtorch yinyang.py: batches of 50.
    assert_eq!(lines[1]["experiment"]["batch"], 50);
    assert_eq!(lines[1]["experiment"]["lanes"], serde_json::json!(["in_the_loop"]));
}

#[test]
fn without_json_a_table_for_people_names_every_lane() {
    let output = misfit(&["train", "--epochs", "1", "--set", "hidden=8", "--set", "substeps=1"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for word in ["digits", "ideal", "transferred", "in_the_loop", "test acc.", "after 1 epoch"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
}

#[test]
fn the_list_of_parameters_has_the_keys_that_scripts_rely_on() {
    let lines = events(&misfit(&["params", "--json"]));
    let stable = "task data epochs batch learning_rate surrogate_slope hidden seed chip lanes threads sigma \
                  sigma_tau_mem sigma_tau_syn sigma_threshold sigma_leak sigma_gain sigma_weight";
    for key in stable.split_whitespace() {
        assert!(lines.iter().any(|line| line["key"] == key), "{key} is missing");
    }
    for line in &lines {
        for key in ["label", "kind", "help", "source", "takes_effect", "group"] {
            assert!(!line[key].as_str().unwrap().is_empty(), "{key} of {line}");
        }
        assert!(line.get("default").is_some() && line.get("unit").is_some());
        if let (Some(min), Some(max), Some(default)) =
            (line["min"].as_f64(), line["max"].as_f64(), line["default"].as_f64())
        {
            assert!(min <= default && default <= max, "{line}");
        }
    }
    // Every default that is listed can be typed back.
    let text = String::from_utf8(misfit(&["params"]).stdout).unwrap();
    let table = String::from_utf8(misfit(&["params", "--markdown"]).stdout).unwrap();
    for line in &lines {
        let key = line["key"].as_str().unwrap();
        assert!(text.contains(&format!("  {key} ")) && table.contains(&format!("| `{key}` |")), "{key}");
    }
}

/// A run that must fail: stderr, which says why in one line for people.
fn refused(arguments: &[&str]) -> String {
    let start = Instant::now();
    let output = misfit(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} was accepted");
    assert!(output.status.code().is_some(), "{arguments:?} ended by a signal");
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} wrote to stdout");
    assert!(stderr.len() < 2000, "{arguments:?}: a flood of {} bytes", stderr.len());
    assert!(start.elapsed() < Duration::from_secs(20));
    stderr
}

#[test]
fn bad_values_are_refused_with_key_range_and_place() {
    for (set, expected) in [
        ("sigma=NaN", &["sigma", "a number from 0 to 100", "--set", "NaN"][..]),
        ("sigma=inf", &["sigma", "0 to 100", "--set"]),
        ("sigma=-1", &["sigma", "0 to 100", "--set", "-1"]),
        ("sigma=101", &["sigma", "0 to 100", "--set", "101"]),
        ("sigma_tau_mem=wide", &["sigma_tau_mem", "auto or a number", "--set"]),
        ("tau_mem=0", &["tau_mem", "0.5 to 60", "µs", "--set"]),
        ("tau_mem=1e400", &["tau_mem", "0.5 to 60", "--set"]),
        ("hidden=2.5", &["hidden", "a whole number from 1 to 512", "2.5", "--set"]),
        ("hidden=0", &["hidden", "from 1 to 512", "--set"]),
        ("hidden=99999999999999999999", &["hidden", "from 1 to 512", "--set"]),
        ("batch=", &["batch", "whole number", "--set", "nothing"]),
        ("lanes=", &["lanes", "ideal, transferred, in_the_loop", "--set"]),
        ("task=chess", &["task", "digits, yin_yang", "chess", "--set"]),
        ("sigma_taumem=3", &["sigma_taumem", "sigma_tau_mem", "--set"]),
        ("nonsense", &["--set", "key=value", "nonsense"]),
        ("threshold=60", &["threshold", "leak", "60"]),
        ("hidden=512", &["hidden", "at most"]),
        ("duration=5000", &["duration"]),
    ] {
        if set == "duration=5000" {
            // Allowed by itself, but not with the finest grid.
            let more = ["--set", "cadc_interval=0.1", "--set", "substeps=64"];
            let stderr = refused(&[&["train", "--set", set][..], &more].concat());
            assert!(stderr.contains("substeps") && stderr.contains("60,000"), "{stderr}");
            continue;
        }
        let stderr = refused(&["train", "--json", "--set", set]);
        for word in expected {
            assert!(stderr.contains(word), "`{set}`: no `{word}` in: {stderr}");
        }
    }
    let stderr = refused(&["train", "--epochs", "many"]);
    assert!(stderr.contains("--epochs") && stderr.contains("whole number"), "{stderr}");
    refused(&["train", "--no-such-flag"]);
    refused(&["dance"]);
}

#[test]
fn mistakes_in_an_experiment_file_are_named_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let path_text = path.to_str().unwrap();
    for (text, expected) in [
        ("sigma = 30\nsigmatau = 3\n", &["line 2, column 1", "sigmatau", "sigma_tau_mem"][..1]),
        ("sigma = 30\n\n  tau_mem = -3\n", &["line 3, column 13", "tau_mem", "0.5 to 60"]),
        ("sigma = \n", &["line 1"]),
        ("hidden = \"200\"\n", &["line 1, column 10", "hidden"]),
        ("format = 99\n", &["newer Misfit"]),
    ] {
        std::fs::write(&path, text).unwrap();
        let stderr = refused(&["train", "--experiment", path_text]);
        assert!(stderr.contains("mine.toml"), "{text:?}: {stderr}");
        for word in expected {
            assert!(stderr.contains(word), "{text:?}: no `{word}` in: {stderr}");
        }
    }
    // Bytes that are no text, a folder, and nothing at all.
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert!(refused(&["train", "--experiment", path_text]).contains("mine.toml"));
    assert!(refused(&["train", "--experiment", folder.path().to_str().unwrap()]).contains("cannot read"));
    let missing = folder.path().join("missing.toml");
    assert!(refused(&["train", "--experiment", missing.to_str().unwrap()]).contains("missing.toml"));
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_long_run_soon_with_what_was_reached() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_misfit"))
        .env("MISFIT_STORE", "none")
        .args(["train", "--json", "--epochs", "1000000", "--set", "hidden=24", "--set", "substeps=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // Once it speaks, the handler stands.
    let first: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(first["event"], "epoch");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let start = Instant::now();
    let rest: Vec<Value> = lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
    let status = child.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(status.success(), "{status}");
    let done = rest.last().unwrap();
    assert_eq!((&done["event"], &done["interrupted"]), (&Value::from("done"), &Value::from(true)));
    let reached = done["epochs"].as_u64().unwrap();
    assert!(reached >= 1 && done["final"].as_array().unwrap().len() == 3, "{done}");
    assert_eq!(done["final"][0]["epoch"], reached);
}

/// A quarter of a second of sound in a folder.
fn tone(folder: &Path) -> PathBuf {
    let path = folder.join("tone.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for n in 0..2_000 {
        writer.write_sample((9_000.0 * (f64::from(n) * 0.3).sin()) as i16).unwrap();
    }
    writer.finalize().unwrap();
    path
}

#[test]
fn hear_draws_the_spikes_of_a_sound_and_refuses_what_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone(folder.path());
    let output = misfit(&["hear", path.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("0.25 s of sound at 8000 samples/s") && text.contains("times faster"), "{text}");
    assert!(text.contains('▒') && text.contains(" Hz │") && text.contains("250 ms"), "{text}");
    std::fs::write(&path, b"RIFFnothing").unwrap();
    let output = misfit(&["hear", path.to_str().unwrap()]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("tone.wav"));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_told_once_and_is_no_success_and_a_closed_pipe_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let plan = "[sweep]\nname = \"grid\"\n[axes]\nsigma = [0, 20]\n[experiment]\nepochs = 1\ntrain_samples = 64\n";
    std::fs::write(at("grid.toml"), plan).unwrap();
    let words = [
        "--help",
        "--version",
        "train --help",
        "runs check --help",
        "params",
        "params --json",
        "presets",
        "runs",
        "reproduce",
        "train --epochs 2 --set hidden=8 --set train_samples=64",
        "train --epochs 2 --set hidden=8 --set train_samples=64 --json",
        "record --untrained --samples 2 --set hidden=8 --out NPZ",
        "nir export --untrained --set hidden=8 --out NIR",
        "nir import NIR --set hidden=8",
        "bench --workload Y --seconds 0 --threads 1",
        "hear WAV",
        "sweep GRID --out OUT",
    ];
    let files = [("NPZ", at("x.npz")), ("NIR", at("x.nir")), ("GRID", at("grid.toml")), ("OUT", at("out"))];
    let wav = tone(folder.path());
    for words in words {
        let words = files.iter().fold(words.replace("WAV", wav.to_str().unwrap()), |w, (from, to)| w.replace(from, to));
        let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
        command.args(words.split(' ')).env("MISFIT_STORE", at("store")).stdin(Stdio::null()).stderr(Stdio::piped());
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = command.stdout(full).spawn().unwrap().wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words}: {told}");
        assert_eq!(told.matches("cannot write to the standard output: No space left").count(), 1, "{words}: {told}");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !told.contains("cannot write"), "{words}: {told}");
    }
    // What could be done was done.
    let kept = Store::at(Path::new(&at("store"))).unwrap().list().unwrap();
    assert!(kept.iter().filter(|run| run.state == State::Finished && run.epochs == 2).count() >= 2);
    assert!(misfit::exchange::nir::file::read(Path::new(&at("x.nir"))).is_ok());
}

#[test]
fn data_that_make_no_sense_are_refused_with_their_file_and_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let train = |task: &str| refused(&["train", "--task", task, "--data", dir]);
    for task in ["mnist", "fashion_mnist", "shd", "speech"] {
        assert!(refused(&["train", "--task", task]).contains("data"), "{task} without a folder");
        assert!(train(task).contains(dir), "{task} with an empty one");
    }
    // Files that are not what they are called.
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "words_train.h5"] {
        std::fs::write(folder.path().join(name), b"this is a shopping list").unwrap();
    }
    for name in ["one_anna_0.wav", "one_anna_1.wav", "two_anna_0.wav", "two_anna_1.wav"] {
        std::fs::write(folder.path().join(name), b"nor is this a sound").unwrap();
    }
    for (task, file) in [("mnist", "train-images"), ("shd", "words_train.h5"), ("speech", "one_anna_0.wav")] {
        let text = train(task);
        assert!(text.contains(file), "{text}");
    }
    // A header that promises sixteen million pictures and holds none.
    let mut header = vec![0, 0, 8, 3];
    for number in [16_000_000u32, 28, 28] {
        header.extend(number.to_be_bytes());
    }
    std::fs::write(folder.path().join("train-images-idx3-ubyte"), header).unwrap();
    assert!(train("mnist").contains("train-images"));
}

#[test]
fn a_study_prints_its_table_and_computes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let study = ["reproduce", "weight-bits", "--seeds", "1", "--epochs", "1", "--out", out, "--lanes", "in_the_loop"];
    let run = || misfit(&[&study[..], &["--set", "hidden=16", "--set", "batch=200"]].concat());
    let first = run();
    let text = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(text.contains("6/6") && text.contains("| 1 and a sign"), "{text}");
    for name in ["weight-bits.csv", "weight-bits.md"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let runs = misfit::store::find(folder.path()).unwrap().0;
    assert!(runs.len() == 6 && runs.iter().all(|run| run.summary.origin == "study"));
    let again = String::from_utf8_lossy(&run().stdout).into_owned();
    assert!(!again.contains("6/6") && again.contains("| 1 and a sign"), "{again}");
    assert_eq!(misfit::store::find(folder.path()).unwrap().0, runs);
    let listed = misfit(&["reproduce"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("self-calibration"));
}

#[test]
#[cfg(unix)]
fn a_study_that_is_shared_among_machines_ends_with_its_table() {
    let folder = tempfile::Builder::new().prefix("with a blank").tempdir().unwrap();
    let jobs = folder.path().join("jobs");
    let study = ["reproduce", "weight-bits", "--seeds", "1", "--epochs", "1", "--lanes", "in_the_loop"];
    let study = [&study[..], &["--set", "hidden=16", "--set", "batch=200", "--at", "0:sigma=7"]].concat();
    let told = misfit(&[&study[..], &["--emit", jobs.to_str().unwrap()]].concat());
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let commands = std::fs::read_to_string(jobs.join("commands.txt")).unwrap();
    assert!(commands.lines().count() == 6 && jobs.join("array.slurm").is_file() && jobs.join("jobs.sub").is_file());
    let first = misfit::protocol::file::load(&jobs.join("experiments").join("000001.toml")).unwrap();
    assert_eq!((first.params.network.hidden, first.schedule().len()), (16, 1));
    for line in commands.lines() {
        let run = std::process::Command::new("sh").args(["-c", line]).current_dir("/").output().unwrap();
        assert!(run.status.success(), "{line}: {}", String::from_utf8_lossy(&run.stderr));
    }
    let results = jobs.join("results");
    let table = misfit(&[&study[..], &["--out", results.to_str().unwrap()]].concat());
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(!table.contains("6/6") && table.contains("| 1 and a sign"), "nothing is left to compute: {table}");
    assert_eq!(misfit::store::find(&results).unwrap().0.len(), 6);
}

#[test]
fn the_benchmark_reports_one_object_a_workload() {
    let lines = events(&misfit(&["bench", "--workload", "Y", "--seconds", "0", "--threads", "1", "--json"]));
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!((&line["workload"], &line["threads"], &line["hidden"]), (&"Y".into(), &1.into(), &120.into()));
    for key in ["forward_samples_per_s", "training_samples_per_s", "ns_per_neuron_step"] {
        assert!(line[key].as_f64().is_some_and(|x| x > 0.0), "{key}: {line}");
    }
    assert!(refused(&["bench", "--workload", "Z"]).contains("S700"));
}
