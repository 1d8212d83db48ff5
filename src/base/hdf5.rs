//! HDF5 files from elsewhere: what they may cost, and numbers of every width.
//!
//! A few bytes can promise gigabytes: a type of a megabyte, a chunk larger than its data set, a thousand data sets that
//! lie in the same place, all packed twice. So the type is looked at first, and everything that is unpacked is charged
//! to one account before it is.

use std::cell::Cell;

use half::f16;
use hdf5_pure::{
    Dataset, Datatype, DatatypeByteOrder, File, FixedPointLayout, FloatingPointLayout, VlenStringReadOptions,
};

/// Bytes that reading one file may take beside its own.
const MOST_UNPACKED: u64 = 64 << 20;
/// Bytes of all texts of one data set.
const LONGEST_TEXTS: u64 = 1 << 20;
/// First bytes of an HDF5 file (HDF5 file format specification, version 3, section II.A).
pub const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
/// The farthest that the signature is looked for.
const LONGEST_USER_BLOCK: usize = 1 << 20;

/// Where an HDF5 file may begin: behind a block of the user, whose size is a power of two from 512 on.
pub fn starts() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(0), |at| Some((2 * at).max(512))).take_while(|at| *at <= LONGEST_USER_BLOCK)
}

/// Whether these are the bytes of an HDF5 file.
pub fn is_hdf5(bytes: &[u8]) -> bool {
    starts().any(|at| bytes.get(at..).is_some_and(|rest| rest.starts_with(&SIGNATURE)))
}

/// A file from outside Misfit, and what reading it may still cost.
pub struct Foreign {
    file: File,
    left: Cell<u64>,
}

