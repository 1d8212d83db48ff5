//! Arrays as vector instructions like them: aligned to cache lines and padded to whole vectors.
//!
//! A kernel that works on [`AlignedVec`] has no remainder to care for and never loads across the border of a
//! cache line. What stands in the padding is computed along and never looked at.

pub mod isa;

use std::ops::{Deref, DerefMut, Range};

use pulp::Simd;
use pulp::bytemuck::{self, Pod};
use rayon::slice::ParallelSliceMut as _;
use wide::f32x16;

/// Elements that one thread works on at a time, where every element stands for itself.
pub const CHUNK: usize = 4096;

/// Chunks that one thread takes at least: to hand fewer to another, though it be awake, takes longer than to do them.
pub const CHUNKS: usize = 4;

/// The first `n` entries of a list, which grows if need be and never shrinks: what is in the others keeps its memory.
pub fn first<T: Default>(list: &mut Vec<T>, n: usize) -> &mut [T] {
    if list.len() < n {
        list.resize_with(n, T::default);
    }
    &mut list[..n]
}

/// A whole number from 0 to 2³² − 1 as a word; a cast would look at every number by itself, because it must give
/// something for all others too.
#[inline(always)]
pub fn word(whole: f64) -> u32 {
    // From here on an `f64` has no bits left for fractions: the number stands in the low ones.
    const TWO_TO_52: f64 = 4_503_599_627_370_496.0;
    (whole + TWO_TO_52).to_bits() as u32
}

/// Whether all numbers are finite.
pub fn all_finite(numbers: &[f32]) -> bool {
    // No branch within a chunk, so that vectors can be used.
    let ill = |chunk: &[f32]| chunk.iter().map(|x| x.to_bits() & EXPONENT).fold(0, u32::max) == EXPONENT;
    !numbers.chunks(CHUNK).any(ill)
}

/// The exponent of numbers that are infinite or no number.
const EXPONENT: u32 = 0x7f80_0000;

/// Entries that are kept together: the widest vectors of any machine hold so many words of 32 bits.
pub const BLOCK: usize = 16;

/// One bit for each lane that is true, the first lane lowest.
#[inline(always)]
pub fn bits<S: Simd>(simd: S, mask: S::m32s) -> u32 {
    // Masks are bits on some machines and words on others.
    if size_of::<S::m32s>() == 2 {
        let bits: u16 = bytemuck::pod_read_unaligned(bytemuck::bytes_of(&mask));
        return bits.into();
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = (&simd as &dyn std::any::Any).downcast_ref::<pulp::x86::V3>() {
        let mask: std::arch::x86_64::__m256 = bytemuck::cast(mask);
        return simd.avx._mm256_movemask_ps(mask) as u32;
    }
    let ones = simd.select_u32s(mask, simd.splat_u32s(1), simd.splat_u32s(0));
    let ones: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&ones));
    ones.iter().rev().fold(0, |bits, one| bits << 1 | one)
}

/// The next multiple of [`BLOCK`].
pub const fn padded(n: usize) -> usize {
    n.next_multiple_of(BLOCK)
}

/// `len` words of 32 bits, padded and aligned.
#[derive(Debug, Clone)]
pub struct AlignedVec<T> {
    blocks: Vec<f32x16>,
    len: usize,
    word: std::marker::PhantomData<T>,
}

impl<T> Default for AlignedVec<T> {
    fn default() -> Self {
        Self { blocks: Vec::new(), len: 0, word: std::marker::PhantomData }
    }
}

impl<T: Pod> AlignedVec<T> {
    const IS_A_WORD: () = assert!(size_of::<T>() == 4, "lanes hold words of 32 bits");

    /// `n` zeros.
    pub fn zeros(n: usize) -> Self {
        let mut lanes = Self::default();
        lanes.reset(n);
        lanes
    }

    /// The given values, and zeros in the padding.
    pub fn new(values: &[T]) -> Self {
        Self::padded_with(values, T::zeroed())
    }

    /// The given values, and `rest` in the padding.
    pub fn padded_with(values: &[T], rest: T) -> Self {
        let mut lanes = Self::zeros(values.len());
        lanes.whole_mut().fill(rest);
        lanes.copy_from_slice(values);
        lanes
    }

    /// Makes it `n` zeros, in the memory it has.
    pub fn reset(&mut self, n: usize) {
        let () = Self::IS_A_WORD;
        self.blocks.clear();
        self.blocks.resize(n.div_ceil(BLOCK), f32x16::ZERO);
        self.len = n;
    }

    /// Values and padding.
    #[inline(always)]
    pub fn whole(&self) -> &[T] {
        bytemuck::cast_slice(&self.blocks)
    }

    /// Values and padding, to be written.
    #[inline(always)]
    pub fn whole_mut(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.blocks)
    }

    /// Values and padding as vectors.
    #[inline(always)]
    pub fn vectors<V: Pod>(&self) -> &[V] {
        bytemuck::cast_slice(&self.blocks)
    }

    /// Values and padding as vectors, to be written.
    #[inline(always)]
    pub fn vectors_mut<V: Pod>(&mut self) -> &mut [V] {
        bytemuck::cast_slice_mut(&mut self.blocks)
    }
}

