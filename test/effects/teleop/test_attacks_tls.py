"""Whoever means harm to TLS and certificates, over real sockets."""

import ssl
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.protocol import Close, Login
from flywheel_nodes.effects.teleop import gate
from test.effects.teleop.attack import ended, operator, pki, raw, run, served, UPGRADE
from test.effects.teleop.pki import Pki
from test.effects.teleop.relay import (
    closed,
    hello,
    Served,
    talk,
    token,
    until,
)

__all__ = ['pki', 'served']


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
