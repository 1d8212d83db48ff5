//! Every view draws every snapshot that can be thought of.

use crate::stage::*;

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use misfit::params::{Lane, Params};
use misfit::session::messages::{
    BatchesView, Change, Codes, DecisionMap, Drawing, Importance, ImportanceView, LaneWeights, Picture, Snapshot,
    StepStats, WeightsView, What,
};
use misfit::spikes::{GridSpike, SpikeTrain};
use misfit::text::EN;
use misfit::views::ViewKind;
use ndarray::Array2;

#[test]
fn nothing_at_all() {
    everywhere(&Snapshot::empty(&Params::default()));
    for kind in ViewKind::ALL {
        let harness = draw(kind, &Snapshot::empty(&Params::default()), egui::Theme::Dark, LARGE);
        // Some add which button fills them.
        harness.get_by_label_contains(EN.no_data);
    }
}

#[test]
fn a_normal_snapshot_fills_every_view() {
    everywhere(&normal());
    for kind in ViewKind::ALL {
        let harness = draw(kind, &normal(), egui::Theme::Light, LARGE);
        assert!(harness.query_by_label(EN.no_data).is_none(), "{kind:?} is empty");
        assert!(harness.output().shapes.len() > 10, "{kind:?} draws {} shapes", harness.output().shapes.len());
    }
}

#[test]
fn points_of_the_plane_with_and_without_a_map() {
    everywhere(&plane());
    everywhere(&Snapshot { decision_map: None, ..plane() });
}

#[test]
fn numbers_that_are_none() {
    let mut snapshot = with_sample(normal(), |sample| {
        for (k, lane) in sample.lanes.iter_mut().chain(sample.twin.as_mut()).enumerate() {
            let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][k % 3];
            lane.v_hidden[[3, 4]] = bad;
            lane.v_hidden.column_mut(5).fill(bad);
            lane.v_readout.fill(bad);
            lane.hidden_samples.fill(bad);
            lane.readout_samples[[0, 0]] = bad;
            lane.thresholds.fill(bad);
            lane.scores.fill(bad);
        }
        sample.pixels.fill(f32::NAN);
    });
    let bad = |x: f64| if x < 2.0 { f64::NAN } else { f64::INFINITY };
    for curves in &mut snapshot.curves {
        curves.batch_loss = curve(bad);
        curves.test_loss = curve(|_| 0.0);
        curves.test_accuracy = curve(|_| f64::NAN);
        curves.batch_accuracy = curve(bad);
    }
    let mut examined = examination(Lane::InTheLoop, 3, 20);
    examined.rates.fill(f32::NAN);
    examined.scores.accuracy = f64::NAN;
    snapshot.examined = Arc::new(vec![examined]);
    snapshot.rounds[0].1 = StepStats { seconds: [f64::NAN; 5], duration: f64::INFINITY, ..StepStats::default() };
    snapshot.drawing =
        Some(Arc::new(Drawing { pixels: vec![f32::NAN; 64], lanes: vec![(Lane::InTheLoop, vec![f32::NAN; 3], 9)] }));
    snapshot.importance = Some(Arc::new(ImportanceView {
        lane: Lane::Ideal,
        baseline: Importance { loss: f64::NAN, accuracy: f64::INFINITY },
        importances: vec![Importance { loss: f64::NAN, accuracy: f64::NAN }; 20],
        n: 20,
        samples: 0,
        epochs: f64::NAN,
    }));
    snapshot.chips = Some(Arc::new(chips(|_| f64::NAN)));
    snapshot.repeats = Some(Arc::new(repeats(|run, neuron| if run == neuron { f64::INFINITY } else { f64::NAN })));
    let mut bench = bench();
    bench.circuits[0].v.fill(f32::NAN);
    (bench.circuits[1].threshold, bench.circuits[2].spikes, bench.duration) = (f64::NAN, vec![f64::NAN], f64::NAN);
    (bench.stimulus.times, bench.stimulus.weight, bench.full_scale) = (vec![f64::INFINITY], f64::NAN, f64::NAN);
    snapshot.bench = Some(Arc::new(bench));
    snapshot.gradient = [curve(|_| f64::NAN), curve(bad)];
    snapshot.looking_at = Some(17);
    snapshot.changes = Arc::new(vec![Change { epochs: f64::NAN, what: What::Calibrated }]);
    let mut chip = (*snapshot.chip).clone();
    chip.spreads[0].nominal = 0.0;
    chip.spreads[0].before.fill(f64::INFINITY);
    chip.spreads[1].actual.fill(f64::NAN);
    snapshot.chip = Arc::new(chip);
    everywhere(&snapshot);
    let (sweep, study) = (Some(sweep(3, f64::NAN)), Some(answer("neuron-death", 2, |_| f64::NAN)));
    for kind in [ViewKind::Sweep, ViewKind::Studies] {
        for (theme, size) in [(egui::Theme::Dark, LARGE), (egui::Theme::Light, SMALL)] {
            draw(kind, BatchesView { sweep: sweep.clone(), study: study.clone() }, theme, size);
        }
    }
    everywhere(&with_sample(plane(), |sample| sample.pixels.fill(f32::INFINITY)));
}

