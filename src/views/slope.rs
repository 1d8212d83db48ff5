//! The step that a spike is, the slope that the host puts in its place, and the neurons of the sample on both.

use egui::Ui;

use super::figure::screen::{Plot, clicked_number};
use super::figure::{Figure, Key, Panel, Shape};
use super::legend::legend_ui;
use super::oscilloscope::trace_of;
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, head_ui, lane_ui, nothing_ui, theme, whole_ui};
use crate::params::Gradient;
use crate::session::messages::{LaneTrace, surrogate};
use crate::text::{Text, ViewText};

/// Voltages that are always in sight, in membrane units.
const IN_SIGHT: [f64; 2] = [-0.5, 1.6];
/// The nominal threshold.
const THRESHOLD: f64 = 1.0;
/// Points of the surrogate on either side of the threshold; they are closer where it is steep.
const POINTS: i32 = 100;
/// A neuron with that share of the largest slope may learn.
const A_TENTH: f64 = 0.1;
/// The step takes that part of the height.
const STEP: f32 = 0.4;
/// Where there is less height, in points, the two stand side by side.
const LOW: f32 = 320.0;
/// Dots of one level are spread over that height, so that they do not cover each other.
const SPREAD: f64 = 0.16;

/// The voltage that is tried.
pub(super) struct SlopePane {
    voltage: f64,
}

impl Default for SlopePane {
    fn default() -> Self {
        Self { voltage: 0.5 }
    }
}

/// A hidden neuron in the sample: its number, the reading nearest to the threshold, and whether it fired.
type Neuron = (usize, f64, bool);

impl View for SlopePane {
    fn text(text: &Text) -> ViewText {
        text.circuits.slope
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, learning) = (context.text, &context.snapshot.params.learning);
        let words = &text.circuits;
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return nothing_ui(ui, text) };
        head_ui(ui, "slope head", |ui| {
            lane_ui(ui, text, selection, &learning.lanes);
            let slider = egui::Slider::new(&mut self.voltage, IN_SIGHT[0]..=IN_SIGHT[1]).text(words.voltage.name);
            ui.add(slider.max_decimals(2)).on_hover_text(words.voltage.meaning);
            let spike = words.spike[usize::from(self.voltage >= THRESHOLD)];
            let learns = slope(self.voltage, learning.surrogate_slope);
            let told = format!("{} {learns:.3}, β {}", words.surrogate_slope, learning.surrogate_slope);
            for told in [spike, words.true_slope, &told] {
                whole_ui(ui, theme::strong(told));
            }
            for fact in &figure.facts {
                whole_ui(ui, format!("{} {}", fact.value, fact.name)).on_hover_text(words.may_learn.meaning);
            }
            if learning.gradient == Gradient::EventProp {
                ui.label(words.exact);
            }
        });
        head_ui(ui, "slope legend", |ui| {
            let keys: Vec<_> = figure.panels.iter().flat_map(|panel| panel.legend.clone()).collect();
            legend_ui(ui, &keys)
        });
        let mut plot = |ui: &mut Ui, k: usize, height: f32| {
            let plot = Plot::new(&figure.panels[k], ["slope step", "slope surrogate"][k], context.snapshot);
            let shown = plot.height(height).show(ui, text, |_| {});
            if let Some(neuron) = clicked_number(&shown, &figure.panels[k]) {
                selection.select(neuron, adds(ui));
            }
        };
        if ui.available_height() < LOW {
            ui.columns(2, |columns| {
                for (k, ui) in columns.iter_mut().enumerate() {
                    plot(ui, k, ui.available_height());
                }
            });
        } else {
            plot(ui, 0, STEP * ui.available_height());
            plot(ui, 1, ui.available_height());
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, sample) = (seen.text, seen.snapshot.sample.as_ref()?);
        let trace = trace_of(sample, seen.selection)?;
        let (words, beta) = (&text.circuits, seen.snapshot.params.learning.surrogate_slope);
        let neurons = neurons(trace);
        let end = neurons.iter().map(|n| n.1).fold(IN_SIGHT[1], f64::max);
        let begin = neurons.iter().map(|n| n.1).fold(IN_SIGHT[0], f64::min);
        let title = format!("{}: β {beta} ({})", words.slope.title, text.lane(trace.lane).name);
        let mut figure = Figure::new(&title, text.voltage_axis, words.step_axis);
        figure.stacked = true;
        let color = theme::lane_color(trace.lane, seen.visuals);
        let numbers: Vec<usize> = neurons.iter().map(|n| n.0).collect();
        // A step has no line upward.
        let step = vec![vec![[begin, 0.0], [THRESHOLD, 0.0]], vec![[THRESHOLD, 1.0], [end, 1.0]]];
        let dots = neurons.iter().map(|n| [n.1, f64::from(u8::from(n.2))]).collect();
        self.fill(figure.last(), seen, (words.step, step), (color, numbers.clone(), dots));
        figure.panel(text.voltage_axis, words.learns_axis);
        let dots: Vec<[f64; 2]> = neurons.iter().map(|n| [n.1, slope(n.1, beta)]).collect();
        let learn = dots.iter().filter(|dot| dot[1] > A_TENTH).count();
        self.fill(figure.last(), seen, (words.surrogate, vec![hill(beta, [begin, end])]), (color, numbers, dots));
        figure.tell(words.may_learn.name, &format!("{learn} / {}", neurons.len()), "");
        Some(figure)
    }
}

