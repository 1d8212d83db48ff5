//! The floor plan: which circuits a network occupies.
//!
//! 512 neuron circuits stand in two rows of 256, in four quadrants of 128. Each
//! has a column of 256 synapses. The sign of a synapse belongs to its row, so a
//! signed weight takes a pair of rows and one circuit takes 128 signed inputs.
//! A neuron with more inputs merges neighbouring circuits (Cramer et al. 2022,
//! Methods: two circuits, 256 signed inputs). Rows are shared by all columns,
//! because every synapse listens only to events that carry its own label.

use crate::error::{Error, Result};

/// Neuron circuits on one chip.
pub const CIRCUITS: usize = 512;
/// Neuron circuits in one of the two rows.
pub const CIRCUITS_PER_ROW: usize = 256;
/// Neuron circuits in one quadrant.
pub const CIRCUITS_PER_QUADRANT: usize = 128;
/// Synapses in the column of one circuit.
pub const SYNAPSE_ROWS: usize = 256;
/// Signed inputs of one circuit: two rows each.
pub const SIGNED_INPUTS: usize = SYNAPSE_ROWS / 2;

/// The circuits that make up one neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// First circuit.
    pub first: u16,
    /// How many neighbouring circuits are merged.
    pub merged: u16,
}

impl Site {
    /// The circuit and the pair of rows (excitatory row; the inhibitory one follows) of signed input `input`.
    pub fn synapse(self, input: usize) -> (usize, usize) {
        (usize::from(self.first) + input / SIGNED_INPUTS, 2 * (input % SIGNED_INPUTS))
    }

    /// All circuits of the neuron.
    pub fn circuits(self) -> std::ops::Range<usize> {
        usize::from(self.first)..usize::from(self.first) + usize::from(self.merged)
    }
}

/// Where every neuron of a network sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Hidden neurons.
    pub hidden: Vec<Site>,
    /// Readout neurons.
    pub readout: Vec<Site>,
    /// Circuits in use.
    pub used: usize,
}

/// Sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Input channels.
    pub n_inputs: usize,
    /// Hidden neurons.
    pub n_hidden: usize,
    /// Readout neurons.
    pub n_readout: usize,
}

impl Placement {
    /// Places hidden neurons first, the readout after them.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] says what to shrink.
    pub fn new(shape: Shape, circuits: usize) -> Result<Self> {
        let per_hidden = shape.n_inputs.div_ceil(SIGNED_INPUTS).max(1);
        let per_readout = shape.n_hidden.div_ceil(SIGNED_INPUTS).max(1);
        let used = shape.n_hidden * per_hidden + shape.n_readout * per_readout;
        if used > circuits {
            let room = circuits.saturating_sub(shape.n_readout * per_readout) / per_hidden;
            return Err(Error::DoesNotFit {
                why: format!(
                    "{} inputs, {} hidden and {} readout neurons need {used} circuits ({per_hidden} for each hidden and \
                     {per_readout} for each readout neuron, {SIGNED_INPUTS} signed inputs a circuit), but there are \
                     {circuits}; set `hidden` to at most {room}{}",
                    shape.n_inputs,
                    shape.n_hidden,
                    shape.n_readout,
                    if room == 0 { " is impossible: use fewer inputs" } else { "" },
                ),
            });
        }
        let sites = |start: usize, n: usize, merged: usize| {
            (0..n).map(|k| Site { first: (start + k * merged) as u16, merged: merged as u16 }).collect()
        };
        Ok(Self {
            hidden: sites(0, shape.n_hidden, per_hidden),
            readout: sites(shape.n_hidden * per_hidden, shape.n_readout, per_readout),
            used,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cramer et al. 2022: 246 + 10 neurons with 256 signed inputs fill the chip exactly.
    #[test]
    fn the_published_networks_fit() {
        let p = Placement::new(Shape { n_inputs: 256, n_hidden: 246, n_readout: 10 }, CIRCUITS).unwrap();
        assert_eq!(p.used, CIRCUITS);
        assert!(p.hidden.iter().chain(&p.readout).all(|site| site.merged == 2));
        let mut circuits: Vec<usize> = p.hidden.iter().chain(&p.readout).flat_map(|s| s.circuits()).collect();
        circuits.dedup();
        assert_eq!(circuits, (0..CIRCUITS).collect::<Vec<_>>(), "every circuit is used once");
    }

    #[test]
    fn a_network_that_is_too_large_is_told_what_to_shrink() {
        let shape = Shape { n_inputs: 256, n_hidden: 247, n_readout: 10 };
        let text = Placement::new(shape, CIRCUITS).unwrap_err().to_string();
        assert!(text.contains("`hidden` to at most 246"), "{text}");
    }

    #[test]
    fn signed_inputs_take_row_pairs_and_spill_into_the_next_circuit() {
        let site = Site { first: 10, merged: 2 };
        assert_eq!(site.synapse(0), (10, 0));
        assert_eq!(site.synapse(127), (10, 254));
        assert_eq!(site.synapse(128), (11, 0));
    }
}
