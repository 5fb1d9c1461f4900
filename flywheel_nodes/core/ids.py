"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

import uuid

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7(wall_ns: int, entropy: bytes) -> str:
    """
    Return a UUIDv7 for a wall-clock time.

    :param wall_ns: nanoseconds since the Unix epoch; its milliseconds lead the identifier
    :param entropy: at least 10 random bytes, of which 74 bits are used
    """
    random = int.from_bytes(entropy[:10], 'big')
    low = random & ((1 << 62) - 1)
    middle = (random >> 62) & 0xFFF
    milliseconds = (wall_ns // 1_000_000) & ((1 << 48) - 1)
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION | middle << 64 | _VARIANT | low))


def short(identifier: str) -> str:
    """Return the eight random hex digits that people use to name an identifier."""
    return identifier.replace('-', '')[-8:]
