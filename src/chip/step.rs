//! One chip step of a spiking population: events arrive, membranes flow, thresholds fire, the converter reads.
//!
//! All of it for a few vectors of neurons, then for the next few, so that every number is loaded and stored once
//! a step.

use std::ops::Range;

use pulp::Simd;

use super::Population;
use super::cadc::Channel;
use super::membrane::{Constants, State, added, cell, within};
use crate::base::rng::noise::{PAIR, drawn, next_words};
use crate::simd::isa::{Isa, saturating_pack_one};
use crate::simd::{AlignedMatrix, BLOCK, bits};

/// Presynaptic events of a step: the signed effective weights of a projection, one row a source and one entry a
/// neuron, and the sources that have fired.
pub(super) type Arrival<'a> = (&'a AlignedMatrix, &'a [u16]);

/// Some blocks of a population in one chip step.
pub(super) struct Step<'a> {
    pub(super) blocks: &'a Range<usize>,
    /// Its number.
    pub(super) now: usize,
    pub(super) arrivals: [Arrival<'a>; 2],
    /// Who fires: one entry a block, the first neuron lowest.
    pub(super) firing: &'a mut [u16],
    /// Codes of those neurons with their padding, if they are converted in this step.
    pub(super) codes: Option<&'a mut [u8]>,
}

/// Does something for each number below `$n`: up to 8 written one after the other, so that what is kept in arrays
/// meanwhile stays in registers, which the compiler does not see to where it makes a loop.
macro_rules! unrolled {
    ($n:expr, $k:ident, $do:expr) => {
        unrolled!($n, $k, $do, 0 1 2 3 4 5 6 7)
    };
    ($n:expr, $k:ident, $do:expr, $($number:literal)*) => {
        if $n > 8 {
            for $k in 0..$n {
                $do;
            }
        } else {
            $(if $number < $n {
                let $k = $number;
                $do;
            })*
        }
    };
}

impl Population {
    /// Carries some neurons through a step.
    ///
    /// Positive weights make the excitatory current, negative ones the inhibitory current. Currents saturate
    /// after every event; as each moves them away from 0 only, it is enough to look once, after the last.
    /// Refractory membranes are held, those that crossed the threshold are reset.
    #[inline(always)]
    pub(super) fn step<S: Simd, M: Isa<S>>(&self, simd: S, isa: M, state: &mut State, mut step: Step<'_>) {
        let is_quiet = step.arrivals.iter().all(|(_, events)| events.is_empty());
        match (self.is_noisy(), is_quiet) {
            (true, false) => self.step_with::<S, M, true, true>(simd, isa, state, &mut step),
            (true, true) => self.step_with::<S, M, true, false>(simd, isa, state, &mut step),
            (false, _) => self.step_with::<S, M, false, true>(simd, isa, state, &mut step),
        }
        if let Some(codes) = step.codes
            && self.cadc.coarseness() > 1
        {
            // What lies in the padding may overflow.
            for code in codes {
                *code = code.wrapping_mul(self.cadc.coarseness());
            }
        }
    }

    #[inline(always)]
    fn step_with<S: Simd, M: Isa<S>, const NOISY: bool, const EVENTS: bool>(
        &self,
        simd: S,
        isa: M,
        state: &mut State,
        step: &mut Step<'_>,
    ) {
        // Two sums a vector are in registers while events arrive.
        let mut carrier = Carrier { population: self, simd, isa, state, first: step.blocks.start, step };
        match BLOCK / S::F32_LANES {
            1 => {
                carrier.groups::<8, NOISY, EVENTS>();
                carrier.groups::<4, NOISY, EVENTS>();
                carrier.groups::<1, NOISY, EVENTS>();
            }
            2 => {
                carrier.groups::<4, NOISY, EVENTS>();
                carrier.groups::<2, NOISY, EVENTS>();
            }
            4 => carrier.groups::<4, NOISY, EVENTS>(),
            8 => carrier.groups::<8, NOISY, EVENTS>(),
            _ => carrier.groups::<16, NOISY, EVENTS>(),
        }
    }
}

/// Carries the neurons of a step through it.
struct Carrier<'a, 'b, S, M> {
    population: &'a Population,
    simd: S,
    isa: M,
    state: &'a mut State,
    step: &'a mut Step<'b>,
    /// Block that comes next.
    first: usize,
}

