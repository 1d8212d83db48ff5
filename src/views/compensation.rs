//! How the learnt weights answer the faults of each neuron.

use egui::Ui;

use super::figure::screen::{Plot, clicked_number, legend_inside_ui};
use super::figure::{Figure, Shape, with_unit};
use super::mismatch::parameter_ui;
use super::selection::Selection;
use super::voltage::unit_of;
use super::{Seen, View, ViewContext, adds, centered_ui, combo_ui, nothing_ui, theme};
use crate::params::Lane;
use crate::session::messages::{LaneWeights, Snapshot, Spread};
use crate::text::{Named, Text, ViewText};

/// What of the weights is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Response {
    MeanInput,
    SizeInput,
    SizeOutput,
}

impl Response {
    const ALL: [Self; 3] = [Self::MeanInput, Self::SizeInput, Self::SizeOutput];

    fn named(self, text: &Text) -> Named {
        match self {
            Self::MeanInput => text.device.mean_input,
            Self::SizeInput => text.device.size_input,
            Self::SizeOutput => text.device.size_output,
        }
    }

    /// One number for a hidden neuron, in codes.
    fn of(self, weights: &LaneWeights, neuron: usize) -> Option<f64> {
        let mean = |codes: ndarray::ArrayView1<'_, i8>, size: bool| {
            let sum: f64 = codes.iter().map(|c| f64::from(*c)).map(|c| if size { c.abs() } else { c }).sum();
            (!codes.is_empty()).then(|| sum / codes.len() as f64)
        };
        let codes = &weights.now;
        match self {
            Self::MeanInput | Self::SizeInput => (neuron < codes.input.ncols())
                .then(|| mean(codes.input.column(neuron), self == Self::SizeInput))
                .flatten(),
            Self::SizeOutput => {
                (neuron < codes.readout.nrows()).then(|| mean(codes.readout.row(neuron), true)).flatten()
            }
        }
    }
}

pub(super) struct CompensationView {
    fault: usize,
    response: Response,
}

impl Default for CompensationView {
    fn default() -> Self {
        // The leak potential: a neuron that rests closer to its threshold needs weaker weights to reach it.
        Self { fault: 4, response: Response::SizeInput }
    }
}

impl View for CompensationView {
    fn text(text: &Text) -> ViewText {
        text.device.compensation
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, snapshot) = (context.text, context.snapshot);
        let chip = &snapshot.chip;
        if chip.spreads.is_empty() || snapshot.weights.is_none() {
            return nothing_ui(ui, text);
        }
        self.fault = self.fault.min(chip.spreads.len() - 1);
        ui.horizontal_wrapped(|ui| {
            parameter_ui(ui, chip, text, &mut self.fault, "compensation fault");
            let chosen = self.response.named(text).name;
            combo_ui(ui, "compensation response", text.device.response, 150.0, chosen, |ui| {
                for response in Response::ALL {
                    let named = response.named(text);
                    ui.selectable_value(&mut self.response, response, named.name).on_hover_text(named.meaning);
                }
            });
        });
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else {
            return centered_ui(ui, text.device.needs_two_lanes);
        };
        for fact in &figure.facts {
            ui.label(format!("{} {}", fact.name, fact.value)).on_hover_text(text.device.correlation.meaning);
        }
        let panel = &figure.panels[0];
        let shown = Plot::new(panel, "compensation", snapshot).show(ui, text, |_| {});
        legend_inside_ui(ui, panel, &shown);
        if let Some(neuron) = clicked_number(&shown, panel) {
            selection.select(neuron, adds(ui));
        }
    }

    fn figure(&self, &Seen { snapshot, text, selection, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let spread = self.spread(snapshot)?;
        let x = with_unit(text.word(spread.label), &unit_of(spread, text, &snapshot.params.network));
        let y = format!("{}{colon}{}", self.response.named(text).name, text.device.response_axis, colon = text.colon);
        let (neurons, dots): (Vec<_>, Vec<_>) = self.points(snapshot)?.into_iter().unzip();
        let mut figure = Figure::new(text.device.compensation.title, &x, &y);
        let (line, correlation) = (regression(&dots), Correlation::of(&dots));
        let panel = figure.last();
        panel.of = text.neuron.into();
        panel.add(text.hidden, theme::lane_color(Lane::InTheLoop, visuals), Shape::Dots(2.5), dots).numbered(neurons);
        panel.ring(text.device.selected, selection.neurons(), theme::selected(visuals), 5.0);
        if let Some(line) = line {
            panel.add(text.device.regression, theme::alarm(visuals), Shape::Line(1.5), line).quiet();
        }
        let words = correlation.map_or_else(
            || "–".to_owned(),
            |Correlation { r, low, high, n }| format!("{r:+.2} ({low:+.2} … {high:+.2}, n = {n})"),
        );
        figure.tell(text.device.correlation.name, &words, "");
        Some(figure)
    }
}

impl CompensationView {
    /// The fault that was chosen, or the last one there is.
    fn spread<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Spread> {
        let spreads = &snapshot.chip.spreads;
        spreads.get(self.fault).or(spreads.last())
    }

