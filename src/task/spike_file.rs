//! Recorded spikes in the HDF5 files of the Spiking Heidelberg Digits, plain or gzipped.
//!
//! ```text
//! spikes/times    [sample] ragged floats, seconds
//! spikes/units    [sample] ragged integers, as many as times
//! labels          [sample] integers
//! extra/speaker   [sample] integers, may be missing
//! extra/keys      [class] names, may be missing
//! ```
//!
//! Source of the format: B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke 2022, *The Heidelberg Spiking
//! Data Sets for the Systematic Evaluation of Spiking Neural Networks*, doi:10.1109/TNNLS.2020.3044364,
//! and the data's own site, compneuro.net.

mod ragged;

use std::path::{Path, PathBuf};

use hdf5_pure::{Dataset, FormatError};

use self::ragged::Ragged;
use super::compressed::{self, malformed};
use crate::base::error::{Error, Result};
use crate::base::hdf5::{Foreign, Number, SIGNATURE, is_hdf5, starts};
use crate::spikes::SpikeTrain;

/// Unpacked size above which a file is refused.
const LARGEST: u64 = 4 << 30;
const MOST_SAMPLES: u64 = 1 << 20;
const MOST_CLASSES: u16 = 512;
/// Later spikes, in seconds, are a mistake of units.
const LATEST: f64 = 3600.0;

const TIMES: &str = "spikes/times";
const UNITS: &str = "spikes/units";
const LABELS: &str = "labels";
const SPEAKERS: &str = "extra/speaker";
const CLASS_NAMES: &str = "extra/keys";

/// The content of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeFile {
    /// One train per sample, in order of time; times in seconds as recorded, rounded to `f32`.
    pub samples: Vec<SpikeTrain>,
    /// The class of each sample.
    pub labels: Vec<u16>,
    /// Who spoke each sample.
    pub speakers: Option<Vec<u16>>,
    /// One name per class.
    pub class_names: Option<Vec<String>>,
    /// Largest unit that spikes, plus one.
    pub n_units: usize,
}

/// Reads one file.
///
/// # Errors
/// When the file cannot be read, is not HDF5, is damaged, lacks a data set, or holds data that contradict one
/// another; the message names the path within the file and the sample.
pub fn read(path: &Path) -> Result<SpikeFile> {
    let mut reader = compressed::open(path)?;
    let mut bytes = Vec::new();
    // Before anything large is unpacked.
    for end in starts().map(|at| at + SIGNATURE.len()) {
        if !is_hdf5(&bytes) {
            compressed::read_up_to(&mut *reader, (end - bytes.len()) as u64, &mut bytes, path)?;
        }
    }
    check_signature(&bytes, path)?;
    compressed::read_up_to(&mut *reader, LARGEST - bytes.len() as u64, &mut bytes, path)?;
    if bytes.len() as u64 == LARGEST {
        let why = format!("expected less than {} GiB of HDF5, unpacked, got more", LARGEST >> 30);
        return Err(malformed(path, None, why));
    }
    compressed::expect_end(&mut *reader, bytes.len() as u64, path)?;
    bytes.shrink_to_fit();
    parse(bytes, path)
}

fn check_signature(bytes: &[u8], path: &Path) -> Result<()> {
    if is_hdf5(bytes) {
        return Ok(());
    }
    let start = bytes[..bytes.len().min(SIGNATURE.len())].escape_ascii();
    let why = format!("expected an HDF5 file, which begins with `{}`, got `{start}`", SIGNATURE.escape_ascii());
    Err(malformed(path, Some("byte 0".into()), why))
}

/// Reads the unpacked content of one file; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: Vec<u8>, path: &Path) -> Result<SpikeFile> {
    check_signature(&bytes, path)?;
    let foreign = Foreign::open(bytes).map_err(|why| malformed(path, None, why))?;
    let source = Source { foreign: &foreign, path };
    let labels = source.integers(LABELS)?.ok_or_else(|| source.missing(LABELS))?;
    let n = labels.len();
    let class_names = source.class_names()?;
    let speakers = source.integers(SPEAKERS)?;
    let mut times = source.ragged(TIMES)?;
    let mut units = source.ragged(UNITS)?;
    let mut counts = vec![(TIMES, times.len()), (UNITS, units.len())];
    counts.extend(speakers.as_ref().map(|s| (SPEAKERS, s.len())));
    for (name, got) in counts {
        if got != n {
            return Err(source.wrong(
                name,
                None,
                format!("expected {n} samples, one for each of `{LABELS}`, got {got}"),
            ));
        }
    }
    if n == 0 {
        return Err(source.wrong(LABELS, None, "expected at least one sample, got none"));
    }
    let n_classes = class_names.as_ref().map_or(usize::from(MOST_CLASSES), Vec::len);
    if let Some(k) = labels.iter().position(|&label| usize::from(label) >= n_classes) {
        let of = if class_names.is_some() {
            format!("`{CLASS_NAMES}` names {n_classes} classes")
        } else {
            "without class names".into()
        };
        let why = format!("expected a label of 0 to {} ({of}), got {}", n_classes - 1, labels[k]);
        return Err(source.wrong(LABELS, Some(k), why));
    }
    let mut samples = Vec::with_capacity(n);
    for k in 0..n {
        samples.push(source.sample(&mut times, &mut units, k)?);
    }
    let largest = samples.iter().flat_map(|s| s.units.iter().copied()).max();
    let n_units = largest
        .map(|unit| usize::from(unit) + 1)
        .ok_or_else(|| source.wrong(UNITS, None, "expected spikes, got none in any sample"))?;
    Ok(SpikeFile { samples, labels, speakers, class_names, n_units })
}

