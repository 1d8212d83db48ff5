//! Data that a user brings, from files to input spikes.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::params::ChannelChoice;

/// IDX files of `n` pictures that are dark but for one bright pixel, whose place depends on the number.
fn write_idx(folder: &Path, name: &str, n: usize) {
    let mut images = vec![0, 0, 8, 3];
    for number in [n as u32, 28, 28] {
        images.extend(number.to_be_bytes());
    }
    for k in 0..n {
        images.extend((0..784).map(|p| if p == 28 * (5 + k % 16) + 14 { 255 } else { 0 }));
    }
    let mut labels = vec![0, 0, 8, 1];
    labels.extend((n as u32).to_be_bytes());
    labels.extend((0..n).map(|k| (k % 10) as u8));
    fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
    fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
}

fn params(task: TaskKind, folder: &Path) -> Params {
    Params::for_task(task).with(|p| p.task.data = folder.to_str().unwrap().into())
}

#[test]
fn pictures_without_test_files_are_split_and_the_user_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write_idx(folder.path(), "train", 60);
    let data = Dataset::new(&params(TaskKind::Mnist, folder.path())).unwrap();
    assert_eq!((data.train.len(), data.test.len(), data.n_inputs, data.n_classes()), (50, 10, 256, 10));
    assert_eq!(data.test[0].label, 0, "the end of the file is held out: picture 50");
    assert!(data.notes[0].contains("t10k") && data.notes[0].contains("last 10"), "{:?}", data.notes);
    write_idx(folder.path(), "t10k", 20);
    let data = Dataset::new(&params(TaskKind::FashionMnist, folder.path())).unwrap();
    assert_eq!((data.train.len(), data.test.len(), data.notes.len()), (60, 20, 0));
    assert_eq!(data.class_names[9], "Ankle boot");
    let few = params(TaskKind::Mnist, folder.path()).with(|p| p.task.train_samples = 7);
    assert_eq!(Dataset::new(&few).unwrap().train.len(), 7);
}

#[test]
fn a_picture_is_turned_only_in_training_and_the_same_way_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    write_idx(folder.path(), "train", 12);
    let still = params(TaskKind::Mnist, folder.path());
    let data = Dataset::new(&still).unwrap();
    assert_eq!(data.augmented(&still, 0, 1), None);
    let turning = still.with(|p| p.task.rotation = 15.0);
    let first = data.augmented(&turning, 0, 1).unwrap();
    assert_eq!(data.augmented(&turning, 0, 1).unwrap(), first);
    assert_ne!(data.augmented(&turning, 0, 2).unwrap(), first, "another epoch, another angle");
    assert_ne!(data.augmented(&turning, 1, 1).unwrap(), first);
    let none = turning.with(|p| p.task.rotation = 1e-6);
    let close = data.augmented(&none, 0, 1).unwrap();
    assert_eq!(close.units, data.train[0].spikes.units, "a turn by nothing changes nothing");
}

/// The small files were written by h5py; their content stands in `tests/data/make_spikes.py`.
fn spikes_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/spikes_f32.h5");
    for name in ["words_train.h5", "words_test.h5"] {
        fs::copy(&source, folder.path().join(name)).unwrap();
    }
    let path = folder.path().to_path_buf();
    (folder, path)
}

#[test]
fn spike_files_become_words_on_the_rows_of_the_chip() {
    let (_keep, folder) = spikes_folder();
    let binned = params(TaskKind::Shd, &folder);
    let data = Dataset::new(&binned).unwrap();
    assert_eq!((data.train.len(), data.test.len(), data.n_inputs), (4, 4, 70));
    assert_eq!(data.class_names, ["zero", "eins", "zwei"]);
    let speakers: Vec<_> = data.train.iter().map(|s| s.speaker).collect();
    assert_eq!(speakers, [Some(7), Some(7), Some(4), Some(11)]);
    // Sample 0: channels 3, 1, 4, 1 at 1/8, 1/4, 1/2 and 1 s; ten channels to a row, 2000 times faster.
    let expected: Vec<(f32, u16)> = [0.125, 0.25, 0.5, 1.0].map(|t: f64| ((t / 2000.0) as f32, 0)).to_vec();
    assert_eq!(data.train[0].spikes.iter().collect::<Vec<_>>(), expected);
    assert_eq!(data.train[3].spikes.units, [0, 2, 69], "channels 2, 26 and 699");
    let all = binned.with(|p| p.task.channels = ChannelChoice::All);
    assert_eq!(Dataset::new(&all).unwrap().train[3].spikes.units, [2, 26, 699]);
}

