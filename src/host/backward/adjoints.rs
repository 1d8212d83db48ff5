//! The adjoint variables of one sample of a recurrent network, advanced backward one host step at a time.

use pulp::Simd;

use super::events::{Events, centre};
use super::{Evidence, Model, Partial, SampleError, Voltages};
use crate::host::surrogate;
use crate::params::Decoding;
use crate::simd::{AlignedVec, padded};

/// Adjoint variables of one sample, and how far its events have been followed back.
#[derive(Debug, Clone, Default)]
pub(super) struct Adjoints {
    /// κ λu and λj of the readout: with κ λu and κ λv in the place of λu and λv no step has to multiply by it.
    readout_v: AlignedVec<f32>,
    readout_i: AlignedVec<f32>,
    /// `κ Σ_o U_ho λu_o` and `Σ_o U_ho λj_o`.
    projected_v: AlignedVec<f32>,
    projected_i: AlignedVec<f32>,
    /// `κ Σ_o U_ho ∂L/∂u_o` and `κ ∂L/∂u_o` of the step in which the loss acts.
    drive: AlignedVec<f32>,
    error: AlignedVec<f32>,
    /// κ times the derivative of the penalties with respect to any spike of each neuron.
    penalty: AlignedVec<f32>,
    /// 0 for neurons that dropout ignores in this sample, κ for all others.
    heard: AlignedVec<f32>,
    /// κ λv and λi of the hidden population.
    hidden_v: AlignedVec<f32>,
    hidden_i: AlignedVec<f32>,
    /// β (v − θ) where the code is 0, with β the slope of the surrogate.
    offset: AlignedVec<f32>,
    /// Codes of the last step with padding.
    codes: Vec<u8>,
    /// Codes or voltages of one step.
    measured: AlignedVec<f32>,
    /// Spikes and input events of earlier steps: so many are left.
    spikes_left: usize,
    inputs_left: usize,
}

impl Adjoints {
    /// Everything zero, at the end of the sample.
    #[inline(always)]
    pub(super) fn start(&mut self, model: &Model<'_>, events: &Events, evidence: &Evidence<'_>) {
        let (n_hidden, n_readout) = model.graph.network.readout.dim();
        for (buffer, n) in [
            (&mut self.readout_v, n_readout),
            (&mut self.readout_i, n_readout),
            (&mut self.error, n_readout),
            (&mut self.projected_v, n_hidden),
            (&mut self.projected_i, n_hidden),
            (&mut self.drive, n_hidden),
            (&mut self.penalty, n_hidden),
            (&mut self.heard, n_hidden),
            (&mut self.hidden_v, n_hidden),
            (&mut self.hidden_i, n_hidden),
            (&mut self.offset, n_hidden),
            (&mut self.measured, n_hidden),
        ] {
            buffer.reset(n);
        }
        self.codes.clear();
        self.codes.resize(padded(n_hidden), 0);
        (self.spikes_left, self.inputs_left) = (events.spikes.len(), events.input_steps.len());
        events.penalise(&model.penalties, &mut self.penalty, &mut self.heard);
        let [_, _, kappa] = model.propagators;
        for x in self.penalty.whole_mut().iter_mut().chain(self.heard.whole_mut()) {
            *x *= kappa;
        }
        centre(model.graph.params, &evidence.voltages, &mut self.offset);
        if evidence.error.decoding == Decoding::Mean {
            let share = 1.0 / model.n_steps as f32;
            for (o, error) in evidence.error.error.iter().enumerate() {
                self.inject(model, o, error * share);
            }
        }
    }

    /// Lets an error enter one readout in the coming step.
    #[inline(always)]
    fn inject(&mut self, model: &Model<'_>, readout: usize, error: f32) {
        let [_, _, kappa] = model.propagators;
        let error = kappa * error;
        self.error[readout] += error;
        for (drive, &u) in self.drive.iter_mut().zip(model.to_readout.row(readout)) {
            *drive += u * error;
        }
    }

    /// λi of the hidden population.
    #[inline(always)]
    pub(super) fn hidden_current(&self) -> &[f32] {
        &self.hidden_i
    }

    /// Adds what the spikes of this step did in the next to the gradients of the weights they went through.
    #[inline(always)]
    pub(super) fn take_spikes<S: Simd>(&mut self, simd: S, host: usize, events: &Events, partial: &mut Partial) {
        while let Some(&(step, neuron, amplitude)) = events.spikes[..self.spikes_left].last()
            && step as usize == host
        {
            self.spikes_left -= 1;
            let neuron = usize::from(neuron);
            add_scaled(simd, partial.readout.vectors_mut(neuron), amplitude, self.readout_i.vectors());
            add_scaled(simd, partial.recurrent.vectors_mut(neuron), amplitude, self.hidden_i.vectors());
        }
    }

    /// Adds what the input events of this step did to the gradients of the weights they went through.
    #[inline(always)]
    pub(super) fn take_inputs<S: Simd>(&mut self, simd: S, host: usize, events: &Events, partial: &mut Partial) {
        while let Some(last) = self.inputs_left.checked_sub(1)
            && events.input_steps[last] as usize == host
        {
            self.inputs_left = last;
            let row = partial.input.vectors_mut::<S::f32s>(usize::from(events.input_units[last]));
            for (to, &from) in row.iter_mut().zip(self.hidden_i.vectors()) {
                *to = simd.add_f32s(*to, from);
            }
        }
    }

