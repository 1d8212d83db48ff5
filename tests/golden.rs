//! Golden bits: short runs give the same numbers, to the last bit, at every commit.
//!
//! The hashes are those of this program's own results; they say nothing about what is right, which the other
//! tests do. They say that nothing changed. A commit that alters one says why, and CHANGELOG.md too.
//!
//! They hold on any x86-64 processor with fused multiply-add, on any number of threads. Where the C library's
//! elementary functions differ in their last bit, the test says so and compares the thread counts only.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on has failed, and says why")]

use misfit::params::{Params, TaskKind, assign};
use misfit::protocol::preset;
use misfit::training::Experiment;
use misfit::training::checkpoint::TeacherState;
use misfit::training::metrics::EpochReport;

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): stable between versions of Rust.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn number(&mut self, x: f64) {
        self.bytes(&x.to_bits().to_le_bytes());
    }

    /// Everything but the time that it took.
    fn report(&mut self, r: &EpochReport) {
        self.bytes(r.lane.name().as_bytes());
        self.bytes(&r.lost_events.to_le_bytes());
        for x in [r.train_loss, r.train_accuracy, r.test_loss, r.test_accuracy, r.hidden_spikes] {
            self.number(x);
        }
    }

    /// Everything that the next batch depends on.
    fn checkpoint(&mut self, experiment: &Experiment) {
        let state = experiment.checkpoint();
        self.bytes(&state.data.to_le_bytes());
        for lane in &state.learners {
            self.bytes(lane.lane.name().as_bytes());
            match &lane.teacher {
                TeacherState::Host(host) => {
                    for network in [&host.network, &host.first, &host.second] {
                        for weights in [&network.input, &network.recurrent, &network.readout] {
                            weights.iter().for_each(|w| self.bytes(&w.to_bits().to_le_bytes()));
                        }
                    }
                }
                TeacherState::OnChip(state) => {
                    let weights = state.input.iter().chain(&state.readout);
                    weights.for_each(|w| self.bytes(&w.to_le_bytes()));
                    state.registers.iter().for_each(|r| self.bytes(&r.to_le_bytes()));
                }
            }
            for codes in [&lane.codes, &lane.first_codes] {
                for codes in [&codes.input, &codes.recurrent, &codes.readout] {
                    codes.iter().for_each(|code| self.bytes(&code.to_le_bytes()));
                }
            }
            for t in &lane.trims {
                for code in [t.leak, t.reset, t.threshold, t.tau_mem, t.tau_syn_exc, t.tau_syn_inh] {
                    self.bytes(&i64::from(code).to_le_bytes());
                }
                self.bytes(&i64::from(t.cadc_offset).to_le_bytes());
            }
            self.number(lane.age);
        }
    }
}

/// A short run: what it starts from, and what happens to it.
struct Case {
    name: &'static str,
    task: TaskKind,
    preset: Option<&'static str>,
    set: &'static [(&'static str, &'static str)],
    calibrate: bool,
    /// After that epoch, that key takes that value.
    at: &'static [(usize, &'static str, &'static str)],
    /// Hashes of the reports of all epochs, and of the state at the end.
    golden: [u64; 2],
}

const SMALL: &[(&str, &str)] = &[("hidden", "40"), ("epochs", "2"), ("train_samples", "256")];

