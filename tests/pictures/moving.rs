//! A short animation for the README and for talks, `assets/screenshots/healing.png`: a network learns through its chip,
//! most of its neurons fall silent, and it heals.
//!
//! ```text
//! cargo test --test pictures -- --ignored animation      # learns for about a minute and writes it anew
//! ```

use std::collections::HashMap;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use misfit::app::{App, Layout, Screen, Settings};
use misfit::params::Params;
use misfit::session::messages::{EngineCommand, Pace};

use crate::Shared;
use crate::stored::Picture;

/// Width and height of the window, twice those of the animation.
const SIZE: [f32; 2] = [1440.0, 900.0];
/// Epochs until the neurons fall silent, and then until it has healed.
const EPOCHS: [usize; 2] = [8, 20];
/// Pictures an epoch.
const EACH: usize = 3;
/// What is typed into the palette in the middle.
const DAMAGE: &str = "silent neurons 80";
/// The file, in bytes, at most.
const MOST: u64 = 3_000_000;
/// Colours, one of which stands for what has not changed.
const COLORS: usize = 64;
/// Duration of a picture, of those around the fall, and of the last one, ms.
const SHOWN: [u16; 3] = [110, 350, 3000];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots/healing.png")
}

/// Draws frames until so many parts of epochs are done.
fn until(window: &mut Harness<'static, App>, done: usize) {
    let begun = Instant::now();
    loop {
        let s = window.state().snapshot();
        let epochs = s.curves.iter().filter_map(|c| c.batch_accuracy.last()).map(|p| p[0]).fold(0.0, f64::max);
        if epochs * EACH as f64 >= done as f64 - 1e-6 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(30), "nothing is learnt: {epochs} epochs");
        window.step();
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn press(window: &mut Harness<'static, App>, modifiers: egui::Modifiers, key: egui::Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

/// The pictures with how long each is shown.
fn frames() -> Vec<(Picture, u16)> {
    let shared = Shared::default();
    let settings = Settings { screen: Screen::Instrument, layout: Layout::Demo, ..Settings::default() };
    let params = Params::default().with(|p| (p.network.hidden, p.learning.epochs) = (96, 1000));
    let builder = Harness::builder().with_size(SIZE).renderer(shared.clone());
    let mut window = builder.build_eframe(move |cc| App::new(&cc.egui_ctx, params, settings).expect("a session"));
    window.state_mut().command(EngineCommand::SetPace(Pace::Full));
    let mut frames = Vec::new();
    let end = EACH * EPOCHS[1];
    for done in 1..=end {
        let fall = done == EACH * EPOCHS[0] + 1;
        if fall {
            window.state_mut().command(EngineCommand::Pause);
            window.run_steps(4);
            press(&mut window, egui::Modifiers::COMMAND, egui::Key::K);
            window.event(egui::Event::Text(DAMAGE.to_owned()));
            window.run_steps(3);
            frames.push((shared.draw(&mut window), SHOWN[1]));
            press(&mut window, egui::Modifiers::NONE, egui::Key::Enter);
            let fell = |app: &App| app.snapshot().falls.iter().any(|fall| fall.epochs > 0.0);
            let begun = Instant::now();
            while !fell(window.state()) && begun.elapsed() < Duration::from_mins(5) {
                window.step();
                std::thread::sleep(Duration::from_millis(10));
            }
            frames.push((shared.draw(&mut window), 3 * SHOWN[1]));
            window.state_mut().command(EngineCommand::Run);
        }
        until(&mut window, done);
        frames.push((shared.draw(&mut window), if done == end { SHOWN[2] } else { SHOWN[0] }));
    }
    frames
}

/// The colours that occur most in all pictures.
fn palette(frames: &[(Picture, u16)]) -> Vec<[u8; 3]> {
    let coarse = |p: &[u8; 3]| p.map(|c| c & 0xf0 | c >> 4);
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    frames.iter().flat_map(|(picture, _)| &picture.pixels).for_each(|p| *counts.entry(coarse(p)).or_default() += 1);
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by_key(|(color, n)| (std::cmp::Reverse(*n), *color));
    all.into_iter().take(COLORS - 1).map(|(color, _)| color).collect()
}

/// Writes the pictures one after the other, each as what has changed since the one before.
fn write(frames: &[(Picture, u16)], path: &Path) {
    let palette = palette(frames);
    let distance = |a: &[u8; 3], b: &[u8; 3]| (0..3).map(|k| u32::from(a[k].abs_diff(b[k])).pow(2)).sum::<u32>();
    let nearest = |p: &[u8; 3]| {
        let best = palette.iter().enumerate().min_by_key(|(_, color)| distance(color, p));
        best.map_or(1, |(k, _)| k as u8 + 1)
    };
    let mut known: HashMap<[u8; 3], u8> = HashMap::new();
    let mut indexed = |picture: &Picture| -> Vec<u8> {
        picture.pixels.iter().map(|p| *known.entry(*p).or_insert_with(|| nearest(p))).collect()
    };
    let [width, height] = frames[0].0.size.map(|side| side as u32);
    let file = BufWriter::new(std::fs::File::create(path).expect("a file"));
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    // The first colour lets the picture before shine through.
    encoder.set_palette([vec![[0; 3]], palette.clone()].concat().concat());
    encoder.set_trns(vec![0]);
    encoder.set_animated(frames.len() as u32, 0).expect("an animation");
    let mut writer = encoder.write_header().expect("a header");
    let mut before: Vec<u8> = Vec::new();
    for (picture, shown) in frames {
        let now = indexed(picture);
        let changed = |(k, index): (usize, &u8)| if before.get(k) == Some(index) { 0 } else { *index };
        let pixels: Vec<u8> = now.iter().enumerate().map(changed).collect();
        writer.set_frame_delay(*shown, 1000).expect("a delay");
        writer.set_blend_op(if before.is_empty() { png::BlendOp::Source } else { png::BlendOp::Over }).expect("a way");
        writer.write_image_data(&pixels).expect("the pixels");
        before = now;
    }
    writer.finish().expect("the end");
}

#[test]
#[ignore = "learns for about a minute; writes the animation of the README anew"]
fn the_animation_of_fall_and_healing_is_made_anew() {
    let frames = frames();
    assert!((40..=120).contains(&frames.len()), "{} pictures", frames.len());
    write(&frames, &path());
    assert!(std::fs::metadata(path()).expect("the animation").len() < MOST);
}

#[test]
fn what_is_written_as_changes_is_seen_as_the_pictures_were() {
    let picture = |colors: [[u8; 3]; 4]| Picture { size: [2, 2], pixels: colors.to_vec() };
    let (black, white, red) = ([0; 3], [255; 3], [255, 0, 0]);
    let frames = [(picture([black, white, black, red]), 100), (picture([black, red, black, red]), 100)];
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two.png");
    write(&frames, &path);
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).expect("it")));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a picture");
    let mut canvas = [[0u8; 3]; 4];
    for (wanted, _) in &frames {
        let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut bytes).expect("a frame");
        for (k, p) in bytes.chunks_exact(4).enumerate().filter(|(_, p)| p[3] > 0) {
            canvas[k] = [p[0], p[1], p[2]];
        }
        assert_eq!(canvas.to_vec(), wanted.pixels);
    }
}
