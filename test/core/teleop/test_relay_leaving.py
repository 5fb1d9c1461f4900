"""Taking over from somebody, leaving for good, and what is written down of it."""

from collections.abc import Iterable

from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.teleop.deeds import (
    Audited,
    Deed,
    Drop,
    Expel,
    Note,
)
from flywheel_nodes.core.teleop.protocol import Close, Scope
from flywheel_nodes.core.teleop.session import STRIKES
from test.core.teleop.desk import answers, commands, Desk, requests


def notes(deeds: Iterable[Deed]) -> list[tuple[str, str]]:
    return [(str(d.what), d.operator) for d in deeds if isinstance(d, Note)]


def with_secrets() -> Desk:
    made = Desk()
    for client, scope in ((1, Scope.DRIVE), (2, Scope.SUPERVISE)):
        made.do(made.relay.enter(client, f'operator{client}', scope, made.now,
                                 secret=f'secret{client}'))
    return made


def good(made: Desk) -> list[int]:
    return [n for n in (1, 2) if made.relay.resumes.find(f'secret{n}', made.now.mono)]


def test_a_supervisor_takes_and_the_arbiter_hears_of_the_end_first() -> None:
    made = with_secrets()
    old = made.claim(1)
    made.control(Mode.HUMAN, old['epoch'])
    done = made.say(2, 'take')
    assert answers(done, 'ended')[0]['because'] == 'taken'
    assert answers(done, 'grant')[0]['epoch'] > old['epoch']
    assert requests(done) == [Request.RELEASE]
    assert commands(done)[0].note == 'taken'
    assert notes(done) == [('lease_taken', 'operator2'), ('lease_ended', 'operator1'),
                           ('lease_granted', 'operator2')]
    assert good(made) == [2]


def test_taking_what_nobody_else_holds_is_a_claim() -> None:
    made = with_secrets()
    assert notes(made.say(2, 'take')) == [('lease_granted', 'operator2')]
    assert answers(made.say(2, 'take'), 'deny')[0]['holder'] == 'operator2'
    assert good(made) == [1, 2]


def test_a_claim_in_vain_is_written_down() -> None:
    made = with_secrets()
    made.claim(2)
    assert notes(made.say(1, 'claim')) == [('lease_denied', 'operator1')]


def test_who_loses_the_lease_by_a_stop_shows_a_token_again() -> None:
    made = with_secrets()
    made.claim(1)
    assert notes(made.say(2, 'stop')) == [('stop', 'operator2'), ('lease_ended', 'operator1')]
    assert good(made) == [2]


def test_logging_out_ends_everything_of_the_client() -> None:
    made = with_secrets()
    made.claim(1)
    done = made.say(1, 'logout')
    assert Expel(1) in done
    assert [(d.client, d.code) for d in done if isinstance(d, Drop)] == [(1, Close.LOGOUT)]
    assert requests(done) == [Request.RELEASE]
    assert notes(done)[0] == (Audited.LOGOUT, 'operator1')
    assert good(made) == [2]
    assert made.say(1, 'stop') == []


def test_who_floods_does_not_come_back_with_a_secret() -> None:
    made = with_secrets()
    for _ in range(STRIKES):
        made.say(1, 'dance')
    assert Expel(1) in made.deeds
    assert good(made) == [2]


def test_a_connection_that_is_lost_may_come_back_to_watch() -> None:
    made = with_secrets()
    made.claim(1)
    made.do(made.relay.leave(1, made.now))
    assert good(made) == [1, 2]
