//! The rule against closed forms, and the promises of the lane: what crosses, what fits, and that all bits repeat.

use super::cost::{MEMORY, memory};
use super::rule::Numbers;
use super::*;
use crate::chip::layout::CIRCUITS;
use crate::params::{Params, Rounding, TaskKind};
use crate::task::Dataset;

fn digits() -> Shape {
    Shape { n_inputs: 64, n_hidden: 256, n_readout: 10, recurrent: false }
}

fn small(change: impl FnOnce(&mut Params)) -> (SelfTaught, Dataset) {
    let mut params = Params::for_task(TaskKind::YinYang).with(|p| (p.network.hidden, p.task.train_samples) = (30, 200));
    change(&mut params);
    let data = Dataset::new(&params).unwrap();
    let shape = Shape { n_inputs: data.n_inputs, n_hidden: 30, n_readout: 3, recurrent: false };
    (SelfTaught::new(&params.for_self_taught(), shape).unwrap(), data)
}

fn learn(own: &mut SelfTaught, data: &Dataset, samples: std::ops::Range<usize>, trial: u64) -> Learnt {
    let (inputs, labels): (Vec<_>, Vec<_>) = data.train[samples].iter().map(|s| (&s.spikes, s.label)).unzip();
    let mut seen = Recording::new(own.chip().grid(), 30, 3);
    own.learn(&inputs, &labels, trial, &mut seen)
}

/// The mean of a stochastically rounded step, over the whole period of a shift register, is the exact quotient: every
/// one of the 255 values but 0 comes 256 times in 65,535 draws, and 0 one time less.
#[test]
fn stochastic_rounding_has_the_right_mean_and_rounding_to_the_nearest_loses_small_steps() {
    for fraction_bits in [0, 3, 6] {
        let setup = |rounding| {
            let p = Params::default()
                .with(|p| (p.plasticity.fraction_bits, p.plasticity.rounding) = (fraction_bits, rounding));
            p.for_self_taught()
        };
        let numbers = Numbers::new(&setup(Rounding::Stochastic), 0);
        // A third of a step of the weight, in units of what the readout rule sums up, at a rate of 2^15.
        let sum = -((1 << (6 - fraction_bits)) * 64 / 3);
        let (rate, exact) = (1 << 9, f64::from(-sum) / 64.0 / f64::from(1 << (6 - fraction_bits)));
        let (mut register, mut total) = ([0xace1u16], 0i64);
        for _ in 0..65_535 {
            let (mut weight, mut code) = ([0i16], [0i8]);
            numbers.step(&mut weight, &[sum], rate, &mut register, &mut code);
            total += i64::from(weight[0]);
        }
        let mean = total as f64 / 65_535.0;
        // The update is known to 1/256 of a step.
        assert!((mean - exact).abs() < 1.0 / 256.0, "{fraction_bits} bits: {mean} {exact}");
        let nearest = Numbers::new(&setup(Rounding::Nearest), 0);
        let (mut weight, mut code) = ([0i16], [0i8]);
        nearest.step(&mut weight, &[sum], rate, &mut [1], &mut code);
        assert_eq!(weight, [0], "a third of a step is lost");
    }
}

#[test]
fn input_spikes_and_labels_come_down_and_nothing_goes_up() {
    let (mut own, data) = small(|_| {});
    let learnt = learn(&mut own, &data, 0..50, 1);
    let sent: usize = data.train[..50].iter().map(|s| s.spikes.len()).sum();
    assert_eq!((learnt.samples, learnt.input_events), (50, sent));
    assert!(learnt.updates > 5 && learnt.updates <= 50 && learnt.flips > 0, "{learnt:?}");
    // What comes back from `learn` is `Learnt`: four counts for the person who watches. Its other ways out are the
    // recording and the state, which no part of the rule reads.
    let source = [include_str!("../plasticity.rs"), include_str!("rule.rs"), include_str!("traces.rs")].concat();
    assert!(!source.contains("crate::host"), "the rule knows no host");
    assert!(!source.contains("LearningParams") && !source.contains("HostParams"));
}

