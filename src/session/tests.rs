//! The session as the window sees it.

use std::time::{Duration, Instant};

use super::messages::{BenchSetting, EngineCommand, Event, Pace, Snapshot, ViewRequest, What};
use super::*;
use crate::params::{Decoding, Lane, Params};
use crate::protocol::{Change, Protocol, When};

mod past;

fn small() -> Params {
    Params::default().with(|p| (p.network.hidden, p.learning.epochs, p.learning.threads) = (20, 1000, 1))
}

/// Waits for a snapshot that fulfils `condition`; the time limit only ends a hanging test.
fn wait_for(session: &SessionThread, condition: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let start = Instant::now();
    loop {
        if let (Some(snapshot), _) = session.take()
            && condition(&snapshot)
        {
            return snapshot;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "the expected snapshot never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn it_learns_at_once_and_publishes_every_lane() {
    let session = SessionThread::start(small(), true, || {}).unwrap();
    let snapshot = wait_for(&session, |s| s.epoch >= 2 && s.sample.is_some());
    assert!(snapshot.running && snapshot.failure.is_none());
    assert_eq!(snapshot.examined.len(), Lane::WITH_HOST.len());
    assert_eq!(snapshot.sample.as_ref().unwrap().lanes.len(), Lane::WITH_HOST.len());
    assert!(snapshot.curves.iter().all(|c| !c.test_accuracy.is_empty() && !c.batch_loss.is_empty()));
    assert!(snapshot.decision_map.is_none(), "digits have no plane");
}

#[test]
fn paused_means_no_further_batch_and_no_wake_up() {
    let wakes = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let session = SessionThread::start(small(), true, move || {
        counter.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    wait_for(&session, |s| s.batch > 2);
    session.send(EngineCommand::Pause).unwrap();
    let paused = wait_for(&session, |s| !s.running);
    // One evaluation of the last state may still come; after that there is silence.
    std::thread::sleep(Duration::from_millis(800));
    let last = session.take().0.unwrap_or(paused);
    let before = wakes.load(Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(wakes.load(Ordering::Relaxed), before, "a paused session must not wake the window");
    session.send(EngineCommand::StepBatch).unwrap();
    let stepped = wait_for(&session, |s| (s.epoch, s.batch) != (last.epoch, last.batch));
    let before = last.batch % last.batches;
    assert_eq!(stepped.batch, before + 1, "a step is one batch");
    assert!(!stepped.running);
}

#[test]
fn the_last_of_many_settings_wins_and_acts_while_paused() {
    let session = SessionThread::start(small(), false, || {}).unwrap();
    wait_for(&session, |s| s.sample.is_some());
    for k in 0..=50 {
        let params = small().with(|p| p.chip.sigma = f64::from(k) / 100.0);
        session.send(EngineCommand::SetParams(Box::new(params))).unwrap();
    }
    let snapshot = wait_for(&session, |s| s.params.chip.sigma > 0.499);
    assert!((snapshot.params.chip.sigma - 0.5).abs() < 1e-12);
    let tau = &snapshot.chip.spreads[0].actual;
    let mean = tau.iter().map(|t| (t / 6.0).ln()).sum::<f64>() / tau.len() as f64;
    let sd = (tau.iter().map(|t| ((t / 6.0).ln() - mean).powi(2)).sum::<f64>() / tau.len() as f64).sqrt();
    assert!(sd > 0.2, "σ of 50 % must show in the circuits, got {sd}");
}

#[test]
fn the_same_settings_and_seed_give_the_same_numbers_as_the_terminal() {
    let params = small().with(|p| p.learning.epochs = 2);
    let mut experiment = crate::training::Experiment::new(&params).unwrap();
    let mut last = Vec::new();
    while !experiment.is_finished() {
        if let Some(reports) = experiment.step().unwrap().epoch_done {
            last = reports;
        }
    }
    let session = SessionThread::start(params, true, || {}).unwrap();
    session.send(EngineCommand::SetPace(Pace::BatchesPerSecond(5000.0))).unwrap();
    let snapshot = wait_for(&session, |s| s.curves.first().is_some_and(|c| c.test_loss.len() >= 2));
    for (curves, report) in snapshot.curves.iter().zip(&last) {
        assert_eq!(curves.test_loss[1][1].to_bits(), report.test_loss.to_bits(), "{}", report.lane.name());
    }
}

#[test]
fn it_stops_within_a_tenth_of_a_second_even_in_the_middle_of_work() {
    let session = SessionThread::start(Params::default(), true, || {}).unwrap();
    wait_for(&session, |s| s.batch > 1);
    let start = Instant::now();
    drop(session);
    // Generous for a shared machine in a debug build; the release build needs a few milliseconds.
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn an_experiment_that_cannot_be_built_is_an_event_and_restart_recovers() {
    let session = SessionThread::start(small().with(|p| p.network.threshold = 60.0), true, || {}).unwrap();
    let start = Instant::now();
    let error = loop {
        if let Some(Event::Failed(error)) = session.take().1.pop() {
            break error;
        }
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(error.to_string().contains("threshold"), "{error}");
    assert!(session.thread.as_ref().is_some_and(|thread| !thread.is_finished()));
    session.send(EngineCommand::Restart(Box::new(small().into()))).unwrap();
    wait_for(&session, |s| s.failure.is_none() && s.batch > 0);
}

#[test]
fn settings_that_contradict_one_another_are_refused_and_the_run_goes_on() {
    let session = SessionThread::start(small(), true, || {}).unwrap();
    wait_for(&session, |s| s.batch > 0);
    session.send(EngineCommand::SetParams(Box::new(small().with(|p| p.network.reset = 155.0)))).unwrap();
    let start = Instant::now();
    loop {
        let (_, events) = session.take();
        if events.iter().any(|e| matches!(e, Event::Refused(_))) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(2));
    }
    wait_for(&session, |s| s.running && (s.params.network.reset - 80.0).abs() < 1e-9);
}

#[test]
fn settings_whose_data_cannot_be_read_are_refused_and_the_run_goes_on() {
    let session = SessionThread::start(small(), true, || {}).unwrap();
    let before = wait_for(&session, |s| s.batch > 2);
    let folder = tempfile::tempdir().unwrap();
    let mut elsewhere = Params::for_task(crate::params::TaskKind::Shd);
    elsewhere.task.data = folder.path().display().to_string();
    session.send(EngineCommand::Restart(Box::new(elsewhere.into()))).unwrap();
    session.send(ViewRequest::Hear(folder.path().join("nothing.wav"))).unwrap();
    let start = Instant::now();
    let mut refused = Vec::new();
    while refused.len() < 2 {
        refused.extend(session.take().1.into_iter().filter_map(|event| match event {
            Event::Refused(error) => Some(error.to_string()),
            _ => None,
        }));
        assert!(start.elapsed() < Duration::from_mins(1), "{refused:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(refused[0].contains(folder.path().to_str().unwrap()), "{refused:?}");
    assert!(refused[1].contains("nothing.wav"), "{refused:?}");
    let after = wait_for(&session, |s| (s.epoch, s.batch) > (before.epoch, before.batch + 5));
    assert!(after.running && after.failure.is_none() && after.generation == before.generation);
}

#[test]
fn a_sound_is_shown_in_place_of_a_test_word_until_one_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    (0..1_600).for_each(|n| writer.write_sample((9_000.0 * (f64::from(n) * 0.3).sin()) as i16).unwrap());
    writer.finalize().unwrap();
    let words =
        Params::for_task(crate::params::TaskKind::Spoken).with(|p| (p.network.hidden, p.learning.threads) = (12, 1));
    let session = SessionThread::start(words, false, || {}).unwrap();
    wait_for(&session, |s| s.sample.is_some());
    session.send(ViewRequest::Hear(path)).unwrap();
    let heard = wait_for(&session, |s| s.sample.as_ref().is_some_and(|sample| sample.name.is_some())).sample.clone();
    let heard = heard.unwrap();
    assert_eq!((heard.name.as_deref(), heard.label), (Some("tone.wav"), None));
    assert!(heard.input.len() > 20, "a tone of a fifth of a second makes many spikes");
    session.send(ViewRequest::ShowSample(3)).unwrap();
    wait_for(&session, |s| s.sample.as_ref().is_some_and(|sample| sample.index == 3 && sample.label.is_some()));
}

/// Waits for an event.
fn wait_for_event(session: &SessionThread) -> Event {
    let start = Instant::now();
    loop {
        if let Some(event) = session.take().1.pop() {
            return event;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "the expected event never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_recording_holds_the_weights_on_display_and_a_place_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch.npz");
    let session = SessionThread::start(small(), true, || {}).unwrap();
    wait_for(&session, |s| s.epoch >= 3);
    session.send(EngineCommand::Pause).unwrap();
    let now = wait_for(&session, |s| !s.running && s.weights.is_some());
    let record = |path: &std::path::Path| {
        session.send(EngineCommand::Record { path: path.into(), lane: Lane::InTheLoop }).unwrap();
        wait_for_event(&session)
    };
    let codes = || {
        let mut npz = ndarray_npy::NpzReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let codes: ndarray::Array2<i8> = npz.by_name("codes_input").unwrap();
        let labels: ndarray::Array1<i32> = npz.by_name("labels").unwrap();
        assert_eq!(labels.len(), now.params.learning.batch as usize, "a whole batch");
        codes
    };
    let shown = |s: &Snapshot| {
        let weights = s.weights.as_ref().unwrap();
        weights.lanes.iter().find(|w| w.lane == Lane::InTheLoop).unwrap().clone()
    };
    assert_eq!(record(&path), Event::Saved(path.clone()));
    let learnt = codes();
    // A moment of the past is recorded as it was.
    session.send(ViewRequest::LookAt(Some(0))).unwrap();
    let past = wait_for(&session, |s| s.looking_at == Some(0));
    assert_eq!(record(&path), Event::Saved(path.clone()), "over the file that was there");
    let first = codes();
    assert_eq!(first, shown(&past).now.input);
    assert_eq!(first, shown(&past).first.input);
    assert_ne!(first, learnt);
    for nowhere in [folder.path().to_path_buf(), path.join("inside a file.npz")] {
        assert!(matches!(record(&nowhere), Event::NotSaved(Error::File { .. })), "{}", nowhere.display());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half written is left behind");
}

#[test]
fn a_network_leaves_as_nir_and_comes_back_into_a_running_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.nir");
    let session = SessionThread::start(small(), true, || {}).unwrap();
    wait_for(&session, |s| s.epoch >= 2);
    session.send(EngineCommand::Pause).unwrap();
    let learnt = wait_for(&session, |s| !s.running);
    let mut learnt_nodes = Vec::new();
    for form in messages::Form::ALL {
        session.send(EngineCommand::ExportNir { path: path.clone(), lane: Lane::InTheLoop, form }).unwrap();
        assert_eq!(wait_for_event(&session), Event::Saved(path.clone()));
        if form == messages::Form::Nominal {
            learnt_nodes = crate::exchange::nir::file::read(&path).unwrap().nodes;
        }
        // Another seed has other first weights; the file's are shown instead, if it is one that can be brought back.
        let params = Box::new(small().with(|p| p.learning.seed = 2));
        session.send(EngineCommand::LoadNir { path: path.clone(), params: params.clone() }).unwrap();
        match (form, wait_for_event(&session)) {
            (messages::Form::Nominal, Event::Loaded { params: in_force, .. }) => assert_eq!(in_force, params),
            (messages::Form::Actual, Event::Refused(error)) => {
                assert!(error.to_string().contains("nominal"), "{error}");
            }
            (form, other) => panic!("{form:?}: {other:?}"),
        }
    }
    let loaded = wait_for(&session, |s| s.generation > learnt.generation);
    assert_eq!((loaded.epoch, loaded.params.learning.seed, loaded.running), (1, 2, false));
    // What was loaded is what leaves again.
    let [missing, after] = [folder.path().join("missing.nir"), folder.path().join("after.nir")];
    session.send(EngineCommand::LoadNir { path: missing, params: Box::new(small()) }).unwrap();
    assert!(matches!(wait_for_event(&session), Event::Refused(_)), "there is no such file");
    session
        .send(EngineCommand::ExportNir { path: after.clone(), lane: Lane::InTheLoop, form: messages::Form::Nominal })
        .unwrap();
    assert_eq!(wait_for_event(&session), Event::Saved(after.clone()));
    assert_eq!(crate::exchange::nir::file::read(&after).unwrap().nodes, learnt_nodes);
}

#[test]
fn what_is_broken_by_hand_is_a_parameter_and_is_told_neuron_by_neuron() {
    let session = SessionThread::start(small(), false, || {}).unwrap();
    wait_for(&session, |s| s.sample.is_some());
    let with = |silenced: Vec<u32>| EngineCommand::SetParams(Box::new(small().with(|p| p.chip.silenced = silenced)));
    session.send(with(vec![3, 5])).unwrap();
    let broken = wait_for(&session, |s| s.chip.silent.get(3) == Some(&true) && s.chip.silent[5]);
    assert_eq!(broken.params.chip.silenced, [3, 5]);
    session.send(with(vec![5])).unwrap();
    let mended = wait_for(&session, |s| s.chip.silent.get(3) == Some(&false));
    let told: Vec<_> = mended.changes.iter().map(|c| c.what.clone()).collect();
    assert_eq!(told, [messages::What::Killed(3), messages::What::Killed(5), messages::What::Healed(3)]);
}

/// Epoch and bits of the test loss.
fn bits(points: &[[f64; 2]]) -> Vec<(u64, u64)> {
    points.iter().map(|p| (p[0] as u64, p[1].to_bits())).collect()
}

#[test]
fn many_chips_are_tried_in_the_background_and_can_be_stopped() {
    let session = SessionThread::start(small().with(|p| p.learning.batch = 250), true, || {}).unwrap();
    wait_for(&session, |s| s.epoch > 2);
    session.send(ViewRequest::TryChips(Lane::Ideal, 4)).unwrap();
    let begun = wait_for(&session, |s| s.chips.as_ref().is_some_and(|c| c.accuracy.len() == 4));
    let done = wait_for(&session, |s| s.chips.as_ref().is_some_and(|c| !c.running));
    assert!((done.epoch, done.batch) > (begun.epoch, begun.batch), "learning goes on meanwhile");
    let chips = done.chips.as_ref().unwrap();
    assert_eq!(chips.progress(), (4 * 12, 4 * 12));
    let first = &chips.curve[0];
    assert!(chips.sigmas[0].abs() < 1e-12 && first.iter().all(|a| (0.0..=1.0).contains(a)));
    session.send(EngineCommand::Pause).unwrap();
    session.send(ViewRequest::TryChips(Lane::Ideal, 200)).unwrap();
    wait_for(&session, |s| s.chips.as_ref().is_some_and(|c| c.accuracy.len() > 2 && c.running));
    session.send(ViewRequest::StopChips).unwrap();
    let stopped = wait_for(&session, |s| s.chips.as_ref().is_some_and(|c| !c.running));
    assert!(stopped.chips.as_ref().unwrap().progress().0 < 200 * 12);
    session.send(ViewRequest::Repeat(Lane::InTheLoop, 6)).unwrap();
    let seen = wait_for(&session, |s| s.repeats.is_some()).repeats.clone().unwrap();
    assert_eq!((seen.runs, seen.quantities[0].mean.len()), (6, 20));
    assert!(seen.quantities[2].between_runs() > 0.0, "the default chip is noisy");
}

#[test]
fn the_circuits_on_the_bench_follow_what_is_set_there_and_the_faults_of_the_chip() {
    let params = small().with(|p| (p.chip.sigma, p.chip.noise_membrane, p.chip.noise_threshold) = (0.0, 0.0, 0.0));
    let session = SessionThread::start(params.clone(), false, || {}).unwrap();
    session.send(ViewRequest::Bench(None)).unwrap();
    let bench = wait_for(&session, |s| s.bench.is_some()).bench.clone().unwrap();
    assert_eq!((bench.circuits.len(), bench.firing()), (10, 0), "one spike of weight 1 is not enough");
    session.send(ViewRequest::Bench(Some(BenchSetting::Spikes(vec![5e-6; 3])))).unwrap();
    session.send(ViewRequest::Bench(Some(BenchSetting::Circuits(4)))).unwrap();
    wait_for(&session, |s| s.bench.as_ref().is_some_and(|b| b.circuits.len() == 4 && b.firing() == 4));
    let faulty = params.with(|p| p.chip.sigma = 0.5);
    session.send(EngineCommand::SetParams(Box::new(faulty))).unwrap();
    let alike = |s: &Snapshot| s.bench.as_ref().is_none_or(|b| b.circuits[0].threshold.to_bits() == 1f64.to_bits());
    let parted = wait_for(&session, |s| !alike(s)).bench.clone().unwrap();
    assert_ne!(parted.circuits[0].v, parted.circuits[1].v);
    // What was asked for stays: 3 (t/τ) exp(−t/τ) reaches the threshold after 0.619 τ.
    let after = (parted.nominal.spikes[0] - 5e-6) / 6e-6;
    assert!((after - 0.619).abs() < 0.03, "{after}");
}

#[test]
fn the_angle_of_the_gradient_is_measured_every_epoch_in_the_beginning() {
    let session = SessionThread::start(small().with(|p| p.learning.batch = 250), true, || {}).unwrap();
    let snapshot = wait_for(&session, |s| s.gradient[1].len() > 3);
    assert!(snapshot.gradient.iter().flat_map(|c| c.iter()).all(|p| p[1] > 0.0 && p[1] <= 1.0 + 1e-9));
    assert_eq!(snapshot.gradient[1][..3].iter().map(|p| p[0]).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
}

/// The fall is what the same weights reach on the changed chip; the curve at epoch ends does not know it.
#[test]
fn a_change_of_the_chip_is_measured_at_once_and_what_is_said_is_otherwise_the_last_point_of_the_curve() {
    let params = small().with(|p| (p.learning.epochs, p.chip.sigma) = (3, 0.0));
    let session = SessionThread::start(params.clone(), true, || {}).unwrap();
    let planned = wait_for(&session, |s| s.curves.first().is_some_and(|c| c.test_accuracy.len() >= 3));
    assert!(planned.running, "learning goes on beyond the end of the plan");
    session.send(EngineCommand::Pause).unwrap();
    let mut ended = wait_for(&session, |s| !s.running);
    // To the end of the epoch in progress.
    while ended.batch < ended.batches {
        let at = (ended.epoch, ended.batch);
        session.send(EngineCommand::StepBatch).unwrap();
        ended = wait_for(&session, |s| (s.epoch, s.batch) > at);
    }
    let epochs = ended.epoch as f64;
    let last = |s: &Snapshot, lane: Lane| {
        let curves = s.curves.iter().find(|c| c.lane == lane).unwrap();
        *curves.test_accuracy.last().unwrap()
    };
    for lane in Lane::WITH_HOST {
        let now = 100.0 * ended.accuracy(lane).unwrap();
        assert_eq!(now.to_bits(), last(&ended, lane)[1].to_bits(), "the headline is the last point of the curve");
    }
    assert!(!Lane::WITH_HOST.into_iter().any(|lane| ended.is_remeasured(lane)));
    let [first] = &ended.falls[..] else { panic!("{:?}", ended.falls) };
    assert!(first.epochs.abs() < 1e-12 && first.scores.len() == 3, "curves begin before anything is learnt");

    let worse = (*ended.params).clone().with(|p| p.chip.sigma = 0.9);
    session.send(EngineCommand::SetParams(Box::new(worse))).unwrap();
    session.send(EngineCommand::Run).unwrap();
    let fallen = wait_for(&session, |s| s.falls.len() == 2 && s.epoch > ended.epoch);
    let fall = &fallen.falls[1];
    let of = |lane: Lane| fall.scores.iter().find(|(l, _)| *l == lane).unwrap().1.accuracy;
    assert!(of(Lane::Transferred) < of(Lane::Ideal) - 0.1, "{fall:?}");
    assert!((fall.epochs - epochs).abs() < 1e-12, "{fall:?}");
    assert!(fallen.recovery.is_some_and(|r| r.worst <= of(Lane::InTheLoop) && r.before > r.worst));
}

#[test]
fn a_planned_change_at_the_end_of_an_epoch_is_a_fall_below_the_point_of_that_epoch() {
    let params = small().with(|p| (p.learning.epochs, p.chip.sigma) = (4, 0.0));
    let mut protocol = Protocol::new(params);
    protocol.add(When { epoch: 3, batch: 0 }, Change::parse("sigma=90", "test").unwrap());
    let session = SessionThread::start(protocol, true, || {}).unwrap();
    let ended = wait_for(&session, |s| s.epoch >= 4 && s.falls.len() == 2);
    let fall = &ended.falls[1];
    assert!((fall.epochs - 3.0).abs() < 1e-12, "{fall:?}");
    let curves = ended.curves.iter().find(|c| c.lane == Lane::Transferred).unwrap();
    let before = curves.test_accuracy[2];
    let reached = 100.0 * fall.scores.iter().find(|(lane, _)| *lane == Lane::Transferred).unwrap().1.accuracy;
    assert!((before[0] - 3.0).abs() < 1e-12 && reached < before[1] - 10.0, "{before:?} {reached}");
}

#[test]
fn a_planned_change_is_measured_when_it_is_made_while_the_past_is_looked_at_too() {
    let params = small().with(|p| (p.learning.epochs, p.chip.sigma) = (4, 0.0));
    let mut protocol = Protocol::new(params);
    protocol.add(When { epoch: 2, batch: 0 }, Change::parse("sigma=90", "test").unwrap());
    let session = SessionThread::start(protocol, false, || {}).unwrap();
    session.send(EngineCommand::RunTo(1)).unwrap();
    wait_for(&session, |s| s.epoch == 1 && s.batches > 0 && s.batch == s.batches);
    session.send(ViewRequest::LookAt(Some(0))).unwrap();
    session.send(EngineCommand::RunTo(3)).unwrap();
    let seen = wait_for(&session, |s| s.epoch == 3 && s.falls.len() == 2);
    assert_eq!(seen.looking_at, Some(0));
    assert!((seen.falls[1].epochs - 2.0).abs() < 1e-12, "{:?}", seen.falls[1]);
    session.send(ViewRequest::LookAt(None)).unwrap();
    let live = wait_for(&session, |s| s.looking_at.is_none());
    assert_eq!(live.falls.len(), 2, "what was measured is not measured again");
}

#[test]
fn another_way_to_read_the_scores_is_measured_at_once_in_the_middle_of_an_epoch_too() {
    let params = small();
    let session = SessionThread::start(params.clone(), false, || {}).unwrap();
    session.send(EngineCommand::StepBatch).unwrap();
    wait_for(&session, |s| s.batch == 1 && s.falls.len() == 1);
    session.send(EngineCommand::SetParams(Box::new(params.clone().with(|p| p.learning.learning_rate = 0.01)))).unwrap();
    let slower = wait_for(&session, |s| s.params.learning.learning_rate > 0.009);
    assert_eq!(slower.falls.len(), 1, "the rate changes nothing of what the weights reach");
    let mean = params.with(|p| (p.learning.learning_rate, p.learning.decoding) = (0.01, Decoding::Mean));
    session.send(EngineCommand::SetParams(Box::new(mean))).unwrap();
    let read = wait_for(&session, |s| s.falls.len() == 2);
    let lane = read.examined[0].lane;
    assert!(read.falls[1].epochs > 0.0 && read.falls[1].epochs < 1.0 && read.is_remeasured(lane), "{:?}", read.falls);
    assert_ne!(read.falls[1].scores[0].1.loss.to_bits(), slower.examined[0].scores.loss.to_bits());
}
