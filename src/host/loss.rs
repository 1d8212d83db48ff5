//! From readout voltages to class scores, loss, and the error that is sent back.
//!
//! ```text
//! u_o  = max_t V_o[t]   or   mean_t V_o[t]             t > first hidden spike for the maximum
//! L    = −log softmax(s u)_label + ρ_a · mean_o u_o²        (Cramer et al. 2022; s: readout scale)
//! ∂L/∂u_o = s (softmax(s u)_o − [o = label]) + 2 ρ_a u_o / n_o
//! ```
//!
//! # The first spike
//!
//! Where the readout spikes, a score is the time that is left after the first spike, `t = T` where there is none
//! (Göltz et al. 2021, doi:10.1038/s42256-021-00388-x; with `s = 5` their ξ of 0.2, and their α is ρ_a here):
//!
//! ```text
//! u_o  = (T − t_o) / τ_syn             L = −log softmax(s u)_label + ρ_a exp(t_label / τ_syn)
//! ```
//!
//! # Dropout
//!
//! In training the event router ignores a share p of the hidden neurons, so the readout gets on average
//! 1 − p of its drive. Synapses have no bits to spare for a larger weight; the host makes up for it:
//!
//! ```text
//! u_o  = decoded voltage / (1 − p)          ∂L/∂(decoded voltage_o) = ∂L/∂u_o / (1 − p)
//! ```
//!
//! The readout is linear, so the mean of its voltages over all choices of ignored neurons, given the spikes,
//! is then the voltage of the whole network, and a test without dropout needs no other scale. What hidden
//! neurons get from each other through recurrent synapses cannot be made up for: they are not linear.
//!
//! Before the first hidden spike no readout can know anything. Were that time to count, a
//! readout whose voltage only ever falls would have its maximum there, at rest, where no
//! weight can change it: its class would be lost for good.

use rayon::prelude::*;

use crate::base::time::TimeGrid;
use crate::host::{volts, volts_from_codes};
use crate::params::{Decoding, HostParams};
use crate::recording::Recording;
use crate::simd::BLOCK;

/// Codes that one thread takes at least: to hand fewer to another, though it be awake, takes longer than to look at them.
const CODES_PER_THREAD: usize = 1 << 13;
/// A readout that rises less above where it began is flat, in leak-to-threshold distances: six times the usual noise.
const FLAT: f64 = 0.1;

/// Scores, loss and error of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// Mean loss per sample, without the penalties on hidden spikes.
    pub mean: f64,
    /// How many samples were classified correctly.
    pub correct: usize,
    /// Loss of every sample.
    pub per_sample: Vec<f32>,
    /// Class scores before the softmax scale, `[sample, readout]` row by row; with dropout, scaled up by 1/(1 − p).
    pub scores: Vec<f32>,
    /// Derivative of the mean loss with respect to the decoded voltages, `[sample, readout]`.
    pub error: Vec<f32>,
    /// Host step at which each readout was largest, `[sample, readout]`.
    pub peak: Vec<u16>,
    /// How scores came from voltages.
    pub decoding: Decoding,
    /// Samples in which the largest voltage of every readout is that of its beginning. It says nothing, and its error
    /// reaches the first spikes alone. Always 0 for the mean over time.
    pub flat: usize,
}

impl Loss {
    /// Mean loss.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.per_sample.len().max(1) as f64
    }

    /// The class of sample `k`: the largest score, the first one if several are equal.
    pub fn answer(&self, k: usize) -> usize {
        let n = self.scores.len() / self.per_sample.len();
        argmax(&self.scores[k * n..][..n])
    }
}

/// Index of the largest value, the first one if several are equal.
pub fn argmax(values: &[f32]) -> usize {
    values.iter().enumerate().fold(0, |best, (k, v)| if *v > values[best] { k } else { best })
}

