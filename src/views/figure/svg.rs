//! Figures as drawings (SVG) on white paper.

mod cells;
mod marks;

use std::fmt::Write as _;

use egui::{Align, Color32};

use super::model::{Axis, Fact, Key, Rule, Table};
use super::{Figure, Panel, Shape};
use crate::text::colon_after;
use crate::views::axes;
use cells::{draw_cells, draw_scales, draw_table};
use marks::{draw_series, stroke, swatch};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// Left, top, right, bottom.
const MARGIN: [f64; 4] = [74.0, 34.0, 22.0, 20.0];
/// Height of the numbers and the name below an x axis.
const BELOW: f64 = 40.0;
/// Room beside a panel for its numbers and the name of its y axis.
const BESIDE: f64 = 66.0;
/// Room for a bar of colours with its numbers.
const BAR: f64 = 84.0;
/// Numbers on an axis, about.
const WANTED: f64 = 7.0;
/// Height of the letters.
const LETTERS: f64 = 13.0;
/// Height of a line of words.
const LINE: f64 = 17.0;
/// Cells that are smaller have no room for names and numbers.
const LEAST_NAMED: f64 = 14.0;
/// Notes of more lines would run into each other.
const MOST_NOTES: usize = 8;
/// Longer notes, in characters, are only read where a pointer asks for them.
const LONGEST_NOTE: usize = 60;
/// Rows of a table that are drawn; the table of numbers has them all.
const MOST_ROWS: usize = 30;

/// A rectangle of the paper.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }

    fn height(&self) -> f64 {
        (self.bottom - self.top).max(1.0)
    }
}

/// Where values of a panel are on the paper.
struct Sheet<'a> {
    panel: &'a Panel,
    area: Area,
    x: [f64; 2],
    y: [f64; 2],
}

impl Sheet<'_> {
    fn x(&self, value: f64) -> f64 {
        self.area.left + (self.panel.x.shown(value) - self.x[0]) / (self.x[1] - self.x[0]) * self.area.width()
    }

    fn y(&self, value: f64) -> f64 {
        let part = (self.panel.y.shown(value) - self.y[0]) / (self.y[1] - self.y[0]);
        let part = if self.panel.y.down { part } else { 1.0 - part };
        self.area.top + part * self.area.height()
    }

    /// Where a place is on the paper, if it is a place.
    fn at(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let at = [self.x(x), self.y(y)];
        at.iter().all(|v| v.is_finite()).then_some(at)
    }
}

impl Figure {
    /// The drawing, with `notes` as its description.
    pub fn svg(&self, notes: &str) -> String {
        let panels = if self.panels.iter().all(Panel::is_empty) { &[][..] } else { &self.panels[..] };
        let bottom = if panels.is_empty() { MARGIN[1] } else { HEIGHT };
        let tables: Vec<&Table> = self.tables.iter().filter(|t| t.drawn && !t.rows.is_empty()).collect();
        let rows: usize = tables.iter().map(|t| t.rows.len().min(MOST_ROWS) + 2).sum();
        let height = bottom + LINE * (self.facts.len() + rows) as f64 + MARGIN[3];
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\" stroke=\"none\">\n<title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            escaped(&self.title),
            escaped(notes)
        );
        let size = (13.0 * (WIDTH - 24.0) / width_of(&self.title)).clamp(9.0, 15.0);
        out += &label(12.0, 20.0, "start", &format!(" font-weight=\"bold\" font-size=\"{size:.1}\""), &self.title);
        let n = panels.len() as f64;
        for (k, panel) in panels.iter().enumerate() {
            let part = |from: f64, to: f64| [k as f64, k as f64 + 1.0].map(|k| from + (to - from) * k / n);
            let ([left, right], [top, bottom]) = if self.stacked {
                ([0.0, WIDTH], part(MARGIN[1], bottom))
            } else {
                (part(0.0, WIDTH), [MARGIN[1], bottom])
            };
            draw_panel(&mut out, panel, Area { left, top, right, bottom });
        }
        let mut y = bottom + LINE;
        for Fact { name, value, unit } in &self.facts {
            out += &label(12.0, y, "start", "", format!("{name}{}{value} {unit}", colon_after(name)).trim_end());
            y += LINE;
        }
        for table in tables {
            draw_table(&mut out, table, &mut y);
        }
        out += "</svg>\n";
        out
    }
}

