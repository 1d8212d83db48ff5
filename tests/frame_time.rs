//! A sweep on digits beside the window: no frame waits for it, and its cells are those of runs made one by one.
//!
//! ```text
//! cargo test --test frame_time                                            # two cells
//! cargo test --test frame_time -- --ignored --nocapture                   # three values of two parameters, three seeds
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::time::{Duration, Instant};

use eframe::App as _;
use misfit::app::{App, Settings};
use misfit::batch::{Axis, Grid};
use misfit::params::Params;
use misfit::session::messages::BatchCommand;
use misfit::training::Experiment;
use misfit::views::ViewKind;

/// What the window may take of a frame of 16.7 ms for its own work.
const BUDGET: Duration = Duration::from_millis(8);
/// From one frame to the next.
const FRAME: Duration = Duration::from_micros(16_667);
/// Frames before fonts, textures and layout are at rest.
const WARM_UP: usize = 60;

/// The window without a graphics card: what is measured is taking what is new, layout, plots and tessellation.
struct Window {
    ctx: egui::Context,
    app: App,
    frame: eframe::Frame,
    /// Processor time of each frame.
    times: Vec<Duration>,
}

impl Window {
    fn new(params: Params) -> Self {
        let ctx = egui::Context::default();
        let views = [
            ViewKind::Learning,
            ViewKind::Loss,
            ViewKind::Sweep,
            ViewKind::Membranes,
            ViewKind::Raster,
            ViewKind::ChipMap,
        ];
        let tree = egui_tiles::Tree::new_grid(egui::Id::unique("views"), views.to_vec());
        let settings = Settings { tree: Some(tree), ..Settings::default() };
        let app = App::new(&ctx, params, settings).unwrap();
        Self { ctx, app, frame: eframe::Frame::_new_kittest(), times: Vec::new() }
    }

    /// One frame, with a pointer that moves over the views.
    fn draw(&mut self) {
        let begun = Instant::now();
        let n = self.times.len() as f32;
        let at = egui::pos2(640.0 + 600.0 * (0.031 * n).sin(), 420.0 + 300.0 * (0.047 * n).cos());
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0))),
            events: vec![egui::Event::PointerMoved(at)],
            ..Default::default()
        };
        let (app, frame) = (&mut self.app, &mut self.frame);
        let before = spent();
        let mut output = self.ctx.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        });
        output.textures_delta.clear();
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point).len();
        let wall = begun.elapsed();
        assert!(shapes > 20, "the window is empty");
        // Whoever sleeps is accounted for to the nanosecond.
        std::thread::sleep(Duration::from_millis(1));
        self.times.push(before.zip(spent()).map_or(wall, |(before, after)| after.saturating_sub(before)));
        std::thread::sleep(FRAME.saturating_sub(begun.elapsed()));
    }
}

/// Processor time of this thread, where the system tells it (Linux); elsewhere frames are timed by the clock.
fn spent() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Sweeps while the window learns and is drawn; then computes every run once more, alone.
fn sweep_beside_the_window(base: &Params, axes: &[(&str, &[&str])], seeds: Vec<u32>, budget: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let list = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    let axes = axes.iter().map(|(key, values)| Axis::list(key, &list(values), "test").unwrap()).collect();
    let plan = Grid { name: "beside".into(), axes, seeds, ..Grid::around(base) }.plan().unwrap();

    let mut window = Window::new(Params::default());
    while window.times.len() < WARM_UP || window.app.snapshot().batch == 0 {
        window.draw();
    }
    window.times.clear();
    window.app.command(BatchCommand::Start { plan: Box::new(plan.clone()), folder: folder.path().to_path_buf() });
    let start = Instant::now();
    let mut counts = Vec::new();
    let table = loop {
        window.draw();
        let Some(sweep) = &window.app.batches().sweep else { continue };
        if counts.last() != Some(&sweep.progress.done) {
            counts.push(sweep.progress.done);
        }
        assert_eq!(sweep.error, None);
        if !sweep.running {
            break sweep.progress.table.clone();
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    assert!(window.app.snapshot().running, "the window learns on meanwhile");
    let mut times = std::mem::take(&mut window.times);
    drop(window);
    assert_eq!(counts.last(), Some(&plan.runs()));
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let [median, late, worst] = [0.5, 0.99, 1.0].map(at);
    println!(
        "{} runs in {seconds:.0} s beside the window; {} frames, own work median {:.2} ms, 99th percentile {:.2} ms, \
         worst {:.2} ms",
        plan.runs(),
        times.len(),
        1e3 * median.as_secs_f64(),
        1e3 * late.as_secs_f64(),
        1e3 * worst.as_secs_f64()
    );
    assert!(median > Duration::from_micros(50), "nothing was measured");
    assert!(late < budget, "{late:?}");

    for run in 0..plan.runs() {
        let params = plan.protocol(run).params;
        let mut experiment = Experiment::new(&params).unwrap();
        let mut last = Vec::new();
        while !experiment.is_finished() {
            last = experiment.step().unwrap().epoch_done.unwrap_or(last);
        }
        let cell = &table.cells[run % plan.cells.len()];
        let outcome = cell.iter().find(|o| o.seed == params.learning.seed).unwrap();
        assert_eq!(outcome.lanes.len(), last.len());
        for report in last {
            let lane = outcome.lane(report.lane).unwrap();
            let (there, alone) = ([lane.test_accuracy, lane.test_loss], [report.test_accuracy, report.test_loss]);
            assert_eq!(there.map(f64::to_bits), alone.map(f64::to_bits), "{}, {}", plan.title(run), report.lane.name());
        }
    }
    println!("{} runs made one by one: the same bits", plan.runs());
}

#[test]
fn a_sweep_does_not_stop_the_window_and_its_cells_are_those_of_single_runs() {
    let base = Params::default().with(|p| (p.learning.epochs, p.network.hidden, p.task.train_samples) = (2, 32, 512));
    // Whoever waited for a run would take longer; a machine shared with others may take this long.
    sweep_beside_the_window(&base, &[("sigma", &["0", "40"])], vec![1], 12 * BUDGET);
}

#[test]
#[ignore = "minutes"]
fn three_by_three_by_three_on_digits_beside_the_window() {
    let base = Params::default().with(|p| p.learning.epochs = 8);
    let axes: [(&str, &[&str]); 2] = [("sigma", &["0", "20", "40"]), ("hidden", &["32", "64", "128"])];
    sweep_beside_the_window(&base, &axes, vec![1, 2, 3], BUDGET);
}
