"""The program as a process, whatever its streams, limits and end; and the faults that no command may have."""

import contextlib
import json
import os
import re
import selectors
import shlex
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn.text.escape import visible

SERVER = Path(__file__).with_name("fork_server.py")
LARGEST_MEMORY = 1 << 30
"""Bytes that a command may use on the small inputs of these tests."""
PROCESSOR_SECONDS, SECONDS = 10, 40.0
"""Processor time and time after which a command counts as hanging; the machine may be busy, so the time is long."""
LIMITS = {"RLIMIT_CPU": PROCESSOR_SECONDS, "RLIMIT_AS": 6 << 30, "RLIMIT_CORE": 0}
"""Limits of each process: the address space protects the machine, and is larger than LARGEST_MEMORY."""
EXIT_CODES = frozenset({0, 1, 2, 130, 141, 143})
KILLED = -signal.SIGKILL
SHELL_CODES = {-signal.SIGINT: 130, -signal.SIGPIPE: 141, -signal.SIGTERM: 143}
SECONDS_BETWEEN_KEYS = 0.5

_CAPTURED = re.compile(
    r"Traceback \(most recent call last\)|Fatal Python error|Exception ignored|\w*Warning: |Segmentation fault"
)
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS_LINE = re.compile(r"(\r[^\r\n]*(%|…) *)+\r *\r")


@dataclass(frozen=True)
class Streams:
    """The standard streams of a command: `stdin` is its content; the outputs are captured.

    Streams in `closed` are closed; those in `full` refuse every byte, as a full disk does. The reader of a stream in
    `reads` goes away after so many bytes. With `terminal`, all three are a pseudo-terminal, on which `keys` are
    pressed again and again.
    """

    stdin: bytes = b""
    closed: frozenset[int] = frozenset()
    full: frozenset[int] = frozenset()
    reads: Mapping[int, int] = field(default_factory=dict)
    terminal: bool = False
    keys: bytes = b""


@dataclass(frozen=True)
class Kill:
    """A signal, and the seconds after which a process gets it."""

    signal: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """The end of a command: `code` is its exit code as a shell reports it, or KILLED, or minus another signal.

    `output` has the bytes of each stream; those of a terminal count as stdout. `processor` is in seconds, `memory` in
    bytes.
    """

    command: str
    code: int
    output: Mapping[int, bytes]
    processor: float
    memory: int
    hung: bool
    terminal: bool

    @property
    def began(self) -> bool:
        """False if a signal ended the interpreter before it could begin the program, or when it had ended."""
        return "Traceback" not in self.stderr or re.search(r"__main__\.py.*, in main", self.stderr) is not None

    @property
    def stdout(self) -> str:
        return self.output.get(1, b"").decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        return self.output.get(2, b"").decode("utf-8", "replace")

    def faults(self, codes: Collection[int] = EXIT_CODES) -> Iterator[str]:
        """Yield everything that is wrong, each as one line with the command."""
        for fault in self._faults(codes):
            yield f"{fault}: {self.command}: {self._last_lines()}"

    def _faults(self, codes: Collection[int]) -> Iterator[str]:
        told = self.stdout if self.terminal else self.stderr
        if self.hung or self.code == -signal.SIGXCPU:
            yield "hangs"
        elif self.code not in codes:
            yield f"exit code {self.code}, not {' or '.join(map(str, sorted(codes)))}"
        elif self.code in (1, 2) and 2 in self.output and not told.strip():
            yield f"exit code {self.code} without a message"
        if self.memory > LARGEST_MEMORY:
            yield f"{self.memory >> 20:,} MiB of memory"
        if match := _CAPTURED.search(told):
            yield f"writes {match[0]!r}"
        if self.terminal and (raw := control_characters(self.stdout)):
            yield f"writes {raw!r} to a terminal"

    def _last_lines(self) -> str:
        told = (self.stdout if self.terminal else self.stderr).strip().splitlines()
        return ascii(" | ".join(told[-3:]))[:600]


def control_characters(text: str) -> str:
    """Return the characters that a terminal would obey, other than line ends, colors and lines of progress."""
    plain = _PROGRESS_LINE.sub("", _STYLES.sub("", text)).replace("\r\n", "\n")
    return "".join(sorted({character for character in plain if visible(character) != character}))


