"""A chip simulated by Brian2 (Stimberg et al. 2019, doi:10.7554/eLife.47314), with mismatch drawn there.

    pip install -r requirements-brian2.txt
    misfit chip check "python3 brian2_chip.py"
    misfit train --task yin_yang --set chip_program="python3 brian2_chip.py --seed 3"

Neurons, synapses, integration and spikes are Brian2's; this file draws the mismatch and carries numbers to and fro. All
samples of a batch run side by side as copies of one network. Time constants, gains and single synapses are lognormal,
thresholds and leaks normal; --spread scales them all, and 0 gives a chip without faults and noise. Every run draws new
thresholds around the old ones, and every readout sample has noise.
"""

import argparse

import numpy as np

import misfit_chip  # first: it limits the threads of NumPy
import brian2 as b2

b2.prefs.codegen.target = "numpy"
b2.prefs.logging.console_log_level = "WARNING"

EQUATIONS = """
dv/dt = (leak - v) / tau + gain * syn / tau_c : 1 (unless refractory)
dsyn/dt = -syn / tau_s : 1
leak : 1
tau : second
tau_s : second
tau_c : second (shared)
gain : 1
theta : 1
"""


class Brian2Chip(misfit_chip.Chip):
    inputs, hidden, readout = 1024, 1024, 64
    patience = 600  # the first batch of a size takes long
    drops = False

    def __init__(self, seed, spread):
        self.seed, self.spread = seed, spread
        self.name = f"Brian2 {b2.__version__}, chip {seed}, spread {spread:g}"
        self.noise = spread > 0

    def setup(self, network):
        self.network, self.nets = network, {}
        n, s = network, self.spread
        rng = np.random.default_rng(self.seed)
        size = n.hidden + n.readout
        lognormal = lambda sd, shape: np.exp(rng.normal(-(sd**2) / 2, sd, shape)) if sd > 0 else np.ones(shape)
        self.tau = n.tau_mem * lognormal(0.15 * s, size)
        self.tau_s = n.tau_syn * lognormal(0.2 * s, size)
        self.gain = lognormal(0.15 * s, size)
        self.leak = rng.normal(0, 0.2 * s, size)
        self.theta = rng.normal(1, 0.12 * s, n.hidden)
        self.offset = rng.normal(0, 7.0 * s, size)
        self.strength = lognormal(0.05 * s, (n.inputs, n.hidden)), lognormal(0.05 * s, (n.hidden, n.readout))
        self.weights(np.zeros((n.inputs, n.hidden)), None, np.zeros((n.hidden, n.readout)))

    def weights(self, input, recurrent, readout):
        n = self.network
        self.w_in = (input * self.strength[0] * n.weight_per_code).ravel()
        self.w_out = (readout * self.strength[1] * n.readout_per_code).ravel()

    def faults(self):
        n = self.network
        theta = np.concatenate([self.theta, np.ones(n.readout)])
        return {
            "tau_mem": self.tau, "tau_syn_exc": self.tau_s, "tau_syn_inh": self.tau_s, "leak": self.leak,
            "threshold": theta, "gain_exc": self.gain, "gain_inh": self.gain, "cadc_offset": self.offset,
        }  # fmt: skip

    def build(self, samples):
        """A network of `samples` copies side by side."""
        n = self.network
        second = b2.second
        ns = {"reset": (n.reset - n.leak) / (n.threshold - n.leak)}

        def group(neurons, own, **options):
            equations = EQUATIONS if options else EQUATIONS.replace(" (unless refractory)", "")
            made = b2.NeuronGroup(samples * neurons, equations, method="exact", namespace=ns, **options)
            made.tau_c = n.tau_mem * second
            for name, values in [("tau", self.tau), ("tau_s", self.tau_s), ("gain", self.gain), ("leak", self.leak)]:
                unit = second if name.startswith("tau") else 1
                setattr(made, name, np.tile(values[own], samples) * unit)
            made.v = made.leak
            return made

        hidden = group(
            n.hidden, slice(0, n.hidden),
            threshold="v > theta", reset="v = reset", refractory=n.refractory * second,
        )  # fmt: skip
        readout = group(n.readout, slice(n.hidden, None))
        source = b2.SpikeGeneratorGroup(samples * n.inputs, [], [] * second)
        synapses = []
        for pre, post, rows, columns in [(source, hidden, n.inputs, n.hidden), (hidden, readout, n.hidden, n.readout)]:
            made = b2.Synapses(pre, post, "w : 1", on_pre="syn_post += w")
            row, column = np.divmod(np.arange(rows * columns), columns)
            copy = np.arange(samples)[:, None]
            made.connect(i=(copy * rows + row).ravel(), j=(copy * columns + column).ravel())
            synapses.append(made)
        monitors = [b2.StateMonitor(group, "v", record=True, when="start") for group in (hidden, readout)]
        spikes = b2.SpikeMonitor(hidden)
        net = b2.Network(source, hidden, readout, *synapses, *monitors, spikes)
        net.store()
        return net, source, hidden, synapses, monitors, spikes

    def run(self, batch):
        n = self.network
        b2.defaultclock.dt = n.dt * b2.second
        if batch.samples not in self.nets:
            self.nets[batch.samples] = self.build(batch.samples)
        net, source, hidden, synapses, monitors, spikes = self.nets[batch.samples]
        net.restore()
        rng = np.random.default_rng([self.seed, batch.trial])
        for made, own in zip(synapses, [self.w_in, self.w_out]):
            made.w = np.tile(own, batch.samples)
        limits = self.theta + rng.normal(0, 0.02 * self.spread, n.hidden)
        hidden.theta = np.tile(limits, batch.samples)
        # What arrives in a step of Brian2 acts from the next one on: everything is one step late there.
        step, sample, channel = np.nonzero(batch.on_grid(n))
        source.set_spikes(sample * n.inputs + channel, step * n.dt * b2.second)
        net.run((n.chip_steps + 2) * n.dt * b2.second, namespace={})
        # At the start of step m + 2 there stands what step m of the chip ends with.
        at = np.arange(1, n.steps + 1) * n.substeps + 1
        codes = []
        for made, own in zip(monitors, [slice(0, n.hidden), slice(n.hidden, None)]):
            v = made.v[:, at].reshape(batch.samples, -1, n.steps).transpose(0, 2, 1)
            noise = rng.normal(0, 1.0, v.shape) if self.spread > 0 else 0.0
            codes.append(n.to_codes(v, self.offset[own] + noise))
        when = np.rint(spikes.t / b2.second / n.dt).astype(int) - 1
        sample, neuron = np.divmod(np.asarray(spikes.i), n.hidden)
        inside = (when >= 0) & (when < n.chip_steps)
        return misfit_chip.Recording(*codes, np.stack([sample, when, neuron], axis=1)[inside])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="serial number of the chip")
    parser.add_argument("--spread", type=float, default=1.0, help="strength of all faults")
    arguments = parser.parse_args()
    misfit_chip.serve(Brian2Chip(arguments.seed, arguments.spread))
