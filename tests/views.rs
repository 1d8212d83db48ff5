//! Every view draws every snapshot that can be thought of, in both themes, large and small.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use misfit::params::{LaneKind, Params, TaskKind};
use misfit::spikes::{GridSpike, SpikeTrain};
use misfit::store::Record;
use misfit::study::catalogue::{Request, STUDIES, study};
use misfit::study::table::{Chart, Table as StudyTable};
use misfit::study::{LaneOutcome, Outcome as StudyOutcome};
use misfit::sweep::{Axis, Outcome, Plan, Progress, Table};
use misfit::text::{EN, ZH};
use misfit::time::TimeGrid;
use misfit::views::{Scene, ViewKind, Views};
use misfit::worker::messages::{
    Change, ChipView, ChipsView, Codes, Command, DecisionMap, Drawing, Entry, EpochReport, Examination, Harm, HarmView,
    LaneCurves, LaneTrace, LaneWeights, Picture, PinnedCurves, PinnedGroup, Repeated, RepeatsView, Round, RunsView,
    SampleView, Scores, Snapshot, Spread, StudyProgress, StudyView, SweepView, Timeline, WeightsView, What,
};
use ndarray::Array2;

const LARGE: [f32; 2] = [900.0, 600.0];
const SMALL: [f32; 2] = [90.0, 60.0];

struct Stage {
    views: Views,
    snapshot: Snapshot,
    runs: RunsView,
}

/// Draws `kind`, moves the pointer over it, and presses whatever can be toggled.
fn draw(kind: ViewKind, snapshot: &Snapshot, theme: egui::Theme, size: [f32; 2]) -> Harness<'static, Stage> {
    // Who has a snapshot of something has runs, too.
    let runs = if snapshot.batches > 0 { runs() } else { RunsView::default() };
    let stage = Stage { views: Views::default(), snapshot: snapshot.clone(), runs };
    let mut harness = Harness::builder().with_size(size).with_theme(theme).build_ui_state(
        move |ui, stage: &mut Stage| {
            let mut commands = Vec::new();
            let Stage { views, snapshot, runs } = stage;
            let mut scene = Scene { snapshot, runs, text: &EN, commands: &mut commands };
            views.ui(kind, ui, &mut scene);
        },
        stage,
    );
    for at in [[0.5, 0.5], [0.7, 0.9], [0.2, 0.3]] {
        harness.hover_at(egui::pos2(at[0] * size[0], at[1] * size[1]));
        harness.run_steps(2);
    }
    for label in [
        EN.logarithmic.name,
        EN.most_different.name,
        EN.previous,
        EN.next,
        EN.device.recurrent_weights,
        EN.device.readout_weights,
        EN.device.change.name,
        EN.device.kill.name,
        EN.sweep.pictures[1],
        EN.sweep.pictures[2],
        EN.studies.table,
    ] {
        if size[0] > SMALL[0] && harness.query_by_label(label).is_some() {
            harness.get_by_label(label).click();
            harness.run_steps(2);
        }
    }
    harness
}

fn everywhere(snapshot: &Snapshot) {
    for kind in ViewKind::ALL {
        for theme in [egui::Theme::Dark, egui::Theme::Light] {
            for size in [LARGE, SMALL] {
                draw(kind, snapshot, theme, size);
            }
        }
    }
}

fn trace(lane: LaneKind, hidden: usize, readout: usize) -> LaneTrace {
    let wave = |n: usize, steps: usize| Array2::from_shape_fn((steps, n), |(t, k)| ((t + 3 * k) as f32 * 0.2).sin());
    LaneTrace {
        lane,
        v_hidden: wave(hidden, 48),
        v_readout: wave(readout, 48),
        hidden_samples: wave(hidden, 24),
        readout_samples: wave(readout, 24),
        spikes: (0..hidden).map(|k| GridSpike { step: (k % 48) as u16, neuron: k as u16 }).collect(),
        thresholds: vec![1.0; hidden],
        scores: (0..readout).map(|k| k as f32 - 1.0).collect(),
        answer: readout.saturating_sub(1),
    }
}

fn curve(f: impl Fn(f64) -> f64) -> Arc<Vec<[f64; 2]>> {
    Arc::new((0..50).map(|k| f64::from(k) / 10.0).map(|x| [x, f(x)]).collect())
}

