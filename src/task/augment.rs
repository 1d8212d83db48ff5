//! What a training sample looks like this time.
//!
//! Augmentation changes the original and then encodes it, as Cramer et al. 2022
//! do: a picture is turned before it is scaled down, a spike changes its channel
//! before channels are chosen. Every change depends on the seed, the epoch and
//! the sample alone.

use rand::RngExt as _;

use super::channels::Channels;
use super::encode;
use super::images::Grey;
use crate::base::rng;
use crate::params::Params;
use crate::spikes::SpikeTrain;

/// The originals of the training samples, in their order, as far as augmentation needs them.
#[derive(Debug, Clone, Default)]
pub(super) enum Originals {
    /// Nothing to start from: samples stay as they are.
    #[default]
    None,
    /// Pictures of bytes.
    Images { rows: usize, columns: usize, pixels: Vec<u8> },
    /// Spikes on all channels of the ear, at the times of the recording.
    Spikes { trains: Vec<SpikeTrain>, channels: Channels },
    /// Some of them, by their places.
    Some { of: Box<Self>, places: Vec<usize> },
}

/// Whether any augmentation of speech is on.
pub(super) fn changes_speech(params: &Params) -> bool {
    params.task.channel_jitter > 0.0 || params.task.channel_shift > 0.0 || params.task.tempo > 0.0
}

impl Originals {
    /// The spikes of training sample `index`, changed by chance; `None` when nothing is to be changed.
    pub(super) fn augmented(&self, params: &Params, index: usize, seed: u64) -> Option<SpikeTrain> {
        let stream = || rng::stream(rng::mix(seed, index as u64), "augmentation");
        match self {
            Self::Some { of, places } => of.augmented(params, places[index], seed),
            Self::Images { rows, columns, pixels } if params.task.rotation > 0.0 => {
                let angle = stream().random_range(-params.task.rotation..=params.task.rotation).to_radians();
                let size = rows * columns;
                let picture = Grey::new(&pixels[index * size..][..size], *rows, *columns).input(angle as f32);
                Some(encode::latency(&picture, params.task.encoding_tau, params.task.encoding_threshold))
            }
            Self::Spikes { trains, channels } if changes_speech(params) => {
                let mut random = stream();
                let shift = params.task.channel_shift * rng::normal(&mut random);
                let slower = (params.task.tempo * rng::normal(&mut random)).exp();
                Some(channels.choose_slower(&trains[index], slower, |unit| {
                    let jitter = if params.task.channel_jitter > 0.0 { rng::normal(&mut random) } else { 0.0 };
                    f64::from(unit) + shift + params.task.channel_jitter * jitter
                }))
            }
            _ => None,
        }
    }
}
