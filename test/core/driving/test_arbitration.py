"""Who drives, and what is proposed: the arbiter as a state machine driven by time."""

import math

import pytest

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Mode, Request, TeleopCommand
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName
from test.core.driving.rig import Rig, TICK


def test_it_starts_in_hold_and_after_a_crash_in_stopped() -> None:
    assert Rig().mode is Mode.HOLD
    rig = Rig(restarted=True)
    rig.run(5)
    assert rig.mode is Mode.STOPPED
    assert rig.arbiter.resume('test', rig.now)[0]
    assert rig.mode is Mode.HOLD
    rig.run(100)
    assert rig.mode is Mode.HOLD
    assert rig.arbiter.resume('test', rig.now)[0]
    assert rig.mode is Mode.POLICY


def test_the_policy_drives_after_a_resume_only() -> None:
    rig = Rig()
    rig.run(100)
    assert rig.mode is Mode.HOLD
    assert rig.speed == 0.0
    assert rig.results[-1].tick.proposed[0] == 0.5
    rig.to_policy()
    assert rig.speed == pytest.approx(0.5)
    assert rig.results[-1].tick.obs_ns == rig.now.wall, "the observation's stamp to the nanosecond"


@pytest.mark.parametrize('source', ['robot', 'estop', 'monitor'])
def test_a_resume_is_refused_while_a_source_is_silent(source: str) -> None:
    rig = Rig()
    rig.run(100, without=(source,))
    ok, because = rig.arbiter.resume('test', rig.now)
    assert not ok
    assert 'not heard' in because


def test_a_resume_needs_something_proposed() -> None:
    rig = Rig()
    rig.run(100, without=('policy',))
    assert 'proposes nothing' in rig.arbiter.resume('test', rig.now)[1]


def test_a_resume_that_is_repeated_is_answered_once_and_claims_nothing() -> None:
    rig = Rig()
    rig.run(5, without=('policy',))
    for _ in range(3):
        rig.command(Request.RESUME, seq=1)
    result = rig.run()
    assert [e.name for e in result.events] == [EventName.RESUME_REFUSED]
    rig.run()
    rig.command(Request.RESUME, seq=2)
    assert rig.mode is Mode.POLICY


def test_after_a_handover_the_policy_must_have_looked_again() -> None:
    rig = Rig().to_human()
    stale = rig.now.wall
    rig.command(Request.RELEASE, reason='stuck', outcome='success')
    rig.sources['policy'] = lambda: rig.propose(stamp_ns=stale)
    rig.run(5)
    assert 'newer than the hand-over' in rig.arbiter.resume('test', rig.now)[1]


def test_anybody_may_stop_and_two_resumes_are_needed() -> None:
    rig = Rig().to_human()
    rig.arbiter.command(TeleopCommand(Request.STOP, 'bob'), rig.now)
    rig.run(25)
    assert (rig.mode, rig.speed) == (Mode.STOPPED, 0.0)
    assert rig.drive() is Refusal.OLD_EPOCH, 'a stop revokes the lease'
    assert rig.command(Request.IDLE, epoch=8, lease='L2') is Refusal.BLOCKED
    rig.arbiter.resume('bob', rig.now)
    assert rig.mode is Mode.HOLD
    rig.arbiter.resume('bob', rig.now)
    assert rig.mode is Mode.POLICY


@pytest.mark.parametrize('axes_', [(('wheel', 1.0),), ()])
def test_a_stop_is_taken_whatever_else_it_says(axes_: tuple[tuple[str, float], ...]) -> None:
    rig = Rig()
    rig.run(5)
    assert rig.command(Request.STOP, axes=axes_, joints=(('elbow', 1.9),)) is Refusal.NONE
    assert rig.mode is Mode.STOPPED


def test_a_step_of_the_wall_clock_neither_replays_nor_holds() -> None:
    rig = Rig().to_policy()
    rig.run(5, without=('policy',))
    before = rig.results[-1].tick.proposed
    now = Now(rig.mono + TICK, rig.now.wall + 3600 * SECOND)
    assert rig.arbiter.tick(now).tick.proposed == before


def test_chunks_from_the_future_or_the_past_are_not_taken() -> None:
    rig = Rig()
    rig.run(3, without=('policy',))
    rig.propose(stamp_ns=rig.now.wall + SECOND)
    rig.propose(stamp_ns=rig.now.wall - 2 * SECOND)
    assert math.isnan(rig.run(without=('policy',)).tick.proposed[0])
    assert rig.arbiter.counts == {('policy_chunks_rejected_total', 'future'): 1,
                                  ('policy_chunks_rejected_total', 'old'): 1}
