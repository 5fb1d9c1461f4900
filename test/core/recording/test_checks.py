from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.checks import Check
from flywheel_nodes.core.recording.fields import FieldError


@pytest.mark.parametrize(('check', 'yes', 'no'), [
    (Check(above=1.0), 1.1, 1.0), (Check(below=1.0), 0.9, 1.0),
    (Check(above=1.0, below=2.0), 1.5, 2.0), (Check(outside=(-1.0, 2.0)), -1.1, 2.0),
    (Check(('manual',)), 'manual', 'auto'), (Check(('man*', 'off')), 'manual', 'auto'),
    (Check((True,)), True, False), (Check((3.0,)), 3.0, 4.0), (Check((True,)), True, 1.0),
])
def test_it_holds_or_not(check: Check, yes: float | str, no: float | str) -> None:
    assert check.holds(yes) is True
    assert check.holds(no) is False
    assert check.holds(None) is None


@given(st.floats(allow_nan=False), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_outside_is_not_within(value: float, low: float, width: float) -> None:
    outside = Check(outside=(low, low + width)).holds(value)
    assert outside is not (low <= value <= low + width)


@pytest.mark.parametrize(('check', 'yes', 'no'), [
    (Check(('tracking_*',)), 'tracking_base', 'gap'), (Check(('gap', 'rate')), 'rate', 'age'),
    (Check(above=2.0), '2.5', '2'), (Check((3.0,)), '3.0', '4'), (Check((True,)), 'True', 'no'),
    (Check(above=2.0), '3', 'text'), (Check(above=2.0), '3', 'inf'),
    (Check(below=2.0), '1', 'nan'),
])
def test_values_of_events_are_texts(check: Check, yes: str, no: str) -> None:
    assert check.holds_for(yes)
    assert not check.holds_for(no)
    assert not check.holds_for(None)


def test_a_text_is_not_compared_with_a_number() -> None:
    with pytest.raises(FieldError, match='is no number'):
        Check(above=1.0).holds('text')


@pytest.mark.parametrize('values', [
    {}, {'above': 2.0, 'below': 1.0}, {'outside': (1.0,)}, {'outside': (2.0, 1.0)}])
def test_what_can_never_hold_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Check(**values)  # type: ignore[arg-type]


def test_it_says_itself() -> None:
    assert str(Check(above=1.0)) == 'above 1'
    assert str(Check(('a', True))) == 'is a or true'
    assert str(Check(outside=(-1.0, 1.5))) == 'outside -1 to 1.5'
