"""The one way into every process."""

from pathlib import Path

import pytest

from flywheel_nodes.core.config import Common
from flywheel_nodes.core.processes import Process
from flywheel_nodes.start import start


@pytest.mark.parametrize(('body', 'code', 'told'), [
    ('return 0', 0, ''),
    ('raise KeyboardInterrupt', 130, ''),
    ('raise ConfigError("rate:\\nis wrong")', 2, 'short: rate: is wrong\n'),
    ('raise ConfigError("short: is wrong")', 2, 'short: is wrong\n')])
def test_how_a_process_ends(body: str, code: int, told: str, tmp_path: Path,
                            monkeypatch: pytest.MonkeyPatch,
                            capsys: pytest.CaptureFixture[str]) -> None:
    module = f'short_{body.encode().hex()}'
    (tmp_path / f'{module}.py').write_text(
        'from flywheel_nodes.core.errors import ConfigError\n'
        f'def main(args):\n    {body}\n', encoding='utf-8')
    monkeypatch.syspath_prepend(tmp_path)
    assert start(Process('short', module, Common, 'ends at once'), []) == code
    assert capsys.readouterr().err == told
