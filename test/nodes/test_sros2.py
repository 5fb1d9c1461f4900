"""What the nodes really publish, hear and serve is what their SROS2 policies allow."""

from fnmatch import fnmatchcase

import pytest

from flywheel_nodes.core import sros2
from flywheel_nodes.core.topics import relative
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from flywheel_nodes.nodes.health_exporter import HealthExporter
from flywheel_nodes.nodes.policy_monitor import PolicyMonitor
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from flywheel_nodes.nodes.teleop_relay import TeleopRelay
from flywheel_nodes.sim.policy import PolicyNode
from flywheel_nodes.sim.sim_robot import SimRobot
from test.harness import Bench

MAKERS = {
    'control_arbiter': ControlArbiter, 'health_exporter': HealthExporter,
    'policy_monitor': PolicyMonitor, 'robot_adapter': RobotAdapter,
    'snippet_recorder': SnippetRecorder, 'teleop_relay': TeleopRelay, 'policy': PolicyNode,
    'sim_robot': SimRobot}


def beyond(names: list[tuple[str, list[str]]], allowed: tuple[str, ...],
           bench: Bench) -> list[str]:
    inside = [relative(name, bench.namespace) for name, _ in names]
    return [name for name in inside if not any(fnmatchcase(name, one) for one in allowed)]


@pytest.mark.parametrize('name', MAKERS)
def test_a_node_does_no_more_than_its_policy_allows(bench: Bench, name: str) -> None:
    ports = {'port': 0} if name in ('teleop_relay', 'health_exporter') else {}
    bench.start(name, MAKERS[name], **ports)
    bench.step()
    node = bench.running[0][0].node
    at = (name, bench.namespace)
    said = bench.until(lambda: node.get_publisher_names_and_types_by_node(*at), 'publishers')
    heard = node.get_subscriber_names_and_types_by_node(*at)
    served = [(one.replace(f'{bench.namespace}/{name}/', '~/'), kinds)
              for one, kinds in node.get_service_names_and_types_by_node(*at)]
    assert beyond(said, sros2.says(name), bench) == []
    assert beyond(heard, sros2.HEARS[name], bench) == []
    assert beyond(served, sros2.serves(name), bench) == []
