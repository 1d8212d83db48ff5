use super::*;
use crate::params::{Lane, TaskKind};
use crate::protocol::{Timed, preset};

fn small() -> Params {
    Params::for_task(TaskKind::Digits).with(|p| {
        (p.network.hidden, p.task.train_samples) = (12, 192);
        (p.learning.epochs, p.learning.threads) = (4, 1);
        p.learning.lanes = vec![Lane::InTheLoop];
    })
}

/// What a run said, in one word an event.
#[derive(Default)]
struct Log {
    said: Vec<String>,
    stop_at: Option<usize>,
}

impl Observer for Log {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        self.said.push(match event {
            Event::Changed(timed) => timed.to_string(),
            Event::Calibrated(_) => "calibrated".into(),
            Event::Fell(fallen) => format!("{} lanes fell", fallen.len()),
            Event::Batch(_) => return Ok(Flow::GoOn),
            Event::Epoch(reports) => format!("epoch {} at {}", reports[0].epoch, run.position()),
            Event::Ended(ending) => format!("{ending:?}"),
        });
        let stops = self.stop_at.is_some_and(|epoch| run.position() >= When::after(epoch));
        Ok(if stops { Flow::Stop } else { Flow::GoOn })
    }
}

fn protocol(at: &[&str]) -> Protocol {
    let mut protocol = Protocol::new(small());
    for text in at {
        let Timed { when, change } = Timed::parse(text, "test").unwrap();
        protocol.add(when, change);
    }
    protocol
}

#[test]
fn changes_are_made_at_their_moments_and_observers_are_told_in_order() {
    let mut log = Log::default();
    let mut run = Run::begin(protocol(&["2:silent_neurons=50", "0:calibrate", "1+1:sigma=30"])).unwrap();
    assert_eq!(run.drive(&Stop::default(), &mut [&mut log]), Ending::Finished);
    let expected = [
        "calibrated",
        "0:calibrate",
        "epoch 1 at 1",
        "1+1:sigma=30",
        "1 lanes fell",
        "2:silent_neurons=50",
        "1 lanes fell",
        "epoch 2 at 2",
        "epoch 3 at 3",
        "epoch 4 at 4",
        "Finished",
    ];
    assert_eq!(log.said, expected);
    assert!((run.params().chip.silent_neurons - 0.5).abs() < 1e-12);
}

#[test]
fn a_change_by_hand_is_repeated_by_the_protocol_to_the_last_bit() {
    let stop = Stop::default();
    let mut by_hand = Run::begin(protocol(&[])).unwrap();
    for _ in 0..5 {
        by_hand.advance(&stop, &mut []).unwrap();
    }
    // A value that no text holds exactly.
    let wanted = by_hand.params().clone().with(|p| (p.chip.sigma, p.learning.learning_rate) = (1.0 / 3.0, 7e-3 / 3.0));
    let changes = Change::between(by_hand.params(), &wanted);
    by_hand.change(&changes, &stop, &mut []).unwrap();
    by_hand.change(&[Change::Calibrate, Change::Neuron { neuron: 3, silent: true }], &stop, &mut []).unwrap();
    by_hand.drive(&stop, &mut []);

    let text = crate::protocol::file::format(by_hand.protocol());
    let read = crate::protocol::file::parse(&text, std::path::Path::new("test")).unwrap();
    assert_eq!(read, *by_hand.protocol(), "{text}");
    let mut repeated = Run::begin(read).unwrap();
    repeated.drive(&stop, &mut []);
    assert_eq!(untimed(repeated.checkpoint()), untimed(by_hand.checkpoint()));
}

/// Without what the clock decides.
fn untimed(mut checkpoint: Checkpoint) -> Checkpoint {
    for lane in &mut checkpoint.learners {
        lane.seconds = 0.0;
    }
    checkpoint
}

#[test]
fn a_calibration_that_is_taken_back_leaves_the_chip_as_it_was_made_and_is_repeated() {
    let stop = Stop::default();
    let actual = |run: &Run| {
        let (hidden, _) = run.experiment().chip().unwrap().actual();
        hidden.iter().map(|n| (n.v_leak, n.tau_mem, n.v_threshold)).collect::<Vec<_>>()
    };
    let mut run = Run::begin(protocol(&[])).unwrap();
    let made = actual(&run);
    run.change(&[Change::Calibrate], &stop, &mut []).unwrap();
    assert!(run.experiment().is_calibrated() && run.checkpoint().is_calibrated() && actual(&run) != made);
    run.advance(&stop, &mut []).unwrap();
    run.change(&[Change::Uncalibrate], &stop, &mut []).unwrap();
    assert!(!run.experiment().is_calibrated() && !run.checkpoint().is_calibrated());
    assert_eq!(actual(&run), made);
    run.drive(&stop, &mut []);
    let mut repeated = Run::begin(run.repeated()).unwrap();
    repeated.drive(&stop, &mut []);
    assert_eq!(untimed(repeated.checkpoint()), untimed(run.checkpoint()));
}

