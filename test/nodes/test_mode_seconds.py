"""Over a real run the seconds of all modes add up to the time the arbiter ran."""

import pytest

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from test.harness import Bench
from test.nodes.test_control_arbiter import Robot


def test_the_seconds_of_all_modes_add_up_to_wall_time(bench: Bench) -> None:
    arbiter = bench.start('control_arbiter', ControlArbiter, relay='probe', monitor='probe')
    bench.probe.publisher(topics.TELEOP_COMMAND)
    bench.step()
    began, robot, metrics = arbiter.now.mono, Robot(bench), arbiter.shell.metrics
    robot.until(robot.is_in(Mode.HOLD), 'HOLD')
    robot.drives()
    robot.bench.until(robot.is_in(Mode.HUMAN), 'a takeover', each=lambda: robot.drive(0.2))
    robot.until(robot.is_in(Mode.HOLD), 'HOLD after the last command')
    robot.command(Request.STOP)
    robot.until(robot.is_in(Mode.STOPPED), 'STOPPED')
    robot.until(lambda: robot.speed() == 0.0, 'rest')
    seconds = {mode: metrics.cell('mode_seconds_total', mode=mode).value for mode in Mode}
    assert all(seconds.values()), seconds
    assert sum(seconds.values()) == pytest.approx((arbiter.now.mono - began) / SECOND)
