from dataclasses import replace

import pytest

from flywheel_nodes.adapters import kinds
from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import load_robot
from test.adapters.views import view

BASE, ARM = load_robot('ros2_control_base'), load_robot('ros2_control_arm')
BOTH = replace(BASE, joints=ARM.joints)
STATE = {topics.JOINT_STATES, topics.IMU, topics.ODOM, topics.BATTERY, topics.ESTOP,
         topics.CONTROL_OWNER, topics.ROBOT_MODE, topics.DIAGNOSTICS}


@pytest.mark.parametrize('robot', [BASE, ARM, BOTH])
def test_every_neutral_output_is_told_or_said_to_be_absent(robot: Robot) -> None:
    adapter = kinds.load(robot)
    told = {route.neutral for route in adapter.inputs}
    assert told | set(adapter.absent) == STATE and not told & set(adapter.absent)


@pytest.mark.parametrize(('robot', 'commands', 'needs'), [
    (BASE, ['diff_drive_controller/cmd_vel'], ['joint_states', 'diff_drive_controller/odom']),
    (ARM, ['joint_trajectory_controller/joint_trajectory'], ['joint_states']),
    (BOTH, ['diff_drive_controller/cmd_vel', 'joint_trajectory_controller/joint_trajectory'],
     ['joint_states', 'diff_drive_controller/odom'])])
def test_axes_make_the_topics(robot: Robot, commands: list[str], needs: list[str]) -> None:
    adapter = kinds.load(robot)
    assert [command.native.name for command in adapter.commands] == commands
    assert [topic.name for topic in adapter.needs] == needs


def test_names_and_the_type_are_options() -> None:
    robot = replace(BOTH, options={'command': 'plain', 'base': 'wheels', 'arm': 'left/arm',
                                   'imu': 'torso_imu', 'battery': 'pack'})
    adapter = kinds.load(robot)
    wheels, arm = (command.native for command in adapter.commands)
    assert (wheels.name, wheels.type) == ('wheels/cmd_vel_unstamped', 'geometry_msgs/msg/Twist')
    assert arm.name == 'left/arm/joint_trajectory'
    assert {route.native.name for route in adapter.inputs} == {
        'joint_states', 'wheels/odom', 'torso_imu/imu', 'pack/battery_state'}


@pytest.mark.parametrize('name', ['/absolute', 'two words', '', 'wheels/', '2nd', 'räder'])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r'option base: .* is unknown .* base: NAME'):
        kinds.load(replace(BASE, options={'base': name}))


def test_a_base_is_stopped_and_an_arm_holds_by_itself_or_when_it_is_asked() -> None:
    wheels, arm = kinds.load(BOTH).commands
    assert wheels.stop and wheels.stop(view(BOTH)).twist.linear.x == 0.0
    assert arm.stop is None
    assert 'stop' in kinds.load(ARM).requests and 'stop' not in kinds.load(BASE).requests
