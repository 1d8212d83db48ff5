//! The TOML file that holds a whole experiment, and its writing.
//!
//! ```toml
//! format = 3            # version of this format
//! task = "digits"
//! sigma = 30            # units of the edge: %, µs, LSB
//! sigma_tau_mem = "auto"
//! lanes = ["ideal", "in_the_loop"]
//! silenced = [3, 17]    # hidden neurons silenced by hand
//!
//! [[at]]                # before anything is learnt
//! epoch = 0
//! calibrate = true
//!
//! [[at]]                # after epoch 10 and three batches of the next
//! epoch = 10
//! batch = 3
//! silent_neurons = 70
//! ```
//!
//! Keys that are not written keep their defaults (those of the task). Every key of
//! [`PARAMS`] may stand in it; others are refused with line and column. Files of older versions are brought up to
//! date while they are read; one without `format` is taken for the present version.
//!
//! | version | what it brought |
//! |---|---|
//! | 1 | all parameters by their keys |
//! | 2 | lists of neurons (`silenced`, `mended`), so that what was broken by hand is kept |
//! | 3 | `[[at]]`: what happens when; every parameter that acts at once, `calibrate`, `uncalibrate`, `silence`, `revive` |

use std::fmt::Write as _;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Change, Protocol, When};
use crate::base::error::{Error, Result};
use crate::base::files::{read_text, write_atomically};
use crate::params::{Kind, PARAMS, ParamSpec, Params, TakesEffect, TaskKind, Value, assign, describe, find};

/// Version of the format that this program writes.
pub const FORMAT: u32 = 3;
/// Experiment files are short; anything larger is something else.
const LARGEST: u64 = 1 << 20;

/// Reads an experiment file.
///
/// # Errors
/// Names the file, line and column, what was expected and what stands there.
pub fn load(path: &Path) -> Result<Protocol> {
    parse(&read_text(path, LARGEST)?, path)
}

/// Reads the text of an experiment; `path` is for messages.
///
/// # Errors
/// Names the file, line and column, what was expected and what stands there.
pub fn parse(text: &str, path: &Path) -> Result<Protocol> {
    let table = DeTable::parse(text).map_err(|why| {
        let place = why.span().map(|span| line_and_column(text, span.start));
        malformed(path, place, why.message().to_owned())
    })?;
    let mut version = FORMAT;
    let (mut entries, mut planned) = (Vec::new(), None);
    for (key, value) in table.get_ref() {
        let at = value.span().start;
        if key.get_ref() == "format" {
            version = format_of(value.get_ref(), path, line_and_column(text, at))?;
            continue;
        }
        if key.get_ref() == "at" {
            planned = Some((value, at));
            continue;
        }
        let typed = edge_text(value.get_ref());
        let form = Form::of(value.get_ref());
        entries.push(Entry { key: key.get_ref().to_string(), key_at: key.span().start, value_at: at, typed, form });
    }
    for migrate in &MIGRATIONS[version as usize - 1..] {
        migrate(&mut entries);
    }
    // The task first, because it brings its own defaults.
    entries.sort_by_key(|entry| (entry.key != "task", entry.key_at));
    let mut params = Params::default();
    for entry in entries {
        let (spec, value) = entry.value(&|at| format!("{}, {}", path.display(), line_and_column(text, at)))?;
        if let (Some(task), "task") = (entry.typed.as_deref().and_then(TaskKind::from_name), spec.key) {
            params = Params::for_task(task);
        }
        (spec.set)(&mut params, value);
    }
    let mut protocol = Protocol::new(params);
    if let Some((value, at)) = planned {
        plan(&mut protocol, value.get_ref(), &Source { text, path }, at)?;
    }
    protocol.check()?;
    Ok(protocol)
}

/// A text and where it comes from, for messages.
struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Source<'_> {
    fn place(&self, at: usize) -> String {
        format!("{}, {}", self.path.display(), line_and_column(self.text, at))
    }

    fn bad(&self, at: usize, why: &str) -> Error {
        malformed(self.path, Some(line_and_column(self.text, at)), why.into())
    }
}

