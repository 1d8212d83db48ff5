//! Energy counters and batteries of Linux, read as files.

use std::fs;
use std::path::{Path, PathBuf};

/// What tells how much energy was drawn.
pub trait Gauge: Send {
    /// J since the last call, of which `elapsed` is the time, s; `None` while it cannot be read.
    fn drawn(&mut self, elapsed: f64) -> Option<f64>;

    /// Processor time of all programs, s, where that is told along with it.
    fn busy(&self) -> Option<f64> {
        None
    }
}

/// Why no counter is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is none: a virtual machine, or another system.
    None,
    /// There are some, and the system does not let this program read them.
    Refused,
    /// There is one, and it was not read yet.
    Unread,
}

fn number(path: &Path) -> std::io::Result<u64> {
    fs::read_to_string(path)?.trim().parse().map_err(|_| std::io::ErrorKind::InvalidData.into())
}

fn word(path: &Path) -> String {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// A counter of one package of processors, µJ.
#[derive(Debug)]
struct Package {
    counter: PathBuf,
    /// The counter begins at 0 again after this.
    range: u64,
    last: u64,
}

/// The counters of all packages. Domains nest, so cores, memory and the whole platform are left aside; a package that
/// two drivers show is read once.
#[derive(Debug)]
pub struct Powercap(Vec<Package>);

impl Powercap {
    /// The counters below a folder as the kernel makes it, `/sys/class/powercap`.
    pub fn open(root: &Path) -> Result<Self, Missing> {
        let mut zones = folders(root);
        // The driver for memory-mapped registers shows again what the first one has.
        zones.sort_by_key(|zone| zone.to_string_lossy().contains("mmio"));
        let (mut known, mut packages, mut refused) = (Vec::new(), Vec::new(), false);
        for zone in zones {
            let name = word(&zone.join("name"));
            if !name.starts_with("package-") || known.contains(&name) {
                continue;
            }
            let counter = zone.join("energy_uj");
            match (number(&counter), number(&zone.join("max_energy_range_uj"))) {
                (Ok(last), Ok(range)) => packages.push(Package { counter, range, last }),
                _ => refused = true,
            }
            known.push(name);
        }
        match (refused, packages.is_empty()) {
            // Some packages without the others would be too little.
            (true, _) => Err(Missing::Refused),
            (false, true) => Err(Missing::None),
            (false, false) => Ok(Self(packages)),
        }
    }
}

impl Gauge for Powercap {
    fn drawn(&mut self, _: f64) -> Option<f64> {
        let mut sum = 0;
        for package in &mut self.0 {
            let now = number(&package.counter).ok()?;
            let before = std::mem::replace(&mut package.last, now);
            sum += if now >= before { now - before } else { (package.range - before.min(package.range)) + now };
        }
        Some(1e-6 * sum as f64)
    }
}

/// Batteries while they discharge: the whole laptop, screen included.
#[derive(Debug)]
pub struct Battery(PathBuf);

impl Battery {
    /// The batteries below a folder as the kernel makes it, `/sys/class/power_supply`; `None` while none discharges.
    pub fn open(root: &Path) -> Option<Self> {
        let battery = Self(root.to_path_buf());
        battery.watts().map(|_| battery)
    }

    fn watts(&self) -> Option<f64> {
        let discharging =
            |path: &PathBuf| word(&path.join("type")) == "Battery" && word(&path.join("status")) == "Discharging";
        let watts = |path: PathBuf| {
            let read = |name: &str| number(&path.join(name)).ok().map(|n| 1e-6 * n as f64);
            read("power_now").or_else(|| Some(read("current_now")? * read("voltage_now")?))
        };
        let sum: f64 = folders(&self.0).into_iter().filter(discharging).filter_map(watts).sum();
        // Some batteries report nothing, others nonsense.
        (0.5..500.0).contains(&sum).then_some(sum)
    }
}

impl Gauge for Battery {
    fn drawn(&mut self, elapsed: f64) -> Option<f64> {
        self.watts().map(|watts| watts * elapsed)
    }
}
