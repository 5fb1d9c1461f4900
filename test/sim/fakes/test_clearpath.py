from collections.abc import Callable
import time
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest

from flywheel_nodes.adapters import clearpath as native
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.fake_robot import FakeRobot
from flywheel_nodes.sim.fakes.clearpath import Mux
from test.harness import Bench

JACKAL = load_robot('clearpath_jackal')
OURS = native.command(JACKAL)
REMOTE, JOYSTICK, MARKER = native.natives(JACKAL)
SECOND = 1_000_000_000


def test_an_input_keeps_weaker_ones_out_for_half_a_second() -> None:
    mux = Mux()
    assert mux.lets(3, 0) and mux.lets(1, SECOND)
    assert not mux.lets(3, SECOND * 3 // 2) and not mux.lets(2, SECOND * 3 // 2)
    assert mux.lets(0, SECOND)
    assert not mux.lets(1, SECOND)
    assert mux.lets(3, 3 * SECOND)


class Rig:
    """A platform and somebody who commands it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.robot = bench.start('fake_robot', FakeRobot, robot='clearpath_jackal', rate=200.0)
        self.refused = bench.running[0][0].metrics.cell(
            'topic_messages_rejected_total', topic=OURS.name, node='fake_robot')

    def drive(self, until: Callable[[], Any], what: str, vx: float = 0.5, age: float = 0.0,
              topic: Any = OURS) -> None:
        def each() -> None:
            message = TwistStamped()
            message.header.stamp = to_time(time.time_ns() - int(age * SECOND))
            message.twist.linear.x = vx
            self.bench.probe.publish(topic, message)
        self.bench.until(until, what, each=each)


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench)


def test_it_stops_by_itself_when_commands_end(rig: Rig) -> None:
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed')
    rig.bench.until(lambda: rig.robot.world.vx == 0.0, 'rest')


def test_old_stamps_are_refused_and_none_is_now(rig: Rig) -> None:
    rig.drive(lambda: rig.refused.value > 5, 'refusals', age=0.6)
    assert rig.robot.world.vx == 0.0
    rig.bench.until(lambda: rig.robot.world.vx > 0.4, 'speed',
                    each=lambda: rig.bench.probe.publish(OURS, unstamped(0.5)))


def unstamped(vx: float) -> TwistStamped:
    message = TwistStamped()
    message.twist.linear.x = vx
    return message


@pytest.mark.parametrize('stronger', [REMOTE, MARKER], ids=lambda topic: topic.name)
def test_stronger_inputs_win(rig: Rig, stronger: Any) -> None:
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed')

    def both() -> None:
        rig.bench.probe.publish(stronger, unstamped(-0.5))
        rig.bench.probe.publish(OURS, unstamped(0.5))
    rig.bench.until(lambda: rig.robot.world.vx < -0.4, 'the stronger', each=both)


def test_a_pressed_stop_stops_at_once_and_nothing_moves_it(rig: Rig) -> None:
    rig.bench.probe.listen(native.ESTOP)
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed')
    rig.robot.fake.faults['estop'](True)
    told = rig.bench.probe.heard[native.ESTOP.name]
    rig.drive(lambda: told and told[-1].data, 'the stop')
    assert rig.robot.world.vx == 0.0
    rig.robot.fake.faults['estop'](False)
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed')


def test_a_silent_driver_tells_nothing_and_hears_nothing(rig: Rig) -> None:
    rig.robot.fake.faults['silent'](True)
    rig.bench.probe.listen(native.JOINT_STATES)
    left = iter(range(200))
    rig.drive(lambda: next(left, None) is None, 'loops')
    assert rig.robot.world.vx == 0.0 and not rig.bench.probe.heard[native.JOINT_STATES.name]
