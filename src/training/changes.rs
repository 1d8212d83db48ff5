//! What is done to an experiment from outside: other parameters, trims, weights.

use super::calibration::Calibration;
use super::metrics::Recovery;
use super::{Experiment, lane, shape};
use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::chip::layout::{Placement, Shape};
use crate::host::network::Network;
use crate::params::{Lane, PARAMS, Params, TakesEffect};
use crate::recording::Trims;

impl Experiment {
    /// The keys in which `params` differ from those in force and that need a restart.
    pub fn needs_restart(&self, params: &Params) -> Vec<&'static str> {
        PARAMS
            .iter()
            .filter(|s| s.takes_effect == TakesEffect::OnRestart && (s.get)(&self.params) != (s.get)(params))
            .map(|s| s.key)
            .collect()
    }

    /// Adopts everything that takes effect at once; the rest waits for a new experiment.
    ///
    /// # Errors
    /// When parameters contradict one another; nothing has then changed.
    pub fn set_params(&mut self, params: &Params) -> Result<()> {
        params.check()?;
        let mut next = self.params.clone();
        for spec in PARAMS.iter().filter(|s| s.takes_effect == TakesEffect::AtOnce) {
            (spec.set)(&mut next, (spec.get)(params));
        }
        next.chip.change_number(&self.params.chip);
        if next == self.params {
            return Ok(());
        }
        for lane in &mut self.lanes {
            lane.set_params(&next);
        }
        self.share_weights();
        let disturbed = PARAMS.iter().filter(|s| s.disturbs()).any(|s| (s.get)(&self.params) != (s.get)(&next));
        self.params = next;
        if disturbed {
            self.disturbed();
        }
        Ok(())
    }

    /// The chip is not what it was: watch how the lane in the loop recovers.
    fn disturbed(&mut self) {
        let epoch = self.epoch - 1;
        for lane in self.lanes.iter_mut().filter(|lane| lane.lane.learns_on_the_chip()) {
            if let Some(before) = lane.last_accuracy {
                lane.recovery = Some(Recovery::new(epoch, before));
            }
        }
    }

    /// Writes the weights of lanes that learn to the chips of those that take theirs.
    pub(super) fn share_weights(&mut self) {
        for k in 0..self.lanes.len() {
            let (before, rest) = self.lanes.split_at_mut(k);
            rest[0].take_weights(before.iter());
        }
    }

    /// Calibrates the chip through its readout and writes the trims; `None` when there is no chip
    /// or `keep_going` said no.
    ///
    /// Lanes on the same circuits get the same trims; the calibration of the first of them is returned.
    ///
    /// # Errors
    /// When a chip cannot be calibrated.
    pub fn calibrate(&mut self, keep_going: &dyn Fn() -> bool) -> Result<Option<Calibration>> {
        let seed = rng::mix(u64::from(self.params.learning.seed), 0xca11);
        let mut done: Vec<(Option<Placement>, Calibration)> = Vec::new();
        for lane in self.lanes.iter_mut().filter(|lane| !lane.lane.is_on_ideal_twin()) {
            let chip = lane.teacher.device_mut();
            // A chip that shows no circuits has the same for all lanes.
            let placement = chip.inside().map(|chip| chip.placement().clone());
            let known = done.iter().position(|(other, _)| *other == placement);
            if known.is_none() {
                let Some(calibration) = chip.calibrate(&self.params, seed, keep_going)? else { return Ok(None) };
                done.push((placement, calibration));
            }
            let known = known.unwrap_or(done.len() - 1);
            chip.write_trims(&done[known].1.trims);
        }
        if !done.is_empty() {
            self.disturbed();
        }
        Ok(done.into_iter().next().map(|(_, calibration)| calibration))
    }

    /// Takes the calibration back: all trims are neutral again.
    pub fn uncalibrate(&mut self) {
        for lane in &mut self.lanes {
            let chip = lane.teacher.device_mut();
            chip.write_trims(&vec![Trims::default(); chip.trims().len()]);
        }
        self.disturbed();
    }

    /// Whether the chip has been calibrated.
    pub fn is_calibrated(&self) -> bool {
        self.lanes.iter().any(|lane| lane.device().is_trimmed())
    }

    /// Puts weights from elsewhere into every lane that has its own; the optimiser forgets what it knew.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] when they do not have the shape of the network; nothing has then changed.
    pub fn load_weights(&mut self, network: &Network) -> Result<()> {
        let Shape { n_inputs, n_hidden, n_readout, recurrent } = shape(&self.params, &self.data);
        let own = [(n_inputs, n_hidden), (if recurrent { n_hidden } else { 0 }, n_hidden), (n_hidden, n_readout)];
        let theirs = lane::dims(network);
        if own != theirs {
            let why = format!(
                "the weights are those of {}-{}-{} neurons{}, and this experiment has \
                 {n_inputs}-{n_hidden}-{n_readout}{}; choose another task or `recurrence`",
                theirs[0].0,
                theirs[0].1,
                theirs[2].1,
                if theirs[1].0 > 0 { " with recurrence" } else { "" },
                if recurrent { " with recurrence" } else { "" },
            );
            return Err(Error::DoesNotFit { why });
        }
        let codes = network.codes(&self.params.for_host());
        for lane in self.lanes.iter_mut().filter(|lane| lane.lane.source() == lane.lane) {
            lane.load(network, &codes);
        }
        self.share_weights();
        Ok(())
    }

    /// What became of a lane that learns on the chip since the chip was last disturbed.
    pub fn recovery(&self, lane: Lane) -> Option<Recovery> {
        self.lane(lane)?.recovery
    }
}
