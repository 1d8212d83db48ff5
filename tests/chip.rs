//! Somebody else's chip: programs that speak the protocol, well and badly, and Misfit's own chip behind it.
//!
//! Needs Python 3 with NumPy, as the comparison of recordings does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/python.rs"]
mod python;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use misfit::Error;
use misfit::foreign::check::{Finding, check};
use misfit::params::{Lane, Params, TaskKind, assign};
use misfit::run::{Run, Stop};
use misfit::store::Ending;
use misfit::training::Experiment;
use misfit::training::metrics::EpochReport;
use python::python;

const PATIENCE: Duration = Duration::from_secs(120);

/// A command that runs a script of this repository.
fn script(path: &str, arguments: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    Some(format!("{} '{}' {arguments}", python()?, path.display()))
}

fn misbehaving(mistake: &str) -> Option<String> {
    script("tests/chips/misbehaving.py", mistake)
}

fn problems(findings: &[Finding]) -> Vec<String> {
    let told = |f: &Finding| f.problem.as_ref().map(|problem| format!("{}: {problem}", f.name));
    findings.iter().filter_map(told).collect()
}

/// Misfit's own chip as a program, with the faults of `params`.
fn served(params: &Params) -> String {
    format!("'{}' chip serve --chip {} --threads 1", env!("CARGO_BIN_EXE_misfit"), params.chip.number)
}

fn small(edit: impl FnOnce(&mut Params)) -> Params {
    Params::for_task(TaskKind::YinYang)
        .with(|p| {
            (p.network.hidden, p.learning.threads, p.learning.epochs, p.task.train_samples) = (20, 1, 1, 300);
            p.learning.lanes = Lane::WITH_HOST.to_vec();
        })
        .with(edit)
}

#[test]
fn good_chips_pass_every_check() {
    let chips = [
        Some(served(&Params::default())),
        misbehaving("none"),
        misbehaving("spikes_only"),
        script("assets/chips/numpy_lif.py", "--seed 3 --spread 1"),
        script("assets/chips/numpy_lif.py", "--spread 0"),
    ];
    for command in chips.into_iter().flatten() {
        let findings = check(&command, PATIENCE, &mut |_| {});
        assert_eq!(problems(&findings), Vec::<String>::new(), "{command}");
        assert!(findings.len() >= 16, "{command}: {findings:?}");
    }
}

/// The mistake, the check that finds it, and words that tell it from all others.
const MISTAKES: [(&str, &str, &str); 32] = [
    ("crash", "conversation", "no licence for this chip"),
    ("zero", "conversation", "ZeroDivisionError"),
    ("chatter", "conversation", "Loading the model"),
    ("nan_hello", "conversation", "NaN"),
    ("old_version", "conversation", "version 0 of the protocol"),
    ("incomplete", "conversation", "missing field `reads`"),
    ("silent", "conversation", "did not answer `setup` within"),
    ("wrong_answer", "conversation", "\"okay\" instead of `ready`"),
    ("twice", "conversation", "without being asked"),
    ("nan_codes", "conversation", "float32 [1, 24, 6] with NaN"),
    ("wide_codes", "conversation", "<f8"),
    ("transposed", "conversation", "uint8 [1, 6, 24], and must be uint8 [1, 24, 6]"),
    ("fortran", "conversation", "Fortran order"),
    ("one_sample", "conversation", "uint8 [1, 24, 6], and must be uint8 [3, 24, 6]"),
    ("no_readout", "conversation", "`readout` is missing"),
    ("unsorted", "conversation", "not in order of time"),
    ("ghost_neuron", "conversation", "spikes in sample 0, of 6"),
    ("late_step", "conversation", "of 48"),
    ("wrong_counts", "conversation", "adds up to"),
    ("too_much", "conversation", "more than the"),
    ("garbage", "conversation", "expected a line of JSON"),
    ("truncated", "conversation", "ended (exit status: 0) instead of answering `run`"),
    ("dies 2", "conversation", "the bench is on fire"),
    ("deaf", "written", "written weights do not act"),
    ("wrong_sign", "sign", "the sign is not heeded"),
    ("readout_sign", "readout", "do not lower the readout codes"),
    ("microseconds", "time", "is time in seconds?"),
    ("early", "causal", "changes what comes before it"),
    ("memory", "rest", "every sample begins at rest"),
    ("dice", "repeats", "the same run gives other bits"),
    ("noisy", "noise", "it says that it has no noise"),
    ("keeps", "anew", "with all weights zero"),
];

