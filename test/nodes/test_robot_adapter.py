from collections.abc import Callable
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import TwistStamped
import pytest
import rclpy
from sensor_msgs.msg import BatteryState, Imu, JointState
from std_msgs.msg import Bool, String
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import sim as native
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.wire import event_from_status
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.nodes.robot_adapter import RobotAdapter, WITHHOLD_NS
from test.harness import Bench


class Rig:
    """The adapter on the bench; the probe is both the robot and the arbiter."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.probe.listen(topics.EVENTS, native.CMD_VEL, native.JOINT_COMMAND)
        bench.start('robot_adapter', RobotAdapter, commander='probe')
        self.metrics = bench.running[0][0].metrics

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    def say(self, topic: topics.Topic, message: Any, until: Callable[[], Any]) -> Any:
        """Publish again and again, from a robot that is there, until something follows."""
        def each() -> None:
            if topic is not native.JOINT_STATES:
                self.bench.probe.publish(native.JOINT_STATES, JointState())
            self.bench.probe.publish(topic, message)
        return self.bench.until(until, f'what follows from {topic.name}', each=each)

    def event(self, name: EventName) -> list[dict[str, str]]:
        found = (event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        return [event.values for event in found if event.name is name]

    def drive(self, vx: float, wz: float = 0.0) -> TwistStamped:
        """Command a speed and return what reaches the robot for it."""
        command = TwistStamped()
        command.header.frame_id = f'{vx} {wz}'
        command.twist.linear.x, command.twist.angular.z = vx, wz
        self.say(topics.ROBOT_CMD_VEL, command, lambda: any(
            m.header.frame_id == command.header.frame_id for m in self.heard(native.CMD_VEL)))
        return next(m for m in self.heard(native.CMD_VEL)
                    if m.header.frame_id == command.header.frame_id)

    def count(self, name: str, topic: topics.Topic) -> float:
        return self.metrics.cell(name, topic=topic.name).value


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench)


def test_state_passes_through_unchanged_and_falls_silent_with_its_source(rig: Rig) -> None:
    sent = Imu()
    sent.angular_velocity.z = 0.25
    sent.header.stamp.sec = 12
    rig.bench.probe.listen(topics.IMU)
    rig.say(native.IMU, sent, lambda: rig.heard(topics.IMU))
    assert rig.heard(topics.IMU)[0] == sent
    received = rig.metrics.cell('topic_messages_total', topic=native.IMU.name,
                                node='robot_adapter')
    rig.bench.until(lambda: len(rig.heard(topics.IMU)) == received.value, 'the rest')
    loops = [0]
    rig.bench.until(lambda: loops.append(1) or len(loops) > 50, 'more loops')
    assert len(rig.heard(topics.IMU)) == received.value


def test_commands_reach_the_robot_within_its_limits(rig: Rig) -> None:
    assert rig.drive(0.5, -0.3).twist.linear.x == 0.5
    assert rig.count('robot_commands_clamped_total', topics.ROBOT_CMD_VEL) == 0
    fast = rig.drive(3.0, -9.0).twist
    assert (fast.linear.x, fast.angular.z) == (0.8, -1.5)
    assert rig.count('robot_commands_clamped_total', topics.ROBOT_CMD_VEL) >= 1
    assert rig.count('robot_commands_total', topics.ROBOT_CMD_VEL) >= 2
    far = JointTrajectory(joint_names=['elbow'],
                          points=[JointTrajectoryPoint(positions=[9.0])])
    rig.say(topics.ROBOT_JOINTS, far, lambda: rig.heard(native.JOINT_COMMAND))
    assert list(rig.heard(native.JOINT_COMMAND)[0].points[0].positions) == [2.6]


def test_it_turns_less_often_while_the_robot_rests(rig: Rig) -> None:
    shell, _ = rig.bench.running[0]
    rig.bench.until(lambda: shell._period == SECOND // 50, 'rest')
    rig.drive(0.1)
    rig.say(topics.ROBOT_CMD_VEL, TwistStamped(), lambda: shell._period == SECOND // 100)
    rig.bench.until(lambda: shell._period == SECOND // 50, 'rest again')


def test_a_command_that_is_no_number_is_refused_and_not_sent(rig: Rig) -> None:
    rig.drive(0.1)
    nan = TwistStamped()
    nan.header.frame_id = 'bad'
    nan.twist.linear.x = float('nan')
    refused = rig.metrics.cell('topic_messages_rejected_total', topic=topics.ROBOT_CMD_VEL.name,
                               node='robot_adapter')
    rig.say(topics.ROBOT_CMD_VEL, nan, lambda: refused.value > 0)
    rig.drive(0.2)
    assert all(m.header.frame_id != 'bad' for m in rig.heard(native.CMD_VEL))


def test_a_command_that_waited_while_the_adapter_stood_still_moves_nothing(rig: Rig) -> None:
    refused = rig.metrics.cell('topic_messages_rejected_total', topic=topics.ROBOT_CMD_VEL.name,
                               node='robot_adapter')
    rig.drive(0.1)
    late = TwistStamped()
    late.header.frame_id = 'late'
    late.twist.linear.x = 0.5
    before = refused.value
    rig.bench.probe.publish(topics.ROBOT_CMD_VEL, late)
    time.sleep(0.3)  # what must pass is time itself
    rig.bench.until(lambda: refused.value > before, 'the refusal')
    rig.drive(0.2)
    assert all(m.header.frame_id != 'late' for m in rig.heard(native.CMD_VEL))


def test_stale_input_stops_the_robot_again_and_again_and_counts_once(rig: Rig) -> None:
    def stops() -> list[TwistStamped]:
        return [m for m in rig.heard(native.CMD_VEL) if m.header.frame_id == 'base_link']
    stopped = rig.metrics.cell('robot_safe_stops_total')
    rig.drive(0.5)
    rig.bench.until(lambda: len(stops()) > stopped.value + 3, 'safe stops')
    assert all(m.twist == TwistStamped().twist for m in stops())
    before = stopped.value
    assert before >= 1
    rig.drive(0.4)
    rig.bench.until(lambda: stopped.value > before, 'the second stop')


def test_nothing_is_sent_before_the_first_command(rig: Rig) -> None:
    rig.say(native.OWNER, String(data=native.PENDANT),
            lambda: rig.event(EventName.NATIVE_TAKEOVER))
    assert rig.heard(native.CMD_VEL) == []


def test_who_drives_natively_is_left_alone_once_we_have_stopped(rig: Rig) -> None:
    heard = rig.heard(native.CMD_VEL)
    rig.drive(0.3)
    owned = String(data=native.PENDANT)
    rig.say(native.OWNER, owned, lambda: rig.event(EventName.NATIVE_TAKEOVER))
    rig.bench.until(lambda: heard[-1].header.frame_id == 'base_link', 'a stop at once')
    refused = rig.metrics.cell('robot_commands_refused_total', topic=topics.ROBOT_CMD_VEL.name)
    sent, quiet = [len(heard)], [0]

    def both() -> None:
        rig.bench.probe.publish(native.OWNER, owned)
        rig.bench.probe.publish(native.JOINT_STATES, JointState())
        rig.bench.probe.publish(topics.ROBOT_CMD_VEL, TwistStamped())
        quiet[0] = quiet[0] + 1 if len(heard) == sent[-1] else 0
        sent.append(len(heard))
    rig.bench.until(lambda: quiet[0] > 200, 'nothing more to be sent', each=both)
    assert refused.value > 50
    rig.say(native.OWNER, String(data=native.SDK), lambda: rig.event(EventName.NATIVE_RELEASED))
    rig.bench.until(lambda: len(heard) > sent[-1], 'a stop, or a command')


def test_owner_and_emergency_stop_become_neutral_words_and_events(rig: Rig) -> None:
    rig.bench.probe.listen(topics.CONTROL_OWNER, topics.ESTOP)
    rig.say(native.OWNER, String(data=native.PENDANT),
            lambda: 'native' in {m.data for m in rig.heard(topics.CONTROL_OWNER)})
    assert {m.data for m in rig.heard(topics.CONTROL_OWNER)} <= {'unknown', 'native'}
    rig.bench.until(lambda: rig.event(EventName.NATIVE_TAKEOVER) == [{'owner': 'native'}], 'event')
    rig.say(native.ESTOP, Bool(data=True), lambda: rig.event(EventName.ESTOP_PRESSED))
    rig.bench.until(lambda: rig.heard(topics.ESTOP), 'the neutral emergency stop')
    assert all(message.data for message in rig.heard(topics.ESTOP))  # never told before
    rig.say(native.ESTOP, Bool(data=False), lambda: rig.event(EventName.ESTOP_RELEASED))
    assert len(rig.event(EventName.ESTOP_PRESSED)) == 1


def test_a_low_battery_is_a_fault_and_a_metric(rig: Rig) -> None:
    rig.say(native.BATTERY, BatteryState(percentage=0.08, voltage=21.5),
            lambda: rig.event(EventName.ROBOT_FAULT))
    assert rig.event(EventName.ROBOT_FAULT)[0]['fault'] == 'battery_low'
    assert rig.metrics.cell('battery_charge_ratio').value == pytest.approx(0.08)
    assert rig.metrics.cell('battery_charge_low_ratio').value > 0.08
    assert rig.metrics.cell('battery_voltage_volts').value == 21.5
    rig.say(native.BATTERY, BatteryState(percentage=0.9),
            lambda: rig.event(EventName.ROBOT_FAULT_CLEARED))
    assert rig.metrics.cell('robot_faults_total', fault='battery_low').value == 1

    def told() -> set[str]:
        return {name for name, _ in rig.metrics.read(full=True)}
    assert {'battery_charge_ratio', 'battery_voltage_volts'} <= told()
    adapter = rig.bench.running[0][1]
    later = clocks.now()
    adapter.step(Now(later.mono + WITHHOLD_NS + 1, later.wall))
    assert not {'battery_charge_ratio', 'battery_voltage_volts'} & told(), 'nobody confirms it'
    assert 'battery_charge_low_ratio' in told()


def test_a_hot_joint_is_a_fault_and_strangers_are_no_metric(rig: Rig) -> None:
    def status(name: str, value: str) -> DiagnosticStatus:
        return DiagnosticStatus(name=name, values=[KeyValue(key='temperature_celsius',
                                                            value=value)])
    rig.bench.probe.listen(topics.DIAGNOSTICS)
    sent = DiagnosticArray(status=[status('elbow', '96.0'), status('tail', '99.0'),
                                   status('gripper', 'warm')])
    rig.say(native.DIAGNOSTICS, sent, lambda: rig.event(EventName.ROBOT_FAULT))
    assert rig.event(EventName.ROBOT_FAULT) == [
        {'fault': 'joint_over_temperature', 'component': 'elbow', 'value': '96.0 degC'}]
    assert rig.metrics.cell('joint_temperature_celsius', joint='elbow').value == 96.0
    labels = {labels for name, labels in rig.metrics.read(full=True)
              if name == 'joint_temperature_celsius'}
    assert labels == {('elbow',), ('gripper',)}
    rig.bench.until(lambda: rig.heard(topics.DIAGNOSTICS), 'diagnostics')


def test_an_unknown_adapter_is_one_clear_line(bench: Bench, tmp_path: Path) -> None:
    text = (share_dir() / 'config' / 'robots' / 'sim.yaml').read_text(encoding='utf-8')
    file = tmp_path / 'odd.yaml'
    file.write_text(text.replace('adapter: sim', 'adapter: odd'), encoding='utf-8')
    with pytest.raises(ConfigError, match=r"unknown adapter 'odd': known are .*sim"):
        bench.start('robot_adapter', RobotAdapter, robot=str(file))


def test_commands_of_a_stranger_never_reach_the_robot(rig: Rig, bench: Bench) -> None:
    rig.drive(0.1)
    stranger = rclpy.create_node('replay', namespace=bench.namespace)
    out = stranger.create_publisher(TwistStamped, topics.ROBOT_CMD_VEL.name, 1)
    foreign = rig.metrics.cell('robot_commands_foreign_total', topic=topics.ROBOT_CMD_VEL.name)
    command = TwistStamped()
    command.header.frame_id, command.twist.linear.x = 'stranger', 0.5
    bench.until(lambda: foreign.value >= 20, 'the stranger to be refused',
                each=lambda: out.publish(command))
    stranger.destroy_node()
    rig.drive(0.2)
    assert 'stranger' not in {m.header.frame_id for m in rig.heard(native.CMD_VEL)}
