//! How a chip introduces itself, and what it is set up for.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::wire::Message;
use crate::chip::layout::Shape;
use crate::params::{NetworkParams, Recurrence};

/// The version of the protocol.
pub const VERSION: u64 = 1;
/// What the protocol calls itself.
const PROTOCOL: &str = "misfit-chip";
/// What can be read of the hidden neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Spikes, and membrane voltages as codes.
    Voltages,
    /// Spikes alone.
    Spikes,
}

/// What a chip can do beyond the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// It ignores hidden neurons that a run names.
    Dropout,
    /// It tells what its neurons really are.
    Faults,
    /// It calibrates itself and takes trims.
    Calibrate,
    /// It silences hidden neurons that it is told.
    Damage,
}

/// How a chip introduces itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that it speaks.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// Most input channels.
    pub inputs: usize,
    /// Most hidden neurons.
    pub hidden: usize,
    /// Most readout neurons.
    pub readout: usize,
    /// Whether hidden neurons can reach each other.
    pub recurrent: bool,
    /// What can be read of the hidden neurons.
    pub reads: Reads,
    /// Smallest and largest weight code.
    pub weights: [i32; 2],
    /// Its time step, s, where it has one of its own.
    #[serde(default)]
    pub dt: Option<f64>,
    /// Whether two runs of the same input may differ.
    pub noise: bool,
    /// Whether the number of a run decides its noise, so that the same run gives the same bits.
    pub deterministic: bool,
    /// What it can do beyond the least.
    #[serde(default)]
    pub abilities: Vec<Ability>,
}

impl Hello {
    /// What Misfit says first.
    pub fn request() -> Message<'static> {
        Message::new("hello").with("protocol", PROTOCOL).with("version", VERSION)
    }

    /// As a message.
    pub fn message(&self) -> Message<'static> {
        let mut message = Message::new("hello");
        if let Ok(Json::Object(fields)) = serde_json::to_value(self) {
            message.head.extend(fields);
        }
        message
    }

    /// From a message; the error says what is wrong.
    ///
    /// # Errors
    /// Names the field.
    pub fn parse(message: &Message<'_>) -> Result<Self, String> {
        let version = message.head.get("version").and_then(Json::as_u64);
        if version != Some(VERSION) {
            let spoken = version.map_or("no version".to_owned(), |version| format!("version {version}"));
            return Err(format!("the chip speaks {spoken} of the protocol, and Misfit version {VERSION}"));
        }
        let hello: Self = serde_json::from_value(Json::Object(message.head.clone()))
            .map_err(|why| format!("its hello is not complete: {why}"))?;
        if hello.dt.is_some_and(|dt| dt <= 0.0 || !dt.is_finite()) {
            return Err("its hello is not complete: `dt` must be a time in seconds above 0, or null".into());
        }
        if hello.inputs == 0 || hello.hidden == 0 || hello.readout == 0 {
            return Err("its hello is not complete: `inputs`, `hidden` and `readout` must be above 0".into());
        }
        Ok(hello)
    }

    /// Whether it can do that.
    pub fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }

    /// Whether the network fits on it.
    ///
    /// # Errors
    /// Says what does not, and which parameter to change.
    pub fn fits(&self, setup: &Setup) -> Result<(), String> {
        let shape = setup.shape;
        for (key, what, asked, most) in [
            ("task", "input channels", shape.n_inputs, self.inputs),
            ("hidden", "hidden neurons", shape.n_hidden, self.hidden),
            ("task", "readouts", shape.n_readout, self.readout),
        ] {
            if asked > most {
                return Err(format!("it has {most} {what} and the network {asked}; change `{key}`"));
            }
        }
        if shape.recurrent && !self.recurrent {
            return Err("its hidden neurons cannot reach each other; set `recurrence` to none".into());
        }
        let max = setup.network.code_max();
        if self.weights[0] > -max || self.weights[1] < max {
            let [low, high] = self.weights;
            return Err(format!(
                "its weights go from {low} to {high}, and the network's to ±{max}; lower `weight_bits`"
            ));
        }
        let dt = setup.network.grid().dt_chip;
        match self.dt {
            Some(own) if (own - dt).abs() > 1e-6 * own => Err(format!(
                "its time step is {:.4} µs, and that of the network {:.4} µs; change `cadc_interval` or `substeps`",
                own * 1e6,
                dt * 1e6
            )),
            _ => Ok(()),
        }
    }
}

/// The network that a chip is set up for.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Nominal circuit and timing.
    pub network: NetworkParams,
    /// Sizes.
    pub shape: Shape,
}

/// The setup as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    inputs: usize,
    hidden: usize,
    readout: usize,
    recurrent: bool,
    duration: f64,
    interval: f64,
    substeps: u32,
    steps: usize,
    tau_mem: f64,
    tau_syn: f64,
    refractory: f64,
    leak: f64,
    threshold: f64,
    reset: f64,
    weight_full_scale: f64,
    readout_full_scale: f64,
    weight_bits: u32,
    code_bits: u32,
}

impl Setup {
    /// As a message.
    pub fn message(&self) -> Message<'static> {
        let (n, shape) = (&self.network, self.shape);
        let written = Written {
            inputs: shape.n_inputs,
            hidden: shape.n_hidden,
            readout: shape.n_readout,
            recurrent: shape.recurrent,
            duration: n.duration,
            interval: n.cadc_interval,
            substeps: n.substeps,
            steps: n.grid().n_host,
            tau_mem: n.tau_mem,
            tau_syn: n.tau_syn,
            refractory: n.refractory,
            leak: n.leak,
            threshold: n.threshold,
            reset: n.reset,
            weight_full_scale: n.weight_full_scale,
            readout_full_scale: n.readout_full_scale,
            weight_bits: n.weight_bits,
            code_bits: n.cadc_bits,
        };
        let mut message = Message::new("setup");
        if let Ok(Json::Object(fields)) = serde_json::to_value(written) {
            message.head.extend(fields);
        }
        message
    }

    /// From a message.
    ///
    /// # Errors
    /// Names the field.
    pub fn parse(message: &Message<'_>) -> Result<Self, String> {
        let w: Written = serde_json::from_value(Json::Object(message.head.clone())).map_err(|why| why.to_string())?;
        let network = NetworkParams {
            hidden: w.hidden as u32,
            recurrence: if w.recurrent { Recurrence::Trained } else { Recurrence::None },
            duration: w.duration,
            cadc_interval: w.interval,
            substeps: w.substeps,
            tau_mem: w.tau_mem,
            tau_syn: w.tau_syn,
            refractory: w.refractory,
            leak: w.leak,
            threshold: w.threshold,
            reset: w.reset,
            weight_full_scale: w.weight_full_scale,
            readout_full_scale: w.readout_full_scale,
            weight_bits: w.weight_bits,
            cadc_bits: w.code_bits,
        };
        let shape = Shape { n_inputs: w.inputs, n_hidden: w.hidden, n_readout: w.readout, recurrent: w.recurrent };
        Ok(Self { network, shape })
    }
}
