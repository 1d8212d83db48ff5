use super::*;
use crate::chip::layout::Shape;

fn uncalibrated(number: u32) -> (Params, Chip) {
    let params = Params::default().with(|p| p.chip.number = number);
    let chip =
        Chip::new(&params.for_chip(), Shape { n_inputs: 64, n_hidden: 256, n_readout: 10, recurrent: false }).unwrap();
    (params, chip)
}

/// The limits are those of calix `tests/hw/py/test_neuron_distribution.py`, or tighter.
#[test]
fn calibration_through_the_readout_shrinks_every_spread_as_far_as_on_the_real_chip() {
    for number in [1, 2] {
        let (params, chip) = uncalibrated(number);
        let result = calibrate(&chip, &params, 5, &|| true).unwrap();
        for s in &result.spreads {
            println!("chip {number} {}: {:.2} % -> {:.2} % (limit {})", s.name, s.before, s.after, s.limit);
        }
        for s in &result.spreads {
            assert!(s.after <= s.limit * s.before, "{}: {:.2} % to {:.2} %", s.name, s.before, s.after);
        }
    }
}

#[test]
fn calibrated_neurons_are_near_nominal_not_only_alike() {
    let (params, mut chip) = uncalibrated(3);
    let trims = calibrate(&chip, &params, 5, &|| true).unwrap().trims;
    chip.write_trims(&trims);
    let hidden = chip.actual().0;
    let median = |f: &dyn Fn(&crate::chip::mismatch::ActualNeuron) -> f64| {
        let mut v: Vec<f64> = hidden.iter().map(f).collect();
        v.sort_by(f64::total_cmp);
        v[v.len() / 2]
    };
    assert!(median(&|n| n.v_leak).abs() < 0.02);
    assert!((median(&|n| n.v_reset) - params.network.reset_in_units()).abs() < 0.04);
    assert!((median(&|n| n.v_threshold) - 1.0).abs() < 0.04, "{}", median(&|n| n.v_threshold));
    assert!((median(&|n| n.tau_mem) / params.network.tau_mem - 1.0).abs() < 0.05);
    assert!((median(&|n| n.tau_syn_exc) / params.network.tau_syn - 1.0).abs() < 0.05);
}

#[test]
fn no_neuron_is_left_behind_not_even_the_one_that_is_furthest_off() {
    let (params, mut chip) = uncalibrated(1);
    let worst = |chip: &Chip| chip.actual().0.iter().map(|n| n.v_leak.abs()).fold(0.0, f64::max);
    assert!(worst(&chip) > 0.6, "this chip has leaks far away, {}", worst(&chip));
    let trims = calibrate(&chip, &params, 5, &|| true).unwrap().trims;
    chip.write_trims(&trims);
    for (k, n) in chip.actual().0.iter().enumerate() {
        let tau = [
            n.tau_mem / params.network.tau_mem,
            n.tau_syn_exc / params.network.tau_syn,
            n.tau_syn_inh / params.network.tau_syn,
        ];
        let potentials = [n.v_leak, n.v_reset - params.network.reset_in_units(), n.v_threshold - 1.0];
        assert!(tau.iter().all(|t| (t - 1.0).abs() < 0.15), "neuron {k}: {n:?}");
        assert!(potentials.iter().all(|v| v.abs() < 0.1), "neuron {k}: {n:?}");
    }
}

#[test]
fn neurons_that_never_spike_keep_their_thresholds_and_spoil_no_spread() {
    let broken = Params::default().with(|p| p.chip.silent_neurons = 0.3);
    let mut chip =
        Chip::new(&broken.for_chip(), Shape { n_inputs: 64, n_hidden: 256, n_readout: 10, recurrent: false }).unwrap();
    let silent = chip.damage().silent.clone();
    let made = chip.actual().0.to_vec();
    let result = calibrate(&chip, &broken, 5, &|| true).unwrap();
    assert_eq!(result.mute, silent.iter().filter(|silent| **silent).count());
    for s in &result.spreads {
        assert!(s.after <= s.limit * s.before, "{}: {:.2} % to {:.2} %", s.name, s.before, s.after);
    }
    chip.write_trims(&result.trims);
    for (k, (now, made)) in chip.actual().0.iter().zip(&made).enumerate().filter(|(k, _)| silent[*k]) {
        assert!((now.v_threshold - made.v_threshold).abs() < 1e-9, "neuron {k}");
    }
}

#[test]
fn a_calibration_that_is_stopped_returns_nothing() {
    let (params, chip) = uncalibrated(4);
    assert!(calibrate(&chip, &params, 5, &|| false).is_none());
}

#[test]
fn a_known_response_gives_back_its_time_constant() {
    for tau_syn in [3e-6, 6e-6, 11e-6] {
        let points: Vec<(f64, f64)> = (0..40)
            .map(|k| {
                let t = f64::from(k) * 1.7e-6;
                (t, 0.1 + 0.7 * Propagators::new(t, 6e-6, tau_syn, 6e-6).membrane_from_current)
            })
            .collect();
        assert!((fit_tau_syn(&points, 6e-6, 6e-6) / tau_syn - 1.0).abs() < 1e-3);
    }
}