fn normal() -> Snapshot {
    let curves = |lane| LaneCurves {
        lane,
        batch_loss: curve(|x| (-x).exp()),
        test_loss: curve(|x| (-x).exp() + 0.1),
        test_accuracy: curve(|x| 90.0 - 50.0 * (-x).exp()),
        batch_accuracy: curve(|x| 95.0 - 60.0 * (-x).exp()),
        hidden_spikes: curve(|x| x),
        left_accuracy: Arc::default(),
        left_loss: Arc::default(),
    };
    let spread = |symbol, unit, nominal: f64| Spread {
        symbol,
        label: symbol,
        unit,
        nominal,
        actual: (0..23).map(|k| nominal * (0.9 + 0.01 * f64::from(k))).collect(),
        before: (0..23).map(|k| nominal * (0.8 + 0.02 * f64::from(k))).collect(),
    };
    let scores = Scores { loss: 0.3, accuracy: 0.9, hidden_spikes: 40.0 };
    let mut sample = SampleView {
        madc: None,
        index: 2,
        count: 7,
        label: Some(1),
        name: None,
        class_names: ["yin", "yang", "dot"].map(str::to_owned).to_vec(),
        picture: Picture::Image { rows: 8, columns: 8 },
        pixels: (0..64).map(|k| k as f32 / 63.0).collect(),
        input: SpikeTrain::from_events((0..40).map(|k| (k as f32 * 1e-6, k as u16)).collect()),
        n_inputs: 40,
        grid: TimeGrid::new(40e-6, 1.7e-6, 2),
        lanes: LaneKind::ALL.map(|lane| trace(lane, 20, 3)).to_vec(),
        twin: Some(trace(LaneKind::InTheLoop, 20, 3)),
        compared: None,
    };
    sample.compare(6e-6);
    Snapshot {
        running: true,
        epoch: 3,
        batch: 4,
        batches: 23,
        batches_per_second: 20.0,
        curves: LaneKind::ALL.map(curves).to_vec(),
        now: LaneKind::ALL.map(|lane| (lane, scores)).to_vec(),
        chip: Arc::new(ChipView {
            number: 1,
            spreads: vec![spread("τ_mem", " µs", 6.0), spread("θ", " LSB", 150.0)],
            n_hidden: 20,
            sites: (0..23).map(|k| (k, 1)).collect(),
            circuits: 512,
            silent: (0..20).map(|k| k == 7).collect(),
        }),
        sample: Some(Arc::new(sample)),
        weights: Some(Arc::new(WeightsView { lanes: LaneKind::ALL.map(weights).to_vec(), code_max: 63 })),
        examined: Arc::new(LaneKind::ALL.map(|lane| examination(lane, 3, 20)).to_vec()),
        round: Some(Round {
            seconds: [3e-3, 1e-4, 5e-3, 2e-4, 1e-4],
            samples: 64,
            codes: 860,
            input_events: 2000,
            voltages: 30_000,
            spikes: 900,
            duration: 40e-6,
        }),
        drawing: Some(Arc::new(Drawing {
            pixels: vec![0.5; 64],
            lanes: LaneKind::ALL.map(|lane| (lane, vec![0.1, 0.7, -0.2], 1)).to_vec(),
        })),
        harm: Some(Arc::new(HarmView {
            lane: LaneKind::InTheLoop,
            baseline: Harm { loss: 0.3, accuracy: 0.9 },
            harms: (0..12).map(|k| Harm { loss: 0.01 * (f64::from(k) - 6.0), accuracy: 0.01 }).collect(),
            n: 20,
            samples: 128,
            epochs: 2.0,
        })),
        sweep: Some(sweep(2, 0.9)),
        study: Some(answer("self-calibration", 3, |k| 0.9 - 0.001 * k as f64)),
        changes: Arc::new(vec![
            Change { epochs: 1.5, what: What::Parameter { key: "sigma", from: "20".into(), to: "30 %".into() } },
            Change { epochs: 2.5, what: What::Killed(3) },
            Change { epochs: 2.0, what: What::Branched(7) },
        ]),
        chips: Some(Arc::new(chips(|k| 0.5 + 0.02 * f64::from(k)))),
        repeats: Some(Arc::new(repeats(|run, neuron| (run * neuron) as f64 % 7.0))),
        gradient: [curve(|x| 0.9 - 0.01 * x), curve(|x| 0.95 - 0.02 * x)],
        timeline: Arc::new(Timeline {
            epochs: vec![0, 1, 2],
            scores: vec![Vec::new(), LaneKind::ALL.map(|lane| (lane, scores)).to_vec(), Vec::new()],
            bytes: 1 << 20,
            most_bytes: 1 << 27,
        }),
        looking_at: Some(1),
        ..Snapshot::empty(&Params::default())
    }
}