#[test]
fn the_same_samples_give_the_same_bits_in_any_portions_of_the_run() {
    // Circuits that wander, so that their age matters.
    let aging = |p: &mut Params| p.chip.drift = 0.5;
    let (mut whole, data) = small(aging);
    let mut parts = whole.clone();
    for own in [&mut whole, &mut parts] {
        learn(own, &data, 0..40, 7);
        own.end_epoch(500.0);
    }
    learn(&mut whole, &data, 40..80, 8);
    // A stop: everything that the next sample depends on is in the state, and in that of the chip.
    let (mut resumed, _) = small(aging);
    resumed.restore(parts.state());
    let before = parts.chip();
    resumed.chip_mut().restore(before.trims(), before.overrides(), before.age());
    learn(&mut resumed, &data, 40..80, 8);
    assert_eq!(resumed.state(), whole.state());
    assert_eq!(resumed.chip().codes(), whole.chip().codes());
    assert_eq!(resumed.chip().effective_weights(), whole.chip().effective_weights());
}

#[test]
fn codes_written_row_by_row_are_the_weights_that_a_whole_write_makes() {
    let (mut own, data) = small(|p| p.chip.stuck_synapses = 0.1);
    learn(&mut own, &data, 0..100, 3);
    let mut fresh = own.chip().clone();
    fresh.write_weights(own.chip().codes());
    assert_eq!(own.chip().effective_weights(), fresh.effective_weights());
    let unit = 1 << own.setup().plasticity.fraction_bits;
    for (w, code) in own.state().input.iter().zip(&own.chip().codes().input) {
        assert!((f64::from(*w) / f64::from(unit) - f64::from(*code)).abs() <= 0.5, "the nearest code");
    }
}

/// A code is worth full scale over the largest code: of 4 bits 15, of 6 bits 63.
#[test]
fn with_other_bits_the_weights_stay_what_they_are_to_half_a_step() {
    let (mut own, data) = small(|p| p.chip = p.chip.ideal());
    learn(&mut own, &data, 0..100, 3);
    let before = own.chip().codes().input.map(|code| f64::from(*code) / 63.0);
    let mut setup = own.setup().clone();
    setup.chip.network.weight_bits = 4;
    own.set_setup(&setup);
    for (before, code) in before.iter().zip(&own.chip().codes().input) {
        // Half a step of either.
        assert!((before - f64::from(*code) / 15.0).abs() <= 0.5 / 15.0 + 0.5 / 63.0 + 1e-9, "{before} {code}");
    }
    assert!(own.chip().codes().input.iter().all(|code| code.abs() <= 15));
}

#[test]
fn a_dead_trace_circuit_freezes_the_weights_of_its_input_on_its_side() {
    let (mut own, data) = small(|p| p.chip.dead_traces = 0.3);
    let before = own.chip().codes().input.clone();
    learn(&mut own, &data, 0..150, 3);
    let (Traces::Circuits(circuits), after) = (&own.traces, &own.chip().codes().input) else { unreachable!() };
    let dead = &circuits.chip.damage().dead_adc;
    assert!(dead.iter().any(|d| *d) && dead.iter().any(|d| !*d));
    for side in 0..2 {
        for input in 0..data.n_inputs {
            let columns = if side == 0 { 0..15 } else { 15..30 };
            let moved = columns.clone().any(|k| before[[input, k]] != after[[input, k]]);
            if dead[side * data.n_inputs + input] {
                assert!(!moved, "input {input} of side {side} has a dead trace circuit");
            }
        }
    }
    assert_ne!(&before, after);
}

