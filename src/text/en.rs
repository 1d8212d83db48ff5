//! English.

use super::{DeviceText, Language, Named, ShellText, SweepText, Tables, Text, ViewText};

/// English.
pub const EN: Text = Text {
    language: Language::English,
    tables: Tables { params: &[], presets: &[], words: &[] },
    shell: SHELL,
    device: DEVICE,
    sweep: SWEEP,
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
    open_data: Named {
        name: "Open data…",
        meaning: "Begin anew with your own data: a folder with IDX images, HDF5 spikes or WAV words; one can also be dropped on the window, and a single WAV file is heard at once",
    },
    stop: Named { name: "Stop", meaning: "Stop loading; the experiment that was running goes on" },
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
               Colours tell which ones the ideal twin with the same weights emits too, and which are shifted, extra or missed; click a row to select its neuron.",
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

const SHELL: ShellText = ShellText {
    menu: Named { name: "Menu", meaning: "Everything that can be done, with its keys" },
    undo: Named { name: "Undo", meaning: "Take back the last change of a setting; one drag is one change" },
    redo: Named { name: "Redo", meaning: "Make the change again that was taken back" },
    views: Named { name: "Views", meaning: "Open a view or bring it to the front" },
    layouts: "Layout",
    demo: Named { name: "Demo", meaning: "What one shows to an audience: accuracy, membranes, task, spikes, faults" },
    explore: Named { name: "Explore", meaning: "Chip map, scope, weights and the neurons that do harm" },
    train: Named { name: "Train", meaning: "Curves, confusion, weights and the loop with its numbers" },
    reset_layout: Named { name: "Reset layout", meaning: "Put every view back where the layout has it" },
    themes: ["System", "Light", "Dark"],
    language: "Language",
    projector: Named { name: "Projector mode", meaning: "Larger text, thicker lines, light background" },
    shortcuts: Named { name: "Keys", meaning: "All keys in a list" },
    palette: Named { name: "Command palette", meaning: "Find any command by its name" },
    palette_hint: "Type a part of a command",
    no_command: "No such command",
    controls: Named { name: "Settings panel", meaning: "Show or hide the settings on the left" },
    full_screen: Named { name: "Full screen", meaning: "Fill the screen, or go back to a window" },
    zoom_in: "Larger",
    zoom_out: "Smaller",
    zoom_reset: "Normal size",
    window_png: Named { name: "Window as PNG", meaning: "Write a picture of the whole window" },
    figure_csv: Named { name: "CSV", meaning: "Write the numbers of a view, with all settings and seeds" },
    figure_svg: Named { name: "SVG", meaning: "Write a view as a drawing, with all settings and seeds" },
    figure_of: "Figure of",
    folder: Named {
        name: "Folder for figures",
        meaning: "Where figures and pictures are written; empty for the folder that Misfit was started in",
    },
    copy_command: Named {
        name: "Copy as command",
        meaning: "Copy the command line that runs the same experiment in the terminal",
    },
    copied: "Copied",
    settings_broken: "The settings of the window could not be read, so it starts with the usual ones; the old file was kept beside it",
    settings_newer: "The settings of the window were written by a newer Misfit; they are left alone and not used",
    close: "Close",
    previous_sample: "Previous sample",
    next_sample: "Next sample",
    live: Named { name: "Live", meaning: "Follow the data again" },
    figures: Named { name: "Take away", meaning: "Write figures, pictures, the command line and the network" },
    export_nir: [
        Named {
            name: "Network as NIR, nominal…",
            meaning: "Write weights and nominal neurons of the lane in the loop for snnTorch, Norse and others that read NIR",
        },
        Named {
            name: "Network as NIR, actual…",
            meaning: "Write the same network with every neuron and synapse as this chip has it",
        },
    ],
    load_nir: Named {
        name: "Load network…",
        meaning: "Begin anew with a network from another simulator (NIR); one can also be dropped on the window",
    },
    loaded: "Network loaded",
    gallery: Named { name: "Gallery", meaning: "Experiments that are worth seeing, each with a sentence of why" },
    gallery_start: "Begin anew with these settings",
};

const DEVICE: DeviceText = DeviceText {
    chip_map: ViewText {
        title: "Chip map",
        help: "The floor plan: two rows of 256 circuits in four quadrants, each with its column of 256 synapses whose colour is the 6-bit weight. \
               Choose what colours the neurons, click one to select it, and switch the pointer to damage or heal.",
    },
    weights: ViewText {
        title: "Weights",
        help: "The codes that were written to the chip, one row an input and one column a neuron, and how often each code occurs; framed are those at the end of the range. \
               Switch to the change since the start and see where learning took place.",
    },
    mismatch: ViewText {
        title: "Mismatch",
        help: "How one parameter is distributed over the neurons, with the value asked for as a line. \
               Calibrate and compare with what it was before.",
    },
    compensation: ViewText {
        title: "Compensation",
        help: "How learning answers the faults: across, how far each hidden neuron is off; up, how its learnt weights differ from those of the ideal network. \
               A slope says that the loop has learnt around this fault without ever measuring it.",
    },
    rounds: ViewText {
        title: "Loop",
        help: "The five steps of one round in the loop with the numbers of the last batch: what crosses between host and chip, and how long each step took here. \
               Change batch size or hidden neurons and see where the time goes.",
    },
    confusion: ViewText {
        title: "Confusion",
        help: "Which class is taken for which: one row a right class, one column an answer, over the whole test split. \
               Compare the transferred network with the one in the loop.",
    },
    draw: ViewText {
        title: "Draw",
        help: "Draw with the mouse; the strokes are centred, scaled and reduced to the pixels of the task, and every lane answers at once. \
               Look for a shape on which the transferred network fails.",
    },
    culprits: ViewText {
        title: "Culprits",
        help: "Hidden neurons by the harm they do: how loss and accuracy on some test samples change when the neuron is silenced. \
               Measure, silence a neuron that does harm, and watch the accuracy.",
    },
    colour: "Colour",
    z_score: Named {
        name: "z-score",
        meaning: "Deviation from what was asked for, in units of its root mean square over the chip",
    },
    rate: Named { name: "firing rate", meaning: "Hidden spikes per test sample of the lane" },
    weight_norm: Named { name: "weight norm", meaning: "Root of the sum of the squared codes into the neuron" },
    weight_change: Named {
        name: "change by learning",
        meaning: "Root of the sum of the squared changes of the codes into the neuron since the start",
    },
    no_colour: "nothing measured yet",
    circuit: "circuit",
    unused: "not in use",
    readout_neuron: "readout",
    silent: "silent",
    select: Named { name: "Select", meaning: "Click selects a neuron for all views; with Ctrl up to eight" },
    kill: Named { name: "Silence", meaning: "Break neurons, so that they never spike: click, or drag over several" },
    heal: Named { name: "Heal", meaning: "Let silenced neurons spike again: click, or drag over several" },
    clear_selection: Named {
        name: "Clear selection",
        meaning: "Show the neurons again that the views choose themselves",
    },
    selected: "selected",
    input_weights: "input to hidden",
    recurrent_weights: "hidden to hidden",
    readout_weights: "hidden to readout",
    codes: Named { name: "Codes", meaning: "The weights as they stand on the chip" },
    change: Named { name: "Change", meaning: "The codes minus those at the start" },
    saturated: Named { name: "at the end of the range", meaning: "Weights that cannot grow any further" },
    code_axis: "code",
    count_axis: "weights",
    quantity: "Parameter",
    actual: "actual",
    before_calibration: "before calibration",
    spread: "standard deviation",
    mean: "mean",
    fault: "Fault",
    response: "Answer",
    mean_input: Named {
        name: "mean input weight",
        meaning: "Mean of the codes into the neuron, in the loop minus ideal",
    },
    size_input: Named {
        name: "size of input weights",
        meaning: "Mean absolute code into the neuron, in the loop minus ideal",
    },
    size_output: Named {
        name: "size of output weights",
        meaning: "Mean absolute code out of the neuron, in the loop minus ideal",
    },
    response_axis: "in the loop minus ideal, codes",
    correlation: Named {
        name: "correlation",
        meaning: "Pearson's r over all hidden neurons, with its 95 % interval after Fisher; an interval without 0 is more than chance",
    },
    needs_two_lanes: "This view compares the lane in the loop with the ideal one; switch both on under Experiment",
    steps: [
        Named { name: "Run", meaning: "The chip computes the batch with all its faults" },
        Named { name: "Loss", meaning: "The host scores what it has read" },
        Named { name: "Gradient", meaning: "The host goes backward through its ideal model with a surrogate" },
        Named { name: "Update", meaning: "The optimiser changes the float weights" },
        Named { name: "Write", meaning: "Weights become 6-bit codes on the chip" },
    ],
    host: "host",
    down: "down to the chip",
    up: "up to the host",
    weight_codes: "weight codes",
    input_events: "input events",
    samples_up: "voltage samples",
    spikes_up: "spikes",
    this_machine: Named { name: "this machine", meaning: "Time of the last round on this computer" },
    real_chip: Named {
        name: "the real chip",
        meaning: "Samples times their duration in hardware time, without transfer, as if BrainScaleS-2 ran the batch",
    },
    energy: Named {
        name: "energy at 200 mW",
        meaning: "That time at the 200 mW that Cramer et al. 2022 measured for the whole chip; host and board not counted",
    },
    per_batch: "samples a batch",
    rows_right: "right class",
    columns_answer: "answer",
    taken_for: "taken for",
    count: "samples",
    share: "of the row",
    draw_here: "Draw here",
    network_sees: "What the network sees",
    clear: "Clear",
    no_picture: "This task has no pictures to draw; choose the digits under Experiment",
    measure: Named {
        name: "Measure",
        meaning: "Silence every hidden neuron in turn, on a frozen copy of the network, while learning goes on",
    },
    measuring: "measuring",
    harm_loss: Named {
        name: "loss without it",
        meaning: "Change of the loss when the neuron is silent; below zero it does harm",
    },
    harm_accuracy: Named {
        name: "accuracy without it",
        meaning: "Change of the accuracy in points when the neuron is silent; above zero it does harm",
    },
    worst_fault: Named { name: "largest fault", meaning: "The parameter with the largest z-score" },
    baseline: "with all neurons",
    sort: "Order",
    by_number: "by number",
    by_rate: "by rate",
    by_first_spike: "by first spike",
    by_parameter: "by threshold",
    matched: Named { name: "same", meaning: "Spikes that the ideal twin emits within one readout interval" },
    shifted: Named {
        name: "shifted",
        meaning: "Spikes that the ideal twin emits too, but up to one membrane time constant apart",
    },
    extra: Named { name: "extra", meaning: "Spikes that the ideal twin does not emit" },
    missed: Named { name: "missed", meaning: "Spikes of the ideal twin that the chip does not emit" },
    cursor: Named {
        name: "Cursor",
        meaning: "Point at any time axis to move it in all views; click to set the first mark and measure from there",
    },
    changes: Named { name: "Changes", meaning: "A line for each change of a setting; point at its foot to read it" },
    smooth: "smoothed",
    damage_done: "silenced neuron",
    healed: "healed neuron",
};

const SWEEP: SweepText = SweepText {
    view: ViewText {
        title: "Sweep",
        help: "The same experiment at every point of a grid of one to three parameters, computed in the background while this one learns. \
               Start one, and click a cell of the map to open its experiment.",
    },
    none: "none",
    parameter: "Parameter of the sweep",
    from: "from",
    to: "to",
    steps: "steps",
    seeds: "seeds",
    seed: "seed",
    ratios: Named { name: "ratios", meaning: "Steps in even ratios instead of even distances" },
    early: Named {
        name: "Stop hopeless runs",
        meaning: "End a run whose best accuracy is below the median of what the finished ones had by then (median rule of Google Vizier)",
    },
    folder: Named {
        name: "Records in",
        meaning: "Folder for one record a run; a sweep that was cancelled goes on from there",
    },
    start: Named { name: "Start", meaning: "Compute all runs on the free cores, around the settings in force" },
    cancel: Named { name: "Cancel", meaning: "Stop after the batches under way; finished runs are kept" },
    runs: "runs",
    to_go: "to go:",
    pictures: ["Map", "Lines", "Parallel"],
    stopped: ", stopped early",
    open: "Click to open this experiment",
};
