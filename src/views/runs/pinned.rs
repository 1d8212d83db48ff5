//! Pinned runs: their curves of accuracy and loss, and what they differ in.

use egui::{RichText, Ui};

use crate::params::{Lane, find};
use crate::session::messages::{CHANGES, Entry, PinnedCurves, PinnedGroup, RunsView, Snapshot};
use crate::views::figure::{Key, Panel, Shape};
use crate::views::{Seen, ViewContext, finite, theme};

/// Height of the letters of pinned runs, in points.
const LETTERS: f32 = 15.0;

/// Letters of a value in the table of differences; the tooltip has the rest.
const MOST_VALUE: usize = 18;

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
        .on_hover_text(text.explained(named));
}

/// The letters of the pinned runs with their names.
pub(in crate::views) fn pinned_keys(seen: &Seen<'_>) -> Vec<Key> {
    let key = |(k, group)| {
        let name = format!("{} {}", letter(k), title(seen.runs, group));
        Key::new(theme::pinned_shape(k, 2.0), name, theme::pinned_color(k, seen.visuals))
    };
    drawn(seen).map(key).collect()
}

/// The first run of a group.
fn first<'a>(runs: &'a RunsView, group: &PinnedGroup) -> Option<&'a Entry> {
    group.runs.first().and_then(|&k| runs.pinned.get(k)).and_then(|id| runs.entry(id)).map(|entry| &**entry)
}

/// Whether a group is of another task than the run on screen: its curves are no curves beside it.
pub(super) fn is_of_another_task(runs: &RunsView, group: &PinnedGroup, snapshot: &Snapshot) -> bool {
    let task = first(runs, group).and_then(|entry| entry.params.as_ref()).map(|params| params.task.kind);
    task != Some(snapshot.params.task.kind)
}

/// The groups whose curves are drawn beside those of the run on screen, with their places.
fn drawn<'a>(seen: &Seen<'a>) -> impl Iterator<Item = (usize, &'a PinnedGroup)> {
    let (runs, snapshot) = (seen.runs, seen.snapshot);
    runs.groups.iter().enumerate().filter(move |(_, group)| !is_of_another_task(runs, group, snapshot))
}

/// Says which pinned runs are not drawn, and why.
pub(super) fn not_drawn_ui(ui: &mut Ui, context: &ViewContext<'_>) {
    let (runs, text) = (context.runs, context.text);
    let others = runs.groups.iter().enumerate().filter(|(_, g)| is_of_another_task(runs, g, context.snapshot));
    let letters: Vec<String> = others.map(|(k, _)| letter(k).to_string()).collect();
    if !letters.is_empty() {
        ui.weak(format!("{}{colon}{}", letters.join(" "), text.runs.other_task, colon = text.colon));
    }
}

/// Words of that many letters at most.
fn short(full: &str, most: usize) -> String {
    match full.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &full[..end]),
        None => full.to_owned(),
    }
}

/// The name of the only run of a group, or of the first and how many there are.
fn title(runs: &RunsView, group: &PinnedGroup) -> String {
    const MOST: usize = 24;
    let short = short(first(runs, group).map_or("", Entry::title), MOST);
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

/// Curves of the pinned runs: the seeds of one setting as thin lines, their median thick, and the letter of the group.
pub(in crate::views) fn add_pinned(panel: &mut Panel, seen: &Seen<'_>, lane: Lane, quantity: Quantity) {
    let (runs, text, most) = (seen.runs, seen.text, drawn_epochs(seen.snapshot));
    let upto = |curve: &[[f64; 2]]| curve[..curve.partition_point(|p| p[0] <= most)].to_vec();
    for (k, group) in drawn(seen) {
        let color = theme::pinned_color(k, seen.visuals);
        let PinnedCurves { runs: curves, median } = quantity(group);
        let curves: Vec<_> = curves[lane as usize].iter().map(|curve| upto(curve)).collect();
        let median = upto(&median[lane as usize]);
        let several = curves.len() > 1;
        for (curve, &run) in curves.iter().zip(&group.runs) {
            let id = runs.pinned.get(run).map_or("", String::as_str);
            let name = format!("{} {id}{comma}{}", letter(k), text.lane(lane).name, comma = text.comma);
            let (shade, shape) = if several {
                (color.gamma_multiply(0.6), Shape::Line(0.8))
            } else {
                (color, theme::pinned_shape(k, 2.0))
            };
            panel.add(name, shade, shape, curve.clone());
        }
        let bold = finite(&median);
        let last = bold.last().copied().filter(|_| several);
        if several && !bold.is_empty() {
            let name = format!("{} {}{comma}{}", letter(k), text.runs.median, text.lane(lane).name, comma = text.comma);
            panel.add(name, color, theme::pinned_shape(k, 3.5), bold);
        }
        if let Some(at) = last.or_else(|| curves.iter().filter_map(|c| finite(c).last().copied()).next_back()) {
            panel.label(letter(k), at, egui::Align2::RIGHT_BOTTOM, color).size = LETTERS;
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
            let label = match spec {
                Some(spec) => text.param(spec).label,
                None if *key == CHANGES => text.device.changes.name,
                None => key,
            };
            ui.label(format!("{label}{}", unit_in_brackets(unit)));
            for value in values {
                // The next run must not be pushed out of sight.
                let shown = ui.label(short(value, MOST_VALUE));
                if value.chars().count() > MOST_VALUE {
                    shown.on_hover_text(value);
                }
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
