//! Something that is done to a run: a slider, a neuron, a calibration.

use std::fmt;

use crate::base::error::{Error, Result};
use crate::params::{PARAMS, ParamSpec, Params, TakesEffect, Value, describe, find};

/// Something that is done to a run, by a hand or by a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A parameter takes a value, in SI units.
    Set {
        /// The key of the parameter in [`PARAMS`].
        key: &'static str,
        /// Its new value.
        value: Value,
    },
    /// The chip is calibrated through its readout.
    Calibrate,
    /// The calibration is taken back: all trims are neutral again.
    Uncalibrate,
    /// A hidden neuron of the chip is silenced or revived by hand.
    Neuron {
        /// Its number.
        neuron: u32,
        /// Silenced, or else revived.
        silent: bool,
    },
    /// Learning went back to this moment after it had learnt that many epochs. It does nothing by itself.
    Branch {
        /// Epochs that were left behind.
        left: usize,
    },
}

impl Change {
    /// Whether it makes another chip, from which a network may have to recover.
    pub fn disturbs(&self) -> bool {
        match self {
            Self::Set { key, .. } => find(key).is_some_and(ParamSpec::disturbs),
            Self::Calibrate | Self::Uncalibrate | Self::Neuron { .. } => true,
            Self::Branch { .. } => false,
        }
    }

    /// Reads `KEY=VALUE`, `calibrate`, `uncalibrate`, `silence=N` or `revive=N`, as typed at the edge.
    ///
    /// # Errors
    /// Names the place, the key and what was expected; a parameter that acts on restart only is refused.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let text = text.trim();
        match text {
            "calibrate" => return Ok(Self::Calibrate),
            "uncalibrate" => return Ok(Self::Uncalibrate),
            _ => {}
        }
        let Some((key, value)) = text.split_once('=') else {
            return Err(Error::BadValue {
                place: place.into(),
                key: "at".into(),
                expected: "KEY=VALUE, calibrate, uncalibrate, silence=NEURON or revive=NEURON".into(),
                got: text.into(),
            });
        };
        let (key, value) = (key.trim(), value.trim());
        let number = |key: &str| {
            value.parse().map_err(|_| Error::BadValue {
                place: place.into(),
                key: key.into(),
                expected: "the number of a neuron".into(),
                got: value.into(),
            })
        };
        match key {
            "silence" => Ok(Self::Neuron { neuron: number(key)?, silent: true }),
            "revive" => Ok(Self::Neuron { neuron: number(key)?, silent: false }),
            "branch" => Ok(Self::Branch { left: number(key)? as usize }),
            _ => {
                let spec = describe(key, place)?;
                let value = spec.parse(value, place)?;
                if spec.takes_effect == TakesEffect::OnRestart {
                    return Err(Error::NeedsRestart { place: place.into(), keys: key.into() });
                }
                Ok(Self::Set { key: spec.key, value })
            }
        }
    }

    /// What leads from one set of parameters to another, as far as it acts at once. Values are those that their
    /// texts give, so that a copied command computes the same bits.
    pub fn between(before: &Params, after: &Params) -> Vec<Self> {
        let changed = |spec: &&crate::params::ParamSpec| {
            spec.takes_effect == TakesEffect::AtOnce && (spec.get)(before) != (spec.get)(after)
        };
        PARAMS
            .iter()
            .filter(changed)
            .map(|spec| Self::Set { key: spec.key, value: spec.as_typed(&(spec.get)(after)) })
            .collect()
    }

    /// Whether it sets the trims of the chip.
    pub fn sets_trims(&self) -> bool {
        matches!(self, Self::Calibrate | Self::Uncalibrate)
    }

    /// Whether the chip is calibrated after it; `None` if it is what it was. Another chip comes without trims.
    pub fn leaves_calibrated(&self) -> Option<bool> {
        match self {
            Self::Calibrate => Some(true),
            Self::Uncalibrate | Self::Set { key: "chip", .. } => Some(false),
            _ => None,
        }
    }

    /// Whether it is the same thing again, so that the later one replaces the earlier.
    pub fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Set { key, .. }, Self::Set { key: other, .. }) => key == other,
            (Self::Neuron { neuron, .. }, Self::Neuron { neuron: other, .. }) => neuron == other,
            _ => false,
        }
    }

    /// Writes it into parameters, if it is a matter of parameters.
    pub fn apply(&self, params: &mut Params) {
        match self {
            Self::Set { key, value } => {
                if let Some(spec) = find(key) {
                    (spec.set)(params, value.clone());
                }
            }
            Self::Neuron { neuron, silent } => params.chip.override_neuron(*neuron, *silent),
            Self::Calibrate | Self::Uncalibrate | Self::Branch { .. } => {}
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set { key, value } => {
                write!(f, "{key}={}", find(key).map_or_else(String::new, |spec| spec.format(value)))
            }
            Self::Calibrate => f.write_str("calibrate"),
            Self::Uncalibrate => f.write_str("uncalibrate"),
            Self::Neuron { neuron, silent: true } => write!(f, "silence={neuron}"),
            Self::Neuron { neuron, silent: false } => write!(f, "revive={neuron}"),
            Self::Branch { left } => write!(f, "branch={left}"),
        }
    }
}
