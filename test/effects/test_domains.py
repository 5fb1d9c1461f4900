"""Every run on a machine has a DDS domain of its own, and gives it back however it ends."""

from collections.abc import Iterator
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.effects.domains import Domain, FIRST, LAST, loopback

CLAIM = """
import sys
from flywheel_nodes.effects.domains import Domain
domain = Domain()
print(domain.number, flush=True)
sys.stdin.read()
"""
Process = subprocess.Popen[str]


@pytest.fixture
def others(tmp_path: object) -> Iterator[list[Process]]:
    """Give a list of other processes, which are ended with the test."""
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim in a folder of the test's own, as if nothing else ran here."""
    monkeypatch.setenv('TMPDIR', str(tmp_path_factory.mktemp('domains')))
    monkeypatch.setattr('tempfile.tempdir', None)


def claim(others: list[Process]) -> tuple[Process, int]:
    process = subprocess.Popen([sys.executable, '-c', CLAIM], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    others.append(process)
    assert process.stdout
    return process, int(process.stdout.readline())


@pytest.mark.usefixtures('folder')
def test_processes_get_different_domains_and_kill_9_frees_them(others: list[Process]) -> None:
    first, one = claim(others)
    _, two = claim(others)
    assert [one, two] == [FIRST, FIRST + 1]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert claim(others)[1] == one


@pytest.mark.usefixtures('folder')
def test_a_closed_domain_is_free_and_an_open_one_is_not() -> None:
    one, two = Domain(), Domain()
    assert one.number != two.number
    one.close()
    again = Domain()
    assert again.number == one.number
    again.close()
    two.close()


def test_the_environment_keeps_to_the_domain_and_this_machine() -> None:
    domain = Domain()
    assert FIRST <= domain.number <= LAST
    assert domain.env() == {'ROS_DOMAIN_ID': str(domain.number),
                            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    domain.close()


@pytest.mark.parametrize(('distro', 'variable'), [
    ('humble', 'ROS_LOCALHOST_ONLY'), ('jazzy', 'ROS_AUTOMATIC_DISCOVERY_RANGE'),
    ('', 'ROS_AUTOMATIC_DISCOVERY_RANGE')])
def test_one_variable_keeps_discovery_here(distro: str, variable: str) -> None:
    # Both at once are no way out: the old one is deprecated, and wins, where the new one exists.
    assert list(loopback({'ROS_DISTRO': distro})) == [variable]
