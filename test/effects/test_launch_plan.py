"""The launch file starts the processes of the table and nothing else."""

import ast
from pathlib import Path
from typing import Any

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import processes_for
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.launch_plan import ARGUMENTS, plan

FILE = share_dir() / 'launch' / 'robot.launch.py'
DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()}


def test_one_node_for_each_process_of_the_robot() -> None:
    starts = plan({**DEFAULTS, 'namespace': 'r1', 'data_dir': '/data'})
    assert [s.name for s in starts] == [p.name for p in processes_for('sim')]
    for start in starts:
        assert (start.executable, start.namespace) == (start.name, 'r1')
        assert start.parameters == {'robot': 'sim', 'data_dir': '/data'}
        assert start.respawn_delay > 0.0


def test_a_robot_given_by_path_runs_without_the_embedded_one(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('{robot: mine, adapter: sim, model: m, embodiment: arm}', encoding='utf-8')
    starts = plan({**DEFAULTS, 'robot': str(path)})
    assert [s.name for s in starts] == [p.name for p in processes_for('mine')]
    assert starts[0].parameters == {'robot': str(path)}


def test_parameters_come_from_the_file_before_those_of_the_command_line() -> None:
    path = str(share_dir() / 'config' / 'defaults.yaml')
    assert all(s.params_files == (path,) for s in plan({**DEFAULTS, 'params_file': path}))


@pytest.mark.parametrize(('name', 'value', 'needle'), [
    ('robot', 'hal', "unknown robot 'hal'"), ('log_level', 'loud', "'loud' is not one of debug"),
    ('params_file', '/absent.yaml', 'No such file')])
def test_a_bad_argument_gets_one_line(name: str, value: str, needle: str) -> None:
    with pytest.raises(ConfigError, match=needle):
        plan({**DEFAULTS, name: value})


def test_the_file_compiles_and_names_no_process_itself() -> None:
    tree = ast.parse(FILE.read_text(encoding='utf-8'))
    compile(tree, str(FILE), 'exec')
    texts = {node.value for node in ast.walk(tree)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not texts & {p.name for p in processes_for('sim')}
    calls = [node for node in ast.walk(tree)
             if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'Node']
    assert len(calls) == 1
    executable = next(k.value for k in calls[0].keywords if k.arg == 'executable')
    assert ast.unparse(executable) == 'start.executable'


def test_the_real_launch_system_loads_it() -> None:
    pytest.importorskip('launch_ros', reason='launch_ros is not installed (not on PyPI)')
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument, OpaqueFunction
    from launch.launch_description_sources import get_launch_description_from_python_launch_file
    entities: Any = get_launch_description_from_python_launch_file(str(FILE)).entities
    declared = [e for e in entities if isinstance(e, DeclareLaunchArgument)]
    assert [e.name for e in declared] == list(ARGUMENTS)
    context = LaunchContext()
    context.launch_configurations.update(DEFAULTS)
    nodes = [n for e in entities if isinstance(e, OpaqueFunction) for n in e.execute(context)]
    assert len(nodes) == len(processes_for('sim'))
