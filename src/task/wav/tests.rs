use super::*;
use hound::{SampleFormat, WavSpec, WavWriter};

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

/// A chunk with the 0 behind odd sizes.
fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = [&name[..], &(content.len() as u32).to_le_bytes()[..], content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A format of `tag`: mono, 8,000 samples per second, `bits` in `width` bytes.
fn format(tag: u16, width: u16, bits: u16, rest: &[u8]) -> Vec<u8> {
    let numbers = [tag, 1, 8_000, 0, 8_000 * width, 0, width, bits].map(u16::to_le_bytes).concat();
    chunk(*b"fmt ", &[&numbers, rest].concat())
}

/// What follows the bits in WAVE_FORMAT_EXTENSIBLE: the length of it, the bits that count, speakers, the format.
fn extension(length: u16, bits: u16, tag: u16) -> Vec<u8> {
    [&[length, bits, 0, 0, tag].map(u16::to_le_bytes).concat(), &b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"[..]]
        .concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let content = chunks.concat();
    [b"RIFF", &(4 + content.len() as u32).to_le_bytes()[..], b"WAVE", &content].concat()
}

/// 200 samples of a ramp from −100/128 in steps of 1/128, as numbers of `bits` bit shifted up by `shift`; their lowest
/// bit is set.
fn ramp(width: usize, bits: u32, shift: u32) -> Vec<u8> {
    (-100i64..100).flat_map(|k| ((k << (bits - 8) | 1) << shift).to_le_bytes()[..width].to_vec()).collect()
}

#[track_caller]
fn assert_is_the_ramp(bytes: &[u8], what: &str) {
    let sound = read_bytes(bytes).unwrap_or_else(|why| panic!("{what}: {why}"));
    assert_eq!((sound.rate(), sound.samples().len()), (8_000, 200), "{what}");
    for (x, k) in sound.samples().iter().zip(-100i16..) {
        assert!((x - f32::from(k) / 128.0).abs() <= 1.0 / 2048.0, "{what}: {x} for {k}/128");
    }
}

#[test]
fn bits_that_fill_only_a_part_of_their_bytes_are_found_at_either_end() {
    for (what, format, data) in [
        ("24 of 32, extensible, upper", format(0xfffe, 4, 32, &extension(22, 24, 1)), ramp(4, 24, 8)),
        ("24 of 32, upper", format(1, 4, 24, &[]), ramp(4, 24, 8)),
        ("24 of 32, lower", format(1, 4, 24, &[]), ramp(4, 24, 0)),
        ("20 of 24, extensible, upper", format(0xfffe, 3, 24, &extension(22, 20, 1)), ramp(3, 20, 4)),
        ("20 of 24, lower", format(1, 3, 20, &[]), ramp(3, 20, 0)),
        ("12 of 16, upper", format(1, 2, 12, &[]), ramp(2, 12, 4)),
        ("16 of 16, extensible", format(0xfffe, 2, 16, &extension(22, 16, 1)), ramp(2, 16, 0)),
    ] {
        assert_is_the_ramp(&riff(&[format, chunk(*b"data", &data)]), what);
    }
}

#[test]
fn floats_of_both_widths_are_read_with_and_without_their_extension() {
    let wide: Vec<u8> = (-100..100).flat_map(|k| (f64::from(k) / 128.0).to_le_bytes()).collect();
    let narrow: Vec<u8> = (-100..100).flat_map(|k| (k as f32 / 128.0).to_le_bytes()).collect();
    for (what, format, data) in [
        // As `scipy.io.wavfile` writes arrays of float64.
        ("64 bit", format(3, 8, 64, &[0, 0]), &wide),
        ("32 bit", format(3, 4, 32, &[]), &narrow),
        ("a format of 20 bytes", format(3, 4, 32, &[0; 4]), &narrow),
        ("an extension that says it is empty", format(0xfffe, 4, 32, &extension(0, 32, 3)), &narrow),
        ("a longer extension", format(0xfffe, 4, 32, &[extension(24, 32, 3), vec![0; 2]].concat()), &narrow),
    ] {
        assert_is_the_ramp(&riff(&[format, chunk(*b"fact", &[200, 0, 0, 0]), chunk(*b"data", data)]), what);
    }
}

#[test]
fn chunks_of_odd_length_are_stepped_over_with_and_without_the_zero_behind_them() {
    let (format, data) = (format(1, 2, 16, &[]), chunk(*b"data", &ramp(2, 16, 0)));
    let list = chunk(*b"LIST", b"INFOISFT\x05\0\0\0Lavf");
    let odd = chunk(*b"bext", &[7; 603]);
    assert_is_the_ramp(&riff(&[format.clone(), chunk(*b"LIST", &[1; 17]), data.clone()]), "behind the format");
    assert_is_the_ramp(&riff(&[odd.clone(), format.clone(), list, data.clone()]), "before the format");
    let without = odd[..odd.len() - 1].to_vec();
    assert_is_the_ramp(&riff(&[without, format, data]), "against the rule");
}

#[test]
fn a_size_that_a_recorder_could_not_know_means_to_the_end_of_the_file() {
    let good = riff(&[format(1, 2, 16, &[]), chunk(*b"data", &ramp(2, 16, 0))]);
    let data = good.len() - 400 - 4;
    for (riff, size) in
        [(u32::MAX, u32::MAX), (0x7fff_ffff, 0x7fff_ffdb), (0x8000_0024, 0x8000_0000), (0, 0), (u32::MAX, 0)]
    {
        let mut streamed = good.clone();
        streamed[4..8].copy_from_slice(&riff.to_le_bytes());
        streamed[data..data + 4].copy_from_slice(&size.to_le_bytes());
        assert_is_the_ramp(&streamed, &format!("{size:#x}"));
    }
    // RF64 says the size elsewhere, and what follows the sound is no sound.
    let sizes = [[0; 8], 400u64.to_le_bytes(), [0; 8]].concat();
    let mut wide =
        riff(&[chunk(*b"ds64", &[sizes, vec![0; 4]].concat()), good[12..].to_vec(), chunk(*b"LIST", &[1; 17])]);
    wide[..8].copy_from_slice(b"RF64\xff\xff\xff\xff");
    let data = 12 + 36 + 24 + 4;
    wide[data..data + 4].copy_from_slice(&[0xff; 4]);
    assert_is_the_ramp(&wide, "RF64");
    // A sound without end is refused when it becomes too long, in memory for ten seconds of it.
    let mut header = good[..good.len() - 400].to_vec();
    header[40..44].copy_from_slice(&[0xff; 4]);
    let endless = std::io::Read::chain(&header[..], std::io::repeat(7));
    let error = parse(&mut BufReader::new(endless), Path::new("pipe"), LONGEST_WORD).unwrap_err().to_string();
    assert!(error.contains("pipe") && error.contains("at most 10 s") && error.contains("and more"), "{error}");
}

#[test]
fn half_a_frame_at_the_end_is_left_out_and_a_missing_frame_is_told() {
    let good = riff(&[format(1, 2, 16, &[]), chunk(*b"data", &ramp(2, 16, 0))]);
    let data = good.len() - 400 - 4;
    let with_size = |size: u32| {
        let mut bytes = good.clone();
        bytes[data..data + 4].copy_from_slice(&size.to_le_bytes());
        bytes
    };
    assert_is_the_ramp(&with_size(401), "a byte too many promised");
    let error = read_bytes(&with_size(402)).unwrap_err().to_string();
    assert!(error.contains("cut short"), "{error}");
}

#[test]
fn kinds_that_are_not_read_are_called_by_their_name() {
    for (tag, width, bits, word) in [
        (2, 1, 4, "ADPCM"),
        (0x11, 1, 4, "ADPCM"),
        (7, 1, 8, "µ-law"),
        (6, 1, 8, "A-law"),
        (3, 2, 16, "floats (format 3)"),
    ] {
        let bytes = riff(&[format(tag, width, bits, &[]), chunk(*b"data", &[0; 400])]);
        let error = read_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("save it as PCM with 16 bit"), "{error}");
    }
}
