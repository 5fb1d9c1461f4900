"""Messages of rosbags with random values, the awkward ones often among them."""

from random import Random
from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys.store import Typestore

_FLOATS = (0.0, -0.0, 1.0, float('inf'), float('-inf'), float('nan'))
_LETTERS = 'aZ0 {}":é€😀'
_MANY = 4


def message(store: Typestore, name: str, random: Random) -> Any:
    """Return a message of a type that the store knows."""
    return store.types[name](**{field: _value(store, node, random)
                                for field, node in store.fielddefs[name][1]})


def _value(store: Typestore, node: Any, random: Random) -> Any:
    kind, what = node
    if kind is Nodetype.NAME:
        return message(store, what, random)
    if kind is Nodetype.BASE:
        return _base(what[0], random)
    element, length = what
    count = length if kind is Nodetype.ARRAY else random.randrange(_MANY)
    values = [_value(store, element, random) for _ in range(count)]
    numbers = element[0] is Nodetype.BASE and element[1][0] != 'string'
    return np.array(values, dtype=element[1][0]) if numbers else values


def _base(type_: str, random: Random) -> Any:
    if type_ == 'string':
        return ''.join(random.choices(_LETTERS, k=random.randrange(_MANY)))
    if type_ == 'bool':
        return random.random() < 0.5
    if type_.startswith('float'):
        value = random.choice((*_FLOATS, random.uniform(-1e6, 1e6)))
        return float(np.dtype(type_).type(value))
    limits = np.iinfo(type_)
    return random.choice((limits.min, limits.max, random.randint(limits.min, limits.max)))
