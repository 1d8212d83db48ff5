//! Figures as drawings (SVG).

use std::fmt::Write as _;

use super::{Fact, Figure, Rgb, Series, Shape};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// Left, top, right, bottom.
const MARGIN: [f64; 4] = [70.0, 40.0, 20.0, 55.0];
/// Numbers on an axis, about.
const WANTED: f64 = 6.0;
/// Height of a line of words.
const LINE: f64 = 17.0;
/// Cells that are narrower have no room for names.
const LEAST_NAMED: f64 = 24.0;
/// Share of the width that matrices take beside curves.
const BESIDE: f64 = 0.36;

impl Figure {
    /// The drawing, with `notes` as its description.
    pub fn svg(&self, notes: &str) -> String {
        let height = HEIGHT + LINE * self.facts.len() as f64;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            escaped(&self.title),
            escaped(notes)
        );
        out += &label(MARGIN[0], 18.0, "start", " font-weight=\"bold\"", &self.title);
        let has_series = self.series.iter().any(|s| !s.points.is_empty());
        let all = [MARGIN[0], WIDTH - MARGIN[2]];
        let [cells, series] = if has_series && !self.cells.is_empty() {
            let middle = all[0] + BESIDE * (all[1] - all[0]);
            [[all[0], middle], [middle + MARGIN[0], all[1]]]
        } else {
            [all, all]
        };
        if has_series {
            self.draw_series(&mut out, series);
        }
        self.draw_cells(&mut out, cells, has_series);
        for (k, Fact { name, value, unit }) in self.facts.iter().enumerate() {
            let space = if unit.is_empty() || unit.starts_with(' ') { "" } else { " " };
            let line = format!("{name}: {value}{space}{unit}");
            out += &label(MARGIN[0], HEIGHT + LINE * k as f64, "start", "", &line);
        }
        out += "</svg>\n";
        out
    }

    fn draw_series(&self, out: &mut String, [left, right]: [f64; 2]) {
        let legend = self.legend(right - left);
        let finite = || self.series.iter().flat_map(|s| &s.points).filter(|p| p[0].is_finite() && p[1].is_finite());
        let widest = self.series.iter().filter_map(|s| if let Shape::Bars(w) = s.shape { Some(w) } else { None });
        let half = widest.fold(0.0, f64::max) / 2.0;
        let mut y_range = range(finite().map(|p| p[1]));
        if half > 0.0 {
            y_range = (y_range.0.min(0.0), y_range.1.max(0.0));
        }
        let x_range = range(finite().flat_map(|p| [p[0] - half, p[0] + half]));
        let lines = legend.last().map_or(0.0, |(line, ..)| *line as f64);
        let (top, bottom) = (MARGIN[1] + LINE * lines, HEIGHT - MARGIN[3] - self.room_for_names(right - left));
        let x = |v: f64| left + (v - x_range.0) / (x_range.1 - x_range.0) * (right - left);
        let y = |v: f64| bottom - (v - y_range.0) / (y_range.1 - y_range.0) * (bottom - top);
        if self.names.is_empty() {
            for at in ticks(x_range) {
                let _ = writeln!(out, "<path d=\"M{0:.1} {top}V{bottom}\" stroke=\"#ddd\" fill=\"none\"/>", x(at));
                out.push_str(&label(x(at), bottom + 17.0, "middle", "", &short(at)));
            }
        } else {
            self.draw_names(out, right - left, bottom, x_range, &x);
        }
        for at in ticks(y_range) {
            let _ = writeln!(out, "<path d=\"M{left} {0:.1}H{right}\" stroke=\"#ddd\" fill=\"none\"/>", y(at));
            out.push_str(&label(left - 6.0, y(at) + 4.0, "end", "", &short(at)));
        }
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#555\"/>",
            right - left,
            bottom - top
        );
        out.push_str(&label(f64::midpoint(left, right), HEIGHT - 16.0, "middle", "", &self.x));
        let middle = f64::midpoint(top, bottom);
        let turned = format!(" transform=\"rotate(-90 {} {middle})\"", left - 54.0);
        out.push_str(&label(left - 54.0, middle, "middle", &turned, &self.y));
        for series in self.series.iter().rev() {
            draw_one(out, series, &x, &y);
        }
        for (line, at, name, color) in legend {
            let fill = format!(" fill=\"{}\"", hex(color));
            out.push_str(&label(left + at, 34.0 + LINE * line as f64, "start", &fill, name));
        }
    }

    /// Line, place in the line, name and colour of every series with a name, in lines of that width.
    fn legend(&self, width: f64) -> Vec<(usize, f64, &str, Rgb)> {
        let (mut line, mut at) = (0, 0.0);
        let named = self.series.iter().filter(|s| !s.name.is_empty());
        named
            .map(|series| {
                let room = width_of(&series.name);
                if at > 0.0 && at + room > width {
                    (line, at) = (line + 1, 0.0);
                }
                let place = at;
                at += room + 14.0;
                (line, place, series.name.as_str(), series.color)
            })
            .collect()
    }

    /// Whether the words below the x axis have to be turned, or they would run into each other.
    fn are_names_turned(&self, width: f64) -> bool {
        let longest = self.names.iter().map(|name| width_of(name)).fold(0.0, f64::max);
        longest > width / self.names.len().max(1) as f64
    }

    fn room_for_names(&self, width: f64) -> f64 {
        if !self.are_names_turned(width) {
            return 0.0;
        }
        let longest = self.names.iter().map(|name| width_of(&shortened(name))).fold(0.0, f64::max);
        (longest - 12.0).max(0.0)
    }

    fn draw_names(&self, out: &mut String, width: f64, bottom: f64, range: (f64, f64), x: &dyn Fn(f64) -> f64) {
        // A word a line needs some points; of more words only some are written, and the table has them all.
        let every = (self.names.len() as f64 * 13.0 / width).ceil().max(1.0) as usize;
        let turned = self.are_names_turned(width);
        let inside = |(k, _): &(usize, _)| (range.0..=range.1).contains(&(*k as f64));
        for (k, name) in self.names.iter().enumerate().filter(inside).step_by(every) {
            let at = x(k as f64);
            if turned {
                let turn = format!(" transform=\"rotate(-90 {:.1} {:.1})\"", at + 4.0, bottom + 6.0);
                out.push_str(&label(at + 4.0, bottom + 6.0, "end", &turn, &shortened(name)));
            } else {
                out.push_str(&label(at, bottom + 17.0, "middle", "", name));
            }
        }
    }

    fn draw_cells(&self, out: &mut String, [begin, end]: [f64; 2], square: bool) {
        let n = self.cells.len() as f64;
        let room = (end - begin) / n.max(1.0);
        let [y, x, _] = self.axes_of_cells();
        for (k, cells) in self.cells.iter().enumerate() {
            let columns = cells.columns.max(1);
            let rows = cells.values.len().div_ceil(columns).max(1);
            let (width, height) = (room - 10.0, HEIGHT - MARGIN[1] - MARGIN[3] - 16.0);
            let mut cell = [width / columns as f64, height / rows as f64];
            if square {
                // A picture beside curves keeps its proportions.
                cell = [cell[0].min(cell[1]); 2];
            }
            let [left, top] = [begin + k as f64 * room, MARGIN[1] + 16.0];
            let (right, bottom) = (left + cell[0] * columns as f64, top + cell[1] * rows as f64);
            out.push_str(&label(left, MARGIN[1] + 8.0, "start", "", &cells.name));
            let _ = writeln!(out, "<g shape-rendering=\"crispEdges\">");
            for (index, color) in cells.colors.iter().enumerate() {
                let (row, column) = ((index / columns) as f64, (index % columns) as f64);
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\"/>",
                    left + column * cell[0],
                    top + row * cell[1],
                    cell[0],
                    cell[1],
                    hex(*color)
                );
            }
            out.push_str("</g>\n");
            out.push_str(&label(f64::midpoint(left, right), bottom + 33.0, "middle", "", x));
            for (column, name) in self.matrix.columns.iter().enumerate().filter(|_| cell[0] >= LEAST_NAMED) {
                let at = left + (column as f64 + 0.5) * cell[0];
                out.push_str(&label(at, bottom + 15.0, "middle", "", &shortened(name)));
            }
            if k > 0 {
                continue;
            }
            for (row, name) in self.matrix.rows.iter().enumerate().filter(|_| cell[1] >= LEAST_NAMED / 2.0) {
                let at = top + (row as f64 + 0.5) * cell[1] + 4.0;
                out.push_str(&label(left - 6.0, at, "end", "", &shortened(name)));
            }
            let (middle, beside) = (f64::midpoint(top, bottom), if self.matrix.rows.is_empty() { 30.0 } else { 56.0 });
            let turned = format!(" transform=\"rotate(-90 {} {middle})\"", left - beside);
            out.push_str(&label(left - beside, middle, "middle", &turned, y));
        }
    }
}

