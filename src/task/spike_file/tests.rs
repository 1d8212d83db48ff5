use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use hdf5_pure::FileBuilder;
use rand::RngExt as _;

use super::*;
use crate::base::rng;
use crate::task::test_data;

/// Written by h5py with `tests/data/make_spikes.py`.
const PLAIN: &[u8] = include_bytes!("../../../tests/data/spikes_f32.h5");
const CHUNKED: &[u8] = include_bytes!("../../../tests/data/spikes_f16_chunked.h5");
const BIG_ENDIAN: &[u8] = include_bytes!("../../../tests/data/spikes_big_endian.h5");
const USER_BLOCK: &[u8] = include_bytes!("../../../tests/data/spikes_user_block.h5");

/// The content of all of them, as it stands in that script, with the spikes in order.
fn content() -> SpikeFile {
    let train = |times: &[f32], units: &[u16]| SpikeTrain { times: times.to_vec(), units: units.to_vec() };
    SpikeFile {
        samples: vec![
            train(&[0.125, 0.25, 0.5, 1.0], &[3, 1, 4, 1]),
            train(&[], &[]),
            train(&[0.0625, 0.75], &[9, 5]),
            train(&[0.3125, 0.3125, 0.625], &[2, 26, 699]),
        ],
        labels: vec![2, 0, 1, 2],
        speakers: Some(vec![7, 7, 4, 11]),
        class_names: Some(["zero", "eins", "zwei"].map(str::to_owned).to_vec()),
        n_units: 700,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn parsed(bytes: &[u8]) -> Result<SpikeFile> {
    parse(bytes.to_vec(), Path::new("some/file.h5"))
}

/// The message for a file with this content; it must name the file.
fn complaint(bytes: &[u8]) -> String {
    let text = parsed(bytes).expect_err("this must be refused").to_string();
    assert!(text.starts_with("some/file.h5"), "the file is not named: {text}");
    text
}

/// The plain file with `old`, which stands in it once, replaced by `new`.
fn patched(old: &[u8], new: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..PLAIN.len()).filter(|&at| PLAIN[at..].starts_with(old)).collect();
    assert_eq!((places.len(), old.len()), (1, new.len()), "{old:?} stands at {places:?}");
    let mut bytes = PLAIN.to_vec();
    bytes[places[0]..places[0] + new.len()].copy_from_slice(new);
    bytes
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[test]
fn every_dialect_of_the_format_gives_the_spikes_that_were_written() {
    let dialects =
        [("plain", PLAIN), ("chunked", CHUNKED), ("big endian", BIG_ENDIAN), ("behind a user block", USER_BLOCK)];
    for (name, bytes) in dialects {
        assert_eq!(parsed(bytes).unwrap(), content(), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("a.h5", PLAIN.to_vec()), ("b.h5.gz", gzip(PLAIN)), ("c.h5", gzip(CHUNKED)), ("d.h5", gzip(USER_BLOCK))]
    {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(read(&path).unwrap(), content(), "{name}");
    }
}

#[test]
fn files_of_another_kind_are_refused_by_their_first_bytes() {
    assert!(complaint(b"").contains("expected an HDF5 file"));
    assert!(complaint(b"<!DOCTYPE html>").contains("got `<!DOCTYP`"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.h5.gz");
    fs::write(&path, gzip(&vec![0; 1 << 24])).unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains("train.h5.gz") && text.contains("expected an HDF5 file"), "{text}");
    assert!(matches!(read(&folder.path().join("nowhere.h5")), Err(Error::File { .. })));
    let whole = gzip(PLAIN);
    for end in [whole.len() - 1, whole.len() - 8, whole.len() / 2] {
        fs::write(&path, &whole[..end]).unwrap();
        assert!(read(&path).is_err(), "cut at {end}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let built = |fill: &dyn Fn(&mut FileBuilder)| {
        let mut builder = FileBuilder::new();
        fill(&mut builder);
        builder.finish().unwrap()
    };
    let text = complaint(&built(&|b| {
        b.create_dataset("other").with_i64_data(&[1]);
    }));
    assert!(text.contains("labels: this data set is missing"), "{text}");
    let text = complaint(&built(&|b| {
        b.create_dataset("labels").with_i64_data(&[1]);
    }));
    assert!(text.contains("spikes/times: the group `spikes` is missing"), "{text}");
    // The name of the data set in the local heap of its group.
    let text = complaint(&patched(b"units\0", b"unitz\0"));
    assert!(text.contains("spikes/units: this data set is missing"), "{text}");
    let without_speakers = parsed(&patched(b"speaker\0", b"speakez\0")).unwrap();
    assert_eq!(without_speakers, SpikeFile { speakers: None, ..content() });
    let without_names = parsed(&patched(b"keys\0", b"keyz\0")).unwrap();
    assert_eq!(without_names, SpikeFile { class_names: None, ..content() });
}

#[test]
fn data_sets_of_another_type_or_shape_are_refused() {
    let labels = |fill: &dyn Fn(&mut hdf5_pure::DatasetBuilder)| {
        let mut builder = FileBuilder::new();
        fill(builder.create_dataset("labels"));
        let mut spikes = builder.create_group("spikes");
        spikes.create_dataset("times").with_f32_data(&[1.0, 2.0]);
        spikes.create_dataset("units").with_u16_data(&[1, 2]);
        builder.add_group(spikes.finish());
        complaint(&builder.finish().unwrap())
    };
    let text = labels(&|d| {
        d.with_i32_data(&[0, 1]);
    });
    assert!(text.contains("spikes/times: expected lists of numbers"), "{text}");
    let text = labels(&|d| {
        d.with_f32_data(&[0.0, 1.0]);
    });
    assert!(text.contains("labels: expected integers"), "{text}");
    let text = labels(&|d| {
        d.with_i32_data(&[0, 1]).with_shape(&[2, 1]);
    });
    assert!(text.contains("labels: expected one dimension, got the shape [2, 1]"), "{text}");
    let text = labels(&|d| {
        d.with_i32_data(&[0, -1]);
    });
    assert!(text.contains("labels, sample 1: expected 0 to 65535, got -1"), "{text}");
}

#[test]
fn times_that_cannot_be_are_named_with_sample_and_spike() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (-0.25, "-0.25"), (3601.0, "3601")] {
        let text = complaint(&patched(&floats(&[0.75, 0.0625]), &floats(&[0.75, value])));
        let expected = format!("spikes/times, sample 2: spike 1: expected a time of 0 to 3600 s, got {shown}");
        assert!(text.contains(&expected), "{text}");
    }
    assert!(parsed(&patched(&floats(&[0.75, 0.0625]), &floats(&[0.75, 3600.0]))).is_ok());
}

#[test]
fn units_and_labels_that_cannot_be_are_named_with_their_sample() {
    let bytes = patched(&words(&[2, 0, 1, 2]), &words(&[2, 0, 3, 2]));
    let text = complaint(&bytes);
    assert!(
        text.contains("labels, sample 2: expected a label of 0 to 2 (`extra/keys` names 3 classes), got 3"),
        "{text}"
    );
    let mut nameless = patched(b"keys\0", b"keyz\0");
    let at = (0..nameless.len()).find(|&at| nameless[at..].starts_with(&words(&[2, 0, 1, 2]))).unwrap();
    nameless[at..at + 2].copy_from_slice(&words(&[511]));
    assert_eq!(parsed(&nameless).unwrap().labels, [511, 0, 1, 2]);
    nameless[at..at + 2].copy_from_slice(&words(&[512]));
    assert!(complaint(&nameless).contains("labels, sample 0: expected a label of 0 to 511"));

    let unit = 699i64.to_be_bytes();
    let at = (0..BIG_ENDIAN.len()).find(|&at| BIG_ENDIAN[at..].starts_with(&unit)).unwrap();
    for value in [-1i64, 65_536, i64::MIN] {
        let mut bytes = BIG_ENDIAN.to_vec();
        bytes[at..at + 8].copy_from_slice(&value.to_be_bytes());
        let text = complaint(&bytes);
        let expected = format!("spikes/units, sample 3: spike 2: expected a unit of 0 to 65535, got {value}");
        assert!(text.contains(&expected), "{text}");
    }
}

/// Where the references to the lists of each data set stand in the plain file: `length | address | index`.
fn references() -> Vec<usize> {
    // Four samples of 4, 0, 2 and 3 spikes, 16 bytes each.
    let length = |at: usize| PLAIN.get(at..at + 4).map(|b| u32::from_le_bytes(b.try_into().unwrap()));
    let fits = |at: &usize| [4, 0, 2, 3].iter().enumerate().all(|(k, n)| length(at + 16 * k) == Some(*n));
    let found: Vec<usize> = (0..PLAIN.len()).step_by(8).filter(fits).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    found
}

#[test]
fn lists_that_disagree_or_lead_nowhere_are_named_with_their_sample() {
    let at = references()[1] + 32;
    let with = |offset: usize, bytes: &[u8]| {
        let mut file = PLAIN.to_vec();
        file[at + offset..at + offset + bytes.len()].copy_from_slice(bytes);
        complaint(&file)
    };
    let text = with(0, &1u32.to_le_bytes());
    assert!(text.contains("spikes/units, sample 2: expected 2 units, one for each of `spikes/times`, got 1"), "{text}");
    let text = with(0, &u32::MAX.to_le_bytes());
    assert!(text.contains("spikes/units, sample 2: expected 4294967295 numbers"), "{text}");
    for address in [PLAIN.len() as u64, u64::MAX, u64::MAX - 8] {
        let text = with(4, &address.to_le_bytes());
        assert!(text.contains("spikes/units, sample 2") && text.contains("outside the file"), "{text}");
    }
    let text = with(4, &8u64.to_le_bytes());
    assert!(text.contains("spikes/units, sample 2: expected a heap at 8"), "{text}");
    let text = with(12, &999u32.to_le_bytes());
    assert!(text.contains("expected object 999 in the heap"), "{text}");
    let text = with(12, &(1u32 << 16 | 1).to_le_bytes());
    assert!(text.contains("expected object 65537 in the heap"), "{text}");
}

#[test]
fn columns_of_unequal_length_are_refused() {
    // The dataspace message, version 1: one dimension, 4 of at most 4. Chunks do not mind a shorter one.
    let dataspace = [&[1u8, 1, 1, 0, 0, 0, 0, 0][..], &4u64.to_le_bytes(), &4u64.to_le_bytes()].concat();
    let places: Vec<usize> = (0..BIG_ENDIAN.len()).filter(|&at| BIG_ENDIAN[at..].starts_with(&dataspace)).collect();
    assert_eq!(places.len(), 4, "times, units, labels, speakers");
    let mut named = Vec::new();
    for at in places {
        let mut bytes = BIG_ENDIAN.to_vec();
        bytes[at + 8..at + 16].copy_from_slice(&3u64.to_le_bytes());
        named.push(complaint(&bytes));
        bytes[at + 8..at + 16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(complaint(&bytes).contains("expected at most 1048576 samples"));
    }
    for name in [
        "spikes/times: expected 4",
        "spikes/units: expected 4",
        "extra/speaker: expected 4",
        "spikes/times: expected 3",
    ] {
        assert!(named.iter().any(|text| text.contains(name)), "{name}: {named:#?}");
    }
}

/// What holds for every file that is accepted, however it came to be.
fn check(file: &SpikeFile) {
    assert_eq!(file.samples.len(), file.labels.len());
    assert!(file.speakers.as_ref().is_none_or(|s| s.len() == file.labels.len()));
    let n_classes = file.class_names.as_ref().map_or(512, Vec::len);
    assert!(file.labels.iter().all(|l| usize::from(*l) < n_classes));
    for sample in &file.samples {
        assert_eq!(sample.times.len(), sample.units.len());
        assert!(sample.times.is_sorted() && sample.times.iter().all(|t| (0.0..=3600.0).contains(t)));
        assert!(sample.units.iter().all(|u| usize::from(*u) < file.n_units));
    }
}

#[test]
fn no_damage_makes_the_reader_panic_or_accept_what_is_inconsistent() {
    let (mut accepted, mut refused) = (0, 0);
    for (name, whole) in [("plain", PLAIN), ("chunked", CHUNKED), ("big endian", BIG_ENDIAN)] {
        let mut rng = rng::stream(1, name);
        let mut mutants: Vec<Vec<u8>> = (0..whole.len()).step_by(61).map(|end| whole[..end].to_vec()).collect();
        for k in 0..400 {
            let mut bytes = whole.to_vec();
            for _ in 0..=k % 3 {
                // The first kilobytes and the heads of the heaps are dense; most of the rest is padding.
                let at = rng.random_range(0..if k % 2 == 0 { whole.len() } else { 2048 });
                bytes[at] = if k % 5 == 0 { 0xff } else { rng.random() };
            }
            mutants.push(bytes);
        }
        for bytes in mutants {
            match parsed(&bytes) {
                Ok(file) => {
                    check(&file);
                    accepted += 1;
                }
                Err(why) => {
                    assert!(matches!(why, Error::Malformed { .. }), "{why}");
                    refused += 1;
                }
            }
        }
    }
    // Both ways must have been gone, or the mutations are too weak or too strong to say anything.
    assert!(accepted > 100 && refused > 300, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_folder_is_read_by_the_words_in_the_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let complaint = || open_folder(folder.path()).unwrap_err().to_string();
    fs::write(at("notes_train.txt"), b"").unwrap();
    fs::write(at("._shd_train.h5"), b"what macOS leaves beside files on foreign disks").unwrap();
    fs::write(at("shd_test.h5"), CHUNKED).unwrap();
    assert!(complaint().contains("`train` in its name"));
    fs::write(at("SHD_Train.hdf5.gz"), gzip(PLAIN)).unwrap();
    let (train, test, files) = open_folder(folder.path()).unwrap();
    assert_eq!((train, test), (content(), Some(content())));
    assert_eq!(files, [at("SHD_Train.hdf5.gz"), at("shd_test.h5")]);

    fs::write(at("shd_test.h5.gz"), b"not looked at").unwrap();
    assert!(open_folder(folder.path()).is_ok(), "the unpacked copy counts");
    fs::write(at("shd_train.h5"), PLAIN).unwrap();
    let text = complaint();
    assert!(text.contains("SHD_Train.hdf5.gz, shd_train.h5"), "{text}");
    let (_, test, files) = open_folder(&at("shd_train.h5")).unwrap();
    assert!(test.is_some());
    assert_eq!(files, [at("shd_train.h5"), at("shd_test.h5")]);
    fs::remove_file(at("shd_test.h5")).unwrap();
    fs::remove_file(at("shd_test.h5.gz")).unwrap();
    let (_, test, files) = open_folder(&at("shd_train.h5")).unwrap();
    assert_eq!((test, files), (None, vec![at("shd_train.h5")]));
    assert!(matches!(open_folder(&at("nowhere")), Err(Error::File { .. })));
}

#[test]
fn files_that_name_their_classes_differently_are_refused_together() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.h5"), PLAIN).unwrap();
    fs::write(folder.path().join("test.h5"), patched(b"zeroeins", b"einszero")).unwrap();
    let text = open_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("test.h5, extra/keys: expected the class names"), "{text}");
}

#[test]
fn spoken_digits_read_with_the_sums_that_h5py_finds() {
    let Some(folder) = test_data::folder("fsdd") else { return };
    let (train, test, files) = open_folder(&folder).unwrap();
    assert_eq!(files.len(), 2);
    // h5py 3.16, NumPy 2.4: sum(map(len, times)), sum of times in float64, sum of units, largest unit + 1,
    // np.bincount of labels and of extra/speaker.
    for (file, spikes, times, units, per_class, speakers) in [
        (train, 753_793, 151_572.219_502_449_04, 391_986_370, 180, &[450, 450, 450, 450][..]),
        (test.unwrap(), 281_286, 48_434.540_702_819_824, 149_730_420, 70, &[50, 50, 50, 50, 500][..]),
    ] {
        assert_eq!(file.samples.iter().map(SpikeTrain::len).sum::<usize>(), spikes);
        let all = || file.samples.iter().flat_map(SpikeTrain::iter);
        let sum: f64 = all().map(|(t, _)| f64::from(t)).sum();
        // Exact but for the order of summation: 7.5e5 additions, 2^-53 each.
        assert!((sum / times - 1.0).abs() < 1e-10, "{sum}");
        assert_eq!(all().map(|(_, u)| u64::from(u)).sum::<u64>(), units);
        assert_eq!(file.n_units, 691);
        let count = |of: &[u16], value: usize| of.iter().filter(|v| usize::from(**v) == value).count();
        assert!((0..10).all(|class| count(&file.labels, class) == per_class));
        let spoken = file.speakers.unwrap();
        assert_eq!((0..speakers.len()).map(|s| count(&spoken, s)).collect::<Vec<_>>(), speakers);
        let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        assert_eq!(file.class_names.unwrap(), names);
    }
}

/// A packed file of zeros is a thousand times smaller than what it becomes.
#[test]
fn a_packed_file_that_becomes_absurdly_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.h5.gz");
    let zeros = [PLAIN, &vec![0; 80 << 20]].concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&zeros).unwrap();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains("train.h5.gz") && text.contains("more than 32 times its size"), "{text}");
}

