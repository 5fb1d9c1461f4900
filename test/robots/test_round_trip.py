"""
One turn on each kind of robot, its fake on a bus of its own and the whole stack in processes.

The policy drives, the monitor alarms, a human takes over and gives back, a snippet tells it all.
"""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
from typing import Any

import pytest
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes.adapters import kinds
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Control, Mode
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.recording.snippet_folder import read_label
from flywheel_nodes.effects.recording.verification import verify
from test.harness import Bench
from test.interfaces import build
from test.pilot import Pilot
from test.up import LOAD, Up

ROBOTS = ('unitree_go2', 'unitree_g1', 'clearpath_jackal', 'ur5e', 'spot', 'ros2_control_base',
          'ros2_control_arm')
MOVING, RESTING = 0.03, 0.005
TIMEOUT = 90.0


class Turn:
    """The stack of one robot, and what a bystander sees of it."""

    def __init__(self, name: str, up: Up, bench: Bench) -> None:
        self.robot, self.up, self.bench = load_robot(name), up, bench
        bench.probe.listen(topics.CONTROL, topics.EVENTS, topics.ODOM, topics.JOINT_STATES)

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    @property
    def control(self) -> Control:
        return wire.control_from_status(self.heard(topics.CONTROL)[-1].status[0])

    @property
    def speed(self) -> float:
        """How fast it moves, by its own sensors."""
        if self.robot.base:
            twist = self.heard(topics.ODOM)[-1].twist.twist
            return max(map(abs, (twist.linear.x, twist.linear.y, twist.angular.z)))
        return max(map(abs, self.heard(topics.JOINT_STATES)[-1].velocity))

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        return self.bench.until(condition, what, timeout=TIMEOUT)

    def event(self, name: EventName) -> Event | None:
        found = (wire.event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        return next((event for event in found if event.name is name), None)

    def intervened(self) -> Path | None:
        """Return the snippet of an intervention; a slow human leaves the alarm one of its own."""
        events = (wire.event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        saved = [Path(event.values['path']) for event in events
                 if event.name is EventName.SNIPPET_SAVED]
        return next((folder for folder in saved if read_label(folder).interventions), None)

    def call(self, type_: Any, name: str, **request: Any) -> bool:
        answer = self.bench.call(type_, f'{self.bench.namespace}/{name}',
                                 type_.Request(**request))
        return bool(answer.success)

    def drives(self) -> bool:
        if self.control.mode is not Mode.POLICY:
            self.call(Trigger, 'control_arbiter/resume')
        return self.control.mode is Mode.POLICY and self.speed > MOVING


@pytest.fixture(params=ROBOTS)
def turn(request: pytest.FixtureRequest, tmp_path: Path, namespace: str, bench: Bench,
         vendor_messages: Path) -> Iterator[Turn]:
    up = Up(tmp_path / 'data', '--robot', request.param, '--fake',
            '--domain', os.environ['ROS_DOMAIN_ID'], '--namespace', namespace.strip('/'),
            '--param', 'snippet_recorder.post_roll:=1.0',
            env=build.environment(vendor_messages))
    try:
        up.wait_ready()
        yield Turn(request.param, up, bench)
    finally:
        print(up.said())  # shown if it fails
        up.end()


def test_one_turn(turn: Turn) -> None:
    turn.until(lambda: turn.heard(topics.CONTROL) and turn.heard(topics.JOINT_STATES) and (
        not turn.robot.base or turn.heard(topics.ODOM)), 'the robot')
    if 'claim' in kinds.load(turn.robot).requests:
        turn.until(lambda: turn.call(Trigger, 'robot_adapter/claim'), 'the claim')
    turn.until(turn.drives, 'the policy to drive')
    # it goes wrong, and the monitor notices
    assert turn.call(SetBool, 'policy/fault_nan', data=True)
    turn.until(lambda: turn.event(EventName.POLICY_ALARM), 'the alarm')
    turn.until(lambda: turn.control.mode is Mode.HOLD, 'HOLD')
    assert turn.control.gate in LOAD
    turn.until(lambda: turn.speed < RESTING, 'rest')
    # a human takes over, drives, and gives back
    axis = next(iter(turn.robot.axes))
    pilot = Pilot(turn.up.data_dir, turn.robot.robot, {axis: 0.4}, 'policy_fault')
    pilot.start()
    turn.until(lambda: turn.control.mode is Mode.HUMAN and turn.speed > MOVING, 'the human')
    pilot.end()
    assert not pilot.lost, pilot.lost
    turn.until(lambda: turn.event(EventName.INTERVENTION_ENDED), 'the end of the intervention')
    turn.until(lambda: turn.speed < RESTING, 'rest again')
    # and the snippet tells it all
    folder = turn.until(turn.intervened, 'the snippet')
    assert not (damage := list(verify(folder))), damage
    label = read_label(folder)
    assert label.robot.name == turn.robot.robot
    (one,) = label.interventions
    assert (one.operator, one.reason, one.sight) == ('ada', 'policy_fault', 'direct')
    told = {name.removeprefix(f'{turn.bench.namespace}/') for name, topic in label.topics.items()
            if topic.messages}
    applied = topics.APPLIED_CMD_VEL if turn.robot.base else topics.APPLIED_JOINTS
    assert {topics.JOINT_STATES.name, topics.CONTROL.name, topics.TICKS.name,
            applied.name, topics.CONTROL_OWNER.name} <= told
