"""`flywheel keys` and `flywheel token`, as a person runs them."""

from pathlib import Path

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.teleop.tokens import load_public_keys, Verifier


def test_a_pair_and_a_token_that_fits_it(tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['keys', 'make', '--data-dir', str(tmp_path)]) == 0
    assert 'operator.pub.pem' in capsys.readouterr().out
    assert main(['token', '--data-dir', str(tmp_path), '--robot', 'sim', '--operator', 'ada',
                 '--scope', 'view']) == 0
    claims = Verifier(load_public_keys(tmp_path / 'keys'), 'sim').verify(
        capsys.readouterr().out.strip())
    assert (claims.operator, claims.scope) == ('ada', Scope.VIEW)


def test_keys_are_not_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / 'k')
    assert main(['keys', 'make', '--keys', folder]) == 0
    capsys.readouterr()
    assert main(['keys', 'make', '--keys', folder]) == 2
    assert 'not overwritten' in capsys.readouterr().err


@pytest.mark.parametrize(('args', 'says'), [
    (['--robot', 'nobody'], 'unknown robot'),
    ([], 'operator.pem: No such file')])
def test_one_line_says_what_is_wrong(args: list[str], says: str, tmp_path: Path,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    if args:
        main(['keys', 'make', '--data-dir', str(tmp_path)])
    capsys.readouterr()
    assert main(['token', '--data-dir', str(tmp_path), *args]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count('\n') == 1


@pytest.mark.parametrize('lifetime', ['301', '0', 'long', '1.5', '-1'])
def test_a_token_lives_five_minutes_at_most(lifetime: str, tmp_path: Path,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='2'):
        main(['token', '--data-dir', str(tmp_path), f'--lifetime={lifetime}'])
    assert capsys.readouterr().err == (
        f'flywheel token: argument --lifetime: {lifetime!r}: give whole seconds, 1 to 300 s: '
        'see flywheel token --help\n')
