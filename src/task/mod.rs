//! What the network learns: samples as input spikes with labels.
//!
//! Every task ends as a [`Dataset`]; nothing downstream knows where it came from.

mod digits;
pub mod encode;
pub mod speech;
pub mod wav;
mod yin_yang;

use crate::error::Result;
use crate::params::{Params, TaskKind};
use crate::spikes::SpikeTrain;

/// One labelled sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What the input channels send.
    pub spikes: SpikeTrain,
    /// Index of the right class.
    pub label: u16,
    /// What a person would look at; its meaning depends on [`Picture`].
    pub picture: Vec<f32>,
}

/// How [`Sample::picture`] is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Grey levels 0…1, row by row from the top.
    Image {
        /// Pixels per column.
        rows: usize,
        /// Pixels per row.
        columns: usize,
    },
    /// A point (x, y) of the unit square.
    Plane,
}

/// A task with its data, split into training and test.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Which task it is.
    pub task: TaskKind,
    /// Number of input channels.
    pub n_inputs: usize,
    /// One name per class.
    pub class_names: Vec<String>,
    /// How to draw a sample.
    pub picture: Picture,
    /// Samples to learn from.
    pub train: Vec<Sample>,
    /// Samples held out for evaluation.
    pub test: Vec<Sample>,
}

impl Dataset {
    /// Builds the data of `params.task`; the same parameters give the same data.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub fn new(params: &Params) -> Result<Self> {
        match params.task {
            TaskKind::Digits => digits::dataset(params),
            TaskKind::YinYang => Ok(yin_yang::dataset(params)),
        }
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names.len()
    }

    /// The input spikes for a point of the plane, for tasks that live there.
    pub fn point(&self, params: &Params, x: f64, y: f64) -> Option<SpikeTrain> {
        (self.picture == Picture::Plane).then(|| yin_yang::encode(params, x, y))
    }

    /// The input spikes for an image of the task's size, for tasks that show images.
    pub fn image(&self, params: &Params, pixels: &[f32]) -> Option<SpikeTrain> {
        match self.picture {
            Picture::Image { rows, columns } if pixels.len() == rows * columns => {
                Some(encode::latency(pixels, params.encoding_tau, params.encoding_threshold))
            }
            _ => None,
        }
    }
}
