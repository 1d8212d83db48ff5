#!/usr/bin/env python3
"""What conventional networks reach on the embedded words: how far the data themselves allow to generalise.

    pip install -r tests/peers/requirements.txt && python3 tests/peers/speech_ceiling.py

The same spikes, the same voices held out, as counts in 70 channels and 40 bins of 20 ms. It is documentation
that runs: nothing in the program depends on it.
"""
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

FILE = Path(__file__).resolve().parents[2] / "assets" / "speech" / "spoken_digits.bin"
CHANNELS, BINS, SECONDS = 70, 40, 0.8
SEEDS = 3


class Reader:
    """Little-endian numbers one after the other; the format is described in src/task/speech/packed.rs."""

    def __init__(self, raw: bytes):
        self.raw, self.at = raw, 0

    def number(self, code: str) -> int:
        (value,) = struct.unpack_from("<" + code, self.raw, self.at)
        self.at += struct.calcsize(code)
        return value

    def array(self, code: str, n: int) -> np.ndarray:
        values = np.frombuffer(self.raw, "<" + code, n, self.at)
        self.at += values.nbytes
        return values

    def names(self) -> list[str]:
        return [bytes(self.array("u1", self.number("B"))).decode() for _ in range(self.number("H"))]


def load() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[str]]:
    reader = Reader(zlib.decompress(FILE.read_bytes()[14:]))
    tick = reader.number("H") / 24000
    units, classes, voices = reader.number("H"), reader.names(), reader.names()
    n = reader.number("I")
    labels, speakers = reader.array("u2", n), reader.array("u2", n)
    is_test, spikes = reader.array("u1", n).astype(bool), reader.array("u4", n)
    times = []
    for count in spikes:
        at = 0
        for _ in range(count):
            while (gap := reader.number("B")) == 255:
                at += 255
            at += gap
            times.append(at * tick)
    low, high = reader.array("u1", len(times)), reader.array("u1", len(times))
    channel = (low.astype(int) + 256 * high.astype(int)) * CHANNELS // units
    step = np.minimum(np.array(times) / SECONDS * BINS, BINS - 1).astype(int)
    counts = np.zeros((n, CHANNELS, BINS), np.float32)
    np.add.at(counts, (np.repeat(np.arange(n), spikes), channel, step), 1)
    held_out = [voices[k] for k in sorted(set(speakers[is_test]))]
    print(f"{n} words, {len(classes)} classes, {len(voices)} voices, held out: {', '.join(held_out)}")
    return torch.tensor(np.log1p(counts)), torch.tensor(labels.astype(int)), torch.tensor(is_test), classes


class Recurrent(nn.Module):
    """As wide as the spiking network, with gates and without spikes."""

    def __init__(self, classes: int):
        super().__init__()
        self.gru, self.out = nn.GRU(CHANNELS, 186, batch_first=True), nn.Linear(186, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.gru(x.transpose(1, 2))[0].mean(1))


def linear(classes: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(CHANNELS * BINS, classes))


def layered(classes: int) -> nn.Module:
    hidden = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(CHANNELS * BINS, 186), nn.ReLU())
    return nn.Sequential(hidden, nn.Dropout(0.5), nn.Linear(186, classes))


def convolutional(classes: int) -> nn.Module:
    def layer(before: int, after: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(before, after, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))

    features = nn.Sequential(nn.Unflatten(1, (1, CHANNELS)), layer(1, 16), layer(16, 32), nn.Flatten())
    return nn.Sequential(features, nn.Dropout(0.5), nn.Linear(32 * (CHANNELS // 4) * (BINS // 4), classes))


def accuracies(net: nn.Module, data, epochs: int, shifted: bool) -> tuple[float, float]:
    x, y, test = data
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    training = torch.where(~test)[0]
    for _ in range(epochs):
        net.train()
        for batch in training[torch.randperm(len(training))].split(50):
            seen = x[batch]
            if shifted:
                seen = torch.roll(seen, int(torch.randint(-2, 3, (1,))), 1)
                seen = torch.roll(seen, int(torch.randint(-3, 4, (1,))), 2)
            loss = nn.functional.cross_entropy(net(seen), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    net.eval()
    with torch.no_grad():
        right = (net(x).argmax(1) == y).float()
    return right[~test].mean().item(), right[test].mean().item()


def main() -> None:
    *data, classes = load()
    cases = [
        ("linear", linear, 40, False),
        ("two layers", layered, 40, False),
        ("two layers, words shifted in frequency and time", layered, 80, True),
        ("gated recurrent, shifted", Recurrent, 40, True),
        ("convolutional, shifted", convolutional, 30, True),
    ]
    print(f"accuracy in per cent, mean and sd over {SEEDS} seeds: voices heard in training, voices held out")
    for name, make, epochs, shifted in cases:
        figures = []
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            figures.append(accuracies(make(len(classes)), data, epochs, shifted))
        mean, sd = 100 * np.mean(figures, 0), 100 * np.std(figures, 0, ddof=1)
        print(f"{name:<50} {mean[0]:5.1f} ± {sd[0]:.1f}   {mean[1]:5.1f} ± {sd[1]:.1f}")


if __name__ == "__main__":
    main()
