//! The past of a run, and the run before.

use super::*;

#[test]
fn going_on_from_the_past_without_a_change_gives_the_same_bits_again() {
    let params = small().with(|p| (p.learning.batch, p.chip.noise_threshold, p.learning.dropout) = (250, 0.02, 0.1));
    let session = SessionThread::start(params, true, || {}).unwrap();
    wait_for(&session, |s| s.timeline.epochs.len() > 6);
    session.send(EngineCommand::Pause).unwrap();
    let first = wait_for(&session, |s| !s.running);
    session.send(ViewRequest::LookAt(Some(2))).unwrap();
    wait_for(&session, |s| s.looking_at == Some(2));
    session.send(EngineCommand::Branch).unwrap();
    let epochs = first.curves[0].test_loss.len();
    let second = wait_for(&session, |s| s.curves[0].test_loss.len() >= epochs && s.timeline.epochs.len() > epochs);
    assert_eq!(second.looking_at, None);
    for (a, b) in first.curves.iter().zip(&second.curves) {
        let (before, after) = (bits(&a.test_loss), bits(&b.test_loss));
        assert_eq!(after[..epochs], before, "{}", a.lane.name());
        assert_eq!(bits(&b.left_loss), before[2..], "what was left behind is still there to compare with");
    }
    assert!(second.changes.iter().any(|c| matches!(c.what, What::Branched(_)) && (c.epochs - 2.0).abs() < 1e-9));
}

#[test]
fn what_is_told_of_the_test_split_is_a_point_of_the_curve_live_in_the_past_and_back_again() {
    // With noise, an evaluation in another epoch gives other numbers.
    let params = small().with(|p| (p.learning.batch, p.chip.noise_threshold) = (100, 0.05));
    let session = SessionThread::start(params, true, || {}).unwrap();
    let agrees = |s: &Snapshot, epoch: usize| {
        for curves in &s.curves {
            let seen = s.examination(curves.lane).unwrap();
            let [loss, accuracy] = [&curves.test_loss, &curves.test_accuracy].map(|curve| curve[epoch - 1][1]);
            let scores = seen.scores;
            assert_eq!([scores.loss, 100.0 * scores.accuracy].map(f64::to_bits), [loss, accuracy].map(f64::to_bits));
            let share = f64::from(seen.confusion.diag().sum()) / f64::from(seen.confusion.sum());
            assert!((share - scores.accuracy).abs() < 1e-12, "{:?}: {share}", curves.lane);
        }
    };
    let ends = |s: &Snapshot| s.curves.first().map_or(0, |c| c.test_loss.len());
    for epoch in 1..=4 {
        let live = wait_for(&session, |s| ends(s) >= epoch);
        assert!(live.running);
        agrees(&live, ends(&live));
    }
    session.send(EngineCommand::Pause).unwrap();
    wait_for(&session, |s| !s.running);
    session.send(EngineCommand::StepBatch).unwrap();
    let paused = wait_for(&session, |s| s.looking_at.is_none());
    let learnt = ends(&paused);
    for epoch in [3, 1, 2] {
        session.send(ViewRequest::LookAt(Some(epoch))).unwrap();
        agrees(&wait_for(&session, |s| s.looking_at == Some(epoch)), epoch);
    }
    session.send(EngineCommand::RunTo(learnt + 1)).unwrap();
    let later = wait_for(&session, |s| !s.running && ends(s) > learnt);
    assert_eq!(later.looking_at, Some(2));
    agrees(&later, 2);
    session.send(ViewRequest::LookAt(None)).unwrap();
    agrees(&wait_for(&session, |s| s.looking_at.is_none()), learnt + 1);
    session.send(EngineCommand::StepBatch).unwrap();
    let between = wait_for(&session, |s| s.batch == 1);
    session.send(ViewRequest::LookAt(Some(1))).unwrap();
    wait_for(&session, |s| s.looking_at == Some(1));
    session.send(ViewRequest::LookAt(None)).unwrap();
    let back = wait_for(&session, |s| s.looking_at.is_none());
    assert!(between.batches > 1, "a batch is not an epoch");
    agrees(&back, learnt + 1);
}

