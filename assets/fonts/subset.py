#!/usr/bin/env python3
"""Cuts the Chinese font down to the characters that the window shows.

    pip install fonttools
    apt-get download fonts-noto-cjk && dpkg-deb -x fonts-noto-cjk_*.deb /tmp/cjk
    python3 assets/fonts/subset.py /tmp/cjk/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Reads every Chinese character in src/text, so it has to run again when a test says that one is missing.
"""

import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTCollection

HERE = pathlib.Path(__file__).resolve().parent
FACE, NAME = "Noto Sans CJK SC", "Misfit Sans SC"


def characters():
    """Ideographs, CJK punctuation, full-width forms, and an arrow that no other font has, in the strings of the window."""
    sources = (HERE.parent.parent / "src" / "text").glob("**/*.rs")
    found = {c for source in sources for c in source.read_text(encoding="utf-8")}
    return sorted(c for c in found if ord(c) >= 0x2E80 or c == "→")


def main():
    faces = TTCollection(sys.argv[1]).fonts
    font = next(face for face in faces if face["name"].getDebugName(4).startswith(FACE))
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 4, 6, 13, 14], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters()) + "".join(map(chr, range(0x20, 0x7F))))
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    out = HERE / "MisfitSansSC.otf"
    font.save(out)
    print(f"{len(characters())} characters, {out.stat().st_size} bytes: {out}")


main()
