//! From the channels of the ear to the rows of the chip, and from seconds to microseconds.

use crate::params::{ChannelChoice, Params};
use crate::spikes::SpikeTrain;

/// Channels of the published ear.
pub const EAR_CHANNELS: usize = 700;
/// How many of the lowest channels the paper leaves out, and which of the others it keeps: every ninth.
const PAPER: (usize, usize) = (70, 9);
const COARSE: usize = 70;

/// How the spikes of an ear reach the input rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Channels {
    choice: ChannelChoice,
    /// Channels of the ear.
    total: usize,
    speed_up: f64,
}

impl Channels {
    /// The choice of `params` for recordings with at most `n_units` channels.
    pub(super) fn new(params: &Params, n_units: usize) -> Self {
        Self { choice: params.task.channels, total: n_units.max(EAR_CHANNELS), speed_up: params.task.speed_up }
    }

    /// Number of input channels of the network.
    pub(super) fn n_inputs(&self) -> usize {
        match self.choice {
            ChannelChoice::Binned70 => COARSE,
            ChannelChoice::EveryNinth => (self.total - PAPER.0).div_ceil(PAPER.1),
            ChannelChoice::All => self.total,
        }
    }

    /// The input row that listens to a channel of the ear.
    fn row(&self, channel: usize) -> Option<u16> {
        let row = match self.choice {
            _ if channel >= self.total => return None,
            ChannelChoice::Binned70 => channel * COARSE / self.total,
            ChannelChoice::EveryNinth => {
                let above = channel.checked_sub(PAPER.0)?;
                above.is_multiple_of(PAPER.1).then_some(above / PAPER.1)?
            }
            ChannelChoice::All => channel,
        };
        Some(row as u16)
    }

    /// Input spikes in hardware time from a recording in its own time; `place` may move a spike to
    /// another channel, which is rounded. Spikes that land nowhere are left out.
    pub(super) fn choose(&self, original: &SpikeTrain, place: impl FnMut(u16) -> f64) -> SpikeTrain {
        self.choose_slower(original, 1.0, place)
    }

    /// As [`Self::choose`], with everything taking `slower` times as long.
    pub(super) fn choose_slower(
        &self,
        original: &SpikeTrain,
        slower: f64,
        mut place: impl FnMut(u16) -> f64,
    ) -> SpikeTrain {
        let events = original.iter().filter_map(|(time, unit)| {
            let channel = place(unit).round();
            let row = if channel >= 0.0 { self.row(channel as usize) } else { None };
            Some(((f64::from(time) * slower / self.speed_up) as f32, row?))
        });
        SpikeTrain::from_events(events.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(choice: ChannelChoice) -> Channels {
        Channels::new(&Params::default().with(|p| (p.task.channels, p.task.speed_up) = (choice, 2000.0)), 700)
    }

    /// Cramer et al. 2022: the first 70 channels are omitted, every ninth of the rest makes 70 inputs.
    #[test]
    fn the_choice_of_the_paper_has_seventy_inputs() {
        let choice = channels(ChannelChoice::EveryNinth);
        assert_eq!(choice.n_inputs(), 70);
        assert_eq!([69, 70, 71, 79, 691, 700].map(|c| choice.row(c)), [None, Some(0), None, Some(1), Some(69), None]);
    }

    #[test]
    fn binning_puts_ten_neighbours_on_one_row() {
        let choice = channels(ChannelChoice::Binned70);
        assert_eq!([0, 9, 10, 690, 699].map(|c| choice.row(c)), [Some(0), Some(0), Some(1), Some(69), Some(69)]);
        assert_eq!(channels(ChannelChoice::All).n_inputs(), 700);
    }

    #[test]
    fn a_second_becomes_half_a_millisecond_and_spikes_that_leave_the_ear_are_lost() {
        let original = SpikeTrain { times: vec![0.5, 1.0, 1.0], units: vec![0, 690, 699] };
        let choice = channels(ChannelChoice::Binned70);
        let moved = choice.choose(&original, |unit| f64::from(unit) + 5.0);
        assert_eq!(moved.iter().collect::<Vec<_>>(), [(2.5e-4, 0), (5e-4, 69)]);
        assert_eq!(choice.choose(&original, |_| -3.0).len(), 0);
    }
}
