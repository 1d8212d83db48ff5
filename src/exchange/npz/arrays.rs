//! The arrays of the archive, described once.

use std::fmt::Write as _;

/// One array of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayDoc {
    /// Name within the archive.
    pub name: &'static str,
    /// Type in the words of NumPy.
    pub dtype: &'static str,
    /// What each axis counts, comma separated; empty for a single number.
    pub axes: &'static str,
    /// Unit; empty for pure numbers.
    pub unit: &'static str,
    /// Meaning.
    pub meaning: &'static str,
}

impl ArrayDoc {
    /// The names of the axes.
    pub(super) fn axes(&self) -> impl Iterator<Item = &'static str> {
        self.axes.split(", ").filter(|axis| !axis.is_empty())
    }
}

/// Writes the list once and documents it with itself.
macro_rules! arrays {
    ($list:ident, $what:literal: $($name:literal, $dtype:literal, [$axes:literal], $unit:literal, $meaning:literal;)*) => {
        #[doc = $what]
        ///
        /// | array | type | axes | unit | meaning |
        /// |---|---|---|---|---|
        $(#[doc = concat!("| `", $name, "` | ", $dtype, " | ", $axes, " | ", $unit, " | ", $meaning, " |")])*
        pub const $list: &[ArrayDoc] = &[
            $(ArrayDoc { name: $name, dtype: $dtype, axes: $axes, unit: $unit, meaning: $meaning },)*
        ];
    };
}

arrays! { ARRAYS, "Every array of the archive, in the order in which they are written.":
    "params_json", "uint8", ["byte"], "", "UTF-8 text of a JSON object: every parameter of `misfit params` in the unit shown there";
    "trial", "uint64", [""], "", "number of the run, which decided its noise";
    "dt_chip", "float64", [""], "s", "chip step";
    "substeps", "int32", [""], "", "chip steps per host step";
    "nominal_tau_mem", "float64", [""], "s", "membrane time constant asked for; also C/g of every actual neuron";
    "nominal_tau_syn", "float64", [""], "s", "synaptic time constant asked for";
    "leak", "float64", [""], "LSB", "nominal leak potential";
    "lsb_per_unit", "float64", [""], "LSB", "nominal leak-to-threshold distance";
    "cadc_step", "int32", [""], "LSB", "step of the converter: 1 for 8 bits";
    "synaptic_saturation", "float64", [""], "weight", "largest synaptic current; 0 for no limit";
    "rails", "float64", [""], "LSB", "how far beyond the codes 0 and 255 membranes go; 0 for no rails";
    "surrogate_slope", "float64", [""], "", "β of the surrogate 1/(β abs(v − 1) + 1)²";
    "readout_scale", "float64", [""], "", "factor s before the softmax";
    "readout_penalty", "float64", [""], "", "ρ_a: weight of the mean squared score in the loss";
    "burst_penalty", "float64", [""], "", "ρ_b: weight of the mean squared spike count in the gradient (not in `loss`)";
    "activity_penalty", "float64", [""], "", "ρ_r: weight of the squared excess of hidden spikes in the gradient (not in `loss`)";
    "activity_limit", "float64", [""], "", "θ_r: hidden spikes of a sample that cost nothing";
    "weight_per_code_input", "float64", [""], "weight", "nominal weight of code 1 at hidden neurons, from inputs and from each other";
    "weight_per_code_readout", "float64", [""], "weight", "nominal weight of code 1 at readout neurons";
    "hidden_tau_mem", "float64", ["hidden"], "s", "actual membrane time constants";
    "hidden_tau_syn_exc", "float64", ["hidden"], "s", "actual excitatory synaptic time constants";
    "hidden_tau_syn_inh", "float64", ["hidden"], "s", "actual inhibitory synaptic time constants";
    "hidden_v_leak", "float64", ["hidden"], "membrane", "actual leak potentials";
    "hidden_v_reset", "float64", ["hidden"], "membrane", "actual reset potentials";
    "hidden_v_threshold", "float64", ["hidden"], "membrane", "actual thresholds, without the shift of this run";
    "hidden_threshold_shift", "float32", ["hidden"], "membrane", "what threshold noise added to the thresholds in this run";
    "hidden_refractory_steps", "int32", ["hidden"], "chip steps", "how long a membrane is held at reset after the step of its spike";
    "hidden_gain_exc", "float64", ["hidden"], "", "gain of the excitatory inputs, relative to nominal (already within `effective_input`)";
    "hidden_gain_inh", "float64", ["hidden"], "", "gain of the inhibitory inputs, relative to nominal (already within `effective_input`)";
    "hidden_cadc_offset", "float64", ["hidden"], "LSB", "zero point of the readout channels";
    "hidden_cadc_gain", "float64", ["hidden"], "", "gain of the readout channels, relative to nominal";
    "hidden_silent", "uint8", ["hidden"], "", "1 for neurons that are broken and never spike";
    "hidden_deaf", "uint8", ["hidden"], "", "1 for neurons whose readout channel is broken and always reads 0";
    "input_dead", "uint8", ["input"], "", "1 for input channels that are broken; their events are not admitted";
    "readout_tau_mem", "float64", ["readout"], "s", "actual membrane time constants";
    "readout_tau_syn_exc", "float64", ["readout"], "s", "actual excitatory synaptic time constants";
    "readout_tau_syn_inh", "float64", ["readout"], "s", "actual inhibitory synaptic time constants";
    "readout_v_leak", "float64", ["readout"], "membrane", "actual leak potentials; readout neurons have no threshold";
    "readout_gain_exc", "float64", ["readout"], "", "gain of the excitatory inputs, relative to nominal (already within `effective_readout`)";
    "readout_gain_inh", "float64", ["readout"], "", "gain of the inhibitory inputs, relative to nominal (already within `effective_readout`)";
    "readout_cadc_offset", "float64", ["readout"], "LSB", "zero point of the readout channels";
    "readout_cadc_gain", "float64", ["readout"], "", "gain of the readout channels, relative to nominal";
    "weights_input", "float32", ["input, hidden"], "weight", "float weights of the host, [pre, post]";
    "weights_recurrent", "float32", ["recurrent, hidden"], "weight", "float weights of the host among hidden neurons, [pre, post]";
    "weights_readout", "float32", ["hidden, readout"], "weight", "float weights of the host, [pre, post]";
    "codes_input", "int8", ["input, hidden"], "", "signed weight codes as written to the chip, [pre, post]";
    "codes_recurrent", "int8", ["recurrent, hidden"], "", "signed weight codes as written to the chip, [pre, post]";
    "codes_readout", "int8", ["hidden, readout"], "", "signed weight codes as written to the chip, [pre, post]";
    "effective_input", "float32", ["input, hidden"], "weight", "analog weights the codes became: synapse, driver and gain together, [pre, post]";
    "effective_recurrent", "float32", ["recurrent, hidden"], "weight", "analog weights the codes became: synapse, driver and gain together, [pre, post]";
    "effective_readout", "float32", ["hidden, readout"], "weight", "analog weights the codes became: synapse, driver and gain together, [pre, post]";
    "labels", "int32", ["sample"], "", "right class";
    "events_sent", "int32", ["sent, 3"], "", "input events as the host sent them: sample, chip step, channel";
    "events_admitted", "int32", ["admitted, 3"], "", "input events that acted, after jitter and within the bandwidth: sample, chip step, channel";
    "noise_v_hidden", "float32", ["sample, chip step, hidden"], "membrane", "noise added to the hidden membranes after the flow of each step; zeros without noise";
    "noise_v_readout", "float32", ["sample, chip step, readout"], "membrane", "noise added to the readout membranes after the flow of each step";
    "noise_cadc_hidden", "float32", ["sample, host step, hidden"], "LSB", "noise added to each conversion, after gain and offset";
    "noise_cadc_readout", "float32", ["sample, host step, readout"], "LSB", "noise added to each conversion, after gain and offset";
    "v_hidden", "float32", ["sample, chip step, hidden"], "membrane", "analog hidden membranes at the end of each chip step, after reset";
    "v_readout", "float32", ["sample, chip step, readout"], "membrane", "analog readout membranes at the end of each chip step";
    "cadc_hidden", "uint8", ["sample, host step, hidden"], "LSB", "codes of the hidden membranes, sampled at the end of the host step";
    "cadc_readout", "uint8", ["sample, host step, readout"], "LSB", "codes of the readout membranes, sampled at the end of the host step";
    "spikes", "int32", ["spike, 3"], "", "hidden spikes: sample, chip step at whose end they were emitted, neuron";
    "traces_readout", "float32", ["sample, host step, readout"], "membrane", "readout voltages as the host understands the codes";
    "scores", "float32", ["sample, readout"], "membrane", "class scores, before the softmax scale";
    "loss", "float32", ["sample"], "", "loss of each sample, without the penalties on hidden spikes";
    "gradient_input", "float32", ["input, hidden"], "1/weight", "gradient of the batch's mean loss with respect to `weights_input`";
    "gradient_recurrent", "float32", ["recurrent, hidden"], "1/weight", "gradient of the batch's mean loss with respect to `weights_recurrent`";
    "gradient_readout", "float32", ["hidden, readout"], "1/weight", "gradient of the batch's mean loss with respect to `weights_readout`";
    "neurobench", "float64", ["metric"], "", "what NeuroBench counts of this batch: footprint, connection sparsity, activation sparsity, dense, effective ACs, effective MACs, membrane updates, steps, execution rate";
}

arrays! { ON_CHIP_ARRAYS, "Every array of the archive of a chip that teaches itself, in the order in which they are written.":
    "params_json", "uint8", ["byte"], "", "UTF-8 text of a JSON object: every parameter of `misfit params` in the unit shown there";
    "epoch", "int32", [""], "", "epochs learnt before: the rates have decayed so many times";
    "substeps", "int32", [""], "", "chip steps per host step";
    "lsb_per_unit", "float64", [""], "LSB", "nominal leak-to-threshold distance";
    "labels", "int32", ["sample"], "", "right class, sent to the chip";
    "events_sent", "int32", ["sent, 3"], "", "input events as they were sent: sample, chip step, channel";
    "cadc_hidden", "uint8", ["sample, host step, hidden"], "LSB", "codes of the hidden membranes";
    "cadc_readout", "uint8", ["sample, host step, readout"], "LSB", "codes of the readout membranes";
    "spikes", "int32", ["spike, 3"], "", "hidden spikes: sample, chip step, neuron; the processors read their number only";
    "traces", "int16", ["sample, processor, input, host step"], "LSB", "traces of the inputs as either processor reads them; zeros where no weight changed";
    "feedback", "int8", ["hidden, readout"], "", "random weights through which errors go back, if `on_chip_feedback` is random";
    "fine_input_before", "int16", ["input, hidden"], "2^-bits LSB", "input weights with their fractions before the first sample";
    "fine_readout_before", "int16", ["hidden, readout"], "2^-bits LSB", "readout weights with their fractions before the first sample";
    "registers_before", "int32", ["column"], "", "shift registers of the columns of hidden neurons, then of readouts, before the first sample";
    "fine_input_after", "int16", ["input, hidden"], "2^-bits LSB", "input weights with their fractions after the last sample";
    "fine_readout_after", "int16", ["hidden, readout"], "2^-bits LSB", "readout weights with their fractions after the last sample";
    "registers_after", "int32", ["column"], "", "shift registers after the last sample";
}

/// The arrays as a Markdown table, for the handbook.
pub fn markdown() -> String {
    let table = |arrays: &[ArrayDoc]| {
        let mut text = String::from("| array | type | axes | unit | meaning |\n|---|---|---|---|---|\n");
        for a in arrays {
            let _ = writeln!(text, "| `{}` | {} | {} | {} | {} |", a.name, a.dtype, a.axes, a.unit, a.meaning);
        }
        text
    };
    format!("{}\nOf the lane `on_chip`, where no host takes part:\n\n{}", table(ARRAYS), table(ON_CHIP_ARRAYS))
}

/// The arrays as plain text, for `misfit record --help`.
pub fn help() -> String {
    let mut text = String::from("Arrays of the archive, as numpy.load(FILE) gives them:\n");
    for a in ARRAYS {
        let unit = if a.unit.is_empty() { String::new() } else { format!(" in {}", a.unit) };
        let _ = write!(text, "\n  {}  {} [{}]{unit}\n      {}", a.name, a.dtype, a.axes, a.meaning);
    }
    text.push_str("\n\nArrays of the lane on_chip, where no host takes part:\n");
    for a in ON_CHIP_ARRAYS {
        let _ = write!(text, "\n  {}  {} [{}]\n      {}", a.name, a.dtype, a.axes, a.meaning);
    }
    text.push_str(
        "\n\n`membrane` is the nominal leak-to-threshold distance; a weight of 1 lifts a nominal membrane by 0.37 of it.\n\
         tests/reference/recompute.py computes the run again in NumPy and compares.",
    );
    text
}