/// An open file with its name.
#[derive(Clone, Copy)]
struct Source<'a> {
    foreign: &'a Foreign,
    path: &'a Path,
}

impl<'a> Source<'a> {
    /// An error at an HDF5 path and, if known, a sample.
    fn wrong(&self, name: &str, sample: Option<usize>, why: impl Into<String>) -> Error {
        let place = sample.map_or_else(|| name.to_owned(), |k| format!("{name}, sample {k}"));
        malformed(self.path, Some(place), why)
    }

    fn missing(&self, name: &str) -> Error {
        let group = name.split_once('/').map(|(group, _)| group);
        let what = match group {
            Some(group) if self.foreign.file().group(group).is_err() => format!("the group `{group}` is missing"),
            _ => "this data set is missing".to_owned(),
        };
        let why = format!("{what}; expected `{TIMES}`, `{UNITS}` and `{LABELS}` as in the Spiking Heidelberg Digits");
        self.wrong(name, None, why)
    }

    fn damaged(&self, name: &str, why: &hdf5_pure::Error) -> Error {
        self.wrong(name, None, format!("cannot be read ({why})"))
    }

    /// A data set of one dimension, with its length; `None` where there is none.
    fn column(&self, name: &str) -> Result<Option<(Dataset, usize)>> {
        let damaged = |why| self.damaged(name, &why);
        let data = match self.foreign.file().dataset(name) {
            Ok(data) => data,
            Err(hdf5_pure::Error::Format(FormatError::PathNotFound(_))) => return Ok(None),
            Err(why) => return Err(damaged(why)),
        };
        let shape = data.shape().map_err(damaged)?;
        let &[n] = &shape[..] else {
            return Err(self.wrong(name, None, format!("expected one dimension, got the shape {shape:?}")));
        };
        if n > MOST_SAMPLES {
            return Err(self.wrong(name, None, format!("expected at most {MOST_SAMPLES} samples, got {n}")));
        }
        Ok(Some((data, n as usize)))
    }

    /// A column of integers 0…65,535 of whatever width; `None` where there is none.
    fn integers(&self, name: &str) -> Result<Option<Vec<u16>>> {
        let Some((data, _)) = self.column(name)? else { return Ok(None) };
        let damaged = |why| self.damaged(name, &why);
        let stored = data.datatype().map_err(damaged)?;
        let Some(number) = Number::of(&stored).filter(|number| number.is_integer()) else {
            return Err(self.wrong(name, None, format!("expected integers, got {stored}")));
        };
        let raw = self.foreign.raw(&data).map_err(|why| self.wrong(name, None, why))?;
        let values = raw.chunks_exact(number.size()).enumerate().map(|(k, bytes)| {
            let value = number.integer(bytes);
            u16::try_from(value).map_err(|_| self.wrong(name, Some(k), format!("expected 0 to 65535, got {value}")))
        });
        values.collect::<Result<_>>().map(Some)
    }

    fn class_names(&self) -> Result<Option<Vec<String>>> {
        let name = CLASS_NAMES;
        let Some((data, n)) = self.column(name)? else { return Ok(None) };
        if !(1..=usize::from(MOST_CLASSES)).contains(&n) {
            return Err(self.wrong(name, None, format!("expected 1 to {MOST_CLASSES} classes, got {n}")));
        }
        let names = self.foreign.texts(&data).map_err(|why| self.wrong(name, None, why))?;
        if names.len() != n {
            return Err(self.wrong(name, None, format!("expected {n} names, got {}", names.len())));
        }
        Ok(Some(names))
    }

