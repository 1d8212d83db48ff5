//! Every adjustable quantity, described once.
//!
//! [`Params`] holds the values, [`PARAMS`] describes them: sliders, `--set`,
//! the experiment file, `misfit params` and the table in the handbook are all
//! rendered from that one list.

mod groups;
mod kinds;
mod lookup;
mod table;
mod value;

pub use groups::{ChipParams, LearningParams, NetworkParams, PlasticityParams, TaskParams};
pub use kinds::{
    ChannelChoice, Decoding, Distribution, Feedback, Gradient, Lane, Recurrence, Rounding, TaskKind, Trace,
};
pub use lookup::{assign, describe, find, parse_assignment, set_checked};
pub use table::PARAMS;
pub use value::{Kind, Owner, ParamSpec, Scale, TakesEffect, Value};

use crate::base::error::{Error, Result};

/// One complete experiment, in SI units (seconds, fractions), by who may know what.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params {
    /// What is learnt.
    pub task: TaskParams,
    /// Network and nominal circuit; chip and host both know them.
    pub network: NetworkParams,
    /// How it is learnt.
    pub learning: LearningParams,
    /// How a chip teaches itself.
    pub plasticity: PlasticityParams,
    /// The faults of the chip.
    pub chip: ChipParams,
}

/// All that a host is told. No fault of the chip can be named here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostParams {
    /// Network and nominal circuit.
    pub network: NetworkParams,
    /// How it is learnt.
    pub learning: LearningParams,
}

/// All that a chip is made from. Nothing of the learning can be named here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChipSetup {
    /// Network and nominal circuit.
    pub network: NetworkParams,
    /// The faults.
    pub chip: ChipParams,
    /// Whether readout neurons have a threshold like hidden ones, or only integrate.
    pub readout_spikes: bool,
}

/// All that a chip is made from that teaches itself: what any chip is, the settings of its processor, and from what
/// spread its first weights are drawn. No host can be built from it.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfTaughtSetup {
    /// The chip.
    pub chip: ChipSetup,
    /// Its processor.
    pub plasticity: PlasticityParams,
    /// Standard deviation of the first weights times the square root of the number of inputs: hidden and readout.
    pub init: [f64; 2],
    /// Decides the first weights, the random feedback, and the states of the shift registers.
    pub seed: u32,
}

/// What each σ amounts to when only the global one is given, per unit of `sigma`.
///
/// At the default `sigma` of 20 % this is the uncalibrated BrainScaleS-2, decoded
/// from the calibration of one real chip (the spread of the codes that its 512
/// neurons needed): τ_mem 13 %, τ_syn 22 %, gain 10 %, and, in units of the
/// leak-to-threshold distance, leak 23 %, reset 21 %, threshold 12 % with the
/// correlations of [`crate::chip::mismatch`].
pub mod share {
    /// τ_mem: CV 0.131.
    pub const TAU_MEM: f64 = 0.65;
    /// τ_syn: CV 0.21 (inhibitory) and 0.23 (excitatory).
    pub const TAU_SYN: f64 = 1.1;
    /// Threshold: about 8.4 of 70 LSB.
    pub const THRESHOLD: f64 = 0.6;
    /// Leak: about 16 of 70 LSB.
    pub const LEAK: f64 = 1.15;
    /// Reset: about 15 of 70 LSB.
    pub const RESET: f64 = 1.05;
    /// Synaptic gain: CV 0.103.
    pub const GAIN: f64 = 0.5;
    /// Weight of single synapses: no published figure; an assumption.
    pub const WEIGHT: f64 = 0.25;
    /// Refractory time: no published figure; an assumption.
    pub const REFRACTORY: f64 = 0.5;
    /// Synapse drivers: amplitudes within an eighth of the range; half of that as σ, an assumption.
    pub const DRIVER: f64 = 0.15;
    /// CADC offset: 9.87 LSB before digital correction.
    pub const CADC_OFFSET: f64 = 0.7;
    /// CADC gain: no published figure; an assumption.
    pub const CADC_GAIN: f64 = 0.1;
}

impl Params {
    /// The defaults of one task.
    pub fn for_task(task: TaskKind) -> Self {
        let mut params = Self::default();
        params.adopt_task(task);
        params
    }

