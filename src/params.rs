//! Every adjustable quantity, described once.
//!
//! [`Params`] holds the values, [`PARAMS`] describes them: sliders, `--set`,
//! the experiment file, `misfit params` and the table in the README are all
//! rendered from that one list.

mod kinds;
mod presets;
mod table;
mod value;

pub use kinds::{ChannelChoice, Decoding, Distribution, LaneKind, Recurrence, TaskKind};
pub use presets::{Later, PRESETS, Preset, Scope, preset};
pub use table::PARAMS;
pub(crate) use value::edit_distance;
pub use value::{Kind, ParamSpec, Scale, TakesEffect, Value, assign, describe, find, parse_assignment, set_checked};

use crate::base::error::{Error, Result};

/// One complete experiment, in SI units (seconds, fractions).
///
/// Every field is described in [`PARAMS`] under the same name.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct Params {
    pub task: TaskKind,
    pub data: String,
    pub lanes: Vec<LaneKind>,
    pub epochs: u32,
    pub batch: u32,
    pub seed: u32,
    pub threads: u32,

    pub hidden: u32,
    pub recurrence: Recurrence,
    pub duration: f64,
    pub cadc_interval: f64,
    pub substeps: u32,
    pub encoding_tau: f64,
    pub encoding_threshold: f64,
    pub encoding_early: f64,
    pub encoding_late: f64,
    pub input_repeat: u32,
    pub channels: ChannelChoice,
    pub speed_up: f64,
    pub train_samples: u32,

    pub learning_rate: f64,
    pub learning_rate_decay: f64,
    pub surrogate_slope: f64,
    pub decoding: Decoding,
    pub readout_scale: f64,
    pub readout_penalty: f64,
    pub burst_penalty: f64,
    pub activity_penalty: f64,
    pub activity_limit: f64,
    pub dropout: f64,
    pub rotation: f64,
    pub channel_jitter: f64,
    pub channel_shift: f64,
    pub tempo: f64,
    pub init_hidden: f64,
    pub init_hidden_mean: f64,
    pub init_recurrent: f64,
    pub init_readout: f64,
    pub baseline_subtraction: bool,

    pub tau_mem: f64,
    pub tau_syn: f64,
    pub refractory: f64,
    pub leak: f64,
    pub threshold: f64,
    pub reset: f64,
    pub weight_full_scale: f64,
    pub readout_full_scale: f64,
    pub weight_bits: u32,
    pub cadc_bits: u32,

    pub chip: u32,
    pub distribution: Distribution,
    pub sigma: f64,
    pub sigma_tau_mem: Option<f64>,
    pub sigma_tau_syn: Option<f64>,
    pub sigma_tau_syn_inh: Option<f64>,
    pub sigma_threshold: Option<f64>,
    pub sigma_leak: Option<f64>,
    pub sigma_reset: Option<f64>,
    pub sigma_gain: Option<f64>,
    pub sigma_gain_inh: Option<f64>,
    pub sigma_weight: Option<f64>,
    pub sigma_refractory: Option<f64>,
    pub sigma_driver: Option<f64>,
    pub sigma_cadc_offset: Option<f64>,
    pub sigma_cadc_gain: Option<f64>,
    pub noise_membrane: f64,
    pub noise_readout: f64,
    pub noise_threshold: f64,
    pub jitter_input: f64,
    pub jitter_spike: f64,
    pub synaptic_saturation: f64,
    pub event_rate_limit: f64,

    pub silent_neurons: f64,
    pub silenced: Vec<u32>,
    pub mended: Vec<u32>,
    pub stuck_synapses: f64,
    pub dead_inputs: f64,
    pub dead_channels: f64,
    pub temperature: f64,
    pub drift: f64,
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

