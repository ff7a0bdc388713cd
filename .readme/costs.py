"""Measure the cost of the dashboard, for the manual: python .readme/costs.py [HIDDEN]

A run trains in a process of its own. Its speed is measured alone and with a dashboard over it, in alternation, on a
pseudo-terminal of 120 × 40. Then keys are pressed in the dashboard and in the sampler while it trains, and the time
until their effect is on the screen is measured.
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

ROUNDS, SECONDS, KEY_PRESSES = 7, 10.0, 100


class PseudoTerminal:
    """A charrnn command on a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        command = [sys.executable, "-m", "charrnn", *arguments]
        environment = os.environ | {"TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )
        os.close(terminal)
        time.sleep(4.0)
        self.read(0.1)

    def read(self, seconds: float, until: bytes | None = None) -> float:
        """Read the output for some seconds, or until it contains a text; return the seconds that passed."""
        began, output = time.perf_counter(), b""
        while (left := began + seconds - time.perf_counter()) > 0 and (until is None or until not in output):
            if select.select([self._master], [], [], left)[0]:
                output += os.read(self._master, 65536)
        return time.perf_counter() - began

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def last_step(run: Path) -> tuple[int, float]:
    """Return the last step of a run and its time in seconds."""
    *_, event = read_milestones(run)
    return event.step, event.time


def steps_per_second(run: Path, terminal: PseudoTerminal | None) -> float:
    """Return the speed of a run, while the output of a dashboard is read."""
    first, first_time = last_step(run)
    reader = threading.Thread(target=terminal.read, args=(SECONDS,)) if terminal else None
    if reader:
        reader.start()
    time.sleep(SECONDS)
    if reader:
        reader.join()
    last, last_time = last_step(run)
    return (last - first) / (last_time - first_time)


def response_times(terminal: PseudoTerminal, keys: list[tuple[str, bytes]]) -> str:
    """Press keys at irregular times, and report the times until the output has the text that belongs to each."""
    times = []
    for number in range(KEY_PRESSES):
        terminal.read(0.05 + number * 37 % 100 / 1000)
        key, text = keys[number % len(keys)]
        terminal.press(key)
        times.append(1000.0 * terminal.read(2.0, text))
    times.sort()
    return f"median {statistics.median(times):.0f} ms, 95th percentile {times[int(0.95 * KEY_PRESSES)]:.0f} ms"


def main() -> None:
    hidden = sys.argv[1] if len(sys.argv) > 1 else "512"
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = ["--hidden", hidden, "--batch", "64", "--steps", "1000000", "--evaluate-every", "100"]
        launch([*options, "--out", str(run)], print)
        ratios = []
        for _ in range(ROUNDS):
            alone = steps_per_second(run, None)
            terminal = PseudoTerminal("watch", str(run))
            ratios.append(steps_per_second(run, terminal) / alone)
            terminal.close()
        print(f"speed with the dashboard, relative to without: {statistics.median(ratios):.3f}", sorted(ratios))
        for command, keys in (
            ("watch", [("u", b"bits"), ("u", b"perplexity"), ("u", b"nats")]),
            ("play", [("t", b".")]),
        ):
            terminal = PseudoTerminal(command, str(run))
            print(f"response to keys in {command}: {response_times(terminal, keys)}")
            terminal.close()
        send_command(run, Stop())
        time.sleep(3.0)


if __name__ == "__main__":
    main()
