"""
Where connections come in: counted, bounded, and in time or not at all.

Before anything is read from it a connection takes a place (core/teleop/places.py). It then has
OPENING_S for all there is until its hello was accepted: TLS, the HTTP request, the WebSocket.
Somebody who sends a byte a second does not hold a place for longer.
"""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import itertools
import socket
import ssl

from aiohttp import web

from flywheel_nodes.core.teleop.addresses import Addresses, grouped
from flywheel_nodes.core.teleop.places import Places
from flywheel_nodes.core.teleop.protocol import Login

OPENING_S = 10.0
HANDSHAKE_S = 5.0
BACKLOG = 128
NO_DESCRIPTORS_S = 0.2


@dataclass
class Visit:
    """
    One connection.

    operator: whom its client certificate names, '' without one; asked: it sent an HTTP request.
    """

    number: int
    address: str
    sock: socket.socket
    operator: str = ''
    transport: asyncio.Transport | None = None
    asked: bool = False
    via: int = 0
    timer: asyncio.TimerHandle | None = None

    def cut(self) -> None:
        """End the connection, whatever still waits in it."""
        if self.transport:
            self.transport.abort()
        else:  # the handshake is still going on
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class Gate:
    """Accepts connections for a web server; lives in the event loop of its runner."""

    def __init__(self, listening: socket.socket, server: web.Server, places: Places,
                 addresses: Addresses, refuse: Callable[[Login, str], None],
                 tls: ssl.SSLContext | None) -> None:
        """
        Begin closed.

        :param refuse: is told of whoever does not come in: why, and from which address
        """
        self.evicted = 0
        self._listening = listening
        self._server = server
        self._places = places
        self._addresses = addresses
        self._refuse = refuse
        self._tls = tls
        self._numbers = itertools.count(1)
        self._visits: dict[int, Visit] = {}
        self._by_transport: dict[asyncio.Transport, Visit] = {}
        self._opening: set[asyncio.Future[None]] = set()
        self._empty = asyncio.Event()

    async def accept(self) -> None:
        """Accept until cancelled."""
        loop = asyncio.get_running_loop()
        self._listening.setblocking(False)
        while True:
            try:
                sock, peer = await loop.sock_accept(self._listening)
            except OSError:  # no descriptors left, or the other end is gone already
                await asyncio.sleep(NO_DESCRIPTORS_S)
                continue
            self._admit(sock, grouped(str(peer[0])))

    def _admit(self, sock: socket.socket, address: str) -> None:
        if self._places.full:
            against = Login.FULL
        elif not self._addresses.opened(address):
            against = Login.ADDRESS
        else:
            self._open(Visit(next(self._numbers), address, sock))
            return
        sock.close()
        self._refuse(against, address)

    def _open(self, visit: Visit) -> None:
        stranger = self._places.arrive(visit.number)
        if stranger is not None:
            self.evicted += 1
            gone = self._visits[stranger]
            self._gone(gone)
            gone.cut()
        self._visits[visit.number] = visit
        self._empty.clear()
        loop = asyncio.get_running_loop()
        visit.timer = loop.call_later(OPENING_S, self._too_slow, visit)
        opening = asyncio.ensure_future(self._connect(visit))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _connect(self, visit: Visit) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: _Watched(self._server(), lambda made: self._made(visit, made),
                                 lambda: self._lost(visit)),
                visit.sock, ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_S if self._tls else None)
        except (OSError, asyncio.TimeoutError) as error:  # their cause is the other end
            if self._gone(visit):
                self._refuse(_why(error), visit.address)

    def _made(self, visit: Visit, transport: asyncio.Transport) -> None:
        visit.transport, visit.operator = transport, _named(transport)
        self._by_transport[transport] = visit
        if visit.number not in self._visits:  # it had to go meanwhile
            transport.abort()

    def _lost(self, visit: Visit) -> None:
        if visit.transport:
            self._by_transport.pop(visit.transport, None)
        if self._gone(visit) and not visit.asked:
            self._refuse(Login.HTTP, visit.address)

    def _too_slow(self, visit: Visit) -> None:
        self._refuse(Login.TIMEOUT, visit.address)
        self._gone(visit)
        visit.cut()

    def _gone(self, visit: Visit) -> bool:
        """Free the place; False when that was done before."""
        if visit.timer:
            visit.timer.cancel()
        if not self._visits.pop(visit.number, None):
            return False
        self._places.leave(visit.number)
        if not self._visits:
            self._empty.set()
        self._addresses.closed(visit.address)
        return True

    # --- for the web server's handlers ----------------------------------------------------------

    def visit(self, transport: asyncio.Transport | None) -> Visit | None:
        """Return the connection behind a request, None when it is gone."""
        visit = self._by_transport.get(transport) if transport else None
        if visit:
            visit.asked = True
        return visit

    def expel(self, client: int) -> None:
        """Cut the connections that came in with the resume secret of a client."""
        for visit in [one for one in self._visits.values() if one.via == client]:
            visit.cut()

    async def close(self, patience_s: float) -> None:
        """
        Cut all connections; those that were let in have a while to take their leave.

        Who does not read, or does not answer, must not hold up the end.
        """
        self._cut(lambda visit: visit.timer is not None)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._left(), patience_s)
        self._cut(lambda _: True)
        await asyncio.gather(*self._opening)

    async def _left(self) -> None:
        if self._visits:
            await self._empty.wait()

    def _cut(self, these: Callable[[Visit], bool]) -> None:
        for visit in filter(these, list(self._visits.values())):
            visit.cut()

    def welcome(self, visit: Visit, via: int) -> None:
        """
        Let a connection stay: its hello was accepted.

        :param via: the client whose resume secret it showed, or 0
        """
        visit.via = via
        self._places.welcome(visit.number)
        if visit.timer:
            visit.timer.cancel()
            visit.timer = None


class _Watched(asyncio.Protocol):
    """A web server's protocol; tells when its connection begins and ends."""

    def __init__(self, inner: asyncio.Protocol, made: Callable[[asyncio.Transport], None],
                 lost: Callable[[], None]) -> None:
        self._inner = inner
        self._made = made
        self._lost = lost
        # What comes often goes the short way.
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._inner.connection_made(transport)
        self._made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._inner.connection_lost(error)
        self._lost()


def _why(error: BaseException) -> Login:
    """Return why a connection did not come about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Login.CERTIFICATE
    if isinstance(error, ssl.SSLError):
        missing = error.reason == 'PEER_DID_NOT_RETURN_A_CERTIFICATE'
        return Login.CERTIFICATE if missing else Login.TLS
    # asyncio calls its own handshake time-out an aborted connection.
    slow = isinstance(error, (asyncio.TimeoutError, ConnectionAbortedError))
    return Login.TIMEOUT if slow else Login.TLS


def _named(transport: asyncio.Transport) -> str:
    certificate = transport.get_extra_info('peercert') or {}
    names = [value for part in certificate.get('subject', ()) for name, value in part
             if name == 'commonName']
    return str(names[0]) if names else ''
