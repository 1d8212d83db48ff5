//! Misfit's own chip behind the protocol: the same bits as inside.

use std::io::{BufRead, Write};

use serde_json::Value as Json;

use crate::base::error::{Error, Result};
use crate::chip::Chip;
use crate::chip::layout::{CIRCUITS, SIGNED_INPUTS};
use crate::foreign::messages::{self, Ability, Hello, Reads, Setup, VERSION};
use crate::foreign::wire::{Array, Broken, Message};
use crate::params::{ChipSetup, Params};
use crate::recording::Recording;
use crate::training::calibration::calibrate;

/// Most bytes of the arrays of a request.
const LARGEST: usize = 1 << 30;
/// Largest weight code: seven bits and a sign.
const CODE_MAX: i32 = 127;

/// Answers requests until the input ends.
pub(super) fn serve(params: &Params, input: &mut impl BufRead, output: &mut impl Write) -> Result<()> {
    let mut served = Served { params: params.clone(), chip: None, recording: None };
    loop {
        let answer = match Message::read(input, || LARGEST) {
            Ok(request) => served.answer(&request),
            Err(Broken::Ended) => return Ok(()),
            Err(Broken::Format(why) | Broken::TooMuch(why) | Broken::System(why)) => {
                return Err(Error::System(format!("the request cannot be read: {why}")));
            }
        };
        let answer = answer.unwrap_or_else(|why| Message::new("error").with("message", why));
        if answer.write(output).is_err() {
            // There is nobody left to answer.
            return Ok(());
        }
    }
}

struct Served {
    params: Params,
    chip: Option<(Chip, Setup)>,
    recording: Option<Recording>,
}

impl Served {
    fn answer(&mut self, request: &Message<'_>) -> Result<Message<'_>, String> {
        let ready = || Ok(Message::new("ready"));
        match request.kind() {
            "hello" => Ok(self.hello().message()),
            "setup" => self.set_up(request).and_then(|()| ready()),
            "weights" => {
                let (chip, setup) = self.chip()?;
                chip.write_weights(&messages::parse_weights(request, setup.shape)?);
                ready()
            }
            "run" => self.run(request),
            "silence" => {
                let neurons = messages::line::<u16>(request, "neurons")?;
                let (chip, setup) = self.chip()?;
                for neuron in 0..setup.shape.n_hidden {
                    chip.silence(neuron, neurons.contains(&(neuron as u16)).then_some(true));
                }
                ready()
            }
            "trims" => {
                let (chip, setup) = self.chip()?;
                chip.write_trims(&messages::parse_trims(request, setup.shape.n_hidden + setup.shape.n_readout)?);
                ready()
            }
            "calibrate" => {
                let seed = request.head.get("seed").and_then(Json::as_u64).ok_or("`seed` is no whole number")?;
                let params = self.params.clone();
                let (chip, setup) = self.chip()?;
                let params = params.with(|p| p.network = setup.network.clone());
                let done = calibrate(chip, &params, seed, &|| true).ok_or("it was stopped")?;
                chip.write_trims(&done.trims);
                Ok(messages::trims(&done.trims))
            }
            "faults" => {
                let (chip, _) = self.chip()?;
                Ok(faults(chip))
            }
            other => Err(format!("it does not know requests of type {other:?}")),
        }
    }

    fn hello(&self) -> Hello {
        let chip = &self.params.chip;
        Hello {
            version: VERSION,
            name: format!("Misfit, chip {}", chip.number),
            inputs: CIRCUITS * SIGNED_INPUTS,
            hidden: CIRCUITS,
            readout: CIRCUITS,
            recurrent: true,
            reads: Reads::Voltages,
            weights: [-CODE_MAX, CODE_MAX],
            dt: None,
            noise: chip.noise_membrane > 0.0 || chip.noise_readout > 0.0 || chip.noise_threshold > 0.0,
            deterministic: true,
            abilities: vec![Ability::Dropout, Ability::Faults, Ability::Calibrate, Ability::Damage],
        }
    }

    fn set_up(&mut self, request: &Message<'_>) -> Result<(), String> {
        let setup = Setup::parse(request)?;
        let params = self.params.clone().with(|p| p.network = setup.network.clone());
        params.check().map_err(|why| why.to_string())?;
        let chip_setup =
            ChipSetup { network: setup.network.clone(), chip: self.params.chip.clone(), readout_spikes: false };
        let chip = Chip::new(&chip_setup, setup.shape).map_err(|why| why.to_string())?;
        self.recording = Some(Recording::new(chip.grid(), setup.shape.n_hidden, setup.shape.n_readout));
        self.chip = Some((chip, setup));
        Ok(())
    }

    fn chip(&mut self) -> Result<(&mut Chip, &Setup), String> {
        let (chip, setup) = self.chip.as_mut().ok_or("it was not set up")?;
        Ok((chip, setup))
    }

    fn run(&mut self, request: &Message<'_>) -> Result<Message<'_>, String> {
        let batch = messages::parse_run(request)?;
        let (Some((chip, _)), Some(recording)) = (&self.chip, &mut self.recording) else {
            return Err("it was not set up".into());
        };
        recording.resize(batch.inputs.len());
        recording.dropped = batch.dropped;
        let inputs: Vec<_> = batch.inputs.iter().collect();
        chip.run_as_routed(&inputs, batch.trial, recording);
        Ok(messages::recording(recording, Reads::Voltages))
    }
}

/// What the neurons really are.
fn faults(chip: &Chip) -> Message<'static> {
    let (hidden, readout) = chip.actual();
    let mut message = Message::new("faults");
    for name in messages::FAULTS {
        let of = |n: &crate::chip::mismatch::ActualNeuron| match name {
            "tau_mem" => n.tau_mem,
            "tau_syn_exc" => n.tau_syn_exc,
            "tau_syn_inh" => n.tau_syn_inh,
            "threshold" => n.v_threshold,
            "leak" => n.v_leak,
            "reset" => n.v_reset,
            "gain_exc" => n.gain_exc,
            "gain_inh" => n.gain_inh,
            _ => n.cadc_offset,
        };
        message = message.and(name, Array::line(hidden.iter().chain(readout).map(|n| of(n) as f32)));
    }
    message
}
