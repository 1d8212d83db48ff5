//! What a parameter is: its values, its range, and how both are typed.

use super::Params;
use crate::base::error::{Error, Result};
use crate::base::units::Unit;

/// The value of one parameter, in SI units.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number (integers too).
    Number(f64),
    /// Follows the global setting.
    Auto,
    /// Yes or no.
    Flag(bool),
    /// One of the words that [`Kind::Choice`] lists.
    Word(&'static str),
    /// Several of the words that [`Kind::Choices`] lists.
    Words(Vec<&'static str>),
    /// Several of the whole numbers that [`Kind::Integers`] allows, ascending, each once.
    Integers(Vec<u32>),
    /// Free text, such as a path.
    Text(String),
}

/// What values a parameter takes; numbers and limits in SI units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A real number between two limits.
    Number {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// A real number between two limits, or "auto": `share · sigma`.
    Spread {
        /// Largest value; the smallest is 0.
        max: f64,
        /// What "auto" amounts to per unit of `sigma`.
        share: f64,
        /// The key of the spread that "auto" follows instead, if that one has a value of its own.
        follows: Option<&'static str>,
    },
    /// A whole number between two limits.
    Integer {
        /// Smallest value.
        min: u32,
        /// Largest value.
        max: u32,
    },
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, at least one.
    Choices(&'static [&'static str]),
    /// A list of whole numbers, perhaps empty.
    Integers {
        /// Largest number; the smallest is 0.
        max: u32,
    },
    /// Free text.
    Text,
}

/// Whether a slider is linear or logarithmic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal ratios.
    Logarithmic,
}

/// When a change is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesEffect {
    /// With the next batch of the running experiment.
    AtOnce,
    /// Only after a restart, because network or data are built anew.
    OnRestart,
}

/// Who may know a parameter: the part of [`Params`] that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// [`Params::task`].
    Task,
    /// [`Params::network`]: chip and host.
    Network,
    /// [`Params::learning`]: host and training.
    Learning,
    /// [`Params::plasticity`]: the chip's own processor.
    Plasticity,
    /// [`Params::chip`]: the chip alone.
    Chip,
}

impl Owner {
    /// The owner by the name of its field.
    pub(super) const fn of(field: &str) -> Self {
        match field.as_bytes() {
            b"task" => Self::Task,
            b"network" => Self::Network,
            b"learning" => Self::Learning,
            b"plasticity" => Self::Plasticity,
            b"chip" => Self::Chip,
            _ => panic!("a part of Params"),
        }
    }
}

/// One adjustable quantity: everything anyone needs to show, check, store or explain it.
pub struct ParamSpec {
    /// Name in files, `--set` and exports.
    pub key: &'static str,
    /// Who may know it.
    pub owner: Owner,
    /// The section it is shown in.
    pub group: &'static str,
    /// Symbol in formulas; empty if there is none.
    pub symbol: &'static str,
    /// Name on screen.
    pub label: &'static str,
    /// Unit at the edge; values are SI.
    pub unit: Unit,
    /// Type and range.
    pub kind: Kind,
    /// Linear or logarithmic slider.
    pub scale: Scale,
    /// When a change is felt.
    pub takes_effect: TakesEffect,
    /// What it does and what one will see.
    pub help: &'static str,
    /// Where default and range come from.
    pub source: &'static str,
    /// Reads it, in SI.
    pub get: fn(&Params) -> Value,
    /// Writes it, in SI; the value has been checked.
    pub set: fn(&mut Params, Value),
}

impl std::fmt::Debug for ParamSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

/// Every parameter is described once, under a key of its own.
impl PartialEq for ParamSpec {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl ParamSpec {
    /// The value of this parameter in the defaults.
    pub fn default_value(&self) -> Value {
        (self.get)(&Params::default())
    }

    /// Whether it describes a fault of the chip, so that the ideal twin has it at zero.
    pub fn is_imperfection(&self) -> bool {
        self.owner == Owner::Chip && !matches!(self.key, "chip_program" | "chip" | "distribution" | "correlation")
    }

    /// Whether a change of it makes another chip, from which a network may have to recover.
    pub fn disturbs(&self) -> bool {
        self.is_imperfection() || self.key == "chip"
    }

    /// Whether a change of it changes what the same weights reach: the chip, the circuit, or how scores are read.
    pub fn changes_scores(&self) -> bool {
        let reads = ["decoding", "baseline_subtraction", "readout_scale", "readout_penalty", "on_chip_score_scale"];
        self.disturbs() || self.owner == Owner::Network || reads.contains(&self.key)
    }

