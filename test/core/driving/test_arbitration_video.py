"""What the operator has displayed decides how fast the robot may be driven."""

from dataclasses import replace

import pytest

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.control import Gate, Mode, Request, Sight
from flywheel_nodes.core.driving.limits import Limit
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName
from test.core.driving.rig import Rig


def looking(age_ms: int) -> Rig:
    """Return a rig whose operator drives at full stick with video of an age."""
    rig = Rig(sight=Sight.VIDEO)
    rig.run(5)
    rig.command(Request.IDLE)
    rig.run(100, each=lambda: rig.drive(1.0, seen_ns=rig.mono - age_ms * MILLISECOND))
    return rig


@pytest.mark.parametrize(('age_ms', 'share'), [(0, 1.0), (200, 1.0), (250, 0.8), (400, 0.5)])
def test_older_video_is_driven_slower_and_the_tick_says_so(age_ms: int, share: float) -> None:
    rig = looking(age_ms)
    assert rig.speed == pytest.approx(0.8 * share)
    tick = rig.results[-1].tick
    assert tick.requested[0] == pytest.approx(0.8), 'what was asked for'
    assert (tick.cap, tick.frame_age) == (pytest.approx(share), pytest.approx(age_ms / 1000))
    assert bool(tick.limits & Limit.VIDEO_AGE) is (share < 1.0)


def test_a_slow_command_is_not_slowed_down_further() -> None:
    rig = looking(400)
    rig.run(100, each=lambda: rig.drive(0.3, seen_ns=rig.mono - 400 * MILLISECOND))
    assert rig.speed == pytest.approx(0.24)
    assert not rig.results[-1].tick.limits & Limit.VIDEO_AGE


def test_frozen_video_with_a_live_link_stops_the_robot_within_the_bound() -> None:
    rig = looking(100)
    frozen, rig.results = rig.mono - 100 * MILLISECOND, []
    rig.run(60, each=lambda: rig.drive(1.0, seen_ns=frozen))
    speeds = [r.output.values[0] for r in rig.results if r.output]
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[20 + 25] == 0.0, '500 ms of age, then the bound'
    assert (rig.mode, rig.arbiter.authority.idle_gate) == (Mode.HUMAN, Gate.VIDEO_LATE)
    assert rig.events().count(EventName.DEADMAN_TRIPPED) == 1
    assert rig.arbiter.counts['teleop_commands_rejected_total', Refusal.VIDEO_LATE] > 30


def test_after_it_runs_again_driving_needs_neutral_and_a_fresh_press() -> None:
    rig = looking(100)
    assert rig.drive(1.0, seen_ns=rig.mono - 600 * MILLISECOND) is Refusal.NONE, 'an older echo'
    rig.run(40)
    assert rig.drive(1.0, seen_ns=rig.mono) is Refusal.NEUTRAL_NEEDED
    rig.drive(0.0, deadman=False, seen_ns=rig.mono)
    assert rig.drive(1.0, seen_ns=rig.mono) is Refusal.NONE


def test_without_echoes_a_session_that_has_shown_video_is_stopped() -> None:
    rig = looking(100)
    rig.run(40, each=lambda: rig.drive(1.0))
    assert rig.speed == 0.0
    assert rig.arbiter.authority.idle_gate is Gate.VIDEO_LATE


@pytest.mark.parametrize(('sight', 'allowed', 'refusal', 'gate'), [
    (Sight.VIDEO, True, Refusal.NO_VIDEO, Gate.NO_VIDEO),
    (Sight.VIDEO, False, Refusal.NO_VIDEO, Gate.NO_VIDEO),
    (Sight.DIRECT, True, Refusal.NONE, Gate.NONE),
    (Sight.DIRECT, False, Refusal.DIRECT_SIGHT, Gate.DIRECT_SIGHT)])
def test_who_has_displayed_nothing_drives_by_direct_sight_or_not_at_all(
        sight: Sight, allowed: bool, refusal: Refusal, gate: Gate) -> None:
    rig = Rig(sight=sight)
    allow(rig, allowed)
    rig.run(5)
    rig.command(Request.IDLE)
    assert rig.drive(1.0) is refusal
    assert rig.run(20, each=lambda: rig.drive(1.0)).tick.frame_age == 0.0
    assert (rig.speed > 0.0) is (refusal is Refusal.NONE)
    assert rig.arbiter.authority.idle_gate is gate
    assert (rig.mode is Mode.HUMAN) is (refusal is Refusal.NONE)


def test_direct_sight_is_not_capped_by_what_a_camera_shows_besides() -> None:
    rig = Rig(sight=Sight.DIRECT)
    rig.run(5)
    rig.command(Request.IDLE)
    rig.run(100, each=lambda: rig.drive(1.0, seen_ns=rig.mono - 400 * MILLISECOND))
    assert rig.speed == pytest.approx(0.8)
    assert rig.results[-1].tick.frame_age == pytest.approx(0.4)


def test_who_claimed_by_video_does_not_become_one_of_direct_sight_on_the_way() -> None:
    rig = Rig(sight=Sight.VIDEO)
    rig.run(5)
    rig.command(Request.IDLE)
    assert rig.drive(1.0, sight=Sight.DIRECT) is Refusal.NO_VIDEO


def test_forbidding_direct_sight_stops_who_drives_by_it() -> None:
    rig = Rig(sight=Sight.DIRECT).to_human()
    allow(rig, False)
    rig.run(60, each=rig.drive)
    assert rig.speed == 0.0
    assert rig.arbiter.authority.idle_gate is Gate.DIRECT_SIGHT
    assert rig.events().count(EventName.DEADMAN_TRIPPED) == 1
    assert rig.arbiter.counts['teleop_commands_rejected_total', Refusal.DIRECT_SIGHT] > 30


@pytest.mark.parametrize('sight', Sight)
def test_a_takeover_says_how_its_operator_sees(sight: Sight) -> None:
    rig = Rig(sight=sight)
    rig.run(5)
    rig.command(Request.IDLE)
    rig.run()
    begun = next(event for result in rig.results for event in result.events
                 if event.name is EventName.INTERVENTION_STARTED)
    assert begun.values['sight'] == sight


def test_the_policy_is_not_slowed_down_by_what_nobody_sees() -> None:
    rig = Rig().to_policy()
    assert rig.speed == pytest.approx(0.5)
    assert rig.results[-1].tick.cap == 1.0


def allow(rig: Rig, direct: bool) -> None:
    authority = rig.arbiter.authority
    authority.config = replace(authority.config, direct_sight=direct)
