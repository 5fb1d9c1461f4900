"""Where the time went, without ever subtracting clocks of two machines."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.teleop.latency import Offset, PINGS, RemoteClock, Shown, split

CLOCKS = st.integers(-10**18, 10**18)
TIMES = st.integers(0, 10**9)


@given(CLOCKS, st.lists(st.tuples(TIMES, TIMES, TIMES), min_size=1, max_size=3 * PINGS))
def test_the_offset_is_right_to_half_the_shortest_trip(
        ahead: int, pings: list[tuple[int, int, int]]) -> None:
    clock, now = RemoteClock(), 0
    for there, held, back in pings:
        t1 = now + there + ahead
        clock.pong(now, t1, t1 + held, now + there + held + back)
        now += 10**9
    assert clock.offset is not None
    assert abs(clock.offset.ns + ahead) <= clock.offset.error_ns + 1
    assert clock.round_trip_ns == min(there + back for there, _, back in pings[-PINGS:])


def test_before_the_first_pong_nothing_is_known() -> None:
    clock = RemoteClock()
    clock.pong(10, 0, 100, 20)  # it claims to have held the ping for longer than it was away
    assert clock.offset is None
    assert clock.round_trip_ns is None


@given(CLOCKS, TIMES, TIMES, TIMES, TIMES, TIMES)
def test_the_parts_are_what_they_were(ahead: int, relay: int, encode: int, there: int,
                                      display: int, back: int) -> None:
    sent = relay + encode
    received = sent + there
    shown = Shown(0, sent, encode, received + ahead, received + display + ahead,
                  received + display + back)
    latency = split(shown, Offset(-ahead, 5))
    assert (latency.network_ns, latency.relay_ns, latency.encode_ns, latency.display_ns) == (
        there, relay, encode, display)
    assert latency.total_ns == received + display
    assert shown.age_ns == latency.total_ns + back
    assert shown.trip_ns == there + back


@given(st.integers(), st.integers(), st.one_of(st.none(), st.builds(Offset, CLOCKS, TIMES)))
def test_lies_stay_within_what_is_possible(received: int, displayed: int,
                                           offset: Offset | None) -> None:
    shown = Shown(0, 100, 50, received, displayed, 1000)
    latency = split(shown, offset)
    assert 0 <= latency.network_ns <= 900
    assert 0 <= latency.display_ns <= 900
    assert 0 <= latency.network_ns + latency.display_ns <= 900


def test_in_ms_for_people() -> None:
    shown = Shown(0, 8 * MILLISECOND, 5 * MILLISECOND, 0, MILLISECOND, 29 * MILLISECOND)
    assert split(shown, None).to_ms() == {
        'network_ms': 10.0, 'relay_ms': 3.0, 'encode_ms': 5.0, 'display_ms': 1.0,
        'error_ms': 10.0}
