//! Tables of finished runs.

use std::fmt::Write as _;
use std::path::Path;

use super::catalogue::published;
use super::{LaneOutcome, Outcome, Study};
use crate::error::{Error, Result};
use crate::params::LaneKind;

/// Mean and standard deviation over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistic {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the sample (n − 1); 0 for a single value.
    pub sd: f64,
    /// Number of values.
    pub n: usize,
}

impl Statistic {
    /// Of the given values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let spread: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let sd = if n > 1 { (spread / (n - 1) as f64).sqrt() } else { 0.0 };
        (n > 0).then_some(Self { mean, sd, n })
    }

    /// Fractions as percent with two decimals, "97.20 ± 0.10".
    fn percent(&self) -> String {
        format!("{:.2} ± {:.2}", 100.0 * self.mean, 100.0 * self.sd)
    }
}

/// One setting of a study over all its seeds.
struct Group<'a> {
    at: &'a [(String, String)],
    outcomes: Vec<&'a Outcome>,
}

impl Group<'_> {
    fn over_seeds(&self, lane: LaneKind, value: impl Fn(&LaneOutcome) -> Option<f64>) -> Option<Statistic> {
        let of_lane = self.outcomes.iter().flat_map(|o| o.lanes.iter().filter(|l| l.lane == lane));
        Statistic::of(&of_lane.filter_map(value).collect::<Vec<_>>())
    }
}

fn groups(outcomes: &[Outcome]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for outcome in outcomes {
        match groups.iter_mut().find(|g| g.at == outcome.at) {
            Some(group) => group.outcomes.push(outcome),
            None => groups.push(Group { at: &outcome.at, outcomes: vec![outcome] }),
        }
    }
    groups
}

/// The table of a study in Markdown: a row a setting, mean ± sd over seeds in %.
pub fn markdown(study: &Study, outcomes: &[Outcome]) -> String {
    let mut out = format!("{}: {}\n\n", study.name, study.question);
    let groups = groups(outcomes);
    let Some(first) = groups.first() else {
        out.push_str("no run was completed\n");
        return out;
    };
    let lanes: Vec<LaneKind> = LaneKind::ALL
        .into_iter()
        .filter(|lane| outcomes.iter().any(|o| o.lanes.iter().any(|l| l.lane == *lane)))
        .collect();
    let with_papers = study.name == "table1";
    let mut header: Vec<String> = first.at.iter().map(|(name, _)| name.clone()).collect();
    header.push("seeds".into());
    for lane in &lanes {
        header.push(format!("{} train", lane.name()));
        header.push(format!("{} test", lane.name()));
    }
    header.push("hidden spikes".into());
    if with_papers {
        header.extend(["software, published".into(), "chip, published".into()]);
    }
    let mut rows = Vec::new();
    for group in &groups {
        let mut row: Vec<String> = group.at.iter().map(|(_, value)| value.clone()).collect();
        row.push(group.outcomes.len().to_string());
        for &lane in &lanes {
            let cell = |s: Option<Statistic>| s.map_or_else(|| "–".to_owned(), |s| s.percent());
            row.push(cell(group.over_seeds(lane, |l| Some(l.train_accuracy))));
            row.push(cell(group.over_seeds(lane, |l| Some(l.test_accuracy))));
        }
        let spiking = lanes.iter().rev().find_map(|&lane| group.over_seeds(lane, |l| Some(l.hidden_spikes)));
        row.push(spiking.map_or_else(String::new, |s| format!("{:.1}", s.mean)));
        if with_papers {
            let papers = published(&group.at[0].1, &group.at[1].1);
            for k in 0..2 {
                row.push(papers.map_or_else(|| "–".to_owned(), |p| format!("{:.1} ± {:.1}", p[k].0, p[k].1)));
            }
        }
        rows.push(row);
    }
    table(&mut out, &header, &rows);
    if with_papers && groups.iter().any(|group| group.at[0].1 == "shd") {
        out.push_str("\nPublished figures for shd are about the Spiking Heidelberg Digits; other files of that format cannot be compared.\n");
    }
    for group in &groups {
        probed(&mut out, group, &lanes);
    }
    out
}

/// What the probe of a setting found, a row a quantity.
fn probed(out: &mut String, group: &Group<'_>, lanes: &[LaneKind]) {
    let Some(first) = group.outcomes.iter().flat_map(|o| &o.lanes).find(|l| !l.probed.is_empty()) else { return };
    let mut header = vec![group.at.iter().map(|(n, v)| format!("{n} {v}")).collect::<Vec<_>>().join(", ")];
    header.extend(lanes.iter().map(|lane| lane.name().to_owned()));
    let rows: Vec<Vec<String>> = first
        .probed
        .iter()
        .map(|(name, _)| {
            let mut row = vec![name.clone()];
            for &lane in lanes {
                let value = |l: &LaneOutcome| l.probed.iter().find(|(n, _)| n == name).map(|(_, a)| *a);
                row.push(group.over_seeds(lane, value).map_or_else(|| "–".to_owned(), |s| s.percent()));
            }
            row
        })
        .collect();
    out.push('\n');
    table(out, &header, &rows);
}

/// Columns as wide as their widest cell, so that the source reads as well as the page.
fn table(out: &mut String, header: &[String], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| &row[column]).chain([&header[column]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut line = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(c, &w)| format!("{c:<w$}")).collect();
        let _ = writeln!(out, "| {} |", padded.join(" | "));
    };
    line(header);
    line(&widths.iter().map(|&w| "-".repeat(w)).collect::<Vec<_>>());
    for row in rows {
        line(row);
    }
}

/// Every number of every run, one a line.
///
/// # Errors
/// When a number cannot be written, which memory alone decides.
pub fn csv(study: &Study, outcomes: &[Outcome]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names: Vec<&str> = study.jobs.first().map(|job| job.at.iter().map(|(n, _)| *n).collect()).unwrap_or_default();
    let mut header = names.clone();
    header.extend(["seed", "lane", "quantity", "value"]);
    let fail = |why: csv::Error| Error::System(format!("cannot write the table: {why}"));
    writer.write_record(&header).map_err(fail)?;
    for outcome in outcomes {
        for lane in &outcome.lanes {
            let fixed = [
                ("train_accuracy", lane.train_accuracy),
                ("test_accuracy", lane.test_accuracy),
                ("hidden_spikes", lane.hidden_spikes),
            ];
            let probed = lane.probed.iter().map(|(name, value)| (name.as_str(), *value));
            for (quantity, value) in fixed.into_iter().chain(probed) {
                let mut row: Vec<String> = outcome.at.iter().map(|(_, value)| value.clone()).collect();
                row.extend([outcome.seed.to_string(), lane.lane.name().into(), quantity.into(), value.to_string()]);
                writer.write_record(&row).map_err(fail)?;
            }
        }
    }
    writer.into_inner().map_err(|why| Error::System(format!("cannot write the table: {why}")))
}

/// Writes `NAME.md` and `NAME.csv` beside the file of finished runs.
///
/// # Errors
/// When a file cannot be written.
pub fn write(study: &Study, outcomes: &[Outcome], folder: &Path) -> Result<()> {
    let file = |extension: &str| folder.join(format!("{}.{extension}", study.name));
    crate::experiment_file::write_atomically(&file("md"), markdown(study, outcomes).as_bytes())?;
    crate::experiment_file::write_atomically(&file("csv"), &csv(study, outcomes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_the_textbook() {
        // Values 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, so sd = √(32/7).
        let s = Statistic::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((s.mean - 5.0).abs() < 1e-12 && (s.sd - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Statistic::of(&[]), None);
    }
}