impl Default for Params {
    fn default() -> Self {
        Self {
            task: TaskKind::Digits,
            data: String::new(),
            lanes: LaneKind::ALL.to_vec(),
            epochs: 40,
            batch: 64,
            seed: 1,
            threads: 0,
            hidden: 256,
            recurrence: Recurrence::None,
            duration: 40e-6,
            cadc_interval: 1.7e-6,
            substeps: 2,
            encoding_tau: 25e-6,
            encoding_threshold: 0.1,
            encoding_early: 2e-6,
            encoding_late: 26e-6,
            input_repeat: 5,
            channels: ChannelChoice::Binned70,
            speed_up: 2000.0,
            train_samples: 0,
            learning_rate: 5e-3,
            learning_rate_decay: 0.97,
            surrogate_slope: 5.0,
            decoding: Decoding::Max,
            readout_scale: 5.0,
            readout_penalty: 0.05,
            burst_penalty: 0.0,
            activity_penalty: 0.0,
            activity_limit: 300.0,
            dropout: 0.0,
            rotation: 0.0,
            channel_jitter: 0.0,
            channel_shift: 0.0,
            tempo: 0.0,
            init_hidden: 2.0,
            init_hidden_mean: 0.0,
            init_recurrent: 1.0,
            init_readout: 3.0,
            baseline_subtraction: true,
            tau_mem: 6e-6,
            tau_syn: 6e-6,
            refractory: 2e-6,
            leak: 80.0,
            threshold: 150.0,
            reset: 80.0,
            weight_full_scale: 3.0,
            readout_full_scale: 2.0,
            weight_bits: 6,
            cadc_bits: 8,
            chip: 1,
            distribution: Distribution::Lognormal,
            sigma: 0.20,
            sigma_tau_mem: None,
            sigma_tau_syn: None,
            sigma_tau_syn_inh: None,
            sigma_threshold: None,
            sigma_leak: None,
            sigma_reset: None,
            sigma_gain: None,
            sigma_gain_inh: None,
            sigma_weight: None,
            sigma_refractory: None,
            sigma_driver: None,
            sigma_cadc_offset: None,
            sigma_cadc_gain: None,
            noise_membrane: 0.02,
            noise_readout: 0.017,
            noise_threshold: 0.015,
            jitter_input: 0.0,
            jitter_spike: 0.0,
            synaptic_saturation: 0.0,
            event_rate_limit: 0.0,
            silent_neurons: 0.0,
            silenced: Vec::new(),
            mended: Vec::new(),
            stuck_synapses: 0.0,
            dead_inputs: 0.0,
            dead_channels: 0.0,
            temperature: 0.0,
            drift: 0.0,
        }
    }
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
        self.task = task;
        let d = Self::default();
        (self.epochs, self.batch, self.hidden) = (d.epochs, d.batch, d.hidden);
        (self.init_hidden, self.readout_penalty) = (d.init_hidden, d.readout_penalty);
        (self.readout_full_scale, self.decoding, self.duration) = (d.readout_full_scale, d.decoding, d.duration);
        self.recurrence = d.recurrence;
        (self.readout_scale, self.init_recurrent) = (d.readout_scale, d.init_recurrent);
        (self.cadc_interval, self.substeps) = (d.cadc_interval, d.substeps);
        (self.learning_rate, self.learning_rate_decay) = (d.learning_rate, d.learning_rate_decay);
        self.surrogate_slope = d.surrogate_slope;
        match task {
            TaskKind::Digits => {}
            TaskKind::YinYang => {
                (self.epochs, self.batch, self.hidden) = (60, 50, 120);
                // Enough to keep scores within the range of the converter: beyond it some chips learn no more.
                (self.init_hidden, self.readout_penalty) = (3.0, 0.01);
                self.readout_full_scale = 1.0;
            }
            TaskKind::Mnist | TaskKind::FashionMnist => {
                (self.epochs, self.batch, self.hidden) = (25, 100, 246);
                (self.cadc_interval, self.substeps) = (1e-6, 1);
                (self.readout_scale, self.readout_penalty) = (3.0, 0.2);
                (self.learning_rate, self.learning_rate_decay) = (0.02, 0.88);
            }
            TaskKind::Spoken | TaskKind::Shd | TaskKind::Speech => {
                (self.batch, self.hidden) = (50, 186);
                (self.decoding, self.duration) = (Decoding::Mean, 300e-6);
                self.recurrence = Recurrence::Trained;
                (self.init_hidden, self.init_recurrent) = (1.0, 1.0);
                self.surrogate_slope = 10.0;
                // A mean over a whole word is small: most of the time nothing is said.
                (self.readout_scale, self.readout_penalty) = (50.0, 0.0);
            }
        }
    }

    /// Switches on augmentation for a task of this kind, and learns for as long as it takes.
    ///
    /// Pictures as in Cramer et al. 2022. Of speech they moved each spike to a channel nearby; here words also
    /// move along the ear as a whole and change their tempo, so that other voices can be understood.
    pub fn augment(&mut self) {
        if self.task.is_speech() {
            (self.channel_jitter, self.channel_shift, self.tempo) = (7.0, 15.0, 0.1);
            (self.epochs, self.learning_rate_decay) = (120, 0.98);
        } else {
            (self.rotation, self.dropout) = (15.0, 0.1);
        }
    }

    /// The ideal twin: the same experiment on a chip without mismatch and noise.
    #[must_use]
    pub fn ideal_twin(&self) -> Self {
        let mut twin = self.clone();
        for spec in PARAMS.iter().filter(|s| s.is_imperfection()) {
            let none = match spec.kind {
                Kind::Spread { .. } => Value::Auto,
                Kind::Integers { .. } => Value::Integers(Vec::new()),
                _ => Value::Number(0.0),
            };
            (spec.set)(&mut twin, none);
        }
        twin
    }

    /// Notes that a hidden neuron was broken or mended by hand.
    pub fn lay_hands(&mut self, neuron: u32, kill: bool) {
        self.silenced.retain(|n| *n != neuron);
        self.mended.retain(|n| *n != neuron);
        // Only who belongs to the silent share needs a note to spike again.
        let list = if kill { &mut self.silenced } else { &mut self.mended };
        if kill || self.silent_neurons > 0.0 {
            list.push(neuron);
            list.sort_unstable();
        }
    }

    /// Another chip number is another chip, on which nobody has laid hands: unless they were set with it, the lists
    /// of neurons broken and mended by hand are emptied.
    pub fn change_chip(&mut self, before: &Self) {
        if self.chip != before.chip && (&self.silenced, &self.mended) == (&before.silenced, &before.mended) {
            self.silenced.clear();
            self.mended.clear();
        }
    }

    /// LSB of the readout per nominal leak-to-threshold distance.
    pub fn lsb_per_unit(&self) -> f64 {
        self.threshold - self.leak
    }

    /// The reset potential in membrane units (leak 0, threshold 1).
    pub fn reset_in_units(&self) -> f64 {
        (self.reset - self.leak) / self.lsb_per_unit()
    }

    /// The largest code that a weight can take: 63 for 6 bits and a sign.
    pub fn code_max(&self) -> i32 {
        (1 << self.weight_bits) - 1
    }

    /// Checks what single ranges cannot: values that contradict one another.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the keys and the rule.
    pub fn check(&self) -> Result<()> {
        let clash = |keys: &str, why: String| Err(Error::Inconsistent { keys: keys.into(), why });
        if self.threshold - self.leak < 5.0 {
            return clash(
                "threshold, leak",
                format!(
                    "the threshold ({} LSB) must lie at least 5 LSB above the leak ({} LSB)",
                    self.threshold, self.leak
                ),
            );
        }
        if self.reset >= self.threshold {
            return clash(
                "reset, threshold",
                format!("the reset ({} LSB) must lie below the threshold ({} LSB)", self.reset, self.threshold),
            );
        }
        if self.duration < 2.0 * self.cadc_interval {
            return clash("duration, cadc_interval", "a sample must last at least two readout intervals".into());
        }
        if self.duration / self.cadc_interval * f64::from(self.substeps) > 60_000.0 {
            return clash("duration, cadc_interval, substeps", "more than 60,000 chip steps in a sample".into());
        }
        if self.encoding_late <= self.encoding_early {
            return clash("encoding_early, encoding_late", "the late spike must come after the early one".into());
        }
        if self.task.needs_data() && self.data.is_empty() {
            return clash(
                "task, data",
                format!("{} reads your own files: give their folder as `data`", self.task.name()),
            );
        }
        if let Some(both) = self.silenced.iter().find(|n| self.mended.contains(n)) {
            return clash("silenced, mended", format!("neuron {both} stands in both lists"));
        }
        if self.lanes.is_empty() {
            return clash("lanes", format!("at least one of {} is needed", LaneKind::NAMES.join(", ")));
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
            .filter(|l| l.starts_with("    ") && !l.starts_with("     ") && l.contains(": "))
            .map(|l| l.trim().split(':').next().unwrap())
            .collect();
        for field in &fields {
            assert!(find(field).is_some(), "{field} has no entry in PARAMS");
        }
        assert_eq!(fields.len(), PARAMS.len());
    }

    #[test]
    fn defaults_lie_inside_their_ranges_and_survive_set_and_get() {
        for task in TaskKind::ALL {
            let mut params = Params::for_task(task);
            if task.needs_data() {
                assert!(params.check().unwrap_err().to_string().contains("data"), "no folder, no data");
                params.data = "some folder".into();
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
        let params = Params { threshold: 70.0, ..Params::default() };
        let text = params.check().unwrap_err().to_string();
        assert!(text.contains("threshold") && text.contains("leak") && text.contains("70"), "{text}");
        assert!(Params { reset: 160.0, ..Params::default() }.check().is_err());
    }

    #[test]
    fn the_ideal_twin_has_no_imperfection_left() {
        let mut params = Params { jitter_spike: 1e-6, silenced: vec![3], mended: vec![4], ..Params::default() };
        params.sigma_leak = Some(0.3);
        let twin = params.ideal_twin();
        for spec in PARAMS.iter().filter(|s| s.is_imperfection()) {
            let value = (spec.get)(&twin);
            let none = matches!(&value, Value::Number(0.0) | Value::Auto) || value == Value::Integers(Vec::new());
            assert!(none, "{} is {value:?}", spec.key);
        }
    }
}
