//! Images and labels in the IDX files of MNIST and Fashion-MNIST, plain or gzipped.
//!
//! ```text
//! images: magic 2051 | count | rows | columns | pixels 0…255, row by row
//! labels: magic 2049 | count | labels
//! ```
//!
//! All four header numbers are 32-bit big-endian. Source of the format: Y. LeCun, C. Cortes,
//! C. J. C. Burges, *The MNIST database of handwritten digits*, section "File formats".

use std::io::Read;
use std::path::{Path, PathBuf};

use super::compressed::{self, malformed};
use crate::base::error::{Error, Result};

/// Unsigned bytes (0x08) in three dimensions.
const IMAGES_MAGIC: u32 = 0x0803;
/// Unsigned bytes (0x08) in one dimension.
const LABELS_MAGIC: u32 = 0x0801;
/// More samples than any data set of this kind holds (EMNIST has 814,255).
const MOST_SAMPLES: u32 = 1_000_000;
/// Larger images than this have no place on the chip.
const LONGEST_SIDE: u32 = 256;
/// All pixels of one file together.
const MOST_PIXELS: u64 = 1 << 30;

/// Grey-level images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Pixels per column.
    pub rows: usize,
    /// Pixels per row.
    pub columns: usize,
    /// Grey levels 0…255, `[image, row, column]`.
    pub pixels: Vec<u8>,
}

impl Images {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / (self.rows * self.columns)
    }

    /// Whether there is no image at all; files without images are refused.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The pixels `[row, column]` of each image in turn.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.rows * self.columns)
    }
}

impl<'a> IntoIterator for &'a Images {
    type Item = &'a [u8];
    type IntoIter = std::slice::ChunksExact<'a, u8>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a folder in the manner of MNIST holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFolder {
    /// Images and labels to learn from, equally many.
    pub train: (Images, Vec<u8>),
    /// Images and labels held out, if the folder has them; the images are of the same size.
    pub test: Option<(Images, Vec<u8>)>,
    /// The files that were read: images before labels, training before test.
    pub files: Vec<PathBuf>,
}

/// Reads an IDX file of images.
///
/// # Errors
/// When the file cannot be read, is of another kind, shorter or longer than its header says, or absurdly large.
pub fn read_images(path: &Path) -> Result<Images> {
    let mut reader = compressed::open(path)?;
    let [count, rows, columns] = header(&mut *reader, IMAGES_MAGIC, path)?;
    let place = |at: u32| Some(format!("byte {at}"));
    for (at, what, side) in [(8, "rows", rows), (12, "columns", columns)] {
        if !(1..=LONGEST_SIDE).contains(&side) {
            return Err(malformed(path, place(at), format!("expected 1 to {LONGEST_SIDE} {what}, got {side}")));
        }
    }
    let n_pixels = u64::from(count) * u64::from(rows) * u64::from(columns);
    if n_pixels > MOST_PIXELS {
        let why = format!("expected at most {MOST_PIXELS} pixels, got {count} × {rows} × {columns}");
        return Err(malformed(path, place(4), why));
    }
    let pixels = payload(&mut *reader, 16, n_pixels, path)?;
    Ok(Images { rows: rows as usize, columns: columns as usize, pixels })
}

/// Reads an IDX file of labels, none of which may exceed `largest_label`.
///
/// # Errors
/// When the file cannot be read, is of another kind, shorter or longer than its header says, or holds a label
/// that is too large.
pub fn read_labels(path: &Path, largest_label: u8) -> Result<Vec<u8>> {
    let mut reader = compressed::open(path)?;
    let [count] = header(&mut *reader, LABELS_MAGIC, path)?;
    let labels = payload(&mut *reader, 8, u64::from(count), path)?;
    match labels.iter().position(|&label| label > largest_label) {
        None => Ok(labels),
        Some(k) => {
            let why = format!("expected 0 to {largest_label}, got {}", labels[k]);
            Err(malformed(path, Some(format!("label {k}")), why))
        }
    }
}

/// Checks the magic number and the count, and returns what follows the magic number.
fn header<const N: usize>(reader: &mut dyn Read, magic: u32, path: &Path) -> Result<[u32; N]> {
    let expected = 4 + 4 * N;
    let mut bytes = Vec::with_capacity(expected);
    compressed::read_up_to(reader, expected as u64, &mut bytes, path)?;
    let number = |k: usize| Some(u32::from_be_bytes(bytes.get(4 * k..4 * k + 4)?.try_into().ok()?));
    let got = number(0);
    if got != Some(magic) {
        let is = match got {
            Some(IMAGES_MAGIC) => "; this is a file of images",
            Some(LABELS_MAGIC) => "; this is a file of labels",
            Some(other) if other >> 16 == 0 => "; this is an IDX file of other numbers or dimensions",
            _ => "; this is not an IDX file",
        };
        let got = got.map_or_else(|| format!("{} bytes in all", bytes.len()), |m| format!("{m} (0x{m:08x})"));
        let why = format!("expected the magic number {magic} (0x{magic:08x}), got {got}{is}");
        return Err(malformed(path, Some("byte 0".into()), why));
    }
    if bytes.len() < expected {
        let why = format!("expected a header of {expected} bytes, got {} bytes in all", bytes.len());
        return Err(malformed(path, None, why));
    }
    let numbers: [u32; N] = std::array::from_fn(|k| number(k + 1).unwrap_or_default());
    if !(1..=MOST_SAMPLES).contains(&numbers[0]) {
        let why = format!("expected 1 to {MOST_SAMPLES} samples, got {}", numbers[0]);
        return Err(malformed(path, Some("byte 4".into()), why));
    }
    Ok(numbers)
}

