//! Messages on a byte stream: a line of JSON, and behind it the arrays that it names, each as a `.npy` file.
//!
//! The format of the arrays is NumPy's own (NEP 1, versions 1.0 and 2.0): magic number, length of the header, the
//! header as a Python dictionary, and the numbers. Only C order, and of numbers only those of [`Dtype`].

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};

use ndarray::Array2;
use serde_json::{Map, Value as Json};

/// Longest line of JSON, bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// Longest header of an array, bytes.
const LONGEST_HEADER: usize = 1 << 14;
/// Most dimensions of an array.
const MOST_DIMENSIONS: usize = 4;

/// The numbers that an array may hold; all little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// `int8`.
    I8,
    /// `uint8`.
    U8,
    /// `int16`.
    I16,
    /// `uint16`.
    U16,
    /// `uint32`.
    U32,
    /// `float32`.
    F32,
}

impl Dtype {
    const ALL: [(Self, &'static str, &'static str, usize); 6] = [
        (Self::I8, "|i1", "int8", 1),
        (Self::U8, "|u1", "uint8", 1),
        (Self::I16, "<i2", "int16", 2),
        (Self::U16, "<u2", "uint16", 2),
        (Self::U32, "<u4", "uint32", 4),
        (Self::F32, "<f4", "float32", 4),
    ];

    /// As NumPy calls it.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// Bytes of a number.
    pub fn size(self) -> usize {
        Self::ALL[self as usize].3
    }
}

/// An array of numbers, its own or borrowed for as long as it takes to write them.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<'a> {
    /// What the numbers are.
    pub dtype: Dtype,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The numbers in C order, little-endian.
    pub bytes: Cow<'a, [u8]>,
}

/// A number that can stand in an array.
pub trait Number: Copy {
    /// What it is called.
    const DTYPE: Dtype;
    /// From its bytes.
    fn from_bytes(bytes: &[u8]) -> Self;
    /// Appends its bytes.
    fn push(self, to: &mut Vec<u8>);
}

