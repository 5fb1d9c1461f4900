"""Whoever means harm at the door: each attempt ends as documented and is counted."""

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.protocol import Close, Login, Reject, Scope
from flywheel_nodes.effects.teleop import gate
from flywheel_nodes.effects.teleop.tokens import Verifier
from flywheel_nodes.effects.teleop.used_tokens import UsedTokens
from test.effects.teleop.attack import (
    ended,
    enter,
    EVIL,
    operator,
    raw,
    run,
    served,
    UPGRADE,
)
from test.effects.teleop.relay import (
    closed,
    hello,
    next_of,
    Served,
    talk,
    token,
    TRUSTED,
    until,
)

__all__ = ['served']


def test_a_thousand_connections_of_one_address(served: Served) -> None:
    async def work() -> None:
        crowd = [await raw(served) for _ in range(1000)]
        await until(lambda: served.server.door.refused[Login.ADDRESS] == 1000 - 64, 'refusals')
        assert len(served.server.places) == 64
        await operator(served)
        for _, writer in crowd:
            writer.transport.abort()
    run(work())


def test_a_thousand_connections_of_many_addresses() -> None:
    async def work(served: Served) -> None:
        crowd = [await raw(served, f'127.0.1.{n % 250 + 1}') for n in range(500)]
        await operator(served)

        async def more(ws: Any) -> None:
            crowd.extend([await raw(served, f'127.0.2.{n % 250 + 1}') for n in range(500)])
            await ws.send_json({'type': 'ping', 't0': 1})
            await next_of(ws, 'pong')
        await operator(served, more)
        await until(lambda: served.server.evicted >= 1000 - 16, 'evictions')
        assert len(served.server.places) <= 16
        for _, writer in crowd:
            writer.transport.abort()
    with Served(settings={'connections': 16}) as served:
        run(work(served))


@pytest.mark.parametrize('drip', [b'GET /', b'GET /control HTTP/1.1\r\nX: ', UPGRADE])
def test_slow_loris(drip: bytes, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, 'OPENING_S', 0.3)

    async def work() -> None:
        reader, writer = await raw(served)
        writer.write(drip)

        async def trickle() -> None:
            while not writer.is_closing():
                writer.write(b'x')
                await asyncio.sleep(0.02)
        trickling = asyncio.ensure_future(trickle())
        assert await ended(reader) == b''
        trickling.cancel()
        writer.transport.abort()
    run(work())
    assert served.server.door.refused[Login.TIMEOUT] == 1
    assert len(served.server.places) == 0


@pytest.mark.parametrize('junk', [
    b'\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', b'SSH-2.0-x\r\n\r\n', b'\x00' * 4096,
    b'GET /control HTTP/1.1\r\n' + b'X: ' + b'y' * 100_000 + b'\r\n\r\n',
    b'GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    b'POST /control HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n'
    b'Connection: close\r\n\r\n0\r\n\r\n'])
