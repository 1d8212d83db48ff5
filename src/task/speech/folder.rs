//! Recordings in a folder: whose word is which.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};

/// More files than this in one folder are a mistake.
const MOST_FILES: usize = 100_000;
/// More classes or speakers than this are a mistake.
const MOST_NAMES: usize = 1_000;
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
}

/// Looks through a folder of WAV files; their content is not read.
///
/// Two ways of filing are understood:
/// - `{class}_{speaker}_{number}.wav` in the folder or in its sub-folder `recordings`, as in the Free Spoken
///   Digit Dataset (`7_theo_3.wav`, `sieben_anna_0.wav`);
/// - one sub-folder per class. The speaker is the file name up to the first `_`, if there is one.
///
/// Test data are all words of the speakers `held_out`. If that is empty: all words of `theo`, or of the
/// last speaker if there are at least three and none is `theo`, and of each class of every other speaker
/// the first tenth (at least one of several, at most five).
///
/// # Errors
/// Names the folder and what is missing: classes, files, a speaker to hold out, words to learn or to test.
pub fn scan(folder: &Path, held_out: &[String]) -> Result<Recordings> {
    let wrong = |why: String| Error::Malformed { path: folder.into(), place: None, why };
    let nested = folder.join("recordings");
    let flat = if nested.is_dir() { &nested } else { folder };
    let (files, folders) = list(flat)?;
    let mut found: Vec<Found> = files.into_iter().filter_map(Found::flat).collect();
    if found.is_empty() {
        for class in folders {
            let (files, _) = list(&class)?;
            found.extend(files.into_iter().filter_map(|path| Found::in_class(path, &class)));
        }
    }
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
    let names = |name: fn(&Found) -> &String| {
        let mut names: Vec<String> = found.iter().map(name).cloned().collect();
        names.sort_by(|a, b| class_order(a).cmp(&class_order(b)));
        names.dedup();
        names
    };
    let (class_names, speaker_names) = (names(|f| &f.class), names(|f| &f.speaker));
    if class_names.len() < 2 {
        return Err(wrong(format!("expected at least two classes, got only {}", class_names[0])));
    }
    for (what, names) in [("classes", &class_names), ("speakers", &speaker_names)] {
        if names.len() > MOST_NAMES {
            return Err(wrong(format!("expected at most {MOST_NAMES} {what}, got {}", names.len())));
        }
    }
    if let Some(name) = held_out.iter().find(|name| !speaker_names.contains(name)) {
        return Err(wrong(format!("no recording is by the speaker {name}; there are {}", speaker_names.join(", "))));
    }
    let is_test = split(&found, &speaker_names, held_out);
    let place = |names: &[String], name: &String| names.iter().position(|n| n == name).unwrap_or(0) as u16;
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
    Ok(Recordings { folder: folder.into(), files, class_names, speaker_names })
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

    /// Any name in a folder that is named after the class.
    fn in_class(path: PathBuf, class: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        let speaker = stem.split_once('_').map_or(UNKNOWN, |(speaker, _)| speaker).to_owned();
        let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let number = stem[stem.len() - digits..].parse().unwrap_or(0);
        let class = class.file_name()?.to_string_lossy().into_owned();
        Some(Self { path, class, speaker, number })
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

/// Which of the sorted recordings are for the test.
fn split(found: &[Found], speakers: &[String], held_out: &[String]) -> Vec<bool> {
    let chosen: Vec<&str> = match held_out {
        [] if speakers.iter().any(|name| name == HELD_OUT) => vec![HELD_OUT],
        [] if speakers.len() >= 3 => speakers.last().map(String::as_str).into_iter().collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut sizes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for file in found {
        *sizes.entry((&file.class, &file.speaker)).or_default() += 1;
    }
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    found
        .iter()
        .map(|file| {
            let key = (file.class.as_str(), file.speaker.as_str());
            let rank = seen.entry(key).or_default();
            *rank += 1;
            let size = sizes[&key];
            let first = if size < 2 { 0 } else { (size / 10).clamp(1, MOST_TEST) };
            chosen.contains(&key.1) || (held_out.is_empty() && *rank <= first)
        })
        .collect()
}

/// The WAV files and the sub-folders of a folder; hidden ones are left out.
fn list(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let failed = |why: std::io::Error| Error::file("read", folder, &why);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav")) {
            files.push(path);
        }
    }
    folders.sort();
    Ok((files, folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        folder
    }

    fn fsdd(speakers: &[&str], sub: &str) -> Vec<String> {
        let mut names = vec![format!("{sub}README.md"), format!("{sub}.hidden_x_1.wav")];
        for digit in 0..11 {
            for speaker in speakers {
                names.extend((0..50).map(|k| format!("{sub}{digit}_{speaker}_{k}.wav")));
            }
        }
        names
    }

    #[test]
    fn the_free_spoken_digits_are_split_as_published() {
        for sub in ["", "recordings/"] {
            let folder = folder(&fsdd(&["jackson", "theo", "yweweler"], sub));
            let found = scan(folder.path(), &[]).unwrap();
            assert_eq!(found.files.len(), 11 * 3 * 50);
            assert_eq!(found.class_names, (0..11).map(|d| d.to_string()).collect::<Vec<_>>(), "numbers in order");
            assert_eq!(found.speaker_names, ["jackson", "theo", "yweweler"]);
            for file in &found.files {
                let stem = file.path.file_stem().unwrap().to_str().unwrap();
                let number: u32 = stem.rsplit('_').next().unwrap().parse().unwrap();
                assert_eq!(file.is_test, stem.contains("theo") || number < 5, "{stem}");
                assert!(stem.starts_with(&format!("{}_", file.class)), "{stem} is no {}", file.class);
            }
        }
    }

    #[test]
    fn speakers_can_be_held_out_by_name_and_then_the_others_are_all_for_learning() {
        let folder = folder(&fsdd(&["a", "b", "c"], ""));
        let found = scan(folder.path(), &["a".into(), "c".into()]).unwrap();
        assert!(found.files.iter().all(|file| file.is_test == (file.speaker != 1)));
        let last = scan(folder.path(), &[]).unwrap();
        assert!(last.files.iter().filter(|file| file.speaker == 2).all(|file| file.is_test));
        let error = scan(folder.path(), &["d".into()]).unwrap_err().to_string();
        assert!(error.contains("speaker d; there are a, b, c"), "{error}");
    }

    #[test]
    fn a_sub_folder_per_class_works_with_and_without_speakers() {
        let names: Vec<String> = [
            "nine/anna_1.wav",
            "nine/anna_2.wav",
            "nine/x3.WAV",
            "zero/anna_1.wav",
            "zero/anna_10.wav",
            "zero/anna_9.wav",
            "zwölf/a.wav",
            "notes/todo.txt",
        ]
        .map(String::from)
        .to_vec();
        let folder = folder(&names);
        let found = scan(folder.path(), &[]).unwrap();
        assert_eq!(found.class_names, ["zero", "nine", "zwölf"], "digits come first");
        assert_eq!(found.speaker_names, ["anna", "unknown"]);
        let order: Vec<String> =
            found.files.iter().map(|f| f.path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(order[..3], ["anna_1.wav", "anna_9.wav", "anna_10.wav"], "numbers count as numbers");
        assert_eq!(found.files.iter().filter(|f| f.is_test).count(), 2, "one of each several");
    }

    #[test]
    fn folders_without_a_task_are_refused_with_what_is_missing() {
        for (names, reason) in [
            (vec![], "class_speaker_number.wav"),
            (vec!["a.wav".to_owned()], "class_speaker_number.wav"),
            (vec!["1_theo_0.wav".into(), "1_theo_1.wav".into()], "two classes, got only 1"),
            (vec!["1_a_0.wav".into(), "2_a_0.wav".into()], "no recordings to test with"),
            (vec!["1_theo_0.wav".into(), "2_theo_0.wav".into()], "no recordings to learn from"),
        ] {
            let folder = folder(&names);
            let error = scan(folder.path(), &[]).unwrap_err().to_string();
            assert!(error.contains(reason), "{error:?} does not say {reason:?}");
        }
        assert!(scan(Path::new("no/such/folder"), &[]).unwrap_err().to_string().contains("no/such/folder"));
    }
}
