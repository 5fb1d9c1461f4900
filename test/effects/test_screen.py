import io
import os
import pty

import pytest

from flywheel_nodes.effects import screen


@pytest.mark.parametrize(('told', 'wide'), [('100', 100), ('7', 60), ('999', 160)])
def test_the_width_has_bounds(told: str, wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('COLUMNS', told)
    assert screen.columns() == wide


def test_blocks_need_an_encoding_that_has_them() -> None:
    assert screen.blocks(io.TextIOWrapper(io.BytesIO(), 'utf-8'))
    assert not screen.blocks(io.TextIOWrapper(io.BytesIO(), 'ascii'))
    assert not screen.blocks(io.TextIOWrapper(io.BytesIO(), 'latin-1'))


def test_colours_are_for_terminals_that_want_them() -> None:
    outer, inner = pty.openpty()
    with os.fdopen(inner, 'w') as terminal:
        assert screen.colours(terminal, {})
        assert not screen.colours(terminal, {'NO_COLOR': '1'})
        assert not screen.colours(terminal, {'TERM': 'dumb'})
    os.close(outer)
    assert not screen.colours(io.StringIO(), {})
