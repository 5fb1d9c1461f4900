"""Whatever comes in, parse() gives a sound configuration or one clear line."""

from dataclasses import dataclass, field
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.config import ArbiterConfig, RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import param, parse, walk
from flywheel_nodes.core.processes import PROCESSES


@dataclass(frozen=True)
class Inner:
    speed: float = param(doc='a needed one', unit='m/s', low=0.0, high=2.0)


@dataclass(frozen=True)
class Sample:
    rate: float = param(50.0, 'how often', unit='Hz', low=10.0, high=500.0)
    depth: int = param(10, 'how deep', low=1)
    on: bool = param(True, 'whether')
    mode: str = param('a', 'which', choices=('a', 'b'))
    names: tuple[str, ...] = param((), 'some')
    parts: tuple[Inner, ...] = param((), 'nested')
    rates: dict[str, float] = field(default_factory=dict)
    most: float | None = param(None, 'at most, None for no bound', low=0.0)
    for_: Any = param(None, 'a word of Python')
    memory: int = param(2**20, 'how much', unit='B', low=2**16, high=2**36)


def refused(values: object) -> str:
    with pytest.raises(ConfigError) as error:
        parse(Sample, values, 'here')
    line = str(error.value)
    assert line.startswith('here') and '\n' not in line
    return line


def test_defaults_stand_where_nothing_is_given() -> None:
    assert parse(Sample, {}, 'here') == Sample()


def test_values_are_taken_and_whole_numbers_serve_as_numbers() -> None:
    got = parse(Sample, {'rate': 20, 'names': ['x'], 'parts': [{'speed': 1}],
                         'rates': {'odom': 5}}, 'here')
    assert got == Sample(rate=20.0, names=('x',), parts=(Inner(1.0),), rates={'odom': 5.0})
    assert isinstance(got.rate, float)


@pytest.mark.parametrize(('values', 'needles'), [
    ({'rat': 1.0}, ["unknown parameter 'rat'", "did you mean 'rate'"]),
    ({'zzz': 1.0}, ["unknown parameter 'zzz'", 'known: rate, depth']),
    ({'rate': 'fast'}, ['here: rate', 'a number is needed', "'fast'"]),
    ({'rate': True}, ['here: rate', 'a number is needed', 'True']),
    ({'depth': True}, ['here: depth', 'a whole number is needed']),
    ({'depth': 1.0}, ['here: depth', 'a whole number is needed']),
    ({'depth': 0}, ['here: depth', 'out of range (1 to inf)']),
    ({'on': 1}, ['here: on', 'true or false is needed']),
    ({'rate': 9.99}, ['here: rate', 'out of range (10 to 500 Hz)']),
    ({'memory': 64}, ['64 is out of range (64 KiB to 64 GiB, given in bytes)']),
    ({'rate': math.nan}, ['here: rate', 'not a finite number']),
    ({'rate': -math.inf}, ['here: rate', 'not a finite number']),
    ({'mode': 'c'}, ["'c' is not one of a | b"]),
    ({'mode': None}, ['a text is needed, not None']),
    ({'names': 'x'}, ['here: names', 'a list is needed']),
    ({'names': ['x', 3]}, ['here: names[1]', 'a text is needed']),
    ({'parts': [{}]}, ['here: parts[0]: speed is missing (a needed one)']),
    ({'parts': [{'speed': 3.0}]}, ['here: parts[0]: speed', 'out of range (0 to 2 m/s)']),
    ({'parts': [4]}, ['here: parts[0]', 'a mapping']),
    ({'rates': {'odom': 'x'}}, ['here: rates.odom', 'a number is needed']),
    ({'rates': [1]}, ['here: rates', 'a mapping is needed']),
    (None, ['a mapping of names to values is needed']),
    ([1], ['a mapping of names to values is needed']),
])
def test_a_mistake_gets_one_line_that_says_where(values: object, needles: list[str]) -> None:
    line = refused(values)
    assert all(needle in line for needle in needles), line


ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(st.dictionaries(st.sampled_from([n for n, *_ in walk(ArbiterConfig)]) | st.text(), ANY))
def test_nothing_unsound_gets_through(values: dict[str, Any]) -> None:
    try:
        config = parse(ArbiterConfig, values, 'x')
    except ConfigError as error:
        assert str(error)
        return
    for name, hint, _, spec in walk(ArbiterConfig):
        value = getattr(config, name)
        assert type(value) is hint
        if hint is float:
            assert math.isfinite(value)
        if spec.low is not None:
            assert value >= spec.low
        if spec.high is not None:
            assert value <= spec.high


@given(st.integers())
def test_numbers_too_large_for_a_float_are_refused(value: int) -> None:
    for number in (value, value * 10**400 + 10**400):
        try:
            assert parse(Sample, {'rate': number}, 'here').rate == number
        except ConfigError as error:
            assert str(error).startswith('here: rate')


@pytest.mark.parametrize('process', PROCESSES, ids=lambda p: p.name)
def test_every_parameter_of_every_node_is_explained_and_its_default_allowed(process: Any) -> None:
    defaults = {name: default for name, _, default, _ in walk(process.config)}
    assert parse(process.config, defaults, process.name) == process.config()
    for name, _, _, spec in walk(process.config):
        assert spec.doc, name


def test_lists_of_choices_check_each_entry() -> None:
    config = parse(RecorderConfig, {'include': ['odom']}, 'x')
    assert config.include == ('odom',)


def test_what_may_be_absent_is_checked_when_it_is_there() -> None:
    assert parse(Sample, {'most': None}, 'x').most is None
    assert parse(Sample, {'most': 2}, 'x').most == 2.0
    assert 'most: -1.0 is out of range' in refused({'most': -1})


def test_a_word_of_python_is_meant_without_its_underscore() -> None:
    assert parse(Sample, {'for': [1, {}]}, 'x').for_ == [1, {}]
    assert "unknown parameter 'for_'" in refused({'for_': 1})
