//! The words of the protocol: what Misfit says to a chip, and what a chip says to Misfit.
//!
//! Both sides stand here, so that what one writes the other reads. `assets/handbook/chips.md` describes them.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::wire::{Array, Message, Number};
use crate::base::time::TimeGrid;
use crate::chip::layout::Shape;
use crate::params::{NetworkParams, Recurrence};
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::{GridSpike, SpikeTrain};

/// The version of the protocol.
pub const VERSION: u64 = 1;
/// What the protocol calls itself.
const PROTOCOL: &str = "misfit-chip";
/// Numbers of one neuron's trims.
const TRIMS: usize = 7;

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
    pub fn request() -> Message {
        Message::new("hello").with("protocol", PROTOCOL).with("version", VERSION)
    }

    /// As a message.
    pub fn message(&self) -> Message {
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
    pub fn parse(message: &Message) -> Result<Self, String> {
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
    pub fn message(&self) -> Message {
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
    pub fn parse(message: &Message) -> Result<Self, String> {
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

/// Weight codes as a message.
pub fn weights(codes: &Codes) -> Message {
    Message::new("weights")
        .and("input", Array::table(&codes.input))
        .and("recurrent", Array::table(&codes.recurrent))
        .and("readout", Array::table(&codes.readout))
}

/// Weight codes from a message.
///
/// # Errors
/// Names the array.
pub fn parse_weights(message: &Message, shape: Shape) -> Result<Codes, String> {
    let table = |name: &str, rows: usize, columns: usize| {
        let numbers = numbers::<i8>(message, name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), numbers).map_err(|why| why.to_string())
    };
    Ok(Codes {
        input: table("input", shape.n_inputs, shape.n_hidden)?,
        recurrent: table("recurrent", shape.n_recurrent(), shape.n_hidden)?,
        readout: table("readout", shape.n_hidden, shape.n_readout)?,
    })
}

/// A batch as a message. `dropped` are the hidden neurons to ignore in each sample; empty if none are.
pub fn run(inputs: &[&SpikeTrain], trial: u64, dropped: &[Vec<u16>]) -> Message {
    let message = Message::new("run")
        .with("trial", trial)
        .and("counts", Array::line(inputs.iter().map(|train| train.len() as u32)))
        .and("times", Array::line(inputs.iter().flat_map(|train| train.times.iter().copied())))
        .and("channels", Array::line(inputs.iter().flat_map(|train| train.units.iter().copied())));
    if dropped.iter().all(Vec::is_empty) {
        return message;
    }
    message
        .and("dropped_counts", Array::line(dropped.iter().map(|list| list.len() as u32)))
        .and("dropped", Array::line(dropped.iter().flatten().copied()))
}

/// A batch that came as a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Number of the run, which decides its noise.
    pub trial: u64,
    /// One train a sample.
    pub inputs: Vec<SpikeTrain>,
    /// Hidden neurons to ignore in each sample.
    pub dropped: Vec<Vec<u16>>,
}

/// A batch from a message.
///
/// # Errors
/// Names the array.
pub fn parse_run(message: &Message) -> Result<Batch, String> {
    let trial = message.head.get("trial").and_then(Json::as_u64).ok_or("`trial` is no whole number")?;
    let counts = line::<u32>(message, "counts")?;
    let times = split(&line::<f32>(message, "times")?, &counts, "times")?;
    let channels = split(&line::<u16>(message, "channels")?, &counts, "channels")?;
    let inputs = times.into_iter().zip(channels).map(|(times, units)| SpikeTrain { times, units });
    let dropped = if message.array("dropped").is_some() {
        split(&line::<u16>(message, "dropped")?, &line::<u32>(message, "dropped_counts")?, "dropped")?
    } else {
        vec![Vec::new(); counts.len()]
    };
    Ok(Batch { trial, inputs: inputs.collect(), dropped })
}

/// What was read of a batch, as a message.
pub fn recording(recording: &Recording, reads: Reads) -> Message {
    let (n, steps) = (recording.n_samples, recording.grid.n_host);
    let spikes = || recording.hidden_spikes.iter().flatten();
    let mut message = Message::new("recording");
    if reads == Reads::Voltages {
        message = message.and("hidden", Array::codes(&[n, steps, recording.n_hidden], &recording.hidden_cadc));
    }
    message
        .and("readout", Array::codes(&[n, steps, recording.n_readout], &recording.readout_cadc))
        .and("counts", Array::line(recording.hidden_spikes.iter().map(|spikes| spikes.len() as u32)))
        .and("steps", Array::line(spikes().map(|spike| spike.step)))
        .and("neurons", Array::line(spikes().map(|spike| spike.neuron)))
        .and("lost", Array::line(recording.lost_events.iter().copied()))
}

/// Most bytes of the arrays of such a message: every neuron spikes in every step.
pub fn most_of_recording(samples: usize, setup: &Setup) -> usize {
    let (grid, shape) = (setup.network.grid(), setup.shape);
    samples * (grid.n_host * (shape.n_hidden + shape.n_readout) + 4 * grid.n_chip() * shape.n_hidden + 8)
}

/// Fills a recording, whose number of samples is set, from a message. Hidden codes are zero where they cannot be read.
///
/// # Errors
/// Names the array, what was expected, and what came.
pub fn parse_recording(mut message: Message, reads: Reads, to: &mut Recording) -> Result<(), String> {
    let (n, grid) = (to.n_samples, to.grid);
    match reads {
        Reads::Voltages => to.hidden_cadc = codes(&mut message, "hidden", [n, grid.n_host, to.n_hidden])?,
        Reads::Spikes => to.hidden_cadc.fill(0),
    }
    to.readout_cadc = codes(&mut message, "readout", [n, grid.n_host, to.n_readout])?;
    let counts = numbers::<u32>(&message, "counts", &[n])?;
    let (steps, neurons) = (line::<u16>(&message, "steps")?, line::<u16>(&message, "neurons")?);
    let total: usize = counts.iter().map(|count| *count as usize).sum();
    if steps.len() != total || neurons.len() != total {
        return Err(format!(
            "`counts` adds up to {total} spikes, and there are {} `steps` and {} `neurons`",
            steps.len(),
            neurons.len()
        ));
    }
    let mut spikes = steps.into_iter().zip(neurons);
    for (sample, (list, count)) in to.hidden_spikes.iter_mut().zip(counts).enumerate() {
        list.clear();
        list.extend(spikes.by_ref().take(count as usize).map(|(step, neuron)| GridSpike { step, neuron }));
        check_spikes(list, grid, to.n_hidden, sample)?;
    }
    match message.array("lost") {
        Some(_) => to.lost_events = numbers::<u32>(&message, "lost", &[n])?,
        None => to.lost_events.fill(0),
    }
    Ok(())
}

fn check_spikes(spikes: &[GridSpike], grid: TimeGrid, n_hidden: usize, sample: usize) -> Result<(), String> {
    for spike in spikes {
        if usize::from(spike.neuron) >= n_hidden {
            return Err(format!("`neurons`: neuron {} spikes in sample {sample}, of {n_hidden}", spike.neuron));
        }
        if usize::from(spike.step) >= grid.n_chip() {
            return Err(format!("`steps`: a spike in step {} of sample {sample}, of {}", spike.step, grid.n_chip()));
        }
    }
    match spikes.windows(2).find(|pair| pair[0].step > pair[1].step) {
        Some(pair) => Err(format!(
            "`steps`: the spikes of sample {sample} are not in order of time: step {} comes before {}",
            pair[0].step, pair[1].step
        )),
        None => Ok(()),
    }
}

/// Hidden neurons that are to be silent from now on, as a message.
pub fn silence(neurons: &[u16]) -> Message {
    Message::new("silence").and("neurons", Array::line(neurons.iter().copied()))
}

/// Trims as a message, one row of seven numbers a neuron, hidden first.
pub fn trims(trims: &[Trims]) -> Message {
    let rows = trims.iter().flat_map(|t| {
        let codes = [t.leak, t.reset, t.threshold, t.tau_mem, t.tau_syn_exc, t.tau_syn_inh].map(|code| code as i16);
        codes.into_iter().chain([t.cadc_offset])
    });
    Message::new("trims").and("trims", Array { shape: vec![trims.len(), TRIMS], ..Array::line(rows) })
}

/// Trims from a message.
///
/// # Errors
/// Names what was expected.
pub fn parse_trims(message: &Message, neurons: usize) -> Result<Vec<Trims>, String> {
    let rows = numbers::<i16>(message, "trims", &[neurons, TRIMS])?;
    Ok(rows
        .chunks_exact(TRIMS)
        .map(|row| Trims {
            leak: row[0] as u16,
            reset: row[1] as u16,
            threshold: row[2] as u16,
            tau_mem: row[3] as u16,
            tau_syn_exc: row[4] as u16,
            tau_syn_inh: row[5] as u16,
            cadc_offset: row[6],
        })
        .collect())
}

/// Parameters by name, one number a neuron, hidden first.
pub type Faults = Vec<(&'static str, Vec<f32>)>;

/// The parameters of a neuron that `faults` may name.
pub const FAULTS: [&str; 9] =
    ["tau_mem", "tau_syn_exc", "tau_syn_inh", "threshold", "leak", "reset", "gain_exc", "gain_inh", "cadc_offset"];

/// What the neurons really are, from a message: by parameter one number a neuron, hidden first, in s, membrane units
/// (leak 0, threshold 1), factors, and LSB. A chip may leave parameters out.
///
/// # Errors
/// Names the array.
pub fn parse_faults(message: &Message, neurons: usize) -> Result<Faults, String> {
    let mut faults = Vec::new();
    for (name, _) in &message.arrays {
        let Some(known) = FAULTS.into_iter().find(|known| known == name) else {
            return Err(format!("`{name}` is none of {}", FAULTS.join(", ")));
        };
        let values = numbers::<f32>(message, name, &[neurons])?;
        if let Some(k) = values.iter().position(|x| !x.is_finite()) {
            return Err(format!("`{name}` of neuron {k} is {}", values[k]));
        }
        faults.push((known, values));
    }
    Ok(faults)
}

/// An array of one axis of any length.
///
/// # Errors
/// Names what was expected and what came.
pub fn line<T: Number>(message: &Message, name: &str) -> Result<Vec<T>, String> {
    let array = message.array(name).ok_or_else(|| format!("the array `{name}` is missing"))?;
    let numbers = array.numbers().filter(|_| array.shape.len() == 1);
    numbers.ok_or_else(|| format!("`{name}` is {}, and must be {} of one axis", array.described(), T::DTYPE.name()))
}

fn expected<T: Number>(array: &Array, name: &str, shape: &[usize]) -> Result<(), String> {
    if array.dtype == T::DTYPE && array.shape == shape {
        return Ok(());
    }
    let nan = array.numbers::<f32>().is_some_and(|numbers| numbers.iter().any(|x| x.is_nan()));
    Err(format!(
        "`{name}` is {}{}, and must be {} {shape:?}",
        array.described(),
        if nan { " with NaN" } else { "" },
        T::DTYPE.name()
    ))
}

/// An array of that shape.
///
/// # Errors
/// Names what was expected and what came.
pub fn numbers<T: Number>(message: &Message, name: &str, shape: &[usize]) -> Result<Vec<T>, String> {
    let array = message.array(name).ok_or_else(|| format!("the array `{name}` is missing"))?;
    expected::<T>(array, name, shape)?;
    Ok(array.numbers().unwrap_or_default())
}

/// The bytes of an array of codes, without a copy.
fn codes(message: &mut Message, name: &str, shape: [usize; 3]) -> Result<Vec<u8>, String> {
    let array = message.arrays.iter_mut().find(|(own, _)| own == name).map(|(_, array)| array);
    let array = array.ok_or_else(|| format!("the array `{name}` is missing"))?;
    expected::<u8>(array, name, &shape)?;
    Ok(std::mem::take(&mut array.bytes))
}

/// A line of numbers as lists of so many each.
fn split<T: Copy>(all: &[T], counts: &[u32], name: &str) -> Result<Vec<Vec<T>>, String> {
    let total: usize = counts.iter().map(|count| *count as usize).sum();
    if total != all.len() {
        return Err(format!("`{name}` has {} numbers, and `counts` adds up to {total}", all.len()));
    }
    let mut rest = all;
    Ok(counts
        .iter()
        .map(|count| {
            let (own, after) = rest.split_at(*count as usize);
            rest = after;
            own.to_vec()
        })
        .collect())
}
