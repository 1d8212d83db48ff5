//! A stage for one view, and snapshots for it to draw.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use misfit::base::time::TimeGrid;
use misfit::batch::paper::{Request, plan};
use misfit::batch::{Axis, Grid, LaneOutcome, Outcome, Plan, Progress, Table};
use misfit::energy::sizes::Ran;
use misfit::energy::{MEASURES, Missing, Network, NeuroBench, Opponent, Price, Report, Timing};
use misfit::params::{Lane, Params, TaskKind};
use misfit::session::messages::{
    BatchView, BatchesView, Bench, Change, ChipView, ChipsView, Circuit, Codes, CostView, DecisionMap, Drawing, Entry,
    EpochReport, Evaluation, Fall, Importance, ImportanceView, LaneCurves, LaneTrace, LaneWeights, Picture,
    PinnedCurves, PinnedGroup, Repeated, RepeatsView, RunsView, SampleView, Scores, Snapshot, Spread, StepStats,
    Stimulus, Timeline, WeightsView, What,
};
use misfit::spikes::{GridSpike, SpikeTrain};
use misfit::store::Record;
use misfit::text::{EN, Text};
use misfit::training::metrics::Recovery;
use misfit::views::{ViewContext, ViewKind, Views};
use ndarray::Array2;

pub const LARGE: [f32; 2] = [900.0, 600.0];

pub const SMALL: [f32; 2] = [90.0, 60.0];

pub struct TestView {
    pub views: Views,
    pub snapshot: Snapshot,
    pub runs: RunsView,
    pub batches: BatchesView,
}

/// Who has a snapshot of something has runs and batches, too.
impl From<&Snapshot> for TestView {
    fn from(snapshot: &Snapshot) -> Self {
        let of_something = snapshot.batches > 0;
        let (runs, batches) = if of_something { (runs(), batches()) } else { Default::default() };
        Self { views: Views::default(), snapshot: snapshot.clone(), runs, batches }
    }
}

/// A normal snapshot beside these batches.
impl From<BatchesView> for TestView {
    fn from(batches: BatchesView) -> Self {
        Self { batches, ..Self::from(&normal()) }
    }
}

/// Draws `kind`, moves the pointer over it, and presses whatever can be toggled.
pub fn draw(
    kind: ViewKind,
    shown: impl Into<TestView>,
    theme: egui::Theme,
    size: [f32; 2],
) -> Harness<'static, TestView> {
    draw_in(&EN, kind, shown, theme, size)
}

/// As [`draw`], in any language.
pub fn draw_in(
    text: &'static Text,
    kind: ViewKind,
    shown: impl Into<TestView>,
    theme: egui::Theme,
    size: [f32; 2],
) -> Harness<'static, TestView> {
    let mut harness = still(text, kind, shown, theme, size);
    for at in [[0.5, 0.5], [0.7, 0.9], [0.2, 0.3]] {
        harness.hover_at(egui::pos2(at[0] * size[0], at[1] * size[1]));
        harness.run_steps(2);
    }
    for label in [
        text.logarithmic.name,
        text.most_different.name,
        text.previous,
        text.next,
        text.device.recurrent_weights,
        text.device.readout_weights,
        text.device.change.name,
        text.device.kill.name,
        text.sweep.pictures[1],
        text.sweep.pictures[2],
        text.studies.table,
    ] {
        if size[0] > SMALL[0] {
            let Some(node) = harness.query_all_by_label(label).next() else { continue };
            node.click();
            harness.run_steps(2);
        }
    }
    harness
}

/// A view that nobody touches.
pub fn still(
    text: &'static Text,
    kind: ViewKind,
    shown: impl Into<TestView>,
    theme: egui::Theme,
    size: [f32; 2],
) -> Harness<'static, TestView> {
    on_stage(Harness::builder(), text, kind, shown, theme, size)
}