#[test]
fn the_past_has_its_own_calibration_and_its_own_rounds() {
    let session = SessionThread::start(small().with(|p| p.learning.batch = 250), false, || {}).unwrap();
    session.send(EngineCommand::RunTo(1)).unwrap();
    let first = wait_for(&session, |s| !s.running && s.batch > 0 && s.timeline.epochs.len() > 1);
    session.send(EngineCommand::Calibrate).unwrap();
    let calibrated = wait_for(&session, |s| s.calibrated);
    assert!(calibrated.chip.is_calibrated() && !first.chip.is_calibrated());
    session.send(EngineCommand::RunTo(2)).unwrap();
    let second = wait_for(&session, |s| !s.running && s.timeline.epochs.len() > 2);
    session.send(ViewRequest::LookAt(Some(1))).unwrap();
    let past = wait_for(&session, |s| s.looking_at == Some(1));
    assert!(!past.chip.is_calibrated() && past.rounds == first.rounds && past.rounds != second.rounds);
}

#[test]
fn all_views_show_the_past_while_learning_goes_on_and_the_present_comes_back() {
    let params = small().with(|p| p.learning.batch = 250);
    let session = SessionThread::start(params.clone(), true, || {}).unwrap();
    let then = wait_for(&session, |s| s.timeline.epochs.len() > 3);
    session.send(ViewRequest::LookAt(Some(1))).unwrap();
    let past = wait_for(&session, |s| s.looking_at == Some(1) && s.weights.is_some() && s.examined.len() == 3);
    let later = wait_for(&session, |s| s.looking_at == Some(1) && s.epoch > then.epoch + 2);
    assert!(later.running, "learning goes on");
    // What an experiment of its own has after one epoch.
    let mut experiment = crate::training::Experiment::new(&params).unwrap();
    let reports = loop {
        if let Some(reports) = experiment.step().unwrap().epoch_done {
            break reports;
        }
    };
    let later_weights = wait_for(&session, |s| s.weights.as_ref().is_some_and(|w| w.lanes.len() == 3)).weights.clone();
    for lane in Lane::WITH_HOST {
        let codes = experiment.codes(lane).unwrap();
        assert_eq!(past.weights.as_ref().unwrap().lanes[lane as usize].now, codes, "{}", lane.name());
        assert_eq!(later_weights.as_ref().unwrap().lanes[lane as usize].now, codes, "{}", lane.name());
        let report = reports.iter().find(|r| r.lane == lane).unwrap();
        let scores = later.examination(lane).unwrap().scores;
        assert_eq!(scores.loss.to_bits(), report.test_loss.to_bits(), "evaluated as it was then");
    }
    session.send(ViewRequest::LookAt(None)).unwrap();
    let live = wait_for(&session, |s| s.looking_at.is_none() && s.weights.is_some());
    let now = wait_for(&session, |s| s.weights != live.weights);
    assert_ne!(now.weights.as_ref().unwrap().lanes[2].now, experiment.codes(Lane::InTheLoop).unwrap());
}

#[test]
fn a_restart_is_taken_back_with_curves_moments_and_weights() {
    let params = small().with(|p| p.learning.batch = 250);
    let session = SessionThread::start(params.clone(), true, || {}).unwrap();
    wait_for(&session, |s| s.timeline.epochs.len() > 3);
    session.send(EngineCommand::Pause).unwrap();
    let before = wait_for(&session, |s| !s.running);
    session.send(EngineCommand::Restart(Box::new(params.with(|p| p.learning.seed = 2).into()))).unwrap();
    let new = wait_for(&session, |s| s.params.learning.seed == 2 && s.batch > 0);
    assert!(new.put_away.is_some() && new.curves[0].test_loss.len() < before.curves[0].test_loss.len() + 1);
    session.send(EngineCommand::TakeBack).unwrap();
    let back = wait_for(&session, |s| s.params.learning.seed == 1);
    assert!(!back.running);
    assert_eq!((back.epoch, back.batch), (before.epoch, before.batch));
    assert_eq!(back.curves[2].batch_loss, before.curves[2].batch_loss);
    let told = |s: &Snapshot| (s.timeline.epochs.clone(), s.timeline.scores.clone(), s.timeline.bytes);
    assert_eq!(told(&back), told(&before));
    assert_eq!(back.timeline.most_bytes, before.timeline.most_bytes / 2, "two runs share the memory");
    // And it learns on.
    session.send(EngineCommand::Run).unwrap();
    wait_for(&session, |s| s.params.learning.seed == 1 && s.epoch > before.epoch);
}
