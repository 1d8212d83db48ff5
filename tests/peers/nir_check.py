"""Networks exported as NIR, run in snnTorch and Norse on the test samples, beside what Misfit answers.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r tests/peers/requirements-nir.txt
    cargo build --release
    /tmp/peers/bin/python tests/peers/nir_check.py

For every case Misfit trains a network on the digits, writes it with `misfit nir export`, and writes the test samples
with its own spikes and answers, without noise. The file is read with the Python package `nir`.

- `importer` runs it through `norse.torch.from_nir` and `snntorch.import_from_nir`. Both take CubaLIF without leak and
  reset potential only and know no CubaLI, so the readout is given to them as a CubaLIF that never reaches its
  threshold; snnTorch wants its step to be 1e-4 s and r to be tau_mem/dt, so time and the product r * w_in are written
  that way for it. Neither changes an equation. Both go in steps of forward Euler.
- `cells` runs it node by node in the cells of the framework: Euler steps again, or, for snnTorch, whose cells take
  decay factors, the exact ones (`exact`). This is the only way for the actual neurons of a chip, with leak and reset
  potentials of their own, and for recurrence.

NIR has no refractory time. `held` adds it from the metadata of the file with a hook of a few lines; `free` leaves it
away. A finer step of both programs shows what is left of the Euler error.

Columns: share of test samples with the same class as Misfit's own answer (8-bit converter) and as its analog readout;
hidden spikes of the same neuron within 0.85 µs, as a share of all (F1); accuracy of the peer.
"""

import argparse
import contextlib
import io
import subprocess
import warnings
import tempfile
from pathlib import Path

import nir
import norse.torch as norse
import numpy as np
import snntorch as snn
import torch
from norse.torch.module.leaky_integrator_box import LIBoxCell, LIBoxParameters
from norse.torch.module.lif_box import LIFBoxCell, LIFBoxParameters
from snntorch.import_nir import import_from_nir

WINDOW = 0.85e-6  # s; one step of the chip as it is trained
SNN_DT = 1e-4  # fixed in snntorch.import_nir
PLAIN = ["--set", "refractory=0"]
CASES = [
    ("nominal, no refractory time", ["--lane", "ideal", *PLAIN], ["importer", "cells", "exact"], [2, 4, 16, 64]),
    ("nominal, refractory 2 µs", ["--lane", "ideal"], ["importer", "cells", "exact"], [2, 4, 16, 64]),
    ("nominal, recurrent", ["--lane", "ideal", "--set", "recurrence=trained", "--set", "hidden=128", *PLAIN],
     ["cells", "exact"], [2, 16, 64]),
    ("actual chip 1, in the loop", ["--lane", "in_the_loop", "--form", "actual"], ["cells", "exact"], [2, 16, 64]),
]


def tensor(array):
    return torch.as_tensor(np.asarray(array), dtype=torch.float32)


class Refractory:
    """Holds the neurons of one population at reset for so many steps after the step of a spike."""

    def __init__(self, steps):
        self.steps, self.hold = tensor(steps), None

    def __call__(self, z, v, v_reset):
        if self.hold is None:
            self.hold = torch.zeros_like(z)
        held = self.hold > 0
        z = torch.where(held, torch.zeros_like(z), z)
        v = torch.where(held, torch.zeros_like(v) + v_reset, v)
        self.hold = torch.where(z > 0, torch.zeros_like(z) + self.steps, (self.hold - 1).clamp(min=0))
        return z, v


# ---- cells of the frameworks, one module a node; each keeps its state


class NorseLeaky(torch.nn.Module):
    """LI or LIF in Norse's box cells, whose input is multiplied by dt/tau."""

    def __init__(self, tau, r, v_leak, node, dt):
        super().__init__()
        self.r, self.state = tensor(r), None
        self.spikes = hasattr(node, "v_threshold")
        if self.spikes:
            self.v_reset = tensor(node.v_reset)
            parameters = LIFBoxParameters(
                tau_mem_inv=1 / tensor(tau), v_leak=tensor(v_leak), v_th=tensor(node.v_threshold), v_reset=self.v_reset
            )
            self.cell = LIFBoxCell(parameters, dt=dt)
        else:
            self.cell = LIBoxCell(LIBoxParameters(tau_mem_inv=1 / tensor(tau), v_leak=tensor(v_leak)), dt=dt)
        self.v_leak, self.hold = tensor(v_leak), None

    def forward(self, x):
        if self.state is None:
            self.state = self.cell.initial_state(x)._replace(v=self.v_leak.expand_as(x))
        out, self.state = self.cell(self.r * x, self.state)
        if self.spikes and self.hold:
            out, v = self.hold(out, self.state.v, self.v_reset)
            self.state = self.state._replace(v=v)
        return out