/// Scores one batch.
pub(super) fn loss(params: &HostParams, recording: &Recording, labels: &[u16]) -> Loss {
    let n = recording.n_readout;
    let n_samples = recording.n_samples;
    assert_eq!(n_samples, labels.len(), "one label a sample");
    let mut out = Loss {
        mean: 0.0,
        correct: 0,
        per_sample: vec![0.0; n_samples],
        scores: vec![0.0; n_samples * n],
        error: vec![0.0; n_samples * n],
        peak: vec![0; n_samples * n],
        decoding: params.learning.decoding,
        flat: 0,
    };
    let first_spike = params.learning.decoding == Decoding::FirstSpike;
    // What reaches a threshold is not linear: there is no scale that makes up for neurons that are not heard.
    let heard = if first_spike { 1.0 } else { (1.0 - recording.dropout) as f32 };
    let longest = (recording.grid.duration() / params.network.tau_syn) as f32;
    let row = n.max(1);
    let at_least = (CODES_PER_THREAD / (recording.grid.n_host * n).max(1)).max(1);
    let each = out.scores.par_chunks_exact_mut(row).zip(out.error.par_chunks_exact_mut(row));
    let each = each.zip(out.peak.par_chunks_exact_mut(row)).zip(&mut out.per_sample).zip(labels);
    each.enumerate().with_min_len(at_least).for_each_init(
        Vec::new,
        |v, (sample, ((((scores, error), peak), loss), &label))| {
            score(params, recording, sample, v, scores, peak);
            for score in &mut *scores {
                *score /= heard;
            }
            *loss = if first_spike {
                haste(params, scores, usize::from(label), error, longest)
            } else {
                cross_entropy(params, scores, usize::from(label), error)
            };
            for e in error {
                *e = *e / heard / n_samples as f32;
            }
        },
    );
    let mut sum = 0.0;
    for ((value, scores), &label) in out.per_sample.iter().zip(out.scores.chunks_exact(row)).zip(labels) {
        sum += f64::from(*value);
        out.correct += usize::from(argmax(scores) == usize::from(label));
    }
    out.mean = sum / n_samples.max(1) as f64;
    if out.decoding == Decoding::Max {
        out.flat =
            (0..n_samples).filter(|&sample| is_flat(params, recording, sample, &out.peak[sample * n..][..n])).count();
    }
    out
}

/// Whether no readout of a sample rises above its first voltage; `peak` are the steps of the largest ones.
fn is_flat(params: &HostParams, recording: &Recording, sample: usize, peak: &[u16]) -> bool {
    let (codes, n) = (recording.readout_of(sample), recording.n_readout);
    let most = FLAT * params.network.lsb_per_unit();
    let rise = |(k, &step): (usize, &u16)| f64::from(codes[usize::from(step) * n + k]) - f64::from(codes[k]);
    peak.iter().enumerate().map(rise).all(|rise| rise <= most)
}

/// Decoded voltages of one sample and the steps they are from; `v` is a buffer.
pub(super) fn score(
    params: &HostParams,
    recording: &Recording,
    sample: usize,
    v: &mut Vec<f32>,
    scores: &mut [f32],
    peak: &mut [u16],
) {
    let n = recording.n_readout;
    let codes = recording.readout_of(sample);
    let start = first_informed_step(recording, sample);
    match params.learning.decoding {
        Decoding::Max => {
            // Larger codes are larger voltages.
            let (largest, when) = largest_codes(codes, n, start);
            volts(params, &codes[..n], &largest, scores);
            peak.copy_from_slice(&when);
        }
        Decoding::Mean => {
            v.resize(codes.len(), 0.0);
            volts_from_codes(params, codes, n, v);
            let (means, when) = decode(params.learning.decoding, v, n, start);
            scores.copy_from_slice(&means);
            peak.copy_from_slice(&when);
        }
        Decoding::FirstSpike => {
            let (grid, last) = (&recording.grid, recording.grid.n_host - 1);
            let each = scores.iter_mut().zip(peak).zip(recording.first_spikes(sample));
            for ((score, peak), first) in each {
                *score = time_left(params, grid, first);
                *peak = first.map_or(last, |step| grid.host_step(usize::from(step))) as u16;
            }
        }
    }
}

/// The host step after the first hidden spike of a sample; 0 when there is none.
pub fn first_informed_step(recording: &Recording, sample: usize) -> usize {
    let grid = &recording.grid;
    recording.hidden_spikes[sample]
        .first()
        .map_or(0, |spike| (grid.host_step(usize::from(spike.step)) + 1).min(grid.n_host - 1))
}

