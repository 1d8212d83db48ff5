//! From parameters, draws and weight codes to neurons and synapses.

use super::cadc::Cadc;
use super::damage::Damage;
use super::layout::{self, CIRCUITS};
use super::membrane::Membranes;
use super::mismatch::{ActualNeuron, Sigmas};
use super::synapses::Synapses;
use super::{Chip, Population};
use crate::recording::{Codes, Trims};

impl Chip {
    pub(super) fn circuits(&self) -> usize {
        CIRCUITS.max(self.placement.used)
    }

    /// Lets the chip grow older by some batches; it wanders if it has a drift.
    pub fn grow_older(&mut self, batches: f64) {
        self.age += batches;
        if self.params.chip.drift > 0.0 {
            self.configure_neurons();
        }
    }

    /// Derives everything from parameters and draws.
    pub(super) fn configure(&mut self) {
        self.configure_neurons();
        self.configure_synapses();
        self.rewrite_weights();
    }

    pub(super) fn configure_synapses(&mut self) {
        let p = &self.params;
        let (hidden, readout) = (&self.placement.hidden, &self.placement.readout);
        let recurrent = self.shape.n_inputs..self.shape.n_inputs + self.shape.n_recurrent();
        self.to_hidden = Synapses::new(p, &self.draws, &(0..recurrent.start), hidden);
        self.among_hidden = Synapses::new(p, &self.draws, &recurrent, hidden);
        self.to_readout = Synapses::new(p, &self.draws, &(0..self.shape.n_hidden), readout);
    }

    pub(super) fn rewrite_weights(&mut self) {
        let codes = std::mem::take(&mut self.codes);
        self.write_weights(&codes);
    }

    pub(super) fn configure_neurons(&mut self) {
        let p = &self.params;
        let unlimited = f64::from(u32::MAX);
        self.events_per_step = match p.chip.event_rate_limit {
            0.0 => unlimited,
            limit => (limit * self.grid.dt_chip).min(unlimited),
        };
        let sigma = Sigmas::new(&p.chip);
        self.damage = Damage::new(p, self.shape.n_inputs, &self.placement.hidden);
        self.damage.override_silent(&self.overrides);
        if self.is_traces {
            self.damage.become_traces(p, &self.placement.hidden);
        }
        let actual = |sites: &[layout::Site], trims: &[Trims]| {
            let neurons = sites.iter().map(|&site| self.draws.neuron(p, &sigma, site, self.age));
            neurons.zip(trims).map(|(neuron, trims)| neuron.trimmed(trims)).collect()
        };
        let (hidden, readout) = self.trims.split_at(self.shape.n_hidden);
        self.hidden_actual = actual(&self.placement.hidden, hidden);
        self.readout_actual = actual(&self.placement.readout, readout);
        let population = |neurons: &[ActualNeuron]| Population {
            membranes: Membranes::new(
                neurons,
                self.grid.dt_chip,
                p.network.tau_mem,
                p.chip.noise_membrane,
                p.chip.synaptic_saturation,
                p.network.rails(p.chip.rails),
            ),
            cadc: Cadc::new(neurons, p),
        };
        self.hidden = population(&self.hidden_actual);
        self.readout = population(&self.readout_actual);
        self.hidden.membranes.silence(&self.damage.silent);
        self.hidden.cadc.disable(&self.damage.dead_adc);
    }

    /// Hidden neurons whose channel of the converter is dead.
    pub(super) fn dead_channels(&self) -> &[bool] {
        &self.damage.dead_adc
    }

    /// Breaks (true) or mends (false) one hidden neuron until the next change of parameters, or leaves it to the
    /// share again (`None`). A neuron that does not exist is ignored. For trials: what stays belongs in the parameters.
    pub fn silence(&mut self, neuron: usize, silent: Option<bool>) {
        if let Some(own) = self.overrides.get_mut(neuron) {
            *own = silent;
            self.configure_neurons();
        }
    }

    /// Writes weight codes; the analog weights that result are nobody's business but the chip's.
    ///
    /// # Panics
    /// When the codes do not have the shape of the network.
    pub fn write_weights(&mut self, codes: &Codes) {
        assert_eq!(codes.input.dim(), (self.shape.n_inputs, self.shape.n_hidden), "input codes");
        assert_eq!(codes.recurrent.dim(), (self.shape.n_recurrent(), self.shape.n_hidden), "recurrent codes");
        assert_eq!(codes.readout.dim(), (self.shape.n_hidden, self.shape.n_readout), "readout codes");
        let max = self.params.network.code_max() as f32;
        let per_code = |full_scale: f64| full_scale as f32 / max;
        // One synapse bias serves all rows of a neuron: input and recurrent weights have the same full scale.
        let hidden = per_code(self.params.network.weight_full_scale);
        self.to_hidden.weigh(&codes.input, hidden);
        self.among_hidden.weigh(&codes.recurrent, hidden);
        self.to_readout.weigh(&codes.readout, per_code(self.params.network.readout_full_scale));
        self.codes = codes.clone();
    }

    /// Changes the codes of one input and writes them; returns what `change` returns.
    pub(super) fn rewrite_input<R>(&mut self, input: usize, change: impl FnOnce(&mut [i8]) -> R) -> R {
        let per_code = self.params.network.weight_full_scale as f32 / self.params.network.code_max() as f32;
        let codes = self.codes.input.row_mut(input).into_slice().expect("standard layout");
        let result = change(codes);
        self.to_hidden.weigh_row(input, codes, per_code);
        result
    }

    /// As [`Self::rewrite_input`], of one hidden neuron to the readout.
    pub(super) fn rewrite_readout<R>(&mut self, hidden: usize, change: impl FnOnce(&mut [i8]) -> R) -> R {
        let per_code = self.params.network.readout_full_scale as f32 / self.params.network.code_max() as f32;
        let codes = self.codes.readout.row_mut(hidden).into_slice().expect("standard layout");
        let result = change(codes);
        self.to_readout.weigh_row(hidden, codes, per_code);
        result
    }
}