#[test]
fn channel_jitter_moves_spikes_about_as_far_as_asked_for() {
    let (_keep, folder) = spikes_folder();
    let jitter =
        params(TaskKind::Shd, &folder).with(|p| (p.task.channels, p.task.channel_jitter) = (ChannelChoice::All, 6.0));
    let data = Dataset::new(&jitter).unwrap();
    // The spike on channel 26 of sample 3, moved again and again; its neighbour in time is on channel 2.
    let moved: Vec<f64> = (0..2000)
        .filter_map(|seed| {
            let train = data.augmented(&jitter, 3, seed).unwrap();
            let early = train.iter().filter(|(t, _)| *t < 2e-4).map(|(_, unit)| f64::from(unit)).max_by(f64::total_cmp);
            early.map(|unit| unit - 26.0)
        })
        .collect();
    let n = moved.len() as f64;
    let (mean, square) = (moved.iter().sum::<f64>() / n, moved.iter().map(|m| m * m).sum::<f64>() / n);
    // Rounding adds 1/12 to the variance; five standard errors of mean and standard deviation.
    let sd = (36.0f64 + 1.0 / 12.0).sqrt();
    assert!(mean.abs() < 5.0 * sd / n.sqrt(), "{mean}");
    assert!((square.sqrt() / sd - 1.0).abs() < 5.0 / (2.0 * n).sqrt(), "{}", square.sqrt());
}

#[test]
fn channel_shift_moves_whole_words_and_tempo_stretches_them() {
    let (_keep, folder) = spikes_folder();
    let still = params(TaskKind::Shd, &folder).with(|p| p.task.channels = ChannelChoice::All);
    let shifted = still.clone().with(|p| (p.task.channel_shift, p.task.tempo) = (30.0, 0.1));
    let data = Dataset::new(&shifted).unwrap();
    // Sample 0 has its spikes on channels 3, 1, 4, 1 at 1/8, 1/4, 1/2 and 1 s.
    let (mut shifts, mut tempos) = (Vec::new(), Vec::new());
    for seed in 0..2000 {
        let train = data.augmented(&shifted, 0, seed).unwrap();
        if train.len() < 4 || train.units[1] == 0 {
            continue; // It was pushed over the edge, or what is left is the half of the draws near it.
        }
        assert_eq!(i32::from(train.units[0]) - i32::from(train.units[1]), 2, "the word keeps its shape");
        assert!((train.times[3] / train.times[0] - 8.0).abs() < 1e-3, "and its rhythm");
        shifts.push(f64::from(train.units[1]) - 1.0);
        tempos.push((f64::from(train.times[3]) * 2000.0).ln());
    }
    let n = shifts.len() as f64;
    // Those pushed below channel 0 are lost: what is left is the upper half of the normal distribution.
    let mean = shifts.iter().sum::<f64>() / n;
    let half_normal = 30.0 * (2.0 / std::f64::consts::PI).sqrt();
    assert!(n > 850.0 && (mean - half_normal).abs() < 2.0, "{n} {mean} {half_normal}");
    let sd = (tempos.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    assert!((sd - 0.1).abs() < 5.0 * 0.1 / (2.0 * n).sqrt(), "{sd}");
}

#[test]
fn real_files_become_tasks() {
    if let Some(folder) = test_data::folder("mnist") {
        let data = Dataset::new(&params(TaskKind::Mnist, &folder)).unwrap();
        assert_eq!((data.train.len(), data.test.len()), (50_000, 10_000));
    }
    if let Some(folder) = test_data::folder("fsdd") {
        let data = Dataset::new(&params(TaskKind::Shd, &folder)).unwrap();
        assert_eq!((data.n_inputs, data.n_classes()), (70, 10));
        let unseen = |s: &&Sample| s.speaker == Some(4);
        assert_eq!(data.train.iter().filter(unseen).count(), 0, "speaker 4 is held out");
        assert!(data.test.iter().filter(unseen).count() > 0);
    }
}

#[test]
fn a_folder_that_holds_something_else_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for task in [TaskKind::Mnist, TaskKind::Shd] {
        let text = Dataset::new(&params(task, folder.path())).unwrap_err().to_string();
        assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    }
}
