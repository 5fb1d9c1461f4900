"""What a value must be for a rule to hold."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.fields import FieldError, Value

Wanted = str | float | bool


@dataclass(frozen=True)
class Check:
    """
    All that is given must hold.

    any_of: one of these; texts may be patterns with * ? [; outside: below the first number or
    above the second.
    """

    any_of: tuple[Wanted, ...] = ()
    above: float | None = None
    below: float | None = None
    outside: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what asks for nothing or never holds."""
        if not self.any_of and not self._numeric:
            raise ConfigError('one of above, below, outside, equals is needed')
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ConfigError(f'nothing is above {self.above:g} and below {self.below:g}: '
                              'use outside')
        if self.outside and (len(self.outside) != 2 or self.outside[0] >= self.outside[1]):
            raise ConfigError('outside: two numbers are needed, the lower one first')

    @property
    def _numeric(self) -> bool:
        return self.above is not None or self.below is not None or bool(self.outside)

    def holds(self, value: Value) -> bool | None:
        """
        Tell whether it holds, None where the value is absent.

        :raises FieldError: for a text where a number is needed
        """
        if value is None:
            return None
        if self.any_of and not any(_equal(value, wanted) for wanted in self.any_of):
            return False
        return self._within(value) if self._numeric else True

    def holds_for(self, text: str | None) -> bool:
        """Tell whether it holds for a value of an event; these are texts."""
        if text is None:
            return False
        if self.any_of and not any(_reads(text, wanted) for wanted in self.any_of):
            return False
        value = _number(text)
        return not self._numeric or (value is not None and self._within(value))

    def _within(self, value: Value) -> bool:
        if not isinstance(value, float):
            raise FieldError(f'{value!r} is no number: use equals')
        return ((self.above is None or value > self.above)
                and (self.below is None or value < self.below)
                and (not self.outside or value < self.outside[0] or value > self.outside[1]))

    def __str__(self) -> str:
        """Return it as a person says it."""
        words = [f'above {self.above:g}'] if self.above is not None else []
        words += [f'below {self.below:g}'] if self.below is not None else []
        words += ['outside {:g} to {:g}'.format(*self.outside)] if self.outside else []
        words += ['is ' + ' or '.join(map(_said, self.any_of))] if self.any_of else []
        return ' and '.join(words)


def _equal(value: Value, wanted: Wanted) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value, wanted)
    return value == wanted


def _reads(text: str, wanted: Wanted) -> bool:
    if isinstance(wanted, bool):
        return text.lower() == str(wanted).lower()
    if isinstance(wanted, str):
        return fnmatchcase(text, wanted)
    return _number(text) == wanted


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value - value == 0.0 else None


def _said(wanted: Wanted) -> str:
    return str(wanted).lower() if isinstance(wanted, bool) else f'{wanted}'
