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
//! | `experiment` | experiment file of the parameters in force, for people |
//! | `parameters` | the same as JSON in SI units, to the last bit |
//! | `progress` | epoch, batch and sums so far; so the state of all random numbers (see [`crate::training::checkpoint`]) |
//! | `epochs` | curves so far, as in a run's file |
//! | `run`, `at` | the run in the store, and changes that are still planned |
//!
//! | array | type | axes | meaning |
//! |---|---|---|---|
//! | `LANE.weights.{input,recurrent,readout}` | F32 | pre, post | float weights of the host |
//! | `LANE.adam_first.…`, `LANE.adam_second.…` | F32 | pre, post | moments of the optimiser |
//! | `LANE.codes.…`, `LANE.first_codes.…` | I8 | pre, post | weight codes on the chip, now and before the first batch |
//! | `LANE.trims` | I16 | neuron, trim | leak, reset, threshold, τ_mem, τ_syn exc. and inh., readout offset; hidden first |
//! | `LANE.hands` | I8 | hidden | broken by hand 1, mended 0, neither −1 |

use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde_json::{Map, Value as Json, json};

use super::record::Epoch;
use crate::error::{Error, Result};
use crate::experiment_file::{self, write_atomically};
use crate::host::HostState;
use crate::host::network::Network;
use crate::params::{LaneKind, PARAMS, Params, Value, describe, set_checked};
use crate::recording::{Codes, Trims};
use crate::training::checkpoint::{Checkpoint as State, TraineeState};
use crate::training::metrics::{Recovery, Running};

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
    /// Changes that were planned with `--at`, as typed.
    pub at: Vec<String>,
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
        for t in &self.state.trainees {
            let lane = t.lane.name();
            pack.network(&format!("{lane}.weights"), &t.host.network);
            pack.network(&format!("{lane}.adam_first"), &t.host.first);
            pack.network(&format!("{lane}.adam_second"), &t.host.second);
        }
        for t in &self.state.trainees {
            let trims = t.trims.iter().flat_map(|t| trim_numbers(*t)).flat_map(i16::to_le_bytes);
            pack.add(format!("{}.trims", t.lane.name()), "I16", &[t.trims.len(), 7], trims);
        }
        for t in &self.state.trainees {
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
            "experiment": experiment_file::format(&self.state.params),
            "parameters": exact(&self.state.params).to_string(),
            "progress": progress(&self.state).to_string(),
            "epochs": json!(self.epochs).to_string(),
            "run": self.run.clone().unwrap_or_default(),
            "at": json!(self.at).to_string(),
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
        let before = previous(path);
        if path.exists() {
            // Where a file cannot have two names there is no copy, and the new file replaces the old one all the same.
            drop(std::fs::remove_file(&before));
            if let Err(why) = std::fs::hard_link(path, &before) {
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
            Err(error) => match Self::read(&previous(path)) {
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
    let cut_off = || format!("the checkpoint is cut off: {} bytes are too few for its header", bytes.len());
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
            Value::Text(text) => json!(text),
        };
        (spec.key.to_owned(), value)
    };
    PARAMS.iter().map(entry).collect::<Map<_, _>>().into()
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
        "last_accuracy": state.last_accuracy,
        "recovery": state.recovery.map(|r| json!({
            "epoch": r.epoch, "before": r.before, "worst": r.worst, "epochs": r.epochs,
        })),
        "trainees": state.trainees.iter().map(|t| json!({
            "lane": t.lane.name(), "steps": t.host.steps, "epoch": t.host.epoch, "age": t.age, "seconds": t.seconds,
        })).collect::<Vec<_>>(),
    })
}

/// Why a header cannot be used.
enum Trouble {
    Missing(String),
    Said(Error),
}

struct Reader<'a> {
    header: &'a Json,
    data: &'a [u8],
    path: &'a Path,
}

