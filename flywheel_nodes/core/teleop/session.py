"""One client that was let in: who it is, how it behaves, what its clock shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.admission import Admission
from flywheel_nodes.core.teleop.latency import RemoteClock
from flywheel_nodes.core.teleop.protocol import PING_PERIOD_NS, Reject, Rejected

STRIKES = 100
LOST_PONG_NS = 5 * SECOND


@dataclass
class Session:
    """A client that has said hello; ping_t0: when it was pinged, None once it answered."""

    client: int
    operator: str
    admission: Admission
    pinged_ns: int
    ping_t0: int | None = None
    strikes: int = 0
    clock: RemoteClock = field(default_factory=RemoteClock)

    def good(self) -> None:
        """Note a message that was taken."""
        self.strikes = max(0, self.strikes - 1)

    def bad(self) -> bool:
        """Note a message that was refused; return whether there were too many."""
        self.strikes += 1
        return self.strikes >= STRIKES

    def ping(self, now: int) -> bool:
        """Say whether it is time to ping the client, and note that it is done."""
        patience = PING_PERIOD_NS if self.ping_t0 is None else LOST_PONG_NS
        if now - self.pinged_ns < patience:
            return False
        self.pinged_ns = self.ping_t0 = now
        return True

    def pong(self, fields: Mapping[str, Any], now: int) -> int:
        """Take the answer to the ping and return the round trip in ns; raises Rejected."""
        t0, t1, t2 = fields['t0'], fields['t1'], fields['t2']
        took = now - t0 - (t2 - t1)
        if t0 != self.ping_t0 or not 0 <= took <= now - t0:
            raise Rejected(Reject.VALUE)
        self.ping_t0 = None
        self.clock.pong(t0, t1, t2, now)
        return int(took)