/// A panel in its part of the paper: caption, legend, axes, and what is drawn on them.
fn draw_panel(out: &mut String, panel: &Panel, within: Area) {
    let room = |words: &[(f64, String)]| words.iter().map(|(_, w)| width_of(&shortened(w))).fold(0.0, f64::max) * 0.95;
    let [x, y] = panel.extent();
    let only = |axis: &Axis, ends: Option<[f64; 2]>| range(axis, ends, panel.cells.is_empty());
    let (x, y) = (only(&panel.x, x), only(&panel.y, y));
    let scales = panel.scales();
    let mut area = Area {
        left: within.left + BESIDE.max(room(&marks_on(&panel.y, y, within.height())) + 34.0),
        right: within.right - if scales.is_empty() { MARGIN[2] } else { BAR },
        top: within.top + 8.0,
        bottom: within.bottom - BELOW,
    };
    if !panel.name.is_empty() {
        out.push_str(&label(area.left, within.top + 12.0, "start", " font-weight=\"bold\"", &panel.name));
        area.top += LINE;
    }
    area.top += draw_legend(out, &panel.keys(), [area.left, area.right], area.top + 8.0);
    let turned = are_turned(panel, area.width());
    if turned {
        area.bottom -= (room(&panel.x.words) - 12.0).max(0.0);
    }
    let mut sheet = Sheet { panel, area, x, y };
    if panel.square {
        let unit = (area.width() / (sheet.x[1] - sheet.x[0])).min(area.height() / (sheet.y[1] - sheet.y[0]));
        sheet.area.right = area.left + unit * (sheet.x[1] - sheet.x[0]);
        sheet.area.bottom = area.top + unit * (sheet.y[1] - sheet.y[0]);
    }
    draw_axes(out, &sheet, within, turned);
    panel.cells.iter().for_each(|cells| draw_cells(out, &sheet, cells));
    panel.rules.iter().for_each(|rule| draw_rule(out, &sheet, rule));
    draw_notes(out, &sheet);
    panel.series.iter().for_each(|series| draw_series(out, &sheet, series));
    draw_labels(out, &sheet);
    let Area { left, top, .. } = sheet.area;
    let (width, height) = (sheet.area.width(), sheet.area.height());
    let frame = "fill=\"none\" stroke=\"#777\"";
    let _ = writeln!(out, "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {frame}/>");
    draw_scales(out, &scales, &sheet.area);
}

/// The entries that are shown, in lines; returns their height.
fn draw_legend(out: &mut String, keys: &[Key], [left, right]: [f64; 2], top: f64) -> f64 {
    let (mut x, mut y) = (left, top);
    let shown = || keys.iter().filter(|key| key.on != Some(false));
    for key in shown() {
        let room = 28.0 + width_of(&key.name);
        if x > left && x + room > right {
            (x, y) = (left, y + LINE);
        }
        swatch(out, key, [x, y]);
        out.push_str(&label(x + 24.0, y + 4.0, "start", " class=\"legend\"", &key.name));
        x += room + 12.0;
    }
    if shown().next().is_none() { 0.0 } else { y - top + LINE + 2.0 }
}

/// Whether the words below the x axis have to be turned, or they would run into each other.
fn are_turned(panel: &Panel, width: f64) -> bool {
    let longest = panel.x.words.iter().map(|(_, word)| width_of(word)).fold(0.0, f64::max);
    longest > width / panel.x.words.len().max(1) as f64
}

