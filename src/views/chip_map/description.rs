//! The floor plan as a figure: two rows of neurons with their synapses above and below.

use std::sync::Arc;

use super::{
    ChipMap, Coloured, Colours, QUADRANT, ROW, SYNAPSES, array, keys, neuron_at, reach, synapse_scale, weights_of,
};
use crate::views::figure::{Cells, Figure, Key, Shape, with_unit};
use crate::views::voltage::unit_of;
use crate::views::{Seen, theme};

/// Height of a row of neurons, in rows of synapses.
const STRIP: f64 = 60.0;
/// Height of half the chip, in rows of synapses.
const HALF: f64 = SYNAPSES as f64 + STRIP;

impl ChipMap {
    /// What colours the neurons, the codes of their synapses, silent and selected ones; and all faults of all neurons.
    pub(super) fn plan_figure(&self, seen: &Seen<'_>) -> Figure {
        let (snapshot, text, visuals) = (seen.snapshot, seen.text, seen.visuals);
        let (chip, device) = (snapshot.chip.of(seen.selection.lane), &text.device);
        let colours = Colours::new(self.coloured, snapshot, seen.selection.lane, visuals);
        let value = self.coloured.named(chip, text, &snapshot.params.network);
        let mut figure = Figure::new(
            &format!("{}{colon}{value}", device.chip_map.title, colon = text.colon),
            device.circuit,
            text.export.row_of_chip,
        );
        let panel = figure.last();
        panel.y.down = true;
        let middles =
            [SYNAPSES as f64 / 2.0, HALF - STRIP / 2.0, HALF + STRIP / 2.0, 2.0 * HALF - SYNAPSES as f64 / 2.0];
        let rows = [text.export.synapses, text.hidden, text.hidden, text.export.synapses];
        panel.y.words = middles.into_iter().zip(rows.map(str::to_owned)).collect();
        if let (Some(weights), Some(all)) = (weights_of(snapshot, seen.selection.lane), &snapshot.weights) {
            let reach = reach(weights, all.code_max);
            let pixels = array(chip, weights, reach, visuals).pixels;
            for (half, top) in pixels.chunks(ROW * SYNAPSES).zip([0.0, HALF + STRIP]) {
                let cells = Cells::picture(device.weights.title, ROW, half.to_vec(), [0.0, top], [1.0; 2]);
                let scale = synapse_scale(reach, weights, text, visuals);
                panel.cells.push(Arc::new(if top > 0.0 { cells } else { cells.scaled(scale) }));
            }
        }
        for (half, top) in [SYNAPSES as f64, HALF].into_iter().enumerate() {
            let neurons = (half * ROW..(half + 1) * ROW).map(|circuit| neuron_at(chip, circuit));
            let colors = neurons.map(|n| n.map_or(theme::unused(visuals), |n| colours.of(n))).collect();
            let cells = Cells::picture(&value, ROW, colors, [0.0, top], [1.0, STRIP]);
            panel.cells.push(Arc::new(if half == 0 { cells.scaled(colours.scale(chip, text)) } else { cells }));
        }
        let place = |(first, merged): (u16, u16)| {
            let circuit = usize::from(first);
            let x = (circuit % ROW) as f64 + f64::from(merged) / 2.0;
            [x, HALF + if circuit < ROW { -STRIP / 2.0 } else { STRIP / 2.0 }]
        };
        let middle = |neuron: usize| place(chip.sites[neuron]);
        let dead: Vec<usize> = (0..chip.sites.len()).filter(|n| chip.silent.get(*n) == Some(&true)).collect();
        let chosen: Vec<usize> = seen.selection.neurons().iter().copied().filter(|n| *n < chip.sites.len()).collect();
        panel.of = text.neuron.into();
        for (name, neurons, color, shape) in [
            (device.silent, dead, theme::alarm(visuals), Shape::Crosses(5.0)),
            (device.selected, chosen, theme::selected(visuals), Shape::Rings(6.0)),
        ] {
            let points: Vec<[f64; 2]> = neurons.iter().map(|n| middle(*n)).collect();
            panel.add(name, color, shape, points).numbered(neurons);
        }
        // Circuits that follow inputs, where the chip teaches itself.
        for (own, dead) in chip.processors.iter().flat_map(|own| [(own, false), (own, true)]) {
            let traces = || own.traces.iter().filter(|(.., broken)| *broken == dead);
            let points: Vec<[f64; 2]> = traces().map(|(circuit, ..)| place((*circuit as u16, 1))).collect();
            let (name, color) = if dead {
                (format!("{}{}", device.trace_circuit, device.dead_trace), theme::alarm(visuals))
            } else {
                (device.trace_circuit.to_owned(), theme::trace(visuals))
            };
            let inputs: Vec<usize> = traces().map(|(_, input, _)| *input).collect();
            panel.add(name, color, Shape::Squares(1.5), points).numbered(inputs);
        }
        panel.rule("", QUADRANT as f64, false, theme::ghost(visuals), Shape::Line(1.0));
        panel.rule("", HALF, true, theme::ghost(visuals), Shape::Line(1.0));
        // What the boxes are, and the marks that are there.
        let marks = panel.series.iter().filter(|s| !s.points.is_empty()).map(|s| Key::new(s.shape, &s.name, s.color));
        let marks: Vec<Key> = marks.collect();
        let boxes =
            keys(chip, &colours, text, visuals).into_iter().filter(|key| marks.iter().all(|m| m.name != key.name));
        panel.legend = boxes.collect();
        panel.legend.extend(marks);
        for k in 0..4 {
            let at = [(k % 2 * QUADRANT) as f64, if k < 2 { 0.0 } else { 2.0 * HALF }];
            let anchor = if k < 2 { egui::Align2::LEFT_TOP } else { egui::Align2::LEFT_BOTTOM };
            panel.label(format!("{} {k}", device.quadrant), at, anchor, visuals.strong_text_color());
        }
        self.add_table(&mut figure, seen, value, &colours.values);
        figure
    }

    /// What every neuron got, as numbers.
    fn add_table(&self, figure: &mut Figure, seen: &Seen<'_>, value: String, values: &[Option<f64>]) {
        let (text, chip) = (seen.text, seen.snapshot.chip.of(seen.selection.lane));
        let network = &seen.snapshot.params.network;
        let device = &text.device;
        let faults = chip.spreads.iter().map(|s| with_unit(text.word(s.label), &unit_of(s, text, network)));
        let heads = [text.neuron, device.circuit, device.silent].map(str::to_owned).into_iter();
        let heads = heads.chain(Some(value).filter(|_| !matches!(self.coloured, Coloured::Actual(_)))).chain(faults);
        let row = |neuron: usize| {
            let of = values.get(neuron).copied().flatten().map_or_else(String::new, |v| v.to_string());
            let of = Some(of).filter(|_| !matches!(self.coloured, Coloured::Actual(_)));
            let silent = u8::from(chip.silent.get(neuron) == Some(&true)).to_string();
            let faults = chip.spreads.iter().map(|s| s.actual.get(neuron).map_or_else(String::new, f64::to_string));
            [neuron.to_string(), chip.sites[neuron].0.to_string(), silent].into_iter().chain(of).chain(faults).collect()
        };
        let rows = (0..chip.sites.len()).map(row).collect();
        figure.table(device.chip_map.title, heads.collect(), rows);
    }
}
