//! Tables of finished runs.

use std::fmt::Write as _;
use std::path::Path;

use super::table::{Row, Statistic, Table};
use super::{Outcome, Study};
use crate::base::error::{Error, Result};
use crate::params::Lane;

/// Fractions as percent with two decimals, "97.20 ± 0.10"; a dash where there are none.
fn percent(value: Option<Statistic>) -> String {
    value.map_or_else(|| "–".to_owned(), |s| format!("{:.2} ± {:.2}", 100.0 * s.mean, 100.0 * s.sd))
}

/// The table of a study in Markdown: a row a setting, mean ± sd over seeds in %.
pub fn markdown(study: &Study, outcomes: &[Outcome]) -> String {
    let mut out = format!("{}: {}\n\n", study.name, study.question);
    let Table { lanes, rows: groups, with_published } = &Table::of(study, outcomes);
    let Some(first) = groups.first() else {
        out.push_str("no run was completed\n");
        return out;
    };
    let mut header: Vec<String> = first.at.iter().map(|(name, _)| name.clone()).collect();
    header.push("seeds".into());
    for lane in lanes {
        header.push(format!("{} train", lane.name()));
        header.push(format!("{} test", lane.name()));
    }
    header.push("hidden spikes".into());
    if *with_published {
        header.extend(["software, published".into(), "chip, published".into()]);
    }
    let mut rows = Vec::new();
    for group in groups {
        let mut row: Vec<String> = group.at.iter().map(|(_, value)| value.clone()).collect();
        row.push(group.seeds.to_string());
        for lane in &group.lanes {
            row.push(percent(lane.map(|l| l.train)));
            row.push(percent(lane.map(|l| l.test)));
        }
        let spiking = group.lanes.iter().rev().flatten().next();
        row.push(spiking.map_or_else(String::new, |l| format!("{:.1}", l.hidden_spikes.mean)));
        if *with_published {
            for k in 0..2 {
                row.push(group.published.map_or_else(|| "–".to_owned(), |p| format!("{:.1} ± {:.1}", p[k].0, p[k].1)));
            }
        }
        rows.push(row);
    }
    table(&mut out, &header, &rows);
    if *with_published && groups.iter().any(|group| group.at[0].1 == "shd") {
        out.push_str("\nPublished figures for shd are about the Spiking Heidelberg Digits; other files of that format cannot be compared.\n");
    }
    for group in groups {
        probed(&mut out, group, lanes);
    }
    out
}

/// What the probe of a setting found, a row a quantity.
fn probed(out: &mut String, group: &Row, lanes: &[Lane]) {
    if group.probed.is_empty() {
        return;
    }
    let mut header = vec![group.at.iter().map(|(n, v)| format!("{n} {v}")).collect::<Vec<_>>().join(", ")];
    header.extend(lanes.iter().map(|lane| lane.name().to_owned()));
    let row = |probed: &super::table::Probed| {
        std::iter::once(probed.name.clone()).chain(probed.lanes.iter().map(|value| percent(*value))).collect()
    };
    let rows: Vec<Vec<String>> = group.probed.iter().map(row).collect();
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
    crate::base::files::write_atomically(&file("md"), markdown(study, outcomes).as_bytes())?;
    crate::base::files::write_atomically(&file("csv"), &csv(study, outcomes)?)
}
