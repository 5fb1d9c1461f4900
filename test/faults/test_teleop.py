"""A human drives, and relay, arbiter or network go away: the robot stops and stays stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.effects.run_dir import url_of
from test.faults.test_nodes import MOVING, RESTING, Robot, robot
from test.pilot import Pilot

__all__ = ['robot']
TRIPS = 'flywheel_teleop_deadman_trips_total'
ENOUGH = 60


@contextmanager
def driven(robot: Robot) -> Iterator[Pilot]:
    """Have a human drive the robot."""
    robot.until(lambda: robot.reports, 'a report of control')
    robot.until(lambda: url_of(robot.up.data_dir, 'teleop_relay'), 'the relay')
    pilot = Pilot(robot.up.data_dir)
    pilot.start()
    try:
        robot.until(lambda: robot.control.mode is Mode.HUMAN and robot.speed > MOVING
                    and robot.control.gate is Gate.NONE, 'the human to drive')
        pilot.firm.set()
        yield pilot
    finally:
        pilot.end()


def rests(robot: Robot, why: str) -> None:
    """Wait for rest, and see that it lasts though the operator still holds the stick."""
    robot.until(lambda: robot.speed < RESTING, f'rest {why}')
    count = len(robot.odometry)
    robot.until(lambda: robot.moves_on(count + ENOUGH), 'more than a second of it')
    assert max(abs(m.twist.twist.linear.x) for m in robot.odometry[count:]) < RESTING, why


def trips(robot: Robot) -> float:
    return robot.scrape().get(TRIPS, 0.0)


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def cut(robot: Robot) -> None:
    """Cut the network between operator and relay, and mend it."""
    before = trips(robot)
    with driven(robot) as pilot:
        assert pilot.network is not None
        pilot.network.cut()
        rests(robot, 'without the network')
        robot.until(lambda: trips(robot) > before, 'the trip to be counted')
        pilot.network.mend()
        rests(robot, 'when what has queued up arrives')
    robot.until(lambda: robot.control.mode is Mode.HOLD, 'HOLD when the operator is gone')


def hang(robot: Robot, name: str) -> None:
    """Have a node stand still, and go on."""
    with driven(robot):
        with hanging(robot.up.pids()[name]):
            rests(robot, f'while {name} hangs')
        rests(robot, f'when {name} goes on')
    robot.until(lambda: robot.control.mode is Mode.HOLD, 'HOLD when the operator is gone')


def kill(robot: Robot, name: str, mode: Mode) -> None:
    """Kill a node; it is started again."""
    with driven(robot):
        old = robot.up.pids()[name]
        robot.kill(name)
        rests(robot, f'without {name}')
        robot.until(lambda: robot.back(name, old), f'{name} is back')
        robot.until(lambda: robot.control.mode is mode, f'{mode}')
        rests(robot, f'when {name} is back')


def test_whatever_is_lost_between_human_and_robot_the_robot_rests(robot: Robot) -> None:
    cut(robot)
    before = trips(robot)
    hang(robot, 'teleop_relay')
    robot.until(lambda: trips(robot) > before, 'the trip to be counted')
    kill(robot, 'teleop_relay', Mode.HOLD)
    hang(robot, 'control_arbiter')  # driven through the new relay: the dead one is no rival
    kill(robot, 'control_arbiter', Mode.STOPPED)