class SnnLeaky(torch.nn.Module):
    """LI or LIF in snnTorch's Leaky: u = beta u + x with reset to zero, so u counts from the reset potential."""

    def __init__(self, tau, r, v_leak, node, dt, exact):
        super().__init__()
        tau = tensor(tau)
        self.beta = torch.exp(-dt / tau) if exact else 1 - dt / tau
        self.gain = tensor(r) * (1 - self.beta)
        self.spikes = hasattr(node, "v_threshold")
        self.zero = tensor(node.v_reset) if self.spikes else torch.zeros_like(tau)
        threshold = tensor(node.v_threshold) - self.zero if self.spikes else torch.full_like(tau, torch.inf)
        self.cell = snn.Leaky(self.beta, threshold, reset_mechanism="zero", reset_delay=False)
        self.drift = (tensor(v_leak) - self.zero) * (1 - self.beta)
        self.start, self.u, self.hold = tensor(v_leak) - self.zero, None, None

    def forward(self, x):
        if self.u is None:
            self.u = self.start.expand_as(x).clone()
        spikes, self.u = self.cell(self.gain * x + self.drift, self.u)
        if self.spikes and self.hold:
            spikes, self.u = self.hold(spikes, self.u, torch.zeros_like(self.u))
        return spikes if self.spikes else self.u + self.zero


class SnnExactCurrents(torch.nn.Module):
    """Synaptic currents that jump by `r dt/tau` of their input and decay exactly; `kappa` carries one to the membrane.

    In snnTorch's Leaky with u = current: u = alpha u + jump. The membrane wants kappa times it (Rotter, Diesmann 1999).
    """

    def __init__(self, tau, jump, dt):
        super().__init__()
        self.tau, self.jump = tensor(tau), tensor(jump)
        self.cell = snn.Leaky(torch.exp(-dt / self.tau), torch.full_like(self.tau, torch.inf), reset_mechanism="none")
        self.u = None

    def forward(self, x):
        self.u = torch.zeros_like(x) if self.u is None else self.u
        _, self.u = self.cell(self.jump * x, self.u)
        return self.u


class Cuba(torch.nn.Module):
    """A synapse and a membrane, one after the other."""

    def __init__(self, synapse, membrane):
        super().__init__()
        self.synapse, self.membrane, self.spikes = synapse, membrane, membrane.spikes

    def forward(self, x):
        return self.membrane(self.synapse(x))


def kappa(dt, tau_mem, tau_syn):
    """What a unit current before a step adds to the membrane in it, for r = 1 (closed form, equal times allowed)."""
    x = dt / np.asarray(tau_mem) - dt / np.asarray(tau_syn)
    ratio = np.where(np.abs(x) < 1e-8, 1.0, np.expm1(x) / np.where(x == 0, 1, x))
    return np.exp(-dt / np.asarray(tau_mem)) * dt / np.asarray(tau_mem) * ratio


def cells(graph, framework, dt, exact):
    """One module a node. `exact`: the current is scaled so that Leaky takes the step of the differential equation."""
    modules = {}
    membrane_of = {a: b for a, b in graph.edges if isinstance(graph.nodes[a], nir.LI) and b in ("hidden", "readout")}
    for name, node in graph.nodes.items():
        leaky = NorseLeaky if framework == "norse" else SnnLeaky
        more = () if framework == "norse" else (exact,)
        if isinstance(node, nir.Linear):
            module = torch.nn.Linear(node.weight.shape[1], node.weight.shape[0], bias=False)
            module.weight.data = tensor(node.weight)
        elif isinstance(node, (nir.CubaLIF, nir.CubaLI)):
            membrane = leaky(node.tau_mem, node.r, node.v_leak, node, dt, *more)
            if exact:
                # Leaky multiplies by 1 - beta; undo that, the current is already what the membrane gains.
                gain = kappa(dt, node.tau_mem, node.tau_syn) / -np.expm1(-dt / node.tau_mem)
                synapse = SnnExactCurrents(node.tau_syn, node.w_in * dt / node.tau_syn * gain, dt)
            else:
                synapse = leaky(node.tau_syn, node.w_in, 0 * node.v_leak, None, dt, *more)
            module = Cuba(synapse, membrane)
        elif isinstance(node, nir.LI) and exact and name in membrane_of:
            tau_mem = graph.nodes[membrane_of[name]].tau
            gain = kappa(dt, tau_mem, node.tau) / -np.expm1(-dt / tau_mem)
            module = SnnExactCurrents(node.tau, node.r * dt / node.tau * gain, dt)
        elif isinstance(node, (nir.LI, nir.LIF)):
            module = leaky(node.tau, node.r, node.v_leak, node, dt, *more)
        else:
            module = torch.nn.Identity()
        modules[name] = module
    return modules