#[test]
fn the_check_finds_every_deliberate_mistake_by_name() {
    if python().is_none() {
        return;
    }
    let more = [
        ("undropped", "dropout", "is recorded"),
        ("unsilenced", "damage", "silenced spikes"),
        ("nan_faults", "faults", "`tau_mem` of neuron 1 is NaN"),
        ("obedient", "refuses", "instead of `error`"),
        ("zombie", "end", "did not end within"),
    ];
    for (mistake, name, words) in MISTAKES.into_iter().chain(more) {
        let patience = if mistake == "silent" { Duration::from_secs(6) } else { PATIENCE };
        let found = problems(&check(&misbehaving(mistake).unwrap(), patience, &mut |_| {}));
        let named = format!("{name}: ");
        assert!(found.iter().any(|p| p.starts_with(&named) && p.contains(words)), "{mistake}: {found:?}");
    }
}

fn learn(params: &Params) -> (Vec<EpochReport>, Experiment) {
    let mut experiment = Experiment::new(params).unwrap();
    let mut reports = Vec::new();
    while !experiment.is_finished() {
        reports.extend(experiment.step().unwrap().epoch_done.into_iter().flatten());
    }
    for report in &mut reports {
        report.seconds = 0.0;
    }
    (reports, experiment)
}

#[test]
fn misfits_own_chip_behind_the_protocol_gives_the_same_bits_as_inside() {
    for edit in [
        |_: &mut Params| {},
        |p: &mut Params| {
            (p.learning.dropout, p.chip.number, p.network.recurrence) = (0.2, 5, misfit::params::Recurrence::Trained);
            p.chip.silenced = vec![3, 7];
        },
    ] {
        let inside = small(edit);
        let outside = inside.clone().with(|p| p.chip.chip_program = served(p));
        let ((own, inside), (foreign, outside)) = (learn(&inside), learn(&outside));
        assert_eq!(own, foreign);
        let codes = |e: &Experiment| Lane::WITH_HOST.map(|lane| e.codes(lane));
        assert_eq!(codes(&inside), codes(&outside));
        assert!(inside.chip_identity().is_none() && outside.chip_of(Lane::InTheLoop).is_none());
        let identity = outside.chip_identity().unwrap();
        assert_eq!(identity.repeats, Some(true), "asked twice");
        assert!(identity.files.iter().any(|(path, sha)| path.ends_with("misfit") && sha.len() == 64));
    }
}

#[test]
fn calibrated_behind_the_protocol_is_calibrated_inside_to_the_bit() {
    let inside = small(|p| p.learning.lanes = vec![Lane::InTheLoop]);
    let outside = inside.clone().with(|p| p.chip.chip_program = served(p));
    let calibrated = |params: &Params| {
        let mut experiment = Experiment::new(params).unwrap();
        let trims = experiment.calibrate(&|| true).unwrap().unwrap().trims;
        experiment.step().unwrap();
        assert!(experiment.is_calibrated());
        (trims, experiment.evaluate(Lane::InTheLoop))
    };
    assert_eq!(calibrated(&inside), calibrated(&outside));
}

#[test]
fn a_chip_that_gives_only_spikes_is_refused_by_a_gradient_that_reads_voltages() {
    let Some(command) = misbehaving("spikes_only") else { return };
    let params = small(|p| (p.chip.chip_program, p.learning.lanes) = (command, vec![Lane::InTheLoop]));
    let refused = Experiment::new(&params).unwrap().step().unwrap_err().to_string();
    assert!(refused.contains("only spikes") && refused.contains("voltages"), "{refused}");
    let transferred = params.with(|p| p.learning.lanes = vec![Lane::Ideal, Lane::Transferred]);
    Experiment::new(&transferred).unwrap().step().unwrap();
}