/// As [`still`], in a window that is set up already.
pub fn on_stage(
    builder: egui_kittest::HarnessBuilder<TestView>,
    text: &'static Text,
    kind: ViewKind,
    shown: impl Into<TestView>,
    theme: egui::Theme,
    size: [f32; 2],
) -> Harness<'static, TestView> {
    let mut dressed = false;
    builder.with_size(size).with_theme(theme).build_ui_state(
        move |ui, stage: &mut TestView| {
            // The fonts that are shipped are there from the second frame on.
            if !std::mem::replace(&mut dressed, true) {
                return misfit::views::theme::set_up(ui.ctx());
            }
            let mut commands = misfit::session::messages::Outbox::default();
            let TestView { views, snapshot, runs, batches } = stage;
            let mut context = ViewContext { snapshot, runs, batches, text, commands: &mut commands };
            // Tiles have a margin of that much.
            ui.set_clip_rect(ui.max_rect().expand(4.0));
            views.ui(kind, ui, &mut context);
        },
        shown.into(),
    )
}

pub fn everywhere(snapshot: &Snapshot) {
    for kind in ViewKind::ALL {
        for theme in [egui::Theme::Dark, egui::Theme::Light] {
            for size in [LARGE, SMALL] {
                draw(kind, snapshot, theme, size);
            }
        }
    }
}

pub fn trace(lane: Lane, hidden: usize, readout: usize) -> LaneTrace {
    let wave = |n: usize, steps: usize| Array2::from_shape_fn((steps, n), |(t, k)| ((t + 3 * k) as f32 * 0.2).sin());
    LaneTrace {
        lane,
        v_hidden: wave(hidden, 48),
        v_readout: wave(readout, 48),
        hidden_samples: wave(hidden, 24),
        readout_samples: wave(readout, 24),
        spikes: (0..hidden).map(|k| GridSpike { step: (k % 48) as u16, neuron: k as u16 }).collect(),
        readout_spikes: Vec::new(),
        thresholds: vec![1.0; hidden],
        scores: (0..readout).map(|k| k as f32 - 1.0).collect(),
        answer: readout.saturating_sub(1),
    }
}

pub fn curve(f: impl Fn(f64) -> f64) -> Arc<Vec<[f64; 2]>> {
    Arc::new((0..50).map(|k| f64::from(k) / 10.0).map(|x| [x, f(x)]).collect())
}

fn sample() -> SampleView {
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
        lanes: Lane::ALL.map(|lane| trace(lane, 20, 3)).to_vec(),
        twin: Some(trace(Lane::InTheLoop, 20, 3)),
        compared: None,
    };
    sample.compare(6e-6);
    sample
}

/// A score is the last point of its curve.
fn curves(lane: Lane) -> LaneCurves {
    let scores = examination(lane, 3, 20).scores;
    let ends = |mut points: Arc<Vec<[f64; 2]>>, y: f64| {
        if let Some(last) = Arc::make_mut(&mut points).last_mut() {
            last[1] = y;
        }
        points
    };
    LaneCurves {
        lane,
        batch_loss: curve(|x| (-x).exp()),
        test_loss: ends(curve(|x| (-x).exp() + 0.1), scores.loss),
        test_accuracy: ends(curve(|x| 90.0 - 50.0 * (-x).exp()), 100.0 * scores.accuracy),
        batch_accuracy: curve(|x| 95.0 - 60.0 * (-x).exp()),
        hidden_spikes: curve(|x| x),
        updates: curve(|x| (-x).exp()),
        alignment: curve(|x| 1.0 - (-x).exp()),
        left_accuracy: Arc::default(),
        left_loss: Arc::default(),
    }
}

