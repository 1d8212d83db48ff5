//! From numbers to spike times.

use crate::spikes::SpikeTrain;

/// Latency code of intensities 0…1, one channel each: bright ones spike early, dark ones not at all.
///
/// `t = τ_in ln(x / (x − θ_in))` for `x > θ_in` (Cramer et al. 2022, Methods). It is the
/// time at which an integrator with time constant τ_in, charged by the current x, reaches θ_in.
/// `tau` in seconds.
pub fn latency(intensities: &[f32], tau: f64, threshold: f64) -> SpikeTrain {
    // Compared as f32: widened, an intensity equal to the threshold would come out a hair above or below it.
    let bright = intensities.iter().enumerate().filter(|(_, x)| **x > threshold as f32);
    let events = bright.map(|(channel, &x)| {
        let x = f64::from(x);
        ((tau * (x / (x - threshold)).ln()) as f32, channel as u16)
    });
    SpikeTrain::from_events(events.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integrator_driven_by_the_pixel_reaches_threshold_at_the_spike_time() {
        let (tau, threshold) = (8e-6, 0.2);
        let train = latency(&[1.0, 0.5, 0.25, 0.2, 0.0], tau, threshold);
        assert_eq!(train.units, [0, 1, 2], "dark pixels stay silent, bright ones come first");
        for (time, unit) in train.iter() {
            let x = [1.0, 0.5, 0.25][usize::from(unit)];
            // Independent check: forward Euler of dv/dt = (x − v)/τ.
            let (mut v, mut t, dt) = (0.0f64, 0.0f64, 1e-10);
            while v < threshold {
                v += dt / tau * (x - v);
                t += dt;
            }
            assert!((f64::from(time) - t).abs() < 1e-9, "pixel {x}: {time} against {t}");
        }
    }
}
