//! What the rule costs the two processors: memory, and an estimate of time.
//!
//! Cycles of a vector access are those of libnux's own tests (`test_speed_memory.cpp`): 20 for a row of synapses, 49
//! and 47 for a load and a store of memory, 410 for a reading of all converters. One issue a cycle and 7 cycles for a
//! load with a multiplication are estimates, as are the 30 cycles for a counter. Nothing has been timed on silicon;
//! good to a factor of three for hand-written vector code, and compiled C++ may take ten times as long.

use super::Learnt;
use crate::chip::layout::{CIRCUITS_PER_ROW, Shape};
use crate::params::{SelfTaughtSetup, Trace};

/// Memory of one processor, bytes.
pub const MEMORY: usize = 16_384;
/// Clock of a processor, Hz.
pub const CLOCK: f64 = 250e6;
/// From here to there, as a factor on the estimate, the time may lie.
pub const BAND: [f64; 2] = [1.0 / 3.0, 3.0];

/// A part of the memory of one processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub what: &'static str,
    /// Its size.
    pub bytes: usize,
}

/// What the first processor holds, which has the larger share.
pub fn memory(setup: &SelfTaughtSetup, shape: Shape) -> Vec<Part> {
    let steps = setup.chip.network.grid().n_host;
    let (hidden, readout) = (shape.n_hidden.div_ceil(2), shape.n_readout.div_ceil(2));
    let fractions = if setup.plasticity.fraction_bits > 0 { readout * shape.n_hidden } else { 0 };
    let times = if setup.plasticity.trace == Trace::Processor { 2 * shape.n_inputs + steps } else { 0 };
    let part = |what, bytes| Part { what, bytes };
    vec![
        part("voltages of one sample", steps * CIRCUITS_PER_ROW),
        part("readout weights of its neurons", hidden * shape.n_readout),
        part("fractions of its readout weights", fractions),
        part("times of input spikes", times),
        part("counters, scores, errors", hidden + 4 * shape.n_readout),
        part("table of the exponential", 256),
        part("stack and mailbox", 768),
        part("program (estimate)", 5_500),
    ]
}

/// Estimated time of a batch, s. Every sample takes its conversions and errors; those that change weights take more.
pub(super) fn batch_time(setup: &SelfTaughtSetup, shape: Shape, learnt: &Learnt) -> f64 {
    let steps = setup.chip.network.grid().n_host as f64;
    let (hidden, readout) = (shape.n_hidden.div_ceil(2) as f64, shape.n_readout as f64);
    // A vector holds 128 bytes; wider populations take several.
    let vectors = (hidden / 128.0).ceil();
    let [samples, updates] = [learnt.samples, learnt.updates].map(|n| n as f64);
    let [inputs, outputs] = learnt.rows.map(|n| n as f64);
    let always = steps * (410.0 + 94.0) + 190.0 * readout + 23.0 * hidden;
    // Counters, learning signals, and closeness to threshold.
    let update = 30.0 * hidden + 54.0 * readout * vectors + 79.0 * steps * vectors + hidden * readout;
    // A trace is zero in about a third of the steps of a row.
    let row = vectors * (0.63 * steps * 7.0 + 6.0 * 20.0 + 20.0 + 30.0);
    // Either processor goes through all rows of inputs, and through half of those to the readout.
    (samples * always + updates * update + inputs * row + outputs / 2.0 * 170.0) / CLOCK
}
