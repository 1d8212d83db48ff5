//! What it costs: published figures, the account of a sample, a meter, and a fair opponent.
//!
//! [`table`] has every figure with its source. [`account`](mod@account) makes the lines of an account from what a run has
//! counted. [`Meter`] says what a second of a processor core costs on this machine. A [`Twin`] is a conventional network
//! of the same shape, trained on the same data and timed under that meter. [`sizes`] runs the network at other sizes.
//! [`NeuroBench`] has the metrics of the package of that name.

pub mod account;
pub mod format;
mod meter;
mod network;
mod neurobench;
mod powercap;
mod report;
mod row;
#[cfg(any(test, all(target_os = "macos", feature = "apple-power")))]
mod sampled;
pub mod scaling;
pub mod sizes;
pub mod table;
#[cfg(test)]
mod tests;
mod twin;

pub use account::{Account, Boundary, Line, Mode, Part};
pub use meter::{Meter, Method, Price, cpu_seconds};
pub use network::{MOST_SAMPLES, Network};
pub use neurobench::{Counter, NeuroBench};
pub use powercap::Missing;
pub use report::{Compared, Known, MEASURES, Opponent, Report, Who, measures};
pub use row::{About, Evidence, Row, Share, Tag};
pub use table::{ROWS, about, row};
pub use twin::{Timing, Twin};

/// A quantity that lies between two ends; both are the same where it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// It is not less.
    pub low: f64,
    /// It is not more.
    pub high: f64,
}

impl Band {
    /// One number.
    pub const fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Both ends times a factor that is not negative.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, high: self.high * factor }
    }

    /// The sum of two quantities.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    /// This quantity in units of another one.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self { low: self.low / other.high, high: self.high / other.low }
    }

    /// Whether it is one number.
    pub fn is_exact(self) -> bool {
        self.low.to_bits() == self.high.to_bits()
    }

    /// The middle on a logarithmic axis.
    pub fn middle(self) -> f64 {
        (self.low * self.high).sqrt()
    }
}
