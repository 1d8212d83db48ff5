//! Figures as tables (CSV): every number that is drawn, with what it belongs to.

use csv::Writer;

use super::Figure;
use super::model::{Axis, Panel};

/// A table that is being written to memory.
type Out = Writer<Vec<u8>>;

impl Figure {
    /// The numbers, after title and `notes` as comments that begin with `#`.
    ///
    /// Every table begins with a row of headings, whose first one tells its kind: `series` (points of curves), `mark`
    /// (thresholds, nominal values, changes), `matrix`, `colours` (the values at both ends), `quantity` (numbers by themselves), `table` (raw values).
    pub fn csv(&self, notes: &str) -> String {
        let comments = std::iter::once(self.title.as_str()).chain(notes.lines()).map(|line| format!("# {line}\n"));
        let mut out = csv::WriterBuilder::new().flexible(true).from_writer(comments.collect::<String>().into_bytes());
        // Memory takes everything, and every row is text.
        let written = self.write(&mut out);
        debug_assert!(written.is_ok(), "{written:?}");
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    fn write(&self, out: &mut Out) -> csv::Result<()> {
        for panel in &self.panels {
            write_series(out, panel)?;
            write_rules(out, panel)?;
            write_cells(out, panel)?;
        }
        if !self.facts.is_empty() {
            out.write_record(["quantity", "value", "unit"])?;
        }
        for fact in &self.facts {
            out.write_record([&fact.name, &fact.value, &fact.unit])?;
        }
        for table in self.tables.iter().filter(|table| !table.rows.is_empty()) {
            out.write_record(std::iter::once("table").chain(table.heads.iter().map(String::as_str)))?;
            for row in &table.rows {
                out.write_record(std::iter::once(&table.name).chain(row))?;
            }
        }
        out.flush().map_err(csv::Error::from)
    }
}

/// A value by its word, or as it is.
fn said(axis: &Axis, value: f64) -> String {
    axis.word(value).map_or_else(|| value.to_string(), str::to_owned)
}

fn write_series(out: &mut Out, panel: &Panel) -> csv::Result<()> {
    // What has no name only joins or repeats other points.
    let series = || panel.series.iter().filter(|s| !s.points.is_empty() && !s.name.is_empty());
    let numbered = series().any(|s| s.number(0).is_some());
    if series().next().is_some() {
        let of = Some(panel.of.as_str()).filter(|_| numbered);
        out.write_record(["series"].into_iter().chain(of).chain([panel.x.name.as_str(), &panel.y.name]))?;
    }
    for series in series() {
        for (k, [x, y]) in series.points.iter().enumerate() {
            let number = series.number(k).map_or_else(String::new, |n| n.to_string());
            let place = [said(&panel.x, *x), said(&panel.y, *y)];
            let row = std::iter::once(series.name.clone()).chain(Some(number).filter(|_| numbered)).chain(place);
            out.write_record(row)?;
        }
    }
    Ok(())
}

fn write_rules(out: &mut Out, panel: &Panel) -> csv::Result<()> {
    for level in [false, true] {
        let axis = if level { &panel.y } else { &panel.x };
        let mut rules = panel.rules.iter().filter(|r| r.level == level && !r.name.is_empty()).peekable();
        if rules.peek().is_some() {
            out.write_record(["mark", &axis.name, "note"])?;
        }
        for rule in rules {
            out.write_record([&rule.name, &said(axis, rule.at), &rule.note])?;
        }
    }
    Ok(())
}

fn write_cells(out: &mut Out, panel: &Panel) -> csv::Result<()> {
    for cells in panel.cells.iter().filter(|cells| !cells.values.is_empty()) {
        out.write_record(["matrix", &panel.y.name, &panel.x.name, &cells.value])?;
        // A word names a cell by its middle, a number by where it begins.
        let name = |axis: &Axis, place: usize, k: usize| {
            let [begin, size] = [cells.origin[k], cells.size[k]];
            let word = axis.word(begin + (place as f64 + 0.5) * size);
            word.map_or_else(|| (begin + place as f64 * size).to_string(), str::to_owned)
        };
        for (k, value) in cells.values.iter().enumerate() {
            let (row, column) = (k / cells.columns, k % cells.columns);
            let place = [name(&panel.y, row, 1), name(&panel.x, column, 0)];
            out.write_record([&cells.name, &place[0], &place[1], &value.to_string()])?;
        }
    }
    let scales = panel.scales();
    if !scales.is_empty() {
        out.write_record(["colours", "from", "to"])?;
    }
    for scale in scales {
        out.write_record([scale.name.clone(), scale.ends[0].to_string(), scale.ends[1].to_string()])?;
    }
    Ok(())
}
