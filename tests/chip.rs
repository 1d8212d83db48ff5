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
use misfit::foreign::wire::Message;
use misfit::params::{Gradient, Lane, Params, TaskKind};
use misfit::run::{Run, Stop};
use misfit::session::SessionThread;
use misfit::session::messages::{EngineCommand, Event, Snapshot};
use misfit::store::Ending;
use misfit::task::Dataset;
use misfit::training::Experiment;
use misfit::training::metrics::EpochReport;
use python::python;

const PATIENCE: Duration = Duration::from_mins(2);

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
        script("assets/chips/numpy_lif.py", "--spread 0 --spikes-only"),
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
    // What is told depends on which of the two answers comes first.
    ("twice", "conversation", "answer"),
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
    ("microseconds", "causal", "are times taken in seconds?"),
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
fn event_prop_learns_on_a_chip_that_gives_only_spikes() {
    let Some(command) = script("assets/chips/numpy_lif.py", "--seed 2 --spikes-only") else { return };
    let params = Params::for_task(TaskKind::YinYang).with(|p| {
        (p.chip.chip_program, p.learning.lanes) = (command, vec![Lane::InTheLoop]);
        (p.learning.gradient, p.learning.threads, p.task.train_samples) = (Gradient::EventProp, 1, 3000);
    });
    let mut experiment = Experiment::new(&params).unwrap();
    let before = experiment.evaluate(Lane::InTheLoop).unwrap().accuracy;
    while experiment.epoch() < 3 {
        experiment.step().unwrap();
    }
    let after = experiment.evaluate(Lane::InTheLoop).unwrap().accuracy;
    assert!(after > 0.7 && after > before + 0.2, "{before} {after}");
}

#[test]
fn a_chip_that_gives_only_spikes_is_refused_by_a_gradient_that_reads_voltages() {
    let Some(command) = script("assets/chips/numpy_lif.py", "--spread 0 --spikes-only") else { return };
    let params = small(|p| (p.chip.chip_program, p.learning.lanes) = (command, vec![Lane::InTheLoop]));
    let refused = Experiment::new(&params).unwrap().step().unwrap_err().to_string();
    assert!(refused.contains("only spikes") && refused.contains("voltages"), "{refused}");
    assert!(refused.contains("event_prop"), "{refused}");
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
    let (ending, late) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(4));
            stop.request();
            Instant::now()
        });
        (run.drive(&stop, &mut []), asked.join().unwrap().elapsed())
    });
    assert_eq!(ending, Ending::Stopped);
    assert!(late < Duration::from_millis(100), "{late:?}");
}

/// What Misfit sent to a chip in a first batch, read back from the bytes.
fn sent(params: &Params, relabel: impl Fn(u16) -> u16) -> Option<Vec<Message<'static>>> {
    let chip = script("assets/chips/numpy_lif.py", "--seed 3")?;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("sent");
    let command = format!("sh -c \"tee '{}' | {}\"", log.display(), chip);
    let params = params.clone().with(|p| p.chip.chip_program = command);
    let mut data = Dataset::new(&params).unwrap();
    data.train.iter_mut().chain(&mut data.test).for_each(|sample| sample.label = relabel(sample.label));
    let mut experiment = Experiment::with_data(&params, data).unwrap();
    experiment.step().unwrap();
    drop(experiment);
    let bytes = std::fs::read(log).unwrap();
    let mut from = &bytes[..];
    let messages = std::iter::from_fn(|| Message::read(&mut from, || usize::MAX).ok()).collect();
    assert!(from.is_empty(), "every byte belongs to a message");
    Some(messages)
}

#[test]
fn neither_labels_nor_gradients_go_to_a_chip() {
    let params = small(|p| p.learning.lanes = vec![Lane::InTheLoop]);
    let Some(messages) = sent(&params, |label| label) else { return };
    // Nothing but this has a name on the wire.
    for message in &messages {
        let arrays: Vec<&str> = message.arrays.iter().map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = match message.kind() {
            "weights" => &["input", "recurrent", "readout"],
            "run" => &["counts", "times", "channels"],
            "hello" | "setup" => &[],
            other => panic!("{other}"),
        };
        assert_eq!(arrays, expected);
        let keys: Vec<&String> = message.head.keys().collect();
        match message.kind() {
            "run" => assert_eq!(keys, ["type", "trial"]),
            "weights" => assert_eq!(keys, ["type"]),
            "hello" => assert_eq!(keys, ["type", "protocol", "version"]),
            _ => assert!(!message.head.iter().any(|(key, _)| key.contains("rate") || key.contains("label"))),
        }
    }
    assert!(messages.iter().any(|message| message.kind() == "run"));
    // With other labels the very same bytes are sent until the weights have learnt from them.
    assert_eq!(sent(&params, |label| 2 - label).unwrap(), messages);
}

/// A session, what it says, and how long that takes.
struct Watched(SessionThread, Vec<Event>);

impl Watched {
    fn start(params: &Params, running: bool) -> Self {
        Self(SessionThread::start(params.clone(), running, || {}).unwrap(), Vec::new())
    }

