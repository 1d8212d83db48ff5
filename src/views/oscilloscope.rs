//! What all views over the time of a sample share: trigger, cursor, mark, and curves of one neuron.

use egui_plot::VLine;
use ndarray::Array2;

use super::figure::Figure;
use super::selection::Selection;
use super::voltage::volts;
use super::{Seen, elided, theme, voltage};
use crate::base::units::Unit;
use crate::params::Lane;
use crate::session::messages::{LaneTrace, SampleView};
use crate::text::Text;

/// The trace of the selected lane, or of the last one there is.
pub(super) fn trace_of<'a>(sample: &'a SampleView, selection: &Selection) -> Option<&'a LaneTrace> {
    sample.lanes.iter().find(|l| l.lane == selection.lane).or(sample.lanes.last())
}

/// When time zero is, in µs since the sample began: the first input spike, if that is the trigger.
pub(super) fn origin(sample: &SampleView, selection: &Selection) -> f64 {
    let first = sample.input.iter().map(|(t, _)| us(f64::from(t))).filter(|t| t.is_finite()).reduce(f64::min);
    first.filter(|_| selection.trigger).unwrap_or(0.0)
}

/// The trigger.
pub(super) fn scope_ui(ui: &mut egui::Ui, text: &Text, selection: &mut Selection, sample: &SampleView) {
    let (trigger, cursor) = (text.probes.trigger, text.device.cursor);
    let meaning = format!("{}\n{}: {}", trigger.meaning, cursor.name, cursor.meaning);
    ui.toggle_value(&mut selection.trigger, trigger.name).on_hover_text(meaning);
    if selection.trigger && sample.input.is_empty() {
        ui.weak(text.probes.no_stimulus);
    }
}

/// A neuron whose voltage is told: its name, the voltages, its column, their distance in seconds, and LSB per threshold.
pub(super) type CursorReading<'a> = (String, &'a Array2<f32>, usize, f64, f64);

/// In a corner of the plot, so that nothing moves: where the cursor is, how far from the mark, and the voltage there.
pub(super) fn readout_ui(
    ui: &egui::Ui,
    text: &Text,
    selection: &Selection,
    plot: &egui_plot::PlotResponse<()>,
    origin: f64,
    told: Option<CursorReading<'_>>,
) {
    let Some(cursor) = selection.cursor() else { return };
    let mut lines = vec![match selection.mark {
        Some(mark) => format!("{} {:.2} µs, Δt {:+.2} µs", text.device.cursor.name, cursor - origin, cursor - mark),
        None => format!("{} {:.2} µs", text.device.cursor.name, cursor - origin),
    }];
    if let Some((name, v, neuron, dt, lsb)) = told
        && let Some(now) = volts_at(v, neuron, dt, cursor)
    {
        let then = selection.mark.and_then(|mark| volts_at(v, neuron, dt, mark));
        let said = |v: f32, is_difference| voltage::said(f64::from(v), is_difference, text, lsb);
        let change = then.map_or_else(String::new, |then| format!("\nΔV {}", said(now - then, true)));
        lines.push(format!("{name}{}V {}{change}", text.colon, said(now, false)));
    }
    let (frame, visuals) = (*plot.transform.frame(), ui.visuals());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let words = ui.painter().layout(lines.join("\n"), font, visuals.text_color(), frame.width() - 8.0);
    // On the side where the pointer is not.
    let left = plot.transform.position_from_point_x(cursor) > frame.center().x;
    let x = if left { frame.left() + 4.0 } else { frame.right() - words.size().x - 4.0 };
    let at = egui::pos2(x, frame.bottom() - words.size().y - 3.0);
    let painter = ui.painter().with_clip_rect(frame);
    let behind = egui::Rect::from_min_size(at, words.size()).expand(2.0);
    painter.rect_filled(behind, 2.0, visuals.extreme_bg_color.gamma_multiply(0.85));
    painter.galley(at, words, visuals.text_color());
}

/// The voltage of a neuron at a time in µs: that of the step which ends next; sample `k` is the end of step `k`.
fn volts_at(v: &Array2<f32>, neuron: usize, dt: f64, time: f64) -> Option<f32> {
    let step = (time / us(dt)).ceil() - 1.0;
    if !(step > -1.5 && step < v.nrows() as f64) {
        return None;
    }
    v.get((step.max(0.0) as usize, neuron)).copied().filter(|v| v.is_finite())
}