#[test]
fn going_back_forgets_what_came_after_and_the_way_from_there_is_repeated() {
    let stop = Stop::default();
    let mut run = Run::begin(protocol(&["3:sigma=40"])).unwrap();
    while run.position() < When::after(1) {
        run.advance(&stop, &mut []).unwrap();
    }
    let then = run.checkpoint();
    run.drive(&stop, &mut []);
    let mut run = run.back_at(&then).unwrap();
    assert_eq!(run.position(), When::after(1));
    run.change(&[Change::parse("sigma=10", "test").unwrap()], &stop, &mut []).unwrap();
    run.drive(&stop, &mut []);
    let said: Vec<String> = run.protocol().schedule().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["1:branch=4", "1:sigma=10"]);
    let mut repeated = Run::begin(run.repeated()).unwrap();
    repeated.drive(&stop, &mut []);
    assert_eq!(untimed(repeated.checkpoint()), untimed(run.checkpoint()));
}

#[test]
fn an_observer_or_a_request_ends_a_run_and_a_diverging_one_says_where() {
    let mut log = Log { stop_at: Some(2), ..Log::default() };
    let mut run = Run::begin(protocol(&[])).unwrap();
    assert_eq!(run.drive(&Stop::default(), &mut [&mut log]), Ending::Stopped);
    assert_eq!(run.position(), When::after(2));

    let stop = Stop::default();
    stop.request();
    assert_eq!(run.drive(&stop, &mut []), Ending::Stopped);
    assert_eq!(run.position(), When::after(2));

    let ideal = small().with(|p| p.learning.lanes = vec![Lane::Ideal]);
    let mut nothing = Run::begin(Protocol::new(ideal).calibrated_first()).unwrap();
    let Ending::Failed(why) = nothing.drive(&Stop::default(), &mut []) else { panic!("there is no chip") };
    assert!(why.to_string().contains("calibrate"), "{why}");
}

#[test]
fn a_hand_that_is_quicker_than_the_first_batch_does_not_undo_what_is_planned_for_the_start() {
    let stop = Stop::default();
    let mut log = Log::default();
    let mut run = Run::begin(protocol(&["0:calibrate"])).unwrap();
    run.change(&[Change::parse("sigma=10", "test").unwrap()], &stop, &mut [&mut log]).unwrap();
    assert_eq!(log.said, ["calibrated", "0:calibrate", "0:sigma=10"]);
    run.drive(&stop, &mut []);
    let mut repeated = Run::begin(run.protocol().clone()).unwrap();
    repeated.drive(&stop, &mut []);
    assert_eq!(untimed(repeated.checkpoint()), untimed(run.checkpoint()));
}

#[test]
fn epochs_beyond_the_plan_are_part_of_what_repeats_a_run() {
    let stop = Stop::default();
    let mut run = Run::begin(protocol(&[])).unwrap();
    run.drive(&stop, &mut []);
    assert_eq!(run.repeated().params.learning.epochs, 4);
    run.advance(&stop, &mut []).unwrap();
    assert_eq!(run.repeated().params.learning.epochs, 5);
}

#[test]
fn every_preset_is_a_protocol_and_the_story_of_damage_has_its_damage() {
    let story = preset("story_damage").unwrap().on(Protocol::default()).unwrap();
    let said: Vec<String> = story.schedule().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["10:silent_neurons=80"]);
}

#[test]
fn a_network_recovers_from_a_calibration_and_from_its_end_as_from_any_other_change_of_its_chip() {
    for (at, text) in [(2, "2:calibrate"), (3, "3:uncalibrate")] {
        let first = if at == 3 { "0:calibrate" } else { "0:learning_rate=0.005" };
        let mut run = Run::begin(protocol(&["1:silent_neurons=20", first, text])).unwrap();
        let mut fell = Vec::new();
        while !run.is_finished() {
            let mut log = Fallen::default();
            run.advance(&Stop::default(), &mut [&mut log]).unwrap();
            fell.extend(log.0);
            if run.position() == (When { epoch: at, batch: 0 }) {
                let recovery = run.experiment().recovery(Lane::InTheLoop).unwrap();
                assert_eq!((recovery.epoch, recovery.epochs), (at, None), "{text}");
                let [.., last] = &fell[..] else { panic!("{text} is measured") };
                assert!((recovery.worst - last.min(recovery.before)).abs() < 1e-12, "{text}: {recovery:?}, {last}");
            }
        }
        assert_eq!(fell.len(), 2, "{text}");
    }
}

/// Accuracy of the lane in the loop after falls.
#[derive(Default)]
struct Fallen(Vec<f64>);

impl Observer for Fallen {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        if let Event::Fell(fallen) = event {
            let lane = fallen.iter().find(|seen| seen.lane == Lane::InTheLoop).expect("the lane");
            self.0.push(lane.scores.accuracy);
        }
        Ok(Flow::GoOn)
    }
}
