"""A chip of leaky integrate-and-fire neurons in plain NumPy, with faults of its own distributions.

    misfit chip check "python3 numpy_lif.py"
    misfit train --set chip_program="python3 numpy_lif.py --seed 3 --spread 1"

Nothing here is Misfit's: the time constants are gamma distributed, the thresholds uniform, the leaks follow Student's t
with 4 degrees of freedom, the strength of a synapse is a beta variable, and one neuron in thirty is weak. --spread 0
gives a chip without faults and noise, and --spikes-only one whose hidden membranes cannot be read, which learns with
gradient=event_prop.
"""

import argparse

import numpy as np

import misfit_chip


class NumpyLif(misfit_chip.Chip):
    name = "NumPy LIF"
    recurrent = True
    drops = True

    def __init__(self, seed, spread, reads="voltages"):
        self.seed, self.spread, self.reads = seed, spread, reads
        self.name = f"NumPy LIF, chip {seed}, spread {spread:g}"
        self.noise = spread > 0

    def setup(self, network):
        self.network = n = network
        rng = np.random.default_rng(self.seed)
        s, neurons = self.spread, n.hidden + n.readout

        def factors(cv, size):
            """Gamma distributed factors of mean 1."""
            return rng.gamma(1 / cv**2, cv**2, size) if cv > 0 else np.ones(size)

        self.tau_mem = n.tau_mem * factors(0.15 * s, neurons)
        self.tau_syn = n.tau_syn * factors(0.2 * s, neurons)
        self.leak = 0.12 * s * rng.standard_t(4, neurons)
        self.threshold = 1.0 + 0.2 * s * rng.uniform(-1, 1, neurons)
        self.gain = factors(0.12 * s, neurons)
        self.gain[rng.random(neurons) < s / 30] *= 0.3
        self.offset = 8.0 * s * rng.laplace(size=neurons) / np.sqrt(2)
        self.strength = [
            1.0 + 0.3 * s * (rng.beta(2, 2, shape) - 0.5)
            for shape in [(n.inputs, n.hidden), (n.hidden if n.recurrent else 0, n.hidden), (n.hidden, n.readout)]
        ]
        self.dead = np.zeros(n.hidden, bool)
        self.weights(np.zeros((n.inputs, n.hidden)), np.zeros(self.strength[1].shape), np.zeros((n.hidden, n.readout)))

    def weights(self, input, recurrent, readout):
        n = self.network
        scales = [n.weight_per_code, n.weight_per_code, n.readout_per_code]
        parts = zip([input, recurrent, readout], self.strength, scales)
        self.input, self.recurrent_weights, self.output = [
            (codes * strength * scale).astype(np.float32) for codes, strength, scale in parts
        ]

    def silence(self, neurons):
        self.dead[:] = False
        self.dead[neurons] = True

    def faults(self):
        n = self.network
        return {
            "tau_mem": self.tau_mem, "tau_syn_exc": self.tau_syn, "tau_syn_inh": self.tau_syn, "leak": self.leak,
            "threshold": self.threshold, "gain_exc": self.gain, "gain_inh": self.gain, "cadc_offset": self.offset,
            "reset": np.full(n.hidden + n.readout, (n.reset - n.leak) / (n.threshold - n.leak)),
        }  # fmt: skip

    def run(self, batch):
        n, h = self.network, self.network.hidden
        rng = np.random.default_rng([self.seed, batch.trial])
        events, kept = batch.on_grid(n), batch.kept(n)
        beta = np.exp(-n.dt / self.tau_syn).astype(np.float32)
        alpha = np.exp(-n.dt / self.tau_mem).astype(np.float32)
        # Exact over a step for constant current; a synaptic current charges the nominal capacitance.
        kappa = (self.gain * self.tau_mem / n.tau_mem * (1 - alpha) * (1 + beta) / 2).astype(np.float32)
        reset = (n.reset - n.leak) / (n.threshold - n.leak)
        hold = max(int(round(n.refractory / n.dt)), 1)
        leak, threshold = self.leak.astype(np.float32), self.threshold[:h].astype(np.float32)
        i = np.zeros((batch.samples, h + n.readout), np.float32)
        v = np.tile(leak, (batch.samples, 1))
        held = np.zeros((batch.samples, h), int)
        sent = np.zeros((batch.samples, h), np.float32)
        codes = np.zeros((batch.samples, n.steps, h + n.readout), np.uint8)
        spikes = []
        for step in range(n.chip_steps):
            i[:, :h] += events[step] @ self.input
            i[:, h:] += sent @ self.output
            if n.recurrent:
                i[:, :h] += sent @ self.recurrent_weights
            v = leak + (v - leak) * alpha + i * kappa
            if self.spread > 0:
                v += 0.015 * self.spread * rng.standard_normal(v.shape, np.float32)
            i *= beta
            v[:, :h][held > 0] = reset
            fired = (v[:, :h] >= threshold) & (held == 0) & ~self.dead
            v[:, :h][fired] = reset
            held = np.where(fired, hold, np.maximum(held - 1, 0))
            sent = fired * kept
            sample, neuron = np.nonzero(sent)
            spikes.append(np.stack([sample, np.full(len(sample), step), neuron], axis=1))
            if (step + 1) % n.substeps == 0:
                noise = rng.standard_normal(v.shape, np.float32) if self.spread > 0 else 0.0
                codes[:, step // n.substeps] = n.to_codes(v, self.offset + noise)
        hidden, readout = codes[:, :, :h] if self.reads == "voltages" else None, codes[:, :, h:]
        return misfit_chip.Recording(hidden, readout, np.concatenate(spikes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="serial number of the chip")
    parser.add_argument("--spread", type=float, default=1.0, help="strength of all faults")
    parser.add_argument("--spikes-only", action="store_true", help="hidden membranes cannot be read")
    arguments = parser.parse_args()
    reads = "spikes" if arguments.spikes_only else "voltages"
    misfit_chip.serve(NumpyLif(arguments.seed, arguments.spread, reads))