pub fn normal() -> Snapshot {
    let spread = |symbol, unit, nominal: f64| Spread {
        symbol,
        label: symbol,
        unit,
        nominal,
        actual: (0..23).map(|k| nominal * (0.9 + 0.01 * f64::from(k))).collect(),
        before: (0..23).map(|k| nominal * (0.8 + 0.02 * f64::from(k))).collect(),
    };
    Snapshot {
        running: true,
        epoch: 3,
        batch: 4,
        batches: 23,
        batches_per_second: 20.0,
        curves: Lane::ALL.map(curves).to_vec(),
        chip: Arc::new(ChipView {
            number: 1,
            spreads: vec![spread("τ_mem", " µs", 6.0), spread("θ", " × threshold", 1.0)],
            n_hidden: 20,
            sites: (0..23).map(|k| (k, 1)).collect(),
            circuits: 512,
            silent: (0..20).map(|k| k == 7).collect(),
            ..ChipView::default()
        }),
        sample: Some(Arc::new(sample())),
        weights: Some(Arc::new(WeightsView { lanes: Lane::ALL.map(weights).to_vec(), code_max: 63 })),
        examined: Arc::new(Lane::ALL.map(|lane| examination(lane, 3, 20)).to_vec()),
        rounds: rounds(),
        drawing: Some(Arc::new(Drawing {
            pixels: vec![0.5; 64],
            lanes: Lane::ALL.map(|lane| (lane, vec![0.1, 0.7, -0.2], 1)).to_vec(),
        })),
        importance: Some(Arc::new(ImportanceView {
            lane: Lane::InTheLoop,
            baseline: Importance { loss: 0.3, accuracy: 0.9 },
            importances: (0..12).map(|k| Importance { loss: 0.01 * (f64::from(k) - 6.0), accuracy: 0.01 }).collect(),
            n: 20,
            samples: 128,
            epochs: 2.0,
        })),
        cost: Some(Arc::new(cost())),
        changes: Arc::new(vec![
            Change { epochs: 1.5, what: What::Parameter { key: "sigma", from: "20".into(), to: "30 %".into() } },
            Change { epochs: 2.5, what: What::Killed(3) },
            Change { epochs: 2.0, what: What::Branched(7) },
        ]),
        falls: Arc::new([0.0, 2.5].map(|epochs| Fall { epochs, scores: fallen(epochs) }).to_vec()),
        recovery: Some(Recovery { epoch: 2, before: 0.9, worst: 0.4, epochs: Some(3) }),
        chips: Some(Arc::new(chips(|k| 0.5 + 0.02 * f64::from(k)))),
        repeats: Some(Arc::new(repeats(|run, neuron| (run * neuron) as f64 % 7.0))),
        bench: Some(Arc::new(bench())),
        gradient: [curve(|x| 0.9 - 0.01 * x), curve(|x| 0.95 - 0.02 * x)],
        timeline: Arc::new(Timeline {
            epochs: vec![0, 1, 2],
            scores: vec![
                Vec::new(),
                Lane::ALL.map(|lane| (lane, examination(lane, 3, 20).scores)).to_vec(),
                Vec::new(),
            ],
            bytes: 1 << 20,
            most_bytes: 1 << 27,
        }),
        looking_at: Some(1),
        ..Snapshot::empty(&Params::default())
    }
}

pub fn chips(accuracy: impl Fn(u32) -> f64) -> ChipsView {
    ChipsView {
        lane: Some(Lane::Transferred),
        epochs: 2.0,
        sigma: 0.2,
        chip: 3,
        samples: 100,
        chips: (1..=12).collect(),
        accuracy: (1..=12).map(&accuracy).collect(),
        sigmas: vec![0.0, 0.1, 0.2],
        curve: vec![(1..=12).map(&accuracy).collect(), (1..=12).map(&accuracy).collect(), vec![0.3]],
        running: true,
    }
}

/// Ten circuits with three input spikes, every other one of which fires.
pub fn bench() -> Bench {
    let circuit = |k: usize| Circuit {
        v: (0..400).map(|step| ((step + 4 * k) as f32 * 0.02).sin()).collect(),
        spikes: if k.is_multiple_of(2) { vec![(12.0 + k as f64) * 1e-6] } else { Vec::new() },
        threshold: 0.9 + 0.02 * k as f64,
    };
    let stimulus = Stimulus { times: vec![5e-6, 8e-6, 11e-6], ..Stimulus::default() };
    let (nominal, circuits) = (Circuit { threshold: 1.0, ..circuit(0) }, (0..10).map(circuit).collect());
    Bench { stimulus, dt: 1e-7, duration: 40e-6, full_scale: 3.0, nominal, circuits }
}

