//! What a lane needs of the chip that it runs on, whether Misfit made the chip or not.

use super::calibration::{Calibration, calibrate};
use crate::base::error::{Error, Result};
use crate::base::stop::Stop;
use crate::base::time::TimeGrid;
use crate::chip::Chip;
use crate::chip::layout::Shape;
use crate::foreign::messages::Faults;
use crate::foreign::{ForeignChip, Identity};
use crate::params::{ChipSetup, Params};
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::SpikeTrain;

/// A chip with a network on it.
///
/// Lanes, evaluations and whatever needs a recording only use this. What looks at the analog truth asks for
/// [`Self::inside`], which a chip of somebody else does not have.
pub(crate) trait Device: Send + Sync {
    /// The clocks.
    fn grid(&self) -> TimeGrid;

    /// The codes that were written last.
    fn codes(&self) -> &Codes;

    /// Writes weight codes of the shape of the network.
    fn write_weights(&mut self, codes: &Codes);

    /// Runs a batch; see [`Chip::run_dropping`].
    ///
    /// # Errors
    /// When the chip goes wrong or is not waited for. Nothing is then to be read from `recording`.
    fn run_dropping(&self, inputs: &[&SpikeTrain], trial: u64, dropout: f64, recording: &mut Recording) -> Result<()>;

    /// The simulated chip, where it is one.
    fn inside(&self) -> Option<&Chip> {
        None
    }

    /// Adopts parameters that act at once; the codes written to it stay.
    fn set_params(&mut self, params: &ChipSetup);

    /// Whether voltages of hidden neurons are needed from now on; Misfit's own chip always gives them.
    fn need_voltages(&mut self, _needed: bool) {}

    /// The trims in force, one a neuron, hidden first.
    fn trims(&self) -> &[Trims];

    /// Writes trims, one a neuron, hidden first.
    fn write_trims(&mut self, trims: &[Trims]);

    /// Hidden neurons broken (true) or mended (false) by hand.
    fn overrides(&self) -> &[Option<bool>];

    /// Batches since the chip was new, as far as that matters to it.
    fn age(&self) -> f64 {
        0.0
    }

    /// Lets the chip grow older by some batches.
    fn grow_older(&mut self, _batches: f64) {}

    /// Becomes what a chip of the same parameters was.
    fn restore(&mut self, trims: &[Trims], overrides: &[Option<bool>], age: f64);

    /// Measures the neurons and returns their trims; `None` when `keep_going` said no.
    ///
    /// # Errors
    /// When the chip cannot be calibrated.
    fn calibrate(&self, params: &Params, seed: u64, keep_going: &dyn Fn() -> bool) -> Result<Option<Calibration>>;

    /// Waits for answers no longer than until one of these asks for the end.
    fn heed(&mut self, _stops: &[Stop]) {}

    /// Why it cannot be used, if that is so.
    fn failure(&self) -> Option<Error> {
        None
    }

    /// Can be used again after a failure.
    fn revive(&self) {}

    /// What it says of itself, where Misfit did not make it.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// What its neurons really are, where Misfit did not make it and it says so.
    fn faults(&self) -> Option<Faults> {
        None
    }

    /// An empty recording of its network.
    fn recording(&self) -> Recording {
        let (n_hidden, n_readout) = self.codes().readout.dim();
        Recording::new(self.grid(), n_hidden, n_readout)
    }

    /// Runs a batch without dropout.
    ///
    /// # Errors
    /// As [`Self::run_dropping`].
    fn run(&self, inputs: &[&SpikeTrain], trial: u64) -> Result<Recording> {
        let mut recording = self.recording();
        self.run_dropping(inputs, trial, 0.0, &mut recording)?;
        Ok(recording)
    }

    /// Whether a trim is not neutral.
    fn is_trimmed(&self) -> bool {
        self.trims().iter().any(|trims| *trims != Trims::default())
    }
}

/// The chip that `params` name. `reads_voltages` says whether hidden voltages are needed.
pub(crate) fn device(params: &Params, shape: Shape, reads_voltages: bool) -> Result<Box<dyn Device>> {
    let setup = params.for_chip();
    Ok(if setup.chip.chip_program.is_empty() {
        Box::new(Chip::new(&setup, shape)?)
    } else {
        Box::new(ForeignChip::new(&setup, shape, reads_voltages))
    })
}

impl Device for Chip {
    fn grid(&self) -> TimeGrid {
        self.grid()
    }

    fn codes(&self) -> &Codes {
        self.codes()
    }

    fn write_weights(&mut self, codes: &Codes) {
        self.write_weights(codes);
    }

    fn run_dropping(&self, inputs: &[&SpikeTrain], trial: u64, dropout: f64, recording: &mut Recording) -> Result<()> {
        self.run_dropping(inputs, trial, dropout, recording);
        Ok(())
    }

    fn inside(&self) -> Option<&Chip> {
        Some(self)
    }

    fn set_params(&mut self, params: &ChipSetup) {
        if params != self.setup() {
            self.set_params(params);
        }
    }

    fn trims(&self) -> &[Trims] {
        self.trims()
    }

    fn write_trims(&mut self, trims: &[Trims]) {
        self.write_trims(trims);
    }

    fn overrides(&self) -> &[Option<bool>] {
        self.overrides()
    }

    fn age(&self) -> f64 {
        self.age()
    }

    fn grow_older(&mut self, batches: f64) {
        self.grow_older(batches);
    }

    fn restore(&mut self, trims: &[Trims], overrides: &[Option<bool>], age: f64) {
        self.restore(trims, overrides, age);
    }

    fn calibrate(&self, params: &Params, seed: u64, keep_going: &dyn Fn() -> bool) -> Result<Option<Calibration>> {
        Ok(calibrate(self, params, seed, keep_going))
    }
}

impl Device for ForeignChip {
    fn grid(&self) -> TimeGrid {
        self.grid()
    }

    fn codes(&self) -> &Codes {
        self.codes()
    }

    fn write_weights(&mut self, codes: &Codes) {
        self.write_weights(codes);
    }

    fn run_dropping(&self, inputs: &[&SpikeTrain], trial: u64, dropout: f64, recording: &mut Recording) -> Result<()> {
        self.run_dropping(inputs, trial, dropout, recording)
    }

    fn set_params(&mut self, params: &ChipSetup) {
        self.set_params(params);
    }

    fn need_voltages(&mut self, needed: bool) {
        self.need_voltages(needed);
    }

    fn trims(&self) -> &[Trims] {
        self.trims()
    }

    fn write_trims(&mut self, trims: &[Trims]) {
        self.write_trims(trims);
    }

    fn overrides(&self) -> &[Option<bool>] {
        self.overrides()
    }

    fn restore(&mut self, trims: &[Trims], overrides: &[Option<bool>], _age: f64) {
        self.write_trims(trims);
        self.override_silent(overrides.to_vec());
    }

    fn calibrate(&self, _params: &Params, seed: u64, keep_going: &dyn Fn() -> bool) -> Result<Option<Calibration>> {
        match self.calibrate(seed, keep_going) {
            Ok(trims) => Ok(Some(Calibration { trims, spreads: Vec::new(), mute: 0 })),
            Err(Error::Interrupted) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn heed(&mut self, stops: &[Stop]) {
        self.heed(stops);
    }

    fn failure(&self) -> Option<Error> {
        self.failure()
    }

    fn revive(&self) {
        self.revive();
    }

    fn identity(&self) -> Option<Identity> {
        self.identity()
    }

    fn faults(&self) -> Option<Faults> {
        self.faults()
    }
}