#[test]
fn the_lane_that_teaches_itself_is_refused_with_a_reason() {
    let params = small(|p| (p.chip.chip_program, p.learning.lanes) = ("any".into(), vec![Lane::OnChip]));
    let refused = Experiment::new(&params).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("chip_program") && refused.contains("on_chip"), "{refused}");
}

#[test]
fn what_goes_wrong_is_told_with_the_last_words_and_the_batch_can_be_tried_again() {
    let Some(command) = misbehaving("dies 3") else { return };
    let params = small(|p| p.chip.chip_program = command);
    let mut experiment = Experiment::new(&params).unwrap();
    let before = experiment.checkpoint();
    // Two lanes run a batch each, and the first run is asked twice: the program dies in the first batch.
    let error = experiment.step().unwrap_err();
    let Error::Chip { why, said, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains("exit status: 7") && said.contains("the bench is on fire"), "{error}");
    assert_eq!(experiment.checkpoint(), before, "nothing of the batch is left");
    assert_eq!(experiment.chip_failure(), Some(error.clone()));
    assert_eq!(experiment.step().unwrap_err(), error, "it is not started again by itself");
    experiment.revive();
    assert_eq!(experiment.chip_failure(), None);
    let again = experiment.step().unwrap_err();
    assert!(matches!(again, Error::Chip { .. }) && experiment.checkpoint() == before);
}

#[test]
fn a_stop_does_not_wait_for_a_chip_that_computes() {
    let Some(command) = misbehaving("hangs 0") else { return };
    let params = small(|p| p.chip.chip_program = command);
    let stop = Stop::default();
    let mut run = Run::begin(params.into()).unwrap();
    let asked = std::thread::spawn({
        let stop = stop.clone();
        move || {
            std::thread::sleep(Duration::from_secs(4));
            stop.request();
            Instant::now()
        }
    });
    let ending = run.drive(&stop, &mut []);
    let late = asked.join().unwrap().elapsed();
    assert_eq!(ending, Ending::Stopped);
    assert!(late < Duration::from_millis(100), "{late:?}");
}

/// The processes whose command line holds these words.
#[cfg(target_os = "linux")]
fn processes(words: &str) -> usize {
    let of = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).ok();
    let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| of(entry.ok()?));
    lines.filter(|line| String::from_utf8_lossy(line).contains(words)).count()
}

#[cfg(target_os = "linux")]
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_program_is_left_behind_when_misfit_is_killed_stopped_or_done_even_if_it_does_not_heed_the_end() {
    for (signal, mark) in [("-KILL", "4711001"), ("-TERM", "4711002"), ("", "4711003")] {
        // It computes for an hour, and the mark in its command line tells it from others.
        let Some(command) = misbehaving(&format!("hangs 0 {mark}")) else { return };
        let mut misfit = Command::new(env!("CARGO_BIN_EXE_misfit"))
            .args(["train", "--task", "yin_yang", "--threads", "1", "--set", "hidden=10"])
            .args(["--set", &format!("chip_program={command}")])
            .env("MISFIT_STORE", "none")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Misfit's own command line holds the mark, too.
        eventually("it starts", || processes(mark) >= 2);
        std::thread::sleep(Duration::from_secs(1));
        if signal.is_empty() {
            // The second Ctrl-C ends Misfit at once.
            let id = misfit.id().to_string();
            Command::new("kill").args(["-INT", &id]).status().unwrap();
            Command::new("kill").args(["-INT", &id]).status().unwrap();
        } else {
            Command::new("kill").args([signal, &misfit.id().to_string()]).status().unwrap();
        }
        misfit.wait().unwrap();
        eventually("it ends", || processes(mark) == 0);
    }
}
