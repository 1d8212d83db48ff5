use super::*;
use crate::params::Lane;
use crate::protocol::Timed;
use crate::training::Experiment;
use crate::training::metrics::{Recovery, Scores};

fn small() -> Params {
    Params::default().with(|p| {
        p.network.hidden = 6;
        p.network.substeps = 1;
        p.learning.batch = 100;
        p.task.train_samples = 250;
        p.learning.threads = 1;
        p.network.tau_mem = 7e-6 / 1.1;
    })
}

fn trained(batches: usize) -> Checkpoint {
    let mut experiment = Experiment::new(&small()).unwrap();
    experiment.damage(2, true);
    let mut epochs = Vec::new();
    for _ in 0..batches {
        if let Some(reports) = experiment.step().unwrap().epoch_done {
            epochs.extend(Epoch::new(&reports));
        }
    }
    Checkpoint {
        state: experiment.checkpoint(),
        run: Some("20261123-033347-00ab".into()),
        epochs,
        falls: vec![Fall {
            epochs: 0.0,
            scores: vec![(Lane::InTheLoop, Scores { loss: 1.0 / 3.0, ..Scores::default() })],
        }],
        protocol: {
            let mut protocol = Protocol::new(small());
            let Timed { when, change } = Timed::parse("20:silent_neurons=30", "test").unwrap();
            protocol.add(when, change);
            protocol
        },
    }
}

fn decode(bytes: &[u8]) -> Result<Checkpoint> {
    Checkpoint::decode(bytes, Path::new("run.misfit"))
}

#[test]
fn a_checkpoint_read_back_is_the_same_to_the_last_bit() {
    let mut checkpoint = trained(5);
    checkpoint.state.learners[0].recovery =
        Some(Recovery { epoch: 1, before: 0.1 + 0.2, worst: 1.0 / 3.0, epochs: Some(2) });
    checkpoint.state.learners[2].trims[3].cadc_offset = -7;
    let read = decode(&checkpoint.encode()).unwrap();
    assert_eq!(read, checkpoint);
    assert_eq!(read.state.params.network.tau_mem.to_bits(), (7e-6f64 / 1.1).to_bits());
    assert_eq!(read.encode(), checkpoint.encode());
    // And what goes on from it does so with the same bits.
    let [mut a, mut b] = [&read, &checkpoint].map(|c| Experiment::resume(&c.state).unwrap());
    for _ in 0..4 {
        a.step().unwrap();
        b.step().unwrap();
    }
    assert_eq!(a.codes(Lane::InTheLoop), b.codes(Lane::InTheLoop));
}

#[test]
fn a_checkpoint_cut_off_at_any_byte_is_refused_and_named() {
    let bytes = trained(1).encode();
    // Every byte of the beginning and the end, and a stride that meets every phase of the arrays between.
    let ends = (0..600).chain((600..bytes.len() - 100).step_by(61)).chain(bytes.len() - 100..bytes.len());
    for end in ends {
        let error = decode(&bytes[..end]).unwrap_err().to_string();
        assert!(error.contains("run.misfit") && error.len() < 300, "cut at {end}: {error}");
        assert!(end < 40 || error.contains("cut off"), "cut at {end}: {error}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(decode(&longer).unwrap_err().to_string().contains("damaged"));
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    // Not trained again to compare with: it would have taken another time.
    let whole = trained(1);
    let bytes = whole.encode();
    for at in (0..400).chain((400..bytes.len()).step_by(97)) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        // Only the digits of the checksum may be written in capitals.
        if let Ok(read) = decode(&flipped) {
            assert!((8 + HEAD.len()..16 + HEAD.len()).contains(&at) && read == whole, "bit of byte {at}");
        }
    }
}

/// The file with another header and the right checksum.
fn with_header(bytes: &[u8], change: impl Fn(&mut Json)) -> Vec<u8> {
    let n = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: Json = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
    change(&mut header);
    let header = header.to_string().into_bytes();
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header);
    out.extend(&bytes[8 + n..]);
    let digits = format!("{:08x}", checksum(&out));
    out[8 + HEAD.len()..][..8].copy_from_slice(digits.as_bytes());
    out
}

