//! A panel as a plot in the window.

mod inside;
mod items;
mod limits;
mod matrix;
mod scale;

use std::sync::Arc;

use egui::{Align2, ColorImage, FontId, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2};
use egui_plot::{AxisHints, HoverPosition, PlotImage, PlotPoint, PlotResponse, PlotUi};

use super::series::Series;
use super::{Axis, Cells, Panel, Shape};
use crate::session::messages::Snapshot;
use crate::text::Text;
use crate::views::axes::{
    LOG_APART, apart_across, decades, from_log, marks_at, one_two_five_from, room_for_names, thousands, x_axis,
    x_axis_from, y_axis,
};
use crate::views::plots::{LAST_NUMBER, live_ui, plot, plot_id};
use crate::views::theme;
pub(in crate::views) use inside::legend_inside_ui;
use items::draw_series;
pub(in crate::views) use matrix::matrix_ui;
pub(in crate::views) use scale::{draw_scales, room_for};

/// Clicks choose the nearest dot within that many points of the screen.
const REACH: f32 = 12.0;
/// Height of the letters of names in rows: their lines overlap, what is drawn of them does not.
const LETTERS: f64 = 0.95;
/// Names beside a plot have at least that much room, so that its edge stays where it is, in points.
const ROOM_FOR_NAMES: f32 = 52.0;

/// What a tooltip says at a place of the axes.
type Hover<'a> = Box<dyn Fn(f64, f64) -> Option<String> + 'a>;

/// A panel that is about to be drawn.
pub(in crate::views) struct Plot<'a> {
    panel: &'a Panel,
    id: &'static str,
    generation: u64,
    hover: Option<Hover<'a>>,
    height: Option<f32>,
    still: bool,
}

impl<'a> Plot<'a> {
    /// A panel of the experiment that the snapshot is of.
    pub(in crate::views) fn new(panel: &'a Panel, id: &'static str, snapshot: &Snapshot) -> Self {
        Self { panel, id, generation: snapshot.generation, hover: None, height: None, still: false }
    }

    /// What a tooltip says at a place, where the series do not say it.
    pub(in crate::views) fn hover(self, hover: impl Fn(f64, f64) -> Option<String> + 'a) -> Self {
        Self { hover: Some(Box::new(hover)), ..self }
    }

    /// Height of the plot with its axes, in points; else it takes what is left.
    pub(in crate::views) fn height(self, height: f32) -> Self {
        Self { height: Some(height), ..self }
    }

    /// A drag moves what is in it, not the plot.
    pub(in crate::views) fn still(self) -> Self {
        Self { still: true, ..self }
    }

