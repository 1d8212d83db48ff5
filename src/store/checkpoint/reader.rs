//! Reading the arrays and texts of a checkpoint file.

use std::path::Path;

use ndarray::Array2;
use serde_json::{Value as Json, json};

use super::{Checkpoint, FORMAT, State};
use crate::base::error::{Error, Result};
use crate::chip::plasticity;
use crate::host::HostState;
use crate::host::network::Network;
use crate::params::{Lane, Params, Value, describe, set_checked};
use crate::protocol::{Protocol, Timed};
use crate::recording::{Codes, Trims};
use crate::training::checkpoint::{LearnerState, TeacherState};
use crate::training::metrics::{Recovery, Running};

/// Why a header cannot be used.
pub(super) enum Trouble {
    Missing(String),
    Said(Error),
}

pub(super) struct Reader<'a> {
    pub(super) header: &'a Json,
    pub(super) data: &'a [u8],
    pub(super) path: &'a Path,
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

    pub(super) fn read(&self) -> Result<Checkpoint, Trouble> {
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
        // Older versions did not write them.
        let falls = if self.header["__metadata__"]["falls"].is_null() { json!([]) } else { self.json("falls")? };
        let falls = serde_json::from_value(falls).map_err(|_| missing("`falls`"))?;
        let run = (!run.is_empty()).then(|| run.into());
        Ok(Checkpoint { state: self.state()?, run, epochs, falls, protocol: self.protocol()? })
    }

    fn protocol(&self) -> Result<Protocol, Trouble> {
        let about = self.json("protocol")?;
        let mut protocol = Protocol::new(self.params_of(&about["parameters"])?);
        let at: Vec<String> = serde_json::from_value(about["at"].clone()).map_err(|_| missing("`at` in `protocol`"))?;
        let place = format!("{}, protocol", self.path.display());
        for text in at {
            let Timed { when, change } = Timed::parse(&text, &place).map_err(Trouble::Said)?;
            protocol.add(when, change);
        }
        Ok(protocol)
    }

    fn state(&self) -> Result<State, Trouble> {
        let params = self.params_of(&self.json("parameters")?)?;
        let progress = self.json("progress")?;
        let number = |key: &str| progress[key].as_u64().ok_or_else(|| missing(format!("`{key}` in `progress`")));
        let mut running = [Running::default(); Lane::ALL.len()];
        for (k, running) in running.iter_mut().enumerate() {
            let sums: Option<[f64; 4]> = serde_json::from_value(progress["sums"][k].clone()).ok();
            let lost = progress["lost_events"][k].as_u64();
            let (Some(sums), Some(lost)) = (sums, lost) else { return Err(missing("`sums` in `progress`")) };
            *running = Running::from_sums(sums, lost);
        }
        let learners = progress["learners"].as_array().ok_or_else(|| missing("`learners` in `progress`"))?;
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
            learners: learners.iter().map(|t| self.learner(t)).collect::<Result<_, _>>()?,
        })
    }

    fn params_of(&self, parameters: &Json) -> Result<Params, Trouble> {
        let place = format!("{}, parameters", self.path.display());
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
                Json::Array(items) => {
                    let word = |item: &Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                    let words: Vec<String> = items.iter().map(word).collect();
                    spec.parse(&words.join(","), &place).map_err(Trouble::Said)?
                }
                Json::String(text) => spec.parse(text, &place).map_err(Trouble::Said)?,
                Json::Object(_) => return Err(missing(format!("`{key}` in `parameters`"))),
            };
            set_checked(&mut params, spec, &value, &place).map_err(Trouble::Said)?;
            if key == "task" {
                params = Params::for_task(params.task.kind);
            }
        }
        Ok(params)
    }

    fn learner(&self, about: &Json) -> Result<LearnerState, Trouble> {
        let lane = about["lane"].as_str().and_then(Lane::from_name).ok_or_else(|| missing("a lane"))?;
        let name = lane.name();
        let whole = |key: &str| about[key].as_u64().and_then(|n| u32::try_from(n).ok());
        let (Some(steps), Some(epoch), Some(age), Some(seconds)) =
            (whole("steps"), whole("epoch"), about["age"].as_f64(), about["seconds"].as_f64())
        else {
            return Err(missing(format!("the progress of `{name}`")));
        };
        let teacher = self.teacher(lane, steps, epoch)?;
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
        let recovery = match &about["recovery"] {
            Json::Null => None,
            r => Some(recovery(r).ok_or_else(|| missing(format!("`recovery` of `{name}`")))?),
        };
        Ok(LearnerState {
            lane,
            last_accuracy: about["last_accuracy"].as_f64(),
            recovery,
            teacher,
            codes: self.codes(&format!("{name}.codes"))?,
            first_codes: self.codes(&format!("{name}.first_codes"))?,
            trims: trims.collect::<Option<_>>().ok_or_else(|| missing(format!("`{name}.trims`")))?,
            overrides: hands.collect::<Option<_>>().ok_or_else(|| missing(format!("`{name}.hands`")))?,
            age,
            seconds,
        })
    }

    fn teacher(&self, lane: Lane, steps: u32, epoch: u32) -> Result<TeacherState, Trouble> {
        let name = lane.name();
        if lane == Lane::OnChip {
            return Ok(TeacherState::OnChip(plasticity::State {
                input: self.fine_codes(&format!("{name}.fine_codes.input"))?,
                readout: self.fine_codes(&format!("{name}.fine_codes.readout"))?,
                registers: self.fine_codes(&format!("{name}.registers"))?.iter().map(|x| x.cast_unsigned()).collect(),
                updates: steps,
                epoch,
            }));
        }
        Ok(TeacherState::Host(Box::new(HostState {
            network: self.network(&format!("{name}.weights"))?,
            first: self.network(&format!("{name}.adam_first"))?,
            second: self.network(&format!("{name}.adam_second"))?,
            steps,
            epoch,
        })))
    }

    fn fine_codes(&self, name: &str) -> Result<Array2<i16>, Trouble> {
        let (shape, bytes) = self.array(name, "I16")?;
        let numbers = bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        Array2::from_shape_vec(shape, numbers).map_err(|_| missing(format!("`{name}`")))
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
