"""Everything that can be known to be wrong is said before anything is started."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
import socket

import pytest

from flywheel_nodes.core.config import MonitorConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.bring_up import checked, plan, Wanted

FREE_PORTS = ('health_exporter.port:=0', 'teleop_relay.port:=0')


def test_the_plan_names_each_process_of_the_robot(tmp_path: Path) -> None:
    made = plan(Wanted(data_dir=str(tmp_path), settings=(FREE_PORTS[0], 'policy.policy:=flawed'),
                       without=('teleop_relay',)))
    assert 'control_arbiter' in made.commands
    assert 'teleop_relay' not in made.commands
    assert 'policy:="flawed"' in made.commands['policy']
    assert f'data_dir:="{tmp_path}"' in made.commands['policy']


def test_a_node_is_given_what_was_checked(tmp_path: Path) -> None:
    file = tmp_path / 'params.yaml'
    # rcl itself would put -p among /** here, and the file's second entry would win over it.
    file.write_text('/**: {ros__parameters: {nice: 1}}\n'
                    '/r1/policy_monitor: {ros__parameters: {gap: 1e0, slowness: 3}}\n')
    made = plan(Wanted(data_dir=str(tmp_path), params_files=(file,), settings=(
        *FREE_PORTS, 'policy_monitor.slowness:=4')))
    config = made.configs['policy_monitor']
    assert isinstance(config, MonitorConfig)
    assert (config.gap, config.slowness, config.nice) == (1.0, 4.0, 1)
    command = made.commands['policy_monitor']
    rules = [rule for flag, rule in pairwise(command) if flag == '-p']
    assert rules == ['robot:="sim"', f'data_dir:="{tmp_path}"', 'nice:=1', 'gap:=1.0',
                     'slowness:=4.0']


@pytest.mark.parametrize(('text', 'rule'), [
    ('r1', '/r1'), ('/fleet/r1', '/fleet/r1'), ('', '/')])
def test_the_namespace_starts_at_the_root(text: str, rule: str, tmp_path: Path) -> None:
    made = plan(Wanted(namespace=text, data_dir=str(tmp_path), settings=FREE_PORTS))
    assert all(f'__ns:={rule}' in command for command in made.commands.values())


def test_the_exporter_does_not_expect_what_is_left_out(tmp_path: Path) -> None:
    made = plan(Wanted(data_dir=str(tmp_path), settings=FREE_PORTS[:1],
                       without=('policy', 'teleop_relay')))
    assert 'without:="policy teleop_relay"' in made.commands['health_exporter']


def test_an_arbiter_that_is_left_out_needs_no_bound(tmp_path: Path) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text('/**/control_arbiter: {ros__parameters: {state_timeout: 2.0}}\n')
    wanted = Wanted(data_dir=str(tmp_path), settings=FREE_PORTS, params_files=(file,))
    with pytest.raises(ConfigError, match='vx stops after 2'):
        plan(wanted)
    assert plan(replace(wanted, without=('control_arbiter',))).commands


def test_cpus_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'policy: cpus: 4095: 4095 is not there for us'):
        plan(Wanted(data_dir=str(tmp_path), settings=('policy.cpus:="4095"',)))


@pytest.mark.parametrize(('wanted', 'says'), [
    (Wanted('spott'), "unknown robot 'spott': known are"),
    (Wanted(settings=('nobody.rate:=1',)), 'with NODE one of'),
    (Wanted(settings=('control_arbiter.rat:=1',)), "unknown parameter 'rat'; did you mean 'rate'"),
    (Wanted(settings=('control_arbiter.rate:=.nan',)), 'not a finite number'),
    (Wanted(settings=('control_arbiter.rate:=50000.0',)), 'out of range'),
    (Wanted(settings=('control_arbiter.rate:=fast',)), "a number is needed, not 'fast'"),
    (Wanted(settings=('snippet_recorder.recording:=nope',)), "unknown rule file 'nope'"),
    (Wanted(settings=('teleop_relay.host:=0.0.0.0',)), 'host 0.0.0.0 can be reached from'),
    (Wanted(params_files=(Path('/nowhere.yaml'),)), '/nowhere.yaml: No such file'),
    (Wanted(data_dir='/proc/flywheel'), 'cannot be written to'),
    (Wanted(namespace='1r'), "namespace '1r': '1r' is no name in ROS"),
    (Wanted(without=('policy', 'nope')), "without: 'nope' is no process: there are sim_robot, "),
    (Wanted(settings=('health_exporter.without:=nope',)), "'nope' is no process"),
    (Wanted(settings=('control_arbiter.state_timeout:=0.5',)),
     "the bound is 0.5 s: in the robot's file raise its stop_deceleration")])
def test_each_mistake_gets_one_line(wanted: Wanted, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'.') as error:
        plan(wanted if wanted.data_dir else Wanted(**{**vars(wanted), 'data_dir': str(tmp_path)}))
    assert says in str(error.value)
    assert '\n' not in str(error.value)


def test_malformed_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / 'bad.yaml'
    file.write_text('/**/policy:\n  ros__parameters: [')
    with pytest.raises(ConfigError, match=r'bad\.yaml:\d+: not valid YAML'):
        plan(Wanted(data_dir=str(tmp_path), params_files=(file,)))


def test_a_parameter_file_is_checked_for_the_nodes_it_speaks_of(tmp_path: Path) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text('/**/policy_monitor:\n  ros__parameters: {gapp: 1.0}\n')
    with pytest.raises(ConfigError, match="policy_monitor: unknown parameter 'gapp'"):
        plan(Wanted(data_dir=str(tmp_path), params_files=(file,)))


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf'health_exporter: 127.0.0.1:{port} cannot'):
            plan(Wanted(data_dir=str(tmp_path), settings=(f'health_exporter.port:={port}',)))


def test_what_is_only_checked_makes_nothing_and_takes_no_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        wanted = Wanted(data_dir=str(tmp_path / 'new'),
                        settings=(f'teleop_relay.port:={port}', FREE_PORTS[0]))
        assert 'control_arbiter' in checked(wanted).commands
        with pytest.raises(ConfigError, match='cannot be listened on'):
            plan(wanted)
    assert not (tmp_path / 'new').exists()
