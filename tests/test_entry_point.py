"""The entry point: an interrupt at any moment of the start ends the program quietly."""

import signal
import subprocess
import sys
import time

import pytest

STARTED = (
    "import sys; sys.argv = ['charrnn', 'doctor', '--json']; from charrnn.__main__ import main; "
    "print(flush=True); main()"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("delay", [0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_an_interrupt_during_the_start_leaves_no_traceback(delay: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert "Traceback" not in messages


def test_an_ignored_interrupt_stays_ignored() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from charrnn.__main__ import main; "
    code += "import sys, atexit; atexit.register(lambda: print(signal.getsignal(signal.SIGINT))); "
    code += "sys.argv = ['charrnn', '--version']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1].endswith(("SIG_IGN", str(int(signal.SIG_IGN))))
