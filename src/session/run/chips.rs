//! The same weights on many chips, tried on a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::super::messages::ChipsView;
use super::job::{Job, lock};
use crate::base::error::Result;
use crate::params::Lane;
use crate::probes::MonteCarlo;
use crate::training::Experiment;

/// Strengths of the global mismatch at which the chips are tried, %.
const SIGMAS: [u32; 11] = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50];
/// Most chips that are tried, and most repetitions of a sample.
pub(super) const MOST_CHIPS: usize = 256;

/// Chips that are being tried.
pub(super) struct ChipsJob(Job<Arc<ChipsView>>);

/// Chips tried so far; the end is another progress than the last chip.
fn progress(view: &ChipsView) -> usize {
    if view.running { view.progress().0 } else { usize::MAX }
}

impl ChipsJob {
    /// Loads the weights of a lane, which have learnt that many epochs, onto the first `n` chips, on a thread of its own.
    /// `None` without that lane.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn start(experiment: &Experiment, lane: Lane, n: usize, epochs: f64) -> Result<Option<Self>> {
        let Some(trials) = experiment.monte_carlo(lane) else { return Ok(None) };
        let params = experiment.params();
        let n = n.clamp(1, MOST_CHIPS);
        let view = ChipsView {
            lane: Some(lane),
            epochs,
            sigma: params.chip.sigma,
            chip: params.chip.number,
            samples: trials.samples(),
            chips: (1..=n as u32).collect(),
            sigmas: SIGMAS.iter().map(|percent| f64::from(*percent) / 100.0).collect(),
            curve: vec![Vec::new(); SIGMAS.len()],
            running: true,
            ..ChipsView::default()
        };
        Job::start("chips", Arc::new(view), move |shared, stop| try_all(&trials, shared, stop))
            .map(|job| Some(Self(job)))
    }

    pub(super) fn stop(&self) {
        self.0.stop();
    }

    pub(super) fn view(&self) -> Arc<ChipsView> {
        self.0.now()
    }

    pub(super) fn is_running(&self) -> bool {
        // What came after the last look has to be told too.
        let view = self.view();
        view.running || self.0.told() != Some(progress(&view))
    }

    /// Whether there is something that the window was not told.
    pub(super) fn has_news(&mut self) -> bool {
        let progress = progress(&self.view());
        self.0.has_news(progress)
    }
}

fn try_all(trials: &MonteCarlo, shared: &Mutex<Arc<ChipsView>>, stop: &AtomicBool) {
    let mut view = (**lock(shared)).clone();
    let mut places: Vec<(Option<usize>, f64)> = vec![(None, view.sigma)];
    places.extend(view.sigmas.iter().copied().enumerate().map(|(k, sigma)| (Some(k), sigma)));
    'all: for (place, sigma) in places {
        for chip in view.chips.clone() {
            if stop.load(Ordering::Relaxed) {
                break 'all;
            }
            let accuracy = trials.accuracy(chip, sigma);
            match place {
                None => view.accuracy.push(accuracy),
                Some(k) => view.curve[k].push(accuracy),
            }
            *lock(shared) = Arc::new(view.clone());
        }
    }
    view.running = false;
    *lock(shared) = Arc::new(view);
}
