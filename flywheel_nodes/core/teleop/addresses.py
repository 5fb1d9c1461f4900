"""
How much one network address may ask for: connections, failed logins, messages.

Addresses are those of the network's other end. A whole IPv6 /64 counts as one, because whoever
has one address of it has all of them.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
import ipaddress

from flywheel_nodes.core.teleop.bucket import Bucket

MOST = 1024
FAILURES_PER_S = 1.0
FAILURES_AT_ONCE = 20.0


def grouped(address: str) -> str:
    """Return what stands for an address: itself, or its IPv6 network; '' when it is none."""
    try:
        found = ipaddress.ip_address(address.partition('%')[0])
    except ValueError:
        return ''
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return '::1' if found.is_loopback else str(ipaddress.ip_network((int(found), 64), False))


@dataclass
class _Address:
    messages: Bucket
    failures: Bucket = field(default_factory=lambda: Bucket(FAILURES_PER_S, FAILURES_AT_ONCE))
    open: int = 0


class Addresses:
    """What is known of each address; forgets those longest unheard of that have nothing open."""

    def __init__(self, connections: int, message_rate: float, most: int = MOST) -> None:
        """
        Begin with none.

        :param connections: that one address may have open at a time
        :param message_rate: messages per second taken from all its connections together
        :param most: addresses remembered besides those with open connections
        """
        self._connections = connections
        self._message_rate = message_rate
        self._most = most
        self._known: OrderedDict[str, _Address] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._known)

    def opened(self, address: str) -> bool:
        """Count a connection; False when the address has too many."""
        known = self._of(address)
        if known.open >= self._connections:
            return False
        known.open += 1
        return True

    def closed(self, address: str) -> None:
        """Count a connection off."""
        known = self._of(address)
        known.open = max(0, known.open - 1)
        self._forget()

    def failed(self, address: str) -> None:
        """Count a login that was refused."""
        self._of(address).failures.level -= 1.0

    def may_try(self, address: str, now_ns: int) -> bool:
        """Say whether another login may be tried from there."""
        return self._of(address).failures.has(now_ns)

    def messages(self, address: str) -> Bucket:
        """Return what all connections of an address take their messages from."""
        return self._of(address).messages

    def _of(self, address: str) -> _Address:
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = _Address(Bucket(self._message_rate))
            self._forget()
        self._known.move_to_end(address)
        return known

    def _forget(self) -> None:
        for address in list(self._known)[:max(0, len(self._known) - self._most)]:
            if not self._known[address].open:
                del self._known[address]
