//! The TOML file that holds a whole experiment, and its writing.
//!
//! ```toml
//! format = 2            # version of this format
//! task = "digits"
//! sigma = 30            # units of the edge: %, µs, LSB
//! sigma_tau_mem = "auto"
//! lanes = ["ideal", "in_the_loop"]
//! silenced = [3, 17]    # hidden neurons silenced by hand
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

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::params::{Kind, PARAMS, Params, TaskKind, Value, assign, describe};

/// Version of the format that this program writes.
pub const FORMAT: u32 = 2;
/// Experiment files are short; anything larger is something else.
const LARGEST: u64 = 1 << 20;

/// Reads an experiment file.
///
/// # Errors
/// Names the file, line and column, what was expected and what stands there.
pub fn load(path: &Path) -> Result<Params> {
    let size = std::fs::metadata(path).map_err(|why| Error::file("read", path, &why))?.len();
    if size > LARGEST {
        return Err(malformed(path, None, format!("expected an experiment of at most 1 MiB, got {size} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|why| Error::file("read", path, &why))?;
    parse(&text, path)
}

/// Reads the text of an experiment; `path` is for messages.
///
/// # Errors
/// Names the file, line and column, what was expected and what stands there.
pub fn parse(text: &str, path: &Path) -> Result<Params> {
    let table = DeTable::parse(text).map_err(|why| {
        let place = why.span().map(|span| line_and_column(text, span.start));
        malformed(path, place, why.message().to_owned())
    })?;
    let mut version = FORMAT;
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        let at = value.span().start;
        if key.get_ref() == "format" {
            version = format_of(value.get_ref(), path, line_and_column(text, at))?;
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
    for Entry { key, key_at, value_at, typed, form } in entries {
        let place = |at: usize| format!("{}, {}", path.display(), line_and_column(text, at));
        let spec = describe(&key, &place(key_at))?;
        let place = place(value_at);
        let typed = typed.ok_or_else(|| spec.bad_value(form.words(), &place))?;
        let fits = match spec.kind {
            Kind::Choice(_) | Kind::Text => form == Form::Text,
            Kind::Choices(_) => matches!(form, Form::Text | Form::List),
            Kind::Integers { .. } => form == Form::List,
            Kind::Spread { .. } if typed == "auto" => form == Form::Text,
            Kind::Number { .. } | Kind::Spread { .. } | Kind::Integer { .. } => form == Form::Number,
            Kind::Flag => form == Form::Flag,
        };
        if !fits {
            return Err(spec.bad_value(&format!("{} {typed}", form.words()), &place));
        }
        let value = spec.parse(&typed, &place)?;
        if spec.key == "task" {
            params = Params::for_task(TaskKind::ALL[TaskKind::NAMES.iter().position(|n| *n == typed).unwrap_or(0)]);
        }
        (spec.set)(&mut params, value);
    }
    params.check()?;
    Ok(params)
}

/// The whole experiment as text: every parameter with unit and meaning.
pub fn format(params: &Params) -> String {
    let mut text = format!("# A Misfit experiment; `misfit train --experiment FILE` runs it.\nformat = {FORMAT}\n");
    let mut group = "";
    for spec in PARAMS {
        if spec.group != group {
            group = spec.group;
            let _ = write!(text, "\n# {group}\n");
        }
        let value = (spec.get)(params);
        let shown = spec.format(&value);
        let quoted = match &value {
            Value::Number(_) | Value::Flag(_) => shown,
            Value::Words(words) => format!("{words:?}"),
            Value::Integers(list) => format!("{list:?}"),
            Value::Auto | Value::Word(_) | Value::Text(_) => toml::Value::String(shown).to_string(),
        };
        let unit = spec.unit.words();
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        let _ = writeln!(text, "{} = {quoted} # {}{unit}", spec.key, spec.label);
    }
    text
}

/// What a file or folder of the user's is, judged by its name and by the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An experiment, or anything else: reading it will tell.
    Experiment,
    /// One sound.
    Sound,
    /// A network from another simulator.
    Network,
    /// Data for a task, and the folder to give it.
    Data(TaskKind, PathBuf),
}

/// Looks at names only; whether the content keeps what they promise is for the reader to find out.
pub fn recognise(path: &Path) -> Found {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_spikes = |name: &str| [".h5", ".hdf5", ".h5.gz", ".hdf5.gz"].iter().any(|end| name.ends_with(end));
    let is_images = |name: &str| name.contains("idx3") || name.contains("idx1");
    let images = |folder: &Path| {
        let fashion = folder.components().any(|c| c.as_os_str().to_string_lossy().to_lowercase().contains("fashion"));
        Found::Data(if fashion { TaskKind::FashionMnist } else { TaskKind::Mnist }, folder.to_path_buf())
    };
    if !path.is_dir() {
        let (file, folder) = (name(path), path.parent().unwrap_or(path));
        return match () {
            () if Path::new(&file).extension().is_some_and(|e| e == "wav") => Found::Sound,
            () if Path::new(&file).extension().is_some_and(|e| e == "nir") => Found::Network,
            () if is_spikes(&file) => Found::Data(TaskKind::Shd, path.to_path_buf()),
            () if is_images(&file) => images(folder),
            () => Found::Experiment,
        };
    }
    let names: Vec<String> = std::fs::read_dir(path)
        .map(|entries| entries.filter_map(|entry| Some(name(&entry.ok()?.path()))).collect())
        .unwrap_or_default();
    if names.iter().any(|n| is_images(n)) {
        images(path)
    } else if names.iter().any(|n| is_spikes(n)) {
        Found::Data(TaskKind::Shd, path.to_path_buf())
    } else {
        Found::Data(TaskKind::Speech, path.to_path_buf())
    }
}

/// Writes the whole experiment, so that the file is either the old or the new one, never half of it.
///
/// # Errors
/// Names the file and the reason.
pub fn save(params: &Params, path: &Path) -> Result<()> {
    write_atomically(path, format(params).as_bytes())
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
const MIGRATIONS: [fn(&mut Vec<Entry>); FORMAT as usize - 1] = [untouched_by_hand];

/// Version 1 could not say that neurons were broken by hand, so the chip that it describes is untouched.
fn untouched_by_hand(entries: &mut Vec<Entry>) {
    for key in ["silenced", "mended"] {
        if entries.iter().all(|entry| entry.key != key) {
            let typed = Some(String::new());
            entries.push(Entry { key: key.into(), key_at: 0, value_at: 0, typed, form: Form::List });
        }
    }
}

fn format_of(value: &DeValue<'_>, path: &Path, place: String) -> Result<u32> {
    let number = match value {
        DeValue::Integer(n) => n.as_str().parse::<u32>().ok(),
        _ => None,
    };
    match number {
        Some(n) if (1..=FORMAT).contains(&n) => Ok(n),
        Some(n) => Err(malformed(
            path,
            Some(place),
            format!("the format is {n}, but this Misfit knows formats up to {FORMAT}; use a newer Misfit"),
        )),
        None => Err(malformed(path, Some(place), format!("`format` wants a whole number up to {FORMAT}"))),
    }
}

/// The value as one would type it after `--set key=`.
pub(crate) fn edge_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(n) => Some(n.as_str().replace('_', "")),
        DeValue::Float(x) => Some(x.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    DeValue::Integer(n) => Some(n.as_str().replace('_', "")),
                    _ => None,
                })
                .collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

pub(crate) fn line_and_column(text: &str, at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!("line {line}, column {column}")
}

fn malformed(path: &Path, place: Option<String>, why: String) -> Error {
    Error::Malformed { path: path.into(), place, why }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_is_recognised_by_what_its_files_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, b"").unwrap();
            path
        };
        put("fashion/train-images-idx3-ubyte.gz");
        put("digits/t10k-labels.idx1-ubyte");
        put("shd/shd_train.h5");
        let word = put("words/recordings/7_theo_3.WAV");
        let at = |name: &str| recognise(&folder.path().join(name));
        let data = |task, name: &str| Found::Data(task, folder.path().join(name));
        assert_eq!(at("fashion"), data(TaskKind::FashionMnist, "fashion"));
        assert_eq!(at("digits"), data(TaskKind::Mnist, "digits"));
        assert_eq!(at("shd"), data(TaskKind::Shd, "shd"));
        assert_eq!(at("words"), data(TaskKind::Speech, "words"));
        assert_eq!(recognise(&word), Found::Sound);
        assert_eq!(at("shd/shd_train.h5"), data(TaskKind::Shd, "shd/shd_train.h5"));
        assert_eq!(at("experiment.toml"), Found::Experiment);
        assert_eq!(at("net.NIR"), Found::Network);
    }

    use super::*;
    use crate::params::LaneKind;

    fn read(text: &str) -> Result<Params> {
        parse(text, Path::new("e.toml"))
    }

    #[test]
    fn every_experiment_survives_writing_and_reading() {
        let mut params = Params::for_task(TaskKind::YinYang);
        params.chip.sigma_tau_mem = Some(0.3);
        params.learning.lanes = vec![LaneKind::InTheLoop];
        params.task.data = "a \"quoted\" \\ folder".into();
        params.network.tau_mem = 7.3e-6;
        (params.chip.silenced, params.chip.mended) = (vec![3, 17], vec![4]);
        let again = read(&format(&params)).unwrap();
        for spec in PARAMS {
            match ((spec.get)(&again), (spec.get)(&params)) {
                (Value::Number(a), Value::Number(b)) => assert!((a - b).abs() <= 1e-11 * b.abs(), "{}", spec.key),
                (a, b) => assert_eq!(a, b, "{}", spec.key),
            }
        }
    }

    #[test]
    fn a_written_file_read_back_writes_the_same_text() {
        let text = format(&Params::default());
        assert_eq!(format(&read(&text).unwrap()), text);
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        for (text, expected) in [
            ("sigma = 30\nsigmatau = 3", "line 2, column 1"),
            ("sigma = 30\n\n  tau_mem = -3", "line 3, column 13"),
            ("sigma = \"much\"", "`sigma` wants"),
            ("sigma = nan", "`sigma` wants"),
            ("sigma = inf", "`sigma` wants"),
            ("sigma = ", "line 1"),
            ("sigma = 1e400", "line 1, column 9"),
            ("hidden = \"200\"", "`hidden` wants a whole number"),
            ("hidden = [1, 2]", "`hidden` wants a whole number"),
            ("lanes = []", "`lanes` wants"),
            ("lanes = [1]", "`lanes` wants"),
            ("task = 3", "`task` wants"),
            ("format = 99", "newer Misfit"),
            ("format = 0", "line 1, column 10"),
            ("hidden = [5]", "`hidden` wants a whole number"),
            ("batch = 5\nsilenced = 3", "line 2, column 12: `silenced` wants a list"),
            ("silenced = \"3\"", "`silenced` wants a list"),
            ("silenced = [3, 4.5]", "`silenced` wants a list"),
            ("silenced = [512]", "from 0 to 511"),
            ("silenced = [[1]]", "`silenced` wants a list"),
            ("silenced = [3]\nmended = [3]", "neuron 3"),
            ("format = \"one\"", "`format` wants"),
            ("sigma = 1\nsigma = 2", "line 2"),
            ("[tables]\nsigma = 1", "no parameter `tables`"),
            ("\u{0}", "line 1"),
            ("threshold = 60", "must lie"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_task_brings_its_defaults_wherever_it_stands() {
        let params = read("hidden = 33\ntask = \"yin_yang\"").unwrap();
        assert_eq!((params.task.kind, params.network.hidden, params.learning.batch), (TaskKind::YinYang, 33, 50));
    }

    #[test]
    fn a_failed_write_names_the_file_and_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("e.toml");
        let error = save(&Params::default(), &path).unwrap_err().to_string();
        assert!(error.contains("e.toml") && error.contains("write"), "{error}");
        let path = folder.path().join("e.toml");
        save(&Params::default(), &path).unwrap();
        assert_eq!(load(&path).unwrap(), Params::default());
    }

    /// Written by Misfit at version 1, in its first commit with experiments, for Yin-Yang on chip 7.
    const GENUINE: &str = include_str!("../tests/fixtures/experiment-1.toml");

    #[test]
    fn a_genuine_file_of_version_1_gives_the_experiment_that_it_gave_then() {
        assert!(GENUINE.contains("format = 1") && !GENUINE.contains("silenced"));
        let params = read(GENUINE).unwrap();
        assert_eq!((params.task.kind, params.learning.seed, params.chip.number), (TaskKind::YinYang, 3, 7));
        assert_eq!((params.chip.sigma_tau_mem, params.network.tau_mem), (Some(0.3), 7.5e-6));
        assert!(params.chip.silenced.is_empty() && params.chip.mended.is_empty());
        // Every key of then still stands in it with the same value when it is written today.
        let today = format(&params);
        for line in GENUINE.lines().filter(|l| !l.starts_with('#') && l.contains(" = ") && !l.starts_with("format")) {
            let assignment = line.split(" # ").next().unwrap();
            assert!(today.contains(assignment), "{assignment} is not in\n{today}");
        }
        assert!(today.contains("format = 2") && today.contains("silenced = []"));
        assert_eq!(read(&today).unwrap(), params);
    }
}
