//! Words on the screen: what, where, and where they may be drawn.

use egui::Rect;
use egui::epaint::{ClippedShape, Shape};

/// Letters may touch what surrounds them by that much, in points.
const TOUCH: f32 = 2.0;

/// What stands where, and what it is cut to.
pub type Words = (String, Rect, Rect);

/// All words that are in sight.
pub fn words(shapes: &[ClippedShape]) -> Vec<Words> {
    fn collect(shape: &Shape, clip: Rect, out: &mut Vec<Words>) {
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

/// How far words go beyond where they may be drawn, at their left or right side.
pub fn cut(words: &[Words]) -> impl Iterator<Item = (&str, f32)> {
    let beyond = |(_, place, clip): &Words| {
        let beyond = (clip.left() - place.left()).max(place.right() - clip.right());
        (beyond > 1.0).then_some(beyond)
    };
    words.iter().filter_map(move |all| Some((all.0.as_str(), beyond(all)?)))
}

/// Pairs of words that lie on top of one another, and the size of what they share.
pub fn on_top(words: &[Words]) -> Vec<(&str, &str, egui::Vec2)> {
    let mut found = Vec::new();
    for (k, (what, place, clip)) in words.iter().enumerate() {
        for (other, there, clip_there) in &words[..k] {
            let shared = place.intersect(*clip).intersect(there.intersect(*clip_there));
            if shared.is_positive() && shared.size().min_elem() > 2.0 * TOUCH {
                found.push((what.as_str(), other.as_str(), shared.size()));
            }
        }
    }
    found
}