impl SlopePane {
    /// A panel with its line, the neurons, the threshold, and the voltage that is tried.
    fn fill(
        &self,
        panel: &mut Panel,
        seen: &Seen<'_>,
        (name, lines): (&str, Vec<Vec<[f64; 2]>>),
        (color, numbers, dots): (egui::Color32, Vec<usize>, Vec<[f64; 2]>),
    ) {
        let (text, visuals) = (seen.text, seen.visuals);
        let is_step = lines.len() > 1;
        panel.of = text.neuron.into();
        (panel.x.reach, panel.y.reach) = (IN_SIGHT.to_vec(), vec![-0.1, 1.1]);
        let line_color = if is_step { visuals.strong_text_color() } else { theme::twin(visuals) };
        panel.legend = vec![Key::new(Shape::Line(2.5), name, line_color)];
        if is_step {
            panel.legend.push(Key::new(Shape::Dots(2.5), text.circuits.dots[0], color));
            panel.legend.push(Key::new(Shape::Dotted(1.0), text.threshold, theme::ghost(visuals)));
        }
        panel.rule(text.threshold, THRESHOLD, false, theme::ghost(visuals), Shape::Dotted(1.0));
        panel.rule(text.circuits.voltage.name, self.voltage, false, theme::muted(visuals), Shape::Line(1.0));
        for line in lines {
            panel.add(name, line_color, Shape::Line(2.5), line);
        }
        let dots_name = text.circuits.dots[usize::from(!is_step)];
        let marks = panel.add(dots_name, color, Shape::Dots(2.5), dots).numbered(numbers);
        if is_step {
            marks.fanned(f64::INFINITY, SPREAD);
        }
        panel.ring(text.device.selected, seen.selection.neurons(), theme::selected(visuals), 5.0);
    }
}

/// The surrogate slope at a voltage; its peak is 1.
fn slope(voltage: f64, beta: f64) -> f64 {
    f64::from(surrogate(voltage as f32, beta as f32))
}

/// The surrogate over the voltage, with the tip at the threshold.
fn hill(beta: f64, [begin, end]: [f64; 2]) -> Vec<[f64; 2]> {
    let at = |k: i32| {
        let part = (f64::from(k) / f64::from(POINTS)).powi(3);
        THRESHOLD + if k < 0 { part * (begin - THRESHOLD).abs() } else { part * (end - THRESHOLD) }
    };
    (-POINTS..=POINTS).map(at).map(|v| [v, slope(v, beta)]).collect()
}

/// Every hidden neuron that the host has read in this sample.
fn neurons(trace: &LaneTrace) -> Vec<Neuron> {
    let mut fired = vec![false; trace.hidden_samples.ncols()];
    for spike in &trace.spikes {
        if let Some(fired) = fired.get_mut(usize::from(spike.neuron)) {
            *fired = true;
        }
    }
    let nearest = |(k, fired): (usize, bool)| {
        let read = trace.hidden_samples.column(k).into_iter().map(|v| f64::from(*v)).filter(|v| v.is_finite());
        let nearest = read.min_by(|a, b| (a - THRESHOLD).abs().total_cmp(&(b - THRESHOLD).abs()))?;
        Some((k, nearest, fired))
    };
    fired.into_iter().enumerate().filter_map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zenke & Ganguli 2018: 1 / (β |V − θ| + 1)²; at β 5 and 0.2 below the threshold 1/4.
    #[test]
    fn the_hill_has_its_peak_at_the_threshold_and_is_that_of_superspike() {
        let hill = hill(5.0, IN_SIGHT);
        let peak = hill.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1])).expect("points");
        assert!((peak[0] - 1.0).abs() < 1e-9 && (peak[1] - 1.0).abs() < 1e-9, "{peak:?}");
        assert!((slope(0.8, 5.0) - 0.25).abs() < 1e-6);
        assert!(
            hill.windows(2).all(|w| w[0][0] <= w[1][0])
                && [hill[0][0], hill[200][0]].map(f64::to_bits) == IN_SIGHT.map(f64::to_bits)
        );
    }

    #[test]
    fn a_neuron_stands_at_the_reading_nearest_to_the_threshold() {
        let v = ndarray::array![[0.2f32, 1.3, f32::NAN], [0.9, 0.1, f32::NAN], [0.3, 0.5, f32::NAN]];
        let trace = LaneTrace {
            lane: crate::params::Lane::InTheLoop,
            v_hidden: v.clone(),
            v_readout: v.clone(),
            hidden_samples: v.clone(),
            readout_samples: v,
            spikes: vec![crate::session::messages::GridSpike { step: 3, neuron: 1 }],
            readout_spikes: Vec::new(),
            thresholds: vec![1.0; 3],
            scores: vec![0.0],
            answer: 0,
        };
        let found = neurons(&trace);
        assert_eq!(found.iter().map(|n| (n.0, n.2)).collect::<Vec<_>>(), [(0, false), (1, true)]);
        assert!((found[0].1 - 0.9).abs() < 1e-6 && (found[1].1 - 1.3).abs() < 1e-6);
    }
}
