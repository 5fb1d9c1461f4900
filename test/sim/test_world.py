from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.world import NATIVE_TURN, RADIUS, World

STEP = 5 * MILLISECOND
ROBOT = load_robot('sim')


class Clocked:
    """A world whose time the test moves."""

    def __init__(self, robot: Robot) -> None:
        self.world = World(robot, Course(), 0.25)
        self.now = SECOND
        self.world.step(self.now)

    def wait(self, seconds: float, drive: tuple[float, float] | None = None) -> None:
        for _ in range(round(seconds * SECOND / STEP)):
            if drive:
                self.world.drive(*drive, self.now)
            self.now += STEP
            self.world.step(self.now)

    def towards_crate(self) -> None:
        crate = self.world.course.crate
        self.world.x, self.world.y, self.world.theta = crate.x - 1.0, crate.y, 0.0


@pytest.fixture
def clocked(robot: Robot) -> Clocked:
    return Clocked(robot)


def test_it_reaches_the_speed_it_is_told_and_goes_that_far(clocked: Clocked) -> None:
    clocked.wait(2.0, (0.5, 0.0))
    assert clocked.world.vx == pytest.approx(0.5, abs=1e-3)
    assert clocked.world.x == pytest.approx(0.5 * (2.0 - 0.1), abs=0.01)
    assert clocked.world.y == 0.0


def test_it_drives_on_until_the_time_out_and_then_stops_by_itself(clocked: Clocked) -> None:
    clocked.wait(1.0, (0.5, 0.5))
    clocked.wait(0.245)
    assert clocked.world.vx > 0.49 and clocked.world.wz > 0.49
    clocked.wait(0.15)
    assert clocked.world.vx == clocked.world.wz == 0.0


def test_an_emergency_stop_acts_at_once_and_brings_nothing_back(clocked: Clocked) -> None:
    clocked.wait(1.0, (0.5, 0.0))
    clocked.world.estop = True
    x = clocked.world.x
    clocked.wait(0.005, (0.5, 0.0))
    assert clocked.world.vx == 0.0 and clocked.world.x == x
    clocked.world.estop = False
    clocked.wait(0.1)
    assert clocked.world.vx == 0.0
    clocked.wait(0.5, (0.5, 0.0))
    assert clocked.world.vx > 0.4


def test_a_native_driver_turns_on_the_spot_and_commands_are_ignored(clocked: Clocked) -> None:
    clocked.world.native = True
    clocked.wait(1.0, (0.8, -1.0))
    assert clocked.world.vx == 0.0
    assert clocked.world.wz == pytest.approx(NATIVE_TURN, abs=1e-3)


def test_the_crate_blocks_but_lets_turn_and_reverse(clocked: Clocked) -> None:
    clocked.towards_crate()
    clocked.wait(3.0, (0.5, 0.0))
    world, crate = clocked.world, clocked.world.course.crate
    assert world.blocked and world.vx == 0.0
    assert crate.x - world.x == pytest.approx(RADIUS + crate.radius, abs=0.005)
    x = world.x
    clocked.wait(0.5, (0.5, 0.5))
    assert world.theta > 0.1 and world.x == x
    clocked.wait(0.5, (-0.5, 0.0))
    assert world.x < x and not world.blocked


def test_joints_follow_within_their_speeds_and_hold_without_commands(clocked: Clocked) -> None:
    world = clocked.world
    for _ in range(40):
        world.move({'elbow': 1.0}, clocked.now)
        clocked.wait(0.01)
        assert abs(world.speeds[2]) <= 1.5
    assert world.joints[2] == pytest.approx(0.6, abs=0.02)
    clocked.wait(0.5)
    held = world.joints[2]
    clocked.wait(0.5)
    assert world.joints[2] == held < 1.0 and world.speeds[2] == 0.0


_COMMANDS = st.lists(st.tuples(
    st.sampled_from(['drive', 'move', 'estop', 'native', 'wait']),
    st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.booleans()), max_size=60)


@settings(max_examples=60, deadline=None)
@given(_COMMANDS)
def test_whatever_is_commanded_stays_within_limits_and_repeats_exactly(
        commands: list[tuple[str, float, float, bool]]) -> None:
    first, second = (_played(commands).world.snapshot(0) for _ in range(2))
    assert first == second


def _played(commands: list[tuple[str, float, float, bool]]) -> Clocked:
    clocked = Clocked(ROBOT)
    clocked.towards_crate()
    world = clocked.world
    for kind, a, b, on in commands:
        if kind == 'drive':
            world.drive(a, b, clocked.now)
        elif kind == 'move':
            world.move({'elbow': a, 'gripper': b}, clocked.now)
        elif kind != 'wait':
            setattr(world, kind, on)
        clocked.wait(0.1)
        _check(world)
    return clocked


def _check(world: World) -> None:
    crate = world.course.crate
    apart = ((crate.x - world.x) ** 2 + (crate.y - world.y) ** 2) ** 0.5
    assert apart >= RADIUS + crate.radius - 1e-9
    assert abs(world.vx) <= 0.8 and abs(world.wz) <= 1.5
    for joint, q, speed in zip(ROBOT.joints, world.joints, world.speeds, strict=True):
        assert joint.lower <= q <= joint.upper and abs(speed) <= joint.velocity


def test_a_base_moves_in_the_directions_it_has(robot: Robot) -> None:
    turn = robot.base[1]
    legged = replace(robot, base=(robot.base[0], replace(turn, name='vy'), turn))
    for base, moved in ((legged, True), (replace(robot, base=()), False)):
        world = World(base, Course(), 0.25)
        for now in range(SECOND, 2 * SECOND, STEP):
            world.drive(0.3, 0.2, now, 0.4)
            world.step(now)
        assert (world.vx > 0.2, world.vy > 0.3, world.wz > 0.1) == (moved,) * 3
        assert (world.y > 0.2) is moved
