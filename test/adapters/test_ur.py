from collections.abc import Iterable
import math
from pathlib import Path
import re
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import clamp, ur
from flywheel_nodes.adapters.base import Ask, Heard, View
from flywheel_nodes.adapters.trajectories import SHORTEST_S
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns
from test.interfaces import sources

ROBOT = load_robot('ur5e')
ADAPTER = ur.adapter(ROBOT)
TELL = {state.neutral: state.tell for state in ADAPTER.states}
[COMMAND] = ADAPTER.commands
NAMES = [joint.name for joint in ROBOT.joints]
SHUFFLED = [*NAMES[1:], NAMES[0]]
AT = (0.5, -1.2, 1.4, -0.3, 0.2, 0.1)
RUNNING, NORMAL = 7, 1
ANY = st.floats(width=64)


def joint_states(at: Iterable[float] = AT, speeds: Iterable[float] = (0.0,) * 6) -> JointState:
    """Return joint states in an order that is not the robot file's."""
    by_name = dict(zip(NAMES, at, strict=True))
    fast = dict(zip(NAMES, speeds, strict=True))
    return JointState(name=SHUFFLED, position=[by_name[name] for name in SHUFFLED],
                      velocity=[fast[name] for name in SHUFFLED])


def view(mode: int | None = RUNNING, safety: int | None = NORMAL, program: bool | None = True,
         joints: Any = None, now: float = 0.0) -> View:
    """Return what is known at a time in s of an arm whose joint states came at 0."""
    said = {ur.JOINT_STATES: joints or joint_states()}
    said |= {ur.ROBOT_MODE: SimpleNamespace(mode=mode)} if mode is not None else {}
    said |= {ur.SAFETY_MODE: SimpleNamespace(mode=safety)} if safety is not None else {}
    said |= {ur.PROGRAM: Bool(data=program)} if program is not None else {}
    return View(ROBOT, message_class, Now(int(now * SECOND), 1_500_000_000),
                {topic.name: Heard(message, 0) for topic, message in said.items()})


def command(names: list[str], positions: list[float]) -> JointTrajectory:
    return JointTrajectory(joint_names=names, points=[JointTrajectoryPoint(positions=positions)])


# --- what it tells -------------------------------------------------------------------------------

@pytest.mark.parametrize(('safety', 'pressed'), [
    (1, False), (2, False), (3, False), (5, False), (6, True), (7, True), (8, False), (9, False),
    (11, None), (77, None), (None, None)])
def test_the_emergency_stop_is_told_by_the_safety_mode(
        safety: int | None, pressed: bool | None) -> None:
    assert TELL[topics.ESTOP](view(safety=safety)) is pressed


@pytest.mark.parametrize(('mode', 'program', 'owner'), [
    (RUNNING, True, 'flywheel'), (RUNNING, False, 'native'), (RUNNING, None, None),
    (6, None, 'native'), (6, True, 'native'), (3, False, 'native')])
def test_who_runs_its_program_owns_it(mode: int, program: bool | None, owner: str | None) -> None:
    assert TELL[topics.CONTROL_OWNER](view(mode, program=program)) == owner


@pytest.mark.parametrize(('mode', 'safety', 'program', 'words'), [
    (7, 1, True, 'RUNNING'), (7, 3, False, 'RUNNING, PROTECTIVE_STOP, program not running'),
    (3, 7, None, 'POWER_OFF, ROBOT_EMERGENCY_STOP'), (42, 1, True, 'mode 42'),
    (None, None, None, None)])
def test_its_mode_is_told_in_its_own_words(
        mode: int | None, safety: int | None, program: bool | None, words: str | None) -> None:
    assert TELL[topics.ROBOT_MODE](view(mode, safety, program)) == words


def test_what_it_said_once_counts_while_its_joints_are_told() -> None:
    for neutral, tell in TELL.items():
        assert tell(view(now=0.4)) is not None, neutral
        assert tell(view(now=0.6)) is None, neutral


@pytest.mark.parametrize(('known', 'why', 'remedy'), [
    (view(), '', ''), (view(safety=2), '', ''),
    (view(safety=3), 'safety mode PROTECTIVE_STOP', 'unlock it on the pendant'),
    (view(safety=None), 'safety mode unknown', 'pendant'),
    (view(mode=5), 'robot mode IDLE', 'release its brakes'),
    (view(mode=None), 'robot mode unknown', 'pendant'),
    (view(program=False), 'does not run', 'call robot_adapter/claim'),
    # While the program never ran, the driver says nothing about it.
    (view(program=None), 'does not run', 'start External Control')])
def test_it_is_refused_with_a_remedy(known: View, why: str, remedy: str) -> None:
    told = ADAPTER.refused(known)
    assert why in told and remedy in told
    assert bool(told) == bool(why)


def test_silent_joints_are_a_refusal() -> None:
    assert ADAPTER.refused(view(now=0.6)).startswith('joint_states is silent')


def test_modes_and_slider_are_diagnostics() -> None:
    health, scaling = (route.convert for route in ADAPTER.inputs if route.convert)
    told = health(joint_states(), view(safety=3, program=False)).status
    assert {one.name: one.message for one in told} == {
        'robot_mode': '', 'safety_mode': 'PROTECTIVE_STOP', 'program': 'not running'}
    [percent] = scaling(Float64(data=20.0), view()).status
    assert (percent.name, percent.values[0].value) == ('speed_scaling', '20.0')
    assert health(joint_states(), view(None, None, None)).status == []


