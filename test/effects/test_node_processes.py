"""Processes that hold locks, and what the kernel does with them."""

from collections.abc import Iterator
import os
from pathlib import Path
import signal

import pytest

from flywheel_nodes.core.node_process import ProcessState
from flywheel_nodes.effects.node_processes import node_processes
from flywheel_nodes.effects.run_dir import Instance
from test.effects.holder import crashed, Holder


@pytest.fixture
def other(tmp_path: Path) -> Iterator[int]:
    holder = Holder(tmp_path, 'policy', ROS_DOMAIN_ID='7')
    yield holder.pid
    holder.kill()


def test_a_process_is_told_with_its_state_age_and_domain(tmp_path: Path, other: int) -> None:
    found = node_processes(tmp_path)['policy']
    assert (found.pid, found.state, found.domain) == (other, ProcessState.RUNS, '7')
    assert 0.0 <= found.age_s < 60.0


def test_a_process_that_is_stopped_goes_on_when_it_may(tmp_path: Path, other: int) -> None:
    os.kill(other, signal.SIGSTOP)
    os.waitid(os.P_PID, other, os.WSTOPPED | os.WNOWAIT)
    assert node_processes(tmp_path)['policy'].state is ProcessState.STOPPED
    os.kill(other, signal.SIGCONT)
    os.waitid(os.P_PID, other, os.WCONTINUED | os.WNOWAIT)
    assert node_processes(tmp_path)['policy'].state is ProcessState.RUNS


def test_one_that_was_killed_and_is_not_waited_for_has_ended(tmp_path: Path, other: int) -> None:
    os.kill(other, signal.SIGKILL)
    os.waitid(os.P_PID, other, os.WEXITED | os.WNOWAIT)
    assert node_processes(tmp_path)['policy'].state is ProcessState.ENDED


def test_who_left_is_not_told(tmp_path: Path) -> None:
    assert node_processes(tmp_path) == {}
    node = Instance(tmp_path, 'policy')
    assert node_processes(tmp_path)['policy'].pid == os.getpid()
    node.close()
    assert node_processes(tmp_path) == {}


def test_a_number_given_anew_is_not_the_node(tmp_path: Path) -> None:
    crashed(tmp_path, 'policy', os.getppid())
    assert node_processes(tmp_path) == {}
