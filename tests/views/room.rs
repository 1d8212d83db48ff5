//! No words are cut off, and none lie on top of others, in tiles of the sizes that the window has them in.

use egui::Rect;
use egui::epaint::{ClippedShape, Shape};
use misfit::text::{EN, Text, ZH};
use misfit::views::ViewKind;
use misfit::worker::messages::Snapshot;

use crate::stage::{normal, plane, still};

/// A quarter of the window of 1280 × 800, the same for an audience, a column, and a large tile, in points.
const SIZES: [[f32; 2]; 4] = [[420.0, 260.0], [390.0, 200.0], [520.0, 330.0], [1240.0, 660.0]];
/// Letters may touch what surrounds them by that much, in points.
const TOUCH: f32 = 2.0;

/// Words on the screen: what, where, and where they may be drawn.
fn words(shapes: &[ClippedShape]) -> Vec<(String, Rect, Rect)> {
    fn collect(shape: &Shape, clip: Rect, out: &mut Vec<(String, Rect, Rect)>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, out)),
            Shape::Text(text) if !text.galley.text().trim().is_empty() => {
                out.push((text.galley.text().to_owned(), text.visual_bounding_rect(), clip));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for clipped in shapes {
        collect(&clipped.shape, clipped.clip_rect, &mut out);
    }
    // What is outside altogether was scrolled away.
    out.retain(|(_, place, clip)| place.is_finite() && place.intersect(*clip).is_positive());
    out
}

/// Tables are wider than a small tile and can be scrolled.
fn scrolls(kind: ViewKind) -> bool {
    matches!(kind, ViewKind::Culprits | ViewKind::Runs | ViewKind::Studies)
}

fn each(mut look: impl FnMut(&str, ViewKind, &[(String, Rect, Rect)])) {
    let named: [(&str, Snapshot); 2] = [("digits", normal()), ("plane", plane())];
    for (text, size) in [&EN, &ZH].into_iter().flat_map(|text: &'static Text| SIZES.map(|size| (text, size))) {
        for (name, snapshot) in &named {
            for kind in ViewKind::ALL {
                let mut harness = still(text, kind, snapshot, egui::Theme::Dark, size);
                harness.run_steps(4);
                let at = format!("{kind:?} of {name}, {} × {}, {:?}", size[0], size[1], text.language);
                look(&at, kind, &words(&harness.output().shapes));
            }
        }
    }
}

#[test]
fn no_words_are_cut_at_their_sides() {
    let mut cut = Vec::new();
    each(|at, kind, words| {
        for (what, place, clip) in words {
            let beyond = (clip.left() - place.left()).max(place.right() - clip.right());
            if beyond > 1.0 && !(scrolls(kind) && beyond < 400.0) {
                cut.push(format!("{at}: {what:?} by {beyond:.0}"));
            }
        }
    });
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn no_words_lie_on_top_of_others() {
    let mut over = Vec::new();
    each(|at, _, words| {
        for (k, (what, place, clip)) in words.iter().enumerate() {
            for (other, there, clip_there) in &words[..k] {
                let shared = place.intersect(*clip).intersect(there.intersect(*clip_there));
                if shared.is_positive() && shared.size().min_elem() > 2.0 * TOUCH {
                    over.push(format!("{at}: {what:?} on {other:?} by {:.0?}", shared.size()));
                }
            }
        }
    });
    assert!(over.is_empty(), "{over:#?}");
}
