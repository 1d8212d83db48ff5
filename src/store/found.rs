//! Runs in a folder and the folders in it. Early versions exported a run as one file: a line with summary and experiment,
//! and then one line an epoch.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::record::{Record, State, append};
use super::run_folder::{EPOCHS, MOST_TEXT, SUMMARY, VERSION, epoch_of, is_locked, read_record, summary_of};
use crate::base::error::{Error, Result};
use crate::base::files::read_text;

/// How the name of such a file ends.
const ENDING: &str = ".run.jsonl";

/// Every run in a folder and the folders in it, by name; those that make no sense come apart, with their errors. A run
/// that runs no more counts as interrupted.
///
/// # Errors
/// When the folder cannot be read.
pub fn find(folder: &Path) -> Result<(Vec<Record>, Vec<Error>)> {
    let (found, errors) = find_folders(folder)?;
    Ok((found.into_iter().map(|(_, record)| record).collect(), errors))
}

/// Runs with their folders, and what is wrong with others.
pub(super) type FoundRuns = (Vec<(PathBuf, Record)>, Vec<Error>);

/// As [`find`], with the folder of each run.
pub(super) fn find_folders(folder: &Path) -> Result<FoundRuns> {
    /// Folders within folders within folders; links may lead in circles.
    const DEEPEST: usize = 8;
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    let mut waiting = vec![(folder.to_path_buf(), 0)];
    while let Some((at, depth)) = waiting.pop() {
        match read_record(&at) {
            Ok(Some(mut record)) => {
                if record.summary.state == State::Running && !is_locked(&at) {
                    record.summary.state = State::Interrupted;
                }
                records.push((at, record));
                continue;
            }
            Ok(None) if at.join(EPOCHS).exists() && !is_locked(&at) => {
                errors.push(Error::file("read", at.join(SUMMARY), &ErrorKind::NotFound.into()));
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                errors.push(error);
                continue;
            }
        }
        let entries = std::fs::read_dir(&at).map_err(|why| Error::file("read", &at, &why))?;
        let hidden = |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        for path in entries.filter_map(|e| Some(e.ok()?.path())).filter(|path| !hidden(path)) {
            if is_one_file(&path) {
                match read_one_file(&path) {
                    Ok(record) => records.push((path, record)),
                    Err(error) => errors.push(error),
                }
            } else if path.is_dir() && depth < DEEPEST {
                waiting.push((path, depth + 1));
            }
        }
    }
    records.sort_by(|a, b| a.1.summary.id.cmp(&b.1.summary.id));
    Ok((records, errors))
}

/// Whether a file is a run in one file, by its name.
fn is_one_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING)) && path.is_file()
}

/// The run in a file. It has no checkpoint.
///
/// # Errors
/// Names the file, the line, and what was expected.
fn read_one_file(path: &Path) -> Result<Record> {
    let text = read_text(path, MOST_TEXT)?;
    let bad = |why: String| Error::Malformed { path: path.into(), place: Some("line 1".into()), why };
    let mut lines = text.lines().zip(1..);
    let head: Json = serde_json::from_str(lines.next().map_or("", |line| line.0))
        .map_err(|why| bad(format!("expected the run as JSON: {why}")))?;
    if head.get(VERSION).and_then(Json::as_u64) != Some(1) {
        return Err(bad(format!("expected `{VERSION}` 1, the format of a run in one file")));
    }
    let mut summary = summary_of(head["run"].clone()).map_err(bad)?;
    summary.checkpoint = None;
    let mut epochs = Vec::new();
    for (line, number) in lines {
        let epoch = epoch_of(line.as_bytes(), path, number)?;
        if epoch.epoch <= summary.epochs {
            append(&mut epochs, epoch);
        }
    }
    Ok(Record { summary, epochs })
}
