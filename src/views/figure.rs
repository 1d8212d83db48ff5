//! A plot as numbers, for tables (CSV) and drawings (SVG) that others can use.

use std::fmt::Write as _;

/// A colour without a toolkit: red, green, blue.
pub type Rgb = [u8; 3];

/// How the points of a series are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Joined by a line of that width.
    Line(f32),
    /// Joined by a dashed line of that width.
    Dashed(f32),
    /// Dots of that radius.
    Dots(f32),
    /// Short upright strokes.
    Ticks,
    /// Columns of that width in units of the x axis.
    Bars(f64),
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In the legend and the table.
    pub name: String,
    /// Its colour.
    pub color: Rgb,
    /// How it is drawn.
    pub shape: Shape,
    /// `[x, y]` in the units of the axes.
    pub points: Vec<[f64; 2]>,
}

/// A matrix of coloured cells, row by row from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// In the table.
    pub name: String,
    /// Cells in a row.
    pub columns: usize,
    /// What each cell stands for.
    pub values: Vec<f64>,
    /// The colour of each cell.
    pub colors: Vec<Rgb>,
}

/// One plot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// Above the plot.
    pub title: String,
    /// Below the x axis, with its unit.
    pub x: String,
    /// Beside the y axis, with its unit.
    pub y: String,
    /// Curves and points.
    pub series: Vec<Series>,
    /// Matrices side by side.
    pub cells: Vec<Cells>,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// Left, top, right, bottom.
const MARGIN: [f64; 4] = [70.0, 40.0, 20.0, 55.0];
/// Numbers on an axis, about.
const WANTED: f64 = 6.0;

