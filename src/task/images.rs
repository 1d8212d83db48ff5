//! From 28 × 28 pictures to 16 × 16 inputs, and back a little turned.
//!
//! Cramer et al. 2022, Methods: the two outermost rows and columns on every side are
//! dropped and the rest is scaled to 16 × 16, so that 256 inputs fill the chip. In
//! training a picture may be turned by a random angle first.

/// Side of the inputs.
pub const SIDE: usize = 16;
/// Rows and columns dropped on every side.
const MARGIN: usize = 2;

/// A grey picture of `rows × columns` bytes.
#[derive(Debug, Clone, Copy)]
pub struct Grey<'a> {
    pixels: &'a [u8],
    rows: usize,
    columns: usize,
}

impl<'a> Grey<'a> {
    /// The picture in `pixels`, row by row.
    ///
    /// # Panics
    /// When there are not `rows · columns` pixels, or not more than the margin.
    pub fn new(pixels: &'a [u8], rows: usize, columns: usize) -> Self {
        assert_eq!(pixels.len(), rows * columns, "one byte a pixel");
        assert!(rows > 2 * MARGIN && columns > 2 * MARGIN, "a picture is larger than its margin");
        Self { pixels, rows, columns }
    }

    /// Grey level 0…1 at a real position (row, column) by bilinear interpolation; black outside.
    fn at(&self, row: f32, column: f32) -> f32 {
        let (r, c) = (row.floor(), column.floor());
        let (fr, fc) = (row - r, column - c);
        let pixel = |r: f32, c: f32| {
            if r < 0.0 || c < 0.0 || r >= self.rows as f32 || c >= self.columns as f32 {
                0.0
            } else {
                f32::from(self.pixels[r as usize * self.columns + c as usize])
            }
        };
        let upper = pixel(r, c) * (1.0 - fc) + pixel(r, c + 1.0) * fc;
        let lower = pixel(r + 1.0, c) * (1.0 - fc) + pixel(r + 1.0, c + 1.0) * fc;
        (upper * (1.0 - fr) + lower * fr) / 255.0
    }

    /// The picture turned by `angle` (rad, anticlockwise), cropped and scaled to
    /// [`SIDE`] × [`SIDE`] grey levels 0…1, row by row.
    ///
    /// Every input is the mean over the area it covers.
    pub fn input(&self, angle: f32) -> Vec<f32> {
        let (rows, columns) = (self.rows - 2 * MARGIN, self.columns - 2 * MARGIN);
        let mut cropped = vec![0.0; rows * columns];
        if angle == 0.0 {
            for (row, out) in cropped.chunks_exact_mut(columns).enumerate() {
                let line = &self.pixels[(row + MARGIN) * self.columns + MARGIN..][..columns];
                out.iter_mut().zip(line).for_each(|(to, &from)| *to = f32::from(from) / 255.0);
            }
        } else {
            let (sin, cos) = angle.sin_cos();
            let centre = [(self.rows - 1) as f32 / 2.0, (self.columns - 1) as f32 / 2.0];
            for (row, out) in cropped.chunks_exact_mut(columns).enumerate() {
                let y = (row + MARGIN) as f32 - centre[0];
                for (column, to) in out.iter_mut().enumerate() {
                    let x = (column + MARGIN) as f32 - centre[1];
                    // What lands here came from where the opposite turn leads; rows count downwards.
                    *to = self.at(centre[0] + cos * y + sin * x, centre[1] - sin * y + cos * x);
                }
            }
        }
        scaled(&cropped, rows, columns)
    }
}

/// Mean over the area that each of [`SIDE`]² cells covers, one axis after the other.
fn scaled(pixels: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut wide = vec![0.0; rows * SIDE];
    let shares = shares(columns);
    for (out, line) in wide.chunks_exact_mut(SIDE).zip(pixels.chunks_exact(columns)) {
        for (to, cell) in out.iter_mut().zip(&shares) {
            *to = cell.iter().map(|&(k, share)| share * line[k]).sum();
        }
    }
    let shares = self::shares(rows);
    let mut out = vec![0.0; SIDE * SIDE];
    for (line, cell) in out.chunks_exact_mut(SIDE).zip(&shares) {
        for &(k, share) in cell {
            line.iter_mut().zip(&wide[k * SIDE..][..SIDE]).for_each(|(to, from)| *to += share * from);
        }
    }
    out
}

/// For each of [`SIDE`] cells, the pixels of `n` that it covers and with what share of its area.
fn shares(n: usize) -> Vec<Vec<(usize, f32)>> {
    let width = n as f32 / SIDE as f32;
    (0..SIDE)
        .map(|cell| {
            let (start, end) = (cell as f32 * width, (cell + 1) as f32 * width);
            let covered = start.floor() as usize..(end.ceil() as usize).min(n);
            covered
                .map(|k| (k, ((k + 1) as f32).min(end) - (k as f32).max(start)))
                .filter(|(_, overlap)| *overlap > 1e-4)
                .map(|(k, overlap)| (k, overlap / width))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(f: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..28 * 28).map(|k| f(k / 28, k % 28)).collect()
    }

    #[test]
    fn the_margin_is_dropped_and_the_mean_of_the_rest_is_kept() {
        let bytes =
            picture(
                |r, c| if (2..26).contains(&r) && (2..26).contains(&c) { ((r * 7 + c * 3) % 256) as u8 } else { 255 },
            );
        let input = Grey::new(&bytes, 28, 28).input(0.0);
        let inside = (0..28 * 28).filter(|k| (2..26).contains(&(k / 28)) && (2..26).contains(&(k % 28)));
        let mean = inside.map(|k| f32::from(bytes[k]) / 255.0).sum::<f32>() / 576.0;
        assert!((input.iter().sum::<f32>() / 256.0 - mean).abs() < 1e-5);
    }

    /// 24 pixels on 16 cells: a cell covers one pixel and half of a neighbour.
    #[test]
    fn a_cell_is_the_mean_over_its_area() {
        let bytes = picture(|r, c| if r == 2 && c == 3 { 255 } else { 0 });
        let input = Grey::new(&bytes, 28, 28).input(0.0);
        let cell = 1.5f32 * 1.5;
        assert!((input[0] - 0.5 / cell).abs() < 1e-6, "half of the pixel lies in the first cell");
        assert!((input[1] - 0.5 / cell).abs() < 1e-6);
        assert!(input[2..].iter().all(|p| *p == 0.0));
    }

    #[test]
    fn a_quarter_turn_anticlockwise_moves_the_top_to_the_left() {
        let bytes = picture(|r, c| if (2..8).contains(&r) && (11..17).contains(&c) { 255 } else { 0 });
        let left = picture(|r, c| if (2..8).contains(&c) && (11..17).contains(&r) { 255 } else { 0 });
        let turned = Grey::new(&bytes, 28, 28).input(std::f32::consts::FRAC_PI_2);
        let expected = Grey::new(&left, 28, 28).input(0.0);
        for (a, b) in turned.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }

    #[test]
    fn a_small_turn_keeps_most_of_the_ink() {
        let bytes = picture(|r, c| if (8..20).contains(&r) && (12..16).contains(&c) { 200 } else { 0 });
        let grey = Grey::new(&bytes, 28, 28);
        let ink = |angle: f32| grey.input(angle).iter().sum::<f32>();
        assert!((ink(0.26) / ink(0.0) - 1.0).abs() < 0.03);
    }
}
