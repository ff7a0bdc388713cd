"""Measures what the dashboard costs, for the README: python .readme/costs.py [HIDDEN]

A run trains in a process of its own; it is timed alone and with a dashboard over it on a pseudo-terminal of 120 × 40,
in turns. Then keys are pressed in the dashboard and in the sampler while it trains, and their answers are timed.
"""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from charrnn.pipeline.launch import launch
from charrnn.run.commands import Stop, send_command
from charrnn.run.journal import read_milestones

TURNS, SECONDS, KEYS = 7, 10.0, 100


class Screen:
    """A command on a pseudo-terminal, whose output is read all the time."""

    def __init__(self, *arguments: str) -> None:
        self._keys, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        program = [sys.executable, "-m", "charrnn", *arguments]
        environment = os.environ | {"TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            program, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )
        os.close(terminal)
        time.sleep(4.0)
        self.read(0.1)

    def read(self, seconds: float, until: bytes | None = None) -> float:
        """Read for so long, or until something is shown; the seconds that it took."""
        began, shown = time.perf_counter(), b""
        while (left := began + seconds - time.perf_counter()) > 0 and (until is None or until not in shown):
            if select.select([self._keys], [], [], left)[0]:
                shown += os.read(self._keys, 65536)
        return time.perf_counter() - began

    def press(self, key: str) -> None:
        os.write(self._keys, key.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keys)


def steps_a_second(run: Path, screen: Screen | None) -> float:
    """How fast the run trains, while a screen over it is read."""

    def look() -> tuple[int, float]:
        last = read_milestones(run)[-1]
        return last.step, last.time

    step, at = look()
    reader = threading.Thread(target=screen.read, args=(SECONDS,)) if screen else None
    if reader:
        reader.start()
    time.sleep(SECONDS)
    if reader:
        reader.join()
    later, then = look()
    return (later - step) / (then - at)


def answers(screen: Screen, keys: list[tuple[str, bytes]]) -> str:
    """Press keys at odd moments, and time what each brings to the screen."""
    times = []
    for number in range(KEYS):
        screen.read(0.05 + number * 37 % 100 / 1000)
        key, shown = keys[number % len(keys)]
        screen.press(key)
        times.append(1000.0 * screen.read(2.0, shown))
    times.sort()
    return f"median {statistics.median(times):.0f} ms, 95th percentile {times[int(0.95 * KEYS)]:.0f} ms"


def main() -> None:
    hidden = sys.argv[1] if len(sys.argv) > 1 else "512"
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = ["--hidden", hidden, "--batch", "64", "--steps", "1000000", "--evaluate-every", "100"]
        launch([*options, "--out", str(run)], print)
        ratios = []
        for _ in range(TURNS):
            alone = steps_a_second(run, None)
            screen = Screen("watch", str(run))
            ratios.append(steps_a_second(run, screen) / alone)
            screen.close()
        print(f"speed with the dashboard: {statistics.median(ratios):.3f} of that without", sorted(ratios))
        for name, keys in (
            ("watch", [("u", b"bits"), ("u", b"perplexity"), ("u", b"nats")]),
            ("play", [("t", b".")]),
        ):
            screen = Screen(name, str(run))
            print(f"keys in {name}: {answers(screen, keys)}")
            screen.close()
        send_command(run, Stop())
        time.sleep(3.0)


if __name__ == "__main__":
    main()
