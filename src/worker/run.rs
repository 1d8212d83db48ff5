//! What the worker does all day.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::Shared;
use super::curves::BoundedCurve;
use super::messages::{
    ChipView, Command, DecisionMap, Event, LaneCurves, LaneTrace, MadcTrace, Pace, SampleView, Scores, Snapshot, Spread,
};
use crate::error::Error;
use crate::params::{LaneKind, Params};
use crate::spikes::SpikeTrain;
use crate::training::{Experiment, LaneXRay, Step};
use crate::units::Unit;

/// Shortest time between two snapshots while learning.
const PUBLISH_EVERY: Duration = Duration::from_millis(33);
/// Shortest time between two evaluations of the test split outside epoch ends.
const EVALUATE_EVERY: Duration = Duration::from_millis(250);
/// Shortest time between two decision maps.
const MAP_EVERY: Duration = Duration::from_millis(500);
/// Grid points per side of the decision map.
const MAP_SIDE: usize = 32;
/// Time constant of the displayed speed, s.
const SPEED_MEMORY: f64 = 1.0;

/// The thread's body: returns when asked to stop or when the window is gone.
pub(super) fn run(shared: &Shared, inbox: &Receiver<Command>, params: Params, running: bool) {
    let mut session = Session::new(params, running);
    session.restart(shared);
    while !shared.stop.load(Ordering::Relaxed) {
        match inbox.recv_timeout(session.patience()) {
            Ok(command) => {
                session.obey(command, shared);
                // The last of many waiting commands wins, so look at all of them before learning on.
                while let Ok(command) = inbox.try_recv() {
                    session.obey(command, shared);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        session.learn(shared);
        session.publish_if_due(shared);
    }
}

/// Curves of one lane as they grow.
#[derive(Default)]
struct Curves {
    batch_loss: BoundedCurve,
    batch_accuracy: BoundedCurve,
    test_loss: BoundedCurve,
    test_accuracy: BoundedCurve,
    hidden_spikes: BoundedCurve,
}

struct Session {
    params: Params,
    experiment: Option<Experiment>,
    failure: Option<Error>,
    generation: u64,
    running: bool,
    single_step: bool,
    /// Learning pauses when this epoch is reached.
    last_epoch: usize,
    pace: Pace,
    next_batch: Instant,
    position: (usize, usize, usize),
    speed: f64,
    last_step: Instant,
    curves: [Curves; LaneKind::ALL.len()],
    now: Vec<(LaneKind, Scores)>,
    lost_events: u64,
    chip: Arc<ChipView>,
    sample: usize,
    /// The neuron that the MADC records.
    madc: usize,
    map: Option<Arc<DecisionMap>>,
    /// Something changed since the last snapshot, evaluation, map.
    stale: Stale,
    published: Instant,
    evaluated: Instant,
    mapped: Instant,
}

#[derive(Clone, Copy)]
struct Stale {
    snapshot: bool,
    scores: bool,
    map: bool,
}

const ALL_STALE: Stale = Stale { snapshot: true, scores: true, map: true };

impl Session {
    fn new(params: Params, running: bool) -> Self {
        let long_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap_or_else(Instant::now);
        Self {
            params,
            experiment: None,
            failure: None,
            generation: 0,
            running,
            single_step: false,
            last_epoch: 0,
            pace: Pace::Full,
            next_batch: Instant::now(),
            position: (1, 0, 0),
            speed: 0.0,
            last_step: long_ago,
            curves: Default::default(),
            now: Vec::new(),
            lost_events: 0,
            chip: Arc::default(),
            sample: 0,
            madc: 0,
            map: None,
            stale: ALL_STALE,
            published: long_ago,
            evaluated: long_ago,
            mapped: long_ago,
        }
    }

    /// How long to wait for commands before doing something else.
    fn patience(&self) -> Duration {
        let now = Instant::now();
        if self.learns() {
            return self.next_batch.saturating_duration_since(now);
        }
        let due = |stale: bool, last: Instant, every: Duration| {
            if stale { (last + every).saturating_duration_since(now) } else { Duration::from_hours(1) }
        };
        due(self.stale.snapshot, self.published, PUBLISH_EVERY)
            .min(due(self.stale.scores, self.evaluated, EVALUATE_EVERY))
            .min(due(self.stale.map && self.has_map(), self.mapped, MAP_EVERY))
    }

    fn learns(&self) -> bool {
        (self.running || self.single_step) && self.experiment.is_some()
    }

    fn has_map(&self) -> bool {
        self.experiment.as_ref().is_some_and(|e| e.data().point(e.params(), 0.5, 0.5).is_some())
    }

    fn restart(&mut self, shared: &Shared) {
        self.generation += 1;
        self.experiment = None;
        self.curves = Default::default();
        self.now.clear();
        self.map = None;
        self.position = (1, 0, 0);
        self.last_epoch = self.params.epochs as usize;
        match Experiment::new(&self.params) {
            Ok(experiment) => {
                self.chip = Arc::new(chip_view(&experiment));
                self.failure = None;
                self.experiment = Some(experiment);
            }
            Err(error) => self.fail(error, shared),
        }
        self.stale = ALL_STALE;
    }

    fn fail(&mut self, error: Error, shared: &Shared) {
        self.running = false;
        self.failure = Some(error.clone());
        self.stale.snapshot = true;
        shared.tell(Event::Failed(error));
    }

    fn obey(&mut self, command: Command, shared: &Shared) {
        match command {
            Command::Run => {
                self.running = self.experiment.is_some();
                if let Some(experiment) = &self.experiment
                    && experiment.epoch() > self.last_epoch
                {
                    self.last_epoch = experiment.epoch() - 1 + self.params.epochs as usize;
                }
                self.next_batch = Instant::now();
            }
            Command::Pause => self.running = false,
            Command::StepBatch => {
                self.running = false;
                self.single_step = self.experiment.is_some();
                self.next_batch = Instant::now();
            }
            Command::SetParams(params) => match &mut self.experiment {
                Some(experiment) => match experiment.set_params(&params) {
                    Ok(()) => {
                        if experiment.params().epochs != self.params.epochs {
                            self.last_epoch = experiment.params().epochs as usize;
                        }
                        self.params = experiment.params().clone();
                        self.chip = Arc::new(chip_view(experiment));
                        self.stale = ALL_STALE;
                    }
                    Err(error) => shared.tell(Event::Refused(error)),
                },
                None => self.params = *params,
            },
            Command::Restart(params) => {
                self.params = *params;
                self.running = true;
                self.restart(shared);
            }
            Command::Madc(neuron) => self.madc = neuron,
            Command::Calibrate => {
                if let Some(experiment) = &mut self.experiment
                    && let Some(result) = experiment.calibrate(&|| !shared.stop.load(Ordering::Relaxed))
                {
                    self.chip = Arc::new(chip_view(experiment));
                    self.stale = ALL_STALE;
                    shared.tell(Event::Calibrated(result.spreads));
                }
            }
            Command::ShowSample(index) => self.sample = index,
            Command::SetPace(pace) => {
                self.pace = pace;
                self.next_batch = Instant::now();
            }
        }
        self.stale.snapshot = true;
    }

    fn learn(&mut self, shared: &Shared) {
        if !self.learns() || Instant::now() < self.next_batch {
            return;
        }
        let Some(experiment) = &mut self.experiment else { return };
        self.single_step = false;
        match experiment.step() {
            Ok(step) => self.learnt(step, shared),
            Err(error) => {
                self.experiment = None;
                self.fail(error, shared);
            }
        }
    }

    fn learnt(&mut self, step: Step, shared: &Shared) {
        let x = step.epoch as f64 - 1.0 + step.batch as f64 / step.batches as f64;
        for report in &step.reports {
            let curves = &mut self.curves[report.lane as usize];
            if report.lane == LaneKind::InTheLoop {
                self.lost_events = report.lost_events;
            }
            curves.batch_loss.push(x, report.loss);
            curves.batch_accuracy.push(x, 100.0 * report.accuracy);
        }
        self.position = (step.epoch, step.batch, step.batches);
        if let Some(reports) = step.epoch_done {
            self.now.clear();
            for r in reports {
                let curves = &mut self.curves[r.lane as usize];
                curves.test_loss.push(x, r.test_loss);
                curves.test_accuracy.push(x, 100.0 * r.test_accuracy);
                curves.hidden_spikes.push(x, r.hidden_spikes);
                let scores = Scores { loss: r.test_loss, accuracy: r.test_accuracy, hidden_spikes: r.hidden_spikes };
                self.now.push((r.lane, scores));
            }
            self.evaluated = Instant::now();
            if self.running && step.epoch >= self.last_epoch {
                self.running = false;
                shared.tell(Event::Finished { epochs: step.epoch });
            }
        }
        let now = Instant::now();
        let interval = now.duration_since(self.last_step).as_secs_f64();
        let keep = (-interval / SPEED_MEMORY).exp();
        self.speed = keep * self.speed + (1.0 - keep) / interval.max(1e-6);
        self.last_step = now;
        if let Pace::BatchesPerSecond(rate) = self.pace {
            let interval = Duration::from_secs_f64(1.0 / f64::from(rate.max(0.1)));
            // Keep the rhythm, but never try to catch up after a pause.
            self.next_batch = (self.next_batch + interval).max(now);
        }
        self.stale = ALL_STALE;
    }

    fn publish_if_due(&mut self, shared: &Shared) {
        let now = Instant::now();
        let due = |stale: bool, last: Instant, every: Duration| stale && now.duration_since(last) >= every;
        if let Some(experiment) = &self.experiment {
            if due(self.stale.scores, self.evaluated, EVALUATE_EVERY) {
                let lanes = experiment.params().lanes.clone();
                self.now = lanes.into_iter().filter_map(|lane| Some((lane, experiment.evaluate(lane)?))).collect();
                self.evaluated = Instant::now();
                self.stale.scores = false;
                self.stale.snapshot = true;
            }
            if due(self.stale.map, self.mapped, MAP_EVERY) {
                self.map = decision_map(experiment).map(Arc::new);
                self.mapped = Instant::now();
                self.stale.map = false;
                self.stale.snapshot = true;
            }
        }
        if due(self.stale.snapshot, self.published, PUBLISH_EVERY) {
            shared.publish(self.snapshot());
            self.published = Instant::now();
            self.stale.snapshot = false;
        }
    }

    fn snapshot(&self) -> Snapshot {
        let curves = self.params.lanes.iter().map(|&lane| {
            let c = &self.curves[lane as usize];
            LaneCurves {
                lane,
                batch_loss: c.batch_loss.points(),
                batch_accuracy: c.batch_accuracy.points(),
                test_loss: c.test_loss.points(),
                test_accuracy: c.test_accuracy.points(),
                hidden_spikes: c.hidden_spikes.points(),
            }
        });
        let (epoch, batch, batches) = self.position;
        Snapshot {
            generation: self.generation,
            params: Arc::new(self.params.clone()),
            running: self.running,
            failure: self.failure.clone(),
            epoch,
            batch,
            batches,
            batches_per_second: if self.running { self.speed } else { 0.0 },
            curves: curves.collect(),
            now: self.now.clone(),
            lost_events: self.lost_events,
            recovery: self.experiment.as_ref().and_then(Experiment::recovery),
            chip: Arc::clone(&self.chip),
            sample: self.experiment.as_ref().and_then(|e| sample_view(e, self.sample, self.madc)).map(Arc::new),
            decision_map: self.map.clone(),
        }
    }
}

fn chip_view(experiment: &Experiment) -> ChipView {
    let Some(chip) = experiment.chip() else { return ChipView::default() };
    let p = experiment.params();
    let (hidden, readout) = chip.actual();
    let all = || hidden.iter().chain(readout);
    let us = |si: f64| Unit::Microseconds.shown_from_si(si);
    let lsb = |v: f64| p.leak + v * p.lsb_per_unit();
    let spread =
        |symbol, label, unit: Unit, nominal, actual| Spread { symbol, label, unit: unit.suffix(), nominal, actual };
    ChipView {
        number: p.chip,
        n_hidden: hidden.len(),
        spreads: vec![
            spread(
                "τ_mem",
                "Membrane time constant",
                Unit::Microseconds,
                us(p.tau_mem),
                all().map(|n| us(n.tau_mem)).collect(),
            ),
            spread(
                "τ_syn exc",
                "Synaptic time constant, excitatory",
                Unit::Microseconds,
                us(p.tau_syn),
                all().map(|n| us(n.tau_syn_exc)).collect(),
            ),
            spread(
                "τ_syn inh",
                "Synaptic time constant, inhibitory",
                Unit::Microseconds,
                us(p.tau_syn),
                all().map(|n| us(n.tau_syn_inh)).collect(),
            ),
            spread("θ", "Threshold", Unit::Lsb, p.threshold, hidden.iter().map(|n| lsb(n.v_threshold)).collect()),
            spread("V_leak", "Leak potential", Unit::Lsb, p.leak, all().map(|n| lsb(n.v_leak)).collect()),
            spread("V_reset", "Reset potential", Unit::Lsb, p.reset, hidden.iter().map(|n| lsb(n.v_reset)).collect()),
            spread("gain exc", "Excitatory gain", Unit::Percent, 100.0, all().map(|n| 100.0 * n.gain_exc).collect()),
            spread("gain inh", "Inhibitory gain", Unit::Percent, 100.0, all().map(|n| 100.0 * n.gain_inh).collect()),
            spread("ADC offset", "Readout offset", Unit::Lsb, 0.0, all().map(|n| n.cadc_offset).collect()),
        ],
    }
}

fn sample_view(experiment: &Experiment, index: usize, madc: usize) -> Option<SampleView> {
    let data = experiment.data();
    let index = index % data.test.len().max(1);
    let sample = data.test.get(index)?;
    let params = experiment.params();
    let lane_trace = |lane: LaneKind, x: LaneXRay, thresholds: Vec<f32>| LaneTrace {
        lane,
        v_hidden: x.xray.v_hidden,
        v_readout: x.xray.v_readout,
        hidden_samples: x.hidden_samples,
        readout_samples: x.readout_samples,
        spikes: x.xray.recording.hidden_spikes.into_iter().next().unwrap_or_default(),
        thresholds,
        scores: x.scores,
        answer: x.answer,
    };
    let lanes: Vec<LaneTrace> = params
        .lanes
        .iter()
        .filter_map(|&lane| {
            Some(lane_trace(lane, experiment.xray(lane, &sample.spikes)?, experiment.thresholds(lane)?))
        })
        .collect();
    let twin_of =
        if params.lanes.contains(&LaneKind::InTheLoop) { LaneKind::InTheLoop } else { *params.lanes.first()? };
    let nominal = vec![1.0; params.hidden as usize];
    let twin = experiment.xray_on_ideal_twin(twin_of, &sample.spikes).map(|x| lane_trace(twin_of, x, nominal));
    let samples = experiment.madc(twin_of, &sample.spikes, madc);
    Some(SampleView {
        madc: samples.map(|samples| MadcTrace { lane: twin_of, neuron: madc, samples }),
        index,
        count: data.test.len(),
        label: usize::from(sample.label),
        class_names: data.class_names.clone(),
        picture: data.picture,
        pixels: sample.picture.clone(),
        input: sample.spikes.clone(),
        n_inputs: data.n_inputs,
        grid: experiment.chip()?.grid(),
        lanes,
        twin,
    })
}

fn decision_map(experiment: &Experiment) -> Option<DecisionMap> {
    let coordinate = |k: usize| (k as f64 + 0.5) / MAP_SIDE as f64;
    let points: Option<Vec<SpikeTrain>> = (0..MAP_SIDE * MAP_SIDE)
        .map(|k| experiment.data().point(experiment.params(), coordinate(k % MAP_SIDE), coordinate(k / MAP_SIDE)))
        .collect();
    let points = points?;
    let inputs: Vec<&SpikeTrain> = points.iter().collect();
    let lanes = experiment.params().lanes.iter().filter_map(|&lane| {
        let scores = experiment.classify(lane, &inputs)?;
        Some((lane, scores.iter().map(|s| crate::training::argmax(s) as u8).collect()))
    });
    Some(DecisionMap { side: MAP_SIDE, lanes: lanes.collect() })
}
