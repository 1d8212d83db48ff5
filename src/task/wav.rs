//! Sounds from WAV files.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use hound::{SampleFormat, WavReader};

use crate::base::error::{Error, Result};
use crate::ear::Sound;

/// Longest word of a task in seconds.
pub const LONGEST_WORD: f64 = 10.0;
/// More channels than this are a mistake.
const MOST_CHANNELS: u16 = 8;

/// Reads a WAV file of whole numbers (8, 16, 24, 32 bit) or floats (32 bit) of at most `longest` seconds.
///
/// Several channels become their mean. Samples lie in −1…1.
///
/// # Errors
/// Names the file and what is wrong with it; nothing is allocated before the length is known to be fine.
pub fn read(path: &Path, longest: f64) -> Result<Sound> {
    let malformed = |why: String| Error::Malformed { path: path.into(), place: None, why };
    let file = File::open(path).map_err(|why| Error::file("read", path, &why))?;
    let data = file.metadata().map_err(|why| Error::file("read", path, &why))?;
    if data.is_dir() {
        return Err(Error::file("read", path, &ErrorKind::IsADirectory.into()));
    }
    let mut reader = WavReader::new(BufReader::new(file)).map_err(|why| malformed(explain(&why)))?;
    let spec = reader.spec();
    if spec.channels == 0 || spec.channels > MOST_CHANNELS {
        return Err(malformed(format!("expected 1 to {MOST_CHANNELS} channels, got {}", spec.channels)));
    }
    if !Sound::RATES.contains(&spec.sample_rate) {
        let (low, high) = (Sound::RATES.start(), Sound::RATES.end());
        return Err(malformed(format!("expected {low} to {high} samples per second, got {}", spec.sample_rate)));
    }
    let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate);
    if seconds > longest {
        return Err(malformed(format!("expected at most {longest} s of sound, got {seconds:.1} s; cut it")));
    }
    let frames = reader.duration() as usize;
    let channels = usize::from(spec.channels);
    let claimed = u64::from(reader.len()) * u64::from(spec.bits_per_sample.div_ceil(8));
    if claimed > data.len() {
        return Err(malformed(CUT_SHORT.into()));
    }
    let interleaved: hound::Result<Vec<f32>> = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, 32) => reader.samples::<f32>().collect(),
        (SampleFormat::Int, bits @ 1..=32) => {
            let scale = (1u64 << (bits - 1)) as f32;
            reader.samples::<i32>().map(|x| x.map(|x| x as f32 / scale)).collect()
        }
        (format, bits) => {
            return Err(malformed(format!(
                "expected whole numbers of 8, 16, 24 or 32 bit or floats of 32 bit, got {bits} bit {format:?}"
            )));
        }
    };
    let interleaved = interleaved.map_err(|why| malformed(explain(&why)))?;
    if interleaved.len() != frames * channels {
        return Err(malformed(format!("the file ends after {} of {frames} samples", interleaved.len() / channels)));
    }
    let mono = interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    Sound::new(mono, spec.sample_rate).map_err(malformed)
}

const CUT_SHORT: &str = "the file is cut short: it ends before its header says so";

/// In words for someone who has a file and no debugger.
fn explain(why: &hound::Error) -> String {
    match why {
        hound::Error::IoError(why) if why.kind() == ErrorKind::UnexpectedEof => CUT_SHORT.into(),
        hound::Error::IoError(why) => why.to_string(),
        hound::Error::FormatError(why) => format!("expected a WAV file: {why}"),
        hound::Error::Unsupported => {
            "this kind of WAV is not supported; save it as PCM with 16 bit, for example with Audacity".into()
        }
        other => format!("expected a WAV file: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};

    fn spec(channels: u16, bits_per_sample: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec { channels, sample_rate: 8_000, bits_per_sample, sample_format }
    }

    fn bytes(spec: WavSpec, samples: &[f32]) -> Vec<u8> {
        let mut cursor = std::io::Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut cursor, spec).unwrap();
        for &x in samples {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(x).unwrap(),
                SampleFormat::Int => {
                    let largest = (1u64 << (spec.bits_per_sample - 1)) as f32;
                    writer.write_sample((x * largest) as i32).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
        cursor.into_inner()
    }

    fn read_bytes(bytes: &[u8]) -> Result<Sound> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("word.wav");
        std::fs::write(&path, bytes).unwrap();
        read(&path, LONGEST_WORD)
    }

    #[test]
    fn every_depth_gives_the_same_sound_and_stereo_its_mean() {
        let ramp: Vec<f32> = (0..400).map(|k| (k as f32 - 200.0) / 256.0).collect();
        let stereo: Vec<f32> = ramp.iter().flat_map(|&x| [x + 0.125, x - 0.125]).collect();
        for (bits, format) in [
            (8, SampleFormat::Int),
            (16, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ] {
            for (channels, samples) in [(1, &ramp), (2, &stereo)] {
                let sound = read_bytes(&bytes(spec(channels, bits, format), samples)).unwrap();
                assert_eq!((sound.rate(), sound.samples().len()), (8_000, 400));
                for (x, expected) in sound.samples().iter().zip(&ramp) {
                    assert!((x - expected).abs() < 1.0 / 127.0, "{bits} bit {format:?}: {x}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn files_that_are_no_sound_are_refused_by_name_and_reason() {
        let good = bytes(spec(1, 16, SampleFormat::Int), &vec![0.5; 400]);
        let mut lying = good.clone();
        // The length of the data: two billion bytes.
        lying[40..44].copy_from_slice(&2_000_000_000u32.to_le_bytes());
        let mut shorter = good.clone();
        shorter.truncate(500);
        let mut fast = good.clone();
        // Samples per second, and bytes per second with them.
        fast[24..28].copy_from_slice(&3u32.to_le_bytes());
        fast[28..32].copy_from_slice(&6u32.to_le_bytes());
        for (bytes, reason) in [
            (&b""[..], "word.wav"),
            (b"not a sound at all, but long enough to be one", "expected a WAV file"),
            (&good[..30], "word.wav"),
            (&lying, "at most 10 s"),
            (&shorter, "cut short"),
            (&fast, "samples per second, got 3"),
            (&bytes(spec(1, 16, SampleFormat::Int), &[]), "20 ms"),
            (&bytes(spec(1, 16, SampleFormat::Int), &vec![0.1; 11 * 8_000]), "got 11.0 s"),
            (&bytes(spec(1, 32, SampleFormat::Float), &vec![f32::NAN; 400]), "not a finite number"),
            (&bytes(spec(40, 16, SampleFormat::Int), &vec![0.5; 400]), "channels, got 40"),
        ] {
            let error = read_bytes(bytes).unwrap_err().to_string();
            assert!(error.contains("word.wav") && error.contains(reason), "{error:?} does not say {reason:?}");
        }
        let missing = read(Path::new("no/such.wav"), 1.0).unwrap_err().to_string();
        assert!(missing.contains("no/such.wav"), "{missing}");
    }

    #[test]
    fn damaged_headers_never_panic() {
        let good = bytes(spec(2, 24, SampleFormat::Int), &vec![0.25; 800]);
        for at in 0..good.len().min(80) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                // Either a sound within the limits or an error.
                if let Ok(sound) = read_bytes(&bad) {
                    assert!(sound.seconds() <= LONGEST_WORD);
                }
            }
            assert!(read_bytes(&good[..at]).is_err(), "{at} bytes were read as a sound");
        }
    }
}
