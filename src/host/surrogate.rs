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

/// σ' at `scaled` = β (v − θ), for a vector.
#[inline(always)]
pub(super) fn derivatives_at<S: Simd>(s: S, scaled: S::f32s) -> S::f32s {
    let one = s.splat_f32s(1.0);
    let d = s.add_f32s(s.abs_f32s(scaled), one);
    s.div_f32s(one, s.mul_f32s(d, d))
}

/// σ' at four `scaled` = β (v − θ), each for a vector, with one division for all.
///
/// A division keeps the processor as long as twenty products. The values are those of [`derivatives_at`] but for
/// a few roundings, as long as `scaled` stays below 10⁹.
#[inline(always)]
pub(super) fn four_derivatives_at<S: Simd>(s: S, scaled: [S::f32s; 4]) -> [S::f32s; 4] {
    let one = s.splat_f32s(1.0);
    let mut d = scaled;
    for d in &mut d {
        *d = s.add_f32s(s.abs_f32s(*d), one);
    }
    let pairs = [s.mul_f32s(d[0], d[1]), s.mul_f32s(d[2], d[3])];
    let inverse = s.div_f32s(one, s.mul_f32s(pairs[0], pairs[1]));
    let of_pairs = [s.mul_f32s(inverse, pairs[1]), s.mul_f32s(inverse, pairs[0])];
    let mut derivatives = d;
    for k in 0..4 {
        let inverse = s.mul_f32s(of_pairs[k / 2], d[k ^ 1]);
        derivatives[k] = s.mul_f32s(inverse, inverse);
    }
    derivatives
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::AlignedVec;

    /// σ(v) = x / (β |x| + 1) with x = v − θ.
    fn primitive(v: f32, beta: f32) -> f32 {
        let x = v - THRESHOLD;
        x / (beta * x.abs() + 1.0)
    }

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
    fn vectors_of_derivatives_are_those_of_single_voltages_on_all_machines() {
        struct All(AlignedVec<f32>);
        impl pulp::WithSimd for All {
            type Output = Vec<f32>;

            fn with_simd<S: Simd>(mut self, s: S) -> Vec<f32> {
                for x in self.0.vectors_mut::<S::f32s>() {
                    *x = derivatives_at(s, *x);
                }
                self.0.to_vec()
            }
        }
        // β 50, from far below the threshold to far above it.
        let voltages: Vec<f32> = (-500..500).map(|k| 0.01 * k as f32).collect();
        let single: Vec<f32> = voltages.iter().map(|&v| derivative(v, 50.0)).collect();
        let scaled: Vec<f32> = voltages.iter().map(|v| 50.0 * (v - THRESHOLD)).collect();
        assert_eq!(pulp::Arch::new().dispatch(All(AlignedVec::new(&scaled))), single);
        assert_eq!(pulp::Scalar::new().vectorize(All(AlignedVec::new(&scaled))), single);
        assert!(pulp::Arch::new().dispatch(All(AlignedVec::new(&[f32::NAN; 16])))[0].is_nan());
    }

    #[test]
    fn four_derivatives_with_one_division_are_those_with_four() {
        let scaled = [-3.0e8, -50.0, -0.3, 0.0, 1e-6, 0.02, 7.5, 2.0e8];
        for a in scaled {
            for b in scaled {
                let four = [a, b, -a, 0.5 * b];
                for (x, got) in four.into_iter().zip(four_derivatives_at(pulp::Scalar::new(), four)) {
                    let expected = (f64::from(x).abs() + 1.0).powi(-2);
                    assert!((f64::from(got) - expected).abs() <= 1e-6 * expected, "{x}: {got} {expected}");
                }
            }
        }
    }
}