impl<S: Simd, M: Isa<S>> Carrier<'_, '_, S, M> {
    const PER_BLOCK: usize = BLOCK / S::F32_LANES;

    /// As many times `N` vectors as are left.
    #[inline(always)]
    fn groups<const N: usize, const NOISY: bool, const EVENTS: bool>(&mut self) {
        let blocks = N / Self::PER_BLOCK;
        while self.first + blocks <= self.step.blocks.end {
            self.group::<N, NOISY, EVENTS>();
            self.first += blocks;
        }
    }

    #[inline(always)]
    fn group<const N: usize, const NOISY: bool, const EVENTS: bool>(&mut self) {
        let s = self.simd;
        let blocks = self.first..self.first + N / Self::PER_BLOCK;
        let first = blocks.start * Self::PER_BLOCK;
        let mut sums = [[s.splat_f32s(0.0); 2]; N];
        if EVENTS {
            let [(weights, events), among] = self.step.arrivals;
            let mut events = events;
            // The first has nothing to be added to.
            if let Some((&event, rest)) = events.split_first() {
                let row = &weights.vectors::<S::f32s>(usize::from(event))[first..][..N];
                for k in 0..N {
                    sums[k] = [s.max_f32s(row[k], s.splat_f32s(0.0)), row[k]];
                }
                events = rest;
            }
            for (weights, events) in [(weights, events), among] {
                for &event in events {
                    let row = &weights.vectors::<S::f32s>(usize::from(event))[first..][..N];
                    for k in 0..N {
                        sums[k] = added(s, sums[k], row[k]);
                    }
                }
            }
        }
        let Population { membranes, cadc } = self.population;
        let (cells, generator) = self.state.vectors_mut::<S::f32s, S::u32s>(blocks.clone());
        let mut group = Group::<S, M, N> {
            simd: s,
            isa: self.isa,
            now: s.splat_f32s(self.step.now as f32),
            bounds: membranes.bounds(s),
            constants: membranes.vectors(blocks.clone()),
            channels: cadc.vectors(blocks.clone()),
            cells,
            firing: &mut self.step.firing[blocks.start - self.step.blocks.start..][..N / Self::PER_BLOCK],
        };
        // In registers while it goes from block to block.
        let mut words = [[s.splat_u32s(0); 2 * PAIR]; BLOCK];
        for j in 0..Self::PER_BLOCK {
            for word in 0..2 * PAIR {
                words[j][word] = generator[word * Self::PER_BLOCK + j];
            }
        }
        let mut v = [s.splat_f32s(0.0); N];
        let mut of_conversion = [s.splat_u32s(0); N];
        unrolled!(N, k, {
            let words = &mut words[k % Self::PER_BLOCK];
            // Groups of more than one block begin with a pair.
            let in_pair = if N > Self::PER_BLOCK { k / Self::PER_BLOCK % PAIR } else { blocks.start % PAIR };
            if NOISY && in_pair == 0 {
                *words = next_words(s, self.isa, *words);
            }
            let own = if in_pair == 0 { [words[0], words[1]] } else { [words[2], words[3]] };
            of_conversion[k] = own[1];
            let sums = if EVENTS { Some(sums[k]) } else { None };
            v[k] = group.flow::<NOISY>(k, sums, own[0]);
        });
        // In a pass of its own: a chip without rails pays for them with one comparison a group.
        if let Some(rails) = membranes.rails(s) {
            for (k, v) in v.iter_mut().enumerate() {
                *v = within(s, *v, rails);
                group.cells[Group::<S, M, N>::place(k, cell::V)] = *v;
            }
        }
        for j in 0..Self::PER_BLOCK {
            for word in 0..2 * PAIR {
                generator[word * Self::PER_BLOCK + j] = words[j][word];
            }
        }
        let Some(codes) = &mut self.step.codes else {
            return;
        };
        let mut converted = [s.splat_f32s(0.0); N];
        unrolled!(N, k, converted[k] = group.convert::<NOISY>(k, v[k], of_conversion[k]));
        let top = cadc.top(s);
        let codes = &mut codes[(blocks.start - self.step.blocks.start) * BLOCK..][..N * S::F32_LANES];
        let (fours, rest) = converted.as_chunks::<4>();
        let (of_fours, of_rest) = codes.split_at_mut(4 * fours.len() * S::F32_LANES);
        for (four, codes) in fours.iter().zip(of_fours.chunks_exact_mut(4 * S::F32_LANES)) {
            self.isa.saturating_pack(s, four, top, codes);
        }
        for (&x, codes) in rest.iter().zip(of_rest.chunks_exact_mut(S::F32_LANES)) {
            saturating_pack_one(s, x, top, codes);
        }
    }
}

