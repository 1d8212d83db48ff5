//! Files that may be gzipped: what counts are the first bytes, not the name.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::base::error::{Error, Result};

/// Bytes that a packed file may unpack to, and so many more for each of its own read so far; recorded data shrink to a
/// quarter.
const LARGEST_SMALL: u64 = 16 << 20;
const LARGEST_RATIO: u64 = 32;

/// First bytes of a gzip member (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a file for reading, decompressing on the way if it is gzipped.
///
/// # Errors
/// When the file cannot be opened or its first bytes cannot be read.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(|why| Error::file("read", path, &why))?;
    let mut reader = BufReader::with_capacity(1 << 16, Counting { inner: file, read: 0 });
    let gzipped = reader.fill_buf().map_err(|why| Error::file("read", path, &why))?.starts_with(&GZIP_MAGIC);
    if !gzipped {
        return Ok(Box::new(reader));
    }
    Ok(Box::new(Bounded { inner: MultiGzDecoder::new(reader), unpacked: 0 }))
}

/// A reader that knows how much was read.
struct Counting<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        self.read += n as u64;
        Ok(n)
    }
}

/// A packed file that ends with an error as soon as it becomes absurdly large.
struct Bounded<R> {
    inner: MultiGzDecoder<BufReader<Counting<R>>>,
    unpacked: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        self.unpacked += n as u64;
        if self.unpacked > LARGEST_SMALL + LARGEST_RATIO * self.inner.get_ref().get_ref().read {
            let why = format!("it unpacks to more than {LARGEST_RATIO} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(n)
    }
}

/// Appends at most `limit` bytes to `bytes`; a gzip stream that breaks off counts as the end of the file.
///
/// Memory grows with what really arrives, never with what somebody promised.
///
/// # Errors
/// When reading fails or the gzip stream is damaged.
pub(super) fn read_up_to(reader: &mut dyn Read, limit: u64, bytes: &mut Vec<u8>, path: &Path) -> Result<()> {
    match reader.take(limit).read_to_end(bytes) {
        Ok(_) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
        Err(why) => Err(broken(&why, path)),
    }
}

/// Checks that nothing follows, and with that the checksum of a gzipped file.
///
/// # Errors
/// When more bytes follow than the `expected` ones, or the gzip stream is damaged or breaks off.
pub(super) fn expect_end(reader: &mut dyn Read, expected: u64, path: &Path) -> Result<()> {
    match reader.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(malformed(path, None, format!("expected {expected} bytes, as the header says, but more follow"))),
        Err(why) => Err(broken(&why, path)),
    }
}

/// A failure to read: either of the file or of what is packed in it.
fn broken(why: &io::Error, path: &Path) -> Error {
    let get_it_again = "get the file again";
    match why.kind() {
        io::ErrorKind::UnexpectedEof => {
            malformed(path, None, format!("the gzip stream breaks off before its end; {get_it_again}"))
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            malformed(path, None, format!("the gzip stream is damaged ({why}); {get_it_again}"))
        }
        _ => Error::file("read", path, why),
    }
}

/// A file that was read but does not make sense.
pub(super) fn malformed(path: &Path, place: Option<String>, why: impl Into<String>) -> Error {
    Error::Malformed { path: path.to_owned(), place, why: why.into() }
}
