"""
A relay that plays a drill with a client under test, and moves nothing.

The client connects, claims, drives until its lease is ended, claims and drives again, and
releases. What it says is noted; conformance_client.py judges the notes.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
import json
import time
from typing import Any

from aiohttp import web, WSMsgType

from flywheel_nodes.core.teleop import answers, asks, codec, protocol
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.protocol import Rejected

TTL_S = 1.0
COMMANDS = 30
LIMITS = answers.Limits(max_bytes=protocol.MAX_BYTES, message_rate=100.0, lease_ttl=TTL_S,
                        state_rate=10.0)
STRAY, FIRST, SECOND = (answers.Grant(lease=name, epoch=epoch, ttl=TTL_S)
                        for name, epoch in (('stray', 90), ('first', 100), ('second', 200)))


@dataclass
class Notes:
    """
    What the client did, in order; each stage of the drill has its own messages.

    stages: messages by stage; unfit: what was no message; waits: times in s between renewals.
    """

    request: str = ''
    hello: asks.Hello | None = None
    greeted_s: float = 0.0
    stages: dict[str, list[Ask]] = field(default_factory=dict)
    unfit: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    pings: set[int] = field(default_factory=set)
    finished: bool = False

    def of(self, stage: str, *kinds: type[Ask]) -> list[Any]:
        """Return the messages of some types in a stage."""
        return [one for one in self.stages.get(stage, []) if isinstance(one, kinds)]


class Drill:
    """Serves one client at a time; done: set when it has gone through the drill or away."""

    def __init__(self) -> None:
        """Begin without a client."""
        self.notes = Notes()
        self.done = asyncio.Event()
        self.url = ''
        self._runner: web.AppRunner | None = None
        self._inbox: asyncio.Queue[Ask | None] = asyncio.Queue(maxsize=1000)
        self._stage = 'before'
        self._renewed_s = 0.0

    async def start(self, host: str = '127.0.0.1', port: int = 0) -> None:
        """Serve at url."""
        app = web.Application()
        app.router.add_get(protocol.PATH, self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f'ws://{host}:{port}{protocol.PATH}'

    async def close(self) -> None:
        """Serve no more."""
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(max_msg_size=protocol.MAX_BYTES + 1)
        await ws.prepare(request)
        self.notes.request = f'{request.path_qs} {dict(request.headers)}'
        began = time.monotonic()
        receiving = asyncio.ensure_future(self._receive(ws))
        with contextlib.suppress(ConnectionError, EOFError):
            hello = await self._next()
            self.notes.greeted_s = time.monotonic() - began
            if isinstance(hello, asks.Hello):
                self.notes.hello = hello
                await self._play(ws)
                self.notes.finished = True
        receiving.cancel()
        self.done.set()
        await ws.close()
        return ws

    async def _receive(self, ws: web.WebSocketResponse) -> None:
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                self.notes.unfit.append(f'a frame of type {message.type.name}')
                continue
            try:
                ask = codec.decode_ask(message.data)
            except Rejected as refused:
                self.notes.unfit.append(f'{message.data[:200]} ({refused.reason})')
                continue
            self.notes.stages.setdefault(self._stage, []).append(ask)
            await self._inbox.put(ask)
        await self._inbox.put(None)

    async def _next(self) -> Ask:
        ask = await self._inbox.get()
        if ask is None:
            raise EOFError
        return ask

    # --- the drill ------------------------------------------------------------------------------

    async def _play(self, ws: web.WebSocketResponse) -> None:
        await self._say(ws, answers.Welcome(
            protocol=protocol.VERSION, robot='drill', operator='drill', scope='drive', boot=1,
            axes=('vx', 'wz'), joints=(), limits=LIMITS))
        await self._say(ws, answers.State(mode='hold', gate='human', reason='a drill'))
        await self._from_later_days(ws)
        await self._until(ws, asks.Claim)
        await self._drive(ws, FIRST)
        await self._say(ws, answers.Ended(epoch=FIRST.epoch, because='stopped'))
        await self._say(ws, answers.Renewed(lease=FIRST.lease, epoch=FIRST.epoch, ttl=TTL_S))
        await self._measure(ws, 3)  # what comes before its pong may have been on its way
        self._stage = 'after the end'
        await self._until(ws, asks.Claim)
        await self._drive(ws, SECOND)
        self._stage = 'leaving'
        await self._until(ws, asks.Release)
        await self._say(ws, answers.Ended(epoch=SECOND.epoch, because='released'))

    async def _from_later_days(self, ws: web.WebSocketResponse) -> None:
        """Say what only a later relay would."""
        await ws.send_str('{"type": "weather", "rain": true}')
        state = codec.plain(answers.State(mode='hold', gate='weather', reason='a drill'))
        await ws.send_str(json.dumps({**state, 'rain': {'mm': 3}}))

    async def _drive(self, ws: web.WebSocketResponse, grant: answers.Grant) -> None:
        """Grant a lease and follow some commands."""
        self._stage = grant.lease
        self._renewed_s = time.monotonic()
        await self._say(ws, grant)
        await self._say(ws, answers.State(
            mode='human', gate='none', reason='a drill', holder='drill', epoch=grant.epoch,
            holder_epoch=grant.epoch, operator='drill'))
        await self._until(ws, asks.Drive)
        await self._say(ws, STRAY)  # nobody has asked for it
        await self._measure(ws, grant.epoch)
        seen = 0
        while seen < COMMANDS or not self.notes.of(grant.lease, asks.Renew):
            seen += isinstance(await self._answer(ws), asks.Drive)

    async def _until(self, ws: web.WebSocketResponse, kind: type[Ask]) -> None:
        while not isinstance(await self._answer(ws), kind):
            pass

    async def _measure(self, ws: web.WebSocketResponse, t0: int) -> None:
        """Send a ping and wait for its pong."""
        await self._say(ws, answers.Ping(t0=t0))
        said = await self._answer(ws)
        while not (isinstance(said, asks.Pong) and said.t0 == t0):
            said = await self._answer(ws)
        self.notes.pings.add(t0)

    async def _answer(self, ws: web.WebSocketResponse) -> Ask:
        """Take one message, and answer it as any relay would."""
        ask, now = await self._next(), time.monotonic_ns()
        match ask:
            case asks.Ping():
                await self._say(ws, answers.Pong(t0=ask.t0, t1=now, t2=now))
            case asks.Renew():
                self.notes.waits.append(time.monotonic() - self._renewed_s)
                self._renewed_s = time.monotonic()
                await self._say(ws, answers.Renewed(lease=ask.lease, epoch=ask.epoch, ttl=TTL_S))
            case asks.Stop() | asks.Resume():
                await self._say(ws, answers.Accepted(of=ask.kind))
        return ask

    async def _say(self, ws: web.WebSocketResponse, answer: Answer) -> None:
        await ws.send_str(codec.encode(answer))
