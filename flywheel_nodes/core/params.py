"""
Parameters, each declared once on a frozen dataclass.

From the declaration come validation, the ROS parameter descriptors (nodes/parameters.py),
config/defaults.yaml and docs/parameters.md (core/reference.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, Field, field, fields, is_dataclass, MISSING
import difflib
import math
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, TypeVar

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.sizes import size

BYTES = 'B'
T = TypeVar('T')


@dataclass(frozen=True)
class Spec:
    """What is known of one parameter besides its name and type."""

    doc: str
    unit: str = ''
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values, for error lines and the reference."""
        if self.choices:
            return ' | '.join(self.choices)
        if self.low is None and self.high is None:
            return ''
        show = size if self.unit == BYTES else '{:g}'.format
        low = '-inf' if self.low is None else show(self.low)
        high = 'inf' if self.high is None else show(self.high)
        if self.unit == BYTES:
            return f'{low} to {high}, given in bytes'
        return f'{low} to {high}' + (f' {self.unit}' if self.unit else '')


def param(default: Any = MISSING, doc: str = '', **spec: Any) -> Any:
    """Declare a parameter: its default, its meaning, and unit, low, high, choices, live."""
    return field(default=default, metadata={'spec': Spec(doc, **spec)})


def spec_of(declared: 'Field[Any]') -> Spec:
    """Return the declaration behind a dataclass field."""
    spec = declared.metadata.get('spec', Spec(''))
    assert isinstance(spec, Spec)
    return spec


def parse(cls: type[T], values: object, where: str) -> T:
    """
    Build a configuration from untrusted values.

    A field of type Any takes what comes; one whose name ends with an underscore, which keeps it
    apart from Python's own words, is meant without it.

    :param cls: a frozen dataclass whose fields were declared with param()
    :param values: a mapping of names to values, as YAML or the parameter server gives them
    :param where: what the values belong to (a node's name, a file), the head of each error
    :raises ConfigError: for an unknown, missing, ill-typed or out-of-range value
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f'{where}: a mapping of names to values is needed, not {values!r}')
    declared = {f.name.rstrip('_'): f for f in fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in declared:
            raise ConfigError(f'{where}: unknown parameter {name!r}{_closest(name, declared)}')
    hints = get_type_hints(cls)
    found = {}
    for name, one in declared.items():
        if name in values:
            found[one.name] = _value(hints[one.name], values[name], spec_of(one),
                                     f'{where}: {name}')
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ConfigError(f'{where}: {name} is missing ({spec_of(one).doc})')
    return cls(**found)


def _closest(name: object, declared: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(str(name), declared, n=1)
    return f'; did you mean {near[0]!r}?' if near else f' (known: {", ".join(declared)})'


def _value(hint: Any, value: object, spec: Spec, where: str) -> object:
    if isinstance(hint, UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if hint is Any:
        return value
    if is_dataclass(hint):
        return parse(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        if isinstance(value, str) or not hasattr(value, '__iter__'):
            raise ConfigError(f'{where}: a list is needed, not {value!r}')
        inner = get_args(hint)[0]
        return tuple(_value(inner, v, spec, f'{where}[{i}]') for i, v in enumerate(value))
    if get_origin(hint) is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f'{where}: a mapping is needed, not {value!r}')
        inner = get_args(hint)[1]
        return {str(k): _value(inner, v, spec, f'{where}.{k}') for k, v in value.items()}
    return _scalar(hint, value, spec, where)


def _scalar(hint: type, value: object, spec: Spec, where: str) -> object:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = _number(value)
    if type(value) is not hint:
        raise ConfigError(f'{where}: {_KINDS[hint]} is needed, not {value!r}')
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f'{where}: {value!r} is not a finite number')
    if isinstance(value, (int, float)) and not _inside(value, spec):
        raise ConfigError(f'{where}: {value!r} is out of range ({spec.allowed})')
    if spec.choices and value not in spec.choices:
        raise ConfigError(f'{where}: {value!r} is not one of {spec.allowed}')
    return value


def _number(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _inside(value: float, spec: Spec) -> bool:
    return (spec.low is None or value >= spec.low) and (spec.high is None or value <= spec.high)


_KINDS = {float: 'a number', int: 'a whole number', bool: 'true or false', str: 'a text'}


def walk(cls: type) -> Iterator[tuple[str, Any, Any, Spec]]:
    """Yield each parameter's name, type, default and declaration, in order of declaration."""
    hints = get_type_hints(cls)
    for one in fields(cls):
        yield one.name, hints[one.name], one.default, spec_of(one)
