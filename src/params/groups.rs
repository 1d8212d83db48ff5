//! The parameters by who may know them. Every field is described in [`super::PARAMS`].

use crate::base::time::TimeGrid;

use super::{ChannelChoice, Decoding, Distribution, Feedback, Gradient, Lane, Recurrence, Rounding, TaskKind, Trace};

/// What is learnt: the data, how they become spikes, and augmentation. SI units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct TaskParams {
    pub kind: TaskKind,
    pub data: String,
    pub encoding_tau: f64,
    pub encoding_threshold: f64,
    pub encoding_early: f64,
    pub encoding_late: f64,
    pub input_repeat: u32,
    pub channels: ChannelChoice,
    pub speed_up: f64,
    pub train_samples: u32,
    pub validation: bool,
    pub rotation: f64,
    pub channel_jitter: f64,
    pub channel_shift: f64,
    pub tempo: f64,
}

impl Default for TaskParams {
    fn default() -> Self {
        Self {
            kind: TaskKind::Digits,
            data: String::new(),
            encoding_tau: 25e-6,
            encoding_threshold: 0.1,
            encoding_early: 2e-6,
            encoding_late: 26e-6,
            input_repeat: 5,
            channels: ChannelChoice::Binned70,
            speed_up: 2000.0,
            train_samples: 0,
            validation: false,
            rotation: 0.0,
            channel_jitter: 0.0,
            channel_shift: 0.0,
            tempo: 0.0,
        }
    }
}

/// The network and the nominal circuit: what chip and host both know. SI units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct NetworkParams {
    pub hidden: u32,
    pub recurrence: Recurrence,
    pub duration: f64,
    pub cadc_interval: f64,
    pub substeps: u32,
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
}

impl Default for NetworkParams {
    fn default() -> Self {
        Self {
            hidden: 256,
            recurrence: Recurrence::None,
            duration: 40e-6,
            cadc_interval: 1.7e-6,
            substeps: 2,
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
        }
    }
}

/// How it is learnt: what only host and training know. SI units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct LearningParams {
    pub lanes: Vec<Lane>,
    pub epochs: u32,
    pub batch: u32,
    pub seed: u32,
    pub threads: u32,
    pub learning_rate: f64,
    pub learning_rate_decay: f64,
    pub gradient: Gradient,
    pub surrogate_slope: f64,
    pub least_slope: f64,
    pub wake_up: f64,
    pub decoding: Decoding,
    pub readout_scale: f64,
    pub readout_penalty: f64,
    pub burst_penalty: f64,
    pub activity_penalty: f64,
    pub activity_limit: f64,
    pub dropout: f64,
    pub init_hidden: f64,
    pub init_hidden_mean: f64,
    pub init_recurrent: f64,
    pub init_readout: f64,
    pub baseline_subtraction: bool,
}

impl Default for LearningParams {
    fn default() -> Self {
        Self {
            lanes: Lane::WITH_HOST.to_vec(),
            epochs: 40,
            batch: 64,
            seed: 1,
            threads: 0,
            learning_rate: 5e-3,
            learning_rate_decay: 0.97,
            gradient: Gradient::Surrogate,
            surrogate_slope: 5.0,
            least_slope: 0.2,
            wake_up: 0.01,
            decoding: Decoding::Max,
            readout_scale: 5.0,
            readout_penalty: 0.05,
            burst_penalty: 0.0,
            activity_penalty: 0.0,
            activity_limit: 300.0,
            dropout: 0.0,
            init_hidden: 2.0,
            init_hidden_mean: 0.0,
            init_recurrent: 1.0,
            init_readout: 3.0,
            baseline_subtraction: true,
        }
    }
}

/// How a chip teaches itself: what only its own processor knows.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct PlasticityParams {
    pub trace: Trace,
    pub feedback: Feedback,
    pub rounding: Rounding,
    pub fraction_bits: u32,
    pub rate_hidden: f64,
    pub rate_readout: f64,
    pub decay: f64,
    pub score_scale: f64,
    pub activity: f64,
}

