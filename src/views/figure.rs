//! What a view shows, described once.
//!
//! A view says what it shows as a [`Figure`]: panels with axes, marks, thresholds and legends, numbers that stand by
//! themselves, and tables. The plot in the window (`screen`), the drawing (`svg`), the picture (`png`) and the table
//! (`csv`) are made from that one description, so they have the same marks, names, units and scales.

mod cells;
mod csv;
mod model;
mod png;
mod scale;
pub(super) mod screen;
mod series;
mod svg;

pub use self::png::{encoded, picture};
pub(super) use cells::Cells;
pub use model::Figure;
pub(super) use model::{Axis, Key, Panel, with_unit};
pub(super) use scale::{Scale, range_in_use};
pub(super) use series::{Series, Shape};
