"""A desk with one window on it: real pointer and keys by xdotool, and the tree that a screen reader gets.

The tree only says where things are and what they say; everything is done with pointer and keys.
Needs Xvfb, xdotool, ImageMagick, `pip install -r tests/walk/requirements.txt`, and a build with `--features inspection`.
"""

import os
import pathlib
import socket
import struct
import subprocess
import time

import msgpack
import Xlib.display
import Xlib.protocol.event
import Xlib.X
from PIL import Image, ImageChops


class Node:
    """What a screen reader knows of one control."""

    def __init__(self, raw):
        self.role, self.props = raw[0], raw[-1]
        self.label = self.props.get("label") or ""
        self.value = self.props.get("value") or ""
        self.bounds = self.props.get("bounds")
        self.number = self.props.get("numericValue")

    def __repr__(self):
        return f"{self.role} {self.label!r} {self.value!r} {self.bounds}"


class Desk:
    """Xvfb with the program in it; `with` takes both away again."""

    def __init__(self, program, home, size=(1280, 800), display=None, port=5733, args=(), env=()):
        self.size, self.port, self.zoom = size, port, 1.0
        self.display = display or f":{140 + os.getpid() % 50}"
        self.env = {
            **os.environ, "DISPLAY": self.display, "HOME": str(home), "XDG_CONFIG_HOME": f"{home}/.config",
            "LIBGL_ALWAYS_SOFTWARE": "1", "EGUI_INSPECTION": f"127.0.0.1:{port}", "MISFIT_STORE": "none", **dict(env),
        }
        screen = f"{size[0]}x{size[1]}x24"
        self.server = subprocess.Popen(["Xvfb", self.display, "-screen", "0", screen, "+extension", "GLX"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.program = subprocess.Popen([str(program), *args], env=self.env, cwd=home, stderr=subprocess.PIPE)
        self.stream = self.connect()
        self.window = self.until(lambda: self.x("search", "--onlyvisible", "--name", "Misfit").split()[:1], "the window")[0]
        self.resize(*size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.program, self.server):
            if process.poll() is None:
                process.terminate()
                process.wait(10)

    def connect(self):
        def attempt():
            try:
                return socket.create_connection(("127.0.0.1", self.port), 30)
            except OSError:
                return None
        stream = self.until(attempt, "the inspection port (is this a build with --features inspection?)", 30).makefile("rwb")
        assert stream.read(8) == b"eins\0\0\0\1", "another protocol"
        return stream

    def x(self, *args):
        """One call of xdotool."""
        done = subprocess.run(["xdotool", *map(str, args)], env=self.env, capture_output=True, text=True)
        return done.stdout

    def resize(self, width, height):
        self.x("windowsize", self.window, width, height, "windowmove", self.window, 0, 0, "windowfocus", self.window)
        time.sleep(1)

    def tree(self):
        """All controls in reading order: from top to bottom, from left to right."""
        request = msgpack.packb("GetTree")
        self.stream.write(struct.pack(">I", len(request)) + request)
        self.stream.flush()
        (length,) = struct.unpack(">I", self.stream.read(4))
        answer = msgpack.unpackb(self.stream.read(length), strict_map_key=False)
        _, self.zoom, tree = answer["Tree"]
        nodes = [Node(raw) for _, raw in (tree[0] if tree else [])]
        seen = [n for n in nodes if n.bounds and n.role != "textRun"]
        return sorted(seen, key=lambda n: (n.bounds[1], n.bounds[0]))

    def find(self, text, role=None, exact=True, wait=10):
        """The control that says `text`."""
        def fits(node):
            says = text in (node.label, node.value) if exact else text in node.label + node.value
            return says and (role is None or node.role == role)

        def found():
            return [n for n in self.tree() if fits(n)]
        return self.until(found, f"{role or 'a control'} {text!r}", wait)[0]

    def says(self, text):
        """Whether `text` stands anywhere in the window."""
        return any(text in n.label + n.value for n in self.tree())

    def until(self, what, named, wait=20, every=0.2):
        """Waits for something to become true, and gives it back."""
        end = time.monotonic() + wait
        while not (got := what()):
            assert time.monotonic() < end, f"waited {wait} s for {named}"
            time.sleep(every)
        return got

    def place(self, node, x=0.5, y=0.5):
        """A point of a control in pixels of the screen."""
        # Bounds are in points of the window; the pointer is in pixels.
        left, top, right, bottom = (v * self.zoom for v in node.bounds)
        return round(left + (right - left) * x), round(top + (bottom - top) * y)

    def click(self, target, x=0.5, y=0.5, role=None, wait=0.4):
        node = target if isinstance(target, Node) else self.find(target, role)
        self.x("mousemove", *self.place(node, x, y))
        time.sleep(0.15)
        self.x("click", 1)
        time.sleep(wait)
        return node

    def drag(self, *points, pause=0.05):
        """Presses at the first point, goes through the others, lets go at the last."""
        self.x("mousemove", *points[0], "mousedown", 1)
        for point in points[1:]:
            time.sleep(pause)
            self.x("mousemove", *point)
        time.sleep(0.2)
        self.x("mouseup", 1)
        time.sleep(0.3)

    def key(self, *keys):
        for key in keys:
            self.x("key", key)
            time.sleep(0.3)

    def command(self, name):
        """A command by its name in the palette."""
        self.key("ctrl+k")
        self.x("type", "--delay", "8", name)
        time.sleep(0.4)
        self.key("Return")
        time.sleep(0.6)

    def close(self):
        """What the cross in the corner of a window sends."""
        display = Xlib.display.Display(self.display)
        window = display.create_resource_object("window", int(self.window))
        atoms = [display.intern_atom(name) for name in ("WM_PROTOCOLS", "WM_DELETE_WINDOW")]
        data = (32, [atoms[1], Xlib.X.CurrentTime, 0, 0, 0])
        window.send_event(Xlib.protocol.event.ClientMessage(window=window, client_type=atoms[0], data=data))
        display.sync()
        display.close()

    def drop(self, path, x, y):
        """Drops a file on a place of the window, as a file manager does: XDND version 5 of freedesktop.org."""
        display = Xlib.display.Display(self.display)
        source = display.screen().root.create_window(0, 0, 1, 1, 0, display.screen().root_depth)
        target, atom = display.create_resource_object("window", int(self.window)), display.intern_atom
        files, now = atom("text/uri-list"), Xlib.X.CurrentTime
        source.set_selection_owner(atom("XdndSelection"), now)

        def tell(kind, *data):
            words = (32, [source.id, *data, *[0] * (4 - len(data))])
            event = Xlib.protocol.event.ClientMessage(window=target, client_type=atom(kind), data=words)
            target.send_event(event)
            display.flush()

        def hear():
            """What the window wants to know, until it says that it has the file."""
            while display.pending_events():
                event = display.next_event()
                if event.type == Xlib.X.SelectionRequest:
                    uri = pathlib.Path(path).resolve().as_uri() + "\r\n"
                    event.requestor.change_property(event.property, files, 8, uri.encode())
                    event.requestor.send_event(Xlib.protocol.event.SelectionNotify(
                        time=event.time, requestor=event.requestor, selection=event.selection,
                        target=event.target, property=event.property))
                    display.flush()
                elif event.type == Xlib.X.ClientMessage and event.client_type == atom("XdndStatus"):
                    assert event.data[1][1] & 1, "the window does not take files"
                    tell("XdndDrop", 0, now)
                elif event.type == Xlib.X.ClientMessage and event.client_type == atom("XdndFinished"):
                    return True
            return False

        tell("XdndEnter", 5 << 24, files)
        tell("XdndPosition", 0, x << 16 | y, now, atom("XdndActionCopy"))
        self.until(hear, f"the window to take {path}", 10, 0.02)
        display.close()

    def shot(self, path, colours=None):
        """The screen as it is."""
        raw = f"{path}.raw.png"
        subprocess.run(["import", "-window", "root", raw], env=self.env, check=True)
        picture = Image.open(raw).convert("RGB")
        os.remove(raw)
        shown = picture.quantize(colours, dither=Image.Dither.NONE) if colours else picture
        shown.save(path, optimize=True)
        return picture


def changed(before, after, area=None):
    """Share of the pixels in `area` that differ between two pictures."""
    if area:
        before, after = before.crop(area), after.crop(area)
    difference = ImageChops.difference(before, after).convert("L").point(lambda v: 255 if v > 16 else 0)
    return sum(1 for v in difference.tobytes() if v) / max(1, difference.width * difference.height)
