//! Spoken words as spikes in one compact file: the embedded words, and the cache of converted folders.
//!
//! Little endian. Behind the header everything is one zlib stream:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `MISFITSP` |
//! | u16 | version of the format, 1 |
//! | u32 | length of what follows when unpacked |
//! | *zlib* | |
//! | u16 | steps of 1/24,000 s per tick |
//! | u16 | number of units |
//! | u16, then per class u8 and text | class names in UTF-8 with their lengths |
//! | u16, then per speaker u8 and text | speaker names |
//! | u32 | number of words |
//! | u16 each | labels |
//! | u16 each | speakers |
//! | u8 each | 1 for words of the test, otherwise 0 |
//! | u32 each | spikes per word |
//! | bytes | ticks between spikes, word after word: 255 means 255 and more to come |
//! | u16 each | low byte of all units, then high byte of all units |

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::SpokenWords;
use crate::ear::STEPS_PER_SECOND;
use crate::spikes::SpikeTrain;

const MAGIC: &[u8; 8] = b"MISFITSP";
const VERSION: u16 = 1;
/// Unpacked data of 100,000 words of 1,000 spikes are 300 MB; more is something else.
const LARGEST: usize = 1 << 29;

/// Writes words with times in ticks of `steps_per_tick`/24,000 s, rounded down.
pub(super) fn encode(words: &SpokenWords, steps_per_tick: u16) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    raw.extend(steps_per_tick.to_le_bytes());
    raw.extend((words.n_units as u16).to_le_bytes());
    for names in [&words.class_names, &words.speaker_names] {
        raw.extend((names.len() as u16).to_le_bytes());
        for name in names {
            // Longer names are cut at the last whole letter; they are only shown.
            let end = (0..=name.len().min(255)).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
            raw.push(end as u8);
            raw.extend(&name.as_bytes()[..end]);
        }
    }
    raw.extend((words.samples.len() as u32).to_le_bytes());
    raw.extend(words.labels.iter().flat_map(|x| x.to_le_bytes()));
    raw.extend(words.speakers.iter().flat_map(|x| x.to_le_bytes()));
    raw.extend(words.is_test.iter().map(|&x| u8::from(x)));
    raw.extend(words.samples.iter().flat_map(|x| (x.len() as u32).to_le_bytes()));
    let mut units = Vec::new();
    for word in &words.samples {
        // Within a tick in order of the unit, as they will be read.
        let mut spikes: Vec<(u32, u16)> = word.iter().map(|(t, u)| (tick(t, steps_per_tick), u)).collect();
        spikes.sort_unstable();
        let mut last = 0;
        for (tick, unit) in spikes {
            let gap = tick - last;
            raw.extend(std::iter::repeat_n(u8::MAX, gap as usize / 255));
            raw.push((gap % 255) as u8);
            units.push(unit);
            last = tick;
        }
    }
    raw.extend(units.iter().map(|unit| *unit as u8));
    raw.extend(units.iter().map(|unit| (unit >> 8) as u8));
    let mut file = MAGIC.to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend((raw.len() as u32).to_le_bytes());
    let mut encoder = ZlibEncoder::new(file, Compression::best());
    encoder.write_all(&raw)?;
    encoder.finish()
}

