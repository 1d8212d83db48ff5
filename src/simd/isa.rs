//! Kernels compiled once for every set of vector instructions, and what some sets do better than [`pulp`] knows.

use pulp::{Arch, Simd, WithSimd, bytemuck};

/// What [`Isa::byte_sums`] adds to the sum: it is then a whole number from 2²³ to 2²⁴, which stand in their low
/// bits as they are.
pub const BYTE_SUM_ZERO: f32 = TWO_TO_23 + 131_072.0;
/// Factor on the sum of the bytes: the more of the bits are of the sum, the less is lost where the rest is taken off.
pub const BYTE_SUM_FACTOR: u32 = 255;
/// The sign of every byte.
const SIGNS: u32 = 0x8080_8080;
/// Every other byte.
const EVEN_BYTES: u32 = 0x00ff_00ff;
/// From here on an `f32` has no bits left for fractions.
const TWO_TO_23: f32 = 8_388_608.0;

/// A kernel that needs what a [`Isa`] can do.
pub trait Kernel {
    /// Does its work with these instructions on that machine. To be inlined, always.
    fn run<S: Simd, M: Isa<S>>(self, simd: S, isa: M);
}

/// What a set of vector instructions can do, in the quickest way that it has. All give the same bits.
pub trait Isa<S: Simd>: Copy {
    /// [`BYTE_SUM_ZERO`] and the sum of the four bytes of each word, with their signs, times [`BYTE_SUM_FACTOR`]:
    /// exact.
    fn byte_sums(self, simd: S, words: S::u32s) -> S::f32s;

    /// Which bits are set in one of three words or in all of them.
    fn xor_of_three(self, simd: S, a: S::u32s, b: S::u32s, c: S::u32s) -> S::u32s;

    /// `a · b + c` where `mask` is set, elsewhere `a`.
    fn mul_add_where(self, simd: S, mask: S::m32s, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s;

    /// Where `a ≥ b`, only where `mask` is set.
    fn masked_ge(self, simd: S, mask: S::m32s, a: S::f32s, b: S::f32s) -> S::m32s;

    /// Rounds numbers to the nearest whole one, half to even, clamped to 0..=top (255 by default).
    /// They are finite and less than 2³¹ from 0.
    fn saturating_pack(self, simd: S, numbers: &[S::f32s; 4], top: Option<S::f32s>, codes: &mut [u8]);
}

/// Runs a kernel with the best instructions of this machine.
pub fn dispatch(kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    if let Some((instructions, simd)) = avx512::Instructions::try_new().zip(pulp::x86::V4::try_new()) {
        return instructions.vectorize(avx512::OnAvx512 { instructions, simd, kernel });
    }
    Arch::new().dispatch(OnPortable(kernel));
}

/// The instructions that [`dispatch`] finds on this machine, by name.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::Instructions::try_new().is_some() && pulp::x86::V4::try_new().is_some() {
            return "AVX-512";
        }
        if pulp::x86::V3::try_new().is_some() {
            return "AVX2";
        }
    }
    if cfg!(target_arch = "aarch64") { "NEON" } else { "no vector instructions" }
}

/// A kernel on a machine of which nothing else is known.
pub struct OnPortable<K>(pub K);

impl<K: Kernel> WithSimd for OnPortable<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(simd, Portable);
    }
}

/// Uses instructions that every machine has.
#[derive(Debug, Clone, Copy)]
struct Portable;

impl<S: Simd> Isa<S> for Portable {
    #[inline(always)]
    fn byte_sums(self, s: S, words: S::u32s) -> S::f32s {
        let (by_8, by_16) = (s.splat_u32s(8), s.splat_u32s(16));
        let even_bytes = s.splat_u32s(EVEN_BYTES);
        // Without signs every byte is larger by 128.
        let words = s.xor_u32s(words, s.splat_u32s(SIGNS));
        let pairs =
            s.add_u32s(s.and_u32s(words, even_bytes), s.and_u32s(s.wrapping_dyn_shr_u32s(words, by_8), even_bytes));
        let sum = s.wrapping_dyn_shr_u32s(s.add_u32s(pairs, s.wrapping_dyn_shl_u32s(pairs, by_16)), by_16);
        let product = s.sub_u32s(s.wrapping_dyn_shl_u32s(sum, by_8), sum);
        let zero = BYTE_SUM_ZERO.to_bits() - 4 * 128 * BYTE_SUM_FACTOR;
        s.transmute_f32s_u32s(s.add_u32s(product, s.splat_u32s(zero)))
    }

