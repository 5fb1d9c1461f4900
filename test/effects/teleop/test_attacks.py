"""Whoever means harm, over real sockets: each attempt ends as documented and is counted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import contextlib
import json
import ssl
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.protocol import Close, Login, Reject, Scope
from flywheel_nodes.effects.teleop import gate
from flywheel_nodes.effects.teleop.tokens import Verifier
from flywheel_nodes.effects.teleop.used_tokens import UsedTokens
from test.effects.teleop.pki import Pki
from test.effects.teleop.relay import (
    closed,
    hello,
    LONGEST_S,
    next_of,
    Served,
    talk,
    TIMEOUT,
    token,
    TRUSTED,
    until,
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


# --- before the WebSocket -----------------------------------------------------------------------

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


# --- tokens -------------------------------------------------------------------------------------

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


# --- coming back to watch -----------------------------------------------------------------------

async def come_back(served: Served, secret: str) -> str | tuple[int, str]:
    """Return the scope that a resume secret gives, or how the relay closes."""
    async def work(ws: Any) -> Any:
        await ws.send_json({'type': 'hello', 'protocol': 1, 'resume': secret})
        message = await ws.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return message.data, message.extra
        welcome = json.loads(message.data)
        assert not welcome.get('resume')
        await ws.send_json({'type': 'claim'})
        assert (await next_of(ws, 'reject'))['reason'] == 'scope'
        return welcome['scope']
    found: str | tuple[int, str] = await talk(served, work)
    return found


VOID = (Close.UNAUTHORIZED, 'resume')


def test_a_resume_is_for_watching_and_a_lease_never_resumes(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws = await http.ws_connect(served.url)
            secret = (await enter(ws, token(scope=Scope.SUPERVISE)))['resume']
            await ws.send_json({'type': 'claim'})
            await next_of(ws, 'grant')
            await ws.close()
            await until(lambda: Request.RELEASE in served.requests(), 'the end of the lease')
            assert await come_back(served, secret) == 'view'
            assert await come_back(served, secret) == 'view'
    run(work())


@pytest.mark.parametrize('how', ['logout', 'stop', 'take'])
def test_a_resume_secret_is_void_after(how: str, served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws = await http.ws_connect(served.url)
            secret = (await enter(ws))['resume']
            await ws.send_json({'type': 'claim'})
            await next_of(ws, 'grant')
            boss = await http.ws_connect(served.url)
            await enter(boss, token('bob', Scope.SUPERVISE))
            await (ws if how == 'logout' else boss).send_json({'type': how})
            await until(lambda: Request.RELEASE in served.requests()
                        or Request.STOP in served.requests(), 'the end of the lease')
            assert await come_back(served, secret) == VOID
    run(work())
    assert served.server.door.refused[Login.RESUME] == 1


def test_logging_out_cuts_who_came_with_the_secret(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws, follower = [await http.ws_connect(served.url) for _ in range(2)]
            secret = (await enter(ws))['resume']
            await follower.send_json({'type': 'hello', 'protocol': 1, 'resume': secret})
            await next_of(follower, 'welcome')
            await ws.send_json({'type': 'logout'})
            assert await closed(ws) == (Close.LOGOUT, 'logout')
            assert (await closed(follower))[0] == 1006
    run(work())


def test_a_resume_secret_ends_with_its_time() -> None:
    with Served(resume_lifetime=0.0) as served:
        secret = run(talk(served, enter))['resume']
        assert run(come_back(served, secret)) == VOID


# --- the lease ----------------------------------------------------------------------------------

def test_lease_theft(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ada, thief = [await http.ws_connect(served.url) for _ in range(2)]
            await enter(ada)
            await enter(thief, token('mallory'))
            await ada.send_json({'type': 'claim'})
            grant = await next_of(ada, 'grant')
            lease = {'lease': grant['lease'], 'epoch': grant['epoch']}
            drive = {'type': 'drive', **lease, 'seq': 9, 't_client': 1, 'deadman': True,
                     'axes': {'vx': 1.0}}
            for message in (drive, {'type': 'renew', **lease},
                            {'type': 'idle', **lease, 'seq': 9},
                            {'type': 'release', **lease, 'reason': 'other',
                             'outcome': 'success'}):
                await thief.send_json(message)
                assert (await next_of(thief, 'reject'))['reason'] == 'lease'
            await thief.send_json({'type': 'take'})
            assert (await next_of(thief, 'reject'))['reason'] == 'scope'
            await thief.send_json({'type': 'claim'})
            assert (await next_of(thief, 'deny'))['holder'] == 'ada'
            assert not served.driven()
            await ada.send_json({**drive, 'seq': 1})
            await until(served.driven, 'the holder drives')
    run(work())
    assert served.server.relay.rejected[Reject.LEASE] == 4
    assert served.server.relay.rejected[Reject.SCOPE] == 1


def test_a_supervisor_takes_the_lease_and_the_old_holder_moves_nothing(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ada, boss = [await http.ws_connect(served.url) for _ in range(2)]
            await enter(ada)
            await enter(boss, token('bob', Scope.SUPERVISE))
            await ada.send_json({'type': 'claim'})
            old = await next_of(ada, 'grant')
            await boss.send_json({'type': 'take'})
            new = await next_of(boss, 'grant')
            assert new['epoch'] > old['epoch']
            assert (await next_of(ada, 'ended'))['because'] == 'taken'
            await ada.send_json({
                'type': 'drive', 'lease': old['lease'], 'epoch': old['epoch'], 'seq': 5,
                't_client': 1, 'deadman': True, 'axes': {'vx': 1.0}})
            assert (await next_of(ada, 'reject'))['reason'] == 'lease'
            assert not served.driven()
    run(work())
    said = [line[0] for line in served.audited]
    assert said.index(Audited.LEASE_TAKEN) < said.index(Audited.LEASE_ENDED)
    taken = next(line for line in served.audited if line[0] is Audited.LEASE_TAKEN)
    assert taken[1:3] == ('bob', '127.0.0.1')


def test_a_stale_ack_after_a_reconnect_arms_nothing(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            first = await http.ws_connect(served.url)
            await enter(first)
            await first.send_json({'type': 'claim'})
            old = await next_of(first, 'grant')
            await first.close()
            await until(lambda: Request.RELEASE in served.requests(), 'release')
            second = await http.ws_connect(served.url)
            await enter(second)
            for kind in ('renew', 'idle', 'drive'):
                fields: dict[str, Any] = {'lease': old['lease'], 'epoch': old['epoch']}
                if kind != 'renew':
                    fields['seq'] = 100
                if kind == 'drive':
                    fields.update(t_client=1, deadman=True, axes={'vx': 1.0})
                await second.send_json({'type': kind, **fields})
                assert (await next_of(second, 'reject'))['reason'] == 'lease'
    run(work())
    assert not served.driven()


# --- floods -------------------------------------------------------------------------------------

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


# --- TLS ----------------------------------------------------------------------------------------

def test_tls_and_a_client_certificate_let_the_right_one_in(pki: Pki) -> None:
    with Served(settings={'tls': pki.server(mutual=True)}) as served:
        assert served.url.startswith('wss://')
        run(operator(served, ssl=pki.client('ada')))


@pytest.mark.parametrize(('who', 'why'), [
    ({}, Login.CERTIFICATE), ({'operator': 'old'}, Login.CERTIFICATE),
    ({'operator': 'ada', 'by': 'theirs'}, Login.CERTIFICATE)])
def test_no_or_the_wrong_client_certificate(who: dict[str, str], why: Login, pki: Pki) -> None:
    async def work(served: Served) -> None:
        context = pki.client(who.get('operator', ''), pki.theirs if 'by' in who else None)
        with pytest.raises((aiohttp.ClientError, OSError, AssertionError)):
            await operator(served, ssl=context)
        await until(lambda: served.server.door.refused[why], why)
        await operator(served, ssl=pki.client('ada'))
    with Served(settings={'tls': pki.server(mutual=True)}) as served:
        run(work(served))


def test_a_token_of_somebody_else_than_the_certificate(pki: Pki) -> None:
    async def work(ws: Any) -> tuple[int, str]:
        await ws.send_json(hello(token('bob')))
        return await closed(ws)
    with Served(settings={'tls': pki.server(mutual=True)}) as served:
        assert run(talk(served, work, ssl=pki.client('ada'))) == (
            Close.UNAUTHORIZED, 'certificate')


def test_a_relay_nobody_knows_gets_no_token(pki: Pki, tmp_path: Any) -> None:
    strangers = Pki(tmp_path)
    with Served(settings={'tls': strangers.server()}) as served:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            run(operator(served, ssl=pki.client()))
        assert served.audited[-1][0] is Audited.LOGIN_REFUSED


def test_an_operator_is_no_relay(pki: Pki) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.ours / 'ada.pem', pki.ours / 'ada.key.pem')
    with Served(settings={'tls': context}) as served, pytest.raises(
            aiohttp.ClientConnectorCertificateError, match='purpose'):
        run(operator(served, ssl=pki.client(check_hostname=False)))


@pytest.mark.filterwarnings('ignore:.*TLSv1_1 is deprecated:DeprecationWarning')
def test_a_downgrade_of_tls(pki: Pki) -> None:
    async def work(served: Served) -> None:
        context = pki.client()
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, aiohttp.ClientError)):
            await operator(served, ssl=context)
        await until(lambda: served.server.door.refused[Login.TLS] == 1, 'count')
        reader, writer = await raw(served)  # and none at all
        writer.write(UPGRADE + b'\r\n')
        assert b'101' not in await ended(reader)
        writer.transport.abort()
        await until(lambda: served.server.door.refused[Login.TLS] == 2, 'count')
        await operator(served, ssl=pki.client())
    with Served(settings={'tls': pki.server()}) as served:
        run(work(served))


def test_a_handshake_that_never_ends(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, 'HANDSHAKE_S', 0.2)

    async def work(served: Served) -> None:
        reader, writer = await raw(served)
        writer.write(b'\x16\x03\x01')
        assert await ended(reader) == b''
        writer.transport.abort()
        await until(lambda: served.server.door.refused[Login.TIMEOUT] == 1, 'count')
        await operator(served, ssl=pki.client())
    with Served(settings={'tls': pki.server()}) as served:
        run(work(served))


def test_a_thousand_handshakes_that_never_end(pki: Pki) -> None:
    async def work(served: Served) -> None:
        crowd = [await raw(served, f'127.0.1.{n % 250 + 1}') for n in range(300)]
        await operator(served, ssl=pki.client())
        assert len(served.server.places) <= 32
        for _, writer in crowd:
            writer.transport.abort()
    with Served(settings={'tls': pki.server(), 'connections': 32}) as served:
        run(work(served))
