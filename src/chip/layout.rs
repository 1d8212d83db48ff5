//! The floor plan: which circuits a network occupies.
//!
//! 512 neuron circuits stand in two rows of 256, in four quadrants of 128. Each
//! has a column of 256 synapses. The sign of a synapse belongs to its row, so a
//! signed weight takes a pair of rows and one circuit takes 128 signed inputs.
//! A neuron with more inputs merges neighbouring circuits (Cramer et al. 2022,
//! Methods: two circuits, 256 signed inputs). Rows are shared by all columns,
//! because every synapse listens only to events that carry its own label.
//!
//! In a recurrent network the hidden neurons are inputs of the hidden neurons too: their rows
//! follow those of the input channels. 70 inputs and 186 hidden neurons fill the 256 signed
//! inputs of two circuits (Cramer et al. 2022, the network for speech).

use crate::base::error::{Error, Result};

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
    /// Whether hidden neurons reach each other and themselves.
    pub recurrent: bool,
}

impl Shape {
    /// Presynaptic neurons of the recurrent projection: all hidden ones, or none.
    pub fn n_recurrent(self) -> usize {
        if self.recurrent { self.n_hidden } else { 0 }
    }

    /// Circuits that merge into one hidden neuron, and into one readout neuron.
    fn merged(self) -> [usize; 2] {
        [self.n_inputs + self.n_recurrent(), self.n_hidden].map(|inputs| inputs.div_ceil(SIGNED_INPUTS).max(1))
    }

    /// Circuits that the network needs.
    pub fn circuits(self) -> usize {
        let [per_hidden, per_readout] = self.merged();
        self.n_hidden * per_hidden + self.n_readout * per_readout
    }

    /// The largest hidden population with which the network fits; 0 if there is none.
    fn room(self, circuits: usize) -> usize {
        (0..=circuits).rev().find(|&n_hidden| Self { n_hidden, ..self }.circuits() <= circuits).unwrap_or(0)
    }
}

impl Placement {
    /// Places hidden neurons first, the readout after them.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] says what to shrink.
    pub fn new(shape: Shape, circuits: usize) -> Result<Self> {
        let [per_hidden, per_readout] = shape.merged();
        let used = shape.circuits();
        if used > circuits {
            let room = shape.room(circuits);
            return Err(Error::DoesNotFit {
                why: format!(
                    "{} inputs, {} {}hidden and {} readout neurons need {used} circuits ({per_hidden} for each hidden and \
                     {per_readout} for each readout neuron, {SIGNED_INPUTS} signed inputs a circuit{}), but there are \
                     {circuits}; {}{}",
                    shape.n_inputs,
                    shape.n_hidden,
                    if shape.recurrent { "recurrent " } else { "" },
                    shape.n_readout,
                    if shape.recurrent { ", of which recurrence takes one for every hidden neuron" } else { "" },
                    if room == 0 { "use fewer inputs".into() } else { format!("set `hidden` to at most {room}") },
                    if shape.recurrent { ", or `recurrence` to none" } else { "" },
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
        let shape = Shape { n_inputs: 256, n_hidden: 246, n_readout: 10, recurrent: false };
        let p = Placement::new(shape, CIRCUITS).unwrap();
        assert_eq!(p.used, CIRCUITS);
        assert!(p.hidden.iter().chain(&p.readout).all(|site| site.merged == 2));
        let mut circuits: Vec<usize> = p.hidden.iter().chain(&p.readout).flat_map(|s| s.circuits()).collect();
        circuits.dedup();
        assert_eq!(circuits, (0..CIRCUITS).collect::<Vec<_>>(), "every circuit is used once");
        // 70 + 186 inputs take two circuits, 186 inputs of 20 readout neurons too.
        let speech = Shape { n_inputs: 70, n_hidden: 186, n_readout: 20, recurrent: true };
        let p = Placement::new(speech, CIRCUITS).unwrap();
        assert!(p.hidden.iter().chain(&p.readout).all(|site| site.merged == 2));
        assert_eq!(p.used, 2 * 186 + 2 * 20);
        assert_eq!(p.hidden[1].synapse(70 + 185), (3, 254), "the last row pair of the second circuit");
    }

    #[test]
    fn a_network_that_is_too_large_is_told_what_to_shrink() {
        let refusal = |shape| Placement::new(shape, CIRCUITS).unwrap_err().to_string();
        let shape = Shape { n_inputs: 256, n_hidden: 247, n_readout: 10, recurrent: false };
        let text = refusal(shape);
        assert!(text.contains("`hidden` to at most 246"), "{text}");
        // One more hidden neuron would be the 257th signed input, and three circuits for each are too many.
        let recurrent = Shape { n_inputs: 64, n_hidden: 256, n_readout: 10, recurrent: true };
        let text = refusal(recurrent);
        assert!(text.contains("`hidden` to at most 192") && text.contains("`recurrence` to none"), "{text}");
        assert!(Placement::new(Shape { n_hidden: 192, ..recurrent }, CIRCUITS).is_ok());
        assert!(Placement::new(Shape { n_hidden: 193, ..recurrent }, CIRCUITS).is_err());
        assert!(Placement::new(Shape { recurrent: false, ..recurrent }, CIRCUITS).is_ok());
        assert!(refusal(Shape { n_inputs: 100_000, ..shape }).contains("use fewer inputs"));
    }

    #[test]
    fn signed_inputs_take_row_pairs_and_spill_into_the_next_circuit() {
        let site = Site { first: 10, merged: 2 };
        assert_eq!(site.synapse(0), (10, 0));
        assert_eq!(site.synapse(127), (10, 254));
        assert_eq!(site.synapse(128), (11, 0));
    }
}
