use std::collections::BTreeSet;
use std::sync::Mutex;

use super::*;
use crate::task::test_data;

/// Words that a person would not recognise: two tones per class, a little off for every speaker.
fn recordings(folder: &Path, speakers: &[&str], takes: usize) {
    for (class, hertz) in [("low", 300.0), ("high", 2500.0)] {
        for (k, speaker) in speakers.iter().enumerate() {
            for take in 0..takes {
                let spec = hound::WavSpec {
                    channels: 1,
                    sample_rate: 8_000,
                    bits_per_sample: 16,
                    sample_format: hound::SampleFormat::Int,
                };
                let path = folder.join(format!("{class}_{speaker}_{take}.wav"));
                let mut writer = hound::WavWriter::create(path, spec).unwrap();
                let hertz = hertz * (1.0 + 0.01 * (k + take) as f64);
                for n in 0..1_600 {
                    let t = f64::from(n) / 8_000.0;
                    let loud = (20.0 * t).sin().powi(2);
                    writer.write_sample((9_000.0 * loud * (std::f64::consts::TAU * hertz * t).sin()) as i16).unwrap();
                }
                writer.finalize().unwrap();
            }
        }
    }
}

const ON: Progress<'_> = &|_, _| ControlFlow::Continue(());

#[test]
fn a_folder_of_words_becomes_spikes_with_labels_and_is_cached() {
    let folder = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    recordings(folder.path(), &["a", "b", "c"], 2);
    let seen = Mutex::new(Vec::new());
    let words = load(folder.path(), &[], ear().unwrap(), 7, Some(cache.path()), &|done, total| {
        seen.lock().unwrap().push((done, total));
        ControlFlow::Continue(())
    });
    let words = words.unwrap().unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=12).map(|done| (done, 12)).collect::<Vec<_>>());
    assert_eq!((words.samples.len(), words.n_units), (12, 70));
    // Words as classes are in order of the alphabet.
    assert_eq!(words.class_names, ["high", "low"]);
    // The last of three speakers is held out, and one of two takes of the others.
    assert_eq!(words.is_test, [true, false, true, false, true, true].repeat(2));
    // High tones at low channels: the mean channel tells the classes apart.
    for (word, label) in words.samples.iter().zip(&words.labels) {
        let mean = word.units.iter().map(|&u| f64::from(u)).sum::<f64>() / word.len() as f64;
        assert!(word.len() > 10 && (mean < 36.0) == (*label == 0), "{} spikes around {mean}, {label}", word.len());
    }
    // The second time nothing is heard.
    let again = load(folder.path(), &[], ear().unwrap(), 7, Some(cache.path()), &|_, _| panic!("heard again"))
        .unwrap()
        .unwrap();
    assert_eq!(again, words);
    // Another seed is another noise and another cache; a damaged cache is heard again.
    let other = load(folder.path(), &[], ear().unwrap(), 8, Some(cache.path()), ON).unwrap().unwrap();
    assert_ne!(other.samples, words.samples);
    let files: Vec<PathBuf> = std::fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for path in &files {
        std::fs::write(path, b"not a cache").unwrap();
    }
    assert_eq!(load(folder.path(), &[], ear().unwrap(), 7, Some(cache.path()), ON).unwrap().unwrap(), words);
    // A changed file is heard.
    std::fs::copy(folder.path().join("low_a_1.wav"), folder.path().join("low_a_0.wav")).unwrap();
    let changed = load(folder.path(), &[], ear().unwrap(), 7, Some(cache.path()), ON).unwrap().unwrap();
    assert_eq!(changed.samples.iter().zip(&words.samples).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn hearing_can_be_stopped_and_a_bad_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    recordings(folder.path(), &["a", "b"], 2);
    assert_eq!(load(folder.path(), &[], ear().unwrap(), 1, None, &|_, _| ControlFlow::Break(())).unwrap(), None);
    std::fs::write(folder.path().join("low_b_1.wav"), b"RIFF").unwrap();
    let error = load(folder.path(), &[], ear().unwrap(), 1, None, ON).unwrap_err().to_string();
    assert!(error.contains("low_b_1.wav"), "{error}");
}

