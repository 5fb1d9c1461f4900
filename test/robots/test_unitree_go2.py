from collections.abc import Iterator
import math
from pathlib import Path
from typing import Any

import pytest
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import EventName
from test.harness import Bench
from test.robots.unitree_rig import Rig, rig


@pytest.fixture
def go2(vendor_messages: Path, bench: Bench, request: pytest.FixtureRequest) -> Iterator[Rig]:
    with rig(bench, 'unitree_go2') as made:
        made.start_fake().start_adapter(**getattr(request, 'param', {})).owned()
        yield made


def yaw(turn: Any) -> float:
    return 2.0 * math.atan2(turn.z, turn.w)


@pytest.mark.parametrize('go2', [{'call_timeout': 10.0}], indirect=True)
def test_it_walks_where_it_is_told_and_stops_by_itself(go2: Rig) -> None:
    world = go2.fake.world
    go2.drive(lambda: world.vx > 0.35 and world.wz > 0.25, 'speed', vx=0.4, vy=-0.2, wz=0.3)
    assert world.vy == pytest.approx(-0.2, abs=0.05)
    go2.mode('locomotion')
    go2.until(lambda: world.vx == world.vy == world.wz == 0.0, 'rest')
    go2.mode('balance stand')
    assert go2.metrics.cell('robot_safe_stops_total').value >= 1
    assert go2.metrics.cell('robot_calls_total', call='command', result='done').value >= 1
    assert not go2.events(EventName.ROBOT_CALL_FAILED)


def test_it_tells_what_is_neutral(go2: Rig) -> None:
    world = go2.fake.world
    joints = go2.last(topics.JOINT_STATES)
    assert len(joints.name) == 12 and joints.name[0] == 'FR_hip_joint'
    assert joints.position[1] == pytest.approx(0.8, abs=0.3) and joints.header.stamp.sec > 0
    assert go2.last(topics.BATTERY).percentage == pytest.approx(0.87)
    go2.drive(lambda: world.theta > 1.6 and world.vx > 0.25, 'a turn', vx=0.3, wz=1.0)

    def forward() -> bool:
        twist = go2.last(topics.ODOM).twist.twist.linear
        return bool(twist.x > 0.2 and abs(twist.y) < 0.05)
    go2.until(forward, 'a speed in the frame of the body')
    go2.until(lambda: world.wz == 0.0, 'rest')
    go2.until(lambda: abs(yaw(go2.last(topics.IMU).orientation) - world.theta) < 0.01, 'the turn')
    go2.until(lambda: abs(yaw(go2.last(topics.ODOM).pose.pose.orientation) - world.theta) < 0.01,
              'the turn in the odometry')
    assert go2.metrics.cell('topic_messages_lost_total', topic='lowstate',
                            node='robot_adapter').value == 0, 'what is left is not lost'
    assert not go2.heard(topics.ESTOP), 'a Go2 tells nothing of an emergency stop'


def test_what_a_loop_samples_keeps_its_rate_at_rest(go2: Rig) -> None:
    _, (shell, _) = go2.bench.running
    assert shell._period == SECOND // 100


def test_a_damped_robot_is_not_commanded(go2: Rig) -> None:
    go2.fault('damp')
    go2.owned('native')  # a key of the remote
    go2.mode('damping')
    go2.fault('damp', on=False)
    assert 'stand it up' in go2.told(EventName.ROBOT_PROBLEM, 'mode 7 (damping)').sentence
    refused = go2.count('robot_commands_refused_total')
    go2.drive(lambda: go2.count('robot_commands_refused_total') > refused + 3, 'refusals', vx=0.4)
    assert go2.fake.world.vx == 0.0 and go2.fake.fake.mode == 7
    go2.fake.fake.ask(1006, {}, 0)
    go2.told(EventName.ROBOT_PROBLEM_SOLVED)
    go2.drive(lambda: go2.fake.world.vx > 0.3, 'speed', vx=0.4)


def test_others_who_drive_are_seen(go2: Rig) -> None:
    for fault in ('native_takeover', 'app_takeover'):
        go2.fault(fault)
        go2.owned('native')
        go2.fault(fault, on=False)
        go2.owned()
    assert len(go2.events(EventName.NATIVE_TAKEOVER)) == 2


def test_a_hot_motor_and_a_low_battery_are_faults(go2: Rig) -> None:
    for fault in ('battery_low', 'joint_overheat'):
        go2.fault(fault)
    go2.told(EventName.ROBOT_FAULT, 'battery_low')
    go2.told(EventName.ROBOT_FAULT, 'RR_calf_joint')


def test_a_service_that_is_silent_is_told(go2: Rig) -> None:
    go2.fault('rpc_silent')
    answer = go2.bench.call(Trigger, f'{go2.bench.namespace}/robot_adapter/stop',
                            Trigger.Request())
    assert answer.success
    go2.told(EventName.ROBOT_CALL_FAILED, 'StopMove: no answer')


def test_an_emergency_stop_keeps_it_standing_whoever_drives_until_it_is_released(
        go2: Rig) -> None:
    name = f'{go2.bench.namespace}/robot_adapter/estop'
    go2.drive(lambda: go2.fake.world.vx > 0.3, 'speed', vx=0.4)
    assert go2.bench.call(SetBool, name, SetBool.Request(data=True)).success
    go2.told(EventName.ROBOT_CALL_DONE, 'StopMove')
    refused = go2.count('robot_commands_refused_total')
    go2.drive(lambda: go2.count('robot_commands_refused_total') > refused + 100
              and go2.fake.world.vx < 0.01, 'rest against all commands', vx=0.4)
    assert go2.fake.fake.mode == 1
    go2.owned('unknown')
    assert go2.bench.call(SetBool, name, SetBool.Request(data=False)).success
    go2.drive(lambda: go2.fake.world.vx > 0.3, 'speed again', vx=0.4)


def test_a_robot_that_is_switched_off_becomes_unknown(go2: Rig) -> None:
    go2.fault('power_off')
    go2.owned('unknown')
    go2.mode('unknown')
    go2.told(EventName.ROBOT_PROBLEM, 'lf/lowstate is silent')
