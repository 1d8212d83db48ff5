//! Changes that the user made, as the window and the record of a run tell them.

use super::super::messages::What;
use crate::params::{PARAMS, Params, TakesEffect, Value, find};
use crate::protocol::{Change, Protocol, When};

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

/// What keeps the learning rate as it is from the end of the plan on. A rate that has decayed below what can be set
/// stays on its way.
pub(super) fn rate_that_stays(params: &Params) -> Vec<Change> {
    let mut after = params.clone();
    let learning = &mut after.learning;
    let decayed = learning.learning_rate * learning.learning_rate_decay.powi(learning.epochs as i32);
    (learning.learning_rate, learning.learning_rate_decay) = (decayed, 1.0);
    let can_be_set = find("learning_rate").is_some_and(|spec| spec.check(&(spec.get)(&after), spec.key).is_ok());
    if can_be_set { Change::between(params, &after) } else { Vec::new() }
}

/// What was done to a run of so many training samples until a moment, and after how many epochs, as its protocol tells;
/// the end of the plan is among it.
pub(super) fn done(protocol: &Protocol, until: When, samples: usize) -> Vec<(f64, What)> {
    let (mut params, mut before, mut done) = (protocol.params.clone(), When::START, Vec::new());
    let end_of_plan = |params: &Params, after: When, until: When| {
        let end = When::after(params.learning.epochs as usize);
        (after < end && end <= until).then(|| (end.epochs(1), What::PlanDone))
    };
    for timed in protocol.schedule().iter().take_while(|timed| timed.when <= until) {
        done.extend(end_of_plan(&params, before, timed.when));
        before = timed.when;
        let batches = samples.div_ceil((params.learning.batch as usize).max(1));
        let is_end = timed.when == When::after(params.learning.epochs as usize);
        // It comes with the end of the plan.
        let is_rate = is_end && rate_that_stays(&params).contains(&timed.change);
        let was = params.clone();
        timed.change.apply(&mut params);
        let branched = match timed.change {
            Change::Branch { left } => Some(What::Branched(left)),
            _ => None,
        };
        let all = trims(&timed.change).into_iter().chain(branched).chain(changed(&was, &params));
        done.extend(all.filter(|_| !is_rate).map(|what| (timed.when.epochs(batches), what)));
    }
    done.extend(end_of_plan(&params, before, until));
    done
}

/// What a change of a list of neurons means: who was added to those silenced was killed, and so on.
fn by_hand(silenced: bool, from: &[u32], to: &[u32]) -> Vec<What> {
    let added = to.iter().filter(|n| !from.contains(n));
    let gone = from.iter().filter(|n| !to.contains(n) && silenced);
    let one = |kill: bool| move |n: &u32| if kill { What::Killed(*n as usize) } else { What::Healed(*n as usize) };
    added.map(one(silenced)).chain(gone.map(one(false))).collect()
}