impl Foreign {
    /// Opens the content of a file.
    ///
    /// # Errors
    /// Says whether it is damaged or cut off.
    pub fn open(bytes: Vec<u8>) -> Result<Self, String> {
        let length = bytes.len() as u64;
        let damaged = |why| format!("the HDF5 file is damaged or cut off ({why}); get it again");
        let file = File::from_bytes(bytes).map_err(damaged)?;
        let promised = file.superblock().eof_address;
        if promised > length {
            return Err(format!("the file is cut off: expected {promised} bytes, got {length}; get it again"));
        }
        Ok(Self { file, left: Cell::new(MOST_UNPACKED) })
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Lengths along every axis.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn shape(data: &Dataset) -> Result<Vec<usize>, String> {
        Ok(data.shape().map_err(unreadable)?.into_iter().map(|side| side as usize).collect())
    }

    /// The stored bytes of all elements.
    ///
    /// # Errors
    /// When they cannot be read, or only with more memory than reading the file may take.
    pub fn raw(&self, data: &Dataset) -> Result<Vec<u8>, String> {
        let size = u64::from(data.datatype().map_err(unreadable)?.type_size());
        let shape = data.shape().map_err(unreadable)?;
        // Everything in a chunk is unpacked at once, and it may be larger than the data set.
        let chunk = data.chunk_shape().map_err(unreadable)?;
        let elements = |sides: &[u64]| sides.iter().try_fold(1u64, |product, side| product.checked_mul(*side));
        let cost = || {
            let (all, in_chunk) = (elements(&shape)?, chunk.as_deref().map_or(Some(0), elements)?);
            let kept = all.checked_mul(size.max(8))?;
            Some((all, kept, kept.checked_add(all.checked_mul(size)?)?.checked_add(in_chunk.checked_mul(size)?)?))
        };
        let Some((all, kept, _)) = cost().filter(|(.., cost)| *cost <= self.left.get()) else {
            let chunks = chunk.as_ref().map_or_else(String::new, |chunk| format!(" in chunks of {chunk:?}"));
            let most = MOST_UNPACKED >> 20;
            return Err(format!(
                "of shape {shape:?}{chunks} with {size} bytes each is too large; a file may unpack to {most} MiB in all"
            ));
        };
        let raw = data.read_raw().map_err(unreadable)?;
        if raw.len() as u64 != all * size {
            return Err(format!("cannot be read (expected {} bytes, got {})", all * size, raw.len()));
        }
        self.left.set(self.left.get() - kept);
        Ok(raw)
    }

    /// All numbers of a data set, row by row.
    ///
    /// # Errors
    /// As [`Self::raw`], and when they are no numbers.
    pub fn numbers(&self, data: &Dataset) -> Result<Vec<f64>, String> {
        let stored = data.datatype().map_err(unreadable)?;
        let number = Number::of(&stored).ok_or_else(|| format!("cannot be read as numbers, got {stored}"))?;
        Ok(self.raw(data)?.chunks_exact(number.size()).map(|bytes| number.value(bytes)).collect())
    }

    /// All texts of a data set.
    ///
    /// # Errors
    /// As [`Self::raw`], and when they are no texts, or together longer than a megabyte.
    pub fn texts(&self, data: &Dataset) -> Result<Vec<String>, String> {
        let stored = data.datatype().map_err(unreadable)?;
        let elements =
            data.shape().map_err(unreadable)?.iter().fold(1u64, |product, side| product.saturating_mul(*side));
        let most = LONGEST_TEXTS.min(self.left.get());
        let texts = match &stored {
            Datatype::String { size, .. } if elements.saturating_mul((*size).into()) > most => {
                return Err(format!("has {elements} texts of {size} bytes, more than {most} bytes in all"));
            }
            Datatype::String { .. } => {
                self.raw(data)?;
                data.read_string().map_err(unreadable)?
            }
            Datatype::VariableLength { is_string: true, .. } => {
                self.raw(data)?;
                let options = VlenStringReadOptions::new().with_max_payload_bytes(most as usize);
                data.read_vlen_strings(options).map_err(unreadable)?
            }
            other => return Err(format!("should be text, got {other}")),
        };
        let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
        self.left.set(self.left.get().saturating_sub(bytes));
        Ok(texts)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(why: hdf5_pure::Error) -> String {
    format!("cannot be read ({why})")
}

/// IEEE 754 binary16; the wider ones are constants of the library.
const BINARY16: FloatingPointLayout = FloatingPointLayout {
    bit_offset: 0,
    bit_precision: 16,
    exponent_location: 10,
    exponent_size: 5,
    mantissa_location: 0,
    mantissa_size: 10,
    exponent_bias: 15,
};
/// How one number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    size: usize,
    big_endian: bool,
    class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Float,
    Integer { signed: bool },
}

impl Number {
    /// `None` for anything but whole integers of 1, 2, 4 or 8 bytes and IEEE floats of 2, 4 or 8 bytes.
    pub fn of(datatype: &Datatype) -> Option<Self> {
        let (size, order, class) = match datatype {
            Datatype::FloatingPoint { size, byte_order, layout } => {
                let expected = match size {
                    2 => BINARY16,
                    4 => FloatingPointLayout::IEEE754_BINARY32,
                    8 => FloatingPointLayout::IEEE754_BINARY64,
                    _ => return None,
                };
                (*layout == expected).then_some((*size, *byte_order, Class::Float))?
            }
            Datatype::FixedPoint { size, byte_order, layout } => {
                let FixedPointLayout { signed, bit_offset, bit_precision } = *layout;
                let whole = matches!(size, 1 | 2 | 4 | 8) && bit_offset == 0 && u32::from(bit_precision) == 8 * size;
                whole.then_some((*size, *byte_order, Class::Integer { signed }))?
            }
            _ => return None,
        };
        let big_endian = match order {
            DatatypeByteOrder::LittleEndian => false,
            DatatypeByteOrder::BigEndian => true,
            DatatypeByteOrder::Vax => return None,
        };
        Some(Self { size: size as usize, big_endian, class })
    }

    /// Bytes per number.
    pub fn size(self) -> usize {
        self.size
    }

    /// Whether it is an integer and not a float.
    pub fn is_integer(self) -> bool {
        self.class != Class::Float
    }

    /// The number in `bytes`, which are [`Self::size`] long, in the lowest bits.
    fn bits(self, bytes: &[u8]) -> u64 {
        let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    /// An integer of any width and sign.
    pub fn integer(self, bytes: &[u8]) -> i128 {
        let bits = self.bits(bytes);
        let unused = 64 - 8 * self.size;
        if self.class == (Class::Integer { signed: true }) {
            i128::from((bits << unused) as i64 >> unused)
        } else {
            i128::from(bits)
        }
    }

    /// A number of any kind; integers above 2⁵³ are rounded.
    pub fn value(self, bytes: &[u8]) -> f64 {
        if self.is_integer() { self.integer(bytes) as f64 } else { self.float(bytes) }
    }

    /// A float of any width, without loss.
    pub fn float(self, bytes: &[u8]) -> f64 {
        let bits = self.bits(bytes);
        match self.size {
            2 => f16::from_bits(bits as u16).to_f64(),
            4 => f32::from_bits(bits as u32).into(),
            _ => f64::from_bits(bits),
        }
    }
}
