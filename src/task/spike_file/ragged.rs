//! Lists of unequal length in HDF5: references in the data set, numbers in global heaps.
//!
//! The HDF5 library in use reads text that is stored so, but not numbers. The layout is that of the HDF5 file
//! format specification, version 3: a reference is `length: u32 | address: u64 | index: u32` (section IV.A.2.d,
//! class 9, and appendix A), a heap is `"GCOL" | version: u8 | 3 bytes | size: u64 | objects`, and an object
//! `index: u16 | 6 bytes | size: u64 | data`, padded to 8 bytes (section III.E). Everything is little-endian.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use hdf5_pure::{Dataset, Datatype};

use crate::base::hdf5::{Foreign, Number};

const REFERENCE: usize = 16;
const HEAP_HEADER: usize = 16;
const OBJECT_HEADER: usize = 16;
/// Known places of objects; a file of the usual kind has two for each sample.
const MOST_KNOWN: usize = 1 << 21;

/// A data set of lists; reads one at a time.
pub(super) struct Ragged<'a> {
    number: Number,
    /// One reference of [`REFERENCE`] bytes per list.
    references: Vec<u8>,
    heap: Heap<'a>,
    /// Bytes that the lists to come may have together: each has its own place in the file.
    left: usize,
}

impl<'a> Ragged<'a> {
    /// Opens a data set of `n` lists. An error says what was expected.
    pub(super) fn open(foreign: &'a Foreign, data: &Dataset) -> Result<Self, String> {
        let file = foreign.file();
        let stored = data.datatype().map_err(|why| format!("cannot be read ({why})"))?;
        let number = match &stored {
            Datatype::VariableLength { is_string: false, base_type, .. } => Number::of(base_type),
            _ => None,
        };
        let number = number.ok_or_else(|| format!("expected lists of numbers (variable length), got {stored}"))?;
        let superblock = file.superblock();
        if (superblock.offset_size, superblock.length_size) != (8, 8) {
            let got = format!("{} and {}", superblock.offset_size, superblock.length_size);
            return Err(format!("expected addresses and lengths of 8 bytes each, got {got}"));
        }
        let references = foreign.raw(data)?;
        let bytes = file.as_bytes();
        let base = superblock.base_address.get();
        let heap = Heap { bytes, base, objects: HashMap::new(), known: HashSet::new(), left: 2 * bytes.len() };
        Ok(Self { number, references, heap, left: bytes.len() })
    }

    /// Reads the directory of a heap.
    #[cfg(test)]
    pub(super) fn directory(&mut self, address: u64) -> Result<(), String> {
        self.heap.read_directory(address)
    }

    /// Number of lists.
    pub(super) fn len(&self) -> usize {
        self.references.len() / REFERENCE
    }

    /// How the numbers are stored.
    pub(super) fn number(&self) -> Number {
        self.number
    }

    /// The bytes of list `k`: a whole number of numbers. An error says what was expected.
    pub(super) fn get(&mut self, k: usize) -> Result<&'a [u8], String> {
        let reference = &self.references[k * REFERENCE..(k + 1) * REFERENCE];
        let length = word(reference, 0, 4).unwrap_or_default();
        if length == 0 {
            return Ok(&[]);
        }
        let address = word(reference, 4, 8).unwrap_or_default();
        let index = word(reference, 12, 4).unwrap_or_default();
        let object = self.heap.object(address, index)?;
        let size = length as usize * self.number.size();
        let Some(list) = object.get(..size) else {
            return Err(format!(
                "expected {length} numbers, which are {size} bytes, got {} bytes in heap {address}",
                object.len()
            ));
        };
        let Some(left) = self.left.checked_sub(size) else {
            return Err("expected lists apart from one another, got more numbers than the file has room for".into());
        };
        self.left = left;
        Ok(list)
    }
}

/// The global heaps of a file; directories of those in use are kept.
struct Heap<'a> {
    bytes: &'a [u8],
    /// Where address 0 lies in the file.
    base: u64,
    /// Places of objects by heap address and index.
    objects: HashMap<(u64, u16), Range<usize>>,
    /// Heaps whose directory is in `objects`.
    known: HashSet<u64>,
    /// Bytes that the heaps to come may have together: each has its own place, and some are read twice.
    left: usize,
}

impl<'a> Heap<'a> {
    fn object(&mut self, address: u64, index: u64) -> Result<&'a [u8], String> {
        if !self.known.contains(&address) {
            if self.objects.len() > MOST_KNOWN {
                self.objects.clear();
                self.known.clear();
            }
            self.read_directory(address)?;
        }
        let place = u16::try_from(index).ok().and_then(|index| self.objects.get(&(address, index)));
        let place = place.ok_or_else(|| format!("expected object {index} in the heap at {address}, which has none"))?;
        Ok(&self.bytes[place.clone()])
    }

    /// Finds all objects of the heap at `address`.
    fn read_directory(&mut self, address: u64) -> Result<(), String> {
        let outside =
            || format!("expected a heap at {address}, which is outside the file of {} bytes", self.bytes.len());
        let start = self.base.checked_add(address).and_then(|start| usize::try_from(start).ok()).ok_or_else(outside)?;
        let header = start.checked_add(HEAP_HEADER).and_then(|end| self.bytes.get(start..end)).ok_or_else(outside)?;
        if !header.starts_with(b"GCOL\x01") {
            return Err(format!(
                "expected a heap at {address}, which begins with `GCOL`, got `{}`",
                header[..5].escape_ascii()
            ));
        }
        let size = word(header, 8, 8).unwrap_or_default();
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let Some(heap) = end.and_then(|end| self.bytes.get(..end)) else {
            return Err(format!("the heap at {address} of {size} bytes ends outside the file"));
        };
        self.left = self
            .left
            .checked_sub(heap.len() - start)
            .ok_or("expected heaps apart from one another, got more than the file has room for")?;
        let mut at = start + HEAP_HEADER;
        // Index 0 is the free space at the end; less than a header may be left over.
        while let (Some(index), Some(size)) = (word(heap, at, 2), word(heap, at + 8, 8)) {
            if index == 0 {
                break;
            }
            let data = at + OBJECT_HEADER;
            let end =
                usize::try_from(size).ok().and_then(|size| data.checked_add(size)).filter(|end| *end <= heap.len());
            let Some(end) = end else {
                return Err(format!("object {index} of {size} bytes ends outside the heap at {address}"));
            };
            self.objects.insert((address, index as u16), data..end);
            at = data + (end - data).next_multiple_of(8);
        }
        self.known.insert(address);
        Ok(())
    }
}

/// A little-endian number of `size` bytes at `at`.
fn word(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}
