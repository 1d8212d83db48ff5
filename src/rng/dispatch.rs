//! Kernels that draw noise, compiled once for every set of vector instructions.

use pulp::{Arch, Simd, WithSimd};

use super::noise::{ByteSums, Pairs};

/// A kernel that draws noise.
pub trait NoisyKernel {
    /// Does its work with these instructions, and adds up bytes that way. To be inlined, always.
    fn run<S: Simd, B: ByteSums<S>>(self, simd: S, sums: B);
}

/// Runs a kernel with the best instructions of this machine. All give the same bits.
pub fn dispatch(kernel: impl NoisyKernel) {
    #[cfg(target_arch = "x86_64")]
    if let Some((instructions, simd)) = dot::Instructions::try_new().zip(pulp::x86::V4::try_new()) {
        return instructions.vectorize(dot::WithDots { instructions, simd, kernel });
    }
    Arch::new().dispatch(WithPairs(kernel));
}

/// Vector operations of a draw on this machine: three shifts and three sums for the next word, and the sum of its bytes.
pub fn operations_of_a_draw() -> f64 {
    #[cfg(target_arch = "x86_64")]
    if dot::Instructions::try_new().is_some() {
        return 6.0 + 2.0;
    }
    6.0 + 9.0
}

/// A kernel that adds up bytes by pairs.
pub struct WithPairs<K>(pub K);

impl<K: NoisyKernel> WithSimd for WithPairs<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(simd, Pairs::new(simd));
    }
}

/// AVX-512 with its products of bytes: one instruction adds up the four bytes of a word.
#[cfg(target_arch = "x86_64")]
mod dot {
    use std::arch::x86_64::{__m512i, _mm512_dpbusd_epi32};

    use pulp::x86::V4;
    use pulp::{NullaryFnOnce, Simd as _, bytemuck, f32x16, u32x16};

    use super::NoisyKernel;
    use crate::rng::noise::{ByteSums, ONE, SUM_BEGINS};

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

    pub struct WithDots<K> {
        pub instructions: Instructions,
        pub simd: V4,
        pub kernel: K,
    }

    impl<K: NoisyKernel> NullaryFnOnce for WithDots<K> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self { instructions, simd, kernel } = self;
            let (ones, begin) = (simd.splat_u32s(0x0101_0101), simd.splat_u32s(ONE >> SUM_BEGINS));
            kernel.run(simd, Dots { _proof: instructions, ones, begin, by: simd.splat_u32s(SUM_BEGINS) });
        }
    }

    #[derive(Clone, Copy)]
    struct Dots {
        _proof: Instructions,
        ones: u32x16,
        /// 1.0, as far to the right as sums are.
        begin: u32x16,
        by: u32x16,
    }

    impl ByteSums<V4> for Dots {
        #[inline(always)]
        fn of(self, simd: V4, words: u32x16) -> f32x16 {
            let [begin, words, ones]: [__m512i; 3] = [self.begin, words, self.ones].map(bytemuck::cast);
            // SAFETY: whoever holds `Instructions` has found that the processor has AVX512-VNNI.
            #[expect(unsafe_code, reason = "pulp knows the instructions but does not wrap this one")]
            let sums: u32x16 = bytemuck::cast(unsafe { _mm512_dpbusd_epi32(begin, words, ones) });
            simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(sums, self.by))
        }
    }
}
