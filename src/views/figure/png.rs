//! Figures as pictures (PNG), made from their drawings.

use std::sync::{Arc, OnceLock};

use resvg::{tiny_skia, usvg};

use crate::base::error::{Error, Result};
use crate::views::theme;

/// Pixels a point of the drawing: sharp on a slide and in print.
const SCALE: f32 = 2.5;

/// A drawing as a picture on white paper, with `notes` as its comment. The letters are those of the window.
///
/// # Errors
///
/// If the drawing cannot be read, or the picture has no room in memory.
pub fn picture(svg: &str, notes: &str) -> Result<Vec<u8>> {
    let options = usvg::Options { fontdb: Arc::clone(fonts()), ..usvg::Options::default() };
    let failed = |why: &dyn std::fmt::Display| Error::System(format!("the picture could not be drawn: {why}"));
    let tree = usvg::Tree::from_str(svg, &options).map_err(|why| failed(&why))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| failed(&"it has no size"))?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| failed(&"it is too large"))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    // The paper is white and opaque, so three channels are enough.
    let colors: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    encoded([size.width(), size.height()], png::ColorType::Rgb, &colors, notes)
}

/// Pixels row by row as PNG, with `notes` as its comment.
///
/// # Errors
///
/// If there are not as many pixels as the size says.
pub fn encoded([width, height]: [u32; 2], color: png::ColorType, pixels: &[u8], notes: &str) -> Result<Vec<u8>> {
    let failed = |why: png::EncodingError| Error::System(format!("the picture could not be written: {why}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_itxt_chunk("Comment".into(), notes.into()).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// The fonts of the window, the first of which is the usual one.
fn fonts() -> &'static Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut known = usvg::fontdb::Database::new();
        for data in theme::letters() {
            known.load_font_data(data.to_vec());
        }
        let first = known.faces().next().and_then(|face| face.families.first().map(|(name, _)| name.clone()));
        if let Some(name) = first {
            known.set_sans_serif_family(name);
        }
        Arc::new(known)
    })
}
