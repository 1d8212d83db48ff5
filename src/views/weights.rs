//! The codes on the chip as a picture, and how often each code occurs.

use std::cell::RefCell;
use std::sync::Arc;

use egui::Ui;
use ndarray::Array2;

use super::axes::X_AXIS;
use super::chip_map::weights_of;
use super::figure::screen::Plot;
use super::figure::{Cells, Figure, Scale, Shape, range_in_use};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, lane_ui, nothing_ui, theme};
use crate::params::Lane;
use crate::session::messages::{Codes, LaneWeights, WeightsView};
use crate::text::{Text, ViewText};

/// Codes lie within ±127, so their changes within ±254.
const REACH: i16 = 254;
/// Share of the height inside both plots that the matrix takes.
const MATRIX: f32 = 0.6;

/// Which of the matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Matrix {
    #[default]
    Input,
    Recurrent,
    Readout,
}

impl Matrix {
    fn of(self, codes: &Codes) -> &Array2<i8> {
        match self {
            Self::Input => &codes.input,
            Self::Recurrent => &codes.recurrent,
            Self::Readout => &codes.readout,
        }
    }

    fn name(self, text: &Text) -> &'static str {
        match self {
            Self::Input => text.device.input_weights,
            Self::Recurrent => text.device.recurrent_weights,
            Self::Readout => text.device.readout_weights,
        }
    }
}

#[derive(Default)]
pub(super) struct WeightsPane {
    matrix: Matrix,
    change: bool,
    /// The last cells and their histogram: codes change a few times a second, frames many.
    made: RefCell<Option<Drawn>>,
}

/// Cells, their histogram, how many have flipped since the picture before, and the codes of that.
struct Drawn {
    from: Made,
    cells: Arc<Cells>,
    counts: Counts,
    flips: usize,
    before: Option<Arc<WeightsView>>,
}

/// How often each code occurs, from the smallest to the largest.
type Counts = Vec<(i16, u32)>;

/// What the cells were made from.
struct Made {
    weights: Arc<WeightsView>,
    lane: Lane,
    matrix: Matrix,
    change: bool,
    dark: bool,
}

impl Made {
    /// The codes are replaced as a whole, so it is enough to compare where they are.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.weights, &other.weights)
            && (self.lane, self.matrix, self.change, self.dark) == (other.lane, other.matrix, other.change, other.dark)
    }
}