    fn ragged(&self, name: &'static str) -> Result<Ragged<'a>> {
        let (data, _) = self.column(name)?.ok_or_else(|| self.missing(name))?;
        let ragged = Ragged::open(self.foreign, &data).map_err(|why| self.wrong(name, None, why))?;
        let (fits, expected) = match name {
            TIMES => (!ragged.number().is_integer(), "floats"),
            _ => (ragged.number().is_integer(), "integers"),
        };
        if fits { Ok(ragged) } else { Err(self.wrong(name, None, format!("expected lists of {expected}"))) }
    }

    /// The spikes of sample `k`.
    fn sample(&self, times: &mut Ragged<'_>, units: &mut Ragged<'_>, k: usize) -> Result<SpikeTrain> {
        let raw_times = times.get(k).map_err(|why| self.wrong(TIMES, Some(k), why))?;
        let raw_units = units.get(k).map_err(|why| self.wrong(UNITS, Some(k), why))?;
        let (time, unit) = (times.number(), units.number());
        let (n_times, n_units) = (raw_times.len() / time.size(), raw_units.len() / unit.size());
        if n_times != n_units {
            let why = format!("expected {n_times} units, one for each of `{TIMES}`, got {n_units}");
            return Err(self.wrong(UNITS, Some(k), why));
        }
        let mut events = Vec::with_capacity(n_times);
        for (s, (t, u)) in raw_times.chunks_exact(time.size()).zip(raw_units.chunks_exact(unit.size())).enumerate() {
            let (t, u) = (time.float(t), unit.integer(u));
            if !(0.0..=LATEST).contains(&t) {
                let why = format!("spike {s}: expected a time of 0 to {LATEST} s, got {t}");
                return Err(self.wrong(TIMES, Some(k), why));
            }
            let Ok(u) = u16::try_from(u) else {
                return Err(self.wrong(UNITS, Some(k), format!("spike {s}: expected a unit of 0 to 65535, got {u}")));
            };
            events.push((t as f32, u));
        }
        Ok(SpikeTrain::from_events(events))
    }
}

/// Reads the training file and, if there is one, the test file of a folder, and says which they are.
///
/// They are the files with `train` and with `test` in their names that end in `.h5` or `.hdf5`, perhaps followed
/// by `.gz`. Of a file that is there packed and unpacked, the unpacked one is taken. A path to a training file
/// stands for that file and for the one beside it whose name has `test` in place of `train`.
///
/// # Errors
/// When there is no training file, or several candidates for one role; when the two files name their classes
/// differently; and as [`read`].
pub fn open_folder(path: &Path) -> Result<(SpikeFile, Option<SpikeFile>, Vec<PathBuf>)> {
    let (train_file, test_file) = if path.is_file() { beside(path) } else { in_folder(path)? };
    let train = read(&train_file)?;
    let test = test_file.as_deref().map(read).transpose()?;
    if let Some((test, file)) = test.as_ref().zip(test_file.as_deref())
        && let (Some(expected), Some(got)) = (&train.class_names, &test.class_names)
        && expected != got
    {
        let why = format!("expected the class names of {}, {expected:?}, got {got:?}", train_file.display());
        return Err(malformed(file, Some(CLASS_NAMES.into()), why));
    }
    Ok((train, test, std::iter::once(train_file).chain(test_file).collect()))
}

const ENDINGS: [&str; 4] = [".h5", ".hdf5", ".h5.gz", ".hdf5.gz"];

/// A training file that was named by hand, and its test file.
fn beside(path: &Path) -> (PathBuf, Option<PathBuf>) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut test_file = None;
    if let Some((before, after)) = name.rsplit_once("train") {
        let after = after.strip_suffix(".gz").unwrap_or(after);
        let candidates = ["", ".gz"].map(|packed| path.with_file_name(format!("{before}test{after}{packed}")));
        test_file = candidates.into_iter().find(|file| file.is_file());
    }
    (path.to_owned(), test_file)
}

fn in_folder(folder: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
    let unreadable = |why| Error::file("read", folder, &why);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = !name.starts_with('.') && ENDINGS.iter().any(|end| name.to_lowercase().ends_with(end));
        if is_ours && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    let packed_twice = |name: &String| name.strip_suffix(".gz").is_some_and(|plain| names.iter().any(|n| n == plain));
    let files: Vec<&String> = names.iter().filter(|name| !packed_twice(name)).collect();
    let with = |word: &str, without: &str| -> Result<Option<PathBuf>> {
        let fits = |name: &str| name.contains(word) && (without.is_empty() || !name.contains(without));
        let found: Vec<&str> =
            files.iter().map(|name| name.as_str()).filter(|name| fits(&name.to_lowercase())).collect();
        match found[..] {
            [] => Ok(None),
            [name] => Ok(Some(folder.join(name))),
            _ => {
                let why = format!(
                    "expected one file with `{word}` in its name, got {}; give the path of the training file",
                    found.join(", ")
                );
                Err(malformed(folder, None, why))
            }
        }
    };
    let train = with("train", "")?.ok_or_else(|| {
        let why = format!("expected a file with `train` in its name that ends in one of {}", ENDINGS.join(", "));
        malformed(folder, None, why)
    })?;
    Ok((train, with("test", "train")?))
}

#[cfg(test)]
mod tests;
