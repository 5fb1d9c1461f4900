"""Frozen dataclasses to plain values (for JSON) and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, MISSING
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, TypeVar, Union

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.words import Word

T = TypeVar('T')


def to_plain(value: Any) -> Any:
    """Return a value of dataclasses, tuples and mappings as dictionaries and lists."""
    if is_dataclass(value):
        return {one.name: to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def from_plain(cls: type[T], value: object, where: str = '') -> T:
    """
    Build a dataclass from plain values; keys it does not know are left out.

    :raises WireError: naming the place where a value is missing or of another kind
    """
    where = where or cls.__name__
    if not isinstance(value, Mapping):
        raise WireError(f'{where}: a mapping is needed, not {value!r:.60}')
    hints = _hints(cls)  # type: ignore[arg-type] # mypy does not see that classes are hashable
    found = {}
    for one in fields(cls):  # type: ignore[arg-type]
        if one.name in value:
            found[one.name] = _value(hints[one.name], value[one.name], f'{where}.{one.name}')
        elif one.default is MISSING and one.default_factory is MISSING:
            raise WireError(f'{where}: {one.name} is missing')
    return cls(**found)


@lru_cache(maxsize=64)
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(hint: Any, value: object, where: str) -> object:
    if get_origin(hint) in (Union, UnionType):
        if value is None and NoneType in get_args(hint):
            return None
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if is_dataclass(hint):
        return from_plain(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple and isinstance(value, (list, tuple)):
        inner = get_args(hint)[0]
        return tuple(_value(inner, one, f'{where}[{i}]') for i, one in enumerate(value))
    if get_origin(hint) is dict and isinstance(value, Mapping):
        inner = get_args(hint)[1]
        return {str(k): _value(inner, one, f'{where}.{k}') for k, one in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Word):
        return _word(hint, value, where)
    if not isinstance(hint, type) or type(value) is not hint:
        raise WireError(f'{where}: {hint} is needed, not {value!r:.60}')
    return value


def _word(hint: type[Word], value: object, where: str) -> Word:
    try:
        return hint(value)
    except ValueError:
        known = ', '.join(hint)
        raise WireError(f'{where}: {value!r:.60} is none of {known}') from None
