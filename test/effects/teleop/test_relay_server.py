"""The relay's door and its connections, over real sockets."""

import asyncio
from collections.abc import Iterator
import contextlib
import json
import socket
import time
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.control import Request
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.protocol import Close, Login, MAX_BYTES, Reject, Scope
from flywheel_nodes.effects.teleop import outbox
from test.effects.teleop.relay import closed, hello, next_of, Served, talk, token, until


@pytest.fixture
def served() -> Iterator[Served]:
    with Served() as made:
        yield made


async def enter(ws: Any, text: str | None = None) -> dict[str, Any]:
    await ws.send_json(hello(text))
    return await next_of(ws, 'welcome')


# --- the door -----------------------------------------------------------------------------------

def test_hello_is_welcomed(served: Served) -> None:
    welcome = asyncio.run(talk(served, enter))
    assert (welcome['robot'], welcome['operator'], welcome['scope']) == ('sim', 'ada', 'drive')


def test_everything_else_is_404(served: Served) -> None:
    async def work() -> int:
        async with aiohttp.ClientSession() as http:
            url = served.url.replace('ws://', 'http://').replace('/control', '/')
            async with http.get(url) as response:
                return response.status
    assert asyncio.run(work()) == 404


@pytest.mark.parametrize(('first', 'reason', 'code'), [
    ({'type': 'claim'}, Login.HELLO, Close.NO_HELLO),
    ({'type': 'hello', 'token': 'x'}, Login.HELLO, Close.NO_HELLO),
    ({'type': 'hello', 'token': 'x', 'protocol': 99}, Login.PROTOCOL, Close.UNAUTHORIZED),
    ({'type': 'hello', 'token': 'x', 'protocol': 1}, Login.MALFORMED, Close.UNAUTHORIZED),
])
def test_who_is_not_let_in(served: Served, first: dict[str, Any], reason: Login,
                           code: Close) -> None:
    async def work(ws: Any) -> tuple[int, str]:
        await ws.send_json(first)
        return await closed(ws)
    assert asyncio.run(talk(served, work)) == (code, str(reason))
    assert served.server.door.refused[reason] == 1


def test_a_token_opens_one_connection(served: Served) -> None:
    text = token()

    async def again(ws: Any) -> tuple[int, str]:
        await ws.send_json(hello(text))
        return await closed(ws)
    asyncio.run(talk(served, lambda ws: enter(ws, text)))
    assert asyncio.run(talk(served, again)) == (Close.UNAUTHORIZED, 'replayed')


def test_no_hello_in_time(served: Served) -> None:
    assert asyncio.run(talk(served, closed)) == (Close.TIMEOUT, 'timeout')
    assert served.server.door.refused[Login.TIMEOUT] == 1


def test_a_browser_is_refused(served: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError, match='403'):
        asyncio.run(talk(served, closed, origin='http://127.0.0.1'))
    assert served.server.door.refused[Login.ORIGIN] == 1


def test_strangers_do_not_keep_out_who_has_a_token() -> None:
    async def work(served: Served) -> None:
        async with aiohttp.ClientSession() as http:
            guests = [await http.ws_connect(served.url) for _ in range(3)]
            for guest in guests[:2]:
                await enter(guest)
            await guests[2].send_json(hello())
            assert await closed(guests[2]) == (Close.FULL, 'full')
            with pytest.raises(aiohttp.WSServerHandshakeError, match='503'):
                await http.ws_connect(served.url)
            await guests[0].close()
            await until(lambda: served.server.relay.clients == 1, 'a place')
            async with http.ws_connect(served.url) as late:
                await enter(late)
    with Served(max_clients=2) as served:
        asyncio.run(work(served))
        assert served.server.door.refused[Login.FULL] == 2


def test_a_port_in_use_is_one_line(served: Served) -> None:
    port = int(served.url.split(':')[2].split('/')[0])
    with pytest.raises(ConfigError, match=rf'^teleop_relay: 127.0.0.1:{port} is in use: .+$'):
        Served(port)


# --- messages -----------------------------------------------------------------------------------

@pytest.mark.parametrize(('junk', 'reason'), [
    ('junk', Reject.MALFORMED), ('[' * 4000, Reject.DEPTH), ('{"type": "x"}', Reject.KIND),
    ('{"type": "drive"}', Reject.SHAPE), (b'\x00\x01', Reject.BINARY)])
