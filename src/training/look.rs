//! Looking at an experiment: evaluation, single samples, and the analog truth for views.

use std::borrow::Cow;

use ndarray::Array2;

use super::metrics::{BatchReport, Running, Scores};
use super::study::Examination;
use super::{Batch, Experiment, Trainee, argmax, shape};
use crate::chip::{Chip, XRay};
use crate::host::Host;
use crate::host::loss::{decode, first_informed_step};
use crate::params::LaneKind;
use crate::recording::Codes;
use crate::rng;
use crate::spikes::SpikeTrain;

/// Samples per run when only the answers are wanted.
const EVALUATION_BATCH: usize = 256;

impl Experiment {
    pub(super) fn trainee(&self, lane: LaneKind) -> Option<&Trainee> {
        match lane {
            LaneKind::Ideal => self.ideal.as_ref(),
            LaneKind::Transferred => self.transferred.as_ref(),
            LaneKind::InTheLoop => self.in_the_loop.as_ref(),
        }
    }

    /// The chip of a lane with the weights that the lane is evaluated with. Cheap unless the lane is `transferred`.
    pub(super) fn evaluated(&self, lane: LaneKind) -> Option<(Cow<'_, Chip>, &Host)> {
        let own = self.trainee(lane)?;
        if lane == LaneKind::Transferred {
            let mut chip = own.chip.clone();
            chip.write_weights(&self.ideal.as_ref()?.host.codes());
            return Some((Cow::Owned(chip), &own.host));
        }
        Some((Cow::Borrowed(&own.chip), &own.host))
    }

    /// Loss, accuracy and spikes of a lane on the test split.
    pub fn evaluate(&self, lane: LaneKind) -> Option<Scores> {
        Some(self.examine(lane)?.scores)
    }

    /// As [`Self::evaluate`], and who spiked how often and what was taken for what.
    pub fn examine(&self, lane: LaneKind) -> Option<Examination> {
        let (chip, host) = self.evaluated(lane)?;
        let mut running = Running::default();
        let n_classes = self.data.n_classes();
        let mut confusion = Array2::zeros((n_classes, n_classes));
        let mut spikes = vec![0u32; self.params.hidden as usize];
        for (k, samples) in self.data.test.chunks(EVALUATION_BATCH).enumerate() {
            let batch = Batch::new(samples.iter());
            let (recording, loss) = self.pool.install(|| {
                let recording = chip.run(&batch.inputs, self.evaluation_trial(k));
                let loss = host.loss(&recording, &batch.labels);
                (recording, loss)
            });
            for (k, &label) in batch.labels.iter().enumerate() {
                confusion[[usize::from(label), loss.answer(k)]] += 1;
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
        }
        let n = self.data.test.len().max(1) as f32;
        let rates = spikes.into_iter().map(|count| count as f32 / n).collect();
        Some(Examination { lane, scores: running.scores(), confusion, rates })
    }

    /// Noise of evaluations is drawn apart from that of training.
    pub(super) fn evaluation_trial(&self, k: usize) -> u64 {
        rng::mix(u64::from(self.params.seed) ^ 0x7e57, (self.epoch as u64) << 32 | k as u64)
    }

    /// Class scores of a lane for any inputs, `[input][class]`.
    pub fn classify(&self, lane: LaneKind, inputs: &[&SpikeTrain]) -> Option<Vec<Vec<f32>>> {
        let (chip, host) = self.evaluated(lane)?;
        let recording = self.pool.install(|| chip.run(inputs, self.evaluation_trial(usize::MAX >> 40)));
        let n = recording.n_readout;
        let decoding = self.params.decoding;
        let score =
            |k| decode(decoding, rows(&host.voltages(&recording, k).1), n, first_informed_step(&recording, k)).0;
        Some((0..inputs.len()).map(score).collect())
    }

    /// The analog truth and the answer of a lane for one input.
    pub fn xray(&self, lane: LaneKind, input: &SpikeTrain) -> Option<LaneXRay> {
        let (chip, host) = self.evaluated(lane)?;
        Some(self.look(&chip, host, input))
    }

    /// One neuron of a lane, hidden ones first, recorded by the MADC in the run that [`Self::xray`] shows.
    pub fn madc(&self, lane: LaneKind, input: &SpikeTrain, neuron: usize) -> Option<Vec<[f64; 2]>> {
        let (chip, _) = self.evaluated(lane)?;
        chip.madc(input, self.evaluation_trial(usize::MAX >> 41), 0, neuron)
    }

    fn look(&self, chip: &Chip, host: &Host, input: &SpikeTrain) -> LaneXRay {
        let xray = chip.xray(input, self.evaluation_trial(usize::MAX >> 41), 0);
        let (hidden_samples, readout_samples) = host.voltages(&xray.recording, 0);
        let n = xray.recording.n_readout;
        let start = first_informed_step(&xray.recording, 0);
        let scores = decode(self.params.decoding, rows(&readout_samples), n, start).0;
        LaneXRay { answer: argmax(&scores), scores, xray, hidden_samples, readout_samples }
    }

    /// The weights of a lane on the ideal twin, for one input.
    pub fn xray_on_ideal_twin(&self, lane: LaneKind, input: &SpikeTrain) -> Option<LaneXRay> {
        let host = &self.trainee(lane)?.host;
        // A view asks for this many times a second: rather copy the ideal lane's chip than draw all faults anew.
        let mut twin = match &self.ideal {
            Some(ideal) => ideal.chip.clone(),
            None => Chip::new(&self.params.ideal_twin(), shape(&self.params, &self.data)).ok()?,
        };
        twin.write_weights(&self.codes(lane)?);
        Some(self.look(&twin, host, input))
    }

    /// Actual thresholds of the hidden neurons that a lane runs on, in membrane units.
    pub fn thresholds(&self, lane: LaneKind) -> Option<Vec<f32>> {
        Some(self.trainee(lane)?.chip.actual().0.iter().map(|n| n.v_threshold as f32).collect())
    }

    /// The chip under test, for views that look inside. `None` when no lane uses it.
    pub fn chip(&self) -> Option<&Chip> {
        self.in_the_loop.as_ref().or(self.transferred.as_ref()).or(self.ideal.as_ref()).map(|t| &t.chip)
    }

    /// The weight codes that a lane is evaluated with.
    pub fn codes(&self, lane: LaneKind) -> Option<Codes> {
        let source = if lane == LaneKind::Transferred { LaneKind::Ideal } else { lane };
        self.trainee(source).map(|t| t.host.codes())
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

fn rows(array: &Array2<f32>) -> &[f32] {
    array.as_slice().expect("voltages are built in standard layout")
}
