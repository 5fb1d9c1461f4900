"""
What a client's message must pass before anybody acts on it, cheapest check first.

Size, rate, nesting, JSON, type, fields, scope. Lease and sequence come after, in
core/teleop/relay.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import json
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.protocol import KINDS, MAX_BYTES, Reject, Rejected, Scope

# No message needs more than two; free text may hold a few.
MAX_BRACKETS = 32
_LONGEST_STOP = 64


@dataclass(frozen=True)
class Message:
    """A message whose type is known and whose fields are as the table says."""

    kind: str
    fields: dict[str, Any]


class Bucket:
    """A token bucket: so many a second, and bursts of at most one second's worth."""

    def __init__(self, rate: float) -> None:
        """Begin full."""
        self._rate = rate
        self._level = rate
        self._last_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Take one; False when there is none."""
        last = now_ns if self._last_ns is None else self._last_ns
        self._last_ns = now_ns
        self._level = min(self._rate, self._level + (now_ns - last) / SECOND * self._rate)
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


class Admission:
    """The checks of one connection."""

    def __init__(self, scope: Scope, rate: float) -> None:
        """
        Begin with a full bucket.

        :param rate: messages per second let through
        """
        self._scope = scope
        self._bucket = Bucket(rate)

    def admit(self, data: str, now_ns: int) -> Message:
        """Return the message; raises Rejected with the first reason against it."""
        if not self._bucket.take(now_ns) and not _may_be_stop(data):
            raise Rejected(Reject.RATE)
        message = read(data)
        if not self._scope.covers(KINDS[message.kind].scope):
            raise Rejected(Reject.SCOPE, message.kind, message.fields.get('seq'))
        return message


def _may_be_stop(data: str) -> bool:
    # A stop is never refused for rate.
    return len(data) <= _LONGEST_STOP and '"stop"' in data


def read(data: str) -> Message:
    """Return the message in a text; raises Rejected."""
    raw = _decode(data)
    kind = raw.pop('type', None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise Rejected(Reject.KIND)
    against = _against(kind, raw)
    if against is not None:
        seq = raw.get('seq')
        raise Rejected(against, kind, seq if type(seq) is int else None)
    return Message(kind, raw)


def _decode(data: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise Rejected(Reject.SIZE)
    if data.count('{') + data.count('[') > MAX_BRACKETS:
        raise Rejected(Reject.DEPTH)
    try:
        raw = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError:
        raise Rejected(Reject.MALFORMED) from None
    if not isinstance(raw, dict):
        raise Rejected(Reject.MALFORMED)
    return raw


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError('a name twice')
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f'{name} is no JSON')


def _against(kind: str, raw: dict[str, Any]) -> Reject | None:
    """Return the first thing wrong with the fields."""
    table = KINDS[kind]
    checks = {**table.needed, **table.optional}
    if not table.needed.keys() <= raw.keys() <= checks.keys():
        return Reject.SHAPE
    return next((bad for name, value in raw.items() if (bad := checks[name](value))), None)
