"""A chip that makes one mistake on purpose: `misbehaving.py NAME`. For tests of `misfit chip check`.

Without a name it is a good chip: plain LIF neurons without faults.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assets" / "chips"))

import numpy as np  # noqa: E402

import misfit_chip  # noqa: E402
from numpy_lif import NumpyLif  # noqa: E402

MISTAKE = sys.argv[1] if len(sys.argv) > 1 else "none"
ARGUMENT = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0


class Bad(NumpyLif):
    def __init__(self):
        super().__init__(1, 0.5 if MISTAKE == "dice" else 0.0)
        self.runs = 0
        self.noise = MISTAKE == "dice"

    def setup(self, network):
        if MISTAKE == "zero":
            print("about to divide", file=sys.stderr)
            1 / 0
        if MISTAKE == "keeps" and hasattr(self, "network"):
            return
        super().setup(network)

    def weights(self, input, recurrent, readout):
        if MISTAKE == "deaf" and self.runs > 3:
            return
        if MISTAKE == "wrong_sign":
            input = np.abs(input)
        if MISTAKE == "readout_sign":
            readout = np.abs(readout)
        super().weights(input, recurrent, readout)

    def silence(self, neurons):
        if MISTAKE != "unsilenced":
            super().silence(neurons)

    def faults(self):
        faults = super().faults()
        if MISTAKE == "nan_faults":
            faults["tau_mem"][1] = np.nan
        return faults

    def run(self, batch):
        self.runs += 1
        if MISTAKE == "microseconds":
            batch.times = batch.times * np.float32(1e-6)
        if MISTAKE == "early":
            batch.times = batch.times - np.float32(10e-6)
        if MISTAKE == "undropped":
            batch.dropped = batch.dropped[:0]
        if MISTAKE == "dice":
            batch.trial = self.runs
        if MISTAKE == "dies" and self.runs > ARGUMENT:
            print("the bench is on fire", file=sys.stderr)
            sys.exit(7)
        if MISTAKE == "slow":
            time.sleep(ARGUMENT)
        if MISTAKE == "hangs" and self.runs > ARGUMENT:
            time.sleep(3600)
        recorded = super().run(batch)
        if MISTAKE == "memory" and batch.samples > 1:
            recorded.readout[1:] += (recorded.hidden[:-1].max(axis=(1, 2)) > 100)[:, None, None].astype(np.uint8)
        if MISTAKE == "noisy":
            recorded.readout[0, 0, 0] = batch.trial % 256
        return recorded


class Stream(misfit_chip.Stream):
    def put(self, kind, arrays=None, **fields):
        arrays = dict(arrays or {})
        if kind == "hello" and MISTAKE == "old_version":
            fields["version"] = 0
        if kind == "hello" and MISTAKE == "incomplete":
            del fields["reads"]
        if kind == "hello" and MISTAKE == "nan_hello":
            return self.raw(b'{"type": "hello", "version": 1, "dt": NaN}\n')
        if kind == "hello" and MISTAKE == "chatter":
            self.raw(b"Loading the model...\n")
        if kind == "error" and MISTAKE == "obedient":
            kind, fields = "ready", {}
        if kind == "ready" and MISTAKE == "wrong_answer":
            kind = "okay"
        if kind == "ready" and MISTAKE == "silent":
            return time.sleep(3600)
        if kind == "ready" and MISTAKE == "twice":
            self.raw(b'{"type": "ready"}\n')
        if kind == "recording":
            if self.change(arrays):
                return None
        return super().put(kind, arrays, **fields)

    def raw(self, data):
        self.write(data)
        self.flush()

    def change(self, arrays):
        """Makes a mistake in a recording; says whether it was sent already."""
        hidden = arrays.get("hidden")
        if MISTAKE == "nan_codes":
            arrays["hidden"] = np.full(hidden.shape, np.nan, np.float32)
        if MISTAKE == "wide_codes":
            arrays["hidden"] = hidden.astype(np.float64)
        if MISTAKE == "transposed":
            arrays["hidden"] = hidden.transpose(0, 2, 1)
        if MISTAKE == "one_sample":
            arrays["hidden"] = hidden[:1]
        if MISTAKE == "no_readout":
            del arrays["readout"]
        if MISTAKE == "unsorted" and len(arrays["steps"]) > 1:
            arrays["steps"] = arrays["steps"][::-1]
        if MISTAKE == "ghost_neuron":
            arrays["neurons"] = arrays["neurons"] + np.uint16(6)
        if MISTAKE == "late_step":
            arrays["steps"] = arrays["steps"] + np.uint16(1000)
        if MISTAKE == "wrong_counts":
            arrays["counts"] = arrays["counts"] + np.uint32(1)
        if MISTAKE == "garbage":
            self.raw(np.random.default_rng(1).bytes(1 << 20))
            return True
        if MISTAKE == "too_much":
            self.raw(b'{"type": "recording", "arrays": ["hidden"]}\n')
            np.lib.format.write_array_header_1_0(
                self, {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
            )
            self.flush()
            return True
        if MISTAKE == "fortran":
            self.raw(b'{"type": "recording", "arrays": ["hidden"]}\n')
            np.lib.format.write_array(self, np.asfortranarray(hidden), version=(1, 0))
            self.flush()
            return True
        if MISTAKE == "truncated":
            self.raw(b'{"type": "recording", "arrays": ["hidden"]}\n')
            np.lib.format.write_array_header_1_0(self, np.lib.format.header_data_from_array_1_0(hidden))
            self.raw(hidden.tobytes()[: hidden.size // 2])
            sys.exit(0)
        return False


if MISTAKE == "crash":
    raise RuntimeError("no licence for this chip")
if MISTAKE == "zombie":
    misfit_chip.os._exit = lambda status: time.sleep(3600)
misfit_chip.Stream = Stream
misfit_chip.serve(Bad())
