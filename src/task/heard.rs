//! Words as an inner ear hears them: from HDF5 files, from WAV files, or embedded.

use std::path::Path;

use rand::seq::SliceRandom as _;

use super::augment::{Originals, changes_speech};
use super::channels::{Channels, EAR_CHANNELS};
use super::speech::{self, Progress, SpokenWords};
use super::{Dataset, Picture, Sample, spike_file};
use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::ear::{Ear, every_tenth_position};
use crate::params::{ChannelChoice, Params};
use crate::spikes::SpikeTrain;

/// Where nothing else says which words are for testing, one in so many is.
const TEST_SHARE: usize = 6;

/// One word in the ear's own time and channels.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) spikes: SpikeTrain,
    pub(super) label: u16,
    pub(super) speaker: Option<u16>,
}

/// Words, split, with what is known about them.
pub(super) struct Words {
    pub(super) train: Vec<Word>,
    pub(super) test: Vec<Word>,
    pub(super) class_names: Vec<String>,
    pub(super) speaker_names: Vec<String>,
    /// Channels of the ear that recorded them.
    pub(super) n_units: usize,
    pub(super) notes: Vec<String>,
}

/// The HDF5 files of the folder `params.data`.
pub(super) fn from_spike_files(params: &Params) -> Result<Dataset> {
    let folder = Path::new(&params.task.data);
    let (train, test, _) = spike_file::open_folder(folder)?;
    let mut notes = too_late(params, &train)?.into_iter().collect::<Vec<_>>();
    let n_units = train.n_units.max(test.as_ref().map_or(0, |t| t.n_units));
    let names = |file: &spike_file::SpikeFile| file.class_names.clone();
    let highest = train.labels.iter().chain(test.iter().flat_map(|t| &t.labels)).max().copied().unwrap_or(0);
    let class_names = names(&train)
        .filter(|names| names.len() > usize::from(highest))
        .unwrap_or_else(|| (0..=highest).map(|k| k.to_string()).collect());
    let (train, test) = if let Some(test) = test {
        (words(train), words(test))
    } else {
        let mut all = words(train);
        all.shuffle(&mut rng::stream(u64::from(params.learning.seed), "split"));
        let test = all.split_off(all.len() - all.len() / TEST_SHARE);
        notes.push(format!("{} has no test file: {} of its words are held out", params.task.data, test.len()));
        (all, test)
    };
    let speakers = train.iter().chain(&test).filter_map(|w| w.speaker).max().map_or(0, |s| usize::from(s) + 1);
    let speaker_names = (0..speakers).map(|k| format!("speaker {k}")).collect();
    dataset(params, Words { train, test, class_names, speaker_names, n_units, notes })
}

/// Refuses spikes of which nine in ten come after the end of the sample; a note if most do.
fn too_late(params: &Params, file: &spike_file::SpikeFile) -> Result<Option<String>> {
    let end = params.network.duration * params.task.speed_up;
    let spikes = file.samples.iter().map(SpikeTrain::len).sum::<usize>();
    // The times of a train ascend.
    let late = |train: &SpikeTrain| train.len() - train.times.partition_point(|t| f64::from(*t) < end);
    let late = file.samples.iter().map(late).sum::<usize>();
    let why = format!(
        "{:.0} % of the spikes come after the end of the sample at {end} s (`duration` times `speed_up`)",
        100.0 * late as f64 / spikes.max(1) as f64
    );
    if 10 * late >= 9 * spikes {
        let why = format!("{why}; expected times in seconds, got milliseconds? Else raise `speed_up`");
        return Err(Error::Malformed {
            path: params.task.data.clone().into(),
            place: Some("spikes/times".into()),
            why,
        });
    }
    Ok((2 * late > spikes).then_some(why))
}

/// The WAV files of the folder `params.data`, heard by the ear or found in the cache; `None` if stopped.
pub(super) fn from_recordings(params: &Params, progress: Progress<'_>) -> Result<Option<Dataset>> {
    let ear;
    let ear = if params.task.channels == ChannelChoice::Binned70 {
        // Neighbouring places say almost the same: every tenth stands for ten.
        speech::ear()?
    } else {
        ear = Ear::new(&(0..EAR_CHANNELS as u16).collect::<Vec<_>>())?;
        &ear
    };
    let places: Vec<u16> = ear.positions().collect();
    let cache = speech::cache_folder();
    let folder = Path::new(&params.task.data);
    let Some(spoken) = speech::load(folder, &[], ear, HEARING_SEED, cache.as_deref(), progress)? else {
        return Ok(None);
    };
    dataset(params, spoken_words(spoken, &places)).map(Some)
}

