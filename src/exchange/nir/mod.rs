//! Networks to and from other simulators, in the neuromorphic intermediate representation (NIR).
//!
//! Source of the format: J. E. Pedersen et al. 2024, *Neuromorphic intermediate representation*, Nature
//! Communications 15, doi:10.1038/s41467-024-52259-9, and the Python package `nir` 1.0.8, which reads the
//! files written here and wrote those that the tests read.
//!
//! # What is written
//!
//! Physical constants: time constants in seconds of hardware time, potentials in leak-to-threshold distances
//! (nominally leak 0, threshold 1), one array entry a neuron. The nominal network needs one node a population:
//!
//! ```text
//! input ─▶ w_input ─▶ hidden (CubaLIF) ─▶ w_readout ─▶ readout (CubaLI) ─▶ output
//!                     ▲            │
//!                     └ w_recurrent ◀ (recurrent networks only)
//! ```
//!
//! On the actual chip excitation and inhibition have time constants of their own, so each gets a leaky
//! integrator (LI) for its current, and the membrane is a LIF (hidden) or an LI (readout):
//!
//! ```text
//! input ─▶ w_input_exc ─▶ hidden_exc (LI) ─▶ hidden (LIF) ─▶ …
//!      └─▶ w_input_inh ─▶ hidden_inh (LI) ──▲
//! ```
//!
//! # Units of a spike
//!
//! In the equations of the specification a spike is a pulse of area 1. Simulators that go in steps of `dt`
//! and feed a 1 for a spike give it the area `dt`. They are who reads these files, so the files are written
//! for them: with `w_in = τ_syn/dt` (or `r = τ/dt` of an LI) one spike moves the synaptic current by the
//! weight. `dt` stands in the metadata of the graph; whoever takes another step multiplies `w_in` by
//! `dt/dt_new`.
//!
//! ```text
//! NIR      τ_syn dI/dt = −I + w_in S        τ_mem dv/dt = (v_leak − v) + r I
//! Misfit   di/dt = −i/τ_syn, i += w         dv/dt = −(v − v_leak)/τ_mem + i/τ_C     so r = τ_mem/τ_C
//! ```
//!
//! # What NIR cannot say
//!
//! The refractory time (it stands in the metadata of the graph and of `hidden`; a reader who ignores it gets
//! more spikes), noise, saturation, and the readout's converter.

pub mod export;
pub mod file;
pub mod graph;
pub mod import;
pub mod samples;

#[cfg(test)]
mod tests;

pub use export::{Form, export};
pub use graph::{Array, Graph, Meta, Node, Spiking};
pub use import::{Imported, Wanted, import};
