//! The window's session and the terminal compute the same run, bit by bit: same protocol, same numbers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use misfit::params::Params;
use misfit::protocol::{PRESETS, Protocol, Timed};
use misfit::run::{Event, Flow, Observer, Run, Stop};
use misfit::session::SessionThread;
use misfit::session::messages::{EngineCommand, Snapshot};
use misfit::store::Ending;
use misfit::training::metrics::EpochReport;

/// The reports of all epochs.
#[derive(Default)]
struct Reports(Vec<Vec<EpochReport>>);

impl Observer for Reports {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> misfit::Result<Flow> {
        if let Event::Epoch(reports) = event {
            self.0.push(reports.to_vec());
        }
        Ok(Flow::GoOn)
    }
}

/// Test loss and accuracy of every lane at every epoch end, as bits.
type Numbers = Vec<(String, Vec<[u64; 3]>)>;

fn in_the_terminal(protocol: &Protocol) -> Numbers {
    let mut reports = Reports::default();
    let mut run = Run::begin(protocol.clone()).unwrap();
    assert_eq!(run.drive(&Stop::default(), &mut [&mut reports]), Ending::Finished);
    let lane = |k: usize| {
        let of_epoch =
            |r: &EpochReport| [r.test_loss.to_bits(), (100.0 * r.test_accuracy).to_bits(), r.hidden_spikes.to_bits()];
        (reports.0[0][k].lane.name().to_owned(), reports.0.iter().map(|all| of_epoch(&all[k])).collect())
    };
    (0..reports.0[0].len()).map(lane).collect()
}