    /// The range in words and units at the edge, such as "a number from 0.5 to 60 µs".
    pub fn expected(&self) -> String {
        let shown = |si: f64| self.unit.shown_from_si(si);
        let words = self.unit.words();
        let unit = if words.is_empty() { String::new() } else { format!(" ({words})") };
        match self.kind {
            Kind::Number { min, max } => format!("a number from {} to {}{unit}", shown(min), shown(max)),
            Kind::Spread { max, .. } => format!("auto or a number from 0 to {}{unit}", shown(max)),
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Flag => "true or false".into(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Choices(words) => format!("a comma-separated list of {}", words.join(", ")),
            Kind::Integers { max } => format!("a list of whole numbers from 0 to {max}"),
            Kind::Text => "text".into(),
        }
    }

    /// The value as typed at the edge, without unit.
    pub fn format(&self, value: &Value) -> String {
        match value {
            Value::Number(si) => self.unit.exactly_from_si(*si).to_string(),
            Value::Auto => "auto".into(),
            Value::Flag(flag) => flag.to_string(),
            Value::Word(word) => (*word).into(),
            Value::Words(words) => words.join(","),
            Value::Integers(list) => list.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            Value::Text(text) => text.clone(),
        }
    }

    /// The value that the text of `value` gives: the same, to the last bit that the text holds.
    pub fn as_typed(&self, value: &Value) -> Value {
        self.parse(&self.format(value), self.key).unwrap_or_else(|_| value.clone())
    }

    /// Reads a value typed at the edge.
    ///
    /// # Errors
    /// [`Error::BadValue`] with key, range and place.
    pub fn parse(&self, typed: &str, place: &str) -> Result<Value> {
        let text = typed.trim();
        let bad = || self.bad_value(if text.is_empty() { "nothing" } else { text }, place);
        let word = |words: &'static [&'static str], t: &str| words.iter().copied().find(|w| *w == t.trim());
        let value = match self.kind {
            Kind::Spread { .. } if text.eq_ignore_ascii_case("auto") => Value::Auto,
            Kind::Number { .. } | Kind::Spread { .. } | Kind::Integer { .. } => {
                Value::Number(self.unit.si_from_shown(text.parse::<f64>().map_err(|_| bad())?))
            }
            Kind::Flag => Value::Flag(text.parse().map_err(|_| bad())?),
            Kind::Choice(words) => Value::Word(word(words, text).ok_or_else(bad)?),
            Kind::Choices(words) => {
                let list: Option<Vec<_>> = text.split(',').map(|t| word(words, t)).collect();
                Value::Words(list.ok_or_else(bad)?)
            }
            Kind::Integers { .. } if text.is_empty() => Value::Integers(Vec::new()),
            Kind::Integers { .. } => {
                let list: Option<Vec<u32>> = text.split(',').map(|t| t.trim().parse().ok()).collect();
                let mut list = list.ok_or_else(bad)?;
                list.sort_unstable();
                list.dedup();
                Value::Integers(list)
            }
            // The name of a folder may begin and end with blanks.
            Kind::Text => Value::Text(typed.into()),
        };
        self.check(&value, place)?;
        Ok(value)
    }

    /// Checks type and range of a value.
    ///
    /// # Errors
    /// [`Error::BadValue`] with key, range and place.
    pub fn check(&self, value: &Value, place: &str) -> Result<()> {
        // A hair of tolerance at the limits: 100 % typed and divided may come out one bit high.
        let within = |x: f64, lo: f64, hi: f64| x.is_finite() && x >= lo - 1e-12 * lo.abs() && x <= hi * (1.0 + 1e-12);
        let good = match (self.kind, value) {
            (Kind::Number { min, max }, Value::Number(x)) => within(*x, min, max),
            (Kind::Spread { max, .. }, Value::Number(x)) => within(*x, 0.0, max),
            (Kind::Integer { min, max }, Value::Number(x)) => {
                within(*x, f64::from(min), f64::from(max)) && x.fract() == 0.0
            }
            (Kind::Choices(_), Value::Words(list)) => !list.is_empty(),
            (Kind::Integers { max }, Value::Integers(list)) => list.iter().all(|n| *n <= max),
            (Kind::Spread { .. }, Value::Auto)
            | (Kind::Flag, Value::Flag(_))
            | (Kind::Choice(_), Value::Word(_))
            | (Kind::Text, Value::Text(_)) => true,
            _ => false,
        };
        if good { Ok(()) } else { Err(self.bad_value(&self.format(value), place)) }
    }

    /// The error that a wrong value gets.
    pub fn bad_value(&self, got: &str, place: &str) -> Error {
        // A huge wrong value should not flood the terminal.
        let mut shown: String = got.chars().take(60).collect();
        if shown.len() < got.len() {
            shown.push('…');
        }
        Error::BadValue { place: place.into(), key: self.key.into(), expected: self.expected(), got: shown }
    }
}
