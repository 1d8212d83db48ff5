//! Draws what egui tessellates without a graphics card: the same pixels on every machine.

#![expect(clippy::iter_over_hash_type, reason = "textures do not depend on one another")]
#![expect(clippy::float_cmp, reason = "an edge is level or it is not")]

use std::collections::HashMap;

use egui::epaint::{self, ClippedShape, Vertex};
use egui::{ColorImage, Pos2, TextureId, TexturesDelta};

/// Red, green, blue and alpha of a pixel, premultiplied, 0 to 255.
type Pixel = [f32; 4];

/// Textures, kept up to date frame by frame.
#[derive(Default)]
pub struct Soft {
    textures: HashMap<TextureId, ColorImage>,
}

impl Soft {
    /// Takes what is new among the textures.
    pub fn update(&mut self, delta: &mut TexturesDelta) {
        for (id, images) in delta.set.drain() {
            for new in images {
                let epaint::ImageData::Color(image) = &new.image;
                let Some([x, y]) = new.pos else {
                    self.textures.insert(id, (**image).clone());
                    continue;
                };
                let whole = self.textures.get_mut(&id).expect("a part of a texture that is known");
                let (stride, [width, height]) = (whole.size[0], image.size);
                for row in 0..height {
                    let at = (y + row) * stride + x;
                    whole.pixels[at..at + width].copy_from_slice(&image.pixels[row * width..(row + 1) * width]);
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// The pixels of a frame, row by row.
    pub fn render(&self, ctx: &egui::Context, shapes: Vec<ClippedShape>) -> ([usize; 2], Vec<[u8; 3]>) {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let [width, height] = [size.x, size.y].map(|side| side.round() as usize);
        let behind = ctx.global_style().visuals.panel_fill.to_array().map(f32::from);
        let mut frame = vec![behind; width * height];
        for part in ctx.tessellate(shapes, scale) {
            let epaint::Primitive::Mesh(mesh) = part.primitive else { continue };
            let texture = self.textures.get(&mesh.texture_id).expect("a texture that is known");
            let clip = part.clip_rect * scale;
            let edge = |at: f32, most: usize| (at.round().max(0.0) as usize).min(most);
            let clip = [
                edge(clip.left(), width),
                edge(clip.top(), height),
                edge(clip.right(), width),
                edge(clip.bottom(), height),
            ];
            for corners in mesh.indices.chunks_exact(3) {
                let mut corners = [0, 1, 2].map(|k| mesh.vertices[corners[k] as usize]);
                for corner in &mut corners {
                    corner.pos = (corner.pos.to_vec2() * scale).to_pos2();
                }
                triangle(&mut frame, width, clip, corners, texture);
            }
        }
        let pixels = frame.into_iter().map(|p| [p[0], p[1], p[2]].map(|v| v.round().clamp(0.0, 255.0) as u8));
        ([width, height], pixels.collect())
    }
}

/// Twice the area of a triangle; positive on one side of the line from `a` to `b`.
fn cross(a: Pos2, b: Pos2, p: Pos2) -> f32 {
    (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
}

fn triangle(frame: &mut [Pixel], width: usize, clip: [usize; 4], mut v: [Vertex; 3], texture: &ColorImage) {
    let mut area = cross(v[0].pos, v[1].pos, v[2].pos);
    if area == 0.0 || !area.is_finite() {
        return;
    }
    if area < 0.0 {
        v.swap(1, 2);
        area = -area;
    }
    let [a, b, c] = v.map(|v| v.pos);
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let first = |at: f32, least: usize| ((at - 0.5).floor().max(0.0) as usize).max(least);
    let last = |at: f32, most: usize| ((at + 0.5).ceil().max(0.0) as usize).min(most);
    // Of two triangles that share an edge only one owns the pixels on it, or they would be blended twice.
    let owns = |from: Pos2, to: Pos2| (from.y == to.y && to.x > from.x) || to.y < from.y;
    let own = [owns(b, c), owns(c, a), owns(a, b)];
    let flat = v.iter().all(|corner| corner.uv == v[0].uv).then(|| sample(texture, v[0].uv));
    for y in first(low.y, clip[1])..last(high.y, clip[3]) {
        for x in first(low.x, clip[0])..last(high.x, clip[2]) {
            let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
            let parts = [cross(b, c, at), cross(c, a, at), cross(a, b, at)];
            if (0..3).any(|k| parts[k] < 0.0 || (parts[k] == 0.0 && !own[k])) {
                continue;
            }
            let parts = parts.map(|part| part / area);
            let mixed = |of: fn(&Vertex) -> f32| (0..3).map(|k| parts[k] * of(&v[k])).sum::<f32>();
            let texel = flat.unwrap_or_else(|| sample(texture, Pos2::new(mixed(|v| v.uv.x), mixed(|v| v.uv.y))));
            let color: Pixel = std::array::from_fn(|channel| {
                let shade = (0..3).map(|k| parts[k] * f32::from(v[k].color.to_array()[channel])).sum::<f32>();
                shade * texel[channel]
            });
            let below = &mut frame[y * width + x];
            for channel in 0..4 {
                below[channel] = color[channel] + below[channel] * (1.0 - color[3] / 255.0);
            }
        }
    }
}

/// A texture between its texels, 0 to 1.
fn sample(texture: &ColorImage, uv: Pos2) -> Pixel {
    let [width, height] = texture.size;
    let (x, y) = (uv.x * width as f32 - 0.5, uv.y * height as f32 - 0.5);
    let at = |x: f32, y: f32| {
        let (column, row) = (x.clamp(0.0, width as f32 - 1.0) as usize, y.clamp(0.0, height as f32 - 1.0) as usize);
        texture.pixels[row * width + column].to_array().map(f32::from)
    };
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let corners = [at(left, top), at(left + 1.0, top), at(left, top + 1.0), at(left + 1.0, top + 1.0)];
    std::array::from_fn(|k| {
        let upper = corners[0][k] * (1.0 - across) + corners[1][k] * across;
        let lower = corners[2][k] * (1.0 - across) + corners[3][k] * across;
        (upper * (1.0 - down) + lower * down) / 255.0
    })
}
