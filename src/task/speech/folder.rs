//! Recordings in a folder: whose word is which.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::base::files::read_text;

/// More files than this in one folder are a mistake; Speech Commands has 105,829.
const MOST_FILES: usize = 500_000;
/// More classes than this are a mistake.
const MOST_CLASSES: usize = 1_000;
/// More speakers than this are a mistake; Speech Commands has 2,618.
const MOST_SPEAKERS: usize = 20_000;
/// Bytes of a list of files; those of Speech Commands have 400,000.
const LONGEST_LIST: u64 = 64 << 20;
/// Speakers are held out until they make about so large a part of the words: one in so many.
const TEST_SHARE: usize = 6;
/// Name of a speaker that no file name tells.
const UNKNOWN: &str = "unknown";
/// The speaker who is held out of the Free Spoken Digit Dataset unless others are named.
const HELD_OUT: &str = "theo";
/// Of every speaker and class the first recordings are for the test: a tenth, at most these.
const MOST_TEST: usize = 5;
/// Digits in the order of the Spiking Heidelberg Digits; other classes follow in order of number and name.
const DIGITS: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "null", "eins", "zwei", "drei",
    "vier", "fünf", "sechs", "sieben", "acht", "neun",
];

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Where it is.
    pub path: PathBuf,
    /// Index into [`Recordings::class_names`].
    pub class: u16,
    /// Index into [`Recordings::speaker_names`].
    pub speaker: u16,
    /// Whether it is for the test.
    pub is_test: bool,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recordings {
    /// The folder that was asked for.
    pub folder: PathBuf,
    /// All files, in order of class, speaker, number and name.
    pub files: Vec<Recording>,
    /// Digits in their order, then numbers, then words.
    pub class_names: Vec<String>,
    /// In order of the alphabet.
    pub speaker_names: Vec<String>,
    /// What was left out, and which words are for the test if the folder does not say it.
    pub notes: Vec<String>,
}

/// Looks through a folder of WAV files; their content is not read.
///
/// Three ways of filing are understood:
/// - `{class}_{speaker}_{number}.wav` in the folder or in its sub-folder `recordings`, as in the Free Spoken
///   Digit Dataset (`7_theo_3.wav`, `sieben_anna_0.wav`);
/// - the same names in one sub-folder per speaker, as in AudioMNIST (`12/7_12_3.wav`);
/// - one sub-folder per class, as in Speech Commands. The speaker is the file name up to the first `_`, if there is one.
///
/// Where files and sub-folders could both be meant, those count that hold more words. Names that begin with a dot and
/// folders that begin with `_` are left out.
///
/// Test data are all words of the speakers `held_out`. If that is empty: the files in `testing_list.txt`, where it is
/// there; those in `validation_list.txt` are then left out. Else all words of `theo`, or, of at least three
/// speakers, of the last ones that have about a sixth of the words; and of each class of every other speaker the
/// first tenth (at least one of several, at most five).
///
/// # Errors
/// Names the folder and what is missing: classes, files, a speaker to hold out, words to learn or to test.
pub fn scan(folder: &Path, held_out: &[String]) -> Result<Recordings> {
    let wrong = |why: String| Error::Malformed { path: folder.into(), place: None, why };
    let nested = folder.join("recordings");
    let base = if nested.is_dir() { &nested } else { folder };
    let mut notes = Vec::new();
    let mut found = find(base, &mut notes)?;
    if found.is_empty() {
        return Err(wrong(
            "expected WAV files named class_speaker_number.wav, such as 7_theo_3.wav, or one sub-folder of WAV files \
             per class; there is neither"
                .into(),
        ));
    }
    if found.len() > MOST_FILES {
        return Err(wrong(format!("expected at most {MOST_FILES} recordings, got {}", found.len())));
    }
    found.sort_by(|a, b| a.order().cmp(&b.order()));
    let is_test = match (held_out, Lists::read(base)?) {
        ([], Some(lists)) => lists.split(&mut found, base, &mut notes),
        _ => split(&found, held_out, &mut notes),
    };
    let names = |name: fn(&Found) -> &String| {
        let mut names: Vec<String> = found.iter().map(name).cloned().collect();
        names.sort_by(|a, b| class_order(a).cmp(&class_order(b)));
        names.dedup();
        names
    };
    let (class_names, speaker_names) = (names(|f| &f.class), names(|f| &f.speaker));
    if class_names.len() < 2 {
        return Err(wrong(format!("expected at least two classes, got only {}", class_names.join(""))));
    }
    for (what, names, most) in [("classes", &class_names, MOST_CLASSES), ("speakers", &speaker_names, MOST_SPEAKERS)] {
        if names.len() > most {
            return Err(wrong(format!("expected at most {most} {what}, got {}", names.len())));
        }
    }
    if let Some(name) = held_out.iter().find(|name| !speaker_names.contains(name)) {
        return Err(wrong(format!("no recording is by the speaker {name}; there are {}", some_of(&speaker_names))));
    }
    let place = |names: &[String], name: &str| {
        names.binary_search_by(|known| class_order(known).cmp(&class_order(name))).unwrap_or(0) as u16
    };
    let files: Vec<Recording> = found
        .into_iter()
        .zip(is_test)
        .map(|(found, is_test)| Recording {
            class: place(&class_names, &found.class),
            speaker: place(&speaker_names, &found.speaker),
            path: found.path,
            is_test,
        })
        .collect();
    for (set, wanted) in [("learn from", false), ("test with", true)] {
        if !files.iter().any(|file| file.is_test == wanted) {
            return Err(wrong(format!("there are no recordings to {set}; add more of every class and speaker")));
        }
    }
    Ok(Recordings { folder: folder.into(), files, class_names, speaker_names, notes })
}

