//! From where to where the axes of a plot go, and how they get there.

use egui_plot::{Plot, PlotMemory};

use crate::views::figure::{Axis, Panel};
use crate::views::plots::MARGIN;
use crate::views::theme;

/// As it was, with axes that follow the data, and that get there within a moment. Whoever pans or zooms has the axes to
/// himself.
pub(super) fn eased<'a>(plot: Plot<'a>, panel: &Panel, id: egui::Id, ctx: &egui::Context) -> Plot<'a> {
    let [x, y] = panel.extent();
    let axes = [(&panel.x, x, MARGIN.x), (&panel.y, y, MARGIN.y)];
    // In its first frame a plot has to be told that it follows its data, or it never will; it adds the margin itself.
    if PlotMemory::load(ctx, id).is_none() {
        return include(plot, axes.map(|(axis, ends, _)| limits(axis, ends, 0.0)));
    }
    let ends = axes.map(|(axis, ends, margin)| limits(axis, ends, margin));
    let [x, y] = ends;
    let plot = plot.auto_bounds([x.is_none(), y.is_none()]);
    include(plot, [x.map(|ends| moved(ctx, id.with("x"), ends)), y.map(|ends| moved(ctx, id.with("y"), ends))])
}

/// Where an axis begins and ends, as it is drawn: a little beyond the data, and with room on both sides of data that are
/// all in one place.
fn limits(axis: &Axis, ends: Option<[f64; 2]>, margin: f32) -> Option<[f64; 2]> {
    let [low, high] = ends?.map(|value| axis.shown(value));
    let size = low.abs().max(high.abs());
    let room = if high - low > 1e-9 * size {
        0.0
    } else if axis.log {
        0.5
    } else if size > 0.0 {
        0.2 * size
    } else {
        1.0
    };
    let room = room + f64::from(margin) * (high - low + 2.0 * room);
    Some([low - room, high + room])
}

/// On the way there. Small steps, as those of a curve that grows, are made at once.
fn moved(ctx: &egui::Context, id: egui::Id, [low, high]: [f64; 2]) -> [f64; 2] {
    const SMALL: f64 = 0.03;
    let least = SMALL * (high - low);
    [theme::eased(ctx, id.with("low"), low, least), theme::eased(ctx, id.with("high"), high, least)]
}

fn include(plot: Plot<'_>, [x, y]: [Option<[f64; 2]>; 2]) -> Plot<'_> {
    let plot = x.into_iter().flatten().fold(plot, Plot::include_x);
    y.into_iter().flatten().fold(plot, Plot::include_y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_a_little_beyond_the_data_and_have_room_where_all_data_are_in_one_place() {
        let (plain, log) = (Axis::default(), Axis { log: true, ..Axis::default() });
        let close = |got: Option<[f64; 2]>, wanted: [f64; 2]| {
            let got = got.expect("ends");
            assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?}");
        };
        close(limits(&plain, Some([0.0, 100.0]), 0.05), [-5.0, 105.0]);
        close(limits(&plain, Some([5.0, 5.0]), 0.0), [4.0, 6.0]);
        close(limits(&plain, Some([0.0, 0.0]), 0.0), [-1.0, 1.0]);
        close(limits(&log, Some([0.01, 1.0]), 0.0), [-2.0, 0.0]);
        close(limits(&log, Some([0.1, 0.1]), 0.0), [-1.5, -0.5]);
        assert_eq!(limits(&plain, None, 0.05), None);
    }
}