fn chips(accuracy: impl Fn(u32) -> f64) -> ChipsView {
    ChipsView {
        lane: Some(LaneKind::Transferred),
        epochs: 2.0,
        sigma: 0.2,
        chip: 3,
        samples: 100,
        chips: (1..=12).collect(),
        accuracy: (1..=12).map(&accuracy).collect(),
        sigmas: vec![0.0, 0.1, 0.2],
        curve: vec![(1..=12).map(&accuracy).collect(), (1..=12).map(&accuracy).collect(), vec![0.3]],
        running: true,
        failed: None,
    }
}

fn repeats(value: impl Fn(usize, usize) -> f64) -> RepeatsView {
    let values = Array2::from_shape_fn((8, 20), |(run, neuron)| value(run, neuron));
    let quantities = [(); 3].map(|()| Repeated::new(&values));
    RepeatsView { lane: LaneKind::InTheLoop, runs: 8, quantities }
}

/// Two spreads of the textbook: means 2, 4, 9 and two runs each, one apart.
#[test]
fn the_spread_between_neurons_and_that_between_runs_are_told_apart() {
    let values = ndarray::array![[1.5, 3.5, 8.5, f64::NAN], [2.5, 4.5, 9.5, 1.0]];
    let repeated = Repeated::new(&values);
    assert_eq!(repeated.mean[..3], [2.0, 4.0, 9.0]);
    // (x − mean)² = 1/4 twice, over n − 1 = 1.
    assert!((repeated.between_runs() - 0.5f64.sqrt()).abs() < 1e-12, "a single run has no spread");
    // Means 2, 4, 9 and 1: their mean is 4, squares 4 + 0 + 25 + 9, over 3.
    assert!((repeated.between_neurons() - (38.0f64 / 3.0).sqrt()).abs() < 1e-12);
}

fn report(lane: LaneKind, accuracy: f64) -> EpochReport {
    EpochReport {
        epoch: 1,
        lane,
        train_loss: 0.3,
        train_accuracy: accuracy,
        test_loss: 0.4,
        test_accuracy: accuracy,
        hidden_spikes: 40.0,
        lost_events: 0,
        seconds: 1.0,
    }
}

/// Four runs: a group of two seeds, one by itself with numbers that are none, and one that is deleted.
fn runs() -> RunsView {
    let mut entries: Vec<Arc<Entry>> = (0..4u32)
        .map(|k| {
            let params = Params { seed: k, sigma: if k < 2 { 0.2 } else { 0.4 }, ..Params::default() };
            let mut record = Record::new(&params, "window");
            record.summary.id = format!("20261123-03334{k}-00000{k}");
            record.summary.name = format!("run {k}");
            record.summary.deleted = (k == 3).then_some(1);
            let accuracy = if k == 2 { f64::NAN } else { 0.5 + 0.1 * f64::from(k) };
            record.append_epoch(&LaneKind::ALL.map(|lane| report(lane, accuracy)));
            record.summary.error = (k == 2).then(|| "it diverged".into());
            Arc::new(Entry::new(record.summary))
        })
        .collect();
    entries.sort_by(|a, b| a.summary.id.cmp(&b.summary.id));
    let curve = |k: f64| (1..9).map(|e| [f64::from(e), 50.0 + k * f64::from(e)]).collect::<Vec<_>>();
    let mut seeds = PinnedGroup { runs: vec![0, 1], ..PinnedGroup::default() };
    let several = PinnedCurves {
        runs: [1.0, 2.0, 3.0].map(|k| vec![curve(k), curve(k + 0.5)]),
        median: [1.0, 2.0, 3.0].map(|k| curve(k + 0.25)),
    };
    (seeds.accuracy, seeds.loss) = (several.clone(), several);
    let mut odd = PinnedGroup { runs: vec![2], ..PinnedGroup::default() };
    odd.accuracy.runs = [f64::NAN, f64::INFINITY, 1.0].map(|k| vec![curve(k)]);
    odd.loss.runs = [f64::NAN, f64::INFINITY, -51.0].map(|k| vec![curve(k)]);
    RunsView {
        version: 1,
        keeps: true,
        pinned: entries[..3].iter().map(|e| e.summary.id.clone()).collect(),
        groups: vec![seeds, odd],
        differing: vec![("sigma", vec!["20".into(), "20".into(), "40".into()]), ("no_such", Vec::new())],
        current: Some(entries[1].summary.id.clone()),
        entries,
        problem: None,
    }
}