    /// Changes the task and, with it, the settings that only make sense for that task.
    pub fn adopt_task(&mut self, task: TaskKind) {
        self.task.kind = task;
        let d = Self::default();
        (self.learning.epochs, self.learning.batch, self.network.hidden) =
            (d.learning.epochs, d.learning.batch, d.network.hidden);
        (self.learning.init_hidden, self.learning.readout_penalty) =
            (d.learning.init_hidden, d.learning.readout_penalty);
        (self.network.readout_full_scale, self.learning.decoding, self.network.duration) =
            (d.network.readout_full_scale, d.learning.decoding, d.network.duration);
        self.network.recurrence = d.network.recurrence;
        (self.learning.readout_scale, self.learning.init_recurrent) =
            (d.learning.readout_scale, d.learning.init_recurrent);
        (self.network.cadc_interval, self.network.substeps) = (d.network.cadc_interval, d.network.substeps);
        (self.learning.learning_rate, self.learning.learning_rate_decay) =
            (d.learning.learning_rate, d.learning.learning_rate_decay);
        self.learning.surrogate_slope = d.learning.surrogate_slope;
        self.plasticity = d.plasticity;
        match task {
            TaskKind::Digits => {}
            TaskKind::YinYang => {
                (self.learning.epochs, self.learning.batch, self.network.hidden) = (60, 50, 120);
                // Enough to keep scores within the range of the converter: beyond it some chips learn no more.
                (self.learning.init_hidden, self.learning.readout_penalty) = (3.0, 0.01);
                self.network.readout_full_scale = 1.0;
                let p = &mut self.plasticity;
                (p.rate_hidden, p.rate_readout, p.decay, p.activity) = (1.0, 1.5, 0.88, 0.0);
                p.score_scale = 12.0;
            }
            TaskKind::Mnist | TaskKind::FashionMnist => {
                (self.learning.epochs, self.learning.batch, self.network.hidden) = (25, 100, 246);
                (self.network.cadc_interval, self.network.substeps) = (1e-6, 1);
                (self.learning.readout_scale, self.learning.readout_penalty) = (3.0, 0.2);
                (self.learning.learning_rate, self.learning.learning_rate_decay) = (0.02, 0.88);
            }
            TaskKind::Spoken | TaskKind::Shd | TaskKind::Speech => {
                (self.learning.batch, self.network.hidden) = (50, 186);
                (self.learning.decoding, self.network.duration) = (Decoding::Mean, 300e-6);
                self.network.recurrence = Recurrence::Trained;
                (self.learning.init_hidden, self.learning.init_recurrent) = (1.0, 1.0);
                self.learning.surrogate_slope = 10.0;
                // A mean over a whole word is small: most of the time nothing is said.
                (self.learning.readout_scale, self.learning.readout_penalty) = (50.0, 0.0);
            }
        }
    }

    /// Decides by another rule, with the settings that only make sense for that rule.
    pub fn decide_by(&mut self, decoding: Decoding) {
        self.learning.decoding = decoding;
        if decoding == Decoding::FirstSpike {
            let (learning, network) = (&mut self.learning, &mut self.network);
            learning.gradient = Gradient::EventProp;
            (learning.readout_scale, learning.readout_penalty) = (5.0, 0.005);
            // Few first weights bring a readout to its threshold.
            learning.wake_up = 1.0;
            network.readout_full_scale = 3.0;
            // Who is first is a matter of a fraction of a microsecond.
            network.substeps = 16;
        }
    }

    /// Switches on augmentation for a task of this kind, and learns for as long as it takes.
    ///
    /// Pictures as in Cramer et al. 2022. Of speech they moved each spike to a channel nearby; here words also
    /// move along the ear as a whole and change their tempo, so that other voices can be understood.
    pub fn augment(&mut self) {
        if self.task.kind.is_speech() {
            (self.task.channel_jitter, self.task.channel_shift, self.task.tempo) = (7.0, 15.0, 0.1);
            (self.learning.epochs, self.learning.learning_rate_decay) = (120, 0.98);
        } else {
            (self.task.rotation, self.learning.dropout) = (15.0, 0.1);
        }
    }

    /// The ideal twin: the same experiment on a chip without mismatch and noise.
    #[must_use]
    pub fn ideal_twin(&self) -> Self {
        Self { chip: self.chip.ideal(), ..self.clone() }
    }

    /// These parameters, changed by `edit`.
    #[must_use]
    pub fn with(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }

    /// What the host is told.
    pub fn for_host(&self) -> HostParams {
        HostParams { network: self.network.clone(), learning: self.learning.clone() }
    }

    /// What the chip is made from.
    pub fn for_chip(&self) -> ChipSetup {
        let readout_spikes = self.learning.decoding == Decoding::FirstSpike;
        ChipSetup { network: self.network.clone(), chip: self.chip.clone(), readout_spikes }
    }

    /// How a lane decides: a chip that teaches itself always by the mean over time.
    pub fn decoding_of(&self, lane: Lane) -> Decoding {
        if lane == Lane::OnChip { Decoding::Mean } else { self.learning.decoding }
    }

    /// What a chip is made from that teaches itself.
    pub fn for_self_taught(&self) -> SelfTaughtSetup {
        let init = [self.learning.init_hidden, self.learning.init_readout];
        let chip = ChipSetup { readout_spikes: false, ..self.for_chip() };
        SelfTaughtSetup { chip, plasticity: self.plasticity.clone(), init, seed: self.learning.seed }
    }