fn draw_axes(out: &mut String, sheet: &Sheet<'_>, within: Area, turned: bool) {
    let (panel, Area { left, top, right, bottom }) = (sheet.panel, sheet.area);
    let grid = if panel.cells.is_empty() { "stroke=\"#ddd\"" } else { "stroke=\"none\"" };
    for (at, words) in marks_on(&panel.x, sheet.x, sheet.area.width()) {
        let x = sheet.x(at);
        let words = if panel.x.log { axes::thousands(at.log10()) } else { words };
        let _ = writeln!(out, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" {grid} fill=\"none\"/>");
        if turned {
            let turn = format!(" transform=\"rotate(-90 {:.1} {:.1})\"", x + 4.0, bottom + 6.0);
            out.push_str(&label(x + 4.0, bottom + 6.0, "end", &turn, &shortened(&words)));
        } else {
            out.push_str(&label(x, bottom + 15.0, "middle", "", &words));
        }
    }
    for (at, words) in marks_on(&panel.y, sheet.y, sheet.area.height()) {
        let y = sheet.y(at);
        let _ = writeln!(out, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" {grid} fill=\"none\"/>");
        out.push_str(&label(left - 6.0, y + 4.0, "end", "", &shortened(&words)));
    }
    let below = if panel.square { bottom + 32.0 } else { within.bottom - 7.0 };
    out.push_str(&label(f64::midpoint(left, right), below, "middle", " class=\"axis\"", &panel.x.name));
    let (middle, beside) = (f64::midpoint(top, bottom), within.left + 17.0);
    let turn = format!(" class=\"axis\" transform=\"rotate(-90 {beside:.1} {middle:.1})\"");
    out.push_str(&label(beside, middle, "middle", &turn, &panel.y.name));
}

/// Where something is written on an axis, and what.
fn marks_on(axis: &Axis, [low, high]: [f64; 2], length: f64) -> Vec<(f64, String)> {
    let inside = |at: &f64| (low..=high).contains(&axis.shown(*at));
    if !axis.words.is_empty() {
        // A word a line needs some room; of more words only some are written, and the table has them all.
        let every = (axis.words.len() as f64 * LEAST_NAMED / length).ceil().max(1.0) as usize;
        return axis.words.iter().filter(|(at, _)| inside(at)).step_by(every).cloned().collect();
    }
    if axis.log {
        let powers = (low.floor().max(-20.0) as i32..=high.ceil().min(20.0) as i32)
            .flat_map(|k| [1.0, 2.0, 5.0].map(|m| (m, m * 10f64.powi(k))));
        let all: Vec<(f64, f64)> = powers.filter(|(_, at)| (low..=high).contains(&at.log10())).collect();
        let whole = all.len() as f64 * 2.0 * LINE > length;
        return all.into_iter().filter(|(m, _)| !whole || *m < 1.5).map(|(_, at)| (at, short(at))).collect();
    }
    let step = axes::nice((high - low) / (length / 80.0).clamp(3.0, WANTED));
    let first = ((low - axis.origin) / step).ceil();
    let values = (0..30).map(|k| (first + f64::from(k)) * step).take_while(|v| v + axis.origin <= high);
    values.map(|v| (v + axis.origin, short(v))).collect()
}

fn draw_rule(out: &mut String, sheet: &Sheet<'_>, rule: &Rule) {
    let Area { left, top, right, bottom } = sheet.area;
    let at = if rule.level { sheet.y(rule.at) } else { sheet.x(rule.at) };
    if !at.is_finite() {
        return;
    }
    let way =
        if rule.level { format!("M{left:.1} {at:.1}H{right:.1}") } else { format!("M{at:.1} {top:.1}V{bottom:.1}") };
    let title = [rule.name.as_str(), &rule.note]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(colon_after(&rule.name));
    let _ = writeln!(
        out,
        "<path d=\"{way}\" fill=\"none\" {}><title>{}</title></path>",
        stroke(rule.shape, rule.color),
        escaped(&title)
    );
}

/// What happened at the upright lines, along them, where there are few enough to be read. Dotted ones are scales.
fn draw_notes(out: &mut String, sheet: &Sheet<'_>) {
    let fits = |note: &str| !note.is_empty() && note.chars().count() <= LONGEST_NOTE;
    let solid = |rule: &&Rule| !rule.level && matches!(rule.shape, Shape::Line(width) if width > 0.0);
    let noted = || sheet.panel.rules.iter().filter(solid).filter(|rule| fits(&rule.note));
    if noted().count() > MOST_NOTES {
        return;
    }
    for rule in noted() {
        let (x, y) = (sheet.x(rule.at) + 10.0, sheet.area.bottom - 5.0);
        let style = format!(" font-size=\"9\" fill=\"#555\" transform=\"rotate(-90 {x:.1} {y:.1})\"");
        out.push_str(&label(x, y, "start", &style, &rule.note));
    }
}