fn weights(lane: LaneKind) -> LaneWeights {
    let codes = |shift: i32| Codes {
        input: Array2::from_shape_fn((40, 20), |(a, b)| ((a as i32 * 7 + b as i32 * 3 + shift) % 127 - 63) as i8),
        recurrent: Array2::from_shape_fn((20, 20), |(a, b)| ((a as i32 * 11 + b as i32 + shift) % 127 - 63) as i8),
        readout: Array2::from_shape_fn((20, 3), |(a, b)| ((a as i32 * 5 + b as i32 + shift) % 127 - 63) as i8),
    };
    LaneWeights { lane, now: codes(lane as i32), first: codes(11) }
}

fn examination(lane: LaneKind, classes: usize, hidden: usize) -> Examination {
    Examination {
        lane,
        scores: Scores { loss: 0.3, accuracy: 0.9, hidden_spikes: 40.0 },
        confusion: Array2::from_shape_fn((classes, classes), |(a, b)| if a == b { 30 } else { (a + b) as u32 }),
        rates: (0..hidden).map(|k| k as f32 * 0.1).collect(),
    }
}

/// A sweep of `axes` parameters with three values each, in which every third cell is missing and one run failed.
fn sweep(axes: usize, accuracy: f64) -> Arc<SweepView> {
    let values = |key| Axis::range(key, 1.0, 3.0, 3, false, "test").expect("a range");
    let plan = Plan {
        axes: ["sigma", "hidden", "batch"][..axes].iter().map(|key| values(key)).collect(),
        ..Plan::around(&Params::default())
    };
    let mut table = Table::empty(&plan);
    for (k, cell) in table.cells.iter_mut().enumerate().filter(|(k, _)| k % 3 != 2) {
        let outcome = |seed: u32| Outcome {
            seed,
            epochs: 3,
            accuracy: vec![(LaneKind::InTheLoop, accuracy * (1.0 - 0.02 * (k as f64 + f64::from(seed))))],
            loss: vec![(LaneKind::InTheLoop, 0.3)],
            stopped_early: k % 2 == 1,
            failed: (k == 1).then(|| "it does not fit".into()),
        };
        cell.outcomes = vec![outcome(1), outcome(2)];
    }
    let progress = Progress { done: 4, total: 18, to_go: Some(Duration::from_secs(90)), table, last: "sigma 1".into() };
    let (plan, folder) = (Arc::new(plan), std::path::PathBuf::from("sweep"));
    Arc::new(SweepView { plan, folder, progress, running: axes == 1, error: None })
}

/// A study of digits, or of MNIST for table 1, in which the last run is missing; `accuracy` by the place of the job.
fn answer(name: &str, seeds: u32, accuracy: impl Fn(usize) -> f64) -> Arc<StudyView> {
    let base = Params::default();
    let task = Params { task: TaskKind::Mnist, ..Params::default() };
    let study = study(name, &Request { tasks: vec![task], base, seeds }).expect("a study");
    let lane = |lane, k: usize| LaneOutcome {
        lane,
        train_accuracy: accuracy(k),
        test_accuracy: accuracy(k),
        hidden_spikes: 100.0 * accuracy(k),
        probed: (1..9).map(|t| (format!("{t}.0 µs"), accuracy(k) * f64::from(t) / 9.0)).collect(),
    };
    let outcome = |(k, job): (usize, &misfit::study::Job)| StudyOutcome {
        at: job.at.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(),
        seed: job.params.seed,
        lanes: job.params.lanes.iter().map(|&l| lane(l, k)).collect(),
        seconds: 1.0,
        experiment: misfit::export::experiment_json(&job.params),
    };
    let total = study.jobs.len();
    let outcomes: Vec<StudyOutcome> = study.jobs.iter().enumerate().take(total.max(2) - 1).map(outcome).collect();
    let table = StudyTable::of(&study, &outcomes);
    let progress = StudyProgress {
        done: outcomes.len(),
        total,
        to_go: Some(Duration::from_secs(90)),
        charts: Arc::new(Chart::of(&study, &table)),
        table: Arc::new(table),
        last: study.jobs[0].title(),
    };
    Arc::new(StudyView {
        name: study.name,
        folder: "results".into(),
        progress,
        running: name == "sparsity",
        error: None,
    })
}

