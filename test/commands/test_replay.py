"""`flywheel replay` as a person runs it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.commands import replay
from flywheel_nodes.core.errors import ConfigError
from test.effects.recording.bags import chatter, VENDOR, write
from test.harness import Bench


@contextmanager
def play(*args: str) -> Iterator['subprocess.Popen[str]']:
    process = subprocess.Popen(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'replay', *args], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            process.kill()


def ended(*args: str) -> tuple[int, str, str]:
    with play(*args, '--namespace', '/nobody') as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def parsed(*args: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    return parser.parse_args(args)


def test_unknown_types_are_counted_and_the_rest_is_played(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', chatter(30), unknown='/thing')
    code, out, err = ended(str(bag), '--rate', 'max', '--delay', '0')
    assert code == 0
    assert err == ('flywheel replay: /thing is left out: message type vendor_msgs/msg/Thing is '
                   'not installed: install the ROS package vendor_msgs\n')
    assert sorted(out.splitlines()) == [
        f'       0  /nobody/thing  left out: 1 messages of {VENDOR}', '      15  /nobody/a',
        '      15  /nobody/b', '      30  messages']


def test_another_definition_of_a_type_is_told(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', chatter(2), other='/c')
    code, out, err = ended(str(bag), '--rate', 'max', '--delay', '0')
    assert code == 0
    assert err == ('flywheel replay: /c was recorded with another definition of '
                   'std_msgs/msg/String than is installed: it may not decode\n')
    assert out.splitlines()[-1] == '       3  messages'


def test_a_torn_bag_is_played_to_its_end_and_told(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', chatter(200, size=20_000))
    file = bag / 'bag.mcap'
    with file.open('r+b') as opened:
        opened.truncate(file.stat().st_size * 2 // 3)
    code, out, err = ended(str(bag), '--rate', 'max', '--delay', '0')
    assert code == 1
    assert err.startswith(f'flywheel replay: {bag} is damaged: it ends after 1.')
    assert err.count('\n') == 1
    assert 0 < int(out.splitlines()[-1].split()[0]) < 200


@pytest.mark.parametrize('delay', ['0', '1000'])
def test_ctrl_c_ends_it_cleanly(delay: str, bench: Bench, tmp_path: Path) -> None:
    """While it plays, and while it waits for subscribers."""
    bag = write(tmp_path / 'bag', chatter(4, step=1000 * 10**9))
    with play(str(bag), '--delay', delay, '--namespace', bench.namespace) as process:
        topic = f'{bench.namespace}/b'
        bench.until(lambda: bench.probe.node.count_publishers(topic), 'its topics')
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == ''
    assert '  messages' in out


def test_what_is_not_a_bag_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    for name, said in (('missing', 'no such bag'), ('empty', 'not a bag')):
        with pytest.raises(ConfigError, match=said) as error:
            replay.run(parsed(str(tmp_path / name)))
        assert '\n' not in str(error.value)


@pytest.mark.parametrize(('args', 'said'), [
    (['--rate', '0'], '--rate'), (['--rate', 'nan'], '--rate'), (['--start', '-1'], '--start'),
    (['--duration', 'nan'], '--duration'), (['--delay', 'inf'], '--delay'),
    (['--remap', 'imu'], 'FROM:=TO'), (['--topics', 'c'], 'no topic like /c, only /a, /b'),
    (['--start', '9'], 'ends after 0.01 s'),
])
def test_a_bad_command_line_is_told(args: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        replay.run(parsed(str(write(tmp_path / 'bag', chatter(2))), *args))


def test_a_rate_is_a_number_or_max() -> None:
    assert parsed('bag', '--rate', 'max').rate == float('inf')
    with pytest.raises(SystemExit):
        parsed('bag', '--rate', 'fast')
