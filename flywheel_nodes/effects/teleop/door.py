"""Who is let in: every WebSocket passes here before anything it says is listened to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import time

from aiohttp import web, WSMessage, WSMsgType

from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.addresses import Addresses
from flywheel_nodes.core.teleop.admission import read
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.protocol import Close, Login, Reject, Rejected, Scope
from flywheel_nodes.core.teleop.resumes import Resumes
from flywheel_nodes.effects.teleop.audit import Write
from flywheel_nodes.effects.teleop.gate import Gate, Visit
from flywheel_nodes.effects.teleop.tokens import TokenRefused, Verifier

HEARTBEAT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
# HTTP answers to those who do not get as far as a WebSocket.
STATUS = {Login.ORIGIN: 403, Login.TRIES: 429, Login.FULL: 503}


@dataclass(frozen=True)
class Guest:
    """Somebody whose hello was accepted; via: the client whose resume secret it showed, or 0."""

    operator: str
    scope: Scope
    visit: Visit
    via: int = 0


class Door:
    """
    Checks the origin, the address and the hello.

    refused: how many were not let in, by reason.
    """

    def __init__(self, verifier: Verifier, resumes: Resumes, addresses: Addresses,
                 origins: frozenset[str],
                 write: Write) -> None:
        """
        Begin.

        :param origins: of the web pages that may connect
        :param write: takes the lines of the audit log
        """
        self.refused: dict[Login, int] = dict.fromkeys(Login, 0)
        self._verifier = verifier
        self._resumes = resumes
        self._addresses = addresses
        self._origins = origins
        self._write = write

    @property
    def notes_failed(self) -> int:
        """How many used tokens could not be written down."""
        return self._verifier.used.failed

    def refuse(self, why: Login, address: str) -> None:
        """Count and note somebody who is not let in."""
        self.refused[why] += 1
        self._write(Audited.LOGIN_REFUSED, '', address, {'because': str(why)})

    async def open(self, request: web.Request, gate: Gate, full: Callable[[], bool], *,
                   max_bytes: int = protocol.MAX_BYTES, autoping: bool = True,
                   ) -> tuple[web.WebSocketResponse, Guest] | web.StreamResponse:
        """
        Make a WebSocket of a request and wait for its hello.

        :param full: whether there is no place for another such client
        :param autoping: the socket answers pings by itself; else the caller gets and counts them
        :return: the socket and who is at its other end, or the answer to who was not let in
        """
        visit = gate.visit(request.transport)
        if visit is None:
            return web.Response(status=503)  # it has gone already
        against = self._against(request, visit, full)
        if against:
            self.refuse(against, visit.address)
            answer = web.Response(status=STATUS[against])
            answer.force_close()
            return answer
        ws = web.WebSocketResponse(max_msg_size=max_bytes + 1, compress=False, autoping=autoping,
                                   heartbeat=HEARTBEAT_S, timeout=CLOSE_TIMEOUT_S)
        await ws.prepare(request)
        guest = await self._hello(ws, visit, full)
        if guest is None:
            return ws
        gate.welcome(visit, guest.via)
        self._write(Audited.LOGIN, guest.operator, visit.address, {
            'to': request.path[:80], 'scope': str(guest.scope),
            'by': 'resume' if guest.via else 'token'})
        return ws, guest

    def _against(self, request: web.Request, visit: Visit,
                 full: Callable[[], bool]) -> Login | None:
        # Several headers, or one with several values, are no browser's: they are not in the list.
        origins = request.headers.getall('Origin', [])
        if origins and (len(origins) > 1 or origins[0] not in self._origins):
            return Login.ORIGIN
        if not self._addresses.may_try(visit.address, time.monotonic_ns()):
            return Login.TRIES
        return Login.FULL if full() else None

    async def _hello(self, ws: web.WebSocketResponse, visit: Visit,
                     full: Callable[[], bool]) -> Guest | None:
        """Return who it is, or close and return None."""
        try:
            message = await asyncio.wait_for(ws.receive(), protocol.HELLO_TIMEOUT_S)
            guest = await self._greet(message, visit)
            if not full():  # others may have come in while this one said hello
                return guest
            reason, code = Login.FULL, Close.FULL
        except asyncio.TimeoutError:
            reason, code = Login.TIMEOUT, Close.TIMEOUT
        except TokenRefused as refused:
            reason, code = refused.reason, Close.UNAUTHORIZED
            self._addresses.failed(visit.address)
        except Rejected:
            reason, code = Login.HELLO, Close.NO_HELLO
            self._addresses.failed(visit.address)
        self.refuse(reason, visit.address)
        await ws.close(code=code, message=reason.encode())
        return None

    async def _greet(self, message: WSMessage, visit: Visit) -> Guest:
        if message.type is not WSMsgType.TEXT:
            raise Rejected(Reject.KIND)
        hello = read(message.data)
        if hello.kind != 'hello':
            raise Rejected(Reject.KIND)
        if hello.fields['protocol'] != protocol.VERSION:
            raise TokenRefused(Login.PROTOCOL)
        token, secret = hello.fields.get('token', ''), hello.fields.get('resume', '')
        if bool(token) == bool(secret):
            raise Rejected(Reject.SHAPE)
        guest = await self._by_token(token, visit) if token else self._by_secret(secret, visit)
        if visit.operator not in ('', guest.operator):
            raise TokenRefused(Login.CERTIFICATE)  # a token of somebody else
        return guest

    async def _by_token(self, token: str, visit: Visit) -> Guest:
        claims = self._verifier.verify(token)
        # Before anybody is let in it must be on the disk, and a disk may take its time.
        await asyncio.get_running_loop().run_in_executor(None, self._verifier.write_down, claims)
        return Guest(claims.operator, claims.scope, visit)

    def _by_secret(self, secret: str, visit: Visit) -> Guest:
        resume = self._resumes.find(secret, time.monotonic_ns())
        if resume is None:
            raise TokenRefused(Login.RESUME)
        return Guest(resume.operator, Scope.VIEW, visit, resume.client)
