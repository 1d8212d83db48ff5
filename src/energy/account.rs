//! What one sample costs, line by line, from what was counted and from the figures of [`super::table`].
//!
//! The energy of an analog chip is its power times time: it draws the same whether neurons spike or not. The board
//! draws as long as the chip is in use, and that is as long as the slower of two takes: the chip with its pause, or
//! the link.

use super::table::row;
use super::{Band, Network};

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An answer.
    Inference,
    /// A sample of training in the loop.
    Training,
}

/// What of the whole is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// The chip.
    Chip,
    /// Chip, board and link.
    System,
    /// And the host.
    Host,
}

impl Boundary {
    /// From the smallest to the largest.
    pub const ALL: [Self; 3] = [Self::Chip, Self::System, Self::Host];
    /// The names of [`Self::ALL`] in files.
    pub const NAMES: [&'static str; 3] = ["chip", "system", "with_host"];
}

/// Where energy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The chip while it computes.
    ChipAtWork,
    /// The chip while it waits.
    ChipWaiting,
    /// FPGA and board.
    Board,
    /// The adapter of the link; it may be within the power of the board and is not added.
    Link,
    /// The computer that scores, and learns.
    Host,
}

impl Part {
    /// The names in files, in the order of the variants.
    pub const NAMES: [&'static str; 5] = ["chip_at_work", "chip_waiting", "board", "link", "host"];

    /// The smallest boundary that it lies in; `None` for what may be counted already.
    pub fn boundary(self) -> Option<Boundary> {
        match self {
            Self::ChipAtWork => Some(Boundary::Chip),
            Self::ChipWaiting | Self::Board => Some(Boundary::System),
            Self::Link => None,
            Self::Host => Some(Boundary::Host),
        }
    }
}

/// Where energy goes, and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Where.
    pub part: Part,
    /// J.
    pub energy: Band,
    /// That many of the units of `of`: seconds, or bits for the link.
    pub amount: Band,
    /// W, or J a bit for the link.
    pub of: Band,
    /// Whether a line is known no better than as a band of assumptions.
    pub is_estimate: bool,
}

/// What one sample costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// In the order of [`Part`].
    pub lines: [Line; 5],
    /// Emulated time, s.
    pub emulated: f64,
    /// Payload and most on the wire, bytes.
    pub bytes: Band,
    /// Time on the link, s.
    pub link: Band,
    /// Time by the clock on the wall, without the host, s.
    pub wall: Band,
}

impl Account {
    /// Adds up what lies within a boundary, J.
    pub fn total(&self, boundary: Boundary) -> Band {
        let within = |line: &&Line| line.part.boundary().is_some_and(|own| own <= boundary);
        self.lines.iter().filter(within).fold(Band::exactly(0.0), |sum, line| sum.plus(line.energy))
    }

    /// How many times faster than biology, of which the time constants are a thousand times as long, by the clock on the
    /// wall.
    pub fn speed_up(&self) -> Band {
        let of = |wall: f64| 1000.0 * self.emulated / wall;
        Band { low: of(self.wall.high), high: of(self.wall.low) }
    }
}

/// Bytes of an instruction of a playback program; half of those that read or write memory are payload (fisch, grenade).
const INSTRUCTION: f64 = 8.0;
/// Bytes of an event on the way down: its label. Times are set by instructions of their own (hxcomm).
const EVENT_DOWN: f64 = 2.0;
/// The instructions of an event on the way down: the event and the wait before it.
const EVENT_DOWN_WIRE: f64 = 2.0 * INSTRUCTION;
/// Bytes of the right class.
const LABEL: f64 = 1.0;
/// Synapses of a signed weight, a byte each.
const SYNAPSES: f64 = 2.0;

/// What crosses for one sample: payload alone, and at most on the wire, bytes.
pub fn bytes(network: &Network, mode: Mode) -> Band {
    let n = network;
    let events = Band { low: EVENT_DOWN * n.input_events, high: EVENT_DOWN_WIRE * n.input_events };
    let readable = |neurons: f64| Band { low: n.readings * neurons, high: 2.0 * n.readings * neurons };
    if mode == Mode::Inference {
        return events.plus(readable(n.readout as f64));
    }
    if n.processor.is_some() {
        return events.plus(Band { low: LABEL, high: INSTRUCTION });
    }
    let event_up = row("event_bytes").value.low;
    let spikes = Band { low: event_up * n.hidden_spikes, high: INSTRUCTION * n.hidden_spikes };
    let synapses = SYNAPSES * n.weights() / n.batch as f64;
    let weights = Band { low: synapses, high: 2.0 * synapses };
    events.plus(readable((n.hidden + n.readout) as f64)).plus(spikes).plus(weights)
}

/// What one sample costs, with a host that is busy for `seconds` of a core, each of which costs `core_second`, J.
pub fn account(network: &Network, mode: Mode, seconds: Band, core_second: Band, is_estimate: bool) -> Account {
    let of = |id: &str| row(id).value.low;
    let bytes = bytes(network, mode);
    let link = bytes.times(8.0 / of("link"));
    let learning = network.processor.filter(|_| mode == Mode::Training).unwrap_or(Band::exactly(0.0));
    let at_work = Band::exactly(network.duration).plus(learning);
    let busy = at_work.plus(Band::exactly(of("wait")));
    let wall = Band { low: busy.low.max(link.low), high: busy.high.max(link.high) };
    let waiting = Band { low: wall.low - at_work.low, high: wall.high - at_work.high };
    let (chip, board) = (of("chip_power"), of("system_power") - of("chip_power"));
    let line = |part: Part, amount: Band, of: f64| Line {
        part,
        energy: amount.times(of),
        amount,
        of: Band::exactly(of),
        is_estimate: part != Part::ChipAtWork || !at_work.is_exact(),
    };
    let energy = Band { low: seconds.low * core_second.low, high: seconds.high * core_second.high };
    let host = Line { part: Part::Host, energy, amount: seconds, of: core_second, is_estimate };
    let lines = [
        line(Part::ChipAtWork, at_work, chip),
        line(Part::ChipWaiting, waiting, chip),
        line(Part::Board, wall, board),
        line(Part::Link, bytes.times(8.0), of("ethernet")),
        host,
    ];
    Account { lines, emulated: network.duration, bytes, link, wall }
}
