"""`flywheel doctor` as people run it: in a process of its own, beside a stack or without one."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import pytest

from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.run_dir import is_up
from test.nodes.test_doctor_rivals import ELSEWHERE
from test.up import Up, wait

PORTS = ('--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0')
SHORT = ('--seconds', '0.5')
LONG = ('--seconds', '10')  # discovery, and messages that a busy machine delays


def doctor(*args: str, env: dict[str, str] | None = None, without: str = ''
           ) -> 'subprocess.CompletedProcess[str]':
    environ = {key: value for key, value in os.environ.items() if key != without}
    return subprocess.run([sys.executable, '-m', 'flywheel_nodes.cli', 'doctor', *args],
                          text=True, capture_output=True, check=False, env=environ | (env or {}))


def checks(done: 'subprocess.CompletedProcess[str]') -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)['findings']
    return found


def of(found: list[dict[str, Any]], check: str) -> dict[str, Any]:
    return next(one for one in found if one['check'] == check)


def test_without_a_stack_there_are_lines_that_fit_and_nothing_is_made(tmp_path: Path) -> None:
    done = doctor('--data-dir', str(tmp_path / 'd'), *PORTS, '--all', without='ROS_DOMAIN_ID')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'none of ours runs, nor the embedded robot' in done.stdout
    assert all(len(line) <= 80 and line.isprintable() for line in done.stdout.splitlines()
               if str(tmp_path) not in line)
    assert list(tmp_path.iterdir()) == []


def test_what_is_ok_is_a_number_unless_all_is_asked_for(tmp_path: Path) -> None:
    done = doctor('--data-dir', str(tmp_path), *PORTS, *SHORT, without='ROS_DOMAIN_ID')
    *told, last = done.stdout.splitlines()
    assert done.returncode == 0 and last.endswith(' ok')
    assert not [line for line in told if line.startswith('ok ')]
    assert 'none of ours runs' not in done.stdout


def test_what_is_wrong_is_the_exit_code_and_json_says_the_same(tmp_path: Path) -> None:
    done = doctor('--data-dir', str(tmp_path), *PORTS, *SHORT, '--json', '--param',
                  'teleop_relay.host:=0.0.0.0')
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report['robot'], report['wrong']) == ('sim', 1)
    told = of(report['findings'], 'configuration')
    assert told['level'] == 'wrong' and 'tunnel' in told['remedy']


@pytest.mark.parametrize('args', [
    ('--robot', 'robbie'), ('--namespace', '1bad'), ('--seconds', '0'), ('--seconds', 'long'),
    ('--params-file',)])
def test_bad_arguments_are_exit_code_2(args: tuple[str, ...]) -> None:
    assert doctor(*args).returncode == 2


def test_a_parameter_file_that_does_not_read_is_a_finding(tmp_path: Path) -> None:
    done = doctor('--data-dir', str(tmp_path), *SHORT, '--json', '--params-file', '/nowhere.yaml')
    assert done.returncode == 1
    assert '/nowhere.yaml' in of(checks(done), 'configuration')['sentence']


def test_a_missing_package_of_the_vendor_is_told_and_its_bus_is_left_alone(tmp_path: Path) -> None:
    done = doctor('--robot', 'unitree_go2', '--data-dir', str(tmp_path), *PORTS, *SHORT, '--json')
    assert done.returncode == 1
    found = checks(done)
    missing = of(found, 'messages')
    assert missing['level'] == 'wrong' and 'unitree' in missing['sentence'] and missing['remedy']
    assert of(found, 'robot')['level'] == 'unknown'
    assert of(found, 'dds profile')['level'] == 'ok'


def test_an_option_that_the_adapter_has_not_is_told(tmp_path: Path) -> None:
    text = (share_dir() / 'config' / 'robots' / 'clearpath_husky.yaml').read_text()
    file = tmp_path / 'odd.yaml'
    file.write_text(text.replace('command: stamped', 'command: odd'))
    done = doctor('--robot', str(file), '--data-dir', str(tmp_path), *PORTS, *SHORT, '--json')
    assert done.returncode == 1
    told = of(checks(done), 'adapter')
    assert told['level'] == 'wrong' and "option command: 'odd'" in told['sentence']


def test_a_robot_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = doctor('--robot', 'clearpath_husky', '--data-dir', str(tmp_path), *PORTS, *SHORT,
                  '--json')
    assert done.returncode == 1
    found = checks(done)
    assert 'not heard' in of(found, 'robot')['sentence']
    assert [one for one in found if one['check'] == 'robot topic'] == []


def test_no_bus_is_joined_with_a_profile_that_may_crash_the_robot(tmp_path: Path) -> None:
    profile = tmp_path / 'other.xml'
    profile.write_text('<dds/>')
    done = doctor('--robot', 'unitree_go2', '--data-dir', str(tmp_path), *PORTS, *SHORT, '--json',
                  env={dds_profile.VARIABLE: str(profile)})
    assert done.returncode == 1
    found = checks(done)
    assert of(found, 'dds profile')['level'] == 'wrong'
    assert of(found, 'buses') == found[-1]
    assert 'not joined: see what is wrong with dds profile' in found[-1]['sentence']


@pytest.fixture(scope='module')
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    stack = Up(tmp_path_factory.mktemp('doctor') / 'data', '--namespace', 'patient')
    stack.wait_ready()
    wait(lambda: is_up(stack.data_dir, 'policy') and is_up(stack.data_dir, 'robot_adapter'),
         'all nodes')
    yield stack
    stack.end()


def test_a_stack_that_runs_is_seen_and_heard(up: Up) -> None:
    done = doctor('--data-dir', str(up.data_dir), '--namespace', 'patient', *LONG, '--json')
    found = checks(done)
    assert of(found, 'nodes')['sentence'] == 'all 8 run and see each other'
    heard = {one['sentence'].split(':')[0] for one in found if one['check'] == 'robot topic'}
    assert {'native/joint_states', 'native/odom', 'native/estop'} <= heard
    assert any(one['sentence'].startswith('joint_states: ') and 'Hz' in one['sentence']
               for one in found if one['check'] == 'our topic')
    assert [one for one in found if one['check'] == 'robot'] == []
    assert 'teleop_relay serves' in of(found, 'port')['sentence']


def test_a_competitor_is_a_failure(up: Up) -> None:
    domain = up.notes()['control_arbiter']['domain']
    process = subprocess.Popen([sys.executable, '-c', ELSEWHERE, 'patient'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, 'ROS_DOMAIN_ID': domain})
    try:
        assert process.stdout and process.stdout.readline() == 'ready\n'
        done = doctor('--data-dir', str(up.data_dir), '--namespace', 'patient', *LONG, '--json')
    finally:
        process.kill()
        process.communicate()
    assert done.returncode == 1
    found = of(checks(done), 'competitor')
    assert f'robot/cmd_vel: published by /patient/navigator (pid {process.pid}: ' in \
        found['sentence']
    assert found['remedy'].startswith(f'kill {process.pid};')


def test_a_node_that_was_stopped_is_told_and_how_it_goes_on(up: Up) -> None:
    pids = {name: up.pids()[name] for name in ('policy', 'robot_adapter')}
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    try:
        done = doctor('--data-dir', str(up.data_dir), '--namespace', 'patient', *LONG, '--json')
    finally:
        for pid in pids.values():
            os.kill(pid, signal.SIGCONT)
    assert done.returncode == 1
    said = {one['sentence']: one['remedy'] for one in checks(done) if one['check'] == 'nodes'}
    assert said == {f'{name} (pid {pid}) is stopped (SIGSTOP)': f'kill -CONT {pid}'
                    for name, pid in pids.items()}
    assert 'cannot be asked: stopped' in of(checks(done), 'robot')['sentence']


def test_each_check_is_explained(up: Up) -> None:
    page = (Path(__file__).resolve().parents[2] / 'docs' / 'doctor.md').read_text()
    done = doctor('--data-dir', str(up.data_dir), '--namespace', 'patient', *SHORT, '--json')
    assert [one['check'] for one in checks(done) if f'`{one["check"]}`' not in page] == []


def test_a_stack_in_another_namespace_is_not_seen(up: Up) -> None:
    done = doctor('--data-dir', str(up.data_dir), '--namespace', 'other', *SHORT, '--json')
    assert done.returncode == 1
    lost = of(checks(done), 'nodes')
    assert lost['level'] == 'wrong' and '--namespace' in lost['remedy']
