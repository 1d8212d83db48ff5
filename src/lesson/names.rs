//! Keys of what the window has, for lessons, which know no window. A test of the window compares them with what it has.

/// Views.
pub const VIEWS: &[&str] = &[
    "learning",
    "loss",
    "membranes",
    "readout",
    "raster",
    "faults",
    "task",
    "chip_map",
    "weights",
    "mismatch",
    "compensation",
    "rounds",
    "confusion",
    "draw",
    "culprits",
    "chips",
    "repeats",
    "bench",
    "slope",
    "runs",
    "sweep",
    "studies",
    "energy",
    "scaling",
];

/// Layouts.
pub const LAYOUTS: &[&str] = &["demo", "explore", "train"];

/// Actions that a lesson can give a button to.
pub const ACTIONS: &[&str] = &[
    "run",
    "step",
    "restart",
    "new_chip",
    "new_weights",
    "calibrate",
    "uncalibrate",
    "heal",
    "previous_sample",
    "next_sample",
    "earlier_moment",
    "later_moment",
    "live",
    "branch",
    "clear_selection",
];

/// The key itself, if it is one of them.
pub fn known(all: &[&'static str], key: &str) -> Option<&'static str> {
    all.iter().find(|known| **known == key).copied()
}

/// The key of something that is called so in the source: `ChipMap` is `chip_map`, and `Show(ChipMap)` is
/// `show chip_map`.
pub fn key_of(name: impl std::fmt::Debug) -> String {
    let mut key = String::new();
    for c in format!("{name:?}").chars() {
        match c {
            '(' => key.push(' '),
            ')' => {}
            c => {
                if c.is_uppercase() && !key.is_empty() && !key.ends_with(' ') {
                    key.push('_');
                }
                key.extend(c.to_lowercase());
            }
        }
    }
    key
}
