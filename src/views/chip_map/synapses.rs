//! The synapse array as a picture, and what the weights into a neuron come to.

use egui::ColorImage;
use ndarray::Array2;

use super::{ROW, SYNAPSES};
use crate::session::messages::{ChipView, Codes, LaneWeights};
use crate::views::theme;

/// The codes into a neuron in the order of its signed inputs: for a hidden one inputs, then hidden neurons.
pub(super) fn codes_into(codes: &Codes, n_hidden: usize, neuron: usize) -> impl Iterator<Item = i8> {
    let column = |codes: &Array2<i8>, k: usize| {
        if k < codes.ncols() { codes.column(k).to_vec() } else { Vec::new() }
    };
    let (first, then) = match neuron.checked_sub(n_hidden) {
        None => (column(&codes.input, neuron), column(&codes.recurrent, neuron)),
        Some(readout) => (column(&codes.readout, readout), Vec::new()),
    };
    first.into_iter().chain(then)
}

/// Root of the sum of squares of the codes into a neuron, or of their changes.
pub(super) fn norm(weights: &LaneWeights, neuron: usize, change: bool) -> Option<f64> {
    let n_hidden = weights.now.input.ncols();
    let now: Vec<i8> = codes_into(&weights.now, n_hidden, neuron).collect();
    let mut first = codes_into(&weights.first, n_hidden, neuron);
    let square = |code: i8| {
        let before = if change { first.next().map_or(0.0, f64::from) } else { 0.0 };
        (f64::from(code) - before).powi(2)
    };
    (!now.is_empty()).then(|| now.into_iter().map(square).sum::<f64>().sqrt())
}

/// The neuron that a circuit belongs to.
pub(super) fn neuron_at(chip: &ChipView, circuit: usize) -> Option<usize> {
    chip.sites
        .iter()
        .position(|&(first, merged)| (usize::from(first)..usize::from(first) + usize::from(merged)).contains(&circuit))
}

/// Rows of synapses that hold a weight in some circuit of either half, rounded up to a multiple of 32.
pub(super) fn rows_in_use(chip: &ChipView, weights: &LaneWeights) -> [usize; 2] {
    let (now, fractions) = (&weights.now, weights.fractions.as_ref().map_or(0, Array2::nrows));
    [0, 1].map(|half| {
        let sites = chip.sites.iter().enumerate().filter(|(_, (first, _))| usize::from(*first) / ROW == half);
        let inputs = sites.map(|(neuron, _)| {
            if neuron < chip.n_hidden {
                2 * (now.input.nrows() + now.recurrent.nrows()) + fractions
            } else {
                2 * now.readout.nrows()
            }
        });
        // A neuron of more inputs than a circuit has goes on in the next circuit.
        inputs.max().unwrap_or(0).next_multiple_of(32).clamp(32, SYNAPSES)
    })
}

/// The pixel of a synapse. The lower half is drawn from its neurons downward, the upper one upward.
fn pixel(circuit: usize, row: usize) -> usize {
    let y = if circuit < ROW { SYNAPSES - 1 - row } else { SYNAPSES + row };
    y * ROW + circuit % ROW
}

