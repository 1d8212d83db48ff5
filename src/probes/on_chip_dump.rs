//! A few samples of a chip that teaches itself, with everything that its rule read and wrote, so that the rule can be
//! computed again elsewhere.

use ndarray::Array4;

use crate::base::error::Result;
use crate::chip::plasticity::State;
use crate::params::{Lane, Params};
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::training::Experiment;

/// The first training samples, learnt one after the other.
#[derive(Debug, Clone)]
pub struct OnChipDump {
    /// The parameters of the experiment.
    pub params: Params,
    /// What was sent to the chip, one train a sample.
    pub inputs: Vec<SpikeTrain>,
    /// Right class of each sample, sent too.
    pub labels: Vec<u16>,
    /// What the processors read of hidden neurons and readouts.
    pub recording: Recording,
    /// Traces, `[sample, processor, input, host step]`: zeros where the processors did not ask for them.
    pub traces: Array4<i16>,
    /// Random weights of the feedback, `[hidden, readout]`, codes.
    pub feedback: ndarray::Array2<i8>,
    /// Weights and shift registers before the first sample and after the last.
    pub before: State,
    /// Weights and shift registers after the last sample.
    pub after: State,
}

impl Experiment {
    /// Lets a copy of the lane learn from the first `samples` training samples; the experiment does not change.
    ///
    /// # Errors
    /// As [`Self::check_dump`].
    pub fn dump_on_chip(&self, samples: usize) -> Result<OnChipDump> {
        self.check_dump(Lane::OnChip, samples)?;
        let own = self.lane(Lane::OnChip).and_then(|lane| lane.teacher.self_taught());
        let mut own = own.ok_or_else(|| self.no_such_lane(Lane::OnChip))?.clone();
        let chosen = &self.data.train[..samples];
        let grid = own.chip().grid();
        let (n_hidden, n_readout) = own.chip().codes().readout.dim();
        let mut recording = Recording::new(grid, n_hidden, n_readout);
        recording.resize(samples);
        let mut traces = Array4::zeros((samples, 2, self.data.n_inputs, grid.n_host));
        let before = own.state().clone();
        let mut one = Recording::new(grid, n_hidden, n_readout);
        for (k, sample) in chosen.iter().enumerate() {
            // One batch a sample: each has noise of its own.
            let learnt = own.learn(&[&sample.spikes], &[sample.label], k as u64, &mut one);
            recording.take_sample(k, &one);
            if learnt.updates > 0 {
                let to = traces.index_axis_mut(ndarray::Axis(0), k);
                to.into_iter().zip(own.traces()).for_each(|(to, from)| *to = *from);
            }
        }
        Ok(OnChipDump {
            params: self.params.clone(),
            inputs: chosen.iter().map(|sample| sample.spikes.clone()).collect(),
            labels: chosen.iter().map(|sample| sample.label).collect(),
            recording,
            traces,
            feedback: own.feedback().clone(),
            before,
            after: own.state().clone(),
        })
    }
}
