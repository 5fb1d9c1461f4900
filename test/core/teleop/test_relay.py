"""Who is heard, what is asked of the arbiter, what clients are told."""

from collections.abc import Iterable
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, Now, SECOND
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.teleop.deeds import (
    Audited,
    Deed,
    Drop,
    Expel,
    Note,
    Publish,
    Send,
    Show,
    Tell,
)
from flywheel_nodes.core.teleop.protocol import Close, Reject, Scope
from flywheel_nodes.core.teleop.relay import Relay, STRIKES
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.config_files import load_robot

ROBOT = load_robot('sim')


class Desk:
    """A relay on a clock of its own, and what it did."""

    def __init__(self) -> None:
        numbers = iter(range(1_000_000))
        self.relay = Relay(RelayConfig(), ROBOT, lambda: f'lease{next(numbers)}', 1_000)
        self.now = Now(SECOND, 1_000 * SECOND)
        self.deeds: list[Deed] = []

    def wait(self, ns: int) -> None:
        self.now = Now(self.now.mono + ns, self.now.wall + ns)

    def do(self, deeds: Iterable[Deed]) -> list[Deed]:
        done = list(deeds)
        self.deeds += done
        return done

    def enter(self, client: int, scope: Scope = Scope.DRIVE) -> list[Deed]:
        return self.do(self.relay.enter(client, f'operator{client}', scope, self.now))

    def say(self, client: int, kind: str, **fields: Any) -> list[Deed]:
        text = json.dumps({'type': kind, **fields})
        return self.do(self.relay.message(client, text, self.now))

    def control(self, mode: Mode, epoch: int = 0) -> list[Deed]:
        control = Control(mode, Gate.NONE, '', epoch=epoch)
        return self.do(self.relay.facts(Facts(control, self.now.mono), self.now))

    def tick(self, ns: int = 0) -> list[Deed]:
        self.wait(ns)
        return self.do(self.relay.tick(self.now))

    def claim(self, client: int) -> dict[str, Any]:
        grant = answers(self.say(client, 'claim'), 'grant')[0]
        return {'lease': grant['lease'], 'epoch': grant['epoch']}

    def drive(self, client: int, lease: dict[str, Any], seq: int, **more: Any) -> list[Deed]:
        return self.say(client, 'drive', **{
            **lease, 'seq': seq, 't_client': 5, 'deadman': True, 'axes': {'vx': 0.5}, **more})


def answers(deeds: Iterable[Deed], kind: str) -> list[Any]:
    return [d.message for d in deeds if isinstance(d, Send) and d.message['type'] == kind]


def commands(deeds: Iterable[Deed]) -> list[TeleopCommand]:
    return [d.command for d in deeds if isinstance(d, Publish)]


def requests(deeds: Iterable[Deed]) -> list[Request]:
    return [c.request for c in commands(deeds)]


def events(deeds: Iterable[Deed]) -> list[EventName]:
    return [d.name for d in deeds if isinstance(d, Event)]


def desk(*scopes: Scope) -> Desk:
    made = Desk()
    for client, scope in enumerate(scopes or (Scope.DRIVE, Scope.DRIVE), 1):
        made.enter(client, scope)
    return made


# --- hello, ping, refusals ----------------------------------------------------------------------

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


# --- the lease ----------------------------------------------------------------------------------

def test_one_lease_and_a_denial_that_names_the_holder() -> None:
    made = desk()
    lease = made.claim(1)
    assert answers(made.say(2, 'claim'), 'deny') == [{'type': 'deny', 'holder': 'operator1'}]
    assert events(made.deeds) == [EventName.LEASE_GRANTED]
    first = commands(made.deeds)[0]
    assert (first.request, first.operator, first.epoch) == (
        Request.IDLE, 'operator1', lease['epoch'])


def test_idle_is_repeated_and_drive_is_not() -> None:
    made = desk()
    lease = made.claim(1)
    repeated = [r for _ in range(50) for r in requests(made.tick(20 * MILLISECOND))]
    assert repeated == [Request.IDLE] * 25
    assert requests(made.drive(1, lease, 1)) == [Request.DRIVE]
    made.say(1, 'renew', **lease)
    silence = [r for _ in range(50) for r in requests(made.tick(20 * MILLISECOND))]
    assert silence == []
    assert requests(made.say(1, 'idle', **lease, seq=2, phase='recovery')) == [Request.IDLE]
    assert commands(made.tick(40 * MILLISECOND))[0].phase is Phase.RECOVERY


def test_a_command_keeps_its_seq_and_goes_out_once() -> None:
    made = desk()
    lease = made.claim(1)
    sent = commands(made.drive(1, lease, 17, joints={'elbow': 0.2}, obs_id='o1', frame='f9'))
    assert len(sent) == 1
    assert sent[0] == TeleopCommand(
        Request.DRIVE, 'operator1', lease['lease'], lease['epoch'], 17, True, 5, 'o1', 'f9',
        (('vx', 0.5),), (('elbow', 0.2),))


def test_number_0_is_the_claim_itself() -> None:
    made = desk(Scope.DRIVE)
    lease = made.claim(1)
    assert answers(made.drive(1, lease, 0), 'reject')[0]['reason'] == 'sequence'
    assert answers(made.say(1, 'idle', **lease, seq=0), 'reject')[0]['reason'] == 'sequence'


