//! One run in one file, for programs that compute many: JSON Lines, made by adding lines.
//!
//! ```text
//! {"misfit_run": 1, "run": {"id": "…", "experiment": "format = 1\ntask = …", "started": 1795404827000, …}}
//! {"epoch": 1, "lanes": [{"lane": "ideal", "test_accuracy": 0.93, …}, …]}
//! {"epoch": 2, "lanes": […]}
//! {"run": {…, "state": "finished", "finished": 1795404841000, "measures": {…}}}
//! ```
//!
//! The first line names the version of the format; the last `run` in the file counts. The name ends in
//! `.run.jsonl`. A last line that was cut off is left out, so whoever was killed has lost at most one epoch;
//! a file whose `run` still says `running` is read as interrupted.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::record::{Ending, Epoch, Record, State, Summary};
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::training::metrics::EpochReport;

/// Version of the format that this program writes.
pub const FORMAT: u64 = 1;
/// How the names of such files end.
pub const SUFFIX: &str = ".run.jsonl";
/// A file is never larger than this, bytes; ten thousand epochs of three lanes are 7 MB.
const LARGEST: u64 = 1 << 28;

/// A file that grows with its run.
#[derive(Debug)]
pub struct RecordFile {
    path: PathBuf,
    file: File,
    record: Record,
}

impl RecordFile {
    /// Begins the file of a run in a folder, which is made if need be.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn create(folder: &Path, record: Record) -> Result<Self> {
        let path = record.write_into(folder)?;
        let opened = OpenOptions::new().append(true).open(&path);
        let file = opened.map_err(|why| Error::file("write", &path, &why))?;
        // Says that somebody is at it; where a lock would keep readers out there is none.
        if cfg!(unix)
            && let Err(why) = file.try_lock()
        {
            log::debug!("{}: {why}", path.display());
        }
        Ok(Self { path, file, record })
    }

    /// Whether the program that began this file is gone, as far as can be told. Says nothing of whether the run is over.
    pub fn is_abandoned(path: &Path) -> bool {
        cfg!(unix) && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
    }

    /// Adds an epoch and waits until it is on the disk.
    ///
    /// # Errors
    /// Names the file and the reason; what was written before stays readable.
    pub fn append_epoch(&mut self, reports: &[EpochReport]) -> Result<()> {
        self.record.append_epoch(reports);
        match Epoch::new(reports) {
            Some(epoch) => self.line(&json!(epoch)),
            None => Ok(()),
        }
    }

    /// Says how the run ended, with whatever was measured in [`Self::summary_mut`].
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn finish(mut self, ending: Ending) -> Result<Record> {
        self.record.finish(ending);
        self.line(&json!({"run": self.record.summary}))?;
        Ok(self.record)
    }

    /// Name, note, labels and measures; what is changed here is written by [`Self::finish`].
    pub fn summary_mut(&mut self) -> &mut Summary {
        &mut self.record.summary
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn line(&mut self, value: &Json) -> Result<()> {
        let text = format!("{value}\n");
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|why| Error::file("write", &self.path, &why))
    }
}

impl Record {
    /// The text of the file.
    pub fn to_lines(&self) -> String {
        let mut text = format!("{}\n", json!({"misfit_run": FORMAT, "run": self.summary}));
        for epoch in &self.epochs {
            text.push_str(&json!(epoch).to_string());
            text.push('\n');
        }
        text
    }