impl View for WeightsPane {
    fn text(text: &Text) -> ViewText {
        text.device.weights
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, snapshot) = (context.text, context.snapshot);
        let Some(shown) = weights_of(snapshot, selection.lane) else { return nothing_ui(ui, text) };
        if self.matrix.of(&shown.now).is_empty() {
            self.matrix = Matrix::Input;
        }
        ui.horizontal_wrapped(|ui| {
            lane_ui(ui, text, selection, &snapshot.params.learning.lanes);
            for matrix in [Matrix::Input, Matrix::Recurrent, Matrix::Readout] {
                if !matrix.of(&shown.now).is_empty() {
                    ui.selectable_value(&mut self.matrix, matrix, matrix.name(text));
                }
            }
            ui.separator();
            for (change, named) in [(false, text.device.codes), (true, text.device.change)] {
                ui.selectable_value(&mut self.change, change, named.name).on_hover_text(named.meaning);
            }
        });
        let figure = self.figure(&context.seen(selection, ui.visuals())).filter(|figure| !figure.is_empty());
        let Some(figure) = figure else { return nothing_ui(ui, text) };
        ui.horizontal(|ui| {
            for (fact, named) in figure.facts.iter().zip([text.device.saturated, text.device.flashes]) {
                ui.small(format!("{} {}", fact.value, fact.name)).on_hover_text(named.meaning);
            }
        });
        let [matrix, histogram] = &figure.panels[..] else { return };
        let id = match self.matrix {
            Matrix::Input => "weights input",
            Matrix::Recurrent => "weights recurrent",
            Matrix::Readout => "weights readout",
        };
        // Both have numbers and a name below them.
        let height = X_AXIS + (ui.available_height() - 2.0 * X_AXIS) * MATRIX;
        let shown = Plot::new(matrix, id, snapshot).height(height).show(ui, text, |_| {});
        if self.matrix != Matrix::Readout
            && shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let column = shown.transform.value_from_position(at).x.floor();
            if column >= 0.0 && (column as usize) < matrix.cells[0].columns {
                selection.select(column as usize, adds(ui));
            }
        }
        Plot::new(histogram, "weight histogram", snapshot).show(ui, text, |_| {});
    }

    /// The matrix, and below it how often each code occurs.
    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (snapshot, text, visuals) = (seen.snapshot, seen.text, seen.visuals);
        let (weights, all) = (weights_of(snapshot, seen.selection.lane)?, snapshot.weights.as_ref()?);
        let max = all.code_max.max(1);
        let (cells, counts, flips) = self.made(seen, all, weights, max);
        if cells.colors.is_empty() {
            return None;
        }
        let [x, y] = self.axes(text);
        let what = if self.change { text.device.change } else { text.device.codes };
        let title = format!(
            "{}{colon}{} ({})",
            text.device.weights.title,
            what.name,
            text.lane(weights.lane).name,
            colon = text.colon
        );
        let mut figure = Figure::new(&title, x, y);
        figure.stacked = true;
        figure.last().cells.push(Arc::clone(&cells));
        if self.matrix != Matrix::Readout {
            for &neuron in seen.selection.neurons() {
                let name = format!("{}{comma}{} {neuron}", text.device.selected, text.neuron, comma = text.comma);
                figure.last().rule(name, neuron as f64 + 0.5, false, theme::selected(visuals), Shape::Line(1.5));
            }
        }
        let panel = figure.panel(&cells.value, text.device.count_axis);
        panel.x.reach = vec![-f64::from(max), f64::from(max)];
        let points: Vec<[f64; 2]> = counts.iter().map(|(code, n)| [f64::from(*code), f64::from(*n)]).collect();
        // The colours of the matrix, so that this is its key as well.
        let range = cells.scales.first().map_or(1.0, |scale| scale.ends[1]);
        let colors = counts.iter().map(|(code, _)| self.color(*code, max, range, visuals)).collect();
        panel.add(what.name, theme::muted(visuals), Shape::Bars(0.9), points).colored(colors);
        let codes = self.matrix.of(&weights.now);
        let full = codes.iter().filter(|c| i32::from(**c).abs() >= max).count();
        let share = 100.0 * full as f64 / codes.len().max(1) as f64;
        figure.tell(text.device.saturated.name, &format!("{full} ({share:.1} %)"), "");
        figure.tell(text.device.flashes.name, &flips, "");
        Some(figure)
    }
}

impl WeightsPane {
    /// Codes, or their changes since the start.
    fn values(&self, weights: &LaneWeights) -> Array2<i16> {
        let (first, now) = (self.matrix.of(&weights.first), self.matrix.of(&weights.now));
        Array2::from_shape_fn(now.dim(), |at| {
            let before = if self.change { first.get(at).map_or(0, |c| i16::from(*c)) } else { 0 };
            i16::from(now[at]) - before
        })
    }

    /// The colour of a value within the range in use; codes that can go no further stand out.
    fn color(&self, value: i16, max: i32, range: f64, visuals: &egui::Visuals) -> egui::Color32 {
        if i32::from(value).abs() >= max && !self.change {
            theme::saturated(value > 0, visuals)
        } else {
            theme::diverging(f64::from(value) / range, visuals)
        }
    }