    /// Number and `[actual parameter, answer of the weights]` of every hidden neuron that has both; `None` without both
    /// lanes.
    fn points(&self, snapshot: &Snapshot) -> Option<Vec<(usize, [f64; 2])>> {
        let lanes = &snapshot.weights.as_ref()?.lanes;
        let lane = |wanted| lanes.iter().find(|w| w.lane == wanted);
        let (learnt, ideal) = (lane(Lane::InTheLoop)?, lane(Lane::Ideal)?);
        let spread = self.spread(snapshot)?;
        let point = |k: usize| {
            let answer = self.response.of(learnt, k)? - self.response.of(ideal, k)?;
            Some((k, [*spread.actual.get(k)?, answer]))
        };
        let all = (0..snapshot.chip.n_hidden).filter_map(point);
        Some(all.filter(|(_, p)| p[0].is_finite() && p[1].is_finite()).collect())
    }
}

/// Pearson's r with its 95 % interval after Fisher's transformation.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Correlation {
    r: f64,
    low: f64,
    high: f64,
    n: usize,
}

impl Correlation {
    /// `None` for fewer than four points, or when either coordinate does not vary.
    fn of(points: &[[f64; 2]]) -> Option<Self> {
        let n = points.len() as f64;
        let (mx, my, sxx, syy, sxy) = sums(points)?;
        let _ = (mx, my);
        let r = sxy / (sxx * syy).sqrt();
        if n < 4.0 || !r.is_finite() {
            return None;
        }
        // Fisher 1921: atanh(r) is about normal with standard deviation 1/√(n − 3).
        let (z, half) = (r.clamp(-1.0, 1.0).atanh(), 1.959_964 / (n - 3.0).sqrt());
        Some(Self { r, low: (z - half).tanh(), high: (z + half).tanh(), n: points.len() })
    }
}

/// Means, sums of squared deviations, and sum of their products.
fn sums(points: &[[f64; 2]]) -> Option<(f64, f64, f64, f64, f64)> {
    let n = points.len() as f64;
    if points.is_empty() {
        return None;
    }
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (mx, my) = (mean(0), mean(1));
    let sum = |a: usize, b: usize| points.iter().map(|p| (p[a] - [mx, my][a]) * (p[b] - [mx, my][b])).sum::<f64>();
    Some((mx, my, sum(0, 0), sum(1, 1), sum(0, 1)))
}

/// The ends of the line of least squares.
fn regression(points: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let (mx, my, sxx, _, sxy) = sums(points)?;
    if points.len() < 2 || sxx <= 0.0 {
        return None;
    }
    let ends = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p[0]), h.max(p[0])));
    Some([ends.0, ends.1].map(|x| [x, my + sxy / sxx * (x - mx)]).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::messages::Codes;

    /// Anscombe 1973, first quartet: r = 0.816, regression y = 3.00 + 0.500 x.
    const ANSCOMBE: [[f64; 2]; 11] = [
        [10.0, 8.04],
        [8.0, 6.95],
        [13.0, 7.58],
        [9.0, 8.81],
        [11.0, 8.33],
        [14.0, 9.96],
        [6.0, 7.24],
        [4.0, 4.26],
        [12.0, 10.84],
        [7.0, 4.82],
        [5.0, 5.68],
    ];

    #[test]
    fn correlation_and_line_are_those_of_anscombes_quartet() {
        let c = Correlation::of(&ANSCOMBE).expect("a correlation");
        assert!((c.r - 0.816).abs() < 5e-4, "{c:?}");
        // R, cor.test(anscombe$x1, anscombe$y1): 95 percent confidence interval 0.4243912 0.9506933.
        assert!((c.low - 0.424_391_2).abs() < 1e-4 && (c.high - 0.950_693_3).abs() < 1e-4, "{c:?}");
        let line = regression(&ANSCOMBE).expect("a line");
        let slope = (line[1][1] - line[0][1]) / (line[1][0] - line[0][0]);
        assert!((slope - 0.5).abs() < 1e-3 && (line[0][1] - slope * line[0][0] - 3.0).abs() < 1e-2);
    }

    #[test]
    fn too_few_points_or_none_that_vary_have_no_correlation() {
        assert_eq!(Correlation::of(&[]), None);
        assert_eq!(Correlation::of(&ANSCOMBE[..3]), None);
        assert_eq!(Correlation::of(&[[1.0, 2.0]; 9]), None);
        assert_eq!(regression(&[[1.0, 2.0]; 9]), None);
    }

    #[test]
    fn answers_are_means_over_the_synapses_of_a_neuron() {
        let now = Codes {
            input: ndarray::array![[10, 1], [-20, 1]],
            readout: ndarray::array![[6, -2], [0, 0]],
            ..Codes::default()
        };
        let weights = LaneWeights { lane: Lane::InTheLoop, first: now.clone(), now, fractions: None };
        assert_eq!(Response::MeanInput.of(&weights, 0), Some(-5.0));
        assert_eq!(Response::SizeInput.of(&weights, 0), Some(15.0));
        assert_eq!(Response::SizeOutput.of(&weights, 0), Some(4.0));
        assert_eq!(Response::SizeOutput.of(&weights, 2), None);
    }
}
