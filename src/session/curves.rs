//! Curves that never grow without limit.

use std::sync::Arc;

/// Points kept per curve; twice as many are thinned out to this.
const CAPACITY: usize = 2048;

/// A curve that keeps its whole range in bounded memory.
///
/// While it is short every point is kept. Once it is full, neighbours are averaged in pairs
/// and from then on twice as many points go into one. The last point is always the last that was added.
#[derive(Debug, Clone)]
pub struct BoundedCurve {
    points: Arc<Vec<[f64; 2]>>,
    stride: u32,
    pending: [f64; 2],
    count: u32,
}

impl Default for BoundedCurve {
    fn default() -> Self {
        Self { points: Arc::default(), stride: 1, pending: [0.0; 2], count: 0 }
    }
}

impl BoundedCurve {
    /// Adds a point.
    pub fn push(&mut self, x: f64, y: f64) {
        let points = Arc::make_mut(&mut self.points);
        if let Some([x, y]) = points.pop() {
            self.pending[0] += x;
            self.pending[1] += y;
            self.count += 1;
        }
        if self.count >= self.stride {
            let n = f64::from(self.count);
            points.push([self.pending[0] / n, self.pending[1] / n]);
            (self.pending, self.count) = ([0.0; 2], 0);
            if points.len() >= 2 * CAPACITY {
                *points =
                    points.chunks_exact(2).map(|p| [0, 1].map(|axis| f64::midpoint(p[0][axis], p[1][axis]))).collect();
                self.stride *= 2;
            }
        }
        points.push([x, y]);
    }

    /// Forgets the points after `x` and gives them.
    pub fn cut(&mut self, x: f64) -> Vec<[f64; 2]> {
        // Points that wait for their average belong to the time after, or would mix both.
        (self.pending, self.count) = ([0.0; 2], 0);
        let end = self.points.partition_point(|p| p[0] <= x);
        Arc::make_mut(&mut self.points).split_off(end)
    }

    /// The points, shared, not copied.
    pub fn points(&self) -> Arc<Vec<[f64; 2]>> {
        Arc::clone(&self.points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_points_keep_range_and_mean_in_bounded_memory() {
        let mut curve = BoundedCurve::default();
        for k in 0..1_000_000 {
            curve.push(f64::from(k), f64::from(k % 2));
            assert!(curve.points.len() <= 2 * CAPACITY);
            assert_eq!(curve.points.last(), Some(&[f64::from(k), f64::from(k % 2)]));
        }
        let points = curve.points();
        assert!(points.len() >= CAPACITY / 2);
        assert!(points[0][0] < 1000.0 && points[points.len() - 1][0] > 998_000.0);
        assert!(points[..points.len() - 1].iter().all(|p| (p[1] - 0.5).abs() < 1e-9));
        assert!(points.windows(2).all(|w| w[0][0] < w[1][0]));
    }

    #[test]
    fn a_curve_that_was_cut_goes_on_from_there() {
        let mut curve = BoundedCurve::default();
        (0..10).for_each(|k| curve.push(f64::from(k), 1.0));
        assert_eq!(curve.cut(6.5), [[7.0, 1.0], [8.0, 1.0], [9.0, 1.0]]);
        curve.push(7.0, 5.0);
        assert_eq!(curve.points()[6..], [[6.0, 1.0], [7.0, 5.0]]);
    }

    #[test]
    fn a_short_curve_is_kept_as_it_is() {
        let mut curve = BoundedCurve::default();
        (0..100).for_each(|k| curve.push(f64::from(k), 2.0));
        assert_eq!(curve.points().len(), 100);
        assert!((curve.points()[7][0] - 7.0).abs() < 1e-12);
    }
}
