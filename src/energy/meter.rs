//! What a second of a processor core costs here.
//!
//! Counters tell of whole packages, so what a program draws is its share of all processor time (the rule of
//! Scaphandre). Where nothing can be read, a busy core is assumed to draw what the table says, and that is a band.

use std::fs;
use std::path::{Path, PathBuf};

use super::Band;
use super::powercap::{Battery, Gauge, Missing, Powercap};
use super::table::row;

/// Shortest time between two readings, s: counters tick every millisecond or more slowly.
const WINDOW: f64 = 1.0;
/// Time for which a machine at rest is measured, s.
pub const REST: f64 = 3.0;
/// Below this share of all processor time other programs were busy.
const OWN: f64 = 0.8;
/// Ticks a second in which Linux tells processor time (`USER_HZ`, the same on all of its common architectures).
const TICKS: f64 = 100.0;

/// How energy is known on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Counters of the packages of processors: the whole machine but memory, board and screen.
    Package,
    /// The battery: the whole laptop.
    Battery,
    /// An assumption, because nothing can be read.
    Estimate(Missing),
}

impl Method {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Battery => "battery",
            Self::Estimate(Missing::None) => "estimate, no counter",
            Self::Estimate(Missing::Refused) => "estimate, counter not readable",
            Self::Estimate(Missing::Unread) => "estimate, counter not read yet",
        }
    }

    /// Whether nothing is measured.
    pub fn is_estimate(self) -> bool {
        matches!(self, Self::Estimate(_))
    }
}

/// What processor time costs, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// How it is known.
    pub method: Method,
    /// J of a second of a busy core.
    pub core_second: Band,
    /// The same without what the machine draws at rest, once that is measured.
    pub net: Option<f64>,
    /// W at rest, once it is measured.
    pub rest: Option<f64>,
    /// Cores that this program keeps busy while it learns.
    pub cores: Option<f64>,
    /// Share of this program in all processor time.
    pub own: Option<f64>,
}

impl Price {
    /// What is known before anything was measured.
    pub fn assumed(missing: Missing) -> Self {
        let core_second = row("core_power").value;
        Self { method: Method::Estimate(missing), core_second, net: None, rest: None, cores: None, own: None }
    }

    /// Whether other programs were busy while it was measured.
    pub fn others_busy(&self) -> bool {
        self.own.is_some_and(|own| own < OWN)
    }
}

/// Processor time of this program, and of all of them, s.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Busy {
    own: f64,
    all: f64,
}

impl Busy {
    /// As the kernel tells it below a folder such as `/proc`.
    fn read(root: &Path) -> Option<Self> {
        let stat = fs::read_to_string(root.join("self/stat")).ok()?;
        // The name of the program stands in brackets and may hold anything; user and system time are fields 14 and 15.
        let after = stat.rsplit_once(')')?.1;
        let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
        let all = fs::read_to_string(root.join("stat")).ok()?;
        // user nice system idle iowait irq softirq
        let all: Vec<f64> =
            all.lines().next()?.split_whitespace().skip(1).take(7).filter_map(|n| n.parse().ok()).collect();
        let ([user, system], [u, n, s, _, _, i, j]) = (ticks[..].try_into().ok()?, all[..].try_into().ok()?);
        let (user, system): (f64, f64) = (user, system);
        let sum: f64 = u + n + s + i + j;
        Some(Self { own: (user + system) / TICKS, all: sum / TICKS })
    }
}

/// Where a reading began.
#[derive(Debug, Clone, Copy)]
struct Window {
    begin: f64,
    busy: Option<Busy>,
    /// Nothing is learnt: the machine at rest is measured.
    resting: bool,
}

/// Watches what this machine draws while something is learnt.
pub struct Meter {
    gauge: Option<Box<dyn Gauge>>,
    proc: PathBuf,
    price: Price,
    window: Option<Window>,
}

impl Meter {
    /// The best there is on this machine.
    pub fn new() -> Self {
        #[cfg(all(target_os = "macos", feature = "apple-power"))]
        if let Some(gauge) = super::sampled::apple() {
            let price = Price { method: Method::Package, ..Price::assumed(Missing::None) };
            return Self { gauge: Some(Box::new(gauge)), proc: PathBuf::new(), price, window: None };
        }
        Self::at(Path::new("/sys/class"), Path::new("/proc"))
    }

