"""
The relay's WebSocket endpoint, in a thread with an event loop of its own.

All decisions are made by core/teleop/relay.py, in that thread; this file only carries them out.
Other threads hand in what is heard of the robot and take what is to be published and counted.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
import socket
import ssl
import threading

from aiohttp import web

from flywheel_nodes.core.control import TeleopCommand
from flywheel_nodes.core.errors import FlywheelError
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.teleop import protocol, video_messages
from flywheel_nodes.core.teleop.addresses import Addresses
from flywheel_nodes.core.teleop.deeds import Audited, Deed, Expel, Publish
from flywheel_nodes.core.teleop.places import Places
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.video_shots import Shot
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.teleop.audit import Write
from flywheel_nodes.effects.teleop.clients import Clients
from flywheel_nodes.effects.teleop.door import CLOSE_TIMEOUT_S, Door
from flywheel_nodes.effects.teleop.gate import Gate
from flywheel_nodes.effects.teleop.listening import place, quiet_log
from flywheel_nodes.effects.teleop.snapshots import Snapshots
from flywheel_nodes.effects.teleop.tokens import Verifier
from flywheel_nodes.effects.teleop.video_server import VideoServer, VideoSettings

# Enough for a round trip round the world; systemd and `flywheel up` wait for longer.
GOODBYE_S = 0.4


@dataclass(frozen=True)
class Settings:
    """
    How to serve.

    rate: ticks per second; max_clients: on /control; connections: of all kinds, strangers
    included; address_...: of all connections of one address together; origins: of the web pages
    that may connect; tls: None for none.
    """

    rate: float
    max_clients: int
    connections: int = 128
    address_connections: int = 64
    address_message_rate: float = 500.0
    origins: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    video: VideoSettings = field(default_factory=VideoSettings)


def _write_nothing(_: Audited, __: str, ___: str, ____: Mapping[str, str]) -> None:
    """Keep no audit log."""


class RelayServer:
    """Serves /control and /video; publish is called in the server's thread and must not block."""

    def __init__(self, listening: socket.socket, relay: Relay, verifier: Verifier,
                 settings: Settings, publish: Callable[[TeleopCommand], None],
                 write: Write = _write_nothing) -> None:
        """
        Begin to serve.

        :param listening: as listen() returns it; it is closed with the server
        :param write: takes the lines of the audit log, in the server's thread
        """
        self.events: deque[Event] = deque(maxlen=256)
        self.relay = relay
        self._settings = settings
        self._publish = publish
        self.places = Places(settings.connections)
        self._addresses = Addresses(settings.address_connections, settings.address_message_rate)
        self.door = Door(verifier, relay.resumes, self._addresses, frozenset(settings.origins),
                         write)
        self.clients = Clients(relay, self._addresses, write, self._do)
        self.video = VideoServer(relay.cameras, settings.video, relay.clock_of)
        self._snapshots = Snapshots(self.video.coder, lambda snapshot: self._do(
            relay.snapshot(snapshot, clocks.now())))
        self._facts = Facts()
        self._facts_due = False
        self._socket = listening
        self._gate: Gate = None  # type: ignore[assignment]  # made in the loop
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name='relay', daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients on this machine connect."""
        scheme = 'wss' if self._settings.tls else 'ws'
        return f'{scheme}://{place(self._socket)}{protocol.PATH}'

    @property
    def evicted(self) -> int:
        """How many strangers had to make way for those who came later."""
        return self._gate.evicted if self._gate else 0

    @property
    def pictures_failed(self) -> int:
        """How many frames did not become the picture of a request for help."""
        return self._snapshots.failed

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

    def frame(self, camera: str, shot: Shot) -> None:
        """Hand in a frame of a camera; only the newest matters."""
        self._call(lambda: self._film(camera, shot))

    def wants(self, camera: str) -> bool:
        """Say whether frames of a camera are of use."""
        return self.video.watched(camera) or self.relay.help.wants_picture(clocks.now().mono)

    def _call(self, work: Callable[[], None]) -> None:
        if not self._thread.is_alive():
            raise FlywheelError('the thread that serves clients has ended')
        self._loop.call_soon_threadsafe(work)

    def _take_facts(self) -> None:
        self._facts_due = False  # before reading, or the newest could be missed
        self._do(self.relay.facts(self._facts, clocks.now()))

    def _film(self, camera: str, shot: Shot) -> None:
        self.video.take(camera, shot)
        if self.relay.help.wants_picture(clocks.now().mono):
            self._snapshots.take(shot)

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
        app.router.add_get(video_messages.PATH, self._watch)
        runner = web.AppRunner(app, access_log=None, logger=quiet_log(),
                               shutdown_timeout=CLOSE_TIMEOUT_S)
        await runner.setup()
        assert runner.server is not None
        self._gate = Gate(self._socket, runner.server, self.places, self._addresses,
                          self.door.refuse, self._settings.tls)
        accepting = asyncio.ensure_future(self._gate.accept())
        try:
            await self._tick()
        finally:
            accepting.cancel()
            self.clients.say_goodbye()
            self.video.say_goodbye()
            await self._gate.close(GOODBYE_S)
            await runner.cleanup()
            self.video.close()

    async def _tick(self) -> None:
        period = 1.0 / self._settings.rate
        while not self._stopped.is_set():
            now = clocks.now()
            self._do(self.relay.tick(now))
            for client, text in self.video.latencies(now.mono):
                self.clients.say(client, text)
            await asyncio.sleep(period)  # not wait_for(): it makes a task each time

    # --- one connection -------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        opened = await self.door.open(request, self._gate, self._full, autoping=False)
        if isinstance(opened, web.StreamResponse):
            return opened
        ws, guest = opened
        await self.clients.serve(ws, guest)
        return ws

    def _full(self) -> bool:
        return len(self.clients) >= self._settings.max_clients

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        camera = request.match_info['camera']
        if camera not in self.video.feeds:
            return web.Response(status=404)
        opened = await self.door.open(request, self._gate, lambda: self.video.full(camera),
                                      autoping=False)
        if isinstance(opened, web.StreamResponse):
            return opened
        ws, guest = opened
        await self.video.watch(ws, camera, guest.via)
        return ws

    # --- deeds ----------------------------------------------------------------------------------

    def _do(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            if isinstance(deed, Publish):
                self._publish(self.video.stamped(deed.command))
            elif isinstance(deed, Event):
                self.events.append(deed)
            elif isinstance(deed, Expel):
                self._gate.expel(deed.client)
            else:
                self.clients.tell(deed)
