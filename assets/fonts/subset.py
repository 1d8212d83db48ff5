#!/usr/bin/env python3
"""Cuts the fonts of the window out of Inter and Noto Sans CJK SC, a regular and a strong cut each, and Phosphor.

    pip install fonttools && mkdir /tmp/fonts && cd /tmp/fonts
    apt-get download fonts-inter fonts-noto-cjk && for p in *.deb; do dpkg-deb -x $p .; done
    tar xzf $(npm pack @phosphor-icons/web@2.1.2) && python3 PATH/TO/assets/fonts/subset.py /tmp/fonts

Latin, Greek, mathematics and arrows are Inter's, with figures of one width so that numbers do not wobble. Chinese is
the 3,755 characters of the first level of GB 2312, and every other character of src/text, lessons and terms. Icons are those that
src/views/theme/icons.rs names.
"""

import pathlib
import re
import sys

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent / "src"
# Latin, Greek, phonetics, punctuation, sub- and superscripts, letters, arrows, mathematics, drawings, marks.
LATIN = [(0x20, 0x17F), (0x1C0, 0x24F), (0x2B0, 0x3FF), (0x1D60, 0x1D6B), (0x2000, 0x23FF), (0x2460, 0x27BF), (0x2900, 0x2BFF)]


def level_one():
    """The common characters: rows 16 to 55 of GB 2312."""
    codes = ((row, cell) for row in range(16, 56) for cell in range(1, 95))
    return {bytes([0xA0 + row, 0xA0 + cell]).decode("gb2312", errors="ignore") for row, cell in codes} - {""}


def characters():
    """Common characters, punctuation and full-width forms, and what else the window says."""
    sources = [*(SOURCES / "text").glob("**/*.rs"), *HERE.parent.glob("**/*.toml")]
    said = {c for source in sources for c in source.read_text(encoding="utf-8") if ord(c) >= 0x2E80}
    return said | level_one() | set("、。，．：；？！…—（）【】《》「」“”‘’·％～￥①②③④⑤⑥⑦⑧⑨")


def tabular(font):
    """Figures of one width stand for the digits themselves, as no text of egui asks for a feature of its font."""
    table = font["GSUB"].table
    lookups = next(record.Feature.LookupListIndex for record in table.FeatureList.FeatureRecord if record.FeatureTag == "tnum")
    even = {a: b for k in lookups for part in table.LookupList.Lookup[k].SubTable for a, b in part.mapping.items()}
    for part in font["cmap"].tables:
        part.cmap.update({code: even.get(name, name) for code, name in part.cmap.items() if chr(code) in "0123456789+−"})


def cut(font, codes, name, features):
    """Keeps `codes` of a font, under a name that is its own."""
    options = subset.Options(hinting=False, layout_features=features, name_IDs=[0, 1, 2, 4, 6, 13, 14], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    # The same command makes the same bytes.
    font.recalcTimestamp = False
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = name.replace(" ", "") if record.nameID == 6 else name
    out = HERE / f"{name.replace(' ', '')}.{'otf' if font.sfntVersion == 'OTTO' else 'ttf'}"
    font.save(out)
    print(f"{len(font.getGlyphOrder())} glyphs, {out.stat().st_size} bytes: {out}")


def main():
    root = pathlib.Path(sys.argv[1])
    latin = [code for first, last in LATIN for code in range(first, last + 1)]
    for weight, chinese, name in [("Regular", "Regular", "Misfit Sans"), ("SemiBold", "Bold", "Misfit Sans Strong")]:
        font = TTFont(next(root.rglob(f"Inter-{weight}.otf")))
        tabular(font)
        cut(font, latin, name, ["kern", "mark", "ccmp"])
        faces = TTCollection(next(root.rglob(f"NotoSansCJK-{chinese}.ttc"))).fonts
        font = next(face for face in faces if face["name"].getDebugName(4).startswith("Noto Sans CJK SC"))
        cut(font, map(ord, characters()), f"{name} SC", [])
    named = re.findall(r"\\u\{(e[0-9a-f]{3})\}", (SOURCES / "views" / "theme" / "icons.rs").read_text())
    cut(TTFont(next(root.rglob("regular/Phosphor.ttf"))), [int(code, 16) for code in named], "Misfit Icons", [])


main()
