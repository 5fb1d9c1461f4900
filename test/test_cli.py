"""`flywheel` itself: help for everybody, one line for a mistake, silence for a closed pipe."""

from collections.abc import Sequence
import os
import subprocess
import sys

import pytest

from flywheel_nodes import cli


def flywheel(*args: str) -> 'subprocess.CompletedProcess[str]':
    return subprocess.run([sys.executable, '-m', 'flywheel_nodes.cli', *args], text=True,
                          capture_output=True, check=False)


def test_help_lists_every_command() -> None:
    done = flywheel('--help')
    assert done.returncode == 0
    for name in cli.COMMANDS:
        assert name in done.stdout


@pytest.mark.parametrize('name', cli.COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = flywheel(name, '--help')
    assert done.returncode == 0
    assert f'flywheel {name}' in done.stdout


def test_an_unknown_command_is_exit_code_2() -> None:
    assert flywheel('fly').returncode == 2


def test_a_mistake_is_one_line_and_exit_code_2() -> None:
    done = flywheel('snippets', 'list', '--data-dir', '/nowhere')
    assert done.returncode == 2
    assert done.stderr == ('flywheel snippets: /nowhere: no such data directory: name it with '
                           '--data-dir\n')


@pytest.mark.parametrize(('args', 'said'), [
    (('status', '--interval', 'abc'),
     "flywheel status: argument --interval: 'abc': give seconds, 0.5 to 60: "
     'see flywheel status --help\n'),
    (('dashboards', 'preview'), 'flywheel dashboards preview: the following arguments are '
     'required: --url: see flywheel dashboards preview --help\n')])
def test_a_wrong_command_line_is_one_line_and_exit_code_2(args: Sequence[str], said: str) -> None:
    done = flywheel(*args)
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize('args', ['--help', 'up --help', 'docs --check'])
def test_a_closed_pipe_is_no_drama(args: str, unbuffered: str) -> None:
    command = f'{sys.executable} -m flywheel_nodes.cli {args} | true'
    done = subprocess.run(['bash', '-c', command], text=True, capture_output=True, check=False,
                          env={**os.environ, 'PYTHONUNBUFFERED': unbuffered})
    assert done.stderr == ''
