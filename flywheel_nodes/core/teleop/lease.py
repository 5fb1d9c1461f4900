"""
Who may drive: exactly one connection at a time, for a short while, under a rising epoch.

A lease belongs to the connection that claimed it. It is never revived: whoever loses it, by
silence or otherwise, claims again and gets another epoch.
"""

from dataclasses import dataclass, replace

from flywheel_nodes.core.control import Sight


@dataclass(frozen=True)
class Lease:
    """The right to drive; client: the connection it is bound to, epoch: rises with each lease."""

    client: int
    operator: str
    id: str
    epoch: int
    expires_ns: int
    sight: Sight = Sight.VIDEO


class LeaseBook:
    """At most one lease."""

    def __init__(self, ttl_ns: int, epoch: int) -> None:
        """
        Begin without a lease.

        :param ttl_ns: a lease not renewed for this long ends
        :param epoch: monotonic clock in ms, so that epochs rise across restarts of the process
            too, though the wall clock may be set back
        """
        self._ttl_ns = ttl_ns
        self._epoch = epoch
        self._lease: Lease | None = None

    def next_epoch(self) -> int:
        """Return a number above all epochs so far."""
        self._epoch += 1
        return self._epoch

    def holder(self, now_ns: int) -> Lease | None:
        """Return the lease that is valid now."""
        lease = self._lease
        return lease if lease and now_ns < lease.expires_ns else None

    def claim(self, client: int, operator: str, identifier: str, now_ns: int,
              sight: Sight = Sight.VIDEO) -> Lease | None:
        """Grant a lease; None while there is one, even an expired one not yet taken off."""
        if self._lease:
            return None
        self._lease = Lease(client, operator, identifier, self.next_epoch(),
                            now_ns + self._ttl_ns, sight)
        return self._lease

    def held(self, client: int, identifier: str, epoch: int, now_ns: int) -> Lease | None:
        """Return the lease if this connection holds it under this id and epoch."""
        lease = self.holder(now_ns)
        if lease and (lease.client, lease.id, lease.epoch) == (client, identifier, epoch):
            return lease
        return None

    def renew(self, client: int, identifier: str, epoch: int, now_ns: int) -> Lease | None:
        """Prolong the lease; None for anybody but its holder and once it has expired."""
        lease = self.held(client, identifier, epoch, now_ns)
        if lease:
            self._lease = replace(lease, expires_ns=now_ns + self._ttl_ns)
            return self._lease
        return None

    def expire(self, now_ns: int) -> Lease | None:
        """Take off and return a lease whose time has passed."""
        return self.end() if self._lease and now_ns >= self._lease.expires_ns else None

    def end(self) -> Lease | None:
        """Take off and return the lease."""
        lease, self._lease = self._lease, None
        return lease

    def of(self, client: int) -> Lease | None:
        """Return the lease bound to a connection, expired or not."""
        return self._lease if self._lease and self._lease.client == client else None
