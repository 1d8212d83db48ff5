//! How far apart the neurons of a chip are.

use crate::chip::Chip;
use crate::chip::mismatch::ActualNeuron;
use crate::params::Params;

/// Key of the parameter that sets it, and σ of every calibrated parameter as the chip has it, as a calibration tells it.
pub fn sigmas(chip: &Chip, params: &Params) -> Vec<(&'static str, f64)> {
    let keys = [
        "sigma_leak",
        "sigma_reset",
        "sigma_threshold",
        "sigma_tau_mem",
        "sigma_tau_syn",
        "sigma_tau_syn_inh",
        "sigma_cadc_offset",
    ];
    keys.into_iter().zip(spreads(chip, params)).map(|(key, (_, _, sigma))| (key, sigma)).collect()
}

/// Name, accepted ratio (calix `test_neuron_distribution.py`) and trimmed σ in % of every calibrated parameter.
pub(super) fn spreads(chip: &Chip, params: &Params) -> Vec<(&'static str, f64, f64)> {
    let (hidden, readout) = chip.actual();
    let spikes = hidden.iter().zip(&chip.damage().silent).filter(|(_, silent)| !**silent).map(|(neuron, _)| neuron);
    let all: Vec<_> = spikes.chain(readout).copied().collect();
    let sd = |f: &dyn Fn(&ActualNeuron) -> f64| 100.0 * trimmed_sd(all.iter().map(f).collect());
    vec![
        ("leak", 0.30, sd(&|n| n.v_leak)),
        ("reset", 0.30, sd(&|n| n.v_reset)),
        ("threshold", 0.30, sd(&|n| n.v_threshold)),
        ("tau_mem", 0.45, sd(&|n| n.tau_mem / params.network.tau_mem)),
        ("tau_syn_exc", 0.20, sd(&|n| n.tau_syn_exc / params.network.tau_syn)),
        ("tau_syn_inh", 0.20, sd(&|n| n.tau_syn_inh / params.network.tau_syn)),
        ("cadc_offset", 0.30, sd(&|n| n.cadc_offset / params.network.lsb_per_unit())),
    ]
}

/// Standard deviation without the lowest and highest 5 %.
fn trimmed_sd(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let cut = values.len() / 20;
    let kept = &values[cut..values.len() - cut];
    let n = kept.len().max(1) as f64;
    let mean = kept.iter().sum::<f64>() / n;
    (kept.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}
