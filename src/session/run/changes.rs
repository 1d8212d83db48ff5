//! Changes that the user made, as the window and the record of a run tell them.

use super::super::messages::What;
use crate::params::{PARAMS, Params, TakesEffect, Value};
use crate::protocol::Change;

/// The parameters in which two settings differ, as far as they act at once.
pub(super) fn changed(before: &Params, after: &Params) -> Vec<What> {
    PARAMS
        .iter()
        .filter(|spec| spec.takes_effect == TakesEffect::AtOnce)
        .flat_map(|spec| match ((spec.get)(before), (spec.get)(after)) {
            (Value::Integers(from), Value::Integers(to)) => by_hand(spec.key == "silenced", &from, &to),
            (from, to) if from != to => vec![What::Parameter {
                key: spec.key,
                from: spec.format(&from),
                to: format!("{}{}", spec.format(&to), spec.unit.suffix()),
            }],
            _ => Vec::new(),
        })
        .collect()
}

/// What a change does to the trims of the chip.
pub(super) fn trims(change: &Change) -> Option<What> {
    match change {
        Change::Calibrate => Some(What::Calibrated),
        Change::Uncalibrate => Some(What::Uncalibrated),
        _ => None,
    }
}

/// What a change of a list of neurons means: who was added to those silenced was killed, and so on.
fn by_hand(silenced: bool, from: &[u32], to: &[u32]) -> Vec<What> {
    let added = to.iter().filter(|n| !from.contains(n));
    let gone = from.iter().filter(|n| !to.contains(n) && silenced);
    let one = |kill: bool| move |n: &u32| if kill { What::Killed(*n as usize) } else { What::Healed(*n as usize) };
    added.map(one(silenced)).chain(gone.map(one(false))).collect()
}
