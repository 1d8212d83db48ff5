//! The codes on the chip as a picture, and how often each code occurs.

use std::sync::Arc;

use egui::{ColorImage, TextureHandle, TextureOptions, Ui};
use egui_plot::{Bar, BarChart, PlotImage, PlotPoint, VLine};
use ndarray::Array2;

use super::axes::{X_AXIS, x_axis, y_axis};
use super::chip_map::weights_of;
use super::figure::{Cells, Figure};
use super::selection::Selection;
use super::{Seen, View, ViewContext, adds, lane_ui, live_ui, nothing_ui, plot, plot_id, pointed, theme};
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
}

#[derive(Default)]
pub(super) struct WeightsPane {
    matrix: Matrix,
    change: bool,
    texture: Option<(TextureHandle, Made)>,
    /// The codes of the picture before, to see which have flipped since.
    before: Option<Arc<WeightsView>>,
    /// Codes that have flipped since, of the matrix that is shown.
    flips: usize,
}

/// What a texture was made from.
#[derive(Clone)]
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
            for (matrix, name) in [
                (Matrix::Input, text.device.input_weights),
                (Matrix::Recurrent, text.device.recurrent_weights),
                (Matrix::Readout, text.device.readout_weights),
            ] {
                if !matrix.of(&shown.now).is_empty() {
                    ui.selectable_value(&mut self.matrix, matrix, name);
                }
            }
            ui.separator();
            for (change, named) in [(false, text.device.codes), (true, text.device.change)] {
                ui.selectable_value(&mut self.change, change, named.name).on_hover_text(named.meaning);
            }
        });
        let (Some(weights), Some(all)) = (weights_of(snapshot, selection.lane), &snapshot.weights) else { return };
        let max = all.code_max.max(1);
        let values = self.values(weights);
        if values.is_empty() {
            return nothing_ui(ui, text);
        }
        let codes = self.codes(weights);
        let full = codes.iter().filter(|c| i32::from(**c).abs() >= max).count();
        let share = 100.0 * full as f64 / codes.len().max(1) as f64;
        ui.horizontal(|ui| {
            ui.small(format!("{full} ({share:.1} %) {}", text.device.saturated.name))
                .on_hover_text(text.device.saturated.meaning);
            let flashes = text.device.flashes;
            ui.small(format!("·  {} {}", self.flips, flashes.name)).on_hover_text(flashes.meaning);
        });
        let made = Made {
            weights: Arc::clone(all),
            lane: weights.lane,
            matrix: self.matrix,
            change: self.change,
            dark: ui.visuals().dark_mode,
        };
        let texture = self.texture(ui, &made, codes, &values, max);
        // Both have numbers and a name below them.
        let height = ui.available_height() - 2.0 * X_AXIS;
        self.matrix_ui(ui, context, selection, texture, &values, X_AXIS + height * MATRIX);
        self.histogram_ui(ui, context, &values, max);
    }

    fn figure(&self, &Seen { snapshot, text, selection, .. }: &Seen<'_>) -> Option<Figure> {
        let weights = weights_of(snapshot, selection.lane)?;
        let max = f64::from(snapshot.weights.as_ref()?.code_max.max(1));
        let values = self.values(weights);
        let [x, y] = self.axes(text);
        let what = if self.change { text.device.change } else { text.device.codes };
        let title = format!("{}: {} ({})", text.device.weights.title, what.name, text.lane(weights.lane).name);
        let mut figure = Figure::new(&title, x, y);
        figure.of_cells("", "", text.device.code_axis);
        let paper = theme::paper();
        figure.cells.push(Cells {
            name: what.name.into(),
            columns: values.ncols(),
            values: values.iter().map(|v| f64::from(*v)).collect(),
            colors: values.iter().map(|v| theme::rgb(theme::diverging(f64::from(*v) / max, &paper))).collect(),
        });
        Some(figure)
    }
}

