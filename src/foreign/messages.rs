//! The words of the protocol: what Misfit says to a chip, and what a chip says to Misfit.
//!
//! Both sides stand here, so that what one writes the other reads. `assets/handbook/chips.md` describes them.

use ndarray::Array2;
use serde_json::Value as Json;

pub use super::hello::{Ability, Hello, Reads, Setup, VERSION};
use super::wire::{Array, Message, Number};
use crate::base::time::TimeGrid;
use crate::chip::layout::Shape;
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::{GridSpike, SpikeTrain};

/// Numbers of one neuron's trims.
const TRIMS: usize = 7;

/// Weight codes as a message.
pub fn weights(codes: &Codes) -> Message<'static> {
    Message::new("weights")
        .and("input", Array::table(&codes.input))
        .and("recurrent", Array::table(&codes.recurrent))
        .and("readout", Array::table(&codes.readout))
}

/// Weight codes from a message.
///
/// # Errors
/// Names the array.
pub fn parse_weights(message: &Message<'_>, shape: Shape) -> Result<Codes, String> {
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
pub fn run(inputs: &[&SpikeTrain], trial: u64, dropped: &[Vec<u16>]) -> Message<'static> {
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
pub fn parse_run(message: &Message<'_>) -> Result<Batch, String> {
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
pub fn recording(recording: &Recording, reads: Reads) -> Message<'_> {
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
pub fn parse_recording(mut message: Message<'_>, reads: Reads, to: &mut Recording) -> Result<(), String> {
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
pub fn silence(neurons: &[u16]) -> Message<'static> {
    Message::new("silence").and("neurons", Array::line(neurons.iter().copied()))
}

/// Trims as a message, one row of seven numbers a neuron, hidden first.
pub fn trims(trims: &[Trims]) -> Message<'static> {
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
pub fn parse_trims(message: &Message<'_>, neurons: usize) -> Result<Vec<Trims>, String> {
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
pub fn parse_faults(message: &Message<'_>, neurons: usize) -> Result<Faults, String> {
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
pub fn line<T: Number>(message: &Message<'_>, name: &str) -> Result<Vec<T>, String> {
    let array = message.array(name).ok_or_else(|| format!("the array `{name}` is missing"))?;
    let numbers = array.numbers().filter(|_| array.shape.len() == 1);
    numbers.ok_or_else(|| format!("`{name}` is {}, and must be {} of one axis", array.described(), T::DTYPE.name()))
}

fn expected<T: Number>(array: &Array<'_>, name: &str, shape: &[usize]) -> Result<(), String> {
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
pub fn numbers<T: Number>(message: &Message<'_>, name: &str, shape: &[usize]) -> Result<Vec<T>, String> {
    let array = message.array(name).ok_or_else(|| format!("the array `{name}` is missing"))?;
    expected::<T>(array, name, shape)?;
    Ok(array.numbers().unwrap_or_default())
}

/// The bytes of an array of codes, without a copy.
fn codes(message: &mut Message<'_>, name: &str, shape: [usize; 3]) -> Result<Vec<u8>, String> {
    let array = message.arrays.iter_mut().find(|(own, _)| own == name).map(|(_, array)| array);
    let array = array.ok_or_else(|| format!("the array `{name}` is missing"))?;
    expected::<u8>(array, name, &shape)?;
    Ok(std::mem::take(&mut array.bytes).into_owned())
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
