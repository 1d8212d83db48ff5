//! The list of all parameters, in display order.

use super::value::{Kind, Owner, ParamSpec, Scale, TakesEffect, Value};
use super::{
    ChannelChoice, Decoding, Distribution, Feedback, Gradient, Lane, Recurrence, Rounding, TaskKind, Trace, share,
};
use crate::base::units::Unit;

use Kind::{Choice, Choices, Flag, Integer, Integers, Number, Spread, Text};
use Scale::{Linear, Logarithmic};
use TakesEffect::{AtOnce, OnRestart};
use Unit::{MillionEventsPerSecond, PercentOfNominal, PercentOfThresholdDistance};

/// Builds one entry; the accessor is chosen by the kind of field.
macro_rules! param {
    ($owner:ident.$field:ident: $($rest:tt)*) => {
        param!($owner.$field stringify!($field), $($rest)*)
    };
    ($owner:ident.$field:ident as $key:literal: $($rest:tt)*) => {
        param!($owner.$field $key, $($rest)*)
    };
    ($owner:ident.$field:ident $key:expr, $access:ident, $group:literal, $symbol:literal, $label:literal, $unit:expr, $kind:expr, $scale:expr, $effect:expr, $help:literal, $source:literal) => {
        ParamSpec {
            key: $key,
            owner: Owner::of(stringify!($owner)),
            group: $group,
            symbol: $symbol,
            label: $label,
            unit: $unit,
            kind: $kind,
            scale: $scale,
            takes_effect: $effect,
            help: $help,
            source: $source,
            get: |p| param!(@get $access p $owner $field),
            set: |p, v| param!(@set $access p v $owner $field),
        }
    };
    (@get number $p:ident $o:ident $f:ident) => { Value::Number($p.$o.$f) };
    (@set number $p:ident $v:ident $o:ident $f:ident) => { if let Value::Number(x) = $v { $p.$o.$f = x } };
    (@get integer $p:ident $o:ident $f:ident) => { Value::Number(f64::from($p.$o.$f)) };
    (@set integer $p:ident $v:ident $o:ident $f:ident) => { if let Value::Number(x) = $v { $p.$o.$f = x as u32 } };
    (@get spread $p:ident $o:ident $f:ident) => { $p.$o.$f.map_or(Value::Auto, Value::Number) };
    (@set spread $p:ident $v:ident $o:ident $f:ident) => {
        $p.$o.$f = if let Value::Number(x) = $v { Some(x) } else { None }
    };
    (@get flag $p:ident $o:ident $f:ident) => { Value::Flag($p.$o.$f) };
    (@set flag $p:ident $v:ident $o:ident $f:ident) => { if let Value::Flag(x) = $v { $p.$o.$f = x } };
    (@get integers $p:ident $o:ident $f:ident) => { Value::Integers($p.$o.$f.clone()) };
    (@set integers $p:ident $v:ident $o:ident $f:ident) => { if let Value::Integers(x) = $v { $p.$o.$f = x } };
    (@get text $p:ident $o:ident $f:ident) => { Value::Text($p.$o.$f.clone()) };
    (@set text $p:ident $v:ident $o:ident $f:ident) => { if let Value::Text(x) = $v { $p.$o.$f = x } };
    (@get task $p:ident $o:ident $f:ident) => { Value::Word($p.$o.$f.name()) };
    (@set task $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &TaskKind::ALL, TaskKind::NAMES) };
    (@get lanes $p:ident $o:ident $f:ident) => { Value::Words($p.$o.$f.iter().map(|lane| lane.name()).collect()) };
    (@set lanes $p:ident $v:ident $o:ident $f:ident) => { set_lanes(&mut $p.$o.$f, &$v) };
    (@get distribution $p:ident $o:ident $f:ident) => { Value::Word(Distribution::NAMES[$p.$o.$f as usize]) };
    (@set distribution $p:ident $v:ident $o:ident $f:ident) => {
        set_word(&mut $p.$o.$f, &$v, &Distribution::ALL, Distribution::NAMES)
    };
    (@get channels $p:ident $o:ident $f:ident) => { Value::Word(ChannelChoice::NAMES[$p.$o.$f as usize]) };
    (@set channels $p:ident $v:ident $o:ident $f:ident) => {
        set_word(&mut $p.$o.$f, &$v, &ChannelChoice::ALL, ChannelChoice::NAMES)
    };
    (@get decoding $p:ident $o:ident $f:ident) => { Value::Word(Decoding::NAMES[$p.$o.$f as usize]) };
    (@set decoding $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Decoding::ALL, Decoding::NAMES) };
    (@get gradient $p:ident $o:ident $f:ident) => { Value::Word(Gradient::NAMES[$p.$o.$f as usize]) };
    (@set gradient $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Gradient::ALL, Gradient::NAMES) };
    (@get feedback $p:ident $o:ident $f:ident) => { Value::Word(Feedback::NAMES[$p.$o.$f as usize]) };
    (@set feedback $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Feedback::ALL, Feedback::NAMES) };
    (@get rounding $p:ident $o:ident $f:ident) => { Value::Word(Rounding::NAMES[$p.$o.$f as usize]) };
    (@set rounding $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Rounding::ALL, Rounding::NAMES) };
    (@get trace $p:ident $o:ident $f:ident) => { Value::Word(Trace::NAMES[$p.$o.$f as usize]) };
    (@set trace $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Trace::ALL, Trace::NAMES) };
    (@get recurrence $p:ident $o:ident $f:ident) => { Value::Word(Recurrence::NAMES[$p.$o.$f as usize]) };
    (@set recurrence $p:ident $v:ident $o:ident $f:ident) => { set_word(&mut $p.$o.$f, &$v, &Recurrence::ALL, Recurrence::NAMES) };
}