/// Every study, answered in full, hardly, not at all, and with numbers that are none.
#[test]
fn every_study_is_drawn_as_table_and_curves_whatever_came_of_it() {
    for (name, question) in STUDIES {
        let place = STUDIES.iter().position(|(known, _)| known == name).expect("itself");
        assert_eq!(EN.studies.studies[place].meaning.to_lowercase(), question.to_lowercase());
        assert_ne!(ZH.studies.studies[place].meaning, EN.studies.studies[place].meaning);
        let answers = [
            answer(name, 3, |k| 0.9 - 0.002 * k as f64),
            answer(name, 1, |_| 0.5),
            answer(name, 2, |_| f64::NAN),
            answer(name, 2, |k| if k == 1 { f64::INFINITY } else { 0.3 }),
            Arc::new(StudyView {
                progress: StudyProgress::default(),
                error: Some(misfit::error::Error::System("no room left".into())),
                ..(*answer(name, 1, |_| 0.5)).clone()
            }),
        ];
        for (k, study) in answers.into_iter().enumerate() {
            let snapshot = Snapshot { study: Some(study), ..normal() };
            for (theme, size) in [(egui::Theme::Dark, LARGE), (egui::Theme::Light, SMALL)] {
                let harness = draw(ViewKind::Studies, &snapshot, theme, size);
                let stage = harness.state();
                let figure = stage.views.figure(ViewKind::Studies, &stage.snapshot, &stage.runs, &EN);
                // A table that is full of dashes has nothing to take away, and neither has an empty one.
                assert!(figure.is_some() || k == 2 || k == 4, "{name}, answer {k}");
                assert!(figure.is_none_or(|f| !f.csv("").contains("NaN") && !f.svg("").contains("NaN")));
            }
        }
    }
}

/// Cramer et al. 2022, table 1: MNIST in software 97.5 ± 0.1 %, on the chip 97.2 ± 0.1 %.
#[test]
fn published_figures_stand_beside_those_of_table_1() {
    let snapshot = Snapshot { study: Some(answer("table1", 3, |_| 0.9)), ..normal() };
    let harness = draw(ViewKind::Studies, &snapshot, egui::Theme::Dark, [1400.0, 600.0]);
    harness.get_by_label("97.5 ± 0.1");
    harness.get_by_label("97.2 ± 0.1");
    assert!(harness.query_all_by_label("90.00 ± 0.00").next().is_some(), "mean and deviation of equal values");
}

