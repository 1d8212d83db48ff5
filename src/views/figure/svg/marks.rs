//! Lines, dots and bars of a drawing, and how they look in its legend.

use std::fmt::Write as _;

use egui::Color32;

use super::{Sheet, escaped, hex};
use crate::views::detail::Detail;
use crate::views::figure::series::Series;
use crate::views::figure::{Key, Shape};

/// How a line is drawn: colour, width and dashes.
pub(super) fn stroke(shape: Shape, color: Color32) -> String {
    let (width, dashes) = match shape {
        Shape::Line(width) => (width, String::new()),
        Shape::Dashed(width) => (width, " stroke-dasharray=\"6 3\"".into()),
        Shape::Loose(width) => (width, " stroke-dasharray=\"9 7\"".into()),
        Shape::Dotted(width) => (width, format!(" stroke-dasharray=\"{width} 2.5\"")),
        _ => (1.0, String::new()),
    };
    format!("stroke=\"{}\" stroke-width=\"{width}\"{dashes}", hex(color))
}

/// A series in a group of its own with its name.
pub(super) fn draw_series(out: &mut String, sheet: &Sheet<'_>, series: &Series) {
    if series.points.is_empty() {
        return;
    }
    let _ = writeln!(out, "<g><title>{}</title>", escaped(&series.name));
    let drawn = |k: usize| {
        let [x, y] = series.place(k);
        [sheet.x(x), sheet.y(y)]
    };
    if series.shape.is_line() {
        let points = Detail::PAPER.points(series.points.len(), drawn);
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.2},{y:.2}")).collect();
        let (points, stroke) = (points.join(" "), stroke(series.shape, series.color));
        let _ = writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke-linejoin=\"round\" {stroke}/>");
    } else {
        for k in 0..series.points.len() {
            let at = drawn(k);
            if at.iter().all(|v| v.is_finite()) {
                let color = series.colors.get(k).copied().unwrap_or(series.color);
                draw_point(out, sheet, series.shape, color, at, series.place(k));
            }
        }
    }
    out.push_str("</g>\n");
}

fn draw_point(out: &mut String, sheet: &Sheet<'_>, shape: Shape, color: Color32, [x, y]: [f64; 2], value: [f64; 2]) {
    match shape {
        Shape::Ticks => {
            let row = (sheet.y(1.0) - sheet.y(0.0)).abs();
            let half = (0.45 * row).clamp(1.2, 6.0);
            let color = hex(color);
            let _ = writeln!(
                out,
                "<path d=\"M{x:.2} {:.2}v{:.2}\" stroke=\"{color}\" stroke-width=\"1.6\"/>",
                y - half,
                2.0 * half
            );
        }
        Shape::Bars(width) => {
            let ends = [sheet.x(value[0] - width / 2.0), sheet.x(value[0] + width / 2.0)];
            let zero = sheet.y(0.0f64.clamp(value[1].min(0.0), value[1].max(0.0)));
            let (top, height) = (y.min(zero), (y - zero).abs());
            let size = format!("width=\"{:.2}\" height=\"{height:.2}\"", ends[1] - ends[0]);
            let style = format!("fill=\"{}\" stroke=\"#777\" stroke-width=\"0.3\"", hex(color));
            let _ = writeln!(out, "<rect x=\"{:.2}\" y=\"{top:.2}\" {size} {style}/>", ends[0]);
        }
        _ => out.push_str(&mark(shape, color, [x, y])),
    }
}

/// A mark of a fixed size around a place of the paper.
fn mark(shape: Shape, color: Color32, [x, y]: [f64; 2]) -> String {
    let color = hex(color);
    let filled = |corners: &str, r: f32| {
        let place = format!("translate({x:.2} {y:.2}) scale({r})");
        format!("<polygon transform=\"{place}\" points=\"{corners}\" fill=\"{color}\"/>\n")
    };
    match shape {
        Shape::Rings(r) => format!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{r}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"/>\n"
        ),
        Shape::Squares(r) => filled("-1,-1 1,-1 1,1 -1,1", r),
        Shape::Triangles(r) => filled("-1,-0.8 1,-0.8 0,1", r),
        Shape::Diamonds(r) => filled("0,-1 1,0 0,1 -1,0", r),
        Shape::Crosses(r) => {
            let (a, b) = (2.0 * r, r);
            format!("<path d=\"M{x:.2} {y:.2}m-{b} 0h{a}m-{b} -{b}v{a}\" stroke=\"{color}\" stroke-width=\"2\"/>\n")
        }
        Shape::Dots(r) => format!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{r}\" fill=\"{color}\"/>\n"),
        _ => filled("-1,-1 1,-1 1,1 -1,1", 4.0),
    }
}

/// What an entry of a legend stands for, in a room of 20 × 12.
pub(super) fn swatch(out: &mut String, key: &Key, [x, y]: [f64; 2]) {
    if key.shape.is_line() {
        let _ = writeln!(out, "<path d=\"M{x:.1} {y:.1}h20\" fill=\"none\" {}/>", stroke(key.shape, key.color));
    } else {
        out.push_str(&mark(key.shape, key.color, [x + 10.0, y]));
    }
}
