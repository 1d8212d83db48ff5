//! The stand-in for the derivative of a spike.
//!
//! `SuperSpike` (Zenke & Ganguli 2018, Neural Comput. 30:1514, section 3.3.2):
//! `σ'(v) = 1 / (β |v − θ| + 1)²`, in membrane units with θ = 1. Its antiderivative
//! stands beside it so that the gradient can be checked against finite differences.

use pulp::Simd;

/// Nominal threshold in membrane units.
pub const THRESHOLD: f32 = 1.0;

/// σ'(v) with slope `beta`.
pub fn derivative(v: f32, beta: f32) -> f32 {
    let d = (beta * (v - THRESHOLD)).abs() + 1.0;
    1.0 / (d * d)
}

/// σ' at `scaled` = β (v − θ), to within a few units in the last place.
///
/// 1/d by three of Newton's steps, y ← y (2 − dy), from the guess that taking the bits of d from a constant makes:
/// the error squares each time, from less than 13 % to 10⁻⁷. A division takes longer. The same operations on all
/// machines make the same bits.
#[inline(always)]
pub(super) fn derivatives_at<S: Simd>(s: S, scaled: S::f32s) -> S::f32s {
    let two = s.splat_f32s(2.0);
    let d = s.add_f32s(s.abs_f32s(scaled), s.splat_f32s(1.0));
    let mut y = s.transmute_f32s_u32s(s.sub_u32s(s.splat_u32s(GUESS), s.transmute_u32s_f32s(d)));
    // Unrolled by hand: closures are not compiled for the instructions of the machine.
    y = s.mul_f32s(y, s.negate_mul_add_f32s(d, y, two));
    y = s.mul_f32s(y, s.negate_mul_add_f32s(d, y, two));
    y = s.mul_f32s(y, s.negate_mul_add_f32s(d, y, two));
    s.mul_f32s(y, y)
}

/// Twice the bits of 1, less what makes the largest error of the guess smallest.
const GUESS: u32 = 0x7ef3_11c3;

/// σ(v) = x / (β |x| + 1) with x = v − θ: the function whose derivative [`derivative`] is.
pub fn primitive(v: f32, beta: f32) -> f32 {
    let x = v - THRESHOLD;
    x / (beta * x.abs() + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;

    #[test]
    fn the_derivative_is_that_of_the_primitive() {
        for beta in [5.0f32, 50.0] {
            for k in -20..40 {
                let (v, h) = (k as f32 * 0.083 + 0.01, 1e-3);
                let slope = (primitive(v + h, beta) - primitive(v - h, beta)) / (2.0 * h);
                let expected = derivative(v, beta);
                assert!((slope - expected).abs() < 0.02 * expected + 2e-3, "β {beta} v {v}: {slope} {expected}");
            }
        }
    }

    #[test]
    fn it_peaks_at_the_threshold_with_one() {
        assert!((derivative(1.0, 50.0) - 1.0).abs() < 1e-7);
        assert!((derivative(1.02, 50.0) - 0.25).abs() < 1e-5);
    }

    #[test]
    fn vectors_of_derivatives_are_as_good_as_divisions_and_alike_on_all_machines() {
        struct All(Lanes<f32>);
        impl pulp::WithSimd for All {
            type Output = Vec<f32>;

            fn with_simd<S: Simd>(mut self, s: S) -> Vec<f32> {
                for x in self.0.vectors_mut::<S::f32s>() {
                    *x = derivatives_at(s, *x);
                }
                self.0.to_vec()
            }
        }
        // From 0 to 10⁸ in steps of 0.05 %, on both sides.
        let sizes = (0..40_000).map(|k| (f64::from(k) * 5e-4).exp() as f32 - 1.0);
        let scaled: Vec<f32> = sizes.flat_map(|x| [x, -x]).collect();
        let all = pulp::Arch::new().dispatch(All(Lanes::new(&scaled)));
        for (got, &scaled) in all.iter().zip(&scaled) {
            let error = f64::from(*got) * (f64::from(scaled.abs()) + 1.0).powi(2) - 1.0;
            assert!(error.abs() < 5e-7, "{scaled}: {error}");
        }
        assert_eq!(pulp::Scalar::new().vectorize(All(Lanes::new(&scaled))), all);
        assert!(pulp::Arch::new().dispatch(All(Lanes::new(&[f32::NAN; 16])))[0].is_nan());
    }
}
