//! Spoken words as spikes: a folder of recordings heard by the [`crate::ear`], and words that come with the program.

mod folder;
mod packed;

pub use folder::{Recording, Recordings, scan};

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use rayon::prelude::*;

use super::wav;
use crate::base::error::{Error, Result};
use crate::base::files::{create_folder, write_atomically};
use crate::base::rng;
use crate::ear::{self, Ear};
use crate::spikes::SpikeTrain;

/// Spoken words with what is known about them; the lists are as long as there are words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpokenWords {
    /// Spikes in seconds of the sound; units are channels `0..n_units`, from high tones to low ones.
    pub samples: Vec<SpikeTrain>,
    /// Index into `class_names`.
    pub labels: Vec<u16>,
    /// Index into `speaker_names`.
    pub speakers: Vec<u16>,
    /// Who speaks.
    pub speaker_names: Vec<String>,
    /// What is said.
    pub class_names: Vec<String>,
    /// Which words are kept from training.
    pub is_test: Vec<bool>,
    /// Number of channels.
    pub n_units: usize,
    /// What is to be known about the folder that they come from; packed words have none.
    pub notes: Vec<String>,
}

impl SpokenWords {
    /// The words that come with the program: digits in English and German, spoken by a speech synthesiser.
    ///
    /// 20 classes in 70 channels; whole voices are kept for the test. `assets/speech/README.md` tells
    /// how they were made.
    ///
    /// # Errors
    /// When the file that was built in is damaged.
    pub fn embedded() -> Result<Self> {
        Self::decode(EMBEDDED, Path::new("assets/speech/spoken_digits.bin"))
    }

    /// Reads packed words; `path` is for messages.
    ///
    /// # Errors
    /// Names the file and what was expected.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        packed::decode(bytes).map_err(|why| Error::Malformed { path: path.into(), place: None, why })
    }

    /// Packs the words into one file, with times rounded down to ticks of `steps_per_tick`/24,000 s.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn save(&self, path: &Path, steps_per_tick: u16) -> Result<()> {
        let bytes = packed::encode(self, steps_per_tick).map_err(|why| Error::file("write", path, &why))?;
        write_atomically(path, &bytes)
    }
}

/// Made by `misfit ear`, as its README says.
const EMBEDDED: &[u8] = include_bytes!("../../../assets/speech/spoken_digits.bin");

/// The ear of the task: 70 channels, ten positions apart. Its filters are computed once.
///
/// # Errors
/// Never in practice: the positions are in order.
pub fn ear() -> Result<&'static Ear> {
    static EAR: OnceLock<Ear> = OnceLock::new();
    if let Some(ear) = EAR.get() {
        return Ok(ear);
    }
    let ear = Ear::new(&ear::every_tenth_position())?;
    Ok(EAR.get_or_init(|| ear))
}

/// The spikes of one WAV file as a network sees them: units are channels, as in [`SpokenWords`].
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn hear_word(path: &Path, ear: &Ear, seed: u64) -> Result<SpikeTrain> {
    let sound = wav::read(path, wav::LONGEST_WORD)?;
    // The noise of a word follows from its name, whatever else is in the folder.
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Ok(in_channels(ear.listen(&sound, rng::mix(seed, rng::hash(&name))), ear))
}

/// From positions to channels: the units of a network are numbered without gaps.
pub fn in_channels(mut spikes: SpikeTrain, ear: &Ear) -> SpikeTrain {
    let mut channels = vec![0; ear::N_POSITIONS];
    ear.positions().enumerate().for_each(|(channel, position)| channels[usize::from(position)] = channel as u16);
    spikes.units.iter_mut().for_each(|unit| *unit = channels[usize::from(*unit)]);
    spikes
}