def test_what_is_no_request_is_repeated_nowhere(junk: bytes, served: Served,
                                                caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        reader, writer = await raw(served)
        writer.write(junk)
        with contextlib.suppress(ConnectionError):
            writer.write_eof()
        await ended(reader)
        writer.transport.abort()
        await until(lambda: served.server.door.refused[Login.HTTP] == 1, 'count')
        await operator(served)
    run(work())
    assert caplog.text == ''


@pytest.mark.parametrize('origins', [
    ('null',), ('https://evil.example',), ('https://robot.example:8765.evil.example',),
    ('http://robot.example:8765',), ('https://robot.example:8765', 'https://evil.example'),
    ('https://robot.example:8765/',), ('',)])
def test_cross_origin(origins: tuple[str, ...]) -> None:
    async def work(served: Served) -> None:
        reader, writer = await raw(served)
        writer.write(UPGRADE + b''.join(b'Origin: %s\r\n' % o.encode() for o in origins)
                     + b'\r\n')
        assert (await reader.readline()).startswith(b'HTTP/1.1 403')
        writer.transport.abort()
        await operator(served, origin='https://robot.example:8765')
    with Served(settings={'origins': ('https://robot.example:8765',)}) as served:
        run(work(served))
        assert served.server.door.refused[Login.ORIGIN] == 1


def test_too_many_tries_of_one_address_hurt_nobody_else(served: Served) -> None:
    async def work() -> None:
        evil = aiohttp.TCPConnector(local_addr=(EVIL, 0))
        async with aiohttp.ClientSession(connector=evil) as http:
            status = 0
            for _ in range(200):
                try:
                    async with http.ws_connect(served.url) as ws:
                        await ws.send_json(hello('junk'))
                        assert await closed(ws) == (Close.UNAUTHORIZED, 'malformed')
                except aiohttp.WSServerHandshakeError as error:
                    status = error.status
                    break
            assert status == 429
        await operator(served)
    run(work())
    refused = served.server.door.refused
    assert refused[Login.MALFORMED] >= 20
    assert refused[Login.TRIES] == 1
    lines = [line for line in served.audited if line[0] is Audited.LOGIN_REFUSED]
    assert {line[2] for line in lines} == {EVIL}


def test_a_token_is_no_good_again_after_a_restart_of_the_relay(tmp_path: Any) -> None:
    text = token()

    def verifier() -> Verifier:
        return Verifier(TRUSTED, 'sim', UsedTokens(tmp_path / 'used'))

    async def again(ws: Any) -> tuple[int, str]:
        await ws.send_json(hello(text))
        return await closed(ws)
    with Served(verifier=verifier()) as before:
        run(talk(before, lambda ws: enter(ws, text)))
    with Served(verifier=verifier()) as after:
        assert run(talk(after, again)) == (Close.UNAUTHORIZED, 'replayed')
        assert after.server.door.refused[Login.REPLAYED] == 1


def test_one_token_raced_by_many_lets_one_in(served: Served) -> None:
    text = token()

    async def attempt() -> str:
        async def one(ws: Any) -> str:
            await ws.send_json(hello(text))
            message = await ws.receive()
            return 'in' if message.type is aiohttp.WSMsgType.TEXT else message.extra
        return str(await talk(served, one))

    async def race() -> list[str]:
        return await asyncio.gather(*(attempt() for _ in range(10)))
    assert sorted(run(race())) == ['in', *['replayed'] * 9]


@pytest.mark.parametrize('fields', [
    {}, {'token': 'x', 'resume': 'y'}, {'resume': ''}, {'token': ['x']}, {'token': 'x' * 3000}])
def test_a_hello_with_no_or_two_proofs(fields: dict[str, Any], served: Served) -> None:
    async def work(ws: Any) -> tuple[int, str]:
        await ws.send_json({'type': 'hello', 'protocol': 1, **fields})
        return await closed(ws)
    assert run(talk(served, work)) == (Close.NO_HELLO, 'hello')
    assert served.server.door.refused[Login.HELLO] == 1


def test_a_token_is_no_resume_secret_and_no_url(served: Served) -> None:
    async def work(ws: Any) -> tuple[int, str]:
        await ws.send_json({'type': 'hello', 'protocol': 1, 'resume': 'guess' * 8})
        return await closed(ws)
    assert run(talk(served, work)) == (Close.UNAUTHORIZED, 'resume')

    async def by_url() -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.ws_connect(
                f'{served.url}?token={token()}') as ws:
            await ws.send_json({'type': 'claim'})
            return await closed(ws)
    assert run(by_url()) == (Close.NO_HELLO, 'hello')


def test_a_flood_over_many_connections_of_one_address_is_one_flood() -> None:
    async def work(served: Served) -> None:
        evil = aiohttp.TCPConnector(local_addr=(EVIL, 0))
        async with aiohttp.ClientSession(connector=evil) as http:
            crowd = [await http.ws_connect(served.url) for _ in range(5)]
            for n, ws in enumerate(crowd):
                await enter(ws, token(f'evil{n}', Scope.VIEW))
            for _ in range(90):
                for ws in crowd:
                    await ws.send_str('{"type": "ping", "t0": 1}')
            await until(lambda: served.server.relay.rejected[Reject.RATE] > 200, 'refusals')
            # A stop is never refused, and others have messages of their own.
            await crowd[0].send_json({'type': 'stop'})
            await until(lambda: Request.STOP in served.requests(), 'the stop')
            served.control(Mode.STOPPED)
            async with aiohttp.ClientSession() as mine, mine.ws_connect(served.url) as ws:
                await enter(ws)
                await ws.send_json({'type': 'ping', 't0': 1})
                await next_of(ws, 'pong')
    with Served(settings={'address_message_rate': 50.0}) as served:
        run(work(served))


def test_a_flood_of_pings_of_the_websocket_itself() -> None:
    async def work(ws: Any) -> int:
        await enter(ws)
        for _ in range(500):
            await ws.ping()
        return (await closed(ws))[0]
    with Served(message_rate=10.0) as served:
        assert run(talk(served, work)) == Close.FLOOD
        assert served.server.relay.rejected[Reject.RATE] >= 100
