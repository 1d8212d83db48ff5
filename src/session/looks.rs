//! What the views are given: copies of the experiment, in units of the edge.

use super::messages::{
    ChipView, DecisionMap, Drawing, LaneTrace, LaneWeights, MEASURED, MadcTrace, Processors, SampleView, Spread,
    WeightsView,
};
use crate::base::units::Unit;
use crate::chip::Chip;
use crate::chip::layout::{CIRCUITS, Site};
use crate::chip::plasticity::SelfTaught;
use crate::chip::plasticity::cost::MEMORY;
use crate::params::{Lane, NetworkParams, Params};
use crate::probes::LaneXRay;
use crate::spikes::{GridSpike, SpikeTrain};
use crate::training::calibration::sigmas;
use crate::training::{Experiment, argmax};

/// Grid points per side of the decision map.
const MAP_SIDE: usize = 32;

/// The circuits; of a calibrated chip also what they would be without its trims.
pub(super) fn chip_view(experiment: &Experiment) -> ChipView {
    let Some(chip) = experiment.chip() else { return foreign_view(experiment) };
    let mut view = with_trims(chip, experiment.params());
    view.self_taught = experiment.self_taught().map(|own| {
        let circuits = with_trims(own.chip(), experiment.params());
        Box::new(ChipView { processors: Some(processors(own)), ..circuits })
    });
    view
}

fn with_trims(chip: &Chip, params: &Params) -> ChipView {
    let mut view = circuits(chip, params);
    if chip.is_trimmed() {
        let untrimmed = circuits(&chip.untrimmed(), params);
        for (spread, before) in view.spreads.iter_mut().zip(untrimmed.spreads) {
            spread.before = before.actual;
        }
        view.left = sigmas(chip, params);
    }
    view
}

/// What a chip that teaches itself uses besides its network.
fn processors(own: &SelfTaught) -> Processors {
    let (plan, dead) = (own.plan(), own.dead_traces());
    let inputs = plan.rows[0].max(1);
    let trace = |(k, site): (usize, &Site)| (usize::from(site.first), k % inputs, dead.get(k) == Some(&true));
    Processors {
        traces: plan.traces.iter().enumerate().map(trace).collect(),
        fraction_rows: plan.rows[1],
        memory: own.memory().iter().map(|part| (part.what, part.bytes)).collect(),
        most_memory: MEMORY,
    }
}

/// A chip that Misfit did not make: what it says of its neurons, once it has run.
fn foreign_view(experiment: &Experiment) -> ChipView {
    if !experiment.is_on_a_foreign_chip() {
        return ChipView::default();
    }
    let p = experiment.params();
    let faults = experiment.chip_identity().and_then(|_| experiment.foreign_faults()).unwrap_or_default();
    let n_hidden = p.network.hidden as usize;
    let spread = |(key, values): (&str, Vec<f32>)| {
        let k = MEASURED.iter().position(|(own, ..)| *own == key)?;
        let (unit, nominal, of) = measured(k, &p.network);
        // Of readout neurons threshold and reset mean nothing.
        let n = if matches!(key, "threshold" | "reset") { n_hidden } else { values.len() };
        let actual = values[..n].iter().map(|value| of(f64::from(*value))).collect();
        Some(Spread { symbol: MEASURED[k].1, label: MEASURED[k].2, unit, nominal, actual, before: Vec::new() })
    };
    let spreads = faults.into_iter().filter_map(spread).collect();
    let name = experiment.chip_identity().map(|own| own.hello.name).unwrap_or_default();
    ChipView { n_hidden, spreads, silent: vec![false; n_hidden], is_foreign: true, name, ..ChipView::default() }
}

/// The circuits as they are.
fn circuits(chip: &Chip, p: &Params) -> ChipView {
    let (hidden, readout) = chip.actual();
    let all = || hidden.iter().chain(readout);
    let spread = |k: usize, actual: Vec<f64>| {
        let (unit, nominal, of) = measured(k, &p.network);
        let actual = actual.into_iter().map(of).collect();
        Spread { symbol: MEASURED[k].1, label: MEASURED[k].2, unit, nominal, actual, before: Vec::new() }
    };
    let placement = chip.placement();
    ChipView {
        number: p.chip.number,
        n_hidden: hidden.len(),
        sites: placement.hidden.iter().chain(&placement.readout).map(|s| (s.first, s.merged)).collect(),
        circuits: CIRCUITS.max(placement.used),
        silent: chip.damage().silent.clone(),
        self_taught: None,
        processors: None,
        spreads: vec![
            spread(0, all().map(|n| n.tau_mem).collect()),
            spread(1, all().map(|n| n.tau_syn_exc).collect()),
            spread(2, all().map(|n| n.tau_syn_inh).collect()),
            spread(3, hidden.iter().map(|n| n.v_threshold).collect()),
            spread(4, all().map(|n| n.v_leak).collect()),
            spread(5, hidden.iter().map(|n| n.v_reset).collect()),
            spread(6, all().map(|n| n.gain_exc).collect()),
            spread(7, all().map(|n| n.gain_inh).collect()),
            spread(8, all().map(|n| n.cadc_offset).collect()),
        ],
        is_foreign: false,
        left: Vec::new(),
        name: String::new(),
    }
}

