//! A run in one file, to go on from with the same bits.
//!
//! The file is a [safetensors](https://github.com/huggingface/safetensors) file: eight bytes with the length of a
//! JSON header, the header, and arrays of numbers one after the other, all little-endian. Any reader of that format
//! finds the weights; what only Misfit needs stands as text in `__metadata__`:
//!
//! | key | meaning |
//! |---|---|
//! | `crc32` | CRC-32 (IEEE 802.3) of the whole file, these eight digits taken as `00000000` |
//! | `format`, `version` | `misfit-checkpoint` and the version of this format, 1 |
//! | `experiment` | experiment file of the protocol, for people |
//! | `parameters` | the same as JSON in SI units, to the last bit |
//! | `progress` | epoch, batch and sums so far; so the state of all random numbers (see [`crate::training::checkpoint`]) |
//! | `epochs` | curves so far, as in a run's file |
//! | `falls` | what the lanes fell to when the chip was changed, as in a run's summary; older files have none |
//! | `run` | the run in the store |
//! | `protocol` | what the run started from, to the last bit, and what was done to it or is planned |
//!
//! | array | type | axes | meaning |
//! |---|---|---|---|
//! | `LANE.weights.{input,recurrent,readout}` | F32 | pre, post | float weights of the host |
//! | `LANE.adam_first.…`, `LANE.adam_second.…` | F32 | pre, post | moments of the optimiser |
//! | `on_chip.fine_codes.{input,readout}` | I16 | pre, post | weights with their fractions, in steps of 2^−bits LSB |
//! | `on_chip.registers` | I16 | column, 1 | shift registers, as unsigned numbers; hidden first |
//! | `LANE.codes.…`, `LANE.first_codes.…` | I8 | pre, post | weight codes on the chip, now and before the first batch |
//! | `LANE.trims` | I16 | neuron, trim | leak, reset, threshold, τ_mem, τ_syn exc. and inh., readout offset; hidden first |
//! | `LANE.hands` | I8 | hidden | broken by hand 1, mended 0, neither −1 |

mod reader;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::fall::Fall;
use super::record::Epoch;
use crate::base::error::{Error, Result};
use crate::base::files::{target, write_atomically};
use crate::host::network::Network;
use crate::params::{PARAMS, Params, Value};
use crate::protocol::{Protocol, file};
use crate::recording::{Codes, Trims};
use crate::training::checkpoint::{Checkpoint as State, TeacherState};
use reader::{Reader, Trouble};

/// Version of the format that this program writes.
pub const FORMAT: u64 = 1;
/// How the names of such files end.
pub const EXTENSION: &str = "misfit";
/// A file is never larger than this, bytes: the largest network of this chip needs a twentieth.
const LARGEST: u64 = 1 << 28;
/// The checksum stands at the same place in every file.
const HEAD: &[u8] = b"{\"__metadata__\":{\"crc32\":\"";

/// A run between two batches, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Weights, optimiser, trims, position.
    pub state: State,
    /// The run in the store that it belongs to.
    pub run: Option<String>,
    /// The curves so far.
    pub epochs: Vec<Epoch>,
    /// What the lanes fell to when the chip was changed, so far.
    pub falls: Vec<Fall>,
    /// What the run started from, what was done to it, and what is planned.
    pub protocol: Protocol,
}

/// Puts arrays one after the other.
#[derive(Default)]
struct Packer {
    table: Map<String, Json>,
    data: Vec<u8>,
}

impl Packer {
    fn add(&mut self, name: String, dtype: &str, shape: &[usize], bytes: impl Iterator<Item = u8>) {
        let start = self.data.len();
        self.data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, self.data.len()]});
        self.table.insert(name, entry);
    }

    fn network(&mut self, prefix: &str, network: &Network) {
        for (name, w) in [("input", &network.input), ("recurrent", &network.recurrent), ("readout", &network.readout)] {
            let bytes = w.iter().flat_map(|x| x.to_le_bytes());
            self.add(format!("{prefix}.{name}"), "F32", w.shape(), bytes);
        }
    }

    fn teacher(&mut self, lane: &str, teacher: &TeacherState) {
        match teacher {
            TeacherState::Host(host) => {
                self.network(&format!("{lane}.weights"), &host.network);
                self.network(&format!("{lane}.adam_first"), &host.first);
                self.network(&format!("{lane}.adam_second"), &host.second);
            }
            TeacherState::OnChip(state) => {
                for (name, w) in [("input", &state.input), ("readout", &state.readout)] {
                    let bytes = w.iter().flat_map(|x| x.to_le_bytes());
                    self.add(format!("{lane}.fine_codes.{name}"), "I16", w.shape(), bytes);
                }
                let bytes = state.registers.iter().flat_map(|x| x.to_le_bytes());
                self.add(format!("{lane}.registers"), "I16", &[state.registers.len(), 1], bytes);
            }
        }
    }

    fn codes(&mut self, prefix: &str, codes: &Codes) {
        for (name, w) in [("input", &codes.input), ("recurrent", &codes.recurrent), ("readout", &codes.readout)] {
            self.add(format!("{prefix}.{name}"), "I8", w.shape(), w.iter().map(|x| x.cast_unsigned()));
        }
    }
}

