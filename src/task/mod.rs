//! What the network learns: samples as input spikes with labels.
//!
//! Every task ends as a [`Dataset`]; nothing downstream knows where it came from.

mod augment;
mod channels;
mod compressed;
mod digits;
pub mod encode;
mod heard;
pub mod idx;
pub mod images;
pub mod speech;
pub mod spike_file;
#[cfg(test)]
mod test_data;
#[cfg(test)]
mod tests;
mod vision;
pub mod wav;
mod yin_yang;

use std::ops::ControlFlow;

use augment::Originals;
use channels::Channels;
use rand::seq::SliceRandom as _;

use crate::base::error::Result;
use crate::base::rng;
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
    /// Who speaks, an index into [`Dataset::speaker_names`]; `None` where nobody does or nobody knows.
    pub speaker: Option<u16>,
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
    /// Nothing but the input spikes themselves.
    Sound,
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
    /// Names of those who speak; empty where nobody does.
    pub speaker_names: Vec<String>,
    /// What whoever reads the results should know about the data.
    pub notes: Vec<String>,
    originals: Originals,
}

impl Dataset {
    /// Builds the data of `params.task`; the same parameters give the same data.
    ///
    /// # Errors
    /// When the data cannot be read.
    ///
    /// # Panics
    /// Never: what is not told to stop does not stop.
    pub fn new(params: &Params) -> Result<Self> {
        Ok(Self::load(params, &|_, _| ControlFlow::Continue(()))?.expect("nobody stopped it"))
    }

    /// As [`Self::new`]; where that takes long, `progress` is told how many of how many files are done
    /// and may stop it, which gives `None`.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub fn load(params: &Params, progress: speech::Progress<'_>) -> Result<Option<Self>> {
        let first_ones = |mut dataset: Self| {
            if params.task.train_samples > 0 {
                dataset.train.truncate(params.task.train_samples as usize);
            }
            dataset
        };
        let dataset = match params.task.kind {
            TaskKind::Digits => digits::dataset(params).map(first_ones).map(Some),
            TaskKind::YinYang => Ok(Some(first_ones(yin_yang::dataset(params)))),
            TaskKind::Spoken => heard::embedded(params).map(Some),
            TaskKind::Mnist | TaskKind::FashionMnist => vision::dataset(params).map(Some),
            TaskKind::Shd => heard::from_spike_files(params).map(Some),
            TaskKind::Speech => heard::from_recordings(params, progress),
        }?;
        Ok(match dataset {
            Some(dataset) if params.task.validation => Some(dataset.for_validation(params.learning.seed)),
            other => other,
        })
    }

    /// Every sixth of the training samples, by chance, takes the place of the test samples, which are not looked at.
    fn for_validation(mut self, seed: u32) -> Self {
        let mut places: Vec<usize> = (0..self.train.len()).collect();
        places.shuffle(&mut rng::stream(u64::from(seed), "validation"));
        let mut held_out = places.split_off(places.len() - places.len() / 6);
        places.sort_unstable();
        held_out.sort_unstable();
        let pick = |places: &[usize]| places.iter().map(|&k| self.train[k].clone()).collect();
        (self.test, self.train) = (pick(&held_out), pick(&places));
        self.originals = Originals::Some { of: Box::new(std::mem::take(&mut self.originals)), places };
        let (n, rest) = (self.test.len(), self.train.len());
        self.notes.push(format!("validation: tested on {n} training samples, trained on the other {rest}"));
        self
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names.len()
    }

    /// The spikes of training sample `index` as augmentation shows it this time; `None` when it stays as it is.
    ///
    /// `seed` numbers the showing; the same seed gives the same spikes.
    pub fn augmented(&self, params: &Params, index: usize, seed: u64) -> Option<SpikeTrain> {
        self.originals.augmented(params, index, seed)
    }

    /// The input spikes for a point of the plane, for tasks that live there.
    pub fn point(&self, params: &Params, x: f64, y: f64) -> Option<SpikeTrain> {
        (self.picture == Picture::Plane).then(|| yin_yang::encode(params, x, y))
    }

    /// The input spikes for a sound that the ear has heard (seconds of the sound, places along the
    /// membrane), for tasks that listen.
    pub fn sound(&self, params: &Params, heard: &SpikeTrain) -> Option<SpikeTrain> {
        let channels = Channels::new(params, channels::EAR_CHANNELS);
        (self.picture == Picture::Sound).then(|| channels.choose(heard, f64::from))
    }

    /// The input spikes for an image of the task's size, for tasks that show images.
    pub fn image(&self, params: &Params, pixels: &[f32]) -> Option<SpikeTrain> {
        match self.picture {
            Picture::Image { rows, columns } if pixels.len() == rows * columns => {
                Some(encode::latency(pixels, params.task.encoding_tau, params.task.encoding_threshold))
            }
            _ => None,
        }
    }
}
