"""A client that says exactly what it is told to, right or wrong, to a relay under test."""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import json
import ssl
from typing import Any, TypeVar

import aiohttp

from flywheel_nodes.core.teleop import answers, asks, codec
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.fields import build
from flywheel_nodes.core.teleop.protocol import Rejected, Scope, VERSION
from flywheel_nodes.effects.teleop.conformance import FailedError

WAIT_S = 10.0
A = TypeVar('A', bound=Answer)


class Peer:
    """One connection; unfit: what the relay said that is not as messages.md tells."""

    def __init__(self, ws: Any, unfit: list[str], wait_s: float = WAIT_S) -> None:
        """Begin with an open WebSocket; wait_s: longest wait for one message."""
        self.unfit = unfit
        self.welcome: answers.Welcome | None = None
        self._ws = ws
        self._wait_s = wait_s

    async def say(self, what: Ask | str | bytes) -> None:
        """Send a message, a text or bytes as they are."""
        with contextlib.suppress(ConnectionError):  # what it said before tells why
            if isinstance(what, bytes):
                await self._ws.send_bytes(what)
            else:
                await self._ws.send_str(what if isinstance(what, str) else codec.encode(what))

    async def next_of(self, kind: type[A], fit: Callable[[A], bool] = lambda _: True) -> A:
        """Return the next message of a type; pings are answered on the way."""
        end = asyncio.get_running_loop().time() + self._wait_s
        while asyncio.get_running_loop().time() < end:
            message = await self._receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                code = message.data if message.type is aiohttp.WSMsgType.CLOSE else \
                    self._ws.close_code
                raise FailedError(f'the connection was closed ({code}) instead of {kind.kind}')
            answer = self._read(message.data)
            if isinstance(answer, answers.Ping):
                await self.say(asks.Pong(t0=answer.t0, t1=0, t2=0))
            if isinstance(answer, kind) and fit(answer):
                return answer
        raise FailedError(f'no {kind.kind or "answer"} came for {self._wait_s:g} s')

    async def refused(self, of: str = '') -> str:
        """Return why the newest message was refused."""
        return (await self.next_of(answers.Reject, lambda one: not of or one.of == of)).reason

    async def closed(self) -> int:
        """Return the code with which the relay closes."""
        while True:
            message = await self._receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data)
            if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return int(self._ws.close_code or 0)

    async def leave(self) -> None:
        """Close the connection."""
        await self._ws.close()

    async def _receive(self) -> Any:
        try:
            return await asyncio.wait_for(self._ws.receive(), self._wait_s)
        except asyncio.TimeoutError:
            raise FailedError(f'nothing came for {self._wait_s:g} s') from None

    def _read(self, text: str) -> Answer | None:
        """Return a message; note where it is not exactly as it is declared."""
        try:
            raw = json.loads(text)
            kind = raw.pop('type')
            return build(codec.ANSWERS[kind], raw, strict=True)
        except (ValueError, KeyError, AttributeError, Rejected) as error:
            self.unfit.append(f'{text[:200]} ({type(error).__name__}: {error})')
        with contextlib.suppress(Rejected):
            return codec.decode_answer(text)
        return None


class RelayBench:
    """A relay under test, and ways to connect to it."""

    def __init__(self, url: str, tokens: Callable[[Scope], str | None],
                 tls: ssl.SSLContext | None = None, wait_s: float = WAIT_S) -> None:
        """
        Begin without a connection.

        :param tokens: gives a fresh token of a scope, None where it cannot
        :param wait_s: longest wait for one message
        """
        self.unfit: list[str] = []
        self.tokens = tokens
        self._url = url
        self._tls = tls
        self._wait_s = wait_s

    @contextlib.asynccontextmanager
    async def stranger(self) -> Any:
        """Yield a connection that has not said hello."""
        async with aiohttp.ClientSession() as http:
            try:
                ws = await asyncio.wait_for(http.ws_connect(
                    self._url, ssl=self._tls if self._tls is not None else True), WAIT_S)
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                raise FailedError(f'{self._url} does not let a WebSocket in: {error}') from None
            try:
                yield Peer(ws, self.unfit, self._wait_s)
            finally:
                await ws.close()

    @contextlib.asynccontextmanager
    async def friend(self, scope: Scope = Scope.DRIVE, resume: str = '') -> Any:
        """Yield a connection that was let in."""
        async with self.stranger() as peer:
            await peer.say(asks.Hello(protocol=VERSION, resume=resume,
                                      token='' if resume else self.token(scope)))
            peer.welcome = await peer.next_of(answers.Welcome)
            yield peer

    def token(self, scope: Scope = Scope.DRIVE) -> str:
        """Return a fresh token; the case fails without one."""
        token = self.tokens(scope)
        if token is None:
            raise FailedError('there are no more tokens: give one for each connection')
        return token


def from_lines(lines: Iterator[str]) -> Callable[[Scope], str | None]:
    """Return a source of tokens that were made before, one a line, all of scope drive."""
    return lambda scope: next(lines, None) if scope is Scope.DRIVE else None
