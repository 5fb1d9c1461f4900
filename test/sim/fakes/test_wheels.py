import pytest

from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.fakes.wheels import Gear, LEFT, RIGHT, Wheels
from flywheel_nodes.sim.world import World

SECOND = 1_000_000_000
GEAR = Gear({'left': LEFT, 'right': RIGHT}, radius=0.1, separation=0.5)


@pytest.mark.parametrize(('vx', 'wz', 'left', 'right'), [
    (1.0, 0.0, 10.0, 10.0), (0.0, 2.0, -5.0, 5.0), (-1.0, 2.0, -15.0, -5.0)])
def test_wheels_turn_as_the_base_moves(vx: float, wz: float, left: float, right: float) -> None:
    world = World(load_robot('ros2_control_base'), Course(), 0.5)
    wheels = Wheels(world, GEAR)
    world.vx, world.wz = vx, wz
    for second in range(3):
        wheels.step(second * SECOND)
    message = wheels.read(5)
    assert list(message.name) == ['left', 'right'] and message.header.stamp.nanosec == 5
    assert list(message.velocity) == pytest.approx([left, right])
    assert list(message.position) == pytest.approx([2 * left, 2 * right])
