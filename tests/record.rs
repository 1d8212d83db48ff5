//! `misfit record` against an independent recomputation in NumPy: `tests/reference/recompute.py`.
//!
//! These tests need Python 3 with NumPy. Where that cannot be had, `MISFIT_SKIP_PYTHON=1` skips them.

#[path = "common/python.rs"]
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use python::python;
use tempfile::TempDir;

/// No noise of any kind, so that everything is decided by parameters and weights.
const QUIET: &[&str] = &["noise_membrane=0", "noise_readout=0", "noise_threshold=0"];

fn misfit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_misfit"))
        .args(arguments)
        .env("MISFIT_STORE", "none")
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Records with `--set` for every assignment, and returns the archive within its folder.
fn record(arguments: &[&str], assignments: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run.npz");
    let mut all = vec!["record", "--threads", "1", "--out", out.to_str().expect("UTF-8")];
    all.extend(arguments);
    all.extend(assignments.iter().flat_map(|assignment| ["--set", assignment]));
    let output = misfit(&all);
    assert!(output.status.success(), "{}", text(&output));
    (folder, out)
}

fn recompute(python: &str, archive: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/recompute.py");
    Command::new(python).arg(script).arg(archive).output().expect("Python starts")
}

/// Records, recomputes, and returns the table.
fn agreement(arguments: &[&str], assignments: &[&str]) -> Option<String> {
    let python = python()?;
    let (_folder, archive) = record(arguments, assignments);
    let output = recompute(python, &archive);
    assert!(output.status.success(), "{}", text(&output));
    let table = text(&output);
    assert!(table.ends_with("ok\n") && !table.contains("WRONG"), "{table}");
    // A network that is silent would agree with anything.
    let row = table.lines().find(|row| row.starts_with("spikes, exact: ")).expect("a row of spikes");
    let of = row.split("none of").nth(1).and_then(|rest| rest.split_whitespace().next());
    let spikes: usize = of.and_then(|n| n.parse().ok()).expect("their number");
    assert!(spikes > 20 && !table.contains("both zero"), "{table}");
    Some(table)
}

fn with(first: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    [first, more].concat()
}

#[test]
fn a_trained_yin_yang_network_on_an_uncalibrated_chip_is_what_numpy_says_it_is() {
    agreement(
        &["--task", "yin_yang", "--samples", "12", "--epochs", "1"],
        &with(QUIET, &["hidden=40", "sigma=20", "batch=200"]),
    );
}

#[test]
fn a_digits_network_on_an_uncalibrated_chip_is_what_numpy_says_it_is() {
    agreement(
        &["--task", "digits", "--samples", "10", "--untrained"],
        &with(QUIET, &["hidden=60", "sigma=20", "burst_penalty=0.01"]),
    );
}

#[test]
fn a_recurrent_network_is_what_numpy_says_it_is_whether_its_recurrence_learns_or_not() {
    for recurrence in ["recurrence=trained", "recurrence=frozen"] {
        let settings = ["hidden=40", "batch=200", "init_recurrent=4", "activity_penalty=0.0001", "activity_limit=10"];
        let table = agreement(
            &["--task", "yin_yang", "--samples", "18", "--epochs", "1"],
            &with(&with(QUIET, &settings), &[recurrence]),
        );
        assert!(table.is_none_or(|table| table.contains("gradient recurrent: cosine")), "{recurrence}");
    }
    // Late spikes reach the hidden neurons late, and everything noisy is still accounted for.
    let odd = ["recurrence=trained", "jitter_spike=0.8", "noise_membrane=4", "synaptic_saturation=6", "hidden=30"];
    agreement(&["--task", "yin_yang", "--samples", "6", "--untrained"], &with(&odd, &["stuck_synapses=5"]));
}

#[test]
fn the_noise_of_a_run_is_part_of_the_recording() {
    let noise = ["noise_membrane=4", "noise_readout=3", "noise_threshold=3", "jitter_input=0.5", "hidden=30"];
    agreement(&["--task", "yin_yang", "--samples", "8", "--untrained"], &noise);
}

#[test]
fn settings_that_change_the_equations_change_the_recomputation_too() {
    let odd = [
        "decoding=mean_over_time",
        "baseline_subtraction=false",
        "cadc_bits=5",
        "weight_bits=4",
        "substeps=3",
        "tau_syn=3.5",
        "synaptic_saturation=6",
        "rails=8",
        "event_rate_limit=6",
        "jitter_spike=0.8",
        "refractory=0",
        "burst_penalty=0.1",
        "distribution=normal",
        "reset=70",
        "init_hidden=12",
        "hidden=30",
    ];
    let table = agreement(&["--task", "yin_yang", "--samples", "6", "--untrained"], &with(QUIET, &odd));
    assert!(table.is_none_or(|table| !table.contains("150 of 150 events")), "the bandwidth was to lose some");
}

#[test]
fn a_damaged_chip_is_recorded_with_its_damage() {
    let damage =
        ["silent_neurons=10", "stuck_synapses=5", "dead_inputs=10", "dead_channels=10", "temperature=20", "hidden=40"];
    agreement(&["--task", "yin_yang", "--samples", "6", "--untrained"], &damage);
}

#[test]
fn a_calibrated_chip_is_recorded_with_its_trims_applied() {
    agreement(&["--task", "yin_yang", "--samples", "4", "--untrained", "--calibrate"], &["hidden=20"]);
}

