"""The stopwatch: it starts at any time, and a pause does not count."""

from charrnn.training.stopwatch import Stopwatch


def test_a_pause_does_not_count() -> None:
    now = 100.0
    stopwatch = Stopwatch(lambda: now, 7.0)
    now = 103.0
    assert stopwatch.elapsed() == 10.0
    stopwatch.pause()
    now = 500.0
    stopwatch.pause()  # a second pause within the first changes nothing
    assert (stopwatch.elapsed(), stopwatch.paused) == (10.0, True)
    stopwatch.resume()
    stopwatch.resume()
    now = 501.0
    assert (stopwatch.elapsed(), stopwatch.paused) == (11.0, False)