    /// Draws it; `more` adds what belongs to the pointer and not to the figure.
    pub(in crate::views) fn show(
        self,
        ui: &mut Ui,
        text: &Text,
        more: impl FnOnce(&mut PlotUi<'_>),
    ) -> PlotResponse<()> {
        let Self { panel, id, generation, hover, height, still } = self;
        let (x, y, apart) = (&panel.x, &panel.y, apart_across(ui));
        let visuals = ui.visuals().clone();
        let origin = x.origin;
        let mut plot = plot(ui, id, generation)
            .allow_drag(!still)
            .custom_x_axes(vec![x_axis_from(ui, &x.name, origin)])
            .x_grid_spacer(move |input| one_two_five_from(&input, apart, origin))
            .show_grid([panel.cells.is_empty(), panel.cells.is_empty() && (y.words.is_empty() || !y.named)])
            .label_formatter(|at| match (&hover, at) {
                (
                    Some(hover),
                    HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position },
                ) => hover(position.x, position.y),
                (None, at) => said(panel, at),
            });
        let room = height.unwrap_or_else(|| ui.available_height());
        plot = plot.custom_y_axes(vec![upward(ui, y, room)]);
        if y.log {
            plot = plot.y_grid_spacer(|input| decades(&input));
        } else if !y.words.is_empty() {
            let places: Vec<f64> = y.words.iter().map(|(at, _)| *at).collect();
            plot = plot.y_grid_spacer(move |input| marks_at(&input, &places, 1.0));
        }
        if x.log {
            let axis = x_axis(ui, &x.name).formatter(|mark, _| thousands(mark.value));
            plot = plot.custom_x_axes(vec![axis]).x_grid_spacer(|input| decades(&input));
        }
        let scales = panel.scales();
        let beside = room_for(&scales, ui.available_width());
        if beside > 0.0 {
            plot = plot.width((ui.available_width() - LAST_NUMBER - beside).max(1.0));
        }
        if let Some(height) = height {
            plot = plot.height(height.max(20.0));
        }
        let plot_id = plot_id(id, generation);
        let shown = limits::eased(plot, panel, plot_id, ui.ctx()).show(ui, |plot_ui| {
            for (k, cells) in panel.cells.iter().enumerate() {
                draw_cells(plot_ui, plot_id.with(k), cells);
            }
            items::draw_rules(plot_ui, panel);
            draw_series(plot_ui, panel, plot_id);
            items::draw_labels(plot_ui, panel);
            more(plot_ui);
        });
        let mut places: Vec<f64> = y.words.iter().map(|(at, _)| *at).collect();
        places.sort_by(f64::total_cmp);
        let apart = places.windows(2).map(|ends| ends[1] - ends[0]).fold(f64::INFINITY, f64::min);
        for (at, name) in &y.words {
            name_ui(ui, &shown, (*at, apart), name, &visuals);
        }
        let frame = *shown.transform.frame();
        if beside > 0.0 {
            let area = Rect::from_min_size(frame.right_top(), vec2(beside, frame.height()));
            draw_scales(ui.painter(), area, &scales, &visuals);
        }
        live_ui(ui, text, plot_id, frame);
        shown
    }
}

/// The y axis: numbers, powers of ten, or room for names.
fn upward<'a>(ui: &mut Ui, axis: &Axis, height: f32) -> AxisHints<'a> {
    if axis.words.is_empty() {
        let hints = y_axis(ui, &axis.name, height);
        return if axis.log { hints.label_spacing(LOG_APART).formatter(|mark, _| from_log(mark.value)) } else { hints };
    }
    let font = FontId::proportional(theme::SMALL);
    let width = |name: &String| ui.painter().layout_no_wrap(name.clone(), font.clone(), egui::Color32::WHITE).size().x;
    room_for_names(axis.words.iter().map(|(_, name)| width(name)).fold(ROOM_FOR_NAMES, f32::max))
}

/// The name of a row beside it, in letters that leave its neighbours alone, which are that far `apart`.
fn name_ui(ui: &Ui, plot: &PlotResponse<()>, (place, apart): (f64, f64), name: &str, visuals: &egui::Visuals) {
    let frame = *plot.transform.frame();
    let at = pos2(frame.left() - 5.0, plot.transform.position_from_point_y(place));
    if frame.y_range().contains(at.y) {
        let row = apart * plot.transform.dpos_dvalue_y().abs();
        let font = FontId::proportional((LETTERS * row).clamp(1.0, f64::from(theme::SMALL)) as f32);
        ui.painter().text(at, Align2::RIGHT_CENTER, name, font, visuals.text_color());
    }
}

/// What a tooltip says: the series that is pointed at, or the bar or the cell.
fn said(panel: &Panel, at: &HoverPosition<'_>) -> Option<String> {
    let (x, y) = (&panel.x, &panel.y);
    match at {
        HoverPosition::NearDataPoint { plot_name, index, position } if !plot_name.is_empty() => {
            let series = panel.series.iter().find(|s| s.name == *plot_name && !s.quiet);
            let raised = series.map_or(0.0, Series::raised_by);
            let number = series.filter(|s| s.is_numbered()).and_then(|s| s.number(*index));
            let number = number.map_or_else(String::new, |n| format!("\n{} {n}", panel.of));
            // What is held at the edge or fanned out is not where it is drawn.
            let exact = series.filter(|s| s.is_numbered()).and_then(|s| s.points.get(*index)).copied();
            let [at_x, at_y] = exact.unwrap_or([x.value(position.x), y.value(position.y) - raised]);
            Some(format!("{plot_name}{number}\n{}\n{}", x.said(at_x), y.said(at_y)))
        }
        HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position } => {
            pointed_cell(panel, *position).or_else(|| pointed_bar(panel, position.x)).or_else(|| {
                let curves = panel.series.iter().any(|s| s.shape.is_line() && !s.quiet);
                let places = y.words.is_empty() && panel.cells.is_empty();
                (curves && places).then(|| format!("{}\n{}", x.said(x.value(position.x)), y.said(y.value(position.y))))
            })
        }
    }
}

