//! Where the words of a drawing stand on its paper.

use egui::{Rect, pos2, vec2};
use resvg::usvg;

use crate::words::Words;

/// All words of a drawing, in the letters of the window. They may be drawn on the whole paper.
pub fn words(svg: &str) -> Vec<Words> {
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    for font in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/fonts")).expect("the fonts") {
        fonts.load_font_data(std::fs::read(font.expect("a file").path()).expect("a font"));
    }
    fonts.set_sans_serif_family("Misfit Sans");
    let tree = usvg::Tree::from_str(svg, &options).expect("a drawing");
    let paper = Rect::from_min_size(egui::Pos2::ZERO, vec2(tree.size().width(), tree.size().height()));
    let mut out = Vec::new();
    collect(tree.root(), paper, &mut out);
    out
}

fn collect(group: &usvg::Group, paper: Rect, out: &mut Vec<Words>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => collect(group, paper, out),
            usvg::Node::Text(text) => {
                let what: String = text.chunks().iter().map(usvg::TextChunk::text).collect();
                let place = text.abs_bounding_box();
                let place = Rect::from_min_max(pos2(place.left(), place.top()), pos2(place.right(), place.bottom()));
                out.push((what, place, paper));
            }
            _ => {}
        }
    }
}