impl WeightsPane {
    fn codes<'a>(&self, weights: &'a LaneWeights) -> &'a Array2<i8> {
        self.matrix.of(&weights.now)
    }

    /// Codes, or their changes since the start.
    fn values(&self, weights: &LaneWeights) -> Array2<i16> {
        let first = self.matrix.of(&weights.first);
        let now = self.codes(weights);
        Array2::from_shape_fn(now.dim(), |at| {
            let before = if self.change { first.get(at).map_or(0, |c| i16::from(*c)) } else { 0 };
            i16::from(now[at]) - before
        })
    }

    fn texture(&mut self, ui: &Ui, made: &Made, codes: &Array2<i8>, values: &Array2<i16>, max: i32) -> egui::TextureId {
        if let Some((texture, from)) = &self.texture
            && from.is(made)
        {
            return texture.id();
        }
        if let Some((_, from)) = &self.texture
            && !Arc::ptr_eq(&from.weights, &made.weights)
        {
            self.before = Some(Arc::clone(&from.weights));
        }
        let before = self.before.as_ref().and_then(|all| all.lanes.iter().find(|w| w.lane == made.lane));
        let before = before.map(|weights| self.matrix.of(&weights.now)).filter(|codes| codes.dim() == values.dim());
        let visuals = ui.visuals();
        // A colour a value: there are hundred times as many weights.
        let colors: Vec<_> =
            (-REACH..=REACH).map(|v| theme::diverging(f64::from(v) / f64::from(max), visuals)).collect();
        let full = [false, true].map(|positive| theme::saturated(positive, visuals));
        let mut flips = 0;
        let pixels = values
            .indexed_iter()
            .zip(codes)
            .map(|((at, value), code)| {
                if before.is_some_and(|before| before[at] != *code) {
                    flips += 1;
                    return theme::selected(visuals);
                }
                // Codes that can go no further stand out in either mode.
                if i32::from(*code).abs() >= max && !self.change {
                    full[usize::from(*code > 0)]
                } else {
                    colors[(value.clamp(&-REACH, &REACH) + REACH) as usize]
                }
            })
            .collect();
        let image = ColorImage::new([values.ncols(), values.nrows()], pixels);
        self.flips = flips;
        if let Some((texture, from)) = &mut self.texture {
            texture.set(image, TextureOptions::NEAREST);
            *from = made.clone();
            texture.id()
        } else {
            let texture = ui.ctx().load_texture("weights", image, TextureOptions::NEAREST);
            self.texture.insert((texture, made.clone())).0.id()
        }
    }

    fn matrix_ui(
        &self,
        ui: &mut Ui,
        context: &ViewContext<'_>,
        selection: &mut Selection,
        texture: egui::TextureId,
        values: &Array2<i16>,
        height: f32,
    ) {
        let text = context.text;
        let (rows, columns) = values.dim();
        let [x_name, y_name] = self.axes(text);
        let cells = values.clone();
        let names = [x_name, y_name];
        let code = if self.change { text.device.change.name } else { text.device.code_axis };
        let id = match self.matrix {
            Matrix::Input => "weights input",
            Matrix::Recurrent => "weights recurrent",
            Matrix::Readout => "weights readout",
        };
        let size = egui::vec2(columns as f32, rows as f32);
        let center = PlotPoint::new(columns as f64 / 2.0, rows as f64 / 2.0);
        let visuals = ui.visuals().clone();
        let hidden = self.matrix != Matrix::Readout;
        let shown = plot(ui, id, context.snapshot.generation)
            .height(height.max(20.0))
            .custom_x_axes(vec![x_axis(ui, x_name)])
            .custom_y_axes(vec![y_axis(ui, y_name)])
            .show_grid(false)
            .label_formatter(move |at| {
                let p = pointed(at);
                let (column, row) = (p.x.floor(), p.y.floor());
                if column < 0.0 || row < 0.0 {
                    return None;
                }
                let value = cells.get([row as usize, column as usize])?;
                Some(format!("{} {row:.0}\n{} {column:.0}\n{code} {value:+}", names[1], names[0]))
            })
            .show(ui, |plot_ui| {
                // Textures begin at the top, the axis at the bottom.
                let upright = egui::Rect::from_min_max(egui::pos2(0.0, 1.0), egui::pos2(1.0, 0.0));
                plot_ui.image(PlotImage::new("", texture, center, size).uv(upright).allow_hover(false));
                if hidden {
                    for &neuron in selection.neurons() {
                        let line = VLine::new("", neuron as f64 + 0.5).color(theme::selected(&visuals)).width(1.5);
                        plot_ui.vline(line.id(("selected", neuron)).allow_hover(false));
                    }
                }
            });
        if hidden
            && shown.response.clicked()
            && let Some(at) = shown.response.interact_pointer_pos()
        {
            let column = shown.transform.value_from_position(at).x.floor();
            if column >= 0.0 && (column as usize) < columns {
                selection.select(column as usize, adds(ui));
            }
        }
        live_ui(ui, text, plot_id(id, context.snapshot.generation), *shown.transform.frame());
    }

    fn histogram_ui(&self, ui: &mut Ui, context: &ViewContext<'_>, values: &Array2<i16>, max: i32) {
        let text = context.text;
        let visuals = ui.visuals().clone();
        let neutral = theme::muted(&visuals);
        let counts = histogram(values);
        let bars = counts
            .iter()
            .copied()
            .map(|(code, count)| {
                let end = i32::from(code).abs() >= max && !self.change;
                let color = theme::diverging(f64::from(code) / f64::from(max), &visuals);
                let stroke = egui::Stroke::new(0.5, neutral);
                // The colours of the matrix, so that this is its key as well.
                let fill = if end { theme::saturated(code > 0, &visuals) } else { color };
                Bar::new(f64::from(code), f64::from(count)).width(0.9).fill(fill).stroke(stroke)
            })
            .collect();
        let (id, generation) = ("weight histogram", context.snapshot.generation);
        let count = text.device.count_axis;
        let shown = plot(ui, id, generation)
            .custom_x_axes(vec![x_axis(ui, if self.change { text.device.change.name } else { text.device.code_axis })])
            .custom_y_axes(vec![y_axis(ui, count)])
            .label_formatter(move |at| {
                let code = pointed(at).x.round();
                let (_, n) = counts.iter().find(|(value, _)| (f64::from(*value) - code).abs() < 0.5)?;
                Some(format!("{code:+.0}: {n} {count}"))
            })
            .include_x(-f64::from(max))
            .include_x(f64::from(max))
            .show(ui, |plot_ui| plot_ui.bar_chart(BarChart::new("", bars).allow_hover(false)));
        live_ui(ui, text, plot_id(id, generation), *shown.transform.frame());
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
fn histogram(values: &Array2<i16>) -> Vec<(i16, u32)> {
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