impl Default for PlasticityParams {
    fn default() -> Self {
        Self {
            trace: Trace::Circuits,
            feedback: Feedback::Symmetric,
            rounding: Rounding::Stochastic,
            fraction_bits: 6,
            rate_hidden: 2.0,
            rate_readout: 3.0,
            decay: 0.9,
            score_scale: 8.0,
            activity: 0.01,
        }
    }
}

/// The faults of the chip: what only the chip knows. SI units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "PARAMS holds the label, unit, range, help and source of every field")]
pub struct ChipParams {
    pub chip_program: String,
    pub number: u32,
    pub distribution: Distribution,
    pub correlation: f64,
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
    pub rails: f64,
    pub event_rate_limit: f64,
    pub silent_neurons: f64,
    pub silenced: Vec<u32>,
    pub mended: Vec<u32>,
    pub stuck_synapses: f64,
    pub dead_inputs: f64,
    pub dead_channels: f64,
    pub dead_traces: f64,
    pub temperature: f64,
    pub drift: f64,
}

impl LearningParams {
    /// The lane whose recovery is told: the first of those that learn on the chip.
    pub fn learner(&self) -> Option<Lane> {
        self.lanes.iter().copied().find(|lane| lane.learns_on_the_chip())
    }
}

impl NetworkParams {
    /// LSB of the readout per nominal leak-to-threshold distance.
    pub fn lsb_per_unit(&self) -> f64 {
        self.threshold - self.leak
    }

    /// The reset potential in membrane units (leak 0, threshold 1).
    pub fn reset_in_units(&self) -> f64 {
        (self.reset - self.leak) / self.lsb_per_unit()
    }

    /// Where membranes end that reach `rails` LSB beyond the converter's range, in membrane units; nowhere for 0.
    pub fn rails(&self, rails: f64) -> [f64; 2] {
        let unit = |code: f64| (code - self.leak) / self.lsb_per_unit();
        if rails > 0.0 { [unit(-rails), unit(255.0 + rails)] } else { [f64::NEG_INFINITY, f64::INFINITY] }
    }

    /// The largest code that a weight can take: 63 for 6 bits and a sign.
    pub fn code_max(&self) -> i32 {
        (1 << self.weight_bits) - 1
    }

    /// The clocks of chip and host.
    pub fn grid(&self) -> TimeGrid {
        TimeGrid::new(self.duration, self.cadc_interval, self.substeps as usize)
    }
}

impl ChipParams {
    /// The same chip without mismatch, noise and damage.
    #[must_use]
    pub fn ideal(&self) -> Self {
        Self {
            number: self.number,
            distribution: self.distribution,
            correlation: self.correlation,
            sigma: 0.0,
            noise_membrane: 0.0,
            noise_readout: 0.0,
            noise_threshold: 0.0,
            // All other faults are absent by default; a test reads every one of them.
            ..Self::default()
        }
    }

    /// Breaks (`kill`) or revives a hidden neuron by hand.
    pub fn override_neuron(&mut self, neuron: u32, kill: bool) {
        self.silenced.retain(|n| *n != neuron);
        self.mended.retain(|n| *n != neuron);
        // Only a neuron of the silent share needs an entry to spike again.
        let list = if kill { &mut self.silenced } else { &mut self.mended };
        if kill || self.silent_neurons > 0.0 {
            list.push(neuron);
            list.sort_unstable();
        }
    }

    /// Another chip number is another chip, without neurons broken or revived by hand: unless they were set with it,
    /// both lists are emptied.
    pub fn change_number(&mut self, before: &Self) {
        if self.number != before.number && (&self.silenced, &self.mended) == (&before.silenced, &before.mended) {
            self.silenced.clear();
            self.mended.clear();
        }
    }
}

impl Default for ChipParams {
    fn default() -> Self {
        Self {
            chip_program: String::new(),
            number: 1,
            distribution: Distribution::Lognormal,
            correlation: 1.0,
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
            rails: 0.0,
            event_rate_limit: 0.0,
            silent_neurons: 0.0,
            silenced: Vec::new(),
            mended: Vec::new(),
            stuck_synapses: 0.0,
            dead_inputs: 0.0,
            dead_channels: 0.0,
            dead_traces: 0.0,
            temperature: 0.0,
            drift: 0.0,
        }
    }
}
