//! Series, lines and words of a panel as items of a plot.

use egui::{Context, Id, Pos2, Rect, Stroke, pos2};
use egui_plot::{
    Bar, BarChart, HLine, Line, LineStyle, MarkerShape, PlotPoint, PlotUi, Points, Text as PlotText, VLine,
};

use crate::views::detail::Detail;
use crate::views::figure::model::Label;
use crate::views::figure::series::Series;
use crate::views::figure::{Panel, Shape};
use crate::views::theme;
use crate::views::ticks::Ticks;

/// Room between a place and the words beside it, in points.
const APART: f32 = 4.0;

/// Width and style of a line.
fn style(shape: Shape) -> (f32, LineStyle) {
    match shape {
        Shape::Dashed(width) => (width, LineStyle::dashed_dense()),
        Shape::Loose(width) => (width, LineStyle::dashed_loose()),
        // Dots of thick lines would run together.
        Shape::Dotted(width) if width > 1.0 => (width, LineStyle::Dashed { length: 3.0 }),
        Shape::Dotted(width) => (width, LineStyle::dotted_dense()),
        Shape::Line(width) => (width, LineStyle::Solid),
        _ => (1.0, LineStyle::Solid),
    }
}

pub(super) fn draw_series(plot_ui: &mut PlotUi<'_>, panel: &Panel, id: Id) {
    let ticks = || panel.series.iter().filter(|s| s.shape == Shape::Ticks);
    if ticks().next().is_some() {
        let layers = ticks().map(|s| (s.points.clone(), s.color)).collect();
        plot_ui.add(Ticks::new(layers, id.with("ticks")));
    }
    for (k, series) in panel.series.iter().enumerate() {
        match series.shape {
            Shape::Ticks => {}
            Shape::Bars(width) => draw_bars(plot_ui, series, width, id.with(("bars", k))),
            shape if shape.is_line() => draw_line(plot_ui, panel, series, k),
            _ => draw_points(plot_ui, panel, series, k),
        }
    }
}

fn draw_line(plot_ui: &mut PlotUi<'_>, panel: &Panel, series: &Series, k: usize) {
    let (width, style) = style(series.shape);
    let detail = Detail::of(plot_ui);
    let detail = if style == LineStyle::Solid { detail } else { detail.dashed() };
    let at = |k: usize| {
        let [x, y] = series.place(k);
        [panel.x.shown(x), panel.y.shown(y)]
    };
    let line = Line::new(series.name.clone(), detail.points(series.points.len(), at)).color(series.color).width(width);
    plot_ui.line(line.style(style).id(("series", k)).allow_hover(!series.quiet));
}

fn draw_points(plot_ui: &mut PlotUi<'_>, panel: &Panel, series: &Series, k: usize) {
    let (shape, radius, filled) = match series.shape {
        Shape::Rings(r) => (MarkerShape::Circle, r, false),
        Shape::Squares(r) => (MarkerShape::Square, r, true),
        Shape::Triangles(r) => (MarkerShape::Down, r, true),
        Shape::Diamonds(r) => (MarkerShape::Diamond, r, true),
        Shape::Crosses(r) => (MarkerShape::Plus, r, true),
        Shape::Dots(r) => (MarkerShape::Circle, r, true),
        _ => (MarkerShape::Circle, 2.0, true),
    };
    let at = |k: usize| {
        let [x, y] = series.place(k);
        [panel.x.shown(x), panel.y.shown(y)]
    };
    // Dots that are numbered are looked up by their place.
    let points = if series.is_numbered() {
        (0..series.points.len()).map(at).collect()
    } else {
        Detail::of(plot_ui).dots().points(series.points.len(), at)
    };
    let points = Points::new(series.name.clone(), points).color(series.color).shape(shape).radius(radius);
    plot_ui.points(points.filled(filled).id(("series", k)).allow_hover(!series.quiet));
}