    /// Writes the whole run into a folder, which is made if need be, as `ID.run.jsonl`; returns the path.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn write_into(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(format!("{}{SUFFIX}", self.summary.id));
        std::fs::create_dir_all(folder).map_err(|why| Error::file("create the folder of", &path, &why))?;
        write_atomically(&path, self.to_lines().as_bytes())?;
        Ok(path)
    }

    /// Reads a run from its file.
    ///
    /// # Errors
    /// Names the file, the line, what was expected and what to do.
    pub fn import(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path).map_err(|why| Error::file("read", path, &why))?.len();
        if size > LARGEST {
            let why = format!("expected the file of a run of at most 256 MiB, got {size} bytes");
            return Err(Error::Malformed { path: path.into(), place: None, why });
        }
        let bytes = std::fs::read(path).map_err(|why| Error::file("read", path, &why))?;
        Self::from_lines(&bytes, path)
    }

    /// Reads the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub fn from_lines(bytes: &[u8], path: &Path) -> Result<Self> {
        let bad = |line: usize, why: String| Error::Malformed {
            path: path.into(),
            place: Some(format!("line {}", line + 1)),
            why,
        };
        let mut record: Option<Self> = None;
        let mut lines = bytes.split_inclusive(|b| *b == b'\n').enumerate().peekable();
        while let Some((k, line)) = lines.next() {
            let cut_off = lines.peek().is_none() && line.last() != Some(&b'\n');
            if line.trim_ascii().is_empty() {
                continue;
            }
            let value: Json = match serde_json::from_slice(line) {
                Ok(value) => value,
                // Whoever wrote it was stopped in the middle of the line.
                Err(_) if cut_off && record.is_some() => break,
                Err(why) => return Err(bad(k, format!("expected one JSON object a line: {why}"))),
            };
            if record.is_none() {
                match value.get("misfit_run").and_then(Json::as_u64) {
                    Some(1..=FORMAT) => {}
                    Some(newer) => {
                        return Err(bad(
                            k,
                            format!("the format is {newer}, but this Misfit knows {FORMAT}; use a newer Misfit"),
                        ));
                    }
                    None => return Err(bad(k, "expected `misfit_run`, the format of a run's file".into())),
                }
            }
            if let Some(run) = value.get("run") {
                let summary: Summary = serde_json::from_value(run.clone())
                    .map_err(|why| bad(k, format!("`run` does not describe a run: {why}")))?;
                let epochs = record.take().map_or_else(Vec::new, |r| r.epochs);
                record = Some(Self { summary, epochs });
            } else if let Some(record) = &mut record {
                let epoch = serde_json::from_value(value)
                    .map_err(|why| bad(k, format!("expected the numbers of an epoch: {why}")))?;
                record.append(epoch);
            } else {
                return Err(bad(k, "expected `run` in the first line".into()));
            }
        }
        let mut record = record.ok_or_else(|| bad(0, "expected a run, the file is empty".into()))?;
        let summary = &mut record.summary;
        if summary.id.is_empty() || !summary.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(bad(0, "`id` wants letters, digits, - and _".into()));
        }
        if summary.state == State::Running {
            summary.state = State::Interrupted;
        }
        // What belongs to a store does not travel.
        (summary.session, summary.deleted, summary.checkpoint) = (None, None, None);
        if let Some(last) = record.epochs.last() {
            (summary.epochs, summary.last) = (last.epoch, last.lanes.clone());
        }
        Ok(record)
    }
}

