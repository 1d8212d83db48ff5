//! Who fires when: one bit for every neuron and chip step, and lists made of them.

use std::ops::Range;

use pulp::bytemuck;

use crate::simd::BLOCK;
use crate::spikes::GridSpike;

/// Blocks of neurons in a word.
const PER_WORD: usize = 4;

/// One bit for every neuron of a few blocks and every chip step of a sample.
#[derive(Debug, Clone, Default)]
pub(super) struct Firing {
    words: Vec<[u16; PER_WORD]>,
    words_per_step: usize,
    /// Number of the first neuron.
    first: u16,
    /// The neurons whose spikes are ignored.
    ignored: Vec<[u16; PER_WORD]>,
    /// Step and first neuron of every word.
    places: Vec<GridSpike>,
    /// Numbers of the words in which somebody fires.
    busy: Vec<u32>,
}

impl Firing {
    /// Nobody has fired yet. Spikes of the `dropped` neurons, ascending, will be ignored.
    #[inline(always)]
    pub(super) fn start(&mut self, blocks: &Range<usize>, n_steps: usize, dropped: &[u16]) {
        let words_per_step = blocks.len().div_ceil(PER_WORD);
        let first = (blocks.start * BLOCK) as u16;
        self.words.clear();
        self.words.resize(n_steps * words_per_step, [0; PER_WORD]);
        // They change with the tile only.
        if self.places.len() != self.words.len() || self.words_per_step != words_per_step || self.first != first {
            (self.words_per_step, self.first) = (words_per_step, first);
            let per_word = (PER_WORD * BLOCK) as u16;
            self.places.clear();
            self.places.extend((0..n_steps as u16).flat_map(|step| {
                let firsts = (0..words_per_step as u16).map(move |k| first.wrapping_add(k.wrapping_mul(per_word)));
                firsts.map(move |neuron| GridSpike { step, neuron })
            }));
        }
        self.ignored.clear();
        if !dropped.is_empty() {
            self.ignored.resize(self.words_per_step, [0; PER_WORD]);
            let ignored = self.ignored.as_flattened_mut();
            for &neuron in dropped {
                if let Some(block) = usize::from(neuron).checked_sub(blocks.start * BLOCK)
                    && block / BLOCK < ignored.len()
                {
                    ignored[block / BLOCK] |= 1 << (block % BLOCK);
                }
            }
        }
    }

    /// The bits of a step, those of a block in each entry, the first neuron lowest.
    #[inline(always)]
    pub(super) fn of_step_mut(&mut self, step: usize) -> &mut [u16] {
        self.words[step * self.words_per_step..][..self.words_per_step].as_flattened_mut()
    }

    /// Lists the neurons that fire in a step, ascending, without those that are ignored.
    #[inline(always)]
    pub(super) fn list_step(&self, step: usize, neurons: &mut Vec<u16>) {
        neurons.clear();
        let mut first = self.first;
        for (k, bits) in self.words[step * self.words_per_step..][..self.words_per_step].iter().enumerate() {
            let mut word = self.heard(k, *bits);
            while word != 0 {
                neurons.push(first + word.trailing_zeros() as u16);
                word &= word - 1;
            }
            first = first.wrapping_add((PER_WORD * BLOCK) as u16);
        }
    }

    /// Adds all spikes to a list, in order of steps, then of neurons, without those of neurons that are ignored.
    #[inline(always)]
    pub(super) fn list_all(&mut self, spikes: &mut Vec<GridSpike>) {
        if !self.ignored.is_empty() {
            for words in self.words.chunks_exact_mut(self.words_per_step) {
                for (word, ignored) in words.as_flattened_mut().iter_mut().zip(self.ignored.as_flattened()) {
                    *word &= !ignored;
                }
            }
        }
        // One more than there can be, because a place is written before it is clear whether it is needed: most words
        // have no spike or one, and nobody can guess which.
        let mut busy = std::mem::take(&mut self.busy);
        busy.resize(self.words.len() + 1, 0);
        let (mut n, mut total) = (0, 0);
        for (k, bits) in (0..).zip(&self.words) {
            let word = word_of(*bits);
            busy[n] = k;
            n += usize::from(word != 0);
            total += word.count_ones() as usize;
        }
        let mut len = spikes.len();
        spikes.resize(len + total + 1, GridSpike { step: 0, neuron: 0 });
        for &k in &busy[..n] {
            let GridSpike { step, neuron: first } = self.places[k as usize];
            let mut word = word_of(self.words[k as usize]);
            // Two at once, for the same reason.
            for _ in 0..2 {
                let neuron = first.wrapping_add(word.trailing_zeros() as u16);
                spikes[len] = GridSpike { step, neuron };
                len += usize::from(word != 0);
                word &= word.wrapping_sub(1);
            }
            while word != 0 {
                spikes[len] = GridSpike { step, neuron: first + word.trailing_zeros() as u16 };
                len += 1;
                word &= word - 1;
            }
        }
        spikes.truncate(len);
        self.busy = busy;
    }

    /// The bits of word number `k` without those of ignored neurons.
    #[inline(always)]
    fn heard(&self, k: usize, bits: [u16; PER_WORD]) -> u64 {
        self.ignored.get(k).map_or(u64::MAX, |ignored| !word_of(*ignored)) & word_of(bits)
    }
}

/// The bits of four blocks, the first neuron lowest.
#[inline(always)]
fn word_of(bits: [u16; PER_WORD]) -> u64 {
    u64::from_le(bytemuck::cast(bits.map(u16::to_le)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_listed_in_order_and_those_of_ignored_neurons_are_not() {
        let mut firing = Firing::default();
        // Blocks 1 to 5: neurons 16 to 95.
        firing.start(&(1..6), 3, &[2, 20, 95, 200]);
        firing.of_step_mut(0)[0] = 0b11_0001;
        firing.of_step_mut(0)[4] = 0b1000_0000_0000_0001;
        for bits in firing.of_step_mut(2).iter_mut().take(4) {
            *bits = 0b101;
        }
        let mut spikes = vec![GridSpike { step: 9, neuron: 9 }];
        firing.list_all(&mut spikes);
        let of = |step: u16| spikes[1..].iter().filter(|s| s.step == step).map(|s| s.neuron).collect::<Vec<_>>();
        assert_eq!(spikes[0].step, 9);
        assert!(spikes[1..].is_sorted());
        assert_eq!((of(0), of(1)), (vec![16, 21, 80], vec![]));
        assert_eq!(of(2), [16, 18, 32, 34, 48, 50, 64, 66]);
        let mut neurons = vec![1, 2, 3];
        firing.list_step(0, &mut neurons);
        assert_eq!(neurons, [16, 21, 80]);
        firing.list_step(1, &mut neurons);
        assert!(neurons.is_empty());
    }
}