    /// Waits for a snapshot or an event.
    fn until(&mut self, what: &str, mut is_so: impl FnMut(Option<&Snapshot>, &[Event]) -> bool) {
        let end = Instant::now() + Duration::from_mins(2);
        loop {
            let (snapshot, events) = self.0.take();
            self.1.extend(events);
            if is_so(snapshot.as_deref(), &self.1) {
                return;
            }
            assert!(Instant::now() < end, "{what}: {:?}", self.1);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn the_window_pauses_at_once_while_a_chip_computes_and_goes_on_later() {
    let Some(command) = misbehaving("slow 1.5") else { return };
    let params = small(|p| (p.chip.chip_program, p.learning.lanes) = (command, vec![Lane::InTheLoop]));
    let mut session = Watched::start(&params, true);
    session.until("a batch", |snapshot, _| snapshot.is_some_and(|s| s.batch > 0));
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        // In the middle of a batch: it computes for one and a half seconds.
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        session.0.send(EngineCommand::Pause).unwrap();
        session.until("a pause", |snapshot, _| snapshot.is_some_and(|s| !s.running));
        fastest = fastest.min(begun.elapsed());
        session.0.send(EngineCommand::Run).unwrap();
        session.until("it runs", |snapshot, _| snapshot.is_some_and(|s| s.running));
    }
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
    let mut batches = 0;
    session.until("more batches", |snapshot, _| {
        batches = snapshot.map_or(batches, |s| s.batch);
        batches > 2
    });
    assert!(session.1.is_empty(), "a pause is no failure: {:?}", session.1);
}

#[test]
fn what_a_command_interrupts_is_measured_after_it() {
    let Some(command) = misbehaving("slow 0.6") else { return };
    let params = small(|p| (p.chip.chip_program, p.learning.lanes) = (command, vec![Lane::InTheLoop]));
    let mut session = Watched::start(&params, false);
    // The lanes are measured for the first time.
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(200));
        session.0.send(EngineCommand::Pause).unwrap();
    }
    session.until("the first point", |snapshot, _| snapshot.is_some_and(|s| !s.examined.is_empty()));
    session.0.send(EngineCommand::StepBatch).unwrap();
    session.until("a batch", |snapshot, _| {
        let Some(s) = snapshot else { return false };
        assert!(s.falls.iter().all(|fall| fall.scores.len() == 1), "{:?}", s.falls);
        s.batch > 0 && s.falls.len() == 1
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_chip_that_is_killed_again_and_again_costs_time_and_not_a_bit() {
    let Some(command) = script("assets/chips/numpy_lif.py", "--seed 4712001") else { return };
    let params = small(|p| (p.chip.chip_program, p.learning.epochs) = (command, 2));
    let undisturbed = learn(&params).0;
    let mut session = Watched::start(&params, true);
    for kill in 1..=3 {
        session.until("a batch", |snapshot, _| snapshot.is_some_and(|s| s.running && s.batch > 0));
        for id in processes("4712001") {
            Command::new("kill").args(["-KILL", &id]).status().unwrap();
        }
        session.until("the failure is told", |_, events| {
            events.iter().filter(|event| matches!(event, Event::Failed(Error::Chip { .. }))).count() == kill
        });
        session.0.send(EngineCommand::Run).unwrap();
    }
    session.until("the end", |_, events| events.iter().any(|event| matches!(event, Event::Finished { .. })));
    let mut seen = Vec::new();
    session.until("scores", |snapshot, _| {
        seen = snapshot.map_or(seen.clone(), |s| s.examined.to_vec());
        seen.len() == 3
    });
    for report in undisturbed.iter().filter(|report| report.epoch == 2) {
        let scores = seen.iter().find(|seen| seen.lane == report.lane).unwrap().scores;
        assert_eq!((scores.loss, scores.accuracy), (report.test_loss, report.test_accuracy), "{:?}", report.lane);
    }
}

#[test]
fn the_window_says_what_a_chip_shows_and_asks_it_for_its_faults() {
    let Some(command) = script("assets/chips/numpy_lif.py", "--seed 3") else { return };
    let params = small(|p| p.chip.chip_program = command);
    let mut session = Watched::start(&params, true);
    let mut spreads = Vec::new();
    session.until("the faults", |snapshot, _| {
        spreads = snapshot.map_or(Vec::new(), |s| s.chip.spreads.clone());
        !spreads.is_empty()
    });
    let labels: Vec<&str> = spreads.iter().map(|spread| spread.label).collect();
    assert!(labels.contains(&"Membrane time constant") && labels.contains(&"Readout offset"), "{labels:?}");
    let mut sample = None;
    session.until("a sample", |snapshot, _| {
        sample = snapshot.and_then(|s| s.sample.clone()).filter(|sample| sample.lanes.len() == 3);
        sample.is_some()
    });
    let sample = sample.unwrap();
    let foreign = sample.lanes.iter().find(|trace| trace.lane == Lane::InTheLoop).unwrap();
    assert_eq!(foreign.v_hidden.dim(), (0, 20), "the analog truth is not known");
    assert_eq!(foreign.hidden_samples.dim(), (24, 20), "what the host sees is");
}

/// The ids of the processes whose command line holds these words.
#[cfg(target_os = "linux")]
fn processes(words: &str) -> Vec<String> {
    let held = |entry: &std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(words)
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten().filter(held);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[cfg(target_os = "linux")]
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
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
        eventually("it starts", || processes(mark).len() >= 2);
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
        eventually("it ends", || processes(mark).is_empty());
    }
}
