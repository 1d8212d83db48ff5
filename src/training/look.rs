//! Looking at an experiment: evaluation, single samples, and the analog truth for views.

use ndarray::Array2;

use super::lane::LaneRun;
use super::metrics::{BatchReport, Running, Scores};
use super::noise_stream::NoiseStream;
use super::study::Examination;
use super::{Batch, Experiment, argmax};
use crate::base::rng;
use crate::chip::{Chip, XRay};
use crate::host::decoder::Decoder;
use crate::host::loss::Loss;
use crate::params::Lane;
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use crate::task::Sample;

/// Samples per run when only the answers are wanted.
const EVALUATION_BATCH: usize = 256;

impl Experiment {
    pub(super) fn lane(&self, lane: Lane) -> Option<&LaneRun> {
        self.lanes.iter().find(|own| own.lane == lane)
    }

    #[cfg(test)]
    pub(super) fn lane_mut(&mut self, lane: Lane) -> Option<&mut LaneRun> {
        self.lanes.iter_mut().find(|own| own.lane == lane)
    }

    #[cfg(test)]
    pub(super) fn host(&self, lane: Lane) -> &crate::host::Host {
        self.lane(lane).and_then(|own| own.teacher.host()).expect("a lane with a host")
    }

    /// The class that is read, as a lane decides, from the first sample of a recording.
    pub fn answer_of(&self, lane: Lane, recording: &Recording) -> Option<u16> {
        Some(argmax(&self.lane(lane)?.decoder.scores(recording, 0)) as u16)
    }

    /// Loss, accuracy and spikes of a lane on the test split.
    pub fn evaluate(&self, lane: Lane) -> Option<Scores> {
        Some(self.examine(lane)?.scores)
    }