    #[inline(always)]
    fn xor_of_three(self, s: S, a: S::u32s, b: S::u32s, c: S::u32s) -> S::u32s {
        s.xor_u32s(s.xor_u32s(a, b), c)
    }

    #[inline(always)]
    fn mul_add_where(self, s: S, mask: S::m32s, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        s.select_f32s(mask, s.mul_add_f32s(a, b, c), a)
    }

    #[inline(always)]
    fn masked_ge(self, s: S, mask: S::m32s, a: S::f32s, b: S::f32s) -> S::m32s {
        s.and_m32s(s.greater_than_or_equal_f32s(a, b), mask)
    }

    #[inline(always)]
    fn saturating_pack(self, s: S, numbers: &[S::f32s; 4], top: Option<S::f32s>, codes: &mut [u8]) {
        for j in 0..4 {
            saturating_pack_one(s, numbers[j], top, &mut codes[j * S::F32_LANES..][..S::F32_LANES]);
        }
    }
}

/// As [`Isa::saturating_pack`], one vector, to as many `codes` as there is room for.
#[inline(always)]
pub fn saturating_pack_one<S: Simd>(s: S, x: S::f32s, top: Option<S::f32s>, codes: &mut [u8]) {
    let top = match top {
        Some(top) => top,
        None => s.splat_f32s(255.0),
    };
    // A sum with 2²³ has no bits left for fractions: it is rounded, and the whole number stands in its low bits.
    let x = s.min_f32s(s.max_f32s(x, s.splat_f32s(0.0)), top);
    let x = s.add_f32s(x, s.splat_f32s(TWO_TO_23));
    let x: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&x));
    if codes.len() == S::F32_LANES {
        // A number of turns that the compiler knows makes whole vectors.
        for k in 0..S::F32_LANES {
            codes[k] = x[k] as u8;
        }
    } else {
        for (code, x) in codes.iter_mut().zip(x) {
            *code = *x as u8;
        }
    }
}

/// Vector operations of the sum of the bytes of a word on this machine.
pub fn operations_of_a_byte_sum() -> f64 {
    #[cfg(target_arch = "x86_64")]
    if avx512::Instructions::try_new().is_some() {
        return 1.0;
    }
    11.0
}

