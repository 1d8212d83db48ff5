//! The basilar membrane: how strongly each place of the inner ear moves with a tone.
//!
//! A hydrodynamic model with one closed form per frequency and place (Sieroka, Dosch & Rupp 2006),
//! with the constants of Cramer et al. 2020 (doi:10.1109/TNNLS.2020.3044364), whose letters are kept.
//! With ω = 2πf, c in cm from the base, and S(c) = C₀e^(−αc) − a, R(c) = r e^(−αc/2), ξ = S − mω² − iωR, g = ω √(ϱ/(hξ)):
//!
//! ```text
//! G(ω,c) = 2g(ω,0)/α − 2i√2 ω ln(A/B) / (α √(2h(mω² + a)))
//! A = −α √(C₀ − a − ω(mω + ir)) + iα (2a + ω(2mω + ir)) / (2√(a + mω²))
//! B = ½α e^(αc/2) (−2 √(C₀e^(−αc) − a − mω² − i e^(−αc/2) ω r)
//!                  + i (2a + ω(2mω + i e^(−αc/2) r)) / √(a + mω²))
//! p(ω,c) = √(G/g) H₀⁽¹⁾(G)
//! Z(ω) = √(2C₀/h) (iJ₀(q) + Y₀(q)) / (J₁(q) − iY₁(q)),   q = (4πf/α) √(2/(hC₀))
//! v(ω,c) = (2ω/ξ) (p(ω,c)/p(ω,0)) Z
//! ```

use std::f64::consts::PI;

use complex_bessel::{besselj, bessely, hankel1};
use num_complex::{Complex32, Complex64};

/// a.
const OFFSET: f64 = 3500.0;
/// α in 1/cm: how fast the stiffness falls from base to apex.
const ALPHA: f64 = 3.0;
/// ϱ.
const DENSITY: f64 = 1.0;
/// C₀: stiffness at the base.
const STIFFNESS: f64 = 1e9;
/// δ: damping relative to critical; r = δ √(C₀ m).
const DAMPING: f64 = 0.15;
/// h.
const HEIGHT: f64 = 0.1;
/// m.
const MASS: f64 = 0.05;
/// What moves a million times less than at the best frequency of its place is left out.
const NEGLIGIBLE: f64 = 1e-6;

/// What does not depend on the place: one per frequency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drive {
    omega: f64,
    /// Z / p(ω, 0).
    factor: Complex64,
}

impl Drive {
    /// The drive at `frequency` in Hz, which must be above 0.
    pub(super) fn new(frequency: f64) -> Self {
        let omega = 2.0 * PI * frequency;
        let q = Complex64::from(4.0 * PI * frequency / ALPHA * (2.0 / (HEIGHT * STIFFNESS)).sqrt());
        let i = Complex64::I;
        let z = |nu| (besselj(nu, q).unwrap_or_default(), bessely(nu, q).unwrap_or_default());
        let ((j0, y0), (j1, y1)) = (z(0.0), z(1.0));
        let impedance = (2.0 * STIFFNESS / HEIGHT).sqrt() * (i * j0 + y0) / (j1 - i * y1);
        Self { omega, factor: impedance / pressure(omega, 0.0) }
    }

    /// v(ω, c): what multiplies the spectrum of the sound at the place `c` in cm.
    pub(super) fn velocity(&self, c: f64) -> Complex64 {
        2.0 * self.omega / xi(self.omega, c) * pressure(self.omega, c) * self.factor
    }
}

/// The frequency in Hz at which mass and stiffness of the place `c` (cm) cancel: √(S/m)/2π.
pub(super) fn resonance(c: f64) -> f64 {
    ((STIFFNESS * (-ALPHA * c).exp() - OFFSET) / MASS).max(0.0).sqrt() / (2.0 * PI)
}

/// v(2πk, c) for k = 0, 1, 2… in steps of 1 Hz, up to where it becomes negligible.
pub(super) fn response(drives: &[Drive], c: f64) -> Vec<Complex32> {
    let resonance = resonance(c);
    let mut largest = 0.0f64;
    // A constant pressure moves nothing.
    let mut response = vec![Complex32::ZERO];
    for drive in drives {
        let v = drive.velocity(c);
        largest = largest.max(v.norm());
        if !v.is_finite() || (drive.omega > 2.0 * PI * resonance && v.norm() < NEGLIGIBLE * largest) {
            break;
        }
        response.push(Complex32::new(v.re as f32, v.im as f32));
    }
    response
}

/// ξ(ω, c).
fn xi(omega: f64, c: f64) -> Complex64 {
    let half = (-ALPHA * c / 2.0).exp();
    let r = DAMPING * (STIFFNESS * MASS).sqrt();
    Complex64::new(STIFFNESS * half * half - OFFSET - MASS * omega * omega, -omega * r * half)
}