#[test]
fn what_is_chosen_is_what_is_started() {
    let stage = Stage { views: Views::default(), snapshot: normal(), runs: RunsView::default() };
    let sent = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let taken = std::rc::Rc::clone(&sent);
    let mut harness = Harness::builder().with_size([1200.0, 600.0]).build_ui_state(
        move |ui, stage: &mut Stage| {
            let mut commands = Vec::new();
            let Stage { views, snapshot, runs } = stage;
            let mut scene = Scene { snapshot, runs, text: &EN, commands: &mut commands };
            views.ui(ViewKind::Studies, ui, &mut scene);
            taken.borrow_mut().append(&mut commands);
        },
        stage,
    );
    harness.get_by_label(EN.studies.study).click();
    harness.run_steps(3);
    harness.get_by_label(EN.studies.studies[5].name).click();
    harness.run_steps(3);
    harness.get_by_label(EN.studies.start.name).click();
    harness.run_steps(3);
    let sent = sent.borrow();
    let [Command::StartStudy { name, request, folder }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((*name, request.seeds, folder.as_path()), ("weight-bits", 3, std::path::Path::new("results")));
    assert_eq!(request.base, *harness.state().snapshot.params, "around the settings in force");
}

fn with_sample(mut snapshot: Snapshot, change: impl FnOnce(&mut SampleView)) -> Snapshot {
    let mut sample = (**snapshot.sample.as_ref().expect("a sample")).clone();
    change(&mut sample);
    sample.compare(6e-6);
    snapshot.sample = Some(Arc::new(sample));
    snapshot
}

fn plane() -> Snapshot {
    let map = DecisionMap {
        side: 16,
        lanes: LaneKind::ALL.map(|lane| (lane, (0..256u16).map(|k| (k % 3) as u8).collect())).to_vec(),
    };
    let snapshot = with_sample(normal(), |sample| {
        sample.picture = Picture::Plane;
        sample.pixels = vec![0.3, 0.8];
    });
    Snapshot { decision_map: Some(Arc::new(map)), ..snapshot }
}

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
fn sweeps_of_one_and_three_parameters_and_one_without_any_result() {
    for axes in [1, 3] {
        let snapshot = Snapshot { sweep: Some(sweep(axes, 0.7)), ..normal() };
        for size in [LARGE, SMALL] {
            draw(ViewKind::Sweep, &snapshot, egui::Theme::Dark, size);
        }
    }
    let mut empty = (*sweep(2, 0.5)).clone();
    empty.progress = Progress { table: Table::empty(&empty.plan), ..Progress::default() };
    draw(ViewKind::Sweep, &Snapshot { sweep: Some(Arc::new(empty)), ..normal() }, egui::Theme::Light, LARGE);
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
    let mut examined = examination(LaneKind::InTheLoop, 3, 20);
    examined.rates.fill(f32::NAN);
    examined.scores.accuracy = f64::NAN;
    snapshot.examined = Arc::new(vec![examined]);
    snapshot.round = Some(Round { seconds: [f64::NAN; 5], duration: f64::INFINITY, ..Round::default() });
    snapshot.drawing = Some(Arc::new(Drawing {
        pixels: vec![f32::NAN; 64],
        lanes: vec![(LaneKind::InTheLoop, vec![f32::NAN; 3], 9)],
    }));
    snapshot.harm = Some(Arc::new(HarmView {
        lane: LaneKind::Ideal,
        baseline: Harm { loss: f64::NAN, accuracy: f64::INFINITY },
        harms: vec![Harm { loss: f64::NAN, accuracy: f64::NAN }; 20],
        n: 20,
        samples: 0,
        epochs: f64::NAN,
    }));
    snapshot.chips = Some(Arc::new(chips(|_| f64::NAN)));
    snapshot.repeats = Some(Arc::new(repeats(|run, neuron| if run == neuron { f64::INFINITY } else { f64::NAN })));
    snapshot.gradient = [curve(|_| f64::NAN), curve(bad)];
    snapshot.looking_at = Some(17);
    snapshot.changes = Arc::new(vec![Change { epochs: f64::NAN, what: What::Calibrated }]);
    let mut chip = (*snapshot.chip).clone();
    chip.spreads[0].nominal = 0.0;
    chip.spreads[0].before.fill(f64::INFINITY);
    chip.spreads[1].actual.fill(f64::NAN);
    snapshot.chip = Arc::new(chip);
    snapshot.sweep = Some(sweep(3, f64::NAN));
    snapshot.study = Some(answer("neuron-death", 2, |_| f64::NAN));
    everywhere(&snapshot);
    everywhere(&with_sample(plane(), |sample| sample.pixels.fill(f32::INFINITY)));
}

/// What is counted, or has no unit by its nature; everything else on an axis or in a table needs one.
const WITHOUT_UNIT: &[&str] = &[
    // Places and numbers of things.
    "series",
    "matrix",
    "quantity",
    "value",
    "unit",
    "epochs",
    "neuron",
    "number of neurons",
    "class",
    "answer",
    "right class",
    "samples",
    "circuit",
    "row of circuits",
    "hidden",
    "inputs",
    "readout",
    "code",
    "run",
    "step of the round",
    "setting",
    "Hidden neurons",
    "Parameter",
    "Chip number",
    "events in this cell",
];

/// The tables of a CSV file without its notes: headings and rows.
fn tables(csv: &str) -> Vec<(Vec<String>, Vec<Vec<String>>)> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let mut tables: Vec<(Vec<String>, Vec<Vec<String>>)> = Vec::new();
    for row in reader.records() {
        let row: Vec<String> = row.expect("a row").iter().map(str::to_owned).collect();
        match (row[0].as_str(), tables.last_mut()) {
            ("series" | "matrix" | "quantity", _) => tables.push((row, Vec::new())),
            (_, Some((_, rows))) => rows.push(row),
            (_, None) => panic!("a row before any heading: {row:?}"),
        }
    }
    tables
}

/// A drawing that a reader of XML accepts, in which every place and size is a number.
fn is_well_formed(svg: &str, title: &str) {
    let drawing = roxmltree::Document::parse(svg).expect("XML");
    let root = drawing.root_element();
    assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("svg", Some("http://www.w3.org/2000/svg")));
    let text_of = |tag: &str| root.children().find(|n| n.has_tag_name(tag)).and_then(|n| n.text()).map(str::to_owned);
    assert_eq!(text_of("title").or_else(|| text_of("{http://www.w3.org/2000/svg}title")).as_deref(), Some(title));
    for node in root.descendants() {
        for attribute in node.attributes() {
            if ["x", "y", "width", "height", "cx", "cy", "r"].contains(&attribute.name()) && attribute.value() != "100%"
            {
                let value: f64 = attribute.value().parse().expect("a number");
                assert!(value.is_finite(), "{title}: {} of {:?}", attribute.name(), node.tag_name());
                let size = ["width", "height", "r"].contains(&attribute.name());
                assert!(!size || value >= 0.0, "{title}: {} is {value}", attribute.name());
            }
        }
    }
}

