//! `misfit presets`: the named settings and why each is worth seeing.

use super::say;
use crate::params::PRESETS;

pub(super) fn run() {
    for (title, experiments) in [("Imperfections", false), ("Experiments", true)] {
        say(&format!("{title}; `misfit train --preset NAME` uses one"));
        for preset in PRESETS.iter().filter(|preset| preset.is_experiment() == experiments) {
            say(&format!("  {:<20} {}", preset.key, preset.label));
            say(&format!("  {:<20} {}", "", preset.help));
            for (epoch, key, value) in preset.later {
                say(&format!("  {:<20} after epoch {epoch}: {key}={value}", ""));
            }
        }
        say("");
    }
}
