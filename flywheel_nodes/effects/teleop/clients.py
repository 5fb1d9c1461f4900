"""The clients of /control: their sockets, what they say and what they are told."""

import asyncio
from collections.abc import Callable, Iterable
import itertools
import json
import secrets

from aiohttp import web, WSCloseCode, WSMessage, WSMsgType

from flywheel_nodes.core.teleop.addresses import Addresses
from flywheel_nodes.core.teleop.deeds import Audited, Deed, Drop, Note, Send, Show, Tell
from flywheel_nodes.core.teleop.protocol import Close, Reject, Rejected
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.teleop.audit import Write
from flywheel_nodes.effects.teleop.door import Guest
from flywheel_nodes.effects.teleop.outbox import Outbox

SLOW, FLOOD = 'slow', 'flood'


class Clients:
    """
    All who have said hello, in the server's event loop.

    dropped: how many were cut off, by reason.
    """

    def __init__(self, relay: Relay, addresses: Addresses, write: Write,
                 do: Callable[[Iterable[Deed]], None]) -> None:
        """
        Begin without any.

        :param do: does what the relay decides
        """
        self.dropped: dict[str, int] = {SLOW: 0, FLOOD: 0}
        self._relay = relay
        self._addresses = addresses
        self._write = write
        self._do = do
        self._numbers = itertools.count(1)
        self._outboxes: dict[int, Outbox] = {}
        self._guests: dict[int, Guest] = {}

    def __len__(self) -> int:
        """Return how many are there."""
        return len(self._outboxes)

    # --- what they say --------------------------------------------------------------------------

    async def serve(self, ws: web.WebSocketResponse, guest: Guest) -> None:
        """Listen to a client that was let in until it is gone."""
        client, outbox = next(self._numbers), Outbox(ws, guest.visit.cut)
        self._outboxes[client], self._guests[client] = outbox, guest
        # Who came back with a secret gets no other one: it ends when the first does.
        secret = '' if guest.via else secrets.token_urlsafe(32)
        self._do(self._relay.enter(
            client, guest.operator, guest.scope, clocks.now(), secret=secret,
            shared=self._addresses.messages(guest.visit.address)))
        sending = asyncio.ensure_future(outbox.run())
        receiving = asyncio.ensure_future(self._receive(client, ws))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if outbox.closing:
                await sending
        finally:
            del self._outboxes[client]
            self._do([*self._relay.leave(client, clocks.now()),
                      Note(Audited.LEFT, client, guest.operator)])
            del self._guests[client]
            sending.cancel()
            receiving.cancel()
        self.dropped[SLOW] += outbox.slow
        if receiving.done() and not receiving.cancelled():
            receiving.result()

    async def _receive(self, client: int, ws: web.WebSocketResponse) -> None:
        while True:
            message = await ws.receive()
            if message.type is WSMsgType.TEXT:
                self._do(self._relay.message(client, message.data, clocks.now()))
            elif message.type is WSMsgType.BINARY:
                self._do(self._relay.refuse(client, Rejected(Reject.BINARY), clocks.now()))
            elif message.type in (WSMsgType.PING, WSMsgType.PONG):
                await self._control_frame(client, ws, message)
            else:
                break
            await asyncio.sleep(0)  # one client's burst must not hold up the others
        if message.type is WSMsgType.ERROR:
            big = getattr(message.data, 'code', None) == WSCloseCode.MESSAGE_TOO_BIG
            self._do(self._relay.refuse(client, Rejected(
                Reject.SIZE if big else Reject.MALFORMED), clocks.now()))

    async def _control_frame(self, client: int, ws: web.WebSocketResponse,
                             message: WSMessage) -> None:
        """Count a frame of the WebSocket's own like a message, and answer a ping."""
        if not self._relay.paced(client, clocks.now()):
            self._do(self._relay.refuse(client, Rejected(Reject.RATE), clocks.now()))
        elif message.type is WSMsgType.PING:
            await ws.pong(message.data)

    # --- what they are told ---------------------------------------------------------------------

    def tell(self, deed: Tell | Show | Send | Drop | Note) -> None:
        """Send a message to one or all, cut one off, or write down what one did."""
        if isinstance(deed, (Tell, Show)):
            self._all(deed)
        elif isinstance(deed, Note):
            self._note(deed)
        elif isinstance(deed, Send):
            self.say(deed.client, json.dumps(deed.message))
        elif deed.client in self._outboxes:
            self.dropped[FLOOD] += deed.code is Close.FLOOD
            self._outboxes[deed.client].close(deed.code, deed.because)

    def say(self, client: int, text: str) -> None:
        """Send a message to one, if it is still there."""
        if client in self._outboxes:
            self._outboxes[client].put(text)

    def say_goodbye(self) -> None:
        """Close all connections after what waits."""
        for outbox in self._outboxes.values():
            outbox.close(WSCloseCode.GOING_AWAY, 'the relay ends')

    def _all(self, deed: Tell | Show) -> None:
        text = json.dumps(deed.message)
        for outbox in self._outboxes.values():
            (outbox.show if isinstance(deed, Show) else outbox.put)(text)

    def _note(self, note: Note) -> None:
        guest = self._guests.get(note.client)
        self._write(note.what, note.operator, guest.visit.address if guest else '', note.values)
