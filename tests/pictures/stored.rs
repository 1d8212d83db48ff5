//! Pictures as they are kept: half as large in each direction, in 256 colours, as PNG.

use std::collections::HashMap;
use std::path::Path;

/// Colours of a picture.
const COLORS: usize = 256;

/// A picture, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub size: [usize; 2],
    pub pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// The mean of every four pixels.
    pub fn halved(size: [usize; 2], pixels: &[[u8; 3]]) -> Self {
        let [width, height] = size.map(|side| side / 2);
        let mean = |x: usize, y: usize, channel: usize| {
            let at = |dx: usize, dy: usize| u16::from(pixels[(2 * y + dy) * size[0] + 2 * x + dx][channel]);
            ((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4) as u8
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels = places.map(|(x, y)| std::array::from_fn(|channel| mean(x, y, channel))).collect();
        Self { size: [width, height], pixels }
    }

    /// Writes it in its most frequent colours.
    pub fn write(&self, path: &Path) {
        let coarse = |p: &[u8; 3]| p.map(|c| c & 0xf8 | c >> 5);
        let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
        self.pixels.iter().for_each(|p| *counts.entry(coarse(p)).or_default() += 1);
        let mut palette: Vec<([u8; 3], usize)> = counts.into_iter().collect();
        palette.sort_by_key(|(color, n)| (std::cmp::Reverse(*n), *color));
        let palette: Vec<[u8; 3]> = palette.into_iter().take(COLORS).map(|(color, _)| color).collect();
        let distance = |a: &[u8; 3], b: &[u8; 3]| (0..3).map(|k| u32::from(a[k].abs_diff(b[k])).pow(2)).sum::<u32>();
        let mut known: HashMap<[u8; 3], u8> = HashMap::new();
        let nearest = |p: &[u8; 3]| {
            let best = palette.iter().enumerate().min_by_key(|(_, color)| distance(color, p));
            best.map_or(0, |(k, _)| k as u8)
        };
        let indices: Vec<u8> = self.pixels.iter().map(|p| *known.entry(*p).or_insert_with(|| nearest(p))).collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size[0] as u32, self.size[1] as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.concat());
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&indices).expect("the pixels");
        writer.finish().expect("the end");
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("the picture is written");
    }

    /// Reads it, if it is there.
    pub fn read(path: &Path) -> Option<Self> {
        let file = std::io::BufReader::new(std::fs::File::open(path).ok()?);
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a picture");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut bytes).expect("a frame");
        let pixels = bytes[..info.buffer_size()].chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        Some(Self { size: [info.width as usize, info.height as usize], pixels })
    }

    /// Share of the pixels that differ by more than what 256 colours leave of them.
    pub fn difference(&self, other: &Self) -> f64 {
        if self.size != other.size {
            return 1.0;
        }
        self.far(other).count() as f64 / self.pixels.len().max(1) as f64
    }

    /// The most of such pixels in any tile; tiles overlap by half.
    pub fn worst_tile(&self, other: &Self) -> usize {
        const HALF: usize = 8;
        if self.size != other.size {
            return usize::MAX;
        }
        let [width, height] = self.size.map(|side| side.div_ceil(HALF));
        let mut halves = vec![0; (width + 1) * (height + 1)];
        for at in self.far(other) {
            halves[at / self.size[0] / HALF * (width + 1) + at % self.size[0] / HALF] += 1;
        }
        let tile = |k: usize| halves[k] + halves[k + 1] + halves[k + width + 1] + halves[k + width + 2];
        (0..width * height).map(|k| tile(k / width * (width + 1) + k % width)).max().unwrap_or(0)
    }

    fn far<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let far = |(a, b): (&[u8; 3], &[u8; 3])| (0..3).any(|k| a[k].abs_diff(b[k]) > 40);
        self.pixels.iter().zip(&other.pixels).enumerate().filter(move |(_, pair)| far(*pair)).map(|(at, _)| at)
    }
}