fn missing(what: impl Into<String>) -> Trouble {
    Trouble::Missing(what.into())
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Result<&str, Trouble> {
        self.header["__metadata__"][key].as_str().ok_or_else(|| missing(format!("`{key}`")))
    }

    fn json(&self, key: &str) -> Result<Json, Trouble> {
        serde_json::from_str(self.text(key)?).map_err(|_| missing(format!("`{key}`")))
    }

    fn read(&self) -> Result<Checkpoint, Trouble> {
        let version = self.text("version")?;
        match version.parse::<u64>() {
            Ok(1..=FORMAT) => {}
            _ => {
                return Err(Trouble::Said(Error::Malformed {
                    path: self.path.into(),
                    place: None,
                    why: format!("the format is {version}, but this Misfit knows {FORMAT}; use a newer Misfit"),
                }));
            }
        }
        let run = self.text("run")?;
        let epochs = serde_json::from_value(self.json("epochs")?).map_err(|_| missing("`epochs`"))?;
        let at = serde_json::from_value(self.json("at")?).map_err(|_| missing("`at`"))?;
        Ok(Checkpoint { state: self.state()?, run: (!run.is_empty()).then(|| run.into()), epochs, at })
    }

    fn state(&self) -> Result<State, Trouble> {
        let params = self.params()?;
        let progress = self.json("progress")?;
        let number = |key: &str| progress[key].as_u64().ok_or_else(|| missing(format!("`{key}` in `progress`")));
        let mut running = [Running::default(); LaneKind::ALL.len()];
        for (k, running) in running.iter_mut().enumerate() {
            let sums: Option<[f64; 4]> = serde_json::from_value(progress["sums"][k].clone()).ok();
            let lost = progress["lost_events"][k].as_u64();
            let (Some(sums), Some(lost)) = (sums, lost) else { return Err(missing("`sums` in `progress`")) };
            *running = Running::from_sums(sums, lost);
        }
        let recovery = match &progress["recovery"] {
            Json::Null => None,
            r => Some(recovery(r).ok_or_else(|| missing("`recovery` in `progress`"))?),
        };
        let trainees = progress["trainees"].as_array().ok_or_else(|| missing("`trainees` in `progress`"))?;
        Ok(State {
            params,
            data: progress["data"]
                .as_str()
                .and_then(|hex| u64::from_str_radix(hex, 16).ok())
                .ok_or_else(|| missing("`data` in `progress`"))?,
            epoch: number("epoch")? as usize,
            batch: number("batch")? as usize,
            position: number("position")? as usize,
            running,
            last_accuracy: progress["last_accuracy"].as_f64(),
            recovery,
            trainees: trainees.iter().map(|t| self.trainee(t)).collect::<Result<_, _>>()?,
        })
    }

    fn params(&self) -> Result<Params, Trouble> {
        let place = format!("{}, parameters", self.path.display());
        let parameters = self.json("parameters")?;
        let entries = parameters.as_object().ok_or_else(|| missing("`parameters`"))?;
        let mut params = Params::default();
        // The task first: it brings its defaults for whatever an older version did not know.
        let task_first =
            entries.iter().filter(|(k, _)| *k == "task").chain(entries.iter().filter(|(k, _)| *k != "task"));
        for (key, value) in task_first {
            let spec = describe(key, &place).map_err(Trouble::Said)?;
            let value = match value {
                Json::Number(x) => Value::Number(x.as_f64().unwrap_or(f64::NAN)),
                Json::Null => Value::Auto,
                Json::Bool(flag) => Value::Flag(*flag),
                Json::Array(words) => {
                    let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
                    spec.parse(&words.join(","), &place).map_err(Trouble::Said)?
                }
                Json::String(text) => spec.parse(text, &place).map_err(Trouble::Said)?,
                Json::Object(_) => return Err(missing(format!("`{key}` in `parameters`"))),
            };
            set_checked(&mut params, spec, &value, &place).map_err(Trouble::Said)?;
            if key == "task" {
                params = Params::for_task(params.task);
            }
        }
        Ok(params)
    }

    fn trainee(&self, about: &Json) -> Result<TraineeState, Trouble> {
        let lane = about["lane"].as_str().and_then(LaneKind::from_name).ok_or_else(|| missing("a lane"))?;
        let name = lane.name();
        let whole = |key: &str| about[key].as_u64().and_then(|n| u32::try_from(n).ok());
        let (Some(steps), Some(epoch), Some(age), Some(seconds)) =
            (whole("steps"), whole("epoch"), about["age"].as_f64(), about["seconds"].as_f64())
        else {
            return Err(missing(format!("the progress of `{name}`")));
        };
        let host = HostState {
            network: self.network(&format!("{name}.weights"))?,
            first: self.network(&format!("{name}.adam_first"))?,
            second: self.network(&format!("{name}.adam_second"))?,
            steps,
            epoch,
        };
        let ([_, 7], trims) = self.array(&format!("{name}.trims"), "I16")? else {
            return Err(missing(format!("`{name}.trims`")));
        };
        let trims = trims.chunks_exact(14).map(|t| {
            let at = |k: usize| i16::from_le_bytes([t[2 * k], t[2 * k + 1]]);
            let code = |k: usize| u16::try_from(at(k)).ok().filter(|code| *code <= Trims::MAX);
            Some(Trims {
                leak: code(0)?,
                reset: code(1)?,
                threshold: code(2)?,
                tau_mem: code(3)?,
                tau_syn_exc: code(4)?,
                tau_syn_inh: code(5)?,
                cadc_offset: at(6),
            })
        });
        let hands = self.vector(&format!("{name}.hands"))?.iter().map(|b| match b.cast_signed() {
            -1 => Some(None),
            0 => Some(Some(false)),
            1 => Some(Some(true)),
            _ => None,
        });
        Ok(TraineeState {
            lane,
            host,
            codes: self.codes(&format!("{name}.codes"))?,
            first_codes: self.codes(&format!("{name}.first_codes"))?,
            trims: trims.collect::<Option<_>>().ok_or_else(|| missing(format!("`{name}.trims`")))?,
            overrides: hands.collect::<Option<_>>().ok_or_else(|| missing(format!("`{name}.hands`")))?,
            age,
            seconds,
        })
    }

    /// Shape and bytes of an array, which fit each other and lie within the file.
    fn raw(&self, name: &str, dtype: &str) -> Option<(Vec<usize>, &[u8])> {
        let entry = self.header.get(name)?;
        let shape: Vec<usize> = serde_json::from_value(entry.get("shape")?.clone()).ok()?;
        let [start, end]: [usize; 2] = serde_json::from_value(entry.get("data_offsets")?.clone()).ok()?;
        let bytes = self.data.get(start..end)?;
        let size = match dtype {
            "F32" => 4usize,
            "I16" => 2,
            _ => 1,
        };
        let expected = shape.iter().try_fold(size, |n, d| n.checked_mul(*d))?;
        (entry.get("dtype")?.as_str()? == dtype && expected == bytes.len()).then_some((shape, bytes))
    }

    fn array(&self, name: &str, dtype: &str) -> Result<([usize; 2], &[u8]), Trouble> {
        let (shape, bytes) = self.raw(name, dtype).ok_or_else(|| missing(format!("the array `{name}`")))?;
        let shape = <[usize; 2]>::try_from(shape).map_err(|_| missing(format!("the array `{name}`")))?;
        Ok((shape, bytes))
    }

    fn vector(&self, name: &str) -> Result<&[u8], Trouble> {
        let (shape, bytes) = self.raw(name, "I8").ok_or_else(|| missing(format!("the array `{name}`")))?;
        if shape.len() == 1 { Ok(bytes) } else { Err(missing(format!("the array `{name}`"))) }
    }

    fn network(&self, prefix: &str) -> Result<Network, Trouble> {
        let weights = |name: &str| {
            let name = format!("{prefix}.{name}");
            let (shape, bytes) = self.array(&name, "F32")?;
            let numbers: Vec<f32> =
                bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            if !numbers.iter().all(|w| w.is_finite()) {
                return Err(missing(format!("a number of `{name}`")));
            }
            Array2::from_shape_vec(shape, numbers).map_err(|_| missing(format!("the array `{name}`")))
        };
        Ok(Network { input: weights("input")?, recurrent: weights("recurrent")?, readout: weights("readout")? })
    }

    fn codes(&self, prefix: &str) -> Result<Codes, Trouble> {
        let codes = |name: &str| {
            let name = format!("{prefix}.{name}");
            let (shape, bytes) = self.array(&name, "I8")?;
            let codes = bytes.iter().map(|b| b.cast_signed()).collect();
            Array2::from_shape_vec(shape, codes).map_err(|_| missing(format!("the array `{name}`")))
        };
        Ok(Codes { input: codes("input")?, recurrent: codes("recurrent")?, readout: codes("readout")? })
    }
}

fn recovery(r: &Json) -> Option<Recovery> {
    Some(Recovery {
        epoch: r["epoch"].as_u64()? as usize,
        before: r["before"].as_f64()?,
        worst: r["worst"].as_f64()?,
        epochs: match &r["epochs"] {
            Json::Null => None,
            n => Some(n.as_u64()? as usize),
        },
    })
}

#[cfg(test)]
mod tests;