/// Every synapse as a pixel. Signed input `k` of a neuron sits in the row pair `k mod 128` of its
/// circuit `k div 128`; of the pair one row excites, the other inhibits.
pub(super) fn array(chip: &ChipView, weights: &LaneWeights, max: f64, visuals: &egui::Visuals) -> ColorImage {
    let mut pixels = vec![theme::unused(visuals); ROW * 2 * SYNAPSES];
    let quiet = theme::diverging(0.0, visuals);
    for (neuron, &(first, merged)) in chip.sites.iter().enumerate() {
        for (input, code) in codes_into(&weights.now, chip.n_hidden, neuron).enumerate() {
            let (offset, pair) = (input / (SYNAPSES / 2), input % (SYNAPSES / 2));
            let circuit = usize::from(first) + offset;
            if offset >= usize::from(merged) || circuit >= 2 * ROW {
                continue;
            }
            let colour = theme::diverging(f64::from(code) / max, visuals);
            for inhibitory in [false, true] {
                let row = 2 * pair + usize::from(inhibitory);
                let active = (code < 0) == inhibitory && code != 0;
                pixels[pixel(circuit, row)] = if active { colour } else { quiet };
            }
        }
    }
    if let (Some(own), Some(fractions)) = (&chip.processors, &weights.fractions) {
        // Idle rows come after those of the signed inputs, one an input.
        let most = fractions.iter().map(|f| f.unsigned_abs()).max().unwrap_or(0).max(1);
        for ((input, neuron), fraction) in fractions.indexed_iter().filter(|((k, _), _)| *k < own.fraction_rows) {
            let Some(&(first, _)) = chip.sites.get(neuron) else { continue };
            let (circuit, row) = (usize::from(first), 2 * own.fraction_rows + input);
            if row < SYNAPSES && circuit < 2 * ROW {
                pixels[pixel(circuit, row)] = theme::fraction(f64::from(*fraction) / f64::from(most), visuals);
            }
        }
    }
    ColorImage::new([ROW, 2 * SYNAPSES], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Lane;
    use crate::session::messages::Processors;

    #[test]
    fn inputs_beyond_the_rows_of_a_circuit_go_to_the_next_one_and_signs_to_their_own_rows() {
        // 130 inputs: the last two go to the second of the merged circuits.
        let mut input = Array2::zeros((130, 1));
        (input[[0, 0]], input[[1, 0]], input[[129, 0]]) = (63, -63, 5);
        let codes = Codes { input, ..Codes::default() };
        let weights = LaneWeights { lane: Lane::InTheLoop, now: codes.clone(), first: codes, fractions: None };
        let chip = ChipView { n_hidden: 1, sites: vec![(0, 2)], circuits: 512, ..ChipView::default() };
        let visuals = egui::Visuals::dark();
        let image = array(&chip, &weights, 63.0, &visuals);
        let at = |circuit: usize, row: usize| image.pixels[(SYNAPSES - 1 - row) * ROW + circuit];
        assert_eq!(at(0, 0), theme::diverging(1.0, &visuals), "input 0 excites in row 0");
        assert_eq!(at(0, 1), theme::diverging(0.0, &visuals));
        assert_eq!(at(0, 2), theme::diverging(0.0, &visuals));
        assert_eq!(at(0, 3), theme::diverging(-1.0, &visuals), "input 1 inhibits in row 3");
        assert_eq!(at(1, 2), theme::diverging(5.0 / 63.0, &visuals), "input 129 is the second of circuit 1");
        assert_eq!(at(2, 0), theme::unused(&visuals));
    }

    #[test]
    fn fractions_of_weights_stand_in_the_idle_rows_of_their_column() {
        let codes = Codes { input: ndarray::array![[1, 2], [3, 4]], ..Codes::default() };
        let fractions = Some(ndarray::array![[0, 32], [-32, 0]]);
        let weights = LaneWeights { lane: Lane::OnChip, now: codes.clone(), first: codes, fractions };
        let own = Processors { fraction_rows: 2, ..Processors::default() };
        let sites = vec![(0, 1), (300, 1)];
        let chip = ChipView { n_hidden: 2, sites, circuits: 512, processors: Some(own), ..ChipView::default() };
        let visuals = egui::Visuals::dark();
        let image = array(&chip, &weights, 63.0, &visuals);
        // Two signed inputs take rows 0 to 3; the fractions of input 0 are in row 4, of input 1 in row 5.
        assert_eq!(image.pixels[pixel(300, 4)], theme::fraction(1.0, &visuals));
        assert_eq!(image.pixels[pixel(0, 5)], theme::fraction(-1.0, &visuals));
        assert_eq!(image.pixels[pixel(0, 6)], theme::unused(&visuals));
    }

    #[test]
    fn norms_are_euclidean_and_changes_are_against_the_start() {
        let codes = |a: i8, b: i8| Codes {
            input: ndarray::array![[a], [0]],
            recurrent: ndarray::array![[b]],
            readout: ndarray::array![[a]],
        };
        let weights = LaneWeights { lane: Lane::Ideal, now: codes(3, -4), first: codes(0, -4), fractions: None };
        assert_eq!(norm(&weights, 0, false), Some(5.0));
        assert_eq!(norm(&weights, 0, true), Some(3.0));
        assert_eq!(norm(&weights, 1, false), Some(3.0), "the readout neuron");
        assert_eq!(norm(&weights, 2, false), None);
    }
}