    /// The cells, the histogram and the flips, as they were made last if they are of the same codes.
    fn made(
        &self,
        seen: &Seen<'_>,
        all: &Arc<WeightsView>,
        weights: &LaneWeights,
        max: i32,
    ) -> (Arc<Cells>, Counts, usize) {
        let (lane, dark) = (weights.lane, seen.visuals.dark_mode);
        let from = Made { weights: Arc::clone(all), lane, matrix: self.matrix, change: self.change, dark };
        let mut last = self.made.borrow_mut();
        if let Some(old) = last.as_ref().filter(|old| old.from.is(&from)) {
            return (Arc::clone(&old.cells), old.counts.clone(), old.flips);
        }
        let before = last.take().and_then(|old| {
            let newer = !Arc::ptr_eq(&old.from.weights, all);
            if newer { Some(old.from.weights) } else { old.before }
        });
        let values = self.values(weights);
        let device = &seen.text.device;
        let name = if self.change { device.change.name } else { device.code_axis };
        let range = range_in_use(values.iter().copied(), if self.change { REACH.into() } else { max });
        // A colour a value: there are hundred times as many weights.
        let colors: Vec<_> = (-REACH..=REACH).map(|v| self.color(v, max, range, seen.visuals)).collect();
        let color = |v: f64| colors[(v.clamp(f64::from(-REACH), f64::from(REACH)) as i16 + REACH) as usize];
        let (columns, numbers): (_, Vec<f64>) = (values.ncols(), values.iter().map(|v| f64::from(*v)).collect());
        let scale = Scale::new(name, [-range, range], color).of(numbers.iter().copied());
        let mut cells = Cells::new(self.matrix.name(seen.text), name, columns, numbers, color).scaled(scale);
        // Codes that have flipped since the picture before light up.
        let was = before.as_ref().and_then(|all| all.lanes.iter().find(|w| w.lane == lane));
        let was = was.map(|weights| self.matrix.of(&weights.now)).filter(|codes| codes.dim() == values.dim());
        let mut flips = 0;
        let pairs = was.into_iter().flat_map(|was| was.iter().zip(self.matrix.of(&weights.now)));
        for (cell, _) in cells.colors.iter_mut().zip(pairs).filter(|(_, (was, now))| was != now) {
            *cell = theme::selected(seen.visuals);
            flips += 1;
        }
        let (cells, counts) = (Arc::new(cells), histogram(&values));
        *last = Some(Drawn { from, cells: Arc::clone(&cells), counts: counts.clone(), flips, before });
        (cells, counts, flips)
    }

    /// Names of the x and the y axis.
    fn axes(&self, text: &Text) -> [&'static str; 2] {
        match self.matrix {
            Matrix::Input => [text.hidden, text.inputs],
            Matrix::Recurrent => [text.hidden, text.hidden],
            Matrix::Readout => [text.readout_rows, text.hidden],
        }
    }
}

/// How often each value occurs, from the smallest to the largest.
fn histogram(values: &Array2<i16>) -> Counts {
    let mut counts = vec![0u32; 2 * REACH as usize + 1];
    for value in values {
        counts[(value.clamp(&-REACH, &REACH) + REACH) as usize] += 1;
    }
    (-REACH..=REACH).zip(counts).filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_against_the_start_and_every_weight_is_counted_once() {
        let codes = |a: i8| Codes {
            input: ndarray::array![[a, 63], [-63, a]],
            readout: ndarray::array![[a], [1]],
            ..Codes::default()
        };
        let weights = LaneWeights { lane: Lane::Ideal, now: codes(-63), first: codes(63), fractions: None };
        let pane = |change, matrix| WeightsPane { matrix, change, ..WeightsPane::default() };
        assert_eq!(pane(true, Matrix::Input).values(&weights), ndarray::array![[-126, 0], [0, -126]]);
        assert_eq!(pane(false, Matrix::Readout).values(&weights), ndarray::array![[-63], [1]]);
        assert_eq!(histogram(&pane(false, Matrix::Input).values(&weights)), [(-63, 3), (63, 1)]);
    }
}