    /// The same with the folders of the kernel somewhere else.
    pub fn at(class: &Path, proc: &Path) -> Self {
        let assumed = |missing| (None, Price::assumed(missing));
        let (gauge, price): (Option<Box<dyn Gauge>>, Price) = match Powercap::open(&class.join("powercap")) {
            Ok(counters) => {
                (Some(Box::new(counters)), Price { method: Method::Package, ..Price::assumed(Missing::None) })
            }
            Err(missing) => match Battery::open(&class.join("power_supply")) {
                Some(battery) => {
                    (Some(Box::new(battery)), Price { method: Method::Battery, ..Price::assumed(missing) })
                }
                None => assumed(missing),
            },
        };
        Self { gauge, proc: proc.to_path_buf(), price, window: None }
    }

    /// What processor time costs, as far as it is known. Before the first reading of a counter it is an assumption.
    pub fn price(&self) -> Price {
        let unread = self.gauge.is_some() && self.price.own.is_none();
        if unread { Price { method: Method::Estimate(Missing::Unread), ..self.price } } else { self.price }
    }

    /// Whether the machine can be measured at rest.
    pub fn can_rest(&self) -> bool {
        self.gauge.is_some()
    }

    /// At `now`, s, a batch was learnt. Says whether there is anything new.
    pub fn learnt(&mut self, now: f64) -> bool {
        match self.window {
            Some(window) if !window.resting && now - window.begin < WINDOW => false,
            Some(window) if !window.resting => {
                self.begin(now, false);
                self.read(window, now)
            }
            _ => {
                self.window = None;
                self.begin(now, false);
                false
            }
        }
    }

    /// Nothing is learnt from `now` on; with `measure` the machine is measured at rest.
    pub fn rest(&mut self, now: f64, measure: bool) {
        self.window = None;
        if measure && self.gauge.is_some() {
            self.begin(now, true);
        }
    }

    /// Time until a measurement of the machine at rest is done; `None` while there is none under way.
    pub fn resting(&self, now: f64) -> Option<f64> {
        let window = self.window.filter(|window| window.resting)?;
        Some((window.begin + REST - now).max(0.0))
    }

    /// Ends a measurement at rest that has taken its time; says whether it did.
    pub fn rested(&mut self, now: f64) -> bool {
        if self.resting(now) != Some(0.0) {
            return false;
        }
        let (Some(window), Some(gauge)) = (self.window.take(), &mut self.gauge) else { return false };
        let elapsed = now - window.begin;
        self.price.rest = gauge.drawn(elapsed).map(|joules| joules / elapsed);
        true
    }

    /// Processor time so far, as far as the system or the gauge tells.
    fn busy(&self) -> Option<Busy> {
        let told = self.gauge.as_ref().and_then(|gauge| gauge.busy());
        told.map_or_else(|| Busy::read(&self.proc), |all| Some(Busy { own: own_seconds(), all }))
    }

    /// Begins a reading.
    fn begin(&mut self, now: f64, resting: bool) {
        let window = Window { begin: now, busy: self.busy(), resting };
        if self.window.replace(window).is_none()
            && let Some(gauge) = &mut self.gauge
        {
            // What was drawn between two readings belongs to neither.
            let _ = gauge.drawn(0.0);
        }
    }

    /// What a reading that has just ended tells.
    fn read(&mut self, window: Window, now: f64) -> bool {
        let busy = self.window.and_then(|next| next.busy);
        let (Some(before), Some(after)) = (window.busy, busy) else { return false };
        let (own, all) = (after.own - before.own, after.all - before.all);
        if own <= 0.0 || all <= 0.0 {
            return false;
        }
        let elapsed = now - window.begin;
        self.price.cores = Some(own / elapsed);
        self.price.own = Some((own / all).min(1.0));
        let drawn = self.gauge.as_mut().and_then(|gauge| gauge.drawn(elapsed));
        if let Some(joules) = drawn {
            self.price.core_second = Band::exactly(joules / all.max(own));
            self.price.net = self.price.rest.map(|watts| (joules - watts * elapsed).max(0.0) / all.max(own));
        } else if self.gauge.take().is_some() {
            // The charger was plugged in, or the file is gone.
            self.price = Price { cores: self.price.cores, own: self.price.own, ..Price::assumed(Missing::None) };
        }
        true
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

/// Processor time of this program so far, s.
#[cfg(unix)]
fn own_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

/// Not told, so that nothing is read from a gauge.
#[cfg(not(unix))]
fn own_seconds() -> f64 {
    0.0
}

/// Processor time of this thread so far, s; where the system does not tell, `otherwise`.
pub fn cpu_seconds(otherwise: f64) -> f64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.as_deref().and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or(otherwise, |ns| 1e-9 * ns)
}
