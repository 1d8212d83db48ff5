//! Leaky integrate-and-fire neurons with current-based exponential synapses.
//!
//! With the membrane voltage `v` in units of the nominal leak-to-threshold
//! distance (`v_leak = 0`, `v_th = 1` nominally):
//!
//! ```text
//! dv/dt = −(v − v_leak) / τ_mem + (i_exc − i_inh) / τ_C
//! di/dt = −i / τ_syn                    i += weight   at a presynaptic spike
//! v ≥ v_th:  spike, v := v_reset for the refractory time
//! ```
//!
//! `τ_C = C / g_leak` is the *nominal* membrane time constant. All circuits
//! have the same capacitance `C`; a circuit whose leak conductance is off has
//! another `τ_mem`, but a synaptic current still charges the same capacitor
//! (Cramer et al. 2022, eq. 1, divided by the nominal leak conductance).
//!
//! Between events the equations are linear, so one step of length `dt` is exact
//! (Rotter & Diesmann 1999, Biol. Cybern. 81:381):
//!
//! ```text
//! i' = β i                       β = exp(−dt/τ_syn)
//! v' = v_leak + (v − v_leak) α + κ i        α = exp(−dt/τ_mem)
//! κ  = (τ_m τ_s)/(τ_C (τ_s − τ_m)) (β − α) = α · dt/τ_C · expm1(x)/x,   x = dt (1/τ_mem − 1/τ_syn)
//! ```
//!
//! The second form of κ has no singularity at `τ_mem = τ_syn`.

/// What one step of length `dt` does to membrane and current.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Propagators {
    /// α: decay of the membrane towards the leak potential.
    pub membrane: f64,
    /// β: decay of the synaptic current.
    pub current: f64,
    /// κ: membrane voltage after the step per current before it.
    pub membrane_from_current: f64,
}

impl Propagators {
    /// The exact flow over `dt` for the given time constants, all in seconds and positive.
    pub fn new(dt: f64, tau_mem: f64, tau_syn: f64, tau_c: f64) -> Self {
        let membrane = (-dt / tau_mem).exp();
        let x = dt / tau_mem - dt / tau_syn;
        // expm1(x)/x → 1 as x → 0; the series keeps full precision where the quotient is 0/0.
        let ratio = if x.abs() < 1e-8 { 1.0 + x / 2.0 } else { x.exp_m1() / x };
        Self { membrane, current: (-dt / tau_syn).exp(), membrane_from_current: membrane * dt / tau_c * ratio }
    }
}

/// Peak of the membrane response to one spike of weight 1 on a nominal neuron.
///
/// `ε(t*) ` with `t* = ln(τ_m/τ_s) τ_m τ_s/(τ_m − τ_s)`; 1/e for equal time constants.
pub fn psp_peak(tau_mem: f64, tau_syn: f64) -> f64 {
    let difference = tau_mem - tau_syn;
    let t_peak = if difference.abs() < 1e-6 * tau_mem {
        tau_mem
    } else {
        (tau_mem / tau_syn).ln() * tau_mem * tau_syn / difference
    };
    Propagators::new(t_peak, tau_mem, tau_syn, tau_mem).membrane_from_current
}

#[cfg(test)]
mod tests {
    use super::*;

    /// jaxsnn `tests/sw/test_event_functional_lif_dynamics.py`:
    /// τ_mem = τ_syn = 1, v = i = 1, t = 1 gives i = e⁻¹ and v = 2 e⁻¹.
    #[test]
    fn equal_time_constants_give_the_published_flow() {
        let p = Propagators::new(1.0, 1.0, 1.0, 1.0);
        let e = (-1.0f64).exp();
        assert!((p.current - e).abs() < 1e-12);
        assert!((p.membrane + p.membrane_from_current - 2.0 * e).abs() < 1e-12);
    }

    #[test]
    fn the_coefficient_is_continuous_where_the_time_constants_meet() {
        let equal = Propagators::new(1e-6, 6e-6, 6e-6, 6e-6).membrane_from_current;
        for difference in [1e-15, 1e-13, 1e-11, 1e-9] {
            let near = Propagators::new(1e-6, 6e-6, 6e-6 + difference, 6e-6).membrane_from_current;
            assert!((near - equal).abs() < 1e-3 * difference / 1e-9 + 1e-14, "{difference} {near} {equal}");
        }
    }

    #[test]
    fn the_coefficient_equals_the_textbook_difference_of_exponentials() {
        for (tau_mem, tau_syn) in [(10e-6, 5e-6), (6e-6, 5.7e-6), (0.5e-6, 30e-6), (60e-6, 0.3e-6)] {
            let dt = 0.85e-6;
            let p = Propagators::new(dt, tau_mem, tau_syn, tau_mem);
            let textbook = tau_syn / (tau_syn - tau_mem) * ((-dt / tau_syn).exp() - (-dt / tau_mem).exp());
            assert!((p.membrane_from_current - textbook).abs() < 1e-12, "{tau_mem} {tau_syn}");
        }
    }

    #[test]
    fn two_half_steps_equal_one_step() {
        let (whole, half) = (Propagators::new(2e-6, 6e-6, 4e-6, 5e-6), Propagators::new(1e-6, 6e-6, 4e-6, 5e-6));
        let (mut v, mut i) = (0.3, 0.7);
        for _ in 0..2 {
            v = v * half.membrane + i * half.membrane_from_current;
            i *= half.current;
        }
        assert!((v - (0.3 * whole.membrane + 0.7 * whole.membrane_from_current)).abs() < 1e-12);
        assert!((i - 0.7 * whole.current).abs() < 1e-12);
    }

    #[test]
    fn a_unit_weight_peaks_at_one_over_e_of_the_threshold_for_equal_time_constants() {
        assert!((psp_peak(6e-6, 6e-6) - (-1.0f64).exp()).abs() < 1e-9);
        // Scan of the analytic response for unequal ones.
        let best = (1..4000)
            .map(|k| Propagators::new(f64::from(k) * 10e-9, 10e-6, 5e-6, 10e-6).membrane_from_current)
            .fold(0.0, f64::max);
        assert!((psp_peak(10e-6, 5e-6) - best).abs() < 1e-6);
    }
}
