"""The standard parameter services show, change live what may change, and refuse the rest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue, SetParametersResult
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from rclpy.node import Node
import yaml

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.config import ArbiterConfig, Common, RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import walk
from flywheel_nodes.core.processes import Process, PROCESSES
from flywheel_nodes.core.reference import defaults_yaml
from flywheel_nodes.core.robot import check_stop_bound
from flywheel_nodes.core.ros_params import effective
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.params_files import params_file
from flywheel_nodes.nodes.parameters import _plain, _ROS_OWN
from flywheel_nodes.nodes.shell import Shell
from test.harness import Bench, ros_args


class Idle:
    """A component that does nothing."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def step(self, now: Now) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def of(value: Any) -> ParameterValue:
    if isinstance(value, bool):
        return ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=value)
    if isinstance(value, float):
        return ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
    if isinstance(value, str):
        return ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)
    return ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=value)


def set_to(bench: Bench, name: str, value: Any) -> SetParametersResult:
    request = SetParameters.Request(parameters=[Parameter(name=name, value=of(value))])
    answer = bench.call(SetParameters, 'control_arbiter/set_parameters', request)
    return answer.results[0]


@pytest.fixture
def config(bench: Bench) -> Any:
    """Start a node; return what reads its configuration as of now."""
    component = bench.start('control_arbiter', Idle, blend_time=0.6)
    return lambda: component.shell.config


def test_a_live_parameter_changes_the_configuration(bench: Bench, config: Any) -> None:
    assert config() == ArbiterConfig(data_dir=str(bench.folder), blend_time=0.6)
    before = config()
    assert set_to(bench, 'blend_time', 1.5).successful
    assert config() == ArbiterConfig(data_dir=str(bench.folder), blend_time=1.5)
    assert before.blend_time == 0.6, 'a configuration once handed out never changes'
    request = GetParameters.Request(names=['blend_time'])
    answer = bench.call(GetParameters, 'control_arbiter/get_parameters', request)
    assert answer.values[0].double_value == 1.5


@pytest.mark.parametrize(('name', 'value', 'reason'), [
    ('blend_time', 9.0, 'blend_time'), ('blend_time', float('nan'), 'blend_time'),
    ('blend_time', 'soon', 'type'), ('unheard_of', 1.0, "unknown parameter 'unheard_of'"),
    ('rate', 100.0, 'control_arbiter: rate is read-only while the node runs: set it in'),
    ('rate', 'fast', 'rate is read-only')])
def test_what_may_not_be_is_refused_with_a_reason(
        bench: Bench, config: Any, name: str, value: Any, reason: str) -> None:
    before = config()
    result = set_to(bench, name, value)
    assert not result.successful
    assert reason in result.reason
    assert config() == before


def test_every_parameter_is_listed_and_described(bench: Bench, config: Any) -> None:
    names = {name for name, *_ in walk(ArbiterConfig)}
    listed = bench.call(ListParameters, 'control_arbiter/list_parameters',
                        ListParameters.Request())
    assert names <= set(listed.result.names)
    request = DescribeParameters.Request(names=['blend_time', 'rate'])
    answer = bench.call(DescribeParameters, 'control_arbiter/describe_parameters', request)
    live, fixed = answer.descriptors
    assert not live.read_only and fixed.read_only
    assert live.floating_point_range[0].to_value == 2.0
    assert live.description == 'a new controller takes over within'


@pytest.mark.parametrize(('params', 'needle'), [
    ({'rat': 1.0}, "unknown parameter 'rat'; did you mean 'rate'"),
    ({'rate': 'fast'}, 'rate: a number is needed'),
    ({'rate': 1.0}, 'rate: 1.0 is out of range'),
    ({'rate': '.nan'}, 'rate: nan is not a finite number'),
    ({'monitor_required': 1}, 'true or false is needed'),
    ({'robot': 'hal'}, "unknown robot 'hal'")])
def test_a_node_with_a_bad_parameter_does_not_start(
        bench: Bench, params: dict[str, Any], needle: str) -> None:
    with pytest.raises(ConfigError, match=needle):
        bench.start('control_arbiter', Idle, **params)


def test_lists_can_be_given_and_are_read_only(bench: Bench) -> None:
    component = bench.start('snippet_recorder', Idle, include='[odom, tf]')
    assert component.shell.config == RecorderConfig(
        data_dir=str(bench.folder), include=('odom', 'tf'))


def test_a_whole_number_is_taken_for_a_number(bench: Bench, config: Any) -> None:
    assert set_to(bench, 'blend_time', 1).successful
    assert config().blend_time == 1.0


def test_several_change_together_or_not_at_all(bench: Bench, config: Any) -> None:
    def together(**values: Any) -> SetParametersResult:
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name=name, value=of(value)) for name, value in values.items()])
        return bench.call(SetParametersAtomically, 'control_arbiter/set_parameters_atomically',
                          request).result
    assert not together(blend_time=1.0, rate=100.0).successful
    assert not together(blend_time=1.0, excess_delay=5.0).successful
    assert config().blend_time == 0.6
    assert together(blend_time=1.0, excess_delay=0.5).successful
    assert (config().blend_time, config().excess_delay) == (1.0, 0.5)


