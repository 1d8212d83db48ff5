//! Sounds from WAV files.
//!
//! ```text
//! "RIFF" | size: u32 | "WAVE" | chunks, each: name | size: u32 | content | 0 if the size is odd
//! fmt    tag: u16 | channels: u16 | rate: u32 | bytes a second: u32 | bytes a frame: u16 | bits: u16 | …
//! data   frames, each one number a channel
//! ```
//!
//! Everything is little-endian. Source of the format: IBM and Microsoft 1991, *Multimedia Programming Interface and
//! Data Specifications 1.0*; `WAVE_FORMAT_EXTENSIBLE` and RF64 as in ITU-R BS.2088.
//!
//! Writers are sloppier than that. A recorder that writes into a pipe cannot know sizes and leaves a huge number or 0;
//! some leave out the 0 behind odd sizes; and of 24 bits in 32 some fill the upper, some the lower ones.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _};
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::ear::Sound;

/// Longest word of a task in seconds.
pub const LONGEST_WORD: f64 = 10.0;
/// More channels than this are a mistake.
const MOST_CHANNELS: u16 = 8;
/// A size from here on stands for "to the end of the file"; sox, ffmpeg and arecord write such sizes into pipes.
const STREAMED: u32 = 0x7fff_0000;
/// Bytes of a format that are of interest: those up to the end of `WAVE_FORMAT_EXTENSIBLE`.
const FORMAT: usize = 40;

const CUT_SHORT: &str = "the file is cut short: it ends before its header says so";
const SAVE_AS: &str = "save it as PCM with 16 bit, for example with Audacity";

/// Reads a WAV file of whole numbers (up to 32 bit) or floats (32 or 64 bit) of at most `longest` seconds.
///
/// Several channels become their mean. Samples lie in −1…1.
///
/// # Errors
/// Names the file and what is wrong with it; nothing is allocated before the length is known to be fine.
pub fn read(path: &Path, longest: f64) -> Result<Sound> {
    let file = File::open(path).map_err(|why| Error::file("read", path, &why))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(Error::file("read", path, &ErrorKind::IsADirectory.into()));
    }
    parse(&mut BufReader::new(file), path, longest)
}

/// Reads the content of a WAV file; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(reader: &mut dyn BufRead, path: &Path, longest: f64) -> Result<Sound> {
    sound(reader, longest).map_err(|wrong| match wrong {
        Wrong::Read(why) if why.kind() == ErrorKind::UnexpectedEof => Wrong::from(CUT_SHORT).at(path),
        wrong => wrong.at(path),
    })
}

/// What keeps a file from being read.
enum Wrong {
    Read(io::Error),
    Content(String),
}

impl Wrong {
    fn at(self, path: &Path) -> Error {
        match self {
            Self::Read(why) => Error::file("read", path, &why),
            Self::Content(why) => Error::Malformed { path: path.into(), place: None, why },
        }
    }
}

impl From<io::Error> for Wrong {
    fn from(why: io::Error) -> Self {
        Self::Read(why)
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self::Content(why)
    }
}

impl From<&str> for Wrong {
    fn from(why: &str) -> Self {
        Self::Content(why.into())
    }
}

fn sound(reader: &mut dyn BufRead, longest: f64) -> std::result::Result<Sound, Wrong> {
    let riff = head(reader)?;
    if !matches!(&riff.name, b"RIFF" | b"RF64") || !matches!(&take(reader)?, b"WAVE") {
        return Err(format!("expected a WAV file, which begins with RIFF and WAVE; {SAVE_AS}").into());
    }
    let (mut format, mut in_64_bits) = (None, None);
    loop {
        let chunk = head(reader)?;
        match &chunk.name {
            b"data" => {
                let format: Format = format.ok_or("expected the format before the sound; the file is damaged")?;
                let unknown = chunk.size >= STREAMED || (chunk.size == 0 && (riff.size == 0 || riff.size >= STREAMED));
                let promised = if unknown { in_64_bits } else { Some(chunk.size.into()) };
                return format.sound(reader, promised, longest);
            }
            b"fmt " => format = Some(Format::read(reader, chunk.size)?),
            b"ds64" => {
                let sizes: [u8; 16] = take(reader)?;
                let size = sizes[8..].iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
                in_64_bits = (size > 0).then_some(size);
                skip(reader, chunk.size.saturating_sub(16))?;
            }
            _ => skip(reader, chunk.size)?,
        }
        // The rule asks for a 0 behind an odd size; no name begins with one.
        if chunk.size % 2 == 1 && reader.fill_buf()?.first() == Some(&0) {
            reader.consume(1);
        }
    }
}

/// The first bytes of a chunk.
struct Head {
    name: [u8; 4],
    size: u32,
}

fn head(reader: &mut dyn BufRead) -> io::Result<Head> {
    Ok(Head { name: take(reader)?, size: u32::from_le_bytes(take(reader)?) })
}

