"""
What the adapter of a Go2 costs, and how late it makes a command.

A talker stands in for the robot (LowState at 500 Hz, the slow topics at 20 Hz) and one for the
arbiter (commands at 20 Hz, each with a speed of its own, until their requests appear). Only the
adapter's process is measured: CPU time while all of its outputs have a listener; from the call of
publish() to the middleware's receive time of the request.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
import json
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from geometry_msgs.msg import TwistStamped
from rclpy.context import Context
from rclpy.node import Node
from rclpy.serialization import serialize_message

from bench.harness import child, cpu, median, Metric, NAMESPACE, own_domain, save
from flywheel_nodes.adapters import unitree_go2 as native
from flywheel_nodes.adapters.unitree import REQUEST, WIRELESS
from flywheel_nodes.core import topics
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.inlet import Arrival, Inlet
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.start import start
from test.interfaces import build, sources

ROBOT, COMMANDER = 'unitree_go2', 'bench_arbiter'
SETTLE, SECONDS, REPEATS = 4.0, 5.0, 3
COMMANDS, COMMAND_S, PATIENCE_S = 400, 0.0501, 0.5
SLOW_EVERY = 25
OUTPUTS = {topics.JOINT_STATES: 90.0, topics.IMU: 90.0, topics.ODOM: 18.0, topics.BATTERY: 0.9}


def adapt(domain: str, folder: str) -> int:
    """Be the adapter."""
    process = next(p for p in PROCESSES if p.name == 'robot_adapter')
    settings = (f'robot:={ROBOT}', f'native_domain:={domain}', 'native_discovery:=localhost',
                f'data_dir:={folder}', f'commander:={COMMANDER}')
    params = [word for setting in settings for word in ('-p', setting)]
    return start(process, ['--ros-args', '-r', f'__ns:={NAMESPACE}', *params])


def talk(domain: str) -> None:
    """Be the robot, on its own bus: bytes made beforehand, so that the talker costs little."""
    with ros(context=Context(), domain=int(domain)) as context:
        node = Node('bench_robot', namespace='/', context=context)
        low = message_class(native.LOW_STATE.type)()
        low.imu_state.quaternion = [1.0, 0.0, 0.0, 0.0]
        low.bms_state.soc, low.bms_state.cell_vol = 80, [3700] * 15
        sport = message_class(native.SPORT_STATE.type)(mode=1, imu_state=low.imu_state)
        said = {native.LOW_STATE: low, native.SLOW_STATE: low, native.SPORT_STATE: sport,
                WIRELESS: message_class(WIRELESS.type)()}
        outs = {topic: (node.create_publisher(message_class(topic.type), topic.name,
                                              to_qos(topic.qos)), serialize_message(message))
                for topic, message in said.items()}
        node.create_subscription(message_class(REQUEST.type), REQUEST.name, lambda _: None, 1)
        due, turn = time.monotonic(), 0
        while True:
            for topic, (out, data) in outs.items():
                if topic is native.LOW_STATE or turn % SLOW_EVERY == 0:
                    out.publish(data)
            turn, due = turn + 1, due + 1.0 / native.LOW_STATE.rate
            time.sleep(max(0.0, due - time.monotonic()))


class Listener:
    """Hears the adapter's outputs, drives it, and hears the requests on the robot's bus."""

    def __init__(self, ours: Context, theirs: Context) -> None:
        """Subscribe."""
        self.node = Node(COMMANDER, namespace=NAMESPACE, context=ours)
        self._robot = Node('bench_service', namespace='/', context=theirs)
        self._neutral, self._native = Inlet(self.node), Inlet(self._robot)
        self.heard = dict.fromkeys(OUTPUTS, 0)
        self.arrived: dict[float, int] = {}
        for topic in OUTPUTS:
            self._neutral.subscribe(message_class(topic.type), topic.name, to_qos(topic.qos, 500),
                                    self._counter(topic), raw=True)
        self._native.subscribe(message_class(REQUEST.type), REQUEST.name, to_qos(REQUEST.qos, 50),
                               self._request)
        self._out = self.node.create_publisher(TwistStamped, topics.ROBOT_CMD_VEL.name,
                                               to_qos(topics.ROBOT_CMD_VEL.qos))

    def _counter(self, topic: topics.Topic) -> Any:
        def count(data: Any, arrival: Arrival) -> None:
            self.heard[topic] += 1
        return count

    def _request(self, message: Any, arrival: Arrival) -> None:
        if message.header.identity.api_id == native.Api.MOVE:
            self.arrived.setdefault(json.loads(message.parameter)['x'], arrival.received_ns)

    def drain(self, seconds: float) -> None:
        """Take what arrives for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._neutral.drain(0)
            self._native.drain(0)
            time.sleep(0.02)

    def drive(self, number: int) -> float | None:
        """Send one command and return how long it took, in ms; None when it did not pass."""
        command = TwistStamped()
        command.twist.linear.x = speed = 0.1 + number / 10_000.0
        sent = time.time_ns()
        self._out.publish(command)
        self.drain(COMMAND_S)
        return (self.arrived[speed] - sent) / 1e6 if speed in self.arrived else None


@contextmanager
def listener(domain: int) -> Iterator[Listener]:
    """Listen on both buses."""
    with ros(context=Context()) as ours, ros(context=Context(), domain=domain) as theirs:
        yield Listener(ours, theirs)


def load(listening: Listener, adapter: Any) -> float:
    """Return the share of a core the adapter takes, in percent; all of its outputs must come."""
    before = dict(listening.heard)
    share = cpu(adapter, SECONDS)
    listening.drain(0.1)
    for topic, least in OUTPUTS.items():
        rate = (listening.heard[topic] - before[topic]) / SECONDS
        if rate < least:
            raise RuntimeError(f'{topic.name} comes at {rate:.1f} Hz only')
    return share * 100.0


def measure(domain: int, adapter: Any) -> list[Metric]:
    """Measure at rest, then while it is driven."""
    with listener(domain) as listening:
        listening.drain(SETTLE)
        idle = median(REPEATS, lambda: load(listening, adapter))
        took = [ms for n in range(COMMANDS) if (ms := listening.drive(n)) is not None]
    if len(took) < COMMANDS * 0.9:
        raise RuntimeError(f'{len(took)} of {COMMANDS} commands reached the robot')
    took.sort()
    return [
        Metric('Go2 adapter, LowState at 500 Hz', idle, '% of a core', 12.0),
        Metric('Go2 adapter, command to request, p50', statistics.median(took), 'ms'),
        Metric('Go2 adapter, command to request, p99', took[int(len(took) * 0.99)], 'ms', 5.0)]


def run() -> None:
    """Measure, the vendor's messages being in the environment."""
    with own_domain(), closing(Domain()) as domain, tempfile.TemporaryDirectory() as folder:
        number = str(domain.number)
        with child('-m', 'bench.unitree', 'talk', number), child(
                '-m', 'bench.unitree', 'adapt', number, folder) as adapter:
            save('unitree', measure(domain.number, adapter))


def main(args: list[str]) -> int:
    """Measure, or play a role."""
    if args[:1] == ['adapt']:
        return adapt(*args[1:])
    if args[:1] == ['talk']:
        talk(*args[1:])
    elif args[:1] == ['measure']:
        run()
    else:  # what is built has to be in the environment before Python starts
        env = {**build.environment(build.prefix(sources.VENDOR)),
               dds_profile.VARIABLE: str(dds_profile.path_of(load_robot(ROBOT)))}
        return subprocess.run([sys.executable, '-m', 'bench.unitree', 'measure'], env=env,
                              check=False).returncode
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