/// Writes the variant whose name is `value`.
fn set_word<T: Copy>(field: &mut T, value: &Value, all: &[T], names: &[&str]) {
    if let Value::Word(word) = value
        && let Some(index) = names.iter().position(|name| name == word)
    {
        *field = all[index];
    }
}

/// Writes the lanes in display order, each once.
fn set_lanes(lanes: &mut Vec<Lane>, value: &Value) {
    if let Value::Words(words) = value {
        *lanes = Lane::ALL.into_iter().filter(|lane| words.contains(&lane.name())).collect();
    }
}

const UM: f64 = 1e-6;

/// Every parameter, in display order and grouped as the panels are.
#[rustfmt::skip]
pub const PARAMS: &[ParamSpec] = &[
    // ---- experiment
    param!(task.kind as "task": task, "Experiment", "", "Task", Unit::None, Choice(TaskKind::NAMES), Linear, OnRestart,
        "What the network learns; digits, yin_yang and spoken come with Misfit, the others need a data folder",
        "digits: Alpaydin & Kaynak 1998 (UCI, CC BY 4.0); yin_yang: Kriener et al. 2021, arXiv:2102.08211; spoken: synthetic voices, ours; mnist: LeCun et al. 1998; fashion_mnist: Xiao et al. 2017, arXiv:1708.07747; shd: Cramer et al. 2020, arXiv:1910.07407"),
    param!(task.data: text, "Experiment", "", "Data folder", Unit::None, Text, Linear, OnRestart,
        "Folder with your own data: IDX files for mnist and fashion_mnist, HDF5 files for shd, WAV files for speech", "ours"),
    param!(task.train_samples: integer, "Experiment", "", "Training samples", Unit::None, Integer { min: 0, max: 10_000_000 }, Logarithmic, OnRestart,
        "Learn from the first so many training samples only; 0 for all of them", "ours"),
    param!(task.validation: flag, "Experiment", "", "Validation", Unit::None, Flag, Linear, OnRestart,
        "Tests on a sixth of the training samples and learns from the others, so that settings can be chosen without a look at the test samples", "common practice"),
    param!(learning.lanes: lanes, "Experiment", "", "Lanes", Unit::None, Choices(Lane::NAMES), Linear, OnRestart,
        "Which networks run side by side on the same data in the same order", "ours"),
    param!(chip.chip_program: text, "Experiment", "", "Chip program", Unit::None, Text, Linear, OnRestart,
        "The command of a program that is the chip, such as python3 my_chip.py: transferred and in_the_loop run on it, and the settings of mismatch, noise and damage, which are Misfit's own chip's, do nothing; empty for Misfit's own chip",
        "ours; the protocol stands in the handbook"),
    param!(learning.epochs: integer, "Experiment", "", "Epochs", Unit::None, Integer { min: 1, max: 1_000_000 }, Logarithmic, AtOnce,
        "Passes through the training data; in the window, learning pauses after that many", "ours; Cramer et al. 2022 use 100"),
    param!(learning.batch: integer, "Experiment", "", "Batch size", Unit::None, Integer { min: 1, max: 4096 }, Logarithmic, AtOnce,
        "Samples per weight update; small batches learn in fewer passes but with a noisier curve",
        "ours; hxtorch and BrainScaleS-2 tutorials use 50 to 100"),
    param!(learning.seed: integer, "Experiment", "", "Seed", Unit::None, Integer { min: 0, max: 4_294_967_295 }, Linear, OnRestart,
        "Decides first weights, split and order of the data, and noise; same seed, same numbers to the last bit", "ours"),
    param!(learning.threads: integer, "Experiment", "", "Threads", Unit::None, Integer { min: 0, max: 256 }, Linear, OnRestart,
        "Processor threads for the engine, 0 for all; the results do not depend on it", "ours"),
    // ---- learning
    param!(learning.learning_rate: number, "Learning", "η", "Learning rate", Unit::None, Number { min: 1e-6, max: 1.0 }, Logarithmic, AtOnce,
        "Step size of Adam; too small and nothing happens, too large and the loss jumps",
        "ours, by sweep; hxtorch yinyang.py uses 5e-4, the tutorial 2e-3"),
    param!(learning.learning_rate_decay: number, "Learning", "", "Decay per epoch", Unit::None, Number { min: 0.5, max: 1.0 }, Linear, AtOnce,
        "The learning rate is multiplied by this after every epoch",
        "BrainScaleS-2 tutorial ts_13: 0.97 per epoch"),
    param!(learning.gradient: gradient, "Learning", "", "Gradient", Unit::None, Choice(Gradient::NAMES), Linear, AtOnce,
        "How the host finds out what a weight does: by a surrogate, which reads the voltages of all hidden neurons, or by EventProp, which reads spikes alone",
        "surrogate: Cramer et al. 2022; EventProp: Wunderlich & Pehle 2021, on this chip Pehle et al. 2023"),
    param!(learning.surrogate_slope: number, "Learning", "β", "Surrogate slope", Unit::None, Number { min: 0.1, max: 500.0 }, Logarithmic, AtOnce,
        "Steepness of the SuperSpike surrogate 1/(β|V − θ| + 1)²; steep ones let only neurons near threshold learn",
        "ours, by sweep; published values run from 5 to 150"),
    param!(learning.least_slope: number, "Learning", "s_min", "Least slope", Unit::None, Number { min: 0.001, max: 10.0 }, Logarithmic, AtOnce,
        "EventProp divides by the slope of the membrane at its spike, in thresholds per membrane time; smaller slopes of the nominal model count as this one",
        "ours"),
    param!(learning.wake_up: number, "Learning", "ρ_w", "Wake-up", Unit::None, Number { min: 0.0, max: 1.0 }, Logarithmic, AtOnce,
        "EventProp: how hard the input weights of hidden neurons are pushed up that sent no spike in the whole batch, because silence has no gradient",
        "ours; after the weight bumping of Göltz et al. 2021"),
    param!(learning.decoding: decoding, "Learning", "", "Decoding", Unit::None, Choice(Decoding::NAMES), Linear, AtOnce,
        "How one score per class comes from the readout: by the largest voltage, by the mean voltage, or by which of its neurons, then with thresholds, spikes first; that needs EventProp",
        "Cramer et al. 2022: maximum for images, sum for speech; first spike: Göltz et al. 2021"),
    param!(learning.readout_scale: number, "Learning", "", "Readout scale", Unit::None, Number { min: 0.1, max: 100.0 }, Logarithmic, AtOnce,
        "Factor on the readout voltages before the softmax, and on times in units of τ_syn when the first spike decides; large ones make the network sure of itself early",
        "ours; hxtorch yinyang.py uses 10, tutorial ts_13 3; Göltz et al. 2021: 5 for times"),
    param!(learning.readout_penalty: number, "Learning", "ρ_a", "Readout penalty", Unit::None, Number { min: 0.0, max: 1.0 }, Logarithmic, AtOnce,
        "Weight of the mean squared readout maximum in the loss, which keeps the readout inside the range of the CADC; when the first spike decides, of exp(t/τ_syn) of the right one, which keeps it early",
        "ours, by sweep; hxtorch yinyang.py: 4e-4, with which one chip in five stays behind here"),
    param!(learning.burst_penalty: number, "Learning", "ρ_b", "Burst penalty", Unit::None, Number { min: 0.0, max: 1.0 }, Logarithmic, AtOnce,
        "Weight of the mean squared spike count of the hidden neurons in the loss; fewer spikes, less energy",
        "Cramer et al. 2022, eq. 6; strength ours"),
    param!(learning.activity_penalty: number, "Learning", "ρ_r", "Activity penalty", Unit::None, Number { min: 0.0, max: 1.0 }, Logarithmic, AtOnce,
        "Weight in the loss of the squared number of hidden spikes of a sample beyond the activity limit",
        "Cramer et al. 2022, for speech; strength ours"),
    param!(learning.activity_limit: number, "Learning", "θ_r", "Activity limit", Unit::None, Number { min: 0.0, max: 1e6 }, Logarithmic, AtOnce,
        "Hidden spikes in a sample, all neurons together, up to which the activity penalty costs nothing",
        "Cramer et al. 2022, for speech; level ours"),
    param!(learning.dropout: number, "Learning", "", "Dropout", Unit::Percent, Number { min: 0.0, max: 0.95 }, Linear, AtOnce,
        "Share of the hidden neurons that the event router ignores, drawn anew for every training sample; tests use all of them",
        "Cramer et al. 2022: 40 % in the test of robustness"),
    param!(task.rotation: number, "Learning", "", "Rotation", Unit::Degrees, Number { min: 0.0, max: 45.0 }, Linear, AtOnce,
        "Augmentation of pictures: every training picture is turned by a random angle up to this one, anew in every epoch",
        "Cramer et al. 2022: up to 15°"),
    param!(task.channel_jitter: number, "Learning", "", "Channel jitter", Unit::None, Number { min: 0.0, max: 100.0 }, Linear, OnRestart,
        "Augmentation of speech: every spike of the ear moves to a neighbouring channel, with this standard deviation in channels of 700",
        "Cramer et al. 2022; width not published"),
    param!(task.channel_shift: number, "Learning", "", "Channel shift", Unit::None, Number { min: 0.0, max: 200.0 }, Linear, OnRestart,
        "Augmentation of speech: all spikes of a word move along the ear together, as in a longer or shorter throat, with this standard deviation in channels of 700",
        "After Jaitly and Hinton 2013, vocal tract length perturbation; channels are even on a logarithmic scale of frequency"),
    param!(task.tempo: number, "Learning", "", "Tempo", Unit::Percent, Number { min: 0.0, max: 0.5 }, Linear, OnRestart,
        "Augmentation of speech: every training word is spoken faster or slower by a factor whose logarithm has this standard deviation",
        "After Ko et al. 2015, speed perturbation"),
    param!(learning.init_hidden: number, "Learning", "σ_w", "First weights", Unit::None, Number { min: 0.0, max: 50.0 }, Linear, OnRestart,
        "Standard deviation of the first weights into the hidden population, times the root of the fan-in",
        "ours, by sweep; Kaiming-style as in Cramer et al. 2022"),
    param!(learning.init_hidden_mean: number, "Learning", "µ_w", "Mean first weight", Unit::None, Number { min: -10.0, max: 10.0 }, Linear, OnRestart,
        "Mean of the first weights into the hidden population, times the root of the fan-in; positive ones make all neurons fire at once",
        "Cramer et al. 2022: zero"),
    param!(learning.init_recurrent: number, "Learning", "", "First recurrent weights", Unit::None, Number { min: 0.0, max: 50.0 }, Linear, OnRestart,
        "Standard deviation of the first weights among hidden neurons, times the root of their number; not used without recurrence",
        "ours; Kaiming-style as in Cramer et al. 2022"),
    param!(learning.init_readout: number, "Learning", "", "First readout weights", Unit::None, Number { min: 0.0, max: 50.0 }, Linear, OnRestart,
        "Standard deviation of the first weights into the readout, times the root of the fan-in",
        "ours, by sweep"),
    param!(learning.baseline_subtraction: flag, "Learning", "", "Subtract baseline", Unit::None, Flag, Linear, AtOnce,
        "The host subtracts the first sample of every voltage trace, which removes the offset of each leak and each readout channel",
        "hxtorch: CADC \"shift to first\""),
    // ---- the chip's own processor
    param!(plasticity.trace as "on_chip_trace": trace, "On-chip learning", "ε", "Input traces", Unit::None, Choice(Trace::NAMES), Linear, OnRestart,
        "Where the chip's processor finds what an input did lately: in the membranes of spare neuron circuits, in its own memory, or in the correlation sensors of the synapses",
        "circuits and processor: ours; correlation: the causal sensor of BrainScaleS-2, at 60 times its calibrated amplitude"),
    param!(plasticity.feedback as "on_chip_feedback": feedback, "On-chip learning", "B", "Feedback", Unit::None, Choice(Feedback::NAMES), Linear, AtOnce,
        "The way of the error to a hidden neuron: through the neuron's own readout weights, or through fixed random ones",
        "symmetric and random e-prop: Bellec et al. 2020"),
    param!(plasticity.rounding as "on_chip_rounding": rounding, "On-chip learning", "", "Rounding", Unit::None, Choice(Rounding::NAMES), Linear, AtOnce,
        "How an update becomes whole steps of a weight: by chance with the right mean, or to the nearest, where small updates are lost",
        "stochastic: vector_round_stochastic of libnux"),
    param!(plasticity.fraction_bits as "on_chip_fraction_bits": integer, "On-chip learning", "", "Fraction bits", Unit::None, Integer { min: 0, max: 6 }, Linear, OnRestart,
        "Bits of a weight below its least significant one, kept in synapses of idle rows; 0 for none", "ours; a row holds six bits"),
    param!(plasticity.rate_hidden as "on_chip_rate_hidden": number, "On-chip learning", "η_h", "Hidden rate", Unit::Lsb, Number { min: 0.0, max: 8.0 }, Linear, AtOnce,
        "Step of an input weight for a learning signal, trace and closeness to threshold of 1; 0 to train the readout only", "ours, on a validation split"),
    param!(plasticity.rate_readout as "on_chip_rate_readout": number, "On-chip learning", "η_o", "Readout rate", Unit::Lsb, Number { min: 0.0, max: 8.0 }, Linear, AtOnce,
        "Step of a readout weight for an error of 1 and one spike", "ours, on a validation split"),
    param!(plasticity.decay as "on_chip_decay": number, "On-chip learning", "", "Decay per epoch", Unit::None, Number { min: 0.5, max: 1.0 }, Linear, AtOnce,
        "Both rates are multiplied by this after every epoch", "ours, on a validation split"),
    param!(plasticity.score_scale as "on_chip_score_scale": number, "On-chip learning", "", "Score scale", Unit::None, Number { min: 1.0, max: 100.0 }, Logarithmic, AtOnce,
        "Factor on the mean readout voltages before the softmax; small ones keep the updates coming, large ones stop them early", "ours, on a validation split"),
    param!(plasticity.activity as "on_chip_activity": number, "On-chip learning", "β_c", "Activity term", Unit::None, Number { min: 0.0, max: 0.5 }, Linear, AtOnce,
        "What every spike of a hidden neuron adds to its learning signal, so that neurons that spike much are held back", "ours, on a validation split"),
    // ---- network and time
    param!(network.hidden: integer, "Network", "", "Hidden neurons", Unit::None, Integer { min: 1, max: 512 }, Linear, OnRestart,
        "Size of the hidden population; the chip has 512 neuron circuits in all",
        "ours; Cramer et al. 2022 use 246 for images"),
    param!(network.recurrence: recurrence, "Network", "", "Recurrence", Unit::None, Choice(Recurrence::NAMES), Linear, OnRestart,
        "Whether hidden neurons also reach each other and themselves; frozen: through random weights that never learn",
        "Cramer et al. 2022: trained for speech, frozen as a control"),
    param!(network.duration: number, "Network", "", "Sample duration", Unit::Microseconds, Number { min: 1.0 * UM, max: 5000.0 * UM }, Logarithmic, OnRestart,
        "How long one sample is shown, in hardware time", "hxtorch yinyang.py: 38 µs"),
    param!(network.cadc_interval: number, "Network", "Δt", "Readout interval", Unit::Microseconds, Number { min: 0.1 * UM, max: 20.0 * UM }, Linear, OnRestart,
        "Time between two samples of the parallel ADC, which is also the time step of the host's model",
        "Cramer et al. 2022: 1.7 µs"),
    param!(network.substeps: integer, "Network", "", "Steps per readout", Unit::None, Integer { min: 1, max: 64 }, Linear, OnRestart,
        "How often per readout interval the chip looks for threshold crossings; between them it is integrated exactly", "ours"),
    param!(task.encoding_tau: number, "Network", "τ_in", "Latency scale", Unit::Microseconds, Number { min: 0.1 * UM, max: 200.0 * UM }, Logarithmic, OnRestart,
        "Scale of the latency code of images: t = τ_in ln(x/(x − θ_in)); bright pixels spike early",
        "formula: Cramer et al. 2022; scale ours"),
    param!(task.encoding_threshold: number, "Network", "θ_in", "Latency threshold", Unit::None, Number { min: 0.001, max: 0.99 }, Linear, OnRestart,
        "Pixels darker than this share of the brightest one send no spike",
        "ours, by sweep; hxtorch PixelsToSpikeTimes: 0.2"),
    param!(task.encoding_early: number, "Network", "t_early", "Earliest spike", Unit::Microseconds, Number { min: 0.0, max: 1000.0 * UM }, Linear, OnRestart,
        "Yin-Yang: when a coordinate of 0 spikes, and the bias input too", "hxtorch yinyang.py: 2 µs"),
    param!(task.encoding_late: number, "Network", "t_late", "Latest spike", Unit::Microseconds, Number { min: 0.1 * UM, max: 1000.0 * UM }, Linear, OnRestart,
        "Yin-Yang: when a coordinate of 1 spikes", "hxtorch yinyang.py: 26 µs"),
    param!(task.input_repeat: integer, "Network", "", "Input repetition", Unit::None, Integer { min: 1, max: 20 }, Linear, OnRestart,
        "Yin-Yang: how many rows of the chip carry each of the five inputs, for drive and for precision",
        "hxtorch yinyang.py: 5 on hardware"),
    param!(task.channels: channels, "Network", "", "Ear channels", Unit::None, Choice(ChannelChoice::NAMES), Linear, OnRestart,
        "Speech: which of the 700 channels of the ear reach the chip: ten to an input, every ninth above the 70th, or all",
        "every ninth: Cramer et al. 2022; binning: ours"),
    param!(task.speed_up: number, "Network", "", "Speed-up", Unit::None, Number { min: 10.0, max: 1e6 }, Logarithmic, OnRestart,
        "Speech: how many times faster than the sound the chip listens", "Cramer et al. 2022: 2000"),
    // ---- neurons
    param!(network.tau_mem: number, "Neurons", "τ_mem", "Membrane time", Unit::Microseconds, Number { min: 0.5 * UM, max: 60.0 * UM }, Logarithmic, AtOnce,
        "How fast a membrane forgets, as asked for; each circuit gets it a little wrong",
        "hxtorch yinyang.py: 6 µs; range: calix"),
    param!(network.tau_syn: number, "Neurons", "τ_syn", "Synaptic time", Unit::Microseconds, Number { min: 0.3 * UM, max: 30.0 * UM }, Logarithmic, AtOnce,
        "How long the current of one spike lasts, as asked for", "hxtorch yinyang.py: 6 µs; range: calix"),
    param!(network.refractory: number, "Neurons", "t_ref", "Refractory time", Unit::Microseconds, Number { min: 0.0, max: 32.0 * UM }, Linear, AtOnce,
        "How long a membrane is held at reset after a spike", "calix default: 2 µs; range: calix"),
    param!(network.leak: number, "Neurons", "V_leak", "Leak potential", Unit::Lsb, Number { min: 50.0, max: 160.0 }, Linear, AtOnce,
        "Where a membrane rests, in readout values", "BrainScaleS-2 tutorials: 80; range: calix"),
    param!(network.threshold: number, "Neurons", "θ", "Threshold", Unit::Lsb, Number { min: 50.0, max: 220.0 }, Linear, AtOnce,
        "Where a membrane spikes, in readout values; must lie above the leak", "hxtorch yinyang.py: 150; range: calix"),
    param!(network.reset: number, "Neurons", "V_reset", "Reset potential", Unit::Lsb, Number { min: 50.0, max: 160.0 }, Linear, AtOnce,
        "Where a membrane is put after a spike, in readout values", "hxtorch yinyang.py: 80; range: calix"),
    param!(network.weight_full_scale: number, "Neurons", "", "Weight full scale", Unit::None, Number { min: 0.01, max: 100.0 }, Logarithmic, OnRestart,
        "The synaptic weight that the largest code stands for; a weight of 1 lifts a nominal membrane by 0.37 of the threshold",
        "ours; corresponds to the analog synapse bias of the chip"),
    param!(network.readout_full_scale: number, "Neurons", "", "Readout full scale", Unit::None, Number { min: 0.01, max: 100.0 }, Logarithmic, OnRestart,
        "The weight that the largest code stands for at the synapses of readout neurons; small ones keep the readout inside the range of the CADC",
        "ours, by sweep; corresponds to the analog synapse bias of the chip"),
    param!(network.weight_bits: integer, "Neurons", "", "Weight bits", Unit::None, Integer { min: 1, max: 6 }, Linear, AtOnce,
        "Bits of a synaptic weight, besides the sign", "BrainScaleS-2: 6, two rows for the sign"),
    param!(network.cadc_bits: integer, "Neurons", "", "Readout bits", Unit::None, Integer { min: 2, max: 8 }, Linear, AtOnce,
        "Bits of the parallel ADC that reads all membranes", "BrainScaleS-2: 8"),
    // ---- chip
    param!(chip.number as "chip": integer, "Mismatch", "", "Chip number", Unit::None, Integer { min: 0, max: 4_294_967_295 }, Linear, AtOnce,
        "The serial number; it alone decides which circuit is off in which way", "ours"),
    param!(chip.sigma: number, "Mismatch", "σ", "Global mismatch", PercentOfNominal, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "How different the circuits of the chip are; every parameter below that is on auto follows it in its measured proportion, and 20 % is the uncalibrated BrainScaleS-2",
        "calibration of a real chip, fastAndDeep w66_BB.npz"),
    param!(chip.sigma_tau_mem: spread, "Mismatch", "σ(τ_mem)", "Membrane time constants", PercentOfNominal, Spread { max: 1.0, share: share::TAU_MEM, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the membrane time constants", "real chip: CV 13 %"),
    param!(chip.sigma_tau_syn: spread, "Mismatch", "σ(τ_syn)", "Synaptic time constants", PercentOfNominal, Spread { max: 1.0, share: share::TAU_SYN, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the synaptic time constants, drawn apart for excitation and inhibition; the inhibitory ones follow unless they have a σ of their own", "real chip: CV 23 % and 21 %"),
    param!(chip.sigma_tau_syn_inh: spread, "Mismatch", "σ(τ_syn inh)", "Inhibitory synaptic time constants", PercentOfNominal, Spread { max: 1.0, share: share::TAU_SYN, follows: Some("sigma_tau_syn") }, Linear, AtOnce,
        "Spread of the inhibitory synaptic time constants, if it is to differ from that of the excitatory ones", "real chip: CV 21 %, little less than excitatory"),
    param!(chip.sigma_threshold: spread, "Mismatch", "σ(θ)", "Thresholds", PercentOfThresholdDistance, Spread { max: 1.0, share: share::THRESHOLD, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the thresholds", "real chip: about 8.4 of 70 LSB, correlated with the leak"),
    param!(chip.sigma_leak: spread, "Mismatch", "σ(V_leak)", "Leak potentials", PercentOfThresholdDistance, Spread { max: 1.0, share: share::LEAK, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the resting potentials; a leak above threshold makes a neuron fire by itself", "real chip: about 16 of 70 LSB"),
    param!(chip.sigma_reset: spread, "Mismatch", "σ(V_reset)", "Reset potentials", PercentOfThresholdDistance, Spread { max: 1.0, share: share::RESET, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the reset potentials", "real chip: about 15 of 70 LSB"),
    param!(chip.sigma_gain: spread, "Mismatch", "σ(gain)", "Synaptic gains", PercentOfNominal, Spread { max: 1.0, share: share::GAIN, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the gain of the synaptic inputs, with a common step per quadrant", "real chip: CV 10 %, of it 6 % within a quadrant"),
    param!(chip.sigma_gain_inh: spread, "Mismatch", "σ(gain inh)", "Inhibitory gains", PercentOfNominal, Spread { max: 1.0, share: share::GAIN, follows: Some("sigma_gain") }, Linear, AtOnce,
        "Spread of the gain of the inhibitory inputs, if it is to differ from that of the excitatory ones", "real chip: CV 10 %, correlated 0.76 with excitation"),
    param!(chip.sigma_weight: spread, "Mismatch", "σ(w)", "Single synapses", PercentOfNominal, Spread { max: 1.0, share: share::WEIGHT, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the strength of single synapses", "not published for BrainScaleS-2: an assumption"),
    param!(chip.sigma_refractory: spread, "Mismatch", "σ(t_ref)", "Refractory times", PercentOfNominal, Spread { max: 1.0, share: share::REFRACTORY, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the refractory times", "not published: an assumption"),
    param!(chip.sigma_driver: spread, "Mismatch", "σ(driver)", "Synapse drivers", PercentOfNominal, Spread { max: 1.0, share: share::DRIVER, follows: None }, Linear, AtOnce,
        "Device-to-device spread of the amplitude that one row driver gives to all its synapses", "calix: within an eighth of the range; σ is an assumption"),
    param!(chip.sigma_cadc_offset: spread, "Mismatch", "σ(offset)", "Readout offsets", PercentOfThresholdDistance, Spread { max: 1.0, share: share::CADC_OFFSET, follows: None }, Linear, AtOnce,
        "Spread of the zero points of the readout channels", "real chip: 9.87 LSB before correction"),
    param!(chip.sigma_cadc_gain: spread, "Mismatch", "σ(ADC gain)", "Readout gains", PercentOfNominal, Spread { max: 0.5, share: share::CADC_GAIN, follows: None }, Linear, AtOnce,
        "Spread of the gains of the readout channels", "not published: an assumption"),
    param!(chip.distribution: distribution, "Mismatch", "", "Distribution", Unit::None, Choice(Distribution::NAMES), Linear, AtOnce,
        "Shape of the spread of time constants, gains and weights; potentials are always normal",
        "lognormal: measured time constants; normal: Cramer et al. 2022"),
    param!(chip.correlation: number, "Mismatch", "", "Correlation", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "How much of the measured correlations between the potentials, between the gains, and between the synaptic times of one circuit there is; 0 draws each on its own",
        "real chip: leak and reset 0.68, gains 0.76, synaptic times 0.13"),
    // ---- noise
    param!(chip.noise_membrane: number, "Noise", "", "Membrane noise", PercentOfThresholdDistance, Number { min: 0.0, max: 0.3 }, Linear, AtOnce,
        "Trial-to-trial: standard deviation of a resting membrane around its mean", "ours; calix aims at 1.2 LSB for membrane and readout together"),
    param!(chip.noise_readout: number, "Noise", "", "Readout noise", PercentOfThresholdDistance, Number { min: 0.0, max: 0.3 }, Linear, AtOnce,
        "Trial-to-trial: standard deviation added to every sample of the CADC", "calix: 1.2 of 70 LSB"),
    param!(chip.noise_threshold: number, "Noise", "", "Threshold noise", PercentOfThresholdDistance, Number { min: 0.0, max: 0.3 }, Linear, AtOnce,
        "Batch-to-batch: standard deviation of every threshold from one run to the next", "DelGrad's model of BrainScaleS-2: 1.5 %"),
    param!(chip.jitter_input: number, "Noise", "", "Input jitter", Unit::Microseconds, Number { min: 0.0, max: 50.0 * UM }, Linear, AtOnce,
        "Trial-to-trial: standard deviation of the arrival times of input spikes; those that would come before the sample come at its start, those after its end are lost", "ours; zero unless asked for"),
    param!(chip.jitter_spike: number, "Noise", "", "Spike jitter", Unit::Microseconds, Number { min: 0.0, max: 50.0 * UM }, Linear, AtOnce,
        "Trial-to-trial: spikes of hidden neurons leave late by the absolute value of a normal draw of this standard deviation", "DelGrad's model: 0.01 τ; zero unless asked for"),
    param!(chip.synaptic_saturation: number, "Noise", "", "Synaptic saturation", Unit::None, Number { min: 0.0, max: 1000.0 }, Logarithmic, AtOnce,
        "Largest synaptic current of a neuron, in units of the weight; 0 for no limit", "the MAC output of real chips saturates; level ours"),
    param!(chip.rails: number, "Noise", "", "Rails", Unit::Lsb, Number { min: 0.0, max: 1000.0 }, Logarithmic, AtOnce,
        "Membranes go no further than this beyond the codes 0 and 255, as no capacitor leaves the supply of its chip; 0 for no rails",
        "an assumption: 32 LSB at 3.75 mV each makes 1.2 V of the range"),
    param!(chip.event_rate_limit: number, "Noise", "", "Event bandwidth", MillionEventsPerSecond, Number { min: 0.0, max: 1e9 }, Logarithmic, AtOnce,
        "Input events per second that the link carries, whatever the chip step; later ones in a full step are lost and counted; 0 for no limit", "BrainScaleS-2: 125 MEvent/s a driver"),
    // ---- damage
    param!(chip.silent_neurons: number, "Damage", "", "Silent neurons", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "Probability for each hidden neuron that it never spikes again, so their share is about that; which ones depends on the chip number, and more include fewer",
        "Cramer et al. 2022 silence up to a few ten percent after training"),
    param!(chip.silenced: integers, "Damage", "", "Silenced by hand", Unit::None, Integers { max: 511 }, Linear, AtOnce,
        "Hidden neurons, counted from 0, that were silenced one by one, as with the pointer on the chip map; another chip number forgets them", "ours"),
    param!(chip.mended: integers, "Damage", "", "Mended by hand", Unit::None, Integers { max: 511 }, Linear, AtOnce,
        "Hidden neurons, counted from 0, that spike again although they belong to the silent share; another chip number forgets them", "ours"),
    param!(chip.stuck_synapses: number, "Damage", "", "Stuck synapses", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "Probability for each synapse that its six bits can no longer be written and hold a random weight", "ours"),
    param!(chip.dead_inputs: number, "Damage", "", "Dead input rows", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "Probability for each input channel that its row driver sends nothing", "ours"),
    param!(chip.dead_channels: number, "Damage", "", "Dead readout channels", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "Probability for each readout channel of a hidden neuron that it always reads 0: the host learns blindly there", "ours"),
    param!(chip.dead_traces: number, "Damage", "", "Dead trace circuits", Unit::Percent, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "On-chip learning: probability for each trace circuit that its readout channel always reads 0: the weights of that input stay as they are", "ours"),
    param!(chip.temperature: number, "Damage", "ΔT", "Temperature step", Unit::Kelvin, Number { min: -60.0, max: 60.0 }, Linear, AtOnce,
        "Warming up stretches all time constants by 0.4 % per kelvin and raises all thresholds by 0.4 % of the leak-to-threshold distance per kelvin",
        "coefficients are assumptions; no published figure"),
    param!(chip.drift: number, "Damage", "", "Drift", PercentOfThresholdDistance, Number { min: 0.0, max: 1.0 }, Linear, AtOnce,
        "How far, as a standard deviation over neurons, thresholds, leaks and time constants wander away in 1,000 batches",
        "ours; zero unless asked for"),
];