/// The recordings in `base` itself or in its sub-folders, whichever are more.
fn find(base: &Path, notes: &mut Vec<String>) -> Result<Vec<Found>> {
    let (files, mut folders) = list(base)?;
    let left_out: Vec<String> =
        folders.extract_if(.., |path| name_of(path).starts_with('_')).map(|path| name_of(&path)).collect();
    let flat: Vec<Found> = files.into_iter().filter_map(Found::flat).collect();
    let mut filed = Vec::new();
    for folder in folders {
        filed.extend(list(&folder)?.0.into_iter().filter_map(|path| Found::in_folder(path, &folder)));
    }
    let (found, spare, of) = if filed.len() > flat.len() {
        (filed, flat, "beside the sub-folders")
    } else {
        (flat, filed, "in sub-folders")
    };
    if !spare.is_empty() {
        notes.push(format!("{}: {} recordings {of} are left out", base.display(), spare.len()));
    }
    if !left_out.is_empty() {
        notes.push(format!("{}: left out, as its name begins with _: {}", base.display(), some_of(&left_out)));
    }
    Ok(found)
}

/// The first names of a list that may be long.
fn some_of(names: &[String]) -> String {
    let more = if names.len() > 20 { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(20)].join(", "))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A file and what its name says.
#[derive(Debug, Clone)]
struct Found {
    path: PathBuf,
    class: String,
    speaker: String,
    number: u64,
}

impl Found {
    /// `class_speaker_number.wav`; the class may contain underscores.
    fn flat(path: PathBuf) -> Option<Self> {
        let stem = path.file_stem()?.to_str()?;
        let (rest, number) = stem.rsplit_once('_')?;
        let (class, speaker) = rest.rsplit_once('_')?;
        let number = number.parse().ok()?;
        let (class, speaker) = (class.to_owned(), speaker.to_owned());
        (!class.is_empty() && !speaker.is_empty()).then_some(Self { path, class, speaker, number })
    }

    /// `class_speaker_number.wav` in a folder of the speaker, or any name in a folder of the class.
    fn in_folder(path: PathBuf, folder: &Path) -> Option<Self> {
        let folder = name_of(folder);
        if let Some(found) = Self::flat(path.clone()).filter(|found| found.speaker == folder) {
            return Some(found);
        }
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        let speaker = stem.split_once('_').map_or(UNKNOWN, |(speaker, _)| speaker).to_owned();
        let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let number = stem[stem.len() - digits..].parse().unwrap_or(0);
        Some(Self { path, class: folder, speaker, number })
    }

    fn order(&self) -> (Order<'_>, &str, u64, &Path) {
        (class_order(&self.class), &self.speaker, self.number, &self.path)
    }
}