def order(graph):
    """Nodes so that each comes after its inputs; recurrent weights come first and see the spikes of the step before."""
    done = [name for name in graph.nodes if name.startswith("w_recurrent")]
    while len(done) < len(graph.nodes):
        for name in sorted(set(graph.nodes) - set(done)):
            if all(a in done for a, b in graph.edges if b == name):
                done.append(name)
    return done


def run_cells(graph, modules, inputs):
    """Hidden spikes [step, sample, neuron] and readout voltages [step, sample, class]."""
    sources = {name: [a for a, b in graph.edges if b == name] for name in graph.nodes}
    before = {"hidden": torch.zeros(inputs.shape[1], len(graph.nodes["hidden"].v_leak))}
    spikes, readout = [], []
    for x in inputs:
        out = {}
        for name in order(graph):
            given = x if name == "input" else sum(out[a] if a in out else before[a] for a in sources[name])
            out[name] = modules[name](given)
        before = out
        spikes.append(out["hidden"])
        readout.append(out["readout"])
    return torch.stack(spikes), torch.stack(readout)


# ---- the importers of the frameworks


def never_spiking_readout(graph):
    """The same graph with the readout as a CubaLIF whose threshold is out of reach."""
    r = graph.nodes["readout"]
    readout = nir.CubaLIF(
        tau_syn=r.tau_syn, tau_mem=r.tau_mem, r=r.r, v_leak=r.v_leak, v_threshold=np.full_like(r.r, np.inf), w_in=r.w_in
    )
    return nir.NIRGraph({**graph.nodes, "readout": readout}, list(graph.edges))


def for_snntorch(graph, dt):
    """Time so that dt becomes 1e-4, and r = tau_mem/dt with w_in the smaller for it."""

    def cuba(n):
        r = n.tau_mem / dt
        scale = SNN_DT / dt
        return nir.CubaLIF(
            tau_syn=n.tau_syn * scale, tau_mem=n.tau_mem * scale, r=r, v_leak=n.v_leak, v_reset=n.v_reset,
            v_threshold=n.v_threshold, w_in=n.w_in * n.r / r,
        )

    nodes = {name: cuba(n) if isinstance(n, nir.CubaLIF) else n for name, n in graph.nodes.items()}
    return nir.NIRGraph(nodes, list(graph.edges))


def run_importer(graph, framework, dt, inputs, hold):
    graph = never_spiking_readout(graph)
    spikes, readout = [], []
    if framework == "norse":
        net = norse.from_nir(graph, dt=dt)

        def after(_, __, out):
            z, (synapse, lif) = out
            if hold:
                z, v = hold(z, lif.v, torch.zeros_like(lif.v))
                lif = lif._replace(v=v)
            spikes.append(z)
            return z, (synapse, lif)

        net.hidden.register_forward_hook(after)
        net.readout.register_forward_hook(lambda _, __, out: readout.append(out[1][1].v))
    else:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints every array that it scales
            net = import_from_nir(for_snntorch(graph, dt))

        def after(module, _, z):
            if hold:
                z, module.mem = hold(z, module.mem, torch.zeros_like(module.mem))
            spikes.append(z)
            return z

        net.hidden.register_forward_hook(after)
        net.readout.register_forward_hook(lambda module, _, __: readout.append(module.mem.clone()))
    state = None
    for x in inputs:
        _, state = net(x, state) if state is not None else net(x)
    return torch.stack(spikes), torch.stack(readout)