#[test]
fn a_header_that_lies_is_refused_before_anything_is_made_of_it() {
    type Lie = fn(&mut Json);
    let bytes = trained(1).encode();
    let lies: [(Lie, &str); 10] = [
        (|h| h["__metadata__"]["version"] = "2".into(), "newer Misfit"),
        (|h| h["ideal.weights.input"]["shape"] = json!([1u64 << 40, 1u64 << 40]), "ideal.weights.input"),
        (|h| h["ideal.weights.input"]["data_offsets"] = json!([0, 1u64 << 50]), "ideal.weights.input"),
        (|h| h["ideal.weights.input"]["data_offsets"] = json!([8, 4]), "ideal.weights.input"),
        (|h| h["ideal.trims"]["dtype"] = "F64".into(), "ideal.trims"),
        (|h| h["__metadata__"]["progress"] = "{}".into(), "progress"),
        (|h| h["__metadata__"]["parameters"] = "{\"warp\": 9}".into(), "no parameter `warp`"),
        (|h| h["__metadata__"]["parameters"] = "{\"sigma\": 1e9}".into(), "`sigma` wants"),
        (|h| h["__metadata__"]["epochs"] = "[3]".into(), "`epochs`"),
        (|h| h["__metadata__"]["falls"] = "[3]".into(), "`falls`"),
    ];
    for (lie, expected) in lies {
        let error = decode(&with_header(&bytes, lie)).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("run.misfit"), "{error}");
    }
    assert!(decode(&with_header(&bytes, |_| {})).is_ok());
    assert!(decode(b"PK\x03\x04 something else entirely").unwrap_err().to_string().contains("not a checkpoint"));
}

#[test]
fn a_checkpoint_of_a_version_that_kept_no_falls_opens_without_them() {
    let now = trained(1);
    let older = with_header(&now.encode(), |header| {
        header["__metadata__"].as_object_mut().expect("texts").remove("falls").expect("falls");
    });
    assert_eq!(decode(&older).unwrap(), Checkpoint { falls: Vec::new(), ..now });
}

#[test]
fn the_checkpoint_before_a_damaged_one_opens_and_the_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.misfit");
    let (first, second) = (trained(1), trained(2));
    first.write(&path).unwrap();
    second.write(&path).unwrap();
    assert_eq!(Checkpoint::read_or_previous(&path).unwrap(), (second.clone(), None));
    let bytes = std::fs::read(&path).unwrap();
    for end in [0, 7, 30, 1000, bytes.len() - 1] {
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes[..end]).unwrap();
        let (read, damage) = Checkpoint::read_or_previous(&path).unwrap();
        assert_eq!(read, first, "cut at {end}");
        assert!(damage.unwrap().to_string().contains("run.misfit"));
    }
    std::fs::remove_file(previous(&path)).unwrap();
    assert!(Checkpoint::read_or_previous(&path).is_err());
}

/// The format is that of the safetensors library: lengths, offsets without gaps, alignment.
#[test]
fn arrays_follow_each_other_without_gaps_as_safetensors_demands() {
    let bytes = trained(1).encode();
    let n = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    assert_eq!(n % 8, 0);
    let header: Json = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
    let mut offsets: Vec<[usize; 2]> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(_, entry)| serde_json::from_value(entry["data_offsets"].clone()).unwrap())
        .collect();
    offsets.sort_unstable();
    let mut end = 0;
    for [from, to] in offsets {
        assert_eq!(from, end);
        end = to;
    }
    assert_eq!(end, bytes.len() - 8 - n);
    assert!(header["__metadata__"].as_object().unwrap().values().all(Json::is_string));
}