pub fn repeats(value: impl Fn(usize, usize) -> f64) -> RepeatsView {
    let values = Array2::from_shape_fn((8, 20), |(run, neuron)| value(run, neuron));
    let quantities = [(); 3].map(|()| Repeated::new(&values));
    RepeatsView { lane: Lane::InTheLoop, runs: 8, epochs: 2.5, sample: Ok(2), quantities }
}

pub fn report(lane: Lane, accuracy: f64) -> EpochReport {
    EpochReport {
        epoch: 1,
        lane,
        train_loss: 0.3,
        train_accuracy: accuracy,
        test_loss: 0.4,
        test_accuracy: accuracy,
        hidden_spikes: 40.0,
        lost_events: 0,
        flat: 0.0,
        seconds: 1.0,
    }
}

/// Four runs: a group of two seeds, one by itself with numbers that are none, and one that is deleted.
pub fn runs() -> RunsView {
    let mut entries: Vec<Arc<Entry>> = (0..4u32)
        .map(|k| {
            let params =
                Params::default().with(|p| (p.learning.seed, p.chip.sigma) = (k, if k < 2 { 0.2 } else { 0.4 }));
            let mut record = Record::new(&params, "window");
            record.summary.id = format!("20261123-03334{k}-00000{k}");
            record.summary.started = 1_764_000_000_000;
            record.summary.name = format!("run {k}");
            record.summary.deleted = (k == 3).then_some(1);
            let accuracy = if k == 2 { f64::NAN } else { 0.5 + 0.1 * f64::from(k) };
            record.append_epoch(&Lane::ALL.map(|lane| report(lane, accuracy)));
            record.summary.error = (k == 2).then(|| "it diverged".into());
            Arc::new(Entry::new(record.summary))
        })
        .collect();
    entries.sort_by(|a, b| a.summary.id.cmp(&b.summary.id));
    let curve = |k: f64| (1..9).map(|e| [f64::from(e), 50.0 + k * f64::from(e)]).collect::<Vec<_>>();
    let mut seeds = PinnedGroup { runs: vec![0, 1], ..PinnedGroup::default() };
    let several = PinnedCurves {
        runs: [1.0, 2.0, 3.0, 4.0].map(|k| vec![curve(k), curve(k + 0.5)]),
        median: [1.0, 2.0, 3.0, 4.0].map(|k| curve(k + 0.25)),
    };
    (seeds.accuracy, seeds.loss) = (several.clone(), several);
    let mut odd = PinnedGroup { runs: vec![2], ..PinnedGroup::default() };
    odd.accuracy.runs = [f64::NAN, f64::INFINITY, 1.0, 2.0].map(|k| vec![curve(k)]);
    odd.loss.runs = [f64::NAN, f64::INFINITY, -51.0, 2.0].map(|k| vec![curve(k)]);
    RunsView {
        version: 1,
        keeps: true,
        pinned: entries[..3].iter().map(|e| e.summary.id.clone()).collect(),
        groups: vec![seeds, odd],
        differing: vec![("sigma", vec!["20".into(), "20".into(), "40".into()]), ("no_such", Vec::new())],
        current: Some(entries[1].summary.id.clone()),
        followed: 0,
        entries,
        problem: None,
    }
}

