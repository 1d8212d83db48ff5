//! No more points than the screen can show.

use egui_plot::PlotUi;

/// Points that a dashed or dotted line may have: egui draws every dash of them.
const MOST_DASHED: usize = 600;
/// Fewest points that a line may keep, however narrow its plot is.
const FEWEST: f32 = 100.0;
/// Most points of a line, however wide its plot is.
const MOST: f32 = 8192.0;

/// How much of a long line is worth drawing: two points a pixel, and of a part that was zoomed into only that part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    most: usize,
    /// Where the x axis ends, once the user has panned or zoomed; before that the ends follow the data.
    range: Option<[f64; 2]>,
}

impl Detail {
    /// What a drawing on paper can show.
    pub(super) const PAPER: Self = Self { most: 4000, range: None };

    /// What the plot can show.
    pub(super) fn of(plot_ui: &PlotUi<'_>) -> Self {
        let pixels = plot_ui.transform().frame().width() * plot_ui.ctx().pixels_per_point();
        let bounds = plot_ui.plot_bounds();
        let range = (!plot_ui.auto_bounds().x).then(|| [bounds.min()[0], bounds.max()[0]]);
        // A plot that a broken layout made as wide as no number has no pixels.
        Self { most: ((2.0 * pixels).clamp(FEWEST, MOST) as usize).max(FEWEST as usize), range }
    }

    /// The same for dashed and dotted lines.
    pub(super) fn dashed(self) -> Self {
        Self { most: self.most.min(MOST_DASHED), ..self }
    }

    /// The same for dots, of which one more on top of another shows nothing.
    pub(super) fn dots(self) -> Self {
        Self { most: self.most / 4, ..self }
    }

    /// Points `0..n` in order of x: those that are finite, or the lowest and the highest of every stretch if
    /// there are too many, so that the line keeps its envelope and its ends.
    pub(super) fn points(self, n: usize, at: impl Fn(usize) -> [f64; 2]) -> Vec<[f64; 2]> {
        let visible = match self.range {
            Some([low, high]) => {
                let first = first_where(n, |k| at(k)[0] >= low);
                let end = first_where(n, |k| at(k)[0] > high);
                // The line goes on beyond both ends.
                first.saturating_sub(1)..(end + 1).clamp(first, n)
            }
            None => 0..n,
        };
        let is_finite = |p: &[f64; 2]| p[0].is_finite() && p[1].is_finite();
        if visible.len() <= self.most {
            return visible.map(at).filter(is_finite).collect();
        }
        let stretch = (2 * visible.len()).div_ceil(self.most);
        let mut out = Vec::with_capacity(self.most + 2);
        out.extend(Some(at(visible.start)).filter(is_finite));
        for from in visible.clone().step_by(stretch) {
            let mut ends: Option<[(usize, [f64; 2]); 2]> = None;
            for k in from..(from + stretch).min(visible.end) {
                let point = at(k);
                if is_finite(&point) {
                    let [low, high] = ends.get_or_insert([(k, point); 2]);
                    if point[1] < low.1[1] {
                        *low = (k, point);
                    }
                    if point[1] > high.1[1] {
                        *high = (k, point);
                    }
                }
            }
            if let Some([low, high]) = ends {
                let (first, last) = if low.0 <= high.0 { (low, high) } else { (high, low) };
                out.push(first.1);
                if first.0 != last.0 {
                    out.push(last.1);
                }
            }
        }
        out.extend(Some(at(visible.end - 1)).filter(is_finite));
        out.dedup();
        out
    }
}

/// The first of `0..n` for which `reached` holds, if it holds for all that follow; else `n`.
fn first_where(n: usize, reached: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = usize::midpoint(low, high);
        if reached(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_extremes_and_its_order_with_few_points() {
        let mut points: Vec<[f64; 2]> = (0..10_000).map(f64::from).map(|x| [x, (0.01 * x).sin()]).collect();
        (points[1234][1], points[8765][1], points[5000][1]) = (7.0, -7.0, f64::NAN);
        let whole = Detail { most: 600, range: None };
        let thin = whole.points(points.len(), |k| points[k]);
        assert!(thin.len() <= 602, "{}", thin.len());
        assert!(thin.contains(&points[1234]) && thin.contains(&points[8765]));
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[9999]), "the last value is what one looks for");
        assert!(thin.windows(2).all(|w| w[0][0] < w[1][0]));
        points.truncate(600);
        assert_eq!(whole.points(points.len(), |k| points[k]), points, "a short one stays as it is");
    }

    #[test]
    fn what_is_zoomed_into_keeps_every_point_and_goes_on_beyond_the_ends() {
        let points: Vec<[f64; 2]> = (0..10_000).map(f64::from).map(|x| [x, x]).collect();
        let zoomed = |low, high| Detail { most: 600, range: Some([low, high]) }.points(points.len(), |k| points[k]);
        let part = zoomed(99.5, 200.0);
        assert_eq!((part[0][0], part[part.len() - 1][0], part.len()), (99.0, 201.0, 103));
        assert_eq!(zoomed(-9.0, -1.0).len(), 1);
        assert_eq!(zoomed(20_000.0, 30_000.0).len(), 1);
        assert!(zoomed(f64::NAN, f64::NAN).len() <= 602);
    }
}
