//! What the worker does all day.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::Shared;
use super::curves::BoundedCurve;
use super::looks::{chip_view, decision_map, drawing, sample_view, weights_view};
use super::messages::{
    Change, ChipView, Command, DecisionMap, Drawing, Event, Examination, HarmView, LaneCurves, Pace, Scores, Snapshot,
    WeightsView, What,
};
use crate::error::{Error, Result};
use crate::nir::{self, Imported, Wanted};
use crate::params::{LaneKind, PARAMS, Params, TakesEffect, Value};
use crate::spikes::SpikeTrain;
use crate::task::{Dataset, speech, wav};
use crate::training::study::HarmStudy;
use crate::training::{Experiment, Step};

/// Shortest time between two snapshots while learning.
const PUBLISH_EVERY: Duration = Duration::from_millis(33);
/// Shortest time between two evaluations of the test split outside epoch ends.
const EVALUATE_EVERY: Duration = Duration::from_millis(250);
/// Shortest time between two decision maps.
const MAP_EVERY: Duration = Duration::from_millis(500);
/// Shortest time between two looks at all weights.
const WEIGHTS_EVERY: Duration = Duration::from_millis(200);
/// Changes kept; older ones go first.
const MOST_CHANGES: usize = 300;
/// Time constant of the displayed speed, s.
const SPEED_MEMORY: f64 = 1.0;

/// The thread's body: returns when asked to stop or when the window is gone.
pub(super) fn run(shared: &Shared, inbox: &Receiver<Command>, params: Params, running: bool) {
    let mut session = Session::new(params.clone(), running);
    session.restart(params, shared);
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
        session.study();
        session.publish_if_due(shared);
    }
}

