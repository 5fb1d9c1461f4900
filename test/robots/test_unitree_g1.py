from collections.abc import Iterator
from pathlib import Path

import pytest
from std_srvs.srv import SetBool

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from test.harness import Bench
from test.robots.unitree_rig import Rig, rig


@pytest.fixture
def g1(vendor_messages: Path, bench: Bench) -> Iterator[Rig]:
    with rig(bench, 'unitree_g1') as made:
        yield made


def test_it_walks_where_it_is_told_and_tells_what_is_neutral(g1: Rig) -> None:
    g1.start_fake().start_adapter(call_timeout=10.0).owned()
    world = g1.fake.world
    g1.mode('walk')
    g1.drive(lambda: world.vx > 0.35 and world.wz > 0.25, 'speed', vx=0.4, vy=-0.2, wz=0.3)
    assert world.vy < 0.0
    g1.until(lambda: world.vx == world.vy == world.wz == 0.0, 'rest')
    assert len(g1.last(topics.JOINT_STATES).name) == 29
    assert g1.last(topics.BATTERY).percentage == pytest.approx(0.87)
    g1.until(lambda: abs(g1.last(topics.ODOM).pose.pose.position.x - world.x) < 0.01, 'odometry')
    g1.fault('joint_overheat')
    g1.fault('battery_low')
    g1.told(EventName.ROBOT_FAULT, 'left_knee_joint')
    g1.told(EventName.ROBOT_FAULT, 'battery_low')
    assert not g1.events(EventName.ROBOT_CALL_FAILED)


def test_only_in_a_walking_state_is_it_commanded_and_others_are_seen(g1: Rig) -> None:
    g1.start_fake().start_adapter().owned()
    g1.fault('app_takeover')
    g1.owned('native')
    g1.fault('app_takeover', on=False)
    g1.owned()
    g1.fault('damp')
    g1.owned('native')
    g1.fault('damp', on=False)
    g1.mode('damp')
    g1.told(EventName.ROBOT_PROBLEM, 'FSM state 1 (damp): bring it to its walking state')
    refused = g1.count('robot_commands_refused_total')
    g1.drive(lambda: g1.count('robot_commands_refused_total') > refused + 3, 'refusals', vx=0.4)
    assert g1.fake.world.vx == 0.0


def test_without_an_answer_it_is_not_commanded(g1: Rig) -> None:
    g1.start_fake()
    g1.fault('rpc_silent')
    g1.start_adapter()
    g1.told(EventName.ROBOT_CALL_FAILED, 'GetFsmId: no answer')
    g1.told(EventName.ROBOT_PROBLEM, 'does not say in which state it is')
    assert g1.last(topics.CONTROL_OWNER).data == 'unknown'


def test_an_emergency_stop_damps_it_only_by_explicit_policy(g1: Rig, tmp_path: Path) -> None:
    g1.start_fake().start_adapter().owned()
    answer = g1.bench.call(SetBool, f'{g1.bench.namespace}/robot_adapter/estop',
                           SetBool.Request(data=True))
    assert answer.success
    g1.told(EventName.ROBOT_CALL_DONE, 'SetVelocity 0')
    assert g1.fake.fake.fsm == 500


@pytest.mark.parametrize(('is_one', 'ours', 'remedy'), [
    ('unitree_g1', 'unitree_go2', 'take the robot unitree_g1'),
    ('unitree_go2', 'unitree_g1', 'take the robot unitree_go2')])
def test_another_model_is_told_with_its_remedy_and_not_commanded(
        g1: Rig, is_one: str, ours: str, remedy: str) -> None:
    g1.start_fake(robot=is_one).start_adapter(robot=ours)
    g1.drive(lambda: any(remedy in one.sentence for one in g1.events(EventName.ROBOT_PROBLEM)),
             'the problem', vx=0.4)
    assert g1.count('robot_commands_total') == 0