# ---- comparison


def dense(events, shape):
    out = torch.zeros(shape)
    np.add.at(out.numpy(), (events[:, 1], events[:, 0], events[:, 2]), 1.0)
    return out


def classes(readout, first, substeps):
    """As Misfit decodes: sampled once in a readout interval, less the first sample, largest after the first spike."""
    sampled = readout[substeps - 1 :: substeps]
    sampled = sampled - sampled[:1]
    step = np.arange(len(sampled))[:, None, None]
    start = np.minimum(first // substeps + 1, len(sampled) - 1)
    return np.where(step >= start[None, :, None], sampled, -np.inf).max(0).argmax(1)


def first_spike(spikes):
    """Step of the first hidden spike of each sample; before the first sample where there is none."""
    any_spike = spikes.any(2)
    return np.where(any_spike.any(0), any_spike.argmax(0), -len(spikes))


def coincidence(a, b, steps):
    """F1 of the spikes of one neuron that are at most so many steps apart."""

    def near(x):
        wide = x.copy()
        for k in range(1, steps + 1):
            wide[k:] |= x[:-k]
            wide[:-k] |= x[k:]
        return wide

    hits = (a & near(b)).sum() + (b & near(a)).sum()
    return hits / max(a.sum() + b.sum(), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misfit", default="target/release/misfit")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--case", help="only cases whose name contains this")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    print(f"nir {nir.version}, snnTorch {snn.__version__}, Norse, PyTorch {torch.__version__}")
    print("| network | steps per 1.7 µs | run | peer | same class | as analog | same spikes | peer right | Misfit right |")
    print("|---|---|---|---|---|---|---|---|---|")
    folder = Path(tempfile.mkdtemp())
    for title, options, ways, grids in CASES:
        if args.case and args.case not in title:
            continue
        for steps in grids:
            file, npz = folder / "net.nir", folder / "test.npz"
            command = [args.misfit, "nir", "export", "--epochs", str(args.epochs), "--steps", str(steps), *options]
            command += ["--out", str(file), "--samples", str(npz)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            graph, test = nir.read(file), np.load(npz)
            dt, n_steps = float(graph.metadata["dt"]), int(test["steps"])
            assert dt == float(test["dt"])
            n, labels = len(test["labels"]), test["labels"]
            inputs = dense(test["events"], (n_steps, n, graph.nodes["input"].input_type["input"][0]))
            own = dense(test["spikes"], (n_steps, n, len(graph.nodes["hidden"].v_leak))).numpy() > 0
            substeps = int(test["substeps"])
            analog = classes(test["v_readout"].transpose(1, 0, 2), first_spike(own), substeps)
            refractory = graph.metadata.get("hidden_refractory", graph.metadata["refractory"])
            window = round(WINDOW / dt)
            held = np.round(np.asarray(refractory) / dt)
            for way in ways:
                for framework in ("snntorch", "norse"):
                    if way == "exact" and framework == "norse":
                        continue
                    for hold in ([False, True] if held.any() else [False]):
                        keep = Refractory(held) if hold else None
                        with torch.no_grad():
                            if way == "importer":
                                spikes, readout = run_importer(graph, framework, dt, inputs, keep)
                            else:
                                modules = cells(graph, framework, dt, way == "exact")
                                hidden = modules["hidden"]
                                (hidden.membrane if isinstance(hidden, Cuba) else hidden).hold = keep
                                spikes, readout = run_cells(graph, modules, inputs)
                        z = spikes.numpy() > 0
                        # Here a hidden spike acts on the readout at once, on the chip in the next step.
                        rest = np.broadcast_to(graph.nodes["readout"].v_leak, readout[:1].shape)
                        readout = np.concatenate([rest, readout.numpy()[:-1]])
                        peer = classes(readout, first_spike(z), substeps)
                        name = f"{way}{(', held' if hold else ', free') if held.any() else ''}"
                        print(
                            f"| {title} | {steps} | {name} | {framework} | {100 * (peer == test['answers']).mean():.2f} % "
                            f"| {100 * (peer == analog).mean():.2f} % | {100 * coincidence(own, z, window):.2f} % "
                            f"| {100 * (peer == labels).mean():.2f} % | {100 * (test['answers'] == labels).mean():.2f} % |",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
