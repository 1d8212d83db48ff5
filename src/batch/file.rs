//! The TOML file of a sweep; `misfit sweep --help` shows every key.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Axis, Grid, MOST_VALUES, Plan};
use crate::base::error::{Error, Result};
use crate::base::files::read_text;
use crate::params::{Lane, Params};
use crate::protocol::file::{apply_assignments, edge_text, line_and_column};
use crate::protocol::{PRESETS, preset};

/// Sweep files are short; anything larger is something else.
const LARGEST: u64 = 1 << 20;

/// Reads the file of a sweep.
///
/// # Errors
/// Names the file, line and column, what was expected and what stands there.
pub fn load(path: &Path) -> Result<Plan> {
    parse(&read_text(path, LARGEST)?, path)
}

/// The text with its name, for messages.
struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

type Entry<'a> = (&'a str, &'a Spanned<DeValue<'a>>, usize);

impl Source<'_> {
    fn place(&self, at: usize) -> String {
        format!("{}, {}", self.path.display(), line_and_column(self.text, at))
    }

    fn bad(&self, at: usize, key: &str, expected: &str, got: &str) -> Error {
        Error::BadValue { place: self.place(at), key: key.into(), expected: expected.into(), got: got.into() }
    }

    /// The entries of a table in the order of the file.
    fn entries<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Vec<Entry<'a>>> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.bad(value.span().start, key, &format!("a table, [{key}]"), "something else"));
        };
        Ok(in_order(table))
    }

    /// A value as one would type it.
    fn typed(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String> {
        let one = !matches!(value.get_ref(), DeValue::Array(_));
        let text = edge_text(value.get_ref()).filter(|_| one);
        text.ok_or_else(|| self.bad(value.span().start, key, "one value", "a list or a table"))
    }

    fn number(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<f64> {
        let text = self.typed(key, value)?;
        text.parse().map_err(|_| self.bad(value.span().start, key, "a number", &text))
    }

    fn flag(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<bool> {
        let text = self.typed(key, value)?;
        text.parse().map_err(|_| self.bad(value.span().start, key, "true or false", &text))
    }

    fn seeds(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<u32>> {
        let at = value.span().start;
        let wrong = |got: &str| self.bad(at, "seeds", "a number from 1 to 1000, or a list of seeds", got);
        if let DeValue::Array(items) = value.get_ref() {
            let seed = |item: &Spanned<DeValue<'_>>| {
                let text = edge_text(item.get_ref()).unwrap_or_default();
                text.parse().map_err(|_| wrong(&text))
            };
            let mut seeds: Vec<u32> = items.iter().map(seed).collect::<Result<_>>()?;
            let mut seen = std::collections::BTreeSet::new();
            seeds.retain(|seed| seen.insert(*seed));
            return if seeds.is_empty() { Err(wrong("an empty list")) } else { Ok(seeds) };
        }
        let text = self.typed("seeds", value)?;
        match text.parse() {
            Ok(n) if (1..=1000).contains(&n) => Ok((1..=n).collect()),
            _ => Err(wrong(&text)),
        }
    }

    fn axis(&self, key: &str, value: &Spanned<DeValue<'_>>, key_at: usize) -> Result<Axis> {
        let place = self.place(key_at);
        match value.get_ref() {
            DeValue::Array(items) => {
                let text = |item: &Spanned<DeValue<'_>>| self.typed(key, item);
                Axis::list(key, &items.iter().map(text).collect::<Result<Vec<_>>>()?, &self.place(value.span().start))
            }
            DeValue::Table(table) => {
                let (mut from, mut to, mut steps, mut logarithmic) = (None, None, None, false);
                for (name, value, at) in in_order(table) {
                    match name {
                        "from" => from = Some(self.number(name, value)?),
                        "to" => to = Some(self.number(name, value)?),
                        "steps" => steps = Some(self.number(name, value)?),
                        "logarithmic" => logarithmic = self.flag(name, value)?,
                        _ => return Err(self.bad(at, key, "from, to, steps, logarithmic", name)),
                    }
                }
                let (Some(from), Some(to), Some(steps)) = (from, to, steps) else {
                    return Err(self.bad(value.span().start, key, "from, to and steps", "less"));
                };
                if steps.fract() != 0.0 || !(1.0..=MOST_VALUES as f64).contains(&steps) {
                    let expected = format!("1 to {MOST_VALUES} steps");
                    return Err(self.bad(value.span().start, key, &expected, &steps.to_string()));
                }
                Axis::range(key, from, to, steps as usize, logarithmic, &place)
            }
            _ => {
                let text = edge_text(value.get_ref()).unwrap_or_default();
                Err(self.bad(value.span().start, key, "a list, or { from, to, steps }", &text))
            }
        }
    }
}

fn in_order<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> =
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), value, key.span().start)).collect();
    entries.sort_by_key(|(_, _, at)| *at);
    entries
}

/// Reads the text of a sweep; `path` is for messages and for the name.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<Plan> {
    let source = Source { text, path };
    let table = DeTable::parse(text).map_err(|why| Error::Malformed {
        path: path.into(),
        place: why.span().map(|span| line_and_column(text, span.start)),
        why: why.message().to_owned(),
    })?;
    let name = path.file_stem().map_or_else(|| "sweep".into(), |stem| stem.to_string_lossy().into_owned());
    let mut grid = Grid { name, ..Grid::around(Params::default()) };
    for (section, value, at) in in_order(table.get_ref()) {
        if !["sweep", "axes", "experiment"].contains(&section) {
            return Err(source.bad(at, section, "to stand in [sweep], [axes] or [experiment]", "it outside"));
        }
        let entries = source.entries(section, value)?;
        match section {
            "sweep" => {
                for (key, value, at) in entries {
                    match key {
                        "name" => grid.name = source.typed(key, value)?,
                        "seeds" => grid.seeds = source.seeds(value)?,
                        "stop_early" => grid.stop_early = source.flag(key, value)?,
                        "lane" => {
                            let text = source.typed(key, value)?;
                            let known = Lane::from_name(&text);
                            let bad = || source.bad(value.span().start, key, &Lane::NAMES.join(", "), &text);
                            grid.lane = Some(known.ok_or_else(bad)?);
                        }
                        "preset" => {
                            let text = source.typed(key, value)?;
                            let known = PRESETS.iter().map(|p| p.key).collect::<Vec<_>>().join(", ");
                            let preset = preset(&text);
                            let preset = preset.ok_or_else(|| source.bad(value.span().start, key, &known, &text))?;
                            grid.base = preset.on(std::mem::take(&mut grid.base))?;
                        }
                        _ => {
                            return Err(source.bad(at, "sweep", "name, seeds, lane, stop_early, preset", key));
                        }
                    }
                }
            }
            "axes" => {
                for (key, value, at) in entries {
                    grid.axes.push(source.axis(key, value, at)?);
                }
            }
            _ => {
                for (key, value, _) in entries.into_iter().filter(|(key, ..)| *key != "format") {
                    let place = source.place(value.span().start);
                    let text = edge_text(value.get_ref())
                        .ok_or_else(|| source.bad(value.span().start, key, "a value of `misfit params`", "a table"))?;
                    grid.fixed.push((key.to_owned(), text, place));
                }
            }
        }
    }
    apply_assignments(&mut grid.base.params, &grid.fixed)?;
    grid.plan()
}
