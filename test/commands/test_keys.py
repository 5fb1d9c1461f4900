"""`flywheel keys`, as a person runs it."""

from pathlib import Path
import shlex

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.effects.teleop.tls import client_context, server_context


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'robots.yaml').write_text(
        'robots: [{name: g1-07, hosts: [g1-07.lab.example, 10.0.0.7]}]\n')
    return tmp_path


def keys(line: str) -> int:
    return main(['keys', *shlex.split(line)])


def test_a_ca_a_robot_and_an_operator(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keys('ca') == 0
    assert keys('robot g1-07 --robots robots.yaml') == 0
    assert keys('operator ada --out ada') == 0
    out = capsys.readouterr().out
    assert 'g1-07.key.pem  private: tls_key' in out
    assert 'for g1-07.lab.example, 10.0.0.7' in out
    assert server_context(RelayConfig(host='0.0.0.0', tls_certificate='g1-07.pem',
                                      tls_key='g1-07.key.pem', client_ca='ca/ca.pem'))
    assert client_context('ca/ca.pem', 'ada/ada.pem', 'ada/ada.key.pem')


@pytest.mark.parametrize(('line', 'says'), [
    ('robot x --robots robots.yaml', 'x is not in the list of robots (known: g1-07)'),
    ('robot g1-07 --robots none.yaml', 'none.yaml: No such file'),
    ('operator ada --ca none', 'make a CA with `flywheel keys ca`'),
    ('ca', 'not overwritten')])
def test_one_line_says_what_is_wrong(line: str, says: str, here: Path,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    keys('ca')
    capsys.readouterr()
    assert keys(line) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count('\n') == 1


@pytest.mark.parametrize('days', ['0', '4000', 'x'])
def test_sane_lifetimes(days: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='2'):
        keys(f'ca --days {days}')
    assert 'give whole days' in capsys.readouterr().err
