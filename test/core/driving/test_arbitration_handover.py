"""Between two controllers nothing old is played, nothing jumps and nobody is thrown back."""

from itertools import pairwise

import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.core.driving.limits import Limit
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import EventName
from test.core.driving.rig import elbow, Rig, ROBOT, TICK

STEP_S = TICK / SECOND


def offer(rig: Rig, age_ms: int) -> str:
    chunk = Chunk(rig.now.wall - age_ms * MILLISECOND, (0, SECOND), ((0.5,), (0.5,)))
    return rig.arbiter.chunk('base', chunk, rig.mono, rig.now)


def test_chunks_that_were_overtaken_are_refused_and_repeated_ones_are_not() -> None:
    rig = Rig()
    rig.run(10)
    assert offer(rig, 300) == 'reordered'
    assert offer(rig, 0) == ''
    assert offer(rig, 0) == ''
    assert rig.arbiter.counts['policy_chunks_rejected_total', 'reordered'] == 1


def test_what_the_policy_saw_before_the_handover_is_never_driven_after_it() -> None:
    rig = Rig().to_human()
    del rig.sources['policy']
    rig.run(60, each=rig.drive)
    rig.command(Request.RELEASE)
    seen = rig.now.wall
    rig.run(5)
    late = Chunk(seen - MILLISECOND, (0, SECOND), ((0.8,), (0.8,)))
    assert rig.arbiter.chunk('base', late, rig.mono, rig.now) == 'handed_over'
    assert not rig.arbiter.resume('ada', rig.now)[0]
    assert offer(rig, 20) == ''
    assert rig.arbiter.resume('ada', rig.now)[0]


def test_a_policy_that_was_held_must_have_looked_again_too() -> None:
    rig = Rig().to_policy()
    rig.gates.owner('native')
    rig.run(without=('policy',))
    rig.gates.owner('flywheel')
    assert 'newer than the hand-over' in rig.arbiter.resume('ada', rig.now)[1]
    rig.run(2)
    assert rig.arbiter.resume('ada', rig.now)[0]


def test_a_chunk_is_sampled_at_the_arbiters_rate_and_its_past_is_skipped() -> None:
    rig = Rig()
    rig.run(5, without=('policy',))
    ramp = Chunk(rig.now.wall - 200 * MILLISECOND, (0, SECOND), ((0.0,), (1.0,)))
    rig.arbiter.chunk('base', ramp, rig.mono, rig.now)
    wanted = [rig.run(without=('policy',)).tick.proposed[0] for _ in range(10)]
    assert wanted == pytest.approx([0.22 + i * STEP_S for i in range(10)])


def test_a_chunk_that_is_used_up_holds() -> None:
    rig = Rig().to_policy()
    rig.run(75, without=('policy',))
    assert (rig.mode, rig.speed) == (Mode.POLICY, 0.0)
    assert rig.arbiter.counts['policy_starvations_total', 'base'] > 0


@pytest.mark.parametrize('who', ['to_policy', 'to_human'])
def test_a_handover_of_a_moving_robot_keeps_within_comfort(who: str) -> None:
    rig = getattr(Rig(), who)()
    base, rig.results = ROBOT.base[0], []
    if who == 'to_human':
        rig.command(Request.RELEASE)
        rig.run(30)
        assert rig.arbiter.resume('ada', rig.now)[0]
        rig.results = []
        rig.run(80)
    else:
        rig.run(1)
        rig.command(Request.IDLE)
        rig.run(20)
        rig.results = []
        rig.run(80, each=lambda: rig.drive(-1.0))
    speeds = [r.output.values[0] for r in rig.results if r.output]
    rates = [(b - a) / STEP_S for a, b in pairwise(speeds)]
    jerks = [(b - a) / STEP_S for a, b in pairwise(rates)]
    assert max(map(abs, rates)) <= base.acceleration + 1e-6
    assert max(map(abs, jerks)) <= base.jerk + 1e-3
    assert abs(speeds[-1]) > 0.4
    assert any(r.tick.limits & Limit.JERK for r in rig.results), 'and the ticks say what clamped'


def test_an_absolute_joint_joins_in_aligned_even_while_others_are_driven() -> None:
    rig = Rig().to_human()
    rig.drive(0.5)
    assert rig.drive(0.5, joints=(('elbow', 1.5),)) is Refusal.MISALIGNED
    assert rig.drive(0.5, joints=(('elbow', 0.35),)) is Refusal.NONE
    assert rig.drive(0.5, joints=(('elbow', 1.5),)) is Refusal.NONE, 'once joined it may move'


def test_the_clutch_lets_the_arm_of_the_operator_move_without_the_robots() -> None:
    rig = Rig().to_human()
    rig.run(50, each=lambda: rig.drive(0.0, joints=(('elbow', 0.38),)))
    held = elbow(rig)
    assert held == pytest.approx(0.38, abs=1e-3)
    rig.drive(0.0, deadman=False)
    rig.run(20, each=lambda: rig.drive(0.0, deadman=False, joints=(('elbow', 1.9),)))
    assert elbow(rig) == pytest.approx(held, abs=0.01)
    rig.drive(0.0, deadman=False)
    assert rig.drive(0.0, joints=(('elbow', 1.9),)) is Refusal.MISALIGNED
    assert rig.drive(0.0, joints=(('elbow', 0.4),)) is Refusal.NONE


def test_a_late_word_that_the_deadman_was_let_go_counts_and_arms_nothing() -> None:
    rig = Rig().to_human()
    rig.mono += 190 * MILLISECOND
    late = rig.mono - 170 * MILLISECOND
    assert rig.drive(0.0, deadman=False, t_client_ns=late) is Refusal.LATE
    assert not rig.arbiter.authority.driving
    assert rig.drive(0.5) is Refusal.NEUTRAL_NEEDED


def test_a_gap_between_commands_trips_though_no_tick_saw_it() -> None:
    rig = Rig().to_human()
    rig.mono += 250 * MILLISECOND
    assert rig.drive(0.5) is Refusal.NEUTRAL_NEEDED
    assert EventName.DEADMAN_TRIPPED in [e.name for e in rig.run().events]


def test_a_resume_that_was_asked_for_before_a_stop_or_another_is_void() -> None:
    rig = Rig()
    rig.run(5)
    rig.command(Request.STOP, seq=5)
    rig.command(Request.RESUME, seq=4)
    assert rig.mode is Mode.STOPPED
    rig.command(Request.RESUME, seq=6)
    rig.command(Request.RESUME, seq=6)
    assert rig.mode is Mode.HOLD
    rig.command(Request.RESUME, seq=7)
    assert rig.mode is Mode.POLICY
    rig.command(Request.IDLE)
    rig.command(Request.RELEASE)
    rig.run(10)
    rig.command(Request.RESUME, seq=7)
    assert rig.mode is Mode.HOLD, 'a replay'


def test_commands_from_before_a_reconnect_are_refused_whatever_they_say() -> None:
    rig = Rig().to_human()
    rig.command(Request.IDLE, epoch=8, lease='L2')
    for request in (Request.DRIVE, Request.IDLE, Request.RELEASE):
        assert rig.command(request, deadman=True, axes=(('vx', 1.0),)) is Refusal.OLD_EPOCH
    assert rig.arbiter.authority.epoch == 8
