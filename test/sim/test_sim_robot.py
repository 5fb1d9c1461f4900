from typing import Any

import cv2
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import sim as native
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.nodes.messages import to_ns
from flywheel_nodes.sim.sim_robot import SimRobot
from test.harness import Bench

RAW = topics.camera(topics.CAMERA_RAW, 'front')
JPEG = topics.camera(topics.CAMERA, 'front')


class Rig:
    """The robot on the bench, and what it last said."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.robot: SimRobot = bench.start('sim_robot', SimRobot)

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    def listen(self, *wanted: topics.Topic) -> None:
        self.bench.probe.listen(*wanted)
        self.bench.until(lambda: all(self.heard(t) for t in wanted), f'{wanted}')

    def switch(self, name: str, on: bool) -> None:
        answer = self.bench.call(SetBool, f'sim_robot/{name}', SetBool.Request(data=on))
        assert answer.success and answer.message == f'{name}: {"on" if on else "off"}'

    def drive(self) -> None:
        command = TwistStamped()
        command.twist.linear.x = 0.5
        self.bench.probe.publish(native.CMD_VEL, command)

    def speed(self) -> float:
        return float(self.heard(native.ODOM)[-1].twist.twist.linear.x)

    def pictures(self, more: int) -> list[Any]:
        """Return the next JPEG frames."""
        start = len(self.heard(JPEG))
        self.bench.until(lambda: len(self.heard(JPEG)) >= start + more, 'camera frames')
        return self.heard(JPEG)[start:]


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench)


def test_it_speaks_of_itself_as_a_vendor_s_driver(rig: Rig) -> None:
    rig.listen(native.JOINT_STATES, native.IMU, native.ODOM, native.BATTERY, native.ESTOP,
               native.OWNER, native.MODE, native.DIAGNOSTICS)
    joints = rig.heard(native.JOINT_STATES)[-1]
    assert joints.name[0] == 'shoulder_pan' and len(joints.position) == len(joints.velocity) == 7
    assert rig.heard(native.IMU)[-1].linear_acceleration.z == pytest.approx(9.81)
    odom = rig.heard(native.ODOM)[-1]
    assert (odom.header.frame_id, odom.child_frame_id) == ('odom', 'base_link')
    assert rig.heard(native.BATTERY)[-1].percentage == pytest.approx(0.92, abs=0.01)
    assert rig.heard(native.ESTOP)[-1].data is False
    assert (rig.heard(native.OWNER)[-1].data, rig.heard(native.MODE)[-1].data) == ('sdk', 'ready')


def test_without_commands_it_stops_by_itself_after_250_ms(rig: Rig) -> None:
    rig.listen(native.ODOM)
    rig.bench.until(lambda: rig.speed() > 0.45, 'full speed', each=rig.drive)
    last = rig.bench.probe.node.get_clock().now().nanoseconds
    rig.drive()
    rig.bench.until(lambda: rig.speed() == 0.0, 'rest')
    after = {to_ns(o.header.stamp) - last: o.twist.twist.linear.x
             for o in rig.heard(native.ODOM) if to_ns(o.header.stamp) > last}
    assert all(speed > 0.45 for age, speed in after.items() if age < SECOND // 4)
    assert any(age < SECOND // 4 for age in after)


def test_joints_go_where_they_are_sent(rig: Rig) -> None:
    rig.listen(native.JOINT_STATES)
    command = JointTrajectory(joint_names=['gripper', 'elbow'], points=[
        JointTrajectoryPoint(positions=[0.08, 9.0]), JointTrajectoryPoint(positions=[0.06, 0.3])])
    rig.bench.until(
        lambda: rig.heard(native.JOINT_STATES)[-1].position[2] == pytest.approx(0.3, abs=0.01)
        and rig.heard(native.JOINT_STATES)[-1].position[6] == pytest.approx(0.06, abs=0.001),
        'the joints', each=lambda: rig.bench.probe.publish(native.JOINT_COMMAND, command))


def test_commands_that_are_no_numbers_or_no_joints_are_refused_and_counted(rig: Rig) -> None:
    nan = TwistStamped()
    nan.twist.linear.x = float('nan')
    tail = JointTrajectory(joint_names=['tail'], points=[JointTrajectoryPoint(positions=[1.0])])
    metrics = rig.bench.running[0][0].metrics

    def refused(topic: topics.Topic) -> float:
        cell = metrics.cell('topic_messages_rejected_total', topic=topic.name, node='sim_robot')
        return cell.value
    for topic, message in ((native.CMD_VEL, nan), (native.JOINT_COMMAND, tail),
                           (native.JOINT_COMMAND, JointTrajectory(joint_names=['elbow']))):
        before = refused(topic)
        rig.bench.until(lambda t=topic, b=before: refused(t) > b, f'{topic.name} refused',
                        each=lambda t=topic, m=message: rig.bench.probe.publish(t, m))
    assert rig.robot.world.x == 0.0


def test_the_emergency_stop_is_at_once_and_told(rig: Rig) -> None:
    rig.listen(native.ODOM, native.ESTOP, native.MODE)
    rig.bench.until(lambda: rig.speed() > 0.3, 'driving', each=rig.drive)
    rig.switch('estop', True)
    rig.bench.until(lambda: rig.heard(native.ESTOP)[-1].data, 'pressed', each=rig.drive)
    rig.bench.until(lambda: rig.speed() == 0.0, 'rest', each=rig.drive)
    assert rig.heard(native.MODE)[-1].data == 'stopped'
    rig.switch('estop', False)
    rig.bench.until(lambda: rig.speed() > 0.3, 'driving again', each=rig.drive)


def test_under_native_takeover_it_turns_and_does_not_listen(rig: Rig) -> None:
    rig.listen(native.ODOM, native.OWNER)
    rig.switch('native_takeover', True)
    rig.bench.until(lambda: rig.heard(native.ODOM)[-1].twist.twist.angular.z > 0.25, 'turning',
                    each=rig.drive)
    rig.bench.until(lambda: rig.heard(native.OWNER)[-1].data == native.PENDANT, 'the owner')
    assert rig.speed() == 0.0
    rig.switch('native_takeover', False)
    rig.bench.until(lambda: rig.heard(native.OWNER)[-1].data == native.SDK, 'the owner')


def test_battery_and_temperature_faults_show(rig: Rig) -> None:
    rig.listen(native.BATTERY, native.DIAGNOSTICS)
    rig.switch('battery_low', True)
    rig.switch('joint_overheat', True)
    rig.bench.until(lambda: rig.heard(native.BATTERY)[-1].percentage < 0.1, 'a low battery')

    def hot() -> list[str]:
        return [status.name for status in rig.heard(native.DIAGNOSTICS)[-1].status
                if float(status.values[0].value) > 90.0]
    assert rig.bench.until(hot, 'a hot joint') == ['wrist_1']


def test_its_camera_shows_motion_freezes_and_goes_black(rig: Rig) -> None:
    rig.listen(JPEG)
    moving = rig.pictures(3)
    assert len({bytes(frame.data) for frame in moving}) == 3
    assert cv2.imdecode(np.frombuffer(moving[0].data, np.uint8), 1).shape == (480, 640, 3)
    rig.switch('camera_freeze', True)
    frozen = rig.pictures(4)[1:]  # one may have been under way
    assert len({bytes(frame.data) for frame in frozen}) == 1
    assert len({to_ns(frame.header.stamp) for frame in frozen}) == 3
    rig.switch('camera_freeze', False)
    rig.switch('camera_black', True)
    dark = rig.pictures(2)[-1]
    assert not cv2.imdecode(np.frombuffer(dark.data, np.uint8), 1).any()


def test_the_raw_camera_shows_the_same_frame(rig: Rig) -> None:
    rig.listen(RAW, JPEG)
    picture = {to_ns(frame.header.stamp): frame for frame in rig.pictures(3)}
    rig.bench.until(lambda: any(to_ns(f.header.stamp) in picture for f in rig.heard(RAW)), 'raw')
    raw = next(f for f in rig.heard(RAW) if to_ns(f.header.stamp) in picture)
    assert (raw.height, raw.width, raw.encoding, raw.step) == (480, 640, 'bgr8', 1920)
    jpeg = cv2.imdecode(np.frombuffer(picture[to_ns(raw.header.stamp)].data, np.uint8), 1)
    there = np.frombuffer(raw.data, np.uint8).reshape(480, 640, 3)
    assert np.abs(jpeg.astype(int) - there).mean() < 3.0