impl Figure {
    /// A figure without anything in it.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Self { title: title.into(), x: x.into(), y: y.into(), ..Self::default() }
    }

    /// Adds a series.
    pub fn add(&mut self, name: impl Into<String>, color: Rgb, shape: Shape, points: Vec<[f64; 2]>) {
        self.series.push(Series { name: name.into(), color, shape, points });
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.points.is_empty()) && self.cells.iter().all(|c| c.values.is_empty())
    }

    /// The numbers, one a line, after `notes` as comments that begin with `#`.
    pub fn csv(&self, notes: &str) -> String {
        let mut out = String::new();
        for line in std::iter::once(self.title.as_str()).chain(notes.lines()) {
            let _ = writeln!(out, "# {line}");
        }
        if !self.series.is_empty() {
            let _ = writeln!(out, "series,{},{}", quoted(&self.x), quoted(&self.y));
            for series in &self.series {
                let name = quoted(&series.name);
                for [x, y] in &series.points {
                    let _ = writeln!(out, "{name},{x},{y}");
                }
            }
        }
        for cells in &self.cells {
            let _ = writeln!(out, "matrix,{},{},value", quoted(&self.y), quoted(&self.x));
            let name = quoted(&cells.name);
            for (k, value) in cells.values.iter().enumerate() {
                let (row, column) = (k / cells.columns.max(1), k % cells.columns.max(1));
                let _ = writeln!(out, "{name},{row},{column},{value}");
            }
        }
        out
    }

    /// The drawing, with `notes` as its description.
    pub fn svg(&self, notes: &str) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            escaped(&self.title),
            escaped(notes)
        );
        let label = |x: f64, y: f64, anchor: &str, extra: &str, text: &str| {
            format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{extra}>{}</text>\n", escaped(text))
        };
        out += &label(MARGIN[0], 18.0, "start", " font-weight=\"bold\"", &self.title);
        if self.series.iter().any(|s| !s.points.is_empty()) {
            self.draw_series(&mut out, &label);
        }
        self.draw_cells(&mut out, &label);
        out += "</svg>\n";
        out
    }

    fn draw_series(&self, out: &mut String, label: &dyn Fn(f64, f64, &str, &str, &str) -> String) {
        let finite = || self.series.iter().flat_map(|s| &s.points).filter(|p| p[0].is_finite() && p[1].is_finite());
        let has_bars = self.series.iter().any(|s| matches!(s.shape, Shape::Bars(_)));
        let mut y_range = range(finite().map(|p| p[1]));
        if has_bars {
            y_range = (y_range.0.min(0.0), y_range.1);
        }
        let x_range = range(finite().map(|p| p[0]));
        let [left, top, right, bottom] = [MARGIN[0], MARGIN[1], WIDTH - MARGIN[2], HEIGHT - MARGIN[3]];
        let x = |v: f64| left + (v - x_range.0) / (x_range.1 - x_range.0) * (right - left);
        let y = |v: f64| bottom - (v - y_range.0) / (y_range.1 - y_range.0) * (bottom - top);
        for at in ticks(x_range) {
            let _ = writeln!(out, "<path d=\"M{0:.1} {top}V{bottom}\" stroke=\"#ddd\" fill=\"none\"/>", x(at));
            out.push_str(&label(x(at), bottom + 17.0, "middle", "", &short(at)));
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
        let turned = format!(" transform=\"rotate(-90 16 {middle})\"");
        out.push_str(&label(16.0, middle, "middle", &turned, &self.y));
        let mut legend = right;
        for series in self.series.iter().rev() {
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
                        let (l, r, t) = (x(p[0] - width / 2.0), x(p[0] + width / 2.0), y(p[1]));
                        let _ = writeln!(
                            out,
                            "<rect x=\"{l:.2}\" y=\"{t:.2}\" width=\"{:.2}\" height=\"{:.2}\"/>",
                            r - l,
                            y(0.0) - t
                        );
                    }
                    out.push_str("</g>\n");
                }
            }
            if !series.name.is_empty() {
                // About seven units a letter, fourteen a Chinese one.
                let room: f64 = series.name.chars().map(|c| if c.is_ascii() { 7.0 } else { 13.5 }).sum();
                out.push_str(&label(legend, 34.0, "end", &format!(" fill=\"{color}\""), &series.name));
                legend -= room + 14.0;
            }
        }
    }

    fn draw_cells(&self, out: &mut String, label: &dyn Fn(f64, f64, &str, &str, &str) -> String) {
        let n = self.cells.len() as f64;
        let room = (WIDTH - MARGIN[0] - MARGIN[2]) / n.max(1.0);
        for (k, cells) in self.cells.iter().enumerate() {
            let columns = cells.columns.max(1);
            let rows = cells.values.len().div_ceil(columns).max(1);
            let (width, height) = (room - 10.0, HEIGHT - MARGIN[1] - MARGIN[3] - 16.0);
            let cell = [width / columns as f64, height / rows as f64];
            let [left, top] = [MARGIN[0] + k as f64 * room, MARGIN[1] + 16.0];
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
            out.push_str(&label(left + width / 2.0, HEIGHT - 16.0, "middle", "", &self.x));
            if k == 0 {
                let middle = top + height / 2.0;
                let turned = format!(" transform=\"rotate(-90 40 {middle})\"");
                out.push_str(&label(40.0, middle, "middle", &turned, &self.y));
            }
        }
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A field of a table: in quotes if it holds a comma or a quote.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
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

    fn figure() -> Figure {
        let mut figure = Figure::new("A <title> & more", "time, µs", "voltage");
        figure.add("in, \"the\" loop", [1, 2, 255], Shape::Line(1.5), vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, -3.5]]);
        figure.add("dots", [0, 0, 0], Shape::Dots(2.0), vec![[0.5, 0.25]]);
        figure.cells.push(Cells {
            name: "w".into(),
            columns: 2,
            values: vec![1.0, 2.0, 3.0],
            colors: vec![[255, 0, 0], [0, 255, 0], [0, 0, 255]],
        });
        figure
    }

    #[test]
    fn a_table_holds_every_number_and_quotes_what_needs_it() {
        let csv = figure().csv("seed 1\nchip 2");
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[..4], ["# A <title> & more", "# seed 1", "# chip 2", "series,\"time, µs\",voltage"]);
        assert_eq!(lines[4], "\"in, \"\"the\"\" loop\",0,1");
        assert_eq!(lines[6], "\"in, \"\"the\"\" loop\",2,-3.5");
        assert_eq!(lines.last(), Some(&"w,1,0,3"));
    }

    #[test]
    fn a_drawing_is_balanced_escaped_and_free_of_numbers_that_are_none() {
        let svg = figure().svg("sigma < 3 & more");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("A &lt;title&gt; &amp; more") && svg.contains("sigma &lt; 3 &amp; more"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(svg.contains("#0102ff") && svg.contains("stroke-width=\"1.5\""));
        for tag in ["g", "svg", "text", "title", "desc"] {
            let opened = svg.matches(&format!("<{tag} ")).count() + svg.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        // The last point of the curve is the lowest and rightmost one: it must lie inside the frame.
        let points = svg.split("<polyline points=\"").nth(1).and_then(|s| s.split('"').next()).expect("a line");
        let last: Vec<f64> = points.split([' ', ',']).map(|n| n.parse().expect("a number")).collect();
        assert_eq!(last.len(), 4, "the point that is none is left out");
        assert!(last[2] > last[0] && last[3] > last[1] && last[3] < HEIGHT - MARGIN[3] && last[2] < WIDTH - MARGIN[2]);
    }

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