/// Told after every word how many of how many are done; may stop the rest.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// Hears all recordings, on all threads; the result does not depend on their number. `None` if stopped.
///
/// # Errors
/// Of the first recording in order that cannot be read.
pub fn hear_all(recordings: &Recordings, ear: &Ear, seed: u64, progress: Progress<'_>) -> Result<Option<SpokenWords>> {
    let files = &recordings.files;
    let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let heard: Vec<Option<Result<SpikeTrain>>> = files
        .par_iter()
        .map(|file| {
            if stopped.load(Ordering::Relaxed) {
                return None;
            }
            let heard = hear_word(&file.path, ear, seed);
            if progress(1 + done.fetch_add(1, Ordering::Relaxed), files.len()).is_break() {
                stopped.store(true, Ordering::Relaxed);
            }
            Some(heard)
        })
        .collect();
    let heard: Option<Result<Vec<SpikeTrain>>> = heard.into_iter().collect();
    heard
        .filter(|_| !stopped.load(Ordering::Relaxed))
        .transpose()
        .map(|heard| heard.map(|samples| with_names(recordings, samples, ear.positions().len())))
}

fn with_names(recordings: &Recordings, samples: Vec<SpikeTrain>, n_units: usize) -> SpokenWords {
    SpokenWords {
        samples,
        labels: recordings.files.iter().map(|file| file.class).collect(),
        speakers: recordings.files.iter().map(|file| file.speaker).collect(),
        speaker_names: recordings.speaker_names.clone(),
        class_names: recordings.class_names.clone(),
        is_test: recordings.files.iter().map(|file| file.is_test).collect(),
        n_units,
        notes: recordings.notes.clone(),
    }
}

/// The words of a folder: from the cache if the same files were heard before, otherwise heard and kept there.
///
/// `cache` is a folder of the user's, such as [`cache_folder`]; without one nothing is kept. A cache that
/// cannot be read or written is no error: the words are heard again. `None` if `progress` stopped it.
///
/// # Errors
/// Of [`scan`] and [`hear_all`].
pub fn load(
    folder: &Path,
    held_out: &[String],
    ear: &Ear,
    seed: u64,
    cache: Option<&Path>,
    progress: Progress<'_>,
) -> Result<Option<SpokenWords>> {
    let recordings = scan(folder, held_out)?;
    let path = cache.map(|cache| cache.join(format!("speech-{:016x}.bin", fingerprint(&recordings, ear, seed))));
    if let Some(words) = path.as_deref().and_then(|path| kept(path, &recordings)) {
        return Ok(Some(words));
    }
    let words = hear_all(&recordings, ear, seed, progress)?;
    if let (Some(words), Some(path)) = (&words, &path) {
        let folder = path.parent().unwrap_or(path);
        if let Err(why) = create_folder(folder).and_then(|()| words.save(path, 1)) {
            log::warn!("the words will have to be heard again next time: {why}");
        }
    }
    Ok(words)
}

/// Where the system keeps what programs can compute again.
pub fn cache_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "misfit").map(|folders| folders.cache_dir().to_owned())
}

/// Words that were kept, if the file is whole and is about these recordings.
fn kept(path: &Path, recordings: &Recordings) -> Option<SpokenWords> {
    let bytes = std::fs::read(path).ok()?;
    let words = packed::decode(&bytes).inspect_err(|why| log::warn!("{}: {why}; ignored", path.display())).ok()?;
    let expected = with_names(recordings, Vec::new(), words.n_units);
    let same =
        (&words.labels, &words.speakers, &words.is_test) == (&expected.labels, &expected.speakers, &expected.is_test);
    // Names from the folder: long ones are shortened in the file.
    same.then_some(SpokenWords { samples: words.samples, ..expected })
}

/// What decides the spikes: which files with which sizes and times of change, the ear, the seed, the split.
fn fingerprint(recordings: &Recordings, ear: &Ear, seed: u64) -> u64 {
    let mut text = format!("ear {} seed {seed}", ear::VERSION);
    for position in ear.positions() {
        let _ = write!(text, " {position}");
    }
    for file in &recordings.files {
        let data = std::fs::metadata(&file.path).ok();
        let size = data.as_ref().map_or(0, std::fs::Metadata::len);
        let changed = data.and_then(|data| data.modified().ok()).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed = changed.map_or(0, |age| age.as_nanos());
        let _ =
            write!(text, "\n{} {} {} {size} {changed} {}", file.class, file.speaker, file.is_test, file.path.display());
    }
    rng::hash(&text)
}

#[cfg(test)]
mod tests;
