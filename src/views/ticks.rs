//! Tens of thousands of spikes as one picture.

use std::ops::RangeInclusive;
use std::sync::Arc;

use egui::epaint::{Mesh, Shape};
use egui::{Color32, ColorImage, Id, Pos2, Rect, TextureHandle, TextureOptions, Ui, Vec2, pos2, vec2};
use egui_plot::{PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotTransform};

/// Half the width of a stroke, in points.
const HALF_WIDTH: f32 = 1.0;

/// Places in a colour.
pub(super) type Layer = (Arc<Vec<[f64; 2]>>, Color32);

/// What a picture was made from.
#[derive(Clone)]
struct Made {
    layers: Vec<Layer>,
    frame: Rect,
    bounds: PlotBounds,
    pixels_per_point: f32,
}

impl Made {
    /// Spikes are laid out as a whole, so it is enough to compare where they are.
    fn is(&self, other: &Self) -> bool {
        let same = |(a, b): (&Layer, &Layer)| Arc::ptr_eq(&a.0, &b.0) && a.1 == b.1;
        self.layers.len() == other.layers.len()
            && self.layers.iter().zip(&other.layers).all(same)
            && (self.frame, self.bounds) == (other.frame, other.bounds)
            && self.pixels_per_point.to_bits() == other.pixels_per_point.to_bits()
    }
}

/// Spikes as small upright strokes, in layers of which later ones cover earlier ones.
///
/// They are drawn into one texture of the size of the plot, so a frame costs one rectangle however many they are.
pub(super) struct Ticks {
    base: PlotItemBase,
    layers: Vec<Layer>,
    /// Where the last picture is kept, which stays as it is until something in it moves.
    kept: Id,
}

impl Ticks {
    pub(super) fn new(layers: Vec<Layer>, kept: Id) -> Self {
        Self { base: PlotItemBase::new(String::new()), layers, kept }
    }

    fn image(&self, transform: &PlotTransform, origin: Pos2, size: [usize; 2], pixels_per_point: f32) -> ColorImage {
        // The axes are linear, so two places say where all others are.
        let at = |x: f64, y: f64| {
            let place = transform.position_from_point(&PlotPoint::new(x, y)) - origin;
            [f64::from(pixels_per_point * place.x), f64::from(pixels_per_point * place.y)]
        };
        let bounds = transform.bounds();
        let ([x0, y0], [x1, y1]) = (bounds.min(), bounds.max());
        let (low, high) = (at(x0, y0), at(x1, y1));
        let across = [(high[0] - low[0]) / (x1 - x0), (high[1] - low[1]) / (y1 - y0)];
        let zero = [low[0] - across[0] * x0, low[1] - across[1] * y0];
        let height = 0.45 * across[1].abs() as f32 / pixels_per_point;
        let half = pixels_per_point * vec2(HALF_WIDTH, height.clamp(1.5, 6.0));
        let mut image = ColorImage::filled(size, Color32::TRANSPARENT);
        for (points, color) in &self.layers {
            for [x, y] in points.iter() {
                let place = [zero[0] + across[0] * x, zero[1] + across[1] * y].map(|v| v as f32);
                stroke(&mut image, place.into(), half, *color);
            }
        }
        image
    }
}

/// Fills the rectangle of pixels around `at`, as far as it is in the image. Not a number is nowhere.
fn stroke(image: &mut ColorImage, at: Vec2, half: Vec2, color: Color32) {
    let [width, height] = image.size;
    let span = |at: f32, half: f32, size: usize| {
        // Half up, and what is negative becomes zero.
        let (low, high) = (at - half + 0.5, at + half + 0.5);
        let inside = high >= 1.0 && low < size as f32;
        inside.then(|| (low as usize, (high as usize).min(size)))
    };
    let (Some((left, right)), Some((top, bottom))) = (span(at.x, half.x, width), span(at.y, half.y, height)) else {
        return;
    };
    for row in top..bottom {
        image.pixels[row * width + left..row * width + right].fill(color);
    }
}

impl PlotItem for Ticks {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let scale = ui.ctx().pixels_per_point();
        let frame = *transform.frame();
        let most = ui.input(|i| i.max_texture_side);
        let origin = pos2((frame.left() * scale).floor() / scale, (frame.top() * scale).floor() / scale);
        let size = ((frame.right_bottom() - origin) * scale).ceil();
        if !(size.x >= 1.0 && size.y >= 1.0) {
            return;
        }
        let size = [(size.x as usize).min(most), (size.y as usize).min(most)];
        let (layers, bounds) = (self.layers.clone(), *transform.bounds());
        let made = Made { layers, frame, bounds, pixels_per_point: scale };
        let known = ui.data(|data| data.get_temp::<(Arc<Made>, TextureHandle)>(self.kept));
        let texture = known.filter(|(old, _)| old.is(&made)).map_or_else(
            || {
                let image = self.image(transform, origin, size, scale);
                let texture = ui.ctx().load_texture("spikes", image, TextureOptions::NEAREST);
                ui.data_mut(|data| data.insert_temp(self.kept, (Arc::new(made), texture.clone())));
                texture
            },
            |(_, texture)| texture,
        );
        let place = Rect::from_min_size(origin, vec2(size[0] as f32, size[1] as f32) / scale);
        let mut mesh = Mesh::with_texture(texture.id());
        mesh.add_rect_with_uv(place, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)), Color32::WHITE);
        shapes.push(Shape::mesh(mesh));
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.layers.first().map_or(Color32::TRANSPARENT, |layer| layer.1)
    }

    /// None: looking for the nearest of thousands of spikes in every frame helps nobody.
    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    /// None: the plot includes the whole sample and all rows anyway.
    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(image: &ColorImage) -> Vec<(usize, usize)> {
        let set = image.pixels.iter().enumerate().filter(|(_, c)| **c != Color32::TRANSPARENT);
        set.map(|(k, _)| (k % image.size[0], k / image.size[0])).collect()
    }

    #[test]
    fn a_stroke_fills_the_pixels_around_it_and_none_outside_the_picture() {
        let mut image = ColorImage::filled([4, 3], Color32::TRANSPARENT);
        stroke(&mut image, vec2(2.0, 1.0), vec2(1.0, 1.0), Color32::RED);
        assert_eq!(filled(&image), [(1, 0), (2, 0), (1, 1), (2, 1)]);
        let mut image = ColorImage::filled([4, 3], Color32::TRANSPARENT);
        stroke(&mut image, vec2(0.0, 3.0), vec2(1.0, 2.0), Color32::RED);
        assert_eq!(filled(&image), [(0, 1), (0, 2)]);
        for away in [vec2(-5.0, 1.0), vec2(1.0, 9.0), vec2(f32::NAN, 1.0), vec2(1.0, f32::INFINITY)] {
            let mut image = ColorImage::filled([4, 3], Color32::TRANSPARENT);
            stroke(&mut image, away, vec2(1.0, 1.0), Color32::RED);
            assert!(filled(&image).is_empty(), "{away:?}");
        }
    }
}
