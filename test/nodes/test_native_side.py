from collections.abc import Iterator
import threading

import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from flywheel_nodes.adapters import sim as native
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Native
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.messages import to_qos
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from test.harness import Bench


class Robot:
    """A process on the robot's own bus."""

    def __init__(self, domain: int, context: Context) -> None:
        self.domain = domain
        self.node = Node('driver', context=context, namespace='/maker')
        self._out = self.node.create_publisher(
            JointState, native.JOINT_STATES.name, to_qos(native.JOINT_STATES.qos))
        self.node.create_service(Trigger, 'claim', self._claim)
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)

    def say(self) -> None:
        self._out.publish(JointState(name=['elbow'], position=[0.5]))

    @staticmethod
    def _claim(_: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        answer.success, answer.message = True, 'yours'
        return answer

    def heard_of(self) -> set[str]:
        return set(self.node.get_node_names()) - {'driver'}


@pytest.fixture
def maker() -> Iterator[Robot]:
    domain = Domain()
    with ros((), Context(), domain.number) as context:
        robot = Robot(domain.number, context)
        yield robot
        robot.executor.shutdown()
        robot.node.destroy_node()
    domain.close()


def test_a_bus_of_its_own_has_the_adapter_on_it_and_nobody_else(
        bench: Bench, maker: Robot) -> None:
    bench.probe.listen(topics.JOINT_STATES)
    bench.start('robot_adapter', RobotAdapter, native_domain=maker.domain,
                native_namespace='/maker', native_discovery='localhost')
    heard = bench.probe.heard[topics.JOINT_STATES.name]
    bench.until(lambda: heard, 'the state', each=maker.say)
    assert list(heard[0].position) == [0.5]
    bench.until(maker.heard_of, 'the adapter in the graph')
    assert maker.heard_of() == {'flywheel_robot_adapter'}
    assert 'driver' not in bench.probe.node.get_node_names()


def test_services_of_the_robot_answer_on_its_bus(bench: Bench, maker: Robot) -> None:
    bench.start('robot_adapter', RobotAdapter)
    shell = bench.running[0][0]
    side = NativeSide(shell, Native(domain=maker.domain, namespace='/maker',
                                    discovery='localhost'))
    client = side.client('std_srvs/srv/Trigger', 'claim')
    assert side.name('/absolute') == '/absolute'
    answered = threading.Event()
    bench.until(client.service_is_ready, 'the service')
    future = client.call_async(Trigger.Request())
    future.add_done_callback(lambda _: answered.set())
    bench.until(answered.is_set, 'the answer', each=lambda: maker.executor.spin_once(0.0))
    assert future.result().message == 'yours'
    side.close()
    bench.until(lambda: not maker.heard_of(), 'the end of our node there')
