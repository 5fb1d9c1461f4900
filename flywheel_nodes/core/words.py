"""A closed vocabulary: enum members that are their own strings on every Python we support."""

from enum import Enum


class Word(str, Enum):
    """A string enum that prints as its value (enum.StrEnum needs Python 3.11)."""

    __str__ = str.__str__

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec)