/// `N` vectors of neurons in a step, what lasts in memory and what does not in registers.
struct Group<'a, S: Simd, M, const N: usize> {
    simd: S,
    isa: M,
    now: S::f32s,
    bounds: [S::f32s; 2],
    constants: &'a [S::f32s],
    channels: &'a [S::f32s],
    cells: &'a mut [S::f32s],
    firing: &'a mut [u16],
}

impl<S: Simd, M: Isa<S>, const N: usize> Group<'_, S, M, N> {
    const PER_BLOCK: usize = BLOCK / S::F32_LANES;

    /// Place of a cell of vector `k`.
    #[inline(always)]
    const fn place(k: usize, cell: usize) -> usize {
        (k / Self::PER_BLOCK * cell::N + cell) * Self::PER_BLOCK + k % Self::PER_BLOCK
    }

    /// Carries the membranes of vector `k` to the end of the step, with the sums over its events of positive weights
    /// and of all, and a word of noise.
    #[inline(always)]
    fn flow<const NOISY: bool>(&mut self, k: usize, sums: Option<[S::f32s; 2]>, word: S::u32s) -> S::f32s {
        let s = self.simd;
        let constants = Constants::<S>::of(self.constants, k);
        let [exc, inh] = [self.cells[Self::place(k, cell::EXC)], self.cells[Self::place(k, cell::INH)]];
        let currents = match sums {
            Some(sums) => constants.settled(s, [exc, inh], sums, self.bounds),
            None => constants.decayed(s, [exc, inh]),
        };
        self.cells[Self::place(k, cell::EXC)] = currents[0];
        self.cells[Self::place(k, cell::INH)] = currents[1];
        // What is drawn first: alone it is far from 0, and what is added to it there loses digits.
        let strength = [constants.noise, constants.drift];
        let leak = if NOISY { drawn(s, self.isa, word, strength) } else { constants.drift };
        let drive = constants.drive(s, currents, leak);
        // No branch: nobody can guess when a neuron fires, and a wrong guess costs more than the work.
        // A membrane that is held stays where the spike has put it, and does not fire, whatever its threshold.
        let until = self.cells[Self::place(k, cell::UNTIL)];
        let threshold = self.cells[Self::place(k, cell::THRESHOLD)];
        let free = s.less_than_or_equal_f32s(until, self.now);
        let v = self.cells[Self::place(k, cell::V)];
        let x = self.isa.mul_add_where(s, free, v, constants.membrane, drive);
        let fire = self.isa.masked_ge(s, free, x, threshold);
        let v = s.select_f32s(fire, constants.reset, x);
        self.cells[Self::place(k, cell::V)] = v;
        self.cells[Self::place(k, cell::UNTIL)] = s.select_f32s(fire, s.add_f32s(self.now, constants.pause), until);
        let fires = (bits(s, fire) << (k % Self::PER_BLOCK * S::F32_LANES)) as u16;
        let firing = &mut self.firing[k / Self::PER_BLOCK];
        *firing = if k.is_multiple_of(Self::PER_BLOCK) { fires } else { *firing | fires };
        v
    }

    /// What the converter makes of the voltages of vector `k`, with a word of noise.
    #[inline(always)]
    fn convert<const NOISY: bool>(&self, k: usize, v: S::f32s, word: S::u32s) -> S::f32s {
        let s = self.simd;
        let channel = Channel::<S>::of(self.channels, k);
        let zero = if NOISY { drawn(s, self.isa, word, [channel.noise, channel.zero]) } else { channel.zero };
        channel.convert(s, v, zero)
    }
}
