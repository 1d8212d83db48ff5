//! Runs that are pinned beside the present one.

use std::collections::BTreeMap;

use super::super::messages::{PinnedCurves, PinnedGroup};
use crate::params::Lane;
use crate::store::Epoch;
use crate::store::query::{Entry, curve, median, same_setting};
use crate::training::metrics::EpochReport;

/// Pinned runs that differ in seeds only, together, with the median of each lane.
pub(super) fn groups(pinned: &[&Entry], records: &BTreeMap<String, Vec<Epoch>>) -> Vec<PinnedGroup> {
    let mut groups: Vec<PinnedGroup> = Vec::new();
    for (k, entry) in pinned.iter().enumerate() {
        let same = groups.iter_mut().find(|group| {
            let first = pinned[group.runs[0]].params.as_ref();
            first.zip(entry.params.as_ref()).is_some_and(|(a, b)| same_setting(a, b))
        });
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
