//! What was measured, as vectors of numbers.

use pulp::{Simd, bytemuck};

use crate::simd::BLOCK;

/// Takes `N` vectors, number `first` and those behind it, out of every step of what was measured of `n` neurons.
#[inline(always)]
pub(super) fn load<S: Simd, const N: usize, M: Measured>(measured: &[M], n: usize, first: usize, to: &mut [S::f32s]) {
    for (host, to) in to.chunks_exact_mut(N).enumerate() {
        let from = host * n + first * S::F32_LANES;
        if let Some(from) = measured.get(from..from + N * S::F32_LANES) {
            for j in 0..N {
                let mut x = [0.0; BLOCK];
                for k in 0..S::F32_LANES {
                    x[k] = from[j * S::F32_LANES + k].as_f32();
                }
                to[j] = bytemuck::pod_read_unaligned(bytemuck::cast_slice(&x[..S::F32_LANES]));
            }
        } else {
            let to: &mut [f32] = bytemuck::cast_slice_mut(to);
            // The last step: beyond the end there is nothing.
            to.fill(0.0);
            to.iter_mut().zip(measured.get(from..).unwrap_or(&[])).for_each(|(to, from)| *to = from.as_f32());
        }
    }
}

/// What was measured of a membrane: a code or a voltage.
pub(super) trait Measured: Copy {
    fn as_f32(self) -> f32;
}

impl Measured for u8 {
    #[inline(always)]
    fn as_f32(self) -> f32 {
        f32::from(self)
    }
}

impl Measured for f32 {
    #[inline(always)]
    fn as_f32(self) -> f32 {
        self
    }
}
