//! Which spikes the chip and its ideal twin have in common.

use crate::spikes::GridSpike;

/// Spikes of the chip and of its ideal twin, told apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// Spikes of the chip that the twin has too, within the readout interval.
    pub same: Vec<GridSpike>,
    /// Spikes of the chip that the twin has too, but further away.
    pub shifted: Vec<GridSpike>,
    /// Spikes of the chip alone.
    pub extra: Vec<GridSpike>,
    /// Spikes of the twin alone.
    pub missed: Vec<GridSpike>,
}

/// Pairs the spikes of every neuron with those of the twin, nearest first, each once; `same` and `near` in chip steps.
pub(super) fn compare(own: &[GridSpike], twin: &[GridSpike], same: u16, near: u16) -> Compared {
    let (own, twin) = (by_neuron(own), by_neuron(twin));
    let mut out = Compared::default();
    let mut candidates = Vec::new();
    let (mut from, mut twin_from) = (0, 0);
    while from < own.len() || twin_from < twin.len() {
        let neuron = own.get(from).into_iter().chain(twin.get(twin_from)).map(|s| s.neuron).min().unwrap_or_default();
        let end = from + own[from..].iter().take_while(|s| s.neuron == neuron).count();
        let twin_end = twin_from + twin[twin_from..].iter().take_while(|s| s.neuron == neuron).count();
        pair(&own[from..end], &twin[twin_from..twin_end], [same, near], &mut candidates, &mut out);
        (from, twin_from) = (end, twin_end);
    }
    out
}

/// Ordered by neuron, then by time. What is in order of time already, as from the chip, is not sorted again.
fn by_neuron(spikes: &[GridSpike]) -> Vec<GridSpike> {
    let mut next = vec![0usize; spikes.iter().map(|s| usize::from(s.neuron) + 1).max().unwrap_or(0)];
    for spike in spikes {
        next[usize::from(spike.neuron)] += 1;
    }
    let mut start = 0;
    for place in &mut next {
        start += std::mem::replace(place, start);
    }
    let mut sorted = spikes.to_vec();
    for spike in spikes {
        let place = &mut next[usize::from(spike.neuron)];
        sorted[*place] = *spike;
        *place += 1;
    }
    if !sorted.is_sorted_by_key(|s| (s.neuron, s.step)) {
        sorted.sort_by_key(|s| (s.neuron, s.step));
    }
    sorted
}

/// As [`compare`], for the spikes of one neuron in order of time.
fn pair(own: &[GridSpike], twin: &[GridSpike], [same, near]: [u16; 2], candidates: &mut Vec<u64>, out: &mut Compared) {
    // Distance, own and other spike in one number each: they are sorted for every neuron whenever the sample changes.
    candidates.clear();
    for (a, spike) in own.iter().enumerate() {
        let first = twin.partition_point(|t| t.step < spike.step.saturating_sub(near));
        for (b, other) in
            twin.iter().enumerate().skip(first).take_while(|(_, t)| t.step <= spike.step.saturating_add(near))
        {
            candidates.push(u64::from(spike.step.abs_diff(other.step)) << 48 | (a as u64) << 24 | b as u64);
        }
    }
    candidates.sort_unstable();
    let (mut own_free, mut twin_free) = (vec![true; own.len()], vec![true; twin.len()]);
    for &candidate in &*candidates {
        let (distance, a, b) =
            ((candidate >> 48) as u16, (candidate >> 24 & 0xff_ffff) as usize, (candidate & 0xff_ffff) as usize);
        if own_free[a] && twin_free[b] {
            (own_free[a], twin_free[b]) = (false, false);
            if distance <= same { out.same.push(own[a]) } else { out.shifted.push(own[a]) }
        }
    }
    out.extra.extend(own.iter().zip(own_free).filter(|(_, free)| *free).map(|(s, _)| *s));
    out.missed.extend(twin.iter().zip(twin_free).filter(|(_, free)| *free).map(|(s, _)| *s));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spikes(list: &[(u16, u16)]) -> Vec<GridSpike> {
        list.iter().map(|&(step, neuron)| GridSpike { step, neuron }).collect()
    }

    #[test]
    fn spikes_are_the_same_shifted_extra_or_missed_and_each_is_used_once() {
        // Neuron 0: the same. 1: late by 3. 2: none in the twin. 3: only in the twin. 4: two against one, the nearer wins.
        let own = spikes(&[(10, 0), (13, 1), (7, 2), (20, 4), (24, 4)]);
        let twin = spikes(&[(10, 0), (10, 1), (9, 3), (23, 4)]);
        let compared = compare(&own, &twin, 1, 5);
        assert_eq!(compared.same, spikes(&[(10, 0), (24, 4)]));
        assert_eq!(compared.shifted, spikes(&[(13, 1)]));
        assert_eq!(compared.extra, spikes(&[(7, 2), (20, 4)]));
        assert_eq!(compared.missed, spikes(&[(9, 3)]));
        let alone = compare(&own, &own, 0, 0);
        assert_eq!((alone.same.len(), alone.missed.len()), (5, 0));
        assert_eq!(compare(&[], &twin, 1, 5).missed.len(), 4);
        let far = compare(&spikes(&[(u16::MAX, 0)]), &spikes(&[(0, 0)]), 1, 5);
        assert_eq!((far.extra.len(), far.missed.len()), (1, 1));
    }
}