pub fn weights(lane: Lane) -> LaneWeights {
    let codes = |shift: i32| Codes {
        input: Array2::from_shape_fn((40, 20), |(a, b)| ((a as i32 * 7 + b as i32 * 3 + shift) % 127 - 63) as i8),
        recurrent: Array2::from_shape_fn((20, 20), |(a, b)| ((a as i32 * 11 + b as i32 + shift) % 127 - 63) as i8),
        readout: Array2::from_shape_fn((20, 3), |(a, b)| ((a as i32 * 5 + b as i32 + shift) % 127 - 63) as i8),
    };
    LaneWeights { lane, now: codes(lane as i32), first: codes(11), fractions: None }
}

pub fn examination(lane: Lane, classes: usize, hidden: usize) -> Evaluation {
    let confusion = Array2::from_shape_fn((classes, classes), |(a, b)| if a == b { 30 } else { (a + b) as u32 });
    let accuracy = f64::from(confusion.diag().sum()) / f64::from(confusion.sum().max(1));
    Evaluation {
        lane,
        scores: Scores { loss: 0.3, accuracy, hidden_spikes: 40.0 },
        confusion,
        rates: (0..hidden).map(|k| k as f32 * 0.1).collect(),
        flat: 0.0,
    }
}

/// What a lane costs, with an opponent that is trained.
pub fn cost() -> CostView {
    let round =
        StepStats { seconds: [5e-4, 1e-4, 4e-4, 1e-4, 1e-4], samples: 50, duration: 40.8e-6, ..StepStats::default() };
    let network = Network {
        inputs: 64,
        hidden: 256,
        readout: 10,
        recurrent: false,
        duration: 40.8e-6,
        readings: 24.0,
        input_events: 30.0,
        hidden_spikes: 60.0,
        batch: 50,
        processor: None,
    };
    let metrics = NeuroBench {
        footprint: 18_944.0,
        connection_sparsity: 0.02,
        activation_sparsity: 0.995,
        dense: 909_312.0,
        effective_acs: 8_280.0,
        effective_macs: 0.0,
        membrane_updates: 12_000.0,
        steps: 48.0,
        execution_rate: 1.2e6,
    };
    let timings = [(1, 8e-6), (256, 1e-6)].map(|(batch, seconds)| Timing { batch, seconds });
    let report = Report {
        lane: Lane::InTheLoop,
        is_speech: false,
        accuracy: Some(0.9),
        network,
        metrics,
        price: Price::assumed(Missing::None),
        round: Some(round),
        threads: 2,
        opponent: Some(Opponent { accuracy: 0.97, timings }),
    };
    CostView {
        report,
        training: (60, 60),
        can_rest: true,
        resting: false,
        sizes: vec![Ran { hidden: 1024, speed: 0.02, spikes: 310.0 }],
        sizing: false,
    }
}

/// A lane that is as accurate as that in training and test.
fn lane(lane: Lane, accuracy: f64) -> LaneOutcome {
    LaneOutcome {
        lane,
        train_accuracy: accuracy,
        test_accuracy: accuracy,
        test_loss: 0.3,
        hidden_spikes: 100.0 * accuracy,
        probed: Vec::new(),
        cost: Some([8.2e-6; MEASURES.len()]),
    }
}

/// What came of a plan, of which `done` runs are done.
fn shown(plan: Plan, table: Table, done: usize, running: bool) -> Arc<BatchView> {
    let (total, last, to_go) = (plan.runs(), plan.title(0), Some(Duration::from_secs(90)));
    let progress = Progress { done, total, to_go, table: Arc::new(table), last };
    Arc::new(BatchView { plan: Arc::new(plan), progress, running, error: None })
}

/// A sweep that is done, and a study.
pub fn batches() -> BatchesView {
    let study = answer("self-calibration", 3, |k| 0.9 - 0.001 * k as f64);
    BatchesView { sweep: Some(sweep(2, 0.9)), study: Some(study) }
}

