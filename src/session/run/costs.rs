//! What a lane costs, once a view has asked for it: counted now and then, metered, and with an opponent that is trained
//! on a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::messages::{CostView, Scores};
use super::due::Due;
use crate::base::error::{Error, Result};
use crate::energy::{Meter, Opponent, Report, Twin};
use crate::params::Lane;
use crate::training::Experiment;

/// Shortest time between two counts.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// Time between two looks at the training of the opponent.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Test samples that are counted.
const SAMPLES: usize = 128;

/// What is known of the opponent.
#[derive(Debug, Clone, Copy, Default)]
struct Training {
    progress: (usize, usize),
    done: Option<Opponent>,
}

/// The opponent in training. Dropping it ends the thread after the epoch it has in hand.
struct TwinJob {
    shared: Arc<Mutex<Training>>,
    stop: Arc<AtomicBool>,
    /// Progress when the window was told last.
    told: Option<usize>,
}

impl TwinJob {
    fn start(experiment: &Experiment) -> Result<Self> {
        let (data, params) = (experiment.shared_data(), experiment.params());
        let (hidden, duration) = (params.network.hidden as usize, params.network.grid().duration());
        let seed = u64::from(params.learning.seed);
        let (shared, stop) = (Arc::<Mutex<Training>>::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, stopped) = (Arc::clone(&shared), Arc::clone(&stop));
        let work = move || {
            let twin = Twin::train(&data, hidden, duration, seed, &|done, all| {
                lock(&theirs).progress = (done, all);
                !stopped.load(Ordering::Relaxed)
            });
            if let Some(twin) = twin {
                let (accuracy, timings) = (twin.accuracy(&data, duration), twin.time(&data, duration));
                lock(&theirs).done = Some(Opponent { accuracy, timings });
            }
        };
        let spawned = std::thread::Builder::new().name("relu twin".into()).spawn(work);
        spawned.map_err(|why| Error::System(format!("cannot start a thread for the ReLU network: {why}")))?;
        Ok(Self { shared, stop, told: None })
    }

    fn now(&self) -> Training {
        *lock(&self.shared)
    }
}

impl Drop for TwinJob {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn lock(mutex: &Mutex<Training>) -> std::sync::MutexGuard<'_, Training> {
    // The lock protects single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The account of the lane that a view has asked for.
pub(super) struct Costs {
    meter: Meter,
    start: Instant,
    lane: Option<Lane>,
    twin: Option<TwinJob>,
    due: Due,
    pub(super) view: Option<Arc<CostView>>,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            meter: Meter::new(),
            start: Instant::now(),
            lane: None,
            twin: None,
            due: Due::every(COUNT_EVERY),
            view: None,
        }
    }
}

impl Costs {
    /// Another run begins: what is asked for stays, and what the machine draws.
    pub(super) fn begin(&mut self) {
        (self.twin, self.view) = (None, None);
        self.due.at_once();
    }

    /// A view asks for a lane.
    pub(super) fn ask(&mut self, lane: Lane) {
        self.lane = Some(lane);
        self.due.at_once();
    }

    /// What is shown is out of date.
    pub(super) fn mark(&mut self) {
        self.due.mark();
    }

    fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// A batch was learnt.
    pub(super) fn learnt(&mut self) {
        if self.lane.is_some() {
            self.meter.learnt(self.now());
        }
    }

    /// Learning pauses.
    pub(super) fn pause(&mut self) {
        self.meter.rest(self.now(), false);
    }

    /// The machine is to be measured while it rests.
    pub(super) fn measure_rest(&mut self) {
        self.meter.rest(self.now(), true);
        self.due.at_once();
    }

    /// How long until there is something to do.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.lane?;
        let training = self.twin.as_ref().filter(|twin| twin.told != Some(usize::MAX)).map(|_| LOOK_EVERY);
        let resting = self.meter.resting(self.now()).map(|left| Duration::from_secs_f64(left + 0.01));
        [training, resting, self.due.wait(now)].into_iter().flatten().min()
    }

    /// Counts when it is due; says whether there is anything new.
    pub(super) fn refresh(&mut self, experiment: &Experiment, now: &[(Lane, Scores)]) -> bool {
        let Some(lane) = self.lane else { return false };
        if self.meter.rested(self.now()) {
            self.due.at_once();
        }
        if self.twin.is_none() {
            self.twin = TwinJob::start(experiment).map_err(|error| log::warn!("{error}")).ok();
        }
        let training = self.twin.as_ref().map(TwinJob::now).unwrap_or_default();
        let step = if training.done.is_some() { usize::MAX } else { training.progress.0 };
        let told = self.twin.as_mut().and_then(|twin| twin.told.replace(step));
        if told != Some(step) {
            self.due.at_once();
        }
        if !self.due.is_due(Instant::now()) {
            return false;
        }
        self.due.made();
        let Some(mut report) = Report::new(experiment, lane, self.meter.price(), SAMPLES) else { return false };
        report.accuracy = now.iter().find(|(own, _)| *own == lane).map(|(_, scores)| scores.accuracy);
        report.opponent = training.done;
        self.view = Some(Arc::new(CostView {
            report,
            training: training.progress,
            can_rest: self.meter.can_rest(),
            resting: self.meter.resting(self.now()).is_some(),
        }));
        true
    }
}