#[test]
fn each_lane_can_be_recorded() {
    for lane in ["ideal", "transferred"] {
        let arguments = ["--task", "yin_yang", "--samples", "3", "--untrained", "--lane", lane];
        agreement(&arguments, &["hidden=20"]);
    }
}

/// The check is worth something only if it can fail.
#[test]
fn whatever_is_falsified_in_a_recording_is_found() {
    let Some(python) = python() else { return };
    let (_folder, archive) = record(
        &["--task", "yin_yang", "--samples", "4", "--untrained"],
        &with(QUIET, &["hidden=20", "recurrence=trained"]),
    );
    assert!(recompute(python, &archive).status.success());
    for (falsify, found) in [
        ("a['gradient_input'][7] *= 1.5", "gradient input"),
        ("a['gradient_recurrent'] *= 1.001", "gradient recurrent"),
        ("a['gradient_readout'] *= 1.001", "gradient readout"),
        ("a['effective_recurrent'] *= 1.01", "hidden voltages"),
        ("a['v_hidden'][1, 20, 3] += 3e-4", "hidden voltages"),
        ("a['v_readout'][1, 20, 0] += 3e-4", "readout voltages"),
        ("a['spikes'][5, 1] += 1", "spikes"),
        ("a['cadc_hidden'][2, 9] ^= 1", "codes hidden"),
        ("a['loss'][0] += 1e-2", "loss"),
        ("a['scores'][0] += 1e-3", "scores"),
        ("a['hidden_tau_mem'] *= 1.01", "hidden voltages"),
        ("a['effective_readout'] *= 1.01", "readout voltages"),
        ("a['codes_input'][0] += 1", "weight codes"),
    ] {
        let forged = archive.with_file_name("forged.npz");
        let program =
            format!("import numpy, sys\na = dict(numpy.load(sys.argv[1]))\n{falsify}\nnumpy.savez(sys.argv[2], **a)");
        let forging = Command::new(python).args(["-c", &program]).args([&archive, &forged]).output().unwrap();
        assert!(forging.status.success(), "{}", text(&forging));
        let output = recompute(python, &forged);
        let table = text(&output);
        assert!(!output.status.success(), "nobody noticed {falsify}:\n{table}");
        assert!(table.lines().any(|row| row.starts_with(found) && row.ends_with("WRONG")), "{falsify}:\n{table}");
        assert!(!table.contains("\nok\n"));
    }
}

#[test]
fn the_same_command_writes_the_same_bytes() {
    let once = || {
        let (_folder, archive) = record(&["--task", "yin_yang", "--samples", "2", "--untrained"], &["hidden=10"]);
        std::fs::read(archive).unwrap()
    };
    assert!(once() == once());
}

#[test]
fn what_cannot_be_done_is_refused_before_the_training_with_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run.npz");
    let out = out.to_str().unwrap();
    for (arguments, expected) in [
        (vec!["--samples", "0", "--out", out], "1 to "),
        (vec!["--samples", "1000000", "--out", out], "the number of training samples, got 1000000"),
        (vec!["--samples", "1", "--out", "/nonexistent/run.npz"], "cannot write /nonexistent/run.npz"),
        (vec!["--samples", "1", "--out", "/"], "cannot write /"),
        (vec!["--samples", "1", "--out", out, "--lane", "nobody"], "in_the_loop"),
        (
            vec![
                "--samples",
                "1000",
                "--out",
                out,
                "--set",
                "duration=5000",
                "--set",
                "cadc_interval=0.1",
                "--set",
                "substeps=1",
            ],
            "1 GiB",
        ),
    ] {
        let output = misfit(&[vec!["record", "--set", "hidden=20"], arguments].concat());
        let said = text(&output);
        assert!(!output.status.success() && said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("epoch 1 of"), "not after the training: {said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn the_help_describes_the_arrays() {
    let help = text(&misfit(&["record", "--help"]));
    assert!(help.contains("v_hidden  float32 [sample, chip step, hidden] in membrane"), "{help}");
}

/// The rule of a chip that teaches itself, against `tests/reference/on_chip.py`: every weight and every shift register.
#[test]
fn what_a_chip_taught_itself_is_what_numpy_says_bit_for_bit() {
    let Some(python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/on_chip.py");
    let yin_yang = ["--task", "yin_yang", "--epochs", "2", "--samples", "150"];
    let random = ["on_chip_feedback=random", "on_chip_activity=0.05", "on_chip_fraction_bits=0", "hidden=41"];
    for (arguments, assignments) in [
        (&["--samples", "120", "--epochs", "1"][..], &["hidden=100"][..]),
        (&yin_yang, &random),
        (&yin_yang, &["on_chip_rounding=nearest", "on_chip_fraction_bits=3", "weight_bits=5", "hidden=40"]),
        (&yin_yang, &["on_chip_trace=processor", "dead_inputs=10", "hidden=40"]),
    ] {
        let (_folder, archive) = record(&[&["--lane", "on_chip"], arguments].concat(), assignments);
        let output = Command::new(python).arg(&script).arg(&archive).output().expect("Python starts");
        let said = text(&output);
        assert!(output.status.success() && said.ends_with("ok\n"), "{assignments:?}: {said}");
    }
}

/// At rest a membrane of the default leak of 80 lies on a half: 80 of 32 LSB a step of 3 bits are 2.5 steps.
#[test]
fn conversions_that_rest_on_a_half_are_rounded_alike() {
    let coarse = ["cadc_bits=3", "hidden=40"];
    agreement(&["--task", "yin_yang", "--samples", "8", "--untrained", "--preset", "ideal"], &coarse);
}
