use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::task::test_data;

/// An IDX file by the description of the format: three images of 2 × 3.
fn images_file() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend((0..18).map(|p| p * 14));
    bytes
}

fn labels_file() -> Vec<u8> {
    vec![0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// The message for a file of images with this content.
fn complaint(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "file", bytes);
    let text = read_images(&path).expect_err("this must be refused").to_string();
    assert!(text.contains(path.to_str().unwrap()), "the file is not named: {text}");
    text
}

/// The images file with other header bytes.
fn with(at: usize, word: u32) -> Vec<u8> {
    let mut bytes = images_file();
    bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
    bytes
}

#[test]
fn images_and_labels_come_out_as_written_packed_or_not_whatever_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let expected: Vec<u8> = (0..18).map(|p| p * 14).collect();
    for (name, packed) in [("a", false), ("a.gz", false), ("b", true), ("b.gz", true)] {
        let pack = |bytes: Vec<u8>| if packed { gzip(&bytes) } else { bytes };
        let images = read_images(&put(folder.path(), name, &pack(images_file()))).unwrap();
        assert_eq!((images.rows, images.columns, images.len()), (2, 3, 3));
        assert_eq!(images.pixels, expected);
        assert_eq!(images.iter().nth(1).unwrap(), &expected[6..12]);
        assert_eq!(read_labels(&put(folder.path(), name, &pack(labels_file())), 9).unwrap(), [7, 0, 9]);
    }
}

#[test]
fn another_magic_number_is_named_with_what_it_means() {
    let text = complaint(&labels_file());
    assert!(text.contains("2051") && text.contains("2049") && text.contains("file of labels"), "{text}");
    assert!(complaint(&with(0, 0x0d03)).contains("other numbers or dimensions"));
    assert!(complaint(b"<!DOCTYPE html><html>").contains("not an IDX file"));
    assert!(complaint(b"").contains("0 bytes in all"));
    let folder = tempfile::tempdir().unwrap();
    let text = read_labels(&put(folder.path(), "file", &images_file()), 9).unwrap_err().to_string();
    assert!(text.contains("file of images"), "{text}");
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_with_both_lengths() {
    let whole = images_file();
    for length in 0..whole.len() {
        let text = complaint(&whole[..length]);
        assert!(text.contains(&format!("got {length}")) || length < 4, "{length}: {text}");
        if length >= 16 {
            assert!(text.contains("expected 34 bytes"), "{text}");
        }
    }
    // The pixels of a packed file may all be there while the checksum is not.
    let packed = gzip(&whole);
    for length in 0..packed.len() {
        complaint(&packed[..length]);
    }
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let mut long = images_file();
    long.push(0);
    assert!(complaint(&long).contains("expected 34 bytes"));
    assert!(complaint(&gzip(&long)).contains("more follow"));
    let mut garbage = gzip(&images_file());
    garbage.extend(b"more than a gzip header");
    assert!(complaint(&garbage).contains("damaged"));
}

#[test]
fn a_damaged_gzip_stream_is_never_read_as_something_else() {
    let whole = read_images(&put(tempfile::tempdir().unwrap().path(), "file", &images_file())).unwrap();
    let packed = gzip(&images_file());
    let folder = tempfile::tempdir().unwrap();
    for bit in 0..packed.len() * 8 {
        let mut bytes = packed.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Some bits of the gzip header (time, system) mean nothing to the content, nor do those that fill up the
        // last byte before the checksum and the length.
        if let Ok(images) = read_images(&put(folder.path(), "file", &bytes)) {
            assert_eq!(images, whole, "bit {bit}");
            assert!(bit / 8 < 10 || bit / 8 == packed.len() - 9, "bit {bit} of {}", packed.len() * 8);
        }
    }
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_reserved() {
    for (at, word, words) in [
        (4, 0, "expected 1 to 1000000 samples, got 0"),
        (4, u32::MAX, "got 4294967295"),
        (8, 0, "expected 1 to 256 rows, got 0"),
        (8, 257, "got 257"),
        (12, 0, "expected 1 to 256 columns, got 0"),
        (12, u32::MAX, "got 4294967295"),
    ] {
        let text = complaint(&with(at, word));
        assert!(text.contains(words) && text.contains(&format!("byte {at}")), "{text}");
    }
    let mut large = with(4, 1_000_000);
    large[8..16].copy_from_slice(&[0, 0, 1, 0, 0, 0, 1, 0]);
    assert!(complaint(&large).contains("1000000 × 256 × 256"));
    // A gigabyte of zeros packs into a megabyte; the header promises 18 of them.
    let mut bomb = images_file();
    bomb.resize(1 << 26, 0);
    assert!(complaint(&gzip(&bomb)).contains("more follow"));
}

#[test]
fn a_label_out_of_range_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "labels", &labels_file());
    let text = read_labels(&path, 8).unwrap_err().to_string();
    assert!(text.contains("label 2: expected 0 to 8, got 9"), "{text}");
    assert!(read_labels(&path, 255).is_ok());
}

