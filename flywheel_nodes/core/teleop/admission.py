"""
What a client's message must pass before anybody acts on it, cheapest check first.

Size, rate, nesting, JSON, type, fields, scope. Lease and sequence come after, in
core/teleop/relay.py.
"""

from dataclasses import dataclass
from typing import Any

from flywheel_nodes.core.teleop.bucket import Bucket
from flywheel_nodes.core.teleop.codec import ASKS, decode_ask, given
from flywheel_nodes.core.teleop.protocol import Reject, Rejected, Scope

_LONGEST_STOP = 64


@dataclass(frozen=True)
class Message:
    """A message whose type is known and whose fields are as the table says."""

    kind: str
    fields: dict[str, Any]


class Admission:
    """The checks of one connection."""

    def __init__(self, scope: Scope, rate: float, shared: Bucket | None = None) -> None:
        """
        Begin with a full bucket.

        :param rate: messages per second let through
        :param shared: what all connections of the same address take from, too
        """
        self._scope = scope
        self._bucket = Bucket(rate)
        self._shared = shared

    def paced(self, now_ns: int) -> bool:
        """Take one message's worth; False when the connection or its address has none left."""
        mine = self._bucket.take(now_ns)
        return mine and (self._shared is None or self._shared.take(now_ns))

    def admit(self, data: str, now_ns: int) -> Message:
        """Return the message; raises Rejected with the first reason against it."""
        if not self.paced(now_ns) and not _may_be_stop(data):
            raise Rejected(Reject.RATE)
        message = read(data)
        if not self._scope.covers(ASKS[message.kind].scope):
            raise Rejected(Reject.SCOPE, message.kind, message.fields.get('seq'))
        return message


def _may_be_stop(data: str) -> bool:
    # A stop is never refused for rate.
    return len(data) <= _LONGEST_STOP and '"stop"' in data


def read(data: str) -> Message:
    """Return the message in a text; raises Rejected."""
    ask = decode_ask(data)
    return Message(ask.kind, given(ask))