    /// As [`Self::evaluate`], and who spiked how often and what was taken for what.
    pub fn examine(&self, lane: Lane) -> Option<Examination> {
        let mut running = Running::default();
        let n_classes = self.data.n_classes();
        let mut confusion = Array2::zeros((n_classes, n_classes));
        let mut spikes = vec![0u32; self.params.network.hidden as usize];
        self.over_test_split(lane, |samples, recording, loss| {
            for (k, sample) in samples.iter().enumerate() {
                confusion[[usize::from(sample.label), loss.answer(k)]] += 1;
            }
            for spike in recording.hidden_spikes.iter().flatten() {
                spikes[usize::from(spike.neuron)] += 1;
            }
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
        Some(Examination { lane, scores: running.scores(), confusion, rates })
    }

    /// Runs the test split batch by batch and shows each to `see`.
    fn over_test_split(&self, lane: Lane, mut see: impl FnMut(&[Sample], &Recording, &Loss)) -> Option<()> {
        let own = self.lane(lane)?;
        let (n_hidden, n_readout) = own.chip().codes().readout.dim();
        let mut recording = Recording::new(own.chip().grid(), n_hidden, n_readout);
        for (k, samples) in self.data.test.chunks(EVALUATION_BATCH).enumerate() {
            let batch = Batch::new(samples.iter());
            let loss = self.pool.install(|| {
                own.chip().run_into(&batch.inputs, self.evaluation_trial(NoiseStream::Batch(k)), &mut recording);
                own.decoder.loss(&recording, &batch.labels)
            });
            see(samples, &recording, &loss);
        }
        Some(())
    }

    /// The class that a lane answers for every test sample.
    pub fn answers(&self, lane: Lane) -> Option<Vec<u16>> {
        let mut answers = Vec::with_capacity(self.data.test.len());
        self.over_test_split(lane, |samples, _, loss| {
            answers.extend((0..samples.len()).map(|k| loss.answer(k) as u16));
        })?;
        Some(answers)
    }

    /// Test accuracy of a lane if the readout is listened to until a time only: `(seconds, accuracy)`
    /// for every host step.
    pub fn accuracy_against_time(&self, lane: Lane) -> Option<Vec<(f64, f64)>> {
        let own = self.lane(lane)?;
        let grid = own.chip().grid();
        let mut right = vec![0usize; grid.n_host];
        self.over_test_split(lane, |samples, recording, _| {
            for (k, sample) in samples.iter().enumerate() {
                for (right, answer) in right.iter_mut().zip(own.decoder.answers_over_time(recording, k)) {
                    *right += usize::from(answer == usize::from(sample.label));
                }
            }
        })?;
        let total = self.data.test.len().max(1) as f64;
        let curve = right.iter().enumerate();
        Some(curve.map(|(step, &right)| (grid.host_time_of(step), right as f64 / total)).collect())
    }

    /// Test accuracy of a lane over the speakers that were heard in training, over those that were
    /// not, and over every single one, by name.
    pub fn accuracy_by_speaker(&self, lane: Lane) -> Option<Vec<(String, f64)>> {
        let answers = self.answers(lane)?;
        let heard: std::collections::BTreeSet<u16> = self.data.train.iter().filter_map(|s| s.speaker).collect();
        let accuracy = |of: &dyn Fn(u16) -> bool| {
            let chosen = self.data.test.iter().zip(&answers).filter(|(s, _)| s.speaker.is_some_and(of));
            let (n, right) =
                chosen.fold((0usize, 0usize), |(n, right), (s, a)| (n + 1, right + usize::from(s.label == *a)));
            (n > 0).then(|| right as f64 / n as f64)
        };
        let mut groups: Vec<(String, Option<f64>)> = vec![
            ("speakers heard in training".into(), accuracy(&|s| heard.contains(&s))),
            ("speakers not heard in training".into(), accuracy(&|s| !heard.contains(&s))),
        ];
        let each = self.data.speaker_names.iter().enumerate();
        groups.extend(each.map(|(k, name)| (name.clone(), accuracy(&|s| usize::from(s) == k))));
        Some(groups.into_iter().filter_map(|(name, accuracy)| Some((name, accuracy?))).collect())
    }

    /// Noise of evaluations is drawn apart from that of training.
    pub(super) fn evaluation_trial(&self, stream: NoiseStream) -> u64 {
        // Between two epochs the test split is seen as the report saw it: one network has one accuracy.
        let reported = self.batch == 0 && matches!(stream, NoiseStream::Batch(_));
        let epoch = if reported { (self.epoch - 1).max(1) } else { self.epoch };
        rng::mix(u64::from(self.params.learning.seed) ^ 0x7e57, (epoch as u64) << 32 | stream.number())
    }

    /// Class scores of a lane for any inputs, `[input][class]`.
    pub fn classify(&self, lane: Lane, inputs: &[&SpikeTrain]) -> Option<Vec<Vec<f32>>> {
        let own = self.lane(lane)?;
        let trial = self.evaluation_trial(NoiseStream::Classified);
        let recording = self.pool.install(|| own.chip().run(inputs, trial));
        Some((0..inputs.len()).map(|k| own.decoder.scores(&recording, k)).collect())
    }

    /// The analog truth and the answer of a lane for one input.
    pub fn xray(&self, lane: Lane, input: &SpikeTrain) -> Option<LaneXRay> {
        let own = self.lane(lane)?;
        Some(self.look(own.chip(), &own.decoder, input))
    }

    /// One neuron of a lane, hidden ones first, recorded by the MADC in the run that [`Self::xray`] shows.
    pub fn madc(&self, lane: Lane, input: &SpikeTrain, neuron: usize) -> Option<Vec<[f64; 2]>> {
        self.lane(lane)?.chip().madc(input, self.evaluation_trial(NoiseStream::Sample), 0, neuron)
    }

    fn look(&self, chip: &Chip, decoder: &Decoder, input: &SpikeTrain) -> LaneXRay {
        let xray = chip.xray(input, self.evaluation_trial(NoiseStream::Sample), 0);
        let (hidden_samples, readout_samples) = decoder.voltages(&xray.recording, 0);
        let scores = decoder.scores(&xray.recording, 0);
        LaneXRay { answer: argmax(&scores), scores, xray, hidden_samples, readout_samples }
    }

    /// The weights of a lane on the ideal twin, for one input.
    pub fn xray_on_ideal_twin(&self, lane: Lane, input: &SpikeTrain) -> Option<LaneXRay> {
        let own = self.lane(lane)?;
        let twin = own.chip().quiet(self.params.network.substeps as usize, true);
        Some(self.look(&twin, &own.decoder, input))
    }

    /// Actual thresholds of the hidden neurons that a lane runs on, in membrane units.
    pub fn thresholds(&self, lane: Lane) -> Option<Vec<f32>> {
        Some(self.lane(lane)?.chip().actual().0.iter().map(|n| n.v_threshold as f32).collect())
    }

    /// The chip under test, for views that look inside. `None` when no lane uses it.
    pub fn chip(&self) -> Option<&Chip> {
        let rank = |own: &&LaneRun| (own.lane.is_on_ideal_twin(), own.lane != Lane::InTheLoop);
        self.lanes.iter().min_by_key(rank).map(LaneRun::chip)
    }

    /// The chip of a lane with the weights that the lane is evaluated with.
    pub fn chip_of(&self, lane: Lane) -> Option<&Chip> {
        self.lane(lane).map(LaneRun::chip)
    }

    /// The weight codes that a lane is evaluated with.
    pub fn codes(&self, lane: Lane) -> Option<Codes> {
        self.chip_of(lane).map(|chip| chip.codes().clone())
    }
}

/// One sample seen by one lane: what the chip did, what the host saw, what came out.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneXRay {
    /// Analog voltages and recording.
    pub xray: XRay,
    /// Digitised hidden voltages in membrane units, `[host step, neuron]`.
    pub hidden_samples: Array2<f32>,
    /// Digitised readout voltages in membrane units, `[host step, readout]`.
    pub readout_samples: Array2<f32>,
    /// Class scores.
    pub scores: Vec<f32>,
    /// Class with the largest score.
    pub answer: usize,
}