/// Bars grow and shrink to their new lengths; each is known by the column that it stands in.
fn draw_bars(plot_ui: &mut PlotUi<'_>, series: &Series, width: f64, id: Id) {
    let ctx = plot_ui.ctx().clone();
    let edge = Stroke::new(0.5, theme::muted(&ctx.global_style().visuals));
    let longest = series.points.iter().map(|p| p[1].abs()).filter(|y| y.is_finite()).fold(0.0, f64::max);
    let bar = |(k, [x, y]): (usize, &[f64; 2])| {
        let column = id.with((x / width).round() as i64);
        let bar = Bar::new(*x, theme::eased(&ctx, column, *y, 0.01 * longest)).width(width);
        match series.colors.get(k) {
            // Pale colours need an edge.
            Some(color) => bar.fill(*color).stroke(edge),
            None => bar.fill(series.color).stroke(Stroke::NONE),
        }
    };
    let bars = series.points.iter().enumerate().filter(|(_, p)| p[0].is_finite() && p[1].is_finite()).map(bar);
    let chart = BarChart::new(series.name.clone(), bars.collect());
    plot_ui.bar_chart(chart.allow_hover(false).id(id));
}

pub(super) fn draw_rules(plot_ui: &mut PlotUi<'_>, panel: &Panel) {
    for (k, rule) in panel.rules.iter().enumerate().filter(|(_, rule)| rule.at.is_finite()) {
        let (width, style) = style(rule.shape);
        if rule.level {
            let line = HLine::new(rule.name.clone(), panel.y.shown(rule.at)).color(rule.color).width(width);
            plot_ui.hline(line.style(style).id(("rule", k)).allow_hover(false));
        } else {
            let line = VLine::new(rule.name.clone(), panel.x.shown(rule.at)).color(rule.color).width(width);
            plot_ui.vline(line.style(style).id(("rule", k)).allow_hover(false));
        }
    }
}

pub(super) fn draw_labels(plot_ui: &mut PlotUi<'_>, panel: &Panel) {
    let at = |[x, y]: [f64; 2]| PlotPoint::new(panel.x.shown(x), panel.y.shown(y));
    let places: Vec<Pos2> = panel.labels.iter().map(|label| plot_ui.screen_from_plot(at(label.at))).collect();
    let frame = *plot_ui.transform().frame();
    for (k, (label, place)) in panel.labels.iter().zip(&places).enumerate().filter(|(_, (_, at))| at.is_finite()) {
        let (place, size) = place_of_label(plot_ui.ctx(), label, *place, &places, frame);
        let words = egui::RichText::new(&label.words).size(size);
        let place = plot_ui.plot_from_screen(label.anchor.pos_in_rect(&place));
        let words = PlotText::new("", place, words).anchor(label.anchor).color(label.color);
        plot_ui.text(words.id(("label", k)).allow_hover(false));
    }
}

/// Where the words of a label stand on the screen, and the height of their letters: beside `at`, or as far inside of the
/// plot as they need, and apart from the other labels.
pub(super) fn place_of_label(ctx: &Context, label: &Label, at: Pos2, others: &[Pos2], frame: Rect) -> (Rect, f32) {
    let others = others.iter().map(|place| [f64::from(place.x), f64::from(place.y)]);
    let size = label.letters([at.x.into(), at.y.into()], others);
    let (font, words) = (egui::FontId::proportional(size), label.words.clone());
    let room = ctx.fonts_mut(|fonts| fonts.layout_no_wrap(words, font, label.color).size());
    let part = label.anchor.x().to_factor();
    let ends = [frame.left() + 2.0 + part * room.x, frame.right() - 2.0 - (1.0 - part) * room.x];
    let beside = at.x + APART * (1.0 - 2.0 * part);
    // Where there is no room on the right, on the left, and not on top of what it tells of.
    let left = at.x - APART - room.x;
    let x = if part == 0.0 && beside > ends[1] && left >= ends[0] { left } else { beside.min(ends[1]).max(ends[0]) };
    (label.anchor.anchor_size(pos2(x, at.y), room), size)
}