/// The first snapshot of which that is true; the time limit only ends a hanging test.
#[track_caller]
fn wait_for(session: &SessionThread, what: &str, condition: &dyn Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_mins(2), "never: {what}");
        if let Some(snapshot) = session.take().0.filter(|snapshot| condition(snapshot)) {
            return snapshot;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn in_the_window(protocol: &Protocol) -> Numbers {
    let epochs = protocol.params.learning.epochs as usize;
    let session = SessionThread::start(protocol, true, || {}).unwrap();
    let done = |s: &Snapshot| !s.curves.is_empty() && s.curves.iter().all(|c| c.test_loss.len() >= epochs);
    let snapshot = wait_for(&session, "the end", &done);
    assert!(snapshot.failure.is_none());
    // Learning goes on beyond the end of the plan.
    let bits = |points: &[[f64; 2]]| points.iter().take(epochs).map(|p| p[1].to_bits()).collect::<Vec<_>>();
    let lane = |c: &misfit::session::messages::LaneCurves| {
        let (loss, accuracy, spikes) = (bits(&c.test_loss), bits(&c.test_accuracy), bits(&c.hidden_spikes));
        let numbers = loss.iter().zip(accuracy).zip(spikes).map(|((l, a), s)| [*l, a, s]).collect();
        (c.lane.name().to_owned(), numbers)
    };
    snapshot.curves.iter().map(lane).collect()
}

#[test]
fn every_preset_gives_the_same_numbers_in_the_window_and_in_the_terminal() {
    for preset in PRESETS {
        let mut protocol = preset.on(Protocol::default()).unwrap();
        if protocol.params.task.kind.needs_data() {
            // What they ask for stands in their parameters, and those of the digits take the same way.
            continue;
        }
        let p = &mut protocol.params;
        (p.network.hidden, p.task.train_samples, p.learning.threads) = (p.network.hidden.min(16), 128, 1);
        let last = protocol.schedule().last().map_or(2, |timed| timed.when.epoch as u32 + 2);
        protocol.params.learning.epochs = last;
        assert_eq!(in_the_window(&protocol), in_the_terminal(&protocol), "{}", preset.key);
    }
}

#[test]
fn changes_between_two_batches_and_a_calibration_are_the_same_in_the_window_and_in_the_terminal() {
    let mut protocol = Protocol::new(Params::default().with(|p| {
        (p.network.hidden, p.task.train_samples) = (20, 256);
        (p.learning.epochs, p.learning.batch, p.learning.threads) = (4, 64, 1);
    }));
    for text in ["0:calibrate", "1+2:sigma=40", "1+2:learning_rate=0.01", "2:silence=3", "2+1:calibrate", "3:chip=9"] {
        let Timed { when, change } = Timed::parse(text, "test").unwrap();
        protocol.add(when, change);
    }
    let numbers = in_the_terminal(&protocol);
    assert_eq!(in_the_window(&protocol), numbers);
    let unchanged = in_the_terminal(&Protocol::new(protocol.params));
    assert_ne!(numbers, unchanged, "the changes act");
}

#[test]
fn what_was_done_by_hand_and_beyond_the_plan_is_repeated_by_the_protocol_of_the_run() {
    let params = Params::default().with(|p| {
        (p.network.hidden, p.task.train_samples) = (12, 128);
        (p.learning.epochs, p.learning.batch, p.learning.threads) = (3, 32, 1);
    });
    let session = SessionThread::start(params.clone(), true, || {}).unwrap();
    let wait = |what: &str, condition: &dyn Fn(&Snapshot) -> bool| wait_for(&session, what, condition);
    wait("the first batch", &|s| s.batch > 0);
    let by_hand = params.with(|p| (p.chip.sigma, p.learning.surrogate_slope) = (0.4, 8.0));
    session.send(EngineCommand::SetParams(Box::new(by_hand.clone()))).unwrap();
    session.send(EngineCommand::Calibrate).unwrap();
    wait("a calibration", &|s| s.calibrated);
    session.send(EngineCommand::SetParams(Box::new(by_hand.with(|p| p.chip.silenced = vec![3])))).unwrap();
    // Two epochs more than are planned.
    wait("the end of the plan and more", &|s| s.curves.iter().all(|c| c.test_loss.len() >= 5));
    session.send(EngineCommand::Pause).unwrap();
    let paused = wait("a pause", &|s| !s.running);
    assert!(paused.failure.is_none() && paused.calibrated);
    let repeated = in_the_terminal(&paused.protocol);
    for (curves, (lane, numbers)) in paused.curves.iter().zip(&repeated) {
        let learnt: Vec<u64> = curves.test_loss.iter().map(|p| p[1].to_bits()).collect();
        let again: Vec<u64> = numbers.iter().take(learnt.len()).map(|n| n[0]).collect();
        assert_eq!((curves.lane.name(), learnt), (lane.as_str(), again));
    }
}

/// What was drawn and counted after a disturbance: where the curve falls, to what in each lane, and the way back.
type Disturbance = (Vec<(f64, Vec<(String, u64)>)>, Option<misfit::training::metrics::Recovery>);

/// Whether the run rests after that many epochs.
fn rests_after(s: &Snapshot, epochs: usize) -> bool {
    let at_the_end = |points: &[[f64; 2]]| points.last().is_some_and(|point| (point[0] - epochs as f64).abs() < 0.5);
    !s.running && !s.curves.is_empty() && s.curves.iter().all(|curve| at_the_end(&curve.test_loss))
}

/// Learns two epochs, lets `hand` do something, and learns to the end.
fn disturbed_in_the_window(protocol: &Protocol, hand: Option<EngineCommand>) -> Disturbance {
    let session = SessionThread::start(protocol, false, || {}).unwrap();
    let wait = |what: &str, condition: &dyn Fn(&Snapshot) -> bool| wait_for(&session, what, condition);
    wait("a network that has learnt nothing", &|s| !s.examined.is_empty());
    session.send(EngineCommand::RunTo(2)).unwrap();
    wait("two epochs", &|s| rests_after(s, 2));
    if let Some(command) = hand {
        session.send(command).unwrap();
        wait("a fall", &|s| s.falls.iter().any(|fall| fall.epochs > 0.0));
    }
    let last = protocol.params.learning.epochs as usize;
    session.send(EngineCommand::RunTo(last)).unwrap();
    let end = wait("the last epoch", &|s| rests_after(s, last));
    // The first one is where all begin.
    let falls = end.falls.iter().filter(|fall| fall.epochs > 0.0).map(|fall| {
        let lanes = fall.scores.iter().map(|(lane, scores)| (lane.name().to_owned(), scores.accuracy.to_bits()));
        (fall.epochs, lanes.collect())
    });
    (falls.collect(), end.recovery)
}

#[test]
fn every_disturbance_is_drawn_at_its_epoch_and_recovery_is_counted_alike_by_hand_by_plan_and_in_the_terminal() {
    let params = Params::default().with(|p| {
        (p.network.hidden, p.task.train_samples) = (24, 256);
        (p.learning.epochs, p.learning.batch, p.learning.threads) = (6, 64, 1);
    });
    let set = |change: &dyn Fn(&mut Params)| EngineCommand::SetParams(Box::new(params.clone().with(|p| change(p))));
    for (text, hand) in [
        ("sigma=60", set(&|p| p.chip.sigma = 0.6)),
        ("silence=3", set(&|p| p.chip.silenced = vec![3])),
        ("chip=9", set(&|p| p.chip.number = 9)),
        ("calibrate", EngineCommand::Calibrate),
    ] {
        let mut planned = Protocol::new(params.clone());
        let Timed { when, change } = Timed::parse(&format!("2:{text}"), "test").unwrap();
        planned.add(when, change);
        let by_plan = disturbed_in_the_window(&planned, None);
        let by_hand = disturbed_in_the_window(&Protocol::new(params.clone()), Some(hand));
        assert_eq!(by_plan, by_hand, "{text}");
        let [(epochs, lanes)] = &by_plan.0[..] else { panic!("{text}: {:?}", by_plan.0) };
        assert_eq!((*epochs, lanes.len()), (2.0, params.learning.lanes.len()), "{text}");
        let mut run = Run::begin(planned).unwrap();
        assert_eq!(run.drive(&Stop::default(), &mut []), Ending::Finished);
        let learner = params.learning.learner().unwrap();
        assert_eq!(by_plan.1, run.experiment().recovery(learner), "{text}");
        assert_eq!(by_plan.1.map(|recovery| recovery.epoch), Some(2), "{text}");
    }
}
