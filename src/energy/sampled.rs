//! A gauge behind an interface that blocks while it measures.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::powercap::Gauge;

/// How long one measurement takes.
const EACH: Duration = Duration::from_millis(250);

/// What was measured for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// W of all processors.
    pub watts: f64,
    /// Processors that were busy, on average.
    pub busy: f64,
}

/// Sums over the measurements so far.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// J since they were last taken.
    joules: f64,
    /// Processor time of all programs, s.
    busy: f64,
    /// The interface has failed.
    failed: bool,
}

/// Measures on a thread of its own, one time after the other. Dropping it ends the thread after the one in hand.
pub struct Sampled {
    sums: Arc<Mutex<Sums>>,
    stop: Arc<AtomicBool>,
}

impl Sampled {
    /// Begins to measure with what `open` gives, which is asked to measure for the time that it is given. `None` when the
    /// system refuses a thread; an interface that cannot be opened is one that cannot be read.
    pub fn start<M: FnMut(Duration) -> Option<Power>>(
        open: impl FnOnce() -> Option<M> + Send + 'static,
    ) -> Option<Self> {
        let (sums, stop) = (Arc::<Mutex<Sums>>::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, stopped) = (Arc::clone(&sums), Arc::clone(&stop));
        let work = move || {
            let mut measure = open();
            let mut last = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                let power = measure.as_mut().and_then(|measure| measure(EACH));
                let elapsed = std::mem::replace(&mut last, Instant::now()).elapsed().as_secs_f64();
                let mut sums = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(power) = power else {
                    sums.failed = true;
                    return;
                };
                sums.joules += power.watts * elapsed;
                sums.busy += power.busy * elapsed;
            }
        };
        std::thread::Builder::new().name("power".into()).spawn(work).ok()?;
        Some(Self { sums, stop })
    }
}

impl Drop for Sampled {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Gauge for Sampled {
    fn drawn(&mut self, _elapsed: f64) -> Option<f64> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let joules = std::mem::take(&mut sums.joules);
        (!sums.failed).then_some(joules)
    }

    fn busy(&self) -> Option<f64> {
        Some(self.sums.lock().unwrap_or_else(PoisonError::into_inner).busy)
    }
}

/// The processors of Apple silicon, by the crate `macmon`, which asks IOReport. *Not tried*: written from its documentation.
#[cfg(all(target_os = "macos", feature = "apple-power"))]
pub fn apple() -> Option<Sampled> {
    Sampled::start(|| {
        let mut sampler = macmon::Sampler::new().ok()?;
        Some(move |each: Duration| {
            let measured = sampler.get_metrics(each.as_millis() as u32).ok()?;
            let cores = measured.cpu_tiers.iter().flat_map(|tier| &tier.cores);
            let busy = cores.map(|core| f64::from(core.active_ratio)).sum();
            Some(Power { watts: f64::from(measured.cpu_power), busy })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_power_times_the_time_of_each_measurement_until_the_interface_fails() {
        let mut left = 8;
        let mut gauge = Sampled::start(move || {
            Some(move |_: Duration| {
                std::thread::sleep(Duration::from_millis(20));
                left -= 1;
                (left > 0).then_some(Power { watts: 5.0, busy: 1.5 })
            })
        })
        .unwrap();
        let begun = Instant::now();
        let (mut joules, mut readings) = (0.0, 0);
        while let Some(more) = gauge.drawn(0.0) {
            (joules, readings) = (joules + more, readings + 1);
            assert!(begun.elapsed() < Duration::from_secs(30), "it fails after seven measurements");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Seven measurements of at least 20 ms, all at 5 W with one and a half processors busy.
        let busy = gauge.busy().unwrap();
        assert!(busy >= 1.5 * 0.14 && busy <= 1.5 * begun.elapsed().as_secs_f64() + 0.2, "{busy}");
        assert!(joules <= 5.0 / 1.5 * busy + 1e-9 && readings > 1, "{joules}");
        let mut none = Sampled::start(|| None::<fn(Duration) -> Option<Power>>).unwrap();
        while none.drawn(0.0).is_some() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