#[test]
fn the_embedded_words_are_twenty_digits_by_many_voices_of_which_some_are_only_tested() {
    let start = std::time::Instant::now();
    let words = SpokenWords::embedded().unwrap();
    let elapsed = start.elapsed();
    println!("decoded in {elapsed:?}");
    assert!(elapsed.as_millis() < 1_000, "decoding took {elapsed:?}");
    let n = words.samples.len();
    assert!([words.labels.len(), words.speakers.len(), words.is_test.len()] == [n; 3] && n >= 1_200, "{n} words");
    assert_eq!(words.n_units, 70);
    let expected =
        "zero one two three four five six seven eight nine null eins zwei drei vier fünf sechs sieben acht neun";
    assert_eq!(words.class_names.join(" "), expected);
    let voices = |test: bool| -> BTreeSet<u16> {
        (0..n).filter(|&k| words.is_test[k] == test).map(|k| words.speakers[k]).collect()
    };
    let (train, test) = (voices(false), voices(true));
    assert!(train.is_disjoint(&test), "a voice is in both sets");
    assert!(train.len() >= 18 && test.len() >= 6, "{} and {} voices", train.len(), test.len());
    assert_eq!(train.len() + test.len(), words.speaker_names.len());
    for class in 0..20 {
        for wanted in [false, true] {
            let of_class = (0..n).filter(|&k| words.labels[k] == class && words.is_test[k] == wanted).count();
            assert!(of_class >= 12, "class {class} has {of_class} words");
        }
    }
    for word in &words.samples {
        // The same ear gives 100 to 2,500 spikes for the recorded digits of the Free Spoken Digit Dataset.
        assert!((50..4_000).contains(&word.len()), "{} spikes", word.len());
        let last = word.times[word.len() - 1];
        assert!((0.1..1.5).contains(&last), "{last} s");
        assert!(word.times.is_sorted());
    }
}

#[test]
fn words_that_sound_alike_give_spikes_alike() {
    // Spike counts per channel: the nearest class mean over voices in training names held-out voices far above chance.
    let words = SpokenWords::embedded().unwrap();
    let shape = |word: &SpikeTrain| {
        let mut counts = vec![0.0f64; 70 * 4];
        let end = f64::from(word.times.last().copied().unwrap_or(1.0)) * 1.001;
        word.iter().for_each(|(t, u)| counts[usize::from(u) * 4 + (4.0 * f64::from(t) / end) as usize] += 1.0);
        let norm = counts.iter().map(|x| x * x).sum::<f64>().sqrt();
        counts.iter().map(|x| x / norm).collect::<Vec<_>>()
    };
    let mut means = vec![vec![0.0; 280]; 20];
    let of = |test: bool| (0..words.samples.len()).filter(|&k| words.is_test[k] == test).collect::<Vec<_>>();
    for k in of(false) {
        means[usize::from(words.labels[k])].iter_mut().zip(shape(&words.samples[k])).for_each(|(m, x)| *m += x);
    }
    let test = of(true);
    let right = test.iter().filter(|&&k| {
        let shape = shape(&words.samples[k]);
        let score = |mean: &[f64]| mean.iter().zip(&shape).map(|(m, x)| m * x).sum::<f64>();
        let best = (0..20).max_by(|&a, &b| score(&means[a]).total_cmp(&score(&means[b])));
        best == Some(usize::from(words.labels[k]))
    });
    let accuracy = right.count() as f64 / test.len() as f64;
    println!("nearest class mean: {:.1} %", 100.0 * accuracy);
    assert!(
        accuracy > 0.3,
        "{:.0} % of the held-out words are nearest to their class; chance is 5 %",
        100.0 * accuracy
    );
}

#[test]
fn real_recordings_give_as_many_spikes_as_the_published_program() {
    let Some(folder) = test_data::folder("fsdd/recordings") else { return };
    let recordings = scan(&folder, &[]).unwrap();
    let theo = recordings.speaker_names.iter().position(|name| name == "theo").unwrap();
    // Mean spikes per word over the 50 recordings each of the speaker theo in the Free Spoken Digit Dataset, at every
    // tenth position, by the published program: counted with h5py in files in the format of the Spiking Heidelberg
    // Digits. The noise of the nerve alone moves such a mean by 0.5 %.
    for (digit, expected) in [(3, 385.1), (8, 283.5)] {
        let of_digit = recordings.files.iter().filter(|file| usize::from(file.speaker) == theo && file.class == digit);
        let files: Vec<&Recording> = of_digit.collect();
        assert_eq!(files.len(), 50);
        let total: usize = files.par_iter().map(|file| hear_word(&file.path, ear().unwrap(), 1).unwrap().len()).sum();
        let mean = total as f64 / 50.0;
        assert!((mean / expected - 1.0).abs() < 0.02, "digit {digit}: {mean} spikes instead of {expected}");
    }
}