/// What is left of a sample after a chip step, in units of τ_syn; 0 without a step.
fn time_left(params: &HostParams, grid: &TimeGrid, first: Option<u16>) -> f32 {
    let left = |step: u16| (grid.duration() - grid.time_of(usize::from(step))) / params.network.tau_syn;
    first.map_or(0.0, |step| left(step) as f32)
}

/// The class that would be the answer if the sample ended after each host step: that of the first spike so far, and of
/// those in one step the first one; `None` before it.
pub fn first_answers(first: &[Option<u16>], grid: &TimeGrid) -> Vec<Option<usize>> {
    let spikes = first.iter().enumerate().filter_map(|(k, step)| Some(((*step)?, k)));
    let winner = spikes.min().map(|(step, k)| (grid.host_step(usize::from(step)), k));
    (0..grid.n_host).map(|step| winner.filter(|(at, _)| *at <= step).map(|(_, k)| k)).collect()
}

/// One score a readout from voltages `[host step, readout]`, and the step of the maximum.
///
/// The maximum is sought from step `start` on; the mean is over all steps.
pub fn decode(decoding: Decoding, v: &[f32], n: usize, start: usize) -> (Vec<f32>, Vec<u16>) {
    let is_mean = decoding == Decoding::Mean;
    let start = if is_mean { 0 } else { start };
    let mut scores = v[start * n..][..n].to_vec();
    let mut peak = vec![start as u16; n];
    for (step, row) in v.chunks_exact(n).enumerate().skip(start + 1) {
        for k in 0..n {
            if is_mean {
                scores[k] += row[k];
            } else if row[k] > scores[k] {
                (scores[k], peak[k]) = (row[k], step as u16);
            }
        }
    }
    if is_mean {
        let steps = (v.len() / n) as f32;
        for score in &mut scores {
            *score /= steps;
        }
    }
    (scores, peak)
}

/// The class that would be the answer if the readout ended after each host step, from voltages
/// `[host step, readout]` as for [`decode`].
///
/// Where the maximum counts, the steps before `start` answer by their own voltages alone.
pub fn answers_over_time(decoding: Decoding, v: &[f32], n: usize, start: usize) -> Vec<usize> {
    let (mut scores, mut sums) = (vec![0.0; n], vec![0.0; n]);
    let answer = |(step, row): (usize, &[f32])| {
        for ((score, sum), &v) in scores.iter_mut().zip(&mut sums).zip(row) {
            if decoding == Decoding::Mean {
                *sum += v;
                *score = *sum / (step + 1) as f32;
            } else if step <= start || v > *score {
                *score = v;
            }
        }
        argmax(&scores)
    };
    v.chunks_exact(n.max(1)).enumerate().map(answer).collect()
}

/// The largest code of each of `n` readouts from step `start` on, `[host step, readout]`, and the first step that has it.
fn largest_codes(codes: &[u8], n: usize, start: usize) -> (Vec<u8>, Vec<u16>) {
    let (mut largest, mut peak) = (codes[start * n..][..n].to_vec(), vec![start as u16; n]);
    let some = largest.chunks_mut(BLOCK).zip(peak.chunks_mut(BLOCK)).enumerate();
    for (block, (largest, peak)) in some {
        // So many side by side that vectors are used; what is behind the readouts is compared along.
        let (mut most, mut when) = ([0; BLOCK], [start as u16; BLOCK]);
        most[..largest.len()].copy_from_slice(largest);
        for step in start + 1..codes.len() / n {
            let row = &codes[step * n + block * BLOCK..];
            let mut padded = [0; BLOCK];
            let row = row.first_chunk().unwrap_or_else(|| {
                padded[..row.len()].copy_from_slice(row);
                &padded
            });
            for k in 0..BLOCK {
                when[k] = if row[k] > most[k] { step as u16 } else { when[k] };
                most[k] = most[k].max(row[k]);
            }
        }
        largest.copy_from_slice(&most[..largest.len()]);
        peak.copy_from_slice(&when[..peak.len()]);
    }
    (largest, peak)
}

