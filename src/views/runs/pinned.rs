//! Pinned runs: their curves of accuracy and loss, and what they differ in.

use egui::{Align2, RichText, Ui};
use egui_plot::{Line, PlotPoint, PlotUi, Text as PlotText};

use crate::params::{Lane, find};
use crate::session::messages::{PinnedCurves, PinnedGroup, RunsView, Snapshot};
use crate::text::Text;
use crate::views::detail::Detail;
use crate::views::figure::{Figure, Shape};
use crate::views::legend::{Item, Mark};
use crate::views::{ViewContext, finite, theme};

/// The letter of the `k`-th group.
pub(super) fn letter(k: usize) -> char {
    char::from(b'A' + (k % 26) as u8)
}

/// Which lane of the pinned runs is shown, if there are any.
pub(in crate::views) fn pinned_lane_ui(ui: &mut Ui, context: &ViewContext<'_>, lane: &mut Lane) {
    let text = context.text;
    if context.runs.pinned.is_empty() {
        return;
    }
    let named = text.runs.pinned_lane;
    egui::ComboBox::from_id_salt("pinned lane")
        .width(80.0)
        .selected_text(text.lane(*lane).name)
        .show_ui(ui, |ui| {
            for kind in Lane::ALL {
                ui.selectable_value(lane, kind, text.lane(kind).name);
            }
        })
        .response
        .on_hover_text(format!("{}: {}", named.name, named.meaning));
}

/// The letters of the pinned runs with their names.
pub(in crate::views) fn pinned_items(context: &ViewContext<'_>, visuals: &egui::Visuals) -> Vec<Item> {
    let item = |(k, group)| {
        Item::new(Mark::Line, format!("{} {}", letter(k), title(context.runs, group)), theme::pinned_color(k, visuals))
    };
    context.runs.groups.iter().enumerate().map(item).collect()
}

/// The name of the only run of a group, or of the first and how many there are.
fn title(runs: &RunsView, group: &PinnedGroup) -> String {
    const MOST: usize = 24;
    let first = group.runs.first().and_then(|&k| runs.pinned.get(k)).and_then(|id| runs.entry(id));
    let full = first.map_or("", |entry| entry.title());
    let mut short: String = full.chars().take(MOST).collect();
    if short.len() < full.len() {
        short.push('…');
    }
    if group.runs.len() > 1 { format!("{short} ×{}", group.runs.len()) } else { short }
}

/// Which curves of a group are shown.
pub(in crate::views) type Quantity = fn(&PinnedGroup) -> &PinnedCurves;

/// Epochs of pinned runs that are drawn: so few that a run that has just begun is not squashed beside them. All of
/// them as long as it has learnt nothing.
fn drawn_epochs(snapshot: &Snapshot) -> f64 {
    const LEAST: usize = 5;
    if snapshot.epoch > 1 { (2 * snapshot.epoch).max(LEAST) as f64 } else { f64::INFINITY }
}

/// Curves of the pinned runs at the height `shown`: the seeds of one setting as thin lines, their median thick.
pub(in crate::views) fn draw_pinned(
    plot_ui: &mut PlotUi<'_>,
    context: &ViewContext<'_>,
    lane: Lane,
    quantity: Quantity,
    shown: impl Fn(f64) -> f64 + Copy,
) {
    let visuals = plot_ui.ctx().global_style().visuals.clone();
    let (runs, most) = (context.runs, drawn_epochs(context.snapshot));
    let upto = |curve: &[[f64; 2]]| curve[..curve.partition_point(|p| p[0] <= most)].to_vec();
    for (k, group) in runs.groups.iter().enumerate() {
        let color = theme::pinned_color(k, &visuals);
        let PinnedCurves { runs: curves, median } = quantity(group);
        let curves: Vec<_> = curves[lane as usize].iter().map(|curve| upto(curve)).collect();
        let median = upto(&median[lane as usize]);
        let several = curves.len() > 1;
        for (n, curve) in curves.iter().enumerate() {
            let points = Detail::of(plot_ui).dashed().line(curve, shown);
            let (width, shade) = if several { (0.8, color.gamma_multiply(0.6)) } else { (2.0, color) };
            let line = Line::new(format!("{} {}", letter(k), title(runs, group)), points).color(shade).width(width);
            let line = if several { line } else { line.style(theme::pinned_style(k)) };
            plot_ui.line(line.id(("pinned", k, n)));
        }
        let bold = finite(&median);
        let end = if several { bold.last() } else { None }
            .copied()
            .or_else(|| curves.iter().filter_map(|c| finite(c).last().copied()).next_back());
        if several && !bold.is_empty() {
            let name = format!("{} {}", letter(k), title(runs, group));
            let line = Line::new(name, Detail::of(plot_ui).dashed().line(&bold, shown))
                .color(color)
                .width(3.5)
                .style(theme::pinned_style(k));
            plot_ui.line(line.id(("pinned median", k)));
        }
        if let Some([x, y]) = end {
            let words = RichText::new(letter(k).to_string()).color(color).size(15.0);
            let label = PlotText::new("", PlotPoint::new(x, shown(y)), words).color(color).anchor(Align2::RIGHT_BOTTOM);
            plot_ui.text(label.id(("pinned letter", k)).allow_hover(false));
        }
    }
}

