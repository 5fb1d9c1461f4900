"""Rates reach back some seconds; since when a mode lasts is known once it was seen to begin."""

from flywheel_nodes.core.status.watch import SPAN_S, Watch
from test.core.status.scrapes import made

HOLD = 'mode{mode="policy"} 0\nmode{mode="hold"} 1'


def test_it_compares_with_what_was_ten_seconds_ago() -> None:
    watch = Watch()
    watch.take(made(1000.0))
    assert watch.seen().before is None
    for at in range(1002, 1041, 2):
        watch.take(made(float(at)))
        seen = watch.seen()
        assert seen.now.wall_s == at and seen.before
        assert at - seen.before.wall_s == min(SPAN_S, at - 1000.0)


def test_how_long_the_mode_lasts() -> None:
    watch = Watch()
    watch.take(made(1000.0))
    assert watch.mode_s() == (None, False)
    watch.take(made(1005.0))
    assert watch.mode_s() == (5.0, True), 'it may have lasted before anybody looked'
    for at in (1006.0, 1008.0):
        watch.take(made(at, HOLD))
    assert watch.mode_s() == (2.0, False)


def test_a_clock_that_steps_back_begins_anew() -> None:
    watch = Watch()
    for at in (1000.0, 1005.0, 400.0):
        watch.take(made(at))
    assert watch.seen().before is None
    assert watch.mode_s() == (None, False)