fn draw_one(out: &mut String, series: &Series, x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
    let color = hex(series.color);
    let points = series.points.iter().filter(|p| p[0].is_finite() && p[1].is_finite());
    match series.shape {
        Shape::Line(width) | Shape::Dashed(width) => {
            let d: Vec<String> = points.map(|p| format!("{:.2},{:.2}", x(p[0]), y(p[1]))).collect();
            let dash = if matches!(series.shape, Shape::Dashed(_)) { " stroke-dasharray=\"5 3\"" } else { "" };
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"{dash}/>",
                d.join(" ")
            );
        }
        Shape::Dots(r) => {
            let _ = writeln!(out, "<g fill=\"{color}\">");
            for p in points {
                let _ = writeln!(out, "<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"{r}\"/>", x(p[0]), y(p[1]));
            }
            out.push_str("</g>\n");
        }
        Shape::Ticks => {
            let d: Vec<String> = points.map(|p| format!("M{:.2} {:.2}v4", x(p[0]), y(p[1]) - 2.0)).collect();
            let _ = writeln!(out, "<path d=\"{}\" stroke=\"{color}\" fill=\"none\"/>", d.join(""));
        }
        Shape::Bars(width) => {
            let _ = writeln!(out, "<g fill=\"{color}\" fill-opacity=\"0.6\">");
            for p in points {
                let (left, right) = (x(p[0] - width / 2.0), x(p[0] + width / 2.0));
                let (top, bottom) = (y(p[1].max(0.0)), y(p[1].min(0.0)));
                let _ = writeln!(
                    out,
                    "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\"/>",
                    right - left,
                    bottom - top
                );
            }
            out.push_str("</g>\n");
        }
    }
}

