//! What comes out of a pass: the arrays of a recording, and whoever looks on.

use super::membrane::Before;
use crate::recording::Recording;
use crate::spikes::GridSpike;

/// Where what is read out of a few samples goes.
pub(super) struct Output<'a> {
    pub(super) hidden_cadc: &'a mut [u8],
    pub(super) readout_cadc: &'a mut [u8],
    pub(super) spikes: &'a mut [Vec<GridSpike>],
    /// Of the readout, if it spikes.
    pub(super) readout_spikes: &'a mut [Vec<GridSpike>],
    pub(super) lost: &'a mut [u32],
    /// Hidden neurons that the event router ignores in each sample, ascending.
    pub(super) dropped: &'a [Vec<u16>],
}

impl<'a> Output<'a> {
    /// All samples of a recording.
    pub(super) fn all(recording: &'a mut Recording) -> Self {
        Self {
            hidden_cadc: &mut recording.hidden_cadc,
            readout_cadc: &mut recording.readout_cadc,
            spikes: &mut recording.hidden_spikes,
            readout_spikes: &mut recording.readout_spikes,
            lost: &mut recording.lost_events,
            dropped: &recording.dropped,
        }
    }
}

/// One of the two populations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Hidden,
    Readout,
}

/// Somebody who looks at the membranes while they move, without touching them: first at the hidden ones from the
/// first step to the last, then at those of the readout.
pub(super) trait Observer {
    /// The membranes as the flow of `step` finds them, its events included.
    fn before_flow(&mut self, _of: Which, _step: usize, _membranes: &Before<'_>) {}
    /// Membranes at the end of `step`, after reset.
    fn after_step(&mut self, _of: Which, _step: usize, _v: &[f32]) {}
}
