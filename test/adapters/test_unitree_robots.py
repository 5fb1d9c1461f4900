import json
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from geometry_msgs.msg import TwistStamped
from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.adapters import base, clamp, kinds, unitree_g1, unitree_go2
from flywheel_nodes.adapters.base import Adapter, Heard, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.errors import ConfigError, WireError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import from_cdr, message_class
from test.interfaces import sources, values

STORE = sources.typestore()
GO2, G1, G1_23 = map(load_robot, ('unitree_go2', 'unitree_g1', 'unitree_g1_23'))
ROBOTS = (GO2, G1, G1_23)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def view(robot: Robot, **heard: object) -> View:
    return View(robot, message_class, Now(1, 5), {
        name.replace('__', '/'): Heard(message, 1) for name, message in heard.items()})


def twist(vx: float, vy: float, wz: float) -> TwistStamped:
    made = TwistStamped()
    made.twist.linear.x, made.twist.linear.y, made.twist.angular.z = vx, vy, wz
    return made


def speeds(request: Any) -> tuple[float, ...]:
    """Return vx, vy, wz as the robot reads them."""
    parameter = json.loads(request.parameter)
    api = request.header.identity.api_id
    if api == 1008:
        return tuple(parameter[axis] for axis in 'xyz')
    assert api == 7105 and 0.0 < parameter['duration'] <= 0.5
    return tuple(parameter['velocity'])


@pytest.mark.parametrize('robot', ROBOTS, ids=lambda robot: robot.robot)
@given(vx=ANY, vy=ANY, wz=ANY)
def test_no_command_leaves_the_limits(vendor_messages: Path, robot: Robot, vx: float, vy: float,
                                      wz: float) -> None:
    command, = kinds.load(robot).commands
    message = twist(vx, vy, wz)
    try:
        clamp.keep(topics.ROBOT_CMD_VEL, message, robot)
        request = command.encode(message, view(robot))
    except WireError:
        return
    limits = [axis.velocity for axis in robot.base]
    assert all(abs(one) <= most for one, most in zip(speeds(request), limits, strict=True))


def test_each_robot_is_asked_by_api_ids_of_its_own(vendor_messages: Path) -> None:
    go2, g1 = kinds.load(GO2), kinds.load(G1)
    move = go2.commands[0].encode(twist(0.5, 0.25, -1.0), view(GO2))
    assert (move.header.identity.api_id, json.loads(move.parameter)) == (
        1008, {'x': 0.5, 'y': 0.25, 'z': -1.0})
    walk = g1.commands[0].encode(twist(0.5, 0.25, -0.5), view(G1))
    assert (walk.header.identity.api_id, json.loads(walk.parameter)) == (
        7105, {'velocity': [0.5, 0.25, -0.5], 'duration': 0.5})
    assert [_say(go2, name) for name in ('stop', 'damp')] == [(1003, ''), (1001, '')]
    assert [_say(g1, name) for name in ('stop', 'damp')] == [
        (7105, '{"velocity": [0.0, 0.0, 0.0], "duration": 0.5}'), (7101, '{"data": 1}')]


def _say(adapter: Adapter, name: str) -> tuple[int, str]:
    say, = adapter.estops[name]
    assert isinstance(say, base.Say)
    request = say.build(view(GO2))
    assert not request.header.policy.noreply
    return request.header.identity.api_id, request.parameter


@pytest.mark.parametrize('robot', ROBOTS, ids=lambda robot: robot.robot)
def test_stopping_neither_damps_nor_changes_the_mode(vendor_messages: Path, robot: Robot) -> None:
    adapter = kinds.load(robot)
    stop = adapter.commands[0].stop
    assert robot.estop_action == 'stop' and stop
    request = stop(view(robot))
    assert request.header.identity.api_id in (1003, 7105) and not request.header.policy.noreply
    assert request.header.identity.api_id == 1003 or speeds(request) == (0.0, 0.0, 0.0)
    say, = adapter.requests['stop']
    assert isinstance(say, base.Say) and say.build(view(robot)).parameter == request.parameter


