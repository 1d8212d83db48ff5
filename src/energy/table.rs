//! Published figures: constants and baselines, each with its source and with what it contains.
//!
//! A row without a source does not compile, and there is no tag for what somebody remembers.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::format::published;
use super::row::{About, Evidence, Row, Share, Tag};

const CRAMER: &str = "Cramer et al. 2022, doi:10.1073/pnas.2109194119, arXiv:2006.07239";
const STRADMANN: &str = "Stradmann et al. 2022, OJCAS 3:252, arXiv:2103.15960";
const RENNER: &str = "Renner et al. 2024, table 1, doi:10.1038/s41467-024-53827-9";
const RENNER_CITES: &str = "cited in Renner et al. 2024, table 1, doi:10.1038/s41467-024-53827-9";
const CRAMER_CITES: &str = "cited in Cramer et al. 2022, doi:10.1073/pnas.2109194119";
const TINY_1_0: &str = "MLCommons, tiny_results_v1.0";
const TINY_1_2: &str = "MLCommons, tiny_results_v1.2";
const TINY_1_3: &str = "MLCommons, tiny_results_v1.3";
const BLOUW: &str = "Blouw et al. 2019, arXiv:1812.01739";
const HOROWITZ: &str = "Horowitz, ISSCC 2014, as reproduced in PMC8934428, table 3";

const CHIP: &str = "whole chip; no FPGA, board or host";
const SUPPLY: &str = "supply of the chip, measured by the runner of MLCommons; 12 words";
const SUPPLY_DENSE: &str = "supply of the chip, measured by the runner of MLCommons; a dense autoencoder";
const NOT_STATED: &str = "the source's table does not say what is inside";
const ONE_LAYER: &str = "one layer only";
const LEARNS: &str = "learns on the chip";
const BATCH_1: &str = "one sample after the other; one key word";

use About::{Autoencoder, Image, Link, Neurons, Training, Word};
use Evidence::{Estimated, Scaled, Simulated, Specified};
use Share::{Dynamic, Unknown};
use Tag::{Code, Data, Derived, Read};