/// Every heap begins one step after the one before and reaches to the end of the file.
#[test]
fn heaps_that_lie_over_one_another_are_refused_before_all_are_read() {
    let (n, object) = (2_000usize, 32);
    let mut heaps = Vec::new();
    for k in 0..n {
        let left = ((n - k) * object) as u64;
        // One object, which fills the heap.
        heaps.extend([*b"GCOL\x01\0\0\0", left.to_le_bytes(), 1u64.to_le_bytes(), (left - 32).to_le_bytes()].concat());
    }
    let mut bytes = PLAIN.to_vec();
    let first = bytes.len() as u64;
    bytes.extend(&heaps);
    let foreign = Foreign::open(bytes).unwrap();
    let data = foreign.file().dataset(TIMES).unwrap();
    let mut times = Ragged::open(&foreign, &data).unwrap();
    let refused = (0..n).find_map(|k| times.directory(first + (object * k) as u64).err().map(|why| (k, why)));
    let (k, why) = refused.expect("refused");
    assert!(k < 5 && why.contains("apart from one another"), "{k}: {why}");
}

#[test]
fn a_file_that_is_cut_off_is_called_so() {
    let text = complaint(&CHUNKED[..CHUNKED.len() - 100]);
    assert!(text.contains(&format!("cut off: expected {} bytes", CHUNKED.len())), "{text}");
}