/// The tick that a time in seconds falls into.
fn tick(time: f32, steps_per_tick: u16) -> u32 {
    let step = (f64::from(time) * STEPS_PER_SECOND as f64).round() as u32;
    step / u32::from(steps_per_tick.max(1))
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Says what was expected where; damaged data never panic nor allocate more than they may.
pub(super) fn decode(file: &[u8]) -> Result<SpokenWords, String> {
    let mut header = Bytes(file);
    if header.take(MAGIC.len(), "the name of the format")? != MAGIC {
        return Err("expected packed spoken words".into());
    }
    let version = header.u16("the version")?;
    if version != VERSION {
        return Err(format!("expected version {VERSION} of packed spoken words, got {version}"));
    }
    let length = header.u32("the length")? as usize;
    if length > LARGEST {
        return Err(format!("expected at most {LARGEST} bytes of spoken words, got {length}"));
    }
    let mut raw = Vec::new();
    let unpacked = ZlibDecoder::new(header.0).take(length as u64 + 1).read_to_end(&mut raw);
    unpacked.map_err(|why| format!("cannot unpack: {why}"))?;
    if raw.len() != length {
        return Err(format!("expected {length} bytes unpacked, got {}", raw.len()));
    }
    contents(&mut Bytes(&raw))
}

fn contents(raw: &mut Bytes<'_>) -> Result<SpokenWords, String> {
    let steps_per_tick = raw.u16("the length of a tick")?;
    let n_units = usize::from(raw.u16("the number of units")?);
    let class_names = raw.names("classes")?;
    let speaker_names = raw.names("speakers")?;
    let n = raw.u32("the number of words")? as usize;
    let labels = raw.u16s(n, "labels")?;
    let speakers = raw.u16s(n, "speakers")?;
    let is_test: Vec<bool> = raw.take(n, "test marks")?.iter().map(|&x| x != 0).collect();
    let counts = raw.take(n.saturating_mul(4), "spike counts")?;
    let counts: Vec<usize> =
        counts.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let outside = |what: &str| format!("a word has a {what} that is not in the list");
    if labels.iter().any(|&x| usize::from(x) >= class_names.len()) {
        return Err(outside("class"));
    }
    if speakers.iter().any(|&x| usize::from(x) >= speaker_names.len()) {
        return Err(outside("speaker"));
    }
    let mut samples = Vec::with_capacity(n);
    for &count in &counts {
        samples.push(SpikeTrain { times: raw.times(count, steps_per_tick)?, units: Vec::new() });
    }
    let total: usize = counts.iter().sum();
    let (mut low, mut high) = (raw.take(total, "units")?, raw.take(total, "units")?);
    for (sample, &count) in samples.iter_mut().zip(&counts) {
        let ((l, rest_low), (h, rest_high)) = (low.split_at(count), high.split_at(count));
        (low, high) = (rest_low, rest_high);
        sample.units = l.iter().zip(h).map(|(&l, &h)| u16::from_le_bytes([l, h])).collect();
        if sample.units.iter().any(|&unit| usize::from(unit) >= n_units) {
            return Err(format!("a spike is of a unit that is not below {n_units}"));
        }
    }
    if !raw.0.is_empty() {
        return Err(format!("{} bytes are left over", raw.0.len()));
    }
    Ok(SpokenWords { samples, labels, speakers, speaker_names, class_names, is_test, n_units, notes: Vec::new() })
}

/// Bytes that have not been read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(|| format!("the data end within {what}"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self, what: &str) -> Result<u16, String> {
        self.take(2, what).map(|b| u16::from_le_bytes([b[0], b[1]]))
    }

    fn u32(&mut self, what: &str) -> Result<u32, String> {
        self.take(4, what).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn u16s(&mut self, n: usize, what: &str) -> Result<Vec<u16>, String> {
        let bytes = self.take(n.saturating_mul(2), what)?;
        Ok(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect())
    }

    fn names(&mut self, what: &str) -> Result<Vec<String>, String> {
        let n = self.u16(what)?;
        let mut names = Vec::new();
        for _ in 0..n {
            let length = usize::from(self.take(1, what)?[0]);
            let text = std::str::from_utf8(self.take(length, what)?);
            names.push(text.map_err(|_| format!("the names of the {what} are not text"))?.to_owned());
        }
        Ok(names)
    }

    /// Times of one word in seconds.
    fn times(&mut self, count: usize, steps_per_tick: u16) -> Result<Vec<f32>, String> {
        if count > self.0.len() {
            return Err("the data end within times".into());
        }
        let mut times = Vec::with_capacity(count);
        let mut tick = 0u64;
        while times.len() < count {
            let gap = self.take(1, "times")?[0];
            tick += u64::from(gap);
            if gap != u8::MAX {
                times.push(((tick * u64::from(steps_per_tick)) as f64 / STEPS_PER_SECOND as f64) as f32);
            }
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> SpokenWords {
        let step = |k: u32| (f64::from(k) / 24e3) as f32;
        SpokenWords {
            samples: vec![
                SpikeTrain { times: vec![step(3), step(3), step(900), step(23_999)], units: vec![5, 60, 0, 699] },
                SpikeTrain::default(),
                SpikeTrain { times: (0..500).map(|k| step(255 * k)).collect(), units: vec![256; 500] },
            ],
            labels: vec![1, 0, 1],
            speakers: vec![0, 0, 2],
            speaker_names: ["anna", "bert", "cäsar"].map(String::from).to_vec(),
            class_names: ["null", "fünf"].map(String::from).to_vec(),
            is_test: vec![false, false, true],
            n_units: 700,
            notes: Vec::new(),
        }
    }

    #[test]
    fn words_survive_packing_to_the_last_bit_when_a_tick_is_a_step() {
        assert_eq!(decode(&encode(&words(), 1).unwrap()).unwrap(), words());
    }

    #[test]
    fn coarser_ticks_move_a_spike_by_less_than_a_tick_to_the_front() {
        let coarse = decode(&encode(&words(), 12).unwrap()).unwrap();
        for (a, b) in coarse.samples.iter().zip(&words().samples) {
            assert_eq!(a.units, b.units);
            assert!(a.times.iter().zip(&b.times).all(|(a, b)| (-1e-7..5e-4).contains(&(b - a))), "{a:?} {b:?}");
        }
    }

    #[test]
    fn cut_or_damaged_files_are_errors_and_never_panics() {
        let good = encode(&words(), 1).unwrap();
        for length in 0..good.len() {
            assert!(decode(&good[..length]).is_err(), "{length} of {} bytes were read", good.len());
        }
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                // zlib checks a sum over its content, so what passes is unchanged.
                if let Ok(read) = decode(&bad) {
                    assert_eq!(read, words(), "bit {bit} of byte {at}");
                }
            }
        }
    }

    #[test]
    fn contents_that_contradict_themselves_are_refused() {
        // The same bytes without zlib around them, which would have noticed.
        let good = encode(&words(), 1).unwrap();
        let mut raw = Vec::new();
        ZlibDecoder::new(&good[14..]).read_to_end(&mut raw).unwrap();
        assert_eq!(contents(&mut Bytes(&raw)).unwrap(), words());
        for length in 0..raw.len() {
            assert!(contents(&mut Bytes(&raw[..length])).is_err(), "{length} bytes were read");
        }
        for at in 0..raw.len() {
            for value in [0, 1, 0x80, 0xff] {
                let mut bad = raw.clone();
                bad[at] = value;
                // Never a panic; what is read keeps its promises.
                if let Ok(read) = contents(&mut Bytes(&bad)) {
                    assert!(read.labels.iter().all(|&x| usize::from(x) < read.class_names.len()));
                    assert!(read.samples.iter().all(|s| s.times.len() == s.units.len()));
                }
            }
        }
        let mut longer = raw.clone();
        longer.push(0);
        assert!(contents(&mut Bytes(&longer)).is_err());
    }
}
