#!/usr/bin/env python3
"""Walks through the real window as a person would, and checks what happens at every step.

    cargo build --features inspection
    pip install -r tests/walk/requirements.txt                  # besides Xvfb, xdotool and ImageMagick
    python3 tests/walk/walk.py                                  # all steps, a picture of each in a temporary folder
    python3 tests/walk/walk.py --mnist FOLDER --words FOLDER    # with the steps that open large data and stop that
    python3 tests/walk/walk.py --out assets/screenshots         # also makes the pictures of the README anew

Every step asserts something: a file, a word in the window, a number of a control, or how many pixels changed.
"""

import argparse
import math
import pathlib
import re
import struct
import subprocess
import tempfile
import time
import wave
import xml.etree.ElementTree
import zipfile

from PIL import Image

from desk import Desk, changed

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Pictures that the README shows, by the name of the step that makes them.
SHOWN = ["past", "spoken"]
COLOURS = 96


class Walk:
    """The steps, in order; each begins where the one before ended."""

    def __init__(self, desk, options, home, pictures):
        self.desk, self.options, self.home, self.pictures = desk, options, home, pictures

    def run(self):
        for k, step in enumerate([
            self.start, self.pause, self.mismatch, self.select, self.silence, self.recovery, self.past, self.branch,
            self.draw, self.export, self.record, self.samples, self.language, self.projector, self.data, self.stop_loading, self.spoken, self.quit,
        ]):
            if self.options.only and step.__name__ not in self.options.only.split(","):
                continue
            begun = time.monotonic()
            note = step() or ""
            print(f"{k + 1:2} {step.__name__:13} {time.monotonic() - begun:5.1f} s  {note}", flush=True)
            if self.desk.program.poll() is None:
                self.rest()
                self.desk.shot(self.pictures / f"{k + 1:02}-{step.__name__}.png", COLOURS)
                if self.options.out and step.__name__ in SHOWN:
                    self.options.out.mkdir(parents=True, exist_ok=True)
                    self.desk.shot(self.options.out / f"{step.__name__}.png", COLOURS)

    # What several steps need.

    def rest(self):
        """Takes the pointer to where it points at nothing."""
        width, height = self.desk.size
        self.desk.x("mousemove", width - 4, height - 4)
        time.sleep(1.2)

    def epoch(self):
        said = [re.match(r"epoch (\d+)", n.value) for n in self.desk.tree()]
        return next((int(found[1]) for found in said if found), None)

    def scores(self):
        """Test accuracy of each lane in %, as the cards on top say."""
        # The tree is read from left to right, and every lane has one number in the same line.
        found = [n for n in self.desk.tree() if n.bounds[1] < 90 and re.fullmatch(r"[\d.]+ %", n.value)]
        return [float(n.value.split()[0]) for n in sorted(found, key=lambda n: n.bounds[0])]

    def slider(self, label):
        """The slider in the line of a label."""
        line = self.desk.find(label, "label").bounds
        middle = (line[1] + line[3]) / 2
        return next(n for n in self.desk.tree() if n.role == "slider" and n.bounds[1] < middle < n.bounds[3]
                    and n.bounds[0] >= line[0])

    def map(self):
        """The floor plan: the largest thing in the window that has no words."""
        bare = [n for n in self.desk.tree() if n.role == "unknown" and not n.label]
        return max(bare, key=lambda n: (n.bounds[2] - n.bounds[0]) * (n.bounds[3] - n.bounds[1]))

    def area(self, node):
        return (*self.desk.place(node, 0, 0), *self.desk.place(node, 1, 1))

    def open_path(self, path, button="Open this path", wait=0.4):
        if not self.desk.says("Experiment file"):
            group = ("Experiment", "disclosureTriangle")
            self.desk.click(next(n for n in self.desk.tree() if (n.label, n.role) == group))
            time.sleep(0.6)
        # The first one filters the settings.
        field = [n for n in self.desk.tree() if n.role == "textInput"][1]
        self.desk.click(field)
        self.desk.key("ctrl+a")
        self.desk.x("type", "--delay", "4", str(path))
        time.sleep(0.5)
        self.desk.click(button, wait=wait)

    # The steps.

    def start(self):
        desk = self.desk
        title = desk.x("getwindowname", desk.window).strip()
        assert title == "Misfit", title
        desk.click("All")
        desk.until(lambda: (self.epoch() or 0) >= 5, "epoch 5", 60)
        ideal, transferred, loop = self.scores()
        assert ideal > 60 and loop > 60, (ideal, transferred, loop)
        return f"epoch {self.epoch()}: {ideal} %, {transferred} %, {loop} %"

    def pause(self):
        desk = self.desk
        desk.key("space")
        desk.find("paused")
        # The batch that was under way ends, and the mark of the focus fades.
        time.sleep(2)
        before = desk.shot(self.pictures / "still.png")
        time.sleep(2)
        share = changed(before, desk.shot(self.pictures / "still.png"))
        assert share == 0, f"{share:.1%} of the pixels changed while paused"
        desk.click("Run")
        desk.until(lambda: not desk.says("paused"), "learning")
        return "nothing moves while paused"

    def mismatch(self):
        desk = self.desk
        before, transferred = self.slider("Global mismatch, σ"), self.scores()[1]
        start, end = (desk.place(before, 0.07 + 0.86 * sigma / 100) for sigma in (before.number, 45))
        steps = [(round(start[0] + (end[0] - start[0]) * k / 8), start[1]) for k in range(9)]
        desk.drag(*steps)
        after = self.slider("Global mismatch, σ").number
        assert after >= before.number + 10, (before.number, after)
        desk.until(lambda: self.scores()[1] < transferred - 3, "the transferred network to suffer", 60)
        return f"σ {before.number:.0f} → {after:.0f} %: transferred {transferred} → {self.scores()[1]} %"

    def select(self):
        desk = self.desk
        desk.key("F3")
        place = self.map()
        # The upper row of neurons ends in the middle of the plan.
        before = desk.shot(self.pictures / "still.png")
        desk.click(place, 0.3, 0.46)
        desk.find("1 selected", "label")
        neuron = next(n.value for n in desk.tree() if re.fullmatch(r"neuron \d+", n.value))
        assert changed(before, desk.shot(self.pictures / "still.png"), self.area(place)) > 0
        return neuron

    def silence(self):
        desk = self.desk
        # While it is paused, nothing but the stroke changes the accuracy.
        desk.click("Pause")
        desk.find("paused")
        time.sleep(1)
        self.before = self.scores()[2]
        desk.click("Silence")
        place = self.map()
        before = desk.shot(self.pictures / "still.png")
        # To and fro over seven of the eight lines of circuits of a quadrant, in leaps: what lies between is silenced, too.
        lines = [0.261 + 0.0304 * line for line in range(7)]
        stroke = [(x, y) for k, y in enumerate(lines) for x in ((0.02, 0.15, 0.47) if k % 2 == 0 else (0.47, 0.15, 0.02))]
        desk.drag(*[desk.place(place, x, y) for x, y in stroke], pause=0.05)
        self.rest()
        time.sleep(1)
        share = changed(before, desk.shot(self.pictures / "still.png"), self.area(place))
        assert share > 0.005, f"{share:.2%} of the map changed"
        desk.key("ctrl+shift+c")
        command = desk.until(lambda: [n.value for n in desk.tree() if "silenced=" in n.value], "the command line")[0]
        silenced = len(re.search(r"silenced=\[?([\d, ]+)", command)[1].split(","))
        # Sixteen circuits a line, each of them a neuron.
        assert silenced == 112, command
        desk.click("Dismiss")
        self.fallen = desk.until(lambda: (now := self.scores()[2]) < self.before - 3 and now, "the accuracy to fall")
        return f"{silenced} neurons by one stroke: {self.before} → {self.fallen} %"

    def recovery(self):
        """The accuracy right after the stroke against what the lane reaches with the same broken neurons."""
        desk, lost = self.desk, self.before - self.fallen
        assert desk.says("paused") and self.scores()[2] == self.fallen, "nothing was learnt since the stroke"
        begun = self.epoch()
        desk.click("Run")
        reached = desk.until(lambda: (now := self.scores()[2]) >= self.fallen + 0.7 * lost and now, "the way back", 150)
        said = desk.until(lambda: [n.value for n in desk.tree() if "recovered in" in n.value],
                          "the window to say so itself", 150)[0]
        return f"{self.fallen} → {reached} % within {self.epoch() - begun} epochs, of {self.before} % before; it says: {said}"

    def past(self):
        desk = self.desk
        desk.key("F2")
        desk.until(lambda: (self.epoch() or 0) >= 8, "epoch 8", 60)
        handle = max((n for n in desk.tree() if n.role == "slider"), key=lambda n: n.bounds[1])
        before = desk.shot(self.pictures / "still.png")
        desk.drag(*[desk.place(handle, 0.985 - 0.075 * k, 0.5) for k in range(11)])
        said = desk.until(lambda: [n.value for n in desk.tree() if n.value.startswith("Looking at epoch")], "the past")[0]
        time.sleep(1)
        assert changed(before, desk.shot(self.pictures / "still.png")) > 0.01
        self.epoch_seen = int(said.split()[-1])
        assert self.epoch_seen < self.epoch(), said
        return said

    def branch(self):
        desk = self.desk
        ahead = self.epoch()
        desk.click("Learn on from here")
        desk.until(lambda: not desk.says("Looking at epoch"), "the present")
        desk.until(lambda: self.epoch() < ahead, f"an epoch before {ahead}")
        return f"from epoch {ahead} to {self.epoch()}"

    def draw(self):
        desk = self.desk
        desk.command("Views: Draw")
        canvas = desk.find("Draw here")
        circle = [(0.5 + 0.22 * math.sin(k / 4), 0.5 - 0.36 * math.cos(k / 4)) for k in range(26)]
        desk.drag(*[desk.place(canvas, *point) for point in circle], pause=0.02)
        right = desk.place(canvas, 1, 0)[0]

        def answers():
            beside = [n for n in desk.tree() if n.role == "label" and n.bounds[0] > right
                      and canvas.bounds[1] - 8 < n.bounds[1] < canvas.bounds[3] + 40]
            said = [re.fullmatch(r"(?:Ideal|Transferred|In the loop) (\d)", n.value or n.label) for n in beside]
            return [match[1] for match in said if match]

        desk.until(lambda: len(answers()) == 3, "three answers")
        given = answers()
        assert "0" in given, given
        return f"a ring is taken for {', '.join(given)}"

    def export(self):
        desk = self.desk
        for command, name in [("SVG: Accuracy", "misfit-accuracy.svg"), ("CSV: Accuracy", "misfit-accuracy.csv")]:
            desk.command(command)
            desk.until(lambda: (self.home / name).exists(), name)
        drawing = xml.etree.ElementTree.parse(self.home / "misfit-accuracy.svg").getroot()
        assert drawing.tag.endswith("svg") and len(list(drawing.iter())) > 20
        rows = [line for line in (self.home / "misfit-accuracy.csv").read_text().splitlines() if line[:1] not in "#"]
        assert len(rows) > 10, rows
        desk.key("F12")
        desk.until(lambda: desk.says("misfit-window.png"), "the picture")
        picture = Image.open(self.home / "misfit-window.png")
        assert picture.size == tuple(desk.size), picture.size
        return f"SVG, CSV of {len(rows)} rows, PNG of {picture.size[0]} × {picture.size[1]}"

    def record(self):
        """A batch as NPZ by a typed path, one that cannot be written, and the picture of a single view."""
        desk, archive = self.desk, self.home / "batch.npz"
        self.open_path(archive, "Save to this path")
        desk.until(lambda: desk.says(f"Saved {archive}"), "the recording", 60)
        with zipfile.ZipFile(archive) as batch:
            assert batch.testzip() is None
            arrays = batch.namelist()
            assert {"codes_input.npy", "spikes.npy", "gradient_input.npy"} <= set(arrays), arrays
        self.open_path(archive / "inside.npz", "Save to this path")
        desk.until(lambda: desk.says("Not written"), "the refusal")
        desk.click("Dismiss")
        desk.command("PNG: Spikes")
        picture = self.home / "misfit-spikes.png"
        desk.until(picture.exists, "the picture of a view")
        width, height = Image.open(picture).size
        assert width == 2000 and height >= 1250, (width, height)  # 2.5 times the drawing
        return f"{len(arrays)} arrays; a view of {width} × {height}"

    def samples(self):
        """The experiment as the window saves it, and its samples as NPZ by the command line."""
        desk = self.desk
        experiment, samples = self.home / "saved.toml", self.home / "samples.npz"
        self.open_path(experiment, "Save to this path")
        desk.until(experiment.exists, "the experiment file")
        assert "silenced" in experiment.read_text()
        subprocess.run([self.options.program, "nir", "export", "--experiment", experiment, "--untrained", "--lane",
                        "in_the_loop", "--out", self.home / "net.nir", "--samples", samples, "--count", "5"],
                       check=True, capture_output=True, env=desk.env)
        with zipfile.ZipFile(samples) as archive:
            assert archive.testzip() is None
            arrays = archive.namelist()
            assert all(archive.read(name)[:6] == b"\x93NUMPY" for name in arrays) and "labels.npy" in arrays, arrays
        return f"{len(arrays)} arrays"

    def language(self):
        desk = self.desk
        desk.click("Menu")
        desk.click("Appearance")
        desk.click("简体中文")
        desk.find("菜单")
        assert not desk.says("Ideal")
        self.rest()
        desk.shot(self.pictures / "chinese.png", COLOURS)
        desk.click("菜单")
        desk.click("外观")
        desk.click("English")
        desk.find("Menu")
        return "to Chinese and back while learning"

    def projector(self):
        desk = self.desk
        desk.key("F9")
        desk.until(lambda: desk.tree() and desk.zoom > 1.3, "large letters")
        cut = [n.value for n in desk.tree() if n.value.endswith("…")]
        assert not cut, cut
        self.rest()
        time.sleep(4)
        desk.shot(self.pictures / "projected.png", COLOURS)
        desk.key("F9")
        desk.until(lambda: desk.tree() and desk.zoom == 1.0, "usual letters")
        return "on and off"

    def data(self):
        if not self.options.mnist:
            return "skipped: no folder was given with --mnist"
        desk = self.desk
        self.open_path(self.options.mnist)
        # 50,000 of the 60,000 pictures are for training, in batches of 100.
        desk.until(lambda: desk.says("/500"), "the data", 60)
        desk.find("mnist", "comboBox")
        return "500 batches an epoch"

    def stop_loading(self):
        if not self.options.words:
            return "skipped: no folder was given with --words"
        desk = self.desk
        before = next(n.value for n in desk.tree() if n.value.startswith("epoch "))
        generation = desk.says("Began anew")
        self.open_path(self.options.words, wait=0)
        stop = desk.until(lambda: [n for n in desk.tree() if n.label == "Stop" and n.bounds[1] < 60], "loading", 30, 0.02)
        desk.x("mousemove", *desk.place(stop[0]), "click", 1)
        desk.until(lambda: desk.says("loading was stopped"), "the notice")
        assert desk.says("Began anew") == generation, "nothing began anew"
        desk.until(lambda: desk.says("epoch ") and not desk.says(before), "learning")
        return "what ran before goes on"

    def spoken(self):
        desk, word = self.desk, self.home / "word.wav"
        (self.home / "spoken.toml").write_text('format = 2\ntask = "spoken"\nhidden = 80\n')
        self.open_path(self.home / "spoken.toml")
        # Until it has learnt something.
        desk.until(lambda: (self.epoch() or 0) >= 12 and not desk.says("Building"), "the spoken task", 300)
        # A rising tone of half a second at 16 kHz.
        tone = [round(12_000 * math.sin(2 * math.pi * (300 + 1500 * k / 8000) * k / 16_000)) for k in range(8000)]
        with wave.open(str(word), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(struct.pack(f"<{len(tone)}h", *tone))
        desk.command("Views: Spikes")
        desk.command("Views: Task")
        desk.until(lambda: desk.says("sample"), "a sample", 60)
        desk.key("period")
        time.sleep(1)
        before = desk.shot(self.pictures / "still.png")
        desk.drop(word, *(side // 2 for side in desk.size))
        desk.until(lambda: any(n.value == "word" or "word.wav" in n.value for n in desk.tree()
                               if n.bounds[0] > 330 and n.bounds[1] < 700), "the sound in the views", 60)
        time.sleep(2)
        share = changed(before, desk.shot(self.pictures / "still.png"))
        assert share > 0.002, f"{share:.2%}"
        return "dropped: " + next(n.value for n in desk.tree() if n.bounds[0] > 330 and "word" in n.value)

    def quit(self):
        desk = self.desk
        desk.close()
        code = desk.program.wait(20)
        complaint = desk.program.stderr.read().decode()
        assert code == 0 and "panicked" not in complaint, (code, complaint)
        assert list(self.home.rglob("window.json")), "the window is remembered"
        return "with exit code 0; the window is remembered"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", type=pathlib.Path, default=ROOT / "target/debug/misfit")
    options.add_argument("--out", type=pathlib.Path, help="folder for the pictures of the README")
    options.add_argument("--pictures", type=pathlib.Path, help="folder for a picture of every step")
    options.add_argument("--mnist", type=pathlib.Path, help="folder with the four files of MNIST")
    options.add_argument("--words", type=pathlib.Path, help="folder with thousands of WAV files of words")
    options.add_argument("--only", help="names of steps, with commas; not every step can do without those before")
    options.add_argument("--size", default="1280x800")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pictures = options.pictures or pathlib.Path(tempfile.mkdtemp(prefix="walk-"))
        pictures.mkdir(parents=True, exist_ok=True)
        size = tuple(int(n) for n in options.size.split("x"))
        options.program = options.program.resolve()
        with Desk(options.program, home, size, args=["--layout", "demo"]) as desk:
            walk = Walk(desk, options, pathlib.Path(home), pictures)
            try:
                walk.run()
            except BaseException:
                desk.shot(pictures / "failed.png")
                raise
            finally:
                print(f"pictures of the steps: {pictures}")


if __name__ == "__main__":
    main()