def test_old_sequences_wrong_leases_and_unknown_axes_do_not_pass() -> None:
    made = desk()
    lease = made.claim(1)
    made.drive(1, lease, 5)
    cases = [
        (made.drive(1, lease, 5), 'sequence'),
        (made.drive(1, lease, 4), 'sequence'),
        (made.drive(2, lease, 6), 'lease'),
        (made.drive(1, {**lease, 'epoch': lease['epoch'] - 1}, 6), 'lease'),
        (made.drive(1, {**lease, 'lease': 'stolen'}, 6), 'lease'),
        (made.drive(1, lease, 6, axes={'vy': 0.1}), 'value'),
        (made.drive(1, lease, 6, joints={'vx': 0.1}), 'value'),
    ]
    for deeds, reason in cases:
        assert answers(deeds, 'reject')[0]['reason'] == reason
        assert requests(deeds) == []
    assert requests(made.drive(1, lease, 6)) == [Request.DRIVE]


def test_a_release_carries_reason_and_outcome_until_heard() -> None:
    made = desk()
    lease = made.claim(1)
    made.control(Mode.HUMAN, lease['epoch'])
    deeds = made.say(1, 'release', **lease, reason='stuck', outcome='success', note='kerb')
    command = commands(deeds)[0]
    assert (command.request, command.reason, command.outcome, command.note) == (
        Request.RELEASE, 'stuck', 'success', 'kerb')
    assert answers(deeds, 'ended')[0]['because'] == 'released'
    assert events(deeds) == [EventName.LEASE_ENDED]
    assert requests(made.tick(40 * MILLISECOND)) == [Request.RELEASE]
    made.control(Mode.HOLD)
    assert requests(made.tick(40 * MILLISECOND)) == []


def test_a_lost_connection_aborts() -> None:
    made = desk()
    made.claim(1)
    deeds = made.do(made.relay.leave(1, made.now))
    command = commands(deeds)[0]
    assert (command.request, command.reason, command.outcome, command.note) == (
        Request.RELEASE, 'other', 'aborted', 'connection lost')
    assert made.do(made.relay.leave(2, made.now)) == []
    assert not made.relay.leased(made.now)


def test_an_unrenewed_lease_expires_and_a_renewed_one_does_not() -> None:
    made = desk()
    lease = made.claim(1)
    for _ in range(5):
        made.wait(2 * SECOND)
        assert answers(made.say(1, 'renew', **lease), 'renewed')
    deeds = made.tick(3 * SECOND)
    assert commands(deeds)[0].note == 'expired'
    assert answers(deeds, 'ended')[0]['because'] == 'expired'
    assert answers(made.say(1, 'renew', **lease), 'reject')[0]['reason'] == 'lease'


def test_a_lease_the_arbiter_ended_is_over() -> None:
    made = desk()
    lease = made.claim(1)
    made.control(Mode.HOLD)  # the arbiter has not heard of it yet
    assert made.relay.leased(made.now)
    made.control(Mode.HUMAN, lease['epoch'])
    deeds = made.control(Mode.STOPPED)
    assert answers(deeds, 'ended')[0]['because'] == 'arbiter'
    assert not made.relay.leased(made.now)


def test_a_new_holder_waits_until_the_old_release_was_heard() -> None:
    made = desk()
    lease = made.claim(1)
    made.control(Mode.HUMAN, lease['epoch'])
    made.say(1, 'release', **lease, reason='stuck', outcome='success')
    deeds = made.say(2, 'claim')
    assert answers(deeds, 'grant')
    assert requests(deeds) == []
    new = {key: answers(deeds, 'grant')[0][key] for key in ('lease', 'epoch')}
    assert answers(made.drive(2, new, 1), 'reject')[0]['reason'] == 'busy'
    made.wait(MILLISECOND)
    made.control(Mode.HOLD)
    assert requests(made.tick(20 * MILLISECOND)) == [Request.IDLE]
    assert requests(made.drive(2, new, 1)) == [Request.DRIVE]


# --- stop and resume ----------------------------------------------------------------------------

def test_a_viewer_stops_and_the_lease_is_over() -> None:
    made = desk(Scope.DRIVE, Scope.VIEW)
    made.claim(1)
    deeds = made.say(2, 'stop')
    assert [(c.request, c.operator) for c in commands(deeds)] == [(Request.STOP, 'operator2')]
    assert answers(deeds, 'ended')[0]['because'] == 'stopped'
    assert answers(deeds, 'accepted') == [{'type': 'accepted', 'of': 'stop'}]
    assert not made.relay.leased(made.now)
    assert requests(made.tick(40 * MILLISECOND)) == [Request.STOP]
    made.control(Mode.STOPPED)
    assert requests(made.tick(40 * MILLISECOND)) == []


def test_each_resume_has_a_number_of_its_own() -> None:
    made = desk()
    first = commands(made.say(1, 'resume'))[0]
    made.tick(40 * MILLISECOND)
    made.tick(40 * MILLISECOND)
    second = commands(made.say(1, 'resume'))[0]
    assert second.seq > first.seq
    assert second.epoch > first.epoch
    assert made.claim(1)['epoch'] > second.epoch


# --- clients are told ---------------------------------------------------------------------------

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


# --- whatever happens ---------------------------------------------------------------------------

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


# --- taking, leaving for good, and what is written down -----------------------------------------

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