/// The numbers are those of the floor plan: 512 circuits in two rows of 256, columns of 256 synapses.
#[test]
fn digits_fit_in_two_rows_with_traces_and_fractions_and_nothing_sits_twice() {
    let plan = plan(&Params::default().for_self_taught(), digits()).unwrap();
    let all: Vec<usize> = [&plan.network.hidden, &plan.network.readout, &plan.traces]
        .into_iter()
        .flatten()
        .flat_map(|site| site.circuits())
        .collect();
    // 128 hidden neurons, 64 trace circuits and 5 readouts of two circuits in either row.
    assert_eq!(all.len(), 2 * (128 + 64 + 10));
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), all.len());
    assert!(once.iter().all(|circuit| *circuit < CIRCUITS));
    assert!(plan.network.hidden[..128].iter().chain(&plan.traces[..64]).all(|s| s.first < 256));
    assert_eq!(plan.rows, [64, 64]);
    let bytes: usize = memory(&Params::default().for_self_taught(), digits()).iter().map(|p| p.bytes).sum();
    assert!((12_000..MEMORY).contains(&bytes), "{bytes}");
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason_and_a_way_out() {
    let refusal = |shape, change: &dyn Fn(&mut Params)| {
        let mut params = Params::default();
        change(&mut params);
        plan(&params.for_self_taught(), shape).unwrap_err().to_string()
    };
    let mnist = Shape { n_inputs: 256, n_hidden: 246, n_readout: 10, recurrent: false };
    assert!(refusal(mnist, &|_| {}).contains("`on_chip_trace` to processor"));
    let on_processor = |p: &mut Params| p.plasticity.trace = Trace::Processor;
    assert!(refusal(mnist, &on_processor).contains("`on_chip_fraction_bits` to 0"));
    let mut fits = Params::default().with(on_processor);
    fits.plasticity.fraction_bits = 0;
    assert!(plan(&fits.for_self_taught(), mnist).is_ok());
    // A spoken word lasts 177 readout steps: 45 kB of voltages.
    assert!(refusal(digits(), &|p| p.network.duration = 300e-6).contains("16384"));
    assert!(refusal(Shape { recurrent: true, ..digits() }, &|_| {}).contains("`recurrence` to none"));
    assert!(refusal(Shape { n_hidden: 400, ..digits() }, &|_| {}).contains("fewer `hidden`"));
}

#[test]
fn the_chip_learns_a_little_of_yin_yang_within_four_hundred_samples() {
    let (mut own, data) = small(|p| p.task.train_samples = 400);
    let before = first_answers(&own, &data);
    for batch in 0..8 {
        learn(&mut own, &data, batch * 50..(batch + 1) * 50, batch as u64);
    }
    let after = first_answers(&own, &data);
    assert!(after > before + 0.1, "{before} {after}");
}

/// The share of right answers on test samples, as the processor finds them.
fn first_answers(own: &SelfTaught, data: &Dataset) -> f64 {
    let inputs: Vec<_> = data.test.iter().take(200).map(|s| &s.spikes).collect();
    let seen = own.chip().run(&inputs, 99);
    let mut sample = own.sample.clone();
    let right = (0..inputs.len()).filter(|&k| {
        sample.read(&seen, k);
        sample.answer() == usize::from(data.test[k].label)
    });
    right.count() as f64 / inputs.len() as f64
}

/// Two independent random vectors of n numbers have a cosine with mean 0 and standard deviation 1/√n.
#[test]
fn random_feedback_begins_at_a_right_angle_and_symmetric_feedback_is_the_readout_itself() {
    let (random, _) = small(|p| p.plasticity.feedback = Feedback::Random);
    assert!(random.alignment().abs() < 4.0 / 90f64.sqrt(), "{}", random.alignment());
    let (symmetric, _) = small(|p| p.plasticity.feedback = Feedback::Symmetric);
    assert!((symmetric.alignment() - 1.0).abs() < 1e-12);
}

#[test]
fn codes_and_the_fractions_of_idle_rows_together_are_the_weights() {
    let (mut own, data) = small(|p| p.plasticity.fraction_bits = 6);
    learn(&mut own, &data, 0..100, 3);
    let (fractions, codes) = (own.fractions(), own.chip().codes());
    for ((at, weight), fraction) in own.state().input.indexed_iter().zip(&fractions) {
        assert_eq!(i32::from(*weight), 64 * i32::from(codes.input[at]) + i32::from(*fraction));
    }
    assert!(fractions.iter().any(|f| *f != 0) && fractions.iter().all(|f| (-32..=32).contains(f)));
}