/// Unit and nominal value of a measured parameter, and how its values are shown: potentials above the leak, in units of
/// the distance from there to the threshold.
fn measured(k: usize, network: &NetworkParams) -> (&'static str, f64, impl Fn(f64) -> f64 + use<>) {
    let unit = match k {
        0..=2 => Unit::Microseconds,
        6 | 7 => Unit::Percent,
        _ => Unit::Lsb,
    };
    let suffix = if matches!(k, 3..=5) { Spread::THRESHOLDS } else { unit.suffix() };
    let shown = move |value: f64| unit.shown_from_si(value);
    let nominal = [
        shown(network.tau_mem),
        shown(network.tau_syn),
        shown(network.tau_syn),
        1.0,
        0.0,
        network.reset_in_units(),
        100.0,
        100.0,
        0.0,
    ];
    (suffix, nominal[k], shown)
}

pub(super) fn sample_view(
    experiment: &Experiment,
    index: usize,
    (twin, madc): (Option<Lane>, usize),
    heard: Option<&(String, SpikeTrain)>,
) -> Option<SampleView> {
    let data = experiment.data();
    let index = index % data.test.len().max(1);
    let sample = data.test.get(index)?;
    let input = heard.map_or(&sample.spikes, |(_, input)| input);
    let params = experiment.params();
    let first = |lists: Vec<Vec<GridSpike>>| lists.into_iter().next().unwrap_or_default();
    let lane_trace = |lane: Lane, x: LaneXRay, thresholds: Vec<f32>| LaneTrace {
        lane,
        v_hidden: x.xray.v_hidden,
        v_readout: x.xray.v_readout,
        hidden_samples: x.hidden_samples,
        readout_samples: x.readout_samples,
        spikes: first(x.xray.recording.hidden_spikes),
        readout_spikes: first(x.xray.recording.readout_spikes),
        thresholds,
        scores: x.scores,
        answer: x.answer,
    };
    let lanes: Vec<LaneTrace> = params
        .learning
        .lanes
        .iter()
        .filter_map(|&lane| Some(lane_trace(lane, experiment.xray(lane, input)?, experiment.thresholds(lane)?)))
        .collect();
    let learnt = |lane: &Lane| params.learning.lanes.contains(lane);
    let twin_of = twin.into_iter().chain([Lane::InTheLoop]).find(learnt).or(params.learning.lanes.first().copied())?;
    let nominal = vec![1.0; params.network.hidden as usize];
    let twin = experiment.xray_on_ideal_twin(twin_of, input).map(|x| lane_trace(twin_of, x, nominal));
    let samples = experiment.madc(twin_of, input, madc);
    let grid = params.network.grid();
    let mut view = SampleView {
        madc: samples.map(|samples| MadcTrace { lane: twin_of, neuron: madc, samples }),
        index,
        count: data.test.len(),
        label: heard.is_none().then_some(usize::from(sample.label)),
        name: heard.map(|(name, _)| name.clone()),
        class_names: data.class_names.clone(),
        picture: data.picture,
        pixels: sample.picture.clone(),
        // What comes after the end of the sample reaches nobody.
        input: SpikeTrain::from_events(input.iter().filter(|(t, _)| f64::from(*t) < grid.duration()).collect()),
        n_inputs: data.n_inputs,
        grid,
        lanes,
        twin,
        compared: None,
    };
    view.compare(params.network.tau_mem);
    Some(view)
}

pub(super) fn decision_map(experiment: &Experiment) -> Option<DecisionMap> {
    let coordinate = |k: usize| (k as f64 + 0.5) / MAP_SIDE as f64;
    let points: Option<Vec<SpikeTrain>> = (0..MAP_SIDE * MAP_SIDE)
        .map(|k| experiment.data().point(experiment.params(), coordinate(k % MAP_SIDE), coordinate(k / MAP_SIDE)))
        .collect();
    let points = points?;
    let inputs: Vec<&SpikeTrain> = points.iter().collect();
    let lanes = experiment.params().learning.lanes.iter().filter_map(|&lane| {
        let scores = experiment.classify(lane, &inputs)?;
        Some((lane, scores.iter().map(|s| argmax(s) as u8).collect()))
    });
    Some(DecisionMap { side: MAP_SIDE, lanes: lanes.collect() })
}

/// The codes of all lanes.
pub(super) fn weights_view(experiment: &Experiment) -> WeightsView {
    let params = experiment.params();
    let lanes = params.learning.lanes.iter().filter_map(|&lane| {
        let (now, first) = (experiment.codes(lane)?, experiment.first_codes(lane)?.clone());
        let fractions = experiment.self_taught().filter(|_| lane == Lane::OnChip).map(SelfTaught::fractions);
        Some(LaneWeights { lane, now, first, fractions })
    });
    WeightsView { lanes: lanes.collect(), code_max: params.network.code_max() }
}

/// What every lane makes of a picture of the task's size; `None` for others.
pub(super) fn drawing(experiment: &Experiment, pixels: &[f32]) -> Option<Drawing> {
    let spikes = experiment.data().image(experiment.params(), pixels)?;
    let lanes = experiment.params().learning.lanes.iter().filter_map(|&lane| {
        let scores = experiment.classify(lane, &[&spikes])?.into_iter().next()?;
        let answer = argmax(&scores);
        Some((lane, scores, answer))
    });
    Some(Drawing { pixels: pixels.to_vec(), lanes: lanes.collect() })
}