/// Loss of one sample by the times that are left, of `longest` at most, in units of τ_syn; its derivative with respect
/// to the scores goes to `error`.
fn haste(params: &HostParams, scores: &[f32], label: usize, error: &mut [f32], longest: f32) -> f32 {
    let late = params.learning.readout_penalty as f32 * (longest - scores[label]).exp();
    let loss = softmax(params.learning.readout_scale as f32, 0.0, scores, label, error);
    error[label] -= late;
    loss + late
}

/// Loss of one sample; its derivative with respect to the scores goes to `error`.
fn cross_entropy(params: &HostParams, scores: &[f32], label: usize, error: &mut [f32]) -> f32 {
    let (scale, penalty) = (params.learning.readout_scale as f32, params.learning.readout_penalty as f32);
    softmax(scale, penalty, scores, label, error)
}

/// Cross entropy of the scores times `scale`, and their mean square times `penalty`.
fn softmax(scale: f32, penalty: f32, scores: &[f32], label: usize, error: &mut [f32]) -> f32 {
    let n = scores.len() as f32;
    let top = scores.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    error.iter_mut().zip(scores).for_each(|(e, s)| *e = (scale * (s - top)).exp());
    let total: f32 = error.iter().sum();
    let amplitude = scores.iter().map(|s| s * s).sum::<f32>() / n;
    for (k, (e, s)) in error.iter_mut().zip(scores).enumerate() {
        *e = scale * (*e / total - f32::from(u8::from(k == label))) + 2.0 * penalty * s / n;
    }
    total.ln() - scale * (scores[label] - top) + penalty * amplitude
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn with_error(params: &Params, scores: &[f32], label: usize) -> (f32, Vec<f32>) {
        let mut error = vec![0.0; scores.len()];
        let value = cross_entropy(&params.for_host(), scores, label, &mut error);
        (value, error)
    }

    #[test]
    fn equal_scores_cost_the_logarithm_of_the_number_of_classes() {
        let params = Params::default().with(|p| p.learning.readout_penalty = 0.0);
        let (value, error) = with_error(&params, &[0.3; 10], 4);
        assert!((value - 10f32.ln()).abs() < 1e-5);
        assert!((error[4] + 5.0 * 0.9).abs() < 1e-5 && (error[0] - 5.0 * 0.1).abs() < 1e-5);
    }

    #[test]
    fn the_error_is_the_finite_difference_of_the_loss() {
        let params = Params::default().with(|p| p.learning.readout_penalty = 0.3);
        let scores = [0.2f32, -0.4, 0.9, 0.1];
        let (_, error) = with_error(&params, &scores, 1);
        for k in 0..4 {
            let shifted = |h: f32| {
                let mut s = scores;
                s[k] += h;
                with_error(&params, &s, 1).0
            };
            let slope = (shifted(5e-3) - shifted(-5e-3)) / 1e-2;
            assert!((slope - error[k]).abs() < 2e-3, "{k}: {slope} {}", error[k]);
        }
    }

    #[test]
    fn the_error_of_first_spikes_is_the_finite_difference_of_their_loss() {
        let params = Params::default().with(|p| p.learning.readout_penalty = 0.02);
        // Times left in units of τ_syn, of 6.
        let (scores, longest) = ([2.0f32, 2.3, 0.0], 6.0);
        let loss = |scores: &[f32]| {
            let mut error = [0.0; 3];
            (haste(&params.for_host(), scores, 0, &mut error, longest), error)
        };
        let (value, error) = loss(&scores);
        // Göltz et al. 2021, eq. 5, in double precision: times 4, 3.7 and 6 in units of τ_syn, ξ = 0.2.
        let times = [4.0f64, 3.7, 6.0];
        let sum: f64 = times.iter().map(|t| (-(t - times[0]) / 0.2).exp()).sum();
        assert!((f64::from(value) - (sum.ln() + 0.02 * times[0].exp())).abs() < 1e-4, "{value}");
        for k in 0..3 {
            let shifted = |h: f32| {
                let mut s = scores;
                s[k] += h;
                loss(&s).0
            };
            let slope = (shifted(5e-3) - shifted(-5e-3)) / 1e-2;
            assert!((slope - error[k]).abs() < 3e-3, "{k}: {slope} {}", error[k]);
        }
    }

    #[test]
    fn the_first_spike_answers_from_its_step_on() {
        let grid = TimeGrid::new(8e-6, 2e-6, 2);
        assert_eq!(first_answers(&[None, Some(5), Some(3)], &grid), [None, Some(2), Some(2), Some(2)]);
        assert_eq!(first_answers(&[Some(4), Some(4)], &grid), [None, None, Some(0), Some(0)]);
        assert_eq!(first_answers(&[None], &grid), [None; 4]);
    }

    #[test]
    fn a_sample_is_flat_when_no_readout_rises_by_a_tenth_of_a_threshold() {
        // A leak-to-threshold distance is 70 LSB, so a tenth of it is 7.
        let params = Params::default();
        let mut recording = Recording::new(params.network.grid(), 1, 2);
        recording.resize(3);
        let n = recording.grid.n_host * 2;
        // The first readout begins at 60 and falls; the second rises by 7 LSB, by 8, or not at all.
        for (sample, rise) in [7, 8, 0].into_iter().enumerate() {
            let codes = &mut recording.readout_cadc[sample * n..][..n];
            (codes[0], codes[1], codes[9]) = (60, 60, 60 + rise);
        }
        assert_eq!(loss(&params.for_host(), &recording, &[0, 1, 0]).flat, 2);
        let mean = params.with(|p| p.learning.decoding = Decoding::Mean);
        assert_eq!(loss(&mean.for_host(), &recording, &[0, 1, 0]).flat, 0, "all times count");
    }

    #[test]
    fn huge_scores_do_not_overflow() {
        let (value, error) = with_error(&Params::default(), &[1e4, -1e4], 1);
        assert!(value.is_finite() && error.iter().all(|e| e.is_finite()));
    }

    #[test]
    fn the_largest_codes_are_those_of_the_largest_voltages() {
        // 37 readouts: two whole blocks and a part; few values, so that the largest occurs more than once.
        let codes: Vec<u8> = (0..37u32 * 23).map(|k| (k * k % 11 * 3 + k % 7) as u8).collect();
        let volts: Vec<f32> = codes.iter().map(|&code| f32::from(code)).collect();
        for start in [0, 5, 22] {
            let (codes, steps) = largest_codes(&codes, 37, start);
            let (scores, peak) = decode(Decoding::Max, &volts, 37, start);
            assert_eq!((codes.into_iter().map(f32::from).collect::<Vec<_>>(), steps), (scores, peak), "from {start}");
        }
    }

    #[test]
    fn answers_over_time_are_those_of_readouts_that_end_so_early() {
        // Whole numbers, whose sums and means are exact.
        let v: Vec<f32> = (0..40i16).map(|k| f32::from(k * k % 13 - 4)).collect();
        for decoding in Decoding::OF_VOLTAGES {
            for start in [0, 3, 9] {
                let answers = answers_over_time(decoding, &v, 4, start);
                let ended = |step: usize| argmax(&decode(decoding, &v[..(step + 1) * 4], 4, start.min(step)).0);
                assert_eq!(answers, (0..10).map(ended).collect::<Vec<_>>(), "{decoding:?} from {start}");
            }
        }
        assert!(answers_over_time(Decoding::Max, &[], 0, 0).is_empty());
    }

    #[test]
    fn decoding_finds_the_maximum_and_its_time_or_the_mean() {
        let v = [0.0, 1.0, 0.5, 3.0, 0.2, 2.0];
        assert_eq!(decode(Decoding::Max, &v, 2, 0), (vec![0.5, 3.0], vec![1, 1]));
        assert_eq!(decode(Decoding::Max, &v, 2, 2), (vec![0.2, 2.0], vec![2, 2]));
        let (mean, _) = decode(Decoding::Mean, &v, 2, 2);
        assert!((mean[0] - 0.7 / 3.0).abs() < 1e-6 && (mean[1] - 2.0).abs() < 1e-6);
    }
}
