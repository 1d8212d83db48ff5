"""Computes again what a chip that teaches itself learnt, in NumPy, and compares it bit for bit.

    misfit record --lane on_chip --samples 200 --out own.npz
    python3 tests/reference/on_chip.py own.npz

Written from the equations at the head of src/chip/plasticity.rs and in the handbook, in whole numbers of 64 bits. It
starts from the codes of the converters, the traces, the labels, and the weights and shift registers before the first
sample; it prints what it found, then `ok`, and leaves with status 1 if a weight or a register differs.
"""

import json
import sys

import numpy as np


def parameters(archive):
    return json.loads(bytes(archive["params_json"]).decode())


def half_up(x):
    return np.floor(np.asarray(x, dtype=float) + 0.5).astype(np.int64)


def draw(states):
    """Moves registers of x^16 + x^14 + x^13 + x^11 + 1 on by one bit; the low eight bits are the random number."""
    feedback = np.where(states & 1, 0xB400, 0)
    states[:] = (states >> 1) ^ feedback
    return states & 0xFF


def move(weights, sums, rate, states, bits, most, stochastic):
    """One row: weights in steps of 2^-bits LSB; the update has 15 + 6 bits behind the point of an LSB."""
    shift = 21 - bits - 8
    update = (sums * rate + (1 << (shift - 1))) >> shift
    random = draw(states)
    rounding = random if stochastic else 128
    weights[:] = np.clip(weights - ((update + rounding) >> 8), -(most << bits), most << bits)


def main(path):
    archive = np.load(path)
    p = parameters(archive)
    bits = int(p["on_chip_fraction_bits"])
    most = 2 ** int(p["weight_bits"]) - 1
    distance = float(archive["lsb_per_unit"])
    hidden, readout = (archive[k].astype(np.int64) for k in ("cadc_hidden", "cadc_readout"))
    samples, steps, n_hidden = hidden.shape
    n_readout = readout.shape[2]
    decay = float(p["on_chip_decay"]) ** int(archive["epoch"])
    # Rates in 2^-21 LSB for a unit of what is summed up: traces of 100 LSB, derivative and signal of 127, shifted by 7.
    rate_hidden = int(half_up(float(p["on_chip_rate_hidden"]) * decay * 2**21 / (100 * 127 * 127 / 128)))
    rate_readout = int(half_up(float(p["on_chip_rate_readout"]) * decay * 2**21 / 127))
    slope = int(half_up(127 * 128 / distance))
    score = int(half_up(float(p["on_chip_score_scale"]) * 32 * 65536 / (steps * distance)))
    signal_shift = int(half_up(np.log2(most / float(p["readout_full_scale"]))))
    activity = int(half_up(float(p["on_chip_activity"]) * 127 * 16))
    table = half_up(255 * np.exp(-np.arange(256) / 32))
    stochastic = p["on_chip_rounding"] == "stochastic"

    w, u = archive["fine_input_before"].astype(np.int64), archive["fine_readout_before"].astype(np.int64)
    registers = archive["registers_before"].astype(np.int64)
    of_hidden, of_readout = registers[:n_hidden], registers[n_hidden:]
    counts = np.zeros((samples, n_hidden), dtype=np.int64)
    for sample, _, neuron in archive["spikes"]:
        counts[sample, neuron] += 1

    first_side = (n_hidden + 1) // 2
    side = (np.arange(n_hidden) >= first_side).astype(int)
    updates = right = 0
    for k in range(samples):
        v = hidden[k] - hidden[k, 0]
        scores = (readout[k] - readout[k, 0]).sum(axis=0)
        right += int(np.argmax(scores) == archive["labels"][k])
        below = ((scores.max() - scores) * score + 2**15) >> 16
        weight = table[np.minimum(below, 255)]
        error = (127 * weight + weight.sum() // 2) // weight.sum()
        error[archive["labels"][k]] -= 127
        if not error.any():
            continue
        updates += 1
        codes = (u + ((1 << bits) >> 1)) >> bits
        back = archive["feedback"].astype(np.int64) if p["on_chip_feedback"] == "random" else codes
        signal = ((back @ error + ((1 << signal_shift) >> 1)) >> signal_shift) + ((counts[k] * activity + 8) >> 4)
        signal = np.clip(signal, -127, 127)
        closeness = np.maximum(0, 127 - ((np.abs(v - int(half_up(distance))) * slope) >> 7))
        modulated = (closeness * signal + 64) >> 7
        traces = archive["traces"][k].astype(np.int64)
        if rate_hidden > 0:
            for j in range(w.shape[0]):
                if traces[:, j].any():
                    sums = (traces[side, j].T * modulated).sum(axis=0)
                    move(w[j], sums, rate_hidden, of_hidden, bits, most, stochastic)
        for h in np.flatnonzero(counts[k]):
            move(u[h], error * min(counts[k, h], 3), rate_readout, of_readout, bits, most, stochastic)

    wrong = {
        "input weights": int((w != archive["fine_input_after"]).sum()),
        "readout weights": int((u != archive["fine_readout_after"]).sum()),
        "shift registers": int((registers != archive["registers_after"]).sum()),
    }
    moved = int((w != archive["fine_input_before"]).sum() + (u != archive["fine_readout_before"]).sum())
    print(f"{samples} samples, {right} answered right, {updates} changed a weight, {moved} weights moved")
    for what, n in wrong.items():
        print(f"{what}: {n} differ")
    if any(wrong.values()) or moved == 0:
        print("WRONG")
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
