//! What one frame costs on the CPU: layout, plots and tessellation, without a GPU.

use divan::Bencher;
use eframe::App as _;
use std::sync::Arc;

use misfit::app::{App, Settings};
use misfit::base::time::TimeGrid;
use misfit::params::{Lane, Params};
use misfit::session::messages::{
    BatchesView, Codes, LaneCurves, LaneTrace, LaneWeights, Picture, RunsView, SampleView, Snapshot, WeightsView,
};
use misfit::spikes::{GridSpike, SpikeTrain};
use misfit::text::EN;
use misfit::views::{ViewContext, ViewKind, Views};
use ndarray::Array2;

const SIZE: egui::Vec2 = egui::vec2(1280.0, 800.0);

fn main() {
    divan::main();
}

fn input(events: Vec<egui::Event>) -> egui::RawInput {
    egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
        events,
        ..Default::default()
    }
}

/// A paused window after two epochs of tiny batches, so that the curves are as long as after an evening.
struct Window {
    ctx: egui::Context,
    app: App,
    frame: eframe::Frame,
}

impl Window {
    fn new() -> Self {
        let ctx = egui::Context::default();
        let settings = Settings { batches_per_second: Settings::FULL_SPEED, ..Settings::default() };
        let app = App::new(&ctx, Params::default().with(|p| p.learning.batch = 2), settings).expect("a session");
        let mut window = Self { ctx, app, frame: eframe::Frame::_new_kittest() };
        while window.app.snapshot().epoch < 3 {
            window.frame(Vec::new());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        window.frame(vec![egui::Event::Key {
            key: egui::Key::Space,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        }]);
        while window.app.snapshot().running {
            window.frame(Vec::new());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(window.frame(Vec::new()) > 20, "the window is empty");
        window
    }

    fn frame(&mut self, events: Vec<egui::Event>) -> usize {
        let (app, frame) = (&mut self.app, &mut self.frame);
        let mut output = self.ctx.run_ui(input(events), |ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        });
        // There is no graphics card to take the textures.
        output.textures_delta.clear();
        self.ctx.tessellate(output.shapes, output.pixels_per_point).len()
    }
}

/// The whole window.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn default_layout(bencher: Bencher<'_, '_>) {
    let mut window = Window::new();
    bencher.bench_local(|| window.frame(Vec::new()));
}

/// Every view alone, 500 × 300 points.
#[divan::bench(args = ViewKind::ALL, sample_count = 100, sample_size = 1)]
fn view(bencher: Bencher<'_, '_>, kind: ViewKind) {
    let snapshot = snapshot();
    let (ctx, mut views) = (egui::Context::default(), Views::default());
    bencher.bench_local(|| {
        let mut output = ctx.run_ui(input(Vec::new()), |ui| {
            ui.allocate_ui(egui::vec2(500.0, 300.0), |ui| {
                let mut commands = misfit::session::messages::Outbox::default();
                views.ui(
                    kind,
                    ui,
                    &mut ViewContext {
                        snapshot,
                        runs: &RunsView::default(),
                        batches: &BatchesView::default(),
                        text: &EN,
                        commands: &mut commands,
                    },
                );
            });
        });
        output.textures_delta.clear();
        ctx.tessellate(output.shapes, output.pixels_per_point).len()
    });
}

fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: std::sync::OnceLock<Snapshot> = std::sync::OnceLock::new();
    SNAPSHOT.get_or_init(|| Window::new().app.snapshot().clone())
}

