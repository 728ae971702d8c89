# SPDX-License-Identifier: BSD-2-Clause
"""Real screen lockers, each on a virtual screen of its own, and a person who types at it.

Like the person's session, they run as the user and have no privileges.
"""

import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

from helper_process import wait_until
from lines import Lines
from process import as_user, run
from resident import children_of

A_DAY = "86400000"  # milliseconds


class Locker:
    """A locked screen, from construction until it is unlocked or end() is called.

    `log` are the lines of the locker's standard error. Each kind of locker has its `command`, and
    in `refused` the pattern that it logs once PAM has refused and it accepts keys again.
    """

    command = refused = None

    def __init__(self, user):
        self.log = Lines(f"the log of {self.command[0]}")
        self._children = []
        self._options = as_user(user.name)
        try:
            self._light_screen(user)
            self._locker = self._start(*self.command, stderr=subprocess.PIPE, encoding="utf-8")
            threading.Thread(target=self._collect, daemon=True).start()
            self._await_lock()
        except BaseException:
            self.end()
            raise

    def is_locked(self):
        return self._locker.poll() is None

    def opens(self, password):
        """Types the password, and waits until the locker ends; whether it ended with success."""
        self._type(password)
        return self._locker.wait(20) == 0

    def stays_locked(self, password):
        """Types the password, and waits until it is refused; False if the locker ended instead."""
        mark = self.log.mark()

        def refused():
            return re.search(self.refused, "\n".join(self.log.since(mark)), re.S)

        self._type(password)
        wait_until(lambda: refused() or not self.is_locked(), "it refuses", timeout=20)
        return self.is_locked()

    def end(self):
        while self._children:
            child = self._children.pop()
            child.terminate()
            child.wait(5)

    def _start(self, *argv, **options):
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **{**self._options, **options})
        self._children.append(child)
        return child

    def _collect(self):
        with self._locker.stderr as lines:
            for line in lines:
                self.log.add(line.rstrip("\n"))


class I3lock(Locker):
    """i3lock on an X server without a screen."""

    command = ("i3lock", "--nofork", "--debug")
    refused = "Authentication failure"

    def _light_screen(self, user):
        sockets = Path("/tmp/.X11-unix")
        sockets.mkdir(exist_ok=True)
        sockets.chmod(0o1777)
        reading, writing = os.pipe()
        with open(reading, encoding="ascii") as display:
            self._start("Xvfb", "-displayfd", str(writing), "-nolisten", "tcp",
                        pass_fds=[writing], stderr=subprocess.DEVNULL)
            os.close(writing)
            self._options["env"]["DISPLAY"] = ":" + display.readline().strip()

    def _await_lock(self):
        """Having grabbed the keyboard, i3lock starts a process that keeps other windows below."""
        wait_until(lambda: children_of(self._locker.pid), "i3lock has the keyboard")

    def _type(self, text):
        run("xdotool", "type", "--args", "1", text, "key", "Return", check=True, **self._options)


class Swaylock(Locker):
    """swaylock on a Wayland compositor without a screen."""

    command = ("swaylock", "--debug")
    # The first frame after the refusal: PAM's delay is longer than drawing an earlier frame takes.
    refused = r"pam_authenticate failed: .*wl_surface[@#]\d+\.commit"

    def _light_screen(self, user):
        self._runtime = tempfile.TemporaryDirectory(prefix="wayland-")
        runtime = Path(self._runtime.name)
        os.chown(runtime, user.uid, -1)
        environment = self._options["env"]
        environment |= {"XDG_RUNTIME_DIR": str(runtime), "WAYLAND_DEBUG": "client",
                        "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1",
                        "WLR_RENDERER": "pixman"}
        self._start("sway", "--config", "/dev/null", stderr=subprocess.DEVNULL)
        wait_until(lambda: list(runtime.glob("wayland-?")), "sway listens")
        (display,) = runtime.glob("wayland-?")
        environment["WAYLAND_DISPLAY"] = display.name
        # swaylock gets no focus without a keyboard: this virtual one exists, but types nothing.
        self._start("wtype", "-s", A_DAY, stderr=subprocess.DEVNULL)

    def _await_lock(self):
        self.log.wait_for(r"wl_keyboard[@#]\d+\.enter\(")

    def _type(self, text):
        # The keyboard stays: after one was unplugged, the next makes swaylock 1.8 give up.
        self._start("wtype", text, "-k", "Return", "-s", A_DAY, stderr=subprocess.DEVNULL)