# --- bytes of the vendor's messages --------------------------------------------------------------

@pytest.mark.parametrize(('topic', 'byte', 'word'), [
    (ur.ROBOT_MODE, 7, 'RUNNING'), (ur.ROBOT_MODE, 0xff, 'NO_CONTROLLER'),
    (ur.SAFETY_MODE, 3, 'PROTECTIVE_STOP'), (ur.SAFETY_MODE, 0xff, 'mode 255')])
def test_words_of_bytes(vendor_messages: Path, topic: topics.Topic, byte: int, word: str) -> None:
    message = deserialize_message(bytes([0, 1, 0, 0, byte]), message_class(topic.type))
    known = View(ROBOT, message_class, Now(0, 0), {
        topic.name: Heard(message, 0), ur.JOINT_STATES.name: Heard(joint_states(), 0)})
    assert {ur.ROBOT_MODE: ur.mode, ur.SAFETY_MODE: ur.safety}[topic](known) == word


@pytest.mark.parametrize(('topic', 'words'), [(ur.ROBOT_MODE, ur.MODES),
                                              (ur.SAFETY_MODE, ur.SAFETY)])
def test_every_constant_of_a_message_has_its_word(
        topic: topics.Topic, words: dict[int, str]) -> None:
    constants = re.findall(r'int8 (\w+)=(-?\d+)', sources.definitions()[topic.type])
    assert {int(value): name for name, value in constants} == words


# --- what it is told -----------------------------------------------------------------------------

def test_a_command_becomes_one_of_all_joints_in_the_drivers_order() -> None:
    sent = COMMAND.encode(command(['elbow_joint', NAMES[0]], [1.5, 0.45]), view())
    assert list(sent.joint_names) == NAMES
    [point] = sent.points
    assert list(point.positions) == pytest.approx([0.45, -1.2, 1.5, -0.3, 0.2, 0.1])
    assert to_ns(point.time_from_start) == SHORTEST_S * SECOND
    assert to_ns(sent.header.stamp) == 1_500_000_000


def test_what_is_out_of_reach_is_cut_short_and_told() -> None:
    asked = command(NAMES, [AT[0] + 3.14, *AT[1:]])
    sent = COMMAND.encode(asked, view())
    assert to_ns(sent.points[0].time_from_start) == 3 * SECOND // 10
    assert sent.points[0].positions[0] == pytest.approx(AT[0] + 0.3 * 3.14)
    assert asked.points[-1].positions == sent.points[0].positions


@pytest.mark.parametrize('known', [
    view(joints=JointState()), view(now=0.6), view(joints=joint_states([9.0, *AT[1:]])),
    view(joints=joint_states([math.nan, *AT[1:]]))])
def test_an_arm_that_is_nowhere_known_is_not_commanded(known: View) -> None:
    with pytest.raises(WireError):
        COMMAND.encode(command(NAMES[1:], list(AT[1:])), known)
    with pytest.raises(WireError, match='without points'):
        COMMAND.encode(JointTrajectory(joint_names=NAMES), view())


def test_the_stop_brakes_and_leaves_an_arm_at_rest_to_its_controller() -> None:
    assert COMMAND.stop is not None
    moving = COMMAND.stop(view(joints=joint_states(AT, [1.6, 0.0, 0.0, 0.0, 0.0, 0.0])))
    assert moving.points[0].positions[0] == pytest.approx(AT[0] + 1.6**2 / 2 / 8.0)
    assert set(moving.points[0].velocities) == {0.0}
    assert COMMAND.stop(view()) is None
    [hold] = ADAPTER.requests['stop']
    assert list(hold.build(view()).points[0].positions) == list(AT)  # type: ignore[union-attr]


@given(names=st.lists(st.sampled_from([*NAMES, 'tail']), max_size=7),
       positions=st.lists(ANY, max_size=7), at=st.lists(ANY, min_size=6, max_size=6),
       speeds=st.lists(ANY, min_size=6, max_size=6))
def test_nothing_beyond_the_limits_is_ever_sent(
        names: list[str], positions: list[float], at: list[float], speeds: list[float]) -> None:
    known = view(joints=joint_states(at, speeds))
    sent = [COMMAND.stop(known)] if COMMAND.stop else []
    try:
        asked = command(names, positions)
        clamp.keep(topics.ROBOT_JOINTS, asked, ROBOT)
        sent.append(COMMAND.encode(asked, known))
    except WireError:
        pass
    for [point] in (message.points for message in sent if message):
        takes = to_ns(point.time_from_start) / SECOND
        assert SHORTEST_S <= takes <= 0.5
        for joint, q, start in zip(ROBOT.joints, point.positions, at, strict=True):
            assert joint.lower <= q <= joint.upper
            assert abs(q - start) <= joint.velocity * takes * (1 + 1e-9) + 1e-9


def test_power_and_program_end_only_by_what_the_robot_file_says() -> None:
    asked = {name: [step.service for step in steps if isinstance(step, Ask)]
             for name, steps in {**ADAPTER.requests, **ADAPTER.estops}.items()}
    assert asked == {
        'stop': [], 'claim': ['io_and_status_controller/resend_robot_program'],
        'release': ['io_and_status_controller/hand_back_control'],
        'stop_program': ['dashboard_client/stop'], 'power_off': ['dashboard_client/power_off']}
    assert not ADAPTER.estop_release
