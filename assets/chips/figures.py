"""What `transferred` and `in_the_loop` reach on a chip: the figures of the handbook, with any number of seeds.

    python3 -m venv chips && chips/bin/pip install -r assets/chips/requirements-brian2.txt
    python3 assets/chips/figures.py --task yin_yang --seeds 1 2 3 4 5 \\
        --chip "chips/bin/python assets/chips/brian2_chip.py --seed {seed}"

{seed} in the command becomes the seed of each run, so every run has a chip of its own. Whatever follows -- goes to
`misfit train`. Lines go out as they come, and the mean with the standard deviation over seeds at the end.
"""

import argparse
import json
import statistics
import subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--misfit", default="misfit", help="the program")
parser.add_argument("--chip", required=True, help="command of the chip")
parser.add_argument("--task", default="yin_yang")
parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
parser.add_argument("rest", nargs="*", help="more arguments of `misfit train`, after --")
arguments = parser.parse_args()

accuracy = {}
for seed in arguments.seeds:
    command = [
        arguments.misfit, "train", "--json", "--task", arguments.task, "--seed", str(seed),
        "--lanes", "ideal,transferred,in_the_loop",
        "--set", "chip_program=" + arguments.chip.replace("{seed}", str(seed)), *arguments.rest,
    ]  # fmt: skip
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    done = json.loads(out.splitlines()[-1])
    line = []
    for lane in done["final"]:
        percent = 100 * lane["test_accuracy"]
        accuracy.setdefault(lane["lane"], []).append(percent)
        line.append(f"{lane['lane']} {percent:.2f} %")
    print(f"seed {seed}: " + ", ".join(line), flush=True)
for lane, values in accuracy.items():
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    print(f"{lane}: {statistics.mean(values):.2f} ± {spread:.2f} % over {len(values)} seeds")
