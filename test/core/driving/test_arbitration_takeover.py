"""A human takes over, drives, lets go or is lost."""

from collections.abc import Callable

import pytest

from flywheel_nodes.core.control import Gate, Mode, Request
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName, Phase
from test.core.driving.rig import Rig


def test_a_takeover_from_claim_to_release_is_one_labelled_intervention() -> None:
    rig = Rig().to_policy()
    rig.command(Request.IDLE)
    assert rig.run().control.mode is Mode.HOLD
    assert rig.results[-1].control.phase is Phase.HANDOVER
    rig.run(50, each=lambda: rig.drive(0.5))
    assert rig.results[-1].control.phase is Phase.CORRECTION
    assert rig.speed == pytest.approx(0.4)
    rig.run(10, each=lambda: rig.drive(0.5, phase=Phase.RECOVERY))
    rig.command(Request.RELEASE, reason='stuck', outcome='success')
    rig.run(50)
    assert (rig.mode, rig.speed) == (Mode.HOLD, 0.0)
    ended = next(e for r in rig.results for e in r.events
                 if e.name is EventName.INTERVENTION_ENDED)
    assert (ended.values['reason'], ended.values['outcome']) == ('stuck', 'success')
    assert rig.events().count(EventName.INTERVENTION_PHASE) == 2
    assert rig.drive() is Refusal.OLD_EPOCH
    assert rig.arbiter.resume('test', rig.now)[0]
    rig.run(200)
    assert rig.speed == pytest.approx(0.5)
    assert rig.results[-1].control.phase is Phase.NONE


@pytest.mark.parametrize(('loss', 'event'), [
    (lambda rig: rig.run(25, each=lambda: rig.command(Request.IDLE)), None),
    (lambda rig: rig.run(25, each=lambda: rig.drive(0.5, deadman=False)),
     EventName.DEADMAN_TRIPPED),
    (lambda rig: rig.run(25), EventName.DEADMAN_TRIPPED)])
def test_losing_the_human_stops_within_half_a_second(loss: Callable[[Rig], object],
                                                     event: EventName | None) -> None:
    rig = Rig().to_human()
    assert rig.speed > 0.3
    loss(rig)
    assert rig.speed == 0.0
    assert event is None or event in rig.events()


def test_after_a_trip_driving_needs_neutral_and_a_fresh_press() -> None:
    rig = Rig().to_human()
    rig.run(25)
    assert rig.drive(0.5) is Refusal.NEUTRAL_NEEDED
    rig.run(10, each=lambda: rig.drive(0.5))
    assert rig.speed == 0.0
    rig.drive(0.0, deadman=False)
    assert rig.drive(0.5) is Refusal.NONE


def test_a_silent_relay_ends_the_intervention() -> None:
    rig = Rig().to_human()
    rig.run(200)
    assert rig.arbiter.authority.interventions.current is None
    assert EventName.INTERVENTION_ENDED in rig.events()


def test_letting_go_counts_whatever_else_it_says() -> None:
    rig = Rig().to_human()
    rig.drive(deadman=False, joints=(('wheel', 1.0),))
    assert not rig.arbiter.authority.driving


def test_a_claim_with_the_deadman_held_moves_nothing() -> None:
    rig = Rig()
    rig.run(5)
    rig.command(Request.IDLE, seq=0)
    rig.run(20, each=lambda: rig.drive(0.5))
    assert (rig.speed, rig.arbiter.authority.idle_gate) == (0.0, Gate.NEUTRAL_NEEDED)
    rig.command(Request.IDLE)
    rig.run(20, each=lambda: rig.drive(0.5))
    assert rig.speed > 0.0


def test_absolute_joint_commands_begin_aligned() -> None:
    rig = Rig()
    rig.run(5)
    rig.command(Request.IDLE)
    assert rig.command(Request.DRIVE, deadman=True, joints=(('elbow', 1.5),)) is Refusal.MISALIGNED
    assert rig.command(Request.DRIVE, deadman=True, joints=(('elbow', 0.35),)) is Refusal.NONE
    assert rig.command(Request.DRIVE, deadman=True, axes=(('wheel', 1.0),)) is Refusal.UNKNOWN_AXIS
