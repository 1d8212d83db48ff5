//! A lane: a network on a chip, and what teaches it.
//!
//! All lanes run beside each other on the same data in the same order. What differs between them is a [`Teacher`]:
//! a new one is a file in `lane/` and an arm in [`teacher`].

mod on_chip;
mod with_host;

use std::time::Instant;

use ndarray::Array2;

use super::device::Device;
use super::learner_state::{LearnerState, TeacherState};
use super::metrics::{BatchReport, Recovery};
use super::step_stats::StepStats;
use super::{Batch, shape};
use crate::base::error::{Error, Result};
use crate::chip::Chip;
use crate::chip::plasticity::SelfTaught;
use crate::host::Host;
use crate::host::decoder::Decoder;
use crate::host::loss::Loss;
use crate::host::network::Network;
use crate::params::{Lane, Params};
use crate::recording::{Codes, Recording};
use crate::task::Dataset;
use on_chip::OnChip;
use with_host::WithHost;

/// What teaches the network on a chip.
pub(crate) trait Teacher: Send + Sync {
    /// The chip with the weights that the lane is evaluated with.
    fn device(&self) -> &dyn Device;

    /// The same, to calibrate it, damage it or let it grow older.
    fn device_mut(&mut self) -> &mut dyn Device;

    /// The host, where one takes part.
    fn host(&self) -> Option<&Host> {
        None
    }

    /// The chip that teaches itself, where one does.
    fn self_taught(&self) -> Option<&SelfTaught> {
        None
    }

    #[cfg(test)]
    fn host_mut(&mut self) -> Option<&mut Host> {
        None
    }

    /// Whether samples are learnt one after the other, so that a batch cannot be shared among threads.
    fn is_sequential(&self) -> bool {
        false
    }

    /// Runs a batch, leaves what was read in `recording`, and learns from it.
    fn learn(
        &mut self,
        batch: &Batch<'_>,
        trial: u64,
        dropout: f64,
        recording: &mut Recording,
    ) -> Result<Learnt, NotLearnt>;

    /// Rebuilds what depends on what changed, and nothing else.
    fn set_params(&mut self, params: &Params);

    /// Starts again from weights that come from elsewhere, of the right shape, and the codes that they are.
    fn load(&mut self, network: &Network, codes: &Codes);

    /// An epoch of so many batches is over.
    fn end_epoch(&mut self, batches: f64);

    /// What it has learnt, and where it stands.
    fn state(&self) -> TeacherState;

    /// Goes on from a state; what of it does not have the shape of this network is the error.
    fn restore(&mut self, state: &TeacherState) -> Result<(), &'static str>;
}

/// Why a batch was not learnt.
pub(crate) enum NotLearnt {
    /// A quantity is not finite.
    Diverged(&'static str),
    /// The chip did not run it.
    Chip(Error),
}

impl From<&'static str> for NotLearnt {
    fn from(quantity: &'static str) -> Self {
        Self::Diverged(quantity)
    }
}

impl From<Error> for NotLearnt {
    fn from(error: Error) -> Self {
        Self::Chip(error)
    }
}

/// What a batch taught.
pub(crate) struct Learnt {
    /// Scores and loss; `None` where only the recording tells.
    pub(crate) loss: Option<Loss>,
    /// What the round took and moved; `None` when nothing was learnt.
    pub(crate) round: Option<StepStats>,
}

/// A lane of an experiment.
pub(crate) struct LaneRun {
    pub(crate) lane: Lane,
    pub(crate) teacher: Box<dyn Teacher>,
    pub(crate) decoder: Decoder,
    pub(crate) recording: Recording,
    /// Time spent since the epoch began, s.
    pub(crate) seconds: f64,
    /// What the last round took and moved.
    pub(crate) round: Option<StepStats>,
    /// The codes before the first round.
    pub(crate) first_codes: Codes,
    /// Test accuracy after the last epoch.
    pub(crate) last_accuracy: Option<f64>,
    /// How it recovers from the last disturbance.
    pub(crate) recovery: Option<Recovery>,
}

/// The parameters that a lane runs with.
pub(crate) fn params_of(lane: Lane, params: &Params) -> Params {
    if lane.is_on_ideal_twin() { params.ideal_twin() } else { params.clone() }
}

/// The list of lanes.
fn teacher(lane: Lane, params: &Params, data: &Dataset) -> Result<Box<dyn Teacher>> {
    let shape = shape(params, data);
    Ok(match lane {
        Lane::Ideal | Lane::InTheLoop => Box::new(WithHost::new(params, shape, true)?),
        Lane::Transferred => Box::new(WithHost::new(params, shape, false)?),
        Lane::OnChip => Box::new(OnChip::new(params, shape)?),
    })
}

/// How a lane decides, and in which units it is shown. A chip that teaches itself decides by the mean over time.
fn decoder(lane: Lane, params: &Params) -> Decoder {
    let mut host = params.for_host();
    if lane == Lane::OnChip {
        let learning = &mut host.learning;
        (learning.decoding, learning.readout_scale) = (params.decoding_of(lane), params.plasticity.score_scale);
        (learning.readout_penalty, learning.baseline_subtraction) = (0.0, true);
    }
    Decoder::new(&host)
}