/// g(ω, c).
fn wave_number(omega: f64, c: f64) -> Complex64 {
    omega * (DENSITY / (HEIGHT * xi(omega, c))).sqrt()
}

/// G(ω, c): the phase that the wave has gathered from base to `c`.
fn phase(omega: f64, c: f64) -> Complex64 {
    let i = Complex64::I;
    let r = DAMPING * (STIFFNESS * MASS).sqrt();
    let root = (OFFSET + MASS * omega * omega).sqrt();
    let loss = |r: f64| 2.0 * OFFSET + omega * Complex64::new(2.0 * MASS * omega, r);
    let half = (-ALPHA * c / 2.0).exp();
    let a = -ALPHA * xi(omega, 0.0).sqrt() + i * ALPHA * loss(r) / (2.0 * root);
    let b = ALPHA / (2.0 * half) * (-2.0 * xi(omega, c).sqrt() + i * loss(half * r) / root);
    let travelled = 2.0 * i * 2f64.sqrt() * omega * (a / b).ln() / (ALPHA * (2.0 * HEIGHT).sqrt() * root);
    2.0 * wave_number(omega, 0.0) / ALPHA - travelled
}

/// p(ω, c), up to a constant. Where H₀⁽¹⁾ underflows the wave has died out.
fn pressure(omega: f64, c: f64) -> Complex64 {
    let phase = phase(omega, c);
    (phase / wave_number(omega, c)).sqrt() * hankel1(0.0, phase).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: usize) -> f64 {
        3.5 * position as f64 / 699.0
    }

    #[test]
    fn resonances_fall_from_22_kilohertz_at_the_base_to_110_hertz_at_the_apex() {
        // √(S/m)/2π by hand, from the constants of Cramer et al. 2020.
        for (c, hertz) in [(0.0, 22_508.0), (1.0, 5_022.0), (2.0, 1_120.0), (3.0, 246.5), (3.5, 110.3)] {
            assert!((resonance(c) / hertz - 1.0).abs() < 5e-4, "{c} cm: {}", resonance(c));
        }
    }

    #[test]
    fn the_response_is_that_of_the_same_equations_in_scipy() {
        // `tests/reference/ear.py` with SciPy 1.16 (hankel1, jv, yv): Hz, position, real, imaginary.
        for (hertz, position, re, im) in [
            (100.0, 0, 1.631_855_889_354e-2, 3.080_766_612_562e-2),
            (100.0, 300, -1.208_443_954_519e-1, 1.545_318_235_619),
            (100.0, 699, 1.643_949_136_382e2, -1.505_213_533_758e2),
            (440.0, 100, 6.495_084_275_839e-1, 1.205_393_336_220),
            (440.0, 500, -1.014_277_921_744e2, -1.526_387_984_178e2),
            (440.0, 699, 1.196_265_326_114e-6, -2.472_178_542_785e-6),
            (1000.0, 300, -1.182_802_460_765e1, -4.434_467_936_464e1),
            (1000.0, 699, 7.066_657_954_118e-11, -8.414_318_460_788e-10),
            (3000.0, 0, 4.907_221_010_829, 1.383_061_014_737),
            (3000.0, 100, -3.285_515_088_475, 1.608_125_982_428e1),
            (3000.0, 300, -3.707_418_680_284e-1, 2.470_126_990_234e-1),
            (8000.0, 100, 1.168_317_715_387e1, -5.908_729_889_016e1),
            (8000.0, 500, 4.481_200_867_797e-13, 1.451_933_581_218e-12),
        ] {
            let expected = Complex64::new(re, im);
            let v = Drive::new(hertz).velocity(place(position));
            assert!((v - expected).norm() < 1e-8 * expected.norm(), "{hertz} Hz at {position}: {v}, not {expected}");
        }
    }

    #[test]
    fn every_place_moves_most_a_little_below_its_resonance() {
        let drives: Vec<Drive> = (1..24_000).map(|f| Drive::new(f64::from(f))).collect();
        for position in [50, 200, 350, 500, 650] {
            let response = response(&drives, place(position));
            let best = (0..response.len()).max_by(|&a, &b| response[a].norm().total_cmp(&response[b].norm())).unwrap();
            let ratio = best as f64 / resonance(place(position));
            assert!((0.85..1.0).contains(&ratio), "position {position}: {best} Hz");
            // What was cut off is below the threshold, and the high places keep only the low tones.
            assert!(position < 100 || response.len() < drives.len(), "position {position}: nothing was cut off");
        }
    }
}
