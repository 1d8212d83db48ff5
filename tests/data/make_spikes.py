"""Writes the small spike files beside this script: python3 make_spikes.py (h5py 3.16, NumPy 2.4).

Another run gives the same bytes, except for time stamps in the chunked file.

All hold the same four samples, in the layout of the Spiking Heidelberg Digits, each in another dialect
of HDF5. Every time is exact in binary16, so the content does not depend on the type.
"""

from pathlib import Path

import h5py
import numpy as np

TIMES = [[0.125, 0.25, 0.5, 1.0], [], [0.75, 0.0625], [0.3125, 0.3125, 0.625]]
UNITS = [[3, 1, 4, 1], [], [5, 9], [26, 2, 699]]
LABELS = [2, 0, 1, 2]
SPEAKERS = [7, 7, 4, 11]
KEYS = ["zero", "eins", "zwei"]

OLD, NEW = ("earliest", "v108"), ("v110", "v110")
DIALECTS = {
    "spikes_f32.h5": {"time": "<f4", "unit": "<u2", "text": "S", "libver": OLD},
    "spikes_f16_chunked.h5": {
        "time": "<f2", "unit": "<u4", "text": "S", "libver": NEW, "chunks": (2,), "compression": "gzip",
    },
    "spikes_big_endian.h5": {
        "time": ">f8", "unit": ">i8", "text": h5py.string_dtype(), "libver": OLD, "chunks": (2,),
    },
    "spikes_user_block.h5": {"time": "<f4", "unit": "<u2", "text": "S", "libver": NEW, "userblock_size": 1024},
}

for name, dialect in DIALECTS.items():
    path = Path(__file__).with_name(name)
    block = {key: dialect[key] for key in ("userblock_size",) if key in dialect}
    with h5py.File(path, "w", libver=dialect["libver"], **block) as file:
        packing = {key: dialect[key] for key in ("chunks", "compression") if key in dialect}
        for kind, lists in (("time", TIMES), ("unit", UNITS)):
            number = np.dtype(dialect[kind])
            data = file.create_dataset(f"spikes/{kind}s", (len(lists),), h5py.vlen_dtype(number), **packing)
            for k, values in enumerate(lists):
                data[k] = np.array(values, number)
        for column, values in (("labels", LABELS), ("extra/speaker", SPEAKERS)):
            file.create_dataset(column, data=np.array(values, dialect["unit"]), **packing)
        file["extra/keys"] = np.array(KEYS, dialect["text"])
