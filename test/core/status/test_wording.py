"""Few characters, and none for what nobody knows."""

import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.status import wording


@pytest.mark.parametrize(('seconds', 'shown'), [
    (None, ''), (math.nan, ''), (0.0, '0.0 s'), (9.94, '9.9 s'), (42.0, '42 s'), (60.0, '1 min'),
    (125.0, '2 min 5 s'), (7260.0, '2 h 1 min'), (90_000.0, '1 d 1 h')])
def test_spans(seconds: float | None, shown: str) -> None:
    assert wording.span(seconds) == shown


@pytest.mark.parametrize(('seconds', 'shown'), [
    (None, ''), (0.00035, '0.3 ms'), (0.012, '12 ms'), (1.25, '1.2 s')])
def test_brief_times(seconds: float | None, shown: str) -> None:
    assert wording.brief(seconds) == shown


@pytest.mark.parametrize(('hertz', 'shown'), [
    (None, ''), (0.0, '0'), (0.519, '0.519'), (49.83, '49.8'), (200.9, '201')])
def test_rates(hertz: float | None, shown: str) -> None:
    assert wording.rate(hertz) == shown


@pytest.mark.parametrize('word', [wording.span, wording.brief, wording.rate, wording.share,
                                  wording.number, wording.size])
@given(value=st.floats())
def test_any_number_has_a_word(word: object, value: float) -> None:
    shown = word(value)  # type: ignore[operator]
    assert '\n' not in shown
    assert bool(shown) or not math.isfinite(value)
