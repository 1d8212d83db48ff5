"""Compares what Misfit counts with the package NeuroBench, on the same network and the same samples.

    misfit record --samples 40 --out take.npz [any experiment]
    python3 neurobench_check.py take.npz

The spikes and membranes of the archive go through a network of the package's own kind: linear layers with the codes as
weights, and a spiking layer that replays what was recorded. Needs the packages of requirements-neurobench.txt.
"""

import sys

import numpy as np
import snntorch
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import SNNTorchModel

NAMES = ["footprint", "connection_sparsity", "activation_sparsity", "dense", "effective_acs", "effective_macs",
         "membrane_updates", "steps", "execution_rate"]


class Replay(snntorch.SpikingNeuron):
    """Spikes and membranes as they were recorded, [sample, step, neuron]."""

    def __init__(self, spikes, membranes):
        torch.nn.Module.__init__(self)
        self.init_hidden, self.output = True, False
        self.recorded = [spikes, membranes]
        self.step = 0
        self.mem = torch.zeros_like(membranes[:, 0])

    def forward(self, _):
        spikes, membranes = self.recorded
        self.mem = membranes[:, self.step]
        self.step += 1
        return spikes[:, self.step - 1]

    def reset_mem(self):
        self.step = 0


class Network(torch.nn.Module):
    def __init__(self, take):
        super().__init__()
        n_samples, n_steps, n_hidden = take["v_hidden"].shape
        spikes = torch.zeros(n_samples, n_steps, n_hidden)
        sample, step, neuron = take["spikes"].T
        spikes[sample, step, neuron] = 1.0
        self.input = linear(take["codes_input"])
        self.neurons = Replay(spikes, torch.from_numpy(take["v_hidden"].astype(np.float32)))
        self.recurrent = linear(take["codes_recurrent"]) if take["codes_recurrent"].size else None
        self.readout = linear(take["codes_readout"])

    def reset(self):
        self.neurons.reset_mem()

    def forward(self, x):
        spikes = self.neurons(self.input(x))
        if self.recurrent is not None:
            self.recurrent(spikes)
        scores = self.readout(spikes)
        return scores, None


def linear(codes):
    layer = torch.nn.Linear(*codes.shape, bias=False)
    layer.weight.data = torch.from_numpy(codes.T.astype(np.float32).copy())
    return layer


def by_package(take):
    n_samples, n_steps, _ = take["v_hidden"].shape
    x = torch.zeros(n_samples, n_steps, take["codes_input"].shape[0])
    sample, step, channel = take["events_sent"].T
    x[sample, step, channel] = 1.0
    data = torch.utils.data.TensorDataset(x, torch.from_numpy(take["labels"].astype(np.int64)))
    loader = torch.utils.data.DataLoader(data, batch_size=n_samples)
    metrics = [[Footprint, ConnectionSparsity], [ActivationSparsity, SynapticOperations, MembraneUpdates]]
    benchmark = Benchmark(SNNTorchModel(Network(take)), loader, [], [], metrics)
    with torch.no_grad():
        found = benchmark.run(quiet=True)
    operations = found["SynapticOperations"]
    return {
        # The package holds the codes as 32-bit floats, the chip as one byte each.
        "footprint": found["Footprint"] / 4,
        "connection_sparsity": found["ConnectionSparsity"],
        "activation_sparsity": found["ActivationSparsity"],
        "dense": operations["Dense"],
        "effective_acs": operations["Effective_ACs"],
        "effective_macs": operations["Effective_MACs"],
        "membrane_updates": found["MembraneUpdates"],
    }


def main(path):
    take = np.load(path)
    own, theirs = dict(zip(NAMES, take["neurobench"])), by_package(take)
    wrong = 0
    for name, value in theirs.items():
        # The package rounds one of them to four digits, and torch counts in 32-bit floats.
        ours = round(own[name], 4) if name == "connection_sparsity" else own[name]
        same = abs(ours - value) <= 1e-6 * max(abs(value), 1.0)
        wrong += not same
        print(f"{name:<22} {ours:>16.6f} {value:>16.6f} {'' if same else 'DIFFERENT'}")
    print("all equal" if not wrong else f"{wrong} differ")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
