//! The two clocks: the chip's fine grid and the host's sampling grid.

/// Where the steps of chip and host lie in one sample.
///
/// The chip advances in steps of `dt_chip`; every `substeps` of them the CADC
/// samples all membranes, which is one step of the host. Chip step `k` leads
/// from `k · dt_chip` to `(k + 1) · dt_chip`; an event that arrives at time `t`
/// acts at the beginning of step `round(t / dt_chip)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeGrid {
    /// Chip step in seconds.
    pub dt_chip: f64,
    /// Chip steps per host step.
    pub substeps: usize,
    /// Host steps per sample.
    pub n_host: usize,
}

impl TimeGrid {
    /// The grid that covers `duration` with samples every `dt_host`, both in seconds.
    pub fn new(duration: f64, dt_host: f64, substeps: usize) -> Self {
        let n_host = ((duration / dt_host - 1e-9).ceil() as usize).max(1);
        Self { dt_chip: dt_host / substeps as f64, substeps, n_host }
    }

    /// Chip steps per sample.
    pub fn n_chip(&self) -> usize {
        self.n_host * self.substeps
    }

    /// Host step in seconds.
    pub fn dt_host(&self) -> f64 {
        self.dt_chip * self.substeps as f64
    }

    /// Duration of a sample in seconds.
    pub fn duration(&self) -> f64 {
        self.dt_host() * self.n_host as f64
    }

    /// When chip step `step` ends, in seconds: the time of a spike of that step.
    #[inline]
    pub fn time_of(&self, step: usize) -> f64 {
        (step as f64 + 1.0) * self.dt_chip
    }

    /// When host step `step` ends, in seconds: the time of the sample that the CADC takes in it.
    #[inline]
    pub fn host_time_of(&self, step: usize) -> f64 {
        (step as f64 + 1.0) * self.dt_host()
    }

    /// The number of the chip step that begins nearest to `time` (seconds), within the sample or not.
    #[inline(always)]
    pub fn nearest_step(&self, time: f64) -> f64 {
        // A product: a division keeps the processor for longer than all the rest.
        (time * (1.0 / self.dt_chip) + 0.5).floor()
    }

    /// The chip step at whose beginning an event at `time` (seconds) acts; `None` outside the sample.
    #[inline(always)]
    pub fn chip_step(&self, time: f64) -> Option<usize> {
        let step = self.nearest_step(time);
        (step >= 0.0 && step < self.n_chip() as f64).then_some(step as usize)
    }

    /// The host step that contains chip step `chip_step`.
    pub fn host_step(&self, chip_step: usize) -> usize {
        chip_step / self.substeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_covers_the_duration() {
        let grid = TimeGrid::new(40e-6, 1.7e-6, 2);
        assert_eq!(grid.n_host, 24);
        assert_eq!(grid.n_chip(), 48);
        assert!(grid.duration() >= 40e-6);
        assert_eq!(TimeGrid::new(40e-6, 1e-6, 1).n_host, 40);
    }

    #[test]
    fn a_spike_of_a_step_is_at_the_end_of_it() {
        let grid = TimeGrid::new(40e-6, 1e-6, 4);
        assert!((grid.time_of(0) - 0.25e-6).abs() < 1e-18 && (grid.time_of(7) - 2e-6).abs() < 1e-18);
        assert!((grid.host_time_of(0) - 1e-6).abs() < 1e-18 && (grid.host_time_of(7) - 8e-6).abs() < 1e-18);
    }

    #[test]
    fn events_outside_the_sample_are_dropped() {
        let grid = TimeGrid::new(10e-6, 1e-6, 2);
        assert_eq!(grid.chip_step(0.0), Some(0));
        assert_eq!(grid.chip_step(0.9e-6), Some(2));
        assert_eq!(grid.chip_step(-1e-6), None);
        assert_eq!(grid.chip_step(10e-6), None);
        assert_eq!(grid.chip_step(f64::INFINITY), None);
        assert_eq!(grid.chip_step(f64::NAN), None);
    }
}
