//! A host computes on an ideal model what the chip shall learn.

use super::{Learnt, NotLearnt, Teacher, dims};
use crate::base::error::Result;
use crate::chip::layout::Shape;
use crate::host::network::Network;
use crate::host::{Host, HostState};
use crate::params::{Gradient, Params};
use crate::recording::{Codes, Recording};
use crate::training::Batch;
use crate::training::device::{Device, device};
use crate::training::learner_state::TeacherState;
use crate::training::step_stats::{StepStats, StepTimer};

/// A chip and the host that trains it.
pub(crate) struct WithHost {
    chip: Box<dyn Device>,
    host: Host,
    /// Whether the host teaches; another lane's host does otherwise, and this one only reads.
    teaches: bool,
}

/// Whether the gradient is taken at the voltages of hidden neurons.
fn reads_voltages(params: &Params) -> bool {
    params.learning.gradient == Gradient::Surrogate
}

impl WithHost {
    pub(crate) fn new(params: &Params, shape: Shape, teaches: bool) -> Result<Self> {
        let mut chip = device(params, shape, teaches && reads_voltages(params))?;
        let host = Host::new(&params.for_host(), shape.n_inputs, shape.n_readout);
        chip.write_weights(&host.codes());
        Ok(Self { chip, host, teaches })
    }
}

impl Teacher for WithHost {
    fn device(&self) -> &dyn Device {
        &*self.chip
    }

    fn device_mut(&mut self) -> &mut dyn Device {
        &mut *self.chip
    }

    fn host(&self) -> Option<&Host> {
        Some(&self.host)
    }

    #[cfg(test)]
    fn host_mut(&mut self) -> Option<&mut Host> {
        Some(&mut self.host)
    }

    /// One round of the loop.
    fn learn(
        &mut self,
        batch: &Batch<'_>,
        trial: u64,
        dropout: f64,
        recording: &mut Recording,
    ) -> Result<Learnt, NotLearnt> {
        let mut clock = StepTimer::start();
        self.chip.run_dropping(&batch.inputs, trial, dropout, recording)?;
        clock.lap();
        let loss = self.host.loss(recording, &batch.labels);
        clock.lap();
        if !self.teaches {
            return Ok(Learnt { loss: Some(loss), round: None });
        }
        let gradients = self.host.backward(&batch.inputs, recording, &loss);
        if !loss.mean.is_finite() {
            return Err("the loss".into());
        }
        if !gradients.is_finite() {
            return Err("the gradient".into());
        }
        clock.lap();
        self.host.apply(&gradients);
        if !self.host.network().is_finite() {
            return Err("a weight".into());
        }
        clock.lap();
        let codes = self.host.codes();
        self.chip.write_weights(&codes);
        clock.lap();
        let round = Some(StepStats::new(&self.host.params().learning, &batch.inputs, recording, &codes, &clock));
        Ok(Learnt { loss: Some(loss), round })
    }

    fn set_params(&mut self, params: &Params) {
        let host = params.for_host();
        let recoded = host.network != self.host.params().network;
        if host != *self.host.params() {
            self.host.set_params(&host);
        }
        self.chip.set_params(&params.for_chip());
        self.chip.need_voltages(self.teaches && reads_voltages(params));
        if recoded && self.teaches {
            // Another number of bits makes other codes of the same weights.
            self.chip.write_weights(&self.host.codes());
        }
    }

    fn load(&mut self, network: &Network, _codes: &Codes) {
        self.host.load(network.clone());
        self.chip.write_weights(&self.host.codes());
    }

    fn end_epoch(&mut self, batches: f64) {
        self.chip.grow_older(batches);
        self.host.end_epoch();
    }

    fn state(&self) -> TeacherState {
        TeacherState::Host(Box::new(self.host.state()))
    }

    fn restore(&mut self, state: &TeacherState) -> Result<(), &'static str> {
        let TeacherState::Host(state) = state else { return Err("the learner") };
        let HostState { network, first, second, .. } = &**state;
        if [network, first, second].iter().any(|n| dims(n) != dims(self.host.network())) {
            return Err("the weights");
        }
        self.host.restore(state);
        Ok(())
    }
}
