//! Questions to an experiment. None changes it: each looks at copies, with noise of its own.

mod ablation;
pub mod batch_dump;
pub mod bench;
mod gradient_alignment;
mod inspect;
mod monte_carlo;
pub mod on_chip_dump;
pub mod speed;

pub use crate::host::surrogate::derivative as surrogate;
pub use ablation::{Ablation, Importance};
pub use gradient_alignment::GradientAlignment;
pub use inspect::LaneXRay;
pub use monte_carlo::{MonteCarlo, Repeats};
