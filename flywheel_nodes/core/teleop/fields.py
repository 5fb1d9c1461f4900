"""
What a field of a message may hold, read off its declaration.

Fields are declared with core.params.param(): low and high bound a number, the numbers of a
mapping, the length of a text or of a list; choices are the words of a closed list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, MISSING
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, NewType, TypeVar

from flywheel_nodes.core.params import Spec, spec_of
from flywheel_nodes.core.teleop.protocol import Reject, Rejected
from flywheel_nodes.core.wording import printable
from flywheel_nodes.core.words import Word

# Free text of a person: what is not printable becomes a blank instead of a refusal.
Note = NewType('Note', str)
LONGEST_TEXT = 300
MOST_ITEMS = 64
LARGEST = 1.7e308
WHOLE = (1 << 63) - 1
Read = Callable[[object], Any]
T = TypeVar('T')


@dataclass(frozen=True)
class Field:
    """One field of a message: its Python type, its declaration, how a JSON value is read."""

    name: str
    hint: Any
    spec: Spec
    needed: bool
    read: Read


@lru_cache(maxsize=256)
def fields_of(cls: type, strict: bool) -> Mapping[str, Field]:
    """
    Return the fields of a message by name.

    :param strict: whether words outside closed lists are refused
    """
    hints = get_type_hints(cls)
    return {one.name: Field(
        one.name, hints[one.name], spec_of(one),
        one.default is MISSING and one.default_factory is MISSING,
        _reader(hints[one.name], spec_of(one), strict)) for one in fields(cls)}


def build(cls: type[T], raw: Mapping[str, object], strict: bool) -> T:
    """
    Return a message of untrusted values.

    :param strict: refuse unknown fields and words; else fields are left out and words taken
    :raises Rejected: SHAPE for a field that is missing, unknown or of another type, VALUE for one
        that is out of range
    """
    known = fields_of(cls, strict)  # type: ignore[arg-type] # mypy: classes are hashable
    if any(one.needed and name not in raw for name, one in known.items()):
        raise Rejected(Reject.SHAPE)
    if strict and not raw.keys() <= known.keys():
        raise Rejected(Reject.SHAPE)
    return cls(**{name: known[name].read(value) for name, value in raw.items() if name in known})


def _reader(hint: Any, spec: Spec, strict: bool) -> Read:
    if isinstance(hint, UnionType):
        inner = _reader(next(h for h in get_args(hint) if h is not NoneType), spec, strict)
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        return _items(_reader(get_args(hint)[0], Spec(spec.doc), strict), spec)
    if get_origin(hint) is dict:
        return _numbers(spec)
    if is_dataclass(hint) and isinstance(hint, type):
        return _nested(hint, strict)
    if isinstance(hint, type) and issubclass(hint, Word):
        word, words = _text(spec, tuple(hint)), hint
        return lambda value: words(word(value))
    if hint is str:
        return _text(spec, spec.choices) if strict else _shown(spec)
    return _SCALARS[hint](spec)


def _text(spec: Spec, words: tuple[str, ...] = ()) -> Read:
    longest = LONGEST_TEXT if spec.high is None else spec.high

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Rejected(Reject.SHAPE)
        good = value in words if words else len(value) <= longest and value.isprintable()
        return value if good else _refuse()
    return read


def _shown(spec: Spec) -> Read:
    """Read what is only shown: never refused for its content, and harmless to a terminal."""
    longest = int(LONGEST_TEXT if spec.high is None else spec.high)

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Rejected(Reject.SHAPE)
        return printable(value[:longest])
    return read


def _note(spec: Spec) -> Read:
    longest = LONGEST_TEXT if spec.high is None else spec.high

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Rejected(Reject.SHAPE)
        return printable(value).strip() if len(value) <= longest else _refuse()
    return read


def _refuse() -> Any:
    raise Rejected(Reject.VALUE)


def _whole(spec: Spec) -> Read:
    low, high = spec.low or 0, WHOLE if spec.high is None else spec.high

    def read(value: object) -> int:
        if type(value) is not int:
            raise Rejected(Reject.SHAPE)
        return value if low <= value <= high else _refuse()
    return read


def _number(spec: Spec) -> Read:
    low = -LARGEST if spec.low is None else spec.low
    high = LARGEST if spec.high is None else spec.high

    def read(value: object) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Rejected(Reject.SHAPE)
        # Comparisons, not isfinite(): they are false for NaN and cannot overflow.
        return float(value) if low <= value <= high else _refuse()
    return read


def _flag(_: Spec) -> Read:
    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise Rejected(Reject.SHAPE)
        return value
    return read


def _numbers(spec: Spec) -> Read:
    number = _number(spec)

    def read(value: object) -> dict[str, float]:
        if not isinstance(value, dict):
            raise Rejected(Reject.SHAPE)
        return {name: number(one) for name, one in value.items()}
    return read


def _items(read_one: Read, spec: Spec) -> Read:
    most = MOST_ITEMS if spec.high is None else spec.high

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Rejected(Reject.SHAPE)
        return tuple(map(read_one, value)) if len(value) <= most else _refuse()
    return read


def _nested(cls: type, strict: bool) -> Read:
    def read(value: object) -> Any:
        if not isinstance(value, dict):
            raise Rejected(Reject.SHAPE)
        return build(cls, value, strict)
    return read


_SCALARS: Mapping[Any, Callable[[Spec], Read]] = {
    str: _text, Note: _note, int: _whole, float: _number, bool: _flag}
