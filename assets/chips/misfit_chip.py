"""Be a chip for Misfit. One file, NumPy only; copy it beside your own.

    import numpy as np
    import misfit_chip

    class MyChip(misfit_chip.Chip):
        name = "my chip"

        def setup(self, network):      # sizes, timing and the nominal circuit: network.inputs, network.tau_mem, …
            ...

        def weights(self, input, recurrent, readout):      # signed codes, int8, [pre, post]
            ...

        def run(self, batch):          # batch.events(sample) gives times (s) and channels
            return misfit_chip.Recording(hidden=..., readout=..., spikes=...)

    misfit_chip.serve(MyChip())

Then `misfit --set chip_program="python3 my_chip.py"` trains on it, and `misfit chip check "python3 my_chip.py"` says
what it does wrong. The handbook (assets/handbook/chips.md) has the protocol, shapes and units.
"""

import json
import os
import sys
import threading
import time

# The matrices of a batch are small: threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

VERSION = 1
#: Seconds between two messages that say that the chip is busy.
BEAT = 5.0


class Refused(Exception):
    """Raise it for what the chip cannot do: Misfit shows the words."""


class Network:
    """What the chip is set up for. Times in s, potentials in codes (LSB).

    inputs, hidden, readout: sizes. recurrent: whether hidden neurons reach each other.
    steps: readout samples of a batch sample. substeps: chip steps between two of them. dt: chip step.
    interval = substeps * dt: time between two readout samples. duration: of a sample, as asked for.
    tau_mem, tau_syn, refractory; leak, threshold, reset in codes.
    weight_full_scale, readout_full_scale: the weight that the largest code stands for.
    code_max: largest weight code. code_bits: bits of a voltage code.
    """

    def __init__(self, fields):
        self.__dict__.update(fields)
        self.dt = self.interval / self.substeps
        self.chip_steps = self.steps * self.substeps
        self.code_max = 2**self.weight_bits - 1
        self.readout_code_max = 2**self.code_bits - 1
        # Per weight code, in membrane units (leak 0, threshold 1): see the handbook.
        self.weight_per_code = self.weight_full_scale / self.code_max
        self.readout_per_code = self.readout_full_scale / self.code_max

    def to_codes(self, v, offset=0.0):
        """Voltage codes, uint8, from membranes in membrane units (leak 0, threshold 1); offset in codes."""
        codes = np.rint(self.leak + v * (self.threshold - self.leak) + offset)
        return np.clip(codes, 0, self.readout_code_max).astype(np.uint8)


class Batch:
    """Input spikes of some samples: counts [samples], times (s) and channels of all, one sample after the other."""

    def __init__(self, trial, arrays):
        self.trial = trial
        self.counts = arrays["counts"]
        self.times = arrays["times"]
        self.channels = arrays["channels"]
        self.samples = len(self.counts)
        self.sample = np.repeat(np.arange(self.samples), self.counts)
        self._ends = np.cumsum(self.counts)
        self.dropped = np.zeros((0, 2), int)
        if "dropped" in arrays:
            sample = np.repeat(np.arange(self.samples), arrays["dropped_counts"])
            self.dropped = np.stack([sample, arrays["dropped"].astype(int)], axis=1)

    def events(self, sample):
        """Times (s) and channels of one sample, in order of time."""
        own = slice(self._ends[sample] - self.counts[sample], self._ends[sample])
        return self.times[own], self.channels[own]

    def on_grid(self, network):
        """How many events of each channel act at the beginning of each chip step, [chip step, sample, channel]."""
        step = np.floor(self.times / network.dt + 0.5).astype(int)
        inside = (step >= 0) & (step < network.chip_steps) & (self.channels < network.inputs)
        grid = np.zeros((network.chip_steps, self.samples, network.inputs), np.float32)
        np.add.at(grid, (step[inside], self.sample[inside], self.channels[inside]), 1.0)
        return grid

    def kept(self, network):
        """1 for hidden neurons whose spikes count, 0 for those that are to be ignored, [sample, hidden]."""
        kept = np.ones((self.samples, network.hidden), np.float32)
        kept[self.dropped[:, 0], self.dropped[:, 1]] = 0.0
        return kept


class Recording:
    """What was read of a batch.

    hidden: codes, uint8 [sample, step, hidden]; None if the chip gives only spikes.
    readout: codes, uint8 [sample, step, readout].
    spikes: of hidden neurons, integers [n, 3]: sample, chip step at whose end it was sent, neuron. In any order.
    """

    def __init__(self, hidden, readout, spikes):
        self.hidden, self.readout, self.spikes = hidden, readout, np.asarray(spikes).reshape(-1, 3)


class Chip:
    """What a chip says of itself, and what it can be asked. Overwrite what differs."""

    name = "a chip"
    inputs = hidden = readout = 4096
    recurrent = False
    reads = "voltages"  # or "spikes"
    weights_range = (-127, 127)
    dt = None  # its own time step, s, if it has one
    noise = True  # whether two runs of the same input may differ
    deterministic = True  # whether batch.trial decides the noise

    def setup(self, network):
        raise NotImplementedError

    def weights(self, input, recurrent, readout):
        raise NotImplementedError

    def run(self, batch):
        raise NotImplementedError

    # What follows is optional: a chip has an ability if it has the method.
    # def silence(self, neurons): hidden neurons that are silent from now on; all others are not.
    # def calibrate(self, seed): measures itself, takes the trims, and returns them, int16 [hidden + readout, 7].
    # def trims(self, trims): takes such trims.
    # def faults(self): {"tau_mem": [hidden + readout], …} of what the neurons really are.
    drops = False  # whether run() heeds batch.dropped
    #: Seconds that an answer may take: for so long Misfit is told that the chip is busy, and waits a minute more.
    patience = 0


