"""One instance per node and directory, which knows whether its last end was clean."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.run_dir import (
    domain_of,
    holds,
    Instance,
    is_up,
    pids,
    prepare,
    restarted_within,
    url_of,
)
from test.effects.holder import crashed, Holder
from test.unprivileged import unprivileged

Hold = Callable[[], Holder]


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Start a process that holds the lock of `node`; killed with the test."""
    started: list[Holder] = []

    def start() -> Holder:
        started.append(Holder(tmp_path, 'node'))
        return started[-1]
    yield start
    for holder in started:
        holder.kill()


def test_a_second_instance_is_refused_and_told_who_holds_it(tmp_path: Path, hold: Hold) -> None:
    holder = hold()
    with pytest.raises(ConfigError) as error:
        Instance(tmp_path, 'node')
    assert f'in use by another node (pid {holder.pid})' in str(error.value)
    Instance(tmp_path, 'another_node').close()


def test_kill_9_frees_the_lock_and_is_counted(tmp_path: Path, hold: Hold) -> None:
    for expected in (0, 1, 2):
        holder = hold()
        assert holder.restarts == expected
        holder.kill()
    one = Instance(tmp_path, 'node')
    assert one.restarts == 3
    one.close()


def test_a_clean_end_is_no_crash(tmp_path: Path, hold: Hold) -> None:
    hold().kill()
    again = hold()
    assert again.restarts == 1
    again.end()
    one = Instance(tmp_path, 'node')
    assert one.restarts == 0
    one.close()


def test_an_end_that_is_said_not_to_be_clean_counts(tmp_path: Path) -> None:
    Instance(tmp_path, 'node').close(clean=False)
    one = Instance(tmp_path, 'node')
    assert one.restarts == 1
    one.close()


def test_a_reboot_is_no_crash(tmp_path: Path) -> None:
    crashed(tmp_path, 'node', os.getpid(), 'another')
    one = Instance(tmp_path, 'node')
    assert one.restarts == 0
    one.close()


def test_nobody_runs_since_before_the_machine_was_started(tmp_path: Path) -> None:
    crashed(tmp_path, 'node', os.getpid(), 'another')
    assert not is_up(tmp_path, 'node') and pids(tmp_path) == {}
    assert url_of(tmp_path, 'node') == domain_of(tmp_path) == ''


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


def test_a_directory_without_leave_to_write_is_refused() -> None:
    with unprivileged(0o555) as folder, pytest.raises(ConfigError, match='cannot be written to'):
        prepare(folder)


def test_a_restart_after_a_crash_is_known_for_a_while(tmp_path: Path, hold: Hold) -> None:
    assert not restarted_within(tmp_path, 'node', 30.0), 'it never ran'
    holder = hold()
    assert not restarted_within(tmp_path, 'node', 30.0), 'it runs for the first time'
    holder.kill()
    assert not restarted_within(tmp_path, 'node', 30.0), 'it does not run'
    hold()
    assert restarted_within(tmp_path, 'node', 30.0)
    assert not restarted_within(tmp_path, 'node', 0.0), 'that is longer ago'


def test_the_process_that_holds_a_lock_is_known(tmp_path: Path, hold: Hold) -> None:
    assert pids(tmp_path) == {}
    holder = hold()
    assert pids(tmp_path) == {'node': holder.pid}
    assert holds(tmp_path, 'node', holder.pid) and not holds(tmp_path, 'node', os.getpid())
    assert not holds(tmp_path, 'another', holder.pid)
    holder.kill()
    assert pids(tmp_path) == {} and not holds(tmp_path, 'node', holder.pid)
