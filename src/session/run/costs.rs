//! What a lane costs, once a view has asked for it: counted now and then, metered, and with an opponent that is trained
//! on a thread of its own.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::messages::{CostView, Evaluation};
use super::due::Due;
use super::job::{Job, lock};
use crate::base::error::Result;
use crate::energy::sizes::{self, Ran, SIZES};
use crate::energy::{Meter, Opponent, Report, Twin};
use crate::params::Lane;
use crate::recording::Codes;
use crate::training::Experiment;

/// Shortest time between two counts.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// Time between two looks at the training of the opponent.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Test samples that are counted.
const SAMPLES: usize = 128;

/// What is known of the opponent.
#[derive(Debug, Clone, Default)]
struct Training {
    progress: (usize, usize),
    done: Option<Opponent>,
}

/// Other sizes, as far as they were run.
#[derive(Debug, Clone, Default)]
struct Sizes {
    ran: Vec<Ran>,
    done: bool,
}

/// Trains the conventional network of the same shape, and times it.
fn train_twin(experiment: &Experiment) -> Result<Job<Training>> {
    let (data, params) = (experiment.shared_data(), experiment.params());
    let (hidden, duration) = (params.network.hidden as usize, params.network.grid().duration());
    let seed = u64::from(params.learning.seed);
    Job::start("ReLU network", Training::default(), move |shared: &Mutex<Training>, stop| {
        let twin = Twin::train(&data, hidden, duration, seed, &|done, all| {
            lock(shared).progress = (done, all);
            !stop.load(Ordering::Relaxed)
        });
        if let Some(twin) = twin {
            let (accuracy, timings) = (twin.accuracy(&data, duration), twin.time(&data, duration));
            lock(shared).done = Some(Opponent { accuracy, timings });
        }
    })
}

/// Runs a network with such weights at other sizes, those that fit on a chip of any size.
fn run_sizes(experiment: &Experiment, codes: Codes) -> Result<Job<Sizes>> {
    let (data, params, threads) = (experiment.shared_data(), experiment.params().clone(), experiment.threads());
    Job::start("other sizes", Sizes::default(), move |shared: &Mutex<Sizes>, stop| {
        for hidden in SIZES {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            match sizes::run(&params, &data, &codes, hidden, threads) {
                Ok(ran) => lock(shared).ran.push(ran),
                Err(why) => log::warn!("{hidden} hidden neurons: {why}"),
            }
        }
        lock(shared).done = true;
    })
}

/// The account of the lane that a view has asked for.
pub(super) struct Costs {
    meter: Meter,
    start: Instant,
    lane: Option<Lane>,
    twin: Option<Job<Training>>,
    sizes: Option<Job<Sizes>>,
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
            sizes: None,
            due: Due::every(COUNT_EVERY),
            view: None,
        }
    }
}

impl Costs {
    /// Another run begins: what is asked for stays, and what the machine draws.
    pub(super) fn begin(&mut self) {
        (self.twin, self.sizes, self.view) = (None, None, None);
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

    /// The network is to be run at other sizes.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn run_sizes(&mut self, experiment: &Experiment) -> Result<()> {
        if let Some(codes) = self.lane.and_then(|lane| experiment.codes(lane)) {
            self.sizes = Some(run_sizes(experiment, codes)?);
            self.due.at_once();
        }
        Ok(())
    }

    /// How long until there is something to do.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.lane?;
        let told = [self.twin.as_ref().map(Job::told), self.sizes.as_ref().map(Job::told)];
        let jobs = told.into_iter().flatten().any(|told| told != Some(usize::MAX)).then_some(LOOK_EVERY);
        let resting = self.meter.resting(self.now()).map(|left| Duration::from_secs_f64(left + 0.01));
        [jobs, resting, self.due.wait(now)].into_iter().flatten().min()
    }

    /// Counts when it is due; says whether there is anything new.
    pub(super) fn refresh(&mut self, experiment: &Experiment, examined: &[Evaluation]) -> bool {
        let Some(lane) = self.lane else { return false };
        if self.meter.rested(self.now()) {
            self.due.at_once();
        }
        if self.twin.is_none() {
            self.twin = train_twin(experiment).map_err(|error| log::warn!("{error}")).ok();
        }
        let training = self.twin.as_ref().map(Job::now).unwrap_or_default();
        let sizes = self.sizes.as_ref().map(Job::now);
        let progress = |done, progress| if done { usize::MAX } else { progress };
        let trained = progress(training.done.is_some(), training.progress.0);
        let ran = sizes.as_ref().map_or(0, |sizes| progress(sizes.done, sizes.ran.len()));
        let news = [
            self.twin.as_mut().is_some_and(|job| job.has_news(trained)),
            self.sizes.as_mut().is_some_and(|job| job.has_news(ran)),
        ];
        if news.contains(&true) {
            self.due.at_once();
        }
        let accuracy = examined.iter().find(|seen| seen.lane == lane).map(|seen| seen.scores.accuracy);
        if !self.due.is_due(Instant::now()) {
            // What is right is told at once; what is counted, now and then.
            let old = self.view.as_mut().filter(|view| view.report.accuracy != accuracy);
            return old.map(|view| Arc::make_mut(view).report.accuracy = accuracy).is_some();
        }
        self.due.made();
        let Some(mut report) = Report::new(experiment, lane, self.meter.price(), SAMPLES) else { return false };
        report.accuracy = accuracy;
        report.opponent = training.done;
        self.view = Some(Arc::new(CostView {
            report,
            training: training.progress,
            can_rest: self.meter.can_rest(),
            resting: self.meter.resting(self.now()).is_some(),
            sizing: sizes.as_ref().is_some_and(|sizes| !sizes.done),
            sizes: sizes.unwrap_or_default().ran,
        }));
        true
    }
}
