"""A chip simulated by Rockpool (SynSense, https://rockpool.ai), with its mismatch generator and its noise.

    pip install -r requirements-rockpool.txt
    misfit chip check "python3 rockpool_chip.py"
    misfit train --task yin_yang --set chip_program="python3 rockpool_chip.py --seed 3"

The neurons are Rockpool's `LIFJax`: they subtract their threshold when they spike and have no refractory time, so even
without faults they are not those that the host believes in. `rockpool.transform.mismatch.mismatch_generator`, made for
the analog chips of the DYNAP family, deviates time constants, thresholds and weights; --mismatch is its percentage, and
0 with --noise 0 gives a chip without faults.
"""

import argparse
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np

import misfit_chip  # first: it limits the threads of NumPy
import jax
import rockpool
from rockpool.nn.modules import LIFJax
from rockpool.transform.mismatch import mismatch_generator, module_registery

#: Higher than any membrane: a readout does not spike.
NEVER = 1e9
#: What the mismatch generator deviates.
DEVIATING = ("tau_mem", "tau_syn", "threshold")


class RockpoolChip(misfit_chip.Chip):
    inputs, hidden, readout = 1024, 1024, 64
    patience = 600  # the first batch of a size takes long
    drops = True

    def __init__(self, seed, mismatch, noise):
        self.seed, self.mismatch, self.noise_std = seed, mismatch, noise
        self.name = f"Rockpool {rockpool.__version__}, chip {seed}, mismatch {100 * mismatch:g} %"
        self.noise = noise > 0

    def setup(self, network):
        self.network = n = network
        # Rockpool's noise is per root of a second.
        own = {"dt": n.dt, "noise_std": self.noise_std / np.sqrt(n.tau_mem / 2), "max_spikes_per_dt": 1.0}
        ones = np.ones

        def layer(size, threshold):
            return LIFJax(
                (size, size), tau_mem=n.tau_mem * ones(size), tau_syn=n.tau_syn * ones((size, 1)),
                bias=np.zeros(size), threshold=threshold * ones(size), **own,
            )  # fmt: skip

        self.layers = [layer(n.hidden, 1.0), layer(n.readout, NEVER)]
        key = jax.random.PRNGKey(self.seed)
        deviates = {name: name in DEVIATING for name in module_registery(self.layers[0])}
        deviate = mismatch_generator(deviates, self.mismatch, 2.0)
        keys = jax.random.split(key, 2)
        self.real = [deviate(one, k) for one, k in zip(self.layers, keys)]
        rng = np.random.default_rng(self.seed)
        self.strength = [1 + self.mismatch / 4 * rng.standard_normal(s) for s in [(n.inputs, n.hidden), (n.hidden, n.readout)]]
        self.offset = 100 * self.mismatch / 3 * rng.standard_normal(n.hidden + n.readout)
        self.weights(np.zeros((n.inputs, n.hidden)), None, np.zeros((n.hidden, n.readout)))
        self.simulate = jax.jit(self._simulate)

    def weights(self, input, recurrent, readout):
        n = self.network
        # What a current adds to the membrane in one step.
        step = 1 - np.exp(-n.dt / n.tau_mem)
        self.w_in = (input * self.strength[0] * n.weight_per_code * step).astype(np.float32)
        self.w_out = (readout * self.strength[1] * n.readout_per_code * step).astype(np.float32)

    def _simulate(self, events, kept, w_in, w_out, keys):
        hidden, readout = [
            one.set_attributes({k: real[k] for k in DEVIATING} | {"rng_key": key})
            for one, real, key in zip(self.layers, self.real, keys)
        ]
        _, _, seen = hidden.evolve(events @ w_in)
        sent = seen["spikes"] * kept[:, None]
        # A spike reaches the readout with the next step.
        late = jax.numpy.pad(sent, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        _, _, read = readout.evolve(late @ w_out)
        return sent, seen["vmem"], read["vmem"]

    def run(self, batch):
        n = self.network
        key = jax.random.fold_in(jax.random.fold_in(jax.random.PRNGKey(self.seed), batch.trial % 2**32), batch.trial >> 32)
        keys = jax.random.split(key, 2)
        # Every new number of samples is compiled anew: there shall be few.
        events, kept = batch.on_grid(n).transpose(1, 0, 2), batch.kept(n)
        spare = 1 << (batch.samples - 1).bit_length()
        events, kept = [np.pad(x, [(0, spare - len(x))] + [(0, 0)] * (x.ndim - 1)) for x in (events, kept)]
        seen = self.simulate(events, kept, self.w_in, self.w_out, keys)
        sent, *v = [np.asarray(x)[: batch.samples] for x in seen]
        rng = np.random.default_rng([self.seed, batch.trial])
        codes = []
        for volts, own in zip(v, [slice(0, n.hidden), slice(n.hidden, None)]):
            volts = volts[:, n.substeps - 1 :: n.substeps]
            noise = rng.normal(0, 1.0, volts.shape) if self.noise else 0.0
            codes.append(n.to_codes(volts, self.offset[own] + noise))
        sample, step, neuron = np.nonzero(sent)
        return misfit_chip.Recording(*codes, np.stack([sample, step, neuron], axis=1))

    def faults(self):
        both = lambda name: np.concatenate([np.ravel(real[name]) for real in self.real])
        threshold = both("threshold")
        threshold[self.network.hidden :] = 1.0
        tau_syn = both("tau_syn")
        return {
            "tau_mem": both("tau_mem"), "tau_syn_exc": tau_syn, "tau_syn_inh": tau_syn, "threshold": threshold,
            "cadc_offset": self.offset,
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="serial number of the chip")
    parser.add_argument("--mismatch", type=float, default=0.3, help="deviation that 95 %% of the parameters stay within")
    parser.add_argument("--noise", type=float, default=0.02, help="noise of the membrane, leak-to-threshold distances")
    arguments = parser.parse_args()
    misfit_chip.serve(RockpoolChip(arguments.seed, arguments.mismatch, arguments.noise))
