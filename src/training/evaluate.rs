//! Looking at an experiment: evaluation, single samples, and the analog truth for views.

use ndarray::Array2;

use super::lane::LaneRun;
use super::metrics::{BatchReport, Running, Scores};
use super::noise_stream::NoiseStream;
use super::step_stats::StepStats;
use super::{Batch, Experiment};
use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::base::stop::Stop;
use crate::chip::plasticity::SelfTaught;
use crate::chip::{Chip, XRay};
use crate::host::loss::Loss;
use crate::params::Lane;
use crate::recording::{Codes, Recording};
use crate::task::Sample;

/// Samples per run when only the answers are wanted.
const EVALUATION_BATCH: usize = 256;

impl Experiment {
    pub(crate) fn lane(&self, lane: Lane) -> Option<&LaneRun> {
        self.lanes.iter().find(|own| own.lane == lane)
    }

    #[cfg(test)]
    pub(crate) fn lane_mut(&mut self, lane: Lane) -> Option<&mut LaneRun> {
        self.lanes.iter_mut().find(|own| own.lane == lane)
    }

    #[cfg(test)]
    pub(crate) fn host(&self, lane: Lane) -> &crate::host::Host {
        self.lane(lane).and_then(|own| own.teacher.host()).expect("a lane with a host")
    }

    /// What a lane does on the test split, at the end of an epoch.
    pub(super) fn examined(&self, lane: Lane) -> Result<Evaluation> {
        let failure = || self.lane(lane).and_then(|own| own.device().failure());
        match self.examine(lane) {
            Some(seen) => Ok(seen),
            // A lane that is there is evaluated, unless its chip fails or the end is asked for.
            None => Err(failure().unwrap_or(Error::Interrupted)),
        }
    }

    /// Loss, accuracy and spikes of a lane on the test split; `None` when there is no such lane, when its chip fails, or
    /// when what [`Self::heed`] was told to asks for the end.
    pub fn evaluate(&self, lane: Lane) -> Option<Scores> {
        Some(self.examine(lane)?.scores)
    }

    /// As [`Self::evaluate`], with the spikes each neuron sent and the table of confusions.
    pub fn examine(&self, lane: Lane) -> Option<Evaluation> {
        let mut running = Running::default();
        let n_classes = self.data.n_classes();
        let mut confusion = Array2::zeros((n_classes, n_classes));
        let mut spikes = vec![0u32; self.params.network.hidden as usize];
        let mut flat = 0;
        self.over_test_split(lane, |samples, recording, loss| {
            for (k, sample) in samples.iter().enumerate() {
                confusion[[usize::from(sample.label), loss.answer(k)]] += 1;
            }
            for spike in recording.hidden_spikes.iter().flatten() {
                spikes[usize::from(spike.neuron)] += 1;
            }
            flat += loss.flat;
            running.add(&BatchReport {
                lane,
                samples: samples.len(),
                loss: loss.mean,
                accuracy: loss.accuracy(),
                hidden_spikes: recording.spikes_per_sample(),
                lost_events: 0,
                seconds: 0.0,
            });
        })?;
        let n = self.data.test.len().max(1) as f32;
        let rates = spikes.into_iter().map(|count| count as f32 / n).collect();
        let flat = flat as f64 / self.data.test.len().max(1) as f64;
        Some(Evaluation { lane, scores: running.scores(), confusion, rates, flat })
    }

    /// The same of all lanes that are shown and can be evaluated.
    pub fn examine_all(&self) -> Vec<Evaluation> {
        self.params.learning.lanes.iter().filter_map(|&lane| self.examine(lane)).collect()
    }

    /// Whether these are of all lanes that are shown.
    pub fn are_all(&self, examined: &[Evaluation]) -> bool {
        examined.len() == self.params.learning.lanes.len()
    }

    /// What the lanes that are shown reach right after the chip was disturbed, before anything is learnt: their recovery
    /// takes note.
    pub fn measure_fall(&mut self) -> Vec<Evaluation> {
        let fallen = self.examine_all();
        for seen in &fallen {
            let own = self.lanes.iter_mut().find(|own| own.lane == seen.lane);
            if let Some(recovery) = own.and_then(|own| own.recovery.as_mut()) {
                recovery.fell_to(seen.scores.accuracy);
            }
        }
        fallen
    }

