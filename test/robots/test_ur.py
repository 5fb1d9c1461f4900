from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from flywheel_nodes.effects.config_files import load_robot
from test.harness import Bench
from test.robots.standard_rig import Rig

ROBOT = load_robot('ur5e')
NAMES = [joint.name for joint in ROBOT.joints]


@pytest.fixture
def rig(bench: Bench, vendor_messages: Path) -> Rig:
    bench.probe.listen(topics.ROBOT_MODE)
    return Rig(bench, 'ur5e', native_namespace=f'{bench.namespace}/arm')


@pytest.fixture
def ready(rig: Rig) -> Rig:
    rig.start_fake().start_adapter().owner('flywheel')
    return rig


def trajectory(goal: Iterable[float]) -> JointTrajectory:
    return JointTrajectory(joint_names=NAMES, points=[JointTrajectoryPoint(positions=list(goal))])


def move(rig: Rig, goal: float, until: Any, what: str) -> None:
    rig.send(topics.ROBOT_JOINTS, trajectory([goal] * 6), until, what)


def rests(rig: Rig) -> bool:
    return max(map(abs, rig.robot.world.speeds)) < 1e-3


def ask(rig: Rig, service: str) -> Trigger.Response:
    answer: Trigger.Response = rig.bench.call(Trigger, f'robot_adapter/{service}',
                                              Trigger.Request())
    return answer


def test_it_moves_at_no_more_than_its_speed_and_brakes_when_commands_end(ready: Rig) -> None:
    fastest = [0.0]

    def fast() -> bool:
        fastest.append(max(ready.robot.world.speeds))
        return max(fastest) > 1.0
    move(ready, 6.0, fast, 'speed')
    assert max(fastest) <= 3.14 + 1e-6
    at = ready.robot.world.joints[0]
    ready.until(lambda: rests(ready), 'rest')
    assert ready.metrics.cell('robot_safe_stops_total').value >= 1
    assert at - 0.05 <= ready.robot.world.joints[0] < 5.0
    where = list(ready.robot.world.joints)
    passed: list[int] = []
    ready.until(lambda: passed.append(0) or len(passed) > 150, 'time')
    assert ready.robot.world.joints == pytest.approx(where, abs=0.01), 'held where it came to rest'


def test_what_was_sent_is_told(ready: Rig) -> None:
    goal = [9.0, *[0.2] * 5]
    ready.send(topics.ROBOT_JOINTS, trajectory(goal), lambda: ready.heard(topics.APPLIED_JOINTS),
               'the report')
    [point] = ready.last(topics.APPLIED_JOINTS).points
    assert 0.0 < point.positions[0] < 6.283


def test_its_state_comes_as_neutral_topics(ready: Rig) -> None:
    assert sorted(ready.last(topics.JOINT_STATES).name) == sorted(NAMES)
    assert ready.last(topics.ESTOP).data is False
    ready.until(lambda: ready.last(topics.ROBOT_MODE).data == 'RUNNING', 'the mode')
    names: set[str] = set()
    ready.until(lambda: names.update(
        one.name for m in ready.heard(topics.DIAGNOSTICS) for one in m.status)
        or {'robot_mode', 'safety_mode', 'program', 'speed_scaling'} <= names, 'diagnostics')


@pytest.mark.parametrize(('fault', 'mode', 'why'), [
    ('protective_stop', 'RUNNING, PROTECTIVE_STOP, program not running', 'PROTECTIVE_STOP'),
    ('native_takeover', 'RUNNING, program not running', 'External Control')])
def test_a_robot_that_does_not_listen_is_not_commanded(
        ready: Rig, fault: str, mode: str, why: str) -> None:
    move(ready, 1.0, lambda: not rests(ready), 'motion')
    ready.fault(fault, True)
    ready.until(lambda: ready.last(topics.ROBOT_MODE).data == mode, 'the mode')
    ready.owner('native')
    ready.told(EventName.NATIVE_TAKEOVER)
    assert why in ready.told(EventName.ROBOT_PROBLEM)
    sent = ready.count('robot_commands_total', topics.ROBOT_JOINTS)
    refused = ready.count('robot_commands_refused_total', topics.ROBOT_JOINTS)
    move(ready, 1.0, lambda: ready.count('robot_commands_refused_total', topics.ROBOT_JOINTS)
         > refused + 5, 'refusals')
    assert ready.count('robot_commands_total', topics.ROBOT_JOINTS) == sent
    ready.fault(fault, False)
    ready.owner('flywheel')
    move(ready, 2.0, lambda: not rests(ready), 'motion again')


def test_the_red_button_is_an_emergency_stop(ready: Rig) -> None:
    ready.fault('estop', True)
    ready.told(EventName.ESTOP_PRESSED)
    assert ready.last(topics.ESTOP).data is True
    ready.fault('estop', False)
    ready.told(EventName.ESTOP_RELEASED)


def test_control_is_given_back_and_claimed(ready: Rig) -> None:
    assert ask(ready, 'release').success
    ready.owner('native')
    assert ask(ready, 'claim').success
    ready.owner('flywheel')
    ready.told(EventName.ROBOT_CALL_DONE, 'resend_robot_program')


def test_a_claim_that_the_robot_refuses_says_why(ready: Rig) -> None:
    ready.fault('estop', True)
    ready.owner('native')
    assert ask(ready, 'claim').success  # asked, not answered yet
    assert 'POWER_OFF' in ready.told(EventName.ROBOT_CALL_FAILED, 'resend_robot_program')


def test_estop_does_what_the_file_says_and_leaves_its_power(ready: Rig) -> None:
    answer = ready.bench.call(SetBool, 'robot_adapter/estop', SetBool.Request(data=True))
    assert answer.success and 'stop_program' in answer.message
    ready.owner('native')
    assert ready.robot.fake.mode == 'RUNNING'
    answer = ready.bench.call(SetBool, 'robot_adapter/estop', SetBool.Request(data=False))
    assert answer.success and 'the robot itself is not released by software' in answer.message
    ready.owner('native')


def test_a_driver_that_dies_leaves_nothing_known(ready: Rig) -> None:
    ready.fault('silent', True)
    ready.owner('unknown')
    told = len(ready.heard(topics.ESTOP))
    ready.until(lambda: ready.last(topics.ROBOT_MODE).data == 'unknown', 'the mode')
    passed: list[int] = []
    ready.until(lambda: passed.append(0) or len(passed) > 100, 'time')
    assert len(ready.heard(topics.ESTOP)) <= told + 1


def test_nothing_is_known_while_the_program_never_ran(rig: Rig) -> None:
    rig.start_fake()
    rig.fault('native_takeover', True)  # before the driver said anything
    rig.start_adapter()
    assert 'External Control' in rig.told(EventName.ROBOT_PROBLEM)
    assert {m.data for m in rig.heard(topics.CONTROL_OWNER)} == {'unknown'}
    assert ask(rig, 'claim').success
    rig.owner('flywheel')