fn take<const N: usize>(reader: &mut dyn BufRead) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(reader: &mut dyn BufRead, size: u32) -> io::Result<()> {
    let skipped = io::copy(&mut reader.take(size.into()), &mut io::sink())?;
    if skipped == u64::from(size) { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// How the numbers of a sound are stored.
#[derive(Debug, Clone, Copy)]
struct Format {
    is_float: bool,
    channels: u16,
    rate: u32,
    /// Bytes of one number.
    width: usize,
    /// Bits of it that count.
    bits: u32,
}

impl Format {
    fn read(reader: &mut dyn BufRead, size: u32) -> std::result::Result<Self, Wrong> {
        if size < 16 {
            return Err(format!("expected a format of at least 16 bytes, got {size}; the file is damaged").into());
        }
        let mut bytes = [0; FORMAT];
        let known = FORMAT.min(size as usize);
        reader.read_exact(&mut bytes[..known])?;
        skip(reader, size - known as u32)?;
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let tag = if word(0) == 0xfffe { word(24) } else { word(0) };
        let (channels, rate, block, bits) =
            (word(2), u32::from(word(4)) | u32::from(word(6)) << 16, word(12), word(14));
        if !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(format!("expected 1 to {MOST_CHANNELS} channels, got {channels}").into());
        }
        if !Sound::RATES.contains(&rate) {
            let (low, high) = (Sound::RATES.start(), Sound::RATES.end());
            return Err(format!("expected {low} to {high} samples per second, got {rate}").into());
        }
        if !block.is_multiple_of(channels) {
            return Err(format!("{block} bytes cannot be shared by {channels} channels; the file is damaged").into());
        }
        let width = if block == 0 { bits.div_ceil(8) } else { block / channels };
        match (tag, width, bits) {
            (1, 1..=4, 1..) if bits <= 8 * width => {}
            (3, 4, 32) | (3, 8, 64) => {}
            _ => {
                let kind = match tag {
                    1 => "whole numbers",
                    2 | 0x11 => "ADPCM",
                    3 => "floats",
                    6 => "A-law",
                    7 => "µ-law",
                    0x50 | 0x55 => "MPEG",
                    _ => "an unknown kind",
                };
                let expected = "expected whole numbers of up to 32 bit or floats of 32 or 64 bit";
                return Err(
                    format!("{expected}, got {kind} (format {tag}) of {bits} bit in {width} bytes; {SAVE_AS}").into()
                );
            }
        }
        Ok(Self { is_float: tag == 3, channels, rate, width: width.into(), bits: bits.into() })
    }

    /// Reads the frames: as many bytes as are `promised`, or else all that follow.
    fn sound(self, reader: &mut dyn BufRead, promised: Option<u64>, longest: f64) -> std::result::Result<Sound, Wrong> {
        let frame = self.width * usize::from(self.channels);
        let too_long = |bytes: u64, more: &str| {
            let seconds = bytes as f64 / frame as f64 / f64::from(self.rate);
            Wrong::from(format!("expected at most {longest} s of sound, got {seconds:.1} s{more}; cut it"))
        };
        let most = (longest * f64::from(self.rate)) as u64 * frame as u64;
        if let Some(promised) = promised.filter(|bytes| bytes / frame as u64 * frame as u64 > most) {
            return Err(too_long(promised, ""));
        }
        let mut bytes = Vec::new();
        reader.take(promised.unwrap_or(most + frame as u64)).read_to_end(&mut bytes)?;
        let whole = bytes.len() / frame * frame;
        if promised.is_some_and(|promised| whole as u64 + frame as u64 <= promised) {
            return Err(CUT_SHORT.into());
        }
        if whole as u64 > most {
            return Err(too_long(most, " and more"));
        }
        let number = self.number(&bytes[..whole]);
        let mono = bytes[..whole]
            .chunks_exact(frame)
            .map(|frame| frame.chunks_exact(self.width).map(&number).sum::<f32>() / f32::from(self.channels));
        Ok(Sound::new(mono.collect(), self.rate)?)
    }

    /// What a stored number means, a whole one as its share of the largest; `bytes` are all of them.
    fn number(self, bytes: &[u8]) -> impl Fn(&[u8]) -> f32 {
        // Whole numbers in the upper bits of a word; single bytes have no sign.
        let shift = 32 - 8 * self.width.min(4) as u32;
        let offset = if self.width == 1 { 1 << 31 } else { 0 };
        let word =
            move |bytes: &[u8]| (bytes.iter().rev().fold(0, |word, b| word << 8 | u32::from(*b)) << shift) ^ offset;
        let spare = 8 * self.width as u32 - self.bits;
        let below = (1u64 << (shift + spare)) - 1;
        let is_left =
            self.width == 1 || bytes.chunks_exact(self.width).all(|bytes| u64::from(word(bytes)) & below == 0);
        let largest = (1u64 << (31 - if is_left { 0 } else { spare })) as f32;
        move |bytes| match (self.is_float, bytes) {
            (true, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (true, bytes) => f64::from_bits(bytes.iter().rev().fold(0, |bits, b| bits << 8 | u64::from(*b))) as f32,
            _ => word(bytes) as i32 as f32 / largest,
        }
    }
}

#[cfg(test)]
mod tests;
