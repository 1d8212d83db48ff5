#!/usr/bin/env python3
"""Makes the WAV files behind assets/speech/spoken_digits.bin: digits in English and German by espeak-ng.

    sudo apt-get install -y espeak-ng
    python3 assets/speech/make_speech.py /tmp/words
    cargo run --release -- ear /tmp/words --out assets/speech/spoken_digits.bin \\
        --held-out "$(cat /tmp/words/held_out.txt)"

Needs nothing but Python and espeak-ng (1.51 made the file that is here). See README.md for provenance.
"""

import array
import pathlib
import random
import subprocess
import sys
import wave

ENGLISH = "zero one two three four five six seven eight nine".split()
GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun".split()

# A voice is a variant of espeak-ng with a pitch (0-99) and an accent of English. Every voice speaks both languages.
VOICES = [
    ("m1", 35, "en-us"), ("m2", 25, "en-gb-x-rp"), ("m3", 50, "en-gb-scotland"), ("m4", 40, "en-us"),
    ("m5", 30, "en-gb-x-gbclan"), ("m6", 55, "en-gb"), ("m7", 20, "en-gb-x-gbcwmd"), ("m8", 45, "en-us"),
    ("f1", 55, "en-us"), ("f2", 45, "en-gb-x-rp"), ("f3", 65, "en-gb"), ("f4", 50, "en-us"),
    ("f5", 40, "en-gb-scotland"), ("adam", 45, "en-us"), ("anika", 60, "en-gb"), ("belinda", 55, "en-us"),
    ("caleb", 30, "en-gb-x-gbclan"), ("david", 40, "en-gb"), ("linda", 50, "en-gb-scotland"), ("miguel", 45, "en-us"),
    ("steph", 55, "en-gb-x-rp"), ("zac", 60, "en-us"),
    # From here on held out.
    ("Alex", 45, "en-us"), ("Alicia", 50, "en-us"), ("Andy", 40, "en-gb"), ("Annie", 60, "en-gb-x-rp"),
    ("Michael", 35, "en-gb-scotland"), ("sandro", 50, "en-us"),
]
HELD_OUT = 6
TAKES = 3


def speak(text, language, variant, pitch, speed):
    """Samples of one word, 22.05 kHz, without the silence around it."""
    command = ["espeak-ng", "-v", f"{language}+{variant}", "-p", str(pitch), "-s", str(speed), "--stdout", text]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    # The header of a stream does not know its length: 44 bytes, then 16-bit samples.
    samples = array.array("h", data[44 : 44 + (len(data) - 44) // 2 * 2])
    loudest = max(map(abs, samples))
    heard = [k for k, x in enumerate(samples) if abs(x) > 0.01 * loudest]
    margin = 22050 // 50
    return samples[max(0, heard[0] - margin) : heard[-1] + margin]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    for variant, pitch, accent in VOICES:
        for words, language in ((ENGLISH, accent), (GERMAN, "de")):
            for word in words:
                for take in range(TAKES):
                    samples = speak(
                        word, language, variant, pitch + chance.randint(-10, 10), 140 + 20 * take + chance.randint(-10, 10)
                    )
                    with wave.open(str(folder / f"{word}_{variant}_{take}.wav"), "wb") as out:
                        out.setparams((1, 2, 22050, 0, "NONE", ""))
                        out.writeframes(samples.tobytes())
    (folder / "held_out.txt").write_text(",".join(name for name, _, _ in VOICES[-HELD_OUT:]))


if __name__ == "__main__":
    main()