/// The same as series of a figure.
pub(in crate::views) fn add_pinned(figure: &mut Figure, runs: &RunsView, lane: Lane, quantity: Quantity, text: &Text) {
    let paper = theme::paper();
    for (k, group) in runs.groups.iter().enumerate() {
        let color = theme::pinned_color(k, &paper);
        let PinnedCurves { runs: curves, median } = quantity(group);
        let (curves, median) = (&curves[lane as usize], &median[lane as usize]);
        for (curve, &run) in curves.iter().zip(&group.runs) {
            let id = runs.pinned.get(run).map_or("", String::as_str);
            let (shade, width) = if curves.len() > 1 { (theme::washed(color), 0.8) } else { (color, 1.6) };
            let name = format!("{} {id}, {}", letter(k), text.lane(lane).name);
            figure.add(name, theme::rgb(shade), Shape::Line(width), curve.clone());
        }
        if !median.is_empty() {
            let name = format!("{} {}, {}", letter(k), text.runs.median, text.lane(lane).name);
            figure.add(name, theme::rgb(color), Shape::Line(3.0), median.clone());
        }
    }
}

/// A table of exactly the settings in which pinned runs differ, and what came out.
pub(super) fn differences_ui(ui: &mut Ui, context: &ViewContext<'_>) {
    let (text, runs) = (context.text, context.runs);
    ui.strong(text.runs.differences.name).on_hover_text(text.runs.differences.meaning);
    if runs.differing.is_empty() {
        ui.weak(text.runs.no_difference);
    }
    egui::Grid::new("differences").striped(true).min_col_width(40.0).show(ui, |ui| {
        ui.label("");
        for (k, id) in runs.pinned.iter().enumerate() {
            let group = runs.groups.iter().position(|g| g.runs.contains(&k)).unwrap_or(k);
            let title = runs.entry(id).map_or("", |entry| entry.title());
            let words =
                RichText::new(letter(group).to_string()).strong().color(theme::pinned_color(group, ui.visuals()));
            ui.label(words).on_hover_text(title);
        }
        ui.end_row();
        for (key, values) in &runs.differing {
            let spec = find(key);
            let unit = spec.map_or("", |s| s.unit.suffix());
            ui.label(format!("{}{}", spec.map_or(*key, |s| text.param(s).label), unit_in_brackets(unit)));
            for value in values {
                ui.label(value);
            }
            ui.end_row();
        }
        for lane in Lane::ALL {
            ui.label(format!("{} (%)", text.lane(lane).name));
            for id in &runs.pinned {
                let accuracy = runs.entry(id).and_then(|e| e.summary.accuracy(lane)).filter(|a| a.is_finite());
                ui.label(accuracy.map_or_else(|| "–".to_owned(), |a| format!("{:.2}", 100.0 * a)));
            }
            ui.end_row();
        }
    });
}

fn unit_in_brackets(unit: &str) -> String {
    let unit = unit.trim();
    if unit.is_empty() { String::new() } else { format!(" ({unit})") }
}
