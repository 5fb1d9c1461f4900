"""How often passwords are tried: bounded by address, and in all."""

from collections import OrderedDict

from flywheel_nodes.core.teleop.bucket import Bucket

MOST_ADDRESSES = 256
ADDRESS_RATE, ADDRESS_BURST = 0.5, 5.0
RATE, BURST = 4.0, 20.0


class LoginAttempts:
    """
    Says who may try.

    One address that guesses uses up its own attempts and not those of others; many addresses
    together use up those of the server, which bounds what guessing costs the machine.
    """

    def __init__(self) -> None:
        """Begin with all attempts there are."""
        self._all = Bucket(RATE, BURST)
        self._by_address: OrderedDict[str, Bucket] = OrderedDict()

    def may(self, address: str, now_ns: int) -> bool:
        """Take one attempt; False when the address, or the server, has none left."""
        one = self._of(address)
        return one.has(now_ns) and self._all.take(now_ns) and one.take(now_ns)

    def _of(self, address: str) -> Bucket:
        found = self._by_address.pop(address, None) or Bucket(ADDRESS_RATE, ADDRESS_BURST)
        self._by_address[address] = found
        if len(self._by_address) > MOST_ADDRESSES:
            self._by_address.popitem(last=False)
        return found
