from itertools import pairwise
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.chunks import check, Chunk
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.policies import Failure, Observation, Parameters, Plan, Policy
from flywheel_nodes.sim.world import World
from test.sim.rollout import Rollout

ROBOT = load_robot('sim')
COURSE = Course()
H = 16
LAP_S = COURSE.length / 0.5


def rollout(robot: Robot, flaw: Failure | None = None) -> Rollout:
    return Rollout.of(robot, Policy(robot, COURSE, flaw, H))


def in_trouble(world: World) -> bool:
    before = COURSE.gap(COURSE.progress(world.x, world.y), COURSE.crate_at)
    return 0.0 < before < 1.9


def seam(before: Chunk, after: Chunk) -> float:
    """Return the mean step between two chunks that are one step apart."""
    steps = [abs(a - b) for old, new in zip(before.values[1:], after.values[:-1], strict=True)
             for a, b in zip(old, new, strict=True)]
    return sum(steps) / len(steps)


def check_contract(plan: Plan) -> None:
    all_axes = axes(ROBOT)
    for chunk, group in ((plan.base, all_axes[:2]), (plan.joints, all_axes[2:])):
        assert len(chunk.values) == len(chunk.offsets_ns) == H
        assert all(len(vector) == len(group) for vector in chunk.values)
        check(chunk, group, margin=1.0)


def test_the_steady_policy_drives_two_laps_and_never_comes_near_the_crate(robot: Robot) -> None:
    loop = rollout(robot)
    last: Plan | None = None
    for plan in loop.run(2 * LAP_S + 2.0):
        check_contract(plan)
        assert loop.clearance > 0.3
        assert abs(COURSE.offset(loop.world.x, loop.world.y)) < 0.05
        if last:
            assert seam(last.base, plan.base) < 0.05 and seam(last.joints, plan.joints) < 0.02
        last = plan
    assert 0.0 < COURSE.progress(loop.world.x, loop.world.y) < 2.0


def test_the_drifting_policy_drives_well_then_pushes_against_the_crate(robot: Robot) -> None:
    loop = rollout(robot, Failure.DRIFT)
    good = loop.until(in_trouble, 30.0)
    assert good is not None and good >= 10.5
    assert loop.until(lambda world: world.blocked, 10.0) is not None
    for before, plan in pairwise(loop.run(10.0)):
        check_contract(plan)
        assert seam(before.base, plan.base) < 0.2
        assert loop.world.vx == 0.0 and plan.base.values[0][0] > 0.4
    assert loop.world.blocked


def test_after_a_human_drove_around_the_crate_it_is_right_again(robot: Robot) -> None:
    loop = rollout(robot, Failure.DRIFT)
    assert loop.until(lambda world: world.blocked, 30.0) is not None
    loop.by_hand(-0.4, 0.0, 1.0)
    loop.by_hand(0.0, 0.9, 1.2)
    loop.by_hand(0.5, 0.0, 2.8)
    for _ in loop.run(20.0):
        assert not loop.world.blocked
    assert abs(COURSE.offset(loop.world.x, loop.world.y)) < 0.05


def test_the_stalling_policy_comes_to_rest_before_the_crate_with_its_arm(robot: Robot) -> None:
    loop = rollout(robot, Failure.STALL)
    assert loop.until(in_trouble, 30.0) is not None
    for before, plan in pairwise(loop.run(4.0)):
        check_contract(plan)
        assert seam(before.base, plan.base) < 0.25
    joints = list(loop.world.joints)
    assert loop.world.vx == pytest.approx(0.0, abs=1e-3) and loop.clearance > 0.5
    list(loop.run(2.0))
    assert loop.world.joints == pytest.approx(joints, abs=1e-3)


@pytest.mark.parametrize('failure', list(Failure))
def test_every_flaw_waits_for_the_crate(robot: Robot, failure: Failure) -> None:
    steady, flawed = rollout(robot), rollout(robot, failure)
    for good, same in zip(steady.run(10.5), flawed.run(10.5), strict=True):
        assert good.joints == same.joints
        assert good.base.values[:4] == same.base.values[:4]  # further on it sees the trouble come


def around(now_ns: int) -> Observation:
    x, y = COURSE.point(0.05 * now_ns / SECOND)
    return Observation(now_ns, x, y, 0.0, tuple((j.lower + j.upper) / 2 for j in ROBOT.joints))


def asked(failure: Failure, times: int = 20) -> list[Plan]:
    policy = Policy(ROBOT, COURSE, None, H)
    for k in range(20):
        policy.act(around(SECOND + k * SECOND // 10))
    start = 3 * SECOND
    return [policy.act(around(start + k * SECOND // 10), {failure}) for k in range(times)]


def test_nan_on_request() -> None:
    for plan in asked(Failure.NAN):
        assert all(math.isnan(v) for chunk in (plan.base, plan.joints)
                   for vector in chunk.values for v in vector)


def test_frozen_on_request_repeats_under_new_stamps() -> None:
    plans = asked(Failure.FROZEN)
    assert len({plan.base.stamp_ns for plan in plans}) == len(plans)
    assert len({(plan.base.values, plan.joints.values) for plan in plans}) == 1


def test_late_on_request_speaks_of_an_old_observation() -> None:
    plans = asked(Failure.LATE)
    ages = [3 * SECOND + k * SECOND // 10 - plan.base.stamp_ns for k, plan in enumerate(plans)]
    assert all(0.8 * SECOND <= age <= 1.2 * SECOND for age in ages)


def test_jump_on_request_breaks_the_seam_but_no_limit() -> None:
    plans = asked(Failure.JUMP)
    for before, plan in pairwise(plans):
        check_contract(plan)
        assert seam(before.base, plan.base) > 0.35 and seam(before.joints, plan.joints) > 0.25


def test_a_failure_on_request_ends_when_it_is_taken_back() -> None:
    policy = Policy(ROBOT, COURSE, None, H)
    policy.act(around(SECOND), {Failure.NAN, Failure.FROZEN})
    check_contract(policy.act(around(SECOND + SECOND // 10)))


_POSES = st.tuples(st.floats(-5.0, 5.0), st.floats(-2.0, 8.0), st.floats(-math.pi, math.pi))


@settings(max_examples=200, deadline=None)
@given(_POSES, st.sampled_from([None, Failure.DRIFT, Failure.STALL]), st.data())
def test_from_wherever_it_is_the_chunk_keeps_the_contract(
        pose: tuple[float, float, float], flaw: Failure | None, data: st.DataObject) -> None:
    joints = tuple(data.draw(st.floats(j.lower, j.upper)) for j in ROBOT.joints)
    policy = Policy(ROBOT, COURSE, flaw, H)
    check_contract(policy.act(Observation(SECOND, *pose, joints)))


def test_the_digest_tells_parameters_apart() -> None:
    assert Parameters().digest == Parameters().digest != Parameters(cruise=0.4).digest