/// Reads the tables `[[at]]`.
fn plan(protocol: &mut Protocol, value: &DeValue<'_>, source: &Source<'_>, at: usize) -> Result<()> {
    let DeValue::Array(tables) = value else {
        return Err(source.bad(at, "`at` wants tables: [[at]] with `epoch` and what happens then"));
    };
    for table in tables {
        let at = table.span().start;
        let DeValue::Table(entries) = table.get_ref() else {
            return Err(source.bad(at, "`at` wants tables: [[at]] with `epoch` and what happens then"));
        };
        let number = |key: &str| -> Result<Option<usize>> {
            let Some((_, value)) = entries.iter().find(|(name, _)| name.get_ref() == key) else { return Ok(None) };
            let number = match value.get_ref() {
                DeValue::Integer(n) => whole(n).parse().ok(),
                _ => None,
            };
            let bad = || source.bad(value.span().start, &format!("`{key}` wants a whole number from 0"));
            number.map(Some).ok_or_else(bad)
        };
        let epoch =
            number("epoch")?.ok_or_else(|| source.bad(at, "[[at]] wants `epoch`, the epoch after which it happens"))?;
        let when = When { epoch, batch: number("batch")?.unwrap_or(0) };
        let before = protocol.schedule().len();
        for (key, value) in entries.iter().filter(|(key, _)| !matches!(&**key.get_ref(), "epoch" | "batch")) {
            protocol.add(when, planned(key.get_ref(), key.span().start, value, source)?);
        }
        if protocol.schedule().len() == before {
            return Err(source.bad(at, "[[at]] says when, but not what happens then"));
        }
    }
    Ok(())
}

/// Reads one change of a table `[[at]]`.
fn planned(key: &str, key_at: usize, value: &Spanned<DeValue<'_>>, source: &Source<'_>) -> Result<Change> {
    let value_at = value.span().start;
    match (key, value.get_ref()) {
        ("calibrate", DeValue::Boolean(true)) => Ok(Change::Calibrate),
        ("uncalibrate", DeValue::Boolean(true)) => Ok(Change::Uncalibrate),
        ("calibrate" | "uncalibrate", _) => Err(source.bad(value_at, &format!("`{key}` wants true"))),
        ("silence" | "revive" | "branch", DeValue::Integer(n)) => {
            Change::parse(&format!("{key}={}", whole(n)), &source.place(value_at))
        }
        _ => {
            let (typed, form) = (edge_text(value.get_ref()), Form::of(value.get_ref()));
            let entry = Entry { key: key.to_owned(), key_at, value_at, typed, form };
            let (spec, value) = entry.value(&|at| source.place(at))?;
            if spec.takes_effect == TakesEffect::OnRestart {
                return Err(Error::NeedsRestart { place: source.place(key_at), keys: key.into() });
            }
            Ok(Change::Set { key: spec.key, value })
        }
    }
}

/// The whole experiment as text: every parameter with unit and meaning, and what happens when.
pub fn format(protocol: &Protocol) -> String {
    let mut text = format_params(&protocol.params);
    for timed in protocol.schedule() {
        let _ = write!(text, "\n[[at]]\nepoch = {}\n", timed.when.epoch);
        if timed.when.batch > 0 {
            let _ = writeln!(text, "batch = {}", timed.when.batch);
        }
        let _ = match &timed.change {
            Change::Set { key, value } => {
                find(key).map_or(Ok(()), |spec| writeln!(text, "{key} = {}", quoted(spec, value)))
            }
            Change::Calibrate | Change::Uncalibrate => writeln!(text, "{} = true", timed.change),
            Change::Neuron { neuron, silent: true } => writeln!(text, "silence = {neuron}"),
            Change::Neuron { neuron, silent: false } => writeln!(text, "revive = {neuron}"),
            Change::Branch { left } => writeln!(text, "branch = {left}"),
        };
    }
    text
}

/// A value as TOML.
fn quoted(spec: &ParamSpec, value: &Value) -> String {
    let shown = spec.format(value);
    match value {
        Value::Number(_) | Value::Flag(_) => shown,
        Value::Words(words) => format!("{words:?}"),
        Value::Integers(list) => format!("{list:?}"),
        Value::Auto | Value::Word(_) | Value::Text(_) => toml::Value::String(shown).to_string(),
    }
}

/// The parameters as text, every one with unit and meaning.
fn format_params(params: &Params) -> String {
    let mut text = format!("# A Misfit experiment; `misfit train --experiment FILE` runs it.\nformat = {FORMAT}\n");
    let mut group = "";
    for spec in PARAMS {
        if spec.group != group {
            group = spec.group;
            let _ = write!(text, "\n# {group}\n");
        }
        let quoted = quoted(spec, &(spec.get)(params));
        let unit = spec.unit.words();
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        let _ = writeln!(text, "{} = {quoted} # {}{unit}", spec.key, spec.label);
    }
    text
}

/// Writes the whole experiment, so that the file is either the old or the new one, never half of it.
///
/// # Errors
/// Names the file and the reason.
pub fn save(protocol: &Protocol, path: &Path) -> Result<()> {
    write_atomically(path, format(protocol).as_bytes())
}