#[test]
fn a_folder_is_read_by_the_usual_names_and_by_the_path_of_one_of_its_files() {
    for (joint, end) in [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")] {
        let folder = tempfile::tempdir().unwrap();
        let name = |set: &str, kind: &str| format!("{set}-{}{joint}{}-ubyte{end}", &kind[..6], &kind[7..]);
        let images = put(folder.path(), &name("train", "images-idx3"), &gzip(&images_file()));
        let labels = put(folder.path(), &name("train", "labels-idx1"), &labels_file());
        let alone = open_folder(folder.path(), 9).unwrap();
        assert_eq!((alone.train.0.len(), &alone.train.1[..]), (3, &[7, 0, 9][..]));
        assert_eq!((alone.test, alone.files), (None, vec![images.clone(), labels.clone()]));
        put(folder.path(), &name("t10k", "images-idx3"), &images_file());
        let t10k_labels = put(folder.path(), &name("t10k", "labels-idx1"), &[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
        for path in [folder.path(), &images, &labels, &t10k_labels] {
            let both = open_folder(path, 9).unwrap();
            assert_eq!(both.test.unwrap().1, [1, 2, 3]);
            assert_eq!(both.files.len(), 4);
        }
    }
}

#[test]
fn a_folder_that_is_not_complete_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let complaint = |path: &Path| open_folder(path, 9).unwrap_err().to_string();
    let text = complaint(folder.path());
    for name in
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
    {
        assert!(text.contains(name), "{text}");
    }
    put(folder.path(), "t10k-labels-idx1-ubyte", &labels_file());
    assert!(complaint(folder.path()).contains("`train-images-idx3-ubyte` (or .gz) is missing"));
    put(folder.path(), "train-images-idx3-ubyte", &images_file());
    assert!(complaint(folder.path()).contains("`train-labels-idx1-ubyte` (or .gz) is missing"));
    put(folder.path(), "train-labels-idx1-ubyte", &labels_file());
    assert!(complaint(folder.path()).contains("`t10k-images-idx3-ubyte` (or .gz) is missing"));
    let other = put(folder.path(), "notes.txt", b"");
    assert!(complaint(&other).contains("expected a folder"));
    assert!(complaint(&folder.path().join("nowhere")).contains("cannot read"));
}

#[test]
fn pairs_that_do_not_match_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "train-images-idx3-ubyte", &images_file());
    put(folder.path(), "train-labels-idx1-ubyte", &[0, 0, 8, 1, 0, 0, 0, 2, 1, 2]);
    let text = open_folder(folder.path(), 9).unwrap_err().to_string();
    assert!(text.contains("each of the 3 images") && text.contains("got 2"), "{text}");
    put(folder.path(), "train-labels-idx1-ubyte", &labels_file());
    let mut turned = with(8, 3);
    turned[15] = 2;
    put(folder.path(), "t10k-images-idx3-ubyte", &turned);
    put(folder.path(), "t10k-labels-idx1-ubyte", &labels_file());
    let text = open_folder(folder.path(), 9).unwrap_err().to_string();
    assert!(text.contains("expected 2 × 3 pixels") && text.contains("got 3 × 2"), "{text}");
}

#[test]
fn mnist_reads_with_the_sums_that_numpy_finds() {
    let Some(folder) = test_data::folder("mnist") else { return };
    let mnist = open_folder(&folder, 9).unwrap();
    let test = mnist.test.unwrap();
    // NumPy 2.4: np.frombuffer(gzip.open(file).read(), np.uint8, offset=16).sum() and np.bincount of the labels, in
    // the copy that holds the first 50,000 and the last 10,000 of the 60,000 training images.
    for ((images, labels), n, sum, first, last, counts) in [
        (
            mnist.train,
            50_000,
            1_309_069_995,
            27_523,
            26_846,
            [4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988],
        ),
        (test, 10_000, 258_205_654, 22_386, 20_920, [991, 1064, 990, 1030, 983, 915, 967, 1090, 1009, 961]),
    ] {
        assert_eq!((images.rows, images.columns, images.len()), (28, 28, n));
        let total = |pixels: &[u8]| pixels.iter().map(|&p| u64::from(p)).sum::<u64>();
        assert_eq!(total(&images.pixels), sum);
        let sums: Vec<u64> = images.iter().map(total).collect();
        assert_eq!((sums[0], sums[n - 1]), (first, last));
        let mut found = [0; 10];
        for label in labels {
            found[usize::from(label)] += 1;
        }
        assert_eq!(found, counts);
    }
}