/// There is no view without something to take away; one that came to be would have to be named here.
#[test]
fn every_view_is_taken_away_as_a_drawing_and_as_a_table_with_units() {
    let views = Views::default();
    for (kind, text) in ViewKind::ALL.into_iter().flat_map(|kind| [(kind, &EN), (kind, &ZH)]) {
        let nothing = views.figure(kind, &Snapshot::empty(&Params::default()), &RunsView::default(), text);
        assert_eq!(nothing, None, "{kind:?}");
        let figure = views.figure(kind, &normal(), &runs(), text);
        let figure = figure.unwrap_or_else(|| panic!("{kind:?} has nothing to take away"));
        let (csv, svg) = (figure.csv("seed = 1"), figure.svg("seed = 1"));
        is_well_formed(&svg, &figure.title);
        assert!(svg.contains("seed = 1") && svg.matches('<').count() > 15, "{kind:?}");
        assert!(csv.contains("# seed = 1"), "{kind:?}");
        let tables = tables(&csv);
        assert!(!tables.is_empty(), "{kind:?}");
        for (heading, rows) in &tables {
            assert!(!rows.is_empty(), "{kind:?} has a table {heading:?} without rows");
            assert!(rows.iter().all(|row| row.len() == heading.len()), "{kind:?} has ragged rows below {heading:?}");
            assert!(heading.iter().all(|name| !name.is_empty()), "{kind:?}: {heading:?}");
            let numbers = heading[0] != "quantity";
            let last = heading.len() - 1;
            assert!(!numbers || rows.iter().all(|r| r[last].parse::<f64>().is_ok()), "{kind:?}: {heading:?}");
            if text.language == EN.language {
                let with_unit = |name: &String| WITHOUT_UNIT.contains(&name.as_str()) || name.contains(", ");
                assert!(heading.iter().all(with_unit), "{kind:?} has an axis without a unit: {heading:?}");
            }
        }
    }
}

/// Whoever goes back from the table to the snapshot finds the same numbers.
#[test]
fn what_is_taken_away_of_task_drawing_and_loop_is_what_the_snapshot_holds() {
    let (views, snapshot) = (Views::default(), normal());
    let table = |kind, first: &str| {
        let csv = views.figure(kind, &snapshot, &runs(), &EN).expect("a figure").csv("");
        let found = tables(&csv).into_iter().find(|(heading, _)| heading[0] == first);
        found.map(|(_, rows)| rows).unwrap_or_default()
    };
    let sample = snapshot.sample.as_ref().expect("a sample");
    let scores = table(ViewKind::Task, "series");
    let own: Vec<&Vec<String>> = scores.iter().filter(|r| r[0] == EN.lane(LaneKind::InTheLoop).name).collect();
    let trace = sample.lanes.iter().find(|l| l.lane == LaneKind::InTheLoop).expect("a lane");
    assert_eq!(own.iter().map(|r| r[1].as_str()).collect::<Vec<_>>(), ["yin", "yang", "dot"]);
    assert_eq!(own.iter().map(|r| r[2].parse().expect("a number")).collect::<Vec<f32>>(), trace.scores);
    let pixels: Vec<f32> =
        table(ViewKind::Task, "matrix").iter().map(|r| r[3].parse::<f32>().expect("a grey level")).collect();
    assert_eq!(pixels, sample.pixels);
    let drawn: Vec<f32> = table(ViewKind::Draw, "matrix").iter().map(|r| r[3].parse().expect("a grey level")).collect();
    assert_eq!(drawn, snapshot.drawing.as_ref().expect("a drawing").pixels);
    let steps = table(ViewKind::Rounds, "series");
    assert_eq!((steps[0][1].as_str(), steps[0][2].as_str()), (EN.device.steps[0].name, "3"), "3e-3 s in ms");
    let told = table(ViewKind::Rounds, "quantity");
    // 64 samples of 40 µs are 2.56 ms of hardware time; at 200 mW that is 0.512 mJ.
    let value =
        |name: &str| told.iter().find(|r| r[0] == name).map(|r| (r[1].parse::<f64>().expect("a number"), &r[2]));
    let (time, unit) = value(EN.device.real_chip.name).expect("a time");
    assert!((time - 2.56).abs() < 1e-9 && unit == "ms");
    let (energy, unit) = value(EN.device.energy.name).expect("an energy");
    assert!((energy - 0.512).abs() < 1e-9 && unit == "mJ");
}