macro_rules! numbers {
    ($($number:ty: $dtype:ident),*) => {$(
        impl Number for $number {
            const DTYPE: Dtype = Dtype::$dtype;
            fn from_bytes(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<Self>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
            fn push(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

numbers!(i8: I8, u8: U8, i16: I16, u16: U16, u32: U32, f32: F32);

impl<'a> Array<'a> {
    /// An array of one axis.
    pub fn line<T: Number>(numbers: impl IntoIterator<Item = T>) -> Self {
        let numbers = numbers.into_iter();
        let mut bytes = Vec::with_capacity(numbers.size_hint().0 * T::DTYPE.size());
        numbers.for_each(|number| number.push(&mut bytes));
        Self { dtype: T::DTYPE, shape: vec![bytes.len() / T::DTYPE.size()], bytes: bytes.into() }
    }

    /// An array of any shape from bytes.
    pub fn codes(shape: &[usize], bytes: &'a [u8]) -> Self {
        Self { dtype: Dtype::U8, shape: shape.to_vec(), bytes: bytes.into() }
    }

    /// An array of two axes.
    pub fn table<T: Number>(numbers: &Array2<T>) -> Self {
        let (rows, columns) = numbers.dim();
        Self { shape: vec![rows, columns], ..Self::line(numbers.iter().copied()) }
    }

    /// The numbers; `None` when they are others.
    pub fn numbers<T: Number>(&self) -> Option<Vec<T>> {
        (self.dtype == T::DTYPE).then(|| self.bytes.chunks_exact(self.dtype.size()).map(T::from_bytes).collect())
    }

    /// As "uint8 [2, 24, 256]".
    pub fn described(&self) -> String {
        format!("{} {:?}", self.dtype.name(), self.shape)
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let axes = self.shape.iter().fold(String::new(), |axes, n| format!("{axes}{n}, "));
        let descr = Dtype::ALL[self.dtype as usize].1;
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", axes.trim_end());
        // Numbers begin at a multiple of 64 bytes, as NumPy writes them.
        let padded = (10 + header.len() + 1).next_multiple_of(64);
        to.write_all(b"\x93NUMPY\x01\x00")?;
        to.write_all(&((padded - 10) as u16).to_le_bytes())?;
        writeln!(to, "{header:<0$}", padded - 11)?;
        to.write_all(&self.bytes)
    }

    /// Reads an array of at most `most` bytes, which `name` is the name of.
    fn read(from: &mut impl Read, name: &str, most: usize) -> Result<Self, Broken> {
        let mut start = [0u8; 8];
        from.read_exact(&mut start)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err(Broken::Format(format!(
                "the array `{name}` does not begin as a .npy file but with {}",
                quoted(&start)
            )));
        }
        let length = if start[6] == 1 {
            let mut length = [0u8; 2];
            from.read_exact(&mut length)?;
            usize::from(u16::from_le_bytes(length))
        } else {
            let mut length = [0u8; 4];
            from.read_exact(&mut length)?;
            u32::from_le_bytes(length) as usize
        };
        if length > LONGEST_HEADER {
            return Err(Broken::TooMuch(format!("the header of the array `{name}` has {length} bytes")));
        }
        let mut header = vec![0u8; length];
        from.read_exact(&mut header)?;
        let header = String::from_utf8_lossy(&header);
        let (dtype, shape) = parse_header(&header).map_err(|why| Broken::Format(format!("array `{name}`: {why}")))?;
        let size = shape.iter().try_fold(dtype.size(), |size, n| size.checked_mul(*n));
        let Some(size) = size.filter(|size| *size <= most) else {
            return Err(Broken::TooMuch(format!(
                "the array `{name}` is {} {shape:?}, more than the {most} bytes that can come now",
                dtype.name()
            )));
        };
        let mut bytes = Vec::with_capacity(size);
        from.take(size as u64).read_to_end(&mut bytes)?;
        if bytes.len() < size {
            return Err(Broken::Ended);
        }
        Ok(Self { dtype, shape, bytes: bytes.into() })
    }
}

/// What the dictionary at the head of an array says.
fn parse_header(header: &str) -> Result<(Dtype, Vec<usize>), String> {
    let after = |key: &str| header.split_once(key).map(|(_, rest)| rest.trim_start_matches([' ', ':']));
    let descr = after("'descr'").and_then(|rest| rest.strip_prefix('\'')).and_then(|rest| rest.split('\'').next());
    let descr = descr.ok_or("the header has no `descr`")?;
    let dtype = Dtype::ALL.into_iter().find(|(_, code, ..)| *code == descr).map(|(dtype, ..)| dtype);
    let known = || Dtype::ALL.map(|(_, code, name, _)| format!("{name} ({code})")).join(", ");
    let dtype = dtype.ok_or_else(|| format!("its numbers are `{descr}`, and can be {}", known()))?;
    if !after("'fortran_order'").is_some_and(|rest| rest.starts_with("False")) {
        return Err("it is in Fortran order; `numpy.ascontiguousarray` puts it into C order".into());
    }
    let shape = after("'shape'").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let shape: Option<Vec<usize>> = shape.and_then(|inside| {
        inside.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect()
    });
    match shape {
        Some(shape) if shape.len() <= MOST_DIMENSIONS => Ok((dtype, shape)),
        _ => Err(format!("the header has no shape of at most {MOST_DIMENSIONS} axes")),
    }
}

/// A message: what the line of JSON says, and the arrays behind it by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message<'a> {
    /// The line, without the names of the arrays.
    pub head: Map<String, Json>,
    /// The arrays.
    pub arrays: Vec<(String, Array<'a>)>,
}

/// Why a message could not be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Broken {
    /// The stream ended: before a message, or in it.
    Ended,
    /// It is not what a message looks like.
    Format(String),
    /// It is larger than it may be.
    TooMuch(String),
    /// The system says no.
    System(String),
}

impl From<io::Error> for Broken {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::UnexpectedEof { Self::Ended } else { Self::System(why.to_string()) }
    }
}

impl<'a> Message<'a> {
    /// A message of that type.
    pub fn new(kind: &str) -> Self {
        Self { head: Map::from_iter([("type".to_owned(), kind.into())]), arrays: Vec::new() }
    }

    /// With a value in the line.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.head.insert(key.into(), value.into());
        self
    }

    /// With an array.
    #[must_use]
    pub fn and(mut self, name: &str, array: Array<'a>) -> Self {
        self.arrays.push((name.into(), array));
        self
    }

    /// Its type; empty if the line has none.
    pub fn kind(&self) -> &str {
        self.head.get("type").and_then(Json::as_str).unwrap_or_default()
    }

    /// The array of that name.
    pub fn array(&self, name: &str) -> Option<&Array<'a>> {
        self.arrays.iter().find(|(own, _)| own == name).map(|(_, array)| array)
    }

    /// Its bytes on the stream.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.arrays.iter().map(|(_, array)| array.bytes.len() + 128).sum());
        // Memory takes every byte.
        let _ = self.write(&mut bytes);
        bytes
    }

    /// Writes it, to the last byte.
    ///
    /// # Errors
    /// What the stream says.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut head = self.head.clone();
        if !self.arrays.is_empty() {
            let names: Vec<&str> = self.arrays.iter().map(|(name, _)| name.as_str()).collect();
            head.insert("arrays".into(), names.into());
        }
        writeln!(to, "{}", Json::Object(head))?;
        self.arrays.iter().try_for_each(|(_, array)| array.write(to))?;
        to.flush()
    }

    /// Reads one; all its arrays together may have so many bytes.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn read(from: &mut impl BufRead, most: impl FnOnce() -> usize) -> Result<Self, Broken> {
        let mut line = Vec::new();
        from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(Broken::Ended);
        }
        if line.last() != Some(&b'\n') {
            return Err(if line.len() as u64 == LONGEST_LINE {
                Broken::TooMuch(format!("a line has more than {LONGEST_LINE} bytes: {}", quoted(&line)))
            } else {
                Broken::Ended
            });
        }
        let mut head: Map<String, Json> = serde_json::from_slice(&line)
            .map_err(|why| Broken::Format(format!("expected a line of JSON, got {}: {why}", quoted(&line))))?;
        let names = match head.remove("arrays") {
            None => Vec::new(),
            Some(names) => serde_json::from_value::<Vec<String>>(names)
                .map_err(|_| Broken::Format("`arrays` must be a list of names".into()))?,
        };
        let mut left = if names.is_empty() { 0 } else { most() };
        let mut arrays = Vec::with_capacity(names.len().min(16));
        for name in names {
            let array = Array::read(from, &name, left)?;
            left -= array.bytes.len();
            arrays.push((name, array));
        }
        Ok(Self { head, arrays })
    }
}