/// AVX-512 with its products of bytes: one instruction adds up the four bytes of a word.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{__m512, __m512i, _CMP_GE_OQ, _mm512_dpbusd_epi32};

    use pulp::x86::V4;
    use pulp::{NullaryFnOnce, Simd as _, b16, bytemuck, f32x16, u32x16};

    use super::{BYTE_SUM_FACTOR, BYTE_SUM_ZERO, Isa, Kernel};

    pulp::simd_type!({
        /// What processors with AVX-512 and `vpdpbusd` have.
        #[allow(missing_docs)]
        pub struct Instructions {
            pub avx2: f!("avx2"),
            pub bmi1: f!("bmi1"),
            pub bmi2: f!("bmi2"),
            pub fma: f!("fma"),
            pub lzcnt: f!("lzcnt"),
            pub popcnt: f!("popcnt"),
            pub avx512f: f!("avx512f"),
            pub avx512bw: f!("avx512bw"),
            pub avx512cd: f!("avx512cd"),
            pub avx512dq: f!("avx512dq"),
            pub avx512vl: f!("avx512vl"),
            pub avx512vnni: f!("avx512vnni"),
        }
    });

    pub struct OnAvx512<K> {
        pub instructions: Instructions,
        pub simd: V4,
        pub kernel: K,
    }

    impl<K: Kernel> NullaryFnOnce for OnAvx512<K> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            self.kernel.run(self.simd, Avx512(self.instructions));
        }
    }

    #[derive(Clone, Copy)]
    struct Avx512(Instructions);

    /// Of 16 words that hold four codes each, in the order in which the narrowing of halves leaves them, the order
    /// in which they were.
    const ORDER: [u32; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

    /// Of the eight cases of three bits those with an odd number of ones.
    const ODD: i32 = 0b1001_0110;

    impl Isa<V4> for Avx512 {
        #[inline(always)]
        fn byte_sums(self, simd: V4, words: u32x16) -> f32x16 {
            let zero: __m512i = bytemuck::cast(simd.splat_u32s(BYTE_SUM_ZERO.to_bits()));
            let factors = bytemuck::cast(simd.splat_u32s(0x0101_0101 * BYTE_SUM_FACTOR));
            // SAFETY: whoever holds `Instructions` has found that the processor has AVX512-VNNI.
            #[expect(unsafe_code, reason = "pulp knows the instructions but does not wrap this one")]
            let sums: f32x16 = bytemuck::cast(unsafe { _mm512_dpbusd_epi32(zero, factors, bytemuck::cast(words)) });
            sums
        }

        #[inline(always)]
        fn xor_of_three(self, _: V4, a: u32x16, b: u32x16, c: u32x16) -> u32x16 {
            let [a, b, c]: [__m512i; 3] = [bytemuck::cast(a), bytemuck::cast(b), bytemuck::cast(c)];
            bytemuck::cast(self.0.avx512f._mm512_ternarylogic_epi32::<ODD>(a, b, c))
        }

        #[inline(always)]
        fn mul_add_where(self, _: V4, mask: b16, a: f32x16, b: f32x16, c: f32x16) -> f32x16 {
            let [a, b, c]: [__m512; 3] = [bytemuck::cast(a), bytemuck::cast(b), bytemuck::cast(c)];
            bytemuck::cast(self.0.avx512f._mm512_mask_fmadd_ps(a, mask.0, b, c))
        }

        #[inline(always)]
        fn masked_ge(self, _: V4, mask: b16, a: f32x16, b: f32x16) -> b16 {
            let (a, b) = (bytemuck::cast(a), bytemuck::cast(b));
            b16(self.0.avx512f._mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(mask.0, a, b))
        }

        #[inline(always)]
        fn saturating_pack(self, simd: V4, numbers: &[f32x16; 4], top: Option<f32x16>, codes: &mut [u8]) {
            let codes: &mut [u8; 64] = codes.first_chunk_mut().expect("room for four vectors of codes");
            let (f, bw) = (self.0.avx512f, self.0.avx512bw);
            let mut numbers = *numbers;
            if let Some(top) = top {
                for x in &mut numbers {
                    *x = simd.min_f32s(*x, top);
                }
            }
            let mut whole: [__m512i; 4] = [f._mm512_setzero_si512(); 4];
            for j in 0..4 {
                whole[j] = f._mm512_cvtps_epi32(bytemuck::cast(numbers[j]));
            }
            // What is below 0 becomes 0 and what is above 255 becomes 255 on the way through the narrower numbers.
            let [a, b, c, d] = whole;
            let bytes = bw._mm512_packus_epi16(bw._mm512_packs_epi32(a, b), bw._mm512_packs_epi32(c, d));
            *codes = bytemuck::cast(f._mm512_permutexvar_epi32(bytemuck::cast(ORDER), bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Narrow<'a>(&'a [f32], Option<f32>, &'a mut Vec<u8>);

    impl Kernel for Narrow<'_> {
        fn run<S: Simd, M: Isa<S>>(self, s: S, isa: M) {
            let top = self.1.map(|top| s.splat_f32s(top));
            for numbers in self.0.chunks_exact(4 * S::F32_LANES) {
                let numbers: Vec<S::f32s> =
                    numbers.chunks_exact(S::F32_LANES).map(|x| s.partial_load_f32s(x)).collect();
                let first = self.2.len();
                self.2.resize(first + 4 * S::F32_LANES, 0);
                isa.saturating_pack(s, numbers.first_chunk().unwrap(), top, &mut self.2[first..]);
            }
        }
    }

    #[test]
    fn numbers_are_rounded_half_to_even_and_clipped_in_their_order_on_every_machine() {
        let ends = [-1e6, -300.0, -0.6, -0.5, -0.0, 0.5, 1.5, 2.5, 14.5, 15.5, 127.5, 128.5, 254.5, 255.5, 300.0, 1e6];
        let numbers: Vec<f32> = (0..128).map(|k| if k < 16 { ends[k] } else { k as f32 * 1.7 - 20.0 }).collect();
        for top in [None, Some(15.0)] {
            let expected: Vec<u8> =
                numbers.iter().map(|x| x.round_ties_even().clamp(0.0, top.unwrap_or(255.0)) as u8).collect();
            let (mut best, mut any) = (Vec::new(), Vec::new());
            dispatch(Narrow(&numbers, top, &mut best));
            Arch::new().dispatch(OnPortable(Narrow(&numbers, top, &mut any)));
            assert_eq!((&best, &any), (&expected, &expected), "{top:?}");
        }
    }
}
