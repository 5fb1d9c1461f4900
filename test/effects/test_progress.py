import io
import os
import pty

import pytest

from flywheel_nodes.effects import progress
from flywheel_nodes.effects.progress import Progress


def test_a_terminal_sees_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, 'EVERY_S', 1e6)
    outer, inner = pty.openpty()
    with os.fdopen(inner, 'w') as terminal:
        bar = Progress(terminal, 10.0)
        bar.show(5.0, '7 messages')
        bar.show(6.0, 'too soon to be shown')
        bar.done()
        seen = ''
        while seen.count('\r') < 2:
            seen += os.read(outer, 1000).decode()
    os.close(outer)
    assert '\n' not in seen
    assert f'[{"#" * 12}{"." * 12}]  50%  5.0 of 10.0 s  7 messages' in seen
    assert 'too soon' not in seen
    assert seen.endswith('\r\x1b[K')


def test_nothing_else_hears_of_it() -> None:
    out = io.StringIO()
    bar = Progress(out, 0.0)
    bar.show(1.0, '1 message')
    bar.done()
    assert out.getvalue() == ''


def test_whole_things_are_counted_whole() -> None:
    outer, inner = pty.openpty()
    with os.fdopen(inner, 'w') as terminal:
        Progress(terminal, 5000, 'snippets').show(1250, 'reading')
        seen = os.read(outer, 1000).decode()
    os.close(outer)
    assert '25%  1250 of 5000 snippets  reading' in seen
