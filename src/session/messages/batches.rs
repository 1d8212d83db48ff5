//! What the window and the thread that computes many runs say to each other.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::error::Error;
use crate::batch::{Plan, Progress};

/// From the window to the thread that computes many runs.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchCommand {
    /// Compute a plan in the background; what the folder has of it is not computed again. A plan that is at work
    /// already goes on instead.
    Start {
        /// What is computed.
        plan: Box<Plan>,
        /// Where its records and tables are.
        folder: PathBuf,
    },
    /// Cancel it; whole runs are kept.
    Stop,
}

/// A plan in the background, as far as it is.
#[derive(Debug, Clone)]
pub struct BatchView {
    /// What is computed.
    pub plan: Arc<Plan>,
    /// How far it is, and what came of it so far.
    pub progress: Progress,
    /// Whether it is at work.
    pub running: bool,
    /// Why it ended before its time.
    pub error: Option<Error>,
}

/// What is computed in the background, as the window shows it. Immutable, replaced as a whole.
#[derive(Debug, Clone, Default)]
pub struct BatchesView {
    /// The last sweep.
    pub sweep: Option<Arc<BatchView>>,
    /// The last study.
    pub study: Option<Arc<BatchView>>,
}

impl BatchesView {
    /// Whether one of them is at work: then settings for others have no use.
    pub fn is_busy(&self) -> bool {
        [&self.sweep, &self.study].into_iter().flatten().any(|shown| shown.running)
    }
}
