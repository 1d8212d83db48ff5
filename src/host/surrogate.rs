//! The stand-in for the derivative of a spike.
//!
//! `SuperSpike` (Zenke & Ganguli 2018, Neural Comput. 30:1514, section 3.3.2):
//! `σ'(v) = 1 / (β |v − θ| + 1)²`, in membrane units with θ = 1. Its antiderivative
//! stands beside it so that the gradient can be checked against finite differences.

/// Nominal threshold in membrane units.
pub const THRESHOLD: f32 = 1.0;

/// σ'(v) with slope `beta`.
pub fn derivative(v: f32, beta: f32) -> f32 {
    derivative_at(beta * (v - THRESHOLD))
}

/// σ' at `scaled` = β (v − θ).
#[inline(always)]
pub(super) fn derivative_at(scaled: f32) -> f32 {
    let d = scaled.abs() + 1.0;
    1.0 / (d * d)
}

/// σ(v) = x / (β |x| + 1) with x = v − θ: the function whose derivative [`derivative`] is.
pub fn primitive(v: f32, beta: f32) -> f32 {
    let x = v - THRESHOLD;
    x / (beta * x.abs() + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