#[test]
fn a_neuron_clicked_in_one_view_is_the_one_that_all_views_show() {
    let mut harness = draw(ViewKind::Culprits, &normal(), egui::Theme::Dark, LARGE);
    harness.get_by_label("13").click();
    harness.run_steps(3);
    let stage = harness.state();
    let figure =
        stage.views.figure(ViewKind::Membranes, &stage.snapshot, &stage.runs, &stage.batches, &EN).expect("a figure");
    let name = format!("{} 13, {}", EN.neuron, EN.analog);
    assert!(figure.panels[0].series.iter().any(|series| series.name == name), "{:?}", figure.panels[0].legend);
    assert!(harness.query_by_label(&format!("{} 13", EN.neuron)).is_some(), "its scores are shown");
}

#[test]
fn a_single_lane_without_a_twin() {
    for lane in Lane::ALL {
        let mut snapshot = with_sample(normal(), |sample| {
            sample.lanes.retain(|l| l.lane == lane);
            sample.twin = None;
        });
        snapshot.curves.retain(|c| c.lane == lane);
        snapshot.examined = Arc::new(vec![examination(lane, 3, 20)]);
        snapshot.weights = Some(Arc::new(WeightsView { lanes: vec![weights(lane)], code_max: 63 }));
        everywhere(&snapshot);
    }
}

#[test]
fn no_neurons_no_classes_no_pixels_and_a_map_without_points() {
    let nothing = with_sample(normal(), |sample| {
        sample.lanes = Lane::ALL.map(|lane| trace(lane, 0, 0)).to_vec();
        sample.lanes[1].answer = 7;
        sample.twin = Some(trace(Lane::InTheLoop, 0, 0));
        (sample.class_names, sample.label, sample.count) = (Vec::new(), Some(9), 0);
        (sample.pixels, sample.picture) = (Vec::new(), Picture::Image { rows: 0, columns: 0 });
        (sample.input, sample.n_inputs) = (SpikeTrain::default(), 0);
        sample.grid.n_host = 0;
    });
    everywhere(&nothing);
    everywhere(&with_sample(normal(), |sample| sample.lanes.clear()));
    let map = DecisionMap { side: 0, lanes: vec![(Lane::Ideal, Vec::new())] };
    everywhere(&Snapshot { decision_map: Some(Arc::new(map)), ..plane() });
}

#[test]
fn shapes_that_do_not_fit_together() {
    let mut odd = normal();
    let mut short = weights(Lane::InTheLoop);
    short.first = Codes { input: Array2::zeros((1, 1)), ..Codes::default() };
    let none = Codes::default();
    let empty = LaneWeights { lane: Lane::Ideal, now: none.clone(), first: none, fractions: None };
    odd.weights = Some(Arc::new(WeightsView { lanes: vec![short, empty], code_max: 0 }));
    odd.examined = Arc::new(vec![examination(Lane::InTheLoop, 0, 0), examination(Lane::Ideal, 12, 500)]);
    let mut chip = (*odd.chip).clone();
    chip.sites = vec![(500, 60), (3, 0), (9999, 1)];
    chip.circuits = 3;
    chip.silent.clear();
    chip.spreads[1].actual.truncate(1);
    odd.chip = Arc::new(chip);
    everywhere(&odd);
    everywhere(&with_sample(normal(), |sample| {
        sample.lanes[0] = trace(Lane::Ideal, 3, 1);
        sample.lanes[2] = trace(Lane::InTheLoop, 2, 9);
        sample.lanes[2].thresholds.clear();
        sample.lanes[2].spikes.push(GridSpike { step: u16::MAX, neuron: u16::MAX });
        sample.twin = Some(trace(Lane::InTheLoop, 1, 0));
        sample.pixels.truncate(5);
    }));
    let map = DecisionMap { side: 4, lanes: vec![(Lane::Ideal, vec![200; 99]), (Lane::InTheLoop, vec![1; 3])] };
    everywhere(&Snapshot { decision_map: Some(Arc::new(map)), ..plane() });
}