fn pointed_cell(panel: &Panel, at: PlotPoint) -> Option<String> {
    let cells = panel.cells.first()?;
    let [column, row] = [at.x / cells.size[0], at.y / cells.size[1]].map(f64::floor);
    if column < 0.0 || row < 0.0 || column as usize >= cells.columns {
        return None;
    }
    let value = cells.values.get(row as usize * cells.columns + column as usize)?;
    Some(format!("{} {row}\n{} {column}\n{} {value}", panel.y.name, panel.x.name, cells.value))
}

fn pointed_bar(panel: &Panel, x: f64) -> Option<String> {
    panel.series.iter().rev().find_map(|series| {
        let Shape::Bars(width) = series.shape else { return None };
        let bar = series.points.iter().find(|p| (p[0] - x).abs() <= width / 2.0)?;
        let place = if width < 1.0 && !panel.x.named {
            let (_, unit) = panel.x.parts();
            format!("{:.2} … {:.2} {unit}", bar[0] - width / 2.0, bar[0] + width / 2.0)
        } else {
            panel.x.said(bar[0])
        };
        Some(format!("{}\n{}\n{}", series.name, place.trim_end(), panel.y.said(bar[1])).trim_start().to_owned())
    })
}

/// The number of the dot that was clicked.
pub(in crate::views) fn clicked_number(plot: &PlotResponse<()>, panel: &Panel) -> Option<usize> {
    let at = plot.response.interact_pointer_pos().filter(|_| plot.response.clicked())?;
    let dots = panel.series.iter().filter(|s| s.is_numbered() && !s.quiet);
    let places = dots.flat_map(|s| (0..s.points.len()).filter_map(move |k| Some((s.number(k)?, s.place(k)))));
    let distance = |[x, y]: [f64; 2]| plot.transform.position_from_point(&PlotPoint::new(x, y)).distance(at);
    let near = places.map(|(number, place)| (number, distance(place))).filter(|(_, d)| *d < REACH);
    near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(number, _)| number)
}

/// The picture of a matrix, which stays as it is until it is another one.
fn draw_cells(plot_ui: &mut PlotUi<'_>, id: egui::Id, cells: &Arc<Cells>) {
    let ctx = plot_ui.ctx().clone();
    let known = ctx.data(|data| data.get_temp::<(Arc<Cells>, TextureHandle)>(id));
    let known = known.filter(|(from, _)| Arc::ptr_eq(from, cells) || from == cells);
    let texture = known.map_or_else(
        || {
            let (columns, rows) = (cells.columns, cells.colors.len() / cells.columns.max(1));
            let pixels = cells.colors.get(..columns * rows).unwrap_or_default().to_vec();
            let image = ColorImage::new([columns, rows], pixels);
            let texture = ctx.load_texture("cells", image, TextureOptions::NEAREST);
            ctx.data_mut(|data| data.insert_temp(id, (Arc::clone(cells), texture.clone())));
            texture
        },
        |(_, texture)| texture,
    );
    let [[left, right], [low, high]] = cells.ends();
    let size = vec2((right - left) as f32, (high - low) as f32);
    let middle = PlotPoint::new(f64::midpoint(left, right), f64::midpoint(low, high));
    // Textures begin at the top, the axis at the bottom.
    let upright = Rect::from_min_max(pos2(0.0, 1.0), pos2(1.0, 0.0));
    plot_ui.image(PlotImage::new("", &texture, middle, size).uv(upright).allow_hover(false));
}
