//! Misfit: watch a mismatched analog spiking network learn to fit.
//!
//! A simulated analog neuromorphic chip, built after BrainScaleS-2, computes; every neuron
//! on it is a little wrong in its own way. A host computer reads back spikes and digitised
//! membrane voltages, works out a surrogate gradient on an *ideal* model, and writes better
//! weights. After some hundred rounds the network on the faulty chip is as good as the ideal
//! one, although nobody ever told the host what is wrong with the chip (Cramer et al. 2022,
//! doi:10.1073/pnas.2109194119).
//!
//! # The loop
//!
//! ```text
//!            input spikes
//!   task ───────────────┬──────────────────────┐
//!                       ▼                      ▼
//!                    ┌──────┐  Recording   ┌──────┐
//!                    │ chip │ ───────────▶ │ host │   a host cannot name a fault of a chip
//!                    │      │ ◀─────────── │      │
//!                    └──────┘    Codes     └──────┘
//!                       training: the lanes
//!                       protocol: parameters, and what happens when
//!                       run: a protocol carried out
//!                          │                    │ Snapshot, Event
//!                 cli, batch                  session ◀── Command ── app, views
//! ```
//!
//! Four ideas carry the rest:
//!
//! 1. **The host cannot see the chip.** A [`host::Host`] is built from [`params::HostParams`], in which no fault can
//!    be named, and sees a [`recording::Recording`] and nothing else.
//! 2. **A chip is an object with a serial number.** The number seeds frozen standard-normal
//!    draws; the mismatch of strength σ scales them. The ideal twin is the same code with σ = 0.
//! 3. **Lanes.** Several networks run side by side on the same data in the same order:
//!    `ideal` (trained and tested on the ideal twin), `transferred` (its weights on the chip),
//!    `in_the_loop` (trained and tested on the chip), `on_chip` (the chip teaches itself; there is no host).
//! 4. **One word for a run.** A [`protocol::Protocol`] says what is done and when; a [`run::Run`] does it. Window,
//!    terminal, batch and file all make a protocol and drive the same run, so all compute the same bits.
//!
//! # Where to add
//!
//! | what | where |
//! |---|---|
//! | a parameter | its field in `params/groups.rs`, its line in `params/table.rs`, its Chinese words in `text/zh_params.rs` |
//! | a fault of the chip | `chip/mismatch.rs` (frozen) or `chip/damage.rs` (broken parts), with a parameter |
//! | a lane | a file in `training/lane/`, its variant in `params/kinds.rs`, its arm in `training/lane.rs`, its colour and words |
//! | a question to an experiment | a file in `probes/` |
//! | a gradient | a file in `host/`, as `backward.rs` and `event_prop.rs`, its variant in `params/kinds.rs`, its arm in `Host::backward` |
//! | a task | a file in `task/`, its name in `params/kinds.rs`, its arm in `task/mod.rs` |
//! | something that can be done to a run | a variant of [`protocol::Change`] |
//! | something that follows a run | an [`run::Observer`] |
//! | a preset | its entry in `protocol/presets.rs` |
//! | a study | its cells in `batch/paper.rs`, its words in `text/batches.rs` |
//! | a view | a file in `views/` with its `View`, its line in the list in `views/mod.rs`, its words in `text/`, its key in `lesson/names.rs` |
//! | a chip | a program that speaks the protocol of `assets/handbook/chips.md`; nothing in here |
//! | a lesson | a file in `assets/lessons/`, its line in `lesson/mod.rs` |
//! | a word of the handbook | an entry in `assets/terms.toml` |
//! | something a lesson can do | a variant of [`lesson::verbs::Verb`] |
//! | a subcommand | a file in `cli/`, its variant in `cli/mod.rs` |
//!
//! # Conventions
//!
//! - SI units inside (seconds, fractions), display units (µs, %, LSB) outside, through [`base::units`].
//! - Membrane voltages in leak-to-threshold distances: nominally leak 0, threshold 1.
//! - Weights `[pre, post]`: one row is what one presynaptic event reaches, as on the chip.
//! - Recordings `[sample, step, neuron]`: samples are independent and each is contiguous.
//! - Time is hardware time. The chip has a fine grid, the host samples it ([`base::time`]).
//! - Everything below [`session`] is deterministic: same protocol, same bits, on any number of threads, from any way in,
//!   and, as far as `tests/golden.rs` reaches, at any commit.
//!
//! # Who may import whom
//!
//! From the bottom to the top: a room imports only rooms that stand before it. `tests/architecture` reads this
//! table, finds the imports in the source, and compares the two. The rooms up to `session` are a crate of their own,
//! `src/engine.rs`: it cannot draw, and it is optimised also where the window is built quickly.
//!
//! | room | imports |
//! |---|---|
//! | `simd` | |
//! | `base` | `simd` |
//! | `neuron` | |
//! | `spikes` | |
//! | `recording` | `base`, `spikes` |
//! | `params` | `base` |
//! | `ear` | `base`, `spikes` |
//! | `task` | `base`, `ear`, `params`, `spikes` |
//! | `chip` | `base`, `neuron`, `params`, `recording`, `simd`, `spikes` |
//! | `foreign` | `base`, `chip`, `params`, `recording`, `spikes` |
//! | `host` | `base`, `neuron`, `params`, `recording`, `simd`, `spikes` |
//! | `training` | `base`, `chip`, `foreign`, `host`, `neuron`, `params`, `recording`, `spikes`, `task` |
//! | `probes` | `base`, `chip`, `host`, `neuron`, `params`, `recording`, `simd`, `spikes`, `task`, `training` |
//! | `energy` | `base`, `chip`, `params`, `recording`, `spikes`, `task`, `training` |
//! | `protocol` | `base`, `params` |
//! | `store` | `base`, `chip`, `host`, `params`, `protocol`, `recording`, `training` |
//! | `run` | `base`, `energy`, `params`, `protocol`, `store`, `task`, `training` |
//! | `exchange` | `base`, `chip`, `energy`, `host`, `params`, `probes`, `protocol`, `recording`, `spikes`, `training` |
//! | `batch` | `base`, `energy`, `params`, `protocol`, `run`, `store`, `training` |
//! | `session` | `base`, `batch`, `chip`, `energy`, `exchange`, `params`, `probes`, `protocol`, `recording`, `run`, `spikes`, `store`, `task`, `training` |
//! | `handbook` | |
//! | `text` | `base`, `params`, `protocol` |
//! | `lesson` | `base`, `params`, `probes`, `protocol`, `run`, `text`, `training` |
//! | `views` | `base`, `lesson`, `params`, `session`, `text`; draws with `egui` |
//! | `app` | `base`, `lesson`, `params`, `protocol`, `session`, `store`, `text`, `views`; draws with `egui` |
//! | `cli` | `base`, `batch`, `chip`, `ear`, `energy`, `exchange`, `foreign`, `lesson`, `params`, `probes`, `protocol`, `recording`, `run`, `simd`, `spikes`, `store`, `task`, `text`, `training` |

pub mod app;
pub mod cli;
pub mod handbook;
pub mod lesson;
pub mod text;
pub mod views;

#[doc(inline)]
pub use misfit_engine::{
    Error, Result, base, batch, chip, ear, energy, exchange, foreign, host, neuron, params, probes, protocol,
    recording, run, session, simd, spikes, store, task, training,
};
