"""The delay doubles, crashes long ago are forgiven, and somewhere it ends."""

from flywheel_nodes.core.restarts import Patience, Restarts

SECOND = 1_000_000_000


def test_the_delay_doubles_to_its_bound_and_then_it_gives_up() -> None:
    restarts = Restarts(Patience(first=0.5, last=3.0, most=5, window=60.0))
    assert [restarts.crashed(i * SECOND) for i in range(6)] == [0.5, 1.0, 2.0, 3.0, 3.0, None]
    assert restarts.total == 6


def test_crashes_outside_the_window_are_forgiven_but_counted() -> None:
    restarts = Restarts(Patience(first=0.5, last=8.0, most=2, window=10.0))
    delays = [restarts.crashed(i * 11 * SECOND) for i in range(20)]
    assert delays == [0.5] * 20
    assert restarts.total == 20


def test_the_window_slides() -> None:
    restarts = Restarts(Patience(first=1.0, last=8.0, most=2, window=10.0))
    assert [restarts.crashed(t * SECOND) for t in (0, 1, 11, 12)] == [1.0, 2.0, 2.0, 2.0]
    assert restarts.crashed(12 * SECOND) is None