/// All figures.
pub const ROWS: &[Row] = &[
    Row::constant("chip_power", "power of the chip", [0.2; 2], "W").nm(65).of(CHIP).from(Read, CRAMER),
    Row::constant("system_power", "power of chip, FPGA and board", [5.6; 2], "W")
        .of("mobile system, another mode of the chip; no host")
        .from(Read, STRADMANN),
    Row::constant("wait", "pause between two samples", [50e-6; 2], "s")
        .of("what the tutorial on handwritten digits asks for; the chip and the board stay on")
        .is(Specified)
        .from(Code, "BrainScaleS-2 demos, tutorial on handwritten digits"),
    Row::constant("link", "payload of Gigabit Ethernet", [0.94e9; 2], "bit/s")
        .of("one link between host and FPGA; 1448 of the 1538 bytes of a frame")
        .is(Specified)
        .from(Derived, "Thommes et al. 2022: single chips are connected by Gigabit Ethernet"),
    Row::constant("ethernet", "Ethernet adapter", [3.4e-9; 2], "J/bit")
        .of("adapter of a laptop, 3.4 W at full rate; may be within the power of the board")
        .is(Scaled)
        .from(Derived, "muada.com, 2014"),
    Row::constant("core_power", "power of a busy core of a processor", [2.0, 10.0], "W")
        .of("an assumption for common processors, where no counter can be read")
        .is(Estimated)
        .from(Derived, "CodeCarbon takes 4 W a thread for processors that it does not know"),
    Row::constant("reading", "time between two readings of all voltages", [1.7e-6; 2], "s")
        .of("parallel sampling in the loop of the paper")
        .is(Specified)
        .from(Code, "grenade; Cramer et al. 2022"),
    Row::constant("decision", "time of one image in the paper", [11.8e-6; 2], "s")
        .of("85,000 images a second; emulated time")
        .from(Read, CRAMER),
    Row::constant("wall", "wall clock of one image, published", [109e-6; 2], "s")
        .of("10,000 images in 1.09 s, transfer included")
        .from(Derived, "log of the demonstration of Göltz et al. 2021, arXiv:1912.11443"),
    Row::constant("event_bytes", "an event on the way up", [3.0; 2], "byte")
        .of("16 bits of label, 8 bits of time; up to three in a message")
        .is(Specified)
        .from(Code, "hxcomm, event_from_fpga"),
    Row::constant("mac_fp32", "product and sum, 32-bit float", [4.6e-12; 2], "J")
        .nm(45)
        .of("arithmetic alone, no memory")
        .is(Simulated)
        .from(Read, HOROWITZ),
    Row::constant("add_fp32", "sum, 32-bit float", [0.9e-12; 2], "J")
        .nm(45)
        .of("arithmetic alone, no memory")
        .is(Simulated)
        .from(Read, HOROWITZ),
    Row::constant("mac_int8", "product and sum, 8-bit integer", [0.23e-12; 2], "J")
        .nm(45)
        .of("arithmetic alone, no memory")
        .is(Simulated)
        .from(Derived, HOROWITZ),
    Row::constant("add_int8", "sum, 8-bit integer", [0.03e-12; 2], "J")
        .nm(45)
        .of("arithmetic alone, no memory")
        .is(Simulated)
        .from(Read, HOROWITZ),
    Row::constant("sram", "one byte from 8 KB of SRAM", [1.25e-12; 2], "J")
        .nm(45)
        .of("an eighth of a read of 64 bits")
        .is(Simulated)
        .from(Derived, HOROWITZ),
    Row::constant("membrane", "update of one digital membrane", [5e-12; 2], "J")
        .nm(45)
        .of("one 32-bit product, a sum and a byte or two of SRAM, rounded")
        .is(Estimated)
        .from(Derived, HOROWITZ),
    // ---- one image
    Row::energy(Image, "bss2", "BrainScaleS-2, paper", 2.4e-6).nm(65).right(97.6).of(CHIP).from(Read, CRAMER),
    Row::energy(Image, "bss2_system", "BrainScaleS-2, system", 66e-6)
        .nm(65)
        .right(97.6)
        .of("5.6 W of the mobile system times 11.8 µs; no pauses, no host")
        .is(Scaled)
        .from(Derived, STRADMANN),
    Row::energy(Image, "bss2_goeltz", "BrainScaleS-2, Göltz 2021", 8.4e-6)
        .nm(65)
        .right(96.9)
        .of(CHIP)
        .from(Read, RENNER_CITES),
    Row::energy(Image, "dnn_engine", "DNN Engine", 0.36e-6)
        .nm(28)
        .right(98.36)
        .of("digital accelerator alone, not spiking")
        .from(Read, "Whatmough et al. 2018, doi:10.1109/JSSC.2018.2841824"),
    Row::energy(Image, "spoon", "SPOON", 0.313e-6)
        .nm(28)
        .right(97.5)
        .of("event-driven convolutional network, chip alone")
        .is(Simulated)
        .from(Read, "Frenkel et al. 2020, arXiv:2005.06318; pre-silicon according to Cramer et al. 2022"),
    Row::energy(Image, "truenorth_1", "TrueNorth, 1 core", 0.27e-6)
        .nm(28)
        .right(92.7)
        .of(NOT_STATED)
        .share(Unknown)
        .from(Read, CRAMER_CITES),
    Row::energy(Image, "truenorth_64", "TrueNorth, 64 networks", 108e-6)
        .nm(28)
        .right(99.4)
        .of(NOT_STATED)
        .share(Unknown)
        .from(Read, CRAMER_CITES),
    Row::energy(Image, "loihi", "Loihi, 400-400-10", 2.5e-6)
        .nm(14)
        .right(96.3)
        .of(NOT_STATED)
        .share(Unknown)
        .from(Read, RENNER),
    Row::energy(Image, "chen", "Chen 2018", 1.7e-6)
        .nm(10)
        .right(97.9)
        .of(NOT_STATED)
        .share(Unknown)
        .from(Read, RENNER_CITES),
    Row::energy(Image, "odin", "ODIN, one layer", 0.015e-6)
        .nm(28)
        .right(84.5)
        .of(ONE_LAYER)
        .share(Unknown)
        .from(Read, RENNER_CITES),
    Row::energy(Image, "spinnaker", "SpiNNaker", 3.3e-3)
        .nm(130)
        .right(95.0)
        .of(NOT_STATED)
        .share(Unknown)
        .from(Read, RENNER_CITES),
    // ---- one word
    Row::energy(Word, "gap9_words", "GAP9", 18.56e-6).right(90.0).of(SUPPLY).from(Data, TINY_1_0),
    Row::energy(Word, "ndp120_words", "Syntiant NDP9120", 31.54e-6).right(90.0).of(SUPPLY).from(Data, TINY_1_0),
    Row::energy(Word, "u385_words", "STM32U385", 245.3e-6).right(90.0).of(SUPPLY).from(Data, TINY_1_3),
    Row::energy(Word, "h7a3_words", "STM32H7A3", 1_376e-6).right(90.0).of(SUPPLY).from(Data, TINY_1_2),
    Row::energy(Word, "max78000", "MAX78000", 251e-6)
        .right(96.3)
        .of("12 words, a network of its own")
        .share(Unknown)
        .from(Read, "abstract of “Ultra Low Power KWS at the Edge”"),
    Row::energy(Word, "xylo", "Xylo Audio 2", 6.6e-6)
        .nm(28)
        .right(95.0)
        .of("digital spiking chip, one key word")
        .share(Dynamic)
        .from(Read, "arXiv:2406.15112"),
    Row::energy(Word, "loihi_words", "Loihi", 270e-6).of(BATCH_1).share(Dynamic).from(Read, BLOUW),
    Row::energy(Word, "jetson_words", "Jetson TX1", 5.6e-3).of(BATCH_1).share(Dynamic).from(Read, BLOUW),
    Row::energy(Word, "cpu_words", "processor of a workstation", 6.3e-3).of(BATCH_1).share(Dynamic).from(Read, BLOUW),
    Row::energy(Word, "gpu_words", "graphics card", 29.8e-3).of(BATCH_1).share(Dynamic).from(Read, BLOUW),
    Row::new(Word, "bss2_words", "BrainScaleS-2, paper", 100e-6, 140e-6, "J")
        .nm(65)
        .right(80.6)
        .of("0.2 W times 0.5 to 0.7 ms of a word; whole chip, 20 words")
        .is(Scaled)
        .from(Derived, CRAMER),
    // ---- one training sample
    Row::energy(Training, "loihi_backprop", "Loihi, backpropagation", 590e-6)
        .nm(14)
        .right(96.3)
        .of(LEARNS)
        .share(Unknown)
        .from(Read, RENNER),
    Row::energy(Training, "loihi_em", "Loihi, EM-STDP", 8.4e-3)
        .nm(14)
        .right(94.7)
        .of(LEARNS)
        .share(Unknown)
        .from(Read, RENNER_CITES),
    Row::energy(Training, "chen_stdp", "Chen 2018, STDP", 17e-6)
        .nm(10)
        .right(89.0)
        .of(LEARNS)
        .share(Unknown)
        .from(Read, RENNER_CITES),
    Row::energy(Training, "spoon_drtp", "SPOON, DRTP", 0.366e-6)
        .nm(28)
        .right(95.3)
        .of(LEARNS)
        .share(Unknown)
        .is(Simulated)
        .from(Read, RENNER_CITES),
    Row::energy(Training, "park", "Park 2019", 0.253e-6).right(98.1).of(LEARNS).share(Unknown).from(Read, RENNER_CITES),
    // ---- a dense network of known size, from which others are scaled
    Row::energy(Autoencoder, "gap9", "GAP9, 0.65 V", 5.252e-6).of(SUPPLY_DENSE).from(Data, TINY_1_0),
    Row::energy(Autoencoder, "u385", "STM32U385", 31.83e-6).of(SUPPLY_DENSE).from(Data, TINY_1_3),
    Row::energy(Autoencoder, "xg24", "Silicon Labs xG24", 47.30e-6).of(SUPPLY_DENSE).from(Data, TINY_1_0),
    Row::energy(Autoencoder, "u575", "STM32U575", 77.24e-6).of(SUPPLY_DENSE).from(Data, TINY_1_3),
    Row::energy(Autoencoder, "l4r5", "STM32L4R5", 160.4e-6).of(SUPPLY_DENSE).from(Data, TINY_1_3),
    Row::energy(Autoencoder, "h7a3", "STM32H7A3", 165.7e-6).of(SUPPLY_DENSE).from(Data, TINY_1_2),
    // ---- links and systems
    Row::new(Link, "gbe", "1 GbE", 1e9, 1e9, "bit/s")
        .of("host and FPGA of one chip")
        .is(Specified)
        .from(Read, "Thommes et al. 2022"),
    Row::new(Link, "serial", "chip to chip", 5e9, 5e9, "bit/s")
        .of("one link between two chips of a rack")
        .from(Read, "Ilmberger & Schemmel 2025, arXiv:2512.03781"),
    Row::new(Link, "gbe10", "10 GbE", 1e10, 1e10, "bit/s").of("one link").is(Specified).from(Read, "IEEE 802.3ae"),
    Row::new(Link, "gbe100", "100 GbE", 1e11, 1e11, "bit/s")
        .of("one link")
        .is(Specified)
        .from(Read, "IEEE 802.3ba-2010"),
    Row::new(Link, "pcie5", "PCIe 5.0 ×16", 504e9, 504e9, "bit/s")
        .of("16 lanes of 32 GT/s, 128 of 130 bits are payload")
        .is(Specified)
        .from(Derived, "PCI Express 5.0"),
    Row::new(Neurons, "chip", "1 chip", 256.0, 256.0, "")
        .of("512 circuits; a neuron with 256 signed inputs takes two")
        .from(Read, CRAMER),
    Row::new(Neurons, "rack", "24 chips", 6_144.0, 6_144.0, "")
        .of("one case of a rack, two circuits a neuron")
        .from(Derived, "Ilmberger & Schemmel 2025, arXiv:2512.03781"),
    Row::new(Neurons, "wafer", "wafer", 196_608.0, 196_608.0, "")
        .of("BrainScaleS-1, circuits")
        .from(Read, "guidebook of the Human Brain Project"),
];