impl Checkpoint {
    /// Whole epochs learnt.
    pub fn epoch(&self) -> usize {
        self.state.epoch.saturating_sub(1)
    }

    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let mut pack = Packer::default();
        // Wide numbers first, so that all arrays are aligned.
        for t in &self.state.learners {
            pack.teacher(t.lane.name(), &t.teacher);
        }
        for t in &self.state.learners {
            let trims = t.trims.iter().flat_map(|t| trim_numbers(*t)).flat_map(i16::to_le_bytes);
            pack.add(format!("{}.trims", t.lane.name()), "I16", &[t.trims.len(), 7], trims);
        }
        for t in &self.state.learners {
            let lane = t.lane.name();
            pack.codes(&format!("{lane}.codes"), &t.codes);
            pack.codes(&format!("{lane}.first_codes"), &t.first_codes);
            let hands = t.overrides.iter().map(|own| own.map_or(-1, i8::from).cast_unsigned());
            pack.add(format!("{lane}.hands"), "I8", &[t.overrides.len()], hands);
        }
        let mut header = Map::new();
        let metadata = json!({
            "crc32": "00000000",
            "format": "misfit-checkpoint",
            "version": FORMAT.to_string(),
            "program": concat!("misfit ", env!("CARGO_PKG_VERSION")),
            "experiment": file::format(&self.protocol),
            "parameters": exact(&self.state.params).to_string(),
            "progress": progress(&self.state).to_string(),
            "epochs": json!(self.epochs).to_string(),
            "falls": json!(self.falls).to_string(),
            "run": self.run.clone().unwrap_or_default(),
            "protocol": protocol(&self.protocol).to_string(),
        });
        header.insert("__metadata__".into(), metadata);
        header.append(&mut pack.table);
        let mut header = Json::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.append(&mut header);
        bytes.append(&mut pack.data);
        let digits = format!("{:08x}", checksum(&bytes));
        bytes[8 + HEAD.len()..][..8].copy_from_slice(digits.as_bytes());
        bytes
    }

    /// Reads the bytes of a file; `path` is for messages.
    ///
    /// # Errors
    /// Names the file, what was expected and what stands there; nothing of a file with a wrong checksum is used.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        let bad = |why: String| Error::Malformed { path: path.into(), place: None, why };
        let header = check(bytes).map_err(bad)?;
        let data = &bytes[8 + header.len()..];
        let header: Json =
            serde_json::from_slice(header).map_err(|why| bad(format!("the header is no JSON: {why}")))?;
        Reader { header: &header, data, path }.read().map_err(|why| match why {
            Trouble::Said(error) => error,
            Trouble::Missing(what) => bad(format!("{what} is missing or makes no sense")),
        })
    }

    /// Writes the file, so that it is either the old or the new one; the old one is kept beside it (see [`previous`]).
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn write(&self, path: &Path) -> Result<()> {
        let file = target(path).map_err(|why| Error::file("write", path, &why))?;
        if let Some(file) = file.filter(|file| file.exists()) {
            let before = previous(&file);
            // Where a file cannot have two names there is no copy, and the new file replaces the old one all the same.
            drop(std::fs::remove_file(&before));
            if let Err(why) = std::fs::hard_link(&file, &before) {
                log::debug!("{}: no copy is kept: {why}", path.display());
            }
        }
        write_atomically(path, &self.encode())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn read(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path).map_err(|why| Error::file("read", path, &why))?.len();
        if size > LARGEST {
            let why = format!("expected a checkpoint of at most 256 MiB, got {size} bytes");
            return Err(Error::Malformed { path: path.into(), place: None, why });
        }
        let bytes = std::fs::read(path).map_err(|why| Error::file("read", path, &why))?;
        Self::decode(&bytes, path)
    }

    /// Reads a file or, when it is damaged, the one before it, with the error of the former.
    ///
    /// # Errors
    /// That of the file when the one before it cannot be used either.
    pub fn read_or_previous(path: &Path) -> Result<(Self, Option<Error>)> {
        match Self::read(path) {
            Ok(checkpoint) => Ok((checkpoint, None)),
            Err(error) => match Self::read(&previous(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()))) {
                Ok(checkpoint) => Ok((checkpoint, Some(error))),
                Err(_) => Err(error),
            },
        }
    }
}