    /// Checks what single ranges cannot: values that contradict one another.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the keys and the rule.
    pub fn check(&self) -> Result<()> {
        let clash = |keys: &str, why: String| Err(Error::Inconsistent { keys: keys.into(), why });
        if self.network.threshold - self.network.leak < 5.0 {
            return clash(
                "threshold, leak",
                format!(
                    "the threshold ({} LSB) must lie at least 5 LSB above the leak ({} LSB)",
                    self.network.threshold, self.network.leak
                ),
            );
        }
        if self.network.reset >= self.network.threshold {
            return clash(
                "reset, threshold",
                format!(
                    "the reset ({} LSB) must lie below the threshold ({} LSB)",
                    self.network.reset, self.network.threshold
                ),
            );
        }
        if self.network.duration < 2.0 * self.network.cadc_interval {
            return clash("duration, cadc_interval", "a sample must last at least two readout intervals".into());
        }
        if self.network.duration / self.network.cadc_interval * f64::from(self.network.substeps) > 60_000.0 {
            return clash("duration, cadc_interval, substeps", "more than 60,000 chip steps in a sample".into());
        }
        if self.task.encoding_late <= self.task.encoding_early {
            return clash("encoding_early, encoding_late", "the late spike must come after the early one".into());
        }
        if self.task.kind.needs_data() && self.task.data.is_empty() {
            return clash(
                "task, data",
                format!("{} reads your own files: give their folder as `data`", self.task.kind.name()),
            );
        }
        if let Some(both) = self.chip.silenced.iter().find(|n| self.chip.mended.contains(n)) {
            return clash("silenced, mended", format!("neuron {both} stands in both lists"));
        }
        if !self.chip.chip_program.is_empty() && self.learning.lanes.contains(&Lane::OnChip) {
            return clash(
                "chip_program, lanes",
                "the rule of the lane on_chip runs on the processors of Misfit's own chip; leave on_chip out, or empty \
                 chip_program"
                    .into(),
            );
        }
        if self.learning.decoding == Decoding::FirstSpike && !self.chip.chip_program.is_empty() {
            return clash(
                "chip_program, decoding",
                "the protocol of chips has no spikes of a readout; choose another decoding, or empty chip_program"
                    .into(),
            );
        }
        if self.learning.decoding == Decoding::FirstSpike && self.learning.gradient == Gradient::Surrogate {
            return clash(
                "decoding, gradient",
                "the time of a first spike has no surrogate gradient here: set `gradient` to event_prop".into(),
            );
        }
        if self.learning.lanes.is_empty() {
            return clash("lanes", format!("at least one of {} is needed", Lane::NAMES.join(", ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_every_field_is_described() {
        let mut keys: Vec<_> = PARAMS.iter().map(|p| p.key).collect();
        keys.sort_unstable();
        let before = keys.len();
        keys.dedup();
        assert_eq!(before, keys.len());
        // The Debug output of Params lists its fields; each must have an entry, and no entry may be left over.
        let debug = format!("{:#?}", Params::default());
        let fields: Vec<&str> = debug
            .lines()
            .filter(|l| l.starts_with("        ") && !l.starts_with("         ") && l.contains(": "))
            .map(|l| l.trim().split(':').next().unwrap())
            .collect();
        for field in &fields {
            let key = match *field {
                "kind" => "task",
                "number" => "chip",
                own => own,
            };
            let own = format!("on_chip_{key}");
            assert!(find(key).or_else(|| find(&own)).is_some(), "{field} has no entry in PARAMS");
        }
        assert_eq!(fields.len(), PARAMS.len());
    }

    #[test]
    fn defaults_lie_inside_their_ranges_and_survive_set_and_get() {
        for task in TaskKind::ALL {
            let mut params = Params::for_task(task);
            if task.needs_data() {
                assert!(params.check().unwrap_err().to_string().contains("data"), "no folder, no data");
                params.task.data = "some folder".into();
            }
            params.check().unwrap();
            let reference = params.clone();
            for spec in PARAMS {
                let value = (spec.get)(&reference);
                set_checked(&mut params, spec, &value, "test").unwrap();
                assert_eq!((spec.get)(&params), value, "{}", spec.key);
            }
            assert_eq!(params, reference);
        }
    }

    #[test]
    fn every_parameter_explains_itself() {
        for spec in PARAMS {
            assert!(spec.help.len() > 20 && !spec.label.is_empty(), "{}", spec.key);
            assert!(!spec.source.is_empty(), "{} has no source", spec.key);
        }
    }

    #[test]
    fn potentials_in_the_wrong_order_are_refused_with_both_keys() {
        let params = Params::default().with(|p| p.network.threshold = 70.0);
        let text = params.check().unwrap_err().to_string();
        assert!(text.contains("threshold") && text.contains("leak") && text.contains("70"), "{text}");
        assert!(Params::default().with(|p| p.network.reset = 160.0).check().is_err());
    }

    #[test]
    fn the_ideal_twin_has_no_imperfection_left() {
        let mut params = Params::default()
            .with(|p| (p.chip.jitter_spike, p.chip.silenced, p.chip.mended) = (1e-6, vec![3], vec![4]));
        params.chip.sigma_leak = Some(0.3);
        let twin = params.ideal_twin();
        for spec in PARAMS.iter().filter(|s| s.is_imperfection()) {
            let value = (spec.get)(&twin);
            let none = matches!(&value, Value::Number(0.0) | Value::Auto) || value == Value::Integers(Vec::new());
            assert!(none, "{} is {value:?}", spec.key);
        }
    }
}
