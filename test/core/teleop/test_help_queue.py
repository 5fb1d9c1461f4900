"""The robot's requests for a human."""

from base64 import b64decode
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.teleop.help_queue import (
    cause,
    HelpQueue,
    HUNGRY,
    PICTURE_NS,
    Snapshot,
    STARVED_NS,
)
from flywheel_nodes.core.teleop.protocol import HelpEnded, HelpReason, Reject, Rejected
from flywheel_nodes.core.teleop.view import Facts

NOW = Now(100 * SECOND, 5 * SECOND)


def facts(mode: Mode, gate: Gate = Gate.NONE, reason: str = 'because', **more: object) -> Facts:
    return replace(Facts(Control(mode, gate, reason)), **more)


def queue() -> HelpQueue:
    numbers = iter(range(10_000))
    return HelpQueue(lambda: f'h{next(numbers)}')


HELD = facts(Mode.HOLD, Gate.MONITOR, 'the monitor alarms: progress')


@pytest.mark.parametrize(('heard', 'wanted'), [
    (Facts(), None),
    (HELD, HelpReason.MONITOR),
    (facts(Mode.HOLD, Gate.MONITOR_SILENT), HelpReason.MONITOR),
    (facts(Mode.HOLD, Gate.HUMAN), None),
    (facts(Mode.HUMAN, Gate.MONITOR), None),
    (facts(Mode.STOPPED, Gate.ESTOP), HelpReason.STOPPED),
    (facts(Mode.POLICY), None),
    (facts(Mode.POLICY, proposed_ns=NOW.mono - STARVED_NS), None),
    (facts(Mode.POLICY, proposed_ns=NOW.mono - STARVED_NS - 1), HelpReason.STARVED),
    (facts(Mode.HUMAN, proposed_ns=1), None)])
def test_causes(heard: Facts, wanted: HelpReason | None) -> None:
    assert cause(heard, NOW.mono) is wanted


def test_a_request_says_why() -> None:
    made = queue()
    events = made.hear(HELD, NOW)
    assert [e.name for e in events] == [EventName.HELP_REQUESTED]
    request = made.show().requests[0]
    assert (request.id, request.reason, request.sentence, request.time_ns, request.picture) == (
        'h0', 'monitor', 'the monitor alarms: progress', NOW.wall, False)
    assert made.changed
    assert made.hear(HELD, NOW) == []
    starved = queue()
    starved.hear(facts(Mode.POLICY, proposed_ns=1), NOW)
    assert starved.show().requests[0].sentence == HUNGRY


@pytest.mark.parametrize(('mode', 'because'), [
    (Mode.HUMAN, HelpEnded.TAKEN_OVER), (Mode.POLICY, HelpEnded.RESOLVED)])
def test_it_is_over_when_its_cause_is(mode: Mode, because: HelpEnded) -> None:
    made = queue()
    made.hear(HELD, NOW)
    events = made.hear(facts(mode), NOW)
    assert [(e.name, e.values['because']) for e in events] == [(EventName.HELP_ENDED, because)]
    assert (made.waiting, made.ended[because]) == (0, 1)


def test_a_stop_takes_the_place_of_a_hold() -> None:
    made = queue()
    made.hear(HELD, NOW)
    made.hear(facts(Mode.STOPPED), NOW)
    assert [one.reason for one in made.show().requests] == ['stopped']


def test_a_dismissed_request_stays_so_until_its_cause_comes_again() -> None:
    made = queue()
    made.hear(HELD, NOW)
    made.dismiss('ada', 'h0', NOW)
    assert made.hear(replace(HELD, verdict_ns=1), NOW) == []
    made.hear(facts(Mode.POLICY), NOW)
    made.hear(HELD, NOW)
    assert (made.waiting, made.raised[HelpReason.MONITOR]) == (1, 2)


def test_one_accepts_and_nobody_else_until_they_leave() -> None:
    made = queue()
    made.hear(HELD, NOW)
    made.accept(1, 'ada', 'h0', NOW)
    made.accept(1, 'ada', 'h0', NOW)
    with pytest.raises(Rejected, match=Reject.HELP):
        made.accept(2, 'bob', 'h0', NOW)
    made.gone(2)
    assert made.show().requests[0].operator == 'ada'
    made.gone(1)
    assert made.show().requests[0].operator == ''
    made.accept(2, 'bob', 'h0', NOW)


@pytest.mark.parametrize('identifier', ['', 'h1'])
def test_what_is_not_waiting_is_refused(identifier: str) -> None:
    made = queue()
    made.hear(HELD, NOW)
    with pytest.raises(Rejected, match=Reject.HELP):
        made.accept(1, 'ada', identifier, NOW)
    with pytest.raises(Rejected, match=Reject.HELP):
        made.dismiss('ada', identifier, NOW)


@given(st.lists(st.one_of(
    st.builds(facts, st.sampled_from(Mode), st.sampled_from(Gate)),
    st.sampled_from(HelpReason), st.integers(0, 20)), max_size=60))
def test_whatever_comes_it_is_bounded_and_each_request_is_accounted_for(
        inputs: list[Facts | HelpReason | int]) -> None:
    made = queue()
    for one in inputs:
        if isinstance(one, Facts):
            made.hear(one, NOW)
        elif isinstance(one, HelpReason):
            made.ask(one, 'x' * 400, NOW)
        elif f'h{one}' in [r.id for r in made.show().requests]:
            made.dismiss('ada', f'h{one}', NOW)
        reasons = [r.reason for r in made.show().requests]
        assert len(set(reasons)) == len(reasons)
        assert sum(made.raised.values()) == sum(made.ended.values()) + made.waiting


# --- pictures -----------------------------------------------------------------------------------

SHOT = Snapshot('17', b'jpeg')


def test_the_first_frame_after_a_request_is_its_picture() -> None:
    made = queue()
    assert not made.wants_picture(NOW.mono)
    made.hear(HELD, NOW)
    made.changed = False
    with pytest.raises(Rejected) as none:
        made.picture('h0')
    assert none.value.reason is Reject.HELP
    assert made.wants_picture(NOW.mono)
    made.illustrate(SHOT, NOW.mono)
    (request,) = made.show().requests
    assert (request.picture, request.frame, made.changed) == (True, '17', True)
    assert b64decode(made.picture('h0')) == b'jpeg'
    assert not made.wants_picture(NOW.mono)
    made.illustrate(Snapshot('18', b'later'), NOW.mono)
    assert made.show().requests[0].frame == '17'


def test_a_picture_that_comes_late_shows_something_else() -> None:
    made = queue()
    made.hear(HELD, NOW)
    late = NOW.mono + PICTURE_NS
    assert not made.wants_picture(late)
    made.illustrate(SHOT, late)
    assert not made.show().requests[0].picture


def test_a_picture_stays_whoever_accepts_and_goes_with_its_request() -> None:
    made = queue()
    made.hear(HELD, NOW)
    made.illustrate(SHOT, NOW.mono)
    made.accept(1, 'ada', 'h0', NOW)
    made.gone(1)
    (request,) = made.show().requests
    assert (request.picture, request.operator) == (True, '')
    assert made.picture('h0')
    made.accept(2, 'bob', 'h0', NOW)  # what was accepted is open again
    made.dismiss('ada', 'h0', NOW)
    with pytest.raises(Rejected):
        made.picture('h0')