const _: () = {
    let mut k = 0;
    while k < ROWS.len() {
        let row = ROWS[k];
        assert!(!row.source.is_empty(), "a figure without a source");
        assert!(!row.inside.is_empty(), "a figure that does not say what it contains");
        assert!(row.value.low <= row.value.high && row.value.low > 0.0, "a figure that is no quantity");
        k += 1;
    }
};

/// The figure of that id.
///
/// # Panics
/// When there is none, which a constant expression tells the compiler.
pub const fn row(id: &str) -> &'static Row {
    let mut k = 0;
    while k < ROWS.len() {
        if same(ROWS[k].id.as_bytes(), id.as_bytes()) {
            return &ROWS[k];
        }
        k += 1;
    }
    panic!("there is no such figure");
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut k = 0;
    while k < a.len() && k < b.len() && a[k] == b[k] {
        k += 1;
    }
    k == a.len() && k == b.len()
}

/// The figures about something.
pub fn about(what: About) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.about == what)
}

/// Every figure as a line of a table in Markdown.
pub fn markdown() -> String {
    let mut text =
        String::from("| figure | value | node | right | inside | | | source |\n|---|---|---|---|---|---|---|---|\n");
    for row in ROWS {
        let node = row.node.map_or_else(String::new, |nm| format!("{nm} nm"));
        let right = row.accuracy.map_or_else(String::new, |percent| format!("{percent} %"));
        let value = published(row.value, row.unit);
        let (kind, tag) = (kind(row), row.tag.words());
        let _ = writeln!(
            text,
            "| {} | {value} | {node} | {right} | {} | {kind} | {tag} | {} |",
            row.name, row.inside, row.source
        );
    }
    text
}

fn kind(row: &Row) -> String {
    let is_energy = row.unit == "J" || row.unit == "W";
    if is_energy { format!("{}, {}", row.evidence.words(), row.share.words()) } else { row.evidence.words().to_owned() }
}

/// Every figure with all that belongs to it.
pub fn json() -> Json {
    let figure = |row: &Row| {
        json!({
            "id": row.id, "name": row.name, "low": row.value.low, "high": row.value.high, "unit": row.unit,
            "node_nm": row.node, "accuracy_percent": row.accuracy, "inside": row.inside,
            "share": row.share.words(), "evidence": row.evidence.words(), "tag": row.tag.words(), "source": row.source,
        })
    };
    ROWS.iter().map(figure).collect()
}