/// All lanes that are shown or that one of those takes its weights from, in the order of [`Lane::ALL`].
pub(crate) fn all(params: &Params, data: &Dataset) -> Result<Vec<LaneRun>> {
    let shown = &params.learning.lanes;
    let wanted = |lane: &Lane| shown.contains(lane) || shown.iter().any(|other| other.source() == *lane);
    Lane::ALL.into_iter().filter(wanted).map(|lane| LaneRun::new(lane, params, data)).collect()
}

impl LaneRun {
    fn new(lane: Lane, params: &Params, data: &Dataset) -> Result<Self> {
        let params = params_of(lane, params);
        let teacher = teacher(lane, &params, data)?;
        let device = teacher.device();
        Ok(Self {
            lane,
            recording: device.recording(),
            first_codes: device.codes().clone(),
            decoder: decoder(lane, &params),
            teacher,
            seconds: 0.0,
            round: None,
            last_accuracy: None,
            recovery: None,
        })
    }

    /// Takes note of the test accuracy after an epoch.
    pub(crate) fn observe(&mut self, epoch: usize, accuracy: f64) {
        if let Some(recovery) = &mut self.recovery {
            recovery.observe(epoch, accuracy);
        }
        self.last_accuracy = Some(accuracy);
    }

    pub(crate) fn device(&self) -> &dyn Device {
        self.teacher.device()
    }

    /// The simulated chip; `None` for a chip that shows nothing of its inside.
    pub(crate) fn chip(&self) -> Option<&Chip> {
        self.device().inside()
    }

    /// Writes the weights of the lane that learns for this one, if another does, to the chip.
    pub(crate) fn take_weights<'a>(&mut self, mut others: impl Iterator<Item = &'a Self>) {
        let source = self.lane.source();
        if source != self.lane
            && let Some(source) = others.find(|other| other.lane == source)
        {
            self.teacher.device_mut().write_weights(source.device().codes());
        }
    }

    /// Runs a batch and learns from it.
    pub(crate) fn learn(&mut self, batch: &Batch<'_>, trial: u64, dropout: f64) -> Result<BatchReport, NotLearnt> {
        let start = Instant::now();
        let Learnt { loss, round } = self.teacher.learn(batch, trial, dropout, &mut self.recording)?;
        self.round = round;
        // What a person reads from the recording is not part of the time that learning takes.
        let seconds = start.elapsed().as_secs_f64();
        self.seconds += seconds;
        let loss = loss.unwrap_or_else(|| self.decoder.loss(&self.recording, &batch.labels));
        Ok(BatchReport {
            lane: self.lane,
            samples: batch.labels.len(),
            loss: loss.mean,
            accuracy: loss.accuracy(),
            hidden_spikes: self.recording.spikes_per_sample(),
            lost_events: self.recording.lost_events.iter().map(|&n| u64::from(n)).sum(),
            seconds,
        })
    }

    /// Adopts parameters of the experiment.
    pub(crate) fn set_params(&mut self, params: &Params) {
        let params = params_of(self.lane, params);
        self.teacher.set_params(&params);
        self.decoder = decoder(self.lane, &params);
    }

    /// Puts weights from elsewhere into it.
    pub(crate) fn load(&mut self, network: &Network, codes: &Codes) {
        self.teacher.load(network, codes);
        self.first_codes = self.device().codes().clone();
    }

    pub(crate) fn state(&self) -> LearnerState {
        let chip = self.device();
        LearnerState {
            lane: self.lane,
            teacher: self.teacher.state(),
            codes: chip.codes().clone(),
            first_codes: self.first_codes.clone(),
            trims: chip.trims().to_vec(),
            overrides: chip.overrides().to_vec(),
            age: chip.age(),
            seconds: self.seconds,
            last_accuracy: self.last_accuracy,
            recovery: self.recovery,
        }
    }

    /// Goes on from a state; what of it does not have the shape of this network is the error.
    pub(crate) fn restore(&mut self, state: &LearnerState) -> Result<(), &'static str> {
        let dims = |c: &Codes| [c.input.dim(), c.recurrent.dim(), c.readout.dim()];
        let own = self.device();
        if dims(&state.codes) != dims(own.codes()) || dims(&state.first_codes) != dims(own.codes()) {
            return Err("the weight codes");
        }
        if state.trims.len() != own.trims().len() || state.overrides.len() != own.overrides().len() {
            return Err("the trims");
        }
        self.teacher.restore(&state.teacher)?;
        let chip = self.teacher.device_mut();
        chip.restore(&state.trims, &state.overrides, state.age);
        chip.write_weights(&state.codes);
        self.first_codes.clone_from(&state.first_codes);
        self.seconds = state.seconds;
        (self.last_accuracy, self.recovery) = (state.last_accuracy, state.recovery);
        Ok(())
    }
}

/// Rows, columns of a weight matrix of each projection.
pub(crate) fn dims(network: &Network) -> [(usize, usize); 3] {
    [&network.input, &network.recurrent, &network.readout].map(Array2::dim)
}