/// Every run's file in a folder and the folders in it, by name; those that make no sense come apart, with their errors.
///
/// # Errors
/// When the folder cannot be read.
pub fn find(folder: &Path) -> Result<(Vec<Record>, Vec<Error>)> {
    /// Folders within folders within folders; links may lead in circles.
    const DEEPEST: usize = 8;
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    let mut waiting = vec![(folder.to_path_buf(), 0)];
    while let Some((at, depth)) = waiting.pop() {
        let failed = |why: std::io::Error| Error::file("read", &at, &why);
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(&at).map_err(failed)?.filter_map(|e| Some(e.ok()?.path())).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                if depth < DEEPEST {
                    waiting.push((path, depth + 1));
                }
            } else if path.to_string_lossy().ends_with(SUFFIX) {
                match Record::import(&path) {
                    Ok(record) => records.push(record),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    records.sort_by(|a, b| a.summary.id.cmp(&b.summary.id));
    Ok((records, errors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{LaneKind, Params};

    pub(crate) fn reports(epoch: usize) -> Vec<EpochReport> {
        [LaneKind::Ideal, LaneKind::InTheLoop]
            .map(|lane| EpochReport {
                epoch,
                lane,
                train_loss: 1.0 / 3.0 / epoch as f64,
                train_accuracy: 0.7,
                test_loss: f64::NAN,
                test_accuracy: 0.1 + 0.2 * lane as usize as f64,
                hidden_spikes: 41.5,
                lost_events: 3,
                seconds: 0.25,
            })
            .to_vec()
    }

    fn with_epochs(n: usize) -> Record {
        let mut record = Record::new(&Params::default().with(|p| p.chip.number = 7), "sweep");
        record.summary.tags.insert("sigma".into(), "30".into());
        (1..=n).for_each(|epoch| record.append_epoch(&reports(epoch)));
        record
    }

    /// NaN is not equal to itself, so the texts are compared.
    fn same(a: &Record, b: &Record) -> bool {
        a.to_lines() == b.to_lines()
    }

    #[test]
    fn a_file_that_grew_epoch_by_epoch_reads_as_the_run_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RecordFile::create(&folder.path().join("new"), with_epochs(0)).unwrap();
        let path = file.path().to_path_buf();
        for epoch in 1..=3 {
            file.append_epoch(&reports(epoch)).unwrap();
            let read = Record::import(&path).unwrap();
            assert_eq!(
                (read.summary.state, read.summary.epochs, read.epochs.len()),
                (State::Interrupted, epoch, epoch)
            );
            assert!(!RecordFile::is_abandoned(&path));
        }
        file.summary_mut().measures.insert("decision_time".into(), 1.0 / 3.0);
        let record = file.finish(Ending::Finished).unwrap();
        assert_eq!(RecordFile::is_abandoned(&path), cfg!(unix));
        let read = Record::import(&path).unwrap();
        assert!(same(&read, &record), "{}\n{}", read.to_lines(), record.to_lines());
        assert_eq!(read.summary.params().unwrap().chip.number, 7);
        assert!(read.epochs[0].lanes[0].test_loss.is_nan());
        assert_eq!(read.epochs[2].lanes[1].report(3).train_loss.to_bits(), reports(3)[1].train_loss.to_bits());
        let (found, errors) = find(folder.path()).unwrap();
        assert!(found.len() == 1 && errors.is_empty());
    }

    #[test]
    fn a_file_cut_off_anywhere_reads_up_to_its_last_whole_line_or_says_what_is_wrong() {
        let text = with_epochs(3).to_lines();
        let first = text.find('\n').unwrap();
        for end in 0..text.len() {
            let read = Record::from_lines(&text.as_bytes()[..end], Path::new("x.run.jsonl"));
            match read {
                Ok(record) => {
                    let whole = text[..end].matches('\n').count();
                    // The last line is whole when only its end is missing.
                    let complete = whole + usize::from(text.as_bytes()[end] == b'\n');
                    assert_eq!(record.epochs.len() + 1, complete, "cut at {end}");
                }
                Err(error) => {
                    assert!(end < first && error.to_string().contains("x.run.jsonl"), "cut at {end}: {error}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_run_is_named_with_its_line() {
        let line = with_epochs(0).to_lines();
        for (text, expected) in [
            (String::new(), "empty"),
            ("[1]".into(), "misfit_run"),
            ("nonsense\n".into(), "line 1"),
            (line.replace("\"misfit_run\":1", "\"misfit_run\":9"), "newer Misfit"),
            (line.replace("\"state\":\"running\"", "\"state\":\"dreaming\""), "dreaming"),
            (format!("{line}{{\"epoch\": \"one\"}}\n"), "line 2"),
            (format!("{line}nonsense\n{{}}\n"), "line 2"),
            (line.replace("\"id\":\"", "\"id\":\"../../"), "`id` wants"),
        ] {
            let error = Record::from_lines(text.as_bytes(), Path::new("x.run.jsonl")).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("x.run.jsonl"), "{text:.60}: {error}");
        }
    }

    #[test]
    fn an_epoch_that_comes_again_replaces_itself_and_what_followed() {
        let mut record = with_epochs(5);
        record.append_epoch(&reports(3));
        assert_eq!(record.epochs.iter().map(|e| e.epoch).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(record.summary.epochs, 3);
    }
}
