//! What a lane would have answered earlier.

use super::LaneTrace;
use crate::base::time::TimeGrid;
use crate::params::Decoding;
use crate::recording::first_spikes;
use crate::training::{answers_over_time, first_answers};

impl LaneTrace {
    /// The class that would be the answer if the readout ended after each host step; `None` before anything is known,
    /// that is, before the first hidden spike when the largest voltage counts. The last one is the answer.
    pub fn answers_over_time(&self, grid: &TimeGrid, decoding: Decoding) -> Vec<Option<usize>> {
        if decoding == Decoding::FirstSpike {
            let first = first_spikes(&self.readout_spikes, self.readout_samples.ncols());
            let mut answers = first_answers(&first, grid);
            // Where nothing has spiked at the end, the answer is the first class, as of any equal scores.
            if let Some(last) = answers.last_mut() {
                last.get_or_insert(0);
            }
            return answers;
        }
        let v = &self.readout_samples;
        let (steps, classes) = v.dim();
        let first = self.spikes.iter().map(|spike| grid.host_step(usize::from(spike.step)) + 1).min();
        let start = match decoding {
            Decoding::Max | Decoding::FirstSpike => first.map_or(0, |step| step.min(steps.saturating_sub(1))),
            Decoding::Mean => 0,
        };
        let answers = answers_over_time(decoding, v.as_slice().unwrap_or(&[]), classes, start);
        answers.into_iter().enumerate().map(|(step, answer)| (step >= start).then_some(answer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::params::{Decoding, Gradient, Params};
    use crate::session::looks::sample_view;
    use crate::training::Experiment;

    /// The host decodes by itself, so both ways have to come to the same end.
    #[test]
    fn the_last_of_the_answers_over_time_is_the_answer() {
        for decoding in Decoding::ALL {
            let params = Params::default().with(|p| {
                (p.learning.decoding, p.network.hidden, p.task.train_samples) = (decoding, 40, 64);
                p.learning.gradient = Gradient::EventProp;
            });
            let experiment = Experiment::new(&params).expect("an experiment");
            for index in 0..12 {
                let sample = sample_view(&experiment, index, (None, 0), None).expect("a sample");
                for lane in &sample.lanes {
                    let over_time = lane.answers_over_time(&sample.grid, decoding);
                    assert_eq!(over_time.len(), sample.grid.n_host);
                    assert_eq!(over_time.last().copied().flatten(), Some(lane.answer), "{decoding:?}, {:?}", lane.lane);
                }
            }
        }
    }
}
