"""A closed vocabulary: enum members that are their own strings on every Python we support."""

from enum import Enum
from typing import TypeVar


class Word(str, Enum):
    """A string enum that prints as its value (enum.StrEnum needs Python 3.11)."""

    __str__ = str.__str__

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec)


W = TypeVar('W', bound=Word)


def word(kind: type[W], text: str, otherwise: W) -> W:
    """Return the word of a closed vocabulary, or the one that stands for all others."""
    try:
        return kind(text)
    except ValueError:
        return otherwise
