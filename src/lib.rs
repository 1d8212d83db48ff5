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
//!                    │ chip │ ───────────▶ │ host │   the host never imports the chip
//!                    │      │ ◀─────────── │      │
//!                    └──────┘    Codes     └──────┘
//!                       training: the lanes
//!                              │ Snapshot, Event
//!                            worker ◀── Command ── app, views
//! ```
//!
//! Three ideas carry the rest:
//!
//! 1. **The host cannot see the chip.** It sees a [`recording::Recording`] and nothing else, so
//!    "in the loop" is enforced by the module boundary.
//! 2. **A chip is an object with a serial number.** The number seeds frozen standard-normal
//!    draws; the mismatch of strength σ scales them. The ideal twin is the same code with σ = 0.
//! 3. **Lanes.** Several networks run side by side on the same data in the same order:
//!    `ideal` (trained and tested on the ideal twin), `transferred` (its weights on the chip),
//!    `in_the_loop` (trained and tested on the chip).
//!
//! # Conventions
//!
//! - SI units inside (seconds, fractions), people's units (µs, %, LSB) at the edge, through [`base::units`].
//! - Membrane voltages in leak-to-threshold distances: nominally leak 0, threshold 1.
//! - Weights `[pre, post]`: one row is what one presynaptic event reaches, as on the chip.
//! - Recordings `[sample, step, neuron]`: samples are independent and each is contiguous.
//! - Time is hardware time. The chip has a fine grid, the host samples it ([`base::time`]).
//! - Everything below [`worker`] is deterministic: same parameters, same bits, on any number of threads.
//!
//! # Who may import whom
//!
//! A test reads the `use` lines and checks this table.
//!
//! | module | may import |
//! |---|---|
//! | `error`, `units`, `time`, `spikes`, `lanes`, `threads` | nothing but `error` |
//! | `rng` | `error`, `lanes` |
//! | `params`, `neuron`, `recording` | those |
//! | `ear` | `error`, `units`, `rng`, `spikes` |
//! | `task` | `ear`, `experiment_file` (to write its cache), foundations |
//! | `chip` | foundations |
//! | `host` | foundations; **never `chip`** |
//! | `training` | `task`, `chip`, `host`, foundations |
//! | `store` | `training`, `experiment_file`, foundations; **no egui** |
//! | `worker` | `store`, `export`, `training` and below; **no egui** |
//! | `views` | `worker::messages`, `params`, `units`, `time`, `text`; **never `chip`, `host`, `training`** |
//! | `export` | `training`, `experiment_file`, foundations; **no egui** |
//! | `study` | `training`, `export`, `experiment_file`, foundations; **no egui** |
//! | `sweep` | `store`, `training`, `experiment_file`, foundations; **no egui** |
//! | `nir` | `training`, `chip`, `host`, `experiment_file`, foundations; **no egui** |
//! | `app` | `views`, `worker`, `params`, `text` |
//! | `cli` | `worker` and below; **no egui** |

pub mod app;
pub mod base;
pub mod chip;
pub mod cli;
pub mod ear;
pub mod export;
pub mod handbook;
pub mod host;
pub mod neuron;
pub mod nir;
pub mod params;
pub mod protocol;
pub mod recording;
pub mod run;
pub mod simd;
pub mod spikes;
pub mod store;
pub mod study;
pub mod sweep;
pub mod task;
pub mod text;
pub mod training;
pub mod views;
pub mod worker;

pub use base::error::{Error, Result};
