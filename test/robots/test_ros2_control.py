from geometry_msgs.msg import Twist
import pytest
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EventName
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from test.harness import Bench
from test.robots.standard_rig import Rig

ARM = 'ros2_control_arm'
JOINTS = [f'joint_{n}' for n in range(1, 7)]


@pytest.fixture
def where(bench: Bench) -> dict[str, str]:
    return {'native_namespace': f'{bench.namespace}/driver'}


def goal(*positions: float) -> JointTrajectory:
    point = JointTrajectoryPoint(positions=list(positions), velocities=[0.5] * 6)
    point.time_from_start.nanosec = 20_000_000
    return JointTrajectory(joint_names=JOINTS, points=[point])


def test_a_base_with_names_of_its_own_is_driven_and_stops_when_commands_end(
        bench: Bench, where: dict[str, str]) -> None:
    rig = Rig(bench, 'ros2_control_base', **where)
    options = {'command': 'plain', 'base': 'wheels', 'imu': 'imu', 'battery': 'battery'}
    rig.start_fake(options=options).start_adapter(options=options)
    rig.owner('flywheel')
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5)
    rig.until(lambda: rig.robot.world.vx == 0.0, 'rest')
    rig.until(lambda: rig.last(topics.APPLIED_CMD_VEL).twist == Twist(), 'the report of it')
    assert rig.last(topics.ODOM).pose.pose.position.x > 0.0
    assert list(rig.last(topics.JOINT_STATES).name) == ['left_wheel_joint', 'right_wheel_joint']
    assert rig.last(topics.IMU).header.frame_id == 'imu_link'
    assert rig.last(topics.BATTERY).percentage == pytest.approx(0.92)


def test_a_base_whose_controller_goes_by_another_type_is_told(
        bench: Bench, where: dict[str, str]) -> None:
    rig = Rig(bench, 'ros2_control_base', **where)
    rig.start_fake(options={'command': 'plain'}).start_adapter(options={'command': 'stamped'})
    rig.drive(lambda: rig.sentences(EventName.ROBOT_PROBLEM), 'the problem', vx=0.5)
    told = rig.told(EventName.ROBOT_PROBLEM, 'nobody listens')
    assert 'driver/diff_drive_controller/cmd_vel' in told and 'command type (options)' in told
    assert rig.robot.world.vx == 0.0


def test_an_arm_goes_where_it_is_told_and_stays_there(bench: Bench, where: dict[str, str]) -> None:
    rig = Rig(bench, ARM, **where).start_fake().start_adapter()
    rig.owner('flywheel')
    rig.send(topics.ROBOT_JOINTS, goal(0.3, 0, 0, 0, 0, -9.0),
             lambda: rig.robot.world.joints[0] > 0.28, 'the first joint')
    assert rig.robot.world.joints[5] < -0.2
    assert rig.count('robot_commands_clamped_total', topics.ROBOT_JOINTS) > 0
    moving = rig.last(topics.APPLIED_JOINTS).points[0].positions
    assert -9.0 < moving[5] < 0.0  # what was sent, not what was asked
    rig.until(lambda: not any(rig.robot.world.speeds) or max(map(
        abs, rig.robot.world.speeds)) < 1e-6, 'rest')
    assert rig.robot.world.joints[0] == pytest.approx(0.3, abs=0.02)
    assert rig.last(topics.JOINT_STATES).name == JOINTS


def test_an_arm_is_told_to_stay_where_it_is(bench: Bench, where: dict[str, str]) -> None:
    rig = Rig(bench, ARM, **where).start_adapter()
    refused = bench.call(Trigger, 'robot_adapter/stop', Trigger.Request())
    assert not refused.success and 'too little is known' in refused.message
    rig.start_fake()
    rig.owner('flywheel')
    rig.send(topics.ROBOT_JOINTS, goal(0.5, 0, 0, 0, 0, 0),
             lambda: rig.robot.world.speeds[0] > 0.1, 'motion')
    assert bench.call(Trigger, 'robot_adapter/stop', Trigger.Request()).success
    rig.until(lambda: max(map(abs, rig.robot.world.speeds)) < 1e-6, 'rest')
    assert rig.robot.world.joints[0] < 0.5


def test_names_that_are_the_robots_and_ours_at_once_are_refused(bench: Bench) -> None:
    rig = Rig(bench, ARM)
    with pytest.raises(ConfigError, match='own topic and ours at once: start this stack in ano'):
        bench.start('robot_adapter', RobotAdapter, robot=rig.file(),
                    native_namespace=bench.namespace)
