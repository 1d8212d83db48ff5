//! A plot as numbers, for tables (CSV) and drawings (SVG) that others can use.

mod drawing;

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

/// What rows, columns and values of the matrices are, with their units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// Empty for the name of the y axis.
    pub row: String,
    /// Empty for the name of the x axis.
    pub column: String,
    /// What the cells hold.
    pub value: String,
    /// What each row stands for; empty where its number says it.
    pub rows: Vec<String>,
    /// What each column stands for; empty where its number says it.
    pub columns: Vec<String>,
}

/// A number or a word that stands by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Number or word.
    pub value: String,
    /// Unit, if it has one.
    pub unit: &'static str,
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
    /// Words for 0, 1, 2 … on the x axis; empty where x is a number.
    pub names: Vec<String>,
    /// Curves and points.
    pub series: Vec<Series>,
    /// Matrices side by side; left of the curves where there are both.
    pub cells: Vec<Cells>,
    /// What the matrices are made of.
    pub matrix: Matrix,
    /// Below the plot.
    pub facts: Vec<Fact>,
}

/// The name of an axis with its unit, if it has one.
pub(super) fn with_unit(name: &str, unit: &str) -> String {
    if unit.trim().is_empty() { name.into() } else { format!("{name}, {}", unit.trim()) }
}

impl Figure {
    /// A figure without anything in it.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Self { title: title.into(), x: x.into(), y: y.into(), ..Self::default() }
    }

    /// Adds a series.
    pub fn add(&mut self, name: impl Into<String>, color: Rgb, shape: Shape, points: Vec<[f64; 2]>) {
        self.series.push(Series { name: name.into(), color, shape, points });
    }

    /// Says what rows, columns and values of the matrices are.
    pub fn of_cells(&mut self, row: &str, column: &str, value: &str) {
        self.matrix = Matrix { row: row.into(), column: column.into(), value: value.into(), ..Matrix::default() };
    }

    /// Adds a number or a word that stands by itself.
    pub fn tell(&mut self, name: impl Into<String>, value: &impl ToString, unit: &'static str) {
        self.facts.push(Fact { name: name.into(), value: value.to_string(), unit });
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
                    let _ = match self.name_at(*x) {
                        Some(word) => writeln!(out, "{name},{},{y}", quoted(word)),
                        None => writeln!(out, "{name},{x},{y}"),
                    };
                }
            }
        }
        for cells in &self.cells {
            let [row, column, value] = self.axes_of_cells().map(quoted);
            let _ = writeln!(out, "matrix,{row},{column},{value}");
            let name = quoted(&cells.name);
            for (k, value) in cells.values.iter().enumerate() {
                let (row, column) = (k / cells.columns.max(1), k % cells.columns.max(1));
                let _ = write!(out, "{name},");
                for (place, words) in [(row, &self.matrix.rows), (column, &self.matrix.columns)] {
                    let _ = match words.get(place) {
                        Some(word) => write!(out, "{},", quoted(word)),
                        None => write!(out, "{place},"),
                    };
                }
                let _ = writeln!(out, "{value}");
            }
        }
        if !self.facts.is_empty() {
            out.push_str("quantity,value,unit\n");
        }
        for Fact { name, value, unit } in &self.facts {
            let _ = writeln!(out, "{},{},{}", quoted(name), quoted(value), quoted(unit.trim()));
        }
        out
    }

    /// The word for the place on the x axis that is nearest to `x`: bars of one place stand side by side.
    fn name_at(&self, x: f64) -> Option<&str> {
        if self.names.is_empty() || x.is_nan() || x < -0.5 {
            return None;
        }
        self.names.get(x.round() as usize).map(String::as_str)
    }

    /// What row, column and value of the matrices are.
    fn axes_of_cells(&self) -> [&str; 3] {
        let Matrix { row, column, value, .. } = &self.matrix;
        [(row, self.y.as_str()), (column, &self.x), (value, "value")]
            .map(|(own, usual)| if own.is_empty() { usual } else { own })
    }
}

/// A field of a table: in quotes if it holds a comma or a quote.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
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
        assert!(last[2] > last[0] && last[3] > last[1] && last[3] < 500.0 - 55.0 && last[2] < 800.0 - 20.0);
    }
}
