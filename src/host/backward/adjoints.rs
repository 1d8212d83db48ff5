//! The adjoint variables of one sample, advanced backward one host step at a time.

use super::{Evaluation, Penalties, SampleError};
use crate::host::surrogate;
use crate::params::Decoding;

/// Adjoint variables of one sample, and how far its events have been followed back.
#[derive(Debug, Clone, Default)]
pub(super) struct Adjoints {
    /// λu and λj of the readout.
    readout_v: Vec<f32>,
    readout_i: Vec<f32>,
    /// `Σ_o U_ho λu_o` and `Σ_o U_ho λj_o`.
    projected_v: Vec<f32>,
    projected_i: Vec<f32>,
    /// `Σ_o U_ho ∂L/∂score_o`, for losses that act at every step.
    drive: Vec<f32>,
    /// Derivative of the penalties with respect to any spike of each neuron.
    penalty: Vec<f32>,
    /// λv and λi of the hidden population.
    hidden_v: Vec<f32>,
    hidden_i: Vec<f32>,
    /// Spikes and input events of earlier steps: so many are left.
    spikes_left: usize,
    inputs_left: usize,
}

impl Adjoints {
    /// Everything zero, at the end of the sample.
    pub(super) fn start(&mut self, n_hidden: usize, n_readout: usize, evaluation: &Evaluation) {
        for (buffer, n) in [
            (&mut self.readout_v, n_readout),
            (&mut self.readout_i, n_readout),
            (&mut self.projected_v, n_hidden),
            (&mut self.projected_i, n_hidden),
            (&mut self.drive, n_hidden),
            (&mut self.penalty, n_hidden),
            (&mut self.hidden_v, n_hidden),
            (&mut self.hidden_i, n_hidden),
        ] {
            buffer.clear();
            buffer.resize(n, 0.0);
        }
        (self.spikes_left, self.inputs_left) = (evaluation.z.len(), evaluation.x.len());
    }

    /// Derivative of the penalties with respect to every spike.
    pub(super) fn penalise(&mut self, evaluation: &Evaluation, penalties: &Penalties) {
        if penalties.burst > 0.0 {
            let each = 2.0 * penalties.burst / self.penalty.len() as f32;
            for &(_, neuron, amplitude) in &evaluation.z {
                self.penalty[usize::from(neuron)] += each * amplitude;
            }
        }
        if penalties.activity > 0.0 {
            let spikes: f32 = evaluation.z.iter().map(|(_, _, amplitude)| amplitude).sum();
            let each = 2.0 * penalties.activity * (spikes - penalties.limit).max(0.0);
            self.penalty.iter_mut().for_each(|p| *p += each);
        }
    }

    /// Prepares an error that enters the readout at each of `n_steps` steps; `u` are the readout weights.
    pub(super) fn drive_every_step(&mut self, u: &[f32], error: &[f32], n_steps: usize) {
        let share = 1.0 / n_steps as f32;
        for (drive, row) in self.drive.iter_mut().zip(u.chunks_exact(error.len())) {
            *drive = row.iter().zip(error).map(|(u, e)| u * e * share).sum();
        }
    }

    /// λj of the readout.
    pub(super) fn readout_current(&self) -> &[f32] {
        &self.readout_i
    }

    /// λi of the hidden population.
    pub(super) fn hidden_current(&self) -> &[f32] {
        &self.hidden_i
    }

    /// The last spike of `step` that has not been taken: neuron and amplitude.
    pub(super) fn next_spike(&mut self, evaluation: &Evaluation, step: usize) -> Option<(usize, f32)> {
        let &(_, neuron, amplitude) =
            evaluation.z[..self.spikes_left].last().filter(|spike| usize::from(spike.0) == step)?;
        self.spikes_left -= 1;
        Some((usize::from(neuron), amplitude))
    }

    /// The last input event of `step` that has not been taken: its channel.
    pub(super) fn next_input(&mut self, evaluation: &Evaluation, step: usize) -> Option<usize> {
        let &(_, channel) = evaluation.x[..self.inputs_left].last().filter(|event| usize::from(event.0) == step)?;
        self.inputs_left -= 1;
        Some(usize::from(channel))
    }

    /// λv and λi of the hidden population at one step.
    #[inline(always)]
    pub(super) fn hidden_step(
        &mut self,
        v: &[f32],
        feedback: Option<&[f32]>,
        [alpha, beta, kappa]: [f32; 3],
        slope: f32,
    ) {
        let n = v.len();
        let (projected, penalty) = (&self.projected_i[..n], &self.penalty[..n]);
        let (hidden_v, hidden_i) = (&mut self.hidden_v[..n], &mut self.hidden_i[..n]);
        if let Some(feedback) = feedback.map(|feedback| &feedback[..n]) {
            for k in 0..n {
                let delta = projected[k] + penalty[k] + feedback[k];
                hidden_v[k] = alpha * hidden_v[k] + surrogate::derivative(v[k], slope) * delta;
                hidden_i[k] = beta * hidden_i[k] + kappa * hidden_v[k];
            }
        } else {
            for k in 0..n {
                let delta = projected[k] + penalty[k];
                hidden_v[k] = alpha * hidden_v[k] + surrogate::derivative(v[k], slope) * delta;
                hidden_i[k] = beta * hidden_i[k] + kappa * hidden_v[k];
            }
        }
    }

    /// Forgets what would flow through neurons that dropout ignores.
    pub(super) fn silence(&mut self, dropped: &[u16]) {
        for &neuron in dropped {
            self.hidden_v[usize::from(neuron)] = 0.0;
            self.hidden_i[usize::from(neuron)] = 0.0;
        }
    }

    /// λu and λj of the readout at one of `n_steps` steps, and what they mean to the hidden population.
    #[inline(always)]
    pub(super) fn readout_step(
        &mut self,
        step: usize,
        u: &[f32],
        error: &SampleError<'_>,
        [alpha, beta, kappa]: [f32; 3],
        n_steps: usize,
    ) {
        let n_readout = self.readout_v.len();
        // Plain loops: iterators that take closures are not compiled for the instructions of the machine.
        for l in &mut self.readout_v {
            *l *= alpha;
        }
        if error.decoding == Decoding::Mean {
            let share = 1.0 / n_steps as f32;
            for (l, e) in self.readout_v.iter_mut().zip(error.error) {
                *l += e * share;
            }
            for (p, d) in self.projected_v.iter_mut().zip(&self.drive) {
                *p = *p * alpha + d;
            }
        } else {
            for p in &mut self.projected_v {
                *p *= alpha;
            }
            for o in 0..n_readout {
                if usize::from(error.peak[o]) == step {
                    self.readout_v[o] += error.error[o];
                    for (p, row) in self.projected_v.iter_mut().zip(u.chunks_exact(n_readout)) {
                        *p += row[o] * error.error[o];
                    }
                }
            }
        }
        for (currents, voltages) in [(&mut self.readout_i, &self.readout_v), (&mut self.projected_i, &self.projected_v)]
        {
            for (i, v) in currents.iter_mut().zip(voltages) {
                *i = beta * *i + kappa * v;
            }
        }
    }
}