/// The words that come with the program.
pub(super) fn embedded(params: &Params) -> Result<Dataset> {
    if params.task.channels != ChannelChoice::Binned70 {
        return Err(Error::Inconsistent {
            keys: "task, channels".into(),
            why: "the embedded words were heard at every tenth place of the ear; only binned_70 fits them".into(),
        });
    }
    let spoken = SpokenWords::embedded()?;
    dataset(params, spoken_words(spoken, &every_tenth_position()))
}

/// The noise of the nerve belongs to the data, not to the experiment: it is the same for all seeds.
const HEARING_SEED: u64 = 1;

fn spoken_words(spoken: SpokenWords, places: &[u16]) -> Words {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    let known = spoken.labels.into_iter().zip(spoken.speakers).zip(spoken.is_test);
    for (mut spikes, ((label, speaker), is_test)) in spoken.samples.into_iter().zip(known) {
        // Channels of the ear as it was built, back to places along the membrane.
        spikes.units.iter_mut().for_each(|unit| *unit = places[usize::from(*unit)]);
        let word = Word { spikes, label, speaker: Some(speaker) };
        if is_test { test.push(word) } else { train.push(word) }
    }
    Words {
        train,
        test,
        class_names: spoken.class_names,
        speaker_names: spoken.speaker_names,
        n_units: EAR_CHANNELS,
        notes: spoken.notes,
    }
}

fn words(file: spike_file::SpikeFile) -> Vec<Word> {
    let speakers = file.speakers;
    let speaker = |k: usize| speakers.as_ref().map(|s| s[k]);
    let labelled = file.samples.into_iter().zip(file.labels).enumerate();
    labelled.map(|(k, (spikes, label))| Word { spikes, label, speaker: speaker(k) }).collect()
}

/// Chooses channels, makes time run at the speed of the chip, and keeps originals if they will be needed.
pub(super) fn dataset(params: &Params, mut words: Words) -> Result<Dataset> {
    if params.task.train_samples > 0 {
        words.train.truncate(params.task.train_samples as usize);
    }
    if words.train.is_empty() || words.test.is_empty() {
        return Err(Error::Malformed {
            path: params.task.data.clone().into(),
            place: None,
            why: "at least one word for training and one for testing are needed".into(),
        });
    }
    let channels = Channels::new(params, words.n_units);
    // Words are used up one by one: a full set of recordings is too large to be held twice for nothing.
    let mut trains = Vec::new();
    let mut sample = |word: Word, keep: bool| {
        let spikes = channels.choose(&word.spikes, f64::from);
        if keep {
            trains.push(word.spikes);
        }
        Sample { spikes, label: word.label, speaker: word.speaker, picture: Vec::new() }
    };
    let keep = changes_speech(params);
    let train = words.train.into_iter().map(|word| sample(word, keep)).collect();
    let test = words.test.into_iter().map(|word| sample(word, false)).collect();
    let originals = if keep { Originals::Spikes { trains, channels } } else { Originals::None };
    Ok(Dataset {
        task: params.task.kind,
        n_inputs: channels.n_inputs(),
        class_names: words.class_names,
        picture: Picture::Sound,
        train,
        test,
        speaker_names: words.speaker_names,
        notes: words.notes,
        originals,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TaskKind;

    /// Four samples of two spikes each, at these times.
    fn file(times: [f32; 2]) -> spike_file::SpikeFile {
        spike_file::SpikeFile {
            samples: vec![SpikeTrain { times: times.to_vec(), units: vec![1, 2] }; 4],
            labels: vec![0, 1, 0, 1],
            speakers: None,
            class_names: None,
            n_units: 3,
        }
    }

    /// A word lasts about a second: 300 µs at 2,000 times the speed of the sound are 0.6 s.
    #[test]
    fn milliseconds_are_not_taken_for_seconds() {
        let params = Params::for_task(TaskKind::Shd);
        let note = |times| too_late(&params, &file(times));
        assert_eq!(note([0.05, 0.55]).unwrap(), None);
        assert_eq!(note([0.05, 1.2]).unwrap(), None, "half of the spikes are heard");
        let text = note([50.0, 1_200.0]).unwrap_err().to_string();
        assert!(text.contains("100 % of the spikes") && text.contains("milliseconds?"), "{text}");
        // Long words are cut, and that is told.
        let long = spike_file::SpikeFile {
            samples: vec![SpikeTrain { times: vec![0.1, 0.7, 0.8, 0.9], units: vec![0; 4] }],
            ..file([0.0, 0.0])
        };
        let note = too_late(&params, &long).unwrap().unwrap();
        assert!(note.contains("75 % of the spikes come after the end of the sample at 0.6 s"), "{note}");
    }
}