def test_joints_have_the_names_of_the_urdf_and_the_index_of_their_motor() -> None:
    assert list(unitree_go2.MOTORS)[:4] == ['FR_hip_joint', 'FR_thigh_joint', 'FR_calf_joint',
                                            'FL_hip_joint']
    full, small = unitree_g1.motors(G1), unitree_g1.motors(G1_23)
    assert len(full) == 29 and len(small) == 23
    assert (full['left_knee_joint'], full['waist_yaw_joint'], full['right_wrist_yaw_joint']) == (
        3, 12, 28)
    assert set(full.values()) - set(small.values()) == {13, 14, 20, 21, 27, 28}
    assert small.items() <= full.items()


def test_an_unknown_variant_is_refused() -> None:
    strange = Robot(**{**vars(G1), 'options': {'dof': '31'}})
    with pytest.raises(ConfigError, match="option dof: '31' is unknown"):
        kinds.load(strange)


@pytest.mark.parametrize('robot', ROBOTS, ids=lambda robot: robot.robot)
@given(seed=st.integers(0, 2**32))
def test_whatever_a_robot_says_is_converted_or_left_out(
        vendor_messages: Path, robot: Robot, seed: int) -> None:
    adapter = kinds.load(robot)
    for route in adapter.inputs:
        type_ = route.native.type
        data = bytes(STORE.serialize_cdr(values.message(STORE, type_, Random(seed)), type_))
        read = adapter.readers.get(route.native)
        whole = from_cdr(data, message_class(type_))
        assert route.convert
        for message in (whole, read(data) if read else whole):
            made = route.convert(message, view(robot))
            assert made is None or isinstance(made, message_class(route.neutral.type))


def test_what_is_read_fast_becomes_the_same_as_what_is_read_whole(vendor_messages: Path) -> None:
    adapter = kinds.load(GO2)
    type_ = unitree_go2.LOW_STATE.type
    state = message_class(type_)()
    state.motor_state[4].q, state.motor_state[4].temperature = 0.5, -3
    state.imu_state.quaternion = [0.5, 0.5, -0.5, 0.5]
    data = bytes(STORE.serialize_cdr(state, type_))
    route = adapter.inputs[0]
    assert route.convert
    made = route.convert(adapter.readers[unitree_go2.LOW_STATE](data), view(GO2))
    assert dict(zip(made.name, made.position, strict=True))['FL_thigh_joint'] == 0.5
    assert made == route.convert(state, view(GO2))


@pytest.mark.parametrize(('mode', 'word', 'refused'), [
    (0, 'idle', False), (1, 'balance stand', False), (3, 'locomotion', False),
    (5, 'lie down', True), (6, 'joint lock', True), (7, 'damping', True), (10, 'sit', True),
    (77, 'mode 77', True)])
def test_a_go2_walks_only_from_a_stand(mode: int, word: str, refused: bool) -> None:
    known = view(GO2, lf__sportmodestate=SimpleNamespace(mode=mode))
    assert unitree_go2.mode(known) == word
    assert ('stand it up' in unitree_go2.refusal(known)) is refused


def answer(data: str, api: int = 7001, code: int = 0) -> Any:
    return SimpleNamespace(data=data, header=SimpleNamespace(
        identity=SimpleNamespace(id=1, api_id=api), status=SimpleNamespace(code=code)))


@pytest.mark.parametrize(('data', 'word', 'refused'), [
    ('{"data":500}', 'walk', False), ('{"data":801}', 'run', False),
    ('{"data":1}', 'damp', True), ('{"data":4}', 'stand', True), ('{"data":9}', 'FSM 9', True)])
def test_a_g1_walks_only_in_a_walking_state(data: str, word: str, refused: bool) -> None:
    told = answer(data)
    assert unitree_g1.FSM_TOLD.matters(told, view(G1))
    known = View(G1, message_class, Now(1, 5), {unitree_g1.FSM_TOLD.name: Heard(told, 1)})
    assert unitree_g1.mode(known) == word
    assert ('bring it to its walking state' in unitree_g1.refusal(known)) is refused


@given(st.text() | st.sampled_from(['[' * 5000, '{"data":true}', '{"data":"500"}', '500', '{}']))
def test_an_answer_that_says_no_state_leaves_it_unknown(data: str) -> None:
    assert unitree_g1.fsm_in(answer(data)) is None
    assert unitree_g1.fsm_in(answer('{"data":500}', api=7002)) is None
    assert unitree_g1.fsm_in(answer('{"data":500}', code=7301)) is None
    assert 'does not say' in unitree_g1.refusal(view(G1)) and unitree_g1.mode(view(G1)) is None