def test_junk_is_answered_counted_and_survived(served: Served, junk: str | bytes,
                                               reason: Reject) -> None:
    async def work(ws: Any) -> dict[str, Any]:
        await enter(ws)
        await (ws.send_bytes(junk) if isinstance(junk, bytes) else ws.send_str(junk))
        answer = await next_of(ws, 'reject')
        await ws.send_json({'type': 'ping', 't0': 1})
        await next_of(ws, 'pong')
        return answer
    assert asyncio.run(talk(served, work))['reason'] == reason
    assert served.server.relay.rejected[reason] == 1


def test_a_message_too_big_ends_the_connection(served: Served) -> None:
    async def work(ws: Any) -> int:
        await enter(ws)
        await ws.send_str('x' * (MAX_BYTES + 1))
        code = (await closed(ws))[0]
        await until(lambda: served.server.relay.rejected[Reject.SIZE], 'count')
        return code
    assert asyncio.run(talk(served, work)) == 1009


def test_a_huge_message_is_not_taken_in(served: Served) -> None:
    async def work(ws: Any) -> None:
        await enter(ws)
        with contextlib.suppress(ConnectionError):
            await ws.send_str('x' * 10_000_000)
        await closed(ws)
        await until(lambda: served.server.relay.rejected[Reject.SIZE], 'count')
    asyncio.run(talk(served, work))


def test_the_largest_message_fits(served: Served) -> None:
    async def work(ws: Any) -> dict[str, Any]:
        await enter(ws)
        await ws.send_str('x' * MAX_BYTES)
        return await next_of(ws, 'reject')
    assert asyncio.run(talk(served, work))['reason'] == 'malformed'


def test_a_flood_is_refused_and_then_cut() -> None:
    async def work(ws: Any) -> int:
        await enter(ws)
        for _ in range(1000):
            await ws.send_str('{"type": "ping", "t0": 1}')
        return (await closed(ws))[0]
    # Refusals count in a row, and each admitted message ends the row: with ten of them a second
    # a slow machine too has a hundred refused in between.
    with Served(message_rate=10.0) as served:
        assert asyncio.run(talk(served, work)) == Close.FLOOD
        assert served.server.relay.rejected[Reject.RATE] >= 100
        assert served.server.clients.dropped['flood'] == 1


def test_a_cut_connection_ends_the_lease(served: Served) -> None:
    async def work(ws: Any) -> None:
        await enter(ws)
        await ws.send_json({'type': 'claim'})
        await next_of(ws, 'grant')
        ws._response.connection.transport.abort()
        await until(lambda: Request.RELEASE in served.requests(), 'release')
    asyncio.run(talk(served, work))
    assert served.published[-1].note == 'connection lost'
    assert not served.server.relay.leased(Now(time.monotonic_ns(), 0))


def test_a_client_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, 'SEND_TIMEOUT_S', 0.2)

    async def work(served: Served, guest: socket.socket) -> None:
        # A raw socket with a small window: the relay's own buffers fill up.
        reader, writer = await asyncio.open_connection(sock=guest, limit=4096)
        writer.write(b'GET /control HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'
                     b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
        await reader.readuntil(b'\r\n\r\n')
        text = json.dumps(hello()).encode()
        writer.write(b'\x81\xfe' + len(text).to_bytes(2, 'big') + bytes(4) + text)
        await until(lambda: served.server.relay.clients, 'welcome')
        writer.transport.pause_reading()

        def talk_on() -> None:
            for _ in range(30):
                served.server.tell(Event(EventName.POLICY_ALARM, 'x' * 300, 1))
        await until(lambda: served.server.clients.dropped['slow'] or talk_on(), 'drop')
        writer.transport.abort()
    with Served() as served:
        guest = socket.socket()
        guest.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        guest.connect(('127.0.0.1', int(served.url.split(':')[2].split('/')[0])))
        guest.setblocking(False)
        asyncio.run(work(served, guest))
        assert served.server.relay.clients == 0


def test_closing_says_goodbye_and_releases(served: Served) -> None:
    async def work(ws: Any) -> int:
        await enter(ws, token(scope=Scope.SUPERVISE))
        await ws.send_json({'type': 'claim'})
        await next_of(ws, 'grant')
        closing = asyncio.get_running_loop().run_in_executor(None, served.server.close)
        code = (await closed(ws))[0]
        await closing
        return code
    assert asyncio.run(talk(served, work)) == 1001
    assert served.published[-1].request is Request.RELEASE
