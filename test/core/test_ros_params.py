"""Which entries are for a node and what bare words mean; test_parameters asks rcl the same."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.ros_params import effective, matches, scalar


@pytest.mark.parametrize(('text', 'value'), [
    ('1e3', 1000.0), ('010', 8), ('08', 8.0), ('0x1F', 31), ('1_000', '1_000'), ('y', True),
    ('Off', False), ('~', '~'), ('null', 'null'), ('.inf', float('inf')), ('1e400', '1e400'),
    ('0x1.8p1', 3.0), ('9' * 5000, '9' * 5000), ('2001-01-01', '2001-01-01'), ('tRue', 'tRue')])
def test_bare_words(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@given(st.integers(-2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_subnormal=False))
def test_every_number_is_read_as_it_was_written(number: float) -> None:
    assert scalar(repr(number)) == number


@given(st.text())
def test_any_text_has_a_meaning(text: str) -> None:
    assert isinstance(scalar(text), bool | int | float | str)


def test_the_last_entry_wins_and_keeps_the_place_where_it_came_first() -> None:
    wide, narrow = {'/**': {'x': 1, 'y': 1}}, {'/r1/mon': {'x': 2}}
    assert effective([{**wide, **narrow}], '/r1/mon') == {'x': 2, 'y': 1}
    assert effective([{**narrow, **wide}], '/r1/mon') == {'x': 1, 'y': 1}
    assert effective([{**narrow, **wide}, narrow], '/r1/mon') == {'x': 1, 'y': 1}
    assert effective([wide, narrow], '/r2/mon') == {'x': 1, 'y': 1}


@pytest.mark.parametrize('pattern', ['/r1', '/r1/mo', '/r1/monk', '/r1/mon/mon', 'mon', '/r./mon'])
def test_names_match_as_a_whole(pattern: str) -> None:
    assert not matches(pattern, '/r1/mon')
