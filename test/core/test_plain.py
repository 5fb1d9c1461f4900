from dataclasses import dataclass, field

import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.plain import from_plain, to_plain
from flywheel_nodes.core.words import Word


class Colour(Word):
    RED = 'red'


@dataclass(frozen=True)
class Inner:
    number: float
    maybe: int | None = None


@dataclass(frozen=True)
class Outer:
    inner: Inner
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = field(default_factory=dict)
    flag: bool = False


def test_values_nest_and_words_become_texts() -> None:
    made = Outer(Inner(1.5), (Inner(2.0, 3),), {'a': Inner(0.0)}, True)
    plain = to_plain(made)
    assert plain == {'inner': {'number': 1.5, 'maybe': None},
                     'many': [{'number': 2.0, 'maybe': 3}],
                     'named': {'a': {'number': 0.0, 'maybe': None}}, 'flag': True}
    assert from_plain(Outer, plain) == made
    assert type(to_plain([Colour.RED])[0]) is str


@pytest.mark.parametrize(('raw', 'where'), [
    ({}, 'inner is missing'), ({'inner': 3}, 'Outer.inner'),
    ({'inner': {'number': 'x'}}, 'Outer.inner.number'),
    ({'inner': {'number': 1, 'maybe': 'x'}}, 'maybe'),
    ({'inner': {'number': 1}, 'many': [{'number': True}]}, r'many\[0\].number'),
    ({'inner': {'number': 1}, 'named': {'a': 1}}, 'named.a'),
    ({'inner': {'number': 1}, 'flag': 1}, 'flag'),
])
def test_the_place_of_a_mistake_is_named(raw: object, where: str) -> None:
    with pytest.raises(WireError, match=where):
        from_plain(Outer, raw)
