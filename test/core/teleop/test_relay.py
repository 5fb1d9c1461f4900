"""The relay without sockets: who is welcome, what is refused, what everybody is told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.deeds import (
    Drop,
    Send,
    Show,
    Tell,
)
from flywheel_nodes.core.teleop.protocol import Close, Reject, Scope
from flywheel_nodes.core.teleop.session import STRIKES
from test.core.teleop.desk import answers, commands, Desk, desk, ROBOT


def test_welcome_and_state_come_first() -> None:
    welcome, state, help_ = Desk().enter(1)
    assert isinstance(welcome, Send)
    assert welcome.message['axes'] == list(ROBOT.axes)
    assert isinstance(state, Send)
    assert state.message['mode'] == 'unknown'
    assert isinstance(help_, Send)
    assert help_.message == {'type': 'help', 'requests': []}


def test_a_ping_is_answered_and_a_pong_measured() -> None:
    made = desk()
    assert answers(made.say(1, 'ping', t0=7), 'pong')[0]['t0'] == 7
    ping = answers(made.tick(SECOND), 'ping')[0]
    made.wait(30 * MILLISECOND)
    made.say(1, 'pong', t0=ping['t0'], t1=500, t2=500 + 10 * MILLISECOND)
    assert list(made.relay.round_trips) == [0.02]


def test_a_pong_nobody_asked_for_is_refused() -> None:
    made = desk()
    assert answers(made.say(1, 'pong', t0=1, t1=2, t2=3), 'reject')[0]['reason'] == 'value'
    assert not made.relay.round_trips


def test_refusals_are_counted_answered_and_end_in_a_drop() -> None:
    made = desk()
    answer = answers(made.say(1, 'dance'), 'reject')
    assert answer == [{'type': 'reject', 'reason': 'kind', 'of': ''}]
    for _ in range(STRIKES - 1):
        made.say(1, 'dance')
    assert [(d.client, d.code) for d in made.deeds if isinstance(d, Drop)] == [(1, Close.FLOOD)]
    assert made.say(1, 'stop') == []
    assert made.relay.rejected[Reject.KIND] == STRIKES


def test_a_steady_flood_is_cut_though_some_of_it_is_admitted() -> None:
    made = desk()
    for _ in range(STRIKES // 3):
        made.say(1, 'stop')
        for _ in range(5):
            made.say(1, 'dance')
    assert [(d.client, d.code) for d in made.deeds if isinstance(d, Drop)] == [(1, Close.FLOOD)]


def test_a_client_that_errs_now_and_then_stays() -> None:
    made = desk()
    for _ in range(3 * STRIKES):
        made.say(1, 'stop')
        made.say(1, 'dance')
    assert not [d for d in made.deeds if isinstance(d, Drop)]


def test_a_second_hello_is_refused() -> None:
    assert answers(desk().say(1, 'hello', token='x', protocol=1), 'reject')[0]['reason'] == 'kind'


def test_state_at_its_rate_and_at_once_on_a_change() -> None:
    made = desk()
    shown = [d for _ in range(50) for d in made.tick(20 * MILLISECOND) if isinstance(d, Show)]
    assert len(shown) == 10
    assert any(isinstance(d, Show) for d in made.control(Mode.POLICY))
    assert not any(isinstance(d, Show) for d in made.control(Mode.POLICY))


def test_events_that_matter_to_operators_are_passed_on() -> None:
    made = desk()
    refused = Event(EventName.RESUME_REFUSED, 'resume refused: the monitor alarms', 1)
    assert [d.message['sentence'] for d in made.relay.told(refused) if isinstance(d, Tell)] == [
        'resume refused: the monitor alarms']
    assert made.relay.told(Event(EventName.SNIPPET_SAVED, 'x is saved', 1))
    assert made.relay.told(Event(EventName.NODE_STARTED, '', 1)) == []


STEPS = st.lists(st.tuples(
    st.sampled_from(('claim', 'drive', 'stale', 'renew', 'idle', 'release', 'stop', 'resume',
                     'leave', 'enter', 'tick', 'hold', 'human')),
    st.integers(1, 3), st.integers(0, 2_000)), max_size=60)


@given(STEPS)
def test_only_the_holder_is_heard_and_epochs_rise(steps: list[tuple[str, int, int]]) -> None:
    made = desk(Scope.DRIVE, Scope.DRIVE, Scope.DRIVE)
    held: dict[int, dict[str, Any]] = {}
    for seq, (step, client, wait) in enumerate(steps, 1):
        made.wait(wait * MILLISECOND)
        lease = held.get(client, {'lease': 'none', 'epoch': 0})
        holder = made.relay._seat.holder(made.now.mono)
        if step == 'claim':
            grants = answers(made.say(client, 'claim'), 'grant')
            if grants:
                held[client] = {k: grants[0][k] for k in ('lease', 'epoch')}
        elif step in ('drive', 'stale'):
            done = made.drive(client, lease, seq if step == 'drive' else 0)
            drove = [c for c in commands(done) if c.request is Request.DRIVE]
            assert not drove or (holder and holder.client == client)
        elif step == 'leave':
            made.do(made.relay.leave(client, made.now))
        elif step == 'enter':
            made.enter(client)
        elif step == 'tick':
            made.tick()
        elif step in ('hold', 'human'):
            made.control(Mode.HOLD, lease['epoch'] if step == 'human' else 0)
        else:
            extra = {'idle': {**lease, 'seq': seq}, 'renew': lease, 'release': {
                **lease, 'reason': 'other', 'outcome': 'unknown'}}
            made.say(client, step, **extra.get(step, {}))
    driven = [c.epoch for c in commands(made.deeds) if c.request in (Request.IDLE, Request.DRIVE)]
    assert driven == sorted(driven)
    drives = [(c.epoch, c.seq) for c in commands(made.deeds) if c.request is Request.DRIVE]
    assert drives == sorted(set(drives))
