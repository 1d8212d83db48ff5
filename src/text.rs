//! Every string a person reads in the window, in one place and ready for translation.
//!
//! A language is one value of [`Text`]; a string that is missing does not compile.
//! Labels and help of parameters stand in [`crate::params::PARAMS`].

use crate::params::LaneKind;

/// A title and two sentences: what you see, and what to try.
#[derive(Debug, Clone, Copy)]
pub struct ViewText {
    /// On the tab.
    pub title: &'static str,
    /// In the tooltip of the question mark.
    pub help: &'static str,
}

/// A name and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// On buttons and in legends.
    pub name: &'static str,
    /// In tooltips and captions.
    pub meaning: &'static str,
}

/// All strings of the window in one language.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct Text {
    pub run: Named,
    pub pause: Named,
    pub step: Named,
    pub reset: Named,
    pub new_chip: Named,
    pub new_weights: Named,
    pub calibrate: Named,
    pub calibrated: &'static str,
    pub presets: Named,
    pub no_preset: &'static str,
    pub heal: Named,
    pub open: Named,
    pub save: Named,
    pub path: Named,
    pub open_path: &'static str,
    pub save_path: &'static str,
    pub saved: &'static str,
    pub experiment_files: &'static str,
    pub lost_events: Named,
    pub recovering: Named,
    pub recovered: Named,
    pub start_again: &'static str,
    pub speed: Named,
    pub full_speed: &'static str,
    pub batches_per_second: &'static str,
    pub theme: &'static str,
    pub epoch: &'static str,
    pub of: &'static str,
    pub batch: &'static str,
    pub chip: &'static str,
    pub loading: &'static str,
    pub finished: &'static str,
    pub paused: &'static str,
    pub refused: &'static str,
    pub failed: &'static str,
    pub dismiss: &'static str,
    pub needs_restart: Named,
    pub apply_restart: &'static str,
    pub discard: &'static str,
    pub takes_restart: &'static str,
    pub auto: Named,
    pub double_click: &'static str,
    pub range: &'static str,
    pub source: &'static str,
    pub lanes: [Named; LaneKind::ALL.len()],
    pub gestures: &'static str,
    pub no_data: &'static str,
    pub now: &'static str,
    pub points_against_ideal: &'static str,
    pub learning: ViewText,
    pub loss: ViewText,
    pub membranes: ViewText,
    pub readout: ViewText,
    pub raster: ViewText,
    pub faults: ViewText,
    pub task: ViewText,
    pub test: &'static str,
    pub batches: &'static str,
    pub epochs_axis: &'static str,
    pub accuracy_axis: &'static str,
    pub loss_axis: &'static str,
    pub voltage_axis: &'static str,
    pub time_axis: &'static str,
    pub deviation_axis: &'static str,
    pub logarithmic: Named,
    pub lane: &'static str,
    pub neuron: &'static str,
    pub first_neuron: Named,
    pub most_different: Named,
    pub twin: &'static str,
    pub threshold: &'static str,
    pub analog: &'static str,
    pub madc: &'static str,
    pub samples: &'static str,
    pub spikes: &'static str,
    pub inputs: &'static str,
    pub hidden: &'static str,
    pub readout_rows: &'static str,
    pub peak: &'static str,
    pub class: &'static str,
    pub label: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub auto_advance: Named,
    pub sample: &'static str,
    pub right: &'static str,
    pub wrong: &'static str,
    pub nominal: &'static str,
}

