"""
The relay's WebSocket endpoint, in a thread with an event loop of its own.

All decisions are made by core/teleop/relay.py, in that thread; this file only carries them out.
Other threads hand in what is heard of the robot and take what is to be published and counted.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
import contextlib
from dataclasses import dataclass
import errno
import itertools
import json
import socket
import threading
import time

from aiohttp import web, WSCloseCode, WSMessage, WSMsgType

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.control import TeleopCommand
from flywheel_nodes.core.errors import ConfigError, FlywheelError
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.admission import read
from flywheel_nodes.core.teleop.deeds import Deed, Drop, Publish, Send, Show, Tell
from flywheel_nodes.core.teleop.protocol import Close, Login, Reject, Rejected
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.teleop.outbox import Outbox
from flywheel_nodes.effects.teleop.tokens import Claims, TokenRefused, Verifier

HEARTBEAT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
SLOW = 'slow'
FLOOD = 'flood'


@dataclass(frozen=True)
class Settings:
    """How to serve; rate: ticks per second, origins: of the web pages that may connect."""

    rate: float
    max_clients: int
    origins: tuple[str, ...] = ()


class RelayServer:
    """Serves /control; publish is called in the server's thread and must not block."""

    def __init__(self, listening: socket.socket, relay: Relay, verifier: Verifier,
                 settings: Settings, publish: Callable[[TeleopCommand], None]) -> None:
        """
        Begin to serve.

        :param listening: as listen() returns it; it is closed with the server
        """
        self.events: deque[Event] = deque(maxlen=256)
        self.refused: dict[Login, int] = dict.fromkeys(Login, 0)
        self.dropped: dict[str, int] = {SLOW: 0, FLOOD: 0}
        self.relay = relay
        self._verifier = verifier
        self._settings = settings
        self._publish = publish
        self._numbers = itertools.count(1)
        self._outboxes: dict[int, Outbox] = {}
        self._greeting = 0
        self._facts = Facts()
        self._facts_due = False
        self._socket = listening
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name='relay', daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients connect."""
        host, port = self._socket.getsockname()[:2]
        return f'ws://[{host}]:{port}/control' if ':' in host else f'ws://{host}:{port}/control'

    # --- for other threads ----------------------------------------------------------------------

    def facts(self, facts: Facts) -> None:
        """Hand in what is heard of the robot; only the newest matters."""
        self._facts = facts
        if not self._facts_due:
            self._facts_due = True
            self._call(self._take_facts)

    def tell(self, event: Event) -> None:
        """Hand in an event for the clients."""
        self._call(lambda: self._do(self.relay.told(event)))

    def _call(self, work: Callable[[], None]) -> None:
        if not self._thread.is_alive():
            raise FlywheelError('the thread that serves clients has ended')
        self._loop.call_soon_threadsafe(work)

    def _take_facts(self) -> None:
        self._facts_due = False  # before reading, or the newest could be missed
        self._do(self.relay.facts(self._facts, clock()))

    def close(self) -> None:
        """Close all connections; leases end as if they were lost."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
        self._socket.close()

    # --- the loop -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_get(protocol.PATH, self._connect)
        app.on_shutdown.append(self._say_goodbye)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_TIMEOUT_S)
        await runner.setup()
        try:
            await web.SockSite(runner, self._socket).start()
            await self._tick()
        finally:
            await runner.cleanup()

    async def _tick(self) -> None:
        period = 1.0 / self._settings.rate
        while not self._stopped.is_set():
            self._do(self.relay.tick(clock()))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), period)

    async def _say_goodbye(self, _: web.Application) -> None:
        for outbox in self._outboxes.values():
            outbox.close(WSCloseCode.GOING_AWAY, 'the relay ends')

    # --- one connection -------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        against = self._against(request)
        if against:
            self.refused[against] += 1
            return web.Response(status=403 if against is Login.ORIGIN else 503)
        ws = web.WebSocketResponse(max_msg_size=protocol.MAX_BYTES + 1, compress=False,
                                   heartbeat=HEARTBEAT_S, timeout=CLOSE_TIMEOUT_S)
        await ws.prepare(request)
        claims = await self._hello(ws)
        if claims:
            await self._session(request, ws, claims)
        return ws

    def _against(self, request: web.Request) -> Login | None:
        origin = request.headers.get('Origin')
        if origin is not None and origin not in self._settings.origins:
            return Login.ORIGIN
        # Strangers have places of their own, so that they keep nobody out who has a token.
        if max(self._greeting, len(self._outboxes)) >= self._settings.max_clients:
            return Login.FULL
        return None

    async def _hello(self, ws: web.WebSocketResponse) -> Claims | None:
        """Return what the first message's token says, or close and return None."""
        self._greeting += 1
        try:
            message = await asyncio.wait_for(ws.receive(), protocol.HELLO_TIMEOUT_S)
            return self._greet(message)
        except asyncio.TimeoutError:
            reason, code = Login.TIMEOUT, Close.TIMEOUT
        except TokenRefused as refused:
            reason, code = refused.reason, Close.UNAUTHORIZED
        except Rejected:
            reason, code = Login.HELLO, Close.NO_HELLO
        finally:
            self._greeting -= 1
        self.refused[reason] += 1
        await ws.close(code=code, message=reason.encode())
        return None

    def _greet(self, message: WSMessage) -> Claims:
        if message.type is not WSMsgType.TEXT:
            raise Rejected(Reject.KIND)
        hello = read(message.data)
        if hello.kind != 'hello':
            raise Rejected(Reject.KIND)
        if hello.fields['protocol'] != protocol.VERSION:
            raise TokenRefused(Login.PROTOCOL)
        return self._verifier.verify(hello.fields['token'])

    async def _session(self, request: web.Request, ws: web.WebSocketResponse,
                       claims: Claims) -> None:
        assert request.transport is not None
        client, outbox = next(self._numbers), Outbox(ws, request.transport.abort)
        self._outboxes[client] = outbox
        self._do(self.relay.enter(client, claims.operator, claims.scope, clock()))
        sending = asyncio.ensure_future(outbox.run())
        receiving = asyncio.ensure_future(self._receive(client, ws))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if outbox.closing:
                await sending
        finally:
            del self._outboxes[client]
            self._do(self.relay.leave(client, clock()))
            sending.cancel()
            receiving.cancel()
        self.dropped[SLOW] += outbox.slow
        if receiving.done() and not receiving.cancelled():
            receiving.result()

    async def _receive(self, client: int, ws: web.WebSocketResponse) -> None:
        while True:
            message = await ws.receive()
            if message.type is WSMsgType.TEXT:
                self._do(self.relay.message(client, message.data, clock()))
            elif message.type is WSMsgType.BINARY:
                self._do(self.relay.refuse(client, Rejected(Reject.BINARY), clock()))
            else:
                break
            await asyncio.sleep(0)  # one client's burst must not hold up the others
        if message.type is WSMsgType.ERROR:
            big = getattr(message.data, 'code', None) == WSCloseCode.MESSAGE_TOO_BIG
            self._do(self.relay.refuse(client, Rejected(
                Reject.SIZE if big else Reject.MALFORMED), clock()))

    # --- deeds ----------------------------------------------------------------------------------

    def _do(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            if isinstance(deed, Publish):
                self._publish(deed.command)
            elif isinstance(deed, Event):
                self.events.append(deed)
            elif isinstance(deed, (Tell, Show)):
                self._all(deed)
            elif deed.client in self._outboxes:
                self._one(self._outboxes[deed.client], deed)

    def _all(self, deed: Tell | Show) -> None:
        text = json.dumps(deed.message)
        for outbox in self._outboxes.values():
            (outbox.show if isinstance(deed, Show) else outbox.put)(text)

    def _one(self, outbox: Outbox, deed: Send | Drop) -> None:
        if isinstance(deed, Send):
            outbox.put(json.dumps(deed.message))
            return
        self.dropped[FLOOD] += 1
        outbox.close(deed.code, deed.because)


def clock() -> Now:
    """Read both clocks."""
    return Now(time.monotonic_ns(), time.time_ns())


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, port 0 for any free one; raises ConfigError."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f'teleop_relay: {host}:{port} is in use: choose another port, or 0 '
                              'for any free one') from None
        raise ConfigError(f'teleop_relay: {host}:{port} cannot be listened on: '
                          f'{error.strerror}') from None
