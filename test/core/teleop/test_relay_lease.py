"""The lease at the relay, without sockets: one holder, and its commands."""

from dataclasses import replace

import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Mode, Request, Sight, TeleopCommand
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.teleop.deeds import Audited, Note
from flywheel_nodes.core.teleop.protocol import Scope
from test.core.teleop.desk import answers, commands, Desk, desk, events, requests, ROBOT


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


@pytest.mark.parametrize('kind', ['claim', 'take'])
@pytest.mark.parametrize(('said', 'sight'), [
    ({}, Sight.VIDEO), ({'sight': 'video'}, Sight.VIDEO), ({'sight': 'direct'}, Sight.DIRECT)])
def test_how_the_operator_sees_goes_with_each_command_of_the_lease(
        kind: str, said: dict[str, str], sight: Sight) -> None:
    made = desk(Scope.SUPERVISE)
    grant = answers(made.say(1, kind, **said), 'grant')[0]
    lease = {'lease': grant['lease'], 'epoch': grant['epoch']}
    made.drive(1, lease, 1)
    made.say(1, 'idle', **lease, seq=2)
    made.say(1, 'release', **lease, reason='stuck', outcome='success')
    asked = commands(made.deeds)
    assert {c.request for c in asked} == {Request.IDLE, Request.DRIVE, Request.RELEASE}
    assert {c.sight for c in asked} == {sight}
    (note,) = (d for d in made.deeds if isinstance(d, Note) and d.what is Audited.LEASE_GRANTED)
    (event,) = (d for d in made.deeds if isinstance(d, Event) and d.name == 'lease_granted')
    assert note.values['sight'] == event.values['sight'] == sight


@pytest.mark.parametrize('kind', ['claim', 'take'])
def test_a_robot_without_cameras_is_not_claimed_by_video(kind: str) -> None:
    made = Desk(replace(ROBOT, cameras=()))
    made.enter(1, Scope.SUPERVISE)
    for said in ({}, {'sight': 'video'}):
        assert answers(made.say(1, kind, **said), 'reject') == [
            {'type': 'reject', 'reason': 'sight', 'of': kind}]
    assert commands(made.deeds) == []
    assert answers(made.say(1, kind, sight='direct'), 'grant')


def test_a_supervisor_who_is_refused_takes_the_lease_from_nobody() -> None:
    made = Desk(replace(ROBOT, cameras=()))
    made.enter(1)
    made.enter(2, Scope.SUPERVISE)
    grant = answers(made.say(1, 'claim', sight='direct'), 'grant')[0]
    made.say(2, 'take')
    assert requests(made.drive(1, {k: grant[k] for k in ('lease', 'epoch')}, 1)) == [
        Request.DRIVE]


def test_a_lease_keeps_the_sight_it_was_claimed_by() -> None:
    made = desk()
    lease = made.claim(1)
    assert answers(made.say(1, 'claim', sight='direct'), 'deny')
    for wrong in ('telepathy', '', 1, None):
        assert answers(made.say(2, 'claim', sight=wrong), 'reject')
    assert answers(made.drive(1, lease, 1, sight='direct'), 'reject')[0]['reason'] == 'shape'
    assert commands(made.drive(1, lease, 1))[0].sight is Sight.VIDEO


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
