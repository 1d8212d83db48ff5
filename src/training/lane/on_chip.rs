//! The chip teaches itself; there is no host.

use super::{Learnt, Network, NotLearnt, Teacher};
use crate::base::error::Result;
use crate::chip::layout::Shape;
use crate::chip::plasticity::{SelfTaught, cost};
use crate::params::Params;
use crate::recording::{Codes, Recording};
use crate::training::Batch;
use crate::training::device::Device;
use crate::training::learner_state::TeacherState;
use crate::training::step_stats::{Processor, StepStats};

/// A chip whose own processor learns.
pub(crate) struct OnChip(SelfTaught);

impl OnChip {
    pub(crate) fn new(params: &Params, shape: Shape) -> Result<Self> {
        Ok(Self(SelfTaught::new(&params.for_self_taught(), shape)?))
    }
}

impl Teacher for OnChip {
    fn device(&self) -> &dyn Device {
        self.0.chip()
    }

    fn device_mut(&mut self) -> &mut dyn Device {
        self.0.chip_mut()
    }

    fn self_taught(&self) -> Option<&SelfTaught> {
        Some(&self.0)
    }

    fn is_sequential(&self) -> bool {
        true
    }

    /// Dropout is the host's: the chip drops nothing.
    fn learn(
        &mut self,
        batch: &Batch<'_>,
        trial: u64,
        _dropout: f64,
        recording: &mut Recording,
    ) -> Result<Learnt, NotLearnt> {
        let start = std::time::Instant::now();
        let learnt = self.0.learn(&batch.inputs, &batch.labels, trial, recording);
        let round = StepStats {
            seconds: [start.elapsed().as_secs_f64(), 0.0, 0.0, 0.0, 0.0],
            samples: learnt.samples,
            input_events: learnt.input_events,
            labels: learnt.samples,
            duration: recording.grid.duration(),
            updates: Some(learnt.updates),
            flips: Some(learnt.flips),
            alignment: Some(self.0.alignment()),
            processor: Some(Processor {
                memory: [self.0.memory().iter().map(|part| part.bytes).sum(), cost::MEMORY],
                seconds: self.0.estimated_time(&learnt) / learnt.samples.max(1) as f64,
                band: cost::BAND,
            }),
            ..StepStats::default()
        };
        Ok(Learnt { loss: None, round: Some(round) })
    }

    fn set_params(&mut self, params: &Params) {
        let setup = params.for_self_taught();
        if setup != *self.0.setup() {
            self.0.set_setup(&setup);
        }
    }

    fn load(&mut self, _network: &Network, codes: &Codes) {
        self.0.load(codes);
    }

    fn end_epoch(&mut self, batches: f64) {
        self.0.end_epoch(batches);
    }

    fn state(&self) -> TeacherState {
        TeacherState::OnChip(self.0.state().clone())
    }

    fn restore(&mut self, state: &TeacherState) -> Result<(), &'static str> {
        let TeacherState::OnChip(state) = state else { return Err("the learner") };
        let own = self.0.state();
        let shape = |s: &crate::chip::plasticity::State| (s.input.dim(), s.readout.dim(), s.registers.len());
        if shape(state) != shape(own) {
            return Err("the weights");
        }
        self.0.restore(state);
        Ok(())
    }
}
