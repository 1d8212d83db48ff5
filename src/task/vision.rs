//! MNIST and Fashion-MNIST from the user's own IDX files.

use std::path::Path;

use rayon::prelude::*;

use super::augment::Originals;
use super::images::{Grey, SIDE};
use super::{Dataset, Picture, Sample, encode, idx};
use crate::base::error::{Error, Result};
use crate::params::{Params, TaskKind};

/// Where a folder has no test files, this share of the training files (their end) takes the place.
const TEST_SHARE: usize = 6;
const LARGEST_LABEL: u8 = 9;
const CLOTHES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// The pictures of the folder `params.data`, cropped, scaled and latency coded.
pub(super) fn dataset(params: &Params) -> Result<Dataset> {
    let folder = idx::open_folder(Path::new(&params.task.data), LARGEST_LABEL)?;
    let mut notes = Vec::new();
    let (mut images, mut labels) = folder.train;
    let (test_images, test_labels) = folder.test.unwrap_or_else(|| {
        let n_train = labels.len() - labels.len() / TEST_SHARE;
        notes.push(format!(
            "{} has no t10k files: the last {} of its {} training pictures are the test set",
            params.task.data,
            labels.len() - n_train,
            labels.len()
        ));
        let size = images.rows * images.columns;
        let held_out = idx::Images { pixels: images.pixels.split_off(n_train * size), ..images };
        (held_out, labels.split_off(n_train))
    });
    if params.task.train_samples > 0 {
        labels.truncate(params.task.train_samples as usize);
        images.pixels.truncate(labels.len() * images.rows * images.columns);
    }
    let train = samples(params, &images, &labels)?;
    let test = samples(params, &test_images, &test_labels)?;
    if train.is_empty() || test.is_empty() {
        return Err(Error::Malformed {
            path: params.task.data.clone().into(),
            place: None,
            why: "at least one training and one test picture are needed".into(),
        });
    }
    let names: Vec<String> = match params.task.kind {
        TaskKind::FashionMnist => CLOTHES.map(String::from).to_vec(),
        _ => (0..10).map(|d| d.to_string()).collect(),
    };
    Ok(Dataset {
        task: params.task.kind,
        n_inputs: SIDE * SIDE,
        class_names: names,
        picture: Picture::Image { rows: SIDE, columns: SIDE },
        train,
        test,
        speaker_names: Vec::new(),
        notes,
        originals: Originals::Images { rows: images.rows, columns: images.columns, pixels: images.pixels },
    })
}

fn samples(params: &Params, images: &idx::Images, labels: &[u8]) -> Result<Vec<Sample>> {
    let (rows, columns) = (images.rows, images.columns);
    if rows < SIDE + 4 || columns < SIDE + 4 {
        return Err(Error::Malformed {
            path: params.task.data.clone().into(),
            place: None,
            why: format!("pictures of {rows} × {columns} pixels are too small; expected 28 × 28"),
        });
    }
    let sample = |(pixels, &label): (&[u8], &u8)| {
        let picture = Grey::new(pixels, rows, columns).input(0.0);
        let spikes = encode::latency(&picture, params.task.encoding_tau, params.task.encoding_threshold);
        Sample { spikes, label: u16::from(label), picture, speaker: None }
    };
    Ok(images.pixels.par_chunks_exact(rows * columns).zip(labels).map(sample).collect())
}
