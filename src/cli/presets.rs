//! `misfit presets`: the named settings and why each is worth seeing.

use super::say;
use crate::protocol::PRESETS;

pub(super) fn run() {
    for (title, experiments) in [("Imperfections", false), ("Experiments", true)] {
        say(&format!("{title}; `misfit train --preset NAME` uses one"));
        for preset in PRESETS.iter().filter(|preset| preset.is_experiment() == experiments) {
            say(&format!("  {:<20} {}", preset.key, preset.label));
            say(&format!("  {:<20} {}", "", preset.help));
            for at in preset.at {
                say(&format!("  {:<20} --at {at}", ""));
            }
        }
        say("");
    }
}