/// Where the file that a new one replaced is kept: `run.misfit` becomes `run.previous.misfit`.
pub fn previous(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}.previous{extension}"))
}

/// CRC-32 of a file, the digits of the checksum taken as zeros.
fn checksum(bytes: &[u8]) -> u32 {
    let at = 8 + HEAD.len();
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[..at]);
    crc.update(b"00000000");
    crc.update(&bytes[at + 8..]);
    crc.sum()
}

/// The header of a file whose checksum is right.
fn check(bytes: &[u8]) -> std::result::Result<&[u8], String> {
    let foreign = || "this is not a checkpoint of Misfit; `misfit train --checkpoint FILE` writes one".to_owned();
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(foreign)?;
    if !rest.starts_with(HEAD) {
        // The beginning of one, perhaps.
        let cut_off = HEAD.starts_with(rest) && !rest.is_empty();
        return Err(if cut_off { "the checkpoint is cut off in its header".into() } else { foreign() });
    }
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length).ok().and_then(|n| rest.get(..n));
    let cut_off = || {
        format!("the checkpoint is cut off: {} bytes are too few for its header; go on from another one", bytes.len())
    };
    let header = header.filter(|h| h.len() >= HEAD.len() + 8).ok_or_else(cut_off)?;
    let digits = std::str::from_utf8(&header[HEAD.len()..][..8]).unwrap_or_default();
    let found = checksum(bytes);
    match u32::from_str_radix(digits, 16) {
        Ok(expected) if expected == found => Ok(header),
        _ => Err(format!(
            "the checkpoint is damaged or cut off: its checksum is {found:08x}, its header says {digits}; go on from \
             another one"
        )),
    }
}

fn trim_numbers(t: Trims) -> [i16; 7] {
    let codes = [t.leak, t.reset, t.threshold, t.tau_mem, t.tau_syn_exc, t.tau_syn_inh].map(|code| code as i16);
    let [leak, reset, threshold, tau_mem, exc, inh] = codes;
    [leak, reset, threshold, tau_mem, exc, inh, t.cadc_offset]
}

/// Every parameter in SI units; JSON holds every bit of a finite number.
fn exact(params: &Params) -> Json {
    let entry = |spec: &crate::params::ParamSpec| {
        let value = match (spec.get)(params) {
            Value::Number(x) => json!(x),
            Value::Auto => Json::Null,
            Value::Flag(flag) => json!(flag),
            Value::Word(word) => json!(word),
            Value::Words(words) => json!(words),
            Value::Integers(list) => json!(list),
            Value::Text(text) => json!(text),
        };
        (spec.key.to_owned(), value)
    };
    PARAMS.iter().map(entry).collect::<Map<_, _>>().into()
}

fn protocol(protocol: &Protocol) -> Json {
    let at: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
    json!({"parameters": exact(&protocol.params), "at": at})
}

fn progress(state: &State) -> Json {
    let sums = state.running.map(|running| running.sums());
    json!({
        "data": format!("{:016x}", state.data),
        "epoch": state.epoch,
        "batch": state.batch,
        "position": state.position,
        "sums": sums.map(|(sums, _)| sums),
        "lost_events": sums.map(|(_, lost)| lost),
        "learners": state.learners.iter().map(|t| {
            let (steps, epoch) = t.teacher.progress();
            json!({
                "lane": t.lane.name(), "steps": steps, "epoch": epoch, "age": t.age, "seconds": t.seconds,
                "last_accuracy": t.last_accuracy,
                "recovery": t.recovery.map(|r| json!({
                    "epoch": r.epoch, "before": r.before, "worst": r.worst, "epochs": r.epochs,
                })),
            })
        }).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