    /// All adjoints of step `host` from those of the step after it. `fed_back` is what spikes of this step did to
    /// the hidden population in the next.
    #[inline(always)]
    pub(super) fn step_back<S: Simd>(
        &mut self,
        simd: S,
        host: usize,
        model: &Model<'_>,
        evidence: &Evidence<'_>,
        fed_back: &[S::f32s],
    ) {
        self.look(&evidence.voltages, host);
        let factors = (model.propagators, evidence.voltages.scale(model.graph.params));
        let SampleError { error, peak, decoding } = evidence.error;
        if decoding == Decoding::Mean {
            return self.advance::<S, true>(simd, factors, fed_back);
        }
        if peak.iter().all(|&peak| usize::from(peak) != host) {
            return self.advance::<S, false>(simd, factors, fed_back);
        }
        self.error.fill(0.0);
        self.drive.fill(0.0);
        for (o, _) in peak.iter().enumerate().filter(|(_, peak)| usize::from(**peak) == host) {
            self.inject(model, o, error[o]);
        }
        self.advance::<S, true>(simd, factors, fed_back);
    }

    /// Takes what was measured of the hidden neurons in one step.
    #[inline(always)]
    fn look(&mut self, voltages: &Voltages<'_>, host: usize) {
        let n = self.measured.len();
        let measured = self.measured.whole_mut();
        match voltages {
            Voltages::Codes(codes) => {
                // To the end of the padding, whatever stands there; only the last step has nothing behind it.
                let mut codes = &codes[host * n..];
                if codes.len() < measured.len() {
                    self.codes[..codes.len()].copy_from_slice(codes);
                    codes = &self.codes;
                }
                for (measured, &code) in measured.iter_mut().zip(codes) {
                    *measured = f32::from(code);
                }
            }
            Voltages::Exact(v) => measured[..n].copy_from_slice(&v[host * n..][..n]),
        }
    }

    #[inline(always)]
    fn advance<S: Simd, const DRIVEN: bool>(
        &mut self,
        s: S,
        ([alpha, beta, _], per_measured): ([f32; 3], f32),
        fed_back: &[S::f32s],
    ) {
        let (alpha, beta) = (s.splat_f32s(alpha), s.splat_f32s(beta));
        let per_measured = s.splat_f32s(per_measured);
        let projected_v = self.projected_v.vectors_mut::<S::f32s>();
        let n = projected_v.len();
        let projected_i = &mut self.projected_i.vectors_mut::<S::f32s>()[..n];
        let hidden_v = &mut self.hidden_v.vectors_mut::<S::f32s>()[..n];
        let hidden_i = &mut self.hidden_i.vectors_mut::<S::f32s>()[..n];
        let (penalty, heard) = (&self.penalty.vectors::<S::f32s>()[..n], &self.heard.vectors::<S::f32s>()[..n]);
        let measured = &self.measured.vectors::<S::f32s>()[..n];
        let offset = &self.offset.vectors::<S::f32s>()[..n];
        let drive = &self.drive.vectors::<S::f32s>()[..n];
        let fed_back = &fed_back[..n];
        for k in 0..n {
            let arrives = s.add_f32s(projected_i[k], fed_back[k]);
            let delta = s.mul_add_f32s(arrives, heard[k], penalty[k]);
            let derivative = surrogate::derivatives_at(s, s.mul_add_f32s(measured[k], per_measured, offset[k]));
            let v = s.mul_add_f32s(alpha, hidden_v[k], s.mul_f32s(derivative, delta));
            hidden_v[k] = v;
            hidden_i[k] = s.mul_add_f32s(beta, hidden_i[k], v);
            let v = if DRIVEN {
                s.mul_add_f32s(alpha, projected_v[k], drive[k])
            } else {
                s.mul_f32s(alpha, projected_v[k])
            };
            projected_v[k] = v;
            projected_i[k] = s.mul_add_f32s(beta, projected_i[k], v);
        }
        let readout_v = self.readout_v.vectors_mut::<S::f32s>();
        let n = readout_v.len();
        let readout_i = &mut self.readout_i.vectors_mut::<S::f32s>()[..n];
        let error = &self.error.vectors::<S::f32s>()[..n];
        for k in 0..n {
            let v = s.mul_f32s(alpha, readout_v[k]);
            let v = if DRIVEN { s.add_f32s(v, error[k]) } else { v };
            readout_v[k] = v;
            readout_i[k] = s.mul_add_f32s(beta, readout_i[k], v);
        }
    }
}

#[inline(always)]
fn add_scaled<S: Simd>(s: S, to: &mut [S::f32s], factor: f32, from: &[S::f32s]) {
    let factor = s.splat_f32s(factor);
    for (to, &from) in to.iter_mut().zip(from) {
        *to = s.mul_add_f32s(factor, from, *to);
    }
}
