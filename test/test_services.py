"""The table of services says what the nodes offer, no more and no less."""

import importlib
import inspect
from typing import Any

import pytest

from flywheel_nodes.core.processes import NOWHERE, Process, PROCESSES
from flywheel_nodes.core.services import ON_SOME_ROBOTS, SERVICES
from test.harness import Bench

STANDARD = {'describe_parameters', 'get_parameter_types', 'get_parameters', 'list_parameters',
            'set_parameters', 'set_parameters_atomically', 'get_type_description'}
PORTS = {'teleop_relay': {'port': 0}, 'health_exporter': {'port': 0}}


def component(process: Process) -> Any:
    module = importlib.import_module(process.module)
    return next(cls for _, cls in inspect.getmembers(module, inspect.isclass)
                if cls.__module__ == process.module
                and [*inspect.signature(cls).parameters] == ['shell'])


@pytest.mark.parametrize('process', [p for p in PROCESSES if p.only != NOWHERE],
                         ids=lambda p: p.name)
def test_a_node_offers_what_the_table_says(bench: Bench, process: Process) -> None:
    bench.start(process.name, component(process), **PORTS.get(process.name, {}))
    expected = {service.name: [service.type] for service in SERVICES
                if service.node == process.name and service not in ON_SOME_ROBOTS}
    head = f'{bench.namespace}/{process.name}/'

    def offered() -> dict[str, list[str]]:
        found = dict(bench.running[0][0].node.get_service_names_and_types_by_node(
            process.name, bench.namespace))
        own = {name.removeprefix(head): types for name, types in found.items()}
        return {name: types for name, types in own.items() if name not in STANDARD}
    bench.until(lambda: offered() == expected, f'{process.name} offers {expected}')


def test_each_service_has_its_own_name_and_a_node() -> None:
    assert len({service.path for service in SERVICES}) == len(SERVICES)
    assert {service.node for service in SERVICES} <= {process.name for process in PROCESSES}
    assert all(service.meaning for service in SERVICES)
