"""The launch file starts the processes of the table and nothing else."""

import ast
import os
from pathlib import Path
from typing import Any

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import PROCESSES, processes_for
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.launch_plan import ARGUMENTS, choices, key

FILE = share_dir() / 'launch' / 'robot.launch.py'
SHIPPED = str(share_dir() / 'config' / 'defaults.yaml')
DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()}
CPU = str(max(os.sched_getaffinity(0)))


def running(chosen: dict[str, str]) -> list[str]:
    return [p.name for p in PROCESSES if chosen[key(p.name, 'runs')] == 'true']


def test_the_processes_of_the_robot_run() -> None:
    chosen = choices(DEFAULTS)
    assert running(chosen) == [p.name for p in processes_for('sim')]
    assert chosen['params_file'] == SHIPPED
    assert running(choices({**DEFAULTS, 'without': 'policy, sim_robot'})) == [
        p.name for p in processes_for('another')]


def test_the_exporter_does_not_expect_what_is_left_out() -> None:
    key_ = key('health_exporter', 'without')
    assert choices(DEFAULTS)[key_] == ''
    assert choices({**DEFAULTS, 'without': 'policy, sim_robot'})[key_] == 'policy sim_robot'


def test_a_robot_given_by_path_runs_without_the_embedded_one(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('{robot: mine, adapter: sim, model: m, embodiment: arm}', encoding='utf-8')
    assert running(choices({**DEFAULTS, 'robot': str(path)})) == [
        p.name for p in processes_for('mine')]


def test_cpus_and_nice_come_from_the_file_and_from_arguments(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('/**: {ros__parameters: {nice: 3}}\n', encoding='utf-8')
    chosen = choices({**DEFAULTS, 'params_file': str(path), 'cpus': f'policy={CPU}',
                      'nice': 'policy=4;teleop_relay=5'})
    assert chosen['params_file'] == str(path)
    assert (chosen['policy.cpus'], chosen['control_arbiter.cpus']) == (CPU, '')
    assert [chosen[key(name, 'nice')] for name in ('policy', 'teleop_relay', 'sim_robot')] == [
        '4', '5', '3']


@pytest.mark.parametrize(('name', 'value', 'needle'), [
    ('robot', 'hal', "unknown robot 'hal'"), ('log_level', 'loud', "'loud' is not one of debug"),
    ('params_file', '/absent.yaml', 'No such file'), ('without', 'nobody', "'nobody' is no proc"),
    ('namespace', 'a//b', "'' is no name in ROS"),
    ('cpus', 'policy', "cpus: 'policy': NODE=VALUE"), ('cpus', 'policy=4095', 'not there for'),
    ('cpus', 'policy=a', "'a' is no CPU"), ('nice', 'policy=99', 'nice: 99 is out of range'),
    ('nice', 'nobody=1', 'with NODE one of')])
def test_a_bad_argument_gets_one_line(name: str, value: str, needle: str) -> None:
    with pytest.raises(ConfigError, match=needle):
        choices({**DEFAULTS, name: value})


def test_a_bad_parameter_in_the_file_is_found_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('/r1/policy: {ros__parameters: {rat: 3}}\n', encoding='utf-8')
    choices({**DEFAULTS, 'params_file': str(path)})
    with pytest.raises(ConfigError, match="policy: unknown parameter 'rat'"):
        choices({**DEFAULTS, 'params_file': str(path), 'namespace': 'r1'})


def test_the_file_compiles_and_names_no_process_itself() -> None:
    tree = ast.parse(FILE.read_text(encoding='utf-8'))
    compile(tree, str(FILE), 'exec')
    texts = {node.value for node in ast.walk(tree)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not texts & {p.name for p in PROCESSES}


def description() -> Any:
    pytest.importorskip('launch_ros', reason='launch_ros is not installed (not on PyPI)')
    from launch.launch_description_sources import get_launch_description_from_python_launch_file
    return get_launch_description_from_python_launch_file(str(FILE))


def test_the_real_launch_system_shows_its_arguments() -> None:
    from_file = description()
    assert [one.name for one in from_file.get_launch_arguments()] == list(ARGUMENTS)


def test_the_real_launch_system_starts_what_was_chosen() -> None:
    entities = description().entities
    from launch import LaunchContext
    from launch.actions import OpaqueFunction
    from launch_ros.actions import Node
    context = LaunchContext()
    context.launch_configurations.update({**DEFAULTS, 'without': 'policy', 'namespace': 'r1'})
    for check in [e for e in entities if isinstance(e, OpaqueFunction)]:
        for choice in check.execute(context):
            choice.execute(context)
    nodes = [e for e in entities if isinstance(e, Node)]
    assert len(nodes) == len(PROCESSES)
    chosen = [e for e in nodes if e.condition.evaluate(context)]
    assert len(chosen) == len(processes_for('sim')) - 1
