//! Single samples, answers, and the analog truth, for views and exports.

use ndarray::Array2;

use crate::chip::{Chip, XRay};
use crate::host::decoder::Decoder;
use crate::params::Lane;
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use crate::training::noise_stream::NoiseStream;
use crate::training::{Experiment, argmax, shape};

impl Experiment {
    /// The class that is read, as a lane decides, from the first sample of a recording.
    pub fn answer_of(&self, lane: Lane, recording: &Recording) -> Option<u16> {
        Some(argmax(&self.lane(lane)?.decoder.scores(recording, 0)) as u16)
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
        let grid = own.device().grid();
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

    /// Class scores of a lane for any inputs, `[input][class]`.
    pub fn classify(&self, lane: Lane, inputs: &[&SpikeTrain]) -> Option<Vec<Vec<f32>>> {
        let own = self.lane(lane)?;
        let trial = self.evaluation_trial(NoiseStream::Classified);
        let recording = self.pool.install(|| own.device().run(inputs, trial)).ok()?;
        Some((0..inputs.len()).map(|k| own.decoder.scores(&recording, k)).collect())
    }

    /// The analog truth and the answer of a lane for one input. A chip that shows nothing of its inside has no rows of
    /// analog voltages.
    pub fn xray(&self, lane: Lane, input: &SpikeTrain) -> Option<LaneXRay> {
        let own = self.lane(lane)?;
        if let Some(chip) = own.chip() {
            return Some(self.look(chip, &own.decoder, input));
        }
        let recording = own.device().run(&[input], self.evaluation_trial(NoiseStream::Sample)).ok()?;
        let none = |n| Array2::zeros((0, n));
        let (v_hidden, v_readout) = (none(recording.n_hidden), none(recording.n_readout));
        Some(LaneXRay::new(XRay { v_hidden, v_readout, recording }, &own.decoder))
    }

    /// One neuron of a lane, hidden ones first, recorded by the MADC in the run that [`Self::xray`] shows.
    pub fn madc(&self, lane: Lane, input: &SpikeTrain, neuron: usize) -> Option<Vec<[f64; 2]>> {
        self.lane(lane)?.chip()?.madc(input, self.evaluation_trial(NoiseStream::Sample), 0, neuron)
    }

    fn look(&self, chip: &Chip, decoder: &Decoder, input: &SpikeTrain) -> LaneXRay {
        let xray = chip.xray(input, self.evaluation_trial(NoiseStream::Sample), 0);
        LaneXRay::new(xray, decoder)
    }

    /// The weights of a lane on the ideal twin, for one input.
    pub fn xray_on_ideal_twin(&self, lane: Lane, input: &SpikeTrain) -> Option<LaneXRay> {
        let own = self.lane(lane)?;
        let substeps = self.params.network.substeps as usize;
        let twin = match own.chip() {
            Some(chip) => chip.quiet(substeps, true),
            None => self.ideal_chip(own.device().codes())?.quiet(substeps, true),
        };
        Some(self.look(&twin, &own.decoder, input))
    }

    /// A simulated chip without faults that holds these codes; `None` when they do not fit on one.
    fn ideal_chip(&self, codes: &Codes) -> Option<Chip> {
        let mut chip = Chip::new(&self.params.ideal_twin().for_chip(), shape(&self.params, &self.data)).ok()?;
        chip.write_weights(codes);
        Some(chip)
    }

    /// Actual thresholds of the hidden neurons that a lane runs on, in membrane units: nominal ones where the chip does
    /// not tell.
    pub fn thresholds(&self, lane: Lane) -> Option<Vec<f32>> {
        let own = self.lane(lane)?;
        Some(own.chip().map_or_else(
            || vec![1.0; own.device().codes().readout.nrows()],
            |chip| chip.actual().0.iter().map(|n| n.v_threshold as f32).collect(),
        ))
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

impl LaneXRay {
    fn new(xray: XRay, decoder: &Decoder) -> Self {
        let (hidden_samples, readout_samples) = decoder.voltages(&xray.recording, 0);
        let scores = decoder.scores(&xray.recording, 0);
        Self { answer: argmax(&scores), scores, xray, hidden_samples, readout_samples }
    }
}
