//! Drives the fuzz targets with damaged files for a moment: no reader panics, and none takes more memory than it may.
//!
//! `MISFIT_FUZZ_SECONDS` sets how long each target is driven. Longer and cleverer: cargo-fuzz, see README.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod targets;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use misfit::app::Settings;
use misfit::foreign::messages::{self, Hello};
use misfit::foreign::wire::{Array, Message};
use misfit::params::{Params, TaskKind};
use misfit::protocol;
use misfit::recording::Trims;
use misfit::run::Run;
use misfit::store::{Checkpoint, Record, Store, Update};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use targets::{NEXT_FILE, RUN_FILES, TARGETS};

/// Bytes that reading a file may take beside its own and what it unpacks to.
const MOST: usize = 64 << 20;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Counts what is in use, and the most that ever was.
struct Counting;

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature; this one only counts")]
// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Valid files for a target: the corpus, the fixtures of other tests, and what is made here.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = |place: &str| -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(root.join(place)) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    };
    let mut all = folder(&format!("tests/fuzz/corpus/{name}"));
    match name {
        "wav" => all.push(sound()),
        "idx" => all.extend([
            [&[0u8, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[7; 12]].concat(),
            vec![0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4],
        ]),
        "hdf5" => all.extend(folder("tests/data")),
        "nir" => all.extend(folder("tests/fixtures/nir")),
        "checkpoint" => {
            let run = small();
            let (state, protocol) = (run.checkpoint(), run.protocol().clone());
            all.push(Checkpoint { state, run: None, epochs: Vec::new(), falls: Vec::new(), protocol }.encode());
        }
        "run" => all.push(run()),
        "experiment" => all.push(protocol::file::format(&(&Params::default()).into()).into_bytes()),
        "sweep" => all.push(
            b"[sweep]\nname = \"a\"\nseeds = [1, 2]\nlane = \"in_the_loop\"\n[axes]\nsigma = { from = 0, to = 50, steps = 6 }\n\
              weight_bits = [1, 0x2, 4]\n[experiment]\nepochs = 10\n"
                .to_vec(),
        ),
        "lesson" => all.extend(folder("assets/lessons")),
        "chip" => all.push(answers()),
        _ => {
            let tree = Some(misfit::app::Layout::Explore.tree());
            let mut value = serde_json::to_value(Settings { tree, ..Settings::default() }).unwrap();
            value["format"] = 1.into();
            all.push(value.to_string().into_bytes());
        }
    }
    all
}

fn sound() -> Vec<u8> {
    let mut cursor = std::io::Cursor::new(Vec::new());
    let (bits_per_sample, sample_format) = (16, hound::SampleFormat::Int);
    let spec = hound::WavSpec { channels: 2, sample_rate: 8_000, bits_per_sample, sample_format };
    let mut writer = hound::WavWriter::new(&mut cursor, spec).unwrap();
    (0..800i16).for_each(|k| writer.write_sample(k * 17).unwrap());
    writer.finalize().unwrap();
    cursor.into_inner()
}

/// What a chip says: who it is, trims and faults.
fn answers() -> Vec<u8> {
    let faults = Message::new("faults").and("threshold", Array::line((0..8u8).map(f32::from)));
    let messages = [Hello::request(), messages::trims(&[Trims::default(); 8]), faults];
    messages.iter().flat_map(Message::to_bytes).collect()
}

fn small() -> Run {
    let params = Params::for_task(TaskKind::YinYang).with(|p| (p.network.hidden, p.task.train_samples) = (4, 8));
    Run::begin(protocol::Protocol::new(params)).unwrap()
}

fn run() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::new(Params::default(), "train");
    let store = Store::at(folder.path()).unwrap();
    let id = record.summary.id.clone();
    store.put(&id, &Update { summary: Some(record.summary), ..Update::default() }).unwrap();
    let file = |name: &&str| fs::read_to_string(folder.path().join(&id).join(name)).unwrap_or_default();
    RUN_FILES.iter().map(file).collect::<Vec<_>>().join(NEXT_FILE).into_bytes()
}

/// Numbers that readers trip over.
const WILD: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];

/// Damages a file: bits, bytes, numbers, lengths, and parts of another one.
fn damage(bytes: &mut Vec<u8>, other: &[u8], rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..5) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..7) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random(),
            2 | 3 => {
                let wild = WILD[rng.random_range(0..WILD.len())];
                let width = 1 << rng.random_range(0..4);
                let number = if rng.random() { wild.to_le_bytes() } else { wild.to_be_bytes() };
                let part = bytes.iter_mut().skip(at).take(width);
                part.zip(number).for_each(|(byte, new)| *byte = new);
            }
            4 => bytes.truncate(at),
            5 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let part = &other[from..other.len().min(from + 200)];
                bytes.splice(at..at, part.iter().copied());
            }
            _ => drop(bytes.drain(at..bytes.len().min(at + 16))),
        }
    }
}

/// One at a time: memory is counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

fn drive(name: &str) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let read = TARGETS.iter().find(|(known, _)| *known == name).unwrap().1;
    let seconds = std::env::var("MISFIT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let seeds = seeds(name);
    let check = |bytes: &[u8]| {
        let before = NOW.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let start = Instant::now();
        let accepted = read(bytes);
        let taken = PEAK.load(Ordering::Relaxed).saturating_sub(before);
        let own = if bytes.starts_with(&[0x1f, 0x8b]) { MOST } else { 4 * bytes.len() };
        assert!(taken <= MOST + own, "{name}: {} bytes took {taken} bytes of memory", bytes.len());
        assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
        accepted
    };
    // Something must be accepted, or the damaged ones fail for a reason that says nothing.
    assert!(seeds.iter().filter(|seed| check(seed)).count() > 0, "{name}: no seed was accepted");
    let (mut rng, start, mut driven) = (StdRng::seed_from_u64(1), Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut bytes = seeds[rng.random_range(0..seeds.len())].clone();
        damage(&mut bytes, &seeds[rng.random_range(0..seeds.len())], &mut rng);
        check(&bytes);
        driven += 1;
    }
    assert!(driven > 10, "{name}: {driven} damaged files");
}

macro_rules! no_file_harms {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test] fn $test() { drive($name) })*

        #[test]
        fn every_target_is_driven() {
            assert_eq!(TARGETS.map(|(name, _)| name), [$($name),*]);
        }
    };
}

no_file_harms! {
    no_wav_file_harms_its_reader: "wav",
    no_idx_file_harms_its_reader: "idx",
    no_file_of_spikes_harms_its_reader: "hdf5",
    no_file_of_a_network_harms_its_reader: "nir",
    no_checkpoint_harms_its_reader: "checkpoint",
    no_run_harms_its_reader: "run",
    no_experiment_harms_its_reader: "experiment",
    no_sweep_harms_its_reader: "sweep",
    no_settings_of_the_window_harm_their_reader: "window",
    no_lesson_harms_its_reader: "lesson",
    no_answer_of_a_chip_harms_its_reader: "chip",
}

/// Starting points for cargo-fuzz.
#[test]
#[ignore = "writes files: every seed into target/fuzz-seeds"]
fn seeds_are_written_out() {
    for (name, _) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz-seeds").join(name);
        fs::create_dir_all(&folder).unwrap();
        for (k, seed) in seeds(name).into_iter().enumerate() {
            fs::write(folder.join(k.to_string()), seed).unwrap();
        }
    }
}