#[test]
fn points_of_the_plane_and_sounds_are_taken_away_too() {
    let views = Views::default();
    let figure = |snapshot: &Snapshot| {
        let figure = views.figure(ViewKind::Task, snapshot, &RunsView::default(), &EN).expect("a figure");
        is_well_formed(&figure.svg(""), &figure.title);
        figure
    };
    let map = figure(&plane());
    assert_eq!((map.cells.len(), map.cells[0].values.len()), (3, 256));
    // The map is kept from below and written from above: its last row comes first.
    let rows = &plane().decision_map.expect("a map").lanes[0].1;
    assert_eq!(map.cells[0].values[..16], rows[240..].iter().map(|c| f64::from(*c)).collect::<Vec<_>>());
    let sound = figure(&with_sample(normal(), |sample| sample.picture = Picture::Sound));
    assert_eq!(sound.cells[0].values.iter().sum::<f64>() as usize, 40, "every event is in one cell");
}

#[test]
fn a_neuron_clicked_in_one_view_is_the_one_that_all_views_show() {
    let mut harness = draw(ViewKind::Culprits, &normal(), egui::Theme::Dark, LARGE);
    harness.get_by_label("13").click();
    harness.run_steps(3);
    let stage = harness.state();
    let figure = stage.views.figure(ViewKind::Membranes, &stage.snapshot, &stage.runs, &EN).expect("a figure");
    assert_eq!(figure.series[0].name, format!("{} 13", EN.neuron));
    assert!(harness.query_by_label(&format!("{} 13", EN.neuron)).is_some(), "its scores are shown");
}

#[test]
fn a_single_lane_without_a_twin() {
    for lane in LaneKind::ALL {
        let mut snapshot = with_sample(normal(), |sample| {
            sample.lanes.retain(|l| l.lane == lane);
            sample.twin = None;
        });
        snapshot.curves.retain(|c| c.lane == lane);
        snapshot.now.retain(|n| n.0 == lane);
        snapshot.examined = Arc::new(vec![examination(lane, 3, 20)]);
        snapshot.weights = Some(Arc::new(WeightsView { lanes: vec![weights(lane)], code_max: 63 }));
        everywhere(&snapshot);
    }
}

#[test]
fn no_neurons_no_classes_no_pixels_and_a_map_without_points() {
    let nothing = with_sample(normal(), |sample| {
        sample.lanes = LaneKind::ALL.map(|lane| trace(lane, 0, 0)).to_vec();
        sample.lanes[1].answer = 7;
        sample.twin = Some(trace(LaneKind::InTheLoop, 0, 0));
        (sample.class_names, sample.label, sample.count) = (Vec::new(), Some(9), 0);
        (sample.pixels, sample.picture) = (Vec::new(), Picture::Image { rows: 0, columns: 0 });
        (sample.input, sample.n_inputs) = (SpikeTrain::default(), 0);
        sample.grid.n_host = 0;
    });
    everywhere(&nothing);
    everywhere(&with_sample(normal(), |sample| sample.lanes.clear()));
    let map = DecisionMap { side: 0, lanes: vec![(LaneKind::Ideal, Vec::new())] };
    everywhere(&Snapshot { decision_map: Some(Arc::new(map)), ..plane() });
}

#[test]
fn shapes_that_do_not_fit_together() {
    let mut odd = normal();
    let mut short = weights(LaneKind::InTheLoop);
    short.first = Codes { input: Array2::zeros((1, 1)), ..Codes::default() };
    let none = Codes::default();
    let empty = LaneWeights { lane: LaneKind::Ideal, now: none.clone(), first: none };
    odd.weights = Some(Arc::new(WeightsView { lanes: vec![short, empty], code_max: 0 }));
    odd.examined = Arc::new(vec![examination(LaneKind::InTheLoop, 0, 0), examination(LaneKind::Ideal, 12, 500)]);
    let mut chip = (*odd.chip).clone();
    chip.sites = vec![(500, 60), (3, 0), (9999, 1)];
    chip.circuits = 3;
    chip.silent.clear();
    chip.spreads[1].actual.truncate(1);
    odd.chip = Arc::new(chip);
    everywhere(&odd);
    everywhere(&with_sample(normal(), |sample| {
        sample.lanes[0] = trace(LaneKind::Ideal, 3, 1);
        sample.lanes[2] = trace(LaneKind::InTheLoop, 2, 9);
        sample.lanes[2].thresholds.clear();
        sample.lanes[2].spikes.push(GridSpike { step: u16::MAX, neuron: u16::MAX });
        sample.twin = Some(trace(LaneKind::InTheLoop, 1, 0));
        sample.pixels.truncate(5);
    }));
    let map = DecisionMap { side: 4, lanes: vec![(LaneKind::Ideal, vec![200; 99]), (LaneKind::InTheLoop, vec![1; 3])] };
    everywhere(&Snapshot { decision_map: Some(Arc::new(map)), ..plane() });
}
