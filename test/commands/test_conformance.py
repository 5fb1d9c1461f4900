"""`flywheel conformance` on real sockets."""

import asyncio
from pathlib import Path
import re
import subprocess
import sys
import threading

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.effects.teleop import conformance_relay
from flywheel_nodes.effects.teleop.conformance import Case
from test.effects.teleop.relay import Served, token
from test.effects.teleop.test_conformance_client import go_through


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cases are tried in test_conformance_relay.py."""
    kept: list[Case] = [c for c in conformance_relay.CASES if c.name in ('ping', 'scope')]
    monkeypatch.setattr(conformance_relay, 'CASES', kept)


@pytest.mark.usefixtures('few')
def test_a_relay_with_tokens_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / 'tokens'
    with Served() as served:
        file.write_text(f'{token()}\n{token()}\n')
        code = main(['conformance', 'relay', served.url, '--token-file', str(file)])
    assert code == 0
    assert '1 passed, 0 failed, 1 skipped' in capsys.readouterr().out


@pytest.mark.usefixtures('few')
def test_no_relay_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / 'tokens'
    file.write_text('one\ntwo\n')
    assert main(['conformance', 'relay', 'ws://127.0.0.1:1/control', '--token-file',
                 str(file)]) == 1
    assert 'does not let a WebSocket in' in capsys.readouterr().out


def test_an_unreadable_file_is_exit_code_2(tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['conformance', 'relay', 'ws://127.0.0.1:1/control', '--token-file',
                 str(tmp_path / 'none')]) == 2
    assert 'no readable file of tokens' in capsys.readouterr().err


def test_a_client() -> None:
    trying = subprocess.Popen(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'conformance', 'client'],
        stdout=subprocess.PIPE, text=True)
    assert trying.stdout
    url = re.search(r'ws://\S+', trying.stdout.readline())
    assert url
    thread = threading.Thread(target=lambda: asyncio.run(go_through(url[0])))
    thread.start()
    told = trying.communicate(timeout=60)[0]
    thread.join()
    assert trying.returncode == 0, told
    assert '13 passed, 0 failed, 0 skipped' in told


def test_a_client_that_does_not_come(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['conformance', 'client', '--patience', '0.1']) == 1
    assert 'it did not come to an end within 0.1 s' in capsys.readouterr().out