/// The bytes after the header: exactly as many as it promises.
fn payload(reader: &mut dyn Read, header: u64, promised: u64, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    compressed::read_up_to(reader, promised, &mut bytes, path)?;
    if (bytes.len() as u64) < promised {
        let (expected, got) = (header + promised, header + bytes.len() as u64);
        let why =
            format!("expected {expected} bytes, as the header says, got {got}: the file is cut off; get it again");
        return Err(malformed(path, None, why));
    }
    compressed::expect_end(reader, header + promised, path)?;
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// Reads `train-*` and, if it is there, `t10k-*` from a folder; labels may not exceed `largest_label`.
///
/// Both spellings of the names are understood (`train-images-idx3-ubyte`, `train-images.idx3-ubyte`), each with
/// or without `.gz`; of two copies the unpacked one is taken. A path to one of the files stands for its folder.
///
/// # Errors
/// When there is no such file or only half of a pair, when images and labels are not equally many, when training
/// and test images are not of one size, and as [`read_images`] and [`read_labels`].
pub fn open_folder(path: &Path, largest_label: u8) -> Result<ImageFolder> {
    let is_ours =
        |name: &str| SETS.iter().any(|set| KINDS.iter().any(|kind| names(set, *kind).iter().any(|n| n == name)));
    let folder = if path.is_file() && path.file_name().and_then(|n| n.to_str()).is_some_and(is_ours) {
        path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
    } else {
        path
    };
    if !folder.is_dir() {
        // A file of another name, or nothing at all: let the system say which.
        std::fs::metadata(folder).map_err(|why| Error::file("read", folder, &why))?;
        return Err(malformed(folder, None, format!("expected a folder with {}", expected_names())));
    }
    let [train, test] = SETS.map(|set| KINDS.map(|kind| find(folder, set, kind)));
    if train.iter().chain(&test).all(Option::is_none) {
        return Err(malformed(folder, None, format!("expected {}; none of them is here", expected_names())));
    }
    let mut files = Vec::new();
    let mut pair = |found: [Option<PathBuf>; 2], set: &str| -> Result<(Images, Vec<u8>)> {
        let [Some(images_file), Some(labels_file)] = found else {
            let kind = KINDS[usize::from(found[0].is_some())];
            let why = format!("`{}` (or .gz) is missing", names(set, kind)[0]);
            return Err(malformed(folder, None, why));
        };
        let (images, labels) = (read_images(&images_file)?, read_labels(&labels_file, largest_label)?);
        if images.len() != labels.len() {
            let why = format!(
                "expected a label for each of the {} images of {}, got {}",
                images.len(),
                images_file.display(),
                labels.len()
            );
            return Err(malformed(&labels_file, None, why));
        }
        files.extend([images_file, labels_file]);
        Ok((images, labels))
    };
    let train = pair(train, SETS[0])?;
    let test = if test.iter().all(Option::is_none) { None } else { Some(pair(test, SETS[1])?) };
    if let Some((images, _)) = &test {
        let (size, expected) = ((images.rows, images.columns), (train.0.rows, train.0.columns));
        if size != expected {
            let why = format!(
                "expected {} × {} pixels, as in {}, got {} × {}",
                expected.0,
                expected.1,
                files[0].display(),
                size.0,
                size.1
            );
            return Err(malformed(&files[2], Some("byte 8".into()), why));
        }
    }
    Ok(ImageFolder { train, test, files })
}

/// Training and test set, by the names of MNIST.
const SETS: [&str; 2] = ["train", "t10k"];
/// Images and labels, with the number of dimensions.
const KINDS: [(&str, u8); 2] = [("images", 3), ("labels", 1)];

/// The names that one file may have, in order of preference.
fn names(set: &str, (kind, dimensions): (&str, u8)) -> [String; 4] {
    let spell = |joint: &str, end: &str| format!("{set}-{kind}{joint}idx{dimensions}-ubyte{end}");
    [spell("-", ""), spell(".", ""), spell("-", ".gz"), spell(".", ".gz")]
}

fn find(folder: &Path, set: &str, kind: (&str, u8)) -> Option<PathBuf> {
    names(set, kind).into_iter().map(|name| folder.join(name)).find(|file| file.is_file())
}

fn expected_names() -> String {
    let all: Vec<String> = SETS.iter().flat_map(|set| KINDS.map(|kind| format!("`{}`", names(set, kind)[0]))).collect();
    format!("{} (each also with `.idx` for `-idx`, and with `.gz`)", all.join(", "))
}

#[cfg(test)]
mod tests;