/// English.
pub const EN: Text = Text {
    run: Named { name: "Run", meaning: "Learn on (Space)" },
    pause: Named { name: "Pause", meaning: "Stop learning; every slider still acts on what is shown (Space)" },
    step: Named { name: "Step", meaning: "Learn from one batch, then pause (right arrow)" },
    reset: Named {
        name: "Reset",
        meaning: "Begin anew with the same seed and the same chip: the same run, to the last bit (R)",
    },
    new_chip: Named {
        name: "New chip",
        meaning: "Put the same weights on the next chip: other faults, nothing else changes, and the loop has to heal again",
    },
    new_weights: Named {
        name: "New weights",
        meaning: "Begin anew with the next seed: other first weights, other order of the data",
    },
    calibrate: Named {
        name: "Calibrate",
        meaning: "Measure every neuron through the readout and set its trims, as one does on the real chip; a new chip comes without trims",
    },
    calibrated: "Calibrated, σ without the outer 5 %",
    presets: Named { name: "Preset", meaning: "Named sets of imperfections" },
    no_preset: "own settings",
    heal: Named { name: "Heal", meaning: "Undo all damage" },
    open: Named {
        name: "Open…", meaning: "Begin anew with an experiment file; one can also be dropped on the window"
    },
    save: Named { name: "Save…", meaning: "Write all settings and seeds to a file that reproduces this run" },
    path: Named {
        name: "Experiment file",
        meaning: "The path of an experiment file, for where there is no file dialog",
    },
    open_path: "Open this path",
    save_path: "Save to this path",
    saved: "Saved",
    experiment_files: "Misfit experiments",
    lost_events: Named {
        name: "events lost",
        meaning: "Input events of the last batch that the link between host and chip could not carry",
    },
    recovering: Named {
        name: "on the way back to",
        meaning: "Test accuracy of the lane in the loop before its chip was disturbed",
    },
    recovered: Named {
        name: "recovered in",
        meaning: "Epochs until the lane in the loop was within a point of what it had before its chip was disturbed",
    },
    start_again: "Start again",
    speed: Named {
        name: "Speed",
        meaning: "How many batches are learnt per second, at most; this is not the time step of the chip",
    },
    full_speed: "full speed",
    batches_per_second: "batches/s",
    theme: "Theme",
    epoch: "epoch",
    of: "of",
    batch: "batch",
    chip: "chip",
    loading: "Building the experiment…",
    finished: "All planned epochs are done; Run goes on",
    paused: "paused",
    refused: "Not adopted",
    failed: "The run has stopped",
    dismiss: "Dismiss",
    needs_restart: Named {
        name: "Restart needed for",
        meaning: "These settings build network or data anew; the run goes on with the old ones until you restart",
    },
    apply_restart: "Apply and restart",
    discard: "Discard",
    takes_restart: "takes effect on restart",
    auto: Named { name: "auto", meaning: "Follow the global mismatch in the measured proportion" },
    double_click: "double-click for the default",
    range: "range",
    source: "source",
    lanes: [
        Named { name: "Ideal", meaning: "trained and tested in software, on a chip without faults" },
        Named { name: "Transferred", meaning: "the ideal weights, loaded onto the faulty chip" },
        Named { name: "In the loop", meaning: "trained through the faulty chip, tested on it" },
    ],
    gestures: "Drag to pan, Ctrl and wheel to zoom, right-drag to zoom into a box, double-click to see everything again.",
    no_data: "Nothing to show yet",
    now: "test accuracy",
    points_against_ideal: "points against ideal",
    learning: ViewText {
        title: "Accuracy",
        help: "Share of right answers of each lane: bold on the test split after every epoch, thin on the batches while learning. \
               Move the global mismatch and watch the lanes part and the loop catch up.",
    },
    loss: ViewText {
        title: "Loss",
        help: "Cross entropy of each lane: bold on the test split, thin on the batches while learning. \
               Raise the learning rate until the curves jump, then lower it again.",
    },
    membranes: ViewText {
        title: "Membranes",
        help: "Voltages of hidden neurons in the sample on display: solid the analog chip, the first neuron at 30 MSample/s, dots what the host reads after taking off the baseline, dashed the ideal \
               twin with the same weights. Change the mismatch of the thresholds and see spikes come and go.",
    },
    readout: ViewText {
        title: "Readout",
        help: "Voltages of the readout neurons in the sample on display; the highest one is the answer, the bold one would be right. \
               Compare the lanes on the same sample.",
    },
    raster: ViewText {
        title: "Spikes",
        help: "Every spike of the sample on display: inputs below, hidden neurons above, and at the top when each readout was highest. \
               Those of the ideal twin with the same weights are drawn underneath: one that shows is a spike that the faulty chip moved or missed.",
    },
    faults: ViewText {
        title: "Faults of the chip",
        help: "How far every circuit is from what was asked for, one dot a neuron and one row a parameter; potentials in % of the leak-to-threshold distance. \
               Drag the global mismatch: the same faults grow and shrink.",
    },
    task: ViewText {
        title: "Task",
        help: "The sample on display and what each lane answers, with the score of every class. \
               Step through the samples and look for those that only the transferred network gets wrong.",
    },
    test: "test split",
    batches: "batches",
    epochs_axis: "epochs",
    accuracy_axis: "accuracy, %",
    loss_axis: "loss",
    voltage_axis: "voltage, leak to threshold 1",
    time_axis: "hardware time, µs",
    deviation_axis: "deviation from nominal, %",
    logarithmic: Named { name: "Logarithmic", meaning: "Show the loss on a logarithmic axis" },
    lane: "Lane",
    neuron: "neuron",
    first_neuron: Named { name: "First neuron", meaning: "The first of the four hidden neurons shown" },
    most_different: Named {
        name: "Most off",
        meaning: "Show the hidden neurons that differ most from the ideal twin in this sample",
    },
    twin: "ideal twin",
    threshold: "threshold",
    analog: "analog voltage",
    madc: "analog voltage, MADC",
    samples: "read by the host",
    spikes: "spikes",
    inputs: "inputs",
    hidden: "hidden",
    readout_rows: "readout",
    peak: "readout maximum",
    class: "class",
    label: "label",
    previous: "Previous",
    next: "Next",
    auto_advance: Named { name: "Advance", meaning: "Show another sample every three seconds while learning" },
    sample: "sample",
    right: "right",
    wrong: "wrong",
    nominal: "nominal",
};

impl Text {
    /// Name and meaning of a lane.
    pub fn lane(&self, lane: LaneKind) -> Named {
        self.lanes[lane as usize]
    }
}