fn draw_labels(out: &mut String, sheet: &Sheet<'_>) {
    let (labels, Area { left, right, .. }) = (&sheet.panel.labels, sheet.area);
    let places = || labels.iter().filter_map(|label| sheet.at(label.at));
    for words in labels {
        let Some([x, y]) = sheet.at(words.at) else { continue };
        let size = f64::from(words.letters([x, y], places()));
        let width = width_of(&words.words) * size / LETTERS;
        let y = if words.anchor.y() == Align::Max { y - 4.0 } else { y + size };
        // Beside the place, or as far inside as the words need.
        let beside = if words.anchor.x() == Align::Max { x - 3.0 - width } else { x + 3.0 };
        let mirrored = x - 3.0 - width;
        let fits = beside + width <= right - 2.0 || words.anchor.x() == Align::Max || mirrored < left + 2.0;
        let x = if fits { beside.min(right - 2.0 - width).max(left + 2.0) } else { mirrored };
        let style = format!(" font-size=\"{size:.1}\" fill=\"{}\"", hex(words.color));
        out.push_str(&label(x, y, "start", &style, &words.words));
    }
}

fn label(x: f64, y: f64, anchor: &str, attributes: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{attributes}>{}</text>\n", escaped(text))
}

/// About seven units a letter, fourteen a Chinese one.
fn width_of(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 7.0 } else { 13.5 }).sum()
}

/// No more letters than fit beside an axis.
fn shortened(text: &str) -> String {
    const MOST: usize = 32;
    if text.chars().count() <= MOST { text.into() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

/// A colour as it is on white paper.
fn hex(color: Color32) -> String {
    let paper = 255 - color.a();
    let [r, g, b] = [color.r(), color.g(), color.b()].map(|c| c.saturating_add(paper));
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text between tags. Characters that XML does not allow at all become spaces.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c.is_control() && c != '\n' && c != '\t' => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// The values at both ends of an axis as they are drawn, a little apart from the data where `apart`.
fn range(axis: &Axis, ends: Option<[f64; 2]>, apart: bool) -> [f64; 2] {
    let Some([low, high]) = ends.map(|ends| ends.map(|v| axis.shown(v))) else { return [0.0, 1.0] };
    if !apart && high > low {
        return [low, high];
    }
    let room = ((high - low) * 0.03).max(high.abs().max(low.abs()) * 1e-9).max(1e-12);
    [low - room, high + room]
}

/// A number without the dust that a multiplication leaves behind.
fn short(v: f64) -> String {
    let text = format!("{v:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" || text.is_empty() { "0".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_axes_are_round_and_inside_and_count_from_the_origin() {
        let at =
            |axis: &Axis, ends| marks_on(axis, ends, 560.0).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
        assert_eq!(at(&Axis::default(), [0.0, 10.0]), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(at(&Axis::default(), [-0.1, 0.5]), ["-0.1", "0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        let later = Axis { origin: 3.0, ..Axis::default() };
        assert_eq!(at(&later, [3.0, 13.0]), ["0", "2", "4", "6", "8", "10"]);
        let log = Axis { log: true, ..Axis::default() };
        assert_eq!(at(&log, [-1.5, 0.1]), ["0.05", "0.1", "0.2", "0.5", "1"]);
        let [low, high] = range(&log, None, true);
        assert!(low.abs() < 1e-12 && (high - 1.0).abs() < 1e-12);
        let same = range(&Axis::default(), Some([5.0, 5.0]), true);
        assert!(same[0] < 5.0 && same[1] > 5.0);
    }

    #[test]
    fn transparent_colours_are_what_they_look_like_on_paper() {
        assert_eq!(hex(Color32::from_black_alpha(128)), "#7f7f7f");
        assert_eq!(hex(Color32::from_black_alpha(255)), "#000000");
    }
}