/// The common cursor and the mark that measuring begins at.
pub(super) fn cursor_lines(plot_ui: &mut egui_plot::PlotUi<'_>, selection: &Selection, origin: f64) {
    let visuals = plot_ui.ctx().global_style().visuals.clone();
    for (name, at, color) in [
        ("cursor", selection.cursor(), theme::muted(&visuals)),
        ("mark", selection.mark, theme::twin(&visuals)),
        ("trigger", selection.trigger.then_some(origin), theme::shifted(&visuals)),
    ] {
        if let Some(at) = at {
            plot_ui.vline(VLine::new("", at).color(color).width(1.0).id(name).allow_hover(false));
        }
    }
}

/// Moves the common cursor to the pointer; a click sets the mark there, and takes it away where it stands.
pub(super) fn point(ui: &egui::Ui, selection: &mut Selection, plot: &egui_plot::PlotResponse<()>) {
    let Some(at) = plot.response.hover_pos() else { return };
    let time = plot.transform.value_from_position(at).x;
    if selection.cursor().is_none_or(|was| (was - time).abs() > 1e-9) {
        // The other views have been drawn already or show what was before.
        ui.ctx().request_repaint();
    }
    selection.point(time);
    if plot.response.clicked() {
        let near = selection.mark.is_some_and(|mark| (plot.transform.position_from_point_x(mark) - at.x).abs() < 6.0);
        selection.mark = if near { None } else { Some(time).filter(|t| t.is_finite()) };
    }
}

/// Below the plot, beside the name of its axis, as far as there is room: that the run is not the one that was learnt from
/// or scored.
pub(super) fn own_run_ui(ui: &egui::Ui, text: &Text, plot: &egui_plot::PlotResponse<()>) {
    /// Fewer points would hold no word.
    const LEAST: f32 = 60.0;
    let (area, frame) = (ui.min_rect(), *plot.transform.frame());
    let body = egui::TextStyle::Body.resolve(ui.style());
    let (painter, color) = (ui.painter(), ui.visuals().weak_text_color());
    let axis = painter.layout_no_wrap(text.time_axis.to_owned(), body, color).size().x;
    let room = frame.center().x - 0.5 * axis - area.left() - 12.0;
    if room > LEAST {
        let font = egui::TextStyle::Small.resolve(ui.style());
        let words = elided(painter, text.probes.own_run, font, color, room);
        painter.galley(area.left_bottom() - egui::vec2(-4.0, words.size().y + 3.0), words, color);
    }
}

pub(super) fn us(seconds: f64) -> f64 {
    Unit::Microseconds.shown_from_si(seconds)
}

/// The title of a figure of a run that was made for it.
pub(super) fn own_run_title(text: &Text, title: &str, lane: Lane) -> String {
    format!("{title} ({}{}{})", text.lane(lane).name, text.comma, text.probes.own_run)
}

/// A figure over the duration of one sample, of voltages unless its y axis gets another name.
pub(super) fn time_figure(title: &str, seen: &Seen<'_>, sample: &SampleView) -> Figure {
    let mut figure = Figure::new(title, seen.text.time_axis, &volts(seen));
    let x = &mut figure.last().x;
    (x.origin, x.reach) = (origin(sample, seen.selection), vec![0.0, us(sample.grid.duration())]);
    figure
}

/// One neuron's column as a curve over µs; sample `k` belongs to the end of step `k`.
pub(super) fn column(v: &Array2<f32>, neuron: usize, dt: f64) -> Vec<[f64; 2]> {
    if neuron >= v.ncols() {
        return Vec::new();
    }
    let points = v.column(neuron).into_iter().enumerate().map(|(k, v)| [us((k as f64 + 1.0) * dt), f64::from(*v)]);
    points.filter(|p| p[1].is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voltages_are_read_at_the_end_of_the_step_and_nowhere_else() {
        let v = ndarray::array![[0.5f32], [f32::NAN], [1.5]];
        assert_eq!([0.0, 0.3, 1.0, 2.5, 3.0].map(|t| volts_at(&v, 0, 1e-6, t)), [0.5, 0.5, 0.5, 1.5, 1.5].map(Some));
        assert_eq!([-2.0, 1.5, 3.1, f64::NAN].map(|t| volts_at(&v, 0, 1e-6, t)), [None; 4]);
        assert_eq!(volts_at(&v, 7, 1e-6, 1.0), None);
    }

    #[test]
    fn columns_are_in_microseconds_at_the_end_of_each_step_and_finite() {
        let v = ndarray::array![[0.5f32], [f32::NAN], [1.5]];
        assert_eq!(column(&v, 0, 1e-6), [[1.0, 0.5], [3.0, 1.5]]);
        assert!(column(&v, 9, 1e-6).is_empty());
    }
}
