//! What one frame costs on the CPU: layout, plots and tessellation, without a GPU.

use divan::Bencher;
use eframe::App as _;
use misfit::app::{App, Settings};
use misfit::params::Params;
use misfit::text::EN;
use misfit::views::{Scene, ViewKind, Views};
use misfit::worker::messages::Snapshot;

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
        let app = App::new(&ctx, Params { batch: 2, ..Params::default() }, settings).expect("a worker");
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
        let output = self.ctx.run_ui(input(events), |ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        });
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
        let output = ctx.run_ui(input(Vec::new()), |ui| {
            ui.allocate_ui(egui::vec2(500.0, 300.0), |ui| {
                let mut commands = Vec::new();
                views.ui(kind, ui, &mut Scene { snapshot, text: &EN, commands: &mut commands });
            });
        });
        ctx.tessellate(output.shapes, output.pixels_per_point).len()
    });
}

fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: std::sync::OnceLock<Snapshot> = std::sync::OnceLock::new();
    SNAPSHOT.get_or_init(|| Window::new().app.snapshot().clone())
}
