//! Where a network sits that teaches itself.
//!
//! Each of the two processors reads the 256 circuits of its own row. So hidden neurons and readouts are shared out
//! between the rows, and each row has a trace circuit for every input. Signed weights take pairs of rows of synapses;
//! the fractions of the weights of hidden neurons take one row of an idle one for every input. Readout weights and
//! their fractions are held in the memory of the processors, which need them for learning signals.

use super::cost;
use crate::base::error::{Error, Result};
use crate::chip::layout::{CIRCUITS, CIRCUITS_PER_ROW, Placement, SIGNED_INPUTS, SYNAPSE_ROWS, Shape, Site};
use crate::params::{SelfTaughtSetup, Trace};

/// Circuits of a network that teaches itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Hidden neurons and readouts.
    pub network: Placement,
    /// Trace circuits: those that the first processor reads, one an input, then those of the second.
    pub traces: Vec<Site>,
    /// Pairs of synapse rows that compute, and rows that hold fractions, in a column of a hidden neuron.
    pub rows: [usize; 2],
}

/// Shares a network out between the two rows.
///
/// # Errors
/// [`Error::DoesNotFit`] says what does not fit, and what to change.
pub fn plan(setup: &SelfTaughtSetup, shape: Shape) -> Result<Plan> {
    let refuse = |why: String| Err(Error::DoesNotFit { why: format!("the lane on_chip: {why}") });
    let Shape { n_inputs, n_hidden, n_readout, recurrent } = shape;
    if recurrent {
        return refuse("its rule is for feed-forward networks; set `recurrence` to none, or leave the lane out".into());
    }
    let has_circuits = setup.plasticity.trace == Trace::Circuits;
    if has_circuits && n_inputs > SIGNED_INPUTS {
        return refuse(format!(
            "{n_inputs} inputs do not reach one trace circuit each, whose column has {SIGNED_INPUTS} signed inputs; set \
             `on_chip_trace` to processor"
        ));
    }
    let [per_hidden, per_readout] = [n_inputs, n_hidden].map(|inputs| inputs.div_ceil(SIGNED_INPUTS).max(1));
    let fractions = if setup.plasticity.fraction_bits > 0 { n_inputs } else { 0 };
    let (needed, rows) = (2 * n_inputs + fractions, SYNAPSE_ROWS * per_hidden);
    if needed > rows {
        return refuse(format!(
            "{n_inputs} signed inputs and their fractions need {needed} synapse rows, and there are {rows}; set \
             `on_chip_fraction_bits` to 0"
        ));
    }
    let (mut hidden, mut readout, mut traces) = (Vec::new(), Vec::new(), Vec::new());
    for side in 0..2 {
        let share = |n: usize| if side == 0 { n.div_ceil(2) } else { n / 2 };
        let n_traces = if has_circuits { n_inputs } else { 0 };
        let needed = share(n_hidden) * per_hidden + share(n_readout) * per_readout + n_traces;
        if needed > CIRCUITS_PER_ROW {
            let remedy = if has_circuits {
                "; use fewer `hidden`, or set `on_chip_trace` to processor"
            } else {
                "; use fewer `hidden`"
            };
            return refuse(format!(
                "{} hidden neurons, {} readouts and {n_traces} trace circuits need {needed} circuits of a row, and \
                 there are {CIRCUITS_PER_ROW}{remedy}",
                share(n_hidden),
                share(n_readout),
            ));
        }
        let mut first = side * CIRCUITS_PER_ROW;
        let mut place = |n: usize, merged: usize, to: &mut Vec<Site>| {
            for _ in 0..n {
                to.push(Site { first: first as u16, merged: merged as u16 });
                first += merged;
            }
        };
        place(share(n_hidden), per_hidden, &mut hidden);
        place(n_traces, 1, &mut traces);
        place(share(n_readout), per_readout, &mut readout);
    }
    let bytes: usize = cost::memory(setup, shape).iter().map(|part| part.bytes).sum();
    if bytes > cost::MEMORY {
        return refuse(format!(
            "a sample of {} readout steps needs {bytes} bytes of the memory of a processor, and there are {}; shorten \
             `duration` or raise `cadc_interval`",
            setup.chip.network.grid().n_host,
            cost::MEMORY
        ));
    }
    Ok(Plan { network: Placement { hidden, readout, used: CIRCUITS }, traces, rows: [n_inputs, fractions] })
}
