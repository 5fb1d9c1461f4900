"""One topic through several subscriptions: each message once."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice

from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.nodes.inlet import Arrival

Receive = Callable[[bytes, Arrival], None]


class Once:
    """Lets each message pass once, though several subscriptions receive it."""

    def __init__(self, receive: Receive, heard: Iterable[Record] = (),
                 hold: Callable[[bytes, Record], None] = lambda *_: None,
                 most: int = 2000) -> None:
        """
        Remember at most that many messages.

        :param heard: those that passed before there was a Once, the newest first: a subscription
            that is new gets the last ones again
        :param hold: is told then, and by whom they are
        """
        self.receive = receive
        # Without what they say: a camera's would take more memory than the ring may.
        self._heard = {(one.sequence, one.source_ns): one._replace(data=b'')
                       for one in islice(heard, most)}
        self._hold = hold
        self._seen: OrderedDict[tuple[bytes, int, int], None] = OrderedDict()
        self._most = most

    def __call__(self, data: bytes, arrival: Arrival) -> None:
        """Take a message unless it came before."""
        key = (arrival.publisher, arrival.sequence, arrival.source_ns)
        if key in self._seen:
            return
        if key[1:] in self._heard:
            self._hold(arrival.publisher, self._heard[key[1:]]._replace(data=data))
            return
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        self.receive(data, arrival)