impl<T: Pod> Deref for AlignedVec<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        &self.whole()[..self.len]
    }
}

impl<T: Pod> DerefMut for AlignedVec<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        let len = self.len;
        &mut self.whole_mut()[..len]
    }
}

/// A matrix whose rows begin at cache lines; what is beyond the last column is 0.
#[derive(Debug, Clone, Default)]
pub struct AlignedMatrix {
    lanes: AlignedVec<f32>,
    dim: (usize, usize),
    /// Words from the beginning of one row to that of the next.
    stride: usize,
}

/// Columns from which on a few of them, in all rows, may compete for the same places in the caches.
const WIDE: usize = 512;

impl AlignedMatrix {
    /// Zeros.
    pub fn zeros(n_rows: usize, n_columns: usize) -> Self {
        let mut rows = Self::default();
        rows.reset(n_rows, n_columns);
        rows
    }

    /// Makes it zeros of that shape, in the memory it has.
    pub fn reset(&mut self, n_rows: usize, n_columns: usize) {
        // Rows a power of two apart would share a few sets of the caches and leave the others empty.
        let collides = n_columns > WIDE && padded(n_columns).is_multiple_of(WIDE);
        self.stride = padded(n_columns) + if collides { BLOCK } else { 0 };
        self.lanes.reset(n_rows * self.stride);
        self.dim = (n_rows, n_columns);
    }

    /// Makes it a matrix of that shape, with whatever stands there.
    pub fn reshape(&mut self, n_rows: usize, n_columns: usize) {
        if self.dim != (n_rows, n_columns) {
            self.reset(n_rows, n_columns);
        }
    }

    /// Number of rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.dim
    }

    #[inline(always)]
    fn range(&self, row: usize, vector: usize) -> Range<usize> {
        let first = row * self.stride / vector;
        first..first + padded(self.dim.1) / vector
    }

    /// One row without its padding.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.lanes[self.range(row, 1)][..self.dim.1]
    }

    /// One row without its padding, to be written.
    #[inline(always)]
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let range = self.range(row, 1);
        &mut self.lanes[range][..self.dim.1]
    }

    /// One row as vectors, with its padding.
    #[inline(always)]
    pub fn vectors<V: Pod>(&self, row: usize) -> &[V] {
        let range = self.range(row, size_of::<V>() / 4);
        &self.lanes.vectors()[range]
    }

    /// One row as vectors, with its padding, to be written.
    #[inline(always)]
    pub fn vectors_mut<V: Pod>(&mut self, row: usize) -> &mut [V] {
        let range = self.range(row, size_of::<V>() / 4);
        &mut self.lanes.vectors_mut()[range]
    }

    /// Words from the beginning of one row to that of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All rows, [`Self::stride`] words each, `n` at a time.
    ///
    /// # Panics
    /// When rows are empty or `n` is 0.
    pub fn par_rows_mut(&mut self, n: usize) -> rayon::slice::ChunksMut<'_, f32> {
        self.lanes.whole_mut().par_chunks_mut(n * self.stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_aligned_padded_and_keep_their_values() {
        let lanes = AlignedVec::padded_with(&[1.0f32, 2.0, 3.0], 9.0);
        assert_eq!(*lanes, [1.0, 2.0, 3.0]);
        assert_eq!(lanes.whole().len(), BLOCK);
        assert!(lanes.whole()[3..].iter().all(|&x| x.to_bits() == 9f32.to_bits()));
        assert_eq!(lanes.as_ptr().addr() % 64, 0);
        assert!(AlignedVec::<u32>::zeros(0).is_empty());
    }

    #[test]
    fn a_single_infinite_or_missing_number_is_found_anywhere() {
        let mut numbers = vec![1.0f32; 10_000];
        (numbers[0], numbers[1], numbers[2]) = (f32::MAX, f32::MIN, -0.0);
        assert!(all_finite(&numbers) && all_finite(&[]));
        for (k, ill) in [(0, f32::NAN), (4095, f32::INFINITY), (4096, f32::NEG_INFINITY), (9999, -f32::NAN)] {
            let mut numbers = numbers.clone();
            numbers[k] = ill;
            assert!(!all_finite(&numbers), "{ill} at {k}");
        }
    }

    #[test]
    fn rows_begin_at_cache_lines_and_do_not_touch() {
        let mut rows = AlignedMatrix::zeros(3, 17);
        rows.row_mut(1).fill(1.0);
        assert!(rows.row(0).iter().chain(rows.row(2)).all(|&x| x.to_bits() == 0));
        assert_eq!(rows.row(1), [1.0; 17]);
        assert_eq!(rows.row(1).as_ptr().addr() % 64, 0);
        let vectors: &[[f32; 8]] = rows.vectors(1);
        assert_eq!(vectors.len(), 4);
        assert_eq!(vectors[2].map(f32::to_bits), [1f32.to_bits(), 0, 0, 0, 0, 0, 0, 0]);
    }
}