/// A sweep of `axes` parameters with three values each, in which every third cell is missing and one run failed.
pub fn sweep(axes: usize, accuracy: f64) -> Arc<BatchView> {
    let values = |key| Axis::range(key, 1.0, 3.0, 3, false, "test").expect("a range");
    let keys = ["sigma", "hidden", "batch"][..axes].iter();
    let plan = Grid { axes: keys.map(|key| values(key)).collect(), ..Grid::around(Params::default()) }.plan();
    let plan = plan.expect("a plan");
    let mut table = Table::empty(&plan);
    for (k, cell) in table.cells.iter_mut().enumerate().filter(|(k, _)| k % 3 != 2) {
        let outcome = |seed: u32| Outcome {
            seed,
            epochs: 3,
            lanes: vec![lane(Lane::InTheLoop, accuracy * (1.0 - 0.02 * (k as f64 + f64::from(seed))))],
            stopped_early: k % 2 == 1,
            failed: (k == 1).then(|| "diverged".into()),
        };
        *cell = vec![outcome(1), outcome(2)];
    }
    shown(plan, table, 4, axes == 1)
}

/// A study of digits, or of MNIST for table 1, in which the last run is missing; `accuracy` by the place of the run.
pub fn answer(name: &str, seeds: u32, accuracy: impl Fn(usize) -> f64) -> Arc<BatchView> {
    let task = Params::default().with(|p| (p.task.kind, p.task.data) = (TaskKind::Mnist, "somewhere".into()));
    let request = Request { tasks: vec![task.into()], ..Request::around(Params::default(), seeds) };
    let plan = plan(name, &request).expect("a study");
    let mut table = Table::empty(&plan);
    let done = plan.runs().max(2) - 1;
    for run in 0..done.min(plan.runs()) {
        let params = plan.protocol(run).params;
        let probed: Vec<_> = (1..9).map(|t| (format!("{t}.0 µs"), accuracy(run) * f64::from(t) / 9.0)).collect();
        let of_lane = |l: &Lane| LaneOutcome { probed: probed.clone(), ..lane(*l, accuracy(run)) };
        let lanes = params.learning.lanes.iter().map(of_lane).collect();
        let seed = params.learning.seed;
        table.enter(&plan, run, Outcome { seed, epochs: 3, lanes, stopped_early: false, failed: None });
    }
    shown(plan, table, done, name == "sparsity")
}

pub fn with_sample(mut snapshot: Snapshot, change: impl FnOnce(&mut SampleView)) -> Snapshot {
    let mut sample = (**snapshot.sample.as_ref().expect("a sample")).clone();
    change(&mut sample);
    sample.compare(6e-6);
    snapshot.sample = Some(Arc::new(sample));
    snapshot
}

pub fn plane() -> Snapshot {
    let map = DecisionMap {
        side: 16,
        lanes: Lane::ALL.map(|lane| (lane, (0..256u16).map(|k| (k % 3) as u8).collect())).to_vec(),
    };
    let snapshot = with_sample(normal(), |sample| {
        sample.picture = Picture::Plane;
        sample.pixels = vec![0.3, 0.8];
    });
    Snapshot { decision_map: Some(Arc::new(map)), ..snapshot }
}

/// What the lanes reach before anything is learnt, and after a change.
fn fallen(epochs: f64) -> Vec<(Lane, Scores)> {
    let accuracy = if epochs > 0.0 { 0.4 } else { 0.1 };
    Lane::ALL.map(|lane| (lane, Scores { loss: 2.0, accuracy, hidden_spikes: 40.0 })).to_vec()
}

/// A batch of the loop, and one of a chip that teaches itself.
fn rounds() -> Vec<(Lane, StepStats)> {
    let of_loop = StepStats {
        seconds: [3e-3, 1e-4, 5e-3, 2e-4, 1e-4],
        samples: 64,
        codes: 860,
        input_events: 2000,
        voltages: 30_000,
        spikes: 900,
        duration: 40e-6,
        ..StepStats::default()
    };
    let own =
        StepStats { codes: 0, voltages: 0, spikes: 0, labels: 64, updates: Some(21), flips: Some(5100), ..of_loop };
    vec![(Lane::InTheLoop, of_loop), (Lane::OnChip, own)]
}