def test_no_live_change_touches_the_stop_bound(bench: Bench, config: Any) -> None:
    before = config().detection
    for name, _, _, spec in walk(ArbiterConfig):
        edges = (False, True) if spec.low is None else (spec.low, spec.high)
        for value in edges if spec.live else ():
            assert set_to(bench, name, value).successful
            check_stop_bound(load_robot('sim'), config().detection)
    assert config() != ArbiterConfig(data_dir=str(bench.folder), blend_time=0.6)
    assert config().detection == before
    for name in ('command_timeout', 'state_timeout', 'verdict_timeout'):
        assert 'read-only' in set_to(bench, name, 1.0).reason


PATTERNS = ('/**', '/r1/**', '/r1/mon', 'r1/mon', 'mon', '/mon', '/**/mon', '/*/mon', '/*',
            '/r1/*', '/*/*', '/**/r1/mon', '/a/**/mon', '"**"', '/**/**', '/a/*/mon', '/**/*',
            '/r1/**/mon', '/**/mo', '/r1')
WORDS = ('1', '-1', '+1', '0x1F', '-0x10', '010', '08', '1e3', '1.', '.5', '+.5', '1_000', '.NaN',
         'nan', '-nan', '-.nan', '.inf', '+.Inf', '-inf', 'Infinity', '.iNf', 'true', 'y', 'Y',
         'n', 'NO', 'Off', 'tRue', '~', 'null', '2001-01-01', '1:30', '1e', '--1', '5 6',
         '"true"', "'1'", '0b11', '0o17', '99999999999999999999', '1e400', '1e-400', '-0', '0',
         '1.0f', '0x1.8p1', '0x1p-2', '0x', '.', '+', '!!str yes', '9223372036854775807',
         '9223372036854775808', '-9223372036854775809', '[1, 2]', '[a, "1"]', '[.5, 1e3]',
         '5e-324')
FILES = (
    ('/r1/mon: {ros__parameters: {x: 2}}\n/**: {ros__parameters: {x: 1, y: 3}}',),
    ('/**/mon: {ros__parameters: {x: 1}}\n/**: {ros__parameters: {x: 2}}',
     '/**/mon: {ros__parameters: {x: 3}}'),
    # The other way round rcl refuses it before Kilted.
    ('r1:\n  mon:\n    ros__parameters: {a: {b: 1, c: {d: 2}}}\n  ros__parameters: {x: 1}',),
    ('/**: {mon: {ros__parameters: {x: 1}}}\n---\nr1/: {mon: {ros__parameters: {y: 1}}}',),
    ('# nothing',))


def as_rcl_reads(bench: Bench, texts: Sequence[str], node: str = '/r1/mon') -> dict[str, Any]:
    """Return what a real node is given by files with these contents."""
    namespace, _, name = node.rpartition('/')
    args = ['--ros-args', '-r', f'__ns:={namespace or "/"}']
    for path in written(bench, texts):
        args += ['--params-file', str(path)]
    made = Node(name, cli_args=args, automatically_declare_parameters_from_overrides=True)
    try:
        return {name: _plain(one.value) for name, one in made.get_parameters_by_prefix('').items()
                if name not in _ROS_OWN}
    finally:
        made.destroy_node()


def written(bench: Bench, texts: Sequence[str]) -> list[Path]:
    paths = [bench.folder / f'{i}.yaml' for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding='utf-8')
    return paths


def as_we_read(bench: Bench, texts: Sequence[str], node: str = '/r1/mon') -> dict[str, Any]:
    return effective([params_file(path) for path in written(bench, texts)], node)


@pytest.mark.parametrize('node', ['/r1/mon', '/mon', '/a/r1/mon'])
def test_entries_are_for_the_nodes_that_rcl_says(bench: Bench, node: str) -> None:
    for pattern in PATTERNS:
        text = f'{pattern}: {{ros__parameters: {{x: 1}}}}'
        assert as_we_read(bench, [text], node) == as_rcl_reads(bench, [text], node), pattern


def test_words_mean_what_rcl_says(bench: Bench) -> None:
    lines = ''.join(f'\n    p{i}: {word}' for i, word in enumerate(WORDS))
    text = f'/**:\n  ros__parameters:{lines}'
    ours, theirs = as_we_read(bench, [text]), as_rcl_reads(bench, [text])
    for i, word in enumerate(WORDS):
        assert repr(ours[f'p{i}']) == repr(theirs[f'p{i}']), word


@pytest.mark.parametrize('texts', FILES)
def test_files_merge_as_rcl_says(bench: Bench, texts: Sequence[str]) -> None:
    assert as_we_read(bench, texts) == as_rcl_reads(bench, texts)


@pytest.mark.parametrize('process', PROCESSES, ids=lambda p: p.name)
def test_the_defaults_file_gives_a_real_node_its_defaults(
        bench: Bench, process: Process) -> None:
    path = bench.folder / 'defaults.yaml'
    content = defaults_yaml().replace('data_dir: ""', f'data_dir: "{bench.folder}"')
    path.write_text(content, encoding='utf-8')
    args = [*ros_args(bench.namespace, {}), '--params-file', str(path)]
    shell = Shell(process.name, process.config, args)
    try:
        assert shell.config == process.config(data_dir=str(bench.folder))
        given = yaml.safe_load(content)[f'/**/{process.name}']['ros__parameters']
        unset = {name for name, _, default, _ in walk(process.config) if default == ()}
        assert {name for name, *_ in walk(process.config)} == set(given) | unset
        assert isinstance(shell.config, Common)
    finally:
        shell.close()