/// 50,000 spikes of the chip and as many of its twin, eight neurons with 2,000 points of chip, twin and readout
/// each, a 256 × 246 weight texture, and curves of 10,000 epochs, all in one frame of 1920 × 1080.
///
/// With `fresh` data every frame shows other spikes, voltages and weights than the one before; at most 30 frames
/// a second can.
#[divan::bench(args = [false, true], sample_count = 100, sample_size = 1)]
fn worst_case(bencher: Bencher<'_, '_>, fresh: bool) {
    let (snapshots, mut views) = ([heavy(), heavy()], Views::default());
    let mut frames = 0;
    (0..8).for_each(|k| views.select(3 * k));
    let ctx = egui::Context::default();
    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1920.0, 1080.0));
    bencher.bench_local(|| {
        frames += usize::from(fresh);
        let snapshot = &snapshots[frames % 2];
        let raw = egui::RawInput { screen_rect: Some(screen), ..Default::default() };
        let mut output = ctx.run_ui(raw, |ui| {
            let kinds = [ViewKind::Raster, ViewKind::Membranes, ViewKind::Weights, ViewKind::Learning, ViewKind::Loss];
            for (k, kind) in kinds.into_iter().enumerate() {
                let corner = egui::pos2(640.0 * (k % 3) as f32, 540.0 * (k / 3) as f32);
                let place = egui::Rect::from_min_size(corner, egui::vec2(630.0, 530.0));
                ui.scope_builder(egui::UiBuilder::new().id_salt(k).max_rect(place), |ui| {
                    let mut commands = misfit::session::messages::Outbox::default();
                    let (runs, batches) = (&RunsView::default(), &BatchesView::default());
                    views.ui(
                        kind,
                        ui,
                        &mut ViewContext { snapshot, runs, batches, text: &EN, commands: &mut commands },
                    );
                });
            }
        });
        output.textures_delta.clear();
        ctx.tessellate(output.shapes, output.pixels_per_point).len()
    });
}

fn heavy() -> Snapshot {
    let (steps, n_hidden, n_inputs) = (2000usize, 246usize, 256usize);
    let wave = |n: usize, steps: usize, shift: f32| {
        Array2::from_shape_fn((steps, n), |(t, k)| ((t + 3 * k) as f32 * 0.02 + shift).sin())
    };
    let spikes = |shift: usize| {
        let mut list: Vec<GridSpike> = (0..50_000)
            .map(|k| GridSpike { step: ((k * 37 + shift) % steps) as u16, neuron: (k % n_hidden) as u16 })
            .collect();
        list.sort_unstable();
        list
    };
    let trace = |lane, shift: usize| LaneTrace {
        lane,
        v_hidden: wave(n_hidden, steps, shift as f32),
        v_readout: wave(10, steps, shift as f32),
        hidden_samples: wave(n_hidden, steps / 2, shift as f32),
        readout_samples: wave(10, steps / 2, shift as f32),
        spikes: spikes(shift),
        readout_spikes: Vec::new(),
        thresholds: vec![1.0; n_hidden],
        scores: vec![0.5; 10],
        answer: 3,
    };
    let mut sample = SampleView {
        index: 0,
        count: 1,
        label: Some(3),
        name: None,
        class_names: (0..10).map(|k| k.to_string()).collect(),
        picture: Picture::Image { rows: 16, columns: 16 },
        pixels: vec![0.5; n_inputs],
        input: SpikeTrain::from_events((0..2000).map(|k| (k as f32 * 1e-6, (k % n_inputs) as u16)).collect()),
        n_inputs,
        grid: TimeGrid::new(1000.0 * 2e-6, 2e-6, 2),
        lanes: Lane::ALL.map(|lane| trace(lane, lane as usize)).to_vec(),
        twin: Some(trace(Lane::InTheLoop, 7)),
        compared: None,
        madc: None,
    };
    // The session does it before it sends a snapshot.
    sample.compare(6e-6);
    let curve = |shift: f64| {
        Arc::new((0..10_000).map(f64::from).map(|x| [x, 1.0 + shift + (0.01 * x).sin()]).collect::<Vec<_>>())
    };
    let curves = |lane| LaneCurves {
        lane,
        batch_loss: curve(0.1),
        test_loss: curve(0.2),
        test_accuracy: curve(40.0),
        batch_accuracy: curve(50.0),
        hidden_spikes: curve(1.0),
        updates: curve(0.0),
        alignment: curve(0.0),
        left_accuracy: Arc::default(),
        left_loss: Arc::default(),
    };
    let weights = |lane| {
        let codes = Codes {
            input: Array2::from_shape_fn((n_inputs, n_hidden), |(a, b)| ((a * 7 + b * 3) % 127) as i8 - 63),
            readout: Array2::from_shape_fn((n_hidden, 10), |(a, b)| ((a * 7 + b * 3) % 127) as i8 - 63),
            ..Codes::default()
        };
        LaneWeights { lane, now: codes.clone(), first: codes, fractions: None }
    };
    Snapshot {
        curves: Lane::ALL.map(curves).to_vec(),
        sample: Some(Arc::new(sample)),
        weights: Some(Arc::new(WeightsView { lanes: Lane::ALL.map(weights).to_vec(), code_max: 63 })),
        ..Snapshot::empty(&Params::default())
    }
}