fn label(x: f64, y: f64, anchor: &str, extra: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{extra}>{}</text>\n", escaped(text))
}

/// About seven units a letter, fourteen a Chinese one.
fn width_of(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 7.0 } else { 13.5 }).sum()
}

/// No more letters than fit below an axis.
fn shortened(text: &str) -> String {
    const MOST: usize = 16;
    if text.chars().count() <= MOST { text.into() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

fn hex([r, g, b]: Rgb) -> String {
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

/// Smallest and largest value, a little apart even when there is only one.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = ((high - low) * 0.03).max(high.abs().max(low.abs()) * 1e-9).max(1e-12);
    (low - room, high + room)
}

/// Places of the numbers on an axis: multiples of 1, 2 or 5 times a power of ten.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let raw = (high - low) / WANTED;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw).unwrap_or(10.0 * power);
    let first = (low / step).ceil();
    (0..20).map(|k| (first + f64::from(k)) * step).take_while(|v| *v <= high).collect()
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
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((0.0, 10.0)), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks((-0.1, 0.5)), [-0.1, 0.0, 0.1, 0.2, (0.1 + 0.2), 0.4, 0.5]);
        assert_eq!(short(0.1 + 0.2), "0.3");
        assert_eq!(range(std::iter::empty()), (0.0, 1.0));
        let same = range([5.0, 5.0].into_iter());
        assert!(same.0 < 5.0 && same.1 > 5.0);
    }
}
