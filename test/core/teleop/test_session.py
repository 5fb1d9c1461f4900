"""One client's conduct and clock."""

import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.teleop.admission import Admission
from flywheel_nodes.core.teleop.protocol import PING_PERIOD_NS, Reject, Rejected, Scope
from flywheel_nodes.core.teleop.session import LOST_PONG_NS, Session, STRIKES


def session() -> Session:
    return Session(1, 'ada', Admission(Scope.DRIVE, 100.0), SECOND)


def test_a_ping_goes_out_each_second_and_waits_for_its_answer() -> None:
    made, now = session(), SECOND + PING_PERIOD_NS
    assert not made.ping(now - 1)
    assert made.ping(now)
    assert not made.ping(now + PING_PERIOD_NS)
    assert made.ping(now + LOST_PONG_NS), 'its answer is taken for lost'
    again = now + LOST_PONG_NS
    made.pong({'t0': again, 't1': 0, 't2': 0}, again + MILLISECOND)
    assert made.ping(again + PING_PERIOD_NS)


def test_a_pong_tells_the_round_trip_without_the_time_the_client_took() -> None:
    made, now = session(), 2 * SECOND
    made.ping(now)
    trip = made.pong({'t0': now, 't1': 70, 't2': 70 + 5 * MILLISECOND}, now + 25 * MILLISECOND)
    assert trip == 20 * MILLISECOND
    with pytest.raises(Rejected):
        made.pong({'t0': now, 't1': 70, 't2': 70}, now + 25 * MILLISECOND)


@pytest.mark.parametrize(('t0', 't1', 't2'), [
    (2 * SECOND + 1, 0, 0), (0, 0, 0), (2 * SECOND, 5, 0), (2 * SECOND, 0, SECOND)])
def test_a_pong_that_cannot_be_is_refused(t0: int, t1: int, t2: int) -> None:
    made = session()
    made.ping(2 * SECOND)
    with pytest.raises(Rejected) as refused:
        made.pong({'t0': t0, 't1': t1, 't2': t2}, 2 * SECOND + MILLISECOND)
    assert refused.value.reason is Reject.VALUE
    assert made.ping_t0 == 2 * SECOND, 'the true one may still come'


def test_good_messages_make_up_for_bad_ones() -> None:
    made = session()
    for _ in range(3 * STRIKES):
        assert not made.bad()
        made.good()
    assert [made.bad() for _ in range(STRIKES)] == [*[False] * (STRIKES - 1), True]
