"""One instance per node and directory, which knows whether its last end was clean."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.run_dir import (
    holds,
    Instance,
    pids,
    prepare,
    restarted_within,
    url_of,
)

HOLD = """
import sys
from pathlib import Path
from flywheel_nodes.effects.run_dir import Instance
one = Instance(Path(sys.argv[1]), 'node')
one.address('http://here')
print(one.restarts, flush=True)
sys.stdin.read()
one.close()
"""
Process = subprocess.Popen[str]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[list[Process]]:
    """Give a list of other processes, which are ended with the test."""
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def hold(folder: Path, started: list[Process]) -> tuple[Process, int]:
    """Start a process that holds the lock; return it and the restarts it counts."""
    process = subprocess.Popen([sys.executable, '-c', HOLD, str(folder)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout
    return process, int(process.stdout.readline())


def test_a_second_instance_is_refused_and_told_who_holds_it(
        tmp_path: Path, other: list[Process]) -> None:
    process, _ = hold(tmp_path, other)
    with pytest.raises(ConfigError) as error:
        Instance(tmp_path, 'node')
    assert f'in use by another node (pid {process.pid})' in str(error.value)
    Instance(tmp_path, 'another_node').close()


def test_kill_9_frees_the_lock_and_is_counted(tmp_path: Path, other: list[Process]) -> None:
    for expected in (0, 1, 2):
        process, restarts = hold(tmp_path, other)
        assert restarts == expected
        process.send_signal(signal.SIGKILL)
        process.communicate()
    one = Instance(tmp_path, 'node')
    assert one.restarts == 3
    one.close()


def test_a_clean_end_is_no_crash(tmp_path: Path, other: list[Process]) -> None:
    process, _ = hold(tmp_path, other)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again, restarts = hold(tmp_path, other)
    assert restarts == 1
    again.communicate()
    assert again.returncode == 0
    one = Instance(tmp_path, 'node')
    assert one.restarts == 0
    one.close()


def test_an_end_that_is_said_not_to_be_clean_counts(tmp_path: Path) -> None:
    Instance(tmp_path, 'node').close(clean=False)
    one = Instance(tmp_path, 'node')
    assert one.restarts == 1
    one.close()


def test_a_reboot_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'node.lock').write_text(
        json.dumps({'pid': 1, 'boot': 'another', 'restarts': 5, 'url': ''}), encoding='utf-8')
    one = Instance(tmp_path, 'node')
    assert one.restarts == 0
    one.close()


@pytest.mark.parametrize('content', ['{', '[]', '{}', 'null', '{"restarts": "x", "boot": 1}'])
def test_a_damaged_file_is_no_obstacle(tmp_path: Path, content: str) -> None:
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'node.lock').write_text(content, encoding='utf-8')
    assert url_of(tmp_path, 'node') == ''
    one = Instance(tmp_path, 'node')
    assert one.restarts == 0
    one.close()


def test_the_address_is_the_one_noted_last(tmp_path: Path) -> None:
    assert url_of(tmp_path, 'node') == ''
    one = Instance(tmp_path, 'node')
    for url in ('http://127.0.0.1:12345/metrics', 'http://127.0.0.1:1/', ''):
        one.address(url)
        assert url_of(tmp_path, 'node') == url
    one.close()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(ConfigError, match=r'cannot be written to .*choose another with data_dir'):
        prepare(tmp_path / 'file' / 'below')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_a_directory_without_leave_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match='cannot be written to'):
        prepare(tmp_path)


def test_a_restart_after_a_crash_is_known_for_a_while(tmp_path: Path,
                                                      other: list[Process]) -> None:
    assert not restarted_within(tmp_path, 'node', 30.0), 'it never ran'
    process, _ = hold(tmp_path, other)
    assert not restarted_within(tmp_path, 'node', 30.0), 'it runs for the first time'
    process.kill()
    process.wait()
    assert not restarted_within(tmp_path, 'node', 30.0), 'it does not run'
    hold(tmp_path, other)
    assert restarted_within(tmp_path, 'node', 30.0)
    assert not restarted_within(tmp_path, 'node', 0.0), 'that is longer ago'


def test_the_process_that_holds_a_lock_is_known(tmp_path: Path, other: list[Process]) -> None:
    assert pids(tmp_path) == {}
    process, _ = hold(tmp_path, other)
    assert pids(tmp_path) == {'node': process.pid}
    assert holds(tmp_path, 'node', process.pid) and not holds(tmp_path, 'node', os.getpid())
    assert not holds(tmp_path, 'another', process.pid)
    process.kill()
    process.wait()
    assert pids(tmp_path) == {} and not holds(tmp_path, 'node', process.pid)
