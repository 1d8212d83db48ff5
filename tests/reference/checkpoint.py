"""Reads a checkpoint as any safetensors file, and checks that the codes are those of the weights.

    python3 tests/reference/checkpoint.py run.misfit

Uses the safetensors library where it is installed; otherwise the few lines that its README gives for the format.
"""

import json
import struct
import sys
import zlib

import numpy

DTYPES = {"F32": "<f4", "I16": "<i2", "I8": "<i1"}


def arrays(path):
    try:
        from safetensors.numpy import load_file

        return load_file(path), "the safetensors library"
    except ImportError:
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            header, data = json.loads(file.read(size)), file.read()
        found = {}
        for name, about in header.items():
            if name != "__metadata__":
                start, end = about["data_offsets"]
                found[name] = numpy.frombuffer(data[start:end], DTYPES[about["dtype"]]).reshape(about["shape"])
        return found, "the format's description"


def main():
    path = sys.argv[1]
    with open(path, "rb") as file:
        content = file.read()
    (size,) = struct.unpack("<Q", content[:8])
    about = json.loads(content[8 : 8 + size])["__metadata__"]
    digits = about["crc32"].encode()
    assert zlib.crc32(content.replace(b'"crc32":"' + digits, b'"crc32":"00000000', 1)) == int(digits, 16), "checksum"
    params = json.loads(about["parameters"])
    found, reader = arrays(path)
    code_max = 2 ** params["weight_bits"] - 1
    lanes = [name.removesuffix(".weights.input") for name in found if name.endswith(".weights.input")]
    assert sorted(lanes) == ["ideal", "in_the_loop", "transferred"], lanes
    for lane in ("ideal", "in_the_loop"):
        for layer, scale in (("input", "weight_full_scale"), ("readout", "readout_full_scale")):
            weights = found[f"{lane}.weights.{layer}"]
            assert weights.dtype == numpy.float32 and weights.std() > 0, (lane, layer)
            scaled = weights.astype(numpy.float64) * code_max / params[scale]
            # Halves are rounded away from zero; float32 may fall on either side of one.
            codes = numpy.sign(scaled) * numpy.floor(numpy.abs(scaled) + 0.5)
            far = numpy.abs(numpy.abs(scaled) % 1 - 0.5) > 1e-3
            codes = numpy.clip(codes, -code_max, code_max)
            assert (codes == found[f"{lane}.codes.{layer}"])[far].all(), (lane, layer)
    print(f"{len(found)} arrays read with {reader}")


main()
