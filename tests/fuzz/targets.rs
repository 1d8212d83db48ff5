//! One function for every reader of foreign bytes: it reads them, and checks what it promises of those that it accepts.
//!
//! Both the plain test beside this file and the targets for cargo-fuzz call them.

use std::fs;
use std::path::Path;

use misfit::app::Memory;
use misfit::ear::Sound;
use misfit::exchange::nir::{self, Wanted};
use misfit::foreign::messages::{self, Hello};
use misfit::foreign::wire::Message;
use misfit::lesson;
use misfit::params::Params;
use misfit::store::{self, Checkpoint};
use misfit::task::{idx, spike_file, wav};
use misfit::{batch, protocol};

/// Reads bytes; whether they were accepted.
pub type Target = fn(&[u8]) -> bool;

/// All targets by their names.
pub const TARGETS: [(&str, Target); 11] = [
    ("wav", wav_sound),
    ("idx", idx_file),
    ("hdf5", spikes),
    ("nir", network),
    ("checkpoint", checkpoint),
    ("run", run_folder),
    ("experiment", experiment),
    ("sweep", sweep_file),
    ("window", window_settings),
    ("lesson", lesson_file),
    ("chip", answer_of_a_chip),
];

/// The files of a run in one: each behind this.
pub const NEXT_FILE: &str = "\n=====\n";
/// The files that [`NEXT_FILE`] separates.
pub const RUN_FILES: [&str; 3] = ["summary.json", "epochs.jsonl", "experiment.toml"];

/// Calls `read` with the bytes in a file.
fn in_file<T>(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("room for the file");
    read(&path)
}

fn wav_sound(bytes: &[u8]) -> bool {
    let sound = wav::parse(&mut &bytes[..], Path::new("fuzz.wav"), wav::LONGEST_WORD);
    sound.is_ok_and(|sound| {
        assert!(sound.seconds() <= wav::LONGEST_WORD && Sound::RATES.contains(&sound.rate()));
        assert!(sound.samples().iter().all(|x| x.is_finite()));
        true
    })
}

fn idx_file(bytes: &[u8]) -> bool {
    in_file("train-images-idx3-ubyte", bytes, |path| {
        let images = idx::read_images(path);
        let labels = idx::read_labels(path, 9);
        if let Ok(images) = &images {
            assert_eq!(images.iter().len(), images.len());
        }
        if let Ok(labels) = &labels {
            assert!(labels.iter().all(|label| *label <= 9));
        }
        images.is_ok() || labels.is_ok()
    })
}

fn spikes(bytes: &[u8]) -> bool {
    let Ok(file) = in_file("train.h5", bytes, spike_file::read) else { return false };
    assert_eq!(file.samples.len(), file.labels.len());
    for sample in &file.samples {
        assert!(sample.times.is_sorted() && sample.times.len() == sample.units.len());
        assert!(sample.units.iter().all(|unit| usize::from(*unit) < file.n_units));
    }
    true
}

fn network(bytes: &[u8]) -> bool {
    let path = Path::new("fuzz.nir");
    let graph = nir::file::parse(bytes.to_vec(), path);
    let read = graph.and_then(|graph| nir::import::fit(&graph, path, &Params::default(), Wanted::default()));
    read.is_ok_and(|read| {
        assert!(read.network.is_finite() && read.params.check().is_ok());
        true
    })
}

fn checkpoint(bytes: &[u8]) -> bool {
    let read = Checkpoint::decode(bytes, Path::new("fuzz.safetensors"));
    read.is_ok_and(|read| {
        let again = Checkpoint::decode(&read.encode(), Path::new("again.safetensors")).expect("what was written");
        assert_eq!(again.encode(), read.encode());
        true
    })
}

fn run_folder(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rest = bytes;
    for name in RUN_FILES {
        let end = rest.windows(NEXT_FILE.len()).position(|part| part == NEXT_FILE.as_bytes());
        let (file, after) = end.map_or((rest, &b""[..]), |end| (&rest[..end], &rest[end + NEXT_FILE.len()..]));
        fs::write(folder.path().join(name), file).expect("room for the file");
        rest = after;
    }
    store::find(folder.path()).is_ok_and(|(runs, _)| !runs.is_empty())
}

fn experiment(bytes: &[u8]) -> bool {
    let read = in_file("fuzz.toml", bytes, protocol::file::load);
    read.is_ok_and(|read| {
        let text = protocol::file::format(&read);
        let again = protocol::file::parse(&text, Path::new("again.toml")).expect("what was written");
        assert_eq!(protocol::file::format(&again), text);
        true
    })
}

fn sweep_file(bytes: &[u8]) -> bool {
    in_file("fuzz.toml", bytes, batch::file::load).is_ok()
}

fn window_settings(bytes: &[u8]) -> bool {
    in_file("window.json", bytes, |path| {
        let (_memory, settings) = Memory::at(path);
        assert!(settings.zoom.is_finite() && settings.window.iter().all(|side| (320.0..=8192.0).contains(side)));
        // A file that makes no sense was put aside.
        path.exists()
    })
}

fn lesson_file(bytes: &[u8]) -> bool {
    in_file("fuzz.toml", bytes, lesson::file::load).is_ok()
}

fn answer_of_a_chip(bytes: &[u8]) -> bool {
    let mut from = bytes;
    let mut accepted = false;
    while let Ok(message) = Message::read(&mut from, || 1 << 20) {
        accepted = true;
        let hello = Hello::parse(&message);
        let parts = (messages::parse_trims(&message, 8), messages::parse_faults(&message, 8));
        if let (Ok(trims), _) = &parts {
            assert_eq!(trims.len(), 8);
        }
        drop((hello, messages::parse_run(&message)));
    }
    accepted
}
