"""What the tests of attacks share: a served relay, a PKI, honest operators and raw sockets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import contextlib
from typing import Any

import aiohttp
import pytest

from test.effects.teleop.pki import Pki
from test.effects.teleop.relay import (
    hello,
    LONGEST_S,
    next_of,
    Served,
    TIMEOUT,
)

EVIL = '127.0.0.66'
UPGRADE = (b'GET /control HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n')


@pytest.fixture
def served() -> Iterator[Served]:
    with Served() as made:
        yield made


@pytest.fixture(scope='module')
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp('pki'))


def port(served: Served) -> int:
    return int(served.url.split(':')[2].split('/')[0])


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        try:
            return await asyncio.wait_for(work, LONGEST_S)
        finally:
            await asyncio.sleep(0.05)  # clients close TLS some turns of the loop after all is said
    return asyncio.run(bounded())


async def enter(ws: Any, text: str | None = None, **more: Any) -> dict[str, Any]:
    await ws.send_json({**hello(text), **more})
    return await next_of(ws, 'welcome')


async def raw(served: Served, source: str = EVIL) -> tuple[asyncio.StreamReader,
                                                           asyncio.StreamWriter]:
    return await asyncio.open_connection('127.0.0.1', port(served), local_addr=(source, 0))


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read until the relay closes; return what it said."""
    said = b''
    with contextlib.suppress(ConnectionError):
        while data := await asyncio.wait_for(reader.read(65536), TIMEOUT):
            said += data
    return said


async def operator(served: Served, work: Callable[[Any], Awaitable[Any]] | None = None,
                   **options: Any) -> None:
    """Prove that the relay still serves an operator: take over and drive."""
    async with aiohttp.ClientSession() as http, http.ws_connect(served.url, **options) as ws:
        await enter(ws)
        await ws.send_json({'type': 'claim'})
        grant = await next_of(ws, 'grant')
        lease = {'lease': grant['lease'], 'epoch': grant['epoch']}
        seen, seq = len(served.driven()), 0
        while len(served.driven()) == seen:  # the end of a lease before may still be unheard
            seq += 1
            await ws.send_json({'type': 'drive', **lease, 'seq': seq, 't_client': seq,
                                'deadman': True, 'axes': {'vx': 0.1}})
            await asyncio.sleep(0.02)
        if work:
            await work(ws)
        await ws.send_json({'type': 'release', **lease, 'reason': 'other',
                            'outcome': 'unknown'})
        await next_of(ws, 'ended')
