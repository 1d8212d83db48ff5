//! What must cross, and how fast a simulation is, against the number of hidden neurons.

use super::table::row;
use super::{Band, Network};

/// How a network learns, by what that sends over the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Every voltage, at every reading.
    Voltages,
    /// Spikes alone, as an event-based gradient needs them.
    Spikes,
    /// New weights after every batch.
    Weights,
    /// Input events and labels: the chip learns by itself.
    OnChip,
}

impl Sent {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Voltages, Self::Spikes, Self::Weights, Self::OnChip];
    /// The names of [`Self::ALL`] in files.
    pub const NAMES: [&'static str; 4] = ["voltages", "spikes", "weights", "on_chip"];
}

/// Neurons on one chip, and inputs that each of them takes.
fn chip() -> f64 {
    row("chip").value.low
}

/// Payload that crosses for a network with so many hidden neurons that fires as this one does, bits a second of emulated
/// time: over one link, or over the link of each chip.
pub fn bits_per_second(network: &Network, sent: Sent, neurons: f64, a_link_per_chip: bool) -> f64 {
    let n = network;
    let neurons = if a_link_per_chip { neurons.min(chip()) } else { neurons };
    let bits = match sent {
        Sent::Voltages => 8.0 * n.readings * neurons,
        Sent::Spikes => 8.0 * row("event_bytes").value.low * neurons * n.hidden_spikes / n.hidden.max(1) as f64,
        // Two synapses of a byte each; no neuron takes more inputs than a chip has.
        Sent::Weights => 2.0 * 8.0 * neurons * neurons.min(chip()) / n.batch as f64,
        // The label of an event has 16 bits, that of a sample 8. Chips share the inputs.
        Sent::OnChip => 16.0 * n.input_events + 8.0,
    };
    bits / n.duration
}

/// Hidden neurons whose voltages fill a link of so many bits a second.
pub fn neurons_that_fill(network: &Network, link: f64) -> f64 {
    link * network.duration / (8.0 * network.readings)
}

/// Seconds of emulated time that this machine simulates in a second, at another number of hidden neurons than the one
/// that was timed: each costs the same while its inputs stay as many.
pub fn simulated(network: &Network, timed: Band, neurons: f64) -> Band {
    timed.times(network.hidden as f64 / neurons)
}

/// Hidden neurons from which on a chip is faster than this machine, where the chip needs `wall` seconds of the clock for
/// `emulated` ones.
pub fn overtaken_at(network: &Network, timed: f64, emulated: f64, wall: f64) -> f64 {
    network.hidden as f64 * timed * wall / emulated
}