    /// Runs the test split batch by batch and shows each to `see`.
    pub(crate) fn over_test_split(&self, lane: Lane, mut see: impl FnMut(&[Sample], &Recording, &Loss)) -> Option<()> {
        let own = self.lane(lane)?;
        let mut recording = own.device().recording();
        for (k, samples) in self.data.test.chunks(EVALUATION_BATCH).enumerate() {
            if self.stops.first().is_some_and(Stop::is_requested) {
                return None;
            }
            let batch = Batch::new(samples.iter());
            let loss = self.pool.install(|| {
                let trial = self.evaluation_trial(NoiseStream::Batch(k));
                own.device().run_dropping(&batch.inputs, trial, 0.0, &mut recording).ok()?;
                Some(own.decoder.loss(&recording, &batch.labels))
            })?;
            see(samples, &recording, &loss);
        }
        Some(())
    }

    /// Shows at most `most` test samples to `see`, with their membranes and the noise of the last evaluation.
    pub(crate) fn watch_test_split(&self, lane: Lane, most: usize, mut see: impl FnMut(&Sample, &XRay)) -> Option<()> {
        let chip = self.lane(lane)?.chip()?;
        for (k, sample) in self.data.test.iter().take(most).enumerate() {
            let trial = self.evaluation_trial(NoiseStream::Batch(k / EVALUATION_BATCH));
            see(sample, &chip.xray(&sample.spikes, trial, k % EVALUATION_BATCH));
        }
        Some(())
    }

    /// Noise of evaluations is drawn apart from that of training.
    pub(crate) fn evaluation_trial(&self, stream: NoiseStream) -> u64 {
        // Between two epochs the test split is seen as the report saw it: one network has one accuracy.
        let reported = self.batch == 0 && matches!(stream, NoiseStream::Batch(_));
        let epoch = if reported { (self.epoch - 1).max(1) } else { self.epoch };
        rng::mix(u64::from(self.params.learning.seed) ^ 0x7e57, (epoch as u64) << 32 | stream.number())
    }

    /// The chip under test, for views that look inside. `None` when no lane uses it, or when it shows nothing.
    pub fn chip(&self) -> Option<&Chip> {
        let rank = |own: &&LaneRun| (own.lane.is_on_ideal_twin(), own.lane != Lane::InTheLoop);
        self.lanes.iter().min_by_key(rank).and_then(LaneRun::chip)
    }

    /// The chip of a lane with the weights that the lane is evaluated with; `None` when it shows nothing of its inside.
    pub fn chip_of(&self, lane: Lane) -> Option<&Chip> {
        self.lane(lane).and_then(LaneRun::chip)
    }

    /// The chip that teaches itself, of the lane that does.
    pub fn self_taught(&self) -> Option<&SelfTaught> {
        self.lanes.iter().find_map(|lane| lane.teacher.self_taught())
    }

    /// The weight codes that a lane is evaluated with.
    pub fn codes(&self, lane: Lane) -> Option<Codes> {
        self.lane(lane).map(|own| own.device().codes().clone())
    }

    /// What the last round of a lane took and moved; `None` before the first one, and for lanes that do not learn.
    pub fn round(&self, lane: Lane) -> Option<StepStats> {
        self.lane(lane)?.round
    }

    /// The same of all lanes that learn, in display order.
    pub fn rounds(&self) -> Vec<(Lane, StepStats)> {
        let shown = self.params.learning.lanes.iter();
        shown.filter_map(|&lane| Some((lane, self.round(lane)?))).collect()
    }

    /// The codes that a lane began with.
    pub fn first_codes(&self, lane: Lane) -> Option<&Codes> {
        self.lane(lane).map(|lane| &lane.first_codes)
    }

    /// Breaks or mends one hidden neuron of the chip under test by hand.
    /// It becomes a parameter like any other.
    #[cfg(test)]
    pub(crate) fn damage(&mut self, neuron: usize, kill: bool) {
        let mut params = self.params().clone();
        params.chip.override_neuron(u32::try_from(neuron).unwrap_or(u32::MAX), kill);
        let adopted = self.set_params(&params);
        debug_assert!(adopted.is_ok(), "no neuron can be in both lists");
    }
}

/// What the lanes reach, without the rest.
pub fn scores(examined: &[Evaluation]) -> Vec<(Lane, Scores)> {
    examined.iter().map(|seen| (seen.lane, seen.scores)).collect()
}

/// What a lane does on the test split.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The lane.
    pub lane: Lane,
    /// Loss, accuracy and spikes.
    pub scores: Scores,
    /// Samples by right class and answer, `[class, answer]`.
    pub confusion: Array2<u32>,
    /// Spikes per test sample of each hidden neuron.
    pub rates: Vec<f32>,
    /// Share of the test samples in which no readout rises above where it began.
    pub flat: f64,
}
