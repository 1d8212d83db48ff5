"""Training steps of `misfit bench` beside the same steps in other frameworks, on this machine.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r tests/peers/requirements.txt
    cargo build --release
    /tmp/peers/bin/python tests/peers/compare.py --threads 1

One training step is: forward, loss, backward, Adam (1e-3) on a batch. The networks have the shapes of the workloads
P, S and Y of `misfit bench`: current-based LIF neurons (exponential synapse, membrane, reset to 0 that the gradient
does not see), SuperSpike surrogate (Zenke, Ganguli 2018, doi:10.1162/neco_a_01086), leaky readout, cross entropy of
its maximum (P, Y) or mean (S) over time.

How to read the table:
- Every round measures Misfit and then each peer; a ratio is taken within a round, and the median of the rounds is
  shown. A ratio of 3 means that Misfit trains 3 times as many samples.
- Wall time is the median of repeated steps, CPU time the mean of the same steps over all threads of the process. On
  a machine shared with others the CPU time is the figure to trust.
- The peers are spared work that Misfit does: their neurons are ideal (no mismatch, noise, converter, weight
  resolution or event limit), and their batch lies ready as an array, where Misfit takes lists of spike times.
- Most of what a peer does costs the same for any activity; Misfit's cost grows with the spikes. `spikes` are those of
  the hidden layer per sample, at the beginning for the peers: their first weights bring them near those of Misfit.

All peers (`networks.py`) begin with the same weights and must report the loss of the plain PyTorch loop; the gradient
written by hand is compared with autograd before anything is measured. A package that is not installed is skipped.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import time
import warnings
from pathlib import Path

import torch
from networks import PEERS, TASKS, check_expert, run


def measure(step, seconds, batch):
    """Samples per second and CPU seconds per sample, taken as `misfit bench` takes them."""
    for _ in range(3):
        step()
    times, begin, cpu = [], time.perf_counter(), time.process_time()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    cpu = (time.process_time() - cpu) / len(times)
    return batch / statistics.median(times), cpu / batch


def measure_misfit(args, task):
    command = [args.misfit, "bench", "--workload", task.name, "--threads", str(args.threads)]
    run = subprocess.run([*command, "--seconds", str(args.seconds), "--json"], check=True, stdout=subprocess.PIPE)
    told = json.loads(run.stdout)
    for size in ("inputs", "hidden", "recurrent", "readout", "steps", "batch"):
        assert told[size] == getattr(task, size), f"{size} of {task.name} in misfit: {told[size]}; change TASKS"
    cpu = told["training_cpu_s_per_sample"]
    return told["training_samples_per_s"], math.nan if cpu is None else cpu, told["hidden_spikes_per_sample"]


def build(name, task, expected):
    """The step of a peer, compiled, its first loss compared; nothing if it does not run here."""
    begin = time.perf_counter()
    try:
        step = PEERS[name](task)
        loss = float(step())
    except (ImportError, RuntimeError) as why:  # A missing package or compiler must not end the comparison.
        print(f"  {name}: skipped, {type(why).__name__}: {(str(why).splitlines() or [''])[0]}")
        return None
    # Rounding can move a spike to the next time step; anything more is another model.
    assert abs(loss - expected) < 0.01 * expected, f"{name}: first loss {loss:.4f}, the plain loop {expected:.4f}"
    print(f"  {name}: first loss {loss:.4f}, ready after {time.perf_counter() - begin:.1f} s", flush=True)
    return step


def compare(args, task):
    print(f"{task.name}: {task.inputs}-{task.hidden}{'r' * task.recurrent}-{task.readout}, {task.steps} steps")
    with torch.no_grad():
        weights = task.weights()
        spikes, out = run(task, weights)
        expected = float(task.loss(out))
        fired = float(spikes.sum()) / task.batch
    chosen = [name for name in PEERS if any(part.lower() in name.lower() for part in args.only)]
    steps = {name: step for name in chosen if (step := build(name, task, expected))}
    own, rounds = [], {name: [] for name in steps}
    for _ in range(args.rounds):
        own.append(measure_misfit(args, task))
        for name, step in steps.items():
            rounds[name].append(measure(step, args.seconds, task.batch))
    print(f"  {'':<18}{'samples/s':>11}{'CPU µs/sample':>15}{'spikes':>8}   Misfit is faster by: wall, CPU")
    for name, figures in {"Misfit": own, **rounds}.items():
        rate, cpu, *count = (statistics.median(column) for column in zip(*figures))
        wall_ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in zip(own, figures))
        cpu_ratio = statistics.median(theirs[1] / mine[1] for mine, theirs in zip(own, figures))
        count = count[0] if count else fired
        print(f"  {name:<18}{rate:>11.0f}{1e6 * cpu:>15.1f}{count:>8.0f}{wall_ratio:>25.2f}{cpu_ratio:>6.2f}")


def main():
    binary = Path(__file__).resolve().parents[2] / "target/release/misfit"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--misfit", default=str(binary), metavar="PATH", help="release binary (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each figure in each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds through all (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each (%(default)s)")
    parser.add_argument("--workload", nargs="+", default=["P", "S", "Y"], help="which (%(default)s)")
    parser.add_argument("--only", nargs="+", default=[""], metavar="PEER", help="those with one of these in the name")
    args = parser.parse_args()
    os.environ["NPROC"] = str(args.threads)  # The size of XLA's thread pool, read when JAX loads.
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore", message="Sparse CSR")  # in beta, says PyTorch
    warnings.filterwarnings("ignore", message=".*jit.script")  # used inside Norse
    check_expert()
    print(f"threads: {args.threads} of {os.cpu_count()}; load of the machine before: {os.getloadavg()[0]:.1f}")
    for task in (make() for make in TASKS if make.args[0] in args.workload):
        compare(args, task)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
