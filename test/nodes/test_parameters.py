"""The standard parameter services show, change live what may change, and refuse the rest."""

from typing import Any

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue, SetParametersResult
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
import yaml

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.config import ArbiterConfig, Common, RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import walk
from flywheel_nodes.core.processes import Process, PROCESSES
from flywheel_nodes.core.reference import defaults_yaml
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
    ('blend_time', 'soon', 'type'), ('rate', 100.0, 'read-only'),
    ('unheard_of', 1.0, 'undeclared')])
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
