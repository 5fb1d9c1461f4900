import time

import pytest

from flywheel_nodes.effects import clocks


def test_lies_between_readings_around_it() -> None:
    before = time.monotonic_ns(), time.time_ns()
    now = clocks.now()
    after = time.monotonic_ns(), time.time_ns()
    assert before[0] <= now.mono <= after[0] and before[1] <= now.wall <= after[1]


@pytest.mark.parametrize(('mono', 'wall', 'found'), [
    ([100, 200], [7], (150, 7)),
    # preempted in the first try, and read again
    ([0, 5_000_000, 5_000_000, 5_000_100], [7, 8], (5_000_050, 8)),
    # a machine that is never quiet: the closest of three
    ([1, 90_001, 100_000, 130_000, 200_000, 290_000], [7, 8, 9], (115_000, 8)),
])
def test_a_preempted_reading_is_repeated(
        monkeypatch: pytest.MonkeyPatch, mono: list[int], wall: list[int],
        found: tuple[int, int]) -> None:
    monkeypatch.setattr(time, 'monotonic_ns', iter(mono).__next__)
    monkeypatch.setattr(time, 'time_ns', iter(wall).__next__)
    now = clocks.now()
    assert (now.mono, now.wall) == found
