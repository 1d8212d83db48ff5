//! How the window looks and behaves, apart from the experiment.

use crate::worker::messages::Pace;

/// Choices of the person in front of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Light, dark, or what the system says.
    pub theme: egui::ThemePreference,
    /// Batches per second at most; [`Settings::FULL_SPEED`] for no limit.
    pub batches_per_second: f32,
}

impl Settings {
    /// The far end of the speed slider: as fast as the machine can.
    pub const FULL_SPEED: f32 = 1000.0;

    /// The speed as the worker understands it.
    pub fn pace(&self) -> Pace {
        if self.batches_per_second >= Self::FULL_SPEED {
            Pace::Full
        } else {
            Pace::BatchesPerSecond(self.batches_per_second)
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        // Slow enough to see the loop heal, fast enough to be done within a minute.
        Self { theme: egui::ThemePreference::System, batches_per_second: 20.0 }
    }
}
