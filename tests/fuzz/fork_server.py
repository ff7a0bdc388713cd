"""A process that has imported charrnn and forks for each command, which then starts 20 times as fast.

    python -P fork_server.py DESCRIPTOR

DESCRIPTOR is one end of a socket pair of type SOCK_SEQPACKET. A request is a message of JSON with the three standard
streams attached; the answers are the id of the process and, at its end, its status and what it used.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import socket
import sys
from collections.abc import Iterable
from typing import IO, Any, NoReturn

LARGEST_REQUEST = 1 << 20
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def import_program() -> None:
    """Import all modules of the program but the terminal UI, and those of libraries that it imports late."""
    import charrnn
    from charrnn.cli import app

    for module in pkgutil.walk_packages(charrnn.__path__, "charrnn."):
        if not module.name.startswith(("charrnn.tui", "charrnn.__main__")):
            importlib.import_module(module.name)
    for name in ("rich.console", "rich.table", "rich.text", "sentencepiece"):
        importlib.import_module(name)
    with contextlib.suppress(Exception):
        app(["bench", "nowhere"], standalone_mode=False)  # has Typer import what it needs
    gc.freeze()


def serve(connection: socket.socket) -> None:
    """Fork for each request until the connection ends; in a child, become the program."""
    while True:
        message, streams, _, _ = socket.recv_fds(connection, LARGEST_REQUEST, 3)
        if not message:
            return
        process = os.fork()
        if process == 0:
            connection.close()
            become_program(json.loads(message), streams)
        for stream in streams:
            os.close(stream)
        connection.send(json.dumps({"process": process}).encode())
        _, status, usage = os.wait4(process, 0)
        used = {"processor": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss << 10}
        connection.send(json.dumps({"code": os.waitstatus_to_exitcode(status)} | used).encode())


def become_program(request: dict[str, Any], streams: Iterable[int]) -> NoReturn:
    """Run the command of a request, with its streams, folder, environment and limits."""
    set_up_process(request, streams)
    if request["fresh"]:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.execv(sys.executable, [sys.executable, "-m", "charrnn", *request["arguments"]])
    sys.argv = ["charrnn", *request["arguments"]]
    open_streams(request["closed"])
    from charrnn.__main__ import main

    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    except KeyboardInterrupt:  # the signal came before the program could begin
        os._exit(130)
    main()


def set_up_process(request: dict[str, Any], streams: Iterable[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.setsid()
    if request["terminal"]:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in request["closed"]:
        os.close(number)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for name, limit in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit + 1))  # the second limit of time kills


def open_streams(closed: Iterable[int]) -> None:
    """Make the standard streams of Python as they are at its start: None if they are closed."""
    stdin, stdout, stderr = (None if number in closed else _open_stream(number) for number in range(3))
    vars(sys).update(stdin=stdin, stdout=stdout, stderr=stderr)


def _open_stream(number: int) -> IO[str]:
    mode, buffering = ("r", "w", "w")[number], (-1, -1, 1)[number]
    errors = ("strict", "strict", "backslashreplace")[number]
    return open(number, mode, buffering, encoding="utf-8", errors=errors, closefd=False)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    import_program()
    serve(socket.socket(fileno=int(sys.argv[1])))