/// Data, chips and hosts; the window is told how far it is and may stop it, which gives `None`.
fn build(params: &Params, shared: &Shared) -> Result<Option<Experiment>> {
    params.check()?;
    shared.cancel.store(false, Ordering::Relaxed);
    let stopped = || shared.stop.load(Ordering::Relaxed) || shared.cancel.load(Ordering::Relaxed);
    let data = Dataset::load(params, &|done, total| {
        shared.loading(Some((done, total)));
        if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    shared.loading(None);
    data?.map(|data| Experiment::with_data(params, data)).transpose()
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
    /// A sound of the user's, shown in place of a test sample: its name and the input it makes.
    heard: Option<(String, SpikeTrain)>,
    /// The neuron that the MADC records.
    madc: usize,
    map: Option<Arc<DecisionMap>>,
    weights: Option<Arc<WeightsView>>,
    examined: Arc<Vec<Examination>>,
    /// The picture that was drawn.
    picture: Vec<f32>,
    drawing: Option<Arc<Drawing>>,
    study: Option<HarmStudy>,
    harm: Option<Arc<HarmView>>,
    /// Epochs learnt when the study began.
    studied_at: f64,
    changes: Arc<Vec<Change>>,
    /// Something changed since the last snapshot, evaluation, map.
    stale: Stale,
    published: Instant,
    evaluated: Instant,
    mapped: Instant,
    weighed: Instant,
}

#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one flag a thing that can be out of date")]
struct Stale {
    snapshot: bool,
    scores: bool,
    map: bool,
    weights: bool,
}

const ALL_STALE: Stale = Stale { snapshot: true, scores: true, map: true, weights: true };

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
            heard: None,
            madc: 0,
            map: None,
            weights: None,
            examined: Arc::default(),
            picture: Vec::new(),
            drawing: None,
            study: None,
            harm: None,
            studied_at: 0.0,
            changes: Arc::default(),
            stale: ALL_STALE,
            published: long_ago,
            evaluated: long_ago,
            mapped: long_ago,
            weighed: long_ago,
        }
    }

    /// How long to wait for commands before doing something else.
    fn patience(&self) -> Duration {
        let now = Instant::now();
        if self.study.is_some() {
            return Duration::ZERO;
        }
        if self.learns() {
            return self.next_batch.saturating_duration_since(now);
        }
        let due = |stale: bool, last: Instant, every: Duration| {
            if stale { (last + every).saturating_duration_since(now) } else { Duration::from_hours(1) }
        };
        due(self.stale.snapshot, self.published, PUBLISH_EVERY)
            .min(due(self.stale.scores, self.evaluated, EVALUATE_EVERY))
            .min(due(self.stale.map && self.has_map(), self.mapped, MAP_EVERY))
            .min(due(self.stale.weights && self.experiment.is_some(), self.weighed, WEIGHTS_EVERY))
    }

    fn learns(&self) -> bool {
        (self.running || self.single_step) && self.experiment.is_some()
    }

    fn has_map(&self) -> bool {
        self.experiment.as_ref().is_some_and(|e| e.data().point(e.params(), 0.5, 0.5).is_some())
    }

    /// Begins anew with `params`. A running experiment goes on when they cannot be used.
    fn restart(&mut self, params: Params, shared: &Shared) {
        let experiment = match build(&params, shared) {
            Ok(Some(experiment)) => Ok(experiment),
            Ok(None) => Err(Error::System("loading was stopped".into())),
            Err(error) => Err(error),
        };
        if let (Err(error), Some(_)) = (&experiment, &self.experiment) {
            shared.tell(Event::Refused(error.clone()));
            return;
        }
        self.begin(params, experiment, shared);
    }

    /// Forgets the experiment before and shows this one.
    fn begin(&mut self, params: Params, experiment: Result<Experiment>, shared: &Shared) {
        self.params = params;
        self.generation += 1;
        self.experiment = None;
        self.heard = None;
        self.curves = Default::default();
        self.now.clear();
        self.map = None;
        (self.weights, self.drawing, self.study, self.harm) = (None, None, None, None);
        self.examined = Arc::default();
        self.changes = Arc::default();
        self.position = (1, 0, 0);
        self.last_epoch = self.params.epochs as usize;
        match experiment {
            Ok(experiment) => {
                self.chip = Arc::new(chip_view(&experiment, &ChipView::default()));
                self.failure = None;
                self.experiment = Some(experiment);
            }
            Err(error) => self.fail(error, shared),
        }
        self.stale = ALL_STALE;
    }

    /// Writes the network of a lane for other simulators.
    fn export(&self, path: PathBuf, lane: LaneKind, form: nir::Form, shared: &Shared) {
        let Some(experiment) = &self.experiment else { return };
        let written = nir::export(experiment, lane, form, None).and_then(|graph| nir::file::write(&graph, &path));
        shared.tell(match written {
            Ok(()) => Event::Saved(path),
            Err(error) => Event::Refused(error),
        });
    }

    /// Begins anew with a network from elsewhere. A running experiment goes on when it cannot be used.
    fn load(&mut self, imported: Imported, shared: &Shared) {
        let built = build(&imported.params, shared).and_then(|experiment| {
            let mut experiment = experiment.ok_or_else(|| Error::System("loading was stopped".into()))?;
            experiment.load_weights(&imported.network)?;
            Ok(experiment)
        });
        match built {
            Ok(experiment) => {
                self.begin(imported.params.clone(), Ok(experiment), shared);
                shared.tell(Event::Loaded { params: Box::new(imported.params), notes: imported.notes });
            }
            Err(error) => shared.tell(Event::Refused(error)),
        }
    }

    /// A sound of the user's as the task's own words are heard.
    fn hear(&self, path: &Path) -> Result<(String, SpikeTrain)> {
        let spikes = speech::ear()?.listen(&wav::read(path, wav::LONGEST_WORD)?, 1);
        let input = self.experiment.as_ref().and_then(|e| e.data().sound(e.params(), &spikes));
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match input {
            Some(input) => Ok((name, input)),
            None => Err(Error::System(format!("{name} is a sound: choose a task of spoken words to hear it"))),
        }
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
                        let changed = changed(&self.params, experiment.params());
                        if experiment.params().epochs != self.params.epochs {
                            self.last_epoch = experiment.params().epochs as usize;
                        }
                        self.params = experiment.params().clone();
                        self.chip = Arc::new(chip_view(experiment, &self.chip));
                        self.stale = ALL_STALE;
                        for what in changed {
                            self.note(what);
                        }
                    }
                    Err(error) => shared.tell(Event::Refused(error)),
                },
                None => self.params = *params,
            },
            Command::Restart(params) => {
                self.running = true;
                self.restart(*params, shared);
            }
            Command::Madc(neuron) => self.madc = neuron,
            Command::Calibrate => {
                if let Some(experiment) = &mut self.experiment
                    && let Some(result) = experiment.calibrate(&|| !shared.stop.load(Ordering::Relaxed))
                {
                    let before = Arc::clone(&self.chip);
                    let mut after = chip_view(experiment, &before);
                    for (spread, old) in after.spreads.iter_mut().zip(&before.spreads) {
                        spread.before = if old.before.is_empty() { old.actual.clone() } else { old.before.clone() };
                    }
                    self.chip = Arc::new(after);
                    self.stale = ALL_STALE;
                    self.note(What::Calibrated);
                    shared.tell(Event::Calibrated(result.spreads));
                }
            }
            Command::ShowSample(index) => {
                self.sample = index;
                self.heard = None;
            }
            Command::Hear(path) => match self.hear(&path) {
                Ok(heard) => self.heard = Some(heard),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            Command::SetPace(pace) => {
                self.pace = pace;
                self.next_batch = Instant::now();
            }
            Command::Damage { neuron, kill } => {
                if let Some(experiment) = &mut self.experiment {
                    experiment.damage(neuron, kill);
                    self.params = experiment.params().clone();
                    self.chip = Arc::new(chip_view(experiment, &self.chip));
                    self.stale = ALL_STALE;
                    self.note(if kill { What::Killed(neuron) } else { What::Healed(neuron) });
                }
            }
            // The handle of this thread has seen to these.
            Command::StartSweep { .. } | Command::StopSweep => {}
            Command::ExportNir { path, lane, form } => self.export(path, lane, form, shared),
            Command::LoadNir { path, params } => match nir::import(&path, &params, Wanted::default()) {
                Ok(imported) => self.load(imported, shared),
                Err(error) => shared.tell(Event::Refused(error)),
            },
            Command::Classify(pixels) => {
                self.picture = pixels;
                self.drawing = self.experiment.as_ref().and_then(|e| drawing(e, &self.picture)).map(Arc::new);
            }
            Command::StudyHarm(lane) => {
                self.study = self.experiment.as_ref().and_then(|e| e.harm_study(lane));
                self.studied_at = self.epochs();
            }
        }
        self.stale.snapshot = true;
    }

    /// Epochs learnt so far, with the part of the one in progress.
    fn epochs(&self) -> f64 {
        let (epoch, batch, batches) = self.position;
        epoch as f64 - 1.0 + batch as f64 / batches.max(1) as f64
    }

    /// Remembers what the user did; several steps of one drag are one change.
    fn note(&mut self, what: What) {
        let epochs = self.epochs();
        let changes = Arc::make_mut(&mut self.changes);
        if let (
            Some(Change { epochs: then, what: What::Parameter { key: last, to: end, .. } }),
            What::Parameter { key, to, .. },
        ) = (changes.last_mut(), &what)
            && last == key
            && epochs - *then < 1.0
        {
            end.clone_from(to);
            return;
        }
        changes.push(Change { epochs, what });
        if changes.len() > MOST_CHANGES {
            changes.remove(0);
        }
    }

    /// One neuron of a study that is under way.
    fn study(&mut self) {
        let (Some(study), Some(experiment)) = (&mut self.study, &self.experiment) else { return };
        experiment.advance(study);
        self.harm = study.baseline().map(|baseline| {
            Arc::new(HarmView {
                lane: study.lane(),
                baseline,
                harms: study.harms().to_vec(),
                n: study.len(),
                samples: study.samples(),
                epochs: self.studied_at,
            })
        });
        if study.is_done() {
            self.study = None;
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
                let examined: Vec<Examination> =
                    lanes.into_iter().filter_map(|lane| experiment.examine(lane)).collect();
                self.now = examined.iter().map(|e| (e.lane, e.scores)).collect();
                self.examined = Arc::new(examined);
                self.drawing = drawing(experiment, &self.picture).map(Arc::new);
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
        if let Some(experiment) = &self.experiment
            && due(self.stale.weights, self.weighed, WEIGHTS_EVERY)
        {
            self.weights = Some(Arc::new(weights_view(experiment)));
            self.weighed = Instant::now();
            self.stale.weights = false;
            self.stale.snapshot = true;
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
            sample: self
                .experiment
                .as_ref()
                .and_then(|e| sample_view(e, self.sample, self.madc, self.heard.as_ref()))
                .map(Arc::new),
            decision_map: self.map.clone(),
            weights: self.weights.clone(),
            examined: Arc::clone(&self.examined),
            round: self.experiment.as_ref().and_then(|e| e.round(LaneKind::InTheLoop)),
            drawing: self.drawing.clone(),
            harm: self.harm.clone(),
            changes: Arc::clone(&self.changes),
            sweep: None,
        }
    }
}

/// The parameters in which two settings differ, as far as they act at once.
fn changed(before: &Params, after: &Params) -> Vec<What> {
    PARAMS
        .iter()
        .filter(|spec| spec.takes_effect == TakesEffect::AtOnce)
        .flat_map(|spec| match ((spec.get)(before), (spec.get)(after)) {
            (Value::Integers(from), Value::Integers(to)) => by_hand(spec.key == "silenced", &from, &to),
            (from, to) if from != to => vec![What::Parameter {
                key: spec.key,
                from: spec.format(&from),
                to: format!("{}{}", spec.format(&to), spec.unit.suffix()),
            }],
            _ => Vec::new(),
        })
        .collect()
}

/// What a change of a list of neurons means: who was added to those silenced was killed, and so on.
fn by_hand(silenced: bool, from: &[u32], to: &[u32]) -> Vec<What> {
    let added = to.iter().filter(|n| !from.contains(n));
    let gone = from.iter().filter(|n| !to.contains(n) && silenced);
    let one = |kill: bool| move |n: &u32| if kill { What::Killed(*n as usize) } else { What::Healed(*n as usize) };
    added.map(one(silenced)).chain(gone.map(one(false))).collect()
}
