"""Shared memory of killed processes: found, removed, and nothing else."""

import fcntl
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.effects.shared_memory import held, left_over, SHM, sweep

SEGMENT = 'fastdds_0123456789abcdef'
NODE = """
import signal
import rclpy
rclpy.init()
node = rclpy.create_node('left_behind')
print('up', flush=True)
signal.pause()
"""


def make(folder: Path, name: str) -> list[Path]:
    made = [folder / name, folder / f'{name}_el']
    for path in made:
        path.touch()
    return made


def test_a_killed_participant_leaves_memory_that_is_swept() -> None:
    process = subprocess.Popen([sys.executable, '-c', NODE], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == 'up\n'
    names = held(process.pid)
    assert names
    assert not names & held(os.getpid()), 'of one process only'
    assert sweep(names) == [], 'it is in use'
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert held(process.pid) == set()
    assert sorted(sweep(names)) == sorted(names)
    assert not [path for path in SHM.iterdir() for name in names if name in path.name]


def test_what_is_held_stays(tmp_path: Path) -> None:
    made = make(tmp_path, SEGMENT)
    with made[1].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert sweep([SEGMENT], tmp_path) == []
        assert all(path.exists() for path in made)
    assert sweep([SEGMENT], tmp_path) == [SEGMENT]
    assert not any(path.exists() for path in made)
    assert sweep([SEGMENT], tmp_path) == [], 'there is nothing left'
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('name', [
    '', 'other_0123456789abcdef', 'fastdds_0123', f'{SEGMENT}0', 'fastdds_portal',
    f'a/../{SEGMENT}'])
def test_names_that_are_not_fast_dds_own_are_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / 'a').mkdir()
    made = make(tmp_path, name)
    assert sweep([name], tmp_path) == []
    assert all(path.exists() for path in made)


def test_what_nobody_holds_is_left_over(tmp_path: Path) -> None:
    made = make(tmp_path, SEGMENT)
    made[0].write_bytes(bytes(100))
    make(tmp_path, 'fastdds_port7400')
    assert left_over(tmp_path) == {SEGMENT: 100}
    with made[1].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert left_over(tmp_path) == {}
    assert all(path.exists() for path in made), 'it is only looked at'