class Stream:
    """Reads and writes pipes, which NumPy must not take for files with a position."""

    def __init__(self, source, target):
        self.read, self.write, self.flush, self.readline = source.read, target.write, target.flush, source.readline

    def get(self):
        """A message and its arrays; None at the end."""
        line = self.readline()
        if not line:
            return None, {}
        message = json.loads(line)
        names = message.pop("arrays", [])
        return message, {name: np.lib.format.read_array(self, allow_pickle=False) for name in names}

    def put(self, kind, arrays=None, **fields):
        arrays = arrays or {}
        if arrays:
            fields["arrays"] = list(arrays)
        self.write(json.dumps({"type": kind, **fields}, allow_nan=False).encode() + b"\n")
        for array in arrays.values():
            np.lib.format.write_array(self, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
        self.flush()


def abilities(chip):
    """The names of what a chip can do beyond the least."""
    all_of = {"faults": ["faults"], "calibrate": ["calibrate", "trims"], "damage": ["silence"]}
    can = [name for name, methods in all_of.items() if all(hasattr(chip, m) for m in methods)]
    return can + (["dropout"] if chip.drops else [])


def hello(chip):
    """How a chip introduces itself."""
    return {
        "version": VERSION, "name": chip.name, "inputs": chip.inputs, "hidden": chip.hidden, "readout": chip.readout,
        "recurrent": chip.recurrent, "reads": chip.reads, "weights": list(chip.weights_range), "dt": chip.dt,
        "noise": chip.noise, "deterministic": chip.deterministic, "abilities": abilities(chip),
    }  # fmt: skip


def recording(recorded, network, samples):
    """The arrays of a recording, spikes in order of sample and time."""
    spikes = recorded.spikes[np.lexsort(recorded.spikes.T[[2, 1, 0]])]
    arrays = {} if recorded.hidden is None else {"hidden": recorded.hidden}
    arrays["readout"] = recorded.readout
    arrays["counts"] = np.bincount(spikes[:, 0], minlength=samples).astype(np.uint32)
    arrays["steps"] = spikes[:, 1].astype(np.uint16)
    arrays["neurons"] = spikes[:, 2].astype(np.uint16)
    return arrays


class Server:
    """Answers one request after the other."""

    def __init__(self, chip, stream):
        self.chip, self.stream, self.network = chip, stream, None

    def answer(self, kind, message, arrays):
        """Type, arrays and fields of the answer."""
        chip = self.chip
        ready = "ready", {}, {}
        if kind == "hello":
            return "hello", {}, hello(chip)
        if kind == "setup":
            network = Network(message)
            if network.inputs > chip.inputs or network.hidden > chip.hidden or network.readout > chip.readout:
                raise Refused(f"at most {chip.inputs}-{chip.hidden}-{chip.readout} neurons")
            if network.recurrent and not chip.recurrent:
                raise Refused("no recurrence")
            self.network = network
            chip.setup(network)
            return ready
        if self.network is None:
            raise Refused("set up first")
        if kind == "weights":
            chip.weights(arrays["input"], arrays["recurrent"], arrays["readout"])
            return ready
        if kind == "run":
            batch = Batch(message["trial"], arrays)
            return "recording", recording(chip.run(batch), self.network, batch.samples), {}
        if kind == "silence" and hasattr(chip, "silence"):
            chip.silence(arrays["neurons"])
            return ready
        if kind == "calibrate" and hasattr(chip, "calibrate"):
            return "trims", {"trims": np.asarray(chip.calibrate(message["seed"]), np.int16)}, {}
        if kind == "trims" and hasattr(chip, "trims"):
            chip.trims(arrays["trims"])
            return ready
        if kind == "faults" and hasattr(chip, "faults"):
            return "faults", {name: np.asarray(v, np.float32) for name, v in chip.faults().items()}, {}
        raise Refused(f"requests of type {kind!r} are not known")

    def answer_within(self, seconds, *request):
        """As answer(), and says every few seconds that it is busy, for so long at most."""
        done, end = threading.Event(), time.monotonic() + seconds

        def beat():
            while not done.wait(BEAT) and time.monotonic() < end:
                self.stream.put("busy")

        beats = threading.Thread(target=beat, daemon=True)
        beats.start()
        try:
            return self.answer(*request)
        finally:
            done.set()
            beats.join()


def serve(chip):
    """Answers Misfit until it closes the input. What the chip prints goes to the error output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    server = Server(chip, Stream(sys.stdin.buffer, answers))
    while True:
        message, arrays = server.stream.get()
        if message is None:
            # At once: some libraries take seconds to take themselves apart.
            sys.stderr.flush()
            os._exit(0)
        try:
            kind, sent, fields = server.answer_within(chip.patience, message.pop("type"), message, arrays)
            server.stream.put(kind, sent, **fields)
        except Refused as why:
            server.stream.put("error", message=str(why))