/// Applies `key=value` texts, the task first because it brings its own defaults.
///
/// # Errors
/// Names the key, the range and the place.
pub fn apply_assignments(params: &mut Params, assignments: &[(String, String, String)]) -> Result<()> {
    for (key, value, place) in assignments.iter().filter(|a| a.0 == "task") {
        let mut next = params.clone();
        assign(&mut next, key, value, place)?;
        params.adopt_task(next.task.kind);
    }
    for (key, value, place) in assignments.iter().filter(|a| a.0 != "task") {
        assign(params, key, value, place)?;
    }
    params.check()
}

/// One line of a file.
struct Entry {
    key: String,
    /// Byte offsets of key and value.
    key_at: usize,
    value_at: usize,
    /// The value as one would type it after `--set key=`; `None` for what no parameter takes.
    typed: Option<String>,
    form: Form,
}

impl Entry {
    /// The parameter and its value; `place` says where an offset is.
    fn value(&self, place: &dyn Fn(usize) -> String) -> Result<(&'static ParamSpec, Value)> {
        // To find a place is most of the work, and only mistakes need one.
        self.value_from("", "").or_else(|_| self.value_from(&place(self.key_at), &place(self.value_at)))
    }

    fn value_from(&self, key_place: &str, place: &str) -> Result<(&'static ParamSpec, Value)> {
        let spec = describe(&self.key, key_place)?;
        let form = self.form;
        let typed = self.typed.as_deref().ok_or_else(|| spec.bad_value(form.words(), place))?;
        let fits = match spec.kind {
            Kind::Choice(_) | Kind::Text => form == Form::Text,
            Kind::Choices(_) => matches!(form, Form::Text | Form::List),
            Kind::Integers { .. } => form == Form::List,
            Kind::Spread { .. } if typed == "auto" => form == Form::Text,
            Kind::Number { .. } | Kind::Spread { .. } | Kind::Integer { .. } => form == Form::Number,
            Kind::Flag => form == Form::Flag,
        };
        if !fits {
            return Err(spec.bad_value(&format!("{} {typed}", form.words()), place));
        }
        Ok((spec, spec.parse(typed, place)?))
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Flag,
    List,
    Date,
    Table,
}

impl Form {
    fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(_) => Self::Text,
            DeValue::Integer(_) | DeValue::Float(_) => Self::Number,
            DeValue::Boolean(_) => Self::Flag,
            DeValue::Array(_) => Self::List,
            DeValue::Datetime(_) => Self::Date,
            DeValue::Table(_) => Self::Table,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "the text",
            Self::Number => "the number",
            Self::Flag => "the truth value",
            Self::List => "a list",
            Self::Date => "a date",
            Self::Table => "a table",
        }
    }
}

/// What makes a file of one version a file of the next: the first leads from version 1 to version 2.
const MIGRATIONS: [fn(&mut Vec<Entry>); FORMAT as usize - 1] = [untouched_by_hand, nothing_planned];

/// Version 1 could not say that neurons were broken by hand, so the chip that it describes is untouched.
fn untouched_by_hand(entries: &mut Vec<Entry>) {
    for key in ["silenced", "mended"] {
        if entries.iter().all(|entry| entry.key != key) {
            let typed = Some(String::new());
            entries.push(Entry { key: key.into(), key_at: 0, value_at: 0, typed, form: Form::List });
        }
    }
}

/// Version 2 could not say what happens when, so nothing does.
fn nothing_planned(_: &mut Vec<Entry>) {}

fn format_of(value: &DeValue<'_>, path: &Path, place: String) -> Result<u32> {
    let number = match value {
        DeValue::Integer(n) => whole(n).parse::<u32>().ok(),
        _ => None,
    };
    match number {
        Some(n) if (1..=FORMAT).contains(&n) => Ok(n),
        Some(n) if n > FORMAT => Err(malformed(
            path,
            Some(place),
            format!("the format is {n}, but this Misfit knows formats up to {FORMAT}; use a newer Misfit"),
        )),
        _ => Err(malformed(path, Some(place), format!("`format` wants a whole number from 1 to {FORMAT}"))),
    }
}

/// A whole number with decimal digits, whatever base it is written in; one beyond all ranges as it stands.
fn whole(number: &DeInteger<'_>) -> String {
    i128::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| number.to_string(), |n| n.to_string())
}

/// The value as one would type it after `--set key=`.
pub(crate) fn edge_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(n) => Some(whole(n)),
        DeValue::Float(x) => Some(x.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    DeValue::Integer(n) => Some(whole(n)),
                    _ => None,
                })
                .collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// Where in a text a byte is, in words.
pub fn line_and_column(text: &str, at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!("line {line}, column {column}")
}

fn malformed(path: &Path, place: Option<String>, why: String) -> Error {
    Error::Malformed { path: path.into(), place, why }
}

#[cfg(test)]
mod tests;
