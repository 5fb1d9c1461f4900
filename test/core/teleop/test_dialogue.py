"""Every message a client may send finds somebody who takes it."""

import pytest

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.teleop import examples
from flywheel_nodes.core.teleop.admission import Admission, Message
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.codec import given
from flywheel_nodes.core.teleop.dialogue import Dialogue
from flywheel_nodes.core.teleop.help_queue import HelpQueue
from flywheel_nodes.core.teleop.protocol import Reject, Rejected, Scope
from flywheel_nodes.core.teleop.resumes import Resumes
from flywheel_nodes.core.teleop.seat import Seat
from flywheel_nodes.core.teleop.session import Session
from test.core.teleop.desk import answers, desk, ROBOT

NOW = Now(1, 1)


def dialogue() -> Dialogue:
    return Dialogue(Seat(ROBOT, RelayConfig().lease_ttl, lambda: 'x', 1),
                    HelpQueue(lambda: 'x'), Resumes())


def session() -> Session:
    return Session(1, 'ada', Admission(Scope.SUPERVISE, 100.0), 1)


@pytest.mark.parametrize('ask', examples.ASKS, ids=lambda ask: ask.kind)
def test_only_a_second_hello_is_of_no_known_kind(ask: Ask) -> None:
    reason = None
    try:
        dialogue().answer(session(), Message(ask.kind, given(ask)), NOW)
    except Rejected as refused:
        reason = refused.reason
        assert refused.of == ask.kind
        assert refused.seq == given(ask).get('seq')
    assert (reason is Reject.KIND) is (ask.kind == 'hello')


def test_a_take_that_is_refused_makes_no_secret_void() -> None:
    made = desk(Scope.DRIVE, Scope.SUPERVISE)
    made.do(made.relay.enter(3, 'operator1', Scope.VIEW, made.now, secret='s' * 43))
    made.claim(1)
    assert answers(made.say(2, 'take', sight='telepathy'), 'reject')
    assert made.relay.resumes.find('s' * 43, made.now.mono)
    made.say(2, 'take')
    assert not made.relay.resumes.find('s' * 43, made.now.mono)