class Program:
    """The program `charrnn`: each command is a process of its own, forked from one that has imported it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._connection, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._environment = environment
        self._server = subprocess.Popen(
            [sys.executable, "-P", str(SERVER), str(end.fileno())],
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            pass_fds=(end.fileno(),),
        )
        end.close()

    def close(self) -> None:
        self._connection.close()
        self._server.wait()

    def __call__(
        self,
        *arguments: object,
        folder: Path,
        streams: Streams = Streams(),
        kills: Sequence[Kill] = (),
        limits: Mapping[str, int] | None = None,
        fresh: bool = False,
        seconds: float = SECONDS,
        **environment: str,
    ) -> Outcome:
        """Run a command in a folder, and return its outcome; a `fresh` one imports the program itself."""
        words = [str(argument) for argument in arguments]
        request = {
            "arguments": words,
            "folder": str(folder),
            "environment": {**self._environment, **environment},
            "limits": LIMITS | dict(limits or {}),
            "closed": sorted(streams.closed),
            "terminal": streams.terminal,
            "fresh": fresh,
        }
        with _Pipes(streams) as pipes:
            socket.send_fds(self._connection, [json.dumps(request).encode()], pipes.ends)
            pipes.close_ends()
            process = json.loads(self._connection.recv(1 << 12))["process"]
            end, hung = self._follow(process, pipes, kills, seconds)
        return Outcome(
            f"charrnn {shlex.join(words)}"[:300],
            SHELL_CODES.get(end["code"], end["code"]),
            pipes.output,
            end["processor"],
            end["memory"],
            hung,
            streams.terminal,
        )

    def _follow(
        self, process: int, pipes: "_Pipes", kills: Sequence[Kill], seconds: float
    ) -> tuple[dict[str, Any], bool]:
        """Read the output of a process until it ends; return its end, and True if it had to be killed."""
        start = time.monotonic()
        due: list[tuple[float, int]] = [(start + seconds, signal.SIGKILL)]
        due += [(start + kill.seconds, kill.signal) for kill in kills]
        keys, hung = start + SECONDS_BETWEEN_KEYS, False
        while True:
            wake = min(*(moment for moment, _ in due), keys) if due else keys
            if pipes.read(self._connection, max(0.0, wake - time.monotonic())):
                end: dict[str, Any] = json.loads(self._connection.recv(1 << 12))
                pipes.read_rest()
                return end, hung
            now = time.monotonic()
            if now >= keys:
                pipes.press_keys()
                keys = now + SECONDS_BETWEEN_KEYS
            for moment, number in [entry for entry in due if entry[0] <= now]:
                due.remove((moment, number))
                hung |= moment == start + seconds
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-process if hung else process, number)


class _Pipes:
    """The ends of a command's streams: `ends` for the command, and those from which its output is read."""

    def __init__(self, streams: Streams) -> None:
        self.ends: list[int] = []
        self.output: dict[int, bytes] = {}
        self._streams = streams
        self._selector = selectors.DefaultSelector()
        self._keyboard: int | None = None

    def __enter__(self) -> "_Pipes":
        if self._streams.terminal:
            self._open_terminal()
            return self
        with tempfile.TemporaryFile(buffering=0) as file:
            file.write(self._streams.stdin)
            file.seek(0)
            self.ends.append(os.dup(file.fileno()))
        for number in (1, 2):
            self.ends.append(self._open_output(number))
        return self

    def __exit__(self, *error: object) -> None:
        self.close_ends()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, int):
                self._close(key.fileobj)
        self._selector.close()

    def _open_terminal(self) -> None:
        import fcntl
        import pty
        import termios

        keyboard, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._keyboard, self.output[1] = keyboard, b""
        self._selector.register(keyboard, selectors.EVENT_READ, 1)
        self.ends = [terminal, os.dup(terminal), os.dup(terminal)]

    def _open_output(self, number: int) -> int:
        if number in self._streams.closed:
            return os.open(os.devnull, os.O_WRONLY)  # closed by the command
        if number in self._streams.full:
            return os.open("/dev/full", os.O_WRONLY)
        reader, writer = os.pipe()
        if self._streams.reads.get(number) == 0:
            os.close(reader)
            return writer
        self.output[number] = b""
        self._selector.register(reader, selectors.EVENT_READ, number)
        return writer

    def close_ends(self) -> None:
        for end in self.ends:
            os.close(end)
        self.ends = []

    def read(self, connection: socket.socket, seconds: float) -> bool:
        """Read what is there, or wait for it; return True if the connection has a message."""
        if connection not in self._selector.get_map():
            self._selector.register(connection, selectors.EVENT_READ)
        ended = False
        for key, _ in self._selector.select(seconds):
            if key.fileobj is connection:
                ended = True
            elif isinstance(key.fileobj, int):
                self._take(key.fileobj, key.data)
        if ended:
            self._selector.unregister(connection)
        return ended

    def read_rest(self) -> None:
        """Read what a process has left in the pipes; its own children may keep them open."""
        while self._selector.get_map():
            events = self._selector.select(0.0)
            if not events:
                return
            for key, _ in events:
                assert isinstance(key.fileobj, int)
                self._take(key.fileobj, key.data)

    def press_keys(self) -> None:
        if self._keyboard is not None and self._streams.keys:
            with contextlib.suppress(OSError):
                os.write(self._keyboard, self._streams.keys)

    def _take(self, reader: int, number: int) -> None:
        limit = self._streams.reads.get(number, sys.maxsize)
        try:
            data = os.read(reader, min(65536, limit - len(self.output[number])))
        except OSError:  # Linux reports the end of a terminal so
            data = b""
        self.output[number] += data
        if not data or len(self.output[number]) >= limit:
            self._close(reader)

    def _close(self, reader: int) -> None:
        self._selector.unregister(reader)
        os.close(reader)
        if reader == self._keyboard:
            self._keyboard = None


def snapshot(folder: Path, *, without: Iterable[Path] = ()) -> dict[str, object]:
    """Return the kind, target or content of everything in a folder, without some of its paths; opens no pipes."""
    return {
        str(path): _content(path)
        for path in sorted(folder.rglob("*"))
        if not any(path == excluded or excluded in path.parents for excluded in without)
    }


def _content(path: Path) -> object:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return path.readlink()
    if stat.S_ISREG(status.st_mode) and status.st_size < 1 << 24:
        return path.read_bytes()
    return stat.S_IFMT(status.st_mode), 0 if stat.S_ISDIR(status.st_mode) else status.st_size


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """Return the paths that have changed, for a message; empty if none has."""
    return ", ".join(sorted(path for path in {*before, *after} if before.get(path) != after.get(path)))