/// Digits, then numbers, then the alphabet.
type Order<'a> = (usize, u64, &'a str);

fn class_order(name: &str) -> Order<'_> {
    let digit = DIGITS.iter().position(|digit| *digit == name).unwrap_or(DIGITS.len());
    (digit, name.parse().unwrap_or(u64::MAX), name)
}

/// The files that a folder names as its test and validation data, by their paths within it.
struct Lists {
    test: BTreeSet<String>,
    validation: BTreeSet<String>,
}

impl Lists {
    /// `None` where there is no list for the test.
    fn read(base: &Path) -> Result<Option<Self>> {
        let read = |name: &str| -> Result<Option<BTreeSet<String>>> {
            let path = base.join(name);
            let text = path.is_file().then(|| read_text(&path, LONGEST_LIST)).transpose()?;
            Ok(text.map(|text| text.lines().map(|line| line.trim().to_owned()).collect()))
        };
        let Some(test) = read("testing_list.txt")? else { return Ok(None) };
        Ok(Some(Self { test, validation: read("validation_list.txt")?.unwrap_or_default() }))
    }

    /// Takes validation data away and says which of the others are for the test.
    fn split(&self, found: &mut Vec<Found>, base: &Path, notes: &mut Vec<String>) -> Vec<bool> {
        let within = |found: &Found| {
            let path = found.path.strip_prefix(base).unwrap_or(&found.path);
            path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        let before = found.len();
        found.retain(|file| !self.validation.contains(&within(file)));
        if before > found.len() {
            notes.push(format!("{} words of validation_list.txt are left out", before - found.len()));
        }
        found.iter().map(|file| self.test.contains(&within(file))).collect()
    }
}

/// Which of the sorted recordings are for the test.
fn split(found: &[Found], held_out: &[String], notes: &mut Vec<String>) -> Vec<bool> {
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sizes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for file in found {
        *words.entry(&file.speaker).or_default() += 1;
        *sizes.entry((&file.class, &file.speaker)).or_default() += 1;
    }
    let chosen: BTreeSet<&str> = match held_out {
        [] if words.contains_key(HELD_OUT) => BTreeSet::from([HELD_OUT]),
        [] if words.len() >= 3 => last_speakers(&words, found.len() / TEST_SHARE),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let is_test: Vec<bool> = found
        .iter()
        .map(|file| {
            let key = (file.class.as_str(), file.speaker.as_str());
            let rank = seen.entry(key).or_default();
            *rank += 1;
            let size = sizes[&key];
            let first = if size < 2 { 0 } else { (size / 10).clamp(1, MOST_TEST) };
            chosen.contains(&key.1) || (held_out.is_empty() && *rank <= first)
        })
        .collect();
    if held_out.is_empty() {
        let (n, of) = (is_test.iter().filter(|is_test| **is_test).count(), found.len());
        let chosen: Vec<String> = chosen.into_iter().map(str::to_owned).collect();
        let by = if chosen.is_empty() { String::new() } else { format!("; all by {}", some_of(&chosen)) };
        notes.push(format!("no list of test words: {n} of {of} are held out{by}"));
    }
    is_test
}

/// The last speakers who have about `wanted` words together; at least one.
fn last_speakers<'a>(words: &BTreeMap<&'a str, usize>, wanted: usize) -> BTreeSet<&'a str> {
    let mut order: Vec<(&str, usize)> = words.iter().map(|(name, n)| (*name, *n)).collect();
    order.sort_by_key(|(name, _)| Reverse(class_order(name)));
    let (mut chosen, mut held) = (BTreeSet::new(), 0);
    for &(name, n) in &order {
        // One with so many words that far too many would be held out is passed over.
        if held < wanted && held + n <= wanted + wanted / 2 {
            chosen.insert(name);
            held += n;
        }
    }
    if chosen.is_empty() {
        chosen.extend(order.first().map(|(name, _)| *name));
    }
    chosen
}

/// The WAV files and the sub-folders of a folder; hidden ones are left out.
fn list(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let failed = |why: std::io::Error| Error::file("read", folder, &why);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if name_of(&path).starts_with('.') {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav")) && path.is_file() {
            files.push(path);
        }
    }
    folders.sort();
    Ok((files, folders))
}

#[cfg(test)]
mod tests;
