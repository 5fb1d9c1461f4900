"""
Which value of a message a rule looks at: a path, or a few named derivations of one.

`percentage`, `twist.twist.linear.x`, `position[3]`, `position[left_knee]` (by the message's own
`name` list), `tilt(orientation)`, `rate(twist.twist.linear.x)`, `norm(linear_acceleration)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
import math
import re
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError

Value = float | bool | str | None
_STEP = re.compile(r'(?:^|\.)([A-Za-z]\w*)|\[([^\[\].()]+)\]', re.ASCII)
_CALL = re.compile(r'([a-z]\w*)\((.*)\)', re.ASCII)


class FieldError(ConfigError):
    """A message has no such field, or one that cannot be compared."""


@dataclass(frozen=True)
class Path:
    """Attributes by name, elements by number or by the message's own names."""

    steps: tuple[str | int | tuple[str], ...]

    def of(self, message: Any) -> Any:
        """Return what lies there, None for an element that is not; raises FieldError."""
        found = message
        for step in self.steps:
            if found is None:
                return None
            found = _attribute(found, step) if isinstance(step, str) else _element(
                found, step if isinstance(step, int) else _index(message, step[0]))
        return found


@dataclass(frozen=True)
class Field:
    """A path and what is derived from its value, innermost first."""

    text: str
    path: Path
    derivations: tuple[str, ...] = ()


def parse(text: str) -> Field:
    """Read a field as a rule file names it; raises ConfigError with what is allowed."""
    inner, derivations = text.strip(), []
    while call := _CALL.fullmatch(inner):
        if call[1] not in DERIVATIONS:
            raise ConfigError(f'{call[1]!r} is none of {", ".join(DERIVATIONS)}')
        derivations.append(call[1])
        inner = call[2].strip()
    steps = list(_STEP.finditer(inner))
    whole = ''.join(step[0] for step in steps) == inner and not inner.startswith(('.', '['))
    if not steps or not whole:
        raise ConfigError(f'{text!r} is no path such as twist.twist.linear.x or position[3], nor '
                          f'one within {", ".join(f"{name}()" for name in DERIVATIONS)}')
    return Field(text, Path(tuple(map(_step, steps))), tuple(reversed(derivations)))


def _step(match: re.Match[str]) -> str | int | tuple[str]:
    if match[1]:
        return match[1]
    return int(match[2]) if re.fullmatch(r'-?\d+', match[2]) else (match[2],)


def _attribute(message: Any, name: str) -> Any:
    try:
        return getattr(message, name)
    except AttributeError:
        kind = type(message).__name__.split('__')[-1]
        raise FieldError(f'{kind} has no field {name!r}') from None


def _index(message: Any, name: str) -> int | None:
    names = list(_attribute(message, 'name'))
    return names.index(name) if name in names else None


def _element(values: Any, index: int | None) -> Any:
    if isinstance(values, str) or not hasattr(values, '__getitem__'):
        raise FieldError(f'[{index}] of what is no list')
    if index is None or not -len(values) <= index < len(values):
        return None
    return values[index]


class Reader:
    """Reads one field of the messages of one topic, in order; rates need the one before."""

    def __init__(self, field: Field) -> None:
        """Begin without a message."""
        self._field = field
        self._before: dict[int, tuple[float, int]] = {}

    def read(self, message: Any, at_ns: int) -> Value:
        """
        Return the value, None where there is none or it is not finite.

        :param at_ns: when the message came, for rates
        :raises FieldError: when the message has no such field, or one that is no single value
        """
        found = self._field.path.of(message)
        try:
            for depth, name in enumerate(self._field.derivations):
                if found is None:
                    return None
                found = (self._rate(depth, found, at_ns) if name == 'rate'
                         else DERIVATIONS[name](found))
            return single(found)
        except ArithmeticError:  # numbers that no robot measures, out of a broken driver
            return None

    def _rate(self, depth: int, found: Any, at_ns: int) -> float | None:
        now = number(found)
        before = self._before.get(depth)
        if now is None or (before and at_ns <= before[1]):
            return None
        self._before[depth] = (now, at_ns)
        return (now - before[0]) * SECOND / (at_ns - before[1]) if before else None


def single(found: Any) -> Value:
    """Return a message's value as a plain one; raises FieldError for what is no single value."""
    if hasattr(found, 'item'):
        found = found.item() if getattr(found, 'size', 1) == 1 else found
    if isinstance(found, bytes) and len(found) == 1:
        found = found[0]
    if found is None or isinstance(found, (bool, str)):
        return found
    if not isinstance(found, (int, float)):
        raise FieldError('it is no single value: name a part of it, or norm(), min() or max()')
    return float(found) if math.isfinite(found) else None


def number(found: Any) -> float | None:
    """Return a message's value as a number; raises FieldError for what is none."""
    value = single(found)
    if isinstance(value, (bool, str)):
        raise FieldError('it is no number')
    return value


def numbers(found: Any) -> list[float] | None:
    """Return the parts of a vector or list of numbers, None when one is not finite."""
    parts = ([getattr(found, axis) for axis in ('x', 'y', 'z', 'w') if hasattr(found, axis)]
             if hasattr(found, 'x') else found)
    if isinstance(parts, str) or not hasattr(parts, '__iter__'):
        raise FieldError('it is neither a vector nor a list of numbers')
    known = [value for value in map(number, parts) if value is not None]
    return known if known and len(known) == len(parts) else None


def tilt(quaternion: Any) -> float | None:
    """Return the angle between up and the body's z axis in rad; None for what is no rotation."""
    parts = numbers(quaternion)
    if parts is None or len(parts) != 4:
        return None
    square = sum(part * part for part in parts)
    if not 0.25 <= square < math.inf:
        return None
    up = 1.0 - 2.0 * (parts[0] * parts[0] + parts[1] * parts[1]) / square
    return math.acos(max(-1.0, min(1.0, up)))


def _over(reduce: Callable[[list[float]], float]) -> Callable[[Any], float | None]:
    def derive(found: Any) -> float | None:
        parts = numbers(found)
        return None if parts is None else reduce(parts)
    return derive


def _size(found: Any) -> float | None:
    value = number(found)
    return None if value is None else abs(value)


def _stateful(found: Any) -> float | None:
    raise AssertionError('a rate is made by the Reader, which knows the message before')


DERIVATIONS: dict[str, Callable[[Any], float | None]] = {
    'tilt': tilt, 'norm': _over(lambda parts: math.hypot(*parts)), 'rate': _stateful,
    'abs': _size, 'min': _over(min), 'max': _over(max)}
