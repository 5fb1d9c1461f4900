from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.wording import count, moment, signed, utc

NOW = 1_795_300_000 * 10**9


def test_numbers_agree_with_their_nouns() -> None:
    assert count(1, 'snippet') == '1 snippet'
    assert count(0, 'snippet') == '0 snippets'
    assert count(14891, 'message') == '14,891 messages'
    assert count(2, 'entry', 'entries') == '2 entries'


def test_nothing_is_never_negative() -> None:
    assert signed(-0.0001) == '+0.000' == signed(0.0)
    assert signed(-0.001) == '-0.001'
    assert signed(-10.04, 1) == '-10.0'


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_sign_is_that_of_what_is_shown(seconds: float, digits: int) -> None:
    text = signed(seconds, digits)
    assert text[0] in '+-'
    assert float(text) == round(float(text), digits)
    assert not text.startswith('-') or float(text) < 0.0


@pytest.mark.parametrize(('text', 'ago_s'), [
    ('90s', 90), ('30m', 1800), ('2h', 7200), ('1.5d', 129_600), ('1w', 604_800)])
def test_ago(text: str, ago_s: int) -> None:
    assert moment(text, NOW) == NOW - ago_s * 10**9


@pytest.mark.parametrize('text', [
    '2026-11-21T22:26:40', '2026-11-21T22:26:40Z', '2026-11-22T00:26:40+02:00'])
def test_times_are_utc_where_nothing_is_told(text: str) -> None:
    assert moment(text, 0) == NOW
    assert utc(moment(text, 0)) == '2026-11-21 22:26:40'


@pytest.mark.parametrize('text', ['', 'yesterday', '3', '2x', '2026-13-01', '-2h'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match='no time'):
        moment(text, NOW)


@given(st.integers(-2**63, 2**64))
def test_every_stamp_has_words(wall_ns: int) -> None:
    assert utc(wall_ns)
