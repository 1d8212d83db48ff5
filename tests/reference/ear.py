"""The inner ear of Misfit once more, in NumPy and SciPy, from the equations.

    python3 tests/reference/ear.py                       # the numbers that stand in src/ear/membrane.rs
    python3 tests/reference/ear.py FILE.wav [SEED]       # spikes of one recording per channel, as JSON

Needs numpy and scipy. Model: Cramer, Stradmann, Schemmel, Zenke 2020,
"The Heidelberg spiking data sets for the systematic evaluation of spiking neural networks",
doi:10.1109/TNNLS.2020.3044364; basilar membrane: Sieroka, Dosch, Rupp 2006; hair cell: Meddis 1986, 1988.
"""

import json
import sys

import numpy as np
from scipy.special import hankel1, jv, yv

# Basilar membrane.
A, ALPHA, RHO, C0, DELTA, H, M = 3500.0, 3.0, 1.0, 1e9, 0.15, 0.1, 0.05
R0 = DELTA * np.sqrt(C0 * M)
POSITIONS = np.linspace(0.0, 3.5, 700)


def response(f, c):
    """Velocity of the membrane at c (cm) for a tone of f (Hz): complex."""
    w = 2 * np.pi * np.asarray(f, dtype=complex)

    def xi(c):
        return C0 * np.exp(-ALPHA * c) - A - M * w**2 - 1j * w * R0 * np.exp(-ALPHA * c / 2)

    def g(c):
        return w * np.sqrt(RHO / (H * xi(c)))

    s = np.sqrt(M * w**2 + A)

    def phase(c):
        top = -ALPHA * np.sqrt(-A + C0 - w * (M * w + 1j * R0))
        top = top + 1j * ALPHA * (2 * A + w * (2 * M * w + 1j * R0)) / (2 * s)
        half = np.exp(-ALPHA * c / 2)
        bottom = -2 * np.sqrt(-A + C0 * half**2 - M * w**2 - 1j * half * w * R0)
        bottom = (bottom + 1j * (2 * A + w * (2 * M * w + 1j * half * R0)) / s) * ALPHA / (2 * half)
        return 2 * g(0) / ALPHA - 2j * np.sqrt(2) * w * np.log(top / bottom) / (ALPHA * np.sqrt(2 * H) * s)

    def pressure(c):
        big = phase(c)
        return np.sqrt(big / g(c)) * hankel1(0, big)

    q = 4 * np.pi * np.asarray(f) / ALPHA * np.sqrt(2 / (H * C0))
    z = np.sqrt(2 * C0 / H) * (1j * jv(0, q) + yv(0, q)) / (jv(1, q) - 1j * yv(1, q))
    return 2 * w / xi(c) * pressure(c) / pressure(0) * z


def filtered(sound, rate, positions):
    """What the membrane does at each position, at half the rate of the sound: (channel, step).

    The frequencies are those of the published program, from 1 Hz to half the rate.
    """
    x = np.asarray(sound, dtype=float)
    x = 0.3 * x / np.sqrt(np.mean(x**2))
    x = x * np.hanning(len(x))
    n = len(x) // 2
    spectrum = np.fft.fft(x)[:n]
    f = np.linspace(1, rate / 2, n + 1)[:n]
    return np.stack([np.fft.ifft(response(f, POSITIONS[p]) * spectrum).real for p in positions])


def release(s, rate):
    """Firing probability per step behind the hair cells: (channel, step)."""
    y, g, l, r, x, a, b, h = 5.05, 2000.0, 2500.0, 6580.0, 66.3, 5.0, 300.0, 50000.0
    dt = 1.0 / rate
    k = g * a / (a + b)
    cleft = y * k / (l * k + y * (l + r)) * np.ones(len(s))
    q = cleft * (l + r) / k
    w = cleft * r / x
    out = np.zeros_like(s)
    for t in range(s.shape[1]):
        k = np.where(s[:, t] + a > 0, g * (s[:, t] + a) / (s[:, t] + a + b), 0.0)
        replenish = np.maximum(y * (1 - q) * dt, 0)
        eject, lose, reuptake, reprocess = k * q * dt, l * cleft * dt, r * cleft * dt, x * w * dt
        q = np.maximum(q + replenish - eject + reprocess, 0)
        cleft = np.maximum(cleft + eject - lose - reuptake, 0)
        w = np.maximum(w + reuptake - reprocess, 0)
        out[:, t] = h * cleft * dt
    return out


def bushy(p, rate, rng):
    """Spike counts of the bushy cells, one per channel."""
    n, dt = 40, 1.0 / rate
    until = np.zeros((len(p), n))
    v, i = np.zeros(len(p)), np.zeros(len(p))
    free = np.zeros(len(p))
    times = [[] for _ in p]
    for t in range(p.shape[1]):
        # Every fibre throws its own coin; Misfit counts them instead.
        fired = (rng.random((len(p), n)) < p[:, t, None]) & (until <= t)
        until[fired] = t + max(1, round(1e-3 / dt))
        i = i * np.exp(-dt / 0.5e-3) + fired.sum(1)
        v = v * np.exp(-dt / 1e-3) + i * 13000.0 / n * dt
        v[free > t] = 0.0
        hit = v > 1.0
        v[hit] = 0.0
        free[hit] = t + max(1, round(1e-3 / dt))
        for u in np.flatnonzero(hit):
            times[u].append(t * dt)
    return times


def hear(path, positions, seed=0):
    """Spike times per position, and the length of the sound. The model works on 48,000 samples per second."""
    from scipy.io import wavfile
    from scipy.signal import resample

    rate, sound = wavfile.read(path)
    seconds = len(sound) / rate
    motion = filtered(resample(sound.astype(float), round(48000 * seconds)), 48000, positions)
    return bushy(release(motion, 24000), 24000, np.random.default_rng(seed)), seconds


def main():
    if len(sys.argv) > 1:
        positions = range(0, 700, 10)
        times, seconds = hear(sys.argv[1], positions, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
        print(json.dumps({"seconds": seconds, "counts": [len(t) for t in times]}))
        return
    for f in (100.0, 440.0, 1000.0, 3000.0, 8000.0):
        for p in (0, 100, 300, 500, 699):
            v = complex(response(f, POSITIONS[p]))
            print(f"({f:.1f}, {p}, {v.real:.12e}, {v.imag:.12e}),")


if __name__ == "__main__":
    main()
