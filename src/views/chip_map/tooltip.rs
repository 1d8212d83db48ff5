//! What is under the pointer.

use egui::Ui;

use super::synapses::{codes_into, neuron_at, norm};
use super::{SYNAPSES, weights_of};
use crate::params::Lane;
use crate::session::messages::{ChipView, LaneWeights};
use crate::text::Text;
use crate::views::{ViewContext, theme, voltage};

/// Circuit, neuron, and everything that is known about it; of a synapse its input and its weight.
pub(super) fn tooltip_ui(ui: &mut Ui, context: &ViewContext<'_>, lane: Lane, circuit: usize, row: Option<usize>) {
    let (text, snapshot) = (context.text, context.snapshot);
    let chip = snapshot.chip.of(lane);
    let Some(neuron) = neuron_at(chip, circuit) else {
        let trace = chip.processors.as_ref().and_then(|own| own.trace_at(circuit));
        let what = trace.map_or(text.device.unused.into(), |(input, dead)| {
            let dead = if dead { text.device.dead_trace } else { "" };
            format!("{} {input}{dead}", text.device.trace_circuit)
        });
        ui.label(format!("{} {circuit}{}{what}", text.device.circuit, text.colon));
        return;
    };
    let name = if neuron < chip.n_hidden {
        format!("{} {neuron}", text.neuron)
    } else {
        format!("{} {}", text.device.readout_neuron, neuron - chip.n_hidden)
    };
    ui.strong(format!("{name} ({} {circuit})", text.device.circuit));
    if chip.silent.get(neuron).copied().unwrap_or(false) {
        ui.colored_label(theme::alarm(ui.visuals()), text.device.silent);
    }
    if let (Some(row), Some(weights)) = (row, weights_of(snapshot, lane)) {
        ui.label(synapse(chip, weights, (neuron, circuit, row), text));
        return;
    }
    egui::Grid::new("chip map tooltip").num_columns(3).show(ui, |ui| {
        for spread in &chip.spreads {
            if let (Some(actual), Some(z)) = (spread.actual.get(neuron), spread.z(neuron)) {
                ui.label(text.word(spread.label));
                ui.label(voltage::value(spread, *actual, text, &snapshot.params.network));
                ui.label(format!("z {z:+.1}"));
                ui.end_row();
            }
        }
        let rate = snapshot.examination(lane).and_then(|e| e.rates.get(neuron));
        if let Some(rate) = rate {
            ui.label(text.device.rate.name);
            ui.label(format!("{rate:.2} {}", text.device.rate_unit));
            ui.end_row();
        }
        for (named, change) in [(text.device.weight_norm, false), (text.device.weight_change, true)] {
            if let Some(norm) = weights_of(snapshot, lane).and_then(|weights| norm(weights, neuron, change)) {
                ui.label(named.name);
                ui.label(format!("{norm:.1}"));
                ui.end_row();
            }
        }
    });
}

/// The input of a synapse and its weight, or that it is not in use.
fn synapse(
    chip: &ChipView,
    weights: &LaneWeights,
    (neuron, circuit, row): (usize, usize, usize),
    text: &Text,
) -> String {
    let first = chip.sites.get(neuron).map_or(circuit, |(first, _)| usize::from(*first));
    let input = row / 2 + (circuit - first.min(circuit)) * SYNAPSES / 2;
    let code = codes_into(&weights.now, chip.n_hidden, neuron).nth(input);
    let row = format!("{} {row}", text.export.row);
    match code {
        Some(code) => format!(
            "{row}{}{} {input}{}{} {code}",
            text.colon, text.device.signed_input, text.comma, text.device.code_axis
        ),
        None => format!("{row}{}{}", text.colon, text.device.unused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::messages::Codes;
    use crate::text::EN;

    #[test]
    fn a_synapse_tells_its_input_and_its_weight_also_in_the_second_circuit_of_a_neuron() {
        let mut input = ndarray::Array2::zeros((130, 1));
        (input[[1, 0]], input[[129, 0]]) = (-63, 5);
        let codes = Codes { input, ..Codes::default() };
        let weights = LaneWeights { lane: Lane::InTheLoop, now: codes.clone(), first: codes, fractions: None };
        let chip = ChipView { n_hidden: 1, sites: vec![(6, 2)], circuits: 512, ..ChipView::default() };
        assert_eq!(synapse(&chip, &weights, (0, 6, 3), &EN), "row 3: input 1, code -63");
        assert_eq!(synapse(&chip, &weights, (0, 7, 2), &EN), "row 2: input 129, code 5");
        assert_eq!(synapse(&chip, &weights, (0, 7, 8), &EN), "row 8: not in use");
    }
}