const CASES: &[Case] = &[
    Case {
        name: "digits",
        task: TaskKind::Digits,
        preset: None,
        set: &[],
        calibrate: false,
        at: &[],
        golden: [0x0b84_30bd_08a5_9ba7, 0x51b3_430e_6ecf_7c51],
    },
    Case {
        name: "yin_yang",
        task: TaskKind::YinYang,
        preset: None,
        set: &[("train_samples", "500")],
        calibrate: false,
        at: &[],
        golden: [0xe48c_f2b3_cb11_a7b1, 0x59ac_49a7_03c5_e95f],
    },
    Case {
        name: "spoken, recurrent",
        task: TaskKind::Spoken,
        preset: None,
        set: &[("train_samples", "100"), ("activity_penalty", "0.01"), ("tempo", "5"), ("channel_jitter", "3")],
        calibrate: false,
        at: &[],
        golden: [0x6e4f_5139_1e8c_a0ba, 0x84a7_2372_a75c_fc17],
    },
    Case {
        name: "stress_50",
        task: TaskKind::Digits,
        preset: Some("stress_50"),
        set: &[],
        calibrate: false,
        at: &[],
        golden: [0x26a6_869c_f4fc_521f, 0x8f01_5e4b_33a7_15a7],
    },
    Case {
        name: "calibrated first",
        task: TaskKind::Digits,
        preset: None,
        set: &[("sigma", "35")],
        calibrate: true,
        at: &[],
        golden: [0xe6fc_f80f_b45d_706f, 0x5cec_fd57_75a0_f914],
    },
    Case {
        name: "everything noisy, damaged, changed in mid-run",
        task: TaskKind::Digits,
        preset: None,
        set: &[
            ("epochs", "3"),
            ("distribution", "normal"),
            ("sigma_leak", "12"),
            ("noise_membrane", "5"),
            ("jitter_input", "0.5"),
            ("jitter_spike", "0.3"),
            ("synaptic_saturation", "3"),
            ("event_rate_limit", "20"),
            ("silent_neurons", "10"),
            ("silenced", "3,17"),
            ("stuck_synapses", "3"),
            ("dead_inputs", "2"),
            ("dead_channels", "5"),
            ("temperature", "5"),
            ("drift", "1"),
            ("dropout", "20"),
            ("rotation", "10"),
            ("burst_penalty", "0.001"),
            ("recurrence", "frozen"),
            ("weight_bits", "4"),
        ],
        calibrate: false,
        at: &[(1, "silent_neurons", "40"), (1, "learning_rate", "0.01"), (2, "chip", "7")],
        golden: [0x1ce0_c582_de0c_1387, 0x5a8f_12bc_1f50_8102],
    },
    Case {
        name: "a chip that teaches itself, beside the loop, swapped in mid-run",
        task: TaskKind::Digits,
        preset: None,
        set: &[("lanes", "in_the_loop,on_chip"), ("dead_traces", "5"), ("noise_membrane", "3")],
        calibrate: false,
        at: &[(1, "chip", "3")],
        golden: [0x1edd_b3e3_3b38_70c7, 0xa542_9424_c034_94e3],
    },
];

/// The parameters of a case on that many threads.
fn params(case: &Case, threads: u32) -> Params {
    let mut params = Params::for_task(case.task);
    if let Some(name) = case.preset {
        preset(name).unwrap().apply(&mut params);
    }
    for (key, value) in SMALL.iter().chain(case.set) {
        assign(&mut params, key, value, case.name).unwrap();
    }
    assign(&mut params, "threads", &threads.to_string(), case.name).unwrap();
    params
}

/// Hashes of the reports of all epochs, and of the state at the end.
fn run(case: &Case, threads: u32) -> [u64; 2] {
    let (mut reports, mut state) = (Hash::new(), Hash::new());
    let mut experiment = Experiment::new(&params(case, threads)).unwrap();
    if case.calibrate {
        experiment.calibrate(&|| true).unwrap();
    }
    while !experiment.is_finished() {
        let step = experiment.step().unwrap();
        let Some(done) = step.epoch_done else { continue };
        for report in &done {
            reports.report(report);
        }
        for (_, key, value) in case.at.iter().filter(|(epoch, ..)| *epoch == step.epoch) {
            let mut changed = experiment.params().clone();
            assign(&mut changed, key, value, case.name).unwrap();
            experiment.set_params(&changed).unwrap();
        }
    }
    state.checkpoint(&experiment);
    [reports.0, state.0]
}

/// A hash of elementary functions at a thousand places, as the C library of this machine gives them.
fn libm() -> u64 {
    let mut hash = Hash::new();
    for k in 1..1000 {
        let x = f64::from(k) * 0.0137;
        for y in [(-x).exp(), x.exp(), x.ln(), x.sin(), x.cos(), x.tanh(), x.powf(0.37), x.sqrt(), (-x).exp_m1()] {
            hash.number(y);
        }
        let x = x as f32;
        for y in [(-x).exp(), x.exp(), x.ln(), x.sin(), x.cos(), x.tanh(), x.powf(0.37), x.sqrt()] {
            hash.number(f64::from(y));
        }
    }
    hash.0
}

/// [`libm`] where the golden bits were taken.
const LIBM: u64 = 0xfa64_029c_3f50_646e;

/// Whether golden bits hold on this machine; if not, says why.
fn bits_hold_here() -> bool {
    let found = libm();
    if !cfg!(target_arch = "x86_64") {
        eprintln!("golden bits are those of x86-64 processors: only the thread counts are compared");
    } else if found != LIBM {
        eprintln!("the C library rounds differently here ({found:#x}): only the thread counts are compared");
    }
    cfg!(target_arch = "x86_64") && found == LIBM
}

#[test]
fn short_runs_give_the_bits_they_always_gave_on_one_thread_and_on_two() {
    let holds = bits_hold_here();
    let mut wrong = Vec::new();
    for case in CASES {
        let (one, two) = (run(case, 1), run(case, 2));
        assert_eq!(one, two, "{}: on one thread and on two", case.name);
        if one != case.golden {
            wrong.push(format!("{}: golden: [{:#x}, {:#x}]", case.name, one[0], one[1]));
        }
    }
    assert!(!holds || wrong.is_empty(), "{wrong:#?}; libm {:#x}", libm());
}