/// The beginning of what came, for an error.
fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    format!("{:?}{}", text.trim_end(), if bytes.len() > SHOWN { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.lib.format.write_array(f, numpy.arange(6, dtype='u2').reshape(2, 3), version=(1, 0))`, NumPy 2.2.
    fn numpys_own() -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
        bytes.extend(format!("{:<117}\n", "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }").bytes());
        bytes.extend([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
        bytes
    }

    #[test]
    fn arrays_are_read_as_numpy_writes_them_and_come_back() {
        let array = Array { shape: vec![2, 3], ..Array::line(0u16..6) };
        assert_eq!(Array::read(&mut &numpys_own()[..], "x", 12), Ok(array.clone()));
        let mut bytes = Vec::new();
        array.write(&mut bytes).unwrap();
        assert_eq!(Array::read(&mut &bytes[..], "x", 12), Ok(array));
        assert!(matches!(Array::read(&mut &bytes[..], "x", 11), Err(Broken::TooMuch(_))));
    }

    #[test]
    fn a_message_comes_back_and_the_next_one_begins_where_it_ends() {
        let message = Message::new("run").with("trial", u64::MAX).and("times", Array::line([0.5f32, -1.0]));
        let mut bytes = message.to_bytes();
        bytes.extend(Message::new("hello").to_bytes());
        let from = &mut &bytes[..];
        assert_eq!(Message::read(from, || 8), Ok(message.clone()));
        assert_eq!(message.array("times").and_then(Array::numbers::<f32>), Some(vec![0.5, -1.0]));
        assert_eq!(Message::read(from, || 0).map(|m| m.kind().to_owned()), Ok("hello".into()));
        assert_eq!(Message::read(from, || 0), Err(Broken::Ended));
    }

    #[test]
    fn what_is_no_message_is_told_with_what_came() {
        let read = |bytes: &[u8]| Message::read(&mut &bytes[..], || 1000).unwrap_err();
        let says = |bytes: &[u8], words: &str| match read(bytes) {
            Broken::Format(why) | Broken::TooMuch(why) => assert!(why.contains(words), "{why}"),
            other => panic!("{other:?}"),
        };
        says(b"Loading the model...\n", "Loading the model...");
        says(b"[1, 2]\n", "JSON");
        says(b"{\"dt\": NaN}\n", "JSON");
        says(b"{\"arrays\": 3}\n", "list of names");
        says(b"{\"arrays\": [\"x\"]}\nhello, this is text", "hello");
        let with = |header: &str| {
            let mut bytes = b"{\"arrays\": [\"x\"]}\n\x93NUMPY\x01\x00".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.bytes());
            bytes
        };
        says(&with("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"), "<f8");
        says(&with("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }"), "Fortran");
        says(&with("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000,), }"), "more than");
        says(&with("{'descr': '<u4', 'fortran_order': False, 'shape': (18446744073709551615, 2), }"), "more than");
        says(&with("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }"), "shape");
        assert_eq!(read(&with("{'descr': '|u1', 'fortran_order': False, 'shape': (9,), }")), Broken::Ended);
        assert_eq!(read(b"{\"type\""), Broken::Ended);
        says(&vec![b' '; 2 << 20], "more than");
    }
}
