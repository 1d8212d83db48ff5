//! Runs that are pinned beside the present one.

use std::collections::BTreeMap;

use super::super::messages::{CHANGES, PinnedCurves, PinnedGroup};
use crate::params::Lane;
use crate::store::Epoch;
use crate::store::query::{Entry, curve, differing, median};
use crate::training::metrics::EpochReport;

/// The parameters in which pinned runs differ, by key, and what was done to them where that differs, with a value each.
pub(super) fn differences(pinned: &[&Entry]) -> Vec<(&'static str, Vec<String>)> {
    let params: Vec<_> = pinned.iter().map(|entry| entry.params.as_ref()).collect();
    let mut rows: Vec<_> = differing(&params).into_iter().map(|(spec, values)| (spec.key, values)).collect();
    let done: Vec<String> = pinned.iter().map(|entry| entry.done()).collect();
    if done.windows(2).any(|pair| pair[0] != pair[1]) {
        rows.push((CHANGES, done.into_iter().map(|done| if done.is_empty() { "–".into() } else { done }).collect()));
    }
    rows
}

/// Pinned runs that differ in seeds only, together, with the median of each lane.
pub(super) fn groups(pinned: &[&Entry], records: &BTreeMap<String, Vec<Epoch>>) -> Vec<PinnedGroup> {
    let mut groups: Vec<PinnedGroup> = Vec::new();
    for (k, entry) in pinned.iter().enumerate() {
        let same = groups.iter_mut().find(|group| entry.is_a_repeat_of(pinned[group.runs[0]]));
        match same {
            Some(group) => group.runs.push(k),
            None => groups.push(PinnedGroup { runs: vec![k], ..PinnedGroup::default() }),
        }
    }
    for group in &mut groups {
        let members: Vec<&[Epoch]> =
            group.runs.iter().map(|&k| records.get(&pinned[k].summary.id).map_or(&[][..], Vec::as_slice)).collect();
        group.accuracy = pinned_curves(&members, |l| 100.0 * l.test_accuracy);
        group.loss = pinned_curves(&members, |l| l.test_loss);
    }
    groups
}

fn pinned_curves(runs: &[&[Epoch]], number: fn(&EpochReport) -> f64) -> PinnedCurves {
    let runs = Lane::ALL.map(|lane| runs.iter().map(|epochs| curve(epochs, lane, number)).collect::<Vec<_>>());
    let median = runs.each_ref().map(|curves| if curves.len() > 1 { median(curves) } else { Vec::new() });
    PinnedCurves { runs, median }
}
